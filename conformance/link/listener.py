"""The listening side: accepts TCP, does the handshakes, each in the thread that will read the connection."""

from __future__ import annotations

import errno
import select
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep

from conformance.link.connection import CLOSE_TIMEOUT, MAX_SIZE, Connection, Handler, tell_crash
from conformance.link.errors import LinkError, words_for
from conformance.link.handshake import Handshake, Refusal
from conformance.link.opening import Refused, discard, read_request, refuse, secure
from conformance.link.script import Script, play
from conformance.link.transport import PlainTransport, Transport, peer_name

HANDSHAKE_TIMEOUT = 10.0
"""Seconds that a client has for TLS and the opening handshake together."""
_REBIND_TIME = 2.0
_BACKLOG = 128
_GOING = "the tester is going away"
_LINGER = 1.0  # seconds that a refused client has to end TCP
_HURRY = 0.2  # seconds that a write may take once the listener stops


def accept_all(handshake: Handshake) -> Refusal | None:
    """Refuse nobody."""
    return None


class Listener:
    """Accepts WebSocket connections on `host`:`port` (0: a free port, then in `port`) and tells `handler` about them.

    `decide` may refuse a valid handshake; `subprotocols` then chooses the subprotocol from the raw offered tokens: None
    for none, and deliberately wrong answers are put on the wire as they are. `compression` says whether
    permessage-deflate is accepted when offered. `write_timeout`, `handshake_timeout`, `close_timeout` in seconds;
    `max_size` bounds an incoming message in bytes. `compression`, `tls`, `decide` and `subprotocols` may be changed
    between connections. `script`, where there is one, meets attempts before they are decided on. `error` is an
    exception that the handler, `decide` or `subprotocols` raised during a handshake.
    """

    def __init__(
        self,
        handler: Handler,
        host: str,
        port: int,
        *,
        now: Callable[[], float],
        subprotocols: Callable[[Handshake], str | None],
        decide: Callable[[Handshake], Refusal | None] = accept_all,
        tls: ssl.SSLContext | None = None,
        compression: bool = False,
        write_timeout: float = 5.0,
        handshake_timeout: float = HANDSHAKE_TIMEOUT,
        close_timeout: float = CLOSE_TIMEOUT,
        max_size: int = MAX_SIZE,
    ) -> None:
        self.handler = handler
        self.host = host
        self.port = port
        self.subprotocols = subprotocols
        self.decide = decide
        self.tls = tls
        self.compression = compression
        self.script: Script | None = None
        self.error: BaseException | None = None
        self._now = now
        self._write_timeout = write_timeout
        self._handshake_timeout = handshake_timeout
        self._close_timeout = close_timeout
        self._max_size = max_size
        self._lock = threading.Lock()
        self._connections: dict[int, Connection] = {}
        self._threads: dict[threading.Thread, Transport] = {}
        self._acceptor: threading.Thread | None = None
        self._waker: socket.socket | None = None
        self._stopping = False

    @property
    def connections(self) -> list[Connection]:
        """The connections whose TCP has not ended yet, oldest first."""
        with self._lock:
            return list(self._connections.values())

    @property
    def listening(self) -> bool:
        """Whether TCP connections are accepted at the moment."""
        return self._acceptor is not None

    @property
    def url(self) -> str:
        """ws:// or wss:// URL of the root, without path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ws' if self.tls is None else 'wss'}://{host}:{self.port}"

    def start(self) -> None:
        """Bind and accept; no effect while listening. Raises LinkError when the address cannot be used."""
        self._stopping = False
        if not self.listening:
            self._listen(retry_for=0.0)

    def pause(self) -> None:
        """Stop listening: new TCP connections are refused by the kernel, handshakes under way are reset.

        Open connections stay.
        """
        with self._lock:
            acceptor, self._acceptor = self._acceptor, None
        if acceptor is None:
            return
        if self._waker is not None:
            self._waker.close()
            self._waker = None
        acceptor.join(5.0)

    def resume(self) -> None:
        """Listen on the same port again; no effect once stopped. LinkError when somebody else has taken the port."""
        if not self.listening and not self._stopping:
            self._listen(retry_for=_REBIND_TIME)

    def stop(self, timeout: float = 5.0) -> None:
        """Stop listening and close every connection with 1001; after `timeout` seconds reset what is left."""
        self._stopping = True
        self.pause()
        deadline = monotonic() + timeout
        with self._lock:
            threads = dict(self._threads)
            connections = list(self._connections.values())
        closing = {connection.thread for connection in connections}
        for thread, transport in threads.items():
            if thread not in closing:
                transport.wake()
        for connection in connections:
            connection.write_timeout = min(connection.write_timeout, _HURRY)
            with suppress(LinkError):
                connection.close(1001, _GOING)
            if not connection.auto_close:
                connection.drop()
        current = threading.current_thread()
        for thread, transport in threads.items():
            if thread is current:
                continue
            thread.join(max(0.0, deadline - monotonic()))
            if thread.is_alive():
                transport.abort()
                thread.join(1.0)

    def __enter__(self) -> Listener:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    # Accepting

    def _listen(self, retry_for: float) -> None:
        sock = self._bind(retry_for)
        self.port = sock.getsockname()[1]
        mine, self._waker = socket.socketpair()
        self._acceptor = threading.Thread(
            target=self._accept, args=(sock, mine), name=f"link-accept-{self.port}", daemon=True
        )
        self._acceptor.start()

    def _bind(self, retry_for: float) -> socket.socket:
        deadline = monotonic() + retry_for
        where = f"{self.host or '*'}:{self.port}"
        try:
            family, kind, proto, _, address = socket.getaddrinfo(
                self.host or None, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
        except (OSError, OverflowError, UnicodeError) as error:
            raise LinkError(
                f"cannot listen on {where}: {words_for(error)}; give a local host name or address"
            ) from error
        while True:
            sock = socket.socket(family, kind, proto)
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(address)
                sock.listen(_BACKLOG)
                sock.setblocking(False)
                return sock
            except OSError as error:
                sock.close()
                if error.errno == errno.EADDRINUSE and monotonic() < deadline:
                    sleep(0.05)
                    continue
                raise LinkError(f"cannot listen on {where}: {words_for(error)}; {_advice(error)}") from error

    def _accept(self, sock: socket.socket, waker: socket.socket) -> None:
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        poller.register(waker, select.POLLIN)
        with sock, waker:
            while True:
                if any(fd == waker.fileno() for fd, _ in poller.poll()):
                    return
                try:
                    accepted, address = sock.accept()
                except (BlockingIOError, ConnectionError, InterruptedError):
                    continue
                except OSError:
                    # Out of descriptors, most likely: the connection waits in the backlog meanwhile.
                    sleep(0.05)
                    continue
                self._begin(accepted, peer_name(*address[:2]))

    def _begin(self, sock: socket.socket, peer: str) -> None:
        try:
            transport = PlainTransport(sock, self._write_timeout)
        except OSError:
            sock.close()
            return
        thread = threading.Thread(target=self._serve, args=(transport, peer), name=f"link-{peer}", daemon=True)
        with self._lock:
            self._threads[thread] = transport
        try:
            thread.start()
        except RuntimeError as error:
            self.error = error
            with self._lock:
                del self._threads[thread]
            transport.close()

    # One connection

    def _serve(self, plain: PlainTransport, peer: str) -> None:
        connection: Connection | None = None
        handshake = Handshake(peer=peer)
        try:
            connection, surplus = self._shake_hands(plain, handshake)
            connection.run(surplus)
        except Refused as refused:
            if not self._stopping:
                self._tell_refused(handshake, refused)
            plain.finish_writing()
            discard(plain, min(self._close_timeout, _LINGER))
        except BaseException as error:
            self._crashed(error)
        finally:
            plain.close()
            with self._lock:
                self._threads.pop(threading.current_thread(), None)
                if connection is not None:
                    self._connections.pop(connection.number, None)

    def _shake_hands(self, plain: PlainTransport, handshake: Handshake) -> tuple[Connection, bytes]:
        """The connection, its handler told and its 101 on the wire, and the bytes after the request. Raises Refused."""
        from conformance.link.negotiation import server_protocol

        deadline = monotonic() + self._handshake_timeout
        transport: Transport = plain
        if self.tls is not None:
            transport = secure(plain, self.tls, handshake, deadline)
        self._meet(transport, handshake, heard=False)
        protocol = server_protocol(self.compression, self._max_size)
        request, surplus = read_request(transport, protocol, handshake, deadline)
        self._meet(transport, handshake, heard=True)
        response = protocol.accept(request)
        if response.status_code != 101:
            body = bytes(response.body).decode("utf-8", "replace")
            raise refuse(transport, handshake, Refusal(response.status_code, dict(response.headers.raw_items()), body))
        try:
            verdict = self.decide(handshake)
            chosen = None if verdict is not None else self.subprotocols(handshake)
        except BaseException as error:
            self._crashed(error)
            verdict = Refusal(500, body="the tester failed; see its report\n", reason=f"the tester failed: {error!r}")
            chosen = None
        if verdict is not None:
            raise refuse(transport, handshake, verdict)
        if chosen is not None:
            response.headers["Sec-WebSocket-Protocol"] = chosen
        handshake.response_headers = list(response.headers.raw_items())
        protocol.send_response(response)
        protocol.subprotocol = chosen  # type: ignore[assignment]  # Subprotocol is a NewType of str
        connection = Connection(
            self.handler,
            transport,
            protocol,
            handshake,
            now=self._now,
            client=False,
            max_size=self._max_size,
            close_timeout=self._close_timeout,
        )
        connection.thread = threading.current_thread()
        self._open(connection, protocol.data_to_send())
        return connection, surplus

    def _meet(self, transport: Transport, handshake: Handshake, *, heard: bool) -> None:
        """Raises Refused when the script has something for this attempt."""
        script = self.script
        attempt = script.take(handshake, self._now(), heard=heard) if script is not None else None
        if attempt is not None:
            raise play(transport, attempt, self._now)

    def _open(self, connection: Connection, answer: list[bytes]) -> None:
        """Register the connection, tell the handler, and only then let the 101 leave: fast devices speak at once."""
        with self._lock:
            if not self.listening:
                connection.abort()
                raise Refused(0, "listening was paused during the handshake")
            self._connections[connection.number] = connection
        try:
            self.handler.opened(connection)
        except BaseException as error:
            connection.crash(error)
        try:
            connection.release(answer)
        except LinkError:
            connection.abort()
        if self._stopping:
            connection.close(1001, _GOING)

    def _tell_refused(self, handshake: Handshake, refused: Refused) -> None:
        try:
            self.handler.refused(handshake, refused.status, refused.reason, self._now())
        except BaseException as error:
            self._crashed(error)

    def _crashed(self, error: BaseException) -> None:
        if self.error is None:
            self.error = error
        tell_crash(self.handler, None, error)


def _advice(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program uses this port: stop it, or choose another port (0 for any free one)"
    if error.errno == errno.EACCES:
        return "ports below 1024 need privileges: choose a port from 1024 up"
    return "choose an address of this machine"
