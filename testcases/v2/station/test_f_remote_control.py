"""Block F, Remote control: a charging station under test (2.0.1 and 2.1)."""

from __future__ import annotations

from typing import Any

from conformance import (
    PRESENT,
    Download,
    Dut,
    FakeCsms,
    NotApplicable,
    Operator,
    case,
    check,
    check_samples,
    one_of,
    readings,
    require,
    step,
)

SOME_FIRMWARE = b"a firmware that nobody has made\n" * 100

# ---------------------------------------------------------------- F01, F02: remote start


@case("TC_F_01_CS")
def test_remote_start_cable_first(csms: FakeCsms) -> None:
    """A station whose EV is plugged in already charges when the CSMS asks for it."""
    _accept_remote_starts(csms)
    csms.reach("EVConnectedPreSession")

    step("Ask for a start", expect="Accepted with the transactionId that runs; the next event says RemoteStart")
    csms.execute("Authorized", locally=False)

    step("Let the EV charge", expect="energy flows in that transaction")
    csms.execute("EnergyTransferStarted")


@case("TC_F_02_CS")
def test_remote_start_first_with_authorization(csms: FakeCsms) -> None:
    """With AuthorizeRemoteStart the station asks about the token of a remote start before it uses it."""
    _accept_remote_starts(csms)
    csms.configure("AuthCtrlr", "AuthorizeRemoteStart", "true")
    csms.reach("ParkingBayOccupied")

    step("Ask for a start while no EV is connected", expect="Accepted, then Authorize of that token (F02.FR.09)")
    csms.execute("Authorized", locally=False)

    step("Plug in the EV", expect="energy flows; the first event since the request says RemoteStart (F02.FR.21)")
    csms.execute("EnergyTransferStarted")


@case("TC_F_03_CS")
def test_remote_start_first_without_authorization(csms: FakeCsms) -> None:
    """Without AuthorizeRemoteStart the station lets energy flow for the token of a remote start unasked."""
    _accept_remote_starts(csms)
    csms.configure("AuthCtrlr", "AuthorizeRemoteStart", "false")
    csms.reach("ParkingBayOccupied")

    step("Ask for a start while no EV is connected", expect="Accepted, and no Authorize (F02.FR.10)")
    csms.execute("Authorized", locally=False)

    step("Plug in the EV", expect="energy flows; the first event since the request says RemoteStart (F02.FR.21)")
    csms.execute("EnergyTransferStarted")
    check(not csms.seen("Authorize"), "no Authorize of the token", requirement="F01.FR.02")


@case("TC_F_04_CS")
def test_remote_start_cable_timeout(csms: FakeCsms, dut: Dut) -> None:
    """A remote start runs out when no EV is plugged in, and the EVSE can be started again."""
    _accept_remote_starts(csms)
    csms.configure("TxCtrlr", "EVConnectionTimeOut", f"{dut.values.ev_connection_timeout}")
    csms.configure("TxCtrlr", "TxStartPoint", "Authorized" if dut.features["C-09.2"] else "ParkingBayOccupancy")
    csms.reach("Authorized", locally=False)

    step("Plug in nothing", expect="an event of EVConnectTimeout when EVConnectionTimeOut is over")
    csms.execute("EVConnectTimedOut")

    step("Ask for a start again", expect="Accepted, and an event of RemoteStart: the EVSE is free")
    csms.execute("Authorized", locally=False)

    step("Plug in nothing again", expect="an event of EVConnectTimeout again")
    csms.execute("EVConnectTimedOut")


# ---------------------------------------------------------------- F01, F02: remote start, our own


@case("OC_F_02_CS")
def test_remote_start_anywhere_cable_first(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The station itself chooses the EVSE of a remote start that names none, while an EV is plugged in."""
    _accept_remote_starts(csms)
    csms.configure("TxCtrlr", "TxStartPoint", "Authorized")
    csms.reach("EVConnectedPreSession")

    step("Ask for a start without an EVSE", expect="Accepted; Started of RemoteStart says on which EVSE")
    begun = _start_anywhere(csms, dut, "F01.FR.20")

    step("See to it that an EV is plugged in there", expect="energy flows in that transaction")
    _charges_there(csms, operator, dut, begun, "F01.FR.20")


@case("OC_F_03_CS")
def test_remote_start_anywhere(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The station itself chooses the EVSE of a remote start that names none, while no EV is plugged in."""
    _accept_remote_starts(csms)
    csms.configure("TxCtrlr", "TxStartPoint", "Authorized")

    step("Ask for a start without an EVSE", expect="Accepted; Started of RemoteStart says on which EVSE")
    begun = _start_anywhere(csms, dut, "F02.FR.22")

    step("Plug in an EV there", expect="energy flows in that transaction")
    _charges_there(csms, operator, dut, begun, "F02.FR.22")


@case("OC_F_04_CS")
def test_remote_start_of_occupied(csms: FakeCsms, dut: Dut) -> None:
    """No other transaction can be started where an authorized one runs, which goes on."""
    csms.reach("EnergyTransferStarted")

    step("Ask for a start with another token on that EVSE", expect="Rejected; the transaction goes on")
    _refuses_start(csms, dut, "F01.FR.24, F02.FR.26")
    check(not csms.transaction(dut.evse).ended, "the transaction goes on", requirement="F01.FR.24")


@case("OC_F_05_CS")
def test_remote_start_of_unavailable(csms: FakeCsms, dut: Dut) -> None:
    """No transaction can be started on an EVSE that is inoperative."""
    csms.reach("Unavailable", evseId=dut.evse)

    step("Ask for a start on that EVSE", expect="Rejected, and no transaction")
    _refuses_start(csms, dut, "F01.FR.23, F02.FR.25")


@case("OC_F_06_CS")
def test_remote_start_of_faulted(csms: FakeCsms, dut: Dut) -> None:
    """No transaction can be started on an EVSE that has a fault."""
    csms.reach("Faulted")

    step("Ask for a start on that EVSE", expect="Rejected, and no transaction")
    _refuses_start(csms, dut, "F01.FR.23, F02.FR.25")


@case("OC_F_07_CS")
def test_readings_after_remote_start_cable_first(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that was started remotely, cable first, tells its readings: at its begin, and as it runs."""
    _accept_remote_starts(csms)
    readings.sample(csms, dut)
    csms.reach("EVConnectedPreSession")

    step("Ask for a start", expect="Accepted, and the energy flows; Started has its readings")
    csms.execute("Authorized", locally=False)
    csms.execute("EnergyTransferStarted")
    readings.check_started(csms, dut, "F01.FR.05", "F01.FR.14")

    step("Wait for a sample", expect="Updated of MeterValuePeriodic with every measurand")
    readings.expect_regular(csms, dut, "F01.FR.15")


@case("OC_F_08_CS")
def test_readings_after_remote_start(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that was started remotely, before the EV came, tells its readings as it runs."""
    _accept_remote_starts(csms)
    readings.sample(csms, dut)

    step("Ask for a start, plug in the EV", expect="Accepted, and the energy flows")
    csms.execute("Authorized", locally=False)
    csms.execute("EnergyTransferStarted")

    step("Wait for a sample", expect="Updated of MeterValuePeriodic with every measurand")
    readings.expect_regular(csms, dut, "F02.FR.03")


@case("OC_F_09_CS")
def test_remote_start_of_reserved(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE that is reserved can be started with the token of the reservation alone, which that ends."""
    _accept_remote_starts(csms)
    csms.prefer("AuthCtrlr", "AuthorizeRemoteStart", "false")
    reservation = csms.reach("Reserved", token=dut.tokens.valid)

    step("Ask for a start with another token", expect="Rejected, and no transaction")
    _refuses_start(csms, dut, "F01.FR.21, F02.FR.23")

    step("Ask for a start with the token of the reservation", expect="Accepted; the next event has the reservationId")
    csms.execute("Authorized", locally=False, reservation=reservation)

    step("Plug in the EV", expect="energy flows")
    csms.execute("EnergyTransferStarted")
    named = [one for one in csms.transaction(dut.evse).events if one.reservationId == reservation]
    check(named, "an event with the reservationId", requirement="F02.FR.06", actual="none")


@case("OC_F_10_CS")
def test_remote_start_of_reserved_for_group(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE that is reserved for a group can be started by a token of that group, and of no other."""
    _accept_remote_starts(csms)
    csms.prefer("AuthCtrlr", "AuthorizeRemoteStart", "false")
    csms.considers(dut.tokens.group2, status="Accepted", groupIdToken=dut.tokens.group)
    csms.reach("Reserved", token=dut.tokens.group1, groupIdToken=dut.tokens.group)

    step("Ask for a start with another token of another group", expect="Rejected, and no transaction")
    other = {"idToken": f"not-{dut.tokens.group.idToken}"[:36], "type": "Central"}
    _refuses_start(csms, dut, "F01.FR.22, F02.FR.24", groupIdToken=other)

    step("Ask for a start with another token of that group", expect="Accepted, and energy flows when the EV is there")
    csms.execute("Authorized", locally=False, token=dut.tokens.group2, groupIdToken=dut.tokens.group)
    csms.execute("EnergyTransferStarted")


@case("OC_F_11_CS")
def test_remote_start_with_limit(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that was started remotely has the limit with which the CSMS answers its begin."""
    _accept_remote_starts(csms)
    supported = csms.configured("TxCtrlr", "SupportedLimits")
    if "maxEnergy" not in [one.strip() for one in supported.split(",")]:
        raise NotApplicable(f"TxCtrlr.SupportedLimits is {supported!r}, without maxEnergy")
    energy = dut.values.energy_limit
    limit = {"maxEnergy": energy}
    csms.answer("TransactionEvent", {"transactionLimit": limit})

    step("Ask for a start, answer Started with maxEnergy", expect="an event with that limit alone, and no other one")
    csms.execute("Authorized", locally=False)
    csms.execute("EnergyTransferStarted")
    csms.execute("LimitSet", earlier=True, requirement="F07.FR.03", **limit)

    step("Let the EV charge as much", expect="EnergyLimitReached, SuspendedEVSE or Ended")
    reached = csms.execute("LimitReached", reason="EnergyLimitReached", within=3.6 * energy)
    told = [one for one in csms.transaction(dut.evse).events if one.transactionInfo.transactionLimit]
    once = [one for one in told if one.seqNo != reached.seqNo]
    check(len(once) == 1, "the limit is told once", requirement="F07.FR.03", actual=told)
    state = reached.transactionInfo.chargingState
    check(state != "Charging", "no more energy", requirement="F07.FR.04", actual=state)


# ---------------------------------------------------------------- F04: remote stop of an EV of ISO 15118


@case("OC_F_12_CS")
def test_remote_stop_of_iso15118(csms: FakeCsms, dut: Dut) -> None:
    """A remote stop ends the energy transfer of an EV of ISO 15118; the transaction ends when it leaves."""
    csms.configure("TxCtrlr", "TxStopPoint", "EVConnected")
    csms.reach("EnergyTransferStarted")
    transaction = csms.transaction(dut.evse)

    step("Send RequestStopTransaction", expect="Accepted; Updated of RemoteStop, and the energy stops")
    csms.execute("StopAuthorized", locally=False)
    csms.execute("EVConnectedPostSession")
    stopped = transaction.expect(triggerReason="RemoteStop", requirement="F04.FR.02")
    check(stopped.eventType == "Updated", "Updated", requirement="F04.FR.02", actual=stopped.eventType)

    step("Unplug the EV", expect="Ended with stoppedReason Remote and its readings")
    csms.execute("EVDisconnected")
    reason = transaction.last.transactionInfo.stoppedReason
    check(reason == "Remote", "stoppedReason Remote", requirement="F04.FR.03", actual=reason)
    check_samples(csms, transaction.last, "TxEndedMeasurands", "Transaction.End", "F04.FR.04")


# ---------------------------------------------------------------- F05: unlock


@case("TC_F_05_CS")
def test_unlock_with_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A connector stays locked, and its transaction runs on, when an unlock is asked for during a transaction."""
    csms.reach("EnergyTransferStarted")

    step("Ask for an unlock of the connector", expect="OngoingAuthorizedTransaction; the transaction goes on")
    _unlock(csms, dut.connector, "OngoingAuthorizedTransaction", "F05.FR.02")
    csms.drain()
    check(not csms.transaction(dut.evse).ended, "the transaction goes on", requirement="F05.FR.02")


@case("TC_F_06_CS")
def test_unlock(csms: FakeCsms, dut: Dut) -> None:
    """A connector without a transaction is unlocked when the CSMS asks for it."""
    step("Ask for an unlock of the connector", expect="Unlocked")
    _unlock(csms, dut.connector, "Unlocked", "F05.FR.04")


@case("TC_F_07_CS")
def test_unlock_without_cable(csms: FakeCsms, dut: Dut) -> None:
    """The unlock is tried, and its result told, even where no cable is connected."""
    step("Ask for an unlock of the connector, no cable in it", expect="Unlocked")
    _unlock(csms, dut.connector, "Unlocked", "F05.FR.06")


@case("TC_F_10_CS")
def test_unlock_unknown_connector(csms: FakeCsms, dut: Dut) -> None:
    """A connector that the station does not have is named as unknown."""
    step("Ask for an unlock of connector 999", expect="UnknownConnector")
    answer = csms.send("UnlockConnector", evseId=dut.evse, connectorId=999)
    check(answer.status == "UnknownConnector", "status UnknownConnector", requirement="F05.FR.03", actual=answer.status)


@case("OC_F_01_CS")
def test_unlock_of_stuck_lock(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station whose lock does not open says so, and opens it when it can."""
    csms.reach("EnergyTransferStarted")
    operator.jam_lock(dut.connector)
    csms.reach("StopAuthorized")

    step("Ask for an unlock of the connector, whose lock is stuck", expect="UnlockFailed")
    _unlock(csms, dut.connector, "UnlockFailed", "F05.FR.05")

    step("Free the lock, ask for an unlock", expect="Unlocked")
    operator.free_lock(dut.connector)
    _unlock(csms, dut.connector, "Unlocked", "F05.FR.04")


# ---------------------------------------------------------------- F03: remote stop


@case("TC_F_08_CS")
def test_remote_stop(csms: FakeCsms) -> None:
    """A transaction stops when the CSMS asks for it."""
    csms.reach("EnergyTransferStarted")

    step(
        "Ask for a stop of the transaction", expect="Accepted; an event of RemoteStop, the last if a stop point ceases"
    )
    csms.execute("StopAuthorized", locally=False)


@case("TC_F_09_CS")
def test_remote_stop_rejected(csms: FakeCsms, dut: Dut) -> None:
    """A stop of a transaction that the station does not run is rejected, and what runs goes on."""
    csms.reach("EnergyTransferStarted")
    running = csms.transaction(dut.evse)

    step("Ask for a stop of another transactionId", expect="Rejected; the transaction goes on")
    answer = csms.send("RequestStopTransaction", transactionId="no-such-transaction")
    check(answer.status == "Rejected", "status Rejected", requirement="F03.FR.08", actual=answer.status)
    csms.drain()
    check(not running.ended, "the transaction goes on", requirement="F03.FR.08")


# ---------------------------------------------------------------- F06: trigger message


@case("TC_F_11_CS")
def test_trigger_meter_values_of_evse(csms: FakeCsms, dut: Dut) -> None:
    """Meter values of one EVSE can be asked for."""
    step("Ask for the MeterValues of an EVSE", expect="Accepted, then MeterValues of that EVSE taken for it")
    _trigger(csms, "MeterValues", evse={"id": dut.evse})
    values = csms.expect("MeterValues", evseId=dut.evse, requirement="F06.FR.10")
    _check_values(csms, values.meterValue, "AlignedDataCtrlr", "Measurands", "F06.FR.06")


@case("TC_F_12_CS")
def test_trigger_meter_values_of_all(csms: FakeCsms, dut: Dut) -> None:
    """Meter values asked for without an EVSE come from every EVSE."""
    step("Ask for MeterValues, no EVSE named", expect="Accepted, then MeterValues of every EVSE taken for it")
    _trigger(csms, "MeterValues")
    for evse in dut.evses:
        values = csms.expect("MeterValues", evseId=evse, requirement="F06.FR.11")
        _check_values(csms, values.meterValue, "AlignedDataCtrlr", "Measurands", "F06.FR.06")


@case("TC_F_13_CS")
def test_trigger_transaction_event_of_evse(csms: FakeCsms, dut: Dut) -> None:
    """The state of the transaction on one EVSE can be asked for."""
    csms.reach("EnergyTransferStarted")

    step("Ask for the TransactionEvent of the EVSE", expect="Accepted, then an event of Trigger: Charging, with values")
    _trigger(csms, "TransactionEvent", evse={"id": dut.evse})
    _expect_triggered_event(csms, dut.evse)


@case("TC_F_14_CS")
def test_trigger_transaction_event_of_all(csms: FakeCsms, dut: Dut) -> None:
    """The state of the transactions asked for without an EVSE comes from every EVSE that runs one."""
    _accept_remote_starts(csms)
    for evse in dut.evses:
        connector = next(one for one in dut.connectors if one.evseId == evse)
        csms.reach("EnergyTransferStarted", connector=connector, locally=False)

    step("Ask for TransactionEvent, no EVSE named", expect="Accepted, then an event of Trigger for every EVSE")
    _trigger(csms, "TransactionEvent")
    for evse in dut.evses:
        _expect_triggered_event(csms, evse)


@case("TC_F_15_CS")
def test_trigger_log_status_idle(csms: FakeCsms) -> None:
    """A station that uploads no log says Idle when it is asked."""
    step("Ask for LogStatusNotification", expect="Accepted, then status Idle")
    _trigger(csms, "LogStatusNotification")
    csms.expect("LogStatusNotification", status="Idle", requirement="F06.FR.15")


@case("TC_F_16_CS")
def test_trigger_log_status_uploading(csms: FakeCsms, dut: Dut) -> None:
    """A station that uploads a log says Uploading when it is asked."""
    number, within = csms.next_request_id(), dut.timeouts.transfer
    with csms.files() as files:
        with files.held():
            step("Ask for a log", expect="Accepted, then Uploading")
            log = {"remoteLocation": files.url("logs")}
            answer = csms.send("GetLog", logType="DiagnosticsLog", requestId=number, log=log)
            check(answer.status == "Accepted", "status Accepted", requirement="N01.FR.01", actual=answer.status)
            csms.expect("LogStatusNotification", status="Uploading", within=within, requirement="N01.FR.08")

            step("Ask for LogStatusNotification", expect="Accepted, then status Uploading of that request")
            _trigger(csms, "LogStatusNotification")
            csms.expect("LogStatusNotification", status="Uploading", requestId=number, requirement="F06.FR.14")
        upload = files.expect_upload(answer.filename or PRESENT, into="logs", requirement="N01.FR.02")
        check(upload.content and answer.filename, "a file of the name that was answered", requirement="N01.FR.01")
        csms.expect("LogStatusNotification", status="Uploaded", within=within, requirement="N01.FR.09")


@case("TC_F_17_CS")
def test_trigger_firmware_status_with_evse(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE named for a message that has none is ignored, and the message is sent."""
    step("Ask for FirmwareStatusNotification of an EVSE", expect="Accepted, then status Idle")
    _trigger(csms, "FirmwareStatusNotification", evse={"id": dut.evse})
    csms.expect("FirmwareStatusNotification", status="Idle", requirement="F06.FR.03")


@case("TC_F_18_CS")
def test_trigger_firmware_status_idle(csms: FakeCsms) -> None:
    """A station that is at no firmware update says Idle when it is asked."""
    step("Ask for FirmwareStatusNotification", expect="Accepted, then status Idle")
    _trigger(csms, "FirmwareStatusNotification")
    csms.expect("FirmwareStatusNotification", status="Idle", requirement="F06.FR.16")


@case("TC_F_19_CS")
def test_trigger_firmware_status_downloading(csms: FakeCsms, dut: Dut) -> None:
    """A station that downloads a firmware says Downloading when it is asked."""
    number, within = csms.next_request_id(), dut.timeouts.transfer
    with csms.files() as files:
        with files.held():
            step("Have a firmware downloaded that will break off", expect="Accepted, then Downloading")
            location = files.offer("firmware", Download(SOME_FIRMWARE, cut_at=len(SOME_FIRMWARE) // 2))
            firmware = {"location": location, "retrieveDateTime": csms.timestamp(-7200), **files.signed(SOME_FIRMWARE)}
            answer = csms.send("UpdateFirmware", requestId=number, retries=0, firmware=firmware)
            check(answer.status == "Accepted", "status Accepted", requirement="L01.FR.21", actual=answer.status)
            csms.expect("FirmwareStatusNotification", status="Downloading", within=within, requirement="L01.FR.01")

            step("Ask for FirmwareStatusNotification", expect="Accepted, then status Downloading of that request")
            _trigger(csms, "FirmwareStatusNotification")
            csms.expect("FirmwareStatusNotification", status="Downloading", requestId=number, requirement="L01.FR.26")
        files.expect_download("firmware", requirement="L01.FR.01")
        csms.expect("FirmwareStatusNotification", status="DownloadFailed", within=within, requirement="L01.FR.30")


@case("TC_F_20_CS")
def test_trigger_heartbeat(csms: FakeCsms) -> None:
    """A heartbeat can be asked for."""
    step("Ask for Heartbeat", expect="Accepted, then Heartbeat")
    _trigger(csms, "Heartbeat")
    csms.expect("Heartbeat", requirement="F06.FR.10")


@case("TC_F_23_CS")
def test_trigger_status_available(csms: FakeCsms, dut: Dut) -> None:
    """The status of an available connector can be asked for."""
    step("Ask for StatusNotification of a free connector", expect="Accepted, then Available, by either message")
    _trigger(csms, "StatusNotification", evse=_place(dut.connector))
    csms.expect_connector_status("Available", dut.connector, requirement="F06.FR.10")


@case("TC_F_24_CS")
def test_trigger_status_occupied(csms: FakeCsms, dut: Dut) -> None:
    """The status of an occupied connector can be asked for."""
    csms.reach("EVConnectedPreSession")

    step("Ask for StatusNotification of the connector in use", expect="Accepted, then Occupied, by either message")
    _trigger(csms, "StatusNotification", evse=_place(dut.connector))
    csms.expect_connector_status("Occupied", dut.connector, requirement="F06.FR.10")


@case("TC_F_26_CS")
def test_trigger_boot_rejected(csms: FakeCsms, dut: Dut) -> None:
    """A station that has been accepted does not register again when it is asked to."""
    step("Ask for BootNotification", expect="Rejected, and no BootNotification")
    answer = csms.send("TriggerMessage", requestedMessage="BootNotification")
    check(answer.status == "Rejected", "status Rejected", requirement="F06.FR.17", actual=answer.status)
    csms.expect_nothing("BootNotification", within=dut.timeouts.quiet, requirement="F06.FR.17")


@case("TC_F_27_CS")
def test_trigger_not_implemented(csms: FakeCsms, dut: Dut) -> None:
    """A message that the station has not implemented is answered so."""
    step("Ask for SignCombinedCertificate", expect="NotImplemented, and no SignCertificate")
    answer = csms.send("TriggerMessage", requestedMessage="SignCombinedCertificate")
    check(answer.status == "NotImplemented", "status NotImplemented", requirement="F06.FR.08", actual=answer.status)
    csms.expect_nothing("SignCertificate", within=dut.timeouts.quiet, requirement="F06.FR.08")


@case("TC_F_100_CS")
def test_custom_trigger(csms: FakeCsms) -> None:
    """A message of the maker's own can be asked for by the name that the station tells; others are not known."""
    custom = csms.configured("CustomizationCtrlr", "CustomTriggers").split(",")[0].strip()
    require(custom, "CustomizationCtrlr.CustomTriggers names no trigger")

    step("Ask for the first CustomTrigger that it has", expect="Accepted, then some message")
    _trigger(csms, "CustomTrigger", customTrigger=custom)
    by_station = (name for name, action in csms.version.actions.items() if action.may_be_sent_by("CS"))
    csms.expect_one_of(*by_station, requirement="F06.FR.18")

    step("Ask for Heartbeat, naming it as well", expect="Accepted, then Heartbeat")
    _trigger(csms, "Heartbeat", customTrigger=custom)
    csms.expect("Heartbeat", requirement="F06.FR.10")

    step("Ask for a CustomTrigger that nobody has", expect="NotImplemented, and no message")
    answer = csms.send("TriggerMessage", requestedMessage="CustomTrigger", customTrigger="no-such-trigger")
    check(answer.status == "NotImplemented", "status NotImplemented", requirement="F06.FR.19", actual=answer.status)


# ---------------------------------------------------------------- helpers


def _accept_remote_starts(csms: FakeCsms) -> None:
    """Authorization is switched on, and tokens may be asked about, where the station has these switches."""
    for name, wanted, unwanted in (("Enabled", "true", "false"), ("DisableRemoteAuthorization", "false", "true")):
        if csms.configured("AuthCtrlr", name) == unwanted:
            csms.configure("AuthCtrlr", name, wanted)


def _ask_for_start(csms: FakeCsms, token: Any, **fields: Any) -> Any:
    """RequestStartTransaction with an id that no other has, and its answer."""
    csms.facts["remoteStartId"] = int(csms.facts.get("remoteStartId", 0)) + 1
    return csms.send("RequestStartTransaction", remoteStartId=csms.facts["remoteStartId"], idToken=token, **fields)


def _start_anywhere(csms: FakeCsms, dut: Dut, requirement: str) -> Any:
    """A remote start that names no EVSE is Accepted; the event that begins its transaction, on an EVSE there is."""
    csms.prefer("AuthCtrlr", "AuthorizeRemoteStart", "false")
    status = _ask_for_start(csms, dut.tokens.valid).status
    if status == "Rejected":
        _none_begun(csms, requirement)
        raise NotApplicable("the station rejects remote starts that name no EVSE, as it may")
    check(status == "Accepted", "status Accepted", requirement=requirement, actual=status)
    return csms.expect(
        "TransactionEvent",
        eventType="Started",
        triggerReason="RemoteStart",
        evse={"id": one_of(*dut.evses)},
        idToken=dut.tokens.valid,
        transactionInfo={"remoteStartId": csms.facts["remoteStartId"]},
        within=dut.timeouts.physical,
        requirement=requirement,
    )


def _charges_there(csms: FakeCsms, operator: Operator, dut: Dut, begun: Any, requirement: str) -> None:
    """An EV on the EVSE that the station has chosen charges; it is plugged in, unless it was there before."""
    connector = next(one for one in dut.connectors if one.evseId == begun.evse.id)
    if "EVConnected" not in csms.session(connector.evseId).holds:
        operator.plug_in(connector)
        csms.expect_connector_status("Occupied", connector, within=dut.timeouts.physical, requirement="G01.FR.03")
    transaction = csms.transaction(connector.evseId)
    transaction.wait_until(chargingState="Charging", within=dut.timeouts.physical, requirement=requirement)


def _refuses_start(csms: FakeCsms, dut: Dut, requirement: str, **fields: Any) -> None:
    """A remote start of the first EVSE is Rejected, and no event of it comes."""
    answer = _ask_for_start(csms, dut.tokens.second, evseId=dut.evse, **fields)
    check(answer.status == "Rejected", "status Rejected", requirement=requirement, actual=answer.status)
    _none_begun(csms, requirement)


def _none_begun(csms: FakeCsms, requirement: str) -> None:
    csms.drain()
    begun = csms.seen_in_step("TransactionEvent", triggerReason="RemoteStart")
    check(not begun, "no event of RemoteStart", requirement=requirement, actual=begun)


def _place(connector: Any) -> dict[str, int]:
    return {"id": connector.evseId, "connectorId": connector.connectorId}


def _unlock(csms: FakeCsms, connector: Any, status: str, requirement: str) -> None:
    answer = csms.send("UnlockConnector", evseId=connector.evseId, connectorId=connector.connectorId)
    check(answer.status == status, f"status {status}", requirement=requirement, actual=answer.status)


def _trigger(csms: FakeCsms, requestedMessage: str, **fields: Any) -> None:  # noqa: N803  # the wire's own name
    """Ask for a message; it has to follow the answer (F06.FR.04), so what came before does not count."""
    answer = csms.send("TriggerMessage", requestedMessage=requestedMessage, **fields)
    check(answer.status == "Accepted", "status Accepted", requirement="F06.FR.05", actual=answer.status)
    csms.follow(answer)


def _expect_triggered_event(csms: FakeCsms, evse: int) -> None:
    event = csms.transaction(evse).expect(
        eventType="Updated",
        triggerReason="Trigger",
        chargingState="Charging",
        requirement="F06.FR.07",
    )
    _check_values(csms, event.meterValue, "SampledDataCtrlr", "TxUpdatedMeasurands", "F06.FR.07")


def _check_values(csms: FakeCsms, values: Any, component: str, variable: str, requirement: str) -> None:
    """Every measurand that is configured was taken, for this occasion."""
    samples = [sample for value in values for sample in value.sampledValue]
    others = [sample.context for sample in samples if sample.context != "Trigger"]
    check(samples and not others, "values of context Trigger", requirement=requirement, actual=others or "none")
    configured = {one.strip() for one in csms.configured(component, variable).split(",") if one.strip()}
    taken = {sample.measurand or "Energy.Active.Import.Register" for sample in samples}
    # What only the EV can tell is left out: it need not have told.
    missing = sorted(one for one in configured - taken if one != "SoC" and not one.startswith("Display."))
    check(not missing, f"every measurand of {component}.{variable}", requirement=requirement, actual=missing)
