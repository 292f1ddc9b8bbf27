"""Charging profiles of 1.6 in a case: what is sent, what the charge point then has, and what it should make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from conformance.cases.steps import check, recommend
from conformance.charging.installed import Circumstances, Installed
from conformance.charging.judging import Told, mismatch
from conformance.charging.profiles import Limit
from conformance.ocppj import frames
from conformance.ocppj.datetimes import parse_datetime
from conformance.ocppj.trace import Entry
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import NotApplicable
from conformance.peers.payload import ABSENT, Fields, peek, plain
from conformance.peers.peer import Refusal, Response

ROUNDING = timedelta(seconds=2)
"""How far the border of a period may be off: scheduleStart and startPeriod are whole seconds each at worst."""

QUANTITIES = {"A": "Current", "W": "Power"}
"""What ChargingScheduleAllowedChargingRateUnit calls the units (9.4.2)."""


class Charging:
    """What a case does with charging profiles. Limits are in A; a description in W has them times 1000, as OCA's list.

    Seconds are from now; profiles begin `tolerance` seconds ago, so that the clocks' difference can't hide them.
    """

    def __init__(self, csms: FakeCsms) -> None:
        self._csms = csms
        self._dut = csms.lab.dut
        self._ids = 0

    @property
    def unit(self) -> str:
        """The unit that the description wants profiles in."""
        return str(self._dut.values.charging_rate_unit)

    def needs(self, *, levels: int = 0, profiles: int = 0, periods: int = 0, units: str = "") -> None:
        """NOT APPLICABLE if the charge point says that it can't take so many, or has not all `units` ("AW").

        `levels`: profiles of one purpose, on stack levels from 0 up.
        """
        wanted = {
            "ChargeProfileMaxStackLevel": levels,
            "MaxChargingProfilesInstalled": profiles,
            "ChargingScheduleMaxPeriods": periods,
        }
        for key, number in wanted.items():
            told = self._csms.configured(key) if number else ""
            if told.strip().isdigit() and int(told) < number:
                raise NotApplicable(f"{key} is {told}, the case needs {number}")
        if units:
            told = self._csms.configured("ChargingScheduleAllowedChargingRateUnit")
            missing = [QUANTITIES[one] for one in units if QUANTITIES[one] not in told]
            if missing:
                raise NotApplicable(f'ChargingScheduleAllowedChargingRateUnit is "{told}", without {missing[0]}')

    # ---------------------------------------------------------------- profiles

    def profile(
        self,
        purpose: str,
        limits: Mapping[int, float],
        *,
        kind: str = "Absolute",
        since: float | None = None,
        duration: int | None = None,
        valid: tuple[float | None, float | None] = (None, None),
        unit: str = "",
        phases: int | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """A ChargingProfile of `limits` (start of a period: its limit; with a `unit`, in that).

        `since`: its startSchedule in seconds from now (a tolerance ago if not given); `valid`: validFrom and validTo,
        None for without; `fields`: further ones, and such to replace.
        """
        schedule: dict[str, Any] = {} if duration is None else {"duration": duration}
        if kind != "Relative":
            schedule["startSchedule"] = self.moment(self.past if since is None else since)
        factor = 1000 if not unit and self.unit == "W" else 1
        schedule["chargingRateUnit"] = unit or self.unit
        schedule["chargingSchedulePeriod"] = [
            {
                "startPeriod": start,
                "limit": _number(limit, factor),
                "numberPhases": phases or self._dut.values.number_phases,
            }
            for start, limit in limits.items()
        ]
        self._ids += 1
        profile: dict[str, Any] = {
            "chargingProfileId": self._ids,
            "stackLevel": self._dut.values.stack_level,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": kind,
        }
        times = zip(("validFrom", "validTo"), valid, strict=True)
        profile |= {name: self.moment(seconds) for name, seconds in times if seconds is not None}
        return {**profile, "chargingSchedule": schedule, **fields}

    def watts(self, amperes: float) -> float:
        """The power in W of a limit as a case writes it, on as many phases as the description says."""
        if self.unit == "W":
            return amperes * 1000
        return float(amperes * self._dut.values.line_voltage * self._dut.values.number_phases)

    @property
    def past(self) -> float:
        """The moment, in seconds from now, at which profiles begin: a tolerance ago."""
        return -float(self._dut.timeouts.tolerance)

    def moment(self, seconds: float) -> str:
        """A date and time in seconds from now."""
        return self._csms.timestamp(seconds)

    def set(
        self,
        purpose: str,
        limits: Mapping[int, float],
        *,
        connectorId: int | None = None,  # noqa: N803  # the wire's own name
        **options: Any,
    ) -> Mapping[str, Any]:
        """Send SetChargingProfile, which has to be Accepted; the profile.

        Without connectorId: connector 0 for a ChargePointMaxProfile, else the first.
        """
        profile = self.profile(purpose, limits, **options)
        number = 0 if purpose == "ChargePointMaxProfile" else self._dut.connector.connectorId
        answer = self._csms.send(
            "SetChargingProfile",
            connectorId=number if connectorId is None else connectorId,
            csChargingProfiles=profile,
        )
        check(answer.status == "Accepted", "the profile is Accepted", requirement="1.6 5.16", actual=answer.status)
        return profile

    def clear(self, *, status: str = "Accepted", **criteria: Any) -> None:
        """Send ClearChargingProfile with these fields alone; `status` is the right answer."""
        answer = self._csms.send("ClearChargingProfile", **criteria)
        check(answer.status == status, f"it is {status}", requirement="1.6 5.5, 7.21", actual=answer.status)

    def check_refused(self, answer: Response | Refusal, requirement: str) -> None:
        """The answer to a profile that can't be: Rejected, or PropertyConstraintViolation, which OCA's list allows."""
        right = (
            answer.code == "PropertyConstraintViolation" if isinstance(answer, Refusal) else answer.status == "Rejected"
        )
        check(right, "Rejected or PropertyConstraintViolation", requirement=requirement, actual=answer)

    # ---------------------------------------------------------------- composite schedules

    def check_composite(
        self,
        duration: int = 350,
        *,
        connectorId: int | None = None,  # noqa: N803  # the wire's own name
        unit: str = "",
        or_rejected: bool = False,
    ) -> None:
        """Send GetCompositeSchedule and hold the answer against what the accepted profiles give.

        `or_rejected`: whether the charge point may find the question not worth an answer.
        """
        number = self._dut.connector.connectorId if connectorId is None else connectorId
        unit = unit or self.unit
        asked = {"connectorId": number, "duration": duration, "chargingRateUnit": unit}
        answer = self._csms.send("GetCompositeSchedule", **asked)
        requirement = "1.6 5.7, 6.22"
        if or_rejected and answer.status == "Rejected":
            return
        if not check(answer.status == "Accepted", "Accepted", requirement=requirement, actual=answer.status):
            return
        schedule = answer.chargingSchedule
        check(
            answer.connectorId == number, f"of connector {number}", requirement=requirement, actual=answer.connectorId
        )
        check(
            schedule.chargingRateUnit == unit, f"in {unit}", requirement=requirement, actual=schedule.chargingRateUnit
        )
        check(schedule.duration == duration, f"of {duration} s", requirement=requirement, actual=schedule.duration)
        recommend(
            schedule.startSchedule is ABSENT,
            "no startSchedule in a composite schedule",
            requirement="1.6 errata 3.57",
            actual=schedule.startSchedule,
        )
        self._check_limits(answer, asked)

    def _check_limits(self, answer: Response, asked: Mapping[str, Any]) -> None:
        start = parse_datetime(answer.scheduleStart) if isinstance(answer.scheduleStart, str) else None
        limit = self._dut.timeouts.tolerance
        off = None if start is None else abs((start - self._csms.utcnow()).total_seconds())
        words = f"scheduleStart is now, give or take {limit:g} s"
        if not check(off is not None and off <= limit, words, requirement="1.6 5.7", actual=answer.scheduleStart):
            return
        assert start is not None
        told = _told(answer)
        check(
            told is not None, "periods in order, the first from 0 s, none after the end", requirement="1.6 7.13, 7.14"
        )
        if told is None:
            return
        kept = _Kept(self._csms)
        expected = kept.installed().composite(
            asked["connectorId"],
            start,
            asked["duration"],
            asked["chargingRateUnit"],
            len(self._dut.connectors),
            self._circumstances(),
        )
        slack = ROUNDING + timedelta(seconds=limit if kept.relative else 0)
        wrong = mismatch(expected, told, slack)
        check(not wrong, f"limits: {expected}", requirement="1.6 3.13, 5.7", actual=f"{told}: {wrong}")

    def _circumstances(self) -> Circumstances:
        values = self._dut.values
        local = Decimal(str(values.local_limit))
        own = Limit(local, values.charging_rate_unit, values.number_phases) if local else None
        return Circumstances(values.line_voltage, own)


@dataclass
class _Kept:
    """What the trace of a case shows that a charge point has. `relative`: whether some profile is relative."""

    csms: FakeCsms
    relative: bool = False

    def installed(self) -> Installed:
        """Every accepted profile, without those that were cleared or went with their transaction."""
        entries = self.csms.trace.entries
        self._answers = {entry.answers: entry for entry in entries if entry.answers is not None}
        self.relative = any(_relative(profile) for entry in entries for profile in _profiles(entry))
        self._remote: dict[Any, Mapping[str, Any]] = {}
        self._running: dict[Any, int] = {}
        found = Installed()
        for entry in entries:
            if entry.kind == "frame" and entry.frame is not None and entry.frame.type == frames.CALL:
                self._take(found, entry, self._answers.get(entry.index))
        return found

    def _take(self, found: Installed, entry: Entry, answer: Entry | None) -> None:
        assert entry.frame is not None
        told = answer.frame.payload if answer is not None and answer.frame is not None else None
        accepted = peek(told, "status") == "Accepted"
        payload = entry.frame.payload
        match entry.frame.action:
            case "SetChargingProfile" if accepted:
                found.install(payload["connectorId"], payload["csChargingProfiles"])
            case "ClearChargingProfile" if accepted:
                found.clear(payload)
            case "RemoteStartTransaction" if accepted and "chargingProfile" in payload:
                self._remote[payload.get("connectorId")] = payload["chargingProfile"]
            case "StartTransaction":
                number = peek(payload, "connectorId")
                self._running[peek(told, "transactionId")] = number
                profile = self._remote.pop(number, self._remote.pop(None, None))
                found.started(number, self._began(entry), profile)
            case "StopTransaction":
                number = self._running.pop(peek(payload, "transactionId"), 0)
                found.stopped(number)

    def _began(self, entry: Entry) -> datetime:
        """When charging started, by the charge point's own clock where that matters."""
        assert entry.frame is not None
        payload = entry.frame.payload
        told = payload.get("timestamp") if self.relative and isinstance(payload, Mapping) else None
        return (parse_datetime(told) if isinstance(told, str) else None) or self.csms.trace.utc(entry.at)


def _profiles(entry: Entry) -> Iterator[Mapping[str, Any]]:
    """The charging profile in a CALL of ours, if there is one."""
    if entry.sender == "CSMS" and entry.frame is not None and entry.frame.type == frames.CALL:
        for name in ("csChargingProfiles", "chargingProfile"):
            if name in entry.frame.payload:
                yield entry.frame.payload[name]


def _relative(profile: Mapping[str, Any]) -> bool:
    return profile.get("chargingProfileKind") == "Relative" or "startSchedule" not in profile["chargingSchedule"]


def _told(answer: Response) -> Told | None:
    """The periods of an answer; None if they can't be read or don't fit into its duration."""
    periods = []
    for one in answer.chargingSchedule.chargingSchedulePeriod:
        fields = one if isinstance(one, Fields) else Fields({})
        start, limit, phases = (plain(fields[name]) for name in ("startPeriod", "limit", "numberPhases"))
        if type(start) is not int or not isinstance(limit, (int, Decimal)):
            return None
        periods.append((start, Decimal(limit), phases if type(phases) is int else None))
    starts = [one[0] for one in periods]
    duration = answer.chargingSchedule.duration
    end = max(1, duration) if type(duration) is int else 0
    fits = bool(starts) and starts[0] == 0 and starts == sorted(set(starts)) and starts[-1] < end
    return Told(tuple(periods)) if fits else None


def _number(limit: float, factor: int) -> int | Decimal:
    """A limit as it is written: exact, and without a point where it needs none."""
    value = Decimal(str(limit)) * factor
    return int(value) if value == value.to_integral_value() else value
