"""What is wrong with a payload, in words: the slow and talkative one of the two validators.

`jsonschema` confirms and words what the fast validator refuses. Numbers arrive as int and Decimal and are judged
exactly: on binary floats `multipleOf: 0.1` would refuse a third of all legal values with one decimal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from conformance.ocppj import datetimes

JsonPath = tuple[str | int, ...]
Violation = tuple[JsonPath, str, str, str]
"""Path of the value, keyword of the schema, expected and actual in words."""

_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    r"(?://(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*(?:\[[0-9A-Fa-f:.]+\](?::[0-9]*)?)?(?=[/?#]|$))?"
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
    r"(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)

_TYPES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def is_date_time(text: Any) -> bool:
    """The date-time rule (`datetimes`) as a JSON schema format: what is no string has another keyword to break."""
    return not isinstance(text, str) or datetimes.parse_datetime(text) is not None


def is_uri(text: Any) -> bool:
    """Generic URI syntax with a scheme (RFC 3986), as a JSON schema format."""
    return not isinstance(text, str) or _URI.fullmatch(text) is not None


def multiple_of(number: Decimal | int, factor: Decimal) -> bool:
    """Whether a number is an integer times `factor` (more than zero), exactly, at any exponent."""
    value, exponent = _scaled(number)
    step, step_exponent = _scaled(factor)
    shift = exponent - step_exponent
    if shift >= 0:
        return value * pow(10, shift, step) % step == 0
    # value / 10**-shift must be a multiple: more zeros than it has digits can't be divided away.
    return value == 0 or (-shift <= len(str(abs(value))) and value % (step * 10**-shift) == 0)


def _scaled(number: Decimal | int) -> tuple[int, int]:
    """A number as integer and exponent of ten, without trailing zeros of a Decimal being lost or gained."""
    if isinstance(number, int):
        return number, 0
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{number} is no finite number")
    value = 0
    for digit in digits:
        value = value * 10 + digit
    return (-value if sign else value), exponent


def checker(schema: dict[str, Any], draft: int) -> Callable[[Any], list[Violation]]:
    """A function that lists every violation of `schema` (draft 4 or 6, without id) in a payload."""
    from jsonschema import Draft4Validator, Draft6Validator, FormatChecker
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    base = {4: Draft4Validator, 6: Draft6Validator}[draft]

    def number(_: Any, value: Any) -> bool:
        return isinstance(value, int | float | Decimal) and not isinstance(value, bool)

    def integer(_: Any, value: Any) -> bool:
        if isinstance(value, Decimal):
            # Draft 4: a number without fraction or exponent part. Draft 6: any number with a zero fraction.
            return draft != 4 and value.is_finite() and _is_integral(value)
        if isinstance(value, float):
            return draft != 4 and value.is_integer()
        return isinstance(value, int) and not isinstance(value, bool)

    def multiple(validator: Any, factor: Any, value: Any, _: Any) -> Iterator[ValidationError]:
        if validator.is_type(value, "number"):
            exact = Decimal(repr(value)) if isinstance(value, float) else value
            if not multiple_of(exact, Decimal(repr(factor)) if isinstance(factor, float) else Decimal(factor)):
                yield ValidationError(f"{value} is not a multiple of {factor}")

    formats = FormatChecker(formats=())
    formats.checks("date-time")(is_date_time)
    formats.checks("uri")(is_uri)
    make: Any = extend
    kind = make(
        base,
        validators={"multipleOf": multiple},
        type_checker=base.TYPE_CHECKER.redefine_many({"number": number, "integer": integer}),
    )
    validator = kind(schema, format_checker=formats)
    return lambda payload: _worded(validator.iter_errors(payload))


def _is_integral(value: Decimal) -> bool:
    digits, exponent = _scaled(value)
    return exponent >= 0 or digits == 0 or (-exponent <= len(str(abs(digits))) and digits % 10**-exponent == 0)


def _worded(errors: Iterable[Any]) -> list[Violation]:
    violations: list[Violation] = []
    for error in errors:
        violations.extend(_violations(tuple(error.absolute_path), str(error.validator), error.validator_value, error))
    mistyped = {path for path, keyword, _, _ in violations if keyword == "type"}
    kept = [row for row in violations if row[1] == "type" or row[0] not in mistyped]
    return list(dict.fromkeys(sorted(kept, key=lambda row: [str(token) for token in row[0]])))


def _violations(path: JsonPath, keyword: str, limit: Any, error: Any) -> Iterator[Violation]:
    value = error.instance
    if keyword == "required":
        # jsonschema reports each missing member by itself and names it only in its message.
        for name in limit:
            if name not in value and error.message.startswith(repr(name)):
                yield (*path, name), keyword, "a value (the field is required)", "no such field"
    elif keyword == "additionalProperties" and limit is False:
        for name in value:
            if name not in error.schema.get("properties", {}):
                yield (*path, name), keyword, "no such field", shown(value[name])
    else:
        yield path, keyword, expectation(keyword, limit), _actual(keyword, limit, value)


def expectation(keyword: str, limit: Any) -> str:
    """What a keyword of a schema asks for, in words."""
    if keyword == "type":
        kinds = [limit] if isinstance(limit, str) else list(limit)
        return " or ".join(_TYPES.get(kind, kind) for kind in kinds)
    if keyword == "enum":
        return f"one of {', '.join(str(item) for item in limit)}"
    if keyword == "format":
        return {"date-time": "an RFC 3339 date-time", "uri": "a URI"}.get(limit, f"a {limit}")
    patterns = {
        "maxLength": "at most {} character{s}",
        "minLength": "at least {} character{s}",
        "maxItems": "at most {} element{s}",
        "minItems": "at least {} element{s}",
        "maximum": "at most {}",
        "minimum": "at least {}",
        "multipleOf": "a multiple of {}",
    }
    return patterns.get(keyword, keyword + " {}").format(limit, s="" if limit == 1 else "s")


def _actual(keyword: str, limit: Any, value: Any) -> str:
    if keyword in ("maxLength", "minLength"):
        return f"{len(value)}: {shown(value)}"
    if keyword in ("maxItems", "minItems"):
        return str(len(value))
    if keyword == "format" and limit == "date-time":
        return f"{shown(value)}: {datetimes.problem(value)}"
    return shown(value)


def pointer(path: Iterable[str | int]) -> str:
    """JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


def shown(value: Any, limit: int = 80) -> str:
    """A value as one short line of ASCII JSON, numbers digit for digit."""
    if isinstance(value, Decimal):
        text = str(value)
    elif isinstance(value, dict | list):
        text = _container(value)
    else:
        try:
            text = json.dumps(value)
        except (TypeError, ValueError):
            text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _container(value: Any) -> str:
    try:
        return json.dumps(value, default=lambda item: float(item) if isinstance(item, Decimal) else repr(item))
    except (ValueError, RecursionError, OverflowError):
        return f"a very deep {'object' if isinstance(value, dict) else 'array'}"
