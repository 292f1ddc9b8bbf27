"""The charging station of OCPP 2.0.1 and 2.1, put together."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference import lax, link
from conformance.reference.authorization import AuthorizationCache, LocalList
from conformance.reference.device_model import DeviceModel
from conformance.reference.hardware import Connector, Evse
from conformance.reference.station import FIRMWARE, MODEL, VENDOR, Station
from conformance.reference.station2x import charging as profiles
from conformance.reference.station2x import model as contents
from conformance.reference.station2x import monitoring as monitors
from conformance.reference.station2x import payment as paying
from conformance.reference.station2x import tariffs as pricing
from conformance.reference.station2x.availability import Availability
from conformance.reference.station2x.certificates import CSMS, Certificates
from conformance.reference.station2x.contracts import Contracts
from conformance.reference.station2x.files import FileTransfers
from conformance.reference.station2x.limits import Limits
from conformance.reference.station2x.lists import Lists
from conformance.reference.station2x.metering import meter_value
from conformance.reference.station2x.network import NetworkProfiles
from conformance.reference.station2x.provisioning import Provisioning
from conformance.reference.station2x.remote import Remote
from conformance.reference.station2x.requests import OtherRequests
from conformance.reference.station2x.tokens import Tokens, usable
from conformance.reference.station2x.transactions import Transactions
from conformance.reference.wire import Answer, CallError, Payload

if TYPE_CHECKING:
    from conformance.ocppj.schema import SchemaStore
    from conformance.ocppj.versions import Version
    from conformance.reference.options import StationOptions

Handler = Callable[[Payload], "Answer | Payload | None"]


class Station2x(Station):
    """A good citizen of 2.0.1 and 2.1; what 2.1 added and is not listed here it answers with NotSupported."""

    def __init__(self, options: StationOptions, version: Version, schemas: SchemaStore | None = None) -> None:
        super().__init__(options, version, schemas)
        self.security_profile = 1 if options.password else 0
        if options.csms.startswith("wss:"):
            self.security_profile = 2 if options.password else 3
        self.certificates = Certificates(self)
        self.model = DeviceModel(self.memory)
        self.local_list = LocalList(self.memory, self.clock)
        self.cache = AuthorizationCache(self.memory, self.clock, options.cache_entries)
        self.transactions = Transactions(self)
        self.limits = Limits(self)
        self.tariffs = pricing.Tariffs(self)
        self.payments = paying.Payments(self)
        self.availability = Availability(self)
        self.charging = profiles.Charging(self)
        self.tokens = Tokens(self)
        self.contracts = Contracts(self)
        self.remote = Remote(self)
        self.provisioning = Provisioning(self)
        self.network_profiles = NetworkProfiles(self)
        self.lists = Lists(self)
        self.files = FileTransfers(self)
        self.others = OtherRequests(self)
        self.monitoring = monitors.Monitoring(self)
        self.model.add([*contents.variables(self), *monitors.variables(self)])
        pays = options.payment and "NotifySettlement" in version.actions
        if pays:
            self.model.add([*pricing.variables(), *paying.variables(one.id for one in self.hardware.evses)])
        if options.smart_charging:
            self.model.add(profiles.variables(self))
        self.model.factory(options.settings)
        self._handlers = self._table() | (self._payment_table() if pays else {})
        if options.smart_charging:
            self._handlers |= self._charging_table()

    def _table(self) -> dict[str, Handler]:
        return {
            "GetVariables": self.provisioning.get_variables,
            "SetVariables": self.provisioning.set_variables,
            "GetBaseReport": self.provisioning.get_base_report,
            "GetReport": self.provisioning.get_report,
            "Reset": self.provisioning.reset,
            "SetNetworkProfile": self.network_profiles.set_profile,
            "ChangeAvailability": self.availability.change,
            "ReserveNow": self.availability.reserve,
            "CancelReservation": self.availability.cancel,
            "RequestStartTransaction": self.remote.start,
            "RequestStopTransaction": self.remote.stop,
            "UnlockConnector": self.remote.unlock,
            "TriggerMessage": self.remote.trigger,
            "GetTransactionStatus": self.remote.transaction_status,
            "ClearCache": self.lists.clear_cache,
            "GetLocalListVersion": self.lists.version,
            "SendLocalList": self.lists.send,
            "GetLog": self.files.get_log,
            "UpdateFirmware": self.files.update_firmware,
            "SetVariableMonitoring": self.monitoring.set_monitors,
            "ClearVariableMonitoring": self.monitoring.clear,
            "SetMonitoringBase": self.monitoring.set_base,
            "SetMonitoringLevel": self.monitoring.set_level,
            "GetMonitoringReport": self.monitoring.get_report,
            "DataTransfer": self.others.data_transfer,
            "CustomerInformation": self.others.customer_information,
            "GetInstalledCertificateIds": self.certificates.installed,
            "DeleteCertificate": self.certificates.delete,
            "InstallCertificate": self.certificates.install,
            "CertificateSigned": self.certificates.signed,
            "CostUpdated": self.others.cost_updated,
        }

    def _charging_table(self) -> dict[str, Handler]:
        return {
            "SetChargingProfile": self.charging.set,
            "ClearChargingProfile": self.charging.clear,
            "GetChargingProfiles": self.charging.get,
            "GetCompositeSchedule": self.charging.composite,
        }

    def _payment_table(self) -> dict[str, Handler]:
        return {
            "SetDefaultTariff": self.tariffs.set_default,
            "GetTariffs": self.tariffs.get,
            "ClearTariffs": self.tariffs.clear,
            "NotifyWebPaymentStarted": self.payments.web_payment_started,
        }

    def handle(self, action: str, payload: Payload) -> Answer | Payload | None:
        """Answer a CALL; before the CSMS accepted the station only what B02 allows (B03.FR.08)."""
        if self.registration not in ("Accepted", "Pending"):
            raise CallError("SecurityError", "the station has not been accepted")
        handler = self._handlers.get(action)
        return None if handler is None else handler(payload)

    # -- life ------------------------------------------------------------------------------------------------------

    def power_up(self) -> None:
        self.network_profiles.power_up()
        self.availability.forget_reports()
        self.provisioning.forget_schedule()
        self.went_offline()
        self.transactions.power_up()
        self.availability.watch_reservations()
        self.spawn(self._clock_aligned())
        self.spawn(self.monitoring.watch())
        if self.charging.supported:
            self.spawn(self.charging.follow())

    def power_lost(self) -> None:
        self.transactions.interrupted("PowerLoss")

    def rebooting(self) -> None:
        self.transactions.interrupted("Reboot")

    def connected(self) -> None:
        self.network_profiles.connected()
        self.certificates.connected()

    def connection_failed(self, attempts: int) -> None:
        self.certificates.connection_failed(attempts)

    def went_offline(self) -> None:
        """What is still queued happened, for the CSMS, offline (E11.FR.07)."""
        if self.defects.active("queue-not-marked-offline"):
            return

        def mark(entry: dict[str, Any]) -> None:
            if entry["action"] == "TransactionEvent":
                entry["payload"]["offline"] = True

        self.queue.went_offline(mark)

    async def accepted(self) -> None:
        self.availability.report_all()
        kind = "StartupOfTheDevice" if self._boot_reason in ("PowerUp", "LocalReset") else "ResetOrReboot"
        if not self.defects.active("boot-not-told-as-security-event"):
            self.security.happened(kind, critical=True)

    async def reconnected(self, offline: float) -> None:
        """B04: everything after a long time, what changed after a short one."""
        if offline > self.model.number("OCPPCommCtrlr", "OfflineThreshold"):
            self.availability.report_all()
        else:
            self.availability.report_changes()

    async def deliver_queue(self) -> None:
        com = "OCPPCommCtrlr"
        await self.queue.deliver(
            self.call,
            prepare=lambda entry: entry["payload"],
            answered=self._answered,
            lost=lambda entry: None,
            attempts=self._attempts,
            interval=lambda: (
                0
                if self.defects.active("events-repeated-at-once")
                else self.model.number(com, "MessageAttemptInterval", "TransactionEvent")
            ),
        )

    def _attempts(self) -> int:
        if self.defects.active("events-not-repeated"):
            return 1
        wanted = self.model.number("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent")
        return wanted + 1 if self.defects.active("events-repeated-too-often") else wanted

    def _answered(self, entry: dict[str, Any], answer: Payload) -> None:
        if entry["action"] != "TransactionEvent":
            return
        self.limits.told(entry["transaction"], answer)
        token = entry["payload"].get("idToken")
        info = answer.get("idTokenInfo")
        if token is None or info is None:
            return
        verdict = self.tokens.learn(token, info)
        if not self.defects.active("ignores-invalid-token-in-transaction"):
            self.transactions.judged(entry["transaction"], token, verdict)

    def transaction_ended(self, evse: Evse) -> None:
        """A transaction ended: what waited for it happens now."""
        self.availability.transaction_ended()
        self.provisioning.transaction_ended(evse.id)

    async def _clock_aligned(self) -> None:
        """Clock-aligned meter values (J01)."""
        aligned = "AlignedDataCtrlr"
        done = time.time()
        while True:
            every = self.model.number(aligned, "Interval") if self.model.flag(aligned, "Enabled") else 0
            now = self.clock.now().timestamp()
            if every <= 0 or int(now // every) == int(done // every):
                done = done if every > 0 else now
                await asyncio.sleep(0.25 if every <= 0 else min(0.25, every - now % every))
                continue
            done = now
            if not self.online:
                continue
            measurands = self.model.members(aligned, "Measurands")
            for session in self.transactions.sessions.values():
                taken = meter_value(self, session.evse, measurands, "Sample.Clock")
                if taken is None:
                    continue
                if session.transaction is not None:
                    self.transactions.clock_aligned(session, taken)
                else:
                    self.spawn(self.tell("MeterValues", {"evseId": session.evse.id, "meterValue": [taken]}))

    # -- what the hardware tells -----------------------------------------------------------------------------------

    def report_lock_problem(self, evse: Evse, connector: Connector) -> None:
        """The retention lock failed (G05.FR.02)."""
        if not self.online:
            return
        event = {
            "eventId": self.monitoring.next_event(),
            "timestamp": self.clock.stamp(),
            "trigger": "Delta",
            "actualValue": "true",
            "eventNotificationType": "HardWiredNotification",
            "component": {
                "name": "ConnectorPlugRetentionLock",
                "evse": {"id": evse.id, "connectorId": connector.id},
            },
            "variable": {"name": "Problem"},
        }
        payload = {"generatedAt": self.clock.stamp(), "seqNo": 0, "eventData": [event]}
        self.spawn(self.tell("NotifyEvent", payload))

    def cable_in(self, evse: Evse, connector: Connector) -> None:
        """A cable was put in at both ends."""
        self.availability.report_changes()
        self.transactions.cable_connected(evse)

    def cable_lost(self, evse: Evse, connector: Connector) -> None:
        """The EV is gone from the cable."""
        self.transactions.cable_disconnected(evse, connector)
        self.availability.report_changes()

    def socket_changed(self, evse: Evse, connector: Connector) -> None:
        """A cable's end was put into or taken out of the socket."""
        self.availability.report_changes()

    def bay_changed(self, evse: Evse) -> None:
        """An EV entered or left the bay."""
        self.transactions.bay(evse, evse.bay_occupied)

    def ev_changed(self, evse: Evse) -> None:
        """The EV wants energy or no longer does."""
        self.transactions.ev_changed(evse)

    def fault_changed(self, evse: Evse, connector: Connector) -> None:
        """A fault came or went."""
        self.transactions.fault_changed(evse, connector.fault)
        self.availability.report_changes()

    def token_presented(self, token: dict[str, Any], evse_id: int | None) -> None:
        """A driver holds a token before the reader; one without a readable text is none."""
        session = self.tokens.choose(token, evse_id) if usable(token) else None
        if session is not None:
            self.spawn(self.tokens.present(session, token, adrift=evse_id is None))

    def ev_session_stopped(self, evse: Evse) -> bool:
        """The EV ended its ISO 15118 session; whether it had one."""
        return self.options.iso15118 and self.transactions.stopped_by_ev(evse)

    def stop_chosen(self, evse_id: int | None) -> bool:
        """The user chose at the display what a master pass shall stop; whether that was asked."""
        return self.tokens.stop_chosen(evse_id)

    def limit_entered(self, evse_id: int, limit: dict[str, Any]) -> bool:
        """The driver entered a limit for the transaction of an EVSE; whether one runs that can be limited."""
        return self.limits.entered(evse_id, limit) or self.payments.limit_entered(evse_id, limit)

    # -- settings --------------------------------------------------------------------------------------------------

    def boot_notification(self, reason: str) -> Payload:
        return {
            "reason": reason,
            "chargingStation": {
                "model": MODEL,
                "vendorName": VENDOR,
                "firmwareVersion": FIRMWARE,
                "serialNumber": self.options.identity[:25],
            },
        }

    def heartbeat_interval(self) -> float:
        return self.model.number("OCPPCommCtrlr", "HeartbeatInterval")

    def set_heartbeat_interval(self, seconds: int) -> None:
        self.model.store(self.model.find("OCPPCommCtrlr", "HeartbeatInterval"), str(seconds))

    def clock_told(self, current_time: object) -> None:
        if "Heartbeat" in self.model.members("ClockCtrlr", "TimeSource"):
            super().clock_told(current_time)

    def ping_interval(self) -> float | None:
        return self.model.number("OCPPCommCtrlr", "WebSocketPingInterval") or None

    def password(self, of_profile: str | None = None) -> str | None:
        """The HTTP Basic password: the profile's, else what SecurityCtrlr was given, else the one given at start."""
        stored = self.memory.section("variables").get("SecurityCtrlr.BasicAuthPassword")
        if self.defects.active("new-password-not-used"):
            stored = None
        return of_profile or stored or self.options.password

    def own_identity(self) -> str:
        """What SecurityCtrlr.Identity was set to, else the one given at start."""
        return str(self.memory.section("variables").get("SecurityCtrlr.Identity") or self.options.identity)

    def password_changed(self) -> None:
        """The CSMS set a new one: it counts from the next connection, and the log tells of it, not what it is."""
        self.network_profiles.clear("basicAuthPassword")
        if not self.defects.active("password-change-not-logged"):
            self.security.happened("ReconfigurationOfSecurityParameters", critical=False, info="BasicAuthPassword")
        in_use = self.network_profiles.security_profile in (1, 2)
        if in_use and not self.defects.active("no-reconnection-with-new-password"):
            self.reconnect()

    def target(self, attempt: int) -> tuple[str, str | None]:
        return self.network_profiles.target(attempt)

    def tls(self) -> ssl.SSLContext | None:
        """The roots and the certificate may change at any time, so every attempt has a context of its own."""
        context = link.tls_context(None, None, None, system=not self.certificates.roots(CSMS))
        self.certificates.equip(context)
        lax.weaken(context, self.defects.active)
        return context

    def back_off(self) -> Any:
        com = "OCPPCommCtrlr"
        return link.back_off(
            self.model.number(com, "RetryBackOffWaitMinimum"),
            self.model.number(com, "RetryBackOffRandomRange"),
            self.model.number(com, "RetryBackOffRepeatTimes"),
            self.options.reconnect_wait,
        )
