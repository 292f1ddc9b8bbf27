"""Every constraint of every schema, broken once: deterministic, by name, nothing else wrong with the payload.

`constraints` walks a schema and lists what can be broken in it. `broken_requests` and `broken_answers` make examples of
that for one device: the CALLs that it has to accept, and the answers to the CALLs that it sends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.fuzz.example import Text
from conformance.fuzz.samples import Path, Sampler, Schema, resolved

UNKNOWN = "ocppConformance"
"""A member and an enumeration value that no schema knows."""
CUSTOM = "customData"
_RUN = 200
"""From how many repetitions on a long string or array is kept as a unit and a count."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint of a schema, and how it is broken.

    `kind`: what the rows are grouped by: required, empty (all of them at once), maxLength, minItems, maxItems, minimum,
    maximum, multipleOf, enum, format (of a time), uri, type, null, unknown field, field case, value case, customData
    (without its vendorId), payload. `path`: of what is wrong in the payload, through arrays by index 0. `words`: what.
    `violations`: JSON pointer and keyword of everything that a validator finds. `member`: class and member that the
    constraint belongs to, the same wherever the class is used. `required`: whether the member that it is about is.
    """

    kind: str
    path: Path
    words: str
    violations: frozenset[tuple[str, str]]
    member: tuple[str, str]
    required: bool
    _along: Path
    """What has to be there for it to be broken."""
    _at: Path
    """Where `_break` acts: at the value, or at the object around it where a member is the trouble."""
    _break: Callable[[Any], Any]

    @property
    def pointer(self) -> str:
        """JSON pointer of what is wrong."""
        return pointer(self.path)

    @property
    def custom(self) -> bool:
        """Whether it is about the inside of customData."""
        return CUSTOM in self.path[:-1] or self.kind == "customData"

    def payload(self, sampler: Sampler) -> Any:
        """The broken payload, otherwise the sample; shared parts: not to be changed."""
        return _edited(sampler.payload(self._along), self._at, self._break)


def constraints(schema: Schema) -> Iterator[Constraint]:
    """Every constraint of a schema, in the order of its members, an object's own before those of its members."""
    yield from _payload(schema)
    yield from _object(schema, schema, (), "")


def _payload(schema: Schema) -> Iterator[Constraint]:
    def about(kind: str, words: str, broken: Callable[[Any], Any]) -> Constraint:
        return _about(kind, (), words, "type", ("", ""), True, broken, ())

    yield about("payload", "an array around the payload", lambda value: [value])
    yield about("payload", "a string with the payload in it", json.dumps)
    if schema.get("required"):
        # Where nothing is required null stands for {} (1.6J 4.2.1, 2.x part 4 4.1.5).
        yield about("null", "null", _set(None))


def _object(root: Schema, node: Schema, path: Path, name: str) -> Iterator[Constraint]:
    properties: Schema = node.get("properties", {})
    required = node.get("required", ())
    closed = node.get("additionalProperties") is False
    inside = path[-1:] == (CUSTOM,)
    if not path and len(required) > 1:
        gone = frozenset((pointer((*path, member)), "required") for member in required)
        yield Constraint("empty", path, "every field missing", gone, (name, ""), True, path, path, lambda value: {})
    for member in required:
        kind, words = ("customData", "vendorId missing") if inside else ("required", "required missing")
        yield _about(kind, (*path, member), words, "required", (name, member), True, _without(member), path)
    if closed:
        at = (*path, UNKNOWN)
        adding = _with(UNKNOWN, True)
        yield _about("unknown field", at, "unknown field", "additionalProperties", (name, ""), False, adding, path)
    for member, inner in properties.items():
        needed = member in required
        other = _other_case(member)
        wrong = {(pointer((*path, other)), "additionalProperties")} if closed else set()
        if needed:
            wrong.add((pointer((*path, member)), "required"))
        if wrong:
            yield Constraint(
                "field case",
                (*path, other),
                f"{member} written {other}",
                frozenset(wrong),
                (name, member),
                needed,
                (*path, member),
                path,
                _renaming(member, other),
            )
        yield from _member(root, inner, (*path, member), (name, member), needed)


def _member(root: Schema, node: Schema, path: Path, member: tuple[str, str], required: bool) -> Iterator[Constraint]:
    node, name = resolved(root, node)

    def about(kind: str, words: str, keyword: str, value: Any) -> Constraint:
        broken = value if callable(value) else _set(value)
        return _about(kind, path, words, keyword, member, required, broken, path)

    kind = node.get("type")
    if kind is not None:
        for words, value in _WRONG_TYPES[kind]:
            yield about("type", f"{words} for {_A[kind]}", "type", value)
        yield about("null", "null", "type", None)
    yield from _limits(node, about)
    if kind == "object":
        yield from _object(root, node, path, name or pointer(path))
    elif kind == "array":
        yield from _member(root, node["items"], (*path, 0), (member[0], f"{member[1]}/0"), True)


def _limits(node: Schema, about: Callable[[str, str, str, Any], Constraint]) -> Iterator[Constraint]:
    if "maxLength" in node:
        most = node["maxLength"]
        yield about("maxLength", f"{most + 1} characters", "maxLength", _lengthened(most + 1))
    if "enum" in node:
        values = node["enum"]
        yield about("enum", UNKNOWN, "enum", UNKNOWN)
        other = next((_other_case(one) for one in values if _other_case(one) not in values), None)
        if other is not None:
            yield about("value case", f"{other}, in the wrong case", "enum", other)
    if "format" in node:
        kind, wrong = _WRONG_FORMATS[node["format"]]
        for text in wrong:
            yield about(kind, text, "format", text)
    if "minimum" in node:
        yield about("minimum", f"{_number(node['minimum'] - 1)}", "minimum", _number(node["minimum"] - 1))
    if "maximum" in node:
        yield about("maximum", f"{_number(node['maximum'] + 1)}", "maximum", _number(node["maximum"] + 1))
    if "multipleOf" in node:
        between = 16 + float(node["multipleOf"]) / 2
        yield about("multipleOf", f"{between}", "multipleOf", between)
    if node.get("minItems"):
        few = node["minItems"] - 1
        yield about("minItems", f"{few} elements", "minItems", lambda value: value[:few])
    if "maxItems" in node:
        many = node["maxItems"] + 1
        yield about("maxItems", f"{many} elements", "maxItems", lambda value: Run(value[0], many))


def _about(
    kind: str,
    path: Path,
    words: str,
    keyword: str,
    member: tuple[str, str],
    required: bool,
    broken: Callable[[Any], Any],
    at: Path,
) -> Constraint:
    return Constraint(kind, path, words, frozenset({(pointer(path), keyword)}), member, required, at, at, broken)


# ---------------------------------------------------------------------- how values are broken


@dataclass(frozen=True, slots=True)
class Run:
    """An array of `count` times the same element, or (`text`) a string that ends in `count` times a character."""

    element: Any
    count: int
    text: str | None = None


def _set(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


def _lengthened(length: int) -> Callable[[Any], Any]:
    def longer(value: Any) -> Any:
        # What a placeholder becomes has a length of its own.
        begin = "" if "{{" in value else value[:length]
        return Run("x", length - len(begin), begin)

    return longer


def _without(member: str) -> Callable[[Any], Any]:
    return lambda value: {name: item for name, item in value.items() if name != member}


def _with(member: str, given: Any) -> Callable[[Any], Any]:
    return lambda value: {**value, member: given}


def _renaming(member: str, other: str) -> Callable[[Any], Any]:
    return lambda value: {other if name == member else name: item for name, item in value.items()}


def _other_case(name: str) -> str:
    """The same word with the case of its first letter changed, or of all of them where it has only capitals."""
    if name.isupper():
        return name.lower()
    return name[:1].swapcase() + name[1:]


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else value


_A = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "object": "an object",
    "array": "an array",
}
_WRONG_TYPES: dict[str, tuple[tuple[str, Any], ...]] = {
    "string": (("12", 12),),
    "integer": (('"1"', "1"), ("1.5", 1.5)),
    "number": (('"1.5"', "1.5"),),
    "boolean": (('"true"', "true"), ("1", 1)),
    "object": (("an array with it", lambda value: [value]), ("a string", "conformance")),
    # A single element does not stand for a list of one (2.x part 4 4.1.5).
    "array": (("a bare element", lambda value: value[0]),),
}
_WRONG_FORMATS = {
    "date-time": ("format", ("tomorrow", "2026-13-01T12:00:00Z")),
    "uri": ("uri", ("not a location",)),
}


def _edited(value: Any, path: Path, edit: Callable[[Any], Any]) -> Any:
    """A copy with what stands at a path replaced; what is not on the path is shared."""
    if not path:
        return edit(value)
    step = path[0]
    if isinstance(step, int):
        return [*value[:step], _edited(value[step], path[1:], edit), *value[step + 1 :]]
    return {**value, step: _edited(value[step], path[1:], edit)}


def pointer(path: Iterable[str | int]) -> str:
    """JSON pointer of a path (no member of OCPP has a slash or tilde in its name)."""
    return "".join(f"/{step}" for step in path)


# ---------------------------------------------------------------------- as text


def written(payload: Any) -> Text:
    """A payload as JSON, in pieces: what `Run` holds many times is kept once."""
    runs: list[Run] = []

    def default(value: Any) -> Any:
        if not isinstance(value, Run):
            raise TypeError(f"{value!r} is no JSON")
        if value.text is not None and value.count < _RUN:
            return value.text + value.element * value.count
        runs.append(value)
        return _MARK

    text = json.dumps(payload, separators=(",", ":"), default=default)
    if not runs:
        return (text,)
    before, _, after = text.partition(f'"{_MARK}"')
    run = runs[0]
    if run.text is not None:
        return (before + json.dumps(run.text)[:-1], (run.element, run.count), '"' + after)
    element = json.dumps(run.element, separators=(",", ":"))
    return (f"{before}[", (f"{element},", run.count - 1), f"{element}]{after}")


_MARK = "@run@"
