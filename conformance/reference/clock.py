"""The station's clock: UTC, monotonic between adjustments, and following the time that the CSMS tells."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

TOLERANCE = 1.0
"""Seconds of difference from the CSMS that are left alone, so that timestamps do not run backwards over a few ms."""

LAST_YEAR = 9999
"""A time of day in this year is not followed: the clock could not go on from there."""

_RFC3339 = re.compile(r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")


def parse_time(text: str) -> datetime | None:
    """An RFC 3339 date-time with offset as an aware datetime; None when the text is none."""
    if not isinstance(text, str) or not _RFC3339.match(text):
        return None
    head, fraction, tail = re.match(r"^(.{19})(\.\d+)?(.+)$", text).groups()  # type: ignore[union-attr]  # matched above
    try:
        return datetime.fromisoformat(head + (fraction or "")[:7] + tail.upper().replace("Z", "+00:00"))
    except ValueError:
        return None


def format_time(moment: datetime) -> str:
    """UTC with Z and milliseconds, as every timestamp of the reference devices is written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class Clock:
    """Wall clock of one station."""

    def __init__(self) -> None:
        self.last_year = LAST_YEAR
        self._epoch = datetime.now(UTC)
        self._zero = time.monotonic()

    def now(self) -> datetime:
        """The station's idea of the current time, UTC."""
        return self._epoch + timedelta(seconds=time.monotonic() - self._zero)

    def stamp(self) -> str:
        """`now()` as it goes on the wire."""
        return format_time(self.now())

    def follow(self, current_time: object) -> float:
        """Set the clock to the `currentTime` of the CSMS if it is off by more than TOLERANCE; return the jump in s."""
        told = parse_time(current_time) if isinstance(current_time, str) else None
        if told is None or told.year >= self.last_year:
            return 0.0
        jump = (told - self.now()).total_seconds()
        if abs(jump) <= TOLERANCE:
            return 0.0
        self._epoch = told
        self._zero = time.monotonic()
        return jump
