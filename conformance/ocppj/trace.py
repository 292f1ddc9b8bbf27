"""The record of one run: everything that happened on the wire and around it, in order, appended and never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from conformance.ocppj.frames import Frame, Problem, parse

FORMAT = 1
"""Version of the plain form that `Trace.to_json` writes."""

Plain: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Entry:
    """One thing that happened.

    `kind`: "frame", "open", "close", "ping", "pong", "handshake", "act", "transfer" (of a file), "step" or "note".
    `sender` is "CS" or "CSMS" for frames and control frames. `data` belongs to the kind: identity, subprotocol for
    "open"; code, reason for "close"; kind, name, args for "act"; number, text, expect for "step".
    """

    index: int
    at: float
    """Seconds on the clock of the run."""
    kind: str
    sender: str = ""
    connection: int = 0
    frame: Frame | None = None
    data: dict[str, Any] = field(default_factory=dict)
    answers: int | None = None
    """For an answer: the index of the entry that it answers."""


class Trace:
    """Entries in order. Appending is safe from several threads; entries are read without a lock."""

    def __init__(self, epoch: datetime | None = None) -> None:
        """`epoch` is the time of day at time 0, aware; None is now. Raises ValueError if it is naive."""
        if epoch is None:
            epoch = datetime.now(UTC)
        elif epoch.tzinfo is None:
            raise ValueError("a trace needs an aware epoch, with a time zone")
        self.epoch = epoch.astimezone(UTC)
        self.entries: list[Entry] = []

    def add(
        self,
        kind: str,
        at: float,
        *,
        sender: str = "",
        connection: int = 0,
        frame: Frame | None = None,
        data: dict[str, Any] | None = None,
        answers: int | None = None,
    ) -> Entry:
        """Append what happened at `at` (seconds) and return its entry. Nothing is copied."""
        entries = self.entries
        index = len(entries)
        entry = Entry(index, at, kind, sender, connection, frame, {} if data is None else data, answers)
        entries.append(entry)
        # Another thread may have appended in between; then the place is a later one.
        while entries[index] is not entry:
            index += 1
            entry.index = index
        return entry

    def utc(self, at: float) -> datetime:
        """Time of day, in UTC, of a time on the clock of the run."""
        return self.epoch + timedelta(seconds=at)

    def to_json(self) -> Plain:
        """The trace as plain dict, list, str, int, float, bool and None, for the standard `json` module."""
        return {
            "format": FORMAT,
            "epoch": self.epoch.isoformat(),
            "entries": [_entry_to_plain(entry) for entry in self.entries],
        }

    @classmethod
    def from_json(cls, plain: Plain) -> Trace:
        """The trace that `to_json` wrote, equal in every value and type (tuples come back as lists).

        Raises ValueError if `plain` is something else.
        """
        try:
            if plain["format"] != FORMAT:
                raise ValueError(f"a trace of format {plain['format']} cannot be read, only of format {FORMAT}")
            trace = cls(datetime.fromisoformat(plain["epoch"]))
            trace.entries = [_entry_from_plain(index, item) for index, item in enumerate(plain["entries"])]
            _link_requests(trace.entries)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"this is no trace: {type(error).__name__}: {error}") from None
        return trace


def _link_requests(entries: list[Entry]) -> None:
    for entry in entries:
        if entry.frame is not None and entry.answers is not None:
            entry.frame.request = entries[entry.answers].frame


def _entry_to_plain(entry: Entry) -> Plain:
    plain: Plain = {"at": entry.at, "kind": entry.kind}
    if entry.sender:
        plain["sender"] = entry.sender
    if entry.connection:
        plain["connection"] = entry.connection
    if entry.frame is not None:
        plain["frame"] = _frame_to_plain(entry.frame)
    if entry.data:
        plain["data"] = _to_plain(entry.data)
    if entry.answers is not None:
        plain["answers"] = entry.answers
    return plain


def _entry_from_plain(index: int, plain: Plain) -> Entry:
    return Entry(
        index=index,
        at=float(plain["at"]),
        kind=plain["kind"],
        sender=plain.get("sender", ""),
        connection=plain.get("connection", 0),
        frame=_frame_from_plain(plain["frame"]) if "frame" in plain else None,
        data=_from_plain(plain.get("data", {})),
        answers=plain.get("answers"),
    )


def _frame_to_plain(frame: Frame) -> Plain:
    """The text says it all, except for what the wire added (a binary frame) and what correlation filled in."""
    plain: Plain = {"text": frame.text}
    read = parse(frame.text)
    if read.action != frame.action:
        plain["action"] = frame.action
        read.action = frame.action
    if not _same(read, frame):
        plain.update(
            type=frame.type,
            id=frame.id,
            payload=_to_plain(frame.payload),
            error_code=frame.error_code,
            error_description=frame.error_description,
            error_details=_to_plain(frame.error_details),
            problems=[[problem.code, problem.message, problem.pointer] for problem in frame.problems],
        )
    return plain


def _frame_from_plain(plain: Plain) -> Frame:
    if "problems" not in plain:
        frame = parse(plain["text"])
        frame.action = plain.get("action", frame.action)
        return frame
    return Frame(
        type=plain["type"],
        id=plain["id"],
        action=plain.get("action", parse(plain["text"]).action),
        payload=_from_plain(plain["payload"]),
        text=plain["text"],
        error_code=plain["error_code"],
        error_description=plain["error_description"],
        error_details=_from_plain(plain["error_details"]),
        problems=tuple(Problem(*problem) for problem in plain["problems"]),
    )


def _same(one: Frame, other: Frame) -> bool:
    """Equal in values and in the types of numbers: Decimal("1") == 1 == True, but they are not the same."""
    return one == other and repr(one) == repr(other)


def _to_plain(value: Any) -> Any:
    """Values that JSON has no form for stand as an object with one member whose name begins with "$"."""
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$bytes": bytes(value).hex()}
    if isinstance(value, dict):
        plain = {str(key): _to_plain(item) for key, item in value.items()}
        if len(plain) == 1 and next(iter(plain)).startswith("$"):
            return {"$object": plain}
        return plain
    if isinstance(value, str | int | float) or value is None:
        return value
    if isinstance(value, Iterable):
        return [_to_plain(item) for item in value]
    return str(value)


def _from_plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_plain(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            key, content = next(iter(value.items()))
            if key == "$decimal":
                return Decimal(content)
            if key == "$bytes":
                return bytes.fromhex(content)
            if key == "$object":
                return {name: _from_plain(item) for name, item in content.items()}
        return {key: _from_plain(item) for key, item in value.items()}
    return value
