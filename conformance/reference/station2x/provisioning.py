"""Variables, reports and resets (2.0.1 B05 to B08, B11, B12)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.reference.device_model import READ_ONLY, Variable
from conformance.reference.station2x.model import ITEMS
from conformance.reference.station2x.remote import rejected
from conformance.reference.wire import Answer, CallError, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x

PART = 25
"""Variables in one NotifyReport."""

EVSE_RESET = 0.02
"""Seconds that an EVSE needs for a reset."""

CRITERIA = ("Active", "Available", "Enabled", "Problem")


class Provisioning:
    """Handlers of block B but the registration itself and network profiles."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self._scheduled: set[int] = set()
        self._whole_station_scheduled = False

    # -- variables -------------------------------------------------------------------------------------------------

    def get_variables(self, request: Payload) -> Payload:
        """Answer GetVariables."""
        data = request["getVariableData"]
        _limit(data, "GetVariables")
        return {"getVariableResult": [self._station.model.get(one) for one in data]}

    def set_variables(self, request: Payload) -> Payload:
        """Answer SetVariables."""
        data = request["setVariableData"]
        if self._station.defects.active("oversized-variables-half-set"):
            for one in data[: int(ITEMS["SetVariables"])]:
                self._station.model.set(one)
        _limit(data, "SetVariables")
        return {"setVariableResult": [self._station.model.set(one) for one in data]}

    # -- reports ---------------------------------------------------------------------------------------------------

    def get_base_report(self, request: Payload) -> Answer | Payload:
        """Answer GetBaseReport; the NotifyReports follow."""
        model = self._station.model
        base = request["reportBase"]
        if base not in model.members("DeviceDataCtrlr", "SupportedBaseReports"):
            return {"status": "NotSupported", "statusInfo": {"reasonCode": "UnsupportedParam"}}
        if base == "FullInventory":
            chosen = list(model)
        elif base == "ConfigurationInventory":
            chosen = [one for one in model if one.mutability != READ_ONLY]
        else:
            chosen = [one for one in model if one.name == "AvailabilityState" or self._is_problem(one)]
        return self._answer_report(request["requestId"], chosen)

    def _is_problem(self, variable: Variable) -> bool:
        return variable.name == "Problem" and self._station.model.value(variable) == "true"

    def get_report(self, request: Payload) -> Answer | Payload:
        """Answer GetReport; the NotifyReports follow."""
        model = self._station.model
        wanted = request.get("componentVariable")
        criteria = request.get("componentCriteria")
        _limit(wanted or [], "GetReport")
        chosen = list(model)
        if wanted:
            found = [model.matching(one["component"], one.get("variable")) for one in wanted]
            labels = {variable.label for matches in found for variable in matches}
            chosen = [one for one in chosen if one.label in labels]
        if criteria:
            meeting = {one.label for name in criteria for one in self._meeting(name)}
            chosen = [one for one in chosen if one.label in meeting]
            if not wanted:
                # TC_B_16_CS: criteria alone ask for the variables of those names themselves.
                chosen = [one for one in chosen if one.name in criteria]
        if not chosen:
            return {"status": "EmptyResultSet", "statusInfo": {"reasonCode": "NotFound"}}
        return self._answer_report(request["requestId"], chosen)

    def _meeting(self, criterion: str) -> list[Variable]:
        model = self._station.model
        if criterion == "Problem":
            return model.with_problem()
        return model.with_flag(criterion)

    def _answer_report(self, request_id: int, chosen: list[Variable]) -> Answer:
        return Answer({"status": "Accepted"}, lambda: self._station.spawn(self._notify(request_id, chosen)))

    async def _notify(self, request_id: int, chosen: list[Variable]) -> None:
        """The report in parts: seqNo from 0, tbc on all but the last."""
        parts = [chosen[index : index + PART] for index in range(0, len(chosen), PART)]
        for number, part in enumerate(parts):
            payload: Payload = {
                "requestId": request_id,
                "generatedAt": self._station.clock.stamp(),
                "seqNo": number,
                "reportData": [self._station.model.report(one) for one in part],
            }
            if number < len(parts) - 1:
                payload["tbc"] = True
            await self._station.tell("NotifyReport", payload)

    # -- reset -----------------------------------------------------------------------------------------------------

    def reset_scheduled(self, evse_id: int) -> bool:
        """Whether the EVSE waits for a reset, so that nothing new starts on it."""
        return self._whole_station_scheduled or evse_id in self._scheduled

    def forget_schedule(self) -> None:
        """After a boot nothing is scheduled."""
        self._scheduled.clear()
        self._whole_station_scheduled = False

    def reset(self, request: Payload) -> Answer | Payload:
        """Answer Reset, and then do it or schedule it. After ImmediateAndResume (2.1) transactions go on (B13)."""
        station = self._station
        kind = request["type"]
        resuming = kind == "ImmediateAndResume"
        if resuming and not self._may_resume():
            return rejected("UnsupportedParam")
        evse_id = request.get("evseId")
        if evse_id is not None and evse_id not in station.transactions.sessions:
            return rejected("UnknownEvse")
        if evse_id is not None and not self._may_reset(evse_id):
            return rejected("UnsupportedParam")
        busy = [
            key
            for key, session in station.transactions.sessions.items()
            if session.transaction is not None and evse_id in (None, key)
        ]
        if kind == "OnIdle" and busy:
            if evse_id is None:
                self._whole_station_scheduled = True
            else:
                self._scheduled.add(evse_id)
            return {"status": "Scheduled"}
        if evse_id is not None:
            return Answer({"status": "Accepted"}, lambda: self._reset_evse(evse_id, resuming=resuming))
        return Answer({"status": "Accepted"}, lambda: station.spawn(self._reset_station(busy, resuming)))

    def _may_resume(self) -> bool:
        """Whether transactions outlive anything at all (B13.FR.01)."""
        model, name, active = self._station.model, "ResumptionTimeout", self._station.defects.active
        able = model.has("TxCtrlr", name) and model.number("TxCtrlr", name) > 0
        return (able or active("reset-and-resume-taken-always")) and not active("reset-and-resume-never-taken")

    def _may_reset(self, evse_id: int) -> bool:
        """Whether the EVSE can be reset on its own, as its variable AllowReset says (B11.FR.09, B11.FR.10)."""
        model = self._station.model
        return any(
            model.value(one) == "true"
            for one in model
            if (one.component, one.name, one.evse) == ("EVSE", "AllowReset", (evse_id, None))
        )

    def _reset_evse(self, evse_id: int, *, resuming: bool = False) -> None:
        """Reset one EVSE: what runs there ends, or goes on afterwards; what is set stays."""
        session = self._station.transactions.sessions[evse_id]
        if resuming and session.transaction is not None:
            self._station.transactions.reset_pauses(session)
            self._station.spawn(self._resume_evse(evse_id))
        else:
            self._station.transactions.reset_stops(session)
        session.evse.connector.unlock()
        self._station.availability.report_changes()

    async def _resume_evse(self, evse_id: int) -> None:
        await asyncio.sleep(EVSE_RESET)
        self._station.transactions.reset_resumes(self._station.transactions.sessions[evse_id])

    async def _reset_station(self, busy: list[int], resuming: bool) -> None:
        self._station.going_down = True
        transactions = self._station.transactions
        resuming = resuming and not self._station.defects.active("reset-ends-what-it-should-resume")
        for key in busy:
            session = transactions.sessions[key]
            (transactions.reset_pauses if resuming else transactions.reset_stops)(session)
        await self._drain()
        if self._station.defects.active("queue-lost-in-reset"):
            self._station.queue.clear()
        await self._station.reboot("RemoteReset")

    async def _drain(self) -> None:
        """Give the queue the message timeout to be delivered; what is left goes after the boot (B12.FR.05)."""
        deadline = asyncio.get_running_loop().time() + self._station.message_timeout()
        while len(self._station.queue) and asyncio.get_running_loop().time() < deadline and self._station.online:
            await asyncio.sleep(0.005)

    def transaction_ended(self, evse_id: int) -> None:
        """Carry out a scheduled reset once nothing stands against it."""
        if evse_id in self._scheduled:
            self._scheduled.discard(evse_id)
            asyncio.get_running_loop().call_soon(self._reset_evse, evse_id)
        if self._whole_station_scheduled and not self._station.transactions.any_running():
            self._whole_station_scheduled = False
            self._station.spawn(self._scheduled_reboot())

    async def _scheduled_reboot(self) -> None:
        await self._drain()
        await self._station.reboot("ScheduledReset")


def _limit(items: list[Payload], operation: str) -> None:
    """Raise the CALLERROR that too many items deserve (B06.FR.16, B08.FR.17)."""
    if len(items) > int(ITEMS[operation]):
        raise CallError("OccurrenceConstraintViolation", f"at most {ITEMS[operation]} items in {operation}")
