"""The profiles that a charge point has after a series of messages, and the composite schedules that follow.

Source: 1.6 sections 3.13, 5.5, 5.7, 5.16 with errata 3.8, 3.25, 3.26, 3.42, 3.43, 3.53, 3.65, 3.66.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial, reduce
from typing import Any

from conformance.charging import composite
from conformance.charging.composite import Composite, Course
from conformance.charging.profiles import Limit, Piece, Profile


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the messages do not tell: the line voltage between A and W, and the charge point's own limit, if known."""

    voltage: int = 230
    local: Limit | None = None


@dataclass(slots=True)
class Installed:
    """Profiles, and the connectors where a transaction runs with the moment at which charging started."""

    profiles: list[Profile] = field(default_factory=list)
    charging: dict[int, datetime] = field(default_factory=dict)

    def install(self, connector: int, content: Mapping[str, Any]) -> None:
        """An accepted profile: it replaces one with its id or in its place, at the same connector, purpose and level.

        One with the same stack level and purpose at another connector is another profile (3.13.1).
        """
        fresh = Profile.of(connector, content)
        self.profiles = [one for one in self.profiles if one.id != fresh.id and one.place != fresh.place]
        self.profiles.append(fresh)

    def clear(self, criteria: Mapping[str, Any]) -> int:
        """An accepted ClearChargingProfile; how many profiles matched. With an id nothing else counts (errata 3.26)."""
        wanted = {"id": criteria["id"]} if "id" in criteria else criteria
        left = [one for one in self.profiles if not _matches(one, wanted)]
        gone, self.profiles = len(self.profiles) - len(left), left
        return gone

    def started(self, connector: int, at: datetime, profile: Mapping[str, Any] | None = None) -> None:
        """A transaction has begun, perhaps with the profile of its RemoteStartTransaction (5.16.2)."""
        self.charging[connector] = at
        if profile is not None:
            self.install(connector, profile)

    def stopped(self, connector: int) -> None:
        """The transaction of a connector has ended, and with it its TxProfiles (3.13.1, 7.10)."""
        self.charging.pop(connector, None)
        self.profiles = [one for one in self.profiles if (one.purpose, one.connector) != ("TxProfile", connector)]

    def composite(
        self,
        connector: int,
        begin: datetime,
        duration: int,
        unit: str,
        connectors: int = 1,
        given: Circumstances | None = None,
    ) -> Composite:
        """The composite schedule of a connector; of the charge point with its connectors 1 to `connectors` for 0.

        `duration` in seconds; for 0 the limit at `begin` is told as if for a second. Connector 0 gets the sum of all
        connectors, if all are limited, below what ChargePointMaxProfile allows.
        """
        given = given or Circumstances()
        end = begin + timedelta(seconds=max(duration, 1))
        maximum = [one for one in self.profiles if one.purpose == "ChargePointMaxProfile"]
        overall = composite.converted(composite.stacked(maximum, begin, end, begin), unit, given.voltage)
        shares = partial(self._share, begin=begin, end=end, unit=unit, given=given)
        if connector == 0:
            every = [shares(number) for number in range(1, connectors + 1)]
            course = reduce(partial(composite.shared, join=composite.added), every)
        else:
            course = shares(connector)
        course = composite.joined(course, overall, composite.lowest)
        if connector == 0:
            # Connectors may use different phases: how many the whole uses, no profile says.
            course = [replace(one, limit=replace(one.limit, phases=None)) for one in course]
        return Composite(begin, end, tuple(course))

    def _share(self, connector: int, begin: datetime, end: datetime, unit: str, given: Circumstances) -> Course:
        """What one connector may draw, if the charge point as a whole has no limit."""
        started = self.charging.get(connector, begin)
        course = composite.of_transaction(self.profiles, connector, begin, end, started)
        course = composite.converted(course, unit, given.voltage)
        if given.local is None:
            return course
        own = replace(given.local.to(unit, given.voltage), phases=None)
        return composite.joined(course, [Piece(begin, end, own)], composite.lowest)


def _matches(profile: Profile, criteria: Mapping[str, Any]) -> bool:
    """Whether a profile meets all criteria of ClearChargingProfile (errata 3.25)."""
    facts = {
        "id": profile.id,
        "connectorId": profile.connector,
        "chargingProfilePurpose": profile.purpose,
        "stackLevel": profile.level,
    }
    return all(facts[name] == value for name, value in criteria.items() if name in facts)
