"""Faults on the link of a charging station: what it owes is delivered, once and in order, whatever happens to it."""

from __future__ import annotations

from conformance import Campaign, Dut, FakeCsms, case, check, step
from conformance.fuzz.halfopen import answer_no_pings, new_connection, ping_every, read_no_more, sign_of_life
from conformance.fuzz.plans import cuts_of_a_station, each_fault, faulty_sessions


@case("OC_FT_01_CS")
def test_cuts_during_every_message(csms: FakeCsms, fuzz: Campaign) -> None:
    """The connection ends before, inside and behind our answer to each CALL of a session, and during CALLs of ours."""
    step("End the connection at each place of a charging session", expect="it comes back; every transaction is whole")
    fuzz.rows(cuts_of_a_station(fuzz.target))


@case("OC_FT_02_CS")
def test_random_fault_plans(csms: FakeCsms, fuzz: Campaign) -> None:
    """A session on a link that delays, slices, fragments, doubles, swaps, drops, stalls, one by one and at random."""
    step("Charge on a link with one fault", expect="every transaction is whole, and the station lives on")
    fuzz.rows(each_fault(fuzz.target))

    step("Charge on a link with random faults", expect="every transaction is whole, and the station lives on")
    fuzz.explore(faulty_sessions(fuzz.target))


@case("OC_FT_03_CS")
def test_half_open(csms: FakeCsms, dut: Dut) -> None:
    """Pings are not answered, and then nothing is read any more: the station notices and connects anew."""
    ping_every(csms, 1)
    noticed = dut.timeouts.connect + dut.timeouts.message

    step("Answer no pings any more", expect="a new connection, on which it answers")
    answer_no_pings(csms)
    new_connection(csms, within=noticed)
    sign_of_life(csms)

    step("Read nothing any more, and leave TCP open", expect="a new connection, on which it answers")
    read_no_more(csms)
    new_connection(csms, within=noticed)
    sign_of_life(csms)


@case("OC_FT_05_CS")
def test_closed_again_and_again(csms: FakeCsms, dut: Dut) -> None:
    """The connection is closed, cut and turned away ten times in a row: the station backs off and comes back."""
    waits = []

    step("End the connection as soon as it stands, ten times", expect="a new one each time, not at once")
    for time in range(10):
        csms.disconnect(cut=bool(time % 2))
        csms.turn_away(time % 3 == 2)
        csms.expect_connection(within=2 * dut.timeouts.connect, requirement="1.6J errata 3.3; 2.x part 4 5.3")
        waits.append(csms.waited())
    check(min(waits) > 0.01, "a pause before each attempt", requirement="1.6J errata 3.3; 2.x part 4 5.3", actual=waits)

    step("Leave the connection alone", expect="one connection, on which it answers")
    sign_of_life(csms)
    check(len(csms.wire_numbers) == 1, "one connection", actual=len(csms.wire_numbers))
