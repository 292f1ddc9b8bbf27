"""Oracles and waits of single examples, on an embedded device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.fuzz import acts
from conformance.fuzz.envelope import wrong_answers
from conformance.fuzz.example import Allowed, Example
from conformance.fuzz.player import Outcome

from .conftest import Ground

Begin = Callable[..., Ground]
UNKNOWN = '[2,"{{id}}","OcppConformanceUnknown",{}]'


def outcomes(bed: Ground, *examples: Callable[[Any], Example]) -> list[Outcome]:
    """What came of examples, made for the target, on a device."""
    found: list[Outcome] = []

    def body(fuzz: Any) -> None:
        found.extend(fuzz.play(make(fuzz.target)) for make in examples)

    bed.play(body)
    return found


def unknown(allowed: Allowed) -> Callable[[Any], Example]:
    return lambda target: Example("unknown", (acts.send(UNKNOWN),), allowed)


def rules(outcome: Outcome) -> set[str]:
    return {problem.finding.rule for problem in outcome.problems}


def test_where_silence_is_allowed_nothing_waits_for_the_message_timeout(ground: Begin) -> None:
    bed = ground("CS", "2.0.1", defects=("unknown-action-unanswered",))
    silent, owed = outcomes(bed, unknown(Allowed(silence=True)), unknown(Allowed(codes=frozenset({"*"}))))
    assert (silent.reaction.kind, silent.problems) == ("silence", [])
    assert silent.seconds < 0.7, "the message timeout is 1 s"
    assert rules(owed) == {"fuzz.reaction"} and owed.seconds >= 1.0


@pytest.mark.parametrize(("role", "defect"), [("CS", "leaks-traceback"), ("CSMS", "leaks-sql")])
def test_what_an_error_text_leaks_is_found_in_every_example(ground: Begin, role: str, defect: str) -> None:
    anything = Allowed(codes=frozenset({"*"}))
    (leaking,) = outcomes(ground(role, "2.0.1", defects=(defect,)), unknown(anything))
    (honest,) = outcomes(ground(role, "2.0.1"), unknown(anything))
    assert rules(leaking) == {"oracle.nothing-leaked"}
    assert rules(honest) == set()


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_the_time_of_an_answer_to_nobody_is_not_taken(ground: Begin, version: str) -> None:
    def example(target: Any) -> Example:
        return next(one for one in wrong_answers(target) if "first one to nobody with another time" in one.name)

    (wrong,) = outcomes(ground("CS", version, defects=("takes-any-answer",)), example)
    (right,) = outcomes(ground("CS", version), example)
    assert "oracle.other-time-not-taken" in rules(wrong)
    assert rules(right) == set()
