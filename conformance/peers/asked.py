"""What a CSMS sends, held against what its operator was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.ocppj.datetimes import parse_datetime

SECOND = 1.0


def as_asked(**asked: Any) -> dict[str, Any]:
    """The fields to expect of a CALL, given those that the operator was asked for.

    A time is the same moment, to the second, in whatever notation; a certificate in PEM is the same text, whatever its
    line ends; the rest is the same.
    """
    return {name: _as_asked(value) for name, value in asked.items()}


def _as_asked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return as_asked(**value)
    if isinstance(value, str):
        if value.startswith("-----BEGIN"):
            return _same_text(value)
        if parse_datetime(value) is not None:
            return _same_moment(value)
    return value


def _same_text(text: str) -> Callable[[Any], bool]:
    def same(value: Any) -> bool:
        return isinstance(value, str) and value.split() == text.split()

    same.__doc__ = f"the text {text[:60]!r}..., whatever its line ends"
    return same


def _same_moment(text: str) -> Callable[[Any], bool]:
    wanted = parse_datetime(text)
    assert wanted is not None

    def same(value: Any) -> bool:
        told = parse_datetime(value) if isinstance(value, str) else None
        return told is not None and abs((told - wanted).total_seconds()) <= SECOND

    same.__doc__ = f"the moment {text}"
    return same
