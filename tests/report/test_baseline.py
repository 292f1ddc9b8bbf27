"""Writing a baseline, and reading it back as what a run is held against."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import ModuleType

from conformance.cli import main
from conformance.dut.baseline import load_baseline
from conformance.report.baseline import baseline_toml, left_out
from conformance.report.journal import write_results
from conformance.report.record import EXPECTED_FAIL, FAIL, RunRecord


def written(folder: Path, *records: RunRecord, update: str = "") -> Path:
    """The baseline that the command writes from stored records."""
    for number, record in enumerate(records):
        write_results(record, folder / f"{number}.json")
    names = [str(folder / f"{number}.json") for number in range(len(records))]
    earlier = ["--update", str(folder / update)] if update else []
    out = folder / "baseline.toml"
    code = main(["baseline", *names, "--out", str(out), *earlier])
    assert code == int(any(left_out(records))), "1 says that a run with it will not be green"
    return out


def test_every_failure_is_an_entry_with_its_ways_to_fail(sample: ModuleType, tmp_path: Path) -> None:
    record = sample.sample_record()
    entries = load_baseline(written(tmp_path, record))
    failed = [case for case in record.cases if case.verdict in (FAIL, EXPECTED_FAIL)]
    assert sorted((one.id, one.version) for one in entries) == sorted((one.id, one.version) for one in failed)
    first = next(one for one in entries if one.id == "TC_B_22_CS")
    assert first.findings == (failed[0].findings[0].fingerprint,)
    assert first.reason == failed[0].why


def test_remarks_weigh_where_the_run_was_strict(sample: ModuleType, tmp_path: Path) -> None:
    record = sample.sample_record()
    record.run.strict = True
    entries = load_baseline(written(tmp_path, record))
    assert len(next(one for one in entries if one.id == "TC_B_22_CS").findings) == 2


def test_reasons_and_links_are_kept(sample: ModuleType, tmp_path: Path) -> None:
    record = sample.sample_record()
    path = written(tmp_path, record)
    text = path.read_text("utf-8")
    case = record.cases[0]
    old = next(line for line in text.partition('id = "TC_B_22_CS"')[2].splitlines() if line.startswith("reason"))
    path.with_name("mine.toml").write_text(text.replace(old, 'reason = "firmware 3.2 mends it"\nlink = "https://t/1"'))
    again = load_baseline(written(tmp_path, record, update="mine.toml"))
    mine = next(one for one in again if one.matches(case.id, case.version))
    assert (mine.reason, mine.link) == ("firmware 3.2 mends it", "https://t/1")


def test_what_the_run_itself_was_told_is_kept_too(sample: ModuleType, tmp_path: Path) -> None:
    case = sample.failed_case()
    case.verdict = EXPECTED_FAIL
    case.expected_failure = {"reason": "known", "link": "https://t/2", "source": "dut.toml"}
    (entry,) = load_baseline(written(tmp_path, RunRecord(sample.run_info(), [case])))
    assert (entry.reason, entry.link) == ("known", "https://t/2")


def test_several_runs_and_devices_make_one_baseline(sample: ModuleType, tmp_path: Path) -> None:
    first, second = sample.failed_case(), sample.failed_case(text="Faulted")
    second.node += "-other"
    both = RunRecord(sample.run_info(), [first, second])
    other = RunRecord(sample.run_info(), [sample.failed_case(23)])
    one, two = load_baseline(written(tmp_path, both, other))
    assert (one.id, two.id) == ("TC_B_22_CS", "TC_B_23_CS")
    assert one.findings == (first.findings[0].fingerprint, second.findings[0].fingerprint)


def test_hostile_strings_stay_strings_and_comments(sample: ModuleType, tmp_path: Path) -> None:
    record = sample.hostile_record()
    record.cases[0].id = "TC_B_22_CS"
    (entry,) = load_baseline(written(tmp_path, record))
    assert entry.id == "TC_B_22_CS" and "\\u202e" in entry.reason


def test_no_failures_make_a_baseline_too(sample: ModuleType, tmp_path: Path) -> None:
    assert load_baseline(written(tmp_path, RunRecord(sample.run_info()))) == ()


def test_what_it_does_not_cover_is_said(sample: ModuleType) -> None:
    record = sample.sample_record()
    record.run = dataclasses.replace(record.run, interrupted=True)
    broken, undecided = left_out([record])
    assert "broke off" in broken
    assert undecided.startswith("3 undecided cases can't be expected to fail: TC_")


def test_entries_stand_in_order(sample: ModuleType) -> None:
    record = sample.sample_record()
    backwards = RunRecord(record.run, reversed(record.cases))
    assert baseline_toml([record]) == baseline_toml([backwards])
