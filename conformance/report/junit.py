"""`junit.xml` for CI servers, written from the record.

One testcase for each case: `classname` is `ocpp.<version>.<role>.<block>`, `name` the case's id. How verdicts map:
PASS passes; FAIL and UNEXPECTED PASS are a `failure`; ERROR and INCONCLUSIVE are an `error` (an inconclusive case
never counts as green, and is not the device's failure); NOT APPLICABLE, NOT IMPLEMENTED and EXPECTED FAIL are
`skipped`. The verdict itself stands in the property `verdict` and in the `type` of the failure or error. What is
wrong with the run itself is a testcase `run` in class `ocpp.run`, present only then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from conformance.report.aggregate import STATES
from conformance.report.record import (
    ERROR,
    EXPECTED_FAIL,
    FAIL,
    INCONCLUSIVE,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
    UNEXPECTED_PASS,
    CaseRecord,
    RunRecord,
)
from conformance.report.text import visible

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ELEMENT = {
    FAIL: "failure",
    UNEXPECTED_PASS: "failure",
    ERROR: "error",
    INCONCLUSIVE: "error",
    NOT_APPLICABLE: "skipped",
    NOT_IMPLEMENTED: "skipped",
    EXPECTED_FAIL: "skipped",
}


def user_properties(case: CaseRecord) -> list[tuple[str, str]]:
    """The properties of a case, for our own writer and for pytest's `report.user_properties` (`--junitxml`)."""
    properties = [
        ("id", case.id),
        ("title", case.title),
        ("version", case.version),
        ("role", case.role),
        ("block", case.block),
        ("verdict", case.verdict),
        ("profiles", ", ".join(case.profiles)),
    ]
    named = {state: ", ".join(getattr(case.requirements, state)) for state in STATES}
    properties.append(("requirements", ", ".join(ids for ids in named.values() if ids)))
    properties += [(f"requirements_{state}", ids) for state, ids in named.items()]
    return [(name, visible(value)) for name, value in properties if value]


def _properties(parent: Element, properties: list[tuple[str, str]]) -> None:
    if properties:
        holder = ElementTree.SubElement(parent, "properties")
        for name, value in properties:
            ElementTree.SubElement(holder, "property", name=name, value=value)


def _body(case: CaseRecord) -> str:
    """Every finding on a line and the steps below, each line harmless."""
    lines = [f"{f.severity} {f.rule}: {f.line}{f' [{f.note}]' if f.note else ''}" for f in case.findings]
    if case.reason:
        lines.insert(0, case.reason)
    for step in case.steps:
        state = step.verdict if step.reached else "not reached"
        lines.append(f"step {step.number} [{state}] {step.text}{f' -> {step.expect}' if step.expect else ''}")
    return "\n".join(visible(line) for line in lines)


def _testcase(suite: Element, case: CaseRecord) -> None:
    element = ElementTree.SubElement(
        suite,
        "testcase",
        classname=visible(f"ocpp.{case.version}.{case.role}.{case.block}"),
        name=visible(case.id),
        time=f"{max(0.0, case.seconds):.3f}",
    )
    _properties(element, user_properties(case))
    kind = _ELEMENT.get(case.verdict)
    if kind is None:
        if case.remarks:
            ElementTree.SubElement(element, "system-out").text = _body(case)
        return
    message = visible(case.why)
    if case.verdict == EXPECTED_FAIL:
        message = f"expected failure: {message}"
    outcome = ElementTree.SubElement(element, kind, message=message, type=case.verdict.lower())
    if kind != "skipped":
        outcome.text = _body(case)


def to_xml(record: RunRecord) -> str:
    """The record as a JUnit document: XML 1.0, UTF-8, whatever characters the device sent."""
    run = record.run
    cases = record.cases
    kinds = [_ELEMENT.get(case.verdict) for case in cases]
    broken = [*run.problems]
    if run.interrupted:
        broken.append(f"interrupted: {run.interruption}" if run.interruption else "interrupted")
    suite = ElementTree.Element(
        "testsuite",
        name="ocpp-conformance",
        tests=str(len(cases) + bool(broken)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error") + bool(broken)),
        skipped=str(kinds.count("skipped")),
        time=f"{run.seconds if run.seconds is not None else sum(case.seconds for case in cases):.3f}",
        timestamp=visible(run.started),
    )
    _properties(
        suite,
        [
            (name, visible(value))
            for name, value in (
                ("tool", f"ocpp-conformance {run.tool_version}"),
                ("device", run.device_name),
                ("tester", run.testers),
                ("role", run.role),
                ("versions", ", ".join(run.versions)),
            )
            if value
        ],
    )
    for case in cases:
        _testcase(suite, case)
    if broken:
        element = ElementTree.SubElement(suite, "testcase", classname="ocpp.run", name="run", time="0.000")
        message = visible("; ".join(broken))
        ElementTree.SubElement(element, "error", message=message, type="run").text = message
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
