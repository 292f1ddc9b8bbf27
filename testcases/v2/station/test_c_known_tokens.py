"""Block C, Authorization by what the station knows: a charging station under test (2.0.1 and 2.1).

The authorization cache (C10 to C12), the local authorization list (C13, C14), and unknown tokens offline (C15).
"""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeCsms, NotApplicable, Token, case, check, step

CENTRAL = Token(idToken="OC-CENTRAL", type="Central")

# ------------------------------------------------------------------ start with a cached token


@case("TC_C_08_CS")
def test_cached_token(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Accepted in the cache starts without Authorize."""
    _cached(csms, dut.tokens.valid)
    csms.reach("EVConnectedPreSession")

    step("Authorize with the cached token", expect="no Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", asked=False)

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_13_CS")
def test_cached_token_without_cable(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Accepted in the cache authorizes before the cable is in; the energy waits for it."""
    _cached(csms, dut.tokens.valid)
    csms.reach("ParkingBayOccupied")

    step("Authorize with the cached token", expect="no Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", asked=False)

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_09_CS")
def test_cached_as_invalid(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Invalid in the cache is asked about, and starts nothing if it still is."""
    _cached(csms, dut.tokens.invalid)
    _refused_again(csms, dut.tokens.invalid, "Invalid")


@case("TC_C_10_CS")
def test_cached_as_blocked(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Blocked in the cache is asked about, and starts nothing if it still is."""
    _cached(csms, dut.tokens.blocked)
    _refused_again(csms, dut.tokens.blocked, "Blocked")


@case("TC_C_11_CS")
def test_cached_as_expired(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Expired in the cache is asked about, and starts nothing if it still is."""
    _cached(csms, dut.tokens.expired)
    _refused_again(csms, dut.tokens.expired, "Expired")


@case("TC_C_12_CS")
def test_cached_as_invalid_accepted(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Invalid in the cache is asked about, and may charge if the CSMS now accepts it."""
    _cached(csms, dut.tokens.invalid)
    csms.considers(dut.tokens.invalid, status="Accepted")
    csms.reach("EVConnectedPreSession")

    step("Authorize with the token, answer Accepted", expect="Authorize; an event with it once a transaction runs")
    csms.execute("Authorized", token=dut.tokens.invalid, asked=True)

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_57_CS")
def test_cached_as_invalid_without_post_authorize(csms: FakeCsms, dut: Dut) -> None:
    """With DisablePostAuthorize a token that is Invalid in the cache is refused without asking."""
    _cached(csms, dut.tokens.invalid, post_authorize=False)
    csms.considers(dut.tokens.invalid, status="Accepted")
    csms.reach("EVConnectedPreSession")

    step("Present the token", expect="no Authorize, no authorization, no energy")
    csms.execute("AuthorizationRefused", token=dut.tokens.invalid, asked=False)


@case("TC_C_14_CS")
def test_cached_master_pass(csms: FakeCsms, dut: Dut) -> None:
    """A master pass that is in the cache stops a transaction."""
    csms.configure("AuthCtrlr", "MasterPassGroupId", dut.tokens.master_pass_group.idToken)
    _cached(csms, dut.tokens.master_pass)
    csms.reach("EnergyTransferStarted")

    step("Present the master pass", expect="StopAuthorized, and stoppedReason MasterPass once Ended")
    csms.execute("MasterPassPresented", asked=False)
    csms.execute("StoppedByMasterPass")

    step("Let the energy stop, unplug, drive away", expect="what happens is told while the transaction runs")
    _leave(csms)


# ------------------------------------------------------------------ what the cache learns


@case("TC_C_32_CS")
def test_cache_after_reboot(csms: FakeCsms, dut: Dut) -> None:
    """The cache outlives a reboot."""
    _cached(csms, dut.tokens.valid)

    step("Restart the station", expect="it registers and reports its connectors")
    csms.execute("Booted")

    step("Authorize with the cached token", expect="no Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", asked=False)

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_33_CS")
def test_cache_learns_from_authorize(csms: FakeCsms, dut: Dut) -> None:
    """What AuthorizeResponse says of a token is in the cache, and does for the next time."""
    _cache_decides(csms)
    csms.reach("EVConnectedPreSession")

    step("Authorize with a token, answer Accepted", expect="Authorize; an event with it once a transaction runs")
    csms.execute("Authorized", asked=True)

    step("Let the EV charge, stop, unplug, drive away", expect="all of it is told while the transaction runs")
    csms.execute("EnergyTransferStarted")
    csms.execute("ParkingBayUnoccupied")
    csms.considers(dut.tokens.valid, status="Invalid")

    step("Plug in again", expect="Occupied")
    csms.execute("EVConnectedPreSession")

    step("Authorize with the token again", expect="no Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", asked=False)


@case("TC_C_34_CS")
def test_cache_learns_from_transaction_event(csms: FakeCsms, dut: Dut) -> None:
    """What TransactionEventResponse says of a token is in the cache, and does for the next time."""
    _cached(csms, dut.tokens.valid)
    csms.configure("TxCtrlr", "StopTxOnInvalidId", "true")
    csms.prefer("TxCtrlr", "MaxEnergyOnInvalidId", "0")
    csms.considers(dut.tokens.valid, status="Invalid")
    csms.reach("EVConnectedPreSession")

    step("Authorize with the cached token, answer its event with Invalid", expect="no Authorize, then Deauthorized")
    csms.execute("Authorized", asked=False)
    csms.execute("Deauthorized")

    step("Unplug, drive away", expect="what happens is told while the transaction runs")
    csms.execute("EVDisconnected")
    csms.execute("ParkingBayUnoccupied")

    step("Plug in again", expect="Occupied")
    csms.execute("EVConnectedPreSession")

    step("Present the token again, answer Invalid", expect="Authorize with it; no authorization, no energy")
    csms.execute("AuthorizationRefused")


@case("TC_C_36_CS")
def test_cache_without_pre_authorize(csms: FakeCsms, dut: Dut) -> None:
    """Without LocalPreAuthorize a token is asked about though it is in the cache."""
    _cached(csms, dut.tokens.valid)
    csms.configure("AuthCtrlr", "LocalPreAuthorize", "false")
    csms.considers(dut.tokens.valid, status="Invalid")

    step("Present the cached token, answer Invalid", expect="Authorize with it; no authorization")
    csms.execute("AuthorizationRefused")


@case("TC_C_46_CS")
def test_cache_life_time(csms: FakeCsms, dut: Dut) -> None:
    """A token that was not heard of for LifeTime is no longer in the cache."""
    life = dut.values.transaction_duration
    csms.configure("AuthCacheCtrlr", "LifeTime", f"{life}")
    _cached(csms, dut.tokens.valid)
    csms.reach("EVConnectedPreSession")

    step("Wait for LifeTime, then authorize with the token", expect="Authorize, and an event with the token")
    csms.wait(lambda: False, within=life)
    csms.execute("Authorized", locally=True, asked=True)


@case("OC_C_02_CS")
def test_cache_of_another_evse(csms: FakeCsms, dut: Dut) -> None:
    """The cache keeps for which EVSE alone a token is accepted."""
    _cache_decides(csms)
    csms.considers(dut.tokens.valid, status="Accepted", evseId=[dut.second_evse])
    csms.reach("EVConnectedPreSession")

    step("Present the token, answer Accepted for another EVSE", expect="Authorize with it; no authorization, no energy")
    csms.execute("AuthorizationRefused", locally=True, requirement="C01.FR.21")

    step("Present the token again", expect="no authorization, no energy")
    csms.execute("AuthorizationRefused", locally=True, asked=None, requirement="C10.FR.14")

    step("Present it at the other EVSE, let the EV charge there", expect="no Authorize; an event with it; Charging")
    csms.execute("EnergyTransferStarted", connector=dut.second_connector, locally=True, asked=False)


@case("OC_C_04_CS")
def test_central_token_not_cached(csms: FakeCsms) -> None:
    """What the CSMS says of a token of type Central is not put into the cache."""
    _cache_decides(csms)
    csms.configure("TxCtrlr", "TxStartPoint", "Authorized")
    csms.prefer("TxCtrlr", "TxStopPoint", "Authorized")
    csms.configure("TxCtrlr", "StopTxOnInvalidId", "true")
    csms.prefer("TxCtrlr", "MaxEnergyOnInvalidId", "0")
    csms.considers(CENTRAL, status="Invalid")

    step("Start remotely with a Central token, answer its event with Invalid", expect="no Authorize, then Deauthorized")
    csms.execute("Authorized", locally=False, token=CENTRAL, asked=False)
    csms.execute("Deauthorized")
    csms.considers(CENTRAL, status="Accepted")

    step("Start remotely with the token again, let the EV charge", expect="no Authorize; an event with it; Charging")
    csms.execute("EnergyTransferStarted", locally=False, token=CENTRAL, asked=False)


@case("OC_C_05_CS")
def test_full_cache(csms: FakeCsms, dut: Dut) -> None:
    """A cache that is full of refused tokens forgets one of them for a new token."""
    if not dut.values.cache_entries:
        raise NotApplicable("values.cache_entries is not given: how many tokens the cache holds is not known")
    _cache_decides(csms)
    csms.prefer("AuthCtrlr", "AuthorizeRemoteStart", "true")

    step("Fill the cache by remote starts, answer Blocked each time", expect="Authorize for each token")
    for number in range(dut.values.cache_entries):
        filler = Token(idToken=f"0C{number:06X}", type=dut.tokens.valid.type)
        csms.considers(filler, status="Blocked")
        csms.execute("AuthorizationRefused", locally=False, token=filler)

    step("Authorize with one more token, answer Accepted; leave", expect="Authorize; what happens is told")
    csms.execute("IdTokenCached")

    step("Authorize with it again", expect="no Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", asked=False)


# ------------------------------------------------------------------ ClearCache


@case("TC_C_37_CS")
def test_clear_cache(csms: FakeCsms, dut: Dut) -> None:
    """After ClearCache a token that was in the cache is asked about."""
    _cache_decides(csms, forget=False)
    csms.configure("AuthCtrlr", "LocalPreAuthorize", "false")
    csms.reach("IdTokenCached")
    csms.configure("AuthCtrlr", "LocalPreAuthorize", "true")

    step("Send ClearCache", expect="Accepted")
    csms.execute("CacheCleared")

    step("Plug in the EV", expect="Occupied")
    csms.execute("EVConnectedPreSession")

    step("Authorize with the token", expect="Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", asked=True)

    step("Let the EV charge", expect="the change to Charging is told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_38_CS")
def test_clear_cache_while_disabled(csms: FakeCsms, dut: Dut) -> None:
    """While the cache is disabled ClearCache is refused."""
    _cached(csms, dut.tokens.valid)
    csms.configure("AuthCacheCtrlr", "Enabled", "false")

    step("Send ClearCache", expect="Rejected")
    answer = csms.send("ClearCache")
    check(answer.status == "Rejected", "status Rejected", requirement="C11.FR.04", actual=answer.status)


# ------------------------------------------------------------------ start with a listed token


@case("TC_C_27_CS")
def test_listed_token(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Accepted in the local list starts without Authorize."""
    _listed(csms, _entry(dut.tokens.valid))

    step("Authorize with the listed token", expect="no Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", asked=False)

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_28_CS")
def test_listed_as_invalid(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Invalid in the local list is asked about, and starts nothing if it still is."""
    _listed(csms, _entry(dut.tokens.invalid, "Invalid"))

    step("Present the token, answer Invalid", expect="Authorize with it; no authorization")
    csms.execute("AuthorizationRefused", token=dut.tokens.invalid)


@case("TC_C_29_CS")
def test_listed_as_blocked(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Blocked in the local list is asked about, and starts nothing if it still is."""
    _listed(csms, _entry(dut.tokens.blocked, "Blocked"))
    _refused_again(csms, dut.tokens.blocked, "Blocked")


@case("TC_C_30_CS")
def test_listed_as_expired(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Expired in the local list is asked about, and starts nothing if it still is."""
    _listed(csms, _entry(dut.tokens.expired, "Expired"))
    _refused_again(csms, dut.tokens.expired, "Expired")


@case("TC_C_31_CS")
def test_listed_as_invalid_accepted(csms: FakeCsms, dut: Dut) -> None:
    """A token that is Invalid in the local list is asked about, and may charge if the CSMS now accepts it."""
    _listed(csms, _entry(dut.tokens.invalid, "Invalid"))
    csms.considers(dut.tokens.invalid, status="Accepted")

    step("Authorize with the token, answer Accepted", expect="Authorize; an event with it once a transaction runs")
    csms.execute("Authorized", token=dut.tokens.invalid, asked=True)

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


@case("TC_C_58_CS")
def test_listed_as_invalid_without_post_authorize(csms: FakeCsms, dut: Dut) -> None:
    """With DisablePostAuthorize a token that is Invalid in the local list is refused without asking."""
    _listed(csms, _entry(dut.tokens.invalid, "Invalid"), post_authorize=False)
    csms.considers(dut.tokens.invalid, status="Accepted")

    step("Present the token", expect="no Authorize, no authorization")
    csms.execute("AuthorizationRefused", token=dut.tokens.invalid, asked=False)


@case("OC_C_07_CS")
def test_listed_until(csms: FakeCsms, dut: Dut) -> None:
    """A listed token with a cacheExpiryDateTime counts until then, and afterwards as if it were not listed."""
    csms.configure("LocalAuthListCtrlr", "SupportsExpiryDateTime", "true")
    past, to_come = (csms.timestamp(seconds) for seconds in (-3600, 3600))
    expired = _entry(dut.tokens.invalid, cacheExpiryDateTime=past)
    _listed(csms, expired, _entry(dut.tokens.valid, cacheExpiryDateTime=to_come))

    step("Present the token that has expired, answer Invalid", expect="Authorize with it; no authorization")
    csms.execute("AuthorizationRefused", token=dut.tokens.invalid, requirement="C14.FR.05")

    step("Authorize with the other one", expect="no Authorize; an event with the token once a transaction runs")
    csms.execute("Authorized", asked=False)

    step("Plug in the EV and let it charge", expect="Occupied; cable and Charging are told")
    csms.execute("EnergyTransferStarted")


# ------------------------------------------------------------------ groups of known tokens


@case("TC_C_40_CS")
def test_listed_group(csms: FakeCsms, dut: Dut) -> None:
    """A token of the local list stops what another one of the same group started; nobody is asked."""
    group: dict[str, Any] = {"groupIdToken": dut.tokens.group}
    _listed(csms, _entry(dut.tokens.group1, **group), _entry(dut.tokens.group2, **group))
    _group_charges(csms, dut)

    step("Present the other token of the group, unplug, drive away", expect="no Authorize; StopAuthorized")
    csms.execute("StopAuthorized", locally=True, token=dut.tokens.group2)
    _leave(csms)


@case("TC_C_41_CS")
def test_cached_group(csms: FakeCsms, dut: Dut) -> None:
    """A token of the cache stops what another one of the same group started; nobody is asked."""
    _cached(csms, dut.tokens.group1, dut.tokens.group2)
    _group_charges(csms, dut)

    step("Present the other token of the group, unplug, drive away", expect="no Authorize; StopAuthorized")
    csms.execute("StopAuthorized", locally=True, token=dut.tokens.group2)
    _leave(csms)


@case("TC_C_43_CS")
def test_listed_group_member_invalid(csms: FakeCsms, dut: Dut) -> None:
    """A token of the same group that is Invalid in the local list is asked about, and stops nothing if it still is."""
    group: dict[str, Any] = {"groupIdToken": dut.tokens.group}
    csms.considers(dut.tokens.invalid, status="Invalid", **group)
    _listed(csms, _entry(dut.tokens.group1, **group), _entry(dut.tokens.invalid, "Invalid", **group))
    _group_charges(csms, dut)

    step("Present the invalid token, answer Invalid", expect="Authorize with it; the transaction goes on")
    csms.execute("StopRefused", token=dut.tokens.invalid)


@case("TC_C_44_CS")
def test_cached_group_member_invalid(csms: FakeCsms, dut: Dut) -> None:
    """A token of the same group that is Invalid in the cache is asked about, and stops nothing if it still is."""
    csms.considers(dut.tokens.invalid, status="Invalid", groupIdToken=dut.tokens.group)
    _cached(csms, dut.tokens.group1, dut.tokens.invalid)
    _group_charges(csms, dut)

    step("Present the invalid token, answer Invalid", expect="Authorize with it; the transaction goes on")
    csms.execute("StopRefused", token=dut.tokens.invalid)


# ------------------------------------------------------------------ offline


@case("TC_C_15_CS")
def test_cached_offline_then_invalid_with_energy_left(csms: FakeCsms, dut: Dut) -> None:
    """Without StopTxOnInvalidId, a token that turns out to be Invalid may use MaxEnergyOnInvalidId."""
    _starts_offline_then_invalid(csms, dut, stop=False, energy=10000)

    step("Answer the event with the token with Invalid", expect="the energy flows on")
    csms.drain(quiet=4 * dut.timeouts.quiet)
    state = csms.transaction(dut.evse).last.transactionInfo.chargingState
    check(state in ("Charging", ABSENT), "the energy flows on", requirement="C15.FR.07", actual=state)
    stopped = csms.seen("TransactionEvent", triggerReason="Deauthorized")
    check(not stopped, "no event with triggerReason Deauthorized", requirement="C15.FR.07", actual=stopped)


@case("TC_C_16_CS")
def test_cached_offline_then_invalid_stops(csms: FakeCsms, dut: Dut) -> None:
    """With StopTxOnInvalidId, a token that turns out to be Invalid is deauthorized."""
    _starts_offline_then_invalid(csms, dut, stop=True, energy=0)

    step("Answer the event with the token with Invalid", expect="Deauthorized; Ended where that is the stop point")
    csms.execute("Deauthorized")


@case("TC_C_17_CS")
def test_cached_offline_then_invalid_suspends(csms: FakeCsms, dut: Dut) -> None:
    """Without StopTxOnInvalidId, a token that turns out to be Invalid gets no more energy."""
    _starts_offline_then_invalid(csms, dut, stop=False, energy=0)

    step("Answer the event with the token with Invalid", expect="ChargingStateChanged to SuspendedEVSE")
    csms.execute("SuspendedByStation")


@case("TC_C_18_CS")
def test_cached_offline_then_invalid_stops_with_energy_left(csms: FakeCsms, dut: Dut) -> None:
    """With StopTxOnInvalidId, a token that turns out to be Invalid is deauthorized, whatever energy it might have."""
    _starts_offline_then_invalid(csms, dut, stop=True, energy=500)

    step("Answer the event with the token with Invalid", expect="Deauthorized; Ended where that is the stop point")
    csms.execute("Deauthorized")


@case("TC_C_21_CS")
def test_listed_offline(csms: FakeCsms, dut: Dut) -> None:
    """Offline, a token that is Accepted in the local list can charge, though unknown ones can't."""
    csms.reach("TokensAskedAbout")
    _listed_offline(csms, _entry(dut.tokens.valid))

    step("Plug in offline, present the token; connect again", expect="all that happened, up to Charging, offline true")
    csms.execute("EnergyTransferStartedOffline")

    step("Stop, unplug, drive away", expect="StopAuthorized, and what happens while the transaction runs")
    csms.execute("StopAuthorized", locally=True)
    _leave(csms)


@case("TC_C_22_CS")
def test_listed_as_invalid_offline(csms: FakeCsms, dut: Dut) -> None:
    """Offline, a token that is Invalid in the local list starts nothing."""
    _refused_offline(csms, dut, dut.tokens.invalid, "Invalid")


@case("TC_C_23_CS")
def test_listed_as_blocked_offline(csms: FakeCsms, dut: Dut) -> None:
    """Offline, a token that is Blocked in the local list starts nothing."""
    _refused_offline(csms, dut, dut.tokens.blocked, "Blocked")


@case("TC_C_24_CS")
def test_listed_as_expired_offline(csms: FakeCsms, dut: Dut) -> None:
    """Offline, a token that is Expired in the local list starts nothing."""
    _refused_offline(csms, dut, dut.tokens.expired, "Expired")


@case("TC_C_25_CS")
def test_list_goes_before_cache(csms: FakeCsms, dut: Dut) -> None:
    """Offline, a token that is Accepted in the cache and Invalid in the local list starts nothing."""
    _cached(csms, dut.tokens.valid)
    _listed_offline(csms, _entry(dut.tokens.valid, "Invalid"), unknown="true")
    csms.reach("EVConnectedPreSession")

    step("Present the token offline; connect again", expect="no authorization, no energy")
    csms.execute("PresentedOffline")
    csms.drain(quiet=4 * dut.timeouts.quiet)
    csms.execute("NothingAuthorized")


@case("TC_C_26_CS")
def test_unknown_offline(csms: FakeCsms, dut: Dut) -> None:
    """Offline, with OfflineTxForUnknownIdEnabled, an unknown token can charge until it is known as Invalid."""
    _offline_configuration(csms, unknown="true")
    _on_invalid(csms, stop=False, energy=0)
    csms.reach("TokensAskedAbout")
    csms.considers(dut.tokens.valid, status="Invalid")

    step("Plug in offline, present the token; connect again", expect="all that happened, up to Charging, offline true")
    csms.execute("EnergyTransferStartedOffline")
    csms.expect_connector_status("Occupied", dut.connector, within=dut.timeouts.physical, requirement="B04.FR.01")

    step("Answer the event with the token with Invalid", expect="ChargingStateChanged to SuspendedEVSE")
    csms.execute("SuspendedByStation")

    step("Stop, unplug", expect="StopAuthorized, and what happens while the transaction runs")
    if csms.session(dut.evse).running:
        csms.execute("StopAuthorized", locally=True)
    csms.execute("EVDisconnected")


@case("OC_C_06_CS")
def test_unknown_offline_is_not_cached(csms: FakeCsms) -> None:
    """A token that has charged offline though nobody knew it is not in the cache for that."""
    _cache_decides(csms)
    _offline_configuration(csms, unknown="true")
    csms.answer("TransactionEvent", idTokenInfo=...)

    step("Plug in offline, present the token; connect again, say nothing of it", expect="all of it, offline true")
    csms.execute("EnergyTransferStartedOffline")

    step("Stop, unplug, drive away", expect="StopAuthorized, and what happens while the transaction runs")
    csms.execute("StopAuthorized", locally=True)
    csms.execute("ParkingBayUnoccupied")
    csms.forget_answers()

    step("Plug in, present the token again", expect="Authorize, and an event with the token")
    csms.execute("EVConnectedPreSession")
    csms.execute("Authorized", locally=True, asked=True)


# ------------------------------------------------------------------ helpers of this file


def _decides(csms: FakeCsms, controller: str, *, post_authorize: bool) -> None:
    """Cache or list is enabled and lets tokens start; those that it does not accept are asked about, or not."""
    csms.prefer("AuthCtrlr", "AuthorizeRemoteStart", "true")
    if csms.configured(controller, "Enabled"):
        csms.configure(controller, "Enabled", "true")
    csms.configure("AuthCtrlr", "LocalPreAuthorize", "true")
    if post_authorize:
        csms.prefer(controller, "DisablePostAuthorize", "false")
    else:
        csms.configure(controller, "DisablePostAuthorize", "true")


def _cache_decides(csms: FakeCsms, *, post_authorize: bool = True, forget: bool = True) -> None:
    """The cache is enabled and (`forget`) empty, and lets tokens start; the others are asked about."""
    _decides(csms, "AuthCacheCtrlr", post_authorize=post_authorize)
    csms.reach("TokensAskedAbout", forget=forget)


def _cached(csms: FakeCsms, *tokens: Any, post_authorize: bool = True) -> None:
    """What our CSMS says of these tokens is in the cache, which decides."""
    _cache_decides(csms, post_authorize=post_authorize)
    for token in tokens:
        csms.reach("IdTokenCached", token=token)


def _refused_again(csms: FakeCsms, token: Any, status: str) -> None:
    """A token that is known as refused is asked about, and refused."""
    csms.reach("EVConnectedPreSession")

    step(f"Present the token, answer {status}", expect="Authorize with it; no authorization, no energy")
    csms.execute("AuthorizationRefused", token=token)


def _group_charges(csms: FakeCsms, dut: Dut) -> None:
    """A token of the group starts the energy; nobody is asked."""
    csms.reach("EVConnectedPreSession")

    step("Present a known token of the group, let the EV charge", expect="no Authorize; token and Charging are told")
    csms.execute("EnergyTransferStarted", locally=True, token=dut.tokens.group1, asked=False)


def _entry(token: Any, status: str = "Accepted", **info: Any) -> dict[str, Any]:
    return {"idToken": token, "idTokenInfo": {"status": status, **info}}


def _listed(csms: FakeCsms, *entries: dict[str, Any], post_authorize: bool = True) -> None:
    """These entries are the local list, which decides; the cache has nothing to say."""
    _decides(csms, "LocalAuthListCtrlr", post_authorize=post_authorize)
    csms.reach("TokensAskedAbout")
    csms.reach("IdTokenLocalAuthList", entries=entries)


def _offline_configuration(csms: FakeCsms, *, unknown: str) -> None:
    csms.configure("AuthCtrlr", "LocalAuthorizeOffline", "true")
    csms.prefer("AuthCtrlr", "LocalPreAuthorize", "true")
    if unknown == "true":
        csms.configure("AuthCtrlr", "OfflineTxForUnknownIdEnabled", "true")
    elif csms.configured("AuthCtrlr", "OfflineTxForUnknownIdEnabled"):
        csms.configure("AuthCtrlr", "OfflineTxForUnknownIdEnabled", unknown)


def _on_invalid(csms: FakeCsms, *, stop: bool, energy: int) -> None:
    """What is done with a token that turns out to be Invalid."""
    csms.configure("TxCtrlr", "StopTxOnInvalidId", "true" if stop else "false")
    if energy or csms.configured("TxCtrlr", "MaxEnergyOnInvalidId"):
        csms.configure("TxCtrlr", "MaxEnergyOnInvalidId", f"{energy}")


def _starts_offline_then_invalid(csms: FakeCsms, dut: Dut, *, stop: bool, energy: int) -> None:
    """Offline, a cached token starts the energy; the CSMS, connected again, calls it Invalid."""
    _cached(csms, dut.tokens.valid)
    _offline_configuration(csms, unknown="true")
    _on_invalid(csms, stop=stop, energy=energy)
    csms.considers(dut.tokens.valid, status="Invalid")
    csms.reach("EVConnectedPreSession")

    step("Present the cached token offline; connect again", expect="token and Charging are told, offline true")
    csms.execute("EnergyTransferStartedOffline")


def _listed_offline(csms: FakeCsms, *entries: dict[str, Any], unknown: str = "false") -> None:
    """These entries are the local list, and decide offline."""
    if csms.configured("LocalAuthListCtrlr", "Enabled"):
        csms.configure("LocalAuthListCtrlr", "Enabled", "true")
    _offline_configuration(csms, unknown=unknown)
    csms.reach("IdTokenLocalAuthList", entries=entries)


def _refused_offline(csms: FakeCsms, dut: Dut, token: Any, status: str) -> None:
    csms.reach("TokensAskedAbout")
    _listed_offline(csms, _entry(token, status))

    step("Present the token offline; connect again", expect="no authorization; EVDetected where a bay starts")
    csms.execute("PresentedOffline", token=token, plug=False)
    csms.drain(quiet=4 * dut.timeouts.quiet)
    csms.execute("NothingAuthorized")

    step("Plug in the EV", expect="Occupied; no authorization, no energy")
    csms.execute("EVConnectedPreSession")
    csms.drain()
    csms.execute("NothingAuthorized")


def _leave(csms: FakeCsms) -> None:
    """The energy stops for good, the EV is unplugged and leaves."""
    csms.execute("EVConnectedPostSession")
    csms.execute("EVDisconnected")
    csms.execute("ParkingBayUnoccupied")
