"""Limits of several profiles made into one: precedence of stack levels and purposes, the lowest of them, the sum.

A course is a list of pieces, by time and without overlaps; where it has none, nothing is limited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from conformance.charging.profiles import Limit, Piece, Profile

Course = list[Piece]
Join = Callable[[Limit, Limit], Limit]


def overlaid(courses: Iterable[Course]) -> Course:
    """Of several courses, at each moment the first that limits anything."""
    result: Course = []
    for course in courses:
        result = _by_time(result, (part for piece in course for part in _outside(piece, _spans(result))))
    return result


def joined(first: Course, second: Course, join: Join) -> Course:
    """The join of two courses where both limit, the one that does where the other does not."""
    apart = [part for piece in first for part in _outside(piece, _spans(second))]
    apart += [part for piece in second for part in _outside(piece, _spans(first))]
    return _by_time(shared(first, second, join), apart)


def shared(first: Course, second: Course, join: Join) -> Course:
    """The join of two courses where both limit."""
    pairs = ((one, other, part) for one in first for other in second for part in one.within(other.begin, other.end))
    return _by_time([Piece(part.begin, part.end, join(one.limit, other.limit)) for one, other, part in pairs], ())


def of_transaction(profiles: Iterable[Profile], connector: int, begin: datetime, end: datetime, at: datetime) -> Course:
    """What TxProfiles, and where there is none TxDefaultProfiles, limit at a connector; `at`: when charging started.

    A TxProfile that is valid overrules all TxDefaultProfiles, also where its own schedule limits nothing (3.13.1).
    """
    profiles = list(profiles)
    own = [one for one in profiles if one.purpose == "TxProfile" and one.connector == connector]
    course = stacked(own, begin, end, at)
    valid = [(first, last) for first, last in (one.validity(begin, end) for one in own) if first < last]
    default = stacked(defaults(profiles, connector), begin, end, at)
    return _by_time(course, (part for piece in default for part in _outside(piece, valid)))


def defaults(profiles: Iterable[Profile], connector: int) -> list[Profile]:
    """The TxDefaultProfiles of a connector: its own, and those of connector 0 that it has not replaced (3.13.1)."""
    known = [one for one in profiles if one.purpose == "TxDefaultProfile" and one.connector in (0, connector)]
    own = {one.level for one in known if one.connector == connector}
    return [one for one in known if one.connector == connector or one.level not in own]


def stacked(profiles: Iterable[Profile], begin: datetime, end: datetime, at: datetime) -> Course:
    """What profiles of one purpose limit: at each moment the one with the highest stack level that limits anything."""
    by_level = sorted(profiles, key=lambda one: one.level, reverse=True)
    return overlaid(list(one.pieces(begin, end, at)) for one in by_level)


def lowest(one: Limit, other: Limit) -> Limit:
    """The lower of two limits in the same unit, with the lower number of phases of those that are named."""
    low = min((one, other), key=lambda limit: (limit.value, not limit.exact))
    named = [limit.phases for limit in (one, other) if limit.phases is not None]
    return Limit(low.value, low.unit, min(named, default=None), low.exact)


def added(one: Limit, other: Limit) -> Limit:
    """Two limits in the same unit together."""
    named = [limit.phases for limit in (one, other) if limit.phases is not None]
    return Limit(one.value + other.value, one.unit, max(named, default=None), one.exact and other.exact)


def converted(course: Course, unit: str, voltage: int) -> Course:
    """A course with every limit in `unit`."""
    return [Piece(one.begin, one.end, one.limit.to(unit, voltage)) for one in course]


def _spans(course: Course) -> list[tuple[datetime, datetime]]:
    return [(one.begin, one.end) for one in course]


def _outside(piece: Piece, spans: Iterable[tuple[datetime, datetime]]) -> Iterator[Piece]:
    """What is left of a piece when some times are taken out."""
    at = piece.begin
    for begin, end in sorted(spans):
        yield from piece.within(at, begin)
        at = max(at, end)
    yield from piece.within(at, piece.end)


def _by_time(first: Iterable[Piece], second: Iterable[Piece]) -> Course:
    return sorted((*first, *second), key=lambda piece: piece.begin)


@dataclass(frozen=True, slots=True)
class Composite:
    """The limits of a connector, or of the whole charge point, over a time: what GetCompositeSchedule asks for."""

    begin: datetime
    end: datetime
    course: tuple[Piece, ...]

    def at(self, moment: datetime) -> Limit | None:
        """The limit at a moment, None where nothing limits."""
        return next((one.limit for one in self.course if one.begin <= moment < one.end), None)

    def around(self, moment: datetime, slack: timedelta) -> set[Limit | None]:
        """Every limit that holds at some time not further than `slack` from a moment within the schedule."""
        first, last = max(self.begin, moment - slack), min(self.end, moment + slack)
        borders = [border for piece in self.course for border in (piece.begin, piece.end) if first < border <= last]
        return {self.at(one) for one in (first, *borders) if one < self.end}

    def borders(self) -> list[datetime]:
        """The moments at which the limit changes, the begin first."""
        inside = {border for piece in self.course for border in (piece.begin, piece.end)}
        moments = sorted({self.begin, *(one for one in inside if self.begin < one < self.end)})
        limits = [self.at(one) for one in moments]
        return [one for index, one in enumerate(moments) if index == 0 or limits[index] != limits[index - 1]]

    def __str__(self) -> str:
        parts = []
        for moment in self.borders():
            limit = self.at(moment)
            seconds = round((moment - self.begin).total_seconds())
            parts.append(f"{limit if limit is not None else 'no limit'} from {seconds} s")
        return ", ".join(parts)
