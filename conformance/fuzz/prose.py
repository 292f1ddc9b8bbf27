"""What the prose of the standard asks of a message beyond its schema, done to a message that the schema allows.

Each function mends one class or message in place, and only towards what the schema allows too. These are the rules
that the monitor judges within one message, so that what is generated is legal and not merely valid; where several
fields have to go together, the drawn ones give way to the one that says the most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conformance.fuzz.known import Known
from conformance.fuzz.values import INTEGER_MAX
from conformance.monitor.rules.results import variable_key
from conformance.monitor.rules.status import STATUSES_OF_ZERO, WARNED
from conformance.monitor.rules.transactions2 import NOT_LOCAL
from conformance.monitor.rules.values import REGISTERS, units_of

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """The message that is being made: who sends it, and what it may refer to."""

    sender: str
    known: Known


Mend = Callable[[Payload, Scene], None]
_MENDS: dict[str, dict[str, Mend]] = {"1.6": {}, "2": {}}


def mend_of(family: str, name: str) -> Mend | None:
    """What has to be done to values of this class (2.x: its name; 1.6: the last name of its path) or message."""
    return _MENDS[family].get(name)


def _mends(family: str, *names: str) -> Callable[[Mend], Mend]:
    def register(mend: Mend) -> Mend:
        for name in names:
            _MENDS[family][name] = mend
        return mend

    return register


# ------------------------------------------------------------------ charging profiles


def _in_order(periods: list[Payload]) -> None:
    """The first period starts at 0 and each later than the one before (1.6 errata 3.45; K01.FR.31, K01.FR.35)."""
    before = -1
    for period in periods:
        start = period["startPeriod"]
        room = INTEGER_MAX - len(periods)
        period["startPeriod"] = before = 0 if before < 0 else max(before + 1, min(int(start), room))


@_mends("2", "ChargingScheduleType", "CompositeScheduleType")
def _schedule(schedule: Payload, scene: Scene) -> None:
    _in_order(schedule["chargingSchedulePeriod"])


@_mends("1.6", "chargingSchedule")
def _schedule16(schedule: Payload, scene: Scene) -> None:
    _in_order(schedule["chargingSchedulePeriod"])


@_mends("2", "ChargingProfileType")
def _profile(profile: Payload, scene: Scene) -> None:
    """startSchedule goes with the kind, transactionId with TxProfile (K01.FR.03, .16, .22, .38, .40, .41)."""
    kind = profile["chargingProfileKind"]
    if scene.sender == "CSMS" and profile["chargingProfilePurpose"] == "ChargingStationExternalConstraints":
        profile["chargingProfilePurpose"] = "TxDefaultProfile"
    if profile["chargingProfilePurpose"] == "ChargingStationMaxProfile" and kind == "Relative":
        kind = profile["chargingProfileKind"] = "Absolute"
    _started(kind, profile["chargingSchedule"], scene)
    if kind != "Recurring":
        profile.pop("recurrencyKind", None)
    else:
        profile.setdefault("recurrencyKind", "Daily")
    if profile["chargingProfilePurpose"] != "TxProfile":
        profile.pop("transactionId", None)


def _started(kind: str, schedules: Iterable[Payload], scene: Scene) -> None:
    for schedule in schedules:
        if kind in ("Absolute", "Recurring"):
            schedule.setdefault("startSchedule", scene.known.now)
        elif kind == "Relative":
            schedule.pop("startSchedule", None)


@_mends("2", "SetChargingProfileRequest")
def _set_profile(message: Payload, scene: Scene) -> None:
    """A TxProfile is for a transaction and its EVSE (K01.FR.03, K01.FR.16)."""
    profile = message["chargingProfile"]
    if profile["chargingProfilePurpose"] == "TxProfile":
        profile.setdefault("transactionId", scene.known.transaction or "OC-NOTHING")
        if message["evseId"] == 0:
            message["evseId"] = scene.known.evses[0]


@_mends("2", "RequestStartTransactionRequest")
def _start(message: Payload, scene: Scene) -> None:
    """The transaction of the profile does not exist yet (F01.FR.09, F01.FR.11)."""
    profile = message.get("chargingProfile")
    if profile is None:
        return
    profile["chargingProfilePurpose"] = "TxProfile"
    profile.pop("transactionId", None)


@_mends("2", "ChargingProfileCriterionType")
def _criterion(criterion: Payload, scene: Scene) -> None:
    """It says which profiles it means (K09.FR.03)."""
    if set(criterion) <= {"customData"}:
        criterion["stackLevel"] = 0


@_mends("1.6", "SetChargingProfile")
def _set_profile16(message: Payload, scene: Scene) -> None:
    _profile16(message["csChargingProfiles"], scene)
    if message["csChargingProfiles"]["chargingProfilePurpose"] == "TxProfile" and message["connectorId"] == 0:
        message["connectorId"] = scene.known.evses[0]


@_mends("1.6", "RemoteStartTransaction")
def _start16(message: Payload, scene: Scene) -> None:
    profile = message.get("chargingProfile")
    if profile is None:
        return
    profile["chargingProfilePurpose"] = "TxProfile"
    _profile16(profile, scene)
    profile.pop("transactionId", None)


def _profile16(profile: Payload, scene: Scene) -> None:
    kind = profile["chargingProfileKind"]
    if profile["chargingProfilePurpose"] == "ChargePointMaxProfile" and kind == "Relative":
        kind = profile["chargingProfileKind"] = "Absolute"
    _started(kind, (profile["chargingSchedule"],), scene)
    if kind != "Recurring":
        profile.pop("recurrencyKind", None)
    else:
        profile.setdefault("recurrencyKind", "Daily")
    if profile["chargingProfilePurpose"] != "TxProfile":
        profile.pop("transactionId", None)


# ------------------------------------------------------------------ lists without doubles


def _distinct(items: list[Any], key: Callable[[Any], Any]) -> list[Any]:
    kept: dict[Any, Any] = {}
    for item in items:
        kept.setdefault(key(item), item)
    return list(kept.values())


def _once(name: str, key: Callable[[Any], Any]) -> Mend:
    def mend(message: Payload, scene: Scene) -> None:
        if name in message:
            message[name] = _distinct(message[name], key)

    return mend


_MENDS["2"]["SetVariablesRequest"] = _once("setVariableData", variable_key)
_MENDS["2"]["GetVariablesRequest"] = _once("getVariableData", variable_key)
_MENDS["2"]["ClearVariableMonitoringRequest"] = _once("id", int)
_MENDS["2"]["SetVariableMonitoringRequest"] = _once(
    "setMonitoringData", lambda item: (*variable_key(item), item["type"], int(item["severity"]))
)
_MENDS["1.6"]["GetConfiguration"] = _once("key", str.lower)


@_mends("2", "SendLocalListRequest")
def _local_list(message: Payload, scene: Scene) -> None:
    """Each token once (D01.FR.06); a full list says of each token what it is worth (D01.FR.05)."""
    if "localAuthorizationList" not in message:
        return
    items = _distinct(
        message["localAuthorizationList"], lambda item: (item["idToken"]["idToken"].lower(), item["idToken"]["type"])
    )
    message["localAuthorizationList"] = items
    if message["updateType"] == "Full":
        for item in items:
            item.setdefault("idTokenInfo", {"status": "Accepted"})


@_mends("1.6", "SendLocalList")
def _local_list16(message: Payload, scene: Scene) -> None:
    if "localAuthorizationList" not in message:
        return
    items = _distinct(message["localAuthorizationList"], lambda item: item["idTag"].lower())
    message["localAuthorizationList"] = items
    if message["updateType"] == "Full":
        for item in items:
            item.setdefault("idTagInfo", {"status": "Accepted"})


# ------------------------------------------------------------------ what goes together


@_mends("2", "TriggerMessageRequest")
def _trigger(message: Payload, scene: Scene) -> None:
    """StatusNotification is of a connector (F06.FR.13), a trigger of the vendor has a name (2.1)."""
    if "customTrigger" in message:
        message["requestedMessage"] = "CustomTrigger"
    wanted = message["requestedMessage"]
    if wanted == "StatusNotification":
        evse, connector = scene.known.connectors[0]
        place = message.setdefault("evse", {"id": evse})
        place.setdefault(
            "connectorId", next((one for id_, one in scene.known.connectors if id_ == place["id"]), connector)
        )
    if wanted == "CustomTrigger":
        message.setdefault("customTrigger", "conformance")


@_mends("2", "IdTokenInfoType")
def _token_info(info: Payload, scene: Scene) -> None:
    """language2 goes with language1 and differs from it (C01.FR.10, C01.FR.11)."""
    if "language2" in info and info.get("language1", info["language2"]) == info["language2"]:
        del info["language2"]


@_mends("2", "CustomerInformationRequest")
def _customer(message: Payload, scene: Scene) -> None:
    """One way to say which customer (N09.FR.03 to N09.FR.05)."""
    named = [name for name in ("customerIdentifier", "idToken", "customerCertificate") if name in message]
    for name in named[1:]:
        del message[name]
    if not named:
        message["customerIdentifier"] = "OC-NOBODY"


@_mends("2", "MessageContentType")
def _content(content: Payload, scene: Scene) -> None:
    """What is shown from an address is shown from one of ours."""
    if content["format"] == "URI":
        content["content"] = f"http://{scene.known.host}/conformance"


@_mends("2", "FirmwareStatusNotificationRequest", "LogStatusNotificationRequest")
@_mends("1.6", "LogStatusNotification", "SignedFirmwareStatusNotification")
def _status_of_request(message: Payload, scene: Scene) -> None:
    """Every status but Idle is that of a request (L01.FR.10, N01.FR.07)."""
    if message["status"] == "Idle":
        message.pop("requestId", None)
    else:
        message.setdefault("requestId", 900001)


@_mends("2", "PublishFirmwareStatusNotificationRequest")
def _published(message: Payload, scene: Scene) -> None:
    """What is published can be had somewhere (L03.FR.04)."""
    _status_of_request(message, scene)
    if message["status"] == "Published":
        message.setdefault("location", [f"http://{scene.known.host}/conformance"])


@_mends(
    "2",
    "NotifyCustomerInformationRequest",
    "NotifyEventRequest",
    "NotifyMonitoringReportRequest",
    "NotifyReportRequest",
)
def _only_part(message: Payload, scene: Scene) -> None:
    """The first part of a report, which is all there is of it, has the number 0."""
    message["seqNo"] = 0


# ------------------------------------------------------------------ readings and transactions


@_mends("2", "SampledValueType")
def _sample(sample: Payload, scene: Scene) -> None:
    """Registers stand still (`values.registers`); multipliers would move them. Units fit (`values.unit`)."""
    measurand = sample.get("measurand", _DEFAULT)
    if measurand in REGISTERS:
        sample["value"] = _still(sample["value"])
        sample.pop("unitOfMeasure", None)
        return
    units, unit = units_of(measurand), sample.get("unitOfMeasure", {}).get("unit")
    if units and unit is not None and len(unit) > _LONG:
        sample["measurand"] = "Power.Factor"
    elif units and unit is not None:
        sample["unitOfMeasure"]["unit"] = units[0]


_LONG = 10
"""More characters than a standardized unit has: such a text stays, with a measurand whose unit is open."""


def _still(value: Any) -> Any:
    """20000, written as the drawn value is."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return Decimal("2E+4") if isinstance(exponent, int) and exponent > 0 else Decimal("20000.0")
    return 20000


@_mends("1.6", "sampledValue")
def _sample16(sample: Payload, scene: Scene) -> None:
    if sample.get("measurand", _DEFAULT) in REGISTERS:
        point = "." in sample["value"]
        sample["value"] = "2E4" if "E" in sample["value"] else "20000.0" if point else "20000"
        sample.pop("unit", None)


_DEFAULT = "Energy.Active.Import.Register"


@_mends("2", "TransactionEventRequest")
def _event(event: Payload, scene: Scene) -> None:
    """What the rules `tx.*` and `time.*` want of one event, its place in the transaction aside."""
    info, kind, trigger = event["transactionInfo"], event["eventType"], event["triggerReason"]
    event["seqNo"] = 0 if kind == "Started" else 1
    if trigger == "RemoteStart":
        info.setdefault("remoteStartId", 900001)
    else:
        info.pop("remoteStartId", None)
    if trigger == "ChargingStateChanged" or kind == "Started":
        info.setdefault("chargingState", "EVConnected")
    if kind != "Ended":
        info.pop("stoppedReason", None)
    elif trigger == "RemoteStop":
        info["stoppedReason"] = "Remote"
    elif trigger in NOT_LOCAL:
        info.setdefault("stoppedReason", "Other")
    if event["timestamp"] == scene.known.now:
        event.pop("offline", None)
    else:
        event["offline"] = True
    wanted = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(kind)
    for value in event.get("meterValue", ()):
        value["timestamp"] = event["timestamp"]
        for sample in value["sampledValue"]:
            if wanted:
                sample["context"] = wanted


@_mends("1.6", "StatusNotification")
def _status16(message: Payload, scene: Scene) -> None:
    """Connector 0 has few statuses, and one error goes with few (section 4.9)."""
    if message["connectorId"] == 0 and message["status"] not in STATUSES_OF_ZERO:
        message["status"] = "Available"
    if message["errorCode"] == "EVCommunicationError" and message["status"] not in WARNED:
        message["errorCode"] = "NoError"
