"""Security events of a station: what is told to the CSMS, what is only logged, and what made a connection fail.

Source: 2.0.1 and 2.1 part 2, A00.FR.310, .316, .323, A04, and the list of security events in the appendices; security
whitepaper of 1.6, A00.FR.309, .315, .322, A04 and chapter 8.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from conformance.reference.clock import Clock
from conformance.reference.wire import CallError, CallTimeout, Disconnected, InvalidAnswer, Payload

if TYPE_CHECKING:
    from conformance.reference.memory import Memory

LOG_LENGTH = 200
"""Entries of the security log, which rolls (A04.FR.04)."""

_OLD_TLS = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION")
_NO_CIPHER = ("HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "INSUFFICIENT_SECURITY", "NO_CIPHERS_AVAILABLE")


def connection_event(error: OSError) -> str:
    """Which security event a failed connection attempt is, by the names of 2.x; "" if it is none."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "InvalidCsmsCertificate"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        if any(word in reason for word in _OLD_TLS):
            return "InvalidTLSVersion"
        if any(word in reason for word in _NO_CIPHER):
            return "InvalidTLSCipherSuite"
    return ""


class SecurityEvents:
    """The security log, and the queue of critical events, which survives disconnections and power cuts (A04.FR.02)."""

    def __init__(self, memory: Memory, clock: Clock) -> None:
        self._memory = memory
        self._clock = clock
        self._queue: list[Payload] = memory.data.setdefault("security_events", [])
        self._told: set[str] = set()
        self._more = asyncio.Event()
        self.log: deque[str] = deque(maxlen=LOG_LENGTH)
        self.events_of_a_failure = 1
        """How many events repeated failures to connect are, and each of them when it is more: what a defect sets."""

    def happened(self, kind: str, *, critical: bool, info: str = "") -> None:
        """Log an event, and queue it for the CSMS if it is critical."""
        stamp = self._clock.stamp()
        self.log.append(f"{stamp} {kind} {info}".rstrip())
        if critical:
            self._queue.append({"type": kind, "timestamp": stamp})
            self._memory.save()
            self._more.set()

    def connection_failed(self, kind: str, *, critical: bool) -> None:
        """A connection failed for this reason: one event for all attempts until one succeeds (A00.FR.316, note)."""
        if kind and (kind not in self._told or self.events_of_a_failure > 1):
            self._told.add(kind)
            for _ in range(self.events_of_a_failure):
                self.happened(kind, critical=critical or self.events_of_a_failure > 1)

    def connected(self) -> None:
        """A connection stands: the next failure is news again."""
        self._told.clear()

    async def deliver(self, send: Callable[[str, Payload], Awaitable[Payload]]) -> None:
        """Send event after event until cancelled; raises Disconnected when the connection goes.

        What the CSMS answers by a CALLERROR is not sent again; what it does not answer at all is.
        """
        while True:
            while self._queue:
                event = self._queue[0]
                try:
                    await send("SecurityEventNotification", event)
                except Disconnected:
                    raise
                except CallTimeout:
                    await asyncio.sleep(1.0)
                    continue
                except (CallError, InvalidAnswer):
                    pass
                self._queue.remove(event)
                self._memory.save()
            self._more.clear()
            await self._more.wait()


def text_of(log: deque[str] | list[str]) -> bytes:
    """The security log as a file."""
    return "".join(f"{line}\n" for line in log).encode()
