"""Gives memory back to the system while a campaign goes on.

Messages of every size come and go in several threads; the C library keeps what is freed between what is not, and a soak
of half an hour would look like a leak.

Source: mallopt(3), malloc_trim(3) of the GNU C library.
"""

from __future__ import annotations

import ctypes
import gc
import re
import time
from collections.abc import Callable
from functools import cache

EVERY = 5.0
"""Seconds after which memory is given back. Hypothesis' batches are rings of objects, which the collector leaves for
minutes at a slow pace: the more has come together, the more is held apart by the little that stays."""
OFTEN = 1.0
"""The same in a soak: in five seconds of it, 10 MB of such rings come together, and what they took stays taken."""
LARGE = 128 * 1024
"""Bytes from which a block is the system's own, to which it goes back when it is freed."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


@cache
def _library(name: str) -> Callable[..., int] | None:
    """A function of the GNU C library; None where the C library does not have it."""
    try:
        function: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):
        return None
    return function


def settle() -> bool:
    """Have large blocks go back as soon as they are freed; whether the C library could be told so.

    Left alone it takes the first text of a megabyte that is freed for a sign that many will come: it keeps the next
    ones, and twice as much at the end of each thread's arena, where `malloc_trim` does not look. Threads that are
    started later share one arena: they hold Python's lock anyway, and what one has freed the next can use.
    """
    option = _library("mallopt")
    if option is None:
        return False
    wanted = ((_M_MMAP_THRESHOLD, LARGE), (_M_TRIM_THRESHOLD, LARGE), (_M_ARENA_MAX, 1))
    return [option(number, value) for number, value in wanted] == [1] * len(wanted)


def freeze() -> None:
    """Take what is there by now for what stays, so that the collector need not look at it: until the next call.

    What `re` remembers does not: a report's pattern of all secrets of a case, made anew for each one that is found, is
    kept in up to 512 versions.
    """
    re.purge()
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def give_back() -> bool:
    """Collect garbage and give freed memory back; whether the C library could do so."""
    gc.collect()
    trim = _library("malloc_trim")
    if trim is None:
        return False
    trim(0)
    return True


class Keeper:
    """Gives memory back from time to time."""

    def __init__(self, *, often: bool = False) -> None:
        """`often`: as a soak needs it, every second. What is there when it begins is then taken for what stays."""
        self._every = OFTEN if often else EVERY
        if often:
            freeze()
        self._last = time.monotonic()

    def pause(self) -> bool:
        """Between two examples: give memory back if it is time; whether it was."""
        now = time.monotonic()
        if now < self._last + self._every:
            return False
        give_back()
        self._last = time.monotonic()
        return True
