"""What a device may do about a message that is wrong as a message: its text, its envelope, what it answers.

(What is wrong inside a payload is judged in `reactions`.) Read out of OCPP-J 1.6 section 4 with its errata (3.2, 5.1,
5.2), OCPP 2.0.1 part 4 section 4 with its errata, OCPP 2.1 part 4 section 4, part 2 FR.02, FR.03, FR.06 and FR.07, RFC
8259 and RFC 6455. Where they leave a choice or contradict each other, every reading is allowed:

- 1.6 names no id for a message whose id can't be read, so there is nothing to answer with: silence is right. 2.x
  answers with the id "-1" (4.2.3). That a system may drop a message with invalid OCPP (4.2.3 again) excuses no
  silence here: the same section, 4.1.7 and FR.03 ask for a CALLERROR.
- An unknown message type is ignored in 1.6 and 2.1 (4.1.3); 2.0.1 also wants the CALLERROR MessageTypeNotSupported
  (4.4), which 2.1 keeps in its table. 2.x: both. 1.6 knows no such code.
- Only a CALL is answered by a CALLERROR. What comes in as an answer is never answered by one; 2.1 has CALLRESULTERROR
  for a CALLRESULT that is no good, and 2.0.1's FR.03 can be read to want a CALLERROR for it, which is a remark.
- What RFC 8259 calls legal but unwise (members named twice, numbers beyond a double, half surrogate pairs, great depth
  or size) may be taken or refused: its section 9 lets a receiver set limits.
- RFC 6455 wants a text message that is no UTF-8 answered by closing with 1007 (8.1), and lets an endpoint refuse binary
  messages (1003) and big ones (1009).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from conformance.fuzz.example import Allowed
from conformance.ocppj.frames import CALLRESULT, CALLRESULTERROR, TYPE_NAMES
from conformance.ocppj.versions import Version

NOT_UTF8 = frozenset({1007})
BINARY = frozenset({1003})
TOO_BIG = frozenset({1009})

COMPLAINT = frozenset({TYPE_NAMES[CALLRESULTERROR]})
"""How the engine calls a CALLRESULTERROR where a code is expected."""

_FRAMEWORK = ("RpcFrameworkError", "FormatViolation", "ProtocolError", "GenericError")
_PAYLOAD = (
    *_FRAMEWORK,
    "OccurrenceConstraintViolation",
    "PropertyConstraintViolation",
    "TypeConstraintViolation",
)
_UNSERVED = ("NotSupported", "NotImplemented")

_SECTION: Mapping[str, Mapping[str, str]] = {
    "text": {"1.6": "1.6J 4.1.2, 4.2.3, errata 3.2", "2": "part 4 4.1.2, 4.1.7, 4.2.3; FR.03"},
    "type": {"1.6": "1.6J 4.1.3", "2": "part 4 4.1.3, 4.4"},
    "call": {"1.6": "1.6J 4.2.1, 4.2.3, errata 3.2", "2": "part 4 4.1.7, 4.2.1, 4.2.3; FR.03"},
    "id": {"1.6": "1.6J 4.1.4, 4.2.3", "2": "part 4 4.1.4, 4.2.3"},
    "action": {"1.6": "1.6J 4.2.1, table 7", "2": "part 4 4.1.6, 4.1.7, 4.3"},
    "payload": {"1.6": "1.6J 4.2.1, table 7", "2": "part 4 4.1.5, 4.3; FR.03"},
    "answer": {"1.6": "1.6J 4.1.4, 4.2.3", "2": "part 4 4.1.4, 4.2.3"},
    "send": {"1.6": "1.6J 4.1.3", "2": "part 4 4.2.4; FR.07"},
    "limit": {"1.6": "1.6J 4.1.2; RFC 8259 4, 6, 8.2, 9", "2": "part 4 4.1.2; RFC 8259 4, 6, 8.2, 9"},
}


def _codes(version: Version, names: Iterable[str]) -> frozenset[str]:
    """Error codes as the version's table prints them; those that it does not have are left out."""
    known = (version.canonical_error_code(name) for name in names)
    return frozenset(name for name in known if name is not None)


def _allowed(version: Version, section: str, names: Iterable[str], *, silence: bool = False) -> Allowed:
    codes = _codes(version, names)
    # Remarks: a device that broke on a message and says so is honest, if not robust; one that refuses the message for
    # its payload has refused it; and that 1.6 has no RpcFrameworkError is told once, by the rule of error codes.
    others = _codes(version, (*_PAYLOAD, "InternalError")) | {"RpcFrameworkError"}
    return Allowed(codes=codes, tolerated=others - codes, silence=silence, source=_SECTION[section][version.family])


def _unreadable_is_silent(version: Version) -> bool:
    """Whether there is nothing to answer a message with whose id can't be read."""
    return version.unreadable_id is None


# ---------------------------------------------------------------------- legal messages


def taken(version: Version) -> Allowed:
    """A legal CALL of an action that every device of its role has, written unusually: it is served, nothing else."""
    return Allowed(result=True, source=_SECTION["call"][version.family])


def legal(version: Version) -> Allowed:
    """Legal, but so unwise that a receiver may refuse it, or of an action that it need not have."""
    return replace(_allowed(version, "limit", (*_PAYLOAD, *_UNSERVED)), result=True)


def big(version: Version) -> Allowed:
    """Legal, but bigger or deeper than a receiver need read; where it did not read the id, it can't be answered."""
    silence = _unreadable_is_silent(version)
    return replace(legal(version), silence=silence, close=True, close_codes=TOO_BIG)


def big_and_broken(version: Version) -> Allowed:
    """Bigger than a receiver need read, and with something too much in it that a receiver may overlook."""
    return replace(big(version), tolerated=big(version).tolerated | {"CALLRESULT"}, result=False)


def where_unread(version: Version, allowed: Allowed) -> Allowed:
    """The same for a message of which a receiver may not even read the id."""
    return replace(allowed, silence=allowed.silence or _unreadable_is_silent(version))


def binary(version: Version) -> Allowed:
    """A legal CALL as a binary message: no document says what becomes of it."""
    return replace(legal(version), silence=True, close=True, close_codes=BINARY)


def unread(version: Version) -> Allowed:
    """A text message without a text: no message that a CALLERROR could be about, though 2.x may be read otherwise."""
    return _allowed(version, "text", _FRAMEWORK, silence=True)


# ---------------------------------------------------------------------- texts


def no_json(version: Version) -> Allowed:
    """A text message that is not one JSON text, or JSON that is no OCPP-J message: its id can't be relied on."""
    return _allowed(version, "text", _FRAMEWORK, silence=_unreadable_is_silent(version))


def not_utf8(version: Version) -> Allowed:
    """A text message of bytes that are no UTF-8: the WebSocket layer ends the connection, or OCPP-J refuses it."""
    return replace(no_json(version), close=True, close_codes=NOT_UTF8)


# ---------------------------------------------------------------------- envelopes


def unknown_type(version: Version) -> Allowed:
    """A message type number that the version does not have: the message is ignored; 2.x may say so."""
    known = _codes(version, version.unknown_type_reactions - {"ignore"})
    return Allowed(
        codes=known,
        tolerated=_codes(version, ("RpcFrameworkError",)) if known else frozenset(),
        silence="ignore" in version.unknown_type_reactions,
        source=_SECTION["type"][version.family],
    )


def no_type(version: Version) -> Allowed:
    """A message type that is no integer, or none at all: no number of the table, and a broken message too."""
    return _allowed(version, "type", (*_FRAMEWORK, "TypeConstraintViolation", "MessageTypeNotSupported"), silence=True)


def broken_call(version: Version) -> Allowed:
    """A CALL whose id can be read and which has not the elements of a CALL."""
    return _allowed(version, "call", (*_FRAMEWORK, "OccurrenceConstraintViolation", "TypeConstraintViolation"))


def no_id(version: Version) -> Allowed:
    """A CALL without an id, or with one that is no string."""
    names = (*_FRAMEWORK, "TypeConstraintViolation", "OccurrenceConstraintViolation")
    return _allowed(version, "id", names, silence=_unreadable_is_silent(version))


def long_id(version: Version) -> Allowed:
    """A CALL with an id of more than 36 characters: the documents name it as a case for a CALLERROR."""
    names = (*_FRAMEWORK, "PropertyConstraintViolation")
    return _allowed(version, "id", names, silence=_unreadable_is_silent(version))


def empty_id(version: Version) -> Allowed:
    """A CALL with the id "": a string of at most 36 characters, and yet hardly an id."""
    return replace(long_id(version), result=True)


def repeated(version: Version) -> Allowed:
    """A CALL with an id that was used before: its sender is wrong, but no receiver has to remember ids."""
    return replace(_allowed(version, "id", (*_PAYLOAD, *_UNSERVED), silence=True), result=True)


def unknown_action(version: Version) -> Allowed:
    """An action that nobody knows; names are case-sensitive and have no suffix."""
    return Allowed(codes=_codes(version, ("NotImplemented",)), source=_SECTION["action"][version.family])


def foreign_action(version: Version) -> Allowed:
    """An action of another version: unknown to this one, though the device may know it from there."""
    return replace(unknown_action(version), tolerated=_codes(version, ("NotSupported",)))


def wrong_direction(version: Version) -> Allowed:
    """An action that exists and is not sent to this side, or not as a CALL: it may or may not recognize it."""
    return Allowed(
        codes=_codes(version, _UNSERVED),
        tolerated=_codes(version, (*_FRAMEWORK, "SecurityError")),
        source=_SECTION["action"][version.family],
    )


def no_action(version: Version) -> Allowed:
    """A CALL whose action is empty or no string."""
    return _allowed(version, "action", (*_FRAMEWORK, "TypeConstraintViolation", "NotImplemented"))


def broken_payload(version: Version) -> Allowed:
    """A CALL whose payload is no object, or not the one of its action."""
    return _allowed(version, "payload", _PAYLOAD)


# ---------------------------------------------------------------------- answers and SEND


def unasked(version: Version) -> Allowed:
    """An answer to nobody, a second one, a late one, a CALLERROR whatever it looks like: nobody answers them."""
    return Allowed(silence=True, source=_SECTION["answer"][version.family])


def broken_answer(version: Version) -> Allowed:
    """A CALLRESULT to the device's own CALL that is no valid one: there is an answer to it in 2.1 only."""
    return _TO_BROKEN_ANSWERS[CALLRESULTERROR in version.message_types, version.family]


_TO_BROKEN_ANSWERS: Mapping[tuple[bool, str], Allowed] = {
    (False, "1.6"): Allowed(silence=True, source="1.6J 4.2.3"),
    # FR.03 can be read to want a CALLERROR, by a receiver that overlooks that 4.2.3 has it for CALLs only.
    (False, "2"): Allowed(silence=True, tolerated=frozenset(_PAYLOAD), source="part 4 4.2.3; FR.03"),
    # FR.06 wants it; 4.1 says that a receiver can send it, 4.2.3 that the message may be dropped.
    (True, "2"): Allowed(codes=COMPLAINT, tolerated=frozenset({"silence"}), source="part 4 4.1, 4.2.3; FR.06"),
}


def corrupt_answer(version: Version) -> Allowed:
    """Something that would be an answer to the device's CALL if it were JSON: it can't be told from a broken CALL."""
    base = no_json(version)
    complaint = COMPLAINT if CALLRESULTERROR in version.message_types else frozenset()
    return replace(base, codes=base.codes | complaint, silence=True)


def unanswerable(version: Version) -> Allowed:
    """A SEND, whatever is in it."""
    return Allowed(silence=True, source=_SECTION["send"][version.family])


def both(first: Allowed, second: Allowed) -> Allowed:
    """What is allowed when two things are odd about one message.

    Either may be what the device reacts to, so its refusal, silence or close may be that of either; it may take the
    message only if both alone may be taken, with a remark if one of them only with a remark.
    """
    either = first.codes | second.codes
    tolerated = first.tolerated | second.tolerated
    if not (_may_take(first) and _may_take(second)) or (first.result and second.result):
        tolerated = frozenset(one for one in tolerated if not _is_result(one))
    return Allowed(
        codes=either,
        tolerated=tolerated - either,
        silence=first.silence or second.silence,
        result=first.result and second.result,
        statuses=first.statuses & second.statuses if first.statuses and second.statuses else frozenset(),
        close=first.close or second.close,
        close_codes=_either_close(first, second),
        calls=first.calls and second.calls,
        source="; ".join(dict.fromkeys(part for part in (first.source, second.source) if part)),
    )


def _is_result(name: str) -> bool:
    """Whether a tolerated reaction is a CALLRESULT, of any status or of one, and no CALLRESULTERROR."""
    return name.partition(" ")[0] == TYPE_NAMES[CALLRESULT]


def _may_take(allowed: Allowed) -> bool:
    """Whether the message may be taken, with or without a remark."""
    return allowed.result or any(_is_result(one) for one in allowed.tolerated)


def _either_close(first: Allowed, second: Allowed) -> frozenset[int]:
    """The close codes of either; empty (any) if one of those that may close may do so with any."""
    closing = [one.close_codes for one in (first, second) if one.close]
    return frozenset().union(*closing) if all(closing) else frozenset()
