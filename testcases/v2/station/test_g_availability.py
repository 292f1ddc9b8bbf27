"""Block G, Availability: a charging station under test (2.0.1 and 2.1)."""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeCsms, NotApplicable, Operator, case, check, one_of, recommend, step

# ---------------------------------------------------------------- G01: status


@case("TC_G_01_CS")
def test_connector_occupied(csms: FakeCsms) -> None:
    """A connector becomes Occupied when an EV is plugged in."""
    step("Plug in the EV", expect="the connector is Occupied, by StatusNotification or NotifyEvent (G01.FR.03)")
    csms.execute("EVConnectedPreSession")


@case("TC_G_02_CS")
def test_connector_available(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A connector becomes Available when the EV is unplugged."""
    csms.reach("EVConnectedPreSession")

    step("Unplug the EV", expect="the connector is Available, by StatusNotification or NotifyEvent")
    operator.unplug(dut.connector)
    csms.expect_connector_status("Available", dut.connector, within=dut.timeouts.physical, requirement="G01.FR.04")


@case("OC_G_01_CS")
def test_reserved_connector_used(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A reserved connector stays Reserved until its driver, whose EV is plugged in, presents the token."""
    reservation = csms.reach("Reserved", token=dut.tokens.valid)

    step("Plug in the EV", expect="no status but Reserved")
    operator.plug_in(dut.connector)
    _check_unchanged(csms, [dut.connector], "Reserved", "G03.FR.09")

    step("Present the token of the reservation", expect="Occupied; an event with the reservationId; energy flows")
    operator.present_token(dut.tokens.valid, dut.connector)
    within, transaction = dut.timeouts.physical, csms.transaction(dut.evse)
    csms.expect_connector_status("Occupied", dut.connector, within=within, requirement="G01.FR.06")
    used = {"idToken": dut.tokens.valid, "reservationId": reservation}
    transaction.expect(within=within, requirement="H01.FR.15", **used)
    transaction.expect(chargingState="Charging", within=within, requirement="H03.FR.01")


@case("OC_G_02_CS")
def test_unavailable_as_ev_leaves(csms: FakeCsms, dut: Dut) -> None:
    """A connector that is to become Inoperative is Unavailable, and never Available, when the EV leaves it."""
    csms.configure("TxCtrlr", "TxStopPoint", "EVConnected")
    csms.reach("EnergyTransferStarted")

    step("Make the connector Inoperative", expect="Scheduled; the transaction goes on")
    _change(csms, "Inoperative", "Scheduled", "G03.FR.05", evse=_place(dut.connector))
    _check_goes_on(csms, dut, "G03.FR.05")

    step("Stop the transaction, unplug the EV", expect="Ended; the connector is Unavailable")
    csms.execute("EVDisconnected", status="Unavailable")
    _check_unchanged(csms, [dut.connector], "Unavailable", "G01.FR.05")


@case("OC_G_03_CS")
def test_other_connectors_of_evse(csms: FakeCsms, dut: Dut) -> None:
    """A cable in one connector of an EVSE is no status of its others, though they are of no use meanwhile."""
    others = [one for one in _of_evse(dut) if one != dut.connector]
    if not others:
        raise NotApplicable(f"EVSE {dut.evse} has one connector")

    step("Plug in the EV", expect="that connector is Occupied; nothing of the others")
    csms.execute("EVConnectedPreSession")
    csms.drain()
    told = [one for one in others if csms.statuses_in_step(one)]
    recommend(not told, "no status of the EVSE's other connectors", requirement="G01.FR.08", actual=told)


# ---------------------------------------------------------------- G03: one EVSE


@case("TC_G_03_CS")
def test_evse_inoperative(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE becomes Inoperative with all its connectors, and no other."""
    step("Make an EVSE Inoperative", expect="Accepted; its connectors, and no others, are Unavailable")
    _change(csms, "Inoperative", "Accepted", "G03.FR.02", evse={"id": dut.evse})
    _expect_on_evse(csms, dut, "Unavailable", "G03.FR.06")
    _check_others_untouched(csms, dut)


@case("TC_G_04_CS")
def test_evse_operative(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE becomes Operative again, and its connectors are what they were."""
    csms.reach("Unavailable", evseId=dut.evse)

    step("Make the EVSE Operative", expect="Accepted; its connectors are Available")
    _change(csms, "Operative", "Accepted", "G03.FR.02", evse={"id": dut.evse})
    _expect_on_evse(csms, dut, "Available", "G03.FR.07")


@case("TC_G_09_CS")
def test_evse_stays_operative(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE that is Operative takes the request to be so, and stays so."""
    step("Make an Operative EVSE Operative", expect="Accepted; no connector of it changes")
    _change(csms, "Operative", "Accepted", "G03.FR.03", evse={"id": dut.evse})
    _check_unchanged(csms, _of_evse(dut), "Available", "G03.FR.03")


@case("TC_G_10_CS")
def test_evse_stays_inoperative(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE that is Inoperative takes the request to be so, and stays so."""
    csms.reach("Unavailable", evseId=dut.evse)

    step("Make the Inoperative EVSE Inoperative", expect="Accepted; its connectors stay Unavailable")
    _change(csms, "Inoperative", "Accepted", "G03.FR.03", evse={"id": dut.evse})
    _check_unchanged(csms, _of_evse(dut), "Unavailable", "G03.FR.03")


@case("TC_G_11_CS")
def test_evse_inoperative_after_transaction(csms: FakeCsms, dut: Dut) -> None:
    """An EVSE with a transaction becomes Inoperative when the transaction has ended."""
    csms.reach("EnergyTransferStarted")

    step("Make the EVSE Inoperative", expect="Scheduled; the transaction goes on")
    _change(csms, "Inoperative", "Scheduled", "G03.FR.05", evse={"id": dut.evse})
    _check_goes_on(csms, dut, "G03.FR.05")

    step("End the transaction", expect="the EVSE's connectors are Unavailable")
    _end_transaction(csms, dut)
    for connector in _of_evse(dut):
        csms.expect_connector_stays("Unavailable", connector, requirement="G03.FR.04")


# ---------------------------------------------------------------- G04: the whole station


@case("TC_G_05_CS")
def test_station_inoperative(csms: FakeCsms, dut: Dut) -> None:
    """The station becomes Inoperative with every connector."""
    step("Make the station Inoperative", expect="Accepted; every connector is Unavailable")
    _change(csms, "Inoperative", "Accepted", "G04.FR.03")
    _expect_everywhere(csms, dut, "Unavailable", "G04.FR.07")


@case("TC_G_06_CS")
def test_station_operative(csms: FakeCsms, dut: Dut) -> None:
    """The station becomes Operative again, and every connector is what it was."""
    csms.reach("Unavailable")

    step("Make the station Operative", expect="Accepted; every connector is Available")
    _change(csms, "Operative", "Accepted", "G04.FR.03")
    _expect_everywhere(csms, dut, "Available", "G04.FR.08")


@case("TC_G_12_CS")
def test_station_stays_operative(csms: FakeCsms, dut: Dut) -> None:
    """A station that is Operative takes the request to be so, and stays so."""
    step("Make the Operative station Operative", expect="Accepted; no connector changes")
    _change(csms, "Operative", "Accepted", "G04.FR.04")
    _check_unchanged(csms, dut.connectors, "Available", "G04.FR.04")


@case("TC_G_13_CS")
def test_station_stays_inoperative(csms: FakeCsms, dut: Dut) -> None:
    """A station that is Inoperative takes the request to be so, and stays so."""
    csms.reach("Unavailable")

    step("Make the Inoperative station Inoperative", expect="Accepted; every connector stays Unavailable")
    _change(csms, "Inoperative", "Accepted", "G04.FR.04")
    _check_unchanged(csms, dut.connectors, "Unavailable", "G04.FR.04")


@case("TC_G_14_CS")
def test_station_inoperative_after_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A station with a transaction becomes Inoperative where it is free, and there when the transaction has ended."""
    csms.reach("EnergyTransferStarted")

    step("Make the station Inoperative", expect="Scheduled; the transaction goes on")
    _change(csms, "Inoperative", "Scheduled", "G04.FR.06")
    _check_goes_on(csms, dut, "G04.FR.06")

    step("End the transaction", expect="every connector is Unavailable, where no transaction ran perhaps since before")
    _end_transaction(csms, dut)
    for connector in dut.connectors:
        csms.expect_connector_stays("Unavailable", connector, requirement="G04.FR.07")


# ---------------------------------------------------------------- G03: one connector


@case("TC_G_07_CS")
def test_connector_inoperative(csms: FakeCsms, dut: Dut) -> None:
    """A connector becomes Inoperative, and no connector of another EVSE does."""
    step("Make a connector Inoperative", expect="Accepted; it is Unavailable")
    _change(csms, "Inoperative", "Accepted", "G03.FR.02", evse=_place(dut.connector))
    csms.expect_connector_status("Unavailable", dut.connector, requirement="G03.FR.04")
    _check_others_untouched(csms, dut)


@case("TC_G_08_CS")
def test_connector_operative(csms: FakeCsms, dut: Dut) -> None:
    """A connector becomes Operative again."""
    csms.reach("Unavailable", evseId=dut.evse, connectorId=dut.connector.connectorId)

    step("Make the connector Operative", expect="Accepted; it is Available")
    _change(csms, "Operative", "Accepted", "G03.FR.02", evse=_place(dut.connector))
    csms.expect_connector_status("Available", dut.connector, requirement="G03.FR.04")


@case("TC_G_15_CS")
def test_connector_stays_operative(csms: FakeCsms, dut: Dut) -> None:
    """A connector that is Operative takes the request to be so, and stays so."""
    step("Make an Operative connector Operative", expect="Accepted; it does not change")
    _change(csms, "Operative", "Accepted", "G03.FR.03", evse=_place(dut.connector))
    _check_unchanged(csms, [dut.connector], "Available", "G03.FR.03")


@case("TC_G_16_CS")
def test_connector_stays_inoperative(csms: FakeCsms, dut: Dut) -> None:
    """A connector that is Inoperative takes the request to be so, and stays so."""
    csms.reach("Unavailable", evseId=dut.evse, connectorId=dut.connector.connectorId)

    step("Make the Inoperative connector Inoperative", expect="Accepted; it stays Unavailable")
    _change(csms, "Inoperative", "Accepted", "G03.FR.03", evse=_place(dut.connector))
    _check_unchanged(csms, [dut.connector], "Unavailable", "G03.FR.03")


@case("TC_G_17_CS")
def test_connector_inoperative_after_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A connector with a transaction becomes Inoperative when the transaction has ended."""
    csms.reach("EnergyTransferStarted")

    step("Make the connector Inoperative", expect="Scheduled; the transaction goes on")
    _change(csms, "Inoperative", "Scheduled", "G03.FR.05", evse=_place(dut.connector))
    _check_goes_on(csms, dut, "G03.FR.05")

    step("End the transaction", expect="the connector is Unavailable")
    _end_transaction(csms, dut)
    csms.expect_connector_stays("Unavailable", dut.connector, requirement="G03.FR.04")


# ---------------------------------------------------------------- G03, G04: over a reboot


@case("TC_G_18_CS")
def test_evse_inoperative_after_reboot(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """An EVSE that was made Inoperative is so after a power cycle, and it alone."""
    step("Make an EVSE Inoperative", expect="Accepted; its connectors are Unavailable")
    _change(csms, "Inoperative", "Accepted", "G03.FR.02", evse={"id": dut.evse})
    _expect_on_evse(csms, dut, "Unavailable", "G03.FR.06")

    step("Power-cycle the station", expect="it registers and reports that EVSE Unavailable, the others Available")
    operator.power_cycle()
    csms.expect_connection()
    _expect_boot(csms, dut.boot_time)
    for connector in dut.connectors:
        status = "Unavailable" if connector.evseId == dut.evse else "Available"
        csms.expect_connector_status(status, connector, requirement="G03.FR.08")


@case("TC_G_19_CS")
def test_connector_inoperative_after_reboot(csms: FakeCsms, dut: Dut) -> None:
    """A connector that was made Inoperative is so after a reset, and it alone."""
    csms.reach("Unavailable", evseId=dut.evse, connectorId=dut.connector.connectorId)

    step("Reset the station", expect="it registers and reports that connector Unavailable, the others Available")
    csms.execute("Booting")
    _expect_boot(csms, dut.timeouts.reset)
    for connector in dut.connectors:
        status = "Unavailable" if connector == dut.connector else "Available"
        csms.expect_connector_status(status, connector, requirement="G03.FR.08")


@case("TC_G_21_CS")
def test_station_inoperative_after_reboot(csms: FakeCsms, dut: Dut) -> None:
    """A station that was made Inoperative is so after a reset."""
    csms.reach("Unavailable")

    step("Reset the station", expect="it registers and reports every connector Unavailable")
    csms.execute("Booting")
    _expect_boot(csms, dut.timeouts.reset)
    _expect_everywhere(csms, dut, "Unavailable", "G04.FR.09")


# ---------------------------------------------------------------- G05: lock failure


@case("TC_G_20_CS")
def test_lock_failure(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A station that cannot lock the plug says so and does not charge."""
    if csms.configured("AuthCtrlr", "Enabled") == "false":
        csms.configure("AuthCtrlr", "Enabled", "true")
    operator.jam_lock(dut.connector)
    csms.reach("EVConnectedPreSession")

    step("Authorize the session", expect="NotifyEvent: ConnectorPlugRetentionLock has a Problem; no energy flows")
    csms.execute("Authorized")
    csms.expect("NotifyEvent", eventData=_lock_problem, requirement="G05.FR.02")
    csms.drain()
    charging = csms.transaction(dut.evse).any(chargingState="Charging")
    check(charging is None, "no charging", requirement="G05.FR.01", actual=charging)


# ---------------------------------------------------------------- helpers


def _place(connector: Any) -> dict[str, int]:
    return {"id": connector.evseId, "connectorId": connector.connectorId}


def _of_evse(dut: Dut) -> list[Any]:
    return [connector for connector in dut.connectors if connector.evseId == dut.evse]


def _change(csms: FakeCsms, operationalStatus: str, status: str, requirement: str, **evse: Any) -> None:  # noqa: N803  # the wire's own name
    answer = csms.send("ChangeAvailability", operationalStatus=operationalStatus, **evse)
    check(answer.status == status, f"status {status}", requirement=requirement, actual=answer.status)


def _expect_on_evse(csms: FakeCsms, dut: Dut, status: str, requirement: str) -> None:
    for connector in _of_evse(dut):
        csms.expect_connector_status(status, connector, requirement=requirement)


def _expect_everywhere(csms: FakeCsms, dut: Dut, status: str, requirement: str) -> None:
    for connector in dut.connectors:
        csms.expect_connector_status(status, connector, requirement=requirement)


def _check_unchanged(csms: FakeCsms, connectors: Any, status: str, requirement: str) -> None:
    """A report of what is so already may come; none of anything else."""
    csms.drain()
    others = [one for connector in connectors for one in csms.statuses_in_step(connector) if one != status]
    check(not others, f"no connector other than {status}", requirement=requirement, actual=others)


def _check_others_untouched(csms: FakeCsms, dut: Dut) -> None:
    csms.drain()
    others = [one for one in dut.connectors if one.evseId != dut.evse]
    touched = [one for one in others if "Unavailable" in csms.statuses_in_step(one)]
    check(not touched, "connectors of other EVSEs stay as they were", requirement="G03.FR.06", actual=touched)


def _check_goes_on(csms: FakeCsms, dut: Dut, requirement: str) -> None:
    csms.drain()
    check(not csms.transaction(dut.evse).ended, "the transaction goes on", requirement=requirement)
    early = "Unavailable" in csms.statuses_in_step(dut.connector)
    check(not early, "its connector is not yet Unavailable", requirement=requirement)


def _end_transaction(csms: FakeCsms, dut: Dut) -> None:
    """Go through the rest of a session until the transaction has ended."""
    session = csms.session(dut.evse)
    csms.execute("StopAuthorized")
    if session.running:
        csms.execute("EVConnectedPostSession")
    if session.running:
        csms.execute("EVDisconnected", status=one_of("Available", "Unavailable"))
    if session.running:
        csms.execute("ParkingBayUnoccupied")


def _expect_boot(csms: FakeCsms, within: float) -> None:
    csms.expect("BootNotification", within=within)
    csms.expect(
        "SecurityEventNotification", type=one_of("StartupOfTheDevice", "ResetOrReboot"), requirement="A04.FR.01"
    )


def _lock_problem(events: Any) -> bool:
    """an event (Delta) that Problem of ConnectorPlugRetentionLock is true"""
    return any(
        event.trigger == "Delta"
        and event.component.name == "ConnectorPlugRetentionLock"
        and event.variable.name == "Problem"
        and f"{event.actualValue}".lower() == "true"
        for event in events
    )
