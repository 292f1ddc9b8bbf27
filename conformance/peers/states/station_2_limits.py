"""Limits of a transaction at a charging station under test in 2.1 (part 2, E16)."""

from __future__ import annotations

from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.payload import ABSENT, one_of, peek
from conformance.peers.peer import Request
from conformance.peers.states import state
from conformance.peers.states.station_2 import _over, _view

_ALL = ("maxEnergy", "maxTime", "maxCost", "maxSoC")


@state("LimitEntered", family="2", dut="CS")
def limit_entered(csms: FakeCsms, lab: Any, connector: Any = None, **limit: Any) -> Request:
    """The driver enters a limit for the transaction, and the station tells it."""
    connector = connector or lab.dut.connector
    csms.mark()
    lab.operator.enter_limit(connector, **limit)
    told: Request = limit_set(csms, lab, connector, requirement="E16.FR.01", **limit)
    return told


@state("LimitSet", family="2", dut="CS")
def limit_set(
    csms: FakeCsms,
    lab: Any,
    connector: Any = None,
    requirement: str = "E16.FR.03",
    earlier: bool = False,
    **limit: Any,
) -> Request:
    """In this window an event tells this limit and no other; another reason to send it may go first (E16.FR.01).

    With `earlier`, an event of the steps before will do.
    """
    connector = connector or lab.dut.connector
    transaction = _view(csms, csms.session(connector.evseId), connector)
    return (transaction.wait_until if earlier else transaction.expect)(
        eventType="Updated",
        triggerReason=one_of("LimitSet", "MeterValuePeriodic"),
        transactionLimit={**dict.fromkeys(_ALL, ABSENT), **limit},
        within=max(csms.deadlines.physical, 2 * lab.dut.values.sampled_interval),
        requirement=requirement,
    )


@state("RunningCosts", family="2", dut="CS")
def running_costs(csms: FakeCsms, lab: Any) -> list[Request]:
    """Every Updated so far that says it tells the running cost, or does; but not one of a limit that is reached."""
    csms.drain()
    found = []
    for event in csms.seen("TransactionEvent"):
        reason = str(peek(event._payload, "triggerReason"))
        costs = reason == "RunningCost" or peek(event._payload, "costDetails") is not None
        if costs and peek(event._payload, "eventType") == "Updated" and not reason.endswith("LimitReached"):
            found.append(event)
    return found


@state("LimitReached", family="2", dut="CS")
def limit_reached(csms: FakeCsms, lab: Any, reason: str, within: float = 0.0, connector: Any = None) -> Request:
    """A limit is reached, within so many seconds: the energy is suspended, or with it the transaction over."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    ends = "EnergyTransfer" in session.stop_points
    told: dict[str, Any] = (
        {"eventType": "Ended"} if ends else {"eventType": "Updated", "chargingState": "SuspendedEVSE"}
    )
    event = _view(csms, session, connector).expect(
        triggerReason=reason,
        within=within + csms.deadlines.physical,
        requirement="E16.FR.06" if ends else "E16.FR.05",
        **told,
    )
    session.advance(ceased=("EnergyTransfer",))
    if ends:
        _over(csms, session)
    return event
