"""Feature profile Reservation: a charge point under test (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeCsms, Operator, case, check, step

# ------------------------------------------------------------------ a connector


@case("TC_046_1_CS")
def test_reserved_connector_used_locally(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A reserved connector refuses a stranger's token and charges for the token that it is reserved for."""
    _leave_one_connector(csms, dut)

    step("Send ReserveNow for the connector", expect="Accepted and StatusNotification Reserved")
    reservation = csms.execute("Reserved")

    step("Present another valid token", expect="the connector stays Reserved")
    operator.present_token(dut.tokens.second, dut.connector)
    number = dut.connector.connectorId
    csms.expect_nothing(
        "StatusNotification", connectorId=number, within=dut.timeouts.physical / 10, requirement="1.6 5.13"
    )
    _asked_about(csms, dut.tokens.second)

    step("Present the token of the reservation", expect="Preparing; Authorize, if any, for this token")
    csms.execute("Authorized", reserved=True)
    _asked_about(csms, dut.tokens.valid)

    step("Plug in the EV", expect="StartTransaction with the reservationId, and Charging, in any order")
    operator.plug_in(dut.connector)
    csms.execute("Started", reservationId=reservation)


@case("TC_046_2_CS")
def test_reserved_connector_used_remotely(csms: FakeCsms, dut: Dut) -> None:
    """A remote start for the token that a connector is reserved for ends the reservation."""
    step("Send ReserveNow for the connector", expect="Accepted and StatusNotification Reserved")
    reservation = csms.execute("Reserved")

    step("Plug in, send RemoteStartTransaction", expect="Preparing, StartTransaction with the reservationId, Charging")
    csms.execute("ReservationUsed", reservationId=reservation)
    _asked_about(csms, dut.tokens.valid)


@case("TC_047_CS")
def test_reservation_expires(csms: FakeCsms, dut: Dut) -> None:
    """A reservation that nobody uses ends at its expiryDate; then anybody may charge."""
    _leave_one_connector(csms, dut)
    seconds = dut.values.reservation_time

    step("Send ReserveNow for the connector", expect="Accepted and StatusNotification Reserved")
    csms.execute("Reserved", expiryDate=csms.timestamp(seconds))

    step("Wait until it expires", expect="StatusNotification Available, at that time")
    csms.expect_connector_status(
        "Available", dut.connector, within=seconds + dut.timeouts.tolerance, requirement="1.6 5.13"
    )
    reserved, available = csms.seen_in_step("StatusNotification", connectorId=dut.connector.connectorId)[-2:]
    lasted = csms.time_between(reserved, available)
    check(lasted >= seconds - dut.timeouts.tolerance, "not before", requirement="1.6 5.13", actual=f"{lasted:.1f} s")

    step("Plug in, start with another token", expect="StartTransaction without a reservationId, and Charging")
    csms.execute("Charging", token=dut.tokens.second, reservationId=ABSENT)


@case("TC_048_1_CS")
def test_reserve_faulted_connector(csms: FakeCsms, dut: Dut) -> None:
    """A connector with a fault can't be reserved."""
    csms.reach("Faulted")

    step("Send ReserveNow for the connector", expect="Faulted")
    _reserve_in_vain(csms, dut, "Faulted")


@case("TC_048_2_CS")
def test_reserve_occupied_connector(csms: FakeCsms, dut: Dut) -> None:
    """A connector that an EV is plugged into can't be reserved."""
    csms.reach("Preparing")

    step("Send ReserveNow for the connector", expect="Occupied")
    _reserve_in_vain(csms, dut, "Occupied")


@case("TC_048_3_CS")
def test_reserve_unavailable_connector(csms: FakeCsms, dut: Dut) -> None:
    """A connector that is inoperative can't be reserved."""
    csms.reach("Unavailable", connector=dut.connector)

    step("Send ReserveNow for the connector", expect="Unavailable")
    _reserve_in_vain(csms, dut, "Unavailable")


@case("TC_048_4_CS")
def test_reserve_connector_unsupported(csms: FakeCsms, dut: Dut) -> None:
    """A charge point without the feature profile reserves no connector."""
    step("Send ReserveNow for the connector", expect="Rejected, or CALLERROR NotSupported or NotImplemented")
    _reserve_unsupported(csms, dut, dut.connector.connectorId)


# ------------------------------------------------------------------ the charge point


@case("TC_049_CS")
def test_reserved_charge_point_used(csms: FakeCsms, dut: Dut) -> None:
    """A reservation of connector 0 keeps the last connector for the token, which charges there."""
    _leave_one_connector(csms, dut)

    step("Send ReserveNow for connector 0", expect="Accepted, and Reserved for the connector that is left")
    reservation = csms.execute("Reserved", connectorId=0)

    step("Plug in, send RemoteStartTransaction", expect="Preparing, StartTransaction with the reservationId, Charging")
    csms.execute("ReservationUsed", reservationId=reservation)
    _asked_about(csms, dut.tokens.valid)


@case("TC_050_1_CS")
def test_reserve_faulted_charge_point(csms: FakeCsms, dut: Dut) -> None:
    """A charge point whose connectors all have a fault can't be reserved."""
    for connector in dut.connectors:
        csms.reach("Faulted", connector=connector)

    step("Send ReserveNow for connector 0", expect="Faulted")
    _reserve_in_vain(csms, dut, "Faulted", connectorId=0)


@case("TC_050_2_CS")
def test_reserve_occupied_charge_point(csms: FakeCsms, dut: Dut) -> None:
    """A charge point whose connectors are all plugged in can't be reserved."""
    for connector in dut.connectors:
        csms.reach("Preparing", connector=connector)

    step("Send ReserveNow for connector 0", expect="Occupied")
    _reserve_in_vain(csms, dut, "Occupied", connectorId=0)


@case("TC_050_3_CS")
def test_reserve_unavailable_charge_point(csms: FakeCsms, dut: Dut) -> None:
    """A charge point that is inoperative can't be reserved."""
    csms.reach("Unavailable")

    step("Send ReserveNow for connector 0", expect="Unavailable")
    _reserve_in_vain(csms, dut, "Unavailable", connectorId=0)


@case("TC_050_4_CS")
def test_reserve_charge_point_unsupported(csms: FakeCsms, dut: Dut) -> None:
    """A charge point without the feature profile can't be reserved as a whole either."""
    step("Send ReserveNow for connector 0", expect="Rejected, or CALLERROR NotSupported or NotImplemented")
    _reserve_unsupported(csms, dut, 0)


# ------------------------------------------------------------------ cancellation


@case("TC_051_CS")
def test_cancel_reservation(csms: FakeCsms, dut: Dut) -> None:
    """A reservation that is cancelled is over: anybody may charge."""
    reservation = csms.reach("Reserved")

    step("Send CancelReservation", expect="Accepted and StatusNotification Available")
    _cancel(csms, dut, reservation)

    step("Plug in, start with another token", expect="StartTransaction without a reservationId, and Charging")
    csms.execute("Charging", token=dut.tokens.second, reservationId=ABSENT)


@case("TC_052_CS")
def test_cancel_unknown_reservation(csms: FakeCsms, dut: Dut) -> None:
    """The cancellation of an unknown reservation is rejected, and the one that there is stands."""
    reservation = csms.reach("Reserved")

    step("Send CancelReservation with another reservationId", expect="Rejected; the connector stays Reserved")
    answer = csms.send("CancelReservation", reservationId=reservation + 1000)
    check(answer.status == "Rejected", "Rejected", requirement="1.6 5.1", actual=answer.status)
    csms.expect_nothing("StatusNotification", within=dut.timeouts.quiet, requirement="1.6 5.1")

    step("Cancel the one that there is", expect="Accepted and StatusNotification Available")
    _cancel(csms, dut, reservation)


# ------------------------------------------------------------------ the group


@case("TC_053_CS")
def test_reservation_used_by_the_group(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A reservation with a parentIdTag can be used by another token of that group."""
    csms.configure("LocalPreAuthorize", "false")
    _leave_one_connector(csms, dut)

    step("Send ReserveNow with a parentIdTag", expect="Accepted and StatusNotification Reserved")
    reservation = csms.execute("Reserved", idTag=dut.tokens.group1.idTag, parentIdTag=dut.tokens.group.idToken)

    step("Present another token of the group", expect="Authorize and StatusNotification Preparing in any order")
    csms.execute("Authorized", token=dut.tokens.group2)

    step("Plug in the EV", expect="StartTransaction with the reservationId, and Charging, in any order")
    operator.plug_in(dut.connector)
    csms.execute("Started", token=dut.tokens.group2, reservationId=reservation)


@case("TC_053_1_CS")
def test_reservation_used_by_the_group_locally(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A reservation with a parentIdTag can be used by another token of that group, with the cable in first."""
    csms.configure("LocalPreAuthorize", "false")
    _leave_one_connector(csms, dut)

    step("Send ReserveNow with a parentIdTag", expect="Accepted and StatusNotification Reserved")
    reservation = csms.execute("Reserved", idTag=dut.tokens.group1.idTag, parentIdTag=dut.tokens.group.idToken)

    step("Plug in, present another token of the group", expect="Authorize; Preparing; StartTransaction; Charging")
    operator.plug_in(dut.connector)
    csms.execute("Authorized", token=dut.tokens.group2)
    csms.execute("Started", token=dut.tokens.group2, reservationId=reservation)


@case("TC_053_2_CS")
def test_reservation_used_by_the_group_remotely(csms: FakeCsms, dut: Dut) -> None:
    """A reservation with a parentIdTag can be used by another token of that group, by a remote start."""
    _leave_one_connector(csms, dut)

    step("Send ReserveNow with a parentIdTag", expect="Accepted and StatusNotification Reserved")
    reservation = csms.execute("Reserved", idTag=dut.tokens.group1.idTag, parentIdTag=dut.tokens.group.idToken)

    step("Plug in, start with another token of the group", expect="Preparing, StartTransaction with the reservationId")
    csms.execute("ReservationUsed", reservationId=reservation, token=dut.tokens.group2)
    _asked_about(csms, dut.tokens.group2)


# ------------------------------------------------------------------ beyond the list


@case("OC_16_30_CS")
def test_reserved_connector_refuses_others(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Nobody but the reservation's token charges on a reserved connector, neither at the reader nor remotely."""
    reservation = csms.reach("Reserved")

    step("Plug in, present another valid token", expect="no StartTransaction")
    operator.plug_in(dut.connector)
    operator.present_token(dut.tokens.second, dut.connector)
    csms.expect_nothing("StartTransaction", within=dut.timeouts.physical / 10, requirement="1.6 5.13")
    _asked_about(csms, dut.tokens.second)

    step("Send RemoteStartTransaction for this token", expect="Rejected, and no StartTransaction")
    _start_in_vain(csms, dut, dut.tokens.second)

    step("Present the token of the reservation", expect="Preparing; StartTransaction with the reservationId; Charging")
    csms.execute("Authorized", reserved=True)
    csms.execute("Started", reservationId=reservation)
    _asked_about(csms, dut.tokens.valid)


@case("OC_16_31_CS")
def test_reservation_survives_a_restart(csms: FakeCsms, dut: Dut) -> None:
    """A reservation outlives a restart: nothing but its use, its expiry, a fault or unavailability ends it."""
    reservation = csms.reach("Reserved")

    step("Send Reset Hard", expect="Accepted; BootNotification; the connector Reserved, the others Available")
    answer = csms.send("Reset", type="Hard")
    check(answer.status == "Accepted", "the reset is Accepted", requirement="1.6 5.14", actual=answer.status)
    boot = csms.expect("BootNotification", within=dut.timeouts.reset + dut.timeouts.boot, requirement="1.6 4.2, 5.14")
    csms.execute("Reported", boot=boot, but={dut.connector.connectorId: "Reserved"})

    step("Send RemoteStartTransaction for another token", expect="Rejected, and no StartTransaction")
    _start_in_vain(csms, dut, dut.tokens.second)

    step("Plug in, start with the right token", expect="Preparing, StartTransaction with the reservationId, Charging")
    csms.execute("ReservationUsed", reservationId=reservation)
    _asked_about(csms, dut.tokens.valid)


@case("OC_16_32_CS")
def test_second_reservation(csms: FakeCsms, dut: Dut) -> None:
    """A reserved connector can't be reserved again, but the reservation can be replaced by one with its own id."""
    reservation = csms.reach("Reserved")

    step("Send ReserveNow with another reservationId for another token", expect="Occupied")
    _reserve_in_vain(csms, dut, "Occupied")

    step("Send ReserveNow with the first reservationId for another token", expect="Accepted")
    wish = {**_wish(csms, dut), "reservationId": reservation, "idTag": dut.tokens.second.idTag}
    answer = csms.send("ReserveNow", **wish)
    check(answer.status == "Accepted", "it is replaced", requirement="1.6 5.13", actual=answer.status)

    step("Send RemoteStartTransaction for the first token", expect="Rejected, and no StartTransaction")
    _start_in_vain(csms, dut, dut.tokens.valid)

    step("Plug in, start with the other token", expect="Preparing, StartTransaction with the reservationId, Charging")
    csms.execute("ReservationUsed", reservationId=reservation, token=dut.tokens.second)
    _asked_about(csms, dut.tokens.second)


@case("OC_16_33_CS")
def test_reservation_ends_with_availability(csms: FakeCsms, dut: Dut) -> None:
    """A connector that was made inoperative is not reserved any more when it is operative again."""
    csms.reach("Reserved")

    step("Make the connector inoperative", expect="Accepted and StatusNotification Unavailable")
    csms.execute("Unavailable", connector=dut.connector)

    step("Make the connector operative", expect="Accepted and StatusNotification Available")
    answer = csms.send("ChangeAvailability", connectorId=dut.connector.connectorId, type="Operative")
    check(answer.status == "Accepted", "the change is Accepted", requirement="1.6 5.2", actual=answer.status)
    csms.expect_connector_status("Available", dut.connector, requirement="1.6 5.2, 5.13")

    step("Plug in, start with another token", expect="StartTransaction without a reservationId, and Charging")
    csms.execute("Charging", token=dut.tokens.second, reservationId=ABSENT)


@case("OC_16_34_CS")
def test_reserved_charge_point_keeps_a_connector(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """While the charge point is reserved, others may use its connectors, but for the last one."""
    last = dut.second_connector
    for connector in dut.connectors[2:]:
        csms.reach("Unavailable", connector=connector)

    step("Send ReserveNow for connector 0", expect="Accepted")
    wish = _wish(csms, dut, connectorId=0)
    answer = csms.send("ReserveNow", **wish)
    check(answer.status == "Accepted", "the charge point is reserved", requirement="1.6 5.13", actual=answer.status)

    step("Start with another token on one connector", expect="StartTransaction without a reservationId, and Charging")
    csms.execute("Charging", token=dut.tokens.second, reservationId=ABSENT)

    step("Send RemoteStartTransaction for a third token on the last connector", expect="Rejected, no StartTransaction")
    _start_in_vain(csms, dut, dut.tokens.group1, last)

    step("Plug in there, start with the right token", expect="StartTransaction with the reservationId, and Charging")
    operator.plug_in(last)
    csms.execute("RemotelyAuthorized", connector=last, reserved=True)
    csms.execute("Started", connector=last, reservationId=wish["reservationId"])
    _asked_about(csms, dut.tokens.valid)
    told = [one.status for one in csms.seen("StatusNotification", connectorId=last.connectorId)]
    told = told[1:] if told[:1] == ["Reserved"] else told
    check(
        told[:1] == ["Preparing"] and told[-1:] == ["Charging"] and {*told[1:-1]} <= {"SuspendedEV", "SuspendedEVSE"},
        "Reserved, if at all, then Preparing and Charging, perhaps with a pause between the two",
        requirement="1.6 4.9",
        actual=told,
    )


# ------------------------------------------------------------------ what several cases do


def _leave_one_connector(csms: FakeCsms, dut: Dut) -> None:
    for connector in dut.connectors[1:]:
        csms.reach("Unavailable", connector=connector)


def _wish(csms: FakeCsms, dut: Dut, **fields: Any) -> dict[str, Any]:
    """A ReserveNow of the connector (unless `fields` say otherwise) for an hour."""
    wish = {
        "connectorId": dut.connector.connectorId,
        "reservationId": csms.next_request_id(),
        "idTag": dut.tokens.valid.idTag,
        "expiryDate": csms.timestamp(3600),
    }
    return {**wish, **fields}


def _reserve_in_vain(csms: FakeCsms, dut: Dut, status: str, **fields: Any) -> None:
    answer = csms.send("ReserveNow", **_wish(csms, dut, **fields))
    check(answer.status == status, f"the answer is {status}", requirement="1.6 5.13, 7.40", actual=answer.status)


def _reserve_unsupported(csms: FakeCsms, dut: Dut, number: int) -> None:
    answer = csms.call("ReserveNow", _wish(csms, dut, connectorId=number))
    check(
        answer.status == "Rejected" or answer.code in ("NotSupported", "NotImplemented"),
        "Rejected, NotSupported or NotImplemented",
        requirement="1.6 5.13, 1.6J 4.2.3",
        actual=answer,
    )


def _cancel(csms: FakeCsms, dut: Dut, reservation: int) -> None:
    answer = csms.send("CancelReservation", reservationId=reservation)
    check(answer.status == "Accepted", "the cancellation is Accepted", requirement="1.6 5.1", actual=answer.status)
    csms.expect_connector_status("Available", dut.connector, requirement="1.6 4.9 G1")


def _asked_about(csms: FakeCsms, token: Any) -> None:
    """Authorize is left to the charge point; one that it sends in this step is for the token that came."""
    asked = {one.idTag for one in csms.seen_in_step("Authorize")}
    check(asked <= {token.idTag}, "Authorize names the token that came", requirement="1.6 4.1", actual=sorted(asked))


def _start_in_vain(csms: FakeCsms, dut: Dut, token: Any, connector: Any = None) -> None:
    number = (connector or dut.connector).connectorId
    answer = csms.send("RemoteStartTransaction", idTag=token.idTag, connectorId=number)
    check(answer.status == "Rejected", "the start is Rejected", requirement="1.6 5.11, 5.13", actual=answer.status)
    csms.expect_nothing("StartTransaction", within=dut.timeouts.quiet, requirement="1.6 5.13")
