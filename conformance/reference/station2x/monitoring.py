"""Variable monitoring: setting, clearing and reporting monitors, and the events that they bring (2.0.1 N02 to N08)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from conformance.reference.device_model import READ_WRITE, Variable
from conformance.reference.wire import Answer, CallError, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x

NUMERIC = ("integer", "decimal")
THRESHOLDS = ("UpperThreshold", "LowerThreshold")
PERIODIC = ("Periodic", "PeriodicClockAligned")
CRITERIA = {
    "ThresholdMonitoring": THRESHOLDS,
    "DeltaMonitoring": ("Delta",),
    "PeriodicMonitoring": PERIODIC,
}
LEVELS = range(10)
ITEMS = 20
"""Monitors in one SetVariableMonitoring."""
LOOK = 0.1
"""Seconds between two looks at the monitored values."""
PART = 20
"""Variables in one NotifyMonitoringReport."""


@dataclass
class _Watch:
    """What a look at a monitor compares with: the value last told, whether an alert stands, when it was last due."""

    told: str
    alerting: bool = False
    due: float = 0.0


class Monitoring:
    """Handlers of block N's monitors. The monitors live in memory, as the CSMS set them."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self._watches: dict[int, _Watch] = {}
        self._event = 0

    @property
    def _kept(self) -> dict[str, Any]:
        return self._station.memory.section("monitoring")

    @property
    def _monitors(self) -> dict[str, dict[str, Any]]:
        monitors: dict[str, dict[str, Any]] = self._kept.setdefault("monitors", {})
        return monitors

    # -- handlers --------------------------------------------------------------------------------------------------

    def set_monitors(self, request: Payload) -> Payload:
        """Answer SetVariableMonitoring."""
        data = request["setMonitoringData"]
        if len(data) > ITEMS:
            raise CallError("OccurrenceConstraintViolation", f"at most {ITEMS} monitors in a request")
        return {"setMonitoringResult": [self._set(one) for one in data]}

    def _set(self, data: Payload) -> Payload:
        result: Payload = {key: data[key] for key in ("type", "severity", "component", "variable")}
        status, number = self._judge(data)
        if status == "Accepted":
            number = number or int(self._kept.get("last", 0)) + 1
            self._kept["last"] = max(number, int(self._kept.get("last", 0)))
            self._monitors[str(number)] = {**data, "id": number, "transaction": data.get("transaction", False)}
            self._watches[number] = _Watch(self._value(data), due=time.time())
            self._station.memory.save()
        if number is not None and status in ("Accepted", "Duplicate"):
            result["id"] = number
        return {**result, "status": status}

    def _value(self, monitor: Payload) -> str:
        found = self._station.model.lookup(monitor["component"], monitor["variable"])
        return "" if isinstance(found, str) else self._station.model.value(found)

    def _judge(self, data: Payload) -> tuple[str, int | None]:
        """The status of a SetMonitoringData element, and the id that it has already."""
        found = self._station.model.lookup(data["component"], data["variable"])
        if isinstance(found, str):
            return found, None
        kind, value = data["type"], Decimal(str(data["value"]))
        if not _fits(found, kind):
            return "UnsupportedMonitorType", None
        number = data.get("id")
        if number is not None:
            old = self._monitors.get(str(number))
            if old is None or (old["component"], old["variable"]) != (data["component"], data["variable"]):
                return "Rejected", None
        if data["severity"] not in LEVELS or (kind not in THRESHOLDS and value < 0):
            return "Rejected", None
        if kind in PERIODIC and value <= 0:
            return "Rejected", None
        if kind in THRESHOLDS and not _within(found, value):
            return "Rejected", None
        same = ("component", "variable", "type", "severity")
        for other in self._monitors.values():
            if other["id"] != number and all(other[key] == data[key] for key in same):
                return "Duplicate", int(other["id"])
        return "Accepted", number

    def clear(self, request: Payload) -> Payload:
        """Answer ClearVariableMonitoring."""
        results = []
        for number in request["id"]:
            gone = self._monitors.pop(str(number), None)
            self._watches.pop(number, None)
            results.append({"id": number, "status": "NotFound" if gone is None else "Accepted"})
        self._station.memory.save()
        return {"clearMonitoringResult": results}

    def set_base(self, request: Payload) -> Payload:
        """Answer SetMonitoringBase; there are no pre-configured monitors, so only All keeps what was set."""
        if request["monitoringBase"] != "All":
            self._monitors.clear()
            self._watches.clear()
            self._station.memory.save()
        self._kept["base"] = request["monitoringBase"]
        return {"status": "Accepted"}

    def set_level(self, request: Payload) -> Payload:
        """Answer SetMonitoringLevel."""
        if request["severity"] not in LEVELS:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "ValueOutOfRange"}}
        self._kept["level"] = request["severity"]
        self._station.memory.save()
        return {"status": "Accepted"}

    def base(self) -> str:
        """The variable ActiveMonitoringBase."""
        return str(self._kept.get("base", "All"))

    def level(self) -> str:
        """The variable ActiveMonitoringLevel."""
        return str(self._kept.get("level", LEVELS[-1]))

    # -- report ----------------------------------------------------------------------------------------------------

    def get_report(self, request: Payload) -> Answer | Payload:
        """Answer GetMonitoringReport; the NotifyMonitoringReports follow."""
        chosen = list(self._monitors.values())
        criteria = request.get("monitoringCriteria")
        if criteria:
            kinds = {kind for name in criteria for kind in CRITERIA[name]}
            chosen = [one for one in chosen if one["type"] in kinds]
        wanted = request.get("componentVariable")
        if wanted:
            matches = [self._station.model.matching(one["component"], one.get("variable")) for one in wanted]
            labels = {variable.label for found in matches for variable in found}
            chosen = [one for one in chosen if self._label(one) in labels]
        if not chosen:
            return {"status": "EmptyResultSet", "statusInfo": {"reasonCode": "NotFound"}}
        return Answer({"status": "Accepted"}, lambda: self._station.spawn(self._notify(request["requestId"], chosen)))

    def _label(self, monitor: Payload) -> str:
        found = self._station.model.lookup(monitor["component"], monitor["variable"])
        return found if isinstance(found, str) else found.label

    async def _notify(self, request_id: int, chosen: list[Payload]) -> None:
        by_variable: dict[str, Payload] = {}
        for one in chosen:
            entry = by_variable.setdefault(
                self._label(one),
                {"component": one["component"], "variable": one["variable"], "variableMonitoring": []},
            )
            monitor = {key: one[key] for key in ("id", "transaction", "value", "type", "severity")}
            if "NotifyPeriodicEventStream" in self._station.version.actions:
                # New and required in 2.1.
                monitor["eventNotificationType"] = "CustomMonitor"
            entry["variableMonitoring"].append(monitor)
        entries = list(by_variable.values())
        parts = [entries[index : index + PART] for index in range(0, len(entries), PART)]
        for number, part in enumerate(parts):
            payload: Payload = {
                "requestId": request_id,
                "generatedAt": self._station.clock.stamp(),
                "seqNo": number,
                "monitor": part,
            }
            if number < len(parts) - 1:
                payload["tbc"] = True
            await self._station.tell("NotifyMonitoringReport", payload)

    # -- watching --------------------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Look at every monitored value again and again; runs for a life of the station."""
        while True:
            await asyncio.sleep(LOOK)
            for monitor in list(self._monitors.values()):
                self._look(monitor)

    def _look(self, monitor: Payload) -> None:
        model = self._station.model
        found = model.lookup(monitor["component"], monitor["variable"])
        if isinstance(found, str):
            return
        value = model.value(found)
        watch = self._watches.get(monitor["id"])
        if watch is None:
            watch = self._watches[monitor["id"]] = _Watch(value, bool(monitor.get("alerting")), time.time())
        if monitor["type"] in THRESHOLDS:
            self._look_threshold(monitor, watch, value)
        elif monitor["type"] == "Delta":
            if _changed(found, watch.told, value, Decimal(str(monitor["value"]))):
                watch.told = value
                self._tell(monitor, value, "Delta")
        elif _due(monitor, watch):
            self._tell(monitor, value, "Periodic")

    def _look_threshold(self, monitor: Payload, watch: _Watch, value: str) -> None:
        limit = Decimal(str(monitor["value"]))
        number = _number(value)
        if number is None:
            return
        beyond = number > limit if monitor["type"] == "UpperThreshold" else number < limit
        if beyond != watch.alerting:
            watch.alerting = beyond
            monitor["alerting"] = beyond
            self._tell(monitor, value, "Alerting", cleared=not beyond)

    def _tell(self, monitor: Payload, value: str, trigger: str, *, cleared: bool = False) -> None:
        station = self._station
        if not station.online or monitor["severity"] > int(self.level()):
            return
        event: Payload = {
            "eventId": self.next_event(),
            "timestamp": station.clock.stamp(),
            "trigger": trigger,
            "actualValue": value,
            "eventNotificationType": "CustomMonitor",
            "component": monitor["component"],
            "variable": monitor["variable"],
            "variableMonitoringId": monitor["id"],
        }
        if cleared:
            event["cleared"] = True
        if monitor["transaction"]:
            running = [one.transaction for one in station.transactions.sessions.values() if one.transaction]
            if running:
                event["transactionId"] = running[0].id
        payload = {"generatedAt": station.clock.stamp(), "seqNo": 0, "eventData": [event]}
        station.spawn(station.tell("NotifyEvent", payload))

    def next_event(self) -> int:
        """A number for an event."""
        self._event += 1
        return self._event


def _fits(variable: Variable, kind: str) -> bool:
    if kind in THRESHOLDS:
        return variable.data_type in NUMERIC
    return kind == "Delta" or kind in PERIODIC


def _within(variable: Variable, value: Decimal) -> bool:
    low = variable.minimum is None or value >= Decimal(variable.minimum)
    return low and (variable.maximum is None or value <= Decimal(variable.maximum))


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _changed(variable: Variable, before: str, now: str, by: Decimal) -> bool:
    if variable.data_type not in NUMERIC:
        return before != now
    old, new = _number(before), _number(now)
    return old is not None and new is not None and abs(new - old) >= by and new != old


def _due(monitor: Payload, watch: _Watch) -> bool:
    every = float(monitor["value"])
    now = time.time()
    if monitor["type"] == "PeriodicClockAligned":
        due = now // every != watch.due // every
    else:
        due = now >= watch.due + every
    if due:
        watch.due = now
    return due


def variables(station: Station2x) -> list[Variable]:
    """What MonitoringCtrlr shows (part 2, 2.11)."""
    name = "MonitoringCtrlr"
    return [
        Variable(name, "Available", "true", "boolean"),
        Variable(name, "Enabled", "true", "boolean", READ_WRITE),
        Variable(
            name,
            "ActiveMonitoringBase",
            data_type="OptionList",
            values=("All", "FactoryDefault", "HardWiredOnly"),
            read=station.monitoring.base,
        ),
        Variable(
            name, "ActiveMonitoringLevel", data_type="integer", minimum="0", maximum="9", read=station.monitoring.level
        ),
        *(
            Variable(name, limit, value, "integer", instance=operation, minimum="0")
            for operation in ("SetVariableMonitoring", "ClearVariableMonitoring")
            for limit, value in (("ItemsPerMessage", str(ITEMS)), ("BytesPerMessage", "65536"))
        ),
    ]
