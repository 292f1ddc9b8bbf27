"""Counting distinct inputs in bounded memory."""

from __future__ import annotations

import pytest

from conformance.fuzz.distinct import EXACT, Distinct


@pytest.mark.parametrize("count", [0, 1, 500, EXACT, EXACT + 1, 100_000, 400_000])
def test_repetitions_do_not_count(count: int) -> None:
    distinct = Distinct()
    for _ in range(2):
        for number in range(count):
            distinct.add(hash(("example", number)))
    assert len(distinct) == pytest.approx(count, rel=0.01)
    assert len(distinct) == count or count > EXACT
