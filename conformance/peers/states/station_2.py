"""Reusable states of a charging station under test in 2.x (2.0.1 part 6 ed. 3, section 2.18).

Which event a step owes is a function of TxStartPoint and TxStopPoint, kept by `Session`; a RequestStartTransaction
overrides the trigger reason of the first event after it (2.0.1 part 2, F01.FR.25, F02.FR.05).
"""

from __future__ import annotations

from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.payload import PRESENT, one_of
from conformance.peers.peer import Request
from conformance.peers.session import Session
from conformance.peers.states import state


@state("Booting", family="2", dut="CS")
def booting(csms: FakeCsms, lab: Any) -> None:
    """The station has accepted an immediate Reset; its connection is about to end."""
    csms.mark()
    _reset(csms)


@state("Booted", family="2", dut="CS")
def booted(csms: FakeCsms, lab: Any, by: str = "power_cycle") -> Request:
    """The station restarts (`by` power_cycle or Reset), registers and reports every connector; returns its boot."""
    csms.mark()
    if by == "power_cycle":
        lab.operator.power_cycle()
        csms.expect_connection()
        within = csms.deadlines.boot
    else:
        _reset(csms)
        within = csms.deadlines.reset
    boot = csms.expect("BootNotification", within=within)
    for connector in lab.dut.connectors:
        csms.expect_connector_status("Available", connector)
    csms.expect_optional("SecurityEventNotification", type=one_of("StartupOfTheDevice", "ResetOrReboot"))
    return boot


def _reset(csms: FakeCsms) -> None:
    answer = csms.send("Reset", type="Immediate")
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


@state("ParkingBayOccupied", family="2", dut="CS")
def parking_bay_occupied(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The EV has entered the bay, where the station can see that."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "ParkingBayOccupancy" not in session.start_points | session.stop_points:
        return
    csms.mark()
    lab.operator.occupy_bay(connector)
    _event(csms, session, session.advance("ParkingBayOccupancy"), connector, triggerReason="EVDetected")


@state("EVConnectedPreSession", family="2", dut="CS")
def ev_connected(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """EV and EVSE are connected: the connector is Occupied and a running transaction says so."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "ParkingBayOccupancy" not in session.holds:
        parking_bay_occupied(csms, lab, connector)
    csms.mark()
    was_authorized = "Authorized" in session.holds
    lab.operator.plug_in(connector)
    csms.expect_connector_status("Occupied", connector)
    reasons = ["CablePluggedIn", "ChargingStateChanged"] + (["RemoteStart"] if session.remote else [])
    states = ["EVConnected"] + (["SuspendedEVSE", "SuspendedEV", "Charging"] if was_authorized else [])
    _event(
        csms,
        session,
        session.advance("EVConnected"),
        connector,
        triggerReason=one_of(*reasons),
        chargingState=one_of(*states),
    )


@state("Authorized", family="2", dut="CS")
def authorized(csms: FakeCsms, lab: Any, connector: Any = None, locally: bool | None = None, token: Any = None) -> None:
    """The session is authorized, by a presented token (A) or by RequestStartTransaction (B).

    Default: A where the operator can present a token, else B.
    """
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    session = csms.session(connector.evseId)
    if not session.holds & {"ParkingBayOccupancy", "EVConnected"}:
        parking_bay_occupied(csms, lab, connector)
    if locally is None:
        locally = lab.operator.offers("present_token")
    csms.mark()
    if locally:
        lab.operator.present_token(token, connector)
        if csms.configured("AuthCtrlr", "Enabled") != "false":
            csms.expect("Authorize", idToken=token, within=csms.deadlines.physical)
        reason: Any = "Authorized"
    else:
        _start_remotely(csms, session, connector, token)
        reason = "RemoteStart"
    owed = session.advance("Authorized")
    extra = {"remoteStartId": PRESENT} if owed and not locally else {}
    _event(csms, session, owed, connector, triggerReason=reason, idToken=token, **extra)


def _start_remotely(csms: FakeCsms, session: Session, connector: Any, token: Any) -> None:
    session.remote = True
    csms.facts["remoteStartId"] = int(csms.facts.get("remoteStartId", 0)) + 1
    answer = csms.send(
        "RequestStartTransaction",
        remoteStartId=csms.facts["remoteStartId"],
        idToken=token,
        evseId=connector.evseId,
    )
    if answer.status != "Accepted":
        raise csms.failure(
            "RequestStartTransaction answered Accepted", f"{answer.status}", entry=answer._entry, pointer="/status"
        )
    if session.started and answer.transactionId != csms.transaction(connector.evseId).id:
        raise csms.failure(
            f"transactionId {csms.transaction(connector.evseId).id} of the running transaction",
            f"{answer.transactionId}",
            entry=answer._entry,
            pointer="/transactionId",
            requirement="F01.FR.13",
        )
    if csms.configured("AuthCtrlr", "AuthorizeRemoteStart") == "true":
        csms.expect("Authorize", idToken=token)


@state("EnergyTransferStarted", family="2", dut="CS")
def energy_transfer_started(
    csms: FakeCsms, lab: Any, connector: Any = None, locally: bool | None = None, token: Any = None
) -> None:
    """Energy flows between EV and EVSE."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "EVConnected" not in session.holds and "Authorized" not in session.holds:
        ev_connected(csms, lab, connector)
    if "Authorized" not in session.holds:
        authorized(csms, lab, connector, locally, token)
    elif "EVConnected" not in session.holds:
        ev_connected(csms, lab, connector)
    session.advance("DataSigned", "EnergyTransfer")
    csms.transaction(connector.evseId).wait_until(chargingState="Charging", within=csms.deadlines.physical)


@state("EnergyTransferSuspended", family="2", dut="CS")
def energy_transfer_suspended(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The EV has suspended the energy transfer."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "EnergyTransfer" not in session.holds:
        energy_transfer_started(csms, lab, connector)
    csms.mark()
    lab.operator.suspend_ev(connector)
    owed = session.advance(ceased=("EnergyTransfer",))
    ending = {"stoppedReason": "StoppedByEV"} if owed == "Ended" else {"triggerReason": "ChargingStateChanged"}
    _event(csms, session, owed, connector, chargingState=one_of("SuspendedEV", "EVConnected"), **ending)


@state("StopAuthorized", family="2", dut="CS")
def stop_authorized(csms: FakeCsms, lab: Any, connector: Any = None, locally: bool | None = None) -> None:
    """The session is authorized to stop, by the same token (A) or by RequestStopTransaction (B)."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "EnergyTransfer" not in session.holds:
        energy_transfer_started(csms, lab, connector)
    if locally is None:
        locally = lab.operator.offers("present_token")
    csms.mark()
    if locally:
        lab.operator.present_token(lab.dut.tokens.valid, connector)
        reason, stopped = "StopAuthorized", "Local"
    else:
        answer = csms.send("RequestStopTransaction", transactionId=csms.transaction(connector.evseId).id)
        if answer.status != "Accepted":
            raise csms.failure(
                "RequestStopTransaction answered Accepted", f"{answer.status}", entry=answer._entry, pointer="/status"
            )
        reason, stopped = "RemoteStop", "Remote"
    owed = session.advance(ceased=("Authorized", "EnergyTransfer"))
    transaction = csms.transaction(connector.evseId)
    transaction.expect(triggerReason=reason)
    if owed == "Ended":
        ended = transaction.expect(eventType="Ended")
        said = ended.transactionInfo.stoppedReason or "Local"
        if said != stopped:
            raise csms.failure(
                f"stoppedReason {stopped}",
                f"{said}",
                entry=ended._entry,
                pointer="/transactionInfo/stoppedReason",
                requirement="E06.FR.08" if locally else "F03.FR.02",
            )


@state("EVConnectedPostSession", family="2", dut="CS")
def ev_connected_post_session(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """Energy transfer has stopped for good; the cable is still in."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "Authorized" in session.holds or not session.holds:
        stop_authorized(csms, lab, connector)
    if session.running:
        csms.transaction(connector.evseId).expect(chargingState="EVConnected")


@state("EVDisconnected", family="2", dut="CS")
def ev_disconnected(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The cable is out after the session was authorized to stop."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "Authorized" in session.holds or not session.holds:
        ev_connected_post_session(csms, lab, connector)
    csms.mark()
    lab.operator.unplug(connector)
    csms.expect_connector_status("Available", connector)
    owed = session.advance(ceased=("EVConnected",))
    _event(csms, session, owed, connector, triggerReason="EVCommunicationLost", chargingState="Idle")


@state("ParkingBayUnoccupied", family="2", dut="CS")
def parking_bay_unoccupied(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The EV has left the bay after the session."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "EVConnected" in session.holds:
        ev_disconnected(csms, lab, connector)
    csms.mark()
    lab.operator.free_bay(connector)
    owed = session.advance(ceased=("ParkingBayOccupancy",))
    _event(csms, session, owed, connector, triggerReason="EVDeparted")


def _event(csms: FakeCsms, session: Session, owed: str, connector: Any, **match: Any) -> None:
    """Wait for the event that the step owes; the first after a remote start may say RemoteStart instead."""
    if not owed:
        return
    if session.remote and "triggerReason" in match and isinstance(match["triggerReason"], str):
        match["triggerReason"] = one_of(match["triggerReason"], "RemoteStart")
    if owed == "Ended":
        match["eventType"] = "Ended"
    csms.transaction(connector.evseId).expect(within=csms.deadlines.physical, **match)
