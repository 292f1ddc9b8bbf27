"""Ctrl-C and kill: what was done by then is in the report, and nothing is left running."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.report.journal import load
from tests.lifecycle.conftest import Ended, RunProcess, description, free_port


def interrupted(process: RunProcess, by: signal.Signals = signal.SIGINT, said: str = "Ctrl-C") -> Ended:
    os.kill(process.process.pid, by)
    ended = process.end(30)
    ended.check_reports()
    ended.check_no_orphans()
    assert ended.code == 2, ended.output
    assert ended.results["run"]["interrupted"] is True
    assert ended.results["run"]["interruption"] == said
    assert f"interrupted: {said}; what had ended by then is in the report" in ended.output
    assert f"<b>The run broke off.</b> {said}" in ended.page
    return ended


def test_ctrl_c_with_benches_side_by_side(start: Callable[..., RunProcess]) -> None:
    process = start("--ocpp-version", "2.0.1", "--ocpp-version", "2.1", "--ocpp-role", "CS", "--ocpp-block", "B")
    process.wait_for_cases(3)
    assert len(process.children()) >= 2
    ended = interrupted(process)
    assert ended.verdicts["PASS"] >= 3 and "ERROR" not in ended.verdicts
    broken = [one for one in ended.results["cases"] if one["verdict"] == "INCONCLUSIVE"]
    assert broken and all(one["reason"] == "the run was broken off" for one in broken)
    assert any(one["frames"] for one in broken), "the case that ran is there with what it had done"


def test_ctrl_c_on_one_bench(start: Callable[..., RunProcess]) -> None:
    """TC_B_03 waits a second for a retry interval: it is the one that runs."""
    process = start("--ocpp-version", "2.0.1", "-k", "TC_B_02_CS or TC_B_03_CS")
    process.wait_for_cases(1)
    time.sleep(0.3)  # The journal has the first case before pytest has begun the second, which lasts over a second.
    ended = interrupted(process)
    assert [one["verdict"] for one in ended.results["cases"]] == ["PASS", "INCONCLUSIVE"]
    assert ended.results["cases"][1]["reason"] == "the run was interrupted"


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_what_ends_a_job_or_closes_a_terminal_leaves_the_reports_too(
    start: Callable[..., RunProcess], by: signal.Signals
) -> None:
    process = start("--ocpp-version", "2.0.1", "-k", "TC_B_02_CS or TC_B_03_CS")
    process.wait_for_cases(1)
    time.sleep(0.3)  # As above: the second case is the one that runs.
    ended = interrupted(process, by, by.name)
    assert [one["verdict"] for one in ended.results["cases"]] == ["PASS", "INCONCLUSIVE"]


def test_a_second_signal_does_not_disturb_the_writing(start: Callable[..., RunProcess]) -> None:
    process = start("--ocpp-version", "2.0.1", "-k", "TC_B_02_CS or TC_B_03_CS")
    process.wait_for_cases(1)
    os.kill(process.process.pid, signal.SIGTERM)
    with contextlib.suppress(ProcessLookupError):
        for _ in range(20):
            time.sleep(0.02)
            os.kill(process.process.pid, signal.SIGTERM)
    ended = process.end(30)
    ended.check_reports()
    assert ended.results["run"]["interruption"] == "SIGTERM"


def test_ctrl_c_while_it_waits_for_a_station(tmp_path: Path, start: Callable[..., RunProcess]) -> None:
    port = free_port()
    path = description("CS", tmp_path, connection=f'listen = "127.0.0.1:{port}"')
    path.write_text(path.read_text().replace("boot = 1\n", "boot = 60\n"))
    process = start("--ocpp-dut", "dut.toml", "--ocpp-block", "F")
    while process.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
    ended = interrupted(process)
    assert [one["verdict"] for one in ended.results["cases"]] in ([], ["INCONCLUSIVE"])
    assert ended.seconds < 30


def test_a_run_that_is_killed_leaves_its_journal_and_no_device(start: Callable[..., RunProcess]) -> None:
    process = start("--ocpp-version", "2.0.1", "--ocpp-role", "CSMS", "--ocpp-block", "B")
    process.wait_for_cases(3)
    process.process.kill()
    ended = process.end()
    ended.check_no_orphans()
    record = load(ended.folder / "reports")
    assert len(record.cases) >= 3 and record.run.interrupted and "killed" in record.run.interruption
    assert not (ended.folder / "reports" / "results.json").exists()
    assert "either it still goes on, or it was killed" in ended.page
    assert "May I certify?" in ended.page and ended.page.rstrip().endswith("</html>")


def test_a_run_that_stops_at_the_first_failure_says_so(tmp_path: Path, start: Callable[..., RunProcess]) -> None:
    path = description("CS", tmp_path, connection=f'listen = "127.0.0.1:{free_port()}"')
    path.write_text(path.read_text().replace("boot = 1\n", "boot = 0.2\n"))
    ended = start("--ocpp-dut", "dut.toml", "--ocpp-block", "F", "-x").end(60)
    assert ended.results["run"]["interruption"] == "stopping after 1 failures"
    assert "<b>The run broke off.</b> stopping after 1 failures" in ended.page


def test_an_error_inside_pytest_leaves_the_reports(tmp_path: Path, start: Callable[..., RunProcess]) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_runtest_logreport(report):\n"
        "    if report.when == 'teardown':\n"
        "        raise RuntimeError('a plugin failed')\n"
    )
    ended = start("--ocpp-version", "2.0.1", "-k", "TC_B_02_CS or TC_B_03_CS", "-p", "conftest").end(60)
    assert ended.code == 3, ended.output
    assert ended.results["run"]["interruption"] == "pytest failed: RuntimeError: a plugin failed"
    assert "<b>The run broke off.</b> pytest failed" in ended.page


def test_without_pytest_html_the_report_is_written_all_the_same(start: Callable[..., RunProcess]) -> None:
    ended = start("--ocpp-version", "2.0.1", "-k", "TC_B_02_CS", "-p", "no:html").end(60)
    ended.check_reports()
    assert "May I certify?" in ended.page and "Report generated on" not in ended.page


KEPT = """
def pytest_terminal_summary(terminalreporter):
    kept = [one for reports in terminalreporter.stats.values() for one in reports if hasattr(one, "ocpp_case")]
    print("KEPT", [one.ocpp_case for one in kept])
"""


def test_pytest_keeps_no_second_copy_of_what_a_case_left(tmp_path: Path, start: Callable[..., RunProcess]) -> None:
    """Its reports live as long as the run: with the rows of a soak they would take as much as all the rest."""
    (tmp_path / "kept.py").write_text(KEPT)
    ended = start("--ocpp-version", "2.0.1", "--ocpp-role", "CS", "-k", "TC_B_02_CS", "-p", "kept").end(60)
    assert "KEPT [{'verdict': 'PASS'}]" in ended.output


FULL = """
import resource

def pytest_runtest_logreport(report):
    if report.when == "call":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
"""
"""From the end of the first case on, every file is as long as it may be: what a full disk is to whoever writes."""


def test_a_disk_that_is_full_is_told_and_what_was_written_before_is_kept(
    tmp_path: Path, start: Callable[..., RunProcess]
) -> None:
    (tmp_path / "full.py").write_text(FULL)
    cases = ("--ocpp-version", "2.0.1", "--ocpp-role", "CSMS", "-k", "TC_B_06 or TC_B_07")
    ended = start("-p", "full", *cases, "--ocpp-evidence", "evidence").end()
    assert ended.code == 1 and "Traceback" not in ended.output, ended.output
    problems = [line for line in ended.output.splitlines() if line.startswith("problem: ")]
    assert len(problems) == 2 and f"problem: {tmp_path}" in problems[0], "of the journal; a line is as wide as allowed"
    assert "the trace of the evidence can't be written any more (File too large); make room" in problems[1]
    said = [line for line in ended.errors if "results.json: it can't be written (File too large); make room" in line]
    assert len(said) == 1 and "ocpp-conformance render" in said[0]
    page = (tmp_path / "reports" / "report.html").read_text("utf-8")
    assert "This report could not be written" in page and page.rstrip().endswith("</html>")
    assert any("--ocpp-evidence evidence: it can't be finished (File too large)" in line for line in ended.errors)
    assert [case.id for case in load(tmp_path / "reports").cases] == ["TC_B_06_CSMS"]
    ended.check_no_orphans()
