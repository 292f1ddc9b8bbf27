"""Block E, Transactions: a CSMS under test (2.0.1 and 2.1).

What a CSMS owes is the answer: none of these events can be refused, whatever the station's start and stop points, and
an event that names a token is answered with what the CSMS thinks of it.
"""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeStation, Operator, case, check, step

# ---------------------------------------------------------------- start points


@case("TC_E_01_CSMS")
def test_started_when_power_path_closed(station: FakeStation, dut: Dut) -> None:
    """A transaction that starts with authorization and cable at once is taken, and its token judged."""
    step("Ask about the token, then report the connector Occupied", expect="Accepted; the report is answered")
    _authorize(station, dut)
    station.report_connector("Occupied", dut.connector)

    step("Start the transaction in SuspendedEVSE, with the token", expect="idTokenInfo Accepted")
    _with_token(station, "ChargingStateChanged", dut.tokens.valid, chargingState="SuspendedEVSE")

    step("Tell that energy flows", expect="the event is answered")
    station.transaction().send("ChargingStateChanged", chargingState="Charging")


@case("TC_E_02_CSMS")
def test_started_when_energy_flows(station: FakeStation, dut: Dut) -> None:
    """A transaction that starts with the first energy is taken, and its token judged."""
    step("Ask about the token, then notify the connector Occupied", expect="Accepted; NotifyEvent is answered")
    _authorize(station, dut)
    station.notify_connector("Occupied", dut.connector)

    step("Start the transaction in Charging, with the token", expect="idTokenInfo Accepted")
    _with_token(station, "ChargingStateChanged", dut.tokens.valid, chargingState="Charging")


@case("TC_E_09_CSMS")
def test_started_when_ev_connected(station: FakeStation, dut: Dut) -> None:
    """A transaction that starts with the cable, before anybody is authorized, is taken."""
    step("Report the connector Occupied", expect="the report is answered")
    station.report_connector("Occupied", dut.connector)

    step("Start the transaction in EVConnected, without a token", expect="the event is answered")
    station.transaction().send("CablePluggedIn", chargingState="EVConnected")


@case("TC_E_10_CSMS")
def test_started_when_authorized(station: FakeStation, dut: Dut) -> None:
    """A transaction that starts with the authorization is taken, and its token judged."""
    step("Ask about the token", expect="Accepted")
    _authorize(station, dut)

    step("Start the transaction with the token", expect="idTokenInfo Accepted")
    _with_token(station, "Authorized", dut.tokens.valid)


@case("TC_E_11_CSMS")
def test_started_when_data_signed(station: FakeStation, dut: Dut) -> None:
    """A transaction that starts with a signed meter value is taken, and its token judged."""
    step("Ask about the token, then notify the connector Occupied", expect="Accepted; NotifyEvent is answered")
    _authorize(station, dut)
    station.notify_connector("Occupied", dut.connector)

    step("Start the transaction with a signed value and the token", expect="idTokenInfo Accepted")
    value = station.transaction().meter_value("Transaction.Begin", 0)
    value["sampledValue"][0]["signedMeterValue"] = _SIGNED
    _with_token(station, "SignedDataReceived", dut.tokens.valid, chargingState="EVConnected", meterValue=[value])

    step("Tell that energy flows", expect="the event is answered")
    station.transaction().send("ChargingStateChanged", chargingState="Charging")


@case("TC_E_12_CSMS")
def test_started_when_bay_occupied(station: FakeStation, dut: Dut) -> None:
    """A transaction that starts when an EV drives into the bay is taken."""
    step("Start the transaction with EVDetected, no connector known yet", expect="the event is answered")
    station.transaction().send("EVDetected", evse={"id": dut.evse})


# ---------------------------------------------------------------- local start


@case("TC_E_03_CSMS")
def test_local_start_cable_first(station: FakeStation) -> None:
    """A session that begins with the cable: the token comes in a later event and is judged there."""
    station.reach("EVConnectedPreSession")

    step("Authorize the session", expect="Accepted in Authorize and in the transaction")
    station.execute("Authorized")

    step("Let the EV charge", expect="the event is answered")
    station.execute("EnergyTransferStarted")


@case("TC_E_04_CSMS")
def test_local_start_authorization_first(station: FakeStation) -> None:
    """A session that begins with the token: it is judged in the first event."""
    step("Authorize the session", expect="Accepted in Authorize and in the transaction")
    station.execute("Authorized")

    step("Plug in the EV and let it charge", expect="every event is answered")
    station.execute("EnergyTransferStarted")


@case("TC_E_38_CSMS")
def test_ev_not_ready(station: FakeStation) -> None:
    """An EV that is connected but takes no energy yet is taken note of."""
    station.reach("Authorized")

    step("Plug in the EV", expect="every message is answered")
    station.execute("EVConnectedPreSession")

    step("Tell that the EV takes no energy yet", expect="the event is answered")
    station.transaction().send("ChargingStateChanged", chargingState="SuspendedEV")


@case("TC_E_53_CSMS")
def test_sequence_numbers_restart(station: FakeStation) -> None:
    """Each transaction counts its events from 0: the second one's first event is answered like the first one's."""
    for _ in range(2):
        step("Run a session from 0 on until energy flows", expect="every event is answered")
        station.execute("EnergyTransferStarted")

        step("Stop it and unplug the EV", expect="every event is answered")
        station.execute("EVDisconnected")


# ---------------------------------------------------------------- stop points


@case("TC_E_07_CSMS")
def test_ended_with_power_path(station: FakeStation, dut: Dut) -> None:
    """A transaction that ends because the driver took back the authorization is taken."""
    station.reach("EnergyTransferStarted")

    step("End the transaction with StopAuthorized, Local", expect="idTokenInfo Accepted")
    _stopped_locally(station, dut)


@case("TC_E_15_CSMS")
def test_ended_when_stopped_locally(station: FakeStation, dut: Dut) -> None:
    """A transaction that the driver stops is taken."""
    station.reach("EnergyTransferStarted")

    step("End the transaction with StopAuthorized, Local", expect="idTokenInfo Accepted")
    _stopped_locally(station, dut)


@case("TC_E_08_CSMS")
def test_ended_with_energy_after_stop(station: FakeStation) -> None:
    """A transaction that ends when the energy stops, after the driver wanted it so, is taken."""
    station.reach("StopAuthorized")

    step("End the transaction with ChargingStateChanged, EVConnected, Local", expect="the event is answered")
    station.transaction().send(
        "ChargingStateChanged", eventType="Ended", chargingState="EVConnected", stoppedReason="Local"
    )


@case("TC_E_22_CSMS")
def test_ended_with_energy_by_ev(station: FakeStation) -> None:
    """A transaction that ends because the EV suspended the energy transfer is taken."""
    station.reach("EnergyTransferStarted")

    step("End the transaction with ChargingStateChanged, SuspendedEV, StoppedByEV", expect="the event is answered")
    station.transaction().send(
        "ChargingStateChanged", eventType="Ended", chargingState="SuspendedEV", stoppedReason="StoppedByEV"
    )


@case("TC_E_14_CSMS")
def test_ended_when_unplugged(station: FakeStation) -> None:
    """A transaction that ends when the cable is out is taken."""
    station.reach("EVConnectedPostSession")

    step("Unplug the EV", expect="the report and the Ended are answered")
    station.execute("EVDisconnected")


@case("TC_E_20_CSMS")
def test_ended_when_unplugged_at_ev(station: FakeStation) -> None:
    """A transaction that was suspended by the EV and ends when the cable is out is taken."""
    station.reach("EnergyTransferSuspended")

    step("Stop the session and unplug the EV", expect="every message is answered")
    station.execute("EVDisconnected")


@case("TC_E_17_CSMS")
def test_ended_when_ev_side_disconnect_deauthorizes(station: FakeStation) -> None:
    """A transaction that ends because the EV was unplugged at its side is taken."""
    station.reach("EnergyTransferSuspended")

    step("End the transaction with EVCommunicationLost, EVDisconnected", expect="the event is answered")
    station.transaction().send(
        "EVCommunicationLost", eventType="Ended", chargingState="Idle", stoppedReason="EVDisconnected"
    )


@case("TC_E_19_CSMS")
def test_ended_when_bay_free(station: FakeStation) -> None:
    """A transaction that outlives the cable and ends when the EV has left the bay is taken."""
    station.reach("EVDisconnected", ends=False)

    step("End the transaction with EVDeparted, Local", expect="the event is answered")
    station.transaction().send("EVDeparted", eventType="Ended", stoppedReason="Local")


@case("TC_E_16_CSMS")
def test_ended_when_token_invalid(station: FakeStation, dut: Dut) -> None:
    """A token that was used unasked and is not valid is refused in the answer to its event; the end is taken."""
    step("Start the transaction with a token that is not valid", expect="idTokenInfo Invalid or Unknown")
    answer = station.transaction().send("Authorized", idToken=dut.tokens.invalid)
    status = answer.idTokenInfo.status
    check(status in ("Invalid", "Unknown"), "Invalid or Unknown", requirement="E01.FR.12", actual=status)

    step("End the transaction with Deauthorized", expect="the event is answered")
    station.transaction().send("Deauthorized", eventType="Ended", stoppedReason="DeAuthorized")


@case("TC_E_39_CSMS")
def test_ended_when_nobody_plugs_in(station: FakeStation) -> None:
    """A transaction to which nobody plugged in, and which ends with that, is taken."""
    station.reach("Authorized")

    step("End the transaction with EVConnectTimeout, Timeout", expect="the event is answered")
    station.transaction().send("EVConnectTimeout", eventType="Ended", stoppedReason="Timeout")


@case("TC_E_21_CSMS")
def test_ended_when_stopped_remotely(station: FakeStation, operator: Operator) -> None:
    """The CSMS stops a transaction by its id, and takes its end."""
    station.reach("EnergyTransferStarted")
    transaction = station.transaction()

    step("Have the CSMS stop the transaction", expect="RequestStopTransaction with its transactionId")
    operator.csms_sends("RequestStopTransaction", transactionId=transaction.id)
    station.expect("RequestStopTransaction", transactionId=transaction.id, requirement="F03.FR.01")

    step("End the transaction with RemoteStop, Remote", expect="the event is answered")
    transaction.send("RemoteStop", eventType="Ended", chargingState="EVConnected", stoppedReason="Remote")


# ---------------------------------------------------------------- the cable is pulled out of the EV


@case("TC_E_26_CSMS")
def test_ev_side_disconnect_suspends(station: FakeStation, dut: Dut) -> None:
    """A transaction goes on while the cable is out of the EV, and charging with it when the EV is back."""
    station.reach("EnergyTransferSuspended")
    transaction = station.transaction()

    step("Tell that the EV is gone, and report the connector Available", expect="both are answered")
    transaction.send("EVCommunicationLost", chargingState="Idle")
    station.report_connector("Available", dut.connector)

    step("Tell that the EV is back", expect="both are answered")
    station.report_connector("Occupied", dut.connector)
    transaction.send("CablePluggedIn", chargingState="EVConnected", evse=dut.connector.evse)

    step("Tell that energy flows again", expect="the event is answered")
    transaction.send("ChargingStateChanged", chargingState="Charging")


# ---------------------------------------------------------------- GetTransactionStatus


@case("TC_E_29_CSMS")
def test_status_ongoing_with_queue(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks about a running transaction of a station that was offline, and takes what was queued."""
    station.reach("EnergyTransferStarted")
    transaction = station.transaction()
    station.answer("GetTransactionStatus", messagesInQueue=True)
    with station.offline():
        queued = _metered(station, offline=True)

    step("Have the CSMS ask for the transaction", expect="GetTransactionStatus with its transactionId")
    operator.csms_sends("GetTransactionStatus", transactionId=transaction.id)
    station.expect("GetTransactionStatus", transactionId=transaction.id, requirement="E14.FR.02")

    step("Deliver what was queued", expect="the event is answered")
    station.send("TransactionEvent", **queued)


@case("TC_E_30_CSMS")
def test_status_ongoing_without_queue(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks about a running transaction all of whose events it has."""
    station.reach("EnergyTransferStarted")
    transaction = station.transaction()

    step("Have the CSMS ask for the transaction", expect="GetTransactionStatus with its transactionId")
    operator.csms_sends("GetTransactionStatus", transactionId=transaction.id)
    station.expect("GetTransactionStatus", transactionId=transaction.id, requirement="E14.FR.02")


@case("TC_E_31_CSMS")
def test_status_ended_with_queue(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks about an ended transaction two of whose events it lacks, and takes them late."""
    station.reach("EnergyTransferStarted")
    transaction = station.transaction()
    station.answer("GetTransactionStatus", messagesInQueue=True)
    with station.offline():
        late = [
            transaction.event("StopAuthorized", idToken=dut.tokens.valid, offline=True),
            transaction.event("ChargingStateChanged", chargingState="EVConnected", offline=True),
        ]
        ended = transaction.event(
            "EVCommunicationLost", eventType="Ended", chargingState="Idle", stoppedReason="Local", offline=True
        )

    step("Report the connector Available, then deliver Ended alone", expect="both are answered")
    station.report_connector("Available", dut.connector)
    station.send("TransactionEvent", **ended)

    step("Have the CSMS ask for the transaction", expect="GetTransactionStatus with its transactionId")
    operator.csms_sends("GetTransactionStatus", transactionId=transaction.id)
    station.expect("GetTransactionStatus", transactionId=transaction.id, requirement="E14.FR.03")

    step("Deliver the two events that were missing", expect="both are answered; the token is Accepted")
    status = station.send("TransactionEvent", **late[0]).idTokenInfo.status
    check(status == "Accepted", "idTokenInfo Accepted", requirement="E01.FR.12", actual=status)
    station.send("TransactionEvent", **late[1])


@case("TC_E_33_CSMS")
def test_status_of_a_full_queue(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks a station that was offline for its queue alone, and takes what was queued."""
    station.reach("EnergyTransferStarted")
    station.answer("GetTransactionStatus", messagesInQueue=True)
    with station.offline():
        queued = _metered(station, offline=True)

    step("Have the CSMS ask for the queue", expect="GetTransactionStatus without transactionId")
    operator.csms_sends("GetTransactionStatus", transactionId=None)
    station.expect("GetTransactionStatus", transactionId=ABSENT, requirement="E14.FR.06")

    step("Deliver what was queued", expect="the event is answered")
    station.send("TransactionEvent", **queued)


@case("TC_E_34_CSMS")
def test_status_of_an_empty_queue(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks an idle station for its queue alone."""
    step("Have the CSMS ask for the queue", expect="GetTransactionStatus without transactionId")
    operator.csms_sends("GetTransactionStatus", transactionId=None)
    station.expect("GetTransactionStatus", transactionId=ABSENT, requirement="E14.FR.06")


# ---------------------------------------------------------------- helpers of this file

_SIGNED = {
    "signedMeterData": "T0NNRnx7fXwxMDAwLjA=",
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "b2NhOmJhc2UxNjphc24xOnRlc3Q=",
}


def _authorize(station: FakeStation, dut: Dut) -> None:
    status = station.send("Authorize", idToken=dut.tokens.valid).idTokenInfo.status
    check(status == "Accepted", "Authorize answered Accepted", requirement="C01.FR.07", actual=status)


def _with_token(station: FakeStation, trigger: str, token: Any, **fields: Any) -> None:
    """Send the transaction's next event with a token that the CSMS has to accept."""
    status = station.transaction().send(trigger, idToken=token, **fields).idTokenInfo.status
    check(status == "Accepted", "idTokenInfo Accepted", requirement="E01.FR.12", actual=status)


def _stopped_locally(station: FakeStation, dut: Dut) -> None:
    stopped = {"eventType": "Ended", "chargingState": "EVConnected", "stoppedReason": "Local"}
    _with_token(station, "StopAuthorized", dut.tokens.valid, **stopped)


def _metered(station: FakeStation, **fields: Any) -> dict[str, Any]:
    """An event with a periodic meter value, made now and sent later."""
    transaction = station.transaction()
    return transaction.event("MeterValuePeriodic", meterValue=[transaction.meter_value()], **fields)
