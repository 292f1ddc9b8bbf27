"""Reusable states for a CSMS under test in 2.x (2.0.1 part 6 ed. 3, section 3.18): our fake station plays them."""

from __future__ import annotations

from typing import Any

from conformance.peers.states import state
from conformance.peers.station import FakeStation


@state("Booted", family="2", dut="CSMS")
def booted(station: FakeStation, lab: Any, reason: str = "PowerUp") -> None:
    """The station powers up, is accepted and reports every connector, Available or, with a cable in it, Occupied."""
    if not station.connected:
        station.connect()
    boot = station.send(
        "BootNotification",
        reason=reason,
        chargingStation={"model": station.model, "vendorName": station.vendor, **_serial_number(station, lab)},
    )
    if boot.status != "Accepted":
        raise station.failure('BootNotification answered "Accepted"', f"{boot.status}", entry=boot._entry)
    plugged = [one.connector.evseId for one in station.open_transactions() if one.ev_connected]
    for connector in lab.dut.connectors:
        station.report_connector("Occupied" if connector.evseId in plugged else "Available", connector)


@state("TransactionResumed", family="2", dut="CSMS")
def transaction_resumed(station: FakeStation, lab: Any) -> None:
    """The power was lost during a transaction: the station registers, tells so, and goes on with the transaction."""
    with station.offline():
        pass
    booted(station, lab)
    station.send("SecurityEventNotification", type="StartupOfTheDevice", timestamp=station.timestamp())
    transaction = station.transaction()
    for problem in ("true", "false"):
        station.notify("ElectricalFeed", "Problem", problem, transaction.connector)
    transaction.send("TxResumed", chargingState=transaction.charging_state)


def _serial_number(station: FakeStation, lab: Any) -> dict[str, str]:
    """On security profile 3 the CSMS compares it with the certificate, issued to our identity (B01.FR.11)."""
    identity = lab.dut.identity
    return {"serialNumber": identity} if station.certified and len(identity) <= 25 else {}


@state("Unavailable", family="2", dut="CSMS")
def unavailable(station: FakeStation, lab: Any, evseId: int | None = None, connectorId: int | None = None) -> None:  # noqa: N803  # the wire's own names
    """The CSMS makes a connector, an EVSE or the whole station inoperative and hears that it is so."""
    evse = {"id": evseId, **({"connectorId": connectorId} if connectorId is not None else {})}
    target: dict[str, Any] = {"evse": evse} if evseId is not None else {}
    station.answer("ChangeAvailability", status="Accepted")
    lab.operator.csms_sends("ChangeAvailability", operationalStatus="Inoperative", **target)
    station.expect("ChangeAvailability", operationalStatus="Inoperative", **target)
    for connector in lab.dut.connectors:
        if evseId in (None, connector.evseId) and connectorId in (None, connector.connectorId):
            station.report_connector("Unavailable", connector)


@state("EVConnectedPreSession", family="2", dut="CSMS")
def ev_connected(station: FakeStation, lab: Any, evseId: int | None = None) -> None:  # noqa: N803  # as above
    """The EV is plugged in: the connector is Occupied and the transaction tells of the cable."""
    transaction = station.next_transaction(evseId)
    station.report_connector("Occupied", transaction.connector)
    transaction.ev_connected = True
    transaction.send("CablePluggedIn", chargingState="EVConnected", evse=_evse(transaction))


@state("Authorized", family="2", dut="CSMS")
def authorized(station: FakeStation, lab: Any, evseId: int | None = None, token: Any = None) -> None:  # noqa: N803
    """The driver presents a token, valid unless named: the CSMS accepts it in Authorize and in the transaction."""
    token = token or lab.dut.tokens.valid
    answer = station.send("Authorize", idToken=token)
    _accepted(station, "Authorize", answer)
    transaction = station.next_transaction(evseId)
    transaction.authorized = True
    answer = transaction.send("Authorized", idToken=token)
    _accepted(station, "TransactionEvent", answer)


@state("EnergyTransferStarted", family="2", dut="CSMS")
def energy_transfer_started(station: FakeStation, lab: Any, evseId: int | None = None, token: Any = None) -> None:  # noqa: N803
    """The session is authorized, the EV connected, and energy flows."""
    transaction = station.next_transaction(evseId)
    if not transaction.authorized:
        authorized(station, lab, evseId, token)
    if not transaction.ev_connected:
        ev_connected(station, lab, evseId)
    transaction.send("ChargingStateChanged", chargingState="Charging")


@state("EnergyTransferSuspended", family="2", dut="CSMS")
def energy_transfer_suspended(station: FakeStation, lab: Any, evseId: int | None = None) -> None:  # noqa: N803
    """The EV suspends the energy transfer."""
    transaction = station.next_transaction(evseId)
    if transaction.charging_state != "Charging":
        energy_transfer_started(station, lab, evseId)
    transaction.send("ChargingStateChanged", chargingState="SuspendedEV")


@state("StopAuthorized", family="2", dut="CSMS")
def stop_authorized(station: FakeStation, lab: Any, evseId: int | None = None) -> None:  # noqa: N803
    """The driver presents the same token again: the CSMS accepts it and the session may stop."""
    transaction = station.next_transaction(evseId)
    if transaction.charging_state not in ("Charging", "SuspendedEV"):
        energy_transfer_started(station, lab, evseId)
    transaction.authorized = False
    answer = transaction.send("StopAuthorized", idToken=lab.dut.tokens.valid)
    _accepted(station, "TransactionEvent", answer)


@state("EVConnectedPostSession", family="2", dut="CSMS")
def ev_connected_post_session(station: FakeStation, lab: Any, evseId: int | None = None) -> None:  # noqa: N803
    """Energy transfer has stopped; the cable is still in."""
    transaction = station.next_transaction(evseId)
    if transaction.authorized or not transaction.started:
        stop_authorized(station, lab, evseId)
    transaction.send("ChargingStateChanged", chargingState="EVConnected")


@state("EVDisconnected", family="2", dut="CSMS")
def ev_disconnected(
    station: FakeStation,
    lab: Any,
    evseId: int | None = None,  # noqa: N803  # the wire's own name
    status: str = "Available",
    ends: bool = True,
) -> None:
    """The cable is out, the connector is `status`, and the transaction has ended, unless it has a later stop point."""
    transaction = station.next_transaction(evseId)
    if transaction.charging_state != "EVConnected" or transaction.authorized:
        ev_connected_post_session(station, lab, evseId)
    transaction.ev_connected = False
    station.report_connector(status, transaction.connector)
    ending = {"eventType": "Ended", "stoppedReason": "EVDisconnected"} if ends else {}
    transaction.send("EVCommunicationLost", chargingState="Idle", **ending)


def _evse(transaction: Any) -> dict[str, int]:
    return {"id": transaction.connector.evseId, "connectorId": transaction.connector.connectorId}


def _accepted(station: FakeStation, action: str, answer: Any) -> None:
    if answer.idTokenInfo.status != "Accepted":
        raise station.failure(
            f"{action} of the valid token answered Accepted",
            f"{answer!r}",
            entry=answer._entry,
            pointer="/idTokenInfo/status",
            requirement="E01.FR.12" if action == "TransactionEvent" else "",
        )
