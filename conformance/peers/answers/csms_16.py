"""What a fake CSMS answers in 1.6 unless a case says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.peers.payload import peek


def _boot(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": "Accepted", "currentTime": peer.timestamp(), "interval": peer.heartbeat_interval}


def _heartbeat(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"currentTime": peer.timestamp()}


def _authorize(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"idTagInfo": peer.token_info(peek(request, "idTag"))}


def _start(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """A fresh id; one that is sent again, because our answer was lost, gets the id of the first time."""
    given = peer.facts.setdefault("starts", {})
    key = tuple(str(peek(request, name)) for name in ("connectorId", "idTag", "meterStart", "timestamp"))
    if key not in given:
        given[key] = peer.next_transaction_id()
    return {"transactionId": given[key], "idTagInfo": peer.token_info(peek(request, "idTag"))}


def _stop(peer: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """What has been stopped is not started again: a start that looks the same (to the second, say) is another one."""
    given = peer.facts.get("starts", {})
    peer.facts["starts"] = {key: id_ for key, id_ in given.items() if id_ != peek(request, "transactionId")}
    return {}


ANSWERS: dict[str, Any] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "DataTransfer": {"status": "UnknownVendorId"},
    "DiagnosticsStatusNotification": {},
    "FirmwareStatusNotification": {},
    "Heartbeat": _heartbeat,
    "LogStatusNotification": {},
    "MeterValues": {},
    "SecurityEventNotification": {},
    "SignCertificate": {"status": "Accepted"},
    "SignedFirmwareStatusNotification": {},
    "StartTransaction": _start,
    "StatusNotification": {},
    "StopTransaction": _stop,
}
