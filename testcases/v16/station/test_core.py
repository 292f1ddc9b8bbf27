"""Feature profile Core: a charge point under test (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeCsms, Operator, case, check, one_of, standard_keys, step

# ------------------------------------------------------------------ boot


@case("TC_001_CS")
def test_cold_boot(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A charge point that is rejected at first registers again in time, reports itself and sends heartbeats."""
    interval = dut.values.boot_retry_interval
    csms.keep("HeartbeatInterval")
    csms.answer("BootNotification", {"status": "Rejected", "interval": interval}, status="Accepted", interval=interval)

    step("Power-cycle the charge point, reject it", expect="BootNotification")
    operator.power_cycle()
    rejected = csms.expect("BootNotification", within=dut.timeouts.boot, requirement="1.6 4.2")

    step("Wait for the interval, accept it", expect="BootNotification when it is over; every connector Available")
    boot = csms.expect(
        "BootNotification",
        after=rejected,
        within=interval + dut.timeouts.connect + dut.timeouts.tolerance,
        requirement="1.6 4.2",
    )
    csms.execute("Reported", boot=boot)

    step("Wait for the heartbeat interval", expect="Heartbeat, or another message that makes it needless")
    csms.expect_one_of(*SIGNS_OF_LIFE, within=interval + dut.timeouts.tolerance, requirement="1.6 4.2, 4.6")


@case("TC_002_CS")
def test_cold_boot_pending(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """While it is pending, a charge point can be read and configured; then it registers again and is accepted."""
    interval, sampled = dut.values.boot_retry_interval, str(dut.values.sampled_interval)
    csms.keep("HeartbeatInterval")
    csms.keep("MeterValueSampleInterval")
    csms.answer("BootNotification", {"status": "Pending", "interval": interval}, status="Accepted", interval=interval)

    step("Power-cycle the charge point, answer Pending", expect="BootNotification")
    operator.power_cycle()
    pending = csms.expect("BootNotification", within=dut.timeouts.boot, requirement="1.6 4.2")

    step("Ask for all configuration keys", expect="the keys")
    answer = csms.send("GetConfiguration")
    check(answer.configurationKey, "GetConfiguration returns keys while Pending", requirement="1.6 4.2, 5.8")

    step("Set MeterValueSampleInterval", expect="Accepted")
    changed = csms.send("ChangeConfiguration", key="MeterValueSampleInterval", value=sampled)
    check(changed.status == "Accepted", "the change is Accepted", requirement="1.6 4.2", actual=changed.status)

    step("Wait for the interval, accept it", expect="BootNotification when it is over; every connector Available")
    boot = csms.expect(
        "BootNotification", after=pending, within=interval + dut.timeouts.tolerance, requirement="1.6 4.2"
    )
    csms.execute("Reported", boot=boot)

    step("Wait for the heartbeat interval", expect="Heartbeat, or another message that makes it needless")
    csms.expect_one_of(*SIGNS_OF_LIFE, within=interval + dut.timeouts.tolerance, requirement="1.6 4.2, 4.6")


# ------------------------------------------------------------------ start


@case("TC_003_CS")
def test_start_cable_first(csms: FakeCsms) -> None:
    """A session that begins with the cable: Preparing, authorization, StartTransaction and Charging."""
    step("Plug in the EV", expect="StatusNotification Preparing")
    csms.execute("Preparing")

    step("Present a valid token", expect="Authorize, then StartTransaction and Charging in any order")
    csms.execute("Authorized")
    csms.execute("Started")


@case("TC_004_1_CS")
def test_start_identification_first(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A session that begins with the token: authorization, Preparing, and a start when the cable is in."""
    step("Present a valid token", expect="Authorize and StatusNotification Preparing in any order")
    csms.execute("Authorized")

    step("Plug in the EV", expect="StartTransaction and StatusNotification Charging in any order")
    operator.plug_in(dut.connector)
    csms.execute("Started")


@case("TC_004_2_CS")
def test_start_identification_first_timeout(csms: FakeCsms, dut: Dut) -> None:
    """An authorized driver who does not plug in loses the connector when ConnectionTimeOut is over."""
    csms.configure("ConnectionTimeOut", str(dut.values.ev_connection_timeout))

    step("Present a valid token", expect="Authorize and StatusNotification Preparing in any order")
    csms.execute("Authorized")

    step("Do not plug in until ConnectionTimeOut is over", expect="StatusNotification Available")
    _connection_times_out(csms, dut)


@case("TC_023_CS")
def test_start_invalid_token(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Nothing starts when the token that is presented is invalid, though the EV is plugged in."""
    csms.configure("LocalPreAuthorize", "true")

    step("Plug in the EV", expect="StatusNotification Preparing")
    csms.execute("Preparing")

    step("Present an invalid token", expect="Authorize, and no StartTransaction")
    operator.present_token(dut.tokens.invalid, dut.connector)
    csms.expect("Authorize", idTag=dut.tokens.invalid.idTag, within=dut.timeouts.physical, requirement="1.6 4.1")
    _nothing_starts(csms, dut)


@case("TC_023_4_CS")
def test_start_invalid_token_first(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """An invalid token that is presented before the EV is plugged in starts nothing either."""
    csms.configure("LocalPreAuthorize", "false")

    step("Present an invalid token", expect="Authorize")
    operator.present_token(dut.tokens.invalid, dut.connector)
    csms.expect("Authorize", idTag=dut.tokens.invalid.idTag, within=dut.timeouts.physical, requirement="1.6 4.1")

    step("Plug in the EV", expect="StatusNotification Preparing, and no StartTransaction")
    csms.execute("Preparing")
    _nothing_starts(csms, dut)


@case("TC_023_5_CS")
def test_remote_start_invalid_token(csms: FakeCsms, dut: Dut) -> None:
    """A remote start that has to be authorized starts nothing when the token is invalid."""
    csms.configure("AuthorizeRemoteTxRequests", "true")
    csms.configure("LocalPreAuthorize", "false")

    step("Plug in the EV", expect="StatusNotification Preparing")
    csms.execute("Preparing")

    step("Send RemoteStartTransaction with an invalid token", expect="Accepted, Authorize, and no StartTransaction")
    csms.execute("RemotelyAuthorized", token=dut.tokens.invalid)
    _nothing_starts(csms, dut)


# ------------------------------------------------------------------ stop


@case("TC_068_CS")
def test_stop_with_same_token(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A transaction is stopped by the token that started it, and by no stranger's."""
    start = csms.reach("Charging")

    step("Present another valid token", expect="no StopTransaction")
    operator.present_token(dut.tokens.second, dut.connector)
    csms.expect_nothing("StopTransaction", within=dut.timeouts.physical / 10, requirement="1.6 3.10")
    asked = {one.idTag for one in csms.seen_in_step("Authorize")}
    check(
        asked <= {dut.tokens.second.idTag}, "Authorize, if any, names this token", requirement="1.6 4.1", actual=asked
    )

    step("Present the token that started it", expect="StopTransaction with this idTag, Finishing")
    operator.present_token(dut.tokens.valid, dut.connector)
    csms.execute("Stopped", start=start, idTag=dut.tokens.valid.idTag, reason=one_of("Local", ABSENT))


@case("TC_069_CS")
def test_stop_with_token_of_the_group(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A transaction is stopped by another token with the same parentIdTag."""
    csms.configure("LocalPreAuthorize", "false")
    start = csms.reach("Charging", token=dut.tokens.group1)

    step("Present another token of the group", expect="Authorize, StopTransaction with this idTag, Finishing")
    operator.present_token(dut.tokens.group2, dut.connector)
    csms.expect("Authorize", idTag=dut.tokens.group2.idTag, requirement="1.6 4.1")
    csms.execute("Stopped", start=start, idTag=dut.tokens.group2.idTag, reason=one_of("Local", ABSENT))


@case("TC_005_1_CS")
def test_ev_side_disconnected(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Pulling the cable out of the EV stops the transaction when the charge point is configured so."""
    _on_ev_side_disconnect(csms, stop="true", unlock="true")
    start = csms.reach("Charging")

    step("Unplug the EV's end of the cable", expect="StopTransaction EVDisconnected and Finishing in any order")
    operator.unplug(dut.connector, side="EV")
    csms.execute("Stopped", start=start, reason="EVDisconnected")


@case("TC_005_2_CS")
def test_ev_side_disconnected_locked(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Pulling the cable out of the EV stops the transaction; the cable is released by UnlockConnector."""
    _on_ev_side_disconnect(csms, stop="true", unlock="false")
    start = csms.reach("Charging")

    step("Unplug the EV's end of the cable", expect="StopTransaction EVDisconnected; Finishing or Available")
    operator.unplug(dut.connector, side="EV")
    csms.execute("Stopped", start=start, status=one_of("Finishing", "Available"), reason="EVDisconnected")

    step("Send UnlockConnector", expect="Unlocked, or NotSupported without a lock")
    answer = csms.send("UnlockConnector", connectorId=dut.connector.connectorId)
    check(
        answer.status in ("Unlocked", "NotSupported"), "Unlocked or NotSupported", requirement="1.6 5.18", actual=answer
    )


@case("TC_005_3_CS")
def test_ev_side_disconnected_goes_on(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Pulling the cable out of the EV only suspends the transaction when the charge point is configured so."""
    _on_ev_side_disconnect(csms, stop="false", unlock="false")
    start = csms.reach("Charging")

    step("Unplug the EV's end of the cable", expect="SuspendedEV or SuspendedEVSE, and no StopTransaction")
    operator.unplug(dut.connector, side="EV")
    csms.expect_connector_status(
        one_of("SuspendedEV", "SuspendedEVSE"), dut.connector, within=dut.timeouts.physical, requirement="1.6 4.9"
    )
    csms.expect_nothing("StopTransaction", within=dut.timeouts.quiet, requirement="1.6 4.10")

    step("Send RemoteStopTransaction", expect="Accepted; StopTransaction Remote; Finishing (Available: fixed cable)")
    _stop_remotely(csms, start)
    finished = "Available" if dut.features["FixedCable"] else "Finishing"
    csms.execute("Stopped", start=start, status=one_of(finished, "Finishing"), reason="Remote")


# ------------------------------------------------------------------ cache


@case("TC_061_CS")
def test_clear_cache(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """After ClearCache a token that was in the cache has to be authorized anew."""
    _configure_if_there(csms, "AuthorizationCacheEnabled", "true")
    csms.configure("LocalPreAuthorize", "false")
    csms.configure("ConnectionTimeOut", str(dut.values.ev_connection_timeout))

    step("Present a valid token, do not plug in", expect="Authorize, Preparing, Available after ConnectionTimeOut")
    csms.execute("Authorized")
    _connection_times_out(csms, dut)
    csms.configure("LocalPreAuthorize", "true")

    step("Send ClearCache", expect="Accepted")
    answer = csms.send("ClearCache")
    check(answer.status == "Accepted", "the cache is cleared", requirement="1.6 5.4", actual=answer.status)

    step("Present the same token", expect="Authorize and Preparing in any order")
    operator.present_token(dut.tokens.valid, dut.connector)
    csms.expect("Authorize", idTag=dut.tokens.valid.idTag, within=dut.timeouts.physical, requirement="1.6 4.1, 5.4")
    csms.expect_connector_status("Preparing", dut.connector, within=dut.timeouts.physical, requirement="1.6 4.9 A2")


# ------------------------------------------------------------------ remote start and stop


@case("TC_010_CS")
def test_remote_start_cable_first(csms: FakeCsms, dut: Dut) -> None:
    """A remote start with the EV plugged in: authorized if so configured, then StartTransaction and Charging."""
    step("Read AuthorizeRemoteTxRequests", expect="the key, true or false")
    authorizes = _authorizes_remote_starts(csms)

    step("Plug in the EV", expect="StatusNotification Preparing")
    csms.execute("Preparing")

    step("Send RemoteStartTransaction", expect="Accepted; Authorize if so configured; StartTransaction and Charging")
    csms.execute("RemotelyAuthorized")
    csms.execute("Started")
    _asked_only_if(authorizes, csms, dut)


@case("TC_011_1_CS")
def test_remote_start_first(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A remote start before the EV is plugged in: Preparing, and a start when the cable is in."""
    step("Read AuthorizeRemoteTxRequests", expect="the key, true or false")
    authorizes = _authorizes_remote_starts(csms)

    step("Send RemoteStartTransaction", expect="Accepted; Authorize if so configured; Preparing")
    csms.execute("RemotelyAuthorized")
    csms.expect_connector_status("Preparing", dut.connector, requirement="1.6 4.9 A2")
    _asked_only_if(authorizes, csms, dut)

    step("Plug in the EV", expect="StartTransaction and StatusNotification Charging in any order")
    operator.plug_in(dut.connector)
    csms.execute("Started")


@case("TC_011_2_CS")
def test_remote_start_timeout(csms: FakeCsms, dut: Dut) -> None:
    """A remote start after which nobody plugs in: the connector is Available again after ConnectionTimeOut."""
    csms.configure("ConnectionTimeOut", str(dut.values.ev_connection_timeout))

    step("Read AuthorizeRemoteTxRequests", expect="the key, true or false")
    authorizes = _authorizes_remote_starts(csms)

    step("Send RemoteStartTransaction", expect="Accepted; Authorize if so configured; Preparing")
    csms.execute("RemotelyAuthorized")
    csms.expect_connector_status("Preparing", dut.connector, requirement="1.6 4.9 A2")
    _asked_only_if(authorizes, csms, dut)

    step("Do not plug in until ConnectionTimeOut is over", expect="StatusNotification Available")
    _connection_times_out(csms, dut)


@case("TC_012_CS")
def test_remote_stop(csms: FakeCsms) -> None:
    """A running transaction is stopped by RemoteStopTransaction."""
    start = csms.reach("Charging")

    step("Send RemoteStopTransaction", expect="Accepted; StopTransaction with reason Remote and Finishing in any order")
    _stop_remotely(csms, start)
    csms.execute("Stopped", start=start, reason="Remote")


@case("TC_026_CS")
def test_remote_start_rejected(csms: FakeCsms, dut: Dut) -> None:
    """A remote start on a connector with a running transaction is rejected, and the transaction goes on."""
    csms.configure("LocalPreAuthorize", "false")
    csms.reach("Charging")

    step("Send RemoteStartTransaction for the same connector", expect="Rejected")
    answer = csms.send("RemoteStartTransaction", idTag=dut.tokens.valid.idTag, connectorId=dut.connector.connectorId)
    check(answer.status == "Rejected", "the start is Rejected", requirement="1.6 5.11", actual=answer.status)
    _nothing_starts(csms, dut)


@case("TC_027_CS")
def test_remote_start_on_connector_zero(csms: FakeCsms, dut: Dut) -> None:
    """A remote start on connector 0 is refused."""
    step("Send RemoteStartTransaction for connector 0", expect="Rejected, or a CALLERROR")
    answer = csms.call("RemoteStartTransaction", {"idTag": dut.tokens.valid.idTag, "connectorId": 0})
    check(answer.code or answer.status == "Rejected", "refused", requirement="1.6 6.33", actual=answer)
    _nothing_starts(csms, dut)


@case("TC_028_CS")
def test_remote_stop_rejected(csms: FakeCsms, dut: Dut) -> None:
    """A remote stop of a transaction that does not exist is rejected, and the running one goes on."""
    start = csms.reach("Charging")

    step("Send RemoteStopTransaction with an unknown transactionId", expect="Rejected, and no StopTransaction")
    answer = csms.send("RemoteStopTransaction", transactionId=start.answer.transactionId + 1000)
    check(answer.status == "Rejected", "the stop is Rejected", requirement="1.6 5.12", actual=answer.status)
    csms.expect_nothing("StopTransaction", within=dut.timeouts.quiet, requirement="1.6 5.12")


# ------------------------------------------------------------------ reset


@case("TC_013_CS")
def test_hard_reset(csms: FakeCsms, dut: Dut) -> None:
    """A hard reset without a transaction: the charge point boots, and an inoperative connector stays so."""
    number = dut.connector.connectorId

    step("Make the connector inoperative", expect="Accepted and StatusNotification Unavailable")
    csms.execute("Unavailable", connector=dut.connector)

    step("Send Reset Hard", expect="Accepted; BootNotification; the connector Unavailable, the others Available")
    _reset(csms, "Hard")
    boot = csms.expect("BootNotification", within=dut.timeouts.reset + dut.timeouts.boot, requirement="1.6 4.2, 5.14")
    csms.execute("Reported", boot=boot, but={number: "Unavailable"})

    step("Make the connector operative", expect="Accepted and StatusNotification Available")
    answer = csms.send("ChangeAvailability", connectorId=number, type="Operative")
    check(answer.status == "Accepted", "the change is Accepted", requirement="1.6 5.2", actual=answer.status)
    csms.expect_connector_status("Available", dut.connector, requirement="1.6 5.2")


@case("TC_014_CS")
def test_soft_reset(csms: FakeCsms, dut: Dut) -> None:
    """A soft reset without a transaction: if the charge point boots, an inoperative connector stays so."""
    number = dut.connector.connectorId

    step("Make the connector inoperative", expect="Accepted and StatusNotification Unavailable")
    csms.execute("Unavailable", connector=dut.connector)

    step("Send Reset Soft", expect="Accepted; with a BootNotification, if any, the statuses as they were")
    _reset(csms, "Soft")
    for boot in _boots_if_any(csms, dut):
        csms.execute("Reported", boot=boot, but={number: "Unavailable"})

    step("Make the connector operative", expect="Accepted and StatusNotification Available")
    answer = csms.send("ChangeAvailability", connectorId=number, type="Operative")
    check(answer.status == "Accepted", "the change is Accepted", requirement="1.6 5.2", actual=answer.status)
    csms.expect_connector_status("Available", dut.connector, requirement="1.6 5.2")


@case("TC_015_CS")
def test_hard_reset_with_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A hard reset stops the transaction, before or after the boot."""
    start = csms.reach("Charging")

    step("Send Reset Hard", expect="Accepted; BootNotification; Finishing or Preparing where the cable is in")
    _reset(csms, "Hard")
    boot = csms.expect("BootNotification", within=dut.timeouts.reset + dut.timeouts.boot, requirement="1.6 4.2, 5.14")
    csms.execute("Reported", boot=boot, but={dut.connector.connectorId: one_of("Finishing", "Preparing")})

    step("Look at the transaction", expect="StopTransaction with reason HardReset, before or after the boot")
    csms.expect(
        "StopTransaction",
        transactionId=start.answer.transactionId,
        reason="HardReset",
        within=dut.timeouts.physical,
        requirement="1.6 5.14, errata 3.36",
    )


@case("TC_016_CS")
def test_soft_reset_with_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A soft reset stops the transaction gracefully before anything else."""
    start = csms.reach("Charging")

    step("Send Reset Soft", expect="Accepted; StopTransaction with reason SoftReset and Finishing in any order")
    _reset(csms, "Soft")
    csms.execute("Stopped", start=start, reason="SoftReset")

    step("Wait for a restart, which may be invisible", expect="with a BootNotification, if any, every status")
    for boot in _boots_if_any(csms, dut):
        csms.execute("Reported", boot=boot, but={dut.connector.connectorId: one_of("Finishing", "Preparing")})


# ------------------------------------------------------------------ unlock


@case("TC_017_1_CS")
def test_unlock_connector(csms: FakeCsms, dut: Dut) -> None:
    """A connector without a transaction is unlocked."""
    step("Send UnlockConnector", expect="Unlocked")
    answer = csms.send("UnlockConnector", connectorId=dut.connector.connectorId)
    check(answer.status == "Unlocked", "the connector is Unlocked", requirement="1.6 5.18", actual=answer.status)


@case("TC_017_2_CS")
def test_unlock_fixed_cable(csms: FakeCsms, dut: Dut) -> None:
    """A fixed cable can't be unlocked."""
    step("Send UnlockConnector", expect="NotSupported")
    answer = csms.send("UnlockConnector", connectorId=dut.connector.connectorId)
    check(answer.status == "NotSupported", "NotSupported", requirement="1.6 errata 3.85", actual=answer.status)


@case("TC_018_1_CS")
def test_unlock_connector_with_transaction(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Unlocking a connector ends its transaction, and the connector is free when the cable is out."""
    start = csms.reach("Charging")

    step("Send UnlockConnector", expect="Unlocked; StopTransaction with reason UnlockCommand and Finishing")
    answer = csms.send("UnlockConnector", connectorId=dut.connector.connectorId)
    check(answer.status == "Unlocked", "the connector is Unlocked", requirement="1.6 5.18", actual=answer.status)
    csms.execute("Stopped", start=start, reason="UnlockCommand")

    step("Unplug the cable", expect="StatusNotification Available")
    operator.unplug(dut.connector)
    csms.expect_connector_status("Available", dut.connector, within=dut.timeouts.physical, requirement="1.6 4.9 F1")


@case("TC_018_2_CS")
def test_unlock_fixed_cable_with_transaction(csms: FakeCsms, dut: Dut) -> None:
    """A fixed cable can't be unlocked while a transaction runs either."""
    csms.reach("Charging")

    step("Send UnlockConnector", expect="NotSupported")
    answer = csms.send("UnlockConnector", connectorId=dut.connector.connectorId)
    check(answer.status == "NotSupported", "NotSupported", requirement="1.6 errata 3.85", actual=answer.status)


@case("TC_030_CS")
def test_unlock_failure(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A lock that does not open is reported as UnlockFailed."""
    csms.reach("Charging")

    step("Jam the lock and send UnlockConnector", expect="UnlockFailed")
    operator.jam_lock(dut.connector)
    answer = csms.send("UnlockConnector", connectorId=dut.connector.connectorId)
    check(answer.status == "UnlockFailed", "UnlockFailed", requirement="1.6 errata 3.85", actual=answer.status)


@case("TC_031_CS")
def test_unlock_unknown_connector(csms: FakeCsms, dut: Dut) -> None:
    """A connector that does not exist can't be unlocked."""
    step("Send UnlockConnector for a connector that does not exist", expect="NotSupported")
    answer = csms.send("UnlockConnector", connectorId=_unknown_connector(dut))
    check(answer.status == "NotSupported", "NotSupported", requirement="1.6 errata 3.85", actual=answer.status)


# ------------------------------------------------------------------ configuration


@case("TC_019_CS")
def test_get_configuration(csms: FakeCsms) -> None:
    """Single keys, all keys and as many as fit can be read; the required ones are there, writable as they should be."""
    step("Ask for SupportedFeatureProfiles", expect="this key alone; Core is among the profiles")
    profiles = _read(csms, "SupportedFeatureProfiles")
    supported = [one.strip() for one in str(profiles.value).split(",")]
    check("Core" in supported, "Core is supported", requirement="1.6 3.3", actual=supported)

    step("Ask for all keys", expect="at least the required keys of each supported profile")
    everything = _by_name(csms.send("GetConfiguration"))
    for name, (profile, readonly) in REQUIRED_KEYS.items():
        if profile in supported and check(name.casefold() in everything, f"{name} is there", requirement="1.6 9"):
            _check_access(everything[name.casefold()], readonly)
    _check_same(profiles, everything)

    step("Ask for GetConfigurationMaxKeys", expect="this key alone, a number")
    limit = _read(csms, "GetConfigurationMaxKeys")
    check(str(limit.value).isdigit(), "a number", requirement="1.6 9.1.9", actual=limit.value)
    _check_same(limit, everything)

    step("Ask for as many keys as it allows", expect="all of them, none unknown")
    wanted = list(everything)[: int(limit.value) if str(limit.value).isdigit() else 1]
    check(wanted, "there are keys to ask for", requirement="1.6 5.8")
    answer = csms.send("GetConfiguration", key=[everything[one].key for one in wanted])
    check(not answer.unknownKey, "no key is unknown", requirement="1.6 5.8", actual=answer.unknownKey)
    given = _by_name(answer)
    check(set(wanted) <= set(given), "every key that was asked for", requirement="1.6 5.8", actual=list(given))
    for entry in given.values():
        _check_same(entry, everything)


@case("TC_021_CS")
def test_change_configuration(csms: FakeCsms, dut: Dut) -> None:
    """A value that is set is read back."""
    key, value = "MeterValueSampleInterval", str(dut.values.sampled_interval)
    if csms.keep(key) == value:
        csms.configure(key, str(dut.values.sampled_interval + 1))

    step("Set MeterValueSampleInterval", expect="Accepted")
    answer = csms.send("ChangeConfiguration", key=key, value=value)
    check(answer.status == "Accepted", "the change is Accepted", requirement="1.6 5.3", actual=answer.status)

    step("Read it back", expect="the new value")
    entry = _read(csms, key)
    check(entry.value == value, f"{key} is {value}", requirement="1.6 5.3, 5.8", actual=entry.value)


@case("TC_040_1_CS")
def test_change_unknown_key(csms: FakeCsms) -> None:
    """A key that does not exist can't be set."""
    step("Set a key that does not exist", expect="NotSupported")
    answer = csms.send("ChangeConfiguration", key="Testing", value="true")
    check(answer.status == "NotSupported", "NotSupported", requirement="1.6 5.3", actual=answer.status)


@case("TC_040_2_CS")
def test_change_to_invalid_value(csms: FakeCsms) -> None:
    """A value that makes no sense is refused."""
    csms.keep("MeterValueSampleInterval")

    step("Set MeterValueSampleInterval to -1", expect="Rejected, or a CALLERROR PropertyConstraintViolation")
    answer = csms.call("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "-1"})
    check(
        answer.code == "PropertyConstraintViolation" or answer.status == "Rejected",
        "Rejected or PropertyConstraintViolation",
        requirement="1.6 5.3",
        actual=answer,
    )


# ------------------------------------------------------------------ data transfer


@case("TC_062_CS")
def test_data_transfer(csms: FakeCsms, dut: Dut) -> None:
    """A vendor-specific message of an unknown vendor is refused."""
    step("Send DataTransfer with an unknown vendorId", expect="UnknownVendorId, UnknownMessageId or Rejected")
    answer = csms.send("DataTransfer", vendorId=dut.values.unknown_vendor_id)
    check(
        answer.status in ("UnknownVendorId", "UnknownMessageId", "Rejected"),
        "not Accepted",
        requirement="1.6 4.3",
        actual=answer.status,
    )


# ------------------------------------------------------------------ what several cases do


def _nothing_starts(csms: FakeCsms, dut: Dut) -> None:
    csms.expect_nothing("StartTransaction", within=dut.timeouts.physical / 10, requirement="1.6 4.1")


def _connection_times_out(csms: FakeCsms, dut: Dut) -> None:
    csms.expect_connector_status(
        "Available",
        dut.connector,
        within=dut.values.ev_connection_timeout + dut.timeouts.tolerance,
        requirement="1.6 9.1.6",
    )


def _on_ev_side_disconnect(csms: FakeCsms, *, stop: str, unlock: str) -> None:
    _configure_if_there(csms, "MinimumStatusDuration", "0")
    csms.configure("StopTransactionOnEVSideDisconnect", stop)
    csms.configure("UnlockConnectorOnEVSideDisconnect", unlock)


def _configure_if_there(csms: FakeCsms, key: str, value: str) -> None:
    """Set a key that a charge point need not have."""
    if csms.configured(key):
        csms.configure(key, value)


def _stop_remotely(csms: FakeCsms, start: Any) -> None:
    answer = csms.send("RemoteStopTransaction", transactionId=start.answer.transactionId)
    check(answer.status == "Accepted", "the stop is Accepted", requirement="1.6 5.12", actual=answer.status)


def _authorizes_remote_starts(csms: FakeCsms) -> bool:
    value = str(_read(csms, "AuthorizeRemoteTxRequests").value).casefold()
    check(value in ("true", "false"), "AuthorizeRemoteTxRequests is true or false", requirement="1.6 9.1.3")
    return value == "true"


def _asked_only_if(authorizes: bool, csms: FakeCsms, dut: Dut) -> None:
    asked = csms.seen_in_step("Authorize", idTag=dut.tokens.valid.idTag)
    check(authorizes or not asked, "a remote start is not authorized first, as configured", requirement="1.6 5.11")


def _reset(csms: FakeCsms, kind: str) -> None:
    answer = csms.send("Reset", type=kind)
    check(answer.status == "Accepted", "the reset is Accepted", requirement="1.6 5.14", actual=answer.status)


def _boots_if_any(csms: FakeCsms, dut: Dut) -> list[Any]:
    """The last BootNotification after a soft reset, if the charge point sends one; it is connected afterwards."""
    csms.wait(lambda: bool(csms.seen_in_step("BootNotification")), within=dut.timeouts.reset)
    csms.wait(lambda: csms.connected, within=dut.timeouts.connect)
    return csms.seen_in_step("BootNotification")[-1:]


def _unknown_connector(dut: Dut) -> int:
    return 1 + max(connector.connectorId for connector in dut.connectors)


def _read(csms: FakeCsms, key: str) -> Any:
    """Ask for one key; its entry in the answer."""
    answer = csms.send("GetConfiguration", key=[key])
    check(not answer.unknownKey, f"{key} is known", requirement="1.6 5.8, 9", actual=answer.unknownKey)
    entries = _by_name(answer)
    check(set(entries) == {key.casefold()}, f"{key} is returned", requirement="1.6 5.8", actual=list(entries))
    entry = entries.get(key.casefold(), ABSENT)
    _check_access(entry, REQUIRED_KEYS[key][1])
    return entry


def _by_name(answer: Any) -> dict[str, Any]:
    """The entries of a GetConfiguration answer; names are compared without regard to case."""
    return {entry.key.casefold(): entry for entry in answer.configurationKey if isinstance(entry.key, str)}


def _check_access(entry: Any, readonly: bool | None) -> None:
    if readonly is not None:
        check(entry.readonly is readonly, f"readonly is {readonly}", requirement="1.6 9", actual=entry)


def _check_same(entry: Any, everything: dict[str, Any]) -> None:
    """The values of the standard's own keys do not change while nobody sets them."""
    name = str(entry.key).casefold()
    if name in (one.casefold() for one in (*REQUIRED_KEYS, *OPTIONAL_KEYS)):
        check(entry == everything.get(name), "as in the other answer", requirement="1.6 5.8", actual=entry)


SIGNS_OF_LIFE = ("Heartbeat", "MeterValues", "DataTransfer")
"""What shows that a charge point lives: a Heartbeat MAY be left out where another message went instead (1.6 4.6)."""

REQUIRED_KEYS = {key.name: (key.profile, key.readonly) for key in standard_keys() if key.required}
"""The keys that a charge point must have: their feature profile, and whether they are readonly (None: as it likes)."""

OPTIONAL_KEYS = tuple(key.name for key in standard_keys() if not key.required and key.profile != "Security")
"""Further keys of the standard that a charge point may have, and that it does not change of its own accord."""
