"""Faults on the link of a CSMS: it serves a station that comes back, and counts nothing twice."""

from __future__ import annotations

from conformance import Campaign, FakeStation, Operator, case, check, step
from conformance.fuzz.halfopen import let_go, overdue, ping, read_no_more, sign_of_life
from conformance.fuzz.plans import cuts_of_a_csms, each_fault, faulty_sessions


@case("OC_FT_01_CSMS")
def test_cuts_during_every_message(station: FakeStation, fuzz: Campaign) -> None:
    """Our connection ends before, inside and behind each CALL of a session; we come back and send it again."""
    step("End our connection at each place of a charging session", expect="the repeated CALL is answered as ever")
    fuzz.rows(cuts_of_a_csms(fuzz.target))


@case("OC_FT_02_CSMS")
def test_random_fault_plans(station: FakeStation, fuzz: Campaign) -> None:
    """A session on a link that delays, slices, fragments, doubles, swaps, drops, stalls, one by one and at random."""
    step("Have our station charge on a link with one fault", expect="every CALL that arrives is answered")
    fuzz.rows(each_fault(fuzz.target))

    step("Have our station charge on a link with random faults", expect="every CALL that arrives is answered")
    fuzz.explore(faulty_sessions(fuzz.target))


@case("OC_FT_03_CSMS")
def test_half_open(station: FakeStation, operator: Operator) -> None:
    """A station reads nothing any more and comes back on a new connection: the CSMS serves it there."""
    step("Send a WebSocket ping", expect="a pong")
    check(ping(station), "a pong", requirement="RFC 6455 5.5.2")

    step("Read nothing any more, and leave TCP open; connect anew", expect="the CSMS answers on the new connection")
    before = set(station.wire_numbers)
    try:
        read_no_more(station)
        operator.csms_sends("ClearCache")
        station.connect()
        sign_of_life(station)
        check(ping(station), "a pong on the new connection", requirement="RFC 6455 5.5.2")

        step("Have the CSMS send a CALL", expect="it comes on the new connection")
        operator.csms_sends("GetLocalListVersion")
        station.expect("GetLocalListVersion", within=overdue(station))
    finally:
        # Where the operator cannot act, the next case would speak on a connection that nobody reads.
        let_go(station, before)


@case("OC_FT_05_CSMS")
def test_reconnect_storm(station: FakeStation, operator: Operator) -> None:
    """Our station connects and leaves twenty times as fast as it can: the CSMS serves it afterwards as before."""
    step("Connect and leave twenty times", expect="every connection is taken")
    for time in range(20):
        station.disconnect(cut=bool(time % 2))
        station.connect()

    step("Stay", expect="the CSMS answers")
    sign_of_life(station)

    step("Have the CSMS send a CALL", expect="it comes, and comes once")
    operator.csms_sends("ClearCache")
    station.expect("ClearCache")
    sign_of_life(station)
    check(
        len(station.seen_in_step("ClearCache")) == 1, "one ClearCache", actual=len(station.seen_in_step("ClearCache"))
    )
