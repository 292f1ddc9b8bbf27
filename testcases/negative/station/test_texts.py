"""Messages whose text is no JSON, or JSON that nobody expects, towards a charging station."""

from __future__ import annotations

from conformance import Campaign, FakeCsms, broken_texts, case, step


@case("OC_FZ_04_CS")
def test_texts_that_are_odd(csms: FakeCsms, fuzz: Campaign) -> None:
    """Truncated, deep, huge, wrongly encoded texts, odd numbers and characters: none is taken wrongly, none kills."""
    step(
        "Send texts that are no JSON, or extreme",
        expect="what is no JSON is refused, and the charging station lives on",
    )
    fuzz.rows(broken_texts(fuzz.target))
