"""The configuration keys of 1.6 (chapter 9, its errata, and chapter 7 of the security whitepaper).

The facts stand in `testcases/catalogue/keys16.json`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache

from conformance.data import catalogue_folder

_TYPES = {"boolean": r"(?i:true|false)", "integer": r"\d+"}


@dataclass(frozen=True, slots=True)
class StandardKey:
    """One key. `type`: boolean, integer, CSL (comma-separated list) or string; `mutability`: those of R, RW, W that it
    may have; `profile`: the feature profile that it belongs to; `required`: whether who has the profile has the key;
    `member`: what each member of a list looks like, as a regular expression."""

    name: str
    type: str
    mutability: tuple[str, ...]
    profile: str
    required: bool
    source: str
    member: str = ""

    @property
    def readonly(self) -> bool | None:
        """What `readonly` of GetConfiguration says; None where the charge point chooses."""
        if len(self.mutability) > 1:
            return None
        return self.mutability == ("R",)

    @property
    def write_only(self) -> bool:
        """Whether its value is never shown."""
        return self.mutability == ("W",)

    def takes(self, value: object) -> bool:
        """Whether that may be its value in a GetConfiguration answer."""
        if not isinstance(value, str):
            return False
        if self.type in _TYPES:
            return re.fullmatch(_TYPES[self.type], value) is not None
        if self.type == "CSL" and self.member:
            return all(re.fullmatch(self.member, one.strip()) for one in value.split(",") if value)
        return True


@cache
def standard_keys() -> tuple[StandardKey, ...]:
    """Every key that the standard names. Raises FileNotFoundError."""
    entries = json.loads((catalogue_folder() / "keys16.json").read_text(encoding="utf-8"))
    return tuple(StandardKey(**{**entry, "mutability": tuple(entry["mutability"])}) for entry in entries)
