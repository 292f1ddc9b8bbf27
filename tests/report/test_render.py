"""Every view again, from what is stored."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

from conformance.cli import main
from conformance.report.journal import Journal, load, write_results
from conformance.report.record import RunRecord
from conformance.report.views import VIEWS, write_views


@pytest.fixture
def stored(sample: ModuleType, tmp_path: Path) -> Path:
    """A small results.json."""
    record = RunRecord(sample.run_info(), sample.sample_record().cases[:6])
    write_results(record, tmp_path / "reports" / "results.json")
    return tmp_path / "reports" / "results.json"


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_every_view_stands_beside_the_results(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(stored)]) == 0
    assert names(stored.parent) == sorted(["results.json", *VIEWS])
    assert [Path(line).name for line in capsys.readouterr().out.splitlines()] == list(VIEWS)


def test_the_views_are_those_that_the_run_wrote(stored: Path, tmp_path: Path) -> None:
    write_views(load(stored), tmp_path / "run")
    assert main(["render", str(stored.parent), "--out", str(tmp_path / "again")]) == 0
    for name in VIEWS:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "run" / name).read_bytes()
    assert (tmp_path / "again" / "results.json").read_bytes() == stored.read_bytes()


def test_a_run_that_was_killed_gets_results_and_views(sample: ModuleType, tmp_path: Path) -> None:
    Journal(tmp_path, RunRecord(sample.run_info(), [sample.failed_case()]))
    assert main(["render", str(tmp_path)]) == 0
    assert names(tmp_path) == sorted(["results.journal.jsonl", "results.json", *VIEWS])
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert results["run"]["interrupted"] is True
    assert "**Broken off**: the run was killed" in (tmp_path / "summary.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("option", "start"),
    [("--html", "<!doctype html>"), ("--junit", "<?xml"), ("--sarif", "{"), ("--summary", "## OCPP")],
)
def test_one_view_alone(stored: Path, tmp_path: Path, option: str, start: str) -> None:
    assert main(["render", str(stored), option, str(tmp_path / "view")]) == 0
    assert (tmp_path / "view").read_text("utf-8").lower().startswith(start.lower())
    assert names(stored.parent) == ["results.json"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothere.json"], "nothere.json: cannot be read: No such file or directory; name the results.json"),
        ([".", "--out", "x"], "no results.json in this folder; name the file that a run wrote"),
        (["{stored}", "--out", "x", "--html", "y"], "give one or the other"),
        (["{stored}", "--out", "/proc/nothere"], "/proc/nothere: No such file or directory; name another place"),
    ],
)
def test_a_mistake_is_one_line(
    stored: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["render", *(one.format(stored=stored) for one in arguments)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ocpp-conformance: ") and told in line


def test_the_schema_is_part_of_the_package(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(schema).validate(json.loads(stored.read_text("utf-8")))
    assert schema["$id"] == "urn:ocpp-conformance:results:1"
