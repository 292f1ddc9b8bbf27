"""The full trace of a run as JSON lines: what happened on the wire and around it, uncut (docs/evidence.md)."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from conformance.ocppj.trace import Entry
from conformance.report.record import CaseRecord, plain
from conformance.report.redaction import CaseSecrets

NAME = "trace.jsonl"
FORMAT = "ocpp-conformance-trace/1"


class TraceFile:
    """A trace that is written while the run lasts: the lines of a case when it has ended. Safe to use from several
    threads. Raises OSError when the file can't be written."""

    def __init__(self, path: Path, *, started: datetime, tool_version: str, secrets: str) -> None:
        """`started`: the time zero of every `at`, aware; `secrets`: "redacted" or "kept"."""
        self._started = started
        self._lock = threading.Lock()
        self._cases = 0
        self._file: IO[str] | None = path.open("w", encoding="ascii", newline="\n")
        self._write(
            {"format": FORMAT, "tool": f"ocpp-conformance {tool_version}", "started": started.isoformat()}
            | {"secrets": secrets}
        )

    def case(self, record: CaseRecord, entries: Iterable[Entry], secrets: CaseSecrets, offset: float) -> None:
        """Write a case and its entries; `offset` is the start of the bench's clock in seconds of the run."""
        lines = [self._entry(entry, secrets, offset) for entry in entries]
        with self._lock:
            self._cases += 1
            number = self._cases
            self._write(
                {
                    "case": number,
                    "kind": "case",
                    "id": record.id,
                    "version": record.version,
                    "role": record.role,
                    "node": record.node,
                    "verdict": record.verdict,
                    "entries": len(lines),
                }
            )
            for line in lines:
                self._write({"case": number, **line})
            if self._file is not None:
                self._file.flush()

    def take(self, path: Path) -> None:
        """Add the cases of another trace file of this run, numbered on; a line that a kill has cut ends it."""
        with self._lock, path.open(encoding="ascii") as file:
            for text in file:
                try:
                    line = json.loads(text)
                except ValueError:
                    break
                if "format" in line:
                    continue
                self._cases += line.get("kind") == "case"
                self._write({**line, "case": self._cases})

    def close(self) -> None:
        """Close the file; what comes later is not written. May be called twice."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _entry(self, entry: Entry, secrets: CaseSecrets, offset: float) -> dict[str, Any]:
        at = entry.at + offset
        line: dict[str, Any] = {
            "index": entry.index,
            "at": round(at, 6),
            "time": (self._started + timedelta(seconds=at)).isoformat(timespec="milliseconds"),
            "kind": entry.kind,
        }
        if entry.sender:
            line["sender"] = entry.sender
        if entry.connection:
            line["connection"] = entry.connection
        if entry.answers is not None:
            line["answers"] = entry.answers
        frame = entry.frame
        if frame is not None:
            line |= {"type": frame.type, "action": frame.action, "id": frame.id, "text": secrets.frame(entry)}
        elif entry.data:
            line["data"] = plain(_without_bytes(secrets.data(entry)), mask=False)
        return line

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(line, ensure_ascii=True, allow_nan=False, separators=(",", ":")) + "\n")


def _without_bytes(data: dict[str, Any]) -> dict[str, Any]:
    """Bytes stand as their number and sum: what a device uploaded is a file of its own."""
    return {
        name: {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
        if isinstance(value, bytes | bytearray)
        else value
        for name, value in data.items()
    }
