"""The descriptions of docs/ can be used as they are, and what they expect to fail can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cases.catalogue import load_catalogue
from conformance.cases.selection import applicability
from conformance.dut.reading import load_description

DOCS = Path(__file__).parents[2] / "docs"
DESCRIPTIONS = sorted([*DOCS.glob("devices/*.toml"), *DOCS.glob("examples/*.toml")])


@pytest.mark.parametrize("path", DESCRIPTIONS, ids=lambda path: path.stem)
def test_each_expected_failure_is_a_case_that_the_device_runs(path: Path) -> None:
    dut = load_description(path)
    catalogue = load_catalogue()
    for entry in dut.expected_failures:
        runs = [
            case
            for version in ((entry.version,) if entry.version else dut.versions)
            if (case := catalogue.get(entry.id, version)) is not None
            and case.role == dut.role
            and not applicability(case, dut.under(version))
        ]
        assert runs, f"{path.name}: {entry.id} is expected to fail and never runs"


def test_there_are_descriptions() -> None:
    assert len(DESCRIPTIONS) > 6
