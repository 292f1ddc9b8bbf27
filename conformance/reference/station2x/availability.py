"""Whether station, EVSEs and connectors are operative, what they report, and reservations.

Source: 2.0.1 G01, G03, G04 (ChangeAvailability), B04 (after an offline period), H01 to H03 (reservations).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.clock import parse_time
from conformance.reference.hardware import Connector, Evse
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x

Place = tuple[int, int]


class Availability:
    """States per connector; the set ones are kept over reboots."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self._reported: dict[Place, str] = {}
        self._scheduled: dict[str, bool] = {}

    # -- states --------------------------------------------------------------------------------------------------

    def _operative(self, key: str) -> bool:
        return bool(self._station.memory.section("operative").get(key, True))

    def _set_operative(self, key: str, operative: bool) -> None:
        self._station.memory.section("operative")[key] = operative
        self._station.memory.save()

    def usable(self, evse: Evse) -> bool:
        """Operative and sound, and not on its way to inoperative."""
        keys = ("station", str(evse.id), f"{evse.id}.{evse.connector.id}")
        return all(self._operative(key) and self._scheduled.get(key, True) for key in keys) and not evse.faulted

    def _available(self, evse: Evse, connector: Connector) -> bool:
        """Operative at all levels. EVSEs without a transaction precede a station that becomes inoperative (G04)."""
        if self._scheduled.get("station") is False and not self._station.transactions.running(evse):
            return False
        return all(self._operative(key) for key in ("station", str(evse.id), f"{evse.id}.{connector.id}"))

    def station_state(self) -> str:
        """AvailabilityState of the charging station."""
        return "Available" if self._operative("station") else "Unavailable"

    def evse_state(self, evse_id: int) -> str:
        """AvailabilityState of an EVSE."""
        evse = self._station.hardware.evse(evse_id)
        if evse is None:
            return "Unavailable"
        states = [self.connector_state(evse.id, connector.id) for connector in evse.connectors]
        return next((state for state in states if state != "Available"), "Available")

    def connector_state(self, evse_id: int, connector_id: int) -> str:
        """AvailabilityState of a connector: one of ConnectorStatusEnumType."""
        evse = self._station.hardware.evse(evse_id)
        connector = next((one for one in evse.connectors if one.id == connector_id), None) if evse else None
        if evse is None or connector is None:
            return "Unavailable"
        if connector.fault is not None:
            return "Faulted"
        if not self._available(evse, connector):
            return "Unavailable"
        if self.reservation(evse.id) is not None:
            return "Reserved"
        return "Occupied" if connector.occupied else "Available"

    # -- reports -------------------------------------------------------------------------------------------------

    def forget_reports(self) -> None:
        """After a boot nothing has been reported."""
        self._reported.clear()

    def _places(self) -> list[Place]:
        return [(evse.id, one.id) for evse in self._station.hardware.evses for one in evse.connectors]

    def report_changes(self) -> None:
        """Send StatusNotification for each connector whose state the CSMS does not know; none while offline."""
        self._give_up_reservations()
        if not self._station.online:
            return
        for place in self._places():
            if self.connector_state(*place) != self._reported.get(place):
                self.report(place)

    def report_all(self) -> None:
        """Send StatusNotification for every connector."""
        for place in self._places():
            self.report(place)

    def report(self, place: Place) -> None:
        """Send StatusNotification for one connector."""
        state = self.connector_state(*place)
        self._reported[place] = state
        payload = {
            "timestamp": self._station.clock.stamp(),
            "connectorStatus": state,
            "evseId": place[0],
            "connectorId": place[1],
        }
        self._station.spawn(self._tell(place, payload))

    async def _tell(self, place: Place, payload: Payload) -> None:
        """Send a status; one that the CSMS did not take is not known to it, and is due again (B04.FR.02)."""
        answer = await self._station.tell("StatusNotification", payload)
        if answer is None and self._reported.get(place) == payload["connectorStatus"]:
            del self._reported[place]

    # -- ChangeAvailability --------------------------------------------------------------------------------------

    def change(self, request: Payload) -> Answer | Payload:
        """Answer ChangeAvailability; the reports follow the answer."""
        operative = request["operationalStatus"] == "Operative"
        target = request.get("evse")
        evses = self._station.hardware.evses
        if target is not None:
            evse = self._station.hardware.evse(target["id"])
            connector_id = target.get("connectorId")
            if evse is None or (connector_id is not None and connector_id not in [one.id for one in evse.connectors]):
                return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
            evses = [evse]
            key = str(evse.id) if connector_id is None else f"{evse.id}.{connector_id}"
        else:
            key = "station"
        busy = [evse for evse in evses if self._station.transactions.running(evse)]
        if operative or not busy or self._operative(key) == operative:
            self._scheduled = {name: to for name, to in self._scheduled.items() if not _covers(key, name)}
            self._set_operative(key, operative)
            return Answer({"status": "Accepted"}, self.report_changes)
        self._scheduled[key] = operative
        return Answer({"status": "Scheduled"}, self.report_changes)

    def transaction_ended(self) -> None:
        """Carry out what was scheduled until transactions ended."""
        for key, operative in list(self._scheduled.items()):
            evses = self._station.hardware.evses
            if key != "station":
                evses = [evse for evse in evses if str(evse.id) == key.split(".")[0]]
            if not any(self._station.transactions.running(evse) for evse in evses):
                del self._scheduled[key]
                self._set_operative(key, operative)
        self.report_changes()

    # -- reservations --------------------------------------------------------------------------------------------

    def reservation(self, evse_id: int) -> dict[str, Any] | None:
        """The reservation of an EVSE that has not expired."""
        found: dict[str, Any] | None = self._station.memory.section("reservations").get(str(evse_id))
        if found is None:
            return None
        until = parse_time(found["expiryDateTime"])
        if until is not None and until <= self._station.clock.now():
            return None
        return found

    def reserve(self, request: Payload) -> Answer | Payload:
        """Answer ReserveNow for a named EVSE."""
        evse = self._station.hardware.evse(request.get("evseId", 0))
        if evse is None:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}}
        if evse.faulted:
            return {"status": "Faulted"}
        if not self.usable(evse):
            return {"status": "Unavailable"}
        held = self.reservation(evse.id)
        if evse.connector.occupied or (held is not None and held["id"] != request["id"]):
            return {"status": "Occupied"}
        for other in self._station.hardware.evses:
            replaced = self.reservation(other.id)
            if replaced is not None and replaced["id"] == request["id"]:
                self.end_reservation(other.id)
        self._station.memory.section("reservations")[str(evse.id)] = dict(request)
        self._station.memory.save()
        self._station.spawn(self._expire(evse.id, dict(request)))
        return Answer({"status": "Accepted"}, self.report_changes)

    def watch_reservations(self) -> None:
        """After a boot: let the reservations that are left expire in time."""
        for key, reservation in list(self._station.memory.section("reservations").items()):
            self._station.spawn(self._expire(int(key), reservation))

    async def _expire(self, evse_id: int, reservation: dict[str, Any]) -> None:
        import asyncio

        until = parse_time(reservation["expiryDateTime"])
        while until is not None and (left := (until - self._station.clock.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 1.0))
        held = self._station.memory.section("reservations").get(str(evse_id))
        if held == reservation:
            self.end_reservation(evse_id)
            await self._tell_end(reservation, "Expired")
            self.report_changes()

    async def _tell_end(self, reservation: dict[str, Any], status: str) -> None:
        told = {"reservationId": reservation["id"], "reservationUpdateStatus": status}
        await self._station.tell("ReservationStatusUpdate", told)

    def _give_up_reservations(self) -> None:
        """An EVSE that is faulted or inoperative can be kept for nobody (H01.FR.16, H01.FR.17)."""
        for evse in self._station.hardware.evses:
            held = self.reservation(evse.id)
            if held is not None and (evse.faulted or not all(self._available(evse, one) for one in evse.connectors)):
                self.end_reservation(evse.id)
                self._station.spawn(self._tell_end(held, "Removed"))

    def cancel(self, request: Payload) -> Answer | Payload:
        """Answer CancelReservation."""
        for evse in self._station.hardware.evses:
            held = self.reservation(evse.id)
            if held is not None and held["id"] == request["reservationId"]:
                self.end_reservation(evse.id)
                return Answer({"status": "Accepted"}, self.report_changes)
        return {"status": "Rejected"}

    def end_reservation(self, evse_id: int) -> int | None:
        """Take a reservation away and return its id."""
        held = self._station.memory.section("reservations").pop(str(evse_id), None)
        self._station.memory.save()
        return None if held is None else int(held["id"])


def _covers(changed: str, name: str) -> bool:
    """Whether a change of `changed` overrides the change that is scheduled for `name`."""
    return changed == "station" or name == changed or name.startswith(f"{changed}.")


def connector_of(evse: Evse, connector_id: int | None) -> Connector | None:
    """The connector of that number; the first when no number is given."""
    if connector_id is None:
        return evse.connectors[0]
    return next((one for one in evse.connectors if one.id == connector_id), None)
