"""Certificates of a charge point: the roots that it trusts, and its own, which it renews.

Source: security whitepaper of 1.6 edition 3, A00.FR.501 to A00.FR.511, A02, M03 to M05, 6.1 and chapter 7.
"""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from cryptography import x509

    from conformance.reference.station16.station import Station16

CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
ROOM = 10
"""Roots that there is room for (CertificateStoreMaxLength)."""
LONGEST_CHAIN = 10000
"""Characters of a chain (CertificateSignedMaxChainSize)."""
_EVENTS = {CENTRAL: "InvalidCentralSystemCertificate", MANUFACTURER: "InvalidFirmwareSigningCertificate"}


class Certificates:
    """The store, and the handlers of what the Central System asks of it. What was installed lives in the memory."""

    def __init__(self, station: Station16) -> None:
        self._station = station
        self._pending: Any = None
        """The key of the request that has not been answered by a certificate."""
        self._folder = tempfile.TemporaryDirectory(prefix="charge-point-")
        self._store: list[dict[str, str]] = station.memory.data.setdefault("roots", [])
        for kind, path in ((CENTRAL, station.options.ca), (MANUFACTURER, station.options.firmware_roots)):
            if path is not None and not any(one["type"] == kind for one in self._store):
                self._store += [{"type": kind, "pem": pem} for pem in _each(path.read_text("ascii"))]
        chain, key = station.options.certificate, station.options.key
        if chain is not None and key is not None and not self._own:
            self._own.update(chain=chain.read_text("ascii"), key=key.read_text("ascii"))

    # -- what others ask -------------------------------------------------------------------------------------------

    def roots(self, kind: str) -> list[str]:
        """The installed roots of a kind (PEM)."""
        return [one["pem"] for one in self._store if one["type"] == kind]

    @property
    def has_own(self) -> bool:
        """Whether there is a certificate to show on security profile 3."""
        return bool(self._own)

    @property
    def _own(self) -> dict[str, str]:
        return self._station.memory.section("own_certificate")

    def equip(self, context: ssl.SSLContext) -> None:
        """Have a fresh context trust the roots and show the certificate."""
        roots = "".join(self.roots(CENTRAL))
        if roots:
            context.load_verify_locations(cadata=roots)
        if self._own:
            chain, key = (Path(self._folder.name) / name for name in ("own.pem", "own.key"))
            chain.write_text(self._own["chain"], "ascii")
            key.touch(mode=0o600)
            key.write_text(self._own["key"], "ascii")
            context.load_cert_chain(chain, key)

    # -- roots -----------------------------------------------------------------------------------------------------

    def installed(self, request: Payload) -> Payload:
        """Answer GetInstalledCertificateIds."""
        found = [hash_data(pem) for pem in self.roots(request["certificateType"])]
        if self._station.defects.active("installed-certificate-left-out"):
            found = found[:1]
        if self._station.defects.active("certificate-hash-of-pem"):
            found = [{**one, "issuerKeyHash": _digest(one["serialNumber"].encode())} for one in found]
        return {"status": "Accepted", "certificateHashData": found} if found else {"status": "NotFound"}

    def install(self, request: Payload) -> Answer | Payload:
        """Answer InstallCertificate."""
        kind, pem = request["certificateType"], request["certificate"]
        if not _is_root(pem) and not self._station.defects.active("expired-root-installed"):
            return Answer({"status": "Rejected"}, lambda: self._invalid(_EVENTS[kind]))
        if len(self._store) >= ROOM:
            return {"status": "Rejected"}
        if pem not in self.roots(kind):
            self._store.append({"type": kind, "pem": pem})
            self._station.memory.save()
        return {"status": "Accepted"}

    def delete(self, request: Payload) -> Payload:
        """Answer DeleteCertificate: whatever has this hash, but the root that vouches for the connection in use."""
        wanted = request["certificateHashData"]
        wished = {name: value.casefold() for name, value in wanted.items()}
        for one in self._store:
            own = hash_data(one["pem"], wanted["hashAlgorithm"])
            if {name: value.casefold() for name, value in own.items()} != wished:
                continue
            in_use = one["type"] == CENTRAL and one["pem"] == self._in_use()
            if in_use and not self._station.defects.active("root-in-use-deleted"):
                return {"status": "Failed"}
            if not self._station.defects.active("certificate-not-deleted"):
                self._store.remove(one)
                self._station.memory.save()
            return {"status": "Accepted"}
        return {"status": "NotFound"}

    def _in_use(self) -> str | None:
        """The root at the end of the chain by which the connection's TLS was verified; None without TLS."""
        inside = self._station.tls_object()
        if inside is None:
            return None
        chain = inside._sslobj.get_verified_chain()  # public from Python 3.13 on
        root = ssl.DER_cert_to_PEM_cert(chain[-1].public_bytes(2))
        return next((one for one in self.roots(CENTRAL) if _der(one) == _der(root)), None)

    # -- the charge point's own ------------------------------------------------------------------------------------

    def trigger(self) -> bool:
        """Whether a signing request can be made: CpoName has to be set (A02, prerequisite)."""
        return bool(self._station.configuration.text("CpoName"))

    async def request(self) -> None:
        """Make a fresh key and ask for its certificate."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, rsa
        from cryptography.hazmat.primitives.serialization import Encoding

        active = self._station.defects.active
        key: Any = ec.generate_private_key(ec.SECP256R1())
        if active("signing-request-with-small-key"):
            key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        if active("signing-request-for-old-key") and self._own:
            key = _key(self._own["key"])
        self._pending = key
        text = self._request().sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")
        if active("signing-request-signature-wrong"):
            text = _spoilt(text)
        await self._station.tell("SignCertificate", {"csr": text})

    def _request(self) -> x509.CertificateSigningRequestBuilder:
        from cryptography import x509
        from cryptography.x509.oid import NameOID

        active, operator = self._station.defects.active, self._station.configuration.text("CpoName")
        serial = self._station.options.identity
        if active("signing-request-of-another-operator"):
            operator = "Somebody Else"
        if active("signing-request-of-another-station"):
            serial = "SN-0000"
        name = [(NameOID.ORGANIZATION_NAME, operator), (NameOID.COMMON_NAME, serial)]
        subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in name])
        return x509.CertificateSigningRequestBuilder().subject_name(subject)

    def signed(self, request: Payload) -> Answer | Payload:
        """Answer CertificateSigned: take a good certificate into use, discard any other (A02.FR.06 to A02.FR.08)."""
        chain = request["certificateChain"]
        if not self._holds(chain):
            return Answer({"status": "Rejected"}, lambda: self._invalid("InvalidChargePointCertificate"))
        from cryptography.hazmat.primitives import serialization

        own = self._own
        if not self._station.defects.active("signed-certificate-not-used"):
            own["chain"] = chain
            own["key"] = self._pending.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode("ascii")
        self._pending = None
        self._station.memory.save()
        return Answer({"status": "Accepted"}, self._switch)

    def _switch(self) -> None:
        if self._station.profiles.current == 3:
            self._station.reconnect()

    def _holds(self, chain: str) -> bool:
        """Whether the chain is for our latest request, valid today, and leads to a root of the operator."""
        from cryptography import x509

        try:
            certificates = x509.load_pem_x509_certificates(chain.encode())
        except ValueError:
            return False
        active = self._station.defects.active
        leaf = certificates[0]
        if self._pending is None or len(chain) > LONGEST_CHAIN:
            return False
        if leaf.public_key() != self._pending.public_key() and not active("certificate-for-another-key-accepted"):
            return False
        if not _is_valid_now(leaf) and not active("expired-own-certificate-accepted"):
            return False
        return active("own-certificate-of-anybody-accepted") or self._leads_to_root(certificates)

    def _leads_to_root(self, certificates: list[x509.Certificate]) -> bool:
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature

        roots = [x509.load_pem_x509_certificate(one.encode()) for one in self.roots(CENTRAL)]
        below = certificates[0]
        for above in [*certificates[1:], None]:
            for root in roots:
                try:
                    below.verify_directly_issued_by(root)
                    return True
                except (ValueError, TypeError, InvalidSignature):
                    continue
            if above is None:
                return False
            try:
                below.verify_directly_issued_by(above)
            except (ValueError, TypeError, InvalidSignature):
                return False
            below = above
        return False

    def _invalid(self, event: str) -> None:
        # Not critical by chapter 8; the list of test cases wants the Central System to be told all the same.
        told = not self._station.defects.active("invalid-certificate-not-told")
        self._station.security.happened(event, critical=told)


def hash_data(pem: str, algorithm: str = "SHA256") -> dict[str, str]:
    """certificateHashData of a root, which is its own issuer (6.1)."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(pem.encode())
    # The SHA-1 key identifier is no use: the hash is over the same octets, by the algorithm that is asked for.
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": _digest(certificate.issuer.public_bytes(), algorithm),
        "issuerKeyHash": _digest(_key_octets(certificate.public_key()), algorithm),
        "serialNumber": f"{certificate.serial_number:X}",
    }


def _key_octets(key: Any) -> bytes:
    """The subject public key of a certificate without tag and length: a point, or a PKCS#1 key."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if isinstance(key, EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.PKCS1))


def _digest(data: bytes, algorithm: str = "SHA256") -> str:
    return hashlib.new(algorithm.lower(), data).hexdigest()


def _key(pem: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem.encode(), None)


def _each(bundle: str) -> Iterator[str]:
    """The certificates of a PEM file, one by one."""
    end = "-----END CERTIFICATE-----"
    for part in bundle.split(end)[:-1]:
        yield f"{part[part.index('-----BEGIN') :]}{end}\n"


def _der(pem: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.strip())


def _is_root(pem: str) -> bool:
    """Whether this is the certificate of an authority, signed by itself, valid today, with a key that is no toy."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        certificate.verify_directly_issued_by(certificate)
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    size = getattr(certificate.public_key(), "key_size", 256)
    small = size < (224 if hasattr(certificate.public_key(), "curve") else 2048)
    return authority and _is_valid_now(certificate) and not small


def _is_valid_now(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc


def _spoilt(request: str) -> str:
    """The same request with another signature: the last octet is a part of it."""
    der = bytearray(ssl.PEM_cert_to_DER_cert(_as(request, "CERTIFICATE REQUEST", "CERTIFICATE").strip()))
    der[-1] ^= 1
    return _as(ssl.DER_cert_to_PEM_cert(bytes(der)), "CERTIFICATE", "CERTIFICATE REQUEST")


def _as(pem: str, one: str, other: str) -> str:
    return pem.replace(f"BEGIN {one}", f"BEGIN {other}").replace(f"END {one}", f"END {other}")
