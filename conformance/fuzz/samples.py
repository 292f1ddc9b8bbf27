"""One small valid payload for each schema: what its schema requires, with values that make sense and do little harm.

They are the ground on which `constraints` breaks one thing at a time. A device that takes such a payload although it
is broken may act on it, so the values are those that do the least if taken: connectors that stay Operative, resets of
an EVSE that does not exist, reservations that have ended, files at {{host}}, tokens and transactions that nobody knows.
Where an empty request would mean "all of them", a member is added that names one that does not exist.

Texts may hold placeholders (`example.PLACEHOLDERS`); a payload is valid once they are filled. No randomness.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

NOBODY = "OC-NOBODY"
"""A token that no device knows."""
NOTHING = 900001
"""An id that no device has given or been given."""
NOWHERE = 999
"""An EVSE that no device has."""
VENDOR = "org.example.conformance"
_PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
_CSR = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"
_COMPONENT = "OcppConformance"
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}")


class Sampler:
    """The samples of one schema."""

    def __init__(self, schema: Schema, name: str) -> None:
        """`schema`: as the SchemaStore has it; `name`: its name there, such as "ResetRequest" (1.6: "Reset")."""
        self.root = schema
        self._chosen = _CHOSEN.get(name, {})
        self._preferred = (_REFUSALS, _PREFERRED) if name.endswith("Response") else (_PREFERRED,)
        self._also = {tuple(one.split("/")) for one in _ALSO.get(name, ())}
        self._made: dict[Path, Any] = {}

    def payload(self, along: Path = ()) -> Any:
        """The sample; with `along`, the optional members on that path are there too. Shared parts: not to be changed.

        A path goes by member names and, through arrays, by the index 0.
        """
        return self._along(self.root, self.value(self.root, ()), (), along)

    def value(self, node: Schema, path: Path) -> Any:
        """A valid value for the schema node at a path."""
        if path not in self._made:
            self._made[path] = self._make(resolved(self.root, node)[0], path)
        return self._made[path]

    def _make(self, node: Schema, path: Path) -> Any:
        kind = node.get("type")
        if kind == "object":
            names = [step for step in path if isinstance(step, str)]
            return {
                name: self.value(member, (*path, name))
                for name, member in node.get("properties", {}).items()
                if name in node.get("required", ()) or (*names, name) in self._also
            }
        if kind == "array":
            return [self.value(node["items"], (*path, 0)) for _ in range(max(1, node.get("minItems", 0)))]
        names = [step for step in path if isinstance(step, str)]
        for given in (self._chosen.get("/".join(names)), _BY_MEMBER.get(names[-1] if names else "")):
            if given is not None and _fits(node, given):
                return given
        if "enum" in node:
            liked = (one for among in self._preferred for one in node["enum"] if one in among)
            return next(liked, node["enum"][0])
        return _plain(node)

    def _along(self, node: Schema, value: Any, at: Path, rest: Path) -> Any:
        if not rest:
            return value
        node = resolved(self.root, node)[0]
        step = rest[0]
        here = (*at, step)
        inner = node["items"] if isinstance(step, int) else node["properties"][step]
        if isinstance(step, int):
            return [self._along(inner, value[step], here, rest[1:]), *value[step + 1 :]]
        member = value[step] if step in value else self.value(inner, here)
        return {**value, step: self._along(inner, member, here, rest[1:])}


def resolved(root: Schema, node: Schema) -> tuple[Schema, str]:
    """A schema node with its `$ref` followed, and the name of the class that it refers to ("" for none)."""
    reference = node.get("$ref")
    if reference is None:
        return node, ""
    found: Any = root
    for token in reference.removeprefix("#/").split("/"):
        found = found[token]
    return found, token


def _fits(node: Schema, value: Any) -> bool:
    """Whether a value from a table may stand at a node: of its type, one of its enum, within its bounds."""
    kind = node.get("type")
    if kind is None:
        return True
    if kind == "string":
        if not isinstance(value, str) or (node.get("format") == "date-time") != (value == "{{now}}"):
            return False
        # A placeholder stands for 20 characters or fewer, the longest idTag of 1.6.
        length = len(_PLACEHOLDER.sub(20 * "x", value))
        return value in node.get("enum", (value,)) and length <= node.get("maxLength", length)
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if kind == "integer" and not isinstance(value, int):
        return False
    return bool(node.get("minimum", value) <= value <= node.get("maximum", value))


def _plain(node: Schema) -> Any:
    """A value for a node of which nothing else is known."""
    kind = node.get("type")
    if kind == "string":
        if "format" in node:
            return {"date-time": "{{now}}", "uri": "ftp://{{host}}/conformance"}[node["format"]]
        return "conformance"[: node.get("maxLength", 100)]
    if kind == "boolean":
        return False
    if kind in ("integer", "number"):
        return int(min(max(1, node.get("minimum", 1)), node.get("maximum", 1)))
    return "conformance"


_PREFERRED = frozenset(
    {
        "Accepted",
        "Operative",
        "OnIdle",
        "Soft",
        "Differential",
        "Heartbeat",
        "Idle",
        "Available",
        "NoError",
        "PowerUp",
        "Relative",
        "TxDefaultProfile",
        "SummaryInventory",
        "NormalCycle",
        "UTF8",
        "JSON",
        "DiagnosticsLog",
        "ManufacturerRootCertificate",
        "Delta",
        "Ended",
        "RemoteStop",
        "Failed",
        "Rejected",
        "A",
    }
)
"""Members of enumerations that are taken before the first one: those that do nothing, or end something."""

_REFUSALS = frozenset(
    {
        "Rejected",
        "Blocked",
        "Failed",
        "NotFound",
        "Unknown",
        "UnlockFailed",
        "VersionMismatch",
        "NoFirmware",
        "NoProfiles",
    }
)
"""Members of enumerations that are taken in answers before these: nothing was done, and nothing need follow."""

_BY_MEMBER: Mapping[str, Any] = {
    "attributeValue": "1",
    "certificate": _PEM,
    "certificateChain": _PEM,
    "chargingProfileId": NOTHING,
    "checksum": "0" * 32,
    "component": _COMPONENT,
    "configurationSlot": 9,
    "connectorId": 1,
    "content": "Conformance",
    "controlId": "OC-NOTHING",
    "csr": _CSR,
    "currency": "EUR",
    "duration": 60,
    "evseId": 1,
    "exiRequest": "AAAA",
    "hashAlgorithm": "SHA256",
    "id": NOTHING,
    "idTag": NOBODY,
    "interval": 300,
    "issuerKeyHash": "0" * 64,
    "issuerNameHash": "0" * 64,
    "language": "en",
    "limit": 16,
    "location": "https://{{host}}/conformance",
    "messageTimeout": 30,
    "meterStart": 0,
    "meterStop": 0,
    "numberPhases": 3,
    "ocppCsmsUrl": "wss://{{host}}/ocpp",
    "pending": 0,
    "priority": 0,
    "remoteLocation": "https://{{host}}/conformance",
    "remoteStartId": NOTHING,
    "requestId": NOTHING,
    "reservationId": NOTHING,
    "responderURL": "http://{{host}}/ocsp",
    "retries": 0,
    "seqNo": 0,
    "serialNumber": "1",
    "severity": 9,
    "signature": "AAAA",
    "signingCertificate": _PEM,
    "stackLevel": 0,
    "startPeriod": 0,
    "tariffId": "OC-NOTHING",
    "transactionId": "OC-NOTHING",
    "urls": "http://{{host}}/ocsp",
    "value": "1",
    "vendorId": VENDOR,
}
"""Values of members by name; used where they fit (an idToken of 1.6 is an idTag)."""

_TOKEN = {"idToken/idToken": NOBODY, "idToken/type": "Central"}
_UNKNOWN = ("setVariableData", "getVariableData", "setMonitoringData", "componentVariable", "eventData")
_MODEL = {f"{each}/{member}/name": _COMPONENT for each in _UNKNOWN for member in ("component", "variable")}

_CHOSEN: Mapping[str, Mapping[str, Any]] = {
    # 1.6
    "Authorize": {"idTag": "{{token}}"},
    "BootNotification": {"chargePointVendor": "Conformance", "chargePointModel": "Fuzz"},
    "ChangeAvailability": {"connectorId": 0},
    "ChangeConfiguration": {"key": _COMPONENT, "value": "1"},
    "MeterValues": {"connectorId": 1},
    "RemoteStartTransaction": {"connectorId": NOWHERE},
    "RemoteStopTransaction": {"transactionId": NOTHING},
    "SecurityEventNotification": {"type": "SettingSystemTime"},
    "SendLocalList": {"listVersion": 1, "localAuthorizationList/idTag": NOBODY},
    "StopTransaction": {"transactionId": NOTHING},
    "TriggerMessage": {"connectorId": 1},
    "UnlockConnector": {"connectorId": NOWHERE},
    # 2.x
    "BootNotificationResponse": {"status": "Accepted"},
    "AFRRSignalRequest": {"signal": 0},
    "AuthorizeRequest": {"idToken/idToken": "{{token}}", "idToken/type": "ISO14443"},
    "BatterySwapRequest": _TOKEN,
    "BootNotificationRequest": {"chargingStation/model": "Fuzz", "chargingStation/vendorName": "Conformance"},
    "ClearTariffsRequest": {"tariffIds": "OC-NOTHING"},
    "CostUpdatedRequest": {"totalCost": 0},
    "CustomerInformationRequest": {"report": True, "clear": False, "customerIdentifier": NOBODY},
    "GetMonitoringReportRequest": _MODEL,
    "GetReportRequest": _MODEL,
    "GetVariablesRequest": _MODEL,
    "NotifyEventRequest": _MODEL,
    "RequestBatterySwapRequest": _TOKEN,
    "RequestStartTransactionRequest": {"evseId": NOWHERE, **_TOKEN},
    "ReserveNowRequest": _TOKEN,
    "ResetRequest": {"evseId": NOWHERE},
    "SecurityEventNotificationRequest": {"type": "SettingSystemTime"},
    "SendLocalListRequest": {"versionNumber": 1, "localAuthorizationList/idToken/idToken": NOBODY},
    "SetDefaultTariffRequest": {"evseId": NOWHERE},
    "SetVariableMonitoringRequest": _MODEL,
    "SetVariablesRequest": _MODEL,
    "TransactionEventRequest": {"seqNo": 0, **_TOKEN},
    "UnlockConnectorRequest": {"evseId": NOWHERE},
    "VatNumberValidationRequest": {"vatNumber": "XX000000000"},
}
"""Values of members by path (without indices) of a schema."""

_ALSO: Mapping[str, tuple[str, ...]] = {
    # 1.6: nothing named would mean all of them, or a long answer.
    "ClearChargingProfile": ("id",),
    "GetConfiguration": ("key",),
    "GetDiagnostics": ("retries",),
    "RemoteStartTransaction": ("connectorId",),
    "UpdateFirmware": ("retries",),
    # 2.x, likewise.
    "ClearChargingProfileRequest": ("chargingProfileId",),
    "ClearDERControlRequest": ("controlId",),
    "ClearTariffsRequest": ("tariffIds",),
    "CustomerInformationRequest": ("customerIdentifier",),
    "GetChargingProfilesRequest": ("chargingProfile/chargingProfileId",),
    "GetDERControlRequest": ("controlId",),
    "GetDisplayMessagesRequest": ("id",),
    "GetLogRequest": ("retries",),
    "GetMonitoringReportRequest": ("componentVariable",),
    "GetReportRequest": ("componentVariable",),
    "PublishFirmwareRequest": ("retries",),
    "RequestStartTransactionRequest": ("evseId",),
    "ResetRequest": ("evseId",),
    "SetChargingProfileRequest": ("chargingProfile/chargingSchedule/chargingSchedulePeriod/limit",),
    "SetDisplayMessageRequest": ("message/endDateTime",),
    "UpdateFirmwareRequest": ("retries",),
}
"""Optional members that a sample has too, by path (without indices)."""
