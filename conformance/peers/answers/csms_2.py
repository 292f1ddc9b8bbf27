"""What a fake CSMS answers in 2.0.1 and 2.1 unless a case says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.peers.payload import demand, peek


def _boot(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": "Accepted", "currentTime": peer.timestamp(), "interval": peer.heartbeat_interval}


def _heartbeat(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"currentTime": peer.timestamp()}


def _authorize(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"idTokenInfo": peer.token_info(_token(request))}


def _transaction_event(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    if peek(request, "idToken") is None:
        return {}
    return {"idTokenInfo": peer.token_info(_token(request))}


def _token(request: Mapping[str, Any]) -> Any:
    return peek(peek(request, "idToken"), "idToken")


def _certificate_chain_status(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    tomorrow = peer.timestamp(86400)
    return {
        "certificateStatus": [
            {
                "source": demand(one, "source", str),
                "certificateHashData": demand(one, "certificateHashData", Mapping),
                "status": "Failed",
                "nextUpdate": tomorrow,
            }
            for one in demand(request, "certificateStatusRequests", list)
        ]
    }


ANSWERS: dict[str, Any] = {
    "Authorize": _authorize,
    "BatterySwap": {},
    "BootNotification": _boot,
    "ClearedChargingLimit": {},
    "DataTransfer": {"status": "UnknownVendorId"},
    "FirmwareStatusNotification": {},
    "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
    "GetCertificateChainStatus": _certificate_chain_status,
    "GetCertificateStatus": {"status": "Failed"},
    "Heartbeat": _heartbeat,
    "LogStatusNotification": {},
    "MeterValues": {},
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
    "VatNumberValidation": lambda peer, request: {
        "status": "Rejected",
        "vatNumber": demand(request, "vatNumber", str),
    },
}
