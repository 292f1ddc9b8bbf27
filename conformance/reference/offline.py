"""The queue of transaction-related messages: in order, kept over disconnections and reboots, resent as configured.

Source: 2.0.1 E04, E11, E12 and E13; 1.6 sections 3.7 and 3.8 (TransactionMessageAttempts, ...RetryInterval).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

from conformance.reference.wire import CallError, CallTimeout, Disconnected, InvalidAnswer, Payload

if TYPE_CHECKING:
    from conformance.reference.memory import Memory

Prepare = Callable[[dict[str, Any]], Payload | None]
"""Makes the payload of a queued entry at the moment of sending; None drops the entry."""
Deliver = Callable[[str, Payload], Awaitable[Payload]]
Answered = Callable[[dict[str, Any], Payload], None]
Lost = Callable[[dict[str, Any]], None]


class TransactionQueue:
    """Messages that wait for delivery. An entry is a plain dict: `action`, `payload`, `transaction`, and `marks`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._more = asyncio.Event()
        self._entries: list[dict[str, Any]] = memory.data.setdefault("queue", [])

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._entries)

    def add(self, action: str, payload: Payload, transaction: str, **marks: Any) -> None:
        """Put a message at the end."""
        self._entries.append({"action": action, "payload": payload, "transaction": transaction, "marks": marks})
        self._memory.save()
        self._more.set()

    def waiting_for(self, transaction: str | None) -> bool:
        """Whether messages of that transaction, or any at all, are undelivered."""
        return any(transaction in (None, entry["transaction"]) for entry in self._entries)

    def went_offline(self, mark: Callable[[dict[str, Any]], None]) -> None:
        """Let `mark` change every entry that is still queued (E11.FR.07)."""
        for entry in self._entries:
            mark(entry)
        self._memory.save()

    async def deliver(
        self,
        send: Deliver,
        *,
        prepare: Prepare,
        answered: Answered,
        lost: Lost,
        attempts: Callable[[], int],
        interval: Callable[[], float],
    ) -> None:
        """Send entry after entry until cancelled; raises Disconnected when the connection goes.

        A failure is a CALLERROR, an invalid answer or silence. After failure n the pause is n times `interval`
        seconds; after `attempts` failures the entry is dropped (E13.FR.02 to 04).
        """
        while True:
            while self._entries:
                await self._deliver_first(send, prepare, answered, lost, attempts, interval)
            self._more.clear()
            await self._more.wait()

    async def _deliver_first(
        self,
        send: Deliver,
        prepare: Prepare,
        answered: Answered,
        lost: Lost,
        attempts: Callable[[], int],
        interval: Callable[[], float],
    ) -> None:
        entry = self._entries[0]
        failures = 0
        while True:
            payload = prepare(entry)
            if payload is None:
                self._drop(entry)
                return
            try:
                answer = await send(entry["action"], payload)
            except Disconnected:
                raise
            except (CallError, CallTimeout, InvalidAnswer):
                failures += 1
                if failures >= max(1, attempts()):
                    self._drop(entry)
                    lost(entry)
                    return
                await asyncio.sleep(interval() * failures)
                continue
            self._drop(entry)
            answered(entry, answer)
            return

    def clear(self) -> None:
        """Forget everything, as only a broken station does."""
        self._entries.clear()
        self._memory.save()

    def _drop(self, entry: dict[str, Any]) -> None:
        if entry in self._entries:
            self._entries.remove(entry)
        self._memory.save()
