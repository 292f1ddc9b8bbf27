"""Defects of the station in transactions that a power failure meets (2.1, E17)."""

from __future__ import annotations

from conformance.reference.defects import defect, flag
from conformance.reference.defects.station.bases import CS, NEW, Events
from conformance.reference.wire import Payload

RESUMED = ("TC_E_112_CS", "TC_E_113_CS")
ENDED = ("TC_E_115_CS", "TC_E_116_CS")

flag(
    "resumes-never",
    role=CS,
    families=NEW,
    breaks="a transaction ends with the power, whatever ResumptionTimeout says (E17.FR.10)",
    must_fail=RESUMED,
)
flag(
    "resumes-however-late",
    role=CS,
    families=NEW,
    breaks="a transaction is resumed however long the power was off (E17.FR.20)",
    must_fail=ENDED,
)
flag(
    "resumes-unasked",
    role=CS,
    families=NEW,
    breaks="a transaction is resumed by a station that has no ResumptionTimeout (E17.FR.01)",
    must_fail=("TC_E_114_CS",),
    variant="station that resumes no transaction",
)
flag(
    "resumes-energy-always",
    role=CS,
    families=NEW,
    breaks="energy flows again though AllowEnergyTransferResumption is false (E17.FR.12)",
    must_fail=("TC_E_112_CS", "TC_B_102_CS", "OC_B_08_CS"),
)
flag(
    "resumes-energy-never",
    role=CS,
    families=NEW,
    breaks="no energy flows again though AllowEnergyTransferResumption is true (E17.FR.11)",
    must_fail=("TC_E_113_CS", "TC_B_103_CS", "OC_B_07_CS", "OC_E_19_CS"),
)
flag(
    "resumption-not-told",
    role=CS,
    families=NEW,
    breaks="a transaction goes on after a power failure without a word (E17.FR.14)",
    must_fail=RESUMED,
)
flag(
    "resumed-numbers-begin-anew",
    role=CS,
    families=NEW,
    breaks="the events of a resumed transaction are numbered from 0 again (E17.FR.01)",
    must_fail=RESUMED,
)


@defect(
    "resumed-as-suspended",
    role=CS,
    families=NEW,
    breaks="every transaction is resumed in SuspendedEVSE, whatever was before (E17.FR.13, E17.FR.16)",
    must_fail=("OC_E_17_CS", "OC_E_18_CS", "TC_E_113_CS"),
)
class _ResumedAsSuspended(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["triggerReason"] == "TxResumed":
            payload["transactionInfo"]["chargingState"] = "SuspendedEVSE"
        return [payload]


@defect(
    "power-loss-without-reason",
    role=CS,
    families=NEW,
    breaks="a transaction that ends with the power has stoppedReason Other (E17.FR.21)",
    must_fail=ENDED,
)
class _PowerLossWithoutReason(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["transactionInfo"].get("stoppedReason") == "PowerLoss":
            payload["transactionInfo"]["stoppedReason"] = "Other"
        return [payload]
