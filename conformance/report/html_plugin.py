"""The report as pytest-html writes it: its page is the frame, what stands in it is ours.

pytest-html knows three outcomes and draws every row of its table when the page opens; a report of 2,000 cases with
eight verdicts is beyond it. So its table keeps what it is made for, tests that are no cases of this suite (a user's own
beside ours), and our cases come in through its summary, the same as in the page of `render`.
"""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.report.record import RunRecord
from conformance.report.text import visible

_LOST = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>OCPP conformance report: not written</title></head>
<body><h1>This report could not be written</h1>
<p>{}. Make room, then draw it with <code>ocpp-conformance render</code> from the results or the journal in this
folder.</p></body></html>
"""


class HtmlReport:
    """Hooks that put our report into pytest-html's page; register it when the report is on (`enable` does both)."""

    def __init__(self, record: RunRecord, path: Path) -> None:
        self.record, self.path = record, path
        self._ours: set[str] = set()
        self._lost = ""

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """A page that can't be written is told in one line, and leaves no half of itself in its place."""
        try:
            yield
        except OSError as error:
            self._lost = f"{self.path}: it can't be written ({error.strerror}); make room, and draw it again"
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
                self.path.write_text(_LOST.format(html.escape(visible(str(error.strerror)))), encoding="utf-8")
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self._lost or session.exitstatus == pytest.ExitCode.USAGE_ERROR:
            self._announce_nothing(session.config)

    def _announce_nothing(self, config: pytest.Config) -> None:
        """pytest-html would say "Generated html report" of a page that only says why there is none."""
        for plugin in list(config.pluginmanager.get_plugins()):
            if type(plugin).__module__.startswith("pytest_html.") and hasattr(plugin, "pytest_terminal_summary"):
                config.pluginmanager.unregister(plugin)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Why there is no report."""
        if self._lost:
            terminalreporter.write_line(f"ERROR: {self._lost}")

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
    config.pluginmanager.register(HtmlReport(record, Path(config.option.htmlpath)), "ocpp-html-report")
    return True
