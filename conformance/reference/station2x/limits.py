"""Limits of a transaction: how much energy, time or money it may take (2.1).

Source: 2.1 part 2, E16. The driver sets a limit at the station, the CSMS in a TransactionEventResponse.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x
    from conformance.reference.station2x.transactions import Limit, Session, Transaction

REACHED: Mapping[str, tuple[str, str]] = {
    "maxEnergy": ("EnergyLimitReached", "EnergyLimitReached"),
    "maxTime": ("TimeLimitReached", "TimeLimitReached"),
    "maxCost": ("CostLimitReached", "LocalOutOfCredit"),
}
"""By limit: triggerReason, and stoppedReason where that ends the transaction."""
_NAP = 0.25


class Limits:
    """What limits the transactions of a station."""

    def __init__(self, station: Station2x) -> None:
        self._station = station

    @property
    def supported(self) -> list[str]:
        """The limits that are known here."""
        model, where = self._station.model, ("TxCtrlr", "SupportedLimits")
        return model.members(*where) if model.has(*where) else []

    # -- what sets them ------------------------------------------------------------------------------------------------

    def told(self, transaction_id: str, answer: Payload) -> None:
        """The CSMS answered an event: it may have set a limit, or said what the transaction costs."""
        session = self._station.transactions.by_id(transaction_id)
        limit = answer.get("transactionLimit")
        if session is not None and limit and not self._station.defects.active("limit-of-csms-ignored"):
            self._set(session, limit, by_csms=True)
        if "totalCost" in answer:
            self.cost_told(transaction_id, answer["totalCost"])

    def cost_told(self, transaction_id: str, cost: Any) -> None:
        """The CSMS said what the transaction costs so far (E16.FR.15)."""
        session = self._station.transactions.by_id(transaction_id)
        if session is None or session.transaction is None or self._station.defects.active("cost-of-csms-ignored"):
            return
        session.transaction.cost = Decimal(cost)
        self._judge(session)

    def entered(self, evse_id: int, limit: Limit) -> bool:
        """The driver entered a limit; False where nothing runs that can be limited."""
        session = self._station.transactions.sessions.get(evse_id)
        if session is None or session.transaction is None or not self.supported:
            return False
        self._set(session, limit, by_csms=False)
        return True

    def raised_by_payment(self, session: Session, limit: Limit) -> None:
        """More was authorized for the payment (C23.FR.02)."""
        self._set(session, limit, by_csms=False)

    def _set(self, session: Session, limit: Limit, *, by_csms: bool) -> None:
        transaction, active = session.transaction, self._station.defects.active
        if transaction is None:
            return
        everything = active("unsupported-limit-confirmed")
        known = {name: value for name, value in limit.items() if everything or name in self.supported}
        if by_csms:
            transaction.most |= known
        elif not active("limit-of-csms-raised"):
            most = transaction.most
            known = {name: value for name, value in known.items() if name not in most or value <= most[name]}
        if not known:
            return
        transaction.limits |= known
        if active("exceeded-limit-of-no-effect") and self._exceeded(session, transaction) is not None:
            transaction.reached = True
        if not active("limit-not-confirmed"):
            told = {**known, "maxEnergy": 1} if active("limit-told-wrong") and "maxEnergy" in known else known
            self._station.transactions.limit_set(session, told)
        raised = transaction.reached and self._exceeded(session, transaction) is None
        if raised and not active("raised-limit-of-no-effect"):
            transaction.reached = False
            self._station.transactions.limit_raised(session)
        self.watch(session)

    # -- what reaches them ---------------------------------------------------------------------------------------------

    def watch(self, session: Session) -> None:
        """Look from now on, until the transaction ends, whether a limit is reached."""
        self._judge(session)
        transaction = session.transaction
        if transaction is None or not transaction.limits or transaction.watched:
            return
        transaction.watched = True

        async def look() -> None:
            while session.transaction is transaction:
                self._judge(session)
                await asyncio.sleep(self._pause(session, transaction))

        self._station.spawn(look())

    def _pause(self, session: Session, transaction: Transaction) -> float:
        """Seconds until a limit may be reached, or until it is worth looking again."""
        times = [_NAP if self._station.tariffs.of(session.evse.id) is None else _NAP / 5]
        watts = session.evse.meter.watts
        if "maxEnergy" in transaction.limits and watts:
            left = transaction.limits["maxEnergy"] - self._energy(session, transaction)
            times.append(float(left) * 3600 / watts)
        if "maxTime" in transaction.limits:
            times.append(float(transaction.limits["maxTime"]) - (time.time() - transaction.since))
        return max(0.01, min([one for one in times if one > 0]))

    @staticmethod
    def _energy(session: Session, transaction: Transaction) -> Decimal:
        return session.evse.meter.read() - transaction.energy_before

    def _cost(self, session: Session, transaction: Transaction) -> Decimal | None:
        """By the tariff here where there is one, else as the CSMS said (E16.FR.15, E16.FR.16)."""
        cost = self._station.tariffs.cost(session)
        if transaction.cost is not None and self._station.defects.active("cost-of-csms-believed"):
            return transaction.cost
        return transaction.cost if cost is None else cost

    def _exceeded(self, session: Session, transaction: Transaction) -> str | None:
        """The name of a limit that is reached."""
        reached = {
            "maxEnergy": self._energy(session, transaction),
            "maxTime": time.time() - transaction.since,
            "maxCost": self._cost(session, transaction),
        }
        for name, limit in transaction.limits.items():
            so_far = reached.get(name)
            if so_far is not None and so_far >= limit:
                return name
        return None

    def _judge(self, session: Session) -> None:
        transaction, active = session.transaction, self._station.defects.active
        if transaction is None or transaction.reached or active("limits-never-reached"):
            return
        self._station.payments.top_up(session)
        name = self._exceeded(session, transaction)
        if name is None:
            return
        transaction.reached = True
        trigger, reason = REACHED[name]
        self._station.transactions.limit_reached(
            session, "ChargingStateChanged" if active("limit-reached-not-named") else trigger, reason
        )
