"""What the layers of the proof need that takes long: begun with the session, in processes beside the other tests.

It mostly waits for devices, so several run side by side; the layers come last and take what has come of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

import pytest

from conformance.prove import processes

AT_ONCE = 4
"""Processes: they wait more than they work."""


class Background:
    """Work by key, each piece done once."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._work: dict[Any, Future[Any]] = {}

    def begin(self, key: Any, function: Callable[..., Any], *args: Any) -> None:
        """Have a piece of work done, unless it has been asked for before."""
        if key not in self._work:
            self._pool = self._pool or processes(AT_ONCE)
            self._work[key] = self._pool.submit(function, *args)

    def result(self, key: Any) -> Any:
        """What came of a piece of work that was begun; waits for it."""
        return self._work[key].result()

    def stop(self) -> None:
        """End what has not begun."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


KEY: pytest.StashKey[Background] = pytest.StashKey()


def wanted(items: Iterable[pytest.Item], fixture: str) -> list[pytest.Function]:
    """The selected tests that ask for a fixture."""
    return [one for one in items if isinstance(one, pytest.Function) and fixture in one.fixturenames]
