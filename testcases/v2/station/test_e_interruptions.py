"""Block E, Transactions: a charging station under test whose power fails during a transaction (2.1, E17)."""

from __future__ import annotations

from conformance import Dut, FakeCsms, case, check, one_of, step


@case("TC_E_112_CS")
def test_resumes_without_energy(csms: FakeCsms, dut: Dut) -> None:
    """A transaction outlives a power failure, but without AllowEnergyTransferResumption no energy flows any more."""
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")
    csms.configure("TxCtrlr", "AllowEnergyTransferResumption", "false")
    csms.reach("EnergyTransferStarted")

    step("Switch the power off and on", expect="the station registers; the connector is Occupied")
    csms.execute("Booted")

    step("See what became of the transaction", expect="TxResumed, SuspendedEVSE or EVConnected")
    csms.execute("TransactionResumed", chargingState=("SuspendedEVSE", "EVConnected"), requirement="E17.FR.12")
    csms.drain()
    energy = csms.seen_in_step("TransactionEvent", transactionInfo={"chargingState": "Charging"})
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
