"""Half-open connections: TCP stands, and nobody is at home. What a case needs to feign that, and to tell it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from conformance.link.faults import Fault, FaultKind, FaultPlan
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed
from conformance.peers.peer import Peer, Response
from conformance.peers.station import FakeStation

FOR_EVER = 3600.0
"""Seconds for which nothing is read; it ends with the connection."""
WHERE = {"1.6": ("WebSocketPingInterval",), "2": ("OCPPCommCtrlr", "WebSocketPingInterval")}


def ping_every(csms: FakeCsms, seconds: int) -> None:
    """Set the station's ping interval as a precondition, and connect anew so that it is in force.

    Restored after the case; NOT APPLICABLE where the station does not take it.
    """
    csms.configure(*WHERE[csms.version.family], str(seconds))
    with csms.behind_the_scenes():
        csms.disconnect()
        csms.wait(lambda: not csms.connected, within=csms.deadlines.message)
        if not csms.wait(lambda: csms.connected, within=csms.deadlines.connect):
            raise csms.failure(f"a new connection within {csms.deadlines.connect:g} s", "none was opened")


def answer_no_pings(peer: Peer) -> None:
    """From now on no ping on the open connections is answered; everything else is."""
    peer.act("link", "no pong", {})
    for wire in list(peer._wires):
        wire.auto_pong = False  # type: ignore[attr-defined]  # a real connection


def read_no_more(peer: Peer) -> None:
    """After one more sign of life nothing of the open connections is read, pings included; TCP stands."""
    peer.act("link", "nothing read", {})
    for wire in list(peer._wires):
        wire.faults = FaultPlan((Fault(FaultKind.STALL, seconds=FOR_EVER),))  # type: ignore[attr-defined]  # as above
    sign_of_life(peer)


def sign_of_life(peer: Peer) -> Response:
    """Ask the device for what every one has to answer; a CALLERROR or silence fails the case."""
    action, payload = _ASKED[peer.against, peer.version.family]
    return peer.send(action, **payload)


def overdue(station: FakeStation) -> float:
    """Seconds within which a CSMS that waits for an answer has given up and sent what it was told to next."""
    return float(station.lab.dut.values.message_timeout) + station.deadlines.message


_ASKED: Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]] = {
    ("CS", "1.6"): ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    ("CS", "2"): (
        "GetVariables",
        {"getVariableData": [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]},
    ),
    ("CSMS", "1.6"): ("Heartbeat", {}),
    ("CSMS", "2"): ("Heartbeat", {}),
}


def pings(peer: Peer) -> int:
    """How many pings of the device have come in this case."""
    return sum(1 for entry in peer.trace.entries if entry.kind == "ping" and entry.sender == peer.against)


def ping(station: FakeStation) -> bool:
    """Ping the CSMS on the newest connection; whether its pong comes within the message timeout."""
    before = len(station.trace.entries)
    wire = station._wire("a ping")
    station._record("ping", sender=station.plays, connection=wire.number)
    wire.ping(b"conformance")  # type: ignore[attr-defined]  # as above

    def answered() -> bool:
        return any(one.kind == "pong" and one.connection == wire.number for one in station.trace.entries[before:])

    return station.wait(answered, within=station.deadlines.message)


def new_connection(csms: FakeCsms, *, within: float) -> None:
    """Wait until the station has opened another connection than those that stand; the old ones are let go then."""
    old = set(csms.wire_numbers)
    came = csms.wait(lambda: bool(set(csms.wire_numbers) - old), within=within)
    let_go(csms, old)
    if not came:
        raise csms.failure(
            f"a new connection within {within:g} s: no ping was answered",
            f"none; {pings(csms)} pings came",
            requirement=_NOTICED[csms.version.family],
        )


_NOTICED = {"1.6": "1.6J errata 3.9", "2": "Part 4 5.2, 8.4"}


def let_go(peer: Peer, numbers: set[int]) -> None:
    """Reset connections that stand half open."""
    for wire in [one for one in peer._wires if one.number in numbers]:
        with suppress(ExpectationFailed):
            wire.abort()
    peer.wait(lambda: not numbers & {one.number for one in peer._wires}, within=peer.deadlines.message)
