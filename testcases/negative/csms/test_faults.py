"""Faults on the link of a CSMS: it serves a station that comes back, and counts nothing twice."""

from __future__ import annotations

from conformance import Campaign, FakeStation, case, step
from conformance.fuzz.plans import cuts_of_a_csms, faulty_sessions


@case("OC_FT_01_CSMS")
def test_cuts_during_every_message(station: FakeStation, fuzz: Campaign) -> None:
    """Our connection ends before, inside and behind each CALL of a session; we come back and send it again."""
    step("End our connection at each place of a charging session", expect="the repeated CALL is answered as ever")
    fuzz.rows(cuts_of_a_csms(fuzz.target))


@case("OC_FT_02_CSMS")
def test_random_fault_plans(station: FakeStation, fuzz: Campaign) -> None:
    """A session on a link that delays, slices, fragments, doubles, swaps, drops and stalls, as Hypothesis draws it."""
    step("Have our station charge on a link with random faults", expect="every CALL that arrives is answered")
    fuzz.explore(faulty_sessions(fuzz.target))
