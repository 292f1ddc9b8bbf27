"""The requirement matrix: each requirement of the standard, its state, and the cases that speak of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conformance.report.aggregate import NOT_EXERCISED, STATES, requirement_states
from conformance.report.record import CaseRecord, RunRecord

NO_CASE = "no_case"
"""The state of a requirement that no case of the run names."""

OTHER = "other"
"""The group of requirements that are named by a section."""

_NUMBERED = re.compile(r"([A-Z]\d\d)\.FR\.[\w.]+\Z")


@dataclass(slots=True)
class Requirement:
    """One requirement under one version, for one role; `group` is its use case, or the part of a document."""

    version: str
    role: str
    id: str
    state: str
    modality: str = ""
    summary: str = ""
    cases: list[CaseRecord] = field(default_factory=list)

    @property
    def group(self) -> str:
        """`B01` of `B01.FR.01`; the words before the first number of what is not numbered so."""
        numbered = _NUMBERED.match(self.id)
        return numbered[1] if numbered else OTHER

    @property
    def short(self) -> str:
        """The id without its group."""
        return self.id.removeprefix(f"{self.group}.FR.")

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "version": self.version,
            "role": self.role,
            "requirement": self.id,
            "state": self.state,
            "cases": sorted({case.id for case in self.cases}),
        }


def requirements(record: RunRecord) -> list[Requirement]:
    """Every requirement that a case names, then those of the standard's list that none does, in order of their ids."""
    found: dict[tuple[str, str, str], Requirement] = {}
    for key, state in requirement_states(record.cases).items():
        found[key] = Requirement(*key, state)
    for case in record.cases:
        for state in STATES:
            for name in getattr(case.requirements, state):
                found[(case.version, case.role, name)].cases.append(case)
    for one in record.standard.requirements:
        entry = found.get((one.version, one.role, one.id))
        if entry is None:
            entry = found[(one.version, one.role, one.id)] = Requirement(one.version, one.role, one.id, NO_CASE)
        entry.modality, entry.summary = one.modality, one.summary
    return [found[key] for key in sorted(found)]


def named(found: Iterable[Requirement]) -> list[Requirement]:
    """Those that a case names."""
    return [one for one in found if one.state != NO_CASE]


def grouped(found: Iterable[Requirement]) -> dict[tuple[str, str], dict[str, list[Requirement]]]:
    """By version and role, then by group; what has no number stands last."""
    tables: dict[tuple[str, str], dict[str, list[Requirement]]] = {}
    for one in sorted(found, key=lambda one: one.group == OTHER):
        tables.setdefault((one.version, one.role), {}).setdefault(one.group, []).append(one)
    return tables


def tally(found: Iterable[Requirement]) -> dict[str, int]:
    """How many are in each state, NO_CASE included."""
    counts = dict.fromkeys((*STATES, NO_CASE), 0)
    for one in found:
        counts[one.state] += 1
    return counts


__all__ = ["NOT_EXERCISED", "NO_CASE", "Requirement", "grouped", "named", "requirements", "tally"]
