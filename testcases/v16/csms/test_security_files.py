"""Security whitepaper, the parts about files (N01, L01): a CSMS under test (1.6)."""

from __future__ import annotations

from conformance import Dut, FakeStation, Operator, as_asked, case, step


@case("TC_079_CSMS")
def test_security_log(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS has the security log brought, and takes what the charge point tells of it."""
    station.answer("GetLog", status="Accepted", filename="security.log")
    asked = {"logType": "SecurityLog", "log": {"remoteLocation": dut.values.log_location}}

    step("Have the CSMS get the security log", expect="GetLog as asked")
    operator.csms_sends("GetLog", **asked)
    request = station.expect("GetLog", requirement="N01.FR.03", **as_asked(**asked))

    step("Report Uploading and Uploaded, with its requestId", expect="an answer to each")
    for status in ("Uploading", "Uploaded"):
        station.send("LogStatusNotification", status=status, requestId=request.requestId)


@case("TC_080_CSMS")
def test_signed_firmware(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS has a signed firmware installed and takes what the charge point tells of it, through its restart."""
    step("Have the CSMS update the firmware", expect="SignedUpdateFirmware as asked")
    number = _update(station, operator, dut)

    step("Report each stage until the restart, every connector Unavailable", expect="an answer to each")
    _tell(station, number, "Downloading", "Downloaded", "SignatureVerified")
    for connector in dut.connectors:
        station.report_connector("Unavailable", connector)
    _tell(station, number, "Installing", "InstallRebooting")

    step("Restart: boot, report the event, every status, and Installed", expect="Accepted, and an answer to each")
    station.disconnect()
    station.execute("BootAccepted")
    station.send("SecurityEventNotification", type="FirmwareUpdated", timestamp=station.timestamp())
    station.execute("Reported")
    _tell(station, number, "Installed")


@case("TC_081_CSMS")
def test_invalid_signature(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS takes that the signature of a firmware does not hold."""
    step("Have the CSMS update the firmware", expect="SignedUpdateFirmware as asked")
    number = _update(station, operator, dut)

    step("Report Downloading, Downloaded, InvalidSignature and the security event", expect="an answer to each")
    _tell(station, number, "Downloading", "Downloaded", "InvalidSignature")
    station.send("SecurityEventNotification", type="InvalidFirmwareSignature", timestamp=station.timestamp())


# ------------------------------------------------------------------ shapes that several cases share


def _update(station: FakeStation, operator: Operator, dut: Dut) -> int:
    """Have the signed firmware of the description installed; the requestId."""
    station.answer("SignedUpdateFirmware", status="Accepted")
    location, when = dut.values.firmware_location, station.timestamp(60)
    asked = {"firmware": {"location": location, "retrieveDateTime": when, **dut.firmware_signed}}
    operator.csms_sends("SignedUpdateFirmware", **asked)
    request = station.expect("SignedUpdateFirmware", requirement="L01.FR.11", **as_asked(**asked))
    return int(request.requestId)


def _tell(station: FakeStation, number: int, *statuses: str) -> None:
    for status in statuses:
        station.send("SignedFirmwareStatusNotification", status=status, requestId=number)
