"""Composite schedules worked out by hand: the official cases, and what the standard decides one by one."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from conformance.charging.installed import Circumstances, Installed
from conformance.charging.judging import Told, mismatch
from conformance.charging.profiles import Limit

from .drawing import NOW, stamp

NUMBER = iter(range(1000, 10**9))


def profile(purpose: str = "TxDefaultProfile", **changes: Any) -> dict[str, Any]:
    """A profile of `limits` (start: limit) that started 4 s ago; `since` and other times in seconds from NOW."""
    limits = changes.pop("limits", {0: 6})
    schedule: dict[str, Any] = {
        "chargingRateUnit": changes.pop("unit", "A"),
        "chargingSchedulePeriod": [{"startPeriod": start, "limit": limit} for start, limit in limits.items()],
    }
    if "duration" in changes:
        schedule["duration"] = changes.pop("duration")
    kind = changes.pop("kind", "Absolute")
    since = changes.pop("since", -4)
    if kind != "Relative" and since is not None:
        schedule["startSchedule"] = stamp(since)
    times = {name: stamp(changes.pop(name)) for name in ("validFrom", "validTo") if name in changes}
    return {
        "chargingProfileId": changes.pop("id", None) or next(NUMBER),
        "stackLevel": changes.pop("level", 0),
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
        **times,
        **changes,
    }


def told(installed: Installed, connector: int = 1, duration: int = 400, unit: str = "A", **options: Any) -> str:
    return str(installed.composite(connector, NOW, duration, unit, **options))


def having(*kept: tuple[int, dict[str, Any]], charging: datetime | None = None) -> Installed:
    installed = Installed()
    if charging is not None:
        installed.started(1, charging)
    for connector, one in kept:
        installed.install(connector, one)
    return installed


def test_three_purposes_as_in_tc_066() -> None:
    installed = having(
        (0, profile("ChargePointMaxProfile", limits={0: 10}, duration=86400)),
        (1, profile(limits={0: 6, 60: 10, 120: 8, 180: 15, 260: 8}, duration=300, validFrom=-4, validTo=397)),
        (
            1,
            profile(
                "TxProfile",
                limits={0: 8, 50: 11, 140: 16, 200: 6, 240: 12},
                duration=260,
                validFrom=-4,
                validTo=397,
            ),
        ),
        charging=NOW,
    )
    assert told(installed) == "8 A from 0 s, 10 A from 46 s, 6 A from 196 s, 10 A from 236 s"


def test_clearing_as_in_tc_067() -> None:
    first = profile(limits={0: 6, 60: 8, 200: 10}, duration=400, level=1)
    second = profile(limits={0: 7, 100: 9}, duration=400, validFrom=-4, validTo=397)
    third = profile("ChargePointMaxProfile", limits={0: 11, 200: 12}, duration=86400, validFrom=-4, validTo=397)
    installed = having((1, first), (1, second), (0, third))
    assert told(installed, duration=350) == "6 A from 0 s, 8 A from 56 s, 10 A from 196 s"
    assert installed.clear({"id": first["chargingProfileId"], "stackLevel": 7}) == 1
    assert told(installed, duration=350) == "7 A from 0 s, 9 A from 96 s"
    assert installed.clear({"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}) == 0
    assert installed.clear({"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}) == 1
    assert told(installed, duration=350) == "11 A from 0 s, 12 A from 196 s"
    assert installed.clear({}) == 1
    assert told(installed, duration=350) == "no limit from 0 s"
    local = Circumstances(local=Limit(Decimal(32), "A"))
    assert told(installed, duration=350, given=local) == "32 A from 0 s"


def test_stack_levels_as_in_tc_072() -> None:
    installed = having(
        (1, profile(limits={0: 6, 100: 8, 200: 10}, duration=400, validFrom=-4, validTo=397)),
        (1, profile(limits={0: 7, 100: 9}, duration=150, validFrom=-4, validTo=397, level=1)),
    )
    assert told(installed, duration=350) == "7 A from 0 s, 9 A from 96 s, 8 A from 146 s, 10 A from 196 s"


def test_a_tx_profile_overrules_while_it_is_valid_and_goes_with_its_transaction() -> None:
    installed = having(
        (1, profile(limits={0: 6})),
        (1, profile("TxProfile", limits={0: 12}, duration=54, validTo=100)),
        charging=NOW,
    )
    assert told(installed) == "12 A from 0 s, no limit from 50 s, 6 A from 100 s"
    installed.stopped(1)
    assert told(installed) == "6 A from 0 s"


def test_relative_counts_from_the_start_of_charging() -> None:
    relative = profile("TxProfile", kind="Relative", limits={0: 6, 100: 9}, duration=300)
    installed = Installed()
    installed.started(1, NOW - timedelta(seconds=30), relative)
    assert told(installed) == "6 A from 0 s, 9 A from 70 s, no limit from 270 s"
    without_start = profile(limits={0: 6, 100: 9}, since=None)
    assert told(having((1, without_start), charging=NOW - timedelta(seconds=90))) == "6 A from 0 s, 9 A from 10 s"


@pytest.mark.parametrize(("kind", "seconds"), [("Daily", 86400), ("Weekly", 604800)])
def test_recurring_restarts_and_is_cut(kind: str, seconds: int) -> None:
    recurring = profile(
        kind="Recurring",
        recurrencyKind=kind,
        limits={0: 6, 50: 8, seconds - 60: 10, seconds + 20: 20},
        duration=seconds + 100,
        since=100 - 2 * seconds,
    )
    assert told(having((1, recurring))) == "8 A from 0 s, 10 A from 40 s, 6 A from 100 s, 8 A from 150 s"
    recurring["chargingSchedule"]["duration"] = 120
    lower = having((1, {**recurring, "stackLevel": 2}), (1, profile(limits={0: 16})))
    assert told(lower) == "16 A from 0 s, 6 A from 100 s, 8 A from 150 s, 16 A from 220 s"
    assert (
        told(
            having(
                (1, {**recurring, "chargingSchedule": {**recurring["chargingSchedule"], "startSchedule": stamp(500)}})
            )
        )
        == "no limit from 0 s"
    )


def test_default_of_connector_0_is_replaced_level_by_level() -> None:
    installed = having(
        (0, profile(limits={0: 6})),
        (0, profile(limits={0: 16}, level=1, duration=104)),
        (1, profile(limits={0: 9}, duration=204)),
    )
    assert told(installed) == "16 A from 0 s, 9 A from 100 s, no limit from 200 s"
    assert told(installed, connector=2) == "16 A from 0 s, 6 A from 100 s"


def test_same_id_or_same_place_replaces() -> None:
    installed = having((1, profile(limits={0: 6})), (1, profile(limits={0: 9})))
    assert told(installed) == "9 A from 0 s" and len(installed.profiles) == 1
    installed = having((1, profile(limits={0: 6}, id=7, level=3)), (2, profile(limits={0: 9}, id=7)))
    assert told(installed) == "no limit from 0 s"
    installed = having((1, profile(limits={0: 6})), (2, profile(limits={0: 9})))
    assert told(installed) == "6 A from 0 s"
    future = having((1, profile(limits={0: 6})), (1, profile(limits={0: 9}, validFrom=100)))
    assert told(future) == "no limit from 0 s, 9 A from 100 s"


def test_units_are_converted_by_voltage_and_phases() -> None:
    one_phase = profile(unit="W", limits={0: 2300})
    one_phase["chargingSchedule"]["chargingSchedulePeriod"][0]["numberPhases"] = 1
    installed = having((1, one_phase), (0, profile("ChargePointMaxProfile", limits={0: 32, 54: Decimal("8.1")})))
    assert told(installed) == "10 A on 1 phase from 0 s, 8.1 A on 1 phase from 50 s"
    assert told(installed, unit="W") == "2300 W on 1 phase from 0 s"
    assert told(having((1, profile(limits={0: 6}))), unit="W") == "4140 W from 0 s"
    assert told(having((1, profile(limits={0: 6}))), unit="W", given=Circumstances(110)) == "1980 W from 0 s"


def test_connector_0_adds_up_below_the_maximum() -> None:
    installed = having(
        (0, profile("ChargePointMaxProfile", limits={0: 10, 104: 20})),
        (1, profile(limits={0: 6})),
        (2, profile(limits={0: 7}, duration=304)),
    )
    assert told(installed, connector=0, connectors=2) == "10 A from 0 s, 13 A from 100 s, 20 A from 300 s"


def test_duration_0_tells_the_limit_of_the_moment() -> None:
    assert told(having((1, profile(limits={0: 6, 10: 8}))), duration=0) == "6 A from 0 s"


# ------------------------------------------------------------------ what was told

EXPECTED = having((1, profile(limits={0: 6, 50: 8, 100: 10}, duration=204))).composite(1, NOW, 300, "A")
SLACK = timedelta(seconds=2)


def judged(*periods: tuple[int, Any]) -> str:
    return mismatch(EXPECTED, Told(tuple((at, Decimal(str(limit)), None) for at, limit in periods)), SLACK)


@pytest.mark.parametrize(
    "periods",
    [
        [(0, 6), (46, 8), (96, 10), (200, 32)],
        [(0, 6), (20, 6), (46, 8), (96, 10), (150, 10), (200, 16), (250, 32)],
        [(0, 6), (48, 8), (94, 10), (202, 32)],
        [(0, 6.0), (46, "8.0"), (96, 10), (200, 10)],
    ],
)
def test_right_schedules(periods: list[tuple[int, Any]]) -> None:
    assert judged(*periods) == ""


@pytest.mark.parametrize(
    ("periods", "words"),
    [
        ([(0, 6), (49, 8), (96, 10), (200, 32)], "6 from 48 to 49 s instead of 8 A"),
        ([(0, 6), (43, 8), (96, 10), (200, 32)], "8 from 43 to 44 s instead of 6 A"),
        ([(0, 6), (96, 10), (200, 32)], "6 from 48 to 94 s instead of 8 A"),
        ([(0, 6), (46, "8.1"), (96, 10), (200, 32)], "8.1 from 46 to 48 s"),
        ([(0, 6), (46, 8), (96, 10)], ""),
        ([(0, 6), (46, 8), (96, 10), (200, 6)], "6 from 200 to 202 s instead of a limit of its own"),
        ([(0, 10)], "10 from 0 to 2 s instead of 6 A"),
    ],
)
def test_wrong_schedules(periods: list[tuple[int, Any]], words: str) -> None:
    found = judged(*periods)
    assert found.startswith(words) if words else found == ""


def test_phases_and_rounding() -> None:
    one_phase = profile(unit="W", limits={0: 4000})
    one_phase["chargingSchedule"]["chargingSchedulePeriod"][0]["numberPhases"] = 1
    expected = having((1, one_phase)).composite(1, NOW, 60, "A")
    for limit, phases, right in (
        ("17.3", 1, True),
        ("17.4", 1, True),
        ("17.3", 3, False),
        ("17.3", None, False),
        ("17.6", 1, False),
    ):
        found = mismatch(expected, Told(((0, Decimal(limit), phases),)), SLACK)
        assert (found == "") is right, (limit, phases, found)
