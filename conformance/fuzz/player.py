"""Plays one example and says what came of it: the reaction, the problems, and whether the device lives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.cases.bench import Bench
from conformance.fuzz.example import Example
from conformance.fuzz.judging import Problem, death, monitor_problem, reaction_problem
from conformance.fuzz.oracles import ALWAYS, ORACLES
from conformance.fuzz.stage import Reaction, Stage
from conformance.ocppj.findings import Blame, Finding, Severity
from conformance.ocppj.trace import Entry
from conformance.peers.outcome import Abandoned, ExpectationFailed, Inconclusive, NotApplicable

RENEWED_AFTER = 250
"""Entries of the trace after which it is exchanged for a fresh one, between two examples: an entry with a rich message
in it takes some 5 KB, and while a campaign goes on nothing else takes as much."""
VOLUME = 60_000
"""Characters of messages after which it is exchanged, too: what is read of a rich message takes many times its text."""
OWN_RULES = ("schema.", "wire.")
"""Rules that we keep in negative tests, too, but for messages that are marked as wrong on purpose."""
DEAF_AFTER = 3
"""Answers to one kind of breakage that were due and did not come, after which the next ones of that kind are not
waited for: a probe tells as well."""
DEAF_TO_ALL_AFTER = 2 * DEAF_AFTER
"""The same over all kinds of a case, which has failed long since: a device that drops what it can't read keeps silent
to dozens of them, and each first wait would cost the message timeout."""
SHORT = 0.25
"""Seconds that such a device is still given for each of the first of a kind."""


def weighs(finding: Finding) -> bool:
    """Whether a finding of the monitor counts in a negative test: the device's all do, ours where they are about
    single messages."""
    return finding.blame is not Blame.TESTER or (
        finding.severity is Severity.MUST and finding.rule.startswith(OWN_RULES)
    )


@dataclass(slots=True)
class Outcome:
    """What came of an example.

    `problems` are the device's, the weightiest first; `remarks` weigh less than MUST. `alive`: "same" connection,
    "reconnected", "restarted", or "dead". `unplayed`: why the example could not be played, "" if it was. `frames`: what
    was said, when there is a problem. `excused`: why the example does not apply to the device, "" if it does.
    """

    example: Example
    reaction: Reaction
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    alive: str = "same"
    unplayed: str = ""
    excused: str = ""
    frames: list[Entry] = field(default_factory=list)
    seconds: float = 0.0


class Player:
    """Plays examples on one stage, one after another."""

    def __init__(self, stage: Stage, *, second: Bench | None = None, revive: Callable[[], bool] | None = None) -> None:
        """`second`: another station at the same CSMS; `revive`: restarts a dead device, False if it can't."""
        self.stage = stage
        self.second = second
        self._revive = revive
        self._deaf: Counter[str] = Counter()
        self.ours: list[Finding] = []
        """Findings on our own part: errors of this suite."""
        self.loose: list[Finding] = []
        """Findings between two examples."""
        self.late: list[Outcome] = []
        """What only the next example showed of the one before: the device gave a sign of life, and died then."""
        self._before: Example | None = None
        self._volume = 0

    @property
    def bench(self) -> Bench:
        """The device's bench."""
        return self.stage.bench

    def play(self, example: Example) -> Outcome:
        """Do its acts, wait for the reaction, ask for signs of life, and judge. Raises Abandoned when the run ends."""
        stage, peer = self.stage, self.stage.peer
        began = peer.clock.now()
        if len(peer.trace.entries) > RENEWED_AFTER or self._volume > VOLUME:
            self._between(self.bench.renew())
            self._volume = 0
        outcome = Outcome(example, Reaction("none"))
        self._ready(outcome)
        if outcome.unplayed:
            return outcome
        self._between(self.bench.tell())
        peer.forget_answers()
        peer.mark()
        stage.begin()
        self._act(outcome)
        self._oracles(outcome)
        stage.end()
        self._life(outcome)
        self._found(outcome)
        if outcome.problems or outcome.remarks:
            outcome.frames = list(stage.entries)
        self._before = None if outcome.alive == "dead" else example
        self._volume += sum(len(entry.frame.text) for entry in stage.entries if entry.frame is not None)
        outcome.seconds = peer.clock.now() - began
        return outcome

    def _ready(self, outcome: Outcome) -> None:
        peer = self.stage.peer
        if peer.connected and peer.accepted and not self.bench.gone:
            return
        try:
            self.bench.ready()
        except Inconclusive as gone:
            if isinstance(gone, Abandoned):
                raise
            if self._before is None or not self._died_late(self._before, str(gone)):
                outcome.unplayed, outcome.alive = str(gone), "dead"

    def _died_late(self, example: Example, how: str) -> bool:
        """Hold the device's death against the example before, after which it still answered; whether it runs again."""
        late = Outcome(example, Reaction("none"), [death(example, f"dead soon after a sign of life: {how}")])
        late.alive = "restarted" if self._revived() else "dead"
        self.late.append(late)
        self._before = None
        return late.alive == "restarted"

    def _act(self, outcome: Outcome) -> None:
        example, stage = outcome.example, self.stage
        try:
            for act in example.acts:
                stage.do(act)
        except Abandoned:
            raise
        except Inconclusive as reason:
            outcome.unplayed = str(reason)
            return
        except NotApplicable as reason:
            outcome.excused = str(reason)
            return
        except ExpectationFailed as failed:
            outcome.problems.append(Problem(failed.finding, ("act", example.constraint, failed.finding.expected)))
            return
        kind = example.constraint
        stage.patience = self._patience(kind)
        outcome.reaction = stage.reaction(example.allowed)
        due = stage.last is not None and not example.allowed.silence
        if outcome.reaction.kind == "silence" and due:
            self._deaf[kind] += 1
        elif outcome.reaction.kind in ("result", "error") and due:
            self._deaf[kind] = 0
        problem = reaction_problem(stage.target.version, example, outcome.reaction)
        if problem is not None:
            weighty = problem.finding.severity is Severity.MUST
            (outcome.problems if weighty else outcome.remarks).append(problem)

    def _patience(self, kind: str) -> float | None:
        """Seconds to wait for an answer that is due, None for the message timeout."""
        if self._deaf[kind] >= DEAF_AFTER:
            return 0.05
        message = float(self.stage.peer.deadlines.message)
        waited = sum(min(count, DEAF_AFTER) for count in self._deaf.values())
        return min(SHORT, message) if waited >= DEAF_TO_ALL_AFTER else None

    def _oracles(self, outcome: Outcome) -> None:
        for name in (*ALWAYS, *outcome.example.oracles):
            for finding in ORACLES[name](self.stage):
                weighty = finding.severity is Severity.MUST and finding.blame is Blame.DEVICE
                (outcome.problems if weighty else outcome.remarks).append(monitor_problem(finding, outcome.example))

    def _life(self, outcome: Outcome) -> None:
        """Whether the device lives: on the same connection, or on a new one in time, and, a CSMS, for others too."""
        stage, peer, example = self.stage, self.stage.peer, outcome.example
        if peer.connected:
            if stage.probe():
                self._serves_others(outcome)
                return
            if peer.connected:
                outcome.problems.append(death(example, "no answer on the open connection any more"))
                for wire in list(peer._wires):
                    wire.abort()
                peer.wait(lambda: not peer.connected, within=1.0)
        self.bench.gone = ""
        try:
            self.bench.ready()
            alive = stage.probe()
        except Inconclusive as gone:
            if isinstance(gone, Abandoned):
                raise
            alive = False
        if alive:
            outcome.alive = "reconnected"
            self._serves_others(outcome)
            return
        outcome.problems.append(death(example, f"dead: {self.bench.gone or 'no answer after a reconnect'}"))
        outcome.alive = "restarted" if self._revived() else "dead"

    def _revived(self) -> bool:
        if self._revive is None or not self._revive():
            return False
        self.bench.gone = ""
        try:
            self.bench.ready()
        except Inconclusive:
            return False
        return self.stage.probe()

    def _serves_others(self, outcome: Outcome) -> None:
        if self.second is None:
            return
        peer = self.second.peer
        if len(peer.trace.entries) > RENEWED_AFTER:
            self._between(self.second.renew())
        try:
            if not (peer.connected and peer.accepted):
                self.second.gone = ""
                self.second.ready()
            peer.send("Heartbeat")
        except (ExpectationFailed, Inconclusive) as failed:
            if isinstance(failed, Abandoned):
                raise
            outcome.problems.append(death(outcome.example, f"another station is not served: {failed}"))

    def _found(self, outcome: Outcome) -> None:
        for finding in self.bench.tell():
            if finding.blame is Blame.TESTER:
                self._ours(finding)
            elif finding.blame is Blame.DEVICE:
                weighty = finding.severity is Severity.MUST
                (outcome.problems if weighty else outcome.remarks).append(monitor_problem(finding, outcome.example))

    def _ours(self, finding: Finding) -> None:
        """A finding on our own part is an error of this suite where it is about single messages.

        Odd sequences are what negative tests are for: a session that one of them broke off leaves more behind than the
        rules for sessions take from a well-behaved station.
        """
        if weighs(finding):
            self.ours.append(finding)

    def _between(self, findings: list[Finding]) -> None:
        """What was found between two examples is kept for the case, once: nobody knows which one caused it."""
        for finding in findings:
            if finding.blame is Blame.TESTER:
                self._ours(finding)
            elif (finding.rule, finding.severity) not in {(one.rule, one.severity) for one in self.loose}:
                self.loose.append(finding)
