"""What a device may do about any message whatsoever, worked out from the message itself.

The other tables are asked by the one who breaks a message and knows how. Where several random changes meet, one may
undo another or hide it, so what counts is what came out: it is read by the strict parser and by the schemas, and the
reactions of everything that they find are put together (`framework.both`).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation

from conformance.fuzz import framework, reactions
from conformance.fuzz.example import Allowed
from conformance.fuzz.samples import Schema, resolved
from conformance.ocppj import frames
from conformance.ocppj.frames import CALL, SEND, Frame
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS, Version

BIG = 65_536
"""Bytes from which on a receiver may find a message too big. No document names a number."""

_NO_JSON = frozenset({"not-json", "truncated", "trailing-data", "not-a-number"})
_UNWISE = frozenset({"duplicate-key", "huge-number", "lone-surrogate", "nul-character", "type-not-integer"})
_ELEMENTS = frozenset({"too-few-elements", "too-many-elements"})
_KINDS = frozenset(
    {"required", "type", "maxLength", "minItems", "maxItems", "minimum", "maximum", "multipleOf", "enum", "format"}
)
"""Keywords of JSON Schema that `reactions` knows by the same name."""


def reactions_to(version: Version, role: str, schemas: SchemaStore, data: bytes) -> Allowed:
    """What a device of a role may do about one text message of these bytes, with all placeholders filled."""
    try:
        frame = frames.parse(data.decode("utf-8"))
    except UnicodeDecodeError:
        frame = frames.parse(data)
    allowed = _to_text(version, role, frame) or _to_message(version, role, schemas, frame)
    if _has(frame, "byte-order-mark"):
        # RFC 8259 8.1: nobody may send it, a parser may ignore it.
        allowed = framework.both(allowed, replace(framework.no_json(version), result=True))
    if len(data) > BIG or _has(frame, "too-deep"):
        allowed = framework.both(allowed, framework.big(version))
    return allowed


def _has(frame: Frame, *codes: str) -> bool:
    return any(problem.code in codes for problem in frame.problems)


def _to_text(version: Version, role: str, frame: Frame) -> Allowed | None:
    """What may be done about a text that is no JSON text; None for one that is."""
    if _has(frame, "not-utf-8"):
        return framework.not_utf8(version)
    if _has(frame, "empty"):
        return framework.unread(version)
    if _has(frame, *_NO_JSON):
        return _to_head(version, role, frame, framework.no_json(version))
    if frame.payload is None and _has(frame, "too-deep"):
        # Too deep for the strict parser: whether it is JSON down there, nobody here knows.
        return _to_head(version, role, frame, framework.big(version))
    return None


def _to_head(version: Version, role: str, frame: Frame, allowed: Allowed) -> Allowed:
    """What may be done about a text that can't be read to its end, by a device that has read how it begins."""
    if frame.type is not None and frame.type != CALL:
        return framework.both(allowed, _to_type(version, frame))
    for other in _to_action(version, role, frame) if frame.action else ():
        allowed = framework.both(allowed, other)
    return allowed


def _to_type(version: Version, frame: Frame) -> Allowed:
    """What may be done about a message that is no CALL."""
    if frame.type is None:
        return framework.no_type(version)
    if frame.type not in version.message_types:
        return framework.unknown_type(version)
    return framework.unanswerable(version) if frame.type == SEND else framework.unasked(version)


def _to_message(version: Version, role: str, schemas: SchemaStore, frame: Frame) -> Allowed:
    if _has(frame, "not-an-array", "empty-array"):
        return framework.no_json(version)
    if frame.type == CALL:
        return _to_call(version, role, schemas, frame)
    allowed = _to_type(version, frame)
    if not frame.id:
        # Whether a message with an unreadable id is a CALL is not for its receiver to ask first.
        allowed = framework.both(allowed, framework.no_id(version))
    return allowed


def _to_call(version: Version, role: str, schemas: SchemaStore, frame: Frame) -> Allowed:
    found = [framework.legal(version)]
    if _has(frame, "id-empty"):
        found.append(framework.empty_id(version))
    elif _has(frame, "id-too-long"):
        found.append(framework.long_id(version))
    elif not frame.id:
        found.append(framework.no_id(version))
    if _has(frame, *_ELEMENTS):
        found.append(framework.broken_call(version))
    found.extend(_to_action(version, role, frame))
    found.extend(_to_payload(version, role, schemas, frame))
    if len(found) > 1 and not _has(frame, *_UNWISE):
        # Nothing is legal but unwise about it, so that only what is wrong may be the reason for a refusal.
        del found[0]
    allowed = found[0]
    for other in found[1:]:
        allowed = framework.both(allowed, other)
    if frame.action in version.actions:
        # What a device does not support at all it need not look into.
        allowed = replace(allowed, codes=allowed.codes | reactions.UNSUPPORTED)
    return allowed


def _to_action(version: Version, role: str, frame: Frame) -> list[Allowed]:
    if _has(frame, "action-not-string", "action-empty") or not frame.action:
        return [framework.no_action(version)]
    known = version.actions.get(frame.action)
    if known is None:
        elsewhere = any(frame.action in other.actions for other in VERSIONS.values())
        return [framework.foreign_action(version) if elsewhere else framework.unknown_action(version)]
    if not known.may_be_sent_by(_OTHER[role]) or known.message_type != CALL:
        return [framework.wrong_direction(version)]
    return []


_OTHER = {"CS": "CSMS", "CSMS": "CS"}


def _to_payload(version: Version, role: str, schemas: SchemaStore, frame: Frame) -> list[Allowed]:
    if _has(frame, "payload-not-object"):
        return [framework.broken_payload(version)]
    known = version.actions.get(frame.action)
    if known is None or not isinstance(frame.payload, dict):
        return []
    if _has(frame, "duplicate-key"):
        # Which of the two members counts is the receiver's choice, and so is what is wrong with the payload.
        return []
    errors = [one for one in schemas.judge(version, known.request, frame.payload) if not one.disputed]
    found = []
    for error in errors:
        to_error = reactions.to_request(
            version,
            _kind(error.keyword, error.actual),
            action=frame.action,
            pointer=error.pointer,
            required=_required(version, schemas, known.request, error.pointer),
            custom="/customData" in error.pointer,
        )
        if error.keyword == "type" and _whole(error.actual):
            # 1.0 is no integer to the draft of JSON Schema that 1.6 has, and one to the later ones: field defect 31.
            to_error = replace(to_error, tolerated=to_error.tolerated | {"CALLRESULT"})
        found.append(to_error)
    return found


def _whole(actual: str) -> bool:
    """Whether a value, as a finding shows it, is a number without a fraction."""
    try:
        number = Decimal(actual)
    except InvalidOperation:
        return False
    return number.is_finite() and number == number.to_integral_value()


def _kind(keyword: str, actual: str) -> str:
    if keyword == "additionalProperties":
        return "unknown field"
    if keyword == "type" and actual == "null":
        return "null"
    return keyword if keyword in _KINDS else "type"


def _required(version: Version, schemas: SchemaStore, name: str, pointer: str) -> bool:
    """Whether the member at a JSON pointer is one that its object has to have; True for what can't be found."""
    root: Schema = schemas.schema(version, name)
    node = root
    required = True
    for step in pointer.split("/")[1:]:
        node = resolved(root, node)[0]
        if "items" in node:
            node, required = node["items"], True
            continue
        member = step.replace("~1", "/").replace("~0", "~")
        required = member in node.get("required", ())
        node = node.get("properties", {}).get(member, {})
    return required
