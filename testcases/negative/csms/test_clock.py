"""A charging station whose clock is wrong: a CSMS answers it, and counts its session as one."""

from __future__ import annotations

from conformance import Campaign, FakeStation, case, step
from conformance.fuzz.clocks import timestamps_told


@case("OC_FT_07_CSMS")
def test_wrong_timestamps(station: FakeStation, fuzz: Campaign) -> None:
    """Messages of a session come with times of 1970, 2106, 9999, 30 February and year 222222017, and a leap second."""
    step("Send one message of a session with an odd time", expect="an answer; the session is over when it is stopped")
    fuzz.rows(timestamps_told(fuzz.target))
