"""Every defect of the reference CSMS shows on the wire: a tour of its behaviour goes differently with than without."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from conformance.cases.catalogue import load_catalogue
from conformance.reference.defects import Defect, all_defects
from tests.reference.scripted import Running, ScriptedStation, utc

PATIENCE = 0.4
VERSIONS = {"1.6": "1.6", "2": "2.0.1"}
CASES = {
    "1.6": re.compile(r"(TC_\d{3}(_\d)?|OC_([A-Z]{1,2}|16)_\d\d)_CSMS"),
    "2": re.compile(r"(TC_[A-S]_\d{2,3}|OC_[A-Z]{1,2}_\d\d)_CSMS"),
}
CAMPAIGN = re.compile(r"OC_(FZ|FT|ST|S)_\d\d_CSMS")
"""Cases with inputs that no tour sends; what only they find may also end the process."""


def _toured(case: str) -> bool:
    """Whether the tour touches what this case is about."""
    blocks = {entry.block for version, entry in load_catalogue().of(case).items() if version in VERSIONS.values()}
    return bool(blocks - _ELSEWHERE) and not case.startswith("OC_16") and not CAMPAIGN.fullmatch(case)


_ELSEWHERE = {
    *("LocalAuthListManagement", "FirmwareManagement", "Reservation", "SmartCharging", "Security"),
    *("A", "C", "D"),
}

ALL = [
    (defect, family)
    for defect in all_defects("CSMS")
    for family in defect.families
    if any(_toured(case) for case in defect.must_fail) and not defect.variant
]
"""What shows only on a security profile, in a negative test, in a profile of 1.6 beyond Core or in blocks A, C and D of
2.x, or in 2.1 alone, is hunted there: no tour goes that way."""
TAG, TOKEN = "AABBCC01", {"idToken": "AABBCC01", "type": "ISO14443"}


class Tour:
    """What happened, with everything that differs from run to run taken out."""

    def __init__(self, csms: Running, spoken: str) -> None:
        self.csms = csms
        self.spoken = spoken
        self.seen: list[str] = []
        self.texts: list[str] = []

    def note(self, what: str, outcome: object) -> None:
        text = json.dumps(outcome, sort_keys=True, default=str)
        self.texts.append(text)
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT(\d\d):[\d:.]+", "<time>", text)
        text = re.sub(r"-----BEGIN.*?\"", '<pem>"', text)
        text = re.sub(r'"(signature|serialNumber|issuerKeyHash)": "[^"]*"', r'"\1": ""', text)
        self.seen.append(f"{what}: {text}")

    def hour(self) -> str:
        """The hour of the first currentTime."""
        found = re.search(r'currentTime": "[\d-]+T(\d\d)', " ".join(self.texts))
        assert found is not None
        return found[1]

    async def receive(self, station: ScriptedStation, what: str) -> list[Any] | None:
        """Note the next frame, or that none comes."""
        try:
            async with asyncio.timeout(PATIENCE):
                frame: list[Any] = json.loads(await station.socket.recv())
        except TimeoutError:
            self.note(what, "silence")
            return None
        except ConnectionClosed:
            self.note(what, "closed")
            return None
        self.note(what, frame)
        return frame

    async def call(self, station: ScriptedStation, action: str, payload: Any) -> list[Any] | None:
        """Send a CALL, note what comes back."""
        try:
            await station.send(2, f"{action}-1", action, payload)
        except ConnectionClosed:
            self.note(action, "closed")
            return None
        return await self.receive(station, action)

    async def asks(self, station: ScriptedStation, action: str, **asked: Any) -> None:
        """Have the CSMS send a CALL, note it and refuse it."""
        try:
            await self.csms.sends(action, asked)
        except Exception as problem:
            self.note(action, f"refused: {problem}")
            return
        frame = await self.receive(station, f"csms {action}")
        if frame is not None and frame[0] == 2:
            await station.send(4, frame[1], "InternalError", "", {})


def boot(spoken: str) -> dict[str, Any]:
    if spoken == "1.6":
        return {"chargePointVendor": "V", "chargePointModel": "M"}
    return {"chargingStation": {"model": "M", "vendorName": "V"}, "reason": "PowerUp"}


async def handshakes(tour: Tour) -> None:
    for offered in (["ocpp0.1"], ["ocpp0.1", f"ocpp{tour.spoken}"]):
        async with tour.csms.station(tour.spoken, "HAND", subprotocols=offered) as station:
            tour.note("subprotocol", station.socket.subprotocol)


async def framework(tour: Tour, station: ScriptedStation) -> None:
    await tour.call(station, "Heartbeat", {})
    tour.csms.csms.answer_boot("CS001", "Pending")
    await tour.call(station, "BootNotification", boot(tour.spoken))
    await tour.call(station, "Heartbeat", {})
    await tour.call(station, "BootNotification", boot(tour.spoken))
    await tour.call(station, "Heartbeat", {})
    await tour.call(station, "Teleport", {})


async def notifications(tour: Tour, station: ScriptedStation) -> None:
    await tour.call(station, "DataTransfer", {"vendorId": "nobody"})
    await tour.call(station, "FirmwareStatusNotification", {"status": "Idle"})
    await tour.call(station, "LogStatusNotification", {"status": "Idle"})
    if tour.spoken == "1.6":
        await tour.call(station, "SecurityEventNotification", {"type": "InvalidMessages", "timestamp": utc()})
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        values = {"connectorId": 1, "meterValue": [{"timestamp": utc(), "sampledValue": [{"value": "1"}]}]}
    else:
        status = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": utc()}
        values = {"evseId": 1, "meterValue": [{"timestamp": utc(), "sampledValue": [{"value": 1}]}]}
        component = {"component": {"name": "Connector"}, "variable": {"name": "Problem"}, "actualValue": "true"}
        event = {"eventId": 1, "timestamp": utc(), "trigger": "Delta", "eventNotificationType": "CustomMonitor"}
        data = {"generatedAt": utc(), "seqNo": 0, "eventData": [{**event, **component}]}
        await tour.call(station, "NotifyEvent", data)
        await tour.call(station, "NotifyReport", {"requestId": 1, "generatedAt": utc(), "seqNo": 0})
    await tour.call(station, "StatusNotification", status)
    occupied = {"status": "Preparing"} if tour.spoken == "1.6" else {"connectorStatus": "Occupied"}
    await tour.call(station, "StatusNotification", {**status, **occupied})
    await tour.call(station, "MeterValues", values)


async def transactions(tour: Tour, station: ScriptedStation) -> None:
    values = (TAG, "AABBCC03", "AABBCC07", "AABBCC09")
    if tour.spoken == "1.6":
        for value in values:
            await tour.call(station, "Authorize", {"idTag": value})
        start = {"connectorId": 1, "idTag": TAG, "meterStart": 5, "timestamp": utc()}
        for connector in (1, 1, 2):
            await tour.call(station, "StartTransaction", {**start, "connectorId": connector})
        await tour.asks(station, "RemoteStopTransaction")
        return
    for value in values:
        await tour.call(station, "Authorize", {"idToken": {**TOKEN, "idToken": value}})
    for kind, number, more in (("Started", 0, {"idToken": TOKEN, "evse": {"id": 1}}), ("Updated", 1, {})):
        info = {"transactionId": "tx-1"}
        event = {"eventType": kind, "timestamp": utc(), "seqNo": number, "transactionInfo": info}
        await tour.call(station, "TransactionEvent", {**event, "triggerReason": "Authorized", **more})
    for asked in ({}, {"transactionId": "tx-1"}):
        await tour.asks(station, "GetTransactionStatus", **asked)
    await tour.asks(station, "RequestStopTransaction")
    ended = {"eventType": "Ended", "timestamp": utc(), "seqNo": 2, "transactionInfo": {"transactionId": "tx-1"}}
    await tour.call(station, "TransactionEvent", {**ended, "triggerReason": "StopAuthorized"})


async def requests(tour: Tour, station: ScriptedStation) -> None:
    await tour.asks(station, "UnlockConnector")
    await tour.asks(station, "TriggerMessage", requestedMessage="MeterValues")
    if tour.spoken == "1.6":
        await tour.asks(station, "RemoteStartTransaction", idTag=TAG)
        await tour.asks(station, "Reset", type="Hard")
        await tour.asks(station, "GetConfiguration")
        await tour.asks(station, "ChangeConfiguration", key="HeartbeatInterval", value="5")
        await tour.asks(station, "ChangeAvailability", connectorId=1, type="Inoperative")
        await tour.asks(station, "ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
        await tour.asks(station, "InstallCertificate", certificateType="ManufacturerRootCertificate")
        named = {"hashAlgorithm": "SHA384", "issuerNameHash": "1", "issuerKeyHash": "2", "serialNumber": "3"}
        await tour.asks(station, "DeleteCertificate", certificateHashData=named)
        return
    variables = [
        {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage", "instance": "GetVariables"}},
        {"component": {"name": "AuthCtrlr"}, "variable": {"name": "AuthorizeRemoteStart"}},
    ]
    await tour.asks(station, "RequestStartTransaction", idToken=TOKEN)
    await tour.asks(station, "Reset", type="Immediate", evseId=1)
    await tour.asks(station, "TriggerMessage", requestedMessage="MeterValues", evse={"id": 1})
    await tour.asks(station, "GetVariables", getVariableData=variables)
    await tour.csms.sends("GetVariables", {"getVariableData": variables[:1]})
    frame = await tour.receive(station, "limit")
    if frame is not None:
        limit = {"attributeStatus": "Accepted", "attributeValue": "1"}
        result = {**frame[3]["getVariableData"][0], **limit}
        await station.send(3, frame[1], {"getVariableResult": [result]})
        await tour.call(station, "Heartbeat", {})
        await tour.asks(station, "GetVariables", getVariableData=variables)
        other = await tour.receive(station, "the other half")
        if other is not None:
            await station.send(4, other[1], "InternalError", "", {})
    values = [{**one, "attributeValue": "5"} for one in variables]
    await tour.asks(station, "SetVariables", setVariableData=values)
    for base in ("ConfigurationInventory", "FullInventory"):
        await tour.asks(station, "GetBaseReport", reportBase=base)
    await tour.asks(station, "GetReport", componentCriteria=["Problem"])
    await tour.asks(station, "SetNetworkProfile", configurationSlot=1)
    await tour.asks(station, "ChangeAvailability", operationalStatus="Inoperative")
    await tour.asks(station, "ChangeAvailability", operationalStatus="Inoperative", evse={"id": 1})


async def concurrency(tour: Tour, station: ScriptedStation) -> None:
    frames = []
    for _ in range(2):
        await tour.csms.sends("Reset")
    for _ in range(2):
        frames.append(await tour.receive(station, "queued"))
    await tour.call(station, "BootNotification", {})
    await tour.receive(station, "after an empty boot")


async def tour_of(spoken: str, defects: tuple[str, ...] = ()) -> Tour:
    async with Running(spoken, defects=defects) as csms:
        tour = Tour(csms, spoken)
        await handshakes(tour)
        async with csms.station(spoken) as station:
            await framework(tour, station)
            await notifications(tour, station)
            await transactions(tour, station)
            await requests(tour, station)
            await concurrency(tour, station)
        return tour


@pytest.fixture(scope="module")
def tours() -> dict[tuple[str, str], Tour]:
    """The tours by name of the defect ("" and "again": none) and version family, run side by side: they mostly wait."""

    async def one(gate: asyncio.Semaphore, name: str, family: str) -> Tour:
        async with gate:
            return await tour_of(VERSIONS[family], (name,) if name not in ("", "again") else ())

    async def every() -> dict[tuple[str, str], Tour]:
        gate = asyncio.Semaphore(32)
        keys = [(name, family) for name in ("", "again") for family in VERSIONS]
        keys += [(defect.name, family) for defect, family in ALL]
        return dict(zip(keys, await asyncio.gather(*(one(gate, *key) for key in keys)), strict=True))

    return asyncio.run(every())


@pytest.mark.parametrize("family", sorted(VERSIONS))
def test_the_tour_is_the_same_twice(tours: dict[tuple[str, str], Tour], family: str) -> None:
    assert tours["", family].seen == tours["again", family].seen


@pytest.mark.parametrize(("defect", "family"), ALL, ids=[f"{one.name}-{family}" for one, family in ALL])
def test_the_defect_shows(tours: dict[tuple[str, str], Tour], defect: Defect, family: str) -> None:
    good, spoiled = tours["", family], tours[defect.name, family]
    if defect.name == "clock-two-hours-off":
        assert spoiled.hour() != good.hour()
    elif defect.name == "message-id-repeated":
        assert any(text.startswith('[2, "1"') for text in spoiled.texts)
    else:
        assert spoiled.seen != good.seen


@pytest.mark.parametrize("defect", all_defects("CSMS"), ids=lambda one: one.name)
def test_a_defect_is_described(defect: Defect) -> None:
    assert len(defect.breaks) > 20
    for case in defect.must_fail:
        assert any(CASES[family].fullmatch(case) for family in defect.families), case


def test_there_are_enough() -> None:
    assert len(all_defects("CSMS", "1.6")) >= 15
    assert len(all_defects("CSMS", "2")) >= 15
