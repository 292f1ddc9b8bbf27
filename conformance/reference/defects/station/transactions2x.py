"""Defects of the station in transactions of 2.x."""

from __future__ import annotations

from conformance.reference.defects import defect, flag
from conformance.reference.defects.station.bases import BOTH, CS, NEW, Events
from conformance.reference.wire import Payload


@defect(
    "seq-gap",
    role=CS,
    families=NEW,
    breaks="seqNo 1 is left out (part 2, sequence number generation)",
    must_fail=("TC_E_03_CS", "TC_E_15_CS"),
    rules=("tx.seq-gap",),
)
class _SeqGap(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "seqNo": payload["seqNo"] + (1 if payload["seqNo"] else 0)}]


@defect(
    "seq-always-zero",
    role=CS,
    families=NEW,
    breaks="seqNo is 0 in every event (part 2, sequence number generation)",
    must_fail=("TC_E_03_CS", "TC_E_15_CS"),
    rules=("tx.seq-repeat",),
)
class _SeqZero(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "seqNo": 0}]


@defect(
    "event-twice",
    role=CS,
    families=NEW,
    breaks="every event is followed by another one with the same seqNo [12]",
    must_fail=("TC_E_03_CS", "TC_E_15_CS"),
    rules=("tx.seq-repeat",),
)
class _EventTwice(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [payload, {**payload, "triggerReason": "Trigger"}]


@defect(
    "start-unreported",
    role=CS,
    families=NEW,
    breaks="the event Started is never sent (E01)",
    must_fail=("TC_E_01_CS", "TC_E_02_CS", "TC_E_09_CS", "TC_E_10_CS"),
)
class _StartUnreported(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if payload["eventType"] == "Started" else [payload]


@defect(
    "end-unreported",
    role=CS,
    families=NEW,
    breaks="the event Ended is never sent [52] (E06)",
    must_fail=("TC_E_15_CS", "TC_E_21_CS", "TC_B_22_CS"),
)
class _EndUnreported(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if payload["eventType"] == "Ended" else [payload]


@defect(
    "end-reported-as-update",
    role=CS,
    families=NEW,
    breaks="the last event of a transaction has eventType Updated (E06)",
    must_fail=("TC_E_15_CS", "TC_E_21_CS", "TC_B_22_CS"),
)
class _EndAsUpdate(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "eventType": "Updated" if payload["eventType"] == "Ended" else payload["eventType"]}]


@defect(
    "stopped-reason-wrong",
    role=CS,
    families=NEW,
    breaks="stoppedReason is Reboot whatever ended the transaction (E06.FR.08, E07.FR.06)",
    must_fail=("TC_E_15_CS", "TC_E_20_CS", "TC_E_21_CS", "TC_B_22_CS"),
)
class _StoppedReasonWrong(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["eventType"] == "Ended":
            payload["transactionInfo"]["stoppedReason"] = "Reboot"
        return [payload]


@defect(
    "stopped-reason-missing",
    role=CS,
    families=NEW,
    breaks="Ended never gives a stoppedReason (E06.FR.08)",
    must_fail=("TC_E_21_CS", "TC_B_22_CS"),
    rules=("tx.stopped-reason",),
)
class _StoppedReasonMissing(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload["transactionInfo"].pop("stoppedReason", None)
        return [payload]


@defect(
    "remote-start-id-missing",
    role=CS,
    families=NEW,
    breaks="no event has the remoteStartId of RequestStartTransaction (F01.FR.25, F02.FR.21)",
    must_fail=("TC_F_01_CS", "TC_F_02_CS", "TC_F_03_CS", "TC_E_13_CS"),
)
class _RemoteStartIdMissing(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload["transactionInfo"].pop("remoteStartId", None)
        return [payload]


@defect(
    "remote-start-shown-as-local",
    role=CS,
    families=NEW,
    breaks="the first event after a remote start has triggerReason Authorized (F02.FR.21)",
    must_fail=("TC_F_01_CS", "TC_F_02_CS", "TC_F_03_CS", "TC_E_13_CS"),
)
class _RemoteShownAsLocal(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["triggerReason"] == "RemoteStart":
            payload["triggerReason"] = "Authorized"
        return [payload]


@defect(
    "trigger-reason-constant",
    role=CS,
    families=NEW,
    breaks="every event has triggerReason MeterValuePeriodic (E01.FR.15)",
    must_fail=("TC_E_10_CS",),
)
class _TriggerReasonConstant(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "triggerReason": "MeterValuePeriodic"}]


@defect(
    "charging-state-missing",
    role=CS,
    families=NEW,
    breaks="no event says the charging state (E01.FR.18)",
    must_fail=("TC_E_02_CS", "TC_E_09_CS"),
    rules=("tx.charging-state",),
)
class _ChargingStateMissing(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload["transactionInfo"].pop("chargingState", None)
        return [payload]


@defect(
    "charging-state-wrong",
    role=CS,
    families=NEW,
    breaks="the charging state is SuspendedEVSE while energy flows (E01.FR.18)",
    must_fail=("TC_E_02_CS", "TC_E_03_CS"),
)
class _ChargingStateWrong(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["transactionInfo"].get("chargingState") == "Charging":
            payload["transactionInfo"]["chargingState"] = "SuspendedEVSE"
        return [payload]


@defect(
    "evse-missing",
    role=CS,
    families=NEW,
    breaks="no event names the EVSE and the connector (E01.FR.16)",
    must_fail=("TC_E_02_CS", "TC_E_09_CS"),
)
class _EvseMissing(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload.pop("evse", None)
        return [payload]


@defect(
    "token-missing",
    role=CS,
    families=NEW,
    breaks="no event has the idToken (E01.FR.10, E02.FR.01)",
    must_fail=("TC_E_02_CS", "TC_E_10_CS", "TC_F_01_CS"),
)
class _TokenMissing(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload.pop("idToken", None)
        return [payload]


@defect(
    "token-changed",
    role=CS,
    families=NEW,
    breaks="events name another idToken than the one that was presented [19] (E02.FR.01)",
    must_fail=("TC_E_02_CS", "TC_E_10_CS", "TC_F_01_CS"),
)
class _TokenChanged(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if "idToken" in payload:
            payload["idToken"]["idToken"] = payload["idToken"]["idToken"][::-1]
        return [payload]


@defect(
    "transaction-id-changed",
    role=CS,
    families=NEW,
    breaks="the transactionId changes with every event (E01.FR.08)",
    must_fail=("TC_E_03_CS", "TC_E_15_CS"),
    rules=("tx.started-first",),
)
class _TransactionIdChanged(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        info = payload["transactionInfo"]
        info["transactionId"] = f"{info['transactionId'][:30]}-{payload['seqNo']}"
        return [payload]


@defect(
    "offline-flag-missing",
    role=CS,
    families=NEW,
    breaks="events of an offline period do not say so (E04.FR.03)",
    must_fail=("TC_E_16_CS",),
)
class _OfflineFlagMissing(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload.pop("offline", None)
        return [payload]


@defect(
    "register-counts-down",
    role=CS,
    families=NEW,
    breaks="the energy register falls from event to event [53] (J02.FR.16)",
    must_fail=("TC_E_15_CS",),
    rules=("values.register",),
)
class _RegisterCountsDown(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        for value in payload.get("meterValue", []):
            for sample in value["sampledValue"]:
                if sample["context"] != "Transaction.Begin":
                    sample["value"] = -1 - payload["seqNo"]
        return [payload]


@defect(
    "energy-in-watts",
    role=CS,
    families=NEW,
    breaks="readings of energy are in W (UnitOfMeasureType.unit)",
    must_fail=("TC_E_02_CS", "TC_E_10_CS"),
    rules=("values.unit",),
)
class _EnergyInWatts(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        for value in payload.get("meterValue", []):
            for sample in value["sampledValue"]:
                sample["unitOfMeasure"] = {"unit": "W"}
        return [payload]


@defect(
    "readings-without-context",
    role=CS,
    families=NEW,
    breaks="readings do not say that a transaction began or ended with them (E01.FR.09, E06.FR.11)",
    must_fail=("TC_E_02_CS", "TC_E_10_CS"),
    rules=("tx.reading-context",),
)
class _ReadingsWithoutContext(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        for value in payload.get("meterValue", []):
            for sample in value["sampledValue"]:
                sample.pop("context", None)
        return [payload]


@defect(
    "charges-without-a-car",
    role=CS,
    families=NEW,
    breaks="a transaction that starts before an EV is connected tells SuspendedEV (ChargingStateEnumType)",
    must_fail=("TC_E_04_CS", "TC_E_10_CS"),
)
class _ChargesWithoutACar(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["eventType"] == "Started" and payload["transactionInfo"].get("chargingState") == "Idle":
            payload["transactionInfo"]["chargingState"] = "SuspendedEV"
        return [payload]


flag(
    "starts-though-token-invalid",
    role=CS,
    families=BOTH,
    breaks="charging starts although the token was refused [49] (C01.FR.01, 1.6 4.1)",
    must_fail=("TC_E_52_CS", "TC_023_CS", "TC_C_02_CS", "TC_C_06_CS", "TC_C_07_CS", "TC_C_56_CS", "TC_C_45_CS"),
)
flag(
    "ignores-invalid-token-in-transaction",
    role=CS,
    families=NEW,
    breaks="charging goes on although the CSMS refused the token afterwards [49] (E05.FR.10, 1.6 4.8)",
    must_fail=("TC_E_16_CS", "TC_C_16_CS", "TC_C_17_CS", "TC_C_18_CS", "TC_C_26_CS", "TC_C_34_CS"),
)
flag(
    "connection-timeout-ignored",
    role=CS,
    families=BOTH,
    breaks="an authorization without a cable never times out (E03.FR.05, F02.FR.07, 1.6 9.1 ConnectionTimeOut)",
    must_fail=("TC_E_05_CS", "TC_F_04_CS", "TC_004_2_CS"),
)
flag(
    "start-point-ignored",
    role=CS,
    families=NEW,
    breaks="a transaction starts with the cable or the token, whatever TxStartPoint says (E01.FR.05, E01.FR.06)",
    must_fail=("TC_E_01_CS", "TC_E_02_CS", "TC_E_11_CS"),
)
flag(
    "stop-point-ignored",
    role=CS,
    families=NEW,
    breaks="a transaction ends with the token or the energy, whatever TxStopPoint says (E06.FR.01, E06.FR.02)",
    must_fail=("TC_E_14_CS", "TC_E_19_CS", "TC_E_20_CS", "TC_E_37_CS"),
)

IMPATIENT = "station that waits little longer than a second for an answer"
flag(
    "events-not-repeated",
    role=CS,
    families=NEW,
    breaks="an event that the CSMS refuses or does not answer is not sent again [48] (E13.FR.02)",
    must_fail=("TC_E_41_CS", "TC_E_42_CS", "TC_E_50_CS", "TC_E_51_CS"),
    variant=IMPATIENT,
)
flag(
    "events-repeated-at-once",
    role=CS,
    families=NEW,
    breaks="an event is sent again without the pause of MessageAttemptInterval (E13.FR.03)",
    must_fail=("TC_E_41_CS", "TC_E_42_CS", "TC_E_50_CS", "TC_E_51_CS"),
    variant=IMPATIENT,
)
flag(
    "events-repeated-too-often",
    role=CS,
    families=NEW,
    breaks="an event is sent once more than MessageAttempts says (E13.FR.02, E13.FR.04)",
    must_fail=("TC_E_41_CS", "TC_E_50_CS"),
    variant=IMPATIENT,
)

PLUG_AND_CHARGE = "station for Plug and Charge"
flag(
    "ev-stop-as-pause",
    role=CS,
    families=NEW,
    breaks="an EV that ends its ISO 15118 session is told as a change of the charging state (E15.FR.04, E15.FR.05)",
    must_fail=("TC_E_46_CS",),
    variant=PLUG_AND_CHARGE,
)
flag(
    "ev-stop-as-unplugging",
    role=CS,
    families=NEW,
    breaks="a transaction that the EV ends by ISO 15118 has stoppedReason EVDisconnected (E15.FR.04)",
    must_fail=("TC_E_46_CS",),
    variant=PLUG_AND_CHARGE,
)


# ---------------------------------------------------------------------- readings, phases, faults, the lock


class _Readings(Events):
    """Base of defects that spoil what an event has been read from the meter."""

    def spoil(self, payload: Payload) -> list[Payload]:
        for value in payload.get("meterValue", []):
            value["sampledValue"] = [self.read(payload, one) for one in value["sampledValue"]]
        return [payload]

    def read(self, event: Payload, sample: Payload) -> Payload:
        """The sample that is sent instead."""
        return sample


@defect(
    "periodic-readings-of-voltage",
    role=CS,
    families=NEW,
    breaks="periodic events have another measurand than TxUpdatedMeasurands says (E02.FR.10, E03.FR.08, E11.FR.03)",
    must_fail=("OC_E_01_CS", "OC_E_02_CS", "OC_E_03_CS", "TC_E_40_CS", "TC_E_33_CS", "TC_E_29_CS"),
)
class _PeriodicVoltage(_Readings):
    def read(self, event: Payload, sample: Payload) -> Payload:
        if sample["context"] == "Sample.Periodic":
            return {"value": 230, "measurand": "Voltage", "context": "Sample.Periodic", "location": "Outlet"}
        return sample


@defect(
    "end-not-signed",
    role=CS,
    families=NEW,
    breaks="readings of the end are not signed, whatever SignReadings says (E07.FR.12 and the like)",
    must_fail=("OC_E_03_CS", "OC_E_06_CS", "OC_E_07_CS", "OC_E_08_CS", "OC_E_09_CS", "OC_E_10_CS", "OC_E_11_CS"),
)
class _EndNotSigned(_Readings):
    def read(self, event: Payload, sample: Payload) -> Payload:
        if sample["context"] == "Transaction.End":
            sample.pop("signedMeterValue", None)
        return sample


flag(
    "late-begin-not-told",
    role=CS,
    families=NEW,
    breaks="a transaction that began before its EVSE was known never tells the readings of its begin (E01.FR.17)",
    must_fail=("OC_E_04_CS", "OC_E_06_CS"),
)


@defect(
    "begin-not-read",
    role=CS,
    families=NEW,
    breaks="a transaction tells no readings of its begin (E01.FR.09, E01.FR.17)",
    must_fail=("OC_E_05_CS", "OC_E_04_CS"),
)
class _BeginNotRead(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        read = payload.pop("meterValue", [])
        kept = [one for one in read if one["sampledValue"][0]["context"] != "Transaction.Begin"]
        return [{**payload, **({"meterValue": kept} if kept else {})}]


flag(
    "queue-not-marked-offline",
    role=CS,
    families=NEW,
    breaks="events that wait when the connection is lost do not say offline (E11.FR.07)",
    must_fail=("OC_E_11_CS",),
)
flag(
    "phases-told-once",
    role=CS,
    families=NEW,
    breaks="the number of phases is told when energy flows, and never again (E02.FR.19, E03.FR.14)",
    must_fail=("OC_E_12_CS", "OC_E_13_CS"),
)


@defect(
    "phases-told-late",
    role=CS,
    families=NEW,
    breaks="the number of phases is not told when energy flows, only when it changes (E02.FR.18, E03.FR.13)",
    must_fail=("OC_E_12_CS", "OC_E_13_CS"),
)
class _PhasesToldLate(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["triggerReason"] != "MeterValuePeriodic":
            payload.pop("numberOfPhasesUsed", None)
        return [payload]


flag(
    "fault-told-as-pause",
    role=CS,
    families=NEW,
    breaks="a transaction that a fault ends is told with triggerReason ChargingStateChanged (E06.FR.16)",
    must_fail=("OC_E_14_CS",),
)
flag(
    "meter-fault-ignored",
    role=CS,
    families=NEW,
    breaks="a transaction with TxStopPoint DataSigned goes on although the meter has failed (E06.FR.05)",
    must_fail=("OC_E_15_CS",),
)
flag(
    "lock-stays-shut",
    role=CS,
    families=NEW,
    breaks="the lock of the cable does not open when a transaction has ended (E06.FR.10, E07.FR.07, E08.FR.03)",
    must_fail=("TC_E_06_CS", "TC_E_44_CS"),
)
flag(
    "refused-cable-kept-for-good",
    role=CS,
    families=NEW,
    breaks="the owner of a cable whose token was refused does not get it back by the token (E05.FR.11)",
    must_fail=("OC_E_16_CS",),
)
