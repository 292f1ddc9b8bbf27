"""What the judgement of whole transactions notices, and what it lets pass, on traces written by hand."""

from __future__ import annotations

from conformance.fuzz.transactions import begun, running, whole
from conformance.ocppj.versions import version
from tests.fuzz.traffic import Traffic

V16, V2 = version("1.6"), version("2.0.1")


def found(traffic: Traffic, family: str = "2", since: int = 0) -> list[str]:
    spoken = V2 if family == "2" else V16
    entries = traffic.entries
    return [f"{one.expected} | {one.actual}" for one in whole(spoken, entries[since:], begun(spoken, entries[:since]))]


def a_transaction(traffic: Traffic, tx: str = "T1", evse: int = 1) -> None:
    traffic.event("Started", 0, tx=tx, evse={"id": evse, "connectorId": 1})
    traffic.event("Updated", 1, "Authorized", tx=tx)
    traffic.event("Ended", 2, "EVCommunicationLost", tx=tx)


def test_a_transaction_without_fault() -> None:
    traffic = Traffic()
    a_transaction(traffic)
    a_transaction(traffic, "T2")
    assert found(traffic) == []


def test_a_started_that_never_came() -> None:
    traffic = Traffic()
    traffic.event("Updated", 1, "Authorized")
    traffic.event("Ended", 2)
    assert len(found(traffic)) == 1 and "begins with an event Started | none of T1" in found(traffic)[0]


def test_a_transaction_that_began_before_the_example_has_its_started_there() -> None:
    traffic = Traffic()
    traffic.event("Started", 0)
    since = len(traffic.entries)
    traffic.event("Updated", 1)
    assert found(traffic, since=since) == []


def test_a_second_started() -> None:
    traffic = Traffic()
    traffic.event("Started", 0)
    traffic.event("Started", 1)
    assert len(found(traffic)) == 1 and "one event Started" in found(traffic)[0]


def test_a_second_ended_with_another_number() -> None:
    traffic = Traffic()
    a_transaction(traffic)
    traffic.event("Ended", 3, "ResetCommand")
    assert any("at most one event Ended" in one for one in found(traffic))


def test_an_event_after_the_end() -> None:
    traffic = Traffic()
    a_transaction(traffic)
    traffic.event("Updated", 3, "MeterValuePeriodic")
    assert len(found(traffic)) == 1 and "nothing of a transaction after its Ended" in found(traffic)[0]


def test_a_gap_whatever_the_order_of_arrival() -> None:
    traffic = Traffic()
    for seq in (0, 3, 1):
        traffic.event("Updated" if seq else "Started", seq, f"r{seq}")
    assert len(found(traffic)) == 1 and "2 of T1 never came" in found(traffic)[0]
    traffic.event("Updated", 2, "late")
    assert found(traffic) == []


def test_a_number_that_two_events_share() -> None:
    traffic = Traffic()
    traffic.event("Started", 0)
    traffic.event("Updated", 0, "Trigger")
    assert len(found(traffic)) == 1 and "one event for each seqNo" in found(traffic)[0]


def test_a_retry_after_a_lost_answer_is_right() -> None:
    traffic = Traffic()
    sent = traffic.event("Started", 0, lost=True)
    traffic.cut()
    traffic.again(sent, offline=True)
    assert found(traffic) == []


def test_a_retry_whose_answer_may_have_been_lost_with_the_connection_is_right() -> None:
    traffic = Traffic()
    sent = traffic.event("Started", 0)
    traffic.cut()
    traffic.again(sent)
    assert found(traffic) == []


def test_an_event_that_comes_again_although_its_answer_had_arrived() -> None:
    traffic = Traffic()
    sent = traffic.event("Started", 0)
    traffic.csms("GetVariables")
    traffic.cut()
    again = traffic.again(sent)
    assert len(found(traffic)) == 1 and "had the answer" in found(traffic)[0]
    (finding,) = whole(V2, traffic.entries)
    assert finding.frame == again.index


def test_a_refused_event_may_come_again() -> None:
    traffic = Traffic()
    sent = traffic.event("Started", 0, lost=True)
    traffic.reply(sent, error="InternalError")
    traffic.csms("GetVariables")
    traffic.again(sent)
    assert found(traffic) == []


def test_under_a_fault_plan_what_we_wrote_proves_nothing() -> None:
    traffic = Traffic()
    traffic.act("faults")
    sent = traffic.event("Started", 0)
    traffic.csms("GetVariables")
    traffic.again(sent)
    assert found(traffic) == []


def test_two_transactions_on_one_evse() -> None:
    traffic = Traffic()
    traffic.event("Started", 0, evse={"id": 1})
    a_transaction(traffic, "T2", evse=2)
    assert found(traffic) == []
    traffic.event("Started", 0, tx="T3", evse={"id": 1})
    assert len(found(traffic)) == 1 and "one transaction at a time" in found(traffic)[0]


def test_what_still_runs() -> None:
    traffic = Traffic()
    a_transaction(traffic)
    last = traffic.event("Started", 0, tx="T2")
    assert running(V2, traffic.entries) == {"T2": last}
    traffic.start(id=5)
    traffic.start(2, id=6)
    traffic.stop(5)
    assert set(running(V16, traffic.entries)) == {6}


def test_16_starts_and_stops_without_fault() -> None:
    traffic = Traffic()
    for id_ in (1, 2):
        traffic.start(id=id_)
        traffic.stop(id_)
    assert found(traffic, "1.6") == []


def test_16_a_start_before_the_stop_of_the_one_before() -> None:
    traffic = Traffic()
    traffic.start(id=1)
    traffic.start(2, id=2)
    assert found(traffic, "1.6") == []
    traffic.start(id=3)
    assert len(found(traffic, "1.6")) == 1 and "none of 1 before a start" in found(traffic, "1.6")[0]


def test_16_a_start_whose_answer_was_lost_comes_again_and_stops_once() -> None:
    traffic = Traffic()
    sent = traffic.start(lost=True)
    traffic.cut()
    traffic.again(sent, {"transactionId": 8, "idTagInfo": {"status": "Accepted"}})
    traffic.stop(8)
    traffic.start(id=9)
    assert found(traffic, "1.6") == []


def test_16_a_start_that_comes_again_although_its_answer_had_arrived() -> None:
    traffic = Traffic()
    sent = traffic.start()
    traffic.csms("GetConfiguration")
    traffic.again(sent, {"transactionId": 8, "idTagInfo": {"status": "Accepted"}})
    assert len(found(traffic, "1.6")) == 1 and "StartTransaction once" in found(traffic, "1.6")[0]


def test_16_two_transactions_within_one_second_of_a_clock_without_fractions_are_two() -> None:
    traffic = Traffic()
    first = traffic.start(id=1)
    traffic.csms("GetConfiguration")
    traffic.stop(1)
    traffic.again(first, {"transactionId": 2, "idTagInfo": {"status": "Accepted"}})
    traffic.stop(2)
    assert found(traffic, "1.6") == []


def test_16_two_stops() -> None:
    traffic = Traffic()
    traffic.start()
    traffic.stop()
    traffic.stop(reason="PowerLoss")
    assert len(found(traffic, "1.6")) == 1 and "one StopTransaction of each" in found(traffic, "1.6")[0]


def test_16_a_stop_that_comes_again_although_its_answer_had_arrived() -> None:
    traffic = Traffic()
    traffic.start()
    sent = traffic.stop()
    traffic.csms("GetConfiguration")
    traffic.cut()
    traffic.again(sent)
    assert len(found(traffic, "1.6")) == 1


def test_16_a_transaction_whose_id_never_came_is_stopped_as_minus_one() -> None:
    traffic = Traffic()
    traffic.start(lost=True)
    traffic.stop(-1)
    traffic.start(id=9)
    assert found(traffic, "1.6") == []
