"""The run on a CI job's page, as Markdown: verdict, counts by block, what needs attention, where the rest stands."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.report.aggregate import NOT_EXERCISED, VERIFIED, VIOLATED, by_block, count_requirements, count_verdicts
from conformance.report.certification import Certification, Standing, answer, certification
from conformance.report.markdown import escaped, folded, table
from conformance.report.negative import sent_lines
from conformance.report.record import (
    EXPECTED_FAIL,
    GREEN,
    READING_ORDER,
    VERDICTS,
    CaseRecord,
    RunRecord,
)
from conformance.report.text import duration, plural

LISTED = 100
"""Cases that need attention which are listed; a job's page takes no more than a megabyte."""

_IDS = 5
"""Cases that are named beside a profile."""


def summary_markdown(record: RunRecord) -> str:
    """The record as a page of Markdown of at most about 100 kilobytes."""
    run, cases = record.run, record.cases
    versions = ", ".join(run.versions) or "no version"
    device = f"{escaped(run.device_name)} ({record.role_name}, OCPP {escaped(versions)})"
    found = certification(record)
    said = answer(record, found)
    lines = [
        *(f"## OCPP conformance: {device}", ""),
        *(f"**{'Green' if record.green else 'Red'}**: {_counts(record)}.", ""),
        f"- {escaped(said.line)}{f'. {escaped(said.detail)}' if said.detail else ''}",
    ]
    lines += [f"- **Problem**: {escaped(one)}" for one in run.problems]
    if run.interrupted:
        lines.append(
            f"- **Broken off**: {escaped(run.interruption or 'no reason given')}. What had ended by then is below."
        )
    lines += [f"- {escaped(one)}" for one in sent_lines(cases)]
    lines += [*_requirements(record), *_profiles(found), *_blocks(record), *_attention(record), *_expected(record)]
    made = f"ocpp-conformance {escaped(run.tool_version)}, started {escaped(run.started)}"
    made += f", tested by {escaped(run.testers)}" if run.testers else ""
    lines += ["", f"{made}. A self-test, not an OCA certification. `report.html` has the details."]
    return "\n".join(lines) + "\n"


def _counts(record: RunRecord) -> str:
    counts = count_verdicts(record.cases)
    took = f" in {duration(record.run.seconds)}" if record.run.seconds is not None else ""
    words = ", ".join(f"{counts[verdict]} {verdict}" for verdict in READING_ORDER if verdict in counts)
    return f"{plural(len(record.cases), 'case')}{took}{': ' if words else ''}{words}"


def _requirements(record: RunRecord) -> Iterator[str]:
    states = count_requirements(record.cases)
    if any(states.values()):
        yield (
            f"- Requirements: {states[VERIFIED]} verified, {states[VIOLATED]} violated, "
            f"{states[NOT_EXERCISED]} not exercised"
        )


def _profiles(found: Certification) -> list[str]:
    """Where each certification profile stands that the device claims."""
    rows = [
        [
            *(escaped(one.device), escaped(one.version), escaped(one.role), escaped(one.name)),
            *(f"**{one.word}**", f"{one.passed} of {one.applicable}", escaped(_ids(one))),
        ]
        for one in found.claimed[:LISTED]
    ]
    head = ["device", "OCPP", "role", "profile", "standing", "passed", "in the way"]
    return ["", *table(head, rows)] if rows else []


def _ids(one: Standing) -> str:
    ids = [case.id for case in (*one.failed, *one.undecided)]
    return f"{', '.join(ids[:_IDS])}{f' and {len(ids) - _IDS} more' if len(ids) > _IDS else ''}"


def _blocks(record: RunRecord) -> list[str]:
    rows = by_block(record.cases)
    shown = [one for one in VERDICTS if any(row.verdicts.get(one) for row in rows)]
    if not rows:
        return []
    body = [
        [escaped(row.version), escaped(row.role), escaped(row.label), str(row.total)]
        + [str(row.verdicts.get(one, "")) for one in shown]
        for row in rows
    ]
    numbers = range(3, 4 + len(shown))
    return ["", *folded("By functional block", table(["OCPP", "role", "block", "cases", *shown], body, right=numbers))]


def _attention(record: RunRecord) -> list[str]:
    bad = [one for verdict in READING_ORDER if verdict not in GREEN for one in record.cases if one.verdict == verdict]
    if not bad:
        return []
    lines = [
        "",
        "### What needs attention",
        "",
        *table(["verdict", "case", "OCPP", "what happened"], map(_row, bad[:LISTED])),
    ]
    if len(bad) > LISTED:
        lines += ["", f"{len(bad) - LISTED} more stand in `report.html`."]
    return lines


def _row(case: CaseRecord) -> list[str]:
    name = f"{escaped(case.id)}<br>{escaped(case.title)}"
    why = f"{escaped(case.why)}<br>{escaped(case.reason)}" if _says_more(case) else escaped(case.why)
    return [case.verdict, name, escaped(case.version), why]


def _says_more(case: CaseRecord) -> bool:
    """Whether the reason says what the finding does not: that the case fails otherwise than it was known to."""
    return bool(case.expected_failure) and case.reason != case.why


def _expected(record: RunRecord) -> list[str]:
    known = [one for one in record.cases if one.verdict == EXPECTED_FAIL]
    if not known:
        return []
    rows = [[escaped(one.id), escaped(one.version), escaped(one.reason)] for one in known[:LISTED]]
    more = [f"{len(known) - LISTED} more stand in `report.html`."] if len(known) > LISTED else []
    return ["", *folded(plural(len(known), "expected failure"), [*table(["case", "OCPP", "why"], rows), *more])]
