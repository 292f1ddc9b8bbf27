"""The dialling side: one call makes one connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from conformance.link.connection import CLOSE_TIMEOUT, MAX_SIZE, Connection, Handler
from conformance.link.errors import HandshakeRefused, LinkError, words_for
from conformance.link.handshake import Handshake
from conformance.link.identity import encode_basic, encode_identity
from conformance.link.transport import CHUNK, PlainTransport, TlsTransport, Transport, peer_name

if TYPE_CHECKING:
    from websockets.http11 import Request

    from conformance.link.negotiation import LenientClientProtocol


def dial(
    handler: Handler,
    url: str,
    identity: str,
    *,
    now: Callable[[], float],
    subprotocols: Iterable[str],
    basic: tuple[bytes | str, bytes] | None = None,
    tls: ssl.SSLContext | None = None,
    compression: bool = False,
    timeout: float = 10.0,
    headers: Iterable[tuple[str, str]] = (),
    write_timeout: float = 5.0,
    close_timeout: float = CLOSE_TIMEOUT,
    max_size: int = MAX_SIZE,
    server_name: str | None = None,
) -> Connection:
    """Open a WebSocket connection to `url` with `identity` appended, percent-encoded ("" appends nothing).

    `basic` is (username, password bytes) for HTTP Basic; `headers` replace the standard ones of the same name; `tls` is
    for wss (None: the system's trust store); `server_name` replaces the URL's host in SNI and in the check of the
    certificate. `timeout` bounds everything up to the answer, `write_timeout` one write, `close_timeout` the other
    side's part of closing, in seconds; `max_size` an incoming message, in bytes. An illegal choice of subprotocol is
    told to `handler.broken` and stays in `Connection.subprotocol_problem`. `handler.opened` is called before this
    returns. Raises HandshakeRefused for an answer other than 101, LinkError for the rest, ValueError for a bad URL.
    """
    from conformance.link.negotiation import client_protocol

    deadline = monotonic() + timeout
    target = with_identity(url, identity)
    protocol = client_protocol(target, tuple(subprotocols), compression, max_size)
    host, port = protocol.uri.host, protocol.uri.port
    plain = PlainTransport(tcp_connect(target, host, port, deadline), write_timeout)
    try:
        transport: Transport = plain
        request = _request(protocol, basic, headers)
        handshake = Handshake(peer=peer_name(host, port))
        handshake.read(request.path, list(request.headers.raw_items()))
        if protocol.uri.secure:
            context = tls or ssl.create_default_context()
            transport = dial_tls(target, plain, context, server_name or host, deadline)
            handshake.tls_version, handshake.cipher = transport.version, transport.cipher
            handshake.server_name = server_name or host
            handshake.server_certificate = transport.peer_certificate
        protocol.send_request(request)
        surplus = _exchange(target, transport, protocol, handshake, deadline)
        connection = Connection(
            handler,
            transport,
            protocol,
            handshake,
            now=now,
            client=True,
            max_size=max_size,
            close_timeout=close_timeout,
        )
        connection.subprotocol_problem = protocol.subprotocol_problem
        connection.release([])
        handler.opened(connection)
    except BaseException:
        plain.close()
        raise
    if connection.subprotocol_problem is not None:
        connection.tell_broken(connection.subprotocol_problem)
    connection.thread = threading.Thread(
        target=connection.run, args=(surplus,), name=f"link-{handshake.peer}", daemon=True
    )
    connection.thread.start()
    return connection


def with_identity(url: str, identity: str) -> str:
    """`url` with the percent-encoded identity as its last path segment; ValueError for a URL that is no ws or wss."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{url!r} is no WebSocket URL; write ws://host:port/path or wss://host:port/path")
    path = f"{parts.path.rstrip('/')}/{encode_identity(identity)}" if identity else parts.path
    return urlunsplit((parts.scheme, parts.netloc, path or "/", parts.query, ""))


def _request(
    protocol: LenientClientProtocol, basic: tuple[bytes | str, bytes] | None, headers: Iterable[tuple[str, str]]
) -> Request:
    request = protocol.connect()
    if protocol.offered:
        request.headers["Sec-WebSocket-Protocol"] = ", ".join(protocol.offered)
    if basic is not None:
        request.headers["Authorization"] = encode_basic(*basic)
    own = list(headers)
    for name in {name.lower() for name, _ in own}:
        if name in request.headers:
            del request.headers[name]
    for name, value in own:
        request.headers[name] = value
    return request


def tcp_connect(target: str, host: str, port: int, deadline: float) -> socket.socket:
    """A TCP connection before `deadline` (time.monotonic); LinkError, which names `target`."""
    try:
        return socket.create_connection((host, port), timeout=max(0.001, deadline - monotonic()))
    except TimeoutError:
        raise LinkError(f"cannot reach {target}: no answer to the TCP connection in time; is the host right?") from None
    except (OSError, UnicodeError) as error:
        raise LinkError(
            f"cannot reach {target}: {words_for(error)}; is it running, are host and port right?"
        ) from error


def dial_tls(
    target: str, plain: PlainTransport, context: ssl.SSLContext, server_name: str, deadline: float
) -> TlsTransport:
    """TLS over a TCP connection, its handshake done before `deadline` (time.monotonic). Raises LinkError."""
    try:
        transport = TlsTransport(plain, context, server_name=server_name, server=False)
        transport.handshake(deadline)
    except TimeoutError:
        raise LinkError(f"TLS with {target} failed: no answer in time") from None
    except (OSError, EOFError, ValueError) as error:
        raise LinkError(f"TLS with {target} failed: {words_for(error)}") from error
    return transport


def _exchange(
    target: str, transport: Transport, protocol: LenientClientProtocol, handshake: Handshake, deadline: float
) -> bytes:
    """Send the request and read the answer; the bytes that came after a 101. Raises HandshakeRefused or LinkError."""
    from websockets.exceptions import InvalidStatus

    for data in protocol.data_to_send():
        transport.write(data)
    answer = b""
    while True:
        try:
            transport.set_read_timeout(max(0.001, deadline - monotonic()))
            data = transport.recv(CHUNK)
        except TimeoutError:
            _raise_if_refused(target, answer)
            raise LinkError(f"{target} did not answer the WebSocket handshake in time") from None
        except OSError as error:
            _raise_if_refused(target, answer)
            raise LinkError(f"{target} broke the connection during the handshake: {words_for(error)}") from error
        if not data and not answer:
            raise LinkError(f"{target} ended the connection without answering the WebSocket handshake")
        fresh, surplus = _split_head(answer, data)
        answer += data
        if data:
            protocol.receive_data(fresh)
        else:
            protocol.receive_eof()
        for event in protocol.events_received():
            handshake.response_headers = list(event.headers.raw_items())  # type: ignore[union-attr]  # a Response
            if protocol.handshake_exc is None:
                return surplus
        problem = protocol.handshake_exc
        if isinstance(problem, InvalidStatus):
            status, reason = problem.response.status_code, problem.response.reason_phrase
            raise HandshakeRefused(target, status, reason, handshake.response_headers, bytes(problem.response.body))
        if problem is not None:
            _raise_if_refused(target, answer)
            raise LinkError(f"{target} answered no legal WebSocket handshake: {problem.__cause__ or problem}")


def _split_head(before: bytes, data: bytes) -> tuple[bytes, bytes]:
    """`data` up to the end of a 101's head, and the rest: the connection counts the bytes of frames from there."""
    whole = before + data
    end = whole.find(b"\r\n\r\n")
    if end < len(before) - 3 or whole[8:13] != b" 101 ":
        return data, b""
    return whole[len(before) : end + 4], whole[end + 4 :]


def _raise_if_refused(target: str, answer: bytes) -> None:
    """Raise HandshakeRefused if this is an HTTP answer other than 101, complete or not, of HTTP/1.0 or 1.1.

    Read by hand, because many a server refuses with a body that never ends, or in HTTP/1.0, and the status is what
    counts.
    """
    head, found, body = answer.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = status_line.partition(" ")
    code, _, reason = rest.partition(" ")
    if not found or not version.startswith("HTTP/1.") or len(code) != 3 or not code.isascii() or not code.isdigit():
        return
    if code == "101":
        return
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    raise HandshakeRefused(target, int(code), reason.strip(), headers, body)
