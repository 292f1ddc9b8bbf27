"""An FTP and FTPS server of files, in memory: passive and active, with resumption of uploads and downloads.

Whoever logs in is let in, and every folder is there: what a URL names is all that a station has to know.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import stat
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance.services.files import MAX_UPLOAD, Download, FileServer, Transfer

_STILL = 0.05
"""Seconds after which the server's thread looks whether it is over."""


class FtpServer(FileServer):
    """RETR of what is offered, STOR and APPE of anything. With `certificate` and `key` (PEM files) it is FTPS.

    FTPS is explicit (RFC 4217): AUTH TLS before the login, PROT P before a transfer.
    """

    scheme = "ftp"

    def __init__(
        self,
        host: str,
        port: int = 0,
        *,
        shown: str = "",
        came: Callable[[Transfer], None] = lambda one: None,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        super().__init__(host, port, shown=shown, came=came)
        self._certificate, self._key = certificate, key
        self.scheme = "ftp" if certificate is None else "ftps"
        self._over = threading.Event()
        self.brought: dict[str, bytearray] = {}
        """What uploads have left behind, by path; a part of a file can be resumed."""

    def _serve(self) -> None:
        server = _server(self, self.host, self.port, self._certificate, self._key)
        try:
            self.port = server.address[1]
            self._ready.set()
            while not self._over.is_set():
                server.ioloop.loop(_STILL, blocking=False)
        finally:
            server.close_all()

    def _end(self) -> None:
        self._over.set()

    # -- files, as the handlers open them ------------------------------------------------------------------------------

    def opened(self, path: str, mode: str) -> _Reading | _Writing:
        """The file at a path, to read or to write; OSError when it is not there, or not to be written."""
        return self._opened_to_read(path) if mode.startswith("r") and "+" not in mode else self._to_write(path, mode)

    def _opened_to_read(self, path: str) -> _Reading:
        download = self._download(path)
        if download is None or download.status >= 400:
            self.note(Transfer("RETR", path, complete=False))
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return _Reading(path, download, self._breaks_off(path, download), self)

    def _to_write(self, path: str, mode: str) -> _Writing:
        command = "APPE" if "a" in mode else "STOR"
        if self._upload_answer[0] >= 400:
            self.note(Transfer(command, path, complete=False))
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        if mode.startswith("w"):
            self.brought[path] = bytearray()
        content = self.brought.setdefault(path, bytearray())
        return _Writing(path, content, self._upload_ends(), command, self)

    def size(self, path: str) -> int | None:
        """Bytes of a file, offered or brought; None where there is none."""
        download = self._download(path)
        if download is not None and download.status < 400:
            return download.size
        return len(self.brought[path]) if path in self.brought else None

    def pass_on(self, seconds: float = 0.0) -> None:
        """Stand still while the transfers are held, and for some seconds; the whole server does."""
        self._goes_on.wait()
        self._over.wait(seconds)

    def ended(self, file: Any, *, complete: bool) -> None:
        """A transfer is over, by its open file."""
        if isinstance(file, _Writing):
            transfer = Transfer(file.command, file.name, (), bytes(file.content), file.start, complete)
            self.note(transfer)


class _Reading:
    """A download as a file; it is noted when its first bytes are asked for, because only then its start is known."""

    def __init__(self, path: str, download: Download, ends: int | None, server: FtpServer) -> None:
        self.name = path
        self.closed = False
        self._download, self._ends, self._server = download, ends, server
        self._at = 0
        self._noted = False

    def seek(self, at: int, whence: int = io.SEEK_SET) -> int:
        self._at = at
        return at

    def tell(self) -> int:
        return self._at

    def read(self, length: int) -> bytes:
        if not self._noted:
            self._noted = True
            self._server.note(Transfer("RETR", self.name, start=self._at))
        self._server.pass_on(self._download.pause)
        if self._ends is not None:
            length = min(length, self._ends - self._at)
            if length <= 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO), self.name)
        piece = self._download.piece(self._at, length)
        self._at += len(piece)
        return piece

    def close(self) -> None:
        self.closed = True


class _Writing:
    """An upload as a file."""

    def __init__(self, path: str, content: bytearray, ends: int | None, command: str, server: FtpServer) -> None:
        self.name = path
        self.closed = False
        self.content, self.command, self._server = content, command, server
        self.start = len(content)
        self._ends = ends

    def seek(self, at: int, whence: int = io.SEEK_SET) -> int:
        self.start = at
        del self.content[at:]
        return at

    def tell(self) -> int:
        return len(self.content)

    def write(self, data: bytes) -> int:
        self._server.pass_on()
        room = MAX_UPLOAD if self._ends is None else self._ends
        self.content += data[: max(0, room - len(self.content))]
        if self._ends is not None and len(self.content) >= self._ends:
            raise OSError(errno.ECONNABORTED, os.strerror(errno.ECONNABORTED), self.name)
        if len(self.content) >= MAX_UPLOAD:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.name)
        return len(data)

    def close(self) -> None:
        self.closed = True


class _Anybody:
    """Lets everybody in, to everything."""

    def validate_authentication(self, username: str, password: str, handler: Any) -> None:
        pass

    def has_user(self, username: str) -> bool:
        return True

    def get_home_dir(self, username: str) -> str:
        return "/"

    def get_msg_login(self, username: str) -> str:
        return "Login successful."

    def get_msg_quit(self, username: str) -> str:
        return "Goodbye."

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:
        return True

    def get_perms(self, username: str) -> str:
        return "elradfmw"

    def impersonate_user(self, username: str, password: str) -> None:
        pass

    def terminate_impersonation(self, username: str) -> None:
        pass


def _server(files: FtpServer, host: str, port: int, certificate: Path | None, key: Path | None) -> Any:
    """A server of pyftpdlib that listens, with an event loop of its own."""
    with warnings.catch_warnings():
        # Python 3.11 says that asyncore will go; from 3.12 on pyftpdlib brings its own.
        warnings.simplefilter("ignore", DeprecationWarning)
        from pyftpdlib.filesystems import AbstractedFS
        from pyftpdlib.handlers import FTPHandler
        from pyftpdlib.ioloop import IOLoop
        from pyftpdlib.servers import FTPServer
    # With a handler of its own it leaves the root logger alone, and standard error.
    log = logging.getLogger("pyftpdlib")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
        log.propagate = False

    class Memory(AbstractedFS):  # type: ignore[misc]  # pyftpdlib has no types
        """The folders of `files`: every one is there."""

        def realpath(self, path: str) -> str:
            return path

        def validpath(self, path: str) -> bool:
            return True

        def chdir(self, path: str) -> None:
            self.cwd = self.fs2ftp(path)

        def mkdir(self, path: str) -> None:
            pass

        def listdir(self, path: str) -> list[str]:
            return []

        listdirinfo = listdir

        def open(self, filename: str, mode: str) -> Any:
            file = files.opened(filename, mode)
            self.cmd_channel.transferred = file
            return file

        def isfile(self, path: str) -> bool:
            return files.size(path) is not None

        def islink(self, path: str) -> bool:
            return False

        def isdir(self, path: str) -> bool:
            return files.size(path) is None

        def lexists(self, path: str) -> bool:
            return True

        def getsize(self, path: str) -> int:
            return files.size(path) or 0

        def getmtime(self, path: str) -> float:
            return time.time()

        def stat(self, path: str) -> os.stat_result:
            kind = stat.S_IFREG if self.isfile(path) else stat.S_IFDIR
            now = int(time.time())
            return os.stat_result((kind | 0o644, 0, 0, 1, 0, 0, self.getsize(path), now, now, now))

        lstat = stat

    base: Any = FTPHandler
    secured: dict[str, Any] = {}
    if certificate is not None:
        from pyftpdlib.handlers import TLS_FTPHandler

        base = TLS_FTPHandler
        secured = {
            "certfile": str(certificate),
            "keyfile": str(key),
            "tls_control_required": True,
            "tls_data_required": True,
        }

    class Handler(base):  # type: ignore[misc]  # as above
        """One session."""

        authorizer = _Anybody()
        abstracted_fs = Memory
        use_sendfile = False
        banner = "ready"
        timeout = 30
        auth_failed_timeout = 0
        transferred: Any = None

        def on_file_received(self, file: str) -> None:
            files.ended(self.transferred, complete=True)

        def on_incomplete_file_received(self, file: str) -> None:
            files.ended(self.transferred, complete=False)

    for name, value in secured.items():
        setattr(Handler, name, value)
    return FTPServer((host, port), Handler, ioloop=IOLoop())
