"""What a receiver can get wrong about the text and the envelope of a message, whichever role it has.

The lists of the two roles (`station.parser`, `station.envelope`, `csms.parser`, `csms.envelope`) give these names.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from conformance.ocppj import frames
from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.wire import CallError, Deafness, Payload

KILLED = 137
"""Exit code of a process that was killed, as a shell gives it."""
_ANSWERS = (frames.CALLRESULT, frames.CALLERROR)


class _Reads(Misbehaviour):
    """Base of what happens to texts before they are read."""

    def heard(self, data: str | bytes) -> list[str | bytes]:
        return [self.read(data)] if isinstance(data, str) else [data]

    def read(self, text: str) -> str:
        """The text that is read instead."""
        return text


class _Message(_Reads):
    """Base of what happens to messages that are JSON arrays."""

    def read(self, text: str) -> str:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if not isinstance(message, list) or not message:
            return text
        changed = self.message(message)
        return text if changed is None else json.dumps(changed)

    def message(self, message: list[Any]) -> list[Any] | None:
        """The message that is read instead; None: this one."""
        return None


# -- texts ------------------------------------------------------------------------------------------------------------


class DiesOfDepth(_Reads):
    """A recursive parser runs out of stack, and the process is gone."""

    def read(self, text: str) -> str:
        try:
            json.loads(text)
        except RecursionError:
            os._exit(KILLED)
        except ValueError:
            pass
        return text


class DiesOfSize(_Reads):
    """Half a megabyte is more memory than there is."""

    def read(self, text: str) -> str:
        if len(text) > 500_000:
            os._exit(KILLED)
        return text


class DeafAfterHugeInteger(_Reads):
    """int() refuses more than 4300 digits, and the reader's task ends with that."""

    def read(self, text: str) -> str:
        if re.search(r"\d{4301}", text):
            raise Deafness
        return text


class DeafAfterLoneSurrogate(_Reads):
    """Half a surrogate pair cannot be encoded in the answer, and the reader's task ends with that."""

    def read(self, text: str) -> str:
        if re.search(r"\\ud[89a-f]", text, re.IGNORECASE):
            raise Deafness
        return text


class DeafAfterDuplicateKey(_Reads):
    """A dictionary refuses the second of two equal keys, and the reader's task ends with that."""

    def read(self, text: str) -> str:
        if any(problem.code == "duplicate-key" for problem in frames.parse(text).problems):
            raise Deafness
        return text


class DropsOnNul(Misbehaviour):
    """A string ends at U+0000: the message is lost, and so is the connection."""

    def heard(self, data: str | bytes) -> list[str | bytes]:
        if not isinstance(data, str) or ("\0" not in data and "\\u0000" not in data):
            return [data]
        if hasattr(self.context, "drop_all"):
            self.context.drop_all()
        else:
            self.context.reconnect()
        return []


class TakesNan(_Reads):
    def read(self, text: str) -> str:
        return re.sub(r"(?<=[:,\[])-?(?:NaN|Infinity)\b", "0", text)


class TakesTruncated(_Reads):
    """What is missing at the end of a text is added."""

    def read(self, text: str) -> str:
        if not any(problem.code == "truncated" for problem in frames.parse(text).problems):
            return text
        closing: list[str] = []
        quoted = escaped = False
        for letter in text:
            if quoted:
                quoted = escaped or letter != '"'
                escaped = letter == "\\" and not escaped
            elif letter == '"':
                quoted = True
            elif letter in "[{":
                closing.append("]" if letter == "[" else "}")
            elif letter in "]}" and closing:
                closing.pop()
        return text + ('"' if quoted else "") + "".join(reversed(closing))


class TakesTrailingBytes(_Reads):
    """Reading ends behind the first JSON text."""

    def read(self, text: str) -> str:
        try:
            end = json.JSONDecoder().raw_decode(text)[1]
        except (ValueError, RecursionError):
            return text
        return text[:end]


class TakesScriptNotation(_Reads):
    """Single quotes, and commas before a closing bracket."""

    def read(self, text: str) -> str:
        if '"' not in text:
            text = text.replace("'", '"')
        return re.sub(r",\s*([\]}])", r"\1", text)


class TakesControlCharacters(_Reads):
    def read(self, text: str) -> str:
        try:
            return json.dumps(json.loads(text, strict=False)) if re.search(r"[\0-\x1f]", text) else text
        except (ValueError, RecursionError):
            return text


class WrapsNumbers(_Reads):
    """Integers have 32 bits, and what is beyond them is cut off."""

    def read(self, text: str) -> str:
        return re.sub(r"(?<=[:,\[])\d{10,4000}(?=[,\]}])", lambda match: str(int(match[0]) % 2**32), text)


class UnreadableUnanswered(Misbehaviour):
    def text(self, text: str) -> list[str]:
        frame = frames.parse(text)
        return [] if frame.type == frames.CALLERROR and frame.id == "-1" else [text]


class _Leaks(Misbehaviour):
    """Base of what every CALLERROR tells too much."""

    told = ""

    def text(self, text: str) -> list[str]:
        frame = frames.parse(text)
        if frame.type != frames.CALLERROR:
            return [text]
        return [frames.error(frame.id, frame.error_code, self.told, {}).text]


class LeaksTraceback(_Leaks):
    told = 'Traceback (most recent call last): File "/opt/station/ocpp/router.py", line 88, in route'


class LeaksSql(_Leaks):
    told = "could not execute statement [insert into ocpp_log (station, message) values (?, ?)]"


# -- envelopes --------------------------------------------------------------------------------------------------------


class AnswersStrayAnswers(Misbehaviour):
    def unexpected(self, frame: frames.Frame) -> list[str]:
        return [frames.error(frame.id, "GenericError", "nobody asked", {}).text] if frame.type in _ANSWERS else []


class RefusesUnknownTypes(Misbehaviour):
    def unexpected(self, frame: frames.Frame) -> list[str]:
        known = (*_ANSWERS, frames.CALLRESULTERROR)
        return [] if frame.type in known else [frames.error(frame.id, "FormatViolation", "no such type", {}).text]


class DeafAfterNumericCode(_Message):
    def message(self, message: list[Any]) -> list[Any] | None:
        if message[0] == frames.CALLERROR and len(message) > 2 and not isinstance(message[2], str):
            raise Deafness
        return None


class _KnowsOwnIds(_Message):
    """Base of what depends on the ids of the device's own CALLs."""

    def __init__(self) -> None:
        self.own: list[str] = []
        self.done: set[str] = set()

    def message_id(self, identifier: str) -> str:
        self.own.append(identifier)
        return identifier


class DeafAfterSecondAnswer(_KnowsOwnIds):
    """The place where an answer is waited for takes one, and the reader's task ends with the second."""

    def message(self, message: list[Any]) -> list[Any] | None:
        if message[0] in _ANSWERS and len(message) > 1 and isinstance(message[1], str):
            if message[1] in self.done:
                raise Deafness
            if message[1] in self.own:
                self.done.add(message[1])
        return None


class DeafAfterStrayAnswer(_KnowsOwnIds):
    """The CALL of an answer is looked up, is not there, and the reader's task ends with that."""

    def message(self, message: list[Any]) -> list[Any] | None:
        if message[0] in _ANSWERS and (len(message) < 2 or message[1] not in self.own):
            raise Deafness
        return None


class TakesAnyAnswer(_KnowsOwnIds):
    """Whatever answer comes is that to the CALL which is waiting."""

    def message(self, message: list[Any]) -> list[Any] | None:
        if message[0] not in _ANSWERS or len(message) < 2 or not self.own:
            return None
        return [message[0], self.own[-1], *message[2:]]


class RefusesOwnIds(_KnowsOwnIds):
    """A CALL with an id that the device has used itself is taken for its own, and dropped."""

    def heard(self, data: str | bytes) -> list[str | bytes]:
        frame = frames.parse(data)
        return [] if frame.type == frames.CALL and frame.id in self.own else [data]


class RepeatsOldAnswer(Misbehaviour):
    """Answers are kept by id, and a CALL with a known id gets the answer of the one before."""

    def __init__(self) -> None:
        self.given: dict[str, str] = {}

    def text(self, text: str) -> list[str]:
        frame = frames.parse(text)
        if frame.type != frames.CALLRESULT:
            return [text]
        return [self.given.setdefault(frame.id, text)]


class AnswersRepeatedTwice(RepeatsOldAnswer):
    """A CALL with a known id gets the answer of the one before, and then its own."""

    def text(self, text: str) -> list[str]:
        # Two answers of one millisecond are the same text.
        frame = frames.parse(text)
        known = frame.type == frames.CALLRESULT and frame.id in self.given
        return [*super().text(text), text] if known else super().text(text)


class DiesOfShortArray(_Message):
    """The fourth element of a CALL is read without a look at how many there are."""

    def message(self, message: list[Any]) -> list[Any] | None:
        if message[0] == frames.CALL and len(message) < 4:
            os._exit(KILLED)
        return None


class IgnoresActionCase(_Message):
    """Letters of an action are compared without their case, and a suffix is cut off."""

    def message(self, message: list[Any]) -> list[Any] | None:
        if message[0] != frames.CALL or len(message) != 4 or not isinstance(message[2], str):
            return None
        name = message[2].removesuffix("Request").removesuffix(".req").lower()
        known = {action.lower(): action for action in self.actions()}
        return [*message[:2], known.get(name, message[2]), message[3]]

    def actions(self) -> list[str]:
        """The actions of the versions that the device speaks."""
        spoken = getattr(self.context, "versions", None)
        versions = [self.context.version] if spoken is None else spoken.values()
        return [action for version in versions for action in version.actions]


class TakesTextualType(_Message):
    def message(self, message: list[Any]) -> list[Any] | None:
        return [int(message[0]), *message[1:]] if message[0] in ("2", "3", "4") else None


class TakesExtraElements(_Message):
    def message(self, message: list[Any]) -> list[Any] | None:
        return message[:4] if message[0] == frames.CALL else None


class CutsLongIds(_Message):
    """An id has room for 36 characters, and the rest is cut off."""

    def message(self, message: list[Any]) -> list[Any] | None:
        if message[0] != frames.CALL or len(message) < 2 or not isinstance(message[1], str):
            return None
        return [message[0], message[1][:36], *message[2:]]


class SwapsNotImplemented(Misbehaviour):
    """The codes for an unknown action and for one that is not supported stand for each other."""

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if isinstance(answer, CallError):
            answer.code = _SWAPPED.get(answer.code, answer.code)
        return answer


_SWAPPED: Mapping[str, str] = {"NotImplemented": "NotSupported", "NotSupported": "NotImplemented"}


class AnswersSend(_Message):
    """A SEND is handled as if it were a CALL."""

    def message(self, message: list[Any]) -> list[Any] | None:
        return [frames.CALL, *message[1:]] if message[0] == frames.SEND else None


Row = tuple[str, type[Misbehaviour], tuple[str, ...], str]
"""Name of a defect, what does it, the families that can have it, and what it breaks."""


def register(rows: tuple[Row, ...], role: str, case: str, *, at_random: frozenset[str]) -> None:
    """Give a role these defects; `case`: the number of the case that has to FAIL with each, and that of random changes
    has to FAIL with those named in `at_random`."""
    for name, hook, families, breaks in rows:
        cases = (case, "08") if name in at_random else (case,)
        must_fail = tuple(f"OC_FZ_{number}_{role}" for number in cases)
        defect(name, role=role, families=families, breaks=breaks, must_fail=must_fail)(hook)
