"""The WebSocket connections of the reference devices: those of `websockets`, which end in time.

Imported only when a connection is made or taken: importing it loads `websockets`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Set
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection


class _EndsInTime(Connection):
    """Ends TCP when the closing handshake is over, or the connection has failed, and the other side does not.

    Without it a device that only reads waits for ever for a CSMS that leaves TCP open (RFC 6455 section 7.1.1: a client
    may end TCP itself after a reasonable time).
    """

    _last_call: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.close_deadline is not None and self._last_call is None:
            self._last_call = self.loop.call_at(self.close_deadline, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._last_call is not None:
            self._last_call.cancel()
        super().connection_lost(exc)


class StationSocket(_EndsInTime, ClientConnection):
    """The station's end."""


class CsmsSocket(_EndsInTime, ServerConnection):
    """The CSMS's end."""


def station_socket(defects: Set[str] = frozenset()) -> type[ClientConnection]:
    """What a station connects with; with `defects` of WebSocket among these, something that has them."""
    made: type[ClientConnection] = _spoilt(StationSocket, defects)
    return made


def csms_socket(defects: Set[str] = frozenset()) -> type[ServerConnection]:
    """What a CSMS takes connections with; with `defects` of WebSocket among these, something that has them."""
    made: type[ServerConnection] = _spoilt(CsmsSocket, defects)
    return made


def _spoilt(kind: Any, defects: Set[str]) -> Any:
    if not defects:
        return kind
    from conformance.reference.spoilt_sockets import spoilt

    return spoilt(kind, defects)
