from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.report.anchors import Anchors
from conformance.report.html import facts, page, page_title, render_html, script
from conformance.report.interim import EVERY, InterimReport
from conformance.report.journal import write_results
from conformance.report.page_data import parcel, script_json
from conformance.report.record import PASS, ResultsError, RunRecord
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


def data_of(text: str) -> dict[str, Any]:
    """What the page's script reads."""
    found: dict[str, Any] = json.loads(re.search(r'id="ocpp-data">(.*?)</script>', text, re.S)[1])  # type: ignore[index]
    return found


def unpacked(text: str, anchor: str) -> dict[str, Any]:
    """What the script shows when the case is opened."""
    packed = re.search(rf'id="parcel-{re.escape(anchor)}">(.*?)</script>', text, re.S)
    assert packed, anchor
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed[1]), -15))
    return found


def section(text: str, name: str) -> str:
    """The words of one section of the page."""
    start = text.index(f'<section id="{name}"')
    return Reader(text[start : text.index("</section>", start)]).text


def test_the_first_screen_answers_the_question(sample: ModuleType) -> None:
    text = page(sample.sample_record())
    start = Reader(text).text
    for words in (
        "OCPP conformance report: Acme Volt 22",
        "charging station · OCPP 2.0.1, 2.1 · firmware 3.1.4 tested by Ada <Example>, Lab 7 · 2026-03-02 09:14:05 UTC",
        "Self-test, not an OCA certification.",
        "May I certify? Not yet: 5 failing cases block certification 0 of 3 claimed profiles are ready.",
    ):
        assert words in start[:900]
    answer = section(text, "answer")
    assert "Core blocked 27 of 34 TC_B_22_CS , TC_B_03_CS , TC_E_04_CS , TC_F_01_CS" in answer
    assert "Not claimed by the description: Smart Charging" in answer
    assert "B Provisioning blocked, 9 of 12" in answer and "A Security ready, 3 of 3" in answer


def test_what_was_not_exercised_is_said_with_the_reason(sample: ModuleType) -> None:
    gaps = section(page(sample.sample_record()), "gaps")
    assert "5 listed cases that apply were not run: not chosen: --ocpp-version=2.0.1,2.1" in gaps
    assert "TC_C_99_CS" in gaps and "1 expected failure" in gaps and "4 cases ruled out" in gaps
    record = sample.sample_record()
    record.standard.implemented = [case.id for case in record.cases]
    assert "1 listed case that applies was not run: this version of the tool has no test" in section(
        page(record), "gaps"
    )


def test_what_needs_attention_stands_with_expected_and_actual(sample: ModuleType) -> None:
    attention = section(page(sample.sample_record()), "attention")
    assert attention.count("FAIL TC_") == 4 and "INCONCLUSIVE TC_B_12_CS" in attention
    assert 'connectorStatus "Available" for EVSE 2 connectorStatus "Unavailable" step 3, frame 6' in attention


def test_the_requirement_matrix_has_every_state(sample: ModuleType) -> None:
    matrix = section(page(sample.sample_record()), "requirements")
    assert "61 verified 4 violated 49 not exercised 1 named by no case of this run" in matrix
    assert "B04.FR.01 SHALL Every connector is reported after a boot" in matrix
    assert "B04.FR.01 violated ✗01" in matrix and "B12.FR.03 not exercised ·03" in matrix
    assert "Z01 01" in matrix


def test_rules_say_what_they_found_or_that_they_found_nothing(sample: ModuleType) -> None:
    rules = section(page(sample.sample_record()), "rules")
    assert "0 broken 1 with remarks 1 found nothing" in rules
    assert "timestamp-precision Times have three decimals at most SHOULD 2.0.1, 2.1: 2.1.3 · 1 1 case" in rules
    assert "tx.seq-no seqNo counts without gaps MUST 2.0.1: E02.FR.07" in rules


def test_the_facts_of_the_run_are_all_there(sample: ModuleType) -> None:
    about = section(page(sample.sample_record()), "about")
    for words in (
        "Firmware 3.1.4",
        "Tested by Ada <Example>, Lab 7",
        "Operator of volt-22 manual; http: power_cycle",
        "Connectors of volt-22 EVSE 1 connector 1; EVSE 2 connector 1",
        "Clock of volt-22, OCPP 2.0.1",
        "Ended 2026-03-02 09:26:31 UTC",
        "python 3.11.2, websockets 17.4",
        "C-49 authorization cache no",
        "HFS-8 number of EVSEs 1",
        "OCPP 2.0.1 : OCA 2.0.1 Part 6 ed3",
        "Schema corrected: 1.6 MeterValues: unit Hertz removed",
        "Schemas of OCPP 2.0.1: 2 files",
        "hypothesis 20260302",
    ):
        assert words in about, words


def test_what_a_station_says_of_itself_stands_beside_what_is_described(sample: ModuleType) -> None:
    found = dict(facts(sample.sample_record()))
    assert found["Model"] == "Volt 22 (described); Hoymiles 22 (told by the station)"
    assert found["Serial"] == "AC-2291-0007"


def test_the_page_is_whole_and_needs_nothing_else(sample: ModuleType) -> None:
    text = page(sample.sample_record())
    reader = Reader(text)
    assert not reader.broken and not reader.open
    assert not reader.names("link") and not reader.names("img")
    assert all("src" not in attributes for attributes in reader.names("script"))
    policy = next(a["content"] for a in reader.names("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy and policy.startswith("default-src 'none'")
    listed = data_of(text)["cases"]
    assert len(listed) == len({one["a"] for one in listed}) == 60
    inside = {f"#{one['a']}" for one in listed} | {f"#{a['id']}" for _, a in reader.elements if a.get("id")}
    links = {a["href"] or "" for a in reader.names("a")}
    assert {one for one in links if "=" not in one} <= inside
    ids = [a["id"] for _, a in reader.elements if a.get("id")]
    assert len(ids) == len(set(ids))


def test_without_a_script_the_cases_that_need_attention_are_there_in_full(sample: ModuleType) -> None:
    record = sample.sample_record()
    text = page(record)
    cases = section(text, "cases")
    sheets = [a["id"] for a in Reader(text).names("article")]
    assert len(sheets) == 9 and "case-TC_B_22_CS-2.0.1" in sheets
    assert "4 Plug in the cable at EVSE 1 expect TransactionEvent Started" in cases and "not reached" in cases
    assert 'Frame 6 [2,"dev-0006","StatusNotification"' in cases


def test_a_case_has_all_that_its_sheet_shows(sample: ModuleType) -> None:
    record = sample.sample_record()
    found = unpacked(page(record), "case-TC_B_22_CS-2.0.1")
    assert [step[0] for step in found["steps"]] == [1, 2, 3, 4, 5] and found["steps"][3][3] is False
    assert found["findings"][0]["requirement"] == "B04.FR.01" and found["findings"][0]["remark"] is False
    assert found["frames"][6][6] == record.cases[0].frames[6].text and found["frames"][7][8] == 6
    assert found["requirements"]["violated"] == ["B04.FR.01"]


def test_hostile_strings_are_shown_and_do_nothing(sample: ModuleType) -> None:
    text = page(sample.hostile_record())
    text.encode("utf-8")
    reader = Reader(text)
    assert not reader.broken and not reader.open
    # The data, two parcels, and our script.
    assert_harmless(reader, scripts=4)
    assert "<" not in re.search(r'id="ocpp-data">(.*?)</script>', text, re.S)[1]  # type: ignore[index]
    for one in data_of(text)["cases"]:
        shown = json.dumps([one, unpacked(text, one["a"])], ensure_ascii=False)
        assert not any(c in shown for c in "\x00\x1b\u202e\ud800")
    assert "alert" in page_title(sample.hostile_record().run)
    assert "\u202e" not in page_title(sample.hostile_record().run)


def test_data_cannot_end_its_element() -> None:
    text = script_json({"</script><!--": "&<>"})
    assert not set("<>&") & set(text) and json.loads(text) == {"</script><!--": "&<>"}


def test_anchors_are_readable_unique_and_harmless(sample: ModuleType) -> None:
    one, other = sample.failed_case(), sample.failed_case()
    other.node += " on a variant"
    assert Anchors([one]).of(one) == "case-TC_B_22_CS-2.0.1"
    both = Anchors([one, other])
    assert both.of(one) != both.of(other) and both.of(one).startswith("case-TC_B_22_CS-2.0.1-")
    hostile = sample.hostile_record().cases
    for case in hostile:
        assert re.fullmatch(r"case-[\w.-]+", Anchors(hostile).of(case))


def test_a_run_that_broke_off_says_so_first(sample: ModuleType) -> None:
    run = sample.run_info()
    run.interrupted, run.interruption, run.problems = True, "Ctrl-C", ["the device went deaf"]
    text = section(page(RunRecord(run)), "answer")
    assert text.startswith("The run broke off. Ctrl-C")
    assert "Problem of the run. the device went deaf" in text and "No answer: no listed case was run" in text


def test_nothing_failed_is_no_yes_when_the_run_broke_off(sample: ModuleType) -> None:
    record = RunRecord(sample.run_info(), [sample._case(0, "B", 1, "Cold boot", "2.0.1")])
    assert "Nothing stands in the way" in page(record)
    record.run.interrupted = True
    text = section(page(record), "answer")
    assert "Nothing failed, but the run broke off" in text and "Nothing stands in the way" not in text


def test_while_a_run_lasts_its_report_says_that_it_has_not_ended(sample: ModuleType, tmp_path: Path) -> None:
    path, clock = tmp_path / "report.html", [100.0]
    record = RunRecord(sample.run_info())
    InterimReport(record, path, lambda: clock[0])
    assert "At 20" in section(path.read_text("utf-8"), "answer") and "0 cases had ended" in path.read_text("utf-8")
    record.add(sample.failed_case())
    assert "0 cases had ended" in path.read_text("utf-8"), "not at every case"
    clock[0] += EVERY + 1
    record.add(sample._case(3, "B", 4, "Another", "2.0.1"))
    text = path.read_text("utf-8")
    assert "2 cases had ended" in text and "TC_B_22_CS" in text and not record.run.interrupted


def test_a_report_that_cannot_be_written_does_not_stop_the_run(sample: ModuleType, tmp_path: Path) -> None:
    record = RunRecord(sample.run_info())
    InterimReport(record, tmp_path / "file" / "report.html", lambda: 0.0)
    (tmp_path / "taken").write_text("")
    InterimReport(record, tmp_path / "taken" / "report.html", lambda: 0.0)
    record.add(sample.failed_case())


def test_the_document_renders_as_its_record_does(sample: ModuleType) -> None:
    record = sample.sample_record()
    document = json.loads(json.dumps(record.to_json()))
    assert render_html(document) == page(record)
    with pytest.raises(ResultsError, match="format"):
        render_html({"format": "something else"})


def test_results_without_lists_are_measured_by_their_cases(sample: ModuleType) -> None:
    record = sample.sample_record()
    document = record.to_json()
    del document["standard"]
    text = render_html(document)
    assert "Not yet: 5 failing cases block certification" in text and "The results do not list them." in text


def test_a_parcel_is_a_fraction_of_what_it_holds(sample: ModuleType) -> None:
    case = sample._case(0, "B", 1, "Cold boot", "2.0.1")
    assert case.verdict == PASS and len(parcel(case)) < 0.4 * len(json.dumps(case.to_json()))


def test_the_script_is_one_function_and_loads_nothing() -> None:
    text = script()
    assert text.startswith("(() => {") and "fetch(" not in text and "import " not in text and "innerHTML" not in text


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
        timeout=180,
    )
    assert "INTERNALERROR" not in done.stdout + done.stderr, done.stdout
    return done.stdout


def blob_of(reader: Reader) -> dict[str, Any]:
    """What pytest-html's own script draws."""
    blob = next(a["data-jsonblob"] for a in reader.names("div") if "data-jsonblob" in a)
    assert blob is not None
    found: dict[str, Any] = json.loads(blob)
    return found


def test_pytest_html_frames_our_report_and_lists_what_is_no_case(sample: ModuleType, tmp_path: Path) -> None:
    record = sample.sample_record()
    run_pytest(tmp_path, record)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    reader = Reader(text)
    assert not reader.names("link")
    assert "May I certify? Not yet: 5 failing cases block certification" in reader.text
    assert str(Path.home()) not in reader.text and str(tmp_path) not in text
    assert len(data_of(text)["cases"]) == len(record.cases)
    data = blob_of(reader)
    assert data["environment"] == {}
    named = [row["testId"] for tests in data["tests"].values() for row in tests]
    # A stranger, and a case around which pytest itself failed.
    assert sorted(named) == ["test_cases.py::test_case[1]::teardown", "test_cases.py::test_of_someone_else"]


def test_pytest_html_with_hostile_strings_is_harmless(sample: ModuleType, tmp_path: Path) -> None:
    run_pytest(tmp_path, sample.hostile_record())
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    # The data, two parcels, our script, and pytest-html's own.
    assert len(Reader(text).names("script")) == 5
    for row in [row for tests in blob_of(Reader(text))["tests"].values() for row in tests]:
        for html in [*row["resultsTableRow"], row["log"]]:
            assert not Reader(html).names("script") and not Reader(html).names("img")


def test_without_pytest_html_nothing_is_enabled_and_nothing_breaks(sample: ModuleType, tmp_path: Path) -> None:
    output = run_pytest(tmp_path, sample.sample_record(), "-p", "no:html", NO_HTML="1")
    assert "failed" in output and not (tmp_path / "report.html").exists()


def test_a_path_that_the_user_gave_wins(sample: ModuleType, tmp_path: Path) -> None:
    run_pytest(tmp_path, sample.sample_record(), "--html=own.html")
    assert (tmp_path / "own.html").exists() and not (tmp_path / "report.html").exists()
