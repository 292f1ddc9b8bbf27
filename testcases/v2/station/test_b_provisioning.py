"""Block B, Provisioning: a charging station under test (2.0.1 and 2.1)."""

from __future__ import annotations

from conformance import Dut, FakeCsms, Operator, case, step


@case("TC_B_01_CS")
def test_cold_boot_accepted(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station that is switched on registers itself and reports every connector."""
    csms.answer("BootNotification", status="Accepted", interval=dut.heartbeat_interval)

    step("Power-cycle the station", expect="it opens a WebSocket connection")
    operator.power_cycle()
    csms.expect_connection()

    step("It registers itself", expect="BootNotification with reason PowerUp")
    csms.expect("BootNotification", reason="PowerUp", within=dut.boot_time, requirement="B01.FR.01")

    step("It reports each connector", expect="Available, by StatusNotification or NotifyEvent")
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")
