"""Defects of the CSMS in reservations of 1.6."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from conformance.ocppj import frames
from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.wire import CallError, Payload

ROLE = "CSMS"
OLD = ("1.6",)
REFUSED = ("TC_048_1_CSMS", "TC_048_2_CSMS", "TC_048_3_CSMS", "TC_048_4_CSMS")
"""Cases in which the charge point refuses a reservation."""


class _Requests(Misbehaviour):
    """Base of defects that spoil one field of the requests of one action."""

    action = "ReserveNow"
    field = ""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == self.action and self.field in payload:
            payload[self.field] = self.spoil(payload[self.field])
        return [(action, {name: value for name, value in payload.items() if value is not None})]

    def spoil(self, value: Any) -> Any:
        """The value that is sent instead; None for no such field."""


@defect(
    "reservation-expired-before",
    role=ROLE,
    families=OLD,
    breaks="expiryDate of a ReserveNow lies in the past (6.37)",
    must_fail=("TC_046_CSMS", "TC_047_CSMS", "TC_049_CSMS", "TC_051_CSMS", *REFUSED),
)
class _ExpiredBefore(_Requests):
    field = "expiryDate"

    def spoil(self, value: Any) -> Any:
        return (datetime.fromisoformat(value) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")


@defect(
    "reservation-id-repeated",
    role=ROLE,
    families=OLD,
    breaks="two reservations have one id (6.37)",
    must_fail=("OC_16_30_CSMS",),
)
class _IdRepeated(_Requests):
    field = "reservationId"

    def spoil(self, value: Any) -> Any:
        return 1


@defect(
    "charge-point-reserved-as-connector",
    role=ROLE,
    families=OLD,
    breaks="connector 1 is reserved where the charge point should be (5.13, 6.37)",
    must_fail=("TC_049_CSMS",),
)
class _ZeroIsOne(_Requests):
    field = "connectorId"

    def spoil(self, value: Any) -> Any:
        return value or 1


@defect(
    "reservation-without-group",
    role=ROLE,
    families=OLD,
    breaks="a reservation for a group does not name it (5.13, 6.37)",
    must_fail=("TC_053_CSMS",),
)
class _WithoutGroup(_Requests):
    field = "parentIdTag"


@defect(
    "reservation-for-another-tag",
    role=ROLE,
    families=OLD,
    breaks="a reservation is for another idTag than it was asked for (5.13)",
    must_fail=("TC_046_CSMS", "TC_051_CSMS", "TC_052_CSMS", *REFUSED),
)
class _AnotherTag(_Requests):
    field = "idTag"

    def spoil(self, value: Any) -> Any:
        return f"{value}X"[-20:]


@defect(
    "another-reservation-cancelled",
    role=ROLE,
    families=OLD,
    breaks="CancelReservation names another reservation than the one to be cancelled (5.1)",
    must_fail=("TC_051_CSMS", "TC_052_CSMS"),
)
class _AnotherCancelled(_Requests):
    action = "CancelReservation"
    field = "reservationId"

    def spoil(self, value: Any) -> Any:
        return value + 1


@defect(
    "dumb-after-refused-reservation",
    role=ROLE,
    families=OLD,
    breaks="after an answer to ReserveNow that is not Accepted, nothing is answered any more (5.13)",
    must_fail=REFUSED,
)
class _DumbAfterRefusal(Misbehaviour):
    def __init__(self) -> None:
        self.asked = ""
        self.offended = False

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        self.asked = action
        return [(action, payload)]

    def answered(self, frame: frames.Frame) -> list[str]:
        self.offended |= self.asked == "ReserveNow" and frame.payload.get("status") != "Accepted"
        return []

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return None if self.offended else answer
