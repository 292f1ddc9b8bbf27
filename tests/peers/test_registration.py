"""Our CSMS keeps to the rules of registration, and takes, turns away and times connections as a case wants."""

from __future__ import annotations

import pytest

from conformance.ocppj import frames
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed
from tests.scripted import Device

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_what_comes_before_acceptance_is_refused(csms: FakeCsms, device: Device, status: str) -> None:
    csms.answer("BootNotification", {"status": status})
    device.calls("BootNotification", **BOOT)
    device.calls("Heartbeat")
    assert (device.last.type, device.last.error_code) == (frames.CALLERROR, "SecurityError")
    device.calls("BootNotification", **BOOT)
    device.calls("Heartbeat")
    assert device.last.type == frames.CALLRESULT


def test_what_was_asked_for_is_taken_while_pending(csms: FakeCsms, device: Device) -> None:
    csms.answer("BootNotification", {"status": "Pending"})
    device.calls("BootNotification", **BOOT)
    device.reactions["GetBaseReport"] = {"status": "Accepted"}
    device.reactions["TriggerMessage"] = {"status": "Accepted"}
    csms.send("GetBaseReport", requestId=1, reportBase="FullInventory")
    device.calls("NotifyReport", requestId=1, seqNo=0)
    assert device.last.type == frames.CALLRESULT
    device.calls("Heartbeat")
    assert device.last.error_code == "SecurityError"
    csms.send("TriggerMessage", requestedMessage="Heartbeat")
    device.calls("Heartbeat")
    assert device.last.type == frames.CALLRESULT


def test_a_pending_station_stays_so_in_the_next_case(csms: FakeCsms, device: Device) -> None:
    csms.answer("BootNotification", {"status": "Pending"})
    device.calls("BootNotification", **BOOT)
    csms.begin(type(csms.trace)(), None)
    device.calls("Heartbeat")
    assert device.last.error_code == "SecurityError"


def test_an_offline_station_stays_so_for_the_time_that_was_asked_for(csms: FakeCsms, device: Device) -> None:
    before = csms.clock.now()
    with csms.offline(at_least=3.0):
        assert not csms.connected
    assert csms.clock.now() - before == pytest.approx(3.0)


def test_the_time_before_an_attempt_is_measured(csms: FakeCsms, device: Device) -> None:
    assert csms.waited() == 0.0
    csms.disconnect()
    device.after(2.0, device.connect)
    csms.expect_connection()
    assert csms.waited() == pytest.approx(2.0)


def test_attempts_are_turned_away_so_many_times(csms: FakeCsms, device: Device) -> None:
    assert not csms.turns_away()
    csms.turn_away(2)
    handshake = device.wire.handshake
    device.after(1.0, lambda: csms.refused(handshake, 503, "", csms.clock.now()))
    csms.expect_attempt(within=2.0)
    assert csms.attempts_in_step() == ["/ocpp/CS001"]
    assert [csms.turns_away() for _ in range(3)] == [True, True, False]
    csms.turn_away(1)
    csms.begin(type(csms.trace)(), None)
    assert not csms.turns_away()
    with pytest.raises(ExpectationFailed, match="a connection attempt within 1 s"):
        csms.expect_attempt(within=1.0)


def test_another_url_leads_to_us(csms: FakeCsms, device: Device) -> None:
    device.wire.handshake.headers = (("Host", "192.0.2.7:9000"),)
    assert csms.url_with("second") == ("ws://192.0.2.7:9000/ocpp/second", "/ocpp/second/CS001")
    assert csms.path == "/ocpp/CS001"


def test_a_value_that_the_case_sets_is_written_back(csms: FakeCsms, device: Device) -> None:
    written: list[str] = []

    def set_variables(call: frames.Frame) -> dict[str, object]:
        one = call.payload["setVariableData"][0]
        written.append(one["attributeValue"])
        return {"setVariableResult": [{"attributeStatus": "Accepted", **one}]}

    device.reactions["GetVariables"] = {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "60"}]}
    device.reactions["SetVariables"] = set_variables
    assert csms.keep("OCPPCommCtrlr", "OfflineThreshold") == "60"
    assert csms.configuration.restore() == []
    assert written == ["60"]
