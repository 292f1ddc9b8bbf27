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


def send_fragments(
    text: str | Text | Iterable[Segment],
    size: int | Iterable[int],
    between: Iterable[dict[str, Any]] = (),
    deflate: bool = False,
) -> Act:
    """Send one text message in fragments of `size` bytes, with frames (`between`, made by `frame`) after each but one.

    No frames come after the last fragment. Several sizes are those of the first fragments, 0 an empty one; the rest
    goes into the last. `deflate`: compressed.
    """
    sizes = size if isinstance(size, int) else list(size)
    return act("send_fragments", text=segments(text), size=sizes, between=list(between), deflate=deflate)


def frame(opcode: int, text: str | Text | Iterable[Segment] = "", **wrong: Any) -> dict[str, Any]:
    """One WebSocket frame for `frames` and `send_fragments`: `text` is its payload.

    `wrong`: fin, rsv, masked, key (hex), length, length_bytes, count as in `conformance.link.framing.FrameSpec`;
    deflate (True: the payload is compressed), back (with it: how many bytes back in what was sent before it refers to
    its text); at (in `send_fragments`: after which fragment, from 0, instead of after each).
    """
    return {"opcode": opcode, "text": segments(text), **wrong}


def frames(frames: Iterable[dict[str, Any]]) -> Act:
    """Put WebSocket frames on the wire in one write, legal or not; masked as our side has to if they say nothing."""
    return act("frames", frames=list(frames))


def agree(compression: bool) -> Act:
    """Have a connection with, or without, permessage-deflate; a device that does not agree is not asked further."""
    return act("agree", compression=compression)


def watch(seconds: float) -> Act:
    """Give the device that long to end the connection."""
    return act("watch", seconds=seconds)


def snub(frames: Iterable[dict[str, Any]]) -> Act:
    """Send frames that make the device close, answer nothing, leave TCP open, and want it connected anew meanwhile."""
    return act("snub", frames=list(frames))


def knock(
    request: str | Text | Iterable[Segment],
    *,
    slices: int = 1,
    pause: float = 0.0,
    end: str = "",
    count: int = 1,
    beside: bool = False,
    plain: bool = False,
) -> Act:
    """Open TCP to the CSMS under test, send these bytes where an opening handshake belongs, and see what becomes of it.

    The bytes leave in `slices`, `pause` seconds apart. `end`: "" waits for an answer, "end" ends TCP after the bytes,
    "reset" resets it, "leave" leaves `count` such connections open while our station connects anew. `beside`: our
    station stays connected meanwhile. `plain`: without TLS, even if the CSMS has it. Beside the usual placeholders:
    {{path}} and {{endpoint}} (of our URL, with and without the identity), {{csms}} (host and port), {{key}} (a good
    Sec-WebSocket-Key), {{subprotocol}}, and {{authorization}}, the whole header or nothing.
    """
    how = {"slices": slices, "pause": pause, "end": end, "count": count, "beside": beside, "plain": plain}
    return act("knock", request=segments(request), **how)


def attempt_answer(
    text: str | Text | Iterable[Segment] = "",
    *,
    then: str = "end",
    heard: bool = True,
    slices: int = 1,
    pause: float = 0.0,
    seconds: float | None = None,
) -> dict[str, Any]:
    """What `answer_attempts` does to one connection attempt of a station: these bytes in `slices`, `pause` apart.

    `then` TCP is ended ("end"), reset ("reset") or left open ("keep") for `seconds` (None: the message timeout).
    `heard`: after the station's request was read. Beside the usual placeholders: {{accept}}, {{subprotocol}}, {{path}}
    and {{here}} (path and host of the station's request), {{trap}} (host and port of another address of ours).
    """
    how = {"then": then, "heard": heard, "slices": slices, "pause": pause, "seconds": seconds}
    return {"text": segments(text), **how}


def answer_attempts(answers: Iterable[dict[str, Any]], seconds: float = 0.0) -> Act:
    """Close the station's connection and meet its next attempts so, one each; it has to come back then.

    `seconds`: the last answer is given again until that time is over.
    """
    return act("answer_attempts", answers=list(answers), seconds=seconds)


def raw(data: bytes) -> Act:
    """Put bytes on the TCP stream, beneath WebSocket framing."""
    return act("raw", data=data.hex())


def call(action: str, /, **payload: Any) -> Act:
    """Send a legal CALL and wait for its answer, which must be one; it is not what the example is judged by."""
    return act("call", action=action, payload=payload)


def legal(*texts: str | Text | Iterable[Segment], judged: int = 0) -> Act:
    """Send legal CALLs, each when the one before has been answered; the example is judged by number `judged`.

    Every rule judges the answers. One of ours that breaks its schema or the framework is a mistake of this suite.
    {{fresh}} is another message id in each text, {{latest}} the transactionId that was answered last: without one, what
    follows is not sent.
    """
    return act("legal", texts=[segments(one) for one in texts], judged=judged)


def reported() -> Act:
    """If the device has promised a report, wait until all of it has come."""
    return act("reported")


def rebooted() -> Act:
    """If the device has promised to reboot, wait until it is back."""
    return act("rebooted")


def answer(action: str, *texts: str | Text | None) -> Act:
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


def trap(action: str, kind: str, size: int = 0, number: int = 1, match: dict[str, Any] | None = None) -> Act:
    """Spoil our answer to the device's CALL number `number` (0: each) of an action (that has the fields `match`).

    `kind`: "cut" and "reset" end TCP after `size` bytes of the answer's frame (`conformance.link.faults.WHOLE`: behind
    it), the others of `FaultKind` do what they say. "withhold": no answer. "hold": none until `release`. "late": when
    the device has given up waiting. "refuse": a CALLERROR. "stranger": under an id that nobody used. "another": with
    the payload of another action. "twice". "cross": behind a CALL of ours. Other CALLs of the action are answered as
    ever.
    """
    return act("trap", action=action, kind=kind, size=size, number=number, match=match or {})


def release() -> Act:
    """Have the answers leave that are held back, and want those to the CALLs that crossed the device's."""
    return act("release")


def bring(action: str) -> Act:
    """As `provoke`, but pass over what nothing can bring."""
    return act("bring", action=action)


def goes_on(action: str) -> Act:
    """Want the device to send a CALL of that action, as it has done before in this case, within its own timeout too."""
    return act("goes_on", action=action)


def call_meanwhile() -> Act:
    """Ask for a sign of life while a CALL of the device waits for an answer that is held back, and want it at once."""
    return act("call_meanwhile")


def call_struck(action: str, payload: dict[str, Any], kind: str, size: int = 0) -> Act:
    """Send a legal CALL that a fault strikes, and wait for no answer."""
    return act("call_struck", action=action, payload=payload, kind=kind, size=size)


def hurry() -> Act:
    """Have the station send again at once what it could not deliver about a transaction; where it can be told so."""
    return act("hurry")


def plug() -> Act:
    """Plug in, at a station where nothing is plugged in."""
    return act("plug")


def begin_session() -> Act:
    """Plug in and authorize until the station has begun to charge; once more where a fault has undone it."""
    return act("begin_session")


def end_session() -> Act:
    """Stop what charges, if something does, and unplug."""
    return act("end_session")


def settle() -> Act:
    """Lift all faults, and wait until the station is connected, has delivered what it owes and is silent."""
    return act("settle")


def show_token() -> Act:
    """The driver shows the valid token, or, where nobody can, we ask for a remote start or stop."""
    return act("show_token")


def restart() -> Act:
    """Power the station off and on, and want it registered again."""
    return act("restart")


def command(action: str) -> Act:
    """Have the CSMS send a CALL, and want it, behind others that it may still be waiting for."""
    return act("command", action=action)


def hear(action: str, match: dict[str, Any] | None = None) -> Act:
    """Wait until the station has sent a CALL of an action that has the fields `match`, in this example."""
    return act("hear", action=action, match=match or {})


def tell(what: str, kind: str = "", size: int = 0, again: str = "", place: int = 1) -> Act:
    """Have our station send the next message of a charging session to a CSMS, and want it answered.

    `what`: "authorize", "plugged", "start", "authorized", "meter", "stop" or "unplugged". With `kind` a fault strikes
    the message as in `trap`, our station connects again and sends it once more, `again` with the "same" message id or
    a "fresh" one. `place`: the number of the connector, from 1.
    """
    return act("tell", what=what, kind=kind, size=size, again=again, place=place)


# What follows is done if it can be done at that moment of a sequence, and else passed over.


def hand(verb: str, args: dict[str, Any] | None = None) -> Act:
    """Have the operator touch a station, if the cable allows it; `present_token` takes a token of the description by
    its name, as `token`."""
    return Act("hand", (("verb", verb), ("args", frozen(args or {}))))


def ask(action: str, payload: dict[str, Any] | None = None) -> Act:
    """Send a legal CALL to a station that is not kept offline, as soon as it is connected and booted.

    Values may be "{{running N}}" and "{{ended N}}", a transaction on EVSE N, "{{token NAME}}", a token of the
    description, and "{{number}}", a fresh one; without such a thing nothing is sent.
    """
    return act("ask", action=action, payload=payload or {})


def configure(where: list[str], value: str) -> Act:
    """Set a variable (component, variable) or a key of a station until the sequence ends."""
    return act("configure", where=where, value=value)


def offline() -> Act:
    """Cut a station off: end TCP, and take no new connection."""
    return act("offline")


def online() -> Act:
    """Take a station's connections again."""
    return act("online")


def blink(how: str = "drop") -> Act:
    """End the connection, by FIN ("drop"), RST ("abort") or a close frame ("close"), and take the next one at once."""
    return act("blink", how=how)


def begun(evse_id: int) -> Act:
    """Wait until a transaction runs on an EVSE, or the station is quiet without one."""
    return act("begun", evse_id=evse_id)


def quiet() -> Act:
    """Wait until a station has said everything; the status of each connector has to be what was done to it."""
    return act("quiet")


def idle() -> Act:
    """End whatever runs, pull every cable, make everything operative: the station has to be idle then."""
    return act("idle")


# Against a CSMS: who else comes, and what is undone at once.


def visit(who: str, **login: Any) -> Act:
    """Have somebody connect to the CSMS beside our own connection: fields of `conformance.peers.visits.Login`."""
    return act("visit", who=who, login=login)


def trial(*texts: str | Text | Iterable[Segment], judged: int = 0) -> Act:
    """Send messages, each when the one before has been answered; the example is judged by number `judged`.

    What follows that one undoes it. {{started}} is the first transactionId that was answered, {{latest}} the last one
    (without one, the rest is not sent), {{fresh}} another message id in each text.
    """
    return act("trial", texts=[segments(one) for one in texts], judged=judged)


def call_at_once(action: str, payload: dict[str, Any]) -> Act:
    """Send a legal CALL and go on at once, whether it is answered or not."""
    return act("call_at_once", action=action, payload=payload)


def await_answers() -> Act:
    """Wait until every CALL that was sent by `call_at_once` is answered, or the connection has ended."""
    return act("await_answers")


def tell_at(what: str, timestamp: str) -> Act:
    """As `tell`, with a time that may be none; a message that is refused for it is sent again with the right one.

    What the CSMS does about it is what the example is judged by.
    """
    return act("tell_at", what=what, timestamp=timestamp)


def right_again() -> Act:
    """Have the station told the right time by a Heartbeat, and want its next timestamp to be right."""
    return act("right_again")


def send_while_another(text: str | Text | Iterable[Segment]) -> Act:
    """Send a message, and have the description's second station served meanwhile."""
    return act("send_while_another", text=segments(text))


def end_by_another() -> Act:
    """Begin a transaction, have the second station end it, and see by tokens.single whether it still runs."""
    return act("end_by_another")


def does(station: int, what: str, evse: int = 1, token: str = "valid") -> Act:
    """Have our first or second station do something, told to the CSMS now or once it is connected again.

    `what`: "plug", "token" (a token of the description by its name), "meter", "stop", "unplug", at an EVSE; "boot",
    "boot in vain" (the operator has the CSMS leave it Pending), "leave" (TCP ends), "come back", "heartbeat".
    """
    return act("does", station=station, what=what, evse=evse, token=token)


def at_once(what: str) -> Act:
    """Have both stations send a CALL before either is answered.

    "good and blocked token", "blocked and good token", "starts" (of transactions) or "boots".
    """
    return act("at_once", what=what)


def has_sent(station: int, action: str, payload: dict[str, Any] | None = None) -> Act:
    """Have the operator make the CSMS send a CALL to one of our stations: it comes there, and not to the other one.

    Values may be "{{running}}", a transaction of that station, "{{number}}" and "{{label}}", fresh ones, and "{{token
    NAME}}". Without any the CSMS fills in what that station runs.
    """
    return act("has_sent", station=station, action=action, payload=payload or {})


def home() -> Act:
    """Both stations are connected and accepted, say whatever waits, end what runs and pull their cables."""
    return act("home")
