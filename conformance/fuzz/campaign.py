"""`fuzz`, the fixture of negative test cases: plays examples in rows or lets Hypothesis look for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.fuzz import corpus, memory
from conformance.fuzz.corpus import Saved
from conformance.fuzz.distinct import Distinct
from conformance.fuzz.example import Act, Allowed, Example
from conformance.fuzz.judging import ALLOWED, FORBIDDEN, TOLERATED, Problem, wanted
from conformance.fuzz.packed import Packed
from conformance.fuzz.player import Outcome, Player, weighs
from conformance.fuzz.settings import FuzzWishes
from conformance.fuzz.stage import Reaction, Target
from conformance.ocppj.findings import Finding, Severity
from conformance.ocppj.trace import Entry, Trace
from conformance.peers.outcome import Inconclusive

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

SENT_LIMIT = 300
"""Characters of what was sent that a row keeps."""
FINDINGS_LIMIT = 40
"""Problems of different causes that a case lists; the rows hold every one."""
EXHIBITS_LIMIT = 400
"""Frames that a case keeps of its failing examples."""


@dataclass(slots=True)
class Row:
    """One deterministic negative input in the report."""

    name: str
    action: str
    constraint: str
    pointer: str
    sent: str
    reaction: str
    expected: str
    allowed: str
    """"allowed", "tolerated", "not allowed", or "not played"."""


@dataclass(slots=True)
class Search:
    """One random search in the report."""

    examples: int = 0
    seconds: float = 0.0
    seed: int = 0
    statistics: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """What a campaign's case sent, in numbers."""

    played: int = 0
    seconds: float = 0.0
    distinct: Distinct = field(default_factory=Distinct)
    rows: Packed[Row] = field(default_factory=lambda: Packed(Row))
    searches: list[Search] = field(default_factory=list)
    saved: list[Path] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    """Sources of test cases, one for each saved finding."""
    known: int = 0
    """Examples of the corpus that were played first."""


class Campaign:
    """The negative inputs of one case, on one device under one version."""

    def __init__(
        self,
        player: Player,
        case: str,
        wishes: FuzzWishes,
        *,
        seconds: float = 1.0,
        report: Callable[[Finding], None],
        step: Callable[[], int] = lambda: 0,
        replay: Saved | None = None,
    ) -> None:
        """`seconds`: of each random search; `report` takes the findings of the case; `step` tells the number of its
        step, 0 before the first; `replay`: the only example."""
        self.player = player
        self.case = case
        self.wishes = wishes
        self.tally = Tally()
        self._memory = memory.Keeper(often=wishes.level == "soak")
        self.inconclusive = ""
        """Why the case can't be called passed, when nothing else is wrong with it."""
        self.exhibits = Trace(player.stage.peer.trace.epoch)
        self._seconds = seconds
        self._report = report
        self._step = step
        self._shown_step = 0
        self._replay = replay
        self._signatures: dict[tuple[str, ...], int] = {}
        self._remarks: set[tuple[str, ...]] = set()
        self._next = 0.0
        self._dead = ""

    @property
    def target(self) -> Target:
        """What generators need to know of the device."""
        return self.player.stage.target

    @property
    def level(self) -> str:
        """smoke, default or soak."""
        return self.wishes.level

    # ------------------------------------------------------------------ what case bodies call

    def rows(self, examples: Iterable[Example]) -> None:
        """Play each example once, in order, a row each; problems of the same cause make one finding of the case."""
        for example in examples:
            if self.is_over:
                self._row(example, None)
                continue
            self.record(self.play(example))

    def record(self, outcome: Outcome) -> None:
        """Take what `play` returned into the case, with a row."""
        self._row(outcome.example, outcome)
        self._judge(outcome)

    def skip(self, example: Example, why: str) -> None:
        """A row of an example that is not played on this device, and why; it makes the case no worse."""
        self._row(example, Outcome(example, Reaction("none"), unplayed=why))

    def explore(self, examples: SearchStrategy[Example], *, share: float = 1.0) -> None:
        """Have Hypothesis draw examples for `share` of the case's time; what it finds is shrunk, saved and reported."""
        from conformance.fuzz.exploring import explore

        if not self.is_over:
            explore(self, examples, seconds=self._seconds * share)

    def machine(self, machine: Callable[[Campaign], Any], *, share: float = 1.0) -> None:
        """Have Hypothesis run a state machine made by `machine(campaign)`; its log of acts is what a finding saves."""
        from conformance.fuzz.exploring import explore_machine

        if not self.is_over:
            explore_machine(self, machine, seconds=self._seconds * share)

    def check(
        self, *acts: Act, allowed: Allowed, name: str = "", breaks: str = "", oracles: tuple[str, ...] = ()
    ) -> Outcome:
        """Play these acts as one example, with a row and a finding of their own."""
        example = Example(name or repr(acts[-1])[:80], acts, allowed, breaks=breaks, oracles=oracles)
        outcome = self.play(example)
        self._row(example, outcome)
        self._judge(outcome)
        return outcome

    def play(self, example: Example) -> Outcome:
        """Play one example at the pace of the description; nothing is recorded but its number."""
        self._wait_for_turn()
        began = time.monotonic()
        outcome = self.player.play(example)
        self._late()
        self.tally.played += 1
        self._memory.pause()
        self.tally.seconds += time.monotonic() - began
        self.tally.distinct.add(hash(example.acts))
        return outcome

    @property
    def corpus_size(self) -> int:
        """How many examples of this case under this version the corpus holds by now; 0 in a replay."""
        if self._replay is not None:
            return 0
        return sum(1 for _ in corpus.of_case(self.wishes.corpus, self.case, self.target.version.id))

    def again(self) -> None:
        """Play the example that this campaign replays: what a replay's body does."""
        if self._replay is not None:
            self._known(self._replay.example, None)

    def begin(self) -> None:
        """Play what the corpus knows of this case, before its body; in a replay nothing."""
        if self._replay is not None:
            return
        for path, one in corpus.of_case(self.wishes.corpus, self.case, self.target.version.id):
            self._known(one.example, path)

    def _known(self, example: Example, path: Path | None) -> None:
        outcome = self.play(example)
        self.tally.known += 1
        self._row(example, outcome)
        self._judge(outcome, known=path)

    # ------------------------------------------------------------------ what came of it

    def _wait_for_turn(self) -> None:
        pace = self.target.dut.fuzz.pace if self.wishes.pace is None else self.wishes.pace
        if not pace:
            return
        now = time.monotonic()
        if now < self._next:
            self.player.stage.peer.wait(lambda: False, within=self._next - now)
        self._next = max(now, self._next) + 1 / pace

    def _late(self) -> None:
        """What the device did after the end of the example before is held against that one."""
        late, self.player.late = self.player.late, []
        for outcome in late:
            for row in reversed(self.tally.rows.recent):
                if row.name == outcome.example.name:
                    row.allowed = FORBIDDEN
                    row.reaction = f"{row.reaction}; {outcome.problems[0].finding.actual}"[:SENT_LIMIT]
                    break
            self._judge(outcome)

    def _row(self, example: Example, outcome: Outcome | None) -> None:
        verdict, reaction = "not played", self._dead or "the first finding was enough"
        if outcome is not None and (outcome.unplayed or outcome.excused):
            reaction = outcome.unplayed or f"does not apply: {outcome.excused}"
        elif outcome is not None:
            minded = any(one.finding.severity is not Severity.INFO for one in outcome.remarks)
            verdict = FORBIDDEN if outcome.problems else TOLERATED if minded else ALLOWED
            reaction = str(outcome.reaction)
            if outcome.problems and outcome.problems[0].signature[0] != "reaction":
                reaction = f"{reaction}; {outcome.problems[0].finding.actual}"[:SENT_LIMIT]
        self.tally.rows.append(
            Row(
                example.name,
                example.action,
                example.constraint,
                example.pointer,
                sent(example),
                reaction,
                wanted(example.allowed),
                verdict,
            )
        )

    def _judge(self, outcome: Outcome, *, known: Path | None = None) -> None:
        """Take an outcome's problems into the case; the first of each cause is tried again and saved."""
        if outcome.unplayed:
            self.inconclusive = self.inconclusive or f"{outcome.example.name}: not played: {outcome.unplayed}"
        for problem in outcome.remarks:
            if problem.signature not in self._remarks:
                self._remarks.add(problem.signature)
                self._report(self._worded(problem, outcome, []))
        for problem in outcome.problems:
            seen = self._signatures.get(problem.signature, 0)
            self._signatures[problem.signature] = seen + 1
            if not seen and len(self._signatures) <= FINDINGS_LIMIT:
                self.found(outcome, problem, known=known)
        self.bury(outcome)

    @property
    def is_dead(self) -> bool:
        """Whether the device died and could not be restarted: nothing more can be played."""
        return bool(self._dead)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be played: the device is dead, or the first finding was enough."""
        return self.is_dead or (self.wishes.first_only and bool(self._signatures))

    def bury(self, outcome: Outcome) -> None:
        """Note that the device is dead, if it is."""
        if outcome.alive == "dead":
            self._dead = f"the device is dead since {outcome.example.name!r}"
            self.inconclusive = self.inconclusive or self._dead

    def unsure(self, outcome: Outcome, problem: Problem, again: Outcome) -> None:
        """A problem that was seen and did not come again: both ways are kept, and the case is INCONCLUSIVE."""
        self._signatures.setdefault(problem.signature, 1)
        self._exhibit(outcome, None)
        self._exhibit(again, None)
        why = f"{problem.finding.actual}: seen with {outcome.example.name!r}, and not again ({again.reaction})"
        self.inconclusive = self.inconclusive or why

    def weighs(self, finding: Finding) -> bool:
        """Whether a finding that the monitor makes at the end counts for the case."""
        return weighs(finding)

    def knows(self, problem: Problem) -> bool:
        """Whether a problem of the same cause has been found in this case."""
        return problem.signature in self._signatures

    def found(
        self, outcome: Outcome, problem: Problem, *, known: Path | None = None, notes: Iterable[str] = ()
    ) -> None:
        """Report a problem of a cause that is new to the case, save its example, and keep its frames."""
        self._signatures.setdefault(problem.signature, 1)
        words = list(notes)
        saved = Saved(
            self.case,
            self.target.version.id,
            self.target.role,
            outcome.example,
            {
                "rule": problem.finding.rule,
                "expected": problem.finding.expected,
                "actual": problem.finding.actual,
                "seed": self.wishes.seed,
            },
        )
        path = known or self._saved(corpus.portable(saved, self.target.dut.tokens.given()))
        if path is not None:
            words.append(f"again with: pytest --ocpp-replay {path}")
        self._report(self._worded(problem, outcome, words))

    def _saved(self, saved: Saved) -> Path | None:
        from conformance.fuzz.printing import case_source

        if self._replay is not None:
            return None
        source = case_source(saved)
        if source not in self.tally.cases:
            self.tally.cases.append(source)
        try:
            path = corpus.save(self.wishes.corpus, saved)
        except OSError as error:
            self.inconclusive = self.inconclusive or f"{self.wishes.corpus}: a finding can't be saved: {error}"
            return None
        if path not in self.tally.saved:
            self.tally.saved.append(path)
        return path

    def _worded(self, problem: Problem, outcome: Outcome, words: list[str]) -> Finding:
        from dataclasses import replace

        finding = problem.finding
        index = self._exhibit(outcome, finding.frame) if finding.severity is Severity.MUST else None
        note = "; ".join(one for one in (finding.note, f"example: {outcome.example.name}", *words) if one)
        return replace(finding, frame=index, note=note)

    def _exhibit(self, outcome: Outcome, frame: int | None) -> int | None:
        """Copy an example's frames into the case's record; where the frame of the finding stands there."""
        where = None
        if len(self.exhibits.entries) + len(outcome.frames) > EXHIBITS_LIMIT:
            return None
        if self._step() != self._shown_step:
            self._shown_step = self._step()
            at = outcome.frames[0].at if outcome.frames else 0.0
            self.exhibits.add("step", at, data={"number": self._shown_step})
        for entry in outcome.frames:
            copy = self._copied(entry)
            if frame == entry.index:
                where = copy.index
        return where

    def _copied(self, entry: Entry) -> Entry:
        return self.exhibits.add(
            entry.kind,
            entry.at,
            sender=entry.sender,
            connection=entry.connection,
            frame=entry.frame,
            data=entry.data,
        )

    def end(self) -> None:
        """The case's body is over: what was found between examples, and whether everything could be played."""
        for finding in self.player.loose:
            from dataclasses import replace

            self._report(replace(finding, frame=None, note=finding.note or "between two examples"))
        for finding in self.player.ours:
            self._report(finding)
        if not self.tally.played:
            raise Inconclusive("nothing was played")
        if self.inconclusive:
            raise Inconclusive(self.inconclusive)


def sent(example: Example) -> str:
    """What an example does, in one line of bounded length."""
    words = []
    for act in example.acts:
        args = act.args
        if act.verb in ("send", "send_binary"):
            words.append("".join(_segment(one) for one in args["text"]))
        else:
            words.append(repr(act))
    text = "; ".join(words)
    return text if len(text) <= SENT_LIMIT else f"{text[:SENT_LIMIT]}... ({len(text)} characters)"


def _segment(one: Any) -> str:
    if isinstance(one, str):
        return one
    if len(one) == 3:
        return f"<{one[1]} x {one[2]}>"
    return f"<{one[0]} x {one[1]}>" if one[1] > 3 else one[0] * one[1]
