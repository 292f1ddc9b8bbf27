from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from conformance.report.journal import Journal, load, write_atomically, write_results
from conformance.report.record import CaseRecord, ResultsError, RunInfo, RunRecord


def info() -> RunInfo:
    return RunInfo(tool_version="0.1.0", started="2026-03-02T09:00:00+00:00")


def case(name: str) -> CaseRecord:
    return CaseRecord(name, "title", "2.0.1", "CS", "B", "PASS")


def test_a_finished_run_leaves_results_and_no_journal(tmp_path: Path, sample: ModuleType) -> None:
    cases = sample.sample_record().cases
    record = RunRecord(sample.run_info())
    journal = Journal(tmp_path / "new" / "folder", record)
    for one in cases:
        record.add(one)
    path = journal.finish()
    assert [p.name for p in path.parent.iterdir()] == ["results.json"]
    assert load(path).to_json() == record.to_json() == load(path.parent).to_json()
    assert journal.finish() == path


def test_every_case_is_on_disk_when_add_returns(tmp_path: Path) -> None:
    record = RunRecord(info())
    journal = Journal(tmp_path, record)
    for number in range(1, 4):
        record.add(case(f"TC_{number}"))
        assert [c.id for c in load(journal.path).cases] == [f"TC_{n}" for n in range(1, number + 1)]


def test_an_earlier_runs_results_do_not_survive_the_start_of_the_next(tmp_path: Path) -> None:
    write_results(RunRecord(info(), [case("OLD")]), tmp_path / "results.json")
    Journal(tmp_path, RunRecord(info()))
    assert not (tmp_path / "results.json").exists()
    assert load(tmp_path).cases == []


def test_a_killed_run_can_be_read_up_to_its_last_whole_case(tmp_path: Path) -> None:
    program = """
import sys, time
from pathlib import Path
from conformance.report.journal import Journal
from conformance.report.record import CaseRecord, RunInfo, RunRecord
record = RunRecord(RunInfo("0.1.0", "2026-03-02T09:00:00+00:00"))
journal = Journal(Path(sys.argv[1]), record)
for n in range(3):
    record.add(CaseRecord(f"TC_{n}", "title", "2.0.1", "CS", "B", "PASS"))
print("ready", flush=True)
time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()  # type: ignore[union-attr]  # it is a pipe
    record = load(tmp_path)
    assert [c.id for c in record.cases] == ["TC_0", "TC_1", "TC_2"]
    assert record.run.interrupted and "killed" in record.run.interruption
    assert not record.green


def test_a_journal_cut_in_the_middle_of_a_line_loses_only_that_line(tmp_path: Path) -> None:
    record = RunRecord(info())
    journal = Journal(tmp_path, record)
    record.add(case("TC_1"))
    record.add(case("TC_2"))
    text = journal.path.read_text()
    journal.path.write_text(text[:-40])
    assert [c.id for c in load(journal.path).cases] == ["TC_1"]
    lines = text.splitlines()
    journal.path.write_text("\n".join([lines[0], lines[1][:50], lines[2]]))
    with pytest.raises(ResultsError, match="line 2 is no JSON"):
        load(journal.path)


def test_facts_that_change_during_the_run_are_in_the_journal(tmp_path: Path) -> None:
    record = RunRecord(info())
    journal = Journal(tmp_path, record)
    record.add(case("TC_1"))
    record.run.problems.append("the device went deaf")
    journal.note_run()
    loaded = load(journal.path)
    assert loaded.run.problems == ["the device went deaf"]
    assert [c.id for c in loaded.cases] == ["TC_1"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]


def test_results_are_plain_ascii_whatever_the_device_sent(tmp_path: Path, sample: ModuleType) -> None:
    path = tmp_path / "results.json"
    write_results(sample.hostile_record(), path)
    assert path.read_bytes().isascii()
    assert load(path).to_json() == sample.hostile_record().to_json()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no results file"),
        (b"{", "is no results file"),
        (b"[]", "expected an object"),
        (b'{"format": "something/1"}', "expected 'ocpp-conformance-results/1', found 'something/1'"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"[" * 100_000, "is no results file"),
    ],
)
def test_a_file_that_is_no_result_gets_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(ResultsError) as caught:
        load(path)
    assert message in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_or_an_empty_folder_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"nothing\.json: cannot be read: No such file"):
        load(tmp_path / "nothing.json")
    with pytest.raises(ResultsError, match=r"no results\.json in this folder"):
        load(tmp_path)


def test_results_are_indented_json_for_people_too(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_results(RunRecord(info(), [case("TC_1")]), path)
    assert json.loads(path.read_text())["summary"]["verdicts"] == {"PASS": 1}
    assert path.read_text().count("\n") > 20
