"""From a selected negative test to its campaign on an open bench: the one place that knows the run and the fuzz."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from conformance.fuzz.settings import FuzzWishes
from conformance.ocppj.versions import Version, version

if TYPE_CHECKING:
    from conformance.cases.case import CaseInfo
    from conformance.cases.live import LiveBench
    from conformance.cases.selection import Selected
    from conformance.cases.steps import Running
    from conformance.fuzz.campaign import Campaign
    from conformance.fuzz.corpus import Saved
    from conformance.fuzz.stage import Target
    from conformance.ocppj.findings import Finding
    from conformance.ocppj.schema import SchemaStore

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
        from conformance.fuzz.stage import Stage

        bench = live.bench
        target = _target(bench.version, bench.dut, bench.peer.plays, live.schemas, self.wishes)

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


def prepare(selected: Sequence[Selected], wishes: FuzzWishes, schemas: SchemaStore) -> None:
    """What a campaign of these cases needs once in a process, before its devices and threads are started.

    A soak will need every schema of its versions and every kind of value, so it has them all from the start: what comes
    one by one settles among what goes again.
    """
    from conformance.fuzz import memory

    memory.settle()
    searching = [one for one in selected if not one.not_applicable and searches_of(one.info)]
    if not searching:
        return
    from conformance.fuzz import exploring

    exploring.prepare()
    if wishes.level == "soak":
        from conformance.fuzz.rehearsal import rehearse

        each = {(one.entry.version, one.dut.role): one.dut for one in reversed(searching)}
        for (id, role), dut in sorted(each.items(), key=lambda one: one[0]):
            schemas.compile(version(id))
            rehearse(_target(version(id), dut, "CSMS" if role == "CS" else "CS", schemas, wishes))


def _target(version: Version, dut: Any, plays: str, schemas: SchemaStore, wishes: FuzzWishes) -> Target:
    from conformance.fuzz.stage import Target

    return Target(
        version=version,
        role=dut.role,
        plays=plays,
        schemas=schemas,
        dut=dut,
        level=wishes.level,
        hazardous=dut.fuzz.hazardous,
        avoid=frozenset(dut.fuzz.avoid),
    )


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
