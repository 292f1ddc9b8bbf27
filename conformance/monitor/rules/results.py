"""Answers and reports: they name exactly what was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.monitor.carry import REQUESTS_KEPT, ReportRequest, bounded
from conformance.monitor.context import Call, Context, Tables
from conformance.monitor.reading import count, judged, judged_items, raw, remember, remember_items, text, whole
from conformance.monitor.rule import rule
from conformance.monitor.rules.boot import TRIGGERS, triggered_actions
from conformance.ocppj.findings import Severity
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry

VARIABLES = rule(
    "results.variables",
    "GetVariables and SetVariables have one result for each variable asked for",
    "Same component, variable and attributeType, in any order, names without regard to case. An attributeType that is "
    "left out where it is Actual is a remark: Actual is its default.",
    binds="CS",
    v2="B05.FR.01, B05.FR.02, B05.FR.03, B05.FR.12, B06.FR.01, B06.FR.02, B06.FR.03, B06.FR.11",
)
ATTRIBUTE_VALUE = rule(
    "results.attribute-value",
    "GetVariables has a value exactly where it could be read",
    "attributeValue is there with Accepted, and not with UnknownComponent, UnknownVariable or "
    "NotSupportedAttributeType.",
    binds="CS",
    v2="B06.FR.06, B06.FR.07, B06.FR.08, B06.FR.10",
)
MONITORS = rule(
    "results.monitors",
    "Setting and clearing monitors has one result for each that was asked for",
    "SetVariableMonitoring by component, variable, type and severity; ClearVariableMonitoring by id; in any order.",
    binds="CS",
    v2="N04.FR.01, N04.FR.02, N06.FR.05",
)
CONFIGURATION = rule(
    "results.configuration",
    "GetConfiguration returns the keys that were asked for",
    "As configurationKey or unknownKey, without regard to case, and no others. That one of several is missing is a "
    "remark: the number of keys in a request may be limited.",
    binds="CS",
    v16="1.6 5.8",
)
REPORT_ID = rule(
    "results.report-id",
    "A report has the requestId of a request that was accepted",
    "NotifyReport, NotifyMonitoringReport, NotifyCustomerInformation, NotifyDisplayMessages, ReportChargingProfiles. "
    "Not before the request is answered, and not if it was refused. An id that nobody gave is a remark if the request "
    "may lie before the monitor's view.",
    binds="CS",
    v2="FR.05, B07.FR.04, B07.FR.05, B08.FR.04, N02.FR.04, K09.FR.01",
)
REPORT_PARTS = rule(
    "results.report-parts",
    "The parts of a report are numbered from 0 and say whether more follow",
    "seqNo counts up by one for each report; nothing follows a part without tbc. A part that is sent again because it "
    "was not answered keeps its number. NotifyEvent, too, begins with 0.",
    binds="CS",
    v2="B07.FR.10, B08.FR.14, N02.FR.09, K09.FR.02, N07.FR.07",
)
STATUS_ID = rule(
    "results.status-request-id",
    "Firmware and log status messages name the request that they belong to",
    "requestId is there unless the status is Idle, and is one that a request of the CSMS had, if it sent any.",
    binds="CS",
    v16="Security whitepaper L01.FR.10, N01.FR.07, N01.FR.12",
    v2="L01.FR.10, L01.FR.20, N01.FR.07, N01.FR.13",
)
TRIGGERED = rule(
    "results.triggered",
    "What a trigger was accepted for is sent",
    "After a TriggerMessage (1.6: ExtendedTriggerMessage too) that was accepted, over a connection that stays open: "
    "within the message timeout a remark, after thirty seconds and twice the timeout a finding. 1.6 says SHOULD.",
    binds="CS",
    v16="1.6 5.17",
    v2="F06.FR.10",
)
COMPOSITE = rule(
    "results.composite-schedule",
    "A composite schedule is of the EVSE, the unit and the time that were asked for",
    "Accepted comes with a schedule. A longer duration than asked for is a remark, and so is, in 1.6, another unit.",
    binds="CS",
    v16="1.6 5.7, 6.21, 6.22",
    v2="K08.FR.02, K08.FR.07, GetCompositeScheduleResponse.schedule",
)
TRANSACTION_STATUS = rule(
    "results.transaction-status",
    "GetTransactionStatus tells what the events tell",
    "ongoingIndicator is there exactly if a transactionId was given. It is false for a transaction that has ended or, "
    "if the monitor has seen all, never was; a running one is ongoing, unless messages are still in the queue.",
    binds="CS",
    v2="E14.FR.01, E14.FR.02, E14.FR.03, E14.FR.06",
)
REMOTE_STOP = rule(
    "results.remote-stop",
    "A remote stop is accepted only for a transaction that runs",
    "Judged for transactions that have ended, and for ids that never were if the monitor has seen all.",
    binds="CS",
    v16="1.6 5.12, errata 3.33",
    v2="F03.FR.08",
)
CERTIFICATES = rule(
    "results.certificates",
    "GetInstalledCertificateIds lists certificates of the types asked for, exactly if it found any",
    "Accepted comes with hash data, NotFound without; the type of each chain is among those asked for.",
    binds="CS",
    v16="Security whitepaper M03.FR.02 to M03.FR.04",
    v2="M03.FR.02, M03.FR.03, M03.FR.04",
)
DATA_TRANSFER = rule(
    "results.data-transfer",
    "A DataTransfer of an unknown vendor is answered without data",
    "Status UnknownVendorId goes without the field data.",
    v16="1.6 4.3",
)
LOG_NAME = rule(
    "results.log-name",
    "GetLog names the file that will be uploaded",
    "Status Accepted comes with filename.",
    binds="CS",
    v16="Security whitepaper N01.FR.01",
    v2="N01.FR.01",
)

RULES = (
    VARIABLES,
    ATTRIBUTE_VALUE,
    MONITORS,
    CONFIGURATION,
    REPORT_ID,
    REPORT_PARTS,
    STATUS_ID,
    TRIGGERED,
    COMPOSITE,
    TRANSACTION_STATUS,
    REMOTE_STOP,
    CERTIFICATES,
    DATA_TRANSFER,
    LOG_NAME,
)


@dataclass(frozen=True, slots=True)
class Report:
    """A message that carries the result of a request, by requestId."""

    requests: tuple[str, ...]
    numbered: bool


REPORTS: Mapping[str, Report] = {
    "NotifyReport": Report(("GetBaseReport", "GetReport"), True),
    "NotifyMonitoringReport": Report(("GetMonitoringReport",), True),
    "NotifyCustomerInformation": Report(("CustomerInformation",), True),
    "NotifyDisplayMessages": Report(("GetDisplayMessages",), False),
    "ReportChargingProfiles": Report(("GetChargingProfiles",), False),
}

# Status messages to the requests whose requestId they repeat.
STATUS_MESSAGES: Mapping[str, tuple[str, ...]] = {
    "LogStatusNotification": ("GetLog",),
    "FirmwareStatusNotification": ("UpdateFirmware",),
    "SignedFirmwareStatusNotification": ("SignedUpdateFirmware",),
}

NO_VALUE = frozenset({"UnknownComponent", "UnknownVariable", "NotSupportedAttributeType"})
SLOW_TRIGGER = 30.0
"""Seconds after which an accepted trigger counts as forgotten, whatever the timeout."""


@dataclass(slots=True)
class _Trigger:
    entry: Entry
    connection: int
    actions: tuple[str, ...]


class Results:
    """Holds answers, and the messages that carry results, against what was asked."""

    def __init__(self, context: Context, tables: Tables) -> None:
        self._context = context
        self._is16 = context.version.family == "1.6"
        self._actions = context.version.actions
        self._reports = context.state.reports
        self._status_ids = context.state.status_ids
        self._sent: dict[str, float] = {}
        self._triggers: list[_Trigger] = []
        self._event: tuple[int, bool] | None = None
        self._over_before: dict[int, bool] = {}
        tables.on_answer(self._get_variables, "GetVariables")
        tables.on_answer(self._set_variables, "SetVariables")
        tables.on_answer(self._set_monitors, "SetVariableMonitoring")
        tables.on_answer(self._clear_monitors, "ClearVariableMonitoring")
        tables.on_answer(self._configuration, "GetConfiguration")
        tables.on_answer(self._composite, "GetCompositeSchedule")
        tables.on_answer(self._transaction_status, "GetTransactionStatus")
        tables.on_answer(self._remote_stop, "RequestStopTransaction", "RemoteStopTransaction")
        tables.on_call(self._asked_about, "GetTransactionStatus", "RequestStopTransaction", "RemoteStopTransaction")
        tables.on_answer(self._certificates, "GetInstalledCertificateIds")
        tables.on_answer(self._log, "GetLog")
        tables.on_answer(self._triggered, *TRIGGERS)
        if self._is16:
            tables.on_answer(self._data_transfer, "DataTransfer")
        else:
            for action, report in REPORTS.items():
                for request in report.requests:
                    tables.on_call(self._asks(action), request)
                    tables.on_answer(self._agreed(action), request)
                    tables.on_refusal(self._declined(action), request)
                tables.on_call(self._part(action, report), action)
                tables.on_answer(self._part_answered(action), action)
            tables.on_call(self._notify_event, "NotifyEvent")
            tables.on_refusal(self._event_refused, "NotifyEvent")
        for action, requests in STATUS_MESSAGES.items():
            if action in self._actions and not (self._is16 and action == "FirmwareStatusNotification"):
                tables.on_call(self._status(action), action)
                for request in requests:
                    tables.on_call(self._status_asked(action), request)
        tables.on_call(self._noted, *(name for name, known in self._actions.items() if known.may_be_sent_by("CS")))
        tables.on(self._closed, "open", "close")
        tables.at_end(self._finish)

    # ------------------------------------------------------------------ device model

    def _get_variables(self, entry: Entry, payload: Any, call: Call) -> None:
        self._compare(entry, payload, call, "getVariableData", "getVariableResult")
        for index, result in enumerate(remember_items(payload, "getVariableResult")):
            status, value = result.get("attributeStatus"), result.get("attributeValue")
            pointer = f"/getVariableResult/{index}/attributeValue"
            if status == "Accepted" and value is None:
                self._context.report(ATTRIBUTE_VALUE, entry, "attributeValue with Accepted", "none", pointer=pointer)
            elif status in NO_VALUE and value is not None:
                self._context.report(
                    ATTRIBUTE_VALUE, entry, f"no attributeValue with {status}", text(value), pointer=pointer
                )

    def _set_variables(self, entry: Entry, payload: Any, call: Call) -> None:
        self._compare(entry, payload, call, "setVariableData", "setVariableResult")

    def _compare(self, entry: Entry, payload: Any, call: Call, data: str, results: str) -> None:
        asked = Counter(variable_key(item) for item in remember_items(call.payload, data))
        given: Counter[tuple[Any, ...]] = Counter()
        for index, result in enumerate(judged_items(payload, results)):
            _count_variable(result)
            attribute = remember(result, "attributeType")
            if attribute is None:
                self._context.report(
                    VARIABLES,
                    entry,
                    'attributeType, "Actual" where none was asked for',
                    "none",
                    pointer=f"/{results}/{index}/attributeType",
                    severity=Severity.SHOULD,
                )
            elif attribute != "Actual":
                count(result, "attributeType")
            given[variable_key(raw(result))] += 1
        self._differ(VARIABLES, entry, f"/{results}", asked, given)

    def _set_monitors(self, entry: Entry, payload: Any, call: Call) -> None:
        asked = Counter(_monitor(item) for item in remember_items(call.payload, "setMonitoringData"))
        given: Counter[tuple[Any, ...]] = Counter()
        for result in judged_items(payload, "setMonitoringResult"):
            _count_variable(result)
            count(result, "type")
            count(result, "severity")
            given[_monitor(raw(result))] += 1
        self._differ(MONITORS, entry, "/setMonitoringResult", asked, given)

    def _clear_monitors(self, entry: Entry, payload: Any, call: Call) -> None:
        asked = Counter((id,) for id in remember_items(call.payload, "id"))
        given = Counter((judged(result, "id"),) for result in judged_items(payload, "clearMonitoringResult"))
        self._differ(MONITORS, entry, "/clearMonitoringResult", asked, given)

    def _differ(
        self,
        info: Any,
        entry: Entry,
        pointer: str,
        asked: Counter[tuple[Any, ...]],
        given: Counter[tuple[Any, ...]],
    ) -> None:
        missing, added = asked - given, given - asked
        if missing:
            self._context.report(info, entry, f"a result for {_listed(missing)}", "none", pointer=pointer)
        if added:
            self._context.report(
                info, entry, "results only for what was asked for", f"one for {_listed(added)}", pointer=pointer
            )

    # ------------------------------------------------------------------ 1.6 configuration

    def _configuration(self, entry: Entry, payload: Any, call: Call) -> None:
        asked = {key.lower(): key for key in remember_items(call.payload, "key") if isinstance(key, str)}
        if not asked:
            return
        found: set[str] = set()
        answer = raw(payload)
        for index, item in enumerate(judged_items(payload, "configurationKey")):
            key = judged(item, "key")
            found.add(key.lower())
            if key.lower() not in asked:
                self._not_asked(entry, key, f"/configurationKey/{index}/key")
        for index, key in enumerate(answer.get("unknownKey") or ()):
            found.add(key.lower())
            if key.lower() not in asked:
                self._not_asked(entry, key, f"/unknownKey/{index}")
        missing = [name for lower, name in asked.items() if lower not in found]
        if missing:
            self._context.report(
                CONFIGURATION,
                entry,
                f"{', '.join(missing)} as configurationKey or unknownKey",
                "neither",
                severity=Severity.SHOULD if len(asked) > 1 else None,
            )

    def _not_asked(self, entry: Entry, key: str, pointer: str) -> None:
        self._context.report(CONFIGURATION, entry, "only keys that were asked for", text(key), pointer=pointer)

    # ------------------------------------------------------------------ reports

    def _asks(self, action: str) -> Any:
        def asked(entry: Entry, payload: Any) -> None:
            id = whole(remember(payload, "requestId"))
            if id is None:
                return
            before = self._reports.pop((action, id), None)
            # With the id in use already, a late part of the first report can't be told from one of the second.
            ambiguous = before is not None and before.status == "Accepted" and not before.complete
            self._reports[action, id] = ReportRequest(
                id, entry.frame.action if entry.frame else "", ambiguous=ambiguous
            )
            bounded(self._reports, REQUESTS_KEPT)

        return asked

    def _request_of(self, action: str, call: Call) -> ReportRequest | None:
        id = whole(remember(call.payload, "requestId"))
        return self._reports.get((action, id)) if id is not None else None

    def _agreed(self, action: str) -> Any:
        def agreed(entry: Entry, payload: Any, call: Call) -> None:
            request = self._request_of(action, call)
            if request is not None:
                request.status = str(remember(payload, "status"))

        return agreed

    def _declined(self, action: str) -> Any:
        def declined(entry: Entry, frame: Frame, call: Call) -> None:
            request = self._request_of(action, call)
            if request is not None:
                request.status = f"CALLERROR {frame.error_code}"

        return declined

    def _part(self, action: str, report: Report) -> Any:
        wanted = " or ".join(report.requests)

        def part(entry: Entry, payload: Any) -> None:
            message = raw(payload)
            id = whole(message["requestId"])
            request = self._reports.get((action, id)) if id is not None else None
            if request is None:
                self._context.report(
                    REPORT_ID,
                    entry,
                    f"the requestId of a {wanted}",
                    text(id),
                    pointer="/requestId",
                    severity=None if self._context.history else Severity.SHOULD,
                )
                return
            if request.ambiguous:
                return
            count(payload, "requestId")
            if request.status != "Accepted":
                actual = "before its answer" if not request.status else f"after {request.status}"
                self._context.report(
                    REPORT_ID,
                    entry,
                    f"a report after {request.action} {text(id)} was Accepted",
                    actual,
                    pointer="/requestId",
                )
                if request.status:
                    return
            self._number(entry, payload, message, request, report.numbered)

        return part

    def _number(self, entry: Entry, payload: Any, message: Any, request: ReportRequest, numbered: bool) -> None:
        more = message.get("tbc") is True
        seq = whole(message.get("seqNo")) if numbered else None
        again = not request.last_answered and (not numbered or seq == request.parts - 1) and request.parts > 0
        if again:
            request.complete = not more
            return
        if request.complete:
            self._context.report(
                REPORT_PARTS,
                entry,
                f"nothing after the last part of request {request.id}",
                f"another{'' if seq is None else f', seqNo {seq}'}",
                pointer="/tbc",
            )
            return
        if numbered:
            count(payload, "seqNo")
            if seq != request.parts:
                self._context.report(REPORT_PARTS, entry, f"seqNo {request.parts}", text(seq), pointer="/seqNo")
            request.parts = seq if seq is not None else request.parts
        if more:
            count(payload, "tbc")
        request.parts += 1
        request.complete = not more
        request.last_answered = False

    def _part_answered(self, action: str) -> Any:
        def answered(entry: Entry, payload: Any, call: Call) -> None:
            request = self._request_of(action, call)
            if request is not None:
                request.last_answered = True

        return answered

    def _notify_event(self, entry: Entry, payload: Any) -> None:
        message = raw(payload)
        seq = whole(message["seqNo"])
        if seq is None:
            return
        before = self._event
        self._event = (seq, message.get("tbc") is True)
        if before is None:
            # Perhaps the continuation of a part that lies before the monitor's view.
            if seq != 0:
                self._event_number(entry, "0", seq, Severity.SHOULD)
            return
        number, more = before
        if not more:
            count(payload, "seqNo")
        if seq not in (0, number, number + 1 if more else number):
            self._event_number(entry, f"0 or {number + 1}" if more else "0", seq, None)

    def _event_number(self, entry: Entry, expected: str, seq: int, severity: Severity | None) -> None:
        self._context.report(REPORT_PARTS, entry, f"seqNo {expected}", text(seq), pointer="/seqNo", severity=severity)

    def _event_refused(self, entry: Entry, frame: Frame, call: Call) -> None:
        self._event = None

    def _status_asked(self, action: str) -> Any:
        def asked(entry: Entry, payload: Any) -> None:
            id = whole(remember(payload, "requestId"))
            if id is not None:
                ids = self._status_ids.setdefault(action, {})
                ids[id] = True
                bounded(ids, REQUESTS_KEPT)

        return asked

    def _status(self, action: str) -> Any:
        def status(entry: Entry, payload: Any) -> None:
            message = raw(payload)
            id, state = message.get("requestId"), message.get("status")
            known = self._status_ids.get(action)
            if id is None:
                if state != "Idle":
                    self._context.report(
                        STATUS_ID, entry, f"requestId with status {state}", "none", pointer="/requestId"
                    )
            elif known and state != "Idle":
                count(payload, "requestId")
                if id not in known:
                    self._context.report(STATUS_ID, entry, "the requestId of a request", text(id), pointer="/requestId")

        return status

    # ------------------------------------------------------------------ triggers

    def _noted(self, entry: Entry, payload: Any) -> None:
        assert entry.frame is not None
        action = entry.frame.action
        self._sent[action] = entry.at
        if self._triggers:
            self._triggers[:] = [trigger for trigger in self._triggers if action not in trigger.actions]

    def _triggered(self, entry: Entry, payload: Any, call: Call) -> None:
        actions = triggered_actions(remember(call.payload, "requestedMessage"))
        if remember(payload, "status") != "Accepted" or not actions or actions[0] not in self._actions:
            return
        if any(self._sent.get(action, -1.0) >= call.at for action in actions):
            return
        self._triggers.append(_Trigger(entry, entry.connection, actions))
        del self._triggers[:-64]

    def _closed(self, entry: Entry) -> None:
        self._triggers.clear()
        self._event = None
        for request in self._reports.values():
            # The answer to the last part may have been lost with the connection.
            request.last_answered = False

    def _finish(self, now: float) -> None:
        timeout = self._context.settings.message_timeout
        for trigger in self._triggers:
            waited = now - trigger.entry.at
            if waited < timeout:
                continue
            forgotten = waited >= SLOW_TRIGGER and waited >= 2 * timeout
            self._context.report(
                TRIGGERED,
                trigger.entry,
                f"{' or '.join(trigger.actions)} after the trigger was Accepted",
                f"none for {waited:.0f} s",
                severity=None if forgotten and not self._is16 else Severity.SHOULD,
            )
        self._triggers.clear()

    # ------------------------------------------------------------------ single answers

    def _composite(self, entry: Entry, payload: Any, call: Call) -> None:
        answer = raw(payload)
        if answer["status"] != "Accepted":
            return
        name = "chargingSchedule" if self._is16 else "schedule"
        schedule = answer.get(name)
        count(payload, name)
        if schedule is None:
            self._context.report(COMPOSITE, entry, f"{name} with Accepted", "none", pointer=f"/{name}")
            return
        place = "connectorId" if self._is16 else "evseId"
        asked = remember(call.payload, place)
        given = answer.get(place) if self._is16 else schedule.get(place)
        at = () if self._is16 else (name,)
        if given is not None:
            count(payload, *at, place)
            if given != asked:
                pointer = "/" + "/".join((*at, place))
                self._context.report(COMPOSITE, entry, f"{place} {text(asked)}", text(given), pointer=pointer)
        unit = remember(call.payload, "chargingRateUnit")
        if unit is not None and schedule.get("chargingRateUnit") != unit:
            self._context.report(
                COMPOSITE,
                entry,
                f"a schedule in {unit}",
                text(schedule.get("chargingRateUnit")),
                pointer=f"/{name}/chargingRateUnit",
                severity=Severity.SHOULD if self._is16 else None,
            )
        duration, longest = schedule.get("duration"), remember(call.payload, "duration")
        if type(duration) is int and type(longest) is int and duration > longest:
            self._context.report(
                COMPOSITE,
                entry,
                f"at most {longest} s",
                f"{duration} s",
                pointer=f"/{name}/duration",
                severity=Severity.SHOULD,
            )

    def _transaction_status(self, entry: Entry, payload: Any, call: Call) -> None:
        id = remember(call.payload, "transactionId")
        answer = raw(payload)
        ongoing, queued = answer.get("ongoingIndicator"), answer.get("messagesInQueue")
        pointer = "/ongoingIndicator"
        if id is None:
            if ongoing is not None:
                self._context.report(
                    TRANSACTION_STATUS,
                    entry,
                    "no ongoingIndicator: no transactionId was given",
                    text(ongoing),
                    pointer=pointer,
                )
            return
        if ongoing is None:
            self._context.report(
                TRANSACTION_STATUS, entry, "ongoingIndicator: a transactionId was given", "none", pointer=pointer
            )
            return
        over = self._over_before.pop(call.entry.index, False)
        transaction = self._context.state.transactions2.get(id)
        if transaction is None:
            wrong = ongoing is True and self._context.history
            wanted = "false for a transaction that never was"
            if self._context.history:
                count(payload, "ongoingIndicator")
        elif transaction.ended is not None:
            wrong, wanted = ongoing is True and over, "false for a transaction that has ended"
            count(payload, "ongoingIndicator")
        else:
            wrong = ongoing is False and queued is not True and not transaction.excused
            wanted = "true for a transaction that runs"
        if wrong:
            self._context.report(TRANSACTION_STATUS, entry, wanted, text(ongoing), pointer=pointer, provoked=True)

    def _over(self, id: Any) -> bool:
        """Whether the station has reported the end of this transaction."""
        if self._is16:
            known16 = self._context.state.transactions16.get(id)
            return known16 is not None and known16.stopped is not None
        known2 = self._context.state.transactions2.get(id)
        return known2 is not None and known2.ended is not None

    def _asked_about(self, entry: Entry, payload: Any) -> None:
        """What ends while the CALL is on its way may be what the CALL has brought about: no rule orders the two."""
        self._over_before[entry.index] = self._over(remember(payload, "transactionId"))

    def _remote_stop(self, entry: Entry, payload: Any, call: Call) -> None:
        id = remember(call.payload, "transactionId")
        over = self._over_before.pop(call.entry.index, False)
        known: Mapping[Any, Any] = self._context.state.transactions2
        if self._is16:
            known = self._context.state.transactions16
        unknown = known.get(id) is None
        if not over and not (unknown and self._context.history):
            return
        if judged(payload, "status") == "Accepted":
            actual = "a transaction that has ended" if over else "a transaction that never was"
            self._context.report(
                REMOTE_STOP,
                entry,
                "Rejected",
                f"Accepted for {text(id)}, {actual}",
                pointer="/status",
                provoked=True,
            )

    def _certificates(self, entry: Entry, payload: Any, call: Call) -> None:
        answer = raw(payload)
        name = "certificateHashData" if self._is16 else "certificateHashDataChain"
        status, found = answer["status"], answer.get(name)
        if status == "Accepted" and not found:
            self._context.report(CERTIFICATES, entry, f"{name} with Accepted", "none", pointer=f"/{name}")
        elif status == "NotFound" and found:
            self._context.report(
                CERTIFICATES, entry, f"no {name} with NotFound", f"{len(found)} of them", pointer=f"/{name}"
            )
        asked = remember(call.payload, "certificateType")
        if self._is16 or not found or not asked:
            return
        for index, chain in enumerate(found):
            if chain.get("certificateType") not in asked:
                self._context.report(
                    CERTIFICATES,
                    entry,
                    f"one of {text(raw(asked))}",
                    text(chain.get("certificateType")),
                    pointer=f"/{name}/{index}/certificateType",
                )

    def _data_transfer(self, entry: Entry, payload: Any, call: Call) -> None:
        answer = raw(payload)
        if answer["status"] == "UnknownVendorId" and "data" in answer:
            self._context.report(DATA_TRANSFER, entry, "no data", text(answer["data"]), pointer="/data")

    def _log(self, entry: Entry, payload: Any, call: Call) -> None:
        answer = raw(payload)
        if answer["status"] == "Accepted" and not answer.get("filename"):
            self._context.report(LOG_NAME, entry, "filename with Accepted", "none", pointer="/filename")


def _name(holder: Any) -> tuple[str, str]:
    """Name and instance, which know no case; no instance and an empty one are the same (B06.FR.15)."""
    return (str(holder.get("name")).lower(), str(holder.get("instance") or "").lower())


def _component(item: Any) -> tuple[Any, ...]:
    component = item["component"]
    evse = component.get("evse") or {}
    return (*_name(component), evse.get("id"), evse.get("connectorId"), *_name(item["variable"]))


def variable_key(item: Any) -> tuple[Any, ...]:
    """What makes two variables the same: component, variable and attributeType, Actual where it is left out."""
    return (*_component(item), item.get("attributeType") or "Actual")


def _monitor(item: Any) -> tuple[Any, ...]:
    return (*_component(item), item.get("type"), item.get("severity"))


def _count_variable(result: Any) -> None:
    count(result, "component", "name")
    count(result, "variable", "name")
    for holder in ("component", "variable"):
        if remember(result, holder, "instance"):
            count(result, holder, "instance")
    for field in ("id", "connectorId"):
        if remember(result, "component", "evse", field) is not None:
            count(result, "component", "evse", field)


def _listed(items: Iterable[tuple[Any, ...]]) -> str:
    shown = [" ".join(str(part) for part in item if part not in (None, "")) for item in items]
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")
