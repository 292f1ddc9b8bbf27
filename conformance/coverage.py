"""What the catalogue lists, what is implemented, and what is proved to be able to fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover

Killed = Mapping[tuple[str, str], bool]
"""(id, version) of each case with kill results, and whether something killed it."""


def kill_results(path: Path, progress: Callable[[str], None]) -> Killed:
    """Read the kill results; without a file they are worked out now, which takes minutes, and written to `path`."""
    if not path.exists():
        from conformance.prove import record_all, score_all, write_kill_results

        progress(f"{path} is missing: recording and replaying every case (some minutes)")
        recordings, _ = record_all(progress=progress)
        write_kill_results(list(score_all(recordings)), {}, path)
    content = json.loads(path.read_text("utf-8"))
    killed = {
        (one["id"], one["version"]): bool(one["killed"]) and not one["survived"] and not one["broken"]
        for one in content["scores"]
    }
    for name, defects in content.get("defects", {}).items():
        id_, _, version = name.partition(" ")
        if defects:
            killed.setdefault((id_, version), True)
    return killed


def coverage_rows(killed: Killed) -> list[dict[str, Any]]:
    """One row for each version, role and block: numbers, and the ids that are missing or unkilled."""
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
            },
        )
        row["listed"] += 1
        if entry.id not in implemented:
            row["missing"].append(entry.id)
            continue
        row["implemented"] += 1
        if killed.get((entry.id, entry.version)):
            row["killed"] += 1
        else:
            row["unkilled"].append(entry.id)
    return [rows[key] for key in sorted(rows)]
