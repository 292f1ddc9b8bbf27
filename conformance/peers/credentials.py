"""How a charging station proves who it is: what our CSMS asks of one, and what our own station shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST, SHORTEST = 20, 16
"""Bytes of a password of 1.6 (A00.FR.205): in hexadecimal digits twice as many."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A security profile with what belongs to it: `password` on profiles 1 and 2, on 3 a `certificate`
    (`conformance.link.tls.Credentials`; None for that of the description or of the run)."""

    profile: int = 0
    password: bytes | None = None
    certificate: Any = None


def facts_of(handshake: Any) -> dict[str, Any]:
    """What a handshake says of security, for the trace: never the password, only how many bytes it has."""
    facts: dict[str, Any] = dict(getattr(handshake, "security", {}))
    for name in ("tls_version", "cipher", "server_name"):
        value = getattr(handshake, name, None)
        if value:
            facts[name] = value
    user, password = getattr(handshake, "username", None), getattr(handshake, "password", None)
    if user is not None:
        facts["user"] = user.decode("utf-8", "backslashreplace")
        facts["length"] = len(password or b"")
    for name in ("client_certificate", "server_certificate"):
        shown = getattr(handshake, name, None)
        if shown:
            facts[name] = certificate_facts(shown)
    return facts


def certificate_facts(der: bytes) -> dict[str, Any]:
    """Subject, key and serial number of a certificate in DER; `problem` when it can't be read."""
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        return {**subject_facts(certificate), "serial": f"{certificate.serial_number:X}"}
    except ValueError as error:
        return {"problem": str(error)}


def subject_facts(signed: Any) -> Mapping[str, Any]:
    """Of a certificate or signing request of `cryptography`: `CN`, `O`, the kind and strength of the key, and its
    SHA-256 fingerprint."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509.oid import NameOID

    key = signed.public_key()
    encoded = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {
        "CN": [str(one.value) for one in signed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)],
        "O": [str(one.value) for one in signed.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)],
        "key": kind_of(key),
        "strong": is_strong(key),
        "fingerprint": hashlib.sha256(encoded).hexdigest(),
    }


def kind_of(key: Any) -> str:
    """A public key in words, such as "RSA with 2048 bits"."""
    curve = getattr(key, "curve", None)
    size = getattr(key, "key_size", None)
    if curve is not None:
        return f"elliptic curve {curve.name}"
    return f"{type(key).__name__.lstrip('_').removesuffix('PublicKey')} with {size or 'unknown'} bits"


def is_strong(key: Any) -> bool:
    """Whether a public key has 2048 bits (RSA, DSA) or 224 (elliptic curves), A00.FR.501 to A00.FR.503."""
    size = getattr(key, "key_size", None)
    if size is None:
        return True  # Ed25519 and Ed448, which have one size
    return bool(size >= (224 if getattr(key, "curve", None) is not None else 2048))
