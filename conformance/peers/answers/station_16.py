"""What a fake charging station answers in 1.6 unless a case says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.peers.payload import demand, peek


def _get_configuration(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = peer.configuration
    if not peek(request, "key"):
        return {"configurationKey": list(known.values())}
    wanted = [str(key) for key in demand(request, "key", list)]
    answer: dict[str, Any] = {"configurationKey": [known[key] for key in wanted if key in known]}
    unknown = [key for key in wanted if key not in known]
    return {**answer, "unknownKey": unknown} if unknown else answer


def _change_configuration(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    entry = peer.configuration.get(demand(request, "key", str))
    if entry is None:
        return {"status": "NotSupported"}
    if entry["readonly"]:
        return {"status": "Rejected"}
    entry["value"] = demand(request, "value", str)
    return {"status": "Accepted"}


ANSWERS: dict[str, Any] = {
    "CancelReservation": {"status": "Rejected"},
    "CertificateSigned": {"status": "Accepted"},
    "ChangeAvailability": {"status": "Accepted"},
    "ChangeConfiguration": _change_configuration,
    "ClearCache": {"status": "Accepted"},
    "ClearChargingProfile": {"status": "Unknown"},
    "DataTransfer": {"status": "UnknownVendorId"},
    "DeleteCertificate": {"status": "NotFound"},
    "ExtendedTriggerMessage": {"status": "Accepted"},
    "GetCompositeSchedule": {"status": "Rejected"},
    "GetConfiguration": _get_configuration,
    "GetDiagnostics": {},
    "GetInstalledCertificateIds": {"status": "NotFound"},
    "GetLocalListVersion": {"listVersion": 0},
    "GetLog": {"status": "Rejected"},
    "InstallCertificate": {"status": "Rejected"},
    "RemoteStartTransaction": {"status": "Accepted"},
    "RemoteStopTransaction": {"status": "Accepted"},
    "ReserveNow": {"status": "Rejected"},
    "Reset": {"status": "Accepted"},
    "SendLocalList": {"status": "Accepted"},
    "SetChargingProfile": {"status": "Accepted"},
    "SignedUpdateFirmware": {"status": "Rejected"},
    "TriggerMessage": {"status": "Accepted"},
    "UnlockConnector": {"status": "Unlocked"},
    "UpdateFirmware": {},
}
