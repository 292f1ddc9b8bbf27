"""Feature profile Core: a CSMS under test (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeStation, Operator, case, check, one_of, step

# ------------------------------------------------------------------ boot


@case("TC_001_CSMS")
def test_cold_boot(station: FakeStation) -> None:
    """A charge point that the CSMS knows is accepted, and its statuses and heartbeats are answered."""
    station.disconnect()

    step("Connect and send BootNotification", expect="Accepted, with the time and an interval")
    boot = station.execute("BootAccepted")
    check(boot.interval >= 0, "the heartbeat interval is not negative", requirement="1.6 6.4", actual=boot.interval)

    step("Report the charge point and every connector Available", expect="each report is answered")
    station.execute("Reported")

    step("Send two Heartbeats", expect="each is answered with the time")
    station.send("Heartbeat")
    station.send("Heartbeat")


# ------------------------------------------------------------------ start


@case("TC_003_CSMS")
def test_start_cable_first(station: FakeStation) -> None:
    """A session that begins with the cable is authorized and started."""
    step("Plug in: report Preparing", expect="an answer")
    station.execute("Preparing")

    step("Send Authorize with a valid token", expect="Accepted")
    station.execute("Authorized")

    step("Send StartTransaction, report Charging", expect="Accepted, with a transactionId")
    station.execute("Started")


@case("TC_004_1_CSMS")
def test_start_identification_first(station: FakeStation) -> None:
    """A session that begins with the token is authorized and started."""
    step("Authorize, plug in, start", expect="Accepted twice, with a transactionId")
    station.execute("Charging")


@case("TC_004_2_CSMS")
def test_start_identification_first_timeout(station: FakeStation) -> None:
    """A driver who is authorized and does not plug in: the connector becomes Available again."""
    station.reach("Authorized")

    step("Report Preparing", expect="an answer")
    station.execute("Preparing")

    step("ConnectionTimeOut is over: report Available", expect="an answer")
    station.execute("Unplugged")


@case("TC_007_CSMS")
def test_start_cached_token(station: FakeStation) -> None:
    """A transaction starts with a token of the charge point's cache, without Authorize."""
    step("Plug in: report Preparing", expect="an answer")
    station.execute("Preparing")

    step("Send StartTransaction, report Charging", expect="Accepted, with a transactionId")
    station.execute("Started")


@case("TC_023_1_CSMS")
def test_authorize_invalid(station: FakeStation, dut: Dut) -> None:
    """A token that the CSMS does not know is Invalid."""
    step("Send Authorize with an invalid token", expect="Invalid")
    _authorize(station, dut.tokens.invalid, "Invalid")


@case("TC_023_2_CSMS")
def test_authorize_expired(station: FakeStation, dut: Dut) -> None:
    """A token that has expired is Expired."""
    step("Send Authorize with an expired token", expect="Expired")
    _authorize(station, dut.tokens.expired, "Expired")


@case("TC_023_3_CSMS")
def test_authorize_blocked(station: FakeStation, dut: Dut) -> None:
    """A token that is blocked is Blocked."""
    step("Send Authorize with a blocked token", expect="Blocked")
    _authorize(station, dut.tokens.blocked, "Blocked")


@case("TC_024_CSMS")
def test_lock_failure(station: FakeStation, dut: Dut) -> None:
    """The report that a connector can't be locked is answered."""
    station.reach("Authorized")

    step("Report Preparing", expect="an answer")
    station.execute("Preparing")

    step("Plug in, the lock fails: report Faulted", expect="an answer")
    station.report_connector("Faulted", dut.connector, errorCode="ConnectorLockFailure")


# ------------------------------------------------------------------ stop


@case("TC_005_1_CSMS")
def test_ev_side_disconnected(station: FakeStation, dut: Dut) -> None:
    """A transaction that ends because the cable was pulled out of the EV is taken note of."""
    station.reach("Charging")

    step("The EV's end is unplugged: report SuspendedEV", expect="an answer")
    station.report_connector("SuspendedEV", dut.connector)

    step("Send StopTransaction with reason EVDisconnected, report Finishing", expect="answers")
    station.execute("Stopped", reason="EVDisconnected")
    station.report_connector("Finishing", dut.connector)

    step("The cable is out: report Available", expect="an answer")
    station.execute("Unplugged")


# ------------------------------------------------------------------ cache


@case("TC_061_CSMS")
def test_clear_cache(station: FakeStation, operator: Operator) -> None:
    """The CSMS can have the authorization cache cleared."""
    station.answer("ClearCache", status="Accepted")

    step("Have the CSMS clear the cache", expect="ClearCache")
    operator.csms_sends("ClearCache")
    station.expect("ClearCache", requirement="1.6 5.4")


# ------------------------------------------------------------------ remote start and stop


@case("TC_010_CSMS")
def test_remote_start_cable_first(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS starts a transaction remotely where the EV is plugged in."""
    step("Plug in: report Preparing", expect="an answer")
    station.execute("Preparing")

    step("Have the CSMS start a transaction", expect="RemoteStartTransaction for this connector and token")
    _start_remotely(station, operator, dut)

    step("Authorize and start", expect="Accepted twice, with a transactionId")
    station.execute("Authorized")
    station.execute("Started")


@case("TC_011_1_CSMS")
def test_remote_start_first(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS starts a transaction remotely before the EV is plugged in."""
    step("Have the CSMS start a transaction", expect="RemoteStartTransaction for this connector and token")
    _start_remotely(station, operator, dut)

    step("Authorize and report Preparing", expect="Accepted")
    station.execute("Authorized")
    station.execute("Preparing")

    step("Plug in and start", expect="Accepted, with a transactionId")
    station.execute("Started")


@case("TC_011_2_CSMS")
def test_remote_start_timeout(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS starts a transaction remotely, and nobody plugs in."""
    step("Have the CSMS start a transaction", expect="RemoteStartTransaction for this connector and token")
    _start_remotely(station, operator, dut)

    step("Authorize and report Preparing", expect="Accepted")
    station.execute("Authorized")
    station.execute("Preparing")

    step("ConnectionTimeOut is over: report Available", expect="an answer")
    station.execute("Unplugged")


@case("TC_012_CSMS")
def test_remote_stop(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS stops the running transaction remotely."""
    transaction = station.reach("Charging")

    step("Have the CSMS stop the transaction", expect="RemoteStopTransaction of this transaction")
    operator.csms_sends("RemoteStopTransaction", transactionId=transaction)
    station.expect("RemoteStopTransaction", transactionId=transaction, requirement="1.6 5.12")

    step("Send StopTransaction with reason Remote, report Finishing and Available", expect="answers")
    station.execute("Stopped", reason="Remote")
    station.report_connector("Finishing", dut.connector)
    station.execute("Unplugged")


@case("TC_026_CSMS")
def test_remote_start_rejected(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a charge point that rejects a remote start."""
    step("Have the CSMS start a transaction, reject it", expect="RemoteStartTransaction for this connector and token")
    _start_remotely(station, operator, dut, status="Rejected")
    _goes_on(station)


@case("TC_028_CSMS")
def test_remote_stop_rejected(station: FakeStation, operator: Operator) -> None:
    """The CSMS gets along with a charge point that does not know the transaction which it should stop."""
    transaction = station.reach("Charging")
    station.answer("RemoteStopTransaction", status="Rejected")

    step("Have the CSMS stop the transaction, reject it", expect="RemoteStopTransaction of this transaction")
    operator.csms_sends("RemoteStopTransaction", transactionId=transaction)
    station.expect("RemoteStopTransaction", transactionId=transaction, requirement="1.6 5.12")
    _goes_on(station)


# ------------------------------------------------------------------ reset


@case("TC_013_CSMS")
def test_hard_reset(station: FakeStation, operator: Operator) -> None:
    """The CSMS resets the charge point hard, and accepts it when it is back."""
    step("Have the CSMS reset the charge point", expect="Reset with type Hard")
    operator.csms_sends("Reset", type="Hard")
    station.expect("Reset", type="Hard", requirement="1.6 5.14")

    step("Restart: boot and report every status", expect="Accepted")
    station.disconnect()
    station.execute("Booted")


@case("TC_014_CSMS")
def test_soft_reset(station: FakeStation, operator: Operator) -> None:
    """The CSMS resets the charge point softly, and accepts it when it is back."""
    step("Have the CSMS reset the charge point", expect="Reset with type Soft")
    operator.csms_sends("Reset", type="Soft")
    station.expect("Reset", type="Soft", requirement="1.6 5.14")

    step("Restart: boot and report every status", expect="Accepted")
    station.disconnect()
    station.execute("Booted")


# ------------------------------------------------------------------ unlock


@case("TC_017_1_CSMS")
def test_unlock_connector(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS has a connector unlocked."""
    step("Have the CSMS unlock the connector", expect="UnlockConnector for this connector")
    _unlock(station, operator, dut, "Unlocked")


@case("TC_017_2_CSMS")
def test_unlock_fixed_cable(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a charge point that has nothing to unlock."""
    step("Have the CSMS unlock the connector, answer NotSupported", expect="UnlockConnector for this connector")
    _unlock(station, operator, dut, "NotSupported")
    _goes_on(station)


@case("TC_018_1_CSMS")
def test_unlock_connector_with_transaction(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS has a connector unlocked where a transaction runs, which ends by that."""
    station.reach("Charging")

    step("Have the CSMS unlock the connector", expect="UnlockConnector for this connector")
    _unlock(station, operator, dut, "Unlocked")

    step("Report Finishing, send StopTransaction with reason UnlockCommand", expect="answers")
    station.report_connector("Finishing", dut.connector)
    station.execute("Stopped", reason="UnlockCommand")

    step("The cable is out: report Available", expect="an answer")
    station.execute("Unplugged")


@case("TC_030_CSMS")
def test_unlock_failure(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a lock that does not open."""
    step("Have the CSMS unlock the connector, answer UnlockFailed", expect="UnlockConnector for this connector")
    _unlock(station, operator, dut, "UnlockFailed")
    _goes_on(station)


@case("TC_031_CSMS")
def test_unlock_unknown_connector(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a charge point that does not know the connector."""
    step("Have the CSMS unlock a connector, answer NotSupported", expect="UnlockConnector for this connector")
    _unlock(station, operator, dut, "NotSupported")
    _goes_on(station)


# ------------------------------------------------------------------ power loss and offline


@case("TC_032_1_CSMS")
def test_power_failure(station: FakeStation) -> None:
    """A transaction that a power failure interrupted is stopped after the boot."""
    station.reach("Charging")

    step("Lose power, boot again and report Finishing", expect="Accepted")
    station.disconnect(cut=True)
    station.execute("BootAccepted")
    station.execute("Reported", status="Finishing")

    step("Send StopTransaction with reason PowerLoss", expect="an answer")
    station.execute("Stopped", reason="PowerLoss")


@case("TC_037_1_CSMS")
def test_offline_start(station: FakeStation, dut: Dut) -> None:
    """A transaction that started while the charge point was offline is accepted afterwards."""
    step("Lose the connection, start a transaction, connect again", expect="the connection is taken")
    with station.offline():
        begun = station.timestamp()

    step("Send the StartTransaction that waited, report Charging", expect="Accepted, with a transactionId")
    station.execute("StartedAs", status="Accepted", timestamp=begun)
    station.report_connector("Charging", dut.connector)


@case("TC_037_3_CSMS")
def test_offline_start_invalid(station: FakeStation, dut: Dut) -> None:
    """A transaction that started offline with an invalid token is told so, and stopped."""
    step("Lose the connection, start a transaction, connect again", expect="the connection is taken")
    with station.offline():
        begun = station.timestamp()

    step("Send the StartTransaction that waited, report Charging", expect="Invalid, with a transactionId")
    station.execute("StartedAs", status="Invalid", token=dut.tokens.invalid, timestamp=begun)
    station.report_connector("Charging", dut.connector)

    step("Send StopTransaction with reason DeAuthorized, report Finishing", expect="answers")
    station.execute("Stopped", reason="DeAuthorized")
    station.report_connector("Finishing", dut.connector)


@case("TC_039_CSMS")
def test_offline_transaction(station: FakeStation) -> None:
    """A transaction that started and ended offline is taken note of afterwards."""
    step("Lose the connection, charge, connect again", expect="the connection is taken")
    with station.offline():
        begun = station.timestamp()
        ended = station.timestamp()

    step("Send the StartTransaction that waited", expect="Accepted, with a transactionId")
    station.execute("StartedAs", status="Accepted", timestamp=begun)

    step("Send the StopTransaction that waited, with reason Local", expect="an answer")
    station.execute("Stopped", reason="Local", timestamp=ended)


# ------------------------------------------------------------------ configuration


@case("TC_019_1_CSMS")
def test_get_all_configuration(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for all configuration keys."""
    step("Have the CSMS ask for all keys", expect="GetConfiguration without keys")
    operator.csms_sends("GetConfiguration", key=None)
    station.expect("GetConfiguration", key=one_of(ABSENT, []), requirement="1.6 5.8")


@case("TC_019_2_CSMS")
def test_get_one_configuration_key(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for one configuration key."""
    step("Have the CSMS ask for SupportedFeatureProfiles", expect="GetConfiguration with this key alone")
    operator.csms_sends("GetConfiguration", key=["SupportedFeatureProfiles"])
    station.expect("GetConfiguration", key=["SupportedFeatureProfiles"], requirement="1.6 5.8")


@case("TC_021_CSMS")
def test_change_configuration(station: FakeStation, operator: Operator) -> None:
    """The CSMS sets a configuration key."""
    step("Have the CSMS set MeterValueSampleInterval to 60", expect="ChangeConfiguration with this key and value")
    _change(station, operator, "MeterValueSampleInterval", "60", answered="Accepted")


@case("TC_040_1_CSMS")
def test_change_unknown_key(station: FakeStation, operator: Operator) -> None:
    """The CSMS gets along with a charge point that does not have the key."""
    step("Have the CSMS set BlinkRepeat, answer NotSupported", expect="ChangeConfiguration with this key and value")
    _change(station, operator, "BlinkRepeat", "3", answered="NotSupported")
    _goes_on(station)


@case("TC_040_2_CSMS")
def test_change_to_invalid_value(station: FakeStation, operator: Operator) -> None:
    """The CSMS gets along with a charge point that rejects a value."""
    step("Have the CSMS set MeterValueSampleInterval to -1, reject it", expect="ChangeConfiguration with both")
    _change(station, operator, "MeterValueSampleInterval", "-1", answered="Rejected")
    _goes_on(station)


# ------------------------------------------------------------------ data transfer


@case("TC_064_CSMS")
def test_data_transfer(station: FakeStation, dut: Dut) -> None:
    """A vendor-specific message of an unknown vendor is refused."""
    step("Send DataTransfer with an unknown vendorId", expect="UnknownVendorId, UnknownMessageId or Rejected")
    answer = station.send("DataTransfer", vendorId=dut.values.unknown_vendor_id)
    check(
        answer.status in ("UnknownVendorId", "UnknownMessageId", "Rejected"),
        "not Accepted",
        requirement="1.6 4.3",
        actual=answer.status,
    )


# ------------------------------------------------------------------ what several cases do


def _goes_on(station: FakeStation) -> None:
    """The CSMS serves the charge point as before."""
    station.send("Heartbeat")


def _authorize(station: FakeStation, token: Any, status: str) -> None:
    answer = station.send("Authorize", idTag=token.idTag)
    check(answer.idTagInfo.status == status, f"the token is {status}", requirement="1.6 4.1, 7.2", actual=answer)


def _start_remotely(station: FakeStation, operator: Operator, dut: Dut, status: str = "Accepted") -> None:
    wanted: dict[str, Any] = {"connectorId": dut.connector.connectorId, "idTag": dut.tokens.valid.idTag}
    station.answer("RemoteStartTransaction", status=status)
    operator.csms_sends("RemoteStartTransaction", **wanted)
    station.expect("RemoteStartTransaction", requirement="1.6 5.11", **wanted)


def _unlock(station: FakeStation, operator: Operator, dut: Dut, status: str) -> None:
    station.answer("UnlockConnector", status=status)
    operator.csms_sends("UnlockConnector", connectorId=dut.connector.connectorId)
    station.expect("UnlockConnector", connectorId=dut.connector.connectorId, requirement="1.6 5.18")


def _change(station: FakeStation, operator: Operator, key: str, value: str, *, answered: str) -> None:
    station.answer("ChangeConfiguration", status=answered)
    operator.csms_sends("ChangeConfiguration", key=key, value=value)
    station.expect("ChangeConfiguration", key=key, value=value, requirement="1.6 5.3")
