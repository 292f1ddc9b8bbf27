"""Makes what a soak will play before it plays anything, so that what is made once is there from the start.

Pools of values, strategies and what Hypothesis keeps of them come with the first example of each kind: made one by one
in the course of a soak they would settle among what goes again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.fuzz import memory
from conformance.fuzz.example import Example
from conformance.fuzz.stage import Target

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

EXAMPLES = 60
"""Examples that are drawn of each search."""


def searches(role: str) -> tuple[Callable[[Target], SearchStrategy[Example]], ...]:
    """What the negative tests of a role search at random."""
    from conformance.fuzz.handshake_requests import request_mixtures
    from conformance.fuzz.machines.csms import csms_sequences
    from conformance.fuzz.machines.station import station_sequences
    from conformance.fuzz.mutate import mutated_calls
    from conformance.fuzz.plans import faulty_sessions
    from conformance.fuzz.probes_station import random_races
    from conformance.fuzz.valid import valid_messages
    from conformance.fuzz.websocket import frame_sequences

    own = (station_sequences, random_races) if role == "CS" else (csms_sequences, request_mixtures)
    return (faulty_sessions, mutated_calls, valid_messages, frame_sequences, *own)


def rehearse(target: Target) -> None:
    """Make the rows of constraints and values once, and draw some examples of each search; nothing is sent."""
    from conformance.fuzz.broken import broken_answers, broken_requests, sent, taken
    from conformance.fuzz.valid import may_be_sent, specimen_examples

    for action in taken(target):
        broken_requests(target, action)
    for action in sent(target):
        broken_answers(target, action)
    for action in may_be_sent(target):
        specimen_examples(target, action)
    for search in searches(target.role):
        _draw(search(target))
    memory.give_back()


def _draw(examples: SearchStrategy[Example]) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings

    @seed(0)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(examples)
    def nothing(_: Any) -> None:
        return

    nothing()
