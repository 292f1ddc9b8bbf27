"""The three servers of the round-trip benchmark, each run in a process of its own: `python -m bench.servers KIND`.

Each prints the port that it listens on and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any


def ours() -> None:
    """Our fake CSMS as a case uses it: strict parsing, both directions judged, monitor and trace on."""
    from conformance.cases.live import monitor_factory
    from conformance.data import data_path
    from conformance.dut.reading import load_description
    from conformance.link.listener import Listener
    from conformance.ocppj.clock import RealClock
    from conformance.ocppj.schema import SchemaStore
    from conformance.ocppj.trace import Trace
    from conformance.ocppj.versions import version
    from conformance.peers.answers import default_answers
    from conformance.peers.csms import FakeCsms
    from conformance.peers.runtime import quick_answers
    from conformance.peers.settings import Deadlines

    ocpp = version("2.0.1")
    dut = load_description(data_path("docs", "devices", "reference-station.toml"))
    factory = monitor_factory(dut, ocpp, SchemaStore())
    clock = RealClock()

    class Csms(FakeCsms):
        """Begins a new case with every connection, as a run does."""

        def opened(self, connection: Any) -> None:
            trace = Trace()
            self.begin(trace, factory(trace, None))
            super().opened(connection)

    peer = Csms(ocpp, clock, Deadlines(), default_answers("CSMS", ocpp))
    listener = Listener(peer, "127.0.0.1", 0, now=clock.now, subprotocols=lambda handshake: "ocpp2.0.1")
    listener.start()
    with quick_answers():
        _serve(listener.port)
    listener.stop()


def ocpp() -> None:
    """The PyPI `ocpp` package's ChargePoint as CSMS, on websockets, validating as it does by default."""
    from ocpp.routing import on
    from ocpp.v201 import ChargePoint, call_result
    from websockets.asyncio.server import serve

    class Csms(ChargePoint):  # type: ignore[misc]  # the package is not typed
        @on("BootNotification")  # type: ignore[untyped-decorator]  # the package is not typed
        def boot(self, **fields: Any) -> Any:
            return call_result.BootNotification(datetime.now(UTC).isoformat(), 300, "Accepted")

        @on("Heartbeat")  # type: ignore[untyped-decorator]  # the package is not typed
        def heartbeat(self, **fields: Any) -> Any:
            return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

        @on("TransactionEvent")  # type: ignore[untyped-decorator]  # the package is not typed
        def transaction_event(self, **fields: Any) -> Any:
            return call_result.TransactionEvent()

    async def handle(connection: Any) -> None:
        await Csms("CS001", connection).start()

    _run(lambda: serve(handle, "127.0.0.1", 0, subprotocols=["ocpp2.0.1"], compression=None))  # type: ignore[list-item]  # NewType


def echo() -> None:
    """A bare websockets echo: what the WebSocket layer alone can do."""
    from websockets.asyncio.server import serve

    async def handle(connection: Any) -> None:
        async for message in connection:
            await connection.send(message)

    _run(lambda: serve(handle, "127.0.0.1", 0, subprotocols=["ocpp2.0.1"], compression=None))  # type: ignore[list-item]  # NewType


def _run(make: Any) -> None:
    import logging

    logging.disable(logging.CRITICAL)

    async def main() -> None:
        async with make() as server:
            port = server.sockets[0].getsockname()[1]
            await asyncio.to_thread(_serve, port)

    asyncio.run(main())


def _serve(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    {"ours": ours, "ocpp": ocpp, "echo": echo}[sys.argv[1]]()
