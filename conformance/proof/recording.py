"""A case that passed, with all that is needed to play it again without the device."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.cases.bench import Bench
from conformance.ocppj.trace import Entry, Trace


@dataclass(slots=True)
class Situation:
    """How things stood when the case began."""

    now: float
    carry: Any
    accepted: bool
    suspect: bool
    """Whether the case before went wrong, so that this one begins with a sign of life."""

    wire: Mapping[str, Any] | None
    """Number, subprotocol and handshake of the open connection, None without one."""


@dataclass(slots=True)
class Recording:
    """The trace of a passed case, the situation before it, and the device's description."""

    case_id: str
    version: str
    dut: Any
    verbs: frozenset[str]
    situation: Situation
    trace: Trace
    epoch: Any
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> tuple[int, int]:
        """Indices of the first entry of the body and of the first entry after it."""
        marks = {
            entry.data["stage"]: entry.index
            for entry in self.trace.entries
            if entry.kind == "note" and "stage" in entry.data
        }
        return marks.get("body", 0), marks.get("clean-up", len(self.trace.entries))


def situation_of(bench: Bench) -> Situation:
    """Note how things stand when a case has just begun, before anything more arrives (`Bench.begin`)."""
    peer = bench.peer
    wire = next((one for one in reversed(peer._wires) if one.open), None)
    return Situation(
        now=peer.clock.now(),
        carry=copy.deepcopy(bench.monitor.carry()),
        accepted=peer.accepted,
        suspect=bench.suspect,
        wire=None if wire is None else wire_facts(wire),
    )


def wire_facts(wire: Any) -> dict[str, Any]:
    """What a replayed connection has to look like."""
    from conformance.peers.credentials import facts_of

    handshake = wire.handshake
    return {
        "number": wire.number,
        "subprotocol": wire.subprotocol,
        "compressed": bool(wire.compressed),
        "identity": handshake.identity,
        "path": handshake.path,
        "subprotocols": tuple(handshake.subprotocols),
        "security": facts_of(handshake),
    }


def recording_of(case_id: str, bench: Bench, situation: Situation, trace: Trace) -> Recording:
    """The recording of a case that has just passed on a bench."""
    return Recording(
        case_id=case_id,
        version=bench.version.id,
        dut=bench.dut,
        verbs=frozenset(bench.operator.verbs),
        situation=situation,
        trace=trace,
        epoch=bench.epoch,
    )


def from_device(entry: Entry, role: str) -> bool:
    """Whether an entry is something that the device (or its link) did, as opposed to us."""
    if entry.kind == "frame":
        return entry.sender == role
    return entry.kind in ("open", "close", "ping", "pong", "handshake", "transfer") and entry.sender == role
