"""The opening handshake, a charging station under test: wrong answers, refusals, redirects, and the way back."""

from __future__ import annotations

from conformance import Campaign, FakeCsms, case, step
from conformance.fuzz.handshake_answers import station_examples


@case("OC_FZ_06_CS")
def test_answers_to_the_opening_handshake(csms: FakeCsms, fuzz: Campaign) -> None:
    """No connection that RFC 6455 forbids is used, and after any answer the station tries again, ever more slowly."""
    step(
        "Answer the station's connection attempts wrongly, or not at all",
        expect="it gives up what is no connection, comes back, and tells its password to nobody else",
    )
    fuzz.rows(station_examples(fuzz.target))
