"""Reservations of the reference charge point of 1.6J."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.reference.csms_double import TOKEN, CsmsDouble
from tests.reference.test_station16 import booted, charging, statuses

OTHER = {"idToken": "STRANGER", "type": "ISO14443"}


def soon(seconds: float = 3600) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def reserve(csms: CsmsDouble, number: int = 1, id: int = 1, **fields: Any) -> str:
    wish = {"connectorId": number, "reservationId": id, "idTag": TOKEN["idToken"], "expiryDate": soon(), **fields}
    return str((await csms.send("ReserveNow", wish)).payload["status"])


async def remote_start(csms: CsmsDouble, tag: str, **fields: Any) -> str:
    return str((await csms.send("RemoteStartTransaction", {"idTag": tag, **fields})).payload["status"])


async def cancel(csms: CsmsDouble, id: int = 1) -> str:
    return str((await csms.send("CancelReservation", {"reservationId": id})).payload["status"])


async def test_used_by_its_tag_alone() -> None:
    async with booted() as (csms, rig):
        assert await reserve(csms) == "Accepted"
        await csms.expect("StatusNotification", connectorId=1, status="Reserved")
        rig.do("start_session", idToken=OTHER, evseId=1)
        await csms.expect("Authorize", idTag="STRANGER")
        assert await remote_start(csms, "STRANGER", connectorId=1) == "Rejected"
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("StartTransaction", reservationId=1, idTag=TOKEN["idToken"])
        await csms.expect("StatusNotification", connectorId=1, status="Charging")
        assert statuses(csms) == ["Available", "Reserved", "Preparing", "Charging"]
        assert await cancel(csms) == "Rejected"


async def test_a_remote_start_without_connector_goes_where_it_may() -> None:
    async with booted() as (csms, _):
        assert await reserve(csms) == "Accepted"
        assert await remote_start(csms, "STRANGER") == "Accepted"
        await csms.expect("StatusNotification", connectorId=2, status="Preparing")


async def test_parent_is_asked_for_before_a_remote_start() -> None:
    async with booted() as (csms, rig):
        await csms.send("ChangeConfiguration", {"key": "AuthorizeRemoteTxRequests", "value": "false"})
        assert await reserve(csms, parentIdTag="P") == "Accepted"
        rig.do("plug_in", evseId=1)
        assert await remote_start(csms, "STRANGER", connectorId=1) == "Accepted"
        await csms.expect("Authorize", idTag="STRANGER")
        csms.answers["Authorize"] = {"idTagInfo": {"status": "Accepted", "parentIdTag": "p"}}
        assert await remote_start(csms, "FRIEND", connectorId=1) == "Accepted"
        await csms.expect("StartTransaction", reservationId=1, idTag="FRIEND")
        assert not [
            one for one in csms.calls if one.action == "StartTransaction" and one.payload["idTag"] == "STRANGER"
        ]


async def test_expires_and_is_cancelled() -> None:
    async with booted() as (csms, rig):
        assert await reserve(csms, expiryDate=soon(-1)) == "Rejected"
        assert await reserve(csms, expiryDate=soon(0.2)) == "Accepted"
        await csms.until(lambda: statuses(csms)[1:] == ["Reserved", "Available"])
        assert await cancel(csms) == "Rejected"
        assert await reserve(csms) == "Accepted"
        assert await cancel(csms, 2) == "Rejected"
        assert await cancel(csms) == "Accepted"
        await csms.until(lambda: statuses(csms)[3:] == ["Reserved", "Available"])
        rig.do("start_session", idToken=OTHER, evseId=1)
        start = await csms.expect("StartTransaction")
        assert "reservationId" not in start.payload


async def test_one_reservation_a_connector_and_replacement() -> None:
    async with booted() as (csms, _):
        assert await reserve(csms) == "Accepted"
        assert await reserve(csms, id=2) == "Occupied"
        assert await reserve(csms, number=2, id=1) == "Accepted"
        await csms.until(lambda: statuses(csms)[-1] == "Available" and statuses(csms, 2)[-1] == "Reserved")
        assert await reserve(csms, number=3, id=1) == "Rejected"
        assert await cancel(csms) == "Accepted"


async def test_outlives_a_power_cut_and_no_unavailability() -> None:
    async with booted() as (csms, rig):
        assert await reserve(csms) == "Accepted"
        rig.do("power_cycle")
        await csms.expect("BootNotification")
        await csms.until(lambda: statuses(csms)[-2:] == ["Reserved", "Reserved"])
        for kind in ("Inoperative", "Operative"):
            await csms.send("ChangeAvailability", {"connectorId": 1, "type": kind})
        await csms.until(lambda: statuses(csms)[-2:] == ["Unavailable", "Available"])
        assert await reserve(csms) == "Accepted"
        rig.do("cause_fault", evseId=1)
        await csms.until(lambda: statuses(csms)[-1] == "Faulted")
        assert await cancel(csms) == "Rejected"
        assert await reserve(csms) == "Faulted"


async def test_who_does_not_plug_in_keeps_the_reservation() -> None:
    async with booted(settings={"ConnectionTimeOut": "1"}) as (csms, rig):
        assert await reserve(csms) == "Accepted"
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.until(lambda: statuses(csms) == ["Available", "Reserved", "Preparing", "Available", "Reserved"])


async def test_connector_zero_keeps_the_last_one_free() -> None:
    async with booted() as (csms, rig):
        assert await reserve(csms, number=0) == "Accepted"
        assert await reserve(csms, number=0, id=2) == "Accepted"
        await csms.expect("StatusNotification", connectorId=2, status="Reserved")
        assert await reserve(csms, number=1, id=3) == "Occupied"
        assert await cancel(csms, 2) == "Accepted"
        await csms.until(lambda: statuses(csms)[-1] == statuses(csms, 2)[-1] == "Available")
        rig.do("start_session", idToken=OTHER, evseId=1)
        await csms.expect("StartTransaction", connectorId=1)
        assert await remote_start(csms, "ANOTHER", connectorId=2) == "Rejected"
        rig.do("start_session", idToken=TOKEN, evseId=2)
        await csms.expect("StartTransaction", connectorId=2, reservationId=1)


@pytest.mark.parametrize(
    ("settings", "number", "status"),
    [
        ({"SupportedFeatureProfiles": "Core"}, 1, "Rejected"),
        ({"SupportedFeatureProfiles": "Core"}, 0, "Rejected"),
        ({"ReserveConnectorZeroSupported": "false"}, 0, "Rejected"),
        ({"ReserveConnectorZeroSupported": "false"}, 1, "Accepted"),
    ],
)
async def test_what_is_not_supported(settings: dict[str, str], number: int, status: str) -> None:
    async with booted(settings=settings) as (csms, _):
        assert await reserve(csms, number=number) == status


async def test_occupied() -> None:
    async with booted() as (csms, rig):
        await charging(csms, rig)
        assert await reserve(csms) == "Occupied"
        assert await reserve(csms, number=0) == "Accepted"
        rig.do("plug_in", evseId=2)
        assert await reserve(csms, number=2, id=2) == "Occupied"
