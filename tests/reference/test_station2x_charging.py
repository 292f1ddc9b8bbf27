"""Charging profiles at the reference station of 2.0.1 and 2.1."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.reference.station2x.station import Station2x
from tests.reference.csms_double import TOKEN, CsmsDouble, Rig
from tests.reference.test_station2x import BOTH, booted

PERIODS = [{"startPeriod": 0, "limit": 6}, {"startPeriod": 60, "limit": 8}]


def profile(purpose: str = "TxProfile", *, periods: list[dict[str, Any]] = PERIODS, **fields: Any) -> dict[str, Any]:
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    about = {"id": 1, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Relative"}
    return {**about, "chargingSchedule": [schedule], **fields}


async def started(csms: CsmsDouble, rig: Rig, brought: dict[str, Any]) -> str:
    """A transaction on EVSE 1 that a remote start with a profile has begun, and whose EV charges; its id."""
    start = {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1, "chargingProfile": brought}
    assert (await csms.send("RequestStartTransaction", start)).payload["status"] == "Accepted"
    rig.do("plug_in", evseId=1)
    event = await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
    return str(event.payload["transactionInfo"]["transactionId"])


async def composite(csms: CsmsDouble, evse: int = 1) -> list[tuple[int, float]]:
    answer = await csms.send("GetCompositeSchedule", {"evseId": evse, "duration": 300, "chargingRateUnit": "A"})
    assert answer.payload["status"] == "Accepted"
    return [(one["startPeriod"], float(one["limit"])) for one in answer.payload["schedule"]["chargingSchedulePeriod"]]


def watts(rig: Rig) -> int:
    assert isinstance(rig.station, Station2x)
    return rig.station.hardware.evses[0].meter.watts


@BOTH
async def test_profile_of_a_remote_start_bounds_its_transaction(version: str) -> None:
    async with booted(version, smart_charging=True) as (csms, rig):
        id_ = await started(csms, rig, profile())
        assert watts(rig) == 6 * 230 * 3
        (first, low), (second, high) = await composite(csms)
        assert (first, low, high) == (0, 6, 8) and 50 < second <= 60
        answer = await csms.send("GetChargingProfiles", {"requestId": 3, "chargingProfile": {"chargingProfileId": [1]}})
        assert answer.payload["status"] == "Accepted"
        report = await csms.expect("ReportChargingProfiles", requestId=3, evseId=1)
        assert report.payload["chargingProfile"] == [{**profile(), "transactionId": id_}]
        await csms.send("RequestStopTransaction", {"transactionId": id_})
        await csms.expect("TransactionEvent", eventType="Ended")
        answer = await csms.send("GetChargingProfiles", {"requestId": 4, "chargingProfile": {"chargingProfileId": [1]}})
        assert answer.payload["status"] == "NoProfiles"


async def test_profiles_are_set_replaced_and_cleared() -> None:
    async with booted(smart_charging=True) as (csms, rig):
        rig.do("start_session", idToken=TOKEN, evseId=1)
        event = await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        id_ = event.payload["transactionInfo"]["transactionId"]

        async def sets(evse: int, one: dict[str, Any]) -> str:
            answer = await csms.send("SetChargingProfile", {"evseId": evse, "chargingProfile": one})
            return str(answer.payload["status"])

        assert await sets(1, profile(transactionId="another")) == "Rejected"
        assert await sets(9, profile("TxDefaultProfile")) == "Rejected"
        assert await sets(0, profile("TxDefaultProfile", id=2, periods=[{"startPeriod": 0, "limit": 10}])) == "Accepted"
        assert await sets(1, profile("TxDefaultProfile", id=3)) == "Rejected"
        assert await composite(csms) == [(0, 10)]
        assert await sets(1, profile(periods=[{"startPeriod": 0, "limit": 0}], transactionId=id_)) == "Accepted"
        await csms.expect("TransactionEvent", transactionInfo__chargingState="SuspendedEVSE")
        assert await composite(csms) == [(0, 0)]
        assert await composite(csms, 0) == [(0, 10)]
        cleared = await csms.send("ClearChargingProfile", {"chargingProfileId": 1})
        assert cleared.payload["status"] == "Accepted"
        await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
        assert watts(rig) == 10 * 230 * 3
        assert (await csms.send("ClearChargingProfile", {"chargingProfileId": 1})).payload["status"] == "Unknown"


@pytest.mark.parametrize(
    "wrong",
    [
        profile("TxDefaultProfile"),
        profile(transactionId="1"),
        profile(stackLevel=11),
        profile(chargingProfileKind="Recurring"),
        profile(periods=[{"startPeriod": 5, "limit": 6}]),
        profile(periods=[{"startPeriod": 0, "limit": 6}, {"startPeriod": 0, "limit": 8}]),
        profile(periods=[{"startPeriod": 0, "limit": 6, "numberPhases": 4}]),
        profile(chargingSchedule=2 * profile()["chargingSchedule"]),
    ],
)
async def test_remote_start_with_a_profile_that_cannot_be_is_rejected(wrong: dict[str, Any]) -> None:
    async with booted(smart_charging=True) as (csms, _):
        start = {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1, "chargingProfile": wrong}
        answer = await csms.send("RequestStartTransaction", start)
        assert answer.payload["status"] == "Rejected"
        assert answer.payload["statusInfo"]["reasonCode"] in ("InvalidProfile", "InvalidSchedule")


async def test_without_smart_charging_profiles_are_ignored() -> None:
    async with booted() as (csms, rig):
        await started(csms, rig, profile("TxDefaultProfile"))
        assert watts(rig) == 22080
        refused = await csms.send("GetCompositeSchedule", {"evseId": 1, "duration": 300})
        assert refused.error_code in ("NotImplemented", "NotSupported")
