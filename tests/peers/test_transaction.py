"""The transaction view: facts in order of seqNo that nobody consumes."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed
from conformance.peers.payload import ABSENT
from tests.scripted import Device, event


def sends(device: Device, seq_no: int, kind: str = "Updated", transaction: str = "tx1", **fields: Any) -> None:
    info = {name: fields.pop(name) for name in ("chargingState", "stoppedReason") if name in fields}
    device.calls("TransactionEvent", **{**event(transaction, seq_no, kind, **info), **fields})


def test_events_stand_in_order_of_seq_no(csms: FakeCsms, device: Device) -> None:
    for number in (2, 0, 1):
        sends(device, number)
    view = csms.transaction()
    assert [one.seqNo for one in view.events] == [0, 1, 2]
    assert (view.first.seqNo, view.last.seqNo) == (0, 2)


def test_before_the_first_event_all_is_absent(csms: FakeCsms) -> None:
    view = csms.transaction(1)
    assert view.id is ABSENT and view.events == [] and view.first is ABSENT and view.last.idToken.type is ABSENT
    assert view.any() is None and not view.ended


def test_nothing_is_consumed(csms: FakeCsms, device: Device) -> None:
    sends(device, 0, "Started", triggerReason="RemoteStart", chargingState="Charging")
    view = csms.transaction()
    view.wait_until(triggerReason="RemoteStart")
    view.wait_until(chargingState="Charging")
    csms.expect("TransactionEvent", eventType="Started")
    view.expect(chargingState="Charging")


def test_the_newest_transaction_counts(csms: FakeCsms, device: Device) -> None:
    sends(device, 0, "Started", "old", evse={"id": 1})
    sends(device, 1, "Ended", "old")
    assert csms.transaction().ended
    sends(device, 0, "Started", "new", evse={"id": 2})
    assert csms.transaction().id == "new" and not csms.transaction().ended


def test_one_evse(csms: FakeCsms, device: Device) -> None:
    sends(device, 0, "Started", "one", evse={"id": 1})
    sends(device, 0, "Started", "two", evse={"id": 2})
    sends(device, 1, "Updated", "one")
    assert (csms.transaction(1).id, csms.transaction(2).id) == ("one", "two")
    assert len(csms.transaction(1).events) == 2
    assert csms.transaction(3).id is ABSENT


def test_an_evse_may_be_named_later(csms: FakeCsms, device: Device) -> None:
    sends(device, 0, "Started")
    assert csms.transaction(2).id == "tx1"
    sends(device, 1, evse={"id": 2})
    assert (csms.transaction(2).id, csms.transaction(1).id) == ("tx1", ABSENT)


def test_wait_until_sees_the_whole_transaction_and_expect_this_step(csms: FakeCsms, device: Device) -> None:
    csms.open_step(1)
    csms.act("operator", "plug_in", {})
    sends(device, 0, "Started", chargingState="EVConnected")
    csms.open_step(2)
    csms.act("operator", "present_token", {})
    view = csms.transaction()
    assert view.wait_until(chargingState="EVConnected").seqNo == 0
    assert view.events_in_step == []
    with pytest.raises(ExpectationFailed, match="no event of this transaction in this step"):
        view.expect(chargingState="EVConnected", within=1.0)
    sends(device, 1, chargingState="Charging")
    assert view.expect(chargingState="Charging").seqNo == 1


def test_it_waits(csms: FakeCsms, device: Device) -> None:
    sends(device, 0, "Started")
    device.after(3.0, lambda: sends(device, 1, chargingState="Charging"))
    assert csms.transaction().wait_until(chargingState="Charging").seqNo == 1
    assert device.clock.now() == pytest.approx(3.0)


def test_a_failure_names_the_events_that_came(csms: FakeCsms, device: Device) -> None:
    csms.open_step(1)
    csms.act("operator", "plug_in", {})
    sends(device, 0, "Started", chargingState="EVConnected")
    sends(device, 1, chargingState="SuspendedEV")
    with pytest.raises(ExpectationFailed) as failed:
        csms.transaction().wait_until(chargingState="Charging", within=2.0, requirement="E02.FR.02")
    finding = failed.value.finding
    assert finding.expected == 'a TransactionEvent with chargingState "Charging" within 2 s'
    assert finding.actual.count("instead of") == 2
    assert 'event 1 (frame 4) has /transactionInfo/chargingState "SuspendedEV" instead of "Charging"' in finding.actual
    assert (finding.frame, finding.pointer) == (4, "/transactionInfo/chargingState")
    assert (finding.step, finding.requirement) == (1, "E02.FR.02")


def test_fields_of_the_event_and_of_transaction_info_by_their_own_names(csms: FakeCsms, device: Device) -> None:
    sends(device, 0, "Ended", triggerReason="EVDeparted", stoppedReason="EVDisconnected", idToken={"idToken": "A"})
    view = csms.transaction()
    assert view.any(eventType="Ended", stoppedReason="EVDisconnected", idToken={"idToken": "A"}, transactionId="tx1")
    assert view.any(stoppedReason="Local") is None


@pytest.mark.parametrize(
    "payload",
    [{}, {"transactionInfo": None}, {"transactionInfo": {"transactionId": 5}}, {"transactionInfo": []}, {"seqNo": "x"}],
)
def test_events_against_the_schema_belong_to_no_transaction(csms: FakeCsms, device: Device, payload: Any) -> None:
    device.calls("TransactionEvent", **payload)
    assert csms.transaction().id is ABSENT
    sends(device, 0, "Started", seqNo="x")
    assert csms.transaction().first.eventType == "Started"


def test_only_the_event_that_is_handed_out_counts_as_judged(csms: FakeCsms, device: Device) -> None:
    from conformance.proof.tracking import Reads, tracking_parse

    reads = Reads()
    parse = tracking_parse(reads)

    def numbered(data: Any) -> Any:
        reads.frame += 1
        return parse(data)

    csms.parse = numbered
    sends(device, 0, "Started", chargingState="EVConnected")
    sends(device, 1, chargingState="Charging")
    before = set(reads.seen)
    csms.transaction().wait_until(chargingState="Charging")
    assert reads.seen - before == {(1, "/transactionInfo"), (1, "/transactionInfo/chargingState")}
