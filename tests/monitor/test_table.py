"""What the rules say of themselves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.monitor import RULES
from conformance.monitor.rules.wire import RULE_OF_PROBLEM, SOFT_PROBLEMS
from conformance.monitor.table import page
from conformance.ocppj.frames import PROBLEMS
from conformance.ocppj.versions import VERSIONS

ROOT = Path(__file__).parents[2]


def test_the_page_is_in_step() -> None:
    written = (ROOT / "docs" / "monitor-rules.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m conformance.monitor.table > docs/monitor-rules.md"


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids)) >= 24


def test_every_problem_of_parsing_has_a_rule() -> None:
    assert set(RULE_OF_PROBLEM) == set(PROBLEMS)
    assert set(PROBLEMS) >= SOFT_PROBLEMS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_it_is(rule: Any) -> None:
    assert rule.requirements and set(rule.requirements) <= set(VERSIONS)
    assert rule.binds in ("CS", "CSMS", "both")
    assert rule.families == {VERSIONS[version].family for version in rule.requirements}
    assert rule.title and rule.wants.endswith(".")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_requirement_ids_are_the_standards(rule: Any) -> None:
    catalogue = json.loads((ROOT / "testcases" / "catalogue" / "requirements.json").read_text(encoding="utf-8"))
    known = {(row["version"], row["id"]) for row in catalogue}
    for version, source in rule.requirements.items():
        if VERSIONS[version].family != "1.6":
            for id in re.findall(r"\b[A-P][0-9]{2}\.FR\.[0-9]+\b|\bFR\.[0-9]+\b", source):
                assert (version, id) in known, f"{rule.id} cites {id}, which {version} does not have"
