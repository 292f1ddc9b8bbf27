"""Making text from a device harmless in every view: terminal, HTML and XML.

A device chooses its own strings. They may hold terminal escapes, right-to-left overrides, NUL, or lone surrogates
that no UTF-8 file can hold. Every view shows such characters as JSON-style escapes, so that nothing is hidden and
nothing acts.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PLAIN = re.compile(r"[ -~]*\Z")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(character: str) -> str:
    named = _NAMED.get(character)
    if named:
        return named
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def visible(text: str) -> str:
    r"""`text` on one line with control, format, unassigned and surrogate characters written as `\u202e`.

    What comes back can be encoded as UTF-8, holds only characters that XML 1.0 allows, and cannot steer a terminal
    or turn the writing direction. Text that is already harmless comes back unchanged.
    """
    if _PLAIN.match(text):
        return text
    return "".join(_escape(c) if unicodedata.category(c) in _HIDDEN_CATEGORIES else c for c in text)


def width_of(text: str) -> int:
    """Columns that `text` takes on a terminal: wide characters count two, combining ones none."""
    if text.isascii():
        return len(text)
    columns = 0
    for character in text:
        if unicodedata.combining(character):
            continue
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return columns


def fit(text: str, width: int) -> str:
    """`text` cut to at most `width` columns; what was cut shows as one `…`. A width below 1 gives ""."""
    if width < 1:
        return ""
    if width_of(text) <= width:
        return text
    kept, columns = [], 0
    for character in text:
        columns += width_of(character)
        if columns > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def pad(text: str, width: int) -> str:
    """`text` filled with blanks to `width` columns; longer text is left as it is."""
    return text + " " * max(0, width - width_of(text))


def plural(number: int, one: str, many: str = "") -> str:
    """`1 case`, `2 cases`; `many` is needed only where an s is not enough."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Seconds as a reader wants them: `340 ms`, `12.4 s`, `3 min 05 s`, `2 h 01 min`. Negative counts as zero."""
    seconds = max(0.0, seconds)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
