"""Feature profile RemoteTrigger: a CSMS under test (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeStation, Operator, case, step


@case("TC_054_CSMS")
def test_trigger_messages(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS triggers each message that can be triggered, and answers it."""
    connector = dut.connector

    step("Have the CSMS trigger MeterValues of the connector, send them", expect="TriggerMessage; an answer")
    _trigger(station, operator, requestedMessage="MeterValues", connectorId=connector.connectorId)
    station.send("MeterValues", connectorId=connector.connectorId, meterValue=[_meter_value(station, connector)])

    step("Have the CSMS trigger Heartbeat, send it", expect="TriggerMessage; an answer")
    _trigger(station, operator, requestedMessage="Heartbeat")
    station.send("Heartbeat")

    step("Have the CSMS trigger StatusNotification of the connector, send it", expect="TriggerMessage; an answer")
    _trigger(station, operator, requestedMessage="StatusNotification", connectorId=connector.connectorId)
    station.report_connector("Available", connector)

    step("Have the CSMS trigger DiagnosticsStatusNotification, send Idle", expect="TriggerMessage; an answer")
    _trigger(station, operator, requestedMessage="DiagnosticsStatusNotification")
    station.send("DiagnosticsStatusNotification", status="Idle")

    step("Have the CSMS trigger FirmwareStatusNotification, send Idle", expect="TriggerMessage; an answer")
    _trigger(station, operator, requestedMessage="FirmwareStatusNotification")
    station.send("FirmwareStatusNotification", status="Idle")


@case("TC_055_CSMS")
def test_trigger_rejected(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a charge point that rejects a trigger."""
    unknown = 1 + max(connector.connectorId for connector in dut.connectors)
    station.answer("TriggerMessage", status="Rejected")

    step("Have the CSMS trigger MeterValues of a connector that is not there, reject it", expect="TriggerMessage")
    _trigger(station, operator, requestedMessage="MeterValues", connectorId=unknown)
    station.send("Heartbeat")


def _trigger(station: FakeStation, operator: Operator, **wanted: Any) -> None:
    operator.csms_sends("TriggerMessage", **wanted)
    station.expect("TriggerMessage", requirement="1.6 5.17", **wanted)


def _meter_value(station: FakeStation, connector: Any) -> dict[str, Any]:
    reading = {
        "value": str(station.meter(connector.evseId)),
        "context": "Trigger",
        "measurand": "Energy.Active.Import.Register",
        "unit": "Wh",
    }
    return {"timestamp": station.timestamp(), "sampledValue": [reading]}
