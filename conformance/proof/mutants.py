"""Every change of a recording that a case should notice: one mutant for each frame and field of the device."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from conformance.ocppj import frames
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry
from conformance.ocppj.versions import Version
from conformance.peers.payload import peek
from conformance.proof.recording import Recording, from_device
from conformance.proof.replay import Change

LATE = timedelta(seconds=30)
"""How late a message about the time before a case may come; what is older is told of on purpose."""
TICK = timedelta(milliseconds=5)
"""Devices round their timestamps down."""
LONG_ARRAY = 3
"""Elements of an array that are changed: the first two and the last stand for the rest."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: `kind` is "drop", "remove" or "set"; `pointer` names the field, "" for a whole frame."""

    kind: str
    entry: int
    action: str
    answer: bool
    pointer: str
    change: Change
    original: Any = None
    """The payload before the change; of a file, what is known of it."""

    @property
    def field(self) -> str:
        """The pointer with array indices as *: what equivalents are named by."""
        return "/".join("*" if part.isdigit() else part for part in self.pointer.split("/"))

    @property
    def message(self) -> str:
        """The message in words: "StatusNotification" or "GetVariables answer"."""
        return f"{self.action} answer" if self.answer else self.action


def mutants_of(recording: Recording, ocpp: Version, schemas: Any) -> Iterator[Mutant]:
    """The mutants of what the device did in the body of the case; set-up queries' answers left out.

    Of frames, and of the files that it brought and fetched. Left out is also what a message says of the time before
    the body began, by its own timestamp: a status after a boot, say, that comes so late that it falls into the case.
    """
    first, last = recording.body
    begun = recording.trace.utc(recording.trace.entries[first].at) - TICK
    quiet = _quiet_calls(recording)
    for entry in recording.trace.entries[first:last]:
        frame = entry.frame
        if entry.kind == "transfer":
            yield from _file_mutants(entry)
        if not from_device(entry, recording.dut.role) or frame is None or entry.answers in quiet:
            continue
        if frame.type not in (frames.CALL, frames.CALLRESULT, frames.CALLERROR) or _of_before(frame, begun):
            continue
        answer = frame.type != frames.CALL
        yield Mutant("drop", entry.index, frame.action, answer, "", Change(entry.index, None), frame.payload)
        if frame.type == frames.CALLERROR or not isinstance(frame.payload, Mapping):
            continue
        action = ocpp.actions[frame.action]
        name = action.response if answer else action.request
        if name is None:
            continue
        schema = schemas.schema(ocpp, name)
        yield from _field_mutants(entry, frame.action, answer, schema)


def _of_before(frame: Frame, begun: datetime) -> bool:
    from conformance.ocppj.datetimes import parse_datetime

    stamp = peek(frame.payload, "timestamp") if frame.type == frames.CALL else None
    told = parse_datetime(stamp) if isinstance(stamp, str) else None
    return told is not None and begun - LATE <= told < begun


def _file_mutants(entry: Entry) -> Iterator[Mutant]:
    """A file that was not fetched, or not brought; and one that came empty, or under another name."""
    data = entry.data
    if not data["complete"]:
        return
    name = f"file {data['method']}"
    yield Mutant("drop", entry.index, name, False, "", Change(entry.index, None), data)
    if data["content"]:
        other = {**data, "path": f"{data['path']}zz", "given_name": data["given_name"] and f"{data['given_name']}zz"}
        yield Mutant("set", entry.index, name, False, "/name", Change(entry.index, other), data)
        empty = {**data, "content": b""}
        yield Mutant("set", entry.index, name, False, "/content", Change(entry.index, empty), data)


def _quiet_calls(recording: Recording) -> set[int | None]:
    quiet: set[int | None] = set()
    silent = False
    for entry in recording.trace.entries:
        if entry.kind == "act":
            silent = bool(entry.data.get("quiet"))
        elif (
            silent
            and entry.frame is not None
            and entry.frame.type == frames.CALL
            and not from_device(entry, recording.dut.role)
        ):
            quiet.add(entry.index)
    return quiet


def _field_mutants(entry: Entry, action: str, answer: bool, schema: Mapping[str, Any]) -> Iterator[Mutant]:
    assert entry.frame is not None
    payload = entry.frame.payload
    for path, value, sub in _fields(payload, schema, schema, ()):
        pointer = "/" + "/".join(str(part) for part in path)
        if not isinstance(path[-1], int):
            removed, parent = _copied_to(payload, path)
            parent.pop(path[-1])
            yield Mutant("remove", entry.index, action, answer, pointer, Change(entry.index, removed), payload)
        other = other_value(value, sub)
        if other is not None:
            changed, parent = _copied_to(payload, path)
            parent[path[-1]] = other
            yield Mutant("set", entry.index, action, answer, pointer, Change(entry.index, changed), payload)


def _copied_to(payload: Any, path: tuple[Any, ...]) -> tuple[Any, Any]:
    """A copy of a payload that shares all but what lies on the way to a field, and the object that holds the field."""
    root = parent = copy.copy(payload)
    for part in path[:-1]:
        parent[part] = copy.copy(parent[part])
        parent = parent[part]
    return root, parent


def _fields(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], Any, Mapping[str, Any]]]:
    schema = _resolved(schema, root)
    if isinstance(value, dict):
        for key, item in value.items():
            sub = _resolved(schema.get("properties", {}).get(key, {}), root)
            yield (*path, key), item, sub
            yield from _fields(item, sub, root, (*path, key))
    elif isinstance(value, list):
        sub = schema.get("items", {})
        chosen = range(len(value)) if len(value) <= LONG_ARRAY else (0, 1, len(value) - 1)
        for index in chosen:
            item = value[index]
            if not isinstance(item, (dict, list)):
                yield (*path, index), item, _resolved(sub, root)
            yield from _fields(item, sub, root, (*path, index))


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    target: Any = root
    for part in reference.removeprefix("#/").split("/"):
        target = target.get(part, {})
    return target if isinstance(target, Mapping) else {}


def other_value(value: Any, schema: Mapping[str, Any]) -> Any:
    """Another value that the schema allows, as different as it gets; None when there is none (objects, arrays)."""
    if isinstance(value, bool):
        return not value
    choices = schema.get("enum")
    if choices:
        others = [one for one in choices if one != value]
        return others[(choices.index(value) if value in choices else 0) % len(others)] if others else None
    if isinstance(value, str):
        limit = schema.get("maxLength", len(value) + 5)
        return next((one for one in _other_texts(value, schema, limit) if one != value and len(one) <= limit), None)
    if isinstance(value, (int, Decimal)):
        lowest, highest = (
            Decimal(str(schema.get(name, value + far))) for name, far in (("minimum", -9), ("maximum", 9))
        )
        return next((value + far for far in (7, -1, 1) if lowest <= value + far <= highest), None)
    return None


def _other_texts(value: str, schema: Mapping[str, Any], limit: int) -> Iterator[str]:
    if schema.get("format") == "date-time":
        from conformance.ocppj.datetimes import parse_datetime

        moment = parse_datetime(value)
        if moment is not None:
            yield (moment - timedelta(days=2)).isoformat().replace("+00:00", "Z")
    if value.lower() in ("true", "false"):
        yield "false" if value.lower() == "true" else "true"
    if value.isdecimal():
        yield str(int(value) + 7)
    for prefix in ("yy", "zz") if value.startswith("zz") else ("zz", "yy"):
        yield (prefix + value)[:limit]
