"""The reference charge point of 1.6J against a scripted Central System."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from conformance.ocppj import frames
from conformance.reference.http_operator import VerbError
from tests.reference.csms_double import TOKEN, CsmsDouble, Rig, now


@asynccontextmanager
async def booted(**options: Any) -> AsyncIterator[tuple[CsmsDouble, Rig]]:
    """A charge point that has booted; at the end no frame of it may have been invalid."""
    async with CsmsDouble("1.6") as csms, Rig(csms, **options) as rig:
        await rig.booted()
        await csms.expect("StatusNotification")
        yield csms, rig
        assert csms.problems == []


async def change(csms: CsmsDouble, key: str, value: str) -> str:
    answer = await csms.send("ChangeConfiguration", {"key": key, "value": value})
    return str(answer.payload["status"])


async def charging(csms: CsmsDouble, rig: Rig, connector: int = 1) -> None:
    rig.do("start_session", idToken=TOKEN, evseId=connector)
    await csms.expect("StatusNotification", connectorId=connector, status="Charging")
    await csms.expect("StartTransaction", connectorId=connector)
    while len(rig.station.queue):
        await asyncio.sleep(0.001)


def statuses(csms: CsmsDouble, connector: int = 1) -> list[str]:
    return [
        call.payload["status"]
        for call in csms.calls
        if call.action == "StatusNotification" and call.payload["connectorId"] == connector
    ]


async def test_boot_rejected_pending_accepted() -> None:
    async with CsmsDouble("1.6") as csms, Rig(csms, password="0123456789abcdef"):
        csms.answers["BootNotification"] = {"status": "Rejected", "currentTime": now(), "interval": 1}
        await csms.expect("BootNotification")
        assert (await csms.send("GetConfiguration", {})).type == frames.CALLERROR
        csms.answers["BootNotification"] = {"status": "Pending", "currentTime": now(), "interval": 1}
        await csms.expect("BootNotification")
        await asyncio.sleep(0.02)
        assert (await csms.send("GetConfiguration", {})).payload["configurationKey"]
        remote = await csms.send("RemoteStartTransaction", {"idTag": "A", "connectorId": 1})
        assert remote.payload["status"] == "Rejected"
        del csms.answers["BootNotification"]
        await csms.expect("BootNotification")
        for connector in (0, 1, 2):
            await csms.expect("StatusNotification", connectorId=connector, status="Available")
        assert csms.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"
        assert csms.headers["Authorization"].startswith("Basic ")
        assert csms.problems == []


async def test_plug_in_first() -> None:
    async with booted() as (csms, rig):
        await charging(csms, rig)
        with pytest.raises(VerbError, match="locked"):
            rig.do("unplug", evseId=1, side="station")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        stop = await csms.expect("StopTransaction", transactionId=77, reason="Local", idTag="ABC123")
        start = next(call for call in csms.calls if call.action == "StartTransaction")
        assert stop.payload["meterStop"] >= start.payload["meterStart"]
        rig.do("unplug", evseId=1)
        await csms.expect("StatusNotification", connectorId=1, status="Available", errorCode="NoError")
        await csms.expect("StatusNotification", connectorId=1, status="Finishing")
        assert statuses(csms) == ["Available", "Preparing", "Charging", "Finishing", "Available"]


async def test_identification_first_and_time_out() -> None:
    async with booted() as (csms, rig):
        assert await change(csms, "ConnectionTimeOut", "1") == "Accepted"
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("StatusNotification", connectorId=1, status="Preparing")
        rig.do("plug_in", evseId=1)
        await csms.expect("StatusNotification", connectorId=1, status="Charging")
        rig.do("present_token", idToken=TOKEN, evseId=2)
        await csms.expect("StatusNotification", connectorId=2, status="Preparing")
        await csms.until(lambda: statuses(csms, 2) == ["Available", "Preparing", "Available"])


async def test_ev_side_disconnect() -> None:
    async with booted() as (csms, rig):
        await charging(csms, rig)
        rig.do("unplug", evseId=1, side="EV")
        await csms.expect("StopTransaction", reason="EVDisconnected")
        await csms.expect("StatusNotification", connectorId=1, status="Finishing")
        rig.do("unplug", evseId=1, side="station")
        await csms.until(lambda: statuses(csms)[-1] == "Available")


async def test_ev_side_disconnect_without_stop() -> None:
    async with booted(settings={"StopTransactionOnEVSideDisconnect": "false"}) as (csms, rig):
        await charging(csms, rig)
        rig.do("unplug", evseId=1, side="EV")
        await csms.expect("StatusNotification", status="SuspendedEV", info="EV side disconnected")
        assert (await csms.send("RemoteStopTransaction", {"transactionId": 77})).payload["status"] == "Accepted"
        await csms.expect("StopTransaction", reason="Remote")
        await csms.expect("StatusNotification", status="Finishing")


async def test_remote_start_and_stop() -> None:
    async with booted() as (csms, rig):
        assert (await csms.send("RemoteStopTransaction", {"transactionId": 1})).payload["status"] == "Rejected"
        request = {"idTag": "REMOTE", "connectorId": 1}
        assert (await csms.send("RemoteStartTransaction", {**request, "connectorId": 0})).payload[
            "status"
        ] == "Rejected"
        assert (await csms.send("RemoteStartTransaction", request)).payload["status"] == "Accepted"
        await csms.expect("Authorize", idTag="REMOTE")
        await csms.expect("StatusNotification", status="Preparing")
        rig.do("plug_in", evseId=1)
        await csms.expect("StartTransaction", idTag="REMOTE")
        await csms.expect("StatusNotification", status="Charging")
        assert (await csms.send("RemoteStartTransaction", request)).payload["status"] == "Rejected"
        assert (await csms.send("RemoteStopTransaction", {"transactionId": 77})).payload["status"] == "Accepted"
        await csms.expect("StopTransaction", reason="Remote")
        await csms.expect("StatusNotification", status="Finishing")


async def test_invalid_tag() -> None:
    async with booted() as (csms, rig):
        csms.answers["Authorize"] = {"idTagInfo": {"status": "Invalid"}}
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("Authorize")
        await asyncio.sleep(0.05)
        assert not [call for call in csms.calls if call.action == "StartTransaction"]


@pytest.mark.parametrize("stops", ["true", "false"])
async def test_tag_found_invalid_at_the_start(stops: str) -> None:
    async with booted(settings={"StopTransactionOnInvalidId": stops}) as (csms, rig):
        csms.answers["StartTransaction"] = {"idTagInfo": {"status": "Blocked"}, "transactionId": 5}
        rig.do("start_session", idToken=TOKEN, evseId=1)
        if stops == "true":
            await csms.expect("StopTransaction", reason="DeAuthorized", transactionId=5)
        else:
            await csms.expect("StatusNotification", status="SuspendedEVSE")


@pytest.mark.parametrize(("kind", "reason"), [("Hard", "HardReset"), ("Soft", "SoftReset")])
async def test_reset_with_transaction(kind: str, reason: str) -> None:
    async with booted() as (csms, rig):
        await charging(csms, rig)
        assert (await csms.send("Reset", {"type": kind})).payload["status"] == "Accepted"
        await csms.expect("StopTransaction", reason=reason)
        await csms.expect("BootNotification")
        await csms.expect("StatusNotification", connectorId=1, status="Preparing")


async def test_power_cut_with_transaction() -> None:
    async with booted() as (csms, rig):
        await charging(csms, rig)
        rig.do("power_cycle")
        await csms.expect("BootNotification")
        await csms.expect("StopTransaction", reason="PowerLoss", transactionId=77)


async def test_availability_survives_a_power_cut() -> None:
    async with booted() as (csms, rig):
        request = {"connectorId": 1, "type": "Inoperative"}
        assert (await csms.send("ChangeAvailability", request)).payload["status"] == "Accepted"
        await csms.expect("StatusNotification", connectorId=1, status="Unavailable")
        rig.do("power_cycle")
        await csms.expect("BootNotification")
        await csms.expect("StatusNotification", connectorId=1, status="Unavailable")
        await csms.expect("StatusNotification", connectorId=2, status="Available")
        request["type"] = "Operative"
        assert (await csms.send("ChangeAvailability", request)).payload["status"] == "Accepted"
        await csms.until(lambda: statuses(csms)[-1] == "Available")
        await charging(csms, rig)
        whole = {"connectorId": 0, "type": "Inoperative"}
        assert (await csms.send("ChangeAvailability", whole)).payload["status"] == "Scheduled"
        await csms.expect("StatusNotification", connectorId=2, status="Unavailable")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("StopTransaction")
        await csms.until(lambda: statuses(csms)[-1] == "Unavailable")


async def test_unlock_connector() -> None:
    async with booted() as (csms, rig):
        assert (await csms.send("UnlockConnector", {"connectorId": 1})).payload["status"] == "Unlocked"
        assert (await csms.send("UnlockConnector", {"connectorId": 9})).payload["status"] == "NotSupported"
        await charging(csms, rig)
        assert (await csms.send("UnlockConnector", {"connectorId": 1})).payload["status"] == "Unlocked"
        await csms.expect("StopTransaction", reason="UnlockCommand")
        await csms.expect("StatusNotification", status="Finishing")
        rig.do("unplug", evseId=1)
        await csms.until(lambda: statuses(csms)[-1] == "Available")


async def test_configuration() -> None:
    async with booted() as (csms, _):
        answer = await csms.send("GetConfiguration", {"key": ["HeartbeatInterval", "NoSuchKey"]})
        assert answer.payload == {
            "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
            "unknownKey": ["NoSuchKey"],
        }
        assert await change(csms, "MeterValueSampleInterval", "7") == "Accepted"
        assert await change(csms, "NoSuchKey", "7") == "NotSupported"
        assert await change(csms, "MeterValueSampleInterval", "-1") == "Rejected"
        assert await change(csms, "NumberOfConnectors", "7") == "Rejected"
        answer = await csms.send("GetConfiguration", {"key": ["MeterValueSampleInterval"]})
        assert answer.payload["configurationKey"][0]["value"] == "7"


async def test_authorization_key_is_bytes_and_stays_hidden() -> None:
    async with booted(password="first") as (csms, _):
        assert await change(csms, "AuthorizationKey", "00ff" * 8) == "Accepted"
        await csms.until(lambda: csms.connections == 2)
        import base64

        sent = base64.b64decode(csms.headers["Authorization"].split()[1])
        assert sent == b"CS 1:" + bytes.fromhex("00ff" * 8)
        await asyncio.sleep(0.05)
        answer = await csms.send("GetConfiguration", {"key": ["AuthorizationKey"]})
        assert "value" not in answer.payload["configurationKey"][0]


async def test_offline_transaction() -> None:
    async with booted(settings={"AllowOfflineTxForUnknownId": "true"}) as (csms, rig):
        rig.do("network_down")
        await asyncio.sleep(0.02)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await asyncio.sleep(0.02)
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await asyncio.sleep(0.02)
        rig.do("network_up")
        await csms.expect("StartTransaction")
        await csms.expect("StopTransaction", transactionId=77)
        await csms.expect("StatusNotification", connectorId=1, status="Finishing")


async def test_refused_start_transaction_is_sent_again() -> None:
    async with booted(settings={"TransactionMessageRetryInterval": "1"}) as (csms, rig):
        csms.answers["StartTransaction"] = frames.error("", "InternalError")
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("StartTransaction")
        del csms.answers["StartTransaction"]
        await csms.expect("StartTransaction")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("StopTransaction", transactionId=77)


@pytest.mark.parametrize(
    "kind", ["BootNotification", "Heartbeat", "MeterValues", "StatusNotification", "DiagnosticsStatusNotification"]
)
async def test_trigger_message(kind: str) -> None:
    async with booted() as (csms, _):
        request: dict[str, Any] = {"requestedMessage": kind}
        if kind in ("MeterValues", "StatusNotification"):
            request["connectorId"] = 1
        assert (await csms.send("TriggerMessage", request)).payload["status"] == "Accepted"
        await csms.expect(kind)
        rejected = await csms.send("TriggerMessage", {"requestedMessage": kind, "connectorId": 9})
        assert rejected.payload["status"] == "Rejected"


async def test_local_list() -> None:
    async with booted(settings={"LocalPreAuthorize": "true"}) as (csms, rig):
        assert (await csms.send("GetLocalListVersion", {})).payload == {"listVersion": 0}
        entry = {"idTag": "ABC123", "idTagInfo": {"status": "Accepted"}}
        full = {"listVersion": 3, "updateType": "Full", "localAuthorizationList": [entry]}
        assert (await csms.send("SendLocalList", full)).payload["status"] == "Accepted"
        stale = {"listVersion": 2, "updateType": "Differential"}
        assert (await csms.send("SendLocalList", stale)).payload["status"] == "VersionMismatch"
        await charging(csms, rig)
        assert not [call for call in csms.calls if call.action == "Authorize"]


LISTED = {"idTag": TOKEN["idToken"], "idTagInfo": {"status": "Accepted"}}


async def test_version_of_an_empty_list() -> None:
    async with booted() as (csms, _):
        assert (await csms.send("SendLocalList", {"listVersion": 3, "updateType": "Full"})).payload[
            "status"
        ] == "Accepted"
        assert (await csms.send("GetLocalListVersion", {})).payload == {"listVersion": 0}
        change = {"listVersion": 1, "updateType": "Differential", "localAuthorizationList": [LISTED]}
        assert (await csms.send("SendLocalList", change)).payload["status"] == "Accepted"
        assert (await csms.send("GetLocalListVersion", {})).payload == {"listVersion": 1}


async def test_conflict_of_list_and_central_system() -> None:
    async with booted() as (csms, rig):
        await csms.send("SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [LISTED]})
        csms.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("StatusNotification", connectorId=0, errorCode="LocalListConflict", status="Available")


async def test_without_local_lists() -> None:
    profiles = {"SupportedFeatureProfiles": "Core,RemoteTrigger"}
    async with booted(settings=profiles) as (csms, _):
        assert (await csms.send("GetLocalListVersion", {})).payload == {"listVersion": -1}
        answer = await csms.send("SendLocalList", {"listVersion": 1, "updateType": "Full"})
        assert answer.payload == {"status": "NotSupported"}
        answer = await csms.send("GetConfiguration", {"key": ["LocalAuthListEnabled"]})
        assert answer.payload == {"unknownKey": ["LocalAuthListEnabled"]}


async def test_without_cache() -> None:
    async with booted(settings={"AuthorizationCacheEnabled": "", "LocalPreAuthorize": "true"}) as (csms, rig):
        assert (await csms.send("ClearCache", {})).payload == {"status": "Rejected"}
        for evse in (1, 2):
            rig.do("present_token", idToken=TOKEN, evseId=evse)
            await csms.expect("Authorize", idTag=TOKEN["idToken"])
            await csms.expect("StatusNotification", connectorId=evse, status="Preparing")


async def test_parent_may_stop() -> None:
    async with booted() as (csms, rig):
        csms.answers["Authorize"] = {"idTagInfo": {"status": "Accepted", "parentIdTag": "P"}}
        await charging(csms, rig)
        rig.do("present_token", idToken={"idToken": "FRIEND", "type": "ISO14443"}, evseId=1)
        await csms.expect("StopTransaction", idTag="FRIEND")


async def test_lock_failure() -> None:
    async with booted() as (csms, rig):
        rig.do("jam_lock", evseId=1)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("StatusNotification", errorCode="ConnectorLockFailure", status="Faulted")
        assert not [call for call in csms.calls if call.action == "StartTransaction"]


async def test_periodic_meter_values() -> None:
    async with booted(settings={"MeterValueSampleInterval": "1", "StopTxnSampledData": "Voltage"}) as (csms, rig):
        await charging(csms, rig)
        values = await csms.expect("MeterValues", connectorId=1, transactionId=77)
        assert values.payload["meterValue"][0]["sampledValue"][0]["context"] == "Sample.Periodic"
        rig.do("present_token", idToken=TOKEN, evseId=1)
        stop = await csms.expect("StopTransaction")
        contexts = [value["sampledValue"][0]["context"] for value in stop.payload["transactionData"]]
        assert contexts == ["Transaction.Begin", "Sample.Periodic", "Transaction.End"]
