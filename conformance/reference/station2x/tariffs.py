"""The default tariffs that the CSMS installs, and what transactions cost by them.

Source: 2.1 part 2, I07, I09, I10, I12.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.reference.clock import parse_time
from conformance.reference.device_model import READ_ONLY, READ_WRITE, Variable
from conformance.reference.station2x import costs
from conformance.reference.wire import CallError, Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x
    from conformance.reference.station2x.transactions import Session

CONTROLLER = "TariffCostCtrlr"
MAX_ELEMENTS = 10
_NAP = 0.25
_RUNNING = (CONTROLLER, "Enabled", "RunningCost")


def variables() -> list[Variable]:
    """TariffCostCtrlr of a station that calculates costs by itself."""

    def switch(name: str, instance: str, mutability: str) -> Variable:
        return Variable(CONTROLLER, name, "true", "boolean", mutability, instance=instance)

    return [
        switch("Available", "Tariff", READ_ONLY),
        switch("Enabled", "Tariff", READ_WRITE),
        switch("Available", "Cost", READ_ONLY),
        switch("Enabled", "Cost", READ_WRITE),
        Variable(CONTROLLER, "Enabled", "false", "boolean", READ_WRITE, instance="RunningCost"),
        Variable(CONTROLLER, "Interval", "60", "integer", READ_WRITE, instance="Cost", unit="s", minimum="1"),
        Variable(CONTROLLER, "Currency", "EUR", mutability=READ_WRITE, maximum="3"),
        Variable(CONTROLLER, "Interval", "1", "integer", READ_ONLY, instance="Tariff", unit="s"),
        Variable(CONTROLLER, "MaxElements", str(MAX_ELEMENTS), "integer", READ_ONLY, instance="Tariff", minimum="1"),
        Variable(CONTROLLER, "ConditionsSupported", "false", "boolean", READ_ONLY, instance="Tariff"),
        Variable(CONTROLLER, "TariffFallbackMessage", mutability=READ_WRITE, instance="en"),
        Variable(CONTROLLER, "TotalCostFallbackMessage", mutability=READ_WRITE, instance="en"),
        Variable(CONTROLLER, "OfflineTariffFallbackMessage", mutability=READ_WRITE, instance="en"),
    ]


class Tariffs:
    """One default tariff for each EVSE at most, in non-volatile memory."""

    def __init__(self, station: Station2x) -> None:
        self._station = station

    @property
    def _installed(self) -> dict[str, Payload]:
        return self._station.memory.section("tariffs")

    @property
    def enabled(self) -> bool:
        """Whether tariffs may be installed."""
        return self._station.model.flag(CONTROLLER, "Enabled", "Tariff")

    # -- handlers ------------------------------------------------------------------------------------------------------

    def set_default(self, request: Payload) -> Payload:
        """Answer SetDefaultTariff."""
        self._must_be_enabled()
        tariff, evses = request["tariff"], self._evses(request["evseId"])
        if not evses:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}}
        if costs.has_conditions(tariff):
            return {"status": "ConditionNotSupported"}
        if costs.elements(tariff) > MAX_ELEMENTS:
            return {"status": "TooManyElements"}
        if any(one["tariffId"] == tariff["tariffId"] for one in self._installed.values()):
            return {"status": "DuplicateTariffId"}
        self._installed.update({str(evse): tariff for evse in evses})
        self._station.memory.save()
        return {"status": "Accepted"}

    def get(self, request: Payload) -> Payload:
        """Answer GetTariffs."""
        self._must_be_enabled()
        found: dict[str, list[int]] = {}
        for evse in self._evses(request["evseId"]):
            if str(evse) in self._installed:
                found.setdefault(self._installed[str(evse)]["tariffId"], []).append(evse)
        if not found:
            return {"status": "NoTariff"}
        assigned: list[dict[str, Any]] = [
            {"tariffId": name, "tariffKind": "DefaultTariff", "evseIds": evses} for name, evses in found.items()
        ]
        return {"status": "Accepted", "tariffAssignments": assigned}

    def clear(self, request: Payload) -> Payload:
        """Answer ClearTariffs: those that are named, else all, of an EVSE or of all."""
        self._must_be_enabled()
        wanted = request.get("tariffIds")
        mine = {
            key: one["tariffId"] for key, one in self._installed.items() if request.get("evseId") in (None, int(key))
        }
        results = []
        for name in wanted if wanted is not None else sorted(set(mine.values())):
            places = [key for key, id_ in mine.items() if id_ == name]
            for key in places:
                del self._installed[key]
            results.append({"tariffId": name, "status": "Accepted" if places else "NoTariff"})
        self._station.memory.save()
        return {"clearTariffsResult": results or [{"status": "NoTariff"}]}

    def _must_be_enabled(self) -> None:
        if not self.enabled:
            raise CallError("NotSupported", f"{CONTROLLER}.Enabled[Tariff] is false")

    def _evses(self, evse_id: int) -> list[int]:
        every = [evse.id for evse in self._station.hardware.evses]
        return every if evse_id == 0 else [one for one in every if one == evse_id]

    # -- what it costs -------------------------------------------------------------------------------------------------

    def of(self, evse_id: int) -> Payload | None:
        """The tariff of an EVSE that counts now; None where the station does not calculate (I12.FR.01)."""
        model = self._station.model
        if not model.has(CONTROLLER, "Enabled", "Cost") or not model.flag(CONTROLLER, "Enabled", "Cost"):
            return None
        tariff = self._installed.get(str(evse_id)) if self.enabled else None
        begins = parse_time(tariff.get("validFrom", "")) if tariff else None
        return None if begins is not None and begins > self._station.clock.now() else tariff

    def cost(self, session: Session) -> Decimal | None:
        """What the running transaction costs so far, taxes included, not rounded; None where nobody here knows."""
        tariff = self.of(session.evse.id)
        return None if tariff is None else costs.exact_total(tariff, self._station.transactions.usage(session))

    @property
    def tells(self) -> bool:
        """Whether costs are told while a transaction runs."""
        model = self._station.model
        wanted = model.has(*_RUNNING) and model.flag(*_RUNNING)
        return wanted and not self._station.defects.active("running-cost-not-told")

    async def report(self, session: Session) -> None:
        """Tell the running cost every so often, while it is wanted and the transaction runs (I12.FR.02, FR.03)."""
        model, transaction = self._station.model, session.transaction
        loop = asyncio.get_running_loop()
        last = loop.time()
        while session.transaction is transaction:
            every = model.number(CONTROLLER, "Interval", "Cost") if self.tells else 0
            if every <= 0 or loop.time() < last + every:
                await asyncio.sleep(min(_NAP, max(0.01, last + every - loop.time())) if every > 0 else _NAP)
                continue
            last += every
            self._station.transactions.running_cost(session, self.details(session))

    def details(self, session: Session) -> Payload | None:
        """The cost of the running transaction so far as CostDetailsType; None where nobody here knows."""
        tariff = self.of(session.evse.id)
        return None if tariff is None else costs.details(tariff, self._station.transactions.usage(session))
