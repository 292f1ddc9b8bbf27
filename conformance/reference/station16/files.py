"""Diagnostics, logs and firmware of 1.6 and its security whitepaper: real transfers by HTTP, and their statuses.

Source: 1.6 sections 4.4, 4.5, 5.9, 5.19; security whitepaper 4.5 and 4.6 (GetLog, SignedUpdateFirmware).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.reference.clock import parse_time
from conformance.reference.security import text_of
from conformance.reference.transfer import TransferFailed
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station16.station import Station16


class FileTransfers:
    """Handlers of transfers, and what their status notifications say at the moment."""

    def __init__(self, station: Station16) -> None:
        self._station = station
        self._diagnostics = "Idle"
        self._firmware = "Idle"
        self._log: tuple[str, int] | None = None

    # -- diagnostics and logs ----------------------------------------------------------------------------------------

    def get_diagnostics(self, request: Payload) -> Answer | Payload:
        """Answer GetDiagnostics; without a fileName when there is no way to bring it (5.9)."""
        if not self._station.transfers.supported(request["location"]):
            return {}
        name = f"diagnostics-{self._station.options.identity}.log"
        return Answer({"fileName": name}, lambda: self._station.spawn(self._diagnose(request, name)))

    async def _diagnose(self, request: Payload, name: str) -> None:
        await self._diagnostics_status("Uploading")
        done = await self._upload(request["location"], name, request)
        await self._diagnostics_status("Uploaded" if done else "UploadFailed")
        self._diagnostics = "Idle"

    async def _diagnostics_status(self, status: str) -> None:
        self._diagnostics = status
        await self._station.tell("DiagnosticsStatusNotification", {"status": status})

    def tell_diagnostics_status(self) -> None:
        """TriggerMessage asked."""
        payload = {"status": self._diagnostics}
        self._station.spawn(self._station.tell("DiagnosticsStatusNotification", payload))

    async def _upload(self, location: str, name: str, request: Payload) -> bool:
        await asyncio.sleep(self._station.options.transfer_time)
        content = f"{self._station.clock.stamp()} log of {self._station.options.identity}\n".encode()
        if request.get("logType") == "SecurityLog":
            content += text_of(self._station.security.log)
        for attempt in range(request.get("retries", 0) + 1):
            if attempt:
                await asyncio.sleep(request.get("retryInterval", 0))
            try:
                await self._station.transfers.upload(location, name, content)
            except TransferFailed:
                continue
            return True
        return False

    def get_log(self, request: Payload) -> Answer | Payload:
        """Answer GetLog."""
        location = request["log"]["remoteLocation"]
        if not self._station.transfers.supported(location):
            return {"status": "Rejected"}
        name = f"{request['logType']}-{request['requestId']}.log"
        answer = {"status": "Accepted", "filename": name}
        return Answer(answer, lambda: self._station.spawn(self._send_log(request, location, name)))

    async def _send_log(self, request: Payload, location: str, name: str) -> None:
        number = request["requestId"]
        self._log = ("Uploading", number)
        await self._log_status("Uploading", number)
        done = await self._upload(location, name, request)
        self._log = None
        await self._log_status("Uploaded" if done else "UploadFailure", number)

    async def _log_status(self, status: str, number: int | None) -> None:
        payload: Payload = {"status": status}
        if number is not None:
            payload["requestId"] = number
        await self._station.tell("LogStatusNotification", payload)

    def tell_log_status(self) -> None:
        """ExtendedTriggerMessage asked."""
        self._station.spawn(self._log_status(*(self._log or ("Idle", None))))

    # -- firmware ----------------------------------------------------------------------------------------------------

    def update_firmware(self, request: Payload) -> Answer:
        """Answer UpdateFirmware."""
        return Answer({}, lambda: self._station.spawn(self._update(request)))

    async def _update(self, request: Payload) -> None:
        await self._until(request["retrieveDate"])
        await self._firmware_status("Downloading")
        await asyncio.sleep(self._station.options.transfer_time)
        content = await self._download(request["location"], request)
        if content is None:
            await self._firmware_status("DownloadFailed")
        else:
            await self._firmware_status("Downloaded")
            await self._firmware_status("Installing")
            await asyncio.sleep(self._station.options.transfer_time)
            await self._firmware_status("Installed")
        self._firmware = "Idle"

    async def _until(self, text: str) -> None:
        moment = parse_time(text)
        while moment is not None and (left := (moment - self._station.clock.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 0.5))

    async def _download(self, location: str, request: Payload) -> bytes | None:
        for attempt in range(request.get("retries", 0) + 1):
            if attempt:
                await asyncio.sleep(request.get("retryInterval", 0))
            try:
                transfers = self._station.transfers
                return await transfers.download(location) if transfers.supported(location) else None
            except TransferFailed:
                continue
        return None

    async def _firmware_status(self, status: str) -> None:
        self._firmware = status
        await self._station.tell("FirmwareStatusNotification", {"status": status})

    def tell_firmware_status(self) -> None:
        """TriggerMessage asked."""
        self._station.spawn(self._station.tell("FirmwareStatusNotification", {"status": self._firmware}))

    def signed_update_firmware(self, request: Payload) -> Answer | Payload:
        """Answer SignedUpdateFirmware."""
        station = self._station
        if station.transfers.refuses(request["firmware"]["signingCertificate"]):
            event = "InvalidFirmwareSigningCertificate"
            return Answer({"status": "InvalidCertificate"}, lambda: station.security.happened(event, critical=True))
        return Answer({"status": "Accepted"}, lambda: self._station.spawn(self._signed_update(request)))

    async def _signed_update(self, request: Payload) -> None:
        firmware = request["firmware"]

        async def tell(status: str) -> None:
            payload = {"status": status, "requestId": request["requestId"]}
            await self._station.tell("SignedFirmwareStatusNotification", payload)

        await self._until(firmware["retrieveDateTime"])
        await tell("Downloading")
        await asyncio.sleep(self._station.options.transfer_time)
        content = await self._download(firmware["location"], request)
        if content is None:
            await tell("DownloadFailed")
            return
        await tell("Downloaded")
        if not self._station.transfers.verified(content, firmware["signingCertificate"], firmware["signature"]):
            await tell("InvalidSignature")
            self._station.security.happened("InvalidFirmwareSignature", critical=True)
            return
        await tell("SignatureVerified")
        await self._until(firmware.get("installDateTime", ""))
        await tell("Installing")
        await asyncio.sleep(self._station.options.transfer_time)
        await tell("Installed")
        self._station.security.happened("FirmwareUpdated", critical=True)
