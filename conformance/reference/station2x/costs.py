"""What a transaction costs by a tariff, as arithmetic: fixed fee, energy, time of charging, idle time, and their taxes.

Source: 2.1 part 2, section I 1 (tariffs without conditions), TariffType, CostDetailsType, TaxRateType.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from conformance.reference.wire import Payload

CENT = Decimal("0.01")
KINDS = ("fixed", "energy", "chargingTime", "idleTime")
"""Members of TotalCostType that are calculated."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a transaction has used so far: energy in Wh; time of charging, and time connected without, in seconds."""

    energy: Decimal = Decimal(0)
    charging: Decimal = Decimal(0)
    idle: Decimal = Decimal(0)


def has_conditions(tariff: Payload) -> bool:
    """Whether any price of the tariff counts under conditions only."""
    return any("conditions" in price for part in _parts(tariff) for price in part["prices"])


def elements(tariff: Payload) -> int:
    """How many prices the tariff has."""
    return sum(len(part["prices"]) for part in _parts(tariff))


def _parts(tariff: Payload) -> list[Payload]:
    return [part for part in tariff.values() if isinstance(part, dict) and "prices" in part]


def exact_total(tariff: Payload, usage: Usage) -> Decimal:
    """The cost so far, taxes included, not rounded."""
    return sum((taxed for _, taxed in _sums(tariff, usage).values()), Decimal(0))


def total(tariff: Payload, usage: Usage) -> Decimal:
    """The cost so far, taxes included, in whole cents."""
    return exact_total(tariff, usage).quantize(CENT)


def details(tariff: Payload, usage: Usage) -> Payload:
    """The cost so far as CostDetailsType."""
    sums = _sums(tariff, usage)
    cost: Payload = {"currency": tariff["currency"], "typeOfCost": "NormalCost"}
    for kind, (plain, taxed) in sums.items():
        cost[kind] = _price(plain, taxed)
        rates = _part(tariff, kind).get("taxRates")
        if rates:
            cost[kind]["taxRates"] = rates
    cost["total"] = _price(*(sum((pair[side] for pair in sums.values()), Decimal(0)) for side in (0, 1)))
    used = {"energy": usage.energy, "chargingTime": round(usage.charging), "idleTime": round(usage.idle)}
    return {"totalCost": cost, "totalUsage": used}


def _price(plain: Decimal, taxed: Decimal) -> Payload:
    return {"exclTax": plain.quantize(CENT), "inclTax": taxed.quantize(CENT)}


def _part(tariff: Payload, kind: str) -> Payload:
    part: Payload = tariff.get("fixedFee" if kind == "fixed" else kind, {})
    return part


def _sums(tariff: Payload, usage: Usage) -> dict[str, tuple[Decimal, Decimal]]:
    """By kind: the sum without taxes and with them, of the kinds that the tariff has a price for."""
    used = {
        "fixed": ("priceFixed", Decimal(1)),
        "energy": ("priceKwh", usage.energy / 1000),
        "chargingTime": ("priceMinute", usage.charging / 60),
        "idleTime": ("priceMinute", usage.idle / 60),
    }
    sums = {}
    for kind, (name, amount) in used.items():
        part = _part(tariff, kind)
        if part:
            plain = amount * Decimal(str(part["prices"][0][name]))
            sums[kind] = plain, plain * _tax_factor(part.get("taxRates", []))
    return sums


def _tax_factor(rates: list[Payload]) -> Decimal:
    """Taxes of one stack level add up; those of a higher one come on top of those below (TaxRateType.stack)."""
    factor = Decimal(1)
    for level in sorted({rate.get("stack", 0) for rate in rates}):
        percent = sum((Decimal(str(rate["tax"])) for rate in rates if rate.get("stack", 0) == level), Decimal(0))
        factor *= 1 + percent / 100
    return factor
