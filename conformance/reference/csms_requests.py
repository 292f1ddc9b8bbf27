"""A CALL of the reference CSMS: the fields that the operator asked for, the rest filled in.

Objects are filled member by member and lists of objects item by item; any other value that is asked for stands. A field
asked for as null is left out: null is no legal value in OCPP, so the operator can use it to mean "without".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.reference import csms2x_requests, csms16_requests
from conformance.reference.csms_desk import Desk
from conformance.reference.wire import Payload

_DEFAULTS = {"1.6": csms16_requests.defaults, "2": csms2x_requests.defaults}


def complete(desk: Desk, action: str, asked: Payload) -> Payload:
    """The payload to send. Raises LookupError, saying why, when there is nothing sensible to fill in (a remote stop
    without a transaction)."""
    filled: Payload = _fill(asked, _DEFAULTS[desk.version.family](desk, action, asked))
    return filled


def parts(desk: Desk, action: str, payload: Payload) -> list[Payload]:
    """The payload, cut into as many requests as the station's own limits want (B05.FR.11, B06.FR.05, B08.FR.06)."""
    name = _LISTS.get(action, "")
    limit = desk.record.limits.get(action)
    items = payload.get(name, [])
    if limit is None or desk.defects.active("ignores-item-limit") or len(items) <= limit:
        return [payload]
    cut = [{**payload, name: items[start : start + limit]} for start in range(0, len(items), limit)]
    for part in cut[1:] if "requestId" in payload else ():
        part["requestId"] = desk.store.next("requestId")
    return cut


_LISTS = {"GetVariables": "getVariableData", "SetVariables": "setVariableData", "GetReport": "componentVariable"}
"""The list in a request whose length DeviceDataCtrlr.ItemsPerMessage limits."""


def _fill(asked: Any, default: Any) -> Any:
    if isinstance(asked, Mapping) and isinstance(default, Mapping):
        return {
            name: _fill(asked.get(name, default.get(name)), default.get(name))
            for name in [*default, *(name for name in asked if name not in default)]
            if asked.get(name, default.get(name)) is not None
        }
    if isinstance(asked, list) and isinstance(default, list) and default and isinstance(default[0], Mapping):
        return [_fill(item, default[0]) for item in asked]
    if isinstance(asked, Mapping):
        return {name: _fill(item, None) for name, item in asked.items() if item is not None}
    return asked
