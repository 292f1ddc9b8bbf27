"""What a 2.1 CSMS gets wrong about prepaid cards, payments and receipts (block C)."""

from __future__ import annotations

from typing import Any

from conformance.reference.defects import Misbehaviour, defect, flag
from conformance.reference.wire import CallError, Payload

ROLE, NEW = "CSMS", ("2",)
AT_TERMINAL = ("TC_C_113_CSMS", "TC_C_117_CSMS", "TC_C_118_CSMS", "TC_C_119_CSMS", "TC_C_120_CSMS")
FROM_AFAR = ("TC_C_125_CSMS", "TC_C_126_CSMS", "TC_C_131_CSMS")


class _Answers(Misbehaviour):
    """Base of defects in the answers to some actions."""

    actions: tuple[str, ...] = ("TransactionEvent",)

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        if action in self.actions and not isinstance(answer, CallError):
            self.spoil(request, answer)
        return answer

    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        """Change the answer."""
        raise NotImplementedError


# -- prepaid cards ----------------------------------------------------------------------------------------------------


@defect(
    "prepaid-card-remembered",
    role=ROLE,
    families=NEW,
    breaks="of a prepaid card it is not told that it must not stay in the station's cache (C17.FR.01, C17.FR.02)",
    must_fail=("TC_C_103_CSMS", "TC_C_104_CSMS"),
)
class _PrepaidCardRemembered(_Answers):
    actions = ("Authorize", "TransactionEvent")

    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        answer.get("idTokenInfo", {}).pop("cacheExpiryDateTime", None)


@defect(
    "empty-card-accepted",
    role=ROLE,
    families=NEW,
    breaks="a prepaid card without credit is accepted (C17.FR.02)",
    must_fail=("TC_C_104_CSMS",),
)
class _EmptyCardAccepted(_Answers):
    actions = ("Authorize",)

    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        if answer["idTokenInfo"]["status"] == "NoCredit":
            answer["idTokenInfo"]["status"] = "Accepted"


# -- limits and costs -------------------------------------------------------------------------------------------------


@defect(
    "no-limit-for-payment",
    role=ROLE,
    families=NEW,
    breaks="what a card may spend does not limit its transaction (C17.FR.03, C24.FR.02, C25.FR.24)",
    must_fail=("TC_C_103_CSMS", *FROM_AFAR),
)
class _NoLimitForPayment(_Answers):
    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        answer.pop("transactionLimit", None)


@defect(
    "limit-of-url-ignored",
    role=ROLE,
    families=NEW,
    breaks="the limit that a driver has put into the URL of a QR code is not set (C25.FR.24, C25.FR.59)",
    must_fail=("TC_C_131_CSMS",),
)
class _LimitOfUrlIgnored(_Answers):
    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        answer.get("transactionLimit", {}).pop("maxEnergy", None)


flag(
    "limit-told-again",
    role=ROLE,
    families=NEW,
    breaks="a limit is told in every answer, not once (C17.FR.03, E16.FR.02)",
    must_fail=(
        *("TC_C_103_CSMS", "TC_C_125_CSMS", "TC_C_126_CSMS"),
        *("TC_E_102_CSMS", "TC_E_109_CSMS", "TC_E_110_CSMS", "TC_E_111_CSMS"),
    ),
)


@defect(
    "total-cost-left-out",
    role=ROLE,
    families=NEW,
    breaks="at the end of a transaction it is not told what it has cost (C20.FR.03, I03.FR.02)",
    must_fail=("TC_C_113_CSMS", "TC_C_125_CSMS"),
)
class _TotalCostLeftOut(_Answers):
    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        answer.pop("totalCost", None)


@defect(
    "canceled-payment-charged",
    role=ROLE,
    families=NEW,
    breaks="a transaction that was canceled before it cost anything costs something (C20.FR.03)",
    must_fail=("TC_C_113_CSMS",),
)
class _CanceledPaymentCharged(_Answers):
    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        if answer.get("totalCost") == 0:
            answer["totalCost"] = 1


# -- payment cards ----------------------------------------------------------------------------------------------------


@defect(
    "payment-card-refused",
    role=ROLE,
    families=NEW,
    breaks="a payment card is refused, though its payment was authorized (C18.FR.05)",
    must_fail=(*AT_TERMINAL, *FROM_AFAR),
)
class _PaymentCardRefused(_Answers):
    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        if request.get("idToken", {}).get("type") == "DirectPayment":
            answer["idTokenInfo"] = {"status": "Unknown"}


@defect(
    "settlement-not-supported",
    role=ROLE,
    families=NEW,
    breaks="NotifySettlement is answered NotSupported (C20.FR.05, C21.FR.02, C22.FR.01)",
    must_fail=("TC_C_113_CSMS", "TC_C_118_CSMS", "TC_C_119_CSMS", "TC_C_120_CSMS"),
)
class _SettlementNotSupported(Misbehaviour):
    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        return CallError("NotSupported", "no payments here") if action == "NotifySettlement" else answer


@defect(
    "receipt-not-given",
    role=ROLE,
    families=NEW,
    breaks="for a payment that the station settled without a receipt there is none from the CSMS either (C21.FR.03)",
    must_fail=("TC_C_118_CSMS",),
)
class _ReceiptNotGiven(_Answers):
    actions = ("NotifySettlement",)

    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        answer.clear()


# -- VAT numbers ------------------------------------------------------------------------------------------------------

flag(
    "every-vat-number-accepted",
    role=ROLE,
    families=NEW,
    breaks="a VAT number that is not valid is accepted (C18.FR.09)",
    must_fail=("TC_C_108_CSMS",),
)


@defect(
    "vat-number-without-evse",
    role=ROLE,
    families=NEW,
    breaks="the EVSE for which a VAT number is asked about is not repeated (C18.FR.10)",
    must_fail=("TC_C_108_CSMS",),
)
class _VatNumberWithoutEvse(_Answers):
    actions = ("VatNumberValidation",)

    def spoil(self, request: Payload, answer: dict[str, Any]) -> None:
        answer.pop("evseId", None)


# -- kiosks and QR codes ----------------------------------------------------------------------------------------------

flag(
    "card-not-told",
    role=ROLE,
    families=NEW,
    breaks="RequestStartTransaction does not tell the card that has paid at the kiosk (C24.FR.01)",
    must_fail=("TC_C_125_CSMS", "TC_C_126_CSMS"),
)
flag(
    "kiosk-starts-another-evse",
    role=ROLE,
    families=NEW,
    breaks="a payment at the kiosk starts another EVSE than the one that was paid for (C24.FR.01)",
    must_fail=("TC_C_125_CSMS", "TC_C_126_CSMS"),
)
flag(
    "one-time-password-unchecked",
    role=ROLE,
    families=NEW,
    breaks="the one-time password in the URL of a QR code is not looked at (C25.FR.07, C25.FR.08)",
    must_fail=("TC_C_133_CSMS",),
)
flag(
    "page-starts-anything",
    role=ROLE,
    families=NEW,
    breaks="a URL that is not valid starts a transaction nevertheless (C25.FR.08, C25.FR.09)",
    must_fail=("TC_C_132_CSMS", "TC_C_133_CSMS"),
)


@defect(
    "payment-as-central-token",
    role=ROLE,
    families=NEW,
    breaks="a remote start of a payment brings a token of type Central (C24.FR.01, C25.FR.23)",
    must_fail=FROM_AFAR,
)
class _PaymentAsCentralToken(Misbehaviour):
    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        if action == "RequestStartTransaction" and payload["idToken"]["type"] == "DirectPayment":
            payload["idToken"] = {**payload["idToken"], "type": "Central"}
        return [(action, payload)]
