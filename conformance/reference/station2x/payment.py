"""A payment terminal in the station, and payments on a web page behind a QR code.

The terminal's provider authorizes every card, and settles what it is asked to unless it was told to fail.
Source: 2.1 part 2, C18 to C25; PaymentCtrlr and WebPaymentsCtrlr; part 2 appendices 6.2 (types of additionalInfo).
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from conformance.reference.authorization import Verdict
from conformance.reference.device_model import READ_ONLY, READ_WRITE, WRITE_ONLY, Variable
from conformance.reference.wire import Payload

if TYPE_CHECKING:
    from conformance.reference.station2x.station import Station2x
    from conformance.reference.station2x.transactions import Limit, Session, Token, Transaction

TERMINAL, WEB = "PaymentCtrlr", "WebPaymentsCtrlr"
DIRECT_PAYMENT = "DirectPayment"
CARD: Mapping[str, str] = {
    "PaymentBrand": "Visa",
    "ReadingMethod": "Contactless",
    "PaymentRecognition": "Credit",
    "CardBin": "424242",
    "CardLast4Digits": "4242",
}
"""What the terminal can tell of the card that is presented, by type of additionalInfo."""
PARAMETERS: Mapping[str, str] = {"maxEnergy": "maxenergy", "maxTime": "maxtime", "maxCost": "maxcost"}
"""Query parameters of the QR code's URL by the limit that the driver enters."""
RECEIPTS = "https://receipts.example.com"
_ALPHABET = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def variables(evses: Iterable[int]) -> list[Variable]:
    """PaymentCtrlr and WebPaymentsCtrlr, as section 2.4 of the referenced variables wants them."""

    def switch(name: str, value: str, mutability: str = READ_WRITE, component: str = TERMINAL) -> Variable:
        return Variable(component, name, value, "boolean", mutability)

    def amount(name: str, value: str) -> Variable:
        return Variable(TERMINAL, name, value, "decimal", READ_WRITE, minimum="0")

    told = {
        "TerminalID": "T-1",
        "PaymentServiceProvider": "Conformance Payments",
        "VendorName": "Conformance",
        "Model": "Terminal",
        "SerialNumber": "T-0001",
        "FirmwareVersion": "1.0",
        "IMSI": "001010123456789",
        "ICCID": "8988211000000000000",
    }
    merchant = {"Id": "M-1", "TaxId": "NL001234567B01", "Name": "Conformance", "Address": "Street 1", "City": "Arnhem"}
    return [
        switch("Enabled", "true"),
        switch("Problem", "false", READ_ONLY),
        switch("AuthorizeDirectPayment", "false"),
        amount("AuthorizationAmount", "25.00"),
        amount("IncrementalAuthorizationAmount", "0"),
        amount("IncrementalAuthorizationThreshold", "2.00"),
        Variable(TERMINAL, "PaymentDetails", "CardLast4Digits", "MemberList", READ_WRITE, values=tuple(CARD)),
        switch("SettlementByCSMS", "false"),
        Variable(TERMINAL, "ReceiptServerUrl", RECEIPTS, mutability=READ_WRITE),
        switch("ReceiptByCSMS", "false"),
        *(
            Variable(TERMINAL, "Merchant", value, mutability=READ_WRITE, instance=name)
            for name, value in merchant.items()
        ),
        *(Variable(TERMINAL, name, value) for name, value in told.items()),
        switch("Connected", "true", READ_ONLY),
        switch("Enabled", "true", component=WEB),
        Variable(
            WEB,
            "URLTemplate",
            "https://pay.example.com/{chargingstationid}/{evse}/{totp}/{version}",
            mutability=READ_WRITE,
            maximum="500",
            check=lambda value: None if _complete(value) else "InvalidValue",
        ),
        Variable(WEB, "URLParameters", ",".join(PARAMETERS.values()), "MemberList", values=tuple(PARAMETERS.values())),
        Variable(WEB, "TOTPVersion", "v1", "OptionList", READ_WRITE, values=("v1",)),
        Variable(WEB, "ValidityTime", "30", "integer", READ_WRITE, minimum="6", maximum="3600", unit="s"),
        Variable(WEB, "SharedSecret", "mysharedsecret", mutability=WRITE_ONLY, minimum="1", maximum="255"),
        Variable(WEB, "Length", "8", "integer", READ_WRITE, minimum="6", maximum="32"),
        *(Variable(WEB, "RoamingEvseId", "", mutability=READ_WRITE, maximum="48", evse=(one, None)) for one in evses),
    ]


def _complete(template: str) -> bool:
    """Whether a URL template has the placeholders that it has to have (C25.FR.50)."""
    station = "{chargingstationid}" in template or "{roamingevseid}" in template
    return station and "{totp}" in template and "{version}" in template


@dataclass
class Payment:
    """A card that was authorized for a session: the provider's reference, and up to which amount.

    `asked`: the CSMS was, too.
    """

    reference: str
    amount: Decimal
    asked: bool


class Payments:
    """What the terminal and the QR codes of a station do."""

    def __init__(self, station: Station2x) -> None:
        self._station = station
        self._next_settlement = "Settled"
        self._entered: dict[int, Limit] = {}
        self._locked: dict[int, float] = {}

    def _is(self, name: str) -> bool:
        return self._station.model.flag(TERMINAL, name)

    def _amount(self, name: str) -> Decimal:
        return Decimal(self._station.model.text(TERMINAL, name))

    @property
    def installed(self) -> bool:
        """Whether the station has a payment terminal at all."""
        return self._station.model.has(TERMINAL, "Enabled")

    # -- authorization (C18) -------------------------------------------------------------------------------------------

    def card_presented(self, evse_id: int) -> bool:
        """A card is held before the terminal, for an EVSE; False where there is no terminal."""
        session = self._station.transactions.sessions.get(evse_id)
        if session is None or not self.installed or not self._is("Enabled"):
            return False
        self._station.spawn(self._authorize(session))
        return True

    async def _authorize(self, session: Session) -> None:
        station, active = self._station, self._station.defects.active
        payment = Payment(uuid.uuid4().hex, self._amount("AuthorizationAmount"), self._is("AuthorizeDirectPayment"))
        if active("payment-never-asked-about"):
            payment.asked = False
        elif active("payment-always-asked-about"):
            payment.asked = True
        token = self._token(payment)
        if session.authorized or not station.tokens.may_start(session.evse, token, ""):
            return
        if payment.asked:
            verdict = await station.tokens.judge(token)
            if not verdict.allows(session.evse.id) and not active("starts-though-payment-refused"):
                return
        if session.authorized or not station.tokens.may_start(session.evse, token, ""):
            return
        session.payment = payment
        if not active("payment-not-limited"):
            session.limit_due = {"maxCost": payment.amount}
        station.transactions.authorize(session, token, Verdict("Accepted"))

    def _token(self, payment: Payment) -> Token:
        """The card as the CSMS is told of it (C18.FR.04, C18.FR.06)."""
        wanted = self._station.model.members(TERMINAL, "PaymentDetails")
        told = [{"additionalIdToken": CARD[name], "type": name} for name in wanted]
        if self._station.defects.active("payment-details-left-out"):
            told = []
        kind = "Central" if self._station.defects.active("payment-with-central-token") else DIRECT_PAYMENT
        token: Token = {"idToken": payment.reference, "type": kind}
        return {**token, "additionalInfo": told} if told else token

    # -- more than was authorized (C23) --------------------------------------------------------------------------------

    def top_up(self, session: Session) -> None:
        """Have the authorized amount increased before the cost reaches it (C23.FR.01)."""
        payment = session.payment
        cost = self._station.tariffs.cost(session) if payment is not None else None
        if payment is None or cost is None:
            return
        more, threshold = (self._amount(f"IncrementalAuthorization{name}") for name in ("Amount", "Threshold"))
        if self._station.defects.active("payment-increased-unasked"):
            more = more or Decimal(5)
        if (
            more > 0
            and cost > payment.amount - threshold
            and not self._station.defects.active("payment-never-increased")
        ):
            payment.amount += more
            self._station.limits.raised_by_payment(session, {"maxCost": payment.amount})

    # -- cancelation and settlement (C19 to C22) -----------------------------------------------------------------------

    def cancel(self, evse_id: int) -> bool:
        """The driver cancels at the station; False where nothing is paid for."""
        session = self._station.transactions.sessions.get(evse_id)
        if session is None or session.payment is None or session.token is None:
            return False
        if session.transaction is None or not self._station.defects.active("cancel-button-dead-in-transaction"):
            self._station.transactions.stop_locally(session, session.token)
        return True

    def authorization_ended(self, session: Session) -> None:
        """An authorization ended; without a transaction the payment is canceled (C19)."""
        payment = session.payment
        if payment is None or session.transaction is not None:
            return
        session.payment = None
        session.limit_due = {}
        told = payment.asked or self._station.defects.active("cancelation-always-told")
        if told and not self._station.defects.active("cancelation-not-told"):
            self._tell(payment, None, "Canceled", Decimal(0))

    def transaction_ended(self, session: Session, transaction: Transaction, details: Payload | None) -> None:
        """A transaction ended: the payment is canceled if it has cost nothing, else settled (C20 to C22)."""
        payment, session.payment = session.payment, None
        if payment is None:
            return
        cost = Decimal(0) if details is None else details["totalCost"]["total"]["inclTax"]
        if cost <= 0:
            if not self._station.defects.active("cancelation-not-told"):
                self._tell(payment, transaction.id, "Canceled", Decimal(0))
            return
        if self._is("SettlementByCSMS") and not self._station.defects.active("settles-beside-the-csms"):
            return
        status, self._next_settlement = self._next_settlement, "Settled"
        self._tell(payment, transaction.id, status, cost)

    def _tell(self, payment: Payment, transaction: str | None, status: str, amount: Decimal) -> None:
        """NotifySettlement, behind what the queue still has of the transaction."""
        active = self._station.defects.active
        if active("settlement-always-settled"):
            status = "Settled"
        notice: Payload = {
            "pspRef": transaction if active("settlement-of-no-payment") and transaction else payment.reference,
            "status": status,
            "settlementAmount": amount + 1 if active("settles-too-much") else amount,
            "settlementTime": self._station.clock.stamp(),
        }
        if transaction is not None:
            notice["transactionId"] = transaction
        receipt = status == "Settled" and not self._is("ReceiptByCSMS")
        if (receipt and not active("no-receipt")) or active("receipt-for-everything"):
            notice["receiptId"] = payment.reference
            notice["receiptUrl"] = f"{RECEIPTS}/{payment.reference}"
        self._station.queue.add("NotifySettlement", notice, transaction or "")

    def fail_next(self, status: str) -> bool:
        """The next settlement comes out as `status`; False without a terminal."""
        self._next_settlement = status
        return self.installed

    def vat_number_entered(self, number: str, evse_id: int) -> bool:
        """The driver enters a VAT number, which the CSMS is asked about (C18.FR.08); False without a terminal."""
        if not self.installed:
            return False
        if not self._station.defects.active("vat-number-not-asked-about"):
            wrong = self._station.defects.active("vat-number-mistyped")
            asked = {"vatNumber": number[:-1] if wrong else number, "evseId": evse_id}
            self._station.spawn(self._station.tell("VatNumberValidation", asked))
        return True

    # -- QR codes (C25) ------------------------------------------------------------------------------------------------

    def limit_entered(self, evse_id: int, limit: Limit) -> bool:
        """The driver enters a limit before there is a transaction: for the URL, and for the transaction to come."""
        station = self._station
        if not station.model.has(WEB, "Enabled") or not station.model.flag(WEB, "Enabled"):
            return False
        offered = station.model.members(WEB, "URLParameters")
        known = {name: value for name, value in limit.items() if PARAMETERS.get(name) in offered}
        self._entered[evse_id] = known
        return bool(known)

    def qr_code(self, evse_id: int) -> str | None:
        """The URL in the QR code that is shown for an EVSE now; None if none is."""
        model, evse = self._station.model, self._station.hardware.evse(evse_id)
        if evse is None or not model.has(WEB, "Enabled") or not model.flag(WEB, "Enabled"):
            return None
        filled = {
            "chargingstationid": model.text("SecurityCtrlr", "Identity"),
            "roamingevseid": self._roaming_id(evse_id),
            "evse": str(evse_id),
            "totp": self._one_time_password(),
            "version": model.text(WEB, "TOTPVersion"),
        }
        url = model.text(WEB, "URLTemplate")
        for name, value in filled.items():
            url = url.replace(f"{{{name}}}", quote(value, safe=""))
        entered = self._entered.get(evse_id, {})
        if self._station.defects.active("url-without-limit"):
            entered = {}
        query = urlencode({PARAMETERS[name]: str(value) for name, value in entered.items()})
        return f"{url}?{query}" if query else url

    def _roaming_id(self, evse_id: int) -> str:
        if self._station.defects.active("roaming-id-left-out"):
            return ""
        known = (one for one in self._station.model if (one.name, one.evse[0]) == ("RoamingEvseId", evse_id))
        return self._station.model.value(next(known))

    def _one_time_password(self) -> str:
        model = self._station.model
        interval = int(self._station.clock.now().timestamp()) // model.number(WEB, "ValidityTime")
        if self._station.defects.active("one-time-password-of-yesterday"):
            interval -= 86400
        key = model.text(WEB, "SharedSecret").encode("utf-8")
        digest = hmac.new(key, interval.to_bytes(8, "big"), hashlib.sha256).digest()
        offset = digest[-1] & 0x0F
        picked = [digest[(offset + index) % len(digest)] for index in range(model.number(WEB, "Length"))]
        return "".join(_ALPHABET[value % len(_ALPHABET)] for value in picked)

    def web_payment_started(self, request: Payload) -> Payload:
        """Answer NotifyWebPaymentStarted: the EVSE is kept free for who pays (C25.FR.22, C25.FR.27)."""
        self._locked[request["evseId"]] = time.monotonic() + request["timeout"]
        return {}

    def kept_free(self, evse_id: int) -> bool:
        """Whether the EVSE is kept for somebody who pays on the web."""
        if self._station.defects.active("web-payment-keeps-nothing-free"):
            return False
        return time.monotonic() < self._locked.get(evse_id, 0.0)

    def started_remotely(self, session: Session, token: Mapping[str, Any]) -> None:
        """A remote start was accepted: who paid on the web has come, with the limit that was entered."""
        self._locked.pop(session.evse.id, None)
        if token.get("type") == DIRECT_PAYMENT and not self._station.defects.active("entered-limit-forgotten"):
            session.limit_due = self._entered.pop(session.evse.id, {})
            if self._station.defects.active("limit-of-the-one-before"):
                session.limit_due = session.limit_due or {"maxTime": 3600}
