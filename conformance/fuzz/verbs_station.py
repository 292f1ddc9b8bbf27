"""The acts of odd sequences at a station: each one is done if it can be done now, and else passed over.

So every part of a sequence is a sequence too, which is what shrinking needs. What is done to the station, and what it
said to that, is kept in the `World`, by which connector statuses are judged whenever everything is quiet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar

from conformance.fuzz import transactions
from conformance.fuzz.machines.oracles import REFUSED
from conformance.fuzz.machines.station import PROFILE_ID
from conformance.fuzz.machines.world import (
    HALF,
    IN,
    OUT,
    Place,
    World,
    change_availability,
    level_of,
    statuses,
)
from conformance.fuzz.stage import Stage, verb
from conformance.fuzz.transactions import problem
from conformance.ocppj.findings import Finding
from conformance.peers.outcome import ExpectationFailed, Inconclusive, NotApplicable
from conformance.peers.peer import Refusal

Result = TypeVar("Result")

ROUNDS = 8
"""How often the way back, to idle or to a connection, is tried."""
SAID = 1.0
"""Seconds, at the least, within which a station has said what it has to say about an act."""
COLLECTING = 3
"""Times as long as at other times, a station that has connected again may be silent before it tells what happened."""
BOOTED = 1.0
"""Seconds after which a station that has connected again has not booted, and won't tell."""


class Walk:
    """One sequence on its way: the stage, and the world as the sequence has made it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.peer = stage.peer
        self.dut = stage.dut
        self.family = stage.target.version.family
        self.world = World()
        self.asked_on = self.asked_at = 0
        """The connection of the last CALL, and where it stands in the trace."""
        self.meters: dict[int, Decimal] = {}
        """What the meters showed when the station was last idle."""
        self._drained: tuple[int, ...] = ()
        """The connections on which the station has been quiet before."""
        self.places: tuple[Place, ...] = tuple((one.evseId, one.connectorId) for one in self.dut.connectors)

    # ------------------------------------------------------------------ what the trace tells

    def running(self) -> dict[Any, int]:
        """The transactions that run, and their EVSEs (0: not told)."""
        version, entries = self.stage.target.version, self.stage.entries
        places = _EVSES[self.family](entries)
        return {id_: places.get(id_, 0) for id_ in transactions.running(version, entries)}

    def transaction(self, evse: int) -> Any:
        """The transaction that runs on an EVSE, None if there is none."""
        return next((id_ for id_, place in self.running().items() if place == evse), None)

    def ended(self, evse: int) -> Any:
        """A transaction of this sequence on an EVSE that has ended, None if there is none."""
        runs = self.running()
        places = _EVSES[self.family](self.stage.entries)
        return next((id_ for id_, place in places.items() if place == evse and id_ not in runs), None)

    def status(self, place: Place) -> str | None:
        """The last status that the station reported of a connector in this sequence; None if it reported none."""
        return {where: status for where, status, _ in self.peer._statuses(self.stage.began)}.get(place)

    # ------------------------------------------------------------------ the connection

    def within(self) -> float:
        """Seconds within which the station has said what it has to say about an act."""
        return max(SAID, 20 * float(self.peer.deadlines.quiet))

    def back(self) -> None:
        """Wait until the station can be asked: connected, and booted if it had to boot."""
        for _ in range(ROUNDS):
            self._come_back()
            if self.peer.connected:
                return

    def _come_back(self) -> None:
        """Wait for the connection, and then for the boot behind it, in which a scheduled reset may end it once more."""
        peer, world = self.peer, self.world
        down = bool(world.rebooting) or world.reset_scheduled
        limit = self.dut.timeouts.reset if down else self.dut.timeouts.boot

        def there() -> bool:
            wires = peer.wire_numbers
            old = set(wires) & set(world.rebooting) and not self._booted()
            return bool(wires) and peer.accepted and not old

        if not peer.wait(there, within=limit):
            raise peer.failure(
                "the station is connected again in time" if not world.rebooting else "the station reboots in time",
                f"it is not, after {limit:g} s" if not peer.connected else f"the connection stands for {limit:g} s",
                requirement=_RECONNECTS[self.family],
            )
        if down:
            # Until it has booted it may be asked nothing; a soft reset of 1.6 need not tell of it.
            peer.wait(self._booted, within=BOOTED if world.rebooting else self.dut.timeouts.quiet)
            world.reset_scheduled = world.reset_scheduled and not self._booted()
            world.rebooting, world.down_at = (), len(peer.trace.entries)

    def reach(self, calls: Callable[[], Result]) -> Result:
        """Do what sends CALLs when the station can be asked; again if its scheduled reset has come in between."""
        for left in reversed(range(ROUNDS)):
            self.back()
            wires = self.peer.wire_numbers
            try:
                return calls()
            except ExpectationFailed:
                if not left or not self.world.reset_scheduled or self.peer.wire_numbers == wires:
                    raise
        raise AssertionError("the last round returns or raises")

    def drain(self, times: int = 1) -> None:
        """Wait until the station is quiet, so many times as long; one that has just connected needs a while."""
        peer = self.peer
        wires, quiet = peer.wire_numbers, float(peer.deadlines.quiet)
        quiet *= times if wires == self._drained else COLLECTING
        self._drained = wires
        end = peer.clock.now() + max(20 * quiet, peer.deadlines.message)
        while peer.clock.now() < (until := min(self._last_said() + quiet, end)):
            peer.wait(lambda: False, until=until)

    def _last_said(self) -> float:
        """When anything but a sign of life was last said, or done."""
        for entry in reversed(self.peer.trace.entries):
            idle = entry.kind in ("ping", "pong") or (entry.frame is not None and entry.frame.action == "Heartbeat")
            if not idle:
                return float(entry.at)
        return 0.0

    def _booted(self) -> bool:
        """Whether a BootNotification was answered since the station was told to go down."""
        return any(
            entry.frame is not None and entry.frame.action == "BootNotification"
            for entry in self.peer.trace.entries[self.world.down_at :]
            if entry.sender == "CSMS" and entry.answers is not None
        )

    def hang_up(self) -> None:
        """End TCP, and take no new connection."""
        peer = self.peer
        peer.refuse_connections()
        peer.act("link", "cut", {})
        for wire in list(peer._wires):
            wire.drop()
        peer.wait(lambda: not peer._wires, within=peer.deadlines.message)
        self.world.offline = True

    def pick_up(self) -> None:
        """Take connections again."""
        if self.world.offline or self.peer.facts.get("refusing"):
            self.peer.accept_connections()
        self.world.offline = False

    def ask(self, action: str, payload: Mapping[str, Any]) -> Any:
        """Send a CALL and return its answer; None if the connection ended first, or if there is nobody to ask."""
        if self.world.offline:
            return None
        peer = self.peer
        pending = self.reach(lambda: peer.call_async(action, payload))
        wire = self.asked_on = pending.entry.connection
        self.asked_at = pending.entry.index

        def over() -> bool:
            return pending.answer is not None or wire not in peer.wire_numbers

        peer.wait(over, until=pending.deadline)
        if pending.answer is None and wire in peer.wire_numbers:
            return peer.await_answer(pending)
        return peer.await_answer(pending) if pending.answer is not None else None

    # ------------------------------------------------------------------ judging what stands still

    def judge(self) -> list[Finding]:
        """The connectors whose status is none of those that they may have now."""
        found = []
        runs = self.running()
        evses = frozenset(runs.values())
        for place in self.places:
            allowed = statuses(
                self.family, self.world, place, running=evses, authorized=0 in evses or self.maybe_authorized(place)
            )
            status = self.status(place)
            if status is None and "Available" in allowed:
                continue
            if status not in allowed:
                found.append(self._wrong(place, allowed, status))
        return found

    def maybe_authorized(self, place: Place) -> bool:
        """Whether somebody was authorized at a connector since it was idle, or may have been."""
        return place[0] in self.world.maybe_authorized or 0 in self.world.maybe_authorized

    def _wrong(self, place: Place, allowed: frozenset[str], status: str | None) -> Finding:
        reports = reversed(list(self.peer._statuses(self.stage.began)))
        entry = next((one._entry for where, _, one in reports if where == place), None)
        return problem(
            "oracle.connector-status",
            f"a connector that is {' or '.join(sorted(allowed))}",
            f"connector {place[1]} of EVSE {place[0]} was last reported {status or 'not at all'}",
            entry,
            requirement=_STATUS[self.family],
        )

    def settle(self) -> list[Finding]:
        """Wait until the station is quiet and its connectors are what they should be; what they are not."""
        if self.world.offline:
            return []
        self.back()
        peer = self.peer
        self.drain()
        self.stage.probe()
        peer.wait(lambda: not self.judge(), within=self.within())
        findings = self.judge()
        # Where a cable is in, whoever was authorized has by now begun to charge, or never will.
        self.world.maybe_authorized -= {place[0] for place in self.places if self.world.cable(place) == IN}
        return findings


def walk_of(stage: Stage) -> Walk:
    """The walk of the case's sequences: one after another, each of which leaves the station idle."""
    walk: Walk | None = stage.lasting.get("walk")
    if walk is None or walk.peer is not stage.peer:
        walk = stage.lasting["walk"] = Walk(stage)
        walk.meters = _read_meters(walk)
    return walk


def _found(stage: Stage, findings: list[Finding]) -> None:
    stage.facts.setdefault("connector statuses", []).extend(findings)


@contextmanager
def _reachable(walk: Walk) -> Iterator[None]:
    """What breaks a sequence off leaves the door open, or the station could not come back for the next one."""
    try:
        yield
    except BaseException:
        walk.pick_up()
        raise


# ---------------------------------------------------------------------- transactions by their place


def _evses_2(entries: transactions.Entries) -> dict[Any, int]:
    return {one.id: one.evse for one in transactions.events_of(entries).values()}


def _evses_16(entries: transactions.Entries) -> dict[Any, int]:
    return {id_: one.connector for one in transactions.charges_of(entries) for id_ in one.ids}


_EVSES: Mapping[str, Callable[[transactions.Entries], dict[Any, int]]] = {"1.6": _evses_16, "2": _evses_2}
_RECONNECTS = {"1.6": "1.6J 5.4", "2": "Part 4 5.3"}
_STATUS = {"1.6": "1.6 4.9", "2": "G01.FR.03"}


# ---------------------------------------------------------------------- what the operator does


@verb("hand")
def _hand(stage: Stage, verb: str, args: dict[str, Any]) -> None:
    walk = walk_of(stage)
    if not stage.operator.offers(verb):
        if verb in _NEEDED:
            raise Inconclusive(f"the operator has no verb {verb}")
        return
    with _reachable(walk):
        _HANDS.get(verb, _touch)(walk, verb, args)


def _touch(walk: Walk, verb: str, args: dict[str, Any]) -> bool:
    """Have the operator do it; False if it can't be done now."""
    try:
        getattr(walk.stage.operator, verb)(**args)
    except Inconclusive as unable:
        walk.peer._record("note", data={"unable": verb, "why": str(unable)})
        return False
    return True


def _plug(walk: Walk, verb: str, args: dict[str, Any]) -> bool:
    place = (args["evseId"], args["connectorId"])
    if walk.world.cable(place) != OUT or place not in walk.places:
        return False
    done = _touch(walk, verb, args)
    walk.world.cables[place] = IN if done else HALF
    return done


def _unplug(walk: Walk, verb: str, args: dict[str, Any]) -> bool:
    place = (args["evseId"], args["connectorId"])
    if walk.world.cable(place) == OUT:
        return False
    done = _touch(walk, verb, args)
    walk.world.cables[place] = OUT if done else HALF
    return done


def _present(walk: Walk, verb: str, args: dict[str, Any]) -> bool:
    token = walk.dut.tokens.given().get(args["token"])
    connector = next((one for one in walk.dut.connectors if one.evseId == args["evseId"]), None)
    if token is None or connector is None:
        return False
    if args["token"] not in REFUSED:
        walk.world.maybe_authorized.add(args["evseId"])
    try:
        walk.stage.operator.present_token(token, connector)
    except Inconclusive as unable:
        walk.peer._record("note", data={"unable": verb, "why": str(unable)})
        return False
    return True


def _power_cycle(walk: Walk, verb: str, args: dict[str, Any]) -> bool:
    wires, before = walk.peer.wire_numbers, len(walk.peer.trace.entries)
    done = _touch(walk, verb, args)
    if done:
        walk.world.down_at = before
        walk.world.rebooting = (*walk.world.rebooting, *wires)
    return done


_NEEDED = frozenset({"plug_in", "unplug", "present_token"})
_HANDS: Mapping[str, Callable[[Walk, str, dict[str, Any]], bool]] = {
    "plug_in": _plug,
    "unplug": _unplug,
    "present_token": _present,
    "power_cycle": _power_cycle,
}


# ---------------------------------------------------------------------- what the CSMS asks


@verb("ask")
def _ask(stage: Stage, action: str, payload: dict[str, Any]) -> None:
    walk = walk_of(stage)
    filled = _filled(walk, payload)
    if filled is None:
        return
    with _reachable(walk):
        answer = walk.ask(action, filled)
        note = _NOTES.get(action)
        if note is not None and not walk.world.offline:
            status = None if answer is None or isinstance(answer, Refusal) else answer.status
            note(walk, filled, str(status) if isinstance(status, str) else ("" if answer is None else "Rejected"))


def _filled(walk: Walk, payload: dict[str, Any]) -> dict[str, Any] | None:
    """The payload with what only the moment of playing knows; None if there is no such thing now."""
    found: dict[str, Any] = {}
    for name, value in payload.items():
        known = _value(walk, value)
        if known is None:
            return None
        found[name] = known
    return found


def _value(walk: Walk, value: Any) -> Any:
    if isinstance(value, str) and value.startswith("{{"):
        kind, _, rest = value.strip("{}").partition(" ")
        given = _GIVEN.get(kind)
        return given(walk, rest) if given is not None else walk.stage.filled(value)
    return walk.stage.filled(value)


def _token(walk: Walk, name: str) -> Any:
    token = walk.dut.tokens.given().get(name)
    if token is None:
        return None
    return token.idTag if walk.family == "1.6" else dict(token)


def _number(walk: Walk, rest: str) -> int:
    """A number that no other sequence of the run has used."""
    walk.stage.lasting["number"] = int(walk.stage.lasting.get("number", int(walk.peer.clock.now() * 1000))) + 1
    return int(walk.stage.lasting["number"])


_GIVEN: Mapping[str, Callable[[Walk, str], Any]] = {
    "running": lambda walk, evse: walk.transaction(int(evse)),
    "ended": lambda walk, evse: walk.ended(int(evse)),
    "token": _token,
    "number": _number,
}
"""Placeholders of `ask`: the transaction that runs on an EVSE, one that has ended there, a token of the description by
its name, a fresh number."""


def _started_remotely(walk: Walk, payload: Mapping[str, Any], status: str) -> None:
    if status != "Rejected":
        evse = payload.get("evseId", payload.get("connectorId", 0))
        walk.world.maybe_authorized.add(evse)


def _availability(walk: Walk, payload: Mapping[str, Any], status: str) -> None:
    level, operative = level_of(walk.family, payload)
    walk.world.changed(level, operative, status)


def _was_reset(walk: Walk, payload: Mapping[str, Any], status: str) -> None:
    if payload.get("evseId") is not None:
        return
    walk.world.down_at = walk.asked_at
    if status == "Scheduled":
        walk.world.reset_scheduled = True
    elif status == "Accepted":
        walk.world.rebooting = (*walk.world.rebooting, walk.asked_on)


def _profiled(walk: Walk, payload: Mapping[str, Any], status: str) -> None:
    walk.world.profiles = walk.world.profiles or status != "Rejected"


_NOTES: Mapping[str, Callable[[Walk, Mapping[str, Any], str], None]] = {
    "SetChargingProfile": _profiled,
    "ChangeAvailability": _availability,
    "RequestStartTransaction": _started_remotely,
    "RemoteStartTransaction": _started_remotely,
    "Reset": _was_reset,
}


@verb("configure")
def _configure(stage: Stage, where: list[str], value: str) -> None:
    walk = walk_of(stage)
    if walk.world.offline:
        return
    with _reachable(walk):
        try:
            walk.reach(lambda: stage.peer.configure(*where, value))
        except (NotApplicable, Inconclusive) as unable:
            stage.peer._record("note", data={"unable": "configure", "why": str(unable)})
        stage.lasting["configured"] = True


# ---------------------------------------------------------------------- the connection, and time


@verb("offline")
def _offline(stage: Stage) -> None:
    walk = walk_of(stage)
    if not walk.world.offline:
        walk.hang_up()


@verb("online")
def _online(stage: Stage) -> None:
    walk_of(stage).pick_up()


@verb("blink")
def _blink(stage: Stage, how: str) -> None:
    peer = stage.peer
    wires = list(peer._wires)
    if not wires:
        return
    peer.act("link", how, {})
    for wire in wires:
        getattr(wire, how)()
    peer.wait(lambda: not set(wires) & set(peer._wires), within=peer.deadlines.message)


@verb("begun")
def _begun(stage: Stage, evse_id: int) -> None:
    walk = walk_of(stage)
    peer, quiet = stage.peer, float(stage.peer.deadlines.quiet)
    while not peer.wait(lambda: walk.transaction(evse_id) is not None, until=peer._last_activity + quiet):
        if peer.clock.now() >= peer._last_activity + quiet:
            return


@verb("quiet")
def _quiet(stage: Stage) -> None:
    walk = walk_of(stage)
    with _reachable(walk):
        _found(stage, walk.settle())


# ---------------------------------------------------------------------- the way back


@verb("idle")
def _idle(stage: Stage) -> None:
    """End whatever runs, pull every cable, make everything operative: what is not idle then is a finding."""
    walk = walk_of(stage)
    with _reachable(walk):
        walk.pick_up()
        _restore(walk)
        findings: list[Finding] = []
        for _ in range(ROUNDS):
            walk.back()
            walk.drain()
            if _end_everything(walk):
                continue
            _delivered(walk)
            walk.world.maybe_authorized.clear()
            findings = walk.settle()
            if not walk.running():
                break
        else:
            walk.world.maybe_authorized.clear()
            findings = walk.settle()
    _found(stage, findings)
    stage.facts["meters before"], walk.meters = walk.meters, _read_meters(walk)
    stage.facts["meters after"] = walk.meters
    _forget(walk)
    stage.facts["settled"] = True


def _delivered(walk: Walk) -> None:
    """Wait until the station says that it has delivered its events, where the version has a way to ask (E14)."""
    peer, until = walk.peer, walk.peer.clock.now() + walk.within()
    while _QUEUED[walk.family](walk) and peer.clock.now() < until:
        peer.wait(lambda: False, within=float(peer.deadlines.quiet))


def _queued_2(walk: Walk) -> bool:
    answer = walk.ask("GetTransactionStatus", {})
    return answer is not None and answer.messagesInQueue is True


_QUEUED: Mapping[str, Callable[[Walk], bool]] = {"1.6": lambda walk: False, "2": _queued_2}


def _read_meters(walk: Walk) -> dict[int, Decimal]:
    """What the meters show, Wh by EVSE; nothing where nobody can read them."""
    shown: dict[int, Decimal] = {}
    if not walk.stage.operator.offers("read_meter"):
        return shown
    with walk.peer.behind_the_scenes():
        for evse in sorted({place[0] for place in walk.places}):
            told = walk.stage.operator.read_meter(evseId=evse).get("energyWh")
            if isinstance(told, int | Decimal):
                shown[evse] = Decimal(told)
    return shown


def _let_them_plug_in(walk: Walk) -> bool:
    """Where somebody was authorized and never plugged in, plugging in and out is what ends that for certain.

    Whether there is such a connector; a status that lies behind is not taken for one.
    """

    def waiting() -> list[Place]:
        status, maybe = _WAITING[walk.family], walk.maybe_authorized
        free = [one for one in walk.places if walk.world.cable(one) == OUT and walk.transaction(one[0]) is None]
        return [place for place in free if maybe(place) and walk.status(place) == status]

    if waiting():
        walk.drain(COLLECTING)
    places = waiting()
    for place in places:
        _plug(walk, "plug_in", _at(place))
        walk.world.maybe_authorized.discard(place[0])
    return bool(places)


def _end_everything(walk: Walk) -> bool:
    """One round of ending; whether anything was done, so that another one is needed."""
    if _let_them_plug_in(walk):
        return True
    world, done = walk.world, False
    for id_ in walk.running():
        walk.ask(_STOP[walk.family], {"transactionId": id_})
        done = True
    for place in walk.places:
        if world.cable(place) != OUT:
            _unplug(walk, "unplug", _at(place))
            done = True
    for level in world.inoperative_levels():
        answer = walk.ask("ChangeAvailability", change_availability(walk.family, level, True))
        if answer is not None and not isinstance(answer, Refusal):
            world.changed(level, True, str(answer.status or ""))
        done = True
    if world.profiles:
        walk.ask(*_NO_PROFILE[walk.family])
        world.profiles = False
    return done


def _at(place: Place) -> dict[str, Any]:
    return {"evseId": place[0], "connectorId": place[1]}


_NO_PROFILE: Mapping[str, tuple[str, dict[str, Any]]] = {
    "1.6": ("ClearChargingProfile", {"id": PROFILE_ID}),
    "2": ("ClearChargingProfile", {"chargingProfileId": PROFILE_ID}),
}
_WAITING = {"1.6": "Preparing", "2": "Occupied"}
"""The status of a connector where somebody is authorized who has not plugged in yet."""
_STOP = {"1.6": "RemoteStopTransaction", "2": "RequestStopTransaction"}


def _restore(walk: Walk) -> None:
    if walk.stage.lasting.pop("configured", False):
        with walk.peer.behind_the_scenes():
            walk.reach(walk.peer.configuration.restore)


def _forget(walk: Walk) -> None:
    """The next sequence begins with a station that is taken for idle."""
    walk.world.changes.clear()
    walk.world.maybe_authorized.clear()
    walk.world.reset_scheduled = False
