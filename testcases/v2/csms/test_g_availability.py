"""Block G, Availability: a CSMS under test (2.0.1 and 2.1)."""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeStation, Operator, case, step


@case("TC_G_01_CSMS")
def test_status_reports(station: FakeStation, dut: Dut) -> None:
    """The CSMS takes the status of a connector by either message."""
    step("Report a connector Occupied by StatusNotification", expect="an answer")
    station.report_connector("Occupied", dut.connector)

    step("Report it Available by NotifyEvent", expect="an answer")
    station.notify_connector("Available", dut.connector)


# ---------------------------------------------------------------- G03: one EVSE


@case("TC_G_03_CSMS")
def test_evse_inoperative(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS makes one EVSE Inoperative."""
    step("Have the CSMS make an EVSE Inoperative", expect="ChangeAvailability of that EVSE, no connector named")
    _expect_change(station, operator, "Inoperative", "Accepted", id=dut.evse)

    step("Report the EVSE's connectors Unavailable", expect="an answer to each")
    _report(station, "Unavailable", _of_evse(dut))


@case("TC_G_04_CSMS")
def test_evse_operative(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS makes one EVSE Operative again."""
    station.reach("Unavailable", evseId=dut.evse)

    step("Have the CSMS make the EVSE Operative", expect="ChangeAvailability of that EVSE, no connector named")
    _expect_change(station, operator, "Operative", "Accepted", id=dut.evse)

    step("Report the EVSE's connectors Available", expect="an answer to each")
    _report(station, "Available", _of_evse(dut))


@case("TC_G_11_CSMS")
def test_evse_inoperative_after_transaction(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS makes an EVSE Inoperative during a transaction, which is scheduled."""
    station.reach("EnergyTransferStarted")

    step("Have the CSMS make the EVSE Inoperative", expect="ChangeAvailability of that EVSE, no connector named")
    _expect_change(station, operator, "Inoperative", "Scheduled", id=dut.evse)

    step("End the session; the EVSE is Unavailable", expect="every report is answered")
    station.execute("EVDisconnected", status="Unavailable")
    _report(station, "Unavailable", _of_evse(dut)[1:])


# ---------------------------------------------------------------- G04: the whole station


@case("TC_G_05_CSMS")
def test_station_inoperative(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS makes the whole station Inoperative."""
    step("Have the CSMS make the station Inoperative", expect="ChangeAvailability, no EVSE named")
    _expect_change(station, operator, "Inoperative", "Accepted")

    step("Report every connector Unavailable", expect="an answer to each")
    _report(station, "Unavailable", dut.connectors)


@case("TC_G_06_CSMS")
def test_station_operative(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS makes the whole station Operative again."""
    station.reach("Unavailable")

    step("Have the CSMS make the station Operative", expect="ChangeAvailability, no EVSE named")
    _expect_change(station, operator, "Operative", "Accepted")

    step("Report every connector Available", expect="an answer to each")
    _report(station, "Available", dut.connectors)


@case("TC_G_14_CSMS")
def test_station_inoperative_after_transaction(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS makes the station Inoperative during a transaction, for which it is scheduled."""
    station.reach("EnergyTransferStarted")

    step("Have the CSMS make the station Inoperative", expect="ChangeAvailability, no EVSE named")
    _expect_change(station, operator, "Inoperative", "Scheduled")

    step("Report the connectors without a transaction Unavailable", expect="an answer to each")
    _report(station, "Unavailable", [one for one in dut.connectors if one.evseId != dut.evse])

    step("End the session; its EVSE is Unavailable, too", expect="every report is answered")
    station.execute("EVDisconnected", status="Unavailable")
    _report(station, "Unavailable", _of_evse(dut)[1:])


# ---------------------------------------------------------------- G03: one connector


@case("TC_G_07_CSMS")
def test_connector_inoperative(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS makes one connector Inoperative."""
    step("Have the CSMS make a connector Inoperative", expect="ChangeAvailability of that EVSE and connector")
    _expect_change(station, operator, "Inoperative", "Accepted", **_place(dut.connector))

    step("Report the connector Unavailable", expect="an answer")
    station.report_connector("Unavailable", dut.connector)


@case("TC_G_08_CSMS")
def test_connector_operative(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS makes one connector Operative again."""
    station.reach("Unavailable", evseId=dut.evse, connectorId=dut.connector.connectorId)

    step("Have the CSMS make the connector Operative", expect="ChangeAvailability of that EVSE and connector")
    _expect_change(station, operator, "Operative", "Accepted", **_place(dut.connector))

    step("Report the connector Available", expect="an answer")
    station.report_connector("Available", dut.connector)


@case("TC_G_17_CSMS")
def test_connector_inoperative_after_transaction(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS makes a connector Inoperative during a transaction, which is scheduled."""
    station.reach("EnergyTransferStarted")

    step("Have the CSMS make the connector Inoperative", expect="ChangeAvailability of that EVSE and connector")
    _expect_change(station, operator, "Inoperative", "Scheduled", **_place(dut.connector))

    step("End the session; the connector is Unavailable", expect="every report is answered")
    station.execute("EVDisconnected", status="Unavailable")


# ---------------------------------------------------------------- G05: lock failure


@case("TC_G_20_CSMS")
def test_lock_failure(station: FakeStation, dut: Dut) -> None:
    """The CSMS takes the report of a lock that failed."""
    step("Report a Problem of the connector's retention lock", expect="an answer (G05.FR.03)")
    station.notify("ConnectorPlugRetentionLock", "Problem", "true", dut.connector)


# ---------------------------------------------------------------- helpers


def _place(connector: Any) -> dict[str, int]:
    return {"id": connector.evseId, "connectorId": connector.connectorId}


def _of_evse(dut: Dut) -> list[Any]:
    return [connector for connector in dut.connectors if connector.evseId == dut.evse]


def _report(station: FakeStation, status: str, connectors: Any) -> None:
    for connector in connectors:
        station.report_connector(status, connector)


def _expect_change(
    station: FakeStation,
    operator: Operator,
    operationalStatus: str,  # noqa: N803  # the wire's own name
    status: str,
    **evse: int,
) -> None:
    """The CSMS sends the ChangeAvailability that it was asked for, of that place and nothing else."""
    station.answer("ChangeAvailability", status=status)
    operator.csms_sends("ChangeAvailability", operationalStatus=operationalStatus, evse=evse or None)
    wanted: Any = {"connectorId": ABSENT, **evse} if evse else ABSENT
    station.expect("ChangeAvailability", operationalStatus=operationalStatus, evse=wanted)
