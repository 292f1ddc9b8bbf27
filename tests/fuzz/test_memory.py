"""Memory that a campaign has freed goes back to the system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conformance.fuzz import memory


def _resident() -> int:
    text = Path("/proc/self/status").read_text("utf-8")
    return int(text.partition("VmRSS:")[2].split()[0])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_was_freed_goes_back() -> None:
    if memory._trim() is None:
        pytest.skip("the C library gives nothing back")
    blocks = [bytes(50_000) for _ in range(4000)]
    kept = blocks[::400]
    full = _resident()
    del blocks
    assert memory.give_back()
    assert _resident() < full - 100_000 and len(kept) == 10


def test_where_there_is_no_such_function_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_trim", lambda: None)
    assert memory.give_back() is False


def test_it_is_given_back_after_some_seconds_and_not_after_every_example(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    now = 100.0
    monkeypatch.setattr(memory, "give_back", lambda: given.append(now))
    monkeypatch.setattr(memory.time, "monotonic", lambda: now)
    keeper = memory.Keeper()
    for _ in range(30):
        keeper.pause()
        now += 1.0
    assert given == [105.0, 110.0, 115.0, 120.0, 125.0]
