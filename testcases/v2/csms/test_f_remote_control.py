"""Block F, Remote control: a CSMS under test (2.0.1 and 2.1)."""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeStation, Operator, case, check, step

# ---------------------------------------------------------------- F01, F02: remote start


@case("TC_F_01_CSMS")
def test_remote_start_cable_first(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS starts charging where an EV is plugged in, and goes along with what follows."""
    station.reach("EVConnectedPreSession")
    transaction = station.transaction()
    station.answer("RequestStartTransaction", status="Accepted", transactionId=transaction.id)

    step("Have the CSMS start charging", expect="RequestStartTransaction with the chosen token and EVSE")
    request = _expect_start(station, operator, dut)

    step("Tell of the remote start in the running transaction", expect="the token is Accepted")
    _send_remote_start(station, dut, request)

    step("Let the EV charge", expect="every event is answered")
    station.execute("EnergyTransferStarted")


@case("TC_F_02_CSMS")
def test_remote_start_first_with_authorization(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS starts charging at a station that asks about the token before it uses it."""
    station.answer("RequestStartTransaction", status="Accepted")

    step("Have the CSMS start charging", expect="RequestStartTransaction with the chosen token and EVSE")
    request = _expect_start(station, operator, dut)

    step("Ask about the token", expect="Accepted")
    answer = station.send("Authorize", idToken=dut.tokens.valid)
    status = answer.idTokenInfo.status
    check(status == "Accepted", "Authorize answered Accepted", requirement="F01.FR.01", actual=status)

    step("Begin a transaction of that remote start", expect="the token is Accepted")
    _send_remote_start(station, dut, request)

    step("Plug in the EV and let it charge", expect="every event is answered")
    station.execute("EnergyTransferStarted")


@case("TC_F_03_CSMS")
def test_remote_start_first_without_authorization(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS starts charging at a station that uses the token unasked."""
    station.answer("RequestStartTransaction", status="Accepted")

    step("Have the CSMS start charging", expect="RequestStartTransaction with the chosen token and EVSE")
    request = _expect_start(station, operator, dut)

    step("Begin a transaction of that remote start", expect="the token is Accepted")
    _send_remote_start(station, dut, request)

    step("Plug in the EV and let it charge", expect="every event is answered")
    station.execute("EnergyTransferStarted")


@case("TC_F_04_CSMS")
def test_remote_start_cable_timeout(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS goes along with a remote start that ends because no EV was plugged in."""
    station.answer("RequestStartTransaction", status="Accepted")

    step("Have the CSMS start charging", expect="RequestStartTransaction with the chosen token and EVSE")
    request = _expect_start(station, operator, dut)

    step("Begin a transaction of that remote start", expect="the token is Accepted")
    _send_remote_start(station, dut, request)

    step("End the transaction: no EV was plugged in in time", expect="the event is answered")
    station.transaction().send("EVConnectTimeout", eventType="Ended", stoppedReason="Timeout")


# ---------------------------------------------------------------- F05: unlock


@case("TC_F_06_CSMS")
def test_unlock(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for an unlock of the chosen connector."""
    station.answer("UnlockConnector", status="Unlocked")

    step("Have the CSMS unlock a connector", expect="UnlockConnector of that connector")
    operator.csms_sends("UnlockConnector", evseId=dut.evse, connectorId=dut.connector.connectorId)
    station.expect("UnlockConnector", evseId=dut.evse, connectorId=dut.connector.connectorId)


# ---------------------------------------------------------------- F06: trigger message


@case("TC_F_11_CSMS")
def test_trigger_meter_values_of_evse(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for the meter values of one EVSE."""
    step("Have the CSMS ask for the MeterValues of an EVSE", expect="TriggerMessage with that message and EVSE")
    _expect_trigger(station, operator, "MeterValues", evse={"id": dut.evse})

    step("Send them", expect="an answer")
    station.send("MeterValues", evseId=dut.evse, meterValue=_values(station, dut.evse))


@case("TC_F_12_CSMS")
def test_trigger_meter_values_of_all(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for the meter values of every EVSE by naming none."""
    step("Have the CSMS ask for MeterValues of all", expect="TriggerMessage with that message and no EVSE")
    _expect_trigger(station, operator, "MeterValues", evse=None)

    step("Send them for every EVSE", expect="an answer to each")
    for evse in dut.evses:
        station.send("MeterValues", evseId=evse, meterValue=_values(station, evse))


@case("TC_F_13_CSMS")
def test_trigger_transaction_event_of_evse(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for the state of the transaction on one EVSE."""
    station.reach("EnergyTransferStarted")

    step("Have the CSMS ask for the TransactionEvent of the EVSE", expect="TriggerMessage with that message and EVSE")
    _expect_trigger(station, operator, "TransactionEvent", evse={"id": dut.evse})

    step("Send it", expect="an answer")
    station.transaction().send("Trigger", evse={"id": dut.evse}, meterValue=_values(station, dut.evse))


@case("TC_F_14_CSMS")
def test_trigger_transaction_event_of_all(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for the state of every transaction by naming no EVSE."""
    station.reach("EnergyTransferStarted")

    step("Have the CSMS ask for TransactionEvent of all", expect="TriggerMessage with that message and no EVSE")
    _expect_trigger(station, operator, "TransactionEvent", evse=None)

    step("Send it for the EVSE that has a transaction", expect="an answer")
    station.transaction().send("Trigger", meterValue=_values(station, dut.evse))


@case("TC_F_15_CSMS")
def test_trigger_log_status(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks how the upload of a log goes."""
    step("Have the CSMS ask for LogStatusNotification", expect="TriggerMessage with that message")
    _expect_trigger(station, operator, "LogStatusNotification")

    step("Send it: Idle", expect="an answer")
    station.send("LogStatusNotification", status="Idle")


@case("TC_F_18_CSMS")
def test_trigger_firmware_status(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks how a firmware update goes."""
    step("Have the CSMS ask for FirmwareStatusNotification", expect="TriggerMessage with that message")
    _expect_trigger(station, operator, "FirmwareStatusNotification")

    step("Send it: Idle", expect="an answer")
    station.send("FirmwareStatusNotification", status="Idle")


@case("TC_F_20_CSMS")
def test_trigger_heartbeat(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for a heartbeat."""
    step("Have the CSMS ask for Heartbeat", expect="TriggerMessage with that message")
    _expect_trigger(station, operator, "Heartbeat")

    step("Send it", expect="an answer with the CSMS's time")
    station.send("Heartbeat")


@case("TC_F_23_CSMS")
def test_trigger_status_available(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for the status of a connector, which it names in full."""
    step("Have the CSMS ask for StatusNotification", expect="TriggerMessage with that message, EVSE and connector")
    _expect_trigger(station, operator, "StatusNotification", evse=_place(dut.connector))

    step("Send it: Available", expect="an answer")
    station.report_connector("Available", dut.connector)


@case("TC_F_24_CSMS")
def test_trigger_status_occupied(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for the status of a connector that it knows as Occupied."""
    step("Report a connector Occupied", expect="an answer")
    station.report_connector("Occupied", dut.connector)

    step("Have the CSMS ask for StatusNotification", expect="TriggerMessage with that message, EVSE and connector")
    _expect_trigger(station, operator, "StatusNotification", evse=_place(dut.connector))

    step("Send it: Occupied", expect="an answer")
    station.report_connector("Occupied", dut.connector)


@case("TC_F_27_CSMS")
def test_trigger_not_implemented(station: FakeStation, operator: Operator) -> None:
    """The CSMS goes along with a station that has not implemented what it asks for."""
    station.answer("TriggerMessage", status="NotImplemented")

    step("Have the CSMS ask for SignCombinedCertificate", expect="TriggerMessage with that message")
    _expect_trigger(station, operator, "SignCombinedCertificate")

    step("Go on", expect="the CSMS still answers")
    station.send("Heartbeat")


@case("TC_F_100_CSMS")
def test_custom_trigger(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for a message of the maker's own."""
    station.variables["CustomizationCtrlr", "CustomTriggers"] = "Custom1,Custom2,Custom3"

    step("Have the CSMS trigger Custom2 on an EVSE", expect="TriggerMessage CustomTrigger with that name and EVSE")
    _expect_trigger(station, operator, "CustomTrigger", customTrigger="Custom2", evse={"id": dut.evse})


# ---------------------------------------------------------------- helpers


def _expect_start(station: FakeStation, operator: Operator, dut: Dut) -> Any:
    asked: dict[str, Any] = {"evseId": dut.evse, "idToken": dut.tokens.valid}
    operator.csms_sends("RequestStartTransaction", **asked)
    return station.expect("RequestStartTransaction", **asked, requirement="F01.FR.04")


def _send_remote_start(station: FakeStation, dut: Dut, request: Any) -> None:
    """The next event after a remote start names it and its token (F01.FR.19, F01.FR.25)."""
    transaction = station.transaction()
    transaction.authorized = True
    answer = transaction.send(
        "RemoteStart", evse={"id": dut.evse}, idToken=dut.tokens.valid, remoteStartId=request.remoteStartId
    )
    status = answer.idTokenInfo.status
    check(status == "Accepted", "the token is Accepted", requirement="E03.FR.02", actual=status)


def _place(connector: Any) -> dict[str, int]:
    return {"id": connector.evseId, "connectorId": connector.connectorId}


def _expect_trigger(station: FakeStation, operator: Operator, requestedMessage: str, **fields: Any) -> None:  # noqa: N803  # the wire's own name
    """The CSMS sends the TriggerMessage that it was asked for; a field asked for as None is left out."""
    operator.csms_sends("TriggerMessage", requestedMessage=requestedMessage, **fields)
    wanted: dict[str, Any] = {name: ABSENT if value is None else value for name, value in fields.items()}
    station.expect("TriggerMessage", requestedMessage=requestedMessage, **wanted, requirement="F06.FR.01")


def _values(station: FakeStation, evse: int) -> list[dict[str, Any]]:
    return [station.transaction(evse).meter_value("Trigger")]
