"""Reusable states of a charging station under test in 2.x (2.0.1 part 6 ed. 3, section 2.18; 2.1 part 6 ed. 2).

Which event a step owes is a function of TxStartPoint and TxStopPoint, kept by `Session`, not a script: only the first
event of a transaction is Started, and it comes when the first of the start points holds and not before; Ended comes
when the first of the stop points ceases. What a step owes is looked for in any order within its window. A
RequestStartTransaction overrides the trigger reason of the next event (F01.FR.19, F02.FR.21).
"""

from __future__ import annotations

from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.payload import ABSENT, one_of, peek
from conformance.peers.peer import Request
from conformance.peers.session import Session
from conformance.peers.states import accepted, state
from conformance.peers.states.tokens import not_asked_about
from conformance.peers.transaction import TransactionView


@state("Booting", family="2", dut="CS")
def booting(csms: FakeCsms, lab: Any) -> None:
    """The station has accepted an immediate Reset; its connection is about to end."""
    csms.mark()
    _reset(csms)


@state("Booted", family="2", dut="CS")
def booted(csms: FakeCsms, lab: Any, by: str = "power_cycle") -> Request:
    """The station restarts (`by` power_cycle, Reset, or OnIdle for a Reset OnIdle), registers and reports every
    connector, Available or, with a cable in it, Occupied; returns its boot."""
    csms.mark()
    if by == "power_cycle":
        lab.operator.power_cycle()
        csms.expect_connection()
        within = csms.deadlines.boot
    else:
        _reset(csms, "OnIdle" if by == "OnIdle" else "Immediate")
        within = csms.deadlines.reset
    boot = csms.expect("BootNotification", within=within)
    booted_statuses(csms, lab)
    return boot


def booted_statuses(csms: FakeCsms, lab: Any) -> None:
    """In this window the station has reported every connector, as a station does that has registered."""
    for connector in lab.dut.connectors:
        session = csms.sessions.get(connector.evseId)
        plugged = session is not None and "EVConnected" in session.holds and session.connector in (None, connector)
        csms.expect_connector_status("Occupied" if plugged else "Available", connector)
    csms.expect_optional("SecurityEventNotification", type=one_of("StartupOfTheDevice", "ResetOrReboot"))


def _reset(csms: FakeCsms, kind: str = "Immediate") -> None:
    answer = csms.send("Reset", type=kind)
    if answer.status != "Accepted":
        raise csms.failure("Reset answered Accepted", f"{answer.status}", entry=answer._entry, pointer="/status")


@state("Unavailable", family="2", dut="CS")
def unavailable(csms: FakeCsms, lab: Any, evseId: int | None = None, connectorId: int | None = None) -> None:  # noqa: N803
    """The station, an EVSE or a connector is made inoperative, and its connectors are reported Unavailable."""
    csms.mark()
    evse = {"id": evseId, **({"connectorId": connectorId} if connectorId is not None else {})}
    target = {"evse": evse} if evseId is not None else {}
    answer = csms.send("ChangeAvailability", operationalStatus="Inoperative", **target)
    if answer.status != "Accepted":
        raise csms.failure("ChangeAvailability answered Accepted", f"{answer.status}", entry=answer._entry)
    for connector in lab.dut.connectors:
        if evseId in (None, connector.evseId) and connectorId in (None, connector.connectorId):
            csms.expect_connector_status("Unavailable", connector)


@state("Faulted", family="2", dut="CS")
def faulted(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """A connector has a fault, and is reported Faulted."""
    connector = connector or lab.dut.connector
    csms.mark()
    lab.operator.cause_fault(connector)
    csms.expect_connector_status("Faulted", connector, within=csms.deadlines.physical)


@state("Reserved", family="2", dut="CS")
def reserved(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None, **fields: Any) -> int:
    """The EVSE of a connector is kept for a token, by a ReserveNow with `fields`; returns the reservation's id."""
    connector = connector or lab.dut.connector
    number = csms.next_request_id()
    about = {"id": number, "evseId": connector.evseId, "expiryDateTime": csms.timestamp(3600)}
    csms.mark()
    answer = csms.send("ReserveNow", idToken=token or lab.dut.tokens.valid, **about, **fields)
    accepted(answer, csms, "ReserveNow", "H01.FR.23")
    for one in lab.dut.connectors:
        if one.evseId == connector.evseId:
            csms.expect_connector_status("Reserved", one, requirement="H01.FR.23")
    return number


@state("ParkingBayOccupied", family="2", dut="CS")
def parking_bay_occupied(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The EV has entered the bay; passed over where the station has no use for that."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "ParkingBayOccupancy" not in session.start_points | session.stop_points:
        return
    csms.mark()
    lab.operator.occupy_bay(connector)
    owed = session.advance("ParkingBayOccupancy")
    told = _event(csms, session, owed, connector, triggerReason="EVDetected", requirement="E01.FR.01")
    _unconnected(csms, told)


@state("EVConnectedPreSession", family="2", dut="CS")
def ev_connected(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """EV and EVSE are connected: the connector is Occupied and a running transaction says so, with its place."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "ParkingBayOccupancy" not in session.holds:
        parking_bay_occupied(csms, lab, connector)
    csms.mark()
    lab.operator.plug_in(connector)
    csms.expect_connector_status("Occupied", connector, within=csms.deadlines.physical, requirement="E02.FR.05")
    session.connector = connector
    session.due["evse"] = {"id": connector.evseId, "connectorId": connector.connectorId}
    # By the time of the event, a session that is authorized may already have gone on from EVConnected.
    states = ["EVConnected"]
    if "Authorized" in session.holds:
        states += ["SuspendedEVSE", "SuspendedEV", "Charging"]
    _event(
        csms,
        session,
        session.advance("EVConnected"),
        connector,
        triggerReason=one_of("CablePluggedIn", "ChargingStateChanged"),
        states=tuple(states),
        requirement="E01.FR.16",
    )


@state("Authorized", family="2", dut="CS")
def authorized(
    csms: FakeCsms,
    lab: Any,
    connector: Any = None,
    locally: bool | None = None,
    token: Any = None,
    asked: bool | None = None,
    reservation: int | None = None,
    **start: Any,
) -> None:
    """The session is authorized, by a presented token (A) or by RequestStartTransaction (B), which has `start`, too.

    Default: A where the operator can present a token, else B. `asked`: whether the CSMS has to be asked about the
    token, or must not be; by default as the configuration has it. It need not be where the EVSE is kept for the token,
    by a `reservation` that the next event has to name.
    """
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    session = csms.session(connector.evseId)
    if not session.holds & {"ParkingBayOccupancy", "EVConnected"}:
        parking_bay_occupied(csms, lab, connector)
    if present(csms, lab, connector, token, locally, asked if reservation is None else False, **start):
        session.authorize(token)
    else:
        session.request_start(token, csms.facts["remoteStartId"])
    if reservation is not None:
        session.due["reservationId"] = reservation
    owed = session.advance("Authorized")
    told = _event(csms, session, owed, connector, triggerReason="Authorized", requirement="E01.FR.10")
    if "EVConnected" not in session.holds:
        _unconnected(csms, told)
    if asked is False:
        not_asked_about(csms, lab, token)


def present(
    csms: FakeCsms, lab: Any, connector: Any, token: Any, locally: bool | None, asked: bool | None, **start: Any
) -> bool:
    """A token is presented, or a remote start brings it; the CSMS is asked about it. Whether it was presented."""
    if locally is None:
        locally = lab.operator.offers("present_token")
    asks = _asks_csms(csms) if asked is None else asked
    csms.mark()
    if locally:
        lab.operator.present_token(token, connector)
    else:
        _start_remotely(csms, csms.session(connector.evseId), connector, token, **start)
        asks = asks and csms.configured("AuthCtrlr", "AuthorizeRemoteStart") == "true"
    if asks:
        requirement = "C01.FR.02" if locally else "F01.FR.01"
        csms.expect("Authorize", idToken=token, within=csms.deadlines.physical, requirement=requirement)
    return locally


def _asks_csms(csms: FakeCsms) -> bool:
    """Whether a presented token has to be asked about: not where authorization is off, local only, or from memory."""
    switches = {"Enabled": "false", "DisableRemoteAuthorization": "true", "LocalPreAuthorize": "true"}
    return all(csms.configured("AuthCtrlr", name) != value for name, value in switches.items())


def _start_remotely(csms: FakeCsms, session: Session, connector: Any, token: Any, **start: Any) -> None:
    csms.facts["remoteStartId"] = int(csms.facts.get("remoteStartId", 0)) + 1
    answer = csms.send(
        "RequestStartTransaction",
        remoteStartId=csms.facts["remoteStartId"],
        idToken=token,
        evseId=connector.evseId,
        **start,
    )
    if answer.status != "Accepted":
        raise csms.failure(
            "RequestStartTransaction answered Accepted", f"{answer.status}", entry=answer._entry, pointer="/status"
        )
    if session.running:
        expected = _view(csms, session, connector).id
        if answer.transactionId != expected:
            raise csms.failure(
                f"transactionId {expected} of the running transaction",
                f"{answer.transactionId}",
                entry=answer._entry,
                pointer="/transactionId",
                requirement="F01.FR.13",
            )


@state("EnergyTransferStarted", family="2", dut="CS")
def energy_transfer_started(
    csms: FakeCsms,
    lab: Any,
    connector: Any = None,
    locally: bool | None = None,
    token: Any = None,
    asked: bool | None = None,
) -> None:
    """Energy flows between EV and EVSE."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "Authorized" not in session.holds:
        authorized(csms, lab, connector, locally, token, asked)
    if "EVConnected" not in session.holds:
        ev_connected(csms, lab, connector)
    if csms.configured("SampledDataCtrlr", "SignReadings") == "true":
        owed = session.advance("DataSigned")
        if owed == "Started":
            _event(csms, session, owed, connector, triggerReason="SignedDataReceived", requirement="E01.FR.04")
    # A change of state may be told in the event of another trigger (part 2, E 1.5, transactionInfo.chargingState).
    reasons = ["ChargingStateChanged", "Authorized", "CablePluggedIn", "SignedDataReceived"]
    _event(
        csms,
        session,
        session.advance("EnergyTransfer"),
        connector,
        earlier=True,
        triggerReason=one_of(*reasons, *(["RemoteStart"] if session.remote else [])),
        chargingState="Charging",
        requirement="E02.FR.13",
    )


@state("EnergyTransferSuspended", family="2", dut="CS")
def energy_transfer_suspended(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The EV has suspended the energy transfer, which ends a transaction whose stop point that is."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if not session.charged:
        energy_transfer_started(csms, lab, connector)
    csms.mark()
    lab.operator.suspend_ev(connector)
    owed = session.advance(ceased=("EnergyTransfer",))
    ended = owed == "Ended"
    _event(
        csms,
        session,
        owed,
        connector,
        triggerReason="ChargingStateChanged",
        states=("SuspendedEV", "EVConnected") if ended else ("SuspendedEV",),
        stoppedReason="StoppedByEV" if ended else ABSENT,
        requirement="E06.FR.07" if ended else "E01.FR.18",
    )


@state("StopAuthorized", family="2", dut="CS")
def stop_authorized(
    csms: FakeCsms,
    lab: Any,
    connector: Any = None,
    locally: bool | None = None,
    token: Any = None,
    asked: bool = False,
) -> None:
    """The session is authorized to stop, by the token that started or another (A) or by RequestStopTransaction (B).

    `asked`: whether the CSMS has to be asked about the token; if not, it must not be (C01.FR.03). Where that ends the
    transaction, the event that says so may also be a later one (E07, alternative scenario).
    """
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if not session.charged:
        energy_transfer_started(csms, lab, connector)
    if locally is None:
        locally = lab.operator.offers("present_token")
    csms.mark()
    if locally:
        token = token or session.token or lab.dut.tokens.valid
        lab.operator.present_token(token, connector)
        if asked:
            csms.expect("Authorize", idToken=token, within=csms.deadlines.physical, requirement="C09.FR.05")
        stop_told(csms, connector, token)
        if not asked:
            not_asked_about(csms, lab, token)
        return
    answer = csms.send("RequestStopTransaction", transactionId=_view(csms, session, connector).id)
    if answer.status != "Accepted":
        raise csms.failure(
            "RequestStopTransaction answered Accepted",
            f"{answer.status}",
            entry=answer._entry,
            pointer="/status",
            requirement="F03.FR.07",
        )
    session.stopped = "Remote"
    _stopped(csms, session, connector, triggerReason="RemoteStop", requirement="F03.FR.09")


def stop_told(csms: FakeCsms, connector: Any, token: Any, stopped: str = "Local") -> None:
    """A presented token has ended the authorization: an event tells it; Ended, where that is a stop point."""
    session = csms.session(connector.evseId)
    session.stopped = stopped
    # The token that stops should be named (E07.FR.02), but it need not.
    named = {"idToken": one_of(ABSENT, token)}
    _stopped(csms, session, connector, triggerReason="StopAuthorized", requirement="E07.FR.02", **named)


def _stopped(csms: FakeCsms, session: Session, connector: Any, **match: Any) -> None:
    owed = session.advance(ceased=("Authorized", "EnergyTransfer"))
    match["stoppedReason"] = _reason_after(session) if owed == "Ended" else ABSENT
    _event(csms, session, owed, connector, **match)


@state("EVConnectedPostSession", family="2", dut="CS")
def ev_connected_post_session(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """Energy transfer has stopped for good; the cable is still in."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if not session.stopped:
        stop_authorized(csms, lab, connector)
    if session.running:
        _view(csms, session, connector).expect(
            eventType="Updated",
            triggerReason=one_of("ChargingStateChanged", "StopAuthorized", "RemoteStop"),
            chargingState="EVConnected",
            requirement="E02.FR.13",
        )


@state("EVDisconnected", family="2", dut="CS")
def ev_disconnected(
    csms: FakeCsms, lab: Any, connector: Any = None, status: Any = "Available", released: str = ""
) -> None:
    """The cable is out after the session was authorized to stop, and the connector is `status`.

    `released`: the requirement that wants the lock open: the cable is pulled at, and the wire shows whether it held.
    """
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if not session.stopped:
        ev_connected_post_session(csms, lab, connector)
    if session.stopped == "DeAuthorized" and lab.dut.features.get("HFS-1"):
        # The cable of a token that was refused may wait for its owner (E05.FR.11).
        with csms.behind_the_scenes():
            csms.call("UnlockConnector", {"evseId": connector.evseId, "connectorId": connector.connectorId})
    csms.mark()
    if released:
        cable_pulled_out(csms, lab, connector)
    else:
        lab.operator.unplug(connector)
    csms.expect_connector_status(status, connector, within=csms.deadlines.physical, requirement=released)
    owed = session.advance(ceased=("EVConnected",))
    ended = owed == "Ended"
    _event(
        csms,
        session,
        owed,
        connector,
        triggerReason="EVCommunicationLost",
        chargingState="Idle",
        stoppedReason=_reason_after(session, "EVDisconnected") if ended else ABSENT,
        requirement="E06.FR.02" if ended else "E01.FR.18",
    )


@state("ParkingBayUnoccupied", family="2", dut="CS")
def parking_bay_unoccupied(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The EV has left the bay after the session; passed over where the station has no use for that."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if not session.stopped or "EVConnected" in session.holds:
        ev_disconnected(csms, lab, connector)
    if "ParkingBayOccupancy" not in session.holds:
        return
    csms.mark()
    lab.operator.free_bay(connector)
    owed = session.advance(ceased=("ParkingBayOccupancy",))
    _event(
        csms,
        session,
        owed,
        connector,
        triggerReason="EVDeparted",
        stoppedReason=_reason_after(session) if owed == "Ended" else ABSENT,
        requirement="E06.FR.01",
    )


@state("CablePulledOut", family="2", dut="CS")
def cable_pulled_out(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The cable is unplugged at the EV and then pulled at: that the lock holds it is no operator's failure."""
    connector = connector or lab.dut.connector
    if lab.dut.features.get("HFS-1") and lab.operator.offers("pull_cable"):
        lab.operator.unplug(connector, side="EV")
        lab.operator.pull_cable(connector)
    else:
        lab.operator.unplug(connector)


def _reason_after(session: Session, *also: str) -> Any:
    """stoppedReason of a transaction that ends after its authorization has ended; for a master pass see C16.FR.07."""
    if session.stopped == "Local":
        return one_of("Local", ABSENT, *also)
    return "MasterPass" if session.stopped == "MasterPass" else one_of(session.stopped, *also)


@state("EVDisconnectedOnEVSide", family="2", dut="CS")
def ev_disconnected_on_ev_side(csms: FakeCsms, lab: Any, connector: Any = None, stoppedReason: Any = None) -> None:  # noqa: N803  # the wire's own name
    """The EV is gone while the session was authorized: deauthorized if StopTxOnEVSideDisconnect says so (E09, E10)."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    csms.mark()
    lab.operator.unplug(connector, side="EV")
    deauthorized = csms.configured("TxCtrlr", "StopTxOnEVSideDisconnect") == "true"
    owed = session.advance(ceased=("EVConnected", "Authorized") if deauthorized else ("EVConnected",))
    _event(
        csms,
        session,
        owed,
        connector,
        triggerReason="EVCommunicationLost",
        chargingState="Idle",
        stoppedReason=stoppedReason or one_of("EVDisconnected", "StoppedByEV"),
        requirement="E01.FR.18",
    )


@state("EVConnectTimedOut", family="2", dut="CS")
def ev_connect_timed_out(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """Nobody has connected an EV for EVConnectionTimeOut: the session is deauthorized, and mostly ended with that."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if not session.running:
        # Nothing runs that could tell of it: an event after the time-out would be one too many.
        csms.wait(lambda: False, within=float(csms.configured("TxCtrlr", "EVConnectionTimeOut")))
        session.advance(ceased=("Authorized",))
        _none_yet(csms, session, connector)
        return
    within = float(csms.configured("TxCtrlr", "EVConnectionTimeOut")) + csms.deadlines.message
    transaction = _view(csms, session, connector)
    stays = "ParkingBayOccupancy" in session.stop_points
    deauthorizes = "F02.FR.08" if session.remote else "E03.FR.15"
    told = transaction.wait_until(
        within=within, triggerReason="EVConnectTimeout", requirement=deauthorizes if stays else "E03.FR.05"
    )
    owed = session.advance(ceased=("Authorized",))
    if not stays and (session.remote or owed == "Ended"):
        transaction.wait_until(
            eventType="Ended", stoppedReason="Timeout", requirement="F02.FR.07" if session.remote else "E03.FR.05"
        )
        _over(csms, session)
    elif told.eventType == "Ended":
        # Ending is only recommended where Authorized is no stop point (E03.FR.05).
        _over(csms, session)


def _over(csms: FakeCsms, session: Session) -> None:
    session.end()
    session.since = len(csms.trace.entries)


@state("StartOfflineTransaction", family="2", dut="CS")
def start_offline_transaction(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None) -> None:
    """A session has begun while the station had no connection; the station is connected again."""
    connector = connector or lab.dut.connector
    _session_offline(csms, lab, connector, token or lab.dut.tokens.valid, whole=False)


@state("TransactionEventsInQueueEnded", family="2", dut="CS")
def transaction_events_in_queue_ended(
    csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None, seconds: float = 0.0
) -> None:
    """A whole session, `seconds` long, has run while the station had no connection; it is connected again."""
    connector = connector or lab.dut.connector
    _session_offline(csms, lab, connector, token or lab.dut.tokens.valid, whole=True, seconds=seconds)


def _session_offline(
    csms: FakeCsms, lab: Any, connector: Any, token: Any, *, whole: bool, seconds: float = 0.0
) -> None:
    session = csms.session(connector.evseId)
    bay = "ParkingBayOccupancy" in session.start_points | session.stop_points
    csms.mark()
    with csms.offline():
        if bay:
            lab.operator.occupy_bay(connector)
        lab.operator.plug_in(connector)
        lab.operator.present_token(token, connector)
        if whole:
            csms.wait(lambda: False, within=seconds)
            lab.operator.present_token(token, connector)
            lab.operator.unplug(connector)
            if bay:
                lab.operator.free_bay(connector)
    csms.expect_connection()
    session.since = csms._window


def _view(csms: FakeCsms, session: Session, connector: Any) -> TransactionView:
    """The session's present transaction."""
    return TransactionView(csms, connector.evseId, session.since)


def _event(
    csms: FakeCsms,
    session: Session,
    owed: str,
    connector: Any,
    *,
    earlier: bool = False,
    states: tuple[str, ...] = (),
    requirement: str = "",
    **match: Any,
) -> Request | None:
    """Wait for the event that a step owes; where none is owed because nothing has started, see that none comes.

    With `earlier`, an event of the steps before will do. `states` are the charging states that it may tell. Ended may
    follow the event that says why. The event that tells of the step, None if none is owed.
    """
    if not owed:
        if not session.started:
            _none_yet(csms, session, connector)
        return None
    if len(states) == 1:
        match["chargingState"] = states[0]
    transaction = _view(csms, session, connector)
    match |= session.take_due()
    stopped = match.pop("stoppedReason", ABSENT)
    wait = transaction.wait_until if earlier else transaction.expect
    if owed != "Ended":
        kind: Any = one_of("Started", owed) if earlier else owed
        told = wait(within=csms.deadlines.physical, requirement=requirement, eventType=kind, **match)
        _check_state(csms, told, states)
        return told
    told = wait(within=csms.deadlines.physical, requirement=requirement, **match)
    ended = transaction.expect(
        within=csms.deadlines.physical, requirement="E06.FR.08", eventType="Ended", stoppedReason=stopped
    )
    _check_state(csms, told, states)
    session.since = ended._entry.index + 1
    return told


def _check_state(csms: FakeCsms, event: Request, states: tuple[str, ...]) -> None:
    """Where several states are right nothing hangs on which it is: seen, but not counted as judged."""
    told = peek(peek(event._payload, "transactionInfo"), "chargingState")
    if states and told not in states:
        raise csms.failure(
            f"chargingState {' or '.join(states)}",
            "none" if told is None else str(told),
            entry=event._entry,
            pointer="/transactionInfo/chargingState",
            requirement="E01.FR.18",
        )


def _unconnected(csms: FakeCsms, event: Request | None) -> None:
    """While no EV is connected, an event that tells a charging state tells Idle (ChargingStateEnumType)."""
    if event is not None and peek(peek(event._payload, "transactionInfo"), "chargingState") is not None:
        _check_state(csms, event, ("Idle",))


def _none_yet(csms: FakeCsms, session: Session, connector: Any) -> None:
    if {"EVConnected", "Authorized"} <= session.holds:
        return  # energy may flow at any moment from here on
    csms.drain()
    early = _view(csms, session, connector).first
    if early:
        points = ", ".join(sorted(session.start_points))
        raise csms.failure(
            f"no transaction before a start point holds (TxStartPoint {points})",
            f"TransactionEvent {early!r}",
            entry=early._entry,
        )
