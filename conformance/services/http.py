"""An HTTP and HTTPS server of files: honest, or as hostile as a case wants it."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from email.message import Message
from typing import TYPE_CHECKING

from conformance.services.files import CHUNK, MAX_UPLOAD, STILL, Download, FileServer, Transfer

if TYPE_CHECKING:
    from aiohttp import web

_FROM = re.compile(r"bytes=(\d+)-$")


class HttpServer(FileServer):
    """GETs of a file, whole or from a byte on; PUTs, POSTs and forms. With `tls` (a server's context) it is HTTPS."""

    scheme = "http"

    def __init__(
        self,
        host: str,
        port: int = 0,
        *,
        shown: str = "",
        came: Callable[[Transfer], None] = lambda one: None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(host, port, shown=shown, came=came)
        self._tls = tls
        self.scheme = "http" if tls is None else "https"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None

    def _serve(self) -> None:
        asyncio.run(self._serve_http())

    def _end(self) -> None:
        loop, over = self._loop, self._over
        if loop is not None and over is not None and not loop.is_closed():
            loop.call_soon_threadsafe(over.set)

    async def _serve_http(self) -> None:
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

    # -- uploads -----------------------------------------------------------------------------------------------------

    async def _take(self, request: web.Request) -> web.StreamResponse:
        from aiohttp import web

        ends = self._upload_ends()
        content = bytearray()
        async for piece in request.content.iter_chunked(CHUNK):
            content += piece
            if ends is not None and len(content) >= ends:
                self.note(noted(request, bytes(content[:ends]), complete=False))
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)
            if len(content) > MAX_UPLOAD:
                self.note(noted(request, b"", complete=False))
                raise web.HTTPRequestEntityTooLarge(MAX_UPLOAD, len(content))
        await self._stand_still()
        status, headers = self._upload_answer
        self.note(noted(request, bytes(content), complete=status < 300))
        return web.Response(status=status, headers=headers)

    async def _stand_still(self) -> None:
        while not self._goes_on.is_set():
            await asyncio.sleep(STILL)

    # -- downloads ---------------------------------------------------------------------------------------------------

    async def _send(self, request: web.Request) -> web.StreamResponse:
        from aiohttp import web

        download = self._download(request.path)
        start = _first_byte(request, download)
        self.note(noted(request, start=start))
        if download is None:
            return web.Response(status=404)
        headers = dict(download.headers)
        if download.location:
            known = "://" in download.location
            headers["Location"] = download.location if known else self.url(download.location)
        if start:
            headers["Content-Range"] = f"bytes {start}-{download.size - 1}/{download.size}"
        response = web.StreamResponse(status=206 if start else download.status, headers=headers)
        response.content_length = download.size - start
        response.content_type = "application/octet-stream"
        await response.prepare(request)
        try:
            await self._body(request, response, download, start)
        except ConnectionError:
            return response
        return response

    async def _body(self, request: web.Request, response: web.StreamResponse, download: Download, start: int) -> None:
        ends = self._breaks_off(request.path, download)
        last = download.size if ends is None else min(ends, download.size)
        while start < last:
            await self._stand_still()
            await asyncio.sleep(download.pause)
            piece = download.piece(start, min(CHUNK, last - start))
            await response.write(piece)
            start += len(piece)
        if ends is not None:
            # What has been written leaves first: an abort would throw it away.
            await asyncio.sleep(0.05)
            if request.transport is not None:
                request.transport.abort()
            return
        await response.write_eof()


def _first_byte(request: web.Request, download: Download | None) -> int:
    """The byte from which on the rest of a file is asked for; 0 for the whole of it."""
    wanted = _FROM.match(request.headers.get("Range", ""))
    if wanted is None or download is None or download.status != 200:
        return 0
    first = int(wanted[1])
    return first if first < download.size else 0


def noted(request: web.Request, content: bytes = b"", *, start: int = 0, complete: bool = True) -> Transfer:
    """What a request is told as."""
    headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in request.raw_headers)
    name, content = _file_in(request.headers.get("Content-Type", ""), content)
    told = Message()
    told["Content-Disposition"] = request.headers.get("Content-Disposition", "attachment")
    return Transfer(
        request.method, request.path, headers, content, start, complete, given_name=name or told.get_filename("")
    )


def _file_in(content_type: str, content: bytes) -> tuple[str, bytes]:
    """Name and content of the first file in a form; "" and the content itself where it is none."""
    if not content_type.lower().startswith("multipart/"):
        return "", content
    from email.parser import BytesParser

    form = BytesParser().parsebytes(
        b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + content
    )
    for part in form.walk():
        name = part.get_filename()
        inside = part.get_payload(decode=True)
        if name and isinstance(inside, bytes):
            return name, inside
    return "", content
