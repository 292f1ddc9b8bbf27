"""Payments at a charging station under test in 2.1: default tariffs, cards at a terminal or elsewhere, settlement.

Source: 2.1 part 2, C18 to C25, I07; part 6 edition 2, DefaultTariffConfigured and AuthorizedPaymentTerminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.peers import payment
from conformance.peers.csms import FakeCsms
from conformance.peers.payload import ABSENT, PRESENT, mismatch, peek, shown
from conformance.peers.states import accepted, state
from conformance.peers.states.station_2 import _event, energy_transfer_started, parking_bay_occupied, present
from conformance.peers.states.station_2_limits import limit_set

TERMINAL = "PaymentCtrlr"


@state("DefaultTariffConfigured", family="2", dut="CS")
def default_tariff_configured(csms: FakeCsms, lab: Any, tariff: Mapping[str, Any] | None = None) -> None:
    """Every EVSE has this default tariff; by default one by the kWh. It is cleared after the case."""
    chosen = {**(tariff or payment.by_energy(0.5)), "tariffId": f"OC-{csms._next_id()}"[:60]}
    accepted(csms.send("SetDefaultTariff", evseId=0, tariff=chosen), csms, "SetDefaultTariff", "I07.FR.10")


@state("AuthorizedPaymentTerminal", family="2", dut="CS")
def authorized_payment_terminal(
    csms: FakeCsms,
    lab: Any,
    connector: Any = None,
    locally: bool = True,
    limit: Any = ABSENT,
) -> None:
    """A payment card authorizes the session: it is presented to the terminal (A), or was paid with elsewhere, which
    brings a remote start (B). The next event sets the transactionLimit `limit`, where that is given."""
    connector = connector or lab.dut.connector
    session = csms.session(connector.evseId)
    if not session.holds & {"ParkingBayOccupancy", "EVConnected"}:
        parking_bay_occupied(csms, lab, connector)
    if locally:
        session.authorize(card_presented(csms, lab, connector))
    else:
        token = {"idToken": _new_reference(csms), "type": "DirectPayment"}
        asked = csms.configured(TERMINAL, "AuthorizeDirectPayment") != "false"
        present(csms, lab, connector, token, False, asked)
        session.request_start(token, csms.facts["remoteStartId"])
        csms.facts["pspRef"] = token["idToken"]
    if limit is not ABSENT:
        session.due["transactionLimit"] = limit
    _event(csms, session, session.advance("Authorized"), connector, triggerReason="Authorized", requirement="C18.FR.06")


@state("ChargingUpToLimit", family="2", dut="CS")
def charging_up_to_limit(csms: FakeCsms, lab: Any, connector: Any = None, entered: bool = True, **limit: Any) -> None:
    """A payment that was made elsewhere starts the energy remotely; the CSMS sets this limit in its first answer, and
    the station confirms it. `entered`: the driver had entered the same, which the first event with the payment tells.
    """
    csms.answer("TransactionEvent", {"transactionLimit": limit})
    authorized_payment_terminal(csms, lab, connector, locally=False, limit=limit if entered else ABSENT)
    energy_transfer_started(csms, lab, connector)
    limit_set(csms, lab, connector, earlier=True, **limit)


@state("CardPresented", family="2", dut="CS")
def card_presented(csms: FakeCsms, lab: Any, connector: Any = None) -> Any:
    """A payment card is presented to the terminal: the CSMS is asked about it if AuthorizeDirectPayment says so, and
    not if it does not; the idToken to expect."""
    csms.mark()
    lab.operator.present_card(connector or lab.dut.connector)
    card = {"additionalIdToken": _four_digits, "type": payment.CARD}
    token: dict[str, Any] = {"idToken": _some_text, "type": "DirectPayment", "additionalInfo": [card]}
    if csms.configured(TERMINAL, "AuthorizeDirectPayment") == "true":
        asked = csms.expect("Authorize", idToken=token, within=csms.deadlines.physical, requirement="C18.FR.04")
        csms.facts["pspRef"] = asked.idToken.idToken
        return asked.idToken
    csms.facts.pop("pspRef", None)
    csms.drain()
    for request in csms.seen_in_step("Authorize"):
        raise csms.failure(
            "no Authorize: the payment was authorized, and AuthorizeDirectPayment is false",
            "Authorize",
            entry=request._entry,
            requirement="C18.FR.03",
        )
    return token


@state("SettlementTold", family="2", dut="CS")
def settlement_told(csms: FakeCsms, lab: Any, status: str, amount: float | None = None, **fields: Any) -> None:
    """The station tells, by now or soon, what became of the payment of this case, once; `fields` are further ones."""
    requirement = _TOLD_BY[status]
    wanted: dict[str, Any] = {"pspRef": psp_ref(csms), "status": status, "settlementTime": _now(csms), **fields}
    if amount is not None:
        wanted["settlementAmount"] = amount
    within = csms.deadlines.message + csms.deadlines.physical
    if not csms.wait(lambda: bool(csms.seen("NotifySettlement", **wanted)), within=within):
        told = csms.seen("NotifySettlement")
        near = mismatch(getattr(told[-1]._payload, "raw", told[-1]._payload), wanted) if told else None
        raise csms.failure(
            f"NotifySettlement with {', '.join(f'{name} {shown(value)}' for name, value in wanted.items())}",
            f"{near[0]} {near[2]} instead of {near[1]}" if near else "no NotifySettlement",
            entry=told[-1]._entry if told else None,
            pointer=near[0] if near else "",
            requirement=requirement,
        )
    csms.drain()
    again = csms.seen("NotifySettlement")[1:]
    if again:
        raise csms.failure("one NotifySettlement", f"{len(again) + 1}", entry=again[-1]._entry, requirement=requirement)


@state("NoSettlementTold", family="2", dut="CS")
def no_settlement_told(csms: FakeCsms, lab: Any, requirement: str) -> None:
    """The station has sent no NotifySettlement in this case, and sends none now."""
    csms.drain(quiet=4 * csms.deadlines.quiet)
    for told in csms.seen("NotifySettlement"):
        raise csms.failure("no NotifySettlement", "one", entry=told._entry, requirement=requirement)


@state("SharedSecretSet", family="2", dut="CS")
def shared_secret_set(csms: FakeCsms, lab: Any, secret: str) -> None:
    """The secret of one-time passwords is this one; it can't be read, so it stays so after the case."""
    data = {"component": {"name": "WebPaymentsCtrlr"}, "variable": {"name": "SharedSecret"}, "attributeValue": secret}
    answer = csms.send("SetVariables", setVariableData=[data])
    if answer.setVariableResult[0].attributeStatus != "Accepted":
        raise csms.failure(
            "WebPaymentsCtrlr.SharedSecret is set",
            f"{answer!r}",
            entry=answer._entry,
            pointer="/setVariableResult/0/attributeStatus",
            requirement="C25.FR.01",
        )


def psp_ref(csms: FakeCsms) -> Any:
    """The reference of the payment of this case: as the CSMS was asked about it, or as the transaction told it."""
    for event in csms.seen("TransactionEvent"):
        token = peek(event._payload, "idToken")
        if peek(token, "type") == "DirectPayment":
            csms.facts.setdefault("pspRef", peek(token, "idToken"))
    return csms.facts.get("pspRef", PRESENT)


_TOLD_BY = {"Canceled": "C19.FR.02, C20.FR.05", "Settled": "C21.FR.02", "Rejected": "C22.FR.01", "Failed": "C22.FR.02"}


def _new_reference(csms: FakeCsms) -> str:
    """A payment's reference that the station has not seen: by when it was last heard of, so that a recorded case has
    the same one when it is played again."""
    heard = [entry.at for entry in csms.trace.entries if entry.kind == "frame" and entry.sender == csms.against]
    return f"PSP-{round(1e6 * max(heard, default=0.0))}"


def _four_digits(value: Any) -> bool:
    """four digits"""
    return isinstance(value, str) and len(value) == 4 and value.isdecimal()


def _some_text(value: Any) -> bool:
    """not empty"""
    return isinstance(value, str) and bool(value)


def _now(csms: FakeCsms) -> Any:
    slack = float(csms.lab.dut.timeouts.tolerance + csms.deadlines.physical)

    def now(value: Any) -> bool:
        """the present time"""
        return abs(csms.seconds_since(value)) <= slack

    return now
