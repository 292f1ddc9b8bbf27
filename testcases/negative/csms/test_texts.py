"""Messages whose text is no JSON, or JSON that nobody expects, towards a CSMS."""

from __future__ import annotations

from conformance import Campaign, FakeStation, broken_texts, case, step


@case("OC_FZ_04_CSMS")
def test_texts_that_are_odd(station: FakeStation, fuzz: Campaign) -> None:
    """Truncated, deep, huge, wrongly encoded texts, odd numbers and characters: none is taken wrongly, none kills."""
    step("Send texts that are no JSON, or extreme", expect="what is no JSON is refused, and the CSMS lives on")
    fuzz.rows(broken_texts(fuzz.target))
