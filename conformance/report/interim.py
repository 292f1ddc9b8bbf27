"""The report while the run still goes on, so that a run that is killed leaves one that says so.

What results.journal.jsonl is for programs, this is for people: whoever opens report.html in the middle of a long run,
or after the machine has lost power, sees what had ended by then, under a line that says that the run had not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.report.journal import write_atomically
from conformance.report.record import CaseRecord, RunRecord
from conformance.report.text import plural

EVERY = 30.0
"""Seconds between two writings, at least."""
SHARE = 50
"""One writing may cost one part in so many of the time since the last."""


class InterimReport:
    """Writes the report of a running record to `path`: at once, then now and then as cases end.

    A folder that cannot be written is left alone: whoever writes the results says so.
    """

    def __init__(self, record: RunRecord, path: Path, now: Callable[[], float] = time.monotonic) -> None:
        self.record, self.path, self._now = record, path, now
        self._due = 0.0
        self.write()
        record.on_add(self._ended)

    def _ended(self, case: CaseRecord) -> None:
        if self._now() >= self._due:
            self.write()

    def write(self) -> None:
        """Write it now."""
        from conformance.report.html import page

        begun = self._now()
        moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        said = (
            f"At {moment} it had not ended: either it still goes on, or it was killed. "
            f"{plural(len(self.record.cases), 'case')} had ended by then; later ones may stand in "
            "results.journal.jsonl, which `ocpp-conformance render` draws."
        )
        run = replace(self.record.run, interrupted=True, interruption=said)
        try:
            write_atomically(self.path, page(RunRecord(run, self.record.cases, self.record.standard)))
        except OSError:
            self._due = float("inf")
            return
        ended = self._now()
        self._due = ended + max(EVERY, SHARE * (ended - begun))
