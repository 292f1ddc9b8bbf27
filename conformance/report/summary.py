"""The `summary` of results.json: everything that is computed from the cases and their lists."""

from __future__ import annotations

from typing import Any

from conformance.report.aggregate import by_block, by_profile, count_requirements, count_verdicts
from conformance.report.certification import answer, certification
from conformance.report.matrix import named, requirements
from conformance.report.observed import stations
from conformance.report.record import RunRecord
from conformance.report.rules import rule_findings
from conformance.report.timing import answer_times, clock_offsets


def summary(record: RunRecord) -> dict[str, Any]:
    """The `summary` member; a reader that needs other figures computes them from `cases`."""
    cases = record.cases
    found = certification(record)
    said = answer(record, found)
    return {
        "green": record.green,
        "answer": {"standing": said.word, "line": said.line, "detail": said.detail},
        "cases": len(cases),
        "verdicts": count_verdicts(cases),
        "remarks": sum(len(case.remarks) for case in cases),
        "requirements": count_requirements(cases),
        "by_block": [row.to_json("block") for row in by_block(cases)],
        "by_profile": [row.to_json("profile") for row in by_profile(cases)],
        "certification": {
            "profiles": [one.to_json("profile") for one in found.profiles],
            "blocks": [one.to_json("block") for one in found.blocks],
        },
        "requirement_matrix": [one.to_json() for one in named(requirements(record))],
        "rules": [one.to_json() for one in rule_findings(record)],
        "answer_times": [one.to_json() for one in answer_times(cases)],
        "clock_offsets": [one.to_json() for one in clock_offsets(cases, record.run.started)],
        "stations": stations(cases),
    }
