"""Transactions that an interruption meets at a charging station under test in 2.1 (part 2, E17)."""

from __future__ import annotations

from itertools import count
from typing import Any

from conformance.peers.csms import FakeCsms
from conformance.peers.peer import Request
from conformance.peers.states import state
from conformance.peers.states.station_2 import _over, _view, booted_statuses


@state("PoweredAgain", family="2", dut="CS")
def powered_again(csms: FakeCsms, lab: Any, after: float) -> None:
    """The power was off for `after` seconds; the station registers and reports every connector."""
    csms.mark()
    lab.operator.power_off()
    csms.expect_nothing("BootNotification", within=after)
    lab.operator.power_on()
    csms.expect("BootNotification", within=csms.deadlines.boot)
    booted_statuses(csms, lab)


@state("TransactionResumed", family="2", dut="CS")
def transaction_resumed(csms: FakeCsms, lab: Any, chargingState: Any, requirement: str) -> Request:  # noqa: N803  # the wire's own name
    """After a boot in this window the station goes on with the transaction that it had, in that state."""
    connector = lab.dut.connector
    transaction = _view(csms, csms.session(connector.evseId), connector)
    resumed = transaction.expect(
        eventType="Updated", triggerReason="TxResumed", within=csms.deadlines.physical, requirement="E17.FR.14"
    )
    state_ = resumed.transactionInfo.chargingState
    if state_ not in chargingState:
        raise csms.failure(
            f"resumed in {' or '.join(chargingState)}",
            str(state_),
            entry=resumed._entry,
            pointer="/transactionInfo/chargingState",
            requirement=requirement,
        )
    return resumed


@state("TransactionGoesOn", family="2", dut="CS")
def transaction_goes_on(csms: FakeCsms, lab: Any, requirement: str) -> None:
    """The transaction has not ended after all, and its events are numbered on (E17.FR.01).

    One whose answer the interruption has cut off comes once more, with its own number.
    """
    csms.drain()
    session = csms.session(lab.dut.connector.evseId)
    events = list({event.seqNo: event for event in _view(csms, session, lab.dut.connector).events}.values())
    for event, number in zip(events, count(events[0].seqNo if events else 0)):
        if event.eventType == "Ended" or event.seqNo != number:
            raise csms.failure(
                f"the transaction goes on, here with seqNo {number}",
                f"{event.eventType} with seqNo {event.seqNo}",
                entry=event._entry,
                requirement=requirement,
            )


@state("TransactionInterrupted", family="2", dut="CS")
def transaction_interrupted(csms: FakeCsms, lab: Any, stoppedReason: Any, requirement: str) -> None:  # noqa: N803  # the wire's own name
    """After a boot in this window the station ends the transaction that it had."""
    session = csms.session(lab.dut.connector.evseId)
    _view(csms, session, lab.dut.connector).expect(
        eventType="Ended",
        triggerReason="AbnormalCondition",
        stoppedReason=stoppedReason,
        within=csms.deadlines.physical,
        requirement=requirement,
    )
    _over(csms, session)
