"""Connectors: which there are, and what status they may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.monitor.carry import REQUESTS_KEPT, bounded
from conformance.monitor.context import Context, Tables
from conformance.monitor.reading import raw, text
from conformance.monitor.rule import rule
from conformance.ocppj.findings import Severity
from conformance.ocppj.trace import Entry

EXISTS = rule(
    "status.connector-exists",
    "A station speaks of EVSEs and connectors that it has",
    "Held against the hardware in the device's description, where that is given. EVSE 0 and, in 1.6, connector 0 stand "
    "for the whole station in MeterValues and (1.6) StatusNotification, and for nothing in a transaction.",
    binds="CS",
    v16="1.6 3.8",
    v2="Part 1 7.1, 7.2",
)
CONNECTOR_ZERO = rule(
    "status.connector-zero",
    "Connector 0 is Available, Unavailable or Faulted",
    "It stands for the main controller, which has no other status.",
    binds="CS",
    v16="1.6 4.9",
)
TRANSITION = rule(
    "status.transition",
    "A connector changes its status as the table of transitions has it",
    "Over an unbroken connection. A remark, because a status shorter than MinimumStatusDuration may be skipped, so "
    "that two steps look like one.",
    binds="CS",
    severity=Severity.SHOULD,
    v16="1.6 4.9, errata 3.20",
)
COMMUNICATION_ERROR = rule(
    "status.ev-communication-error",
    "EVCommunicationError goes with Preparing, SuspendedEV, SuspendedEVSE or Finishing",
    "It is a warning that charging may go on.",
    binds="CS",
    v16="1.6 4.9",
)

RULES = (EXISTS, CONNECTOR_ZERO, TRANSITION, COMMUNICATION_ERROR)

_ALL = frozenset(
    {
        "Available",
        "Preparing",
        "Charging",
        "SuspendedEV",
        "SuspendedEVSE",
        "Finishing",
        "Reserved",
        "Unavailable",
        "Faulted",
    }
)
# 1.6 section 4.9, with B6 of errata 3.20. Back from Faulted leads to the status before it, which can be any.
MAY_FOLLOW: Mapping[str, frozenset[str]] = {
    "Available": _ALL - {"Finishing"},
    "Preparing": _ALL - {"Reserved", "Unavailable"},
    "Charging": _ALL - {"Preparing", "Reserved"},
    "SuspendedEV": _ALL - {"Preparing", "Reserved"},
    "SuspendedEVSE": _ALL - {"Preparing", "Reserved"},
    "Finishing": frozenset({"Available", "Preparing", "Unavailable", "Faulted"}),
    "Reserved": frozenset({"Available", "Preparing", "Unavailable", "Faulted"}),
    "Unavailable": _ALL - {"Finishing", "Reserved"},
    "Faulted": _ALL,
}
STATUSES_OF_ZERO = frozenset({"Available", "Unavailable", "Faulted"})
WARNED = frozenset({"Preparing", "SuspendedEV", "SuspendedEVSE", "Finishing"})


class Status:
    """Follows the status of every connector."""

    def __init__(self, context: Context, tables: Tables) -> None:
        self._context = context
        self._statuses = context.state.statuses
        connectors = context.settings.connectors
        self._connectors = connectors
        self._evses = frozenset(evse for evse, _ in connectors)
        tables.on(self._link_changed, "open", "close")
        if context.version.family == "1.6":
            tables.on_call(self._status16, "StatusNotification")
            if connectors:
                tables.on_call(self._start16, "StartTransaction")
                tables.on_call(self._meter16, "MeterValues")
            return
        tables.on_call(self._status2, "StatusNotification")
        if connectors:
            tables.on_call(self._event2, "TransactionEvent")
            tables.on_call(self._meter2, "MeterValues")

    def _link_changed(self, entry: Entry) -> None:
        # What happened meanwhile is not reported one by one.
        self._statuses.clear()

    def _missing(self, entry: Entry, what: str, pointer: str) -> None:
        known = ", ".join(f"{evse}/{connector}" for evse, connector in sorted(self._connectors))
        self._context.report(
            EXISTS, entry, f"an EVSE/connector of {known}", what, pointer=pointer, note="or the description is wrong"
        )

    # ------------------------------------------------------------------ 1.6

    def _status16(self, entry: Entry, payload: Any) -> None:
        report = raw(payload)
        connector, status = report["connectorId"], report["status"]
        if self._connectors and connector != 0 and connector not in self._evses:
            self._missing(entry, f"connector {connector}", "/connectorId")
        if connector == 0 and status not in STATUSES_OF_ZERO:
            self._context.report(
                CONNECTOR_ZERO, entry, "Available, Unavailable or Faulted", text(status), pointer="/status"
            )
        if report.get("errorCode") == "EVCommunicationError" and status not in WARNED:
            self._context.report(
                COMMUNICATION_ERROR,
                entry,
                "status Preparing, SuspendedEV, SuspendedEVSE or Finishing",
                text(status),
                pointer="/status",
            )
        place = (0, connector)
        before = self._statuses.get(place)
        if connector and before is not None and before != status and status not in MAY_FOLLOW.get(before, _ALL):
            self._context.report(
                TRANSITION,
                entry,
                f"{' or '.join(sorted(MAY_FOLLOW[before]))} after {before}",
                text(status),
                pointer="/status",
            )
        self._remember(place, status)

    def _start16(self, entry: Entry, payload: Any) -> None:
        connector = raw(payload)["connectorId"]
        if connector not in self._evses:
            self._missing(entry, f"connector {connector}", "/connectorId")

    def _meter16(self, entry: Entry, payload: Any) -> None:
        connector = raw(payload)["connectorId"]
        if connector != 0 and connector not in self._evses:
            self._missing(entry, f"connector {connector}", "/connectorId")

    # ------------------------------------------------------------------ 2.x

    def _status2(self, entry: Entry, payload: Any) -> None:
        report = raw(payload)
        place = (report["evseId"], report["connectorId"])
        if self._connectors and place not in self._connectors:
            known = place[0] in self._evses
            self._missing(entry, f"{place[0]}/{place[1]}", "/connectorId" if known else "/evseId")
        self._remember(place, report["connectorStatus"])

    def _event2(self, entry: Entry, payload: Any) -> None:
        evse = raw(payload).get("evse")
        if evse is None:
            return
        number, connector = evse["id"], evse.get("connectorId")
        if number not in self._evses:
            self._missing(entry, f"EVSE {number}", "/evse/id")
        elif connector is not None and (number, connector) not in self._connectors:
            self._missing(entry, f"{number}/{connector}", "/evse/connectorId")

    def _meter2(self, entry: Entry, payload: Any) -> None:
        number = raw(payload)["evseId"]
        if number != 0 and number not in self._evses:
            self._missing(entry, f"EVSE {number}", "/evseId")

    def _remember(self, place: tuple[int, int], status: str) -> None:
        self._statuses[place] = status
        if len(self._statuses) > REQUESTS_KEPT:
            bounded(self._statuses, REQUESTS_KEPT)
