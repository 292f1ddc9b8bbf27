"""Block D, Local Authorization List Management: a CSMS under test (2.0.1 and 2.1)."""

from __future__ import annotations

from typing import Any

from conformance import ABSENT, Dut, FakeStation, Operator, case, check, one_of, recommend, step

# ------------------------------------------------------------------ updates


@case("TC_D_01_CSMS")
def test_full_list(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A full list names each token once, and says of each whether it may charge."""
    station.answer("GetLocalListVersion", versionNumber=1)

    step("Have the CSMS send a full list of two tokens (it may ask for the version)", expect="SendLocalList with both")
    request = _send(station, operator, "Full", [_entry(dut.tokens.valid), _entry(dut.tokens.second)])
    number = request.versionNumber
    check(number > 0, "a version above 0", requirement="D01.FR.18", actual=number)


@case("TC_D_02_CSMS")
def test_differential_update(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A change to the list comes with a greater version than the list has."""
    step("Have the CSMS send a full list, answer Accepted", expect="SendLocalList")
    full = _send(station, operator, "Full", [_entry(dut.tokens.valid)])
    station.answer("GetLocalListVersion", versionNumber=full.versionNumber)

    step("Have the CSMS add a token (it may ask for the version)", expect="SendLocalList, Differential")
    change = _send(station, operator, "Differential", [_entry(dut.tokens.second)])
    _newer(change, full)


@case("TC_D_03_CSMS")
def test_differential_removal(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A token is taken off the list by an entry without idTokenInfo."""
    step("Have the CSMS send a full list, answer Accepted", expect="SendLocalList")
    full = _send(station, operator, "Full", [_entry(dut.tokens.valid), _entry(dut.tokens.second)])
    station.answer("GetLocalListVersion", versionNumber=full.versionNumber)

    step("Have the CSMS take a token off", expect="SendLocalList, Differential, the token without idTokenInfo")
    change = _send(station, operator, "Differential", [{"idToken": dut.tokens.second}])
    info = change.localAuthorizationList[0].idTokenInfo
    check(info is ABSENT, "no idTokenInfo", requirement="D01.FR.17", actual=info)
    _newer(change, full)


@case("TC_D_04_CSMS")
def test_empty_full_list(station: FakeStation, operator: Operator) -> None:
    """A list is emptied by a full one without entries."""
    station.answer("GetLocalListVersion", versionNumber=1)

    step("Have the CSMS empty the list (it may ask for the version)", expect="SendLocalList, Full, without entries")
    operator.csms_sends("SendLocalList", updateType="Full", localAuthorizationList=None)
    request = station.expect(
        "SendLocalList", updateType="Full", localAuthorizationList=one_of(ABSENT, []), requirement="D01.FR.04"
    )
    number = request.versionNumber
    check(number > 0, "a version above 0", requirement="D01.FR.18", actual=number)


@case("OC_D_01_CSMS")
def test_full_list_after_refused_change(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """After a change that the station has refused, the CSMS sends the full list by itself, as is recommended."""
    step("Have the CSMS send a full list, answer Accepted", expect="SendLocalList")
    full = _send(station, operator, "Full", [_entry(dut.tokens.valid)])
    station.answer("GetLocalListVersion", versionNumber=full.versionNumber)

    step("Have the CSMS add a token, answer VersionMismatch", expect="SendLocalList, Differential, then Full with both")
    station.answer("SendLocalList", {"status": "VersionMismatch"})
    _newer(_send(station, operator, "Differential", [_entry(dut.tokens.second)]), full)
    entries = [_entry(dut.tokens.valid), _entry(dut.tokens.second)]
    either = {"updateType": "Full", "localAuthorizationList": one_of(entries, entries[::-1])}
    told = station.wait(lambda: bool(station.seen_in_step("SendLocalList", **either)), within=dut.timeouts.message)
    recommend(told, "the full list, with both tokens", requirement="D01.FR.03", actual="no such SendLocalList")


# ------------------------------------------------------------------ version


@case("TC_D_08_CSMS")
def test_version(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for the version of the local list."""
    step("Have the CSMS ask for the version, answer 3", expect="GetLocalListVersion; the CSMS serves on")
    _ask_version(station, operator, 3)


@case("TC_D_09_CSMS")
def test_version_without_list(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for the version of the local list, and gets along with a station that has none."""
    step("Have the CSMS ask for the version, answer 0", expect="GetLocalListVersion; the CSMS serves on")
    _ask_version(station, operator, 0)


# ------------------------------------------------------------------ helpers of this file


def _ask_version(station: FakeStation, operator: Operator, version: int) -> None:
    station.answer("GetLocalListVersion", versionNumber=version)
    operator.csms_sends("GetLocalListVersion")
    station.expect("GetLocalListVersion", requirement="D02.FR.01")
    station.send("Heartbeat")


def _entry(token: Any) -> dict[str, Any]:
    return {"idToken": token, "idTokenInfo": {"status": "Accepted"}}


def _send(station: FakeStation, operator: Operator, kind: str, entries: list[dict[str, Any]]) -> Any:
    """Have the CSMS send these entries and no others, under a version that it chooses; its SendLocalList."""
    operator.csms_sends("SendLocalList", updateType=kind, localAuthorizationList=entries)
    return station.expect("SendLocalList", updateType=kind, localAuthorizationList=entries, requirement="D01.FR.01")


def _newer(change: Any, before: Any) -> None:
    check(
        change.versionNumber > before.versionNumber,
        f"a version greater than {before.versionNumber}",
        requirement="D01.FR.19",
        actual=change.versionNumber,
    )
