"""The schema store: judges payloads against the official JSON schemas.

Two validators judge. `jsonschema-rs` judges every frame, in microseconds. What it refuses, `jsonschema` is asked to
confirm and to word; where the two disagree, the error is marked as disputed and must not fail a device.
Schemas are read and compiled when they are first needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.ocppj import wording
from conformance.ocppj.sources import Schema, SchemaSource, SchemaSourceError
from conformance.ocppj.versions import Version

__all__ = ["SchemaError", "SchemaSourceError", "SchemaStore", "official"]


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One violation of a schema."""

    pointer: str
    """JSON pointer of the value in the payload; of where it should stand, when it is missing."""
    expected: str
    actual: str
    keyword: str
    """Keyword of JSON Schema: required, additionalProperties, type, enum, maxLength, format, ..."""
    disputed: bool = False
    """Only one of the two validators says so."""


@cache
def official() -> SchemaStore:
    """The schemas of the distribution `ocpp`, one store for the whole process. Raises what `SchemaStore` raises."""
    return SchemaStore()


class SchemaStore:
    """The official schemas of every version, from one source. Safe to use from several threads."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: OCA's JSON schema files, in any layout; None: the distribution `ocpp`.

        Raises SchemaSourceError (one line that says what to do) if no schemas can be found there at all; a single
        missing or edited file is found by `check`, or when that schema is first needed.
        """
        self._source = SchemaSource(folder)
        self._schemas: dict[tuple[str, str], Schema] = {}
        self._checked: set[Version] = set()
        self._fast: dict[tuple[Version, str], Callable[[Any], bool]] = {}
        self._exact: dict[tuple[Version, str], Callable[[Any], list[wording.Violation]]] = {}
        self._compiled: dict[tuple[Version, str], Any] = {}

    @property
    def corrections(self) -> list[str]:
        """Errata applied to the schemas read so far, each with its source."""
        return list(self._source.corrections)

    def check(self, version: Version) -> None:
        """Hold every file of a version against its fingerprint, once. Raises SchemaSourceError; compiles nothing."""
        if version not in self._checked:
            self._source.check(version)
            self._checked.add(version)

    def schema(self, version: Version, name: str) -> Schema:
        """The official schema with errata applied; a shared object, not to be changed.

        Raises KeyError for a name that the version does not have, SchemaSourceError if the file is unusable.
        """
        key = (version.id, name)
        schema = self._schemas.get(key)
        if schema is None:
            schema = self._schemas[key] = self._source.read(version, name)
        return schema

    def compile(self, version: Version) -> None:
        """Compile every schema of a version, for both validators, which `judge` else does one by one (0.2 s, 10 MB).

        Raises SchemaSourceError if a file is unusable.
        """
        for name in version.schemas:
            if (version, name) not in self._fast:
                self._compile(version, name)
            self._complete(version, name)
            if (version, name) not in self._exact:
                self._exactly(version, name)

    def judge(self, version: Version, name: str, payload: Any) -> tuple[SchemaError, ...]:
        """Every violation of a schema (such as "BootNotificationRequest") in a payload; () if it is valid.

        Raises what `schema` raises, and nothing for any payload.
        """
        is_valid = self._fast.get((version, name))
        if is_valid is None:
            is_valid = self._compile(version, name)
        try:
            if is_valid(payload) or self._complete(version, name).is_valid(payload):
                return ()
        except Exception:
            return self._explain(version, name, payload, _scrubbed(payload))
        return self._explain(version, name, payload, payload)

    def refusals(self, version: Version, name: str, payload: Any) -> tuple[SchemaError, ...]:
        """What the fast validator alone has against a payload, in its own words; () if nothing.

        For those who ask whether a payload is valid thousands of times, and show nobody why not. Raises what `judge`
        raises.
        """
        is_valid = self._fast.get((version, name)) or self._compile(version, name)
        try:
            if is_valid(payload):
                return ()
            refused = list(self._complete(version, name).iter_errors(payload))
        except Exception:
            return self.judge(version, name, payload)
        return tuple(
            SchemaError(wording.pointer(tuple(one.instance_path)), str(one.message), "another value", _keyword(one))
            for one in refused
        )

    def _compile(self, version: Version, name: str) -> Callable[[Any], bool]:
        """The stricter validator, which nearly every payload passes."""
        schema = _with_usual_times(_without_id(self.schema(version, name)))
        is_valid: Callable[[Any], bool] = _validator(schema, version.schemas[name].draft).is_valid
        self._fast[version, name] = is_valid
        return is_valid

    def _complete(self, version: Version, name: str) -> Any:
        """The validator of `jsonschema_rs` for the schema as it is."""
        validator = self._compiled.get((version, name))
        if validator is None:
            validator = _validator(_without_id(self.schema(version, name)), version.schemas[name].draft)
            self._compiled[version, name] = validator
        return validator

    def _exactly(self, version: Version, name: str) -> Callable[[Any], list[wording.Violation]]:
        schema = _without_id(self.schema(version, name))
        exact = self._exact[version, name] = wording.checker(schema, version.schemas[name].draft)
        return exact

    def _explain(self, version: Version, name: str, payload: Any, printable: Any) -> tuple[SchemaError, ...]:
        """The words for a refused payload. `printable` is the payload in a form that the fast validator can read."""
        refused: list[Any] | None
        try:
            refused = list(self._complete(version, name).iter_errors(printable))
        except Exception:
            refused = None
        exact = self._exact.get((version, name))
        if exact is None:
            exact = self._exactly(version, name)
        worded: list[wording.Violation] | None
        try:
            worded = exact(payload)
        except Exception:
            worded = None
        return _agreed(worded, refused)


def _agreed(worded: list[wording.Violation] | None, refused: list[Any] | None) -> tuple[SchemaError, ...]:
    """Both validators' errors as one list; what only one of them says, or could say, is disputed."""
    if worded is None and refused is None:
        return (SchemaError("", "a payload that a validator can read", "one that neither can read", "", True),)
    fast = None if refused is None else {(_place(tuple(error.instance_path)), _keyword(error)) for error in refused}
    errors = []
    seen = set()
    for path, keyword, expected, actual in worded or ():
        # jsonschema-rs names the object where a member is missing or too many.
        parent = path[:-1] if keyword in ("required", "additionalProperties") else path
        seen.add((_place(parent), keyword))
        disputed = fast is not None and (_place(parent), keyword) not in fast
        errors.append(SchemaError(wording.pointer(path), expected, actual, keyword, disputed))
    mistyped = {place for place, keyword in seen if keyword == "type"}
    for error in refused or ():
        place, keyword = _place(tuple(error.instance_path)), _keyword(error)
        if (place, keyword) not in seen and place not in mistyped:
            actual = wording.shown(error.instance)
            errors.append(SchemaError(wording.pointer(place), str(error.message), actual, keyword, True))
    return tuple(errors)


def _place(path: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(_SURROGATES.sub("\ufffd", str(token)) for token in path)


def _keyword(error: Any) -> str:
    path = list(error.schema_path)
    return str(path[-1]) if path else ""


def _without_id(schema: Schema) -> Schema:
    """The schema without its own `$id` (`urn:...`), against which some resolvers fail to resolve "#/definitions"."""
    return {key: deepcopy(value) for key, value in schema.items() if key not in ("id", "$id")}


_SURROGATES = re.compile("[\ud800-\udfff]")

USUAL_TIME = (
    "^20[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?"
    "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""A pattern of date-times as they are every day. Whatever matches is one; leap days and seconds do not match."""


def _validator(schema: Schema, draft: int) -> Any:
    import jsonschema_rs

    kind = {4: jsonschema_rs.Draft4Validator, 6: jsonschema_rs.Draft6Validator}[draft]
    return kind(schema, validate_formats=True, formats={"date-time": wording.is_date_time})


def _with_usual_times(schema: Any) -> Any:
    """A stricter schema, in which a date-time has to match USUAL_TIME: a pattern costs a tenth of a call of ours."""
    if isinstance(schema, list):
        return [_with_usual_times(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: _with_usual_times(part) for key, part in schema.items()}
    if changed.get("format") == "date-time" and "pattern" not in changed:
        del changed["format"]
        changed["pattern"] = USUAL_TIME
    return changed


def _scrubbed(value: Any) -> Any:
    """A copy with each lone surrogate, which has no UTF-8, replaced by U+FFFD: as long, and as wrong, as before."""
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_scrubbed(key): _scrubbed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_scrubbed(item) for item in value]
    return value
