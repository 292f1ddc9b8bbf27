"""The acts of fault plans: charging sessions that go on whatever happens to the connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.fuzz import wholeness
from conformance.fuzz.stage import Stage, verb
from conformance.fuzz.transactions import running
from conformance.fuzz.verbs_traps import note_fault, patience
from conformance.link.faults import Fault, FaultKind
from conformance.ocppj import frames
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry
from conformance.peers.outcome import ExpectationFailed
from conformance.peers.payload import matches, peek
from conformance.peers.peer import Pending, Refusal

TRIES = 3
"""How often a driver tries again what a fault has undone."""


# ---------------------------------------------------------------------- a station's session


@verb("hurry")
def _hurry(stage: Stage) -> None:
    wholeness.retry_at_once(stage.peer)


@verb("plug")
def _plug(stage: Stage) -> None:
    if ("plug_in", _place(stage)) in stage.operator.done:
        _end_session(stage)
    if stage.operator.offers("plug_in"):
        stage.operator.plug_in(stage.dut.connector)


@verb("begin_session")
def _begin_session(stage: Stage) -> None:
    _plug(stage)
    for _ in range(TRIES):
        _connected(stage)
        _authorize(stage)
        if _comes(stage, lambda: _charges(stage)):
            # The reader may be about to note its answer, by which the transaction is known.
            stage.peer.wait(lambda: stage.transaction() is not None, within=SILENCE)
            return


@verb("end_session")
def _end_session(stage: Stage) -> None:
    for _ in range(TRIES):
        _connected(stage)
        if not _comes(stage, lambda: _charges(stage)):
            break
        _stop(stage)
        if _comes(stage, lambda: not _authorized(stage)):
            break
    if ("plug_in", _place(stage)) in stage.operator.done:
        stage.operator.unplug(stage.dut.connector)


@verb("settle")
def _settle(stage: Stage) -> None:
    peer, version = stage.peer, stage.target.version
    if stage.target.role == "CS" and stage.facts.get("traps"):
        _comes(stage, lambda: not stage.facts["traps"])
    if stage.facts.pop("for ever", False):
        attempts = wholeness.attempts_of(stage)
        _comes(stage, lambda: not wholeness.undelivered(version, stage.entries, attempts))
    for wire in peer._wires:
        wire.faults = None
    peer.forget_answers()
    if stage.target.role != "CS":
        return
    _connected(stage)
    attempts = wholeness.attempts_of(stage)

    def delivered() -> bool:
        return (
            peer.connected
            and not wholeness.undelivered(version, stage.entries, attempts)
            and not running(version, stage.entries)
        )

    _comes(stage, delivered)
    # What it says once too often comes behind that.
    peer.drain()


@verb("show_token")
def _show_token(stage: Stage) -> None:
    (_stop if _charges(stage) else _authorize)(stage)


@verb("restart")
def _restart(stage: Stage) -> None:
    peer = stage.peer
    before = len(peer.trace.entries)
    stage.operator.power_cycle()
    seconds = peer.deadlines.boot + patience(stage)

    def booted() -> bool:
        return any(
            entry.sender == "CSMS"
            and entry.frame is not None
            and entry.frame.action == "BootNotification"
            and entry.frame.type == frames.CALLRESULT
            and not entry.data.get("deliberate")
            for entry in peer.trace.entries[before:]
        )

    if not peer.wait(booted, within=seconds):
        raise peer.failure(
            f"a BootNotification that we can accept within {seconds:g} s of the power cycle",
            "none",
            requirement=_BOOTS[stage.target.version.family],
        )


_BOOTS = {"1.6": "1.6 4.2", "2": "B01.FR.01"}


@verb("hear")
def _hear(stage: Stage, action: str, match: dict[str, Any]) -> None:
    _heard(stage, action, match, stage.peer.deadlines.physical, stage.began)


def _heard(stage: Stage, action: str, match: dict[str, Any], seconds: float, since: int) -> None:
    peer = stage.peer

    def came() -> bool:
        return any(
            entry.index >= since and entry.frame.action == action and matches(entry.frame.payload, match)
            for entry in stage.calls_meanwhile()
            if entry.frame is not None
        )

    if not peer.wait(came, within=seconds):
        raise peer.failure(f"{action} within {seconds:g} s", "no such message")


@verb("command")
def _command(stage: Stage, action: str) -> None:
    since = len(stage.peer.trace.entries)
    stage.operator.csms_sends(action)
    _heard(stage, action, {}, stage.peer.deadlines.message + patience(stage), since)


def _place(stage: Stage) -> tuple[int, int]:
    return stage.dut.connector.evseId, stage.dut.connector.connectorId


def _authorize(stage: Stage) -> None:
    """The driver shows the valid token, or, where nobody can, the CSMS starts remotely."""
    hands, token = stage.operator, stage.dut.tokens.valid
    if hands.offers("present_token"):
        hands.present_token(token, stage.dut.connector)
    elif hands.offers("start_session") and not hands.offers("plug_in"):
        hands.start_session(token, stage.dut.connector)
    else:
        stage.peer.call_async(*_REMOTE_START[stage.target.version.family](stage))


def _stop(stage: Stage) -> None:
    hands = stage.operator
    if hands.offers("present_token"):
        hands.present_token(stage.dut.tokens.valid, stage.dut.connector)
        return
    for id_ in running(stage.target.version, stage.entries):
        stage.peer.call_async(_REMOTE_STOP[stage.target.version.family], {"transactionId": id_})


def _remote_start_2(stage: Stage) -> tuple[str, dict[str, Any]]:
    facts = stage.peer.facts
    facts["remoteStartId"] = int(facts.get("remoteStartId", 0)) + 1
    payload = {
        "remoteStartId": facts["remoteStartId"],
        "idToken": dict(stage.dut.tokens.valid),
        "evseId": stage.dut.connector.evseId,
    }
    return "RequestStartTransaction", payload


def _remote_start_16(stage: Stage) -> tuple[str, dict[str, Any]]:
    connector = stage.dut.connector.connectorId
    return "RemoteStartTransaction", {"idTag": stage.dut.tokens.valid.idTag, "connectorId": connector}


_REMOTE_START: Mapping[str, Callable[[Stage], tuple[str, dict[str, Any]]]] = {
    "1.6": _remote_start_16,
    "2": _remote_start_2,
}
_REMOTE_STOP = {"1.6": "RemoteStopTransaction", "2": "RequestStopTransaction"}


def _charges(stage: Stage) -> bool:
    """Whether an authorized transaction of this example is known to us."""
    return bool(running(stage.target.version, stage.entries)) and _authorized(stage)


def _authorized(stage: Stage) -> bool:
    return _AUTHORIZED[stage.target.version.family](stage)


def _authorized_16(stage: Stage) -> bool:
    return bool(running(stage.target.version, stage.entries))


def _authorized_2(stage: Stage) -> bool:
    """Whether the latest word of the transactions that run is that a token may charge."""
    runs = running(stage.target.version, stage.entries)
    state: dict[Any, bool] = {}
    for frame in (entry.frame for entry in stage.calls_meanwhile()):
        if frame is None or frame.action != "TransactionEvent":
            continue
        id_ = peek(peek(frame.payload, "transactionInfo"), "transactionId")
        trigger = peek(frame.payload, "triggerReason")
        if trigger in _STOPS:
            state[id_] = False
        elif peek(frame.payload, "idToken") is not None:
            state[id_] = True
    return any(state.get(id_) for id_ in runs)


_AUTHORIZED: Mapping[str, Callable[[Stage], bool]] = {"1.6": _authorized_16, "2": _authorized_2}
_STOPS = frozenset({"StopAuthorized", "Deauthorized", "RemoteStop", "EVCommunicationLost", "EVDeparted"})


# ---------------------------------------------------------------------- waiting for a station that is being disturbed


def _connected(stage: Stage) -> None:
    """Wait until the station is connected, again if need be; that it never comes fails the example."""
    peer = stage.peer
    seconds = peer.deadlines.connect
    if not peer.wait(lambda: peer.connected, within=seconds):
        raise peer.failure(
            f"a new connection within {seconds:g} s of the end of the one before",
            "none was opened",
            requirement=_RECONNECTS[stage.target.version.family],
        )


_RECONNECTS = {"1.6": "1.6J 5.4", "2": "Part 4 5.3"}


def _comes(stage: Stage, ready: Callable[[], bool]) -> bool:
    """Whether something comes to be true before the station has nothing more to say.

    It has while it is not connected, while it waits for an answer that it will not get, while it has yet to deliver
    something, and until it has been silent for a while; at the most for its own timeout and retries.
    """
    peer = stage.peer
    silence = max(SILENCE, 3 * peer.deadlines.quiet)
    end = peer.clock.now() + peer.deadlines.message + patience(stage)
    attempts = wholeness.attempts_of(stage)
    while peer.clock.now() < end:
        if peer.wait(ready, until=min(end, peer.clock.now() + silence)):
            return True
        idle = peer.clock.now() - peer._last_activity >= silence
        if (
            idle
            and peer.connected
            and not _waits(stage)
            and not wholeness.undelivered(stage.target.version, stage.entries, attempts)
        ):
            break
    return bool(peer.wait(ready, within=0.0))


SILENCE = 0.15
"""Seconds, at the least, for which a station that has more to say is not silent."""


def _waits(stage: Stage) -> bool:
    """Whether the station waits for an answer of ours on an open connection."""
    peer = stage.peer
    due = patience(stage) + SILENCE
    missed = wholeness.lost(stage.entries)
    answered = {entry.answers for entry in stage.entries if entry.sender == peer.plays and entry.index not in missed}
    now = peer.clock.now()
    return any(
        entry.index not in answered and now - entry.at < due
        for entry in stage.calls_meanwhile()
        if entry.connection in peer.wire_numbers
    )


# ---------------------------------------------------------------------- our station's session with a CSMS


@verb("tell")
def _tell(stage: Stage, what: str, kind: str, size: int, again: str) -> None:
    peer = stage.peer
    action, payload = _TOLD[stage.target.version.family][what](stage)
    pending = _told(stage, action, payload) if not kind else _told_again(stage, action, payload, kind, size, again)
    _take(stage, what, peer.await_answer(pending))


@verb("tell_at")
def _tell_at(stage: Stage, what: str, timestamp: str) -> None:
    peer = stage.peer
    action, payload = _TOLD[stage.target.version.family][what](stage)
    pending = peer.call_async(action, _at(payload, timestamp), knowingly="an odd time")
    stage.provoked(pending.entry, pending)
    peer.wait(lambda: pending.answer is not None or not peer.connected, until=pending.deadline)
    if pending.answer is None:
        return
    answer = peer.await_answer(pending)
    if isinstance(answer, Refusal):
        answer = peer.await_answer(peer.call_async(action, payload, knowingly="again, with the right time"))
    _take(stage, what, answer)


def _at(payload: Mapping[str, Any], timestamp: str) -> dict[str, Any]:
    """The payload with its timestamps replaced."""
    changed = dict(payload)
    if "timestamp" in changed:
        changed["timestamp"] = timestamp
    if "meterValue" in changed:
        changed["meterValue"] = [{**one, "timestamp": timestamp} for one in changed["meterValue"]]
    return changed


def _told(stage: Stage, action: str, payload: dict[str, Any]) -> Pending:
    """Send a CALL, and once more as long as a fault plan keeps it from leaving."""
    while True:
        pending: Pending = stage.peer.call_async(action, payload)
        if not any(one.data["frame"] == pending.entry.index and one.data["fate"] in _GONE for one in _fates(stage)):
            return pending


_GONE = ("lost", "held")


def _fates(stage: Stage) -> Iterator[Entry]:
    return (entry for entry in stage.entries if entry.kind == "note" and "fate" in entry.data)


def _told_again(stage: Stage, action: str, payload: dict[str, Any], kind: str, size: int, again: str) -> Pending:
    """Send a CALL into a connection that ends, connect again and repeat it."""
    peer = stage.peer
    wire = peer._wire(action)
    fault = Fault(FaultKind(kind), size=size)
    note_fault(peer, fault)
    pending = peer.call_async(action, payload, fault=fault)
    peer.wait(lambda: wire.number not in peer.wire_numbers, within=peer.deadlines.message)
    _come_back(stage)
    repeated = pending.entry.frame.id if again == "same" else ""
    made: Pending = peer.call_async(action, payload, message_id=repeated)
    return made


def _come_back(stage: Stage) -> None:
    """Connect our station again, as a station does: after a pause, and once more where it is turned away.

    A CSMS that may be asked as fast as it answers gets no pause. It has accepted our registration before.
    """
    peer = stage.peer
    end = peer.clock.now() + peer.deadlines.connect
    pause = PAUSE if stage.dut.fuzz.pace else 0.0
    while True:
        peer.wait(lambda: False, within=pause)
        try:
            peer.connect()
        except ExpectationFailed:
            if peer.clock.now() > end:
                raise
            pause = PAUSE
            continue
        peer.accepted = True
        return


PAUSE = 0.5
"""Seconds between two connections of one identity."""


def _take(stage: Stage, what: str, answer: Any) -> None:
    """Want a CALLRESULT, and keep what the rest of the session needs of it."""
    peer = stage.peer
    if isinstance(answer, Refusal):
        frame: Frame | None = answer._entry.frame
        assert frame is not None
        raise peer.failure(f"a CALLRESULT to {frame.action}", repr(answer), entry=answer._entry)
    keep = _KEPT[stage.target.version.family].get(what)
    if keep is not None:
        keep(stage, answer)


def _token(stage: Stage) -> Any:
    """The token of the session: one that may be in one transaction at a time tells whether one was doubled."""
    given = stage.dut.tokens.given()
    return given.get("single") or given["valid"]


def _accepts(stage: Stage, answer: Any, info: str) -> None:
    status = getattr(answer, info).status
    if status != "Accepted":
        raise stage.peer.failure(
            f"{info} Accepted for {_token(stage).idToken}, which is in no transaction",
            repr(answer),
            entry=answer._entry,
            pointer=f"/{info}/status",
            requirement="1.6 4.1" if info == "idTagInfo" else "C01.FR.07",
        )


def _started_16(stage: Stage, answer: Any) -> None:
    peer = stage.peer
    if not isinstance(answer.transactionId, int):
        raise peer.failure(
            "a transactionId", repr(answer), entry=answer._entry, pointer="/transactionId", requirement="1.6 4.8"
        )
    peer.facts["running"] = answer.transactionId
    _accepts(stage, answer, "idTagInfo")


def _stopped_16(stage: Stage, answer: Any) -> None:
    stage.peer.facts.pop("running", None)


_KEPT: Mapping[str, Mapping[str, Callable[[Stage, Any], None]]] = {
    "1.6": {
        "authorize": lambda stage, answer: _accepts(stage, answer, "idTagInfo"),
        "start": _started_16,
        "stop": _stopped_16,
    },
    "2": {
        "authorize": lambda stage, answer: _accepts(stage, answer, "idTokenInfo"),
        "authorized": lambda stage, answer: _accepts(stage, answer, "idTokenInfo"),
    },
}

_Told = Callable[[Stage], tuple[str, dict[str, Any]]]


def _status(stage: Stage, status: str) -> tuple[str, dict[str, Any]]:
    from conformance.peers.station import _STATUS

    peer, connector = stage.peer, stage.dut.connector
    peer.connector_statuses[connector.evseId, connector.connectorId] = status
    return "StatusNotification", dict(_STATUS[stage.target.version.family](peer, status, connector))


def _start_16(stage: Stage) -> tuple[str, dict[str, Any]]:
    peer, connector = stage.peer, stage.dut.connector
    return "StartTransaction", {
        "connectorId": connector.connectorId,
        "idTag": _token(stage).idTag,
        "meterStart": peer.meter(connector.evseId),
        "timestamp": peer.timestamp(),
    }


def _meter_16(stage: Stage) -> tuple[str, dict[str, Any]]:
    peer, connector = stage.peer, stage.dut.connector
    sample = {"value": str(peer.meter(connector.evseId, 10)), "measurand": "Energy.Active.Import.Register"}
    values = [{"timestamp": peer.timestamp(), "sampledValue": [sample]}]
    running_id = peer.facts.get("running", wholeness.UNKNOWN_ID)
    return "MeterValues", {
        "connectorId": connector.connectorId,
        "transactionId": running_id,
        "meterValue": values,
    }


def _stop_16(stage: Stage) -> tuple[str, dict[str, Any]]:
    peer, connector = stage.peer, stage.dut.connector
    return "StopTransaction", {
        "transactionId": peer.facts.get("running", wholeness.UNKNOWN_ID),
        "idTag": _token(stage).idTag,
        "meterStop": peer.meter(connector.evseId, 100),
        "timestamp": peer.timestamp(),
        "reason": "Local",
    }


def _event(stage: Stage, trigger: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return "TransactionEvent", stage.peer.next_transaction(stage.dut.connector.evseId).event(trigger, **fields)


def _meter_2(stage: Stage) -> tuple[str, dict[str, Any]]:
    transaction = stage.peer.next_transaction(stage.dut.connector.evseId)
    return _event(stage, "MeterValuePeriodic", meterValue=[transaction.meter_value()])


_TOLD: Mapping[str, Mapping[str, _Told]] = {
    "1.6": {
        "authorize": lambda stage: ("Authorize", {"idTag": _token(stage).idTag}),
        "plugged": lambda stage: _status(stage, "Preparing"),
        "start": _start_16,
        "authorized": lambda stage: _status(stage, "Charging"),
        "meter": _meter_16,
        "stop": _stop_16,
        "unplugged": lambda stage: _status(stage, "Available"),
    },
    "2": {
        "authorize": lambda stage: ("Authorize", {"idToken": dict(_token(stage))}),
        "plugged": lambda stage: _status(stage, "Occupied"),
        "start": lambda stage: _event(stage, "CablePluggedIn", chargingState="EVConnected"),
        "authorized": lambda stage: _event(stage, "Authorized", chargingState="Charging", idToken=dict(_token(stage))),
        "meter": _meter_2,
        "stop": lambda stage: _event(
            stage, "StopAuthorized", eventType="Ended", chargingState="EVConnected", stoppedReason="Local"
        ),
        "unplugged": lambda stage: _status(stage, "Available"),
    },
}
