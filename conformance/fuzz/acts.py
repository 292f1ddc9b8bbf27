"""The acts of which examples consist: one constructor each, as a case or a printed finding writes them.

What an act does stands in `stage.py` and in the modules that register verbs there; what follows here only builds data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.fuzz.example import Act, Segment, Text, act, frozen, segments


def send(text: str | Text | Iterable[Segment]) -> Act:
    """Send one WebSocket text message, whatever is in it (bytes that are no UTF-8 included)."""
    return act("send", text=segments(text))


def send_binary(text: str | Text | Iterable[Segment]) -> Act:
    """Send the same bytes as one WebSocket binary message."""
    return act("send_binary", text=segments(text))


def send_fragments(text: str | Text | Iterable[Segment], size: int, between: str = "") -> Act:
    """Send one text message in fragments of `size` bytes, with raw frames (`between`, hex) after each but the last."""
    return act("send_fragments", text=segments(text), size=size, between=between)


def raw(data: bytes) -> Act:
    """Put bytes on the TCP stream, beneath WebSocket framing."""
    return act("raw", data=data.hex())


def call(action: str, /, **payload: Any) -> Act:
    """Send a legal CALL and wait for its answer, which must be one; it is not what the example is judged by."""
    return act("call", action=action, payload=payload)


def answer(action: str, *texts: str | None) -> Act:
    """Have the device's next CALL of an action answered by these whole messages, one after another, or by nothing.

    `{{theirs}}` in a text is the id of that CALL. No text, or None: no answer at all. Sets the trap only: an act that
    makes the device send the CALL follows (`provoke`, `operate`).
    """
    return act("answer", action=action, texts=[one for one in texts if one is not None])


def answer_fields(action: str, /, **fields: Any) -> Act:
    """Have every further CALL of an action in this example answered by the default answer overlaid with `fields`."""
    return act("answer_fields", action=action, fields=fields)


def refuse(action: str, code: str, description: str = "") -> Act:
    """Have every further CALL of an action in this example answered by a CALLERROR."""
    return act("refuse", action=action, code=code, description=description)


def provoke(action: str) -> Act:
    """Get the device to send a CALL of that action, and wait until it came."""
    return act("provoke", action=action)


def operate(verb: str, **args: Any) -> Act:
    """Have the operator touch the device: a verb of the physical world, or csms_sends."""
    return Act("operate", (("verb", verb), ("args", frozen(args))))


def reach(state: str, **options: Any) -> Act:
    """Bring the device into a reusable state of the standard."""
    return act("reach", state=state, options=options)


def cut() -> Act:
    """End TCP (FIN) without a close frame."""
    return act("cut")


def reset() -> Act:
    """Reset TCP (RST)."""
    return act("reset")


def close(code: int = 1000) -> Act:
    """Close the connection by a closing handshake."""
    return act("close", code=code)


def faults(*faults: dict[str, Any]) -> Act:
    """Lay a fault plan over the open connection: `conformance.link.faults.Fault` as dicts (kind, at, count, ...)."""
    return act("faults", faults=list(faults))


def reconnect() -> Act:
    """Wait until the device is connected again (a station under test), or connect again (a CSMS under test)."""
    return act("reconnect")
