"""Whether the energy that a station reports is that of its meter, and never runs backwards.

Source: 2.0.1 J02.FR.16, E06.FR.11; 1.6 sections 4.7, 6.45, 6.49, errata 3.77.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from conformance.fuzz.transactions import Entries, charges_of, events_of, problem, sendings
from conformance.ocppj.datetimes import parse_datetime
from conformance.ocppj.findings import Finding
from conformance.ocppj.trace import Entry
from conformance.ocppj.versions import Version

REGISTER = "Energy.Active.Import.Register"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of an EVSE's energy register. `at`: Unix seconds; `step`: Wh by which it may be rounded."""

    evse: int
    at: float
    wh: Decimal
    step: Decimal
    entry: Entry

    def __str__(self) -> str:
        return f"{self.wh.normalize():f} Wh"


@dataclass(frozen=True, slots=True)
class Meter:
    """What the operator read off the meters, Wh by EVSE: before the sequence and after it."""

    before: Mapping[int, Decimal]
    after: Mapping[int, Decimal]


def judge(version: Version, entries: Entries, meter: Meter | None = None) -> Iterator[Finding]:
    """Registers that run backwards and, if somebody has read the meters, readings that the meter never showed."""
    by_evse: dict[int, list[Reading]] = {}
    for reading in _READINGS[version.family](entries):
        by_evse.setdefault(reading.evse, []).append(reading)
    requirement = _REQUIREMENT[version.family]
    for readings in by_evse.values():
        readings.sort(key=lambda one: (one.at, one.wh))
        yield from _backwards(readings, requirement)
        if meter is not None:
            yield from _foreign(readings, meter, requirement)


def _backwards(readings: list[Reading], requirement: str) -> Iterator[Finding]:
    for earlier, later in pairwise(readings):
        # A station may count each transaction from zero, though it should not.
        if later.wh + later.step < earlier.wh - earlier.step and later.wh:
            yield problem(
                "oracle.energy",
                "a register that never counts down",
                f"EVSE {later.evse}: {later} after {earlier} (frame {earlier.entry.index})",
                later.entry,
                requirement=requirement,
            )


def _foreign(readings: list[Reading], meter: Meter, requirement: str) -> Iterator[Finding]:
    for one in readings:
        least, most = meter.before.get(one.evse), meter.after.get(one.evse)
        low = least is not None and one.wh < least - one.step
        high = most is not None and one.wh > most + one.step
        if low or high:
            yield problem(
                "oracle.energy",
                "what the meter showed at some time of the sequence",
                f"EVSE {one.evse}: {one}, and the meter went from {least} to {most} Wh",
                one.entry,
                requirement=requirement,
            )


# ---------------------------------------------------------------------- readings


def _readings_2(entries: Entries) -> Iterator[Reading]:
    for transaction in events_of(entries).values():
        for event in transaction.sent:
            yield from _values_2(transaction.evse, event.payload.get("meterValue"), event.entry)
    for sent in sendings(entries, "MeterValues"):
        yield from _values_2(sent.payload.get("evseId"), sent.payload.get("meterValue"), sent.entry)


def _values_2(evse: Any, values: Any, entry: Entry) -> Iterator[Reading]:
    for at, sample in _samples(values):
        unit = sample.get("unitOfMeasure")
        unit = unit if isinstance(unit, Mapping) else {}
        factor = _UNITS.get(str(unit.get("unit", "Wh")))
        power = unit.get("multiplier", 0)
        if factor is None or not isinstance(power, int) or abs(power) > 12:
            continue
        yield from _reading(evse, at, sample.get("value"), factor * Decimal(10) ** power, entry)


def _readings_16(entries: Entries) -> Iterator[Reading]:
    places: dict[Any, Any] = {}
    for charge in charges_of(entries):
        places.update(dict.fromkeys(charge.ids, charge.connector))
        for start in charge.starts:
            yield from _at(
                charge.connector, start.payload.get("timestamp"), start.payload.get("meterStart"), start.entry
            )
        for stop in charge.stops:
            yield from _at(charge.connector, stop.payload.get("timestamp"), stop.payload.get("meterStop"), stop.entry)
            yield from _values_16(charge.connector, stop.payload.get("transactionData"), stop.entry)
    for sent in sendings(entries, "MeterValues"):
        yield from _values_16(sent.payload.get("connectorId"), sent.payload.get("meterValue"), sent.entry)


def _values_16(connector: Any, values: Any, entry: Entry) -> Iterator[Reading]:
    for at, sample in _samples(values):
        factor = _UNITS.get(str(sample.get("unit", "Wh")))
        if factor is not None and sample.get("format", "Raw") == "Raw":
            yield from _reading(connector, at, sample.get("value"), factor, entry)


def _samples(values: Any) -> Iterator[tuple[float, Mapping[str, Any]]]:
    """The samples of the energy register that stand for the whole of a connector, each with its time."""
    for value in values if isinstance(values, list) else ():
        stamp = parse_datetime(str(value.get("timestamp"))) if isinstance(value, Mapping) else None
        if stamp is None:
            continue
        for sample in value.get("sampledValue") or ():
            if not isinstance(sample, Mapping) or sample.get("measurand", REGISTER) != REGISTER:
                continue
            if sample.get("phase") is None and sample.get("location", "Outlet") == "Outlet":
                yield stamp.timestamp(), sample


def _at(evse: Any, stamp: Any, value: Any, entry: Entry) -> Iterator[Reading]:
    moment = parse_datetime(str(stamp))
    if moment is not None:
        yield from _reading(evse, moment.timestamp(), value, Decimal(1), entry)


def _reading(evse: Any, at: float, value: Any, factor: Decimal, entry: Entry) -> Iterator[Reading]:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return
    if number.is_finite() and type(evse) is int and evse > 0:
        places = number.as_tuple().exponent
        step = factor * Decimal(10) ** (places if isinstance(places, int) else 0)
        yield Reading(evse, at, number * factor, max(step, _ROUNDING), entry)


_UNITS = {"Wh": Decimal(1), "kWh": Decimal(1000)}
_ROUNDING = Decimal(1)
"""Wh by which two readings of one moment may differ: 1.6 writes whole ones at start and stop."""
_READINGS: Mapping[str, Callable[[Entries], Iterator[Reading]]] = {"1.6": _readings_16, "2": _readings_2}
_REQUIREMENT = {"1.6": "1.6 errata 3.77", "2": "J02.FR.16"}
