"""What the tests of the link share: a handler that records, a listener and a dialler, a raw client."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.link.connection import Connection
from conformance.link.dialler import dial
from conformance.link.handshake import Handshake
from conformance.link.listener import Listener

REQUEST = (
    b"GET /ocpp/CS001 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


class Recorder:
    """A handler that keeps every call, and can be waited for."""

    def __init__(self, on_received: Callable[[Connection, str | bytes], None] | None = None) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.changed = threading.Condition()
        self.on_received = on_received
        self.on_opened: Callable[[Connection], None] | None = None

    def note(self, *event: Any) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def of(self, kind: str) -> list[tuple[Any, ...]]:
        with self.changed:
            return [event[1:] for event in self.events if event[0] == kind]

    def wait(self, kind: str, count: int = 1, within: float = 5.0) -> list[tuple[Any, ...]]:
        """The events of a kind, once there are `count` of them."""
        with self.changed:
            found = self.changed.wait_for(
                lambda: sum(event[0] == kind for event in self.events) >= count, timeout=within
            )
        assert found, f"{count} times {kind} did not come; seen: {self.events}"
        return self.of(kind)

    def opened(self, connection: Connection) -> None:
        self.note("opened", connection)
        if self.on_opened is not None:
            self.on_opened(connection)

    def received(self, connection: Connection, data: str | bytes, at: float) -> None:
        self.note("received", data, at)
        if self.on_received is not None:
            self.on_received(connection, data)

    def control(self, connection: Connection, kind: str, payload: bytes, at: float) -> None:
        self.note("control", kind, payload, at)

    def closed(self, connection: Connection, code: int | None, reason: str, at: float) -> None:
        self.note("closed", code, reason, connection)

    def refused(self, handshake: Handshake, status: int, reason: str, at: float) -> None:
        self.note("refused", handshake, status, reason)

    def broken(self, connection: Connection, error: str, at: float) -> None:
        self.note("broken", error)

    def crashed(self, connection: Connection | None, error: BaseException) -> None:
        self.note("crashed", connection, error)

    @property
    def messages(self) -> list[str | bytes]:
        return [event[0] for event in self.of("received")]


class Lab:
    """Makes listeners, connections and raw sockets, and ends them all."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.connections: list[Connection] = []
        self.sockets: list[socket.socket] = []
        self.server = Recorder()
        self.client = Recorder()

    def listen(self, handler: Recorder | None = None, **options: Any) -> Listener:
        options.setdefault("subprotocols", lambda handshake: next(filter(None, handshake.subprotocols), None))
        listener = Listener(handler or self.server, "127.0.0.1", 0, now=time.monotonic, **options)
        self.listeners.append(listener)
        listener.start()
        return listener

    def dial(self, listener: Listener | str, identity: str = "CS001", **options: Any) -> Connection:
        url = listener if isinstance(listener, str) else f"{listener.url}/ocpp"
        options.setdefault("subprotocols", ("ocpp2.0.1",))
        options.setdefault("timeout", 5.0)
        handler = options.pop("handler", self.client)
        connection = dial(handler, url, identity, now=time.monotonic, **options)
        self.connections.append(connection)
        return connection

    def pair(self, **options: Any) -> tuple[Connection, Connection]:
        """(accepted, dialled) ends of one connection; `dial_` options go to the dialler."""
        dialling = {name[5:]: options.pop(name) for name in list(options) if name.startswith("dial_")}
        listener = self.listen(**options)
        dialled = self.dial(listener, **dialling)
        return self.server.wait("opened")[-1][0], dialled

    def raw(self, port: int, request: bytes | None = None) -> socket.socket:
        """A TCP socket; with a request (headers without the last empty line) after its answer's head was read."""
        sock = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.sockets.append(sock)
        if request is not None:
            sock.sendall(request + b"\r\n")
            read_head(sock)
        return sock

    def end(self) -> None:
        for sock in self.sockets:
            sock.close()
        for connection in self.connections:
            connection.close()
        for listener in self.listeners:
            listener.stop()
        for connection in self.connections:
            assert connection.wait_closed(5)


def read_head(sock: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        data = sock.recv(1)
        assert data, f"the connection ended after {head!r}"
        head += data
    return head


def read_exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        assert piece, f"the connection ended after {data!r}"
        data += piece
    return data


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Makes listeners and connections, ends them, and looks whether threads were left behind."""
    before = set(threading.enumerate())
    made = Lab()
    try:
        yield made
    finally:
        made.end()
        deadline = time.monotonic() + 5
        while (left := [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]) and (
            time.monotonic() < deadline
        ):
            left[0].join(0.1)
        assert not left, f"threads were left behind: {left}"


@pytest.fixture
def request_head() -> bytes:
    """A legal opening request up to, but without, the empty line at its end."""
    return REQUEST
