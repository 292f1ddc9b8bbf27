"""From the result of a case to its record: the one place that knows both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.cases.runner import CaseResult
from conformance.cases.verdict import Verdict
from conformance.dut.description import ExpectedFailure
from conformance.fuzz.packed import Packed
from conformance.ocppj.findings import Severity
from conformance.report.convert import finding_record, frame_records, frames_by_step
from conformance.report.record import CaseRecord, Requirements, RowRecord, StepRecord
from conformance.report.redaction import CaseSecrets, Redactor


def case_record(
    result: CaseResult,
    *,
    node: str = "",
    expected: Sequence[ExpectedFailure] = (),
    strict: bool = False,
    offset: float = 0.0,
    secrets: CaseSecrets | None = None,
) -> CaseRecord:
    """The record of a result.

    `expected` are the entries that say that the case fails; `strict` whether findings of severity SHOULD weigh;
    `offset` is the start of the bench's clock in seconds of the run; `secrets` takes out what is secret (None:
    nothing is).
    """
    secrets = secrets or Redactor(keep=True).case("", "")
    entry = result.entry
    # Frames first: what they tell of secrets is looked for in the findings, whose fingerprints are of what is written.
    frames = frame_records(result.trace.entries, secrets)
    findings = [secrets.finding(finding_record(one)) for one in result.findings]
    weighing = {one.fingerprint for one in findings if one.blame == "device" and one.weighs(strict)}
    verdict, reason, known = _expected(result.verdict, result.reason, weighing, expected)
    record = CaseRecord(
        id=entry.id,
        title=entry.title,
        version=entry.version,
        role=entry.role,
        block=entry.block,
        verdict=verdict,
        profiles=list(entry.profiles),
        seconds=result.seconds,
        steps=_steps(result),
        findings=findings,
        requirements=Requirements(**result.requirements),
        reason="; ".join([*([reason] if reason else []), *(f"clean-up: {note}" for note in result.notes)]),
        frames=frames,
        node=node,
        expected_failure=known,
    )
    if result.campaign is not None:
        record.rows, record.campaign = _rows(result.campaign.tally), _numbers(result.campaign)
    for frame in record.frames:
        frame.at += offset
    return secrets.record(record)


def _expected(
    verdict: Verdict, reason: str, weighing: set[str], entries: Sequence[ExpectedFailure]
) -> tuple[Verdict, str, dict[str, Any]]:
    """Verdict and reason of a case that is known to fail, and the entry that it is held against."""
    if not entries or verdict not in (Verdict.FAIL, Verdict.PASS):
        return verdict, reason, {}
    excusing = [one for one in entries if one.excuses(weighing)] if verdict is Verdict.FAIL else []
    entry = (excusing or list(entries))[0]
    told = {"reason": entry.reason, "link": entry.link, "source": entry.source}
    known = {**told, "findings": list(entry.findings)} if entry.findings else told
    why = f"{entry.reason} {entry.link}".strip()
    if verdict is Verdict.PASS:
        place = f"from {entry.source}" if entry.source else "from the description"
        reason = f"it was expected to fail ({entry.reason}); remove the expected failure {place}"
        return Verdict.UNEXPECTED_PASS, reason, known
    if excusing:
        gone = len(set(entry.findings) - weighing)
        fewer = f"; {gone} of {len(entry.findings)} known findings did not occur" if gone else ""
        return Verdict.EXPECTED_FAIL, f"{why}; {reason}{fewer}", known
    return verdict, f"it fails in another way than {entry.source} has it ({why}); {reason}", known


def _rows(tally: Any) -> Packed[RowRecord]:
    made = (
        RowRecord(one.name, one.action, one.constraint, one.pointer, one.sent, one.reaction, one.expected, one.allowed)
        for one in tally.rows
    )
    return Packed(RowRecord, made)


def _numbers(campaign: Any) -> dict[str, Any]:
    """What a negative test sent, as JSON holds it; rows apart."""
    tally = campaign.tally
    return {
        "level": campaign.level,
        "played": tally.played,
        "distinct": len(tally.distinct),
        "seconds": round(tally.seconds, 3),
        "known": tally.known,
        "corpus": campaign.corpus_size,
        "saved": [str(path) for path in tally.saved],
        "cases": list(tally.cases),
        "searches": [
            {
                "examples": one.examples,
                "seconds": round(one.seconds, 3),
                "seed": one.seed,
                "statistics": list(one.statistics),
            }
            for one in tally.searches
        ],
    }


def _steps(result: CaseResult) -> list[StepRecord]:
    frames = frames_by_step(result.trace.entries)
    steps = [
        StepRecord(one.number, one.text, one.expect, True, _verdict_of(result, one.number), frames.get(one.number, []))
        for one in result.steps
    ]
    first = len(steps) + 1
    return steps + [StepRecord(first + i, one.text, one.expect, False) for i, one in enumerate(result.missed)]


def _verdict_of(result: CaseResult, number: int) -> str:
    weighty = [one for one in result.findings if one.step == number and one.severity == Severity.MUST]
    if weighty:
        return Verdict.ERROR if any(one.blame == "tester" for one in weighty) else Verdict.FAIL
    last = bool(result.steps) and number == result.steps[-1].number
    if last and result.verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR):
        return result.verdict
    return Verdict.PASS
