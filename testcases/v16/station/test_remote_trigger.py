"""Feature profile RemoteTrigger: a charge point under test (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeCsms, Operator, case, check, check_measurands, step


@case("TC_054_CS")
def test_trigger_messages(csms: FakeCsms, dut: Dut) -> None:
    """Each message that can be triggered is sent when it is asked for."""
    number = dut.connector.connectorId

    step("Trigger MeterValues of the connector", expect="Accepted, then MeterValues of the configured measurands")
    _trigger(csms, requestedMessage="MeterValues", connectorId=number)
    values = csms.expect("MeterValues", connectorId=number, requirement="1.6 5.17")
    check_measurands(csms, values.meterValue, "MeterValuesSampledData")

    step("Trigger Heartbeat", expect="Accepted, then Heartbeat")
    _trigger(csms, requestedMessage="Heartbeat")
    csms.expect("Heartbeat", requirement="1.6 5.17")

    step("Trigger StatusNotification of the connector", expect="Accepted, then StatusNotification")
    _trigger(csms, requestedMessage="StatusNotification", connectorId=number)
    csms.expect("StatusNotification", connectorId=number, status="Available", requirement="1.6 5.17")

    step(
        "Trigger DiagnosticsStatusNotification", expect="Accepted, then status Idle; NotImplemented without the profile"
    )
    supported = "FirmwareManagement" in csms.configured("SupportedFeatureProfiles")
    _trigger_status(csms, "DiagnosticsStatusNotification", ("Accepted",) if supported else EITHER)

    step("Trigger FirmwareStatusNotification", expect="Accepted, then status Idle; or NotImplemented")
    _trigger_status(csms, "FirmwareStatusNotification", EITHER)


@case("TC_055_CS")
def test_trigger_rejected(csms: FakeCsms, dut: Dut) -> None:
    """A message about a connector that does not exist is not sent."""
    step("Trigger MeterValues of a connector that does not exist", expect="Rejected or a CALLERROR; no MeterValues")
    unknown = 1 + max(connector.connectorId for connector in dut.connectors)
    answer = csms.call("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": unknown})
    check(answer.code or answer.status == "Rejected", "refused", requirement="1.6 5.17", actual=answer)
    csms.expect_nothing("MeterValues", within=dut.timeouts.quiet, requirement="1.6 5.17")


@case("OC_16_18_CS")
def test_trigger_everything(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """BootNotification is triggered while it is pending; what has no connectorId comes for every connector."""
    csms.keep("HeartbeatInterval")
    pending = {"status": "Pending", "interval": FAR}
    csms.answer("BootNotification", pending, status="Accepted", interval=dut.heartbeat_interval)

    step("Power-cycle the charge point, answer Pending with a long interval", expect="BootNotification")
    operator.power_cycle()
    first = csms.expect("BootNotification", within=dut.timeouts.boot, requirement="1.6 4.2")

    step("Trigger BootNotification, accept it", expect="Accepted, then BootNotification; every status")
    _trigger(csms, requestedMessage="BootNotification")
    boot = csms.expect("BootNotification", after=first, requirement="1.6 4.2, 5.17")
    csms.execute("Reported", boot=boot)

    step("Trigger StatusNotification without connectorId", expect="Accepted, then one of connector 0 and of each other")
    _trigger(csms, requestedMessage="StatusNotification")
    for number in (0, *(one.connectorId for one in dut.connectors)):
        csms.expect("StatusNotification", connectorId=number, status="Available", requirement="1.6 5.17")

    step("Trigger MeterValues without connectorId", expect="Accepted, then MeterValues of each, of context Trigger")
    _trigger(csms, requestedMessage="MeterValues")
    for connector in dut.connectors:
        number = connector.connectorId
        values = csms.expect("MeterValues", connectorId=number, meterValue=_triggered, requirement="1.6 5.17, 7.35")
        check_measurands(csms, values.meterValue, "MeterValuesSampledData")

    step("Trigger Heartbeat, for a connector that does not matter", expect="Accepted, then Heartbeat")
    _trigger(csms, requestedMessage="Heartbeat", connectorId=dut.connector.connectorId)
    csms.expect("Heartbeat", requirement="1.6 5.17")


def _triggered(values: Any) -> bool:
    """Whether every sample says that it was triggered."""
    return bool(values) and all(sample.context == "Trigger" for value in values for sample in value.sampledValue)


def _trigger_status(csms: FakeCsms, action: str, allowed: tuple[str, ...]) -> None:
    answer = csms.send("TriggerMessage", requestedMessage=action)
    check(answer.status in allowed, " or ".join(allowed), requirement="1.6 5.17", actual=answer.status)
    if answer.status == "Accepted":
        csms.expect(action, status="Idle", requirement="1.6 4.4, 4.5, 5.17")


EITHER = ("Accepted", "NotImplemented")
FAR = 600
"""Seconds to a BootNotification that nobody triggers."""


def _trigger(csms: FakeCsms, **payload: Any) -> None:
    answer = csms.send("TriggerMessage", **payload)
    check(answer.status == "Accepted", "the trigger is Accepted", requirement="1.6 5.17", actual=answer.status)
