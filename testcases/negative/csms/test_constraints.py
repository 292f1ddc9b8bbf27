"""Each constraint of the schemas broken once, towards a CSMS: in the CALLs and in the answers it gets."""

from __future__ import annotations

from conformance import Campaign, FakeStation, case, step
from conformance.fuzz.broken import play_answers, play_requests


@case("OC_FZ_01_CSMS")
def test_requests_that_break_a_constraint(station: FakeStation, fuzz: Campaign) -> None:
    """Every CALL of a charging station, with each constraint of its schema broken once."""
    step("Send each CALL with one constraint broken", expect="a CALLERROR that names the kind of error")
    play_requests(fuzz)


@case("OC_FZ_02_CSMS")
def test_answers_that_break_a_constraint(station: FakeStation, fuzz: Campaign) -> None:
    """Every CALL that the CSMS can be told to send, answered with each constraint of the response broken once."""
    step("Answer each CALL of the CSMS with one constraint broken", expect="the CSMS goes on")
    play_answers(fuzz)
