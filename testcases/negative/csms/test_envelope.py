"""Messages whose envelope is wrong, towards a CSMS: types, ids, actions, elements, answers to nobody."""

from __future__ import annotations

from conformance import Campaign, FakeStation, broken_envelopes, case, play_wrong_answers, step


@case("OC_FZ_03_CSMS")
def test_envelopes_that_are_wrong(station: FakeStation, fuzz: Campaign) -> None:
    """CALLs and answers whose envelope is wrong in one way, and wrong answers to the CSMS's own CALL."""
    step(
        "Send messages whose envelope is wrong in one way",
        expect="the CALLERROR or the silence that the standard names",
    )
    fuzz.rows(broken_envelopes(fuzz.target))

    step("Answer a CALL of the CSMS wrongly, twice or late", expect="the CSMS goes on, and answers no answer")
    play_wrong_answers(fuzz)
