"""How many different things there were, in memory that does not grow with them."""

from __future__ import annotations

import math

EXACT = 4_000
"""Up to so many they are counted one by one."""
BITS = 1 << 23
_WORD = 0xFFFFFFFFFFFFFFFF


class Distinct:
    """Counts distinct hashes: exactly up to `EXACT`, beyond that by linear counting (Whang and others, 1990).

    Beyond, it takes a mebibyte and is right within one percent up to ten million.
    """

    def __init__(self) -> None:
        self._seen: set[int] | None = set()
        self._bits = bytearray()
        self._ones = 0

    def add(self, number: int) -> None:
        """Note a hash."""
        if self._seen is None:
            self._set(number)
            return
        self._seen.add(number)
        if len(self._seen) > EXACT:
            self._bits = bytearray(BITS // 8)
            seen, self._seen = self._seen, None
            for one in seen:
                self._set(one)

    def _set(self, number: int) -> None:
        # Hashes of neighbours lie too regularly; linear counting wants them as if they were thrown (splitmix64).
        mixed = number & _WORD
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ mixed >> shift) * factor & _WORD
        place = (mixed ^ mixed >> 31) >> 41
        byte, bit = place >> 3, 1 << (place & 7)
        if not self._bits[byte] & bit:
            self._bits[byte] |= bit
            self._ones += 1

    def __len__(self) -> int:
        """How many there were."""
        if self._seen is not None:
            return len(self._seen)
        return round(-BITS * math.log(max(1, BITS - self._ones) / BITS))
