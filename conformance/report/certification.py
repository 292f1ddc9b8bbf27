"""May I certify? The standing of each certification profile and functional block, by the official list.

A self-test's answer: what the list asks of this device, what of it passed, what stands in the way, what was not looked
at. "We did not ask" is never green.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from conformance.report.aggregate import block_label
from conformance.report.record import (
    ERROR,
    EXPECTED_FAIL,
    FAIL,
    INCONCLUSIVE,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
    PASS,
    UNEXPECTED_PASS,
    CaseRecord,
    RunRecord,
)
from conformance.report.standard import ListedCase
from conformance.report.text import plural

READY = "ready"
BLOCKED = "blocked"
UNDECIDED = "undecided"
INCOMPLETE = "incomplete"
NOT_CLAIMED = "not claimed"
NOT_EXERCISED = "not exercised"
STANDINGS = (BLOCKED, UNDECIDED, INCOMPLETE, NOT_EXERCISED, READY, NOT_CLAIMED)
"""Every word, what needs attention first."""

MEANINGS = {
    BLOCKED: "a listed case failed",
    UNDECIDED: "a listed case could not be decided",
    INCOMPLETE: "some listed cases that apply were not run",
    NOT_EXERCISED: "no listed case that applies was run",
    READY: "every listed case that applies passed",
    NOT_CLAIMED: "the description does not declare it, or says that none of its cases applies",
}

_SETTLING = (FAIL, EXPECTED_FAIL, ERROR, INCONCLUSIVE, PASS, UNEXPECTED_PASS, NOT_IMPLEMENTED, NOT_APPLICABLE)
"""A case that ran more than once (on variants of a device) counts with the first of these that it has."""


@dataclass(slots=True)
class Standing:
    """A profile or block of one device under one version."""

    device: str
    version: str
    role: str
    name: str
    label: str
    passed: int = 0
    failed: list[CaseRecord] = field(default_factory=list)
    undecided: list[CaseRecord] = field(default_factory=list)
    not_run: list[ListedCase] = field(default_factory=list)
    """Listed, applicable, and without a verdict."""
    not_applicable: int = 0

    @property
    def applicable(self) -> int:
        """The listed cases that apply to the device."""
        return self.passed + len(self.failed) + len(self.undecided) + len(self.not_run)

    @property
    def word(self) -> str:
        """One of STANDINGS."""
        if self.failed:
            return BLOCKED
        if self.undecided:
            return UNDECIDED
        if self.not_run:
            return INCOMPLETE if self.passed else NOT_EXERCISED
        return READY if self.passed else NOT_CLAIMED

    def to_json(self, name: str) -> dict[str, Any]:
        """The JSON object of docs/results-format.md; `name` is the key for the profile or block."""
        return {
            "device": self.device,
            "version": self.version,
            "role": self.role,
            name: self.name,
            "standing": self.word,
            "applicable": self.applicable,
            "passed": self.passed,
            "failed": [case.id for case in self.failed],
            "undecided": [case.id for case in self.undecided],
            "not_run": [case.id for case in self.not_run],
            "not_applicable": self.not_applicable,
        }


@dataclass(slots=True)
class Certification:
    """The answer for a whole run."""

    profiles: list[Standing]
    blocks: list[Standing]
    beyond: list[CaseRecord]
    """Cases that are on no official list and failed: the standard is broken where no lab looks."""

    @property
    def not_run(self) -> list[ListedCase]:
        """The listed cases that apply and have no verdict, each once: the number that every view tells."""
        return [case for one in self.blocks for case in one.not_run]

    @property
    def outside(self) -> list[CaseRecord]:
        """The listed cases of no certification profile that failed or could not be decided."""
        asked = {case.key for one in self.profiles for case in (*one.failed, *one.undecided)}
        weighty = [case for one in self.blocks for case in (*one.failed, *one.undecided)]
        return [case for case in weighty if case.key not in asked]

    @property
    def claimed(self) -> list[Standing]:
        """The profiles that the device claims."""
        return [one for one in self.profiles if one.word != NOT_CLAIMED]


Settled = tuple[ListedCase, CaseRecord | None]


def certification(record: RunRecord) -> Certification:
    """The standings by the lists that the run noted; without lists (older results) by the cases that it has."""
    found: dict[tuple[str, str, str, str], CaseRecord] = {}
    for case in record.cases:
        key = (case.device, case.version, case.role, case.id)
        if key not in found or _weight(case) < _weight(found[key]):
            found[key] = case
    listed = record.standard.cases
    if listed:
        ids = {(one.version, one.id) for one in listed}
        settled: list[Settled] = [(one, found.get((one.device, one.version, one.role, one.id))) for one in listed]
    else:
        settled = [(_listed(case), case) for case in found.values() if not case.campaign]
        ids = {(one.version, one.id) for one, _ in settled}
    beyond = [case for case in record.cases if case.verdict == FAIL and (case.version, case.id) not in ids]
    return Certification(
        profiles=_standings(settled, lambda one: one.profiles),
        blocks=_standings(settled, lambda one: (one.block,)),
        beyond=beyond,
    )


def _weight(case: CaseRecord) -> int:
    return _SETTLING.index(case.verdict)


def _listed(case: CaseRecord) -> ListedCase:
    return ListedCase(case.id, case.version, case.role, case.device, case.block, case.title, tuple(case.profiles))


def _standings(settled: Iterable[Settled], names: Callable[[ListedCase], Iterable[str]]) -> list[Standing]:
    rows: dict[tuple[str, str, str, str], Standing] = {}
    for listed, case in settled:
        for name in names(listed):
            key = (listed.device, listed.version, listed.role, name)
            row = rows.get(key)
            if row is None:
                row = rows[key] = Standing(*key, label=block_label(name))
            _count(row, listed, case)
    order = sorted(rows, key=lambda key: (key[0], key[1], key[2], key[3] != "Core", key[3]))
    return [rows[key] for key in order]


def _count(row: Standing, listed: ListedCase, case: CaseRecord | None) -> None:
    verdict = case.verdict if case is not None else NOT_IMPLEMENTED
    if case is not None and verdict in (FAIL, EXPECTED_FAIL):
        row.failed.append(case)
    elif case is not None and verdict in (ERROR, INCONCLUSIVE):
        row.undecided.append(case)
    elif verdict in (PASS, UNEXPECTED_PASS):
        row.passed += 1
    elif verdict == NOT_APPLICABLE or listed.not_applicable:
        row.not_applicable += 1
    else:
        row.not_run.append(listed)


@dataclass(frozen=True, slots=True)
class Answer:
    """The first line of the report: a word to colour it by (one of STANDINGS), and one sentence."""

    word: str
    line: str
    detail: str = ""


def answer(record: RunRecord, found: Certification) -> Answer:
    """Whether anything that this run saw stands in the way of certification."""
    claimed = found.claimed
    if any(case.campaign for case in record.cases) and not record.standard.cases:
        return _negative(record)
    if not record.cases or not claimed:
        return Answer(NOT_EXERCISED, "No answer: no listed case was run")
    counts = {word: sum(one.word == word for one in claimed) for word in STANDINGS}
    ready = (
        f"{counts[READY]} of {plural(len(claimed), 'claimed profile')} {'is' if counts[READY] == 1 else 'are'} ready"
    )
    if counts[BLOCKED]:
        cases = {(case.device, case.version, case.id) for one in claimed for case in one.failed}
        line = f"Not yet: {plural(len(cases), 'failing case')} {'blocks' if len(cases) == 1 else 'block'} certification"
        if found.beyond:
            no_list = f"{'stands' if len(found.beyond) == 1 else 'stand'} on no official list"
            ready += f"; {plural(len(found.beyond), 'more failing case')} {no_list}"
        return Answer(BLOCKED, line, ready)
    if record.run.problems:
        return Answer(UNDECIDED, "No answer: the run itself had a problem", ready)
    if counts[UNDECIDED]:
        cases = {(case.device, case.version, case.id) for one in claimed for case in one.undecided}
        return Answer(UNDECIDED, f"No answer yet: {plural(len(cases), 'case')} could not be decided", ready)
    missing = len(found.not_run)
    if counts[INCOMPLETE] or counts[NOT_EXERCISED] or record.run.interrupted:
        line = "Nothing failed, but the run broke off"
        if missing:
            apply = "applies was" if missing == 1 else "apply were"
            line = f"Nothing failed, but {plural(missing, 'listed case')} that {apply} not run"
        return Answer(INCOMPLETE, line, ready)
    outside = len(found.outside)
    if not missing and not outside:
        return Answer(READY, "Nothing stands in the way: every listed case that applies passed", ready)
    detail = [ready]
    if outside:
        detail.append(f"{plural(outside, 'listed case')} of no profile did not pass")
    if missing:
        detail.append(f"{plural(missing, 'listed case')} of no profile {'was' if missing == 1 else 'were'} not run")
    line = "Nothing stands in the way: every listed case of a certification profile that applies passed"
    return Answer(READY, line, "; ".join(detail))


def _negative(record: RunRecord) -> Answer:
    verdicts = [case.verdict for case in record.cases]
    bad = sum(verdict in (FAIL, EXPECTED_FAIL) for verdict in verdicts)
    undecided = sum(verdict in (ERROR, INCONCLUSIVE) for verdict in verdicts)
    detail = "Negative inputs stand on no certification list: they show what a device refuses and survives"
    if bad:
        return Answer(BLOCKED, f"{bad} of {plural(len(verdicts), 'negative test')} found something", detail)
    if undecided:
        return Answer(UNDECIDED, f"Nothing was found, but {plural(undecided, 'test')} could not be decided", detail)
    if record.run.interrupted:
        return Answer(INCOMPLETE, "Nothing was found before the run broke off", detail)
    return Answer(READY, "No negative test found anything", detail)
