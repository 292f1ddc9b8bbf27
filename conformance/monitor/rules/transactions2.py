"""Transactions of 2.x: TransactionEvent and its answer."""

from __future__ import annotations

from typing import Any

from conformance.monitor.carry import TRANSACTIONS_KEPT, Transaction2, bounded
from conformance.monitor.context import Call, Context, Tables
from conformance.monitor.reading import count, judged, raw, remember, text, whole
from conformance.monitor.rule import rule
from conformance.monitor.times import moment_of
from conformance.ocppj.findings import Severity
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry

STARTED_FIRST = rule(
    "tx.started-first",
    "The first event of a transaction is Started, and only the first",
    "By seqNo, not by arrival; that none came is judged when the case ends or the link breaks. Let off: a transaction "
    "with an event that was refused, unanswered or sent again, since its Started may have been given up (E13.FR.04). A "
    "remark for one that may have begun before the monitor's view, or that ran when the link broke.",
    binds="CS",
    v2="E01.FR.07, TransactionEventRequest.eventType",
)
ENDED_LAST = rule(
    "tx.ended-last",
    "Nothing follows the event Ended",
    "No event of a transaction has a higher seqNo than its Ended.",
    binds="CS",
    v2="TransactionEventRequest.eventType",
)
SEQ_START = rule(
    "tx.seq-start",
    "seqNo starts at 0",
    "A remark: counters that run on from one transaction to the next are allowed.",
    binds="CS",
    severity=Severity.SHOULD,
    v2="Part 2 E 1.3.2.1",
)
SEQ_REPEAT = rule(
    "tx.seq-repeat",
    "Every event has a seqNo of its own",
    "The same seqNo with another eventType, timestamp or triggerReason. The same event sent again is a retry.",
    binds="CS",
    v2="Part 2 E 1.3.2.1; E01.FR.07",
)
SEQ_GAP = rule(
    "tx.seq-gap",
    "seqNo has no gaps",
    "Judged when the case ends, because events may arrive in any order. Let off: a transaction that was offline or had "
    "an event refused or unanswered, since a station may then drop events (E11.FR.04, E13.FR.04).",
    binds="CS",
    v2="Part 2 E 1.3.2.1; E01.FR.07",
)
ID_REUSED = rule(
    "tx.id-reused",
    "A transactionId is never used again",
    "A Started, other than a retry, with the id of a transaction that has ended.",
    binds="CS",
    v2="E01.FR.08, E02.FR.08",
)
EVSE = rule(
    "tx.evse",
    "A transaction stays on its EVSE and connector",
    "Once an event names them, no later one names others. Another connector of the same EVSE is a remark: the text "
    "only forbids a second transaction there.",
    binds="CS",
    v2="E01.FR.14, E01.FR.16, J02.FR.22",
)
ONE_PER_EVSE = rule(
    "tx.one-per-evse",
    "An EVSE has one transaction at a time",
    "Two transactions that have started and not ended when the case ends, on one EVSE. Transactions with offline, "
    "refused or unanswered events are let off: the Ended may still be on its way.",
    binds="CS",
    v2="E01.FR.14",
)
TOKEN = rule(
    "tx.token",
    "A transaction keeps the token that it was authorized with",
    "A remote start names the token that the CSMS gave. Another token in an event that neither starts nor stops an "
    "authorization is a finding; another one with triggerReason Authorized is a remark (C01.FR.23). The one that stops "
    "(StopAuthorized, Deauthorized, Ended) may be another of the group.",
    binds="CS",
    v2="F01.FR.04, F02.FR.12, E02.FR.20, C01.FR.23",
)
REMOTE_ID = rule(
    "tx.remote-start-id",
    "remoteStartId is one that the CSMS gave, and goes with RemoteStart",
    "An event with triggerReason RemoteStart has it. An id that no RequestStartTransaction had is a finding if the "
    "monitor has seen every request.",
    binds="CS",
    v2="F01.FR.25, F02.FR.01, F02.FR.21",
)
CHARGING_STATE = rule(
    "tx.charging-state",
    "A change of the charging state says which one it is",
    "triggerReason ChargingStateChanged goes with chargingState; that it equals the one before is a remark, as is a "
    "Started without any. The text has no table of transitions, so none is judged.",
    binds="CS",
    v2="E01.FR.18, E02.FR.13",
)
STOPPED_REASON = rule(
    "tx.stopped-reason",
    "Ended tells why, unless the driver stopped it at the station",
    "stoppedReason may only be absent for Local. An Ended by RemoteStop says Remote; one by deauthorization, reset, "
    "time-out, limit or fault says something. On any other event it is a remark.",
    binds="CS",
    v2="E06.FR.08, F03.FR.03",
)
TOKEN_INFO = rule(
    "tx.token-info",
    "The answer has idTokenInfo exactly if the event had an idToken",
    "One without an idToken in the event is a remark. A token of type NoAuthorization is Accepted.",
    binds="CSMS",
    v2="E02.FR.02, E01.FR.12, C02.FR.02",
)
EVENT_ORDER = rule(
    "tx.time-order",
    "Events in the order of seqNo are in the order of time",
    "A remark, because setting the clock in between is allowed.",
    binds="CS",
    severity=Severity.SHOULD,
    v2="TransactionEventRequest.timestamp",
)
METER_TIME = rule(
    "tx.meter-time",
    "Meter values are not younger than their event",
    "Started and Updated with more than one meterValue: none has a timestamp after that of the event. A second is "
    "allowed, because fractions may be left out.",
    binds="CS",
    v2="J02.FR.10",
)
CONTEXT = rule(
    "tx.reading-context",
    "Readings say what they were taken for",
    "Those of Started include one with context Transaction.Begin, those of Ended one with Transaction.End (a remark "
    "where power was lost, and after a reboot), those that triggerReason MeterValuePeriodic or MeterValueClock brings "
    "one with Sample.Periodic, the default, or Sample.Clock. Whether there are readings at all is configured, and not "
    "visible here; Started and Ended with readings of the clock alone are let off for the same reason.",
    binds="CS",
    v2="E01.FR.09, E06.FR.11, J02.FR.04",
)

RULES = (
    STARTED_FIRST,
    ENDED_LAST,
    SEQ_START,
    SEQ_REPEAT,
    SEQ_GAP,
    ID_REUSED,
    EVSE,
    ONE_PER_EVSE,
    TOKEN,
    REMOTE_ID,
    CHARGING_STATE,
    STOPPED_REASON,
    TOKEN_INFO,
    EVENT_ORDER,
    METER_TIME,
    CONTEXT,
)

# Reasons that are never the driver's own stop at the station (TriggerReasonEnumType).
NOT_LOCAL = frozenset(
    {
        "Deauthorized",
        "EVConnectTimeout",
        "EnergyLimitReached",
        "TimeLimitReached",
        "ResetCommand",
        "UnlockCommand",
        "AbnormalCondition",
    }
)
PERIODIC, CLOCK = "Sample.Periodic", "Sample.Clock"
READ_AT = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}
READ_FOR = {"MeterValuePeriodic": PERIODIC, "MeterValueClock": CLOCK}
"""The context of readings, by eventType, and by triggerReason of an Updated."""
UNREAD = frozenset({"PowerLoss", "Reboot"})
"""stoppedReasons after which nobody may have read the meter at the end."""
STOPPING = frozenset({"StopAuthorized", "Deauthorized", "RemoteStop"})
SIGNATURES_KEPT = 256
MISSING_KEPT = 1000
_KINDS = frozenset({"Started", "Updated", "Ended"})


class Transactions2:
    """Follows every transaction of a 2.x station."""

    def __init__(self, context: Context, tables: Tables) -> None:
        self._context = context
        self._known = context.state.transactions2
        self._remote = context.state.remote_starts
        tables.on_call(self._event, "TransactionEvent")
        tables.on_answer(self._answered, "TransactionEvent")
        tables.on_refusal(self._refused, "TransactionEvent")
        tables.on_call(self._remote_start, "RequestStartTransaction")
        tables.on(self._link_changed, "open", "close")
        tables.at_end(self._finish)

    # ------------------------------------------------------------------ one event

    def _event(self, entry: Entry, payload: Any) -> None:
        event = payload if type(payload) is dict else raw(payload)
        info = event["transactionInfo"]
        id = info["transactionId"]
        kind = event["eventType"]
        seq = event["seqNo"] if type(event["seqNo"]) is int else whole(event["seqNo"])
        if type(id) is not str or seq is None or kind not in _KINDS:
            return
        trigger = event.get("triggerReason")
        stamp = event.get("timestamp")
        signature = (kind, stamp, trigger)
        transaction = self._known.get(id)
        if transaction is None:
            transaction = self._first_seen(entry, id, seq, kind)
            transaction.signatures[seq] = signature
        else:
            # Held against what is known: from here on the id and the number are judged.
            if event is not payload:
                if self._context.history:
                    count(payload, "transactionInfo", "transactionId")
                if not transaction.excused:
                    count(payload, "seqNo")
            if not self._numbered(entry, transaction, seq, kind, signature):
                return
        transaction.unanswered += 1
        if event.get("offline") is True:
            transaction.excused = True
        if kind == "Started":
            if seq == 0:
                count(payload, "eventType")
            self._started(entry, transaction, seq)
        elif kind == "Ended" and transaction.ended is None:
            transaction.ended = seq
        if transaction.ended is not None and transaction.highest > transaction.ended:
            self._after_end(entry, transaction)
        evse = event.get("evse")
        if evse is not None:
            self._placed(entry, payload, evse, transaction)
        token = event.get("idToken")
        if token is not None:
            self._authorized(entry, payload, token, transaction, kind, trigger)
        remote = info.get("remoteStartId")
        if remote is not None or trigger == "RemoteStart":
            self._remotely(entry, payload, transaction, trigger, remote)
        state = info.get("chargingState")
        if trigger == "ChargingStateChanged" or state is not None or kind == "Started":
            self._charging(entry, transaction, seq, kind, trigger, state)
        reason = info.get("stoppedReason")
        if kind == "Ended" or reason is not None:
            self._reason(entry, payload, kind, trigger, reason)
        meter = event.get("meterValue")
        at = moment_of(stamp)
        if at is not None:
            self._timed(entry, transaction, seq, at, stamp)
            if meter and len(meter) > 1 and kind != "Ended":
                self._meter_times(entry, meter, at, stamp)
        if meter:
            self._contexts(entry, meter, kind, trigger, reason)

    def _first_seen(self, entry: Entry, id: str, seq: int, kind: str) -> Transaction2:
        transaction = self._known[id] = Transaction2(id, lowest=seq, highest=seq, first_entry=entry.index)
        transaction.inherited = not self._context.history
        bounded(self._known, TRANSACTIONS_KEPT)
        if kind == "Started":
            if seq != 0:
                self._context.report(SEQ_START, entry, "seqNo 0", str(seq), pointer="/seqNo")
        elif seq == 0:
            self._not_started(entry, transaction, kind)
        return transaction

    def _not_started(self, entry: Entry, transaction: Transaction2, kind: str) -> None:
        transaction.start_reported = True
        self._context.report(
            STARTED_FIRST,
            entry,
            f"Started as the event with seqNo {transaction.lowest} of {transaction.id}",
            kind,
            pointer="/eventType",
        )

    def _numbered(
        self, entry: Entry, transaction: Transaction2, seq: int, kind: str, signature: tuple[Any, ...]
    ) -> bool:
        """Place a number among those seen; False if the event is a retry and says nothing new."""
        missing = transaction.missing
        if seq > transaction.highest:
            if seq > transaction.highest + 1:
                missing.update(range(max(transaction.highest + 1, seq - MISSING_KEPT), seq))
            transaction.highest = seq
        elif seq < transaction.lowest:
            missing.update(range(seq + 1, min(transaction.lowest, seq + MISSING_KEPT)))
            transaction.lowest = seq
            if seq == 0 and kind != "Started" and not transaction.start_reported:
                self._not_started(entry, transaction, kind)
        elif seq in missing:
            missing.discard(seq)
        else:
            earlier = transaction.signatures.get(seq)
            if earlier is None or earlier == signature:
                transaction.excused = transaction.failed = True  # a retry: the first attempt was not delivered
                return False
            if kind == "Started" and transaction.ended is not None:
                self._context.report(
                    ID_REUSED,
                    entry,
                    "a transactionId that was never used",
                    f"{transaction.id}, of a transaction that has ended",
                    pointer="/transactionInfo/transactionId",
                )
            else:
                self._context.report(
                    SEQ_REPEAT,
                    entry,
                    f"a seqNo that {transaction.id} has not had",
                    f"{seq}, which was {_event_words(earlier)} and is now {_event_words(signature)}",
                    pointer="/seqNo",
                )
            return False
        transaction.signatures[seq] = signature
        if len(transaction.signatures) > SIGNATURES_KEPT:
            bounded(transaction.signatures, SIGNATURES_KEPT)
        return True

    def _started(self, entry: Entry, transaction: Transaction2, seq: int) -> None:
        if transaction.started is None:
            transaction.started = seq
        elif transaction.started != seq:
            if transaction.ended is not None and seq > transaction.ended:
                self._context.report(
                    ID_REUSED,
                    entry,
                    "a transactionId that was never used",
                    f"{transaction.id}, of a transaction that has ended",
                    pointer="/transactionInfo/transactionId",
                )
                # A new transaction with an old id: followed as such, so that it is reported once.
                transaction.started, transaction.ended = seq, None
                transaction.lowest = seq
                transaction.missing.clear()
                return
            self._context.report(
                STARTED_FIRST,
                entry,
                f"no second Started of {transaction.id}",
                f"Started with seqNo {seq} after the one with {transaction.started}",
                pointer="/eventType",
            )
            return
        if seq > transaction.lowest and not transaction.start_reported:
            transaction.start_reported = True
            self._context.report(
                STARTED_FIRST,
                entry,
                f"Started as the event with the lowest seqNo of {transaction.id}",
                f"seqNo {seq}, while an event with {transaction.lowest} was sent",
                pointer="/seqNo",
            )

    def _after_end(self, entry: Entry, transaction: Transaction2) -> None:
        if transaction.end_reported == transaction.highest:
            return
        transaction.end_reported = transaction.highest
        self._context.report(
            ENDED_LAST,
            entry,
            f"no event of {transaction.id} after Ended (seqNo {transaction.ended})",
            f"seqNo {transaction.highest}",
            pointer="/seqNo",
        )

    # ------------------------------------------------------------------ what stays what it was

    def _placed(self, entry: Entry, payload: Any, evse: Any, transaction: Transaction2) -> None:
        number = evse["id"]
        connector = evse.get("connectorId")
        if transaction.evse is None:
            transaction.evse = number
        else:
            count(payload, "evse", "id")
            if number != transaction.evse:
                self._context.report(
                    EVSE, entry, f"EVSE {transaction.evse}, as before", text(number), pointer="/evse/id"
                )
        if connector is None:
            return
        if transaction.connector is None:
            transaction.connector = connector
        elif connector != transaction.connector:
            self._context.report(
                EVSE,
                entry,
                f"connector {transaction.connector}, as before",
                text(connector),
                pointer="/evse/connectorId",
                severity=Severity.SHOULD,
            )

    def _authorized(
        self, entry: Entry, payload: Any, token: Any, transaction: Transaction2, kind: str, trigger: Any
    ) -> None:
        value, type_ = token["idToken"], token["type"]
        named = (value.lower(), type_)
        if transaction.token is None:
            if kind != "Ended" and trigger not in STOPPING:
                transaction.token = named
            return
        if kind == "Ended" or trigger in STOPPING:
            return
        severity = None
        if trigger in ("Authorized", "RemoteStart"):
            severity = Severity.SHOULD
        else:
            count(payload, "idToken", "idToken")
            count(payload, "idToken", "type")
        if named != transaction.token:
            self._context.report(
                TOKEN,
                entry,
                f"the token {text(transaction.token[0])} of type {transaction.token[1]}, as before",
                f"{text(value)} of type {type_}",
                pointer="/idToken/idToken",
                severity=severity,
            )

    def _remotely(self, entry: Entry, payload: Any, transaction: Transaction2, trigger: Any, remote: Any) -> None:
        if remote is None:
            self._context.report(
                REMOTE_ID,
                entry,
                "remoteStartId with triggerReason RemoteStart",
                "none",
                pointer="/transactionInfo/remoteStartId",
            )
            return
        given = self._remote.get(remote)
        if given is not None:
            if self._context.history:
                count(payload, "transactionInfo", "remoteStartId")
            if trigger == "RemoteStart":
                self._token_of(entry, payload, given, remote)
        elif (self._context.history or self._remote) and transaction.remote_start != remote:
            self._context.report(
                REMOTE_ID,
                entry,
                "a remoteStartId that the CSMS gave",
                text(remote),
                pointer="/transactionInfo/remoteStartId",
                severity=None if self._context.history else Severity.SHOULD,
            )
        transaction.remote_start = remote

    def _token_of(self, entry: Entry, payload: Any, given: tuple[str, str], remote: int) -> None:
        value = remember(payload, "idToken", "idToken")
        if not isinstance(value, str):
            return
        count(payload, "idToken", "idToken")
        count(payload, "idToken", "type")
        type_ = remember(payload, "idToken", "type")
        if (value.lower(), type_) != given:
            self._context.report(
                TOKEN,
                entry,
                f"the token of remote start {remote}: {text(given[0])} of type {given[1]}",
                f"{text(value)} of type {type_}",
                pointer="/idToken/idToken",
            )

    def _remote_start(self, entry: Entry, payload: Any) -> None:
        remote = whole(remember(payload, "remoteStartId"))
        value = remember(payload, "idToken", "idToken")
        if remote is not None and isinstance(value, str):
            self._remote[remote] = (value.lower(), str(remember(payload, "idToken", "type")))
            bounded(self._remote, TRANSACTIONS_KEPT)

    # ------------------------------------------------------------------ states and reasons

    def _charging(self, entry: Entry, transaction: Transaction2, seq: int, kind: str, trigger: Any, state: Any) -> None:
        pointer = "/transactionInfo/chargingState"
        before = transaction.charging_state
        if trigger == "ChargingStateChanged":
            if state is None:
                self._context.report(CHARGING_STATE, entry, "chargingState, which changed", "none", pointer=pointer)
            elif before is not None and before == (seq - 1, state):
                self._context.report(
                    CHARGING_STATE,
                    entry,
                    f"another chargingState than {state}",
                    f"{state} again",
                    pointer=pointer,
                    severity=Severity.SHOULD,
                )
        elif kind == "Started" and state is None:
            self._context.report(
                CHARGING_STATE, entry, "chargingState with Started", "none", pointer=pointer, severity=Severity.SHOULD
            )
        if state is not None and (before is None or seq > before[0]):
            transaction.charging_state = (seq, state)
        elif before is not None and seq == before[0] + 1:
            # Nothing changed with this event; the state stands for the next one.
            transaction.charging_state = (seq, before[1])

    def _reason(self, entry: Entry, payload: Any, kind: str, trigger: Any, reason: Any) -> None:
        pointer = "/transactionInfo/stoppedReason"
        if kind != "Ended":
            self._context.report(
                STOPPED_REASON,
                entry,
                "no stoppedReason before Ended",
                text(reason),
                pointer=pointer,
                severity=Severity.SHOULD,
            )
        elif trigger == "RemoteStop":
            count(payload, "transactionInfo", "stoppedReason")
            if reason != "Remote":
                self._context.report(STOPPED_REASON, entry, '"Remote" after RemoteStop', text(reason), pointer=pointer)
        elif reason is None and trigger in NOT_LOCAL:
            self._context.report(
                STOPPED_REASON, entry, f"a stoppedReason with triggerReason {trigger}", "none", pointer=pointer
            )

    # ------------------------------------------------------------------ times and readings

    def _timed(self, entry: Entry, transaction: Transaction2, seq: int, at: float, stamp: Any) -> None:
        last = transaction.last_time
        if last is None:
            transaction.last_time = (seq, at)
            return
        before, than = last
        if (seq > before and at < than) or (seq < before and at > than):
            self._context.report(
                EVENT_ORDER,
                entry,
                f"a timestamp {'not before' if seq > before else 'not after'} that of seqNo {before}",
                f"{text(stamp)}, {abs(than - at):g} s off",
                pointer="/timestamp",
            )
        if seq > before:
            transaction.last_time = (seq, at)

    def _meter_times(self, entry: Entry, meter: list[Any], at: float, stamp: Any) -> None:
        for index, value in enumerate(meter):
            taken = moment_of(value.get("timestamp"))
            if taken is not None and taken > at + 1:
                self._context.report(
                    METER_TIME,
                    entry,
                    f"not after {text(stamp)}, the time of the event",
                    text(value.get("timestamp")),
                    pointer=f"/meterValue/{index}/timestamp",
                )

    def _contexts(self, entry: Entry, meter: list[Any], kind: str, trigger: Any, reason: Any) -> None:
        wanted = READ_AT.get(kind) or READ_FOR.get(trigger)
        if wanted is None:
            return
        # Mostly the first one is it already.
        if meter[0]["sampledValue"][0].get("context", PERIODIC) == wanted:
            return
        told = {sample.get("context", PERIODIC) for value in meter for sample in value["sampledValue"]}
        if wanted in told or (kind != "Updated" and told == {CLOCK}):
            return
        self._context.report(
            CONTEXT,
            entry,
            f"a reading with context {wanted}",
            ", ".join(sorted(told)),
            pointer="/meterValue",
            severity=Severity.SHOULD if kind == "Ended" and reason in UNREAD else None,
        )

    # ------------------------------------------------------------------ answers

    def _of(self, call: Call) -> Transaction2 | None:
        id = remember(call.payload, "transactionInfo", "transactionId")
        return self._known.get(id) if isinstance(id, str) else None

    def _answered(self, entry: Entry, payload: Any, call: Call) -> None:
        transaction = self._of(call)
        if transaction is not None and transaction.unanswered > 0:
            transaction.unanswered -= 1
        token = remember(call.payload, "idToken")
        info = remember(payload, "idTokenInfo") if payload else None
        if token is None:
            if info is not None:
                self._context.report(
                    TOKEN_INFO,
                    entry,
                    "no idTokenInfo: the event had no idToken",
                    "one",
                    pointer="/idTokenInfo",
                    severity=Severity.SHOULD,
                )
            return
        judged(payload, "idTokenInfo")
        if info is None:
            self._context.report(
                TOKEN_INFO, entry, "idTokenInfo: the event had an idToken", "none", pointer="/idTokenInfo"
            )
        elif remember(token, "type") == "NoAuthorization" and judged(info, "status") != "Accepted":
            self._context.report(
                TOKEN_INFO,
                entry,
                "Accepted for a token of type NoAuthorization",
                text(remember(info, "status")),
                pointer="/idTokenInfo/status",
            )

    def _refused(self, entry: Entry, frame: Frame, call: Call) -> None:
        transaction = self._of(call)
        if transaction is not None:
            transaction.excused = transaction.failed = True

    def _link_changed(self, entry: Entry) -> None:
        for transaction in self._known.values():
            transaction.failed = transaction.failed or transaction.unanswered > 0
            self._unstarted(transaction)
            if transaction.ended is None or transaction.unanswered:
                transaction.excused = transaction.relinked = True

    def _unstarted(self, transaction: Transaction2) -> None:
        """Report a transaction that has events, none of them lost, and no Started."""
        if transaction.started is not None or transaction.start_reported or transaction.failed:
            return
        transaction.start_reported = True
        self._context.report(
            STARTED_FIRST,
            None,
            f"Started as the first event of {transaction.id}",
            f"none; the lowest seqNo is {transaction.lowest}",
            severity=Severity.SHOULD if transaction.inherited or transaction.relinked else None,
            sender="CS",
            note=f"first seen in frame {transaction.first_entry}",
        )

    # ------------------------------------------------------------------ the end of the case

    def _finish(self, now: float) -> None:
        running: dict[int, Transaction2] = {}
        for transaction in self._known.values():
            if transaction.unanswered:
                transaction.excused = transaction.failed = True
            self._unstarted(transaction)
            if transaction.excused:
                transaction.missing.clear()
                continue
            if transaction.missing:
                gaps = sorted(transaction.missing)
                self._context.report(
                    SEQ_GAP,
                    None,
                    f"every seqNo of {transaction.id} from {transaction.lowest} to {transaction.highest}",
                    f"{', '.join(map(str, gaps[:10]))}{'...' if len(gaps) > 10 else ''} missing",
                    sender="CS",
                    note=f"first seen in frame {transaction.first_entry}",
                )
                transaction.missing.clear()
            # A device may call anything an EVSE; the schema's finding says so.
            if transaction.ended is None and transaction.started is not None and isinstance(transaction.evse, int):
                self._crowded(running, transaction, transaction.evse)

    def _crowded(self, running: dict[int, Transaction2], transaction: Transaction2, evse: int) -> None:
        if transaction.crowd_reported:
            return
        other = running.get(evse)
        running[evse] = transaction
        if other is None:
            return
        # The older one is forgotten then: it would fail every case that follows.
        other.crowd_reported = True
        self._context.report(
            ONE_PER_EVSE,
            None,
            f"one transaction on EVSE {evse}",
            f"{other.id} and {transaction.id}, neither of which has ended",
            sender="CS",
        )


def _event_words(signature: tuple[Any, ...]) -> str:
    kind, stamp, trigger = signature
    return f"{kind} ({trigger}) at {stamp}"
