"""The date-time rule: what OCPP accepts as a point in time, and which point that is.

2.x wants RFC 3339 (Part 2, section 3.1 "Time Format Requirements" and the primitive type dateTime). 1.6 wants ISO 8601
(section 3.15) and its JSON schemas say `format: date-time`, which is RFC 3339 section 5.6 too. So one rule serves all:

* the grammar of RFC 3339 section 5.6: four digits of a year, `T` between date and time, seconds always, a point before
  the fraction, and an offset always: `Z` or `+hh:mm` (`+0100`, `+02` and no offset at all are refused);
* `t` and `z` in lower case are accepted, as the note in section 5.6 allows; a blank instead of `T` is not, because that
  note leaves it to applications, and OCPP does not take it up;
* the calendar of section 5.7: no 30 February, no hour 24, second 60 only where a leap second can be, which is at
  23:59:60 UTC at the end of a month (appendix D; which months will have one is not known in advance);
* year 0000 is in the grammar, year 10000 and later is not.

How many digits a fraction may have differs from version to version and is a rule of its own (2.x: three).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_FORM = re.compile(
    r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(\.[0-9]+)?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_LOOSE = re.compile(
    r"([0-9]+)-([0-9]+)-([0-9]+)(?:([Tt ])([0-9]+):([0-9]+)(?::([0-9]+)([.,][0-9]*)?)?(?:([Zz])|([+-][0-9:]*))?)?"
)


def parse_datetime(text: str) -> datetime | None:
    """The point in time that `text` names, with its own offset; None where `problem` finds one.

    Fractions are cut to microseconds. A leap second is given as the second after it. A point that Python's calendar
    does not reach (year 0000) is given as its earliest, 0001-01-01T00:00:00Z. Differences and comparisons of what
    this returns never overflow; a conversion to another offset may.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _unusual(match)


def _unusual(match: re.Match[str]) -> datetime | None:
    """Lower case, leap seconds, year 0000, and the days that a month does not have."""
    year, month, day, hour, minute, second = (int(match[index]) for index in range(1, 7))
    offset = UTC
    if match[8]:
        minutes = int(match[9]) * 60 + int(match[10])
        offset = timezone(timedelta(minutes=-minutes if match[8] == "-" else minutes))
    micros = int((match[7] or ".0")[1:7].ljust(6, "0"))
    # Year 0 was a leap year of the proleptic calendar that RFC 3339 uses, as was year 4.
    try:
        moment = datetime(year or 4, month, day, hour, minute, min(second, 59), micros, offset)
    except ValueError:
        return None
    if second == 60:
        try:
            utc = moment.astimezone(UTC)
            after = (utc + timedelta(seconds=1)).replace(microsecond=0)
        except OverflowError:  # the turn of the first or the last year: the end of a month, too
            return moment
        if (after.day, after.hour, after.minute, after.second) != (1, 0, 0, 0):
            return None
        moment += timedelta(seconds=1)
    return moment if year else datetime.min.replace(tzinfo=UTC)


def problem(text: str) -> str | None:
    """What is wrong with `text` as a date and time, in words; None if nothing is."""
    if parse_datetime(text) is not None:
        return None
    match = _LOOSE.fullmatch(text)
    if match is None:
        return "no RFC 3339 date-time such as 2025-01-31T12:00:00Z"
    if len(match[1]) != 4:
        return f"the year has {len(match[1])} digits instead of four"
    if any(len(match[index]) != 2 for index in (2, 3, 5, 6, 7) if match[index]):
        return "month, day, hour, minute and second need two digits each"
    if match[4] is None:
        return "a date without a time"
    if match[4] == " ":
        return "a blank stands between date and time instead of T"
    if match[7] is None:
        return "the seconds are missing"
    if match[8] and (match[8][0] == "," or len(match[8]) == 1):
        return "a fraction of a second needs a point and digits"
    if match[9] is None and match[10] is None:
        return "neither Z nor an offset from UTC"
    if match[10] and not re.fullmatch(r"[+-]([01][0-9]|2[0-3]):[0-5][0-9]", match[10]):
        return f"the offset {match[10]} is not of the form +hh:mm"
    if match[7] == "60":
        return "second 60 where no leap second can be (only 23:59:60 UTC at the end of a month)"
    return "no such date or time of day"


def fraction_digits(text: str) -> int:
    """Digits of the fraction of a second in a well-formed date-time; 0 if it has none or is not well-formed."""
    match = _FORM.fullmatch(text)
    return len(match[7]) - 1 if match is not None and match[7] else 0


def is_utc(text: str) -> bool:
    """Whether a well-formed date-time is given as UTC, with Z or an offset of zero."""
    return text[-1:] in ("Z", "z") or text.endswith(("+00:00", "-00:00"))
