"""Findings as SARIF 2.1.0 (OASIS), for code-scanning pages.

A result is a way to fail of one case: findings with the same fingerprint are one result with a count. Its rule is the
monitor's rule, or, where a case itself expected or checked something, the requirement of the standard. A device has no
source lines that we know: the place is the device's description, and the logical location names case, step, frame and
field. What was known to fail is suppressed; what could not be decided is a notification, no result.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from conformance.report.aggregate import block_label
from conformance.report.record import (
    ERROR,
    EXPECTED_FAIL,
    INCONCLUSIVE,
    ROLE_NAMES,
    CaseRecord,
    FindingRecord,
    RunRecord,
)
from conformance.report.text import visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "ocppFinding/v1"
_LEVELS = {"MUST": "error", "SHOULD": "warning", "INFO": "note"}
_OF_THE_CASE = frozenset({"expect", "check", "recommend", "observe"})
"""Rules that are a case's own: what they ask for is the requirement that they name."""
_EMBEDDED = {"CS": "docs/devices/reference-station.toml", "CSMS": "docs/devices/reference-csms.toml"}


def sarif(record: RunRecord) -> dict[str, Any]:
    """The record as a SARIF log with one run."""
    rules = _Rules(record)
    results = [result for case in record.cases for result in _results(record, case, rules)]
    run = record.run
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ocpp-conformance",
                        "semanticVersion": run.tool_version,
                        "shortDescription": {"text": "Tests OCPP charging stations and CSMSs against the standard"},
                        "rules": rules.described,
                    }
                },
                "automationDetails": {"id": _category(record)},
                "invocations": [_invocation(record)],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def to_text(record: RunRecord) -> str:
    """The same as the text of a file, ASCII whatever a device sent."""
    return json.dumps(sarif(record), ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def _category(record: RunRecord) -> str:
    """What tells the results of this device from those of another on one page; SARIF wants the slash at the end."""
    run = record.run
    parts = ["ocpp-conformance", run.role or "both", "-".join(run.versions), str(run.device.get("identity", ""))]
    negative = "negative" if any(case.campaign for case in record.cases) else "scenarios"
    return "/".join(visible(one).replace("/", "_") for one in (*parts, negative) if one) + "/"


def _invocation(record: RunRecord) -> dict[str, Any]:
    run = record.run
    told = [_notification("error", line) for line in run.problems]
    if run.interrupted:
        told.append(_notification("error", f"the run broke off: {run.interruption or 'no reason given'}"))
    for case in record.cases:
        if case.verdict in (ERROR, INCONCLUSIVE):
            level = "error" if case.verdict == ERROR else "warning"
            told.append(_notification(level, f"{case.verdict} {case.id} under OCPP {case.version}: {case.why}"))
    invocation: dict[str, Any] = {
        "executionSuccessful": not (run.interrupted or run.problems or any(c.verdict == ERROR for c in record.cases)),
        "toolExecutionNotifications": told,
    }
    for name, moment in (("startTimeUtc", run.started), ("endTimeUtc", run.ended)):
        if moment:
            invocation[name] = visible(moment).replace("+00:00", "Z")
    return invocation


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": visible(text)}}


def _results(record: RunRecord, case: CaseRecord, rules: _Rules) -> Iterator[dict[str, Any]]:
    """The results of a case; the rules that they need are noted in `rules`."""
    same: dict[str, list[FindingRecord]] = {}
    for finding in case.findings:
        if finding.blame == "device":
            same.setdefault(finding.fingerprint, []).append(finding)
    for mark, findings in same.items():
        first = findings[0]
        name, position = rules.of(case, first)
        weighs = first.weighs(record.run.strict)
        yield {
            "ruleId": name,
            "ruleIndex": position,
            "level": "error" if weighs else _LEVELS.get(first.severity, "note"),
            "message": {"text": _message(case, first)},
            "locations": [_location(record, case, first)],
            "occurrenceCount": len(findings),
            "partialFingerprints": {FINGERPRINT: f"{case.id}/{case.version}/{mark}"},
            **({"suppressions": [_suppression(case)]} if weighs and case.verdict == EXPECTED_FAIL else {}),
            "properties": {
                "case": case.id,
                "version": case.version,
                "verdict": case.verdict,
                "severity": first.severity,
            },
        }


def _message(case: CaseRecord, finding: FindingRecord) -> str:
    note = f" [{finding.note}]" if finding.note else ""
    return visible(f"{case.id} ({case.title}), OCPP {case.version}: {finding.line}{note}")


def _suppression(case: CaseRecord) -> dict[str, Any]:
    declared = case.expected_failure
    words = " ".join(str(declared[key]) for key in ("reason", "link") if declared.get(key)) or case.reason
    return {"kind": "external", "justification": visible(words)}


class _Rules:
    """The rules that results refer to, in the order in which they were first broken."""

    def __init__(self, record: RunRecord) -> None:
        self.described: list[dict[str, Any]] = []
        self._positions: dict[str, int] = {}
        self._monitor = {one.id: one for one in record.standard.rules}
        self._asked = {(one.id, one.version): one for one in record.standard.requirements}

    def of(self, case: CaseRecord, finding: FindingRecord) -> tuple[str, int]:
        """Id and position of the rule that a finding broke."""
        own = finding.rule in _OF_THE_CASE
        name = visible((finding.requirement.partition(",")[0].strip() or case.id) if own else finding.rule)
        if name not in self._positions:
            self._positions[name] = len(self.described)
            texts = self._of_the_case(name, case, finding) if own else self._of_the_monitor(name, finding)
            self.described.append(_described(name, case, *texts))
        return name, self._positions[name]

    def _of_the_case(self, name: str, case: CaseRecord, finding: FindingRecord) -> tuple[str, str, str]:
        where = f"{case.id} ({case.title}), OCPP {case.version}"
        if not finding.requirement:
            return f"{name}: {case.title}", f"What {where} expects.", finding.severity
        listed = self._asked.get((name, case.version))
        said = f"{name}: {listed.summary}" if listed and listed.summary else f"Requirement {name} of the standard"
        return said, f"{said}. First asked by {where}.", finding.severity

    def _of_the_monitor(self, name: str, finding: FindingRecord) -> tuple[str, str, str]:
        listed = self._monitor.get(name)
        if listed is None:
            return name, f"{name}: {finding.requirement or 'a rule of negative tests'}", finding.severity
        asked = "; ".join(f"OCPP {version}: {where}" for version, where in listed.sources.items())
        return listed.title, f"{listed.title} ({asked})", listed.severity


def _described(name: str, case: CaseRecord, short: str, full: str, severity: str) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": visible(short)},
        "fullDescription": {"text": visible(full)},
        "help": {"text": visible(full)},
        "defaultConfiguration": {"level": _LEVELS.get(severity, "note")},
        "properties": {"tags": ["ocpp", "conformance", visible(f"block {block_label(case.block)}")]},
    }


def _location(record: RunRecord, case: CaseRecord, finding: FindingRecord) -> dict[str, Any]:
    parts = [f"{case.id}[{case.version}]"]
    parts += [
        f"{word} {value}" for word, value in (("step", finding.step), ("frame", finding.frame)) if value is not None
    ]
    place = " / ".join([*parts, *([finding.pointer] if finding.pointer else [])])
    names = [case.role, f"{case.id}[{case.version}]"]
    return {
        "physicalLocation": {"artifactLocation": {"uri": _uri(record, case)}, "region": {"startLine": 1}},
        "logicalLocations": [
            {
                "name": visible(names[1]),
                "fullyQualifiedName": visible("/".join(names)),
                "kind": "function",
            }
        ],
        "message": {"text": visible(f"{ROLE_NAMES.get(case.role, case.role)}: {place}")},
    }


def _uri(record: RunRecord, case: CaseRecord) -> str:
    """The description of the case's device, as it was named to the run: relative to where the run was started."""
    devices = record.run.devices
    device = next((one for one in devices if one.get("name") == case.device), next(iter(devices), {}))
    source = str(device.get("source", ""))
    if source in ("", "embedded"):
        return _EMBEDDED.get(case.role, "dut.toml")
    path = PurePath(visible(source))
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
