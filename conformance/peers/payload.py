"""Reading a payload by wire names, without exceptions, and matching it against what a case expects."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any


class _Absent:
    """What an absent field reads as: falsy, every field and method of it absent too, before and after nothing."""

    __slots__ = ()

    def __call__(self, *args: object, **kwargs: object) -> _Absent:
        return self

    def __lt__(self, other: object) -> bool:
        return False

    __le__ = __gt__ = __ge__ = __lt__

    def __getattr__(self, name: str) -> _Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> _Absent:
        return self

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __contains__(self, item: object) -> bool:
        return False

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


class _Present:
    """Matches any value that is there, JSON null included."""

    def __repr__(self) -> str:
        return "present"


PRESENT = _Present()


class Number(Decimal):
    """A decimal of the wire that equals the float literal which a case writes (`limit == 0.1`)."""

    def __eq__(self, other: object) -> bool:
        if isinstance(other, bool):
            return False
        if isinstance(other, float):
            other = Decimal(repr(other))
        return bool(Decimal.__eq__(self, other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = Decimal.__hash__


_NO_DECIMALS = frozenset((str, int, bool, dict, list, type(None)))
_SCALARS = frozenset((str, int, bool, float, type(None)))


def wrap(value: Any) -> Any:
    """The reading view of a JSON value: objects and arrays wrapped, decimals comparable, the rest as it is."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return Fields(value)
    if isinstance(value, list):
        return Items(value)
    if isinstance(value, Decimal):
        number = whole(value)
        return number if isinstance(number, int) else Number(value)
    return value


def whole(value: Any) -> Any:
    """The int behind a number that is one however it is written (5.0: JSON Schema draft-06 6.1.1); else `value`."""
    # Most values are no decimals, and this is asked of every field that is read: the exact type answers fastest.
    if type(value) in _NO_DECIMALS:
        return value
    if (
        isinstance(value, Decimal)
        and value.is_finite()
        and value.adjusted() < 19
        and value == value.to_integral_value()
    ):
        return int(value)
    return value


def plain(value: Any) -> Any:
    """The JSON value behind a view, and of everything in it."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is dict:
        return {key: item if type(item) in _SCALARS else plain(item) for key, item in value.items()}
    if kind is list:
        return [item if type(item) in _SCALARS else plain(item) for item in value]
    if isinstance(value, Fields):
        value = value._payload
    elif isinstance(value, Items):
        value = value._values
    elif isinstance(value, Number):
        return Decimal(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


class Fields:
    """A JSON object, read by attribute with the names of the wire; a missing field is ABSENT."""

    __slots__ = ("_payload",)

    def __init__(self, payload: Any) -> None:
        self._payload: Any = payload

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        payload = self._payload
        if not isinstance(payload, Mapping) or name not in payload:
            return ABSENT
        return wrap(payload[name])

    def __contains__(self, name: object) -> bool:
        return isinstance(self._payload, Mapping) and name in self._payload

    def __iter__(self) -> Iterator[str]:
        return iter(self._payload if isinstance(self._payload, Mapping) else ())

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return bool(plain(self) == plain(other))

    __hash__ = None  # type: ignore[assignment]  # a view of a mutable object has no stable hash

    def __repr__(self) -> str:
        return shown(self._payload)


class Items:
    """A JSON array; an index beyond its end reads as ABSENT."""

    __slots__ = ("_values",)

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def __getitem__(self, index: int) -> Any:
        try:
            return wrap(self._values[index])
        except IndexError:
            return ABSENT

    def __iter__(self) -> Iterator[Any]:
        return (wrap(value) for value in self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, item: object) -> bool:
        return any(same(value, item) for value in self._values)

    def __eq__(self, other: object) -> bool:
        return bool(plain(self) == plain(other))

    __hash__ = None  # type: ignore[assignment]  # a view of a mutable array has no stable hash

    def __repr__(self) -> str:
        return shown(self._values)


class OneOf:
    """Matches when the value equals any of the choices."""

    def __init__(self, *choices: Any) -> None:
        self.choices = choices

    def __repr__(self) -> str:
        return "one of " + ", ".join(shown(choice) for choice in self.choices)


def one_of(*choices: Any) -> OneOf:
    """An expectation that any of the choices meets."""
    return OneOf(*choices)


def peek(payload: Any, name: str) -> Any:
    """A field of a JSON object without judging it (None if it is not there): proof does not count this as a read."""
    if type(payload) is dict:
        return whole(payload.get(name))
    if not isinstance(payload, Mapping):
        return None
    return whole(getattr(payload, "peek", payload.get)(name))


class Malformed(ValueError):
    """A CALL of the device lacks what our answer to it has to repeat: it is refused."""


def demand(payload: Any, name: str, *kinds: type) -> Any:
    """A field that an answer of ours repeats, of one of these types; Malformed if it is not there so."""
    value = peek(payload, name)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise Malformed(f"{name} is {shown(value)}")
    return value


def shown(value: Any, limit: int = 300) -> str:
    """A value in words for a finding, cut at `limit` characters."""
    value = plain(value)
    if inspect.isfunction(value):
        return _meaning(value)
    text = str(value) if isinstance(value, Decimal) else repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= limit else text[: limit - 1] + "…"


def same(actual: Any, expected: Any) -> bool:
    """Equality as JSON means it: a boolean never equals a number, decimals equal the literals of a case."""
    actual, expected = plain(actual), plain(expected)
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    if isinstance(expected, float):
        expected = Decimal(repr(expected))
    if isinstance(actual, float):
        actual = Decimal(repr(actual))
    return bool(actual == expected)


def mismatch(actual: Any, expected: Any, pointer: str = "") -> tuple[str, str, str] | None:
    """The first place where a value is not as expected: (pointer, expected, actual); None when it matches.

    Objects match by subset, arrays element by element, `one_of`, PRESENT, ABSENT and predicates as they say.
    """
    if type(expected) in _SCALARS and type(actual) is type(expected) and actual == expected:
        return None
    if isinstance(actual, (Fields, Items)):
        actual = actual._payload if isinstance(actual, Fields) else actual._values
    if expected is ABSENT:
        return None if actual is ABSENT else (pointer, "absent", shown(actual))
    if expected is PRESENT:
        return (pointer, "present", "absent") if actual is ABSENT else None
    if isinstance(expected, OneOf):
        if any(mismatch(actual, choice) is None for choice in expected.choices):
            return None
        return pointer, repr(expected), shown(actual)
    if callable(expected):
        return _by_predicate(actual, expected, pointer)
    if isinstance(expected, (Mapping, Fields)):
        expected = expected._payload if isinstance(expected, Fields) else expected
        if not isinstance(actual, Mapping):
            return pointer, shown(expected), shown(actual)
        for name, value in expected.items():
            found = mismatch(actual.get(name, ABSENT), value, f"{pointer}/{name}")
            if found:
                return found
        return None
    if isinstance(expected, (list, tuple, Items)):
        wanted = list(expected)
        if not isinstance(actual, list) or len(actual) != len(wanted):
            return pointer, shown(wanted), shown(actual)
        for index, value in enumerate(wanted):
            found = mismatch(actual[index], value, f"{pointer}/{index}")
            if found:
                return found
        return None
    return None if actual is not ABSENT and same(actual, expected) else (pointer, shown(expected), shown(actual))


def matches(actual: Any, expected: Any) -> bool:
    """Whether a payload matches. Only one that does counts as judged, and that in the fields that were asked for."""
    unrecorded = getattr(actual, "raw", None)
    if unrecorded is not None and mismatch(unrecorded, expected) is not None:
        return False
    return mismatch(actual, expected) is None


def _by_predicate(actual: Any, predicate: Callable[[Any], object], pointer: str) -> tuple[str, str, str] | None:
    if actual is not ABSENT and predicate(wrap(actual)):
        return None
    return pointer, _meaning(predicate), shown(actual)


def _meaning(predicate: Callable[[Any], object]) -> str:
    """What a predicate wants, in its own words."""
    return (predicate.__doc__ or getattr(predicate, "__name__", "") or repr(predicate)).strip().splitlines()[0]
