"""Switchable habits: what correct devices do differently, because the standard leaves it open.

A habit reaches into the same places as a defect, but breaks nothing: with any of them switched on, no case may FAIL.
`conformance.reference.habits.station` and `.csms` hold the lists, `.wire` what both roles can do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module

from conformance.reference.defects import Misbehaviour


class Habit(Misbehaviour):
    """Base of a habit: the hooks of `Misbehaviour`, used within the standard."""


@dataclass(frozen=True, slots=True)
class HabitInfo:
    """One named habit.

    `roles`: "CS", "CSMS". `families`: of `Version.family` ("1.6", "2"). `legal`: what is done, and the source that
    leaves it open. `hook`: None for a habit that the device itself asks for by `defects.active(name)`.
    """

    name: str
    roles: tuple[str, ...]
    families: tuple[str, ...]
    legal: str
    hook: type[Habit] = Habit


_REGISTRY: dict[str, HabitInfo] = {}


def habit(
    name: str, *, roles: Iterable[str], families: Iterable[str] = ("1.6", "2"), legal: str
) -> Callable[[type[Habit]], type[Habit]]:
    """Register the decorated `Habit` under `name`. Raises ValueError for a name that is taken."""

    def register(cls: type[Habit]) -> type[Habit]:
        if name in _REGISTRY:
            raise ValueError(f"the habit {name!r} is defined twice")
        _REGISTRY[name] = HabitInfo(name, tuple(roles), tuple(families), legal, cls)
        return cls

    return register


def own_habit(name: str, *, roles: Iterable[str], families: Iterable[str] = ("1.6", "2"), legal: str) -> None:
    """Register a habit that the device itself asks for by name."""
    habit(name, roles=roles, families=families, legal=legal)(Habit)


def all_habits(role: str | None = None, family: str | None = None) -> tuple[HabitInfo, ...]:
    """Every habit, or those of one role and one version family, sorted by name."""
    for module in ("wire", "station", "csms"):
        import_module(f"{__name__}.{module}")
    return tuple(
        entry
        for _, entry in sorted(_REGISTRY.items())
        if (role is None or role in entry.roles) and (family is None or family in entry.families)
    )


def chosen_habits(names: Iterable[str], role: str, family: str) -> dict[str, Misbehaviour]:
    """A hook for each of `names`. Raises ValueError, naming the known ones, for a name that this device has not."""
    names = tuple(names)
    if not names:
        return {}
    known = {entry.name: entry for entry in all_habits(role, family)}
    for name in names:
        if name not in known:
            raise ValueError(f"no habit {name!r} for a {family} {role}; known: {', '.join(sorted(known))}")
    return {name: known[name].hook() for name in names}
