"""The Sans-I/O objects of `websockets`, lenient where a tester must look instead of giving up.

Imported only when a link is used: importing it loads `websockets`.
"""

from __future__ import annotations

from collections.abc import Sequence

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from conformance.link.handshake import offered_subprotocols

_COMPRESSION = {"memLevel": 5}


class LenientServerProtocol(ServerProtocol):
    """A server that leaves the subprotocol to the listener: any header value is read, none is refused."""

    def process_subprotocol(self, headers: Headers) -> Subprotocol | None:
        """Choose nothing here: the listener sees the raw tokens and sets the answer itself."""
        return None


class LenientClientProtocol(ClientProtocol):
    """A client that reports an illegal choice of subprotocol instead of giving the connection up.

    `subprotocol_problem` is the report in one line, or None.
    """

    offered: tuple[str, ...] = ()
    subprotocol_problem: str | None = None

    def process_subprotocol(self, headers: Headers) -> Subprotocol | None:
        """Take what the server chose; RFC 6455 section 4.2.2 allows at most one token, and only an offered one."""
        values = headers.get_all("Sec-WebSocket-Protocol")
        if not values:
            return None
        chosen = ", ".join(values)
        tokens = offered_subprotocols(values)
        if len(tokens) != 1:
            self.subprotocol_problem = f"the server chose {len(tokens)} subprotocols at once: {chosen!r}"
        elif tokens[0] not in self.offered:
            offer = ", ".join(self.offered) or "none"
            self.subprotocol_problem = f"the server chose subprotocol {chosen!r}, which was not offered ({offer})"
        return Subprotocol(chosen)


def server_protocol(compression: bool, max_size: int) -> LenientServerProtocol:
    """A server side that has not read its request yet; `max_size` bounds an incoming message in bytes."""
    extensions = [ServerPerMessageDeflateFactory(compress_settings=_COMPRESSION)] if compression else None
    return LenientServerProtocol(extensions=extensions, max_size=max_size)


def client_protocol(url: str, subprotocols: Sequence[str], compression: bool, max_size: int) -> LenientClientProtocol:
    """A client side that has not sent its request yet; `url` carries the identity. Raises InvalidURI."""
    extensions = (
        [ClientPerMessageDeflateFactory(client_max_window_bits=True, compress_settings=_COMPRESSION)]
        if compression
        else None
    )
    protocol = LenientClientProtocol(parse_uri(url), extensions=extensions, max_size=max_size)
    protocol.offered = tuple(subprotocols)
    return protocol
