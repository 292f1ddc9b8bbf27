"""`step`, `check`, `recommend` and `observe`: what a case's body says of itself while it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from conformance.ocppj.findings import Finding, Severity
from conformance.peers.peer import Peer


@dataclass(slots=True)
class Step:
    """A numbered step of a running case. `first` is the index of the first trace entry that belongs to it."""

    number: int
    text: str
    expect: str
    line: int
    first: int
    reached: bool = True


@dataclass(slots=True)
class Checked:
    """One `check`: what it says, whether it held, and of which requirement."""

    text: str
    held: bool
    requirement: str


@dataclass(slots=True)
class Running:
    """The case that runs now."""

    peer: Peer
    steps: list[Step] = field(default_factory=list)
    checks: list[Checked] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    on_step: Callable[[Step], None] | None = None

    def open_step(self, text: str, expect: str, line: int) -> None:
        """Begin the next step."""
        entry = self.peer.trace.add(
            "step",
            self.peer.clock.now(),
            data={"number": len(self.steps) + 1, "text": text, "expect": expect},
        )
        one = Step(len(self.steps) + 1, text, expect, line, entry.index)
        self.steps.append(one)
        self.peer.open_step(one.number)
        if self.on_step:
            self.on_step(one)


_running: ContextVar[Running | None] = ContextVar("running case", default=None)


def set_running(running: Running | None) -> None:
    """The runner's own: which case `step` and `check` speak for, in this thread."""
    _running.set(running)


def _current() -> Running:
    running = _running.get()
    if running is None:
        raise RuntimeError("step() and check() are for the body of a test case")
    return running


def step(text: str, *, expect: str = "") -> None:
    """Begin the next numbered step of the scenario; `expect` says in words what the device should do.

    Its window opens at the first stimulus that follows (an operator's act, a CALL of ours).
    """
    frame = inspect.currentframe()
    line = frame.f_back.f_lineno if frame and frame.f_back else 0
    _current().open_step(text, expect, line)


def check(condition: object, text: str, *, requirement: str = "", actual: object = None) -> bool:
    """Record whether something holds, and go on: a check that does not hold makes the case FAIL.

    `text` says what is expected; `actual` what was seen instead (printed in the finding).
    """
    return _judged(Severity.MUST, "check", condition, text, requirement, actual)


def recommend(condition: object, text: str, *, requirement: str = "", actual: object = None) -> bool:
    """As `check`, of what is only recommended: what does not hold is a remark, unless the run is strict."""
    return _judged(Severity.SHOULD, "recommend", condition, text, requirement, actual)


def observe(text: str, actual: object) -> None:
    """Note in the report how the device behaves where nothing says how it should; no verdict follows from it."""
    running = _current()
    running.findings.append(_finding(running, Severity.INFO, "observe", text, str(actual)))


def told_by_the_operator(task: str, note: str, frame: int, *, misbehaved: bool) -> None:
    """Note what the operator said of an act (`task` in words, `frame` its trace entry).

    That the device misbehaved makes the case FAIL; any other note is an observation. Outside a case nothing is kept.
    """
    running = _running.get()
    if running is None:
        return
    severity = Severity.MUST if misbehaved else Severity.INFO
    expected = f"the device behaves as it should: {task}" if misbehaved else task
    step = running.steps[-1].number if running.steps else None
    running.findings.append(Finding("operator", severity, expected, note, frame=frame, step=step))


def _judged(severity: Severity, rule: str, condition: object, text: str, requirement: str, actual: object) -> bool:
    running = _current()
    held = bool(condition)
    if severity is Severity.MUST:
        running.checks.append(Checked(text, held, requirement))
    if not held:
        # A boolean as the wire has it.
        said = str(actual).lower() if isinstance(actual, bool) else repr(actual)
        shown = "not so" if actual is None else said
        running.findings.append(_finding(running, severity, rule, text, shown, requirement))
    return held


def _finding(
    running: Running, severity: Severity, rule: str, expected: str, actual: str, requirement: str = ""
) -> Finding:
    peer = running.peer
    return Finding(
        rule=rule,
        severity=severity,
        expected=expected,
        actual=actual,
        requirement=requirement,
        frame=len(peer.trace.entries) - 1 if peer.trace.entries else None,
        step=running.steps[-1].number if running.steps else None,
    )
