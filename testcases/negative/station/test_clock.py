"""A CSMS whose clock is wrong: a charging station lives on, and is right again when it is told the right time."""

from __future__ import annotations

from conformance import Campaign, FakeCsms, case, step
from conformance.fuzz.clocks import times_told


@case("OC_FT_07_CS")
def test_wrong_times(csms: FakeCsms, fuzz: Campaign) -> None:
    """Heartbeat and BootNotification are answered with 1970, 2038, 2106, 9999, and with what is no time at all."""
    step("Tell the station a wrong time, and then the right one", expect="it goes on, and its timestamps are right")
    fuzz.rows(times_told(fuzz.target))
