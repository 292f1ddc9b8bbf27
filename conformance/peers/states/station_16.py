"""States of a charge point under test in 1.6 (edition 2, sections 4.2, 4.8, 4.9; OCA test cases 2024-04)."""

from __future__ import annotations

from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.payload import one_of
from conformance.peers.states import state


@state("Booted", family="1.6", dut="CS")
def booted(csms: FakeCsms, lab: Any, by: str = "power_cycle") -> None:
    """The charge point restarts (`by` power_cycle, or Reset Hard / Soft), registers and reports its connectors."""
    csms.mark()
    if by == "power_cycle":
        lab.operator.power_cycle()
        csms.expect_connection()
        csms.expect("BootNotification", within=csms.deadlines.boot)
    else:
        if csms.send("Reset", type=by).status != "Accepted":
            raise csms.failure("Reset answered Accepted", "it was not")
        csms.expect_one_of("BootNotification", "StatusNotification", within=csms.deadlines.reset)
    for connector in lab.dut.connectors:
        csms.expect_connector_status("Available", connector)


@state("Preparing", family="1.6", dut="CS")
def preparing(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The EV is plugged in."""
    connector = connector or lab.dut.connector
    csms.mark()
    lab.operator.plug_in(connector)
    csms.expect_connector_status("Preparing", connector)


@state("Charging", family="1.6", dut="CS")
def charging(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None, remotely: bool | None = None) -> Any:
    """A transaction runs on the connector; returns the StartTransaction request.

    Locally with a presented token where the operator can do that, else by RemoteStartTransaction.
    """
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    if remotely is None:
        remotely = not lab.operator.offers("present_token")
    csms.mark()
    if lab.operator.offers("plug_in"):
        lab.operator.plug_in(connector)
        csms.expect_connector_status("Preparing", connector)
    if remotely:
        answer = csms.send("RemoteStartTransaction", idTag=token.idToken, connectorId=connector.connectorId)
        if answer.status != "Accepted":
            raise csms.failure("RemoteStartTransaction answered Accepted", f"{answer.status}")
    elif lab.operator.offers("present_token"):
        lab.operator.present_token(token, connector)
    else:
        lab.operator.start_session(token, connector)
    csms.expect_optional("Authorize", idTag=token.idToken)
    start = csms.expect(
        "StartTransaction",
        connectorId=connector.connectorId,
        idTag=token.idToken,
        within=csms.deadlines.physical,
    )
    csms.expect_connector_status(one_of("Charging", "SuspendedEV", "SuspendedEVSE"), connector)
    return start


@state("Unavailable", family="1.6", dut="CS")
def unavailable(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """A connector (the whole charge point without one) is made inoperative."""
    csms.mark()
    number = connector.connectorId if connector is not None else 0
    answer = csms.send("ChangeAvailability", connectorId=number, type="Inoperative")
    if answer.status != "Accepted":
        raise csms.failure("ChangeAvailability answered Accepted", f"{answer.status}")
    for one in [connector] if connector is not None else lab.dut.connectors:
        csms.expect_connector_status("Unavailable", one)
