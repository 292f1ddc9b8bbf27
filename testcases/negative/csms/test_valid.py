"""Valid CALLs with values that matter, towards a CSMS: limits, writing systems, calendars, odd numbers."""

from __future__ import annotations

from conformance import Campaign, FakeStation, case, step
from conformance.fuzz.valid import play_specimens, valid_messages


@case("OC_FZ_07_CSMS")
def test_valid_messages(station: FakeStation, fuzz: Campaign) -> None:
    """Every CALL of a charging station is served, or refused as unsupported, whatever its legal values are."""
    step(
        "Send each CALL with its values at their limits, in every script and on odd days",
        expect="a CALLRESULT, or a CALLERROR NotSupported or NotImplemented",
    )
    play_specimens(fuzz)

    step("Send random valid CALLs", expect="a CALLRESULT, or a CALLERROR NotSupported or NotImplemented")
    fuzz.explore(valid_messages(fuzz.target))
