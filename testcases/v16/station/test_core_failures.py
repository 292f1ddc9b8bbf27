"""Feature profile Core when hardware or power fail: a charge point under test (1.6)."""

from __future__ import annotations

from conformance import ABSENT, Dut, FakeCsms, Operator, case, one_of, step

# ------------------------------------------------------------------ lock and fault


@case("TC_024_CS")
def test_lock_failure_at_start(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A connector whose lock fails is Faulted, and no transaction starts on it."""
    csms.reach("RemotelyAuthorized")

    step("Plug in so that the lock can't close", expect="Faulted with ConnectorLockFailure, and no StartTransaction")
    operator.jam_lock(dut.connector)
    operator.plug_in(dut.connector)
    csms.expect(
        "StatusNotification",
        connectorId=dut.connector.connectorId,
        status="Faulted",
        errorCode="ConnectorLockFailure",
        within=dut.timeouts.physical,
        requirement="1.6 4.9, 7.6",
    )
    _nothing_starts(csms, dut)


@case("TC_041_CS")
def test_fault(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Nothing starts on a connector that has a fault."""
    step("Cause a fault", expect="StatusNotification Faulted")
    csms.execute("Faulted")

    step("Plug in, present a valid token", expect="no StartTransaction")
    operator.plug_in(dut.connector)
    operator.present_token(dut.tokens.valid, dut.connector)
    _nothing_starts(csms, dut)


# ------------------------------------------------------------------ power


@case("TC_032_1_CS")
def test_power_failure_with_backup(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """On back-up power a charge point stops its transaction before it goes down."""
    start = csms.reach("Charging")

    step("Cut the power, give it back", expect="StopTransaction with reason PowerLoss and Finishing, before the boot")
    operator.power_cycle()
    csms.execute("Stopped", start=start, reason="PowerLoss", idTag=ABSENT)

    step("Wait for the boot", expect="BootNotification; Finishing or Preparing where the cable is in")
    boot = csms.expect("BootNotification", within=dut.timeouts.boot, requirement="1.6 4.2")
    csms.execute("Reported", boot=boot, but={dut.connector.connectorId: one_of("Finishing", "Preparing")})


@case("TC_032_2_CS")
def test_power_failure(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A transaction that a power cut interrupted is stopped after the boot, by itself or by its driver."""
    start = csms.reach("Charging")
    after = {dut.connector.connectorId: one_of("Finishing", "Preparing", "Charging")}

    step("Cut the power, give it back", expect="BootNotification; Finishing, Preparing, or Charging if it goes on")
    operator.power_cycle()
    boot = csms.expect("BootNotification", within=dut.timeouts.boot, requirement="1.6 4.2")
    csms.execute("Reported", boot=boot, but=after)

    if csms.statuses_in_step(dut.connector)[-1:] == ["Charging"]:
        step("The transaction goes on: present the token that started", expect="StopTransaction, Finishing")
        operator.present_token(dut.tokens.valid, dut.connector)
        csms.execute("Stopped", start=start, reason=one_of("Local", ABSENT))
    else:
        step("The transaction does not go on", expect="StopTransaction with reason PowerLoss")
        csms.expect(
            "StopTransaction",
            transactionId=start.answer.transactionId,
            reason="PowerLoss",
            idTag=ABSENT,
            within=dut.timeouts.physical,
            requirement="1.6 4.10, 7.36",
        )


@case("TC_034_CS")
def test_power_failure_while_unavailable(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A charge point that was made inoperative is so after a power cut, too."""
    every = {one.connectorId: "Unavailable" for one in dut.connectors} | {0: "Unavailable"}

    step("Send ChangeAvailability Inoperative for connector 0", expect="Accepted; connector 0 and all Unavailable")
    csms.execute("Unavailable")

    step("Cut the power, give it back", expect="BootNotification; connector 0 and all Unavailable")
    operator.power_cycle()
    boot = csms.expect("BootNotification", within=dut.timeouts.boot, requirement="1.6 4.2")
    csms.execute("Reported", boot=boot, but=every)


def _nothing_starts(csms: FakeCsms, dut: Dut) -> None:
    csms.expect_nothing("StartTransaction", within=dut.values.transaction_duration, requirement="1.6 4.8, 4.9")
