"""States of a session for a CSMS under test in 1.6 (OCA test cases 2024-04): our fake charge point plays them."""

from __future__ import annotations

from typing import Any

from conformance.peers.states import state
from conformance.peers.station import FakeStation


@state("Booted", family="1.6", dut="CSMS")
def booted(station: FakeStation, lab: Any) -> None:
    """The charge point powers up, is accepted and reports itself and its connectors."""
    boot_accepted(station, lab)
    reported(station, lab)


@state("BootAccepted", family="1.6", dut="CSMS")
def boot_accepted(station: FakeStation, lab: Any) -> Any:
    """The charge point connects, if it is not connected, and is accepted; the answer to its BootNotification."""
    if not station.connected:
        station.connect()
    serial = {"chargePointSerialNumber": lab.dut.identity} if station.certified and len(lab.dut.identity) <= 25 else {}
    boot = station.send("BootNotification", chargePointVendor=station.vendor, chargePointModel=station.model, **serial)
    if boot.status != "Accepted":
        raise station.failure(
            "BootNotification answered Accepted",
            f"{boot.status}",
            entry=boot._entry,
            pointer="/status",
            requirement="1.6 4.2",
        )
    return boot


@state("Reported", family="1.6", dut="CSMS")
def reported(station: FakeStation, lab: Any, status: str = "Available") -> None:
    """The charge point reports connector 0 Available, the first connector as `status`, the others Available."""
    station.send(
        "StatusNotification", connectorId=0, errorCode="NoError", status="Available", timestamp=station.timestamp()
    )
    for connector in lab.dut.connectors:
        station.report_connector(status if connector == lab.dut.connector else "Available", connector)


@state("Authorized", family="1.6", dut="CSMS")
def authorized(station: FakeStation, lab: Any, token: Any = None) -> None:
    """The driver presents a token, which the CSMS accepts."""
    token = token or lab.dut.tokens.valid
    _accepted(station, "Authorize", station.send("Authorize", idTag=token.idTag), "1.6 4.1")


@state("Preparing", family="1.6", dut="CSMS")
def preparing(station: FakeStation, lab: Any) -> None:
    """The EV is plugged in, or a user has begun: the connector is Preparing."""
    station.report_connector("Preparing", lab.dut.connector)


@state("Started", family="1.6", dut="CSMS")
def started(station: FakeStation, lab: Any, token: Any = None, **fields: Any) -> int:
    """A transaction starts (with `fields`) and the connector is Charging; the transactionId that the CSMS gave."""
    transaction_id: int = started_as(station, lab, "Accepted", token=token, **fields)
    station.report_connector("Charging", lab.dut.connector)
    return transaction_id


@state("StartedAs", family="1.6", dut="CSMS")
def started_as(
    station: FakeStation,
    lab: Any,
    status: str,
    token: Any = None,
    timestamp: str = "",
    connector: Any = None,
    **fields: Any,
) -> int:
    """StartTransaction (with `fields`) is answered with that status of the token; the transactionId that the CSMS
    gave."""
    token = token or lab.dut.tokens.valid
    connector = connector or lab.dut.connector
    start = station.send(
        "StartTransaction",
        connectorId=connector.connectorId,
        idTag=token.idTag,
        meterStart=station.meter(connector.evseId),
        timestamp=timestamp or station.timestamp(),
        **fields,
    )
    if isinstance(start.transactionId, int):
        # Whatever becomes of the case, our charge point stops what it has started.
        station.facts.setdefault("running", {})[connector.connectorId] = start.transactionId
    _accepted(station, "StartTransaction", start, "1.6 4.8", status)
    if not isinstance(start.transactionId, int):
        raise station.failure(
            "StartTransaction answered with a transactionId",
            f"{start!r}",
            entry=start._entry,
            pointer="/transactionId",
            requirement="1.6 4.8",
        )
    return start.transactionId


@state("Charging", family="1.6", dut="CSMS")
def charging(station: FakeStation, lab: Any, token: Any = None, **fields: Any) -> int:
    """A whole start, identification first, with `fields` in StartTransaction; the transactionId that the CSMS gave."""
    authorized(station, lab, token)
    preparing(station, lab)
    transaction_id: int = started(station, lab, token, **fields)
    return transaction_id


@state("Stopped", family="1.6", dut="CSMS")
def stopped(
    station: FakeStation,
    lab: Any,
    reason: str = "Local",
    token: Any = None,
    timestamp: str = "",
    connector: Any = None,
) -> Any:
    """The connector's transaction is stopped, with reason Local by a valid token; the answer to StopTransaction."""
    connector = connector or lab.dut.connector
    fields = {"idTag": (token or lab.dut.tokens.valid).idTag} if reason == "Local" else {}
    stop = station.send(
        "StopTransaction",
        transactionId=station.facts["running"].pop(connector.connectorId),
        meterStop=station.meter(connector.evseId, 100),
        timestamp=timestamp or station.timestamp(),
        reason=reason,
        **fields,
    )
    if stop.idTagInfo:
        _accepted(station, "StopTransaction", stop, "1.6 4.10")
    return stop


@state("Unplugged", family="1.6", dut="CSMS")
def unplugged(station: FakeStation, lab: Any) -> None:
    """The cable is out: the connector is Available."""
    station.report_connector("Available", lab.dut.connector)


def _accepted(station: FakeStation, action: str, answer: Any, requirement: str, status: str = "Accepted") -> None:
    if answer.idTagInfo.status != status:
        raise station.failure(
            f"{action} answered with status {status}",
            f"{answer!r}",
            entry=answer._entry,
            pointer="/idTagInfo/status",
            requirement=requirement,
        )
