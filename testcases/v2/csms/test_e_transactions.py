"""Block E, Transactions: a CSMS under test (2.0.1 and 2.1).

What a CSMS owes is the answer: none of these events can be refused, whatever the station's start and stop points, and
an event that names a token is answered with what the CSMS thinks of it.
"""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, PRESENT, Dut, FakeStation, Operator, case, check, step, variable

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


# ---------------------------------------------------------------- limits, new in 2.1


@case("TC_E_102_CSMS")
def test_limits_of_both(station: FakeStation, operator: Operator) -> None:
    """The CSMS overrules the limit that a driver has set."""
    _supports_limits(station)
    station.reach("EnergyTransferStarted")
    transaction = station.transaction()

    step("Tell a limit of 6000 Wh", expect="the event is answered")
    transaction.send("LimitSet", transactionLimit={"maxEnergy": 6000})

    step("Have the CSMS limit the transaction to 10000 Wh, send an event", expect="transactionLimit in the answer")
    operator.limit_transaction(transaction.id, maxEnergy=10000)
    _check_limit(transaction.send("MeterValuePeriodic", meterValue=[transaction.meter_value()]), maxEnergy=10000)

    step("Confirm that limit", expect="the event is answered without a limit")
    _check_no_limit(transaction.send("LimitSet", transactionLimit={"maxEnergy": 10000}))

    step("End the transaction with EnergyLimitReached", expect="the event is answered")
    transaction.send("EnergyLimitReached", eventType="Ended", stoppedReason="EnergyLimitReached")


@case("TC_E_106_CSMS")
def test_energy_limit_of_driver(station: FakeStation) -> None:
    """The CSMS, which wants no limit itself, goes along with the energy limit of a driver."""
    _limited_by_driver(station, "EnergyLimitReached", maxEnergy=6000)


@case("TC_E_107_CSMS")
def test_time_limit_of_driver(station: FakeStation) -> None:
    """The CSMS, which wants no limit itself, goes along with the time limit of a driver."""
    _limited_by_driver(station, "TimeLimitReached", maxTime=120)


@case("TC_E_108_CSMS")
def test_cost_limit_of_driver(station: FakeStation, operator: Operator) -> None:
    """A station that has a tariff calculates the cost itself: the CSMS neither tells a cost nor limits it."""
    _supports_limits(station)
    station.variables["TariffCostCtrlr", "Enabled"] = "true"
    station.answer("SetDefaultTariff", status="Accepted")

    step("Have the CSMS set a tariff of 1 EUR a minute", expect="SetDefaultTariff with that price")
    tariff = {"currency": "EUR", "chargingTime": {"prices": [{"priceMinute": 1}]}}
    operator.csms_sends("SetDefaultTariff", evseId=0, tariff=tariff)
    station.expect("SetDefaultTariff", evseId=0, tariff={"tariffId": PRESENT, **tariff}, requirement="I07.FR.01")

    step("Charge, and tell a limit of 2 EUR", expect="neither limit nor cost in the answer")
    station.execute("EnergyTransferStarted")
    _check_own_cost(station, "LimitSet", 60, transactionLimit={"maxCost": 2})

    step("Tell a cost below it", expect="neither limit nor cost in the answer")
    _check_own_cost(station, "RunningCost", 90)

    step("End the transaction with CostLimitReached", expect="neither limit nor cost in the answer")
    _check_own_cost(station, "CostLimitReached", 120, eventType="Ended", stoppedReason="LocalOutOfCredit")


@case("TC_E_109_CSMS")
def test_cost_limit_of_csms(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS limits the cost, and tells it to a station that does not calculate it."""
    _supports_limits(station)
    station.variables["TariffCostCtrlr", "Enabled"] = "false"
    station.reach("EVConnectedPreSession")
    transaction = station.transaction()

    step("Have the CSMS limit the cost to 10, then charge", expect="Accepted; limit and cost in the answer")
    operator.limit_transaction(transaction.id, maxCost=10)
    _authorize(station, dut)
    _check_cost(_check_limit(_charges(station, dut), maxCost=10))

    step("Confirm that limit", expect="the cost in the answer, and no limit")
    _check_cost(_check_no_limit(transaction.send("LimitSet", transactionLimit={"maxCost": 10})))


@case("TC_E_110_CSMS")
def test_energy_limit_of_csms(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS limits the energy of a transaction."""
    _supports_limits(station)
    station.reach("EVConnectedPreSession")
    transaction = station.transaction()

    step("Have the CSMS limit the energy to 8000 Wh, then charge", expect="the limit in the answer")
    operator.limit_transaction(transaction.id, maxEnergy=8000)
    _check_limit(_charges(station, dut), maxEnergy=8000)

    step("Confirm that limit", expect="the event is answered without a limit")
    _check_no_limit(transaction.send("LimitSet", transactionLimit={"maxEnergy": 8000}))

    step("Tell that it is reached", expect="the event is answered")
    transaction.send("EnergyLimitReached", chargingState="SuspendedEVSE", transactionLimit={"maxEnergy": 8000})


@case("TC_E_111_CSMS")
def test_time_limit_of_csms(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS limits the time of a transaction."""
    _supports_limits(station)
    station.reach("EVConnectedPreSession")
    transaction = station.transaction()

    step("Have the CSMS limit the time to 1800 s, then charge", expect="the limit in the answer")
    operator.limit_transaction(transaction.id, maxTime=1800)
    _check_limit(_charges(station, dut), maxTime=1800)

    step("Confirm that limit", expect="the event is answered without a limit")
    _check_no_limit(transaction.send("LimitSet", transactionLimit={"maxTime": 1800}))


@case("OC_E_30_CSMS")
def test_no_limit_that_is_not_supported(station: FakeStation, operator: Operator) -> None:
    """The CSMS sets no limit of a kind that the station does not have."""
    step("Have the CSMS read SupportedLimits, answer maxTime; charge", expect="GetVariables; every event is answered")
    _tell_limits(station, operator, "maxTime")
    station.execute("EnergyTransferStarted")
    transaction = station.transaction()

    step("Have it limit time and energy, send an event", expect="transactionLimit with maxTime alone")
    operator.limit_transaction(transaction.id, maxTime=1800, maxEnergy=8000)
    told = transaction.send("MeterValuePeriodic", meterValue=[transaction.meter_value()]).transactionLimit
    check(told == {"maxTime": 1800}, "maxTime alone", requirement="E16.FR.12", actual=told)

    step("Have it read SupportedLimits again, answer every limit", expect="GetVariables")
    _tell_limits(station, operator, "maxEnergy,maxTime,maxCost")


# ---------------------------------------------------------------- interruptions, new in 2.1


@case("TC_E_113_CSMS")
def test_transaction_resumed(station: FakeStation) -> None:
    """A transaction that goes on after a power failure is taken note of."""
    station.reach("EnergyTransferStarted")

    step("Boot again, tell of the power failure and TxResumed", expect="Accepted, and every message is answered")
    station.execute("TransactionResumed")


@case("TC_E_117_CSMS")
def test_profile_restored(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The charging profile of a transaction that goes on after a power failure is sent again."""
    station.reach("EnergyTransferStarted")
    wanted = {"chargingProfilePurpose": "TxProfile", "transactionId": station.transaction().id}

    step("Have the CSMS set a TxProfile", expect="SetChargingProfile of the transaction")
    operator.csms_sends("SetChargingProfile", evseId=dut.evse, chargingProfile=wanted)
    first = station.expect("SetChargingProfile", evseId=dut.evse, chargingProfile=wanted, requirement="K01.FR.03")

    step("Boot again, tell of the power failure and TxResumed", expect="the same SetChargingProfile again")
    station.execute("TransactionResumed")
    again = station.expect("SetChargingProfile", evseId=dut.evse, chargingProfile=wanted, requirement="E17.FR.15")
    same = again.chargingProfile == first.chargingProfile
    check(same, "the profile that it had", requirement="E17.FR.15", actual=again.chargingProfile)


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


def _supports_limits(station: FakeStation) -> None:
    station.variables["TxCtrlr", "SupportedLimits"] = "maxEnergy,maxTime,maxCost"


def _limited_by_driver(station: FakeStation, reached: str, **limit: int) -> None:
    _supports_limits(station)
    station.reach("EnergyTransferStarted")

    step("Tell a limit of the driver's", expect="the event is answered without a limit")
    _check_no_limit(station.transaction().send("LimitSet", transactionLimit=limit))

    step("End the transaction because it is reached", expect="the event is answered")
    station.transaction().send(reached, eventType="Ended", stoppedReason=reached)


def _tell_limits(station: FakeStation, operator: Operator, limits: str) -> None:
    """The CSMS is told which limits the station has."""
    station.variables["TxCtrlr", "SupportedLimits"] = limits
    asked = [variable("TxCtrlr", "SupportedLimits")]
    operator.csms_sends("GetVariables", getVariableData=asked)
    station.expect("GetVariables", getVariableData=asked)


def _charges(station: FakeStation, dut: Dut) -> Any:
    """The transaction that runs tells the token and that energy flows."""
    answer = station.transaction().send(
        "ChargingStateChanged", idToken=dut.tokens.valid, chargingState="Charging", evse=dut.connector.evse
    )
    status = answer.idTokenInfo.status
    check(status == "Accepted", "idTokenInfo Accepted", requirement="E01.FR.12", actual=status)
    return answer


def _check_limit(answer: Any, **limit: int) -> Any:
    """The answer sets that limit and no other."""
    told = answer.transactionLimit
    check(told == limit, f"transactionLimit {limit}", requirement="E16.FR.02", actual=told)
    return answer


def _check_no_limit(answer: Any) -> Any:
    """The answer sets no limit: none is wanted, or it was told before, once (E16.FR.02, E16.FR.08)."""
    told = answer.transactionLimit
    check(told is ABSENT, "no transactionLimit", requirement="E16.FR.08", actual=told)
    return answer


def _check_cost(answer: Any) -> None:
    cost = answer.totalCost
    check(cost is not ABSENT and cost >= 0, "a totalCost", requirement="E16.FR.11", actual=cost)


def _check_own_cost(station: FakeStation, trigger: str, seconds: int, **fields: Any) -> None:
    """An event tells a cost of 1 EUR a minute; its answer has neither limit nor cost."""
    cost = {"inclTax": seconds / 60}
    total = {"currency": "EUR", "typeOfCost": "NormalCost", "chargingTime": cost, "total": cost}
    usage = {"energy": 0, "chargingTime": seconds, "idleTime": 0}
    details = {"totalCost": total, "totalUsage": usage}
    answer = _check_no_limit(station.transaction().send(trigger, costDetails=details, **fields))
    told = answer.totalCost
    check(told is ABSENT, "no totalCost: the station calculates it", requirement="E16.FR.16", actual=told)
