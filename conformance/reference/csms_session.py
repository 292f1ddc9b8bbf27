"""One connection of a station to the reference CSMS: the conversation, and the CALLs that wait for their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from conformance.reference import csms2x, csms16, csms_crossing
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

    def answer(self, desk: Desk, action: str, payload: Payload) -> Answer | Payload | Awaitable[Payload] | None: ...
    def learn(self, desk: Desk, action: str, request: Payload, result: Payload) -> None: ...


_POLICY_VIOLATION = 1008
_SERIAL_NUMBER = {"1.6": "chargePointSerialNumber", "2": "serialNumber"}
_FAMILIES: Mapping[str, Family] = {"1.6": csms16, "2": csms2x}


class Refused(Exception):
    """The CSMS cannot or must not send what it was asked to; the text says why."""


class Session:
    """Answers the station and sends it CALLs, one at a time, in the order in which they were asked for."""

    def __init__(
        self,
        desk: Desk,
        socket: ServerConnection,
        schemas: SchemaStore,
        message_timeout: float,
        *,
        certified: frozenset[str] = frozenset(),
    ) -> None:
        """`certified` are the common names of the station's certificate; without a certificate there are none."""
        self.desk = desk
        self._certified = certified
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

    @property
    def open(self) -> bool:
        """Whether the connection is neither closed nor closing."""
        from websockets.protocol import State

        return self._socket.state is State.OPEN

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
        self._later(self._call(action, payload))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, action: str, payload: Payload) -> None:
        try:
            result = await self.endpoint.call(action, payload)
        except (CallError, CallTimeout, Disconnected, InvalidAnswer):
            # What the station refuses or leaves unanswered is its own affair: the CSMS goes on.
            return
        self._answers.learn(self.desk, action, payload, result)

    def _handle(self, action: str, payload: Payload) -> Answer | Payload | Awaitable[Payload] | None:
        csms_crossing.before(self.desk, action)
        if not self.desk.defects.active("answers-before-accepted"):
            self.desk.registration.admit(action)
        if action == "BootNotification":
            self._check_serial_number(payload)
        return self._answers.answer(self.desk, action, payload)

    def _check_serial_number(self, boot: Payload) -> None:
        """Raise CallError and hang up when the station says another serial number than its certificate does.

        B01.FR.11 and FR.12; 1.6 security whitepaper, A00.FR.405.
        """
        told = boot.get("chargingStation", boot).get(_SERIAL_NUMBER[self.desk.version.family])
        strange = self._certified and told is not None and told not in self._certified
        unchecked = ("serial-number-unchecked", "certificate-of-another-accepted")
        if strange and not any(map(self.desk.defects.active, unchecked)):
            self._later(self.endpoint.close(_POLICY_VIOLATION, "not the serial number of the certificate"))
            raise CallError("SecurityError", "the serial number is not that of the certificate")
