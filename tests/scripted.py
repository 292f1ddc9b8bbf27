"""A device that exists only in a test: it says what the test wants, at once or in virtual time, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from conformance.link.errors import LinkClosed
from conformance.ocppj import frames
from conformance.ocppj.trace import Entry, Trace
from conformance.ocppj.versions import version
from conformance.peers.answers import default_answers
from conformance.peers.csms import FakeCsms
from conformance.peers.peer import Peer
from conformance.peers.settings import Deadlines
from conformance.peers.station import FakeStation
from conformance.proof.replay import ReplayClock

Reaction = Mapping[str, Any] | frames.Frame | None | Callable[[frames.Frame], Any]

QUICK = Deadlines(message=5.0, physical=6.0, connect=7.0, boot=10.0, reset=8.0, quiet=0.5)


class ScriptedWire:
    """One end of a connection that is no socket."""

    def __init__(self, device: Device, number: int) -> None:
        self.number = number
        self.open = True
        self.subprotocol: str | None = device.version.subprotocol
        self.compressed = False
        self.handshake = SimpleNamespace(
            identity="CS001", path="/ocpp/CS001", subprotocols=(self.subprotocol,), headers=()
        )
        self.ended: list[tuple[str, int]] = []
        self._device = device

    def send(self, text: str) -> None:
        """A frame of the fake reaches the device, which may react at once."""
        if not self.open:
            raise LinkClosed("the connection is closed")
        self._device.got(self, frames.parse(text))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """The fake closes."""
        self.ended.append(("close", code))
        self._device.disconnect(self, code, reason)

    def abort(self) -> None:
        """The fake cuts."""
        self.ended.append(("abort", 0))
        self._device.disconnect(self, None, "reset")


class Device:
    """The scripted device under test.

    `reactions` maps an action to what answers the fake's CALL of it: a payload, a frame, a function of the CALL that
    returns either, or None for silence. An action without a reaction is not answered.
    """

    def __init__(self, peer: Peer, clock: ReplayClock) -> None:
        self.peer = peer
        self.clock = clock
        self.version = peer.version
        self.reactions: dict[str, Reaction] = {}
        self.heard: list[frames.Frame] = []
        self.wires: list[ScriptedWire] = []
        self._ids = 0

    @property
    def wire(self) -> ScriptedWire:
        """The newest connection."""
        return self.wires[-1]

    def connect(self, *, agreed: bool = True) -> ScriptedWire:
        """Open a connection, with or without a subprotocol in common."""
        wire = ScriptedWire(self, len(self.wires) + 1)
        if not agreed:
            wire.subprotocol, wire.handshake.subprotocols = None, ("ocpp9",)
        self.wires.append(wire)
        self.peer.opened(wire)
        return wire

    def disconnect(self, wire: ScriptedWire | None = None, code: int | None = 1000, reason: str = "") -> None:
        """Close a connection."""
        wire = wire or self.wire
        if wire.open:
            wire.open = False
            self.peer.closed(wire, code, reason, self.clock.now())

    def says(self, text: str | bytes, wire: ScriptedWire | None = None) -> None:
        """Send this text now."""
        self.peer.received(wire or self.wire, text, self.clock.now())

    def calls(self, action: str, /, **payload: Any) -> str:
        """Send a CALL now; its message id."""
        self._ids += 1
        self.says(frames.call(f"d{self._ids}", action, payload).text)
        return f"d{self._ids}"

    def after(self, seconds: float, what: str | Callable[[], Any], /, **payload: Any) -> None:
        """Send a CALL, or do something else, `seconds` from now on the virtual clock."""

        def act() -> None:
            if isinstance(what, str):
                self.calls(what, **payload)
            else:
                what()

        self.clock.schedule(seconds, act)

    def got(self, wire: ScriptedWire, frame: frames.Frame) -> None:
        """Note a frame of the fake, and react to a CALL."""
        self.heard.append(frame)
        if frame.type != frames.CALL:
            return
        reaction: Any = self.reactions.get(frame.action)
        if callable(reaction):
            reaction = reaction(frame)
        if isinstance(reaction, frames.Frame):
            self.says(reaction.text, wire)
        elif reaction is not None:
            self.says(frames.result(frame.id, reaction).text, wire)

    def answers_to(self, message_id: str) -> list[frames.Frame]:
        """What the fake answered to a CALL of ours."""
        return [one for one in self.heard if one.id == message_id and one.type != frames.CALL]

    @property
    def last(self) -> frames.Frame:
        """The latest frame of the fake."""
        return self.heard[-1]


class Notes:
    """A judge that only notes what it was shown."""

    def __init__(self) -> None:
        self.seen: list[Entry] = []

    def observe(self, entry: Entry) -> None:
        """The next entry."""
        self.seen.append(entry)


def csms_with_device(version_id: str = "2.0.1") -> tuple[FakeCsms, Device]:
    """A fake CSMS in virtual time, and the station that is connected to it."""
    ocpp, clock = version(version_id), ReplayClock(0.0)
    peer = FakeCsms(ocpp, clock, QUICK, default_answers("CSMS", ocpp))
    return peer, _joined(peer, clock)


def station_with_device(version_id: str = "2.0.1") -> tuple[FakeStation, Device]:
    """A fake station in virtual time, and the CSMS that it is connected to."""
    ocpp, clock = version(version_id), ReplayClock(0.0)
    peer = FakeStation(ocpp, clock, QUICK, default_answers("CS", ocpp))
    return peer, _joined(peer, clock)


def _joined(peer: Any, clock: ReplayClock) -> Device:
    peer.schedule = clock.schedule
    device = Device(peer, clock)
    peer.begin(Trace(), Notes())
    device.connect()
    return device


EVENT = {"eventType": "Started", "timestamp": "2030-01-01T00:00:00Z", "triggerReason": "CablePluggedIn", "seqNo": 0}


def event(transaction: str = "tx1", seq_no: int = 0, kind: str = "Started", **info: Any) -> dict[str, Any]:
    """A TransactionEvent's payload; further fields are those of transactionInfo."""
    return {**EVENT, "eventType": kind, "seqNo": seq_no, "transactionInfo": {"transactionId": transaction, **info}}
