"""Drawing the views of a stored record again, without pytest and without a device."""

from __future__ import annotations

from pathlib import Path

from conformance.report.journal import RESULTS_NAME, load, write_atomically, write_results
from conformance.report.record import RunRecord
from conformance.report.views import VIEWS, write_views


def render(
    results: Path,
    *,
    html: Path | None = None,
    junit: Path | None = None,
    sarif: Path | None = None,
    summary: Path | None = None,
) -> RunRecord:
    """Read `results` (a results.json, a journal, or their folder) and write the views that are asked for.

    Returns the record. Raises ResultsError when it cannot be read, OSError when a view cannot be written.
    """
    record = load(results)
    for name, path in zip(VIEWS, (html, junit, sarif, summary), strict=True):
        if path is not None:
            write_atomically(path, VIEWS[name](record))
    return record


def render_all(results: Path, out: Path | None = None) -> list[Path]:
    """Read `results` and write every view into `out` (default: the folder of `results`); the paths that were written.

    A folder without a results.json, such as that of a run that was killed, gets one. Raises as `render` does.
    """
    record = load(results)
    folder = out or (results if results.is_dir() else results.parent)
    written = write_views(record, folder)
    kept = folder / RESULTS_NAME
    if not kept.exists():
        write_results(record, kept)
        written.append(kept)
    return written
