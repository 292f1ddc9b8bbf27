"""Block C, Authorization by prepaid cards and payments: a charging station under test (2.1).

What the payment terminal and its provider do between them can't be seen on the wire; what the CSMS is told of it can.
"""

from __future__ import annotations

from typing import Any

from conformance import (
    ABSENT,
    Dut,
    FakeCsms,
    NotApplicable,
    Operator,
    case,
    check,
    moment,
    one_of,
    payment,
    recommend,
    step,
)

TERMINAL, WEB, TARIFF = "PaymentCtrlr", "WebPaymentsCtrlr", "TariffCostCtrlr"
NO_COSTS = {"totalCost": {"currency": "EUR", "total": {"exclTax": 0, "inclTax": 0}, "typeOfCost": "NormalCost"}}

# ------------------------------------------------------------------ C17: prepaid cards


@case("TC_C_103_CS")
def test_prepaid(csms: FakeCsms, dut: Dut) -> None:
    """A prepaid card charges, up to the credit that the CSMS tells, and is asked about every time."""
    csms.reach("TokensAskedAbout")
    _limits(csms, "maxCost")
    _expires_at_once(csms, dut.tokens.prepaid, "Accepted")

    step("Present a prepaid card, answer Accepted", expect="Authorize; an event with it once a transaction runs")
    csms.answer("TransactionEvent", {"transactionLimit": {"maxCost": 123.32}})
    csms.execute("Authorized", locally=True, token=dut.tokens.prepaid, asked=True)

    step("Plug in the EV and let it charge", expect="Charging; the limit 123.32 is confirmed")
    csms.execute("EnergyTransferStarted")
    csms.execute("LimitSet", earlier=True, maxCost=123.32)


@case("TC_C_104_CS")
def test_prepaid_without_credit(csms: FakeCsms, dut: Dut) -> None:
    """A prepaid card without credit starts nothing."""
    csms.reach("TokensAskedAbout")
    _expires_at_once(csms, dut.tokens.prepaid_empty, "NoCredit")
    csms.reach("EVConnectedPreSession")

    step("Present an empty prepaid card, answer NoCredit", expect="Authorize with it; no authorization, no energy")
    csms.execute("AuthorizationRefused", locally=True, token=dut.tokens.prepaid_empty)


# ------------------------------------------------------------------ C18: a payment terminal


@case("TC_C_105_CS")
def test_card_refused_by_csms(csms: FakeCsms, dut: Dut) -> None:
    """A card whose payment is authorized, and that the CSMS refuses, starts nothing."""
    _terminal(csms, 50, ask=True)
    csms.reach("DefaultTariffConfigured")
    csms.reach("EVConnectedPreSession")

    step("Present a payment card, answer Invalid", expect="Authorize with its last four digits; no authorization")
    csms.answer("Authorize", idTokenInfo={"status": "Invalid"})
    csms.execute("CardPresented")
    csms.drain()
    csms.execute("NothingAuthorized")


@case("TC_C_106_CS")
def test_card_authorized_by_terminal(csms: FakeCsms) -> None:
    """Without AuthorizeDirectPayment the terminal's word is enough; the transaction is limited to the amount."""
    _terminal(csms, 25, ask=False)
    csms.reach("DefaultTariffConfigured")

    step("Present a payment card", expect="no Authorize; an event with card and maxCost once a transaction runs")
    csms.execute("AuthorizedPaymentTerminal", limit={"maxCost": 25})

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_107_CS")
def test_card_authorized_by_both(csms: FakeCsms) -> None:
    """With AuthorizeDirectPayment the CSMS is asked, too; the transaction is limited to the amount."""
    _terminal(csms, 25, ask=True)
    csms.reach("DefaultTariffConfigured")

    step("Present a payment card, answer Accepted", expect="Authorize; an event with card and maxCost")
    csms.execute("AuthorizedPaymentTerminal", limit={"maxCost": 25})

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_108_CS")
def test_vat_number(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The station has the CSMS validate a VAT number that the driver enters."""
    step("Enter an invalid VAT number, answer Rejected", expect="VatNumberValidation with it")
    csms.answer("VatNumberValidation", _validated("Rejected"))
    operator.enter_vat_number(dut.values.invalid_vat_number)
    _expect_vat_number(csms, dut, dut.values.invalid_vat_number)

    step("Enter a valid VAT number, answer Accepted", expect="VatNumberValidation with it")
    csms.answer("VatNumberValidation", _validated("Accepted"))
    operator.enter_vat_number(dut.values.vat_number)
    _expect_vat_number(csms, dut, dut.values.vat_number)


# ------------------------------------------------------------------ C19, C20: cancelation


@case("TC_C_109_CS")
def test_card_runs_out(csms: FakeCsms, dut: Dut) -> None:
    """Of a payment that runs out before a transaction, and of which the CSMS knows nothing, it is told nothing."""
    _before_transaction(csms, dut, ask=False)

    step("Present a payment card", expect="no Authorize, no event")
    csms.execute("AuthorizedPaymentTerminal")

    step("Plug in nothing", expect="no event, no NotifySettlement")
    csms.execute("EVConnectTimedOut")
    csms.execute("NoSettlementTold", requirement="C19.FR.02")


@case("TC_C_110_CS")
def test_card_canceled_after_asking(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A payment that the driver cancels before a transaction is told to be Canceled if the CSMS was asked about it."""
    _before_transaction(csms, dut, ask=True)

    step("Present a payment card, answer Accepted", expect="Authorize; no event")
    csms.execute("AuthorizedPaymentTerminal")

    step("Cancel at the station", expect="NotifySettlement: Canceled, without a transaction")
    operator.cancel_payment()
    csms.execute("SettlementTold", status="Canceled", transactionId=ABSENT)


@case("TC_C_111_CS")
def test_card_canceled(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Of a payment that the driver cancels, and of which the CSMS knows nothing, it is told nothing."""
    _before_transaction(csms, dut, ask=False)

    step("Present a payment card", expect="no Authorize, no event")
    csms.execute("AuthorizedPaymentTerminal")

    step("Cancel at the station", expect="no event, no NotifySettlement")
    operator.cancel_payment()
    csms.execute("NoSettlementTold", requirement="C19.FR.02")
    csms.execute("NothingAuthorized")


@case("TC_C_112_CS")
def test_card_runs_out_after_asking(csms: FakeCsms, dut: Dut) -> None:
    """A payment that runs out before a transaction is told to be Canceled if the CSMS was asked about it."""
    _before_transaction(csms, dut, ask=True)

    step("Present a payment card, answer Accepted", expect="Authorize; no event")
    csms.execute("AuthorizedPaymentTerminal")

    step("Plug in nothing", expect="no event; NotifySettlement: Canceled, without a transaction")
    csms.execute("EVConnectTimedOut")
    csms.execute("SettlementTold", status="Canceled", transactionId=ABSENT)


@case("TC_C_113_CS")
def test_card_runs_out_in_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A payment that runs out in a transaction that has cost nothing is told to be Canceled, with the transaction."""
    _terminal(csms, 50, ask=False)
    csms.configure("TxCtrlr", "TxStartPoint", "Authorized")
    csms.prefer("TxCtrlr", "TxStopPoint", "Authorized")
    csms.configure("TxCtrlr", "EVConnectionTimeOut", f"{dut.values.ev_connection_timeout}")
    csms.reach("DefaultTariffConfigured")

    step("Present a payment card", expect="no Authorize; an event with card and maxCost")
    csms.execute("AuthorizedPaymentTerminal", limit={"maxCost": 50})

    step("Plug in nothing, answer Ended with cost 0", expect="EVConnectTimeout, Ended; NotifySettlement: Canceled")
    csms.answer("TransactionEvent", {"totalCost": 0})
    csms.execute("EVConnectTimedOut")
    csms.transaction(dut.evse).wait_until(eventType="Ended", costDetails=NO_COSTS, requirement="I12.FR.01")
    csms.execute("SettlementTold", status="Canceled", transactionId=_id(csms, dut))


@case("OC_C_08_CS")
def test_card_canceled_in_transaction(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A driver who cancels the payment by which a transaction has begun ends it, and pays nothing."""
    _terminal(csms, 50, ask=False)
    csms.configure("TxCtrlr", "TxStartPoint", "Authorized")
    csms.prefer("TxCtrlr", "TxStopPoint", "Authorized")
    csms.reach("DefaultTariffConfigured")

    step("Present a payment card", expect="no Authorize; an event with card and maxCost")
    csms.execute("AuthorizedPaymentTerminal", limit={"maxCost": 50})

    step("Cancel at the station, answer Ended with cost 0", expect="StopAuthorized, Ended; NotifySettlement: Canceled")
    csms.answer("TransactionEvent", {"totalCost": 0})
    operator.cancel_payment()
    ended = {"triggerReason": "StopAuthorized", "stoppedReason": one_of("Local", ABSENT), "costDetails": NO_COSTS}
    csms.transaction(dut.evse).wait_until(
        eventType="Ended", **ended, requirement="C20.FR.01", within=dut.timeouts.physical
    )
    csms.execute("SettlementTold", status="Canceled", transactionId=_id(csms, dut))


# ------------------------------------------------------------------ C21, C22: settlement


@case("TC_C_114_CS")
def test_settled_with_receipt(csms: FakeCsms, dut: Dut) -> None:
    """The station settles what a transaction has cost, and tells it, with the receipt of its terminal."""
    _charge_for_fee(csms, dut, ReceiptByCSMS="false")

    step("Let the terminal settle", expect="NotifySettlement: Settled, 18.15, with the receipt")
    receipt = {"receiptUrl": _a_url, "receiptId": _some_text}
    csms.execute("SettlementTold", status="Settled", amount=18.15, transactionId=_id(csms, dut), **receipt)


@case("TC_C_115_CS")
def test_settled_by_csms(csms: FakeCsms, dut: Dut) -> None:
    """With SettlementByCSMS the station tells what a transaction has cost, and settles nothing."""
    _charge_for_fee(csms, dut, SettlementByCSMS="true")

    step("Let nothing be settled here", expect="no NotifySettlement")
    csms.execute("NoSettlementTold", requirement="C21.FR.06")


@case("TC_C_116_CS")
def test_settled_without_receipt(csms: FakeCsms, dut: Dut) -> None:
    """With ReceiptByCSMS the station settles what a transaction has cost, and leaves the receipt to the CSMS."""
    csms.answer("NotifySettlement", receiptUrl="https://receipts.example.com/1")
    _charge_for_fee(csms, dut, ReceiptByCSMS="true")

    step("Let the terminal settle", expect="NotifySettlement: Settled, 18.15, without a receipt")
    about = {"transactionId": _id(csms, dut), "receiptUrl": ABSENT}
    csms.execute("SettlementTold", status="Settled", amount=18.15, **about)


@case("TC_C_119_CS")
def test_settlement_fails(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A settlement for which the provider can't be reached is told to have Failed."""
    _not_settled(csms, operator, dut, "Failed")


@case("TC_C_120_CS")
def test_settlement_rejected(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A settlement that the provider refuses is told to be Rejected."""
    _not_settled(csms, operator, dut, "Rejected")


# ------------------------------------------------------------------ C23: more than was authorized at first


@case("TC_C_121_CS")
def test_amount_increased(csms: FakeCsms, dut: Dut) -> None:
    """With IncrementalAuthorizationAmount the authorized amount, and with it the limit, is increased as needed."""
    _terminal(csms, 10, ask=False, IncrementalAuthorizationAmount="5.00", IncrementalAuthorizationThreshold="2.00")
    csms.reach("DefaultTariffConfigured", tariff=_ten_within(dut))

    step("Pay by card, plug in and let the EV charge", expect="an event with card and maxCost 10; Charging")
    csms.execute("AuthorizedPaymentTerminal", limit={"maxCost": 10})
    csms.execute("EnergyTransferStarted")

    step("Charge for more than 8, 13 and 18", expect="LimitSet with maxCost 15, 20 and 25")
    for amount in (15, 20, 25):
        csms.execute("LimitSet", requirement="C23.FR.02", maxCost=amount)


@case("TC_C_122_CS")
def test_amount_not_increased(csms: FakeCsms, dut: Dut) -> None:
    """Without IncrementalAuthorizationAmount the energy ends when the authorized amount is reached."""
    _terminal(csms, 10, ask=False, IncrementalAuthorizationAmount="0", IncrementalAuthorizationThreshold="2.00")
    csms.reach("DefaultTariffConfigured", tariff=_ten_within(dut))

    step("Pay by card, plug in and let the EV charge", expect="an event with card and maxCost 10; Charging")
    csms.execute("AuthorizedPaymentTerminal", limit={"maxCost": 10})
    csms.execute("EnergyTransferStarted")

    step("Charge for 10", expect="CostLimitReached, SuspendedEVSE or Ended; no other limit")
    csms.execute("LimitReached", reason="CostLimitReached", within=dut.values.transaction_duration)
    _check_limits(csms, dut, {"maxCost": 10})


# ------------------------------------------------------------------ C24: payment at a kiosk


@case("TC_C_123_CS")
def test_kiosk_with_local_costs(csms: FakeCsms) -> None:
    """A remote start of a payment charges up to the limit that the CSMS sets, where the station calculates."""
    _no_terminal(csms)
    _costs(csms, "true")
    csms.reach("DefaultTariffConfigured", tariff=payment.fixed_fee(12.45))

    step("Start remotely with a payment, let the EV charge, answer with maxCost 50", expect="the payment; LimitSet")
    csms.execute("ChargingUpToLimit", entered=False, maxCost=50)


@case("TC_C_124_CS")
def test_kiosk_with_central_costs(csms: FakeCsms) -> None:
    """A remote start of a payment charges up to the limit that the CSMS sets, where the CSMS calculates."""
    _no_terminal(csms)
    csms.prefer(TARIFF, "Enabled", "Cost", "false")
    _limits(csms, "maxCost")

    step("Start remotely with a payment, let the EV charge, answer with maxCost 50", expect="the payment; LimitSet")
    csms.execute("ChargingUpToLimit", entered=False, maxCost=50)


# ------------------------------------------------------------------ C25: payment behind a QR code


@case("TC_C_127_CS")
def test_qr_code(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station with QR codes is started by a payment on the web, without a limit if nobody has entered one."""
    _qr_codes(csms)
    _check_qr_code(csms, operator, dut)

    step("Tell that somebody pays on the web", expect="NotifyWebPaymentStarted answered, without anything")
    _pay_on_web(csms, dut)

    step("Start remotely with the payment", expect="Authorize; RemoteStart with the payment, once a transaction runs")
    csms.execute("AuthorizedPaymentTerminal", locally=False)

    step("Plug in the EV and let it charge", expect="Charging; no limit")
    csms.execute("EnergyTransferStarted")
    _check_limits(csms, dut)


@case("TC_C_128_CS")
def test_qr_code_with_time(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A time that the driver enters stands in the QR code, and limits the transaction."""
    _pays_up_to(csms, operator, dut, "300 s", maxTime=300)


@case("TC_C_129_CS")
def test_qr_code_with_cost(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A cost that the driver enters stands in the QR code, and limits the transaction."""
    _pays_up_to(csms, operator, dut, "50 EUR", maxCost=50)


@case("TC_C_130_CS")
def test_qr_code_with_energy(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """An energy that the driver enters stands in the QR code, and limits the transaction."""
    _pays_up_to(csms, operator, dut, "20 kWh", maxEnergy=20000)


@case("OC_C_09_CS")
def test_kept_free(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """While somebody pays on the web, a token that is presented at that EVSE starts nothing."""
    _qr_codes(csms)
    csms.reach("TokensAskedAbout")

    step("Tell that somebody pays on the web", expect="NotifyWebPaymentStarted answered, without anything")
    _pay_on_web(csms, dut)

    step("Present a token", expect="no authorization of it")
    operator.present_token(dut.tokens.valid, dut.connector)
    csms.drain()
    told = csms.seen_in_step("TransactionEvent", idToken=dut.tokens.valid)
    if not recommend(not told, "no event with the token", requirement="C25.FR.22", actual=told):
        return

    step("Start remotely with the payment, let the EV charge", expect="Authorize; RemoteStart with it; Charging")
    csms.execute("AuthorizedPaymentTerminal", locally=False)
    csms.execute("EnergyTransferStarted")


@case("OC_C_10_CS")
def test_qr_code_of_roaming_evse(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A URL template with {roamingevseid} is filled with the id that the EVSE has for roaming."""
    _qr_codes(csms)
    csms.configure(f"{WEB}#{dut.evse}", "RoamingEvseId", "NL*OC1*E1")
    csms.configure(WEB, "URLTemplate", "https://pay.example.com/{roamingevseid}/{totp}/{version}")
    if not operator.offers("read_qr_code"):
        raise NotApplicable("the operator can't read QR codes (read_qr_code)")

    step("Read the QR code", expect="the URL of the template, with the roaming id of the EVSE")
    _check_qr_code(csms, operator, dut, requirement="C25.FR.53")


# ------------------------------------------------------------------ helpers of this file


def _expires_at_once(csms: FakeCsms, token: Any, status: str) -> None:
    csms.considers(token, status=status, cacheExpiryDateTime=csms.timestamp())


def _limits(csms: FakeCsms, *wanted: str) -> None:
    """The station has these limits of transactions."""
    supported = csms.configured("TxCtrlr", "SupportedLimits")
    for limit in wanted:
        if limit not in [one.strip() for one in supported.split(",")]:
            raise NotApplicable(f"TxCtrlr.SupportedLimits is {supported!r}, without {limit}")


def _costs(csms: FakeCsms, enabled: str) -> None:
    """The station calculates costs by itself, or not; in EUR."""
    for instance in ("Tariff", "Cost"):
        csms.configure(TARIFF, "Enabled", instance, enabled)
    csms.prefer(TARIFF, "Currency", "EUR")


def _terminal(csms: FakeCsms, amount: int, *, ask: bool, **more: str) -> None:
    """The payment terminal authorizes this amount, the CSMS is asked or not; `more` are variables of PaymentCtrlr."""
    _costs(csms, "true")
    _limits(csms, "maxCost")
    wanted = {
        "Enabled": "true",
        "AuthorizationAmount": f"{amount}.00",
        "AuthorizeDirectPayment": "true" if ask else "false",
        "PaymentDetails": payment.CARD,
        "SettlementByCSMS": "false",
    }
    for name, value in {**wanted, **more}.items():
        csms.configure(TERMINAL, name, value)


def _before_transaction(csms: FakeCsms, dut: Dut, *, ask: bool) -> None:
    """No transaction starts before an EV is connected; one has to be soon."""
    _terminal(csms, 25, ask=ask)
    points = set(csms.configured("TxCtrlr", "TxStartPoint").split(","))
    if points & {"ParkingBayOccupancy", "Authorized"}:
        csms.configure("TxCtrlr", "TxStartPoint", "PowerPathClosed")
    csms.configure("TxCtrlr", "EVConnectionTimeOut", f"{dut.values.ev_connection_timeout}")
    csms.reach("DefaultTariffConfigured")


def _no_terminal(csms: FakeCsms) -> None:
    """Payments come from elsewhere; the station asks about those that a remote start brings."""
    if csms.configured(TERMINAL, "Enabled"):
        csms.configure(TERMINAL, "Enabled", "false")
        csms.prefer(TERMINAL, "AuthorizeDirectPayment", "true")
    csms.prefer("AuthCtrlr", "AuthorizeRemoteStart", "true")


def _validated(status: str) -> Any:
    """Answers VatNumberValidation so, repeating number and EVSE."""

    def answer(request: Any) -> dict[str, Any]:
        told = {"vatNumber": request.vatNumber, "evseId": request.evseId}
        return {"status": status, **{name: value for name, value in told.items() if value is not ABSENT}}

    return answer


def _expect_vat_number(csms: FakeCsms, dut: Dut, number: str) -> None:
    asked = csms.expect("VatNumberValidation", vatNumber=number, requirement="C18.FR.08")
    evse = asked.evseId
    check(evse in (ABSENT, dut.evse), "the EVSE, if any", requirement="C18.FR.08", actual=evse)


def _not_settled(csms: FakeCsms, operator: Operator, dut: Dut, status: str) -> None:
    operator.fail_settlement(status=status)
    _charge_for_fee(csms, dut, ReceiptByCSMS="false")

    step("Let the terminal try to settle", expect=f"NotifySettlement: {status}, 18.15, without a receipt")
    about = {"transactionId": _id(csms, dut), "receiptUrl": ABSENT, "receiptId": ABSENT}
    csms.execute("SettlementTold", status=status, amount=18.15, **about)


def _charge_for_fee(csms: FakeCsms, dut: Dut, **more: str) -> None:
    """A whole session that a card pays for, stopped remotely; it has cost 15.00 EUR, 18.15 with 21 % of tax.

    `more` are variables of PaymentCtrlr.
    """
    _terminal(csms, 50, ask=False, **more)
    csms.reach("DefaultTariffConfigured", tariff=payment.fixed_fee(15.0))

    step("Pay by card, charge, stop remotely, drive away", expect="Ended, with costs of 15.00, 18.15 with taxes")
    csms.execute("AuthorizedPaymentTerminal", limit={"maxCost": 50})
    csms.execute("EVConnectedPreSession")
    csms.execute("EnergyTransferStarted")
    csms.execute("StopAuthorized", locally=False)
    csms.execute("ParkingBayUnoccupied")
    sums = {"exclTax": 15.0, "inclTax": 18.15}
    fee = {**sums, "taxRates": [payment.TAX]}
    told = {"totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "fixed": fee, "total": sums}}
    csms.transaction(dut.evse).wait_until(eventType="Ended", costDetails=told, requirement="I12.FR.01")


def _id(csms: FakeCsms, dut: Dut) -> Any:
    return csms.transaction(dut.evse).id


def _ten_within(dut: Dut) -> dict[str, Any]:
    """A tariff by which charging costs 10, taxes included, in a part of `transaction_duration`: 18 in all of it."""
    return payment.by_time(round(18 * 60 / dut.values.transaction_duration / 1.25, 2))


def _check_limits(csms: FakeCsms, dut: Dut, *wanted: dict[str, Any]) -> None:
    """These limits are all that the transaction has told."""
    told = [one.transactionInfo.transactionLimit for one in csms.transaction(dut.evse).events]
    limits = [limit for limit in told if limit is not ABSENT]
    check(limits == [*wanted], f"the limits {[*wanted]}", requirement="E16.FR.01", actual=limits)


def _qr_codes(csms: FakeCsms, *limits: str) -> None:
    """QR codes are shown, to pay without limits or with these; the CSMS is asked about payments."""
    _limits(csms, *limits)
    _costs(csms, "true")
    csms.reach("DefaultTariffConfigured", tariff=payment.fixed_fee(12.45))
    csms.prefer("AuthCtrlr", "AuthorizeRemoteStart", "true")
    csms.prefer(TERMINAL, "AuthorizeDirectPayment", "true")
    csms.prefer(WEB, "Enabled", "true")
    for name, value in (("TOTPVersion", "v1"), ("ValidityTime", "120"), ("Length", "8")):
        csms.configure(WEB, name, value)
    offered = csms.configured(WEB, "URLParameters").split(",")
    for limit in limits:
        if limit.casefold() not in offered:
            raise NotApplicable(f"WebPaymentsCtrlr.URLParameters is {','.join(offered)!r}, without {limit.casefold()}")


def _pay_on_web(csms: FakeCsms, dut: Dut) -> None:
    answer = csms.send("NotifyWebPaymentStarted", evseId=dut.evse, timeout=5)
    check(list(answer) == [], "an answer without anything", requirement="C25.FR.27", actual=answer)


def _pays_up_to(csms: FakeCsms, operator: Operator, dut: Dut, words: str, **limit: int) -> None:
    _qr_codes(csms, *limit)

    step(f"Enter {words}, tell that somebody pays on the web", expect="NotifyWebPaymentStarted answered")
    operator.enter_limit(**limit)
    query: dict[str, Any] = {name.casefold(): value for name, value in limit.items()}
    _check_qr_code(csms, operator, dut, **query)
    _pay_on_web(csms, dut)

    step("Start remotely, let the EV charge, answer with the limit", expect="the payment with the limit; LimitSet")
    csms.execute("ChargingUpToLimit", **limit)


def _check_qr_code(csms: FakeCsms, operator: Operator, dut: Dut, requirement: str = "C25.FR.01", **query: int) -> None:
    """The QR code, where the operator can read it, has the URL that its template and the one-time password give."""
    if not operator.offers("read_qr_code"):
        return
    csms.execute("SharedSecretSet", secret="12345678")
    url = operator.read_qr_code().get("url")
    template, now = csms.configured(WEB, "URLTemplate"), moment(csms.timestamp())
    passwords = [payment.one_time_password("12345678", now + off, 120) for off in (-120, 0, 120)]
    roaming = csms.configured(f"{WEB}#{dut.evse}", "RoamingEvseId") if "{roamingevseid}" in template else ""
    right = [payment.fill(template, dut.identity, dut.evse, one, roaming=roaming, **query) for one in passwords]
    if url is not None:
        check(url in right, f"the URL {right[1]}", requirement=requirement, actual=url)


def _some_text(value: Any) -> bool:
    """not empty"""
    return isinstance(value, str) and bool(value)


def _a_url(value: Any) -> bool:
    """a URL"""
    return isinstance(value, str) and "://" in value
