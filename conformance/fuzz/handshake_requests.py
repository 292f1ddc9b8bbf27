"""Requests for a CSMS under test to take or to refuse: legal and rare, illegal, and what is no request at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from conformance.fuzz.acts import knock
from conformance.fuzz.example import Allowed, Example, Text
from conformance.fuzz.handshakes import (
    AGREEMENT,
    BROKEN_101,
    CONNECTION,
    HUNG_UP,
    NO_ANSWER,
    OTHER_STATUS,
    REFUSALS,
    REFUSED,
    Headers,
    header_lines,
    message,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from conformance.fuzz.stage import Target

_HEADERS: Headers = {
    "Host": "{{csms}}",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "{{key}}",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "{{subprotocol}}",
}
_URL = {"1.6": "1.6J 3.1.1", "2": "part 4 3.1.1"}
_CLIENT_HELLO = "16030100430100003f0303" + "5a" * 32 + "000004c02bc02f01000012000a000400020017000d0006000404030401"
"""A TLS 1.2 ClientHello that offers two cipher suites."""


def request(line: str = "GET {{path}} HTTP/1.1", headers: Headers | None = None, more: Text = ()) -> Text:
    """An opening request: `headers` replace those of the same name (None: without it), `more` is put at their end."""
    return message(line, _HEADERS, headers, ("{{authorization}}", *more))


def csms_examples(target: Target) -> Iterator[Example]:
    """Requests that are legal and rare, illegal, or none at all."""
    yield from _legal_requests(target)
    yield from _broken_requests(target)
    yield from _subprotocols(target)
    yield from _paths(target)
    yield from _big_requests(target)
    yield from _no_requests(target)


def _one(
    constraint: str,
    name: str,
    text: str | Text,
    allowed: Iterable[str],
    source: str,
    tolerated: Iterable[str] = (),
    **how: Any,
) -> Example:
    return Example(
        name,
        (knock(text, **how),),
        Allowed(handshake=frozenset(allowed), tolerated=frozenset(tolerated), source=source),
        constraint=constraint,
        breaks=name,
    )


def _legal_requests(target: Target) -> Iterator[Example]:
    def one(
        name: str, text: Text, source: str, *, also: Iterable[str] = (), tolerated: Iterable[str] = (), **how: Any
    ) -> Example:
        return _one("legal request", name, text, {CONNECTION, *also}, source, tolerated, **how)

    yield one("a plain request", request(), "RFC 6455 4.2")
    yield one("header names in capitals", request(headers=_renamed(str.upper)), "RFC 9110 5.1")
    yield one("header names in small letters", request(headers=_renamed(str.lower)), "RFC 9110 5.1")
    yield one("Upgrade: WebSocket", request(headers={"Upgrade": "WebSocket"}), "RFC 6455 4.2.1")
    yield one(
        "Connection: keep-alive, Upgrade", request(headers={"Connection": "keep-alive, Upgrade"}), "RFC 6455 4.2.1"
    )
    yield one(
        "headers that nobody knows",
        request(headers={"X-Station": "1", "User-Agent": "x/1 (y)", "Origin": "http://{{csms}}", "Cookie": "a=b"}),
        "RFC 9110 5.1",
    )
    yield one("a header that is no ASCII", request(more=("X-Latin: ", ("hex", "e4fc", 1), "\r\n")), "RFC 9110 5.5")
    yield one(
        "an extension that nobody knows",
        request(headers={"Sec-WebSocket-Extensions": "x-unknown; a=1"}),
        "RFC 6455 4.2.2, 9.1",
    )
    yield one(
        "the URL in absolute form",
        request("GET http://{{csms}}{{path}} HTTP/1.1"),
        "RFC 9112 3.2.2",
        tolerated=(REFUSED,),
    )
    yield one("a query behind the identity", request("GET {{path}}?a=b HTTP/1.1"), "RFC 3986 3.4", also=REFUSALS)
    yield one("a request in slices", request(), "RFC 9112 2.2", slices=24, pause=0.01)
    yield one(
        "a body behind the request",
        request(headers={"Content-Length": "5"}, more=("\r\n", "hello")),
        "RFC 9110 9.3.1",
        also=REFUSALS,
    )


def _renamed(change: Any) -> Headers:
    return {**dict.fromkeys(_HEADERS), **{change(name): value for name, value in _HEADERS.items()}}


def _broken_requests(target: Target) -> Iterator[Example]:
    def one(name: str, text: Text, source: str, *, tolerated: Iterable[str] = ()) -> Example:
        return _one("broken request", name, text, REFUSALS, source, tolerated)

    for name in ("Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"):
        yield one(f"without {name}", request(headers={name: None}), "RFC 6455 4.2.1")
    yield one("Upgrade: h2c", request(headers={"Upgrade": "h2c"}), "RFC 6455 4.2.1")
    yield one("Connection: close", request(headers={"Connection": "close"}), "RFC 6455 4.2.1")
    for version in ("12", "99", "0", "thirteen", ""):
        yield one(
            f"Sec-WebSocket-Version: {version or 'empty'}",
            request(headers={"Sec-WebSocket-Version": version}),
            "RFC 6455 4.2.2, 4.4",
        )
    # What a key that is no key means for a server is a MUST of the RFC, and hurts nobody when it is overlooked.
    for key, what in (("AAAA", "3 bytes"), ("", "nothing"), ("A" * 64, "48 bytes"), ("*" * 24, "no Base64")):
        yield one(
            f"a Sec-WebSocket-Key of {what}",
            request(headers={"Sec-WebSocket-Key": key}),
            "RFC 6455 4.2.1",
            tolerated=(CONNECTION, BROKEN_101),
        )
    for name, value in (
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("Sec-WebSocket-Version", "12"),
        ("Host", "example.org"),
    ):
        yield one(
            f"{name} twice",
            request(more=(f"{name}: {value}\r\n",)),
            "RFC 6455 11.3; RFC 9112 3.2",
            tolerated=(CONNECTION, BROKEN_101),
        )
    yield one("without Host", request(headers={"Host": None}), "RFC 6455 4.2.1; RFC 9112 3.2", tolerated=(CONNECTION,))
    yield one("POST instead of GET", request("POST {{path}} HTTP/1.1"), "RFC 6455 4.2.1")
    yield one("a method that nobody knows", request("CHARGE {{path}} HTTP/1.1"), "RFC 6455 4.2.1")
    yield one("HTTP/1.0", request("GET {{path}} HTTP/1.0"), "RFC 6455 4.2.1", tolerated=(CONNECTION,))
    yield one("HTTP/3.7", request("GET {{path}} HTTP/3.7"), "RFC 6455 4.2.1")
    yield one("a request line without a version", request("GET {{path}}"), "RFC 9112 3", tolerated=(CONNECTION,))
    for name, more in (
        ("a header without a colon", ("no colon here\r\n",)),
        ("a space before the colon", ("X-Space : 1\r\n",)),
        ("a NUL in a header", ("X-Nul: a\x00b\r\n",)),
        ("a header folded over two lines", ("X-Fold: a\r\n b\r\n",)),
    ):
        yield one(name, request(more=more), "RFC 9112 5", tolerated=(CONNECTION,))


def _subprotocols(target: Target) -> Iterator[Example]:
    family = target.version.family

    def one(
        name: str, value: str | None, allowed: Iterable[str], *, tolerated: Iterable[str] = (), more: Text = ()
    ) -> Example:
        text = request(headers={"Sec-WebSocket-Protocol": value}, more=more)
        return _one("subprotocol", name, text, allowed, AGREEMENT[family], tolerated)

    # A CSMS that refuses by status instead does no harm: the existing test lists take it for the same.
    none = {"allowed": (HUNG_UP,), "tolerated": REFUSALS}
    yield one("no subprotocol offered", None, **none)
    yield one("a subprotocol that does not exist", "ocpp9.9", **none)
    yield one("subprotocols that do not exist", "ocpp9.9, soap, mqtt", **none)
    yield one("the subprotocol with something added", "{{subprotocol}}.1", **none)
    yield one("the subprotocol cut short", "ocpp", **none)
    yield one("the subprotocol in capitals", target.version.subprotocol.upper(), **none)
    for name, value in (
        ("an empty header", ""),
        ("a subprotocol with a space", "ocpp {{subprotocol}}"),
        ("a subprotocol with a parameter", "{{subprotocol}};q=1"),
        ("a subprotocol in quotes", '"{{subprotocol}}"'),
    ):
        yield one(name, value, (HUNG_UP, *REFUSALS))
    taken = {"allowed": (CONNECTION,)}
    yield one("its own subprotocol behind another", "ocpp9.9, {{subprotocol}}", **taken)
    yield one("an empty token before the subprotocol", ",{{subprotocol}}", **taken)
    yield one("an empty token behind the subprotocol", "{{subprotocol}},", **taken)
    yield one("no space between two subprotocols", "ocpp9.9,{{subprotocol}}", **taken)
    yield one("subprotocols in two headers", "ocpp9.9", **taken, more=("Sec-WebSocket-Protocol: {{subprotocol}}\r\n",))
    yield one("the subprotocol twice", "{{subprotocol}}, {{subprotocol}}", (CONNECTION,), tolerated=REFUSALS)


def _paths(target: Target) -> Iterator[Example]:
    family = target.version.family
    identity = target.dut.identity
    encoded = "".join(f"%{byte:02X}" for byte in identity.encode())
    anything = (CONNECTION, HUNG_UP, *REFUSALS)

    def one(
        name: str, path: str, allowed: Iterable[str], *, source: str = "", tolerated: Iterable[str] = ()
    ) -> Example:
        text = request(f"GET {path} HTTP/1.1")
        return _one("path", name, text, allowed, source or _URL[family], tolerated)

    yield one(
        "every character of the identity percent-encoded",
        f"{{{{endpoint}}}}/{encoded}",
        (CONNECTION,),
        source=f"{_URL[family]}; RFC 3986 6.2.2.2",
        tolerated=REFUSALS,
    )
    for name, path in (
        ("a slash behind the identity", "{{path}}/"),
        ("two slashes before the identity", "{{endpoint}}//{{identity}}"),
        ("a dot in the path", "{{endpoint}}/./{{identity}}"),
        ("a way out and back in the path", "{{endpoint}}/x/../{{identity}}"),
        ("an encoded slash before the identity", "{{endpoint}}/%2F{{identity}}"),
        ("the identity in other letters", f"{{{{endpoint}}}}/{identity.swapcase()}"),
        ("a NUL in the identity", "{{endpoint}}/A%00B"),
        ("a colon in the identity", "{{endpoint}}/A:B"),
        ("markup in the identity", "{{endpoint}}/%3Cscript%3E"),
        ("a line end in the identity", "{{endpoint}}/A%0D%0AX-Evil:%201"),
        ("an identity that is no UTF-8", "{{endpoint}}/%FF%FE"),
        ("a percent sign alone", "{{endpoint}}/%"),
        ("an escape that is none", "{{endpoint}}/%ZZ"),
        ("an identity of 49 characters", "{{endpoint}}/" + "A" * 49),
        ("an identity of 2000 characters", "{{endpoint}}/" + "A" * 2000),
    ):
        yield one(name, path, anything)
    for name, path in (
        ("no identity", "{{endpoint}}"),
        ("an empty identity", "{{endpoint}}/"),
        ("the root", "/"),
        ("a file of the system", "{{endpoint}}/../../../../etc/passwd"),
        ("an asterisk", "*"),
        ("no path", ""),
    ):
        yield one(name, path, (HUNG_UP, *REFUSALS), tolerated=(OTHER_STATUS,))
    yield _one(
        "path",
        "a path of 64 KB",
        ("GET {{endpoint}}/", ("A", 65536), " HTTP/1.1\r\n", *request()[1:]),
        (HUNG_UP, *REFUSALS),
        "RFC 9110 4.1",
        (CONNECTION,),
    )


def _big_requests(target: Target) -> Iterator[Example]:
    anything = (CONNECTION, *REFUSALS)
    for name, more in (
        ("a header of 64 KB", ("X-Big: ", ("x", 65536), "\r\n")),
        ("a header of 1 MB", ("X-Big: ", ("x", 1 << 20), "\r\n")),
        ("a header with a name of 64 KB", (("x", 65536), ": 1\r\n")),
        ("1000 headers", (("X-Many: 1\r\n", 1000),)),
        ("20000 headers", (("X-Many: 1\r\n", 20000),)),
        ("a thousand subprotocols", ("Sec-WebSocket-Protocol: ", ("ocpp9.9, ", 1000), "ocpp9.9\r\n")),
    ):
        yield _one("big request", name, request(more=more), anything, "RFC 9110 5.4")


def _no_requests(target: Target) -> Iterator[Example]:
    """What is no request at all, and requests that never end: nobody is served, and nobody else is kept waiting."""
    anything = (*REFUSALS, NO_ANSWER)
    source = "RFC 6455 4.2.1"
    yield _one("no request", "TCP that ends before a request", "", anything, source, end="end", beside=True)
    yield _one("no request", "TCP that is reset before a request", "", anything, source, end="reset", beside=True)
    whole = request()
    yield _one("no request", "half a request, then the end", whole[:5], anything, source, end="end", beside=True)
    yield _one("no request", "half a request, then a reset", whole[:5], anything, source, end="reset", beside=True)
    for name, data in (
        ("zeros", (("hex", "00", 600),)),
        ("random bytes", (("hex", "9f3c77e1d2805b", 90),)),
        ("text that is no HTTP", ("hello, is anybody there?\r\n\r\n",)),
        ("an OCPP message", ('[2,"1","Heartbeat",{}]\r\n\r\n',)),
        ("a WebSocket frame", (("hex", "81850000000068656c6c6f", 1),)),
        ("the preface of HTTP/2", ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",)),
        ("a SOAP request", ("POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n<soap:x/>",)),
        ("a hundred empty lines", (("\r\n", 100),)),
    ):
        yield _one("no request", name, data, anything, source, end="end", beside=True)
    hello = (("hex", _CLIENT_HELLO, 1),)
    yield _one("no request", "TLS where none is expected", hello, anything, source, end="end", beside=True, plain=True)
    yield _one(
        "no request",
        "a request that trickles and is given up",
        whole[:8],
        anything,
        source,
        slices=20,
        pause=0.02,
        end="end",
        beside=True,
    )
    yield Example(
        "fifty requests that never end",
        (knock(whole[:8], end="leave", count=50),),
        Allowed(silence=True, source="RFC 6455 10"),
        constraint="no request",
        breaks="fifty connections that never finish their request",
    )
    yield Example(
        "fifty connections that say nothing",
        (knock("", end="leave", count=50),),
        Allowed(silence=True, source="RFC 6455 10"),
        constraint="no request",
        breaks="fifty connections that say nothing",
    )


def request_mixtures(target: Target) -> SearchStrategy[Example]:
    """Requests with several legal oddities at once, in half of them with one thing that has to be refused."""
    from hypothesis import strategies as st

    legal: tuple[Headers, ...] = (
        {"Upgrade": "WebSocket"},
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "upgrade"},
        {"Sec-WebSocket-Protocol": ", {{subprotocol}}"},
        {"Sec-WebSocket-Protocol": "ocpp9.9 , {{subprotocol}}"},
        {"Sec-WebSocket-Extensions": "x-unknown, y-unknown; z"},
        {"User-Agent": "x"},
        {"Origin": "null"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Cache-Control": "no-cache"},
        {"Accept": "*/*"},
    )
    illegal: tuple[Headers, ...] = (
        {"Upgrade": None},
        {"Upgrade": "tls"},
        {"Connection": None},
        {"Sec-WebSocket-Key": None},
        {"Sec-WebSocket-Version": "7"},
        {"Sec-WebSocket-Version": None},
    )

    @st.composite
    def example(draw: st.DrawFn) -> Example:
        chosen = draw(st.lists(st.sampled_from(legal), max_size=4, unique_by=lambda one: next(iter(one))))
        wrong = draw(st.none() | st.sampled_from(illegal))
        headers: dict[str, str | Text | None] = {}
        for one in (*chosen, wrong or {}):
            headers.update(one)
        order = draw(st.permutations([*_HEADERS, *(name for name in headers if name not in _HEADERS)]))
        merged = {**_HEADERS, **headers}
        text = request(
            headers={**dict.fromkeys(_HEADERS), **dict.fromkeys(headers)},
            more=header_lines({name: merged.get(name) for name in order}),
        )
        slices = draw(st.sampled_from([1, 1, 2, 7]))
        if wrong is None:
            return _one("legal request", "random request", text, {CONNECTION}, "RFC 6455 4.2", slices=slices)
        ((name, value),) = wrong.items()
        return _one(
            "broken request",
            f"random request {f'with {name}: {value}' if value else f'without {name}'}",
            text,
            REFUSALS,
            "RFC 6455 4.2.1",
            slices=slices,
        )

    return example()
