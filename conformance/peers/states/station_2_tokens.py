"""What a charging station under test in 2.x makes of tokens: refused, cached, listed, known offline (block C)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.payload import one_of, peek
from conformance.peers.peer import Request
from conformance.peers.states import state
from conformance.peers.states.station_2 import (
    _event,
    energy_transfer_started,
    parking_bay_unoccupied,
    present,
    stop_told,
)
from conformance.peers.states.tokens import cache_cleared, not_asked_about


@state("TokensAskedAbout", family="2", dut="CS")
def tokens_asked_about(csms: FakeCsms, lab: Any, forget: bool = True) -> None:
    """Authorization is on, the CSMS may be asked, and (`forget`) the cache of a station that has one is empty."""
    csms.prefer("AuthCtrlr", "Enabled", "true")
    csms.prefer("AuthCtrlr", "DisableRemoteAuthorization", "false")
    if forget and lab.dut.features["C-49"] and csms.configured("AuthCacheCtrlr", "Enabled") != "false":
        cache_cleared(csms, lab)


@state("IdTokenLocalAuthList", family="2", dut="CS")
def id_token_in_local_list(
    csms: FakeCsms,
    lab: Any,
    entries: Sequence[dict[str, Any]] | None = None,
    version: int = 1,
    updateType: str = "Full",  # noqa: N803  # the wire's own name
) -> None:
    """The local list is sent and accepted: these entries; without any, a valid token that is Accepted."""
    if entries is None:
        entries = [{"idToken": lab.dut.tokens.valid, "idTokenInfo": {"status": "Accepted"}}]
    csms.mark()
    listed = {"localAuthorizationList": [*entries]} if entries else {}
    answer = csms.send("SendLocalList", versionNumber=version, updateType=updateType, **listed)
    if answer.status != "Accepted":
        raise csms.failure(
            "SendLocalList answered Accepted",
            f"{answer.status}",
            entry=answer._entry,
            pointer="/status",
            requirement="D01.FR.02",
        )


@state("IdTokenCached", family="2", dut="CS")
def id_token_cached(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None) -> None:
    """What our CSMS says of the token is in the authorization cache; a session that this took is over."""
    connector, token = connector or lab.dut.connector, token or lab.dut.tokens.valid
    info = csms.token_info(token.idToken)
    masters = csms.configured("AuthCtrlr", "MasterPassGroupId")
    starts = info["status"] == "Accepted" and (not masters or peek(info.get("groupIdToken"), "idToken") != masters)
    if starts:
        energy_transfer_started(csms, lab, connector, token=token, asked=True)
        parking_bay_unoccupied(csms, lab, connector)
        csms.session(connector.evseId).stopped = ""
    else:
        authorization_refused(csms, lab, connector, token=token)


@state("AuthorizationRefused", family="2", dut="CS")
def authorization_refused(
    csms: FakeCsms,
    lab: Any,
    connector: Any = None,
    locally: bool | None = None,
    token: Any = None,
    asked: bool | None = True,
    requirement: str = "C01.FR.01",
) -> None:
    """A token that may not start is presented, or started remotely: neither authorization nor energy follows.

    `asked`: whether the CSMS has to be asked about it; if not, it must not be; None: it may be.
    """
    connector, token = connector or lab.dut.connector, token or lab.dut.tokens.valid
    present(csms, lab, connector, token, locally, asked)
    csms.drain()
    if asked is False:
        not_asked_about(csms, lab, token)
    nothing_authorized(csms, lab, requirement)


@state("NothingAuthorized", family="2", dut="CS")
def nothing_authorized(csms: FakeCsms, lab: Any, requirement: str = "C01.FR.01") -> None:
    """In this window no event tells of an authorization, of a start of its making, or of energy."""
    for event in csms.seen_in_step("TransactionEvent"):
        info = peek(event._payload, "transactionInfo")
        reason = peek(event._payload, "triggerReason")
        what = {
            "a token": peek(event._payload, "idToken") is not None,
            f"triggerReason {reason}": reason in ("Authorized", "RemoteStart", "StopAuthorized"),
            "chargingState Charging": peek(info, "chargingState") == "Charging",
        }
        told = [name for name, so in what.items() if so]
        if told:
            raise _unexpected(csms, event, "no authorization of a token that may not charge", told, requirement)


@state("StopRefused", family="2", dut="CS")
def stop_refused(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None) -> None:
    """A token that may not stop the running transaction is presented: the CSMS is asked, and the energy flows on."""
    connector, token = connector or lab.dut.connector, token or lab.dut.tokens.second
    csms.mark()
    lab.operator.present_token(token, connector)
    csms.expect("Authorize", idToken=token, within=csms.deadlines.physical, requirement="C01.FR.02")
    csms.drain()
    for event in csms.seen_in_step("TransactionEvent"):
        info = peek(event._payload, "transactionInfo")
        state_ = peek(info, "chargingState")
        what = {
            "a token": peek(event._payload, "idToken") is not None,
            "eventType Ended": peek(event._payload, "eventType") == "Ended",
            "triggerReason StopAuthorized": peek(event._payload, "triggerReason") == "StopAuthorized",
            f"chargingState {state_}": state_ not in (None, "Charging"),
        }
        told = [name for name, so in what.items() if so]
        if told:
            raise _unexpected(csms, event, "the transaction goes on", told, "C09.FR.11")


def _unexpected(csms: FakeCsms, event: Request, wanted: str, told: list[str], requirement: str) -> Exception:
    return csms.failure(
        wanted, f"a TransactionEvent with {', '.join(told)}", entry=event._entry, requirement=requirement
    )


@state("MasterPassPresented", family="2", dut="CS")
def master_pass_presented(csms: FakeCsms, lab: Any, asked: bool = True) -> None:
    """A master pass is presented; the CSMS is asked about it, if it is not known (`asked` false: it may be)."""
    token = lab.dut.tokens.master_pass
    csms.mark()
    lab.operator.present_token(token, lab.dut.connector)
    if asked:
        csms.expect("Authorize", idToken=token, within=csms.deadlines.physical, requirement="C01.FR.02")


@state("StoppedByMasterPass", family="2", dut="CS")
def stopped_by_master_pass(csms: FakeCsms, lab: Any, connectors: Sequence[Any] | None = None) -> None:
    """In this window a master pass has ended the authorization of the transactions on these connectors."""
    for connector in connectors or [lab.dut.connector]:
        stop_told(csms, connector, lab.dut.tokens.master_pass, "MasterPass")


@state("NothingStopped", family="2", dut="CS")
def nothing_stopped(csms: FakeCsms, lab: Any, connectors: Sequence[Any] | None = None) -> None:
    """In this window no authorization has ended on these connectors (default: on any)."""
    csms.drain()
    mine = [csms.transaction(one.evseId).id for one in lab.dut.connectors if connectors is None or one in connectors]
    for event in csms.seen_in_step("TransactionEvent"):
        info, reason = peek(event._payload, "transactionInfo"), peek(event._payload, "triggerReason")
        if peek(info, "transactionId") in mine and (
            reason == "StopAuthorized" or peek(event._payload, "eventType") == "Ended"
        ):
            raise _unexpected(csms, event, "the transaction goes on", [f"triggerReason {reason}"], "C16.FR.01")


@state("Deauthorized", family="2", dut="CS")
def deauthorized(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The CSMS has said in a TransactionEventResponse that the token may not charge: its authorization ends.

    Whether that ends the transaction follows from TxStopPoint (C15.FR.03, C15.FR.04).
    """
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    session.stopped = "DeAuthorized"
    owed = session.advance(ceased=("Authorized", "EnergyTransfer"))
    if owed == "Ended":
        end: dict[str, Any] = {"stoppedReason": "DeAuthorized", "requirement": "C15.FR.04"}
        _event(csms, session, owed, connector, triggerReason="Deauthorized", **end)
        return
    _event(csms, session, owed, connector, triggerReason="Deauthorized", requirement="C15.FR.03")
    # In the same event or in the next (E05.FR.09).
    csms.transaction(connector.evseId).expect(
        chargingState=one_of("EVConnected", "SuspendedEVSE"), within=csms.deadlines.physical, requirement="C15.FR.03"
    )


@state("SuspendedByStation", family="2", dut="CS")
def suspended_by_station(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The CSMS has said that the token may not charge: the station stops the energy, and with it a transaction whose
    stop point that is."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if "EnergyTransfer" not in session.stop_points:
        owed = session.advance(ceased=("EnergyTransfer",))
        told: dict[str, Any] = {"triggerReason": "ChargingStateChanged", "chargingState": "SuspendedEVSE"}
        _event(csms, session, owed, connector, requirement="C15.FR.06", **told)
        return
    # No requirement names the reasons (E05.FR.02, note).
    session.advance(ceased=("EnergyTransfer", "Authorized"))
    session.stopped = "DeAuthorized"
    ended = csms.transaction(connector.evseId).expect(
        eventType="Ended",
        chargingState=one_of("SuspendedEVSE", "EVConnected"),
        within=csms.deadlines.physical,
        requirement="E06.FR.07",
    )
    session.since = ended._entry.index + 1


@state("PresentedOffline", family="2", dut="CS")
def presented_offline(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None, plug: bool = True) -> None:
    """Offline, the EV is driven into its bay and (`plug`) plugged in, if it is not, and a token is presented; then the
    station is connected again."""
    connector, token = connector or lab.dut.connector, token or lab.dut.tokens.valid
    session = csms.session(connector.evseId)
    bay = "ParkingBayOccupancy" in session.start_points | session.stop_points
    csms.mark()
    with csms.offline(at_least=4 * csms.deadlines.quiet):
        if bay and "ParkingBayOccupancy" not in session.holds:
            lab.operator.occupy_bay(connector)
        if plug and "EVConnected" not in session.holds:
            lab.operator.plug_in(connector)
        lab.operator.present_token(token, connector)
    csms.expect_connection(within=csms.deadlines.reset)


@state("EnergyTransferStartedOffline", family="2", dut="CS")
def energy_transfer_started_offline(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None) -> None:
    """A session has begun offline, up to the energy: once connected again, the station tells of it, offline true."""
    connector, token = connector or lab.dut.connector, token or lab.dut.tokens.valid
    session = csms.session(connector.evseId)
    was = set(session.holds)
    presented_offline(csms, lab, connector, token)
    bay = "ParkingBayOccupancy" in session.start_points | session.stop_points
    place = {"id": connector.evseId, "connectorId": connector.connectorId}
    happened: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("ParkingBayOccupancy", {"triggerReason": "EVDetected"}, {}),
        ("EVConnected", {"triggerReason": one_of("CablePluggedIn", "ChargingStateChanged")}, {"evse": place}),
        ("Authorized", {"triggerReason": "Authorized"}, {"idToken": token}),
        (
            "EnergyTransfer",
            {"triggerReason": one_of(*_FLOWS), "chargingState": "Charging"},
            {},
        ),
    ]
    session.authorize(token)
    session.due.clear()
    for fact, told, due in happened:
        if fact in was or (fact == "ParkingBayOccupancy" and not bay):
            continue
        session.due |= due
        owed = session.advance(fact)
        if owed:
            earlier = fact == "EnergyTransfer"
            _event(csms, session, owed, connector, earlier=earlier, offline=True, requirement="C15.FR.02", **told)


_FLOWS = ("ChargingStateChanged", "Authorized", "CablePluggedIn")
"""What may bring the event that tells of the first energy: several changes may be told in one."""
