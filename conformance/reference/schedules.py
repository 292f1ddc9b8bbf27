"""What the schedule of a charging profile says of one moment, and when that changes.

Profiles are payloads of 1.6; those of 2.x with one schedule are read by `single`. Moments are whole microseconds since
1970, which no calendar bounds; `anchor` is when charging started, from which a relative schedule counts.
Source: 1.6 sections 7.8, 7.13, 7.14, 5.16.4; 2.0.1 part 2, K01.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from conformance.reference.clock import parse_time
from conformance.reference.hardware import PHASES, VOLTS
from conformance.reference.wire import Payload

SECOND = 1_000_000
MOST = Decimal(10**9)
"""More than any grid gives: what is higher is no other limit."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CYCLES = {"Daily": 86400 * SECOND, "Weekly": 604800 * SECOND}
Found = tuple[Decimal, int | None]
"""A limit in the unit of whoever asked, and the number of phases if the period names one."""


def moment(text: str | None) -> int | None:
    """A date and time of the wire; None for none."""
    time = parse_time(text) if text is not None else None
    return None if time is None else of_time(time)


def of_time(time: datetime) -> int:
    """A date and time as a moment."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def single(profile: Payload) -> Payload:
    """A profile of 2.x that has one schedule, as 1.6 writes it."""
    return {**profile, "chargingSchedule": profile["chargingSchedule"][0]}


def valid(profile: Payload, at: int) -> bool:
    """Whether the profile is valid: from validFrom on, until validTo."""
    begin, end = moment(profile.get("validFrom")), moment(profile.get("validTo"))
    return (begin is None or begin <= at) and (end is None or at < end)


def _start(profile: Payload, anchor: int) -> int:
    """When the schedule starts, or started first if it recurs."""
    given = moment(profile["chargingSchedule"].get("startSchedule"))
    return anchor if given is None or profile["chargingProfileKind"] == "Relative" else given


def _cycle(profile: Payload) -> int:
    return _CYCLES[profile["recurrencyKind"]] if profile["chargingProfileKind"] == "Recurring" else 0


def limit(profile: Payload, at: int, anchor: int, unit: str) -> Found | None:
    """What a profile allows at a moment, None if it says nothing then."""
    schedule, cycle = profile["chargingSchedule"], _cycle(profile)
    elapsed = at - _start(profile, anchor)
    if elapsed < 0 or not valid(profile, at):
        return None
    if cycle:
        elapsed %= cycle
    if "duration" in schedule and elapsed >= schedule["duration"] * SECOND:
        return None
    begun = [one for one in schedule["chargingSchedulePeriod"] if one["startPeriod"] * SECOND <= elapsed]
    phases = begun[-1].get("numberPhases")
    return convert(Decimal(begun[-1]["limit"]), schedule["chargingRateUnit"], unit, phases), phases


def convert(value: Decimal, unit: str, wanted: str, phases: int | None) -> Decimal:
    """A limit in another unit (7.12)."""
    value = min(value, MOST)
    if unit == wanted:
        return value
    factor = VOLTS * (phases or PHASES)
    return value * factor if wanted == "W" else value / factor


def written(value: Decimal) -> Decimal:
    """A limit as it goes on the wire: with one decimal, and never above what it is (7.14)."""
    return value.quantize(Decimal("0.1"), ROUND_DOWN)


def changes(profile: Payload, begin: int, end: int, anchor: int) -> Iterator[int]:
    """Every moment after `begin` and before `end` at which what the profile allows may change."""
    schedule, cycle, start = profile["chargingSchedule"], _cycle(profile), _start(profile, anchor)
    marks = [one["startPeriod"] * SECOND for one in schedule["chargingSchedulePeriod"]]
    if "duration" in schedule:
        marks.append(schedule["duration"] * SECOND)
    rounds = range(1)
    if cycle:
        rounds = range(max(0, (begin - start) // cycle), max(0, (end - start) // cycle) + 1)
        marks = [mark for mark in marks if mark < cycle]
    found = [start + number * cycle + mark for number in rounds for mark in marks]
    found += [one for name in ("validFrom", "validTo") if (one := moment(profile.get(name))) is not None]
    yield from (one for one in found if begin < one < end)
