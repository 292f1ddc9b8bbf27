"""What cases of 2.x make of the sampled meter values of a transaction: configured, complete, signed.

Source: 2.0.1 part 2, J02 and "Meter Values - Configuration"; cases use it as `readings.`.
"""

from __future__ import annotations

from conformance.cases.samples import check_samples
from conformance.cases.steps import check
from conformance.dut.description import Dut
from conformance.peers.csms import FakeCsms
from conformance.peers.payload import PRESENT

_SAMPLED = "SampledDataCtrlr"
_SIGNATURE = ("signedMeterData", "signingMethod", "encodingMethod", "publicKey")


def sample(csms: FakeCsms, dut: Dut) -> None:
    """Have the station take the description's measurands at the tester's interval while a transaction runs."""
    csms.prefer(_SAMPLED, "Enabled", "true")
    csms.configure(_SAMPLED, "TxUpdatedMeasurands", ",".join(dut.values.measurands))
    csms.configure(_SAMPLED, "TxUpdatedInterval", f"{dut.values.sampled_interval}")


def sign(csms: FakeCsms) -> None:
    """Have the station sign what it reads, those of the begin, too (2.1); NotApplicable where it can't."""
    csms.prefer(_SAMPLED, "Enabled", "true")
    csms.configure(_SAMPLED, "SignReadings", "true")
    csms.prefer(_SAMPLED, "SignStartedReadings", "true")


def check_started(csms: FakeCsms, dut: Dut, requirement: str, readings: str = "E01.FR.09") -> None:
    """The transaction began with Started; its first meter values are there (`readings` wants them) if the EVSE was
    known by then."""
    first = csms.transaction(dut.evse).first
    check(first.eventType == "Started", "the first event is Started", requirement=requirement, actual=first.eventType)
    if "evse" in first:
        check_samples(csms, first, "TxStartedMeasurands", "Transaction.Begin", readings)


def check_begin(csms: FakeCsms, dut: Dut, late: str) -> None:
    """The readings of the begin are in Started, or, where that knew of no EVSE, in the event that energy flows, which
    has come (`late` wants them there)."""
    transaction = csms.transaction(dut.evse)
    if "evse" in transaction.first:
        check_samples(csms, transaction.first, "TxStartedMeasurands", "Transaction.Begin", "E01.FR.09")
    else:
        charging = transaction.wait_until(chargingState="Charging", requirement="E02.FR.13")
        check_samples(csms, charging, "TxStartedMeasurands", "Transaction.Begin", late)


def check_ended(csms: FakeCsms, dut: Dut, requirement: str, readings: str = "E06.FR.11") -> None:
    """The transaction is over, and its last event has the meter values of the end (`readings` wants them)."""
    last = csms.transaction(dut.evse).last
    check(last.eventType == "Ended", "the last event is Ended", requirement=requirement, actual=last.eventType)
    check_samples(csms, last, "TxEndedMeasurands", "Transaction.End", readings)


def check_signed(csms: FakeCsms, dut: Dut, requirement: str) -> None:
    """The transaction ends, or has ended, with a reading of its end that is signed, with all that its check takes.

    Readings of the end are what every station that signs can sign (SampledDataCtrlr.SignReadings).
    """
    transaction = csms.transaction(dut.evse)
    ended = transaction.wait_until(eventType="Ended", within=dut.timeouts.physical)
    parts = dict.fromkeys(_SIGNATURE, PRESENT)
    signed = transaction.samples(ended, context="Transaction.End", signedMeterValue=parts)
    check(signed, "a signed value of the end", requirement=requirement, actual="none")


def expect_regular(csms: FakeCsms, dut: Dut, requirement: str) -> None:
    """In this step's window an event brings the readings that are configured to come regularly."""
    event = csms.expect(
        "TransactionEvent",
        eventType="Updated",
        triggerReason="MeterValuePeriodic",
        within=dut.values.sampled_interval + dut.timeouts.message,
        requirement=requirement,
    )
    check_samples(csms, event, "TxUpdatedMeasurands", "Sample.Periodic", requirement)
