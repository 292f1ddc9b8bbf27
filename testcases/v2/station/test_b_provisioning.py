"""Block B, Provisioning: a charging station under test (2.0.1 and 2.1)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from conformance import (
    ABSENT,
    PRESENT,
    Dut,
    FakeCsms,
    NotApplicable,
    Operator,
    Report,
    case,
    check,
    one_of,
    require,
    required_variables,
    step,
    variable,
)

COMM = "OCPPCommCtrlr"
CHAPTER = "Part 2, Referenced Components and Variables"
RECONNECTING = "Part 4, 5.3"
STARTUP = one_of("StartupOfTheDevice", "ResetOrReboot")
BAD_VALUE = ("PropertyConstraintViolation", "FormatViolation", "TypeConstraintViolation")
STATES = {"Available", "Occupied", "Reserved", "Unavailable", "Faulted"}

# ---------------------------------------------------------------------- boot


@case("TC_B_01_CS")
def test_cold_boot_accepted(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station that is switched on registers itself and reports every connector."""
    csms.answer("BootNotification", status="Accepted", interval=dut.heartbeat_interval)

    step("Power-cycle the station", expect="it opens a WebSocket connection")
    operator.power_cycle()
    csms.expect_connection()

    step("It registers itself", expect="BootNotification with reason PowerUp")
    csms.expect("BootNotification", reason="PowerUp", within=dut.boot_time, requirement="B01.FR.09")

    step("It reports each connector", expect="Available, by StatusNotification or NotifyEvent")
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")

    step("It reports its start as a security event", expect="StartupOfTheDevice or ResetOrReboot")
    csms.expect("SecurityEventNotification", type=STARTUP, requirement="A04.FR.01")


@case("TC_B_02_CS")
def test_cold_boot_pending(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """While its registration is pending a station can be read and configured, but not charge."""
    csms.keep(COMM, "OfflineThreshold")
    triggers = dut.features.supports("C-29.6")
    retry = dut.heartbeat_interval if triggers else dut.values.boot_retry_interval
    csms.answer("BootNotification", {"status": "Pending", "interval": retry})

    step("Power-cycle the station, answer its BootNotification Pending", expect="BootNotification")
    operator.power_cycle()
    csms.expect_connection()
    csms.expect("BootNotification", reason="PowerUp", within=dut.boot_time, requirement="B01.FR.09")
    csms.drain()

    step("Set OfflineThreshold to 300, and read it", expect="Accepted; Accepted, 300")
    _check_takes(csms, "300")

    step("Ask for the FullInventory", expect="Accepted, then the whole report")
    _check_described(_base_report(csms, "FullInventory"))

    step("Start a transaction from afar", expect="Rejected")
    start = csms.send("RequestStartTransaction", evseId=dut.connector.evseId, remoteStartId=1, idToken=dut.tokens.valid)
    check(start.status == "Rejected", "no remote start while Pending", requirement="B02.FR.05", actual=start.status)

    step("Trigger a BootNotification", expect="Accepted or NotImplemented; a BootNotification, Triggered if Accepted")
    _check_registers_again(csms, retry, triggers)

    step("The registration is accepted now", expect="every connector reported Available")
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")


@case("TC_B_03_CS")
def test_cold_boot_rejected(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station that is rejected stays silent for the interval and then asks again."""
    retry = dut.values.boot_retry_interval
    csms.answer("BootNotification", {"status": "Rejected", "interval": retry})

    step("Power-cycle the station, answer its BootNotification Rejected", expect="BootNotification")
    operator.power_cycle()
    csms.expect_connection()
    first = csms.expect("BootNotification", within=dut.boot_time, requirement="B01.FR.03")
    check(first.reason == "PowerUp", "reason PowerUp", requirement="B01.FR.09", actual=first.reason)

    step(
        "Wait until the interval is over",
        expect="nothing, then BootNotification again, over a new connection if need be",
    )
    csms.expect("BootNotification", within=retry + csms.deadlines.connect, requirement="B03.FR.06")

    step("The registration is accepted now", expect="every connector reported Available")
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")


@case("TC_B_30_CS")
def test_rejected_station_refuses_calls(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station that was rejected answers what the CSMS sends all the same with SecurityError."""
    csms.answer("BootNotification", {"status": "Rejected", "interval": dut.values.boot_retry_interval})

    step("Power-cycle the station, answer its BootNotification Rejected", expect="BootNotification")
    operator.power_cycle()
    csms.expect_connection()
    csms.expect("BootNotification", reason="PowerUp", within=dut.boot_time, requirement="B01.FR.09")
    csms.drain()
    if not csms.connected:
        raise NotApplicable("the station closes the connection while it is rejected, as it may (B03.FR.04)")

    step("Ask for the FullInventory", expect="CALLERROR SecurityError")
    request = {"requestId": csms.next_request_id(), "reportBase": "FullInventory"}
    answer = csms.call("GetBaseReport", request, deliberate="a rejected station has to refuse what we must not send")
    code = getattr(answer, "code", "")
    check(code == "SecurityError", "CALLERROR SecurityError", requirement="B03.FR.08", actual=answer)


@case("TC_B_51_CS")
def test_status_after_long_offline(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station that was offline for longer than OfflineThreshold reports every connector."""
    threshold, connector = dut.values.offline_threshold, dut.connector
    csms.configure(COMM, "OfflineThreshold", str(threshold))
    csms.configure(COMM, "RetryBackOffWaitMinimum", str(threshold + 2))
    csms.configure(COMM, "RetryBackOffRandomRange", "0")

    step("Take the station offline, plug in, and let it back after the threshold", expect="it connects again")
    with csms.offline(at_least=threshold + 1):
        operator.plug_in(connector)
    csms.expect_connection(within=threshold + 2 + csms.deadlines.connect)

    step("Wait for the station's report", expect="Occupied where the cable is, the others Available")
    for one in dut.connectors:
        csms.expect_connector_status(_status(one, [connector]), one, requirement="B04.FR.01")


@case("TC_B_52_CS")
def test_status_after_short_offline(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station that was offline for less than OfflineThreshold reports the connectors that changed, no others."""
    connector = dut.connector
    csms.configure(COMM, "OfflineThreshold", "300")
    csms.configure(COMM, "RetryBackOffWaitMinimum", str(dut.values.retry_back_off))
    csms.configure(COMM, "RetryBackOffRandomRange", "0")

    step("Take the station offline, plug in, and let it back", expect="it connects again")
    with csms.offline():
        operator.plug_in(connector)
    csms.expect_connection(within=dut.values.retry_back_off + csms.deadlines.connect)

    step("Wait for the station's report", expect="Occupied where the cable is, nothing of the others")
    csms.expect_connector_status("Occupied", connector, requirement="B04.FR.02")
    csms.drain()
    others = [one for one in dut.connectors if one.evseId != connector.evseId and csms.statuses_in_step(one)]
    check(not others, "no report of a connector that did not change", requirement="B04.FR.02", actual=others)


@case("TC_B_57_CS")
def test_reconnection_back_off(csms: FakeCsms, dut: Dut) -> None:
    """A station waits before it connects again, and twice as long when that fails."""
    wait = dut.values.retry_back_off
    slack = min(1.0, 0.25 * wait)
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "3")
    csms.configure(COMM, "RetryBackOffRepeatTimes", "2")
    csms.configure(COMM, "RetryBackOffRandomRange", "0")
    csms.configure(COMM, "RetryBackOffWaitMinimum", str(wait))

    step("Close the connection", expect="after RetryBackOffWaitMinimum the station connects again")
    csms.disconnect()
    csms.expect_connection(within=wait + csms.deadlines.connect)
    first = csms.waited()
    check(first >= wait - slack, f"after {wait} s at the earliest", requirement=RECONNECTING, actual=first)

    step("Close it again and turn the station away", expect="an attempt after RetryBackOffWaitMinimum")
    csms.turn_away(1)
    csms.disconnect()
    csms.expect_attempt(within=wait + csms.deadlines.connect)
    second = csms.waited()
    check(second >= wait - slack, f"after {wait} s at the earliest", requirement=RECONNECTING, actual=second)

    step("Wait", expect="another attempt after twice that time, which is taken")
    csms.expect_connection(within=2 * wait + csms.deadlines.connect)
    third = csms.waited()
    check(third >= 2 * wait - slack, f"after {2 * wait} s at the earliest", requirement=RECONNECTING, actual=third)

    step("Read RetryBackOffWaitMinimum", expect="the station serves requests as before")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "RetryBackOffWaitMinimum")])
    _check_read(answer, {"RetryBackOffWaitMinimum": str(wait)})


@case("OC_B_01_CS")
def test_interval_of_heartbeats(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The interval in the answer to BootNotification is that of the heartbeats from then on."""
    csms.keep(COMM, "HeartbeatInterval")
    csms.answer("BootNotification", status="Accepted", interval=1)

    step("Power-cycle the station, answer its BootNotification with an interval of 1 s", expect="BootNotification")
    operator.power_cycle()
    csms.expect_connection()
    csms.expect("BootNotification", within=dut.boot_time, requirement="B01.FR.03")

    step("Send nothing", expect="Heartbeat after the interval")
    csms.expect("Heartbeat", within=1 + csms.deadlines.message, requirement="B01.FR.04")


@case("OC_B_02_CS")
def test_boot_without_interval(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station that is not accepted, and is given no interval, does not flood the CSMS with BootNotifications."""
    csms.answer("BootNotification", *({"status": status, "interval": 0} for status in ("Pending", "Rejected")))
    for requirement in ("B02.FR.07", "B03.FR.05"):
        step("Power-cycle the station, answer its BootNotification with the interval 0", expect="no more for a second")
        operator.power_cycle()
        csms.expect_connection()
        csms.expect("BootNotification", within=dut.boot_time, requirement="B01.FR.03")
        csms.expect_nothing("BootNotification", within=1, requirement=requirement)

    step("Power-cycle it, and accept it", expect="every connector reported Available")
    csms.execute("Booted")


# ---------------------------------------------------------------------- variables


@case("OC_B_03_CS")
def test_value_out_of_range(csms: FakeCsms) -> None:
    """A value below what a variable can have is rejected, and the variable keeps its value."""
    before = csms.keep(COMM, "OfflineThreshold")

    step("Set OfflineThreshold, which is in seconds, to -1", expect="Rejected")
    asked = variable(COMM, "OfflineThreshold", attributeValue="-1")
    status = csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus
    check(status == "Rejected", "Rejected", requirement="B05.FR.08", actual=status)

    step("Read it", expect="the value of before")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "OfflineThreshold")])
    _check_read(answer, {"OfflineThreshold": before})


@case("OC_B_04_CS")
def test_get_instances_of_a_variable(csms: FakeCsms) -> None:
    """Instances of one variable are told apart."""
    instances = ("GetReport", "GetVariables", "SetVariables")

    step("Read three instances of ItemsPerMessage", expect="each of them, Accepted")
    asked = [variable("DeviceDataCtrlr", "ItemsPerMessage", instance=one) for one in instances]
    answer = csms.send("GetVariables", getVariableData=asked)
    for instance in instances:
        found = [one for one in answer.getVariableResult if one.variable.instance == instance]
        check(len(found) == 1, f"one result for {instance}", requirement="B06.FR.14", actual=len(found))
        for one in found:
            status = one.attributeStatus
            check(status == "Accepted", f"{instance} is read", requirement="B06.FR.10", actual=status)


@case("TC_B_06_CS")
def test_get_one_variable(csms: FakeCsms) -> None:
    """A variable is read, with and without its attributeType."""
    csms.configure(COMM, "OfflineThreshold", "300")

    step("Read OfflineThreshold, attribute Actual", expect="Accepted, 300")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "OfflineThreshold", attributeType="Actual")])
    _check_read(answer, {"OfflineThreshold": "300"})
    kind = answer.getVariableResult[0].attributeType
    check(kind == "Actual", "attributeType Actual as asked", requirement="B06.FR.03", actual=kind)

    step("Read it without an attributeType", expect="the same")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "OfflineThreshold")])
    _check_read(answer, {"OfflineThreshold": "300"})
    kind = answer.getVariableResult[0].attributeType
    check(kind == "Actual", "attributeType Actual all the same", requirement="B06.FR.11", actual=kind)


@case("TC_B_07_CS")
def test_get_several_variables(csms: FakeCsms) -> None:
    """Variables of two components are read at once."""
    csms.configure(COMM, "OfflineThreshold", "300")
    csms.configure("AuthCtrlr", "LocalAuthorizeOffline", "true")

    step("Read OfflineThreshold and LocalAuthorizeOffline", expect="Accepted for both, with their values")
    answer = csms.send(
        "GetVariables",
        getVariableData=[
            variable(COMM, "OfflineThreshold", attributeType="Actual"),
            variable("AuthCtrlr", "LocalAuthorizeOffline", attributeType="Actual"),
        ],
    )
    _check_read(answer, {"OfflineThreshold": "300", "LocalAuthorizeOffline": "true"})
    kinds = [one.attributeType for one in answer.getVariableResult]
    check(kinds == ["Actual", "Actual"], "attributeType Actual as asked", requirement="B06.FR.03", actual=kinds)


@case("TC_B_09_CS")
def test_set_one_variable(csms: FakeCsms) -> None:
    """A variable is set, with and without its attributeType, and has the new value then."""
    csms.keep(COMM, "OfflineThreshold")

    step("Set OfflineThreshold, attribute Actual, to 300, then read it", expect="Accepted, 300")
    data = variable(COMM, "OfflineThreshold", attributeType="Actual", attributeValue="300")
    _check_set(csms.send("SetVariables", setVariableData=[data]), 1, "B05.FR.03")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "OfflineThreshold")])
    _check_read(answer, {"OfflineThreshold": "300"})

    step("Set it without an attributeType to 299, then read it", expect="Accepted, 299")
    data = variable(COMM, "OfflineThreshold", attributeValue="299")
    _check_set(csms.send("SetVariables", setVariableData=[data]), 1, "B05.FR.12")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "OfflineThreshold")])
    _check_read(answer, {"OfflineThreshold": "299"})


@case("TC_B_10_CS")
def test_set_several_variables(csms: FakeCsms) -> None:
    """Variables of two components are set at once."""
    value = "299" if csms.keep(COMM, "OfflineThreshold") == "300" else "300"
    csms.keep("AuthCtrlr", "LocalAuthorizeOffline")

    step("Set OfflineThreshold and LocalAuthorizeOffline", expect="Accepted for both")
    answer = csms.send(
        "SetVariables",
        setVariableData=[
            variable(COMM, "OfflineThreshold", attributeType="Actual", attributeValue=value),
            variable("AuthCtrlr", "LocalAuthorizeOffline", attributeType="Actual", attributeValue="true"),
        ],
    )
    _check_set(answer, 2, "B05.FR.03")

    step("Read both", expect="the new values")
    asked = [variable(COMM, "OfflineThreshold"), variable("AuthCtrlr", "LocalAuthorizeOffline")]
    answer = csms.send("GetVariables", getVariableData=asked)
    _check_read(answer, {"OfflineThreshold": value, "LocalAuthorizeOffline": "true"})


@case("TC_B_11_CS")
def test_set_badly_formatted_values(csms: FakeCsms, dut: Dut) -> None:
    """Values that are not of a variable's data type are rejected, and leave it as it was."""
    # More than 1, which some would take for a boolean.
    threshold, now = str(max(10, dut.values.offline_threshold)), csms.timestamp()
    bad = {
        (COMM, "OfflineThreshold"): (f"{threshold}.1", "true", now, "abc"),
        ("AuthCtrlr", "AuthorizeRemoteStart"): (threshold, f"{threshold}.1", now, "abc"),
        ("SmartChargingCtrlr", "LimitChangeSignificance"): ("true", now, "abc"),
        ("ClockCtrlr", "NextTimeOffsetTransitionDateTime"): (threshold, f"{threshold}.1", "true", "abc"),
    }
    csms.keep(COMM, "OfflineThreshold")

    step("Set OfflineThreshold to a whole number of seconds", expect="Accepted")
    asked = variable(COMM, "OfflineThreshold", attributeType="Actual", attributeValue=threshold)
    _check_set(csms.send("SetVariables", setVariableData=[asked]), 1, "B05.FR.03")

    for (component, name), values in bad.items():
        step("Set an integer, a boolean, a decimal and a dateTime to what is none", expect="Rejected, if it is there")
        csms.keep(component, name)
        for value in values:
            asked = variable(component, name, attributeType="Actual", attributeValue=value)
            status = csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus
            if component != COMM and value is values[0] and status in ("UnknownComponent", "UnknownVariable"):
                break
            check(status == "Rejected", f"{name} = {value} is Rejected", requirement="B05.FR.07", actual=status)

    step("Read OfflineThreshold", expect="the whole number of before")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "OfflineThreshold")])
    _check_read(answer, {"OfflineThreshold": threshold})


@case("TC_B_32_CS")
def test_get_from_unknown_component(csms: FakeCsms) -> None:
    """Reading from a component that the station does not have."""
    step("Read OfflineThreshold of UnknownComponent", expect="UnknownComponent, without a value")
    answer = csms.send("GetVariables", getVariableData=[variable("UnknownComponent", "OfflineThreshold")])
    _check_unread(answer, "UnknownComponent", "B06.FR.06")


@case("TC_B_33_CS")
def test_get_unknown_variable(csms: FakeCsms) -> None:
    """Reading a variable that the component does not have."""
    step("Read UnknownVariable of OCPPCommCtrlr", expect="UnknownVariable, without a value")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "UnknownVariable")])
    _check_unread(answer, "UnknownVariable", "B06.FR.07")


@case("TC_B_34_CS")
def test_get_unsupported_attribute(csms: FakeCsms) -> None:
    """Reading an attribute that the variable does not have."""
    step("Read the Target of OfflineThreshold", expect="NotSupportedAttributeType, without a value")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "OfflineThreshold", attributeType="Target")])
    _check_unread(answer, "NotSupportedAttributeType", "B06.FR.08")
    kind = answer.getVariableResult[0].attributeType
    check(kind == "Target", "attributeType Target as asked", requirement="B06.FR.03", actual=kind)


@case("TC_B_35_CS")
def test_set_in_unknown_component(csms: FakeCsms) -> None:
    """Setting in a component that the station does not have."""
    step("Set OfflineThreshold of UnknownComponent", expect="UnknownComponent")
    asked = variable("UnknownComponent", "OfflineThreshold", attributeValue="300")
    status = csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus
    check(status == "UnknownComponent", "UnknownComponent", requirement="B05.FR.04", actual=status)


@case("TC_B_36_CS")
def test_set_unknown_variable(csms: FakeCsms) -> None:
    """Setting a variable that the component does not have."""
    step("Set UnknownVariable of OCPPCommCtrlr", expect="UnknownVariable")
    asked = variable(COMM, "UnknownVariable", attributeValue="300")
    status = csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus
    check(status == "UnknownVariable", "UnknownVariable", requirement="B05.FR.05", actual=status)


@case("TC_B_37_CS")
def test_set_unsupported_attribute(csms: FakeCsms) -> None:
    """Setting an attribute that the variable does not have."""
    step("Set the Target of OfflineThreshold", expect="NotSupportedAttributeType")
    asked = variable(COMM, "OfflineThreshold", attributeType="Target", attributeValue="300")
    result = csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0]
    status, kind = result.attributeStatus, result.attributeType
    check(status == "NotSupportedAttributeType", "NotSupportedAttributeType", requirement="B05.FR.06", actual=status)
    check(kind == "Target", "attributeType Target as asked", requirement="B05.FR.03", actual=kind)


@case("TC_B_39_CS")
def test_set_read_only_variable(csms: FakeCsms) -> None:
    """Setting a variable that is ReadOnly is rejected and changes nothing."""
    before = csms.configured(COMM, "MessageTimeout", "Default")

    step("Set MessageTimeout of instance Default", expect="Rejected")
    asked = variable(COMM, "MessageTimeout", instance="Default", attributeValue="301")
    status = csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus
    check(status == "Rejected", "Rejected", requirement="B05.FR.09", actual=status)

    step("Read it", expect="the value of before")
    answer = csms.send("GetVariables", getVariableData=[variable(COMM, "MessageTimeout", instance="Default")])
    _check_read(answer, {"MessageTimeout": before})


# ---------------------------------------------------------------------- reports


@case("TC_B_12_CS")
def test_configuration_inventory(csms: FakeCsms, dut: Dut) -> None:
    """The ConfigurationInventory has every variable that can be set, and no other."""
    step("Ask for the ConfigurationInventory", expect="Accepted, then the whole report by NotifyReport")
    report = _base_report(csms, "ConfigurationInventory")

    step("Look at what is reported", expect="described, ReadWrite or WriteOnly, every required one")
    _check_described(report)
    fixed = [one.label for one in report if one.mutability == "ReadOnly"]
    check(not fixed, "every variable can be set", requirement="B07.FR.07", actual=fixed)
    _check_required(report, dut, "B07.FR.07", writable=True)


@case("TC_B_13_CS")
def test_full_inventory(csms: FakeCsms, dut: Dut) -> None:
    """The FullInventory has every variable of the station."""
    step("Ask for the FullInventory", expect="Accepted, then the whole report by NotifyReport")
    report = _base_report(csms, "FullInventory")

    step("Look at what is reported", expect="described, every required variable")
    _check_described(report)
    _check_required(report, dut, "B07.FR.08")


@case("TC_B_14_CS")
def test_summary_inventory(csms: FakeCsms, dut: Dut) -> None:
    """The SummaryInventory tells how available the station and its EVSEs are."""
    step("Ask for the SummaryInventory", expect="Accepted, then the whole report by NotifyReport")
    report = _base_report(csms, "SummaryInventory")

    step("Look at what is reported", expect="described; AvailabilityState of the station and of every EVSE")
    _check_described(report)
    places = [("ChargingStation", None), *(("EVSE", one) for one in _evses(dut))]
    for component, evse_id in places:
        _check_availability(report, component, evse_id, "B07.FR.09")


@case("TC_B_15_CS")
def test_summary_inventory_not_supported(csms: FakeCsms) -> None:
    """A base report that the station does not have is refused."""
    step("Ask for the SummaryInventory", expect="NotSupported, and no report")
    request_id = csms.next_request_id()
    answer = csms.send("GetBaseReport", requestId=request_id, reportBase="SummaryInventory")
    check(answer.status == "NotSupported", "NotSupported", requirement="B07.FR.02", actual=answer.status)
    csms.expect_nothing("NotifyReport", within=csms.deadlines.quiet, requirement="B07.FR.05")


@case("TC_B_53_CS")
def test_required_variables(csms: FakeCsms, dut: Dut) -> None:
    """Every required variable is there, as the standard defines it, and has a value."""
    step("Ask for the FullInventory", expect="Accepted, then the whole report by NotifyReport")
    report = _base_report(csms, "FullInventory")

    step("Look at what is reported", expect="every required variable, as the standard defines it")
    _check_described(report)
    _check_required(report, dut, CHAPTER)


@case("TC_B_16_CS")
def test_report_by_criterion(csms: FakeCsms) -> None:
    """A report for the criterion Enabled has every variable Enabled that is true."""
    step("Ask for the FullInventory", expect="Accepted, then the whole report by NotifyReport")
    everything = _base_report(csms, "FullInventory")
    _check_described(everything)

    step("Ask for what is Enabled", expect="Accepted, then a report")
    report = _report(csms, componentCriteria=["Enabled"])
    enabled = [one for one in _enabled(everything) if one.value == "true"]
    missing = [one.label for one in enabled if one.label.lower() not in _labels(report)]
    check(not missing, "every Enabled that is true is reported", requirement="B08.FR.09", actual=missing)
    others = [one.label for one in _enabled(report) if one.value != "true"]
    check(not others, "no Enabled that is not true is reported", requirement="B08.FR.09", actual=others)

    step("Read every Enabled that was reported", expect="true")
    for one in _enabled(report):
        asked = {"component": one.data.component, "variable": one.data.variable}
        _check_read(csms.send("GetVariables", getVariableData=[asked]), {"Enabled": "true"})


@case("TC_B_17_CS")
def test_report_of_one_variable(csms: FakeCsms, dut: Dut) -> None:
    """A report for one variable of one EVSE has that variable alone."""
    evse_id = dut.connector.evseId

    step("Ask for AvailabilityState of an EVSE", expect="Accepted, then a report with that variable")
    asked = variable("EVSE", "AvailabilityState", evseId=evse_id)
    report = _report(csms, componentVariable=[asked])
    _check_only(report, [asked])
    _check_availability(report, "EVSE", evse_id, "B08.FR.11")


@case("TC_B_18_CS")
def test_report_by_criterion_and_variable(csms: FakeCsms, dut: Dut) -> None:
    """A report by criterion and variable has what meets both, and is empty when nothing does."""
    evse_id = dut.connector.evseId
    asked = variable("EVSE", "AvailabilityState", evseId=evse_id)

    step(
        "Ask for AvailabilityState of an EVSE, if it is Available", expect="Accepted, then a report with that variable"
    )
    report = _report(csms, componentCriteria=["Available"], componentVariable=[asked])
    _check_only(report, [asked])
    _check_availability(report, "EVSE", evse_id, "B08.FR.08")

    step("Ask for it if the EVSE has a Problem", expect="EmptyResultSet, and no report")
    request_id = csms.next_request_id()
    answer = csms.send("GetReport", requestId=request_id, componentCriteria=["Problem"], componentVariable=[asked])
    check(answer.status == "EmptyResultSet", "EmptyResultSet", requirement="B08.FR.15", actual=answer.status)
    csms.expect_nothing("NotifyReport", within=csms.deadlines.quiet, requirement="B08.FR.15")


@case("TC_B_19_CS")
def test_report_by_unknown_criterion(csms: FakeCsms) -> None:
    """A report by a criterion that the station can't know is refused as a whole."""
    step("Ask for what is Available or of an unknown criterion", expect="NotSupported, or a CALLERROR; no report")
    asked = {"requestId": csms.next_request_id(), "componentCriteria": ["Available", "Unknown"]}
    answer = csms.call("GetReport", asked, deliberate="a criterion that the schema does not have")
    refused = answer.status == "NotSupported" or getattr(answer, "code", "") in BAD_VALUE
    check(refused, "NotSupported, or a CALLERROR for the value", requirement="B08.FR.02", actual=answer)
    csms.expect_nothing("NotifyReport", within=csms.deadlines.quiet, requirement="B08.FR.02")


@case("TC_B_54_CS")
def test_report_of_every_instance(csms: FakeCsms, dut: Dut) -> None:
    """A report for a variable without its instance has every instance."""
    step("Ask for ItemsPerMessage of DeviceDataCtrlr", expect="Accepted, then a report with every instance")
    report = _report(csms, componentVariable=[variable("DeviceDataCtrlr", "ItemsPerMessage")])
    others = [one.label for one in report if (one.component, one.variable) != ("DeviceDataCtrlr", "ItemsPerMessage")]
    check(not others, "nothing but ItemsPerMessage", requirement="B08.FR.11", actual=others)
    for instance in ("GetReport", "GetVariables", "SetVariables"):
        found = report.find("DeviceDataCtrlr", "ItemsPerMessage", instance=instance)
        check(found, f"instance {instance} is reported", requirement="B08.FR.21", actual=_names(report))
    _check_defined(report, dut)


@case("TC_B_55_CS")
def test_report_of_one_instance(csms: FakeCsms, dut: Dut) -> None:
    """A report for one instance of a variable has that instance alone."""
    step("Ask for ItemsPerMessage of instance GetReport", expect="Accepted, then a report with that instance")
    asked = variable("DeviceDataCtrlr", "ItemsPerMessage", instance="GetReport")
    report = _report(csms, componentVariable=[asked])
    _check_only(report, [asked])
    _check_defined(report, dut)


@case("TC_B_56_CS")
def test_report_of_every_evse(csms: FakeCsms, dut: Dut) -> None:
    """A report for a variable of EVSE without an evse has it for every EVSE."""
    step("Ask for AvailabilityState of EVSE", expect="Accepted, then a report with every EVSE")
    report = _report(csms, componentVariable=[variable("EVSE", "AvailabilityState")])
    _check_only(report, [variable("EVSE", "AvailabilityState", evseId=one) for one in _evses(dut)])
    for evse_id in _evses(dut):
        _check_availability(report, "EVSE", evse_id, "B08.FR.23")


@case("OC_B_05_CS")
def test_report_of_a_component(csms: FakeCsms, dut: Dut) -> None:
    """A report for a component without a variable has every variable of it, and for an EVSE that of every connector."""
    evse_id = dut.connector.evseId
    step("Ask for an EVSE", expect="Accepted, then a report with every variable that it must have")
    place = {"name": "EVSE", "evse": {"id": evse_id}}
    report = _report(csms, componentVariable=[{"component": place}])
    for name in ("Available", "AvailabilityState", "Power", "SupplyPhases"):
        found = report.find("EVSE", name, evseId=evse_id)
        check(found, f"{name} is reported", requirement="B08.FR.20", actual=_names(report))
    others = [one.label for one in report if (one.component, one.evse) != ("EVSE", (evse_id, None))]
    check(not others, "nothing else is reported", requirement="B08.FR.11", actual=others)

    step("Ask for AvailabilityState of Connector at that EVSE", expect="Accepted, then a report with every connector")
    report = _report(csms, componentVariable=[variable("Connector", "AvailabilityState", evseId=evse_id)])
    wanted = [(one.evseId, one.connectorId) for one in dut.connectors if one.evseId == evse_id]
    places = sorted(one.evse for one in report.named("Connector", "AvailabilityState"))
    check(places == sorted(wanted), "every connector of the EVSE", requirement="B08.FR.22", actual=places)


# ---------------------------------------------------------------------- reset


@case("OC_B_06_CS")
def test_event_that_reset_overtakes(csms: FakeCsms, dut: Dut) -> None:
    """The end of a transaction that no answer came for before a reset is sent again after it."""
    csms.reach("EnergyTransferStarted")
    timeout = int(csms.configured(COMM, "MessageTimeout", "Default") or 0)

    def answer(event: Any) -> Any:
        return None if event.eventType == "Ended" and not csms.seen_in_step("BootNotification") else {}

    csms.answer_always("TransactionEvent", answer)

    step("Reset Immediate, do not answer the end of the transaction", expect="Ended, then a restart all the same")
    _check_reset(csms, "Immediate", "Accepted", "B12.FR.02")
    info = {"chargingState": "EVConnected", "stoppedReason": "ImmediateReset"}
    told: dict[str, Any] = {"eventType": "Ended", "triggerReason": "ResetCommand", "transactionInfo": info}
    ended = csms.expect("TransactionEvent", within=csms.deadlines.reset, requirement="B12.FR.04", **told)
    csms.expect_connection(within=csms.deadlines.reset + timeout, requirement="B12.FR.05")
    boot = csms.expect("BootNotification", reason="RemoteReset", within=csms.deadlines.boot, requirement="B01.FR.09")

    step("Wait for what is left", expect="the same event again")
    info["transactionId"] = ended.transactionInfo.transactionId
    same = {**told, "seqNo": ended.seqNo, "timestamp": ended.timestamp}
    csms.expect("TransactionEvent", after=boot, within=dut.timeouts.physical, requirement="B12.FR.05", **same)


@case("OC_B_07_CS")
def test_reset_evse_and_resume(csms: FakeCsms, dut: Dut) -> None:
    """A transaction outlives the reset of its EVSE; the station does not restart."""
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")
    csms.configure("TxCtrlr", "AllowEnergyTransferResumption", "true")
    csms.reach("EnergyTransferStarted")

    step("Reset the EVSE ImmediateAndResume", expect="Accepted; ResetCommand, then TxResumed, Charging; no restart")
    _check_evse_reset_and_resume(csms, dut, "Charging", "B13.FR.13")


@case("OC_B_08_CS")
def test_reset_evse_and_resume_without_energy(csms: FakeCsms, dut: Dut) -> None:
    """Without AllowEnergyTransferResumption a transaction outlives the reset of its EVSE, and no energy flows."""
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")
    csms.configure("TxCtrlr", "AllowEnergyTransferResumption", "false")
    csms.reach("EnergyTransferStarted")

    step(
        "Reset the EVSE ImmediateAndResume", expect="Accepted; ResetCommand, then TxResumed, SuspendedEVSE; no restart"
    )
    _check_evse_reset_and_resume(csms, dut, "SuspendedEVSE", "B13.FR.14")


@case("TC_B_20_CS")
def test_reset_on_idle_while_idle(csms: FakeCsms, dut: Dut) -> None:
    """An idle station that is asked to reset when idle restarts at once."""
    step("Reset OnIdle", expect="Accepted, then a restart")
    _check_reset(csms, "OnIdle", "Accepted", "B11.FR.03")
    _check_restart(csms, "RemoteReset", "B01.FR.03")

    step("Wait for the station's report", expect="every connector Available")
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B11.FR.04")


@case("TC_B_21_CS")
def test_reset_on_idle_while_charging(csms: FakeCsms, dut: Dut) -> None:
    """A station that charges puts a reset off until the transaction has ended in the ordinary way."""
    connector = dut.connector
    csms.reach("EnergyTransferStarted")

    step("Reset OnIdle", expect="Scheduled")
    _check_reset(csms, "OnIdle", "Scheduled", "B12.FR.01")

    step("End the transaction in the ordinary way", expect="it ends, and only then the station restarts")
    csms.execute("StopAuthorized")
    left = _end_session(csms, connector)
    _check_restart(csms, "ScheduledReset", "B12.FR.03")

    step("Wait for the station's report", expect="every connector's status, and its start as a security event")
    for one in dut.connectors:
        csms.expect_connector_status(_status(one, [connector] if left else []), one)
    csms.expect("SecurityEventNotification", type=STARTUP, requirement="A04.FR.01")


@case("TC_B_41_CS")
def test_reset_on_idle_while_two_charge(csms: FakeCsms, dut: Dut) -> None:
    """A station that runs two transactions puts a reset off until both have ended."""
    first, second = dut.connector, dut.second_connector
    csms.reach("EnergyTransferStarted", connector=first)
    csms.reach("EnergyTransferStarted", connector=second, token=dut.tokens.second)

    step("Reset OnIdle", expect="Scheduled")
    _check_reset(csms, "OnIdle", "Scheduled", "B12.FR.01")

    step("End the first transaction in the ordinary way", expect="it ends; no restart while the second runs")
    csms.execute("StopAuthorized", connector=first)
    left = [first] if _end_session(csms, first) else []
    csms.drain()
    check(not csms.seen_in_step("BootNotification"), "no restart before the last has ended", requirement="B12.FR.01")

    step("End the second", expect="it ends, and only then the station restarts")
    csms.execute("StopAuthorized", connector=second)
    left += [second] if _end_session(csms, second) else []
    _check_restart(csms, "ScheduledReset", "B12.FR.03")

    step("Wait for the station's report", expect="every connector's status")
    for one in dut.connectors:
        csms.expect_connector_status(_status(one, left), one, requirement="B01.FR.05")


@case("TC_B_22_CS")
def test_reset_immediately_while_charging(csms: FakeCsms, dut: Dut) -> None:
    """A station that has to reset immediately ends the transaction itself and restarts."""
    connector = dut.connector
    csms.reach("EnergyTransferStarted")

    step("Reset Immediate", expect="Accepted; the transaction ends, and the station restarts")
    _check_reset(csms, "Immediate", "Accepted", "B12.FR.02")
    ended = _expect_ended_by_reset(csms, connector, "B12.FR.04")
    check(not ended.idToken, "no idToken: no token has stopped it", actual=ended.idToken)
    _check_restart(csms, "RemoteReset", "B01.FR.03")

    step("Wait for the station's report", expect="Occupied where the cable is, the others Available")
    for one in dut.connectors:
        csms.expect_connector_status(_status(one, [connector]), one, requirement="B01.FR.05")


@case("TC_B_23_CS")
def test_unavailable_survives_reset(csms: FakeCsms, dut: Dut) -> None:
    """A connector that the CSMS made inoperative is so after a restart."""
    connector = dut.connector
    csms.reach("Unavailable", evseId=connector.evseId, connectorId=connector.connectorId)

    step("Reset OnIdle", expect="Accepted, then a restart")
    _check_reset(csms, "OnIdle", "Accepted", "B11.FR.03")
    _check_restart(csms, "RemoteReset", "B01.FR.03")

    step("Wait for the station's report", expect="Unavailable as before, the others Available")
    for one in dut.connectors:
        status = "Unavailable" if one == connector else "Available"
        csms.expect_connector_status(status, one, requirement="B11.FR.02")


@case("TC_B_24_CS")
def test_reserved_survives_reset(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE that is reserved is so after a restart."""
    connector = dut.connector

    step("Reserve an EVSE", expect="Accepted, and its connector Reserved")
    until = csms.timestamp(3600)
    answer = csms.send("ReserveNow", id=1, expiryDateTime=until, idToken=dut.tokens.valid, evseId=connector.evseId)
    require(answer.status == "Accepted", f"ReserveNow was answered {answer.status}")
    csms.expect_connector_status("Reserved", connector, requirement="H01.FR.23")

    step("Reset Immediate", expect="Accepted, then a restart")
    _check_reset(csms, "Immediate", "Accepted", "B11.FR.03")
    _check_restart(csms, "RemoteReset", "B01.FR.03")

    step("Wait for the station's report", expect="Reserved as before, the others Available")
    for one in dut.connectors:
        status = "Reserved" if one.evseId == connector.evseId else "Available"
        csms.expect_connector_status(status, one, requirement="B11.FR.05")


@case("TC_B_25_CS")
def test_reset_evse_while_idle(csms: FakeCsms, dut: Dut) -> None:
    """One EVSE is reset, the station is not."""
    step("Reset an EVSE OnIdle", expect="Accepted, and no restart of the station")
    _check_reset(csms, "OnIdle", "Accepted", "B11.FR.08", evseId=dut.connector.evseId)
    csms.expect_nothing("BootNotification", within=csms.deadlines.quiet, requirement="B11.FR.08")


@case("TC_B_26_CS")
def test_reset_evse_on_idle_while_charging(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE that charges is reset when its transaction has ended in the ordinary way."""
    connector = dut.connector
    csms.reach("EnergyTransferStarted")

    step("Reset the EVSE OnIdle", expect="Scheduled")
    _check_reset(csms, "OnIdle", "Scheduled", "B12.FR.01", evseId=connector.evseId)

    step("End the transaction in the ordinary way", expect="it ends, and the station does not restart")
    csms.execute("StopAuthorized")
    csms.execute("EVConnectedPostSession")
    csms.execute("EVDisconnected")
    csms.execute("ParkingBayUnoccupied")
    check(csms.transaction(connector.evseId).ended, "the transaction has ended", requirement="B12.FR.07")
    csms.expect_nothing("BootNotification", within=csms.deadlines.quiet, requirement="B12.FR.07")


@case("TC_B_27_CS")
def test_reset_evse_immediately_while_charging(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE that has to reset immediately ends its transaction; the station does not restart."""
    connector = dut.connector
    csms.reach("EnergyTransferStarted")

    step("Reset the EVSE Immediate", expect="Accepted; the transaction ends, and the station does not restart")
    _check_reset(csms, "Immediate", "Accepted", "B12.FR.02", evseId=connector.evseId)
    _expect_ended_by_reset(csms, connector, "B12.FR.08")
    csms.expect_nothing("BootNotification", within=csms.deadlines.quiet, requirement="B12.FR.08")


@case("TC_B_28_CS")
def test_reset_evse_not_supported(csms: FakeCsms, dut: Dut) -> None:
    """A station that can't reset a single EVSE refuses to."""
    step("Reset an EVSE OnIdle", expect="Rejected")
    _check_reset(csms, "OnIdle", "Rejected", "B11.FR.09", evseId=dut.connector.evseId)


@case("TC_B_29_CS")
def test_reset_evse_while_charging_not_supported(csms: FakeCsms, dut: Dut) -> None:
    """A station that can't reset a single EVSE refuses to while that EVSE charges, and goes on charging."""
    connector = dut.connector
    csms.reach("EnergyTransferStarted")

    step("Reset the EVSE OnIdle", expect="Rejected, and the transaction goes on")
    _check_reset(csms, "OnIdle", "Rejected", "B12.FR.09", evseId=connector.evseId)
    csms.drain()
    check(not csms.transaction(connector.evseId).ended, "the transaction goes on", requirement="B12.FR.09")


@case("TC_B_101_CS")
def test_reset_and_resume_refused(csms: FakeCsms) -> None:
    """A station that does not resume transactions refuses a reset after which they are to be resumed."""
    if csms.configured("TxCtrlr", "ResumptionTimeout"):
        csms.configure("TxCtrlr", "ResumptionTimeout", "0")

    step("Reset ImmediateAndResume", expect="Rejected, and no restart")
    _check_reset(csms, "ImmediateAndResume", "Rejected", "B13.FR.01")
    csms.expect_nothing("BootNotification", within=csms.deadlines.quiet, requirement="B13.FR.01")


@case("TC_B_102_CS")
def test_reset_and_resume_without_energy(csms: FakeCsms, dut: Dut) -> None:
    """A transaction outlives a reset, but without AllowEnergyTransferResumption no energy flows any more."""
    csms.configure("TxCtrlr", "AllowEnergyTransferResumption", "false")
    _reset_in_transaction(csms, dut, "SuspendedEVSE", "B13.FR.25")


@case("TC_B_103_CS")
def test_reset_and_resume_with_energy(csms: FakeCsms, dut: Dut) -> None:
    """With AllowEnergyTransferResumption a transaction goes on after a reset as it was before."""
    csms.configure("TxCtrlr", "AllowEnergyTransferResumption", "true")
    _reset_in_transaction(csms, dut, "Charging", "B13.FR.24")


@case("TC_B_104_CS")
def test_reset_and_resume_while_idle(csms: FakeCsms, dut: Dut) -> None:
    """An idle station restarts after ImmediateAndResume as after any other reset."""
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")

    step("Reset ImmediateAndResume", expect="Accepted, then a restart")
    _check_reset(csms, "ImmediateAndResume", "Accepted", "B13.FR.02")
    _check_restart(csms, "RemoteReset", "B13.FR.02")

    step("Wait for the station's report", expect="every connector Available")
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")


# ---------------------------------------------------------------------- shapes that several cases share


def _reset_in_transaction(csms: FakeCsms, dut: Dut, state: str, requirement: str) -> None:
    """A transaction outlives a reset, and has this chargingState after it."""
    csms.configure("TxCtrlr", "ResumptionTimeout", "999")
    csms.reach("EnergyTransferStarted")

    step("Reset ImmediateAndResume", expect="Accepted; Updated with ResetCommand; a restart")
    _check_reset_and_resume(csms, dut)

    step("See what became of the transaction", expect=f"TxResumed, {state}")
    csms.execute("TransactionResumed", chargingState=(state,), requirement=requirement)
    csms.execute("TransactionGoesOn", requirement="B13.FR.23")


def _check_read(answer: Any, wanted: dict[str, str]) -> None:
    """GetVariables has these values."""
    for name, value in wanted.items():
        same = [one for one in answer.getVariableResult if str(one.variable.name).lower() == name.lower()]
        result = same[0] if same else ABSENT
        status = result.attributeStatus
        check(status == "Accepted", f"{name} is read", requirement="B06.FR.10", actual=status)
        check(result.attributeValue == value, f"{name} is {value}", requirement="B06.FR.04", actual=result)


def _check_unread(answer: Any, status: str, requirement: str) -> None:
    """GetVariables has one result with this status, and no value."""
    result = answer.getVariableResult[0]
    check(result.attributeStatus == status, status, requirement=requirement, actual=result.attributeStatus)
    check(not result.attributeValue, "no attributeValue", requirement=requirement, actual=result.attributeValue)


def _check_set(answer: Any, count: int, requirement: str) -> None:
    """SetVariables has accepted so many values; `requirement` wants the attributeType in each result."""
    results = list(answer.setVariableResult)
    check(len(results) == count, f"{count} results", requirement="B05.FR.01", actual=len(results))
    for result in results:
        name, status, kind = result.variable.name, result.attributeStatus, result.attributeType
        check(status == "Accepted", f"{name} is set", requirement="B05.FR.10", actual=status)
        check(kind == "Actual", "attributeType Actual", requirement=requirement, actual=kind)


def _check_takes(csms: FakeCsms, threshold: str) -> None:
    """OfflineThreshold can be set, and read again."""
    written = csms.send("SetVariables", setVariableData=[variable(COMM, "OfflineThreshold", attributeValue=threshold)])
    result = written.setVariableResult[0]
    check(result.attributeStatus == "Accepted", "it is set", requirement="B02.FR.01", actual=result.attributeStatus)
    found = csms.send("GetVariables", getVariableData=[variable(COMM, "OfflineThreshold")]).getVariableResult[0]
    check(found.attributeStatus == "Accepted", "it is read", requirement="B02.FR.01", actual=found.attributeStatus)
    same = found.attributeValue == threshold
    check(same, f"OfflineThreshold is {threshold}", requirement="B06.FR.10", actual=found)


def _check_registers_again(csms: FakeCsms, retry: float, triggers: bool) -> None:
    """A BootNotification comes when it is triggered, or, from a station that can't be, when the interval is over."""
    trigger = csms.send("TriggerMessage", requestedMessage="BootNotification")
    if check(trigger.status == ("Accepted" if triggers else "NotImplemented"), "as C-29.6 says", actual=trigger.status):
        reason = "Triggered" if triggers else PRESENT
        within = csms.deadlines.message + (0 if triggers else retry)
        csms.expect("BootNotification", reason=reason, within=within, requirement="B02.FR.04")


def _base_report(csms: FakeCsms, base: str) -> Report:
    """A base report, asked for, accepted and received as a whole."""
    request_id = csms.next_request_id()
    answer = csms.send("GetBaseReport", requestId=request_id, reportBase=base)
    check(answer.status == "Accepted", f"{base} is Accepted", requirement="B07.FR.01", actual=answer.status)
    return csms.expect_report(request_id, requirement="B07.FR.03")


def _report(csms: FakeCsms, **wanted: Any) -> Report:
    """A custom report, asked for, accepted and received as a whole."""
    request_id = csms.next_request_id()
    answer = csms.send("GetReport", requestId=request_id, **wanted)
    check(answer.status == "Accepted", "GetReport is Accepted", requirement="B08.FR.01", actual=answer.status)
    report = csms.expect_report(request_id, requirement="B08.FR.03")
    _check_described(report, "B08.FR.12")
    return report


def _check_described(report: Report, requirement: str = "B07.FR.08") -> None:
    """Every variable of a report comes with its characteristics, lists with what may be in them."""
    bare = [one.label for one in report if not one.described]
    check(not bare, "every variable comes with its characteristics", requirement=requirement, actual=bare)
    lists = [one.label for one in report if one.misses_values_list]
    check(not lists, "every list has a valuesList", requirement="VariableCharacteristicsType.valuesList", actual=lists)
    strange = [f"{one.label} = {one.value}" for one in report if one.breaks_values_list]
    check(not strange, "every list has values of its valuesList alone", requirement=requirement, actual=strange)
    shown = [one.label for one in report if one.shows_write_only]
    check(not shown, "no WriteOnly variable shows its value", requirement="B07.FR.03", actual=shown)
    counted = Counter(one.identity for one in report)
    twice = sorted({one.label for one in report if counted[one.identity] > 1})
    check(not twice, "no variable is reported twice", requirement=requirement, actual=twice)


def _names(report: Report) -> list[str]:
    return [one.label for one in report]


def _enabled(report: Report) -> list[Any]:
    """Every variable Enabled, in whatever letters."""
    return [one for one in report if one.variable.casefold() == "enabled"]


def _labels(report: Report) -> dict[str, Any]:
    """The variables of a report by label; names know no case."""
    return {one.label.lower(): one for one in report}


def _required(dut: Dut) -> list[tuple[Any, str]]:
    """What the standard requires of this station, with the label that a report gives it."""
    found = []
    for place in required_variables(dut):
        one = place.variable
        where = "".join(f"#{number}" for number in (place.evseId, place.connectorId) if number is not None)
        found.append((place, f"{one.component}{where}.{one.variable}" + (f"[{one.instance}]" if one.instance else "")))
    return found


def _check_required(report: Report, dut: Dut, requirement: str, *, writable: bool = False) -> None:
    """A report has every variable (every `writable` one) that the standard requires of this station."""
    labels = _labels(report)
    wanted = [label for place, label in _required(dut) if place.variable.writable or not writable]
    missing = [label for label in wanted if label.lower() not in labels]
    check(not missing, "every required variable is there", requirement=requirement, actual=missing)
    _check_defined(report, dut)


def _check_defined(report: Report, dut: Dut) -> None:
    """What a report has of the required variables is as the standard defines them."""
    labels = _labels(report)
    for place, label in _required(dut):
        one, wanted = labels.get(label.lower()), place.variable
        if one is None:
            continue
        kind, access = one.data_type, one.mutability
        check(kind in wanted.data_types, f"{label}: {' or '.join(wanted.data_types)}", requirement=CHAPTER, actual=kind)
        check(access in wanted.mutabilities, f"{label}: {wanted.mutabilities}", requirement=CHAPTER, actual=access)
        check(one.value is not None or wanted.value_optional, f"{label} has a value", requirement=CHAPTER)
        check(one.limit or not wanted.limited, f"{label} has a maxLimit", requirement=CHAPTER)
        kept = one.persistent or access == "ReadOnly"
        check(kept, f"{label} is persistent, because it can be set", requirement=CHAPTER)


def _evses(dut: Dut) -> list[int]:
    return list(dict.fromkeys(connector.evseId for connector in dut.connectors))


def _check_only(report: Report, wanted: list[dict[str, Any]]) -> None:
    """A report has these variables, and no others."""
    labels = []
    for one in wanted:
        place, instance = one["component"].get("evse", {}), one["variable"].get("instance")
        found = report.find(
            one["component"]["name"], one["variable"]["name"], instance=instance, evseId=place.get("id")
        )
        if check(found, "what was asked for is reported", requirement="B08.FR.11", actual=_names(report)) and found:
            labels.append(found.label)
    others = [label for label in _names(report) if label not in labels]
    check(not others, "nothing else is reported", requirement="B08.FR.11", actual=others)


def _check_availability(report: Report, component: str, evse_id: int | None, requirement: str) -> None:
    """AvailabilityState is reported as the standard defines it, Available."""
    found = report.find(component, "AvailabilityState", evseId=evse_id)
    if not check(found, f"AvailabilityState of {component} {evse_id or ''}", requirement=requirement) or found is None:
        return
    check(found.value == "Available", f"{found.label} is Available", requirement=requirement, actual=found.value)
    check(
        found.mutability == "ReadOnly", f"{found.label} is ReadOnly", requirement=requirement, actual=found.mutability
    )
    check(
        found.data_type == "OptionList",
        f"{found.label} is an OptionList",
        requirement=requirement,
        actual=found.data_type,
    )
    check(
        STATES.issuperset(found.members),
        "its valuesList has the five states",
        requirement=requirement,
        actual=found.members,
    )


def _status(one: Any, occupied: list[Any]) -> Any:
    """What a connector reports while cables are in these: others of their EVSEs may be Unavailable (2.1 part 6)."""
    if one in occupied:
        return "Occupied"
    if one.evseId in [each.evseId for each in occupied]:
        return one_of("Available", "Unavailable")
    return "Available"


def _check_reset(csms: FakeCsms, kind: str, status: str, requirement: str, **target: Any) -> None:
    """A Reset is answered with this status."""
    answer = csms.send("Reset", type=kind, **target)
    check(answer.status == status, f"Reset is {status}", requirement=requirement, actual=answer.status)


def _check_restart(csms: FakeCsms, reason: str, requirement: str) -> None:
    """The station connects anew and registers, for this reason."""
    csms.expect_connection(within=csms.deadlines.reset, requirement=requirement)
    csms.expect("BootNotification", reason=reason, within=csms.deadlines.boot, requirement="B01.FR.09")


def _check_reset_and_resume(csms: FakeCsms, dut: Dut) -> None:
    """A station that charges tells the reset by an event of the transaction, restarts, and reports itself."""
    _check_reset(csms, "ImmediateAndResume", "Accepted", "B13.FR.03")
    csms.transaction(dut.evse).expect(
        eventType="Updated",
        triggerReason="ResetCommand",
        within=csms.deadlines.reset,
        requirement="B13.FR.04",
    )
    _check_restart(csms, "RemoteReset", "B13.FR.21")
    for one in dut.connectors:
        csms.expect_connector_status(_status(one, [dut.connector]), one, requirement="B01.FR.05")


def _check_evse_reset_and_resume(csms: FakeCsms, dut: Dut, state: str, requirement: str) -> None:
    """An EVSE that charges is reset; its transaction goes on in this state, and the station does not restart."""
    _check_reset(csms, "ImmediateAndResume", "Accepted", "B13.FR.03", evseId=dut.evse)
    within = csms.deadlines.reset
    transaction = csms.transaction(dut.evse)
    transaction.expect(eventType="Updated", triggerReason="ResetCommand", within=within, requirement="B13.FR.04")
    resumed = transaction.expect(eventType="Updated", triggerReason="TxResumed", within=within, requirement="B13.FR.30")
    found = resumed.transactionInfo.chargingState
    check(found == state, f"resumed in {state}", requirement=requirement, actual=found)
    csms.execute("TransactionGoesOn", requirement="B13.FR.12")
    csms.expect_nothing("BootNotification", within=csms.deadlines.quiet, requirement="B13.FR.11")


def _expect_ended_by_reset(csms: FakeCsms, connector: Any, requirement: str) -> Any:
    """The transaction on an EVSE is ended by the station, because of the reset."""
    return csms.transaction(connector.evseId).expect(
        eventType="Ended",
        triggerReason="ResetCommand",
        stoppedReason="ImmediateReset",
        chargingState="EVConnected",
        within=csms.deadlines.reset,
        requirement=requirement,
    )


def _end_session(csms: FakeCsms, connector: Any) -> bool:
    """Go on after StopAuthorized until the transaction has ended; whether the cable is still in then."""
    session = csms.session(connector.evseId)
    if session.running:
        csms.execute("EVConnectedPostSession", connector=connector)
    if session.running:
        csms.execute("EVDisconnected", connector=connector)
    if session.running:
        csms.execute("ParkingBayUnoccupied", connector=connector)
    return "EVConnected" in session.holds
