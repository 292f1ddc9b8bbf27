"""Faults on the link of a charging station: what it owes is delivered, once and in order, whatever happens to it."""

from __future__ import annotations

from conformance import Campaign, FakeCsms, case, step
from conformance.fuzz.plans import cuts_of_a_station, faulty_sessions
from conformance.fuzz.wholeness import retry_at_once


@case("OC_FT_01_CS")
def test_cuts_during_every_message(csms: FakeCsms, fuzz: Campaign) -> None:
    """The connection ends before, inside and behind our answer to each CALL of a session, and during CALLs of ours."""
    retry_at_once(csms)

    step("End the connection at each place of a charging session", expect="it comes back; every transaction is whole")
    fuzz.rows(cuts_of_a_station(fuzz.target))


@case("OC_FT_02_CS")
def test_random_fault_plans(csms: FakeCsms, fuzz: Campaign) -> None:
    """A session on a link that delays, slices, fragments, doubles, swaps, drops and stalls, as Hypothesis draws it."""
    retry_at_once(csms)

    step("Charge on a link with random faults", expect="every transaction is whole, and the station lives on")
    fuzz.explore(faulty_sessions(fuzz.target))
