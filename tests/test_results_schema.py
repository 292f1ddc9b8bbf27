"""The results of real runs fit the schema that is published: a small one, one of negative tests, one that was killed.

Whole runs as a user starts them are held against it in tests/lifecycle.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.selection import Wishes, select
from conformance.cli import main
from conformance.data import data_path
from conformance.fuzz.settings import FuzzWishes
from conformance.holder import Embedded
from conformance.run import Run, Settings

SCHEMA = json.loads(data_path("docs", "results.schema.json").read_text("utf-8"))


def closed(schema: Any) -> Any:
    """The schema as it would be if readers did not ignore what they do not know: it names every member we write."""
    if isinstance(schema, dict):
        more = {"additionalProperties": False} if "properties" in schema and "allOf" not in schema else {}
        return {**more, **{name: closed(part) for name, part in schema.items()}}
    return [closed(one) for one in schema] if isinstance(schema, list) else schema


def fits(folder: Path) -> Any:
    """results.json, which fits."""
    results = json.loads((folder / "results.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(results)
    found = [
        f"{one.json_path}: {one.message}"
        for one in jsonschema.Draft202012Validator(closed(SCHEMA)).iter_errors(results)
    ]
    assert not found, "docs/results.schema.json and docs/results-format.md do not name: " + "; ".join(found)[:2000]
    return results


def begun(folder: Path, id: str, *, campaign: bool = False, defect: str = "") -> Run:
    """A run that has come to the end of one case on an embedded CSMS under 2.0.1."""
    wishes = Wishes(roles=("CSMS",), versions=("2.0.1",), campaign=campaign)
    fuzz = FuzzWishes(level="smoke", seconds=0.5, corpus=folder / "fuzz") if campaign else None
    device = Embedded(defects=(defect,) if defect else (), role="CSMS")
    run = Run(Settings(report_dir=folder, wishes=wishes, device=device, fuzz=fuzz))
    run.begin()
    info = next(one for one in discover() if one.id == id)
    run.execute(next(iter(select(info, load_catalogue(), run.duts, wishes))), f"x::{id}[2.0.1]")
    return run


def test_a_small_run_and_one_that_was_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = begun(tmp_path, "TC_B_06_CSMS")
    assert main(["render", str(tmp_path), "--out", str(tmp_path / "killed")]) == 0
    killed = fits(tmp_path / "killed")
    run.finish()
    results = fits(tmp_path)
    assert killed["run"]["interrupted"] and not results["run"]["interrupted"]
    assert killed["cases"] == results["cases"] and results["summary"]["green"]
    assert results["standard"]["cases"] and results["run"]["devices"]


def test_a_run_of_negative_tests(tmp_path: Path) -> None:
    begun(tmp_path, "OC_FZ_03_CSMS", campaign=True).finish()
    (case,) = fits(tmp_path)["cases"]
    assert case["campaign"]["played"] > 50 and case["rows"]
