"""One recording of every case on the embedded devices, shared by the layers of the proof.

All that takes long is done in the background while the rest of the tests runs (background.py), so the layers come last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance.proof.recording import Recording
from conformance.proof.score import Score
from conformance.prove import KILL_RESULTS, parts_of, prove_part, write_kill_results
from conformance.report.record import CaseRecord

from . import background, hunting
from .worn import run as habits_run

KEY: pytest.StashKey[background.Background] = pytest.StashKey()


@dataclass
class Proof:
    """What the layers find out together."""

    recordings: list[Recording] = field(default_factory=list)
    records: list[CaseRecord] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    defects: dict[str, list[str]] = field(default_factory=dict)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The layers of the proof come last, or first where they have a process of their own (tests/sharing.py)."""
    here = Path(__file__).parent
    first = hasattr(config, "workerinput")
    items.sort(key=lambda item: (here in item.path.parents) != first)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin at once, unless the layers may be another process's."""
    if not session.config.option.collectonly and not hasattr(session.config, "workerinput"):
        _begun(session)


def _begun(session: pytest.Session) -> background.Background:
    """What the selected tests need, begun once, the longest first."""
    if KEY in session.stash:
        return session.stash[KEY]
    work = session.stash[KEY] = background.Background()
    whole = session.config.option.every_defect
    if background.wanted(session.items, "proof"):
        for part in parts_of():
            work.begin("work", part.key, prove_part, part)
    for item in background.wanted(session.items, "habits"):
        number = item.callspec.params["number"]
        work.begin("wait", ("habits", number), habits_run, number, whole)
    for item in background.wanted(session.items, "hunted"):
        one = item.callspec.params["name"], item.callspec.params["version"], whole
        if hunting.case_ids(*one):
            work.begin("wait", ("hunt", *one[:2]), hunting.run_defect, *one)
    return work


def pytest_sessionfinish(session: pytest.Session) -> None:
    """No more of it."""
    work = session.stash.get(KEY, None)
    if work is not None:
        work.stop()


@pytest.fixture(scope="session")
def work(request: pytest.FixtureRequest) -> background.Background:
    """What is done beside the tests."""
    return _begun(request.session)


@pytest.fixture
def hunted(work: background.Background, name: str, version: str) -> hunting.Found | None:
    """What came of a defect; None when it names no implemented case."""
    found: hunting.Found | None = work.result(("hunt", name, version)) if hunting.case_ids(name, version) else None
    return found


@pytest.fixture
def habits(work: background.Background, number: int) -> list[str]:
    """What a device with habits got but PASS and NOT APPLICABLE."""
    bad: list[str] = work.result(("habits", number))
    return bad


@pytest.fixture(scope="session")
def proof(work: background.Background, request: pytest.FixtureRequest) -> Iterator[Proof]:
    """Every case recorded and replayed with every mutant; the kill results are written when the session ends."""
    found = Proof()
    for part in parts_of():
        recordings, records, scores = work.result(part.key)
        found.recordings += recordings
        found.records += records
        found.scores += scores
    yield found
    write_kill_results(found.scores, found.defects, Path(request.config.rootpath) / "reports" / KILL_RESULTS)
