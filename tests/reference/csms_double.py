"""A scripted CSMS for the tests of the reference station: plain asyncio, every frame held against the schemas."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve

from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import version
from conformance.reference.options import StationOptions
from conformance.reference.stations import build_station
from conformance.reference.verbs import StationVerbs

SCHEMAS = SchemaStore()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Frame:
    """A CALL of the station."""

    def __init__(self, identifier: str, action: str, payload: dict[str, Any]) -> None:
        self.id = identifier
        self.action = action
        self.payload = payload

    def __repr__(self) -> str:
        return f"{self.action} {json.dumps(self.payload, default=str)}"


class CsmsDouble:
    """Answers everything with sensible defaults; `answers` overrides by action: payload, callable, None for silence."""

    def __init__(self, version_id: str) -> None:
        self.version = version(version_id)
        self.answers: dict[str, Any] = {}
        self.calls: list[Frame] = []
        self.texts: list[str] = []
        self.connections = 0
        self.open: ServerConnection | None = None
        self.headers: Any = None
        self.path = ""
        self.refuse = False
        self.refusals: list[float] = []
        self.problems: list[str] = []
        self._results: dict[str, asyncio.Future[Any]] = {}
        self._actions: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._server: Server | None = None
        self._consumed: set[int] = set()

    async def __aenter__(self) -> CsmsDouble:
        self._server = await serve(
            self._serve, "127.0.0.1", 0, subprotocols=[self.version.subprotocol], process_request=self._admit
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}/ocpp"

    def _admit(self, connection: ServerConnection, request: Any) -> Any:
        if not self.refuse:
            return None
        self.refusals.append(asyncio.get_running_loop().time())
        return connection.respond(503, "not now")

    def _judge(self, name: str | None, payload: Any) -> None:
        for error in SCHEMAS.judge(self.version, name, payload) if name else ():
            self.problems.append(f"{name} {error.pointer}: {error.expected}, got {error.actual}")

    async def _serve(self, connection: ServerConnection) -> None:
        self.open = connection
        self.connections += 1
        self.headers = connection.request.headers
        self.path = connection.request.path
        self._changed.set()
        async for text in connection:
            assert isinstance(text, str)
            self.texts.append(text)
            frame = frames.parse(text)
            if frame.problems:
                self.problems.append(f"{text}: {frame.problems}")
            if frame.type == frames.CALL:
                await self._called(connection, frame)
            elif frame.id in self._results:
                action = self.version.actions.get(self._actions[frame.id])
                if frame.type == frames.CALLRESULT and action is not None:
                    self._judge(action.response, frame.payload)
                self._results.pop(frame.id).set_result(frame)
            self._changed.set()

    async def _called(self, connection: ServerConnection, frame: frames.Frame) -> None:
        action = self.version.actions.get(frame.action)
        if action is None or action.sender == "CSMS":
            self.problems.append(f"the station sent {frame.action}")
            return
        self._judge(action.request, frame.payload)
        self.calls.append(Frame(frame.id, frame.action, frame.payload))
        answer = self.answers.get(frame.action, self._default(frame.action, frame.payload))
        if callable(answer):
            answer = answer(frame.payload)
        if isinstance(answer, frames.Frame):
            answer.id = frame.id
            await connection.send(frames.error(frame.id, answer.error_code, "", {}).text)
        elif answer is not None:
            await connection.send(frames.result(frame.id, answer).text)

    def _default(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        accepted = {"status": "Accepted"}
        if self.version.family == "1.6":
            return {
                "BootNotification": {"status": "Accepted", "currentTime": now(), "interval": 300},
                "Heartbeat": {"currentTime": now()},
                "Authorize": {"idTagInfo": accepted},
                "StartTransaction": {"idTagInfo": accepted, "transactionId": 77},
                "StopTransaction": {},
                "DataTransfer": accepted,
            }.get(action, {})
        return {
            "BootNotification": {"status": "Accepted", "currentTime": now(), "interval": 300},
            "Heartbeat": {"currentTime": now()},
            "Authorize": {"idTokenInfo": accepted},
            "TransactionEvent": {"idTokenInfo": accepted} if "idToken" in payload else {},
            "DataTransfer": accepted,
        }.get(action, {})

    async def send(self, action: str, payload: dict[str, Any]) -> frames.Frame:
        """Send a CALL and return the answer's frame."""
        identifier = str(uuid.uuid4())
        return await self.send_text(frames.call(identifier, action, payload).text, identifier, action)

    async def send_text(self, text: str, identifier: str, action: str = "") -> frames.Frame:
        assert self.open is not None
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._results[identifier] = future
        self._actions[identifier] = action
        await self.open.send(text)
        async with asyncio.timeout(5):
            return await future

    async def until(self, ready: Callable[[], Any], within: float = 5.0) -> Any:
        """Wait until `ready()` is truthy and return it."""
        async with asyncio.timeout(within):
            while not (found := ready()):
                self._changed.clear()
                await self._changed.wait()
            return found

    async def expect(self, action: str, within: float = 5.0, **fields: Any) -> Frame:
        """The next unconsumed CALL with that action and those fields of its payload (dotted: a__b)."""

        def look() -> Frame | None:
            for index, call in enumerate(self.calls):
                if index not in self._consumed and call.action == action and _matches(call.payload, fields):
                    self._consumed.add(index)
                    return call
            return None

        try:
            found: Frame = await self.until(look, within)
        except TimeoutError:
            raise AssertionError(f"no {action} {fields}; came: {self.calls}") from None
        return found

    def events(self) -> list[dict[str, Any]]:
        """All TransactionEvents so far, by seqNo."""
        return sorted((one.payload for one in self.calls if one.action == "TransactionEvent"), key=lambda e: e["seqNo"])


def _matches(payload: Any, fields: dict[str, Any]) -> bool:
    for key, wanted in fields.items():
        value = payload
        for part in key.split("__"):
            value = value.get(part) if isinstance(value, dict) else None
        if value != wanted:
            return False
    return True


class Rig:
    """A reference station in process, with its verbs, against a CsmsDouble."""

    def __init__(self, csms: CsmsDouble, **options: Any) -> None:
        options.setdefault("reconnect_wait", 0.02)
        options.setdefault("settle_time", 0.01)
        options.setdefault("boot_time", 0.01)
        options.setdefault("transfer_time", 0.05)
        self.csms = csms
        self.station = build_station(
            StationOptions(version=csms.version.id, csms=csms.url, identity=options.pop("identity", "CS 1"), **options)
        )
        self.verbs = StationVerbs(self.station).table()

    async def __aenter__(self) -> Rig:
        self.station.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.station.stop()

    def do(self, verb: str, **arguments: Any) -> None:
        self.verbs[verb](**arguments)

    async def booted(self) -> None:
        await self.csms.expect("BootNotification")
        await self.csms.until(lambda: self.station.online)
        for _ in self.station.hardware.evses:
            await self.csms.expect("StatusNotification")


TOKEN = {"idToken": "ABC123", "type": "ISO14443"}
ZERO = Decimal(0)
