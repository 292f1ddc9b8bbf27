"""What the terminal shows: a line as each case ends, and a summary when the run has ended."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable

from conformance.report.aggregate import (
    NOT_EXERCISED,
    VERIFIED,
    VIOLATED,
    by_block,
    count_requirements,
    count_verdicts,
)
from conformance.report.negative import sent_lines, sources
from conformance.report.record import (
    ERROR,
    EXPECTED_FAIL,
    FAIL,
    INCONCLUSIVE,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
    PASS,
    READING_ORDER,
    UNEXPECTED_PASS,
    VERDICTS,
    CaseRecord,
    RunRecord,
)
from conformance.report.text import duration, fit, pad, plural, visible, width_of

_COLORS = {
    PASS: "32",
    NOT_APPLICABLE: "2",
    NOT_IMPLEMENTED: "2",
    EXPECTED_FAIL: "36",
    UNEXPECTED_PASS: "31",
    INCONCLUSIVE: "33",
    FAIL: "31",
    ERROR: "1;35",
}
_SHORT = {
    PASS: "pass",
    NOT_APPLICABLE: "n/a",
    NOT_IMPLEMENTED: "no test",
    EXPECTED_FAIL: "xfail",
    UNEXPECTED_PASS: "xpass",
    INCONCLUSIVE: "inconcl",
    FAIL: "FAIL",
    ERROR: "ERROR",
}
_NARROWEST = 40
_IDS_SHOWN = 4
_LABEL_ROOM = 22
"""Columns that a block's name needs; where the table leaves fewer, each block is a line of words instead."""
_BRIEF_FROM = 25
"""Cases beyond which each gets one line, however much is cut: the report has the rest."""
_SOURCES_SHOWN = 10
"""Findings that are shown as source of a test case."""
_SHARED_FROM = 3
"""Undecided cases with one reason that are listed as a group."""
_LEAST_WORTH = 24
"""Columns below which cutting expected and actual apart leaves nothing to read."""


def paint(text: str, verdict: str, color: bool) -> str:
    """`text` in the colour of `verdict`, if colour is wanted."""
    code = _COLORS.get(verdict)
    return f"\x1b[{code}m{text}\x1b[0m" if color and code else text


def progress_line(
    case: CaseRecord, width: int, color: bool = False, done: int = 0, total: int = 0, *, device: bool = False
) -> str:
    """One line for a case that has ended: how far, verdict, id, version, seconds, title or what went wrong.

    `width` in columns, at least 40; `done` of `total` is left out when `total` is 0; `device`: with its device's name.
    """
    width = max(width, _NARROWEST)
    count = f"{done:>{len(str(total))}}/{total} " if total else ""
    head = f"{count}{pad(case.verdict, 15)} "
    body = f"{pad(visible(case.id), 18)} {pad(visible(case.version), 6)}{duration(case.seconds):>9}"
    start = f"{head}{body}  {visible(case.device) + ': ' if device else ''}"
    text = _reason(case, width - width_of(start)) if case.why else visible(case.title)
    line = fit(f"{start}{text}", width)
    return line.replace(case.verdict, paint(case.verdict, case.verdict, color), 1) if color else line


def _tables(record: RunRecord, width: int, color: bool) -> list[str]:
    """One table; or one for each device, headed by its name, where a role is not enough to tell them apart."""
    if not record.crowded:
        return _table(record.cases, width, color)
    lines: list[str] = []
    for name in dict.fromkeys(case.device for case in record.cases):
        cases = [case for case in record.cases if case.device == name]
        lines += [*([""] if lines else []), fit(visible(name), width), *_table(cases, width, color)]
    return lines


def _table(cases: Iterable[CaseRecord], width: int, color: bool) -> list[str]:
    rows = by_block(cases)
    shown = [v for v in VERDICTS if any(row.verdicts.get(v) for row in rows)]
    labels = [f"{row.version} {row.role} {row.label}" for row in rows]
    columns = [max(len(_SHORT[v]), 5) for v in shown]
    room = width - 7 - sum(size + 1 for size in columns)
    if room < _LABEL_ROOM:
        return [
            line
            for row, label in zip(rows, labels, strict=True)
            for line in _wrap(fit(visible(label), width - 2) + ": ", row.verdicts, width, color)
        ]
    label_width = min(room, max([len("block"), *(width_of(visible(label)) for label in labels)]))
    head = pad("block", label_width) + f"{'cases':>7}"
    lines = [head + "".join(f" {_SHORT[v]:>{size}}" for v, size in zip(shown, columns, strict=True))]
    for row, label in zip(rows, labels, strict=True):
        line = pad(fit(visible(label), label_width), label_width) + f"{row.total:>7}"
        for verdict, size in zip(shown, columns, strict=True):
            count = row.verdicts.get(verdict, 0)
            cell = f" {count or '·':>{size}}"
            line += paint(cell, verdict, color and count > 0)
        lines.append(line)
    return lines


def _reason(case: CaseRecord, width: int) -> str:
    """Why a case did not pass, in `width` columns: a long expectation must not push out what came instead."""
    fault = case.main_fault
    whole = visible(case.why or "no reason recorded")
    if width_of(whole) <= width or fault is None or case.why != fault.line:
        return fit(whole, width)
    where = f"{visible(fault.where)}: " if fault.where else ""
    end = f" ({visible(fault.requirement)})" if fault.requirement else ""
    room = width - width_of(where) - width_of(end) - len("expected ; got ")
    if room < _LEAST_WORTH:
        return fit(whole, width)
    expected, actual = visible(fault.expected), visible(fault.actual)
    # Each gets half, and what the shorter one leaves over.
    for_actual = min(width_of(actual), max(room // 2, room - width_of(expected)))
    return f"{where}expected {fit(expected, room - for_actual)}; got {fit(actual, for_actual)}{end}"


def _case_lines(case: CaseRecord, width: int, color: bool, brief: bool, device: bool) -> list[str]:
    """One line if it fits or must (`brief`); otherwise what was expected and what came stand below it."""
    where = f" on {visible(case.device)}" if device else ""
    head = f"{case.verdict}  {visible(case.id)} {visible(case.version)}{where}: "
    room = width - width_of(head)
    fault = case.main_fault
    lines = [head + _reason(case, room)]
    if not brief and fault is not None and case.why == fault.line and width_of(visible(fault.line)) > room:
        named = f" ({visible(fault.requirement)})" if fault.requirement else ""
        lines = [
            f"{head}{visible(fault.where)}{named}",
            f"      expected {visible(fault.expected)}",
            f"      got      {visible(fault.actual)}",
        ]
    elif not brief and width_of(why := visible(case.why)) > room:
        lines = [head.rstrip(), *textwrap.wrap(why, width - 6, initial_indent=" " * 6, subsequent_indent=" " * 6)[:4]]
    lines = [fit(line, width) for line in lines]
    return [lines[0].replace(case.verdict, paint(case.verdict, case.verdict, color), 1), *lines[1:]]


def _grouped(cases: Iterable[CaseRecord], width: int) -> list[str]:
    groups: dict[str, list[CaseRecord]] = {}
    for case in cases:
        groups.setdefault(case.reason or "no reason given", []).append(case)
    lines = []
    for reason, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        ids = sorted({visible(case.id) for case in members})
        more = f" and {len(ids) - _IDS_SHOWN} more" if len(ids) > _IDS_SHOWN else ""
        lines.append(fit(f"  {len(members):>4}  {visible(reason)}: {', '.join(ids[:_IDS_SHOWN])}{more}", width))
    return lines


def _shared_reasons(cases: Iterable[CaseRecord]) -> list[CaseRecord]:
    """The undecided cases whose reason many share: a device that is gone is told once, not with every case."""
    undecided = [case for case in cases if case.verdict == INCONCLUSIVE and case.reason]
    counts = Counter(case.reason for case in undecided)
    return [case for case in undecided if counts[case.reason] >= _SHARED_FROM]


def summary_lines(record: RunRecord, width: int, color: bool = False) -> list[str]:
    """The summary of a run as lines of at most `width` columns (at least 40), colours not counted.

    What it is about, a table by block, one line for each case that did not pass and why, reasons of what is not
    applicable in groups, remarks, requirements, problems of the run, and the counts.
    """
    width = max(width, _NARROWEST)
    run, cases = record.run, record.cases
    versions = ", ".join(run.versions) or "no version"
    what = f"{run.device_name} ({record.role_name}, OCPP {versions})"
    lines = [
        fit(visible(f"{what}, tested by ocpp-conformance {run.tool_version}"), width),
        fit("self-test, not an OCA certification", width),
        "",
    ]
    if cases:
        lines += _tables(record, width, color)
    bad = [
        case
        for verdict in READING_ORDER
        if verdict not in (PASS, NOT_APPLICABLE, NOT_IMPLEMENTED)
        for case in cases
        if case.verdict == verdict
    ]
    if bad:
        lines.append("")
        shared = _shared_reasons(bad)
        for case in bad:
            if case not in shared:
                lines += _case_lines(case, width, color, len(bad) - len(shared) > _BRIEF_FROM, record.crowded)
        if shared:
            lines += [f"{paint(INCONCLUSIVE, INCONCLUSIVE, color)}, by reason:", *_grouped(shared, width)]
    for verdict in (NOT_APPLICABLE, NOT_IMPLEMENTED):
        members = [case for case in cases if case.verdict == verdict]
        if members and verdict == NOT_APPLICABLE:
            lines += ["", f"{verdict}, by reason:", *_grouped(members, width)]
        elif members:
            lines += [
                "",
                fit(f"{verdict}: {plural(len(members), 'listed case')} without a test; see the report", width),
            ]
    lines.append("")
    for severity, word, weight in (
        ("SHOULD", "remark", " (they fail nothing; --ocpp-strict promotes them)"),
        ("INFO", "observation", ""),
    ):
        counts = [sum(one.severity == severity for one in case.remarks) for case in cases]
        if any(counts):
            where = f"{plural(sum(counts), word)} in {plural(sum(map(bool, counts)), 'case')}"
            lines.append(fit(f"{where}{weight}", width))
    lines += [fit(one, width) for one in sent_lines(cases)]
    states = count_requirements(cases)
    if any(states.values()):
        text = (
            f"requirements: {states[VERIFIED]} verified, {states[VIOLATED]} violated, "
            f"{states[NOT_EXERCISED]} not exercised"
        )
        lines.append(fit(text, width))
    # Whole, however narrow the terminal: the end of it often says what to mend, and no case repeats it.
    for problem in run.problems:
        parts = textwrap.wrap(f"problem: {visible(problem)}", max(width, 40), subsequent_indent="    ")
        lines += [paint(fit(part, width), FAIL, color) for part in parts]
    if run.interrupted:
        why = f": {visible(run.interruption)}" if run.interruption else ""
        lines.append(paint(fit(f"interrupted{why}; what had ended by then is in the report", width), FAIL, color))
    took = f" in {duration(run.seconds)}" if run.seconds is not None else ""
    lines += _wrap(f"{plural(len(cases), 'case')}{took}: ", count_verdicts(cases), width, color)
    return lines


def source_lines(record: RunRecord) -> list[str]:
    """Each finding of the negative tests as a test case, ready to be pasted into a file: lines of any length.

    Beyond a number that still can be read, the rest is counted.
    """
    lines: list[str] = []
    found = sources(record.cases)
    for name, source in found[:_SOURCES_SHOWN]:
        lines += [f"# found by {visible(name)}", *map(visible, source.rstrip().splitlines()), ""]
    if len(found) > _SOURCES_SHOWN:
        lines.append(f"and {len(found) - _SOURCES_SHOWN} more, in the report and in results.json")
    return lines


def _wrap(start: str, counts: dict[str, int], width: int, color: bool) -> list[str]:
    """The counts, worst first, on as many lines as they need: they are what nobody may miss."""
    lines, columns = [start], width_of(start)
    words = [(f"{counts[v]} {v}", v) for v in READING_ORDER if counts.get(v)]
    for position, (word, verdict) in enumerate(words):
        comma = "," if position < len(words) - 1 else ""
        gap = "" if position == 0 else " "
        if columns + len(gap) + len(word) + len(comma) > width:
            lines.append("  ")
            columns, gap = 2, ""
        lines[-1] += gap + paint(word, verdict, color) + comma
        columns += len(gap) + len(word) + len(comma)
    return lines if words else [f"{start}none"]
