"""Payloads that note which of their fields are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.ocppj import frames
from conformance.ocppj.frames import Frame


class Reads:
    """The fields looked at so far, as (frame number, JSON pointer). Frames are numbered in the order of arrival."""

    def __init__(self, on: bool = True) -> None:
        self.seen: set[tuple[int, str]] = set()
        self.on = on
        self.frame = -1


class TrackingDict(dict[str, Any]):
    """A JSON object that notes the reading of its members.

    `peek` reads without a note; `raw` is the plain object for the schema store, whose checks are no reads.
    """

    __slots__ = ("_frame", "_pointer", "_reads", "raw")

    def __init__(self, plain: dict[str, Any], reads: Reads, frame: int, pointer: str) -> None:
        super().__init__((key, _tracked(value, reads, frame, f"{pointer}/{key}")) for key, value in plain.items())
        self._reads, self._frame, self._pointer, self.raw = reads, frame, pointer, plain

    def _note(self, key: object) -> None:
        if self._reads.on:
            self._reads.seen.add((self._frame, f"{self._pointer}/{key}"))

    def peek(self, key: str, default: Any = None) -> Any:
        """A member, without a note."""
        return dict.get(self, key, default)

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return dict.__getitem__(self, key)

    def get(self, key: str, default: Any = None) -> Any:
        """A member, noted as read."""
        self._note(key)
        return dict.get(self, key, default)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return dict.__contains__(self, key)

    def __iter__(self) -> Iterator[str]:
        for key in dict.__iter__(self):
            self._note(key)
            yield key

    def items(self) -> Any:
        """Members, noted as read."""
        for key in dict.keys(self):
            self._note(key)
        return dict.items(self)

    def values(self) -> Any:
        """Values, noted as read."""
        for key in dict.keys(self):
            self._note(key)
        return dict.values(self)


def _tracked(value: Any, reads: Reads, frame: int, pointer: str) -> Any:
    if isinstance(value, dict):
        return TrackingDict(value, reads, frame, pointer)
    if isinstance(value, list):
        return [_tracked(item, reads, frame, f"{pointer}/{index}") for index, item in enumerate(value)]
    return value


def tracking_parse(reads: Reads) -> Callable[[str | bytes], Frame]:
    """A `frames.parse` whose payloads note what is read of them; `reads.frame` says which frame is being read."""

    def parse(data: str | bytes) -> Frame:
        frame = frames.parse(data)
        if isinstance(frame.payload, dict):
            frame.payload = TrackingDict(frame.payload, reads, reads.frame, "")
        return frame

    return parse
