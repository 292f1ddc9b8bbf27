"""Reservations of 1.6: who may charge where until when (sections 3.11, 5.1, 5.13; errata 4.12).

A reservation of connector 0 names no connector: it sees to it that one stays free for its idTag. Where no more
connectors are free than there are such reservations, those that are left are Reserved.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.reference.clock import parse_time
from conformance.reference.station16.sessions import Session
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station16.station import Station16

Reservation = dict[str, Any]
"""The payload of the ReserveNow that made it."""


class Reservations:
    """The reservations of a charge point; they outlive a power cut."""

    def __init__(self, station: Station16) -> None:
        self._station = station
        self._cancelled: list[Reservation] = []

    def _kept(self) -> dict[str, Reservation]:
        return self._station.memory.section("reservations")

    def _standing(self) -> list[Reservation]:
        outlives = self._station.defects.active("reservation-outlives-its-expiry")
        return [one for one in self._kept().values() if outlives or self._left(one) > 0]

    def _left(self, reservation: Reservation) -> float:
        """Seconds until it expires."""
        until = parse_time(reservation["expiryDate"])
        return 0.0 if until is None else (until - self._station.clock.now()).total_seconds()

    def _named(self, number: int) -> list[Reservation]:
        return [one for one in self._standing() if one["connectorId"] == number]

    # -- which connectors are reserved -------------------------------------------------------------------------------

    def reserved(self, number: int) -> bool:
        """Whether a connector that nobody uses is kept for somebody."""
        if self._named(number):
            return True
        anywhere = self._named(0)
        return bool(anywhere) and self._idle(number) and len(self._free(number)) < len(anywhere)

    def refuses(self, number: int, id_tag: str, parent: str) -> bool:
        """Whether a tag with that parent must not charge on a connector, because it is kept for another."""
        if self._station.defects.active("reservation-for-anybody"):
            return False
        named = self._named(number)
        if self._station.defects.active("cancelled-reservation-blocks"):
            named += [one for one in self._cancelled if one["connectorId"] == number]
        if named:
            return not any(self._is_for(one, id_tag, parent) for one in named)
        if self._station.defects.active("reserved-charge-point-keeps-nothing"):
            return False
        others = [one for one in self._named(0) if not self._is_for(one, id_tag, parent)]
        return bool(others) and len(self._free(number)) < len(others)

    def may_be_let(self, number: int, id_tag: str) -> bool:
        """Whether a tag whose parent is not known yet may turn out to be one that can charge there."""
        kept = [*self._named(number), *self._named(0)]
        parents = {str(one["parentIdTag"]) for one in kept if one.get("parentIdTag")}
        return not all(self.refuses(number, id_tag, parent) for parent in ("", *parents))

    def use(self, number: int, id_tag: str, parent: str) -> int | None:
        """A transaction starts: the id of the reservation that ends by that, None without one."""
        for one in [*self._named(number), *self._named(0)]:
            if self._is_for(one, id_tag, parent):
                self._end([one])
                return int(one["reservationId"])
        if self._station.defects.active("reservation-id-after-cancellation") and self._cancelled:
            return int(self._cancelled.pop()["reservationId"])
        return None

    def _is_for(self, reservation: Reservation, id_tag: str, parent: str) -> bool:
        if reservation["idTag"].casefold() == id_tag.casefold():
            return True
        group = str(reservation.get("parentIdTag") or "")
        if self._station.defects.active("group-of-a-reservation-refused"):
            return False
        return bool(group) and group.casefold() == parent.casefold()

    def _idle(self, number: int) -> bool:
        """Whether a connector can be used, and nobody does or was promised it by number."""
        session = self._station.sessions.of(number)
        return session is not None and self._untouched(session) and not self._named(number)

    def _untouched(self, session: Session) -> bool:
        begun = session.transaction is not None or session.id_tag is not None or session.finishing
        return not begun and self._station.statuses.usable(session.evse.id)

    def _free(self, but: int = 0) -> list[int]:
        """The connectors that a driver who comes now can use, apart from one."""
        sessions = self._station.sessions.all()
        return [
            one.evse.id
            for one in sessions
            if one.evse.id != but and self._idle(one.evse.id) and not one.evse.connector.occupied
        ]

    # -- for the Central System --------------------------------------------------------------------------------------

    def reserve(self, request: Payload) -> Answer | Payload:
        """Answer ReserveNow (5.13)."""
        kept = self._kept()
        key = str(request["reservationId"])
        before = kept.pop(key, None)
        status = self._status(request)
        if status != "Accepted":
            if before is not None:
                kept[key] = before
            return {"status": status}
        if before is not None and self._station.defects.active("reservation-not-replaced"):
            kept[key] = before
            return {"status": status}
        kept[key] = dict(request)
        self._station.memory.save()
        self._station.spawn(self._expire(request))
        return Answer({"status": status}, self._station.statuses.report_changes)

    def _status(self, request: Payload) -> str:
        number = request["connectorId"]
        configuration = self._station.configuration
        known = number in self._station.statuses.numbers()
        zero = configuration.flag("ReserveConnectorZeroSupported")
        if "Reservation" not in configuration.members("SupportedFeatureProfiles") or self._station.going_down:
            return "Rejected"
        if not known or (number == 0 and not zero) or self._left(request) <= 0:
            return "Rejected"
        candidates = [one for one in self._station.sessions.all() if number in (0, one.evse.id)]
        hindrances = [self._hindrance(one) for one in candidates]
        if "" in hindrances:
            # Somebody else may have been promised that one of the free connectors stays so.
            taken = len(self._free()) <= len(self._named(0))
            return "Occupied" if taken else "Accepted"
        return next(status for status in ("Occupied", "Faulted", "Unavailable") if status in hindrances)

    def _hindrance(self, session: Session) -> str:
        """The answer to a wish for that connector; "" if nothing stands against it."""
        evse = session.evse
        if self._station.statuses.state(evse.id)[0] == "Faulted":
            return "Faulted"
        if not self._station.statuses.usable(evse.id):
            return "Unavailable"
        if self._named(evse.id) and not self._station.defects.active("second-reservation-accepted"):
            return "Occupied"
        return "" if self._untouched(session) and not evse.connector.occupied else "Occupied"

    def cancel(self, request: Payload) -> Answer | Payload:
        """Answer CancelReservation (5.1)."""
        found = [one for one in self._standing() if one["reservationId"] == request["reservationId"]]
        defects = self._station.defects
        if defects.active("unknown-id-cancels-all") and not found:
            self._end(self._standing())
            return Answer({"status": "Rejected"}, self._station.statuses.report_changes)
        if not found:
            return {"status": "Rejected"}
        if any(defects.active(name) for name in _REMEMBERED):
            self._cancelled += found
        self._end(found)
        return Answer({"status": "Accepted"}, self._station.statuses.report_changes)

    # -- the end of a reservation ------------------------------------------------------------------------------------

    def power_up(self) -> None:
        """After a boot: let the reservations that are left expire in time."""
        self._cancelled.clear()
        for reservation in self._kept().values():
            self._station.spawn(self._expire(reservation))

    async def _expire(self, reservation: Reservation) -> None:
        # Short naps, because the clock may be set at any time.
        while (left := self._left(reservation)) > 0:
            await asyncio.sleep(min(left, 1.0))
        if not self._station.defects.active("reservation-outlives-its-expiry"):
            self._end([one for one in self._kept().values() if self._left(one) <= 0])
        self._station.statuses.report_changes()

    def out_of_service(self) -> None:
        """Connectors have become Faulted or Unavailable: what was reserved of them is not any more (5.13, case 3)."""
        if self._station.defects.active("reservation-outlives-unavailability"):
            return
        sessions = self._station.sessions.all()
        gone = ("Faulted", "Unavailable")
        lost = {one.evse.id for one in sessions if self._station.statuses.state(one.evse.id)[0] in gone}
        if len(lost) == len(sessions):
            lost.add(0)
        self._end([one for one in self._kept().values() if one["connectorId"] in lost])

    def drop(self, number: int) -> None:
        """Forget what was reserved of a connector: a defect, nobody asked for that."""
        self._end(self._named(number))

    def _end(self, reservations: list[Reservation]) -> None:
        for one in reservations:
            self._kept().pop(str(one["reservationId"]), None)
        if reservations:
            self._station.memory.save()


_REMEMBERED = ("cancelled-reservation-blocks", "reservation-id-after-cancellation")
"""Defects that live by a memory of what was cancelled."""
