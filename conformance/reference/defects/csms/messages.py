"""CALLs, answers and statuses that a CSMS gets wrong."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from conformance.ocppj import frames
from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.wire import CallError, Payload

ROLE = "CSMS"
BOTH = ("1.6", "2")

# Cases by what they go through, so that a defect in a common step need not list them again.
START_16 = (
    "TC_003_CSMS",
    "TC_004_1_CSMS",
    "TC_005_1_CSMS",
    "TC_010_CSMS",
    "TC_011_1_CSMS",
    "TC_012_CSMS",
)
AUTHORIZED_2X = (
    "TC_E_01_CSMS",
    "TC_E_02_CSMS",
    "TC_E_03_CSMS",
    "TC_E_04_CSMS",
    "TC_E_10_CSMS",
    "TC_E_11_CSMS",
)
REMOTE_START = ("TC_010_CSMS", "TC_011_1_CSMS", "TC_F_01_CSMS", "TC_F_02_CSMS", "TC_F_03_CSMS", "TC_F_04_CSMS")
# Those whose body has the CSMS send ChangeAvailability Inoperative; in the others that is the way to the precondition.
AVAILABILITY_OF_STATION = ("TC_G_05_CSMS", "TC_G_14_CSMS")
AVAILABILITY_OF_EVSE = ("TC_G_03_CSMS", "TC_G_07_CSMS", "TC_G_11_CSMS", "TC_G_17_CSMS")
TRIGGERED = (
    "TC_F_11_CSMS",
    "TC_F_12_CSMS",
    "TC_F_13_CSMS",
    "TC_F_14_CSMS",
    "TC_F_15_CSMS",
    "TC_F_18_CSMS",
    "TC_F_20_CSMS",
    "TC_F_23_CSMS",
    "TC_F_24_CSMS",
)
ENDED_2X = ("TC_E_07_CSMS", "TC_E_14_CSMS", "TC_E_15_CSMS", "TC_E_20_CSMS", "TC_E_39_CSMS")
TOKEN_ACTIONS = ("Authorize", "StartTransaction", "TransactionEvent")


def _token_info(answer: Payload | CallError | None) -> Payload | None:
    """The part of an answer that tells a token's status."""
    if not isinstance(answer, dict):
        return None
    found = answer.get("idTagInfo", answer.get("idTokenInfo"))
    return found if isinstance(found, dict) else None


# -- the RPC framework --------------------------------------------------------------------------------------------


@defect(
    "unknown-action-unanswered",
    role=ROLE,
    families=BOTH,
    breaks="A CALL with an unknown action gets no answer instead of NotImplemented (OCPP-J, table of error codes).",
    must_fail=("OC_W_01_CSMS",),
)
class UnknownActionUnanswered(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        unknown = isinstance(answer, CallError) and answer.code == "NotImplemented"
        return None if unknown else answer


class _Details(Misbehaviour):
    """Writes every CALLERROR with other errorDetails."""

    details: Any = None

    def text(self, text: str) -> list[str]:
        frame = frames.parse(text)
        if frame.type != frames.CALLERROR:
            return [text]
        return [json.dumps([4, frame.id, frame.error_code, frame.error_description, self.details])]


@defect(
    "error-details-null",
    role=ROLE,
    families=BOTH,
    breaks="errorDetails of a CALLERROR is null instead of {} (OCPP-J, CALLERROR).",
    must_fail=("OC_W_01_CSMS", "OC_W_02_CSMS"),
    rules=("wire.error-details",),
)
class ErrorDetailsNull(_Details):
    details = None


@defect(
    "error-details-sql",
    role=ROLE,
    families=BOTH,
    breaks="errorDetails of a CALLERROR is a string that lets out SQL [5].",
    must_fail=("OC_W_01_CSMS", "OC_W_02_CSMS"),
    rules=("wire.error-details",),
)
class ErrorDetailsSql(_Details):
    details = "SQLSTATE 22001: insert into charge_box (charge_box_id, last_heartbeat) values (?, ?): data too long"


@defect(
    "message-id-repeated",
    role=ROLE,
    families=("2",),
    breaks="Every CALL has the same message id (OCPP-J, 4.1.4).",
    must_fail=("TC_B_08_CSMS", "TC_B_18_CSMS"),
    rules=("wire.unique-id",),
)
class MessageIdRepeated(Misbehaviour):
    def message_id(self, identifier: str) -> str:
        return "1"


flag(
    "two-calls-outstanding",
    role=ROLE,
    families=("2",),
    breaks="A second CALL is sent while the first is not answered [70] (OCPP-J, 4.1.1).",
    must_fail=("TC_B_08_CSMS",),
    rules=("wire.one-call",),
)
flag(
    "echoes-first-subprotocol",
    role=ROLE,
    families=BOTH,
    breaks="The first subprotocol offered is accepted, whether it is served or not (OCPP-J, 3.2).",
    must_fail=("TC_B_58_CSMS", "TC_088_CSMS"),
)
# -- booting and time ---------------------------------------------------------------------------------------------


@defect(
    "dies-of-empty-boot",
    role=ROLE,
    families=BOTH,
    breaks="After the CALLERROR for BootNotification {} every connection is lost [16].",
    must_fail=("OC_W_02_CSMS",),
)
class DiesOfEmptyBoot(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "BootNotification" and not request:
            self.context.drop_all()
        return answer


flag(
    "answers-before-accepted",
    role=ROLE,
    families=("2",),
    breaks="CALLs of a station that is not accepted are answered as if it were (B01.FR.10, B02.FR.09, B03.FR.07).",
    must_fail=("TC_B_30_CSMS",),
    rules=("boot.security-error",),
)


flag(
    "accepts-every-boot",
    role=ROLE,
    families=("2",),
    breaks="A station that has to wait is told Accepted at once (B02.FR.01).",
    must_fail=("TC_B_02_CSMS", "TC_B_30_CSMS", "TC_B_31_CSMS"),
)


@defect(
    "second-boot-rejected",
    role=ROLE,
    families=BOTH,
    breaks="A station is accepted once; when it boots again it is told Rejected (B01.FR.02; 1.6 section 4.2).",
    must_fail=("TC_001_CSMS", "TC_B_01_CSMS"),
)
class SecondBootRejected(Misbehaviour):
    def __init__(self) -> None:
        self.booted = False

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "BootNotification" and isinstance(answer, dict):
            if self.booted:
                answer["status"] = "Rejected"
            self.booted = True
        return answer


@defect(
    "boot-without-interval",
    role=ROLE,
    families=BOTH,
    breaks="The answer to a BootNotification has no interval.",
    must_fail=("TC_001_CSMS", "TC_B_01_CSMS"),
    rules=("schema.answer",),
)
class BootWithoutInterval(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "BootNotification" and isinstance(answer, dict):
            del answer["interval"]
        return answer


class _Clock(Misbehaviour):
    """Writes another currentTime."""

    def time(self, right: datetime) -> str:
        raise NotImplementedError

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if isinstance(answer, dict) and "currentTime" in answer:
            answer["currentTime"] = self.time(datetime.fromisoformat(answer["currentTime"]))
        return answer


@defect(
    "local-time",
    role=ROLE,
    families=("2",),
    breaks="currentTime is local time without offset [28] (part 2, DateTime; 1.6 only recommends UTC).",
    must_fail=("TC_B_01_CSMS",),
    rules=("time.format",),
)
class LocalTime(_Clock):
    def time(self, right: datetime) -> str:
        return (right + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S")


@defect(
    "clock-two-hours-off",
    role=ROLE,
    families=BOTH,
    breaks="currentTime is local time stamped as UTC [28].",
    must_fail=("TC_001_CSMS", "TC_B_01_CSMS"),
    rules=("time.current-time",),
)
class ClockTwoHoursOff(_Clock):
    def time(self, right: datetime) -> str:
        return (right + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")


@defect(
    "heartbeat-without-time",
    role=ROLE,
    families=BOTH,
    breaks="The answer to a Heartbeat has no currentTime.",
    must_fail=("TC_001_CSMS", "TC_F_20_CSMS"),
    rules=("schema.answer",),
)
class HeartbeatWithoutTime(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return {} if action == "Heartbeat" and isinstance(answer, dict) else answer


# -- tokens and transactions --------------------------------------------------------------------------------------


@defect(
    "accepts-invalid-token",
    role=ROLE,
    families=BOTH,
    breaks="A token that is not known is told Accepted (C01.FR.07, E01.FR.11; 1.6 section 4.1).",
    must_fail=("TC_023_1_CSMS", "TC_E_16_CSMS"),
)
class AcceptsInvalidToken(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        info = _token_info(answer)
        if info is not None and info["status"] in ("Invalid", "Unknown"):
            info["status"] = "Accepted"
        return answer


@defect(
    "blocked-told-invalid",
    role=ROLE,
    families=("1.6",),
    breaks="A blocked token is told Invalid [26].",
    must_fail=("TC_023_3_CSMS",),
)
class BlockedToldInvalid(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        info = _token_info(answer)
        if info is not None and info["status"] == "Blocked":
            info["status"] = "Invalid"
        return answer


@defect(
    "start-transaction-status-only",
    role=ROLE,
    families=("1.6",),
    breaks='StartTransaction is answered {"status": "Accepted"} [25].',
    must_fail=START_16,
    rules=("schema.answer",),
)
class StartTransactionStatusOnly(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return {"status": "Accepted"} if action == "StartTransaction" else answer


@defect(
    "transaction-id-text",
    role=ROLE,
    families=("1.6",),
    breaks="The transactionId is a string (1.6 section 6.46: integer).",
    must_fail=START_16,
    rules=("schema.answer",),
)
class TransactionIdText(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "StartTransaction" and isinstance(answer, dict):
            answer["transactionId"] = str(answer["transactionId"])
        return answer


@defect(
    "start-transaction-blocked",
    role=ROLE,
    families=("1.6",),
    breaks="StartTransaction tells another status than Authorize does.",
    must_fail=("TC_003_CSMS", "TC_010_CSMS", "TC_011_1_CSMS"),
)
class StartTransactionBlocked(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "StartTransaction" and isinstance(answer, dict):
            answer["idTagInfo"]["status"] = "Blocked"
        return answer


@defect(
    "no-id-token-info",
    role=ROLE,
    families=("2",),
    breaks="TransactionEvent with a token is answered without idTokenInfo (E01.FR.12).",
    must_fail=(*AUTHORIZED_2X, "TC_E_16_CSMS", "TC_C_08_CSMS", "TC_C_20_CSMS", "TC_C_49_CSMS"),
    rules=("tx.token-info",),
)
class NoIdTokenInfo(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "TransactionEvent" and isinstance(answer, dict):
            answer.pop("idTokenInfo", None)
        return answer


@defect(
    "id-token-info-blocked",
    role=ROLE,
    families=("2",),
    breaks="TransactionEvent tells another status of a token than Authorize does (E01.FR.11).",
    must_fail=("TC_E_01_CSMS", "TC_E_02_CSMS", "TC_E_10_CSMS", "TC_E_11_CSMS"),
)
class IdTokenInfoBlocked(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        info = _token_info(answer)
        if action == "TransactionEvent" and info is not None and info["status"] == "Accepted":
            info["status"] = "Blocked"
        return answer


@defect(
    "ended-unanswered",
    role=ROLE,
    families=("2",),
    breaks="TransactionEvent Ended gets no answer [52].",
    must_fail=ENDED_2X,
    rules=("wire.no-answer",),
)
class EndedUnanswered(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        ended = action == "TransactionEvent" and request.get("eventType") == "Ended"
        return None if ended else answer


@defect(
    "sequence-starts-at-one",
    role=ROLE,
    families=("2",),
    breaks="TransactionEvent Started with seqNo 0 is refused (E01.FR.07).",
    must_fail=("TC_E_53_CSMS", "TC_E_09_CSMS", "TC_E_12_CSMS"),
)
class SequenceStartsAtOne(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action == "TransactionEvent" and request.get("seqNo") == 0:
            return CallError("PropertyConstraintViolation", "seqNo must be positive")
        return answer


# -- notifications ------------------------------------------------------------------------------------------------


class _Refuses(Misbehaviour):
    """Answers one action with a CALLERROR."""

    action = ""

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return CallError("InternalError", "unexpected error") if action == self.action else answer


@defect(
    "firmware-status-refused",
    role=ROLE,
    families=BOTH,
    breaks="FirmwareStatusNotification is answered by a CALLERROR [26].",
    must_fail=("TC_F_18_CSMS", "TC_044_1_CSMS", "TC_044_2_CSMS", "TC_044_3_CSMS"),
)
class FirmwareStatusRefused(_Refuses):
    action = "FirmwareStatusNotification"


@defect(
    "log-status-refused",
    role=ROLE,
    families=BOTH,
    breaks="LogStatusNotification is answered by a CALLERROR (N01).",
    must_fail=("TC_F_15_CSMS", "TC_079_CSMS"),
)
class LogStatusRefused(_Refuses):
    action = "LogStatusNotification"


@defect(
    "occupied-refused",
    role=ROLE,
    families=BOTH,
    breaks="StatusNotification of an occupied connector is answered by a CALLERROR (G01; 1.6 section 4.9).",
    must_fail=("TC_003_CSMS", "TC_E_09_CSMS", "TC_F_24_CSMS"),
)
class OccupiedRefused(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        status = request.get("status", request.get("connectorStatus"))
        if action == "StatusNotification" and status in ("Preparing", "Occupied"):
            return CallError("InternalError", "unexpected error")
        return answer


@defect(
    "meter-values-refused",
    role=ROLE,
    families=("2",),
    breaks="MeterValues is answered by a CALLERROR (J01.FR.18).",
    must_fail=("TC_F_11_CSMS", "TC_F_12_CSMS"),
)
class MeterValuesRefused(_Refuses):
    action = "MeterValues"


@defect(
    "notify-event-refused",
    role=ROLE,
    families=("2",),
    breaks="NotifyEvent is answered by a CALLERROR (G05.FR.03).",
    must_fail=("TC_G_20_CSMS",),
)
class NotifyEventRefused(_Refuses):
    action = "NotifyEvent"


@defect(
    "report-refused",
    role=ROLE,
    families=("2",),
    breaks="NotifyReport is answered by a CALLERROR (B07).",
    must_fail=("TC_B_12_CSMS", "TC_B_13_CSMS", "TC_B_14_CSMS"),
)
class ReportRefused(_Refuses):
    action = "NotifyReport"


@defect(
    "data-transfer-refused",
    role=ROLE,
    families=("1.6",),
    breaks="DataTransfer of an unknown vendor is answered by a CALLERROR instead of a status (1.6 section 4.3).",
    must_fail=("TC_064_CSMS",),
)
class DataTransferRefused(_Refuses):
    action = "DataTransfer"


# -- CALLs of the CSMS --------------------------------------------------------------------------------------------


class _Request(Misbehaviour):
    """Spoils the payload of some CALLs."""

    actions: tuple[str, ...] = ()

    def spoil(self, payload: Payload) -> None:
        """Change the payload in place."""
        raise NotImplementedError

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action in self.actions:
            self.spoil(payload)
        return [(action, payload)]


@defect(
    "remote-start-other-token",
    role=ROLE,
    families=BOTH,
    breaks="A remote start is sent for another token than the operator chose.",
    must_fail=REMOTE_START,
)
class RemoteStartOtherToken(_Request):
    actions = ("RemoteStartTransaction", "RequestStartTransaction")

    def spoil(self, payload: Payload) -> None:
        if "idTag" in payload:
            payload["idTag"] = "SOMEBODYELSE"
        else:
            payload["idToken"]["idToken"] = "SOMEBODYELSE"


@defect(
    "remote-start-other-evse",
    role=ROLE,
    families=BOTH,
    breaks="A remote start is sent for another EVSE (1.6: connector) than the operator chose.",
    must_fail=("TC_010_CSMS", "TC_F_01_CSMS"),
)
class RemoteStartOtherEvse(_Request):
    actions = ("RemoteStartTransaction", "RequestStartTransaction")

    def spoil(self, payload: Payload) -> None:
        for name in ("connectorId", "evseId"):
            if name in payload:
                payload[name] += 1


@defect(
    "remote-stop-other-transaction",
    role=ROLE,
    families=BOTH,
    breaks="A remote stop names another transaction than the running one (F03.FR.01).",
    must_fail=("TC_012_CSMS", "TC_E_21_CSMS"),
)
class RemoteStopOtherTransaction(_Request):
    actions = ("RemoteStopTransaction", "RequestStopTransaction")

    def spoil(self, payload: Payload) -> None:
        known = payload["transactionId"]
        payload["transactionId"] = known + 1000 if isinstance(known, int) else f"x{known[1:]}"


@defect(
    "reset-type-ignored",
    role=ROLE,
    families=BOTH,
    breaks="A reset has another type than the operator chose (B11, B12; 1.6 section 5.14).",
    must_fail=("TC_013_CSMS", "TC_014_CSMS", "TC_B_21_CSMS", "TC_B_22_CSMS", "TC_B_25_CSMS"),
)
class ResetTypeIgnored(_Request):
    actions = ("Reset",)

    def spoil(self, payload: Payload) -> None:
        others = {"Hard": "Soft", "Soft": "Hard", "OnIdle": "Immediate"}
        payload["type"] = others.get(payload["type"], "OnIdle")


@defect(
    "reset-evse-forgotten",
    role=ROLE,
    families=("2",),
    breaks="The reset of an EVSE is sent for the whole station (B11.FR.08).",
    must_fail=("TC_B_25_CSMS", "TC_B_26_CSMS", "TC_B_27_CSMS"),
)
class ResetEvseForgotten(_Request):
    actions = ("Reset",)

    def spoil(self, payload: Payload) -> None:
        payload.pop("evseId", None)


@defect(
    "get-variables-other-variable",
    role=ROLE,
    families=("2",),
    breaks="GetVariables asks for another variable than the operator chose (B06).",
    must_fail=("TC_B_06_CSMS", "TC_B_07_CSMS", "TC_B_08_CSMS"),
)
class GetVariablesOtherVariable(_Request):
    actions = ("GetVariables",)

    def spoil(self, payload: Payload) -> None:
        payload["getVariableData"][0]["variable"]["name"] = "MessageTimeout"


flag(
    "ignores-item-limit",
    role=ROLE,
    families=("2",),
    breaks="GetVariables and SetVariables carry more items than the station takes (B05.FR.11, B06.FR.05).",
    must_fail=("TC_B_08_CSMS", "OC_B_20_CSMS", "OC_B_21_CSMS"),
)


@defect(
    "set-variables-other-value",
    role=ROLE,
    families=("2",),
    breaks="SetVariables carries another value than the operator chose (B05).",
    must_fail=("TC_B_09_CSMS", "TC_B_10_CSMS"),
)
class SetVariablesOtherValue(_Request):
    actions = ("SetVariables",)

    def spoil(self, payload: Payload) -> None:
        payload["setVariableData"][0]["attributeValue"] = "0"


@defect(
    "set-variables-first-only",
    role=ROLE,
    families=("2",),
    breaks="Of several variables to be set only the first is sent (B05).",
    must_fail=("TC_B_10_CSMS",),
)
class SetVariablesFirstOnly(_Request):
    actions = ("SetVariables",)

    def spoil(self, payload: Payload) -> None:
        del payload["setVariableData"][1:]


@defect(
    "base-report-always-full",
    role=ROLE,
    families=("2",),
    breaks="GetBaseReport asks for FullInventory, whatever the operator chose (B07).",
    must_fail=("TC_B_12_CSMS", "TC_B_14_CSMS"),
)
class BaseReportAlwaysFull(_Request):
    actions = ("GetBaseReport",)

    def spoil(self, payload: Payload) -> None:
        payload["reportBase"] = "FullInventory"


@defect(
    "base-report-never-full",
    role=ROLE,
    families=("2",),
    breaks="GetBaseReport asks for SummaryInventory, whatever the operator chose (B07).",
    must_fail=("TC_B_12_CSMS", "TC_B_13_CSMS"),
)
class BaseReportNeverFull(_Request):
    actions = ("GetBaseReport",)

    def spoil(self, payload: Payload) -> None:
        payload["reportBase"] = "SummaryInventory"


@defect(
    "report-criteria-forgotten",
    role=ROLE,
    families=("2",),
    breaks="GetReport has no componentCriteria although the operator chose some (B08.FR.01).",
    must_fail=("TC_B_18_CSMS",),
)
class ReportCriteriaForgotten(_Request):
    actions = ("GetReport",)

    def spoil(self, payload: Payload) -> None:
        payload.pop("componentCriteria", None)


@defect(
    "network-profile-other-slot",
    role=ROLE,
    families=("2",),
    breaks="SetNetworkProfile writes another slot than the operator chose (B09.FR.01).",
    must_fail=("TC_B_42_CSMS",),
)
class NetworkProfileOtherSlot(_Request):
    actions = ("SetNetworkProfile",)

    def spoil(self, payload: Payload) -> None:
        payload["configurationSlot"] += 1


@defect(
    "availability-other-evse",
    role=ROLE,
    families=("2",),
    breaks="ChangeAvailability names another EVSE than the operator chose (G03, G04).",
    must_fail=AVAILABILITY_OF_EVSE,
)
class AvailabilityOtherEvse(_Request):
    actions = ("ChangeAvailability",)

    def spoil(self, payload: Payload) -> None:
        if "evse" in payload:
            payload["evse"]["id"] += 1


@defect(
    "availability-of-evse-one",
    role=ROLE,
    families=("2",),
    breaks="ChangeAvailability for the whole station is sent for EVSE 1 (G04).",
    must_fail=AVAILABILITY_OF_STATION,
)
class AvailabilityOfEvseOne(_Request):
    actions = ("ChangeAvailability",)

    def spoil(self, payload: Payload) -> None:
        payload.setdefault("evse", {"id": 1})


@defect(
    "availability-inverted",
    role=ROLE,
    families=("2",),
    breaks="ChangeAvailability asks for the opposite of what the operator chose (G03, G04).",
    must_fail=(*AVAILABILITY_OF_STATION, *AVAILABILITY_OF_EVSE),
)
class AvailabilityInverted(_Request):
    actions = ("ChangeAvailability",)

    def spoil(self, payload: Payload) -> None:
        name = "type" if "type" in payload else "operationalStatus"
        payload[name] = {"Operative": "Inoperative", "Inoperative": "Operative"}[payload[name]]


@defect(
    "trigger-other-message",
    role=ROLE,
    families=("2",),
    breaks="TriggerMessage asks for another message than the operator chose (F06.FR.01).",
    must_fail=(*TRIGGERED, "TC_B_31_CSMS"),
)
class TriggerOtherMessage(_Request):
    actions = ("TriggerMessage",)

    def spoil(self, payload: Payload) -> None:
        heartbeat = payload["requestedMessage"] == "Heartbeat"
        payload["requestedMessage"] = "BootNotification" if heartbeat else "Heartbeat"


@defect(
    "trigger-evse-forgotten",
    role=ROLE,
    families=("2",),
    breaks="TriggerMessage for one EVSE is sent without it (F06.FR.02).",
    must_fail=("TC_F_11_CSMS", "TC_F_13_CSMS", "TC_F_23_CSMS", "TC_F_24_CSMS"),
)
class TriggerEvseForgotten(_Request):
    actions = ("TriggerMessage",)

    def spoil(self, payload: Payload) -> None:
        payload.pop("evse", None)


@defect(
    "unlock-other-connector",
    role=ROLE,
    families=BOTH,
    breaks="UnlockConnector names another connector than the operator chose (F05).",
    must_fail=("TC_F_06_CSMS", "TC_017_1_CSMS"),
)
class UnlockOtherConnector(_Request):
    actions = ("UnlockConnector",)

    def spoil(self, payload: Payload) -> None:
        payload["connectorId"] += 1


@defect(
    "transaction-status-without-id",
    role=ROLE,
    families=("2",),
    breaks="GetTransactionStatus never names the transaction (E14.FR.02).",
    must_fail=("TC_E_29_CSMS", "TC_E_30_CSMS"),
)
class TransactionStatusWithoutId(_Request):
    actions = ("GetTransactionStatus",)

    def spoil(self, payload: Payload) -> None:
        payload.pop("transactionId", None)


@defect(
    "transaction-status-always-with-id",
    role=ROLE,
    families=("2",),
    breaks="GetTransactionStatus for the whole station names a transaction (E14.FR.06).",
    must_fail=("TC_E_33_CSMS", "TC_E_34_CSMS"),
)
class TransactionStatusAlwaysWithId(_Request):
    actions = ("GetTransactionStatus",)

    def spoil(self, payload: Payload) -> None:
        payload.setdefault("transactionId", "some-transaction")


@defect(
    "get-configuration-always-filtered",
    role=ROLE,
    families=("1.6",),
    breaks="GetConfiguration for all keys names one [60] (1.6 section 5.8).",
    must_fail=("TC_019_1_CSMS",),
)
class GetConfigurationAlwaysFiltered(_Request):
    actions = ("GetConfiguration",)

    def spoil(self, payload: Payload) -> None:
        payload.setdefault("key", ["HeartbeatInterval"])


@defect(
    "change-configuration-other-key",
    role=ROLE,
    families=("1.6",),
    breaks="ChangeConfiguration names another key than the operator chose (1.6 section 5.3).",
    must_fail=("TC_021_CSMS", "TC_040_1_CSMS"),
)
class ChangeConfigurationOtherKey(_Request):
    actions = ("ChangeConfiguration",)

    def spoil(self, payload: Payload) -> None:
        payload["key"] = "MinimumStatusDuration"


@defect(
    "operator-ignored",
    role=ROLE,
    families=BOTH,
    breaks="What the operator asks for is never sent.",
    must_fail=(
        "TC_010_CSMS",
        "TC_012_CSMS",
        "TC_013_CSMS",
        "TC_017_1_CSMS",
        "TC_019_1_CSMS",
        "TC_021_CSMS",
        "TC_026_CSMS",
        "TC_028_CSMS",
        "TC_040_1_CSMS",
        "TC_B_44_CSMS",
        "TC_E_21_CSMS",
        "TC_F_27_CSMS",
        *TRIGGERED,
        *AVAILABILITY_OF_STATION,
        *AVAILABILITY_OF_EVSE,
    ),
)
class OperatorIgnored(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return []
