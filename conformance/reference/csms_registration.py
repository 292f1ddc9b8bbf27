"""Who may speak: BootNotification and what a station may send before it is accepted.

Source: OCPP 1.6 section 4.2 and OCPP-J 1.6 errata 3.8; OCPP 2.0.1 and 2.1 part 2, use cases B01 to B03.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conformance.reference.csms_store import StationRecord, Store
from conformance.reference.wire import CallError, Payload

ACCEPTED, PENDING, REJECTED = "Accepted", "Pending", "Rejected"

_TRIGGERED = {
    "SignChargingStationCertificate": {"SignCertificate"},
    "SignV2GCertificate": {"SignCertificate"},
    "SignV2G20Certificate": {"SignCertificate"},
    "SignCombinedCertificate": {"SignCertificate"},
    "SignChargePointCertificate": {"SignCertificate"},
    "StatusNotification": {"StatusNotification", "NotifyEvent"},
}
"""What a TriggerMessage brings where it is not named as the message itself."""

_TRIGGERS = {"TriggerMessage", "ExtendedTriggerMessage"}
_REMOTE = {
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "RequestStartTransaction",
    "RequestStopTransaction",
}
_REPORTS = {"GetBaseReport", "GetReport", "GetMonitoringReport"}


@dataclass
class Settings:
    """How the CSMS behaves where the standard leaves it free. Intervals are in seconds.

    `first_status`: what the first BootNotification of a station that was never accepted is answered ("Accepted",
    "Pending", "Rejected"). `password`: HTTP Basic password of every station that has none of its own in `passwords`
    (by identity); without any nobody is asked. `identities`: the stations that are known; empty lets any station in.
    `contract_roots`: roots (PEM) of contract certificates, which are then checked, their responders asked; None takes
    every contract certificate for good.
    """

    interval: int = 300
    retry_interval: int = 1
    first_status: str = ACCEPTED
    password: str | None = None
    passwords: Mapping[str, str] = field(default_factory=dict)
    identities: frozenset[str] = frozenset()
    message_timeout: float = 10.0
    contract_roots: Path | None = None


@dataclass
class Registration:
    """One station's way from unknown to accepted; lives as long as the CSMS, over all connections of the station.

    `planned` are the statuses of its next BootNotifications, first one first, before it is answered Accepted again.
    """

    record: StationRecord
    store: Store
    settings: Settings
    planned: list[str] = field(default_factory=list)
    solicited: set[str] = field(default_factory=set)

    def boot(self, request: Payload) -> Payload:
        """The answer to a BootNotification."""
        status = ACCEPTED
        if self.planned:
            status = self.planned.pop(0)
        elif not self.record.registration:
            status = self.settings.first_status
        self.record.registration = status
        self.record.boot = request
        self.solicited.clear()
        self.store.save(self.record)
        interval = self.settings.interval if status == ACCEPTED else self.settings.retry_interval
        return {"currentTime": now(), "interval": interval, "status": status}

    def admit(self, action: str) -> None:
        """Raise CallError(SecurityError) for a message that the station may not send yet (B01.FR.10, B02.FR.09,
        B03.FR.07); in Pending, what the CSMS has asked for is let through."""
        status = self.record.registration
        if action == "BootNotification" or status == ACCEPTED:
            return
        if status == PENDING and action in self.solicited:
            return
        raise CallError("SecurityError", f"{action} before the station is accepted")

    def refusal(self, action: str, asked: Payload, family: str) -> str | None:
        """Why the CSMS may not send this CALL now; None if it may.

        To a station that is not accepted nothing (B03.FR.03), to a Pending one no remote start or stop (B02.FR.05;
        1.6 section 4.2), and in 1.6 no trigger of a BootNotification once it is accepted (1.6 errata 3.40).
        """
        status = self.record.registration
        if status not in (ACCEPTED, PENDING):
            return f"station {self.record.identity!r} is {status.lower() or 'not booted yet'}"
        if status == PENDING and action in _REMOTE:
            return f"station {self.record.identity!r} is pending"
        triggers_boot = action in _TRIGGERS and asked.get("requestedMessage") == "BootNotification"
        if status == ACCEPTED and triggers_boot and family == "1.6":
            return f"station {self.record.identity!r} is accepted, so it is not made to boot again"
        return None

    def sends(self, action: str, payload: Payload) -> None:
        """Note what a CALL of ours lets the station send while it is Pending."""
        if action in _TRIGGERS:
            message = str(payload.get("requestedMessage", ""))
            self.solicited |= _TRIGGERED.get(message, {message})
        elif action in _REPORTS:
            self.solicited |= {"NotifyReport", "NotifyMonitoringReport"}


def now(offset: timedelta = timedelta()) -> str:
    """The time in UTC, with Z and milliseconds, `offset` from now."""
    return (datetime.now(UTC) + offset).isoformat(timespec="milliseconds").replace("+00:00", "Z")
