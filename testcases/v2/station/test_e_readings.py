"""Block E, Transactions: what a charging station under test reads and signs, and tells of phases (our own cases).

Which readings are sent is configured; whether they come in every kind of session, online and offline, is asked here.
"""

from __future__ import annotations

from conformance import (
    PRESENT,
    Dut,
    FakeCsms,
    NotApplicable,
    Operator,
    case,
    check,
    check_samples,
    one_of,
    readings,
    step,
)

# ---------------------------------------------------------------- while a transaction runs


@case("OC_E_01_CS")
def test_readings_cable_first(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that the driver began with the cable tells its readings as they are configured."""
    readings.sample(csms, dut)
    csms.reach("EVConnectedPreSession")

    step("Authorize the session", expect="energy flows; an event with the configured readings")
    csms.execute("EnergyTransferStarted")
    readings.expect_regular(csms, dut, "E02.FR.10")


@case("OC_E_02_CS")
def test_readings_authorization_first(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that the driver began with the token tells its readings as they are configured."""
    readings.sample(csms, dut)
    csms.reach("Authorized")

    step("Plug in the EV", expect="energy flows; an event with the configured readings")
    csms.execute("EnergyTransferStarted")
    readings.expect_regular(csms, dut, "E03.FR.08")


@case("OC_E_03_CS")
def test_readings_offline(csms: FakeCsms, dut: Dut) -> None:
    """A session that ran offline tells its readings afterwards, as they are configured, and ends with a signed one."""
    csms.reach("TokensAskedAbout")
    csms.prefer("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true")
    readings.sample(csms, dut)
    csms.prefer("SampledDataCtrlr", "SignReadings", "true")

    step("Charge for a while and leave, offline all the time", expect="the station connects again when it can")
    csms.execute("TransactionEventsInQueueEnded", seconds=1.2 * dut.values.sampled_interval)

    step("Let the station empty its queue", expect="the configured readings, and a signed one; offline true")
    transaction = csms.transaction(dut.evse)
    transaction.wait_until(eventType="Ended", within=dut.timeouts.physical, requirement="E12.FR.01")
    begun = one_of("Authorized", "ChargingStateChanged", "SignedDataReceived")
    transaction.wait_until(idToken=dut.tokens.valid, triggerReason=begun, requirement="E03.FR.01")
    taken = transaction.wait_until(
        eventType="Updated", triggerReason="MeterValuePeriodic", meterValue=PRESENT, requirement="E12.FR.03"
    )
    check_samples(csms, taken, "TxUpdatedMeasurands", "Sample.Periodic", "E04.FR.06, E12.FR.03")
    if csms.configured("SampledDataCtrlr", "SignReadings") == "true":
        readings.check_signed(csms, dut, "E12.FR.10")
    for number, event in enumerate(transaction.events, transaction.first.seqNo):
        told = (event.seqNo, event.offline)
        check(told == (number, True), f"seqNo {number}, offline true", requirement="E12.FR.02", actual=told)


# ---------------------------------------------------------------- of the begin, where the EVSE is known later


@case("OC_E_04_CS")
def test_begin_before_evse_is_known(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A transaction that began at a reader of the whole station tells the readings of its begin when it charges."""
    _start_point(csms, "Authorized")

    step("Present the token at a reader of the whole station", expect="Started with the token")
    operator.present_token(dut.tokens.valid, anywhere=True)
    csms.transaction().wait_until(
        eventType="Started", idToken=dut.tokens.valid, within=dut.timeouts.physical, requirement="E01.FR.03"
    )

    step("Plug in the EV", expect="an event with EVSE and connector, then Charging, and the readings of the begin")
    operator.plug_in(dut.connector)
    _expect_charging(csms, dut)
    readings.check_begin(csms, dut, "E01.FR.17, E03.FR.11")


@case("OC_E_05_CS")
def test_begin_in_a_bay_of_several_evses(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that began in a bay, whatever the EVSE, tells the readings of its begin when it charges."""
    _start_point(csms, "ParkingBayOccupancy")
    csms.reach("EVConnectedPreSession")

    step("Authorize the session", expect="energy flows; the readings of the begin, here or in Started")
    csms.execute("EnergyTransferStarted")
    readings.check_begin(csms, dut, "E01.FR.17, E02.FR.21")


@case("OC_E_06_CS")
def test_begin_offline_before_evse_is_known(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A session that began offline, and whose token is refused afterwards, tells the readings of its begin, too."""
    _start_point(csms, "Authorized")
    _deauthorizing(csms)
    readings.sign(csms)

    step("Present the token at a reader of the whole station, then plug in, offline", expect="it connects when it can")
    with csms.offline():
        operator.present_token(dut.tokens.valid, anywhere=True)
        operator.plug_in(dut.connector)
    csms.expect_connection(within=dut.timeouts.reset)

    step("Refuse the token", expect="the readings of the begin, and Ended with a signed one of the end")
    _expect_charging(csms, dut)
    readings.check_begin(csms, dut, "E04.FR.11, E05.FR.08")
    _expect_deauthorized(csms, dut)
    readings.check_signed(csms, dut, "E04.FR.10, E05.FR.06")


# ---------------------------------------------------------------- signed


@case("OC_E_07_CS")
def test_signed_after_local_stop(csms: FakeCsms, dut: Dut) -> None:
    """A session that the driver ends with the token ends with a signed reading."""
    readings.sign(csms)
    csms.reach("EnergyTransferStarted")

    step("Stop at the station and leave", expect="Ended with a signed reading of the end")
    csms.execute("StopAuthorized", locally=True)
    csms.execute("ParkingBayUnoccupied")
    readings.check_signed(csms, dut, "E07.FR.12")


@case("OC_E_08_CS")
def test_signed_after_stop_offline(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A session that the driver ends while the station is offline ends with a signed reading."""
    readings.sign(csms)
    csms.reach("EnergyTransferStarted")

    step("Stop at the station and leave, offline", expect="the station connects again when it can")
    with csms.offline():
        _leave(csms, operator, dut)
    csms.expect_connection(within=dut.timeouts.reset)

    step("Let the station empty its queue", expect="Ended with a signed reading of the end")
    readings.check_signed(csms, dut, "E08.FR.12")


@case("OC_E_09_CS")
def test_signed_after_ev_side_disconnect(csms: FakeCsms, dut: Dut) -> None:
    """A session that ends because the EV was unplugged ends with a signed reading."""
    csms.configure("TxCtrlr", "StopTxOnEVSideDisconnect", "true")
    csms.prefer("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "true")
    csms.prefer("TxCtrlr", "TxStopPoint", "Authorized")
    readings.sign(csms)
    csms.reach("EnergyTransferStarted")

    step("Unplug the cable at the EV", expect="EVCommunicationLost; Ended with a signed reading of the end")
    csms.execute("EVDisconnectedOnEVSide")
    readings.check_signed(csms, dut, "E09.FR.08")


@case("OC_E_10_CS")
def test_signed_after_ev_side_suspension(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A session that went on after the EV was unplugged and came back ends with a signed reading."""
    csms.prefer("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "false")
    csms.configure("TxCtrlr", "StopTxOnEVSideDisconnect", "false")
    csms.configure("TxCtrlr", "TxStopPoint", "Authorized")
    readings.sign(csms)
    csms.reach("EnergyTransferStarted")

    step("Unplug the cable at the EV, and plug it in again", expect="EVCommunicationLost, then Charging again")
    csms.execute("EVDisconnectedOnEVSide")
    operator.plug_in(dut.connector)
    csms.transaction(dut.evse).expect(chargingState="Charging", within=dut.timeouts.physical, requirement="E01.FR.18")

    step("Stop at the station", expect="Ended with a signed reading of the end")
    operator.present_token(dut.tokens.valid, dut.connector)
    readings.check_signed(csms, dut, "E10.FR.07")


@case("OC_E_11_CS")
def test_signed_after_connection_loss(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """What waited in the queue when the connection was lost says offline; the session ends with a signed reading."""
    csms.prefer("TxCtrlr", "TxStopPoint", "Authorized")
    readings.sign(csms)
    csms.reach("EnergyTransferStarted")

    step("Answer an event not, have the driver stop, close the connection", expect="it connects again when it can")
    csms.answer("TransactionEvent", None)
    operator.suspend_ev(dut.connector)
    csms.expect("TransactionEvent", within=dut.timeouts.physical, requirement="E02.FR.17")
    operator.present_token(dut.tokens.valid, dut.connector)
    csms.drain()
    with csms.offline(at_least=4 * dut.timeouts.quiet):
        pass
    csms.expect_connection(within=dut.timeouts.reset)

    step("Let the station empty its queue", expect="the stop, which had waited behind the event, says offline")
    transaction = csms.transaction(dut.evse)
    waited = transaction.wait_until(
        triggerReason="StopAuthorized", within=dut.timeouts.physical, requirement="E07.FR.02"
    )
    check(waited.offline is True, "offline true", requirement="E11.FR.07", actual=waited.offline)

    step("Unplug the EV", expect="Ended with a signed reading of the end")
    operator.unplug(dut.connector)
    readings.check_signed(csms, dut, "E11.FR.08")


# ---------------------------------------------------------------- phases


@case("OC_E_12_CS")
def test_phases_cable_first(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The number of phases in use is told when energy flows, and when it changes; the driver began with the cable."""
    readings.sample(csms, dut)
    operator.use_phases(dut.connector, phases=1)
    csms.reach("EVConnectedPreSession")
    _phases(csms, operator, dut, "E02.FR.18", "E02.FR.19")


@case("OC_E_13_CS")
def test_phases_authorization_first(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The number of phases in use is told when energy flows, and when it changes; the driver began with the token."""
    readings.sample(csms, dut)
    operator.use_phases(dut.connector, phases=1)
    csms.reach("Authorized")
    _phases(csms, operator, dut, "E03.FR.13", "E03.FR.14")


# ---------------------------------------------------------------- helpers of this file


def _start_point(csms: FakeCsms, point: str) -> None:
    """A transaction starts there, and nowhere before."""
    try:
        csms.configure("TxCtrlr", "TxStartPoint", point)
    except NotApplicable:
        if csms.configured("TxCtrlr", "TxStartPoint") != point:
            raise


def _deauthorizing(csms: FakeCsms) -> None:
    """Tokens are taken offline, and the CSMS refuses them afterwards, which ends the transaction."""
    csms.reach("TokensAskedAbout")
    csms.prefer("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true")
    csms.configure("TxCtrlr", "StopTxOnInvalidId", "true")
    csms.configure("TxCtrlr", "TxStopPoint", "Authorized")
    csms.answer_always(
        "TransactionEvent", lambda event: {"idTokenInfo": {"status": "Invalid"}} if event.idToken else {}
    )


def _expect_charging(csms: FakeCsms, dut: Dut) -> None:
    """The transaction has named its EVSE and connector, and tells that energy flows."""
    transaction, connector = csms.transaction(dut.evse), dut.connector
    place = {"id": connector.evseId, "connectorId": connector.connectorId}
    transaction.wait_until(evse=place, within=dut.timeouts.physical, requirement="E01.FR.16")
    transaction.wait_until(chargingState="Charging", within=dut.timeouts.physical, requirement="E02.FR.13")


def _expect_deauthorized(csms: FakeCsms, dut: Dut) -> None:
    csms.transaction(dut.evse).wait_until(
        eventType="Ended",
        triggerReason="Deauthorized",
        stoppedReason="DeAuthorized",
        within=dut.timeouts.physical,
        requirement="E05.FR.10",
    )


def _leave(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The driver stops, unplugs and drives away."""
    operator.present_token(dut.tokens.valid, dut.connector)
    operator.unplug(dut.connector)
    if "ParkingBayOccupancy" in csms.session(dut.evse).holds:
        operator.free_bay(dut.connector)


def _phases(csms: FakeCsms, operator: Operator, dut: Dut, told: str, changed: str) -> None:
    """Energy flows on one phase, then on as many as there are; a station that tells no number can't be asked."""
    most = 3 if dut.features["HFS-7"] else 2

    step("Let the EV charge on one phase", expect="the number of phases in use with Charging")
    csms.execute("EnergyTransferStarted")
    transaction = csms.transaction(dut.evse)
    charging = transaction.wait_until(chargingState="Charging")

    step("Have it draw from as many as there are", expect="the new number in an event")
    operator.use_phases(dut.connector, phases=most)
    within = 2 * dut.values.sampled_interval + dut.timeouts.physical
    transaction.expect(triggerReason="MeterValuePeriodic", within=within, requirement=changed)
    numbers = [one.numberOfPhasesUsed for one in transaction.events if "numberOfPhasesUsed" in one]
    if not numbers:
        raise NotApplicable("the station tells no number of phases")
    first = charging.numberOfPhasesUsed
    check(first == 1, "1 phase with Charging", requirement=told, actual=first)
    check(numbers[-1] == most, f"then {most}", requirement=changed, actual=numbers)
