"""How rules look into payloads.

A payload may be a recorder of reads (see `conformance.proof`): what a rule takes by item access or `.get` counts as
judged, so that a change of it must be noticed by somebody. What a rule merely stores for a later comparison, or holds
against a bound that many values keep, it takes through `remember`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any


def _peeker(payload: Any) -> Callable[[str], Any]:
    peek: Callable[[str], Any] = getattr(payload, "peek", None) or getattr(payload, "raw_get", None) or payload.get
    return peek


def remember(payload: Any, *path: str) -> Any:
    """The value at a path of member names, without counting as a read; None if it is not there."""
    for key in path:
        if type(payload) is dict:  # nearly always
            payload = payload.get(key)
        elif isinstance(payload, dict):
            payload = _peeker(payload)(key)
        else:
            return None
    return payload


def remember_items(payload: Any, *path: str) -> list[Any]:
    """The elements of the array at a path, without counting as reads; none if there is no array."""
    value = remember(payload, *path)
    return [raw(item) for item in raw(value)] if isinstance(value, list) else []


def judged(payload: Any, *path: str) -> Any:
    """The value at a path of member names, the last of them read in order to be judged; None if it is not there."""
    *before, last = path
    parent = remember(payload, *before)
    return parent.get(last) if isinstance(parent, dict) else None


def judged_items(payload: Any, *path: str) -> list[Any]:
    """The elements of the array at a path, as they stand in the payload, to be judged; none if there is no array."""
    value = remember(payload, *path)
    return value if isinstance(value, list) else []


def raw(payload: Any) -> Any:
    """The plain value behind a recorder of reads; reading in it does not count."""
    return payload if type(payload) is dict else getattr(payload, "raw", payload)


def count(payload: Any, *path: str) -> None:
    """Count the value at a path as judged; for rules that work on the raw payload. Free when nothing records."""
    if type(payload) is not dict:
        judged(payload, *path)


def whole(value: Any) -> int | None:
    """An integer of JSON, also one written as 1.0, which JSON schema takes for one since draft 6; None for others."""
    if type(value) is int:
        return value
    # (Not abs(), which rounds, and raises for 1e99999999999.)
    if not isinstance(value, Decimal) or not value.is_finite() or value.copy_abs() >= 2**63:
        return None
    return int(value) if value == value.to_integral_value() else None


def text(value: Any, limit: int = 80) -> str:
    """A value in one short line, as JSON writes it."""
    from conformance.ocppj.frames import dumps

    try:
        line = "nothing" if value is None else dumps(raw(value))
    except (TypeError, ValueError):
        line = repr(value)
    return line if len(line) <= limit else f"{line[: limit - 3]}..."
