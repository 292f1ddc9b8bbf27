"""Recordings of cases that are written for one test, made on a scripted station in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import CatalogueEntry
from conformance.cases.live import deadlines, monitor_factory
from conformance.cases.runner import CaseResult, run_case
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import version
from conformance.proof.recording import Recording, recording_of, situation_of
from conformance.proof.replay import Change, Replay
from tests.cases.conftest import Lab, make_lab

SCHEMAS = SchemaStore()
ENTRY = CatalogueEntry("TC_X_01", "2.0.1", "CS", "X", "title")


class Recorder:
    """Records functions as cases, and plays them again."""

    def __init__(self, role: str = "CS", version_id: str = "2.0.1") -> None:
        self.lab: Lab = make_lab(role, version_id)
        self.lab.bench.monitor_for = monitor_factory(self.lab.bench.dut, version(version_id), SCHEMAS)
        self.lab.peer.deadlines = deadlines(self.lab.bench.dut)
        self.lab.bench.monitor = None
        self.lab.bench.begin()

    def record(self, body: Callable[..., None]) -> Recording:
        """Run a function as a case, which has to pass, and keep it."""
        situation = situation_of(self.lab.bench)
        result = run_case(CaseInfo("TC_X_01", body), ENTRY, self.lab.bench)
        assert result.verdict == "PASS", result.reason
        return recording_of("TC_X_01", self.lab.bench, situation, result.trace)


def replay(recording: Recording, body: Callable[..., None], change: Change | None = None) -> tuple[CaseResult, Replay]:
    """Play a recording with a function as the case."""
    played = Replay(recording, SCHEMAS, change)
    return played.run(CaseInfo("TC_X_01", body), ENTRY), played


def frame_of(recording: Recording, action: str, sender: str = "CS", number: int = 0) -> Any:
    """The n-th frame of an action that a side sent in the body."""
    first, last = recording.body
    found = [
        one
        for one in recording.trace.entries[first:last]
        if one.frame is not None and one.sender == sender and one.frame.action == action
    ]
    return found[number]


@pytest.fixture
def recorder() -> Recorder:
    """For a station of 2.0.1."""
    return Recorder()
