"""Defects of the station in what it makes of payloads that break their schema."""

from __future__ import annotations

from conformance.reference.defects import defect, flag
from conformance.reference.defects.payloads import BOTH, Violations, crash, register
from conformance.reference.defects.station.bases import CS
from conformance.reference.wire import CallError, Payload

register(CS, "OC_FZ_01_CS", "OC_FZ_02_CS")


@defect(
    "unknown-enum-kills",
    role=CS,
    families=BOTH,
    breaks="a requestedMessage that TriggerMessage does not have ends the process [14]",
    must_fail=("OC_FZ_01_CS",),
)
class _UnknownEnumKills(Violations):
    pattern = "/requestedMessage: expected one of "

    def broken(self, action: str, request: Payload, refusal: CallError) -> Payload | CallError | None:
        if action == "TriggerMessage":
            crash()
        return refusal


flag(
    "any-boot-answer-accepts",
    role=CS,
    families=BOTH,
    breaks="after any answer to its BootNotification the station acts as accepted (1.6 4.2; 2.x B01.FR.10, B02.FR.02)",
    must_fail=("OC_FZ_02_CS",),
    rules=("boot.before-accepted",),
)
