"""One recording of every case on the embedded devices, shared by the layers of the proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance.proof.recording import Recording
from conformance.proof.score import Score
from conformance.prove import KILL_RESULTS, record_all, write_kill_results
from conformance.report.record import CaseRecord


@dataclass
class Proof:
    """What the layers find out together."""

    recordings: list[Recording]
    records: list[CaseRecord]
    scores: list[Score] = field(default_factory=list)
    defects: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="session")
def proof(request: pytest.FixtureRequest) -> Iterator[Proof]:
    """Every case recorded; the kill results are written when the session ends."""
    found = Proof(*record_all())
    yield found
    if found.scores:
        write_kill_results(found.scores, found.defects, Path(request.config.rootpath) / "reports" / KILL_RESULTS)
