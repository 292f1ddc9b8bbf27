"""States of a charge point under test in 1.6 (edition 2, sections 4.2, 4.8, 4.9; OCA test cases 2024-04)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.payload import ABSENT, one_of
from conformance.peers.peer import Request
from conformance.peers.states import accepted, state


@state("Booted", family="1.6", dut="CS")
def booted(csms: FakeCsms, lab: Any) -> Request:
    """The charge point is switched off and on, registers and reports itself and its connectors; the last boot."""
    csms.mark()
    lab.operator.power_cycle()
    csms.expect_connection(requirement="1.6 4.2")
    boot = csms.expect("BootNotification", within=csms.deadlines.boot, requirement="1.6 4.2")
    reported(csms, lab, boot=boot)
    return boot


@state("Reported", family="1.6", dut="CS")
def reported(csms: FakeCsms, lab: Any, boot: Request, but: Mapping[int, Any] | None = None) -> None:
    """After an accepted boot come the statuses of connector 0 and of every connector, in any order.

    All are Available, but for the connectors (by number) that `but` gives another status (or `one_of`).
    """
    statuses = {0: "Available", **{one.connectorId: "Available" for one in lab.dut.connectors}, **(but or {})}
    for number, status in statuses.items():
        csms.expect("StatusNotification", connectorId=number, status=status, after=boot, requirement="1.6 errata 3.22")


@state("Preparing", family="1.6", dut="CS")
def preparing(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """The EV is plugged in."""
    connector = connector or lab.dut.connector
    csms.mark()
    lab.operator.plug_in(connector)
    csms.expect_connector_status("Preparing", connector, within=csms.deadlines.physical, requirement="1.6 4.9 A2")


@state("Authorized", family="1.6", dut="CS")
def authorized(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None, reserved: bool = False) -> None:
    """The driver presents a token that is accepted; the connector is Preparing, if it was not before.

    A token that the connector is `reserved` for need not be authorized (5.13 recommends it).
    """
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    before = _status_of(csms, connector)
    csms.mark()
    lab.operator.present_token(token, connector)
    if not reserved and not may_know_tokens(csms):
        csms.expect("Authorize", idTag=token.idTag, within=csms.deadlines.physical, requirement="1.6 4.1")
    if before != "Preparing":
        csms.expect_connector_status("Preparing", connector, within=csms.deadlines.physical, requirement="1.6 4.9 A2")


@state("RemotelyAuthorized", family="1.6", dut="CS")
def remotely_authorized(
    csms: FakeCsms,
    lab: Any,
    connector: Any = None,
    token: Any = None,
    profile: Mapping[str, Any] | None = None,
    reserved: bool = False,
) -> None:
    """A remote start, with a charging profile if one is given, is accepted, and authorized first where
    AuthorizeRemoteTxRequests says so (5.11), unless the connector is `reserved` for the token."""
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    asks = csms.configured("AuthorizeRemoteTxRequests").casefold() == "true"
    brought = {} if profile is None else {"chargingProfile": profile}
    csms.mark()
    accepted(
        csms.send("RemoteStartTransaction", idTag=token.idTag, connectorId=connector.connectorId, **brought),
        csms,
        "RemoteStartTransaction",
        "1.6 5.11",
    )
    if asks and not reserved and not may_know_tokens(csms):
        csms.expect("Authorize", idTag=token.idTag, requirement="1.6 5.11")


@state("Started", family="1.6", dut="CS")
def started(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None, **fields: Any) -> Request:
    """What was authorized and plugged in starts: StartTransaction (with `fields`) and Charging, in any order; the
    StartTransaction."""
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    start = csms.expect(
        "StartTransaction",
        connectorId=connector.connectorId,
        idTag=token.idTag,
        within=csms.deadlines.physical,
        requirement="1.6 4.8",
        **fields,
    )
    csms.expect_connector_status("Charging", connector, within=csms.deadlines.physical, requirement="1.6 4.9 B3")
    return start


@state("Charging", family="1.6", dut="CS")
def charging(
    csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None, locally: bool = False, **fields: Any
) -> Request:
    """A transaction runs: plugged in first, then started remotely (or `locally`); the StartTransaction, which has
    `fields`."""
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    if lab.operator.offers("plug_in"):
        preparing(csms, lab, connector)
        if locally:
            authorized(csms, lab, connector, token)
        else:
            remotely_authorized(csms, lab, connector, token)
    else:
        csms.mark()
        lab.operator.start_session(token, connector)
    start: Request = started(csms, lab, connector, token, **fields)
    return start


@state("Reserved", family="1.6", dut="CS")
def reserved(csms: FakeCsms, lab: Any, connectorId: Any = None, **fields: Any) -> int:  # noqa: N803  # the wire's own name
    """The first connector is Reserved by a ReserveNow for it (or for connector 0) with `fields`; the reservationId.

    It is for the valid token, and far from its expiry, unless `fields` say otherwise.
    """
    connector = lab.dut.connector
    request = {
        "connectorId": connector.connectorId if connectorId is None else connectorId,
        "reservationId": csms.next_request_id(),
        "idTag": lab.dut.tokens.valid.idTag,
        "expiryDate": csms.timestamp(_FAR),
        **fields,
    }
    csms.mark()
    accepted(csms.send("ReserveNow", **request), csms, "ReserveNow", "1.6 5.13")
    csms.expect_connector_status("Reserved", connector, requirement="1.6 4.9 A7")
    return int(request["reservationId"])


@state("ReservationUsed", family="1.6", dut="CS")
def reservation_used(csms: FakeCsms, lab: Any, reservationId: int, token: Any = None) -> Request:  # noqa: N803  # the wire's own name
    """A remote start on the Reserved connector, cable in: Preparing, Charging, and the StartTransaction that ends the
    reservation, which is returned."""
    csms.mark()
    lab.operator.plug_in(lab.dut.connector)
    remotely_authorized(csms, lab, token=token, reserved=True)
    csms.expect_connector_status("Preparing", lab.dut.connector, requirement="1.6 4.9 G2")
    start: Request = started(csms, lab, token=token, reservationId=reservationId)
    return start


@state("Faulted", family="1.6", dut="CS")
def faulted(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """A connector has a fault."""
    connector = connector or lab.dut.connector
    csms.mark()
    lab.operator.cause_fault(connector)
    csms.expect_connector_status("Faulted", connector, within=csms.deadlines.physical, requirement="1.6 4.9 A9")


@state("Stopped", family="1.6", dut="CS")
def stopped(
    csms: FakeCsms, lab: Any, start: Request, connector: Any = None, status: Any = "Finishing", **fields: Any
) -> Request:
    """The transaction of `start` ends: StopTransaction with `fields` and Finishing, in any order; the former."""
    connector = connector or lab.dut.connector
    stop = csms.expect(
        "StopTransaction",
        transactionId=start.answer.transactionId,
        within=csms.deadlines.physical,
        requirement="1.6 4.10",
        **fields,
    )
    csms.expect_connector_status(status, connector, within=csms.deadlines.physical, requirement="1.6 4.9")
    return stop


@state("IdTagCached", family="1.6", dut="CS")
def id_tag_cached(csms: FakeCsms, lab: Any, connector: Any = None, token: Any = None) -> None:
    """A whole session has put the token into the authorization cache; the connector is Available again."""
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    start = charging(csms, lab, connector, token)
    stopped_by_driver(csms, lab, start, connector, token)


@state("StoppedByDriver", family="1.6", dut="CS")
def stopped_by_driver(csms: FakeCsms, lab: Any, start: Request, connector: Any = None, token: Any = None) -> None:
    """The transaction of `start` is stopped by a token, and the cable unplugged: the connector is Available again."""
    connector = connector or lab.dut.connector
    token = token or lab.dut.tokens.valid
    csms.mark()
    lab.operator.present_token(token, connector)
    stopped(csms, lab, start, connector, idTag=token.idTag, reason=one_of("Local", ABSENT))
    csms.mark()
    lab.operator.unplug(connector)
    csms.expect_connector_status("Available", connector, within=csms.deadlines.physical)


@state("Unavailable", family="1.6", dut="CS")
def unavailable(csms: FakeCsms, lab: Any, connector: Any = None) -> None:
    """A connector (the whole charge point without one) is made inoperative."""
    number = connector.connectorId if connector is not None else 0
    csms.mark()
    answer = csms.send("ChangeAvailability", connectorId=number, type="Inoperative")
    accepted(answer, csms, "ChangeAvailability", "1.6 5.2")
    for one in [connector] if connector is not None else lab.dut.connectors:
        csms.expect_connector_status("Unavailable", one, requirement="1.6 5.2")
    if connector is None:
        csms.expect("StatusNotification", connectorId=0, status="Unavailable", requirement="1.6 5.2")


_FAR = 3600.0
"""Seconds to the expiry of a reservation that shall not expire in a case."""


def may_know_tokens(csms: FakeCsms) -> bool:
    """Whether a token may be accepted without asking: LocalPreAuthorize lets list and cache decide (9.1.13)."""
    return csms.configured("LocalPreAuthorize").casefold() == "true"


def _status_of(csms: FakeCsms, connector: Any) -> Any:
    reports = csms.seen("StatusNotification", connectorId=connector.connectorId)
    return reports[-1].status if reports else None
