"""The OCPP-J endpoint of the reference devices, by itself."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from websockets.exceptions import ConnectionClosedOK

from conformance.ocppj.versions import version
from conformance.reference.wire import Disconnected, Endpoint


class CutWhileWriting:
    """A socket that is cut while a CALL is being written."""

    def __init__(self) -> None:
        self.cut = asyncio.Event()
        self.noticed = asyncio.Event()

    async def recv(self) -> str:
        await self.cut.wait()
        raise ConnectionClosedOK(None, None)

    async def send(self, text: str) -> None:
        self.cut.set()
        await self.noticed.wait()
        raise ConnectionClosedOK(None, None)


async def test_a_cut_while_a_call_is_written_is_told_once() -> None:
    socket: Any = CutWhileWriting()
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    endpoint = Endpoint(socket, version("2.0.1"), "CS", handle=None)  # type: ignore[arg-type]  # nothing is received
    reading = asyncio.create_task(endpoint.run())
    calling = asyncio.create_task(endpoint.call("Heartbeat", {}))
    await reading
    socket.noticed.set()
    told = type((await asyncio.gather(calling, return_exceptions=True))[0])
    # What was raised holds the frames, and with them the future; the loop lets go of it with its next turn.
    del calling
    await asyncio.sleep(0)
    gc.collect()
    assert told is Disconnected and complaints == []
