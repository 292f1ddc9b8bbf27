"""The summary for a CI job's page."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
from markdown_it import MarkdownIt

from conformance.report.job_page import LISTED, summary_markdown
from conformance.report.markdown import escaped, table
from conformance.report.record import FAIL, PASS, RunRecord
from conformance.report.views import JOB_PAGE, add_to_job_page


def drawn(text: str) -> str:
    """The HTML that a page makes of it, tags included."""
    return MarkdownIt("gfm-like", {"linkify": False}).render(text)


def test_it_says_verdict_counts_and_what_needs_attention(sample: ModuleType) -> None:
    text = summary_markdown(sample.sample_record())
    lines = text.splitlines()
    assert lines[0] == "## OCPP conformance: Acme Volt 22 (charging station, OCPP 2.0.1, 2.1)"
    assert lines[2].startswith("**Red**: 60 cases in 12 min 26 s: 1 ERROR, 4 FAIL, 1 UNEXPECTED PASS, 2 INCONCLUSIVE")
    attention = text.partition("### What needs attention")[2].partition("<details>")[0]
    verdicts = re.findall(r"^\| (ERROR|FAIL|UNEXPECTED PASS|INCONCLUSIVE) \|", attention, re.MULTILINE)
    assert verdicts == ["ERROR", *["FAIL"] * 4, "UNEXPECTED PASS", "INCONCLUSIVE", "INCONCLUSIVE"]
    assert "self-test, not an OCA certification" in text and ", tested by Ada &lt;Example&gt;, Lab 7." in text
    assert "<table>" in drawn(text) and "1 expected failure</summary>" in text


def test_it_says_where_each_profile_stands(sample: ModuleType) -> None:
    case = sample.failed_case()
    text = summary_markdown(RunRecord(sample.run_info(), [case]))
    assert "- Not yet: 1 failing case blocks certification" in text
    assert re.search(r"\| Core \| \*\*blocked\*\* \| 0 of 1 \| TC\\_B\\_22\\_CS \|", text)


def test_a_green_run_says_so(sample: ModuleType) -> None:
    case = sample.failed_case()
    case.verdict, case.findings = PASS, []
    text = summary_markdown(RunRecord(sample.run_info(), [case]))
    assert "**Green**: 1 case" in text and "needs attention" not in text


def test_a_run_that_broke_off_and_its_problems_are_told(sample: ModuleType) -> None:
    record = RunRecord(sample.run_info())
    record.run.interrupted, record.run.interruption = True, "Ctrl-C"
    record.run.problems.append("the device is gone")
    text = summary_markdown(record)
    assert "- **Problem**: the device is gone" in text and "- **Broken off**: Ctrl-C" in text


def test_a_failure_in_another_way_says_which_was_known(sample: ModuleType) -> None:
    case = sample.failed_case()
    case.expected_failure = {"reason": "known", "link": "", "source": "b.toml", "findings": ["0" * 12]}
    case.reason = "it fails in another way than b.toml has it (known)"
    assert "fails in another way than b.toml" in summary_markdown(RunRecord(sample.run_info(), [case]))


def test_nothing_that_a_device_says_acts(sample: ModuleType) -> None:
    page = drawn(summary_markdown(sample.hostile_record()))
    tags = {one.strip("/").partition(" ")[0] for one in re.findall(r"<(/?\w+)", page)}
    assert not tags & {"script", "img", "a", "em"} and "onerror" in page
    assert "\\u202e" in page and "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "text",
    ["a | b", "*a*", "_a_", "`a`", "[a](b)", "![a](b)", "<b>a</b>", "&amp;", "~~a~~", "# a", "@team", "a\nb", "\\|"],
)
def test_text_is_shown_as_it_is(text: str) -> None:
    page = drawn("\n".join(table(["x"], [[escaped(text)]])))
    cell = page.partition("<td>")[2].partition("</td>")[0]
    assert "<" not in cell
    assert page.count("<td") == 1


def test_a_large_run_stays_small(sample: ModuleType) -> None:
    record = RunRecord(sample.run_info())
    for number in range(2000):
        case = sample.failed_case(number)
        case.id, case.verdict = f"TC_B_{number}_CS", FAIL
        case.findings[0].actual = "x" * 5000
        record.add(case)
    text = summary_markdown(record)
    assert len(text.encode()) < 150_000
    assert f"{2000 - LISTED} more stand in `report.html`." in text


def test_it_joins_the_page_of_the_job(sample: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Job\n")
    record = sample.sample_record()
    assert add_to_job_page(record, {JOB_PAGE: str(page)})
    assert page.read_text() == f"# Job\n{summary_markdown(record)}\n"
    assert not add_to_job_page(record, {})
