"""A scripted charging station for the tests of the reference CSMS: it does what the test says and nothing else.

Every frame that the CSMS sends is held against the official schemas.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import Version, version
from conformance.reference.csms import Csms, CsmsOptions
from conformance.reference.csms_registration import Settings

SCHEMAS = SchemaStore()
WAIT = 5.0

Frame = list[Any]


def utc() -> str:
    """Now, with Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ScriptedStation:
    """One connection. Use `async with ScriptedStation(url, "CS001", "2.0.1") as station`."""

    def __init__(self, url: str, identity: str, spoken: str, **options: Any) -> None:
        self.version: Version = version(spoken)
        self.identity = identity
        options.setdefault("subprotocols", [self.version.subprotocol])
        options.setdefault("ping_interval", None)
        self._connecting = connect(f"{url}/{identity}", **options)
        self.socket: ClientConnection

    async def __aenter__(self) -> ScriptedStation:
        self.socket = await self._connecting
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.socket.close()

    async def receive(self, within: float = WAIT) -> Frame:
        """The next frame, as decoded JSON; a CALL of the CSMS is valid and has a fresh UUID."""
        async with asyncio.timeout(within):
            frame: Frame = json.loads(await self.socket.recv())
        if frame[0] == 2:
            action = self.version.actions[frame[2]]
            assert action.may_be_sent_by("CSMS")
            assert SCHEMAS.judge(self.version, action.request, frame[3]) == ()
            uuid.UUID(frame[1])
        if frame[0] == 4:
            assert len(frame) == 5
            assert self.version.canonical_error_code(frame[2]) is not None
            assert isinstance(frame[3], str)
            assert frame[4] == {}
        return frame

    async def nothing(self, within: float = 0.1) -> None:
        """Nothing arrives in this time."""
        try:
            frame = await self.receive(within)
        except TimeoutError:
            return
        raise AssertionError(f"unexpected: {frame}")

    async def closed(self, within: float = WAIT) -> int:
        """Wait until the CSMS has closed the connection; the close code (1006: without a close frame)."""
        async with asyncio.timeout(within):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed:
                pass
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def send(self, *frame: Any) -> None:
        """Send a frame as it is."""
        await self.socket.send(json.dumps(list(frame)))

    async def call(self, action: str, payload: Mapping[str, Any]) -> Frame:
        """Send a CALL and return what answers it: a valid CALLRESULT, or a CALLERROR."""
        known = self.version.actions.get(action)
        identifier = str(uuid.uuid4())
        await self.send(2, identifier, action, payload)
        frame = await self.receive()
        assert frame[1] == identifier
        if frame[0] == 3:
            assert known is not None and known.response is not None
            assert SCHEMAS.judge(self.version, known.response, frame[2]) == ()
        return frame

    async def ask(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """`call`, when a CALLRESULT is expected; its payload. The request is valid."""
        assert SCHEMAS.judge(self.version, self.version.actions[action].request, payload) == ()
        frame = await self.call(action, payload)
        assert frame[0] == 3, frame
        result: dict[str, Any] = frame[2]
        return result

    async def expect(self, action: str, answer: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Receive this CALL, answer it if an answer is given, and return its payload."""
        frame = await self.receive()
        assert (frame[0], frame[2]) == (2, action), frame
        if answer is not None:
            response = self.version.actions[action].response
            assert response is not None
            assert SCHEMAS.judge(self.version, response, answer) == ()
            await self.send(3, frame[1], answer)
        payload: dict[str, Any] = frame[3]
        return payload

    async def boot(self) -> dict[str, Any]:
        """BootNotification; its answer."""
        if self.version.family == "1.6":
            return await self.ask("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        station = {"model": "M", "vendorName": "V"}
        return await self.ask("BootNotification", {"chargingStation": station, "reason": "PowerUp"})

    async def event(self, kind: str, number: int, transaction: str, **fields: Any) -> dict[str, Any]:
        """A 2.x TransactionEvent; its answer. `info` adds to transactionInfo."""
        info = {"transactionId": transaction, **fields.pop("info", {})}
        payload = {"eventType": kind, "timestamp": utc(), "seqNo": number, "transactionInfo": info}
        return await self.ask("TransactionEvent", {**payload, "triggerReason": "Authorized", **fields})


class Running:
    """A CSMS in this process; `async with Running("2.0.1") as csms`."""

    def __init__(self, *versions: str, defects: tuple[str, ...] = (), state: Any = None, **settings: Any) -> None:
        options = CsmsOptions(versions, settings=Settings(**settings), defects=defects, state=state)
        self.csms = Csms(options, SCHEMAS)
        self.url = ""

    async def __aenter__(self) -> Running:
        self.url = await self.csms.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.csms.stop()

    def station(self, spoken: str, identity: str = "CS001", **options: Any) -> ScriptedStation:
        """A station that connects to it."""
        return ScriptedStation(self.url, identity, spoken, **options)

    async def sends(self, action: str, payload: dict[str, Any] | None = None, identity: str = "CS001") -> None:
        """The operator's verb."""
        await self.csms.csms_sends(identity, action, payload)
