"""Transactions of 1.6: StartTransaction, StopTransaction, MeterValues."""

from __future__ import annotations

from typing import Any

from conformance.monitor.carry import TRANSACTIONS_KEPT, Transaction16, bounded
from conformance.monitor.context import Call, Context, Tables
from conformance.monitor.reading import count, raw, remember, text
from conformance.monitor.rule import rule
from conformance.monitor.times import moment_of
from conformance.ocppj.findings import Severity
from conformance.ocppj.trace import Entry

ID_GIVEN = rule(
    "tx16.id-given",
    "A CSMS gives each transaction an id of its own",
    "Two running transactions with one id are a finding. An id below 1 is a remark (unique positive numbers are "
    "recommended), as is a second id for a StartTransaction that is sent again.",
    binds="CSMS",
    v16="1.6 4.8, 6.46, errata 3.54",
)
ID_USED = rule(
    "tx16.id-used",
    "StopTransaction and MeterValues name a transaction that the CSMS started",
    "Or -1, when the answer to StartTransaction never came (errata 3.18). Judged if the monitor has seen every "
    "transaction since the station was idle; otherwise it is a remark.",
    binds="CS",
    v16="1.6 4.7, 4.10, 6.49, errata 3.18",
)
STOP_ONCE = rule(
    "tx16.stop-once",
    "A transaction is stopped once",
    "A second StopTransaction with the same id is a retry if it is the same and the first was not answered. "
    "Transactions that ran at once and were given one id have one each.",
    binds="CS",
    v16="1.6 4.10",
)
METER_STOP = rule(
    "tx16.meter-stop",
    "meterStop is not below meterStart",
    "Registers only count up (errata 3.77), and both are readings of one register.",
    binds="CS",
    v16="1.6 6.45, 6.49, errata 3.77",
)
METER_PLACE = rule(
    "tx16.meter-place",
    "MeterValues with a transactionId come from that transaction's connector",
    "A transactionId with connectorId 0, the main meter, is a remark.",
    binds="CS",
    v16="1.6 4.7, errata 3.16",
)
TIMES = rule(
    "tx16.time-order",
    "A transaction does not stop before it starts",
    "By the timestamps of StartTransaction and StopTransaction. A remark, because setting the clock in between is "
    "allowed.",
    binds="CS",
    severity=Severity.SHOULD,
    v16="1.6 6.45, 6.49",
)
ONE_PER_CONNECTOR = rule(
    "tx16.one-per-connector",
    "A connector has one transaction at a time",
    "A StartTransaction while the connector's last transaction has not been stopped. A remark: the StopTransaction may "
    "have been lost.",
    binds="CS",
    severity=Severity.SHOULD,
    v16="1.6 3.6, 4.8",
)

RULES = (ID_GIVEN, ID_USED, STOP_ONCE, METER_STOP, METER_PLACE, TIMES, ONE_PER_CONNECTOR)

UNKNOWN_ID = -1
"""What a station writes when it was never told the id (errata 3.18)."""


class Transactions16:
    """Follows every transaction of a 1.6 station."""

    def __init__(self, context: Context, tables: Tables) -> None:
        self._context = context
        self._known = context.state.transactions16
        self._starts: dict[tuple[Any, ...], int] = {}
        tables.on_call(self._start, "StartTransaction")
        tables.on_answer(self._started, "StartTransaction")
        tables.on_call(self._stop, "StopTransaction")
        tables.on_answer(self._stopped, "StopTransaction")
        tables.on_call(self._meter, "MeterValues")
        tables.on(self._closed, "close")
        tables.on(self._noted, "note")

    def _start(self, entry: Entry, payload: Any) -> None:
        start = raw(payload)
        connector = start["connectorId"]
        key = _start_key(start)
        for transaction in self._known.values():
            if transaction.connector == connector and transaction.stopped is None and transaction.key != key:
                self._context.report(
                    ONE_PER_CONNECTOR,
                    entry,
                    f"StopTransaction of {transaction.id} before another start on connector {connector}",
                    "none",
                    pointer="/connectorId",
                )
                break

    def _started(self, entry: Entry, payload: Any, call: Call) -> None:
        id = raw(payload)["transactionId"]
        start = raw(call.payload)
        if type(id) is not int or type(start) is not dict:
            return
        key = _start_key(start)
        pointer = "/transactionId"
        before = self._starts.get(key)
        known = self._known.get(id)
        if id <= 0:
            self._context.report(
                ID_GIVEN, entry, "a positive number", str(id), pointer=pointer, severity=Severity.SHOULD
            )
        if before is not None and before != id:
            self._context.report(
                ID_GIVEN,
                entry,
                f"{before} again: the same StartTransaction was sent again",
                str(id),
                pointer=pointer,
                severity=Severity.SHOULD,
            )
        elif known is not None and known.key != key:
            count(payload, "transactionId")
            self._context.report(
                ID_GIVEN,
                entry,
                "an id that no other transaction has",
                f"{id}, of the transaction on connector {known.connector}",
                pointer=pointer,
                severity=None if known.stopped is None else Severity.SHOULD,
            )
        self._starts[key] = id
        bounded(self._starts, TRANSACTIONS_KEPT)
        if known is not None and known.key == key:
            return
        self._known.pop(id, None)
        self._known[id] = Transaction16(
            id,
            connector=start.get("connectorId"),
            token=str(start.get("idTag")),
            meter_start=start.get("meterStart"),
            start_time=moment_of(start.get("timestamp")),
            key=key,
            # What is begun wrongly on purpose is ended in the same way: nobody waits for its StopTransaction.
            stopped=(None, None) if call.entry.data.get("deliberate") else None,
            namesakes=known.namesakes + 1 if known is not None and known.stopped is None else 0,
        )
        bounded(self._known, TRANSACTIONS_KEPT)

    def _find(self, entry: Entry, payload: Any, id: Any) -> Transaction16 | None:
        """The transaction of an id that the station names; None, reported, if there is none."""
        if type(id) is not int:
            return None
        transaction = self._known.get(id)
        if id == UNKNOWN_ID and (transaction is None or transaction.stopped is not None):
            # Not one that a CSMS gave this id to.
            return None
        if transaction is not None:
            if self._context.history:
                count(payload, "transactionId")
            return transaction
        self._context.report(
            ID_USED,
            entry,
            "a transactionId that the CSMS gave",
            str(id),
            pointer="/transactionId",
            severity=None if self._context.history else Severity.SHOULD,
            provoked=True,
        )
        return None

    def _stop(self, entry: Entry, payload: Any) -> None:
        stop = raw(payload)
        transaction = self._find(entry, payload, stop["transactionId"])
        if transaction is None:
            return
        if transaction.namesakes > transaction.namesakes_stopped:
            transaction.namesakes_stopped += 1
            return
        signature = (stop.get("meterStop"), stop.get("timestamp"))
        if transaction.stopped is not None:
            if transaction.stop_answered or transaction.stopped != signature:
                self._context.report(
                    STOP_ONCE,
                    entry,
                    f"one StopTransaction of {transaction.id}",
                    "another" if transaction.stopped != signature else "the same one, which had been answered",
                    pointer="/transactionId",
                )
            return
        transaction.stopped = signature
        if transaction.namesakes:
            return
        meter = stop.get("meterStop")
        if type(meter) is int and type(transaction.meter_start) is int and meter < transaction.meter_start:
            self._context.report(
                METER_STOP,
                entry,
                f"at least {transaction.meter_start} Wh, the meterStart",
                f"{meter} Wh",
                pointer="/meterStop",
            )
        at = moment_of(stop.get("timestamp"))
        if at is not None and transaction.start_time is not None and at < transaction.start_time:
            self._context.report(
                TIMES,
                entry,
                "a time after that of StartTransaction",
                f"{transaction.start_time - at:g} s before it",
                pointer="/timestamp",
            )

    def _stopped(self, entry: Entry, payload: Any, call: Call) -> None:
        transaction = self._known.get(remember(call.payload, "transactionId"))
        if transaction is not None:
            transaction.stop_answered = True

    def _closed(self, entry: Entry) -> None:
        for transaction in self._known.values():
            # The last answer may have been lost with the connection.
            transaction.stop_answered = False

    def _noted(self, entry: Entry) -> None:
        if entry.data.get("fate") in ("lost", "held"):
            self._closed(entry)

    def _meter(self, entry: Entry, payload: Any) -> None:
        values = raw(payload)
        id = values.get("transactionId")
        if id is None:
            return
        transaction = self._find(entry, payload, id)
        connector = values["connectorId"]
        if connector == 0:
            self._context.report(
                METER_PLACE,
                entry,
                "no transactionId with the main meter",
                text(id),
                pointer="/transactionId",
                severity=Severity.SHOULD,
            )
        elif transaction is not None and not transaction.namesakes:
            count(payload, "connectorId")
            if connector != transaction.connector:
                self._context.report(
                    METER_PLACE,
                    entry,
                    f"connector {transaction.connector}, of transaction {transaction.id}",
                    text(connector),
                    pointer="/connectorId",
                )


def _start_key(start: Any) -> tuple[Any, ...]:
    return (start.get("connectorId"), start.get("idTag"), start.get("meterStart"), start.get("timestamp"))
