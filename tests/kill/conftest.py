"""One recording of every case on the embedded devices, shared by the layers of the proof.

The defects of layer 2 are hunted in the background while the rest of the tests runs, because they mostly wait; so the
layers come last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance.proof.recording import Recording
from conformance.proof.score import Score
from conformance.prove import KILL_RESULTS, record_all, write_kill_results
from conformance.report.record import CaseRecord

from . import hunting


@dataclass
class Proof:
    """What the layers find out together."""

    recordings: list[Recording]
    records: list[CaseRecord]
    scores: list[Score] = field(default_factory=list)
    defects: dict[str, list[str]] = field(default_factory=dict)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The layers of the proof come last."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here in item.path.parents)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to hunt the selected defects."""
    if not session.config.option.collectonly:
        session.config.stash[hunting.KEY] = hunting.Hunt(session.items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hunt no more."""
    hunt = session.config.stash.get(hunting.KEY, None)
    if hunt is not None:
        hunt.stop()


@pytest.fixture(scope="session")
def hunt(request: pytest.FixtureRequest) -> hunting.Hunt:
    """Every selected defect's run."""
    return request.config.stash[hunting.KEY]


@pytest.fixture(scope="session")
def proof(request: pytest.FixtureRequest) -> Iterator[Proof]:
    """Every case recorded; the kill results are written when the session ends."""
    found = Proof(*record_all())
    yield found
    if found.scores:
        write_kill_results(found.scores, found.defects, Path(request.config.rootpath) / "reports" / KILL_RESULTS)
