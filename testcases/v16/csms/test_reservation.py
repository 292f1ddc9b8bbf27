"""Feature profile Reservation: a CSMS under test (1.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from conformance import Dut, FakeStation, Operator, case, check, step

# ------------------------------------------------------------------ a connector


@case("TC_046_CSMS")
def test_reserved_connector_used(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS reserves a connector, and takes the transaction that uses the reservation."""
    step("Have the CSMS reserve the connector, accept it", expect="ReserveNow as asked, for a time to come")
    request = _reserve(station, operator, dut)

    step("Report Reserved", expect="an answer")
    station.report_connector("Reserved", dut.connector)

    step("Authorize, plug in, start with the reservationId", expect="Accepted twice, with a transactionId")
    station.execute("Charging", reservationId=request.reservationId)


@case("TC_047_CSMS")
def test_reservation_expires(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS reserves a connector until a moment, at which it becomes Available again."""
    seconds = dut.values.reservation_time

    step("Have the CSMS reserve the connector for a short time", expect="ReserveNow as asked, with this expiryDate")
    _reserve(station, operator, dut, expiryDate=station.timestamp(seconds))

    step("Report Reserved", expect="an answer")
    station.report_connector("Reserved", dut.connector)

    step("Nobody comes until it expires: report Available", expect="an answer")
    station.wait(lambda: False, within=seconds)
    station.report_connector("Available", dut.connector)


@case("TC_048_1_CSMS")
def test_reserve_faulted_connector(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a connector that can't be reserved because of a fault."""
    step("Have the CSMS reserve the connector, answer Faulted", expect="ReserveNow as asked, for a time to come")
    _reserve(station, operator, dut, status="Faulted")
    _goes_on(station)


@case("TC_048_2_CSMS")
def test_reserve_occupied_connector(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a connector that can't be reserved because it is occupied."""
    step("Plug in: report Preparing", expect="an answer")
    station.execute("Preparing")

    step("Have the CSMS reserve the connector, answer Occupied", expect="ReserveNow as asked, for a time to come")
    _reserve(station, operator, dut, status="Occupied")
    _goes_on(station)


@case("TC_048_3_CSMS")
def test_reserve_unavailable_connector(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a connector that can't be reserved because it is inoperative."""
    number = dut.connector.connectorId
    station.answer("ChangeAvailability", status="Accepted")

    step("Have the CSMS make the connector inoperative", expect="ChangeAvailability Inoperative of this connector")
    operator.csms_sends("ChangeAvailability", connectorId=number, type="Inoperative")
    station.expect("ChangeAvailability", connectorId=number, type="Inoperative", requirement="1.6 5.2")

    step("Report Unavailable", expect="an answer")
    station.report_connector("Unavailable", dut.connector)

    step("Have the CSMS reserve the connector, answer Unavailable", expect="ReserveNow as asked, for a time to come")
    _reserve(station, operator, dut, status="Unavailable")
    _goes_on(station)


@case("TC_048_4_CSMS")
def test_reserve_connector_rejected(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a charge point that takes no reservations."""
    step("Have the CSMS reserve the connector, answer Rejected", expect="ReserveNow as asked, for a time to come")
    _reserve(station, operator, dut, status="Rejected")
    _goes_on(station)


# ------------------------------------------------------------------ the charge point


@case("TC_049_CSMS")
def test_reserved_charge_point(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS reserves connector 0, and takes that the last free connector is then Reserved."""
    for connector in dut.connectors[1:]:
        station.report_connector("Unavailable", connector)

    step("Have the CSMS reserve connector 0, accept it", expect="ReserveNow as asked, for a time to come")
    _reserve(station, operator, dut, connectorId=0)

    step("Report the free connector Reserved", expect="an answer")
    station.report_connector("Reserved", dut.connector)


# ------------------------------------------------------------------ cancellation


@case("TC_051_CSMS")
def test_cancel_reservation(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS cancels its reservation."""
    station.answer("CancelReservation", status="Accepted")

    step("Have the CSMS reserve the connector, accept it", expect="ReserveNow as asked, for a time to come")
    reservation = _reserve(station, operator, dut).reservationId

    step("Report Reserved", expect="an answer")
    station.report_connector("Reserved", dut.connector)

    step("Have the CSMS cancel the reservation, accept it", expect="CancelReservation with its reservationId")
    operator.csms_sends("CancelReservation", reservationId=reservation)
    station.expect("CancelReservation", reservationId=reservation, requirement="1.6 5.1")

    step("Report Available", expect="an answer")
    station.report_connector("Available", dut.connector)


@case("TC_052_CSMS")
def test_cancel_unknown_reservation(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a charge point that does not know the reservation to be cancelled."""
    station.answer("CancelReservation", status="Rejected")

    step("Have the CSMS reserve the connector, accept it", expect="ReserveNow as asked, for a time to come")
    unknown = _reserve(station, operator, dut).reservationId + 1000

    step("Report Reserved", expect="an answer")
    station.report_connector("Reserved", dut.connector)

    step("Have the CSMS cancel another reservation, reject it", expect="CancelReservation with that reservationId")
    operator.csms_sends("CancelReservation", reservationId=unknown)
    station.expect("CancelReservation", reservationId=unknown, requirement="1.6 5.1")
    _goes_on(station)


# ------------------------------------------------------------------ the group


@case("TC_053_CSMS")
def test_reservation_of_the_group(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS reserves for a group, starts a transaction for one token of it and stops it for another."""
    group = dut.tokens.group.idToken

    step("Have the CSMS reserve the connector for a group, accept it", expect="ReserveNow with idTag and parentIdTag")
    request = _reserve(station, operator, dut, idTag=dut.tokens.group1.idTag, parentIdTag=group)

    step("Report Reserved", expect="an answer")
    station.report_connector("Reserved", dut.connector)

    step("Send Authorize with the reservation's token", expect="Accepted, with the parentIdTag of the reservation")
    _authorize_in_group(station, dut.tokens.group1, group)

    step("Plug in, start with the reservationId", expect="Accepted, with a transactionId")
    station.execute("Preparing")
    station.execute("Started", token=dut.tokens.group1, reservationId=request.reservationId)

    step("Send Authorize with another token of the group", expect="Accepted, with the parentIdTag of the reservation")
    _authorize_in_group(station, dut.tokens.group2, group)

    step("Stop with this token, report Finishing", expect="answers")
    station.execute("Stopped", token=dut.tokens.group2)
    station.report_connector("Finishing", dut.connector)


# ------------------------------------------------------------------ beyond the list


@case("OC_16_30_CSMS")
def test_two_reservations(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """Two reservations that hold at once have two ids: with one, the second would replace the first."""
    step("Have the CSMS reserve the connector, accept it", expect="ReserveNow as asked, for a time to come")
    first = _reserve(station, operator, dut)

    step("Have the CSMS reserve another one for another token", expect="ReserveNow with another reservationId")
    other: dict[str, Any] = {"connectorId": dut.second_connector.connectorId, "idTag": dut.tokens.second.idTag}
    second = _reserve(station, operator, dut, **other)
    check(
        second.reservationId != first.reservationId,
        "each reservation has an id of its own",
        requirement="1.6 6.37, 5.13",
        actual=second.reservationId,
    )


# ------------------------------------------------------------------ what several cases do


def _goes_on(station: FakeStation) -> None:
    """The CSMS serves the charge point as before."""
    station.send("Heartbeat")


def _authorize_in_group(station: FakeStation, token: Any, group: str) -> None:
    info = station.send("Authorize", idTag=token.idTag).idTagInfo
    check(info.status == "Accepted", "the token is Accepted", requirement="1.6 4.1, 7.2", actual=info.status)
    check(info.parentIdTag == group, "its parentIdTag is the group", requirement="1.6 7.27", actual=info.parentIdTag)


def _reserve(station: FakeStation, operator: Operator, dut: Dut, status: str = "Accepted", **asked: Any) -> Any:
    """Have the CSMS reserve the connector for the valid token, unless `asked` says otherwise; its ReserveNow."""
    asked = {"connectorId": dut.connector.connectorId, "idTag": dut.tokens.valid.idTag, **asked}
    until = _moment(asked["expiryDate"]) if "expiryDate" in asked else _after(station.timestamp())
    station.answer("ReserveNow", status=status)
    operator.csms_sends("ReserveNow", **asked)
    return station.expect("ReserveNow", requirement="1.6 5.13, 6.37", **{**asked, "expiryDate": until})


def _moment(text: str) -> Callable[[Any], bool]:
    """A predicate: the same moment, to the second, in whatever notation."""
    return lambda value: abs(_seconds_between(text, value)) <= 1


def _after(text: str) -> Callable[[Any], bool]:
    """A predicate: a later moment."""
    return lambda value: _seconds_between(text, value) > 0


def _seconds_between(text: str, value: Any) -> float:
    try:
        return (datetime.fromisoformat(value) - datetime.fromisoformat(text)).total_seconds()
    except (TypeError, ValueError):
        return float("nan")
