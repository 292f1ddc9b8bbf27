"""One connection of a station to the reference CSMS: the conversation, and the CALLs that wait for their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from conformance.reference import csms2x, csms16
from conformance.reference.csms_desk import Desk
from conformance.reference.csms_requests import complete, parts
from conformance.reference.wire import (
    Answer,
    CallError,
    CallTimeout,
    Disconnected,
    Endpoint,
    InvalidAnswer,
    Payload,
)

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from conformance.ocppj.schema import SchemaStore


class Family(Protocol):
    """What the modules `csms16` and `csms2x` offer."""

    def answer(self, desk: Desk, action: str, payload: Payload) -> Answer | Payload | None: ...
    def learn(self, desk: Desk, action: str, request: Payload, result: Payload) -> None: ...


_FAMILIES: Mapping[str, Family] = {"1.6": csms16, "2": csms2x}


class Refused(Exception):
    """The CSMS cannot or must not send what it was asked to; the text says why."""


class Session:
    """Answers the station and sends it CALLs, one at a time, in the order in which they were asked for."""

    def __init__(self, desk: Desk, socket: ServerConnection, schemas: SchemaStore, message_timeout: float) -> None:
        self.desk = desk
        self._socket = socket
        self._answers = _FAMILIES[desk.version.family]
        self._schemas = schemas
        self.endpoint = Endpoint(
            socket,
            desk.version,
            "CSMS",
            self._handle,
            schemas=schemas,
            distortion=desk.defects,
            message_timeout=message_timeout,
        )
        self.endpoint.one_at_a_time = not desk.defects.active("two-calls-outstanding")
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Converse until the connection is closed."""
        try:
            await self.endpoint.run()
        finally:
            for task in list(self._tasks):
                task.cancel()

    def abort(self) -> None:
        """Cut the connection, once what is being written is out."""
        asyncio.get_running_loop().call_soon(self._socket.transport.abort)

    def ask(self, action: str, asked: Payload) -> None:
        """Queue the CALL `action` with the fields `asked` and what is missing of the others.

        Returns when it is in the queue; it leaves at once if no other CALL is outstanding. Raises Refused for an action
        that a CSMS of this version does not send, for a station that is not accepted, and for a payload that no
        filling makes valid.
        """
        version = self.desk.version
        known = version.actions.get(action)
        if known is None or not known.may_be_sent_by("CSMS"):
            raise Refused(f"{action!r} is no CALL of a CSMS in OCPP {version.id}")
        refusal = self.desk.registration.refusal(action, asked, version.family)
        if refusal is not None:
            raise Refused(f"{action} not sent: {refusal}")
        try:
            payload = complete(self.desk, action, asked)
        except LookupError as problem:
            raise Refused(f"{action} not sent: {problem.args[0]}") from None
        errors = self._schemas.judge(version, known.request, payload)
        if errors:
            first = errors[0]
            place = first.pointer or "the payload"
            raise Refused(f"{action} not sent: {place}: expected {first.expected}, got {first.actual}")
        for part in parts(self.desk, action, payload):
            self.initiate(action, part)

    def initiate(self, action: str, payload: Payload) -> None:
        """Queue a complete CALL."""
        self.desk.registration.sends(action, payload)
        task = asyncio.get_running_loop().create_task(self._call(action, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, action: str, payload: Payload) -> None:
        try:
            result = await self.endpoint.call(action, payload)
        except (CallError, CallTimeout, Disconnected, InvalidAnswer):
            # What the station refuses or leaves unanswered is its own affair: the CSMS goes on.
            return
        self._answers.learn(self.desk, action, payload, result)

    def _handle(self, action: str, payload: Payload) -> Answer | Payload | None:
        if not self.desk.defects.active("answers-before-accepted"):
            self.desk.registration.admit(action)
        return self._answers.answer(self.desk, action, payload)
