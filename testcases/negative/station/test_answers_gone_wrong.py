"""Answers of a CSMS that go wrong: a charging station gives up waiting, goes on, and serves the CSMS meanwhile."""

from __future__ import annotations

from conformance import Campaign, FakeCsms, case, step
from conformance.fuzz.answering import crossing, withheld, wrong


@case("OC_FT_04_CS")
def test_both_sides_call_at_once(csms: FakeCsms, fuzz: Campaign) -> None:
    """A CALL of ours is answered while each CALL of the station waits for our answer, and when the two cross."""
    step("Send a CALL while one of the station is not answered", expect="its answer before ours")
    fuzz.rows(crossing(fuzz.target))


@case("OC_FT_08_CS")
def test_answers_withheld(csms: FakeCsms, fuzz: Campaign) -> None:
    """Each CALL that matters is left unanswered: the station goes on, and sends again what it owes."""
    step("Leave one CALL of the station unanswered", expect="the next one, and what it owes once more")
    fuzz.rows(withheld(fuzz.target))


@case("OC_FT_09_CS")
def test_answers_wrong(csms: FakeCsms, fuzz: Campaign) -> None:
    """Each CALL that matters is answered late, under a strange id, as another action, twice, or by a CALLERROR."""
    step("Answer one CALL of the station wrongly", expect="the next one, and what it owes once more")
    fuzz.rows(wrong(fuzz.target))
