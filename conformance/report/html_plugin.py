"""The report as pytest-html writes it: its page is the frame, what stands in it is ours.

pytest-html knows three outcomes and draws every row of its table when the page opens; a report of 2,000 cases with
eight verdicts is beyond it. So its table keeps what it is made for, tests that are no cases of this suite (a user's own
beside ours), and our cases come in through its summary, the same as in the page of `render`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.report.record import RunRecord
from conformance.report.text import visible


class HtmlReport:
    """Hooks that put our report into pytest-html's page; register it when the report is on (`enable` does both)."""

    def __init__(self, record: RunRecord) -> None:
        self.record = record
        self._ours: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Learn which tests are our cases: those with a record."""
        if getattr(report, "ocpp_case", None) is not None:
            self._ours.add(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Our title; no table of the tester's own machine."""
        from conformance.report.html import page_title

        report.title = page_title(self.record.run)
        report.set_data("environment", {})

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """No row for a case of ours, which stands in our part of the page, unless pytest itself failed around it."""
        if report.nodeid in self._ours and (report.when == "call" or report.outcome == "passed"):
            del cells[:]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        """What other tests printed, harmless."""
        data[:] = ["\n".join(visible(line) for line in text.splitlines()) for text in data]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str], summary: list[str], postfix: list[str]) -> None:
        """Our report."""
        from conformance.report.html import body

        prefix.append(body(self.record))


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
