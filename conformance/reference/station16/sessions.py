"""Sessions and transactions of 1.6: who may charge, StartTransaction, MeterValues, StopTransaction.

Source: 1.6 sections 3.5 to 3.8, 4.1, 4.7, 4.8, 4.10, 5.11 and 5.12.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.reference.authorization import Verdict
from conformance.reference.hardware import Connector, Evse
from conformance.reference.schedules import moment
from conformance.reference.station16.metering import meter_value
from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from conformance.reference.station16.station import Station16


@dataclass
class Transaction:
    """A running transaction. `key` is the charge point's own; the Central System's id comes later. `started`: when
    charging did, as `schedules.moment`."""

    key: str
    id_tag: str
    parent: str
    meter_start: int
    samples: list[Payload] = field(default_factory=list)
    started: int = 0


@dataclass
class Session:
    """What is volatile of one connector. `id_tag` is one that was authorized and waits for the cable, `profile` the
    charging profile that came with its remote start; `judging`: a tag was presented, and whether it may charge is being
    found out; `held`: a charging profile allows nothing now."""

    evse: Evse
    id_tag: str | None = None
    parent: str = ""
    transaction: Transaction | None = None
    profile: Payload | None = None
    suspended: bool = False
    held: bool = False
    finishing: bool = False
    lock_failed: bool = False
    held_for: str | None = None
    judging: bool = False
    timer: asyncio.Task[Any] | None = None
    sampler: asyncio.Task[Any] | None = None


class Sessions:
    """The sessions of a charge point, by connector number."""

    def __init__(self, station: Station16) -> None:
        self._station = station
        self._sessions = {evse.id: Session(evse) for evse in station.hardware.evses}

    def of(self, number: int) -> Session | None:
        return self._sessions.get(number)

    def all(self) -> list[Session]:
        return list(self._sessions.values())

    def running(self, number: int) -> bool:
        """Whether a transaction runs on the connector."""
        session = self._sessions.get(number)
        return session is not None and session.transaction is not None

    def by_transaction_id(self, transaction_id: int) -> Session | None:
        """The session whose transaction has the Central System's id."""
        ids = self._station.memory.section("transaction_ids")
        for session in self._sessions.values():
            if session.transaction is not None and ids.get(session.transaction.key) == transaction_id:
                return session
        return None

    def power_up(self) -> None:
        """Begin anew; transactions that a power cut interrupted are stopped (reason PowerLoss)."""
        self._sessions = {evse.id: Session(evse) for evse in self._station.hardware.evses}
        interrupted = self._station.memory.section("open_transactions")
        for number, kept in list(interrupted.items()):
            del interrupted[number]
            session = self._sessions.get(int(number))
            if session is not None:
                session.transaction = Transaction(kept["key"], kept["idTag"], "", kept["meterStart"])
                self.stop(session, "PowerLoss")

    # -- cable and EV ------------------------------------------------------------------------------------------------

    def cable_connected(self, evse: Evse) -> None:
        """The cable is now in at both ends."""
        session = self._sessions[evse.id]
        session.finishing = False
        self._cancel_timer(session)
        if session.transaction is not None:
            self.energy(session)
        elif session.id_tag is not None:
            self._start(session)
        self._station.statuses.report_changes()

    def cable_disconnected(self, evse: Evse, connector: Connector) -> None:
        """The connection with the EV is lost (section 4.10, StopTransactionOnEVSideDisconnect)."""
        session = self._sessions[evse.id]
        config = self._station.configuration
        running = session.transaction
        if running is not None and config.flag("StopTransactionOnEVSideDisconnect"):
            unlock = config.flag("UnlockConnectorOnEVSideDisconnect")
            session.held_for = None if unlock or connector.fixed else running.id_tag
            self.stop(session, "EVDisconnected", unlock=unlock)
        elif running is None:
            connector.unlock()
        if not connector.occupied:
            # A fixed cable: there is no other end that the driver has yet to unplug.
            session.finishing = session.lock_failed = False
        self.energy(session)
        self._station.statuses.report_changes()

    def socket_emptied(self, evse: Evse) -> None:
        """No cable is in the socket any more."""
        session = self._sessions[evse.id]
        session.finishing = session.lock_failed = False
        self._station.statuses.report_changes()

    def energy(self, session: Session) -> None:
        """Let energy flow if nothing stands against it, as much as charging profiles leave to this and the others."""
        self._station.charging.bound()

    def may_take(self, session: Session) -> bool:
        """Whether nothing but a charging profile stands against a flow of energy."""
        evse = session.evse
        return session.transaction is not None and not session.suspended and not evse.faulted and evse.ev_takes_energy

    def ev_changed(self, evse: Evse) -> None:
        """The EV wants energy or no longer does."""
        self.energy(self._sessions[evse.id])
        self._station.statuses.report_changes()

    def fault_changed(self, evse: Evse) -> None:
        """A fault came or went; one that comes stops the transaction."""
        session = self._sessions[evse.id]
        if evse.faulted and session.transaction is not None:
            self.stop(session, "Other")
        self._station.reservations.out_of_service()
        self._station.statuses.report_changes()

    # -- tags --------------------------------------------------------------------------------------------------------

    def choose(self, id_tag: str, number: int | None) -> Session | None:
        """The session that a presented tag is meant for."""
        if number is not None:
            return self._sessions.get(number)
        everyone = self.all()
        holding = [one for one in everyone if one.transaction is not None and _same(one.transaction.id_tag, id_tag)]
        free = [one for one in everyone if one.transaction is None]
        connected = [one for one in free if one.evse.connected]
        return next(iter(holding or connected or free or everyone), None)

    async def present(self, session: Session, id_tag: str) -> None:
        """A driver holds a tag before the reader, which takes no other one while it asks about this one."""
        if session.judging:
            return
        session.judging = True
        try:
            await self._present(session, id_tag)
        finally:
            session.judging = False

    async def _present(self, session: Session, id_tag: str) -> None:
        tokens = self._station.tokens
        if session.transaction is not None:
            await self._present_to_stop(session, session.transaction, id_tag)
            return
        if session.held_for is not None:
            if _same(session.held_for, id_tag):
                session.held_for = None
                session.evse.connector.unlock()
            return
        if not self._station.statuses.usable(session.evse.id) or session.id_tag is not None:
            return
        verdict = await tokens.judge(id_tag)
        if verdict.accepted or self._station.defects.active("starts-though-token-invalid"):
            self.authorize(session, id_tag, verdict)

    async def _present_to_stop(self, session: Session, transaction: Transaction, id_tag: str) -> None:
        if _same(transaction.id_tag, id_tag):
            self.stop(session, "Local", id_tag=id_tag)
            return
        verdict = await self._station.tokens.judge(id_tag)
        if verdict.accepted and verdict.group and verdict.group == transaction.parent:
            self.stop(session, "Local", id_tag=id_tag)

    def authorize(self, session: Session, id_tag: str, verdict: Verdict, profile: Payload | None = None) -> None:
        """The tag may charge here now, by `profile` if one is given: at once if the cable is in, else within
        ConnectionTimeOut."""
        if session.transaction is not None or not self._station.statuses.usable(session.evse.id):
            # While the Central System was asked, somebody else has begun, or the connector has been taken away.
            return
        if self._station.reservations.refuses(session.evse.id, id_tag, verdict.group):
            return
        reserved = self._station.reservations.reserved(session.evse.id)
        session.id_tag = id_tag
        session.profile = profile
        session.parent = verdict.group
        if session.finishing or reserved:
            # From Finishing and Reserved there is no way to Charging but over Preparing (4.9, F2 and G2).
            session.finishing = False
            self._station.statuses.report_changes()
        if session.evse.connected:
            self._start(session)
        else:
            self._start_timer(session)
        self._station.statuses.report_changes()

    def _start_timer(self, session: Session) -> None:
        seconds = self._station.configuration.number("ConnectionTimeOut")
        if seconds <= 0 or self._station.defects.active("connection-timeout-ignored"):
            return

        async def expire() -> None:
            await asyncio.sleep(seconds)
            session.timer = None
            session.id_tag = session.profile = None
            self._station.statuses.report_changes()

        self._cancel_timer(session)
        session.timer = self._station.spawn(expire())

    def _cancel_timer(self, session: Session) -> None:
        if session.timer is not None:
            session.timer.cancel()
            session.timer = None

    # -- transactions ------------------------------------------------------------------------------------------------

    def _start(self, session: Session) -> None:
        evse = session.evse
        id_tag, session.id_tag = session.id_tag, None
        profile, session.profile = session.profile, None
        if id_tag is None:
            return
        if not evse.connector.lock():
            session.lock_failed = True
            self._station.reservations.out_of_service()
            return
        transaction = Transaction(str(uuid.uuid4()), id_tag, session.parent, int(evse.meter.read()))
        session.transaction = transaction
        session.suspended = session.finishing = False
        self._station.memory.section("open_transactions")[str(evse.id)] = {
            "key": transaction.key,
            "idTag": id_tag,
            "meterStart": transaction.meter_start,
        }
        payload: Payload = {
            "connectorId": evse.id,
            "idTag": id_tag,
            "meterStart": transaction.meter_start,
            "timestamp": self._station.clock.stamp(),
        }
        reservation = self._station.reservations.use(evse.id, id_tag, session.parent)
        if reservation is not None:
            payload["reservationId"] = reservation
        transaction.started = moment(payload["timestamp"]) or 0
        self._station.queue.add("StartTransaction", payload, transaction.key)
        self._station.charging.started(session, profile)
        begin = self._value(session, "StopTxnSampledData", "Transaction.Begin")
        if begin is not None:
            transaction.samples.append(begin)
        session.sampler = self._station.spawn(self._sample(session, transaction))

    def stop(self, session: Session, reason: str, *, id_tag: str | None = None, unlock: bool = True) -> None:
        """End the transaction: StopTransaction, and the cable is released unless `unlock` is false."""
        transaction = session.transaction
        if transaction is None:
            return
        evse = session.evse
        evse.meter.switch(0)
        end = self._value(session, "StopTxnSampledData", "Transaction.End")
        if end is not None:
            transaction.samples.append(end)
        payload: Payload = {
            "meterStop": int(evse.meter.read()),
            "timestamp": self._station.clock.stamp(),
            "reason": reason,
        }
        if id_tag is not None:
            payload["idTag"] = id_tag
        if transaction.samples:
            payload["transactionData"] = transaction.samples
        session.transaction = None
        session.suspended = False
        self._station.charging.stopped(transaction.key)
        session.finishing = evse.connector.occupied
        if session.sampler is not None:
            session.sampler.cancel()
        self._station.memory.section("open_transactions").pop(str(evse.id), None)
        self._station.queue.add("StopTransaction", payload, transaction.key)
        if unlock:
            evse.connector.unlock()
        self._station.statuses.transaction_ended()
        self._station.statuses.report_changes()

    def judged(self, key: str, verdict: Verdict) -> None:
        """StartTransaction.conf said what the Central System thinks of the tag (StopTransactionOnInvalidId)."""
        session = next((one for one in self.all() if one.transaction is not None and one.transaction.key == key), None)
        if session is None or session.transaction is None:
            return
        if verdict.accepted:
            session.transaction.parent = verdict.group or session.transaction.parent
            return
        if self._station.configuration.flag("StopTransactionOnInvalidId"):
            self.stop(session, "DeAuthorized")
            return
        session.suspended = True
        self.energy(session)
        self._station.statuses.report_changes()

    # -- meter values ------------------------------------------------------------------------------------------------

    def _value(self, session: Session, key: str, context: str, stamp: str = "") -> Payload | None:
        measurands = self._station.configuration.members(key)
        return meter_value(stamp or self._station.clock.stamp(), session.evse, measurands, context)

    async def _sample(self, session: Session, transaction: Transaction) -> None:
        """MeterValues every MeterValueSampleInterval seconds while the transaction runs."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        while session.transaction is transaction:
            every = self._station.configuration.number("MeterValueSampleInterval")
            await asyncio.sleep(min(0.25, max(0.0, last + every - loop.time())) if every > 0 else 0.25)
            if session.transaction is not transaction or every <= 0 or loop.time() < last + every:
                continue
            last += every
            kept = self._value(session, "StopTxnSampledData", "Sample.Periodic")
            if kept is not None:
                transaction.samples.append(kept)
            self.meter_values(session, "MeterValuesSampledData", "Sample.Periodic")

    def meter_values(self, session: Session, key: str, context: str, stamp: str = "") -> None:
        """Send MeterValues of one connector, of now or of `stamp`: queued for a transaction, else at once."""
        taken = self._value(session, key, context, stamp)
        if taken is None:
            return
        payload: Payload = {"connectorId": session.evse.id, "meterValue": [taken]}
        if session.transaction is not None:
            self._station.queue.add("MeterValues", payload, session.transaction.key)
        else:
            self._station.spawn(self._station.tell("MeterValues", payload))


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
