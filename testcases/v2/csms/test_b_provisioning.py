"""Block B, Provisioning: a CSMS under test (2.0.1 and 2.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance import (
    ABSENT,
    Dut,
    FakeStation,
    NotApplicable,
    Operator,
    case,
    check,
    late,
    networks,
    report_data,
    step,
    variable,
)

COMM = "OCPPCommCtrlr"
PASSWORD = "a-password-of-30-characters-1A"
APN = {
    "apnEnabled": True,
    "apn": "internet.example.com",
    "apnUserName": "user",
    "apnPassword": "password",
    "apnAuthentication": "AUTO",
}
"""An access point, as fields of APNType and as variables."""

# ---------------------------------------------------------------------- boot


@case("TC_B_01_CSMS")
def test_cold_boot_accepted(station: FakeStation, dut: Dut) -> None:
    """A station that is known is accepted when it boots, and its connector reports are answered."""
    station.disconnect()

    step("Connect and send BootNotification", expect="Accepted, with the CSMS's time and an interval")
    station.connect()
    _boot(station, "PowerUp", "Accepted")

    step("Report every connector Available", expect="each report is answered")
    for connector in dut.connectors:
        station.report_connector("Available", connector)


@case("TC_B_02_CSMS")
def test_cold_boot_pending(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A CSMS that answers Pending keeps the connection, and accepts the station when it asks again."""
    station.disconnect()
    operator.answer_boot("Pending")

    step("Connect and send BootNotification", expect="Pending")
    station.connect()
    boot = _boot(station, "PowerUp", "Pending", "B02.FR.01")

    step("Wait for the interval, then send it again", expect="the connection stays open; Accepted")
    closed = _wait_interval(station, dut, boot)
    check(not closed, "the CSMS keeps the connection open", requirement="B02.FR.06")
    _boot(station, "PowerUp", "Accepted")

    step("Report every connector Available", expect="each report is answered")
    for connector in dut.connectors:
        station.report_connector("Available", connector)


@case("TC_B_30_CSMS")
def test_premature_messages_refused(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A CSMS refuses what a station sends that it has not accepted, and accepts it later."""
    status = "Pending" if dut.features.supports("C-44") else "Rejected"
    station.disconnect()
    operator.answer_boot(status)

    step("Connect and send BootNotification", expect="Pending, or Rejected where the CSMS knows no Pending")
    station.connect()
    boot = _boot(station, "PowerUp", status)

    step("Report every connector Available all the same", expect="CALLERROR SecurityError to each")
    for connector in dut.connectors:
        status_of = {"timestamp": station.timestamp(), "connectorStatus": "Available"}
        place = {"evseId": connector.evseId, "connectorId": connector.connectorId}
        answer = station.call("StatusNotification", {**status_of, **place}, deliberate="it comes too early")
        code = getattr(answer, "code", "")
        check(code == "SecurityError", "CALLERROR SecurityError", requirement="B02.FR.09", actual=answer)

    step("Wait for the interval, then send BootNotification again", expect="Accepted")
    if _wait_interval(station, dut, boot):
        station.connect()
    _boot(station, "PowerUp", "Accepted")


@case("TC_B_31_CSMS")
def test_boot_triggered(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A CSMS that has answered Pending has the station send BootNotification before the interval is over."""
    if not dut.features.supports("C-44"):
        raise NotApplicable("C-44 is false, and a station that is rejected must not be sent a message (B03.FR.03)")
    station.disconnect()
    operator.answer_boot("Pending")

    step("Connect and send BootNotification", expect="Pending")
    station.connect()
    _boot(station, "PowerUp", "Pending", "B02.FR.01")

    step("Have the CSMS trigger a BootNotification", expect="TriggerMessage for BootNotification, then Accepted")
    operator.csms_sends("TriggerMessage", requestedMessage="BootNotification")
    station.expect("TriggerMessage", requestedMessage="BootNotification", requirement="F06.FR.01")
    _boot(station, "Triggered", "Accepted")

    step("Report every connector Available", expect="each report is answered")
    for connector in dut.connectors:
        station.report_connector("Available", connector)


@case("TC_B_58_CSMS")
def test_subprotocol_chosen(station: FakeStation) -> None:
    """A CSMS takes no connection for a version that it can't speak, and chooses the one that it can."""
    own = station.version.subprotocol
    station.disconnect()

    step("Offer the subprotocol ocpp0.1 alone", expect="no WebSocket, or one that is closed at once")
    station.connect_in_vain(subprotocols=("ocpp0.1",), requirement="Part 4, 3.2")

    step("Offer ocpp0.1 and the version under test", expect="a WebSocket with the version under test")
    station.connect(subprotocols=("ocpp0.1", own))
    check(station.subprotocol == own, f"subprotocol {own}", requirement="Part 4, 3.1.2", actual=station.subprotocol)

    step("Send BootNotification", expect="Accepted")
    _boot(station, "PowerUp", "Accepted")


# ---------------------------------------------------------------------- variables


@case("TC_B_06_CSMS")
def test_get_one_variable(station: FakeStation, operator: Operator) -> None:
    """The CSMS reads a variable."""
    step("Have the CSMS read OfflineThreshold", expect="GetVariables for it")
    operator.csms_sends("GetVariables", getVariableData=[variable(COMM, "OfflineThreshold")])
    station.expect("GetVariables", getVariableData=_naming((COMM, "OfflineThreshold")), requirement="B06.FR.01")


@case("TC_B_07_CSMS")
def test_get_several_variables(station: FakeStation, operator: Operator) -> None:
    """The CSMS reads variables of two components at once."""
    step("Have the CSMS read OfflineThreshold and AuthorizeRemoteStart", expect="one GetVariables for both")
    wanted = ((COMM, "OfflineThreshold"), ("AuthCtrlr", "AuthorizeRemoteStart"))
    operator.csms_sends("GetVariables", getVariableData=[variable(*one) for one in wanted])
    station.expect("GetVariables", getVariableData=_naming(*wanted), requirement="B06.FR.01")


@case("TC_B_08_CSMS")
def test_get_no_more_variables_than_allowed(station: FakeStation, operator: Operator) -> None:
    """The CSMS reads no more variables at once than the station has told that it can."""
    limit = 4
    station.variables["DeviceDataCtrlr", "ItemsPerMessage"] = str(limit)
    station.variables["DeviceDataCtrlr", "BytesPerMessage"] = "10000"
    items = variable("DeviceDataCtrlr", "ItemsPerMessage", instance="GetVariables")

    step("Have the CSMS read ItemsPerMessage for GetVariables, answer 4", expect="GetVariables for it")
    operator.csms_sends("GetVariables", getVariableData=[items])
    station.expect("GetVariables", getVariableData=[items])

    step("Have the CSMS read five variables", expect="several GetVariables, none with more than four")
    places = [("DeviceDataCtrlr", "ItemsPerMessage", one) for one in ("GetReport", "GetVariables")]
    places += [("DeviceDataCtrlr", "BytesPerMessage", one) for one in ("GetReport", "GetVariables")]
    places += [("AuthCtrlr", "AuthorizeRemoteStart", "")]
    wanted = [variable(component, name, instance=one or None) for component, name, one in places]
    # The CSMS has to wait for the first answer before it asks for the rest.
    station.answer("GetVariables", late(0.1))
    operator.csms_sends("GetVariables", getVariableData=wanted)
    asked: list[Any] = []
    while len(asked) < len(places):
        part = list(station.expect("GetVariables", requirement="B06.FR.05").getVariableData)
        check(len(part) <= limit, f"at most {limit} variables at once", requirement="B06.FR.05", actual=len(part))
        asked += [(one.component.name, one.variable.name, one.variable.instance or "") for one in part]
    for place in places:
        check(asked.count(place) == 1, f"{place} once", requirement="B06.FR.01", actual=asked)


@case("TC_B_09_CSMS")
def test_set_one_variable(station: FakeStation, operator: Operator) -> None:
    """The CSMS sets a variable."""
    step("Have the CSMS set OfflineThreshold to 123", expect="SetVariables with that value")
    operator.csms_sends("SetVariables", setVariableData=[variable(COMM, "OfflineThreshold", attributeValue="123")])
    station.expect("SetVariables", setVariableData=_naming((COMM, "OfflineThreshold", "123")), requirement="B05.FR.01")


@case("TC_B_10_CSMS")
def test_set_several_variables(station: FakeStation, operator: Operator) -> None:
    """The CSMS sets variables of two components at once."""
    wanted = ((COMM, "OfflineThreshold", "123"), ("AuthCtrlr", "AuthorizeRemoteStart", "false"))

    step("Have the CSMS set OfflineThreshold and AuthorizeRemoteStart", expect="one SetVariables with both values")
    data = [variable(component, name, attributeValue=value) for component, name, value in wanted]
    operator.csms_sends("SetVariables", setVariableData=data)
    station.expect("SetVariables", setVariableData=_naming(*wanted), requirement="B05.FR.01")


@case("OC_B_20_CSMS")
def test_set_no_more_variables_than_allowed(station: FakeStation, operator: Operator) -> None:
    """The CSMS sets no more variables at once than the station has told that it can."""
    limit, names = 2, ("OfflineThreshold", "HeartbeatInterval", "RetryBackOffWaitMinimum")
    station.variables["DeviceDataCtrlr", "ItemsPerMessage"] = str(limit)
    items = variable("DeviceDataCtrlr", "ItemsPerMessage", instance="SetVariables")

    step("Have the CSMS read ItemsPerMessage for SetVariables, answer 2", expect="GetVariables for it")
    operator.csms_sends("GetVariables", getVariableData=[items])
    station.expect("GetVariables", getVariableData=[items])

    step("Have the CSMS set three variables", expect="several SetVariables, none with more than two")
    # The CSMS has to wait for the first answer before it sends the rest.
    station.answer("SetVariables", late(0.1))
    wanted = [variable(COMM, one, attributeValue="123") for one in names]
    operator.csms_sends("SetVariables", setVariableData=wanted)
    seen: list[Any] = []
    while len(seen) < len(names):
        part = list(station.expect("SetVariables", requirement="B05.FR.11").setVariableData)
        check(len(part) <= limit, f"at most {limit} variables at once", requirement="B05.FR.11", actual=len(part))
        seen += part
    for name in names:
        found = [one for one in seen if _is(one, COMM, name, "123")]
        check(len(found) == 1, f"{name} = 123 once", requirement="B05.FR.01", actual=seen)


# ---------------------------------------------------------------------- reports


@case("TC_B_12_CSMS")
def test_configuration_inventory(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for the ConfigurationInventory and takes the whole report."""
    _takes_report(station, operator, "ConfigurationInventory", "B07.FR.07")


@case("TC_B_13_CSMS")
def test_full_inventory(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for the FullInventory and takes the whole report."""
    _takes_report(station, operator, "FullInventory", "B07.FR.08")


@case("TC_B_14_CSMS")
def test_summary_inventory(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for the SummaryInventory and takes the whole report."""
    _takes_report(station, operator, "SummaryInventory", "B07.FR.09")


@case("TC_B_18_CSMS")
def test_custom_report(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS asks for a report by criterion and variable, and can do with an empty one."""
    asked = variable("EVSE", "AvailabilityState", evseId=dut.connector.evseId)
    station.answer("GetReport", {"status": "EmptyResultSet"})

    step("Have the CSMS ask for an EVSE's AvailabilityState, if it has a Problem", expect="GetReport; none is found")
    operator.csms_sends("GetReport", componentCriteria=["Problem"], componentVariable=[asked])
    station.expect("GetReport", componentCriteria=["Problem"], componentVariable=[asked], requirement="B08.FR.01")

    step("Have it ask again, if the EVSE is Available", expect="GetReport; the NotifyReport is answered")
    operator.csms_sends("GetReport", componentCriteria=["Available"], componentVariable=[asked])
    request = station.expect(
        "GetReport", componentCriteria=["Available"], componentVariable=[asked], requirement="B08.FR.01"
    )
    station.send(
        "NotifyReport",
        requestId=request.requestId,
        generatedAt=station.timestamp(),
        seqNo=0,
        reportData=[_availability(asked)],
    )


@case("OC_B_21_CSMS")
def test_ask_for_no_more_reports_than_allowed(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for a report of no more variables at once than the station has told that it can."""
    limit, names = 2, ("OfflineThreshold", "HeartbeatInterval", "RetryBackOffWaitMinimum")
    station.variables["DeviceDataCtrlr", "ItemsPerMessage"] = str(limit)
    items = variable("DeviceDataCtrlr", "ItemsPerMessage", instance="GetReport")

    step("Have the CSMS read ItemsPerMessage for GetReport, answer 2", expect="GetVariables for it")
    operator.csms_sends("GetVariables", getVariableData=[items])
    station.expect("GetVariables", getVariableData=[items])

    step("Have the CSMS ask for a report of three variables", expect="several GetReports, none with more than two")
    station.answer_always("GetReport", {"status": "EmptyResultSet"})
    operator.csms_sends("GetReport", componentVariable=[variable(COMM, one) for one in names])
    seen: list[Any] = []
    while len(seen) < len(names):
        part = list(station.expect("GetReport", requirement="B08.FR.06").componentVariable)
        check(len(part) <= limit, f"at most {limit} variables at once", requirement="B08.FR.06", actual=len(part))
        seen += [str(one.variable.name) for one in part if one.component.name == COMM]
    check(sorted(seen) == sorted(names), "each of them once", requirement="B08.FR.06", actual=seen)


# ---------------------------------------------------------------------- reset


@case("TC_B_20_CSMS")
def test_reset_on_idle_while_idle(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS resets an idle station and accepts it again."""
    step("Have the CSMS reset the station when idle", expect="Reset OnIdle, for no EVSE alone")
    operator.csms_sends("Reset", type="OnIdle")
    request = station.expect("Reset", type="OnIdle")
    check(not request.evseId, "no evseId", requirement="B11.FR.04", actual=request.evseId)

    step("Restart", expect="Accepted; each report is answered")
    _restart(station, "RemoteReset")
    for connector in dut.connectors:
        station.report_connector("Available", connector)


@case("TC_B_21_CSMS")
def test_reset_on_idle_while_charging(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS resets a station that charges: it restarts when the transaction has ended in the ordinary way."""
    station.reach("EnergyTransferStarted")
    station.answer("Reset", status="Scheduled")

    step("Have the CSMS reset the station when idle", expect="Reset OnIdle, for no EVSE alone")
    operator.csms_sends("Reset", type="OnIdle")
    request = station.expect("Reset", type="OnIdle")
    check(not request.evseId, "no evseId", requirement="B12.FR.03", actual=request.evseId)

    step("End the transaction in the ordinary way", expect="each event is answered, the token Accepted")
    station.execute("EVDisconnected")

    step("Restart", expect="Accepted; each report is answered")
    _restart(station, "ScheduledReset")
    for connector in dut.connectors:
        station.report_connector("Available", connector)


@case("TC_B_22_CSMS")
def test_reset_immediately_while_charging(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS resets a station that charges at once: the station ends the transaction and restarts."""
    transaction = station.transaction()
    station.reach("EnergyTransferStarted")

    step("Have the CSMS reset the station at once", expect="Reset Immediate, for no EVSE alone")
    operator.csms_sends("Reset", type="Immediate")
    request = station.expect("Reset", type="Immediate")
    check(not request.evseId, "no evseId", requirement="B12.FR.04", actual=request.evseId)

    step("End the transaction because of the reset", expect="the event is answered")
    _end_by_reset(transaction)

    step("Restart", expect="Accepted; each report is answered")
    _restart(station, "RemoteReset")
    for connector in dut.connectors:
        station.report_connector("Occupied" if connector == transaction.connector else "Available", connector)


@case("TC_B_25_CSMS")
def test_reset_evse_while_idle(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS resets one EVSE."""
    step("Have the CSMS reset an EVSE when idle", expect="Reset OnIdle of that EVSE")
    operator.csms_sends("Reset", type="OnIdle", evseId=dut.connector.evseId)
    station.expect("Reset", type="OnIdle", evseId=dut.connector.evseId, requirement="B11.FR.08")


@case("TC_B_26_CSMS")
def test_reset_evse_on_idle_while_charging(station: FakeStation, operator: Operator) -> None:
    """The CSMS resets an EVSE that charges: that happens when the transaction has ended in the ordinary way."""
    evse_id = station.transaction().connector.evseId
    station.reach("EnergyTransferStarted")
    station.answer("Reset", status="Scheduled")

    step("Have the CSMS reset the EVSE when idle", expect="Reset OnIdle of that EVSE")
    operator.csms_sends("Reset", type="OnIdle", evseId=evse_id)
    station.expect("Reset", type="OnIdle", evseId=evse_id, requirement="B12.FR.07")

    step("End the transaction in the ordinary way", expect="each event is answered, the token Accepted")
    station.execute("EVDisconnected")


@case("TC_B_27_CSMS")
def test_reset_evse_immediately_while_charging(station: FakeStation, operator: Operator) -> None:
    """The CSMS resets an EVSE that charges at once: the station ends the transaction."""
    transaction = station.transaction()
    evse_id = transaction.connector.evseId
    station.reach("EnergyTransferStarted")

    step("Have the CSMS reset the EVSE at once", expect="Reset Immediate of that EVSE")
    operator.csms_sends("Reset", type="Immediate", evseId=evse_id)
    station.expect("Reset", type="Immediate", evseId=evse_id, requirement="B12.FR.08")

    step("End the transaction because of the reset", expect="the event is answered")
    _end_by_reset(transaction)


@case("TC_B_103_CSMS")
def test_reset_and_resume_while_charging(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS resets a station whose transaction goes on afterwards, and takes note of it."""
    station.reach("EnergyTransferStarted")

    step("Have the CSMS reset the station so that it resumes", expect="Reset ImmediateAndResume, for no EVSE alone")
    _expect_resuming_reset(station, operator)

    step("Tell of the reset, restart, go on with the transaction", expect="Accepted; each message is answered")
    _resume(station, dut)


@case("TC_B_104_CSMS")
def test_reset_and_resume_while_idle(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS resets an idle station so that it would resume transactions, and accepts it again."""
    step("Have the CSMS reset the station so that it resumes", expect="Reset ImmediateAndResume, for no EVSE alone")
    _expect_resuming_reset(station, operator)

    step("Restart", expect="Accepted; each report is answered")
    _restart(station, "RemoteReset")
    for connector in dut.connectors:
        station.report_connector("Available", connector)


@case("TC_B_116_CSMS")
def test_profile_after_reset(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The charging profile of a transaction that goes on after a reset is sent again."""
    station.reach("EnergyTransferStarted")
    wanted = {"chargingProfilePurpose": "TxProfile", "transactionId": station.transaction().id}

    step("Have the CSMS set a TxProfile", expect="SetChargingProfile of the transaction")
    operator.csms_sends("SetChargingProfile", evseId=dut.evse, chargingProfile=wanted)
    first = station.expect("SetChargingProfile", evseId=dut.evse, chargingProfile=wanted, requirement="K01.FR.03")

    step("Have the CSMS reset the station so that it resumes", expect="Reset ImmediateAndResume, for no EVSE alone")
    _expect_resuming_reset(station, operator)

    step("Tell of the reset, restart, go on with the transaction", expect="the same SetChargingProfile again")
    _resume(station, dut)
    again = station.expect("SetChargingProfile", evseId=dut.evse, chargingProfile=wanted, requirement="B13.FR.31")
    same = again.chargingProfile.chargingSchedule == first.chargingProfile.chargingSchedule
    check(same, "the schedule that it had", requirement="B13.FR.31", actual=again.chargingProfile)


# ---------------------------------------------------------------------- network profiles


@case("TC_B_42_CSMS")
def test_network_profile_accepted(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS writes a network profile into a slot."""
    slot, data = dut.values.configuration_slot, _connection_data(dut)

    step("Have the CSMS set a network profile", expect="SetNetworkProfile with the slot and the data")
    operator.csms_sends("SetNetworkProfile", configurationSlot=slot, connectionData=data)
    station.expect("SetNetworkProfile", configurationSlot=slot, connectionData=data, requirement="B09.FR.01")


@case("TC_B_44_CSMS")
def test_network_profile_failed(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS can do with a network profile that the station could not store."""
    slot, data = dut.values.configuration_slot, _connection_data(dut)
    station.answer("SetNetworkProfile", status="Failed")

    step("Have the CSMS set a network profile, answer Failed", expect="SetNetworkProfile")
    operator.csms_sends("SetNetworkProfile", configurationSlot=slot, connectionData=data)
    station.expect("SetNetworkProfile", configurationSlot=slot, connectionData=data, requirement="B09.FR.03")

    step("Send Heartbeat", expect="the CSMS serves the station as before")
    beat = station.send("Heartbeat")
    check(beat.currentTime, "Heartbeat is answered with the time", requirement="G02.FR.01", actual=beat)


@case("TC_B_100_CSMS")
def test_network_profile_with_identity(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS writes a network profile with identity and password into a slot."""
    slot = dut.values.configuration_slot
    data = {**_connection_data(dut), "identity": dut.identity, "basicAuthPassword": PASSWORD}

    step("Have the CSMS set a network profile with identity and password", expect="SetNetworkProfile with all of it")
    operator.csms_sends("SetNetworkProfile", configurationSlot=slot, connectionData=data)
    station.expect("SetNetworkProfile", configurationSlot=slot, connectionData=data, requirement="B09.FR.14")


@case("TC_B_105_CSMS")
def test_network_configuration_with_apn(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS fills a slot by variables, with an access point and without VPN, and says so."""
    slot = str(dut.values.configuration_slot)
    data = {**_connection_data(dut), "identity": dut.identity, "basicAuthPassword": PASSWORD}
    data |= {"ocppInterface": "Any", "ocppVersion": "OCPP21", "vpnEnabled": False, **APN}
    wanted = networks.as_variables(slot, data)

    step("Have the CSMS set a slot's NetworkConfiguration", expect="SetVariables, one or several, with all of it")
    operator.csms_sends("SetVariables", setVariableData=wanted)
    missing = {one["variable"]["name"]: one["attributeValue"] for one in wanted}
    while missing:
        for one in station.expect("SetVariables", requirement="B09.FR.29").setVariableData:
            name, place = str(one.variable.name), (one.component.name, one.component.instance)
            check(place == ("NetworkConfiguration", slot), "the slot", requirement="B09.FR.21", actual=place)
            value, flag = missing.pop(name, None), "B09.FR.30" if name == "VpnEnabled" else "B09.FR.29"
            check(one.attributeValue == value, f"{name} = {value}, once", requirement=flag, actual=one.attributeValue)
            check(one.attributeType in (ABSENT, "Actual"), "its actual value", requirement="B05.FR.01")


# ---------------------------------------------------------------------- shapes that several cases share


def _boot(station: FakeStation, reason: str, status: str, requirement: str = "B01.FR.02") -> Any:
    """Our station registers itself and is answered with this status; another one ends the case."""
    answer = station.send(
        "BootNotification",
        reason=reason,
        chargingStation={"model": station.model, "vendorName": station.vendor},
    )
    if answer.status != status:
        raise station.failure(f"BootNotification is {status}", f"{answer.status}", requirement=requirement)
    return answer


def _wait_interval(station: FakeStation, dut: Dut, boot: Any) -> bool:
    """Let the interval of a boot that was not accepted pass (our own where it is 0); whether the CSMS hung up."""
    return station.wait(lambda: not station.connected, within=boot.interval or dut.values.boot_retry_interval)


def _restart(station: FakeStation, reason: str) -> None:
    """Our station restarts and registers itself anew."""
    station.disconnect()
    station.connect()
    _boot(station, reason, "Accepted")


def _naming(*wanted: tuple[str, ...]) -> Callable[[Any], bool]:
    """Matches data of GetVariables or SetVariables that names these variables, attribute Actual, with these values."""

    def matches(entries: Any) -> bool:
        return all(any(_is(entry, *one) for entry in entries) for one in wanted)

    matches.__doc__ = "entries for " + " and ".join(" ".join(one) for one in wanted) + ", attribute Actual"
    return matches


def _is(entry: Any, component: str, name: str, value: str | None = None) -> bool:
    names = (str(entry.component.name).lower(), str(entry.variable.name).lower()) == (component.lower(), name.lower())
    actual = entry.attributeType in (ABSENT, "Actual")
    return names and actual and (value is None or entry.attributeValue == value)


def _takes_report(station: FakeStation, operator: Operator, base: str, requirement: str) -> None:
    step(f"Have the CSMS ask for the {base}", expect="GetBaseReport; every NotifyReport is answered")
    operator.csms_sends("GetBaseReport", reportBase=base)
    _report(station, station.expect("GetBaseReport", reportBase=base, requirement=requirement))


def _report(station: FakeStation, request: Any) -> None:
    """Our station sends a report in two parts."""
    data = report_data(station.variables)
    for number, part in enumerate((data[:10], data[10:])):
        station.send(
            "NotifyReport",
            requestId=request.requestId,
            generatedAt=station.timestamp(),
            seqNo=number,
            tbc=number == 0,
            reportData=part,
        )


def _availability(asked: dict[str, Any]) -> dict[str, Any]:
    """An EVSE's AvailabilityState, as the standard defines that variable."""
    states = "Available,Occupied,Reserved,Unavailable,Faulted"
    return {
        **asked,
        "variableAttribute": [{"type": "Actual", "value": "Available", "mutability": "ReadOnly"}],
        "variableCharacteristics": {"dataType": "OptionList", "valuesList": states, "supportsMonitoring": False},
    }


def _end_by_reset(transaction: Any) -> None:
    """Our station ends its transaction because it was reset."""
    transaction.send(
        "ResetCommand",
        eventType="Ended",
        chargingState="EVConnected",
        stoppedReason="ImmediateReset",
        meterValue=[transaction.meter_value("Transaction.End")],
    )


def _expect_resuming_reset(station: FakeStation, operator: Operator) -> None:
    """The CSMS resets the whole station, which is to resume its transactions."""
    operator.csms_sends("Reset", type="ImmediateAndResume")
    request = station.expect("Reset", type="ImmediateAndResume", requirement="B13.FR.03")
    check(not request.evseId, "no evseId", requirement="B13.FR.20", actual=request.evseId)


def _resume(station: FakeStation, dut: Dut) -> None:
    """Our station tells of a reset in its transaction, restarts, reports itself and goes on with the transaction."""
    transaction = station.transaction()
    transaction.send("ResetCommand", chargingState=transaction.charging_state)
    _restart(station, "RemoteReset")
    for connector in dut.connectors:
        station.report_connector("Occupied" if connector == transaction.connector else "Available", connector)
    station.send("SecurityEventNotification", type="ResetOrReboot", timestamp=station.timestamp())
    transaction.send("TxResumed", chargingState=transaction.charging_state)


def _connection_data(dut: Dut) -> dict[str, Any]:
    """A network profile of security profile 1 or higher, as the description's network is."""
    return {
        "messageTimeout": dut.values.message_timeout,
        "ocppCsmsUrl": "wss://csms.example.com/ocpp",
        "ocppInterface": dut.values.ocpp_interface,
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP20",
        "securityProfile": 2,
    }
