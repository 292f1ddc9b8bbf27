"""Block B, Provisioning: a CSMS under test (2.0.1 and 2.1)."""

from __future__ import annotations

from conformance import Dut, FakeStation, case, check, step


@case("TC_B_01_CSMS")
def test_cold_boot_accepted(station: FakeStation, dut: Dut) -> None:
    """A station that is known is accepted when it boots, and its connector reports are answered."""
    station.disconnect()

    step("Connect and send BootNotification", expect="Accepted, with the CSMS's time and an interval")
    station.connect()
    boot = station.send(
        "BootNotification",
        reason="PowerUp",
        chargingStation={"model": station.model, "vendorName": station.vendor},
    )
    check(boot.status == "Accepted", "BootNotification answered Accepted", requirement="B01.FR.02", actual=boot.status)

    step("Report every connector Available", expect="each report is answered")
    for connector in dut.connectors:
        station.report_connector("Available", connector)
