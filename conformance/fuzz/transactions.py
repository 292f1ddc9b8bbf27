"""The transactions of a station under test as a stretch of a trace tells them: what is doubled, lost, or never ends.

These judgements look at many transactions over cuts, reboots and offline phases, where the monitor, which sees one
case of any device, has to let much off. They hold because an example withholds nothing of what a transaction needs:
whoever plays them gives the station a connection and the time to deliver its queue before asking.

Source: 2.0.1 part 2, section E 1.3.2.1 (sequence numbers), E01.FR.07, E01.FR.08, E01.FR.14, E04, E12, E13;
1.6 sections 3.7, 3.8, 4.8, 4.10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from conformance.ocppj import frames
from conformance.ocppj.findings import Finding, Severity
from conformance.ocppj.trace import Entry
from conformance.ocppj.versions import Version

Entries = Sequence[Entry]


def problem(
    rule: str,
    expected: str,
    actual: str,
    entry: Entry | None = None,
    *,
    pointer: str = "",
    requirement: str = "",
    note: str = "",
) -> Finding:
    """A finding of an oracle: the device's fault, and one that fails the case.

    `expected` names no ids of one run: findings with the same one are taken for one cause.
    """
    frame = entry.index if entry is not None else None
    return Finding(rule, Severity.MUST, expected, actual, requirement, frame, pointer, note=note)


@dataclass(slots=True)
class Sent:
    """One sending of one message of the station.

    `reply`: the entry of our answer, None if there was none. `arrived`: whether the trace proves that the station has
    read that answer, because it answered a later CALL of ours on the same connection.
    """

    entry: Entry
    payload: Mapping[str, Any]
    reply: Entry | None = None
    arrived: bool = False

    @property
    def refused(self) -> bool:
        """Whether we answered with a CALLERROR."""
        return self.reply is not None and self.reply.frame is not None and self.reply.frame.type == frames.CALLERROR


def sendings(entries: Entries, *actions: str) -> list[Sent]:
    """What the station sent of those actions, in order, each with what is known of its answer."""
    found: list[Sent] = []
    open_: dict[int, Sent] = {}
    unproven: dict[int, list[Sent]] = {}
    sent_at: dict[int, Entry] = {entry.index: entry for entry in entries}
    faulty = False
    for entry in entries:
        if entry.kind == "act" and entry.data.get("name") == "faults":
            # What we wrote from here on may never have left: an answer proves nothing any more.
            faulty = True
        elif entry.kind in ("open", "close"):
            unproven.pop(entry.connection, None)
        frame = entry.frame
        if frame is None:
            continue
        if entry.sender == "CS" and frame.type == frames.CALL and frame.action in actions:
            if isinstance(frame.payload, Mapping):
                one = Sent(entry, frame.payload)
                found.append(one)
                open_[entry.index] = one
        elif entry.sender == "CSMS" and entry.answers in open_:
            one = open_.pop(entry.answers)
            one.reply = entry
            unproven.setdefault(entry.connection, []).append(one)
        elif entry.sender == "CS" and entry.answers is not None and not faulty:
            call = sent_at.get(entry.answers)
            for one in unproven.get(entry.connection, ()):
                if call is not None and one.reply is not None and one.reply.index < call.index:
                    one.arrived = True
    return found


# ---------------------------------------------------------------------------------------------- 2.0.1 and 2.1


@dataclass(slots=True)
class Events:
    """One transaction of 2.x. `evse` is 0 while none was named."""

    id: str
    sent: list[Sent] = field(default_factory=list)
    evse: int = 0

    def numbered(self) -> dict[int, list[Sent]]:
        """Its events by seqNo, each in all its sendings."""
        found: dict[int, list[Sent]] = {}
        for one in self.sent:
            found.setdefault(int(one.payload["seqNo"]), []).append(one)
        return found

    def of_type(self, kind: str) -> list[Sent]:
        """The events of an eventType, the first sending of each."""
        return [again[0] for again in self.numbered().values() if again[0].payload["eventType"] == kind]


_KINDS = frozenset({"Started", "Updated", "Ended"})


def events_of(entries: Entries) -> dict[str, Events]:
    """Every transaction of a 2.x station by its id; events that are no events are left to the monitor."""
    found: dict[str, Events] = {}
    for one in sendings(entries, "TransactionEvent"):
        info, seq = one.payload.get("transactionInfo"), one.payload.get("seqNo")
        id_ = info.get("transactionId") if isinstance(info, Mapping) else None
        if not isinstance(id_, str) or type(seq) is not int or one.payload.get("eventType") not in _KINDS:
            continue
        transaction = found.setdefault(id_, Events(id_))
        transaction.sent.append(one)
        evse = one.payload.get("evse")
        if isinstance(evse, Mapping) and type(evse.get("id")) is int:
            transaction.evse = transaction.evse or evse["id"]
    return found


def _whole_2(entries: Entries, known: frozenset[str]) -> Iterator[Finding]:
    transactions = events_of(entries)
    for transaction in transactions.values():
        yield from _one_beginning(transaction, known)
        yield from _one_end(transaction)
        yield from _gaps(transaction)
        yield from _doubles(transaction)
    yield from _crowded(transactions.values())


_RULE = "oracle.transactions-whole"


def _one_beginning(transaction: Events, known: frozenset[str]) -> Iterator[Finding]:
    started = transaction.of_type("Started")
    if not started and transaction.id not in known:
        first = min(transaction.sent, key=_seq)
        yield problem(
            _RULE,
            "a transaction begins with an event Started",
            f"none of {transaction.id}; its first event is {_words(first)}",
            first.entry,
            pointer="/eventType",
            requirement="E01.FR.07",
        )
    for another in started[1:]:
        yield problem(
            _RULE,
            "one event Started of each transaction",
            f"another one of {transaction.id}: {_words(another)} after {_words(started[0])}",
            another.entry,
            pointer="/eventType",
            requirement="E01.FR.08",
        )


def _one_end(transaction: Events) -> Iterator[Finding]:
    ended = transaction.of_type("Ended")
    for another in ended[1:]:
        yield problem(
            _RULE,
            "at most one event Ended of each transaction",
            f"another one of {transaction.id}: {_words(another)} after {_words(ended[0])}",
            another.entry,
            pointer="/eventType",
            requirement="TransactionEventRequest.eventType",
        )
    last = max(transaction.sent, key=_seq)
    if ended and _seq(last) > max(map(_seq, ended)):
        yield problem(
            _RULE,
            "nothing of a transaction after its Ended",
            f"{_words(last)} of {transaction.id} after {_words(ended[0])}",
            last.entry,
            pointer="/seqNo",
            requirement="TransactionEventRequest.eventType",
        )


def _gaps(transaction: Events) -> Iterator[Finding]:
    numbers = sorted(transaction.numbered())
    missing = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
    if missing:
        after = next(one for one in sorted(transaction.sent, key=_seq) if _seq(one) > missing[0])
        yield problem(
            _RULE,
            "every event of a transaction, by seqNo",
            f"{_list(missing)} of {transaction.id} never came, though {numbers[-1]} did",
            after.entry,
            pointer="/seqNo",
            requirement="2.0.1 part 2 E 1.3.2.1",
            note="a station may drop events Updated only when its memory is full (E11.FR.04)",
        )


def _doubles(transaction: Events) -> Iterator[Finding]:
    for seq, again in sorted(transaction.numbered().items()):
        for earlier, later in pairwise(again):
            if _signature_2(earlier) != _signature_2(later):
                yield problem(
                    _RULE,
                    "one event for each seqNo",
                    f"{_words(earlier)} of {transaction.id}, and then {_words(later)}",
                    later.entry,
                    pointer="/seqNo",
                    requirement="E01.FR.07",
                )
            elif earlier.arrived and not earlier.refused:
                yield problem(
                    _RULE,
                    "every event once",
                    f"event {seq} of {transaction.id} again, though it had the answer (frame {_index(earlier.reply)})",
                    later.entry,
                    pointer="/seqNo",
                    requirement="2.0.1 E13",
                )


def _crowded(transactions: Iterable[Events]) -> Iterator[Finding]:
    """Two transactions on an EVSE at a time: one began after another that has not ended by the time of the second."""
    by_evse: dict[int, list[Events]] = {}
    for one in transactions:
        if one.evse and one.of_type("Started"):
            by_evse.setdefault(one.evse, []).append(one)
    for evse, crowd in by_evse.items():
        crowd.sort(key=lambda one: str(one.of_type("Started")[0].payload.get("timestamp")))
        for before, after in pairwise(crowd):
            if not before.of_type("Ended"):
                start = after.of_type("Started")[0]
                yield problem(
                    _RULE,
                    "one transaction at a time on an EVSE",
                    f"on EVSE {evse} {after.id} started, and {before.id} never ended",
                    start.entry,
                    pointer="/transactionInfo/transactionId",
                    requirement="E01.FR.14",
                )


def _running_2(entries: Entries) -> dict[Any, Entry]:
    return {one.id: one.sent[-1].entry for one in events_of(entries).values() if not one.of_type("Ended")}


def _signature_2(one: Sent) -> tuple[Any, ...]:
    return tuple(one.payload.get(name) for name in ("eventType", "timestamp", "triggerReason"))


def _seq(one: Sent) -> int:
    return int(one.payload["seqNo"])


def _words(one: Sent) -> str:
    payload = one.payload
    return f"{payload.get('eventType')} (seqNo {payload.get('seqNo')}, {payload.get('triggerReason')})"


# ---------------------------------------------------------------------------------------------- 1.6


@dataclass(slots=True)
class Charge:
    """One transaction of 1.6: its StartTransaction in all sendings, the ids that we gave, its StopTransactions."""

    key: tuple[Any, ...]
    connector: Any
    starts: list[Sent] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    stops: list[Sent] = field(default_factory=list)

    @property
    def told(self) -> bool:
        """Whether the station may know an id."""
        return bool(self.ids)


UNKNOWN_ID = -1
"""What a station writes that was never told the id (errata 3.18)."""


def charges_of(entries: Entries) -> list[Charge]:
    """Every transaction of a 1.6 station that began in these entries, in order of their first StartTransaction."""
    every: list[Charge] = []
    latest: dict[tuple[Any, ...], Charge] = {}
    by_id: dict[Any, Charge] = {}
    for one in sendings(entries, "StartTransaction", "StopTransaction"):
        assert one.entry.frame is not None
        if one.entry.frame.action == "StartTransaction":
            key = _key(one)
            if key not in latest or latest[key].stops:
                # One that has stopped does not start again: the station's clock knows only whole seconds.
                latest[key] = Charge(key, one.payload.get("connectorId"))
                every.append(latest[key])
            charge = latest[key]
            charge.starts.append(one)
            given = one.reply.frame.payload if one.reply is not None and one.reply.frame is not None else None
            id_ = given.get("transactionId") if isinstance(given, Mapping) else None
            if type(id_) is int:
                charge.ids.append(id_)
                by_id[id_] = charge
            continue
        id_ = one.payload.get("transactionId")
        stopped = by_id.get(id_)
        if id_ == UNKNOWN_ID:
            stopped = next((charge for charge in every if not charge.told and not charge.stops), None)
        if stopped is not None:
            stopped.stops.append(one)
    return every


def _whole_16(entries: Entries, known: frozenset[str]) -> Iterator[Finding]:
    charges = charges_of(entries)
    for charge in charges:
        yield from _again(charge.starts, "StartTransaction", "1.6 4.8")
        first = charge.stops[:1]
        for another in charge.stops[1:]:
            if _signature_16(another) != _signature_16(first[0]):
                yield problem(
                    _RULE,
                    "one StopTransaction of each transaction",
                    f"another one of {_ids(charge)}, with another meterStop, timestamp or reason",
                    another.entry,
                    pointer="/transactionId",
                    requirement="1.6 4.10",
                )
        yield from _again(charge.stops, "StopTransaction", "1.6 4.10")
    last: dict[Any, Charge] = {}
    for charge in charges:
        before = last.get(charge.connector)
        last[charge.connector] = charge
        if before is not None and before.told and not before.stops:
            yield problem(
                _RULE,
                "StopTransaction before another start on a connector",
                f"none of {_ids(before)} before a start on connector {charge.connector}",
                charge.starts[0].entry,
                pointer="/connectorId",
                requirement="1.6 4.8",
            )


def _again(sent: list[Sent], what: str, requirement: str) -> Iterator[Finding]:
    for earlier, later in pairwise(sent):
        if earlier.arrived and not earlier.refused and earlier.payload == later.payload:
            yield problem(
                _RULE,
                f"{what} once",
                f"again, although the station had the answer (frame {_index(earlier.reply)})",
                later.entry,
                requirement=requirement,
            )


def _running_16(entries: Entries) -> dict[Any, Entry]:
    return {
        charge.ids[-1]: charge.starts[-1].entry for charge in charges_of(entries) if charge.told and not charge.stops
    }


def _key(one: Sent) -> tuple[Any, ...]:
    return tuple(one.payload.get(name) for name in ("connectorId", "idTag", "meterStart", "timestamp"))


def _signature_16(one: Sent) -> tuple[Any, ...]:
    return tuple(one.payload.get(name) for name in ("meterStop", "timestamp", "reason"))


def _ids(charge: Charge) -> str:
    return " or ".join(map(str, charge.ids)) or "an unknown id"


# ---------------------------------------------------------------------------------------------- both


def _index(entry: Entry | None) -> str:
    return str(entry.index) if entry is not None else "?"


def _list(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:5]))
    return shown if len(numbers) <= 5 else f"{shown} and {len(numbers) - 5} more"


_WHOLE: Mapping[str, Callable[[Entries, frozenset[str]], Iterator[Finding]]] = {"1.6": _whole_16, "2": _whole_2}
_RUNNING: Mapping[str, Callable[[Entries], dict[Any, Entry]]] = {"1.6": _running_16, "2": _running_2}


def whole(version: Version, entries: Entries, known: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """What is doubled or lost among the transactions of a station: events, starts, ends, numbers.

    `entries` are those of the example; `known` names transactions that had begun before it.
    """
    return _WHOLE[version.family](entries, known)


def running(version: Version, entries: Entries) -> dict[Any, Entry]:
    """The transactions that began in these entries and have not ended: id to the latest entry that tells of them."""
    return _RUNNING[version.family](entries)


def begun(version: Version, entries: Entries) -> frozenset[str]:
    """The ids (2.x) of all transactions that these entries tell of."""
    return frozenset(events_of(entries)) if version.family == "2" else frozenset()
