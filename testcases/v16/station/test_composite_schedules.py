"""SmartCharging beyond the official list: hard combinations, judged by computation; a charge point under test (1.6).

Each stems from a defect that was seen in the field. Limits are in A, as in test_smart_charging.py.
"""

from __future__ import annotations

from typing import Any

from conformance import Charging, Dut, FakeCsms, NotApplicable, Operator, case, check, one_of, recommend, step

DAY = 86400

# ------------------------------------------------------------------ time


@case("OC_16_40_CS")
def test_borders_of_periods(csms: FakeCsms) -> None:
    """Profiles that begin and end within the time that is asked for count from when they begin until they end."""
    charging = Charging(csms)
    charging.needs(levels=3, profiles=3, periods=10)

    step("Send TxDefaultProfiles that begin now, in 60 s and in 90 s", expect="Accepted each time")
    charging.set("TxDefaultProfile", {0: 6, 130: 8, 160: 10, 190: 12}, duration=254, stackLevel=0)
    charging.set("TxDefaultProfile", {0: 9, 50: 13}, duration=80, since=60, stackLevel=1)
    charging.set("TxDefaultProfile", {0: 7, 200: 16}, duration=10, since=90, stackLevel=2)

    step("Send GetCompositeSchedule for 350 s", expect="Accepted; every border where it is due, no limit at the end")
    charging.check_composite(350)

    step("Send GetCompositeSchedule for 20 s, within the first period", expect="Accepted; 6 A")
    charging.check_composite(20)

    step("Send GetCompositeSchedule for a day, far beyond all periods", expect="Accepted; the same periods")
    charging.check_composite(DAY)


@case("OC_16_41_CS")
def test_duration_zero(csms: FakeCsms) -> None:
    """A composite schedule of no time at all is refused, or tells the limit of the moment; nothing breaks."""
    charging = Charging(csms)

    step("Send SetChargingProfile with a TxDefaultProfile of 6 A", expect="Accepted")
    charging.set("TxDefaultProfile", {0: 6}, duration=400)

    step("Send GetCompositeSchedule with duration 0", expect="Rejected, or Accepted with 6 A from 0 s")
    charging.check_composite(0, or_rejected=True)

    step("Send GetCompositeSchedule for 300 s", expect="Accepted; 6 A")
    charging.check_composite(300)


@case("OC_16_42_CS")
def test_recurring_profiles(csms: FakeCsms) -> None:
    """Daily and weekly profiles begin anew where they should; where they are over, the lower stack level goes on."""
    charging = Charging(csms)
    charging.needs(levels=3, profiles=3, periods=6)

    step(
        "Send an absolute, a weekly and a daily TxDefaultProfile that recur within minutes", expect="Accepted each time"
    )
    charging.set("TxDefaultProfile", {0: 6}, stackLevel=0)
    weekly: dict[str, Any] = {"kind": "Recurring", "recurrencyKind": "Weekly", "stackLevel": 1}
    charging.set("TxDefaultProfile", {0: 9, 60: 12}, duration=100, since=40 - 14 * DAY, **weekly)
    daily: dict[str, Any] = {"kind": "Recurring", "recurrencyKind": "Daily", "stackLevel": 2}
    charging.set("TxDefaultProfile", {0: 7, 30: 8, DAY - 30: 15}, since=200 - 3 * DAY, duration=DAY + 40, **daily)

    step("Send GetCompositeSchedule", expect="Accepted; 8 A, 15, from the new day on 7 and 8 again")
    charging.check_composite(350)

    step("Send ClearChargingProfile for the daily one", expect="Accepted")
    charging.clear(stackLevel=2)

    step("Send GetCompositeSchedule", expect="Accepted; 6 A, the week's 9 and 12, then 6")
    charging.check_composite(350)


@case("OC_16_43_CS")
def test_validity(csms: FakeCsms) -> None:
    """A profile counts from validFrom until validTo: not before, and no longer."""
    charging = Charging(csms)
    charging.needs(levels=4, profiles=4, periods=6)

    step("Send TxDefaultProfiles that are valid for good, over, from 60 to 120 s, and from 200 s on", expect="Accepted")
    charging.set("TxDefaultProfile", {0: 6}, stackLevel=0)
    charging.set("TxDefaultProfile", {0: 14}, since=-900, valid=(-900, -60), stackLevel=3)
    charging.set("TxDefaultProfile", {0: 9, 150: 11}, valid=(60, 120), stackLevel=2)
    charging.set("TxDefaultProfile", {0: 16, 250: 13}, since=0, valid=(200, None), stackLevel=1)

    step("Send GetCompositeSchedule", expect="Accepted; 6 A, 9, 6, 16 and 13 by time")
    charging.check_composite(350)


@case("OC_16_44_CS")
def test_relative_default_profile(csms: FakeCsms) -> None:
    """A relative TxDefaultProfile counts from the start of the transaction."""
    charging = Charging(csms)
    charging.needs(periods=3)

    step("Send a relative TxDefaultProfile", expect="Accepted")
    charging.set("TxDefaultProfile", {0: 6, 60: 9, 120: 0}, kind="Relative", duration=180)

    step("Start a transaction", expect="StartTransaction, Charging")
    csms.execute("Charging")

    step("Send GetCompositeSchedule", expect="Accepted; 6 A, 9, 0, and no limit 180 s after the start")
    charging.check_composite(350)


# ------------------------------------------------------------------ connectors and transactions


@case("OC_16_45_CS")
def test_default_profile_of_one_connector(csms: FakeCsms, dut: Dut) -> None:
    """A TxDefaultProfile of connector 0 holds for all connectors but those that have their own."""
    charging = Charging(csms)
    charging.needs(profiles=2, periods=2)
    other = _second(dut).connectorId

    step("Send a TxDefaultProfile for connector 0 and another one for the first connector", expect="Accepted each time")
    charging.set("TxDefaultProfile", {0: 6, 100: 8}, duration=400, connectorId=0)
    charging.set("TxDefaultProfile", {0: 10, 150: 12}, duration=400)

    step("Send GetCompositeSchedule for the first connector", expect="Accepted; 10 A, then 12")
    charging.check_composite(350)

    step("Send GetCompositeSchedule for the second connector", expect="Accepted; 6 A, then 8")
    charging.check_composite(350, connectorId=other)


@case("OC_16_46_CS")
def test_connector_zero(csms: FakeCsms, dut: Dut) -> None:
    """Of connector 0 the charge point tells what all connectors draw together, within its ChargePointMaxProfile."""
    charging = Charging(csms)
    charging.needs(profiles=3, periods=2)
    second = _second(dut)
    csms.reach("Charging")
    csms.reach("Charging", connector=second, token=dut.tokens.second)

    step("Send a TxDefaultProfile for each connector and a ChargePointMaxProfile", expect="Accepted each time")
    charging.set("TxDefaultProfile", {0: 6}, duration=400)
    charging.set("TxDefaultProfile", {0: 7}, duration=400, connectorId=second.connectorId)
    charging.set("ChargePointMaxProfile", {0: 10, 150: 16}, duration=DAY)

    step("Send GetCompositeSchedule for connector 0", expect="Accepted; 10 A, then 13, which is the sum")
    charging.check_composite(350, connectorId=0)


@case("OC_16_47_CS")
def test_tx_profile_ends_with_its_transaction(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A TxProfile is used for its transaction only: the next one goes by the default profile."""
    charging = Charging(csms)
    charging.needs(profiles=2)
    start = csms.reach("Charging")

    step("Send a TxDefaultProfile of 10 A and a TxProfile of 6 A", expect="Accepted each time")
    charging.set("TxDefaultProfile", {0: 10}, duration=600)
    charging.set("TxProfile", {0: 6}, duration=600, transactionId=start.answer.transactionId)

    step("Send GetCompositeSchedule", expect="Accepted; 6 A")
    charging.check_composite(300)

    step("Stop the transaction, unplug", expect="StopTransaction and Finishing, then Available")
    answer = csms.send("RemoteStopTransaction", transactionId=start.answer.transactionId)
    check(answer.status == "Accepted", "the stop is Accepted", requirement="1.6 5.12", actual=answer.status)
    csms.execute("Stopped", start=start, reason="Remote", status=one_of("Finishing", "Available"))
    operator.unplug(dut.connector)
    csms.expect_connector_stays("Available", dut.connector, within=dut.timeouts.physical, requirement="1.6 4.9")

    step("Start another transaction", expect="StartTransaction, Charging")
    csms.execute("Charging")

    step("Send GetCompositeSchedule", expect="Accepted; 10 A")
    charging.check_composite(300)


@case("OC_16_48_CS")
def test_profiles_survive_a_power_cycle(csms: FakeCsms) -> None:
    """Profiles are still there after the charge point was switched off and on."""
    charging = Charging(csms)
    charging.needs(profiles=2, periods=2)

    step("Send a ChargePointMaxProfile and a TxDefaultProfile", expect="Accepted each time")
    charging.set("ChargePointMaxProfile", {0: 9}, duration=DAY)
    charging.set("TxDefaultProfile", {0: 6, 400: 12}, duration=DAY)

    step("Power-cycle the charge point", expect="BootNotification; every status Available")
    csms.execute("Booted")

    step("Send GetCompositeSchedule for 1000 s", expect="Accepted; 6 A, then 9")
    charging.check_composite(1000)


# ------------------------------------------------------------------ limits


@case("OC_16_49_CS")
def test_limits_with_a_decimal(csms: FakeCsms) -> None:
    """Limits with one decimal are taken as they are, those included that binary fractions can't hold."""
    charging = Charging(csms)
    charging.needs(periods=5, units="A")

    step("Send a TxDefaultProfile of 6.3, 8.1, 9.7, 12.9 and 16.1 A", expect="Accepted")
    limits = {0: 6.3, 60: 8.1, 120: 9.7, 180: 12.9, 240: 16.1}
    charging.set("TxDefaultProfile", limits, duration=400, unit="A")

    step("Send GetCompositeSchedule", expect="Accepted; exactly these limits")
    charging.check_composite(350, unit="A")


@case("OC_16_50_CS")
def test_units(csms: FakeCsms) -> None:
    """Profiles in A and in W are compared by the line's voltage and their phases; the schedule is in the unit asked."""
    charging = Charging(csms)
    charging.needs(profiles=2, periods=3, units="AW")

    step("Send a ChargePointMaxProfile in W and a TxDefaultProfile in A", expect="Accepted each time")
    maximum = {0: charging.watts(10) - 7, 200: charging.watts(8)}
    charging.set("ChargePointMaxProfile", maximum, duration=DAY, unit="W")
    charging.set("TxDefaultProfile", {0: 8, 100: 13}, duration=400, unit="A")

    step("Send GetCompositeSchedule in A", expect="Accepted; 8 A, then almost 10, then 8")
    charging.check_composite(350, unit="A")

    step("Send GetCompositeSchedule in W", expect="Accepted; the same in W")
    charging.check_composite(350, unit="W")


@case("OC_16_51_CS")
def test_limit_of_zero(csms: FakeCsms, dut: Dut) -> None:
    """A limit of 0 suspends the transaction, is told as 0, and is over when the profile is cleared."""
    charging = Charging(csms)
    start = csms.reach("Charging")

    step("Send a TxProfile of 0 A", expect="Accepted; StatusNotification SuspendedEVSE")
    charging.set("TxProfile", {0: 0}, duration=600, transactionId=start.answer.transactionId)
    physical = dut.timeouts.physical
    csms.expect_connector_status("SuspendedEVSE", dut.connector, within=physical, requirement="1.6 4.9 C5")

    step("Send GetCompositeSchedule", expect="Accepted; 0")
    charging.check_composite(300)

    step("Send ClearChargingProfile", expect="Accepted; StatusNotification Charging")
    charging.clear(chargingProfilePurpose="TxProfile")
    csms.expect_connector_status("Charging", dut.connector, within=physical, requirement="1.6 4.9 E3")


@case("OC_16_52_CS")
def test_limit_is_obeyed(csms: FakeCsms, dut: Dut) -> None:
    """What the charge point measures does not exceed the limit of the profile that it accepted."""
    charging = Charging(csms)
    csms.configure("MeterValuesSampledData", "Power.Active.Import")
    csms.configure("MeterValueSampleInterval", str(dut.values.sampled_interval))
    start = csms.reach("Charging")

    step("Send a TxProfile of 6 A", expect="Accepted")
    charging.set("TxProfile", {0: 6}, duration=600, transactionId=start.answer.transactionId)

    step("Wait for meter values", expect="no more than 6 A")
    watts = charging.watts(6)
    csms.expect(
        "MeterValues",
        transactionId=start.answer.transactionId,
        meterValue=lambda values: _power(values) <= watts * 1.05,
        within=dut.timeouts.physical + 2 * dut.values.sampled_interval,
        requirement="1.6 3.13.3",
    )


# ------------------------------------------------------------------ which profiles there are


@case("OC_16_53_CS")
def test_profiles_are_replaced(csms: FakeCsms) -> None:
    """A profile replaces the one that has its id, and the one on its stack level with its purpose; others it leaves."""
    charging = Charging(csms)
    charging.needs(levels=3, profiles=3, periods=2)

    step("Send TxDefaultProfiles on stack levels 0 and 1", expect="Accepted each time")
    charging.set("TxDefaultProfile", {0: 6, 100: 8}, duration=400, stackLevel=0)
    upper = charging.set("TxDefaultProfile", {0: 12}, duration=154, stackLevel=1)

    step("Send another one on level 0, and one on level 2 with the id of that on level 1", expect="Accepted each time")
    charging.set("TxDefaultProfile", {0: 7, 200: 9}, duration=400, stackLevel=0)
    same_id = upper["chargingProfileId"]
    charging.set("TxDefaultProfile", {0: 11}, duration=54, stackLevel=2, chargingProfileId=same_id)

    step("Send GetCompositeSchedule", expect="Accepted; 11 A, 7, 9")
    charging.check_composite(350)


@case("OC_16_54_CS")
def test_clearing_meets_all_criteria(csms: FakeCsms) -> None:
    """ClearChargingProfile clears what meets all of its criteria, and says Unknown when nothing does."""
    charging = Charging(csms)
    charging.needs(levels=2, profiles=3, periods=2)

    step("Send TxDefaultProfiles on two stack levels and a ChargePointMaxProfile", expect="Accepted each time")
    first = charging.set("TxDefaultProfile", {0: 6}, duration=400, stackLevel=0)
    charging.set("TxDefaultProfile", {0: 8}, duration=104, stackLevel=1)
    charging.set("ChargePointMaxProfile", {0: 10, 200: 5}, duration=DAY, stackLevel=0)

    step("Send ClearChargingProfile for what is not there", expect="Unknown each time")
    charging.clear(status="Unknown", id=first["chargingProfileId"] + 1000)
    charging.clear(status="Unknown", connectorId=0, chargingProfilePurpose="TxDefaultProfile")
    charging.clear(status="Unknown", chargingProfilePurpose="ChargePointMaxProfile", stackLevel=1)

    step("Send GetCompositeSchedule", expect="Accepted; 8 A, 6, 5")
    charging.check_composite(350)

    step("Send ClearChargingProfile for connector 0", expect="Accepted")
    charging.clear(connectorId=0)

    step("Send GetCompositeSchedule", expect="Accepted; 8 A, 6")
    charging.check_composite(350)


@case("OC_16_55_CS")
def test_impossible_profiles(csms: FakeCsms, dut: Dut) -> None:
    """Profiles that the standard does not allow are refused, and leave the limits as they are."""
    charging = Charging(csms)
    number = dut.connector.connectorId
    highest = csms.configured("ChargeProfileMaxStackLevel")

    step("Send a ChargePointMaxProfile for a connector, a TxProfile for connector 0", expect="refused each time")
    _refused(csms, charging, number, "ChargePointMaxProfile", {0: 6}, "1.6 3.13.1")
    _refused(csms, charging, 0, "TxProfile", {0: 6}, "1.6 3.13.1")

    step("Send a profile on a stack level above ChargeProfileMaxStackLevel", expect="refused")
    _refused(csms, charging, number, "TxDefaultProfile", {0: 6}, "1.6 9.4.1", stackLevel=int(highest or 1000) + 1)

    step("Send a profile for a connector that does not exist", expect="PropertyConstraintViolation, or Rejected")
    unknown = 1 + max(connector.connectorId for connector in dut.connectors)
    answer = _refused(csms, charging, unknown, "TxDefaultProfile", {0: 6}, "1.6 5.16")
    recommend(answer.code, "a CALLERROR", requirement="1.6 errata 3.39", actual=answer)

    step("Send GetCompositeSchedule", expect="Accepted; the charge point's own limit")
    charging.check_composite(300)


def _refused(
    csms: FakeCsms,
    charging: Charging,
    number: int,
    purpose: str,
    limits: dict[int, float],
    requirement: str,
    **more: Any,
) -> Any:
    profile = charging.profile(purpose, limits, duration=400, **more)
    answer = csms.call("SetChargingProfile", {"connectorId": number, "csChargingProfiles": profile})
    charging.check_refused(answer, requirement)
    return answer


def _second(dut: Dut) -> Any:
    if not dut.two_evses:
        raise NotApplicable("the charge point has one connector")
    return dut.second_connector


def _power(values: Any) -> float:
    """The power of the last meter value, in W: that of all phases together."""
    samples = [one for one in values[len(values) - 1].sampledValue if _is_power(one)]
    whole = [one for one in samples if not one.phase] or samples
    return sum(float(one.value) * POWER[one.unit or "W"] for one in whole) if whole else float("inf")


def _is_power(sample: Any) -> bool:
    periodic = (sample.context or "Sample.Periodic") == "Sample.Periodic"
    raw = (sample.format or "Raw") == "Raw"
    return periodic and raw and sample.measurand == "Power.Active.Import" and (sample.unit or "W") in POWER


POWER = {"W": 1, "kW": 1000}
"""Units of power, in W."""
