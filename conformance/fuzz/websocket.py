"""What RFC 6455 and RFC 7692 say of frames, tried one by one: legal but rare, and illegal.

OCPP-J stands on WebSocket (1.6J 3, 2.x part 4 section 3), so what these RFCs want of an endpoint is wanted of a device:
legal frames are understood, illegal ones make it fail the connection, and it lives on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.fuzz import framework
from conformance.fuzz.acts import agree, cut, frame, frames, raw, send_fragments, snub, watch
from conformance.fuzz.example import Act, Allowed, Example, Segment

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from conformance.fuzz.stage import Target

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_ASKED: Mapping[tuple[str, str], str] = {
    ("CSMS", "1.6"): '[2,"{{id}}","Heartbeat",{}]',
    ("CSMS", "2"): '[2,"{{id}}","Heartbeat",{}]',
    ("CS", "1.6"): '[2,"{{id}}","GetConfiguration",{"key":["HeartbeatInterval"]}]',
    ("CS", "2"): (
        '[2,"{{id}}","GetVariables",{"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},'
        '"variable":{"name":"HeartbeatInterval"}}]}]'
    ),
}
"""A legal CALL that changes nothing, by role of the device and family."""

_PROTOCOL_ERROR, _BAD_DATA, _TOO_BIG, _POLICY = 1002, 1007, 1009, 1008
_PEEK = 0.1
"""Seconds that a device has to refuse the head of a frame whose rest never comes; it may also wait for it."""


def asked(target: Target) -> str:
    """The text of a legal CALL that every device of the target's role answers by a CALLRESULT."""
    return _ASKED[target.role, target.version.family]


def websocket_examples(target: Target) -> Iterator[Example]:
    """Everything deterministic, legal first."""
    yield from legal_frames(target)
    yield from closing_handshakes(target)
    yield from illegal_frames(target)
    yield from bad_text(target)
    yield from closes(target)
    yield from unfinished(target)
    yield from compression(target)


def fails(section: str, *codes: int) -> Allowed:
    """The device fails the connection: it should say so with one of the codes (section 7.1.7), or just ends TCP."""
    return Allowed(
        close=True,
        close_codes=frozenset(codes or (_PROTOCOL_ERROR,)),
        tolerated=frozenset({"close *"}),
        source=f"RFC 6455 {section}, 7.1.7",
    )


def _taken(target: Target, section: str) -> Allowed:
    return replace(framework.taken(target.version), source=f"RFC 6455 {section}")


# ---------------------------------------------------------------------- legal


def legal_frames(target: Target) -> Iterator[Example]:
    """Fragments, control frames in between, pings and pongs: rare on the wire, and as good as any other frame."""
    call = asked(target)
    taken = _taken(target, "5.4")
    ping, pong = frame(PING, "between"), frame(PONG, "nobody asked")
    odd = '[2,"{{id}}","DataTransfer",{"vendorId":"org.example.conformance","data":"\u00fc\u20ac\U0001f50c"}]'
    split = odd.index("\u00fc") - len("{{id}}") + 36 + 1

    def one(name: str, what: str, *acts: Act, allowed: Allowed = taken, oracles: tuple[str, ...] = ()) -> Example:
        return Example(name, acts, allowed, constraint="legal frames", breaks=what, oracles=oracles)

    yield one("one byte a fragment", "a CALL in fragments of one byte", send_fragments(call, 1))
    yield one("fragments of seven", "a CALL in fragments of 7 bytes", send_fragments(call, 7))
    yield one(
        "pings between fragments",
        "a CALL in fragments with a ping between them",
        send_fragments(call, 9, [ping]),
        oracles=("pong",),
    )
    yield one("pongs between fragments", "a CALL in fragments, unasked pongs between", send_fragments(call, 9, [pong]))
    yield one("empty first fragment", "a CALL whose first fragment is empty", send_fragments(call, [0]))
    yield one("empty fragments", "a CALL with empty fragments", send_fragments(call, [0, 5, 0, 0, 5]))
    yield one(
        "empty last fragment",
        "a CALL whose last fragment is empty",
        send_fragments((call, ("hex", "", 1)), [len(call) - len("{{id}}") + 36]),
    )
    yield one(
        "character cut by fragments",
        "a CALL in fragments that part the bytes of characters",
        send_fragments(odd, [split, 1, 2, 1, 2, 1]),
        allowed=replace(framework.legal(target.version), source="RFC 6455 5.6, 8.1"),
    )
    silent = Allowed(silence=True, source="RFC 6455 5.5.2, 5.5.3")
    yield one("empty ping", "a ping without payload", frames([frame(PING)]), allowed=silent, oracles=("pong",))
    yield one(
        "ping of 125 bytes",
        "a ping with the longest payload",
        frames([frame(PING, (("hex", "00ff", 62), "z"))]),
        allowed=silent,
        oracles=("pong",),
    )
    yield one("unasked pong", "a pong that nobody asked for", frames([pong]), allowed=silent)
    # Nothing is wrong with them, and yet a device may hang up on somebody who does this.
    flooded = Allowed(silence=True, close=True, source="RFC 6455 5.5.2, 5.5.3, 10.4")
    for opcode, name in ((PING, "ping"), (PONG, "pong")):
        yield one(
            f"{name} flood", f"2000 {name}s at once", frames([frame(opcode, "flood", count=2000)]), allowed=flooded
        )
    yield Example(
        "length field too long",
        (frames([frame(TEXT, call, length_bytes=8)]),),
        replace(fails("5.2"), result=True),
        constraint="legal frames",
        breaks="a length field longer than needed",
    )
    if target.role == "CSMS":
        yield one(
            "mask of zeros",
            "a frame masked with the key 0",
            frames([frame(TEXT, call, key="00000000")]),
            allowed=replace(taken, source="RFC 6455 5.3"),
        )


def closing_handshakes(target: Target) -> Iterator[Example]:
    """A close frame is answered by a close frame, and TCP ends."""
    call = asked(target)

    def one(name: str, *specs: dict[str, Any], what: str = "") -> Example:
        return Example(
            name,
            (frames(specs),),
            Allowed(close=True, source="RFC 6455 5.5.1"),
            constraint="closing handshake",
            breaks=what or name,
            oracles=("close answered",),
        )

    yield one("close 1000", frame(CLOSE, _code(1000)))
    yield one("close without a code", frame(CLOSE))
    yield one("close 3000", frame(CLOSE, _code(3000)))
    yield one("close 4999", frame(CLOSE, _code(4999)))
    yield one("close with the longest reason", frame(CLOSE, (*_code(1000), ("r", 123))))
    yield one("a CALL after the close", frame(CLOSE, _code(1000)), frame(TEXT, call))
    yield one("a ping after the close", frame(CLOSE, _code(1000)), frame(PING, "late"))
    yield Example(
        "close within a fragmented message",
        (frames([frame(TEXT, call, fin=False), frame(CLOSE, _code(1000))]),),
        Allowed(close=True, source="RFC 6455 5.4, 5.5.1"),
        constraint="closing handshake",
        breaks="a close between two fragments",
        oracles=("close noticed",),
    )
    yield Example(
        "the device's close is never answered",
        (snub([frame(0x3)]),),
        Allowed(close=True, source="RFC 6455 7.1.1, 7.2.3"),
        constraint="closing handshake",
        breaks="a close frame of the device that is not answered while TCP stays open",
    )


# ---------------------------------------------------------------------- illegal


def illegal_frames(target: Target) -> Iterator[Example]:
    """Frames that break the rules of section 5: the connection is failed."""
    call = asked(target)

    def one(constraint: str, name: str, section: str, *specs: dict[str, Any], codes: Iterable[int] = ()) -> Example:
        return Example(name, (frames(specs),), fails(section, *codes), constraint=constraint, breaks=name)

    yield Example(
        "RSV1 without an extension",
        (agree(compression=False), frames([frame(TEXT, call, rsv=4)])),
        fails("5.2"),
        constraint="reserved bits",
        breaks="RSV1 on a connection without compression",
    )
    for bits, name in ((2, "RSV2"), (1, "RSV3"), (3, "RSV2 and RSV3")):
        yield one("reserved bits", name, "5.2", frame(TEXT, call, rsv=bits))
    yield one("reserved bits", "RSV3 on a ping", "5.2", frame(PING, "x", rsv=1))
    yield one(
        "reserved bits",
        "RSV2 on a continuation",
        "5.2",
        frame(TEXT, call[:5], fin=False),
        frame(CONTINUATION, call[5:], rsv=2),
    )
    for opcode in (0x3, 0x4, 0x7):
        yield one("reserved opcode", f"data opcode {opcode}", "5.2", frame(opcode, call))
    for opcode in (0xB, 0xF):
        yield one("reserved opcode", f"control opcode {opcode}", "5.2", frame(opcode))
    if target.role == "CSMS":
        yield one("masking", "an unmasked frame of a client", "5.1", frame(TEXT, call, masked=False))
        yield one("masking", "an unmasked ping of a client", "5.1", frame(PING, "x", masked=False))
        yield Example(
            "a frame that is not masked with its key",
            (frames([frame(TEXT, (("hex", "8080", 20),), key="00000000")]),),
            fails("5.3, 8.1", _BAD_DATA),
            constraint="masking",
            breaks="a payload that the masking key does not unmask",
        )
    else:
        yield one("masking", "a masked frame of a server", "5.1", frame(TEXT, call, masked=True))
        yield one("masking", "a masked ping of a server", "5.1", frame(PING, "x", masked=True))
    for opcode, name in ((PING, "ping"), (PONG, "pong"), (CLOSE, "close frame")):
        start = _code(1000) if opcode == CLOSE else ()
        closing = ("close noticed",) if opcode == CLOSE else ()
        yield replace(
            one("control frame", f"a {name} of 126 bytes", "5.5", frame(opcode, (*start, ("x", 126 - 2 * len(start))))),
            oracles=closing,
        )
        yield replace(
            one("control frame", f"a {name} that is not final", "5.5", frame(opcode, start, fin=False)),
            oracles=closing,
        )
    yield one("control frame", "a ping of 70000 bytes", "5.5", frame(PING, (("x", 70000),)))
    yield one("fragmentation", "a continuation of nothing", "5.4", frame(CONTINUATION, call))
    yield one("fragmentation", "a continuation of nothing that goes on", "5.4", frame(CONTINUATION, call, fin=False))
    yield one(
        "fragmentation",
        "a text within a fragmented message",
        "5.4",
        frame(TEXT, call[:5], fin=False),
        frame(TEXT, call),
    )
    yield one(
        "fragmentation",
        "a binary within a fragmented message",
        "5.4",
        frame(TEXT, call[:5], fin=False),
        frame(BINARY, call),
    )


def bad_text(target: Target) -> Iterator[Example]:
    """Text that is no UTF-8: the connection is failed, whatever JSON would have made of it."""
    begin = '[2,"{{id}}","DataTransfer",{"vendorId":"'
    end = '"}]'
    for name, broken in (
        ("a byte that UTF-8 does not have", "ff"),
        ("a continuation byte alone", "80"),
        ("an overlong slash", "c0af"),
        ("a surrogate", "eda080"),
        ("a code point above U+10FFFF", "f4908080"),
        ("a character without its last byte", "e282"),
    ):
        yield Example(
            f"text with {name}",
            (frames([frame(TEXT, (begin, ("hex", broken, 1), end))]),),
            fails("8.1", _BAD_DATA),
            constraint="invalid UTF-8",
            breaks=f"a text message with {name}",
        )
    yield Example(
        "invalid UTF-8 across fragments",
        (
            frames(
                [
                    frame(TEXT, (begin, ("hex", "e282", 1)), fin=False),
                    frame(CONTINUATION, "", fin=False),
                    frame(CONTINUATION, (("hex", "28", 1), end)),
                ]
            ),
        ),
        fails("5.6, 8.1", _BAD_DATA),
        constraint="invalid UTF-8",
        breaks="a text message whose second fragment does not end the first one's character",
    )
    yield Example(
        "text that ends in a character",
        (frames([frame(TEXT, (begin, end[:2], ("hex", "f09f94", 1)))]),),
        fails("8.1", _BAD_DATA),
        constraint="invalid UTF-8",
        breaks="a text message that ends in the middle of a character",
    )


def closes(target: Target) -> Iterator[Example]:
    """Close frames that nobody may send: answered by failing the connection."""

    def one(name: str, payload: Iterable[Segment], section: str, *codes: int, lenient: bool = False) -> Example:
        allowed = fails(section, *codes)
        return Example(
            name,
            (frames([frame(CLOSE, tuple(payload))]),),
            replace(allowed, close_codes=frozenset()) if lenient else allowed,
            constraint="close frame",
            breaks=name,
            oracles=("close noticed",),
        )

    yield one("a close frame of one byte", [("hex", "03", 1)], "5.5.1")
    for code in (0, 999, 1004, 1005, 1006, 1015, 65535):
        yield one(f"close code {code}", _code(code), "7.4")
    for code in (1016, 2999):
        # Reserved for RFCs to come, so that an endpoint need not know that they are not defined.
        yield one(f"close code {code}", _code(code), "7.4.2", lenient=True)
    yield one(
        "a close reason that is no UTF-8", [*_code(1000), ("hex", "fffe", 1)], "5.5.1", _BAD_DATA, _PROTOCOL_ERROR
    )


def unfinished(target: Target) -> Iterator[Example]:
    """Frames whose rest never comes, and lengths that nobody can mean: the device waits or refuses, and lives."""

    def one(name: str, *acts: Act) -> Example:
        return Example(
            name,
            (*acts, watch(_PEEK), cut()),
            Allowed(
                close=True,
                close_codes=frozenset({_PROTOCOL_ERROR, _TOO_BIG, _POLICY}),
                tolerated=frozenset({"close *"}),
                source="RFC 6455 5.2, 10.4",
            ),
            constraint="unfinished",
            breaks=name,
        )

    call = asked(target)
    yield one("one byte of a frame", raw(b"\x81"))
    yield one("the head of a frame", frames([frame(TEXT, "", length=200)]))
    yield one("half a frame", frames([frame(TEXT, call[:20], length=200)]))
    yield one("half a message", frames([frame(TEXT, call[:20], fin=False)]))
    yield one("half a ping", frames([frame(PING, "x", length=100)]))
    for power in (24, 31, 32, 40):
        yield one(f"a length of 2^{power}", frames([frame(TEXT, call, length=2**power, length_bytes=8)]))
    yield one("a length of 2^63 - 1", frames([frame(TEXT, call, length=2**63 - 1, length_bytes=8)]))
    yield one("a length of 2^64 - 1", frames([frame(TEXT, call, length=2**64 - 1, length_bytes=8)]))
    yield one(
        "fragments that add up to a length of 2^62",
        frames([frame(TEXT, call[:9], fin=False), frame(CONTINUATION, call[9:], length=2**62, length_bytes=8)]),
    )


def compression(target: Target) -> Iterator[Example]:
    """permessage-deflate where both sides have agreed on it (2.x part 4, section 3.3 of 2.0.1, 3.4 of 2.1)."""
    call = asked(target)
    taken = _taken(target, "5.4; RFC 7692 6, 7.2.2")
    agreed = agree(compression=True)

    def one(name: str, *acts: Act, allowed: Allowed = taken, oracles: tuple[str, ...] = ()) -> Example:
        return Example(name, (agreed, *acts), allowed, constraint="compression", breaks=name, oracles=oracles)

    def bad(name: str, *specs: dict[str, Any], section: str, codes: Iterable[int] = ()) -> Example:
        return one(name, frames(specs), allowed=fails(section, *codes))

    yield one("a plain message where compression is agreed on", send_fragments(call, [len(call) + 99]))
    yield one("a compressed message", frames([frame(TEXT, call, rsv=4, deflate=True)]))
    yield one(
        "a compressed message in fragments, pings between",
        send_fragments(call, 5, [frame(PING, "between")], deflate=True),
        oracles=("pong",),
    )
    either = (_PROTOCOL_ERROR, _BAD_DATA)
    garbage = (("hex", "fffefdfc", 8),)
    yield bad(
        "compressed data that is none", frame(TEXT, garbage, rsv=4), section="7.1.7; RFC 7692 7.2.2", codes=either
    )
    yield bad(
        "compressed data that refers to a message never sent",
        frame(TEXT, call, rsv=4, deflate=True, back=30_000),
        section="7.1.7; RFC 7692 7.2.2",
        codes=either,
    )
    yield bad("RSV1 on a ping", frame(PING, "x", rsv=4), section="5.2; RFC 7692 6.1")
    yield bad(
        "RSV1 on a continuation",
        frame(TEXT, call[:5], fin=False),
        frame(CONTINUATION, call[5:], rsv=4),
        section="5.2; RFC 7692 6.1",
    )
    yield bad("RSV1 and RSV2", frame(TEXT, call, rsv=6, deflate=True), section="5.2")
    yield bad(
        "compressed text that is no UTF-8",
        frame(TEXT, ('[2,"', ("hex", "fffe", 1), '"]'), rsv=4, deflate=True),
        section="8.1",
        codes=(_BAD_DATA,),
    )
    for megabytes in _BOMBS:
        yield one(
            f"compression bomb of {megabytes} MB",
            frames([frame(TEXT, (("\x00", megabytes << 20),), rsv=4, deflate=True)]),
            allowed=Allowed(codes=frozenset({"*"}), silence=True, close=True, source="RFC 6455 10.4; RFC 7692 8"),
        )


_BOMBS = (1, 8, 64)


def _code(code: int) -> tuple[Segment, ...]:
    return (("hex", code.to_bytes(2, "big").hex(), 1),)


# ---------------------------------------------------------------------- at random


def frame_sequences(target: Target) -> SearchStrategy[Example]:
    """A legal CALL in random fragments with random control frames between; in half of them one frame is illegal."""
    from hypothesis import strategies as st

    call = asked(target)
    taken, failed = _taken(target, "5.4, 5.5"), fails("5.2, 5.4, 5.5")
    illegal: tuple[dict[str, Any], ...] = (
        {"opcode": 0x3},
        {"opcode": 0x5},
        {"opcode": 0xC},
        {"opcode": TEXT},
        {"opcode": BINARY},
        {"opcode": PING, "fin": False},
        {"opcode": PONG, "rsv": 1},
        {"opcode": PING, "rsv": 2},
        {"opcode": CONTINUATION, "rsv": 3, "fin": False},
        {"opcode": PING, "masked": target.role == "CS"},
    )

    @st.composite
    def example(draw: st.DrawFn) -> Example:
        sizes = draw(st.lists(st.integers(0, 12), min_size=1, max_size=5))
        after = st.integers(0, len(sizes) - 1)
        opcodes, payloads = st.sampled_from([PING, PONG]), st.text("ab\u00e9", max_size=40)
        between = [
            frame(draw(opcodes), draw(payloads), at=draw(after)) for _ in range(draw(st.integers(0, 2 * len(sizes))))
        ]
        wrong = draw(st.none() | st.sampled_from(illegal))
        if wrong is None:
            return Example(
                "random fragments",
                (send_fragments(call, sizes, between),),
                taken,
                constraint="legal frames",
                breaks="a CALL in fragments with control frames between them",
                oracles=("pong",),
            )
        # Between the first and the last fragment, where a new message is as wrong as a reserved bit.
        between.insert(draw(st.integers(0, len(between))), {**frame(text="x", **wrong), "at": draw(after)})
        words = ", ".join(f"{name} {value}" for name, value in wrong.items())
        return Example(
            "random fragments, one frame illegal",
            (send_fragments(call, sizes, between),),
            failed,
            constraint="illegal frame in a message",
            breaks=f"a frame with {words} between the fragments of a CALL",
        )

    return example()
