from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

from conformance.data import data_path
from conformance.report.aggregate import by_block, by_profile, count_requirements, requirement_states
from conformance.report.record import (
    ERROR,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    TEXT_LIMIT,
    CaseRecord,
    FindingRecord,
    FrameRecord,
    Requirements,
    ResultsError,
    RunInfo,
    RunRecord,
    plain,
)

SCHEMA = json.loads(data_path("docs", "results.schema.json").read_text(encoding="utf-8"))


def case(name: str = "TC_B_01_CS", verdict: str = PASS, **fields: object) -> CaseRecord:
    values: dict[str, object] = {"title": "Cold boot", "version": "2.0.1", "role": "CS", "block": "B"} | fields
    return CaseRecord(id=name, verdict=verdict, **values)  # type: ignore[arg-type]  # short forms for tests


def finding(**fields: object) -> FindingRecord:
    values: dict[str, object] = {"rule": "expect", "severity": "MUST", "expected": "x", "actual": "y"} | fields
    return FindingRecord(**values)  # type: ignore[arg-type]  # short forms for tests


def run(**fields: object) -> RunInfo:
    return RunInfo(tool_version="0.1.0", started="2026-03-02T09:00:00+00:00", **fields)  # type: ignore[arg-type]  # short forms


@pytest.mark.parametrize("which", ["sample_record", "hostile_record"])
def test_a_record_fits_its_schema_and_survives_the_way_to_disk_and_back(sample: ModuleType, which: str) -> None:
    record = getattr(sample, which)()
    stored = json.loads(json.dumps(record.to_json()))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(stored)
    assert RunRecord.from_json(stored).to_json() == record.to_json()


def test_the_schema_refuses_what_is_no_result(sample: ModuleType) -> None:
    stored = sample.sample_record().to_json()
    stored["cases"][0]["verdict"] = "OK"
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(stored)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("format",), "ocpp-conformance-results/2", "results.format"),
        (("run",), None, "results.run"),
        (("run", "tool"), {}, "results.run.tool.version"),
        (("run", "interrupted"), "no", "results.run.interrupted"),
        (("cases", 0, "verdict"), "OK", "results.cases[0].verdict"),
        (("cases", 0, "seconds"), "fast", "results.cases[0].seconds"),
        (("cases", 0, "steps"), {}, "results.cases[0].steps"),
        (("cases", 0, "steps", 1, "number"), True, "results.cases[0].steps[1].number"),
        (("cases", 0, "steps", 1, "frames"), [1, "2"], "results.cases[0].steps[1].frames[1]"),
        (("cases", 0, "findings", 0, "rule"), 5, "results.cases[0].findings[0].rule"),
        (("cases", 0, "frames", 2, "index"), None, "results.cases[0].frames[2].index"),
        (("cases", 0, "requirements", "verified"), [1], "results.cases[0].requirements.verified[0]"),
        (("cases", 3), "TC_B_01_CS", "results.cases[3]"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_in_one_line(
    sample: ModuleType, path: tuple[str | int, ...], value: object, named: str
) -> None:
    stored = copy.deepcopy(sample.sample_record().to_json())
    target = stored
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    with pytest.raises(ResultsError) as caught:
        RunRecord.from_json(stored)
    assert str(caught.value).startswith(named)
    assert "\n" not in str(caught.value)


def test_members_that_a_later_version_adds_are_ignored(sample: ModuleType) -> None:
    stored = sample.sample_record().to_json()
    stored["cases"][0]["weather"] = stored["weather"] = "fine"
    assert len(RunRecord.from_json(stored).cases) == 60


def test_an_unknown_verdict_is_refused_at_once() -> None:
    with pytest.raises(ResultsError, match="TC_B_01_CS: 'GREEN' is no verdict"):
        case(verdict="GREEN")


def test_long_frames_are_clipped_and_say_so() -> None:
    long = FrameRecord(1, 0.5, "CS", 2, "DataTransfer", "1", "x" * 10_000)
    assert (len(long.text), long.size, long.truncated) == (TEXT_LIMIT, 10_000, True)
    again = FrameRecord.from_json(long.to_json())
    assert again == long and again.truncated
    exact = FrameRecord(1, 0.5, text="x" * TEXT_LIMIT)
    assert not exact.truncated


def test_a_case_that_ran_again_replaces_its_first_record_in_its_place() -> None:
    record = RunRecord(run())
    for one in (case("TC_B_01_CS", FAIL), case("TC_B_02_CS"), case("TC_B_01_CS"), case("TC_B_01_CS", version="2.1")):
        record.add(one)
    assert [(c.id, c.version, c.verdict) for c in record.cases] == [
        ("TC_B_01_CS", "2.0.1", PASS),
        ("TC_B_02_CS", "2.0.1", PASS),
        ("TC_B_01_CS", "2.1", PASS),
    ]


@pytest.mark.parametrize(
    ("verdicts", "fields", "green"),
    [
        ([PASS, NOT_APPLICABLE, "NOT IMPLEMENTED", "EXPECTED FAIL"], {}, True),
        ([], {}, False),
        ([NOT_APPLICABLE], {}, False),
        (["EXPECTED FAIL", NOT_APPLICABLE], {}, True),
        ([PASS, FAIL], {}, False),
        ([PASS, ERROR], {}, False),
        ([PASS, "INCONCLUSIVE"], {}, False),
        ([PASS, "UNEXPECTED PASS"], {}, False),
        ([PASS], {"interrupted": True}, False),
        ([PASS], {"problems": ["the device went deaf"]}, False),
    ],
)
def test_green_means_something_passed_and_nothing_is_open(
    verdicts: list[str], fields: dict[str, object], green: bool
) -> None:
    record = RunRecord(run(**fields), [case(f"TC_{i}", verdict) for i, verdict in enumerate(verdicts)])
    assert record.green is green
    assert record.to_json()["summary"]["green"] is green


def test_the_reason_of_a_verdict_is_its_main_finding() -> None:
    ours, theirs = finding(actual="ours", blame="tester"), finding(actual="theirs")
    remark = finding(actual="remark", severity="SHOULD")
    failed = case(verdict=FAIL, findings=[remark, ours, theirs], reason="r")
    assert failed.why == "expected x; got theirs"
    assert case(verdict=ERROR, findings=[remark, theirs, ours]).why == "expected x; got ours"
    assert case(verdict="INCONCLUSIVE", findings=[theirs], reason="r").why == "r"
    assert case(verdict=FAIL, findings=[remark], reason="silence").why == "silence"
    assert case(findings=[remark], reason="r").why == ""


def test_one_violation_makes_a_requirement_violated_and_asking_nowhere_leaves_it_open() -> None:
    cases = [
        case("1", requirements=Requirements(["B01.FR.01", "B01.FR.02"], [], ["B01.FR.03"]), profiles=["Core", "X"]),
        case("2", requirements=Requirements([], ["B01.FR.01"], ["B01.FR.02"]), profiles=["Core"]),
        case("3", requirements=Requirements(["B01.FR.01"], [], [])),
        case("4", version="2.1", requirements=Requirements([], [], ["B01.FR.01"]), block="E"),
    ]
    assert {(v, r): s for (v, _, r), s in requirement_states(cases).items()} == {
        ("2.0.1", "B01.FR.01"): "violated",
        ("2.0.1", "B01.FR.02"): "verified",
        ("2.0.1", "B01.FR.03"): "not_exercised",
        ("2.1", "B01.FR.01"): "not_exercised",
    }
    assert count_requirements(cases) == {"verified": 1, "violated": 1, "not_exercised": 2}
    assert [(row.version, row.label, row.verdicts) for row in by_block(cases)] == [
        ("2.0.1", "B Provisioning", {PASS: 3}),
        ("2.1", "E Transactions", {PASS: 1}),
    ]
    assert [(row.version, row.name, row.total) for row in by_profile(cases)] == [
        ("2.0.1", "Core", 2),
        ("2.0.1", "X", 1),
        ("2.0.1", "no profile", 1),
        ("2.1", "no profile", 1),
    ]


def test_facts_of_any_type_become_json_and_secrets_do_not() -> None:
    facts = {
        "when": datetime(2026, 3, 2, tzinfo=UTC),
        "power": Decimal("22.5"),
        "evses": (1, 2),
        "path": Path("a/b"),
        "odd": float("inf"),
        "basic_auth_password": "hunter2",
        "nested": {"AuthorizationKey": "00ff", "tls": {"private_key": "k", "private_empty": ""}},
    }
    assert plain(facts) == {
        "when": "2026-03-02T00:00:00+00:00",
        "power": 22.5,
        "evses": [1, 2],
        "path": "a/b",
        "odd": "inf",
        "basic_auth_password": "***",
        "nested": {"AuthorizationKey": "***", "tls": {"private_key": "***", "private_empty": ""}},
    }
    stored = json.dumps(RunRecord(run(device=facts)).to_json(), allow_nan=False)
    assert "hunter2" not in stored and "00ff" not in stored


def test_roles_of_a_run_with_both_are_read_from_its_cases() -> None:
    record = RunRecord(run(), [case(), case("TC_B_01_CSMS", role="CSMS")])
    assert record.role_name == "charging station and CSMS"
    assert RunRecord(run(role="CSMS")).role_name == "CSMS"
    assert RunRecord(run()).role_name == "role unknown"
