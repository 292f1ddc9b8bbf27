"""From a selected negative test to its campaign on an open bench: the one place that knows the run and the fuzz."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.fuzz.settings import FuzzWishes

if TYPE_CHECKING:
    from conformance.cases.case import CaseInfo
    from conformance.cases.live import LiveBench
    from conformance.cases.selection import Selected
    from conformance.cases.steps import Running
    from conformance.fuzz.campaign import Campaign
    from conformance.fuzz.corpus import Saved
    from conformance.ocppj.findings import Finding

SEARCHES = frozenset({"explore", "machine"})
"""Methods of the fixture that search at random for as long as they are given."""


@dataclass(frozen=True, slots=True)
class Negatives:
    """What every campaign of a run has in common. `seconds`: of each random search."""

    wishes: FuzzWishes
    seconds: float

    def campaign(
        self, live: LiveBench, selected: Selected, running: Running, revive: Callable[[], bool] | None
    ) -> Campaign:
        """The campaign of one case, what the corpus knows of it played first."""
        from conformance.fuzz.campaign import Campaign
        from conformance.fuzz.player import Player
        from conformance.fuzz.stage import Stage, Target

        bench = live.bench
        target = Target(
            version=bench.version,
            role=bench.dut.role,
            plays=bench.peer.plays,
            schemas=live.schemas,
            dut=bench.dut,
            level=self.wishes.level,
            hazardous=bench.dut.fuzz.hazardous,
            avoid=frozenset(bench.dut.fuzz.avoid),
        )

        def report(finding: Finding) -> None:
            step = finding.step if finding.step is not None else len(running.steps) or None
            running.findings.append(replace(finding, step=step))

        return Campaign(
            Player(Stage(bench, target, live=live), second=live.second_bench(), revive=revive),
            selected.entry.id,
            self.wishes,
            seconds=self.seconds,
            report=report,
            step=lambda: len(running.steps),
            replay=replay_of(selected.info),
        )


def negatives(wishes: FuzzWishes, benches: Sequence[Sequence[Selected]], side_by_side: int = 1) -> Negatives:
    """Share the time of the run among the random searches of the cases of each bench, so many benches at once."""
    counts = [sum(searches_of(one.info) for one in members if not one.not_applicable) for members in benches]
    # Benches without a search take nothing from those that have them, and give nothing either.
    in_a_row = max(max(counts, default=0), sum(counts) / max(1, side_by_side))
    return Negatives(wishes, wishes.explore_seconds(in_a_row))


def prepare(selected: Sequence[Selected]) -> None:
    """What a campaign of these cases needs once in a process, before its devices and threads are started."""
    from conformance.fuzz import memory

    memory.settle()
    if any(searches_of(one.info) for one in selected if not one.not_applicable):
        from conformance.fuzz import exploring

        exploring.prepare()


def searches_of(info: CaseInfo) -> int:
    """How many random searches a case makes, read from its body."""
    code: Any = info.function
    return len(SEARCHES & set(code.__code__.co_names))


def replay_case(saved: Saved) -> CaseInfo:
    """A case that plays one saved example and nothing else."""
    from conformance.cases.case import CaseInfo
    from conformance.fuzz.replaying import body_for

    return CaseInfo(saved.case, body_for(saved))


def replay_of(info: CaseInfo) -> Saved | None:
    """The example that a case made by `replay_case` plays; None for any other case."""
    saved: Saved | None = getattr(info.function, "saved", None)
    return saved
