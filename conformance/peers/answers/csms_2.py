"""What a fake CSMS answers in 2.0.1 and 2.1 unless a case says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _boot(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": "Accepted", "currentTime": peer.timestamp(), "interval": peer.heartbeat_interval}


def _heartbeat(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"currentTime": peer.timestamp()}


def _authorize(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"idTokenInfo": peer.token_info(_token(request))}


def _transaction_event(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    if "idToken" not in request:
        return {}
    return {"idTokenInfo": peer.token_info(_token(request))}


def _token(request: Mapping[str, Any]) -> Any:
    token = request.get("idToken")
    return token.get("idToken") if isinstance(token, Mapping) else None


ANSWERS: dict[str, Any] = {
    "Authorize": _authorize,
    "BatterySwap": {},
    "BootNotification": _boot,
    "ClearedChargingLimit": {},
    "DataTransfer": {"status": "UnknownVendorId"},
    "FirmwareStatusNotification": {},
    "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
    "GetCertificateChainStatus": {"certificateStatus": []},
    "GetCertificateStatus": {"status": "Failed"},
    "Heartbeat": _heartbeat,
    "LogStatusNotification": {},
    "MeterValues": {},
    "NotifyAllowedEnergyTransfer": {"status": "Rejected"},
    "NotifyChargingLimit": {},
    "NotifyCustomerInformation": {},
    "NotifyDERAlarm": {},
    "NotifyDERStartStop": {},
    "NotifyDisplayMessages": {},
    "NotifyEVChargingNeeds": {"status": "Accepted"},
    "NotifyEVChargingSchedule": {"status": "Accepted"},
    "NotifyEvent": {},
    "NotifyMonitoringReport": {},
    "NotifyPriorityCharging": {},
    "NotifyReport": {},
    "NotifySettlement": {},
    "NotifyWebPaymentStarted": {},
    "OpenPeriodicEventStream": {"status": "Rejected"},
    "ClosePeriodicEventStream": {},
    "PublishFirmwareStatusNotification": {},
    "PullDynamicScheduleUpdate": {"status": "Rejected"},
    "ReportChargingProfiles": {},
    "ReportDERControl": {},
    "ReservationStatusUpdate": {},
    "SecurityEventNotification": {},
    "SignCertificate": {"status": "Accepted"},
    "StatusNotification": {},
    "TransactionEvent": _transaction_event,
    "VatNumberValidation": {"status": "Rejected", "vatNumber": ""},
}
