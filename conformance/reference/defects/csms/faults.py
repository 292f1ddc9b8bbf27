"""Defects of a CSMS that show when connections break, come twice or half, and when answers stay away."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine
from typing import Any

from conformance.ocppj import frames
from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.wire import CallError, Endpoint, Payload

ROLE = "CSMS"
BOTH = ("1.6", "2")
NEW = ("2",)
OLD = ("1.6",)
SESSIONS_HELD = 15
"""How many connections a CSMS takes that keeps every session for ever."""

flag(
    "second-connection-shadowed",
    role=ROLE,
    families=BOTH,
    breaks="A second connection of an identity takes over, and the first one stays open and is served no more (S4, "
    "SaiFlow).",
    must_fail=("OC_FT_06_CSMS",),
)
flag(
    "calls-go-to-the-old-connection",
    role=ROLE,
    families=BOTH,
    breaks="A station that comes back on a new connection is answered there, and sent its CALLs on the old one [38].",
    must_fail=("OC_FT_03_CSMS",),
)
flag(
    "repeated-start-counts-twice",
    role=ROLE,
    families=BOTH,
    breaks="A StartTransaction, or an event, that is sent again is another transaction [50] (1.6 3.7.1, E13).",
    must_fail=("OC_FT_01_CSMS",),
)
flag(
    "transaction-ids-begin-anew",
    role=ROLE,
    families=OLD,
    breaks="Every connection counts its transactions from 1: ids are given to two that run at once (1.6 4.8, 6.46).",
    must_fail=("OC_FT_01_CSMS",),
    rules=("tx16.id-given",),
)


class _Connections(Misbehaviour):
    """Base of what a CSMS remembers of its connections."""

    def __init__(self) -> None:
        self.endpoints: list[Endpoint] = []

    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        self.endpoints = [*(one for one in self.endpoints if not one.closed.is_set()), endpoint]
        return self.begun(endpoint)

    def begun(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        """A connection begins; what goes on beside it."""
        return []


@defect(
    "blocked-by-a-torn-frame",
    role=ROLE,
    families=BOTH,
    breaks="After a connection that ended in the middle of a frame every new one is hung up on: the station counts as "
    "connected [41, 43].",
    must_fail=("OC_FT_01_CSMS",),
)
class _TornFrame(_Connections):
    torn = False

    def begun(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        return [endpoint.close(1008, "already connected")] if self.torn else [self._watch(endpoint)]

    async def _watch(self, endpoint: Endpoint) -> None:
        socket: Any = endpoint.socket
        try:
            await asyncio.Event().wait()
        finally:
            # How `websockets` words the end of TCP where more of a frame is to come.
            self.torn = str(socket.protocol.parser_exc).startswith("stream ends after")


@defect(
    "repeated-id-refused",
    role=ROLE,
    families=NEW,
    breaks="A CALL that is sent again under its own id, because no answer came, is refused [7] (errata 2024-09 4.7).",
    must_fail=("OC_FT_01_CSMS",),
)
class _RepeatedIdRefused(Misbehaviour):
    def __init__(self) -> None:
        self.seen: set[str] = set()

    def heard(self, data: str | bytes) -> list[str | bytes]:
        frame = frames.parse(data)
        if frame.type != frames.CALL:
            return [data]
        if frame.id in self.seen:
            return [json.dumps([frames.CALL, frame.id, frame.action, {"messageId": "seen before"}])]
        self.seen.add(frame.id)
        return [data]


@defect(
    "doubled-call-ends-it",
    role=ROLE,
    families=BOTH,
    breaks="A CALL that comes twice makes the CSMS drop its connections [7] (OCPP-J 4.1.4).",
    must_fail=("OC_FT_02_CSMS",),
)
class _DoubledCall(Misbehaviour):
    latest = ""

    def heard(self, data: str | bytes) -> list[str | bytes]:
        frame = frames.parse(data)
        if frame.type == frames.CALL and frame.id == self.latest:
            self.context.drop_all()
            return []
        self.latest = frame.id
        return [data]


@defect(
    "sessions-kept-for-ever",
    role=ROLE,
    families=BOTH,
    breaks="No session is ever given back: after some reconnections there is no room for another one (CWE-613).",
    must_fail=("OC_FT_05_CSMS",),
)
class _SessionsKept(_Connections):
    kept = 0

    def begun(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        self.kept += 1
        return [endpoint.close(1013, "too many sessions")] if self.kept > SESSIONS_HELD else []


@defect(
    "waits-for-ever",
    role=ROLE,
    families=BOTH,
    breaks="A CALL that the station does not answer is waited for as long as the connection lasts (OCPP-J 4.1.1).",
    must_fail=("OC_FT_08_CSMS",),
)
class _WaitsForEver(_Connections):
    def begun(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        endpoint.message_timeout = 86400.0
        return []


@defect(
    "answers-after-it-is-answered",
    role=ROLE,
    families=BOTH,
    breaks="While it waits for an answer the CSMS answers nothing: when both sides call, both wait (OCPP-J 4.1.1).",
    must_fail=("OC_FT_04_CSMS",),
)
class _Deadlock(_Connections):
    def pause(self, action: str) -> float:
        known = next(
            (one.actions[action] for one in self.context.versions.values() if action in one.actions),
            None,
        )
        if known is None or known.sender == ROLE:
            return 0.0
        waiting = [one for one in self.endpoints if one._pending and not one.closed.is_set()]
        return 2 * waiting[0].message_timeout if waiting else 0.0


@defect(
    "stray-answer-ends-it",
    role=ROLE,
    families=BOTH,
    breaks="An answer that nobody waits for, or no longer, makes the CSMS drop its connections [9] (OCPP-J 4.1.4).",
    must_fail=("OC_FT_08_CSMS",),
)
class _StrayAnswer(Misbehaviour):
    def unexpected(self, frame: frames.Frame) -> list[str]:
        if frame.type == frames.CALLRESULT:
            self.context.drop_all()
        return []


@defect(
    "dies-of-the-last-year",
    role=ROLE,
    families=BOTH,
    breaks="A timestamp of the year 9999 ends the process: a second later there is no date (1.6 3.15, part 2 3.1).",
    must_fail=("OC_FT_07_CSMS",),
)
class _LastYear(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if "9999-12-31" in json.dumps(request, default=str):
            os._exit(70)
        return answer


@defect(
    "deaf-after-a-time-that-is-none",
    role=ROLE,
    families=BOTH,
    breaks="A timestamp that cannot be read is refused, and the reader of that connection has ended with it [29].",
    must_fail=("OC_FT_07_CSMS",),
)
class _DeafAfterNoTime(Misbehaviour):
    deaf = False

    def heard(self, data: str | bytes) -> list[str | bytes]:
        if self.deaf:
            return []
        self.deaf = "02-30T" in str(data)
        return [data]

    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        self.deaf = False
        return []
