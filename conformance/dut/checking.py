"""Check a description against the table of keys, and collect what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.dut import keys
from conformance.dut.errors import DescriptionProblem, nearest

WORDS = {
    "text": "a text",
    "texts": "a list of texts",
    "argv": "a list of texts",
    "bool": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "token": 'a token { idToken = "...", type = "ISO14443" }',
    "connectors": "a list of [evseId, connectorId] pairs",
    "versions": "a list of OCPP versions",
    "table": "a table",
}
"""What to write for a key of each kind."""


PLACEHOLDER = "..."
"""How a text ends that only shows where something is to be written."""


@dataclass(slots=True)
class Checks:
    """A description while it is read: its content, where its lines stand, and the problems so far by line."""

    content: Mapping[str, Any]
    source: str
    lines: Mapping[str, int]
    found: list[tuple[int, DescriptionProblem]] = field(default_factory=list)
    _unfilled: set[str] = field(default_factory=set)
    """Places of placeholders: what else is wrong there follows from that."""

    @property
    def problems(self) -> list[DescriptionProblem]:
        """What is wrong, in the order of the file; what has no line of its own comes first."""
        return [problem for _, problem in sorted(self.found, key=lambda entry: entry[0])]

    def _where(self, path: str) -> tuple[int, str]:
        line = self.lines.get(path, 0)
        table, _, key = path.rpartition(".")
        if table.startswith("features") or path.startswith("features."):
            table, key = "features", path[len("features.") :]
        name = f"[{table}] {key}" if table else f"[{key}]"
        return line, f"{self.source}:{line} {name}" if line else f"{self.source} {name}"

    def problem(self, path: str, what: str, fix: str) -> None:
        """Something is wrong at `path`, such as "device.role" or "expected_failures[0].id"."""
        if path in self._unfilled:
            return
        line, where = self._where(path)
        self.found.append((line, DescriptionProblem(where, what, fix)))

    def unknown(self, path: str, what: str, name: str, known: Iterable[str]) -> None:
        """There is no `what` of that name; the nearest known one is offered."""
        known = tuple(known)
        self.problem(path, f'there is no {what} "{name}"', nearest(name, known) or "remove it")

    def sections(self) -> None:
        """Every section must be one of the table, `features` or `operators`."""
        known = [section.name for section in keys.SECTIONS] + ["features", "operators"]
        for name in self.content:
            if name not in known:
                self.unknown(name, "section", name, known)

    def placeholders(self) -> None:
        """What `init` or a page of the documentation left to be filled in must not be taken for an answer."""
        for path, value in _texts(self.content):
            if value.strip().endswith(PLACEHOLDER):
                fix = "write what the device has, or put # before the line"
                self.problem(path, f"{shown(value)} is a placeholder", fix)
                self._unfilled.add(path)

    def raw(self, name: str) -> dict[str, Any]:
        """A section as it stands in the file; empty if it does not, or is no table."""
        table = self.content.get(name, {})
        if isinstance(table, dict):
            return table
        self.problem(name, f"it is {described(table)}, not a table", f"write it as a section: [{name}]")
        return {}

    def table(
        self, section: keys.Section, path: str, role: str | None = None, raw: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The section's values by key, checked, defaults filled in."""
        raw = self.raw(path) if raw is None else raw
        for name in raw:
            key = section.key(name)
            if key is None:
                self.unknown(f"{path}.{name}", "key", name, [known.name for known in section.keys])
            elif key.role and role and key.role != role:
                tested = "a charging station" if role == "CS" else "a CSMS"
                self.problem(f"{path}.{name}", f"it has no meaning when {tested} is under test", "remove it")
        return {key.name: self._value(key, raw, path) for key in section.keys}

    def _value(self, key: keys.Key, raw: Mapping[str, Any], path: str) -> Any:
        place = f"{path}.{key.name}"
        if key.name not in raw:
            if key.default is keys.REQUIRED:
                self.problem(place, "it is missing", f"add: {key.name} = {key.example or _example(key)}")
                return None
            return key.default
        value = raw[key.name]
        if not _is_a(key.kind, value):
            self.problem(place, f"it is {described(value)}", f"write {WORDS[key.kind]}{_such_as(key)}")
            return key.default if key.default is not keys.REQUIRED else None
        if isinstance(value, list) and key.kind != "connectors":
            value = tuple(value)
        for one in value if isinstance(value, tuple) else (value,):
            if key.choices and one not in key.choices:
                self._not_a_choice(place, one, key.choices)
                return key.default if key.default is not keys.REQUIRED else None
        self._bounds(place, key, value)
        return value

    def _not_a_choice(self, place: str, value: object, choices: tuple[str | int, ...]) -> None:
        close = nearest(value, map(str, choices)) if isinstance(value, str) else ""
        fix = close if close.startswith("did") else "use one of " + ", ".join(map(shown, choices))
        self.problem(place, f"{shown(value)} is not possible", fix)

    def _bounds(self, place: str, key: keys.Key, value: Any) -> None:
        if key.lowest is None or isinstance(value, bool) or not isinstance(value, (int, float)):
            return
        highest = key.highest if key.highest is not None else float("inf")
        if not key.lowest <= value <= highest:
            unit = f" {key.unit}" if key.unit else ""
            self.problem(place, f"{value} is out of bounds", f"use {key.lowest:g} to {highest:g}{unit}")


def _texts(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text of the file with the place of its key: what stands inside a key's own value has the key's place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            at_top = depth < 2 or path.startswith(("features", "operator"))
            yield from _texts(inner, (f"{path}.{name}" if path else name) if at_top else path, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{index}]" if isinstance(inner, Mapping) else path, depth)


def _is_a(kind: keys.Kind, value: Any) -> bool:
    if kind == "text":
        return isinstance(value, str)
    if kind in ("texts", "versions", "argv"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
    if kind == "connectors":
        return isinstance(value, list) and all(
            isinstance(pair, list) and len(pair) == 2 and all(type(number) is int for number in pair) for pair in value
        )
    return isinstance(value, dict)


def described(value: Any) -> str:
    """A value of the file in words: what it is, and how it reads."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, list):
        return f"the list {shown(value)}"
    return "a table" if isinstance(value, dict) else f"{value}"


def shown(value: object) -> str:
    """A value as it is written, cut at 60 characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def _example(key: keys.Key) -> str:
    return (
        shown(key.choices[0])
        if key.choices
        else {"text": '"..."', "token": '{ idToken = "...", type = "ISO14443" }'}.get(key.kind, "...")
    )


def _such_as(key: keys.Key) -> str:
    return f", for example {key.example}" if key.example and key.kind != "token" else ""
