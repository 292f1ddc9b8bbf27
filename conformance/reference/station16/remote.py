"""What the Central System can make the charge point do: start, stop, unlock, reset, send a message now.

Source: 1.6 sections 5.11 to 5.14, 5.17, 5.18; security whitepaper 5.8 (ExtendedTriggerMessage).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from conformance.reference.authorization import Verdict, presentable
from conformance.reference.station16.sessions import Session
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station16.station import Station16


class Remote:
    """Handlers of remote control."""

    def __init__(self, station: Station16) -> None:
        self._station = station

    def start(self, request: Payload) -> Answer | Payload:
        """Answer RemoteStartTransaction, and then act on it; connector 0 is refused (TC_027)."""
        station = self._station
        session = self._session_to_start(request.get("connectorId"), request["idTag"])
        if station.registration != "Accepted" or session is None or not presentable(request["idTag"]):
            return {"status": "Rejected"}
        if (
            session.transaction is not None
            or session.id_tag is not None
            or not station.statuses.usable(session.evse.id)
        ):
            return {"status": "Rejected"}
        number = session.evse.id
        if station.defects.active("remote-start-despite-reservation"):
            station.reservations.drop(number)
        if not station.reservations.may_be_let(number, request["idTag"]):
            return {"status": "Rejected"}
        profile = request.get("chargingProfile")
        if profile is not None and not station.charging.startable(profile):
            return {"status": "Rejected"}
        return Answer(
            {"status": "Accepted"}, lambda: station.spawn(self._authorize(session, request["idTag"], profile))
        )

    def _session_to_start(self, number: int | None, id_tag: str) -> Session | None:
        sessions = self._station.sessions
        if number is not None:
            return sessions.of(number)
        free = [
            one
            for one in sessions.all()
            if one.transaction is None
            and one.id_tag is None
            and self._station.statuses.usable(one.evse.id)
            and self._station.reservations.may_be_let(one.evse.id, id_tag)
        ]
        return next(iter([one for one in free if one.evse.connected] or free), None)

    async def _authorize(self, session: Session, id_tag: str, profile: Payload | None) -> None:
        verdict = Verdict("Accepted")
        asks_parent = self._station.reservations.refuses(session.evse.id, id_tag, "")
        if asks_parent or self._station.configuration.flag("AuthorizeRemoteTxRequests"):
            verdict = await self._station.tokens.judge(id_tag)
        if verdict.accepted or self._station.defects.active("starts-though-token-invalid"):
            self._station.sessions.authorize(session, id_tag, verdict, profile)

    def stop(self, request: Payload) -> Answer | Payload:
        """Answer RemoteStopTransaction, and then act on it."""
        session = self._station.sessions.by_transaction_id(request["transactionId"])
        if self._station.registration != "Accepted" or session is None:
            return {"status": "Rejected"}
        return Answer({"status": "Accepted"}, lambda: self._station.sessions.stop(session, "Remote"))

    def unlock(self, request: Payload) -> Answer | Payload:
        """Answer UnlockConnector; a running transaction is stopped first (5.18). A fixed cable has no lock."""
        session = self._station.sessions.of(request["connectorId"])
        if session is None or session.evse.connector.fixed:
            return {"status": "NotSupported"}
        if not session.evse.connector.unlock():
            return {"status": "UnlockFailed"}
        session.held_for = None
        return Answer({"status": "Unlocked"}, lambda: self._station.sessions.stop(session, "UnlockCommand"))

    def reset(self, request: Payload) -> Answer | Payload:
        """Answer Reset, stop what runs, and reboot."""
        reason = "HardReset" if request["type"] == "Hard" else "SoftReset"
        return Answer({"status": "Accepted"}, lambda: self._station.spawn(self._reset(reason)))

    async def _reset(self, reason: str) -> None:
        await self.wind_up(reason)
        await self._station.reboot(reason)

    async def wind_up(self, reason: str) -> None:
        """Stop what runs, begin nothing new, and let it be told while there is a connection."""
        station = self._station
        station.going_down = True
        for session in station.sessions.all():
            station.sessions.stop(session, reason)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + station.message_timeout()
        while len(station.queue) and loop.time() < deadline and station.online:
            await asyncio.sleep(0.005)

    # -- TriggerMessage ----------------------------------------------------------------------------------------------

    def trigger(self, request: Payload) -> Answer | Payload:
        """Answer TriggerMessage; the message follows the answer."""
        return self._trigger(request, {"FirmwareStatusNotification": self._station.files.tell_firmware_status})

    def extended_trigger(self, request: Payload) -> Answer | Payload:
        """Answer ExtendedTriggerMessage of the whitepaper: a firmware is a signed one there."""
        files = self._station.files
        return self._trigger(request, {"FirmwareStatusNotification": files.tell_signed_firmware_status})

    def _trigger(self, request: Payload, more: Mapping[str, Callable[[], object]]) -> Answer | Payload:
        number = request.get("connectorId")
        numbers = self._station.statuses.numbers() if number is None else [number]
        if number is not None and number not in self._station.statuses.numbers():
            return {"status": "Rejected"}
        makers: dict[str, Callable[[], object]] = {
            "BootNotification": lambda: self._station.spawn(self._station.boot_once()),
            "Heartbeat": lambda: self._station.spawn(self._station.heartbeat()),
            "StatusNotification": lambda: self._statuses(numbers),
            "MeterValues": lambda: self._meter_values(numbers),
            "DiagnosticsStatusNotification": self._station.files.tell_diagnostics_status,
            "LogStatusNotification": self._station.files.tell_log_status,
            **more,
        }
        if self._station.certificates.trigger():
            makers["SignChargePointCertificate"] = lambda: self._station.spawn(self._station.certificates.request())
        act = makers.get(request["requestedMessage"])
        if act is None:
            return {"status": "NotImplemented"}
        return Answer({"status": "Accepted"}, act)

    def _statuses(self, numbers: list[int]) -> None:
        for number in numbers:
            self._station.statuses.report(number)

    def _meter_values(self, numbers: list[int]) -> None:
        for number in numbers:
            session = self._station.sessions.of(number)
            if session is not None:
                self._station.sessions.meter_values(session, "MeterValuesSampledData", "Trigger")
