"""The acts that spoil an answer of ours, or a CALL, at a chosen moment, and those that want the device to go on.

An answer can be struck by a fault of the link, withheld, held back, late, doubled, given under a stranger's id,
replaced by that of another action, or be a CALLERROR. Whoever waits for it has to time out and go on (1.6J 4.1.1,
2.x part 4 4.1.1), and to answer the other side's CALLs meanwhile (the note there).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.fuzz.stage import Stage, verb
from conformance.fuzz.verbs_provoke import ways_to
from conformance.link.faults import Fault, FaultKind
from conformance.ocppj import frames
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry
from conformance.peers.injection import Messages
from conformance.peers.outcome import Abandoned, ExpectationFailed, Inconclusive
from conformance.peers.payload import matches
from conformance.peers.peer import CallError, Late, Peer, Pending, Request, Verbatim

OVERDUE = 1.3
"""How much later than a device waits for it a late answer leaves, as a factor."""


def patience(stage: Stage) -> float:
    """Seconds for which the device waits for an answer of ours, as the description says."""
    return float(stage.dut.values.message_timeout)


# ---------------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True)
class Struck(Verbatim):
    """The answer that a CALL gets anyway, and a fault that strikes it on its way."""

    fault: Fault
    payload: Mapping[str, Any]

    def deliver(self, peer: Peer, connection: Any, entry: Entry) -> None:
        """Answer, on the reader's thread."""
        assert entry.frame is not None
        reply = peer._reply_frame(entry.frame, self.payload)
        with peer._changed:
            note_fault(peer, self.fault)
            sent = peer._sent(reply, connection, answers=entry.index)
            peer._on_answered(entry.frame, reply)
        peer._write(connection, sent, self.fault)


def note_fault(peer: Peer, fault: Fault) -> None:
    """Say in the trace that what we write from here on need not arrive."""
    peer.act("link", "faults", {"kind": fault.kind.value, "size": fault.size}, stimulus=False)


@dataclass(frozen=True, slots=True)
class Deferred(Verbatim):
    """An answer that leaves when it is released or, with `seconds`, by itself when nobody waits for it any more."""

    held: list[Callable[[], None]]
    payload: Mapping[str, Any]
    seconds: float | None = None

    def deliver(self, peer: Peer, connection: Any, entry: Entry) -> None:
        """Keep it, or set the clock for it."""
        assert entry.frame is not None
        reply = peer._reply_frame(entry.frame, self.payload)
        overdue = self.seconds is not None

        def leave() -> None:
            if connection in peer._wires:
                data = {"deliberate": "an answer that comes too late"} if overdue else None
                with peer._changed:
                    sent = peer._sent(reply, connection, answers=None if overdue else entry.index, data=data)
                peer._write(connection, sent)
            with peer._changed:
                self.held.remove(leave)
                peer._changed.notify_all()

        self.held.append(leave)
        if self.seconds is not None:
            peer._timers.append(peer.schedule(self.seconds, leave))


@dataclass(frozen=True, slots=True)
class Crossed(Verbatim):
    """A CALL of ours leaves while the device's waits, and its answer right behind: they cross."""

    call: tuple[str, Mapping[str, Any]]
    payload: Mapping[str, Any]
    sent: list[Pending]

    def deliver(self, peer: Peer, connection: Any, entry: Entry) -> None:
        """Call and answer, on the reader's thread."""
        call = peer.call_async(*self.call)
        Struck(Fault(FaultKind.DELAY), self.payload).deliver(peer, connection, entry)
        with peer._changed:
            self.sent.append(call)
            peer._changed.notify_all()


def _written(why: str, text: Callable[[str, Frame], str]) -> Callable[[Stage, Frame, Mapping[str, Any]], Any]:
    """A whole message instead of the answer: `text` of the CALL's id and of the right answer."""

    def made(stage: Stage, request: Frame, payload: Mapping[str, Any]) -> Any:
        right = frames.result(request.id, payload)
        return Messages(lambda id: [text(id, right).encode()], lambda sent: None, why=why)

    return made


def _of_another_action(id: str, right: Frame) -> str:
    """What no action is answered with, and every JSON parser takes."""
    return frames.result(id, {"fileName": "none", "status": "Occupied"}).text


_Spoil = Callable[[Stage, Frame, Mapping[str, Any]], Any]
_SPOILT: Mapping[str, _Spoil] = {
    "withhold": lambda stage, request, payload: None,
    "hold": lambda stage, request, payload: Deferred(stage.facts.setdefault("held", []), payload),
    "late": lambda stage, request, payload: Deferred(
        stage.facts.setdefault("late", []), payload, patience(stage) * OVERDUE
    ),
    "refuse": lambda stage, request, payload: CallError("InternalError", "refused by the tester"),
    "cross": lambda stage, request, payload: Crossed(
        stage.bench.sign_of_life(), payload, stage.facts.setdefault("crossing", [])
    ),
    "stranger": _written("an answer to nobody", lambda id, right: frames.result(str(uuid.uuid4()), right.payload).text),
    "another": _written("an answer of another action", _of_another_action),
    "twice": lambda stage, request, payload: Struck(Fault(FaultKind.DUPLICATE), payload),
}
"""What can become of an answer, beside what a fault of the link does to it."""


@verb("trap")
def _trap(stage: Stage, action: str, kind: str, size: int, number: int, match: dict[str, Any]) -> None:
    peer = stage.peer
    default = peer._defaults.get(action)
    seen = 0

    def spoilt(payload: Mapping[str, Any]) -> Any:
        spoil = _SPOILT.get(kind)
        if spoil is None:
            return Struck(Fault(FaultKind(kind), size=size), payload)
        return spoil(stage, _latest(peer), payload)

    def answer(request: Any) -> Any:
        nonlocal seen
        if not matches(request._payload, match):
            return {}
        seen += 1
        if number not in (0, seen):
            return {}
        given = default(peer, request._payload) if callable(default) else default
        if given is None or isinstance(given, CallError | Late):
            return {}
        stage.facts["traps"].discard(words)
        return spoilt(given)

    words = " ".join((action, *map(str, match.values())))
    stage.facts["for ever"] = stage.facts.get("for ever", False) or number == 0
    stage.facts.setdefault("traps", set()).add(words)
    peer.answer_always(action, answer)


def _latest(peer: Peer) -> Frame:
    """The CALL that is being answered: the latest frame of the device (the reader holds the peer's lock)."""
    entry = next(one for one in reversed(peer.trace.entries) if one.frame is not None and one.sender == peer.against)
    assert entry.frame is not None
    return entry.frame


@verb("release")
def _release(stage: Stage) -> None:
    for leave in list(stage.facts.get("held", ())):
        leave()
    stage.peer.wait(lambda: not stage.facts.get("late"), within=patience(stage) * OVERDUE)
    crossing = stage.facts.get("crossing")
    if crossing is not None and stage.peer.wait(lambda: bool(crossing), within=stage.peer.deadlines.message):
        for pending in crossing:
            stage.peer.await_answer(pending)


@verb("call_struck")
def _call_struck(stage: Stage, action: str, payload: dict[str, Any], kind: str, size: int) -> None:
    fault = Fault(FaultKind(kind), size=size)
    note_fault(stage.peer, fault)
    stage.peer.call_async(action, stage.filled(payload), fault=fault)


# ---------------------------------------------------------------------- going on


@verb("bring")
def _bring(stage: Stage, action: str) -> None:
    """As `provoke`; what nothing can bring is passed over, and so is what depends on it."""
    if not brought(stage, action):
        stage.facts.setdefault("not brought", set()).add(action)


@verb("goes_on")
def _goes_on(stage: Stage, action: str) -> None:
    known = stage.lasting.setdefault("brought", set())
    if brought(stage, action, patience(stage)):
        known.add(action)
    elif action in known:
        peer = stage.peer
        seconds = peer.deadlines.message + patience(stage)
        raise peer.failure(
            f"{action} within {seconds:g} s, as before",
            "none" if peer.connected else "none: the device is not connected",
            requirement=_GOES_ON[stage.target.version.family],
        )


_GOES_ON = {"1.6": "1.6J 4.1.1", "2": "Part 4 4.1.1"}


def brought(stage: Stage, action: str, longer: float = 0.0) -> bool:
    """Whether something known makes the device send a CALL of that action, within the message timeout and `longer`."""
    peer = stage.peer
    if not peer.wait(lambda: peer.connected, within=peer.deadlines.connect):
        return False
    before = len(peer.trace.entries)

    def came() -> bool:
        return any(_is_new(one, before, action) for one in reversed(peer._inbox))

    for way in ways_to(stage, action):
        try:
            way(stage)
        except (Inconclusive, ExpectationFailed) as unable:
            if isinstance(unable, Abandoned):
                raise
            continue
        if peer.wait(came, within=peer.deadlines.message + longer):
            return True
    return False


def _is_new(request: Request, before: int, action: str) -> bool:
    return request._entry.index >= before and request.is_a(action)


@verb("call_meanwhile")
def _call_meanwhile(stage: Stage) -> None:
    """Ask for a sign of life while a CALL of the device waits for our answer: it must not wait for that first."""
    peer = stage.peer
    waiting = _waiting(stage)
    if waiting is None:
        return
    action, payload = stage.bench.sign_of_life()
    pending = peer.call_async(action, payload)
    peer.wait(lambda: pending.answer is not None, within=min(peer.deadlines.message, patience(stage)))
    if pending.answer is None:
        assert waiting.frame is not None
        raise peer.failure(
            f"an answer to {action} while {waiting.frame.action} of the device waits for ours",
            "none",
            entry=pending.entry,
            requirement=_MEANWHILE[stage.target.version.family],
        )


_MEANWHILE = {"1.6": "1.6J 4.1.1", "2": "Part 4 4.1.1, note"}


def _waiting(stage: Stage) -> Entry | None:
    """The CALL of the device whose answer is held back."""
    if not stage.facts.get("held"):
        return None
    return list(stage.calls_meanwhile())[-1]
