"""Feature profile Core without a connection: a charge point under test (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeCsms, Metering, Operator, case, check, moment, one_of, step


@case("TC_036_CS")
def test_connection_loss_during_transaction(csms: FakeCsms, dut: Dut) -> None:
    """What was sampled while the connection was lost is told afterwards, in order, and nothing of it is missing."""
    interval = dut.values.sampled_interval
    csms.configure("MeterValueSampleInterval", str(interval))
    csms.configure("ClockAlignedDataInterval", "0")
    start = csms.reach("Charging")

    step("Lose the connection for some intervals", expect="the charge point connects again when it can")
    with csms.offline(at_least=3.5 * interval):
        known = len(csms.seen("MeterValues"))
    csms.expect_connection(within=dut.timeouts.reset)

    step("Let it empty its queue", expect="a sample for every interval from the start on, the oldest first")
    metering = Metering(csms, start)
    values = metering.sampled(known + 5, "Sample.Periodic", every=interval)
    metering.regular(values, interval, since=start.timestamp)
    metering.complete(values, "MeterValuesSampledData")


@case("TC_037_1_CS")
def test_offline_start(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that a driver started offline is told when the connection is back, and goes on."""
    csms.reach("IdTagKnownOffline")

    step("Offline: plug in, present the token", expect="the charge point connects again when it can")
    csms.execute("StartedOffline")

    step("Accept the transaction", expect="StartTransaction and StatusNotification Charging in any order")
    csms.execute("Started")
    csms.expect_nothing("StopTransaction", within=dut.timeouts.quiet, requirement="1.6 3.5.4")


@case("TC_037_2_CS")
def test_offline_start_invalid(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that a driver started offline is only suspended when its token turns out to be invalid."""
    csms.configure("StopTransactionOnInvalidId", "false")
    _no_energy_for_strangers(csms)
    csms.reach("IdTagKnownOffline")
    csms.answer("StartTransaction", idTagInfo={"status": "Invalid"})

    step("Offline: plug in, present the token", expect="the charge point connects again when it can")
    csms.execute("StartedOffline")

    step("Answer StartTransaction with Invalid", expect="SuspendedEVSE, and no StopTransaction")
    _start_told(csms, dut)
    csms.expect_connector_status("SuspendedEVSE", dut.connector, within=dut.timeouts.physical, requirement=INVALID)
    csms.expect_nothing("StopTransaction", within=dut.timeouts.quiet, requirement=INVALID)


@case("TC_037_3_CS")
def test_offline_start_deauthorized(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that a driver started offline is stopped when its token turns out to be invalid."""
    csms.configure("StopTransactionOnInvalidId", "true")
    _no_energy_for_strangers(csms)
    csms.reach("IdTagKnownOffline")
    csms.answer("StartTransaction", idTagInfo={"status": "Invalid"})

    step("Offline: plug in, present the token", expect="the charge point connects again when it can")
    csms.execute("StartedOffline")

    step("Answer StartTransaction with Invalid", expect="StopTransaction with reason DeAuthorized, and Finishing")
    start = _start_told(csms, dut)
    csms.execute("Stopped", start=start, reason="DeAuthorized", idTag=ABSENT)


@case("TC_038_CS")
def test_offline_stop(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A transaction that a driver stopped offline is told to have ended when the connection is back."""
    start = csms.reach("Charging")

    step("Offline: present the token that started", expect="the charge point connects again when it can")
    with csms.offline():
        operator.present_token(dut.tokens.valid, dut.connector)
    csms.expect_connection(within=dut.timeouts.reset)

    step("Let it empty its queue", expect="StopTransaction with reason Local or none, and Finishing in any order")
    csms.execute("Stopped", start=start, idTag=dut.tokens.valid.idTag, reason=one_of("Local", ABSENT))


@case("TC_039_CS")
def test_offline_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A whole transaction without a connection is told afterwards, and how long it was."""
    csms.reach("IdTagKnownOffline")

    step("Offline: start, charge, stop, unplug", expect="the charge point connects again when it can")
    csms.execute("ChargedOffline")

    step("Let it empty its queue", expect="StartTransaction, then StopTransaction with reason Local or none")
    start = _start_told(csms, dut)
    stop = csms.expect(
        "StopTransaction",
        after=start,
        transactionId=start.answer.transactionId,
        idTag=dut.tokens.valid.idTag,
        reason=one_of("Local", ABSENT),
        within=dut.timeouts.physical,
        requirement="1.6 3.7, 4.10",
    )
    lasted = moment(stop.timestamp) - moment(start.timestamp)
    check(lasted >= dut.values.transaction_duration - 1, "each has its own time", requirement=TIMES, actual=lasted)


# ------------------------------------------------------------------ what several cases do

INVALID = "1.6 3.5.4, errata 3.17"
TIMES = "1.6 6.45, 6.49"


def _no_energy_for_strangers(csms: FakeCsms) -> None:
    if csms.configured("MaxEnergyOnInvalidId"):
        csms.configure("MaxEnergyOnInvalidId", "0")


def _start_told(csms: FakeCsms, dut: Dut) -> Any:
    """The StartTransaction that waited for the connection."""
    return csms.expect(
        "StartTransaction",
        connectorId=dut.connector.connectorId,
        idTag=dut.tokens.valid.idTag,
        within=dut.timeouts.reset,
        requirement="1.6 3.7",
    )
