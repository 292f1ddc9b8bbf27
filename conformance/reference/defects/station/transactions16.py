"""Defects of the charge point in transactions of 1.6."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.station.bases import CS, OLD, Requests
from conformance.reference.wire import CallError, Payload


@defect(
    "meter-stop-below-start",
    role=CS,
    families=OLD,
    breaks="meterStop is below meterStart [53]",
    must_fail=("TC_012_CS", "TC_005_1_CS"),
    rules=("tx16.meter-stop",),
)
class _MeterStopBelowStart(Requests):
    action = "StopTransaction"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "meterStop": -1}]


@defect(
    "transaction-id-minus-one",
    role=CS,
    families=OLD,
    breaks="StopTransaction and MeterValues name the transactionId -1 [47]",
    must_fail=("TC_012_CS", "TC_005_1_CS"),
)
class _TransactionIdMinusOne(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return [(action, {**payload, "transactionId": -1} if "transactionId" in payload else payload)]


@defect(
    "stop-reason-wrong",
    role=CS,
    families=OLD,
    breaks="StopTransaction gives the reason Reboot whatever ended it (1.6 4.10)",
    must_fail=("TC_012_CS", "TC_005_1_CS", "TC_032_2_CS", "TC_037_3_CS", "TC_038_CS"),
)
class _StopReasonWrong(Requests):
    action = "StopTransaction"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "reason": "Reboot"}]


@defect(
    "start-transaction-missing",
    role=CS,
    families=OLD,
    breaks="StartTransaction is never sent although energy flows (1.6 4.8)",
    must_fail=("TC_003_CS", "TC_004_1_CS"),
)
class _StartTransactionMissing(Requests):
    action = "StartTransaction"

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action != self.action:
            return [(action, payload)]
        raise CallError("GenericError", "not sent")


@defect(
    "charging-unreported",
    role=CS,
    families=OLD,
    breaks="the status Charging is never reported (1.6 4.9)",
    must_fail=("TC_003_CS", "TC_004_1_CS"),
)
class _ChargingUnreported(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if payload["status"] == "Charging" else [payload]


@defect(
    "finishing-unreported",
    role=CS,
    families=OLD,
    breaks="the status Finishing is never reported (1.6 4.9)",
    must_fail=("TC_012_CS", "TC_005_1_CS"),
)
class _FinishingUnreported(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if payload["status"] == "Finishing" else [payload]
