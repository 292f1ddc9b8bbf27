"""A transaction of the device under test in 2.0.1 and 2.1: facts, in order of seqNo, that nobody consumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.peers.payload import ABSENT, Fields, matches, mismatch, peek, shown

if TYPE_CHECKING:
    from conformance.peers.peer import Peer, Request

_INFO = (
    "transactionId",
    "chargingState",
    "timeSpentCharging",
    "stoppedReason",
    "remoteStartId",
    "operationMode",
    "tariffId",
    "transactionLimit",
)


class TransactionView:
    """The newest transaction of the case, on one EVSE or on any.

    Fields of `transactionInfo` are given by their own names: `wait_until(chargingState="Charging")`. Which events
    belong to it, and which of them match, is looked up without judging; only the event that is handed out counts as
    judged, in the fields that were asked for.
    """

    def __init__(self, peer: Peer, evse_id: int | None = None, since: int = 0) -> None:
        self._peer = peer
        self._evse_id = evse_id
        self._since = since

    @property
    def id(self) -> Any:
        """The transactionId, ABSENT while no event has come."""
        places: dict[str, Any] = {}
        begun: dict[str, int] = {}
        started: set[str] = set()
        for event in self._peer.seen("TransactionEvent"):
            info, evse = peek(event._payload, "transactionInfo"), peek(event._payload, "evse")
            id_ = peek(info, "transactionId")
            if isinstance(id_, str):
                places[id_] = places.get(id_) or peek(evse, "id")
                begun.setdefault(id_, event._entry.index)
                if peek(event._payload, "eventType") == "Started":
                    started.add(id_)
        # An event names its EVSE only when that is news: a transaction that has named none may be on any.
        mine = [
            id_
            for id_, place in places.items()
            if begun[id_] >= self._since and (self._evse_id is None or place in (None, self._evse_id))
        ]
        # Arrival is free, so the newest is the last one to appear; one that never started is a stray, if others did.
        mine = [id_ for id_ in mine if id_ in started] or mine
        return mine[-1] if mine else ABSENT

    @property
    def events(self) -> list[Request]:
        """Its events, by seqNo."""
        id_ = self.id
        if id_ is ABSENT:
            return []
        mine = [event for event in self._all() if peek(peek(event._payload, "transactionInfo"), "transactionId") == id_]
        return sorted(mine, key=_seq_no)

    @property
    def events_in_step(self) -> list[Request]:
        """Its events in this step's window, by seqNo."""
        return [event for event in self.events if event._entry.index >= self._peer._window]

    @property
    def first(self) -> Any:
        """The event with the lowest seqNo, ABSENT while none has come."""
        events = self.events
        return events[0] if events else ABSENT

    @property
    def last(self) -> Any:
        """The event with the highest seqNo, ABSENT while none has come."""
        events = self.events
        return events[-1] if events else ABSENT

    @property
    def ended(self) -> bool:
        """Whether an Ended event has come."""
        return self.any(eventType="Ended") is not None

    def any(self, **match: Any) -> Request | None:
        """An event that matches, without waiting."""
        return _first(self.events, _nested(match))

    def samples(self, event: Request, **match: Any) -> list[Fields]:
        """The sampled values of an event's meter values that match; those that don't are not judged."""
        found: list[Fields] = []
        for value in peek(event._payload, "meterValue") or ():
            for sample in peek(value, "sampledValue") or ():
                if matches(sample, match):
                    found.append(Fields(sample))
        return found

    def wait_until(self, *, within: float | None = None, requirement: str = "", **match: Any) -> Request:
        """Wait for an event of this transaction, sent now or earlier, that matches."""
        return self._wait(match, within, requirement, whole=True)

    def expect(self, *, within: float | None = None, requirement: str = "", **match: Any) -> Request:
        """Wait for an event of this transaction in this step's window that matches."""
        return self._wait(match, within, requirement, whole=False)

    def _wait(self, match: dict[str, Any], within: float | None, requirement: str, *, whole: bool) -> Request:
        peer = self._peer
        wanted = _nested(match)
        seconds = peer.deadlines.message if within is None else within
        found: list[Request] = []

        def candidates() -> list[Request]:
            return self.events if whole else self.events_in_step

        def ready() -> bool:
            event = _first(candidates(), wanted)
            if event is not None:
                found.append(event)
            return bool(found)

        if peer.wait(ready, within=seconds, what="TransactionEvent"):
            return found[0]
        near = [(event, mismatch(_plain(event), wanted)) for event in candidates()]
        text = "; ".join(
            f"event {shown(_seq_no(event))} (frame {event._entry.index}) has {difference[0]} {difference[2]} "
            f"instead of {difference[1]}"
            for event, difference in near[-3:]
            if difference
        )
        fields = ", ".join(f"{name} {shown(value)}" for name, value in match.items())
        raise peer.failure(
            f"a TransactionEvent with {fields} within {seconds:g} s",
            text or "no event of this transaction" + ("" if whole else " in this step"),
            entry=near[-1][0]._entry if near else None,
            pointer=near[-1][1][0] if near and near[-1][1] else "",
            requirement=requirement,
        )

    def _all(self) -> list[Request]:
        return [event for event in self._peer.seen("TransactionEvent") if event._entry.index >= self._since]


def _first(events: list[Request], wanted: dict[str, Any]) -> Request | None:
    """The first event that matches, its fields counted as judged."""
    return next((event for event in events if matches(event._payload, wanted)), None)


def _plain(event: Request) -> Any:
    payload = event._payload
    return getattr(payload, "raw", payload)


def _nested(match: dict[str, Any]) -> dict[str, Any]:
    info = {name: value for name, value in match.items() if name in _INFO}
    rest = {name: value for name, value in match.items() if name not in _INFO}
    return {**rest, "transactionInfo": info} if info else rest


def _seq_no(event: Request) -> int:
    value = peek(event._payload, "seqNo")
    return value if isinstance(value, int) else -1
