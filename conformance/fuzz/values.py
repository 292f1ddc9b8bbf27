"""Values that matter, kind by kind: limits and one inside, writing systems, calendars, odd but legal numbers.

A pool is what one field may hold, the plainest value first, so that what shrinks ends there. Every value is legal by
the schema (its bounds are arguments) and by the prose of the standard:

* texts of 2.x hold any Unicode character (Part 2, 2.1.4), those of 1.6 printable ASCII (section 2.2; other letters only
  in natural language, 1.6J 4.1.2). Never U+0000 or half a surrogate pair: JSON itself warns of them (RFC 8259, 8.2);
* integers have 32 bits (2.x Part 2, 2.1.4), decimals to a station six digits after the point (there too);
* date-times are RFC 3339 with at most three digits of a second in 2.x (Part 2, 3.1), and never in a leap second, of
  which OCPP says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

INTEGER_MAX = 2**31 - 1
INTEGER_MIN = -(2**31)

PLAIN = "plain"
LONGEST = "longest"
BELOW = "one below"
EMPTY = "empty"
ASTRAL = "astral"
ASTRAL_LONGEST = "astral longest"
LETTERS = "letters"
COMBINING = "combining"
LEFTWARDS = "right to left"
CONTROL = "control"
QUOTES = "quotes"
ODD = "odd"
LOWEST = "lowest"
HIGHEST = "highest"
INTEGRAL = "integral"
EXPONENT = "exponent"
SMALL = "small"
HUGE = "huge"
LEAP_DAY = "leap day"
OFFSET = "offset"
FRACTION = "fraction"
PAST = "past"
FUTURE = "future"

Free = tuple[str, Any, Any]
"""A range that values may be drawn from freely: ("text", alphabet, limit), ("integer", low, high), ("decimal", units,
digits after the point) or ("time", first, last) in Unix seconds."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What one field may hold. `values`: the plainest first; `themes`: the value that shows a theme, by its name;
    `free`: further values to draw."""

    values: tuple[Any, ...]
    themes: Mapping[str, Any] = field(default_factory=dict)
    free: Free | None = None

    @property
    def plain(self) -> Any:
        """The plainest value."""
        return self.values[0]

    def themed(self, theme: str) -> Any:
        """The value that shows a theme; the plainest where the field has none."""
        return self.themes.get(theme, self.values[0])


def pool(rows: Iterable[tuple[str, Any]], free: Free | None = None) -> Pool:
    """A pool of (theme, value) rows; a theme's first value stands for it, values that are written alike count once."""
    values: dict[str, Any] = {}
    themes: dict[str, Any] = {}
    for theme, value in rows:
        values.setdefault(repr(value), value)
        themes.setdefault(theme, value)
    return Pool(tuple(values.values()), themes, free)


def only(*values: Any) -> Pool:
    """A pool of just these values."""
    return Pool(values, {PLAIN: values[0]})


# ------------------------------------------------------------------ texts

IDENTIFIER = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-_=:+|@."
"""identifierString (2.x Part 2, 2.1.4)."""
PRINTABLE = "".join(chr(code) for code in range(32, 127))
HEX = "0123456789abcdef"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

_ASTRAL = "\U0001f697\u26a1\U0001f50c\U00020000\U0001d518\U0010ffff"
_UNICODE_TEXTS = (
    (LETTERS, "Zürich Łódź Ελλάδα Сбор 充电桩 ﾃｽﾄ"),
    (ASTRAL, _ASTRAL),
    (COMBINING, "e\u0301o\u0308\u0323 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1f3\U0001f1f1"),
    (LEFTWARDS, "محطة \u05e9\u05dc\u05d5\u05dd \u202eabc\u202c"),
    (CONTROL, "\t\n\r\b\f\x01\x1f\x7f\x85\u2028\u2029"),
    (ODD, "\ufeff\ufffe\uffff\ufdd0\ue000\u00ad\u200b"),
)
UNICODE = "".join(dict.fromkeys("".join((PRINTABLE, *(text for _, text in _UNICODE_TEXTS)))))
"""Characters of every kind: printable ASCII and all that the texts above are made of."""
_ASCII_TEXTS = (
    (QUOTES, "\"\\/'`;--<b>&amp;%s%n${x}"),
    (ODD, " ~!@#^*()[]{}|:,.? "),
    (ODD, "null"),
    (ODD, "-1"),
    (ODD, "NaN"),
    (ODD, " "),
)
_IDENTIFIER_TEXTS = ((ODD, "*-_=:+|@."), (ODD, "0"), (ODD, "null"), (ODD, "NaN"))
_FREE_TEXT = 24
_LETTERS = IDENTIFIER[:62]
FILLERS = (_LETTERS, PRINTABLE[1:], _ASTRAL, BASE64, HEX)
"""What long texts are made of, over and over."""


@cache
def texts(limit: int | None, alphabet: str = UNICODE, plain: str = "A", *, empty: bool = True) -> Pool:
    """Texts of at most `limit` characters (None: no limit), of an alphabet, the plain one first.

    Characters are counted as JSON Schema counts them: code points, however many UTF-16 units or bytes they take.
    """
    room = 2000 if limit is None else limit
    rows: list[tuple[str, str]] = [(PLAIN, plain[:room])]
    filler = _LETTERS if alphabet != PRINTABLE else PRINTABLE[1:]
    rows.append((LONGEST, _filled(filler, room)))
    rows.append((BELOW, _filled(filler, max(room - 1, 0 if empty else 1))))
    if empty:
        rows.append((EMPTY, ""))
    if alphabet == IDENTIFIER:
        rows.extend(_IDENTIFIER_TEXTS)
    else:
        rows.extend(_ASCII_TEXTS)
        if alphabet == UNICODE:
            rows.extend(_UNICODE_TEXTS)
            rows.append((ASTRAL_LONGEST, _filled(_ASTRAL, min(room, 600))))
    kept = [(theme, text[:room]) for theme, text in rows]
    return pool(((theme, text) for theme, text in kept if text or empty), ("text", alphabet, min(room, _FREE_TEXT)))


def _filled(pattern: str, length: int) -> str:
    return (pattern * (length // len(pattern) + 1))[:length]


@cache
def digits_only(limit: int, alphabet: str = "0123456789", plain: str = "") -> Pool:
    """Texts of one narrow alphabet (digits, hexadecimal, base64), up to their limit."""
    first = plain or _filled(alphabet, min(limit, 8))
    return pool(((PLAIN, first[:limit]), (LONGEST, _filled(alphabet, limit)), (BELOW, _filled(alphabet, limit - 1))))


@cache
def readings() -> Pool:
    """Readings of 1.6, which are decimal numbers written as text (section 7.43)."""
    rows = (
        (PLAIN, "1"),
        (ODD, "0"),
        (INTEGRAL, "20000.0"),
        (EXPONENT, "2E4"),
        (SMALL, "0.000001"),
        (LOWEST, "-12.5"),
        (HUGE, "123456789012.123456"),
    )
    return pool(rows)


@cache
def urls(host: str, scheme: str, limit: int) -> Pool:
    """Addresses on `host` (a name of ours, or a placeholder for it) and on 127.0.0.1, and nowhere else.

    At the limit only with 127.0.0.1, whose length is known.
    """
    base = f"{scheme}://{host}"
    other = {"http": "ftp", "ws": "wss"}[scheme]
    head = f"{scheme}://127.0.0.1/"
    return pool(
        (
            (PLAIN, f"{base}/conformance"),
            (LONGEST, _filled_to(head, limit)),
            (BELOW, _filled_to(head, limit - 1)),
            (ODD, f"{base}/a%20b/%C3%BC?name=value&empty=#part"),
            (ODD, f"{base}"),
            (ODD, f"{base}/a/../b//c;v=1/"),
            (ODD, f"{other}://{host}/conformance"),
            (ODD, f"{other}s://{host}/x" if scheme == "http" else f"{base}/"),
        )
    )


def _filled_to(head: str, limit: int) -> str:
    return head + _filled(_LETTERS, limit - len(head))


# ------------------------------------------------------------------ numbers


@cache
def integers(low: int | None = None, high: int | None = None, *, plain: int = 1, decimal_point: bool = False) -> Pool:
    """Integers from `low` (None: 0) to `high` (None: what 32 bits hold), both inclusive.

    `decimal_point`: also such as 20000.0, which are integers to JSON Schema from draft 6 on (6.1.1).
    """
    bottom = 0 if low is None else low
    top = INTEGER_MAX if high is None else high
    first = min(max(plain, bottom), top)
    rows: list[tuple[str, Any]] = [(PLAIN, first)]
    rows += [(LOWEST, bottom), (ODD, min(bottom + 1, top)), (HIGHEST, top), (BELOW, max(top - 1, bottom))]
    rows += [(ODD, one) for one in (0, 2, 10, 255, 256, 32768, 65536, 16777217) if bottom <= one <= top]
    if decimal_point:
        rows.append((INTEGRAL, Decimal(f"{20000 if bottom <= 20000 <= top else first}.0")))
    return pool(rows, ("integer", bottom, top))


@cache
def decimals(
    low: int | None = None, high: int | None = None, *, plain: str = "1", digits: int = 6, any_size: bool = True
) -> Pool:
    """Numbers from `low` to `high` (None: no bound) with at most `digits` digits after the point.

    `any_size`: also such as 1E+300, near the end of what a double holds.
    """
    rows: list[tuple[str, Any]] = [
        (PLAIN, Decimal(plain) if "." in plain else int(plain)),
        (INTEGRAL, Decimal("20000.0")),
        (EXPONENT, Decimal("2E+4")),
        (SMALL, Decimal(1).scaleb(-digits)),
        (ODD, Decimal("0.1")),
        # What a check of multipleOf 0.1 on binary floats refuses.
        (FRACTION, Decimal("0.3")),
        (ODD, 0),
        (ODD, Decimal("0.0")),
        (HUGE, Decimal("1E+300") if any_size else Decimal("99999999.9")),
        (HIGHEST, 2**53 + 1 if any_size else 10**8),
        (ODD, Decimal("16777217.5")),
        (LOWEST, Decimal("-0.5")),
        (ODD, -1),
        (ODD, Decimal("-20000.0")),
    ]
    if low is not None:
        rows.append((LOWEST, low))
    if high is not None:
        rows += [(HIGHEST, high), (BELOW, high - Decimal(1).scaleb(-digits)), (PLAIN, high)]
    kept = [
        (theme, value) for theme, value in rows if (low is None or value >= low) and (high is None or value <= high)
    ]
    units = 10**9
    least = -units if low is None else low * 10**digits
    most = units if high is None else high * 10**digits
    return pool(kept, ("decimal", (least, most), digits))


@cache
def registers() -> Pool:
    """One reading of a register, in every way to write it: a register must not count down from one message to the
    next, and these may come in any order."""
    return pool(
        ((PLAIN, 20000), (INTEGRAL, Decimal("20000.0")), (EXPONENT, Decimal("2E+4")), (ODD, Decimal("20000.000")))
    )


# ------------------------------------------------------------------ times

_CALENDAR = (
    (LEAP_DAY, "2024-02-29T23:59:59Z"),
    (LEAP_DAY, "2000-02-29T00:00:00Z"),
    (OFFSET, "2024-06-15T14:30:00+02:00"),
    (OFFSET, "2024-03-01T00:30:00+14:00"),
    (OFFSET, "2024-12-31T23:45:00-12:00"),
    (OFFSET, "2024-06-15T12:00:00+05:45"),
    (OFFSET, "2024-06-15T12:00:00-00:30"),
    (ODD, "2024-06-15T12:00:00+00:00"),
    (FRACTION, "2024-06-15T12:00:00.1Z"),
    (FRACTION, "2024-06-15T12:00:00.12Z"),
    (FRACTION, "2024-06-15T12:00:00.999Z"),
    (ODD, "2024-06-15T12:00:00.000+01:00"),
    (PAST, "1969-12-31T23:59:59Z"),
    (ODD, "1970-01-01T00:00:00Z"),
    (ODD, "0001-01-01T00:00:00Z"),
)
_TO_COME = (
    (FUTURE, "9999-12-31T23:59:59Z"),
    (ODD, "2038-01-19T03:14:08Z"),
    (ODD, "2106-02-07T06:28:16Z"),
    (ODD, "2096-02-29T12:00:00+01:00"),
)
_LONG_FRACTIONS = ((FRACTION, "2024-06-15T12:00:00.123456Z"), (ODD, "2024-06-15T12:00:00.123456789Z"))


@cache
def times(now: str, *, past: bool, fraction_digits: int | None) -> Pool:
    """Date-times, the present one (a text or its placeholder) first; `past`: none that is yet to come."""
    rows = [(PLAIN, now), *_CALENDAR]
    if fraction_digits is None:
        rows.extend(_LONG_FRACTIONS)
    if not past:
        rows.extend(_TO_COME)
    return pool(rows, ("time", 0, 1_700_000_000 if past else 4_102_444_800))


# ------------------------------------------------------------------ anything


def _anything(length: int) -> Iterator[tuple[str, Any]]:
    yield from (
        (PLAIN, "A"),
        (ODD, None),
        (EMPTY, {}),
        (ODD, []),
        (ODD, True),
        (INTEGRAL, Decimal("20000.0")),
        (HUGE, Decimal("1E+300")),
        (SMALL, Decimal("1E-300")),
        (HIGHEST, 2**63),
        (LOWEST, -(2**63)),
        *_UNICODE_TEXTS,
        (ODD, {_ASTRAL: [_ASTRAL, {"": None}]}),
        (LONGEST, _filled(_LETTERS, length)),
        (ODD, {"a": {"b": {"c": [[[1, Decimal("2.5"), "three", None, False]]]}}}),
        (QUOTES, '{"a": "\\"b\\""}'),
    )


ANYTHING = pool(_anything(2000))
"""JSON of any kind, for what a vendor fills: data of DataTransfer (2.x)."""

FURTHER = pool((theme, value) for theme, value in _anything(60) if theme != ODD or value is None or value == [])
"""The same, smaller, for further members of customData, of which one message may have many."""
