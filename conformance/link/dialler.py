"""The dialling side: one call makes one connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from conformance.link.connection import CLOSE_TIMEOUT, MAX_SIZE, Connection, Handler
from conformance.link.errors import HandshakeRefused, LinkError
from conformance.link.handshake import Handshake
from conformance.link.identity import encode_basic, encode_identity
from conformance.link.listener import _peer_name, _words
from conformance.link.transport import CHUNK, PlainTransport, TlsTransport, Transport


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

    `basic` is (username, password bytes) for HTTP Basic; `headers` are sent besides the standard ones; `tls` is needed
    for wss (None: the system's trust store); `server_name` replaces the URL's host in SNI and in the check of the
    certificate; `timeout` bounds everything up to the answer, in seconds. `handler.opened` is called before this
    returns. Raises HandshakeRefused for an answer other than 101, LinkError for the rest, ValueError for a bad URL.
    """
    from conformance.link.negotiation import client_protocol

    deadline = monotonic() + timeout
    offered = tuple(subprotocols)
    target = with_identity(url, identity)
    parts = urlsplit(target)
    protocol = client_protocol(target, offered, compression, max_size)
    uri = protocol.uri
    if tls is None and uri.secure:
        tls = ssl.create_default_context()
    plain = PlainTransport(_connect(target, uri.host, uri.port, deadline), write_timeout)
    try:
        transport: Transport = plain
        handshake = Handshake(peer=_peer_name((uri.host, uri.port)))
        if uri.secure and tls is not None:
            transport = _dial_tls(target, plain, tls, server_name or uri.host, handshake, deadline)
        request = protocol.connect()
        if offered:
            request.headers["Sec-WebSocket-Protocol"] = ", ".join(offered)
        if basic is not None:
            request.headers["Authorization"] = encode_basic(*basic)
        for name, value in headers:
            if name in request.headers:
                del request.headers[name]
            request.headers[name] = value
        seen = Handshake.of_request(request.path, list(request.headers.raw_items()), handshake.peer)
        seen.tls_version, seen.cipher = handshake.tls_version, handshake.cipher
        seen.client_certificate, seen.server_name = None, server_name or parts.hostname
        handshake = seen
        protocol.send_request(request)
        surplus = _exchange(target, transport, protocol, handshake, deadline)
    except BaseException:
        plain.close()
        raise
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
    connection._surplus = surplus
    connection._release([])
    try:
        handler.opened(connection)
    except BaseException:
        plain.close()
        raise
    if connection.subprotocol_problem is not None:
        connection._tell_broken(connection.subprotocol_problem)
    connection.thread = threading.Thread(target=connection._run, name=f"link-{handshake.peer}", daemon=True)
    connection.thread.start()
    return connection


def with_identity(url: str, identity: str) -> str:
    """`url` with the percent-encoded identity as its last path segment; ValueError for a URL that is no ws or wss."""
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(f"{url!r} is no WebSocket URL; write ws://host:port/path or wss://host:port/path")
    path = parts.path
    if identity:
        path = f"{path.rstrip('/')}/{encode_identity(identity)}"
    return urlunsplit((parts.scheme, parts.netloc, path or "/", parts.query, ""))


def _connect(target: str, host: str, port: int, deadline: float) -> socket.socket:
    try:
        return socket.create_connection((host, port), timeout=max(0.001, deadline - monotonic()))
    except TimeoutError:
        raise LinkError(f"cannot reach {target}: no answer to the TCP connection in time; is the host right?") from None
    except (OSError, UnicodeError) as error:
        raise LinkError(f"cannot reach {target}: {_words(error)}; is it running, are host and port right?") from error


def _dial_tls(
    target: str,
    plain: PlainTransport,
    context: ssl.SSLContext,
    server_name: str,
    handshake: Handshake,
    deadline: float,
) -> TlsTransport:
    try:
        transport = TlsTransport(plain, context, server_name=server_name, server=False)
        transport.handshake(deadline)
    except TimeoutError:
        raise LinkError(f"TLS with {target} failed: no answer in time") from None
    except (OSError, EOFError, ValueError) as error:
        raise LinkError(f"TLS with {target} failed: {_words(error)}") from error
    handshake.tls_version = transport.version
    handshake.cipher = transport.cipher
    return transport


def _exchange(target: str, transport: Transport, protocol: Any, handshake: Handshake, deadline: float) -> bytes:
    """Send the request and read the answer; the bytes that came after it. Raises HandshakeRefused or LinkError."""
    from websockets.exceptions import InvalidStatus

    for data in protocol.data_to_send():
        transport.write(data)
    tail = b""
    response: Any = None
    surplus = b""
    while response is None:
        try:
            transport.set_read_timeout(max(0.001, deadline - monotonic()))
            data = transport.recv(CHUNK)
        except TimeoutError:
            raise LinkError(f"{target} did not answer the WebSocket handshake in time") from None
        except OSError as error:
            raise LinkError(f"{target} broke the connection during the handshake: {_words(error)}") from error
        if not data:
            protocol.receive_eof()
            if not protocol.events and protocol.handshake_exc is None:
                raise LinkError(f"{target} ended the connection without answering the WebSocket handshake")
        else:
            # What follows a 101 must not reach the parser yet: the connection counts the bytes of frames.
            end = (tail + data).find(b"\r\n\r\n")
            if end >= 0 and not surplus and (tail + data).find(b" 101 ", 0, 14) >= 0:
                cut = end + 4 - len(tail)
                data, surplus = data[:cut], data[cut:]
            tail = (tail + data)[-65536:]
            protocol.receive_data(data)
        response = next(iter(protocol.events_received()), None)
        problem = protocol.handshake_exc
        if isinstance(problem, InvalidStatus):
            answer = problem.response
            raise HandshakeRefused(
                target, answer.status_code, answer.reason_phrase, list(answer.headers.raw_items()), bytes(answer.body)
            )
        if problem is not None:
            raise LinkError(f"{target} answered no legal WebSocket handshake: {problem.__cause__ or problem}")
    handshake.response_headers = list(response.headers.raw_items())
    return surplus
