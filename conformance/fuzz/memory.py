"""Gives memory back to the system while a campaign goes on.

Messages of every size come and go in several threads; the C library keeps what is freed between what is not, and a soak
of half an hour would look like a leak.
"""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from functools import cache

EVERY = 5.0
"""Seconds after which memory is given back. Hypothesis' batches are rings of objects, which the collector leaves for
minutes at a slow pace: the more has come together, the more is held apart by the little that stays."""


@cache
def _trim() -> Callable[[int], int] | None:
    """`malloc_trim` of the GNU C library; None where the C library has none."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None
    return trim


def give_back() -> bool:
    """Collect garbage and give freed memory back; whether the C library could do so."""
    gc.collect()
    trim = _trim()
    if trim is None:
        return False
    trim(0)
    return True


class Keeper:
    """Gives memory back from time to time."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def pause(self) -> bool:
        """Between two examples: give memory back if it is time; whether it was."""
        now = time.monotonic()
        if now < self._last + EVERY:
            return False
        give_back()
        self._last = time.monotonic()
        return True
