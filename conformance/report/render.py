"""Drawing the views of a stored record again, without pytest and without a device."""

from __future__ import annotations

from pathlib import Path

from conformance.report.journal import load, write_atomically
from conformance.report.junit import to_xml
from conformance.report.record import RunRecord


def render(results: Path, *, html: Path | None = None, junit: Path | None = None) -> RunRecord:
    """Read `results` (a results.json, a journal, or their folder) and write the views that are asked for.

    Returns the record. Raises ResultsError when it cannot be read, OSError when a view cannot be written.
    """
    record = load(results)
    if html is not None:
        from conformance.report.pages import page

        write_atomically(html, page(record))
    if junit is not None:
        write_atomically(junit, to_xml(record))
    return record
