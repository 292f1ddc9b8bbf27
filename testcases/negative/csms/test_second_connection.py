"""Two connections with one identity: a CSMS serves what it leaves standing, and finds the station on the new one."""

from __future__ import annotations

from conformance import FakeStation, Operator, case, check, recommend, step
from conformance.fuzz.halfopen import sign_of_life


@case("OC_FT_06_CSMS")
def test_second_connection(station: FakeStation, operator: Operator) -> None:
    """Our station connects once more: what stands is served, and CALLs come on the new connection, if that stands."""
    sign_of_life(station)

    step("Connect once more with the same identity", expect="one of the two connections ends")
    newcomer = station.visit("our station once more")
    station.wait(lambda: not station.connected or not newcomer.open, within=station.deadlines.message)
    both = station.connected and newcomer.open
    became = "both are open" if both else "the new one is refused" if station.connected else "the old one is closed"
    recommend(not both, "one connection of an identity", requirement="CWE-613", actual=became)

    step("Ask for a Heartbeat on each", expect="an answer on each that stands")
    if newcomer.open or not station.connected:
        answered = newcomer.call("Heartbeat") is not None
        check(answered, "an answer on the new connection", requirement=ANSWERED, actual=newcomer.how)
    if station.connected:
        pending = station.call_async("Heartbeat", {})
        station.wait(lambda: pending.answer is not None, until=pending.deadline)
        which = "on the old connection, which the CSMS has left open"
        check(pending.answer is not None, f"an answer {which}", requirement=ANSWERED, actual="none")

    step("Have the CSMS send a CALL", expect="it comes on the new connection, if that stands")
    operator.csms_sends("ClearCache")
    if newcomer.open or not station.connected:
        came = newcomer.calls("ClearCache", within=station.deadlines.message)
        check(len(came) == 1, "one ClearCache, on the new connection", requirement=NEWEST, actual=len(came))
    else:
        station.expect("ClearCache")


ANSWERED = "1.6J 4.1.1; part 4, 4.1.1"
NEWEST = "1.6J 5.4; 2.0.1 part 4, 5.3; 2.1 part 4, 5.4"
"""An identity and its channel are matched when a connection is established."""
