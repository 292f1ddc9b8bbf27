"""Signed firmware: of the station's own manufacturer, or of one whom the run makes up.

Source: 2.0.1 part 2 L01; security whitepaper of 1.6, L01. The signature is RSA-PSS over SHA-256 (L01.FR.04).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

VALID = "valid"


def signed(dut: Any, content: bytes, certificate: str = VALID, *, forged: bool = False) -> dict[str, str]:
    """The fields `signingCertificate` (PEM, what issued it behind it) and `signature` (base64) for a firmware file.

    With "valid" and the description's own firmware, those that the description gives for it. Else a manufacturer whom
    the run makes up signs; `certificate` may be wrong as a `conformance.link.pki.Variant` is: "expired",
    "foreign-ca"... The hierarchy is the one of the run, as for TLS; an embedded station trusts its root, a real one if
    somebody has installed `roots.pem` as a manufacturer's. A `forged` signature has one bit changed.
    """
    fields = _given(dut, content) if certificate == VALID else None
    fields = fields or _made_up(dut, content, certificate)
    if forged:
        wrong = bytearray(b64decode(fields["signature"]))
        wrong[len(wrong) // 2] ^= 1
        fields["signature"] = b64encode(wrong).decode("ascii")
    return fields


def _given(dut: Any, content: bytes) -> dict[str, str] | None:
    """What the description gives; None where it gives nothing, or for another file."""
    if not dut.values.firmware_signature or content != dut.firmware:
        return None
    return dict(dut.firmware_signed)


def _made_up(dut: Any, content: bytes, certificate: str) -> dict[str, str]:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    from conformance.cases.tls import pki_of
    from conformance.link.pki import KeyKind, Variant

    credentials = pki_of(dut).station("Firmware Signing", variant=Variant(certificate), keys=KeyKind.RSA_2048)
    key = serialization.load_pem_private_key(credentials.key.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    made = key.sign(content, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    return {
        "signingCertificate": credentials.chain.read_text("ascii"),
        "signature": b64encode(made).decode("ascii"),
    }
