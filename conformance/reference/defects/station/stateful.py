"""Defects of the station that only show when things happen in an odd order."""

from __future__ import annotations

from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

from conformance.reference.defects import Misbehaviour, defect
from conformance.reference.defects.station.bases import BOTH, CS, NEW, OLD, Events, Requests
from conformance.reference.hardware import Meter
from conformance.reference.wire import CallError, Endpoint, Payload

SEQUENCES = ("OC_ST_01_CS", "OC_ST_02_CS")
CHOSEN = ("OC_ST_02_CS",)
"""Where a random search needs longer than it has, or what it finds comes again only at times."""
USED_BEFORE = 1000
"""Wh on the meters of a station that is not new."""


@defect(
    "seq-skips-after-offline",
    role=CS,
    families=NEW,
    breaks="the first event after an offline phase skips a seqNo (E04, part 2 E 1.3.2.1)",
    must_fail=SEQUENCES,
)
class _SeqSkips(Events):
    def __init__(self) -> None:
        self.offline: set[str] = set()

    def spoil(self, payload: Payload) -> list[Payload]:
        id_ = payload["transactionInfo"]["transactionId"]
        if payload.get("offline"):
            self.offline.add(id_)
        elif id_ in self.offline:
            payload["seqNo"] += 1
        return [payload]


@defect(
    "gap-in-the-connection-swallows",
    role=CS,
    families=BOTH,
    breaks="the first message about a transaction that was queued in a short gap of the connection is lost [48] "
    "(E04.FR.01, 1.6 3.7)",
    must_fail=CHOSEN,
)
class _GapSwallows(Misbehaviour):
    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        return [self._swallow()]

    async def _swallow(self) -> None:
        station = self.context
        if station.registration == "Accepted" and len(station.queue):
            station.queue._drop(next(iter(station.queue)))


@defect(
    "ended-again-after-a-reset",
    role=CS,
    families=BOTH,
    breaks="the end of a transaction that a reset stopped is reported once more after the boot [50] (B12, 1.6 5.14)",
    must_fail=CHOSEN,
)
class _EndedAgain(Misbehaviour):
    def __init__(self) -> None:
        self.ends: list[tuple[str, Payload]] = []

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "TransactionEvent" and payload["triggerReason"] == "ResetCommand":
            self.ends.append((action, {**payload, "seqNo": payload["seqNo"] + 1, "triggerReason": "AbnormalCondition"}))
        elif action == "StopTransaction" and payload.get("reason") in ("HardReset", "SoftReset"):
            self.ends.append((action, {**payload, "reason": "Reboot"}))
        elif action == "BootNotification":
            ends, self.ends = self.ends, []
            return [(action, payload), *ends]
        return [(action, payload)]


class _Forgetful(Meter):
    """What the station's computer reads off a meter, while the meter itself counts on."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(meter.display())
        self.switch(meter.watts)
        self.forgotten = Decimal(0)

    def read(self) -> Decimal:
        return self.display() - self.forgotten


@defect(
    "meter-restarts-at-boot",
    role=CS,
    families=BOTH,
    breaks="after a boot the station counts the energy from zero again [53] (J02.FR.16, 1.6 errata 3.77)",
    must_fail=CHOSEN,
)
class _MeterRestarts(Misbehaviour):
    def __init__(self) -> None:
        self.new = True

    def powered_up(self) -> None:
        for evse in self.context.hardware.evses:
            if self.new:
                evse.meter.register += USED_BEFORE
                continue
            evse.meter = _Forgetful(evse.meter)
            evse.meter.forgotten = evse.meter.display()
        self.new = False


@defect(
    "occupied-after-a-remote-stop",
    role=CS,
    families=BOTH,
    breaks="a connector whose transaction was stopped from afar is never reported Available again (G01.FR.03, 1.6 4.9)",
    must_fail=CHOSEN,
)
class _OccupiedAfterStop(Requests):
    action = "StatusNotification"

    def __init__(self) -> None:
        self.stopped = False

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action in ("RequestStopTransaction", "RemoteStopTransaction") and not isinstance(answer, CallError):
            self.stopped = self.stopped or answer.get("status") == "Accepted"
        return answer

    def spoil(self, payload: Payload) -> list[Payload]:
        status = payload.get("connectorStatus", payload.get("status"))
        if status in ("Occupied", "Preparing"):
            self.stopped = False
        if not (self.stopped and status == "Available" and payload["connectorId"]):
            return [payload]
        self.stopped = False
        return []


@defect(
    "remote-start-over-a-transaction",
    role=CS,
    families=BOTH,
    breaks="a remote start is accepted where a transaction runs, and starts a second one (E01.FR.14, 1.6 5.11)",
    must_fail=CHOSEN,
)
class _StartsOver(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action == "RequestStartTransaction":
            session = self.context.transactions.sessions.get(request.get("evseId"))
            if session is not None and session.authorized:
                session.transaction = None
                session.authorized = session.path_closed = False
                session.facts = frozenset()
        elif action == "RemoteStartTransaction":
            session = self.context.sessions.of(request.get("connectorId"))
            if session is not None:
                session.transaction = None
        return None


@defect(
    "availability-ends-the-transaction",
    role=CS,
    families=BOTH,
    breaks="ChangeAvailability to Inoperative stops the transaction that runs [61] (G03.FR.05, 1.6 5.2)",
    must_fail=CHOSEN,
)
class _AvailabilityEnds(Misbehaviour):
    def intercept(self, action: str, request: Payload) -> Payload | None:
        if action == "ChangeAvailability" and "Inoperative" in (request.get("operationalStatus"), request.get("type")):
            if "type" in request:
                for session in self.context.sessions.all():
                    if request["connectorId"] in (0, session.evse.id):
                        self.context.sessions.stop(session, "Other")
            else:
                for number, session in self.context.transactions.sessions.items():
                    if request.get("evse", {"id": number})["id"] == number:
                        self.context.transactions.stop_remotely(session)
        return None


@defect(
    "interrupted-transaction-forgotten",
    role=CS,
    families=BOTH,
    breaks="a transaction that a power cut interrupted is never ended [48] (E06.FR.01, 1.6 4.10)",
    must_fail=CHOSEN,
)
class _InterruptedForgotten(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        reason = payload.get("reason") if action == "StopTransaction" else None
        if action == "TransactionEvent":
            reason = payload["transactionInfo"].get("stoppedReason")
        return [] if reason == "PowerLoss" else [(action, payload)]


@defect(
    "stop-lost-at-reset",
    role=CS,
    families=OLD,
    breaks="a reset sends no StopTransaction for the transaction that it stops [48] (1.6 5.14)",
    must_fail=CHOSEN,
)
class _StopLostAtReset(Requests):
    action = "StopTransaction"

    def spoil(self, payload: Payload) -> list[Payload]:
        return [] if payload.get("reason") in ("HardReset", "SoftReset") else [payload]


@defect(
    "available-though-plugged",
    role=CS,
    families=BOTH,
    breaks="a connector that becomes operative is reported Available although a cable is in (G03.FR.04, 1.6 5.2)",
    must_fail=CHOSEN,
)
class _AvailableThoughPlugged(Requests):
    action = "StatusNotification"

    def __init__(self) -> None:
        self.last: dict[tuple[Any, Any], str] = {}

    def spoil(self, payload: Payload) -> list[Payload]:
        name = "connectorStatus" if "connectorStatus" in payload else "status"
        place = (payload.get("evseId"), payload["connectorId"])
        before, now = self.last.get(place), payload[name]
        if before == "Unavailable" and now in ("Occupied", "Preparing", "Finishing"):
            payload[name] = "Available"
        self.last[place] = now
        return [payload]


@defect(
    "token-ends-the-neighbour",
    role=CS,
    families=BOTH,
    breaks="a token that is presented at one EVSE ends the transaction of another (E07.FR.01, 1.6 4.10)",
    must_fail=CHOSEN,
)
class _TokenEndsNeighbour(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "Authorize" and "idTag" in payload:
            for session in self.context.sessions.all():
                self.context.sessions.stop(session, "Local", id_tag=payload["idTag"])
        elif action == "Authorize":
            for session in self.context.transactions.sessions.values():
                if session.authorized:
                    self.context.transactions.stop_locally(session, payload["idToken"])
        return [(action, payload)]
