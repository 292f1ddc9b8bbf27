"""What stations said of themselves when they booted: firmware, model, vendor, serial number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.ocppj.frames import CALL
from conformance.report.record import CaseRecord

_FIELDS = {
    "vendor": ("vendorName", "chargePointVendor"),
    "model": ("model", "chargePointModel"),
    "firmware": ("firmwareVersion",),
    "serial": ("serialNumber", "chargePointSerialNumber", "chargeBoxSerialNumber"),
}


def stations(cases: Iterable[CaseRecord]) -> list[dict[str, str]]:
    """One object for each device and version: `device`, `version`, and of `vendor`, `model`, `firmware`, `serial` what
    it gave, as it said it last. A firmware that changed during the run shows as `old → new`.
    """
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for case in cases:
        if case.role != "CS":
            continue
        for frame in case.frames:
            if frame.type == CALL and frame.action == "BootNotification" and frame.sender == "CS":
                told = found.setdefault((case.device, case.version), {name: [] for name in _FIELDS})
                _note(told, frame.text)
    return [
        {"device": device, "version": version, **{name: _shown(name, seen) for name, seen in told.items() if seen}}
        for (device, version), told in sorted(found.items())
    ]


def _note(told: Mapping[str, list[str]], text: str) -> None:
    try:
        message = json.loads(text)
        payload = message[3]
        holder = payload.get("chargingStation", payload)
        values = {name: next((holder[key] for key in keys if key in holder), None) for name, keys in _FIELDS.items()}
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return
    for name, value in values.items():
        if isinstance(value, str) and value and value not in told[name][-1:]:
            told[name].append(value)


def _shown(name: str, seen: list[str]) -> str:
    return " → ".join(dict.fromkeys(seen)) if name == "firmware" else seen[-1]


def firmware_of(observed: Iterable[Mapping[str, Any]], device: str) -> str:
    """The firmware that a device named, "" if it named none."""
    return next((str(one["firmware"]) for one in observed if one["device"] == device and "firmware" in one), "")
