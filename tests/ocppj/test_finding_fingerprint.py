"""The same way to fail has the same name in every run, another way has another."""

from __future__ import annotations

import pytest

from conformance.ocppj.finding_fingerprint import fingerprint, is_fingerprint


def of(
    actual: str = "no such message",
    *,
    rule: str = "expect",
    requirement: str = "B01.FR.01",
    pointer: str = "/a/0/b",
    expected: str = "BootNotification within 5 s",
) -> str:
    return fingerprint(rule, requirement, pointer, expected, actual)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at 2026-03-02T09:14:06.3Z", "at 2026-11-26T12:00:00+01:00"),
        ("transaction 4711", "transaction 12"),
        ("0.25 s late", "1.75 s late"),
        ("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "id 99999999-4f89-11d3-9a0c-0305e82c3302"),
        ("token AABBCCDD01", "token 0BADF00D77"),
        ("token AABBCCDD01", "token «idToken valid»"),
        ("Heartbeat (frame 3) with /x 1; Heartbeat (frame 9) with /x 2", "Heartbeat (frame 12) with /x 7"),
    ],
)
def test_what_changes_from_run_to_run_does_not_count(one: str, other: str) -> None:
    assert of(one) == of(other)


def test_the_place_in_a_list_does_not_count() -> None:
    assert of(pointer="/results/0/status") == of(pointer="/results/12/status") != of(pointer="/results/0/type")
    assert of(pointer="/a/0") == of(pointer="/a/1")


def test_everything_else_does() -> None:
    others = {
        of(),
        of(rule="check"),
        of(requirement="B01.FR.02"),
        of(expected="Heartbeat within 5 s"),
        of('status "Rejected"'),
        of('status "Faulted"'),
        of("CALLERROR InternalError"),
    }
    assert len(others) == 7
    assert all(map(is_fingerprint, others))


def test_a_half_of_a_surrogate_pair_has_one_too() -> None:
    assert is_fingerprint(of("\ud800"))
