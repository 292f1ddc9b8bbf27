"""What the reference CSMS fills into its CALLs to an OCPP 2.0.1 or 2.1 Charging Station.

Required fields always; optional ones only where the CALL would be pointless without (the EVSE of a remote start, the
connector of a triggered StatusNotification). Source: OCPP 2.0.1 edition 3 and 2.1 edition 2, part 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from conformance.reference.csms_desk import Desk
from conformance.reference.csms_registration import now
from conformance.reference.csms_tokens import TOKEN_TYPE
from conformance.reference.wire import Payload

HOUR = timedelta(hours=1)
CHECKSUM = "d41d8cd98f00b204e9800998ecf8427e"
_NETWORK_VERSIONS = {"2.0.1": "OCPP20", "2.1": "OCPP21"}
"""OCPPVersionEnumType of the network profile by our own version: in 2.0.1, OCPP20 stands for 2.0.1 as well."""

Builder = Callable[[Desk, Payload], Payload]


def defaults(desk: Desk, action: str, asked: Payload) -> Payload:
    """The fields to fill in around `asked`. Raises LookupError where a running transaction is needed and none is."""
    builder = _DEFAULTS.get(action)
    return {} if builder is None else builder(desk, asked)


def _request_id(desk: Desk, asked: Payload, name: str = "requestId") -> int:
    # A counter that moves only when it is needed leaves no gaps in the request ids.
    return int(asked[name]) if asked.get(name) is not None else desk.store.next(name)


def _transaction_id(desk: Desk, asked: Payload) -> Payload:
    """The running transaction, if the operator names none."""
    if "transactionId" in asked:
        return {}
    transaction = desk.running()
    if transaction is None:
        raise LookupError(f"no transaction of {desk.record.identity!r} is running; name a transactionId")
    return {"transactionId": transaction.id}


def _own_token(desk: Desk) -> Payload:
    return {"idToken": desk.tokens.accepted(), "type": TOKEN_TYPE}


# -- B: provisioning ----------------------------------------------------------------------------------------------


def _base_report(desk: Desk, asked: Payload) -> Payload:
    return {"requestId": _request_id(desk, asked), "reportBase": "FullInventory"}


def _report(desk: Desk, asked: Payload) -> Payload:
    filled: Payload = {"requestId": _request_id(desk, asked)}
    if not asked.keys() & {"componentCriteria", "componentVariable"}:
        filled["componentCriteria"] = ["Available"]
    return filled


def _get_variables(desk: Desk, asked: Payload) -> Payload:
    if "getVariableData" in asked:
        return {}
    component, variable = {"name": "OCPPCommCtrlr"}, {"name": "HeartbeatInterval"}
    return {"getVariableData": [{"component": component, "variable": variable}]}


def _set_variables(desk: Desk, asked: Payload) -> Payload:
    if "setVariableData" in asked:
        return {}
    component, variable = {"name": "OCPPCommCtrlr"}, {"name": "HeartbeatInterval"}
    return {"setVariableData": [{"component": component, "variable": variable, "attributeValue": "300"}]}


def _network_profile(desk: Desk, asked: Payload) -> Payload:
    return {
        "configurationSlot": 1,
        "connectionData": {
            "ocppVersion": _NETWORK_VERSIONS[desk.version.id],
            "ocppTransport": "JSON",
            "ocppCsmsUrl": "wss://csms.example.com/ocpp",
            "messageTimeout": 30,
            "securityProfile": 2,
            "ocppInterface": "Wired0",
        },
    }


# -- F, G, H: remote control, availability, reservation -----------------------------------------------------------


def _request_start(desk: Desk, asked: Payload) -> Payload:
    filled: Payload = {
        "evseId": 1,
        "idToken": _own_token(desk),
        "remoteStartId": _request_id(desk, asked, "remoteStartId"),
    }
    if "chargingProfile" in asked:
        filled["chargingProfile"] = _profile(desk, asked["chargingProfile"], "TxProfile")
        # No transaction is there yet, so the profile may name none (F01.FR.10).
        filled["chargingProfile"].pop("transactionId", None)
    return filled


def _trigger(desk: Desk, asked: Payload) -> Payload:
    """A triggered StatusNotification must name its connector (F06.FR.13)."""
    message = asked.get("requestedMessage", "Heartbeat")
    filled: Payload = {"requestedMessage": message}
    if message == "StatusNotification":
        filled["evse"] = {"id": 1, "connectorId": 1}
    elif message == "CustomTrigger":
        filled["customTrigger"] = "com.example.trigger"
    return filled


def _reserve_now(desk: Desk, asked: Payload) -> Payload:
    return {
        "id": _request_id(desk, asked, "id"),
        "expiryDateTime": now(HOUR),
        "idToken": _own_token(desk),
        "evseId": 1,
    }


def _cancel_reservation(desk: Desk, asked: Payload) -> Payload:
    return {"reservationId": desk.record.reservations[-1] if desk.record.reservations else 1}


def _send_local_list(desk: Desk, asked: Payload) -> Payload:
    filled: Payload = {"versionNumber": desk.record.list_version + 1, "updateType": "Full"}
    if "localAuthorizationList" not in asked:
        filled["localAuthorizationList"] = [{"idToken": _own_token(desk), "idTokenInfo": {"status": "Accepted"}}]
    return filled


# -- K: smart charging --------------------------------------------------------------------------------------------


def _set_charging_profile(desk: Desk, asked: Payload) -> Payload:
    profile = asked.get("chargingProfile", {})
    purpose = profile.get("chargingProfilePurpose", "TxDefaultProfile")
    evse = 0 if purpose == "ChargingStationMaxProfile" else 1
    return {"evseId": evse, "chargingProfile": _profile(desk, profile, purpose)}


def _profile(desk: Desk, asked: Payload, purpose: str) -> Payload:
    purpose = asked.get("chargingProfilePurpose", purpose)
    kind = asked.get("chargingProfileKind", "Relative" if purpose == "TxProfile" else "Absolute")
    schedule: Payload = {
        "id": 1,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
    }
    if kind in ("Absolute", "Recurring"):
        schedule["startSchedule"] = now()
    profile: Payload = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule],
    }
    if kind == "Recurring":
        profile["recurrencyKind"] = "Daily"
    transaction = desk.running()
    if purpose == "TxProfile" and transaction is not None:
        profile["transactionId"] = transaction.id
    return profile


def _clear_charging_profile(desk: Desk, asked: Payload) -> Payload:
    """By id or by criteria, never by neither (K10.FR.02)."""
    return {} if asked.keys() & {"chargingProfileId", "chargingProfileCriteria"} else {"chargingProfileId": 1}


def _get_charging_profiles(desk: Desk, asked: Payload) -> Payload:
    """By ids or by other criteria, never by neither (K09.FR.03)."""
    filled: Payload = {"requestId": _request_id(desk, asked)}
    if not asked.get("chargingProfile"):
        filled["chargingProfile"] = {"chargingProfilePurpose": "TxDefaultProfile"}
    return filled


# -- I, L, N, O: tariff, firmware, diagnostics, display -----------------------------------------------------------


def _cost_updated(desk: Desk, asked: Payload) -> Payload:
    return {"totalCost": 0, **_transaction_id(desk, asked)}


def _update_firmware(desk: Desk, asked: Payload) -> Payload:
    """With the signing certificate (L01.FR.11)."""
    location = asked.get("firmware", {}).get("location", "https://csms.example.com/firmware.bin")
    return {
        "requestId": _request_id(desk, asked),
        "firmware": {
            "location": location,
            "retrieveDateTime": now(),
            "signingCertificate": desk.authority.signing_certificate,
            "signature": desk.authority.signature(location.encode()),
        },
    }


def _publish_firmware(desk: Desk, asked: Payload) -> Payload:
    location = "https://csms.example.com/firmware.bin"
    return {"requestId": _request_id(desk, asked), "location": location, "checksum": CHECKSUM}


def _get_log(desk: Desk, asked: Payload) -> Payload:
    return {
        "logType": "DiagnosticsLog",
        "requestId": _request_id(desk, asked),
        "log": {"remoteLocation": "https://csms.example.com/logs"},
    }


def _monitoring(desk: Desk, asked: Payload) -> Payload:
    if "setMonitoringData" in asked:
        return {"setMonitoringData": [{"value": 1, "type": "Delta", "severity": 8}]}
    component = {"name": "Connector", "evse": {"id": 1, "connectorId": 1}}
    data = {"value": 1, "type": "Delta", "severity": 8, "component": component}
    return {"setMonitoringData": [{**data, "variable": {"name": "AvailabilityState"}}]}


def _customer_information(desk: Desk, asked: Payload) -> Payload:
    """Exactly one way of naming the customer (N09.FR.04, N10.FR.08)."""
    filled: Payload = {"requestId": _request_id(desk, asked), "report": True, "clear": False}
    if not asked.keys() & {"idToken", "customerIdentifier", "customerCertificate"}:
        filled["idToken"] = _own_token(desk)
    return filled


def _display_message(desk: Desk, asked: Payload) -> Payload:
    message = {"format": "UTF8", "content": "Welcome"}
    return {"message": {"id": 1, "priority": "NormalCycle", "message": message}}


# -- M: certificates ----------------------------------------------------------------------------------------------


def _certificate_signed(desk: Desk, asked: Payload) -> Payload:
    return {} if "certificateChain" in asked else {"certificateChain": desk.authority.issue(desk.record.identity)}


def _install_certificate(desk: Desk, asked: Payload) -> Payload:
    return {"certificateType": "CSMSRootCertificate", "certificate": desk.authority.root}


def _delete_certificate(desk: Desk, asked: Payload) -> Payload:
    """What the station named itself, so that its own hash algorithm is used (M04.FR.07)."""
    known = desk.record.certificates
    return {"certificateHashData": dict(known[-1]) if known else dict(desk.authority.root_hash)}


# -- 2.1 only -----------------------------------------------------------------------------------------------------


def _tariff(asked: Payload) -> Payload:
    prices = {"energy": {"prices": [{"priceKwh": 0}]}} if len(asked) < 3 else {}
    return {"tariffId": "default", "currency": "EUR", **prices}


def _change_tariff(desk: Desk, asked: Payload) -> Payload:
    return {"tariff": _tariff(asked.get("tariff", {})), **_transaction_id(desk, asked)}


def _set_default_tariff(desk: Desk, asked: Payload) -> Payload:
    return {"evseId": 0, "tariff": _tariff(asked.get("tariff", {}))}


def _set_der_control(desk: Desk, asked: Payload) -> Payload:
    filled: Payload = {"isDefault": False, "controlId": f"control-{desk.store.next('controlId')}"}
    if "controlType" not in asked:
        filled["controlType"] = "LimitMaxDischarge"
        filled["limitMaxDischarge"] = {"priority": 0, "pctMaxDischargePower": 100}
    return filled


def _allowed_energy_transfer(desk: Desk, asked: Payload) -> Payload:
    return {"allowedEnergyTransfer": ["AC_three_phase"], **_transaction_id(desk, asked)}


def _priority_charging(desk: Desk, asked: Payload) -> Payload:
    return {"activate": True, **_transaction_id(desk, asked)}


def _battery_swap(desk: Desk, asked: Payload) -> Payload:
    return {"idToken": _own_token(desk), "requestId": _request_id(desk, asked)}


def _with_request_id(desk: Desk, asked: Payload) -> Payload:
    return {"requestId": _request_id(desk, asked)}


def _fixed(payload: Payload) -> Builder:
    return lambda desk, asked: payload


_DEFAULTS: Mapping[str, Builder] = {
    "AFRRSignal": lambda desk, asked: {"timestamp": now(), "signal": 0},
    "AdjustPeriodicEventStream": _fixed({"id": 1, "params": {"interval": 60}}),
    "CancelReservation": _cancel_reservation,
    "CertificateSigned": _certificate_signed,
    "ChangeAvailability": _fixed({"operationalStatus": "Operative"}),
    "ChangeTransactionTariff": _change_tariff,
    "ClearChargingProfile": _clear_charging_profile,
    "ClearDERControl": _fixed({"isDefault": False}),
    "ClearDisplayMessage": _fixed({"id": 1}),
    "ClearVariableMonitoring": _fixed({"id": [1]}),
    "CostUpdated": _cost_updated,
    "CustomerInformation": _customer_information,
    "DataTransfer": _fixed({"vendorId": "com.example.csms"}),
    "DeleteCertificate": _delete_certificate,
    "GetBaseReport": _base_report,
    "GetChargingProfiles": _get_charging_profiles,
    "GetCompositeSchedule": _fixed({"evseId": 1, "duration": 300}),
    "GetDERControl": _with_request_id,
    "GetDisplayMessages": _with_request_id,
    "GetLog": _get_log,
    "GetMonitoringReport": _with_request_id,
    "GetReport": _report,
    "GetTariffs": _fixed({"evseId": 0}),
    "GetVariables": _get_variables,
    "InstallCertificate": _install_certificate,
    "NotifyAllowedEnergyTransfer": _allowed_energy_transfer,
    "NotifyWebPaymentStarted": _fixed({"evseId": 1, "timeout": 60}),
    "PublishFirmware": _publish_firmware,
    "RequestBatterySwap": _battery_swap,
    "RequestStartTransaction": _request_start,
    "RequestStopTransaction": _transaction_id,
    "ReserveNow": _reserve_now,
    "Reset": _fixed({"type": "OnIdle"}),
    "SendLocalList": _send_local_list,
    "SetChargingProfile": _set_charging_profile,
    "SetDERControl": _set_der_control,
    "SetDefaultTariff": _set_default_tariff,
    "SetDisplayMessage": _display_message,
    "SetMonitoringBase": _fixed({"monitoringBase": "All"}),
    "SetMonitoringLevel": _fixed({"severity": 9}),
    "SetNetworkProfile": _network_profile,
    "SetVariableMonitoring": _monitoring,
    "SetVariables": _set_variables,
    "TriggerMessage": _trigger,
    "UnlockConnector": _fixed({"evseId": 1, "connectorId": 1}),
    "UnpublishFirmware": _fixed({"checksum": CHECKSUM}),
    "UpdateDynamicSchedule": _fixed({"chargingProfileId": 1, "scheduleUpdate": {"limit": 16}}),
    "UpdateFirmware": _update_firmware,
    "UsePriorityCharging": _priority_charging,
}
