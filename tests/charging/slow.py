"""A second, slow and obvious way to a composite schedule: what limits at one moment, asked for every moment.

It reads the payloads of the wire itself and shares nothing with `conformance.charging` but the standard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

Payload = dict[str, Any]
Found = tuple[Fraction, int | None]
"""A limit in the unit that was asked for, and the number of phases if one is named."""


@dataclass
class Slow:
    """Profiles as (connector, payload), in the order of their installation; when charging started at connectors."""

    kept: list[tuple[int, Payload]] = field(default_factory=list)
    charging: dict[int, datetime] = field(default_factory=dict)
    voltage: int = 230
    local: tuple[int, str] | None = None

    def install(self, connector: int, profile: Payload) -> None:
        same_id = [one for one in self.kept if one[1]["chargingProfileId"] == profile["chargingProfileId"]]
        for one in same_id:
            self.kept.remove(one)
        for one in list(self.kept):
            same_purpose = one[1]["chargingProfilePurpose"] == profile["chargingProfilePurpose"]
            if one[0] == connector and same_purpose and one[1]["stackLevel"] == profile["stackLevel"]:
                self.kept.remove(one)
        self.kept.append((connector, profile))

    def total_at(self, moment: datetime, begin: datetime, unit: str, connectors: int) -> Found | None:
        """Connector 0."""
        whole: Fraction | None = Fraction(0)
        for connector in range(1, connectors + 1):
            share = self._share_at(connector, moment, begin, unit)
            if share is None:
                whole = None
                break
            assert whole is not None
            whole += share[0]
        maximum = self._purpose_at("ChargePointMaxProfile", [0], moment, begin, unit)
        values = [one for one in (whole, maximum[0] if maximum else None) if one is not None]
        return (min(values), None) if values else None

    def limit_at(self, connector: int, moment: datetime, begin: datetime, unit: str) -> Found | None:
        """A connector from 1 on; `begin` is when the schedule was asked for."""
        share = self._share_at(connector, moment, begin, unit)
        maximum = self._purpose_at("ChargePointMaxProfile", [0], moment, begin, unit)
        return _least([one for one in (share, maximum) if one is not None])

    def _share_at(self, connector: int, moment: datetime, begin: datetime, unit: str) -> Found | None:
        found: list[Found] = []
        charging = self.charging.get(connector, begin)
        if any(
            place == connector and one["chargingProfilePurpose"] == "TxProfile" and _valid(one, moment)
            for place, one in self.kept
        ):
            limit = self._purpose_at("TxProfile", [connector], moment, charging, unit)
        else:
            limit = self._purpose_at("TxDefaultProfile", [connector, 0], moment, charging, unit)
        if limit is not None:
            found.append(limit)
        if self.local is not None:
            found.append((_converted(Fraction(self.local[0]), self.local[1], unit, 3, self.voltage), None))
        return _least(found)

    def _purpose_at(
        self, purpose: str, connectors: list[int], moment: datetime, charging: datetime, unit: str
    ) -> Found | None:
        for level in range(20, -1, -1):
            for connector in connectors:
                here = [
                    one
                    for place, one in self.kept
                    if place == connector and one["chargingProfilePurpose"] == purpose and one["stackLevel"] == level
                ]
                if here:
                    found = self._profile_at(here[0], moment, charging, unit)
                    if found is not None:
                        return found
                    break  # the connector's own profile replaces that of connector 0, also where it limits nothing
        return None

    def _profile_at(self, profile: Payload, moment: datetime, charging: datetime, unit: str) -> Found | None:
        if not _valid(profile, moment):
            return None
        schedule = profile["chargingSchedule"]
        start = charging
        if profile["chargingProfileKind"] != "Relative" and "startSchedule" in schedule:
            start = datetime.fromisoformat(schedule["startSchedule"])
        since = (moment - start).total_seconds()
        if since < 0:
            return None
        if profile["chargingProfileKind"] == "Recurring":
            since %= {"Daily": 86400, "Weekly": 7 * 86400}[profile["recurrencyKind"]]
        if "duration" in schedule and since >= schedule["duration"]:
            return None
        period = [one for one in schedule["chargingSchedulePeriod"] if one["startPeriod"] <= since][-1]
        phases = period.get("numberPhases")
        limit = Fraction(str(period["limit"]))
        return _converted(limit, schedule["chargingRateUnit"], unit, phases or 3, self.voltage), phases


def _valid(profile: Payload, moment: datetime) -> bool:
    if "validFrom" in profile and moment < datetime.fromisoformat(profile["validFrom"]):
        return False
    return not ("validTo" in profile and moment >= datetime.fromisoformat(profile["validTo"]))


def _converted(value: Fraction, unit: str, wanted: str, phases: int, voltage: int) -> Fraction:
    if unit == wanted:
        return value
    return value * voltage * phases if wanted == "W" else value / (voltage * phases)


def _least(found: list[Found]) -> Found | None:
    if not found:
        return None
    phases = [one[1] for one in found if one[1] is not None]
    return min(one[0] for one in found), min(phases) if phases else None


def seconds_of(begin: datetime, duration: int, step: float = 1.0) -> list[datetime]:
    """The moments of a schedule at which to ask: the middle of every step."""
    count = int(duration / step)
    return [begin + timedelta(seconds=(index + 0.5) * step) for index in range(count)]
