"""What each connector is in, and its availability (1.6 sections 4.9 and 5.2)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station16.station import Station16

ERROR_CODES = (
    "ConnectorLockFailure",
    "EVCommunicationError",
    "GroundFailure",
    "HighTemperature",
    "InternalError",
    "LocalListConflict",
    "OverCurrentFailure",
    "OverVoltage",
    "PowerMeterFailure",
    "PowerSwitchFailure",
    "ReaderFailure",
    "ResetFailure",
    "UnderVoltage",
    "WeakSignal",
)

_BEFORE_RESERVED = ("Available", "Faulted")
"""From these alone a connector becomes Reserved (4.9); from others over Available."""


class Statuses:
    """Statuses of the charge point (connector 0) and its connectors."""

    def __init__(self, station: Station16) -> None:
        self._station = station
        self._reported: dict[int, tuple[str, str]] = {}
        self._scheduled: dict[int, bool] = {}
        self._telling: set[asyncio.Task[Any]] = set()

    def forget_reports(self) -> None:
        """After a boot nothing has been reported."""
        self._reported.clear()

    def numbers(self) -> list[int]:
        """0 for the charge point, then its connectors."""
        return [0, *(evse.id for evse in self._station.hardware.evses)]

    def _operative(self, number: int) -> bool:
        return bool(self._station.memory.section("operative").get(str(number), True))

    def usable(self, number: int) -> bool:
        """Operative, sound, and not on its way to inoperative or to a reset."""
        evse = self._station.hardware.evse(number)
        keys = (0, number)
        operative = all(self._operative(key) and self._scheduled.get(key, True) for key in keys)
        station = self._station
        free = not station.going_down and not station.files.installing
        return operative and evse is not None and not evse.faulted and free

    def state(self, number: int) -> tuple[str, str, str]:
        """Status, errorCode and info of a connector."""
        if number == 0:
            return ("Available" if self._operative(0) else "Unavailable"), "NoError", ""
        evse = self._station.hardware.evse(number)
        session = self._station.sessions.of(number)
        if evse is None or session is None:
            return "Unavailable", "NoError", ""
        fault = evse.connector.fault
        if fault is not None or session.lock_failed:
            code = fault if fault in ERROR_CODES else "OtherError"
            return "Faulted", "ConnectorLockFailure" if session.lock_failed else str(code), ""
        if session.transaction is not None:
            if not evse.connected:
                return "SuspendedEV", "NoError", "EV side disconnected"
            if session.suspended or session.held:
                return "SuspendedEVSE", "NoError", ""
            return ("Charging" if evse.ev_takes_energy else "SuspendedEV"), "NoError", ""
        early = self._scheduled.get(0) is False or self._station.files.installing
        if not self._operative(0) or not self._operative(number) or early:
            return "Unavailable", "NoError", ""
        if session.finishing:
            return "Finishing", "NoError", ""
        if session.id_tag is not None:
            return "Preparing", "NoError", ""
        if self._station.reservations.reserved(number):
            # A cable without its owner's tag changes nothing (4.9, G2).
            return "Reserved", "NoError", ""
        if evse.connector.occupied:
            return "Preparing", "NoError", ""
        return "Available", "NoError", ""

    # -- reports ---------------------------------------------------------------------------------------------------

    def report_changes(self) -> None:
        """Send StatusNotification where the Central System does not know the status; none while offline."""
        if self._station.online:
            for number in self.numbers():
                last = self._reported.get(number)
                if self.state(number)[:2] != last:
                    if last is not None and self.state(number)[0] == "Reserved" and last[0] not in _BEFORE_RESERVED:
                        self._send(number, "Available")
                    self.report(number)

    def report_all(self) -> None:
        """Send StatusNotification for the charge point and every connector."""
        for number in self.numbers():
            self.report(number)

    def report(self, number: int) -> None:
        """Send one StatusNotification."""
        self._send(number, *self.state(number))

    def _send(self, number: int, status: str, code: str = "NoError", info: str = "") -> None:
        self._reported[number] = (status, code)
        payload: Payload = {
            "connectorId": number,
            "errorCode": code,
            "status": status,
            "timestamp": self._station.clock.stamp(),
        }
        if info:
            payload["info"] = info
        task = self._station.spawn(self._tell(number, payload))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, number: int, payload: Payload) -> None:
        """Send a status; one that the Central System did not take is not known to it, and is due again."""
        answer = await self._station.tell("StatusNotification", payload)
        if answer is None and self._reported.get(number) == (payload["status"], payload["errorCode"]):
            del self._reported[number]

    async def told(self) -> None:
        """Wait until every report has been answered, or given up."""
        if self._telling:
            await asyncio.wait(self._telling)

    # -- ChangeAvailability ----------------------------------------------------------------------------------------

    def change(self, request: Payload) -> Answer | Payload:
        """Answer ChangeAvailability; 0 means the charge point and all its connectors."""
        number = request["connectorId"]
        operative = request["type"] == "Operative"
        if number not in self.numbers():
            return {"status": "Rejected"}
        busy = self._busy(number)
        if operative or not busy or (number != 0 and not self._operative(number)):
            self._set(number, operative)
            return Answer({"status": "Accepted"}, self.report_changes)
        self._scheduled[number] = operative
        self._station.reservations.out_of_service()
        return Answer({"status": "Scheduled"}, self.report_changes)

    def _busy(self, number: int) -> bool:
        numbers = [one for one in self.numbers() if one != 0] if number == 0 else [number]
        return any(self._station.sessions.running(one) for one in numbers)

    def _set(self, number: int, operative: bool) -> None:
        kept = self._station.memory.section("operative")
        for one in self.numbers() if number == 0 else [number]:
            kept[str(one)] = operative
            self._scheduled.pop(one, None)
            session = self._station.sessions.of(one)
            if session is not None and not operative:
                # From Unavailable there is no way back to Finishing (4.9).
                session.finishing = False
        self._station.memory.save()
        self._station.reservations.out_of_service()

    def transaction_ended(self) -> None:
        """Carry out what was scheduled until transactions ended."""
        for number, operative in list(self._scheduled.items()):
            if not self._busy(number):
                self._set(number, operative)
