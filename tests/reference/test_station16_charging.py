"""Smart charging of the reference charge point: by itself, and its schedules against the suite's calculator."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.charging.installed import Circumstances, Installed
from conformance.charging.judging import Told, mismatch
from conformance.charging.profiles import Limit
from conformance.ocppj import frames
from conformance.reference.options import StationOptions
from conformance.reference.schedules import of_time
from conformance.reference.station16.sessions import Transaction
from conformance.reference.stations import build_station
from tests.charging.drawing import NOW, RUNNING, WINDOW, collections
from tests.charging.test_installed import profile
from tests.reference.csms_double import TOKEN, CsmsDouble, Rig
from tests.reference.test_station16 import booted, charging

OWN = Circumstances(local=Limit(Decimal(32), "A"))


@settings(max_examples=250, deadline=None)
@given(
    kept=collections(),
    running=RUNNING,
    unit=st.sampled_from(["A", "W"]),
    connector=st.integers(0, 2),
)
def test_composite_schedules_are_those_of_the_calculator(
    kept: Any, running: dict[int, int], unit: str, connector: int
) -> None:
    station: Any = build_station(StationOptions(version="1.6", csms="ws://127.0.0.1:1", identity="CS 1"))
    station.clock.now = lambda: NOW
    station.clock.stamp = lambda: NOW.isoformat()
    installed = Installed()
    for number, seconds in running.items():
        at = NOW + timedelta(seconds=seconds)
        station.sessions.of(number).transaction = Transaction(f"{number}", "TAG", "", 0, started=of_time(at))
        installed.started(number, at)
    for number, one in kept:
        station.charging._install(number, one, "")
        installed.install(number, one)
    request = {"connectorId": connector, "duration": WINDOW, "chargingRateUnit": unit}
    schedule = station.charging.composite(request)["chargingSchedule"]
    told = Told(
        tuple((one["startPeriod"], one["limit"], one.get("numberPhases")) for one in schedule["chargingSchedulePeriod"])
    )
    expected = installed.composite(connector, NOW, WINDOW, unit, 2, OWN)
    assert mismatch(expected, told, timedelta(0)) == "", f"{expected} but told {told}"


# ------------------------------------------------------------------ what is accepted


async def ask(csms: CsmsDouble, action: str, **payload: Any) -> Any:
    answer = await csms.send(action, payload)
    return answer.payload if answer.type == frames.CALLRESULT else answer.error_code


async def put(csms: CsmsDouble, connector: int, one: dict[str, Any]) -> str:
    answer = await ask(csms, "SetChargingProfile", connectorId=connector, csChargingProfiles=one)
    return str(answer["status"] if isinstance(answer, dict) else answer)


async def limits(csms: CsmsDouble, connector: int = 1, unit: str = "A") -> list[Any]:
    answer = await ask(csms, "GetCompositeSchedule", connectorId=connector, duration=100, chargingRateUnit=unit)
    return [one["limit"] for one in answer["chargingSchedule"]["chargingSchedulePeriod"]]


def now(**changes: Any) -> dict[str, Any]:
    """A profile that has no startSchedule, so that it counts from now or from the start of charging."""
    return profile(**{"since": None, **changes})


async def test_profiles_that_can_not_be_are_refused() -> None:
    async with booted() as (csms, _):
        assert await put(csms, 9, now()) == "PropertyConstraintViolation"
        assert await put(csms, 1, now(purpose="ChargePointMaxProfile")) == "Rejected"
        assert await put(csms, 0, now(purpose="TxProfile")) == "Rejected"
        assert await put(csms, 1, now(purpose="TxProfile")) == "Rejected"
        assert await put(csms, 1, now(level=10)) == "Rejected"
        assert await put(csms, 1, now(limits={})) == "Rejected"
        assert await put(csms, 1, now(limits={1: 6})) == "Rejected"
        assert await put(csms, 1, now(limits={0: 6, 20: 7, 10: 8})) == "Rejected"
        assert await put(csms, 1, now(limits=dict.fromkeys(range(25), 6))) == "Rejected"
        assert await put(csms, 1, now(kind="Recurring")) == "Rejected"
        assert await limits(csms) == [32]
        for level in range(10):
            assert await put(csms, 1, now(level=level)) == "Accepted"
            assert await put(csms, 2, now(level=level)) == "Accepted"
        assert await put(csms, 0, now()) == "Rejected"
        assert await put(csms, 2, now(limits={0: 7})) == "Accepted"
        assert (await ask(csms, "ClearChargingProfile", connectorId=3))["status"] == "Unknown"
        assert (await ask(csms, "ClearChargingProfile", connectorId=2))["status"] == "Accepted"
        assert await limits(csms, 2) == [32] and await limits(csms, 1) == [6]


async def test_units_that_are_not_allowed() -> None:
    async with booted(settings={"ChargingScheduleAllowedChargingRateUnit": "Power"}) as (csms, _):
        assert await put(csms, 1, now()) == "Rejected"
        assert await put(csms, 1, now(unit="W", limits={0: 6900})) == "Accepted"
        answer = await ask(csms, "GetCompositeSchedule", connectorId=1, duration=100, chargingRateUnit="A")
        assert answer == {"status": "Rejected"}
        answer = await ask(csms, "GetCompositeSchedule", connectorId=1, duration=0)
        assert answer["chargingSchedule"]["chargingRateUnit"] == "W"
        assert (await ask(csms, "GetCompositeSchedule", connectorId=3, duration=1))["status"] == "Rejected"


async def test_a_long_schedule_ends_with_the_last_period_that_fits() -> None:
    async with booted(settings={"ChargingScheduleMaxPeriods": "2"}) as (csms, _):
        assert await put(csms, 1, now(limits={0: 6, 10: 7})) == "Accepted"
        assert await put(csms, 0, now(purpose="ChargePointMaxProfile", limits={0: 20, 15: 6})) == "Accepted"
        answer = await ask(csms, "GetCompositeSchedule", connectorId=1, duration=100, chargingRateUnit="A")
        assert answer["chargingSchedule"]["duration"] == 15


# ------------------------------------------------------------------ what flows


def watts(rig: Rig) -> list[int]:
    return [evse.meter.watts for evse in rig.station.hardware.evses]


async def test_limits_bind_the_meter() -> None:
    async with booted() as (csms, rig):
        await charging(csms, rig)
        assert watts(rig) == [22080, 0]
        assert await put(csms, 1, now(purpose="TxProfile", transactionId=78)) == "Rejected"
        assert await put(csms, 1, now(purpose="TxProfile", transactionId=77)) == "Accepted"
        await csms.until(lambda: watts(rig) == [4140, 0])
        assert await put(csms, 1, now(purpose="TxProfile", limits={0: 0})) == "Accepted"
        await csms.expect("StatusNotification", connectorId=1, status="SuspendedEVSE")
        assert watts(rig) == [0, 0]
        assert (await ask(csms, "ClearChargingProfile"))["status"] == "Accepted"
        await csms.expect("StatusNotification", connectorId=1, status="Charging")
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.expect("StopTransaction")
        assert watts(rig) == [0, 0]


async def test_two_connectors_share_the_maximum() -> None:
    async with booted() as (csms, rig):
        assert await put(csms, 0, now(purpose="ChargePointMaxProfile", unit="W", limits={0: 10000})) == "Accepted"
        await charging(csms, rig)
        assert watts(rig) == [10000, 0]
        rig.do("start_session", idToken=TOKEN, evseId=2)
        await csms.until(lambda: watts(rig) == [5000, 5000])
        assert await put(csms, 2, now(unit="W", limits={0: 2000})) == "Accepted"
        await csms.until(lambda: watts(rig) == [8000, 2000])
        assert await limits(csms, 0, "W") == [10000]


async def test_a_period_begins_while_charging() -> None:
    async with booted() as (csms, rig):
        assert await put(csms, 1, now(limits={0: 6, 1: 0, 2: 8})) == "Accepted"
        await charging(csms, rig)
        await csms.expect("StatusNotification", connectorId=1, status="SuspendedEVSE")
        await csms.expect("StatusNotification", connectorId=1, status="Charging")
        assert watts(rig) == [5520, 0]


async def test_profile_of_a_remote_start() -> None:
    async with booted() as (csms, rig):
        start = {"idTag": "REMOTE", "connectorId": 1}
        for wrong in (now(), now(purpose="TxProfile", transactionId=1)):
            answer = await ask(csms, "RemoteStartTransaction", **start, chargingProfile=wrong)
            assert answer["status"] == "Rejected"
        own = now(purpose="TxProfile", kind="Relative", limits={0: 6, 50: 9})
        assert (await ask(csms, "RemoteStartTransaction", **start, chargingProfile=own))["status"] == "Accepted"
        rig.do("plug_in", evseId=1)
        await csms.expect("StartTransaction")
        assert await limits(csms) == [6, 9]
        assert await put(csms, 1, now(purpose="TxProfile", limits={0: 7})) == "Accepted"
        assert await limits(csms) == [7]
        rig.do("present_token", idToken={"idToken": "REMOTE", "type": "ISO14443"}, evseId=1)
        await csms.expect("StopTransaction")
        assert await limits(csms) == [32]


async def test_profiles_survive_a_power_cut_but_for_those_of_transactions() -> None:
    async with booted() as (csms, rig):
        await charging(csms, rig)
        assert await put(csms, 1, now(limits={0: 9})) == "Accepted"
        assert await put(csms, 1, now(purpose="TxProfile", limits={0: 6})) == "Accepted"
        assert await limits(csms) == [6]
        rig.do("power_cycle")
        await csms.expect("BootNotification")
        await csms.expect("StopTransaction")
        assert await limits(csms) == [9]
