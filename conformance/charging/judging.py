"""The schedule that a charge point told, held against the one that was computed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from conformance.charging.composite import Composite
from conformance.charging.profiles import PHASES, Limit

ROUNDED = Decimal("0.1")
"""How far a converted limit may be off: it is told with one decimal (7.14), rounded this way or that."""


@dataclass(frozen=True, slots=True)
class Told:
    """The periods of an answer: seconds from scheduleStart, the limit, and the number of phases if it is told."""

    periods: tuple[tuple[int, Decimal, int | None], ...]

    def at(self, seconds: float) -> tuple[Decimal, int | None]:
        """Limit and phases at that time after scheduleStart; the first period's before it begins."""
        begun = [one for one in self.periods if one[0] <= seconds] or list(self.periods[:1])
        return begun[-1][1:]

    def __str__(self) -> str:
        return ", ".join(f"{float(limit):g} from {start} s" for start, limit, _ in self.periods)


def mismatch(expected: Composite, told: Told, slack: timedelta) -> str:
    """The first moment, in words, at which what was told is not what was computed; "" if there is none.

    A limit may come or go up to `slack` too early or too late: both sides write whole seconds. Periods may be split or
    joined: what counts is the limit at each moment, not the list. Where nothing limits, a charge point tells a limit
    of its own, which is not lower than what it told where a profile limits.
    """
    length = (expected.end - expected.begin).total_seconds()
    moments = {0.0, length, *(float(start) for start, _, _ in told.periods)}
    for border in expected.borders():
        at = (border - expected.begin).total_seconds()
        moments |= {at - slack.total_seconds(), at, at + slack.total_seconds()}
    inside = sorted(one for one in moments if 0 <= one <= length)
    for begin, end in pairwise(inside):
        middle = (begin + end) / 2
        allowed = expected.around(_moment(expected, middle), slack)
        if not any(_same(expected, one, *told.at(middle)) for one in allowed):
            wanted = expected.at(_moment(expected, middle))
            limit, phases = told.at(middle)
            text = f"{float(limit):g}" if phases is None else f"{float(limit):g} on {phases} phases"
            between = f"from {round(begin)} to {round(end)} s"
            return f"{text} {between} instead of {wanted if wanted is not None else 'a limit of its own'}"
    return ""


def _moment(expected: Composite, seconds: float) -> datetime:
    return expected.begin + timedelta(seconds=seconds)


def _same(expected: Composite, limit: Limit | None, value: Decimal, phases: int | None) -> bool:
    if limit is None:
        return value > 0 and all(value >= piece.limit.value for piece in expected.course if piece.limit.exact)
    if limit.phases is not None and limit.phases != (phases or PHASES):
        return False
    return value == limit.value if limit.exact else abs(value - limit.value) <= ROUNDED
