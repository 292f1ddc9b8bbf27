"""What the layers of the proof need that takes long: begun with the session, in processes beside the other tests.

It mostly waits for devices, so several run side by side; the layers come last and take what has come of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

import pytest

from conformance.prove import processes

AT_ONCE = {"work": 3, "wait": 8}
"""Processes for what works more than it waits, and for what waits more than it works."""


class Background:
    """Work by key, each piece done once."""

    def __init__(self) -> None:
        self._pools: dict[str, ProcessPoolExecutor] = {}
        self._work: dict[Any, Future[Any]] = {}

    def begin(self, kind: str, key: Any, function: Callable[..., Any], *args: Any) -> None:
        """Have a piece of work done, unless it has been asked for before; `kind` is one of AT_ONCE."""
        if key not in self._work:
            pool = self._pools.get(kind)
            if pool is None:
                pool = self._pools[kind] = processes(AT_ONCE[kind])
            self._work[key] = pool.submit(function, *args)

    def result(self, key: Any) -> Any:
        """What came of a piece of work that was begun; waits for it."""
        return self._work[key].result()

    def stop(self) -> None:
        """End what has not begun."""
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)


def wanted(items: Iterable[pytest.Item], fixture: str) -> list[pytest.Function]:
    """The selected tests that ask for a fixture."""
    return [one for one in items if isinstance(one, pytest.Function) and fixture in one.fixturenames]
