"""Smart charging: the profiles that the Central System has set, and how they bound what flows.

Source: 1.6 sections 3.13, 5.5, 5.7, 5.11, 5.16, 6.21, 6.22, 7.8 to 7.14, 9.4, with the errata to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.reference import schedules
from conformance.reference.hardware import PHASES
from conformance.reference.schedules import SECOND, Found
from conformance.reference.wire import Answer, CallError, Payload

if TYPE_CHECKING:
    from conformance.reference.station16.sessions import Session
    from conformance.reference.station16.station import Station16

MAXIMUM, DEFAULT, OWN = "ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"
UNITS = {"Current": "A", "Power": "W"}
LONGEST_NAP = SECOND // 2
"""Time after which limits are looked at again, in case that the clock was set."""
LONGEST = 31 * 86400
"""Seconds of the longest composite schedule that is told."""


class Charging:
    """The installed profiles, which survive power cuts, and what follows from them.

    A kept profile is {"connector": its number, "profile": as it was sent, "transaction": the charge point's key of the
    transaction that it belongs to, "" for none}.
    """

    def __init__(self, station: Station16) -> None:
        self._station = station
        self._changed = asyncio.Event()

    @property
    def _kept(self) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = self._station.memory.section("charging").setdefault("profiles", [])
        return kept

    def _keep(self, kept: list[dict[str, Any]]) -> None:
        if kept != self._kept:
            self._station.memory.section("charging")["profiles"] = kept
            self._station.memory.save()

    def _defect(self, name: str) -> bool:
        return self._station.defects.active(name)

    # -- SetChargingProfile and ClearChargingProfile -----------------------------------------------------------------

    def set(self, request: Payload) -> Answer | Payload:
        """Answer SetChargingProfile. Raises CallError for a connector that does not exist (errata 3.39)."""
        number, profile = request["connectorId"], request["csChargingProfiles"]
        if number not in self._station.statuses.numbers():
            raise CallError("PropertyConstraintViolation", f"there is no connector {number}")
        purpose = profile["chargingProfilePurpose"]
        session = self._station.sessions.of(number)
        in_place = {MAXIMUM: number == 0, OWN: number > 0 and self._belongs(profile, session)}.get(purpose, True)
        if not in_place or not self.possible(profile) or not self._room(number, profile):
            return {"status": "Rejected"}
        transaction = session.transaction if session is not None and purpose == OWN else None
        self._install(number, profile, transaction.key if transaction is not None else "")
        return Answer({"status": "Accepted"}, self.review)

    def _belongs(self, profile: Payload, session: Session | None) -> bool:
        """Whether a TxProfile is for the transaction that runs (3.13.1, 5.16)."""
        if session is None or session.transaction is None:
            return self._defect("tx-profile-without-transaction") and session is not None
        known = self._station.memory.section("transaction_ids").get(session.transaction.key)
        named = profile.get("transactionId", known)
        return bool(named == known) or self._defect("tx-profile-of-another-transaction")

    def startable(self, profile: Payload) -> bool:
        """Whether a RemoteStartTransaction may bring this profile: a TxProfile of no transaction yet (5.16.2)."""
        if self._defect("remote-profile-of-any-purpose"):
            return True
        own = profile["chargingProfilePurpose"] == OWN and "transactionId" not in profile
        return own and self.possible(profile)

    def possible(self, profile: Payload) -> bool:
        """Whether the charge point can carry out a profile, by its keys and by 7.8 to 7.14."""
        keys = self._station.configuration
        schedule = profile["chargingSchedule"]
        periods = schedule["chargingSchedulePeriod"]
        beginnings = [one["startPeriod"] for one in periods]
        recurring = profile["chargingProfileKind"] == "Recurring"
        return (
            0 <= profile["stackLevel"] <= keys.number("ChargeProfileMaxStackLevel")
            and 1 <= len(periods) <= keys.number("ChargingScheduleMaxPeriods")
            and beginnings[0] == 0
            and beginnings == sorted(set(beginnings))
            and all(one["limit"] >= 0 and 1 <= one.get("numberPhases", PHASES) <= PHASES for one in periods)
            and schedule["chargingRateUnit"] in self._units()
            and schedule.get("duration", 0) >= 0
            and (not recurring or ("recurrencyKind" in profile and "startSchedule" in schedule))
        )

    def _units(self) -> list[str]:
        told = self._station.configuration.members("ChargingScheduleAllowedChargingRateUnit")
        return [UNITS[one] for one in told if one in UNITS]

    def _room(self, number: int, profile: Payload) -> bool:
        left = [one for one in self._kept if not _replaces(number, profile, one)]
        return len(left) < self._station.configuration.number("MaxChargingProfilesInstalled")

    def _install(self, number: int, profile: Payload, transaction: str) -> None:
        kept = [one for one in self._kept if not _replaces(number, profile, one)]
        if self._defect("profiles-never-replaced"):
            kept = list(self._kept)
        self._keep([*kept, {"connector": number, "profile": profile, "transaction": transaction}])

    def clear(self, request: Payload) -> Answer | Payload:
        """Answer ClearChargingProfile: all profiles that meet all criteria; an id alone decides (errata 3.25, 3.26)."""
        wanted = {"id": request["id"]} if "id" in request else request
        if self._defect("clear-by-id-clears-all") and "id" in request:
            wanted = {}
        left = [one for one in self._kept if not _meets(one, wanted)]
        if len(left) == len(self._kept):
            return {"status": "Unknown"}
        if not self._defect("profile-kept-after-clear"):
            self._keep(left)
        return Answer({"status": "Accepted"}, self.review)

    # -- transactions ------------------------------------------------------------------------------------------------

    def power_up(self) -> None:
        """The power is back: no transaction runs, so that no profile can belong to one."""
        kept = [one for one in self._kept if not one["transaction"]]
        if self._defect("profiles-lost-at-power-up"):
            kept = []
        self._keep(kept)
        self._station.spawn(self.follow())

    def started(self, session: Session, profile: Payload | None) -> None:
        """A transaction has begun, with the profile of the remote start if there was one (5.16.2)."""
        assert session.transaction is not None
        if profile is not None and not self._defect("remote-profile-dropped"):
            self._install(session.evse.id, profile, session.transaction.key)
        self.bound()

    def stopped(self, key: str) -> None:
        """A transaction is over, and so are its profiles (3.13.1)."""
        if not self._defect("tx-profile-survives"):
            self._keep([one for one in self._kept if one["transaction"] != key])
        self.bound()

    # -- limits ------------------------------------------------------------------------------------------------------

    def _of(self, purpose: str, number: int) -> list[Payload]:
        """The profiles of a purpose that count at a connector, the highest stack level first."""
        here = [one for one in self._kept if one["profile"]["chargingProfilePurpose"] == purpose]
        mine = [one["profile"] for one in here if one["connector"] == number]
        if purpose == DEFAULT and number != 0:
            taken = {one["stackLevel"] for one in mine}
            general = [one["profile"] for one in here if one["connector"] == 0]
            if self._defect("default-of-all-not-replaced"):
                mine = general + mine
            else:
                mine += [one for one in general if one["stackLevel"] not in taken]
        return sorted(mine, key=lambda one: one["stackLevel"], reverse=not self._defect("stack-levels-ignored"))

    def _purpose(self, purpose: str, number: int, at: int, anchor: int, unit: str) -> Found | None:
        for profile in self._of(purpose, number):
            found = self._limit(profile, at, anchor, unit)
            if found is not None:
                return found
        return None

    def _limit(self, profile: Payload, at: int, anchor: int, unit: str) -> Found | None:
        """What one profile allows at a moment; defects see another profile, or another moment."""
        if self._defect("expired-profile-used"):
            profile = {name: value for name, value in profile.items() if name != "validTo"}
        if self._defect("recurring-once") and profile["chargingProfileKind"] == "Recurring":
            profile = {**profile, "chargingProfileKind": "Absolute"}
        if self._defect("relative-from-1970"):
            anchor = 0
        if self._defect("duration-ignored"):
            schedule = {name: value for name, value in profile["chargingSchedule"].items() if name != "duration"}
            profile = {**profile, "chargingSchedule": schedule}
        found = schedules.limit(profile, at, anchor, unit)
        return None if self._defect("zero-limit-ignored") and found is not None and found[0] == 0 else found

    def share(self, number: int, at: int, begin: int, unit: str) -> Found:
        """What a connector may take at a moment as far as the whole charge point allows it.

        `begin`: when charging would have started if no transaction runs. A TxProfile overrules the default while it
        is valid (3.13.1); the hardware has a limit of its own.
        """
        session = self._station.sessions.of(number)
        running = session.transaction if session is not None else None
        anchor = running.started if running is not None else begin
        purpose = DEFAULT
        if any(schedules.valid(one, at) for one in self._of(OWN, number)):
            purpose = OWN
        if purpose == DEFAULT and running is not None and self._defect("default-not-for-running"):
            return self._hardware(number, unit)
        return _lower(self._hardware(number, unit), self._purpose(purpose, number, at, anchor, unit))

    def _hardware(self, number: int, unit: str) -> Found:
        evse = self._station.hardware.evse(number)
        assert evse is not None
        return schedules.convert(Decimal(evse.max_watts), "W", unit, None), None

    def _whole(self, at: int, begin: int, unit: str) -> Found | None:
        """What the charge point may take for all its connectors together."""
        return self._purpose(MAXIMUM, 0, at, begin, unit)

    def allowed(self, number: int, at: int, begin: int, unit: str) -> Found:
        """The limit that GetCompositeSchedule tells of a moment; for connector 0 the total that may be consumed."""
        maximum = None if self._defect("maximum-ignored") else self._whole(at, begin, unit)
        if number != 0:
            return _lower(self.share(number, at, begin, unit), maximum)
        shares = [self.share(evse.id, at, begin, unit)[0] for evse in self._station.hardware.evses]
        if self._defect("connector-0-not-summed"):
            shares = shares[:1]
        return _lower((sum(shares, Decimal(0)), None), (maximum[0], None) if maximum is not None else None)

    # -- GetCompositeSchedule ----------------------------------------------------------------------------------------

    def composite(self, request: Payload) -> Payload:
        """Answer GetCompositeSchedule."""
        number, duration = request["connectorId"], request["duration"]
        unit = request.get("chargingRateUnit") or self._units()[0]
        if number not in self._station.statuses.numbers() or duration < 0 or unit not in self._units():
            return {"status": "Rejected"}
        if duration == 0 and self._defect("composite-of-nothing"):
            raise CallError("InternalError", "list index out of range")
        stamp, duration = self._station.clock.stamp(), min(duration, LONGEST)
        begin = schedules.moment(stamp)
        assert begin is not None
        periods = self._periods(number, begin, duration, unit)
        most = self._station.configuration.number("ChargingScheduleMaxPeriods")
        if len(periods) > most:
            duration = periods[most]["startPeriod"]
        schedule = {"duration": duration, "chargingRateUnit": unit, "chargingSchedulePeriod": periods[:most]}
        return {"status": "Accepted", "connectorId": number, "scheduleStart": stamp, "chargingSchedule": schedule}

    def _periods(self, number: int, begin: int, duration: int, unit: str) -> list[Payload]:
        """The limits from `begin` on, one period for each change; startPeriod is the nearest whole second."""
        marks = sorted({begin, *self._changes(begin, begin + duration * SECOND)})
        if self._defect("later-periods-missed"):
            marks = marks[:1]
        found: dict[int, Found] = {}
        for mark in marks:
            start = round((mark - begin) / SECOND)
            if start < duration or not found:
                found[start] = self.allowed(number, mark, begin, unit)
        periods: list[Payload] = []
        last: Found | None = None
        for start, (limit, phases) in found.items():
            if (limit, phases) == last:
                continue
            last = limit, phases
            period: Payload = {"startPeriod": start, "limit": schedules.written(limit)}
            if phases is not None:
                period["numberPhases"] = phases
            periods.append(period)
        return periods

    def _changes(self, begin: int, end: int) -> Iterable[int]:
        for kept in self._kept:
            session = self._station.sessions.of(kept["connector"])
            sessions = [session] if session is not None else self._station.sessions.all()
            anchors = [one.transaction.started for one in sessions if one.transaction is not None]
            for anchor in (begin, *anchors):
                yield from schedules.changes(kept["profile"], begin, end, anchor)

    # -- what flows --------------------------------------------------------------------------------------------------

    def review(self) -> None:
        """Something has changed: bound what flows anew, now, and report connectors that stop or go on for that."""
        self.bound()
        self._station.statuses.report_changes()

    def bound(self) -> None:
        """Let every EV have what it may have."""
        self._changed.set()
        now = schedules.of_time(self._station.clock.now())
        taking = [one for one in self._station.sessions.all() if self._station.sessions.may_take(one)]
        wishes = {one.evse.id: self.share(one.evse.id, now, now, "W")[0] for one in taking}
        whole = self._whole(now, now, "W")
        given = _dealt(wishes, whole[0] if whole is not None else None)
        for session in self._station.sessions.all():
            held = session.transaction is not None and self.allowed(session.evse.id, now, now, "W")[0] == 0
            watts = given.get(session.evse.id, Decimal(0))
            if self._defect("limits-not-obeyed") and session in taking:
                watts, held = Decimal(session.evse.max_watts), False
            session.held = held
            session.evse.meter.switch(int(watts))

    async def follow(self) -> None:
        """Bound what flows anew whenever a period begins or ends, for as long as there is a profile."""
        while True:
            self._changed.clear()
            if not self._kept:
                await self._changed.wait()
                continue
            now = schedules.of_time(self._station.clock.now())
            due = min(self._changes(now, now + LONGEST_NAP), default=now + LONGEST_NAP)
            try:
                async with asyncio.timeout((due - now) / SECOND + 0.001):
                    await self._changed.wait()
            except TimeoutError:
                self.review()


def _replaces(number: int, profile: Payload, kept: dict[str, Any]) -> bool:
    """Whether a new profile takes the place of a kept one: same id, or same connector, purpose and level (5.16.3)."""
    old = kept["profile"]
    if old["chargingProfileId"] == profile["chargingProfileId"]:
        return True
    same = all(old[name] == profile[name] for name in ("chargingProfilePurpose", "stackLevel"))
    return same and bool(kept["connector"] == number)


def _meets(kept: dict[str, Any], criteria: Payload) -> bool:
    facts = {**kept["profile"], "id": kept["profile"]["chargingProfileId"], "connectorId": kept["connector"]}
    return all(facts.get(name) == value for name, value in criteria.items())


def _lower(one: Found, other: Found | None) -> Found:
    """The lower limit; of the phases that are named the fewer."""
    if other is None:
        return one
    named = [phases for _, phases in (one, other) if phases is not None]
    return min(one[0], other[0]), min(named, default=None)


def _dealt(wishes: dict[int, Decimal], whole: Decimal | None) -> dict[int, Decimal]:
    """What each gets when all together may have `whole`: who wants less than an even part gets all that it wants."""
    given: dict[int, Decimal] = {}
    left = whole
    for count, (number, wish) in enumerate(sorted(wishes.items(), key=lambda one: one[1])):
        part = wish if left is None else min(wish, left / (len(wishes) - count))
        given[number] = part
        left = None if left is None else left - part
    return given
