"""Uploads and downloads by FTP and FTPS: passive, bounded in time and size, resumed where the server can.

Source: 1.6 chapter 8, security whitepaper N01 and L01 (remarks). FTPS is explicit (RFC 4217).
"""

from __future__ import annotations

import asyncio
import ftplib
import io
import ssl
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

_T = TypeVar("_T")


class FtpFailed(Exception):
    """The file could not be brought or fetched; `code` is the reply that said so, 0 for none."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


async def fetch(url: str, so_far: bytearray, limit: int, timeout: float, tls: ssl.SSLContext | None) -> None:
    """Append the file at `url` to `so_far`, from where that ends. Raises FtpFailed; what came by then stays there."""
    until = time.monotonic() + timeout

    def take(piece: bytes) -> None:
        if len(so_far) + len(piece) > limit:
            raise FtpFailed(f"{url}: more than {limit} bytes")
        if time.monotonic() > until:
            raise FtpFailed(f"{url}: not there within {timeout:g} s")
        so_far.extend(piece)

    def work(ftp: ftplib.FTP, path: str) -> None:
        folder, _, name = path.rpartition("/")
        if folder:
            ftp.cwd(folder)
        ftp.retrbinary(f"RETR {name}", take, rest=len(so_far) or None)

    await _with_session(url, timeout, tls, work)


async def bring(url: str, name: str, content: bytes, timeout: float, tls: ssl.SSLContext | None) -> None:
    """Store `content` as `name` in the folder `url`; the rest of it alone where its beginning is there already.

    Raises FtpFailed.
    """

    def work(ftp: ftplib.FTP, folder: str) -> None:
        if folder:
            ftp.cwd(folder)
        there = _size(ftp, name)
        start = there if 0 < there < len(content) else 0
        ftp.storbinary(f"STOR {name}", io.BytesIO(content[start:]), rest=start or None)

    await _with_session(url, timeout, tls, work)


def _size(ftp: ftplib.FTP, name: str) -> int:
    """Bytes of a file on the server; 0 where there is none, or where the server does not tell."""
    try:
        ftp.voidcmd("TYPE I")
        return ftp.size(name) or 0
    except ftplib.error_perm:
        return 0


async def _with_session(
    url: str, timeout: float, tls: ssl.SSLContext | None, work: Callable[[ftplib.FTP, str], _T]
) -> _T:
    """Log in and do the work, in a thread that the socket's time-outs end."""
    parts = urlsplit(url)

    def run() -> _T:
        # No QUIT: a server that does not answer it would hold us up for nothing.
        ftp = ftplib.FTP_TLS(context=tls, timeout=timeout) if parts.scheme == "ftps" else ftplib.FTP(timeout=timeout)
        try:
            _log_in(ftp, parts)
            return work(ftp, unquote(parts.path).strip("/"))
        finally:
            ftp.close()

    try:
        return await asyncio.to_thread(run)
    except ftplib.Error as problem:
        reply = str(problem)
        raise FtpFailed(f"{url}: {reply}", int(reply[:3]) if reply[:3].isdigit() else 0) from None
    except (OSError, EOFError, ValueError) as problem:
        raise FtpFailed(f"{url}: {str(problem) or type(problem).__name__}") from None


def _log_in(ftp: ftplib.FTP, parts: SplitResult) -> None:
    ftp.connect(parts.hostname or "", parts.port or ftplib.FTP_PORT)
    if parts.username:
        ftp.login(unquote(parts.username), unquote(parts.password or ""))
    else:
        ftp.login()
    if isinstance(ftp, ftplib.FTP_TLS):
        ftp.prot_p()
