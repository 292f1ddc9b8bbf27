"""The date-time rule, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.ocppj.datetimes import fraction_digits, is_utc, parse_datetime, problem


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # ints only


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-01T12:00:00Z", utc(2025, 1, 1, 12)),
        ("2025-01-01T12:00:00.5Z", utc(2025, 1, 1, 12, 0, 0, 500000)),
        ("2025-01-01T12:00:00.1234567890Z", utc(2025, 1, 1, 12, 0, 0, 123456)),
        ("2025-01-01t12:00:00z", utc(2025, 1, 1, 12)),
        ("2025-01-01T12:00:00+01:00", utc(2025, 1, 1, 11)),
        ("2025-01-01T12:00:00-00:00", utc(2025, 1, 1, 12)),
        ("2025-01-01T00:00:00+23:59", utc(2024, 12, 31, 0, 1)),
        ("2024-02-29T00:00:00Z", utc(2024, 2, 29)),
        ("2016-12-31T23:59:60Z", utc(2017, 1, 1)),
        ("2016-12-31T23:59:60.7Z", utc(2017, 1, 1, 0, 0, 0, 700000)),
        ("2017-01-01T00:59:60+01:00", utc(2017, 1, 1)),
        ("0000-02-29T00:00:00Z", utc(1, 1, 1)),
        ("1970-01-01T00:00:00Z", utc(1970, 1, 1)),
    ],
)
def test_accepted(text: str, moment: datetime) -> None:
    assert parse_datetime(text) == moment
    assert problem(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2025-02-30T12:00:00Z", "no such date"),
        ("2025-02-29T12:00:00Z", "no such date"),
        ("0000-02-30T12:00:00Z", "no such date"),
        ("2025-01-01T24:00:00Z", "no such date or time"),
        ("2025-01-01T12:60:00Z", "no such date or time"),
        ("2025-01-01T12:00:61Z", "no such date or time"),
        ("2025-01-15T23:59:60Z", "leap second"),
        ("2016-12-31T23:59:60+01:00", "leap second"),
        ("222222017-01-01T00:00:00Z", "9 digits"),
        ("25-01-01T00:00:00Z", "2 digits"),
        ("2025-1-01T00:00:00Z", "two digits"),
        ("2025-01-01T12:00:00+0100", r"\+0100"),
        ("2025-01-01T12:00:00+02", r"\+02"),
        ("2025-01-01T12:00:00+24:00", r"\+24:00"),
        ("2025-01-01T12:00:00", "neither Z nor an offset"),
        ("2025-01-01T12:00Z", "seconds"),
        ("2025-01-01", "without a time"),
        ("2025-01-01 12:00:00Z", "blank"),
        ("2025-01-01T12:00:00,5Z", "point"),
        ("2025-01-01T12:00:00.Z", "point"),
        ("2025-01-01T12:00:00Z\n", "RFC 3339"),
        ("20250101T120000Z", "RFC 3339"),
        ("٢٠٢٥-01-01T12:00:00Z", "RFC 3339"),
        ("1735732800", "RFC 3339"),
        ("", "RFC 3339"),
    ],
)
def test_refused_and_why(text: str, words: str) -> None:
    import re

    assert parse_datetime(text) is None
    assert re.search(words, problem(text) or "")


@given(st.datetimes(), st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_what_python_writes_is_read(local: datetime, minutes: int) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_datetime(moment.isoformat()) == moment


@given(st.text() | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})\Z"))
def test_never_raises_and_the_two_agree(text: str) -> None:
    moment = parse_datetime(text)
    assert (moment is None) == (problem(text) is not None)
    if moment is not None:
        assert moment - utc(2000, 1, 1)


def test_digits_and_utc() -> None:
    assert fraction_digits("2025-01-01T12:00:00.1234Z") == 4
    assert fraction_digits("2025-01-01T12:00:00Z") == 0
    assert fraction_digits("nonsense") == 0
    assert is_utc("2025-01-01T12:00:00Z")
    assert is_utc("2025-01-01T12:00:00+00:00")
    assert not is_utc("2025-01-01T12:00:00+01:00")
