"""The official lists of test cases, and our own, as data: what `@case` refers to by id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.data import catalogue_folder

_FILES = {"1.6": "ocpp16.json", "2.0.1": "ocpp201.json", "2.1": "ocpp21.json"}


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One test case of one version: identity, requirements and applicability, as its source lists them."""

    id: str
    version: str
    role: str
    block: str
    title: str
    use_cases: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    condition: str = ""
    sources: tuple[str, ...] = ()
    withdrawn: bool = False
    own: bool = False
    campaign: bool = False
    """Whether it is a negative test, which runs only when a campaign is wished (`--ocpp-fuzz`)."""
    first: bool = False
    """Whether it runs before the other cases of its device and version: it holds the description against the device."""
    note: str = ""


class Catalogue:
    """Every listed case by (id, version)."""

    def __init__(self, entries: Iterator[CatalogueEntry]) -> None:
        self._entries: dict[tuple[str, str], CatalogueEntry] = {(one.id, one.version): one for one in entries}
        self._by_id: dict[str, dict[str, CatalogueEntry]] = {}
        for (id_, version), one in self._entries.items():
            self._by_id.setdefault(id_, {})[version] = one

    def __iter__(self) -> Iterator[CatalogueEntry]:
        return iter(self._entries.values())

    def of(self, case_id: str) -> dict[str, CatalogueEntry]:
        """The entries of an id by version; empty when nobody lists it."""
        return dict(self._by_id.get(case_id, ()))

    def get(self, case_id: str, version: str) -> CatalogueEntry | None:
        """The entry of an id in one version."""
        return self._entries.get((case_id, version))

    def ids(self) -> set[str]:
        """Every id."""
        return set(self._by_id)


@cache
def load_catalogue() -> Catalogue:
    """The catalogue of this installation; FileNotFoundError when it has none."""
    return Catalogue(_read(catalogue_folder()))


def _read(folder: Path) -> Iterator[CatalogueEntry]:
    for version, name in _FILES.items():
        for raw in json.loads((folder / name).read_text("utf-8")):
            yield _entry(raw, version, own=False)
    for own in sorted((folder / "own").glob("*.json")):
        for raw in json.loads(own.read_text("utf-8")):
            for version in raw["versions"]:
                yield _entry(raw, version, own=True)


def _entry(raw: Mapping[str, Any], version: str, *, own: bool) -> CatalogueEntry:
    from conformance.dut.conditions import condition_of

    return CatalogueEntry(
        id=raw["id"],
        version=version,
        role=raw["role"],
        block=raw["block"],
        title=raw["title"],
        use_cases=tuple(raw.get("use_cases") or ()),
        requirements=tuple(raw.get("requirements") or ()),
        profiles=tuple(raw.get("profiles") or ()),
        condition=condition_of(raw) or "",
        sources=tuple(raw.get("sources") or ()),
        withdrawn=bool(raw.get("withdrawn")),
        own=own,
        campaign=bool(raw.get("campaign")),
        first=bool(raw.get("first")),
        note=raw.get("note") or "",
    )
