"""Percentiles, the device's clock against ours, and what stations say of themselves."""

from __future__ import annotations

import pytest

from conformance.report.observed import stations
from conformance.report.record import CaseRecord, FrameRecord
from conformance.report.timing import answer_times, clock_offsets, percentile

STARTED = "2026-03-02T09:00:00+00:00"


def case(role: str, frames: list[FrameRecord]) -> CaseRecord:
    return CaseRecord("TC_1", "A case", "2.0.1", role, "B", "PASS", frames=frames, device="box")


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (90, 9), (95, 10), (99, 10), (1, 1), (100, 10)])
def test_percentiles_are_values_that_were_measured(percent: int, value: int) -> None:
    assert percentile(list(range(1, 11)), percent) == value
    assert percentile([7.0], percent) == 7.0


def test_the_devices_answers_are_timed_and_nobody_elses() -> None:
    frames = [
        FrameRecord(0, 1.0, "CSMS", 2, "Reset", "a", "[2]"),
        FrameRecord(1, 1.25, "CS", 3, "Reset", "a", "[3]", answers=0),
        FrameRecord(2, 2.0, "CS", 2, "Heartbeat", "b", "[2]"),
        FrameRecord(3, 2.5, "CSMS", 3, "Heartbeat", "b", "[3]", answers=2),
        FrameRecord(4, 3.0, "CSMS", 2, "Reset", "c", "[2]"),
        FrameRecord(5, 4.0, "CS", 4, "Reset", "c", "[4]", answers=4),
    ]
    (reset,) = answer_times([case("CS", frames)])
    assert (reset.action, reset.times) == ("Reset", (0.25, 1.0)) and reset.at(50) == 0.25
    assert reset.to_json()["p99"] == reset.to_json()["max"] == 1.0
    (heartbeat,) = answer_times([case("CSMS", frames)])
    assert (heartbeat.action, heartbeat.times) == ("Heartbeat", (0.5,))


def test_a_stations_clock_is_read_from_what_it_sends_at_once() -> None:
    def status(index: int, at: float, time: str) -> FrameRecord:
        text = f'[2,"a","StatusNotification",{{"timestamp":"{time}","connectorStatus":"Available"}}]'
        return FrameRecord(index, at, "CS", 2, "StatusNotification", "a", text)

    frames = [
        status(0, 10.0, "2026-03-02T09:00:12Z"),
        status(1, 20.0, "2026-03-02T10:00:22.500+01:00"),
        status(2, 30.0, "2026-03-02T09:10:30Z"),
        status(3, 40.0, "no time at all"),
        FrameRecord(4, 50.0, "CS", 2, "TransactionEvent", "a", '[2,"a","T",{"timestamp":"2020-01-01T00:00:00Z"}]'),
    ]
    (found,) = clock_offsets([case("CS", frames)], STARTED)
    assert (found.samples, found.lowest, found.median, found.highest) == (3, 2.0, 2.5, 600.0)
    assert clock_offsets([case("CS", frames)], "not a time") == []


def test_a_csms_clock_is_read_from_its_answers() -> None:
    text = '[3,"a",{"currentTime":"2026-03-02T08:59:59Z"}]'
    frames = [FrameRecord(0, 1.0, "CSMS", 3, "Heartbeat", "a", text)]
    (found,) = clock_offsets([case("CSMS", frames)], STARTED)
    assert found.median == -2.0


def test_a_station_is_known_by_what_it_says_when_it_boots() -> None:
    def boot(index: int, payload: str) -> FrameRecord:
        return FrameRecord(index, 1.0, "CS", 2, "BootNotification", "a", f'[2,"a","BootNotification",{payload}]')

    new = '{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V","firmwareVersion":"%s"}}'
    old = '{"chargePointModel":"M","chargePointVendor":"V","firmwareVersion":"2","chargePointSerialNumber":"S"}'
    odd = ['{"chargingStation":7}', "[]", '"', '{"chargingStation":{"model":5}}']
    frames = [
        boot(0, new % "1"),
        boot(1, new % "2"),
        boot(2, new % "2"),
        *(boot(3 + n, one) for n, one in enumerate(odd)),
    ]
    assert stations([case("CS", frames)]) == [
        {"device": "box", "version": "2.0.1", "vendor": "V", "model": "M", "firmware": "1 → 2"}
    ]
    assert stations([case("CS", [boot(0, old)])])[0]["serial"] == "S"
    assert stations([case("CSMS", frames)]) == []
