"""Defects of the station at boot and registration."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.defects.station.bases import BOTH, CS, NEW, OLD, Requests
from conformance.reference.wire import Payload


@defect(
    "boot-reason-always-power-up",
    role=CS,
    families=NEW,
    breaks="BootNotification gives the reason PowerUp after a reset, too (B01.FR.09)",
    must_fail=("TC_B_21_CS", "TC_B_22_CS", "TC_B_23_CS"),
    rules=("boot.reason",),
)
class _BootReason(Requests):
    action = "BootNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "reason": "PowerUp"}]


@defect(
    "boot-reason-wrong",
    role=CS,
    families=NEW,
    breaks="BootNotification gives the reason Watchdog after a power cycle (B01.FR.09)",
    must_fail=("TC_B_01_CS",),
    rules=("boot.reason",),
)
class _BootReasonWatchdog(Requests):
    action = "BootNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "reason": "Watchdog"}]


@defect(
    "boot-shaped-like-16",
    role=CS,
    families=NEW,
    breaks="BootNotification has the fields of 1.6 instead of chargingStation and reason",
    must_fail=("TC_B_01_CS",),
    rules=("schema.request",),
)
class _BootShape(Requests):
    action = "BootNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [{"chargePointVendor": "Conformance", "chargePointModel": "Reference"}]


@defect(
    "speaks-before-accepted",
    role=CS,
    families=BOTH,
    breaks="a StatusNotification follows BootNotification even if it was not accepted [59] (B01.FR.08, 1.6 4.2)",
    must_fail=("TC_B_02_CS", "TC_B_03_CS", "TC_001_CS", "TC_002_CS"),
    rules=("boot.before-accepted",),
)
class _SpeaksBeforeAccepted(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action != "BootNotification":
            return [(action, payload)]
        stamp = self.context.clock.stamp()
        early: Payload = {"timestamp": stamp, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
        if self.context.version.family == "1.6":
            early = {"timestamp": stamp, "status": "Available", "errorCode": "NoError", "connectorId": 1}
        return [(action, payload), ("StatusNotification", early)]


flag(
    "retry-interval-ignored",
    role=CS,
    families=BOTH,
    breaks="BootNotification is repeated at once, whatever interval the answer gave [59] (B02.FR.04, B03.FR.06)",
    must_fail=("TC_B_03_CS", "TC_001_CS"),
    rules=("boot.retry-interval",),
)
flag(
    "heartbeat-interval-ignored",
    role=CS,
    families=OLD,
    breaks="the interval of BootNotification's answer does not become the heartbeat interval (G02.FR.01, 1.6 4.2)",
    must_fail=("TC_001_CS",),
)


@defect(
    "second-connector-unreported",
    role=CS,
    families=BOTH,
    breaks="after a boot the status of one connector is not reported (B01.FR.05, 1.6 4.2)",
    must_fail=("TC_B_01_CS", "TC_001_CS"),
)
class _SecondConnectorUnreported(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if 2 in (payload.get("evseId"), payload.get("connectorId")) else [payload]


@defect(
    "remote-start-while-pending",
    role=CS,
    families=NEW,
    breaks="a remote start is accepted while the registration is Pending (B02.FR.05, 1.6 4.2)",
    must_fail=("TC_B_02_CS",),
)
class _RemoteStartWhilePending(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        starts = action in ("RequestStartTransaction", "RemoteStartTransaction")
        return {"status": "Accepted"} if starts and self.context.registration == "Pending" else None


@defect(
    "serves-while-rejected",
    role=CS,
    families=NEW,
    breaks="requests are served although the registration was Rejected, instead of SecurityError (B03.FR.08)",
    must_fail=("TC_B_30_CS",),
    rules=("boot.rejected-answer",),
)
class _ServesWhileRejected(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        asked = action in ("GetBaseReport", "GetReport")
        return {"status": "Accepted"} if asked and self.context.registration == "Rejected" else None
