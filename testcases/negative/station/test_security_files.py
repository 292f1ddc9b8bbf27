"""Firmware and log files of a charging station: servers that misbehave, odd URLs, signatures that do not hold.

Whatever is offered comes from the tester's own address.
"""

from __future__ import annotations

from typing import Any

from conformance import Download, Dut, FakeCsms, NotApplicable, case, check, observe, one_of, step

KIB, MIB = 1024, 1024 * 1024
CLOSED = 9
"""The port of a service (discard) that nobody runs."""
DOWNLOADS = {
    "does not exist": Download(status=404),
    "leads to itself": Download(status=302, location="leads-to-itself"),
    "is announced with 4 GiB and breaks off after 1": Download(bytes(64 * KIB), repeat=65536, cut_at=MIB),
    "the server can't read": Download(b"no such luck", status=500),
}
"""Files that a station can't get."""
FINAL = ("DownloadFailed", "InstallationFailed", "InstallVerificationFailed", "InvalidSignature", "Installed")
TAKEN = ("Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed")
"""Statuses that say that a station has taken a firmware."""
NO_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"


@case("OC_S_25_1_CS")
def test_firmware_that_can_not_be_had(csms: FakeCsms, dut: Dut) -> None:
    """A firmware that can't be downloaded is reported so; the station answers meanwhile, and lives on."""
    with csms.files("HTTP") as files:
        urls = {f"a file that {what}": files.offer(_name(what), one) for what, one in DOWNLOADS.items()}
        urls["a file: URL"] = "file:///etc/hostname"
        urls["an FTP server with credentials, where nobody listens"] = f"ftp://probe:secret@{csms.known_as}:{CLOSED}/f"
        for what, url in urls.items():
            step(f"Have a firmware downloaded from {what}", expect="DownloadFailed, or the request refused")
            if _update(csms, url):
                _expect_failure(csms, "FirmwareStatusNotification")

        step("Have a firmware downloaded that comes slowly", expect="the station answers meanwhile")
        slow = files.offer("slow", Download(bytes(64 * KIB), repeat=1000, pause=0.2))
        begun = _update(csms, slow)
        if begun:
            csms.expect("FirmwareStatusNotification", status="Downloading", within=csms.deadlines.physical)
            files.wait_for("slow", within=csms.deadlines.physical)
        csms.call(*_PROBES[csms.version.family])
    if begun:
        _expect_failure(csms, "FirmwareStatusNotification")


@case("OC_S_25_2_CS")
def test_firmware_of_somebody_else(csms: FakeCsms, dut: Dut) -> None:
    """A firmware whose signing certificate or signature is wrong is not installed, and the station tells of it."""
    content = b"a firmware that nobody has made" * 100
    action, notification = _SIGNED[csms.version.family]
    with csms.files("HTTP") as files:
        url = files.offer("firmware", content)
        for what, certificate in (
            ("is no certificate", None),
            ("has expired", "expired"),
            ("is unknown", "foreign-ca"),
        ):
            step(
                f"Offer a firmware whose signing certificate {what}", expect="InvalidCertificate, and a security event"
            )
            right = files.signed(content, certificate or "valid")
            wrong = right if certificate else {**right, "signingCertificate": NO_CERTIFICATE}
            answer = csms.send(action, **_request(csms, url, **wrong))
            refused = answer.status in ("InvalidCertificate", "RevokedCertificate")
            check(refused, "InvalidCertificate", requirement=_id(csms, "certificate"), actual=answer.status)
            event = "InvalidFirmwareSigningCertificate"
            csms.expect("SecurityEventNotification", type=event, requirement="L01.FR.02")
        check(not files.transfers, "no download for a certificate that does not hold", requirement="L01.FR.21")

        step("Offer a firmware with the signature of another one", expect="InvalidSignature, and a security event")
        answer = csms.send(action, **_request(csms, url, **files.signed(content + b"!")))
        if answer.status not in ("Accepted", "AcceptedCanceled"):
            observe("the signing certificate of this run", f"{answer.status}: signatures were not reached")
            return
        status = _expect_failure(csms, notification, downloaded=True)
        check(status == "InvalidSignature", "InvalidSignature", requirement="L01.FR.04", actual=status)
        csms.expect("SecurityEventNotification", type="InvalidFirmwareSignature", requirement="L01.FR.03")


@case("OC_S_25_3_CS")
def test_logs_that_can_not_be_brought(csms: FakeCsms, dut: Dut) -> None:
    """A log that can't be uploaded is reported so, and the credentials in its URL go to no other server."""
    action, notification, failures = _LOGS[csms.version.family]
    with csms.files("HTTP") as files, csms.files("HTTP") as other:
        for what, status in (("refuses every file", 403), ("fails", 500), ("sends it on to another", 307)):
            step(f"Have a log uploaded to a server that {what}", expect="a failure is reported")
            files.answer_uploads(status, Location=other.url("elsewhere"))
            if _accepted(csms.call(action, _log_request(csms, files.url(user="probe", password="secret")))):
                failure = csms.expect(notification, status=one_of(*failures, "Uploaded"), within=_patience(csms))
                wrong = failure.status == "Uploaded" and not other.uploads
                check(not wrong, "no log is called uploaded that was not", requirement=_id(csms, "log"))
        leaked = [one.path for one in other.transfers if one.header("Authorization")]
        check(not leaked, "no credentials for the server behind the redirect", actual=leaked)

        for what in ("file:///tmp/", f"ftp://probe:secret@{csms.known_as}:{CLOSED}/", "gopher://nowhere", "", "\x00"):
            step(f"Have a log uploaded to {what!r}", expect="refused, or a failure is reported")
            answer = csms.call(action, _log_request(csms, what), deliberate="a URL that leads nowhere")
            if _accepted(answer):
                csms.expect(notification, status=one_of(*failures), within=_patience(csms))


# ---------------------------------------------------------------------- shapes that several cases share


_PROBES: dict[str, tuple[str, dict[str, Any]]] = {
    "1.6": ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    "2": (
        "GetVariables",
        {"getVariableData": [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]},
    ),
}
_SIGNED = {
    "1.6": ("SignedUpdateFirmware", "SignedFirmwareStatusNotification"),
    "2": ("UpdateFirmware", "FirmwareStatusNotification"),
}
_LOGS = {
    "1.6": ("GetDiagnostics", "DiagnosticsStatusNotification", ("UploadFailed",)),
    "2": (
        "GetLog",
        "LogStatusNotification",
        ("UploadFailure", "PermissionDenied", "BadMessage", "NotSupportedOperation"),
    ),
}
_REQUIREMENTS = {
    "1.6": {"certificate": "L01.FR.24", "download": "1.6 4.5", "log": "1.6 4.4"},
    "2": {"certificate": "L01.FR.22", "download": "L01.FR.30", "log": "N01.FR.10"},
}


def _id(csms: FakeCsms, about: str) -> str:
    return _REQUIREMENTS[csms.version.family][about]


def _name(what: str) -> str:
    return what.replace(" ", "-")


def _patience(csms: FakeCsms) -> float:
    return csms.deadlines.physical + csms.deadlines.message


def _accepted(answer: Any) -> bool:
    """Whether an upload follows: 2.x says so, 1.6 by a file name."""
    return answer.status in ("Accepted", "AcceptedCanceled") or bool(answer.fileName)


def _request(csms: FakeCsms, url: str, **signature: str) -> dict[str, Any]:
    """UpdateFirmware of 2.x, and SignedUpdateFirmware of the whitepaper."""
    firmware = {"location": url, "retrieveDateTime": csms.timestamp(), **signature}
    return {"requestId": csms.next_request_id(), "retries": 0, "firmware": firmware}


def _log_request(csms: FakeCsms, url: str) -> dict[str, Any]:
    if csms.version.family == "2":
        log = {"remoteLocation": url}
        return {"logType": "DiagnosticsLog", "requestId": csms.next_request_id(), "retries": 0, "log": log}
    return {"location": url, "retries": 0}


def _update(csms: FakeCsms, url: str) -> bool:
    """Ask for a firmware without a signature; whether the station sets out to get it."""
    if csms.version.family == "2":
        answer = csms.call("UpdateFirmware", _request(csms, url))
        return answer.status in ("Accepted", "AcceptedCanceled")
    answer = csms.call("UpdateFirmware", {"location": url, "retries": 0, "retrieveDate": csms.timestamp()})
    if "NotSupported" in repr(answer):
        raise NotApplicable("the station takes signed firmware alone (whitepaper, L01.FR.20)")
    return True


def _expect_failure(csms: FakeCsms, notification: str, *, downloaded: bool = False) -> str:
    """The firmware comes to a bad end, before or after it is `downloaded`; the status that says so."""
    good = [one for one in TAKEN if not (downloaded and one == "Downloaded")]
    end = csms.expect(notification, status=one_of(*FINAL, *good), within=_patience(csms))
    check(end.status not in TAKEN, "the firmware is not taken", requirement=_id(csms, "download"), actual=end.status)
    return str(end.status)
