"""Block E, Transactions: a charging station under test (2.0.1 and 2.1).

The reusable states judge what a step owes by TxStartPoint and TxStopPoint: that a transaction starts when its point
is reached and not before, that it ends when its stop point ceases and not before, and what the events say.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from conformance import (
    ABSENT,
    PRESENT,
    Dut,
    FakeCsms,
    NotApplicable,
    Operator,
    call_error,
    case,
    check,
    check_samples,
    late,
    one_of,
    readings,
    recommend,
    require,
    step,
)

# ---------------------------------------------------------------- start points


@case("TC_E_01_CS")
def test_starts_when_power_path_closed(csms: FakeCsms, dut: Dut) -> None:
    """With TxStartPoint PowerPathClosed a transaction starts once the session is authorized and the EV connected."""
    _point(csms, "TxStartPoint", "PowerPathClosed", "ParkingBayOccupancy", "EVConnected", "Authorized", "DataSigned")

    step("Authorize the session", expect="no transaction yet: no EV is connected")
    csms.execute("Authorized")

    step("Plug in the EV", expect="Occupied, and Started with the token and the connector")
    csms.execute("EVConnectedPreSession")
    readings.check_started(csms, dut, "E01.FR.05")

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_E_02_CS")
def test_starts_when_energy_flows(csms: FakeCsms, dut: Dut) -> None:
    """With TxStartPoint EnergyTransfer a transaction starts with the first energy, all that is known told at once."""
    every = ("ParkingBayOccupancy", "EVConnected", "Authorized", "DataSigned", "PowerPathClosed")
    _point(csms, "TxStartPoint", "EnergyTransfer", *every)

    step("Authorize the session", expect="no transaction yet")
    csms.execute("Authorized")

    step("Plug in the EV and let it charge", expect="Started with Charging, the token and the connector")
    csms.execute("EnergyTransferStarted")
    readings.check_started(csms, dut, "E01.FR.06")


@case("TC_E_09_CS")
def test_starts_when_ev_connected(csms: FakeCsms, dut: Dut) -> None:
    """With TxStartPoint EVConnected a transaction starts when EV and EVSE are connected."""
    _point(csms, "TxStartPoint", "EVConnected", "ParkingBayOccupancy")
    csms.reach("ParkingBayOccupied")

    step("Plug in the EV", expect="Occupied, and Started with EVConnected and the connector")
    csms.execute("EVConnectedPreSession")
    readings.check_started(csms, dut, "E01.FR.02", "E02.FR.09")

    step("Authorize the session", expect="an event of that transaction with the token")
    csms.execute("Authorized")

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_E_10_CS")
def test_starts_when_authorized_locally(csms: FakeCsms, dut: Dut) -> None:
    """With TxStartPoint Authorized a transaction starts when a presented token is accepted."""
    _point(csms, "TxStartPoint", "Authorized")
    _authorizing(csms)

    step("Present the token", expect="Authorize, and Started with Authorized and the token")
    csms.execute("Authorized", locally=True)
    readings.check_started(csms, dut, "E01.FR.03", "E03.FR.07")

    step("Plug in the EV", expect="Occupied, and an event of that transaction with the connector")
    csms.execute("EVConnectedPreSession")

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_E_13_CS")
def test_starts_when_authorized_remotely(csms: FakeCsms, dut: Dut) -> None:
    """With TxStartPoint Authorized a transaction starts when a remote start authorizes it."""
    _point(csms, "TxStartPoint", "Authorized")
    _authorizing(csms)

    step("Send RequestStartTransaction", expect="Accepted, and Started with RemoteStart, its id and the token")
    csms.execute("Authorized", locally=False)
    readings.check_started(csms, dut, "E01.FR.03", "F02.FR.02")

    step("Plug in the EV", expect="Occupied, and an event of that transaction with the connector")
    csms.execute("EVConnectedPreSession")

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_E_11_CS")
def test_starts_when_data_signed(csms: FakeCsms, dut: Dut) -> None:
    """With TxStartPoint DataSigned a transaction starts when the meter has signed its first value."""
    _point(csms, "TxStartPoint", "DataSigned", "ParkingBayOccupancy", "EVConnected", "Authorized")
    csms.configure("SampledDataCtrlr", "SignReadings", "true")

    step("Authorize the session", expect="no transaction yet")
    csms.execute("Authorized")

    step("Plug in the EV", expect="Started with SignedDataReceived, a signed value, the token and the connector")
    csms.execute("EnergyTransferStarted")
    readings.check_started(csms, dut, "E01.FR.04")
    transaction = csms.transaction(dut.evse)
    parts = dict.fromkeys(("signedMeterData", "signingMethod", "encodingMethod", "publicKey"), PRESENT)
    signed = transaction.samples(transaction.first, context="Transaction.Begin", signedMeterValue=parts)
    check(signed, "Started has a value of its begin, signed, with all that its check takes", requirement="E02.FR.14")


@case("TC_E_12_CS")
def test_starts_when_bay_occupied(csms: FakeCsms, dut: Dut) -> None:
    """With TxStartPoint ParkingBayOccupancy a transaction starts when an EV drives into the bay."""
    _point(csms, "TxStartPoint", "ParkingBayOccupancy")

    step("Drive the EV into the bay", expect="Started with EVDetected")
    csms.execute("ParkingBayOccupied")
    readings.check_started(csms, dut, "E01.FR.01")

    step("Authorize the session", expect="an event of that transaction with the token")
    csms.execute("Authorized")

    step("Plug in the EV", expect="Occupied, and an event of that transaction with the connector")
    csms.execute("EVConnectedPreSession")

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


# ---------------------------------------------------------------- local start


@case("TC_E_03_CS")
def test_local_start_cable_first(csms: FakeCsms) -> None:
    """A driver who plugs in first and then presents a token can charge."""
    _authorizing(csms)
    csms.reach("EVConnectedPreSession")

    step("Present the token", expect="Authorize, and an event with the token once a transaction runs")
    csms.execute("Authorized", locally=True)

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_E_04_CS")
def test_local_start_authorization_first(csms: FakeCsms) -> None:
    """A driver who presents a token first and then plugs in can charge."""
    _authorizing(csms)
    csms.reach("ParkingBayOccupied")

    step("Present the token", expect="Authorize, and an event with the token once a transaction runs")
    csms.execute("Authorized", locally=True)

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


@case("TC_E_05_CS")
def test_local_start_cable_timeout(csms: FakeCsms, dut: Dut) -> None:
    """An authorization to which nobody plugs in runs out, and the EVSE can be used again."""
    _authorizing(csms)
    csms.prefer("AuthCacheCtrlr", "Enabled", "false")
    csms.configure("TxCtrlr", "EVConnectionTimeOut", f"{dut.values.ev_connection_timeout}")
    csms.reach("Authorized", locally=True)

    step("Plug in nothing", expect="EVConnectTimeout once EVConnectionTimeOut is over, if a transaction runs")
    csms.execute("EVConnectTimedOut")

    step("Present the token again", expect="Authorize; the session is authorized anew")
    csms.execute("Authorized", locally=True)

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


@case("TC_E_38_CS")
def test_ev_not_ready(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """An EV that is connected but takes no energy yet is reported as such."""
    early = {"ParkingBayOccupancy", "EVConnected", "Authorized", "PowerPathClosed"}
    if not early & set(csms.configured("TxCtrlr", "TxStartPoint").split(",")):
        raise NotApplicable("a transaction that starts with the energy can't tell that none flows")
    csms.reach("Authorized")

    step("Plug in an EV that is not ready", expect="Occupied; the cable is told, then SuspendedEV")
    operator.ev_not_ready(dut.connector)
    csms.execute("EVConnectedPreSession")
    csms.transaction(dut.evse).wait_until(
        triggerReason=one_of("ChargingStateChanged", "CablePluggedIn"),
        chargingState="SuspendedEV",
        within=dut.timeouts.physical,
        requirement="E01.FR.19",
    )


@case("TC_E_52_CS")
def test_no_remote_authorization(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """With DisableRemoteAuthorization a token that is not known locally is refused without asking."""
    csms.prefer("AuthCtrlr", "Enabled", "true")
    csms.configure("AuthCtrlr", "DisableRemoteAuthorization", "true")
    if dut.features["C-49"]:
        csms.send("ClearCache")
    csms.reach("ParkingBayOccupied")

    step("Present a token that neither cache nor list knows", expect="no Authorize, no authorization")
    operator.present_token(dut.tokens.second, dut.connector)
    csms.expect_nothing("Authorize", within=4 * dut.timeouts.quiet, requirement="C01.FR.05")

    step("Plug in the EV", expect="Occupied, but no energy")
    csms.execute("EVConnectedPreSession")
    csms.drain()
    check(not csms.seen("Authorize"), "no Authorize", requirement="C01.FR.05")
    for field in ({"idToken": dut.tokens.second}, {"transactionInfo": {"chargingState": "Charging"}}):
        check(not csms.seen("TransactionEvent", **field), f"no event with {field}", requirement="C01.FR.01")


# ---------------------------------------------------------------- stop points


@case("TC_E_06_CS")
def test_local_stop(csms: FakeCsms) -> None:
    """The driver stops with the token that started, unplugs and leaves."""
    _authorizing(csms)
    csms.reach("EnergyTransferStarted")

    step("Present the same token", expect="StopAuthorized; Ended only if that is the stop point")
    csms.execute("StopAuthorized", locally=True)

    step("Let the energy stop", expect="EVConnected is told while the transaction runs")
    csms.execute("EVConnectedPostSession")

    step("Unplug the EV, pull the cable out", expect="Available; EVCommunicationLost, Idle while the transaction runs")
    csms.execute("EVDisconnected", released="E06.FR.10, E07.FR.07")

    step("Drive the EV out of the bay", expect="EVDeparted while the transaction runs")
    csms.execute("ParkingBayUnoccupied")


@case("TC_E_07_CS")
def test_ends_with_power_path_on_local_stop(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint PowerPathClosed a transaction ends when the driver ends its authorization."""
    _point(csms, "TxStopPoint", "PowerPathClosed", "Authorized")
    csms.reach("EnergyTransferStarted")

    step("Present the same token", expect="StopAuthorized and Ended, stoppedReason Local")
    csms.execute("StopAuthorized", locally=True)
    readings.check_ended(csms, dut, "E06.FR.06")


@case("TC_E_35_CS")
def test_ends_with_power_path_on_remote_stop(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint PowerPathClosed a transaction ends when the CSMS ends its authorization."""
    _point(csms, "TxStopPoint", "PowerPathClosed", "Authorized")
    csms.reach("EnergyTransferStarted")

    step("Send RequestStopTransaction", expect="Accepted; RemoteStop and Ended, stoppedReason Remote")
    csms.execute("StopAuthorized", locally=False)
    readings.check_ended(csms, dut, "E06.FR.06")


@case("TC_E_37_CS")
def test_ends_with_power_path_on_ev_side(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint PowerPathClosed a transaction ends when the EV is unplugged, still authorized or not."""
    _point(csms, "TxStopPoint", "PowerPathClosed", "EVConnected", "EnergyTransfer", "DataSigned")
    csms.prefer("TxCtrlr", "StopTxOnEVSideDisconnect", "false")
    csms.reach("EnergyTransferStarted")

    step("Have the EV suspend the energy transfer", expect="SuspendedEV is told; the transaction goes on")
    csms.execute("EnergyTransferSuspended")

    step("Unplug the cable at the EV", expect="Ended with EVCommunicationLost and Idle")
    csms.execute("EVDisconnectedOnEVSide")
    readings.check_ended(csms, dut, "E06.FR.06")


@case("TC_E_08_CS")
def test_ends_with_energy_on_stop(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint EnergyTransfer a transaction ends when the energy stops, here by the driver."""
    _point(csms, "TxStopPoint", "EnergyTransfer", "Authorized", "PowerPathClosed")
    csms.reach("EnergyTransferStarted")

    step("Authorize the stop", expect="the stop is told and the transaction Ended")
    csms.execute("StopAuthorized")
    readings.check_ended(csms, dut, "E06.FR.07")


@case("TC_E_22_CS")
def test_ends_with_energy_on_suspension(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint EnergyTransfer a transaction ends when the EV suspends the energy transfer."""
    _point(csms, "TxStopPoint", "EnergyTransfer")
    csms.reach("EnergyTransferStarted")

    step("Have the EV suspend", expect="Ended with ChargingStateChanged, stoppedReason StoppedByEV")
    csms.execute("EnergyTransferSuspended")
    readings.check_ended(csms, dut, "E06.FR.07")


@case("TC_E_14_CS")
def test_ends_when_unplugged(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint EVConnected a transaction goes on after the stop and ends when the cable is out."""
    _point(csms, "TxStopPoint", "EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer", "DataSigned")
    csms.reach("EnergyTransferStarted")

    step("Authorize the stop and let the energy stop", expect="both are told; the transaction goes on")
    csms.execute("EVConnectedPostSession")

    step("Unplug the EV", expect="Available, and Ended with EVCommunicationLost and Idle")
    csms.execute("EVDisconnected")
    readings.check_ended(csms, dut, "E06.FR.02")


@case("TC_E_20_CS")
def test_ends_when_unplugged_at_ev(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint EVConnected a transaction ends when the EV is unplugged at its side."""
    _ends_on_ev_side(csms, dut, "EVDisconnected")


@case("TC_E_54_CS")
def test_ends_when_unplugged_at_ev_high_level(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint EVConnected a transaction ends when an EV of high-level communication is unplugged."""
    _ends_on_ev_side(csms, dut, one_of("StoppedByEV", "EVDisconnected"))


@case("TC_E_15_CS")
def test_ends_when_stopped_locally(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint Authorized a transaction ends when the driver stops it."""
    _point(csms, "TxStopPoint", "Authorized", "PowerPathClosed")
    csms.reach("EnergyTransferStarted")

    step("Present the same token", expect="StopAuthorized and Ended, stoppedReason Local")
    csms.execute("StopAuthorized", locally=True)
    readings.check_ended(csms, dut, "E06.FR.03", "E07.FR.08")


@case("TC_E_21_CS")
def test_ends_when_stopped_remotely(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint Authorized a transaction ends when the CSMS stops it."""
    _point(csms, "TxStopPoint", "Authorized", "PowerPathClosed")
    csms.reach("EnergyTransferStarted")

    step("Send RequestStopTransaction", expect="Accepted; RemoteStop and Ended, stoppedReason Remote")
    csms.execute("StopAuthorized", locally=False)
    readings.check_ended(csms, dut, "E06.FR.03", "F03.FR.04")


@case("TC_E_19_CS")
def test_ends_when_bay_free(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint ParkingBayOccupancy a transaction goes on until the EV has left the bay."""
    others = ("EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer", "DataSigned")
    _point(csms, "TxStopPoint", "ParkingBayOccupancy", *others)
    csms.reach("EnergyTransferStarted")

    step("Stop the session and unplug the EV", expect="all of it is told; the transaction goes on")
    csms.execute("EVDisconnected")

    step("Drive the EV out of the bay", expect="Ended with EVDeparted")
    csms.execute("ParkingBayUnoccupied")
    readings.check_ended(csms, dut, "E06.FR.01")


@case("TC_E_16_CS")
def test_ends_when_token_invalid(csms: FakeCsms, dut: Dut) -> None:
    """A session that began offline ends when the CSMS answers that its token is invalid."""
    _deauthorizing_stop_point(csms)
    csms.reach("TokensAskedAbout")
    csms.prefer("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true")
    csms.configure("TxCtrlr", "StopTxOnInvalidId", "true")
    csms.answer_always(
        "TransactionEvent", lambda event: {"idTokenInfo": {"status": "Invalid"}} if event.idToken else {}
    )
    csms.reach("StartOfflineTransaction")

    step("Answer the queued event that has the token with Invalid", expect="every event up to it says offline")
    told = csms.transaction(dut.evse).wait_until(idToken=dut.tokens.valid, within=dut.timeouts.physical)
    for event in csms.transaction(dut.evse).events:
        check(event.offline is True, "offline true", requirement="E12.FR.02", actual=event.offline)
        if event is told:
            break
    csms.transaction(dut.evse).wait_until(eventType="Started", within=dut.timeouts.physical, requirement="E04.FR.01")
    readings.check_started(csms, dut, "E04.FR.01", "E05.FR.05")

    step("Wait for the deauthorization", expect="Ended with Deauthorized, stoppedReason DeAuthorized")
    csms.transaction(dut.evse).wait_until(
        eventType="Ended",
        triggerReason="Deauthorized",
        stoppedReason="DeAuthorized",
        within=dut.timeouts.physical,
        requirement="E05.FR.10",
    )
    readings.check_ended(csms, dut, "E06.FR.04")


@case("TC_E_17_CS")
def test_ends_when_ev_side_disconnect_deauthorizes(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """With StopTxOnEVSideDisconnect a transaction whose stop point is Authorized ends when the EV is unplugged."""
    _point(csms, "TxStopPoint", "Authorized", "EVConnected", "PowerPathClosed", "EnergyTransfer")
    csms.configure("TxCtrlr", "StopTxOnEVSideDisconnect", "true")
    csms.prefer("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "false")
    _authorizing(csms)
    csms.reach("EnergyTransferStarted")

    step("Have the EV suspend the energy transfer", expect="SuspendedEV is told; the transaction goes on")
    csms.execute("EnergyTransferSuspended")

    step("Unplug the cable at the EV", expect="Ended with EVCommunicationLost, Idle, stoppedReason EVDisconnected")
    csms.execute("EVDisconnectedOnEVSide", stoppedReason="EVDisconnected")
    readings.check_ended(csms, dut, "E06.FR.04", "E09.FR.05")

    step("Present the token and unplug at the station", expect="the connector is Available again")
    _take_cable(csms, operator, dut, locked=True)


@case("TC_E_39_CS")
def test_ends_when_nobody_plugs_in(csms: FakeCsms, dut: Dut) -> None:
    """With TxStopPoint Authorized a transaction ends when the EV is not connected in time; no energy afterwards."""
    _point(csms, "TxStopPoint", "Authorized")
    csms.configure("TxCtrlr", "EVConnectionTimeOut", f"{dut.values.ev_connection_timeout}")
    _authorizing(csms)
    csms.reach("Authorized")

    step("Plug in nothing", expect="Ended with EVConnectTimeout, stoppedReason Timeout, if a transaction runs")
    csms.execute("EVConnectTimedOut")

    step("Plug in the EV", expect="Occupied, but no energy: the authorization is over")
    csms.execute("EVConnectedPreSession")
    charging = {"transactionInfo": {"chargingState": "Charging"}}
    csms.expect_nothing("TransactionEvent", within=4 * dut.timeouts.quiet, requirement="E03.FR.05", **charging)


# ---------------------------------------------------------------- the cable is pulled out of the EV


@case("TC_E_24_CS")
def test_ev_side_disconnect_unlocks(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Unplugged at the EV, the session is deauthorized and the cable unlocked at the station."""
    csms.configure("TxCtrlr", "StopTxOnEVSideDisconnect", "true")
    csms.configure("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "true")
    csms.reach("EnergyTransferStarted")

    step("Have the EV suspend the energy transfer", expect="SuspendedEV is told; the transaction goes on")
    csms.execute("EnergyTransferSuspended")

    step("Unplug the cable at the EV", expect="EVCommunicationLost and Idle, Ended by the stop point")
    csms.execute("EVDisconnectedOnEVSide")

    step("Unplug the cable at the station", expect="the connector is Available again")
    _take_cable(csms, operator, dut, locked=False)


@case("TC_E_25_CS")
def test_ev_side_disconnect_stays_locked(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Unplugged at the EV, the session is deauthorized and the cable locked until the driver presents the token."""
    csms.configure("TxCtrlr", "StopTxOnEVSideDisconnect", "true")
    csms.configure("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "false")
    csms.reach("EnergyTransferStarted")

    step("Have the EV suspend the energy transfer", expect="SuspendedEV is told; the transaction goes on")
    csms.execute("EnergyTransferSuspended")
    # Where that ends the transaction, the token would not free the cable but begin another session.
    locked = csms.session(dut.evse).running

    step("Unplug the cable at the EV", expect="EVCommunicationLost and Idle, Ended by the stop point")
    csms.execute("EVDisconnectedOnEVSide")

    step("Present the token and unplug at the station", expect="the connector is Available again")
    _take_cable(csms, operator, dut, locked=locked)


@case("TC_E_26_CS")
def test_ev_side_disconnect_suspends(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Unplugged at the EV, the transaction stays authorized, and charging goes on when the EV is back."""
    _suspending_stop_point(csms)
    csms.reach("EnergyTransferStarted")

    step("Have the EV suspend the energy transfer", expect="SuspendedEV is told; the transaction goes on")
    csms.execute("EnergyTransferSuspended")

    step("Unplug the cable at the EV", expect="Updated with EVCommunicationLost and Idle")
    csms.execute("EVDisconnectedOnEVSide")
    if dut.features["HFS-2"]:
        csms.expect_connector_status("Available", dut.connector)

    step("Plug the cable into the EV again", expect="Updated with CablePluggedIn, then Updated with Charging")
    operator.plug_in(dut.connector)
    again = csms.transaction(dut.evse)
    again.expect(
        eventType="Updated",
        triggerReason="CablePluggedIn",
        chargingState="EVConnected",
        within=dut.timeouts.physical,
        requirement="E01.FR.18",
    )
    again.expect(
        eventType="Updated",
        triggerReason="ChargingStateChanged",
        chargingState="Charging",
        within=dut.timeouts.physical,
        requirement="E01.FR.18",
    )


@case("TC_E_27_CS")
def test_ev_side_disconnect_timeout(csms: FakeCsms, dut: Dut) -> None:
    """A fixed cable that is not connected again in time: the suspended transaction is deauthorized."""
    _suspending_stop_point(csms)
    csms.configure("TxCtrlr", "EVConnectionTimeOut", f"{dut.values.ev_connection_timeout}")
    csms.reach("EnergyTransferStarted")

    step("Have the EV suspend the energy transfer", expect="SuspendedEV is told; the transaction goes on")
    csms.execute("EnergyTransferSuspended")

    step("Unplug the cable at the EV", expect="Updated with EVCommunicationLost and Idle; the connector Available")
    csms.execute("EVDisconnectedOnEVSide")
    csms.expect_connector_status("Available", dut.connector)

    step("Leave it unplugged", expect="EVConnectTimeout; Ended with Timeout if Authorized is a stop point")
    csms.execute("EVConnectTimedOut")


# ---------------------------------------------------------------- GetTransactionStatus


@case("TC_E_28_CS")
def test_status_of_unknown_transaction(csms: FakeCsms) -> None:
    """A transaction that the station never had neither goes on nor has messages in the queue."""
    step("Ask for a transaction that never was", expect="not ongoing, nothing in the queue")
    _check_status(csms, "E14.FR.01", ongoing=False, queued=False, transactionId="no-such-transaction")


@case("TC_E_30_CS")
def test_status_of_ongoing_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that goes on, all of whose messages were delivered."""
    csms.reach("EnergyTransferStarted")
    csms.drain()

    step("Ask for the running transaction", expect="ongoing, nothing in the queue")
    _check_status(csms, "E14.FR.02", ongoing=True, queued=False, transactionId=csms.transaction(dut.evse).id)


@case("TC_E_32_CS")
def test_status_of_ended_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that has ended, all of whose messages were delivered."""
    csms.reach("EnergyTransferStarted")
    csms.reach("ParkingBayUnoccupied")
    csms.drain()

    step("Ask for the ended transaction", expect="not ongoing, nothing in the queue")
    _check_status(csms, "E14.FR.03", ongoing=False, queued=False, transactionId=csms.transaction(dut.evse).id)


@case("TC_E_34_CS")
def test_status_of_the_queue(csms: FakeCsms) -> None:
    """Asked for no transaction, an idle station only says that its queue is empty."""
    step("Ask without a transactionId", expect="nothing in the queue, and no ongoingIndicator")
    _check_status(csms, "E14.FR.06", ongoing=ABSENT, queued=False)


@case("TC_E_29_CS")
def test_status_of_ongoing_transaction_with_queue(csms: FakeCsms, dut: Dut) -> None:
    """A transaction that goes on and whose messages wait for delivery after an offline period."""
    readings.sample(csms, dut)
    csms.reach("EnergyTransferStarted")

    step("Close the connection for a while, then ask for the transaction at once", expect="ongoing, and a queue")
    _offline_for_samples(csms, dut)
    _check_status(csms, "E14.FR.04", ongoing=True, queued=True, transactionId=csms.transaction(dut.evse).id)

    step("Let the station empty its queue", expect="Updated with meter values, offline true")
    _expect_queued_samples(csms, dut, "E11.FR.02")


@case("TC_E_31_CS")
def test_status_of_ended_transaction_with_queue(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A transaction that ended offline, and whose messages wait for delivery."""
    csms.prefer("TxCtrlr", "TxStopPoint", "EVConnected")
    csms.prefer("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "true")
    csms.reach("EnergyTransferStarted")

    step("Have the session end while offline, then ask for the transaction at once", expect="not ongoing, and a queue")
    with csms.offline():
        _leave(csms, operator, dut, dut.tokens.valid)
        csms.answer("TransactionEvent", late(dut.timeouts.message / 10))
    csms.expect_connection(within=dut.timeouts.reset)
    _check_status(csms, "E14.FR.04", ongoing=False, queued=True, transactionId=csms.transaction(dut.evse).id)

    step("Let the station empty its queue", expect="StopAuthorized and Ended, offline true")
    _expect_ended_offline(csms, dut, dut.tokens.valid, "E12.FR.02")


@case("TC_E_33_CS")
def test_status_of_a_full_queue(csms: FakeCsms, dut: Dut) -> None:
    """Asked for no transaction, a station with undelivered messages says that there is a queue."""
    readings.sample(csms, dut)
    csms.reach("EnergyTransferStarted")

    step("Close the connection for a while, then ask for the queue at once", expect="a queue, no ongoingIndicator")
    _offline_for_samples(csms, dut)
    _check_status(csms, "E14.FR.07", ongoing=ABSENT, queued=True)

    step("Let the station empty its queue", expect="Updated with meter values, offline true")
    _expect_queued_samples(csms, dut, "E11.FR.02")


# ---------------------------------------------------------------- offline


@case("TC_E_40_CS")
def test_connection_loss_during_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A transaction goes on while the station is offline, and what happened is told afterwards."""
    readings.sample(csms, dut)
    csms.reach("EnergyTransferStarted")

    step("Close the connection for a while", expect="the station connects again when it can")
    _offline_for_samples(csms, dut)

    step("Let the station empty its queue", expect="Updated with meter values, offline true")
    _expect_queued_samples(csms, dut, "E11.FR.02")


@case("TC_E_43_CS")
def test_transaction_while_offline(csms: FakeCsms, dut: Dut) -> None:
    """A whole session that ran offline is told afterwards, from Started to Ended."""
    csms.reach("TokensAskedAbout")
    csms.prefer("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true")
    csms.reach("TransactionEventsInQueueEnded")

    step("Let the station empty its queue", expect="Started with the token, and Ended, all of them offline true")
    transaction = csms.transaction(dut.evse)
    transaction.wait_until(eventType="Started", within=dut.timeouts.physical, requirement="E12.FR.01")
    transaction.wait_until(
        idToken=dut.tokens.valid,
        triggerReason=one_of("Authorized", "ChargingStateChanged", "SignedDataReceived"),
        within=dut.timeouts.physical,
        requirement="E03.FR.01",
    )
    readings.check_started(csms, dut, "E04.FR.01", "E04.FR.05")
    _expect_ended_offline(csms, dut, dut.tokens.valid, "E12.FR.02")
    readings.check_ended(csms, dut, "E12.FR.01", "E12.FR.07")


@case("TC_E_44_CS")
def test_stop_while_offline(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The driver stops offline with the token that started; the end is told afterwards."""
    csms.reach("EnergyTransferStarted")
    _stops_offline(csms, operator, dut, dut.tokens.valid)


@case("TC_E_45_CS")
def test_stop_while_offline_by_group(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The driver stops offline with a known token of the same group; the end is told afterwards."""
    group = {"groupIdToken": dut.tokens.group}
    csms.answer_always("Authorize", {"idTokenInfo": {"status": "Accepted", **group}})
    csms.answer_always("TransactionEvent", lambda event: _accepted(event, group))
    _remember(csms, operator, dut, dut.tokens.group2, group)
    csms.reach("Authorized", locally=True, token=dut.tokens.group1)
    csms.reach("EnergyTransferStarted")
    _stops_offline(csms, operator, dut, dut.tokens.group2)


# ---------------------------------------------------------------- what the CSMS does not take


@case("TC_E_50_CS")
def test_retries_until_the_last_attempt(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """An event that the CSMS always refuses is sent as often as configured, and the station goes on with the next."""
    _refusing(csms, dut, attempts=2, refusals=2)

    step("Plug in the EV, and refuse the event of it", expect="it comes again after the interval, and no more")
    operator.plug_in(dut.connector)
    _check_retry(csms, dut)

    step("Take what comes next", expect="the change to Charging is told")
    told = {"chargingState": "Charging", "requirement": "E13.FR.04"}
    csms.transaction(dut.evse).wait_until(within=dut.timeouts.physical, **told)


@case("TC_E_51_CS")
def test_retries_until_taken(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """An event that the CSMS takes at the second attempt is not sent a third time."""
    _refusing(csms, dut, attempts=3, refusals=1)

    step("Plug in the EV, and refuse the event of it once", expect="it comes again after the interval, and no more")
    operator.plug_in(dut.connector)
    _check_retry(csms, dut)


@case("TC_E_41_CS")
def test_retries_in_silence_until_the_last_attempt(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """An event that is never answered is sent as often as configured, and the station goes on with the next."""
    timeout = _refusing(csms, dut, attempts=2, refusals=2, silent=True)

    step("Plug in the EV, and answer the event of it not", expect="it comes again after the interval, and no more")
    operator.plug_in(dut.connector)
    _check_retry(csms, dut, timeout)

    step("Take what comes next", expect="the change to Charging is told")
    told = {"chargingState": "Charging", "requirement": "E13.FR.04"}
    csms.transaction(dut.evse).wait_until(within=dut.timeouts.physical, **told)


@case("TC_E_42_CS")
def test_retries_in_silence_until_taken(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """An event that is answered at the second attempt is not sent a third time."""
    timeout = _refusing(csms, dut, attempts=3, refusals=1, silent=True)

    step("Plug in the EV, answer the event of it the second time", expect="it comes again, and no more")
    operator.plug_in(dut.connector)
    _check_retry(csms, dut, timeout)


@case("TC_E_46_CS")
def test_session_stopped_by_ev(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """An EV that ends its ISO 15118 session takes the authorization with it, and, by TxStopPoint, the transaction."""
    connector = dut.connector
    csms.reach("EnergyTransferStarted")
    ends = csms.session(connector.evseId).advance(ceased=("Authorized", "PowerPathClosed", "EnergyTransfer")) == "Ended"

    step("Have the EV stop its session", expect="StopAuthorized, EVConnected; Ended by TxStopPoint, StoppedByEV")
    operator.stop_ev_session(connector)
    event = csms.transaction(connector.evseId).expect(
        eventType="Ended" if ends else "Updated",
        triggerReason="StopAuthorized",
        chargingState="EVConnected",
        within=dut.timeouts.physical,
        requirement="E15.FR.04" if ends else "E15.FR.05",
    )
    reason = event.transactionInfo.stoppedReason
    check(
        reason == ("StoppedByEV" if ends else ABSENT),
        "stoppedReason as the event wants",
        requirement="E15.FR.04",
        actual=reason,
    )
    if ends:
        readings.check_ended(csms, dut, "E15.FR.04", "E15.FR.01")


# ---------------------------------------------------------------- faults and locks (our own cases)


@case("OC_E_14_CS")
def test_ends_by_fault(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A transaction that a fault ends says so."""
    csms.reach("EnergyTransferStarted")

    step("Cause a ground fault", expect="if that ends the transaction: Ended with AbnormalCondition and the reason")
    operator.cause_fault(dut.connector, kind="GroundFault")
    ended = _ended_by_fault(csms, dut)
    if ended is None:
        raise NotApplicable("the fault did not end the transaction")
    trigger, reason = ended.triggerReason, ended.transactionInfo.stoppedReason
    check(trigger == "AbnormalCondition", "AbnormalCondition", requirement="E06.FR.16", actual=trigger)
    check(reason in _FAULTS, f"one of {', '.join(_FAULTS)}", requirement="E06.FR.08", actual=reason)
    readings.check_ended(csms, dut, "E06.FR.16")


@case("OC_E_15_CS")
def test_ends_when_meter_signs_no_more(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """With TxStopPoint DataSigned a transaction ends when its meter fails, and with that the signed readings."""
    _point(csms, "TxStopPoint", "DataSigned", "EnergyTransfer")
    readings.sign(csms)
    csms.reach("EnergyTransferStarted")

    step("Have the meter fail", expect="Ended")
    operator.cause_fault(dut.connector, kind="PowerMeterFailure")
    ended = _ended_by_fault(csms, dut)
    check(ended is not None, "the transaction ends", requirement="E06.FR.05", actual="it goes on")


@case("OC_E_16_CS")
def test_cable_of_a_refused_token(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """The lock keeps the cable of a token that was refused until its owner presents it."""
    _deauthorizing_stop_point(csms)
    csms.reach("TokensAskedAbout")
    csms.configure("TxCtrlr", "StopTxOnInvalidId", "true")
    csms.answer_always(
        "TransactionEvent", lambda event: {"idTokenInfo": {"status": "Invalid"}} if event.idToken else {}
    )
    csms.reach("EVConnectedPreSession")

    step("Present the token, and refuse it in the transaction", expect="Ended with Deauthorized")
    operator.present_token(dut.tokens.valid, dut.connector)
    told = {"eventType": "Ended", "triggerReason": "Deauthorized", "requirement": "E05.FR.10"}
    csms.transaction(dut.evse).wait_until(within=dut.timeouts.physical, **told)

    step("Pull at the cable", expect="it should hold: the connector is not Available")
    operator.pull_cable(dut.connector)
    out = csms.wait(lambda: "Available" in csms.statuses_in_step(dut.connector), within=4 * dut.timeouts.quiet)
    if not recommend(not out, "the cable stays locked", requirement="E05.FR.11", actual="Available"):
        return

    step("Present the token again, pull at the cable", expect="the connector is Available")
    csms.considers(dut.tokens.valid, status="Invalid")
    operator.present_token(dut.tokens.valid, dut.connector)
    csms.drain()
    operator.pull_cable(dut.connector)
    csms.expect_connector_status(
        "Available", dut.connector, within=dut.timeouts.physical, requirement="E05.FR.11, E06.FR.10"
    )


# ---------------------------------------------------------------- helpers of this file


def _point(csms: FakeCsms, name: str, point: str, *never: str) -> None:
    """TxStartPoint or TxStopPoint is `point`; a fixed value will do if it has `point` and none of `never`."""
    try:
        csms.configure("TxCtrlr", name, point)
    except NotApplicable:
        fixed = {one.strip() for one in csms.configured("TxCtrlr", name).split(",")}
        if point not in fixed or fixed & set(never):
            raise


def _deauthorizing_stop_point(csms: FakeCsms) -> None:
    try:
        _point(csms, "TxStopPoint", "Authorized", "EnergyTransfer", "DataSigned")
    except NotApplicable:
        _point(csms, "TxStopPoint", "PowerPathClosed", "EnergyTransfer", "DataSigned")


def _suspending_stop_point(csms: FakeCsms) -> None:
    """A stop point that survives the unplugged EV, and no deauthorization by it."""
    never = ("EVConnected", "PowerPathClosed", "EnergyTransfer", "DataSigned")
    try:
        _point(csms, "TxStopPoint", "Authorized", *never)
    except NotApplicable:
        _point(csms, "TxStopPoint", "ParkingBayOccupancy", *never)
    csms.prefer("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "false")
    csms.configure("TxCtrlr", "StopTxOnEVSideDisconnect", "false")


def _authorizing(csms: FakeCsms) -> None:
    """Tokens are asked about, where the station could do otherwise."""
    csms.prefer("AuthCtrlr", "Enabled", "true")
    csms.prefer("AuthCtrlr", "DisableRemoteAuthorization", "false")


def _ends_on_ev_side(csms: FakeCsms, dut: Dut, reason: Any) -> None:
    _point(csms, "TxStopPoint", "EVConnected", "PowerPathClosed", "EnergyTransfer")
    csms.prefer("TxCtrlr", "StopTxOnEVSideDisconnect", "false")
    csms.reach("EnergyTransferStarted")

    step("Have the EV suspend the energy transfer", expect="SuspendedEV is told; the transaction goes on")
    csms.execute("EnergyTransferSuspended")

    step("Unplug the cable at the EV", expect="Ended with EVCommunicationLost and Idle")
    csms.execute("EVDisconnectedOnEVSide", stoppedReason=reason)
    readings.check_ended(csms, dut, "E06.FR.02", "E10.FR.04")


def _take_cable(csms: FakeCsms, operator: Operator, dut: Dut, *, locked: bool) -> None:
    """Pull a detachable cable out of the station; a fixed one is out already."""
    if dut.features["HFS-1"]:
        if locked:
            operator.present_token(dut.tokens.valid, dut.connector)
        operator.unplug(dut.connector, side="station")
    csms.expect_connector_status("Available", dut.connector, within=dut.timeouts.physical)


def _offline_for_samples(csms: FakeCsms, dut: Dut) -> None:
    """Offline for a sample at least; the first queued message is answered late: until then there is a queue."""
    with csms.offline():
        csms.drain(quiet=1.2 * dut.values.sampled_interval, limit=1.2 * dut.values.sampled_interval)
        csms.answer("TransactionEvent", late(dut.timeouts.message / 10))
    csms.expect_connection(within=dut.timeouts.reset)


def _expect_queued_samples(csms: FakeCsms, dut: Dut, requirement: str) -> None:
    """A sample of the offline period is delivered, and what went before it is complete."""
    transaction = csms.transaction(dut.evse)
    sample = transaction.expect(
        eventType="Updated",
        triggerReason="MeterValuePeriodic",
        offline=True,
        meterValue=PRESENT,
        within=dut.timeouts.physical,
        requirement=requirement,
    )
    check_samples(csms, sample, "TxUpdatedMeasurands", "Sample.Periodic", "E11.FR.03")
    csms.drain()
    online = list(takewhile(lambda event: not event.offline, transaction.events))
    # An event that was on its way when the connection went is sent once more, with its own number.
    numbers = list(dict.fromkeys(event.seqNo for event in transaction.events[: len(online) + 1]))
    check(
        numbers == list(range(numbers[0], numbers[0] + len(numbers))),
        "the events up to the first offline one are numbered without a gap",
        requirement="E01.FR.07",
        actual=numbers,
    )
    first = transaction.first.eventType
    check(first == "Started", "the first event is Started", requirement="E01.FR.07", actual=first)


_FAULTS = ("GroundFault", "OvercurrentFault", "EmergencyStop", "PowerLoss", "PowerQuality", "Other")


def _ended_by_fault(csms: FakeCsms, dut: Dut) -> Any:
    """Ended of the transaction to which a fault has just happened; None where it goes on."""
    transaction = csms.transaction(dut.evse)
    csms.wait(lambda: transaction.ended, within=dut.timeouts.physical, what="Ended")
    return transaction.any(eventType="Ended")


def _leave(csms: FakeCsms, operator: Operator, dut: Dut, token: Any) -> None:
    """The driver stops, unplugs and drives away."""
    operator.present_token(token, dut.connector)
    csms.execute("CablePulledOut")
    if "ParkingBayOccupancy" in csms.session(dut.evse).holds:
        operator.free_bay(dut.connector)


def _expect_ended_offline(csms: FakeCsms, dut: Dut, token: Any, requirement: str) -> None:
    """StopAuthorized and Ended came, and what happened since the connection was lost says offline."""
    transaction = csms.transaction(dut.evse)
    transaction.expect(
        eventType="Ended",
        stoppedReason=one_of("Local", "EVDisconnected", ABSENT),
        within=dut.timeouts.physical,
        requirement=requirement,
    )
    transaction.expect(triggerReason="StopAuthorized", idToken=one_of(token, ABSENT), requirement="E07.FR.02")
    for event in transaction.events_in_step:
        check(event.offline is True, "offline true", requirement=requirement, actual=event.offline)


def _stops_offline(csms: FakeCsms, operator: Operator, dut: Dut, token: Any) -> None:
    step("Have the driver stop and leave while offline", expect="the station connects again when it can")
    with csms.offline():
        _leave(csms, operator, dut, token)
    csms.expect_connection(within=dut.timeouts.reset)

    step("Let the station empty its queue", expect="StopAuthorized and Ended, offline true")
    _expect_ended_offline(csms, dut, token, "E08.FR.07")
    csms.expect_connector_stays("Available", dut.connector, requirement="E08.FR.03")
    readings.check_ended(csms, dut, "E08.FR.07", "E08.FR.09")


def _accepted(event: Any, group: dict[str, Any]) -> dict[str, Any]:
    return {"idTokenInfo": {"status": "Accepted", **group}} if event.idToken else {}


def _remember(csms: FakeCsms, operator: Operator, dut: Dut, token: Any, info: dict[str, Any]) -> None:
    """Have the station know a token by itself: from the local list where there is one, else from the cache."""
    known = {"status": "Accepted", **info}
    if dut.features["LA-0"]:
        csms.prefer("LocalAuthListCtrlr", "Enabled", "true")
        entry = {"idToken": token, "idTokenInfo": known}
        answer = csms.send("SendLocalList", versionNumber=1, updateType="Full", localAuthorizationList=[entry])
        require(answer.status == "Accepted", "the station takes no local list")
    else:
        csms.configure("TxCtrlr", "EVConnectionTimeOut", f"{dut.values.ev_connection_timeout}")
        csms.reach("Authorized", locally=True, token=token)
        csms.reach("EVConnectTimedOut")


def _check_status(csms: FakeCsms, requirement: str, *, ongoing: Any, queued: bool, **asked: Any) -> None:
    answer = csms.send("GetTransactionStatus", **asked)
    indicator = answer.ongoingIndicator
    check(indicator is ongoing, f"ongoingIndicator {str(ongoing).lower()}", requirement=requirement, actual=indicator)
    check(answer.messagesInQueue is queued, f"messagesInQueue {queued}", requirement=requirement, actual=answer)


def _refusing(csms: FakeCsms, dut: Dut, *, attempts: int, refusals: int, silent: bool = False) -> int:
    """An authorized session whose next event is refused, or not answered, so often; every other one is taken.

    Returned are the seconds for which the station waits for an answer that is not given.
    """
    interval = f"{dut.values.message_attempt_interval}"
    csms.configure("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent", f"{attempts}")
    csms.configure("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent", interval)
    csms.configure("TxCtrlr", "TxStartPoint", "Authorized")
    csms.reach("Authorized")
    refused: list[Any] = []

    def answer(event: Any) -> Any:
        if len(refused) < refusals and event.seqNo in (refused or [event.seqNo]):
            refused.append(event.seqNo)
            return None if silent else call_error("InternalError")
        return {}

    csms.answer_always("TransactionEvent", answer)
    return int(csms.configured("OCPPCommCtrlr", "MessageTimeout", "Default") or 0) if silent else 0


def _check_retry(csms: FakeCsms, dut: Dut, timeout: int = 0) -> None:
    """The next event comes twice, MessageAttemptInterval and `timeout` apart, and no third time."""
    interval = dut.values.message_attempt_interval + timeout
    first = csms.expect("TransactionEvent", within=dut.timeouts.physical, requirement="E03.FR.12")
    same = {"seqNo": first.seqNo, "eventType": first.eventType, "timestamp": first.timestamp}
    again = csms.expect("TransactionEvent", within=interval + dut.timeouts.message, requirement="E13.FR.02", **same)
    pause = csms.time_between(first, again)
    check(
        interval * 0.9 <= pause <= interval + dut.timeouts.tolerance,
        f"the second attempt {interval} s after the first",
        requirement="E13.FR.03",
        actual=round(pause, 2),
    )
    third = interval + dut.values.message_attempt_interval
    csms.expect_nothing("TransactionEvent", within=third + interval / 4, requirement="E13.FR.02", **same)
