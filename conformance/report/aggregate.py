"""Tables computed from a record: verdicts and requirements by block and by certification profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from conformance.report.record import NOT_APPLICABLE, NOT_IMPLEMENTED, VERDICTS, CaseRecord

VERIFIED = "verified"
VIOLATED = "violated"
NOT_EXERCISED = "not_exercised"
STATES = (VERIFIED, VIOLATED, NOT_EXERCISED)
"""The three states of a requirement. Violated beats verified beats not exercised."""

WITHOUT_PROFILE = "no profile"

BLOCK_TITLES = {
    "A": "Security",
    "B": "Provisioning",
    "C": "Authorization",
    "D": "Local authorization list",
    "E": "Transactions",
    "F": "Remote control",
    "G": "Availability",
    "H": "Reservation",
    "I": "Tariff and cost",
    "J": "Meter values",
    "K": "Smart charging",
    "L": "Firmware management",
    "M": "ISO 15118 certificates",
    "N": "Diagnostics",
    "O": "Display message",
    "P": "Data transfer",
    "Q": "Bidirectional power transfer",
    "R": "DER control",
    "S": "Battery swapping",
}
"""Functional blocks of OCPP 2.0.1 and 2.1 (part 2, chapters A to S). Blocks of 1.6 are named by their profile."""


def block_label(block: str) -> str:
    """A block with its title: `B Provisioning`; a block without a letter stays as it is."""
    title = BLOCK_TITLES.get(block)
    return f"{block} {title}" if title else block


@dataclass(slots=True)
class Row:
    """One line of a table: `name` is a block or a profile; counts are of cases, and of distinct requirements."""

    version: str
    role: str
    name: str
    label: str
    verdicts: dict[str, int] = field(default_factory=dict)
    requirements: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All cases of the row."""
        return sum(self.verdicts.values())

    @property
    def run(self) -> int:
        """The cases that were tried on the device."""
        return self.total - self.verdicts.get(NOT_APPLICABLE, 0) - self.verdicts.get(NOT_IMPLEMENTED, 0)

    def to_json(self, name: str) -> dict[str, Any]:
        """The JSON object of docs/results-format.md; `name` is the key for the block or profile."""
        return {
            "version": self.version,
            "role": self.role,
            name: self.name,
            "verdicts": self.verdicts,
            "requirements": self.requirements,
        }


def count_verdicts(cases: Iterable[CaseRecord]) -> dict[str, int]:
    """How many cases ended with each word; only words that occur, best first."""
    counts = dict.fromkeys(VERDICTS, 0)
    for case in cases:
        counts[case.verdict] += 1
    return {verdict: count for verdict, count in counts.items() if count}


def requirement_states(cases: Iterable[CaseRecord]) -> dict[tuple[str, str, str], str]:
    """The state of every requirement that a case names, keyed by (version, role, requirement).

    One violation anywhere makes a requirement violated; otherwise one verification makes it verified.
    """
    weight = {NOT_EXERCISED: 0, VERIFIED: 1, VIOLATED: 2}
    states: dict[tuple[str, str, str], str] = {}
    for case in cases:
        for state in STATES:
            for requirement in getattr(case.requirements, state):
                key = (case.version, case.role, requirement)
                if weight[state] >= weight[states.get(key, NOT_EXERCISED)]:
                    states[key] = state
    return states


def count_requirements(cases: Iterable[CaseRecord]) -> dict[str, int]:
    """How many distinct requirements are verified, violated and not exercised."""
    counts = dict.fromkeys(STATES, 0)
    for state in requirement_states(cases).values():
        counts[state] += 1
    return counts


def _table(cases: Iterable[CaseRecord], names: Callable[[CaseRecord], Iterable[str]]) -> list[Row]:
    groups: dict[tuple[str, str, str], list[CaseRecord]] = {}
    for case in cases:
        for name in names(case):
            groups.setdefault((case.version, case.role, name), []).append(case)
    return [
        Row(version, role, name, block_label(name), count_verdicts(members), count_requirements(members))
        for (version, role, name), members in sorted(groups.items())
    ]


def by_block(cases: Iterable[CaseRecord]) -> list[Row]:
    """One row for each version, role and functional block, sorted."""
    return _table(cases, lambda case: (case.block,))


def by_profile(cases: Iterable[CaseRecord]) -> list[Row]:
    """One row for each version, role and certification profile, sorted; a case counts in each profile that it has."""
    return _table(cases, lambda case: case.profiles or (WITHOUT_PROFILE,))
