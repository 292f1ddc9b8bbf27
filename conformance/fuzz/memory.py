"""Gives memory back to the system while a campaign goes on.

Messages of every size come and go in several threads; the C library keeps what is freed between what is not, and a soak
of half an hour would look like a leak.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from functools import cache

EXAMPLES = 500
"""Examples after which memory is given back; it takes some milliseconds."""


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
