"""States of a session for a CSMS under test in 1.6: our fake charge point plays them."""

from __future__ import annotations

from typing import Any

from conformance.peers.states import state
from conformance.peers.station import FakeStation


@state("Booted", family="1.6", dut="CSMS")
def booted(station: FakeStation, lab: Any) -> None:
    """The charge point powers up, is accepted and reports connector 0 and every connector Available."""
    if not station.connected:
        station.connect()
    boot = station.send("BootNotification", chargePointVendor=station.vendor, chargePointModel=station.model)
    if boot.status != "Accepted":
        raise station.failure('BootNotification answered "Accepted"', f"{boot.status}", entry=boot._entry)
    station.send("StatusNotification", connectorId=0, errorCode="NoError", status="Available")
    for connector in lab.dut.connectors:
        station.report_connector("Available", connector)


@state("Preparing", family="1.6", dut="CSMS")
def preparing(station: FakeStation, lab: Any) -> None:
    """The EV is plugged in, or a user has begun: the connector is Preparing."""
    station.report_connector("Preparing", lab.dut.connector)


@state("Authorized", family="1.6", dut="CSMS")
def authorized(station: FakeStation, lab: Any, token: Any = None) -> None:
    """The driver presents a token, which the CSMS accepts."""
    token = token or lab.dut.tokens.valid
    answer = station.send("Authorize", idTag=token.idToken)
    _accepted(station, "Authorize", answer)


@state("Started", family="1.6", dut="CSMS")
def started(station: FakeStation, lab: Any, token: Any = None) -> int:
    """StartTransaction is accepted; returns the transactionId that the CSMS gave."""
    token = token or lab.dut.tokens.valid
    connector = lab.dut.connector
    start = station.send(
        "StartTransaction",
        connectorId=connector.connectorId,
        idTag=token.idToken,
        meterStart=station.meter(connector.evseId),
        timestamp=station.timestamp(),
    )
    _accepted(station, "StartTransaction", start)
    station.facts["running"] = start.transactionId
    return int(start.transactionId)


@state("Charging", family="1.6", dut="CSMS")
def charging(station: FakeStation, lab: Any, token: Any = None) -> Any:
    """A whole start, plug-in first: Preparing, Authorize, StartTransaction, Charging; returns the transactionId."""
    preparing(station, lab)
    authorized(station, lab, token)
    transaction_id: Any = started(station, lab, token)
    station.report_connector("Charging", lab.dut.connector)
    return transaction_id


@state("Stopped", family="1.6", dut="CSMS")
def stopped(station: FakeStation, lab: Any, reason: str = "Local", token: Any = None) -> Any:
    """The running transaction is stopped; returns the answer to StopTransaction."""
    connector = lab.dut.connector
    fields = {"idTag": (token or lab.dut.tokens.valid).idToken} if reason == "Local" else {}
    return station.send(
        "StopTransaction",
        transactionId=station.facts.pop("running"),
        meterStop=station.meter(connector.evseId, 100),
        timestamp=station.timestamp(),
        reason=reason,
        **fields,
    )


@state("Unplugged", family="1.6", dut="CSMS")
def unplugged(station: FakeStation, lab: Any) -> None:
    """The cable is out: Finishing, then Available."""
    station.report_connector("Finishing", lab.dut.connector)
    station.report_connector("Available", lab.dut.connector)


def _accepted(station: FakeStation, action: str, answer: Any) -> None:
    if answer.idTagInfo.status != "Accepted":
        raise station.failure(
            f"{action} of the valid idTag answered Accepted",
            f"{answer!r}",
            entry=answer._entry,
            pointer="/idTagInfo/status",
        )
