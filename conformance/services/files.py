"""An HTTP file server for downloads and uploads of a station under test: honest, or as hostile as a case wants it.

It runs in a thread of its own, on the tester's address, while the `with` statement lasts. What it does on a path is
data (`Download`), what came is recorded (`Transfer`).
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from aiohttp import web

CHUNK = 65536
"""Bytes that are sent at once, and between two pauses."""
MAX_UPLOAD = 64 * 1024 * 1024
"""Bytes of an upload that are kept; what comes beyond is answered 413."""
_START_TIME = 5.0


@dataclass(frozen=True, slots=True)
class Download:
    """What a GET of one path gets.

    `content` is sent `repeat` times over, so that a gigabyte costs nothing; `pause` is how many seconds pass before
    each CHUNK of it. `cut_at` is the number of bytes after which TCP is reset, with the whole length announced.
    `location` goes with a `status` that redirects; it is a URL, or the name of another path of this server.
    """

    content: bytes = b""
    status: int = 200
    location: str = ""
    repeat: int = 1
    pause: float = 0.0
    cut_at: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the whole body."""
        return len(self.content) * self.repeat


@dataclass(frozen=True, slots=True)
class Transfer:
    """One request that came: `headers` in the order of the wire, `content` what an upload brought."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    content: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name; None if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class FileServer:
    """Listens on `host` (port 0: a free one, then in `port`) from `start` to `stop`.

    `shown` is the host name or address that its URLs name, where it is another one. With `tls` (a server's context)
    they are https. OSError when the address can't be used.
    """

    def __init__(self, host: str, port: int = 0, *, shown: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.host = host
        self.port = port
        self.shown = shown or host
        self._tls = tls
        self._downloads: dict[str, Download] = {}
        self._transfers: list[Transfer] = []
        self._came = threading.Condition()
        self._upload_answer: tuple[int, dict[str, str]] = (201, {})
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._over: asyncio.Event | None = None
        self._failed: BaseException | None = None

    @classmethod
    def beside(cls, csms: Any) -> FileServer:
        """One on the address by which the connected station knows our CSMS; any free port."""
        return cls(csms.lab.dut.address.listen[0], shown=csms.known_as)

    # -- what it does ----------------------------------------------------------------------------------------------

    def offer(self, name: str, download: Download | bytes) -> str:
        """Have GETs of a path answered like that from now on; its URL. What is not offered is answered 404."""
        self._downloads[name] = download if isinstance(download, Download) else Download(download)
        return self.url(name)

    def answer_uploads(self, status: int, **headers: str) -> None:
        """Answer every further PUT and POST with this status and these headers."""
        self._upload_answer = (status, headers)

    def url(self, name: str = "", *, user: str = "", password: str = "") -> str:
        """The URL of a path, with credentials in it if they are given."""
        scheme = "http" if self._tls is None else "https"
        host = f"[{self.shown}]" if ":" in self.shown else self.shown
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        return f"{scheme}://{login}{host}:{self.port}/{name}"

    # -- what came -------------------------------------------------------------------------------------------------

    @property
    def transfers(self) -> list[Transfer]:
        """Every request so far, in order."""
        return list(self._transfers)

    @property
    def uploads(self) -> list[Transfer]:
        """Every upload so far, in order."""
        return [one for one in self._transfers if one.method in ("PUT", "POST")]

    def asked_for(self, name: str) -> list[Transfer]:
        """Every request of one path so far, in order."""
        return [one for one in self._transfers if one.path == f"/{name}"]

    def wait_for(self, name: str, *, within: float) -> bool:
        """Wait until a path has been asked for, at most `within` seconds; whether it has."""
        with self._came:
            return self._came.wait_for(lambda: bool(self.asked_for(name)), within)

    # -- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen."""
        self._thread = threading.Thread(target=self._run, name="file-server", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_TIME):
            raise OSError(f"the file server on {self.host}:{self.port} did not come up")
        if self._failed is not None:
            raise OSError(f"no file server can listen on {self.host}:{self.port}: {self._failed}") from self._failed

    def stop(self) -> None:
        """Stop; transfers under way are cut."""
        loop, over = self._loop, self._over
        if loop is not None and over is not None and not loop.is_closed():
            loop.call_soon_threadsafe(over.set)
        if self._thread is not None:
            self._thread.join(_START_TIME)

    def __enter__(self) -> FileServer:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failed = error
            self._ready.set()

    async def _serve(self) -> None:
        from aiohttp import web

        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=MAX_UPLOAD)
        app.router.add_get("/{path:.*}", self._send)
        app.router.add_route("PUT", "/{path:.*}", self._take)
        app.router.add_route("POST", "/{path:.*}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handle_signals=False)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port, ssl_context=self._tls).start()
            self.port = runner.addresses[0][1]
            self._ready.set()
            await self._over.wait()
        finally:
            await runner.cleanup()

    def _note(self, request: web.Request, content: bytes = b"") -> None:
        headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in request.raw_headers)
        with self._came:
            self._transfers.append(Transfer(request.method, request.path, headers, content))
            self._came.notify_all()

    async def _take(self, request: web.Request) -> web.Response:
        from aiohttp import web

        try:
            content = await request.read()
        except web.HTTPRequestEntityTooLarge:
            self._note(request)
            raise
        self._note(request, content)
        status, headers = self._upload_answer
        return web.Response(status=status, headers=headers)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        from aiohttp import web

        self._note(request)
        download = self._downloads.get(request.path.lstrip("/"))
        if download is None:
            return web.Response(status=404)
        headers = dict(download.headers)
        if download.location:
            known = "://" in download.location
            headers["Location"] = download.location if known else self.url(download.location)
        response = web.StreamResponse(status=download.status, headers=headers)
        response.content_length = download.size
        response.content_type = "application/octet-stream"
        await response.prepare(request)
        try:
            await self._body(request, response, download)
        except ConnectionError:
            return response
        return response

    async def _body(self, request: web.Request, response: web.StreamResponse, download: Download) -> None:
        left = download.size if download.cut_at is None else min(download.cut_at, download.size)
        for chunk in _chunks(download):
            if not left:
                break
            await asyncio.sleep(download.pause)
            await response.write(chunk[:left])
            left -= len(chunk[:left])
        if download.cut_at is not None and request.transport is not None:
            request.transport.abort()
            return
        await response.write_eof()


def _chunks(download: Download) -> Iterator[bytes]:
    """The body in pieces of CHUNK bytes, the last one shorter."""
    if not download.content:
        return
    unit = download.content * max(1, CHUNK // len(download.content))
    size, sent = download.size, 0
    while sent < size:
        start = sent % len(download.content)
        piece = (unit[start:] + unit[:start])[: min(CHUNK, size - sent)]
        yield piece
        sent += len(piece)
