"""Feature profile FirmwareManagement: a charge point under test (1.6)."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any

from conformance import PRESENT, Download, Dut, FakeCsms, case, check, observe, step

EARLY = 1
"""Seconds for which a charge point may not begin, however far its clock is off."""
CLOCK = 0.9
"""A charge point may run as much faster than we do."""
NO_FIRMWARE = b"This file is no firmware of anybody.\n" * 100

# ------------------------------------------------------------------ firmware


@case("TC_044_1_CS")
def test_firmware_update(csms: FakeCsms, dut: Dut) -> None:
    """A firmware is fetched when its time has come and installed, each stage is told, and all is as before."""
    wait = EARLY + dut.timeouts.tolerance
    with csms.files() as files:
        url = files.offer("firmware", dut.firmware)

        step("Send UpdateFirmware with a retrieveDate to come", expect="an answer, and nothing before that time")
        csms.send("UpdateFirmware", location=url, retrieveDate=csms.timestamp(wait))
        csms.expect_nothing("FirmwareStatusNotification", within=EARLY, requirement="1.6 5.19, 6.55")
        check(not files.transfers, "nothing is fetched before retrieveDate", requirement="1.6 6.55")

        step("Wait for the download", expect="Downloading; the file is fetched; Downloaded")
        begun = _expect(csms, "Downloading", within=2 * wait)
        files.expect_download("firmware", requirement="1.6 5.19, 8.1")
        done = _expect(csms, "Downloaded", after=begun, within=dut.timeouts.transfer)

    step("Wait for the installation", expect="Installing; a restart, if there is one; Installed; all Available")
    installing = _expect(csms, "Installing", after=done, within=dut.timeouts.install)
    _expect(csms, "Installed", after=installing, within=dut.timeouts.install)
    if not csms.wait(lambda: bool(csms.seen_in_step("BootNotification")), within=dut.timeouts.boot):
        observe("a restart with the new firmware", "none")
    csms.execute("BackInService")
    _check_told(csms, ["Downloading", "Downloaded", "Installing", "Installed"])


@case("TC_044_2_CS")
def test_firmware_download_failed(csms: FakeCsms, dut: Dut) -> None:
    """A firmware that can't be had, at once or in whole, is told of; it is tried as often as was asked."""
    interval, retries = dut.values.transfer_retry_interval, 2
    failed = ["Downloading", "DownloadFailed"]
    with csms.files() as files:
        step("Send UpdateFirmware for a file that is not there, without retries", expect="DownloadFailed")
        url = files.url("none")
        csms.send("UpdateFirmware", location=url, retries=0, retrieveDate=csms.timestamp())
        _expect(csms, "DownloadFailed", within=dut.timeouts.transfer)
        check(len(files.asked_for("none")) <= 1, "no retry", requirement="1.6 6.55", actual=len(files.transfers))
        _check_told(csms, failed, may_lack="Downloading")

        step("Offer a firmware that always breaks off half-way, with retries", expect="each retry; DownloadFailed")
        url = files.offer("half", Download(NO_FIRMWARE, cut_at=len(NO_FIRMWARE) // 2))
        csms.send(
            "UpdateFirmware", location=url, retries=retries, retryInterval=interval, retrieveDate=csms.timestamp()
        )
        _expect(csms, "DownloadFailed", within=(retries + 1) * (interval + dut.timeouts.transfer))
        # Chapter 6.55 counts tries, errata 3.50 retries, for GetDiagnostics alone: either will do here.
        _check_attempts(files.asked_for("half"), (retries, retries + 1), interval, "1.6 6.55")
        _check_told(csms, failed, may_lack="Downloading")
    csms.execute("BackInService")


@case("TC_044_3_CS")
def test_firmware_installation_failed(csms: FakeCsms, dut: Dut) -> None:
    """What is no firmware is not installed, which is told; the charge point goes on as before."""
    with csms.files() as files:
        step("Send UpdateFirmware for a file that is no firmware", expect="Downloading; it is fetched; Downloaded")
        url = files.offer("no-firmware", NO_FIRMWARE)
        csms.send("UpdateFirmware", location=url, retrieveDate=csms.timestamp())
        begun = _expect(csms, "Downloading", within=dut.timeouts.transfer)
        files.expect_download("no-firmware", requirement="1.6 5.19, 8.1")
        done = _expect(csms, "Downloaded", after=begun, within=dut.timeouts.transfer)

    step("Wait for the installation", expect="Installing, if it comes so far; InstallationFailed; all Available")
    _expect(csms, "InstallationFailed", after=done, within=dut.timeouts.install)
    csms.execute("BackInService")
    _check_told(csms, ["Downloading", "Downloaded", "Installing", "InstallationFailed"], may_lack="Installing")


# ------------------------------------------------------------------ diagnostics


@case("TC_045_1_CS")
def test_diagnostics(csms: FakeCsms, dut: Dut) -> None:
    """Diagnostics are brought to where they are wanted, by each protocol, under the name that was answered."""
    for protocol in dut.values.transfer_protocols:
        with csms.files(protocol) as files:
            step(f"Send GetDiagnostics for a folder of a server by {protocol}", expect="the name of the file")
            answer = csms.send("GetDiagnostics", location=files.url("diagnostics"))
            check(answer.fileName, "a fileName", requirement="1.6 5.9", actual=answer)

            step("Wait for the upload", expect="Uploading; one file of that name; Uploaded")
            begun = csms.expect("DiagnosticsStatusNotification", status="Uploading", requirement="1.6 4.4, 5.9")
            upload = files.expect_upload(answer.fileName or PRESENT, into="diagnostics", requirement="1.6 5.9, 8.2")
            check(upload.content, "the file is not empty", requirement="1.6 5.9")
            csms.expect(
                "DiagnosticsStatusNotification",
                status="Uploaded",
                after=begun,
                within=dut.timeouts.transfer,
                requirement="1.6 4.4, 5.9",
            )
            check(len(files.uploads) == 1, "a single file", requirement="1.6 5.9", actual=len(files.uploads))
            _check_told(csms, ["Uploading", "Uploaded"], of="Diagnostics")


@case("TC_045_2_CS")
def test_diagnostics_upload_failed(csms: FakeCsms, dut: Dut) -> None:
    """Diagnostics that no server takes are told of; it is tried as often as was asked."""
    interval = dut.values.transfer_retry_interval
    with csms.files() as files:
        files.answer_uploads(403)
        for retries in (0, 1):
            step(f"Send GetDiagnostics for a server that refuses it, retries {retries}", expect="the name of the file")
            before = len(files.uploads)
            asked = {"retries": retries, "retryInterval": interval}
            answer = csms.send("GetDiagnostics", location=files.url("diagnostics"), **asked)
            check(answer.fileName, "a fileName", requirement="1.6 5.9", actual=answer)

            step("Wait for the end", expect="Uploading; as many attempts as asked for; UploadFailed")
            csms.expect("DiagnosticsStatusNotification", status="Uploading", requirement="1.6 4.4, 5.9")
            csms.expect(
                "DiagnosticsStatusNotification",
                status="UploadFailed",
                within=(retries + 1) * (interval + dut.timeouts.transfer),
                requirement="1.6 4.4, 5.9",
            )
            attempts = files.uploads[before:]
            _check_attempts(attempts, (retries + 1,), interval, "1.6 errata 3.50")
            names = {one.name for one in attempts} - {"diagnostics"}
            check(names <= {answer.fileName}, "under that name", requirement="1.6 5.9", actual=names)
            _check_told(csms, ["Uploading", "UploadFailed"], of="Diagnostics")


# ------------------------------------------------------------------ shapes that several cases share


def _expect(csms: FakeCsms, status: str, *, within: float, after: Any = None) -> Any:
    return csms.expect(
        "FirmwareStatusNotification", status=status, after=after, within=within, requirement="1.6 4.5, 5.19"
    )


def _check_told(csms: FakeCsms, wanted: list[str], *, of: str = "Firmware", may_lack: str = "") -> None:
    """The statuses since the request, in order; one that is told again and again counts once."""
    csms.drain()
    told = [status for status, _ in groupby(one.status for one in csms.seen_in_step(f"{of}StatusNotification"))]
    either = f" ({may_lack} may be left out)" if may_lack else ""
    check(
        told in (wanted, [one for one in wanted if one != may_lack]),
        f"the statuses {', '.join(wanted)}{either}",
        requirement="1.6 4.4, 4.5, 7.24, 7.25",
        actual=told,
    )


def _check_attempts(attempts: list[Any], allowed: tuple[int, ...], interval: int, requirement: str) -> None:
    text = f"{' or '.join(map(str, allowed))} attempts"
    check(len(attempts) in allowed, text, requirement=requirement, actual=len(attempts))
    pauses = [round(later.at - sooner.at, 3) for sooner, later in pairwise(attempts)]
    check(
        all(pause >= interval * CLOCK for pause in pauses),
        f"{interval} s between attempts",
        requirement="1.6 6.25, 6.55",
        actual=pauses,
    )
