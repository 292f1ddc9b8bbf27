"""Sessions at the reference station of 2.x that belong to no EVSE yet, cables that are kept, phases, late energy."""

from __future__ import annotations

import asyncio

import pytest

from conformance.reference.http_operator import VerbError
from tests.reference.csms_double import TOKEN
from tests.reference.test_station2x import booted, ended, points, set_variables
from tests.reference.test_station2x_limits import charging, told


@pytest.mark.parametrize("evse", [1, 2])
async def test_a_token_without_an_evse_authorizes_where_the_next_ev_is_connected(evse: int) -> None:
    async with booted("2.0.1") as (csms, rig):
        await points(csms, "Authorized", "EVConnected")
        rig.do("present_token", idToken=TOKEN)
        started = await told(csms, "Authorized")
        assert "evse" not in started and "meterValue" not in started
        rig.do("plug_in", evseId=evse)
        plugged = await told(csms, "CablePluggedIn")
        assert plugged["evse"] == {"id": evse, "connectorId": 1}
        energy = await told(csms, "ChargingStateChanged", chargingState="Charging")
        assert energy["meterValue"][0]["sampledValue"][0]["context"] == "Transaction.Begin"
        rig.do("present_token", idToken=TOKEN, evseId=evse)
        rig.do("unplug", evseId=evse)
        await ended(csms)
        assert {one["transactionInfo"]["transactionId"] for one in csms.events()} == {
            started["transactionInfo"]["transactionId"]
        }


async def test_what_is_authorized_where_an_ev_stands_is_nobody_elses() -> None:
    async with booted("2.0.1") as (csms, rig):
        rig.do("plug_in", evseId=2)
        await told(csms, "CablePluggedIn")
        rig.do("present_token", idToken=TOKEN)
        assert (await told(csms, "ChargingStateChanged", chargingState="Charging"))["seqNo"] > 0
        assert not any(session.adrift for session in rig.station.transactions.sessions.values())


async def test_a_refused_cable_waits_for_its_owner() -> None:
    async with booted("2.0.1") as (csms, rig):
        csms.answers["TransactionEvent"] = {"idTokenInfo": {"status": "Invalid"}}
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await told(csms, "Deauthorized")
        connector = rig.station.hardware.evses[0].connector
        rig.do("pull_cable", evseId=1)
        assert connector.locked and connector.cable_at_station
        rig.do("present_token", idToken={**TOKEN, "idToken": "SOMEBODY"}, evseId=1)
        await asyncio.sleep(0.01)
        assert connector.locked
        rig.do("present_token", idToken=TOKEN, evseId=1)
        while connector.locked:
            await asyncio.sleep(0.001)
        rig.do("pull_cable", evseId=1)
        assert not connector.cable_at_station
        with pytest.raises(VerbError, match="no plug in a socket"):
            rig.do("pull_cable", evseId=1)


async def test_phases_are_told_when_they_change_and_the_power_follows() -> None:
    async with booted("2.0.1") as (csms, rig):
        rig.do("use_phases", evseId=1, phases=1)
        await charging(csms, rig)
        assert [one["numberOfPhasesUsed"] for one in csms.events() if "numberOfPhasesUsed" in one] == [1]
        meter = rig.station.hardware.evses[0].meter
        one_phase = meter.watts
        rig.do("use_phases", evseId=1, phases=3)
        assert meter.watts == 3 * one_phase
        with pytest.raises(VerbError, match="1 to 3"):
            rig.do("use_phases", evseId=1, phases=4)


async def test_a_meter_that_fails_ends_what_it_signs() -> None:
    async with booted("2.0.1") as (csms, rig):
        await set_variables(csms, SampledDataCtrlr__SignReadings="true")
        await points(csms, "Authorized", "DataSigned")
        await charging(csms, rig)
        rig.do("cause_fault", evseId=1, kind="PowerMeterFailure")
        assert (await ended(csms))["triggerReason"] == "AbnormalCondition"


async def test_a_stop_ends_what_was_suspended_where_the_energy_is_the_stop_point() -> None:
    async with booted("2.1") as (csms, rig):
        await charging(csms, rig)
        rig.do("suspend_ev", evseId=1)
        await told(csms, "ChargingStateChanged", chargingState="SuspendedEV")
        await points(csms, "Authorized", "EnergyTransfer")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        assert (await ended(csms))["triggerReason"] == "StopAuthorized"
