"""Defects of the station in framing, message ids and times."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from conformance.ocppj import frames
from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.station.bases import BOTH, CS, NEW, Answers, text_defect
from conformance.reference.wire import CallError, Payload


def _error_details(value: Any) -> Callable[[str], str]:
    def change(text: str) -> str:
        message = json.loads(text)
        return frames.dumps([*message[:4], value]) if message[0] == frames.CALLERROR else text

    return change


text_defect(
    "error-details-null",
    _error_details(None),
    families=BOTH,
    breaks="errorDetails of a CALLERROR is null instead of {} (OCPP-J, CALLERROR)",
    must_fail=("OC_W_01_CS", "OC_W_02_CS"),
    rules=("wire.error-details",),
)
text_defect(
    "error-details-string",
    _error_details("java.lang.NullPointerException"),
    families=BOTH,
    breaks="errorDetails of a CALLERROR is a string [5]",
    must_fail=("OC_W_01_CS", "OC_W_02_CS"),
    rules=("wire.error-details",),
)


@defect(
    "unknown-action-unanswered",
    role=CS,
    families=BOTH,
    breaks="a CALL with an unknown action gets no answer instead of NotImplemented (OCPP-J, error codes)",
    must_fail=("OC_W_01_CS",),
)
class _UnknownActionUnanswered(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return None if isinstance(answer, CallError) and answer.code == "NotImplemented" else answer


@defect(
    "callerror-for-a-result",
    role=CS,
    families=BOTH,
    breaks="a CALLRESULT is answered by a CALLERROR [1]",
    must_fail=("TC_B_01_CS", "TC_003_CS"),
    rules=("wire.answers-nothing",),
)
class _CallErrorForResult(Misbehaviour):
    def answered(self, frame: frames.Frame) -> list[str]:
        return [frames.error(frame.id, "GenericError", "what is this?", {}).text]


@defect(
    "message-id-reused",
    role=CS,
    families=BOTH,
    breaks="every CALL has the same message id [7] (OCPP-J 4.1.4)",
    must_fail=("TC_B_01_CS", "TC_003_CS"),
    rules=("wire.unique-id",),
)
class _MessageIdReused(Misbehaviour):
    def message_id(self, identifier: str) -> str:
        return "1"


@defect(
    "message-id-too-long",
    role=CS,
    families=BOTH,
    breaks="message ids have 40 characters (OCPP-J, message id: string[36])",
    must_fail=("TC_B_01_CS", "TC_003_CS"),
    rules=("wire.message-id",),
)
class _MessageIdTooLong(Misbehaviour):
    def message_id(self, identifier: str) -> str:
        return f"msg-{identifier}"


@defect(
    "answers-with-null",
    role=CS,
    families=BOTH,
    breaks="an answer lacks its required field status, sent as an empty object",
    must_fail=("TC_B_20_CS", "TC_013_CS"),
    rules=("schema.answer",),
)
class _EmptyAnswers(Answers):
    actions = ("Reset", "ChangeAvailability", "TriggerMessage", "UnlockConnector")

    def spoil(self, request: Payload, answer: Payload) -> Payload:
        return {}


_ZULU = re.compile(r"(\d\d:\d\d:\d\d\.\d{3})Z")

text_defect(
    "time-without-zone",
    lambda text: _ZULU.sub(r"\1", text),
    families=NEW,
    breaks="times carry no zone: local time stamped without Z [28]",
    must_fail=("TC_B_01_CS",),
    rules=("time.format",),
)
text_defect(
    "time-with-short-offset",
    lambda text: _ZULU.sub(r"\1+02", text),
    families=NEW,
    breaks='the offset of times is written "+02" instead of "+02:00" [27]',
    must_fail=("TC_B_01_CS",),
    rules=("time.format",),
)
text_defect(
    "time-not-iso",
    lambda text: re.sub(r'"(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)\.\d{3}Z"', r'"\3.\2.\1 \4"', text),
    families=BOTH,
    breaks="times are written 31.12.2026 12:00:00 (1.6 3.15, 2.x part 2 3.1)",
    must_fail=("TC_B_01_CS", "TC_003_CS"),
    rules=("time.format",),
)
text_defect(
    "time-in-the-future",
    lambda text: re.sub(r'"20\d\d-(\d\d-\d\dT)', r'"2099-\1', text),
    families=NEW,
    breaks="the clock runs decades ahead of the CSMS's (2.0.1 B01.FR.06)",
    must_fail=("TC_B_01_CS",),
    rules=("time.future",),
)
