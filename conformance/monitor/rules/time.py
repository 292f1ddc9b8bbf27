"""Dates and times: how they are written, and how they stand to the moment at which they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from conformance.monitor.context import Call, Context, Schemas, Tables
from conformance.monitor.reading import judged, raw, remember, text
from conformance.monitor.rule import rule
from conformance.monitor.times import moment, moment_of
from conformance.ocppj.datetimes import fraction_digits, is_utc
from conformance.ocppj.findings import Severity
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry

FORMAT = rule(
    "time.format",
    "Dates and times are written as the version wants",
    "2.x wants RFC 3339, with seconds and with Z or an offset. 1.6 wants ISO 8601; its schemas say date-time, which is "
    "RFC 3339 as well, so what is ISO 8601 but not RFC 3339 (no offset, +02) is a remark there.",
    v16="1.6 3.15",
    v2="Part 2 3.1, 2.1.4",
)
FRACTION = rule(
    "time.fraction",
    "A fraction of a second has at most three digits",
    "In every date-time of 2.x. 1.6 sets no limit.",
    v2="Part 2 3.1, 2.1.4",
)
UTC = rule(
    "time.utc",
    "Dates and times are given as UTC",
    "Z or an offset of zero. Recommended only: other offsets are legal and a receiver has to understand them.",
    severity=Severity.SHOULD,
    v16="1.6 3.14",
    v2="Part 2 3.1",
)
CURRENT_TIME = rule(
    "time.current-time",
    "currentTime is the current time",
    "Within the time tolerance of the tester's clock, in answers to BootNotification and Heartbeat.",
    binds="CSMS",
    v16="1.6 4.2, 4.6",
    v2="G02.FR.03",
)
FUTURE = rule(
    "time.future",
    "Nothing is reported before it happens",
    "A timestamp of a station lies not further ahead than the time tolerance of the moment at which it arrives, by the "
    "tester's clock and by the time that the CSMS last gave. A remark up to a minute, for a clock that "
    "drifts; in 1.6, where setting the clock is recommended only; and while the station has not been given a time.",
    binds="CS",
    v16="1.6 4.2",
    v2="B01.FR.06, G02.FR.06",
)
LATE = rule(
    "time.late",
    "What happens is reported at once while the station is online",
    "The timestamp of a transaction message lies not further back than the time tolerance, unless the message is "
    "marked offline or may have waited: for a connection, for acceptance, for an answer, for a retry. A remark: no "
    "requirement sets a time.",
    binds="CS",
    severity=Severity.SHOULD,
    v16="1.6 3.7.1, 4.8, 4.10",
    v2="Part 2 E 1.3.1",
)
OFFLINE_FLAG = rule(
    "time.offline-flag",
    "A transaction event that occurred offline says so",
    "offline is true when the timestamp lies within a span without connection, further from both ends than the time "
    "tolerance.",
    binds="CS",
    v2="E04.FR.03, E08.FR.07, E11.FR.02",
)

RULES = (FORMAT, FRACTION, UTC, CURRENT_TIME, FUTURE, LATE, OFFLINE_FLAG)

DRIFT = 60.0
"""Seconds that a clock of its own may be off without anybody's requirement being broken."""

_LEAF, _OBJECT, _LEAVES, _OBJECTS = range(4)
_USUAL = frozenset({20, 24})
Plan = tuple[tuple[str, int, Any], ...]
"""Where a payload has date-times: member name, what stands there, plan of what is in it."""


def plan_of(schema: Mapping[str, Any]) -> Plan:
    """The date-time fields of a payload, read from its schema."""
    definitions = schema.get("definitions", {})

    def resolve(part: Any) -> Mapping[str, Any]:
        while isinstance(part, dict) and isinstance(part.get("$ref"), str):
            part = definitions.get(part["$ref"].rsplit("/", 1)[-1])
        return part if isinstance(part, dict) else {}

    def walk(part: Mapping[str, Any], depth: int) -> Plan:
        found: list[tuple[str, int, Any]] = []
        for name, member in part.get("properties", {}).items():
            member = resolve(member)
            inner = resolve(member.get("items"))
            if member.get("format") == "date-time":
                found.append((name, _LEAF, ()))
            elif inner.get("format") == "date-time":
                found.append((name, _LEAVES, ()))
            elif depth < 16:
                plan = walk(inner or member, depth + 1)
                if plan:
                    found.append((name, _OBJECTS if inner else _OBJECT, plan))
        return tuple(found)

    return walk(schema, 0)


_PLANS: WeakKeyDictionary[Schemas, dict[str, dict[str, Plan]]] = WeakKeyDictionary()
"""The plans worked out so far, by version and name of schema: a store's schemas do not change, monitors come and go."""


class Dates:
    """How date-times are written, in any field that the schema calls a date-time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._plans = _PLANS.setdefault(context.schemas, {}).setdefault(context.version.id, {})

    def malformed(self, entry: Entry, payload: Any, error: Any) -> None:
        """Word what the schema's date-time format refused; `error` is the schema store's."""
        severity = None
        if self._context.version.family == "1.6" and _is_iso_8601(_at(raw(payload), error.pointer)):
            severity = Severity.SHOULD
        self._context.report(FORMAT, entry, error.expected, error.actual, pointer=error.pointer, severity=severity)

    def judge(self, entry: Entry, name: str, payload: Any) -> None:
        """Judge the date-times of a payload that is valid; `name` is its schema's."""
        plan = self._plans.get(name)
        if plan is None:
            plan = self._plans[name] = plan_of(self._context.schemas.schema(self._context.version, name))
        if plan and payload:
            message = payload if type(payload) is dict else raw(payload)
            if not _plain(plan, message):
                self._walk(entry, plan, message, "")

    def _walk(self, entry: Entry, plan: Plan, value: Mapping[str, Any], pointer: str) -> None:
        for name, what, inner in plan:
            member = value.get(name)
            if member is None:
                continue
            if what == _LEAF:
                self._leaf(entry, member, f"{pointer}/{name}")
            elif what == _OBJECT:
                self._walk(entry, inner, member, f"{pointer}/{name}")
            else:
                for index, item in enumerate(member):
                    if what == _LEAVES:
                        self._leaf(entry, item, f"{pointer}/{name}/{index}")
                    else:
                        self._walk(entry, inner, item, f"{pointer}/{name}/{index}")

    def _leaf(self, entry: Entry, value: str, pointer: str) -> None:
        if moment(value) is None:
            return
        digits = fraction_digits(value)
        if digits > 3:
            self._context.report(FRACTION, entry, "at most three digits", f"{digits} in {value}", pointer=pointer)
        if not is_utc(value):
            self._context.report(UTC, entry, "UTC, with Z", value, pointer=pointer)


def _plain(plan: Plan, value: Mapping[str, Any]) -> bool:
    """Whether every date-time is of the usual form, 2025-01-31T12:00:00Z or the same with three decimals."""
    for name, what, inner in plan:
        member = value.get(name)
        if member is None:
            continue
        if what == _LEAF:
            if member[-1:] != "Z" or len(member) not in _USUAL:
                return False
        elif what == _OBJECT:
            if not _plain(inner, member):
                return False
        else:
            for item in member:
                if what == _LEAVES or not _plain(inner, item):
                    return False
    return True


def _at(value: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        elif isinstance(value, dict):
            value = value.get(token)
        else:
            return None
    return value


def _is_iso_8601(value: Any) -> bool:
    if not isinstance(value, str) or "T" not in value:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


TRANSACTIONAL: Mapping[str, frozenset[str]] = {
    "1.6": frozenset({"StartTransaction", "StopTransaction", "MeterValues"}),
    "2": frozenset({"TransactionEvent"}),
}
"""Messages that a station keeps and sends again until they are answered (1.6 3.7.1, 2.x E13), by family."""

# Where a station writes when something happened: action to paths; "*" stands for every element of an array.
HAPPENED: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "1.6": {
        "StatusNotification": (("timestamp",),),
        "StartTransaction": (("timestamp",),),
        "StopTransaction": (("timestamp",),),
        "MeterValues": (("meterValue", "*", "timestamp"),),
        "SecurityEventNotification": (("timestamp",),),
    },
    "2": {
        "StatusNotification": (("timestamp",),),
        "TransactionEvent": (("timestamp",), ("meterValue", "*", "timestamp")),
        "MeterValues": (("meterValue", "*", "timestamp"),),
        "SecurityEventNotification": (("timestamp",),),
        "NotifyReport": (("generatedAt",),),
        "NotifyMonitoringReport": (("generatedAt",),),
        "NotifyCustomerInformation": (("generatedAt",),),
        "NotifyEvent": (("generatedAt",), ("eventData", "*", "timestamp")),
    },
}


class Times:
    """Timestamps against the moment of arrival; keeps track of when messages may have had to wait."""

    def __init__(self, context: Context, tables: Tables) -> None:
        self._context = context
        self._state = context.state
        self._tolerance = context.settings.time_tolerance
        self._transactional = TRANSACTIONAL[context.version.family]
        self._grade_future = Severity.SHOULD if context.version.family == "1.6" else None
        self._held = False
        tables.on(self._opened, "open")
        tables.on(self._closed, "close")
        for action, paths in HAPPENED[context.version.family].items():
            tables.on_call(self._judge_for(action, paths), action)
        for action in self._transactional:
            tables.on_answer(self._delivered, action)
            tables.on_refusal(self._not_delivered, action)
        tables.on_answer(self._time_given, "BootNotification", "Heartbeat")

    # ------------------------------------------------------------------ what may delay a message

    def _opened(self, entry: Entry) -> None:
        now = self._context.base + entry.at
        if self._state.link_lost is not None:
            self._state.offline.append((self._state.link_lost, now))
            self._state.link_lost = None
        self._state.disturbed = now

    def _closed(self, entry: Entry) -> None:
        now = self._context.base + entry.at
        self._state.disturbed = now
        if not self._context.connections:
            self._state.link_lost = now

    def _delivered(self, entry: Entry, payload: Any, call: Call) -> None:
        if self._held or entry.at - call.at > self._tolerance:
            self._state.disturbed = self._context.base + entry.at
            self._held = False

    def _not_delivered(self, entry: Entry, frame: Frame, call: Call) -> None:
        self._held = True
        self._state.disturbed = self._context.base + entry.at

    # ------------------------------------------------------------------ what the station writes

    def _judge_for(self, action: str, paths: tuple[tuple[str, ...], ...]) -> Any:
        flat = tuple(path[0] for path in paths if len(path) == 1)
        nested = tuple((path[0], path[2]) for path in paths if len(path) == 3)
        transactional = action in self._transactional and bool(flat)
        state, base, tolerance = self._state, self._context.base, self._tolerance
        future = self._future

        def judge(entry: Entry, payload: Any) -> None:
            now = base + entry.at
            offset = state.tester_offset
            latest = now + tolerance if offset is None or offset < 0 else now + offset + tolerance
            message = payload if type(payload) is dict else raw(payload)
            timely = None
            for name in flat:
                stamp = message.get(name)
                at = moment_of(stamp)
                if at is None:
                    continue
                if at > latest:
                    future(entry, payload, (name,), at - latest + tolerance)
                    continue
                timely = stamp
                if transactional and at < now - tolerance:
                    self._past(entry, payload, at, now, offset or 0.0)
            for items, name in nested:
                for index, item in enumerate(message.get(items) or ()):
                    stamp = item.get(name)
                    if stamp == timely:  # mostly a reading is as old as its event
                        continue
                    at = moment_of(stamp)
                    if at is not None and at > latest:
                        future(entry, item, (items, str(index), name), at - latest + tolerance)

        return judge

    def _future(self, entry: Entry, holder: Any, path: tuple[str, ...], ahead: float) -> None:
        severity = self._grade_future
        if self._state.tester_offset is None or ahead <= max(DRIFT, self._tolerance):
            severity = Severity.SHOULD
        self._context.report(
            FUTURE,
            entry,
            f"not more than {self._tolerance:g} s ahead of its arrival",
            f"{text(judged(holder, path[-1]))}, {ahead:.0f} s ahead",
            pointer="/" + "/".join(path),
            severity=severity,
        )

    def _past(self, entry: Entry, payload: Any, at: float, now: float, offset: float) -> None:
        state, tolerance = self._state, self._tolerance
        if remember(payload, "offline") is True:
            return
        if self._context.has(OFFLINE_FLAG):
            for lost, found in state.offline:
                if lost + tolerance < at < found - tolerance and now >= found:
                    self._context.report(
                        OFFLINE_FLAG,
                        entry,
                        f"offline true: no connection was open at {text(remember(payload, 'timestamp'))}",
                        text(judged(payload, "offline")),
                        pointer="/offline",
                    )
                    return
        if self._held or state.disturbed is None or at <= state.disturbed + tolerance or not state.accepted:
            return
        if at >= now + offset - tolerance:
            return
        self._context.report(
            LATE,
            entry,
            f"not more than {tolerance:g} s before its arrival, or offline",
            f"{text(remember(payload, 'timestamp'))}, {now - at:.0f} s before",
            pointer="/timestamp",
        )

    # ------------------------------------------------------------------ what the CSMS says

    def _time_given(self, entry: Entry, payload: Any, call: Call) -> None:
        value = remember(payload, "currentTime")
        at = moment_of(value)
        if at is None:
            return
        ahead = at - (self._context.base + entry.at)
        self._state.tester_offset = ahead
        if abs(ahead) > self._tolerance:
            self._context.report(
                CURRENT_TIME,
                entry,
                f"the current time, within {self._tolerance:g} s",
                f"{text(value)}, {abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'}",
                pointer="/currentTime",
            )
