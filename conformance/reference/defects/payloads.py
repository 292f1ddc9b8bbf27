"""What defects make of CALLs whose payload breaks its schema, and of answers that do: the same for both roles.

`station/constraints.py` and `csms/constraints.py` register them. Numbers in brackets are those of the list of field
defects.
"""

from __future__ import annotations

import asyncio
import os
import re
from typing import Any

from conformance.ocppj import frames
from conformance.ocppj.schema import official
from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.wire import CallError, Payload

BOTH = ("1.6", "2")
VIOLATIONS = frozenset(
    {
        "FormatViolation",
        "OccurrenceConstraintViolation",
        "PropertyConstraintViolation",
        "TypeConstraintViolation",
    }
)
"""What a good device answers to a payload that breaks its schema, before the spelling of 1.6."""
CRASHED = 134


class Violations(Misbehaviour):
    """Base of defects in what a CALL that breaks its schema is answered with.

    Only of those whose CALLERROR has one of `codes` and a description that `pattern` is found in ("expected ..., got
    ...", as the reference devices word it).
    """

    codes = VIOLATIONS
    pattern = ""

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if isinstance(answer, CallError) and answer.code in self.codes and re.search(self.pattern, answer.description):
            return self.broken(action, request, answer)
        return answer

    def broken(self, action: str, request: Payload, refusal: CallError) -> Payload | CallError | None:
        """What is answered instead."""
        return refusal


class Taken(Violations):
    """Base of defects that do not see what is wrong: the CALL is served."""

    def broken(self, action: str, request: Payload, refusal: CallError) -> Payload | CallError | None:
        answer = self._served(action)
        return refusal if answer is None else answer

    def _served(self, action: str) -> Payload | None:
        """A valid answer as of a device that has done what was asked; None for an action of which none is known."""
        # The embedded CSMS that has a defect serves one version.
        version = getattr(self.context, "version", None) or next(iter(self.context.versions.values()))
        schema = version.actions[action].response
        if schema is None:
            return None
        return next((one for one in _ANSWERS if not official().judge(version, schema, one)), None)


_NOW = "2030-01-01T00:00:00.000Z"
_ANSWERS: tuple[Payload, ...] = (
    {},
    {"status": "Accepted"},
    {"status": "Unlocked"},
    {"status": "Accepted", "currentTime": _NOW, "interval": 300},
    {"currentTime": _NOW},
    {"idTagInfo": {"status": "Accepted"}},
    {"idTagInfo": {"status": "Accepted"}, "transactionId": 1},
    {"idTokenInfo": {"status": "Accepted"}},
    {"messagesInQueue": False},
    {"status": "Accepted", "exiResponse": "AAAA"},
)
"""Answers of which one is valid for nearly every action."""


class Coded(Violations):
    """Base of defects that answer with another code."""

    code = ""

    def broken(self, action: str, request: Payload, refusal: CallError) -> Payload | CallError | None:
        return CallError(self.code, refusal.description)


class Unanswered(Violations):
    """Base of defects that fall silent."""

    def broken(self, action: str, request: Payload, refusal: CallError) -> Payload | CallError | None:
        return None


def crash() -> None:
    """End the process as an unhandled exception in a thread of its own would, in the middle of whatever it does."""
    os._exit(CRASHED)


def crash_soon() -> None:
    """End the process once what is being written is out."""
    asyncio.get_running_loop().call_soon(crash)


def register(role: str, requests: str, answers: str) -> None:
    """Register what a role can have: `requests` and `answers` are the ids of the cases that must FAIL."""

    def broken(name: str, kind: type[Violations], breaks: str, families: tuple[str, ...] = BOTH, **about: Any) -> None:
        made = type(name, (kind,), {key: about.pop(key) for key in ("codes", "pattern", "code") if key in about})
        defect(name, role=role, families=families, breaks=breaks, must_fail=(requests,), **about)(made)

    broken(
        "missing-field-taken",
        Taken,
        "a CALL without a required field is served [6] (1.6J 4.2.3; 2.x part 4 4.1.7)",
        pattern="the field is required",
    )
    broken(
        "enum-unchecked",
        Taken,
        "a value that its enumeration does not have is served (1.6J table 7; 2.x FR.03)",
        pattern="expected one of ",
    )
    broken(
        "length-unchecked",
        Taken,
        "a string longer than its maximum is served [17] (1.6J table 7; 2.x FR.03)",
        pattern="expected at most .* character",
    )
    broken(
        "null-is-absent",
        Taken,
        "null is taken for a field that is not there (2.x part 4 4.1.5)",
        families=("2",),
        pattern="got null$",
    )
    broken(
        "types-converted",
        Taken,
        "a number in quotes is read as a number, true in quotes as true (1.6J table 7; 2.x part 4 4.1.7)",
        pattern='expected (an integer|a number|true or false), got "',
    )
    broken(
        "element-is-list",
        Taken,
        "one element is taken for a list of one (2.x part 4 4.1.5)",
        pattern="expected an array, got",
    )
    broken(
        "violation-not-implemented",
        Coded,
        "NotImplemented for a broken payload of an action that is implemented [23] (OCPP-J, table of error codes)",
        codes=frozenset({"TypeConstraintViolation", "OccurrenceConstraintViolation"}),
        code="NotImplemented",
    )
    broken(
        "violation-not-supported",
        Coded,
        "NotSupported for a value that a supported action does not allow (OCPP-J, table of error codes)",
        codes=frozenset({"PropertyConstraintViolation"}),
        code="NotSupported",
    )
    broken(
        "unknown-field-unanswered",
        Unanswered,
        "a CALL with a field that the device does not know gets no answer (2.x FR.03; 1.6J errata 3.2)",
        pattern="expected no such field",
    )

    @defect(
        "violation-own-code",
        role=role,
        families=BOTH,
        breaks="an errorCode that no version has: ValidationError (OCPP-J, table of error codes)",
        must_fail=(requests,),
        rules=("wire.error-code",),
    )
    class _OwnCode(Misbehaviour):
        def text(self, text: str) -> list[str]:
            return [text.replace('"PropertyConstraintViolation"', '"ValidationError"')]

    @defect(
        "violation-details-list",
        role=role,
        families=BOTH,
        breaks="errorDetails of a broken payload is the list of what the validator said [5]",
        must_fail=(requests,),
        rules=("wire.error-details",),
    )
    class _DetailsList(Violations):
        def broken(self, action: str, request: Payload, refusal: CallError) -> Payload | CallError | None:
            refusal.details = [{"path": refusal.description.partition(":")[0]}]
            return refusal

    @defect(
        "violation-leaks-sql",
        role=role,
        families=BOTH,
        breaks="the errorDescription of a value that is too long is what the database said [5]",
        must_fail=(requests,),
    )
    class _LeaksSql(Violations):
        pattern = "expected at most .* character"

        def broken(self, action: str, request: Payload, refusal: CallError) -> Payload | CallError | None:
            words = (
                "org.jooq.exception.DataAccessException: SQL [insert into charge_box (id) values (?)]; data too long"
            )
            return CallError(refusal.code, words)

    @defect(
        "answer-of-wrong-type-kills",
        role=role,
        families=BOTH,
        breaks="an answer whose payload is no object ends the process [13]",
        must_fail=(answers,),
    )
    class _WrongTypeKills(Misbehaviour):
        def answered(self, frame: frames.Frame) -> list[str]:
            if isinstance(frame.payload, list):
                crash()
            return []

    @defect(
        "invalid-answer-refused",
        role=role,
        families=("1.6",),
        breaks="a CALLRESULT that is invalid is answered by a CALLERROR [1] (1.6J 4.2.3, errata 3.5)",
        must_fail=(answers,),
    )
    class _InvalidAnswerRefused(Misbehaviour):
        def answered(self, frame: frames.Frame) -> list[str]:
            if isinstance(frame.payload, dict) and "ocppConformance" not in frame.payload:
                return []
            return [frames.error(frame.id, "FormationViolation", "an answer that breaks its schema", {}).text]
