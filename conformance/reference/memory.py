"""Non-volatile memory: what a station still knows after a power cut and, with --state, after its process ended."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from conformance.ocppj import frames


class Memory:
    """A tree of plain JSON values, fractions as Decimal. Without a folder it lives as long as the process."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises ValueError, in one line, when the folder's file cannot be read."""
        self._file = folder / "station.json" if folder is not None else None
        self.data: dict[str, Any] = {}
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if self._file.exists():
                self.data = json.loads(self._file.read_text("utf-8"), parse_float=Decimal)
        except (OSError, ValueError) as problem:
            raise ValueError(f"--state: {self._file} cannot be used: {problem}") from None

    def section(self, name: str) -> dict[str, Any]:
        """A named dict in the memory, empty at first; call `save` after changing it."""
        found: dict[str, Any] = self.data.setdefault(name, {})
        return found

    def save(self) -> None:
        """Write the file, if there is one, so that a cut in between leaves the old content."""
        if self._file is None:
            return
        fresh = self._file.with_suffix(".new")
        fresh.write_text(frames.dumps(self.data), "utf-8")
        fresh.replace(self._file)
