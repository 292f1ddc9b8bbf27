"""What a fake charging station answers in 2.0.1 and 2.1 unless a case says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.peers.payload import demand, peek


def _named(entry: Any) -> tuple[str, str]:
    component, variable = demand(entry, "component", Mapping), demand(entry, "variable", Mapping)
    return demand(component, "name", str), demand(variable, "name", str)


def _identified(entry: Mapping[str, Any]) -> dict[str, Any]:
    named = {"component": peek(entry, "component"), "variable": peek(entry, "variable")}
    return {**named, "attributeType": peek(entry, "attributeType") or "Actual"}


def _get_variables(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    results = []
    for entry in demand(request, "getVariableData", list):
        component, variable = _named(entry)
        value = peer.variables.get((component, variable))
        result = {"attributeStatus": "Accepted", "attributeValue": value}
        if value is None:
            result = {"attributeStatus": _unknown(peer, component)}
        results.append({**result, **_identified(entry)})
    return {"getVariableResult": results}


def _set_variables(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    results = []
    for entry in demand(request, "setVariableData", list):
        component, variable = _named(entry)
        value = demand(entry, "attributeValue", str)
        status = "Accepted"
        if (component, variable) in peer.variables:
            peer.variables[component, variable] = value
        else:
            status = _unknown(peer, component)
        results.append({"attributeStatus": status, **_identified(entry)})
    return {"setVariableResult": results}


def _unknown(peer: Any, component: str) -> str:
    return "UnknownVariable" if any(name == component for name, _ in peer.variables) else "UnknownComponent"


def _set_monitoring(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    results = []
    for entry in demand(request, "setMonitoringData", list):
        _named(entry)
        repeated = {name: peek(entry, name) for name in ("type", "severity", "component", "variable")}
        results.append({"status": "UnsupportedMonitorType", **repeated})
    return {"setMonitoringResult": results}


def _clear_monitoring(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"clearMonitoringResult": [{"status": "NotFound", "id": one} for one in demand(request, "id", list)]}


def _trigger_message(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """A station that has been accepted does not register again (F06.FR.17)."""
    again = peer.accepted and peek(request, "requestedMessage") == "BootNotification"
    return {"status": "Rejected" if again else "Accepted"}


def _transaction_status(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """ongoingIndicator exactly if a transaction was asked for (E14.FR.06)."""
    asked = peek(request, "transactionId")
    ongoing = any(one.id == asked for one in peer.open_transactions())
    return {"messagesInQueue": False, **({"ongoingIndicator": ongoing} if asked is not None else {})}


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
    "ClearVariableMonitoring": _clear_monitoring,
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
    "GetTransactionStatus": _transaction_status,
    "GetVariables": _get_variables,
    "InstallCertificate": {"status": "Rejected"},
    "NotifyAllowedEnergyTransfer": {"status": "Rejected"},
    "NotifyWebPaymentStarted": {},
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
    "SetVariableMonitoring": _set_monitoring,
    "SetVariables": _set_variables,
    "TriggerMessage": _trigger_message,
    "UnlockConnector": {"status": "Unlocked"},
    "UnpublishFirmware": {"status": "NoFirmware"},
    "UpdateDynamicSchedule": {"status": "Rejected"},
    "UpdateFirmware": {"status": "Rejected"},
    "UsePriorityCharging": {"status": "Rejected"},
}
