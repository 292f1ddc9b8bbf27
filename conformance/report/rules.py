"""The always-on rules of a run: what each found, or that it found nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.report.record import CaseRecord, RunRecord
from conformance.report.standard import ListedRule


@dataclass(slots=True)
class RuleFindings:
    """A rule with what it found. A rule without findings held, or had nothing to judge: it does not say which."""

    rule: ListedRule
    broken: int = 0
    """Findings of severity MUST."""
    remarks: int = 0
    cases: dict[str, CaseRecord] = field(default_factory=dict)
    """The cases with a finding, in order, by their key."""

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "rule": self.rule.id,
            "broken": self.broken,
            "remarks": self.remarks,
            "cases": sorted({case.id for case in self.cases.values()}),
        }


def rule_findings(record: RunRecord) -> list[RuleFindings]:
    """Every rule that the run noted; those with findings first, the worst on top."""
    rows = {rule.id: RuleFindings(rule) for rule in record.standard.rules}
    for case in record.cases:
        for finding in case.findings:
            row = rows.get(finding.rule)
            if row is None or finding.blame == "tester":
                continue
            row.broken += not finding.remark
            row.remarks += finding.remark
            row.cases[str(case.key)] = case
    return sorted(rows.values(), key=lambda row: (-row.broken, -row.remarks))
