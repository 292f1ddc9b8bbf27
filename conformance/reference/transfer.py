"""Uploads and downloads by HTTP(S) and FTP(S), and who signed a firmware.

The other side is not trusted: a transfer is bounded in time, size and redirects, and credentials that a URL holds go to
no other origin (aiohttp sees to the latter).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

PROTOCOLS = ("FTP", "FTPS", "HTTP", "HTTPS")
MAX_REDIRECTS = 5
NOT_FOUND = 404
MAX_DOWNLOAD = 64 * 1024 * 1024
"""Bytes of the largest file that a station takes."""
_TIME = 10.0
_MAX_CHAIN = 5
_FTP_STATUSES = {500: 501, 502: 501, 504: 501, 501: 400, 530: 401, 532: 403, 550: 403, 552: 507, 553: 403}
"""What replies of FTP are by the status codes of HTTP."""


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
        trusted: Path | None = None,
    ) -> None:
        """`active` says whether a defect is switched on; `roots`: see `certificate_objection`; `trusted`: the root
        certificates of file servers (PEM, None: the system's)."""
        self._active = active
        self._now = now
        self._roots = roots
        self._break_down = break_down
        self._trusted = trusted

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        from conformance.reference.link import tls_context

        return tls_context(self._trusted, None, None)

    def supported(self, url: str) -> bool:
        """Whether the location is one that can be used."""
        return supported(url) or (url.startswith("file:") and self._active("file-url-accepted"))

    async def download(self, url: str, so_far: bytearray | None = None) -> bytes:
        """The file at a URL. Raises TransferFailed.

        `so_far` holds the beginning that an earlier attempt brought; what this one brings is appended, and stays there
        when it fails.
        """
        if url.startswith("file:") and self._active("file-url-accepted"):
            return Path(urlsplit(url).path).read_bytes()
        content = bytearray() if so_far is None else so_far
        try:
            await download(url, content, tls=self._tls_for(url))
        except TransferFailed as problem:
            if problem.status == NOT_FOUND and self._active("dies-on-missing-firmware"):
                self._break_down()
            raise
        return bytes(content)

    async def upload(self, url: str, name: str, content: bytes) -> None:
        """Bring a file. Raises TransferFailed."""
        careless, form = self._active("log-credentials-follow-redirect"), self._active("uploads-by-form")
        try:
            await upload(url, name, content, careless=careless, tls=self._tls_for(url), form=form)
        except TransferFailed:
            if not self._active("failed-upload-called-uploaded"):
                raise

    def _tls_for(self, url: str) -> ssl.SSLContext | None:
        return self._tls if url.partition(":")[0].lower() in ("https", "ftps") else None

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
    parts = _split(url)
    return parts is not None and parts.scheme.upper() in PROTOCOLS and bool(parts.hostname)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        # Reading it finds what is no port.
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None


async def upload(
    url: str,
    name: str,
    content: bytes,
    timeout: float = _TIME,
    *,
    careless: bool = False,
    tls: ssl.SSLContext | None = None,
    form: bool = False,
) -> None:
    """Bring `content` as `name` into the folder `url`, which must take it itself. Raises TransferFailed.

    By HTTP it is a PUT, or with `form` a form that is posted. `careless`: follow a redirect, and show the URL's
    credentials there, too.
    """
    if urlsplit(url).scheme in ("ftp", "ftps"):
        from conformance.reference.ftp import FtpFailed, bring

        try:
            await bring(url, name, content, timeout, tls)
        except FtpFailed as failed:
            raise TransferFailed(str(failed), _FTP_STATUSES.get(failed.code, 0)) from None
        return
    import aiohttp

    target, method = f"{url.rstrip('/')}/{name}", "PUT"
    data: aiohttp.Payload = aiohttp.BytesPayload(content)
    if form:
        fields = aiohttp.FormData()
        fields.add_field("file", content, filename=name)
        target, method, data = url, "POST", fields()
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as session,
            session.request(method, target, data=data, allow_redirects=False, ssl=tls or True) as response,
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


async def download(url: str, so_far: bytearray, timeout: float = _TIME, *, tls: ssl.SSLContext | None = None) -> None:
    """Append the file at `url` to `so_far`, which holds its beginning. Raises TransferFailed, for a file larger than
    MAX_DOWNLOAD too; what came by then stays there."""
    if urlsplit(url).scheme in ("ftp", "ftps"):
        from conformance.reference.ftp import FtpFailed, fetch

        try:
            await fetch(url, so_far, MAX_DOWNLOAD, timeout, tls)
        except FtpFailed as failed:
            raise TransferFailed(str(failed), NOT_FOUND if failed.code == 550 else 0) from None
        return
    import aiohttp

    headers = {"Range": f"bytes={len(so_far)}-"} if so_far else {}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as session,
            session.get(url, headers=headers, max_redirects=MAX_REDIRECTS, ssl=tls or True) as response,
        ):
            if response.status != 206:
                so_far.clear()
            if response.status >= 400:
                raise TransferFailed(f"{url}: HTTP status {response.status}", response.status)
            if (response.content_length or 0) > MAX_DOWNLOAD:
                raise TransferFailed(f"{url}: {response.content_length} bytes are too many")
            async for chunk in response.content.iter_any():
                so_far.extend(chunk)
                if len(so_far) > MAX_DOWNLOAD:
                    raise TransferFailed(f"{url}: more than {MAX_DOWNLOAD} bytes")
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as problem:
        raise TransferFailed(f"{url}: {problem}") from None


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
