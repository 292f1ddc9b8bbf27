"""Layer 5: a correct device that differs in what the standard leaves open does not fail (worn.py)."""

from __future__ import annotations

import pytest

from conformance.reference.habits import all_habits

from .worn import DEVICES


@pytest.mark.parametrize("number", range(len(DEVICES)), ids=[f"{one.role}-{one.family}-{one.name}" for one in DEVICES])
def test_no_case_fails(number: int, habits: list[str]) -> None:
    assert not habits, f"{' '.join(DEVICES[number].habits)}\n" + "\n".join(habits)


@pytest.mark.parametrize("role", ["CS", "CSMS"])
@pytest.mark.parametrize("family", ["1.6", "2"])
def test_every_habit_is_worn(role: str, family: str) -> None:
    worn = {name for one in DEVICES if (one.role, one.family) == (role, family) for name in one.habits}
    assert worn == {one.name for one in all_habits(role, family)}


def test_every_habit_says_why_it_is_legal() -> None:
    assert not [one.name for one in all_habits() if len(one.legal) < 40]
