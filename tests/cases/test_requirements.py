"""Which requirements of 2.x are exercised, which can't be observed from the wire, and which are left open."""

from __future__ import annotations

import json

from conformance.coverage import requirement_rows
from conformance.data import catalogue_folder

FINISHED = ("A", "B", "C", "D", "E", "F", "G")
"""Blocks whose requirements are all exercised, or have a reason why not (docs/coverage.md)."""


def test_finished_blocks_leave_nothing_open() -> None:
    rows = [row for row in requirement_rows() if row["block"] in FINISHED]
    assert {row["version"] for row in rows} == {"2.0.1", "2.1"}
    for row in rows:
        assert row["exercised"] > row["binding"] / 2
        assert not row["open"], row["version"]
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
