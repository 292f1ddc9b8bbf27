"""The acts of security probes of a station: CALLs that do not wait for each other."""

from __future__ import annotations

from typing import Any

from conformance.fuzz.stage import Stage, verb
from conformance.peers.outcome import ExpectationFailed

_BURST = "burst"


@verb("call_at_once")
def _call_at_once(stage: Stage, action: str, payload: dict[str, Any]) -> None:
    try:
        pending = stage.peer.call_async(action, stage.filled(payload), deliberate="CALLs that do not wait")
    except ExpectationFailed:
        # The move before was a reset: there is nobody to call at the moment.
        return
    stage.facts.setdefault(_BURST, []).append(pending)


@verb("await_answers")
def _await_answers(stage: Stage) -> None:
    peer, burst = stage.peer, stage.facts.pop(_BURST, [])

    def over() -> bool:
        """Answered, or nobody is left who could: a reset has ended the connection."""
        return all(one.answer is not None or one.entry.connection not in peer.wire_numbers for one in burst)

    if not peer.wait(over, within=peer.deadlines.message):
        silent = [one.action for one in burst if one.answer is None]
        raise peer.failure("an answer to each CALL of a burst", f"none to {', '.join(silent)}")
