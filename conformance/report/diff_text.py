"""A comparison of two runs as lines for a terminal and as Markdown for a CI job's page or a release note."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from conformance.report.aggregate import count_verdicts
from conformance.report.diff import (
    ADDED,
    BROKEN,
    CHANGED,
    MENDED,
    REMOVED,
    AnswerChange,
    CaseChange,
    Diff,
    FindingChange,
    InputChange,
    TimeChange,
)
from conformance.report.markdown import escaped, table
from conformance.report.record import READING_ORDER, CaseRecord, RunRecord
from conformance.report.text import duration, plural, visible

TITLES = {
    BROKEN: "Broken",
    MENDED: "Mended",
    CHANGED: "Ends otherwise",
    ADDED: "Tested now, and not before",
    REMOVED: "Not tested any more",
}
_CHANGE = ("case", "OCPP", "from", "to", "what")
_FINDING = ("case", "OCPP", "weight", "rule", "finding")
LISTED = 100
"""Entries of one section that the Markdown lists."""
_IDS = 4
_Entry = tuple[str, str, str, str, str]


def headline(diff: Diff) -> str:
    """The comparison in one line."""
    counts = [(len(diff.of(kind)), kind) for kind in (BROKEN, MENDED, CHANGED, ADDED, REMOVED)]
    counts += [(len(diff.new_findings), "new findings"), (len(diff.gone_findings), "findings gone")]
    counts += [
        (len(diff.slower), "slower"),
        (len(diff.faster), "faster"),
        (len(diff.inputs), "inputs judged otherwise"),
    ]
    words = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"{'worse' if diff.worse else 'not worse'}: {words or 'no difference'}"


def to_lines(diff: Diff) -> Iterator[str]:
    """The comparison for a terminal, every string harmless; the headline stands last, where it is looked for."""
    for word, record in (("old", diff.old), ("new", diff.new)):
        yield visible(f"{word}: {_run(record)}")
    for name, old, new in diff.facts:
        yield visible(f"  {name}: {old or 'none'} -> {new or 'none'}")
    yield from (visible(f"problem: {one}") for one in diff.broken_run)
    for title, head, entries in _sections(diff):
        yield ""
        yield f"{title} ({len(entries)})"
        for name, ocpp, was, now, what in entries:
            change = f"{was} -> {now}" if head is _CHANGE else f"{was}  {now}"
            yield visible(f"  {name}  {ocpp}  {change}  {what}".rstrip())
    yield ""
    yield visible(headline(diff))


def to_markdown(diff: Diff) -> str:
    """The comparison as a page of Markdown in which nothing that a device said acts."""
    lines = ["## OCPP conformance: what changed", "", f"**{escaped(headline(diff).capitalize())}**", ""]
    lines += [f"- {word}: {escaped(_run(record))}" for word, record in (("Old", diff.old), ("New", diff.new))]
    lines += [
        f"- {escaped(name)}: {escaped(old or 'none')} → {escaped(new or 'none')}" for name, old, new in diff.facts
    ]
    lines += [f"- **Problem**: {escaped(one)}" for one in diff.broken_run]
    for title, head, entries in _sections(diff):
        rows = [[escaped(one) for one in cells] for cells in entries[:LISTED]]
        lines += ["", f"### {title} ({len(entries)})", "", *table(head, rows)]
        if len(entries) > LISTED:
            lines += ["", f"{len(entries) - LISTED} more are in the JSON form."]
    return "\n".join(lines) + "\n"


def to_json_text(diff: Diff) -> str:
    """The comparison as JSON, ASCII whatever a device sent."""
    return json.dumps(diff.to_json(), ensure_ascii=True, indent=1) + "\n"


def _run(record: RunRecord) -> str:
    run = record.run
    counts = count_verdicts(record.cases)
    firmware = f" firmware {run.device['firmware']}" if run.device.get("firmware") else ""
    words = ", ".join(f"{counts[verdict]} {verdict}" for verdict in READING_ORDER if verdict in counts)
    return f"{run.device_name}{firmware}, {run.started}, {plural(len(record.cases), 'case')}: {words or 'none'}"


def _sections(diff: Diff) -> Iterator[tuple[str, Sequence[str], list[_Entry]]]:
    """Title, columns and entries of each section that has any."""
    parts: list[tuple[str, Sequence[str], list[_Entry]]] = [
        *((title, _CHANGE, [_case(diff, one) for one in diff.of(kind)]) for kind, title in TITLES.items()),
        ("Negative inputs judged otherwise", _CHANGE, [_input(diff, one) for one in diff.inputs]),
        ("New findings", _FINDING, [_finding(one) for one in diff.new_findings]),
        ("Findings gone", _FINDING, [_finding(one) for one in diff.gone_findings]),
        ("Slower", _CHANGE, [_time(diff, one) for one in diff.slower]),
        ("Faster", _CHANGE, [_time(diff, one) for one in diff.faster]),
        ("Actions answered more slowly (median)", _CHANGE, [_answer(one) for one in diff.slower_answers]),
        ("Actions answered faster (median)", _CHANGE, [_answer(one) for one in diff.faster_answers]),
        ("Certification profiles", _CHANGE, [_standing(*one) for one in diff.standings]),
        ("Requirements", _CHANGE, [_requirement(*one) for one in diff.requirements]),
    ]
    return (one for one in parts if one[2])


def _name(diff: Diff, case: CaseRecord) -> str:
    return f"{case.id}{f' on {case.device}' if case.role in diff.several else ''}"


def _case(diff: Diff, change: CaseChange) -> _Entry:
    more = f" (and {len(change.new_faults) - 1} more)" if len(change.new_faults) > 1 else ""
    was = f"before: {change.why}" if change.kind == MENDED and change.why else change.why
    return (_name(diff, change.case), change.case.version, change.old or "-", change.new or "-", f"{was}{more}")


def _finding(change: FindingChange) -> _Entry:
    finding = change.finding
    ids = list(dict.fromkeys(case.id for case in change.cases))
    more = f" and {len(ids) - _IDS} more" if len(ids) > _IDS else ""
    versions = ", ".join(dict.fromkeys(case.version for case in change.cases))
    return (f"{', '.join(ids[:_IDS])}{more}", versions, finding.severity, finding.rule, finding.line)


def _requirement(version: str, role: str, id: str, old: str, new: str) -> _Entry:
    was, now = (one.replace("_", " ") or "not named" for one in (old, new))
    return (f"{id} ({role})", version, was, now, "")


def _standing(version: str, role: str, name: str, old: str, new: str) -> _Entry:
    return (f"{name} ({role})", version, old or "not listed", new or "not listed", "")


def _answer(change: AnswerChange) -> _Entry:
    one, (old, new) = change.new, change.times
    return (one.action, one.version, duration(old), duration(new), f"{change.ratio:.1f} times" if old else "")


def _time(diff: Diff, change: TimeChange) -> _Entry:
    return (
        _name(diff, change.case),
        change.case.version,
        duration(change.old),
        duration(change.new),
        f"{change.ratio:.1f} times" if change.old else "",
    )


def _input(diff: Diff, change: InputChange) -> _Entry:
    return (_name(diff, change.case), change.case.version, change.old, change.new, f"{change.name}: {change.reaction}")
