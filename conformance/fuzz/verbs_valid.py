"""The acts of valid messages: CALLs that are judged by every rule on both sides, and what one of them may set off."""

from __future__ import annotations

import uuid
from typing import Any

from conformance.fuzz.example import Allowed
from conformance.fuzz.stage import Reaction, Stage, verb
from conformance.monitor.rules.results import REPORTS
from conformance.ocppj import frames
from conformance.peers.outcome import Inconclusive, NotApplicable


@verb("legal")
def _legal(stage: Stage, texts: list[Any], judged: int) -> None:
    reactions: list[Reaction] = []
    latest: Any = None
    if any(_TRANSACTION in str(text) for text in texts) and stage.transaction() is None:
        raise NotApplicable("no transaction runs that it could name")
    for text in texts:
        data = stage.bytes_of(text).replace(b"{{fresh}}", str(uuid.uuid4()).encode())
        if not stage.peer.connected or (latest is None and _LATEST in data):
            break
        # As text, for bytes are a binary frame to the parser.
        frame = frames.parse(data.replace(_LATEST, str(latest).encode()).decode("utf-8"))
        stage.reacted = None
        pending = stage.peer.call_async(frame.action, frame.payload, message_id=frame.id)
        stage.provoked(pending.entry, pending)
        if len(texts) > 1:
            reactions.append(stage.reaction(Allowed()))
            answer = reactions[-1].frame
            found = (
                answer.payload.get("transactionId") if answer is not None and isinstance(answer.payload, dict) else None
            )
            latest = found if type(found) is int else latest
    if len(texts) > 1:
        stage.reacted = reactions[judged] if judged < len(reactions) else Reaction("none")


_LATEST = b"{{latest}}"
_TRANSACTION = "{{transaction}}"


def _promised(stage: Stage, *statuses: str) -> bool:
    """Whether the device has answered the last CALL with one of these statuses; waits for the answer."""
    peer, last = stage.peer, stage.last
    pending = last.pending if last is not None else None
    if pending is None:
        return False
    peer.wait(lambda: pending.answer is not None or not peer.connected, until=pending.deadline)
    frame = pending.answer.frame if pending.answer is not None else None
    payload = frame.payload if frame is not None and frame.type == frames.CALLRESULT else None
    return isinstance(payload, dict) and payload.get("status") in statuses


@verb("reported")
def _reported(stage: Stage) -> None:
    """Only so that its parts are not taken for those of the next request: what a report lacks, the rules say."""
    if not _promised(stage, "Accepted") or stage.last is None:
        return
    asked = stage.peer.trace.entries[stage.last.entry].frame
    name = _REPORTS.get(asked.action)

    def last_part(frame: Any) -> bool:
        part = frame.payload if frame is not None and frame.action == name else None
        if not isinstance(part, dict) or part.get("requestId") != asked.payload["requestId"]:
            return False
        return part.get("tbc") is not True

    def complete() -> bool:
        return any(last_part(entry.frame) for entry in stage.calls_meanwhile())

    if name is not None and asked.payload.get("report", True):
        stage.peer.wait(complete, within=stage.peer.deadlines.message)


_REPORTS = {request: name for name, report in REPORTS.items() for request in report.requests}


@verb("rebooted")
def _rebooted(stage: Stage) -> None:
    """A station that has promised to reboot ends the connection and comes back; one that has not is left alone."""
    peer = stage.peer
    if not _promised(stage, "Accepted", "Scheduled"):
        return
    # A reset of one EVSE reboots nothing, and one that waits for a transaction is not waited for.
    peer.wait(lambda: not peer.connected, within=min(peer.deadlines.reset, peer.deadlines.message))
    try:
        stage.bench.ready()
    except Inconclusive as gone:
        raise peer.failure("the device is back after its reboot", str(gone)) from gone
