"""Diagnostics, logs and firmware of the reference charge point of 1.6J, against real servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.cases.tls import pki_of
from conformance.dut.description import Values
from conformance.link.pki import TestPki
from conformance.link.tls import server_context
from conformance.ocppj import frames
from conformance.reference.firmware import MAGIC, version_of
from conformance.reference.transfer import supported
from conformance.services.files import Download, FileServer
from conformance.services.firmware import signed
from conformance.services.ftp import FtpServer
from conformance.services.http import HttpServer
from tests.reference.csms_double import TOKEN, CsmsDouble, Rig

BODY = b"what it does\n" * 500
IMAGE = b"\n".join((MAGIC, b"version: 9.9", b"sha256: " + sha256(BODY).hexdigest().encode(), b"", BODY))
ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def booted(**options: Any) -> AsyncIterator[tuple[CsmsDouble, Rig]]:
    options = {"transfer_time": 0.01, **options}
    async with CsmsDouble("1.6") as csms, Rig(csms, **options) as rig:
        await rig.booted()
        await csms.expect("StatusNotification", connectorId=2)
        yield csms, rig
        assert csms.problems == []


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> TestPki:
    return TestPki(tmp_path_factory.mktemp("pki"))


@asynccontextmanager
async def serving(protocol: str, pki: TestPki) -> AsyncIterator[FileServer]:
    shown = pki.server("127.0.0.1")
    servers = {
        "http": lambda: HttpServer("127.0.0.1"),
        "https": lambda: HttpServer("127.0.0.1", tls=server_context(shown)),
        "ftp": lambda: FtpServer("127.0.0.1"),
        "ftps": lambda: FtpServer("127.0.0.1", certificate=shown.chain, key=shown.key),
    }
    with servers[protocol]() as server:
        yield server


def told(csms: CsmsDouble, action: str) -> list[str]:
    return [one.payload["status"] for one in csms.calls if one.action == action]


def later(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def update(csms: CsmsDouble, url: str, **fields: Any) -> frames.Frame:
    return await csms.send("UpdateFirmware", {"location": url, "retrieveDate": later(0), **fields})


# -- uploads ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["http", "https", "ftp", "ftps"])
async def test_diagnostics_and_firmware(protocol: str, pki: TestPki) -> None:
    async with serving(protocol, pki) as files, booted(file_roots=pki.roots) as (csms, _):
        answer = await csms.send("GetDiagnostics", {"location": files.url("some/logs")})
        name = answer.payload["fileName"]
        await csms.expect("DiagnosticsStatusNotification", status="Uploaded")
        assert told(csms, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"]
        await asyncio.to_thread(files.wait_for, f"some/logs/{name}", within=2)
        (upload,) = files.uploads
        assert b"GetDiagnostics received" in upload.content
        files.offer("fw", IMAGE)
        assert (await update(csms, files.url("fw"))).payload == {}
        await csms.expect("FirmwareStatusNotification", status="Installed")
        assert told(csms, "FirmwareStatusNotification") == ["Downloading", "Downloaded", "Installing", "Installed"]
        assert [one.payload["firmwareVersion"] for one in csms.calls if one.action == "BootNotification"] == [
            "1.0.0",
            "9.9",
        ]


async def test_a_server_that_is_not_trusted(pki: TestPki) -> None:
    for protocol in ("https", "ftps"):
        async with serving(protocol, pki) as files, booted() as (csms, _):
            await csms.send("GetDiagnostics", {"location": files.url()})
            await csms.expect("DiagnosticsStatusNotification", status="UploadFailed")
            assert files.uploads == []


async def test_locations_that_can_not_be_used() -> None:
    async with booted() as (csms, _):
        for url in ("gopher://x/", "", "http://", "http://[::1", "ftp://x:port/", "file:///tmp"):
            assert not supported(url)
            assert (await csms.send("GetDiagnostics", {"location": url})).payload == {}
            log = {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": url}}
            assert (await csms.send("GetLog", log)).payload == {"status": "Rejected"}
        await update(csms, "gopher://x/")
        await csms.expect("FirmwareStatusNotification", status="DownloadFailed")
        assert told(csms, "DiagnosticsStatusNotification") == []


@pytest.mark.parametrize("protocol", ["http", "ftp"])
async def test_uploads_are_retried_and_resumed(protocol: str, pki: TestPki) -> None:
    async with serving(protocol, pki) as files, booted() as (csms, rig):
        rig.station.files.note("x" * 100_000)
        files.cut_uploads(50_000, times=2)
        request = {"location": files.url("logs"), "retries": 2, "retryInterval": 0}
        await csms.send("GetDiagnostics", request)
        await csms.expect("DiagnosticsStatusNotification", status="Uploaded")
        assert told(csms, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"]
        # By FTP the last one is noted after its reply has left.
        while len(files.uploads) < 3:
            await asyncio.sleep(0.005)
        *broken, whole = files.uploads
        assert [one.complete for one in broken] == [False, False]
        assert whole.complete
        assert b"x" * 100_000 in whole.content
        assert (whole.start > 0) is (protocol == "ftp")


@pytest.mark.parametrize(
    ("protocol", "status", "told_as"),
    [
        ("http", 403, "PermissionDenied"),
        ("http", 500, "UploadFailure"),
        ("http", 501, "NotSupportedOperation"),
        ("ftp", 403, "PermissionDenied"),
    ],
)
async def test_logs_that_are_refused(protocol: str, status: int, told_as: str, pki: TestPki) -> None:
    async with serving(protocol, pki) as files, booted() as (csms, _):
        files.answer_uploads(status)
        log = {"logType": "DiagnosticsLog", "requestId": 5, "retries": 0, "log": {"remoteLocation": files.url()}}
        assert (await csms.send("GetLog", log)).payload["status"] == "Accepted"
        await csms.expect("LogStatusNotification", status=told_as, requestId=5)


async def test_only_what_happened_in_time(pki: TestPki) -> None:
    async with serving("http", pki) as files, booted() as (csms, rig):
        await csms.send("GetDiagnostics", {"location": files.url("all")})
        await csms.expect("DiagnosticsStatusNotification", status="Uploaded")
        fields = {"startTime": later(-3600), "stopTime": later(-1800)}
        await csms.send("GetDiagnostics", {"location": files.url("none"), **fields})
        await csms.expect("DiagnosticsStatusNotification", status="Uploaded")
        full, empty = (one.content.splitlines() for one in files.uploads)
        assert len(full) > 2
        assert len(empty) == 1
        rig.station.security.happened("SettingSystemTime", critical=False)
        log = {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": files.url("s")}}
        await csms.send("GetLog", log)
        await csms.expect("LogStatusNotification", status="Uploaded")
        assert files.uploads[-1].content.count(b"\n") == 2


async def test_a_newer_log_takes_the_place(pki: TestPki) -> None:
    async with serving("http", pki) as files, booted(transfer_time=0.2) as (csms, _):
        log = {"logType": "DiagnosticsLog", "log": {"remoteLocation": files.url()}}
        assert (await csms.send("GetLog", {**log, "requestId": 1})).payload["status"] == "Accepted"
        await csms.expect("LogStatusNotification", status="Uploading", requestId=1)
        assert (await csms.send("GetLog", {**log, "requestId": 2})).payload["status"] == "AcceptedCanceled"
        await csms.expect("LogStatusNotification", status="Uploaded", requestId=2)
        assert [one.name for one in files.uploads] == ["DiagnosticsLog-2.log"]


# -- firmware ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["http", "ftp"])
async def test_downloads_are_retried_and_resumed(protocol: str, pki: TestPki) -> None:
    async with serving(protocol, pki) as files, booted() as (csms, _):
        files.offer("fw", Download(IMAGE, cut_at=1000, cuts=1))
        await update(csms, files.url("fw"), retries=1, retryInterval=0)
        await csms.expect("FirmwareStatusNotification", status="Installed")
        assert told(csms, "FirmwareStatusNotification").count("Downloading") == 1
        assert len(files.transfers) == 2
        assert files.transfers[1].start > 0


async def test_downloads_that_fail(pki: TestPki) -> None:
    async with serving("http", pki) as files, booted() as (csms, _):
        await update(csms, files.url("none"), retries=2, retryInterval=0)
        await csms.expect("FirmwareStatusNotification", status="DownloadFailed")
        assert told(csms, "FirmwareStatusNotification") == ["Downloading", "DownloadFailed"]
        assert len(files.transfers) == 3
        await csms.send("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"})
        await csms.expect("FirmwareStatusNotification", status="Idle")


async def test_what_is_no_firmware_is_not_installed(pki: TestPki) -> None:
    async with serving("http", pki) as files, booted() as (csms, _):
        files.offer("fw", IMAGE + b"!")
        await update(csms, files.url("fw"))
        await csms.expect("FirmwareStatusNotification", status="InstallationFailed")
        await csms.until(lambda: statuses(csms, 1) == ["Available", "Unavailable", "Available"])
        assert csms.connections == 1


def statuses(csms: CsmsDouble, connector: int) -> list[str]:
    return [
        one.payload["status"]
        for one in csms.calls
        if one.action == "StatusNotification" and one.payload["connectorId"] == connector
    ]


async def test_an_installation_waits_for_transactions(pki: TestPki) -> None:
    async with serving("http", pki) as files, booted() as (csms, rig):
        files.offer("fw", IMAGE)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await csms.expect("StatusNotification", connectorId=1, status="Charging")
        await update(csms, files.url("fw"))
        await csms.expect("StatusNotification", connectorId=2, status="Unavailable")
        start = await csms.send("RemoteStartTransaction", {"idTag": "A", "connectorId": 2})
        assert start.payload["status"] == "Rejected"
        assert "Installing" not in told(csms, "FirmwareStatusNotification")
        await csms.send("RemoteStopTransaction", {"transactionId": 77})
        await csms.expect("FirmwareStatusNotification", status="Installed")


async def test_an_update_waits_for_its_time(pki: TestPki) -> None:
    async with serving("http", pki) as files, booted() as (csms, _):
        files.offer("fw", IMAGE)
        asked = asyncio.get_running_loop().time()
        await update(csms, files.url("fw"), retrieveDate=later(0.3))
        await csms.expect("FirmwareStatusNotification", status="Downloading")
        assert asyncio.get_running_loop().time() - asked >= 0.25


def secured(pki: TestPki, url: str, number: int, **fields: Any) -> dict[str, Any]:
    dut: Any = SimpleNamespace(
        tls=SimpleNamespace(algorithm="ECDSA", folder=pki.roots.parent), source="dut.toml", values=Values()
    )
    assert pki_of(dut).roots == pki.roots
    made = signed(dut, IMAGE, forged=fields.pop("forged", False))
    return {"requestId": number, "firmware": {"location": url, "retrieveDateTime": later(0), **made, **fields}}


async def test_signed_firmware(pki: TestPki) -> None:
    options = {"firmware_roots": pki.roots, "password": "30313233343536373839616263646566"}
    async with serving("http", pki) as files, booted(**options) as (csms, _):
        url = files.offer("fw", IMAGE)
        action = "SignedFirmwareStatusNotification"
        assert (await update(csms, url)).error_code == "NotSupported"
        begun = time.monotonic()
        answer = await csms.send("SignedUpdateFirmware", secured(pki, url, 7, forged=True))
        assert answer.payload["status"] == "Accepted"
        await csms.expect(action, status="InvalidSignature", requestId=7)
        await csms.expect("SecurityEventNotification", type="InvalidFirmwareSignature")
        download = time.monotonic() - begun
        assert told(csms, action) == ["Downloading", "Downloaded", "InvalidSignature"]
        trigger = {"requestedMessage": "FirmwareStatusNotification"}
        await csms.send("ExtendedTriggerMessage", trigger)
        await csms.expect(action, status="InvalidSignature", requestId=7)
        await csms.send("SignedUpdateFirmware", secured(pki, url, 8, installDateTime=later(0.4 + 3 * download)))
        await csms.expect(action, status="Installed", requestId=8)
        assert told(csms, action)[4:] == [
            "Downloading",
            "Downloaded",
            "SignatureVerified",
            "InstallScheduled",
            "Installing",
            "InstallRebooting",
            "Installed",
        ]
        await csms.expect("SecurityEventNotification", type="FirmwareUpdated")
        await csms.send("ExtendedTriggerMessage", trigger)
        await csms.until(lambda: csms.calls[-1].payload == {"status": "Idle"})


async def test_a_newer_update_takes_the_place(pki: TestPki) -> None:
    async with serving("http", pki) as files, booted(firmware_roots=pki.roots) as (csms, _):
        url = files.offer("fw", IMAGE)
        request = secured(pki, url, 1, retrieveDateTime=later(60))
        assert (await csms.send("SignedUpdateFirmware", request)).payload["status"] == "Accepted"
        await csms.expect("SignedFirmwareStatusNotification", status="DownloadScheduled", requestId=1)
        answer = await csms.send("SignedUpdateFirmware", secured(pki, url, 2))
        assert answer.payload["status"] == "AcceptedCanceled"
        await csms.expect("SignedFirmwareStatusNotification", status="Installed", requestId=2)


def test_what_is_a_firmware() -> None:
    assert version_of(IMAGE) == "9.9"
    assert version_of((ROOT / "docs" / "devices" / "reference-firmware.txt").read_bytes()) == "1.1.0"
    for wrong in (b"", IMAGE[1:], IMAGE[:-1], IMAGE + b"\n", MAGIC, IMAGE.replace(b"version", b"vers")):
        assert version_of(wrong) is None
