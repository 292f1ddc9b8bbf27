"""Layer 2: with a named defect switched on, the cases that it declares FAIL, and the rules that it names report it."""

from __future__ import annotations

import pytest

from conformance.ocppj.versions import VERSIONS

from .conftest import Proof
from .hunting import DEFECTS, NEGATIVE, Found, case_ids


def _versions(name: str) -> list[str]:
    """One version of each family is enough: 2.0.1 and 2.1 share their cases and the device's code.

    It is the first one that has cases of the defect.
    """
    families = DEFECTS[name].families
    found = {
        family: next((one for one in ids if case_ids(name, one)), ids[0])
        for family in families
        if (ids := [version.id for version in VERSIONS.values() if version.family == family])
    }
    return [found[family] for family in families]


def _pairs(every: bool) -> list[tuple[str, str]]:
    """The defects with the versions under which they are hunted.

    Unless `every` is wished, enough of them: each case is killed by one, each rule that a defect names reports one, and
    those that only negative tests find are hunted under one version in turn, because each is also found again from its
    file and not found on a good device.
    """
    pairs = []
    shown: set[object] = set()
    for number, (name, one) in enumerate(DEFECTS.items()):
        versions = _versions(name)
        negative = all(id_ in NEGATIVE for id_ in one.must_fail)
        if negative and not every:
            versions = [versions[number % len(versions)]]
        for version in versions:
            shows = {id_ if negative else (id_, version) for id_ in case_ids(name, version, every)} | set(one.rules)
            if every or not shown.issuperset(shows) or not shows:
                pairs.append((name, version))
                shown |= shows
    return pairs


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    pairs = _pairs(metafunc.config.option.every_defect)
    metafunc.parametrize(("name", "version"), pairs, ids=[f"{name}-{version}" for name, version in pairs])


def test_defect_is_found(name: str, version: str, hunted: Found | None, proof: Proof) -> None:
    defect = DEFECTS[name]
    found = hunted
    assert found and found.records, f"{name} names no implemented case of {version}; give it one that must fail"
    records = found.records
    for one in records:
        if one.verdict == "FAIL":
            proof.defects.setdefault(f"{one.id} {version}", []).append(name)
    missed = {one.id: f"{one.verdict} {one.why}" for one in records if one.verdict != "FAIL"}
    assert not missed, f"{defect.breaks}: {missed}"
    reported = {finding.rule for one in records for finding in one.findings}
    assert set(defect.rules) <= reported, f"rules that were silent: {sorted(set(defect.rules) - reported)}"
    _replays(found)


def _replays(found: Found) -> None:
    """What a negative test saved is small, fails again with the defect, and passes without it."""
    saved = [path for one in found.records for path in one.campaign.get("saved", ())]
    assert len(saved) == len(found.again)
    assert all(size < SMALL for size in found.sizes), f"saved examples of {found.sizes} characters"
    again = {one.node: one.verdict for one in found.again if one.verdict != "FAIL"}
    assert not again, f"not found again from its file: {again}"
    without = {one.node: f"{one.verdict} {one.why}" for one in found.without if one.verdict != "PASS"}
    assert not without, f"fails without the defect, too: {without}"


SMALL = 6000
"""Characters of a file that holds an example which was shrunk to its cause."""
