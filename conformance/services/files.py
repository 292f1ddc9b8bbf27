"""What the file servers share, whatever their protocol: what they do on a path is data, what came is told.

Each runs in a thread of its own, on the tester's address, while a `with` statement lasts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import quote

from conformance.peers.files import UPLOADS, Download, Transfer

__all__ = ["CHUNK", "MAX_UPLOAD", "STILL", "UPLOADS", "Download", "FileServer", "Transfer"]

CHUNK = 65536
"""Bytes that are sent at once, and between two pauses."""
MAX_UPLOAD = 64 * 1024 * 1024
"""Bytes of an upload that are kept; what would be more is refused."""
STILL = 0.02
"""Seconds after which a transfer that stands still looks whether it goes on."""
_START_TIME = 20.0


class FileServer:
    """Listens on `host` (port 0: a free one, then in `port`) from `start` to `stop`.

    `shown` is the host name or address that its URLs name, where it is another one; `came` is told of each transfer.
    """

    scheme = ""

    def __init__(
        self, host: str, port: int = 0, *, shown: str = "", came: Callable[[Transfer], None] = lambda one: None
    ) -> None:
        self.host = host
        self.port = port
        self.shown = shown or host
        self._told = came
        self._downloads: dict[str, Download] = {}
        self._transfers: list[Transfer] = []
        self._came = threading.Condition()
        self._upload_answer: tuple[int, dict[str, str]] = (201, {})
        self._upload_cut: tuple[int, int] = (0, 0)
        self._cut_so_far: dict[str, int] = {}
        self._goes_on = threading.Event()
        self._goes_on.set()
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failed: BaseException | None = None

    # -- what it does ----------------------------------------------------------------------------------------------

    def offer(self, name: str, download: Download | bytes) -> str:
        """Have requests of a path answered like that from now on; its URL. What is not offered is not there."""
        self._downloads[name] = download if isinstance(download, Download) else Download(download)
        self._cut_so_far.pop(name, None)
        return self.url(name)

    def answer_uploads(self, status: int, **headers: str) -> None:
        """Answer every further upload by this status of HTTP (with these headers); FTP refuses from 400 on."""
        self._upload_answer = (status, headers)

    def cut_uploads(self, at: int, times: int = 1) -> None:
        """Break further uploads off when that many bytes of the file have come, the first `times` times."""
        self._upload_cut = (at, times)

    def hold(self, held: bool) -> None:
        """Have every transfer stand still from now on, or go on."""
        if held:
            self._goes_on.clear()
        else:
            self._goes_on.set()

    def url(self, name: str = "", *, user: str = "", password: str = "") -> str:
        """The URL of a path, with credentials in it if they are given."""
        host = f"[{self.shown}]" if ":" in self.shown else self.shown
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        return f"{self.scheme}://{login}{host}:{self.port}/{name}"

    # -- what came -------------------------------------------------------------------------------------------------

    @property
    def transfers(self) -> list[Transfer]:
        """Every request so far, in order."""
        return list(self._transfers)

    @property
    def uploads(self) -> list[Transfer]:
        """Every upload so far, in order."""
        return [one for one in self._transfers if one.is_upload]

    def asked_for(self, name: str) -> list[Transfer]:
        """Every request of one path so far, in order."""
        return [one for one in self._transfers if one.path == f"/{name}"]

    def wait_for(self, name: str, *, within: float) -> bool:
        """Wait until a path has been asked for, at most `within` seconds; whether it has."""
        with self._came:
            return self._came.wait_for(lambda: bool(self.asked_for(name)), within)

    def note(self, transfer: Transfer) -> None:
        """A transfer has come: keep it, and tell of it."""
        with self._came:
            self._transfers.append(transfer)
            self._came.notify_all()
        self._told(transfer)

    # -- when it breaks off ------------------------------------------------------------------------------------------

    def _download(self, path: str) -> Download | None:
        return self._downloads.get(path.lstrip("/"))

    def _breaks_off(self, path: str, download: Download) -> int | None:
        """The byte of the file at which this download ends too soon, None for one that does not."""
        name = path.lstrip("/")
        if download.cut_at is None or (download.cuts and self._cut_so_far.get(name, 0) >= download.cuts):
            return None
        self._cut_so_far[name] = self._cut_so_far.get(name, 0) + 1
        return download.cut_at

    def _upload_ends(self) -> int | None:
        """The byte of the file at which this upload is broken off, None for one that is not."""
        at, times = self._upload_cut
        if not times:
            return None
        self._upload_cut = (at, times - 1)
        return at

    # -- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen. OSError when the address can't be used."""
        self._thread = threading.Thread(target=self._run, name=f"{self.scheme}-server", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_TIME):
            raise OSError(f"the file server on {self.host}:{self.port} did not come up")
        if self._failed is not None:
            raise OSError(f"no file server can listen on {self.host}:{self.port}: {self._failed}") from self._failed

    def stop(self) -> None:
        """Stop; transfers under way are cut."""
        self._goes_on.set()
        self._end()
        if self._thread is not None:
            self._thread.join(_START_TIME)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as error:
            self._failed = error
            self._ready.set()

    def _serve(self) -> None:
        """Serve until `_end` is called, in this thread; sets `port` and `_ready` first."""
        raise NotImplementedError

    def _end(self) -> None:
        """Have `_serve` return soon; called by any thread."""
        raise NotImplementedError
