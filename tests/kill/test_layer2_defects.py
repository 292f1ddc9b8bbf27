"""Layer 2: with a named defect switched on, the cases that it declares FAIL, and the rules that it names report it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

import pytest

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.selection import Wishes
from conformance.holder import Embedded
from conformance.ocppj.versions import VERSIONS
from conformance.prove import run_cases
from conformance.reference.defects import Defect, all_defects
from conformance.report.record import CaseRecord

from .conftest import Proof

QUICK = {"timeouts": {"message": 1.5, "physical": 2, "boot": 3, "reset": 3}}
"""A defect makes cases wait for what does not come: the embedded devices answer in milliseconds."""
AT_ONCE = 8
"""Runs side by side: they wait more than they work."""

Found = dict[tuple[str, str], "Future[list[CaseRecord]]"]


@cache
def _implemented() -> frozenset[str]:
    return frozenset(info.id for info in discover())


def _versions(defect: Defect) -> list[str]:
    """One version of each family is enough: 2.0.1 and 2.1 share their cases and the device's code."""
    chosen = {version.family: version.id for version in reversed(list(VERSIONS.values()))}
    return [chosen[family] for family in defect.families]


DEFECTS = {one.name: one for one in all_defects()}
PAIRS = [(one.name, version) for one in DEFECTS.values() for version in _versions(one)]


def _ids(defect: Defect, version: str) -> list[str]:
    return [id_ for id_ in defect.must_fail if id_ in _implemented() and load_catalogue().get(id_, version)]


def _run(name: str, version: str) -> list[CaseRecord]:
    defect = DEFECTS[name]
    wishes = Wishes(roles=(defect.role,), versions=(version,))
    return run_cases(wishes, _ids(defect, version), Embedded(QUICK, defects=(name,)))


@pytest.fixture(scope="module")
def hunt(request: pytest.FixtureRequest) -> Iterator[Found]:
    """Every selected defect's run, several side by side."""
    wanted = [
        (item.callspec.params["name"], item.callspec.params["version"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == test_defect_is_found.__name__
    ]
    with ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")) as pool:
        yield {pair: pool.submit(_run, *pair) for pair in wanted if _ids(DEFECTS[pair[0]], pair[1])}


@pytest.mark.parametrize(("name", "version"), PAIRS, ids=[f"{name}-{version}" for name, version in PAIRS])
def test_defect_is_found(name: str, version: str, hunt: Found, proof: Proof) -> None:
    defect = DEFECTS[name]
    assert (name, version) in hunt, f"{name} names no implemented case of {version}; give it one that must fail"
    records = hunt[name, version].result()
    for one in records:
        if one.verdict == "FAIL":
            proof.defects.setdefault(f"{one.id} {version}", []).append(name)
    missed = {one.id: f"{one.verdict} {one.why}" for one in records if one.verdict != "FAIL"}
    assert records and not missed, f"{defect.breaks}: {missed}"
    reported = {finding.rule for one in records for finding in one.findings}
    assert set(defect.rules) <= reported, f"rules that were silent: {sorted(set(defect.rules) - reported)}"
