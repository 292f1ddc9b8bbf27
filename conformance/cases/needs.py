"""What the cases of a run need and a description does not give: each such thing makes cases INCONCLUSIVE.

Read from the source (`plan.py`), so a branch that a device never takes counts, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.cases.plan import SECOND_EVSE, plan_of
from conformance.cases.selection import Selected
from conformance.dut import keys
from conformance.ocppj.versions import version


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is not there, what it is, and the cases that can't be decided without it."""

    what: str
    """`tokens.blocked`, `values.firmware`, SECOND_EVSE or `verb plug_in`."""
    meaning: str
    cases: tuple[Selected, ...]

    @property
    def token(self) -> str:
        """The name of the token that it is, "" for anything else."""
        section, _, name = self.what.partition(".")
        return name if section == "tokens" else ""


def lacking(selected: Iterable[Selected], offered: Collection[str] | None = None) -> list[Lack]:
    """What the descriptions of the selected cases do not give, that first which costs most cases.

    `offered`: the verbs that the operator makes; None when nobody has asked it.
    """
    found: dict[str, list[Selected]] = {}
    for one in selected:
        if not one.not_applicable:
            for what in _lacks(one, offered):
                found.setdefault(what, []).append(one)
    order = [f"tokens.{key.name}" for key in keys.TOKENS.keys]
    return [
        Lack(what, _meaning(what), tuple(cases))
        for what, cases in sorted(
            found.items(), key=lambda item: (-len(item[1]), order.index(item[0]) if item[0] in order else -1, item[0])
        )
    ]


def undecidable(lacks: Iterable[Lack]) -> int:
    """The cases that can't be decided, each once."""
    return len({(one.entry.id, one.entry.version, id(one.dut)) for lack in lacks for one in lack.cases})


def _lacks(one: Selected, offered: Collection[str] | None) -> Iterator[str]:
    plan = plan_of(one.info, version(one.entry.version).family, one.entry.role)
    yield from (what for what in sorted(plan.given) if not _gives(one.dut, what))
    if offered is not None:
        yield from (f"verb {verb}" for verb in sorted(plan.verbs - set(offered)))


def _gives(dut: Any, what: str) -> bool:
    if what == SECOND_EVSE:
        return bool(dut.two_evses)
    section, _, name = what.partition(".")
    if section == "tokens":
        return name not in {key.name for key in keys.TOKENS.keys} or name in dut.tokens
    return bool(getattr(dut.values, name, True))


def _meaning(what: str) -> str:
    section, _, name = what.partition(".")
    if section in ("tokens", "values"):
        key = (keys.TOKENS if section == "tokens" else keys.VALUES).key(name)
        if key is not None:
            meaning = key.meaning.partition(". ")[0].rstrip(".")
            return meaning[0].lower() + meaning[1:]
    return "[evses] connectors has one" if what == SECOND_EVSE else "the operator does not offer it"
