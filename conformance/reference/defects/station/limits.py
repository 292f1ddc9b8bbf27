"""Defects of the station in limits of transactions (2.1, E16)."""

from __future__ import annotations

from conformance.reference.defects import defect, flag
from conformance.reference.defects.station.bases import CS, NEW, Events
from conformance.reference.wire import Payload

BY_CSMS = ("TC_E_100_CS", "TC_E_102_CS", "TC_E_104_CS", "TC_E_105_CS", "OC_F_11_CS")
BY_DRIVER = ("TC_E_101_CS", "TC_E_106_CS", "TC_E_107_CS")
WITH_COSTS = "station that calculates costs"
EVERY = (*BY_CSMS, *BY_DRIVER)

flag(
    "limit-of-csms-ignored",
    role=CS,
    families=NEW,
    breaks="transactionLimit in a TransactionEventResponse is ignored (E16.FR.03)",
    must_fail=BY_CSMS,
)
flag(
    "limit-not-confirmed",
    role=CS,
    families=NEW,
    breaks="a limit that was set is not told (E16.FR.01, E16.FR.03)",
    must_fail=EVERY,
)
flag(
    "limit-told-wrong",
    role=CS,
    families=NEW,
    breaks="LimitSet tells another maxEnergy than was set (E16.FR.01, E16.FR.03)",
    must_fail=("TC_E_100_CS", "TC_E_102_CS", "TC_E_106_CS"),
)
flag(
    "limit-of-csms-raised",
    role=CS,
    families=NEW,
    breaks="the driver may exceed the limit that the CSMS has set (E16.FR.04)",
    must_fail=("TC_E_102_CS",),
)
flag(
    "limits-never-reached",
    role=CS,
    families=NEW,
    breaks="limits are confirmed and then ignored (E16.FR.05)",
    must_fail=EVERY,
)
flag(
    "limit-reached-not-named",
    role=CS,
    families=NEW,
    breaks="the event of a limit that is reached has triggerReason ChargingStateChanged (E16.FR.05)",
    must_fail=EVERY,
)
flag(
    "cost-of-csms-ignored",
    role=CS,
    families=NEW,
    breaks="what the CSMS says of the cost reaches no limit (E16.FR.15)",
    must_fail=("TC_E_101_CS", "TC_E_104_CS"),
)
flag(
    "cost-of-csms-believed",
    role=CS,
    families=NEW,
    breaks="what the CSMS says of the cost goes before the station's own tariff (E16.FR.16)",
    must_fail=("TC_E_103_CS",),
    variant=WITH_COSTS,
)
flag(
    "running-cost-not-told",
    role=CS,
    families=NEW,
    breaks="the running cost is not told though it is enabled (I12.FR.02)",
    must_fail=("TC_E_108_CS",),
    variant=WITH_COSTS,
)


flag(
    "exceeded-limit-of-no-effect",
    role=CS,
    families=NEW,
    breaks="a limit that the transaction is above already when it is set is never reached (E16.FR.10)",
    must_fail=("OC_E_20_CS",),
)
flag(
    "raised-limit-of-no-effect",
    role=CS,
    families=NEW,
    breaks="energy stays suspended after the limit was raised (E16.FR.14)",
    must_fail=("OC_E_21_CS",),
)
flag(
    "unsupported-limit-confirmed",
    role=CS,
    families=NEW,
    breaks="a limit that the station does not have is confirmed with the others (E16.FR.13)",
    must_fail=("OC_E_22_CS",),
)


@defect(
    "idle-time-costs-nothing",
    role=CS,
    families=NEW,
    breaks="costDetails leave out the cost of the idle time (I12.FR.11)",
    must_fail=("TC_E_103_CS",),
    variant=WITH_COSTS,
)
class _IdleTimeCostsNothing(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload.get("costDetails", {}).get("totalCost", {}).pop("idleTime", None)
        return [payload]


@defect(
    "limit-told-in-every-event",
    role=CS,
    families=NEW,
    breaks="every event tells the limit of the transaction, not the first one alone (E16.FR.01, E16.FR.03)",
    must_fail=("TC_E_100_CS", "TC_E_104_CS", "TC_E_105_CS"),
)
class _LimitToldInEveryEvent(Events):
    def __init__(self) -> None:
        self._limits: dict[str, Payload] = {}

    def spoil(self, payload: Payload) -> list[Payload]:
        info = payload["transactionInfo"]
        limit = info.get("transactionLimit", self._limits.get(info["transactionId"]))
        if limit is not None:
            self._limits[info["transactionId"]] = info["transactionLimit"] = limit
        return [payload]
