"""Layer 3, live: a sample of the mutants is made on real connections, and replay and live run agree."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.runner import run_case
from conformance.cases.selection import Selected, Wishes
from conformance.cases.verdict import Verdict
from conformance.holder import Embedded
from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import version
from conformance.proof.mutants import Mutant, mutants_of, other_value
from conformance.proof.recording import Recording, from_device
from conformance.proof.replay import Replay
from conformance.run import Run, Settings

from .conftest import Proof

SAMPLE = 16
QUICK = {"timeouts": {"message": 0.8, "physical": 1, "boot": 2, "reset": 2}}
GREEN_OR_UNTOUCHED = (Verdict.PASS,)


def _ordinal(recording: Recording, mutant: Mutant) -> int:
    """Which message of its kind in the body the mutant changes, counted from 0."""
    first, _ = recording.body
    same = [
        entry.index
        for entry in recording.trace.entries[first : mutant.entry + 1]
        if from_device(entry, recording.dut.role)
        and entry.frame is not None
        and entry.frame.action == mutant.action
        and (entry.frame.type != frames.CALL) == mutant.answer
    ]
    return len(same) - 1


class _AtTheLink:
    """Changes one message between the device and our fake."""

    def __init__(self, peer: Any, mutant: Mutant, ordinal: int, schemas: SchemaStore) -> None:
        self._peer, self._mutant, self._left, self._schemas = peer, mutant, ordinal, schemas
        self._received = peer.received
        self.done = False
        peer.received = self.received

    def remove(self) -> None:
        """The link is good again."""
        del self._peer.received

    def received(self, connection: Any, data: Any, at: float) -> None:
        """Pass a message on, changed when it is the one."""
        if not self.done and self._in_body() and self._is_the_kind(frames.parse(data)):
            self._left -= 1
            if self._left < 0:
                self.done = True
                changed = self._changed(frames.parse(data))
                if changed is None:
                    return
                data = changed
        self._received(connection, data, at)

    def _in_body(self) -> bool:
        stages = [entry.data["stage"] for entry in self._peer.trace.entries if "stage" in entry.data]
        return stages == ["body"]

    def _is_the_kind(self, frame: frames.Frame) -> bool:
        if frame.type == frames.CALL:
            return not self._mutant.answer and frame.action == self._mutant.action
        pending = self._peer._pending.get(frame.id)
        return self._mutant.answer and pending is not None and pending.action == self._mutant.action

    def _changed(self, frame: frames.Frame) -> str | None:
        mutant = self._mutant
        if mutant.kind == "drop":
            return None
        payload = copy.deepcopy(frame.payload)
        *path, last = mutant.pointer.removeprefix("/").split("/")
        inner: Any = payload
        for part in path:
            inner = inner[int(part) if isinstance(inner, list) else part]
        key: Any = int(last) if isinstance(inner, list) else last
        if mutant.kind == "remove":
            inner.pop(key)
        else:
            recorded: Any = mutant.change.payload
            for part in [*path, last]:
                recorded = recorded[int(part) if isinstance(recorded, list) else part]
            inner[key] = recorded if recorded != inner[key] else other_value(inner[key], {})
        if frame.type == frames.CALL:
            return frames.call(frame.id, frame.action, payload).text
        return frames.result(frame.id, payload).text


def _sample(proof: Proof, schemas: SchemaStore) -> Iterator[tuple[Recording, Mutant]]:
    """Mutants that the replay kills, one for each of some cases, always the same for the same cases."""
    chance = random.Random(1)
    plain = [one for one in proof.recordings if not one.notes.get("variant")]
    for recording in chance.sample(plain, min(SAMPLE, len(plain))):
        info = next(one for one in discover() if one.id == recording.case_id)
        entry = load_catalogue().get(recording.case_id, recording.version)
        assert entry is not None
        mutants = list(mutants_of(recording, version(recording.version), schemas))
        chance.shuffle(mutants)
        for mutant in mutants[:8]:
            replay = Replay(recording, schemas, mutant.change)
            if replay.run(info, entry).verdict == Verdict.FAIL and not replay.diverged:
                yield recording, mutant
                break


def test_live_run_agrees_with_replay(proof: Proof, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    schemas = SchemaStore()
    run = Run(Settings(wishes=Wishes(), report_dir=tmp_path, device=Embedded(QUICK)))
    run.begin()
    disagreed, agreed = [], 0
    try:
        for recording, mutant in _sample(proof, schemas):
            info = next(one for one in discover() if one.id == recording.case_id)
            entry = load_catalogue().get(recording.case_id, recording.version)
            assert entry is not None
            dut = next(one for one in run.duts if one.role == recording.dut.role)
            live = run.bench_for(Selected(info, entry, dut))
            link = _AtTheLink(live.bench.peer, mutant, _ordinal(recording, mutant), schemas)
            try:
                result = run_case(info, entry, live.bench)
            finally:
                link.remove()
            run.close_bench()
            if link.done and result.verdict not in GREEN_OR_UNTOUCHED:
                agreed += 1
            else:
                disagreed.append(f"{recording.case_id} {recording.version}: {mutant} gave {result.verdict}")
    finally:
        run.finish()
    with capsys.disabled():
        print(f"\nlive sample: {agreed} mutants killed live as in the replay")
    assert agreed and not disagreed, "\n".join(disagreed)
