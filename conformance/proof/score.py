"""What a case notices: its recording is played once unchanged, and once for every mutant."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import CatalogueEntry
from conformance.cases.verdict import Verdict
from conformance.ocppj.versions import version
from conformance.proof.mutants import Mutant, mutants_of
from conformance.proof.recording import Recording
from conformance.proof.replay import Replay, Shared


class EquivalentsError(ValueError):
    """An entry of a file of named changes that can't be read, or that has no reason."""


@dataclass(frozen=True, slots=True)
class Equivalent:
    """Changes that no correct judge may notice, with the reason why."""

    message: str
    field: str
    kinds: tuple[str, ...]
    reason: str
    cases: tuple[str, ...] = ("*",)
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """JSON pointers ("." is the field's own), each with patterns of what stood there before ("absent": nothing)."""

    def covers(self, case_id: str, mutant: Mutant) -> bool:
        """Whether this entry speaks of the mutant."""
        return (
            mutant.kind in self.kinds
            and fnmatchcase(mutant.message, self.message)
            and fnmatchcase(mutant.field, self.field)
            and any(fnmatchcase(case_id, one) for one in self.cases)
            and all(
                _says(mutant.original, mutant.pointer if pointer == ITSELF else pointer, wanted)
                for pointer, wanted in self.where
            )
        )


ABSENT, ITSELF = "absent", "."
"""In `where`: the field is not there; the pointer of the field that is changed."""


def _says(payload: Any, pointer: str, wanted: tuple[str, ...]) -> bool:
    """Whether a payload has, at a pointer, a text that a pattern matches (true and false in JSON's words)."""
    for part in pointer.removeprefix("/").split("/"):
        inside = part in payload if isinstance(payload, Mapping) else False
        if isinstance(payload, list):
            inside = part.isdigit() and int(part) < len(payload)
        if not inside:
            return ABSENT in wanted
        payload = payload[int(part)] if isinstance(payload, list) else payload[part]
    text = str(payload).lower() if isinstance(payload, bool) else str(payload)
    return any(fnmatchcase(text, one) for one in wanted if one != ABSENT)


@dataclass(frozen=True, slots=True)
class Unjudged(Equivalent):
    """Changes that a judge might notice and a case leaves alone, with the reason why."""


Named = TypeVar("Named", bound=Equivalent)


def load_equivalents(path: Path) -> tuple[Equivalent, ...]:
    """Read the data file of equivalent changes; EquivalentsError names the entry that is wrong."""
    return _load(path, "equivalent", Equivalent)


def load_unjudged(path: Path) -> tuple[Unjudged, ...]:
    """Read the data file of what is left unjudged; EquivalentsError names the entry that is wrong."""
    return _load(path, "unjudged", Unjudged)


def _load(path: Path, table: str, kind: type[Named]) -> tuple[Named, ...]:
    entries = []
    for number, raw in enumerate(tomllib.loads(path.read_text("utf-8")).get(table, []), 1):
        if not raw.get("reason") or not raw.get("message"):
            raise EquivalentsError(f"{path}: entry {number} needs a message and a reason")
        where = raw.get("where", {})
        entries.append(
            kind(
                raw["message"],
                raw.get("field", "*"),
                tuple(raw.get("kinds", ("remove", "set"))),
                raw["reason"],
                tuple(raw.get("cases", ("*",))),
                tuple((pointer, (one,) if isinstance(one, str) else tuple(one)) for pointer, one in where.items()),
            )
        )
    return tuple(entries)


@dataclass(slots=True)
class Score:
    """The outcome for one case under one version.

    `survived` lists mutants of fields that the case or a rule read and whose change nobody noticed: must be empty.
    `unjudged` has the fields that nobody read, each with the reason that is on file, or "" without one.
    `broken` says why there is no score (the unchanged replay did not pass).
    """

    case_id: str
    version: str
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    diverged: int = 0
    errors: list[str] = field(default_factory=list)
    survived: list[str] = field(default_factory=list)
    unjudged: dict[str, str] = field(default_factory=dict)
    broken: str = ""

    @property
    def ratio(self) -> float:
        """Killed mutants as a part of those that count (equivalent ones left out); 0 without any."""
        counted = self.mutants - self.equivalent
        return self.killed / counted if counted else 0.0

    @property
    def unexplained(self) -> list[str]:
        """The unjudged fields for which no reason is on file."""
        return [name for name, reason in self.unjudged.items() if not reason]

    def line(self) -> str:
        """One line for the terminal."""
        text = f"{self.case_id} {self.version}: {self.killed}/{self.mutants - self.equivalent} killed"
        text += f" ({self.ratio:.0%}), {len(self.survived)} read and survived, {len(self.unjudged)} unjudged"
        if self.diverged:
            text += f", {self.diverged} diverged"
        return f"{text}; {self.broken}" if self.broken else text

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "id": self.case_id,
            "version": self.version,
            "mutants": self.mutants,
            "killed": self.killed,
            "equivalent": self.equivalent,
            "diverged": self.diverged,
            "errors": self.errors,
            "survived": self.survived,
            "unjudged": self.unjudged,
            "broken": self.broken,
        }


def score(
    recording: Recording,
    info: CaseInfo,
    entry: CatalogueEntry,
    schemas: Any,
    equivalents: Sequence[Equivalent],
    unjudged: Sequence[Unjudged] = (),
) -> Score:
    """Play a recording unchanged and with every mutant; the unchanged replay has to pass first."""
    result = Score(recording.case_id, recording.version)
    original = Replay(recording, schemas)
    outcome = original.run(info, entry)
    if outcome.verdict != Verdict.PASS:
        result.broken = f"the unchanged replay ended {outcome.verdict}: {original.diverged or outcome.reason}"
        return result
    reads = original.reads.seen
    seen: dict[str, str] = {}
    shared = Shared(recording, schemas)
    for mutant in mutants_of(recording, version(recording.version), schemas):
        result.mutants += 1
        replay = Replay(recording, schemas, mutant.change, shared)
        verdict = replay.run(info, entry).verdict
        if verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE) and not replay.diverged:
            result.killed += 1
        elif any(one.covers(recording.case_id, mutant) for one in equivalents):
            result.equivalent += 1
        elif replay.diverged:
            result.diverged += 1
        elif verdict == Verdict.ERROR:
            result.errors.append(_name(mutant))
        elif mutant.kind != "drop" and _was_read(reads, mutant):
            result.survived.append(_name(mutant))
        else:
            reason = next((one.reason for one in unjudged if one.covers(recording.case_id, mutant)), "")
            name = f"{mutant.message} {mutant.field or '(whole message)'}"
            seen[name] = reason and seen.get(name, reason)
    result.unjudged = dict(sorted(seen.items()))
    return result


def _was_read(reads: set[tuple[int, str]], mutant: Mutant) -> bool:
    return (mutant.entry, mutant.pointer) in reads or any(
        # An element of an array of plain values is read when its array is.
        part.isdigit() and (mutant.entry, mutant.pointer.rsplit("/", 1)[0]) in reads
        for part in mutant.pointer.rsplit("/", 1)[-1:]
    )


def _name(mutant: Mutant) -> str:
    return f"{mutant.kind} {mutant.message} {mutant.pointer} (frame {mutant.entry})"


def summary(scores: Iterable[Score]) -> Mapping[str, Any]:
    """Totals over cases."""
    every = list(scores)
    counted = sum(one.mutants - one.equivalent for one in every)
    killed = sum(one.killed for one in every)
    return {
        "cases": len(every),
        "mutants": counted,
        "killed": killed,
        "ratio": killed / counted if counted else 0.0,
        "survived": sum(len(one.survived) for one in every),
        "unexplained": sum(len(one.unexplained) for one in every),
    }
