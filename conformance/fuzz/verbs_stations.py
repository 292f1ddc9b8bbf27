"""The acts of odd sequences at a CSMS: two stations of ours, each doing what it can do at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from conformance.fuzz.machines.sides import Pair, Side
from conformance.fuzz.machines.talking import TALKS, Talk2, Talk16
from conformance.fuzz.oracles import oracle
from conformance.fuzz.stage import Stage, verb
from conformance.ocppj import frames
from conformance.ocppj.findings import Blame, Finding
from conformance.peers.outcome import Abandoned, ExpectationFailed, Inconclusive
from conformance.peers.payload import matches

_LOST = (ExpectationFailed, Inconclusive)
STRAYED = 0.2
"""Seconds after which a CALL that has not come is looked for at the other station."""


class Twins:
    """Both stations, over all sequences of a case."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.pair = Pair()
        self.talk: Talk2 | Talk16 = TALKS[stage.target.version.family]
        benches = [stage.bench, stage.live.second_bench() if stage.live is not None else None]
        self.sides = tuple(
            Side(number, bench, _hands(stage, bench), self.pair)
            for number, bench in enumerate(benches, 1)
            if bench is not None
        )
        for side in self.sides:
            side.both = self.sides
        self.commands: list[tuple[Side, str, Mapping[str, Any]]] = []
        self.began: dict[int, int] = {}
        self.at_home = True
        self.seen = False
        """Whether the CSMS has seen both of them come back."""

    def begin(self) -> None:
        """A sequence begins: both stations are idle, and have connected and booted a moment ago, one after the other.

        So it begins alike in a run and when it is played again on its own, and whatever broke the one before off.
        """
        if not self.at_home:
            self._recover()
        for side in self.sides:
            self.began[side.number] = len(side.peer.trace.entries)
            if side.bench is not self.stage.bench:
                side.bench.tell()
        self.pair.found.clear()
        self.commands.clear()
        self.at_home = False
        for side in self.sides * (1 if self.seen else 2):
            side.up = side.peer.connected
            _leave(self, side, 0, "")
            _boot(self, side, 0, "")
        self.seen = True

    def _recover(self) -> None:
        for side in self.sides:
            with suppress(*_LOST):
                go_home(self, side)
            side.queue.clear()
            side.ids.clear()
        self.pair.holder = None

    def side(self, number: int) -> Side | None:
        """A station by its number, None if there is none."""
        return next((one for one in self.sides if one.number == number), None)

    def other(self, side: Side) -> Side | None:
        """The station beside it."""
        return next((one for one in self.sides if one is not side), None)


def _hands(stage: Stage, bench: Any) -> Any:
    """The operator's hands for a station of ours: the same operator, who speaks of that station."""
    from conformance.cases.hands import Hands

    return stage.operator if bench is stage.bench else Hands(stage.bench.operator, bench.peer, bench.dut)


def twins_of(stage: Stage) -> Twins:
    """The stations of this case; the first act of a sequence finds them idle."""
    if "twins" not in stage.lasting:
        stage.lasting["twins"] = Twins(stage)
    twins: Twins = stage.lasting["twins"]
    if stage.facts.get("twins") is not twins:
        stage.facts["twins"] = twins
        twins.begin()
    return twins


# ---------------------------------------------------------------------- what a station does


@verb("does")
def _does(stage: Stage, station: int, what: str, evse: int, token: str) -> None:
    twins = twins_of(stage)
    side = twins.side(station)
    if side is not None:
        _DOINGS[what](twins, side, evse, token)


def _boot(twins: Twins, side: Side, evse: int, token: str) -> None:
    """Connect if need be, and register; then say whatever waits."""
    _come(side)
    status = _register(side)
    if status != "Accepted":
        raise side.peer.failure(
            "BootNotification answered Accepted", f"{status}", requirement=_BOOTED[side.peer.version.family]
        )
    side.pending = False
    side.deliver()


_BOOTED = {"1.6": "1.6 4.2", "2": "B01.FR.02"}


def _register(side: Side) -> Any:
    peer = side.peer
    return side.call("BootNotification", _BOOTS[peer.version.family](peer)).status


_BOOTS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "1.6": lambda peer: {"chargePointVendor": peer.vendor, "chargePointModel": peer.model},
    "2": lambda peer: {"reason": "PowerUp", "chargingStation": {"model": peer.model, "vendorName": peer.vendor}},
}


def _boot_in_vain(twins: Twins, side: Side, evse: int, token: str) -> None:
    """Register at a CSMS that has been told to leave this station Pending; the other one must not feel it."""
    if not side.hands.offers("answer_boot") or side.pending:
        return
    try:
        side.hands.answer_boot("Pending")
    except Inconclusive:
        return
    _come(side)
    side.pending = _register(side) != "Accepted"
    other = twins.other(side)
    if other is not None and other.speaks:
        other.call("Heartbeat", {})


def _leave(twins: Twins, side: Side, evse: int, token: str) -> None:
    """End the connection, by FIN."""
    if side.stands():
        side.up = False
        side.peer.act("link", "drop", {})
        for wire in list(side.peer._wires):
            wire.drop()
        side.peer.wait(lambda: not side.peer.connected, within=side.peer.deadlines.message)


def _come_back(twins: Twins, side: Side, evse: int, token: str) -> None:
    """Connect again, without a boot, and say whatever waits."""
    if side.stands():
        return
    _come(side)
    if not side.pending:
        side.deliver()


def _come(side: Side) -> None:
    if not side.stands():
        side.peer.connect()
        side.up = True
    # It has booted before: a connection alone is no reason to do so again.
    side.peer.accepted = True


def _heartbeat(twins: Twins, side: Side, evse: int, token: str) -> None:
    if side.speaks:
        side.call("Heartbeat", {})


def _talking(what: str) -> Callable[[Twins, Side, int, str], None]:
    def do(twins: Twins, side: Side, evse: int, token: str) -> None:
        if not side.pending:
            getattr(twins.talk, what)(side, side.session(evse))

    return do


def _present(twins: Twins, side: Side, evse: int, token: str) -> None:
    if not side.pending:
        twins.talk.token(side, side.session(evse), token)


_DOINGS: Mapping[str, Callable[[Twins, Side, int, str], None]] = {
    "boot": _boot,
    "boot in vain": _boot_in_vain,
    "leave": _leave,
    "come back": _come_back,
    "heartbeat": _heartbeat,
    "plug": _talking("plug"),
    "token": _present,
    "meter": _talking("meter"),
    "stop": _talking("stop"),
    "unplug": _talking("unplug"),
}


# ---------------------------------------------------------------------- both at once


@verb("at_once")
def _at_once(stage: Stage, what: str) -> None:
    twins = twins_of(stage)
    speaking = [side for side in twins.sides if side.speaks]
    if len(speaking) == 2:
        _TOGETHER[what](twins, *speaking)


def _tokens(first: str, second: str) -> Callable[[Twins, Side, Side], None]:
    def ask(twins: Twins, one: Side, other: Side) -> None:
        given = one.dut.tokens.given()
        if first not in given or second not in given:
            return
        talk = twins.talk
        asked = [
            (side, name, side.peer.call_async(*talk.authorize(side, name)))
            for side, name in ((one, first), (other, second))
        ]
        for side, name, pending in asked:
            answer = side.peer.await_answer(pending)
            side.judge(name, side.session(1), talk.status_of(answer), answer, talk.authorize_requirement)

    return ask


def _starts(twins: Twins, one: Side, other: Side) -> None:
    talk = twins.talk
    begun = []
    for side in (one, other):
        free = next((each for each in side.sessions.values() if not each.begun and not each.plugged), None)
        if free is not None and not free.token:
            begun.append((side, free, side.peer.call_async(*talk.start_at_once(side, free))))
    for side, session, pending in begun:
        talk.started_at_once(side, session, side.peer.await_answer(pending))


def _boots(twins: Twins, one: Side, other: Side) -> None:
    booting = []
    for side in (one, other):
        payload = _BOOTS[side.peer.version.family](side.peer)
        booting.append((side, side.peer.call_async("BootNotification", payload)))
    for side, pending in booting:
        side.pending = side.peer.await_answer(pending).status != "Accepted"


_TOGETHER: Mapping[str, Callable[[Twins, Side, Side], None]] = {
    "good and blocked token": _tokens("valid", "blocked"),
    "blocked and good token": _tokens("blocked", "valid"),
    "starts": _starts,
    "boots": _boots,
}


# ---------------------------------------------------------------------- what the operator has the CSMS send


@verb("has_sent")
def _has_sent(stage: Stage, station: int, action: str, payload: dict[str, Any]) -> None:
    twins = twins_of(stage)
    side = twins.side(station)
    if side is None or not side.speaks:
        return
    wanted = _filled(stage, side, payload)
    if wanted is None:
        return
    other = twins.other(side)
    first = len(side.peer.trace.entries)
    beside = len(other.peer.trace.entries) if other is not None else 0
    try:
        side.hands.csms_sends(action, **wanted)
    except Inconclusive as unable:
        if isinstance(unable, Abandoned):
            raise
        side.peer._record("note", data={"unable": action, "why": str(unable)})
        return
    twins.commands.append((side, action, wanted))
    found: list[Any] = []
    until = side.peer.clock.now() + side.peer.deadlines.message

    def strayed() -> bool:
        return other is not None and any(_calls(other, beside, action, wanted))

    while not side.peer.wait(lambda: _took(found, side, first, action, wanted), within=STRAYED):
        if strayed() or side.peer.clock.now() > until or not side.stands():
            where = f", but to station {other.number}" if other is not None and strayed() else ""
            twins.pair.wrong(
                "what the CSMS sends to a station comes to that station",
                f"{action} for station {side.number} did not come{where}",
            )
            return
    if "transactionId" in found[0] and "transactionId" not in wanted and found[0]["transactionId"] not in side.ids:
        twins.pair.wrong(
            "the CSMS stops a transaction of the station that it speaks to",
            f"station {side.number} was told to stop {found[0]['transactionId']!r}, which it does not run",
        )


def _filled(stage: Stage, side: Side, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """The payload with what only the moment of playing knows; None if there is no such thing now."""
    found = {}
    for name, value in payload.items():
        if value == "{{running}}":
            value = next(iter(sorted(side.ids, key=str)), None)
        elif value == "{{number}}":
            stage.lasting["number"] = stage.lasting.get("number", int(side.peer.clock.now() * 1000)) + 1
            value = stage.lasting["number"]
        elif value == "{{label}}":
            stage.lasting["label"] = stage.lasting.get("label", 0) + 1
            value = f"label-{side.peer.clock.now():.3f}-{stage.lasting['label']}"
        elif isinstance(value, str) and value.startswith("{{token "):
            token = side.dut.tokens.given().get(value.strip("{}").split()[1])
            value = None if token is None else _WRITTEN[side.peer.version.family](token)
        if value is None:
            return None
        found[name] = value
    if not payload and not side.ids:
        # What the CSMS shall fill in by itself, it must have been told of.
        return None
    return found


_WRITTEN: Mapping[str, Callable[[Any], Any]] = {"1.6": lambda token: token.idTag, "2": dict}


def _calls(side: Side, first: int, action: str, wanted: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The CALLs of the CSMS that a station got, of that action and with those fields."""
    for entry in side.peer.trace.entries[first:]:
        frame = entry.frame
        if frame is None or entry.sender != "CSMS" or frame.type != frames.CALL or frame.action != action:
            continue
        if isinstance(frame.payload, Mapping) and matches(frame.payload, wanted):
            yield frame.payload


def _took(found: list[Any], side: Side, first: int, action: str, wanted: Mapping[str, Any]) -> bool:
    found[:] = list(_calls(side, first, action, wanted))
    return bool(found)


# ---------------------------------------------------------------------- the way back


@verb("home")
def _home(stage: Stage) -> None:
    twins = twins_of(stage)
    for side in twins.sides:
        go_home(twins, side)
    for side in twins.sides:
        if side.stands():
            side.call("Heartbeat", {})
    twins.at_home = True


def go_home(twins: Twins, side: Side) -> None:
    """Be connected and accepted, say whatever waits, end what runs, pull the cables."""
    _come(side)
    if side.pending:
        _boot(twins, side, 0, "")
    side.deliver()
    for session in side.sessions.values():
        twins.talk.stop(side, session)
        twins.talk.unplug(side, session)
        session.token = ""


@oracle("nothing-crosses-over")
def nothing_crosses_over(stage: Stage) -> Iterator[Finding]:
    """What belongs to one of two stations stayed with it: connections, registrations, tokens, ids, commands."""
    twins: Twins | None = stage.facts.get("twins")
    if twins is None:
        return
    for side, action, wanted in twins.commands:
        other = twins.other(side)
        marked = any(isinstance(value, int | str) and name in _MARKS for name, value in wanted.items())
        if other is not None and marked and any(_calls(other, twins.began[other.number], action, wanted)):
            twins.pair.wrong(
                "what the CSMS sends to a station comes to no other one",
                f"{action} for station {side.number} came to station {other.number}",
            )
    yield from twins.pair.found
    for side in twins.sides:
        if side.bench is not stage.bench:
            for finding in side.bench.tell():
                if finding.blame is Blame.DEVICE:
                    yield finding


_MARKS = frozenset({"remoteStartId", "messageId", "transactionId"})
"""Fields whose values belong to one station alone."""
