"""Results on disk: a journal while the run lasts, `results.json` when it ends.

The journal is a file of JSON lines: the run's facts first, then one line for each case as it ends, handed to the
operating system before the next case starts. When the run ends, by itself, by Ctrl-C or by an error, `finish` writes
`results.json` in one atomic step and removes the journal. When the process is killed the journal stays, and `load`
reads it like a results file, marked as interrupted.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

from conformance.report.reader import ResultsError
from conformance.report.record import FORMAT, CaseRecord, RunInfo, RunRecord
from conformance.report.standard import Standard

RESULTS_NAME = "results.json"
JOURNAL_NAME = "results.journal.jsonl"
JOURNAL_FORMAT = "ocpp-conformance-journal/1"

_T = TypeVar("_T")
_KILLED = "the run was killed before it could write its results; this is its journal"


def _dump(value: Any, *, indent: int | None = None) -> str:
    # ASCII only: a device's lone surrogates stay readable as escapes and the file is valid UTF-8 whatever they sent.
    return json.dumps(value, ensure_ascii=True, allow_nan=False, indent=indent)


def write_atomically(path: Path, text: str) -> None:
    """Write `text` to `path` so that a reader sees the old file or the whole new one, never a part.

    The text must be encodable as UTF-8. Raises OSError when the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process id keeps two runs from writing one temporary file; `open` gives it the permissions of any file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_results(record: RunRecord, path: Path) -> None:
    """Write `record` as a results file, atomically. Raises OSError when the folder cannot be written."""
    write_atomically(path, _dump(record.to_json(), indent=1) + "\n")


class Journal:
    """Keeps a running record on disk in `folder`.

    Opening removes an earlier run's results.json, so that nobody takes it for this run's. Raises OSError when the
    folder cannot be made or written. A disk that fills up later ends the journal, not the run: `lost` then says why.
    """

    def __init__(self, folder: Path, record: RunRecord) -> None:
        self.record = record
        self.results = folder / RESULTS_NAME
        self.path = folder / JOURNAL_NAME
        folder.mkdir(parents=True, exist_ok=True)
        self.results.unlink(missing_ok=True)
        self.lost = ""
        self._file: IO[str] | None = self.path.open("w", encoding="utf-8", newline="\n")
        self._write(
            {
                "format": JOURNAL_FORMAT,
                "results": FORMAT,
                "run": record.run.to_json(),
                "standard": record.standard.to_json(),
            }
        )
        for case in record.cases:
            self._case(case)
        if self.lost:
            raise OSError(0, self.lost, str(self.path))
        record.on_add(self._case)

    def _case(self, case: CaseRecord) -> None:
        self._write({"case": case.to_json()})

    def _write(self, value: Any) -> None:
        if self._file is None:
            return
        try:
            self._file.write(_dump(value) + "\n")
            self._file.flush()
        except OSError as error:
            self.lost = error.strerror or str(error)
            file, self._file = self._file, None
            with contextlib.suppress(OSError):
                file.close()

    def note_run(self) -> None:
        """Write the run's facts again, after they have changed; the last ones count."""
        self._write({"run": self.record.run.to_json()})

    def note_standard(self) -> None:
        """Write the lists again, after they have changed."""
        self._write({"standard": self.record.standard.to_json()})

    def finish(self) -> Path:
        """Write results.json, remove the journal, return the results' path. May be called twice.

        Raises OSError when the folder cannot be written; the journal then stays.
        """
        write_results(self.record, self.results)
        if self._file is not None:
            self._file.close()
            self._file = None
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        return self.results


def load(path: Path) -> RunRecord:
    """Read a results file, the journal of a run that was killed, or a folder that holds either.

    Raises ResultsError, one line that names the file, what is wrong and where.
    """
    if path.is_dir():
        names = (RESULTS_NAME, JOURNAL_NAME)
        found = next((path / name for name in names if (path / name).is_file()), None)
        if found is None:
            raise ResultsError(f"{path}: no {RESULTS_NAME} in this folder; name the file that a run wrote")
        path = found
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ResultsError(
            f"{path}: cannot be read: {error.strerror or error}; name the results.json that a run wrote"
        ) from None
    except UnicodeDecodeError as error:
        raise ResultsError(f"{path}: is no results file: not UTF-8 at byte {error.start}") from None
    if text.startswith(f'{{"format": "{JOURNAL_FORMAT}"'):
        return _load_journal(path, text)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: is no results file: {error}") from None
    return _named(path, RunRecord.from_json, data)


def _named(path: Path, read: Callable[[Any], _T], data: Any) -> _T:
    try:
        return read(data)
    except ResultsError as error:
        raise ResultsError(f"{path}: {error}") from None


def _load_journal(path: Path, text: str) -> RunRecord:
    lines = text.splitlines()
    record: RunRecord | None = None
    for number, line in enumerate(lines, 1):
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            if number == len(lines):
                # The process died while it wrote this line; every line before it is whole.
                break
            raise ResultsError(f"{path}: line {number} is no JSON: {error}") from None
        if not isinstance(data, dict):
            raise ResultsError(f"{path}: line {number}: expected an object")
        if "run" in data:
            run = _named(path, RunInfo.from_json, data["run"])
            if record is None:
                standard = data.get("standard", {})
                record = RunRecord(run, standard=_named(path, Standard.from_json, standard))
            record.run = run
        elif record is not None and "standard" in data:
            record.standard = _named(path, Standard.from_json, data["standard"])
        elif record is not None:
            record.add(_named(path, CaseRecord.from_json, data.get("case")))
    if record is None:
        raise ResultsError(f"{path}: the journal has no readable first line")
    record.run.interrupted = True
    record.run.interruption = record.run.interruption or _KILLED
    return record
