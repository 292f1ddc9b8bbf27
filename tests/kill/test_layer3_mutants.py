"""Layer 3: every recorded case is replayed with every frame dropped and every field removed or changed."""

from __future__ import annotations

import pytest

from conformance.ocppj import frames
from conformance.proof.recording import from_device
from conformance.proof.score import summary

from .conftest import Proof

EXPLAINED = ("1.6", "2.0.1", "2.1")
"""Versions in which every field that a case leaves unjudged has a reason (testcases/unjudged.toml)."""
STRAY = 5
"""How many fields of a version's cases may be without one in a single run: what else comes while a case lasts differs a
little from run to run. They are printed with the scores."""
LEAST, LEAST_OF_ALL = 0.5, 0.8
"""The part of the mutants that each case, and a version's cases together, have to kill."""


def test_no_change_of_what_was_read_survives(proof: Proof) -> None:
    broken = [one.line() for one in proof.scores if one.broken]
    assert not broken, "\n".join(broken)
    survived = [f"{one.case_id} {one.version}: {text}" for one in proof.scores for text in one.survived]
    assert not survived, "\n".join(survived)


def test_every_case_is_killed(proof: Proof) -> None:
    harmless = [one.line() for one in proof.scores if not one.killed]
    assert proof.scores and not harmless, "\n".join(harmless)


def test_no_mutant_breaks_the_suite(proof: Proof) -> None:
    errors = [f"{one.case_id} {one.version}: {text}" for one in proof.scores for text in one.errors]
    assert not errors, "\n".join(errors)


def test_replays_leave_what_they_share_as_it_was(proof: Proof) -> None:
    """The frames of a recording serve all of its replays: whoever changed one would change what the others see."""
    changed = [
        f"{one.case_id} {one.version}: frame {entry.index}"
        for one in proof.recordings
        for entry in one.trace.entries
        if (frame := entry.frame) is not None
        and from_device(entry, one.dut.role)
        and frames.parse(frame.text).payload != frame.payload
    ]
    assert not changed, "\n".join(changed)


@pytest.mark.parametrize("version", EXPLAINED)
def test_what_is_left_unjudged_has_a_reason(proof: Proof, version: str) -> None:
    scores = [one for one in proof.scores if one.version == version]
    silent = [f"{one.case_id}: {name}" for one in scores for name in one.unexplained]
    text = "judge it, or say why not (testcases/unjudged.toml):\n" + "\n".join(silent)
    assert scores and len(silent) <= STRAY, text


@pytest.mark.parametrize("version", EXPLAINED)
def test_enough_is_killed(proof: Proof, version: str) -> None:
    scores = [one for one in proof.scores if one.version == version]
    poor = [one.line() for one in scores if one.ratio < LEAST]
    assert not poor, "\n".join(poor)
    assert summary(scores)["ratio"] >= LEAST_OF_ALL
