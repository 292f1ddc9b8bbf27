"""Finds the test cases of this installation without pytest."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from pathlib import Path

from conformance.cases.case import CaseInfo, case_of
from conformance.data import catalogue_folder


@cache
def discover() -> tuple[CaseInfo, ...]:
    """Every case below the folder of test cases, in the order of the files; a duplicate id raises ValueError."""
    folder = catalogue_folder().parent
    if str(folder.parent) not in sys.path:
        sys.path.insert(0, str(folder.parent))
    found: dict[str, CaseInfo] = {}
    for path in sorted(folder.rglob("test_*.py")):
        module = importlib.import_module(_name(path, folder))
        for value in vars(module).values():
            info = case_of(value)
            if info is None or info.function.__module__ != module.__name__:
                continue
            if info.id in found:
                raise ValueError(f"{path}: {info.id} is also in {found[info.id].source[0]}; an id has one case")
            found[info.id] = info
    return tuple(found.values())


def _name(path: Path, folder: Path) -> str:
    return ".".join((folder.name, *path.relative_to(folder).with_suffix("").parts))
