"""Answers that a charging station meets when it connects: what it must not take, and what it must survive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from conformance.fuzz.acts import answer_attempts, attempt_answer
from conformance.fuzz.example import Allowed, Example, Text
from conformance.fuzz.handshakes import AGREEMENT, CAME_BACK, FAILED_IT, KEPT_IT, USED_IT, Headers, message

if TYPE_CHECKING:
    from conformance.fuzz.stage import Target

_SWITCH: Headers = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Accept": "{{accept}}",
    "Sec-WebSocket-Protocol": "{{subprotocol}}",
}


def switching(headers: Headers | None = None, more: Text = ()) -> Text:
    """A 101: `headers` replace those of the same name (None: without it), `more` is put at their end."""
    return message("HTTP/1.1 101 Switching Protocols", _SWITCH, headers, more)


def station_examples(target: Target) -> Iterator[Example]:
    """Answers that a station must not take, and answers after which it has to try again, ever more slowly."""
    yield from _bad_101(target)
    yield from _statuses(target)
    yield from _redirects(target)
    yield from _no_answers(target)
    yield from _storms(target)


def _bad_101(target: Target) -> Iterator[Example]:
    def one(
        name: str, text: Text, source: str, *, also: Iterable[str] = (), tolerated: Iterable[str] = (), **how: Any
    ) -> Example:
        return Example(
            name,
            (answer_attempts([attempt_answer(text, **{"then": "keep", **how})]),),
            Allowed(handshake=frozenset({FAILED_IT, *also}), tolerated=frozenset(tolerated), source=source),
            constraint="101",
            breaks=name,
        )

    rfc = "RFC 6455 4.1"
    wrong = "A" * 27 + "="
    yield one("a 101 with a wrong Sec-WebSocket-Accept", switching({"Sec-WebSocket-Accept": wrong}), rfc)
    yield one("a 101 with an empty Sec-WebSocket-Accept", switching({"Sec-WebSocket-Accept": ""}), rfc)
    for name in ("Sec-WebSocket-Accept", "Upgrade", "Connection"):
        yield one(f"a 101 without {name}", switching({name: None}), rfc)
    yield one("a 101 with Upgrade: h2c", switching({"Upgrade": "h2c"}), rfc)
    yield one("a 101 with Connection: close", switching({"Connection": "close"}), rfc)
    yield one("a 101 with a subprotocol that was not offered", switching({"Sec-WebSocket-Protocol": "ocpp9.9"}), rfc)
    yield one("a 101 with two subprotocols", switching({"Sec-WebSocket-Protocol": "{{subprotocol}}, ocpp9.9"}), rfc)
    yield one(
        "a 101 with an extension that was not offered",
        switching({"Sec-WebSocket-Extensions": "x-unknown"}),
        "RFC 6455 4.1, 9.1",
    )
    # No document has the station look: it is the CSMS that hangs up.
    yield one(
        "a 101 without a subprotocol",
        switching({"Sec-WebSocket-Protocol": None}),
        AGREEMENT[target.version.family],
        also=(KEPT_IT,),
        tolerated=(USED_IT,),
        seconds=0.3,
    )
    ended = (KEPT_IT, USED_IT)
    yield one(
        "a 101 without a subprotocol, and the end",
        switching({"Sec-WebSocket-Protocol": None}),
        AGREEMENT[target.version.family],
        also=ended,
        then="end",
    )
    yield one("a 101, and the end", switching(), rfc, also=ended, then="end")
    yield one("a 101, and a reset", switching(), rfc, also=ended, then="reset")
    yield one("a 101, and an illegal frame", (*switching(), ("hex", "8b00", 1)), "RFC 6455 5.2, 7.1.7", seconds=0.3)


def _again(
    target: Target, constraint: str, name: str, *answers: dict[str, Any], seconds: float = 0.0, source: str = ""
) -> Example:
    return Example(
        name,
        (answer_attempts(answers, seconds),),
        Allowed(handshake=frozenset({CAME_BACK}), source=source or _RETRY[target.version.family]),
        constraint=constraint,
        breaks=name,
    )


_RETRY = {"1.6": "1.6J 5.4, errata 3.3", "2": "part 4 5.3 (2.1: 5.4)"}


def _http(status: str, *headers: str, body: str = "") -> str:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", body])


def _statuses(target: Target) -> Iterator[Example]:
    basic = 'WWW-Authenticate: Basic realm="ocpp"'
    for status, headers in (
        ("200 OK", ()),
        ("204 No Content", ()),
        ("400 Bad Request", ()),
        ("401 Unauthorized", ()),
        ("401 Unauthorized", (basic,)),
        ("401 Unauthorized", ('WWW-Authenticate: Digest realm="ocpp", nonce="00"',)),
        ("403 Forbidden", ()),
        ("404 Not Found", ()),
        ("407 Proxy Authentication Required", ('Proxy-Authenticate: Basic realm="x"',)),
        ("426 Upgrade Required", ("Sec-WebSocket-Version: 8",)),
        ("429 Too Many Requests", ("Retry-After: 1",)),
        ("500 Internal Server Error", ()),
        ("503 Service Unavailable", ()),
        ("503 Service Unavailable", ("Retry-After: 1",)),
        ("599 Nobody Knows", ()),
        ("999 Beyond", ()),
    ):
        name = f"HTTP {status}" + (f", {headers[0]}" if headers else "")
        yield _again(target, "status", name, attempt_answer(_http(status, *headers, body="no\n")))


def _redirects(target: Target) -> Iterator[Example]:
    """Whether a redirect is followed is up to the station; what it knows of passwords stays with the CSMS."""
    for status in ("301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"):
        location = "Location: ws://{{trap}}{{path}}"
        yield _again(target, "redirect", f"HTTP {status} to another address", attempt_answer(_http(status, location)))
    for name, location in (
        ("to another address over http", "http://{{trap}}{{path}}"),
        ("to itself", "{{path}}"),
        ("to itself, by its whole URL", "ws://{{here}}{{path}}"),
        ("to nothing", ""),
        ("to no URL", "http://"),
        ("to a file", "file:///etc/passwd"),
    ):
        yield _again(
            target, "redirect", f"HTTP 302 {name}", attempt_answer(_http("302 Found", f"Location: {location}"))
        )
    again = attempt_answer(_http("302 Found", "Location: {{path}}"))
    yield _again(target, "redirect", "HTTP 302 to itself, again and again", *[again] * 3)


def _no_answers(target: Target) -> Iterator[Example]:
    for name, answer in (
        ("half an answer, then the end", attempt_answer(switching()[:4])),
        ("half an answer, then a reset", attempt_answer(switching()[:4], then="reset")),
        ("half an answer, and silence", attempt_answer(switching()[:4], then="keep", seconds=0.5)),
        ("the end instead of an answer", attempt_answer()),
        ("a reset instead of an answer", attempt_answer(then="reset")),
        ("silence instead of an answer", attempt_answer(then="keep", seconds=0.5)),
        ("the end before the request", attempt_answer(heard=False)),
        ("a reset before the request", attempt_answer(heard=False, then="reset")),
        ("an answer in slices", attempt_answer(_http("503 Busy", body="later\n"), slices=10, pause=0.02)),
        ("random bytes", attempt_answer((("hex", "9f3c77e1d2805b", 90),))),
        ("zeros", attempt_answer((("hex", "00", 4000),))),
        ("text that is no HTTP", attempt_answer("220 mail.example.org ESMTP\r\n")),
        ("a frame instead of an answer", attempt_answer((("hex", "810568656c6c6f", 1),))),
        (
            "the answer of HTTP/2",
            attempt_answer((("hex", "00001204000000000000030000006400040010000000060000ffff", 1),)),
        ),
        ("HTTP/1.0", attempt_answer("HTTP/1.0 200 OK\r\n\r\n")),
        ("a status that is no number", attempt_answer("HTTP/1.1 abc def\r\n\r\n")),
        ("a header of 64 KB", attempt_answer(("HTTP/1.1 503 Busy\r\nX-Big: ", ("x", 65536), "\r\n\r\n"))),
        ("1000 headers", attempt_answer(("HTTP/1.1 503 Busy\r\n", ("X-Many: 1\r\n", 1000), "\r\n"))),
        ("a header without an end", attempt_answer(("HTTP/1.1 503 Busy\r\nX-Big: ", ("x", 1 << 20)))),
        ("a body that is longer than it says", attempt_answer((_http("503 Busy", body="x"), ("y", 65536)))),
        (
            "a body that is shorter than it says",
            attempt_answer("HTTP/1.1 503 Busy\r\nContent-Length: 2000000000\r\n\r\nx"),
        ),
        (
            "a length that is no number",
            attempt_answer("HTTP/1.1 503 Busy\r\nContent-Length: -1\r\n\r\nx"),
        ),
        (
            "a chunked body that never ends",
            attempt_answer("HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx"),
        ),
        ("an alert of TLS", attempt_answer((("hex", "15030300020228", 1),), heard=False)),
    ):
        yield _again(target, "no answer", name, answer)


_STORM_SECONDS = 0.5


def _storms(target: Target) -> Iterator[Example]:
    """Refused again and again: the pauses grow, and after all that the station is still there."""
    for name, answer in (
        ("HTTP 503, again and again", attempt_answer(_http("503 Service Unavailable"))),
        ("HTTP 401, again and again", attempt_answer(_http("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"'))),
        ("TCP ended, again and again", attempt_answer()),
    ):
        yield _again(target, "storm", name, answer, seconds=_STORM_SECONDS)
    yield _again(
        target,
        "storm",
        "three refusals of three kinds",
        attempt_answer(_http("503 Service Unavailable")),
        attempt_answer(then="reset"),
        attempt_answer(_http("404 Not Found")),
    )
