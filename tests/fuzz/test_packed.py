"""Thousands of rows in little memory."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from conformance.fuzz.packed import RECENT, Packed
from conformance.report.record import RowRecord


@dataclass(slots=True)
class Point:
    name: str
    at: int


@pytest.mark.parametrize("count", [0, 1, RECENT, 2 * RECENT - 1, 2 * RECENT, 5 * RECENT + 3])
def test_it_is_the_list_of_what_was_added(count: int) -> None:
    made = [Point(f"p{number} \ud800 \u20ac", number) for number in range(count)]
    packed = Packed(Point, iter(made))
    assert len(packed) == count and list(packed) == made == packed and list(reversed(packed)) == made[::-1]
    assert [packed[at] for at in range(-count, count)] == made + made
    assert packed[3:-2] == made[3:-2]
    with pytest.raises(IndexError):
        packed[count]
    assert packed.recent == made[max(0, count - len(packed.recent)) :]
    assert min(count, RECENT) <= len(packed.recent) < 2 * RECENT


def test_the_latest_can_be_changed() -> None:
    packed = Packed(Point, (Point("p", number) for number in range(300)))
    packed.recent[-RECENT].name = "changed"
    assert [one.at for one in packed if one.name == "changed"] == [300 - RECENT]


def test_rows_take_a_fifth_or_less() -> None:
    def row(number: int) -> RowRecord:
        sent = (
            f'[2,"{{{{id}}}}","SetVariables",{{"setVariableData":[{{"attributeValue":"{number}","variable":true}}]}}]'
        )
        reaction = f"CALLERROR FormatViolation: /setVariableData/{number}/variable is no object"
        expected = "CALLERROR FormatViolation, TypeConstraintViolation or OccurrenceConstraintViolation"
        return RowRecord(f"SetVariables {number}", "SetVariables", "type", "/a", sent, reaction, expected, "allowed")

    rows = [row(number) for number in range(2000)]
    plain = sum(sys.getsizeof(one) + sys.getsizeof(one.name + one.sent + one.reaction) for one in rows)
    packed = Packed(RowRecord, rows)
    assert list(packed) == rows
    assert sum(map(sys.getsizeof, packed._blocks)) < plain / 5
