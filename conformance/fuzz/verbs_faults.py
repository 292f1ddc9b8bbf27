"""The acts of fault plans: charging sessions that go on whatever happens to the connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.fuzz import wholeness
from conformance.fuzz.stage import Stage, verb
from conformance.fuzz.transactions import running
from conformance.fuzz.verbs_traps import patience
from conformance.ocppj import frames
from conformance.peers.payload import matches, peek

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
    for time in range(TRIES):
        _connected(stage)
        if not _comes(stage, lambda: _charges(stage)):
            break
        stage.facts["shown again"] = time > 0
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

    for _ in range(TRIES):
        if not _comes(stage, delivered) and stage.facts.get("shown again"):
            # The driver had stopped, saw nothing of it, and has begun once more as he left.
            _remote_stop(stage)
        # What the station says once too often comes behind that.
        peer.drain()
        if delivered():
            return


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
    else:
        _remote_stop(stage)


def _remote_stop(stage: Stage) -> None:
    _connected(stage)
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
    silence = max(SILENCE, 3 * peer.deadlines.quiet) + _rests(peer)
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


def _rests(peer: Any) -> float:
    """Seconds for which our own side may hear and say nothing, by the fault plans that lie over its connections."""
    plans = [wire.faults for wire in peer._wires if getattr(wire, "faults", None) is not None]
    return float(sum(fault.seconds * fault.count for plan in plans for fault in plan.faults))


SILENCE = 0.15
"""Seconds, at the least, for which a station that has more to say is not silent."""


def _waits(stage: Stage) -> bool:
    """Whether the station waits for an answer of ours on an open connection."""
    peer = stage.peer
    due = patience(stage) + SILENCE
    missed = wholeness.lost(stage.entries, "lost", "held")
    answered = {
        entry.frame.id
        for entry in stage.entries
        if entry.frame is not None and entry.sender == peer.plays and entry.index not in missed
    }
    now = peer.clock.now()
    return any(
        entry.frame is not None and entry.frame.id not in answered and now - entry.at < due
        for entry in stage.calls_meanwhile()
        if entry.connection in peer.wire_numbers
    )
