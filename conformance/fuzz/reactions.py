"""What a device may do about a message that breaks one constraint of its schema, by version, with sources.

What the documents say, and how it is read here:

1.6J 4.2.3 has a CALLERROR for a CALL that is no proper message, 4.2.2 keeps CALLRESULT for what the response itself can
tell, table 7 lists the codes. The errata forbid a sender to add fields (3.1), name the schemas as a means of validation
(3.6), and keep the odd spellings of two codes (5.1, 5.2). Nothing tells a receiver to ignore or to refuse an unknown
field, nor what null is for an optional one: taking such a message is a remark. A status that refuses is a regular
result (4.2.2) for a value, not for a message that misses something or has another type. That a file can't be fetched is
told later, by a status notification (1.6 5.9, 5.19): a location that is no URI may be told so, too, which is a remark.
1.6 errata 3.24 and 3.38 ask for PropertyConstraintViolation by name.

2.x part 2 FR.03 wants a CALLERROR to every request that its JSON schema does not allow, part 4 4.1.7 to every one that
misses a field or has a wrong type. That leaves no room for a CALLRESULT, whatever its status. Part 4 4.2.3 lets a
receiver drop such a message (by an erratum of 2.0, so that nobody has to use the rest of it): not to act on it is not
the same as not to answer it, so silence is a finding. 4.1.5 rules out null for an empty field. Part 4 chapter 9 keeps
other fields out of every class, and customData open: a receiver that overlooks an unknown field, or customData that it
does not know, only makes no use of its right to reject (4.1.2), which is a remark.

Codes: the exact one of the table is allowed; one that says the same in other words (all of the payload is at fault
where a field is; any other error) is a remark. NotImplemented, NotSupported, SecurityError, MessageTypeNotSupported and
RpcFrameworkError say something that is not so. An InternalError says that the receiver broke on it, which is honest.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from conformance.fuzz.example import Allowed
from conformance.ocppj.frames import CALLRESULTERROR
from conformance.ocppj.versions import Version

UNSUPPORTED = frozenset({"NotImplemented", "NotSupported"})
"""Codes by which a device refuses an action that it does not have or does not support."""

_FORMAT = frozenset({"FormatViolation"})
_OCCURRENCE = frozenset({"OccurrenceConstraintViolation"})
_PROPERTY = frozenset({"PropertyConstraintViolation"})
_TYPE = frozenset({"TypeConstraintViolation"})
_PROTOCOL = frozenset({"ProtocolError"})
_FAMILY = _FORMAT | _OCCURRENCE | _PROPERTY | _TYPE | _PROTOCOL | {"GenericError", "InternalError"}
"""Codes that say, more or less exactly, that the payload is at fault."""

_EXACT: Mapping[str, frozenset[str]] = {
    # A field is not there: its occurrence is 1..1; the payload is incomplete (1.6J), or not as its PDU (2.x).
    "required": _OCCURRENCE | _PROTOCOL | _FORMAT,
    "empty": _OCCURRENCE | _PROTOCOL | _FORMAT,
    "customData": _OCCURRENCE | _PROTOCOL | _FORMAT,
    "field case": _OCCURRENCE | _PROTOCOL | _FORMAT,
    "unknown field": _FORMAT | _PROTOCOL | _OCCURRENCE,
    "minItems": _OCCURRENCE | _FORMAT,
    "maxItems": _OCCURRENCE | _FORMAT,
    "type": _TYPE | _FORMAT,
    "null": _TYPE | _FORMAT | _OCCURRENCE | _PROTOCOL,
    # A dateTime is a type of its own, and has a format.
    "format": _PROPERTY | _TYPE | _FORMAT,
    "uri": _PROPERTY | _TYPE | _FORMAT,
    # string[36] is a type, and 37 characters are a value.
    "maxLength": _PROPERTY | _TYPE,
    "enum": _PROPERTY,
    "value case": _PROPERTY,
    "minimum": _PROPERTY,
    "maximum": _PROPERTY,
    "multipleOf": _PROPERTY,
    "payload": _FORMAT | _PROTOCOL | _TYPE,
}
"""The codes that name a breakage exactly."""

_VALUES = frozenset({"enum", "value case", "maxLength", "minimum", "maximum", "multipleOf", "format"})
"""Breakages of a value that is there and has the right type."""

_REFUSING = (
    "Rejected",
    "NotSupported",
    "NotImplemented",
    "Failed",
    "Faulted",
    "Unknown",
    "UnknownVendorId",
    "UnknownMessageId",
    "UnlockFailed",
    "VersionMismatch",
    "NotFound",
    "InvalidCertificate",
    "RevokedCertificate",
    "Blocked",
    "Expired",
    "Invalid",
    "ConcurrentTx",
)
"""Statuses of 1.6, of a request or of its token, by which a device says that it has not done what was asked."""

_REQUEST = {
    "1.6": "1.6J 4.2.3 and table 7",
    "2": "Part 2 FR.03; part 4 4.1.7, 4.3",
}
_UNSUPPORTED = {
    "1.6": "1.6J 4.2.3 table 7, errata 3.7; 1.6 errata 3.39",
    "2": "Part 4 4.2.3 (example), 4.3",
}
_MORE: Mapping[tuple[str, str], str] = {
    ("1.6", "format"): "1.6J 4.2.3 and table 7; 1.6 3.15",
    ("1.6", "uri"): "1.6J 4.2.2, 4.2.3; 1.6 5.9, 5.19",
    ("2", "format"): "Part 2 FR.03, 3.1; part 4 4.1.7",
    ("1.6", "unknown field"): "1.6J 4.2.3, errata 3.1",
    ("1.6", "field case"): "1.6J 4.2.3, errata 3.1; 1.6 2.2 (String)",
    ("1.6", "value case"): "1.6J 4.2.3 and table 7; 1.6 2.2 (String)",
    ("2", "null"): "Part 2 FR.03; part 4 4.1.5",
    ("2", "minItems"): "Part 2 FR.03; part 4 4.1.5",
    ("2", "unknown field"): "Part 2 FR.03; part 4 chapter 9, 4.1.2",
    ("2", "customData"): "Part 2 FR.03; part 4 chapter 9",
}

_NAMED_16: Mapping[str, tuple[str, str]] = {
    "GetCompositeSchedule": ("/chargingRateUnit", "1.6 errata 3.24"),
    "SetChargingProfile": ("/csChargingProfiles/", "1.6 errata 3.38"),
    "RemoteStartTransaction": ("/chargingProfile/", "1.6 errata 3.38"),
}
"""Requests of 1.6 for whose enumerations the errata ask for PropertyConstraintViolation, and where those stand."""


def to_request(
    version: Version, kind: str, *, action: str = "", pointer: str = "", required: bool = True, custom: bool = False
) -> Allowed:
    """What a device may do about a CALL that breaks a constraint of that kind (`constraints.Constraint.kind`).

    `required`: whether the field that it is about is; `custom`: whether it is inside of customData. KeyError for an
    unknown kind.
    """
    if kind in ("enum", "value case") and version.family == "1.6" and action in _NAMED_16:
        place, source = _NAMED_16[action]
        if pointer.startswith(place):
            return Allowed(codes=_named(version, _PROPERTY), source=source)
    return _to_request(version, kind, required, custom)


@cache
def _to_request(version: Version, kind: str, required: bool, custom: bool) -> Allowed:
    exact = _EXACT[kind]
    tolerated = set(_named(version, _FAMILY - exact))
    family = version.family
    if _may_be_overlooked(kind, required, custom) or (kind == "null" and not required and family == "1.6"):
        tolerated.add("CALLRESULT")
    if family == "1.6" and kind in _VALUES:
        tolerated.update(f"CALLRESULT {status}" for status in _REFUSING)
    source = _MORE.get((family, kind), _REQUEST[family])
    return Allowed(codes=_named(version, exact), tolerated=frozenset(tolerated), source=source)


def _named(version: Version, codes: frozenset[str]) -> frozenset[str]:
    """The codes as the version's own table spells them."""
    return frozenset(version.canonical_error_code(code) or code for code in codes)


def _may_be_overlooked(kind: str, required: bool, custom: bool) -> bool:
    """Whether what is wrong may not even be seen by a receiver that reads only what it needs to answer."""
    return custom or kind in ("unknown field", "uri") or (kind == "field case" and not required)


def to_unsupported(version: Version) -> Allowed:
    """What a device may do about a valid CALL of an action that it need not have.

    An action of the version is recognized and not supported, as the examples of the documents have it; that a receiver
    does not even know it can be said too, and is a remark.
    """
    return Allowed(
        codes=frozenset({"NotSupported"}),
        tolerated=frozenset({"NotImplemented"}),
        result=True,
        source=_UNSUPPORTED[version.family],
    )


def to_good_answer() -> Allowed:
    """What a device may say about a valid CALLRESULT: nothing."""
    return Allowed(silence=True, source="OCPP-J 4.1.1")


def to_send() -> Allowed:
    """What a device may do about a SEND that breaks a constraint: nothing that can be seen."""
    return Allowed(silence=True, source="2.1 part 4 4.2.4; FR.07")


@cache
def to_answer(version: Version, kind: str, required: bool = True, custom: bool = False) -> Allowed:
    """What a device may do about a CALLRESULT that breaks a constraint: nothing, or close, or say so where it can.

    1.6 and 2.0.1 have no answer to an answer; FR.03 of 2.0.1 can be read as asking for a CALLERROR. 2.1 FR.06 asks for
    a CALLRESULTERROR; part 4 4.1 says that a receiver can send one, and 4.2.3 that the message may be dropped: silence
    is a remark there, and not even that where the receiver may overlook what is wrong.
    """
    if CALLRESULTERROR not in version.message_types:
        codes = frozenset[str]() if version.family == "1.6" else frozenset({"*"})
        return Allowed(tolerated=codes, silence=True, close=True, source="OCPP-J 4.1.3: a CALLERROR answers a CALL")
    overlooked = _may_be_overlooked(kind, required, custom)
    return Allowed(
        codes=frozenset({"CALLRESULTERROR"}),
        tolerated=frozenset() if overlooked else frozenset({"silence"}),
        silence=overlooked,
        close=True,
        source="Part 2 FR.06; part 4 4.1, 4.2.3",
    )
