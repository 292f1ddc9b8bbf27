"""Defects of the station that show when the connection breaks, answers stay away, or the clock is set wrong."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine, Iterator
from itertools import repeat
from typing import Any

from conformance.ocppj import frames
from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.station.bases import BOTH, CS, NEW, OLD
from conformance.reference.wire import Disconnected, Endpoint, Payload

OWED = ("StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent")


class _AtTheEnd(Misbehaviour):
    """Base of what goes wrong when a connection ends; `unanswered` is the message about a transaction that then had no
    answer yet."""

    unanswered: tuple[str, Payload] | None = None
    _sent: tuple[str, Payload] | None = None

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        self._sent = (action, payload) if action in OWED else None
        return [(action, payload)]

    def answered(self, frame: frames.Frame) -> list[str]:
        self._sent = None
        return []

    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        return [self._until_it_ends(endpoint)]

    async def _until_it_ends(self, endpoint: Endpoint) -> None:
        self._sent = None
        try:
            await asyncio.Event().wait()
        finally:
            self.unanswered, self._sent = self._sent, None
            self.ended(endpoint)

    def ended(self, endpoint: Endpoint) -> None:
        """The connection is gone."""

    def first_in_queue(self) -> dict[str, Any] | None:
        """The queue's first entry, if that is what had no answer yet."""
        entry: dict[str, Any] | None = next(iter(self.context.queue), None)
        if entry is None or self.unanswered is None or entry["action"] != self.unanswered[0]:
            return None
        return entry


def _ends(entry: dict[str, Any]) -> bool:
    return bool(entry["action"] == "StopTransaction" or entry["payload"].get("eventType") == "Ended")


@defect(
    "end-lost-with-the-connection",
    role=CS,
    families=BOTH,
    breaks="StopTransaction, or the event Ended, that was on its way when the connection broke is never sent again "
    "[48, 52] (E13.FR.02, 1.6 3.7.1)",
    must_fail=("OC_FT_01_CS",),
)
class _EndLost(_AtTheEnd):
    def ended(self, endpoint: Endpoint) -> None:
        entry = self.first_in_queue()
        if entry is not None and _ends(entry):
            self.context.queue._drop(entry)


@defect(
    "event-again-under-a-new-number",
    role=CS,
    families=NEW,
    breaks="an event that was on its way when the connection broke comes again under its own seqNo and under a new one "
    "[50] (part 2 E 1.3.2.1)",
    must_fail=("OC_FT_01_CS",),
)
class _EventRenumbered(_AtTheEnd):
    def ended(self, endpoint: Endpoint) -> None:
        entry = self.first_in_queue()
        if entry is None:
            return
        session = self.context.transactions.by_id(entry["transaction"])
        number = entry["payload"]["seqNo"] + 1 if session is None else session.transaction.seq
        if session is not None:
            session.transaction.seq += 1
        self.context.queue.add("TransactionEvent", {**entry["payload"], "seqNo": number}, entry["transaction"])


@defect(
    "start-again-after-reconnect",
    role=CS,
    families=OLD,
    breaks="after every reconnection the StartTransaction of a running transaction is sent again, answered or not [50] "
    "(1.6 3.7, 4.8)",
    must_fail=("OC_FT_01_CS",),
)
class _StartAgain(_AtTheEnd):
    _start: dict[str, Any] | None = None

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "StartTransaction":
            self._start = dict(next(iter(self.context.queue)))
        elif action == "StopTransaction":
            self._start = None
        return super().request(action, payload)

    def ended(self, endpoint: Endpoint) -> None:
        if self._start is not None and self.unanswered is None:
            self.context.queue.add("StartTransaction", self._start["payload"], self._start["transaction"])


@defect(
    "queue-turned-round",
    role=CS,
    families=OLD,
    breaks="after a reconnection the newest message about a transaction comes first (1.6 3.7)",
    must_fail=("OC_FT_01_CS",),
)
class _NewestFirst(_AtTheEnd):
    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        self.context.queue._entries.reverse()
        return []


@defect(
    "transaction-forgotten-with-the-connection",
    role=CS,
    families=BOTH,
    breaks="the connection breaks, and the station knows nothing of the running transaction any more [48] "
    "(E11.FR.01, 1.6 3.7)",
    must_fail=("OC_FT_01_CS",),
)
class _Forgotten(_AtTheEnd):
    def ended(self, endpoint: Endpoint) -> None:
        for session in _sessions(self.context):
            if session.transaction is None:
                continue
            if session.sampler is not None:
                session.sampler.cancel()
            session.transaction = None
            session.evse.meter.switch(0)
            session.evse.connector.unlock()
        for section in ("transactions", "open_transactions"):
            self.context.memory.section(section).clear()


def _sessions(station: Any) -> Iterator[Any]:
    if hasattr(station, "transactions"):
        yield from station.transactions.sessions.values()
    else:
        yield from station.sessions.all()


@defect(
    "never-back-after-a-torn-frame",
    role=CS,
    families=BOTH,
    breaks="a connection that ends in the middle of a frame is the last one [39] (1.6J errata 3.3, part 4 5.3)",
    must_fail=("OC_FT_01_CS",),
)
class _NeverBack(_AtTheEnd):
    def ended(self, endpoint: Endpoint) -> None:
        socket: Any = endpoint.socket
        # How `websockets` words the end of TCP where more of a frame is to come.
        if str(socket.protocol.parser_exc).startswith("stream ends after"):
            self.context.network.clear()


@defect(
    "reconnects-without-pause",
    role=CS,
    families=BOTH,
    breaks="the station connects again at once, as often as it takes [41] (1.6J errata 3.3, part 4 5.3)",
    must_fail=("OC_FT_05_CS",),
)
class _NoBackOff(Misbehaviour):
    def powered_up(self) -> None:
        self.context.back_off = lambda: repeat(0.0)


class _Tuned(Misbehaviour):
    """Base of what is wrong about a connection from its beginning."""

    endpoint: Endpoint

    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        self.endpoint = endpoint
        self.tune(endpoint)
        return []

    def tune(self, endpoint: Endpoint) -> None:
        """A connection stands."""


@defect(
    "waits-for-ever",
    role=CS,
    families=BOTH,
    breaks="without an answer the station waits for ever, and sends nothing more (OCPP-J 4.1.1)",
    must_fail=("OC_FT_08_CS",),
)
class _WaitsForEver(_Tuned):
    def tune(self, endpoint: Endpoint) -> None:
        endpoint.message_timeout = 86400.0


@defect(
    "two-calls-outstanding",
    role=CS,
    families=NEW,
    breaks="a CALL is sent while the one before has no answer [70] (part 4 4.1.1)",
    must_fail=("OC_FT_04_CS", "OC_FT_08_CS"),
    rules=("wire.one-call",),
)
class _TwoCalls(_Tuned):
    def tune(self, endpoint: Endpoint) -> None:
        endpoint.one_at_a_time = False


@defect(
    "answers-after-it-is-answered",
    role=CS,
    families=BOTH,
    breaks="while it waits for an answer the station answers nothing: when both sides call, both wait (OCPP-J 4.1.1)",
    must_fail=("OC_FT_04_CS",),
)
class _Deadlock(_Tuned):
    def pause(self, action: str) -> float:
        known = self.context.version.actions.get(action)
        ours = known is not None and known.sender == CS
        return 0.0 if ours or not self.endpoint._pending else 2 * self.endpoint.message_timeout


@defect(
    "any-answer-will-do",
    role=CS,
    families=BOTH,
    breaks="whatever answer comes is taken for the one that is waited for, whatever its id [9] (OCPP-J 4.1.4)",
    must_fail=("OC_FT_09_CS",),
)
class _AnyAnswer(_Tuned):
    def heard(self, data: str | bytes) -> list[str | bytes]:
        frame = frames.parse(data)
        waiting = next(iter(self.endpoint._pending), None)
        if frame.type != frames.CALLRESULT or waiting is None or frame.id == waiting:
            return [data]
        return [json.dumps([frames.CALLRESULT, waiting, json.loads(data)[2]])]


@defect(
    "dies-of-a-stray-answer",
    role=CS,
    families=BOTH,
    breaks="an answer that nobody waits for, or no longer, ends the process [8, 9] (OCPP-J 4.1.4)",
    must_fail=("OC_FT_02_CS", "OC_FT_09_CS"),
)
class _DiesOfStray(Misbehaviour):
    def unexpected(self, frame: frames.Frame) -> list[str]:
        if frame.type == frames.CALLRESULT:
            os._exit(70)
        return []


@defect(
    "start-refused-and-stuck",
    role=CS,
    families=OLD,
    breaks="after a CALLERROR to StartTransaction no message about a transaction is sent any more [15] (1.6 3.7.1)",
    must_fail=("OC_FT_09_CS", "OC_16_11_CS"),
)
class _Stuck(_AtTheEnd):
    stuck = False

    def answered(self, frame: frames.Frame) -> list[str]:
        if frame.type == frames.CALLERROR and self._sent is not None and self._sent[0] == "StartTransaction":
            self.stuck = True
        return super().answered(frame)

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if self.stuck and action in OWED:
            raise Disconnected("stuck")
        return super().request(action, payload)


@defect(
    "pongs-not-missed",
    role=CS,
    families=BOTH,
    breaks="pings are sent, and nobody looks whether a pong comes [38, 39] (1.6J errata 3.9, part 4 5.2)",
    must_fail=("OC_FT_03_CS",),
)
class _PongsNotMissed(_Tuned):
    def tune(self, endpoint: Endpoint) -> None:
        socket: Any = endpoint.socket
        socket.ping_timeout = None


@defect(
    "silent-before-2000",
    role=CS,
    families=BOTH,
    breaks="told that it is 1970, the station takes its clock for unset and sends nothing until it is set [29] "
    "(1.6 4.6, G02.FR.06)",
    must_fail=("OC_FT_07_CS",),
)
class _SilentBefore2000(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        return [] if self.context.clock.now().year < 2000 else [(action, payload)]


@defect(
    "year-9999-followed",
    role=CS,
    families=BOTH,
    breaks="a clock that is set to the last second of 9999 fails at the next reading (1.6 4.6, G02.FR.06)",
    must_fail=("OC_FT_07_CS",),
)
class _Year9999(Misbehaviour):
    def powered_up(self) -> None:
        self.context.clock.last_year = 10_000


@defect(
    "clock-never-set-back",
    role=CS,
    families=BOTH,
    breaks="a time before its own is not followed: once in 2106, the clock stays there (B01.FR.06, 1.6 4.2)",
    must_fail=("OC_FT_07_CS",),
)
class _NeverSetBack(Misbehaviour):
    def powered_up(self) -> None:
        clock = self.context.clock
        follow = type(clock).follow

        def forward(current_time: object) -> float:
            before = clock._epoch, clock._zero
            jump: float = follow(clock, current_time)
            if jump < 0:
                clock._epoch, clock._zero = before
            return jump

        clock.follow = forward


@defect(
    "security-event-for-each-wrong-time",
    role=CS,
    families=BOTH,
    breaks="a wrong time brings a flood of security events [66] (EVerest/libocpp#1156)",
    must_fail=("OC_FT_07_CS",),
)
class _Flood(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        station = self.context
        if not 2000 < station.clock.now().year < 2100 and action == "StatusNotification":
            event = {"type": "SettingSystemTime", "timestamp": station.clock.stamp()}
            return [(action, payload), *[("SecurityEventNotification", event)] * 10]
        return [(action, payload)]
