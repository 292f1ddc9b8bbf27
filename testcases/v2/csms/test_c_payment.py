"""Block C, Authorization by prepaid cards and payments: a CSMS under test (2.1).

The CSMS knows the prepaid cards `tokens.prepaid` and `tokens.prepaid_empty`, and the VAT number `values.vat_number`.
Our station has a payment terminal of its own; the kiosk and the page behind QR codes belong to the CSMS.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from conformance import ABSENT, PRESENT, Dut, FakeStation, Operator, case, check, moment, payment, step

# ------------------------------------------------------------------ C17: prepaid cards


@case("TC_C_103_CSMS")
def test_prepaid(station: FakeStation, dut: Dut) -> None:
    """A prepaid card with credit is accepted, not to be remembered, and its credit limits the transaction."""
    step("Ask about a prepaid card with credit", expect="Accepted, to be forgotten at once")
    _judged(station, station.send("Authorize", idToken=dut.tokens.prepaid), "Accepted", "C17.FR.01")

    step("Begin a transaction with it", expect="Accepted, to be forgotten at once; its credit as maxCost")
    transaction = station.transaction()
    answer = transaction.send("Authorized", idToken=dut.tokens.prepaid)
    transaction.authorized = True
    _judged(station, answer, "Accepted", "C17.FR.01")
    limit = answer.transactionLimit
    check(limit.maxCost > 0, "transactionLimit.maxCost", requirement="C17.FR.03", actual=answer)

    step("Plug in the EV and let it charge", expect="every event is answered, without a limit")
    station.execute("EVConnectedPreSession")
    confirmed = {"transactionLimit": limit} if limit else {}
    answer = transaction.send("ChargingStateChanged", chargingState="Charging", **confirmed)
    again = answer.transactionLimit
    check(not again, "the limit is told only once", requirement="C17.FR.03", actual=again)


@case("TC_C_104_CSMS")
def test_prepaid_without_credit(station: FakeStation, dut: Dut) -> None:
    """A prepaid card without credit is refused as such, and not to be remembered."""
    step("Ask about a prepaid card without credit", expect="NoCredit, to be forgotten at once")
    _judged(station, station.send("Authorize", idToken=dut.tokens.prepaid_empty), "NoCredit", "C17.FR.02")


# ------------------------------------------------------------------ C18: VAT numbers


@case("TC_C_108_CSMS")
def test_vat_number(station: FakeStation, dut: Dut) -> None:
    """The CSMS tells a VAT number that is valid from one that is not, and repeats the EVSE that was named."""
    for told in ({"evseId": dut.evse}, {}):
        step("Ask about a valid VAT number", expect="Accepted, with the number and the EVSE, if one was named")
        _check_vat_number(station, dut.values.vat_number, "Accepted", told)

        step("Ask about an invalid VAT number", expect="Rejected, with the number and the EVSE, if one was named")
        _check_vat_number(station, dut.values.invalid_vat_number, "Rejected", told)


# ------------------------------------------------------------------ C20 to C22: cancelation and settlement


@case("TC_C_113_CSMS")
def test_canceled(station: FakeStation) -> None:
    """A transaction that was paid by card and canceled before it cost anything costs nothing."""
    step("Begin a transaction with a payment card", expect="the card is Accepted")
    station.execute("AuthorizedPaymentTerminal")

    step("End it at once", expect="the card is Accepted; totalCost 0")
    answer = station.execute("EndedWithCosts")
    check(answer.totalCost == 0, "totalCost 0", requirement="C20.FR.03", actual=answer.totalCost)

    step("Tell that the payment is canceled", expect="an answer")
    station.execute("SettlementTold", status="Canceled", amount=0)


@case("TC_C_117_CSMS")
def test_settled_by_csms(station: FakeStation) -> None:
    """A transaction that was paid by card ends, and the CSMS settles the payment."""
    _paid_by_card(station)


@case("TC_C_118_CSMS")
def test_settled_by_station(station: FakeStation) -> None:
    """The station has settled the payment, and the CSMS provides the receipt."""
    _paid_by_card(station)

    step("Tell that the payment is settled, without a receipt", expect="receiptUrl, a URL")
    url = station.execute("SettlementTold", status="Settled", amount=18.15).receiptUrl
    parts = urlsplit(str(url))
    check(parts.scheme and parts.netloc, "receiptUrl, a URL", requirement="C21.FR.03", actual=url)


@case("TC_C_119_CSMS")
def test_settlement_failed(station: FakeStation) -> None:
    """The CSMS gets along with a payment that the station could not settle."""
    _paid_by_card(station)

    step("Tell that the payment was not settled", expect="an answer")
    station.execute("SettlementTold", status="Failed", amount=18.15)


@case("TC_C_120_CSMS")
def test_settlement_rejected(station: FakeStation) -> None:
    """The CSMS gets along with a payment that the provider would not settle."""
    _paid_by_card(station)

    step("Tell that the payment was not settled", expect="an answer")
    station.execute("SettlementTold", status="Rejected", amount=18.15)


# ------------------------------------------------------------------ C24: payment at a kiosk


@case("TC_C_125_CSMS")
def test_kiosk_with_central_costs(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A payment at a kiosk starts a transaction up to the authorized amount; the CSMS tells what it has cost."""
    limit = _begun_at_kiosk(station, operator, dut)

    step("End it after 5 kWh", expect="totalCost")
    used = [station.transaction().meter_value("Transaction.End", 5000)]
    answer = station.execute("EndedWithCosts", costDetails=ABSENT, transactionLimit=limit, meterValue=used)
    check(answer.totalCost > 0, "totalCost", requirement="I03.FR.02", actual=answer.totalCost)
    _check_limit_told_once(answer)


@case("TC_C_126_CSMS")
def test_kiosk_with_local_costs(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A payment at a kiosk starts a transaction up to the authorized amount; the station tells what it has cost."""
    limit = _begun_at_kiosk(station, operator, dut)

    step("End it, with its costs", expect="an answer")
    _check_limit_told_once(station.execute("EndedWithCosts", fee=15.0, total=18.15, transactionLimit=limit))


# ------------------------------------------------------------------ C25: payment behind a QR code


@case("TC_C_131_CSMS")
def test_qr_code(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A payment behind a QR code starts a transaction, up to the limit that the URL asks for."""
    step("Open the URL of a QR code and pay", expect="RequestStartTransaction with the payment and the EVSE")
    operator.pay_on_web(url=_url(station, dut, maxenergy=20000))
    request = _expect_start(station, dut, "C25.FR.23, F07.FR.01")
    for told in station.seen_in_step("NotifyWebPaymentStarted"):
        check(told.evseId == dut.evse, "the EVSE of the URL", requirement="C25.FR.21", actual=told.evseId)

    step("Begin the transaction", expect="the payment is Accepted; maxEnergy 20000")
    told = _begun(station, request).maxEnergy
    check(told == 20000, "transactionLimit.maxEnergy 20000", requirement="C25.FR.24, F07.FR.02", actual=told)


@case("TC_C_132_CSMS")
def test_qr_code_without_station(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A URL that names no station starts nothing."""
    url = _url(station, dut, maxenergy=20000).replace(f"/{dut.identity}/", "/", 1)

    step("Open a URL without the station, try to pay", expect="no RequestStartTransaction")
    operator.pay_on_web(url=url)
    _expect_no_start(station, "C25.FR.09")
    _page_works(station, operator, dut)


@case("TC_C_133_CSMS")
def test_qr_code_with_wrong_password(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A URL whose one-time password is not valid starts nothing."""
    wrong = payment.page(dut.values.payment_page, dut.identity, dut.evse, "0" * payment.LENGTH, maxenergy=20000)

    step("Open a URL with a wrong password, try to pay", expect="no RequestStartTransaction")
    operator.pay_on_web(url=wrong)
    _expect_no_start(station, "C25.FR.08")
    _page_works(station, operator, dut)


# ------------------------------------------------------------------ helpers of this file


def _judged(station: FakeStation, answer: Any, status: str, requirement: str) -> None:
    """idTokenInfo has this status, and its cacheExpiryDateTime is now."""
    info = answer.idTokenInfo
    check(info.status == status, f"idTokenInfo {status}", requirement=requirement, actual=info.status)
    told = info.cacheExpiryDateTime
    now = abs(station.seconds_since(told)) <= station.lab.dut.timeouts.tolerance
    check(now, "cacheExpiryDateTime, the present time", requirement=requirement, actual=told)


def _check_vat_number(station: FakeStation, number: str, status: str, named: dict[str, int]) -> None:
    answer = station.send("VatNumberValidation", vatNumber=number, **named)
    told = answer.status
    check(told == status, f"status {status}", requirement="C18.FR.09", actual=told)
    check(answer.vatNumber == number, f"vatNumber {number}", requirement="C18.FR.09", actual=answer.vatNumber)
    evse = named.get("evseId", ABSENT)
    check(answer.evseId == evse, f"evseId {evse}", requirement="C18.FR.10", actual=answer.evseId)


def _expect_start(station: FakeStation, dut: Dut, requirement: str, **card: Any) -> Any:
    """A remote start of a payment on the first EVSE; answered Accepted."""
    token = {"idToken": PRESENT, "type": "DirectPayment", **card}
    station.answer("RequestStartTransaction", status="Accepted")
    request = station.expect("RequestStartTransaction", evseId=dut.evse, idToken=token, requirement=requirement)
    station.facts["cardToken"] = request.idToken
    return request


def _paid_by_card(station: FakeStation) -> None:
    """A whole transaction that a card pays for."""
    step("Begin a transaction with a payment card", expect="the card is Accepted")
    station.execute("AuthorizedPaymentTerminal")

    step("End it, with its costs", expect="the card is Accepted")
    station.execute("EndedWithCosts", fee=15.0, total=18.15)


def _begun_at_kiosk(station: FakeStation, operator: Operator, dut: Dut) -> Any:
    """A transaction that was paid for at the kiosk; the limit that the CSMS sets."""
    step("Pay at the kiosk", expect="RequestStartTransaction with the card and the EVSE")
    operator.pay_at_kiosk("1234")
    card = [{"additionalIdToken": "1234", "type": payment.CARD}]
    request = _expect_start(station, dut, "C24.FR.01", additionalInfo=card)

    step("Begin the transaction", expect="the card is Accepted; maxCost")
    limit = _begun(station, request)
    check(limit.maxCost > 0, "transactionLimit.maxCost", requirement="C24.FR.02", actual=limit)
    return limit


def _begun(station: FakeStation, request: Any) -> Any:
    """The transaction of a remote start begins; the limit that the CSMS sets."""
    transaction = station.transaction()
    answer = transaction.send("RemoteStart", idToken=request.idToken, remoteStartId=request.remoteStartId)
    transaction.authorized = True
    status = answer.idTokenInfo.status
    check(status == "Accepted", "idTokenInfo Accepted", requirement="E01.FR.12", actual=status)
    return answer.transactionLimit


def _check_limit_told_once(answer: Any) -> None:
    again = answer.transactionLimit
    check(not again, "the limit is told only once", requirement="E16.FR.02", actual=again)


def _url(station: FakeStation, dut: Dut, **limit: int) -> str:
    password = payment.one_time_password(dut.values.payment_secret, moment(station.timestamp()))
    return payment.page(dut.values.payment_page, dut.identity, dut.evse, password, **limit)


def _expect_no_start(station: FakeStation, requirement: str) -> None:
    station.drain()
    asked = station.seen_in_step("RequestStartTransaction")
    check(not asked, "no RequestStartTransaction", requirement=requirement, actual=asked)


def _page_works(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A page that starts nothing whatever the URL would not have refused anything."""
    step("Open a URL as it should be, pay", expect="RequestStartTransaction")
    station.answer("RequestStartTransaction", status="Rejected")
    operator.pay_on_web(url=_url(station, dut, maxenergy=20000))
    station.expect("RequestStartTransaction", evseId=dut.evse, requirement="C25.FR.23")
