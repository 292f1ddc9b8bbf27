"""The acts by which our station tells a CSMS of a charging session, on a connection that may end at any place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.fuzz.stage import Stage, verb
from conformance.fuzz.verbs_traps import note_fault
from conformance.fuzz.wholeness import UNKNOWN_ID
from conformance.link.faults import Fault, FaultKind
from conformance.ocppj.frames import CALLRESULT, Frame
from conformance.ocppj.trace import Entry
from conformance.peers.outcome import ExpectationFailed
from conformance.peers.peer import Pending, Refusal, Response

BUSY = "the token for one transaction at a time is busy"


@dataclass(frozen=True, slots=True)
class Session:
    """One session of our station: at its connector number `place`, from 1."""

    stage: Stage
    place: int = 1

    @property
    def peer(self) -> Any:
        """Our station."""
        return self.stage.peer

    @property
    def connector(self) -> Any:
        """Where the session is."""
        return self.stage.dut.connectors[self.place - 1]

    @property
    def token(self) -> Any:
        """The driver's: at the first place one for one transaction at a time, which tells whether one was doubled."""
        given = self.stage.dut.tokens.given()
        if self.place == 1 and self.stage.lasting.get(BUSY):
            return given["valid"]
        return given.get("single" if self.place == 1 else "second") or given["valid"]

    @property
    def running(self) -> int:
        """The transactionId that the CSMS gave (1.6)."""
        return int(self.peer.facts.get(self._fact, UNKNOWN_ID))

    def runs(self, id: int | None) -> None:
        """The CSMS has given this transactionId (1.6), or the transaction is over."""
        if id is None:
            self.peer.facts.pop(self._fact, None)
        else:
            self.peer.facts[self._fact] = id

    @property
    def _fact(self) -> str:
        # The first one's stands where the clean-up looks for it.
        return "running" if self.place == 1 else f"running at {self.place}"


@verb("tell")
def _tell(stage: Stage, what: str, kind: str, size: int, again: str, place: int) -> None:
    session = Session(stage, place)
    action, payload = _TOLD[stage.target.version.family][what](session)
    pending = _told(stage, action, payload) if not kind else _told_again(stage, action, payload, kind, size, again)
    _take(session, what, _answer_of_a_copy(stage, pending))


def _answer_of_a_copy(stage: Stage, pending: Pending) -> Response | Refusal:
    """The answer to a CALL; of one that the link has doubled, the CALLRESULT to either copy.

    That a CALL with this id is being handled already is one of the reasons for a CALLERROR that OCPP-J names (1.6J and
    part 4, 4.2.3), so one copy may be refused, in any order.
    """
    peer = stage.peer
    answer: Response | Refusal = peer.await_answer(pending)
    doubled = any(one.data["frame"] == pending.entry.index and one.data["fate"] == "twice" for one in _fates(stage))
    if isinstance(answer, Refusal) and doubled:
        peer.wait(lambda: _result_of(stage, pending) is not None, until=pending.deadline)
        other = _result_of(stage, pending)
        return answer if other is None else Response(other)
    return answer


def _result_of(stage: Stage, pending: Pending) -> Entry | None:
    """The CALLRESULT with the id of a CALL of ours."""
    assert pending.entry.frame is not None
    for entry in reversed(stage.entries):
        frame = entry.frame
        if frame is not None and frame.type == CALLRESULT and frame.id == pending.entry.frame.id:
            return entry
    return None


@verb("tell_at")
def _tell_at(stage: Stage, what: str, timestamp: str) -> None:
    peer, session = stage.peer, Session(stage)
    action, payload = _TOLD[stage.target.version.family][what](session)
    pending = peer.call_async(action, _at(payload, timestamp), knowingly="an odd time")
    stage.provoked(pending.entry, pending)
    peer.wait(lambda: pending.answer is not None or not peer.connected, until=pending.deadline)
    if pending.answer is None:
        return
    answer = peer.await_answer(pending)
    if isinstance(answer, Refusal):
        answer = peer.await_answer(peer.call_async(action, payload, knowingly="again, with the right time"))
    _take(session, what, answer)


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


def _take(session: Session, what: str, answer: Any) -> None:
    """Want a CALLRESULT, and keep what the rest of the session needs of it."""
    session.stage.facts["told"] = session.stage.facts.get("told", 0) + 1
    if isinstance(answer, Refusal):
        frame: Frame | None = answer._entry.frame
        assert frame is not None
        raise session.peer.failure(f"a CALLRESULT to {frame.action}", repr(answer), entry=answer._entry)
    keep = _KEPT[session.stage.target.version.family].get(what)
    if keep is not None:
        keep(session, answer)


def _accepts(session: Session, answer: Any, info: str) -> None:
    status = getattr(answer, info).status
    if status != "Accepted" and session.stage.facts["told"] == 1:
        # Something before this example has left it in a transaction, which is no fault of this one.
        session.stage.lasting[BUSY] = True
    elif status != "Accepted":
        raise session.peer.failure(
            f"{info} Accepted for {session.token.idToken}, which is in no other transaction",
            repr(answer),
            entry=answer._entry,
            pointer=f"/{info}/status",
            requirement="1.6 4.1" if info == "idTagInfo" else "C01.FR.07",
        )


def _started_16(session: Session, answer: Any) -> None:
    if not isinstance(answer.transactionId, int):
        raise session.peer.failure(
            "a transactionId", repr(answer), entry=answer._entry, pointer="/transactionId", requirement="1.6 4.8"
        )
    session.runs(answer.transactionId)
    _accepts(session, answer, "idTagInfo")


_KEPT: Mapping[str, Mapping[str, Callable[[Session, Any], None]]] = {
    "1.6": {
        "authorize": lambda session, answer: _accepts(session, answer, "idTagInfo"),
        "start": _started_16,
        "stop": lambda session, answer: session.runs(None),
    },
    "2": {
        "authorize": lambda session, answer: _accepts(session, answer, "idTokenInfo"),
        "authorized": lambda session, answer: _accepts(session, answer, "idTokenInfo"),
    },
}

_Message = tuple[str, dict[str, Any]]


def _status(session: Session, status: str) -> _Message:
    from conformance.peers.station import _STATUS

    peer, connector = session.peer, session.connector
    peer.connector_statuses[connector.evseId, connector.connectorId] = status
    made = _STATUS[session.stage.target.version.family]
    return "StatusNotification", dict(made(peer, status, connector))


def _start_16(session: Session) -> _Message:
    peer, connector = session.peer, session.connector
    return "StartTransaction", {
        "connectorId": connector.connectorId,
        "idTag": session.token.idTag,
        "meterStart": peer.meter(connector.evseId),
        "timestamp": peer.timestamp(),
    }


def _meter_16(session: Session) -> _Message:
    peer, connector = session.peer, session.connector
    sample = {"value": str(peer.meter(connector.evseId, 10)), "measurand": "Energy.Active.Import.Register"}
    return "MeterValues", {
        "connectorId": connector.connectorId,
        "transactionId": session.running,
        "meterValue": [{"timestamp": peer.timestamp(), "sampledValue": [sample]}],
    }


def _stop_16(session: Session) -> _Message:
    peer = session.peer
    return "StopTransaction", {
        "transactionId": session.running,
        "idTag": session.token.idTag,
        "meterStop": peer.meter(session.connector.evseId, 100),
        "timestamp": peer.timestamp(),
        "reason": "Local",
    }


def _event(session: Session, trigger: str, **fields: Any) -> _Message:
    return "TransactionEvent", session.peer.next_transaction(session.connector.evseId).event(trigger, **fields)


def _meter_2(session: Session) -> _Message:
    transaction = session.peer.next_transaction(session.connector.evseId)
    return _event(session, "MeterValuePeriodic", meterValue=[transaction.meter_value()])


_TOLD: Mapping[str, Mapping[str, Callable[[Session], _Message]]] = {
    "1.6": {
        "authorize": lambda session: ("Authorize", {"idTag": session.token.idTag}),
        "plugged": lambda session: _status(session, "Preparing"),
        "start": _start_16,
        "authorized": lambda session: _status(session, "Charging"),
        "meter": _meter_16,
        "stop": _stop_16,
        "unplugged": lambda session: _status(session, "Available"),
    },
    "2": {
        "authorize": lambda session: ("Authorize", {"idToken": dict(session.token)}),
        "plugged": lambda session: _status(session, "Occupied"),
        "start": lambda session: _event(session, "CablePluggedIn", chargingState="EVConnected"),
        "authorized": lambda session: _event(
            session, "Authorized", chargingState="Charging", idToken=dict(session.token)
        ),
        "meter": _meter_2,
        "stop": lambda session: _event(
            session, "StopAuthorized", eventType="Ended", chargingState="EVConnected", stoppedReason="Local"
        ),
        "unplugged": lambda session: _status(session, "Available"),
    },
}
"""What our station says in a session, by the names of `plans.TOLD`."""
