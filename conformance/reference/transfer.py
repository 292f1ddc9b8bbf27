"""Uploads and downloads by HTTP, the one protocol that the reference stations know."""

from __future__ import annotations

from urllib.parse import urlsplit


class TransferFailed(Exception):
    """The file could not be brought or fetched."""


def supported(url: str) -> bool:
    """Whether the location is one that `upload` and `download` can use."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


async def upload(url: str, name: str, content: bytes, timeout: float = 10.0) -> None:
    """PUT `content` as `name` below the folder `url`. Raises TransferFailed."""
    import aiohttp

    target = f"{url.rstrip('/')}/{name}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as session,
            session.put(target, data=content) as response,
        ):
            if response.status >= 400:
                raise TransferFailed(f"{target}: HTTP status {response.status}")
    except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
        raise TransferFailed(f"{target}: {problem}") from None


async def download(url: str, timeout: float = 10.0) -> bytes:
    """GET the file at `url`. Raises TransferFailed."""
    import aiohttp

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as session,
            session.get(url) as response,
        ):
            if response.status >= 400:
                raise TransferFailed(f"{url}: HTTP status {response.status}")
            return await response.read()
    except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
        raise TransferFailed(f"{url}: {problem}") from None


def signature_holds(content: bytes, certificate: str, signature: str) -> bool:
    """Whether the PEM certificate's key made the base64 `signature` over the SHA-256 of `content` (L01.FR.04)."""
    from base64 import b64decode

    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        made = b64decode(signature, validate=True)
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(made, content, ec.ECDSA(hashes.SHA256()))
            return True
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(made, content, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
            return True
    except (ValueError, InvalidSignature):
        return False
    return False
