"""Limits of transactions and interrupted transactions at the reference station of 2.1, beyond what the cases show."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from conformance.reference.http_operator import VerbError
from tests.reference.csms_double import TOKEN, CsmsDouble, Rig
from tests.reference.test_station2x import booted, ended, points, set_variables


async def charging(csms: CsmsDouble, rig: Rig) -> None:
    rig.do("start_session", idToken=TOKEN, evseId=1)
    await csms.expect("TransactionEvent", transactionInfo__chargingState="Charging")
    while len(rig.station.queue):
        await asyncio.sleep(0.001)


async def told(csms: CsmsDouble, trigger: str, **info: Any) -> dict[str, Any]:
    fields = {f"transactionInfo__{name}": value for name, value in info.items()}
    event: dict[str, Any] = (await csms.expect("TransactionEvent", triggerReason=trigger, **fields)).payload
    return event


async def test_a_limit_that_is_raised_lets_energy_flow_again() -> None:
    async with booted("2.1") as (csms, rig):
        await charging(csms, rig)
        rig.do("enter_limit", evseId=1, limit={"maxCost": 10})
        await told(csms, "LimitSet", transactionLimit={"maxCost": 10})
        await csms.send(
            "CostUpdated", {"totalCost": 10, "transactionId": csms.events()[0]["transactionInfo"]["transactionId"]}
        )
        await told(csms, "CostLimitReached", chargingState="SuspendedEVSE")
        rig.do("enter_limit", evseId=1, limit={"maxCost": 20})
        await told(csms, "LimitSet", transactionLimit={"maxCost": 20})
        await told(csms, "ChargingStateChanged", chargingState="Charging")


async def test_a_limit_ends_a_transaction_whose_stop_point_is_the_energy() -> None:
    async with booted("2.1") as (csms, rig):
        await points(csms, "Authorized", "EnergyTransfer")
        await charging(csms, rig)
        rig.do("enter_limit", evseId=1, limit={"maxEnergy": 0})
        end = await ended(csms)
        assert (end["triggerReason"], end["transactionInfo"]["stoppedReason"]) == ("EnergyLimitReached",) * 2


async def test_a_limit_that_is_not_supported_is_not_confirmed() -> None:
    async with booted("2.1") as (csms, rig):
        csms.answers["TransactionEvent"] = {"transactionLimit": {"maxSoC": 80}}
        await charging(csms, rig)
        assert not [one for one in csms.events() if "transactionLimit" in one["transactionInfo"]]


async def test_nothing_is_limited_where_nothing_runs() -> None:
    async with booted("2.1") as (_, rig):
        with pytest.raises(VerbError, match="no transaction that can be limited"):
            rig.do("enter_limit", evseId=1, limit={"maxTime": 5})
        with pytest.raises(VerbError, match="maxCost, maxEnergy, maxTime"):
            rig.do("enter_limit", evseId=1, limit={"maxTime": "long"})


async def test_2_0_1_knows_no_limits() -> None:
    async with booted("2.0.1") as (csms, rig):
        await charging(csms, rig)
        with pytest.raises(VerbError):
            rig.do("enter_limit", evseId=1, limit={"maxTime": 5})


async def test_a_limit_outlives_a_power_cut() -> None:
    async with booted("2.1") as (csms, rig):
        await set_variables(csms, TxCtrlr__ResumptionTimeout="60")
        await charging(csms, rig)
        rig.do("enter_limit", evseId=1, limit={"maxCost": 10})
        await told(csms, "LimitSet")
        rig.do("power_cycle")
        resumed = await told(csms, "TxResumed", chargingState="Charging")
        id_ = resumed["transactionInfo"]["transactionId"]
        await csms.send("CostUpdated", {"totalCost": 11, "transactionId": id_})
        await told(csms, "CostLimitReached", chargingState="SuspendedEVSE")


async def test_an_ev_that_was_unplugged_without_power_ends_the_transaction() -> None:
    async with booted("2.1") as (csms, rig):
        await set_variables(csms, TxCtrlr__ResumptionTimeout="60")
        await charging(csms, rig)
        rig.do("power_off")
        with pytest.raises(VerbError, match="off already"):
            rig.do("power_off")
        connector = rig.station.hardware.evses[0].connector
        connector.cable_at_ev = connector.cable_at_station = False
        rig.do("power_on")
        assert (await ended(csms))["triggerReason"] == "EVCommunicationLost"
        with pytest.raises(VerbError, match="on already"):
            rig.do("power_on")
