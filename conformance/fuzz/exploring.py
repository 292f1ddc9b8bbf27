"""Hypothesis as the engine of a campaign: bounded in time and in shrinking, its findings handed over as examples.

Hypothesis draws and shrinks; it decides nothing else. The time is over when the campaign says so, whatever it was
about to try: `_Over` passes through it as an interrupt does. The smallest failing example is remembered here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.fuzz.example import Example
from conformance.fuzz.judging import Problem
from conformance.fuzz.player import Outcome
from conformance.peers.outcome import Abandoned

if TYPE_CHECKING:
    from hypothesis import settings as HypothesisSettings  # noqa: N812  # a class in spite of its name
    from hypothesis.strategies import SearchStrategy

    from conformance.fuzz.campaign import Campaign

SHRINK_SECONDS = 6.0
"""Seconds that shrinking one finding may take, at the least; at the most a third of the search's time."""
SHRINK_EXAMPLES = 300
"""Examples that shrinking one finding may play."""
FINDINGS_OF_ONE_SEARCH = 8


class _Over(BaseException):
    """The time is over, or shrinking has had its share. No Exception: Hypothesis must not take it for a failure."""


class Failed(AssertionError):
    """An example whose problem nobody has found before."""


class Hunt:
    """One finding on its way: from the first failing example to the smallest one that was seen."""

    def __init__(self, campaign: Campaign, deadline: float, most: int | None) -> None:
        self.campaign = campaign
        self.deadline = deadline
        self.left = most
        self.best: tuple[Outcome, Problem] | None = None
        self.played = 0
        self._shrinking_until = 0.0
        self._shrinks = 0

    def judge(self, outcome: Outcome) -> None:
        """Take an example's outcome; raises Failed for a new problem, and for the same one while it is shrunk."""
        campaign = self.campaign
        self.played += 1
        if outcome.unplayed:
            campaign.inconclusive = campaign.inconclusive or f"{outcome.example.name}: not played: {outcome.unplayed}"
            raise _Over
        if self.best is not None:
            self._shrinks += 1
        for problem in outcome.problems:
            if self.best is None and not campaign.knows(problem):
                self._shrinking_until = time.monotonic() + SHRINK_SECONDS
            elif self.best is None or problem.signature != self.best[1].signature:
                continue
            self.best = (outcome, problem)
            raise Failed(problem.finding.actual)

    def check_time(self) -> None:
        """Raise when there is no time left for another example."""
        if self.best is not None:
            if time.monotonic() > self._shrinking_until or self._shrinks >= SHRINK_EXAMPLES:
                raise _Over
            return
        if time.monotonic() > self.deadline or (self.left is not None and self.played >= self.left):
            raise _Over


@cache
def prepare() -> None:
    """Have Hypothesis read the sources of this suite, once, before any search begins.

    When it first wants a number or a text that stands in a source, it looks through every module that is not installed,
    and later through those that have come since. So what a seed draws would depend on the cases that ran before, the
    first search would lose its time to it, and what is kept of many syntax trees would lie scattered among what is not.

    It wants one at one choice in twenty, by chance: one example with one choice hardly ever made it read. Here are
    thousands of choices, always the same ones.
    """
    import pkgutil
    from importlib import import_module

    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as with_seed
    from hypothesis import strategies as st

    import conformance.fuzz

    for module in pkgutil.walk_packages(conformance.fuzz.__path__, "conformance.fuzz."):
        import_module(module.name)

    @with_seed(0)
    @settings(
        max_examples=50,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.integers(), min_size=40, max_size=40))
    def nothing(_: list[int]) -> None:
        return

    nothing()


def explore(campaign: Campaign, examples: SearchStrategy[Example], *, seconds: float) -> None:
    """Draw examples until the time is over; every finding is shrunk, saved and reported."""
    from hypothesis import given

    def once(hunt: Hunt, settings: HypothesisSettings, seed: int) -> None:
        @_seeded(seed, settings)
        @given(examples)
        def play(example: Example) -> None:
            hunt.check_time()
            hunt.judge(campaign.play(example))

        play()

    _search(campaign, once, seconds)


def explore_machine(campaign: Campaign, machine: Callable[[Campaign], Any], *, seconds: float) -> None:
    """Run a state machine until the time is over. `machine(campaign)` makes a RuleBasedStateMachine that has a method
    `outcome()`: it ends the run and gives what came of it."""
    from hypothesis.stateful import run_state_machine_as_test

    def once(hunt: Hunt, settings: HypothesisSettings, seed: int) -> None:
        def made() -> Any:
            hunt.check_time()
            one = machine(campaign)
            one.judged = hunt.judge
            return one

        # The seed is an attribute that Hypothesis looks for on the test that it is given.
        factory: Any = made
        factory._hypothesis_internal_use_seed = seed
        run_state_machine_as_test(factory, settings=settings, _min_steps=1)

    _search(campaign, once, seconds)


def _search(campaign: Campaign, once: Callable[[Hunt, HypothesisSettings, int], None], seconds: float) -> None:
    from hypothesis import HealthCheck, Phase, Verbosity, settings
    from hypothesis.errors import Flaky, HypothesisException
    from hypothesis.statistics import collector

    from conformance.fuzz.campaign import Search

    search = Search(seed=campaign.wishes.seed)
    began = time.monotonic()
    most = campaign.wishes.examples
    chosen = settings(
        max_examples=100,
        deadline=None,
        database=None,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        print_blob=False,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    statistics = _Statistics()
    found = batch = 0
    while found < FINDINGS_OF_ONE_SEARCH and not campaign.is_over:
        hunt = Hunt(campaign, began + seconds, None if most is None else most - search.examples)
        over = False
        flaky = ""
        try:
            taker: Any = statistics.take
            with collector.with_value(taker):
                once(hunt, chosen, campaign.wishes.seed + batch)
        except (_Over, Failed):
            over = hunt.best is None
        except Abandoned:
            raise
        except Flaky as error:
            flaky = str(error).splitlines()[0]
        except HypothesisException as error:
            campaign.inconclusive = campaign.inconclusive or f"Hypothesis: {error}"
            over = True
        batch += 1
        search.examples += hunt.played
        if hunt.best is not None:
            found += 1
            _take(campaign, *hunt.best, flaky)
        if over or time.monotonic() > began + seconds or (most is not None and search.examples >= most):
            break
    search.seconds = time.monotonic() - began
    search.statistics = statistics.lines()
    campaign.tally.searches.append(search)


def _take(campaign: Campaign, outcome: Outcome, problem: Problem, flaky: str) -> None:
    """Play the smallest example once more: what does not come again is said to be so, and is no FAIL."""
    again = campaign.play(outcome.example)
    same = next((one for one in again.problems if one.signature == problem.signature), None)
    if same is None and not (again.problems and not flaky):
        campaign.unsure(outcome, problem, again)
    else:
        campaign.found(again, same or again.problems[0])
    campaign.bury(again)


def _seeded(seed: int, chosen: HypothesisSettings) -> Callable[[Any], Any]:
    from hypothesis import seed as with_seed

    return lambda function: with_seed(seed)(chosen(function))


class _Statistics:
    """What Hypothesis says about its batches, added up."""

    def __init__(self) -> None:
        self._examples: dict[str, int] = {}
        self._stops: dict[str, int] = {}
        self._seconds = 0.0

    def take(self, batch: Any) -> None:
        """Take what it says about one batch."""
        for phase in ("generate", "shrink"):
            part = batch.get(f"{phase}-phase") or {}
            self._seconds += float(part.get("duration-seconds") or 0.0)
            for each in part.get("test-cases") or ():
                status = str(each.get("status", ""))
                self._examples[status] = self._examples.get(status, 0) + 1
        reason = str(batch.get("stopped-because") or "the time was over")
        self._stops[reason] = self._stops.get(reason, 0) + 1

    def lines(self) -> list[str]:
        """The sums in words."""
        counted = ", ".join(f"{count} {status}" for status, count in sorted(self._examples.items()))
        reasons = ", ".join(f"{count}x {reason}" for reason, count in sorted(self._stops.items()))
        return [f"{counted or 'no finished batch'} in {self._seconds:.1f} s", f"batches stopped: {reasons or 'none'}"]
