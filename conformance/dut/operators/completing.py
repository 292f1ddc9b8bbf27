"""A whole request from the few fields that a test case asks for, for back offices that forward what they are given."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.dut.description import Dut
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import Version

_LATER = timedelta(hours=1)
"""How far ahead a reservation or an offer ends that nobody gave an end."""


class NothingToFillIn(ValueError):
    """A required field that nothing sensible can be put into; the text names it."""


class Completer:
    """Fills in what the schema of a request wants and the case left open; a field asked for as None stays out."""

    def __init__(self, dut: Dut, version: Version, schemas: SchemaStore | None = None) -> None:
        self._dut = dut.under(version.id)
        self._version = version
        self._schemas = schemas
        # Ids that no earlier run has used, as a version of a list must be greater than the one before.
        self._numbers: Iterator[int] = itertools.count(int(time.time()) % 1_000_000_000)

    def complete(self, action: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The payload of a request. Raises NothingToFillIn, and ValueError for an action that the version lacks."""
        known = self._version.actions.get(action)
        if known is None:
            raise ValueError(f"{action} is no action of OCPP {self._version.id}")
        if self._schemas is None:
            self._schemas = SchemaStore()
        root = self._schemas.schema(self._version, known.request)
        made: dict[str, Any] = self._filled(root, root, asked, "")
        return made

    def _filled(self, schema: Mapping[str, Any], root: Mapping[str, Any], asked: Any, name: str) -> Any:
        schema = _resolved(schema, root)
        if isinstance(asked, Mapping):
            inside = schema.get("properties", {})
            given = {
                key: self._filled(inside.get(key, {}), root, value, key)
                for key, value in asked.items()
                if value is not None
            }
            missing = [key for key in schema.get("required", ()) if key not in asked]
            return given | {key: self._made(inside.get(key, {}), root, key) for key in missing}
        if isinstance(asked, list | tuple):
            return [self._filled(schema.get("items", {}), root, item, name) for item in asked]
        return asked

    def _made(self, schema: Mapping[str, Any], root: Mapping[str, Any], name: str) -> Any:
        """A value for a required field that nobody asked for."""
        schema = _resolved(schema, root)
        known = _VALUES.get(name)
        if known is not None and schema.get("type") != "object":
            value = known(self)
            if value not in (None, ""):
                return value
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        if kind == "object":
            token = self._dut.tokens.given().get("valid") if name == "idToken" else None
            return dict(token) if token else self._filled(schema, root, {}, name)
        if kind == "array":
            return [self._made(schema.get("items", {}), root, name)]
        if (
            kind == "integer"
            and name not in _REFERENCES
            and (name == "id" or name.endswith(("Id", "Version", "Number")))
        ):
            return next(self._numbers)
        if schema.get("format") == "date-time":
            later = _LATER if name.startswith(("expiry", "validTo")) else timedelta()
            return (datetime.now(UTC) + later).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if kind == "boolean":
            return False
        raise NothingToFillIn(f"the request needs {name}, and nothing sensible can be filled in")


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        node: Any = root
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


_PER_UNIT = {"A": 1, "W": 1000}
_REFERENCES = frozenset({"transactionId"})
"""Numbers that name something that must be there already."""
_VALUES: Mapping[str, Callable[[Completer], Any]] = {
    "connectorId": lambda one: one._dut.connector.connectorId,
    "evseId": lambda one: one._dut.connector.evseId,
    "idTag": lambda one: one._dut.tokens.valid.idTag,
    "location": lambda one: one._dut.values.firmware_location,
    "remoteLocation": lambda one: one._dut.values.log_location,
    "vendorId": lambda one: one._dut.values.unknown_vendor_id,
    "chargingRateUnit": lambda one: one._dut.values.charging_rate_unit,
    "stackLevel": lambda one: one._dut.values.stack_level,
    "limit": lambda one: one._dut.values.limit * _PER_UNIT[one._dut.values.charging_rate_unit],
    "startPeriod": lambda one: 0,
    "duration": lambda one: one._dut.values.transaction_duration,
    "configurationSlot": lambda one: one._dut.values.spare_configuration_slot,
}
"""What the description says for a field, by its name."""
