"""Block C, Authorization: a CSMS under test (2.0.1 and 2.1)."""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeStation, Operator, Token, case, check, recommend, step

# ------------------------------------------------------------------ tokens that may not charge


@case("TC_C_02_CSMS")
def test_invalid_token(station: FakeStation, dut: Dut) -> None:
    """A token that is not valid is refused as such."""
    step("Ask about the invalid token", expect="idTokenInfo Invalid or Unknown")
    _ask(station, dut.tokens.invalid, "Invalid", "Unknown")


@case("TC_C_06_CSMS")
def test_blocked_token(station: FakeStation, dut: Dut) -> None:
    """A token that is blocked is refused as such, or as Invalid."""
    step("Ask about the blocked token", expect="idTokenInfo Blocked or Invalid")
    _ask(station, dut.tokens.blocked, "Blocked", "Invalid")


@case("TC_C_07_CSMS")
def test_expired_token(station: FakeStation, dut: Dut) -> None:
    """A token that has expired is refused as such, or as Invalid."""
    step("Ask about the expired token", expect="idTokenInfo Expired or Invalid")
    _ask(station, dut.tokens.expired, "Expired", "Invalid")


@case("OC_C_20_CSMS")
def test_key_code(station: FakeStation, dut: Dut) -> None:
    """A key code that is valid is accepted, and one that is not is refused."""
    step("Ask about the key code", expect="idTokenInfo Accepted")
    _ask(station, dut.tokens.key_code, "Accepted", requirement="C04.FR.02")

    step("Ask about another key code", expect="idTokenInfo Invalid or Unknown")
    another = Token(idToken=f"{dut.tokens.key_code.idToken}0", type=dut.tokens.key_code.type)
    _ask(station, another, "Invalid", "Unknown", requirement="C04.FR.01")


@case("OC_C_21_CSMS")
def test_token_for_another_type_of_evse(station: FakeStation, dut: Dut) -> None:
    """A valid token that may not charge at EVSEs of this type is refused as such."""
    step("Ask about the token", expect="idTokenInfo NotAllowedTypeEVSE")
    _ask(station, dut.tokens.other_type, "NotAllowedTypeEVSE", requirement="C01.FR.18")


@case("OC_C_22_CSMS")
def test_token_for_one_evse(station: FakeStation, dut: Dut) -> None:
    """Of a token that may charge at one EVSE alone the CSMS tells at which."""
    elsewhere = dut.second_evse
    step("Ask about the token", expect=f"idTokenInfo Accepted, evseId {dut.evse}, and not {elsewhere}")
    told = _ask(station, dut.tokens.one_evse, "Accepted", requirement="C01.FR.20").evseId
    check(list(told or ()) == [dut.evse], f"evseId {dut.evse} alone", requirement="C01.FR.20", actual=told)


@case("OC_C_23_CSMS")
def test_token_for_another_place(station: FakeStation, dut: Dut) -> None:
    """A valid token that may not charge at this station is refused as such, without a list of EVSEs."""
    step("Ask about the token", expect="idTokenInfo NotAtThisLocation, without evseId")
    told = _ask(station, dut.tokens.elsewhere, "NotAtThisLocation", requirement="C01.FR.22").evseId
    check(not told, "no evseId", requirement="C01.FR.22", actual=told)


@case("OC_C_24_CSMS")
def test_second_token_of_a_transaction(station: FakeStation, dut: Dut) -> None:
    """While each EVSE has a transaction that may no longer charge, another token is refused for now."""
    for evse in dut.evses:
        station.reach("EVConnectedPostSession", evseId=evse)

    step("Ask about another token", expect="idTokenInfo, NotAtThisTime as is recommended")
    status = station.send("Authorize", idToken=dut.tokens.second).idTokenInfo.status
    recommend(status == "NotAtThisTime", "idTokenInfo NotAtThisTime", requirement="C01.FR.24", actual=status)

    step("Unplug, ask again", expect="idTokenInfo Accepted")
    station.execute("EVDisconnected")
    _ask(station, dut.tokens.second, "Accepted")


# ------------------------------------------------------------------ tokens that the station knows by itself


@case("TC_C_08_CSMS")
def test_cached_token(station: FakeStation, dut: Dut) -> None:
    """A token that the station accepts from its cache is judged in the transaction."""
    station.reach("EVConnectedPreSession")

    step("Tell of the authorization, without having asked", expect="idTokenInfo Accepted")
    _tell(station, "Authorized", dut.tokens.valid, "Accepted")


@case("TC_C_20_CSMS")
def test_cached_token_that_is_invalid(station: FakeStation, dut: Dut) -> None:
    """A token that the station accepts from its cache, and that is not valid, is refused in the transaction."""
    station.reach("EVConnectedPreSession")

    step("Tell of the authorization, without having asked", expect="idTokenInfo Invalid or Unknown")
    _tell(station, "Authorized", dut.tokens.invalid, "Invalid", "Unknown")


@case("TC_C_37_CSMS")
def test_clear_cache(station: FakeStation, operator: Operator) -> None:
    """The CSMS has the station clear its cache."""
    step("Have the CSMS clear the cache, answer Accepted", expect="ClearCache; the CSMS serves on")
    _clear_cache(station, operator, "Accepted")


@case("TC_C_38_CSMS")
def test_clear_cache_refused(station: FakeStation, operator: Operator) -> None:
    """The CSMS gets along with a station that can't clear its cache."""
    step("Have the CSMS clear the cache, answer Rejected", expect="ClearCache; the CSMS serves on")
    _clear_cache(station, operator, "Rejected")


# ------------------------------------------------------------------ groups


@case("TC_C_39_CSMS")
def test_group(station: FakeStation, dut: Dut) -> None:
    """Of two tokens of a group the CSMS tells the group, each time that one is named."""
    station.reach("EVConnectedPreSession")

    step("Authorize with a token of the group", expect="Accepted with the group, in Authorize and in the transaction")
    _ask(station, dut.tokens.group1, "Accepted", group=dut.tokens.group)
    _tell(station, "Authorized", dut.tokens.group1, "Accepted", group=dut.tokens.group)

    step("Let the EV charge", expect="the event is answered")
    station.transaction().send("ChargingStateChanged", chargingState="Charging")

    step("Stop with the other token of the group", expect="Accepted with the group, both times")
    _ask(station, dut.tokens.group2, "Accepted", group=dut.tokens.group)
    _tell(station, "StopAuthorized", dut.tokens.group2, "Accepted", group=dut.tokens.group)

    step("Let the energy stop, unplug", expect="every message is answered")
    _leave(station)


@case("TC_C_40_CSMS")
def test_group_in_local_list(station: FakeStation, dut: Dut) -> None:
    """Of two tokens of a group that the station knows the CSMS tells the group in the transaction."""
    _group_charges(station, dut)

    step("Stop with the other token of the group", expect="Accepted with the group")
    _tell(station, "StopAuthorized", dut.tokens.group2, "Accepted", group=dut.tokens.group)

    step("Let the energy stop, unplug", expect="every message is answered")
    _leave(station)


@case("TC_C_43_CSMS")
def test_group_asked_about_at_the_end(station: FakeStation, dut: Dut) -> None:
    """Of a token that the station's list refuses, and that is asked about then, the CSMS tells the group, too."""
    _group_charges(station, dut)

    step("Ask about the other token of the group, stop with it", expect="Accepted with the group, both times")
    _ask(station, dut.tokens.group2, "Accepted", group=dut.tokens.group)
    _tell(station, "StopAuthorized", dut.tokens.group2, "Accepted", group=dut.tokens.group)

    step("Let the energy stop, unplug", expect="every message is answered")
    _leave(station)


# ------------------------------------------------------------------ master pass


@case("TC_C_47_CSMS")
def test_master_pass_stops_all_that_were_chosen(station: FakeStation, dut: Dut) -> None:
    """The CSMS accepts a master pass with its group, and the transactions that it ends."""
    _master_pass_asked_about(station, dut)

    step("End every transaction by the master pass", expect="Accepted with that group")
    for evse in dut.evses[:2]:
        _ended_by_master_pass(station, dut, evse)


@case("TC_C_48_CSMS")
def test_master_pass_stops_the_one_that_was_chosen(station: FakeStation, dut: Dut) -> None:
    """The CSMS accepts a master pass with its group, and the one transaction that it ends; the other one goes on."""
    _master_pass_asked_about(station, dut)

    step("End the transaction of the first EVSE by the master pass", expect="Accepted with that group")
    _ended_by_master_pass(station, dut, dut.evse)


@case("TC_C_49_CSMS")
def test_master_pass_stops_all(station: FakeStation, dut: Dut) -> None:
    """The CSMS accepts that a master pass ends every transaction of a station without a display."""
    _master_pass_asked_about(station, dut)

    step("End every transaction by the master pass", expect="Accepted with that group")
    for evse in dut.evses[:2]:
        _ended_by_master_pass(station, dut, evse)


# ------------------------------------------------------------------ helpers of this file


def _judged(info: Any, statuses: tuple[str, ...], group: Any, requirements: tuple[str, str]) -> None:
    """idTokenInfo has one of these statuses and, if it is given, the group."""
    wanted = " or ".join(statuses)
    check(info.status in statuses, f"idTokenInfo {wanted}", requirement=requirements[0], actual=info.status)
    if group is not None:
        told = info.groupIdToken
        same = (str(told.idToken).casefold(), told.type) == (group.idToken.casefold(), group.type)
        check(same, f"groupIdToken {group.idToken} ({group.type})", requirement=requirements[1], actual=told)


def _ask(station: FakeStation, token: Any, *statuses: str, group: Any = None, requirement: str = "C01.FR.07") -> Any:
    """Ask about a token, which has to get one of these statuses; its idTokenInfo."""
    info = station.send("Authorize", idToken=token).idTokenInfo
    _judged(info, statuses, group, (requirement, "C09.FR.09"))
    if info.status == "Accepted":
        everywhere = set(station.lab.dut.evses) <= set(info.evseId or ())
        check(not everywhere, "no evseId, as every EVSE is allowed", requirement="C01.FR.19", actual=info.evseId)
    return info


def _tell(
    station: FakeStation,
    trigger: str,
    token: Any,
    *statuses: str,
    group: Any = None,
    evse: int | None = None,
    **info: Any,
) -> None:
    """Send the next event of a transaction, with the token."""
    transaction = station.transaction(evse)
    transaction.authorized = trigger == "Authorized"
    answer = transaction.send(trigger, idToken=token, **info)
    _judged(answer.idTokenInfo, statuses, group, ("C12.FR.03", "C09.FR.12"))


def _group_charges(station: FakeStation, dut: Dut) -> None:
    """A transaction of a token of the group, which was not asked about."""
    station.reach("EVConnectedPreSession")

    step("Tell of the authorization by a token of the group", expect="Accepted with the group")
    _tell(station, "Authorized", dut.tokens.group1, "Accepted", group=dut.tokens.group)

    step("Let the EV charge", expect="the event is answered")
    station.transaction().send("ChargingStateChanged", chargingState="Charging")


def _master_pass_asked_about(station: FakeStation, dut: Dut) -> None:
    """While energy flows at the first EVSE and, where there is one, a second, the CSMS is asked about a master pass."""
    for evse, token in zip(dut.evses, (dut.tokens.valid, dut.tokens.second), strict=False):
        station.reach("EnergyTransferStarted", evseId=evse, token=token)

    step("Ask about the master pass", expect="Accepted with the master pass group")
    _ask(station, dut.tokens.master_pass, "Accepted", group=dut.tokens.master_pass_group)


def _ended_by_master_pass(station: FakeStation, dut: Dut, evse: int) -> None:
    ended = {"eventType": "Ended", "chargingState": "EVConnected", "stoppedReason": "MasterPass"}
    token, group = dut.tokens.master_pass, dut.tokens.master_pass_group
    _tell(station, "StopAuthorized", token, "Accepted", group=group, evse=evse, **ended)


def _leave(station: FakeStation) -> None:
    station.execute("EVConnectedPostSession")
    station.execute("EVDisconnected")


def _clear_cache(station: FakeStation, operator: Operator, status: str) -> None:
    station.answer("ClearCache", status=status)
    operator.csms_sends("ClearCache")
    station.expect("ClearCache", requirement="C11.FR.01")
    station.send("Heartbeat")
