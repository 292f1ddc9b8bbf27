"""The reusable states of 2.x: what they demand of a station and of a CSMS, and what they leave open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.dut.description import Connector, Token
from conformance.ocppj import frames
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed
from tests.scripted import Device, csms_with_device, event, station_with_device

VALID = Token(idToken="AABB", type="ISO14443")
PLACE = {"id": 1, "connectorId": 1}

Act = list[tuple[str, dict[str, Any]]]
"""What the station sends when something is done to it, in this order."""


class Hands:
    """An operator whose acts make the scripted station say something."""

    def __init__(self, peer: Any, device: Device, acts: dict[str, Act]) -> None:
        self._peer, self._device, self._acts = peer, device, acts

    def offers(self, verb: str) -> bool:
        return verb in self._acts

    def __getattr__(self, verb: str) -> Any:
        def act(*args: Any, **kwargs: Any) -> None:
            self._peer.act("operator", verb, {})
            for action, payload in self._acts.get(verb, []):
                self._device.calls(action, **payload)

        return act


def station(start: str, stop: str, acts: dict[str, Act], **variables: str) -> tuple[FakeCsms, Device]:
    """A station with these start and stop points, which does what `acts` says."""
    csms, device = csms_with_device("2.0.1")
    values = {"TxStartPoint": start, "TxStopPoint": stop, "Enabled": "true", **variables}

    def get(call: frames.Frame) -> dict[str, Any]:
        asked = call.payload["getVariableData"][0]
        value = values.get(asked["variable"]["name"])
        status = {"attributeStatus": "UnknownVariable"}
        if value is not None:
            status = {"attributeStatus": "Accepted", "attributeValue": value}
        return {"getVariableResult": [{**status, **asked}]}

    device.reactions["GetVariables"] = get
    dut = SimpleNamespace(connectors=(Connector(1, 1),), connector=Connector(1, 1), tokens=SimpleNamespace(valid=VALID))
    csms.lab = SimpleNamespace(dut=dut, operator=Hands(csms, device, acts))
    return csms, device


def status(value: str) -> tuple[str, dict[str, Any]]:
    fields = {"connectorStatus": value, "evseId": 1, "connectorId": 1, "timestamp": "2030-01-01T00:00:00Z"}
    return "StatusNotification", fields


def notified(value: str) -> tuple[str, dict[str, Any]]:
    one = {"trigger": "Delta", "actualValue": value, "component": {"name": "Connector", "evse": PLACE}}
    return "NotifyEvent", {"eventData": [{**one, "variable": {"name": "AvailabilityState"}}]}


def tx(number: int, kind: str, trigger: str, state: str = "", **fields: Any) -> tuple[str, dict[str, Any]]:
    info: dict[str, Any] = {name: fields.pop(name) for name in ("stoppedReason", "remoteStartId") if name in fields}
    if state:
        info["chargingState"] = state
    return "TransactionEvent", {**event("tx1", number, kind, **info), "triggerReason": trigger, **fields}


ASKED = ("Authorize", {"idToken": VALID})
CABLE = tx(0, "Started", "CablePluggedIn", "EVConnected", evse=PLACE)
TOKEN = tx(1, "Updated", "Authorized", "EVConnected", idToken=VALID)
CHARGING = tx(2, "Updated", "ChargingStateChanged", "Charging")
STOP = tx(3, "Ended", "StopAuthorized", "EVConnected", stoppedReason="Local", idToken=VALID)


def session(**other: Act) -> dict[str, Act]:
    """A good station of TxStartPoint EVConnected and TxStopPoint Authorized, with other acts laid over."""
    acts: dict[str, Act] = {
        "plug_in": [status("Occupied"), CABLE],
        "present_token": [ASKED, TOKEN, CHARGING],
        "unplug": [status("Available")],
    }
    return {**acts, **other}


GOOD_STARTS: dict[str, tuple[str, dict[str, Act]]] = {
    "as the list has it": ("EVConnected", session()),
    "by NotifyEvent, after the transaction": ("EVConnected", session(plug_in=[CABLE, notified("Occupied")])),
    "out of order on the wire": ("EVConnected", session(present_token=[ASKED, CHARGING, TOKEN])),
    "both conditions in one event": (
        "PowerPathClosed",
        session(
            plug_in=[status("Occupied")],
            present_token=[ASKED, tx(0, "Started", "Authorized", "Charging", idToken=VALID, evse=PLACE)],
        ),
    ),
    "all told when energy flows": (
        "EnergyTransfer",
        session(
            plug_in=[status("Occupied")],
            present_token=[ASKED, tx(0, "Started", "ChargingStateChanged", "Charging", idToken=VALID, evse=PLACE)],
        ),
    ),
}


@pytest.mark.parametrize("name", GOOD_STARTS)
def test_good_stations_reach_the_energy(name: str) -> None:
    start, acts = GOOD_STARTS[name]
    csms, _ = station(start, "Authorized", acts)
    csms.execute("EVConnectedPreSession")
    csms.execute("EnergyTransferStarted", locally=True)


BAD_STARTS: dict[str, tuple[str, dict[str, Act], str]] = {
    "before its point": ("PowerPathClosed", session(), "no transaction before a start point"),
    "not at its point": ("EVConnected", session(plug_in=[status("Occupied")]), "no event"),
    "without its connector": (
        "EVConnected",
        session(plug_in=[status("Occupied"), tx(0, "Started", "CablePluggedIn", "EVConnected", evse={"id": 1})]),
        "/evse/connectorId",
    ),
    "without its token": ("EVConnected", session(present_token=[ASKED, tx(1, "Updated", "Authorized")]), "/idToken"),
    "unasked": ("EVConnected", session(present_token=[TOKEN, CHARGING]), "Authorize"),
    "without energy": ("EVConnected", session(present_token=[ASKED, TOKEN]), "Charging"),
    "without a status": ("EVConnected", session(plug_in=[CABLE]), "Occupied"),
}


@pytest.mark.parametrize("name", BAD_STARTS)
def test_bad_starts_are_refused(name: str) -> None:
    start, acts, said = BAD_STARTS[name]
    csms, _ = station(start, "Authorized", acts)
    with pytest.raises(ExpectationFailed, match=said):
        csms.execute("EVConnectedPreSession")
        csms.execute("EnergyTransferStarted", locally=True)


def stopping(csms: FakeCsms, device: Device, *told: tuple[str, dict[str, Any]], **options: Any) -> None:
    """Reach the energy, then stop: the station tells this."""
    csms.execute("EVConnectedPreSession")
    csms.execute("EnergyTransferStarted", locally=True)
    csms.lab.operator._acts["present_token"] = list(told)
    device.reactions["RequestStopTransaction"] = lambda call: _after(device, told)
    csms.execute("StopAuthorized", **options)


def _after(device: Device, told: tuple[tuple[str, dict[str, Any]], ...]) -> dict[str, Any]:
    for action, payload in told:
        device.after(0.1, action, **payload)
    return {"status": "Accepted"}


STOPPED = tx(3, "Updated", "StopAuthorized", "Charging")
GONE = tx(4, "Ended", "ChargingStateChanged", "EVConnected")


@pytest.mark.parametrize("told", [(STOP,), (STOPPED, GONE), (GONE, STOPPED), (tx(3, "Ended", "StopAuthorized"),)])
def test_a_stop_may_end_in_the_same_event_or_in_the_next(told: tuple[tuple[str, dict[str, Any]], ...]) -> None:
    csms, device = station("EVConnected", "Authorized", session())
    stopping(csms, device, *told, locally=True)
    csms.execute("EVConnectedPostSession")
    csms.execute("EVDisconnected")
    csms.execute("ParkingBayUnoccupied")
    assert csms.session(1).ended


@pytest.mark.parametrize(
    ("stop", "told", "said"),
    [
        ("EVConnected", STOP, "/eventType"),
        ("Authorized", STOPPED, "Ended"),
        ("Authorized", tx(3, "Ended", "ChargingStateChanged"), "StopAuthorized"),
        ("Authorized", tx(3, "Ended", "StopAuthorized", stoppedReason="Remote"), "stoppedReason"),
        ("Authorized", tx(3, "Ended", "StopAuthorized", idToken={"idToken": "ZZ", "type": "ISO14443"}), "idToken"),
    ],
)
def test_bad_stops_are_refused(stop: str, told: tuple[str, dict[str, Any]], said: str) -> None:
    csms, device = station("EVConnected", stop, session())
    with pytest.raises(ExpectationFailed, match=said):
        stopping(csms, device, told, locally=True)


@pytest.mark.parametrize(
    ("told", "right"),
    [
        (tx(3, "Ended", "RemoteStop", "EVConnected", stoppedReason="Remote"), True),
        (tx(3, "Ended", "RemoteStop", "EVConnected"), False),
        (tx(3, "Ended", "StopAuthorized", "EVConnected", stoppedReason="Remote"), False),
    ],
)
def test_a_remote_stop_says_so(told: tuple[str, dict[str, Any]], right: bool) -> None:
    csms, device = station("EVConnected", "Authorized", session())
    if right:
        stopping(csms, device, told, locally=False)
    else:
        with pytest.raises(ExpectationFailed):
            stopping(csms, device, told, locally=False)


def remote(start: str, *told: tuple[str, dict[str, Any]], **answer: Any) -> FakeCsms:
    """A station that takes a remote start, and tells this when the EV is plugged in."""
    csms, device = station(start, "EVConnected", {"plug_in": [status("Occupied"), *told]})
    device.reactions["RequestStartTransaction"] = {"status": "Accepted", **answer}
    return csms


STARTED = {"evse": PLACE, "idToken": VALID}


@pytest.mark.parametrize(
    ("told", "right"),
    [
        (tx(0, "Started", "RemoteStart", "EVConnected", remoteStartId=1, **STARTED), True),
        (tx(0, "Started", "CablePluggedIn", "EVConnected", remoteStartId=1, **STARTED), False),
        (tx(0, "Started", "RemoteStart", "EVConnected", **STARTED), False),
        (tx(0, "Started", "RemoteStart", "EVConnected", remoteStartId=7, **STARTED), False),
        (tx(0, "Started", "RemoteStart", "EVConnected", remoteStartId=1, evse=PLACE), False),
    ],
)
def test_the_first_event_after_a_remote_start_tells_of_it(told: tuple[str, dict[str, Any]], right: bool) -> None:
    csms = remote("EVConnected", told)
    csms.execute("Authorized")
    if right:
        csms.execute("EVConnectedPreSession")
    else:
        with pytest.raises(ExpectationFailed):
            csms.execute("EVConnectedPreSession")


def test_a_remote_start_in_a_running_transaction_is_answered_with_its_id() -> None:
    for answer in ({}, {"transactionId": "other"}):
        csms = remote("EVConnected", CABLE, **answer)
        csms.execute("EVConnectedPreSession")
        with pytest.raises(ExpectationFailed, match="tx1"):
            csms.execute("Authorized")


@pytest.mark.parametrize(
    ("kind", "state", "reason", "right"),
    [
        ("Ended", "SuspendedEV", "StoppedByEV", True),
        ("Ended", "EVConnected", "StoppedByEV", True),
        ("Ended", "Charging", "StoppedByEV", False),
        ("Ended", "SuspendedEV", "Local", False),
        ("Updated", "SuspendedEV", "StoppedByEV", False),
    ],
)
def test_the_stop_point_energy_ends_with_the_suspension(kind: str, state: str, reason: str, right: bool) -> None:
    told = tx(3, kind, "ChargingStateChanged", state, stoppedReason=reason)
    csms, _ = station("EVConnected", "EnergyTransfer", session(suspend_ev=[told]))
    csms.execute("EVConnectedPreSession")
    if right:
        csms.execute("EnergyTransferSuspended")
    else:
        with pytest.raises(ExpectationFailed):
            csms.execute("EnergyTransferSuspended")


@pytest.mark.parametrize(
    ("stop", "told", "right"),
    [
        ("Authorized", tx(1, "Ended", "EVConnectTimeout", stoppedReason="Timeout"), True),
        ("Authorized", tx(1, "Updated", "EVConnectTimeout"), False),
        ("EVConnected", tx(1, "Ended", "EVConnectTimeout", stoppedReason="Timeout"), True),
        ("EVConnected", tx(1, "Updated", "EVConnectTimeout"), True),
        ("ParkingBayOccupancy", tx(1, "Updated", "EVConnectTimeout"), True),
        ("Authorized", tx(1, "Ended", "EVConnectTimeout", stoppedReason="Other"), False),
    ],
)
def test_a_time_out_ends_what_the_stop_points_want(stop: str, told: tuple[str, dict[str, Any]], right: bool) -> None:
    authorized = tx(0, "Started", "Authorized", idToken=VALID)
    csms, device = station("Authorized", stop, {"present_token": [ASKED, authorized]}, EVConnectionTimeOut="3")
    csms.execute("Authorized")
    device.after(3.0, told[0], **told[1])
    if right:
        csms.execute("EVConnectTimedOut")
        assert "Authorized" not in csms.session(1).holds
    else:
        with pytest.raises(ExpectationFailed):
            csms.execute("EVConnectTimedOut")


def test_a_second_session_is_another_transaction() -> None:
    """The events of the first one are no answer to what the second one owes."""
    csms, device = station("EVConnected", "Authorized", session())
    stopping(csms, device, STOP, locally=True)
    csms.execute("EVDisconnected")
    csms.lab.operator._acts.update(session())
    with pytest.raises(ExpectationFailed, match="Started"):
        csms.execute("EVConnectedPreSession")


def test_our_station_begins_a_new_transaction_after_the_end() -> None:
    station_, device = station_with_device("2.0.1")
    dut = SimpleNamespace(connectors=(Connector(1, 1),), connector=Connector(1, 1), tokens=SimpleNamespace(valid=VALID))
    station_.lab = SimpleNamespace(dut=dut, operator=None)
    accepted = {"idTokenInfo": {"status": "Accepted"}}
    device.reactions.update({"Authorize": accepted, "StatusNotification": {}, "TransactionEvent": accepted})
    for _ in range(2):
        station_.execute("EnergyTransferStarted")
        station_.execute("EVDisconnected")
    events = [one.payload for one in device.heard if one.action == "TransactionEvent" and one.type == frames.CALL]
    ids = {one["transactionInfo"]["transactionId"] for one in events}
    assert len(ids) == 2
    for id_ in ids:
        mine = [one for one in events if one["transactionInfo"]["transactionId"] == id_]
        assert [one["seqNo"] for one in mine] == list(range(len(mine)))
        kinds = [one["eventType"] for one in mine]
        assert (kinds[0], kinds[-1]) == ("Started", "Ended") and set(kinds[1:-1]) == {"Updated"}
        contexts = [one["meterValue"][0]["sampledValue"][0]["context"] for one in (mine[0], mine[-1])]
        assert contexts == ["Transaction.Begin", "Transaction.End"]


def test_a_refused_token_fails_the_state_of_our_station() -> None:
    station_, device = station_with_device("2.0.1")
    dut = SimpleNamespace(connectors=(Connector(1, 1),), connector=Connector(1, 1), tokens=SimpleNamespace(valid=VALID))
    station_.lab = SimpleNamespace(dut=dut, operator=None)
    device.reactions.update({"Authorize": {"idTokenInfo": {"status": "Accepted"}}, "TransactionEvent": {}})
    with pytest.raises(ExpectationFailed, match="TransactionEvent of the valid token"):
        station_.execute("Authorized")
