"""What defects make of CALLs that are valid and have values which their makers did not think of: for both roles.

`station/values.py` and `csms/values.py` register them. Numbers in brackets are those of the list of field defects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from conformance.ocppj.schema import official
from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.payloads import BOTH, crash
from conformance.reference.wire import CallError, Payload

_OFFSET = re.compile(r"[+-]\d\d:\d\d$")
_FRACTION = re.compile(r"\.\d{1,2}(?:\D|$)")


class Refusing(Misbehaviour):
    """Base of defects that refuse what they should serve: a request in which `minds` dislikes a value."""

    code = "FormatViolation"

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if isinstance(answer, CallError):
            return answer
        return next(
            (
                self.refused(name)
                for name, value, node in self._values(action, request)
                if self.minds(name, value, node)
            ),
            answer,
        )

    def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
        """Whether it refuses a value of the field `name`, whose part of the schema is `node`."""
        return False

    def refused(self, name: str) -> CallError:
        """What a request is answered with whose field it minds."""
        return CallError(self.code, f"{name} is not valid")

    def _values(self, action: str, request: Payload) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        # The embedded CSMS that has a defect serves one version.
        version = getattr(self.context, "version", None) or next(iter(self.context.versions.values()))
        schema = official().schema(version, version.actions[action].request)
        return _walk(schema, schema, request, "")


def _walk(
    root: dict[str, Any], node: dict[str, Any], value: Any, name: str
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Every value of a payload that is neither an object nor an array, with its name and its part of the schema."""
    while "$ref" in node:
        node = root["definitions"][node["$ref"].rpartition("/")[2]]
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(root, node.get("properties", {}).get(key, {}), item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(root, node.get("items", {}), item, name)
    else:
        yield name, value, node


def _is_time(value: Any, node: dict[str, Any]) -> bool:
    return isinstance(value, str) and node.get("format") == "date-time"


def register(role: str, case: str) -> None:
    """Register what both roles can get wrong under one role; `case`: the id of its case of valid messages."""

    @defect(
        "astral-kills",
        role=role,
        families=BOTH,
        breaks="a character beyond the basic plane, four bytes of UTF-8, ends the process (OCPP-J, character encoding)",
        must_fail=(case,),
    )
    class _AstralKills(Misbehaviour):
        def heard(self, data: str | bytes) -> list[str | bytes]:
            if isinstance(data, str) and any(ord(letter) > 0xFFFF for letter in data):
                crash()
            return [data]

    @defect(
        "length-in-utf16",
        role=role,
        families=("2",),
        breaks="maxLength is held against UTF-16 units, so that a text of characters beyond the basic plane may have "
        "half of it (JSON Schema validation, 6.3.1)",
        must_fail=(case,),
    )
    class _LengthInUtf16(Refusing):
        code = "PropertyConstraintViolation"

        def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
            return isinstance(value, str) and len(value.encode("utf-16-le")) // 2 > node.get(
                "maxLength", len(value) * 2
            )

    @defect(
        "length-off-by-one",
        role=role,
        families=BOTH,
        breaks="a text that is exactly as long as allowed is refused",
        must_fail=(case,),
    )
    class _LengthOffByOne(Refusing):
        code = "PropertyConstraintViolation"

        def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
            return isinstance(value, str) and len(value) == node.get("maxLength")

    @defect(
        "empty-text-refused",
        role=role,
        families=BOTH,
        breaks="an empty text is taken for a field that is missing",
        must_fail=(case,),
    )
    class _EmptyTextRefused(Refusing):
        code = "OccurrenceConstraintViolation"

        def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
            return isinstance(value, str) and not value

    @defect(
        "integer-with-point-refused",
        role=role,
        families=BOTH,
        breaks="an integer that is written 20000.0 is refused where JSON Schema draft 6 applies [31]",
        must_fail=(case,),
    )
    class _IntegerWithPointRefused(Refusing):
        code = "TypeConstraintViolation"

        def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
            return isinstance(value, Decimal) and node.get("type") == "integer"

    @defect(
        "leap-day-refused",
        role=role,
        families=BOTH,
        breaks="29 February is no date",
        must_fail=(case,),
    )
    class _LeapDayRefused(Refusing):
        def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
            return _is_time(value, node) and value[5:10] == "02-29"

    @defect(
        "offset-refused",
        role=role,
        families=BOTH,
        breaks="a time with an offset is refused, only Z is understood [28]",
        must_fail=(case,),
    )
    class _OffsetRefused(Refusing):
        def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
            return _is_time(value, node) and _OFFSET.search(value) is not None

    @defect(
        "short-fraction-fails",
        role=role,
        families=BOTH,
        breaks="a fraction of a second with other than three digits is an internal error [13]",
        must_fail=(case,),
    )
    class _ShortFractionFails(Refusing):
        code = "InternalError"

        def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
            return _is_time(value, node) and _FRACTION.search(value) is not None

    @defect(
        "time-before-1970-unanswered",
        role=role,
        families=BOTH,
        breaks="a request with a time before 1970 gets no answer",
        must_fail=(case,),
    )
    class _TimeBefore1970Unanswered(Refusing):
        def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
            early = super().answer(action, request, answer) is not answer
            return None if early else answer

        def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
            return _is_time(value, node) and value < "1970"


class DecimalsInFloats(Refusing):
    """Checks for one digit after the point in binary floating point, as `multipleOf: 0.1` is often checked."""

    code = "PropertyConstraintViolation"

    def minds(self, name: str, value: Any, node: dict[str, Any]) -> bool:
        """0.3 / 0.1 is 2.9999999999999996."""
        return name in ("limit", "minChargingRate") and not (float(value) / 0.1).is_integer()
