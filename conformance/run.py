"""One run of the suite: its devices, its benches one after another, its record. Knows nothing of pytest."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cases.runner import CaseResult, Interrupted, run_case
from conformance.cases.selection import Selected, Wishes
from conformance.cases.verdict import Verdict
from conformance.data import data_path

if TYPE_CHECKING:
    from conformance.cases.live import LiveBench
    from conformance.ocppj.schema import SchemaStore
    from conformance.report.journal import Journal
    from conformance.report.record import CaseRecord, RunRecord

EMBEDDED = ("reference-station.toml", "reference-csms.toml")


class RunError(Exception):
    """The run can't begin or go on: one line that says what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """How the embedded devices differ from the default: for proof, which switches defects and features."""

    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Laid over the embedded descriptions."""
    arguments: tuple[str, ...] = ()
    """Further options of the device's command line."""
    defects: tuple[str, ...] = ()
    role: str = ""
    """Whose description the overrides are laid over, "CS" or "CSMS"; "" for both."""


@dataclass(frozen=True)
class Settings:
    """What the command line says about a run."""

    descriptions: tuple[Path, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    strict: bool = False
    report_dir: Path = Path("reports")
    schemas: Path | None = None
    device: Embedded = field(default_factory=lambda: Embedded())


class Run:
    """Holds at most one open bench; switching to another device or version closes the one before."""

    def __init__(self, settings: Settings, *, suspend: Callable[[], Any] = contextlib.nullcontext) -> None:
        self.settings = settings
        self.suspend = suspend
        self.duts = _load(settings)
        self.embedded = not settings.descriptions
        self.record: RunRecord | None = None
        self.journal: Journal | None = None
        self._schemas: SchemaStore | None = None
        self._tuning = contextlib.ExitStack()
        self._key: tuple[int, str] | None = None
        self._live: LiveBench | None = None
        self._device: Any = None
        self._operator: Any = None
        self._started = datetime.now(UTC)
        self.recorder: Callable[[LiveBench, Selected, CaseResult, Any], None] | None = None
        """Called after each case with the situation that it began in: proof records with it."""

    # ------------------------------------------------------------------ the record

    def begin(self) -> None:
        """Open the record and its journal; RunError when the schemas or the report folder are unusable."""
        import conformance
        from conformance.peers.runtime import quick_answers
        from conformance.report.journal import Journal
        from conformance.report.record import RunInfo, RunRecord

        self._check_schemas()
        self._tuning.enter_context(quick_answers())
        first = self.duts[0]
        info = RunInfo(
            tool_version=conformance.__version__,
            started=self._started.isoformat(),
            role=first.role if len({dut.role for dut in self.duts}) == 1 else "",
            versions=sorted({one for dut in self.duts for one in dut.versions}),
            device=_facts(self.duts, self.embedded),
            features=dict(first.features) if len(self.duts) == 1 else {},
            schema_source=_schema_source(self.settings.schemas),
            strict=self.settings.strict,
        )
        self.record = RunRecord(info)
        try:
            self.journal = Journal(self.settings.report_dir, self.record)
        except OSError as error:
            raise RunError(
                f"--ocpp-report-dir {self.settings.report_dir}: cannot be written ({error.strerror}); "
                "name another folder"
            ) from None

    def finish(self, *, interrupted: bool) -> None:
        """Close everything and write the results."""
        self.close_bench()
        self._tuning.close()
        if self.record is None or self.journal is None:
            return
        self.record.run.schema_corrections = self.schemas.corrections
        self.record.run.ended = datetime.now(UTC).isoformat()
        if interrupted:
            self.record.run.interrupted = True
            self.record.run.interruption = self.record.run.interruption or "the run was broken off"
        self.journal.finish()

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

    def _check_schemas(self) -> None:
        from conformance.ocppj.schema import SchemaSourceError
        from conformance.ocppj.versions import version

        try:
            for one in sorted({one for dut in self.duts for one in dut.versions}):
                self.schemas.check(version(one))
        except SchemaSourceError as error:
            raise RunError(str(error)) from None

    # ------------------------------------------------------------------ benches

    def execute(self, selected: Selected, node: str, on_step: Callable[[Any], None] | None = None) -> CaseRecord:
        """Run one selected case (or note why it does not apply) and add it to the record."""
        from conformance.report.record import CaseRecord

        assert self.record is not None
        if selected.not_applicable:
            entry = selected.entry
            record = CaseRecord(
                id=entry.id,
                title=entry.title,
                version=entry.version,
                role=entry.role,
                block=entry.block,
                verdict=Verdict.NOT_APPLICABLE,
                profiles=list(entry.profiles),
                reason=selected.not_applicable,
                node=node,
            )
            record.requirements.not_exercised = list(entry.requirements)
        else:
            live = self._bench_for(selected)
            situation = self._situation(live)
            try:
                result = run_case(
                    selected.info, selected.entry, live.bench, strict=self.settings.strict, on_step=on_step
                )
            except Interrupted as interrupted:
                self.record.add(self._record_of(selected, interrupted.result, node, live))
                raise
            if self.recorder is not None:
                self.recorder(live, selected, result, situation)
            record = self._record_of(selected, result, node, live)
            if live.bench.gone and not any(live.bench.gone in problem for problem in self.record.run.problems):
                self.record.run.problems.append(f"OCPP {selected.entry.version}: {live.bench.gone}")
        self.record.add(record)
        return record

    def _situation(self, live: LiveBench) -> Any:
        if self.recorder is None:
            return None
        from conformance.proof.recording import situation_of

        return situation_of(live.bench)

    def _record_of(self, selected: Selected, result: CaseResult, node: str, live: LiveBench) -> CaseRecord:
        from conformance.case_record import case_record

        expected = selected.dut.expected_failure(selected.entry.id, selected.entry.version)
        offset = (live.epoch - self._started).total_seconds()
        return case_record(result, node=node, expected=expected, offset=offset)

    def _bench_for(self, selected: Selected) -> LiveBench:
        key = (id(selected.dut), selected.entry.version)
        if self._live is None or key != self._key:
            self.close_bench()
            self._live = self._open(selected.dut, selected.entry.version)
            self._key = key
        return self._live

    def _open(self, dut: Any, version: str) -> LiveBench:
        from conformance.cases.live import LiveBench
        from conformance.dut.operators import OperatorUnreachable, make_operator
        from conformance.link.errors import LinkError
        from conformance.reference.launch import LaunchError, start_csms, start_station

        try:
            if self.embedded and dut.role == "CSMS":
                self._device = start_csms(version, **self._started_with())
                dut = replace(dut, address=replace(dut.address, url=self._device.addresses["ocpp"]))
            live = LiveBench(dut, version, self.schemas)
            self._live = live
            live.open()
            if self.embedded and dut.role == "CS":
                url = f"ws://127.0.0.1:{live.port}{dut.address.path}"
                self._device = start_station(version, url, dut.identity, **self._started_with())
            if self._device is not None:
                hands = replace(dut.operator.default, kind="http", url=self._device.addresses["operator"])
                dut = replace(dut, operator=replace(dut.operator, default=hands))
            self._operator = make_operator(dut, suspend=self.suspend)
            self._operator.check()
            live.take(self._operator)
        except (LinkError, LaunchError, OperatorUnreachable) as error:
            self.close_bench()
            raise RunError(str(error)) from None
        return live

    def _started_with(self) -> dict[str, Any]:
        device = self.settings.device
        return {"arguments": device.arguments, "defects": device.defects}

    def close_bench(self) -> None:
        """Close the open bench, its operator and its embedded device, if any."""
        for thing in (self._live, self._operator, self._device):
            if thing is not None:
                with contextlib.suppress(Exception):
                    thing.close()
        self._live = self._operator = self._device = self._key = None


def _load(settings: Settings) -> list[Any]:
    from conformance.dut.errors import DescriptionError
    from conformance.dut.reading import load_description

    try:
        if settings.descriptions:
            return [load_description(path) for path in settings.descriptions]
        device = settings.device
        more = {role: dict(device.overrides) if device.role in ("", role) else {} for role in ("CS", "CSMS")}
        anywhere = {**more["CS"], "connection": {"listen": "127.0.0.1:0"}}
        station = load_description(data_path("docs", "devices", EMBEDDED[0]), anywhere)
        return [station, load_description(data_path("docs", "devices", EMBEDDED[1]), more["CSMS"])]
    except DescriptionError as error:
        raise RunError(str(error)) from None


def _schema_source(folder: Path | None) -> str:
    from importlib.metadata import version

    return f"{folder}" if folder is not None else f"the ocpp distribution {version('ocpp')}"


def _facts(duts: Sequence[Any], embedded: bool) -> dict[str, Any]:
    if embedded:
        return {"name": "embedded reference devices", "identity": duts[0].identity}
    return {
        "name": ", ".join(Path(dut.source).stem for dut in duts),
        "identity": ", ".join(dut.identity for dut in duts),
        "description": ", ".join(dut.source for dut in duts),
        "security_profile": duts[0].security_profile,
    }
