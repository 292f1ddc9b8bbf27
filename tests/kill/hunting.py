"""Runs of the cases that a switched-on defect has to make fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.selection import Wishes
from conformance.data import data_path
from conformance.fuzz.settings import FuzzWishes
from conformance.holder import Embedded
from conformance.proof.variants import Variant, load_variants
from conformance.prove import replay, run_cases
from conformance.reference.defects import Defect, all_defects
from conformance.report.record import CaseRecord

QUICK = {
    "timeouts": {
        "message": 1.5,
        "physical": 2,
        "transfer": 2.5,
        "install": 4,
        "boot": 3,
        "reset": 3,
        "connect": 2,
    }
}
"""A defect makes cases wait for what does not come: the embedded devices answer in milliseconds."""

DEFECTS: dict[str, Defect] = {f"{one.role}-{one.name}": one for one in all_defects()}

NEGATIVE = frozenset(entry.id for entry in load_catalogue() if entry.campaign)
"""Ids of the negative tests."""


@cache
def _implemented() -> frozenset[str]:
    return frozenset(info.id for info in discover())


@cache
def _variants() -> dict[tuple[str, str], Variant]:
    return {(one.role, one.name): one for one in load_variants(data_path("testcases", "variants.toml"))}


ENOUGH = frozenset(id_ for one in DEFECTS.values() if NEGATIVE.issuperset(one.must_fail) for id_ in one.must_fail)
"""Negative tests that a defect of their own proves, which no other case finds."""


def case_ids(name: str, version: str, every: bool = False) -> list[str]:
    """The implemented cases of a version that a defect names.

    A defect that other cases find is hunted by these: negative tests take long, and have defects of their own. With
    `every` it is hunted by all of them.
    """
    named = [id_ for id_ in DEFECTS[name].must_fail if id_ in _implemented() and load_catalogue().get(id_, version)]
    quick = [id_ for id_ in named if id_ not in ENOUGH]
    return quick if quick and not every else named


@dataclass(frozen=True)
class Found:
    """What came of a defect: the records of its cases, and those of the saved examples, played on it and without it."""

    records: list[CaseRecord]
    again: list[CaseRecord]
    without: list[CaseRecord]
    sizes: list[int]
    """Characters of each saved example."""


def run_defect(name: str, version: str, every: bool = False) -> Found:
    """Run the cases that a defect names with it switched on, and play what negative tests saved again."""
    defect = DEFECTS[name]
    wishes = Wishes(roles=(defect.role,), versions=(version,))
    variant = _variants()[defect.role, defect.variant] if defect.variant else Variant("", defect.role)
    device = Embedded({**variant.overrides, **QUICK}, variant.arguments, (defect.name,), role=defect.role)
    good = replace(device, defects=())
    with TemporaryDirectory() as folder:
        fuzz = FuzzWishes(corpus=Path(folder), first_only=True)
        records = run_cases(wishes, case_ids(name, version, every), device, fuzz)
        saved = sorted(Path(folder).iterdir())
        sizes = [len(one.read_text("utf-8")) for one in saved]
        return Found(records, replay(saved, device), replay(saved, good), sizes)
