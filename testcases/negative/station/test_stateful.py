"""Legal but odd sequences at a charging station: nothing is lost, doubled or invented, and it is idle afterwards."""

from __future__ import annotations

from conformance import Campaign, FakeCsms, case, step
from conformance.fuzz.machines.station import chosen_sequences, station_sequences


@case("OC_ST_01_CS")
def test_random_sequences(csms: FakeCsms, fuzz: Campaign) -> None:
    """Cable, tokens, remote control, resets, availability, settings and network cuts in any order, as drawn."""
    step("Do what may be done, in any order", expect="whole transactions, right statuses and energy, idle at the end")
    fuzz.explore(station_sequences(fuzz.target), share=1.5)


@case("OC_ST_02_CS")
def test_chosen_sequences(csms: FakeCsms, fuzz: Campaign) -> None:
    """Sequences that stations have been seen to lose count in, one by one."""
    step("Play each sequence", expect="whole transactions, right statuses and energy, idle at the end")
    fuzz.rows(chosen_sequences(fuzz.target))
