"""A client that puts any bytes where an opening handshake belongs, and keeps what the server does about them."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlsplit

from conformance.link.dialler import dial_tls, tcp_connect
from conformance.link.errors import LinkClosed, LinkStalled
from conformance.link.script import accept_key
from conformance.link.transport import CHUNK, PlainTransport, Transport

KEPT = 1 << 20
"""Bytes of an answer that are kept."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an HTTP answer: its status (0: no HTTP), its headers in order, and what followed the empty line."""

    status: int
    headers: tuple[tuple[str, str], ...]
    rest: bytes

    def values(self, name: str) -> list[str]:
        """All values of a header (any case), in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def accepts(self, key: str) -> bool:
        """Whether this is a 101 with what RFC 6455 section 4.1 has a client look at: the upgrade and the right key."""
        return (
            self.status == 101
            and [value.lower() for value in self.values("Upgrade")] == ["websocket"]
            and "upgrade" in ",".join(self.values("Connection")).lower()
            and self.values("Sec-WebSocket-Accept") == [accept_key(key)]
        )


class RawClient:
    """One TCP (with `tls`: TLS) connection to the host and port of a ws or wss URL.

    `data` is everything that came, at most `KEPT` bytes; `ended`: the server ended the connection; `reset`: not in good
    order. `plain=True` speaks plain TCP to a wss URL too. Raises LinkError when the connection cannot be had.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        tls: ssl.SSLContext | None = None,
        server_name: str | None = None,
        plain: bool = False,
        write_timeout: float = 5.0,
    ) -> None:
        deadline = monotonic() + timeout
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "wss"
        port = parts.port or (443 if secure else 80)
        wire = PlainTransport(tcp_connect(url, host, port, deadline), write_timeout)
        self._transport: Transport = wire
        self.data = b""
        self.ended = False
        self.reset = False
        if secure and not plain:
            try:
                context = tls or ssl.create_default_context()
                self._transport = dial_tls(url, wire, context, server_name or host, deadline)
            except BaseException:
                wire.close()
                raise

    def write(self, data: bytes) -> bool:
        """Send bytes; False when the server takes no more."""
        try:
            self._transport.write(data)
        except (LinkClosed, LinkStalled):
            return False
        return True

    def read(self, seconds: float, until: Callable[[bytes], bool] = lambda data: False) -> bool:
        """Keep what comes until `until` says so of all of it, the server ends the connection, or the time is over.

        Returns whether `until` said so.
        """
        deadline = monotonic() + seconds
        while not until(self.data):
            left = deadline - monotonic()
            if left <= 0 or self.ended:
                return False
            self._transport.set_read_timeout(left)
            try:
                piece = self._transport.recv(CHUNK)
            except TimeoutError:
                return False
            except OSError:
                self.ended = self.reset = True
                continue
            self.ended = self.ended or not piece
            self.data = (self.data + piece)[:KEPT]
        return True

    @property
    def head(self) -> Head | None:
        """The answer's head, once it is whole."""
        text, found, rest = self.data.partition(b"\r\n\r\n")
        if not found:
            return None
        first, *lines = text.decode("latin-1").split("\r\n")
        status = first[9:12] if first.startswith("HTTP/1.") else ""
        headers = tuple((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
        return Head(int(status) if status.isdigit() else 0, headers, rest)

    def finish(self) -> None:
        """Say that no more bytes will come (FIN)."""
        self._transport.finish_writing()

    def close(self, *, reset: bool = False) -> None:
        """Give the connection back; with `reset` by RST."""
        if reset:
            self._transport.abort()
        self._transport.close()
