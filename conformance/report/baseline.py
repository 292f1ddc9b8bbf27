"""Writing a baseline: the failures of a run as its expected failures, each with the ways in which it may fail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from conformance.dut.baseline import FORMAT
from conformance.dut.description import ExpectedFailure
from conformance.report.record import ERROR, EXPECTED_FAIL, FAIL, INCONCLUSIVE, CaseRecord, FindingRecord, RunRecord
from conformance.report.text import plural, visible

_DEVICE = ("name", "model", "firmware", "identity")
_COMMENT = 160
"""Characters of a finding that stand beside its fingerprint."""


def baseline_toml(records: Sequence[RunRecord], kept: Sequence[ExpectedFailure] = ()) -> str:
    """A baseline for `--ocpp-baseline`: one entry for each case and version that failed, expected or not.

    Several records (scenarios and negative tests) make one baseline. `kept` are the entries of an earlier baseline:
    where a case is still among the failures, its reason and link stay. Devices that fail the same case share an entry.
    """
    failures: dict[tuple[str, str], list[tuple[CaseRecord, bool]]] = {}
    for record in records:
        for case in record.cases:
            if case.verdict in (FAIL, EXPECTED_FAIL):
                failures.setdefault((case.id, case.version), []).append((case, record.run.strict))
    lines = [*_head(records, len(failures)), f"format = {_quoted(FORMAT)}"]
    for key in sorted(failures):
        lines += ["", *_entry(failures[key], kept)]
    return "\n".join(lines) + "\n"


def left_out(records: Sequence[RunRecord]) -> Iterator[str]:
    """What a baseline of these runs does not cover, one line each."""
    for record in records:
        if record.run.interrupted:
            yield f"the run of {record.run.started} broke off: cases that it did not come to are not in the baseline"
        undecided = [case for case in record.cases if case.verdict in (INCONCLUSIVE, ERROR)]
        if undecided:
            ids = ", ".join(f"{case.id} ({case.version})" for case in undecided[:5])
            more = f" and {len(undecided) - 5} more" if len(undecided) > 5 else ""
            yield f"{plural(len(undecided), 'undecided case')} can't be expected to fail: {ids}{more}"


def _head(records: Sequence[RunRecord], count: int) -> Iterator[str]:
    yield f"# {plural(count, 'known failure')}, written by `ocpp-conformance baseline`; for --ocpp-baseline FILE."
    for record in records:
        run = record.run
        words = " ".join(str(run.device[key]) for key in _DEVICE if key in run.device)
        yield f"# From the run of {visible(run.started)}, {visible(words or 'unnamed device')}"
    yield "# A case fails as expected when each of its findings is one of those below. Reasons and links are yours to"
    yield "# change: `ocpp-conformance baseline RESULTS --update FILE` keeps them."


def _entry(cases: Sequence[tuple[CaseRecord, bool]], kept: Sequence[ExpectedFailure]) -> Iterator[str]:
    first = cases[0][0]
    earlier = next((one for one in kept if one.matches(first.id, first.version)), None)
    declared = first.expected_failure if first.verdict == EXPECTED_FAIL else {}
    findings: dict[str, FindingRecord] = {}
    for case, strict in cases:
        for finding in case.findings:
            if finding.blame == "device" and finding.weighs(strict):
                findings.setdefault(finding.fingerprint, finding)
    reason = earlier.reason if earlier else str(declared.get("reason", "")) or first.why or "it fails"
    link = earlier.link if earlier else str(declared.get("link", ""))
    yield "[[expected_failures]]"
    yield f"id = {_quoted(first.id)}"
    yield f"version = {_quoted(first.version)}"
    yield f"reason = {_quoted(reason)}"
    if link:
        yield f"link = {_quoted(link)}"
    if findings:
        yield "findings = ["
        for mark, finding in findings.items():
            yield f"  {_quoted(mark)},  # {visible(f'{finding.rule}: {finding.line}')[:_COMMENT]}"
        yield "]"


def _quoted(text: str) -> str:
    """A basic string of TOML; of JSON's escapes it knows all that `visible` leaves any need for."""
    return json.dumps(visible(text), ensure_ascii=False)
