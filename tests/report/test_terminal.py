from __future__ import annotations

import re
from types import ModuleType

import pytest

from conformance.report.record import CaseRecord, RunInfo, RunRecord
from conformance.report.terminal import progress_line, source_lines, summary_lines
from conformance.report.text import width_of

_COLOR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [10, 40, 80, 120, 250])
@pytest.mark.parametrize("which", ["sample_record", "hostile_record"])
def test_no_line_is_wider_than_the_terminal_or_steers_it(sample: ModuleType, which: str, width: int) -> None:
    record = getattr(sample, which)()
    plain = summary_lines(record, width)
    for line in [*plain, *(progress_line(case, width, done=1, total=60) for case in record.cases)]:
        assert width_of(line) <= max(width, 40)
        assert "\x1b" not in line and "\n" not in line and "\u202e" not in line
        line.encode("utf-8")
    assert [_COLOR.sub("", line) for line in summary_lines(record, width, color=True)] == plain


def test_the_summary_says_what_failed_and_why(sample: ModuleType) -> None:
    text = "\n".join(summary_lines(sample.sample_record(), 200))
    assert "Acme Volt 22 (charging station, OCPP 2.0.1, 2.1), tested by ocpp-conformance 0.1.0" in text
    assert "self-test, not an OCA certification" in text
    assert (
        "FAIL  TC_B_22_CS 2.0.1: step 3, frame 6, /connectorStatus: expected StatusNotification with connectorStatus "
        '"Available" for EVSE 2; got connectorStatus "Unavailable" (B04.FR.01)'
    ) in text
    assert "INCONCLUSIVE  TC_B_12_CS 2.0.1: the operator could not plug_in" in text
    assert "   3  C-10.2 and HFS-8 >= 2: HFS-8 is 1: TC_B_07_CS, TC_B_12_CS, TC_G_02_CS" in text
    assert "1 remark in 1 case" in text
    assert "98 verified, 5 violated, 77 not exercised" in text
    assert "60 cases in 12 min 26 s: 1 ERROR, 4 FAIL, 1 UNEXPECTED PASS, 2 INCONCLUSIVE" in text
    row = next(line for line in text.splitlines() if line.startswith("2.0.1 CS B Provisioning"))
    assert row.split()[4:] == ["13", "9", "1", "·", "·", "·", "1", "2", "·"]


def test_a_terminal_too_narrow_for_the_table_gets_words(sample: ModuleType) -> None:
    lines = summary_lines(sample.sample_record(), 60)
    at = lines.index("2.0.1 CS B Provisioning: 2 FAIL, 1 INCONCLUSIVE, 9 PASS,")
    assert lines[at + 1] == "  1 NOT APPLICABLE"


def test_a_narrow_terminal_shows_expected_and_actual_below(sample: ModuleType) -> None:
    lines = summary_lines(sample.sample_record(), 80)
    at = lines.index("FAIL  TC_B_22_CS 2.0.1: step 3, frame 6, /connectorStatus (B04.FR.01)")
    assert lines[at + 1] == '      expected StatusNotification with connectorStatus "Available" for EVSE 2'
    assert lines[at + 2] == '      got      connectorStatus "Unavailable"'


def test_many_failures_get_one_line_each_and_keep_both_halves(sample: ModuleType) -> None:
    record = RunRecord(sample.run_info(), [sample.failed_case(number) for number in range(30)])
    lines = [line for line in summary_lines(record, 130) if line.startswith("FAIL ")]
    assert len(lines) == 30
    assert all("expected StatusN" in line and "; got connectorStatus" in line for line in lines)


def test_an_interrupted_or_broken_run_says_so() -> None:
    run = RunInfo("0.1.0", "2026-03-02T09:00:00+00:00", interrupted=True, interruption="Ctrl-C")
    run.problems = ["the device stopped answering at 09:14:05"]
    lines = summary_lines(RunRecord(run), 100)
    assert "problem: the device stopped answering at 09:14:05" in lines
    assert "interrupted: Ctrl-C; what had ended by then is in the report" in lines
    assert lines[-1] == "0 cases: none"


def test_progress_says_how_far_what_and_why(sample: ModuleType) -> None:
    passed = CaseRecord("TC_B_01_CS", "Cold Boot - Accepted", "2.0.1", "CS", "B", "PASS", seconds=1.24)
    assert progress_line(passed, 80, done=7, total=60) == (
        " 7/60 PASS            TC_B_01_CS         2.0.1     1.2 s  Cold Boot - Accepted"
    )
    line = progress_line(sample.failed_case(), 160, color=True)
    assert line.startswith("\x1b[31mFAIL\x1b[0m ")
    assert "expected Stat" in line and "; got conn" in line


def found_by(sample: ModuleType, number: int, *sources: str, **numbers: int) -> CaseRecord:
    case: CaseRecord = sample.failed_case(number)
    case.campaign = {"distinct": 5, "played": 7, "saved": ["x"] * len(sources), "cases": [*sources], **numbers}
    return case


def test_each_finding_is_printed_as_it_can_be_pasted(sample: ModuleType) -> None:
    source = 'def test_x(csms, fuzz):\n    """What it breaks."""\n    fuzz.check(1)\n'
    lines = source_lines(RunRecord(sample.run_info(), [found_by(sample, 22, source, "x = '\x1b[31m'")]))
    assert lines[:5] == ["# found by TC_B_22_CS 2.0.1", *source.splitlines(), ""]
    assert not any("\x1b" in line for line in lines)
    assert not source_lines(sample.sample_record())


def test_of_many_findings_some_are_printed_and_the_rest_is_counted(sample: ModuleType) -> None:
    record = RunRecord(sample.run_info(), [found_by(sample, 22, *(f"finding = {n}" for n in range(14)))])
    lines = source_lines(record)
    assert "finding = 9" in lines and "finding = 10" not in lines
    assert lines[-1] == "and 4 more, in the report and in results.json"


def test_the_corpus_is_counted(sample: ModuleType) -> None:
    cases = [found_by(sample, 22, corpus=3, known=2), found_by(sample, 23, corpus=1, known=0)]
    text = "\n".join(summary_lines(RunRecord(sample.run_info(), cases), 200))
    assert "10 distinct negative inputs, 14 sent; corpus of 4 examples (2 played again first)" in text


def test_devices_of_one_role_are_told_apart_by_name() -> None:
    def case(device: str, verdict: str, role: str = "CS") -> CaseRecord:
        made = CaseRecord("TC_B_01_CS", "Cold boot", "2.0.1", role, "B", verdict, node=f"{device}{role}", device=device)
        made.reason = "no answer" if verdict == "FAIL" else ""
        return made

    run = RunInfo("1", "2026-01-01T00:00:00+00:00", devices=[{"name": "left", "role": "CS"}])
    run.devices.append({"name": "right", "role": "CS"})
    lines = summary_lines(RunRecord(run, [case("left", "PASS"), case("right", "FAIL")]), 100)
    left, right = lines.index("left"), lines.index("right")
    assert [line.split()[-1] for line in lines[left + 1 : left + 3]] == ["pass", "1"]
    assert [line.split()[-1] for line in lines[right + 1 : right + 3]] == ["FAIL", "1"]
    assert "FAIL  TC_B_01_CS 2.0.1 on right: no answer" in lines
    assert progress_line(case("right", "FAIL"), 90, device=True).endswith("right: no answer")

    run.devices[1]["role"] = "CSMS"
    lines = summary_lines(RunRecord(run, [case("left", "PASS"), case("right", "FAIL", "CSMS")]), 100)
    assert "left" not in lines and "FAIL  TC_B_01_CS 2.0.1: no answer" in lines, "the role is enough"
