"""Proof that every case can fail: records all cases on the embedded devices, then replays them with every mutant."""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.selection import Selected, Wishes, place, select
from conformance.data import data_path
from conformance.holder import Embedded
from conformance.ocppj.versions import VERSIONS
from conformance.proof.recording import Recording, recording_of
from conformance.proof.score import Score, load_equivalents, load_unjudged, score
from conformance.proof.variants import load_variants
from conformance.reference import nursery
from conformance.run import Run, Settings

if TYPE_CHECKING:
    from conformance.fuzz.settings import FuzzWishes
    from conformance.report.record import CaseRecord

KILL_RESULTS = "kill.json"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what is recorded that needs no other: one embedded device under one version, or a variant."""

    wishes: Wishes
    ids: frozenset[str]
    device: Embedded
    variant: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from the other parts."""
        return (*self.wishes.roles, *self.wishes.versions, self.variant)


def parts_of(wishes: Wishes | None = None, ids: Iterable[str] = ()) -> list[Part]:
    """What has to be recorded: the default devices, and the variants for the cases that name them; in order."""
    wishes, wanted = wishes or Wishes(), frozenset(ids)
    listed = [one for one in load_catalogue() if (one.id in wanted if wanted else not one.campaign)]
    asked = {(one.role, one.version) for one in listed if wishes.want(replace(one, campaign=wishes.campaign))}
    parts = [
        Part(replace(wishes, roles=(role,), versions=(one,)), wanted, Embedded())
        for role, one in product(("CS", "CSMS"), VERSIONS)
        if (role, one) in asked
    ]
    for variant in load_variants(data_path("testcases", "variants.toml")):
        chosen = frozenset(variant.cases) & (wanted or frozenset(variant.cases))
        if chosen and (not wishes.roles or variant.role in wishes.roles):
            device = Embedded(variant.overrides, variant.arguments, role=variant.role)
            parts.append(Part(replace(wishes, roles=(variant.role,)), chosen, device, variant.name))
    return parts


def record_part(part: Part) -> tuple[list[Recording], list[CaseRecord]]:
    """Run the cases of a part on its embedded device: the recordings of those that passed, and the records of all."""
    recordings, records = _record(part.wishes, set(part.ids), part.device)
    for one in recordings:
        if part.variant:
            one.notes["variant"] = part.variant
    return recordings, records


def prove_part(part: Part) -> tuple[list[Recording], list[CaseRecord], list[Score]]:
    """Record a part and work out the scores of its recordings."""
    recordings, records = record_part(part)
    return recordings, records, [score_one(one) for one in recordings]


def record_all(
    wishes: Wishes | None = None, ids: Iterable[str] = (), progress: Callable[[str], None] = lambda line: None
) -> tuple[list[Recording], list[CaseRecord]]:
    """Run the cases on the embedded devices, and those that do not apply to them on the variants that name them.

    Several devices are run side by side, because they mostly wait. Returns the recordings of the cases that passed,
    and the records of all.
    """
    recordings: list[Recording] = []
    records: list[CaseRecord] = []
    with processes(SIDE_BY_SIDE) as pool:
        for more, ended in pool.map(record_part, parts_of(wishes, ids)):
            for one in ended:
                progress(f"{one.verdict} {one.id} {one.version} {one.seconds:.2f} s {one.why}")
            recordings += more
            records += ended
    return recordings, records


SIDE_BY_SIDE = 4
"""Embedded devices that are recorded at a time."""


def processes(count: int) -> ProcessPoolExecutor:
    """Processes that share nothing with this one, and have their embedded devices forked from a warm one each."""
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=nursery.begin)


def run_cases(wishes: Wishes, ids: Iterable[str], device: Embedded, fuzz: FuzzWishes | None = None) -> list[CaseRecord]:
    """Run some cases on the embedded devices, changed as `device` says: what the defects' proof does.

    `fuzz`: how negative tests among them go about it, and where they save what they find.
    """
    return _record(wishes, set(ids), device, fuzz)[1]


def replay(paths: Iterable[Path], device: Embedded) -> list[CaseRecord]:
    """Play saved examples again on an embedded device, changed as `device` says."""
    from conformance.fuzz.corpus import load
    from conformance.negative import replay_case

    records: list[CaseRecord] = []
    for path in paths:
        saved = load(path)
        entry = load_catalogue().get(saved.case, saved.version)
        assert entry is not None, f"{saved.case} stands in no catalogue"
        wishes = Wishes(roles=(saved.role,), versions=(saved.version,), campaign=True)
        with tempfile.TemporaryDirectory() as folder:
            run = _run(Settings(wishes=wishes, report_dir=Path(folder), device=device))
            try:
                records.append(run.execute(Selected(replay_case(saved), entry, run.duts[0]), str(path)))
            finally:
                run.finish()
    return records


def _run(settings: Settings) -> Run:
    """A run that has begun. It is a part of the proof: nobody reads results of its own, so that it writes none."""
    from conformance.ocppj.schema import official

    run = Run(settings, schemas=official())
    run.begin(part="proof")
    return run


def _record(
    wishes: Wishes,
    wanted: set[str],
    device: Embedded,
    fuzz: FuzzWishes | None = None,
) -> tuple[list[Recording], list[CaseRecord]]:
    recordings: list[Recording] = []
    with tempfile.TemporaryDirectory() as folder:
        run = _run(Settings(wishes=wishes, report_dir=Path(folder), device=device, fuzz=fuzz))

        def keep(live: Any, selected: Any, result: Any, situation: Any) -> None:
            if result.verdict == "PASS" and not selected.entry.campaign:
                recordings.append(recording_of(selected.entry.id, live.bench, situation, result.trace))

        run.recorder = keep
        chosen = [
            one
            for info in discover()
            if not wanted or info.id in wanted
            for campaign in ((False, True) if wanted else (False,))
            for one in select(info, load_catalogue(), run.duts, replace(run.settings.wishes, campaign=campaign))
            if campaign or not one.dut.variant  # a variant's cases are recorded with it
        ]
        chosen.sort(key=lambda one: place(one, run.duts))
        try:
            run.run_ahead([(one, one.entry.id) for one in chosen])
            for one in chosen:
                run.execute(one, one.entry.id)
        finally:
            run.finish()
        assert run.record is not None
        return recordings, run.record.cases


def score_all(recordings: Sequence[Recording], workers: int | None = None) -> Iterator[Score]:
    """The scores of recordings, worked out by several processes, in order."""
    count = workers or min(os.cpu_count() or 1, 4)
    if count == 1:
        yield from map(score_one, recordings)
        return
    with processes(count) as pool:
        yield from pool.map(score_one, recordings)


def score_one(recording: Recording) -> Score:
    """The score of one recording."""
    from conformance.ocppj.schema import official

    info = next(one for one in discover() if one.id == recording.case_id)
    entry = load_catalogue().get(recording.case_id, recording.version)
    assert entry is not None
    return score(recording, info, entry, official(), _equivalents(), _unjudged())


@cache
def _equivalents() -> Any:
    return load_equivalents(data_path("testcases", "equivalents.toml"))


@cache
def _unjudged() -> Any:
    return load_unjudged(data_path("testcases", "unjudged.toml"))


def write_kill_results(scores: Iterable[Score], defects: Mapping[str, Sequence[str]] | None, path: Path) -> None:
    """Write what was killed, for `coverage`: `defects` maps "ID VERSION" to the defects that made it fail.

    None for `defects`: nobody hunted any, and what an earlier run found stays on file.
    """
    if defects is None:
        defects = json.loads(path.read_text("utf-8")).get("defects", {}) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"scores": [one.to_json() for one in scores], "defects": defects}
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
