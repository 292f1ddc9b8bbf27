"""What the reference CSMS makes of limits, costs and resumed transactions (2.1).

Source: 2.1 part 2, E16 (limits), E17.FR.15 (charging profiles of resumed transactions).
"""

from __future__ import annotations

from typing import Any

from conformance.reference import csms_payment
from conformance.reference.csms_desk import Desk
from conformance.reference.csms_store import Transaction
from conformance.reference.wire import Payload


def limit(transaction: Transaction, limits: dict[str, Any]) -> None:
    """The operator limits a transaction; the station hears of it in the next answer (E16.FR.02)."""
    transaction.limit |= limits
    transaction.limit_due = True


def note(transaction: Transaction, payload: Payload) -> None:
    """Take note of what an event says of limits and costs."""
    transaction.own_cost = transaction.own_cost or "costDetails" in payload
    told = payload["transactionInfo"].get("transactionLimit", {})
    if any(told.get(name, value) > value for name, value in transaction.limit.items()):
        # The CSMS has the last word (E16.FR.07).
        transaction.limit_due = True


def answer(desk: Desk, transaction: Transaction, payload: Payload, result: Payload) -> None:
    """Add to the answer of an event the limit that is due, and the cost while that is limited (E16.FR.11)."""
    active = desk.defects.active
    told = payload["transactionInfo"].get("transactionLimit")
    if told and active("limit-of-station-echoed"):
        result["transactionLimit"] = told
    if transaction.limit and (transaction.limit_due or active("limit-told-again")) and not active("limit-never-told"):
        wrong = active("limit-told-wrong")
        due = {name: value + wrong for name, value in transaction.limit.items() if _supported(desk, name)}
        result |= {"transactionLimit": due} if due else {}
        transaction.limit_due = False
    limited = "maxCost" in transaction.limit and not active("cost-not-told")
    if (limited and not transaction.own_cost) or (told and active("cost-told-beside-tariff")):
        result["totalCost"] = csms_payment.cost_of_energy(transaction)


def _supported(desk: Desk, name: str) -> bool:
    """Whether the station has that limit; one that has told nothing may have any (E16.FR.12)."""
    known = desk.record.supported_limits
    return not known or name in known or desk.defects.active("unsupported-limit-told")


def resumed(desk: Desk, transaction: Transaction) -> Payload | None:
    """The charging profile that a resumed transaction needs again (E17.FR.15)."""
    return transaction.profile if transaction.profile and not desk.defects.active("profile-not-restored") else None
