"""The interpreter's settings while a run lasts: answers leave at once, not when a collector or a thread lets them."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator

SWITCH_INTERVAL = 0.0005
"""Seconds that a busy thread may keep the reader thread waiting; Python's default is ten times that."""
_THRESHOLDS = (500_000, 50, 1000)
_WORTHWHILE = 100_000


@contextlib.contextmanager
def quick_answers() -> Iterator[None]:
    """Inside, the collector leaves the growing trace of a case alone and threads take turns often; restored afterwards.

    What a case leaves is looked at in `between_cases`; the collector's own threshold is for a case that never ends.
    Measured on a 2 KB TransactionEvent: the collector cost 30 of 87 microseconds a round trip, and looking at 6000 of
    them in the middle of a case kept a device waiting for 60 milliseconds.
    """
    before, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
        sys.setswitchinterval(interval)


def between_cases() -> None:
    """Nobody waits for an answer now: have the collector look at what has come together, if that is much.

    Does nothing outside `quick_answers`, where the collector keeps its own pace.
    """
    young, middle, _ = gc.get_count()
    if gc.get_threshold() == _THRESHOLDS and young > _WORTHWHILE:
        gc.collect(1 if middle > _THRESHOLDS[1] else 0)
