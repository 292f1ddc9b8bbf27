"""A CSMS in a few lines of the PyPI package `ocpp`, for 1.6 and 2.0.1, and its operator: see ocpp-package-csms.toml.

It runs in the process of the test run: the operator class starts it. Nothing of `conformance` is in it.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from datetime import UTC, datetime
from typing import Any

from ocpp.charge_point import camel_to_snake_case
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as result16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201
from websockets.asyncio.server import ServerConnection, serve

STATUSES = {"AABBCC07": "Blocked", "AABBCC08": "Expired", "AABBCC09": "Invalid", "AABBCC99": "Invalid"}
NUMBERS = itertools.count(1)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Station16(ChargePoint16):
    """Answers a 1.6 charge point."""

    calls = call16

    @on("BootNotification")
    def boot(self, **_: Any) -> Any:
        return result16.BootNotification(current_time=now(), interval=300, status="Accepted")

    @on("Heartbeat")
    def heartbeat(self) -> Any:
        return result16.Heartbeat(current_time=now())

    @on("StatusNotification")
    def status(self, **_: Any) -> Any:
        return result16.StatusNotification()

    @on("MeterValues")
    def meter_values(self, **_: Any) -> Any:
        return result16.MeterValues()

    @on("Authorize")
    def authorize(self, id_tag: str) -> Any:
        return result16.Authorize(id_tag_info={"status": STATUSES.get(id_tag, "Accepted")})

    @on("StartTransaction")
    def begin(self, id_tag: str, **_: Any) -> Any:
        info = {"status": STATUSES.get(id_tag, "Accepted")}
        return result16.StartTransaction(transaction_id=next(NUMBERS), id_tag_info=info)

    @on("StopTransaction")
    def end(self, **_: Any) -> Any:
        return result16.StopTransaction()


class Station201(ChargePoint201):
    """Answers a 2.0.1 charging station."""

    calls = call201

    @on("BootNotification")
    def boot(self, **_: Any) -> Any:
        return result201.BootNotification(current_time=now(), interval=300, status="Accepted")

    @on("Heartbeat")
    def heartbeat(self) -> Any:
        return result201.Heartbeat(current_time=now())

    @on("StatusNotification")
    def status(self, **_: Any) -> Any:
        return result201.StatusNotification()

    @on("NotifyEvent")
    def event(self, **_: Any) -> Any:
        return result201.NotifyEvent()

    @on("NotifyReport")
    def report(self, **_: Any) -> Any:
        return result201.NotifyReport()

    @on("SecurityEventNotification")
    def security_event(self, **_: Any) -> Any:
        return result201.SecurityEventNotification()

    @on("MeterValues")
    def meter_values(self, **_: Any) -> Any:
        return result201.MeterValues()

    @on("Authorize")
    def authorize(self, id_token: dict[str, Any], **_: Any) -> Any:
        return result201.Authorize(id_token_info={"status": STATUSES.get(id_token["id_token"], "Accepted")})

    @on("TransactionEvent")
    def transaction(self, id_token: dict[str, Any] | None = None, **_: Any) -> Any:
        if id_token is None:
            return result201.TransactionEvent()
        return result201.TransactionEvent(id_token_info={"status": STATUSES.get(id_token["id_token"], "Accepted")})


class Operator:
    """Starts the CSMS and has it send what a case asks for."""

    verbs = frozenset({"csms_sends"})

    def __init__(self, port: int) -> None:
        self._stations: dict[str, Any] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._port = port
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        if not self._ready.wait(5):
            raise RuntimeError("the CSMS does not listen")

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        async with serve(self._talk, "127.0.0.1", self._port, subprotocols=["ocpp1.6", "ocpp2.0.1"]):  # type: ignore[list-item]  # NewType of websockets
            self._ready.set()
            await self._over.wait()

    async def _talk(self, connection: ServerConnection) -> None:
        identity = connection.request.path.rpartition("/")[2] if connection.request else ""
        made = Station16 if connection.subprotocol == "ocpp1.6" else Station201
        self._stations[identity] = station = made(identity, connection)
        try:
            await station.start()
        except Exception:
            await connection.close()

    def perform(self, verb: str, identity: str, action: str, payload: dict[str, Any] | None = None) -> None:
        """`csms_sends`: the CALL goes out, its answer is nobody's business here."""
        station = self._stations[identity]
        made = getattr(station.calls, action)
        fields = camel_to_snake_case(payload or {})
        number = {
            "RequestStartTransaction": "remote_start_id",
            "GetBaseReport": "request_id",
            "GetReport": "request_id",
        }
        if action in number:
            fields.setdefault(number[action], next(NUMBERS))
        request = made(**fields)
        asyncio.run_coroutine_threadsafe(station.call(request, suppress=True), self._loop)

    def close(self) -> None:
        """Ends when the port is free again, for the next operator of the same description."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(5)
