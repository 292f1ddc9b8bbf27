"""What the run knows of the standard, as plain data: what a report needs to say what was not looked at.

The lists are those of the tested versions and roles alone. They stand in the results, so that a report drawn later, or
by a newer version of the tool, measures a run by the lists that it had.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.report.reader import Reader, ResultsError


@dataclass(frozen=True, slots=True)
class ListedCase:
    """One case of the official list, for one device. It counts for each of `profiles`; without any for none.

    `not_applicable` says why the description rules it out, "" if it applies.
    """

    id: str
    version: str
    role: str
    device: str
    block: str
    title: str
    profiles: tuple[str, ...] = ()
    not_applicable: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "id": self.id,
            "version": self.version,
            "role": self.role,
            "device": self.device,
            "block": self.block,
            "title": self.title,
            "profiles": list(self.profiles),
            **({"not_applicable": self.not_applicable} if self.not_applicable else {}),
        }

    @classmethod
    def read(cls, r: Reader) -> ListedCase:
        """The opposite of `to_json`."""
        return cls(
            id=r.must("id"),
            version=r.must("version"),
            role=r.must("role"),
            device=r.must("device"),
            block=r.must("block"),
            title=r.must("title"),
            profiles=tuple(r.strings("profiles")),
            not_applicable=r.get("not_applicable", str, ""),
        )


@dataclass(frozen=True, slots=True)
class ListedRequirement:
    """A requirement of the standard in this project's words; `modality` is SHALL, SHOULD, MAY..., "" if it has none."""

    id: str
    version: str
    role: str
    modality: str
    summary: str

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def read(cls, r: Reader) -> ListedRequirement:
        """The opposite of `to_json`."""
        return cls(**{name: r.must(name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class ListedRule:
    """One always-on rule; `sources` says where it stands, by version: the versions that have it."""

    id: str
    title: str
    severity: str
    binds: str
    sources: dict[str, str] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "id": self.id,
            "title": self.title,
            "severity": self.severity,
            "binds": self.binds,
            "sources": dict(self.sources),
        }

    @classmethod
    def read(cls, r: Reader) -> ListedRule:
        """The opposite of `to_json`."""
        sources = r.mapping("sources")
        if not all(isinstance(one, str) for one in sources.values()):
            raise ResultsError(f"{r.where}.sources: expected a string for each version")
        return cls(r.must("id"), r.must("title"), r.must("severity"), r.must("binds"), sources)


@dataclass(slots=True)
class Standard:
    """The lists that a run is measured by; all empty in results of a version of the tool that did not note them."""

    cases: list[ListedCase] = field(default_factory=list)
    """The official lists of the tested versions and roles, whether or not a case ran. Empty for negative tests."""
    implemented: list[str] = field(default_factory=list)
    """Ids that this version of the tool has a test for; empty when only a part of its tests was looked at."""
    requirements: list[ListedRequirement] = field(default_factory=list)
    """Those that bind a tested role."""
    rules: list[ListedRule] = field(default_factory=list)
    editions: dict[str, list[str]] = field(default_factory=dict)
    """By version: the documents that the lists were taken from."""
    schemas: dict[str, dict[str, str]] = field(default_factory=dict)
    """By version: SHA-256 of the canonical form of each official schema, by its name."""
    features: dict[str, str] = field(default_factory=dict)
    """What each declared feature means, by id: the question that the description answers."""

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "editions": {version: list(found) for version, found in self.editions.items()},
            "features": dict(self.features),
            "rules": [one.to_json() for one in self.rules],
            "cases": [one.to_json() for one in self.cases],
            "implemented": list(self.implemented),
            "requirements": [one.to_json() for one in self.requirements],
            "schemas": {version: dict(found) for version, found in self.schemas.items()},
        }

    @classmethod
    def from_json(cls, data: Any, where: str = "standard") -> Standard:
        """The opposite of `to_json`. Raises ResultsError naming the member that is wrong."""
        r = Reader(data, where)
        editions = Reader(r.mapping("editions"), f"{where}.editions")
        schemas = Reader(r.mapping("schemas"), f"{where}.schemas")
        return cls(
            cases=[ListedCase.read(one) for one in r.objects("cases")],
            implemented=r.strings("implemented"),
            requirements=[ListedRequirement.read(one) for one in r.objects("requirements")],
            rules=[ListedRule.read(one) for one in r.objects("rules")],
            editions={version: editions.strings(version) for version in editions.data},
            schemas={version: schemas.words(version) for version in schemas.data},
            features=r.words("features"),
        )
