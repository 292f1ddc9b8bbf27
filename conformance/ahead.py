"""Runs the benches of several embedded devices side by side, while pytest reports their cases one after another.

A bench mostly waits: for silence, for a retry interval, for a device that boots. The embedded devices are ours and
many, and a bench of many cases gets several copies of its device, each with a part of them; a real device has one
bench, and its cases run when pytest comes to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

from conformance.cases.selection import Selected
from conformance.holder import Holder, RunError

AT_ONCE = 6
"""Benches at a time, if nothing else is said: of the main job's time on one bench, nine tenths are waits."""
PART = 40
"""Cases that one copy of an embedded device takes at most: starting a copy costs as much as two cases."""
WORTH_IT = 20
"""Cases below which running ahead is not worth it."""


class Ahead:
    """Results of cases before they are asked for: one thread a bench, `at_once` benches at a time."""

    def __init__(
        self,
        selected: Sequence[tuple[Selected, str]],
        make_holder: Callable[[], Holder],
        outcome: Callable[[Selected, str, Holder], Any],
        at_once: int = AT_ONCE,
    ) -> None:
        self._make_holder = make_holder
        self._outcome = outcome
        self._over = False
        self._taken: set[int] = set()
        self._holders: list[Holder] = []
        self._futures: dict[int, Future[Any]] = {id(one): Future() for one, _ in selected}
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="bench")
        nodes = {id(one): node for one, node in selected}
        for members in benches([one for one, _ in selected]):
            self._pool.submit(self._bench, [(one, nodes[id(one)]) for one in members])

    def result(self, selected: Selected) -> Any:
        """The outcome of a case, as soon as it is there; RunError when its device could not be had."""
        outcome = self._futures[id(selected)].result()
        self._taken.add(id(selected))
        return outcome

    def _bench(self, members: Sequence[tuple[Selected, str]]) -> None:
        holder = self._make_holder()
        self._holders.append(holder)
        failed: BaseException = CancelledError()
        try:
            for one, node in members:
                if self._over:
                    break
                self._futures[id(one)].set_result(self._outcome(one, node, holder))
        except BaseException as error:
            failed = error if isinstance(error, RunError) else RunError(f"{type(error).__name__}: {error}")
        finally:
            holder.close()
            for one, _ in members:
                if not self._futures[id(one)].done():
                    self._futures[id(one)].set_exception(failed)

    def stop(self) -> list[Any]:
        """End what runs and start nothing more; the outcomes that nobody has asked for."""
        self._over = True
        for holder in list(self._holders):
            holder.abandon("the run was broken off")
        self._pool.shutdown(wait=True, cancel_futures=True)
        left = (future for key, future in self._futures.items() if key not in self._taken and future.done())
        return [one.result() for one in left if one.exception() is None]


def benches(selected: Iterable[Selected]) -> list[list[Selected]]:
    """The cases by device and version, in their order; more than `PART` of them in equal parts, a device each."""
    groups: dict[tuple[int, str], list[Selected]] = {}
    for one in selected:
        groups.setdefault((id(one.dut), one.entry.version), []).append(one)
    found = []
    for members in groups.values():
        count = -(-len(members) // PART)
        found += [members[n * len(members) // count : (n + 1) * len(members) // count] for n in range(count)]
    return found
