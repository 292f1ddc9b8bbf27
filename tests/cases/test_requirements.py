"""Which requirements of 2.x are exercised, which can't be observed from the wire, and which are left open."""

from __future__ import annotations

import json

from conformance.coverage import requirement_rows
from conformance.data import catalogue_folder

FINISHED = {
    "A": {"A02.FR.23", "A02.FR.27"},
    "B": set[str](),
    "C": {
        *("C01.FR.04", "C01.FR.18", "C01.FR.20", "C01.FR.21", "C01.FR.22", "C01.FR.24", "C03.FR.01", "C03.FR.02"),
        *("C04.FR.02", "C04.FR.04", "C05.FR.01", "C05.FR.02", "C06.FR.03", "C07.FR.13", "C07.FR.15", "C07.FR.17"),
        *("C10.FR.07", "C10.FR.14", "C14.FR.04", "C14.FR.05", "C15.FR.01", "C20.FR.01", "C25.FR.22", "C25.FR.53"),
    },
    "D": {"D01.FR.03"},
    "E": set[str](),
    "F": set[str](),
    "G": set[str](),
}
"""Blocks whose requirements are exercised, or have a reason why not, but for these (docs/coverage.md)."""


def test_finished_blocks_leave_nothing_open_that_is_not_known() -> None:
    rows = [row for row in requirement_rows() if row["block"] in FINISHED]
    assert {row["version"] for row in rows} == {"2.0.1", "2.1"}
    for row in rows:
        assert row["exercised"] > row["binding"] / 2
        assert set(row["open"]) <= FINISHED[row["block"]], row["version"]
        assert row["binding"] == row["exercised"] + len(row["unobservable"]) + len(row["open"])


def test_what_cannot_be_observed_is_known_and_has_a_reason() -> None:
    folder = catalogue_folder()
    reasons = json.loads((folder / "unobservable.json").read_text("utf-8"))
    known = {one["id"] for one in json.loads((folder / "requirements.json").read_text("utf-8"))}
    assert set(reasons) <= known
    assert all(len(reason) > 10 for reason in reasons.values())


def test_what_cannot_be_observed_is_not_exercised_all_the_same() -> None:
    reasons = json.loads((catalogue_folder() / "unobservable.json").read_text("utf-8"))
    used = {id_ for row in requirement_rows() for id_ in row["unobservable"]}
    bound_nowhere = {"A00.FR.003", "A00.FR.513"}
    assert set(reasons) - used <= bound_nowhere, "a case names it: take it out of unobservable.json"
