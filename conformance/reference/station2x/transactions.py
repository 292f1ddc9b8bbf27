"""Transactions as a function of states: what starts one, what ends one, and the events in between.

Six facts can hold for an EVSE, named as the values of TxStartPoint and TxStopPoint. A transaction starts when a fact of
TxStartPoint begins to hold and ends when a fact of TxStopPoint ceases to. Every physical or logical happening changes
the state of an EVSE and then calls `_move` with its triggerReason, which compares the facts before and after.

Source: 2.0.1 part 2, E01 to E15, section 2.6.6 (TxStartStopPoint values), 1.3 (sequence numbers).
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.reference.authorization import Verdict
from conformance.reference.hardware import PHASES, Connector, Evse
from conformance.reference.station2x.costs import Usage
from conformance.reference.station2x.metering import meter_value
from conformance.reference.station2x.payment import Payment
from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x

Token = dict[str, Any]
Limit = dict[str, Any]
"""Fields of TransactionLimitType."""

NO_TOKEN: Token = {"idToken": "", "type": "NoAuthorization"}

METER_FAULT = "PowerMeterFailure"
FAULT_REASONS = ("GroundFault", "OvercurrentFault", "PowerQuality", "EmergencyStop", "Other")


@dataclass
class Transaction:
    """A running transaction; `begin` holds the first meter value, `samples` those for its end."""

    id: str
    seq: int = 0
    token_told: bool = False
    place_told: int = 0
    phases_told: int = 0
    stopped_reason: str | None = None
    begin: Payload | None = None
    begin_due: bool = False
    """Whether it began before its EVSE was known: its first readings are told when energy flows (E01.FR.17)."""
    samples: list[Payload] = field(default_factory=list)
    since: float = field(default_factory=time.time)
    energy_before: Decimal = Decimal(0)
    limits: Limit = field(default_factory=dict)
    most: Limit = field(default_factory=dict)
    """The limits that the CSMS set, which the driver can't raise (E16.FR.04)."""
    cost: Decimal | None = None
    reached: bool = False
    """Whether a limit is reached, and keeps energy from flowing."""
    watched: bool = False
    charged_since: float | None = None
    flowed: bool = False
    """Whether energy has flowed at all."""
    charged: float = 0.0


@dataclass
class Session:
    """What is volatile of one EVSE."""

    evse: Evse
    token: Token | None = None
    group: str = ""
    authorized: bool = False
    path_closed: bool = False
    flowing: bool = False
    signed: bool = False
    suspended: bool = False
    adrift: bool = False
    """Whether its transaction or authorization belongs to no EVSE yet: the next EV that is connected settles it."""
    held: bool = False
    """Whether the lock keeps the cable of a token that was refused until its owner presents it (E05.FR.11)."""
    limit: Decimal | None = None
    limit_due: Limit = field(default_factory=dict)
    """The limit that the next event of the transaction sets (2.1)."""
    payment: Payment | None = None
    """The card that pays (2.1)."""
    profile: Payload | None = None
    """The charging profile of a remote start whose transaction has not begun."""
    facts: frozenset[str] = frozenset()
    state: str = "Idle"
    transaction: Transaction | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    connection_timer: asyncio.Task[Any] | None = None
    limit_timer: asyncio.Task[Any] | None = None
    sampler: asyncio.Task[Any] | None = None


class Transactions:
    """The transactions of a station."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self.sessions = {evse.id: Session(evse) for evse in station.hardware.evses}

    # -- questions -----------------------------------------------------------------------------------------------

    def usage(self, session: Session) -> Usage:
        """What the running transaction has used so far."""
        transaction = session.transaction
        if transaction is None:
            return Usage()
        charging = transaction.charged
        if transaction.charged_since is not None:
            charging += asyncio.get_running_loop().time() - transaction.charged_since
        idle = max(0.0, time.time() - transaction.since - charging)
        energy = session.evse.meter.read() - transaction.energy_before
        return Usage(energy, Decimal(str(round(charging, 3))), Decimal(str(round(idle, 3))))

    def session(self, evse: Evse) -> Session:
        return self.sessions[evse.id]

    def running(self, evse: Evse) -> bool:
        """Whether a transaction runs on the EVSE."""
        return self.sessions[evse.id].transaction is not None

    def any_running(self) -> bool:
        return any(session.transaction is not None for session in self.sessions.values())

    def by_id(self, transaction_id: str) -> Session | None:
        """The session with that running transaction."""
        for session in self.sessions.values():
            if session.transaction is not None and session.transaction.id == transaction_id:
                return session
        return None

    # -- power ---------------------------------------------------------------------------------------------------

    def power_up(self) -> None:
        """Begin anew; transactions that were interrupted are resumed, or ended (E17)."""
        self.sessions = {evse.id: Session(evse) for evse in self._station.hardware.evses}
        interrupted = self._station.memory.section("transactions")
        for key, kept in list(interrupted.items()):
            evse = self._station.hardware.evse(int(key))
            del interrupted[key]
            if evse is None:
                continue
            session = self.sessions[evse.id]
            session.transaction = _recalled(kept)
            session.payment = Payment(**kept["payment"]) if kept.get("payment") else None
            if self._resumes(kept):
                self._resume(session, kept)
                continue
            session.state = self._charging_state(session)
            self._end(session, "AbnormalCondition", kept.get("cause", "PowerLoss"))
        for session in self.sessions.values():
            session.facts = self._facts(session)
            session.state = self._charging_state(session)

    def _remember(self, session: Session) -> None:
        kept = self._station.memory.section("transactions")
        transaction = session.transaction
        if transaction is None:
            kept.pop(str(session.evse.id), None)
        else:
            kept[str(session.evse.id)] = {
                "id": transaction.id,
                "seq": transaction.seq,
                "at": time.time(),
                "since": transaction.since,
                "begin": transaction.begin,
                "begin_due": transaction.begin_due,
                "energy": transaction.energy_before,
                "flowed": transaction.flowed,
                "charged": float(self.usage(session).charging),
                "place": transaction.place_told,
                "token_told": transaction.token_told,
                "limits": transaction.limits,
                "most": transaction.most,
                "reached": transaction.reached,
                "cost": transaction.cost,
                "token": session.token,
                "payment": None if session.payment is None else asdict(session.payment),
                "group": session.group,
                "authorized": session.authorized,
                "suspended": session.suspended,
                "state": session.state,
                "facts": sorted(session.facts),
            }
        self._station.memory.save()

    def interrupted(self, cause: str) -> None:
        """The station goes down without having ended its transactions; `cause` as in stoppedReason."""
        for kept in self._station.memory.section("transactions").values():
            kept |= {"at": time.time(), "cause": cause}
        self._station.memory.save()

    def _resumes(self, kept: dict[str, Any]) -> bool:
        """Whether the interruption was short enough (E17.FR.10, E17.FR.20), or asked for (B13.FR.23)."""
        if kept.get("outlives"):
            return True
        model, name = self._station.model, "ResumptionTimeout"
        longest = model.number("TxCtrlr", name) if model.has("TxCtrlr", name) else 0
        if self._station.defects.active("resumes-never"):
            return False
        late = "resumes-however-late" if model.has("TxCtrlr", name) else "resumes-unasked"
        return self._station.defects.active(late) or (longest > 0 and time.time() - float(kept["at"]) <= longest)

    def _resume(self, session: Session, kept: dict[str, Any]) -> None:
        """Go on where the interruption came; without leave, energy does not flow again (E17.FR.11 to FR.17)."""
        transaction, active = session.transaction, self._station.defects.active
        if transaction is None:
            return
        allowed = self._station.model.flag("TxCtrlr", "AllowEnergyTransferResumption")
        allowed = (allowed or active("resumes-energy-always")) and not active("resumes-energy-never")
        session.token, session.group, session.authorized = kept["token"], kept["group"], kept["authorized"]
        session.path_closed = session.authorized and session.evse.connected and session.evse.connector.lock()
        energy = kept["state"] in ("Charging", "SuspendedEV")
        session.suspended = kept["suspended"] or transaction.reached or (energy and not allowed)
        delay = self._resumption_delay(kept["state"]) if session.path_closed and not session.suspended else 0.0
        session.suspended |= delay > 0
        self._switch(session, session.path_closed and not session.suspended and session.evse.ev_takes_energy)
        session.facts = self._facts(session)
        session.state = self._charging_state(session)
        lost = frozenset(kept["facts"]) - session.facts - {"EnergyTransfer", "DataSigned"}
        if lost & frozenset(self._station.model.members("TxCtrlr", "TxStopPoint")):
            self._end(session, "EVCommunicationLost", "EVDisconnected")
            return
        if active("resumed-numbers-begin-anew"):
            transaction.seq = 0
        if not active("resumption-not-told"):
            self._emit(session, "Updated", "TxResumed", place=True)
        session.sampler = self._station.spawn(self._sample(session, transaction))
        self._station.limits.watch(session)
        if delay > 0:
            self._station.spawn(self._charge_again(session, transaction, delay))
        if session.authorized and not session.evse.connected:
            self._start_connection_timer(session)

    def _resumption_delay(self, state: str) -> float:
        """Seconds for which energy that flowed before the interruption does not flow again yet (E17.FR.18)."""
        model, where = self._station.model, ("TxCtrlr", "EnergyTransferResumptionRandomRange")
        longest = model.number(*where) if state == "Charging" and model.has(*where) else 0
        return random.uniform(0, longest)

    async def _charge_again(self, session: Session, transaction: Transaction, delay: float) -> None:
        await asyncio.sleep(delay)
        if session.transaction is transaction and not transaction.reached:
            session.suspended = False
            self._flow(session)

    # -- happenings at the bay and the cable ----------------------------------------------------------------------

    def bay(self, evse: Evse, occupied: bool) -> None:
        """An EV entered or left the parking bay."""
        session = self.sessions[evse.id]
        evse.bay_occupied = occupied
        if occupied:
            free = session.transaction is None and not session.authorized and not evse.connected
            session.adrift = free and self._station.defects.active("bay-of-several-evses")
            self._move(session, "EVDetected")
            return
        if session.transaction is not None and session.transaction.stopped_reason is None:
            session.transaction.stopped_reason = "Local"
        self._move(session, "EVDeparted", reason="Local")
        self._finish(session)

    def cable_connected(self, evse: Evse) -> None:
        """The cable is now in at both ends."""
        session = self._settle(evse)
        self._cancel_connection_timer(session)
        if session.authorized and session.transaction is None and self._merges(session):
            self._move(session, "CablePluggedIn")
            return
        self._move(session, "CablePluggedIn")
        if session.authorized:
            self._close_path(session)
        elif not self._station.model.flag("AuthCtrlr", "Enabled") and self._station.availability.usable(evse):
            self.authorize(session, NO_TOKEN, Verdict("Accepted"))

    def _settle(self, evse: Evse) -> Session:
        """The session of an EVSE to which an EV was connected: one that is adrift settles here."""
        here = self.sessions[evse.id]
        adrift = next((one for one in self.sessions.values() if one.adrift), None)
        if adrift is None or (adrift is not here and (here.authorized or here.transaction is not None)):
            return here
        adrift.adrift = False
        if adrift is not here:
            self._station.memory.section("transactions").pop(str(adrift.evse.id), None)
            adrift.evse, here.evse = here.evse, adrift.evse
            self.sessions |= {adrift.evse.id: adrift, here.evse.id: here}
            bay = frozenset({"ParkingBayOccupancy"})
            adrift.facts, here.facts = adrift.facts - bay | here.facts & bay, self._facts(here)
        if adrift.transaction is not None:
            adrift.transaction.energy_before = adrift.evse.meter.read()
        return adrift

    def cable_disconnected(self, evse: Evse, connector: Connector) -> None:
        """The connection with the EV is lost (E09, E10)."""
        session = self.sessions[evse.id]
        deauthorizes = self._station.model.flag("TxCtrlr", "StopTxOnEVSideDisconnect")
        ending = session.authorized and deauthorizes
        if ending:
            session.authorized = False
        session.path_closed = session.signed = session.suspended = False
        self._switch(session, False)
        if session.transaction is not None and session.transaction.stopped_reason is None and ending:
            session.transaction.stopped_reason = "EVDisconnected"
        self._move(session, "EVCommunicationLost", reason="EVDisconnected")
        if session.authorized:
            self._start_connection_timer(session)
        elif not ending or self._station.model.flag("OCPPCommCtrlr", "UnlockOnEVSideDisconnect"):
            self._release(session)
        self.forget_token(session)

    # -- happenings of authorization ------------------------------------------------------------------------------

    def authorize(self, session: Session, token: Token, verdict: Verdict, *, adrift: bool = False) -> None:
        """The token may charge here now; `adrift`: or wherever the next EV is connected."""
        session.adrift |= adrift and session.transaction is None and not session.evse.connected
        session.token = token
        session.group = verdict.group
        session.authorized = True
        session.held = False
        session.suspended = session.transaction is not None and session.transaction.reached
        if session.transaction is not None:
            session.transaction.stopped_reason = None
            session.transaction.token_told = False
        if self._station.availability.reservation(session.evse.id) is not None:
            session.reservation_id = self._station.availability.end_reservation(session.evse.id)
            self._station.availability.report_changes()
        if session.evse.connected and self._merges(session):
            self._move(session, "Authorized")
            return
        self._move(session, "Authorized")
        if session.evse.connected:
            self._close_path(session)
        else:
            self._start_connection_timer(session)

    def stop_locally(self, session: Session, token: Token, reason: str = "Local") -> None:
        """A token that may stop was presented (E07)."""
        self._end_authorization(session, "StopAuthorized", reason, token=token)

    def stop_remotely(self, session: Session) -> None:
        """RequestStopTransaction was accepted (F03): it ends what was never authorized, too."""
        stop = self._station.model.members("TxCtrlr", "TxStopPoint")
        end = "Authorized" in stop or "PowerPathClosed" in stop
        self._end_authorization(session, "RemoteStop", "Remote", end=end)

    def reset_stops(self, session: Session) -> None:
        """A reset that does not wait ends the transaction (B12)."""
        session.authorized = False
        if session.transaction is not None:
            session.transaction.stopped_reason = "ImmediateReset"
            self._end(session, "ResetCommand", "ImmediateReset")

    def reset_pauses(self, session: Session) -> None:
        """A reset that the transaction outlives: it is told, energy stops, the cable is free (B13.FR.04, FR.20)."""
        if not self._station.defects.active("reset-not-told-as-event"):
            self._emit(session, "Updated", "ResetCommand")
        self._remember(session)
        self._station.memory.section("transactions")[str(session.evse.id)]["outlives"] = True
        self._station.memory.save()
        if session.sampler is not None:
            session.sampler.cancel()
        self._switch(session, False)
        session.evse.connector.unlock()

    def reset_resumes(self, session: Session) -> None:
        """The EVSE has been reset, and its transaction goes on (B13.FR.12 to FR.14)."""
        kept = self._station.memory.section("transactions").get(str(session.evse.id))
        if session.transaction is not None and kept is not None:
            self._resume(session, kept)

    def judged(self, transaction_id: str, token: Token, verdict: Verdict) -> None:
        """The CSMS said in a TransactionEventResponse what it thinks of the token (E05, C15)."""
        session = self.by_id(transaction_id)
        if session is None or session.token is None or not same_token(session.token, token):
            return
        if verdict.allows(session.evse.id):
            session.group = verdict.group or session.group
            return
        if not session.authorized:
            return
        tx = "TxCtrlr"
        if self._station.model.flag(tx, "StopTxOnInvalidId"):
            self._end_authorization(session, "Deauthorized", "DeAuthorized", at_once=True)
            return
        allowed = self._station.model.number(tx, "MaxEnergyOnInvalidId")
        if allowed > 0:
            session.limit = session.evse.meter.read() + allowed
            self._watch_limit(session)
        else:
            self._suspend(session)

    def limit_set(self, session: Session, limit: Limit) -> None:
        """A limit was set: it is told, once (E16.FR.01, E16.FR.03)."""
        self._emit(session, "Updated", "LimitSet", info={"transactionLimit": limit})

    def limit_reached(self, session: Session, trigger: str, reason: str) -> None:
        """No energy beyond a limit: that suspends the transaction, or ends it (E16.FR.05, E16.FR.06)."""
        session.suspended = True
        self._switch(session, False)
        end = "EnergyTransfer" in self._station.model.members("TxCtrlr", "TxStopPoint")
        self._move(session, trigger, reason=reason, end=end)
        self._finish(session)

    def limit_raised(self, session: Session) -> None:
        """The limit that was reached is not any more (E16.FR.14)."""
        session.suspended = False
        self._flow(session)

    def _watch_limit(self, session: Session) -> None:
        async def watch() -> None:
            while session.transaction is not None and session.limit is not None:
                left = session.limit - session.evse.meter.read()
                if left <= 0:
                    self._suspend(session)
                    return
                watts = max(1, session.evse.meter.watts)
                await asyncio.sleep(min(0.5, max(0.01, float(left) * 3600 / watts)))

        if session.limit_timer is None or session.limit_timer.done():
            session.limit_timer = self._station.spawn(watch())

    def _suspend(self, session: Session) -> None:
        """The station stops the energy, the transaction goes on (E05.FR.02)."""
        session.suspended = True
        self._flow(session, reason="DeAuthorized")

    def _end_authorization(
        self,
        session: Session,
        trigger: str,
        reason: str,
        *,
        token: Token | None = None,
        at_once: bool = False,
        end: bool = False,
    ) -> None:
        """The authorization ends; `at_once` stops the energy before the event, `end` ends the transaction anyhow."""
        self._cancel_connection_timer(session)
        session.authorized = session.path_closed = False
        session.adrift &= session.evse.bay_occupied
        transaction = session.transaction
        if transaction is not None and transaction.stopped_reason is None:
            transaction.stopped_reason = reason
        if at_once:
            self._switch(session, False)
        # Energy that was suspended has stopped for good now (E06.FR.07).
        rests = transaction is not None and transaction.flowed and not session.flowing
        end |= rests and "EnergyTransfer" in self._station.model.members("TxCtrlr", "TxStopPoint")
        self._move(session, trigger, reason=reason, token=token, end=end)
        if session.transaction is not None:
            self._switch(session, False)
            if self._charging_state(session) != session.state:
                self._move(session, "ChargingStateChanged", reason=reason)
            session.signed = False
            self._move(session, "SignedDataReceived", reason=reason, report=False)
        session.held = trigger == "Deauthorized" and not self._station.defects.active("frees-refused-cable")
        self._release(session)
        self._station.payments.authorization_ended(session)
        self.forget_token(session)

    def take_cable(self, session: Session) -> None:
        """The owner of a cable that the lock has kept presented the token again (E05.FR.11, E09.FR.03)."""
        if session.held and self._station.defects.active("refused-cable-kept-for-good"):
            return
        session.evse.connector.unlock()
        self.cable_freed(session)

    def cable_freed(self, session: Session) -> None:
        """The lock is open: the cable waits for nobody any more, and whose it was is forgotten."""
        session.held = False
        self.forget_token(session)

    def forget_token(self, session: Session) -> None:
        """Once nothing hangs on it: no transaction, and no locked cable that waits for its owner to present it."""
        if session.transaction is None and not session.authorized and not session.evse.connector.locked:
            session.token = session.profile = None
            session.group = ""
            session.remote_start_id = None

    # -- happenings of the energy ----------------------------------------------------------------------------------

    def ev_changed(self, evse: Evse) -> None:
        """The EV suspended, resumed, became ready or ceased to be (E01.FR.19)."""
        self._flow(self.sessions[evse.id], reason="StoppedByEV")

    def stopped_by_ev(self, evse: Evse) -> bool:
        """The EV ended its session for good, and with it the authorization (E15); whether there was one."""
        session = self.sessions[evse.id]
        if not (session.authorized and evse.connected):
            return False
        trigger = "ChargingStateChanged" if self._station.defects.active("ev-stop-as-pause") else "StopAuthorized"
        reason = "EVDisconnected" if self._station.defects.active("ev-stop-as-unplugging") else "StoppedByEV"
        self._end_authorization(session, trigger, reason, at_once=True)
        return True

    def fault_changed(self, evse: Evse, kind: str | None) -> None:
        """A fault came (`kind`) or went (None)."""
        session, active = self.sessions[evse.id], self._station.defects.active
        if kind is None or session.transaction is None:
            return
        if kind == METER_FAULT and active("meter-fault-ignored"):
            return
        reason = kind if kind in FAULT_REASONS else "Other"
        session.transaction.stopped_reason = reason
        trigger = "ChargingStateChanged" if active("fault-told-as-pause") else "AbnormalCondition"
        self._end_authorization(session, trigger, reason, at_once=True, end=True)

    def _close_path(self, session: Session) -> None:
        """Authorized and connected: lock, close the contactor, let energy flow (G05: not without a lock)."""
        connector = session.evse.connector
        if not connector.lock():
            self._station.report_lock_problem(session.evse, connector)
            return
        if self._station.model.flag("SampledDataCtrlr", "SignReadings"):
            session.signed = True
            self._move(session, "SignedDataReceived", report=False)
        session.path_closed = True
        self._move(session, "ChargingStateChanged", report=False)
        if self._station.defects.active("suspended-before-charging"):
            session.suspended = True
            self._flow(session)
            session.suspended = False
        self._flow(session)

    def _merges(self, session: Session) -> bool:
        """With the habit of merged transitions: let the energy flow before the event that says why."""
        if not self._station.defects.active("merged-transitions"):
            return False
        if self._station.model.flag("SampledDataCtrlr", "SignReadings") or not session.evse.connector.lock():
            return False
        session.path_closed = True
        self._switch(session, not session.evse.faulted and session.evse.ev_takes_energy)
        return True

    def _flow(self, session: Session, reason: str = "Other") -> None:
        """Let energy flow if nothing stands against it, and say so when the state changed."""
        evse = session.evse
        allowed = session.path_closed and not session.suspended and not evse.faulted
        allowed = allowed and self._station.charging.watts(session) > 0
        self._switch(session, allowed and evse.ev_takes_energy)
        if self._charging_state(session) != session.state:
            self._move(session, "ChargingStateChanged", reason=reason)
            self._finish(session)

    def bound(self) -> None:
        """The charging profiles may allow something else now: let every EV have what it may have."""
        for session in self.sessions.values():
            if session.path_closed:
                self._flow(session)

    def _finish(self, session: Session) -> None:
        """After a happening that may have ended the transaction: its end unlocks the cable (E06.FR.10)."""
        if session.transaction is None and not session.authorized:
            self._release(session)
            self.forget_token(session)

    def _release(self, session: Session) -> None:
        """Open the lock, but not of a cable that waits for its owner."""
        if not session.held and not self._station.defects.active("lock-stays-shut"):
            session.evse.connector.unlock()

    def _switch(self, session: Session, on: bool) -> None:
        loop_time = asyncio.get_running_loop().time()
        transaction = session.transaction
        watts = session.evse.max_watts * session.evse.phases // PHASES
        if on and not session.flowing and transaction is not None:
            transaction.charged_since = loop_time
            transaction.flowed = True
        if not on and transaction is not None and transaction.charged_since is not None:
            transaction.charged += loop_time - transaction.charged_since
            transaction.charged_since = None
        session.flowing = on
        watts = min(watts, self._station.charging.watts(session))
        session.evse.meter.switch(watts if on else 0)

    # -- timers ----------------------------------------------------------------------------------------------------

    def _start_connection_timer(self, session: Session) -> None:
        """The EV has EVConnectionTimeOut seconds to connect (E03.FR.05, E10.FR.02)."""
        self._cancel_connection_timer(session)
        seconds = self._station.model.number("TxCtrlr", "EVConnectionTimeOut")
        if seconds <= 0 or self._station.defects.active("connection-timeout-ignored"):
            return

        async def expire() -> None:
            await asyncio.sleep(seconds)
            session.connection_timer = None
            # E03.FR.05 and .15: ParkingBayOccupancy keeps the transaction until the EV leaves.
            if self._station.defects.active("authorization-survives-timeout"):
                self._emit(session, "Updated", "EVConnectTimeout")
                return
            end = "ParkingBayOccupancy" not in self._station.model.members("TxCtrlr", "TxStopPoint")
            self._end_authorization(session, "EVConnectTimeout", "Timeout", at_once=True, end=end)
            self._station.availability.report_changes()

        session.connection_timer = self._station.spawn(expire())

    def _cancel_connection_timer(self, session: Session) -> None:
        if session.connection_timer is not None:
            session.connection_timer.cancel()
            session.connection_timer = None

    async def _sample(self, session: Session, transaction: Transaction) -> None:
        """Periodic meter values while the transaction runs (J02.FR.11)."""
        loop = asyncio.get_running_loop()
        model = self._station.model
        sampled = "SampledDataCtrlr"
        last_update = last_end = loop.time()
        while session.transaction is transaction:
            update = model.number(sampled, "TxUpdatedInterval") if model.flag(sampled, "Enabled") else 0
            end = model.number(sampled, "TxEndedInterval") if model.flag(sampled, "Enabled") else 0
            due = [last + every for last, every in ((last_update, update), (last_end, end)) if every > 0]
            await asyncio.sleep(min([0.25, *(max(0.0, when - loop.time()) for when in due)]))
            if session.transaction is not transaction:
                return
            if end > 0 and loop.time() >= last_end + end:
                last_end += end
                taken = self._meter(session, "TxEndedMeasurands", "Sample.Periodic")
                transaction.samples.extend(taken)
            if update > 0 and loop.time() >= last_update + update:
                last_update += update
                taken = self._meter(session, "TxUpdatedMeasurands", "Sample.Periodic")
                if taken:
                    self._emit(session, "Updated", "MeterValuePeriodic", meter=taken)

    # -- the rule itself -------------------------------------------------------------------------------------------

    def _facts(self, session: Session) -> frozenset[str]:
        evse = session.evse
        holding = {
            "ParkingBayOccupancy": evse.bay_occupied,
            "EVConnected": evse.connected,
            "Authorized": session.authorized,
            "DataSigned": session.signed,
            # Despite its name not the relay's: the logical AND of the two (TxStartStopPointEnumType).
            "PowerPathClosed": evse.connected and session.authorized,
            "EnergyTransfer": session.flowing,
        }
        return frozenset(name for name, holds in holding.items() if holds)

    def _charging_state(self, session: Session) -> str:
        """One of ChargingStateEnumType."""
        evse = session.evse
        if not evse.connected:
            return "Idle"
        if session.flowing:
            return "Charging"
        if not session.path_closed:
            return "EVConnected"
        if session.suspended or session.evse.faulted or evse.ev_takes_energy:
            return "SuspendedEVSE"
        return "SuspendedEV"

    def _move(
        self,
        session: Session,
        trigger: str,
        *,
        reason: str = "Other",
        report: bool = True,
        token: Token | None = None,
        end: bool = False,
    ) -> None:
        """The state changed: start, continue or end the transaction.

        `reason` is the stoppedReason if this ends it; `report` false: only a start or an end is worth an event;
        `token`: the one to name in the event; `end`: ends it whatever the stop points are.
        """
        before, after = session.facts, self._facts(session)
        session.facts = after
        start = frozenset(self._station.model.members("TxCtrlr", "TxStartPoint"))
        stop = frozenset(self._station.model.members("TxCtrlr", "TxStopPoint"))
        if self._station.defects.active("start-point-ignored"):
            start |= {"EVConnected", "Authorized"}
        if self._station.defects.active("stop-point-ignored"):
            stop |= {"Authorized", "EnergyTransfer"}
        if session.transaction is None:
            session.state = self._charging_state(session)
            if (after - before) & start or (trigger == "Authorized" and after & start):
                self._start(session, trigger)
        elif (before - after) & stop or end:
            self._end(session, trigger, reason, token)
        else:
            changed = self._charging_state(session)
            if report:
                session.state = changed
                self._emit(session, "Updated", trigger, token=token)

    def _start(self, session: Session, trigger: str) -> None:
        transaction = Transaction(str(uuid.uuid4()), energy_before=session.evse.meter.read())
        session.transaction = transaction
        self._station.charging.begins(session)
        if session.flowing:
            transaction.charged_since = asyncio.get_running_loop().time()
            transaction.flowed = True
        begin = [] if session.adrift else self._begin(session, transaction)
        transaction.begin_due = session.adrift
        costs = self._station.tariffs.details(session) if self._station.tariffs.tells else None
        self._emit(session, "Started", trigger, meter=begin, costs=costs)
        session.sampler = self._station.spawn(self._sample(session, transaction))
        self._station.spawn(self._station.tariffs.report(session))

    def _begin(self, session: Session, transaction: Transaction) -> list[Payload]:
        """The readings of the begin."""
        begin = self._meter(session, "TxStartedMeasurands", "Transaction.Begin")
        transaction.begin = begin[0] if begin else None
        transaction.begin_due = False
        return begin

    def running_cost(self, session: Session, costs: Payload | None) -> None:
        """What the transaction costs so far is told, where the station calculates it (I12.FR.03)."""
        if costs is not None:
            self._emit(session, "Updated", "RunningCost", costs=costs)

    def _end(self, session: Session, trigger: str, reason: str, token: Token | None = None) -> None:
        transaction = session.transaction
        if transaction is None:
            return
        session.authorized = session.path_closed = session.signed = session.suspended = False
        self._switch(session, False)
        session.state = self._charging_state(session)
        final = self._meter(session, "TxEndedMeasurands", "Transaction.End")
        meter = [*([transaction.begin] if transaction.begin and final else []), *transaction.samples, *final]
        info = {"stoppedReason": transaction.stopped_reason or reason}
        details = self._station.tariffs.details(session)
        self._emit(session, "Ended", trigger, meter=meter, info=info, token=token, costs=details)
        session.transaction = None
        session.adrift = False
        self._station.charging.ends(transaction.id)
        session.limit_due = {}
        session.limit = None
        session.remote_start_id = session.reservation_id = None
        if session.sampler is not None:
            session.sampler.cancel()
        self._cancel_connection_timer(session)
        self._remember(session)
        session.facts = self._facts(session)
        self._station.payments.transaction_ended(session, transaction, details)
        self._station.transaction_ended(session.evse)

    def _meter(self, session: Session, measurands: str, context: str) -> list[Payload]:
        """Sampled values as configured, as a list of none or one MeterValueType."""
        model = self._station.model
        if not model.flag("SampledDataCtrlr", "Enabled"):
            return []
        taken = meter_value(self._station, session.evse, model.members("SampledDataCtrlr", measurands), context)
        return [taken] if taken else []

    def triggered(self, session: Session) -> None:
        """TriggerMessage asked for a TransactionEvent (F06.FR.07)."""
        taken = self._meter(session, "TxUpdatedMeasurands", "Trigger")
        self._emit(session, "Updated", "Trigger", meter=taken, place=True)

    def clock_aligned(self, session: Session, taken: Payload) -> None:
        """A clock-aligned meter value during the transaction."""
        self._emit(session, "Updated", "MeterValueClock", meter=[taken])

    def _emit(
        self,
        session: Session,
        event: str,
        trigger: str,
        *,
        meter: list[Payload] | None = None,
        info: Payload | None = None,
        token: Token | None = None,
        place: bool = False,
        costs: Payload | None = None,
    ) -> None:
        """Queue one TransactionEvent."""
        transaction = session.transaction
        if transaction is None:
            return
        about: Payload = {"transactionId": transaction.id, "chargingState": session.state, **(info or {})}
        payload: Payload = {
            "eventType": event,
            "timestamp": self._station.clock.stamp(),
            "triggerReason": trigger,
            "seqNo": transaction.seq,
            "transactionInfo": about,
        }
        transaction.seq += 1
        if transaction.begin_due and session.flowing and not self._station.defects.active("late-begin-not-told"):
            meter = [*self._begin(session, transaction), *(meter or [])]
        if session.remote_start_id is not None:
            # F02.FR.21: the first event after the request says so, whatever brought it about.
            payload["triggerReason"] = "RemoteStart"
            about["remoteStartId"] = session.remote_start_id
            session.remote_start_id = None
        if event == "Ended":
            about["timeSpentCharging"] = round(transaction.charged)
        self._add_place(session, transaction, payload, place)
        if token is not None:
            payload["idToken"] = token
        elif session.authorized and session.token is not None and not transaction.token_told:
            payload["idToken"] = session.token
            transaction.token_told = True
            self._add_limit(session, transaction, about)
        if session.reservation_id is not None:
            payload["reservationId"] = session.reservation_id
            session.reservation_id = None
        if session.flowing and self._phases_due(session.evse.phases, transaction.phases_told):
            payload["numberOfPhasesUsed"] = transaction.phases_told = session.evse.phases
        if meter:
            payload["meterValue"] = meter
        if costs is not None:
            payload["costDetails"] = costs
        if event == "Started" and (tariff := self._station.tariffs.of(session.evse.id)) is not None:
            about["tariffId"] = tariff["tariffId"]
        if not self._station.online:
            payload["offline"] = True
        self._station.queue.add("TransactionEvent", payload, transaction.id)
        self._remember(session)

    def _phases_due(self, used: int, told: int) -> bool:
        """Whether the number of phases is news (E02.FR.18, E02.FR.19)."""
        return used != told and not (told and self._station.defects.active("phases-told-once"))

    def _add_limit(self, session: Session, transaction: Transaction, about: Payload) -> None:
        """The limit that came with the authorization (C18.FR.06, C25.FR.04 to FR.06)."""
        due, session.limit_due = session.limit_due, {}
        if due:
            about["transactionLimit"] = due
            transaction.limits |= due
            self._station.limits.watch(session)

    def _add_place(self, session: Session, transaction: Transaction, payload: Payload, always: bool) -> None:
        """The EVSE, and the connector once an EV is connected, when they are news (E01.FR.16)."""
        if session.adrift:
            return
        level = 2 if session.evse.connected else 1
        if level <= transaction.place_told and not always:
            return
        payload["evse"] = {"id": session.evse.id}
        if level == 2:
            payload["evse"]["connectorId"] = session.evse.connector.id
        transaction.place_told = max(level, transaction.place_told)


def _recalled(kept: dict[str, Any]) -> Transaction:
    """The transaction that was interrupted."""
    return Transaction(
        kept["id"],
        kept["seq"],
        token_told=kept["token_told"],
        place_told=kept["place"],
        begin=kept["begin"],
        begin_due=kept["begin_due"],
        since=float(kept["since"]),
        energy_before=Decimal(kept["energy"]),
        flowed=kept["flowed"],
        charged=float(kept["charged"]),
        limits=kept["limits"],
        most=kept["most"],
        cost=kept["cost"],
        reached=kept["reached"],
    )


def key_of(token: Token) -> str:
    """By what list and cache know a token: its type and its text (C01.FR.25)."""
    return f"{token.get('type', '')} {token.get('idToken', '')}"


def same_token(one: Token, other: Token) -> bool:
    """Whether two idTokens are the same: of one type, and of one text without regard to case (C01.FR.25)."""
    return key_of(one).casefold() == key_of(other).casefold()
