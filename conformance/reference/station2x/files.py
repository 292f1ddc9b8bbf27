"""Logs and firmware: real transfers by HTTP, with the statuses of the standard (2.0.1 N01, L01, L02)."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING, Any

from conformance.reference.clock import parse_time
from conformance.reference.security import text_of
from conformance.reference.station2x.remote import rejected
from conformance.reference.transfer import TransferFailed
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x


JOURNAL = 200
"""Lines of the log for diagnostics that are kept."""


class FileTransfers:
    """Handlers of GetLog and UpdateFirmware, and what their status notifications say at the moment."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self._log: tuple[str, int] | None = None
        self._firmware: tuple[str, int] | None = None
        self._journal: deque[str] = deque(maxlen=JOURNAL)
        self._uploading: asyncio.Task[Any] | None = None
        self._updating: asyncio.Task[Any] | None = None

    def note(self, what: str) -> None:
        """Enter what has happened into the log for diagnostics; the caller keeps key codes out of it (C04.FR.04)."""
        self._journal.append(f"{self._station.clock.stamp()} {what}")

    # -- logs ------------------------------------------------------------------------------------------------------

    def get_log(self, request: Payload) -> Answer | Payload:
        """Answer GetLog; a newer request takes the place of an upload that is under way (N01.FR.12)."""
        if not self._station.transfers.supported(request["log"]["remoteLocation"]):
            return rejected("InvalidURL")
        replaced = self._uploading is not None and not self._uploading.done()
        status = "AcceptedCanceled" if replaced else "Accepted"
        name = f"{request['logType']}-{request['requestId']}.log"
        return Answer({"status": status, "filename": name}, lambda: self._start_upload(request, name))

    def _start_upload(self, request: Payload, name: str) -> None:
        if self._uploading is not None and self._log is not None and not self._uploading.done():
            self._uploading.cancel()
            self._notify_log("AcceptedCanceled", self._log[1])
        self._uploading = self._station.spawn(self._upload(request, name))

    async def _upload(self, request: Payload, name: str) -> None:
        number = request["requestId"]
        self._log = ("Uploading", number)
        self._notify_log("Uploading", number)
        await asyncio.sleep(self._station.options.transfer_time)
        content = f"{self._station.clock.stamp()} {request['logType']} of {self._station.options.identity}\n".encode()
        content += text_of(self._station.security.log if request["logType"] == "SecurityLog" else self._journal)
        status = "UploadFailure"
        for attempt in range(request.get("retries", 0) + 1):
            if attempt:
                await asyncio.sleep(request.get("retryInterval", 0))
            try:
                await self._station.transfers.upload(request["log"]["remoteLocation"], name, content)
                status = "Uploaded"
                break
            except TransferFailed:
                continue
        self._log = None
        self._notify_log(status, number)

    def _notify_log(self, status: str, number: int) -> None:
        payload = {"status": status, "requestId": number}
        self._station.spawn(self._station.tell("LogStatusNotification", payload))

    def tell_log_status(self) -> None:
        """TriggerMessage asked: Uploading or Idle (F06.FR.14, .15)."""
        if self._log is None or self._station.defects.active("log-status-always-idle"):
            self._station.spawn(self._station.tell("LogStatusNotification", {"status": "Idle"}))
        else:
            self._notify_log(*self._log)

    # -- firmware --------------------------------------------------------------------------------------------------

    def update_firmware(self, request: Payload) -> Answer | Payload:
        """Answer UpdateFirmware; a newer request takes the place of an update that is under way (L01.FR.24)."""
        firmware = request["firmware"]
        station, certificate = self._station, firmware.get("signingCertificate")
        if certificate is not None and station.transfers.refuses(certificate):
            event = "InvalidFirmwareSigningCertificate"
            return Answer({"status": "InvalidCertificate"}, lambda: station.security.happened(event, critical=True))
        if not self._station.transfers.supported(firmware["location"]):
            return rejected("InvalidURL")
        replaced = self._updating is not None and not self._updating.done()
        status = "AcceptedCanceled" if replaced else "Accepted"
        return Answer({"status": status}, lambda: self._start_update(request))

    def _start_update(self, request: Payload) -> None:
        if self._updating is not None:
            self._updating.cancel()
        self._updating = self._station.spawn(self._update(request))

    async def _until(self, moment: datetime | None) -> None:
        while moment is not None and (left := (moment - self._station.clock.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 0.5))

    async def _update(self, request: Payload) -> None:
        number, firmware = request["requestId"], request["firmware"]
        retrieve = parse_time(firmware["retrieveDateTime"])
        if retrieve is not None and retrieve > self._station.clock.now():
            self._firmware_status("DownloadScheduled", number)
            await self._until(retrieve)
        self._firmware_status("Downloading", number)
        await asyncio.sleep(self._station.options.transfer_time)
        content: bytes | None = None
        for attempt in range(request.get("retries", 0) + 1):
            if attempt:
                await asyncio.sleep(request.get("retryInterval", 0))
            try:
                content = await self._station.transfers.download(firmware["location"])
                break
            except TransferFailed:
                continue
        if content is None:
            self._firmware_status("DownloadFailed", number, final=True)
            return
        self._firmware_status("Downloaded", number)
        if "signature" in firmware or "signingCertificate" in firmware:
            signer, signature = firmware.get("signingCertificate", ""), firmware.get("signature", "")
            if not self._station.transfers.verified(content, signer, signature):
                self._firmware_status("InvalidSignature", number, final=True)
                self._station.security.happened("InvalidFirmwareSignature", critical=True)
                return
            self._firmware_status("SignatureVerified", number)
        install = parse_time(firmware.get("installDateTime", ""))
        if install is not None and install > self._station.clock.now():
            self._firmware_status("InstallScheduled", number)
            await self._until(install)
        self._firmware_status("Installing", number)
        await asyncio.sleep(self._station.options.transfer_time)
        self._firmware_status("Installed", number, final=True)
        self._station.security.happened("FirmwareUpdated", critical=True)

    def _firmware_status(self, status: str, number: int, *, final: bool = False) -> None:
        self._firmware = None if final else (status, number)
        payload = {"status": status, "requestId": number}
        self._station.spawn(self._station.tell("FirmwareStatusNotification", payload))

    def tell_firmware_status(self) -> None:
        """TriggerMessage asked: the last status, or Idle (F06.FR.16)."""
        if self._firmware is None or self._station.defects.active("firmware-status-always-idle"):
            self._station.spawn(self._station.tell("FirmwareStatusNotification", {"status": "Idle"}))
        else:
            self._firmware_status(*self._firmware)
