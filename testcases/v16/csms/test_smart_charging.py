"""Feature profile SmartCharging: a CSMS under test (1.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from conformance import ABSENT, Dut, FakeStation, Operator, case, check, one_of, step


@case("TC_056_CSMS")
def test_tx_default_profile(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS sets a default profile for transactions."""
    profile = _profile(station, dut, "TxDefaultProfile")

    step("Have the CSMS set a TxDefaultProfile on the connector", expect="SetChargingProfile with all that was asked")
    _set(station, operator, dut, profile)


@case("TC_057_CSMS")
def test_tx_profile(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS sets a profile for the running transaction."""
    transaction = station.reach("Charging")
    profile = {**_profile(station, dut, "TxProfile"), "transactionId": transaction}

    step("Have the CSMS set a TxProfile for the transaction", expect="SetChargingProfile with its transactionId")
    _set(station, operator, dut, profile)


@case("TC_066_CSMS")
def test_get_composite_schedule(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for a composite schedule, and takes it."""
    unit = dut.values.charging_rate_unit
    wanted: dict[str, Any] = {"connectorId": dut.connector.connectorId, "duration": 300, "chargingRateUnit": unit}
    periods = [{"startPeriod": 0, "limit": _limit(dut)}, {"startPeriod": 120, "limit": 0}]
    schedule = {"duration": 300, "chargingRateUnit": unit, "chargingSchedulePeriod": periods}
    start = station.timestamp()
    station.answer("GetCompositeSchedule", status="Accepted", scheduleStart=start, chargingSchedule=schedule)

    step("Have the CSMS ask for the composite schedule", expect="GetCompositeSchedule as asked")
    operator.csms_sends("GetCompositeSchedule", **wanted)
    station.expect("GetCompositeSchedule", requirement="1.6 5.7, 6.21", **wanted)
    station.send("Heartbeat")


@case("TC_067_CSMS")
def test_clear_charging_profile(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS clears profiles by id, by criteria, and all of them."""
    level = dut.values.stack_level

    step(
        "Have the CSMS set three TxDefaultProfiles", expect="SetChargingProfile three times, each with an id of its own"
    )
    ids = []
    for number in range(3):
        profile = {**_profile(station, dut, "TxDefaultProfile"), "stackLevel": level + number}
        ids.append(_set(station, operator, dut, profile).csChargingProfiles.chargingProfileId)
    check(len(set(ids)) == 3, "chargingProfileId is unique", requirement="1.6 7.8", actual=ids)

    step("Have the CSMS clear the first by its id", expect="ClearChargingProfile with this id alone")
    _clear(station, operator, id=ids[0])

    step("Have the CSMS clear the second by criteria", expect="ClearChargingProfile with these criteria, without id")
    criteria = {"connectorId": dut.connector.connectorId, "chargingProfilePurpose": "TxDefaultProfile"}
    _clear(station, operator, stackLevel=level + 1, **criteria)

    step("Have the CSMS clear all that is left", expect="ClearChargingProfile without fields")
    _clear(station, operator)


@case("TC_059_CSMS")
def test_remote_start_with_profile(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS starts a transaction remotely with a relative profile."""
    profile = _profile(station, dut, "TxProfile", kind="Relative")
    wanted: dict[str, Any] = {"connectorId": dut.connector.connectorId, "idTag": dut.tokens.valid.idTag}

    step("Have the CSMS start a transaction with a profile", expect="RemoteStartTransaction with it, no transactionId")
    operator.csms_sends("RemoteStartTransaction", **wanted, chargingProfile=profile)
    expected = _as_asked(profile, dut)
    station.expect("RemoteStartTransaction", requirement="1.6 5.11, 5.16.2", **wanted, chargingProfile=expected)

    step("Authorize and report Preparing", expect="Accepted")
    station.execute("Authorized")
    station.execute("Preparing")

    step("Start the transaction and report Charging", expect="Accepted, with a transactionId")
    station.execute("Started")


# ------------------------------------------------------------------ what several cases do


def _profile(station: FakeStation, dut: Dut, purpose: str, kind: str = "Absolute") -> dict[str, Any]:
    """A profile of 6 A (6000 W) as the operator is asked for it; its id is the CSMS's own choice."""
    period = {"startPeriod": 0, "limit": _limit(dut), "numberPhases": dut.values.number_phases}
    schedule = {
        "duration": 300,
        "chargingRateUnit": dut.values.charging_rate_unit,
        "chargingSchedulePeriod": [period],
    }
    profile: dict[str, Any] = {
        "stackLevel": dut.values.stack_level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
    }
    if kind == "Relative":
        return profile
    times = {"validFrom": station.timestamp(), "validTo": station.timestamp(600)}
    return {**profile, **times, "chargingSchedule": {**schedule, "startSchedule": station.timestamp()}}


def _limit(dut: Dut) -> int:
    return 6000 if dut.values.charging_rate_unit == "W" else 6


def _as_asked(profile: Mapping[str, Any], dut: Dut) -> dict[str, Any]:
    """What the CSMS has to send for a profile: the same, times in any notation, and nothing that it rules out."""
    expected: dict[str, Any] = {"transactionId": ABSENT, "recurrencyKind": ABSENT}
    expected |= {name: _moment(value) if name.startswith("valid") else value for name, value in profile.items()}
    schedule = dict(profile["chargingSchedule"])
    if "startSchedule" in schedule:
        schedule["startSchedule"] = _moment(schedule["startSchedule"])
    # Three phases are meant where none are named (7.14).
    phases = one_of(3, ABSENT) if dut.values.number_phases == 3 else dut.values.number_phases
    periods = [{**one, "numberPhases": phases} for one in schedule["chargingSchedulePeriod"]]
    return {**expected, "chargingSchedule": {**schedule, "chargingSchedulePeriod": periods}}


def _moment(text: str) -> Callable[[Any], bool]:
    """A predicate: the same moment, to the second, in whatever notation."""

    def same(value: Any) -> bool:
        try:
            return abs((datetime.fromisoformat(value) - datetime.fromisoformat(text)).total_seconds()) <= 1
        except (TypeError, ValueError):
            return False

    same.__doc__ = text
    return same


def _set(station: FakeStation, operator: Operator, dut: Dut, profile: Mapping[str, Any]) -> Any:
    number = dut.connector.connectorId
    station.answer("SetChargingProfile", status="Accepted")
    operator.csms_sends("SetChargingProfile", connectorId=number, csChargingProfiles=profile)
    return station.expect(
        "SetChargingProfile",
        connectorId=number,
        csChargingProfiles=_as_asked(profile, dut),
        requirement="1.6 5.16, 6.43, 7.8",
    )


def _clear(station: FakeStation, operator: Operator, **criteria: Any) -> None:
    """Have the CSMS clear profiles by these criteria and no others."""
    names = ("id", "connectorId", "chargingProfilePurpose", "stackLevel")
    station.answer("ClearChargingProfile", status="Accepted")
    operator.csms_sends("ClearChargingProfile", **{name: criteria.get(name) for name in names})
    expected = {name: criteria.get(name, ABSENT) for name in names}
    station.expect("ClearChargingProfile", requirement="1.6 5.5, errata 3.25, 3.26", **expected)
