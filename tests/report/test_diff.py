"""What a firmware change broke, mended and slowed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.cli import main
from conformance.report.diff import Diff, compare
from conformance.report.diff_text import headline, to_json_text, to_lines, to_markdown
from conformance.report.journal import write_results
from conformance.report.record import (
    CaseRecord,
    FindingRecord,
    FrameRecord,
    Requirements,
    RowRecord,
    RunInfo,
    RunRecord,
)


def finding(actual: str = "Rejected", severity: str = "MUST") -> FindingRecord:
    return FindingRecord("check", severity, "status Accepted", actual, requirement="B06.FR.03")


def case(verdict: str, *findings: FindingRecord, id: str = "TC_B_06_CS", **more: Any) -> CaseRecord:
    node = f"testcases/x.py::{id}[2.0.1]"
    return CaseRecord(
        id, "Get Variables", "2.0.1", "CS", "B", verdict, **{"node": node, "findings": list(findings), **more}
    )


def row(verdict: str, name: str = "idTag too long") -> RowRecord:
    return RowRecord(name, "Authorize", "maxLength", "/idTag", "...", "CALLRESULT", "CALLERROR", verdict)


def record(*cases: CaseRecord, **run: Any) -> RunRecord:
    facts = {"tool_version": "0.1.0", "started": "2026-03-02T09:00:00+00:00", "device": {"name": "Volt 22"}} | run
    return RunRecord(RunInfo(**facts), cases)


def diff(old: CaseRecord | None, new: CaseRecord | None) -> Diff:
    return compare(record(*[old] if old else []), record(*[new] if new else []))


@pytest.mark.parametrize(
    ("old", "new", "kind", "worse"),
    [
        ("PASS", "PASS", "", False),
        ("PASS", "UNEXPECTED PASS", "", False),
        ("PASS", "FAIL", "broken", True),
        ("PASS", "EXPECTED FAIL", "broken", True),
        ("PASS", "INCONCLUSIVE", "broken", True),
        ("INCONCLUSIVE", "FAIL", "broken", True),
        ("FAIL", "PASS", "mended", False),
        ("ERROR", "PASS", "mended", False),
        ("EXPECTED FAIL", "UNEXPECTED PASS", "mended", False),
        ("FAIL", "FAIL", "", False),
        ("FAIL", "EXPECTED FAIL", "changed", False),
        ("FAIL", "INCONCLUSIVE", "changed", False),
        ("INCONCLUSIVE", "ERROR", "changed", False),
        ("PASS", "NOT APPLICABLE", "removed", False),
        ("PASS", "", "removed", False),
        ("NOT APPLICABLE", "NOT APPLICABLE", "", False),
        ("NOT APPLICABLE", "", "", False),
        ("NOT APPLICABLE", "PASS", "added", False),
        ("", "PASS", "added", False),
        ("", "FAIL", "added", True),
        ("", "INCONCLUSIVE", "added", True),
        ("", "NOT APPLICABLE", "", False),
    ],
)
def test_what_becomes_of_a_case(old: str, new: str, kind: str, worse: bool) -> None:
    def made(verdict: str) -> CaseRecord | None:
        return case(verdict, *[finding()] if "FAIL" in verdict else []) if verdict else None

    found = diff(made(old), made(new))
    assert [one.kind for one in found.cases] == ([kind] if kind else [])
    assert found.worse is worse


def test_a_case_that_fails_in_a_further_way_is_broken() -> None:
    (change,) = diff(case("FAIL", finding()), case("FAIL", finding(), finding("Faulted"))).cases
    assert change.kind == "broken" and [one.actual for one in change.new_faults] == ["Faulted"]
    assert "got Faulted" in change.why
    assert not diff(case("FAIL", finding(), finding("Faulted")), case("FAIL", finding())).cases


def test_findings_that_are_new_and_gone_are_told_once_with_their_cases() -> None:
    remark = finding("no attributeType", "SHOULD")
    old = record(case("PASS"), case("PASS", id="TC_B_07_CS"), case("FAIL", finding("gone"), id="TC_B_08_CS"))
    new = record(case("PASS", remark, remark), case("PASS", remark, id="TC_B_07_CS"), case("PASS", id="TC_B_08_CS"))
    found = compare(old, new)
    (fresh,), (gone,) = found.new_findings, found.gone_findings
    assert fresh.finding == remark and [one.id for one in fresh.cases] == ["TC_B_06_CS", "TC_B_07_CS"]
    assert gone.finding.actual == "gone"
    assert not found.worse


def test_what_was_not_tested_is_not_mended() -> None:
    found = diff(case("FAIL", finding()), case("NOT APPLICABLE"))
    assert not found.gone_findings and not found.of("mended")


@pytest.mark.parametrize(
    ("old", "new", "slower", "faster"),
    [(2.0, 4.0, 1, 0), (2.0, 3.9, 0, 0), (0.2, 1.0, 0, 0), (4.0, 2.0, 0, 1), (0.0, 1.5, 1, 0)],
)
def test_slower_from_a_ratio_and_a_number_of_seconds(old: float, new: float, slower: int, faster: int) -> None:
    found = diff(case("PASS", seconds=old), case("PASS", seconds=new))
    assert (len(found.slower), len(found.faster)) == (slower, faster)
    assert not found.worse


def test_a_case_that_fails_is_not_slower() -> None:
    assert not diff(case("FAIL", finding(), seconds=1), case("FAIL", finding(), seconds=30)).slower


def test_negative_inputs_are_compared_by_name() -> None:
    old = case(
        "PASS", rows=[row("allowed"), row("not allowed", "mended"), row("allowed", "gone")], campaign={"level": "smoke"}
    )
    new = case(
        "FAIL", rows=[row("not allowed"), row("allowed", "mended"), row("allowed", "new")], campaign={"level": "smoke"}
    )
    found = diff(old, new)
    assert [(one.name, one.new, one.worse) for one in found.inputs] == [
        ("idTag too long", "not allowed", True),
        ("mended", "allowed", False),
    ]


def test_requirements_whose_state_differs() -> None:
    old = case("PASS", requirements=Requirements(["B06.FR.03", "B06.FR.01"]))
    new = case("FAIL", finding(), requirements=Requirements(["B06.FR.01"], ["B06.FR.03"]))
    assert diff(old, new).requirements == [("2.0.1", "CS", "B06.FR.03", "verified", "violated")]


def test_a_new_run_that_broke_off_is_worse() -> None:
    new = record(case("PASS"), interrupted=True, interruption="Ctrl-C", problems=["the device is gone"])
    found = compare(record(case("PASS")), new)
    assert found.worse and found.broken_run == ["the device is gone", "the new run broke off: Ctrl-C"]
    assert not compare(new, record(case("PASS"))).worse


def test_facts_of_the_runs_that_differ() -> None:
    old = record(case("PASS"), device={"name": "Volt 22", "firmware": "3.1"}, features={"C-49": True})
    new = record(case("PASS"), device={"name": "Volt 22", "firmware": "3.2"}, strict=True)
    found = compare(old, new)
    assert found.facts == [
        ("strict", "False", "True"),
        ("device firmware", "3.1", "3.2"),
        ("feature C-49", "True", ""),
    ]
    assert found.same


def exchange(seconds: float, firmware: str = "3.1") -> list[FrameRecord]:
    """A boot, and six Resets that the station answers after that time."""
    boot = {
        "reason": "PowerUp",
        "chargingStation": {"model": "Volt", "vendorName": "Acme", "firmwareVersion": firmware},
    }
    frames = [FrameRecord(0, 0.0, "CS", 2, "BootNotification", "b", json.dumps([2, "b", "BootNotification", boot]))]
    for number in range(1, 13, 2):
        frames.append(FrameRecord(number, number, "CSMS", 2, "Reset", f"r{number}", "[]"))
        frames.append(FrameRecord(number + 1, number + seconds, "CS", 3, "Reset", f"r{number}", "[]", answers=number))
    return frames


def test_answers_that_take_longer_and_the_firmware_that_the_station_names() -> None:
    old, new = case("PASS", frames=exchange(0.02)), case("PASS", frames=exchange(0.2, "3.2"))
    found, back = diff(old, new), diff(new, old)
    (change,) = found.slower_answers
    assert (change.new.action, round(change.ratio)) == ("Reset", 10) and len(back.faster_answers) == 1
    assert found.facts == [("station's firmware under 2.0.1", "3.1", "3.2")]
    assert not found.same and not found.worse and not diff(old, old).slower_answers
    assert "  Reset  2.0.1  20 ms -> 200 ms  10.0 times" in list(to_lines(found))
    assert json.loads(to_json_text(found))["slower_answers"][0]["ratio"] == 10.0


def test_a_run_without_a_boot_says_nothing_of_the_firmware() -> None:
    """It does not know it: "3.1 -> none" would be a change that nobody has seen."""
    booted, silent = case("PASS", frames=exchange(0.02)), case("PASS")
    assert diff(booted, silent).facts == [] and diff(silent, booted).facts == []


def test_a_small_difference_and_few_answers_say_nothing() -> None:
    assert not diff(case("PASS", frames=exchange(0.01)), case("PASS", frames=exchange(0.04))).slower_answers
    few = [case("PASS", frames=exchange(seconds)[:7]) for seconds in (0.1, 0.9)]
    assert not diff(*few).slower_answers


def test_profiles_whose_standing_differs() -> None:
    found = diff(case("PASS", profiles=["Core"]), case("FAIL", finding(), profiles=["Core"]))
    assert found.standings == [("2.0.1", "CS", "Core", "ready", "blocked")]
    assert "  Core (CS)  2.0.1  ready -> blocked" in list(to_lines(found))


def test_devices_of_one_role_are_told_apart() -> None:
    old = record(*(case("PASS", device=name, node=f"x::TC[2.0.1-{name}]") for name in ("a", "b")))
    new = record(
        case("FAIL", finding(), device="b", node="x::TC[2.0.1-b]"), case("PASS", device="a", node="x::TC[2.0.1-a]")
    )
    (change,) = compare(old, new).cases
    assert (change.kind, change.case.device) == ("broken", "b")
    assert any("TC_B_06_CS on b " in line for line in to_lines(compare(old, new)))


def test_a_description_that_has_another_name_is_the_same_device() -> None:
    old, new = case("PASS", device="dut"), case("PASS", device="charger", node="elsewhere/y.py::TC_B_06_CS[2.0.1]")
    assert diff(old, new).same


def test_a_variant_is_another_case() -> None:
    assert len(diff(case("PASS"), case("PASS", node="x::TC_B_06_CS[2.0.1-profile-2]")).cases) == 2


@pytest.fixture
def pair(sample: ModuleType) -> Diff:
    """The sample run, and one after a change of the firmware."""
    old, new = sample.sample_record(), sample.sample_record()
    new.run.device = {**new.run.device, "firmware": "3.2.0"}
    first, second = new.cases[0], new.cases[1]
    first.verdict, first.findings = "PASS", []
    second.verdict, second.findings = "FAIL", [finding()]
    new.cases[2].seconds *= 10
    return compare(old, new)


def test_as_lines(pair: Diff) -> None:
    lines = list(to_lines(pair))
    assert lines[0].startswith("old: Acme Volt 22 firmware 3.1.4, 2026-03-02") and "firmware 3.2.0" in lines[1]
    assert "  device firmware: 3.1.4 -> 3.2.0" in lines
    broken = lines.index("Broken (1)")
    assert lines[broken + 1] == (
        "  TC_A_01_CS  2.0.1  PASS -> FAIL  expected status Accepted; got Rejected (B06.FR.03)"
    )
    assert lines[lines.index("Mended (1)") + 1].startswith("  TC_B_22_CS  2.0.1  FAIL -> PASS  before: step 3")
    assert lines[lines.index("Slower (1)") + 1].endswith("10.0 times")
    assert lines[-1] == headline(pair) and lines[-1].startswith("worse: 1 broken, 1 mended, ")


def test_as_markdown(pair: Diff) -> None:
    text = to_markdown(pair)
    assert text.startswith("## OCPP conformance: what changed\n\n**Worse: 1 broken, 1 mended")
    assert "### Broken (1)" in text and "| TC\\_A\\_01\\_CS | 2.0.1 | PASS | FAIL |" in text


def test_as_json(pair: Diff) -> None:
    plain = json.loads(to_json_text(pair))
    assert plain["format"] == "ocpp-conformance-diff/1" and plain["worse"] is True
    assert [one["id"] for one in plain["broken"]] == ["TC_A_01_CS"]
    assert plain["broken"][0]["new_faults"][0]["fingerprint"] == finding().fingerprint
    assert plain["facts"] == [{"name": "device firmware", "old": "3.1.4", "new": "3.2.0"}]


@pytest.mark.parametrize("drawn", [lambda found: "\n".join(to_lines(found)), to_markdown, to_json_text])
def test_hostile_strings_are_harmless(sample: ModuleType, drawn: Callable[[Diff], str]) -> None:
    text = drawn(compare(RunRecord(sample.run_info()), sample.hostile_record()))
    assert not set("\x00\x1b\u202e\ud800") & set(text)
    text.encode("utf-8")


def test_a_large_diff_is_cut_in_markdown_alone() -> None:
    new = record(*(case("FAIL", finding(), id=f"TC_B_{number}_CS") for number in range(150)))
    found = compare(record(), new)
    assert "50 more are in the JSON form." in to_markdown(found)
    assert len(json.loads(to_json_text(found))["added"]) == 150


class TestCommand:
    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[str, str]:
        old, new = tmp_path / "old.json", tmp_path / "new.json"
        write_results(record(case("PASS", seconds=1), case("PASS", id="TC_B_07_CS")), old)
        write_results(record(case("PASS", seconds=9), case("FAIL", finding(), id="TC_B_07_CS")), new)
        return str(old), str(new)

    @pytest.mark.parametrize(
        ("wish", "forth", "back"), [("worse", 1, 0), ("slower", 1, 0), ("any", 1, 1), ("never", 0, 0)]
    )
    def test_the_exit_code_is_what_was_asked_for(
        self, files: tuple[str, str], wish: str, forth: int, back: int
    ) -> None:
        assert main(["diff", *files, "--fail-on", wish]) == forth
        assert main(["diff", *reversed(files), "--fail-on", wish]) == back
        assert main(["diff", files[0], files[0], "--fail-on", wish]) == 0

    def test_slower_alone_fails_where_that_was_asked_for(self, tmp_path: Path) -> None:
        old, new = tmp_path / "old.json", tmp_path / "new.json"
        write_results(record(case("PASS", seconds=1)), old)
        write_results(record(case("PASS", seconds=3)), new)
        assert main(["diff", str(old), str(new)]) == 0
        assert main(["diff", str(old), str(new), "--fail-on", "slower"]) == 1
        assert main(["diff", str(old), str(new), "--fail-on", "slower", "--slower", "4"]) == 0
        assert main(["diff", str(old), str(new), "--fail-on", "slower", "--slower-by", "4"]) == 0

    @pytest.mark.parametrize(("form", "start"), [("text", "old: "), ("markdown", "## OCPP"), ("json", "{")])
    def test_forms(
        self, files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, start: str
    ) -> None:
        assert main(["diff", *files, "--format", form]) == 1
        assert capsys.readouterr().out.startswith(start)
        assert main(["diff", *files, "--format", form, "--out", str(tmp_path / "diff")]) == 1
        assert (tmp_path / "diff").read_text("utf-8").startswith(start)

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["nothere", "{new}"], "nothere: cannot be read"),
            (["{old}", "{new}", "--slower", "1"], "--slower 1: it must be greater than 1; give another ratio"),
            (["{old}", "{new}", "--slower-by", "-1"], "--slower-by -1: it must not be negative"),
            (["{old}", "{new}", "--out", "/proc/nothere"], "/proc/nothere: it cannot be written"),
        ],
    )
    def test_a_mistake_is_one_line(
        self, files: tuple[str, str], capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
    ) -> None:
        old, new = files
        assert main(["diff", *(one.format(old=old, new=new) for one in arguments)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("ocpp-conformance: ") and told in line
