"""The clock of a run: monotonic seconds since its start, real here, virtual where recordings are replayed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What waits and what reads the time, so that a replay can run without waiting."""

    def now(self) -> float:
        """Seconds since the start of the run; never goes back."""
        ...

    def wait(self, condition: threading.Condition, ready: Callable[[], bool], deadline: float) -> bool:
        """Wait until `ready()` or the time `deadline` (seconds on this clock).

        The caller holds `condition`; whoever changes what `ready` looks at notifies it. True if ready, also when it
        became so at the last moment; False only after the deadline has passed.
        """
        ...


class RealClock:
    """Time as it passes."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def now(self) -> float:
        """Seconds since this clock was made."""
        return time.monotonic() - self._start

    def wait(self, condition: threading.Condition, ready: Callable[[], bool], deadline: float) -> bool:
        """See `Clock.wait`. What `ready` raises goes through to the caller."""
        while not ready():
            left = deadline - self.now()
            if left <= 0:
                return False
            condition.wait(min(left, threading.TIMEOUT_MAX))
        return True
