"""Valid messages of every official schema, drawn by Hypothesis from values that matter.

`message` makes a strategy for a schema; `specimens` makes a few payloads of it without chance, one for each theme. Both
read one tree, compiled once from the schema: what a field may hold comes from `fields`, what the prose asks beyond the
schema from `prose`. Few draws make a message (one for all optional members of an object, one for most values), the
first choice is always the plainest, and lists are short, so that messages come fast and shrink well.

The schemas use type, properties, required, items, enum, format and bounds; no pattern, no anyOf, oneOf or allOf, and
no recursion. Anything else raises NotImplementedError here, instead of being ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from hypothesis import strategies as st

from conformance.fuzz import values
from conformance.fuzz.fields import Place, pool_of
from conformance.fuzz.known import Known
from conformance.fuzz.linked import ABSENT, Link, links_of
from conformance.fuzz.prose import Mend, Scene, mend_of
from conformance.fuzz.values import FURTHER, Pool
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import Version

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Source(Protocol):
    """Where schemas come from; `fuzz.target` of a case is one."""

    @property
    def version(self) -> Version:
        """The version whose messages are wanted."""

    @property
    def schemas(self) -> SchemaStore:
        """The store of its schemas."""


@dataclass(frozen=True, slots=True)
class Schemas:
    """A source without a device."""

    version: Version
    schemas: SchemaStore


@dataclass(frozen=True, slots=True)
class Theme:
    """What all values of a specimen have in common.

    `values`: name of the theme of its values (`values.Pool.themes`); `optional`: whether optional members are there;
    `lists`: which size lists have: 0 the smallest, 1 one less than the largest, 2 the largest (where that is bounded).
    """

    name: str
    values: str = values.PLAIN
    optional: bool = True
    lists: int = 0


THEMES: tuple[Theme, ...] = (
    Theme("only what is required", optional=False),
    Theme("every field"),
    Theme("texts as long as allowed", values.LONGEST),
    Theme("texts one character shorter than allowed", values.BELOW),
    Theme("empty texts", values.EMPTY),
    Theme("letters beyond ASCII", values.LETTERS),
    Theme("characters beyond the basic plane", values.ASTRAL),
    Theme("as many characters beyond the basic plane as allowed", values.ASTRAL_LONGEST),
    Theme("combined characters", values.COMBINING),
    Theme("letters from right to left", values.LEFTWARDS),
    Theme("control characters", values.CONTROL),
    Theme("quotes, escapes and markup", values.QUOTES),
    Theme("the smallest numbers", values.LOWEST),
    Theme("the largest numbers", values.HIGHEST),
    Theme("huge numbers", values.HUGE),
    Theme("numbers close to zero", values.SMALL),
    Theme("whole numbers with a point", values.INTEGRAL),
    Theme("numbers with an exponent", values.EXPONENT),
    Theme("29 February", values.LEAP_DAY),
    Theme("times with an offset", values.OFFSET),
    Theme("fractions", values.FRACTION),
    Theme("times long ago", values.PAST),
    Theme("times far ahead", values.FUTURE),
    Theme("lists one element shorter than allowed", optional=False, lists=1),
    Theme("lists as long as allowed", optional=False, lists=2),
)


def message(source: Source, schema: str, *, known: Known | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Valid payloads of a schema, by its name in `Version.schemas`, such as "ResetRequest" (1.6: "Reset").

    They are legal too, as far as one message can be, and refer to what `known` knows; with `Known.of(dut)` they hold
    placeholders and are valid once these are filled. Raises KeyError for a name that the version does not have.
    """
    return _drawn(_tree(source, schema, known or Known()))


def specimens(source: Source, schema: str, *, known: Known | None = None) -> dict[str, dict[str, Any]]:
    """One valid payload for each theme in which this schema has something of its own, by the theme's name."""
    tree = _tree(source, schema, known or Known())
    made: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    for theme in THEMES:
        payload = tree.themed(theme)
        written = repr(payload)
        if written not in seen:
            seen.add(written)
            made[theme.name] = payload
    return made


@st.composite
def _drawn(draw: Draw, tree: Record) -> Any:
    return tree.drawn(draw)


# ------------------------------------------------------------------ the tree

_FREE = object()
"""Drawn from a pool: draw from its range instead."""


class Leaf:
    """A value that is neither an object nor an array."""

    size = 1

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._strategy, self._range = _strategies(pool)

    def drawn(self, draw: Draw) -> Any:
        """A value that Hypothesis chooses."""
        value = draw(self._strategy)
        if value is _FREE:
            return draw(self._range)
        return _copy(value)

    def themed(self, theme: Theme) -> Any:
        """The value that shows a theme."""
        return _copy(self.pool.themed(theme.values))


class Array:
    """A list of values of one kind."""

    def __init__(self, item: Node, low: int, high: int | None) -> None:
        self.item, self.low, self.high = item, low, high
        self.size: int = 1 + 2 * item.size
        sizes = [low] * 6 + [low + 1] * 4 + [low + 2] * 2
        if high is not None:
            sizes = [min(size, high) for size in sizes]
            if high <= _LONG:
                sizes += [max(low, high - 1), high]
        self._sizes = st.sampled_from(tuple(sizes))
        self._scalar = isinstance(item, Leaf)

    def drawn(self, draw: Draw) -> Any:
        """A list that Hypothesis chooses: at most three elements of their own, repeated as often as it takes."""
        size = draw(self._sizes)
        item = self.item
        return self._distinct(_repeated([item.drawn(draw) for _ in range(min(size, 3))], size))

    def themed(self, theme: Theme) -> Any:
        """A list of the size that the theme wants."""
        size = self.low
        if theme.lists and self.high is not None:
            size = max(self.low, self.high - (theme.lists == 1))
        elif theme.optional or theme.lists:
            size = max(size, 1)
        return self._distinct(_repeated([self.item.themed(theme)], size), size)

    def _distinct(self, items: list[Any], size: int = 0) -> list[Any]:
        if not self._scalar or len(items) < 2:
            return items
        kept = list({repr(item): item for item in items}.values())
        if size > len(kept) and isinstance(self.item, Leaf):
            others = [one for one in self.item.pool.values if repr(one) not in map(repr, kept)]
            kept += others[: size - len(kept)]
        return kept


class Record:
    """An object."""

    def __init__(self, required: list[tuple[str, Node]], optional: list[tuple[str, Node]], depth: int) -> None:
        self.required, self.optional = required, optional
        self.links: list[_Linked] = []
        self.mends: list[Mend] = []
        self.scene = Scene("", Known())
        self.size: int = 1 + sum(node.size for _, node in (*required, *optional))
        self._masks = st.sampled_from(_masks(optional, depth)) if optional else None

    def drawn(self, draw: Draw) -> Any:
        """An object that Hypothesis chooses: one draw says which optional members it has."""
        value: dict[str, Any] = {}
        given: dict[str, Any] = {}
        for link in self.links:
            given.update(link.drawn(draw))
        members = [*self.required, *(draw(self._masks) if self._masks is not None else ())]
        for name, node in members:
            if name not in given:
                value[name] = node.drawn(draw)
        return self._finished(value, given)

    def themed(self, theme: Theme) -> Any:
        """The object that shows a theme."""
        value: dict[str, Any] = {}
        given: dict[str, Any] = {}
        for link in self.links:
            given.update(link.themed(theme))
        for name, node in [*self.required, *(self.optional if theme.optional else ())]:
            if name not in given:
                value[name] = node.themed(theme)
        return self._finished(value, given)

    def _finished(self, value: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        for name, one in given.items():
            if one is not ABSENT:
                value[name] = one
        for mend in self.mends:
            mend(value, self.scene)
        return value


class _Linked:
    """Members that are drawn together."""

    def __init__(self, link: Link) -> None:
        self.link = link
        choices = (*link.pool.values, *((_FREE,) * 2 if link.free else ()))
        self._strategy = st.sampled_from(choices)

    def drawn(self, draw: Draw) -> dict[str, Any]:
        row = draw(self._strategy)
        return {} if row is _FREE else self._named(row)

    def themed(self, theme: Theme) -> dict[str, Any]:
        if self.link.free and theme.values != values.PLAIN:
            return {}
        return self._named(self.link.pool.themed(theme.values))

    def _named(self, row: tuple[Any, ...]) -> dict[str, Any]:
        return {name: _copy(value) for name, value in zip(self.link.names, row, strict=True)}


Node = Leaf | Array | Record

_LONG = 24
"""Elements that a list may have when it is drawn; longer ones are for specimens."""
_CHEAP = 60
"""Values that all optional members of an object may come to, for them to be drawn all at once."""


def _masks(optional: list[tuple[str, Node]], depth: int) -> tuple[tuple[tuple[str, Node], ...], ...]:
    """Which optional members an object may have: none, each alone, some two, all; customData and further members
    of open objects less often, and all of it less often the deeper it lies."""
    main = [one for one in optional if one[0] != "customData"]
    custom = [one for one in optional if one[0] == "customData"]
    rows: list[tuple[tuple[str, Node], ...]] = [()] * (2 + len(main) * (1 + depth) // 2)
    rows += [(one,) for one in main]
    for step in (1, 2):
        rows += [(one, two) for one, two in zip(main, main[step:], strict=False)] if depth < 2 else []
    if main and sum(node.size for _, node in main) <= _CHEAP * (3 if depth == 0 else 1):
        rows += [tuple(main)] * (2 if depth < 2 else 1)
        rows += [(*main, *custom)]
    rows += [tuple(custom)] if custom else []
    if not main:
        rows += [()] * 4
    return tuple(rows)


def _repeated(items: list[Any], size: int) -> list[Any]:
    if not items:
        return []
    return [items[index] if index < len(items) else _copy(items[index % len(items)]) for index in range(size)]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


# ------------------------------------------------------------------ values as strategies

_MADE: dict[int, tuple[Pool, st.SearchStrategy[Any], st.SearchStrategy[Any]]] = {}


def _strategies(pool: Pool) -> tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]:
    """How a pool is drawn from: one of its values or `_FREE`, and its range. Pools are shared, so are strategies."""
    made = _MADE.get(id(pool))
    if made is None or made[0] is not pool:
        range_ = _range(pool)
        choices = pool.values if range_ is None else (*pool.values, _FREE, _FREE)
        made = _MADE[id(pool)] = (pool, st.sampled_from(choices), range_ if range_ is not None else st.nothing())
    return made[1], made[2]


def _range(pool: Pool) -> st.SearchStrategy[Any] | None:
    if pool.free is None:
        return None
    kind, first, second = pool.free
    if kind == "integer":
        return st.integers(first, second)
    if kind == "decimal":
        return st.integers(*first).map(lambda units: Decimal(units).scaleb(-second))
    if kind == "time":
        return st.integers(first, second).map(_written)
    # Not st.text: Hypothesis would first work out a table of all of Unicode, for seconds, and write it to a folder.
    letters = first.replace("{", "").replace("}", "")
    return st.lists(st.sampled_from(letters), min_size=1, max_size=second).map("".join)


def _written(seconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# ------------------------------------------------------------------ compiling

_TREES: WeakKeyDictionary[SchemaStore, dict[tuple[str, str, Known], Record]] = WeakKeyDictionary()


def _tree(source: Source, schema: str, known: Known) -> Record:
    trees = _TREES.setdefault(source.schemas, {})
    key = (source.version.id, schema, known)
    tree = trees.get(key)
    if tree is None:
        tree = trees[key] = _Compiler(source, schema, known).root()
    return tree


_KEYWORDS = frozenset(
    {
        *("$schema", "$id", "id", "title", "comment", "description", "javaType", "definitions", "default", "$ref"),
        *("type", "properties", "required", "additionalProperties", "items", "additionalItems", "enum", "format"),
        *("minItems", "maxItems", "maxLength", "minimum", "maximum", "multipleOf", "tsEnumNames"),
    }
)
_NOT_EMPTY = frozenset({"meterValue", "sampledValue", "chargingSchedulePeriod"})
"""Lists of 1.6 that have an element at least, although its schemas do not count (6.31, 7.13, 7.33)."""


def sender_of(version: Version, schema: str) -> str:
    """Who sends messages of a schema: "CS" or "CSMS" (of DataTransfer, which both send: "CSMS")."""
    for action in version.actions.values():
        if schema == action.request:
            return "CS" if action.sender == "CS" else "CSMS"
        if schema == action.response:
            return "CS" if action.sender != "CS" else "CSMS"
    raise KeyError(schema)


@dataclass
class _Compiler:
    """Makes the tree of one schema."""

    source: Source
    schema: str
    known: Known
    _done: dict[str, Node] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def root(self) -> Record:
        version = self.source.version
        self._whole = self.source.schemas.schema(version, self.schema)
        self._sender = sender_of(version, self.schema)
        return self._record(self._whole, self.schema, self.schema, 0)

    def _node(self, node: Mapping[str, Any], owner: str, name: str, depth: int) -> Node:
        if "$ref" in node:
            reference = str(node["$ref"]).rpartition("/")[2]
            target = self._whole["definitions"][reference]
            if target.get("type") != "object":
                return self._node(target, owner, name, depth)
            # The same class may lie at several depths; a place of its own costs more than it is worth.
            if reference not in self._done:
                if reference in self._open:
                    raise NotImplementedError(f"{self.schema}: {reference} contains itself")
                self._open.add(reference)
                self._done[reference] = self._record(target, reference, reference, depth)
            return self._done[reference]
        unknown = set(node) - _KEYWORDS
        if unknown:
            raise NotImplementedError(f"{self.schema}: {', '.join(sorted(unknown))} at {owner}.{name}")
        kind = node.get("type")
        if kind == "object":
            return self._record(node, f"{owner}.{name}", name, depth)
        if kind == "array":
            low = node.get("minItems", 1 if name in _NOT_EMPTY else 0)
            return Array(self._node(node["items"], owner, name, depth), low, node.get("maxItems"))
        version = self.source.version
        draft = version.schemas[self.schema].draft
        place = Place(version, self.schema, draft, self._sender, owner, name, node, self.known)
        return Leaf(pool_of(place))

    def _record(self, node: Mapping[str, Any], owner: str, name: str, depth: int) -> Record:
        needed = node.get("required", ())
        members = [(one, self._node(part, owner, one, depth + 1)) for one, part in node.get("properties", {}).items()]
        optional = [one for one in members if one[0] not in needed]
        if node.get("additionalProperties") is not False:
            optional += [(one, Leaf(FURTHER)) for one in _MEMBERS]
        record = Record([one for one in members if one[0] in needed], optional, depth)
        record.scene = Scene(self._sender, self.known)
        family = self.source.version.family
        record.mends = [one for one in (mend_of(family, name),) if one is not None]
        record.links = [_Linked(one) for one in links_of(family, name, node, self._sender, self.known)]
        return record


_MEMBERS = ("conformance", "", "Zürich \U0001f50c")
"""Names of members that an open object (customData) has beside its own."""
