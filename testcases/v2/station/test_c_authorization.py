"""Block C, Authorization: a charging station under test (2.0.1 and 2.1).

Here a token is asked about. What a station makes of tokens that it knows stands in test_c_known_tokens.py, contract
certificates in test_c_contract_certificates.py.
"""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeCsms, NotApplicable, Operator, Token, case, check, log_texts, require, step

CENTRAL = Token(idToken="OC-CENTRAL", type="Central")

# ------------------------------------------------------------------ tokens that may not charge


@case("TC_C_02_CS")
def test_invalid_token(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Invalid for the CSMS starts nothing."""
    _refused(csms, dut.tokens.invalid, "Invalid")


@case("TC_C_56_CS")
def test_unknown_token(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Unknown to the CSMS starts nothing."""
    csms.considers(dut.tokens.invalid, status="Unknown")
    _refused(csms, dut.tokens.invalid, "Unknown")


@case("TC_C_06_CS")
def test_blocked_token(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Blocked at the CSMS starts nothing."""
    _refused(csms, dut.tokens.blocked, "Blocked")


@case("TC_C_07_CS")
def test_expired_token(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Expired for the CSMS starts nothing."""
    _refused(csms, dut.tokens.expired, "Expired")


@case("TC_C_05_CS")
def test_invalid_token_with_cable_lock(csms: FakeCsms, dut: Dut) -> None:
    """Where the cable can only be plugged in after authorization, a token that is Invalid starts nothing either."""
    csms.reach("TokensAskedAbout")
    csms.prefer("TxCtrlr", "TxStartPoint", "Authorized")
    points = csms.configured("TxCtrlr", "TxStartPoint")
    if "Authorized" not in points.split(","):
        raise NotApplicable(f'TxStartPoint is fixed at "{points}"')

    step("Present the invalid token, answer Invalid", expect="Authorize with it; no transaction")
    csms.execute("AuthorizationRefused", locally=True, token=dut.tokens.invalid)


@case("TC_C_04_CS")
def test_stop_with_another_token(csms: FakeCsms, dut: Dut) -> None:
    """A valid token of no common group does not stop a transaction that another token started."""
    csms.reach("TokensAskedAbout")
    csms.reach("EnergyTransferStarted")

    step("Present another token, answer Accepted", expect="Authorize with it; the transaction goes on")
    csms.execute("StopRefused", token=dut.tokens.second)


@case("TC_C_100_CS")
def test_cable_timeout(csms: FakeCsms, dut: Dut) -> None:
    """An authorization to which nobody plugs in runs out, and an EV that comes later gets no energy."""
    csms.reach("TokensAskedAbout")
    csms.configure("TxCtrlr", "EVConnectionTimeOut", f"{dut.values.ev_connection_timeout}")
    csms.prefer("AuthCtrlr", "LocalPreAuthorize", "false")
    csms.reach("Authorized", locally=True)

    step("Plug in nothing", expect="EVConnectTimeout once EVConnectionTimeOut is over, if a transaction runs")
    csms.execute("EVConnectTimedOut")

    step("Plug in the EV", expect="Occupied; no authorization, no energy")
    csms.execute("EVConnectedPreSession")
    csms.drain()
    csms.execute("NothingAuthorized")


@case("OC_C_01_CS")
def test_token_of_another_evse(csms: FakeCsms, dut: Dut) -> None:
    """A token that the CSMS accepts for another EVSE alone charges there, and not here."""
    csms.reach("TokensAskedAbout")
    csms.considers(dut.tokens.valid, status="Accepted", evseId=[dut.second_evse])
    csms.reach("EVConnectedPreSession")

    step("Present the token, answer Accepted for another EVSE", expect="Authorize with it; no authorization, no energy")
    csms.execute("AuthorizationRefused", locally=True, requirement="C01.FR.21")

    step("Present it at that EVSE, let the EV charge there", expect="an event with the token; Charging")
    csms.execute("EnergyTransferStarted", connector=dut.second_connector, locally=True)


@case("OC_C_03_CS")
def test_central_token(csms: FakeCsms) -> None:
    """A token of type Central, which a remote start brings, is not asked about."""
    csms.reach("TokensAskedAbout")
    csms.prefer("AuthCtrlr", "AuthorizeRemoteStart", "true")

    step("Start remotely with a Central token", expect="no Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", locally=False, token=CENTRAL, asked=False)

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


@case("OC_C_11_CS")
def test_key_code_in_logs(csms: FakeCsms, dut: Dut) -> None:
    """A key code by which a driver has charged stands in no log that the station gives away."""
    code = dut.tokens.key_code
    csms.reach("TokensAskedAbout")

    step("Enter a key code, let the EV charge", expect="Authorize; an event with it; Charging")
    csms.execute("EnergyTransferStarted", locally=True, token=code, asked=True)

    with csms.files() as files:
        for kind in ("DiagnosticsLog", "SecurityLog"):
            step(f"Have the {kind} uploaded", expect="a file without the key code")
            content = csms.execute("LogUploaded", files=files, kind=kind, folder=kind)
            texts = log_texts(content)
            require(texts, f"the {kind} is no text, nor a gzip, zip or tar archive of texts")
            told = [text for text in texts if code.idToken.encode() in text]
            check(not told, "no key code in the log", requirement="C04.FR.04", actual=f"{len(content)} bytes with it")


@case("OC_C_12_CS")
def test_authorize_is_for_tokens(csms: FakeCsms, dut: Dut) -> None:
    """Authorize asks about a token that is presented, and serves for nothing else in a session."""
    csms.reach("TokensAskedAbout")

    step("Authorize with a token, let the EV charge", expect="Authorize; an event with it; Charging")
    csms.execute("EnergyTransferStarted", locally=True, asked=True)

    step("Lose the connection, stop with the token, unplug, drive away", expect="all of it is told; no other Authorize")
    with csms.offline(at_least=dut.timeouts.quiet):
        pass
    csms.expect_connection(within=dut.timeouts.reset)
    csms.execute("ParkingBayUnoccupied")

    step("Restart the station", expect="it registers and reports its connectors; no other Authorize")
    csms.execute("Booted")
    csms.drain()
    again = csms.seen("Authorize")[1:]
    check(not again, "one Authorize, for the token that was presented", requirement="C01.FR.04", actual=again)


# ------------------------------------------------------------------ groups


@case("TC_C_39_CS")
def test_group_stops(csms: FakeCsms, dut: Dut) -> None:
    """A token of the same group stops the transaction, after the CSMS was asked about it."""
    csms.reach("TokensAskedAbout")
    csms.reach("EVConnectedPreSession")

    step("Present a token of the group", expect="Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", locally=True, token=dut.tokens.group1)

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")

    step("Present the other token of the group", expect="Authorize with it, then StopAuthorized")
    csms.execute("StopAuthorized", locally=True, token=dut.tokens.group2, asked=True)
    _leave(csms)


@case("TC_C_42_CS")
def test_invalid_group_member_does_not_stop(csms: FakeCsms, dut: Dut) -> None:
    """A token of the same group that is Invalid does not stop the transaction."""
    csms.reach("TokensAskedAbout")
    csms.considers(dut.tokens.invalid, status="Invalid", groupIdToken=dut.tokens.group)
    csms.reach("EVConnectedPreSession")

    step("Present a token of the group", expect="Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", locally=True, token=dut.tokens.group1)

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")

    step("Present a token of the group, answer Invalid", expect="Authorize with it; the transaction goes on")
    csms.execute("StopRefused", token=dut.tokens.invalid)


# ------------------------------------------------------------------ master pass


@case("TC_C_45_CS")
def test_master_pass_starts_nothing(csms: FakeCsms, dut: Dut) -> None:
    """A token of the master pass group starts nothing, though the CSMS accepts it."""
    csms.reach("TokensAskedAbout")
    _master_pass(csms, dut)
    _start_point(csms)

    step("Present the master pass, answer Accepted", expect="Authorize with it; no authorization")
    csms.execute("AuthorizationRefused", locally=True, token=dut.tokens.master_pass)

    step("Plug in the EV", expect="Occupied; no authorization, no energy")
    csms.execute("EVConnectedPreSession")
    csms.drain()
    csms.execute("NothingAuthorized")


@case("TC_C_49_CS")
def test_master_pass_stops_all(csms: FakeCsms, dut: Dut) -> None:
    """On a station without a display a master pass stops every transaction."""
    connectors = _charging_everywhere(csms, dut)

    step("Present the master pass, answer Accepted", expect="Authorize; StopAuthorized, and MasterPass once Ended")
    csms.execute("MasterPassPresented")
    csms.execute("StoppedByMasterPass", connectors=connectors)
    _leave(csms, *connectors)


@case("TC_C_47_CS")
def test_master_pass_stops_all_that_were_chosen(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """With a master pass the user can choose at the display to stop every transaction."""
    connectors = _charging_everywhere(csms, dut)

    step("Present the master pass, answer Accepted", expect="Authorize with it; nothing stops yet")
    csms.execute("MasterPassPresented")
    csms.execute("NothingStopped")

    step("Choose to stop all transactions", expect="StopAuthorized for each, and MasterPass once Ended")
    operator.choose_stop()
    csms.execute("StoppedByMasterPass", connectors=connectors)
    _leave(csms, *connectors)


@case("TC_C_48_CS")
def test_master_pass_stops_the_one_that_was_chosen(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """With a master pass the user can choose at the display to stop one transaction; the others go on."""
    first, *others = _charging_everywhere(csms, dut)

    step("Present the master pass, answer Accepted", expect="Authorize with it; nothing stops yet")
    csms.execute("MasterPassPresented")
    csms.execute("NothingStopped")

    step("Choose to stop the transaction of the first EVSE", expect="StopAuthorized, MasterPass once Ended; no other")
    operator.choose_stop(evseId=first.evseId)
    csms.execute("StoppedByMasterPass", connectors=[first])
    csms.drain()
    csms.execute("NothingStopped", connectors=others)
    _leave(csms, first)


# ------------------------------------------------------------------ helpers of this file


def _refused(csms: FakeCsms, token: Any, status: str) -> None:
    """A token that the CSMS refuses starts nothing, though the EV waits."""
    csms.reach("TokensAskedAbout")
    csms.reach("EVConnectedPreSession")

    step(f"Present the token, answer {status}", expect="Authorize with it; no authorization, no energy")
    csms.execute("AuthorizationRefused", locally=True, token=token)


def _master_pass(csms: FakeCsms, dut: Dut) -> None:
    csms.configure("AuthCtrlr", "MasterPassGroupId", dut.tokens.master_pass_group.idToken)


def _start_point(csms: FakeCsms) -> None:
    """A transaction starts with the authorization, and not before."""
    try:
        csms.configure("TxCtrlr", "TxStartPoint", "Authorized")
    except NotApplicable:
        points = set(csms.configured("TxCtrlr", "TxStartPoint").split(","))
        if not points & {"Authorized", "PowerPathClosed"} or points & {"ParkingBayOccupancy", "EVConnected"}:
            raise


def _charging_everywhere(csms: FakeCsms, dut: Dut) -> list[Any]:
    """A master pass group is configured, and energy flows at the first EVSE and, where there is one, a second."""
    csms.reach("TokensAskedAbout")
    _master_pass(csms, dut)
    connectors = [dut.connector, *([dut.second_connector] if dut.two_evses else [])]
    for connector, token in zip(connectors, (dut.tokens.valid, dut.tokens.second), strict=False):
        csms.reach("EnergyTransferStarted", connector=connector, token=token)
    return connectors


def _leave(csms: FakeCsms, *connectors: Any) -> None:
    """The energy stops for good, the EVs are unplugged and leave."""
    for connector in connectors or (None,):
        csms.execute("EVConnectedPostSession", connector=connector)
        csms.execute("EVDisconnected", connector=connector)
        csms.execute("ParkingBayUnoccupied", connector=connector)
