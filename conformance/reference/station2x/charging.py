"""Smart charging of 2.x: the profiles that the CSMS has set, how they bound what flows, and what is told of them.

Source: 2.0.1 part 2, K01, K05, K08 to K10; F01.FR.10, F01.FR.12, F01.FR.26.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.reference import schedules
from conformance.reference.device_model import READ_ONLY, Variable
from conformance.reference.hardware import PHASES
from conformance.reference.schedules import SECOND, Found
from conformance.reference.wire import Answer, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x
    from conformance.reference.station2x.transactions import Session

MAXIMUM, DEFAULT, OWN = "ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"
UNITS = ("A", "W")
LEVELS, PERIODS, ROOM = 10, 24, 20
"""The highest stack level, the most periods of a schedule, and the most profiles."""
_NAP = 0.25
"""Seconds after which limits are looked at again."""
_CTRLR = "SmartChargingCtrlr"


def variables(station: Station2x) -> list[Variable]:
    """SmartChargingCtrlr."""
    return [
        Variable(_CTRLR, "Available", "true", "boolean", READ_ONLY),
        Variable(_CTRLR, "Enabled", "true", "boolean", READ_ONLY),
        Variable(_CTRLR, "ProfileStackLevel", str(LEVELS), "integer", READ_ONLY),
        Variable(_CTRLR, "RateUnit", ",".join(UNITS), "MemberList", READ_ONLY, values=UNITS),
        Variable(_CTRLR, "PeriodsPerSchedule", str(PERIODS), "integer", READ_ONLY),
        Variable(
            _CTRLR,
            "Entries",
            data_type="integer",
            instance="ChargingProfiles",
            maximum=str(ROOM),
            read=lambda: str(len(station.charging.kept)),
        ),
        Variable(_CTRLR, "LimitChangeSignificance", "10", "decimal", "ReadWrite", unit="Percent"),
    ]


class Charging:
    """The installed profiles, which outlive a reboot: {"evse": its number, "profile": as it was sent}."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self.supported = station.options.smart_charging

    @property
    def kept(self) -> list[dict[str, Any]]:
        """The installed profiles, each with its EVSE."""
        kept: list[dict[str, Any]] = self._station.memory.section("charging").setdefault("profiles", [])
        return kept

    def _keep(self, kept: list[dict[str, Any]]) -> None:
        self._station.memory.section("charging")["profiles"] = kept
        self._station.memory.save()

    # -- profiles ----------------------------------------------------------------------------------------------------

    def objection(self, profile: Payload) -> str | None:
        """The reasonCode why a profile can't be carried out; None if it can (K01.FR.26 to K01.FR.41)."""
        if not 0 <= profile["stackLevel"] <= LEVELS or profile["chargingProfileKind"] == "Dynamic":
            return "InvalidProfile"
        if profile["chargingProfileKind"] == "Recurring" and "recurrencyKind" not in profile:
            return "InvalidProfile"
        if len(profile["chargingSchedule"]) != 1:
            return "InvalidSchedule"
        schedule = profile["chargingSchedule"][0]
        periods = schedule["chargingSchedulePeriod"]
        begins = [one["startPeriod"] for one in periods]
        fits = (
            schedule["chargingRateUnit"] in UNITS
            and (profile["chargingProfileKind"] == "Relative") != ("startSchedule" in schedule)
            and begins[0] == 0
            and begins == sorted(set(begins))
            and len(periods) <= PERIODS
            and all(one.get("limit", -1) >= 0 and 1 <= one.get("numberPhases", PHASES) <= PHASES for one in periods)
        )
        return None if fits else "InvalidSchedule"

    def objection_to_start(self, profile: Payload) -> str | None:
        """Why a RequestStartTransaction can't bring this profile; None if it can, or where profiles are ignored."""
        if not self.supported or self._station.defects.active("invalid-profile-started"):
            return "InvalidProfile" if self._station.defects.active("profile-not-ignored") else None
        if profile["chargingProfilePurpose"] != OWN or "transactionId" in profile:
            return "InvalidProfile"
        return self.objection(profile)

    def set(self, request: Payload) -> Answer | Payload:
        """Answer SetChargingProfile (K01)."""
        evse_id, profile = request["evseId"], request["chargingProfile"]
        purpose = profile["chargingProfilePurpose"]
        evse = self._station.hardware.evse(evse_id)
        if evse is None and evse_id != 0:
            return _rejected("UnknownEvse")
        running = self._station.transactions.by_id(profile.get("transactionId", ""))
        in_place = {
            MAXIMUM: evse_id == 0 and profile["chargingProfileKind"] != "Relative",
            DEFAULT: True,
            OWN: running is not None and running.evse is evse,
        }.get(purpose, False)
        if not in_place:
            return _rejected("InvalidProfile")
        if objection := self.objection(profile):
            return _rejected(objection)
        others = [one for one in self.kept if one["profile"]["id"] != profile["id"]]
        apart = [one for one in others if purpose == DEFAULT and (one["evse"] == 0) != (evse_id == 0)]
        if any(_level(one["profile"]) == _level(profile) for one in apart):
            return _rejected("DuplicateProfile")
        if len(others) >= ROOM:
            return _rejected("NoProfile")
        self._install(evse_id, profile)
        return Answer({"status": "Accepted"}, self._station.transactions.bound)

    def _install(self, evse_id: int, profile: Payload) -> None:
        left = [
            one
            for one in self.kept
            if one["profile"]["id"] != profile["id"]
            and (one["evse"] != evse_id or _level(one["profile"]) != _level(profile))
        ]
        self._keep([*left, {"evse": evse_id, "profile": profile}])

    def begins(self, session: Session) -> None:
        """The profile of a remote start belongs to the transaction as soon as there is one (F01.FR.10, K05.FR.03)."""
        profile, transaction = session.profile, session.transaction
        if profile is None or transaction is None:
            return
        session.profile = None
        if not self._station.defects.active("profile-of-remote-start-dropped"):
            self._install(session.evse.id, {**profile, "transactionId": transaction.id})

    def ends(self, transaction_id: str) -> None:
        """A transaction is over, and so are its profiles (K02, K05)."""
        left = [one for one in self.kept if one["profile"].get("transactionId") != transaction_id]
        if len(left) < len(self.kept):
            self._keep(left)

    def clear(self, request: Payload) -> Answer | Payload:
        """Answer ClearChargingProfile: an id alone decides, else all criteria (K10)."""
        wanted = {"id": request["chargingProfileId"]} if "chargingProfileId" in request else None
        left = [one for one in self.kept if not _meets(one, wanted or request.get("chargingProfileCriteria", {}))]
        if len(left) == len(self.kept):
            return {"status": "Unknown"}
        self._keep(left)
        return Answer({"status": "Accepted"}, self._station.transactions.bound)

    def get(self, request: Payload) -> Answer | Payload:
        """Answer GetChargingProfiles; the report follows, EVSE by EVSE (K09)."""
        criteria = dict(request["chargingProfile"])
        if "CSO" not in criteria.pop("chargingLimitSource", ["CSO"]):
            return {"status": "NoProfiles"}
        if "evseId" in request:
            criteria["evseId"] = request["evseId"]
        ids = criteria.pop("chargingProfileId", None)
        found = [one for one in self.kept if _meets(one, criteria) and (ids is None or one["profile"]["id"] in ids)]
        if not found:
            return {"status": "NoProfiles"}

        async def report() -> None:
            places = sorted({one["evse"] for one in found})
            for place in places:
                about = {"requestId": request["requestId"], "chargingLimitSource": "CSO", "evseId": place}
                profiles = [one["profile"] for one in found if one["evse"] == place]
                payload = {**about, "chargingProfile": profiles, "tbc": place != places[-1]}
                await self._station.tell("ReportChargingProfiles", payload)

        return Answer({"status": "Accepted"}, lambda: self._station.spawn(report()))

    # -- limits ------------------------------------------------------------------------------------------------------

    def _purpose(self, purpose: str, evse_ids: tuple[int, ...], at: int, anchor: int, unit: str) -> Found | None:
        """What the profile with the highest stack level that says anything allows."""
        mine = [
            schedules.single(one["profile"])
            for one in self.kept
            if one["evse"] in evse_ids and one["profile"]["chargingProfilePurpose"] == purpose
        ]
        for profile in sorted(mine, key=lambda one: one["stackLevel"], reverse=True):
            found = schedules.limit(profile, at, anchor, unit)
            if found is not None:
                return found
        return None

    def _share(self, session: Session, at: int, unit: str) -> Decimal:
        """What an EVSE may take, as far as the whole station allows it; the hardware has a limit of its own."""
        evse = session.evse
        anchor = at if session.transaction is None else round(session.transaction.since * SECOND)
        found = self._purpose(OWN, (evse.id,), at, anchor, unit)
        found = found or self._purpose(DEFAULT, (evse.id, 0), at, anchor, unit)
        own = schedules.convert(Decimal(evse.max_watts), "W", unit, None)
        return own if found is None else min(own, found[0])

    def _allowed(self, evse_id: int, at: int, unit: str) -> Decimal:
        """The limit of a moment; of EVSE 0 what all together may take."""
        sessions = self._station.transactions.sessions
        shares = [self._share(one, at, unit) for key, one in sessions.items() if evse_id in (0, key)]
        maximum = self._purpose(MAXIMUM, (0,), at, at, unit)
        return sum(shares, Decimal(0)) if maximum is None else min(sum(shares, Decimal(0)), maximum[0])

    def watts(self, session: Session) -> int:
        """What may flow at an EVSE now; who charges shares evenly what the whole station may take."""
        if not self.supported:
            return session.evse.max_watts
        now = schedules.of_time(self._station.clock.now())
        maximum = self._purpose(MAXIMUM, (0,), now, now, "W")
        share = self._share(session, now, "W")
        if maximum is not None:
            charging = [one for one in self._station.transactions.sessions.values() if one.flowing or one is session]
            share = min(share, maximum[0] / len(charging))
        return int(share)

    async def follow(self) -> None:
        """Bound what flows anew whenever a period may have begun or ended."""
        while True:
            await asyncio.sleep(_NAP)
            if self.kept:
                self._station.transactions.bound()

    def composite(self, request: Payload) -> Payload:
        """Answer GetCompositeSchedule: one period for each change of the limit (K08)."""
        evse_id, duration = request["evseId"], request["duration"]
        unit = request.get("chargingRateUnit", UNITS[0])
        if (evse_id != 0 and self._station.hardware.evse(evse_id) is None) or duration < 0:
            return {"status": "Rejected"}
        stamp = self._station.clock.stamp()
        begin = schedules.moment(stamp)
        assert begin is not None
        anchors = {begin} | {
            round(one.transaction.since * SECOND)
            for one in self._station.transactions.sessions.values()
            if one.transaction is not None
        }
        plain = [schedules.single(one["profile"]) for one in self.kept]
        end = begin + duration * SECOND
        marks = {mark for one in plain for anchor in anchors for mark in schedules.changes(one, begin, end, anchor)}
        periods: list[Payload] = []
        for mark in sorted({begin, *marks}):
            start, limit = round((mark - begin) / SECOND), schedules.written(self._allowed(evse_id, mark, unit))
            if not periods or periods[-1]["limit"] != limit:
                periods.append({"startPeriod": start, "limit": limit})
        schedule = {"evseId": evse_id, "duration": duration, "scheduleStart": stamp, "chargingRateUnit": unit}
        return {"status": "Accepted", "schedule": {**schedule, "chargingSchedulePeriod": periods[:PERIODS]}}


def _rejected(reason: str) -> Payload:
    return {"status": "Rejected", "statusInfo": {"reasonCode": reason}}


def _level(profile: Payload) -> tuple[str, int]:
    return profile["chargingProfilePurpose"], profile["stackLevel"]


def _meets(kept: dict[str, Any], criteria: Payload) -> bool:
    facts = {**kept["profile"], "evseId": kept["evse"]}
    return all(facts.get(name) == value for name, value in criteria.items() if name != "customData")
