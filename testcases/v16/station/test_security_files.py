"""Security whitepaper, the parts about files (N01, L01): a charge point under test (1.6)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from conformance import PRESENT, Dut, FakeCsms, Files, case, check, moment, observe, one_of, recommend, step

STATUS = "SignedFirmwareStatusNotification"
EVENT = "SecurityEventNotification"
LOG = "LogStatusNotification"
UPLOADED = "N01.FR.09, N01.FR.12"
WAITING = ("DownloadScheduled", "DownloadPaused")
"""Statuses of a charge point that has something else to do first (L01.FR.13, L01.FR.14)."""


@case("TC_079_CS")
def test_security_log(csms: FakeCsms, dut: Dut) -> None:
    """The security log is brought to where it is wanted, under the name that was answered."""
    number = csms.next_request_id()
    with csms.files() as files:
        step("Send GetLog for the security log", expect="Accepted, with the name of the file")
        log = {"remoteLocation": files.url("security")}
        answer = csms.send("GetLog", logType="SecurityLog", requestId=number, log=log)
        check(answer.status == "Accepted", "GetLog is Accepted", requirement="N01.FR.01", actual=answer.status)
        check(answer.filename, "a filename", requirement="N01.FR.01", actual=answer)

        step("Wait for the upload", expect="Uploading; one file of that name; Uploaded; all with the requestId")
        within = dut.timeouts.transfer
        begun = csms.expect("LogStatusNotification", status="Uploading", requestId=number, requirement="N01.FR.08")
        upload = files.expect_upload(answer.filename or PRESENT, into="security", requirement="N01.FR.02, N01.FR.03")
        check(upload.content, "the file is not empty", requirement="N01.FR.03")
        csms.expect("LogStatusNotification", after=begun, status="Uploaded", within=within, requirement="N01.FR.09")
        check(len(files.uploads) == 1, "a single file", requirement="N01.FR.02", actual=len(files.uploads))
    csms.drain()
    told = list(dict.fromkeys((one.status, one.requestId) for one in csms.seen_in_step("LogStatusNotification")))
    wanted = [("Uploading", number), ("Uploaded", number)]
    check(told == wanted, "Uploading, Uploaded, with the requestId", requirement="N01.FR.07", actual=told)


@case("OC_16_76_CS")
def test_log_replaced(csms: FakeCsms, dut: Dut) -> None:
    """A GetLog that comes while a log is on its way takes its place; each upload is told of under its own requestId."""
    number, newer = csms.next_request_id(), csms.next_request_id()
    with csms.files() as files:
        with files.held():
            step("Send GetLog, hold the upload", expect="Accepted; Uploading")
            answer = _get_log(csms, number, files.url("older"))
            check(answer.status == "Accepted", "GetLog is Accepted", requirement="N01.FR.01", actual=answer.status)
            check(answer.filename, "a filename", requirement="N01.FR.01", actual=answer)
            csms.expect(LOG, status="Uploading", requestId=number, requirement="N01.FR.08")

            step("Send GetLog with another requestId", expect="AcceptedCanceled, with the name of the file")
            answer = _get_log(csms, newer, files.url("newer"))
            status = answer.status
            recommend(status == "AcceptedCanceled", "AcceptedCanceled", requirement="N01.FR.11", actual=status)
        if status == "Rejected":
            csms.expect(LOG, status="Uploaded", requestId=number, within=dut.timeouts.transfer, requirement=UPLOADED)
        else:
            _expect_other_log(csms, files, answer, newer, dut.timeouts.transfer)
    csms.drain()
    done = {one.requestId for one in csms.seen(LOG, status="Uploaded")}
    wanted = {"AcceptedCanceled": {newer}, "Rejected": {number}}.get(status, {number, newer})
    check(done == wanted, f"Uploaded for requestId {sorted(wanted)}", requirement="N01.FR.12", actual=sorted(done))


@case("TC_080_CS")
def test_signed_firmware(csms: FakeCsms, dut: Dut) -> None:
    """A firmware that is signed by the manufacturer is verified and installed, and each stage is told."""
    with csms.files() as files:
        url = files.offer("firmware", dut.firmware)

        step("Send SignedUpdateFirmware", expect="Accepted; Downloading; the file is fetched; Downloaded")
        number = _ask(csms, url, files.signed(dut.firmware))
        begun = _expect(csms, "Downloading", within=dut.timeouts.transfer)
        files.expect_download("firmware", requirement="L01")
        done = _expect(csms, "Downloaded", after=begun, within=dut.timeouts.transfer)

    step("Wait for the verification", expect="SignatureVerified")
    verified = _expect(csms, "SignatureVerified", after=done, within=dut.timeouts.transfer, requirement="L01.FR.04")

    step(
        "Wait for the installation", expect="Installing, InstallRebooting or both; a restart; Installed; all Available"
    )
    stage = one_of("Installing", "InstallRebooting")
    installing = _expect(csms, stage, after=verified, within=dut.timeouts.install, requirement="L01.FR.01, L01.FR.05")
    _expect(csms, "Installed", after=installing, within=dut.timeouts.install)
    if not csms.wait(lambda: bool(csms.seen_in_step("BootNotification")), within=dut.timeouts.boot):
        observe("a restart with the new firmware", "none")
    csms.execute("BackInService")
    _in_step(csms, dut, "FirmwareUpdated", requirement="A04.FR.01")
    _check_told(csms, number, ["Downloading", "Downloaded", "SignatureVerified", "Installed"], may_come=stage.choices)


@case("OC_16_75_CS")
def test_installation_at_its_time(csms: FakeCsms, dut: Dut) -> None:
    """A firmware with an installDateTime is fetched and verified, and installed when its time has come."""
    wait = dut.timeouts.transfer / 2 + dut.timeouts.tolerance
    planned = csms.timestamp(wait)
    with csms.files() as files:
        url = files.offer("firmware", dut.firmware)

        step("Send SignedUpdateFirmware with an installDateTime to come", expect="it is fetched, verified, scheduled")
        number = _ask(csms, url, files.signed(dut.firmware), installDateTime=planned)
        files.expect_download("firmware", requirement="L01")
        verified = _expect(csms, "SignatureVerified", within=wait, requirement="L01.FR.04")
        scheduled = _expect(csms, "InstallScheduled", after=verified, within=wait, requirement="L01.FR.16")

    step("Wait until then", expect="Installing, InstallRebooting or both, not before; Installed")
    stage = one_of("Installing", "InstallRebooting")
    within = wait + dut.timeouts.install
    installing = _expect(csms, stage, after=scheduled, within=within, requirement="L01.FR.16, L01.FR.17")
    early = moment(planned) - moment(csms.timestamp())
    check(early <= dut.timeouts.tolerance, "not before installDateTime", requirement="L01.FR.16", actual=f"{early:g} s")
    _expect(csms, "Installed", after=installing, within=dut.timeouts.install)
    csms.wait(lambda: bool(csms.seen_in_step("BootNotification")), within=dut.timeouts.boot)
    csms.execute("BackInService")
    wanted = ["Downloading", "Downloaded", "SignatureVerified", "InstallScheduled", "Installed"]
    _check_told(csms, number, wanted, may_come=stage.choices)


@case("TC_081_CS")
def test_invalid_signature(csms: FakeCsms, dut: Dut) -> None:
    """A firmware whose signature does not hold is not installed; the CSMS is told so, and of the security event."""
    with csms.files() as files:
        url = files.offer("firmware", dut.firmware)

        step("Send SignedUpdateFirmware with an invalid signature", expect="Accepted; Downloading; Downloaded")
        number = _ask(csms, url, files.signed(dut.firmware, forged=True))
        begun = _expect(csms, "Downloading", within=dut.timeouts.transfer)
        files.expect_download("firmware", requirement="L01")
        done = _expect(csms, "Downloaded", after=begun, within=dut.timeouts.transfer)

    step("Wait for the verification", expect="InvalidSignature, and the security event; no installation")
    _expect(csms, "InvalidSignature", after=done, within=dut.timeouts.transfer, requirement="L01.FR.04")
    _in_step(csms, dut, "InvalidFirmwareSignature", requirement="L01.FR.03")
    _check_told(csms, number, ["Downloading", "Downloaded", "InvalidSignature"])
    check(not csms.seen_in_step("BootNotification"), "the charge point does not restart", requirement="L01.FR.04")


# ------------------------------------------------------------------ shapes that several cases share


def _get_log(csms: FakeCsms, number: int, url: str) -> Any:
    return csms.send("GetLog", logType="SecurityLog", requestId=number, log={"remoteLocation": url})


def _expect_other_log(csms: FakeCsms, files: Files, answer: Any, number: int, within: float) -> None:
    """The log that took the place of another is brought to its own folder, and told of."""
    begun = csms.expect(LOG, status="Uploading", requestId=number, within=within, requirement="N01.FR.08")
    check(answer.filename, "a filename", requirement="N01.FR.01", actual=answer)
    upload = files.expect_upload(answer.filename or PRESENT, into="newer", requirement="N01.FR.02, N01.FR.03")
    check(upload.content, "the file is not empty", requirement="N01.FR.03")
    csms.expect(LOG, status="Uploaded", requestId=number, after=begun, within=within, requirement=UPLOADED)


def _ask(csms: FakeCsms, url: str, signed: dict[str, str], **fields: Any) -> int:
    number = csms.next_request_id()
    firmware = {"location": url, "retrieveDateTime": csms.timestamp(), **signed, **fields}
    answer = csms.send("SignedUpdateFirmware", requestId=number, retries=0, firmware=firmware)
    check(answer.status == "Accepted", "the request is Accepted", requirement="L01.FR.23", actual=answer.status)
    return number


def _expect(
    csms: FakeCsms, status: Any, *, within: float, after: Any = None, requirement: str = "L01.FR.01, L01.FR.10"
) -> Any:
    return csms.expect(STATUS, status=status, after=after, within=within, requirement=requirement)


def _in_step(csms: FakeCsms, dut: Dut, event: str, *, requirement: str) -> None:
    """A security event comes, before or after the status that belongs to it."""
    csms.expect(EVENT, type=event, within=dut.timeouts.boot, requirement=requirement)


def _check_told(csms: FakeCsms, number: int, wanted: list[str], *, may_come: tuple[str, ...] = ()) -> None:
    """The statuses of the case, in order, with their requestId; one that is told again and again counts once."""
    csms.drain()
    notices = csms.seen_in_step(STATUS)
    told = [status for status, _ in groupby(one.status for one in notices)]
    counted = [one for one in told if one not in (*WAITING, *may_come)]
    check(counted == wanted, f"the statuses {', '.join(wanted)}", requirement="L01.FR.01", actual=told)
    numbers = {one.requestId for one in notices}
    check(numbers == {number}, f"requestId {number}", requirement="L01.FR.10, L01.FR.21", actual=numbers)
