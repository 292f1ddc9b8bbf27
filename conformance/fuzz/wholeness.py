"""What a station owes: every message about a transaction until it is answered, whatever happens to the connection.

Source: 2.0.1 part 2, E04.FR.02, E12.FR.01, E13.FR.02; 1.6 sections 3.7 and 3.7.1.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from conformance.fuzz.oracles import eventually, oracle
from conformance.fuzz.stage import Stage
from conformance.fuzz.transactions import problem
from conformance.monitor.times import moment_of
from conformance.ocppj import frames
from conformance.ocppj.findings import Finding, Severity
from conformance.ocppj.trace import Entry
from conformance.ocppj.versions import Version
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import NotApplicable

Entries = Sequence[Entry]
OWED = (
    "transactions-whole",
    "transactions-ended",
    "transactions-delivered",
    "delivered-once",
    "delivered-in-order",
    "events-once",
    "traps-sprung",
)
"""Names of the oracles of what a station owes over a session that it was let finish."""


@dataclass(slots=True)
class Owed:
    """One message about a transaction, in all its sendings.

    `delivered`: one of them got a CALLRESULT that left us whole. `refused`: how many got a CALLERROR.
    """

    key: Hashable
    sent: list[Entry] = field(default_factory=list)
    delivered: bool = False
    refused: int = 0

    @property
    def last(self) -> Entry:
        """The latest sending."""
        return self.sent[-1]

    @property
    def words(self) -> str:
        """The message in a few words."""
        frame = self.last.frame
        assert frame is not None
        told = frame.payload.get("eventType") if isinstance(frame.payload, Mapping) else None
        return f"{frame.action}{f' {told}' if told else ''}"


def owed(version: Version, entries: Entries) -> list[Owed]:
    """Every message about a transaction that the station has sent, in the order of the first sendings."""
    found: dict[Hashable, Owed] = {}
    by_entry: dict[int, Owed] = {}
    missed = lost(entries)
    keys = _KEYS[version.family]
    for entry in entries:
        frame = entry.frame
        if frame is None:
            continue
        if entry.sender == "CS" and frame.type == frames.CALL and frame.action in keys:
            key = keys[frame.action](frame.payload) if isinstance(frame.payload, Mapping) else None
            if key is not None:
                one = found.setdefault((frame.action, key), Owed(key))
                one.sent.append(entry)
                by_entry[entry.index] = one
        elif entry.sender == "CSMS" and entry.answers in by_entry and entry.index not in missed:
            one = by_entry[entry.answers]
            one.delivered = one.delivered or frame.type == frames.CALLRESULT
            one.refused += frame.type == frames.CALLERROR
    return list(found.values())


def lost(entries: Entries, *fates: str) -> frozenset[int]:
    """The frames of ours, by their index, that had one of these fates (none named: that never arrived)."""
    wanted = fates or ("lost",)
    return frozenset(one.data["frame"] for one in entries if one.kind == "note" and one.data.get("fate") in wanted)


def undelivered(version: Version, entries: Entries, attempts: int) -> list[Owed]:
    """What the station has yet to deliver; a message that has failed `attempts` times may be given up (E13.FR.04)."""
    return [one for one in owed(version, entries) if not one.delivered and len(one.sent) < attempts]


def _event_key(payload: Mapping[str, Any]) -> Hashable:
    info = payload.get("transactionInfo")
    id_ = info.get("transactionId") if isinstance(info, Mapping) else None
    return _hashable(id_, payload.get("seqNo"), payload.get("eventType"), payload.get("timestamp"))


def _start_key(payload: Mapping[str, Any]) -> Hashable:
    return _hashable(*(payload.get(name) for name in ("connectorId", "idTag", "meterStart", "timestamp")))


def _stop_key(payload: Mapping[str, Any]) -> Hashable:
    return _hashable(payload.get("meterStop"), payload.get("timestamp"), payload.get("reason"))


def _meter_key(payload: Mapping[str, Any]) -> Hashable:
    """Meter values without a transaction are owed to nobody."""
    if payload.get("transactionId") is None:
        return None
    return _hashable(payload.get("connectorId"), str(payload.get("meterValue")))


def _hashable(*values: Any) -> Hashable:
    return tuple(value if isinstance(value, Hashable) else str(value) for value in values)


_KEYS: Mapping[str, Mapping[str, Any]] = {
    "1.6": {"StartTransaction": _start_key, "StopTransaction": _stop_key, "MeterValues": _meter_key},
    "2": {"TransactionEvent": _event_key},
}
_REQUIREMENT = {"1.6": "1.6 3.7.1", "2": "E13.FR.02"}


UNKNOWN_ID = -1
"""The transactionId of a 1.6 station that was never told one (errata 3.18)."""


def attempts_of(stage: Stage) -> int:
    """How often the station tries to deliver a message before it may give it up; what it said when it was asked."""
    value = stage.peer.configured(*_ATTEMPTS[stage.target.version.family])
    return max(1, int(value)) if value.isdecimal() else int(stage.dut.values.message_attempts)


_ATTEMPTS = {
    "1.6": ("TransactionMessageAttempts",),
    "2": ("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
}


def retry_at_once(csms: FakeCsms) -> None:
    """Have the station repeat a message about a transaction as soon as it has failed, or a second later.

    What a station that takes neither is left with is its own interval. How often it tries is asked here, as long as
    nothing is wrong.
    """
    csms.configured(*_ATTEMPTS[csms.version.family])
    for interval in ("0", "1"):
        try:
            csms.configure(*_INTERVAL[csms.version.family], interval)
        except NotApplicable:
            continue
        return


_INTERVAL = {
    "1.6": ("TransactionMessageRetryInterval",),
    "2": ("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"),
}


@oracle("transactions-delivered")
def transactions_delivered(stage: Stage) -> Iterator[Finding]:
    """Every message about a transaction was sent until it was answered, or as often as is configured."""
    if stage.target.role != "CS":
        return
    version, attempts = stage.target.version, attempts_of(stage)

    def judge() -> list[Finding]:
        return [
            problem(
                "oracle.transactions-delivered",
                f"{one.words} again until it is answered ({attempts} attempts)",
                f"sent {len(one.sent)} time{'s' if len(one.sent) > 1 else ''}, never answered, and given up",
                one.last,
                requirement=_REQUIREMENT[version.family],
            )
            for one in undelivered(version, stage.entries, attempts)
        ]

    yield from eventually(stage, judge)


@oracle("delivered-once")
def delivered_once(stage: Stage) -> Iterator[Finding]:
    """No message about a transaction comes again whose answer the station has read.

    It has where it sent its next CALL on the same connection right behind that answer: until then it had to wait.
    """
    if stage.target.role != "CS":
        return
    read = _read(stage.entries)
    for one in owed(stage.target.version, stage.entries):
        for earlier, later in pairwise(one.sent):
            if earlier.index in read:
                yield problem(
                    "oracle.delivered-once",
                    f"{one.words} once: its answer (frame {read[earlier.index]}) was read",
                    "the same again",
                    later,
                    requirement=_REQUIREMENT[stage.target.version.family],
                )


@oracle("delivered-in-order")
def delivered_in_order(stage: Stage) -> Iterator[Finding]:
    """In 1.6 the next message about a transaction waits until the one before is delivered: they come in order of time.

    In 2.x the order is free: seqNo tells it.
    """
    version = stage.target.version
    if stage.target.role != "CS" or version.family not in _IN_ORDER:
        return
    first = sorted((one for one in owed(version, stage.entries)), key=lambda one: one.sent[0].index)
    for earlier, later in pairwise(first):
        before, after = _happened(earlier), _happened(later)
        if before is not None and after is not None and after < before:
            yield problem(
                "oracle.delivered-in-order",
                f"{later.words}, which happened first, before {earlier.words}",
                "the other way round",
                later.sent[0],
                requirement=_IN_ORDER[version.family],
            )


_IN_ORDER = {"1.6": "1.6 3.7"}


def _happened(one: Owed) -> float | None:
    """When what a message tells happened, by its own word."""
    payload: Any = one.last.frame.payload if one.last.frame is not None else {}
    values = payload.get("meterValue") or [{}]
    return moment_of(payload.get("timestamp") or values[0].get("timestamp"))


def _read(entries: Entries) -> dict[int, int]:
    """The CALLs of the station whose CALLRESULT it has read, with those answers."""
    spoilt = lost(entries, "lost", "held")
    answered: dict[int, Entry] = {}
    read = {}
    for entry in entries:
        frame = entry.frame
        if frame is None:
            continue
        if entry.sender == "CS" and frame.type == frames.CALL:
            answer = answered.pop(entry.connection, None)
            if answer is not None and answer.answers is not None and entry.at - answer.at < AT_ONCE:
                read[answer.answers] = answer.index
        elif entry.sender == "CSMS" and frame.type == frames.CALLRESULT and entry.answers is not None:
            answered.pop(entry.connection, None)
            if entry.index not in spoilt and not entry.data.get("deliberate"):
                answered[entry.connection] = entry
    return read


AT_ONCE = 0.5
"""Seconds within which a CALL follows an answer because of it, and not because the station has given up waiting."""


@oracle("events-once")
def events_once(stage: Stage) -> Iterator[Finding]:
    """No event of a transaction comes again under another number (2.x): same in all but seqNo and offline."""
    seen: dict[str, Entry] = {}
    for entry in stage.entries:
        frame = entry.frame
        if frame is None or entry.sender != "CS" or frame.type != frames.CALL or frame.action != "TransactionEvent":
            continue
        if not isinstance(frame.payload, Mapping):
            continue
        told = {name: value for name, value in frame.payload.items() if name not in ("seqNo", "offline")}
        earlier = seen.setdefault(str(told), entry)
        before = earlier.frame.payload.get("seqNo") if earlier.frame is not None else None
        if before != frame.payload.get("seqNo"):
            yield problem(
                "oracle.events-once",
                f"the event with seqNo {before} under that number only",
                f"the same event again with seqNo {frame.payload.get('seqNo')}",
                entry,
                pointer="/seqNo",
                requirement="E01.FR.07",
            )


@oracle("traps-sprung")
def traps_sprung(stage: Stage) -> Iterator[Finding]:
    """An observation where the station never sent what a fault was meant to strike: then nothing was tried."""
    for words in sorted(stage.facts.get("traps", ())):
        yield Finding(
            "oracle.traps-sprung", Severity.INFO, f"{words}, for a fault to strike", "none came, so nothing was tried"
        )
