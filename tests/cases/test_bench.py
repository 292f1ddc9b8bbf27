"""Ready before, idle after: what the engine does around every case."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from conformance.cases.bench import stop_calls, undo_calls
from conformance.link.errors import LinkError
from conformance.monitor.carry import Carry
from conformance.ocppj import frames
from conformance.peers.outcome import Inconclusive
from tests.cases.conftest import FakeOperator, Lab, make_lab
from tests.scripted import event


class TestStationReady:
    def test_connected_accepted_and_quiet(self, lab: Lab) -> None:
        lab.device.after(0.02, "Heartbeat")
        lab.bench.ready()
        assert lab.peer.seen("Heartbeat") and lab.device.heard[-1].type == frames.CALLRESULT

    def test_it_waits_for_the_connection(self, lab: Lab) -> None:
        lab.device.disconnect()
        lab.device.after(5.0, lab.device.connect)
        lab.bench.ready()
        assert lab.device.clock.now() >= 5.0

    def test_one_that_has_not_booted_is_asked_for_a_sign_of_life(self, lab: Lab) -> None:
        lab.peer.accepted = False
        lab.bench.ready()
        assert lab.device.heard[-1].action == "GetVariables" and lab.peer.accepted

    def test_one_that_boots_meanwhile_is_not(self, lab: Lab) -> None:
        lab.peer.accepted = False
        lab.device.after(0.5, "BootNotification")
        lab.bench.ready()
        assert [one.action for one in lab.device.heard if one.type == frames.CALL] == []

    @pytest.mark.parametrize(("told", "seconds"), [([(1, 1), (2, 1)], 0.7), ([(1, 1)], 1.0), ([], 1.0)])
    def test_what_it_reports_after_a_boot_does_not_fall_into_the_case(
        self, lab: Lab, told: list[tuple[int, int]], seconds: float
    ) -> None:
        lab.device.calls("BootNotification")
        for evse, connector in told:
            status = {"evseId": evse, "connectorId": connector, "connectorStatus": "Available"}
            lab.device.after(0.7, "StatusNotification", **status)
        lab.bench.ready()
        assert len(lab.peer.seen("StatusNotification")) == len(told)
        first = lab.device.clock.now()
        assert first >= seconds
        lab.bench.ready()
        assert lab.device.clock.now() - first < 1.0, "a boot is waited for once"

    def test_after_a_failure_it_is_asked_too(self, lab: Lab) -> None:
        lab.bench.suspect = True
        lab.bench.ready()
        assert lab.device.heard[-1].action == "GetVariables" and not lab.bench.suspect

    def test_a_callerror_is_a_sign_of_life(self, lab: Lab) -> None:
        lab.device.reactions["GetVariables"] = lambda frame: frames.error(frame.id, "NotImplemented")
        lab.bench.suspect = True
        lab.bench.ready()

    def test_one_that_never_connects_costs_the_boot_time_once(self, lab: Lab) -> None:
        lab.device.disconnect()
        with pytest.raises(Inconclusive, match="has not connected within 10 s"):
            lab.bench.ready()
        first = lab.device.clock.now()
        for _ in range(20):
            with pytest.raises(Inconclusive, match="has not connected within 10 s"):
                lab.bench.ready()
        assert first == pytest.approx(10.0) and lab.device.clock.now() < first + 2.0

    def test_one_that_does_not_come_back_is_switched_off_and_on_where_that_can_be_done(self, lab: Lab) -> None:
        lab.bench.take(FakeOperator("power_cycle"))
        lab.device.disconnect()
        lab.peer.accepted = False
        lab.device.after(12.0, lab.device.connect)
        lab.device.after(12.5, "BootNotification")
        lab.bench.ready()
        assert [verb for verb, _ in lab.bench.operator.did] == ["power_cycle"]
        assert not lab.bench.gone

    def test_one_that_a_power_cycle_does_not_bring_back_is_switched_once(self, lab: Lab) -> None:
        lab.bench.take(FakeOperator("power_cycle"))
        lab.device.disconnect()
        for _ in range(3):
            with pytest.raises(Inconclusive, match="has not connected within 10 s, nor registered within 10 s of a"):
                lab.bench.ready()
        assert len(lab.bench.operator.did) == 1

    def test_its_last_attempt_is_told(self, lab: Lab) -> None:
        lab.device.disconnect()
        lab.device.after(1.0, lambda: lab.peer.refused(lab.device.wire.handshake, 401, "wrong password", 1.0))
        with pytest.raises(Inconclusive, match="its last attempt was refused: HTTP 401, wrong password"):
            lab.bench.ready()
        again = make_lab()
        again.device.disconnect()
        again.device.after(1.0, lambda: again.device.connect(agreed=False))
        with pytest.raises(Inconclusive, match="because of the subprotocols that it offers: ocpp9"):
            again.bench.ready()

    def test_one_that_is_deaf_costs_the_message_timeout_once(self, lab: Lab) -> None:
        del lab.device.reactions["GetVariables"]
        lab.bench.suspect = True
        for _ in range(20):
            with pytest.raises(Inconclusive, match="connected but does not answer"):
                lab.bench.ready()
        assert lab.device.clock.now() < 6.0
        assert len([one for one in lab.device.heard if one.action == "GetVariables"]) == 1

    def test_one_that_comes_back_is_tested_again(self, lab: Lab) -> None:
        reaction = lab.device.reactions.pop("GetVariables")
        lab.bench.suspect = True
        with pytest.raises(Inconclusive):
            lab.bench.ready()
        lab.device.reactions["GetVariables"] = reaction
        lab.device.disconnect()
        lab.device.connect()
        lab.bench.ready()
        assert lab.bench.gone == ""

    def test_a_new_connection_of_a_deaf_device_is_tried(self, lab: Lab) -> None:
        del lab.device.reactions["GetVariables"]
        lab.bench.suspect = True
        with pytest.raises(Inconclusive):
            lab.bench.ready()
        lab.device.disconnect()
        lab.device.connect()
        with pytest.raises(Inconclusive):
            lab.bench.ready()
        assert len([one for one in lab.device.heard if one.action == "GetVariables"]) == 2


class TestStationClean:
    def test_what_runs_is_stopped(self, lab: Lab) -> None:
        def stop(frame: frames.Frame) -> dict[str, str]:
            lab.device.after(1.0, "TransactionEvent", **event("tx1", 1, "Ended"))
            return {"status": "Accepted"}

        lab.device.reactions["RequestStopTransaction"] = stop
        lab.device.calls("TransactionEvent", **event("tx1"))
        assert lab.bench.clean() == []
        sent = [one for one in lab.device.heard if one.action == "RequestStopTransaction"]
        assert [one.payload for one in sent] == [{"transactionId": "tx1"}]

    def test_one_that_goes_on_is_told_of(self, lab: Lab) -> None:
        lab.device.reactions["RequestStopTransaction"] = lambda frame: frames.error(frame.id, "InternalError", "no")
        lab.device.calls("TransactionEvent", **event("tx1"))
        problems = lab.bench.clean()
        assert problems[0] == 'RequestStopTransaction: CALLERROR InternalError "no"'
        assert problems[-1] == "a transaction of the case is still running"

    def test_declared_answers_are_forgotten_and_the_door_is_opened(self, lab: Lab) -> None:
        class Door:
            def __init__(self) -> None:
                self.told: list[str] = []

            def pause(self) -> None:
                self.told.append("pause")

            def resume(self) -> None:
                self.told.append("resume")
                lab.device.after(1.0, lab.device.connect)

        door = lab.peer.door = Door()
        lab.peer.answer_always("Heartbeat", None)
        lab.peer.refuse_connections()
        lab.peer.disconnect()
        assert lab.bench.clean() == [] and door.told == ["pause", "resume"]
        id_ = lab.device.calls("Heartbeat")
        assert lab.device.answers_to(id_)

    def test_a_station_that_stays_away_is_told_of(self, lab: Lab) -> None:
        lab.device.disconnect()
        assert lab.bench.clean() == ["the station was not back within 10 s"]

    def test_cables_and_configuration_are_put_back(self, lab: Lab) -> None:
        lab.device.reactions["GetVariables"] = {"getVariableResult": [{"attributeValue": "old"}]}
        lab.device.reactions["SetVariables"] = {"setVariableResult": [{"attributeStatus": "Accepted"}]}
        lab.peer.configure("A", "B", "new")
        lab.bench.hands.plug_in()
        lab.bench.hands.occupy_bay()
        assert lab.bench.clean() == []
        assert [verb for verb, _ in lab.operator.did] == ["plug_in", "occupy_bay", "free_bay", "unplug"]
        written = [
            one.payload["setVariableData"][0]["attributeValue"]
            for one in lab.device.heard
            if one.action == "SetVariables"
        ]
        assert written == ["new", "old"]

    def test_a_lost_network_is_given_back_first(self, lab: Lab) -> None:
        lab.operator.on["network_down"] = lab.device.disconnect
        lab.operator.on["network_up"] = lab.device.connect
        lab.bench.hands.network_down()
        assert lab.bench.clean() == []
        assert lab.peer.connected


class TestStopCalls:
    def test_transactions_of_2(self, lab: Lab) -> None:
        lab.device.calls("TransactionEvent", **event("a"))
        lab.device.calls("TransactionEvent", **event("b"))
        lab.device.calls("TransactionEvent", **event("a", 1, "Ended"))
        lab.device.calls("TransactionEvent", **event("a", 2, "Updated"))
        assert stop_calls(lab.peer) == [("RequestStopTransaction", {"transactionId": "b"})]

    def test_transactions_of_16(self) -> None:
        lab = make_lab("CS", "1.6")
        for number in range(3):
            if number == 2:
                lab.peer.answer("StartTransaction", idTagInfo={"status": "Blocked"})
            lab.device.calls("StartTransaction", connectorId=1, idTag="A", meterStart=number)
        ids = [one.answer.transactionId for one in lab.peer.seen("StartTransaction")]
        lab.device.calls("StopTransaction", transactionId=ids[0])
        assert stop_calls(lab.peer) == [("RemoteStopTransaction", {"transactionId": ids[1]})]

    def test_a_start_that_was_not_answered_has_no_number(self) -> None:
        lab = make_lab("CS", "1.6")
        lab.peer.answer_always("StartTransaction", None)
        lab.device.calls("StartTransaction", connectorId=1)
        assert stop_calls(lab.peer) == []


class TestUndoCalls:
    @pytest.mark.parametrize(
        ("version_id", "calls", "undo"),
        [
            (
                "2.0.1",
                [("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}}, "Accepted")],
                [("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 1}})],
            ),
            (
                "2.0.1",
                [
                    ("ChangeAvailability", {"operationalStatus": "Inoperative"}, "Scheduled"),
                    ("ChangeAvailability", {"operationalStatus": "Operative"}, "Accepted"),
                ],
                [],
            ),
            (
                "2.0.1",
                [
                    ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}}, "Accepted"),
                    ("ReserveNow", {"id": 4}, "Accepted"),
                    ("ReserveNow", {"id": 5}, "Rejected"),
                    ("SetChargingProfile", {"evseId": 0, "chargingProfile": {"id": 7}}, "Accepted"),
                    ("SendLocalList", {"versionNumber": 3, "updateType": "Full"}, "Accepted"),
                    ("SendLocalList", {"versionNumber": 4, "updateType": "Full"}, "Failed"),
                ],
                [
                    ("SendLocalList", {"versionNumber": 3, "updateType": "Full"}),
                    ("ClearChargingProfile", {"chargingProfileId": 7}),
                    ("CancelReservation", {"reservationId": 4}),
                    ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 1}}),
                ],
            ),
            (
                "1.6",
                [
                    ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, "Accepted"),
                    ("ReserveNow", {"reservationId": 4}, "Accepted"),
                    (
                        "SetChargingProfile",
                        {"connectorId": 0, "csChargingProfiles": {"chargingProfileId": 7}},
                        "Accepted",
                    ),
                    (
                        "SetChargingProfile",
                        {"connectorId": 1, "csChargingProfiles": {"chargingProfileId": 8}},
                        "Accepted",
                    ),
                    ("SendLocalList", {"listVersion": 3, "updateType": "Full"}, "Accepted"),
                ],
                [
                    ("SendLocalList", {"listVersion": 3, "updateType": "Full"}),
                    ("ClearChargingProfile", {"id": 8}),
                    ("ClearChargingProfile", {"id": 7}),
                    ("CancelReservation", {"reservationId": 4}),
                    ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
                ],
            ),
        ],
    )
    def test_what_was_accepted_is_undone_last_first(self, version_id: str, calls: Any, undo: Any) -> None:
        lab = make_lab("CS", version_id)
        for action, payload, status in calls:
            lab.device.reactions[action] = {"status": status}
            lab.peer.call(action, payload)
        assert undo_calls(lab.peer.trace) == undo

    def test_neither_refused_nor_unanswered_calls_are(self, lab: Lab) -> None:
        lab.device.reactions["ReserveNow"] = lambda frame: frames.error(frame.id, "NotSupported")
        lab.peer.call("ReserveNow", {"id": 1})
        lab.device.reactions["ReserveNow"] = None
        lab.peer.call_async("ReserveNow", {"id": 2})
        lab.device.calls("Heartbeat")
        assert undo_calls(lab.peer.trace) == []


class Phone:
    """Opens connections to the scripted CSMS."""

    def __init__(self, lab: Lab, *, works: bool = True) -> None:
        self.lab, self.works = lab, works
        self.dialled = 0

    def dial(self, peer: Any, *options: Any, **more: Any) -> None:
        """Connect, or not."""
        self.dialled += 1
        if not self.works:
            raise LinkError("connection refused")
        self.lab.device.connect()


@pytest.fixture
def csms_lab() -> Lab:
    """A bench for a CSMS of 2.0.1."""
    lab = make_lab("CSMS")
    answers = {"TransactionEvent": {}, "StatusNotification": {}, "NotifyEvent": {}, "SecurityEventNotification": {}}
    boot = {"status": "Accepted", "interval": 300, "currentTime": "2030-01-01T00:00:00.000Z"}
    lab.device.reactions |= {**answers, "BootNotification": boot}
    lab.peer.phone = Phone(lab)
    return lab


class TestCsms:
    def test_ready_boots_on_a_new_connection(self, csms_lab: Lab) -> None:
        csms_lab.device.disconnect()
        csms_lab.bench.ready()
        assert csms_lab.peer.connected and csms_lab.peer.accepted
        assert "BootNotification" in [one.action for one in csms_lab.device.heard]

    def test_ready_leaves_a_good_connection_alone(self, csms_lab: Lab) -> None:
        csms_lab.bench.ready()
        assert csms_lab.device.heard == []

    def test_after_a_failure_it_wants_a_sign_of_life(self, csms_lab: Lab) -> None:
        csms_lab.bench.suspect = True
        csms_lab.bench.ready()
        assert [one.action for one in csms_lab.device.heard] == ["Heartbeat"]

    def test_one_that_refuses_us_is_tried_once(self, csms_lab: Lab) -> None:
        csms_lab.device.disconnect()
        phone = csms_lab.peer.phone = Phone(csms_lab, works=False)
        for _ in range(5):
            with pytest.raises(Inconclusive, match=r"the CSMS does not serve our station: .*connection refused"):
                csms_lab.bench.ready()
        assert phone.dialled == 1

    def test_our_transactions_are_ended_and_connectors_freed(self, csms_lab: Lab) -> None:
        connector = csms_lab.bench.dut.connector
        csms_lab.peer.report_connector("Occupied", connector)
        csms_lab.peer.transaction(connector.evseId).send("CablePluggedIn")
        assert csms_lab.bench.clean() == []
        assert csms_lab.peer.open_transactions() == []
        assert csms_lab.peer.connector_statuses[1, 1] == "Available"

    def test_also_after_a_case_that_ended_offline(self, csms_lab: Lab) -> None:
        csms_lab.peer.transaction(1).send("CablePluggedIn")
        csms_lab.device.disconnect()
        assert csms_lab.bench.clean() == []
        assert csms_lab.device.heard[-1].payload["eventType"] == "Ended"
        assert csms_lab.peer.phone.dialled == 1

    def test_an_idle_station_may_stay_offline(self, csms_lab: Lab) -> None:
        csms_lab.device.disconnect()
        assert csms_lab.bench.clean() == [] and csms_lab.peer.phone.dialled == 0

    def test_a_tariff_that_the_csms_has_set_is_cleared(self) -> None:
        lab = make_lab("CSMS", "2.1")
        lab.operator.verbs = frozenset({"csms_sends"})
        lab.operator.on["csms_sends"] = lambda: lab.device.calls("ClearTariffs", tariffIds=["T1"])
        lab.peer.answer("SetDefaultTariff", status="Accepted")
        lab.device.calls("SetDefaultTariff", evseId=0, tariff={"tariffId": "T1", "currency": "EUR"})
        assert lab.bench.clean() == []
        asked = {"identity": "CS001", "action": "ClearTariffs", "payload": {"tariffIds": ["T1"]}}
        assert lab.operator.did == [("csms_sends", asked)]
        lab.bench.begin()
        assert lab.bench.clean() == [] and len(lab.operator.did) == 1

    def test_what_the_csms_does_not_take_is_told_of(self, csms_lab: Lab) -> None:
        csms_lab.peer.transaction(1).send("CablePluggedIn")
        csms_lab.device.reactions["TransactionEvent"] = None
        assert "an answer to TransactionEvent" in csms_lab.bench.clean()[0]


class TestCarry:
    def test_each_case_has_a_monitor_that_knows_what_the_last_one_knew(self, lab: Lab) -> None:
        first = lab.monitor
        lab.run(lambda csms: None)
        assert lab.monitor is not first and lab.monitor.carried is first


class TestRestartOwed:
    def test_an_accepted_reset_that_has_not_happened_is_waited_for(self, lab: Lab) -> None:
        lab.device.reactions["Reset"] = {"status": "Accepted"}
        lab.peer.send("Reset", type="Immediate")
        lab.device.after(2.0, lab.device.disconnect)
        lab.device.after(3.0, lab.device.connect)
        lab.bench.clean()
        assert lab.device.clock.now() >= 3.0

    def test_one_that_has_happened_is_not(self, lab: Lab) -> None:
        lab.device.reactions["Reset"] = {"status": "Accepted"}
        lab.peer.send("Reset", type="Immediate")
        lab.device.calls("BootNotification")
        lab.bench.clean()
        assert lab.device.clock.now() < 3.0

    def test_neither_is_one_of_an_evse_nor_one_that_was_rejected(self, lab: Lab) -> None:
        for status, fields in (("Rejected", {}), ("Accepted", {"evseId": 1})):
            lab.device.reactions["Reset"] = {"status": status}
            lab.peer.send("Reset", type="Immediate", **fields)
        lab.bench.clean()
        assert lab.device.clock.now() < 3.0


@pytest.mark.parametrize("exchange", ["begin", "renew"])
def test_what_comes_while_the_trace_is_exchanged_is_judged_by_the_new_monitor(lab: Lab, exchange: str) -> None:
    """Once a monitor's state was copied while the reader thread changed it, and what came after the copy was lost."""
    lab.bench.monitor.carry = Carry
    make, reader, came = lab.bench.monitor_for, threading.Event(), threading.Event()

    def read() -> None:
        reader.set()
        with lab.peer.still():
            came.set()

    def made(trace: Any, carry: Any) -> Any:
        threading.Thread(target=read, daemon=True).start()
        assert reader.wait(5.0) and not came.wait(0.05), "it is recorded in the old trace"
        return make(trace, carry)

    lab.bench.monitor_for = made
    getattr(lab.bench, exchange)()
    assert came.wait(5.0)
