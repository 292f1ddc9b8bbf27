"""Every view of a record, by name: what a run writes at its end, and what `render` draws again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from conformance.report.journal import write_atomically
from conformance.report.record import RunRecord

JOB_PAGE = "GITHUB_STEP_SUMMARY"
"""The variable by which a CI job of GitHub (or one that follows it) names the file of its page."""


def _html(record: RunRecord) -> str:
    from conformance.report.html import page

    return page(record)


def _junit(record: RunRecord) -> str:
    from conformance.report.junit import to_xml

    return to_xml(record)


def _sarif(record: RunRecord) -> str:
    from conformance.report.sarif import to_text

    return to_text(record)


def _summary(record: RunRecord) -> str:
    from conformance.report.job_page import summary_markdown

    return summary_markdown(record)


VIEWS: Mapping[str, Callable[[RunRecord], str]] = {
    "report.html": _html,
    "junit.xml": _junit,
    "results.sarif": _sarif,
    "summary.md": _summary,
}
"""The views by the names of their files. Each is text, drawn from the record and nothing else."""


def write_views(record: RunRecord, folder: Path, names: Iterable[str] = VIEWS) -> list[Path]:
    """Write views of a record into a folder, each atomically; their paths. Raises OSError when one can't be written."""
    written = []
    for name in names:
        write_atomically(folder / name, VIEWS[name](record))
        written.append(folder / name)
    return written


def add_to_job_page(record: RunRecord, environment: Mapping[str, str] = os.environ) -> bool:
    """Append the summary to the page of the CI job, if the environment names one; whether it did.

    Raises OSError when the file that it names can't be written.
    """
    path = environment.get(JOB_PAGE)
    if not path:
        return False
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(_summary(record) + "\n")
    return True
