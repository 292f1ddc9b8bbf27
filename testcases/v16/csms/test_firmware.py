"""Feature profile FirmwareManagement: a CSMS under test (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeStation, Operator, as_asked, case, step

# ------------------------------------------------------------------ firmware


@case("TC_044_1_CSMS")
def test_firmware_update(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS has a firmware installed and takes what the charge point tells of it, through its restart."""
    step("Have the CSMS update the firmware", expect="UpdateFirmware as asked")
    _update(station, operator, dut)

    step("Report Downloading, Downloaded, every connector Unavailable, Installing", expect="an answer to each")
    _tell(station, "Downloading", "Downloaded")
    for connector in dut.connectors:
        station.report_connector("Unavailable", connector)
    _tell(station, "Installing")

    step("Restart: boot, report every status, and Installed", expect="Accepted, and an answer to each")
    station.disconnect()
    station.execute("Booted")
    _tell(station, "Installed")


@case("TC_044_2_CSMS")
def test_firmware_download_failed(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS has a firmware tried again, and takes that it could not be downloaded."""
    step("Have the CSMS update the firmware, with retries", expect="UpdateFirmware as asked")
    _update(station, operator, dut, retries=2, retryInterval=60)

    step("Report Downloading and DownloadFailed", expect="an answer to each")
    _tell(station, "Downloading", "DownloadFailed")


@case("TC_044_3_CSMS")
def test_firmware_installation_failed(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS takes that a firmware could not be installed, after a restart."""
    step("Have the CSMS update the firmware", expect="UpdateFirmware as asked")
    _update(station, operator, dut)

    step("Report Downloading, Downloaded, every connector Unavailable, Installing", expect="an answer to each")
    _tell(station, "Downloading", "Downloaded")
    for connector in dut.connectors:
        station.report_connector("Unavailable", connector)
    _tell(station, "Installing")

    step("Restart: boot, report every status, and InstallationFailed", expect="Accepted, and an answer to each")
    station.disconnect()
    station.execute("Booted")
    _tell(station, "InstallationFailed")


# ------------------------------------------------------------------ diagnostics


@case("TC_045_1_CSMS")
def test_diagnostics(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS has the diagnostics of some time brought, and takes what the charge point tells of it."""
    step("Have the CSMS get the diagnostics of the last hour", expect="GetDiagnostics as asked")
    _diagnose(station, operator, dut, startTime=station.timestamp(-3600), stopTime=station.timestamp())

    step("Report Uploading and Uploaded", expect="an answer to each")
    _tell(station, "Uploading", "Uploaded", of="Diagnostics")


@case("TC_045_2_CSMS")
def test_diagnostics_upload_failed(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS has an upload tried again, and takes that it failed."""
    step("Have the CSMS get the diagnostics, with retries", expect="GetDiagnostics as asked")
    _diagnose(station, operator, dut, retries=2, retryInterval=60)

    step("Report Uploading and UploadFailed", expect="an answer to each")
    _tell(station, "Uploading", "UploadFailed", of="Diagnostics")


# ------------------------------------------------------------------ shapes that several cases share


def _update(station: FakeStation, operator: Operator, dut: Dut, **fields: Any) -> None:
    asked = {"location": dut.values.firmware_location, "retrieveDate": station.timestamp(60), **fields}
    operator.csms_sends("UpdateFirmware", **asked)
    station.expect("UpdateFirmware", requirement="1.6 5.19, 6.55", **as_asked(**asked))


def _diagnose(station: FakeStation, operator: Operator, dut: Dut, **fields: Any) -> None:
    station.answer("GetDiagnostics", fileName="diagnostics.log")
    asked = {"location": dut.values.log_location, **fields}
    operator.csms_sends("GetDiagnostics", **asked)
    station.expect("GetDiagnostics", requirement="1.6 5.9, 6.25", **as_asked(**asked))


def _tell(station: FakeStation, *statuses: str, of: str = "Firmware") -> None:
    for status in statuses:
        station.send(f"{of}StatusNotification", status=status)
