"""A charging station in a few lines of the PyPI package `ocpp`, for 2.0.1, and its operator.

It has one EVSE with one connector, and starts and ends a transaction with the authorization and the cable. The operator
class starts it, in the process of the test run: see ocpp-package-station.toml. Nothing of `conformance` is in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import uuid
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from ocpp.routing import after, on
from ocpp.v201 import ChargePoint, call, call_result
from websockets.asyncio.client import connect

VARIABLES = {
    ("TxCtrlr", "TxStartPoint"): "Authorized",
    ("TxCtrlr", "TxStopPoint"): "Authorized",
    ("TxCtrlr", "EVConnectionTimeOut"): "30",
    ("AuthCtrlr", "Enabled"): "true",
    ("AuthCtrlr", "AuthorizeRemoteStart"): "false",
    ("AuthCtrlr", "LocalPreAuthorize"): "false",
    ("OCPPCommCtrlr", "HeartbeatInterval"): "300",
    ("OCPPCommCtrlr", "OfflineThreshold"): "60",
}
EVSE = {"id": 1, "connector_id": 1}


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Station(ChargePoint):
    """One life of the station, from a boot to the loss of its connection; `plugged` is the cable's state."""

    plugged = False
    token: dict[str, Any] | None = None
    transaction: str = ""
    seq = 0
    remote_start_id: int | None = None

    async def boot(self, reason: str) -> None:
        station = {"model": "Twenty Lines", "vendor_name": "ocpp"}
        await self.call(call.BootNotification(charging_station=station, reason=reason))
        await self.status()
        await self.call(call.SecurityEventNotification(type="StartupOfTheDevice", timestamp=now()))

    async def status(self) -> None:
        state = "Occupied" if self.plugged else "Available"
        await self.call(call.StatusNotification(now(), connector_status=state, evse_id=1, connector_id=1))

    async def event(self, kind: str, trigger: str, **info: Any) -> None:
        about = {"transaction_id": self.transaction, "charging_state": self.state(), **info}
        if self.remote_start_id is not None:
            trigger, about["remote_start_id"], self.remote_start_id = "RemoteStart", self.remote_start_id, None
        more = {"id_token": self.token} if kind == "Started" or trigger == "StopAuthorized" else {}
        seq, self.seq = self.seq, self.seq + 1
        await self.call(call.TransactionEvent(kind, now(), trigger, seq, about, evse=EVSE, **more))

    def state(self) -> str:
        if not self.plugged:
            return "Idle"
        return "Charging" if self.token and self.transaction else "EVConnected"

    async def plug(self, plugged: bool) -> None:
        self.plugged = plugged
        await self.status()
        if self.transaction:
            await self.event("Updated", "CablePluggedIn" if plugged else "EVCommunicationLost")

    async def present(self, token: dict[str, Any]) -> None:
        if self.transaction:
            if token == self.token:
                await self.end("StopAuthorized", "Local")
            return
        answer = await self.call(call.Authorize(id_token=token))
        if answer is not None and answer.id_token_info["status"] == "Accepted":
            await self.begin(token, "Authorized")

    async def begin(self, token: dict[str, Any], trigger: str) -> None:
        self.token, self.transaction, self.seq = token, str(uuid.uuid4()), 0
        await self.event("Started", trigger)

    async def end(self, trigger: str, reason: str) -> None:
        over = self.event(
            "Ended", trigger, stopped_reason=reason, charging_state="EVConnected" if self.plugged else "Idle"
        )
        ended = asyncio.ensure_future(over)
        await asyncio.sleep(0)
        self.token, self.transaction = None, ""
        await ended

    @on("GetVariables")
    def get_variables(self, get_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        results = []
        for one in get_variable_data:
            value = VARIABLES.get((one["component"]["name"], one["variable"]["name"]))
            found = {"attribute_status": "Accepted", "attribute_value": value}
            status = found if value is not None else {"attribute_status": "UnknownVariable"}
            results.append({**status, "component": one["component"], "variable": one["variable"]})
        return call_result.GetVariables(get_variable_result=results)

    @on("SetVariables")
    def set_variables(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        results = [
            {"attribute_status": "Rejected", "component": one["component"], "variable": one["variable"]}
            for one in set_variable_data
        ]
        return call_result.SetVariables(set_variable_result=results)

    @on("RequestStartTransaction")
    def request_start(self, id_token: dict[str, Any], remote_start_id: int, **_: Any) -> Any:
        if self.transaction:
            return call_result.RequestStartTransaction(status="Rejected")
        self.remote_start_id = remote_start_id
        return call_result.RequestStartTransaction(status="Accepted")

    @after("RequestStartTransaction")
    async def started(self, id_token: dict[str, Any], **_: Any) -> None:
        if not self.transaction:
            await self.begin(id_token, "RemoteStart")

    @on("RequestStopTransaction")
    def request_stop(self, transaction_id: str, **_: Any) -> Any:
        known = transaction_id == self.transaction
        return call_result.RequestStopTransaction(status="Accepted" if known else "Rejected")

    @after("RequestStopTransaction")
    async def stopped(self, transaction_id: str, **_: Any) -> None:
        if transaction_id == self.transaction:
            await self.end("RemoteStop", "Remote")

    @on("UnlockConnector")
    def unlock(self, **_: Any) -> Any:
        status = "OngoingAuthorizedTransaction" if self.transaction else "Unlocked"
        return call_result.UnlockConnector(status=status)


class Operator:
    """Starts the station and has it plugged, unplugged and shown a token."""

    verbs = frozenset({"plug_in", "unplug", "present_token", "power_cycle"})

    def __init__(self, url: str, identity: str) -> None:
        self._target = f"{url}/{identity}"
        self._identity = identity
        self._station: Station | None = None
        self._connection: Any = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._later(self._live())

    def _later(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _live(self) -> None:
        while True:
            with contextlib.suppress(OSError, Exception):
                async with connect(self._target, subprotocols=["ocpp2.0.1"]) as connection:  # type: ignore[list-item]
                    plugged = self._station is not None and self._station.plugged
                    self._connection, self._station = connection, Station(self._identity, connection)
                    self._station.plugged = plugged
                    self._later(self._station.boot("PowerUp"))
                    await self._station.start()
            await asyncio.sleep(0.2)

    def perform(self, verb: str, **args: Any) -> None:
        station = self._station
        if station is None:
            raise RuntimeError("the station is not connected")
        if verb == "power_cycle":
            self._later(self._connection.close())
        elif verb == "present_token":
            token = args["idToken"]
            self._later(station.present({"id_token": token["idToken"], "type": token["type"]}))
        elif args.get("side") in (None, "both", "station", "ev"):
            self._later(station.plug(verb == "plug_in"))
