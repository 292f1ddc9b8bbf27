"""The charge point of OCPP 1.6J, put together."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from conformance.reference import lax, link
from conformance.reference.authorization import AuthorizationCache, LocalList, presentable
from conformance.reference.clock import format_time
from conformance.reference.hardware import Connector, Evse
from conformance.reference.station import FIRMWARE, MODEL, VENDOR, Station
from conformance.reference.station16.certificates import Certificates
from conformance.reference.station16.charging import Charging
from conformance.reference.station16.configuration import Configuration, keys
from conformance.reference.station16.files import FileTransfers
from conformance.reference.station16.profiles import SecurityProfiles
from conformance.reference.station16.remote import Remote
from conformance.reference.station16.reservations import Reservations
from conformance.reference.station16.sessions import Sessions
from conformance.reference.station16.status import Statuses
from conformance.reference.station16.tokens import Tokens
from conformance.reference.wire import Answer, CallError, CallTimeout, InvalidAnswer, Payload

if TYPE_CHECKING:
    from conformance.ocppj.schema import SchemaStore
    from conformance.ocppj.versions import Version
    from conformance.reference.options import StationOptions

Handler = Callable[[Payload], "Answer | Payload | None"]
NO_ID = -1
"""The transactionId of a transaction whose StartTransaction was never answered (errata 3.18)."""


class Station16(Station):
    """A good citizen of 1.6J: Core, FirmwareManagement, LocalAuthListManagement, RemoteTrigger, Reservation,
    SmartCharging, and the messages of the security whitepaper."""

    EVENT_NAMES: Mapping[str, str] = {"InvalidCsmsCertificate": "InvalidCentralSystemCertificate"}
    # The whitepaper lists them as not critical.
    TELLS_FAILED_CONNECTIONS = False

    def __init__(self, options: StationOptions, version: Version, schemas: SchemaStore | None = None) -> None:
        super().__init__(options, version, schemas)
        self.profiles = SecurityProfiles(self)
        self.certificates = Certificates(self)
        self.configuration = Configuration(
            self.memory, keys(options.evses, self.profiles.keys(), fixed_cable=options.fixed_cable)
        )
        self.configuration.factory(options.settings)
        self.local_list = LocalList(self.memory, self.clock)
        self.cache = AuthorizationCache(self.memory, self.clock, options.cache_entries)
        self.charging = Charging(self)
        self.sessions = Sessions(self)
        self.statuses = Statuses(self)
        self.reservations = Reservations(self)
        self.tokens = Tokens(self)
        self.remote = Remote(self)
        self.files = FileTransfers(self)
        self._handlers: dict[str, Handler] = {
            "GetConfiguration": self.configuration.get,
            "ChangeConfiguration": self.configuration.change,
            "ChangeAvailability": self.statuses.change,
            "RemoteStartTransaction": self.remote.start,
            "RemoteStopTransaction": self.remote.stop,
            "UnlockConnector": self.remote.unlock,
            "Reset": self.remote.reset,
            "TriggerMessage": self.remote.trigger,
            "ExtendedTriggerMessage": self.remote.extended_trigger,
            "ClearCache": self.tokens.clear_cache,
            "SetChargingProfile": self.charging.set,
            "ClearChargingProfile": self.charging.clear,
            "GetCompositeSchedule": self.charging.composite,
            "GetLocalListVersion": self.tokens.list_version,
            "SendLocalList": self.tokens.send_list,
            "GetDiagnostics": self.files.get_diagnostics,
            "UpdateFirmware": self.files.update_firmware,
            "GetLog": self.files.get_log,
            "SignedUpdateFirmware": self.files.signed_update_firmware,
            "ReserveNow": self.reservations.reserve,
            "CancelReservation": self.reservations.cancel,
            "DataTransfer": lambda request: {"status": "UnknownVendorId"},
            "GetInstalledCertificateIds": self.certificates.installed,
            "DeleteCertificate": self.certificates.delete,
            "InstallCertificate": self.certificates.install,
            "CertificateSigned": self.certificates.signed,
        }

    def handle(self, action: str, payload: Payload) -> Answer | Payload | None:
        """Answer a CALL; one that comes while the charge point is rejected gets a SecurityError."""
        if self.registration not in ("Accepted", "Pending"):
            raise CallError("SecurityError", "the charge point has not been accepted")
        self.files.note(f"{action} received")
        handler = self._handlers.get(action)
        return None if handler is None else handler(payload)

    # -- life --------------------------------------------------------------------------------------------------------

    def power_up(self) -> None:
        self.statuses.forget_reports()
        self.sessions.power_up()
        self.charging.power_up()
        self.reservations.power_up()
        self.files.power_up()
        self.files.note("started")
        # A cable that is in at boot may be the start of a session (TC_015, TC_032: Finishing or Preparing).
        for session in self.sessions.all():
            session.finishing = False
        self.statuses.transaction_ended()
        self.spawn(self._clock_aligned())

    def power_cycle(self) -> None:
        """Cut the power and give it back; a battery lasts until transactions are ended and told of (TC_032_1)."""
        if self.options.backup_power and any(self.sessions.running(one.evse.id) for one in self.sessions.all()):
            self.spawn(self._last_words())
        else:
            super().power_cycle()

    async def _last_words(self) -> None:
        await self.remote.wind_up("PowerLoss")
        await self.statuses.told()
        # The task ends with the life that it belongs to, so it is not the one that cuts the power.
        asyncio.get_running_loop().call_soon(super().power_cycle)

    async def accepted(self) -> None:
        if self.defects.active("installed-before-statuses"):
            await self.files.booted()
        self.statuses.report_all()
        if self.profiles.current and not self.defects.active("boot-not-told-as-security-event"):
            # Who uses a security profile has the whitepaper's messages, and its critical events (chapter 8).
            kind = "StartupOfTheDevice" if self._boot_reason == "PowerUp" else "ResetOrReboot"
            self.security.happened(kind, critical=True)
        await self.files.booted()

    async def reconnected(self, offline: float) -> None:
        self.statuses.report_changes()

    async def boot_once(self) -> None:
        """Send BootNotification because TriggerMessage asked for it."""
        if self.registration != "Accepted":
            self.boot_again()
            return
        try:
            answer = await self.call("BootNotification", self.boot_notification("Triggered"))
        except (CallError, CallTimeout, InvalidAnswer):
            return
        self.clock_told(answer["currentTime"])
        if answer["status"] == "Accepted" and answer["interval"] > 0:
            self.set_heartbeat_interval(int(answer["interval"]))

    async def deliver_queue(self) -> None:
        await self.queue.deliver(
            self.call,
            prepare=self._with_id,
            answered=self._answered,
            lost=lambda entry: None,
            attempts=lambda: self.configuration.number("TransactionMessageAttempts"),
            interval=lambda: self.configuration.number("TransactionMessageRetryInterval"),
        )

    def _with_id(self, entry: dict[str, Any]) -> Payload | None:
        """Fill in the transactionId that StartTransaction.conf brought, -1 if it never came (errata 3.18)."""
        payload: Payload = entry["payload"]
        if entry["action"] == "StartTransaction":
            return payload
        known = self.memory.section("transaction_ids").get(entry["transaction"], NO_ID)
        return {**payload, "transactionId": known}

    def _answered(self, entry: dict[str, Any], answer: Payload) -> None:
        ids = self.memory.section("transaction_ids")
        key = entry["transaction"]
        if entry["action"] == "StartTransaction":
            ids[key] = answer["transactionId"]
            self.memory.save()
            verdict = self.tokens.learn(entry["payload"]["idTag"], answer["idTagInfo"])
            self.sessions.judged(key, verdict)
        elif entry["action"] == "StopTransaction":
            ids.pop(key, None)
            if "idTagInfo" in answer and "idTag" in entry["payload"]:
                self.tokens.learn(entry["payload"]["idTag"], answer["idTagInfo"])

    async def _clock_aligned(self) -> None:
        """MeterValues at the multiples of ClockAlignedDataInterval (9.1.5), and stamped with them."""
        done = time.time()
        while True:
            every = self.configuration.number("ClockAlignedDataInterval")
            now = self.clock.now().timestamp()
            if every <= 0 or int(now // every) == int(done // every):
                done = done if every > 0 else now
                await asyncio.sleep(0.25 if every <= 0 else min(0.25, every - now % every))
                continue
            done = now
            stamp = format_time(datetime.fromtimestamp(now // every * every, UTC))
            for session in self.sessions.all():
                if self.online or session.transaction is not None:
                    self.sessions.meter_values(session, "MeterValuesAlignedData", "Sample.Clock", stamp)

    # -- what the hardware tells -------------------------------------------------------------------------------------

    def cable_in(self, evse: Evse, connector: Connector) -> None:
        """A cable was put in at both ends."""
        if self.sessions.running(evse.id) or self.statuses.usable(evse.id):
            self.statuses.report_changes()
        self.sessions.cable_connected(evse)

    def cable_lost(self, evse: Evse, connector: Connector) -> None:
        """The EV is gone from the cable."""
        self.sessions.cable_disconnected(evse, connector)

    def socket_changed(self, evse: Evse, connector: Connector) -> None:
        """A cable's end was taken out of the socket."""
        if not connector.occupied:
            self.sessions.socket_emptied(evse)

    def bay_changed(self, evse: Evse) -> None:
        """1.6 knows no bays."""

    def ev_changed(self, evse: Evse) -> None:
        """The EV wants energy or no longer does."""
        self.sessions.ev_changed(evse)

    def fault_changed(self, evse: Evse, connector: Connector) -> None:
        """A fault came or went."""
        self.sessions.fault_changed(evse)

    def token_presented(self, token: dict[str, Any], evse_id: int | None) -> None:
        """A driver holds a tag before the reader; one without a readable text is none."""
        id_tag = str(token["idToken"])[:20]
        session = self.sessions.choose(id_tag, evse_id) if presentable(id_tag) else None
        if session is not None:
            self.spawn(self.sessions.present(session, id_tag))

    def ev_session_stopped(self, evse: Evse) -> bool:
        """This station speaks no ISO 15118."""
        return False

    @property
    def payments(self) -> None:
        """1.6 knows no payments at the station."""
        return None

    def stop_chosen(self, evse_id: int | None) -> bool:
        """1.6 has no master pass, so no display asks what one shall stop."""
        return False

    def limit_entered(self, evse_id: int, limit: dict[str, Any]) -> bool:
        """1.6 knows no limits of transactions."""
        return False

    # -- settings ----------------------------------------------------------------------------------------------------

    def boot_notification(self, reason: str) -> Payload:
        return {
            "chargePointVendor": VENDOR,
            "chargePointModel": MODEL,
            "chargePointSerialNumber": self.options.identity[:25],
            "firmwareVersion": self.memory.section("firmware").get("version", FIRMWARE),
        }

    def heartbeat_interval(self) -> float:
        return self.configuration.number("HeartbeatInterval")

    def set_heartbeat_interval(self, seconds: int) -> None:
        self.configuration.store("HeartbeatInterval", str(seconds))

    def ping_interval(self) -> float | None:
        return self.configuration.number("WebSocketPingInterval") or None

    def connected(self) -> None:
        self.files.note("connected")
        self.profiles.connected()

    def connection_failed(self, attempts: int) -> None:
        self.profiles.connection_failed(attempts)

    def target(self, attempt: int) -> tuple[str, str | None]:
        return self.profiles.target()

    def tls(self) -> ssl.SSLContext | None:
        """The roots and the certificate may change at any time, so every attempt has a context of its own."""
        context = link.tls_context(None, None, None, system=False)
        self.certificates.equip(context)
        lax.weaken(context, self.defects.active)
        return context
