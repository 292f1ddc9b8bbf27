"""A 1.6 charge point in a few lines of the PyPI package `ocpp`, and its operator: see ocpp-package-station16.toml.

One connector; the operator class starts it, in the process of the test run. Nothing of `conformance` is in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.client import connect

KEYS = {"AuthorizeRemoteTxRequests": "false", "HeartbeatInterval": "300", "ConnectionTimeOut": "30"}
KEYS |= {"LocalPreAuthorize": "false", "NumberOfConnectors": "1", "StopTransactionOnEVSideDisconnect": "true"}


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Station(ChargePoint):
    """One life of the charge point; `plugged` is the cable's state."""

    plugged = False
    tag = ""
    transaction: int | None = None
    finishing = False

    async def boot(self) -> None:
        while True:
            told = call.BootNotification(charge_point_model="Twenty Lines", charge_point_vendor="ocpp")
            answer = await self.call(told)
            if answer is not None and answer.status == "Accepted":
                break
            await asyncio.sleep(answer.interval if answer is not None else 1)
        await self.call(call.StatusNotification(connector_id=0, error_code="NoError", status="Available"))
        await self.status()
        while True:
            await asyncio.sleep(answer.interval)
            await self.call(call.Heartbeat())

    async def status(self) -> None:
        state = "Preparing" if self.plugged or self.tag else "Available"
        if self.transaction is not None:
            state = "Charging"
        elif self.finishing and self.plugged:
            state = "Finishing"
        await self.call(call.StatusNotification(connector_id=1, error_code="NoError", status=state))

    async def plug(self, plugged: bool) -> None:
        self.plugged, self.finishing = plugged, False
        if not plugged and self.transaction is not None:
            await self.end("EVDisconnected")
        elif plugged and self.tag:
            await self.begin()
        else:
            await self.status()

    async def present(self, tag: str) -> None:
        if self.transaction is not None:
            if tag == self.tag:
                await self.end("Local")
            return
        answer = await self.call(call.Authorize(id_tag=tag))
        if answer is not None and answer.id_tag_info["status"] == "Accepted":
            await self.authorized(tag)

    async def authorized(self, tag: str) -> None:
        self.tag = tag
        await (self.begin() if self.plugged else self.status())

    async def begin(self) -> None:
        answer = await self.call(call.StartTransaction(connector_id=1, id_tag=self.tag, meter_start=0, timestamp=now()))
        self.transaction = answer.transaction_id if answer is not None else 0
        await self.status()
        if answer is not None and answer.id_tag_info["status"] != "Accepted":
            await self.end("DeAuthorized")

    async def end(self, reason: str) -> None:
        number, self.transaction, self.tag, self.finishing = self.transaction, None, "", True
        await self.call(call.StopTransaction(meter_stop=0, timestamp=now(), transaction_id=number, reason=reason))
        await self.status()

    @on("GetConfiguration")
    def get_configuration(self, key: list[str] | None = None) -> Any:
        found = [{"key": name, "readonly": True, "value": KEYS[name]} for name in key or KEYS if name in KEYS]
        unknown = [name for name in key or [] if name not in KEYS]
        return call_result.GetConfiguration(found or None, unknown or None)

    @on("ChangeConfiguration")
    def change_configuration(self, key: str, value: str) -> Any:
        return call_result.ChangeConfiguration(status="Rejected" if key in KEYS else "NotSupported")

    @on("RemoteStartTransaction")
    def remote_start(self, id_tag: str, **_: Any) -> Any:
        return call_result.RemoteStartTransaction(status="Rejected" if self.transaction is not None else "Accepted")

    @after("RemoteStartTransaction")
    async def started(self, id_tag: str, **_: Any) -> None:
        if self.transaction is None:
            await self.authorized(id_tag)

    @on("RemoteStopTransaction")
    def remote_stop(self, transaction_id: int) -> Any:
        known = transaction_id == self.transaction
        return call_result.RemoteStopTransaction(status="Accepted" if known else "Rejected")

    @after("RemoteStopTransaction")
    async def stopped(self, transaction_id: int) -> None:
        if transaction_id == self.transaction:
            await self.end("Remote")

    @on("UnlockConnector")
    def unlock(self, **_: Any) -> Any:
        return call_result.UnlockConnector(status="Unlocked")


class Operator:
    """Starts the charge point and has it plugged, unplugged and shown a tag."""

    verbs = frozenset({"plug_in", "unplug", "present_token", "power_cycle"})

    def __init__(self, url: str, identity: str) -> None:
        self._target = f"{url}/{identity}"
        self._identity = identity
        self._station: Station | None = None
        self._connection: Any = None
        self._life: asyncio.Task[None] | None = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._later(self._live())

    def _later(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _live(self) -> None:
        while True:
            with contextlib.suppress(Exception):
                async with connect(self._target, subprotocols=["ocpp1.6"]) as connection:  # type: ignore[list-item]  # NewType of websockets
                    plugged = self._station is not None and self._station.plugged
                    self._connection, self._station = connection, Station(self._identity, connection)
                    self._station.plugged = plugged
                    life = asyncio.create_task(self._station.boot())
                    try:
                        await self._station.start()
                    finally:
                        life.cancel()
            await asyncio.sleep(0.2)

    def perform(self, verb: str, **args: Any) -> None:
        station = self._station
        if station is None:
            raise RuntimeError("the charge point is not connected")
        if verb == "power_cycle":
            self._later(self._connection.close())
        elif verb == "present_token":
            self._later(station.present(args["idToken"]["idToken"]))
        else:
            self._later(station.plug(verb == "plug_in"))
