"""What a soak will need is made before it begins."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st

import testcases.negative
from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.fuzz import rehearsal
from conformance.fuzz.example import Allowed, Example
from conformance.fuzz.settings import FuzzWishes
from conformance.fuzz.stage import Target
from conformance.negative import prepare
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS

NEGATIVE = Path(testcases.negative.__file__).parent


def searched(folder: Path) -> set[str]:
    """Names of the functions whose examples the cases in a folder search."""
    calls = (
        node for path in folder.glob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8"))) if is_search(node)
    )
    return {node.args[0].func.id for node in calls}


def is_search(node: Any) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "explore"


@pytest.mark.parametrize(("role", "folder"), [("CS", "station"), ("CSMS", "csms")])
def test_every_search_of_the_cases_is_rehearsed(role: str, folder: str) -> None:
    wanted = searched(NEGATIVE / folder)
    assert len(wanted) > 4
    assert {one.__name__ for one in rehearsal.searches(role)} == wanted


def selected(level: str, explores: bool = True) -> Any:
    dut = load_description(data_path("docs", "devices", "reference-csms.toml"), {})
    body = (lambda fuzz: fuzz.explore(None)) if explores else (lambda fuzz: fuzz.rows(()))
    return SimpleNamespace(
        not_applicable="", info=SimpleNamespace(function=body), entry=SimpleNamespace(version="2.0.1"), dut=dut
    )


@pytest.mark.parametrize(
    ("level", "explores", "made"), [("soak", True, True), ("soak", False, False), ("default", True, False)]
)
def test_a_soak_that_searches_makes_all_that_it_needs_first(
    monkeypatch: pytest.MonkeyPatch, level: Any, explores: bool, made: bool
) -> None:
    drawn: list[str] = []

    def search(target: Target) -> st.SearchStrategy[Example]:
        return st.integers().map(lambda number: drawn.append(target.role) or Example(f"{number}", (), Allowed()))

    monkeypatch.setattr(rehearsal, "searches", lambda role: (search,))
    schemas = SchemaStore()
    prepare([selected(level, explores)], FuzzWishes(level), schemas)
    assert (len(drawn) >= rehearsal.EXAMPLES, set(drawn)) == ((True, {"CSMS"}) if made else (False, set()))
    compiled = {name for version, name in schemas._fast if version is VERSIONS["2.0.1"]}
    assert compiled == (set(VERSIONS["2.0.1"].schemas) if made else set())
    assert {name for _, name in schemas._exact} == compiled
