"""Two connections with one identity: a CSMS closes one of them, and a station that it leaves standing it serves."""

from __future__ import annotations

from conformance import FakeStation, Operator, case, check, observe, step
from conformance.fuzz.halfopen import sign_of_life


@case("OC_FT_06_CSMS")
def test_second_connection(station: FakeStation, operator: Operator) -> None:
    """Our station connects once more: the old connection is closed, or the new one is refused, and the other served."""
    sign_of_life(station)

    step("Connect once more with the same identity", expect="one of the two connections ends")
    newcomer = station.visit("our station once more")
    station.wait(lambda: not station.connected or not newcomer.open, within=station.deadlines.message)
    shadowed = station.connected and newcomer.open
    observe(
        "what becomes of a second connection with the same identity",
        "both are open" if shadowed else "the new one is refused" if station.connected else "the old one is closed",
    )

    step("Ask for a Heartbeat on each", expect="an answer on the one that stands")
    answered = newcomer.call("Heartbeat") is not None
    check(not shadowed, "one connection of an identity", actual=_shadow(station, answered) if shadowed else "")
    if station.connected:
        sign_of_life(station)
    else:
        check(answered, "an answer on the new connection", actual=newcomer.how)

    step("Have the CSMS send a CALL", expect="it comes on the connection that stands")
    operator.csms_sends("ClearCache")
    if station.connected and not shadowed:
        station.expect("ClearCache")
    elif not shadowed:
        came = newcomer.calls("ClearCache", within=station.deadlines.message)
        check(len(came) == 1, "one ClearCache, on the new connection", actual=len(came))


def _shadow(station: FakeStation, answered: bool) -> str:
    """Who is served when both stand."""
    pending = station.call_async("Heartbeat", {})
    old = station.wait(lambda: pending.answer is not None, until=pending.deadline)
    words = {(True, True): "both are", (True, False): "only the old one is", (False, True): "only the new one is"}
    return f"two, and {words.get((old, answered), 'neither is')} answered"
