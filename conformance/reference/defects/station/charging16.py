"""Defects of the charge point in smart charging of 1.6; those that are flags are asked for in station16/charging.py."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

from conformance.reference.clock import format_time, parse_time
from conformance.reference.defects import defect, flag
from conformance.reference.defects.station.bases import CS, OLD, Answers, wrong_status
from conformance.reference.wire import Payload


def _flag(name: str, breaks: str, *must_fail: str) -> None:
    flag(name, role=CS, families=OLD, breaks=breaks, must_fail=must_fail)


# -- which profiles there are --------------------------------------------------------------------------------------

_flag(
    "tx-profile-without-transaction",
    "a TxProfile is accepted though no transaction runs (3.13.1)",
    "TC_058_1_CS",
)
_flag(
    "tx-profile-of-another-transaction",
    "a TxProfile is accepted for a transactionId that does not run (3.13.1, 5.16)",
    "TC_058_2_CS",
)
wrong_status(
    "profiles-accepted-unseen",
    ("SetChargingProfile",),
    "Rejected",
    "Accepted",
    families=OLD,
    breaks="SetChargingProfile is answered Accepted, whatever becomes of the profile (3.13.1, 5.16)",
    must_fail=("TC_058_1_CS", "TC_058_2_CS", "OC_16_55_CS"),
)
_flag(
    "tx-profile-survives",
    "a TxProfile goes on to be used after its transaction has ended (3.13.1, 7.10)",
    "OC_16_47_CS",
)
_flag(
    "remote-profile-dropped",
    "the charging profile of a RemoteStartTransaction is forgotten (5.16.2)",
    "TC_059_CS",
)
_flag(
    "remote-profile-of-any-purpose",
    "a remote start is accepted with a profile that is no TxProfile (5.16.2)",
    "TC_060_CS",
)
_flag(
    "profiles-lost-at-power-up",
    "charging profiles do not survive a power cycle (errata 3.37)",
    "OC_16_48_CS",
)
_flag(
    "profiles-never-replaced",
    "a profile with an id, or a purpose and stack level, that is there already does not replace it (5.16.3)",
    "OC_16_53_CS",
)
_flag(
    "profile-kept-after-clear",
    "ClearChargingProfile is answered Accepted, and the profile stays in force (5.5)",
    "TC_067_CS",
    "OC_16_54_CS",
)
_flag(
    "clear-by-id-clears-all",
    "ClearChargingProfile with an id clears all profiles (5.5)",
    "TC_067_CS",
)

# -- what they limit -----------------------------------------------------------------------------------------------

_flag(
    "stack-levels-ignored",
    "the lowest stack level prevails instead of the highest (3.13.2)",
    "TC_072_CS",
    "OC_16_40_CS",
    "OC_16_43_CS",
)
_flag(
    "duration-ignored",
    "a schedule goes on after its duration (7.13)",
    "TC_072_CS",
    "OC_16_40_CS",
    "OC_16_42_CS",
)
_flag(
    "expired-profile-used",
    "a profile is used after its validTo (3.13.2, 7.8)",
    "OC_16_43_CS",
)
_flag(
    "recurring-once",
    "a recurring schedule is run once only (7.9)",
    "OC_16_42_CS",
)
_flag(
    "relative-from-1970",
    "a relative schedule counts from 1970 instead of the start of charging [57] (7.9)",
    "TC_059_CS",
    "OC_16_44_CS",
)
_flag(
    "default-not-for-running",
    "a transaction that runs does not switch to a new TxDefaultProfile (errata 3.8)",
    "TC_082_CS",
)
_flag(
    "default-of-all-not-replaced",
    "the TxDefaultProfile of connector 0 prevails over that of the connector (3.13.1)",
    "OC_16_45_CS",
)
_flag(
    "maximum-ignored",
    "a composite schedule does not heed the ChargePointMaxProfile (3.13.3)",
    "TC_066_CS",
    "OC_16_46_CS",
    "OC_16_48_CS",
)
_flag(
    "zero-limit-ignored",
    "a limit of 0 counts as none [56]",
    "OC_16_51_CS",
    "OC_16_44_CS",
)
_flag(
    "limits-not-obeyed",
    "profiles are accepted and told, and the EV charges with full power (5.16)",
    "OC_16_52_CS",
    "OC_16_51_CS",
)

# -- what is told of it --------------------------------------------------------------------------------------------

_flag(
    "later-periods-missed",
    "a composite schedule has the limit of its first moment alone [56] (5.7)",
    "TC_066_CS",
    "TC_072_CS",
    "OC_16_40_CS",
)
_flag(
    "composite-of-nothing",
    "GetCompositeSchedule with duration 0 ends in an internal error [56]",
    "OC_16_41_CS",
)
_flag(
    "connector-0-not-summed",
    "the composite schedule of connector 0 has the limit of one connector [56] (5.7)",
    "OC_16_46_CS",
)


class _Composites(Answers):
    actions = ("GetCompositeSchedule",)

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return self.told(answer) if "chargingSchedule" in answer else answer

    def told(self, answer: Payload) -> Payload:
        """The accepted answer that is given instead."""
        return answer


@defect(
    "composite-empty",
    role=CS,
    families=OLD,
    breaks="a composite schedule has no periods at all [24] (7.13)",
    must_fail=("TC_056_CS", "TC_057_CS", "TC_082_CS"),
    rules=("values.empty-list",),
)
class _CompositeEmpty(_Composites):
    def told(self, answer: Payload) -> Payload:
        answer["chargingSchedule"]["chargingSchedulePeriod"] = []
        return answer


@defect(
    "composite-start-off",
    role=CS,
    families=OLD,
    breaks="scheduleStart is local time with a Z, an hour ahead (5.7, 3.15)",
    must_fail=("TC_056_CS", "TC_066_CS"),
)
class _CompositeStartOff(_Composites):
    def told(self, answer: Payload) -> Payload:
        start = parse_time(answer["scheduleStart"])
        assert start is not None
        return {**answer, "scheduleStart": format_time(start + timedelta(hours=1))}


@defect(
    "composite-periods-late",
    role=CS,
    families=OLD,
    breaks="each further period of a composite schedule begins some seconds late [56] (5.7)",
    must_fail=("TC_066_CS", "TC_067_CS", "TC_072_CS"),
)
class _CompositePeriodsLate(_Composites):
    def told(self, answer: Payload) -> Payload:
        for period in answer["chargingSchedule"]["chargingSchedulePeriod"][1:]:
            period["startPeriod"] += 5
        return answer


@defect(
    "composite-always-in-amperes",
    role=CS,
    families=OLD,
    breaks="a composite schedule is told in A though W was asked for (6.21)",
    must_fail=("OC_16_50_CS",),
)
class _CompositeAlwaysInAmperes(_Composites):
    def told(self, answer: Payload) -> Payload:
        schedule = answer["chargingSchedule"]
        if schedule["chargingRateUnit"] == "W":
            schedule["chargingRateUnit"] = "A"
            for period in schedule["chargingSchedulePeriod"]:
                period["limit"] = (period["limit"] / 690).quantize(Decimal("0.1"), ROUND_DOWN)
        return answer


@defect(
    "limits-cut",
    role=CS,
    families=OLD,
    breaks="limits lose their decimal (7.14)",
    must_fail=("OC_16_49_CS",),
)
class _LimitsCut(_Composites):
    def told(self, answer: Payload) -> Payload:
        for period in answer["chargingSchedule"]["chargingSchedulePeriod"]:
            period["limit"] = int(period["limit"])
        return answer
