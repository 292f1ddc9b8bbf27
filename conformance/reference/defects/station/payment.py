"""Defects of the 2.1 station in payments: cards at its terminal, settlement, costs, QR codes (block C)."""

from __future__ import annotations

from conformance.reference.defects import defect, flag
from conformance.reference.defects.station.bases import CS, NEW, Events
from conformance.reference.wire import Payload

TERMINAL = "station with a payment terminal"
SETTLED = ("TC_C_114_CS", "TC_C_116_CS")
UNSETTLED = ("TC_C_119_CS", "TC_C_120_CS")
COSTLY = (*SETTLED, "TC_C_115_CS", *UNSETTLED)
CANCELED = ("TC_C_110_CS", "TC_C_112_CS", "TC_C_113_CS", "OC_C_08_CS")
NOT_ASKED = ("TC_C_106_CS", *COSTLY, "TC_C_113_CS", "TC_C_121_CS", "TC_C_122_CS")
ASKED = ("TC_C_105_CS", "TC_C_107_CS", "TC_C_110_CS", "TC_C_112_CS")
ENTERED = ("TC_C_128_CS", "TC_C_129_CS", "TC_C_130_CS")
FROM_AFAR = ("TC_C_123_CS", "TC_C_124_CS")


def wrong(name: str, breaks: str, *must_fail: str) -> None:
    """A defect that the station with a payment terminal itself asks for by name."""
    flag(name, role=CS, families=NEW, breaks=breaks, must_fail=must_fail, variant=TERMINAL)


# -- C01, C17 ---------------------------------------------------------------------------------------------------------

flag(
    "authorization-survives-timeout",
    role=CS,
    families=NEW,
    breaks="after EVConnectTimeout an EV that is plugged in charges nevertheless (C01.FR.26, E03.FR.05)",
    must_fail=("TC_C_100_CS",),
)
wrong("prepaid-credit-ignored", "a card without credit charges (C17.FR.05)", "TC_C_104_CS")


@defect(
    "limit-of-payment-not-confirmed",
    role=CS,
    families=NEW,
    breaks="a limit that the CSMS or the payment sets is not told in LimitSet (C23.FR.02, C24.FR.03, E16.FR.03)",
    must_fail=("TC_C_103_CS", "TC_C_121_CS", *FROM_AFAR, *ENTERED),
    variant=TERMINAL,
)
class _LimitNotConfirmed(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        if payload["triggerReason"] == "LimitSet":
            payload["transactionInfo"].pop("transactionLimit", None)
        return [payload]


# -- C18: authorization -----------------------------------------------------------------------------------------------

wrong("payment-never-asked-about", "a card is never asked about, whatever AuthorizeDirectPayment (C18.FR.04)", *ASKED)
wrong(
    "payment-always-asked-about",
    "a card is always asked about, whatever AuthorizeDirectPayment (C18.FR.03)",
    *("TC_C_109_CS", "TC_C_111_CS"),
    *NOT_ASKED,
)
wrong("starts-though-payment-refused", "a card that the CSMS refuses charges (C18.FR.07)", "TC_C_105_CS")
wrong(
    "payment-not-limited",
    "the event with the card does not tell the authorized amount (C18.FR.06)",
    *("TC_C_107_CS", *NOT_ASKED),
)
wrong("payment-details-left-out", "the card's details are not told (C18.FR.04, C18.FR.06)", *ASKED, *NOT_ASKED)
wrong("payment-with-central-token", "the token of a card has type Central (C18.FR.04, C18.FR.06)", *ASKED, *NOT_ASKED)
wrong("vat-number-not-asked-about", "a VAT number that is entered is not validated (C18.FR.08)", "TC_C_108_CS")
wrong("vat-number-mistyped", "of a VAT number the last character is lost (C18.FR.08)", "TC_C_108_CS")

# -- C19 to C22: cancelation and settlement ---------------------------------------------------------------------------

wrong("cancelation-not-told", "that a payment is canceled is not told (C19.FR.02, C20.FR.05)", *CANCELED)
wrong(
    "cancelation-always-told",
    "that a payment is canceled is told of payments, too, of which the CSMS knows nothing (C19.FR.02)",
    *("TC_C_109_CS", "TC_C_111_CS"),
)
wrong("cancel-button-dead-in-transaction", "a payment can't be canceled in its transaction (C20.FR.01)", "OC_C_08_CS")
wrong("settles-beside-the-csms", "the station settles in spite of SettlementByCSMS (C21.FR.06)", "TC_C_115_CS")
wrong(
    "settlement-always-settled",
    "every payment is told to be Settled, whatever became of it (C19.FR.02, C20.FR.05, C22.FR.01, C22.FR.02)",
    *CANCELED,
    *UNSETTLED,
)
wrong(
    "settlement-of-no-payment",
    "NotifySettlement has the transactionId for its pspRef (C20.FR.05, C21.FR.02)",
    *("TC_C_113_CS", *SETTLED, *UNSETTLED),
)
wrong("settles-too-much", "another amount is settled than the transaction has cost (C21.FR.01)", *SETTLED, *UNSETTLED)
wrong("no-receipt", "the terminal's receipt is not told (C21.FR.04)", "TC_C_114_CS")
wrong(
    "receipt-for-everything",
    "a receipt is told though there is none, or the CSMS gives it (C21.FR.03, C22.FR.01, C22.FR.02)",
    *("TC_C_116_CS", *UNSETTLED),
)


@defect(
    "costs-left-out",
    role=CS,
    families=NEW,
    breaks="what a transaction has cost is not told at its end (I12.FR.01)",
    must_fail=("TC_C_113_CS", *COSTLY),
    variant=TERMINAL,
)
class _CostsLeftOut(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        payload.pop("costDetails", None)
        return [payload]


@defect(
    "costs-without-taxes",
    role=CS,
    families=NEW,
    breaks="inclTax is told without taxes (I12.FR.01, PriceType)",
    must_fail=COSTLY,
    variant=TERMINAL,
)
class _CostsWithoutTaxes(Events):
    def spoil(self, payload: Payload) -> list[Payload]:
        for price in payload.get("costDetails", {}).get("totalCost", {}).values():
            if isinstance(price, dict):
                price["inclTax"] = price["exclTax"]
        return [payload]


# -- C23 --------------------------------------------------------------------------------------------------------------

wrong("payment-never-increased", "the authorized amount is not increased as needed (C23.FR.01)", "TC_C_121_CS")
wrong(
    "payment-increased-unasked",
    "the authorized amount is increased though IncrementalAuthorizationAmount is 0 (C23.FR.01)",
    "TC_C_122_CS",
)

# -- C25 --------------------------------------------------------------------------------------------------------------

wrong("web-payer-locked-out", "an EVSE that is kept free for who pays is kept free of him, too", "OC_C_09_CS")
wrong("roaming-id-left-out", "the URL in the QR code lacks the id for roaming (C25.FR.53)", "OC_C_10_CS")
wrong("url-without-limit", "the URL in the QR code lacks the limit that was entered (C25.FR.04 to FR.06)", *ENTERED)
wrong(
    "one-time-password-of-yesterday",
    "the one-time password in the QR code is not that of now (C25.FR.01)",
    *("TC_C_127_CS", *ENTERED),
)
wrong(
    "entered-limit-forgotten",
    "the limit that the driver has entered does not limit the transaction (C25.FR.04 to FR.06)",
    *ENTERED,
)
wrong(
    "limit-of-the-one-before",
    "a payment without a limit has that of the driver before (C25.FR.26, E16.FR.01)",
    "TC_C_127_CS",
)
