"""What a change of the device did: two records compared, case by case and finding by finding.

Cases are told apart by id, version, role and variant, and by device where a run had several of one role. What a run did
not look at is never called mended: findings are compared over the cases that both runs tested.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.report.aggregate import count_verdicts, requirement_states
from conformance.report.certification import certification
from conformance.report.observed import stations
from conformance.report.record import (
    ERROR,
    EXPECTED_FAIL,
    FAIL,
    INCONCLUSIVE,
    PASS,
    UNEXPECTED_PASS,
    CaseRecord,
    FindingRecord,
    RunRecord,
)
from conformance.report.timing import Answered, answer_times

FORMAT = "ocpp-conformance-diff/1"

PASSES = frozenset({PASS, UNEXPECTED_PASS})
FAILS = frozenset({FAIL, EXPECTED_FAIL})
UNDECIDED = frozenset({INCONCLUSIVE, ERROR})
TESTED = PASSES | FAILS | UNDECIDED

BROKEN, MENDED, CHANGED, ADDED, REMOVED = KINDS = ("broken", "mended", "changed", "added", "removed")
"""What can become of a case: it does not pass and did, or fails in a further way; it passes and did not; it ends with
another verdict otherwise; it was tested in the new run alone; in the old run alone."""

SLOWER = 2.0
"""Ratio of times from which a case counts as slower, and its inverse as faster."""
SLOWER_BY = 1.0
"""Seconds that a case must differ by as well: short times vary."""

ANSWERS = 5
"""Answers that both runs need before the times of an action are compared."""
ANSWER_BY = 0.05
"""Seconds by which the median of an action's answers must differ."""

_Key = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A case that ended differently. `old` and `new` are verdicts, "" where it was not among the cases."""

    kind: str
    case: CaseRecord
    old: str
    new: str
    why: str
    new_faults: tuple[FindingRecord, ...] = ()
    """Ways in which it fails now and did not."""

    @property
    def worse(self) -> bool:
        """Whether there is a failure, or an undecided case, where there was none."""
        return self.kind == BROKEN or (self.kind == ADDED and self.new in FAILS | UNDECIDED)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            **_named(self.case),
            "old": self.old,
            "new": self.new,
            "why": self.why,
            "new_faults": [one.to_json() for one in self.new_faults],
        }


@dataclass(slots=True)
class FindingChange:
    """A way to depart from the standard that only one of the runs has, and the cases in which it has it."""

    finding: FindingRecord
    cases: list[CaseRecord] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {**self.finding.to_json(), "cases": [_named(case) for case in self.cases]}


@dataclass(frozen=True, slots=True)
class TimeChange:
    """A case that passes in both runs and takes another time; seconds."""

    case: CaseRecord
    old: float
    new: float

    @property
    def ratio(self) -> float:
        """New over old."""
        return self.new / self.old if self.old else float("inf")

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            **_named(self.case),
            "old": round(self.old, 3),
            "new": round(self.new, 3),
            "ratio": round(self.ratio, 2),
        }


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """An action that the device answers in another time: medians, in seconds."""

    old: Answered
    new: Answered

    @property
    def times(self) -> tuple[float, float]:
        """The medians."""
        return self.old.at(50), self.new.at(50)

    @property
    def ratio(self) -> float:
        """New over old."""
        old, new = self.times
        return new / old if old else float("inf")

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        old, new = self.times
        one = self.new
        return {
            "action": one.action,
            "version": one.version,
            "role": one.role,
            "device": one.device,
            "old": round(old, 6),
            "new": round(new, 6),
            "ratio": _rounded(self.ratio),
        }


@dataclass(frozen=True, slots=True)
class InputChange:
    """A deterministic negative input whose reaction is judged otherwise."""

    case: CaseRecord
    name: str
    old: str
    new: str
    reaction: str

    @property
    def worse(self) -> bool:
        """Whether the reaction is not allowed any more."""
        return self.new == "not allowed"

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {**_named(self.case), "name": self.name, "old": self.old, "new": self.new, "reaction": self.reaction}


@dataclass(frozen=True, slots=True)
class Diff:
    """Two runs, and what differs between them."""

    old: RunRecord
    new: RunRecord
    facts: list[tuple[str, str, str]]
    """What differs in the runs themselves: name, old, new."""
    cases: list[CaseChange]
    new_findings: list[FindingChange]
    gone_findings: list[FindingChange]
    slower: list[TimeChange]
    faster: list[TimeChange]
    inputs: list[InputChange]
    slower_answers: list[AnswerChange]
    faster_answers: list[AnswerChange]
    standings: list[tuple[str, str, str, str, str]]
    """Certification profiles whose standing differs: version, role, name, old, new; "" for one that was not listed."""
    requirements: list[tuple[str, str, str, str, str]]
    """Requirements whose state differs: version, role, id, old state, new state; "" for one that was not named."""

    several: frozenset[str] = frozenset()
    """The roles of which a run had more than one device."""

    def of(self, kind: str) -> list[CaseChange]:
        """The cases of one kind, in the order of the new run."""
        return [one for one in self.cases if one.kind == kind]

    @property
    def worse(self) -> bool:
        """Whether anything got worse, times aside: a case, a negative input, or the new run itself broke off."""
        cases = any(one.worse for one in self.cases)
        return cases or any(one.worse for one in self.inputs) or bool(self.broken_run)

    @property
    def broken_run(self) -> list[str]:
        """What is wrong with the new run itself and was not with the old one."""
        run = self.new.run
        told = [one for one in run.problems if one not in self.old.run.problems]
        return [*told, f"the new run broke off: {run.interruption or 'no reason given'}"] if run.interrupted else told

    @property
    def same(self) -> bool:
        """Whether nothing differs but facts of the runs."""
        found = (self.cases, self.new_findings, self.gone_findings, self.inputs, self.standings, self.requirements)
        times = (self.slower, self.faster, self.slower_answers, self.faster_answers)
        return not any(found) and not any(times) and not self.broken_run

    def to_json(self) -> dict[str, Any]:
        """The JSON document of docs/results-format.md."""
        return {
            "format": FORMAT,
            "worse": self.worse,
            "old": _run(self.old),
            "new": _run(self.new),
            "facts": [dict(zip(("name", "old", "new"), one, strict=True)) for one in self.facts],
            "problems": self.broken_run,
            **{kind: [one.to_json() for one in self.of(kind)] for kind in KINDS},
            "new_findings": [one.to_json() for one in self.new_findings],
            "gone_findings": [one.to_json() for one in self.gone_findings],
            "slower": [one.to_json() for one in self.slower],
            "faster": [one.to_json() for one in self.faster],
            "slower_answers": [one.to_json() for one in self.slower_answers],
            "faster_answers": [one.to_json() for one in self.faster_answers],
            "inputs": [one.to_json() for one in self.inputs],
            "standings": [
                dict(zip(("version", "role", "profile", "old", "new"), one, strict=True)) for one in self.standings
            ],
            "requirements": [
                dict(zip(("version", "role", "id", "old", "new"), one, strict=True)) for one in self.requirements
            ],
        }


def compare(old: RunRecord, new: RunRecord, *, slower: float = SLOWER, slower_by: float = SLOWER_BY) -> Diff:
    """What differs between two records; `slower` as a ratio of times above 1, `slower_by` in seconds."""
    several = _several(old) | _several(new)
    before = {_key(case, several): case for case in old.cases}
    after = {_key(case, several): case for case in new.cases}
    both = [(before[key], case) for key, case in after.items() if key in before]
    tested = [(one, other) for one, other in both if one.verdict in TESTED and other.verdict in TESTED]
    times = [
        TimeChange(case, earlier.seconds, case.seconds)
        for earlier, case in tested
        if {earlier.verdict, case.verdict} <= PASSES and abs(case.seconds - earlier.seconds) >= slower_by
    ]
    answers = list(_answers(tested, several))
    return Diff(
        old,
        new,
        facts=list(_facts(old, new)),
        cases=[*_changes(before, after), *_removed(before, after)],
        new_findings=_only(tested, lambda pair: pair[1], lambda pair: pair[0]),
        gone_findings=_only(tested, lambda pair: pair[0], lambda pair: pair[1]),
        slower=sorted((one for one in times if one.ratio >= slower), key=lambda one: -one.ratio),
        faster=sorted((one for one in times if one.ratio <= 1 / slower), key=lambda one: one.ratio),
        slower_answers=[one for one in answers if one.ratio >= slower],
        faster_answers=[one for one in answers if one.ratio <= 1 / slower],
        standings=list(_standings(old, new, several)),
        inputs=[change for earlier, case in tested for change in _inputs(earlier, case)],
        requirements=list(_requirements(tested)),
        several=frozenset(several),
    )


def _several(record: RunRecord) -> set[str]:
    """The roles of which a run had more than one device."""
    names: dict[str, set[str]] = {}
    for case in record.cases:
        names.setdefault(case.role, set()).add(case.device)
    return {role for role, found in names.items() if len(found) > 1}


def _key(case: CaseRecord, several: set[str]) -> _Key:
    variant = case.node.partition("[")[2].replace(f"-{case.device}]", "]")
    return case.id, case.version, case.role, variant, case.device if case.role in several else ""


def _changes(before: dict[_Key, CaseRecord], after: dict[_Key, CaseRecord]) -> Iterator[CaseChange]:
    for key, case in after.items():
        earlier = before.get(key)
        was = earlier.verdict if earlier is not None else ""
        if was not in TESTED:
            if case.verdict in TESTED:
                yield CaseChange(ADDED, case, was, case.verdict, case.why)
            continue
        assert earlier is not None
        if case.verdict not in TESTED:
            yield CaseChange(REMOVED, case, was, case.verdict, case.why)
            continue
        known = {one.fingerprint for one in earlier.faults}
        fresh = tuple({one.fingerprint: one for one in case.faults if one.fingerprint not in known}.values())
        kind = _kind(was, case.verdict, bool(fresh))
        if kind:
            why = earlier.why if kind == MENDED else fresh[0].line if fresh and case.verdict in FAILS else case.why
            yield CaseChange(kind, case, was, case.verdict, why, fresh)


def _kind(old: str, new: str, fresh: bool) -> str:
    """What became of a case that was tested twice; "" for nothing."""
    if new in PASSES:
        return "" if old in PASSES else MENDED
    if new in FAILS:
        if old not in FAILS or fresh:
            return BROKEN
        return "" if old == new else CHANGED
    if old in PASSES:
        return BROKEN
    return "" if old == new else CHANGED


def _removed(before: dict[_Key, CaseRecord], after: dict[_Key, CaseRecord]) -> Iterator[CaseChange]:
    for key, case in before.items():
        if key not in after and case.verdict in TESTED:
            yield CaseChange(REMOVED, case, case.verdict, "", "it is not among the cases of the new run")


_Pair = tuple[CaseRecord, CaseRecord]


def _only(
    tested: Iterable[_Pair], here: Callable[[_Pair], CaseRecord], there: Callable[[_Pair], CaseRecord]
) -> list[FindingChange]:
    """The device's findings on one side that the other side has in none of the cases; what weighs first."""
    tested = list(tested)
    known = {one.fingerprint for pair in tested for one in there(pair).findings}
    found: dict[str, FindingChange] = {}
    for pair in tested:
        case = here(pair)
        for finding in case.findings:
            if finding.blame != "device" or finding.fingerprint in known:
                continue
            change = found.setdefault(finding.fingerprint, FindingChange(finding))
            if not change.cases or change.cases[-1] is not case:
                change.cases.append(case)
    return sorted(found.values(), key=lambda one: ("MUST", "SHOULD", "INFO").index(one.finding.severity))


def _inputs(old: CaseRecord, new: CaseRecord) -> Iterator[InputChange]:
    before = {row.name: row for row in old.rows}
    for row in new.rows:
        earlier = before.get(row.name)
        if earlier is not None and earlier.verdict != row.verdict:
            yield InputChange(new, row.name, earlier.verdict, row.verdict, row.reaction)


def _answers(tested: Iterable[_Pair], several: set[str]) -> Iterator[AnswerChange]:
    """The actions of which the median differs enough, over the cases that both runs tested."""
    tested = list(tested)
    before = {_asked(one, several): one for one in answer_times(old for old, _ in tested)}
    for one in answer_times(new for _, new in tested):
        earlier = before.get(_asked(one, several))
        if earlier is None or min(len(earlier.times), len(one.times)) < ANSWERS:
            continue
        change = AnswerChange(earlier, one)
        if abs(change.times[1] - change.times[0]) >= ANSWER_BY:
            yield change


def _asked(one: Answered, several: set[str]) -> tuple[str, str, str, str]:
    return one.version, one.role, one.action, one.device if one.role in several else ""


def _standings(old: RunRecord, new: RunRecord, several: set[str]) -> Iterator[tuple[str, str, str, str, str]]:
    before, after = (
        {
            (one.version, one.role, f"{one.name}{f' of {one.device}' if one.role in several else ''}"): one.word
            for one in certification(record).profiles
        }
        for record in (old, new)
    )
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key, ""), after.get(key, "")
        if was != now:
            yield (*key, was, now)


def _requirements(tested: Iterable[_Pair]) -> Iterator[tuple[str, str, str, str, str]]:
    tested = list(tested)
    before = requirement_states(old for old, _ in tested)
    after = requirement_states(new for _, new in tested)
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key, ""), after.get(key, "")
        if was != now:
            yield (*key, was, now)


def _facts(old: RunRecord, new: RunRecord) -> Iterator[tuple[str, str, str]]:
    pairs: list[tuple[str, Any, Any]] = [
        ("tool", old.run.tool_version, new.run.tool_version),
        ("versions", ", ".join(old.run.versions), ", ".join(new.run.versions)),
        ("strict", old.run.strict, new.run.strict),
        ("selection", " ".join(old.run.selection), " ".join(new.run.selection)),
        ("schemas", old.run.schema_source, new.run.schema_source),
    ]
    both = {one["version"] for one in stations(old.cases)} & {one["version"] for one in stations(new.cases)}
    groups: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("station's", _booted(old, both), _booted(new, both)),
        ("device", old.run.device, new.run.device),
        ("feature", old.run.features, new.run.features),
    ]
    for title, one, other in groups:
        pairs += [(f"{title} {name}", one.get(name, ""), other.get(name, "")) for name in sorted({*one, *other})]
    for name, was, now in pairs:
        if was != now:
            yield name, str(was), str(now)


def _booted(record: RunRecord, versions: Collection[str]) -> dict[str, Any]:
    """What stations said of themselves, by its name and version; of several devices the last one counts.

    `versions`: those under which both runs have seen a boot. A run without one does not know the firmware, which is no
    change of it.
    """
    return {
        f"{name} under {told['version']}": value
        for told in stations(record.cases)
        if told["version"] in versions
        for name, value in told.items()
        if name not in ("device", "version")
    }


def _rounded(ratio: float) -> float | None:
    """A ratio for JSON, which knows no infinity: null."""
    return round(ratio, 2) if ratio != float("inf") else None


def _named(case: CaseRecord) -> dict[str, Any]:
    return {
        "id": case.id,
        "version": case.version,
        "role": case.role,
        "device": case.device,
        "title": case.title,
        "node": case.node,
    }


def _run(record: RunRecord) -> dict[str, Any]:
    run = record.run
    return {
        "started": run.started,
        "device": run.device,
        "tool": run.tool_version,
        "green": record.green,
        "verdicts": count_verdicts(record.cases),
        "seconds": round(sum(case.seconds for case in record.cases), 3),
    }
