"""What payment cases write and compare: tariffs, costs, card tokens, the URL of a QR code and its one-time password.

Source: OCPP 2.1 edition 2, part 2, C18 to C25, I07, I12; part 6 for the amounts.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from conformance.peers.peer import Peer

ALPHABET = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Of one-time passwords. The standard calls it base62, and prints no lower-case o."""
VALIDITY_TIME = 30
"""WebPaymentsCtrlr.ValidityTime of our own station, in seconds."""
LENGTH = 8
"""WebPaymentsCtrlr.Length of our own station."""
CARD = "CardLast4Digits"
"""What PaymentCtrlr.PaymentDetails is set to: of the card, its last four digits are told."""
TAX = {"type": "MyTax", "tax": 21}


def one_time_password(secret: str, seconds: float, validity: int = VALIDITY_TIME, length: int = LENGTH) -> str:
    """The one-time password at a moment, in seconds since 1970 (C25, TOTP algorithm, version 1)."""
    interval = int(seconds) // validity
    digest = hmac.new(secret.encode("utf-8"), interval.to_bytes(8, "big"), hashlib.sha256).digest()
    begin = digest[-1] % 16
    return "".join(ALPHABET[(digest + digest)[begin + index] % len(ALPHABET)] for index in range(length))


def page(base: str, station: str, evse: int, password: str, **limit: Any) -> str:
    """The URL in a QR code, by the template {base}/{chargingstationid}/{evse}/{totp}/{version} (C25)."""
    template = base.rstrip("/") + "/{chargingstationid}/{evse}/{totp}/{version}"
    return fill(template, station, evse, password, **limit)


def fill(template: str, station: str, evse: int, password: str, *, roaming: str = "", **limit: Any) -> str:
    """A URL template of QR codes, filled (C25.FR.51, C25.FR.52, C25.FR.53); `limit` is its query."""
    named = {"chargingstationid": station, "roamingevseid": roaming, "evse": str(evse), "totp": password}
    for name, value in {**named, "version": "v1"}.items():
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    query = urlencode(limit)
    return f"{template}?{query}" if query else template


def fixed_fee(amount: float) -> dict[str, Any]:
    """A default tariff of one fee for each transaction, in EUR without taxes (SetDefaultTariff for every EVSE)."""
    return _tariff(fixedFee={"prices": [{"priceFixed": amount}], "taxRates": [TAX]})


def by_energy(amount: float) -> dict[str, Any]:
    """A default tariff by the kWh, in EUR without taxes."""
    return _tariff(energy={"prices": [{"priceKwh": amount}], "taxRates": [TAX]})


def by_time(amount: float) -> dict[str, Any]:
    """A default tariff by the minute of charging, in EUR without taxes, which are 25 %."""
    return _tariff(chargingTime={"prices": [{"priceMinute": amount}], "taxRates": [{**TAX, "tax": 25}]})


def _tariff(**elements: Any) -> dict[str, Any]:
    return {"tariffId": "OC-1", "currency": "EUR", **elements}


def costs(fee: float = 0.0, total: float = 0.0) -> dict[str, Any]:
    """CostDetailsType of a transaction that our station has charged a fixed fee for, and energy if it has a fee."""
    price = {"fixed": {"exclTax": fee, "inclTax": total, "taxRates": [TAX]}} if fee else {}
    return {
        "totalCost": {
            "currency": "EUR",
            "typeOfCost": "NormalCost",
            **price,
            "total": {"exclTax": fee, "inclTax": total},
        },
        "totalUsage": {"energy": 123 if fee else 0, "chargingTime": 5 if fee else 0, "idleTime": 0},
    }


def card_token(peer: Peer, digits: str = "1234") -> dict[str, Any]:
    """The idToken of a payment card that our terminal had authorized: a reference of the provider's, used once."""
    told = [{"additionalIdToken": digits, "type": CARD}]
    return {"idToken": f"PSP-{peer._next_id()}", "type": "DirectPayment", "additionalInfo": told}
