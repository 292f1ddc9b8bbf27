"""Laying out a frame's text for reading without changing a character of its values.

The text is cut into tokens, never parsed into values: duplicate keys, the way a number was written and the escapes of
a string stay as they were on the wire. Only the blank space between tokens is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+)', re.DOTALL)
_DEPTH = 40
_ONE_LINE = 88
_PAYLOAD_AT = {2: "/3", 3: "/2", 6: "/3"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text, and whether it holds the value that is pointed at."""

    text: str
    marked: bool = False


@dataclass(slots=True)
class _Node:
    pointer: str
    key: str = ""
    text: str = ""
    brackets: str = ""
    children: list[_Node] = field(default_factory=list)

    def flat(self) -> str:
        inner = self.text if not self.brackets else ",".join(child.flat() for child in self.children)
        return f"{self.key}{self.brackets[:1]}{inner}{self.brackets[1:]}"


class _Malformed(Exception):
    pass


def _read(tokens: Iterator[str], token: str, pointer: str, key: str, depth: int) -> _Node:
    if depth > _DEPTH:
        raise _Malformed
    if token not in "{[":
        if token in "}]:,":
            raise _Malformed
        return _Node(pointer, key, token)
    close = "}" if token == "{" else "]"
    node = _Node(pointer, key, brackets=token + close)
    token = next(tokens)
    while token != close:
        name, child_key = str(len(node.children)), ""
        if close == "}":
            if not token.startswith('"') or next(tokens) != ":":
                raise _Malformed
            name, child_key = token[1:-1].replace("~", "~0").replace("/", "~1"), f"{token}: "
            token = next(tokens)
        node.children.append(_read(tokens, token, f"{pointer}/{name}", child_key, depth + 1))
        token = next(tokens)
        if token == ",":
            token = next(tokens)
            if token == close:
                raise _Malformed
        elif token != close:
            raise _Malformed
    return node


def _tree(text: str) -> _Node | None:
    tokens, end = [], 0
    while end < len(text) and (match := _TOKEN.match(text, end)):
        tokens.append(match.group(1))
        end = match.end()
    if text[end:].strip() or not tokens:
        return None
    rest = iter(tokens)
    try:
        root = _read(rest, next(rest), "", "", 0)
    except (_Malformed, StopIteration):
        return None
    return root if next(rest, None) is None else None


def _lay_out(node: _Node, indent: int, tail: str, pointers: frozenset[str]) -> Iterator[Line]:
    start = "  " * indent
    inside = any(pointer.startswith(f"{node.pointer}/") for pointer in pointers)
    hit = node.pointer in pointers
    flat = node.flat()
    if not node.children or (len(flat) + len(start) <= _ONE_LINE and not inside):
        yield Line(f"{start}{flat}{tail}", hit)
        return
    head, children = "", node.children
    if indent == 0:
        # Message type, id and action of a frame stand on one line, as one reads them.
        while len(children) > 1 and not children[0].brackets and children[0].pointer not in pointers:
            head += f"{children[0].flat()}, "
            children = children[1:]
    yield Line(f"{start}{node.key}{node.brackets[0]}{head}".rstrip(), hit)
    for position, child in enumerate(children, 1):
        yield from _lay_out(child, indent + 1, "," if position < len(children) else "", pointers)
    yield Line(f"{start}{node.brackets[1]}{tail}", False)


def _nearest(root: _Node, pointer: str) -> str:
    """The pointer itself, or that of the nearest container that exists: a missing field marks its object."""
    known = set()
    stack = [root]
    while stack:
        node = stack.pop()
        known.add(node.pointer)
        stack += node.children
    while pointer and pointer not in known:
        pointer = pointer.rpartition("/")[0]
    return pointer


def layout(text: str, type_number: int | None = None, pointers: tuple[str, ...] = ()) -> list[Line]:
    """`text` in lines, with the values at `pointers` (JSON pointers into the payload) marked.

    `type_number` is the message type, which says where in the message the payload stands. Text that is no JSON,
    or only the beginning of it, comes back as one line, unmarked.
    """
    root = _tree(text)
    if root is None:
        return [Line(text)]
    prefix = _PAYLOAD_AT.get(type_number or 0, "")
    wanted = frozenset(_nearest(root, prefix + pointer) for pointer in pointers) - {""}
    return list(_lay_out(root, 0, "", wanted))
