"""What a case makes of meter values of 1.6."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.cases import metering
from conformance.cases.metering import Metering, moment
from conformance.peers.payload import Fields


def value(timestamp: str, measurand: str = metering.ENERGY, unit: str = "Wh", **fields: Any) -> Fields:
    sample = {"value": "1", "measurand": measurand, "unit": unit, **fields}
    return Fields({"timestamp": timestamp, "sampledValue": [sample]})


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, str]]:
    found: list[tuple[bool, str]] = []

    def check(condition: object, text: str, **about: Any) -> bool:
        found.append((bool(condition), text))
        return bool(condition)

    monkeypatch.setattr(metering, "check", check)
    return found


def judged(configured: str = "", start: str = "2026-01-01T00:00:00.0Z") -> Metering:
    dut = SimpleNamespace(timeouts=SimpleNamespace(tolerance=4))
    csms: Any = SimpleNamespace(lab=SimpleNamespace(dut=dut), configured=lambda key: configured)
    return Metering(csms, SimpleNamespace(timestamp=start))  # type: ignore[arg-type]


def test_moment() -> None:
    assert moment("1970-01-01T00:01:00Z") == 60
    assert math.isnan(moment("soon"))
    assert math.isnan(moment(None))


@pytest.mark.parametrize(
    ("seconds", "right"), [((0, 10, 20), True), ((0, 14, 26), True), ((0, 30, 40), False), ((20, 10, 0), False)]
)
def test_regular(seconds: tuple[int, ...], right: bool, checked: list[tuple[bool, str]]) -> None:
    """A gap, or the wrong order, is noticed; half an interval is left open."""
    judged().regular([value(f"2026-01-01T00:00:{one:02d}Z") for one in seconds], 10)
    assert all(held for held, _ in checked) is right


@pytest.mark.parametrize(
    ("times", "start", "right"),
    [
        (("01.01", "02.00", "02.99"), "00.01", True),
        (("02.00", "03.00", "04.00"), "00.01", False),
        (("01.01", "02.00", "04.01"), "00.01", False),
        (("02", "03", "04"), "00", True),
    ],
)
def test_a_missing_sample_is_noticed_at_any_interval(
    times: tuple[str, ...], start: str, right: bool, checked: list[tuple[bool, str]]
) -> None:
    """A second of leeway is a whole interval here; a clock that tells whole seconds leaves it open."""
    start = f"2026-01-01T00:00:{start}Z"
    judged(start=start).regular([value(f"2026-01-01T00:00:{one}Z") for one in times], 1, since=start)
    assert all(held for held, _ in checked) is right


@pytest.mark.parametrize(("first", "right"), [("20", True), ("40", True), ("60", False)])
def test_aligned_ones_begin_after_the_start(first: str, right: bool, checked: list[tuple[bool, str]]) -> None:
    """The one that comes within a few seconds of the start may be missed, no other."""
    times = [value(f"2026-01-01T00:00:{first}Z" if first < "60" else "2026-01-01T00:01:00Z")]
    judged(start="2026-01-01T00:00:18.5Z").aligned(times, 20)
    assert all(held for held, _ in checked) is right


def test_a_time_that_is_none_is_no_crash(checked: list[tuple[bool, str]]) -> None:
    judged().regular([value("soon"), value("later")], 1)
    judged(start="soon").aligned([value("soon")], 1)
    assert not any(held for held, _ in checked)


def test_regular_since(checked: list[tuple[bool, str]]) -> None:
    judged().regular([value("2026-01-01T00:01:00Z")], 10, since="2026-01-01T00:00:00Z")
    assert not checked[0][0]


@pytest.mark.parametrize(
    ("second", "right"), [("00", True), ("20.9", True), ("39.2", True), ("10", False), ("22", False)]
)
def test_aligned(second: str, right: bool, checked: list[tuple[bool, str]]) -> None:
    judged().aligned([value(f"2026-01-01T00:00:{second}Z")], 20)
    assert checked[-1][0] is right


@pytest.mark.parametrize(
    ("configured", "sample", "right"),
    [
        ("", value("t"), True),
        ("", Fields({"sampledValue": [{"value": "1"}]}), True),
        ("Voltage.L1", value("t", "Voltage", "V"), True),
        ("Voltage.L1-N", value("t", "Voltage", "V"), True),
        ("Voltage", value("t", "Voltage", "A"), False),
        ("Voltage", value("t"), False),
        ("", value("t", unit="W"), False),
        ("Energy.Active.Import.Register,SoC", value("t"), False),
    ],
)
def test_complete(configured: str, sample: Fields, right: bool, checked: list[tuple[bool, str]]) -> None:
    """Every configured measurand, in a unit of it; what is left out has its default."""
    judged(configured).complete([sample], "MeterValuesSampledData")
    assert all(held for held, _ in checked) is right
