"""The features that a device declares: what the catalogue knows of each, and what the description says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from conformance.data import catalogue_folder
from conformance.dut.errors import DescriptionProblem

FeatureValue = bool | int | tuple[str, ...]
"""A feature is there or not, is a count, or is a list of what is supported."""

EXAMPLES: Mapping[str, str] = {"bool": "true or false", "integer": "a number", "list": 'a list, such as ["..."]'}


@dataclass(frozen=True, slots=True)
class Feature:
    """One entry of `testcases/catalogue/features.json`.

    `since` is the first OCPP version that has the feature (for 1.6: the only one), `declared_by` the roles that state
    it, `variable` the configuration it shows in, and `derived` the condition that gives its value for other roles.
    """

    id: str
    label: str
    kind: Literal["bool", "integer", "list"]
    since: str
    declared_by: frozenset[str]
    variable: str = ""
    derived: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The line to add to a description."""
        key = self.id if self.id.replace("-", "").isalnum() and " " not in self.id else f'"{self.id}"'
        return f"{key} = {EXAMPLES[self.kind]}"


@cache
def known_features() -> Mapping[str, Feature]:
    """Every feature of the catalogue by id; raises FileNotFoundError when the installation lacks the catalogue."""
    entries = json.loads((catalogue_folder() / "features.json").read_text(encoding="utf-8"))
    return {
        entry["id"]: Feature(
            id=entry["id"],
            label=entry["label"],
            kind=entry["kind"],
            since=entry["since"],
            declared_by=frozenset(entry["declared_by"].split("+")),
            variable=entry.get("variable", ""),
            derived=entry.get("derived", {}),
        )
        for entry in entries
    }


class FeatureMissing(KeyError):
    """A feature that a condition needs is not declared: absent is an error, never "no"."""

    def __init__(self, id: str, where: str = "the description") -> None:
        self.id = id
        self.problem = missing_problem(id, where)
        super().__init__(id)

    def __str__(self) -> str:
        return str(self.problem)


def missing_problem(id: str, where: str, needed_by: str = "") -> DescriptionProblem:
    """The line that asks for a feature which the description lacks."""
    feature = known_features().get(id)
    label = f" ({feature.label})" if feature else ""
    need = f", needed by {needed_by}" if needed_by else ""
    line = feature.line if feature else f'"{id}" = true or false'
    return DescriptionProblem(f"{where} [features]", f"{id}{label} is not declared{need}", f"add: {line}")


class Features(Mapping[str, FeatureValue]):
    """The declared features by id. Reading one that is not declared raises FeatureMissing."""

    def __init__(self, declared: Mapping[str, FeatureValue], where: str = "the description") -> None:
        self._declared = dict(declared)
        self.where = where

    def __getitem__(self, id: str) -> FeatureValue:
        try:
            return self._declared[id]
        except KeyError:
            raise FeatureMissing(id, self.where) from None

    def __contains__(self, id: object) -> bool:
        return id in self._declared

    def __iter__(self) -> Iterator[str]:
        return iter(self._declared)

    def __len__(self) -> int:
        return len(self._declared)

    def __repr__(self) -> str:
        return f"Features({self._declared!r})"

    def supports(self, id: str) -> bool:
        """Whether the feature is there: true, a count above zero, or a list that is not empty."""
        return bool(self[id])
