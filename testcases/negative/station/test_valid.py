"""Valid CALLs with values that matter, towards a charging station: limits, writing systems, calendars, odd numbers."""

from __future__ import annotations

from conformance import Campaign, FakeCsms, case, step
from conformance.fuzz.valid import about_the_transaction, play_specimens, valid_messages


@case("OC_FZ_07_CS")
def test_valid_messages(csms: FakeCsms, fuzz: Campaign) -> None:
    """Every CALL of a CSMS is served, or refused as unsupported, whatever its legal values are."""
    step(
        "Send each CALL with its values at their limits, in every script and on odd days",
        expect="a CALLRESULT, or a CALLERROR NotSupported or NotImplemented",
    )
    play_specimens(fuzz)

    step("Send random valid CALLs", expect="a CALLRESULT, or a CALLERROR NotSupported or NotImplemented")
    fuzz.explore(valid_messages(fuzz.target))

    step("Send CALLs about a running transaction", expect="a CALLRESULT; the transaction goes on")
    fuzz.rows(about_the_transaction(fuzz.target))
