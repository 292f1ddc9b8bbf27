"""Defects of the station in remote control."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.defects.station.bases import BOTH, CS, NEW, Answers, Events, wrong_status, yes_without_act
from conformance.reference.wire import Payload

wrong_status(
    "unlock-fails",
    ("UnlockConnector",),
    "Unlocked",
    "UnlockFailed",
    families=BOTH,
    breaks="UnlockConnector answers UnlockFailed although nothing is jammed (F05.FR.04, 1.6 5.18)",
    must_fail=("TC_F_06_CS", "TC_017_1_CS"),
)
wrong_status(
    "unlock-in-transaction",
    ("UnlockConnector",),
    "OngoingAuthorizedTransaction",
    "Unlocked",
    families=NEW,
    breaks="UnlockConnector answers Unlocked while an authorized transaction runs (F05.FR.02)",
    must_fail=("TC_F_05_CS",),
)
wrong_status(
    "unlock-failure-untold",
    ("UnlockConnector",),
    "UnlockFailed",
    "Unlocked",
    families=NEW,
    breaks="UnlockConnector answers Unlocked although the lock is stuck (F05.FR.05)",
    must_fail=("OC_F_01_CS",),
)
wrong_status(
    "unlock-of-nothing",
    ("UnlockConnector",),
    "UnknownConnector",
    "Unlocked",
    families=NEW,
    breaks="UnlockConnector answers Unlocked for a connector that does not exist (F05.FR.03)",
    must_fail=("TC_F_10_CS",),
)
wrong_status(
    "remote-stop-of-nothing",
    ("RequestStopTransaction", "RemoteStopTransaction"),
    "Rejected",
    "Accepted",
    families=BOTH,
    breaks="a remote stop of an unknown transaction is accepted (F03.FR.08, 1.6 5.12)",
    must_fail=("TC_F_09_CS", "TC_028_CS", "OC_16_15_CS"),
)
yes_without_act(
    "remote-stop-ignored",
    ("RequestStopTransaction", "RemoteStopTransaction"),
    families=BOTH,
    breaks="a remote stop is answered Accepted, and charging goes on (F03.FR.02, 1.6 5.12)",
    must_fail=("TC_F_08_CS", "TC_E_21_CS", "TC_012_CS"),
)
yes_without_act(
    "remote-start-ignored",
    ("RequestStartTransaction", "RemoteStartTransaction"),
    families=BOTH,
    breaks="a remote start is answered Accepted, and nothing happens [70] (F01, 1.6 5.11)",
    must_fail=("TC_F_01_CS", "TC_F_02_CS", "TC_E_13_CS", "TC_010_CS", "TC_011_1_CS"),
)
flag(
    "custom-trigger-invented",
    role=CS,
    families=NEW,
    breaks="a CustomTrigger that the station does not have is accepted (F06.FR.19)",
    must_fail=("TC_F_100_CS",),
)
flag(
    "custom-trigger-without-message",
    role=CS,
    families=NEW,
    breaks="a CustomTrigger is accepted, and no message follows (F06.FR.18)",
    must_fail=("TC_F_100_CS",),
)
wrong_status(
    "remote-start-while-busy",
    ("RequestStartTransaction", "RemoteStartTransaction"),
    "Rejected",
    "Accepted",
    families=BOTH,
    breaks="a remote start is accepted on a connector that charges already (F01.FR.24, 1.6 5.11)",
    must_fail=("TC_026_CS", "OC_16_14_CS", "OC_F_04_CS"),
)
flag(
    "starts-where-inoperative",
    role=CS,
    families=NEW,
    breaks="charging can be started on an EVSE that is inoperative or has a fault (F01.FR.23)",
    must_fail=("OC_F_05_CS", "OC_F_06_CS"),
)
yes_without_act(
    "trigger-unserved",
    ("TriggerMessage", "ExtendedTriggerMessage"),
    families=BOTH,
    breaks="TriggerMessage is answered Accepted, and the message never comes (F06.FR.10, 1.6 5.17)",
    must_fail=("TC_054_CS", "TC_F_11_CS", "TC_F_13_CS", "TC_F_15_CS", "TC_F_20_CS", "TC_F_23_CS", "OC_16_18_CS"),
    rules=("results.triggered",),
)
wrong_status(
    "trigger-refused",
    ("TriggerMessage",),
    "Accepted",
    "Rejected",
    families=BOTH,
    breaks="TriggerMessage is answered Rejected, and the message comes [62] (F06.FR.05)",
    must_fail=("TC_054_CS", "TC_F_11_CS", "TC_F_13_CS", "TC_F_20_CS", "OC_16_18_CS"),
)


flag(
    "log-status-always-idle",
    role=CS,
    families=NEW,
    breaks="a triggered LogStatusNotification says Idle while a log is being uploaded (F06.FR.14)",
    must_fail=("TC_F_16_CS",),
)
flag(
    "firmware-status-always-idle",
    role=CS,
    families=NEW,
    breaks="a triggered FirmwareStatusNotification says Idle while a firmware is being downloaded (L01.FR.26)",
    must_fail=("TC_F_19_CS",),
)


@defect(
    "triggered-values-unmarked",
    role=CS,
    families=NEW,
    breaks="meter values that were triggered have the context Sample.Periodic [20] (F06.FR.06)",
    must_fail=("TC_F_11_CS", "TC_F_12_CS", "TC_F_13_CS"),
)
class _TriggeredValuesUnmarked(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        for value in payload.get("meterValue", []):
            for sample in value["sampledValue"]:
                if sample.get("context") == "Trigger":
                    sample["context"] = "Sample.Periodic"
        return [(action, payload)]


@defect(
    "boot-triggered-again",
    role=CS,
    families=NEW,
    breaks="a BootNotification is promised although the station has been accepted (F06.FR.17)",
    must_fail=("TC_F_26_CS",),
)
class _BootTriggeredAgain(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        asked = action == "TriggerMessage" and request.get("requestedMessage") == "BootNotification"
        return {"status": "Accepted"} if asked and self.context.registration == "Accepted" else None


@defect(
    "transaction-status-inverted",
    role=CS,
    families=NEW,
    breaks="GetTransactionStatus says that a transaction runs when it does not, and the other way round (E14)",
    must_fail=("TC_E_28_CS", "TC_E_30_CS"),
    rules=("results.transaction-status",),
)
class _TransactionStatusInverted(Answers):
    actions = ("GetTransactionStatus",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        if "ongoingIndicator" in answer:
            answer["ongoingIndicator"] = not answer["ongoingIndicator"]
        return answer


@defect(
    "remote-start-anywhere-ignored",
    role=CS,
    families=NEW,
    breaks="a remote start that names no EVSE is answered Accepted, and nothing happens (F01.FR.20, F02.FR.22)",
    must_fail=("OC_F_02_CS", "OC_F_03_CS"),
)
class _StartAnywhereIgnored(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        return {"status": "Accepted"} if action == "RequestStartTransaction" and "evseId" not in request else None


@defect(
    "begin-without-readings",
    role=CS,
    families=NEW,
    breaks="Started has no meter values, whatever TxStartedMeasurands says (E01.FR.09, F01.FR.14)",
    must_fail=("TC_E_13_CS", "OC_F_07_CS"),
)
class _BeginWithoutReadings(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["eventType"] == "Started":
            payload.pop("meterValue", None)
        return [payload]


@defect(
    "running-without-readings",
    role=CS,
    families=NEW,
    breaks="a transaction that runs tells no meter values, whatever TxUpdatedInterval says (F01.FR.15, F02.FR.03)",
    must_fail=("OC_F_07_CS", "OC_F_08_CS"),
)
class _RunningWithoutReadings(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["triggerReason"] == "MeterValuePeriodic":
            payload.pop("meterValue", None)
        return [payload]


flag(
    "reservations-ignored",
    role=CS,
    families=NEW,
    breaks="anybody may charge where an EVSE is reserved for another token (F01.FR.21, F02.FR.23, H03.FR.01)",
    must_fail=("OC_F_09_CS", "OC_F_10_CS"),
)
flag(
    "reserved-for-any-group",
    role=CS,
    families=NEW,
    breaks="any token of any group may charge where an EVSE is reserved for one of them (F01.FR.22, F02.FR.24)",
    must_fail=("OC_F_10_CS",),
)


@defect(
    "reservation-id-missing",
    role=CS,
    families=NEW,
    breaks="no event tells the reservationId of the reservation that it ends (F02.FR.06, H01.FR.15)",
    must_fail=("OC_F_09_CS", "OC_G_01_CS"),
)
class _ReservationIdMissing(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload.pop("reservationId", None)
        return [payload]


@defect(
    "remote-stop-not-the-reason",
    role=CS,
    families=NEW,
    breaks="a transaction that was stopped remotely names the unplugging as stoppedReason (F04.FR.03)",
    must_fail=("OC_F_12_CS",),
    variant="station for Plug and Charge",
)
class _RemoteStopNotTheReason(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["transactionInfo"].get("stoppedReason") == "Remote":
            payload["transactionInfo"]["stoppedReason"] = "EVDisconnected"
        return [payload]


flag(
    "profile-of-remote-start-dropped",
    role=CS,
    families=NEW,
    breaks="the charging profile of a remote start is forgotten (F01.FR.10, F02.FR.18)",
    must_fail=("TC_K_37_CS", "OC_K_01_CS"),
    variant="station with smart charging",
)
flag(
    "invalid-profile-started",
    role=CS,
    families=NEW,
    breaks="a remote start is Accepted with a charging profile that can't be (F01.FR.26, F02.FR.27)",
    must_fail=("OC_K_03_CS",),
    variant="station with smart charging",
)
flag(
    "profile-not-ignored",
    role=CS,
    families=NEW,
    breaks="a station without smart charging rejects a remote start for its charging profile (F01.FR.12, F02.FR.20)",
    must_fail=("TC_K_38_CS", "OC_K_02_CS"),
)
