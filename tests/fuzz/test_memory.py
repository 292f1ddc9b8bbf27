"""Memory that a campaign has freed goes back to the system."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest

from conformance.fuzz import memory


def _resident() -> int:
    text = Path("/proc/self/status").read_text("utf-8")
    return int(text.partition("VmRSS:")[2].split()[0])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_was_freed_goes_back() -> None:
    if memory._library("malloc_trim") is None:
        pytest.skip("the C library gives nothing back")
    blocks = [bytes(50_000) for _ in range(4000)]
    kept = blocks[::400]
    full = _resident()
    del blocks
    assert memory.give_back()
    assert _resident() < full - 100_000 and len(kept) == 10


LARGE_ONES_OF_A_THREAD = """
import threading
from pathlib import Path
from conformance.fuzz import memory

def resident():
    return int(Path("/proc/self/status").read_text("utf-8").partition("VmRSS:")[2].split()[0])

if {settled}:
    assert memory.settle()
full, go = threading.Event(), threading.Event()

def take_and_free():
    large = b"x" * 30_000_000
    del large
    many = [b"x" * 1_000_000 for _ in range(30)]
    del many
    full.set()
    go.wait(30)

memory.give_back()
before = resident()
thread = threading.Thread(target=take_and_free)
thread.start()
full.wait(30)
memory.give_back()
print(resident() - before)
go.set()
thread.join()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_a_thread_has_freed_goes_back_when_large_blocks_are_the_systems_own() -> None:
    if memory._library("mallopt") is None:
        pytest.skip("the C library takes no options")
    done = subprocess.run(
        [sys.executable, "-c", LARGE_ONES_OF_A_THREAD.replace("{settled}", "True")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert int(done.stdout) < 8_000


def test_where_there_is_no_such_function_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_library", lambda name: None)
    assert memory.give_back() is False
    assert memory.settle() is False


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
    given.clear()
    frozen: list[float] = []
    monkeypatch.setattr(memory, "freeze", lambda: frozen.append(now))
    keeper = memory.Keeper(often=True)
    for _ in range(10):
        keeper.pause()
        now += 0.5
    assert frozen == [130.0] and given == [131.0, 132.0, 133.0, 134.0]


def test_what_re_remembers_does_not_stay() -> None:
    pattern = "|".join(f"value {number}" for number in range(500))
    kept = re.compile(pattern)
    assert re.compile(pattern) is kept
    memory.freeze()
    try:
        assert re.compile(pattern) is not kept
    finally:
        gc.unfreeze()


def test_what_is_frozen_is_looked_at_again_the_next_time() -> None:
    class Ring:
        pass

    gone: list[int] = []
    ring: Any = Ring()
    ring.itself = ring
    weakref.finalize(ring, gone.append, 1)
    memory.freeze()
    try:
        del ring
        gc.collect()
        assert not gone, "what is frozen is not looked at"
        memory.freeze()
        assert gone == [1]
    finally:
        gc.unfreeze()


READ_BEFOREHAND = """
import pkgutil, sys
from hypothesis import given, settings, strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

read = []

def reading(module):
    read.append(module.__name__)
    return Constants()

providers.constants_from_module = reading

import conformance.fuzz
from conformance.fuzz import exploring

exploring.prepare()
names = {one.name for one in pkgutil.walk_packages(conformance.fuzz.__path__, "conformance.fuzz.")}
assert len(names) > 50 and not names - set(sys.modules), names - set(sys.modules)
assert not names - set(read), names - set(read)
read.clear()

@settings(max_examples=50, database=None)
@given(st.lists(st.integers(), min_size=40, max_size=40))
def draw(_):
    pass

draw()
assert not read, read
"""


def test_no_search_has_to_read_sources(tmp_path: Path) -> None:
    """Hypothesis looks for values to try in every module of ours: all of it before the first search."""
    if "site-packages" in memory.__file__:
        pytest.skip("Hypothesis reads no installed module")
    done = subprocess.run(
        [sys.executable, "-c", READ_BEFOREHAND], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
