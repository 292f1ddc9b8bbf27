"""The reusable states of 1.6: what they demand of a charge point and of a CSMS, and what they leave open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.dut.description import Connector, Token
from conformance.ocppj import frames
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed, Inconclusive
from conformance.peers.station import FakeStation
from tests.scripted import Device, csms_with_device, station_with_device

VALID = Token(idToken="AABB", type="ISO14443")
START = {"connectorId": 1, "idTag": "AABB", "meterStart": 0, "timestamp": "2030-01-01T00:00:00Z"}


class Hands:
    """An operator whose acts make the scripted charge point say something."""

    def __init__(self, peer: FakeCsms, **acts: Any) -> None:
        self._peer, self._acts = peer, acts

    def offers(self, verb: str) -> bool:
        return verb in self._acts

    def __getattr__(self, verb: str) -> Any:
        def act(*args: Any, **kwargs: Any) -> None:
            self._peer.act("operator", verb, {})
            self._acts[verb]()

        return act


def lab(peer: Any, **acts: Any) -> Any:
    connectors = (Connector(1, 1), Connector(2, 2))
    dut = SimpleNamespace(connectors=connectors, connector=connectors[0], tokens=SimpleNamespace(valid=VALID))
    return SimpleNamespace(dut=dut, operator=Hands(peer, **acts))


def charge_point(**keys: str) -> tuple[FakeCsms, Device]:
    """A charge point under test with these configuration keys; it answers in another order and other letters."""
    csms, device = csms_with_device("1.6")

    def get(call: frames.Frame) -> dict[str, Any]:
        entries = [{"key": "Other", "readonly": True, "value": "x"}]
        entries += [{"key": key.upper(), "readonly": False, "value": value} for key, value in keys.items()]
        return {"configurationKey": entries}

    device.reactions["GetConfiguration"] = get
    return csms, device


def status(device: Device, number: int, value: str) -> None:
    device.calls("StatusNotification", connectorId=number, errorCode="NoError", status=value)


def test_a_key_is_found_by_its_name_whatever_its_place_and_letters() -> None:
    csms, _ = charge_point(ConnectionTimeOut="30")
    assert csms.configured("ConnectionTimeOut") == "30"
    assert csms.configured("BlinkRepeat") == ""


class TestChargePoint:
    def test_a_token_must_be_authorized_unless_it_may_be_known(self) -> None:
        for pre_authorize, demanded in (("false", True), ("true", False)):
            csms, device = charge_point(LocalPreAuthorize=pre_authorize)
            csms.lab = lab(csms, present_token=lambda device=device: status(device, 1, "Preparing"))
            if demanded:
                with pytest.raises(ExpectationFailed, match="Authorize"):
                    csms.execute("Authorized")
            else:
                csms.execute("Authorized")

    def test_preparing_is_demanded_only_where_the_connector_was_not(self) -> None:
        csms, device = charge_point(LocalPreAuthorize="false")
        csms.lab = lab(
            csms,
            plug_in=lambda: status(device, 1, "Preparing"),
            present_token=lambda: device.calls("Authorize", idTag="AABB"),
        )
        with pytest.raises(ExpectationFailed, match="Preparing"):
            csms.execute("Authorized")
        csms.execute("Preparing")
        csms.execute("Authorized")

    def test_a_remote_start_is_authorized_where_the_charge_point_is_configured_so(self) -> None:
        for asks in ("true", "false"):
            csms, device = charge_point(AuthorizeRemoteTxRequests=asks, LocalPreAuthorize="false")
            csms.lab = lab(csms)
            device.reactions["RemoteStartTransaction"] = {"status": "Accepted"}
            if asks == "true":
                with pytest.raises(ExpectationFailed, match="Authorize"):
                    csms.execute("RemotelyAuthorized")
            else:
                csms.execute("RemotelyAuthorized")

    def test_a_whole_start_gives_the_start_with_our_answer(self) -> None:
        csms, device = charge_point(AuthorizeRemoteTxRequests="false")
        csms.lab = lab(csms, plug_in=lambda: status(device, 1, "Preparing"))

        def started(call: frames.Frame) -> dict[str, Any]:
            device.after(0.1, lambda: status(device, 1, "Charging"))
            device.after(0.2, "StartTransaction", **START)
            return {"status": "Accepted"}

        device.reactions["RemoteStartTransaction"] = started
        start = csms.execute("Charging")
        assert isinstance(start.answer.transactionId, int)
        with pytest.raises(Inconclusive, match="Charging not reached"):
            csms.reach("Charging", token=Token(idToken="OTHER", type="ISO14443"))

    def test_a_stop_of_another_transaction_does_not_count(self) -> None:
        csms, device = charge_point()
        csms.lab = lab(csms)
        device.calls("StartTransaction", **START)
        start = csms.seen("StartTransaction")[0]
        stop = {"meterStop": 5, "timestamp": "2030-01-01T00:00:01Z", "reason": "Remote"}
        device.calls("StopTransaction", transactionId=start.answer.transactionId + 1, **stop)
        status(device, 1, "Finishing")
        with pytest.raises(ExpectationFailed, match="StopTransaction"):
            csms.execute("Stopped", start=start)
        device.calls("StopTransaction", transactionId=start.answer.transactionId, **stop)
        csms.execute("Stopped", start=start, reason="Remote")

    def test_statuses_before_the_boot_do_not_count_as_reports_after_it(self) -> None:
        csms, device = charge_point()
        csms.lab = lab(csms)
        for number in (0, 1, 2):
            status(device, number, "Available")
        device.calls("BootNotification", chargePointVendor="A", chargePointModel="B")
        boot = csms.expect("BootNotification")
        with pytest.raises(ExpectationFailed, match="connectorId 0"):
            csms.execute("Reported", boot=boot)
        for number, value in ((2, "Available"), (1, "Unavailable"), (0, "Available")):
            status(device, number, value)
        csms.execute("Reported", boot=boot, but={1: "Unavailable"})


class TestCsms:
    def test_a_refused_boot_ends_the_state(self) -> None:
        station, device = csms_under_test(
            BootNotification={"status": "Rejected", "currentTime": "2030-01-01T00:00:00Z", "interval": 9}
        )
        with pytest.raises(ExpectationFailed, match="Rejected"):
            station.execute("Booted")
        assert [one.action for one in device.heard] == ["BootNotification"]

    def test_a_start_without_transaction_id_is_the_csmss_failure(self) -> None:
        station, _ = csms_under_test(StartTransaction={"idTagInfo": {"status": "Accepted"}})
        with pytest.raises(ExpectationFailed, match="transactionId"):
            station.execute("Charging")

    def test_a_session_keeps_the_id_and_the_register(self) -> None:
        station, device = csms_under_test()
        assert station.execute("Charging") == 77
        station.execute("Stopped")
        stop = next(one.payload for one in device.heard if one.action == "StopTransaction")
        start = next(one.payload for one in device.heard if one.action == "StartTransaction")
        assert stop["transactionId"] == 77
        assert stop["idTag"] == start["idTag"] == "AABB"
        assert stop["meterStop"] > start["meterStart"]
        assert not station.facts["running"]

    def test_what_is_refused_runs_until_it_is_stopped_beside_another_one(self) -> None:
        ids = iter((7, 8))
        station, device = csms_under_test(
            StartTransaction=lambda call: {"idTagInfo": {"status": "Accepted"}, "transactionId": next(ids)}
        )
        with pytest.raises(ExpectationFailed, match="Invalid"):
            station.execute("StartedAs", status="Invalid")
        station.execute("StartedAs", status="Accepted", connector=Connector(2, 2))
        station.execute("Stopped", reason="Other")
        station.execute("Stopped", connector=Connector(2, 2))
        stops = [one.payload["transactionId"] for one in device.heard if one.action == "StopTransaction"]
        assert stops == [7, 8]

    def test_a_stop_may_be_answered_without_a_word_on_the_token(self) -> None:
        for info in ({}, {"idTagInfo": {"status": "Accepted"}}):
            station, _ = csms_under_test(StopTransaction=info)
            station.execute("Charging")
            station.execute("Stopped")
        station, _ = csms_under_test(StopTransaction={"idTagInfo": {"status": "Blocked"}})
        station.execute("Charging")
        with pytest.raises(ExpectationFailed, match="Accepted"):
            station.execute("Stopped")


def csms_under_test(**reactions: Any) -> tuple[FakeStation, Device]:
    station, device = station_with_device("1.6")
    station.lab = lab(station)
    good = {"idTagInfo": {"status": "Accepted"}}
    device.reactions.update(
        Authorize=good, StartTransaction={**good, "transactionId": 77}, StopTransaction={}, StatusNotification={}
    )
    device.reactions.update(reactions)
    return station, device
