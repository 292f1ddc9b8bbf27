"""Signed firmware of a manufacturer whom the run makes up: for stations that were told to trust its roots, and others.

Source: 2.0.1 part 2 L01; security whitepaper of 1.6, L01. The signature is RSA-PSS over SHA-256 (L01.FR.04).
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any


def signed(dut: Any, content: bytes, certificate: str = "valid") -> dict[str, str]:
    """The fields `signingCertificate` (PEM, the issuer behind it) and `signature` (base64) for a firmware file.

    `certificate` is a `conformance.link.pki.Variant`: "expired", "foreign-ca"... The hierarchy is the one of the run,
    as for TLS; an embedded station trusts its root, a real one if somebody has installed `roots.pem` as a
    manufacturer's.
    """
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
