"""The pytest plugin: options, collection of cases, and what pytest shows of them.

The only module that imports pytest, `report/html_plugin.py` aside. Everything that a run uses is imported when it is
used.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.cases.selection import Selected, Wishes
    from conformance.fuzz.corpus import Saved
    from conformance.fuzz.settings import FuzzWishes
    from conformance.progress import Progress
    from conformance.report.record import CaseRecord, RunRecord
    from conformance.run import Run, Settings
    from conformance.terminated import Terminated
    from conformance.workers import Lab, Part

_WORDS = {
    "PASS": ("passed", "."),
    "NOT APPLICABLE": ("skipped", "-"),
    "EXPECTED FAIL": ("xfailed", "x"),
    "INCONCLUSIVE": ("inconclusive", "I"),
}
"""Category and letter of a verdict. What could not be decided is no failure of the device: pytest's last line counts it
by a word of its own, and the run is red all the same."""
_OUTCOME = {"PASS": "passed", "NOT APPLICABLE": "skipped", "EXPECTED FAIL": "passed"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a conformance run."""
    group = parser.getgroup("ocpp", "OCPP conformance")
    add = group.addoption
    add(
        "--ocpp-dut",
        action="append",
        default=[],
        metavar="FILE",
        help="description of the device under test (dut.toml); default: the embedded reference devices",
    )
    add(
        "--ocpp-role",
        action="append",
        default=[],
        choices=["CS", "CSMS"],
        help="only cases for this role of the device",
    )
    add("--ocpp-version", action="append", default=[], choices=["1.6", "2.0.1", "2.1"], help="only this OCPP version")
    add("--ocpp-block", action="append", default=[], metavar="BLOCK", help="only this functional block (B, Core, ...)")
    add("--ocpp-profile", action="append", default=[], metavar="PROFILE", help="only this certification profile")
    add("--ocpp-plan", action="store_true", help="print the numbered procedure of every selected case; touch no device")
    add("--ocpp-strict", action="store_true", help="SHOULD-level findings fail a case too")
    add(
        "--ocpp-baseline",
        action="append",
        default=[],
        metavar="FILE",
        help="expected failures that `ocpp-conformance baseline` has written from a run (repeatable)",
    )
    add(
        "--ocpp-report-dir",
        default="",
        metavar="DIR",
        help="folder for results.json, report.html, junit.xml, results.sarif, summary.md (default: reports)",
    )
    add(
        "--ocpp-evidence",
        default="",
        metavar="DIR",
        help="gather everything that the run writes in a new folder: reports, full trace, uploads, description, sums",
    )
    add(
        "--ocpp-evidence-key",
        default="",
        metavar="FILE",
        help="sign the evidence with this private key (PEM; Ed25519 or ECDSA P-256)",
    )
    add(
        "--ocpp-tester",
        default="",
        metavar="NAME",
        help="who tests, for the report: a person, a laboratory (default: tester of the description's [report])",
    )
    add(
        "--ocpp-keep-secrets",
        action="store_true",
        help="write passwords, keys and tokens as they are, instead of placeholders such as «idToken valid»",
    )
    add(
        "--ocpp-schemas",
        default="",
        metavar="DIR",
        help="folder with OCA's own JSON schema files (default: those of the ocpp distribution)",
    )
    add(
        "--ocpp-fuzz",
        choices=["smoke", "default", "soak"],
        default="",
        help="negative tests instead of the scenarios: fuzz, faults, stateful runs, security probes",
    )
    add(
        "--ocpp-fuzz-time",
        type=float,
        default=None,
        metavar="SECONDS",
        help="time of all random searches of the run together (default: that of the level; soak: 1800)",
    )
    add(
        "--ocpp-fuzz-examples",
        type=int,
        default=None,
        metavar="N",
        help="examples of each random search at most (default: as many as the time allows)",
    )
    add("--ocpp-fuzz-seed", type=int, default=None, metavar="N", help="seed of every random choice (default: 0)")
    add(
        "--ocpp-fuzz-pace",
        type=float,
        default=None,
        metavar="PER_SECOND",
        help="negative inputs a second at most, 0 for no limit (default: the description's)",
    )
    add(
        "--ocpp-fuzz-corpus",
        default="",
        metavar="DIR",
        help="folder where findings are kept and looked for first (default: fuzz in the report folder)",
    )
    add(
        "--ocpp-replay",
        action="append",
        default=[],
        metavar="FILE",
        help="play the example of a saved finding again, and nothing else",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin a run when this session is one: an --ocpp option was given, or our own cases are among the arguments."""
    told = getattr(config, "workerinput", None)
    if (told is not None and "ocpp_part" not in told) or not _is_conformance_run(config):
        return
    if told is not None:
        _begin_part(config, told)
        return
    from conformance.holder import RunError
    from conformance.run import Run

    settings = _settings(config)
    dry = config.option.ocpp_plan or config.option.collectonly
    try:
        run = Run(settings, suspend=_suspend(config))
        parts = _side_by_side(config, run)
        if not dry:
            run.begin()
    except RunError as error:
        raise pytest.UsageError(str(error)) from None
    plugin = ConformanceRun(config, run, _replays(config))
    config.pluginmanager.register(plugin, "ocpp-run")
    if settings.evidence is not None and not dry:
        config.pluginmanager.register(EvidenceSeal(run), "ocpp-evidence")
    if parts:
        plugin.distribute(parts)
    if not dry:
        from conformance.report.html_plugin import enable

        assert run.record is not None
        path = settings.report_dir / "report.html"
        drawn = enable(config, path, run.record)
        plugin.report_to(Path(config.option.htmlpath) if drawn else path, by_itself=not drawn)


def _begin_part(config: pytest.Config, told: dict[str, Any]) -> None:
    """In a worker of pytest-xdist: the run of its devices, which writes nothing but sends what comes of it."""
    from conformance.run import Run
    from conformance.workers import Part

    part = Part.of(told)
    run = Run(_settings(config), started=part.started)
    run.begin(part=f"{part.number}-{told['workerid']}")
    config.pluginmanager.register(ConformanceRun(config, run, [], part), "ocpp-run")


def _side_by_side(config: pytest.Config, run: Run) -> list[tuple[int, ...]]:
    """The devices of each worker, when `-n` asks for several at a time; workers are not used for anything else.

    The embedded devices need none: `-n` says how many of them run side by side in this process.
    """
    option = config.option
    wanted: int = getattr(option, "numprocesses", None) or len(getattr(option, "tx", None) or ())
    if wanted and not config.pluginmanager.hasplugin("xdist"):
        raise pytest.UsageError("one device, one worker: run without -n, which is not pytest-xdist's here")
    if not hasattr(option, "dist"):
        return []
    option.dist, option.tx = "no", []
    alone = run.embedded or option.ocpp_plan or option.collectonly or option.usepdb or option.ocpp_replay
    if wanted < 2 or alone:
        return []
    from conformance.cases.effort import asks_a_person
    from conformance.turns import groups, shares

    parts = shares(groups(run.duts), wanted, [len(dut.versions) for dut in run.duts])
    if len(parts) < 2:
        return []
    for dut in run.duts:
        if asks_a_person(dut):
            raise pytest.UsageError(
                f"-n {wanted}: the operator of {dut.source} is a person, whom only a run without workers can ask; "
                "run without -n, or give the device another operator"
            )
    option.dist, option.tx, option.numprocesses = "load", ["popen"] * len(parts), len(parts)
    return parts


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """`-n auto` is a worker for each device, whatever the processors: a bench mostly waits."""
    if not _is_conformance_run(config):
        return None
    from conformance.ahead import AT_ONCE

    return len(config.option.ocpp_dut) or AT_ONCE


def _is_conformance_run(config: pytest.Config) -> bool:
    given = any(
        getattr(config.option, name)
        for name in (
            "ocpp_dut",
            "ocpp_role",
            "ocpp_version",
            "ocpp_block",
            "ocpp_profile",
            "ocpp_plan",
            "ocpp_strict",
            "ocpp_baseline",
            "ocpp_report_dir",
            "ocpp_keep_secrets",
            "ocpp_evidence",
            "ocpp_evidence_key",
            "ocpp_tester",
            "ocpp_schemas",
            "ocpp_fuzz",
            "ocpp_replay",
        )
    )
    folder = _testcases_folder()
    arguments = [Path(str(one).partition("::")[0]) for one in config.args]
    if given and config.args_source is not pytest.Config.ArgsSource.ARGS and not _inside(arguments, folder):
        config.args[:] = [str(folder)]
        return True
    return given or _inside(arguments, folder)


def _testcases_folder() -> Path:
    from conformance.data import catalogue_folder

    return catalogue_folder().parent


def _inside(arguments: list[Path], folder: Path) -> bool:
    def covers(path: Path) -> bool:
        path = path.resolve()
        return path == folder or folder in path.parents

    return bool(arguments) and any(covers(path) for path in arguments)


def _settings(config: pytest.Config) -> Settings:
    from conformance.ahead import AT_ONCE
    from conformance.cases.catalogue import load_catalogue
    from conformance.cases.selection import SelectionError
    from conformance.run import Settings

    option = config.option
    wishes = _wishes(option)
    if option.ocpp_evidence_key and not option.ocpp_evidence:
        raise pytest.UsageError("--ocpp-evidence-key means nothing without --ocpp-evidence; add --ocpp-evidence DIR")
    try:
        wishes.check(load_catalogue())
    except SelectionError as error:
        raise pytest.UsageError(str(error)) from None
    return Settings(
        descriptions=tuple(Path(one) for one in option.ocpp_dut),
        wishes=wishes,
        strict=option.ocpp_strict,
        keep_secrets=option.ocpp_keep_secrets,
        evidence=Path(option.ocpp_evidence) if option.ocpp_evidence else None,
        evidence_key=Path(option.ocpp_evidence_key) if option.ocpp_evidence_key else None,
        report_dir=Path(option.ocpp_report_dir or config.invocation_params.dir / "reports"),
        tester=option.ocpp_tester.strip(),
        schemas=Path(option.ocpp_schemas) if option.ocpp_schemas else None,
        selection=tuple(_selection(config)),
        baselines=tuple(Path(one) for one in option.ocpp_baseline),
        at_once=AT_ONCE if getattr(option, "numprocesses", None) is None else option.numprocesses,
        fuzz=_fuzz(config),
    )


def _fuzz(config: pytest.Config) -> FuzzWishes:
    """What the options say of negative tests; UsageError for one that means nothing."""
    from conformance.fuzz.settings import FuzzWishes

    option = config.option
    for name in ("time", "examples", "pace"):
        value = getattr(option, f"ocpp_fuzz_{name}")
        if value is not None and (value < 0 or (name != "pace" and value == 0)):
            raise pytest.UsageError(f"--ocpp-fuzz-{name} {value:g}: it must be greater than 0; give another number")
    for name in ("time", "examples", "seed", "pace"):
        if getattr(option, f"ocpp_fuzz_{name}") is not None and not (option.ocpp_fuzz or option.ocpp_replay):
            raise pytest.UsageError(f"--ocpp-fuzz-{name} means nothing without --ocpp-fuzz; add --ocpp-fuzz default")
    reports = Path(option.ocpp_report_dir or config.invocation_params.dir / "reports")
    return FuzzWishes(
        level=option.ocpp_fuzz or "default",
        seconds=option.ocpp_fuzz_time,
        examples=option.ocpp_fuzz_examples,
        seed=option.ocpp_fuzz_seed or 0,
        pace=option.ocpp_fuzz_pace,
        corpus=Path(option.ocpp_fuzz_corpus or reports / "fuzz"),
    )


def _replays(config: pytest.Config) -> list[Saved]:
    """The saved examples that are to be played again; UsageError for a file that holds none."""
    from conformance.fuzz.corpus import ReplayError, load

    try:
        return [load(Path(one)) for one in config.option.ocpp_replay]
    except ReplayError as error:
        raise pytest.UsageError(f"--ocpp-replay {error}") from None


def _selection(config: pytest.Config) -> Iterator[str]:
    """What narrows the run, as it was written."""
    option = config.option
    for name in ("role", "version", "block", "profile", "replay"):
        yield from (f"--ocpp-{name} {one}" for one in getattr(option, f"ocpp_{name}"))
    for name in ("fuzz", "fuzz-time", "fuzz-examples", "fuzz-seed", "fuzz-pace"):
        value = getattr(option, f"ocpp_{name.replace('-', '_')}")
        if value not in ("", None):
            yield f"--ocpp-{name} {value:g}" if isinstance(value, float) else f"--ocpp-{name} {value}"
    if option.keyword:
        yield f"-k {shlex.quote(option.keyword)}"
    if option.markexpr:
        yield f"-m {shlex.quote(option.markexpr)}"
    yield from (f"--deselect {one}" for one in option.deselect or ())
    folder = _testcases_folder()
    for one in config.args:
        path, _, node = str(one).partition("::")
        inside = Path(path).resolve()
        if inside != folder and folder in inside.parents:
            yield f"{inside.relative_to(folder)}{'::' if node else ''}{node}"


def _wishes(option: Any) -> Wishes:
    from conformance.cases.selection import Wishes

    return Wishes(
        tuple(option.ocpp_role),
        tuple(option.ocpp_version),
        tuple(option.ocpp_block),
        tuple(option.ocpp_profile),
        campaign=bool(option.ocpp_fuzz or option.ocpp_replay),
    )


def _suspend(config: pytest.Config) -> Callable[[], Any]:
    """A context in which the terminal is free for a person: pytest's capture is off inside."""
    import contextlib

    @contextlib.contextmanager
    def free() -> Iterator[None]:
        capture: Any = config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            yield
            return
        with capture.global_and_fixture_disabled():
            yield

    return free


def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> Any:
    """A function marked by `@case` becomes one item for each device and version that it applies to."""
    from conformance.cases.case import case_of

    info = case_of(obj)
    if info is None:
        return None
    plugin = collector.config.pluginmanager.getplugin("ocpp-run")
    if plugin is None:
        return []
    return plugin.items(collector, name, info)


def _verdict_of(record: CaseRecord) -> dict[str, Any]:
    """What pytest's report has to know of a case in this process, where the record is kept already."""
    return {"verdict": record.verdict}


class CaseFailed(Exception):
    """Carries the record of a case that is not green through pytest's machinery."""

    def __init__(self, record: CaseRecord) -> None:
        super().__init__(record.why)
        self.record = record


class CaseItem(pytest.Item):
    """One case for one device under one version."""

    selected: Selected
    run: Run
    record: CaseRecord | None = None

    def on_step(self, step: Any) -> None:
        """A step of the case begins."""
        plugin = self.config.pluginmanager.getplugin("ocpp-run")
        if plugin is not None and plugin.progress is not None:
            shown = replace(step, text=self.run.redactor.text(step.text), expect=self.run.redactor.text(step.expect))
            plugin.progress.step(self.selected, shown)

    def prepare(self, selected: Selected, run: Run, function: str) -> None:
        """Attach what is run, and the names that -k and -m know it by."""
        entry = selected.entry
        self.selected, self.run = selected, run
        self.extra_keyword_matches.update({function, entry.id, entry.version, entry.role, entry.block, *entry.profiles})

    def runtest(self) -> None:
        """Run the case; a verdict that is not green raises CaseFailed."""
        from conformance.report.junit import user_properties

        plugin = self.config.pluginmanager.getplugin("ocpp-run")
        if plugin is not None and plugin.progress is not None:
            plugin.progress.begins(self.selected)
        self.record = self.run.execute(self.selected, self.nodeid, self.on_step)
        self.user_properties.extend(user_properties(self.record))
        if self.record.verdict == "NOT APPLICABLE":
            pytest.skip(self.record.reason)
        if self.record.verdict not in _OUTCOME:
            raise CaseFailed(self.record)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings of a case, instead of a traceback through the suite."""
        if not isinstance(excinfo.value, CaseFailed):
            return super().repr_failure(excinfo, style)
        record = excinfo.value.record
        lines = [f"{record.verdict}: {record.id} under OCPP {record.version}: {record.title}"]
        if record.reason:
            lines.append(f"  {record.reason}")
        if record.verdict == "INCONCLUSIVE" and not record.frames:
            return "\n".join(lines)
        lines += [f"  {finding.severity} {finding.rule}: {finding.line}" for finding in record.findings]
        lines += [f"  step {step.number} not reached: {step.text}" for step in record.steps if not step.reached]
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the body stands."""
        path, line = self.selected.info.source
        return path, line - 1, self.name


class ConformanceRun:
    """The hooks of one conformance run."""

    def __init__(self, config: pytest.Config, run: Run, replays: list[Saved], part: Part | None = None) -> None:
        """`part`: what this process does of a run whose devices are shared out among workers; None for all of it."""
        self.config = config
        self.run = run
        self.replays = replays
        self.progress: Progress | None = None
        self.part = part
        self.lab: Lab | None = None
        self._interrupted = ""
        self._unwritten = ""
        self._implemented: set[str] = set()
        self._terminated: Terminated | None = None
        self._by_itself = False

    def report_to(self, path: Path, *, by_itself: bool) -> None:
        """Keep a report at `path` from now on, whatever ends the run; `by_itself`: pytest-html does not write the last.

        Called once, when the run begins.
        """
        from conformance.report.interim import InterimReport
        from conformance.terminated import Terminated

        assert self.run.record is not None
        self._terminated = Terminated()
        self._by_itself = by_itself
        InterimReport(self.run.record, path)

    def items(self, collector: Any, name: str, info: Any) -> list[CaseItem]:
        """The items of one case."""
        from conformance.cases.catalogue import load_catalogue
        from conformance.cases.selection import SelectionError, select

        self._implemented.add(info.id)
        try:
            chosen = list(select(info, load_catalogue(), self.run.duts, self.run.settings.wishes))
        except SelectionError as error:
            raise collector.CollectError(str(error)) from None
        items = []
        for one in chosen:
            device = self._device(one.dut)
            item: CaseItem = CaseItem.from_parent(collector, name=f"{info.id}[{one.entry.version}{device}]")
            item.prepare(one, self.run, name)
            items.append(item)
        return items

    def _device(self, dut: Any) -> str:
        """What tells this device from the others of its role, for the names of its items."""
        if dut.variant:
            return f"-{dut.variant}"
        name = self.run.distinction(dut)
        return f"-{name}" if name else ""

    def distribute(self, parts: list[tuple[int, ...]]) -> None:
        """Have workers of pytest-xdist run the cases, each those of its devices."""
        from conformance.workers import Lab

        self.lab = Lab(self.run, parts, self._finish)
        self.config.pluginmanager.register(self.lab, "ocpp-lab")

    def pytest_report_header(self) -> list[str]:
        """Which devices are tested at the same time, when there are several."""
        if self.run.embedded or len(self.run.duts) < 2 or self.part is not None:
            return []
        from conformance.turns import groups

        def named(devices: tuple[int, ...]) -> str:
            return ", ".join(self.run.names[self.run.duts[index].source] for index in devices)

        made = groups(self.run.duts)
        if self.lab is None:
            more = f"; -n auto tests {len(made)} at a time" if len(made) > 1 else ""
            lines = [f"devices one after another: {named(tuple(range(len(self.run.duts))))}{more}"]
        else:
            lines = ["devices side by side: " + " | ".join(self.lab.named(one.number) for one in self.lab.parts)]
        return lines + [f"  {named(one.devices)} take turns: they share {one.why}" for one in made if one.why]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """The controller of workers has to know the cases, too: pytest-xdist would leave that to them."""
        if self.lab is not None:
            session.perform_collect()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """One bench after the other: by device, then by version, what comes first, then by where a person has to act,
        and as the files have it."""
        from conformance.cases.effort import walking_order
        from conformance.cases.selection import missing, place

        if self.replays:
            items[:] = [self._replay(session, one) for one in self.replays]
        cases = [one for one in items if isinstance(one, CaseItem)]
        cases.sort(key=lambda one: (*place(one.selected, self.run.duts), walking_order(one.selected)))
        items[:] = [*cases, *(one for one in items if not isinstance(one, CaseItem))]
        if not self._partial():
            self.run.implements(self._implemented)
        if self.part is not None:
            mine = {id(self.run.duts[index]) for index in self.part.devices}
            items[:] = [one for one in cases if id(one.selected.dut) in mine]
            return
        if self.lab is not None:
            self.lab.expected = {one.nodeid: one.selected for one in cases}
        problems = missing(one.selected for one in cases)
        problems += self._stale_expected_failures([one.selected for one in cases])
        if problems:
            for line in problems:
                self.run.problem(line)
            raise pytest.UsageError("\n".join(problems))

    def _replay(self, session: pytest.Session, saved: Saved) -> CaseItem:
        """The item that plays a saved example; UsageError when no given device can take it."""
        from conformance.cases.catalogue import load_catalogue
        from conformance.cases.selection import Selected
        from conformance.negative import replay_case

        entry = load_catalogue().get(saved.case, saved.version)
        dut = next(
            (one for one in self.run.duts if one.role == saved.role and saved.version in one.versions),
            None,
        )
        if entry is None:
            raise pytest.UsageError(
                f"--ocpp-replay: {saved.case} under OCPP {saved.version} stands in no catalogue; "
                "play it with the version of this suite that saved it"
            )
        if dut is None:
            raise pytest.UsageError(
                f"--ocpp-replay: the example of {saved.case} is for a {saved.role} under OCPP {saved.version}; "
                "give the description of one that has this version"
            )
        item: CaseItem = CaseItem.from_parent(session, name=f"{saved.case}[{saved.version}] {saved.example.name}")
        item.prepare(Selected(replay_case(saved), entry, dut), self.run, "replay")
        return item

    def _stale_expected_failures(self, selected: list[Selected]) -> Iterator[str]:
        """Expected failures that can't come to pass: nobody has written the case, or it does not apply."""
        for dut in self.run.duts:
            for one in dut.expected_failures:
                runs = [
                    each
                    for each in selected
                    if each.dut is dut and each.entry.id == one.id and one.version in (None, each.entry.version)
                ]
                why = ""
                if runs and all(each.not_applicable for each in runs):
                    why = f"it does not apply ({runs[0].not_applicable})"
                elif self._implemented and one.id not in self._implemented and not self._partial():
                    why = "no test case of that id exists here"
                if why:
                    yield f"{one.source or dut.source}: expected_failures: {one.id}: {why}; remove the entry"

    def _unwritten_cases(self) -> list[Any]:
        """The listed cases that apply and have no test; none when only a part of the tests was looked at."""
        from conformance.cases.catalogue import load_catalogue
        from conformance.cases.selection import not_implemented

        if self._partial():
            return []
        return list(not_implemented(self._implemented, load_catalogue(), self.run.duts, self.run.settings.wishes))

    def _partial(self) -> bool:
        """Whether only a part of the cases was collected, so that an id may simply not be among them."""
        return [Path(one).resolve() for one in self.config.args] != [_testcases_folder()]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Print the plan instead of running, when that is wished; else open the first bench."""
        reporter: Any = self.config.pluginmanager.getplugin("terminalreporter")
        selected = [one.selected for one in session.items if isinstance(one, CaseItem)]
        if self.config.option.collectonly:
            return None
        if not self.config.option.ocpp_plan:
            nodes = [one.nodeid for one in session.items if isinstance(one, CaseItem)]
            if self.part is not None:
                self.run.plan_searches(selected)
                return None
            ahead = self.lab is not None
            if not ahead and not self.config.option.usepdb:
                ahead = self.run.run_ahead(list(zip(selected, nodes, strict=True)))
            self._start(selected, reporter, opened=ahead)
            return None
        from conformance.report.plan import past_seconds, plan_lines

        brief = self.config.get_verbosity() < 0
        past = past_seconds(self.run.settings.report_dir, self.run.duts)

        for line in plan_lines(selected, self._unwritten_cases(), brief=brief, past=past):
            reporter.write_line(line)
        return True

    def _start(self, selected: list[Selected], reporter: Any, *, opened: bool) -> None:
        """Open the bench of the first case, so that an address that is not to be had is told before anything runs."""
        from conformance.holder import RunError

        first = next((one for one in selected if not one.not_applicable), None)
        try:
            if first is not None and not opened:
                self.run.open(first)
        except RunError as error:
            self.run.problem(str(error))
            raise pytest.UsageError(str(error)) from None
        if reporter is not None and self.config.get_verbosity() == 0:
            from conformance.cases.effort import asks_a_person
            from conformance.progress import Progress, manner_of

            manner = manner_of(
                reporter,
                prompts=any(asks_a_person(dut) for dut in self.run.duts),
                captured=self.config.option.capture != "no" and not self.config.option.usepdb,
            )
            self.progress = Progress(reporter, manner, self.run.waits, len(selected))
            self.progress.devices = self.run.record is not None and self.run.record.crowded

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """A line for each case as it ends."""
        if self.progress is not None and hasattr(report, "ocpp_case") and self.run.record is not None:
            self.progress.ended(self.run.record.cases[-1])

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Attach the record to the report, and let verdicts decide the outcome."""
        outcome: Any = yield
        report = outcome.get_result()
        if isinstance(item, CaseItem) and report.when == "call" and item.record is not None:
            printed = "\n".join(f"{name}\n{text}" for name, text in report.sections)
            item.record.output = item.run.redactor.text(printed)
            # pytest keeps every report to the end of the run: only a worker's, which is sent, has the whole record.
            report.ocpp_case = item.record.to_json() if self.part is not None else _verdict_of(item.record)
            report.outcome = _OUTCOME.get(item.record.verdict, "failed")
            if self.part is not None and self.run.record is not None:
                report.ocpp_problems = list(self.run.record.run.problems)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_report_to_serializable(self, report: Any) -> Iterator[None]:
        """A worker sends a record as JSON, which holds whatever a device has sent."""
        outcome: Any = yield
        data = outcome.get_result()
        if data is not None and "ocpp_case" in data:
            data["ocpp_case"] = json.dumps(data["ocpp_case"])

    @pytest.hookimpl(hookwrapper=True)
    def pytest_report_from_serializable(self, data: dict[str, Any]) -> Iterator[None]:
        """The controller reads it."""
        outcome: Any = yield
        report = outcome.get_result()
        if isinstance(getattr(report, "ocpp_case", None), str):
            report.ocpp_case = json.loads(report.ocpp_case)

    @pytest.hookimpl(tryfirst=True, specname="pytest_runtest_logreport")
    def pytest_ocpp_take_report(self, report: Any) -> None:
        """What a worker has sent goes into the record."""
        if self.lab is not None and hasattr(report, "ocpp_case"):
            from conformance.report.record import CaseRecord

            record = CaseRecord.from_json(report.ocpp_case)
            self.run.take(record, getattr(report, "ocpp_problems", ()))
            report.ocpp_case = _verdict_of(record)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """The verdict's own word."""
        case = getattr(report, "ocpp_case", None)
        if case is None or report.when != "call":
            return None
        verdict = case["verdict"]
        category, letter = _WORDS.get(verdict, ("failed", verdict[0]))
        return (category, "", "") if self.progress is not None else (category, letter, verdict)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ctrl-C: what was done so far is still reported."""
        signalled = self._terminated.by if self._terminated is not None else ""
        self._interrupted = str(excinfo.value) or signalled or "Ctrl-C"
        if self.progress is not None:
            self.progress.close()

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """pytest itself failed, or a plugin: what was done so far is still reported."""
        self._interrupted = f"pytest failed: {excinfo.typename}: {excinfo.value}"
        if self.progress is not None:
            self.progress.close()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the results, unless workers have to end first."""
        if self.lab is None:
            self._finish(session)

    def _finish(self, session: pytest.Session) -> None:
        """Write the results; problems of the run itself make it red."""
        from conformance.report.journal import RESULTS_NAME

        if self.progress is not None:
            self.progress.close()
        if self._terminated is not None:
            self._terminated.settle()
        if self.part is not None and self.run.record is not None:
            self.part.leave(self.run.settings.report_dir, self.run.record.cases)
            self.run.finish()
            return
        if self.lab is not None:
            self.lab.complete()
        # `-x` and `--maxfail` end a run early as well.
        try:
            self.run.finish(interrupted=self._interrupted or str(session.shouldfail or session.shouldstop or ""))
        except OSError as error:
            folder = self.run.settings.report_dir
            self._unwritten = (
                f"{folder / RESULTS_NAME}: it can't be written ({error.strerror}); make room, then "
                f"`ocpp-conformance render {folder}` draws what the journal has"
            )
        record = self.run.record
        if record is None:
            return
        self._unwritten = self._unwritten or self._views(record)
        unwell = self._unwritten or record.run.problems or (record.cases and not record.green)
        if unwell and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _views(self, record: RunRecord) -> str:
        """Write the views that pytest-html does not draw; why one can't be written, "" if all were."""
        from conformance.report.views import VIEWS, add_to_job_page, write_views

        try:
            names = [one for one in VIEWS if one != "report.html" or self._by_itself]
            write_views(record, self.run.settings.report_dir, names)
            add_to_job_page(record)
        except OSError as error:
            return f"{error.filename}: it can't be written ({error.strerror})"
        return ""

    def pytest_unconfigure(self) -> None:
        """Give the signals back."""
        if self._terminated is not None:
            self._terminated.close()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The summary by block, with what failed and why."""
        record = self.run.record
        if record is None:
            return
        if not (record.cases or record.run.interrupted):
            if record.run.problems:
                folder = self.run.settings.report_dir
                terminalreporter.write_line(f"nothing was run: why is told below, and in {folder / 'report.html'}")
            return
        from conformance.report.terminal import source_lines, summary_lines

        if pasted := source_lines(record):
            terminalreporter.section("findings as test cases")
            for line in pasted:
                terminalreporter.write_line(line)
        terminalreporter.section("OCPP conformance")
        color = bool(terminalreporter.hasmarkup)
        for line in summary_lines(record, terminalreporter._tw.fullwidth, color):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"results: {self.run.settings.report_dir}")
        if self._unwritten:
            terminalreporter.write_line(f"ERROR: {self._unwritten}")


class EvidenceSeal:
    """Gathers the evidence when every other plugin has written what it writes at the end."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._line = ""

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Evidence that can't be written makes the run red."""
        from conformance.holder import RunError
        from conformance.report.journal import RESULTS_NAME
        from conformance.report.views import VIEWS

        yield
        try:
            self._line = self.run.seal_evidence([RESULTS_NAME, *VIEWS])
        except RunError as error:
            self._line = f"ERROR: {error}"
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Where it is."""
        if self._line:
            terminalreporter.write_line(self._line)
