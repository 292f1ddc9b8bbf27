"""What is known of a station under test while a sequence is played on it: cables, availability, who may charge.

It is kept by the acts themselves (`conformance.fuzz.verbs_station`) and says which status each connector may have.
Where the standard leaves a choice, or the tester can't know, every choice is allowed.

Source: 2.0.1 G01, G03, G04, E01 to E03; 1.6 sections 4.9, 5.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Place = tuple[int, int]
"""EVSE and connector."""

OUT, IN, HALF = "out", "in", "half"
"""Of a cable: at neither end, at both ends, or the operator could not say."""

Level = tuple[int, ...]
"""What an availability was changed of: () the station, (evse,), (evse, connector)."""


@dataclass(slots=True)
class Change:
    """One ChangeAvailability that was not refused. `status`: as answered, "" when the answer was lost."""

    level: Level
    operative: bool
    status: str

    def covers(self, place: Place) -> bool:
        """Whether it is about that connector."""
        return place[: len(self.level)] == self.level


@dataclass(slots=True)
class World:
    """The station as the tester left it.

    `maybe_authorized`: the EVSEs (0: any) at which somebody was authorized since the station was idle, or may have
    been. `rebooting`: the connections that a reset was accepted on, or that a power cycle ended; empty once the station
    was back. `down_at`: where in the trace it was told to go down. `profiles`: whether a charging profile may be set.
    """

    cables: dict[Place, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    maybe_authorized: set[int] = field(default_factory=set)
    offline: bool = False
    rebooting: tuple[int, ...] = ()
    down_at: int = 0
    profiles: bool = False
    reset_scheduled: bool = False

    def cable(self, place: Place) -> str:
        """Where the cable of a connector is."""
        return self.cables.get(place, OUT)

    def changed(self, level: Level, operative: bool, status: str) -> None:
        """A ChangeAvailability was answered; what a later one says of the same level counts alone."""
        if status != "Rejected":
            self.changes = [one for one in self.changes if one.level != level]
            self.changes.append(Change(level, operative, status))

    def inoperative_levels(self) -> list[Level]:
        """What may have been left inoperative, the widest first."""
        return sorted((one.level for one in self.changes if not one.operative or not one.status), key=len)

    def operative(self, place: Place) -> frozenset[bool]:
        """Whether a connector may be operative, may be inoperative, or may be either.

        The levels may be held apart, so that a connector is operative if all three are, or the latest change may set
        everything below it; what was put off or not answered may have happened or not.
        """
        mine = [one for one in self.changes if one.covers(place)]
        if not mine:
            return frozenset({True})
        found = {all(one.operative for one in mine), mine[-1].operative}
        if any(one.status == "" for one in mine):
            found |= {True, False}
        return frozenset(found)

    def put_off(self, place: Place) -> bool:
        """Whether a change that concerns the connector was answered Scheduled."""
        return any(one.covers(place) and one.status == "Scheduled" for one in self.changes)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the tester knows of one connector at a moment. `running`: a transaction on its EVSE; `elsewhere`: on
    another one; `authorized`: somebody may be allowed to charge who has not plugged in yet."""

    cable: str
    operative: bool
    running: bool
    elsewhere: bool = False
    authorized: bool = False
    put_off: bool = False


def statuses(family: str, world: World, place: Place, *, running: frozenset[int], authorized: bool) -> frozenset[str]:
    """The statuses that a connector may have now, while the station is connected and has said everything.

    `running`: the EVSEs that a transaction runs on; `authorized`: somebody may be allowed to charge there.
    """
    found: frozenset[str] = frozenset()
    for operative in world.operative(place):
        found |= _ALLOWED[family](
            Situation(
                cable=world.cable(place),
                operative=operative,
                running=place[0] in running,
                elsewhere=bool(running - {place[0]}),
                authorized=authorized,
                put_off=world.put_off(place),
            )
        )
    return found


def _statuses_2(now: Situation) -> frozenset[str]:
    if now.cable == HALF:
        return _ANY_2
    if now.running and now.cable == IN and now.operative:
        return frozenset({"Occupied"})
    free = frozenset({"Occupied"}) if now.cable == IN else frozenset({"Available"})
    if now.running or now.authorized:
        free |= {"Available", "Occupied"}
    if now.operative:
        return free
    # A cable that is in without a transaction: the text does not say which of the two a connector then is.
    maybe = free if now.cable == IN or now.running or (now.put_off and now.elsewhere) else frozenset()
    return maybe | {"Unavailable"}


def _statuses_16(now: Situation) -> frozenset[str]:
    if now.cable == HALF:
        return _ANY_16
    if now.running:
        return _CHARGING_16
    free = frozenset({"Preparing", "Finishing"}) if now.cable == IN else frozenset({"Available"})
    if now.authorized:
        free |= {"Preparing"}
    if now.operative:
        return free
    maybe = free if now.cable == IN or (now.put_off and now.elsewhere) else frozenset()
    return maybe | {"Unavailable"}


_ANY_2 = frozenset({"Available", "Occupied", "Unavailable"})
_CHARGING_16 = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE"})
_ANY_16 = _CHARGING_16 | {"Available", "Preparing", "Finishing", "Unavailable"}
_ALLOWED: Mapping[str, Callable[[Situation], frozenset[str]]] = {"1.6": _statuses_16, "2": _statuses_2}


def level_of(family: str, payload: Mapping[str, Any]) -> tuple[Level, bool]:
    """What a ChangeAvailability is about, and whether it makes it operative."""
    return _LEVELS[family](payload)


def _level_2(payload: Mapping[str, Any]) -> tuple[Level, bool]:
    evse = payload.get("evse") or {}
    level = tuple(int(evse[name]) for name in ("id", "connectorId") if name in evse)
    return level, payload.get("operationalStatus") == "Operative"


def _level_16(payload: Mapping[str, Any]) -> tuple[Level, bool]:
    connector = int(payload.get("connectorId") or 0)
    return ((connector, connector) if connector else ()), payload.get("type") == "Operative"


_LEVELS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Level, bool]]] = {"1.6": _level_16, "2": _level_2}


def change_availability(family: str, level: Level, operative: bool) -> dict[str, Any]:
    """The payload of the ChangeAvailability of a level."""
    return _CHANGES[family](level, "Operative" if operative else "Inoperative")


def _change_2(level: Level, status: str) -> dict[str, Any]:
    evse = dict(zip(("id", "connectorId"), level, strict=False))
    return {"operationalStatus": status, **({"evse": evse} if evse else {})}


_CHANGES: Mapping[str, Callable[[Level, str], dict[str, Any]]] = {
    "1.6": lambda level, status: {"connectorId": level[0] if level else 0, "type": status},
    "2": _change_2,
}
