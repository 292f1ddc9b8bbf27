"""Charging profiles drawn by Hypothesis: around one moment, with borders on whole seconds that often coincide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

NOW = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
"""When schedules are asked for."""
WINDOW = 120
DAY = 86400

_NEAR = st.integers(-30, WINDOW + 30)
_LIMITS = st.one_of(st.integers(0, 32), st.sampled_from(["0.3", "6.0", "8.1", "10.5", "16.7"]).map(Decimal))


def stamp(seconds: int) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


@st.composite
def _schedules(draw: Any, kind: str, recurrence: int) -> dict[str, Any]:
    unit = draw(st.sampled_from(["A", "A", "A", "W"]))
    starts = sorted(draw(st.sets(st.integers(1, WINDOW), max_size=4)))
    if recurrence:
        # Also such as lie near the end of the day or week, or beyond it.
        starts = sorted({*starts, *draw(st.sets(st.integers(recurrence - 60, recurrence + 30), max_size=2))})
    periods = []
    for start in (0, *starts):
        limit = draw(_LIMITS)
        periods.append({"startPeriod": start, "limit": limit if unit == "A" else limit * 690})
        if draw(st.booleans()):
            periods[-1]["numberPhases"] = draw(st.integers(1, 3))
    schedule: dict[str, Any] = {"chargingRateUnit": unit, "chargingSchedulePeriod": periods}
    if draw(st.booleans()):
        far = [recurrence - 20, recurrence, recurrence + 20] if recurrence else [WINDOW]
        schedule["duration"] = draw(st.one_of(st.integers(1, 2 * WINDOW), st.sampled_from(far)))
    if kind == "Recurring" or (kind == "Absolute" and draw(st.integers(0, 9))):
        times = draw(st.sampled_from([0, 0, 1, 3])) if recurrence else 0
        schedule["startSchedule"] = stamp(draw(_NEAR) - times * recurrence)
    return schedule


@st.composite
def profiles(draw: Any, number: int, kinds: tuple[str, ...] = ("Absolute", "Recurring", "Relative")) -> Any:
    """A profile with the connector where it is installed."""
    purpose = draw(st.sampled_from(["ChargePointMaxProfile", "TxDefaultProfile", "TxDefaultProfile", "TxProfile"]))
    connector = {"ChargePointMaxProfile": st.just(0), "TxDefaultProfile": st.integers(0, 2)}.get(
        purpose, st.integers(1, 2)
    )
    kind = draw(st.sampled_from(kinds))
    profile: dict[str, Any] = {
        "chargingProfileId": draw(st.sampled_from([number, number, number, 1])),
        "stackLevel": draw(st.integers(0, 3)),
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
    }
    recurrence = 0
    if kind == "Recurring":
        profile["recurrencyKind"] = draw(st.sampled_from(["Daily", "Weekly"]))
        recurrence = {"Daily": DAY, "Weekly": 7 * DAY}[profile["recurrencyKind"]]
    if draw(st.integers(0, 2)) == 0:
        profile["validFrom"] = stamp(draw(_NEAR))
    if draw(st.integers(0, 2)) == 0:
        profile["validTo"] = stamp(draw(_NEAR))
    profile["chargingSchedule"] = draw(_schedules(kind, recurrence))
    return draw(connector), profile


@st.composite
def collections(draw: Any, **options: Any) -> list[tuple[int, dict[str, Any]]]:
    """Up to seven profiles, in the order of their installation."""
    count = draw(st.integers(1, 7))
    return [draw(profiles(number, **options)) for number in range(1, count + 1)]


RUNNING = st.dictionaries(st.integers(1, 2), st.integers(-200, 0), max_size=2)
"""Connectors where a transaction runs, and when charging started there, in seconds from NOW."""
