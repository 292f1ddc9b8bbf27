"""Answers of a charging station that go wrong: a CSMS gives up waiting, takes the next command, serves the station."""

from __future__ import annotations

from conformance import Campaign, FakeStation, Operator, case, step
from conformance.fuzz.answering import answers_to_a_csms, crossing


@case("OC_FT_04_CSMS")
def test_both_sides_call_at_once(station: FakeStation, operator: Operator, fuzz: Campaign) -> None:
    """A CALL of ours is answered while each CALL of the CSMS waits for our answer, and when the two cross."""
    step("Send a CALL while one of the CSMS is not answered", expect="its answer before ours")
    fuzz.rows(crossing(fuzz.target))


@case("OC_FT_08_CSMS")
def test_answers_withheld_and_wrong(station: FakeStation, operator: Operator, fuzz: Campaign) -> None:
    """CALLs of the CSMS are not answered, or late, under a strange id, as another action, twice, or by a CALLERROR."""
    step("Have the CSMS send a CALL, and answer it wrongly", expect="it serves us, and sends what it is told to next")
    fuzz.rows(answers_to_a_csms(fuzz.target))
