"""The compliance report as one HTML page, drawn from results alone."""

from __future__ import annotations

from typing import Any

from conformance.report.pages import page
from conformance.report.record import RunRecord


def render_html(results: dict[str, Any]) -> str:
    """The report of `results`, the JSON document of docs/results-format.md; it needs no other file and no network.

    `page(record)` is the same for a record that is at hand. Raises ResultsError when the document is none.
    """
    return page(RunRecord.from_json(results))
