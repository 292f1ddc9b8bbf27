"""Each constraint of the schemas broken once, towards a charging station: in the CALLs and in the answers it gets."""

from __future__ import annotations

from conformance import Campaign, FakeCsms, case, step
from conformance.fuzz.broken import play_answers, play_requests
from conformance.fuzz.wholeness import retry_at_once


@case("OC_FZ_01_CS")
def test_requests_that_break_a_constraint(csms: FakeCsms, fuzz: Campaign) -> None:
    """Every CALL of a CSMS, with each constraint of its schema broken once."""
    step("Send each CALL with one constraint broken", expect="a CALLERROR that names the kind of error")
    play_requests(fuzz)


@case("OC_FZ_02_CS")
def test_answers_that_break_a_constraint(csms: FakeCsms, fuzz: Campaign) -> None:
    """Every CALL that the station can be made to send, answered with each constraint of the response broken once."""
    retry_at_once(csms)

    step("Answer each CALL of the station with one constraint broken", expect="the station goes on")
    play_answers(fuzz)
