"""Diagnostics, logs and firmware of 1.6 and its security whitepaper: real transfers, and what is told of them.

Source: 1.6 sections 4.4, 4.5, 5.9, 5.19 and chapter 8, errata 3.50; security whitepaper chapters 3 (N01) and 4 (L01).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from conformance.reference.clock import format_time, parse_time
from conformance.reference.firmware import version_of
from conformance.reference.transfer import TransferFailed
from conformance.reference.wire import Answer, CallError, Payload

if TYPE_CHECKING:
    from conformance.reference.station16.station import Station16

DIAGNOSTICS_LENGTH = 500
"""Entries of the diagnostics, which roll."""
_NAP = 0.05
_FAILURES = {400: "BadMessage", 401: "PermissionDenied", 403: "PermissionDenied", 405: "NotSupportedOperation"}
_FAILURES |= {501: "NotSupportedOperation"}
"""The statuses of a failed log upload that say more than UploadFailure (N01.FR.10), by the server's own."""


@dataclass(frozen=True, slots=True)
class Update:
    """A firmware to get and install; `number` is the requestId of a signed one, None for an unsigned one."""

    location: str
    retrieve: datetime | None
    retries: int
    interval: float
    number: int | None = None
    install: datetime | None = None
    certificate: str = ""
    signature: str = ""


class FileTransfers:
    """Handlers of transfers, and what their status notifications say at the moment."""

    def __init__(self, station: Station16) -> None:
        self._station = station
        self._entries: deque[tuple[datetime, str]] = deque(maxlen=DIAGNOSTICS_LENGTH)
        self.power_up()

    def power_up(self) -> None:
        """Nothing is under way."""
        self._diagnostics = "Idle"
        self._log: tuple[str, int] | None = None
        self._firmware = "Idle"
        self._uploading: asyncio.Task[None] | None = None
        self._logging: asyncio.Task[None] | None = None
        self._updating: asyncio.Task[None] | None = None
        self.installing = False
        """Whether a firmware waits for its installation, or is being installed: no connector may be used."""

    def note(self, text: str) -> None:
        """Write a line into the diagnostics."""
        self._entries.append((self._station.clock.now(), text))

    # -- uploads -----------------------------------------------------------------------------------------------------

    def get_diagnostics(self, request: Payload) -> Answer | Payload:
        """Answer GetDiagnostics; without a fileName when there is no way to bring it (5.9)."""
        if not self._station.transfers.supported(request["location"]):
            return {}
        name = f"diagnostics-{self._station.options.identity}.log"
        return Answer({"fileName": name}, lambda: self._begin_diagnostics(request, name))

    def _begin_diagnostics(self, request: Payload, name: str) -> None:
        if self._uploading is not None:
            self._uploading.cancel()
        self._uploading = self._station.spawn(self._diagnose(request, name))

    async def _diagnose(self, request: Payload, name: str) -> None:
        await self._diagnostics_status("Uploading")
        content = self._lines(request.get("startTime"), request.get("stopTime"))
        failed = await self._upload(request["location"], name, content, request)
        await self._diagnostics_status("Uploaded" if failed is None else "UploadFailed")
        self._diagnostics = "Idle"

    async def _diagnostics_status(self, status: str) -> None:
        self._diagnostics = status
        await self._station.tell("DiagnosticsStatusNotification", {"status": status})

    def tell_diagnostics_status(self) -> None:
        """TriggerMessage asked."""
        payload = {"status": self._diagnostics}
        self._station.spawn(self._station.tell("DiagnosticsStatusNotification", payload))

    def get_log(self, request: Payload) -> Answer | Payload:
        """Answer GetLog; a newer request takes the place of an upload that is under way (N01.FR.11)."""
        if not self._station.transfers.supported(request["log"]["remoteLocation"]):
            return {"status": "Rejected"}
        name = f"{request['logType']}-{request['requestId']}.log"
        replaced = self._logging is not None and not self._logging.done()
        status = "AcceptedCanceled" if replaced else "Accepted"
        return Answer({"status": status, "filename": name}, lambda: self._begin_log(request, name))

    def _begin_log(self, request: Payload, name: str) -> None:
        if self._logging is not None and not self._station.defects.active("canceled-log-uploaded-still"):
            self._logging.cancel()
        self._logging = self._station.spawn(self._send_log(request, name))

    async def _send_log(self, request: Payload, name: str) -> None:
        number, log = request["requestId"], request["log"]
        self._log = ("Uploading", number)
        await self._log_status("Uploading", number)
        wanted = (log.get("oldestTimestamp"), log.get("latestTimestamp"))
        secure = request["logType"] == "SecurityLog"
        content = self._security_lines(*wanted) if secure else self._lines(*wanted)
        failed = await self._upload(log["remoteLocation"], name, content, request)
        self._log = None
        await self._log_status("Uploaded" if failed is None else _FAILURES.get(failed.status, "UploadFailure"), number)

    async def _log_status(self, status: str, number: int | None) -> None:
        payload: Payload = {"status": status}
        if number is not None:
            payload["requestId"] = number
        await self._station.tell("LogStatusNotification", payload)

    def tell_log_status(self) -> None:
        """ExtendedTriggerMessage asked."""
        self._station.spawn(self._log_status(*(self._log or ("Idle", None))))

    async def _upload(self, location: str, name: str, content: bytes, request: Payload) -> TransferFailed | None:
        """Bring a file, and retry as often as was asked (errata 3.50); why it could not be done, None if it was."""
        station = self._station
        await asyncio.sleep(station.options.transfer_time)
        if station.defects.active("upload-under-another-name"):
            name = f"{name}.tmp"
        if station.defects.active("upload-only-claimed"):
            return None
        retries = 0 if station.defects.active("upload-retries-ignored") else request.get("retries", 0)
        failure: TransferFailed | None = None
        for attempt in range(retries + 1):
            if attempt:
                await self._pause(request.get("retryInterval", 0))
            try:
                await station.transfers.upload(location, name, content)
            except TransferFailed as failed:
                failure = failed
                continue
            return None
        return failure

    async def _pause(self, seconds: float) -> None:
        """Wait before a retry."""
        if not self._station.defects.active("transfer-retry-interval-ignored"):
            await asyncio.sleep(seconds)

    def _lines(self, oldest: str | None, latest: str | None) -> bytes:
        entries = [(moment, f"{format_time(moment)} {text}") for moment, text in self._entries]
        return self._file("diagnostics", entries, oldest, latest)

    def _security_lines(self, oldest: str | None, latest: str | None) -> bytes:
        entries = [(parse_time(line.split(" ", 1)[0]), line) for line in self._station.security.log]
        return self._file("security log", entries, oldest, latest)

    def _file(self, what: str, entries: list[Any], oldest: str | None, latest: str | None) -> bytes:
        """The entries of that time, under a line that says what they are."""
        first, last = (parse_time(one) if one else None for one in (oldest, latest))
        kept = [
            line
            for moment, line in entries
            if moment is None or ((first is None or moment >= first) and (last is None or moment <= last))
        ]
        head = f"{self._station.clock.stamp()} {what} of {self._station.options.identity}"
        return "".join(f"{line}\n" for line in (head, *kept)).encode("utf-8", "replace")

    # -- firmware ----------------------------------------------------------------------------------------------------

    def update_firmware(self, request: Payload) -> Answer:
        """Answer UpdateFirmware. On a security profile, only signed firmware is taken (L01.FR.20)."""
        if self._station.profiles.current and not self._station.defects.active("unsigned-firmware-taken"):
            raise CallError("NotSupported", "only signed firmware is installed")
        update = Update(
            request["location"],
            parse_time(request["retrieveDate"]),
            request.get("retries", 0),
            request.get("retryInterval", 0),
        )
        return Answer({}, lambda: self._begin(update))

    def signed_update_firmware(self, request: Payload) -> Answer | Payload:
        """Answer SignedUpdateFirmware; one that is under way is given up for it (L01.FR.26)."""
        station, firmware = self._station, request["firmware"]
        if station.transfers.refuses(firmware["signingCertificate"]):
            event = "InvalidFirmwareSigningCertificate"
            return Answer({"status": "InvalidCertificate"}, lambda: station.security.happened(event, critical=True))
        update = Update(
            firmware["location"],
            parse_time(firmware["retrieveDateTime"]),
            request.get("retries", 0),
            request.get("retryInterval", 0),
            number=request["requestId"],
            install=parse_time(firmware.get("installDateTime", "")),
            certificate=firmware["signingCertificate"],
            signature=firmware["signature"],
        )
        replaced = self._updating is not None and not self._updating.done()
        return Answer({"status": "AcceptedCanceled" if replaced else "Accepted"}, lambda: self._begin(update))

    def _begin(self, update: Update) -> None:
        if self._updating is not None:
            self._updating.cancel()
        self._release()
        self._updating = self._station.spawn(self._update(update))

    async def _update(self, update: Update) -> None:
        image = await self._downloaded(update)
        if image is None or not await self._trusted(update, image):
            self._firmware = "Idle"
            return
        if self._ahead(update.install) and not self._station.defects.active("install-date-ignored"):
            await self._tell(update, "InstallScheduled")
            await self._until(update.install)
        await self._idle()
        await self._tell(update, "Installing")
        await asyncio.sleep(self._station.options.transfer_time)
        version = version_of(image)
        if version is None and self._station.defects.active("any-firmware-installed"):
            version = "0"
        if version is None:
            await self._tell(update, "InstallationFailed")
            self._firmware = "Idle"
            self._release()
            return
        memory = self._station.memory
        memory.section("firmware").update(version=version, installed=True, number=update.number)
        memory.save()
        if self._station.defects.active("installs-without-restart"):
            await self.booted()
            self._release()
            return
        if update.number is not None:
            await self._tell(update, "InstallRebooting")
        await self._station.reboot("FirmwareUpdate")

    def _release(self) -> None:
        """The connectors may be used again."""
        if self.installing and not self._station.defects.active("out-of-service-after-failed-update"):
            self.installing = False
            self._station.statuses.report_changes()

    async def booted(self) -> None:
        """After an accepted boot: tell of a firmware that was installed before it."""
        kept = self._station.memory.section("firmware")
        if kept.pop("installed", False):
            number = kept.pop("number", None)
            self._station.memory.save()
            await self._tell_status("Installed", number)
            self._firmware = "Idle"
            self._station.security.happened("FirmwareUpdated", critical=number is not None)

    async def _downloaded(self, update: Update) -> bytes | None:
        """The firmware, when it was to be had; else what is needed has been told."""
        defects = self._station.defects
        if self._ahead(update.retrieve) and not defects.active("retrieve-date-ignored"):
            if update.number is not None:
                await self._tell(update, "DownloadScheduled")
            await self._until(update.retrieve)
        await self._tell(update, "Downloading")
        await asyncio.sleep(self._station.options.transfer_time)
        image = await self._fetched(update)
        await self._tell(update, "DownloadFailed" if image is None else "Downloaded")
        return image

    async def _fetched(self, update: Update) -> bytes | None:
        transfers, defects = self._station.transfers, self._station.defects
        if not transfers.supported(update.location):
            return None
        if defects.active("firmware-never-fetched"):
            return b""
        so_far = bytearray()
        for attempt in range(1 if defects.active("download-retries-ignored") else update.retries + 1):
            if attempt:
                await self._pause(update.interval)
            try:
                return await transfers.download(update.location, so_far)
            except TransferFailed:
                if defects.active("resumed-download-has-a-gap"):
                    so_far += b"?"
        return None

    async def _trusted(self, update: Update, image: bytes) -> bool:
        """Whether the firmware is signed as it has to be; else this has been told (L01.FR.03, L01.FR.04)."""
        if update.number is None:
            return True
        if not self._station.transfers.verified(image, update.certificate, update.signature):
            await self._tell(update, "InvalidSignature")
            self._station.security.happened("InvalidFirmwareSignature", critical=True)
            return False
        await self._tell(update, "SignatureVerified")
        return True

    async def _idle(self) -> None:
        """Wait until no transaction runs; a connector without one is Unavailable meanwhile (5.19, L01.FR.06, .07)."""
        sessions, defects = self._station.sessions, self._station.defects
        if defects.active("update-stops-transactions"):
            for session in sessions.all():
                sessions.stop(session, "Reboot")
        busy = any(sessions.running(one.evse.id) for one in sessions.all())
        if not busy and defects.active("in-service-while-updating"):
            return
        self.installing = not defects.active("connectors-in-service-before-installation")
        self._station.statuses.report_changes()
        while any(sessions.running(one.evse.id) for one in sessions.all()):
            await asyncio.sleep(_NAP)
            self._station.statuses.report_changes()
        self.installing = True

    def _ahead(self, moment: datetime | None) -> bool:
        return moment is not None and moment > self._station.clock.now()

    async def _until(self, moment: datetime | None) -> None:
        while moment is not None and (left := (moment - self._station.clock.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 0.5))

    async def _tell(self, update: Update, status: str) -> None:
        await self._tell_status(status, update.number)

    async def _tell_status(self, status: str, number: int | None) -> None:
        if number is None:
            self._firmware = status
            await self._station.tell("FirmwareStatusNotification", {"status": status})
        else:
            payload: Payload = {"status": status, "requestId": number}
            self._station.memory.section("firmware")["told"] = payload
            self._station.memory.save()
            await self._station.tell("SignedFirmwareStatusNotification", payload)

    def tell_firmware_status(self) -> None:
        """TriggerMessage asked."""
        self._station.spawn(self._station.tell("FirmwareStatusNotification", {"status": self._firmware}))

    def tell_signed_firmware_status(self) -> None:
        """ExtendedTriggerMessage asked: the status that was told last, Idle after an installation (L01.FR.28, .29)."""
        told: Payload = self._station.memory.section("firmware").get("told", {})
        payload = {"status": "Idle"} if told.get("status", "Installed") == "Installed" else dict(told)
        self._station.spawn(self._station.tell("SignedFirmwareStatusNotification", payload))
