"""The HTML report of a run, through pytest-html.

pytest-html draws the page and the table of cases; this module gives it our columns, our verdicts (it knows only
passed, failed, skipped), our summary and each case's details. It reads `report.ocpp_case`, the JSON of a CaseRecord,
which the plugin sets on the test report of any phase; the latest one that is set counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import pytest

from conformance.report.aggregate import block_label
from conformance.report.record import (
    ERROR,
    EXPECTED_FAIL,
    FAIL,
    INCONCLUSIVE,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
    PASS,
    READING_ORDER,
    UNEXPECTED_PASS,
    CaseRecord,
    RunRecord,
)
from conformance.report.text import duration, visible

_OUTCOMES = {
    PASS: "Passed",
    FAIL: "Failed",
    INCONCLUSIVE: "Failed",
    ERROR: "Error",
    UNEXPECTED_PASS: "XPassed",
    EXPECTED_FAIL: "XFailed",
    NOT_APPLICABLE: "Skipped",
    NOT_IMPLEMENTED: "Skipped",
}
"""pytest-html's word for each verdict. Its script filters by these and knows no others: they stay in a hidden cell."""

_COLUMNS = (
    ("verdict", "Verdict", True),
    ("testId", "Case", True),
    ("title", "Title, and why it did not pass", False),
    ("version", "OCPP", True),
    ("block", "Block", True),
    ("profile", "Profile", True),
    ("seconds", "Time", True),
)


def _text(value: str) -> str:
    return escape(visible(value))


def _slot(anchor: str) -> dict[str, str]:
    """The "extra", in pytest-html's form, where our script puts a case's details when its row is opened."""
    content = f'<div class="ocpp-slot" data-case="{anchor}"></div>'
    return {"name": "", "format_type": "html", "content": content, "mime_type": "text/html", "extension": "html"}


def _cells(case: CaseRecord, anchor: str) -> list[str]:
    """A row. pytest-html sorts by the HTML of a cell, as text, hence the hidden sort keys in front."""
    rank = READING_ORDER.index(case.verdict)
    slug = "v-" + case.verdict.lower().replace(" ", "-")
    profiles = _text(", ".join(case.profiles))
    why = f'<span class="why">{_text(case.why)}</span>' if case.why else ""
    contents = {
        "testId": f'<span class="id">{_text(case.id)}</span>',
        "title": f"<span>{_text(case.title)}</span>{why}",
        "version": _text(case.version),
        "block": _text(block_label(case.block)),
        "profile": profiles,
        "seconds": f"<span hidden>{case.seconds:010.3f}</span>{duration(case.seconds) if case.seconds else ''}",
    }
    verdict = (
        f'<td class="col-verdict ocpp-cell" data-case="{anchor}" data-verdict="{case.verdict}"'
        f' data-block="{_text(case.block)}"><span hidden>{rank}</span>'
        f'<button type="button" class="ocpp-toggle"><span class="chip {slug}">{case.verdict}</span></button></td>'
    )
    cells = [f'<td class="col-result" aria-hidden="true">{_OUTCOMES[case.verdict]}</td>', verdict]
    return cells + [f'<td class="col-{name}">{content}</td>' for name, content in contents.items()]


def _foreign(report: Any) -> CaseRecord:
    """A record for a test that is no case of ours, or for a module that could not be collected."""
    failed = {"passed": PASS, "skipped": NOT_APPLICABLE}.get(report.outcome, ERROR)
    if getattr(report, "when", "") == "call" and report.outcome == "failed":
        failed = FAIL
    name = str(report.nodeid).rpartition("::")[2] or str(report.nodeid)
    return CaseRecord(
        id=name,
        title=f"{report.nodeid} (no OCPP case)",
        version="",
        role="",
        block="",
        verdict=failed,
        seconds=float(getattr(report, "duration", 0.0)),
        node=str(report.nodeid),
    )


class HtmlReport:
    """Hooks that turn pytest-html's page into ours; register it when the report is on (`enable` does both)."""

    def __init__(self, record: RunRecord) -> None:
        self.record = record
        self._page: Any = None
        self._cases: dict[str, CaseRecord] = {}
        self._drawn: set[str] = set()
        self._foreign: list[CaseRecord] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take the case from the report and leave a place for its details in the row."""
        data = getattr(report, "ocpp_case", None)
        if data is not None:
            self._cases[report.nodeid] = CaseRecord.from_json(data)
        case = self._cases.get(report.nodeid)
        if case is not None and report.when == "teardown":
            from conformance.report.pages import anchor

            report.extras = [*getattr(report, "extras", []), _slot(anchor(case))]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Title, sorting by verdict (worst first), and every row closed: the summary already says what failed."""
        from conformance.report.pages import page_title

        self._page = report
        report.title = page_title(self.record.run)
        report.set_data("initialSort", "verdict")
        report.set_data("renderCollapsed", ["all"])
        # It names the tester's own machine; what belongs in a report stands in our summary.
        report.set_data("environment", {})

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Our columns; pytest-html's own result stays, hidden, because its script reads it."""
        cells[:] = ['<th class="sortable col-result" aria-hidden="true" data-column-type="result">Result</th>']
        for name, title, sortable in _COLUMNS:
            kind = f'class="sortable col-{name}" data-column-type="{name}"' if sortable else f'class="col-{name}"'
            cells.append(f'<th scope="col" {kind}>{title}</th>')

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """One row for each case, whichever of its phases failed."""
        phase = getattr(report, "when", "collect")
        if phase in ("setup", "teardown") and report.outcome == "passed":
            return
        if report.nodeid in self._drawn:
            del cells[:]
            return
        from conformance.report.pages import anchor

        self._drawn.add(report.nodeid)
        case = self._cases.get(report.nodeid)
        if case is None:
            case = _foreign(report)
            self._foreign.append(case)
        cells[:] = _cells(case, anchor(case))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        """Keep the log where it tells more than the findings: what was printed, and the traceback of our own errors."""
        case = self._cases.get(report.nodeid)
        if case is None or case.verdict == ERROR:
            return
        printed = [
            f"{escape(name):-^80}\n{escape(visible_lines(content))}" for name, content in report.sections if content
        ]
        data[:] = printed

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str], summary: list[str], postfix: list[str]) -> None:
        """Our first screen, the filters, and every case's details for the rows to show."""
        from conformance.report.pages import case_details, filters_html, script, stylesheet, summary_html

        self._add_missing_rows()
        prefix.append(f"<style>{stylesheet()}</style>")
        prefix.append(summary_html(self.record))
        postfix.append(filters_html(self.record))
        postfix += [_template(case, case_details(case, self.record.run.started)) for case in self.record.cases]
        postfix.append(f"<script>{script()}</script>")

    def _add_missing_rows(self) -> None:
        """Rows for cases of the record that pytest did not report: not implemented, or cut off by Ctrl-C."""
        from conformance.report.pages import anchor

        seen = {case.key for case in self._cases.values()}
        for case in self.record.cases:
            if case.key in seen or self._page is None:
                continue
            report = pytest.TestReport(
                nodeid=f"{case.id} {case.version} {case.role} {case.node}",
                location=("", None, case.id),
                keywords={},
                outcome="skipped",
                longrepr=None,
                when="call",
            )
            name = anchor(case)
            cells = _cells(case, name)
            row = {
                "extras": [_slot(name)],
                "result": _OUTCOMES[case.verdict],
                "resultsTableRow": cells,
                **_sort_keys(cells),
            }
            self._page.add_test(row, report, "skipped", [])


def visible_lines(text: str) -> str:
    """`visible` line by line: captured output keeps its line ends."""
    return "\n".join(visible(line) for line in text.splitlines())


def _template(case: CaseRecord, details: str) -> str:
    from conformance.report.pages import anchor

    return f'<template id="details-{anchor(case)}">{details}</template>'


def _sort_keys(cells: Iterable[str]) -> dict[str, str]:
    """What pytest-html takes out of the cells to sort by."""
    keys = {}
    for (name, _, sortable), cell in zip(_COLUMNS, list(cells)[1:], strict=True):
        if sortable:
            keys[name] = cell.partition(">")[2].removesuffix("</td>")
    return keys


def enable(config: pytest.Config, path: Path, record: RunRecord) -> bool:
    """Have pytest-html write a self-contained report of `record` to `path`.

    Call it in `pytest_configure` with `tryfirst=True`, before pytest-html reads its options. A path that the user
    gave with `--html` wins. False, and nothing done, when pytest-html is not active (`-p no:html`).
    """
    if not config.pluginmanager.hasplugin("html"):
        return False
    if not config.option.htmlpath:
        config.option.htmlpath = str(path)
    config.option.self_contained_html = True
    config.pluginmanager.register(HtmlReport(record), "ocpp-html-report")
    return True
