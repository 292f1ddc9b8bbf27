"""Feature profile LocalAuthListManagement: a charge point under test (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeCsms, NotApplicable, Operator, case, check, one_of, recommend, step

# ------------------------------------------------------------------ version


@case("TC_042_1_CS")
def test_version_not_supported(csms: FakeCsms, dut: Dut) -> None:
    """A charge point whose local list is not supported, or switched off, says so."""
    if dut.features["LocalAuthListManagement"]:
        csms.configure("LocalAuthListEnabled", "false")

    step("Send GetLocalListVersion", expect="-1, or a CALLERROR NotSupported")
    answer = csms.call("GetLocalListVersion", {})
    check(
        answer.code in UNSUPPORTED or answer.listVersion == -1,
        "listVersion -1, or NotSupported",
        requirement="1.6 5.10",
        actual=answer,
    )


@case("TC_042_2_CS")
def test_version_of_empty_list(csms: FakeCsms) -> None:
    """A list that has been emptied has the version 0."""
    csms.configure("LocalAuthListEnabled", "true")

    step("Send a full list without entries", expect="Accepted")
    _send(csms, 1, "Full")

    step("Send GetLocalListVersion", expect="0")
    _expect_version(csms, 0)


# ------------------------------------------------------------------ updates


@case("TC_043_CS")
def test_send_list(csms: FakeCsms, dut: Dut) -> None:
    """A full list and a change to it are taken, and each brings its version."""
    csms.configure("LocalAuthListEnabled", "true")

    step("Send a full list", expect="Accepted, and its version")
    _send(csms, 1, "Full", _entry(dut.tokens.valid))
    _expect_version(csms, 1)

    step("Send a differential update", expect="Accepted, and its version")
    _send(csms, 2, "Differential", _entry(dut.tokens.second))
    _expect_version(csms, 2)


@case("TC_043_1_CS")
def test_send_list_not_supported(csms: FakeCsms, dut: Dut) -> None:
    """A charge point without local lists refuses one."""
    step("Send a full list", expect="NotSupported, as status or CALLERROR")
    entries = [_entry(dut.tokens.valid)]
    answer = csms.call("SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": entries})
    check(
        answer.code in UNSUPPORTED or answer.status == "NotSupported",
        "NotSupported",
        requirement="1.6 5.15, 7.47",
        actual=answer,
    )


@case("TC_043_2_CS")
def test_version_mismatch(csms: FakeCsms, dut: Dut) -> None:
    """A change whose version is older than the list's is refused, and the list keeps its version."""
    csms.configure("LocalAuthListEnabled", "true")

    step("Send a full list of version 2", expect="Accepted, version 2")
    _send(csms, 2, "Full", _entry(dut.tokens.valid))
    _expect_version(csms, 2)

    step("Send a differential update to version 5", expect="Accepted, version 5")
    _send(csms, 5, "Differential", _entry(dut.tokens.second))
    _expect_version(csms, 5)

    step("Send a differential update to version 4", expect="VersionMismatch, version 5 as before")
    _send(csms, 4, "Differential", _entry(dut.tokens.second, "Blocked"), answered="VersionMismatch")
    _expect_version(csms, 5)


@case("TC_043_3_CS")
def test_list_fails(csms: FakeCsms, dut: Dut) -> None:
    """A list that has no room for another idTag refuses it, and stays as it was."""
    csms.configure("LocalAuthListEnabled", "true")
    room = _limit(csms, "LocalAuthListMaxLength")

    step("Fill the list, in parts that a message may have", expect="Accepted each time")
    version = _send_in_parts(csms, [_entry_of(f"OC-{number}") for number in range(room)])

    step("Send one more idTag", expect="Failed, and the version as before")
    _send(csms, version + 1, "Differential", _entry(dut.tokens.valid), answered="Failed")
    _expect_version(csms, version)


# ------------------------------------------------------------------ start with a listed idTag


@case("TC_008_CS")
def test_start_with_listed_token(csms: FakeCsms, dut: Dut) -> None:
    """A remote start of a token on the local list needs no Authorize."""
    _only_the_list_decides(csms)
    csms.configure("AuthorizeRemoteTxRequests", "true")
    csms.reach("IdTagLocalAuthList", entries=[])

    step("Ask for the version of the list, which is empty", expect="0")
    _expect_version(csms, 0)

    step("Send a list with the token", expect="Accepted")
    _send(csms, 1, "Full", _entry(dut.tokens.valid))

    step("Plug in the EV", expect="StatusNotification Preparing")
    csms.execute("Preparing")

    step("Send RemoteStartTransaction", expect="Accepted, no Authorize; StartTransaction and Charging in any order")
    csms.execute("RemotelyAuthorized")
    csms.execute("Started")
    csms.execute("NotAskedAbout")


@case("TC_008_1_CS")
def test_start_locally_with_listed_token(csms: FakeCsms) -> None:
    """A driver whose token is on the local list needs no Authorize."""
    _only_the_list_decides(csms)

    step("Send a list with the token", expect="Accepted")
    csms.execute("IdTagLocalAuthList")

    step("Plug in the EV, present the token", expect="Preparing, StartTransaction and Charging, and no Authorize")
    csms.execute("KnownIdTagStarts")


@case("TC_008_2_CS")
def test_remote_start_first_with_listed_token(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A remote start of a token on the local list, before the EV is plugged in, needs no Authorize."""
    _only_the_list_decides(csms)
    csms.configure("AuthorizeRemoteTxRequests", "true")
    csms.reach("IdTagLocalAuthList")

    step("Send RemoteStartTransaction", expect="Accepted, Preparing, and no Authorize")
    csms.execute("RemotelyAuthorized")
    csms.expect_connector_status("Preparing", dut.connector, requirement="1.6 4.9 A2")
    csms.execute("NotAskedAbout")

    step("Plug in the EV", expect="StartTransaction and StatusNotification Charging in any order")
    operator.plug_in(dut.connector)
    csms.execute("Started")


# ------------------------------------------------------------------ beyond the official list


@case("OC_16_20_CS")
def test_long_list(csms: FakeCsms, dut: Dut) -> None:
    """Five hundred idTags, in parts that a message may have: the first and the last are known, another one is not."""
    _only_the_list_decides(csms)
    if _limit(csms, "LocalAuthListMaxLength") < LONG:
        raise NotApplicable(f"the list has no room for {LONG} idTags")
    made_up = [_entry_of(f"OC-{number}") for number in range(LONG - 2)]

    step("Send the list in parts", expect="Accepted each time, and the version of the last")
    version = _send_in_parts(csms, [_entry(dut.tokens.valid), *made_up, _entry(dut.tokens.second)])
    _expect_version(csms, version)

    step("Charge with the first token of the list", expect="a session without Authorize")
    csms.execute("KnownIdTagCharges")

    step("Charge with the last token of the list", expect="a session without Authorize")
    csms.execute("KnownIdTagCharges", token=dut.tokens.second)

    step("Present a token that is not on the list", expect="Authorize")
    csms.execute("AskedAbout", token=dut.tokens.invalid)


@case("OC_16_21_CS")
def test_versions_out_of_order(csms: FakeCsms, dut: Dut) -> None:
    """A change needs a greater version, by however much; a full list may have any. What is refused changes nothing."""
    _only_the_list_decides(csms)
    csms.reach("IdTagLocalAuthList", version=10)

    step("Send changes to the same version and to a smaller one", expect="VersionMismatch, version 10 as before")
    for version in (10, 9):
        _send(csms, version, "Differential", _entry(dut.tokens.second), answered="VersionMismatch")
    _expect_version(csms, 10)

    step("Present the token of these changes", expect="Authorize: it is not on the list")
    csms.execute("AskedAbout", token=dut.tokens.second)

    step("Send a change to a much greater version", expect="Accepted, version 1000000")
    _send(csms, 1_000_000, "Differential", _entry(dut.tokens.second))
    _expect_version(csms, 1_000_000)

    step("Send a full list of a smaller version, then a change", expect="Accepted, versions 3 and 4")
    _send(csms, 3, "Full", _entry(dut.tokens.valid))
    _expect_version(csms, 3)
    _send(csms, 4, "Differential", _entry(dut.tokens.second))
    _expect_version(csms, 4)


@case("OC_16_22_1_CS")
def test_differential_update(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """A change adds, renews and removes the idTags that it names, and leaves the others alone."""
    _only_the_list_decides(csms)
    csms.reach("IdTagLocalAuthList")

    step("Add a token, charge with it and with the one of before", expect="Accepted; two sessions without Authorize")
    _send(csms, 2, "Differential", _entry(dut.tokens.second))
    for token in (dut.tokens.second, dut.tokens.valid):
        csms.execute("KnownIdTagCharges", token=token)

    step("Remove the older token, by an entry without idTagInfo; present it", expect="Accepted; Authorize")
    _send(csms, 3, "Differential", {"idTag": dut.tokens.valid.idTag})
    csms.execute("AskedAbout")

    step("Block the other one, plug in and present it", expect="Accepted; no StartTransaction")
    _send(csms, 4, "Differential", _entry(dut.tokens.second, "Blocked"))
    csms.execute("Preparing")
    operator.present_token(dut.tokens.second, dut.connector)
    _nothing_starts(csms, dut)


@case("OC_16_22_2_CS")
def test_full_update(csms: FakeCsms, dut: Dut) -> None:
    """A full list replaces the one of before; a change without entries changes the version alone."""
    _only_the_list_decides(csms)
    csms.reach("IdTagLocalAuthList")

    step("Send a full list with another token, present the one of before", expect="Accepted; Authorize")
    _send(csms, 2, "Full", _entry(dut.tokens.second))
    csms.execute("AskedAbout")

    step("Send a change without entries", expect="Accepted, and its version")
    _send(csms, 3, "Differential")
    _expect_version(csms, 3)

    step("Charge with the token of the list", expect="a session without Authorize")
    csms.execute("KnownIdTagCharges", token=dut.tokens.second)


@case("OC_16_23_CS")
def test_list_after_power_cut(csms: FakeCsms) -> None:
    """After a power cut the list should be there; whoever tells its version has to have it."""
    _only_the_list_decides(csms)
    csms.reach("IdTagLocalAuthList", version=7)

    step("Power-cycle the charge point", expect="it boots")
    csms.execute("Booted")

    step("Ask for the version of the list", expect="7 (0: an empty list)")
    version = csms.send("GetLocalListVersion").listVersion
    check(version in (0, 7), "the version of before, or 0", requirement="1.6 5.10", actual=version)

    if recommend(version == 7, "the list is kept", requirement="1.6 3.5.2", actual=version):
        step("Charge with the token of the list", expect="a session without Authorize")
        csms.execute("KnownIdTagCharges")


@case("OC_16_24_CS")
def test_list_before_cache(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """What the local list says of an idTag counts, whatever the cache says of it."""
    csms.configure("LocalAuthListEnabled", "true")
    csms.configure("AuthorizationCacheEnabled", "true")
    csms.configure("LocalPreAuthorize", "true")
    csms.reach("CacheCleared")
    csms.reach("IdTagCached")
    csms.answer("Authorize", idTagInfo={"status": "Blocked"})

    step("Have a second token refused", expect="Authorize")
    csms.execute("AskedAbout", token=dut.tokens.second)

    step("Send a list: the cached token is blocked, the refused one accepted", expect="Accepted")
    _send(csms, 1, "Full", _entry(dut.tokens.valid, "Blocked"), _entry(dut.tokens.second))

    step("Charge with the refused token", expect="a session without Authorize")
    csms.execute("KnownIdTagCharges", token=dut.tokens.second)

    step("Plug in, present the cached token", expect="no StartTransaction")
    csms.execute("Preparing")
    operator.present_token(dut.tokens.valid, dut.connector)
    _nothing_starts(csms, dut)


@case("OC_16_25_CS")
def test_listed_and_refused_offline(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Offline, a listed idTag that is blocked or has expired starts nothing, even where unknown ones may."""
    _only_the_list_decides(csms)
    csms.configure("LocalAuthorizeOffline", "true")
    _configure_if_there(csms, "AllowOfflineTxForUnknownId", "true")
    blocked, expired = dut.tokens.second, dut.tokens.invalid
    past = csms.timestamp(-86400)
    entries = [_entry(dut.tokens.valid), _entry(blocked, "Blocked"), _entry(expired, expiryDate=past)]
    csms.reach("IdTagLocalAuthList", entries=entries)
    csms.reach("Preparing")

    step("Offline: present the blocked, the expired, the accepted token", expect="only the last one may charge")
    with csms.offline():
        for token in (blocked, expired, dut.tokens.valid):
            operator.present_token(token, dut.connector)

    step("Let the charge point connect", expect="StartTransaction with the accepted token, and no other")
    csms.expect_connection(within=dut.timeouts.reset)
    csms.expect("StartTransaction", idTag=dut.tokens.valid.idTag, within=dut.timeouts.reset, requirement="1.6 3.5.4")
    csms.expect_connector_status("Charging", dut.connector, requirement="1.6 4.9 B3")
    others = [one.idTag for one in csms.seen("StartTransaction") if one.idTag != dut.tokens.valid.idTag]
    check(not others, "no other token has started a transaction", requirement="1.6 3.5.4", actual=others)


@case("OC_16_25_1_CS")
def test_listed_and_not_believed_offline(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Offline, a listed idTag starts nothing where LocalAuthorizeOffline is false."""
    _only_the_list_decides(csms)
    csms.configure("LocalAuthorizeOffline", "false")
    _configure_if_there(csms, "AllowOfflineTxForUnknownId", "false")
    csms.reach("IdTagLocalAuthList")
    csms.reach("Preparing")

    step("Offline: present the listed token", expect="nothing, as far as can be seen")
    with csms.offline(at_least=dut.values.transaction_duration):
        operator.present_token(dut.tokens.valid, dut.connector)

    step("Let the charge point connect", expect="no StartTransaction, unless the token is asked about now")
    csms.expect_connection(within=dut.timeouts.reset)
    csms.wait(lambda: bool(csms.seen_in_step("StartTransaction")), within=dut.timeouts.physical / 10)
    started = csms.seen_in_step("StartTransaction")
    asked = csms.seen_in_step("Authorize", idTag=dut.tokens.valid.idTag)
    check(asked or not started, "nothing was started offline", requirement="1.6 3.5.4, 9.1.12", actual=len(started))


@case("OC_16_27_CS")
def test_list_conflict(csms: FakeCsms) -> None:
    """A charge point whose list accepts a token that the CSMS refuses tells of the conflict, and keeps the list."""
    _only_the_list_decides(csms)
    csms.configure("StopTransactionOnInvalidId", "true")
    csms.reach("IdTagLocalAuthList", version=7)
    csms.answer("StartTransaction", idTagInfo={"status": "Blocked"})

    step("Charge with the token, refuse it", expect="LocalListConflict of connector 0; StopTransaction and Finishing")
    start = csms.execute("KnownIdTagStarts", refused=True)
    csms.expect("StatusNotification", connectorId=0, errorCode="LocalListConflict", requirement="1.6 3.5.2")
    csms.execute("Stopped", start=start)

    step("Ask for the version of the list", expect="as before: only the CSMS changes the list")
    _expect_version(csms, 7)


@case("OC_16_28_CS")
def test_list_switched_off(csms: FakeCsms) -> None:
    """A listed token is asked about while the list is switched off, or LocalPreAuthorize is."""
    _only_the_list_decides(csms)
    csms.reach("IdTagLocalAuthList")
    csms.configure("LocalAuthListEnabled", "false")

    step("Present the token while LocalAuthListEnabled is false", expect="Authorize")
    csms.execute("AskedAbout")
    csms.configure("LocalAuthListEnabled", "true")
    csms.configure("LocalPreAuthorize", "false")

    step("Present the token while LocalPreAuthorize is false, refuse it", expect="Authorize; LocalListConflict")
    csms.execute("AskedAbout")
    csms.expect("StatusNotification", connectorId=0, errorCode="LocalListConflict", requirement="1.6 3.5.2")
    csms.configure("LocalPreAuthorize", "true")

    step("Charge with the token when both are true", expect="a session without Authorize")
    csms.execute("KnownIdTagCharges")


@case("OC_16_29_CS")
def test_listed_group_offline(csms: FakeCsms, operator: Operator, dut: Dut) -> None:
    """Offline, a transaction is stopped by a token that the list puts into the same group, and by no other."""
    _only_the_list_decides(csms)
    csms.configure("LocalAuthorizeOffline", "true")
    first, friend, stranger = dut.tokens.group1, dut.tokens.group2, dut.tokens.second
    group = {"parentIdTag": dut.tokens.group.idTag}
    csms.reach("IdTagLocalAuthList", entries=[_entry(first, **group), _entry(friend, **group), _entry(stranger)])
    csms.reach("Preparing")

    step("Offline: start with one token, present a stranger's and one of the group", expect="the last one stops it")
    with csms.offline():
        for token in (first, stranger, friend):
            operator.present_token(token, dut.connector)

    step("Let the charge point connect", expect="StartTransaction; StopTransaction with the token of the group")
    csms.expect_connection(within=dut.timeouts.reset)
    start = csms.expect("StartTransaction", idTag=first.idTag, within=dut.timeouts.reset, requirement="1.6 3.5")
    csms.execute("Stopped", start=start, idTag=friend.idTag, reason=one_of("Local", ABSENT))


# ------------------------------------------------------------------ what several cases do

LONG = 500
"""idTags of a long list."""
MOST = 1000
"""idTags that a case sends at most."""
UNSUPPORTED = ("NotSupported", "NotImplemented")
"""What a CALLERROR says of an action that a charge point does not have, whether it knows it or not (OCPP-J 4.2.3)."""


def _only_the_list_decides(csms: FakeCsms) -> None:
    """The local list lets tokens start; there is no cache; and the CSMS, when it is asked, refuses."""
    csms.configure("LocalAuthListEnabled", "true")
    csms.configure("LocalPreAuthorize", "true")
    _configure_if_there(csms, "AuthorizationCacheEnabled", "false")
    csms.answer("Authorize", idTagInfo={"status": "Invalid"})


def _configure_if_there(csms: FakeCsms, key: str, value: str) -> None:
    """Set a key that a charge point need not have."""
    if csms.configured(key):
        csms.configure(key, value)


def _entry(token: Any, status: str = "Accepted", **info: Any) -> dict[str, Any]:
    return _entry_of(token.idTag, status, **info)


def _entry_of(idTag: str, status: str = "Accepted", **info: Any) -> dict[str, Any]:  # noqa: N803  # the wire's own name
    return {"idTag": idTag, "idTagInfo": {"status": status, **info}}


def _send(csms: FakeCsms, version: int, kind: str, *entries: dict[str, Any], answered: str = "Accepted") -> None:
    """Send a list, without entries if none are given; its answer is judged."""
    brought = {"localAuthorizationList": [*entries]} if entries else {}
    answer = csms.send("SendLocalList", listVersion=version, updateType=kind, **brought)
    check(answer.status == answered, f"{answered}", requirement="1.6 5.15, 7.47", actual=answer.status)


def _send_in_parts(csms: FakeCsms, entries: list[dict[str, Any]]) -> int:
    """Send a list as one full list and changes to it, as many entries at a time as may be; the last version."""
    most, version = max(1, _limit(csms, "SendLocalListMaxLength")), 0
    for first in range(0, len(entries), most):
        version += 1
        _send(csms, version, "Differential" if first else "Full", *entries[first : first + most])
    return version


def _limit(csms: FakeCsms, key: str) -> int:
    """A maximum that the charge point declares, as far as a case can go."""
    text = csms.configured(key)
    if not text.isdigit() or (key == "LocalAuthListMaxLength" and int(text) > MOST):
        raise NotApplicable(f"{key} is {text!r}: more than {MOST} idTags, or no number")
    return int(text)


def _expect_version(csms: FakeCsms, version: int) -> None:
    answer = csms.send("GetLocalListVersion")
    check(answer.listVersion == version, f"version {version}", requirement="1.6 5.10", actual=answer.listVersion)


def _nothing_starts(csms: FakeCsms, dut: Dut) -> None:
    csms.expect_nothing("StartTransaction", within=dut.timeouts.physical / 10, requirement="1.6 4.1")
