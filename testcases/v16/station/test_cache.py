"""Feature profile Core, the authorization cache: a charge point under test (1.6)."""

from __future__ import annotations

from conformance import Dut, FakeCsms, Operator, case, check, recommend, step

# ------------------------------------------------------------------ start with a cached idTag


@case("TC_007_CS")
def test_start_with_cached_token(csms: FakeCsms) -> None:
    """A remote start of a token that is in the cache needs no Authorize."""
    csms.configure("AuthorizeRemoteTxRequests", "true")
    _cached(csms)

    step("Plug in the EV", expect="StatusNotification Preparing")
    csms.execute("Preparing")

    step("Send RemoteStartTransaction", expect="Accepted, no Authorize; StartTransaction and Charging in any order")
    csms.execute("RemotelyAuthorized")
    csms.execute("Started")
    csms.execute("NotAskedAbout")


@case("TC_007_1_CS")
def test_start_locally_with_cached_token(csms: FakeCsms) -> None:
    """A driver whose token is in the cache needs no Authorize."""
    _cached(csms)

    step("Plug in the EV, present the token", expect="Preparing, StartTransaction and Charging, and no Authorize")
    csms.execute("KnownIdTagStarts")


@case("TC_007_2_CS")
def test_remote_start_first_with_cached_token(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A remote start of a token that is in the cache, before the EV is plugged in, needs no Authorize."""
    csms.configure("AuthorizeRemoteTxRequests", "true")
    _cached(csms)

    step("Send RemoteStartTransaction", expect="Accepted, Preparing, and no Authorize")
    csms.execute("RemotelyAuthorized")
    csms.expect_connector_status("Preparing", dut.connector, requirement="1.6 4.9 A2")
    csms.execute("NotAskedAbout")

    step("Plug in the EV", expect="StartTransaction and StatusNotification Charging in any order")
    operator.plug_in(dut.connector)
    csms.execute("Started")


# ------------------------------------------------------------------ ClearCache (TC_061_CS: test_core.py)


@case("TC_061_1_CS")
def test_clear_cache_present_token(csms: FakeCsms, dut: Dut) -> None:
    """After ClearCache a token that a session has put into the cache is asked about when it is presented."""
    csms.configure("ConnectionTimeOut", str(dut.values.ev_connection_timeout))
    _cached(csms)

    step("Send ClearCache", expect="Accepted")
    answer = csms.send("ClearCache")
    check(answer.status == "Accepted", "the cache is cleared", requirement="1.6 5.4", actual=answer.status)

    step("Present the token", expect="Authorize and StatusNotification Preparing in any order")
    csms.execute("AskedAbout")
    csms.expect_connector_status("Preparing", dut.connector, within=dut.timeouts.physical, requirement="1.6 4.9 A2")


@case("TC_061_2_CS")
def test_clear_cache_remote_start(csms: FakeCsms, dut: Dut) -> None:
    """After ClearCache a token that a session has put into the cache is asked about when it is started remotely."""
    csms.configure("ConnectionTimeOut", str(dut.values.ev_connection_timeout))
    csms.configure("AuthorizeRemoteTxRequests", "true")
    _cached(csms)

    step("Send ClearCache", expect="Accepted")
    answer = csms.send("ClearCache")
    check(answer.status == "Accepted", "the cache is cleared", requirement="1.6 5.4", actual=answer.status)

    step("Send RemoteStartTransaction with the token", expect="Accepted, then Authorize and Preparing in any order")
    csms.execute("RemotelyAuthorized")
    csms.expect("Authorize", idTag=dut.tokens.valid.idTag, requirement="1.6 5.4, 5.11")
    csms.expect_connector_status("Preparing", dut.connector, requirement="1.6 4.9 A2")


# ------------------------------------------------------------------ beyond the official list


@case("OC_16_26_1_CS")
def test_cached_token_expires(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A token whose expiryDate is over is not started from the cache; it should be asked about."""
    _cache_decides(csms)
    csms.configure("ConnectionTimeOut", str(dut.values.ev_connection_timeout))
    csms.reach("CacheCleared")
    soon = csms.timestamp(dut.values.ev_connection_timeout / 2)
    csms.answer("Authorize", {"idTagInfo": {"status": "Accepted", "expiryDate": soon}}, {"idTagInfo": EXPIRED})

    step("Present a token that expires soon, do not plug in", expect="Authorize; Preparing, then Available")
    csms.execute("AskedAbout")
    csms.expect_connector_status("Preparing", dut.connector, within=dut.timeouts.physical, requirement="1.6 4.9 A2")
    limit = dut.values.ev_connection_timeout + dut.timeouts.tolerance
    csms.expect_connector_status("Available", dut.connector, within=limit, requirement="1.6 9.1.6")

    step("Plug in, present the token again", expect="no StartTransaction; rather Authorize")
    csms.execute("Preparing")
    operator.present_token(dut.tokens.valid, dut.connector)
    csms.expect_nothing("StartTransaction", within=dut.timeouts.physical / 10, requirement="1.6 3.5.1")
    recommend(csms.seen_in_step("Authorize"), "the token is asked about", requirement="1.6 3.5.1")


@case("OC_16_26_2_CS")
def test_clear_cache_without_cache(csms: FakeCsms) -> None:
    """A charge point without a cache answers ClearCache all the same: it is of the profile Core."""
    step("Send ClearCache", expect="Rejected")
    answer = csms.send("ClearCache")
    check(answer.status == "Rejected", "Rejected", requirement="1.6 errata 3.23", actual=answer.status)


@case("OC_16_26_3_CS")
def test_cache_learns_refusal(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """What StartTransaction.conf says of a cached token counts from then on."""
    csms.configure("StopTransactionOnInvalidId", "true")
    _cached(csms)
    csms.answer("Authorize", idTagInfo=BLOCKED)
    csms.answer("StartTransaction", idTagInfo=BLOCKED)

    step("Start with the cached token, refuse it", expect="StartTransaction; StopTransaction, rather DeAuthorized")
    stop = csms.execute("Stopped", start=csms.execute("KnownIdTagStarts", refused=True))
    recommend(stop.reason == "DeAuthorized", "DeAuthorized", requirement="1.6 errata 3.17", actual=stop.reason)

    step("Unplug", expect="StatusNotification Available")
    operator.unplug(dut.connector)
    csms.expect_connector_status("Available", dut.connector, within=dut.timeouts.physical, requirement="1.6 4.9 F1")

    step("Plug in, present the token again", expect="Preparing, and no StartTransaction")
    csms.execute("Preparing")
    operator.present_token(dut.tokens.valid, dut.connector)
    csms.expect_nothing("StartTransaction", within=dut.timeouts.physical / 10, requirement="1.6 3.5.1, 4.8")


# ------------------------------------------------------------------ what several cases do

BLOCKED, EXPIRED = {"status": "Blocked"}, {"status": "Expired"}


def _cache_decides(csms: FakeCsms) -> None:
    """The authorization cache lets tokens start."""
    csms.configure("AuthorizationCacheEnabled", "true")
    csms.configure("LocalPreAuthorize", "true")


def _cached(csms: FakeCsms) -> None:
    """The valid token is in the cache, which lets tokens start."""
    csms.configure("AuthorizationCacheEnabled", "true")
    csms.configure("LocalPreAuthorize", "false")
    csms.reach("IdTagCached")
    _cache_decides(csms)
