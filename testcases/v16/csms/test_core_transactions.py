"""Feature profile Core, transactions beyond the official list: a CSMS under test (1.6)."""

from __future__ import annotations

from conformance import Dut, FakeStation, case, check, step


@case("OC_16_10_CSMS")
def test_transaction_without_id(station: FakeStation, dut: Dut) -> None:
    """What is told of a transaction whose StartTransaction never arrived has the id -1, and is answered like any."""
    connector = dut.connector
    reading = {"value": str(station.meter(connector.evseId)), "context": "Sample.Periodic", "unit": "Wh"}
    value = {"timestamp": station.timestamp(), "sampledValue": [reading]}

    step("Send MeterValues with transactionId -1", expect="an answer, no CALLERROR")
    station.send("MeterValues", connectorId=connector.connectorId, transactionId=-1, meterValue=[value])

    step("Send StopTransaction with transactionId -1", expect="an answer, no CALLERROR")
    stop = station.send(
        "StopTransaction",
        transactionId=-1,
        meterStop=station.meter(connector.evseId, 100),
        timestamp=station.timestamp(),
        reason="Local",
        idTag=dut.tokens.valid.idTag,
    )
    if stop.idTagInfo:
        status = stop.idTagInfo.status
        check(status == "Accepted", "the token is as before", requirement="1.6 errata 3.18", actual=status)

    step("Charge as usual", expect="the CSMS serves the charge point as before")
    station.execute("Charging")
    station.execute("Stopped")
    station.execute("Unplugged")


@case("OC_16_11_CSMS")
def test_offline_transactions(station: FakeStation, dut: Dut) -> None:
    """Two transactions that ran side by side without a connection are told afterwards: each has an id of its own."""
    other = dut.second_connector
    step("Lose the connection, charge on two connectors, connect again", expect="the connection is taken")
    with station.offline():
        pass

    step("Send what waited: StartTransaction for one, then for the other", expect="Accepted, with two ids")
    first = station.execute("StartedAs", status="Accepted", timestamp=station.timestamp(-600))
    second = station.execute("StartedAs", status="Accepted", timestamp=station.timestamp(-500), connector=other)
    check(first != second, "two transactions that run at once have two ids", requirement="1.6 6.46, 6.49", actual=first)

    step("Send StopTransaction for one, then for the other", expect="two answers")
    station.execute("Stopped", timestamp=station.timestamp(-400))
    station.execute("Stopped", timestamp=station.timestamp(-300), connector=other)
