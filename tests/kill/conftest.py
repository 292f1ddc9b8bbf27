"""One recording of every case on the embedded devices, shared by the layers of the proof."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import pytest

from conformance.cases.selection import Wishes
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


def _record_role(role: str) -> tuple[list[Recording], list[CaseRecord]]:
    return record_all(Wishes(roles=(role,)))


@pytest.fixture(scope="session")
def proof(request: pytest.FixtureRequest) -> Iterator[Proof]:
    """Every case recorded, both roles side by side; the kill results are written when the session ends."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        halves = list(pool.map(_record_role, ("CS", "CSMS")))
    found = Proof([one for half in halves for one in half[0]], [one for half in halves for one in half[1]])
    yield found
    if found.scores:
        write_kill_results(found.scores, found.defects, Path(request.config.rootpath) / "reports" / KILL_RESULTS)
