"""The listening side's part of an opening handshake: TLS, the request, and how to refuse it."""

from __future__ import annotations

import ssl
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from conformance.link.errors import LinkError, words_for
from conformance.link.handshake import Handshake, Refusal
from conformance.link.transport import CHUNK, PlainTransport, TlsTransport, Transport

if TYPE_CHECKING:
    from websockets.http11 import Request

    from conformance.link.negotiation import LenientServerProtocol


class Refused(Exception):
    """There will be no connection; `status` is what was answered (0: nothing), `reason` one line."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def secure(plain: PlainTransport, context: ssl.SSLContext, handshake: Handshake, deadline: float) -> TlsTransport:
    """Do the TLS handshake before `deadline` (time.monotonic); `handshake` notes what was agreed. Raises Refused."""
    try:
        transport = TlsTransport(plain, context, server_name=None, server=True)
        transport.handshake(deadline)
    except TimeoutError:
        raise Refused(0, "the TLS handshake was not finished in time") from None
    except (OSError, EOFError, LinkError) as error:
        raise Refused(0, f"the TLS handshake failed: {words_for(error)}") from error
    handshake.tls_version = transport.version
    handshake.cipher = transport.cipher
    handshake.client_certificate = transport.peer_certificate
    handshake.server_name = transport.requested_name
    return transport


def read_request(
    transport: Transport, protocol: LenientServerProtocol, handshake: Handshake, deadline: float
) -> tuple[Request, bytes]:
    """The opening request, noted in `handshake`, and the bytes that came after it. Raises Refused."""
    from websockets.http11 import Request

    head = b""
    while True:
        data = _receive(transport, handshake, head, deadline)
        # What follows the request must not reach the parser yet: the connection counts the bytes of frames.
        end = (head + data).find(b"\r\n\r\n", max(0, len(head) - 3))
        surplus = b""
        if end >= 0:
            cut = end + 4 - len(head)
            data, surplus = data[:cut], data[cut:]
        head += data
        protocol.receive_data(data)
        problem = protocol.handshake_exc
        if problem is not None:
            why = str(problem.__cause__ or problem)
            raise refuse(transport, handshake, Refusal(400, body=f"{why}\n", reason=f"no readable HTTP request: {why}"))
        for event in protocol.events_received():
            if isinstance(event, Request):
                handshake.read(event.path, list(event.headers.raw_items()))
                return event, surplus


def refuse(transport: Transport, handshake: Handshake, refusal: Refusal) -> Refused:
    """Send the refusal, without waiting for its reception; the exception to raise."""
    handshake.response_headers = list(refusal.headers.items())
    with suppress(LinkError):
        transport.write(refusal.serialize())
        transport.finish_writing()
    reason = refusal.reason or refusal.body.strip() or f"refused with status {refusal.status}"
    return Refused(refusal.status, reason)


def discard(transport: Transport, seconds: float) -> None:
    """Read until the other side ends TCP, at most for a while: closing first could destroy an answer on its way."""
    deadline = monotonic() + seconds
    with suppress(OSError):
        while (left := deadline - monotonic()) > 0:
            transport.set_read_timeout(left)
            if not transport.recv(CHUNK):
                return


def _receive(transport: Transport, handshake: Handshake, head: bytes, deadline: float) -> bytes:
    """The next bytes of a request of which `head` is there already. Raises Refused."""
    left = deadline - monotonic()
    try:
        if left <= 0:
            raise TimeoutError
        transport.set_read_timeout(left)
        data = transport.recv(CHUNK)
    except TimeoutError:
        refusal = Refusal(408, reason="no complete request came in time")
        raise refuse(transport, handshake, refusal) from None
    except OSError as error:
        raise Refused(0, f"the connection broke before a request: {words_for(error)}") from error
    if not data:
        raise Refused(0, f"the connection ended {'in the middle of the request' if head else 'before a request'}")
    if not head and data[0] == 0x16:
        raise Refused(0, "a TLS handshake came to a port that speaks plain WebSocket (ws, not wss)")
    return data
