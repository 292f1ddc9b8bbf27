"""Defects of the station in reset and availability."""

from __future__ import annotations

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.station.bases import BOTH, CS, NEW, Events, Requests, wrong_status, yes_without_act
from conformance.reference.wire import Payload

yes_without_act(
    "reset-ignored",
    ("Reset",),
    families=BOTH,
    breaks="Reset is answered Accepted, and nothing happens (B11.FR.03, 1.6 5.14)",
    must_fail=("TC_B_20_CS", "TC_B_22_CS", "TC_B_23_CS", "TC_013_CS"),
)


@defect(
    "reset-does-not-wait",
    role=CS,
    families=NEW,
    breaks="Reset OnIdle is carried out at once although a transaction runs (B12.FR.01)",
    must_fail=("TC_B_21_CS", "TC_B_26_CS", "TC_B_41_CS"),
)
class _ResetDoesNotWait(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action == "Reset" and request.get("type") == "OnIdle":
            request["type"] = "Immediate"
        return None


@defect(
    "reset-drops-the-transaction",
    role=CS,
    families=NEW,
    breaks="an immediate reset does not report the end of the transaction [48] (B12.FR.04, .08)",
    must_fail=("TC_B_22_CS", "TC_B_27_CS"),
)
class _ResetDropsTransaction(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if payload["triggerReason"] == "ResetCommand" else [payload]


@defect(
    "availability-lost-at-boot",
    role=CS,
    families=BOTH,
    breaks="an inoperative connector is Available again after a boot [61] (B01.FR.07, G03.FR.08, 1.6 5.2)",
    must_fail=("TC_B_23_CS", "TC_G_18_CS", "TC_G_19_CS", "TC_G_21_CS", "TC_013_CS", "TC_034_CS", "OC_16_17_2_CS"),
)
class _AvailabilityLost(Misbehaviour):
    def powered_up(self) -> None:
        self.context.memory.section("operative").clear()


yes_without_act(
    "availability-ignored",
    ("ChangeAvailability",),
    families=BOTH,
    breaks="ChangeAvailability is answered Accepted, and nothing changes (G03.FR.04, 1.6 5.2)",
    must_fail=("TC_G_03_CS", "TC_G_05_CS", "TC_G_07_CS", "TC_013_CS"),
)
wrong_status(
    "availability-scheduled-untold",
    ("ChangeAvailability",),
    "Scheduled",
    "Accepted",
    families=NEW,
    breaks="ChangeAvailability answers Accepted although a transaction runs [61] (G03.FR.05, 1.6 5.2)",
    must_fail=("TC_G_11_CS", "TC_G_14_CS", "TC_G_17_CS"),
)
wrong_status(
    "availability-refused",
    ("ChangeAvailability",),
    "Accepted",
    "Rejected",
    families=BOTH,
    breaks="ChangeAvailability is carried out and answered Rejected (G03.FR.02, .03)",
    must_fail=("TC_G_03_CS", "TC_G_09_CS", "TC_013_CS"),
)


@defect(
    "plugging-in-unreported",
    role=CS,
    families=BOTH,
    breaks="the status Occupied (1.6: Preparing) is never reported (G01.FR.03, 1.6 4.9)",
    must_fail=("TC_G_01_CS", "TC_E_09_CS", "TC_003_CS", "OC_G_01_CS"),
)
class _PluggingInUnreported(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        hidden = ("Occupied", "Preparing")
        return [] if payload.get("connectorStatus", payload.get("status")) in hidden else [payload]


@defect(
    "status-of-a-strange-connector",
    role=CS,
    families=BOTH,
    breaks="StatusNotification names a connector that does not exist [51]",
    must_fail=("TC_B_01_CS", "TC_001_CS"),
    rules=("status.connector-exists",),
)
class _StrangeConnector(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [{**payload, "connectorId": payload["connectorId"] + 7}]


@defect(
    "available-before-unavailable",
    role=CS,
    families=NEW,
    breaks="a connector that is to become Inoperative is reported Available as the EV leaves (G01.FR.05)",
    must_fail=("OC_G_02_CS",),
)
class _AvailableBeforeUnavailable(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        first = [{**payload, "connectorStatus": "Available"}] if payload["connectorStatus"] == "Unavailable" else []
        return [*first, payload]


@defect(
    "connector-in-use-unreported",
    role=CS,
    families=NEW,
    breaks="the other connectors of an EVSE are reported Occupied, not the one in use (G01.FR.03, G01.FR.08)",
    must_fail=("OC_G_03_CS",),
    variant="station with two connectors at each EVSE",
)
class _ConnectorInUseUnreported(Requests):
    action = "StatusNotification"

    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["connectorStatus"] == "Occupied":
            payload["connectorId"] = 3 - payload["connectorId"]
        return [payload]
