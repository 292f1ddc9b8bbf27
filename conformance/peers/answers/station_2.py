"""What a fake charging station answers in 2.0.1 and 2.1 unless a case says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.peers.payload import peek


def _named(entry: Any) -> tuple[str, str]:
    component, variable = entry.get("component", {}), entry.get("variable", {})
    return str(component.get("name")), str(variable.get("name"))


def _identified(entry: Mapping[str, Any]) -> dict[str, Any]:
    named = {"component": entry.get("component"), "variable": entry.get("variable")}
    return {**named, "attributeType": entry["attributeType"]} if "attributeType" in entry else named


def _get_variables(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    results = []
    for entry in request.get("getVariableData", []):
        value = peer.variables.get(_named(entry))
        result = {"attributeStatus": "Accepted", "attributeValue": value}
        if value is None:
            known = any(component == _named(entry)[0] for component, _ in peer.variables)
            result = {"attributeStatus": "UnknownVariable" if known else "UnknownComponent"}
        results.append({**result, **_identified(entry)})
    return {"getVariableResult": results}


def _set_variables(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    results = []
    for entry in request.get("setVariableData", []):
        component, variable = _named(entry)
        status = "Accepted"
        if (component, variable) not in peer.variables:
            known = any(name == component for name, _ in peer.variables)
            status = "UnknownVariable" if known else "UnknownComponent"
        else:
            peer.variables[component, variable] = entry.get("attributeValue")
        results.append({"attributeStatus": status, **_identified(entry)})
    return {"setVariableResult": results}


def _trigger_message(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """A station that has been accepted does not register again (F06.FR.17)."""
    again = peer.accepted and peek(request, "requestedMessage") == "BootNotification"
    return {"status": "Rejected" if again else "Accepted"}


ANSWERS: dict[str, Any] = {
    "AFRRSignal": {"status": "Rejected"},
    "AdjustPeriodicEventStream": {"status": "Rejected"},
    "CancelReservation": {"status": "Rejected"},
    "CertificateSigned": {"status": "Accepted"},
    "ChangeAvailability": {"status": "Accepted"},
    "ChangeTransactionTariff": {"status": "Rejected"},
    "ClearCache": {"status": "Accepted"},
    "ClearChargingProfile": {"status": "Unknown"},
    "ClearDERControl": {"status": "NotSupported"},
    "ClearDisplayMessage": {"status": "Unknown"},
    "ClearTariffs": {"clearTariffsResult": [{"status": "NoTariff"}]},
    "ClearVariableMonitoring": lambda peer, request: {
        "clearMonitoringResult": [{"status": "NotFound", "id": one} for one in request.get("id", [])]
    },
    "CostUpdated": {},
    "CustomerInformation": {"status": "Rejected"},
    "DataTransfer": {"status": "UnknownVendorId"},
    "DeleteCertificate": {"status": "NotFound"},
    "GetBaseReport": {"status": "Accepted"},
    "GetChargingProfiles": {"status": "NoProfiles"},
    "GetCompositeSchedule": {"status": "Rejected"},
    "GetDERControl": {"status": "NotSupported"},
    "GetDisplayMessages": {"status": "Unknown"},
    "GetInstalledCertificateIds": {"status": "NotFound"},
    "GetLocalListVersion": {"versionNumber": 0},
    "GetLog": {"status": "Rejected"},
    "GetMonitoringReport": {"status": "EmptyResultSet"},
    "GetPeriodicEventStream": {},
    "GetReport": {"status": "Accepted"},
    "GetTariffs": {"status": "NoTariff"},
    "GetTransactionStatus": {"messagesInQueue": False},
    "GetVariables": _get_variables,
    "InstallCertificate": {"status": "Rejected"},
    "NotifyAllowedEnergyTransfer": {"status": "Rejected"},
    "PublishFirmware": {"status": "Rejected"},
    "RequestBatterySwap": {"status": "Rejected"},
    "RequestStartTransaction": {"status": "Accepted"},
    "RequestStopTransaction": {"status": "Accepted"},
    "ReserveNow": {"status": "Rejected"},
    "Reset": {"status": "Accepted"},
    "SendLocalList": {"status": "Accepted"},
    "SetChargingProfile": {"status": "Accepted"},
    "SetDERControl": {"status": "NotSupported"},
    "SetDefaultTariff": {"status": "Rejected"},
    "SetDisplayMessage": {"status": "Rejected"},
    "SetMonitoringBase": {"status": "NotSupported"},
    "SetMonitoringLevel": {"status": "Rejected"},
    "SetNetworkProfile": {"status": "Accepted"},
    "SetVariableMonitoring": lambda peer, request: {
        "setMonitoringResult": [
            {
                "status": "UnsupportedMonitorType",
                "type": one.get("type"),
                "severity": one.get("severity"),
                "component": one.get("component"),
                "variable": one.get("variable"),
            }
            for one in request.get("setMonitoringData", [])
        ]
    },
    "SetVariables": _set_variables,
    "TriggerMessage": _trigger_message,
    "UnlockConnector": {"status": "Unlocked"},
    "UnpublishFirmware": {"status": "NoFirmware"},
    "UpdateDynamicSchedule": {"status": "Rejected"},
    "UpdateFirmware": {"status": "Rejected"},
    "UsePriorityCharging": {"status": "Rejected"},
}
