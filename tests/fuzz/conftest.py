"""Bodies of negative tests, run on an embedded device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import CatalogueEntry
from conformance.cases.selection import Selected, Wishes
from conformance.fuzz.settings import FuzzWishes
from conformance.holder import Embedded
from conformance.report.record import CaseRecord
from conformance.run import Run, Settings

QUICK = {"timeouts": {"message": 1.0, "physical": 1, "boot": 3, "reset": 3, "connect": 2}}


class Ground:
    """A run on one embedded device that takes bodies."""

    def __init__(self, role: str, version: str, folder: Path, defects: tuple[str, ...], **wishes: Any) -> None:
        self.role, self.version, self.folder = role, version, folder
        self.run = Run(
            Settings(
                wishes=Wishes(roles=(role,), versions=(version,), campaign=True),
                report_dir=folder,
                device=Embedded(QUICK, defects=defects),
                fuzz=replace(FuzzWishes(corpus=folder / "fuzz"), **wishes),
            )
        )
        self.run.begin()
        self._count = 0

    def play(self, body: Callable[..., None], id: str = "OC_T_01") -> CaseRecord:
        """Run a body as a negative test."""
        self._count += 1
        entry = CatalogueEntry(f"{id}_{self.role}", self.version, self.role, "Fuzz", "test", own=True, campaign=True)
        return self.run.execute(Selected(CaseInfo(entry.id, body), entry, self.run.duts[0]), f"{id}-{self._count}")

    @property
    def device(self) -> Any:
        """The process of the embedded device."""
        return self.run._holder._device


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Callable[..., Ground]]:
    """Opens runs: `ground("CS", "2.0.1", defects=(), **wishes)`."""
    opened: list[Ground] = []

    def begin(role: str, version: str, defects: tuple[str, ...] = (), **wishes: Any) -> Ground:
        opened.append(Ground(role, version, tmp_path / str(len(opened)), defects, **wishes))
        return opened[-1]

    yield begin
    for one in opened:
        one.run.finish()


@contextmanager
def verbs(**functions: Callable[..., None]) -> Iterator[None]:
    """Acts that only a test knows."""
    from conformance.fuzz.stage import VERBS

    VERBS.update(functions)
    try:
        yield
    finally:
        for name in functions:
            del VERBS[name]
