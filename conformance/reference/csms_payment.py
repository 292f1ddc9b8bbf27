"""What the reference CSMS knows of money: prepaid and payment cards, kiosks and payment pages, VAT numbers, receipts.

It has no payment service provider: a card is authorized by somebody showing it, and a payment settled by being noted.
Source: OCPP 2.1 edition 2, part 2, C17 to C25, E16.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from conformance.reference.csms_desk import Desk
from conformance.reference.csms_registration import now
from conformance.reference.csms_store import Transaction
from conformance.reference.wire import Payload

DIRECT_PAYMENT = "DirectPayment"
AUTHORIZED_AMOUNT = 50
"""What a payment card is authorized for at a kiosk and on the payment page, in the station's currency."""
PRICE = Decimal("0.5")
"""Of a kWh, taxes included, where the station does not calculate the cost itself."""
VAT_NUMBERS: Mapping[str, Payload] = {
    "NL001234567B01": {"name": "Conformance", "address1": "Testing Street 1", "city": "Arnhem", "country": "NLD"}
}
"""The numbers that are valid, with their companies."""
SECRET, VALIDITY, LENGTH = "mysharedsecret", 30, 8
"""WebPaymentsCtrlr of every station: SharedSecret, ValidityTime in seconds, Length."""
LOCKED = 60
"""Seconds for which a station is asked to keep an EVSE free for somebody who pays."""
_ALPHABET = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The standard calls it base62; it prints no lower-case o."""
_REGISTER = "Energy.Active.Import.Register"
_LIMITS = {"maxenergy": "maxEnergy", "maxtime": "maxTime", "maxcost": "maxCost"}


class PageError(Exception):
    """The payment page shows that the QR code is not valid; the text says why."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What the URL of a QR code says: for which station and EVSE, up to which limit."""

    identity: str
    evse: int
    limit: dict[str, Any]


def one_time_password(interval: int) -> str:
    """The time-based one-time password of an interval, counted from 1970 (C25, TOTP algorithm, version 1)."""
    digest = hmac.new(SECRET.encode(), interval.to_bytes(8, "big"), hashlib.sha256).digest()
    offset = digest[-1] & 0x0F
    picked = (digest[(offset + index) % len(digest)] for index in range(LENGTH))
    return "".join(_ALPHABET[value % len(_ALPHABET)] for value in picked)


def read_page(url: str, *, any_password: bool = False) -> Visit:
    """What the URL of a QR code says, as .../{chargingstationid}/{evse}/{totp}/{version}; raises PageError.

    `any_password`: without a look at the one-time password.
    """
    parts = urlsplit(url)
    segments = [unquote(one) for one in parts.path.split("/")]
    if len(segments) < 5 or segments[-1] != "v1":
        raise PageError("the URL is not as its template")
    identity, evse, password = segments[-4:-1]
    if not identity or not evse.isdecimal():
        raise PageError("the URL names no station and EVSE")
    interval = int(time.time() // VALIDITY)
    # The interval before and the one after count, too (C25, validation of TOTP).
    if not any_password and password not in [one_time_password(interval + step) for step in (-1, 0, 1)]:
        raise PageError("the one-time password is not valid")
    asked = parse_qs(parts.query)
    limit = {name: _number(asked[key][0]) for key, name in _LIMITS.items() if key in asked}
    return Visit(identity, int(evse), limit)


def _number(text: str) -> Any:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1e12:
        raise PageError(f"{text!r} is no limit")
    return int(value) if value.is_integer() else value


def start(desk: Desk, evse: int, limit: Mapping[str, Any], digits: str = "") -> Payload:
    """Fields of the RequestStartTransaction for a card that was just authorized (C24.FR.01, C25.FR.23)."""
    reference = uuid.uuid4().hex
    desk.record.payments[reference] = {"maxCost": AUTHORIZED_AMOUNT, **limit}
    token: Payload = {"idToken": reference, "type": DIRECT_PAYMENT}
    if digits:
        token["additionalInfo"] = [{"additionalIdToken": digits, "type": "CardLast4Digits"}]
    desk.save()
    return {"idToken": token, "evseId": evse}


def vat_number(desk: Desk, request: Payload) -> Payload:
    """The answer to VatNumberValidation (C18.FR.09, FR.10)."""
    company = VAT_NUMBERS.get(request["vatNumber"])
    if desk.defects.active("every-vat-number-accepted"):
        company = next(iter(VAT_NUMBERS.values()))
    answer: Payload = {"vatNumber": request["vatNumber"], "status": "Rejected" if company is None else "Accepted"}
    if company is not None:
        answer["company"] = company
    if "evseId" in request:
        answer["evseId"] = request["evseId"]
    return answer


def settled(desk: Desk, request: Payload) -> Payload:
    """The answer to NotifySettlement: a receipt for what was settled, unless the terminal gave one (C21.FR.03)."""
    desk.record.settlements[request["pspRef"]] = request["status"]
    desk.save()
    if request["status"] != "Settled" or "receiptUrl" in request:
        return {}
    return {"receiptUrl": f"https://pay.example.com/receipts/{request['pspRef']}", "receiptId": request["pspRef"][:50]}


def money(desk: Desk, transaction: Transaction, event: Payload, credit: Decimal | None) -> Payload:
    """What a TransactionEventResponse says of cost and limit where a card pays; `credit` is a prepaid card's."""
    limit = _limit(desk, transaction, event, credit)
    answer: Payload = {}
    if limit and not transaction.limit_told:
        answer["transactionLimit"] = limit
        transaction.limit |= {name: float(value) for name, value in limit.items()}
        transaction.limit_told = not desk.defects.active("limit-told-again")
    if event["eventType"] == "Ended" and (limit or transaction.token_type == DIRECT_PAYMENT):
        answer["totalCost"] = _total(transaction, event)
    return answer


def _limit(desk: Desk, transaction: Transaction, event: Payload, credit: Decimal | None) -> dict[str, Any]:
    """The limit that the CSMS has set or has to: once a token is named (C17.FR.03, C24.FR.02, C25.FR.24)."""
    if credit is not None and credit > 0:
        return {"maxCost": credit}
    if transaction.token_type == DIRECT_PAYMENT:
        return desk.record.payments.get(transaction.token, {})
    return {}


def _total(transaction: Transaction, event: Payload) -> Decimal:
    """What was charged for costs, taxes included: as the station calculated, else by the energy."""
    total = event.get("costDetails", {}).get("totalCost", {}).get("total")
    if total is not None:
        return Decimal(str(total.get("inclTax", total.get("exclTax", 0))))
    return cost_of_energy(transaction)


def cost_of_energy(transaction: Transaction) -> Decimal:
    """What the energy so far costs, taxes included."""
    begin, end = transaction.meter_start, transaction.meter_stop
    energy = Decimal(0) if begin is None or end is None else max(Decimal(0), Decimal(end - begin))
    return (energy * PRICE / 1000).quantize(Decimal("0.01"))


def register(event: Payload) -> int | None:
    """The energy register that an event tells last, in whole Wh."""
    found = None
    for taken in event.get("meterValue", []):
        for sample in taken["sampledValue"]:
            energy = sample.get("measurand", _REGISTER) == _REGISTER and "phase" not in sample
            if energy and abs(sample["value"]) < 1e12:
                found = round(sample["value"])
    return found


def expiry() -> str:
    """cacheExpiryDateTime of a prepaid card: it is not to be remembered (C17.FR.01, FR.02)."""
    return now()
