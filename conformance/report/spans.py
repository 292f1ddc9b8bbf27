"""Where the values of a JSON text stand in it, so that one can be exchanged without changing a character beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

DEEPEST = 40
"""Values that lie deeper are passed over: nothing of OCPP does, and a path for each would cost its length."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)

Span = tuple[tuple[str, ...], int, int]
"""The way to a value (names and positions, as text), and where it begins and ends."""


def spans(text: str) -> Iterator[Span]:
    """Every string, number and word of a JSON text, in order. Of text that is no JSON, what can be made out."""
    path: list[str] = []
    in_object: list[bool] = []
    wants_name = False
    for match in _TOKEN.finditer(text):
        first = text[match.start()]
        if first in "{[":
            in_object.append(first == "{")
            path.append("0")
            wants_name = first == "{"
        elif first in "}]":
            if in_object:
                in_object.pop()
                path.pop()
            wants_name = False
        elif first == ",":
            wants_name = bool(in_object) and in_object[-1]
            if in_object and not wants_name:
                path[-1] = str(int(path[-1]) + 1) if path[-1].isdecimal() else "0"
        elif first == ":":
            wants_name = False
        elif wants_name:
            path[-1] = unquoted(match[0])
        elif len(path) <= DEEPEST:
            yield tuple(path), match.start(), match.end()


def unquoted(token: str) -> str:
    """What a JSON string says; any other text, and a string that is broken, as it stands."""
    if not token.startswith('"'):
        return token
    if "\\" not in token:
        return token[1:-1]
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token[1:-1]
