"""Defects of the charge point in reservations of 1.6."""

from __future__ import annotations

from typing import Any

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.defects.station.bases import CS, OLD, Requests, wrong_status, yes_without_act
from conformance.reference.wire import Payload

UNSUPPORTED = "station without the profile Reservation"
USED = ("TC_046_1_CS", "TC_046_2_CS", "TC_049_CS", "TC_053_CS", "TC_053_1_CS", "TC_053_2_CS", "OC_16_30_CS")
"""Cases in which a reservation is used."""


def _flag(name: str, breaks: str, *must_fail: str) -> None:
    flag(name, role=CS, families=OLD, breaks=breaks, must_fail=must_fail)


def _answers(name: str, action: str, old: str, new: str, breaks: str, *must_fail: str, **about: Any) -> None:
    wrong_status(name, (action,), old, new, families=OLD, breaks=breaks, must_fail=must_fail, **about)


@defect(
    "reservation-id-unsent",
    role=CS,
    families=OLD,
    breaks="the StartTransaction that ends a reservation has no reservationId [63] (1.6 4.8, 5.13)",
    must_fail=USED,
)
class _ReservationIdUnsent(Requests):
    action = "StartTransaction"

    def spoil(self, payload: Payload) -> list[Payload]:
        payload.pop("reservationId", None)
        return [payload]


@defect(
    "reserved-unreported",
    role=CS,
    families=OLD,
    breaks="the status Reserved is never reported (1.6 4.9, A7)",
    must_fail=("TC_046_1_CS", "TC_046_2_CS", "TC_047_CS", "TC_049_CS", "TC_053_CS", "TC_053_1_CS", "TC_053_2_CS"),
)
class _ReservedUnreported(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if payload["status"] == "Reserved" else [payload]


@defect(
    "reservations-lost-at-boot",
    role=CS,
    families=OLD,
    breaks="a restart makes the charge point forget its reservations (1.6 5.13)",
    must_fail=("OC_16_31_CS",),
)
class _ReservationsLost(Misbehaviour):
    def powered_up(self) -> None:
        self.context.memory.section("reservations").clear()


_flag(
    "remote-start-despite-reservation",
    "a remote start for another idTag is accepted on a reserved connector, and begins [63] (1.6 5.13)",
    *("OC_16_30_CS", "OC_16_31_CS", "OC_16_32_CS"),
)
_flag(
    "reservation-for-anybody",
    "any idTag that is accepted can charge on a reserved connector (1.6 5.13)",
    *("TC_046_1_CS", "OC_16_34_CS"),
)
_flag("reservation-outlives-its-expiry", "a reservation goes on after its expiryDate (1.6 5.13)", "TC_047_CS")
_flag(
    "reservation-outlives-unavailability",
    "a reservation goes on although its connector was made inoperative (1.6 5.13)",
    "OC_16_33_CS",
)
_flag("cancelled-reservation-blocks", "a cancelled reservation keeps the others away (1.6 5.1)", "TC_051_CS")
_flag(
    "reservation-id-after-cancellation",
    "StartTransaction names a reservation that was cancelled (1.6 6.45)",
    "TC_051_CS",
)
_flag(
    "group-of-a-reservation-refused",
    "an idTag of the reservation's group is refused (1.6 5.13)",
    *("TC_053_CS", "TC_053_1_CS", "TC_053_2_CS"),
)
_flag("second-reservation-accepted", "a reserved connector can be reserved again (1.6 5.13)", "OC_16_32_CS")
_flag(
    "reservation-not-replaced",
    "a ReserveNow with a known reservationId is accepted, and the old one stays (1.6 5.13)",
    "OC_16_32_CS",
)
_flag("unknown-id-cancels-all", "an unknown reservationId cancels what is reserved (1.6 5.1)", "TC_052_CS")
_flag(
    "reserved-charge-point-keeps-nothing",
    "a reservation of connector 0 keeps no connector free (1.6 5.13)",
    "OC_16_34_CS",
)
yes_without_act(
    "reserving-ignored",
    ("ReserveNow",),
    families=OLD,
    breaks="ReserveNow is answered Accepted, and nothing is reserved (1.6 5.13)",
    must_fail=("TC_046_1_CS", "TC_047_CS", "TC_048_1_CS", "TC_049_CS", "TC_050_1_CS", "TC_053_CS"),
)
_answers(
    "reserving-of-a-fault-rejected",
    *("ReserveNow", "Faulted", "Rejected"),
    "ReserveNow answers Rejected for what has a fault (1.6 5.13)",
    *("TC_048_1_CS", "TC_050_1_CS"),
)
_answers(
    "reserving-of-the-occupied-accepted",
    *("ReserveNow", "Occupied", "Accepted"),
    "ReserveNow answers Accepted for what is occupied (1.6 5.13)",
    *("TC_048_2_CS", "TC_050_2_CS", "OC_16_32_CS"),
)
_answers(
    "reserving-of-the-unavailable-rejected",
    *("ReserveNow", "Unavailable", "Rejected"),
    "ReserveNow answers Rejected for what is inoperative (1.6 5.13)",
    *("TC_048_3_CS", "TC_050_3_CS"),
)
_answers(
    "unsupported-reservation-accepted",
    *("ReserveNow", "Rejected", "Accepted"),
    "ReserveNow answers Accepted although no reservations are supported (1.6 5.13)",
    *("TC_048_4_CS", "TC_050_4_CS"),
    variant=UNSUPPORTED,
)
_answers(
    "unknown-cancellation-accepted",
    *("CancelReservation", "Rejected", "Accepted"),
    "CancelReservation answers Accepted for an unknown reservationId (1.6 5.1)",
    "TC_052_CS",
)
_answers(
    "cancellation-refused",
    *("CancelReservation", "Accepted", "Rejected"),
    "CancelReservation is carried out and answered Rejected (1.6 5.1)",
    *("TC_051_CS", "TC_052_CS"),
)
