"""Plug and Charge at a station under test in 2.x: an EV identifies itself by its contract certificate (C07)."""

from __future__ import annotations

from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.payload import one_of
from conformance.peers.peer import Request
from conformance.peers.states import state
from conformance.peers.states.station_2 import _event, parking_bay_occupied
from conformance.peers.states.station_2_tokens import nothing_authorized


@state("ContractPresented", family="2", dut="CS")
def contract_presented(csms: FakeCsms, lab: Any, connector: Any = None, accepted: bool = True) -> Request:
    """An EV is plugged in that identifies itself by its contract: the CSMS is asked, and the session authorized if that
    is to be `accepted`; the Authorize."""
    connector, token = connector or lab.dut.connector, lab.dut.tokens.contract
    session = csms.session(connector.evseId)
    if "ParkingBayOccupancy" not in session.holds:
        parking_bay_occupied(csms, lab, connector)
    csms.mark()
    lab.operator.plug_in(connector)
    # An EV does it by itself: what comes of it may come before the operator was told to see to it.
    lab.operator.present_token(token, connector)
    csms.expect_connector_status("Occupied", connector, within=csms.deadlines.physical, requirement="E02.FR.05")
    session.due["evse"] = {"id": connector.evseId, "connectorId": connector.connectorId}
    owed = session.advance("EVConnected")
    if owed:
        reasons = one_of("CablePluggedIn", "ChargingStateChanged")
        _event(csms, session, owed, connector, triggerReason=reasons, requirement="E01.FR.16")
    asked = csms.expect("Authorize", idToken=token, within=csms.deadlines.physical, requirement="C07.FR.01")
    if accepted:
        session.authorize(token)
        owed = session.advance("Authorized")
        _event(csms, session, owed, connector, triggerReason="Authorized", requirement="E01.FR.10")
    else:
        csms.drain()
        nothing_authorized(csms, lab)
    return asked
