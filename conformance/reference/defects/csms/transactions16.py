"""Transactions that a CSMS of 1.6 gets wrong beyond what the official list asks for."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.wire import CallError, Payload

ROLE, OLD = "CSMS", ("1.6",)


@defect(
    "transaction-without-id-refused",
    role=ROLE,
    families=OLD,
    breaks="messages with the transactionId -1 are answered by a CALLERROR (errata 3.18)",
    must_fail=("OC_16_10_CSMS",),
)
class _WithoutIdRefused(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return CallError("GenericError", "no such transaction") if request.get("transactionId") == -1 else answer


@defect(
    "transaction-without-id-invalid",
    role=ROLE,
    families=OLD,
    breaks="the token of a transaction with the id -1 is answered Invalid (errata 3.18)",
    must_fail=("OC_16_10_CSMS",),
)
class _WithoutIdInvalid(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "StopTransaction" and request.get("transactionId") == -1:
            return {"idTagInfo": {"status": "Invalid"}}
        return answer


@defect(
    "old-transactions-refused",
    role=ROLE,
    families=OLD,
    breaks="a StartTransaction of some minutes ago is refused as Invalid [51] (3.7: process it as any other)",
    must_fail=("OC_16_11_CSMS",),
)
class _OldRefused(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action != "StartTransaction" or isinstance(answer, CallError):
            return answer
        return {**answer, "idTagInfo": {"status": "Invalid"}}


@defect(
    "one-id-for-every-transaction",
    role=ROLE,
    families=OLD,
    breaks="every transaction of a charge point has the same id (4.8, 6.46)",
    must_fail=("OC_16_11_CSMS",),
)
class _OneId(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "StartTransaction" and not isinstance(answer, CallError):
            return {**answer, "transactionId": 7}
        return answer
