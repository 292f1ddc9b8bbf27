"""Signed firmware as a manufacturer's, against the station's own verification."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.cases.tls import pki_of
from conformance.dut.description import Values
from conformance.reference.transfer import certificate_objection, signature_holds
from conformance.services.firmware import signed

CONTENT = b"a firmware"


@pytest.fixture(scope="module")
def dut(tmp_path_factory: pytest.TempPathFactory) -> Any:
    tls = SimpleNamespace(algorithm="ECDSA", folder=tmp_path_factory.mktemp("pki"))
    return SimpleNamespace(tls=tls, source="dut.toml", values=Values())


@pytest.fixture(scope="module")
def roots(dut: Any) -> Path:
    path: Path = pki_of(dut).roots
    return path


def test_a_right_signature_holds(dut: Any, roots: Path) -> None:
    fields = signed(dut, CONTENT)
    assert signature_holds(CONTENT, fields["signingCertificate"], fields["signature"])
    assert not signature_holds(CONTENT + b"!", fields["signingCertificate"], fields["signature"])
    assert certificate_objection(fields["signingCertificate"], datetime.now(UTC), roots) == ""
    assert len(fields["signingCertificate"]) <= 5500
    assert len(fields["signature"]) <= 800


def test_a_forged_signature_does_not(dut: Any) -> None:
    fields = signed(dut, CONTENT, forged=True)
    assert not signature_holds(CONTENT, fields["signingCertificate"], fields["signature"])


def test_what_the_description_gives(dut: Any) -> None:
    """The manufacturer's own certificate and signature count for his own firmware, and for no other."""
    own = {"signingCertificate": "PEM", "signature": "AAAABBBB"}
    values = Values(firmware_signature="s")
    given = SimpleNamespace(**{**vars(dut), "values": values, "firmware": CONTENT, "firmware_signed": own})
    assert signed(given, CONTENT) == own
    assert signed(given, CONTENT, forged=True)["signature"] != "AAAABBBB"
    for other in (signed(given, CONTENT + b"!"), signed(given, CONTENT, "expired")):
        assert other["signingCertificate"] != "PEM"


@pytest.mark.parametrize(
    ("variant", "objection"),
    [
        ("expired", "not valid today"),
        ("not-yet-valid", "not valid today"),
        ("foreign-ca", "not issued under a root of the manufacturer"),
        ("self-signed", "not issued under a root of the manufacturer"),
    ],
)
def test_wrong_certificates(dut: Any, roots: Path, variant: str, objection: str) -> None:
    certificate = signed(dut, CONTENT, variant)["signingCertificate"]
    assert certificate_objection(certificate, datetime.now(UTC), roots) == objection


def test_without_roots_anybody_valid_is_believed(dut: Any) -> None:
    certificate = signed(dut, CONTENT, "foreign-ca")["signingCertificate"]
    assert certificate_objection(certificate, datetime.now(UTC), None) == ""


@pytest.mark.parametrize(
    "text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate(text: str, roots: Path) -> None:
    assert certificate_objection(text, datetime.now(UTC), roots).startswith("no certificate in PEM")


def test_roots_that_can_not_be_read(dut: Any, tmp_path: Path) -> None:
    certificate = signed(dut, CONTENT)["signingCertificate"]
    objection = certificate_objection(certificate, datetime.now(UTC), tmp_path / "none.pem")
    assert objection.startswith("no manufacturer root")
