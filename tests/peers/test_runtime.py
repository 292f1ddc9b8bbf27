"""The collector while a run lasts: nothing in the middle of a case, what came together between two."""

from __future__ import annotations

import gc
import weakref

import pytest

from conformance.ocppj.clock import RealClock
from conformance.ocppj.trace import Trace
from conformance.ocppj.versions import version
from conformance.peers.peer import Peer
from conformance.peers.runtime import between_cases, quick_answers
from conformance.peers.settings import Deadlines


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def rest(much: bool) -> bool:
    """Whether a ring is gone after `between_cases`, with much or little beside it."""
    kept = [[] for _ in range(120_000 if much else 100)]
    ring = weakref.ref(Ring())
    between_cases()
    assert kept
    return ring() is None


@pytest.fixture(autouse=True)
def young() -> None:
    gc.collect()


def test_between_cases_the_collector_looks_at_what_came_together() -> None:
    with quick_answers():
        gc.collect()
        assert not rest(much=False)
        assert rest(much=True)


def test_in_the_middle_of_a_case_it_does_not() -> None:
    with quick_answers():
        gc.collect()
        ring = weakref.ref(Ring())
        kept = [[] for _ in range(300_000)]
        assert kept
        assert ring() is not None


def test_outside_a_run_it_keeps_its_own_pace() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        assert not rest(much=True)
    finally:
        gc.set_threshold(*before)


def test_a_case_begins_with_it() -> None:
    peer = Peer(version("2.0.1"), RealClock(), Deadlines(), {})
    with quick_answers():
        gc.collect()
        ring = weakref.ref(Ring())
        kept = [[] for _ in range(120_000)]
        peer.begin(Trace(), None)
        assert kept
        assert ring() is None
