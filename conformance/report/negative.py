"""Negative tests in the report: how many inputs, by action and by constraint, and which were not taken as allowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.report.record import CaseRecord, RowRecord
from conformance.report.text import plural

VERDICTS = ("allowed", "tolerated", "not allowed", "not played")
WRONG_SHOWN = 60
"""Rows with a reaction that is not allowed that a case lists; results.json has every one."""


@dataclass(slots=True)
class InputRow:
    """The inputs of one action or one constraint, counted by how the reactions were judged.

    `wrong` counts those that are not allowed: of an action by constraint, of a constraint by action.
    """

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many inputs there are."""
        return sum(self.counts.values())


def by_action(rows: Iterable[RowRecord]) -> list[InputRow]:
    """One row for each action, in alphabetical order; inputs that are about no action come first."""
    return _count((row.action, row.constraint, row.verdict) for row in rows)


def by_constraint(rows: Iterable[RowRecord]) -> list[InputRow]:
    """One row for each kind of breakage, in alphabetical order."""
    return _count((row.constraint, row.action, row.verdict) for row in rows)


def _count(rows: Iterable[tuple[str, str, str]]) -> list[InputRow]:
    found: dict[str, InputRow] = {}
    for name, other, verdict in rows:
        line = found.setdefault(name, InputRow(name))
        line.counts[verdict] = line.counts.get(verdict, 0) + 1
        if verdict == "not allowed":
            line.wrong[other] = line.wrong.get(other, 0) + 1
    return [found[name] for name in sorted(found)]


def not_allowed(rows: Iterable[RowRecord]) -> list[RowRecord]:
    """The rows whose reaction is not allowed."""
    return [row for row in rows if row.verdict == "not allowed"]


def sent_lines(cases: Iterable[CaseRecord]) -> list[str]:
    """One line for each version and role: how many distinct negative inputs were sent, and what came of the rows."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for case in cases:
        if not case.campaign:
            continue
        line = sums.setdefault((case.version, case.role), {})
        line["distinct"] = line.get("distinct", 0) + int(case.campaign.get("distinct", 0))
        line["played"] = line.get("played", 0) + int(case.campaign.get("played", 0))
        line["saved"] = line.get("saved", 0) + len(case.campaign.get("saved", ()))
        line["corpus"] = line.get("corpus", 0) + int(case.campaign.get("corpus", 0))
        line["known"] = line.get("known", 0) + int(case.campaign.get("known", 0))
        for row in case.rows:
            line[row.verdict] = line.get(row.verdict, 0) + 1
    lines = []
    for (version, role), counts in sorted(sums.items()):
        judged = ", ".join(f"{counts[name]} {name}" for name in VERDICTS if counts.get(name))
        saved = f"; {plural(counts['saved'], 'finding')} saved" if counts["saved"] else ""
        known = f" ({counts['known']} played again first)" if counts["known"] else ""
        corpus = f"; corpus of {plural(counts['corpus'], 'example')}{known}" if counts["corpus"] else ""
        lines.append(
            f"{version} {role}: {plural(counts['distinct'], 'distinct negative input')}, {counts['played']} sent"
            + (f"; rows: {judged}" if judged else "")
            + saved
            + corpus
        )
    return lines


def sources(cases: Iterable[CaseRecord]) -> list[tuple[str, str]]:
    """Each finding of a negative test as the source of a test case, with the id and version of what found it."""
    return [(f"{case.id} {case.version}", source) for case in cases for source in case.campaign.get("cases", ())]
