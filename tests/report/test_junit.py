from __future__ import annotations

from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

from conformance.report.junit import to_xml, user_properties
from conformance.report.record import RunRecord
from conformance.report.views import write_views

OUTCOMES = {
    "PASS": None,
    "FAIL": "failure",
    "UNEXPECTED PASS": "failure",
    "ERROR": "error",
    "INCONCLUSIVE": "error",
    "NOT APPLICABLE": "skipped",
    "NOT IMPLEMENTED": "skipped",
    "EXPECTED FAIL": "skipped",
}


def test_every_case_is_there_with_the_outcome_of_its_verdict(sample: ModuleType, tmp_path: Path) -> None:
    record: RunRecord = sample.sample_record()
    write_views(record, tmp_path, ["junit.xml"])
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    elements = suite.findall("testcase")
    assert len(elements) == len(record.cases) == int(suite.attrib["tests"])
    seen = set()
    for element, case in zip(elements, record.cases, strict=True):
        assert element.attrib["classname"] == f"ocpp.{case.version}.{case.role}.{case.block}"
        assert element.attrib["name"] == case.id
        kinds = [child.tag for child in element if child.tag in ("failure", "error", "skipped")]
        assert kinds == [OUTCOMES[case.verdict]] if OUTCOMES[case.verdict] else not kinds
        seen.add(case.verdict)
    assert seen == set(OUTCOMES)
    assert [suite.attrib[name] for name in ("failures", "errors", "skipped")] == ["5", "3", "9"]


def test_id_requirements_and_profiles_are_properties(sample: ModuleType) -> None:
    properties = dict(user_properties(sample.failed_case()))
    assert properties["id"] == "TC_B_22_CS"
    assert properties["verdict"] == "FAIL"
    assert properties["profiles"] == "Core"
    assert properties["requirements"] == "B01.FR.01, B01.FR.03, B04.FR.01, B12.FR.03, B12.FR.04"
    assert properties["requirements_violated"] == "B04.FR.01"
    suite = ElementTree.fromstring(to_xml(sample.sample_record()))[0]
    assert suite.find("properties/property[@name='tester']").attrib["value"] == "Ada <Example>, Lab 7"  # type: ignore[union-attr]
    first = suite.find("testcase")
    assert first is not None
    assert {p.attrib["name"]: p.attrib["value"] for p in first.iter("property")} == properties


def test_a_failure_says_expected_actual_where_and_the_steps(sample: ModuleType) -> None:
    suite = ElementTree.fromstring(to_xml(sample.sample_record()))[0]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib["type"] == "fail"
    assert failure.attrib["message"].startswith("step 3, frame 6, /connectorStatus: expected StatusNotification")
    assert failure.text is not None
    assert "step 3 [FAIL] It reports each connector" in failure.text
    assert "step 4 [not reached] Plug in the cable" in failure.text


def test_hostile_strings_make_well_formed_xml(sample: ModuleType) -> None:
    text = to_xml(sample.hostile_record())
    root = ElementTree.fromstring(text.encode("utf-8"))
    assert root.find(".//script") is None
    assert "\\u202egpj.exe\\u001b[31m\\u0000\\ud800" in "".join(root.itertext())


def test_a_run_that_broke_off_is_an_error_of_its_own(sample: ModuleType) -> None:
    run = sample.run_info()
    run.interrupted, run.interruption, run.problems = True, "Ctrl-C", ["the device went deaf"]
    suite = ElementTree.fromstring(to_xml(RunRecord(run)))[0]
    assert (suite.attrib["tests"], suite.attrib["errors"]) == ("1", "1")
    error = suite.find("testcase[@classname='ocpp.run']/error")
    assert error is not None
    assert error.attrib["message"] == "the device went deaf; interrupted: Ctrl-C"
