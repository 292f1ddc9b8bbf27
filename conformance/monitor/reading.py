"""How rules look into payloads.

A payload may be a recorder of reads (see `conformance.proof`): what a rule takes by item access or `.get` counts as
judged, so that a change of it must be noticed by somebody. What a rule merely stores for a later comparison, or holds
against a bound that many values keep, it takes through `remember`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _peeker(payload: Any) -> Callable[[str], Any]:
    if type(payload) is dict:
        return payload.get
    for name in ("peek", "raw_get"):
        method: Callable[[str], Any] | None = getattr(payload, name, None)
        if method is not None:
            return method
    return payload.get


def remember(payload: Any, *path: str) -> Any:
    """The value at a path of member names, without counting as a read; None if it is not there."""
    for key in path:
        if not isinstance(payload, dict):
            return None
        payload = _peeker(payload)(key)
    return payload


def remember_items(payload: Any, *path: str) -> list[Any]:
    """The elements of the array at a path, without counting as reads; none if there is no array."""
    value = remember(payload, *path)
    return raw(value) if isinstance(value, list) else []  # type: ignore[no-any-return]  # a list, recorded or not


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
    """The plain value behind a recorder of reads."""
    return getattr(payload, "raw", payload)


def text(value: Any, limit: int = 80) -> str:
    """A value in one short line, as JSON writes it."""
    from conformance.ocppj.frames import dumps

    try:
        line = "nothing" if value is None else dumps(raw(value))
    except (TypeError, ValueError):
        line = repr(value)
    return line if len(line) <= limit else f"{line[: limit - 3]}..."
