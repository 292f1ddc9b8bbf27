"""Points in time, as rules compare them."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from conformance.ocppj.datetimes import parse_datetime


def moment(text: str) -> float | None:
    """Unix seconds of a well-formed date-time; None for anything else.

    How it is written is judged elsewhere, so that the usual form may be read in the fastest way here.
    """
    # What is remembered stays: none of it may be a text of a megabyte.
    return _moment(text) if len(text) <= _REMEMBERED else _moment.__wrapped__(text)


_REMEMBERED = 64
"""Characters of a text up to which what it means is remembered."""


@lru_cache(maxsize=256)
def _moment(text: str) -> float | None:
    if text[-1:] == "Z" and len(text) in (20, 24):
        try:
            return datetime.fromisoformat(text).timestamp()
        except (ValueError, TypeError):
            pass
    parsed = parse_datetime(text)
    return None if parsed is None else parsed.timestamp()


def moment_of(value: object) -> float | None:
    """Unix seconds of a value of a payload; None if it is no well-formed date-time."""
    if not isinstance(value, str):
        return None
    return _moment(value) if len(value) <= _REMEMBERED else moment(value)
