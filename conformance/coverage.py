"""What the catalogue lists, what is implemented, and what is proved to be able to fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.ocppj.versions import VERSIONS

Killed = Mapping[tuple[str, str], bool]
"""(id, version) of each case with kill results, and whether something killed it."""


class KillResultsError(ValueError):
    """A file that is none of kill results; the message is one line that says what to do."""


@dataclass(frozen=True)
class KillResults:
    """What the proof has found: which cases were killed, and what they leave unjudged, with the reason on file."""

    killed: Killed
    unjudged: Mapping[tuple[str, str], Mapping[str, str]]


def kill_results(path: Path, progress: Callable[[str], None]) -> KillResults:
    """Read the kill results; without a file they are worked out now, which takes minutes, and written to `path`.

    A defect that was found under one version tells for all of its family, which share the case and the device's code;
    one that a negative test found tells for every version: its body is one, and what it sends comes from the schemas.
    KillResultsError for a file that is something else.
    """
    if not path.exists():
        from conformance.prove import record_all, score_all, write_kill_results

        progress(f"{path} is missing: recording and replaying every case (some minutes)")
        recordings, _ = record_all(progress=progress)
        write_kill_results(list(score_all(recordings)), None, path)
    try:
        results = _read(json.loads(path.read_text("utf-8")), path, progress)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KillResultsError(f"{path} holds no kill results of this version: delete it, or `prove` anew") from None
    return results


def _read(content: Any, path: Path, progress: Callable[[str], None]) -> KillResults:
    if not content.get("defects"):
        progress(f"{path} knows of no hunted defects: what kills the negative tests is found by `pytest tests`")
    killed: dict[tuple[str, str], bool] = {}
    unjudged: dict[tuple[str, str], dict[str, str]] = {}
    for one in content["scores"]:
        key = one["id"], one["version"]
        killed[key] = bool(one["killed"]) and not one["survived"] and not one["broken"]
        unjudged.setdefault(key, {}).update(one["unjudged"].items())
    for name, defects in content.get("defects", {}).items():
        id_, _, found = name.partition(" ")
        for entry in load_catalogue():
            alike = entry.campaign or VERSIONS[entry.version].family == VERSIONS[found].family
            if defects and entry.id == id_ and alike:
                killed.setdefault((id_, entry.version), True)
    return KillResults(killed, unjudged)


def coverage_rows(results: KillResults) -> list[dict[str, Any]]:
    """One row for each version, role and block: numbers, the ids that are missing or unkilled, and by id the fields
    that a case leaves unjudged, with the reason why."""
    implemented = {info.id for info in discover()}
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for entry in load_catalogue():
        if entry.withdrawn:
            continue
        key = (entry.version, entry.role, entry.block)
        row = rows.setdefault(
            key,
            {
                "version": entry.version,
                "role": entry.role,
                "block": entry.block,
                "listed": 0,
                "implemented": 0,
                "killed": 0,
                "missing": [],
                "unkilled": [],
                "unjudged": {},
            },
        )
        row["listed"] += 1
        if entry.id not in implemented:
            row["missing"].append(entry.id)
            continue
        row["implemented"] += 1
        key_of_case = entry.id, entry.version
        if results.unjudged.get(key_of_case):
            row["unjudged"][entry.id] = results.unjudged[key_of_case]
        if results.killed.get(key_of_case):
            row["killed"] += 1
        else:
            row["unkilled"].append(entry.id)
    return [rows[key] for key in sorted(rows)]
