"""Defects of the station in what it makes of valid CALLs whose values are rare."""

from __future__ import annotations

from typing import Any

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.station.bases import BOTH, CS
from conformance.reference.defects.values import DecimalsInFloats, Refusing, register
from conformance.reference.wire import CallError, Payload

CASE = "OC_FZ_07_CS"

register(CS, CASE)


@defect(
    "decimals-in-floats",
    role=CS,
    families=BOTH,
    breaks="legal charging limits with one decimal are refused, for 0.3 is no multiple of 0.1 in binary floats [30]",
    must_fail=(CASE, "OC_16_49_CS"),
)
class _DecimalsInFloats(DecimalsInFloats):
    pass


@defect(
    "no-retries-refused",
    role=CS,
    families=BOTH,
    breaks="retries = 0 is refused [32]",
    must_fail=(CASE,),
)
class _NoRetriesRefused(Refusing):
    code = "PropertyConstraintViolation"

    def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
        return name == "retries" and value == 0


@defect(
    "connector-taken-as-required",
    role=CS,
    families=BOTH,
    breaks="a remote start without connectorId (2.x: evseId), which is optional, is refused",
    must_fail=(CASE,),
)
class _ConnectorTakenAsRequired(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        missing = {"RemoteStartTransaction": "connectorId", "RequestStartTransaction": "evseId"}.get(action)
        if missing is None or missing in request or isinstance(answer, CallError):
            return answer
        return CallError("OccurrenceConstraintViolation", f"{missing} is missing")
