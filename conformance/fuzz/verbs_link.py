"""The acts beneath OCPP-J's messages: frames, bytes, closing handshakes, compression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Any

from conformance.fuzz.example import Text, filled, frozen
from conformance.fuzz.oracles import eventually, oracle
from conformance.fuzz.stage import Provocation, Stage, verb
from conformance.link.connection import NO_CLOSE_CAME, Connection
from conformance.link.errors import LinkClosed, LinkError, LinkStalled
from conformance.link.frames import CLOSE, PING, TEXT
from conformance.link.framing import FrameSpec, deflated, fragments, referring
from conformance.ocppj.findings import Finding, Severity
from conformance.ocppj.trace import Entry
from conformance.peers.injection import inject
from conformance.peers.outcome import Inconclusive, NotApplicable

_RSV1 = 4
_LISTED = 65536
"""Bytes of a payload above which it is not read as a message of ours."""

# ---------------------------------------------------------------------- frames


@verb("raw")
def _raw(stage: Stage, data: str) -> None:
    _put(stage, bytes.fromhex(data), {"bytes": data[:200]})


@verb("frames")
def _frames(stage: Stage, frames: list[dict[str, Any]]) -> None:
    specs = [_spec(stage, one) for one in frames]
    _pings(stage, specs)
    data = b"".join(one.build(client=_client(stage)) for one in specs)
    shown = {"frames": [_shown(one) for one in frames[:20]]}
    if any(one.opcode == CLOSE for one in specs):
        _put(stage, data, shown, closing=True)
        return
    message = _message(stage, frames)
    if message is None:
        _put(stage, data, shown)
        return
    entry, pending = inject(
        stage.peer, message, why="frames that are written by hand", deliver=lambda wire: wire.send_raw(data)
    )
    stage.provoked(entry, pending)


@verb("send_fragments")
def _send_fragments(
    stage: Stage, text: Any, size: int | list[int], between: list[dict[str, Any]], deflate: bool = False
) -> None:
    whole = stage.bytes_of(text)
    payload = deflated([(whole, 1)]) if deflate else whole
    sizes = repeat(size, (len(payload) - 1) // size) if isinstance(size, int) else size
    specs: list[FrameSpec] = []
    parts = list(fragments(TEXT, payload, sizes, rsv=_RSV1 if deflate else 0))
    for index, part in enumerate(parts):
        specs.append(part)
        if index < len(parts) - 1:
            specs += [_spec(stage, one) for one in between if one.get("at", index) == index]
    _pings(stage, specs)
    data = b"".join(one.build(client=_client(stage)) for one in specs)
    entry, pending = inject(stage.peer, whole, why="a message in fragments", deliver=lambda wire: wire.send_raw(data))
    stage.provoked(entry, pending)


@verb("watch")
def _watch(stage: Stage, seconds: float) -> None:
    stage.peer.wait(lambda: not stage.peer.connected, within=seconds)


@verb("snub")
def _snub(stage: Stage, frames: list[dict[str, Any]]) -> None:
    """The old connection is ended by us in any case, so that nothing stays behind."""
    peer = stage.peer
    wire = _wire(stage)
    wire.auto_close = False
    try:
        _frames(stage, frames)
        if not peer.wait(lambda: not peer.connected, within=peer.deadlines.message):
            raise peer.failure("the device closes the connection", "it is still open")
        stage.bench.gone = ""
        try:
            stage.bench.ready()
        except Inconclusive as gone:
            raise peer.failure("a new connection while nobody answers the device's close frame", str(gone)) from gone
    finally:
        wire.abort()


def _put(stage: Stage, data: bytes, shown: Mapping[str, Any], *, closing: bool = False) -> None:
    """Write bytes on the newest connection: the reaction is what follows them."""
    peer, wire = stage.peer, _wire(stage)
    entry = peer.act("link", "bytes", {**shown, "size": len(data)})
    stage.last = Provocation(entry.index, wire.number)
    try:
        if closing:
            wire.close_with(data)
        else:
            wire.send_raw(data)
    except (LinkClosed, LinkStalled):
        return


def _wire(stage: Stage) -> Connection:
    wire: Connection = stage.peer._wire("frames")
    return wire


def _client(stage: Stage) -> bool:
    return bool(stage.peer.plays == "CS")


def _spec(stage: Stage, one: Mapping[str, Any]) -> FrameSpec:
    wrong = {name: value for name, value in one.items() if name not in ("text", "deflate", "back", "at")}
    if "key" in wrong:
        wrong["key"] = bytes.fromhex(wrong["key"])
    if one.get("deflate"):
        back = one.get("back", 0)
        text = one["text"]
        payload = referring(stage.bytes_of(text), back) if back else deflated(_pieces(stage, text))
        # What we send from now on must not refer to a window that no longer is what our compressor takes it for.
        _wire(stage).compresses = False
    else:
        payload = stage.bytes_of(one["text"])
    return FrameSpec(payload=payload, **wrong)


def _pieces(stage: Stage, text: Any) -> Iterator[tuple[bytes, int]]:
    """The pieces of a text, repetitions not written out."""
    whole: Text = frozen(text)
    for segment in whole:
        if isinstance(segment, str):
            yield stage.bytes_of([segment]), 1
        elif len(segment) == 3:
            yield bytes.fromhex(segment[1]), segment[2]
        else:
            yield filled(segment[0], {}).encode("utf-8", "surrogatepass"), segment[1]


def _message(stage: Stage, frames: list[dict[str, Any]]) -> bytes | None:
    """What the data frames carry together, cut off where it is long: a device may take it for a message."""
    parts = [one["text"] for one in frames if one["opcode"] < CLOSE]
    if not parts:
        return None
    message = b""
    for part in parts:
        for unit, count in _pieces(stage, part):
            message += unit * min(count, _LISTED // max(1, len(unit)))
    return message[:_LISTED]


def _pings(stage: Stage, specs: list[FrameSpec]) -> None:
    stage.facts.setdefault("pings", []).extend(one.payload.hex() for one in specs if one.opcode == PING)


def _shown(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "text": str(one["text"])[:200]}


# ---------------------------------------------------------------------- compression


@verb("agree")
def _agree(stage: Stage, compression: bool) -> None:
    wire = _wire(stage)
    if bool(wire.compressed) is compression:
        return
    _anew(stage, compression)
    if bool(_wire(stage).compressed) is not compression:
        raise NotApplicable("the device does not agree on permessage-deflate")


def _anew(stage: Stage, compression: bool) -> None:
    """A new connection that offers, or takes an offer of, compression as said, and those after it as ever."""
    peer, door = stage.peer, getattr(stage.peer, "door", None)
    if door is None:
        peer.disconnect()
        try:
            stage.live.dial(peer, compression=compression)
        except LinkError as error:
            raise peer.failure("the CSMS takes the connection", str(error)) from error
    else:
        if compression and not _wire(stage).handshake.compression_offered:
            raise NotApplicable("the station does not offer permessage-deflate")
        usual, door.compression = door.compression, compression
        try:
            peer.disconnect()
            peer.wait(lambda: not peer.connected, within=peer.deadlines.message)
            peer.wait(lambda: peer.connected, within=peer.deadlines.connect)
        finally:
            door.compression = usual
    try:
        stage.bench.ready()
    except Inconclusive as gone:
        raise peer.failure("the device is connected again", str(gone)) from gone


# ---------------------------------------------------------------------- oracles


@oracle("pong")
def pong(stage: Stage) -> Iterator[Finding]:
    """The last ping is answered by a pong with its payload; those before it may be passed over (RFC 6455 5.5.3)."""
    pings = stage.facts.get("pings", ())

    def judge() -> list[Finding]:
        answers = [entry.data["payload"] for entry in stage.entries if entry.kind == "pong"]
        if not pings or pings[-1] in answers:
            return []
        return [_finding("pong", "a pong with the payload of our last ping", _pongs(answers), "RFC 6455 5.5.2, 5.5.3")]

    yield from eventually(stage, judge)


def _pongs(answers: list[str]) -> str:
    return f"{len(answers)} pongs, none with its payload" if answers else "no pong"


@oracle("close answered")
def close_answered(stage: Stage) -> Iterator[Finding]:
    """Our close frame is answered by one (RFC 6455 5.5.1)."""
    entry = _last_close(stage)
    if entry is not None and entry.data.get("code") is None:
        how = str(entry.data.get("reason") or "TCP ended")
        yield _finding("close-answered", "a close frame that answers ours", f"none: {how}", "RFC 6455 5.5.1", entry)


@oracle("close noticed")
def close_noticed(stage: Stage) -> Iterator[Finding]:
    """Our close frame makes the device end the connection, by a close frame or by ending TCP."""
    entry = _last_close(stage)
    if entry is not None and str(entry.data.get("reason") or "").startswith(NO_CLOSE_CAME):
        yield _finding(
            "close-noticed", "the connection ended by the device", "it is still open", "RFC 6455 7.1.7", entry
        )


def _last_close(stage: Stage) -> Entry | None:
    return next((entry for entry in stage.entries if entry.kind == "close"), None)


def _finding(rule: str, expected: str, actual: str, source: str, entry: Entry | None = None) -> Finding:
    return Finding(
        rule=f"oracle.{rule}",
        severity=Severity.MUST,
        expected=expected,
        actual=actual,
        requirement=source,
        frame=entry.index if entry else None,
    )
