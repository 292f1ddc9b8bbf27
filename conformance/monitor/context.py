"""What every rule group shares: the state, the settings, and the way to a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from conformance.monitor.carry import Carry
from conformance.monitor.rule import RuleInfo
from conformance.monitor.settings import MonitorSettings
from conformance.ocppj.findings import Blame, Finding, Severity
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry, Trace
from conformance.ocppj.versions import Version


class Schemas(Protocol):
    """The schema store, as far as the monitor needs it."""

    def judge(self, version: Version, name: str, payload: Any) -> Any:
        """The errors of a payload; empty if it is valid."""

    def schema(self, version: Version, name: str) -> dict[str, Any]:
        """The official schema."""


@dataclass(slots=True, eq=False)
class Call:
    """A CALL that is on its way, as the monitor remembers it."""

    entry: Entry
    action: str
    payload: Any
    connection: int
    at: float
    invalid: bool = False
    """It broke the schema or the framing: nothing is owed for it but an answer, and not even that."""
    premature: bool = False
    """The station sent it before it was accepted, and nobody had asked for it."""
    silent: bool = False
    """Its sender was Rejected: no answer is owed in 1.6 (4.2)."""
    registration: str = ""
    """The station's registration status when it was sent."""


class Context:
    """State and findings of one monitor."""

    def __init__(
        self,
        version: Version,
        dut: str,
        schemas: Schemas,
        trace: Trace,
        settings: MonitorSettings,
        state: Carry,
        *,
        history: bool,
    ) -> None:
        self.version = version
        self.dut = dut
        self.schemas = schemas
        self.settings = settings
        self.state = state
        self.history = history
        """Whether every transaction of the station was seen from its start."""
        self.findings: list[Finding] = []
        self.step: int | None = None
        self.muted = False
        """True while an answer is judged whose request was invalid: what it should have been nobody can say."""
        self.base = trace.epoch.timestamp()
        """Time of day (Unix seconds) at second 0 of the run."""
        self.connections: set[int] = set()
        """Connections that are open."""
        self.opened_at: dict[int, float] = {}
        self._counts: dict[str, int] = {}

    def has(self, rule: RuleInfo) -> bool:
        """Whether this version has the rule."""
        return self.version.id in rule.requirements

    def report(
        self,
        rule: RuleInfo,
        entry: Entry | None,
        expected: str,
        actual: str,
        *,
        pointer: str = "",
        severity: Severity | None = None,
        sender: str = "",
        note: str = "",
        provoked: bool = False,
    ) -> None:
        """Record a finding, unless this version has no such rule or the frame is wrong on purpose.

        `sender` says whose fault it is where that is not the sender of `entry`. `severity` can only weigh less than
        the rule does. `provoked`: our side keeps this rule as long as the device keeps to the standard, so that from
        our side it is an observation, which must not hide what the device did.
        """
        requirement = rule.requirements.get(self.version.id)
        if requirement is None or self.muted:
            return
        guilty = sender or (entry.sender if entry is not None else "")
        blame = Blame.DEVICE if guilty == self.dut else Blame.TESTER
        if blame is Blame.TESTER:
            if entry is not None and (entry.data.get("deliberate") or entry.data.get("knowingly")):
                return
            if provoked:
                severity = Severity.INFO
        count = self._counts[rule.id] = self._counts.get(rule.id, 0) + 1
        if count > self.settings.findings_per_rule:
            return
        self.findings.append(
            Finding(
                rule=rule.id,
                severity=severity or rule.severity,
                expected=expected,
                actual=actual,
                requirement=requirement,
                frame=entry.index if entry is not None else None,
                pointer=pointer,
                step=self.step,
                blame=blame,
                note=note,
            )
        )


Judge = Callable[[Entry, Any], None]
"""Judges a CALL or SEND: its entry and its payload, which is a dict."""
JudgeAnswer = Callable[[Entry, Any, Call], None]
"""Judges a CALLRESULT: its entry, its payload, which is a dict, and what it answers."""
Watch = Callable[[Entry], None]
"""Takes note of an entry that is no frame."""


class Tables:
    """Who judges what. Filled once for a monitor, by its rule groups; looked up for every frame."""

    def __init__(self) -> None:
        self.calls: dict[str, list[Judge]] = {}
        self.answers: dict[str, list[JudgeAnswer]] = {}
        self.refusals: dict[str, list[Callable[[Entry, Frame, Call], None]]] = {}
        self.watches: dict[str, list[Watch]] = {}
        self.finishers: list[Callable[[float], None]] = []

    def on_call(self, judge: Judge, *actions: str) -> None:
        """Have CALLs (and SENDs) of these actions judged."""
        for action in actions:
            self.calls.setdefault(action, []).append(judge)

    def on_answer(self, judge: JudgeAnswer, *actions: str) -> None:
        """Have CALLRESULTs to these actions judged."""
        for action in actions:
            self.answers.setdefault(action, []).append(judge)

    def on_refusal(self, judge: Callable[[Entry, Frame, Call], None], *actions: str) -> None:
        """Have CALLERRORs to these actions judged; "" stands for every action."""
        for action in actions:
            self.refusals.setdefault(action, []).append(judge)

    def on(self, watch: Watch, *kinds: str) -> None:
        """Have entries of these kinds, which are no frames, watched."""
        for kind in kinds:
            self.watches.setdefault(kind, []).append(watch)

    def at_end(self, finisher: Callable[[float], None]) -> None:
        """Have something judged when the case ends; it is given the time, in seconds of the run."""
        self.finishers.append(finisher)
