"""CALLs with random changes, towards a CSMS: what comes out is refused as it deserves, and never kills."""

from __future__ import annotations

from conformance import Campaign, FakeStation, case, step


@case("OC_FZ_08_CSMS")
def test_calls_with_random_changes(station: FakeStation, fuzz: Campaign) -> None:
    """Legal CALLs with one to three random changes of their payload, envelope, text or bytes."""
    from conformance.fuzz.mutate import mutated_calls

    step("Send CALLs with random changes", expect="each is answered as what it has become")
    fuzz.explore(mutated_calls(fuzz.target))
