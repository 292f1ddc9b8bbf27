"""The opening handshake, tried from both ends: what may become of it, and how its texts are put together.

RFC 6455 section 4 says what a request and an answer must be; OCPP-J (1.6J 3.1 and 3.2 with errata 3.3, 2.x part 4
section 3) adds the identity in the path and the subprotocol: a CSMS that speaks none of those offered completes the
handshake without one and hangs up. That a station tries again with a growing pause stands in 2.x part 4 section 5.3
(2.1: 5.4); 1.6 says so of a 404 alone (1.6J errata 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.fuzz.example import Segment, Text, segments

CONNECTION = "a connection"
HUNG_UP = "a handshake without a subprotocol, and the end"
LEFT_OPEN = "a connection without a subprotocol"
STRANGE_SUBPROTOCOL = "a connection with another subprotocol"
BROKEN_101 = "a 101 that is no answer to the request"
REFUSED = "an HTTP error"
OTHER_STATUS = "another HTTP status"
TCP_ENDED = "TCP ended without an answer"
NO_ANSWER = "no answer"

CAME_BACK = "a new attempt"
FAILED_IT = "the connection given up"
USED_IT = "the connection used"
KEPT_IT = "the connection kept open"

OUTCOMES: Mapping[str, str] = {
    CONNECTION: "101 with the version's subprotocol",
    HUNG_UP: "101 without a subprotocol, then a close frame or the end of TCP",
    LEFT_OPEN: "101 without a subprotocol, and nothing more",
    STRANGE_SUBPROTOCOL: "101 with a subprotocol that is not the version's",
    BROKEN_101: "101 whose Sec-WebSocket-Accept, Upgrade, Connection or extensions are wrong",
    REFUSED: "a status from 400 to 599",
    OTHER_STATUS: "a status below 400 that is not 101",
    TCP_ENDED: "TCP ended or reset by the CSMS, nothing or no HTTP before",
    NO_ANSWER: "TCP still open after the message timeout, no status",
    CAME_BACK: "the station met an answer that is no 101, and came back",
    FAILED_IT: "the station met a 101 and ended the connection",
    USED_IT: "the station met a 101 and sent OCPP messages over it",
    KEPT_IT: "the station met a 101, sent nothing and ended nothing",
}
"""What may become of an opening handshake: the names that `Allowed.handshake` knows."""

REFUSALS = (REFUSED, TCP_ENDED)
"""How a request is not taken."""
AGREEMENT = {"1.6": "1.6J 3.2", "2": "part 4 3.2 (2.1: 3.3)"}
"""Where it stands, by family, what becomes of a handshake without a subprotocol in common."""

Headers = Mapping[str, str | Text | None]


def message(line: str, usual: Headers, headers: Headers | None, more: Text) -> Text:
    """The head of an HTTP message: `headers` replace the usual ones (None: without it), `more` comes after them."""
    pieces: list[Segment] = [f"{line}\r\n", *header_lines({**usual, **(headers or {})})]
    return (*pieces, *more, "\r\n")


def header_lines(headers: Headers) -> Text:
    """Headers as they stand in a message, those that are None left out."""
    return tuple(
        segment
        for name, value in headers.items()
        if value is not None
        for segment in (f"{name}: ", *segments(value), "\r\n")
    )
