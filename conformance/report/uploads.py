"""What a station uploaded during a case, kept beside the results."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from conformance.ocppj.trace import Entry

FOLDER = "uploads"
"""Below the report folder: one folder a case."""
_NAME = 100
_GZIP = b"\x1f\x8b"
_LARGE = 64 * 1024 * 1024
"""Bytes up to which a compressed log is unpacked."""


def keep_uploads(
    entries: Iterable[Entry], folder: Path, case: str, clean: Callable[[str], str] = lambda text: text
) -> list[str]:
    """Write each file that came into `folder`/uploads/`case`; the paths from `folder` on, in the order of arrival.

    What an earlier run left there goes. A number before the device's own name keeps apart what came twice. `clean`
    takes secrets out of text, and of text in gzip; any other file is kept as it came. Raises OSError when the folder
    can't be written.
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
        path.write_bytes(_cleaned(content, clean))
        kept.append(path.relative_to(folder).as_posix())
    return kept


def _cleaned(content: bytes, clean: Callable[[str], str]) -> bytes:
    if content[:2] == _GZIP:
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                inner = file.read(_LARGE + 1)
        except (OSError, EOFError, zlib.error):
            return content
        made = _cleaned(inner, clean) if len(inner) <= _LARGE and inner[:2] != _GZIP else inner
        return content if made == inner else gzip.compress(made, mtime=0)
    try:
        return clean(content.decode()).encode()
    except UnicodeError:
        return content


def harmless(name: str) -> str:
    """A device's file name as one that any file system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip(".")[:_NAME] or "unnamed"
