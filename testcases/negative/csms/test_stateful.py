"""Legal but odd sequences of two charging stations at a CSMS: nothing that belongs to one of them reaches the other."""

from __future__ import annotations

from conformance import Campaign, Dut, FakeStation, NotApplicable, case, step
from conformance.fuzz.machines.csms import chosen_csms_sequences, csms_sequences


def two_stations(dut: Dut) -> None:
    """Whether the CSMS knows two stations of ours; without, the case is NOT APPLICABLE."""
    if not dut.address.second_identity:
        raise NotApplicable("connection.second_identity is not given: the CSMS knows no second station")


@case("OC_ST_01_CSMS")
def test_random_sequences(station: FakeStation, dut: Dut, fuzz: Campaign) -> None:
    """Two stations boot, charge, come and go, offline and online, and are sent commands, in any order, as drawn."""
    two_stations(dut)

    step("Have two stations do what they may do, in any order", expect="every answer and command is for its station")
    fuzz.explore(csms_sequences(fuzz.target))


@case("OC_ST_02_CSMS")
def test_chosen_sequences(station: FakeStation, dut: Dut, fuzz: Campaign) -> None:
    """Sequences by which a CSMS has been seen to mix stations up, one by one."""
    two_stations(dut)

    step("Play each sequence", expect="every answer and command is for its station")
    fuzz.rows(chosen_csms_sequences(fuzz.target))
