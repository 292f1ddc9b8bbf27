"""One OCPP-J conversation over one WebSocket, on asyncio: answers matched, one CALL outstanding, time-outs, CALLERRORs.

Both reference devices use it. It shares nothing with the suite's own link and peers but `ocppj`, so that a mistake
made there is not made here a second time.

Source: OCPP-J 1.6 section 4; OCPP 2.0.1 and 2.1 part 4, chapter 4.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import traceback
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from conformance.ocppj import frames

if TYPE_CHECKING:
    from conformance.ocppj.schema import SchemaError, SchemaStore
    from conformance.ocppj.versions import Version

Payload = dict[str, Any]


class CallError(Exception):
    """A CALLERROR: raised by a handler in order to answer with one, and by `Endpoint.call` when one came back."""

    def __init__(self, code: str, description: str = "", details: Payload | None = None) -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description[:255]
        self.details: Any = {} if details is None else details


class CallTimeout(Exception):
    """No answer came within the message timeout."""


class Disconnected(Exception):
    """The connection was or became closed before the answer came."""


class InvalidAnswer(Exception):
    """The CALLRESULT that came back is not valid for the action."""


@dataclass(slots=True)
class Answer:
    """What a handler answers. `then` is called once the answer has been handed to the socket (a reboot, a status
    message that must come after the answer)."""

    payload: Payload
    then: Callable[[], object] | None = None


Handler = Callable[[str, Payload], "Answer | Payload | Awaitable[Payload] | None"]
"""Computes the answer to an incoming CALL (or takes a SEND), at once and without waiting; None means NotSupported.

An awaitable is for who has to ask a third party first: until it is done nothing else of the connection is read. It may
raise CallError. Work that waits for the other side belongs into a task that `Answer.then` starts.
"""


class Deafness(Exception):
    """Raised by a defect: from now on nothing of this connection is read any more, and it stays open."""


class Socket(Protocol):
    """The part of a `websockets` asyncio connection that is used here."""

    async def send(self, message: str, /) -> None: ...
    async def recv(self) -> str | bytes: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...


class Distortion(Protocol):
    """Where a defect may reach into the wire; `defects.Defects` implements it. A good device passes all through."""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        """The CALLs to send instead of this one; the answer to the first is the caller's, [] drops it."""

    def intercept(self, action: str, request: Payload) -> Payload | None:
        """An answer that is given without the device acting on the request; None lets the device act."""

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        """The answer to give instead; None stays silent."""

    def heard(self, data: str | bytes) -> list[str | bytes]:
        """The messages to read instead of this one; raises Deafness when it is the last one that is read."""

    def message_id(self, identifier: str) -> str:
        """The message id to use instead."""

    def text(self, text: str) -> list[str]:
        """The texts to write instead of this one, CALLERRORs included."""

    def unexpected(self, frame: frames.Frame) -> list[str]:
        """Texts to write in reaction to a frame that a good device ignores."""

    def answered(self, frame: frames.Frame) -> list[str]:
        """Texts to write in reaction to an answer that was waited for; a good device writes none."""

    def pause(self, action: str) -> float:
        """Seconds to hold back a CALL, or the answer to `action`, before it leaves."""

    def acts_first(self, action: str) -> bool:
        """Whether to begin to act on a CALL before its answer is written."""

    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        """Work that goes on beside the conversation until the connection ends."""


class Honest:
    """The distortion of a device without defects."""

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return [(action, payload)]

    def intercept(self, action: str, request: Payload) -> Payload | None:
        return None

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return answer

    def heard(self, data: str | bytes) -> list[str | bytes]:
        return [data]

    def message_id(self, identifier: str) -> str:
        return identifier

    def text(self, text: str) -> list[str]:
        return [text]

    def unexpected(self, frame: frames.Frame) -> list[str]:
        return []

    def answered(self, frame: frames.Frame) -> list[str]:
        return []

    def pause(self, action: str) -> float:
        return 0.0

    def acts_first(self, action: str) -> bool:
        return False

    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        return []


class Endpoint:
    """One end of one connection. Create it when the socket is open, run `run()` as a task, then `call`.

    `role` is our own role. Incoming CALLs are answered in the order of their arrival, on the task of `run()`.
    With `schemas`, requests and answers from the other side are validated: an invalid request gets a CALLERROR, an
    invalid answer raises InvalidAnswer (and in 2.1 a CALLRESULTERROR is sent).
    `one_at_a_time = False` is what the defect with two CALLs outstanding sets. `last_call` is the loop's time at which
    the latest CALL was written; a station's heartbeat counts from there.
    """

    def __init__(
        self,
        socket: Socket,
        version: Version,
        role: str,
        handle: Handler,
        *,
        schemas: SchemaStore | None = None,
        distortion: Distortion | None = None,
        message_timeout: float = 30.0,
    ) -> None:
        self.socket = socket
        self.version = version
        self.role = role
        self.message_timeout = message_timeout
        self.one_at_a_time = True
        self.closed = asyncio.Event()
        self.last_call = asyncio.get_running_loop().time()
        self._handle = handle
        self._schemas = schemas
        self._distortion: Distortion = distortion or Honest()
        self._turn = asyncio.Lock()
        self._pending: dict[str, tuple[str, asyncio.Future[Payload]]] = {}

    # -- sending ------------------------------------------------------------------------------------------------

    async def call(self, action: str, payload: Payload, *, timeout: float | None = None) -> Payload:
        """Send a CALL when the one before is answered or timed out, and return the payload of its CALLRESULT.

        Raises CallError, CallTimeout, InvalidAnswer or Disconnected. `timeout` in seconds; None: the endpoint's own.
        """
        if pause := self._distortion.pause(action):
            await asyncio.sleep(pause)
        if not self.one_at_a_time:
            return await self._call(action, payload, timeout)
        async with self._turn:
            return await self._call(action, payload, timeout)

    async def _call(self, action: str, payload: Payload, timeout: float | None) -> Payload:
        calls = self._distortion.request(action, payload)
        if not calls:
            return {}
        first = await self._call_once(*calls[0], timeout)
        for other in calls[1:]:
            # Only a defect sends more than was asked for; what becomes of it is nobody's business.
            with contextlib.suppress(CallError, CallTimeout, InvalidAnswer):
                await self._call_once(*other, timeout)
        return first

    async def _call_once(self, action: str, payload: Payload, timeout: float | None) -> Payload:
        identifier = self._distortion.message_id(str(uuid.uuid4()))
        future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._pending[identifier] = (action, future)
        try:
            self.last_call = asyncio.get_running_loop().time()
            await self._write(frames.call(identifier, action, payload).text)
            async with asyncio.timeout(self.message_timeout if timeout is None else timeout):
                return await future
        except TimeoutError:
            raise CallTimeout(f"no answer to {action} within {self.message_timeout} s") from None
        finally:
            if not future.done():
                future.cancel()
            elif not future.cancelled():
                # The connection may have ended while the CALL was being written: that is told by the write already.
                future.exception()
            self._pending.pop(identifier, None)

    async def send(self, action: str, payload: Payload) -> None:
        """Send a SEND (2.1): nobody answers it, and it waits for no turn."""
        await self._write(frames.send(self._distortion.message_id(str(uuid.uuid4())), action, payload).text)

    async def _write(self, text: str) -> None:
        from websockets.exceptions import ConnectionClosed

        if self.closed.is_set():
            raise Disconnected("the connection is closed")
        try:
            for one in self._distortion.text(text):
                await self.socket.send(one)
        except ConnectionClosed as problem:
            raise Disconnected(str(problem)) from None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection with a close frame; returns when it is closed."""
        await self.socket.close(code, reason)

    # -- receiving ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Read and answer until the connection is closed; never raises for what the other side sent."""
        from websockets.exceptions import ConnectionClosed

        beside = [asyncio.create_task(_quietly(work)) for work in self._distortion.meanwhile(self)]
        try:
            while True:
                data = await self.socket.recv()
                try:
                    for one in self._distortion.heard(data):
                        await self._received(frames.parse(one))
                except Deafness:
                    while True:
                        await self.socket.recv()
        except (ConnectionClosed, Disconnected):
            pass
        finally:
            self.closed.set()
            for task in beside:
                task.cancel()
            for _, future in list(self._pending.values()):
                if not future.done():
                    future.set_exception(Disconnected("the connection was closed before the answer came"))

    async def _received(self, frame: frames.Frame) -> None:
        kind = frame.type
        if kind is None:
            await self._unreadable(frame)
        elif kind not in self.version.message_types:
            await self._ignore(frame)
        elif kind in (frames.CALL, frames.SEND):
            await self._request(frame)
        else:
            await self._reply(frame)
            for text in self._distortion.answered(frame):
                await self._write(text)
            # Who waits for the answer goes on before the next frame is looked at, which may depend on what it does.
            await asyncio.sleep(0)

    async def _unreadable(self, frame: frames.Frame) -> None:
        """Neither type nor id can be read: 2.x answers with id "-1", 1.6 has no id to answer with."""
        identifier = frame.id or self.version.unreadable_id
        if identifier is not None:
            await self._write(frames.error(identifier, self.code("RpcFrameworkError"), _words(frame), {}).text)
        else:
            await self._ignore(frame)

    async def _ignore(self, frame: frames.Frame) -> None:
        for text in self._distortion.unexpected(frame):
            await self._write(text)

    async def _request(self, frame: frames.Frame) -> None:
        action = frame.action
        outcome: Payload | CallError
        then: Callable[[], object] | None = None
        try:
            self._check_request(frame)
            result: Answer | Payload | None = self._distortion.intercept(action, frame.payload)
            if result is None:
                handled = self._handle(action, frame.payload)
                result = await handled if isinstance(handled, Awaitable) else handled
            if result is None:
                raise CallError("NotSupported", f"{action} is not supported")
            outcome, then = (result.payload, result.then) if isinstance(result, Answer) else (result, None)
        except CallError as refusal:
            outcome = refusal
        except Exception:
            # A bug of ours must be seen as one, and must not look like a device that fell silent.
            traceback.print_exc(file=sys.stderr)
            outcome = CallError("InternalError", "the request could not be processed")
        if then is not None and self._distortion.acts_first(action):
            then()
            then = None
        if pause := self._distortion.pause(action):
            await asyncio.sleep(pause)
        if frame.type == frames.CALL:
            payload = frame.payload if isinstance(frame.payload, dict) else {}
            distorted = self._distortion.answer(action, payload, outcome)
            if isinstance(distorted, CallError):
                identifier = frame.id or self.version.unreadable_id
                if identifier is not None:
                    code = self.code(distorted.code)
                    await self._write(frames.error(identifier, code, distorted.description, distorted.details).text)
            elif distorted is not None:
                await self._write(frames.result(frame.id, distorted).text)
        if then is not None:
            then()

    def _check_request(self, frame: frames.Frame) -> None:
        """Raise the CallError that this request deserves, if any."""
        if not frame.id or len(frame.id) > 36:
            raise CallError("RpcFrameworkError", "the message id is missing or longer than 36 characters")
        problems = self._problems(frame)
        if not frame.action and problems:
            raise CallError("RpcFrameworkError", _words(frame))
        known = self.version.actions.get(frame.action)
        if known is None:
            raise CallError("NotImplemented", f"unknown action {frame.action[:50]!r}")
        if known.sender == self.role:
            raise CallError("NotSupported", f"{frame.action} is never sent to a {self.role}")
        if known.message_type != frame.type:
            raise CallError("NotSupported", f"{frame.action} is never sent as a {frame.type_name}")
        if frame.payload is None and not problems:
            # OCPP-J 4.1.5 knows null as another notation of an empty payload.
            frame.payload = {}
        if problems or not isinstance(frame.payload, dict):
            raise CallError("FormatViolation", _words(frame) or "the payload is no JSON object")
        if self._schemas is not None:
            errors = self._undisputed(known.request, frame.payload)
            if errors:
                raise self._violation(errors[0])

    def _problems(self, frame: frames.Frame) -> list[frames.Problem]:
        """What strict parsing found, without what this version only advises against."""
        return [one for one in self.version.problems(frame) if one.code not in self.version.recommendations]

    def _undisputed(self, name: str, payload: Payload) -> list[SchemaError]:
        """What both validators find wrong; where they disagree, the message passes."""
        if self._schemas is None:
            return []
        return [error for error in self._schemas.judge(self.version, name, payload) if not error.disputed]

    def _violation(self, error: SchemaError) -> CallError:
        code = _CODES_BY_KEYWORD.get(error.keyword, "FormatViolation")
        return CallError(code, f"{error.pointer or '/'}: expected {error.expected}, got {error.actual}"[:255])

    async def _reply(self, frame: frames.Frame) -> None:
        """Hand an answer to the call that waits for it; what nobody waits for is ignored."""
        waiting = self._pending.get(frame.id)
        if frame.type == frames.CALLRESULTERROR or waiting is None or waiting[1].done():
            await self._ignore(frame)
            return
        action, future = waiting
        if frame.type == frames.CALLERROR:
            details = frame.error_details if isinstance(frame.error_details, dict) else {}
            future.set_exception(CallError(str(frame.error_code), str(frame.error_description or ""), details))
            return
        problem = self._answer_problem(action, frame)
        if problem is None:
            future.set_result(frame.payload)
            return
        future.set_exception(InvalidAnswer(f"{action}: {problem}"))
        if frames.CALLRESULTERROR in self.version.message_types:
            await self._write(frames.result_error(frame.id, problem.code, problem.description, {}).text)

    def _answer_problem(self, action: str, frame: frames.Frame) -> CallError | None:
        # The id is the one that we sent, so that its length is no fault of the answer.
        problems = [one for one in self._problems(frame) if one.code != "id-too-long"]
        if frame.payload is None and not problems:
            frame.payload = {}
        if problems or not isinstance(frame.payload, dict):
            return CallError("FormatViolation", _words(frame) or "the payload is no JSON object")
        known = self.version.actions.get(action)
        if self._schemas is not None and known is not None and known.response is not None:
            errors = self._undisputed(known.response, frame.payload)
            if errors:
                return self._violation(errors[0])
        return None

    def code(self, name: str) -> str:
        """The error code `name` if this version knows it, else the nearest that it knows."""
        if name in self.version.error_codes:
            return name
        return _NEAREST.get(name, "GenericError")


_CODES_BY_KEYWORD: Mapping[str, str] = {
    "required": "OccurrenceConstraintViolation",
    "minItems": "OccurrenceConstraintViolation",
    "maxItems": "OccurrenceConstraintViolation",
    "type": "TypeConstraintViolation",
    "enum": "PropertyConstraintViolation",
    "maxLength": "PropertyConstraintViolation",
    "minLength": "PropertyConstraintViolation",
    "minimum": "PropertyConstraintViolation",
    "maximum": "PropertyConstraintViolation",
    "multipleOf": "PropertyConstraintViolation",
    "format": "PropertyConstraintViolation",
}
"""Which error code tells of which broken schema keyword; FormatViolation for the rest."""

_NEAREST: Mapping[str, str] = {
    "RpcFrameworkError": "ProtocolError",
    "MessageTypeNotSupported": "NotSupported",
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
}


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """Run what goes on beside a conversation; it ends with the connection, and a refused CALL is its own affair."""
    with contextlib.suppress(CallError, CallTimeout, InvalidAnswer, Disconnected):
        await work


def _words(frame: frames.Frame) -> str:
    return "; ".join(problem.message for problem in frame.problems)[:255]
