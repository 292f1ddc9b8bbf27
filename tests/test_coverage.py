"""What `coverage` makes of the catalogue and of the kill results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.coverage import KillResultsError, coverage_rows, kill_results
from conformance.prove import write_kill_results


def score(id_: str, version: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "version": version,
        "mutants": 3,
        "killed": 3,
        "equivalent": 0,
        "survived": [],
        "unjudged": {},
        "broken": "",
        **fields,
    }


def rows_of(tmp_path: Path, *scores: dict[str, Any], **defects: list[str]) -> list[dict[str, Any]]:
    path = tmp_path / "kill.json"
    named = {name.replace("__", " ").replace("v", ""): found for name, found in defects.items()}
    path.write_text(json.dumps({"scores": scores, "defects": named}), "utf-8")
    return coverage_rows(kill_results(path, lambda line: None))


def row(rows: list[dict[str, Any]], version: str, role: str, block: str) -> dict[str, Any]:
    return next(one for one in rows if (one["version"], one["role"], one["block"]) == (version, role, block))


def test_a_case_is_killed_by_a_mutant_unless_one_of_what_it_read_survived(tmp_path: Path) -> None:
    spoilt = {"survived": ["set A /b (frame 1)"]}
    rows = rows_of(tmp_path, score("TC_001_CS", "1.6"), score("TC_003_CS", "1.6", **spoilt))
    core = row(rows, "1.6", "CS", "Core")
    assert core["killed"] == 1 and "TC_003_CS" in core["unkilled"]


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_a_negative_test_is_killed_by_a_defect_that_was_hunted_under_any_version(tmp_path: Path, version: str) -> None:
    fuzz = row(rows_of(tmp_path, **{"OC_FZ_03_CS__v1.6": ["some-defect"]}), version, "CS", "Fuzz")
    assert fuzz["killed"] == 1 and "OC_FZ_03_CS" not in fuzz["unkilled"]


def test_a_defect_found_under_one_version_tells_for_its_family(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, **{"TC_B_01_CS__v2.0.1": ["some-defect"]})
    assert row(rows, "2.1", "CS", "B")["killed"] == 1
    assert not any(one["killed"] for one in rows if one["version"] == "1.6")


def test_a_hunt_that_found_nothing_kills_nothing(tmp_path: Path) -> None:
    assert not any(one["killed"] for one in rows_of(tmp_path, **{"OC_FZ_03_CS__v1.6": []}))


def test_what_is_left_unjudged_is_told_with_its_reason(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, score("TC_001_CS", "1.6", unjudged={"Heartbeat (whole message)": "why not"}))
    assert row(rows, "1.6", "CS", "Core")["unjudged"] == {"TC_001_CS": {"Heartbeat (whole message)": "why not"}}


def test_proof_without_a_hunt_keeps_what_was_hunted_before(tmp_path: Path) -> None:
    path = tmp_path / "kill.json"
    write_kill_results([], {"OC_FZ_03_CS 1.6": ["some-defect"]}, path)
    write_kill_results([], None, path)
    assert kill_results(path, lambda line: None).killed["OC_FZ_03_CS", "2.1"]
    write_kill_results([], {}, path)
    told: list[str] = []
    assert not kill_results(path, told.append).killed
    assert told and "pytest tests" in told[0]


@pytest.mark.parametrize("text", ["", "[]", '{"scores": [1]}', '{"scores": [{"id": "A"}]}'])
def test_a_file_of_something_else_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kill.json"
    path.write_text(text, "utf-8")
    with pytest.raises(KillResultsError, match="holds no kill results"):
        kill_results(path, lambda line: None)
