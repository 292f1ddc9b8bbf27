from __future__ import annotations

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.report.journal import write_results
from conformance.report.pages import anchor, case_details, page, page_title, summary_html
from conformance.report.record import FrameRecord, ResultsError, RunRecord
from conformance.report.render import render

VOID = {"meta", "input", "br", "img", "link", "source"}


class Reader(HTMLParser):
    """Collects elements and texts, and notes tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.broken: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.broken.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    def names(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def assert_harmless(reader: Reader, scripts: int) -> None:
    assert len(reader.names("script")) == scripts
    assert not reader.names("img")
    for tag, attributes in reader.elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert (attributes.get("href") or "#").startswith("#") or tag != "a"
    shown = "".join(reader.texts)
    assert not any(c in shown for c in "\x00\x1b\u202e\ud800")
    assert "\\u202egpj.exe\\u001b[31m\\u0000\\ud800" in shown
    assert "{{7*7}}" in shown and "49" not in shown.split("gpj.exe")[1][:40]


def test_the_first_lines_say_what_was_tested_by_what(sample: ModuleType) -> None:
    start = Reader(page(sample.sample_record())).text[:520]
    for words in (
        "OCPP conformance report: Acme Volt 22",
        "Self-test, not an OCA certification.",
        "Role charging station",
        "OCPP versions 2.0.1, 2.1",
        "Tested by ocpp-conformance 0.1.0",
        "Firmware 3.1.4",
    ):
        assert words in start


def test_the_page_is_whole_and_needs_nothing_else(sample: ModuleType) -> None:
    record = sample.sample_record()
    reader = Reader(page(record))
    assert not reader.broken and not reader.open
    assert not reader.names("link") and not reader.names("img")
    assert all("src" not in attributes for attributes in reader.names("script"))
    rows = [a for a in reader.names("details") if a.get("class") == "case-row"]
    assert len(rows) == 60
    assert len({row["id"] for row in rows}) == 60
    assert [row["data-verdict"] for row in rows[:6]] == ["ERROR", "FAIL", "FAIL", "FAIL", "FAIL", "UNEXPECTED PASS"]
    targets = {a["href"] for a in reader.names("a")}
    assert targets <= {f"#{row['id']}" for row in rows}


def test_the_summary_counts_by_verdict_block_and_profile(sample: ModuleType) -> None:
    text = Reader(summary_html(sample.sample_record())).text
    assert "43 of 52 cases passed, 8 need attention" in text
    assert "43 PASS 4 FAIL 1 ERROR 2 INCONCLUSIVE 1 UNEXPECTED PASS 1 EXPECTED FAIL" in text
    assert "2.0.1 B Provisioning 13 9 2 · 1 · · 1 · 21 2 16" in text
    assert "98 verified, 5 violated, 77 not exercised. What was not exercised is not claimed." in text
    assert "1.6 MeterValues: unit Hertz removed" in text and "C-49 = false" in text


def test_a_case_shows_findings_steps_frames_and_requirements(sample: ModuleType) -> None:
    record = sample.sample_record()
    html = case_details(record.cases[0], record.run.started)
    reader = Reader(html)
    assert not reader.broken and not reader.open
    text = reader.text
    assert text.index("Expected StatusNotification with connectorStatus") < text.index("1 Power-cycle the station")
    assert "4 Plug in the cable at EVSE 1 expect TransactionEvent Started" in text
    assert text.count("not reached") == 2
    assert "6 09:28:46.500 +1.500 s CS → CSMS CALL StatusNotification 1 finding" in text
    assert html.count("<mark>") == 2
    assert "<mark>    &#34;connectorStatus&#34;: &#34;Unavailable&#34;,</mark>" in html
    assert "violated B04.FR.01 not exercised B12.FR.03 B12.FR.04" in text
    opened = [a for a in reader.names("details") if "open" in a]
    assert [a["class"] for a in opened] == ["frame bad k-frame"]


def test_frames_outside_of_the_steps_are_shown_too(sample: ModuleType) -> None:
    case = sample.failed_case()
    case.frames.insert(0, FrameRecord(900, 0.0, kind="note", text="set-up of the bench"))
    case.steps[0].frames.remove(0)
    text = Reader(case_details(case, "2026-03-02T09:14:05+00:00")).text
    assert "Before the first step 0" in text
    assert "After the steps: clean-up" in text and "set-up of the bench" in text
    case.steps = []
    assert "Procedure Frames 900" in Reader(case_details(case, "")).text


def test_a_clipped_frame_says_how_much_is_missing(sample: ModuleType) -> None:
    case = sample.failed_case()
    case.frames[2] = FrameRecord(2, 480.0, "CS", 2, "DataTransfer", "1", "x" * 9000)
    assert "The first 4096 of 9000 characters." in Reader(case_details(case, "")).text


def test_hostile_strings_are_shown_and_do_nothing(sample: ModuleType) -> None:
    text = page(sample.hostile_record())
    text.encode("utf-8")
    reader = Reader(text)
    assert not reader.broken and not reader.open
    assert_harmless(reader, scripts=1)
    assert "alert" in page_title(sample.hostile_record().run)
    assert "\u202e" not in page_title(sample.hostile_record().run)


def test_anchors_are_names_whatever_an_id_holds(sample: ModuleType) -> None:
    for case in sample.hostile_record().cases:
        assert anchor(case).removeprefix("case-").isalnum() and len(anchor(case)) == 17


def test_an_interrupted_run_is_marked_on_the_first_screen(sample: ModuleType) -> None:
    run = sample.run_info()
    run.interrupted, run.interruption, run.problems = True, "Ctrl-C", ["the device went deaf"]
    text = Reader(page(RunRecord(run))).text
    assert "Interrupted. Ctrl-C" in text[:700]
    assert "Problem of the run. the device went deaf" in text[:800]
    assert "No case was run" in text


def test_render_draws_both_views_from_the_file(sample: ModuleType, tmp_path: Path) -> None:
    write_results(sample.sample_record(), tmp_path / "results.json")
    record = render(tmp_path, html=tmp_path / "out" / "r.html", junit=tmp_path / "out" / "j.xml")
    assert len(record.cases) == 60
    assert (tmp_path / "out" / "r.html").read_text(encoding="utf-8") == page(record)
    assert (tmp_path / "out" / "j.xml").read_text(encoding="utf-8").startswith("<?xml")
    with pytest.raises(ResultsError):
        render(tmp_path / "out")


CONFTEST = """
import importlib.util, json, os
from pathlib import Path
import pytest
from conformance.report.html_plugin import enable
from conformance.report.journal import load
from conformance.report.record import INCONCLUSIVE

RECORD = load(Path("results.json"))
SHOWN = [case for case in RECORD.cases if case.verdict != "NOT IMPLEMENTED"]

@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    assert enable(config, Path("report.html"), RECORD) is (not os.environ.get("NO_HTML"))

def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(len(SHOWN)))

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and "number" in item.fixturenames:
        report.ocpp_case = SHOWN[item.callspec.params["number"]].to_json()
"""
TESTS = """
import pytest
from conftest import SHOWN

@pytest.fixture
def spoiled(number):
    yield
    assert number != 1, "broken clean-up"

def test_case(number, spoiled):
    print("printed <b>by</b> the case\\x1b[31m")
    verdict = SHOWN[number].verdict
    if verdict == "NOT APPLICABLE":
        pytest.skip("condition")
    assert verdict in ("PASS", "EXPECTED FAIL"), "TRACEBACK OF " + verdict

def test_of_someone_else():
    assert 1 == 2
"""


def run_pytest(folder: Path, record: RunRecord, *arguments: str, **environment: str) -> str:
    write_results(record, folder / "results.json")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_cases.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:ocpp", "-p", "no:cacheprovider", *arguments, "."],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "INTERNALERROR" not in done.stdout + done.stderr, done.stdout
    return done.stdout


def rows_of(reader: Reader) -> dict[str, Any]:
    blob = next(a["data-jsonblob"] for a in reader.names("div") if "data-jsonblob" in a)
    assert blob is not None
    data: dict[str, Any] = json.loads(blob)
    return data


def test_pytest_html_shows_our_columns_verdicts_and_details(sample: ModuleType, tmp_path: Path) -> None:
    record = sample.sample_record()
    run_pytest(tmp_path, record)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    reader = Reader(text)
    assert not reader.names("link")
    assert "OCPP conformance report: Acme Volt 22" in reader.text[:80]
    assert "Self-test, not an OCA certification." in reader.text[:300]
    assert str(Path.home()) not in reader.text and str(tmp_path) not in reader.text
    headers = [a.get("data-column-type") for a in reader.names("th") if "data-column-type" in a]
    assert headers == ["result", "verdict", "testId", "version", "block", "profile", "seconds"]
    data = rows_of(reader)
    assert data["environment"] == {} and data["initialSort"] == "verdict"
    rows = [row for tests in data["tests"].values() for row in tests]
    # One row for each case of the record (not implemented ones and a failed teardown included), one for the stranger.
    assert len(rows) == len(record.cases) + 1
    verdicts = [str(Reader(row["resultsTableRow"][1]).names("td")[0]["data-verdict"]) for row in rows]
    expected = [case.verdict for case in record.cases]
    assert sorted(verdicts) == sorted([*expected, "FAIL"])
    allowed = {"Passed", "Failed", "Error", "Skipped", "XFailed", "XPassed"}
    assert {row["result"] for row in rows} == allowed
    assert all(len(row["resultsTableRow"]) == 8 for row in rows)
    templates = {a["id"] for a in reader.names("template")}
    assert {f"details-{anchor(case)}" for case in record.cases} <= templates
    failed = next(row for row in rows if "TC_B_22_CS" in row["resultsTableRow"][2])
    assert "printed &lt;b&gt;by&lt;/b&gt; the case\\u001b[31m" in failed["log"]
    assert "TRACEBACK" not in failed["log"]
    error = next(row for row in rows if "TC_E_01_CS" in row["resultsTableRow"][2])
    assert "TRACEBACK OF ERROR" in error["log"]


def test_pytest_html_with_hostile_strings_is_harmless(sample: ModuleType, tmp_path: Path) -> None:
    run_pytest(tmp_path, sample.hostile_record())
    reader = Reader((tmp_path / "report.html").read_text(encoding="utf-8"))
    # pytest-html's own script and ours.
    scripts = reader.names("script")
    assert len(scripts) == 2
    rows = [row for tests in rows_of(reader)["tests"].values() for row in tests]
    for row in rows:
        # Its script sets these as innerHTML.
        for html in [*row["resultsTableRow"], row["log"], *(extra["content"] for extra in row["extras"])]:
            inner = Reader(html)
            assert not inner.names("script") and not inner.names("img")
            assert "\u202e" not in html and "\x00" not in html


def test_without_pytest_html_nothing_is_enabled_and_nothing_breaks(sample: ModuleType, tmp_path: Path) -> None:
    output = run_pytest(tmp_path, sample.sample_record(), "-p", "no:html", NO_HTML="1")
    assert "failed" in output and not (tmp_path / "report.html").exists()


def test_a_path_that_the_user_gave_wins(sample: ModuleType, tmp_path: Path) -> None:
    run_pytest(tmp_path, sample.sample_record(), "--html=own.html")
    assert (tmp_path / "own.html").exists() and not (tmp_path / "report.html").exists()
