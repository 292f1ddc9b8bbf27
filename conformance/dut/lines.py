"""Line numbers of a TOML file's tables and keys, which the standard library's parser does not keep."""

from __future__ import annotations

import re
from collections import Counter

_PART = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_PATH})\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"^\s*({_PATH})\s*=")


def _joined(path: str) -> str:
    return ".".join(part.strip("\"'") for part in re.findall(_PART, path))


def line_numbers(text: str) -> dict[str, int]:
    """Line (from 1) of each `table`, `table.key` and, for arrays of tables, `table[n].key`; the first one counts.

    It reads line by line: keys inside inline tables and strings over several lines are not looked at, so a missing
    entry means "not known".
    """
    found: dict[str, int] = {}
    seen: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            table = _joined(header[2])
            if header[1] == "[[":
                seen[table] += 1
                table = f"{table}[{seen[table] - 1}]"
            found.setdefault(table, number)
            continue
        key = _KEY.match(line)
        if key:
            found.setdefault(f"{table}.{_joined(key[1])}" if table else _joined(key[1]), number)
    return found
