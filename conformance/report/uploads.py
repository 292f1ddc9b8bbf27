"""What a station uploaded during a case, kept beside the results."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from conformance.ocppj.trace import Entry

FOLDER = "uploads"
"""Below the report folder: one folder a case."""
_NAME = 100


def keep_uploads(entries: Iterable[Entry], folder: Path, case: str) -> list[str]:
    """Write each file that came into `folder`/uploads/`case`; the paths from `folder` on, in the order of arrival.

    What an earlier run left there goes. A number before the device's own name keeps apart what came twice. Raises
    OSError when the folder can't be written.
    """
    place = folder / FOLDER / case
    shutil.rmtree(place, ignore_errors=True)
    kept: list[str] = []
    for entry in entries:
        content = entry.data.get("content") if entry.kind == "transfer" else b""
        if not content:
            continue
        place.mkdir(parents=True, exist_ok=True)
        named = str(entry.data["given_name"] or entry.data["path"]).replace("\\", "/").rstrip("/").rpartition("/")[2]
        broken_off = "" if entry.data["complete"] else ".part"
        path = place / f"{len(kept) + 1}-{harmless(named)}{broken_off}"
        path.write_bytes(content)
        kept.append(path.relative_to(folder).as_posix())
    return kept


def harmless(name: str) -> str:
    """A device's file name as one that any file system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip(".")[:_NAME] or "unnamed"
