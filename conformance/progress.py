"""What the terminal shows while a run lasts: a line as each case ends, and what is under way.

On a terminal one line at the bottom says which case and step run, what they wait for and how long, renewed four times a
second. Elsewhere (CI, a pipe, `-s`) a case that takes long gets a plain line after 30 s, 60 s, 120 s and so on. Where a
person is the operator, each step is a line: it stands above the prompt that it leads to.

Most of it is written while a case runs, and what is written then pytest captures, below Python too: it redirects the
descriptor of its own reporter. So progress has a descriptor of its own.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.text import Text

    from conformance.cases.selection import Selected
    from conformance.cases.steps import Step
    from conformance.report.record import CaseRecord

SLOW = 30.0
"""Seconds after which a case in CI says what it waits for; then after twice that, and so on."""

Waits = Callable[[], "tuple[str, float, float] | None"]
"""What the running case waits for ("" if it has no name), since how many seconds, of how many; None: for nothing."""


class Manner(Enum):
    """How what is under way is shown."""

    LIVE = "a line at the bottom of a terminal"
    LINES = "a plain line for a case that takes long"
    STEPS = "a line for each step, because a person is asked in between"


def manner_of(reporter: Any, *, prompts: bool, captured: bool) -> Manner:
    """The manner for this terminal reporter. `captured`: what cases print does not reach the terminal."""
    if prompts:
        return Manner.STEPS
    return Manner.LIVE if reporter.hasmarkup and reporter.isatty and captured else Manner.LINES


def _uncaptured(file: TextIO) -> TextIO:
    """The same place to write to, whatever becomes of `file`'s descriptor; `file` itself when it has none."""
    file.flush()
    try:
        number = os.dup(file.fileno())
    except (OSError, ValueError):
        return file
    return os.fdopen(number, "w", encoding=file.encoding, errors="backslashreplace")


class Progress:
    """Writes where pytest's terminal reporter writes, in the place of its dots.

    It has to be made while nothing is captured. `close` ends it; it may be called twice.
    """

    def __init__(self, reporter: Any, manner: Manner, waits: Waits = lambda: None, total: int = 0) -> None:
        self._reporter = reporter
        self._out = _uncaptured(reporter._tw._file)
        self._manner = manner
        self._waits = waits
        self.total = total
        self.devices = False
        """Whether each line names the device."""
        self._done = 0
        self._case: tuple[Selected, float] | None = None
        self._step: Step | None = None
        self._said = SLOW
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._live: Any = None
        # pytest's own progress: the file's name, and the percentage that it would write after our lines.
        reporter.showfspath = False
        reporter._show_progress_info = False

    def begins(self, selected: Selected) -> None:
        """A case begins."""
        with self._lock:
            self._case, self._step, self._said = (selected, time.monotonic()), None, SLOW
        if self._manner is Manner.LIVE and self._live is None:
            self._live = self._started()
        if self._manner is Manner.LINES and self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)
            self._thread.start()

    def step(self, selected: Selected, step: Step) -> None:
        """A step of the running case begins."""
        with self._lock:
            self._step = step
        if self._manner is Manner.STEPS:
            self._write(self._under_way(with_times=False))

    def ended(self, record: CaseRecord) -> None:
        """A case has ended."""
        from conformance.report.terminal import progress_line

        with self._lock:
            self._done += 1
            self._case = None
        width = self._reporter._tw.fullwidth
        color = bool(self._reporter.hasmarkup)
        self._write(progress_line(record, width, color, self._done, self.total, device=self.devices))

    def close(self) -> None:
        """Take what is under way off the terminal, and say no more of it."""
        self._over.set()
        if self._live is not None:
            self._live.stop()
            self._live = None
            self._manner = Manner.LINES
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None
        with self._lock:
            out, self._out = self._out, self._reporter._tw._file
        if out is not self._out:
            out.close()

    def _write(self, line: str) -> None:
        if self._live is not None:
            from rich.text import Text

            self._live.console.print(Text.from_ansi(line), soft_wrap=True)
            return
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()

    def _under_way(self, *, with_times: bool = True) -> str:
        """`12/177 TC_B_01_CS 2.0.1: 2. Power-cycle the station; 7 s, waits for BootNotification: 4 of 30 s`."""
        from conformance.report.text import fit, visible

        case, step = self._case, self._step
        if case is None:
            return ""
        entry = case[0].entry
        count = f"{self._done + 1:>{len(str(self.total))}}/{self.total} " if self.total else ""
        head = f"{count}{entry.id} {entry.version}"
        tail = f"; {self._times(case[1])}" if with_times else ""
        width = self._reporter._tw.fullwidth - 1
        said = f": {step.number}. {visible(step.text)}" if step is not None else ""
        return fit(f"{head}{fit(said, max(width - len(head) - len(tail), 0))}{tail}", width)

    def _times(self, began: float) -> str:
        from conformance.report.text import visible

        waits = self._waits()
        running = f"{time.monotonic() - began:.0f} s"
        if waits is None:
            return running
        what, since, limit = waits
        return f"{running}, waits{f' for {visible(what)}' if what else ''}: {since:.0f} of {limit:.0f} s"

    # ------------------------------------------------------------------ on a terminal

    def _started(self) -> Any:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._out, force_terminal=True, width=self._reporter._tw.fullwidth, highlight=False)
        live = Live(
            console=console,
            get_renderable=self._renderable,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        live.start()
        return live

    def _renderable(self) -> Text:
        from rich.text import Text

        return Text(self._under_way(), style="dim", no_wrap=True, overflow="ellipsis")

    # ------------------------------------------------------------------ elsewhere

    def _watch(self) -> None:
        while not self._over.wait(min(1.0, SLOW / 4)):
            with self._lock:
                case = self._case
                due = case is not None and time.monotonic() - case[1] >= self._said
                if due:
                    self._said *= 2
            if due:
                self._write(self._under_way())
