"""One run of the suite: its devices, its benches, its record. Knows nothing of pytest."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance import facts
from conformance.ahead import AT_ONCE
from conformance.cases.runner import CaseResult, Interrupted, run_case
from conformance.cases.selection import Selected, Wishes
from conformance.cases.verdict import Verdict
from conformance.data import data_path
from conformance.holder import Embedded, Holder, RunError

if TYPE_CHECKING:
    from conformance.ahead import Ahead
    from conformance.cases.live import LiveBench
    from conformance.cases.steps import Running
    from conformance.fuzz.campaign import Campaign
    from conformance.fuzz.settings import FuzzWishes
    from conformance.negative import Negatives
    from conformance.ocppj.schema import SchemaStore
    from conformance.report.evidence import Evidence
    from conformance.report.journal import Journal
    from conformance.report.record import CaseRecord, RunRecord
    from conformance.report.redaction import CaseSecrets, Redactor
    from conformance.report.trace_file import TraceFile

EMBEDDED = ("reference-station.toml", "reference-csms.toml")
_DESCRIBED = dict(zip(("CS", "CSMS"), EMBEDDED, strict=True))
_ANYWHERE: Mapping[str, Any] = {"CS": {"connection": {"listen": "127.0.0.1:0"}}, "CSMS": {}}
"""Our CSMS takes any free port for an embedded station."""


@dataclass(frozen=True)
class Settings:
    """What the command line says about a run."""

    descriptions: tuple[Path, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    strict: bool = False
    report_dir: Path = Path("reports")
    schemas: Path | None = None
    device: Embedded = field(default_factory=Embedded)
    selection: tuple[str, ...] = ()
    """The options that narrow the run, for the report."""
    baselines: tuple[Path, ...] = ()
    """Files of expected failures, beside those of the descriptions."""
    keep_secrets: bool = False
    """Whether passwords, keys and tokens stand in what is written as they are."""
    at_once: int = AT_ONCE
    """Embedded devices that run side by side; 1: one after another."""
    evidence: Path | None = None
    """Folder for everything that the run wrote, summed up; None: none is made."""
    evidence_key: Path | None = None
    """Private key to sign it with."""
    tester: str = ""
    """Who tests, in the place of the one whom a description names."""
    fuzz: FuzzWishes | None = None
    """What negative tests send; None: the default level, its corpus in the report folder."""


class Run:
    """From the first case to the written results."""

    def __init__(
        self,
        settings: Settings,
        *,
        suspend: Callable[[], Any] = contextlib.nullcontext,
        started: datetime | None = None,
        schemas: SchemaStore | None = None,
    ) -> None:
        """`started`: when the run began of which this one is a part; None for now. `schemas`: a store at hand.

        RunError for a bad description.
        """
        self.settings = settings
        self.suspend = suspend
        self.duts = _wished(_known_to_fail([*_load(settings), *_variants(settings)], settings), settings.wishes)
        self.embedded = not settings.descriptions
        self.redactor = _redactor(self.duts, keep=settings.keep_secrets)
        self._evidence: Evidence | None = None
        self._trace: TraceFile | None = None
        self._trace_lost = ""
        self.record: RunRecord | None = None
        self.journal: Journal | None = None
        self._schemas = schemas
        self._tuning = contextlib.ExitStack()
        self._own: Holder | None = None
        self._ahead: Ahead | None = None
        self._negatives: Negatives | None = None
        self.names = facts.device_names(self.duts)
        self.started = started or datetime.now(UTC)
        self.recorder: Callable[[LiveBench, Selected, CaseResult, Any], None] | None = None
        """Called after each case, in its bench's thread, with the situation that it began in: proof records with it."""

    # ------------------------------------------------------------------ the record

    def begin(self, *, part: str = "") -> None:
        """Open the record and its journal; RunError when the schemas or the report folder are unusable.

        `part` is the name of what a worker does of a run: it has neither journal nor evidence, and writes only what
        the process that has both takes up.
        """
        import conformance
        from conformance.peers.runtime import quick_answers
        from conformance.report.journal import Journal
        from conformance.report.record import RunInfo, RunRecord

        self._check_schemas()
        first = self.duts[0]
        info = RunInfo(
            tool_version=conformance.__version__,
            started=self.started.isoformat(),
            role=first.role if len({dut.role for dut in self.duts}) == 1 else "",
            versions=self._versions(),
            device=_facts(self.duts, self.names, self.embedded),
            features=dict(first.features) if len([dut for dut in self.duts if not dut.variant]) == 1 else {},
            schema_source=_schema_source(self.settings.schemas),
            strict=self.settings.strict,
            selection=list(self.settings.selection),
            devices=facts.device_facts(self.duts, self.names, embedded=self.embedded, tester=self.settings.tester),
            environment=facts.environment(),
            secrets="kept" if self.settings.keep_secrets else "redacted",
        )
        # What the descriptions hold has the same placeholders in every part; what comes over the wire, its own numbers.
        self.redactor.part = part.partition("-")[0]
        self._evidence = None if part else self._begin_evidence()
        self._trace = self._evidence.trace if self._evidence is not None else self._part_of_trace(part)
        campaign = self.settings.wishes.campaign
        self.record = RunRecord(info, standard=facts.standard(self.duts, self.names, info.versions, campaign=campaign))
        try:
            if not part:
                self.journal = Journal(self.settings.report_dir, self.record)
        except OSError as error:
            raise RunError(
                f"--ocpp-report-dir {self.settings.report_dir}: cannot be written ({error.strerror}); "
                "name another folder"
            ) from None
        self._tuning.enter_context(quick_answers())

    def _begin_evidence(self) -> Evidence | None:
        import conformance
        from conformance.report.evidence import Evidence, EvidenceError

        folder = self.settings.evidence
        if folder is None:
            return None
        if folder.resolve() == self.settings.report_dir.resolve():
            raise RunError(f"--ocpp-evidence {folder}: it is the folder of the report; name another one")
        key, version = self.settings.evidence_key, conformance.__version__
        try:
            return Evidence(folder, self.redactor, started=self.started, version=version, key=key)
        except EvidenceError as error:
            raise RunError(str(error)) from None

    def _part_of_trace(self, part: str) -> TraceFile | None:
        import conformance
        from conformance.report.trace_file import TraceFile

        if not part or self.settings.evidence is None:
            return None
        path = self.settings.report_dir / f".trace-{part}.jsonl"
        secrets = "kept" if self.settings.keep_secrets else "redacted"
        return TraceFile(path, started=self.started, tool_version=conformance.__version__, secrets=secrets)

    def take_traces(self) -> None:
        """Take into the evidence what workers have left of the trace."""
        for path in sorted(self.settings.report_dir.glob(".trace-*.jsonl")):
            if self._trace is not None:
                self._trace.take(path)
            path.unlink()

    def seal_evidence(self, views: Sequence[str]) -> str:
        """Gather the evidence once everything is written, `views` being files in the report folder; what to tell of it.

        "" when none was wished. Raises RunError when it can't be written.
        """
        if self._evidence is None or self.record is None:
            return ""
        evidence, self._evidence = self._evidence, None
        try:
            if self._trace_lost:
                raise OSError(0, self._trace_lost)
            told = [*(Path(dut.source) for dut in self.duts), *self.settings.baselines]
            count = evidence.finish(self.record, self.settings.report_dir, views, told)
        except OSError as error:
            raise RunError(
                f"--ocpp-evidence {evidence.folder}: it can't be finished ({error.strerror}); make room, and run again"
            ) from None
        return f"evidence: {evidence.folder} ({count} files, {'signed' if evidence.signed else 'not signed'})"

    def implements(self, ids: Iterable[str]) -> None:
        """Note for which ids there is a test, once every test case has been looked at."""
        if self.record is not None and self.journal is not None:
            self.record.standard.implemented = sorted(ids)
            self.journal.note_standard()

    def problem(self, line: str) -> None:
        """Note what is wrong with the run itself; it makes the run red, and survives a kill."""
        line = self.redactor.text(line)
        if self.record is None or line in self.record.run.problems:
            return
        self.record.run.problems.append(line)
        if self.journal is not None:
            self.journal.note_run()

    def finish(self, *, interrupted: str = "") -> None:
        """Close everything and write the results; `interrupted` says why the run broke off, if it did."""
        left = self.close_bench()
        self._tuning.close()
        if self.record is None or self.journal is None:
            return
        for outcome in left:
            if interrupted or not outcome.abandoned:
                self.record.add(outcome.record)
        self.record.run.schema_corrections = self.schemas.corrections
        self.record.run.ended = datetime.now(UTC).isoformat()
        if interrupted:
            self.record.run.interrupted = True
            self.record.run.interruption = interrupted
        self.journal.finish()

    def take(self, case: CaseRecord, problems: Sequence[str] = ()) -> None:
        """Add what another process has run for this one: a case's record, and what was wrong with the run by then."""
        assert self.record is not None
        for line in problems:
            self.problem(line)
        self.record.add(case)
        self._note_what_is_lost()

    def _note_what_is_lost(self) -> None:
        """A disk that has filled up is a problem of the run, told once for each file."""
        if self.journal is not None and self.journal.lost:
            why, self.journal.lost = self.journal.lost, ""
            self.problem(f"{self.journal.path}: it can't be written any more ({why}); make room")
        if self._trace_lost and self._trace is not None:
            self._trace = None
            self.problem(f"the trace of the evidence can't be written any more ({self._trace_lost}); make room")

    def distinction(self, dut: Any) -> str:
        """The device's name where another one of its role has a version of it, so that cases are told apart by it."""
        others = (
            one
            for one in self.duts
            if one.role == dut.role
            and one.source != dut.source
            and not one.variant
            and set(one.versions) & set(dut.versions)
        )
        return self.names[dut.source] if any(others) else ""

    @property
    def schemas(self) -> SchemaStore:
        """The official schemas; RunError with one line when their source is unusable."""
        from conformance.ocppj.schema import SchemaSourceError, SchemaStore

        if self._schemas is None:
            try:
                self._schemas = SchemaStore(self.settings.schemas)
            except SchemaSourceError as error:
                raise RunError(str(error)) from None
        return self._schemas

    def _versions(self) -> list[str]:
        """The versions that are tested."""
        wished = self.settings.wishes.versions
        return sorted({one for dut in self.duts for one in dut.versions if not wished or one in wished})

    def _check_schemas(self) -> None:
        from conformance.ocppj.schema import SchemaSourceError
        from conformance.ocppj.versions import version

        try:
            for one in self._versions():
                self.schemas.check(version(one))
        except SchemaSourceError as error:
            raise RunError(str(error)) from None

    # ------------------------------------------------------------------ benches

    def run_ahead(self, selected: Sequence[tuple[Selected, str]]) -> bool:
        """Run the given cases, each with its node, on several embedded devices at once, before `execute` asks.

        False, and nothing done, with real devices, or when it is not worth it.
        """
        from conformance.ahead import WORTH_IT, Ahead

        self.plan_searches([one for one, _ in selected])
        worth_it = 2 if self.settings.wishes.campaign else WORTH_IT
        if not self.embedded or self.settings.at_once < 2 or len(selected) < worth_it:
            return False
        self._ahead = Ahead(selected, self._make_holder, self._outcome, self.settings.at_once)
        return True

    def plan_searches(self, selected: Sequence[Selected]) -> None:
        """Share the time for random searches among these cases, and get ready for them."""
        from conformance.ahead import benches
        from conformance.fuzz.settings import FuzzWishes
        from conformance.negative import negatives, prepare

        wishes = self.settings.fuzz or FuzzWishes(corpus=self.settings.report_dir / "fuzz")
        together = benches(selected) if self.embedded else [selected]
        self._negatives = negatives(wishes, together, self.settings.at_once if self.embedded else 1)
        if self.settings.wishes.campaign:
            prepare(selected, wishes, self.schemas)

    def execute(self, selected: Selected, node: str, on_step: Callable[[Any], None] | None = None) -> CaseRecord:
        """Run one selected case (or note why it does not apply) and add it to the record.

        `on_step` is told of each step as it begins, unless the case has been run ahead.
        """
        assert self.record is not None
        try:
            if self._ahead is not None:
                outcome: Outcome = self._ahead.result(selected)
            else:
                outcome = self._outcome(selected, node, self._holder, on_step)
        except _Broken as broken:
            self.record.add(broken.record)
            raise broken.interrupted from None
        except Exception as error:
            outcome = Outcome(self._secrets(selected).record(self._failed(selected, error, node)))
        if outcome.gone:
            self.problem(outcome.gone)
        self.record.add(outcome.record)
        self._note_what_is_lost()
        return outcome.record

    def _outcome(
        self, selected: Selected, node: str, holder: Holder, on_step: Callable[[Any], None] | None = None
    ) -> Outcome:
        if selected.not_applicable:
            return Outcome(self.not_run(selected, Verdict.NOT_APPLICABLE, selected.not_applicable, node))
        try:
            live = holder.bench_for(selected)
        except RunError as error:
            record = self._secrets(selected).record(self.not_run(selected, Verdict.INCONCLUSIVE, str(error), node))
            return Outcome(record, f"OCPP {selected.entry.version}: {error}")
        situation: list[Any] = []
        try:
            result = run_case(
                selected.info,
                selected.entry,
                live.bench,
                strict=self.settings.strict,
                on_step=on_step,
                campaign=self._campaign(selected, live, holder),
                on_begin=self._noting(live, situation),
            )
        except Interrupted as interrupted:
            raise _Broken(self._record_of(selected, interrupted.result, node, live), interrupted) from None
        if self.recorder is not None:
            self.recorder(live, selected, result, situation[0])
        gone = f"OCPP {selected.entry.version}: {live.bench.gone}{holder.device_ended()}" if live.bench.gone else ""
        return Outcome(self._record_of(selected, result, node, live), gone, live.bench.peer.abandoned)

    def _campaign(self, selected: Selected, live: LiveBench, holder: Holder) -> Callable[[Running], Campaign] | None:
        if not selected.entry.campaign:
            return None
        if self._negatives is None:
            self.plan_searches([selected])
        made = self._negatives
        assert made is not None
        return lambda running: made.campaign(live, selected, running, holder.restart_device)

    def waits(self) -> tuple[str, float, float] | None:
        """What the running case waits for, since how many seconds, of how many; None when it was run ahead."""
        return self._own.waits() if self._own is not None else None

    @property
    def _holder(self) -> Holder:
        if self._own is None:
            self._own = self._make_holder()
        return self._own

    def _make_holder(self) -> Holder:
        return Holder(self.schemas, self.settings.device if self.embedded else None, self.suspend)

    def bench_for(self, selected: Selected) -> LiveBench:
        """The open bench of a case's device and version; RunError when it can't be opened."""
        return self._holder.bench_for(selected)

    def _noting(self, live: LiveBench, situation: list[Any]) -> Callable[[], None] | None:
        """Notes the situation that a case begins in, where somebody records."""
        if self.recorder is None:
            return None
        from conformance.proof.recording import situation_of

        return lambda: situation.append(situation_of(live.bench))

    def _record_of(self, selected: Selected, result: CaseResult, node: str, live: LiveBench) -> CaseRecord:
        from conformance.case_record import case_record

        expected = selected.dut.expected_failures_of(selected.entry.id, selected.entry.version)
        offset = (live.epoch - self.started).total_seconds()
        secrets = self._secrets(selected)
        record = case_record(
            result, node=node, expected=expected, strict=self.settings.strict, offset=offset, secrets=secrets
        )
        record.device = self.names[selected.dut.source]
        self._keep_uploads(record, result, selected, secrets)
        if self._trace is not None and not self._trace_lost:
            try:
                self._trace.case(record, result.trace.entries, secrets, offset)
            except OSError as error:
                self._trace_lost = error.strerror or str(error)
        return record

    def not_run(self, selected: Selected, verdict: Verdict, reason: str, node: str) -> CaseRecord:
        """The record of a case that was not begun, or left nothing else behind."""
        return _not_run(selected, verdict, reason, node, self.names[selected.dut.source])

    def _failed(self, selected: Selected, error: Exception, node: str) -> CaseRecord:
        """The record of a case around which this suite itself failed."""
        from conformance.report.record import FindingRecord

        record = self.not_run(selected, Verdict.ERROR, f"{type(error).__name__}: {error}", node)
        told = "".join(traceback.format_exception(error))
        record.findings.append(FindingRecord("engine", "MUST", "no exception in the suite", told, blame="tester"))
        return record

    def _secrets(self, selected: Selected) -> CaseSecrets:
        entry = selected.entry
        return self.redactor.case(entry.version, entry.role, campaign=entry.campaign)

    def _keep_uploads(self, record: CaseRecord, result: CaseResult, selected: Selected, secrets: CaseSecrets) -> None:
        from conformance.report.uploads import harmless, keep_uploads

        parts = (selected.entry.id, selected.entry.version, selected.dut.variant or self.distinction(selected.dut))
        case = harmless("-".join(filter(None, parts)))
        try:
            record.uploads = keep_uploads(result.trace.entries, self.settings.report_dir, case, secrets.text)
        except OSError as error:
            self.problem(f"{self.settings.report_dir}: what the device uploaded can't be kept ({error.strerror})")

    def open(self, selected: Selected) -> None:
        """Open the bench of a case before it runs; RunError when its address, operator or device is not to be had."""
        self.bench_for(selected)

    def close_bench(self) -> list[Outcome]:
        """Close every open bench, with its operator and its embedded device; what was run and not asked for."""
        left = self._ahead.stop() if self._ahead is not None else []
        self._ahead = None
        if self._own is not None:
            self._own.close()
        return left


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case's record, and why its device was given up ("" while it lives)."""

    record: CaseRecord
    gone: str = ""
    abandoned: bool = False
    """Whether the run broke it off."""


class _Broken(Exception):
    """Ctrl-C in the middle of a case: its record so far, and the interruption to go on with."""

    def __init__(self, record: CaseRecord, interrupted: Interrupted) -> None:
        super().__init__()
        self.record, self.interrupted = record, interrupted


def _not_run(selected: Selected, verdict: Verdict, reason: str, node: str, device: str) -> CaseRecord:
    """The record of a case that was not begun."""
    from conformance.report.record import CaseRecord

    entry = selected.entry
    record = CaseRecord(
        id=entry.id,
        title=entry.title,
        version=entry.version,
        role=entry.role,
        block=entry.block,
        verdict=verdict,
        profiles=list(entry.profiles),
        reason=reason,
        node=node,
        device=device,
    )
    record.requirements.not_exercised = list(entry.requirements)
    return record


def _each_once(paths: Sequence[Path]) -> Sequence[Path]:
    """The paths; RunError when one is named twice."""
    seen = set()
    for path in paths:
        if path.resolve() in seen:
            raise RunError(f"--ocpp-dut {path}: it is given twice; name each device once")
        seen.add(path.resolve())
    return paths


def _load(settings: Settings) -> list[Any]:
    from conformance.dut.errors import DescriptionError
    from conformance.dut.reading import load_description

    try:
        if settings.descriptions:
            return [load_description(path) for path in _each_once(settings.descriptions)]
        device = settings.device
        more = {role: dict(device.overrides) if device.role in ("", role) else {} for role in ("CS", "CSMS")}
        anywhere = {**more["CS"], **_ANYWHERE["CS"]}
        station = load_description(data_path("docs", "devices", EMBEDDED[0]), anywhere)
        return [_relieved(station, device), load_description(data_path("docs", "devices", EMBEDDED[1]), more["CSMS"])]
    except DescriptionError as error:
        raise RunError(str(error)) from None


def _relieved(dut: Any, device: Embedded) -> Any:
    """The embedded device without the cases that a variant runs in its stead."""
    from dataclasses import replace

    from conformance.proof.variants import load_variants

    variants = load_variants(data_path("testcases", "variants.toml")) if device == Embedded() else ()
    elsewhere = frozenset(case for one in variants if one.instead and one.role == dut.role for case in one.cases)
    return replace(dut, elsewhere=elsewhere)


def _known_to_fail(duts: list[Any], settings: Settings) -> list[Any]:
    """The devices with the expected failures of the baselines."""
    from conformance.dut.baseline import load_baseline, with_baseline
    from conformance.dut.errors import DescriptionError

    try:
        return with_baseline(duts, [entry for path in settings.baselines for entry in load_baseline(path)])
    except DescriptionError as error:
        raise RunError("\n".join(f"--ocpp-baseline {problem}" for problem in error.problems)) from None


def _variants(settings: Settings) -> list[Any]:
    """The variants of the embedded devices that every run takes in, beside the devices themselves.

    A run that changes the devices for proof has none: it chooses a variant by what it lays over the description.
    """
    from dataclasses import replace

    from conformance.dut.reading import load_description
    from conformance.proof.variants import load_variants

    if settings.descriptions or settings.device != Embedded():
        return []
    found = []
    for one in load_variants(data_path("testcases", "variants.toml")):
        if one.always:
            laid_over = {**one.overrides, **_ANYWHERE[one.role]}
            dut = load_description(data_path("docs", "devices", _DESCRIBED[one.role]), laid_over)
            cases = frozenset(one.cases)
            found.append(replace(dut, variant=one.name, only_cases=cases, started_with=one.arguments))
    return found


def _wished(duts: list[Any], wishes: Wishes) -> list[Any]:
    """The devices of the wished roles; RunError when a wish meets no device."""
    for option, wanted, given in (
        ("--ocpp-role", wishes.roles, [dut.role for dut in duts]),
        ("--ocpp-version", wishes.versions, [one for dut in duts for one in dut.versions]),
    ):
        for one in wanted:
            if one not in given:
                known = ", ".join(sorted(set(given)))
                raise RunError(
                    f"{option} {one}: no description has it; given is {known}; drop the option or add to one"
                )
    return [dut for dut in duts if not wishes.roles or dut.role in wishes.roles]


def _redactor(duts: Sequence[Any], *, keep: bool) -> Redactor:
    """What is secret in these descriptions, learnt in their order."""
    from conformance.report.redaction import Redactor

    redactor = Redactor(keep=keep)
    for dut in duts:
        redactor.describe(dut)
    return redactor


def _schema_source(folder: Path | None) -> str:
    from importlib.metadata import version

    return f"{folder}" if folder is not None else f"the ocpp distribution {version('ocpp')}"


def _facts(duts: Sequence[Any], names: Mapping[str, str], embedded: bool) -> dict[str, Any]:
    if embedded:
        return {"name": "embedded reference devices", "identity": duts[0].identity}
    return {
        "name": ", ".join(names.values()),
        "identity": ", ".join(dut.identity for dut in duts),
        "description": ", ".join(dut.source for dut in duts),
        "security_profile": duts[0].security_profile,
    }
