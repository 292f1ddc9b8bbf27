"""The acts of wrong clocks: whether a station's own time is right again, and whether it keeps its temper."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.fuzz.oracles import oracle
from conformance.fuzz.stage import Stage, verb
from conformance.fuzz.transactions import problem
from conformance.fuzz.verbs_traps import brought
from conformance.monitor.times import moment_of
from conformance.ocppj.findings import Finding
from conformance.peers.payload import peek

FLOOD = 5
"""Security events that a station may send about one wrong time before they count as a flood."""


@verb("right_again")
def _right_again(stage: Stage) -> None:
    """Have the station told the right time and report a status: the time of that is right, too."""
    peer = stage.peer
    if not brought(stage, "Heartbeat"):
        return
    before = len(peer.trace.entries)
    if not brought(stage, "StatusNotification"):
        return
    status = [one for one in peer.seen("StatusNotification") if one._entry.index >= before][-1]
    at = moment_of(peek(status._payload, "timestamp"))
    off = abs(at - peer.trace.utc(status._entry.at).timestamp()) if at is not None else 0.0
    allowed = float(stage.dut.timeouts.tolerance)
    if off > allowed:
        raise peer.failure(
            f"a timestamp within {allowed:g} s, after the right time was given by Heartbeat",
            f"{peek(status._payload, 'timestamp')}, {off:.0f} s off",
            entry=status._entry,
            pointer="/timestamp",
            requirement=_SETS[stage.target.version.family],
        )


_SETS = {"1.6": "1.6 4.6", "2": "G02.FR.06"}


@oracle("no-flood")
def no_flood(stage: Stage) -> Iterator[Finding]:
    """A wrong time is no reason to send one security event after another (EVerest/libocpp#1156)."""
    events = [
        entry
        for entry in stage.calls_meanwhile()
        if entry.frame is not None and entry.frame.action == "SecurityEventNotification"
    ]
    if len(events) > FLOOD:
        yield problem(
            "oracle.no-flood",
            f"at most {FLOOD} security events about a wrong time",
            f"{len(events)}",
            events[-1],
        )
