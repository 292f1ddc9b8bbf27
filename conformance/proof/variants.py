"""Variants of the embedded devices, as data: where cases run that do not apply to the default ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant: `overrides` of the description, `arguments` of the device, and the `cases` that run on it.

    `always`: it is tested in every run on the embedded devices that runs its cases, and not in proof alone; `instead`:
    moreover its cases do not run on the default device, because they would take long there.
    """

    name: str
    role: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    always: bool = False
    instead: bool = False


def load_variants(path: Path) -> tuple[Variant, ...]:
    """Read `testcases/variants.toml`; ValueError for an entry without name, role or cases."""
    variants = []
    for number, raw in enumerate(tomllib.loads(path.read_text("utf-8")).get("variant", []), 1):
        if not (raw.get("name") and raw.get("role") and raw.get("cases")):
            raise ValueError(f"{path}: variant {number} needs name, role and cases")
        overrides = {key: raw[key] for key in _SECTIONS if key in raw}
        arguments, cases = tuple(raw.get("arguments", ())), tuple(raw["cases"])
        always, instead = bool(raw.get("always")), bool(raw.get("instead"))
        variants.append(Variant(raw["name"], raw["role"], overrides, arguments, cases, always or instead, instead))
    return tuple(variants)


_SECTIONS = ("features", "device", "connection", "values", "evses", "timeouts")
