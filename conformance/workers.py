"""Several devices at once: pytest-xdist's workers, one a device, and one report made of what they send.

The controller collects the cases as any run does, decides which worker drives which devices, and writes everything
that is written. A worker runs the cases of its devices, in the run's order, and sends the record of each. When one
dies, a new one takes its devices over, behind the case that ran. Needs no pytest: the plugin calls it.
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cases.verdict import Verdict

if TYPE_CHECKING:
    from conformance.cases.selection import Selected
    from conformance.report.record import CaseRecord
    from conformance.run import Run

AHEAD = 3
"""Cases that a worker knows beforehand. It runs one when it knows the next, and must not wait for the controller."""


LEFT_BEHIND = (".broken-off-*.json", ".trace-*.jsonl")
"""What workers leave in the report folder for the controller to take up; a run that was killed has not done so."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one worker does: the devices that it drives, as indices into the run's, and when the run began."""

    number: int
    devices: tuple[int, ...]
    started: datetime

    def told(self) -> dict[str, Any]:
        """As pytest-xdist hands it to the worker."""
        return {
            "ocpp_part": self.number,
            "ocpp_devices": list(self.devices),
            "ocpp_started": self.started.isoformat(),
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Part:
        """What this worker was told."""
        started = datetime.fromisoformat(told["ocpp_started"])
        return cls(told["ocpp_part"], tuple(told["ocpp_devices"]), started)

    def leave(self, folder: Path, records: Sequence[CaseRecord]) -> None:
        """In a worker that ends: leave the last records where the controller looks for them.

        After Ctrl-C it does not take in any more what is sent: the case that was broken off, and those just before.
        """
        last = [one.to_json() for one in records[-AHEAD - 1 :]]
        with contextlib.suppress(OSError):
            self._place(folder).write_text(json.dumps(last), "utf-8")

    def taken_up(self, folder: Path) -> list[CaseRecord]:
        """In the controller: the records that a worker has left."""
        from conformance.report.record import CaseRecord

        path = self._place(folder)
        if not path.exists():
            return []
        left = json.loads(path.read_text("utf-8"))
        path.unlink()
        return [CaseRecord.from_json(one) for one in left]

    def _place(self, folder: Path) -> Path:
        return folder / f".broken-off-{self.number}.json"


class Scheduling:
    """Gives each worker all cases that it has collected, in that order; what a dead one left goes to its successor.

    The interface is pytest-xdist's (`xdist.scheduler.Scheduling`); a node is a `WorkerController`.
    """

    def __init__(self, parts: int) -> None:
        self._parts = parts
        self._collected: dict[int, list[str]] = {}
        self._left: dict[int, list[str]] = {}
        self._todo: dict[Any, deque[int]] = {}
        self._sent: dict[Any, list[int]] = {}

    @property
    def nodes(self) -> list[Any]:
        """The workers."""
        return list(self._todo)

    @property
    def collection_is_completed(self) -> bool:
        """Whether every part has been collected once."""
        return len(self._collected) == self._parts

    @property
    def has_pending(self) -> bool:
        """Whether any case is still to be run by a worker."""
        return any(self._todo.values()) or any(self._sent.values())

    @property
    def tests_finished(self) -> bool:
        """Whether nothing is left to be sent out."""
        return self.collection_is_completed and not self._left and not self.has_pending

    def add_node(self, node: Any) -> None:
        """A worker is there; it collects now."""
        self._todo[node], self._sent[node] = deque(), []

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """A worker has collected: a successor does what is left of its part, any other everything."""
        part = node.workerinput["ocpp_part"]
        wanted = set(self._left.pop(part, [] if part in self._collected else collection))
        self._collected[part] = list(collection)
        self._todo[node].extend(index for index, one in enumerate(collection) if one in wanted)

    def schedule(self) -> None:
        """Every part is collected: begin."""
        for node in self.nodes:
            if not self._sent[node]:
                self._feed(node)

    def _feed(self, node: Any) -> None:
        if node.shutting_down or node.workerinput["ocpp_part"] not in self._collected:
            return
        todo, sent = self._todo[node], self._sent[node]
        more = [todo.popleft() for _ in range(min(len(todo), AHEAD - len(sent)))]
        if more:
            sent += more
            node.send_runtest_some(more)
        if not todo:
            node.shutdown()

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """A worker has ended a case."""
        self._sent[node].remove(item_index)
        self._feed(node)

    def remove_node(self, node: Any) -> str | None:
        """A worker has gone; the case that it ran if it died in one. KeyError for one that was never added."""
        todo, sent = self._todo.pop(node), self._sent.pop(node)
        part = node.workerinput["ocpp_part"]
        names = self._collected.get(part, [])
        rest = [names[index] for index in [*sent[1:], *todo]]
        if rest:
            self._left[part] = rest
        return names[sent[0]] if sent else None

    def mark_test_pending(self, item: str) -> None:
        """Of schedulers that run a case again; this one does not."""
        raise NotImplementedError

    def remove_pending_tests_from_node(self, node: Any, indices: Sequence[int]) -> None:
        """Of schedulers that move cases from worker to worker; this one must not."""
        raise NotImplementedError


@dataclass(eq=False)
class Lab:
    """The controller's side: a plugin with the hooks of pytest-xdist.

    `devices` are those of each worker, as indices into the run's; `finish` writes the results, once every worker has
    ended.
    """

    run: Run
    devices: Sequence[tuple[int, ...]]
    finish: Callable[[Any], None]
    expected: dict[str, Selected] = field(default_factory=dict)
    """The cases of the run by node, in its order."""
    running: set[str] = field(default_factory=set)
    """The nodes of the cases that are under way."""

    def __post_init__(self) -> None:
        self.parts = [Part(number, devices, self.run.started) for number, devices in enumerate(self.devices)]
        self._free = list(self.parts)
        for name in LEFT_BEHIND:
            for stale in self.run.settings.report_dir.glob(name):
                stale.unlink(missing_ok=True)

    def named(self, part: int) -> str:
        """The devices of a part, for messages."""
        sources = [self.run.duts[index].source for index in self.parts[part].devices]
        return ", ".join(self.run.names[source] for source in sources)

    def pytest_configure_node(self, node: Any) -> None:
        """Tell a new worker what it drives."""
        node.workerinput.update(self._free.pop(0).told())

    def pytest_xdist_make_scheduler(self, config: Any, log: Any) -> Scheduling:
        """Ours, not that of --dist."""
        return Scheduling(len(self.parts))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A worker begins a case."""
        self.running.add(nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A worker has ended a case."""
        self.running.discard(nodeid)

    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker has ended; when it died, its part is free for the next one."""
        part = node.workerinput["ocpp_part"]
        if error and error != "keyboard-interrupt":
            self.run.problem(f"the worker for {self.named(part)} died ({_one_line(error)}); {_ALONE}")
        if error:
            self._free.insert(0, self.parts[part])

    def pytest_handlecrashitem(self, crashitem: str, report: Any) -> None:
        """Make the report of the case in which a worker died one of ours."""
        self.running.discard(crashitem)
        if crashitem in self.expected:
            record = self._unfinished(crashitem, Verdict.ERROR, "the worker that ran it died")
            report.when, report.ocpp_case, report.longrepr = "call", record.to_json(), f"ERROR: {record.reason}"

    def pytest_sessionfinish(self, session: Any) -> None:
        """pytest-xdist, which was registered later, has ended the workers by now."""
        self.finish(session)

    def complete(self) -> None:
        """Add the records of cases that were begun and have none; of all others, when a dead worker had no successor.

        Then the record has its cases in the run's order, whichever came first.
        """
        record = self.run.record
        assert record is not None
        have = {one.node for one in record.cases}
        for part in self.parts:
            for case in part.taken_up(self.run.settings.report_dir):
                if case.node not in have:
                    record.add(case)
        have = {one.node for one in record.cases}
        for node in self.expected:
            if node in have:
                continue
            if node in self.running:
                record.add(self._unfinished(node, Verdict.INCONCLUSIVE, "the run was broken off while it ran"))
            elif self._free:
                reason = "it was not run: workers died, and no more were started"
                record.add(self._unfinished(node, Verdict.INCONCLUSIVE, reason))
        record.arrange(list(self.expected))
        self.run.take_traces()

    def _unfinished(self, node: str, verdict: Verdict, reason: str) -> CaseRecord:
        return self.run.not_run(self.expected[node], verdict, reason, node)


_ALONE = "run the case alone in which it died (-k) to see why"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]
