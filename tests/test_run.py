"""The run itself: its record, its problems, benches side by side, and what the terminal shows meanwhile."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.ahead import PART, Ahead, benches
from conformance.cases.selection import Wishes
from conformance.holder import Embedded, Holder, RunError
from conformance.progress import Manner, Progress, manner_of
from conformance.report.journal import load
from conformance.report.record import CaseRecord
from conformance.run import Run, Settings


class TestRecord:
    def run(self, folder: Path, **settings: Any) -> Run:
        made = Run(Settings(report_dir=folder / "reports", **settings))
        made.begin()
        return made

    def test_what_it_rests_on_stands_in_the_results(self, tmp_path: Path) -> None:
        wishes = Wishes(roles=("CS",), versions=("2.0.1",))
        run = self.run(tmp_path, wishes=wishes, selection=("--ocpp-role CS", "-k 'a b'"), strict=True)
        run.finish()
        told = load(tmp_path / "reports").run
        assert (told.role, told.versions, told.strict) == ("CS", ["2.0.1"], True)
        assert told.selection == ["--ocpp-role CS", "-k 'a b'"]
        assert told.ended and not told.interrupted and "ocpp distribution" in told.schema_source
        assert told.features["C-49"] is True

    def test_a_problem_is_noted_once_and_survives_a_kill(self, tmp_path: Path) -> None:
        run = self.run(tmp_path)
        run.problem("the device is gone")
        run.problem("the device is gone")
        assert load(tmp_path / "reports" / "results.journal.jsonl").run.problems == ["the device is gone"]
        run.finish()
        record = load(tmp_path / "reports")
        assert record.run.problems == ["the device is gone"] and not record.green

    def test_a_run_that_was_broken_off_says_why(self, tmp_path: Path) -> None:
        run = self.run(tmp_path)
        run.finish(interrupted="Ctrl-C")
        told = load(tmp_path / "reports").run
        assert told.interrupted and told.interruption == "Ctrl-C"

    @pytest.mark.parametrize(
        ("wishes", "line"),
        [
            (Wishes(roles=("EV",)), "--ocpp-role EV: no description has it; given is CS, CSMS"),
            (Wishes(versions=("3.0",)), "--ocpp-version 3.0: no description has it; given is 1.6, 2.0.1, 2.1"),
        ],
    )
    def test_a_wish_that_no_description_meets(self, tmp_path: Path, wishes: Wishes, line: str) -> None:
        with pytest.raises(RunError, match=line):
            self.run(tmp_path, wishes=wishes)

    def test_the_interpreters_settings_are_given_back(self, tmp_path: Path) -> None:
        import gc
        import sys

        found = gc.get_threshold(), sys.getswitchinterval()
        try:
            # Whatever another test has left: these are the interpreter's own.
            gc.set_threshold(700, 10, 10)
            sys.setswitchinterval(0.005)
            run = self.run(tmp_path)
            assert gc.get_threshold() != (700, 10, 10) and sys.getswitchinterval() < 0.004
            run.finish()
            assert gc.get_threshold() == (700, 10, 10) and sys.getswitchinterval() == pytest.approx(0.005)
        finally:
            gc.set_threshold(*found[0])
            sys.setswitchinterval(found[1])


class TestExecute:
    def test_a_failure_around_a_case_is_the_cases_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from conformance.cases.catalogue import load_catalogue
        from conformance.cases.discovery import discover
        from conformance.cases.selection import select

        run = Run(Settings(report_dir=tmp_path))
        run.begin()
        info = next(one for one in discover() if one.id == "TC_B_01_CS")
        both = select(info, load_catalogue(), run.duts, Wishes())
        ends = ((RunError("the port is taken"), "INCONCLUSIVE"), (ZeroDivisionError("ours"), "ERROR"))
        for chosen, (error, verdict) in zip(both, ends, strict=True):

            def bench_for(self: Any, selected: Any, error: Exception = error) -> Any:
                raise error

            monkeypatch.setattr(Holder, "bench_for", bench_for)
            record = run.execute(chosen, "node")
            assert record.verdict == verdict and str(error) in record.reason
        run.finish()
        found = load(tmp_path)
        assert [one.verdict for one in found.cases] == ["INCONCLUSIVE", "ERROR"]
        assert found.cases[1].findings[0].blame == "tester"
        assert found.run.problems == ["OCPP 2.0.1: the port is taken"]


class TestBaseline:
    def test_a_run_is_held_against_an_earlier_one(self, tmp_path: Path) -> None:
        """A device that fails makes its baseline; held against it it is green, and a better one is not."""
        from conformance.cli import main

        bad = Embedded(defects=("attribute-type-missing",), role="CS")
        reports, baseline = tmp_path / "reports", tmp_path / "baseline.toml"
        assert self.verdict(reports, bad) == "FAIL"
        assert main(["baseline", str(reports), "--out", str(baseline)]) == 0
        assert self.verdict(reports, bad, baseline, evidence=tmp_path / "evidence") == "EXPECTED FAIL"
        kept = sorted((tmp_path / "evidence" / "descriptions").iterdir())
        assert kept[-1].name.endswith("-baseline.toml") and kept[-1].read_text() == baseline.read_text()
        record = load(reports)
        assert record.green
        assert record.cases[0].expected_failure["findings"] == [one.fingerprint for one in record.cases[0].faults]
        assert self.verdict(reports, Embedded(role="CS"), baseline) == "UNEXPECTED PASS"
        assert "remove the expected failure from" in load(reports).cases[0].reason

    def verdict(self, reports: Path, device: Embedded, *baselines: Path, evidence: Path | None = None) -> str:
        """How TC_B_06_CS ends under 2.0.1 on an embedded station."""
        from conformance.cases.catalogue import load_catalogue
        from conformance.cases.discovery import discover
        from conformance.cases.selection import select

        wishes = Wishes(roles=("CS",), versions=("2.0.1",))
        run = Run(Settings(report_dir=reports, wishes=wishes, device=device, baselines=baselines, evidence=evidence))
        run.begin()
        info = next(one for one in discover() if one.id == "TC_B_06_CS")
        selected = next(one for one in select(info, load_catalogue(), run.duts, wishes) if not one.dut.variant)
        record = run.execute(selected, "node")
        run.finish()
        run.seal_evidence([])
        return record.verdict


class TestHolder:
    def test_a_bench_that_cannot_be_opened_is_tried_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        holder = Holder(SimpleNamespace(), Embedded(), lambda: None)  # type: ignore[arg-type]  # never asked
        tried: list[str] = []

        def opening(dut: Any, version: str, *, impatient: bool) -> Any:
            tried.append(version)
            raise RunError("the port is taken")

        monkeypatch.setattr(holder, "_open", opening)
        one: Any = SimpleNamespace(dut="dut", entry=SimpleNamespace(version="2.0.1", campaign=False))
        for _ in range(3):
            with pytest.raises(RunError, match="the port is taken"):
                holder.bench_for(one)
        assert tried == ["2.0.1"]


def selected(device: str, version: str) -> Any:
    return SimpleNamespace(dut=device, entry=SimpleNamespace(version=version))


class StubHolder:
    """Holds nothing."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def abandon(self, reason: str) -> None:
        """Note it."""
        self.told.append(reason)

    def close(self) -> None:
        """Note it."""
        self.told.append("closed")


class TestAhead:
    def test_each_bench_in_order_and_several_at_once(self) -> None:
        order: dict[str, list[int]] = {"1": [], "2": []}
        both = threading.Barrier(2, timeout=10)

        def outcome(one: Any, node: str, holder: Any) -> str:
            if not order[one.entry.version]:
                both.wait()
            order[one.entry.version].append(int(node))
            return f"{one.entry.version} {node}"

        cases = [(selected("d", version), str(number)) for number in range(5) for version in ("1", "2")]
        ahead = Ahead(cases, StubHolder, outcome)  # type: ignore[arg-type]  # a stub
        assert [ahead.result(one) for one, _ in cases] == [f"{one.entry.version} {node}" for one, node in cases]
        assert order == {"1": [0, 1, 2, 3, 4], "2": [0, 1, 2, 3, 4]}
        assert ahead.stop() == []

    def test_what_nobody_asked_for_is_handed_over_at_the_end(self) -> None:
        begun, holders = threading.Event(), []

        def make() -> Any:
            holders.append(StubHolder())
            return holders[-1]

        def outcome(one: Any, node: str, holder: StubHolder) -> str:
            if node == "2":
                begun.set()
                while not holder.told:
                    threading.Event().wait(0.001)
            return node

        cases = [(selected("d", "1"), str(number)) for number in range(4)]
        ahead = Ahead(cases, make, outcome)
        assert ahead.result(cases[0][0]) == "0"
        assert begun.wait(10)
        assert ahead.stop() == ["1", "2"], "0 was asked for, 3 was never begun"
        assert holders[0].told == ["the run was broken off", "closed"]

    def test_an_exception_of_ours_reaches_whoever_asks(self) -> None:
        def outcome(one: Any, node: str, holder: Any) -> str:
            raise ZeroDivisionError("ours")

        cases = [(selected("d", "1"), str(number)) for number in range(2)]
        ahead = Ahead(cases, StubHolder, outcome)  # type: ignore[arg-type]  # a stub
        for one, _ in cases:
            with pytest.raises(RunError, match="ZeroDivisionError: ours"):
                ahead.result(one)
        assert ahead.stop() == []


class TestBenches:
    def test_a_bench_of_many_cases_is_several_of_equal_size_in_order(self) -> None:
        many = [selected("d", "1") for _ in range(PART * 2 + 1)]
        few = [selected("d", "2"), selected("e", "1")]
        cut = benches([*many[:3], *few, *many[3:]])
        assert [len(one) for one in cut] == [27, 27, 27, 1, 1]
        assert [one for part in cut[:3] for one in part] == many and cut[3:] == [[few[0]], [few[1]]]

    def test_no_more_at_once_than_is_said(self) -> None:
        busy, most, lock = set[str](), 0, threading.Lock()

        def outcome(one: Any, node: str, holder: Any) -> str:
            nonlocal most
            with lock:
                busy.add(one.dut)
                most = max(most, len(busy))
            threading.Event().wait(0.002)
            with lock:
                busy.discard(one.dut)
            return node

        cases = [(selected(f"d{number % 8}", "1"), "") for number in range(16)]
        ahead = Ahead(cases, StubHolder, outcome, 2)  # type: ignore[arg-type]  # a stub
        assert [ahead.result(one) for one, _ in cases] == [""] * 16 and ahead.stop() == []
        assert most == 2


class Reporter:
    """As much of pytest's terminal reporter as progress needs."""

    def __init__(self, *, terminal: bool) -> None:
        self.hasmarkup = self.isatty = terminal
        self.file = io.StringIO()
        self._tw = SimpleNamespace(fullwidth=100, _file=self.file)

    @property
    def wrote(self) -> list[str]:
        """What was written, by lines."""
        return self.file.getvalue().splitlines()


STEP: Any = SimpleNamespace(number=2, text="Plug in \x1b[31m the EV")
CASE: Any = SimpleNamespace(entry=SimpleNamespace(id="TC_B_01_CS", version="2.0.1"))
RECORD = CaseRecord("TC_B_01_CS", "Cold boot", "2.0.1", "CS", "B", "PASS", seconds=0.1)


class TestProgress:
    def shown(self, reporter: Reporter, wanted: str) -> str:
        """What stands on the terminal as soon as it has some text."""
        deadline = time.monotonic() + 5
        while wanted not in reporter.file.getvalue() and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        return reporter.file.getvalue()

    def test_one_line_a_case(self) -> None:
        reporter = Reporter(terminal=False)
        progress = Progress(reporter, Manner.LINES, total=12)
        progress.begins(CASE)
        progress.step(CASE, STEP)
        progress.ended(RECORD)
        progress.ended(RECORD)
        progress.close()
        assert [line.split()[:4] for line in reporter.wrote] == [
            ["1/12", "PASS", "TC_B_01_CS", "2.0.1"],
            ["2/12", "PASS", "TC_B_01_CS", "2.0.1"],
        ]

    def test_on_a_terminal_what_is_under_way_and_how_long_too(self) -> None:
        reporter = Reporter(terminal=True)
        progress = Progress(reporter, Manner.LIVE, lambda: ("BootNotification", 4.2, 30.0), 3)
        progress.begins(CASE)
        progress.step(CASE, STEP)
        text = self.shown(reporter, "waits")
        assert "1/3 TC_B_01_CS 2.0.1: 2. Plug in \\u001b[31m the EV; 0 s, waits for BootNotification: 4 of 30 s" in text
        progress.ended(RECORD)
        assert "Cold boot" in self.shown(reporter, "Cold boot")
        progress.close()
        progress.close()
        assert reporter.file.getvalue().rstrip().endswith("\x1b[2K"), "the line is taken away at the end"
        assert "\x1b[?25h" in reporter.file.getvalue(), "and the cursor is given back"

    def test_in_ci_a_case_that_takes_long_says_what_it_waits_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("conformance.progress.SLOW", 0.04)
        reporter = Reporter(terminal=False)
        progress = Progress(reporter, Manner.LINES, lambda: ("", 1.0, 60.0), 3)
        progress.begins(CASE)
        progress.step(CASE, STEP)
        deadline = time.monotonic() + 5
        while len(reporter.wrote) < 2 and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        progress.close()
        assert len(reporter.wrote) >= 2
        assert reporter.wrote[0].endswith("the EV; 0 s, waits: 1 of 60 s") and "\x1b" not in "".join(reporter.wrote)

    def test_with_a_person_each_step_is_a_line_above_its_prompts(self) -> None:
        reporter = Reporter(terminal=True)
        progress = Progress(reporter, Manner.STEPS, total=3)
        progress.begins(CASE)
        progress.step(CASE, STEP)
        progress.close()
        assert reporter.wrote == ["1/3 TC_B_01_CS 2.0.1: 2. Plug in \\u001b[31m the EV"], "nothing of a text acts"

    @pytest.mark.parametrize("manner", list(Manner))
    def test_it_is_shown_while_the_reporters_descriptor_is_captured(
        self, tmp_path: Path, manner: Manner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As pytest captures: another file in the place of the descriptor."""
        monkeypatch.setattr("conformance.progress.SLOW", 0.04)
        terminal, captured = tmp_path / "terminal", tmp_path / "captured"
        with terminal.open("w", encoding="utf-8") as file, captured.open("w") as instead:
            reporter = Reporter(terminal=True)
            reporter._tw._file = file  # type: ignore[assignment]  # a real one, with a descriptor
            file.write("before it\n")
            progress = Progress(reporter, manner, lambda: ("Heartbeat", 1.0, 60.0), 3)
            os.dup2(instead.fileno(), file.fileno())
            progress.begins(CASE)
            progress.step(CASE, STEP)
            deadline = time.monotonic() + 5
            while "2. Plug in" not in terminal.read_text("utf-8") and time.monotonic() < deadline:
                threading.Event().wait(0.01)
            progress.close()
        assert terminal.read_text("utf-8").startswith("before it\n") and "2. Plug in" in terminal.read_text("utf-8")
        assert captured.read_text("utf-8") == ""

    @pytest.mark.parametrize(
        ("terminal", "prompts", "captured", "manner"),
        [
            (True, False, True, Manner.LIVE),
            (True, True, True, Manner.STEPS),
            (True, False, False, Manner.LINES),
            (False, False, True, Manner.LINES),
        ],
    )
    def test_its_manner(self, terminal: bool, prompts: bool, captured: bool, manner: Manner) -> None:
        assert manner_of(Reporter(terminal=terminal), prompts=prompts, captured=captured) is manner
