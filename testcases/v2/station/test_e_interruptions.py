"""Block E, Transactions: a charging station under test whose power fails during a transaction (2.1, E17)."""

from __future__ import annotations

from conformance import Dut, FakeCsms, Operator, case, check, one_of, step


@case("TC_E_112_CS")
def test_resumes_without_energy(csms: FakeCsms, dut: Dut) -> None:
    """A transaction outlives a power failure, but without AllowEnergyTransferResumption no energy flows any more."""
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")
    csms.configure("TxCtrlr", "AllowEnergyTransferResumption", "false")
    csms.reach("EnergyTransferStarted")

    step("Switch the power off and on", expect="the station registers; the connector is Occupied")
    csms.execute("Booted")

    step("See what became of the transaction", expect="TxResumed, SuspendedEVSE or EVConnected")
    states = ("SuspendedEVSE", "EVConnected")
    resumed = csms.execute("TransactionResumed", chargingState=states, requirement="E17.FR.12")
    csms.drain()
    charging = csms.seen_in_step("TransactionEvent", transactionInfo={"chargingState": "Charging"})
    # What the failure cut off from its answer comes once more.
    energy = [event for event in charging if event.seqNo > resumed.seqNo]
    check(not energy, "no energy flows again", requirement="E17.FR.12", actual=energy)
    csms.expect_connector_stays("Occupied", dut.connector)
    csms.execute("TransactionGoesOn", requirement="E17.FR.10")


@case("TC_E_113_CS")
def test_resumes_with_energy(csms: FakeCsms, dut: Dut) -> None:
    """With AllowEnergyTransferResumption a transaction goes on as it was before the power failure."""
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")
    csms.configure("TxCtrlr", "AllowEnergyTransferResumption", "true")
    csms.reach("EnergyTransferStarted")

    step("Switch the power off and on", expect="the station registers; the connector is Occupied")
    csms.execute("Booted")

    step("See what became of the transaction", expect="TxResumed, Charging")
    csms.execute("TransactionResumed", chargingState=("Charging",), requirement="E17.FR.11")
    csms.expect_connector_stays("Occupied", dut.connector)
    csms.execute("TransactionGoesOn", requirement="E17.FR.10")


@case("TC_E_114_CS")
def test_resumes_nothing(csms: FakeCsms) -> None:
    """A station without ResumptionTimeout resumes no transaction."""
    csms.reach("EnergyTransferStarted")

    step("Switch the power off and on", expect="the station registers; no TxResumed")
    csms.execute("Booted")
    csms.drain()
    resumed = csms.seen("TransactionEvent", triggerReason="TxResumed")
    check(not resumed, "no event of TxResumed", requirement="E17.FR.01", actual=resumed)


@case("TC_E_115_CS")
def test_ends_with_power_failure(csms: FakeCsms) -> None:
    """With ResumptionTimeout 0 a power failure ends a transaction, however short it is."""
    csms.configure("TxCtrlr", "ResumptionTimeout", "0")
    csms.reach("EnergyTransferStarted")

    step("Switch the power off and on", expect="the station registers; the connector is Occupied")
    csms.execute("Booted")

    step("See what became of the transaction", expect="Ended with AbnormalCondition, PowerLoss or Reboot")
    csms.execute("TransactionInterrupted", stoppedReason=one_of("PowerLoss", "Reboot"), requirement="E17.FR.20")


@case("TC_E_116_CS")
def test_ends_when_power_comes_back_late(csms: FakeCsms, dut: Dut) -> None:
    """A power failure that lasts longer than ResumptionTimeout ends a transaction."""
    csms.configure("TxCtrlr", "ResumptionTimeout", f"{dut.values.transaction_duration}")
    csms.reach("EnergyTransferStarted")

    step("Leave the power off for longer", expect="the station registers; the connector is Occupied")
    csms.execute("PoweredAgain", after=dut.values.transaction_duration + 1)

    step("See what became of the transaction", expect="Ended with AbnormalCondition, PowerLoss")
    csms.execute("TransactionInterrupted", stoppedReason="PowerLoss", requirement="E17.FR.21")


@case("OC_E_17_CS")
def test_resumes_what_did_not_charge(csms: FakeCsms) -> None:
    """A transaction in which no energy flowed goes on as it was, whether or not energy may flow again."""
    csms.configure("TxCtrlr", "TxStartPoint", "EVConnected")
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")
    csms.configure("TxCtrlr", "AllowEnergyTransferResumption", "false")
    csms.reach("EVConnectedPreSession")

    step("Switch the power off and on", expect="the station registers; the connector is Occupied")
    csms.execute("Booted")

    step("See what became of the transaction", expect="TxResumed, EVConnected")
    csms.execute("TransactionResumed", chargingState=("EVConnected",), requirement="E17.FR.13")
    csms.execute("TransactionGoesOn", requirement="E17.FR.10")


@case("OC_E_18_CS")
def test_resumes_what_was_unplugged(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A transaction that outlives the cable goes on after a power failure in which the EV was unplugged."""
    csms.configure("TxCtrlr", "TxStopPoint", "Authorized")
    csms.configure("TxCtrlr", "StopTxOnEVSideDisconnect", "false")
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")
    csms.reach("EnergyTransferStarted")

    step("Switch the power off, unplug the cable at the EV, switch it on", expect="the station registers and reports")
    operator.power_off()
    operator.unplug(dut.connector, side="EV")
    operator.power_on()
    csms.expect("BootNotification", within=dut.timeouts.boot)
    for connector in dut.connectors:
        # The cable may still be in the station.
        status = one_of("Occupied", "Available") if connector == dut.connector else "Available"
        csms.expect_connector_status(status, connector, requirement="B01.FR.05")

    step("See what became of the transaction", expect="TxResumed, Idle")
    csms.execute("TransactionResumed", chargingState=("Idle",), requirement="E17.FR.16")
    csms.execute("TransactionGoesOn", requirement="E17.FR.10")


@case("OC_E_19_CS")
def test_resumes_energy_after_a_while(csms: FakeCsms, dut: Dut) -> None:
    """Energy flows again no later than EnergyTransferResumptionRandomRange allows."""
    longest = 1
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")
    csms.configure("TxCtrlr", "AllowEnergyTransferResumption", "true")
    csms.configure("TxCtrlr", "EnergyTransferResumptionRandomRange", f"{longest}")
    csms.reach("EnergyTransferStarted")

    step("Switch the power off and on", expect="the station registers, TxResumed, Charging soon")
    boot = csms.execute("Booted")
    told = {"chargingState": "Charging", "requirement": "E17.FR.18"}
    again = csms.transaction(dut.evse).expect(within=longest + dut.timeouts.tolerance, **told)
    after = csms.time_between(boot, again)
    in_time = after <= longest + dut.timeouts.tolerance
    check(in_time, f"at most {longest} s after the boot", requirement="E17.FR.18", actual=round(after, 1))
    csms.execute("TransactionGoesOn", requirement="E17.FR.10")
