"""Block K, Smart charging: a charging station under test (2.0.1 and 2.1); so far, profiles of remote starts (K05)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance import ABSENT, Dut, FakeCsms, case, check, one_of, step

# ---------------------------------------------------------------- K05: profiles of remote starts


@case("TC_K_37_CS")
def test_remote_start_with_profile_cable_first(csms: FakeCsms, dut: Dut) -> None:
    """A transaction has the charging profile that came with its remote start, an EV being there already."""
    profile = _profile(dut)
    csms.reach("EVConnectedPreSession")

    step("Ask for a start with a TxProfile", expect="Accepted, and energy flows")
    csms.execute("Authorized", locally=False, chargingProfile=profile)
    csms.execute("EnergyTransferStarted")

    step("Ask for that profile", expect="Accepted, then ReportChargingProfiles with it")
    _expect_report(csms, dut, profile, "F01.FR.10")

    step("Ask for the composite schedule", expect="the limit of the profile")
    _check_composite(csms, dut, profile, "F01.FR.10, K05.FR.03")


@case("OC_K_01_CS")
def test_remote_start_with_profile(csms: FakeCsms, dut: Dut) -> None:
    """A transaction has the charging profile that came with its remote start, also when the EV comes afterwards."""
    profile = _profile(dut)

    step("Ask for a start with a TxProfile, plug in the EV", expect="Accepted, and energy flows")
    csms.execute("Authorized", locally=False, chargingProfile=profile)
    csms.execute("EnergyTransferStarted")

    step("Ask for that profile", expect="Accepted, then ReportChargingProfiles with it")
    _expect_report(csms, dut, profile, "F02.FR.18")

    step("Ask for the composite schedule", expect="the limit of the profile")
    _check_composite(csms, dut, profile, "F02.FR.18, K05.FR.03")


@case("TC_K_38_CS")
def test_remote_start_ignores_profile_cable_first(csms: FakeCsms, dut: Dut) -> None:
    """A station without smart charging ignores the profile of a remote start, an EV being there already."""
    csms.reach("EVConnectedPreSession")

    step("Ask for a start with a TxProfile", expect="Accepted, and energy flows (F01.FR.12)")
    csms.execute("Authorized", locally=False, chargingProfile=_profile(dut))
    csms.execute("EnergyTransferStarted")


@case("OC_K_02_CS")
def test_remote_start_ignores_profile(csms: FakeCsms, dut: Dut) -> None:
    """A station without smart charging ignores the profile of a remote start, also when the EV comes afterwards."""
    step("Ask for a start with a TxProfile, plug in the EV", expect="Accepted, and energy flows (F02.FR.20)")
    csms.execute("Authorized", locally=False, chargingProfile=_profile(dut))
    csms.execute("EnergyTransferStarted")


@case("OC_K_03_CS")
def test_remote_start_with_invalid_profile(csms: FakeCsms, dut: Dut) -> None:
    """A remote start with a profile that can't be is Rejected, whatever is wrong with it; nothing starts."""
    late = [{"startPeriod": 60, "limit": _limit(dut)}]
    invalid = {
        "the purpose TxDefaultProfile": {**_profile(dut), "chargingProfilePurpose": "TxDefaultProfile"},
        "a schedule that does not begin at 0": _profile(dut, chargingSchedulePeriod=late),
        "a schedule Relative with a startSchedule": _profile(dut, startSchedule=csms.timestamp()),
    }
    for what, profile in invalid.items():
        step("Ask for a start with an invalid profile", expect="Rejected, and no event of RemoteStart")
        asked = {"evseId": dut.evse, "remoteStartId": csms.next_request_id(), "idToken": dut.tokens.valid}
        answer = csms.call("RequestStartTransaction", {**asked, "chargingProfile": profile}, deliberate=what)
        rejected = answer.status == "Rejected"
        check(rejected, f"{what}: Rejected", requirement="F01.FR.26, F02.FR.27", actual=answer)
        csms.drain()
        begun = csms.seen_in_step("TransactionEvent", triggerReason="RemoteStart")
        check(not begun, "no event of RemoteStart", requirement="F01.FR.26", actual=begun)


# ---------------------------------------------------------------- helpers of this file


def _limit(dut: Dut) -> int:
    """Of OCA's list: 6 A, or 6000 W."""
    return 6 if dut.values.charging_rate_unit == "A" else 6000


def _profile(dut: Dut, **schedule: Any) -> dict[str, Any]:
    """A TxProfile of one limit without an end, whose schedule has these fields, too."""
    period = {"startPeriod": 0, "limit": _limit(dut), "numberPhases": dut.values.number_phases}
    about = {"id": 1, "chargingRateUnit": dut.values.charging_rate_unit, "chargingSchedulePeriod": [period]}
    return {
        "id": 1,
        "stackLevel": dut.values.stack_level,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [{**about, **schedule}],
    }


def _expect_report(csms: FakeCsms, dut: Dut, profile: Mapping[str, Any], requirement: str) -> None:
    """GetChargingProfiles by its id brings the profile, of the transaction if it names one."""
    number = csms.next_request_id()
    answer = csms.send("GetChargingProfiles", requestId=number, chargingProfile={"chargingProfileId": [profile["id"]]})
    check(answer.status == "Accepted", "status Accepted", requirement=requirement, actual=answer.status)
    transaction = csms.transaction(dut.evse).id
    csms.expect(
        "ReportChargingProfiles",
        requestId=number,
        evseId=dut.evse,
        chargingLimitSource="CSO",
        tbc=one_of(False, ABSENT),
        chargingProfile=[{**profile, "transactionId": one_of(ABSENT, transaction)}],
        requirement=requirement,
    )


def _check_composite(csms: FakeCsms, dut: Dut, profile: Mapping[str, Any], requirement: str) -> None:
    """At every moment the composite schedule has the profile's limit, or a lower one of the station's own."""
    unit, local = dut.values.charging_rate_unit, dut.values.local_limit
    answer = csms.send("GetCompositeSchedule", evseId=dut.evse, duration=300, chargingRateUnit=unit)
    check(answer.status == "Accepted", "status Accepted", requirement="K08.FR.02", actual=answer.status)
    schedule = answer.schedule
    check(schedule.duration == 300, "of 300 s", requirement="K08.FR.02", actual=schedule.duration)
    begin = schedule.chargingSchedulePeriod[0].startPeriod
    check(begin == 0, "from now on", requirement="K08.FR.02", actual=begin)
    limits = {float(period.limit or -1) for period in schedule.chargingSchedulePeriod}
    wanted = float(min(_limit(dut), local) if local else _limit(dut))
    check(limits == {wanted}, f"{wanted:g} {unit} throughout", requirement=requirement, actual=sorted(limits))
