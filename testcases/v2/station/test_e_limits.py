"""Block E, Transactions: a charging station under test that limits transactions (2.1, E16)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from conformance import PRESENT, Dut, FakeCsms, NotApplicable, Operator, case, check, moment, step

PARTS = ("chargingTime", "idleTime")
TARIFF: dict[str, Any] = {
    "currency": "EUR",
    "chargingTime": {"prices": [{"priceMinute": 60}], "taxRates": [{"type": "MyTax1", "tax": 0}]},
    "idleTime": {"prices": [{"priceMinute": 60}], "taxRates": [{"type": "MyTax2", "tax": 0}]},
}
"""1 EUR a second, whether energy flows or not."""


@case("TC_E_100_CS")
def test_energy_limit_of_csms(csms: FakeCsms, dut: Dut) -> None:
    """A transaction takes no more energy than the CSMS allows, which may lower the limit."""
    _limiting(csms, dut, "maxEnergy")
    energy = dut.values.energy_limit
    csms.reach("Authorized")

    step("Plug in the EV, answer an event with maxEnergy", expect="LimitSet with that limit alone")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxEnergy": 10 * energy}})
    csms.execute("EnergyTransferStarted")
    csms.execute("LimitSet", maxEnergy=10 * energy)

    step("Answer an event with a lower maxEnergy", expect="LimitSet with the lower limit alone")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxEnergy": energy}})
    csms.execute("LimitSet", maxEnergy=energy)

    step("Let the EV charge as much", expect="EnergyLimitReached, SuspendedEVSE or Ended")
    csms.execute("LimitReached", reason="EnergyLimitReached", within=_charging_time(energy))
    _check_told_once(csms, limits=2)


@case("TC_E_101_CS")
def test_cost_limit_of_driver(csms: FakeCsms, dut: Dut) -> None:
    """A driver limits the cost, which the CSMS tells by CostUpdated."""
    _limiting(csms, dut, "maxCost")
    _costs_of_csms(csms)
    csms.reach("EnergyTransferStarted")

    step("Enter a limit of 45.30 at the station", expect="LimitSet with maxCost 45.30 alone")
    csms.execute("LimitEntered", maxCost=45.3)

    step("Tell a cost of 44.30", expect="the energy flows on")
    csms.send("CostUpdated", totalCost=44.3, transactionId=csms.transaction(dut.evse).id)
    csms.drain()
    early = csms.seen("TransactionEvent", triggerReason="CostLimitReached")
    check(not early, "no CostLimitReached below the limit", requirement="E16.FR.15", actual=early)

    step("Tell a cost of 45.30", expect="CostLimitReached, SuspendedEVSE or Ended")
    csms.send("CostUpdated", totalCost=45.3, transactionId=csms.transaction(dut.evse).id)
    csms.execute("LimitReached", reason="CostLimitReached")
    _check_told_once(csms, limits=1)


@case("TC_E_102_CS")
def test_energy_limits_of_both(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A driver can lower the limit of the CSMS but not raise it, and the CSMS has the last word."""
    _limiting(csms, dut, "maxEnergy")
    energy = dut.values.energy_limit
    csms.reach("Authorized")

    step("Plug in the EV, answer an event with maxEnergy", expect="LimitSet with that limit alone")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxEnergy": 100 * energy}})
    csms.execute("EnergyTransferStarted")
    csms.execute("LimitSet", maxEnergy=100 * energy)

    step("Enter half of it at the station", expect="LimitSet with the lower limit alone")
    csms.execute("LimitEntered", maxEnergy=50 * energy)

    step("Enter twice of it at the station", expect="no limit above that of the CSMS")
    operator.enter_limit(maxEnergy=200 * energy)
    csms.drain()
    told = [one.transactionInfo.transactionLimit.maxEnergy or 0 for one in csms.transaction(dut.evse).events]
    check(max(told) <= 100 * energy, "no higher limit", requirement="E16.FR.04", actual=told)

    step("Answer an event with a low maxEnergy", expect="LimitSet with that limit alone")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxEnergy": energy}})
    csms.execute("LimitSet", maxEnergy=energy)

    step("Let the EV charge as much", expect="EnergyLimitReached, SuspendedEVSE or Ended")
    csms.execute("LimitReached", reason="EnergyLimitReached", within=_charging_time(energy))


@case("TC_E_103_CS")
def test_cost_limit_by_tariff(csms: FakeCsms, dut: Dut) -> None:
    """The CSMS limits the cost, which the station calculates by its tariff, whatever the CSMS says of it."""
    _limiting(csms, dut, "maxCost")
    _costs_of_station(csms)
    csms.reach("Authorized")

    step("Plug in the EV, answer an event with maxCost", expect="LimitSet with that limit alone")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxCost": 3600}})
    csms.execute("EnergyTransferStarted")
    told = csms.execute("LimitSet", maxCost=3600)

    step("Answer an event with a lower maxCost, tell a higher cost", expect="LimitSet; the energy flows on")
    euros = _a_while(csms, dut, told)
    csms.answer("TransactionEvent", {"transactionLimit": {"maxCost": euros}})
    csms.execute("LimitSet", maxCost=euros)
    csms.send("CostUpdated", totalCost=2 * euros, transactionId=csms.transaction(dut.evse).id)

    step("Wait for the cost", expect="CostLimitReached, SuspendedEVSE or Ended")
    reached = csms.execute("LimitReached", reason="CostLimitReached", within=euros)
    _check_in_time(csms, dut, reached, euros, "E16.FR.16")

    step("Stop the session and unplug", expect="costDetails by the tariff in Ended")
    csms.execute("ParkingBayUnoccupied")
    _check_costs(csms.transaction(dut.evse).last.costDetails, euros)


@case("TC_E_104_CS")
def test_cost_limit_of_csms(csms: FakeCsms, dut: Dut) -> None:
    """The CSMS limits the cost, and tells it in its answers to the events."""
    _limiting(csms, dut, "maxCost")
    _costs_of_csms(csms)
    csms.reach("Authorized")

    step("Plug in the EV, answer an event with maxCost 99.13", expect="LimitSet with that limit alone")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxCost": 99.13}})
    csms.execute("EnergyTransferStarted")
    csms.execute("LimitSet", maxCost=99.13)

    step("Answer events with a cost of 50.34, then of 120.34", expect="CostLimitReached, SuspendedEVSE or Ended")
    csms.answer("TransactionEvent", {"totalCost": 50.34}, {"totalCost": 120.34})
    reached = csms.execute("LimitReached", reason="CostLimitReached", within=3 * dut.values.sampled_interval)
    early = reached.answer.totalCost
    check(not early, "a cost below the limit stops nothing", requirement="E16.FR.15", actual=early)
    _check_told_once(csms, limits=1)


@case("TC_E_105_CS")
def test_time_limit_of_csms(csms: FakeCsms, dut: Dut) -> None:
    """Energy flows no longer than the CSMS allows, counted from the start of the transaction."""
    _limiting(csms, dut, "maxTime")
    csms.reach("Authorized")

    step("Plug in the EV, answer an event with maxTime", expect="LimitSet with that limit alone")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxTime": 3600}})
    csms.execute("EnergyTransferStarted")
    told = csms.execute("LimitSet", maxTime=3600)

    step("Answer an event with a lower maxTime", expect="LimitSet with the lower limit alone")
    seconds = _a_while(csms, dut, told)
    csms.answer("TransactionEvent", {"transactionLimit": {"maxTime": seconds}})
    csms.execute("LimitSet", maxTime=seconds)

    step("Wait until then", expect="TimeLimitReached, SuspendedEVSE or Ended")
    _check_in_time(csms, dut, csms.execute("LimitReached", reason="TimeLimitReached", within=seconds), seconds)
    _check_told_once(csms, limits=2)


@case("TC_E_106_CS")
def test_energy_limit_of_driver(csms: FakeCsms, dut: Dut) -> None:
    """A transaction takes no more energy than its driver wants, who may lower the limit."""
    _limiting(csms, dut, "maxEnergy")
    energy = dut.values.energy_limit
    csms.reach("EnergyTransferStarted")

    step("Enter an energy limit at the station", expect="LimitSet with that limit alone")
    csms.execute("LimitEntered", maxEnergy=10 * energy)

    step("Enter a lower one", expect="LimitSet with the lower limit alone")
    csms.execute("LimitEntered", maxEnergy=energy)

    step("Let the EV charge as much", expect="EnergyLimitReached, SuspendedEVSE or Ended")
    csms.execute("LimitReached", reason="EnergyLimitReached", within=_charging_time(energy))
    _check_told_once(csms, limits=2)


@case("TC_E_107_CS")
def test_time_limit_of_driver(csms: FakeCsms, dut: Dut) -> None:
    """Energy flows no longer than the driver wants, counted from the start of the transaction."""
    _limiting(csms, dut, "maxTime")
    csms.reach("EnergyTransferStarted")

    step("Enter a time limit at the station", expect="LimitSet with that limit alone")
    told = csms.execute("LimitEntered", maxTime=3600)

    step("Enter a lower one", expect="LimitSet with the lower limit alone")
    seconds = _a_while(csms, dut, told)
    csms.execute("LimitEntered", maxTime=seconds)

    step("Wait until then", expect="TimeLimitReached, SuspendedEVSE or Ended")
    _check_in_time(csms, dut, csms.execute("LimitReached", reason="TimeLimitReached", within=seconds), seconds)
    _check_told_once(csms, limits=2)


@case("TC_E_108_CS")
def test_cost_limit_of_driver_by_tariff(csms: FakeCsms, dut: Dut) -> None:
    """A driver limits the cost, which the station calculates by its tariff and tells as it runs."""
    _limiting(csms, dut, "maxCost", events=False)
    csms.configure("TariffCostCtrlr", "Enabled", "RunningCost", "true")
    csms.configure("TariffCostCtrlr", "Interval", "Cost", f"{dut.values.sampled_interval}")
    _costs_of_station(csms)
    csms.reach("EnergyTransferStarted")

    step("Wait for the cost", expect="RunningCost with costDetails")
    within = 2 * dut.values.sampled_interval
    told = csms.transaction(dut.evse).expect(triggerReason="RunningCost", within=within, requirement="I12.FR.02")
    currency = csms.transaction(dut.evse).first.costDetails.totalCost.currency
    check(currency == "EUR", "costDetails in Started, too", requirement="I12.FR.02", actual=currency)

    step("Enter a limit at the station", expect="LimitSet with that limit alone")
    euros = _a_while(csms, dut, told)
    csms.execute("LimitEntered", maxCost=euros)

    step("Wait until it is reached", expect="CostLimitReached, SuspendedEVSE or Ended; the cost told before below it")
    reached = csms.execute("LimitReached", reason="CostLimitReached", within=euros)
    _check_in_time(csms, dut, reached, euros, "E16.FR.16")
    _check_running_costs(csms, reached, euros)
    _check_told_once(csms, limits=1)


# ---------------------------------------------------------------- our own cases


@case("OC_E_20_CS")
def test_limit_that_is_exceeded_when_set(csms: FakeCsms, dut: Dut) -> None:
    """A limit that a transaction is above already is reached as soon as it is set."""
    _limiting(csms, dut, "maxTime")
    csms.reach("EnergyTransferStarted")

    step("Answer an event with maxTime 0", expect="TimeLimitReached at once, SuspendedEVSE or Ended")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxTime": 0}})
    event = csms.expect("TransactionEvent", within=dut.values.sampled_interval + dut.timeouts.message)
    reached = csms.execute("LimitReached", reason="TimeLimitReached")
    took = csms.time_between(event, reached)
    check(took <= dut.timeouts.tolerance, "at once", requirement="E16.FR.10", actual=round(took, 1))


@case("OC_E_21_CS")
def test_limit_that_is_raised(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that a limit has suspended goes on when the limit is raised."""
    _limiting(csms, dut, "maxEnergy")
    if "EnergyTransfer" in csms.configured("TxCtrlr", "TxStopPoint"):
        csms.configure("TxCtrlr", "TxStopPoint", "Authorized")
    energy = dut.values.energy_limit
    csms.reach("EnergyTransferStarted")

    step("Enter a low energy limit, let the EV charge as much", expect="LimitSet, then EnergyLimitReached")
    csms.execute("LimitEntered", maxEnergy=energy)
    csms.execute("LimitReached", reason="EnergyLimitReached", within=_charging_time(energy))

    step("Answer an event with a higher one", expect="LimitSet with the higher limit alone, and Charging")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxEnergy": 1000 * energy}})
    told = csms.execute("LimitSet", maxEnergy=1000 * energy)
    csms.transaction(dut.evse).expect(
        chargingState="Charging",
        seqNo=lambda number: number >= told.seqNo,
        within=dut.timeouts.physical,
        requirement="E16.FR.14",
    )


@case("OC_E_22_CS")
def test_limit_that_is_not_supported(csms: FakeCsms, dut: Dut) -> None:
    """Of the limits that the CSMS sets, the station confirms those that it has, and no other."""
    _limiting(csms, dut, "maxEnergy")
    supported = [one.strip() for one in csms.configured("TxCtrlr", "SupportedLimits").split(",")]
    every = {"maxSoC": 99, "maxCost": 999, "maxTime": 9999}
    unknown = {name: value for name, value in every.items() if name not in supported}
    if not unknown:
        raise NotApplicable("TxCtrlr.SupportedLimits has every limit")
    csms.reach("Authorized")

    step("Plug in the EV, answer an event with maxEnergy and one more", expect="LimitSet with maxEnergy alone")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxEnergy": 9999, **unknown}})
    csms.execute("EnergyTransferStarted")
    csms.execute("LimitSet", maxEnergy=9999)
    csms.drain()
    told = [one.transactionInfo.transactionLimit for one in csms.transaction(dut.evse).events]
    wrong = [limit for limit in told if limit and any(name in limit for name in unknown)]
    check(not wrong, f"no {' or '.join(unknown)}", requirement="E16.FR.13", actual=wrong)


# ---------------------------------------------------------------- helpers of this file


def _limiting(csms: FakeCsms, dut: Dut, limit: str, events: bool = True) -> None:
    """The station has that limit, and sends an event now and then, if `events`."""
    supported = csms.configured("TxCtrlr", "SupportedLimits")
    if limit not in [one.strip() for one in supported.split(",")]:
        raise NotApplicable(f"TxCtrlr.SupportedLimits is {supported!r}, without {limit}")
    csms.prefer("SampledDataCtrlr", "Enabled", "true")
    csms.configure("SampledDataCtrlr", "TxUpdatedInterval", f"{dut.values.sampled_interval if events else 0}")


def _costs_of_csms(csms: FakeCsms) -> None:
    """The station calculates no cost by itself."""
    for instance in ("Tariff", "Cost"):
        csms.prefer("TariffCostCtrlr", "Enabled", instance, "false")


def _costs_of_station(csms: FakeCsms) -> None:
    """The station calculates the cost, by a tariff of time alone."""
    for instance in ("Tariff", "Cost"):
        csms.configure("TariffCostCtrlr", "Enabled", instance, "true")
    csms.reach("DefaultTariffConfigured", tariff=TARIFF)


def _check_running_costs(csms: FakeCsms, reached: Any, euros: int) -> None:
    """Every event that tells the running cost does so by the tariff; those before the limit is reached, none above it
    by more than a second's worth."""
    for told in csms.execute("RunningCosts"):
        check(told.triggerReason == "RunningCost", "RunningCost", requirement="I12.FR.03", actual=told.triggerReason)
        total = _check_costs(told.costDetails, 0)
        below = total <= euros + 1 or csms.time_between(told, reached) < 0
        check(below, f"{euros} EUR at most before", requirement="E16.FR.05", actual=total)


def _check_costs(costs: Any, least: int) -> float:
    """CostDetailsType by TARIFF: each part costs what it was used, within a second, and the total is their sum.

    What was not used need not be told.
    """
    total, usage = costs.totalCost, costs.totalUsage
    kind = (total.currency, total.typeOfCost)
    check(kind == ("EUR", "NormalCost"), "EUR, NormalCost", requirement="I12.FR.16, I12.FR.41", actual=kind)
    prices = [total.chargingTime, total.idleTime]
    for price, used, part in zip(prices, (usage.chargingTime, usage.idleTime), PARTS, strict=True):
        if not price and used == 0:
            continue
        by_tariff = abs(_number(price.exclTax) - _number(used)) <= 1 and price.inclTax == price.exclTax
        check(by_tariff, f"{part} as used, at 1 EUR a second", requirement="I12.FR.10, I12.FR.11", actual=costs)
        rates = price.taxRates
        check(rates == TARIFF[part]["taxRates"], f"taxRates of {part}", requirement="I12.FR.13", actual=rates)
    for side in ("exclTax", "inclTax"):
        both = sum(_number(getattr(one, side)) for one in prices if one)
        whole = abs(both - _number(getattr(total.total, side))) < 0.02
        check(whole, f"the total of both, {side}", requirement="I12.FR.17", actual=total.total)
    check(_number(total.total.inclTax) >= least, f"{least} EUR at least", requirement="E16.FR.05", actual=total.total)
    return _number(total.total.inclTax)


def _number(value: Any) -> float:
    """A number of the wire; none is far off."""
    return float(value) if isinstance(value, (int, Decimal)) else -1e9


def _charging_time(energy: int) -> float:
    """Seconds in which an EV that takes 1 kW takes so many Wh."""
    return 3.6 * energy


def _a_while(csms: FakeCsms, dut: Dut, event: Any) -> int:
    """Seconds from the start of the transaction until a while after one of its events."""
    # Samples come by the second: rounding up would depend on milliseconds.
    return round(csms.time_between(csms.transaction(dut.evse).first, event)) + 1 + dut.values.transaction_duration


def _check_in_time(csms: FakeCsms, dut: Dut, reached: Any, seconds: int, requirement: str = "E16.FR.09") -> None:
    """The limit was reached so long after Started, by the station's clock (to the second) and the tolerance."""
    took = moment(reached.timestamp) - moment(csms.transaction(dut.evse).first.timestamp)
    in_time = seconds - 1 < took < seconds + dut.timeouts.tolerance
    check(in_time, f"{seconds} s after the start", requirement=requirement, actual=f"{took:.1f} s")


def _check_told_once(csms: FakeCsms, *, limits: int) -> None:
    """Each of the limits is told once; what the event says that one is reached is left open (part 6 wants both)."""
    told = csms.seen(
        "TransactionEvent",
        triggerReason=lambda reason: not reason.endswith("LimitReached"),
        transactionInfo={"transactionLimit": PRESENT},
    )
    check(len(told) == limits, f"{limits} events with transactionLimit", requirement="E16.FR.03", actual=told)
