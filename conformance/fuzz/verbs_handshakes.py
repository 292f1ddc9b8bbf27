"""The acts of opening handshakes: any request to a CSMS, any answer to a station, and what becomes of them."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from conformance.fuzz.handshakes import (
    BROKEN_101,
    CAME_BACK,
    CONNECTION,
    FAILED_IT,
    HUNG_UP,
    KEPT_IT,
    LEFT_OPEN,
    NO_ANSWER,
    OTHER_STATUS,
    REFUSED,
    STRANGE_SUBPROTOCOL,
    TCP_ENDED,
    USED_IT,
)
from conformance.fuzz.stage import Reaction, Stage, verb
from conformance.link.errors import LinkError
from conformance.link.frames import BINARY, CLOSE, TEXT
from conformance.link.framing import FrameSpec, frames_in
from conformance.link.handshake import Handshake, Refusal
from conformance.link.identity import encode_basic, encode_identity
from conformance.link.listener import Listener
from conformance.link.raw_client import Head, RawClient
from conformance.link.script import Attempt, Script, Scripted
from conformance.peers.outcome import Inconclusive

STORM = 10
"""Attempts within one second above which a station storms: nobody gets there who begins with a millisecond and doubles
it."""
_BACK_OFF = {"1.6": "1.6J errata 3.3", "2": "part 4 5.3 (2.1: 5.4)"}
_BUSY = {"1.6": "1.6J 5.4, errata 3.3", "2": "part 4 5.3 (2.1: 5.4)"}
_AWAY = "stayed away after a handshake"
_GOODBYE = 0.5  # seconds that a CSMS has to end a connection that we did not want


# ---------------------------------------------------------------------- requests to a CSMS


@verb("knock")
def _knock(
    stage: Stage,
    request: Any,
    slices: int,
    pause: float,
    end: str,
    count: int,
    beside: bool,
    plain: bool,
) -> None:
    peer = stage.peer
    if not beside and peer.connected:
        peer.disconnect()
        if stage.dut.fuzz.pace:
            # One identity, two connections: a real CSMS may need a moment to see the end of the first.
            peer.drain()
    key = base64.b64encode(os.urandom(16)).decode("ascii")
    data = _request(stage, stage.bytes_of(request), key)
    peer.act("link", "knock", {"request": data[:300].decode("latin-1"), "bytes": len(data), "count": count})
    clients: list[RawClient] = []
    try:
        for _ in range(count):
            clients.append(_client(stage, plain))
        _write(stage, clients, data, slices, pause)
        if end == "leave":
            _served_beside(stage, count)
        elif end == "reset":
            clients[0].close(reset=True)
        else:
            if end == "end":
                clients[0].finish()
            code, text = _outcome(stage, clients[0], key)
            peer.act("link", "answer", {"outcome": text}, stimulus=False)
            stage.reacted = Reaction("handshake", text, code=code)
    finally:
        for client in clients:
            client.close()


def _request(stage: Stage, data: bytes, key: str) -> bytes:
    url, dut = urlsplit(stage.live.dut.address.url), stage.dut
    authorization = b""
    if dut.password is not None:
        authorization = f"Authorization: {encode_basic(dut.identity, dut.password)}\r\n".encode("latin-1")
    endpoint = url.path.rstrip("/")
    return _filled(
        data,
        {
            "path": f"{endpoint}/{encode_identity(dut.identity)}".encode(),
            "endpoint": endpoint.encode(),
            "csms": url.netloc.encode(),
            "key": key.encode(),
            "subprotocol": stage.target.version.subprotocol.encode(),
            "authorization": authorization,
        },
    )


def _filled(data: bytes, values: Mapping[str, bytes]) -> bytes:
    for name, value in values.items():
        data = data.replace(b"{{%s}}" % name.encode(), value)
    return data


def _client(stage: Stage, plain: bool) -> RawClient:
    live, timeouts = stage.live, stage.dut.timeouts
    try:
        tls = None if plain else live.station_tls()
        return RawClient(live.dut.address.url, timeout=timeouts.connect, tls=tls, plain=plain)
    except LinkError as error:
        raise stage.peer.failure("the CSMS takes a TCP connection", str(error)) from error


def _write(stage: Stage, clients: list[RawClient], data: bytes, slices: int, pause: float) -> None:
    size = max(1, -(-len(data) // max(1, slices)))
    for start in range(0, max(1, len(data)), size):
        if start and pause:
            stage.peer.wait(lambda: False, within=pause)
        taken = [client.write(data[start : start + size]) for client in clients]
        if not any(taken):
            return


def _served_beside(stage: Stage, count: int) -> None:
    stage.bench.gone = ""
    try:
        stage.bench.ready()
    except Inconclusive as gone:
        raise stage.peer.failure(
            f"our station is served beside {count} that never finish a request", str(gone)
        ) from gone
    if not stage.probe():
        raise stage.peer.failure(f"an answer beside {count} connections that never finish a request", "no answer")


def _outcome(stage: Stage, client: RawClient, key: str) -> tuple[str, str]:
    """What the CSMS made of a request: a name out of `handshakes.OUTCOMES`, and the same in words."""
    seconds = stage.peer.deadlines.message
    client.read(seconds, lambda data: b"\r\n\r\n" in data)
    head = client.head
    if head is None or not head.status:
        words = f" after {client.data[:40]!r}" if client.data else ""
        if not client.ended:
            return NO_ANSWER, f"no answer{words} within {seconds:g} s"
        return TCP_ENDED, f"TCP {'reset' if client.reset else 'ended'}{words}"
    if head.status != 101:
        kind = REFUSED if 400 <= head.status <= 599 else OTHER_STATUS
        return kind, f"HTTP {head.status}"
    return _taken(stage, client, head, key)


def _taken(stage: Stage, client: RawClient, head: Head, key: str) -> tuple[str, str]:
    chosen = head.values("Sec-WebSocket-Protocol")
    if not head.accepts(key):
        return BROKEN_101, "a 101 that does not accept our key"
    if head.values("Sec-WebSocket-Extensions"):
        return BROKEN_101, "a 101 with an extension that we did not offer"
    if chosen == [stage.target.version.subprotocol]:
        client.write(FrameSpec(CLOSE, b"\x03\xe8").build(client=True))
        client.read(_GOODBYE)
        return CONNECTION, f"a connection with {chosen[0]}"
    if chosen:
        return STRANGE_SUBPROTOCOL, f"a connection with {', '.join(chosen)}"
    rest = len(client.data) - len(head.rest)
    seconds = stage.peer.deadlines.message
    client.read(seconds, lambda data: any(opcode == CLOSE for opcode, _ in frames_in(data[rest:])))
    closes = [payload for opcode, payload in frames_in(client.data[rest:]) if opcode == CLOSE]
    if closes or client.ended:
        code = int.from_bytes(closes[0][:2], "big") if closes and len(closes[0]) > 1 else None
        return HUNG_UP, f"a 101 without a subprotocol, then {f'a close with {code}' if code else 'the end'}"
    return LEFT_OPEN, f"a connection without a subprotocol, still open after {seconds:g} s"


# ---------------------------------------------------------------------- answers to a station


@dataclass(slots=True)
class _Trap:
    """Another address of ours, to which a redirect may lead: nothing is served there; who came is noted."""

    seen: list[Handshake]

    def opened(self, connection: Any) -> None:
        """Never: everybody is refused."""

    def received(self, connection: Any, data: str | bytes, at: float) -> None:
        """Never."""

    def control(self, connection: Any, kind: str, payload: bytes, at: float) -> None:
        """Never."""

    def closed(self, connection: Any, code: int | None, reason: str, at: float) -> None:
        """Never."""

    def broken(self, connection: Any, error: str, at: float) -> None:
        """Never."""

    def refused(self, handshake: Handshake, status: int, reason: str, at: float) -> None:
        """Somebody came."""
        self.seen.append(handshake)


@verb("answer_attempts")
def _answer_attempts(stage: Stage, answers: list[dict[str, Any]], seconds: float) -> None:
    peer = stage.peer
    door = peer.door
    handshake = peer._wire("the handshake").handshake
    trap = _Trap([])
    with Listener(
        trap, door.host, 0, now=peer.clock.now, subprotocols=lambda _: None, decide=lambda _: Refusal(404)
    ) as elsewhere:
        here = handshake.header("Host") or f"127.0.0.1:{door.port}"
        values = {
            "subprotocol": stage.target.version.subprotocol.encode(),
            "path": handshake.path.encode("latin-1", "replace"),
            "here": here.encode("latin-1", "replace"),
            # By the name under which the station reaches us, and so no address of anybody else.
            "trap": f"{here.rpartition(':')[0] or here}:{elsewhere.port}".encode("latin-1", "replace"),
        }
        made = [_scripted(stage, one, values) for one in answers]
        began = peer.clock.now()
        script = Script(made, until=began + seconds if seconds else None)
        door.script = script
        peer.act("link", "answer attempts", {"answers": [_words(one) for one in made], "seconds": seconds})
        try:
            _come_back(stage, script, len(made), seconds)
        finally:
            script.drop()
            door.script = None
        for attempt in script.attempts:
            attempt.over.wait(peer.deadlines.message + attempt.scripted.seconds)
        stage.reacted = _reaction(stage, script.attempts, peer.clock.now() - began)
        _no_storm(stage, script.attempts)
        _no_leak(stage, trap.seen)


def _scripted(stage: Stage, one: Mapping[str, Any], values: Mapping[str, bytes]) -> Scripted:
    data = _filled(stage.bytes_of(one["text"]), values)
    slices, pause, seconds = int(one["slices"]), float(one["pause"]), one["seconds"]
    size = max(1, -(-len(data) // max(1, slices)))
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return Scripted(
        tuple((pause if index else 0.0, part) for index, part in enumerate(parts)),
        end=one["then"],
        heard=bool(one["heard"]),
        seconds=stage.peer.deadlines.message if seconds is None else float(seconds),
    )


def _words(scripted: Scripted) -> str:
    return b"".join(data for _, data in scripted.pieces)[:200].decode("latin-1") or scripted.end


def _come_back(stage: Stage, script: Script, answers: int, seconds: float) -> None:
    """End the connection and wait for the next one that is as it should be.

    A station that doubles its pause after each of the attempts that failed may take that much longer; once one has
    stayed away, the next examples of the case do not wait that long.
    """
    peer = stage.peer
    peer.disconnect()
    peer.wait(lambda: not peer.connected, within=peer.deadlines.message)
    pauses = 1 if _AWAY in stage.lasting else min(2 ** (answers + 1) - 1, 31)
    limit = peer.deadlines.connect * pauses + seconds + answers * peer.deadlines.message
    if not peer.wait(lambda: peer.connected, within=limit):
        stage.lasting[_AWAY] = True
        met = len(script.attempts)
        raise peer.failure(
            f"a new connection within {limit:g} s",
            f"none; {met} attempt{'s' if met != 1 else ''} before, {'none' if met else 'not one'} since",
            requirement=_BUSY[stage.target.version.family],
        )


def _reaction(stage: Stage, attempts: list[Attempt], seconds: float) -> Reaction:
    """What became of the last attempt that met a 101; of any other answer only that the station came back."""
    switched = next((one for one in reversed(attempts) if one.scripted.status == 101), None)
    times = f"{len(attempts)} attempt{'s' if len(attempts) != 1 else ''} and {seconds:.1f} s"
    if switched is None:
        return Reaction("handshake", f"came back after {times}", code=CAME_BACK)
    opcodes = [opcode for opcode, _ in frames_in(switched.data)]
    if TEXT in opcodes or BINARY in opcodes:
        return Reaction("handshake", "sent messages over it", code=USED_IT)
    if switched.ended or CLOSE in opcodes:
        return Reaction("handshake", f"ended it after {switched.seconds:.1f} s", code=FAILED_IT)
    return Reaction("handshake", f"kept it open for {switched.seconds:.1f} s", code=KEPT_IT)


def _no_storm(stage: Stage, attempts: list[Attempt]) -> None:
    times = [one.at for one in attempts]
    most = max((sum(start <= at < start + 1.0 for at in times) for start in times), default=0)
    if most > STORM:
        raise stage.peer.failure(
            f"at most {STORM} connection attempts a second, ever fewer",
            f"{most} within a second",
            requirement=_BACK_OFF[stage.target.version.family],
        )


def _no_leak(stage: Stage, seen: list[Handshake]) -> None:
    for handshake in seen:
        if handshake.header("Authorization") is not None:
            raise stage.peer.failure(
                "no credentials for an address to which a redirect leads",
                f"Authorization in the request for {handshake.path}",
                requirement="RFC 9110 15.4",
            )
