"""What the catalogue lists, what is implemented, and what is proved to be able to fail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.data import catalogue_folder, data_path
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


def requirement_rows() -> list[dict[str, Any]]:
    """One row for each version of 2.x and block: the requirements that bind a station or a CSMS, how many of them a
    case, a state or a monitor rule names, how many can't be observed from the wire, and the ids of the rest.

    Withdrawn requirements are left out. Reasons: `testcases/catalogue/unobservable.json`.
    """
    reasons = json.loads((catalogue_folder() / "unobservable.json").read_text("utf-8"))
    named = _named_in_source()
    rows = []
    bound: dict[tuple[str, str], list[str]] = {}
    for one in json.loads((catalogue_folder() / "requirements.json").read_text("utf-8")):
        of_family = VERSIONS[one["version"]].family == "2"
        if of_family and one.get("binds") and one.get("modality"):
            bound.setdefault((one["version"], one["id"][0]), []).append(one["id"])
    for (version, block), ids in sorted(bound.items()):
        exercised = {id_ for id_ in ids if id_ in named or id_ in _named_by_cases(version)}
        unobservable = [id_ for id_ in ids if id_ in reasons and id_ not in exercised]
        rows.append(
            {
                "version": version,
                "block": block,
                "binding": len(ids),
                "exercised": len(exercised),
                "unobservable": {id_: reasons[id_] for id_ in unobservable},
                "open": [id_ for id_ in ids if id_ not in exercised and id_ not in reasons],
            }
        )
    return rows


@cache
def _named_by_cases(version: str) -> frozenset[str]:
    """The requirements that the catalogue gives to the implemented cases of a version."""
    implemented = {info.id for info in discover()}
    entries = [one for one in load_catalogue() if one.version == version and one.id in implemented]
    return frozenset(id_ for one in entries for id_ in one.requirements)


@cache
def _named_in_source() -> frozenset[str]:
    """The requirements that cases of 2.x, states, shared judgements and monitor rules name where they judge."""
    engine = Path(__file__).resolve().parent
    folders = (data_path("testcases"), engine / "peers", engine / "cases", engine / "monitor", engine / "fuzz")
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    # 1.6 has requirements of the same ids in its security whitepaper.
    texts = [path.read_text("utf-8") for path in sources if "16" not in path.name and "v16" not in path.parts]
    return frozenset(id_ for text in texts for id_ in re.findall(r"\b[A-S]\d\d\.FR\.\d+\b", text))
