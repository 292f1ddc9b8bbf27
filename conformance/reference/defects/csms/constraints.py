"""Defects of the CSMS in what it makes of payloads that break their schema."""

from __future__ import annotations

from conformance.reference.defects import defect
from conformance.reference.defects.payloads import BOTH, Violations, crash_soon, register
from conformance.reference.wire import CallError, Payload

ROLE = "CSMS"

register(ROLE, "OC_FZ_01_CSMS", "OC_FZ_02_CSMS")


@defect(
    "boot-without-field-kills",
    role=ROLE,
    families=BOTH,
    breaks="after the CALLERROR to a BootNotification that misses a field the process ends [16]",
    must_fail=("OC_FZ_01_CSMS",),
)
class _BootWithoutFieldKills(Violations):
    pattern = "the field is required"

    def broken(self, action: str, request: Payload, refusal: CallError) -> Payload | CallError | None:
        if action == "BootNotification" and not request:
            crash_soon()
        return refusal
