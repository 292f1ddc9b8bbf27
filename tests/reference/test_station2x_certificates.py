"""The certificates of the reference station of 2.x: one root at a time, what can't be deleted, requests that end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from conformance.link.pki import TestPki
from conformance.reference.certificates import hash_data
from tests.reference.csms_double import CsmsDouble, Rig

ROOT = "CSMSRootCertificate"
CHECKED = {"SecurityCtrlr.AdditionalRootCertificateCheck": "true"}


def root(name: str, above: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
    """A root certificate and its key, signed by itself or by another one."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above[0].subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return builder.sign(above[1] if above else key, hashes.SHA256()), key


def pem(certificate: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return str(certificate.public_bytes(Encoding.PEM).decode("ascii"))


async def install(csms: CsmsDouble, certificate: Any) -> str:
    answer = await csms.send("InstallCertificate", {"certificateType": ROOT, "certificate": pem(certificate)})
    return str(answer.payload["status"])


async def test_a_root_is_replaced_only_by_one_that_it_has_signed(tmp_path: Path) -> None:
    first, stranger = root("first"), root("stranger")
    second = root("second", first)
    third = root("third", second)
    given = tmp_path / "first.pem"
    given.write_text(pem(first[0]))
    async with CsmsDouble("2.0.1") as csms, Rig(csms, ca=given, settings=CHECKED) as rig:
        await csms.until(lambda: rig.station.online)
        assert await install(csms, stranger[0]) == "Rejected", "M05.FR.11"
        assert await install(csms, second[0]) == "Accepted", "M05.FR.12"
        assert rig.station.certificates.roots(ROOT) == [pem(first[0]), pem(second[0])], "the old one is kept for now"
        assert await install(csms, third[0]) == "Accepted"
        assert rig.station.certificates.roots(ROOT) == [pem(second[0]), pem(third[0])], "one, and one to fall back on"


async def test_its_own_certificate_is_not_deleted(tmp_path: Path) -> None:
    pki = TestPki(tmp_path)
    own = pki.station("CS 1")
    options = {"ca": pki.roots, "certificate": own.chain, "key": own.key}
    async with CsmsDouble("2.0.1") as csms, Rig(csms, **options) as rig:
        await csms.until(lambda: rig.station.online)
        leaf = own.chain.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        named = hash_data(leaf, "SHA256", pem(pki.issuer_certificate))
        answer = await csms.send("DeleteCertificate", {"certificateHashData": named})
        assert answer.payload["status"] == "Failed", "M04.FR.06"
        there = hash_data(pki.roots.read_text())
        assert (await csms.send("DeleteCertificate", {"certificateHashData": there})).payload["status"] == "Accepted"
        found = await csms.send("GetInstalledCertificateIds", {"certificateType": [ROOT]})
        assert found.payload["status"] == "NotFound"


async def test_signing_requests_have_numbers_in_21_alone(tmp_path: Path) -> None:
    for version, numbered in (("2.0.1", False), ("2.1", True)):
        async with CsmsDouble(version) as csms, Rig(csms) as rig:
            await csms.until(lambda station=rig.station: station.online)
            asked = {"requestedMessage": "SignChargingStationCertificate"}
            assert (await csms.send("TriggerMessage", asked)).payload["status"] == "Accepted"
            request = await csms.expect("SignCertificate")
            payload = getattr(request, "payload", request)
            assert ("requestId" in payload) is numbered


async def test_a_certificate_of_a_type_that_it_has_none_of_is_rejected() -> None:
    chain = pem(root("a vehicle's")[0])
    async with CsmsDouble("2.1") as csms, Rig(csms) as rig:
        await rig.booted()
        answer = await csms.send(
            "CertificateSigned", {"certificateChain": chain, "certificateType": "V2G20Certificate"}
        )
        assert answer.payload == {"status": "Rejected"}
