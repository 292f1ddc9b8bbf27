"""Layer 3: every recorded case is replayed with every frame dropped and every field removed or changed."""

from __future__ import annotations

from conformance.prove import score_all

from .conftest import Proof


def test_no_change_of_what_was_read_survives(proof: Proof) -> None:
    proof.scores.extend(score_all(proof.recordings))
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
