"""Further judgements that an example may ask for by name, made when its last act is done.

An oracle sees the stage and yields findings. What it judges stands in a module of its own, as a function of the trace;
here is only the waiting: a device may need a moment to say the last thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from conformance.fuzz import leaks, transactions
from conformance.fuzz.envelope import OTHER_TIME
from conformance.fuzz.transactions import problem
from conformance.ocppj.findings import Finding

if TYPE_CHECKING:
    from conformance.fuzz.stage import Stage

Oracle = Callable[["Stage"], Iterator[Finding]]
ORACLES: dict[str, Oracle] = {}
"""Every oracle by the name that examples use."""
ALWAYS: list[str] = []
"""Names of the oracles that every example is judged by."""


def oracle(name: str) -> Callable[[Oracle], Oracle]:
    """Register what the oracle of that name judges; ValueError for a name that is taken."""

    def register(function: Oracle) -> Oracle:
        if name in ORACLES:
            raise ValueError(f"the oracle {name!r} is defined twice")
        ORACLES[name] = function
        return function

    return register


def eventually(stage: Stage, judge: Callable[[], list[Finding]], within: float | None = None) -> Iterator[Finding]:
    """What a judgement of the trace says once it says nothing, or when `within` seconds (the message timeout) are over.

    For what becomes right by itself as soon as the device has said everything; a judgement that is right at once
    costs no time. An example whose acts have waited for that already says so in `stage.facts["settled"]`.
    """
    peer = stage.peer
    seconds = 0.0 if stage.facts.get("settled") else peer.deadlines.message if within is None else within
    peer.wait(lambda: not judge(), within=seconds)
    yield from judge()


@oracle("transactions-whole")
def transactions_whole(stage: Stage) -> Iterator[Finding]:
    """No transaction event of a station is lost or doubled: one Started, at most one Ended, seqNo without gaps (2.x);
    every start and stop once, no start before the stop of the one before (1.6)."""
    if stage.target.role != "CS":
        return
    version = stage.target.version
    known = transactions.begun(version, stage.peer.trace.entries[: stage.began])
    yield from eventually(stage, lambda: list(transactions.whole(version, stage.entries, known)))


@oracle("transactions-ended")
def transactions_ended(stage: Stage) -> Iterator[Finding]:
    """Every transaction of a station that began in the example has ended: for examples that end whatever runs."""
    if stage.target.role != "CS":
        return

    def judge() -> list[Finding]:
        return [
            problem(
                "oracle.transactions-ended",
                "every transaction has ended, since nothing is authorized or plugged in any more",
                f"{id_} has not",
                entry,
                requirement=_END[stage.target.version.family],
            )
            for id_, entry in transactions.running(stage.target.version, stage.entries).items()
        ]

    yield from eventually(stage, judge)


@oracle("nothing-leaked")
def nothing_leaked(stage: Stage) -> Iterator[Finding]:
    """No error text of the device lets out what should stay inside: stack traces, SQL, paths, names of exceptions."""
    return leaks.findings(stage.entries, stage.peer.against)


ALWAYS.append("nothing-leaked")


@oracle("other-time-not-taken")
def other_time_not_taken(stage: Stage) -> Iterator[Finding]:
    """No CALL of the device has a time near `envelope.OTHER_TIME`, which it was told by what is no answer to it."""
    day = OTHER_TIME.partition("T")[0]
    for entry in stage.calls_meanwhile():
        if entry.frame is not None and day in entry.frame.text:
            yield problem(
                "oracle.other-time-not-taken",
                "the time of the answer that answers the CALL",
                f"{day} in {entry.frame.action}",
                entry,
                requirement="1.6J 4.1.4; part 4 4.1.4",
            )


_END = {"1.6": "1.6 4.10", "2": "E06.FR.01"}
