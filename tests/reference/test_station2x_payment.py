"""The 2.1 station with a payment terminal: what a tariff makes of a transaction, and tariffs that are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from conformance.peers import payment
from conformance.reference.options import StationOptions
from conformance.reference.station2x import costs
from conformance.reference.station2x.payment import DIRECT_PAYMENT
from conformance.reference.station2x.station import Station2x
from conformance.reference.stations import build_station
from conformance.reference.wire import CallError

USAGE = costs.Usage(Decimal(10_000), Decimal(90), Decimal(30))


def station(version: str = "2.1", **more: Any) -> Station2x:
    made = build_station(
        StationOptions(version=version, csms="ws://127.0.0.1:9/ocpp", identity="CS 1", payment=True, **more),
        with_schemas=False,
    )
    assert isinstance(made, Station2x)
    return made


def test_costs_are_those_of_the_tariff() -> None:
    fee = costs.details(payment.fixed_fee(15.0), USAGE)["totalCost"]
    assert fee["fixed"] == {"exclTax": Decimal("15.00"), "inclTax": Decimal("18.15"), "taxRates": [payment.TAX]}
    assert fee["total"] == {"exclTax": Decimal("15.00"), "inclTax": Decimal("18.15")}
    assert costs.total(payment.by_energy(0.5), USAGE) == Decimal("6.05")
    assert costs.total(payment.by_time(8.0), USAGE) == Decimal("15.00")
    both = {**payment.fixed_fee(1.0), **payment.by_energy(0.5)}
    assert costs.total(both, USAGE) == Decimal("7.26")


def test_stacked_taxes_are_taxed() -> None:
    rates = [{"type": "a", "tax": 10}, {"type": "b", "tax": 10}, {"type": "c", "tax": 10, "stack": 1}]
    tariff = {"tariffId": "T", "currency": "EUR", "fixedFee": {"prices": [{"priceFixed": 100}], "taxRates": rates}}
    assert costs.total(tariff, USAGE) == Decimal("132.00")


def test_tariffs_are_refused_for_what_they_are() -> None:
    tariffs = station().tariffs
    tariff = {**payment.by_energy(0.5), "tariffId": "A"}
    conditional = {**tariff, "energy": {"prices": [{"priceKwh": 1, "conditions": {"minTime": 60}}]}}
    assert tariffs.set_default({"evseId": 7, "tariff": tariff})["status"] == "Rejected"
    assert tariffs.set_default({"evseId": 0, "tariff": conditional})["status"] == "ConditionNotSupported"
    assert tariffs.set_default({"evseId": 0, "tariff": tariff}) == {"status": "Accepted"}
    assert tariffs.set_default({"evseId": 1, "tariff": tariff})["status"] == "DuplicateTariffId"
    (assigned,) = tariffs.get({"evseId": 0})["tariffAssignments"]
    assert assigned == {"tariffId": "A", "tariffKind": "DefaultTariff", "evseIds": [1, 2]}
    assert tariffs.clear({"tariffIds": ["A", "B"]})["clearTariffsResult"] == [
        {"tariffId": "A", "status": "Accepted"},
        {"tariffId": "B", "status": "NoTariff"},
    ]
    assert tariffs.get({"evseId": 0}) == {"status": "NoTariff"}


def test_a_tariff_counts_from_its_date_on_and_only_while_costs_are_calculated() -> None:
    one = station()
    one.tariffs.set_default({"evseId": 1, "tariff": {**payment.by_energy(1), "validFrom": "2099-01-01T00:00:00Z"}})
    assert one.tariffs.of(1) is None
    one.tariffs.set_default({"evseId": 2, "tariff": {**payment.by_energy(1), "tariffId": "B"}})
    assert one.tariffs.of(2) is not None
    one.model.store(one.model.find("TariffCostCtrlr", "Enabled", "Tariff"), "false")
    assert one.tariffs.of(2) is None
    with pytest.raises(CallError, match="NotSupported"):
        one.tariffs.get({"evseId": 0})


def test_a_qr_code_has_identity_evse_password_and_limits() -> None:
    one = station()
    assert one.payments.limit_entered(2, {"maxEnergy": 20000})
    password = one.payments.qr_code(2)
    assert password is not None and password.startswith("https://pay.example.com/CS%201/2/")
    assert password.endswith("/v1?maxenergy=20000")
    one.model.store(one.model.find("WebPaymentsCtrlr", "Enabled"), "false")
    assert one.payments.qr_code(2) is None and not one.payments.limit_entered(2, {"maxEnergy": 1})


def test_an_evse_that_somebody_pays_for_on_the_web_is_kept_free_until_the_remote_start() -> None:
    one = station()
    assert one.payments.web_payment_started({"evseId": 1, "timeout": 60}) == {}
    assert one.payments.kept_free(1) and not one.payments.kept_free(2)
    one.payments.started_remotely(one.transactions.sessions[1], {"idToken": "X", "type": DIRECT_PAYMENT})
    assert not one.payments.kept_free(1)


def test_2_0_1_knows_no_payments() -> None:
    one = station("2.0.1")
    assert not one.payments.installed and not one.payments.card_presented(1) and one.payments.qr_code(1) is None
    assert not any(variable.component == "PaymentCtrlr" for variable in one.model)
