"""Changes of a message: of its payload, its envelope, its text, its bytes; each picks how and where, and says so.

A message on its way through them is first the elements of its array, then a text in which one character stands for
what must not be taken apart: for a placeholder, for a long repetition, for a byte that is no UTF-8. What a change picks
first is the plainest, at the first place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from conformance.fuzz.envelope import UNKNOWN
from conformance.fuzz.example import PLACEHOLDERS, Segment, Text
from conformance.ocppj import frames

_FIRST_PLACEHOLDER = 0xF8A0
_FIRST_RAW = 0xF8C0
_HOLES: Mapping[str, str] = {name: chr(_FIRST_PLACEHOLDER + at) for at, name in enumerate(PLACEHOLDERS)}
"""The character that stands for each placeholder: of a private plane, which no generated text uses."""
_BYTE = 0xDC00
"""Added to a byte that is no UTF-8: as `surrogateescape` does."""


@dataclass
class Draft:
    """A message while it is being changed.

    `elements`: of the message's array; `text`: the message from the moment on when it is changed as a text. `raw`: JSON
    texts (or what is none) that stand in both for one character each. `changes`: what was done.
    """

    elements: list[Any]
    raw: list[Text] = field(default_factory=list)
    text: str | None = None
    changes: list[Change] = field(default_factory=list)

    def hole(self, text: Text) -> str:
        """The character that stands for a text from now on."""
        self.raw.append(text)
        return chr(_FIRST_RAW + len(self.raw) - 1)

    def note(self, kind: str, words: str, pointer: str = "") -> None:
        """Note a change: its kind in one or two words, what was done, and where in the payload."""
        self.changes.append(Change(kind, words, pointer))

    def segments(self) -> Text:
        """The message in the form of `example.Text`."""
        return tuple(_segments(self.as_text, self.raw))

    @property
    def as_text(self) -> str:
        """The message as a text, and as nothing else from now on."""
        if self.text is None:
            self.text = _written(self)
        return self.text


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was done to a message."""

    kind: str
    words: str
    pointer: str = ""


@dataclass
class Pick:
    """The choices of one change: a few numbers, used one after another; 0 when they have run out.

    Every change has as many of them, whatever it does with them, so that shrinking can drop a change or put another
    one in its place without touching the rest.
    """

    numbers: Sequence[int]
    used: int = 0

    def number(self, low: int, high: int) -> int:
        """A number between two, both included; `low` for the first choice."""
        chosen = self.numbers[self.used] if self.used < len(self.numbers) else 0
        self.used += 1
        return low + chosen % (high - low + 1)

    def __call__(self, options: Sequence[Any]) -> Any:
        """One of several, the first for the first choice."""
        return options[self.number(0, len(options) - 1)]


Mutation = Callable[[Pick, Draft], None]


# ---------------------------------------------------------------------- writing


def _written(draft: Draft) -> str:
    """The JSON text of the elements, with a character for each placeholder and each raw value."""
    text = frames.dumps(draft.elements)
    for name, hole in _HOLES.items():
        text = text.replace(name, hole)
    for at in range(len(draft.raw)):
        hole = chr(_FIRST_RAW + at)
        # A raw value stands for itself, not for a string.
        text = text.replace(f'"{hole}"', hole)
    return text


def _segments(text: str, raw: list[Text]) -> Iterator[Segment]:
    """A text with its characters for placeholders, raw values and bytes replaced, in pieces."""
    plain, digits = "", ""
    names = {hole: name for name, hole in _HOLES.items()}
    for letter in text:
        byte = 0x80 <= ord(letter) - _BYTE <= 0xFF
        inside = raw[ord(letter) - _FIRST_RAW] if 0 <= ord(letter) - _FIRST_RAW < len(raw) else None
        if plain and (byte or inside is not None):
            yield plain
            plain = ""
        if digits and not byte:
            yield ("hex", digits, 1)
            digits = ""
        if byte:
            digits += f"{ord(letter) - _BYTE:02x}"
        elif inside is not None:
            yield from inside
        else:
            plain += names.get(letter, letter)
    if digits:
        yield ("hex", digits, 1)
    if plain or not text:
        yield plain


# ---------------------------------------------------------------------- payload


@dataclass(frozen=True, slots=True)
class _Place:
    """A value in a payload: the container that it is in, its key there, and its JSON pointer."""

    container: Any
    key: Any
    pointer: str

    @property
    def value(self) -> Any:
        return self.container[self.key]


def _places(draft: Draft) -> list[_Place]:
    """The values of the message's payload, the payload itself first."""
    if not draft.elements:
        return []
    found = [_Place(draft.elements, len(draft.elements) - 1, "")]
    at = 0
    while at < len(found):
        place = found[at]
        at += 1
        value = place.value
        if isinstance(value, dict):
            found.extend(_Place(value, name, f"{place.pointer}/{_token(name)}") for name in value)
        elif isinstance(value, list):
            found.extend(_Place(value, index, f"{place.pointer}/{index}") for index in range(len(value)))
    return found


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _objects(draft: Draft) -> list[_Place]:
    return [place for place in _places(draft) if isinstance(place.value, dict)]


def _where(place: _Place) -> str:
    return place.pointer or "the payload"


MOST_CHARACTERS = 200_000
"""Characters that a repeated item may come to."""

_ODD: tuple[Any, ...] = (None, True, 0, -1, "", "x", [], {}, 2**31, 2**63, [None], {"": ""}, "\ufffd" * 300)
"""Values of every JSON type."""

_RAW: tuple[tuple[str, Text], ...] = (
    ("NaN", ("NaN",)),
    ("-Infinity", ("-Infinity",)),
    ("1e999", ("1e999",)),
    ("a number with a leading zero", ("01",)),
    ("a number of 5000 digits", (("9", 5000),)),
    ("nothing", ("",)),
    ("a word", ("undefined",)),
    ("a text in single quotes", ("'x'",)),
    ("half a surrogate pair", ('"\\ud800"',)),
    ("U+0000", ('"\\u0000"',)),
    ("a text with a line end in it", ('"a\nb"',)),
    ("an unknown escape", ('"\\x"',)),
    ("a text that does not end", ('"x',)),
    ("64 nested arrays", (("[", 64), ("]", 64))),
    ("10000 nested arrays", (("[", 10_000), ("]", 10_000))),
    ("10000 nested objects", (('{"a":', 10_000), "0", ("}", 10_000))),
    ("a text of 100000 characters", ('"', ("x", 100_000), '"')),
    ("a list of 1000 numbers", ("[0", (",0", 999), "]")),
)
"""What may stand for a value and cannot be written by a JSON writer, or should not be kept in full."""


def _remove(pick: Pick, draft: Draft) -> None:
    places = [place for place in _places(draft) if place.pointer]
    if not places:
        return _add(pick, draft)
    place = pick(places)
    del place.container[place.key]
    draft.note("required", f"{place.pointer} missing", place.pointer)
    return None


def _odd_value(pick: Pick, draft: Draft) -> None:
    place = pick(_places(draft))
    value = deepcopy(pick(_ODD))
    place.container[place.key] = value
    draft.note("type", f"{frames.dumps(value)[:40]} for {_where(place)}", place.pointer)


def _raw_value(pick: Pick, draft: Draft) -> None:
    place = pick(_places(draft))
    words, text = pick(_RAW)
    place.container[place.key] = draft.hole(text)
    draft.note("notation", f"{words} for {_where(place)}", place.pointer)


def _add(pick: Pick, draft: Draft) -> None:
    places = _objects(draft)
    if not places:
        return _odd_value(pick, draft)
    place = pick(places)
    name = pick(("ocppConformance", "", "customData", "__proto__", "$ref", "x" * 300))
    if name not in place.value:
        place.value[name] = deepcopy(pick(_ODD))
    draft.note("unknown field", f"a field {name[:20]!r} in {_where(place)}", f"{place.pointer}/{name[:20]}")
    return None


def _rename(pick: Pick, draft: Draft) -> None:
    places = [place for place in _places(draft) if isinstance(place.key, str)]
    if not places:
        return _add(pick, draft)
    place = pick(places)
    how = pick((str.upper, str.title, lambda name: f"{name} ", lambda name: f"{name}s"))
    changed = {how(name) if name == place.key else name: value for name, value in place.container.items()}
    place.container.clear()
    place.container.update(changed)
    draft.note("field case", f"{place.pointer} named {how(place.key)!r}", place.pointer)
    return None


def _twice(pick: Pick, draft: Draft) -> None:
    """A member that is there a second time, with another value: JSON writers can't, so its object becomes raw text."""
    places = [place for place in _objects(draft) if place.value]
    if not places:
        return _add(pick, draft)
    place = pick(places)
    name = pick(list(place.value))
    value = pick(_ODD)
    inner = _written(Draft([place.value], draft.raw))[1:-1]
    second = f"{frames.dumps(name)}:{frames.dumps(value)}"
    place.container[place.key] = draft.hole(tuple(_segments(f"{{{second},{inner[1:]}", list(draft.raw))))
    draft.note("duplicate key", f"{name[:40]} twice in {_where(place)}", f"{place.pointer}/{_token(name)}")
    return None


def _many(pick: Pick, draft: Draft) -> None:
    places = [place for place in _places(draft) if isinstance(place.value, list) and place.value]
    if not places:
        return _wrap(pick, draft)
    place = pick(places)
    count = pick((2, 0, 100, 1000))
    pieces = tuple(_segments(_written(Draft([place.value[0]], draft.raw))[1:-1], draft.raw))
    if count > 2 and len(pieces) == 1 and isinstance(pieces[0], str):
        item = pieces[0]
        count = max(2, min(count, MOST_CHARACTERS // len(item)))
        place.container[place.key] = draft.hole(("[", (f"{item},", count - 1), f"{item}]"))
    else:
        place.container[place.key] = place.value[:1] * min(count, 2)
    draft.note("maxItems" if count else "minItems", f"{count} times the same in {_where(place)}", place.pointer)
    return None


def _wrap(pick: Pick, draft: Draft) -> None:
    place = pick(_places(draft))
    how = pick(("array", "object", "string"))
    inner: Any = place.value
    wrapped: Any = [inner] if how == "array" else {"value": inner} if how == "object" else frames.dumps(inner)
    place.container[place.key] = wrapped
    draft.note("type", f"{_where(place)} in {'an' if how[0] in 'ao' else 'a'} {how}", place.pointer)


def _stretch(pick: Pick, draft: Draft) -> None:
    places = [place for place in _places(draft) if isinstance(place.value, str)]
    if not places:
        return _odd_value(pick, draft)
    place = pick(places)
    more = pick((" ", "x" * 51, "x" * 2501, "\u0301", "\U0001f50c", "\x1b[2J", "%n", "'--", "\u202e"))
    place.container[place.key] = place.value + more
    draft.note("maxLength", f"{len(more)} more characters in {place.pointer}", place.pointer)
    return None


def _swap(pick: Pick, draft: Draft) -> None:
    places = [place for place in _places(draft) if place.pointer]
    if len(places) < 2:
        return _wrap(pick, draft)
    first = pick(places)
    second = pick([place for place in places if place.container is first.container])
    first_value, second_value = first.value, second.value
    first.container[first.key], second.container[second.key] = second_value, first_value
    draft.note("type", f"{first.pointer} and {second.pointer} swapped", first.pointer)
    return None


# ---------------------------------------------------------------------- envelope


def _odd_type(pick: Pick, draft: Draft) -> None:
    kind = pick((7, 0, 1, 3, 4, 5, 6, -1, 99, "2", None, True))
    if draft.elements:
        draft.elements[0] = kind
    draft.note("message type", f"message type {frames.dumps(kind)}")


def _odd_id(pick: Pick, draft: Draft) -> None:
    id = pick(("", "{{id}}x", "x" * 300, 4711, None, True))
    if len(draft.elements) > 1:
        draft.elements[1] = id
    draft.note("message id", f"message id {frames.dumps(id)[:30]}")


def _odd_action(pick: Pick, draft: Draft) -> None:
    if len(draft.elements) < 3 or not isinstance(draft.elements[2], str):
        return _odd_type(pick, draft)
    name = draft.elements[2]
    odd = (
        UNKNOWN,
        name.lower(),
        f"{name}Request",
        f" {name}",
        "",
        7,
        None,
        [name],
        "BootNotification",
        "Reset",
        "x" * 300,
    )
    draft.elements[2] = pick(odd)
    draft.note("action", f"action {frames.dumps(draft.elements[2])[:40]}")
    return None


def _drop_element(pick: Pick, draft: Draft) -> None:
    if not draft.elements:
        return _append_element(pick, draft)
    at = pick.number(0, len(draft.elements) - 1)
    del draft.elements[at]
    draft.note("elements", f"element {at} missing")
    return None


def _append_element(pick: Pick, draft: Draft) -> None:
    draft.elements.append(pick((None, "", "{{id2}}", 0, True)))
    draft.note("elements", f"one element more: {frames.dumps(draft.elements[-1])}")


def _swap_elements(pick: Pick, draft: Draft) -> None:
    if len(draft.elements) < 2:
        return _append_element(pick, draft)
    at = pick.number(0, len(draft.elements) - 2)
    draft.elements[at : at + 2] = draft.elements[at : at + 2][::-1]
    draft.note("elements", f"elements {at} and {at + 1} swapped")
    return None


def _nest_message(pick: Pick, draft: Draft) -> None:
    draft.elements = [draft.elements] if pick((False, True)) else [*draft.elements[:1], draft.elements]
    draft.note("elements", "the message in itself")


# ---------------------------------------------------------------------- text


def _place_in(pick: Pick, text: str) -> int:
    return pick.number(0, len(text))


def _truncate(pick: Pick, draft: Draft) -> None:
    # Shrinking goes towards losing one character only.
    at = len(draft.as_text) - pick.number(1, max(1, len(draft.as_text)))
    draft.text = draft.as_text[: max(0, at)]
    draft.note("truncated", f"cut behind character {max(0, at)}")


_BITS = (*"]},:\"'\\ \t\0x0-.{[\ufeff\u2028\x1b\u00a0\u200b", "null", "//", "/**/", "\r\n")
"""What is put into a text."""


def _insert(pick: Pick, draft: Draft) -> None:
    bit = pick(_BITS)
    at = _place_in(pick, draft.as_text)
    draft.text = f"{draft.as_text[:at]}{bit}{draft.as_text[at:]}"
    draft.note("text", f"{bit!r} at character {at}")


def _append(pick: Pick, draft: Draft) -> None:
    bit = pick(_BITS)
    draft.text = draft.as_text + bit
    draft.note("trailing bytes", f"{bit!r} at the end")


def _delete(pick: Pick, draft: Draft) -> None:
    at = _place_in(pick, draft.as_text)
    count = pick.number(1, 8)
    gone = draft.as_text[at : at + count]
    draft.text = draft.as_text[:at] + draft.as_text[at + count :]
    draft.note("text", f"{len(gone)} characters missing at character {at}")


def _repeat(pick: Pick, draft: Draft) -> None:
    at = _place_in(pick, draft.as_text)
    count = pick.number(1, 40)
    span = draft.as_text[at : at + count]
    draft.text = draft.as_text[: at + count] + span + draft.as_text[at + count :]
    draft.note("text", f"{len(span)} characters twice at character {at}")


def _flood(pick: Pick, draft: Draft) -> None:
    if len(draft.raw) > 20:
        return _append(pick, draft)
    unit = pick((" ", "[", "\n", '"', "0", "\\", "x", "]"))
    count = pick((100, 10_000, 100_000))
    at = _place_in(pick, draft.as_text)
    draft.text = draft.as_text[:at] + draft.hole(((unit, count),)) + draft.as_text[at:]
    draft.note("size", f"{count} times {unit!r} at character {at}")
    return None


def _other_letter(pick: Pick, draft: Draft) -> None:
    at = _place_in(pick, draft.as_text)
    letter = pick("x0\" ',:")
    draft.text = draft.as_text[:at] + letter + draft.as_text[at + 1 :]
    draft.note("text", f"{letter!r} instead of character {at}")


def _other_quotes(pick: Pick, draft: Draft) -> None:
    other = pick(("'", "", "\u201c", '\\"'))
    draft.text = draft.as_text.replace('"', other)
    draft.note("notation", f"{other!r} for every quotation mark")


def _message_twice(pick: Pick, draft: Draft) -> None:
    between = pick(("", "\n", ",", "\0"))
    draft.text = f"{draft.as_text}{between}{draft.as_text}"
    draft.note("trailing bytes", f"twice in one message, {between!r} between")


# ---------------------------------------------------------------------- bytes


def _bad_bytes(pick: Pick, draft: Draft) -> None:
    bad = pick((b"\xff", b"\x80", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"))
    at = _place_in(pick, draft.as_text)
    draft.text = draft.as_text[:at] + "".join(chr(_BYTE + byte) for byte in bad) + draft.as_text[at:]
    draft.note("invalid UTF-8", f"bytes {bad.hex()} at character {at}")


def _flip(pick: Pick, draft: Draft) -> None:
    at = _place_in(pick, draft.as_text)
    bit = pick.number(0, 7)
    letter = draft.as_text[at : at + 1]
    if not letter or not letter.isascii():
        return _bad_bytes(pick, draft)
    flipped = ord(letter) ^ (1 << bit)
    draft.text = draft.as_text[:at] + chr(flipped if flipped < 0x80 else _BYTE + flipped) + draft.as_text[at + 1 :]
    draft.note("bytes", f"bit {bit} of character {at} flipped")
    return None


LAYERS: tuple[tuple[Mutation, ...], ...] = (
    (_remove, _odd_value, _add, _rename, _raw_value, _twice, _many, _wrap, _stretch, _swap),
    (_odd_type, _odd_id, _odd_action, _drop_element, _append_element, _swap_elements, _nest_message),
    # Bytes that are no UTF-8 end the connection, which costs time: they are no layer of their own.
    (
        _truncate,
        _append,
        _insert,
        _delete,
        _repeat,
        _other_letter,
        _other_quotes,
        _message_twice,
        _flood,
        _flip,
        _bad_bytes,
    ),
)
"""Changes of the payload, of the envelope, of the text and its bytes: from the inside out."""
