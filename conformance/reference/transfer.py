"""Uploads and downloads by HTTP, the one protocol that the reference stations know, and who signed a firmware.

The other side is not trusted: a transfer is bounded in time, size and redirects, and credentials that a URL holds go to
no other origin (aiohttp sees to the latter).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_REDIRECTS = 5
NOT_FOUND = 404
MAX_DOWNLOAD = 64 * 1024 * 1024
"""Bytes of the largest file that a station takes."""
_MAX_CHAIN = 5


class TransferFailed(Exception):
    """The file could not be brought or fetched; `status` is the HTTP status that said so, 0 for none."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Transfers:
    """What one station brings, fetches and verifies; its defects do these things worse."""

    def __init__(
        self,
        active: Callable[[str], bool],
        now: Callable[[], datetime],
        roots: Path | None,
        break_down: Callable[[], None],
    ) -> None:
        """`active` says whether a defect is switched on; `roots`: see `certificate_objection`."""
        self._active = active
        self._now = now
        self._roots = roots
        self._break_down = break_down

    def supported(self, url: str) -> bool:
        """Whether the location is one that can be used."""
        return supported(url) or (url.startswith("file:") and self._active("file-url-accepted"))

    async def download(self, url: str) -> bytes:
        """The file at a URL. Raises TransferFailed."""
        if url.startswith("file:") and self._active("file-url-accepted"):
            return Path(urlsplit(url).path).read_bytes()
        try:
            return await download(url)
        except TransferFailed as problem:
            if problem.status == NOT_FOUND and self._active("dies-on-missing-firmware"):
                self._break_down()
            raise

    async def upload(self, url: str, name: str, content: bytes) -> None:
        """Bring a file. Raises TransferFailed."""
        try:
            await upload(url, name, content, careless=self._active("log-credentials-follow-redirect"))
        except TransferFailed:
            if not self._active("failed-upload-called-uploaded"):
                raise

    def refuses(self, certificate: str) -> bool:
        """Whether a firmware signing certificate is not to be believed."""
        if self._active("firmware-certificate-not-checked"):
            return False
        return bool(certificate_objection(certificate, self._now(), self._roots))

    def verified(self, content: bytes, certificate: str, signature: str) -> bool:
        """Whether a firmware is signed by whose certificate this is."""
        return self._active("firmware-signature-not-verified") or signature_holds(content, certificate, signature)


def supported(url: str) -> bool:
    """Whether the location is one that `upload` and `download` can use."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


async def upload(url: str, name: str, content: bytes, timeout: float = 10.0, *, careless: bool = False) -> None:
    """PUT `content` as `name` below the folder `url`, which must take it itself. Raises TransferFailed.

    `careless`: follow a redirect, and show the URL's credentials there, too.
    """
    import aiohttp

    target = f"{url.rstrip('/')}/{name}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as session,
            session.put(target, data=content, allow_redirects=False) as response,
        ):
            if response.status >= 300:
                if careless and "Location" in response.headers:
                    parts, here = urlsplit(response.headers["Location"]), urlsplit(url)
                    login = f"{here.username}:{here.password}@" if here.username else ""
                    await upload(parts._replace(netloc=f"{login}{parts.netloc}").geturl(), name, content, timeout)
                    return
                raise TransferFailed(f"{target}: HTTP status {response.status}", response.status)
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as problem:
        raise TransferFailed(f"{target}: {problem}") from None


async def download(url: str, timeout: float = 10.0) -> bytes:
    """GET the file at `url`. Raises TransferFailed, for a file larger than MAX_DOWNLOAD too."""
    import aiohttp

    content = bytearray()
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as session,
            session.get(url, max_redirects=MAX_REDIRECTS) as response,
        ):
            if response.status >= 400:
                raise TransferFailed(f"{url}: HTTP status {response.status}", response.status)
            if (response.content_length or 0) > MAX_DOWNLOAD:
                raise TransferFailed(f"{url}: {response.content_length} bytes are too many")
            async for chunk in response.content.iter_chunked(65536):
                content += chunk
                if len(content) > MAX_DOWNLOAD:
                    raise TransferFailed(f"{url}: more than {MAX_DOWNLOAD} bytes")
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as problem:
        raise TransferFailed(f"{url}: {problem}") from None
    return bytes(content)


def certificate_objection(certificate: str, moment: datetime, roots: Path | None) -> str:
    """Why a firmware signing certificate (PEM, what stands above it behind it) is not to be believed; "" if it is.

    It must be valid at `moment` and, with `roots` (PEM), lead up to one of them (L01.FR.12, L01.FR.21).
    """
    from cryptography import x509

    try:
        chain = x509.load_pem_x509_certificates(certificate.encode())
    except ValueError as problem:
        return f"no certificate in PEM: {problem}"
    for one in chain:
        if not one.not_valid_before_utc <= moment <= one.not_valid_after_utc:
            return "not valid today"
    if roots is None:
        return ""
    try:
        trusted = x509.load_pem_x509_certificates(roots.read_bytes())
    except (ValueError, OSError) as problem:
        return f"no manufacturer root: {problem}"
    return "" if _leads_up(chain[0], chain[1:], trusted) else "not issued under a root of the manufacturer"


def _leads_up(leaf: Certificate, others: list[Certificate], trusted: list[Certificate]) -> bool:
    """Whether a path from `leaf` over `others` ends at a trusted root."""
    from cryptography.exceptions import InvalidSignature

    current = leaf
    for _ in range(_MAX_CHAIN):
        for issuer in (*trusted, *others):
            try:
                current.verify_directly_issued_by(issuer)
            except (ValueError, TypeError, InvalidSignature):
                continue
            if issuer in trusted:
                return True
            if issuer == current or not _may_issue(issuer):
                return False
            current = issuer
            break
        else:
            return False
    return False


def _may_issue(certificate: Certificate) -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


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
