"""Messages of ours that break the rules on purpose: on the wire as they are, in the trace with the reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.ocppj import frames
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry
from conformance.peers.peer import Peer, Pending, Verbatim
from conformance.peers.settings import Wire

KEPT = 4096
"""Characters of an injected message that are kept in the trace; the rest of a megabyte says no more."""


def inject(
    peer: Peer, data: bytes, *, why: str, binary: bool = False, deliver: Callable[[Any], None] | None = None
) -> tuple[Entry, Pending | None]:
    """Send one whole message, of any bytes, on the newest open connection.

    `why` says what is wrong with it, so that no rule takes it for an error of ours. Returns its entry in the trace,
    and, when the device can read it as a CALL with an id, what waits for the answer. Raises ExpectationFailed when the
    device is not connected; a connection that breaks while we write is noted in the trace, no more. `deliver` puts the
    message on the connection that it is given, in its own way.
    """
    frame, text = _frame(data, binary)
    with peer._changed:
        peer._raise_crash()
        wire: Wire = peer._wire("a message")
        entry = peer._sent(frame, wire, data={"deliberate": why or "on purpose", "injected": True})
        pending = None
        if frame.type == frames.CALL and frame.id:
            pending = Pending(frame.action, entry, peer.clock.now() + peer.deadlines.message)
            peer._pending[frame.id] = pending
        peer._judge_all()
    if deliver is None:
        _write(peer, wire, data, text, binary)
    else:
        _noting_what_breaks(peer, wire, deliver)
    return entry, pending


@dataclass(frozen=True, slots=True)
class Messages(Verbatim):
    """An answer in whole messages: `made` of the CALL's id, each sent as it is. None at all is an answer withheld.

    `sent` is told of the entry after which the device's reaction is to be looked for.
    """

    made: Callable[[str], Sequence[bytes]]
    sent: Callable[[Entry], None]
    why: str = "a negative test"

    def deliver(self, peer: Peer, connection: Any, entry: Entry) -> None:
        """Send them, on the reader's thread."""
        last = entry
        for data in self.made(entry.frame.id if entry.frame is not None else ""):
            frame, text = _frame(data, False)
            with peer._changed:
                last = peer._sent(frame, connection, data={"deliberate": self.why})
            _write(peer, connection, data, text, False)
        self.sent(last)


def _write(peer: Peer, wire: Wire, data: bytes, text: str | None, binary: bool) -> None:
    def deliver(wire: Any) -> None:
        if text is not None:
            wire.send(text)
        else:
            wire.send_bytes(data, text=not binary)

    _noting_what_breaks(peer, wire, deliver)


def _noting_what_breaks(peer: Peer, wire: Wire, deliver: Callable[[Any], None]) -> None:
    from conformance.link.errors import LinkError

    try:
        deliver(wire)
    except LinkError as error:
        with peer._changed:
            peer._trace.add("note", peer.clock.now(), connection=wire.number, data={"unsent": str(error)})


def _frame(data: bytes, binary: bool) -> tuple[Frame, str | None]:
    """The message as strict parsing reads it, and its text if it is one that can be sent as such."""
    text = None
    if not binary:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = None
    frame = frames.parse(text if text is not None else data)
    if len(frame.text) > KEPT:
        frame.text = f"{frame.text[:KEPT]}... ({len(data)} bytes)"
        frame.payload = {}
    return frame, text
