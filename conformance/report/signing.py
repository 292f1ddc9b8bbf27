"""Signatures over evidence: Ed25519, or ECDSA on P-256 with SHA-256, with keys in PEM.

Both are what `openssl` makes and checks, so that nobody needs this program to verify them (docs/evidence.md).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any


class UnusableKey(ValueError):
    """A key that can't be used; the message is one line: which file, what is wrong, what to do."""


_FIT = "give an Ed25519 or an ECDSA P-256 key in PEM (openssl genpkey -algorithm ed25519 -out key.pem)"


def load_private(path: Path) -> Any:
    """The private key in a file. Raises UnusableKey."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _read(path)
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        raise UnusableKey(f"{path}: the key is encrypted; give one without a passphrase") from None
    except Exception:
        raise UnusableKey(f"{path}: it holds no private key in PEM; {_FIT}") from None
    _check(key, path)
    return key


def load_public(path: Path) -> Any:
    """The public key in a file, or that of the certificate or the private key in it. Raises UnusableKey."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    content = _read(path)
    for read in (
        load_pem_public_key,
        lambda data: x509.load_pem_x509_certificate(data).public_key(),
        lambda data: load_pem_private_key(data, password=None).public_key(),
    ):
        try:
            key: Any = read(content)
        except Exception:
            continue
        _check(key, path)
        return key
    raise UnusableKey(f"{path}: it holds no public key in PEM; {_FIT}")


def sign(key: Any, content: bytes) -> bytes:
    """The signature of a private key: 64 bytes for Ed25519, DER for ECDSA."""
    made: bytes = key.sign(content) if _is_ed25519(key) else key.sign(content, _ecdsa())
    return made


def verifies(key: Any, signature: bytes, content: bytes) -> bool:
    """Whether a signature of `content` was made with the private key of this public key."""
    from cryptography.exceptions import InvalidSignature

    try:
        if _is_ed25519(key):
            key.verify(signature, content)
        else:
            key.verify(signature, content, _ecdsa())
    except InvalidSignature:
        return False
    return True


def openssl_command(key: Any, content: str, signature: str) -> str:
    """How OpenSSL 3 checks a signature of this key over the file `content`, with the public key in PUBLIC.pem."""
    if _is_ed25519(key):
        return f"openssl pkeyutl -verify -pubin -inkey PUBLIC.pem -rawin -in {content} -sigfile {signature}"
    return f"openssl dgst -sha256 -verify PUBLIC.pem -signature {signature} {content}"


def public_pem(key: Any) -> bytes:
    """The public key of a private or public key, in PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    made: bytes = _public(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made


def key_fingerprint(key: Any) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo in DER), in hexadecimal digits."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der: bytes = _public(key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableKey(f"{path}: the key can't be read ({error.strerror}); name a file in PEM") from None


def _public(key: Any) -> Any:
    return key.public_key() if hasattr(key, "public_key") else key


def _is_ed25519(key: Any) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    return isinstance(key, Ed25519PrivateKey | Ed25519PublicKey)


def _ecdsa() -> Any:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    return ECDSA(SHA256())


def _check(key: Any, path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1

    if not _is_ed25519(key) and not isinstance(getattr(key, "curve", None), SECP256R1):
        raise UnusableKey(f"{path}: the key is of another kind; {_FIT}")
