"""The reference station of 2.0.1 and 2.1 against a scripted CSMS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from conformance.ocppj import frames
from conformance.reference.http_operator import VerbError
from tests.reference.csms_double import TOKEN, CsmsDouble, Rig, now

BOTH = pytest.mark.parametrize("version", ["2.0.1", "2.1"])


@asynccontextmanager
async def booted(version: str = "2.0.1", **options: Any) -> AsyncIterator[tuple[CsmsDouble, Rig]]:
    """A station that has booted; at the end no frame of it may have been invalid, and seqNo has no gaps."""
    async with CsmsDouble(version) as csms, Rig(csms, **options) as rig:
        await rig.booted()
        yield csms, rig
        assert csms.problems == []


async def set_variables(csms: CsmsDouble, **values: str) -> None:
    """Set Component__Variable=value, and see that each was accepted."""
    data = []
    for name, value in values.items():
        component, variable = name.split("__")
        data.append({"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value})
    answer = await csms.send("SetVariables", {"setVariableData": data})
    assert [one["attributeStatus"] for one in answer.payload["setVariableResult"]] == ["Accepted"] * len(data)


async def points(csms: CsmsDouble, start: str, stop: str) -> None:
    await set_variables(csms, TxCtrlr__TxStartPoint=start, TxCtrlr__TxStopPoint=stop)


def shape(csms: CsmsDouble) -> list[tuple[str, str, str]]:
    """Event type, trigger and charging state of every event, in order of seqNo."""
    return [(e["eventType"], e["triggerReason"], e["transactionInfo"]["chargingState"]) for e in csms.events()]


async def ended(csms: CsmsDouble) -> dict[str, Any]:
    """The event that ended the only transaction; its seqNo have no gaps."""
    found: dict[str, Any] = await csms.until(
        lambda: next((e for e in csms.events() if e["eventType"] == "Ended"), None)
    )
    assert [event["seqNo"] for event in csms.events()] == list(range(len(csms.events())))
    return found


# -- boot -----------------------------------------------------------------------------------------------------------


@BOTH
async def test_boot(version: str) -> None:
    async with CsmsDouble(version) as csms, Rig(csms, password="secret-password-01"):
        boot = await csms.expect("BootNotification", reason="PowerUp")
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Available")
        await csms.expect("StatusNotification", evseId=2, connectorStatus="Available")
        await csms.expect("SecurityEventNotification", type="StartupOfTheDevice")
        assert csms.calls[0].id == boot.id
        assert csms.path == "/ocpp/CS%201"
        assert csms.headers["Authorization"].startswith("Basic ")
        assert csms.headers["Sec-WebSocket-Protocol"] == csms.version.subprotocol
        assert "permessage-deflate" in csms.headers["Sec-WebSocket-Extensions"]
        assert csms.problems == []


async def test_pending_then_triggered() -> None:
    async with CsmsDouble("2.0.1") as csms, Rig(csms):
        csms.answers["BootNotification"] = {"status": "Pending", "currentTime": now(), "interval": 60}
        await csms.expect("BootNotification")
        await asyncio.sleep(0.02)
        await set_variables(csms, OCPPCommCtrlr__OfflineThreshold="300")
        start = {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1}
        assert (await csms.send("RequestStartTransaction", start)).payload["status"] == "Rejected"
        await csms.send("GetBaseReport", {"requestId": 3, "reportBase": "FullInventory"})
        await csms.expect("NotifyReport", seqNo=0)
        del csms.answers["BootNotification"]
        answer = await csms.send("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert answer.payload["status"] == "Accepted"
        await csms.expect("BootNotification", reason="Triggered")
        await csms.expect("StatusNotification", evseId=2)
        answer = await csms.send("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert answer.payload["status"] == "Rejected"
        assert csms.problems == []


async def test_rejected_is_silent_for_the_interval() -> None:
    async with CsmsDouble("2.0.1") as csms, Rig(csms) as rig:
        csms.answers["BootNotification"] = {"status": "Rejected", "currentTime": now(), "interval": 1}
        await csms.expect("BootNotification")
        rig.do("plug_in")
        answer = await csms.send("GetBaseReport", {"requestId": 3, "reportBase": "FullInventory"})
        assert (answer.type, answer.error_code, answer.error_details) == (frames.CALLERROR, "SecurityError", {})
        del csms.answers["BootNotification"]
        before = asyncio.get_running_loop().time()
        await csms.expect("BootNotification", reason="PowerUp")
        assert asyncio.get_running_loop().time() - before > 0.9
        assert [call.action for call in csms.calls] == ["BootNotification", "BootNotification"]
        await csms.expect("StatusNotification", connectorStatus="Occupied")


async def test_heartbeat_after_silence() -> None:
    async with CsmsDouble("2.0.1") as csms, Rig(csms):
        csms.answers["BootNotification"] = {"status": "Accepted", "currentTime": now(), "interval": 1}
        before = asyncio.get_running_loop().time()
        await csms.expect("Heartbeat")
        assert 0.9 < asyncio.get_running_loop().time() - before < 1.6


async def test_clock_follows_the_csms() -> None:
    async with CsmsDouble("2.0.1") as csms, Rig(csms):
        told = {"status": "Accepted", "currentTime": "2030-01-01T00:00:00.000Z", "interval": 60}
        csms.answers["BootNotification"] = told
        status = await csms.expect("StatusNotification")
        assert status.payload["timestamp"].startswith("2030-01-01T00:00:0")


# -- variables and reports --------------------------------------------------------------------------------------------


def attribute(component: str, variable: str, **more: Any) -> dict[str, Any]:
    instance = more.pop("instance", None)
    named = {"name": variable, **({"instance": instance} if instance else {})}
    return {"component": {"name": component}, "variable": named, **more}


async def test_get_variables_statuses() -> None:
    wanted = [
        (attribute("OCPPCommCtrlr", "OfflineThreshold"), "Accepted"),
        (attribute("UnknownComponent", "OfflineThreshold"), "UnknownComponent"),
        (attribute("OCPPCommCtrlr", "UnknownVariable"), "UnknownVariable"),
        (attribute("OCPPCommCtrlr", "OfflineThreshold", attributeType="Target"), "NotSupportedAttributeType"),
        (attribute("SecurityCtrlr", "BasicAuthPassword"), "Rejected"),
        (attribute("OCPPCommCtrlr", "MessageTimeout"), "UnknownVariable"),
        (attribute("OCPPCommCtrlr", "MessageTimeout", instance="Default"), "Accepted"),
    ]
    async with booted() as (csms, _):
        answer = await csms.send("GetVariables", {"getVariableData": [data for data, _ in wanted]})
        results = answer.payload["getVariableResult"]
        assert [one["attributeStatus"] for one in results] == [status for _, status in wanted]
        assert [one["variable"] for one in results] == [data["variable"] for data, _ in wanted]
        assert results[0]["attributeValue"] == "60"
        assert all("attributeValue" not in one for one in results[1:5])


async def test_set_variables_statuses() -> None:
    wanted = [
        (attribute("OCPPCommCtrlr", "OfflineThreshold", attributeValue="abc"), "Rejected"),
        (attribute("OCPPCommCtrlr", "OfflineThreshold", attributeValue="-1"), "Rejected"),
        (attribute("AuthCtrlr", "AuthorizeRemoteStart", attributeValue="maybe"), "Rejected"),
        (attribute("TxCtrlr", "TxStartPoint", attributeValue="Sunrise"), "Rejected"),
        (attribute("ClockCtrlr", "NextTimeOffsetTransitionDateTime", attributeValue="soon"), "Rejected"),
        (attribute("OCPPCommCtrlr", "MessageTimeout", instance="Default", attributeValue="3"), "Rejected"),
        (attribute("OCPPCommCtrlr", "NetworkConfigurationPriority", attributeValue="2"), "Rejected"),
        (
            attribute("OCPPCommCtrlr", "OfflineThreshold", attributeValue="3", attributeType="Target"),
            "NotSupportedAttributeType",
        ),
        (attribute("OCPPCommCtrlr", "OfflineThreshold", attributeValue="300"), "Accepted"),
    ]
    async with booted() as (csms, rig):
        answer = await csms.send("SetVariables", {"setVariableData": [data for data, _ in wanted]})
        results = answer.payload["setVariableResult"]
        assert [one["attributeStatus"] for one in results] == [status for _, status in wanted]
        rig.do("power_cycle")
        await csms.expect("BootNotification")
        await csms.expect("StatusNotification")
        data = attribute("OCPPCommCtrlr", "OfflineThreshold")
        answer = await csms.send("GetVariables", {"getVariableData": [data]})
        assert answer.payload["getVariableResult"][0]["attributeValue"] == "300"


async def report(csms: CsmsDouble, request_id: int) -> list[dict[str, Any]]:
    """All entries of a report, when it has been sent, with seqNo and tbc checked."""

    def parts() -> list[dict[str, Any]]:
        found = [c.payload for c in csms.calls if c.action == "NotifyReport" and c.payload["requestId"] == request_id]
        return found if found and not found[-1].get("tbc") else []

    found = await csms.until(parts)
    assert [part["seqNo"] for part in found] == list(range(len(found)))
    return [entry for part in found for entry in part["reportData"]]


async def test_base_reports() -> None:
    async with booted() as (csms, rig):
        for number, base in enumerate(("FullInventory", "ConfigurationInventory", "SummaryInventory")):
            answer = await csms.send("GetBaseReport", {"requestId": number, "reportBase": base})
            assert answer.payload["status"] == "Accepted"
        full = await report(csms, 0)
        keys = {(str(e["component"]), str(e["variable"])) for e in full}
        assert len(keys) == len(full) == len(rig.station.model.variables)
        for entry in full:
            characteristics = entry["variableCharacteristics"]
            value = entry["variableAttribute"][0].get("value")
            if entry["variableAttribute"][0]["mutability"] == "WriteOnly":
                assert value is None
            if characteristics["dataType"] in ("OptionList", "MemberList", "SequenceList"):
                assert set(filter(None, value.split(","))) <= set(characteristics["valuesList"].split(","))
        configuration = await report(csms, 1)
        assert {e["variableAttribute"][0]["mutability"] for e in configuration} == {"ReadWrite", "WriteOnly"}
        summary = await report(csms, 2)
        assert {e["variable"]["name"] for e in summary} == {"AvailabilityState"}
        assert len(summary) == 5


async def test_custom_reports() -> None:
    async with booted() as (csms, _):
        one = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
        requests: list[tuple[dict[str, Any], int]] = [
            ({"componentVariable": [one]}, 1),
            ({"componentVariable": [one], "componentCriteria": ["Available"]}, 1),
            ({"componentVariable": [{"component": {"name": "EVSE"}, "variable": {"name": "AvailabilityState"}}]}, 2),
            ({"componentVariable": [attribute("DeviceDataCtrlr", "ItemsPerMessage")]}, 3),
            ({"componentVariable": [attribute("DeviceDataCtrlr", "ItemsPerMessage", instance="GetReport")]}, 1),
            ({"componentVariable": [{"component": {"name": "TxCtrlr"}}]}, 7),
        ]
        for number, (request, expected) in enumerate(requests):
            answer = await csms.send("GetReport", {"requestId": number, **request})
            assert answer.payload["status"] == "Accepted"
            assert len(await report(csms, number)) == expected
        empty = {"requestId": 9, "componentVariable": [one], "componentCriteria": ["Problem"]}
        assert (await csms.send("GetReport", empty)).payload["status"] == "EmptyResultSet"
        await csms.send("GetReport", {"requestId": 10, "componentCriteria": ["Enabled"]})
        for entry in await report(csms, 10):
            assert entry["variable"]["name"] == "Enabled"
            assert entry["variableAttribute"][0]["value"] == "true"


# -- transactions -----------------------------------------------------------------------------------------------------


@BOTH
async def test_cable_first_session(version: str) -> None:
    async with booted(version) as (csms, rig):
        rig.do("plug_in", evseId=1, connectorId=1)
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
        started = await csms.expect("TransactionEvent", eventType="Started")
        assert started.payload["evse"] == {"id": 1, "connectorId": 1}
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("Authorize", idToken=TOKEN)
        await csms.expect("TransactionEvent", triggerReason="Authorized", idToken=TOKEN)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        with pytest.raises(VerbError, match="locked"):
            rig.do("unplug", evseId=1, side="station")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        end = await ended(csms)
        assert end["transactionInfo"]["stoppedReason"] == "Local"
        rig.do("unplug", evseId=1)
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Available")
        assert shape(csms) == [
            ("Started", "CablePluggedIn", "EVConnected"),
            ("Updated", "Authorized", "EVConnected"),
            ("Updated", "ChargingStateChanged", "Charging"),
            ("Ended", "StopAuthorized", "EVConnected"),
        ]
        assert len({event["transactionInfo"]["transactionId"] for event in csms.events()}) == 1
        values = [v["sampledValue"][0] for v in end["meterValue"]]
        assert [v["context"] for v in values] == ["Transaction.Begin", "Transaction.End"]
        assert values[1]["value"] > values[0]["value"]


CABLE = ("CablePluggedIn", "EVConnected")
AUTHORIZED = ("Authorized", "EVConnected")
SIGNED = ("SignedDataReceived", "EVConnected")
CHARGING = ("ChargingStateChanged", "Charging")
START_POINTS = {
    "ParkingBayOccupancy": [("EVDetected", "Idle"), CABLE, AUTHORIZED, CHARGING],
    "EVConnected": [CABLE, AUTHORIZED, CHARGING],
    "Authorized": [AUTHORIZED, CHARGING],
    "DataSigned": [SIGNED, CHARGING],
    "PowerPathClosed": [AUTHORIZED, CHARGING],
    "EnergyTransfer": [CHARGING],
}


@pytest.mark.parametrize("point", START_POINTS)
async def test_start_points(point: str) -> None:
    async with booted(settings={"SampledDataCtrlr.SignReadings": "true"}) as (csms, rig):
        await points(csms, point, "ParkingBayOccupancy")
        rig.do("occupy_bay", evseId=1)
        rig.do("plug_in", evseId=1)
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        seen = shape(csms)
        assert [one[0] for one in seen] == ["Started"] + ["Updated"] * (len(seen) - 1)
        assert [one[1:] for one in seen if one[1] != "SignedDataReceived" or one[0] == "Started"] == START_POINTS[point]
        with_token = [event for event in csms.events() if "idToken" in event]
        assert len(with_token) == 1
        rig.do("unplug", evseId=1, side="EV")
        rig.do("free_bay", evseId=1)
        assert (await ended(csms))["triggerReason"] == "EVDeparted"


STOPPED = ("Updated", "StopAuthorized", "Charging")
IDLE_AGAIN = ("Updated", "ChargingStateChanged", "EVConnected")
LOST = ("Updated", "EVCommunicationLost", "Idle")
STOP_POINTS = {
    "Authorized": [("Ended", "StopAuthorized", "EVConnected")],
    "PowerPathClosed": [("Ended", "StopAuthorized", "EVConnected")],
    "EnergyTransfer": [STOPPED, ("Ended", "ChargingStateChanged", "EVConnected")],
    "DataSigned": [STOPPED, IDLE_AGAIN, ("Ended", "SignedDataReceived", "EVConnected")],
    "EVConnected": [STOPPED, IDLE_AGAIN, ("Ended", "EVCommunicationLost", "Idle")],
    "ParkingBayOccupancy": [STOPPED, IDLE_AGAIN, LOST, ("Ended", "EVDeparted", "Idle")],
}


@pytest.mark.parametrize("point", STOP_POINTS)
@pytest.mark.parametrize("remote", [False, True])
async def test_stop_points(point: str, remote: bool) -> None:
    async with booted(settings={"SampledDataCtrlr.SignReadings": "true"}) as (csms, rig):
        await points(csms, "Authorized", point)
        rig.do("occupy_bay", evseId=1)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        before = len(csms.events())
        if remote:
            transaction = csms.events()[0]["transactionInfo"]["transactionId"]
            answer = await csms.send("RequestStopTransaction", {"transactionId": transaction})
            assert answer.payload["status"] == "Accepted"
        else:
            rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", triggerReason="RemoteStop" if remote else "StopAuthorized")
        rig.do("unplug", evseId=1)
        rig.do("free_bay", evseId=1)
        end = await ended(csms)
        expected = [(a, "RemoteStop" if remote and b == "StopAuthorized" else b, c) for a, b, c in STOP_POINTS[point]]
        assert shape(csms)[before:] == expected
        assert end["transactionInfo"]["stoppedReason"] == ("Remote" if remote else "Local")


@BOTH
async def test_remote_start_first(version: str) -> None:
    async with booted(version) as (csms, rig):
        request = {"idToken": TOKEN, "remoteStartId": 42, "evseId": 1}
        answer = await csms.send("RequestStartTransaction", request)
        assert answer.payload == {"status": "Accepted"}
        await csms.expect("Authorize", idToken=TOKEN)
        started = await csms.expect("TransactionEvent", eventType="Started", triggerReason="RemoteStart")
        assert started.payload["transactionInfo"]["remoteStartId"] == 42
        assert started.payload["idToken"] == TOKEN
        assert (await csms.send("RequestStartTransaction", request)).payload["status"] == "Rejected"
        rig.do("plug_in", evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        assert shape(csms) == [
            ("Started", "RemoteStart", "Idle"),
            ("Updated", "CablePluggedIn", "EVConnected"),
            ("Updated", "ChargingStateChanged", "Charging"),
        ]
        assert csms.events()[1]["evse"] == {"id": 1, "connectorId": 1}


async def test_remote_start_with_cable_names_the_transaction() -> None:
    async with booted(settings={"AuthCtrlr.AuthorizeRemoteStart": "false"}) as (csms, rig):
        rig.do("plug_in", evseId=2)
        started = await csms.expect("TransactionEvent", eventType="Started")
        answer = await csms.send("RequestStartTransaction", {"idToken": TOKEN, "remoteStartId": 7})
        assert answer.payload["transactionId"] == started.payload["transactionInfo"]["transactionId"]
        event = await csms.expect("TransactionEvent", triggerReason="RemoteStart")
        assert event.payload["transactionInfo"]["remoteStartId"] == 7
        assert not [call for call in csms.calls if call.action == "Authorize"]


async def test_invalid_token_starts_nothing() -> None:
    async with booted() as (csms, rig):
        csms.answers["Authorize"] = {"idTokenInfo": {"status": "Invalid"}}
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("Authorize")
        await asyncio.sleep(0.05)
        assert csms.events() == []


@pytest.mark.parametrize(
    ("stop", "settings", "shape_of_end"),
    [
        ("Authorized", {}, ("Ended", "Deauthorized", "EVConnected")),
        ("EVConnected", {}, ("Updated", "Deauthorized", "EVConnected")),
        ("EVConnected", {"TxCtrlr.StopTxOnInvalidId": "false"}, ("Updated", "ChargingStateChanged", "SuspendedEVSE")),
    ],
)
async def test_token_found_invalid_later(stop: str, settings: dict[str, str], shape_of_end: tuple[str, ...]) -> None:
    async with booted(settings=settings) as (csms, rig):
        await points(csms, "EVConnected", stop)

        def judge(payload: dict[str, Any]) -> dict[str, Any]:
            return {"idTokenInfo": {"status": "Blocked"}} if "idToken" in payload else {}

        csms.answers["TransactionEvent"] = judge
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", triggerReason="Authorized")
        await csms.expect(
            "TransactionEvent",
            eventType=shape_of_end[0],
            triggerReason=shape_of_end[1],
            transactionInfo__chargingState=shape_of_end[2],
        )
        if shape_of_end[0] == "Ended":
            assert csms.events()[-1]["transactionInfo"]["stoppedReason"] == "DeAuthorized"


async def test_energy_allowed_to_an_invalid_token() -> None:
    settings = {"TxCtrlr.StopTxOnInvalidId": "false", "TxCtrlr.MaxEnergyOnInvalidId": "2"}
    async with booted(settings=settings, watts=100_000) as (csms, rig):
        await points(csms, "EVConnected", "EVConnected")
        csms.answers["TransactionEvent"] = lambda p: {"idTokenInfo": {"status": "Invalid"}} if "idToken" in p else {}
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        await csms.expect("TransactionEvent", transactionInfo__chargingState="SuspendedEVSE")
        evse = rig.station.hardware.evses[0]
        assert 2 <= evse.meter.read() < 4


@pytest.mark.parametrize("stop", ["Authorized", "ParkingBayOccupancy"])
async def test_ev_connection_timeout(stop: str) -> None:
    async with booted() as (csms, rig):
        await points(csms, "Authorized", stop)
        await set_variables(csms, TxCtrlr__EVConnectionTimeOut="1")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", eventType="Started")
        event = await csms.expect("TransactionEvent", triggerReason="EVConnectTimeout")
        if stop == "Authorized":
            assert event.payload["eventType"] == "Ended"
            assert event.payload["transactionInfo"]["stoppedReason"] == "Timeout"
        else:
            assert event.payload["eventType"] == "Updated"


@pytest.mark.parametrize("unlock", ["true", "false"])
async def test_ev_side_disconnect_ends(unlock: str) -> None:
    async with booted() as (csms, rig):
        await points(csms, "EVConnected", "EVConnected")
        await set_variables(csms, OCPPCommCtrlr__UnlockOnEVSideDisconnect=unlock)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        rig.do("unplug", evseId=1, side="EV")
        end = await ended(csms)
        assert end["transactionInfo"]["stoppedReason"] == "EVDisconnected"
        assert (end["triggerReason"], end["transactionInfo"]["chargingState"]) == ("EVCommunicationLost", "Idle")
        if unlock == "false":
            with pytest.raises(VerbError, match="locked"):
                rig.do("unplug", evseId=1, side="station")
            rig.do("present_token", idToken=TOKEN, evseId=1)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        rig.do("unplug", evseId=1, side="station")
        await csms.expect("StatusNotification", connectorStatus="Available", evseId=1)


async def test_ev_side_disconnect_keeps_the_authorization() -> None:
    async with booted(settings={"TxCtrlr.StopTxOnEVSideDisconnect": "false"}) as (csms, rig):
        await points(csms, "Authorized", "Authorized")
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        rig.do("unplug", evseId=1, side="EV")
        event = await csms.expect("TransactionEvent", triggerReason="EVCommunicationLost", eventType="Updated")
        assert event.payload["transactionInfo"]["chargingState"] == "Idle"
        rig.do("plug_in", evseId=1)
        await csms.expect("TransactionEvent", triggerReason="CablePluggedIn")
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")


async def test_ev_suspends_and_resumes() -> None:
    async with booted() as (csms, rig):
        rig.do("ev_not_ready", evseId=1)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="SuspendedEV")
        rig.do("ev_ready", evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        rig.do("suspend_ev", evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="SuspendedEV")
        rig.do("resume_ev", evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")


async def test_ev_suspending_ends_when_energy_is_the_stop_point() -> None:
    async with booted() as (csms, rig):
        await points(csms, "EnergyTransfer", "EnergyTransfer")
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", eventType="Started")
        rig.do("suspend_ev", evseId=1)
        end = await ended(csms)
        assert end["transactionInfo"]["stoppedReason"] == "StoppedByEV"
        assert end["transactionInfo"]["chargingState"] == "EVConnected"
        rig.do("unplug", evseId=1)


async def test_periodic_meter_values_rise() -> None:
    async with booted(settings={"SampledDataCtrlr.TxUpdatedInterval": "1"}) as (csms, rig):
        rig.do("start_session", idToken=TOKEN, evseId=1)
        readings = []
        for _ in range(2):
            event = await csms.expect("TransactionEvent", triggerReason="MeterValuePeriodic")
            sample = event.payload["meterValue"][0]["sampledValue"][0]
            assert sample["context"] == "Sample.Periodic"
            readings.append(sample["value"])
        assert readings[1] - readings[0] > 4


async def test_power_cut_ends_the_transaction_after_the_boot() -> None:
    async with booted() as (csms, rig):
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        while len(rig.station.queue):
            await asyncio.sleep(0.001)
        rig.do("power_cycle")
        await csms.expect("BootNotification", reason="PowerUp")
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
        end = await ended(csms)
        assert end["transactionInfo"]["stoppedReason"] == "PowerLoss"
        assert end["offline"] is True


async def test_group_member_may_stop_a_stranger_may_not() -> None:
    async with booted() as (csms, rig):
        grouped = {"idTokenInfo": {"status": "Accepted", "groupIdToken": {"idToken": "G1", "type": "Central"}}}
        csms.answers["Authorize"] = grouped
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        await csms.expect("Authorize")
        csms.answers["Authorize"] = {"idTokenInfo": {"status": "Accepted"}}
        rig.do("present_token", idToken={"idToken": "STRANGER", "type": "ISO14443"}, evseId=1)
        await csms.expect("Authorize")
        csms.answers["Authorize"] = grouped
        rig.do("present_token", idToken={"idToken": "FRIEND", "type": "ISO14443"}, evseId=1)
        await csms.expect("Authorize")
        assert (await ended(csms))["idToken"]["idToken"] == "FRIEND"


# -- offline ----------------------------------------------------------------------------------------------------------


async def test_offline_session_is_delivered_later() -> None:
    settings = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}
    async with booted(settings=settings) as (csms, rig):
        rig.do("network_down")
        await asyncio.sleep(0.02)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await asyncio.sleep(0.02)
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await asyncio.sleep(0.02)
        transaction = next(iter(rig.station.queue))["transaction"]
        csms.answers["TransactionEvent"] = None
        rig.do("network_up")
        await csms.expect("TransactionEvent", eventType="Started", offline=True)
        answer = await csms.send("GetTransactionStatus", {"transactionId": transaction})
        assert answer.payload == {"ongoingIndicator": False, "messagesInQueue": True}
        rig.do("network_down")
        await asyncio.sleep(0.02)
        del csms.answers["TransactionEvent"]
        rig.do("network_up")
        await csms.expect("TransactionEvent", eventType="Ended", offline=True)
        assert all(event["offline"] for event in csms.events())
        answer = await csms.send("GetTransactionStatus", {})
        assert "ongoingIndicator" not in answer.payload
        assert csms.calls[-1].action != "BootNotification"


@pytest.mark.parametrize(("threshold", "reports"), [("0", 2), ("300", 1)])
async def test_offline_threshold(threshold: str, reports: int) -> None:
    async with booted() as (csms, rig):
        await set_variables(csms, OCPPCommCtrlr__OfflineThreshold=threshold)
        before = len(csms.calls)
        csms.refuse = True
        assert csms.open is not None
        await csms.open.close()
        await asyncio.sleep(0.02)
        rig.do("plug_in", evseId=1)
        csms.refuse = False
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
        await csms.expect("TransactionEvent", eventType="Started", offline=True)
        later = [call for call in csms.calls[before:] if call.action == "StatusNotification"]
        assert len(later) == reports
        assert not [call for call in csms.calls[before:] if call.action == "BootNotification"]


async def test_retries_of_a_transaction_event() -> None:
    settings = {"OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1"}
    async with booted(settings=settings) as (csms, rig):
        csms.answers["TransactionEvent"] = frames.error("", "InternalError")
        rig.do("plug_in", evseId=1)
        times = []
        for _ in range(3):
            await csms.expect("TransactionEvent", seqNo=0)
            times.append(asyncio.get_running_loop().time())
        assert times[1] - times[0] == pytest.approx(1, abs=0.3)
        assert times[2] - times[1] == pytest.approx(2, abs=0.3)
        identifiers = [call.id for call in csms.calls]
        assert len(set(identifiers)) == len(identifiers)


async def test_back_off_doubles() -> None:
    async with booted(reconnect_wait=0.1) as (csms, _):
        loop = asyncio.get_running_loop()
        csms.refuse = True
        assert csms.open is not None
        await csms.open.close()
        start = loop.time()
        async with asyncio.timeout(5):
            while len(csms.refusals) < 3:
                await asyncio.sleep(0.01)
        refused = csms.refusals
        assert refused[0] - start >= 0.09
        assert refused[1] - refused[0] >= 0.19
        assert refused[2] - refused[1] >= 0.38


# -- resets, availability, network ----------------------------------------------------------------------------------


async def test_reset_immediate_with_transaction() -> None:
    async with booted() as (csms, rig):
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        assert (await csms.send("Reset", {"type": "Immediate"})).payload["status"] == "Accepted"
        end = await ended(csms)
        assert (end["triggerReason"], end["transactionInfo"]["stoppedReason"]) == ("ResetCommand", "ImmediateReset")
        assert end["transactionInfo"]["chargingState"] == "EVConnected"
        assert "idToken" not in end
        await csms.expect("BootNotification", reason="RemoteReset")
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
        await csms.expect("StatusNotification", evseId=2, connectorStatus="Available")
        await csms.expect("SecurityEventNotification", type="ResetOrReboot")


@pytest.mark.parametrize("evse", [{}, {"evseId": 1}])
async def test_reset_on_idle_waits(evse: dict[str, int]) -> None:
    async with booted() as (csms, rig):
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        assert (await csms.send("Reset", {"type": "OnIdle", **evse})).payload["status"] == "Scheduled"
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await ended(csms)
        if not evse:
            await csms.expect("BootNotification", reason="ScheduledReset")
            await csms.expect("SecurityEventNotification", type="ResetOrReboot")
        assert (await csms.send("Reset", {"type": "OnIdle", "evseId": 9})).payload["status"] == "Rejected"


@pytest.mark.parametrize("evse", [None, {"id": 1}, {"id": 1, "connectorId": 1}])
async def test_availability_is_scheduled_and_survives_a_power_cut(evse: dict[str, int] | None) -> None:
    target = {} if evse is None else {"evse": evse}
    async with booted() as (csms, rig):
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        request = {"operationalStatus": "Inoperative", **target}
        assert (await csms.send("ChangeAvailability", request)).payload["status"] == "Scheduled"
        if evse is None:
            await csms.expect("StatusNotification", evseId=2, connectorStatus="Unavailable")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await ended(csms)
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Unavailable")
        rig.do("power_cycle")
        await csms.expect("BootNotification")
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Unavailable")
        await csms.expect("StatusNotification", evseId=2)
        assert (await csms.send("ChangeAvailability", request)).payload["status"] == "Accepted"
        request["operationalStatus"] = "Operative"
        assert (await csms.send("ChangeAvailability", request)).payload["status"] == "Accepted"
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Occupied")
        if evse is None:
            await csms.expect("StatusNotification", evseId=2, connectorStatus="Available")


async def test_reservation_survives_a_reset_and_is_used() -> None:
    async with booted() as (csms, rig):
        reservation = {"id": 5, "expiryDateTime": "2099-01-01T00:00:00.000Z", "idToken": TOKEN, "evseId": 1}
        assert (await csms.send("ReserveNow", reservation)).payload["status"] == "Accepted"
        await csms.expect("StatusNotification", connectorStatus="Reserved")
        await csms.send("Reset", {"type": "OnIdle"})
        await csms.expect("BootNotification")
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Reserved")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        event = await csms.expect("TransactionEvent", triggerReason="Authorized")
        assert event.payload["reservationId"] == 5
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Available")


def _reservation(number: int, evse: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "expiryDateTime": "2099-01-01T00:00:00.000Z", "idToken": TOKEN, "evseId": evse, **fields}


async def test_reservation_for_a_group_lets_in_that_group_alone() -> None:
    group = {"idToken": "FLEET", "type": "Central"}
    async with booted() as (csms, rig):
        assert (await csms.send("ReserveNow", _reservation(6, 1, groupIdToken=group))).payload["status"] == "Accepted"
        start = {"remoteStartId": 1, "idToken": {"idToken": "AB12", "type": "ISO14443"}, "evseId": 1}
        for fields in ({}, {"groupIdToken": {"idToken": "OTHERS", "type": "Central"}}):
            answer = await csms.send("RequestStartTransaction", {**start, **fields})
            assert answer.payload["status"] == "Rejected"
        answer = await csms.send("RequestStartTransaction", {**start, "groupIdToken": group})
        assert answer.payload["status"] == "Accepted"
        await csms.expect("TransactionEvent", triggerReason="RemoteStart")
        rig.do("plug_in", evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")


async def test_token_without_a_group_does_not_start_where_a_group_has_reserved() -> None:
    async with booted() as (csms, rig):
        group = {"idToken": "FLEET", "type": "Central"}
        await csms.send("ReserveNow", _reservation(6, 1, groupIdToken=group))
        rig.do("present_token", idToken={"idToken": "AB12", "type": "ISO14443"}, evseId=1)
        await csms.expect("Authorize")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        event = await csms.expect("TransactionEvent")
        assert event.payload["idToken"] == TOKEN


async def test_reservation_moves_to_another_evse_and_ends_with_it() -> None:
    async with booted() as (csms, rig):
        await csms.send("ReserveNow", _reservation(7, 1))
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Reserved")
        assert (await csms.send("ReserveNow", _reservation(7, 2))).payload["status"] == "Accepted"
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Available")
        await csms.expect("StatusNotification", evseId=2, connectorStatus="Reserved")
        rig.do("cause_fault", evseId=2)
        told = await csms.expect("ReservationStatusUpdate")
        assert told.payload == {"reservationId": 7, "reservationUpdateStatus": "Removed"}


async def test_new_network_profile_is_used_after_a_reset() -> None:
    async with CsmsDouble("2.0.1") as other, booted() as (csms, _):
        profile = {
            "messageTimeout": 10,
            "ocppCsmsUrl": other.url,
            "ocppInterface": "Wired0",
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "securityProfile": 0,
        }
        refused = await csms.send("SetNetworkProfile", {"configurationSlot": 999, "connectionData": profile})
        assert refused.payload["status"] == "Rejected"
        answer = await csms.send("SetNetworkProfile", {"configurationSlot": 2, "connectionData": profile})
        assert answer.payload["status"] == "Accepted"
        data = attribute("OCPPCommCtrlr", "NetworkConfigurationPriority", attributeValue="2,1")
        answer = await csms.send("SetVariables", {"setVariableData": [data]})
        assert answer.payload["setVariableResult"][0]["attributeStatus"] == "RebootRequired"
        await csms.send("Reset", {"type": "OnIdle"})
        await other.expect("BootNotification", reason="RemoteReset")
        await other.expect("StatusNotification", evseId=2)
        other.refuse = True
        await other.send("Reset", {"type": "OnIdle"})
        # Slot 2 does not answer any more, so that after three attempts slot 1 gets its turn.
        await csms.expect("BootNotification", reason="RemoteReset")


# -- the rest ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Heartbeat", "MeterValues", "LogStatusNotification", "FirmwareStatusNotification"])
async def test_trigger_message(kind: str) -> None:
    async with booted() as (csms, _):
        answer = await csms.send("TriggerMessage", {"requestedMessage": kind})
        assert answer.payload["status"] == "Accepted"
        call = await csms.expect(kind)
        if kind == "MeterValues":
            assert call.payload["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"
            await csms.expect(kind, evseId=2)
        if kind.endswith("StatusNotification"):
            assert call.payload == {"status": "Idle"}


async def test_trigger_message_for_status_and_transaction() -> None:
    async with booted() as (csms, rig):
        status = {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}
        assert (await csms.send("TriggerMessage", status)).payload["status"] == "Accepted"
        await csms.expect("StatusNotification", evseId=1)
        event = {"requestedMessage": "TransactionEvent", "evse": {"id": 1}}
        assert (await csms.send("TriggerMessage", event)).payload["status"] == "Rejected"
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        assert (await csms.send("TriggerMessage", event)).payload["status"] == "Accepted"
        call = await csms.expect("TransactionEvent", triggerReason="Trigger")
        assert call.payload["evse"] == {"id": 1, "connectorId": 1}
        assert call.payload["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"
        unknown = {"requestedMessage": "SignCombinedCertificate"}
        assert (await csms.send("TriggerMessage", unknown)).payload["status"] == "NotImplemented"


async def test_unlock_connector() -> None:
    async with booted() as (csms, rig):
        request = {"evseId": 1, "connectorId": 1}
        assert (await csms.send("UnlockConnector", request)).payload["status"] == "Unlocked"
        assert (await csms.send("UnlockConnector", {**request, "connectorId": 9})).payload[
            "status"
        ] == "UnknownConnector"
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        answer = await csms.send("UnlockConnector", request)
        assert answer.payload["status"] == "OngoingAuthorizedTransaction"


async def test_jammed_lock_is_told_and_nothing_is_charged() -> None:
    async with booted() as (csms, rig):
        rig.do("jam_lock", evseId=1)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        notice = await csms.expect("NotifyEvent")
        assert notice.payload["eventData"][0]["component"]["name"] == "ConnectorPlugRetentionLock"
        assert "Charging" not in [one[2] for one in shape(csms)]
        rig.do("free_lock", evseId=1)


async def test_fault() -> None:
    async with booted() as (csms, rig):
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        rig.do("cause_fault", evseId=1, kind="GroundFault")
        await csms.expect("StatusNotification", connectorStatus="Faulted")
        end = await ended(csms)
        assert (end["triggerReason"], end["transactionInfo"]["stoppedReason"]) == ("AbnormalCondition", "GroundFault")
        rig.do("clear_fault", evseId=1)
        await csms.expect("StatusNotification", connectorStatus="Occupied")


async def test_local_list_and_cache() -> None:
    async with booted(settings={"AuthCtrlr.LocalPreAuthorize": "true"}) as (csms, rig):
        entry = {"idToken": TOKEN, "idTokenInfo": {"status": "Accepted"}}
        full = {"versionNumber": 2, "updateType": "Full", "localAuthorizationList": [entry]}
        assert (await csms.send("GetLocalListVersion", {})).payload == {"versionNumber": 0}
        assert (await csms.send("SendLocalList", full)).payload["status"] == "Accepted"
        old = {"versionNumber": 2, "updateType": "Differential"}
        assert (await csms.send("SendLocalList", old)).payload["status"] == "VersionMismatch"
        assert (await csms.send("GetLocalListVersion", {})).payload == {"versionNumber": 2}
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        rig.do("start_session", idToken={"idToken": "CACHED", "type": "ISO14443"}, evseId=2)
        await csms.expect("TransactionEvent", idToken__idToken="CACHED")
        while len(rig.station.queue):
            await asyncio.sleep(0.001)
        assert [call.payload["idToken"]["idToken"] for call in csms.calls if call.action == "Authorize"] == ["CACHED"]
        assert rig.station.cache.find("iso14443 cached") is not None
        assert (await csms.send("ClearCache", {})).payload["status"] == "Accepted"
        assert rig.station.cache.find("cached") is None


async def test_password_change_reconnects() -> None:
    async with booted(password="first-password-0001") as (csms, _):
        first = csms.headers["Authorization"]
        await set_variables(csms, SecurityCtrlr__BasicAuthPassword="second-password-0002")
        await csms.until(lambda: csms.connections == 2)
        assert csms.headers["Authorization"] != first


async def test_log_upload_failure_is_told() -> None:
    async with booted() as (csms, _):
        request = {"logType": "DiagnosticsLog", "requestId": 4, "log": {"remoteLocation": "http://127.0.0.1:9/x"}}
        answer = await csms.send("GetLog", request)
        assert answer.payload["status"] == "Accepted"
        await csms.expect("LogStatusNotification", status="Uploading", requestId=4)
        await csms.expect("LogStatusNotification", status="UploadFailure", requestId=4)


async def test_state_survives_a_restart_of_the_process(tmp_path: Any) -> None:
    async with CsmsDouble("2.0.1") as csms:
        async with Rig(csms, state=tmp_path) as rig:
            await rig.booted()
            await set_variables(csms, OCPPCommCtrlr__OfflineThreshold="77")
            rig.do("network_down")
            await asyncio.sleep(0.02)
            rig.do("plug_in", evseId=1)
        async with Rig(csms, state=tmp_path) as rig:
            await csms.expect("BootNotification")
            assert rig.station.model.text("OCPPCommCtrlr", "OfflineThreshold") == "77"
            await csms.expect("TransactionEvent", eventType="Started", offline=True)
            await csms.expect("TransactionEvent", eventType="Ended", transactionInfo__stoppedReason="PowerLoss")
        assert csms.problems == []
