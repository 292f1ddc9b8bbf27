"""Firmware and logs beyond the official list: what breaks off, what is not trusted, what has to wait (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import PRESENT, Download, Dut, FakeCsms, case, check, observe, one_of, step

STATUS = "SignedFirmwareStatusNotification"
WATCHED = 1
"""Seconds for which it is watched that something does not happen."""
SOME_FIRMWARE = b"a firmware that nobody has made\n" * 100
UNTRUSTED = {
    "has expired": "expired",
    "is not valid yet": "not-yet-valid",
    "is of another authority": "foreign-ca",
    "is its own authority": "self-signed",
}


@case("OC_16_70_CS")
def test_download_in_two_parts(csms: FakeCsms, dut: Dut) -> None:
    """A download that breaks off is tried again, and the firmware is whole."""
    interval, half = dut.values.transfer_retry_interval, len(dut.firmware) // 2
    with csms.files() as files:
        step("Send UpdateFirmware for a firmware that breaks off half-way, once", expect="a second attempt; Downloaded")
        url = files.offer("firmware", Download(dut.firmware, cut_at=half, cuts=1))
        csms.send("UpdateFirmware", location=url, retries=2, retryInterval=interval, retrieveDate=csms.timestamp())
        seconds = 3 * (interval + dut.timeouts.transfer)
        csms.expect("FirmwareStatusNotification", status="Downloaded", within=seconds, requirement="1.6 5.19, 6.55")
        attempts = [one.start for one in files.asked_for("firmware")]
        check(len(attempts) > 1, "a second attempt", requirement="1.6 6.55", actual=len(attempts))
        observe("the byte at which the second attempt began (1.6 8.1: it may be resumed)", attempts[1:2])

    step("Wait for the installation", expect="Installed; all Available")
    csms.expect(
        "FirmwareStatusNotification", status="Installed", within=dut.timeouts.install, requirement="1.6 5.19, 8.1"
    )
    csms.wait(lambda: bool(csms.seen_in_step("BootNotification")), within=dut.timeouts.boot)
    csms.execute("BackInService")
    _check_told(csms, "FirmwareStatusNotification", ["Downloading", "Downloaded", "Installing", "Installed"])


@case("OC_16_71_CS")
def test_upload_in_two_parts(csms: FakeCsms, dut: Dut) -> None:
    """An upload that breaks off is tried again, by each protocol, and reported when it is done."""
    interval = dut.values.transfer_retry_interval
    for protocol in dut.values.transfer_protocols:
        with csms.files(protocol) as files:
            files.cut_uploads(1)

            step(f"Send GetDiagnostics for a server by {protocol} that breaks off once", expect="a file; Uploaded")
            place = files.url("diagnostics")
            answer = csms.send("GetDiagnostics", location=place, retries=1, retryInterval=interval)
            check(answer.fileName, "a fileName", requirement="1.6 5.9", actual=answer)
            seconds = 2 * (interval + dut.timeouts.transfer)
            name = answer.fileName or PRESENT
            upload = files.expect_upload(name, into="diagnostics", within=seconds, requirement="1.6 5.9, errata 3.50")
            check(len(upload.content) > 1, "the whole file", requirement="1.6 5.9", actual=len(upload.content))
            csms.expect(
                "DiagnosticsStatusNotification", status="Uploaded", within=dut.timeouts.transfer, requirement="1.6 4.4"
            )
            observe(f"the byte at which the second attempt by {protocol} began (1.6 8.2: resumed)", upload.start)
        _check_told(csms, "DiagnosticsStatusNotification", ["Uploading", "Uploaded"])


@case("OC_16_72_CS")
def test_firmware_of_somebody_else(csms: FakeCsms, dut: Dut) -> None:
    """A firmware whose signing certificate is not to be trusted is not even fetched, and the CSMS is told."""
    with csms.files() as files:
        url = files.offer("firmware", SOME_FIRMWARE)
        for what, certificate in UNTRUSTED.items():
            step(f"Offer a firmware whose signing certificate {what}", expect="InvalidCertificate; a security event")
            status = _ask(csms, url, files.signed(SOME_FIRMWARE, certificate)).status
            check(status == "InvalidCertificate", "InvalidCertificate", requirement="L01.FR.24", actual=status)
            csms.expect("SecurityEventNotification", type="InvalidFirmwareSigningCertificate", requirement="L01.FR.02")
        csms.drain()
        check(not files.transfers, "nothing is fetched", requirement="L01.FR.23", actual=len(files.transfers))
    told = [one.status for one in csms.seen(STATUS)]
    check(not told, "no update begins", requirement="L01.FR.23", actual=told)


@case("OC_16_73_CS")
def test_unsigned_firmware(csms: FakeCsms, dut: Dut) -> None:
    """Who takes signed firmware alone refuses UpdateFirmware, and does not fetch it."""
    with csms.files() as files:
        url = files.offer("firmware", SOME_FIRMWARE)

        step("Send UpdateFirmware", expect="CALLERROR NotSupported, and no update")
        now = csms.timestamp()
        refusal = csms.send_refused("UpdateFirmware", location=url, retrieveDate=now)
        check(refusal.code == "NotSupported", "NotSupported", requirement="L01.FR.20", actual=refusal.code)
        csms.expect_nothing("FirmwareStatusNotification", within=WATCHED, requirement="L01.FR.20")
        check(not files.transfers, "nothing is fetched", requirement="L01.FR.20")


@case("OC_16_74_CS")
def test_transaction_outlasts_update(csms: FakeCsms, dut: Dut) -> None:
    """No transaction is stopped for a new firmware; who can't install beside it waits, and lets nobody else begin."""
    start = csms.reach("Charging")
    others = [one for one in dut.connectors if one != dut.connector]
    with csms.files() as files:
        url = files.offer("firmware", dut.firmware)

        step("Send SignedUpdateFirmware in a transaction", expect="it is fetched and verified; charging goes on")
        answer = _ask(csms, url, files.signed(dut.firmware))
        check(answer.status == "Accepted", "the request is Accepted", requirement="L01.FR.23", actual=answer.status)
        files.expect_download("firmware", requirement="L01")
        csms.expect(STATUS, status="SignatureVerified", within=2 * dut.timeouts.transfer, requirement="L01.FR.04")

    step("Wait a moment", expect="no StopTransaction; the other connectors Unavailable, if the installation waits")
    csms.expect_nothing("StopTransaction", within=WATCHED, requirement="L01.FR.06")
    if not csms.seen(STATUS, status="Installing"):
        for connector in others:
            csms.expect_connector_stays("Unavailable", connector, requirement="L01.FR.07")

    step("Stop the transaction", expect="Accepted; StopTransaction; the installation")
    _stop(csms, start.answer.transactionId)
    if not csms.seen(STATUS, status="Installed"):
        csms.expect(STATUS, status="Installed", within=dut.timeouts.install, requirement="L01.FR.05, L01.FR.06")
    csms.wait(lambda: bool(csms.seen_in_step("BootNotification")), within=dut.timeouts.boot)
    for boot in csms.seen_in_step("BootNotification")[-1:]:
        csms.execute("Reported", boot=boot, but={dut.connector.connectorId: one_of("Finishing", "Preparing")})
    for connector in others:
        csms.expect_connector_stays("Available", connector, requirement="L01.FR.07")


def _stop(csms: FakeCsms, transaction: Any) -> None:
    """The transaction is stopped by the Central System."""
    stopped = csms.send("RemoteStopTransaction", transactionId=transaction)
    check(stopped.status == "Accepted", "the stop is Accepted", requirement="1.6 5.12", actual=stopped.status)
    told = {"transactionId": transaction, "reason": "Remote", "requirement": "1.6 4.10"}
    csms.expect("StopTransaction", within=csms.deadlines.physical, **told)


def _check_told(csms: FakeCsms, action: str, wanted: list[str]) -> None:
    """The statuses since the request, in order; one that is told again and again counts once."""
    csms.drain()
    told = list(dict.fromkeys(one.status for one in csms.seen_in_step(action)))
    check(told == wanted, f"the statuses {', '.join(wanted)}", requirement="1.6 4.4, 4.5", actual=told)


def _ask(csms: FakeCsms, url: str, signed: dict[str, str]) -> Any:
    firmware = {"location": url, "retrieveDateTime": csms.timestamp(), **signed}
    return csms.send("SignedUpdateFirmware", requestId=csms.next_request_id(), retries=0, firmware=firmware)
