"""What the terminal shows while a run lasts: a line as each case ends, and the step that is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.cases.selection import Selected
    from conformance.cases.steps import Step
    from conformance.report.record import CaseRecord


class Progress:
    """Writes to pytest's terminal reporter, in the place of its dots.

    The step under way is shown only on a terminal, in a line that the next one overwrites, and not while a person is
    the operator: prompts need the line.
    """

    def __init__(self, reporter: Any, *, prompts: bool) -> None:
        self._reporter = reporter
        self._live = bool(reporter.hasmarkup) and not prompts
        self._open = False
        self.total = 0
        self._done = 0
        # pytest's own progress: the file's name, and the percentage that it would write after our lines.
        reporter.showfspath = False
        reporter._show_progress_info = False

    def step(self, selected: Selected, step: Step) -> None:
        """A step of the running case begins."""
        if not self._live:
            return
        from conformance.report.text import fit, visible

        entry = selected.entry
        count = f"{self._done + 1:>{len(str(self.total))}}/{self.total} " if self.total else ""
        line = f"{count}{entry.id} {entry.version}: {step.number}. {visible(step.text)}"
        self._reporter.rewrite(fit(line, self._reporter._tw.fullwidth - 1), erase=True)
        self._open = True

    def ended(self, record: CaseRecord) -> None:
        """A case has ended."""
        from conformance.report.terminal import progress_line

        self._done += 1
        self.close_line()
        width = self._reporter._tw.fullwidth
        line = progress_line(record, width, bool(self._reporter.hasmarkup), self._done, self.total)
        self._reporter.ensure_newline()
        self._reporter.write_line(line)

    def close_line(self) -> None:
        """Take the line of the step under way off the terminal."""
        if self._open:
            self._reporter.rewrite("", erase=True)
            self._reporter.rewrite("")
            self._open = False
