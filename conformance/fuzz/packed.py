"""A long list of alike records in little memory."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar, overload

RECENT = 64
"""Records at the end that are kept as they are, at the least; and how many are packed at once."""

T = TypeVar("T")


class Packed(Sequence[T], Generic[T]):
    """Records of a class whose `__slots__` hold plain JSON values, to which records are added at the end.

    A negative test's rows are thousands of nearly the same words: packed they take a tenth of the memory. Those at the
    end may still be changed; what is read of the others is a copy each time.
    """

    def __init__(self, kind: type[T], records: Iterable[T] = ()) -> None:
        """`kind`: the class, which takes its slots in their order."""
        self._kind = kind
        self._names: tuple[str, ...] = tuple(kind.__slots__)  # type: ignore[attr-defined]
        self._blocks: list[bytes] = []
        self.recent: list[T] = []
        """The last ones, at least `RECENT` of them if there are so many."""
        for one in records:
            self.append(one)

    def append(self, record: T) -> None:
        """Add one at the end."""
        self.recent.append(record)
        if len(self.recent) >= 2 * RECENT:
            values = [[getattr(one, name) for name in self._names] for one in self.recent[:RECENT]]
            self._blocks.append(zlib.compress(json.dumps(values).encode("ascii"), 6))
            del self.recent[:RECENT]

    def _block(self, number: int) -> Iterator[T]:
        values: list[list[Any]] = json.loads(zlib.decompress(self._blocks[number]))
        return (self._kind(*one) for one in values)

    def __iter__(self) -> Iterator[T]:
        for number in range(len(self._blocks)):
            yield from self._block(number)
        yield from self.recent

    def __len__(self) -> int:
        return RECENT * len(self._blocks) + len(self.recent)

    @overload
    def __getitem__(self, at: int) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> list[T]: ...

    def __getitem__(self, at: int | slice) -> T | list[T]:
        if isinstance(at, slice):
            return list(self)[at]
        place = range(len(self))[at]
        number, inside = divmod(place, RECENT)
        if number >= len(self._blocks):
            return self.recent[place - RECENT * len(self._blocks)]
        return next(islice(self._block(number), inside, None))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Packed({list(self)!r})"
