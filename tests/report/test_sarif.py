"""SARIF: the structure that the standard and code-scanning pages require, and what a result says."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from conformance.report.record import EXPECTED_FAIL, PASS, FindingRecord, RunRecord
from conformance.report.sarif import to_text
from conformance.report.standard import ListedRequirement, ListedRule, Standard

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
RULE = {
    "type": "object",
    "required": ["id", "shortDescription", "fullDescription", "help", "defaultConfiguration"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}, "additionalProperties": False},
        "properties": {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": True}}},
    },
    "additionalProperties": False,
}
LOCATION = {
    "type": "object",
    "required": ["physicalLocation", "logicalLocations"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "pattern": r"^[!#-;=?-Z_a-z~%\[\]]+$"}},
                },
                "region": {"type": "object", "properties": {"startLine": {"type": "integer", "minimum": 1}}},
            },
            "additionalProperties": False,
        },
        "logicalLocations": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "required": ["fullyQualifiedName", "kind"]},
        },
        "message": TEXT,
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": TEXT,
        "locations": {"type": "array", "minItems": 1, "items": LOCATION},
        "occurrenceCount": {"type": "integer", "minimum": 1},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"enum": ["inSource", "external"]}},
            },
        },
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
INVOCATION = {
    "type": "object",
    "required": ["executionSuccessful"],
    "properties": {
        "executionSuccessful": {"type": "boolean"},
        "toolExecutionNotifications": {
            "type": "array",
            "items": {"type": "object", "required": ["message"], "properties": {"message": TEXT, "level": LEVEL}},
        },
        "startTimeUtc": TIME,
        "endTimeUtc": TIME,
    },
    "additionalProperties": False,
}
LOG = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "$schema": {"const": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results", "invocations", "automationDetails"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "properties": {"name": {"type": "string"}, "rules": {"type": "array", "items": RULE}},
                            }
                        },
                    },
                    "results": {"type": "array", "items": RESULT},
                    "invocations": {"type": "array", "items": INVOCATION},
                    "automationDetails": {"type": "object", "properties": {"id": {"type": "string", "pattern": "/$"}}},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
"""What SARIF 2.1.0 (OASIS, sections 3.13 to 3.58) and GitHub's code scanning require of the members that we write."""


def run_of(record: RunRecord) -> dict[str, Any]:
    """The only run of the log, which has the structure that is required."""
    log = json.loads(to_text(record))
    jsonschema.Draft202012Validator(LOG).validate(log)
    run: dict[str, Any] = log["runs"][0]
    names = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(names)) == len(names)
    assert all(names[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    return run


@pytest.mark.parametrize("which", ["sample_record", "hostile_record"])
def test_the_structure_is_that_of_sarif(sample: ModuleType, which: str) -> None:
    assert run_of(getattr(sample, which)())["results"]


def test_a_failure_names_requirement_case_step_frame_and_field(sample: ModuleType) -> None:
    record = sample.sample_record()
    record.run.devices = [{"name": "dut", "source": "lab/my dut.toml"}]
    first, remark = run_of(record)["results"][:2]
    assert (first["ruleId"], first["level"]) == ("B04.FR.01", "error")
    assert first["message"]["text"].startswith("TC_B_22_CS (Reset - with transaction, Immediate), OCPP 2.0.1: step 3")
    (place,) = first["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "lab/my%20dut.toml"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "CS/TC_B_22_CS[2.0.1]"
    assert place["message"]["text"].endswith("step 3 / frame 6 / /connectorStatus")
    mark = first["partialFingerprints"]["ocppFinding/v1"]
    assert mark == f"TC_B_22_CS/2.0.1/{record.cases[0].findings[0].fingerprint}"
    assert (remark["ruleId"], remark["level"]) == ("timestamp-precision", "warning")


def test_each_device_has_its_own_file(sample: ModuleType) -> None:
    record = sample.sample_record()
    record.run.devices = [{"name": "a", "source": "a.toml"}, {"name": "b", "source": "b.toml"}]
    record.cases[0].device = "b"
    place = run_of(record)["results"][0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "b.toml"


def test_rules_say_what_the_lists_of_the_run_say(sample: ModuleType) -> None:
    case = sample.failed_case()
    standard = Standard(
        requirements=[ListedRequirement("B04.FR.01", "2.0.1", "CS", "SHALL", "reports each connector after a reset")],
        rules=[ListedRule("timestamp-precision", "Times with few decimals", "SHOULD", "both", {"2.0.1": "2.1.3"})],
    )
    rules = run_of(RunRecord(sample.run_info(), [case], standard))["tool"]["driver"]["rules"]
    assert rules[0]["shortDescription"]["text"] == "B04.FR.01: reports each connector after a reset"
    assert rules[1]["shortDescription"]["text"] == "Times with few decimals"
    assert rules[1]["fullDescription"]["text"] == "Times with few decimals (OCPP 2.0.1: 2.1.3)"


def test_what_was_known_is_suppressed_with_its_reason(sample: ModuleType) -> None:
    case = sample.failed_case()
    case.verdict = EXPECTED_FAIL
    case.expected_failure = {"reason": "known", "link": "https://t/1", "source": "dut.toml"}
    first, remark = run_of(RunRecord(sample.run_info(), [case]))["results"]
    assert first["suppressions"] == [{"kind": "external", "justification": "known https://t/1"}]
    assert "suppressions" not in remark


def test_the_same_finding_twice_is_one_result(sample: ModuleType) -> None:
    case = sample.failed_case()
    case.findings.append(case.findings[0])
    counts = [one["occurrenceCount"] for one in run_of(RunRecord(sample.run_info(), [case]))["results"]]
    assert counts == [2, 1]


def test_a_strict_run_makes_advice_an_error(sample: ModuleType) -> None:
    record = RunRecord(sample.run_info(), [sample.failed_case()])
    record.run.strict = True
    assert [one["level"] for one in run_of(record)["results"]] == ["error", "error"]


def test_what_is_not_the_devices_fault_is_a_notification(sample: ModuleType) -> None:
    record = sample.sample_record()
    record.run.interrupted, record.run.interruption = True, "Ctrl-C"
    record.run.problems.append("the device is gone")
    invocation = run_of(record)["invocations"][0]
    told = [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]
    assert told[:2] == ["the device is gone", "the run broke off: Ctrl-C"]
    assert [one.partition(" ")[0] for one in told[2:]] == ["INCONCLUSIVE", "ERROR", "INCONCLUSIVE"]
    assert invocation["executionSuccessful"] is False
    assert invocation["startTimeUtc"] == "2026-03-02T09:14:05.000Z"


def test_a_clean_run_is_successful_and_empty(sample: ModuleType) -> None:
    case = sample.failed_case()
    case.verdict, case.findings = PASS, []
    run = run_of(RunRecord(sample.run_info(), [case]))
    assert run["results"] == [] and run["invocations"][0]["executionSuccessful"] is True


def test_what_we_did_wrong_is_no_result(sample: ModuleType) -> None:
    case = sample.failed_case()
    case.findings = [FindingRecord("schema", "MUST", "an integer", "300.5", blame="tester")]
    assert run_of(RunRecord(sample.run_info(), [case]))["results"] == []


def test_devices_under_test_have_a_category_of_their_own(sample: ModuleType) -> None:
    assert run_of(sample.sample_record())["automationDetails"]["id"] == "ocpp-conformance/CS/2.0.1-2.1/CS001/scenarios/"
