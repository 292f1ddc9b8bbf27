"""Feature profile SmartCharging: a charge point under test (1.6).

Limits are written in A; for a description in W, `Charging` sends and expects them times 1000, as the official list.
"""

from __future__ import annotations

from conformance import Charging, Dut, FakeCsms, case, check, step

# ------------------------------------------------------------------ profiles


@case("TC_056_CS")
def test_tx_default_profile(csms: FakeCsms) -> None:
    """A default profile for transactions is accepted and shows in the composite schedule."""
    charging = Charging(csms)

    step("Send SetChargingProfile with a TxDefaultProfile of 6 A", expect="Accepted")
    charging.set("TxDefaultProfile", {0: 6}, duration=400)

    step("Send GetCompositeSchedule", expect="Accepted; 6 A")
    charging.check_composite(300)


@case("TC_057_CS")
def test_tx_profile(csms: FakeCsms) -> None:
    """A profile for the running transaction is accepted and shows in the composite schedule."""
    charging = Charging(csms)
    start = csms.reach("Charging")

    step("Send SetChargingProfile with a TxProfile of 6 A for this transaction", expect="Accepted")
    charging.set("TxProfile", {0: 6}, duration=400, transactionId=start.answer.transactionId)

    step("Send GetCompositeSchedule", expect="Accepted; 6 A")
    charging.check_composite(300)


@case("TC_058_1_CS")
def test_tx_profile_without_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A TxProfile is refused where no transaction runs."""
    charging = Charging(csms)
    number = dut.connector.connectorId

    step("Send SetChargingProfile with a TxProfile", expect="Rejected, or PropertyConstraintViolation")
    profile = charging.profile("TxProfile", {0: 6}, duration=400, transactionId=1)
    answer = csms.call("SetChargingProfile", {"connectorId": number, "csChargingProfiles": profile})
    charging.check_refused(answer, "1.6 3.13.1, 5.16.4")


@case("TC_058_2_CS")
def test_tx_profile_of_another_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A TxProfile for another transaction than the one that runs on the connector is refused."""
    charging = Charging(csms)
    start = csms.reach("Charging")

    step("Send SetChargingProfile with a TxProfile for an unknown transactionId", expect="Rejected")
    profile = charging.profile("TxProfile", {0: 6}, duration=400, transactionId=start.answer.transactionId + 1000)
    answer = csms.send("SetChargingProfile", connectorId=dut.connector.connectorId, csChargingProfiles=profile)
    check(answer.status == "Rejected", "the profile is Rejected", requirement="1.6 3.13.1, 5.16", actual=answer.status)


@case("TC_082_CS")
def test_tx_default_profile_during_transaction(csms: FakeCsms) -> None:
    """A transaction without a profile switches to a default profile that comes while it runs."""
    charging = Charging(csms)
    csms.reach("Charging")

    step("Send SetChargingProfile with a TxDefaultProfile of 6 A", expect="Accepted")
    charging.set("TxDefaultProfile", {0: 6}, duration=400)

    step("Send GetCompositeSchedule", expect="Accepted; 6 A")
    charging.check_composite(300)


# ------------------------------------------------------------------ composite schedules


@case("TC_066_CS")
def test_composite_schedule(csms: FakeCsms) -> None:
    """Profiles of three purposes make one schedule: the lowest limit, and a TxProfile instead of the default."""
    charging = Charging(csms)
    charging.needs(levels=1, profiles=3, periods=5)
    start = csms.reach("Charging")
    valid = (charging.past, charging.past + 401)

    step("Send a ChargePointMaxProfile, a TxDefaultProfile and a TxProfile", expect="Accepted each time")
    charging.set("ChargePointMaxProfile", {0: 10}, duration=86400, stackLevel=0)
    default = {0: 6, 60: 10, 120: 8, 180: 15, 260: 8}
    charging.set("TxDefaultProfile", default, duration=300, valid=valid, stackLevel=0)
    own = {0: 8, 50: 11, 140: 16, 200: 6, 240: 12}
    of = start.answer.transactionId
    charging.set("TxProfile", own, duration=260, valid=valid, stackLevel=0, transactionId=of)

    step("Send GetCompositeSchedule for 400 s", expect="Accepted; 8 A, then 10, 6 and 10")
    charging.check_composite(400)


@case("TC_067_CS")
def test_clear_charging_profile(csms: FakeCsms) -> None:
    """Profiles are cleared by id, by purpose and stack level, and all at once; each time the others remain."""
    charging = Charging(csms)
    charging.needs(levels=2, profiles=3, periods=3)
    valid = (charging.past, charging.past + 401)

    step("Send two TxDefaultProfiles and a ChargePointMaxProfile", expect="Accepted each time")
    first = charging.set("TxDefaultProfile", {0: 6, 60: 8, 200: 10}, duration=400, stackLevel=1)
    charging.set("TxDefaultProfile", {0: 7, 100: 9}, duration=400, valid=valid, stackLevel=0)
    charging.set("ChargePointMaxProfile", {0: 11, 200: 12}, duration=86400, valid=valid, stackLevel=0)

    step("Send ClearChargingProfile with the first one's id", expect="Accepted")
    charging.clear(id=first["chargingProfileId"])

    step("Send GetCompositeSchedule", expect="Accepted; 7 A, then 9")
    charging.check_composite(350)

    step("Send ClearChargingProfile with TxDefaultProfile and stack level 0", expect="Accepted")
    charging.clear(chargingProfilePurpose="TxDefaultProfile", stackLevel=0)

    step("Send GetCompositeSchedule", expect="Accepted; 11 A, then 12")
    charging.check_composite(350)

    step("Send ClearChargingProfile without fields", expect="Accepted")
    charging.clear()

    step("Send GetCompositeSchedule", expect="Accepted; the charge point's own limit")
    charging.check_composite(350)


@case("TC_072_CS")
def test_stacked_profiles(csms: FakeCsms) -> None:
    """The profile on the higher stack level prevails until its schedule is over, then the lower one goes on."""
    charging = Charging(csms)
    charging.needs(levels=2, profiles=2, periods=3)
    valid = (charging.past, charging.past + 401)

    step("Send two TxDefaultProfiles on stack levels 0 and 1", expect="Accepted each time")
    charging.set("TxDefaultProfile", {0: 6, 100: 8, 200: 10}, duration=400, valid=valid, stackLevel=0)
    charging.set("TxDefaultProfile", {0: 7, 100: 9}, duration=150, valid=valid, stackLevel=1)

    step("Send GetCompositeSchedule", expect="Accepted; 7 A, then 9, 8 and 10")
    charging.check_composite(350)


# ------------------------------------------------------------------ remote start


@case("TC_059_CS")
def test_remote_start_with_profile(csms: FakeCsms) -> None:
    """A transaction that is started remotely with a profile charges by it, from its start on."""
    charging = Charging(csms)
    charging.needs(periods=2)

    step("Plug in the EV", expect="StatusNotification Preparing")
    csms.execute("Preparing")

    step("Send RemoteStartTransaction with a relative TxProfile", expect="Accepted; StartTransaction and Charging")
    profile = charging.profile("TxProfile", {0: 6, 100: 8}, kind="Relative", duration=400)
    csms.execute("RemotelyAuthorized", profile=profile)
    csms.execute("Started")

    step("Send GetCompositeSchedule", expect="Accepted; 6 A, then 8 from 100 s after the start")
    charging.check_composite(300)


@case("TC_060_CS")
def test_remote_start_with_wrong_profile(csms: FakeCsms, dut: Dut) -> None:
    """A remote start with a profile that is no TxProfile is refused, and starts nothing."""
    charging = Charging(csms)

    step("Send RemoteStartTransaction with a TxDefaultProfile", expect="Rejected, or PropertyConstraintViolation")
    request = {
        "idTag": dut.tokens.valid.idTag,
        "connectorId": dut.connector.connectorId,
        "chargingProfile": charging.profile("TxDefaultProfile", {0: 6}, duration=400),
    }
    answer = csms.call("RemoteStartTransaction", request, deliberate="the purpose is not TxProfile")
    charging.check_refused(answer, "1.6 5.11, 5.16.2")
    csms.expect_nothing("StartTransaction", within=dut.timeouts.physical / 10, requirement="1.6 5.11")
