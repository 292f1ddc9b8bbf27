"""Messages whose envelope is wrong, towards a charging station: types, ids, actions, elements, answers to nobody."""

from __future__ import annotations

from conformance import Campaign, FakeCsms, broken_envelopes, case, play_wrong_answers, step


@case("OC_FZ_03_CS")
def test_envelopes_that_are_wrong(csms: FakeCsms, fuzz: Campaign) -> None:
    """CALLs and answers whose envelope is wrong in one way, and wrong answers to the charging station's own CALL."""
    step(
        "Send messages whose envelope is wrong in one way",
        expect="the CALLERROR or the silence that the standard names",
    )
    fuzz.rows(broken_envelopes(fuzz.target))

    step(
        "Answer a CALL of the charging station wrongly, twice or late",
        expect="the charging station goes on, and answers no answer",
    )
    play_wrong_answers(fuzz)
