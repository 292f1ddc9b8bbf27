"""A charging profile as data, and the limits that its schedule gives over time (1.6 sections 7.8, 7.13, 7.14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from conformance.ocppj.datetimes import parse_datetime

PHASES = 3
"""The number of phases that is meant where none is named (7.12, 7.14)."""

RECURRENCE: Mapping[str, timedelta] = {"Daily": timedelta(days=1), "Weekly": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Limit:
    """What may be drawn: A of each phase or W in all. `phases` is None where no profile names a number.

    `exact`: as some profile has it. What was converted or added up is written with one decimal, rounded this way or
    that.
    """

    value: Decimal
    unit: str
    phases: int | None = None
    exact: bool = True

    def to(self, unit: str, voltage: int) -> Limit:
        """The same limit in `unit`, by 7.12: W = A * `voltage` of the line (in V) * phases."""
        if unit == self.unit:
            return self
        factor = voltage * (self.phases or PHASES)
        value = self.value * factor if unit == "W" else self.value / factor
        return Limit(value, unit, self.phases, exact=False)

    def __str__(self) -> str:
        number = self.value if self.exact else self.value.quantize(Decimal("0.1"))
        text = f"{float(number):g} {self.unit}"
        return text if self.phases in (None, PHASES) else f"{text} on {self.phases} phase{'s' * (self.phases != 1)}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A limit from `begin` up to, and without, `end`."""

    begin: datetime
    end: datetime
    limit: Limit

    def within(self, begin: datetime, end: datetime) -> Iterator[Piece]:
        """The part of this piece between two moments, if there is any."""
        first, last = max(self.begin, begin), min(self.end, end)
        if first < last:
            yield Piece(first, last, self.limit)


@dataclass(frozen=True, slots=True)
class Profile:
    """One charging profile at a connector. `start` is None where its schedule counts from the start of charging."""

    connector: int
    id: int
    purpose: str
    level: int
    start: datetime | None
    periods: tuple[tuple[int, Limit], ...]
    duration: int | None = None
    recurrence: timedelta | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    @classmethod
    def of(cls, connector: int, content: Mapping[str, Any]) -> Profile:
        """A ChargingProfile of the wire. Raises KeyError or ValueError for one that breaks its schema."""
        schedule = content["chargingSchedule"]
        relative = content["chargingProfileKind"] == "Relative"
        recurring = content["chargingProfileKind"] == "Recurring"
        unit = schedule["chargingRateUnit"]
        return cls(
            connector,
            content["chargingProfileId"],
            content["chargingProfilePurpose"],
            content["stackLevel"],
            None if relative else _moment(schedule.get("startSchedule")),
            tuple(
                (period["startPeriod"], Limit(Decimal(str(period["limit"])), unit, period.get("numberPhases")))
                for period in schedule["chargingSchedulePeriod"]
            ),
            schedule.get("duration"),
            RECURRENCE[content["recurrencyKind"]] if recurring else None,
            _moment(content.get("validFrom")),
            _moment(content.get("validTo")),
        )

    @property
    def place(self) -> tuple[int, str, int]:
        """What only one profile of a charge point can have: connector, purpose and stack level (3.13.2)."""
        return self.connector, self.purpose, self.level

    def validity(self, begin: datetime, end: datetime) -> tuple[datetime, datetime]:
        """The part of a time in which the profile is valid; its end does not come after its begin if there is none."""
        first = begin if self.valid_from is None else max(begin, self.valid_from)
        last = end if self.valid_to is None else min(end, self.valid_to)
        return first, last

    def pieces(self, begin: datetime, end: datetime, charging: datetime) -> Iterator[Piece]:
        """What the profile limits between two moments, by time; `charging` is when charging started."""
        first, last = self.validity(begin, end)
        for start, over in self._runs(self.start or charging, first, last):
            offsets = [start + timedelta(seconds=offset) for offset, _ in self.periods]
            for (at, until), (_, limit) in zip(pairwise([*offsets, over]), self.periods, strict=True):
                yield from Piece(at, min(until, over), limit).within(first, last)

    def _runs(self, start: datetime, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """When the schedule starts and is over, each time that this may matter between two moments.

        A recurring one starts at startSchedule and then every day or week; what is longer is not executed (5.16.4).
        """
        length = timedelta(seconds=self.duration) if self.duration is not None else None
        if self.recurrence is None:
            yield start, max(start, end) if length is None else start + length
            return
        length = self.recurrence if length is None else min(length, self.recurrence)
        start += self.recurrence * max(0, (begin - start) // self.recurrence)
        while start < end:
            yield start, start + length
            start += self.recurrence


def _moment(text: Any) -> datetime | None:
    if text is None:
        return None
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(f"{text!r} is no date and time")
    return moment
