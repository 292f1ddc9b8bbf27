"""What becomes of a verdict when the case is known to fail."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.case_record import case_record
from conformance.cases.verdict import Verdict
from conformance.dut.description import ExpectedFailure
from conformance.ocppj.findings import Blame, Finding, Severity

WRONG = Finding("check", Severity.MUST, "status Accepted", "Rejected", "B06.FR.03")
SILENT = Finding("expect", Severity.MUST, "BootNotification", "no such message", "B01.FR.01")
ADVICE = Finding("recommend", Severity.SHOULD, "a reason", "none")
OURS = Finding("schema", Severity.MUST, "an integer", "300.5", blame=Blame.TESTER)


def mark(finding: Finding) -> str:
    from conformance.report.convert import finding_record

    return finding_record(finding).fingerprint


def entry(*findings: Finding, source: str = "baseline.toml") -> ExpectedFailure:
    return ExpectedFailure("TC_B_01_CS", "known", "https://t/1", None, tuple(map(mark, findings)), source)


def record(
    verdict: Verdict, *expected: ExpectedFailure, findings: tuple[Finding, ...] = (), strict: bool = False
) -> Any:
    listed = SimpleNamespace(id="TC_B_01_CS", title="Boot", version="2.0.1", role="CS", block="B", profiles=())
    result = SimpleNamespace(
        entry=listed,
        verdict=verdict,
        reason="why",
        findings=list(findings),
        seconds=1.0,
        steps=[],
        missed=[],
        requirements={"verified": [], "violated": [], "not_exercised": []},
        notes=[],
        campaign=None,
        trace=SimpleNamespace(entries=[]),
    )
    return case_record(result, expected=expected, strict=strict)  # type: ignore[arg-type]  # a result without a bench


@pytest.mark.parametrize(
    ("known", "came", "verdict"),
    [
        ((), (WRONG,), "EXPECTED FAIL"),
        ((WRONG,), (WRONG,), "EXPECTED FAIL"),
        ((WRONG, SILENT), (WRONG,), "EXPECTED FAIL"),
        ((WRONG,), (WRONG, ADVICE), "EXPECTED FAIL"),
        ((WRONG,), (WRONG, SILENT), "FAIL"),
        ((WRONG,), (SILENT,), "FAIL"),
        ((WRONG,), (), "FAIL"),
    ],
)
def test_only_the_known_way_to_fail_is_expected(
    known: tuple[Finding, ...], came: tuple[Finding, ...], verdict: str
) -> None:
    assert record(Verdict.FAIL, entry(*known), findings=came).verdict == verdict


def test_a_failure_in_another_way_says_what_is_new() -> None:
    made = record(Verdict.FAIL, entry(WRONG), findings=(WRONG, SILENT))
    assert made.reason == "it fails in another way than baseline.toml has it (known https://t/1); why"
    assert "no such message" in made.why
    assert made.expected_failure["findings"] == [mark(WRONG)]


def test_what_no_longer_happens_is_said() -> None:
    made = record(Verdict.FAIL, entry(WRONG, SILENT), findings=(WRONG,))
    assert made.reason == "known https://t/1; why; 1 of 2 known findings did not occur"


def test_advice_counts_in_a_strict_run() -> None:
    assert record(Verdict.FAIL, entry(WRONG), findings=(WRONG, ADVICE), strict=True).verdict == "FAIL"


def test_one_entry_that_excuses_is_enough() -> None:
    made = record(Verdict.FAIL, entry(SILENT), entry(source="dut.toml"), findings=(WRONG,))
    assert made.verdict == "EXPECTED FAIL" and made.expected_failure["source"] == "dut.toml"


def test_a_pass_is_unexpected() -> None:
    made = record(Verdict.PASS, entry(WRONG))
    assert made.verdict == "UNEXPECTED PASS"
    assert made.reason == "it was expected to fail (known); remove the expected failure from baseline.toml"


@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NOT_APPLICABLE])
def test_nothing_else_is_excused(verdict: Verdict) -> None:
    made = record(verdict, entry(), findings=(OURS,))
    assert made.verdict == verdict and not made.expected_failure
