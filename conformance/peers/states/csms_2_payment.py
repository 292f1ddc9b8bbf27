"""A payment terminal in our fake station, for a CSMS under test in 2.1 (C18 to C22)."""

from __future__ import annotations

from typing import Any

from conformance.peers.payload import ABSENT
from conformance.peers.payment import card_token, costs
from conformance.peers.states import state
from conformance.peers.station import FakeStation


@state("AuthorizedPaymentTerminal", family="2", dut="CSMS")
def authorized_payment_terminal(station: FakeStation, lab: Any, limit: int = 50) -> None:
    """A transaction begins with a payment card that our terminal had authorized for `limit`: the CSMS accepts it."""
    station.facts["cardToken"] = token = card_token(station)
    transaction = station.next_transaction()
    answer = transaction.send("Authorized", idToken=token, transactionLimit={"maxCost": limit})
    transaction.authorized = True
    token_accepted(station, answer)


@state("EndedWithCosts", family="2", dut="CSMS")
def ended_with_costs(station: FakeStation, lab: Any, fee: float = 0.0, total: float = 0.0, **fields: Any) -> Any:
    """The driver ends a transaction that a card pays for: it has cost `total` EUR, `fee` without taxes; the answer.

    `fields` are further ones of the event, or other ones; one that is ABSENT is left out.
    """
    transaction = station.transaction()
    transaction.authorized = False
    ended = {"eventType": "Ended", "stoppedReason": "Local", "costDetails": costs(fee, total), **fields}
    told = {name: value for name, value in ended.items() if value is not ABSENT}
    answer = transaction.send("StopAuthorized", idToken=station.facts["cardToken"], **told)
    token_accepted(station, answer)
    return answer


@state("SettlementTold", family="2", dut="CSMS")
def settlement_told(station: FakeStation, lab: Any, status: str, amount: float) -> Any:
    """The station tells what became of the payment at its terminal, without a receipt; the answer."""
    return station.send(
        "NotifySettlement",
        transactionId=station.transaction().id,
        pspRef=station.facts["cardToken"]["idToken"],
        status=status,
        settlementAmount=amount,
        settlementTime=station.timestamp(),
    )


def token_accepted(station: FakeStation, answer: Any) -> None:
    """Hold the case unless the answer to an event accepts its token."""
    if answer.idTokenInfo.status != "Accepted":
        raise station.failure(
            "idTokenInfo Accepted",
            f"{answer!r}",
            entry=answer._entry,
            pointer="/idTokenInfo/status",
            requirement="E01.FR.12",
        )
