"""Layer 2: with a named defect switched on, the cases that it declares FAIL, and the rules that it names report it."""

from __future__ import annotations

from functools import cache

import pytest

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.selection import Wishes
from conformance.ocppj.versions import VERSIONS
from conformance.prove import run_cases
from conformance.reference.defects import Defect, all_defects
from conformance.run import Embedded

from .conftest import Proof

QUICK = {"timeouts": {"message": 1.5, "physical": 2, "boot": 3, "reset": 3}}
"""A defect makes cases wait for what does not come: the embedded devices answer in milliseconds."""


@cache
def _implemented() -> frozenset[str]:
    return frozenset(info.id for info in discover())


def _versions(defect: Defect) -> list[str]:
    """One version of each family is enough: 2.0.1 and 2.1 share their cases and the device's code."""
    chosen = {version.family: version.id for version in reversed(list(VERSIONS.values()))}
    return [chosen[family] for family in defect.families]


PAIRS = [(one, version) for one in all_defects() for version in _versions(one)]


def _ids(defect: Defect, version: str) -> list[str]:
    return [id_ for id_ in defect.must_fail if id_ in _implemented() and load_catalogue().get(id_, version)]


@pytest.mark.parametrize(("defect", "version"), PAIRS, ids=[f"{one.name}-{version}" for one, version in PAIRS])
def test_defect_is_found(defect: Defect, version: str, proof: Proof) -> None:
    ids = _ids(defect, version)
    assert ids, f"{defect.name} names no implemented case of {version}; give it one that must fail"
    wishes = Wishes(roles=(defect.role,), versions=(version,))
    records = run_cases(wishes, ids, Embedded(QUICK, defects=(defect.name,)))
    verdicts = {one.id: one.verdict for one in records}
    missed = {one.id: f"{one.verdict} {one.why}" for one in records if one.verdict != "FAIL"}
    for id_, verdict in verdicts.items():
        if verdict == "FAIL":
            proof.defects.setdefault(f"{id_} {version}", []).append(defect.name)
    assert not missed, f"{defect.breaks}: {missed}"
    reported = {finding.rule for one in records for finding in one.findings}
    assert set(defect.rules) <= reported, f"rules that were silent: {sorted(set(defect.rules) - reported)}"
