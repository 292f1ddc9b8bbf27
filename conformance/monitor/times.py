"""Points in time, as rules compare them."""

from __future__ import annotations

from functools import lru_cache

from conformance.ocppj.datetimes import parse_datetime


@lru_cache(maxsize=256)
def moment(text: str) -> float | None:
    """Unix seconds of a well-formed date-time; None for anything else."""
    parsed = parse_datetime(text)
    return None if parsed is None else parsed.timestamp()


def moment_of(value: object) -> float | None:
    """Unix seconds of a value of a payload; None if it is no well-formed date-time."""
    return moment(value) if isinstance(value, str) else None
