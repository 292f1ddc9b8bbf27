"""Defects of the CSMS in what it makes of valid CALLs whose values are rare."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.payloads import BOTH
from conformance.reference.defects.values import DecimalsInFloats, register
from conformance.reference.wire import CallError, Payload

CSMS, CASE = "CSMS", "OC_FZ_07_CSMS"

register(CSMS, CASE)


@defect(
    "decimals-in-floats",
    role=CSMS,
    families=("2",),
    breaks="legal charging limits with one decimal are refused, for 0.3 is no multiple of 0.1 in binary floats [30]",
    must_fail=(CASE,),
)
class _DecimalsInFloats(DecimalsInFloats):
    pass


@defect(
    "place-taken-as-required",
    role=CSMS,
    families=BOTH,
    breaks="a TransactionEvent without evse (1.6: StatusNotification without timestamp), which is optional, is refused",
    must_fail=(CASE,),
)
class _PlaceTakenAsRequired(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        missing = {"TransactionEvent": "evse", "StatusNotification": "timestamp"}.get(action)
        if missing is None or missing in request or isinstance(answer, CallError):
            return answer
        return CallError("OccurrenceConstraintViolation", f"{missing} is missing")
