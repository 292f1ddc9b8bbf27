"""Registration: what a station may send before it is accepted, and what a CSMS does about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.monitor.context import Call, Context, Tables
from conformance.monitor.reading import judged, remember, text
from conformance.monitor.rule import rule
from conformance.ocppj.findings import Severity
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry

FIRST = rule(
    "boot.first",
    "After a power cycle the first message is a BootNotification",
    "On the first connection after the tester had the power switched off and on. Other reboots cannot be told from a "
    "mere reconnection on the wire.",
    binds="CS",
    v16="1.6 4.2",
    v2="B01.FR.01, B01.FR.03, B01.FR.08",
)
BEFORE_ACCEPTED = rule(
    "boot.before-accepted",
    "Before it is accepted a station sends nothing but BootNotification and what it is asked for",
    "While the last answer to a BootNotification was Pending or Rejected, or none came since a power cycle. While "
    "Pending, what the CSMS asked for is allowed: by TriggerMessage (1.6: ExtendedTriggerMessage too), GetBaseReport, "
    "GetReport or any other request whose result comes in a message of its own.",
    binds="CS",
    v16="1.6 4.2",
    v2="B01.FR.08, B02.FR.02, B03.FR.02",
)
RETRY_INTERVAL = rule(
    "boot.retry-interval",
    "A BootNotification is not repeated before the interval that the CSMS gave",
    "Counted from the answer other than Accepted; a BootNotification that the CSMS triggers and one after a reset or "
    "power cycle are free. A second, or a fifth of a shorter interval, is allowed for coarse timers. 1.6 says SHOULD "
    "NOT for Pending: a remark there.",
    binds="CS",
    v16="1.6 4.2",
    v2="B02.FR.04, B03.FR.02",
)
REJECTED_SILENCE = rule(
    "boot.rejected-silence",
    "A CSMS sends nothing to a station that it has rejected",
    "1.6 says SHOULD NOT: a remark there.",
    binds="CSMS",
    v16="1.6 4.2",
    v2="B03.FR.03",
)
REJECTED_ANSWER = rule(
    "boot.rejected-answer",
    "A rejected station does not serve requests",
    "In 2.x it answers a CALL of the CSMS with CALLERROR SecurityError, in 1.6 not at all until the interval is over.",
    binds="CS",
    v16="1.6 4.2",
    v2="B03.FR.08",
)
SECURITY_ERROR = rule(
    "boot.security-error",
    "A CSMS answers premature messages with CALLERROR SecurityError",
    "Messages that are neither BootNotification nor asked for, from a station whose last BootNotification was answered "
    "with Pending or Rejected. Recommended only in 1.6.",
    binds="CSMS",
    v16="1.6J errata 3.8",
    v2="B01.FR.10, B02.FR.09, B03.FR.07",
)
PENDING_REMOTE = rule(
    "boot.pending-remote",
    "No remote start or stop while a station is Pending",
    "1.6 does not allow the CSMS to send it; in 2.x the station answers Rejected, and sending it is a remark.",
    v16="1.6 4.2",
    v2="B02.FR.05",
)
TRIGGER_ACCEPTED = rule(
    "boot.trigger-accepted",
    "An accepted station is not made to send a BootNotification",
    "1.6: the CSMS does not ask for it. 2.x: the station does not accept the TriggerMessage.",
    v16="1.6 5.17, errata 3.40",
    v2="F06.FR.17",
)

REASON = rule(
    "boot.reason",
    "A BootNotification says why the station has started",
    "PowerUp after the tester had the power switched off and on, RemoteReset after a Reset of the whole station, of "
    "type Immediate, that was Accepted. Other restarts can't be told from the wire.",
    binds="CS",
    v2="B01.FR.09, BootReasonEnumType",
)

RULES = (
    FIRST,
    BEFORE_ACCEPTED,
    RETRY_INTERVAL,
    REJECTED_SILENCE,
    REJECTED_ANSWER,
    SECURITY_ERROR,
    PENDING_REMOTE,
    TRIGGER_ACCEPTED,
    REASON,
)

# Requests whose result comes in a message of its own (2.x Part 2, FR.05 of the general requirements).
SOLICITS: Mapping[str, tuple[str, ...]] = {
    "GetBaseReport": ("NotifyReport",),
    "GetReport": ("NotifyReport",),
    "GetMonitoringReport": ("NotifyMonitoringReport",),
    "GetDisplayMessages": ("NotifyDisplayMessages",),
    "CustomerInformation": ("NotifyCustomerInformation",),
    "GetChargingProfiles": ("ReportChargingProfiles",),
    "GetLog": ("LogStatusNotification",),
    "GetDiagnostics": ("DiagnosticsStatusNotification",),
    "UpdateFirmware": ("FirmwareStatusNotification", "SecurityEventNotification"),
    "SignedUpdateFirmware": ("SignedFirmwareStatusNotification", "SecurityEventNotification"),
    "PublishFirmware": ("PublishFirmwareStatusNotification",),
    "CertificateSigned": ("SecurityEventNotification",),
}

# What a trigger's requestedMessage is called as an action, where that differs.
TRIGGERED: Mapping[str, str] = {
    "SignChargePointCertificate": "SignCertificate",
    "SignChargingStationCertificate": "SignCertificate",
    "SignV2GCertificate": "SignCertificate",
    "SignV2G20Certificate": "SignCertificate",
    "SignCombinedCertificate": "SignCertificate",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
}
TRIGGERS = ("TriggerMessage", "ExtendedTriggerMessage")
REMOTE = ("RemoteStartTransaction", "RemoteStopTransaction", "RequestStartTransaction", "RequestStopTransaction")

GRACE = 1.0
"""Seconds by which a timer that counts whole seconds may be early."""


def triggered_actions(requested: object) -> tuple[str, ...]:
    """The actions that a requestedMessage may bring."""
    if not isinstance(requested, str):
        return ()
    if requested == "FirmwareStatusNotification":
        return ("FirmwareStatusNotification", "SignedFirmwareStatusNotification")
    return (TRIGGERED.get(requested, requested),)


class Boot:
    """The station's registration, and who keeps to it. The monitor asks it about every CALL."""

    def __init__(self, context: Context, tables: Tables) -> None:
        self._context = context
        self._state = context.state.registration
        self._is16 = context.version.family == "1.6"
        self._soft16 = Severity.SHOULD if self._is16 else None
        self._off = False
        tables.on(self._opened, "open")
        tables.on(self._acted, "act")
        tables.on_answer(self._registered, "BootNotification")
        tables.on_answer(self._reset, "Reset")
        tables.on_answer(self._remote, *REMOTE)
        tables.on_answer(self._trigger_answered, *TRIGGERS)
        tables.on_call(self._trigger_sent, *TRIGGERS)

    # ------------------------------------------------------------------ what the monitor asks

    def station_calls(self, entry: Entry, call: Call) -> None:
        """Judge whether the station may send this CALL or SEND now."""
        state = self._state
        status = call.registration = state.status
        if call.action == "BootNotification":
            if status in ("Pending", "Rejected"):
                self._retried(entry)
            self._reasoned(entry, call)
            state.awaiting_boot = state.awaiting_boot and not self._off
            self._off = False
            return
        if status in ("Accepted", ""):
            return
        if self._off:
            self._off = False
            state.awaiting_boot = False
            self._context.report(
                FIRST, entry, "BootNotification as the first message after the power cycle", call.action
            )
            return
        if status == "Pending" and call.action in state.invited:
            return
        call.premature = status in ("Pending", "Rejected")
        answer = f"the BootNotification was answered with {status}" if call.premature else "no BootNotification was yet"
        self._context.report(
            BEFORE_ACCEPTED,
            entry,
            "no message but BootNotification until it is Accepted",
            f"{call.action}; {answer}",
            provoked=True,
        )

    def csms_calls(self, entry: Entry, call: Call) -> None:
        """Judge whether the CSMS may send this CALL now, and remember what it asks for."""
        state = self._state
        status = call.registration = state.status
        if status in ("Accepted", ""):
            return
        invited = SOLICITS.get(call.action)
        if invited is not None:
            state.invited.update(invited)
        elif call.action in TRIGGERS:
            state.invited.update(triggered_actions(remember(call.payload, "requestedMessage")))
        if status == "Rejected":
            # 1.6 4.2: while Rejected the station shall not respond at all.
            call.silent = self._is16
            self._context.report(
                REJECTED_SILENCE,
                entry,
                "no message to a rejected station",
                call.action,
                severity=self._soft16,
                provoked=True,
            )
        elif status == "Pending" and call.action in REMOTE:
            self._context.report(
                PENDING_REMOTE,
                entry,
                f"no {call.action} while the station is Pending",
                call.action,
                severity=None if self._is16 else Severity.SHOULD,
                provoked=True,
            )

    def served(self, entry: Entry, call: Call) -> None:
        """Judge a CALLRESULT with regard to the registration."""
        if call.premature:
            self._context.report(
                SECURITY_ERROR,
                entry,
                f"CALLERROR SecurityError to a premature {call.action}",
                "a CALLRESULT",
                severity=self._soft16,
                provoked=True,
            )
        elif call.registration == "Rejected" and entry.sender == "CS" and self._still_rejected(entry):
            wanted = "no answer" if self._is16 else "CALLERROR SecurityError"
            self._context.report(REJECTED_ANSWER, entry, f"{wanted} while Rejected", f"a CALLRESULT to {call.action}")

    def refused(self, entry: Entry, frame: Frame, call: Call) -> None:
        """Judge a CALLERROR with regard to the registration."""
        if call.premature and frame.error_code != "SecurityError":
            self._context.report(
                SECURITY_ERROR,
                entry,
                f"CALLERROR SecurityError to a premature {call.action}",
                f"CALLERROR {text(frame.error_code)}",
                severity=self._soft16,
                provoked=True,
            )

    def _still_rejected(self, entry: Entry) -> bool:
        state = self._state
        if state.status != "Rejected" or state.answered_at is None:
            return False
        return not self._is16 or self._context.base + entry.at < state.answered_at + state.interval

    # ------------------------------------------------------------------ BootNotification

    def _retried(self, entry: Entry) -> None:
        state = self._state
        if state.answered_at is None or state.rebooted or "BootNotification" in state.invited or state.interval <= 0:
            return
        early = state.answered_at + state.interval - (self._context.base + entry.at)
        if early > min(GRACE, 0.2 * state.interval):
            self._context.report(
                RETRY_INTERVAL,
                entry,
                f"no BootNotification before {state.interval:g} s are over",
                f"{early:.1f} s too early",
                severity=Severity.SHOULD if self._is16 and state.status == "Pending" else None,
            )

    def _reasoned(self, entry: Entry, call: Call) -> None:
        state = self._state
        wanted, state.restart = state.restart, ""
        if not wanted or call.invalid or "BootNotification" in state.invited or self._is16:
            return
        reason = judged(call.payload, "reason")
        if isinstance(reason, str) and reason != wanted:
            self._context.report(REASON, entry, f"reason {wanted}", text(reason), pointer="/reason")

    def _registered(self, entry: Entry, payload: Any, call: Call) -> None:
        status = remember(payload, "status")
        if status not in ("Accepted", "Pending", "Rejected"):
            return
        state = self._state
        interval = remember(payload, "interval")
        state.status = status
        state.interval = float(interval) if isinstance(interval, int) else 0.0
        state.answered_at = self._context.base + entry.at
        state.invited.clear()
        state.rebooted = False
        state.awaiting_boot = False
        self._context.state.disturbed = state.answered_at

    def _reset(self, entry: Entry, payload: Any, call: Call) -> None:
        status = remember(payload, "status")
        if status in ("Accepted", "Scheduled"):
            self._state.rebooted = True
            whole = remember(call.payload, "evseId") is None
            immediate = whole and remember(call.payload, "type") == "Immediate" and status == "Accepted"
            self._state.restart = "RemoteReset" if immediate else ""

    def _acted(self, entry: Entry) -> None:
        if entry.data.get("kind") == "call":
            return
        if entry.data.get("name") == "power_on":
            self._state.restart = "PowerUp"
        if entry.data.get("name") == "power_cycle":
            self._state.awaiting_boot = True
            self._state.rebooted = True
            self._state.restart = "PowerUp"

    def _opened(self, entry: Entry) -> None:
        if self._state.awaiting_boot:
            self._state.status = "none"
            self._state.invited.clear()
            self._off = True

    # ------------------------------------------------------------------ remote acts

    def _remote(self, entry: Entry, payload: Any, call: Call) -> None:
        if self._is16 or call.registration != "Pending" or entry.sender != "CS":
            return
        status = judged(payload, "status")
        if status != "Rejected":
            self._context.report(
                PENDING_REMOTE,
                entry,
                f"status Rejected to {call.action} while Pending",
                text(status),
                pointer="/status",
            )

    def _trigger_sent(self, entry: Entry, payload: Any) -> None:
        if self._is16 and self._state.accepted and remember(payload, "requestedMessage") == "BootNotification":
            self._context.report(
                TRIGGER_ACCEPTED, entry, "no trigger for BootNotification once it was Accepted", "one", sender="CSMS"
            )

    def _trigger_answered(self, entry: Entry, payload: Any, call: Call) -> None:
        if self._is16 or not self._state.accepted or remember(call.payload, "requestedMessage") != "BootNotification":
            return
        if call.registration == "Accepted" and remember(payload, "status") == "Accepted":
            self._context.report(
                TRIGGER_ACCEPTED, entry, "status Rejected", '"Accepted"', pointer="/status", sender="CS"
            )
