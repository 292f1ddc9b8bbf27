"""What a CSMS gets wrong about limits, costs and resumed transactions (2.1, E16 and E17)."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.wire import CallError, Payload

ROLE, NEW = "CSMS", ("2",)
SETS = ("TC_E_102_CSMS", "TC_E_109_CSMS", "TC_E_110_CSMS", "TC_E_111_CSMS")

flag(
    "limit-never-told",
    role=ROLE,
    families=NEW,
    breaks="the station never hears of a limit that the operator sets (E16.FR.02)",
    must_fail=SETS,
)
flag(
    "limit-told-wrong",
    role=ROLE,
    families=NEW,
    breaks="another limit is told than the operator sets (E16.FR.02)",
    must_fail=SETS,
)
flag(
    "unsupported-limit-told",
    role=ROLE,
    families=NEW,
    breaks="a limit is told that the station does not have in SupportedLimits (E16.FR.12)",
    must_fail=("OC_E_30_CSMS",),
)
flag(
    "limit-of-station-echoed",
    role=ROLE,
    families=NEW,
    breaks="a limit of the station's own is told back to it (E16.FR.08)",
    must_fail=("TC_E_106_CSMS", "TC_E_107_CSMS", "TC_E_108_CSMS"),
)
flag(
    "cost-not-told",
    role=ROLE,
    families=NEW,
    breaks="a station that does not calculate the cost, which is limited, does not hear of it (E16.FR.11)",
    must_fail=("TC_E_109_CSMS",),
)
flag(
    "cost-told-beside-tariff",
    role=ROLE,
    families=NEW,
    breaks="a station that calculates the cost by its tariff is told another one (E16.FR.16)",
    must_fail=("TC_E_108_CSMS",),
)
flag(
    "profile-not-restored",
    role=ROLE,
    families=NEW,
    breaks="the TxProfile of a resumed transaction is not sent again (E17.FR.15)",
    must_fail=("TC_E_117_CSMS",),
)


@defect(
    "resumed-transaction-refused",
    role=ROLE,
    families=NEW,
    breaks="the event of a resumed transaction is answered with a CALLERROR (E17.FR.14)",
    must_fail=("TC_E_113_CSMS", "TC_E_117_CSMS"),
)
class _ResumedTransactionRefused(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "TransactionEvent" and request["triggerReason"] == "TxResumed":
            return CallError("InternalError", "no such transaction")
        return answer
