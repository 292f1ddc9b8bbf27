"""Feature profile LocalAuthListManagement: a CSMS under test (1.6)."""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeStation, Operator, case, check, step

# ------------------------------------------------------------------ version


@case("TC_042_1_CSMS")
def test_version_not_supported(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for the version of the local list, and gets along with a charge point that has none."""
    step("Have the CSMS ask for the version, answer -1", expect="GetLocalListVersion; the CSMS serves on")
    _ask_version(station, operator, -1)
    station.send("Heartbeat")


@case("TC_042_2_CSMS")
def test_version_of_empty_list(station: FakeStation, operator: Operator) -> None:
    """The CSMS asks for the version of the local list, which is empty."""
    step("Have the CSMS ask for the version, answer 0", expect="GetLocalListVersion; the CSMS serves on")
    _ask_version(station, operator, 0)
    station.send("Heartbeat")


# ------------------------------------------------------------------ updates


@case("TC_043_1_CSMS")
def test_list_not_supported(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a charge point that does not support local lists."""
    step("Have the CSMS send a full list, answer NotSupported", expect="SendLocalList; the CSMS serves on")
    station.answer("SendLocalList", status="NotSupported")
    _send(station, operator, "Full", dut.tokens.valid)
    station.send("Heartbeat")


@case("TC_043_3_CSMS")
def test_list_fails(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS gets along with a charge point that fails to take a local list."""
    step("Have the CSMS send a full list, answer Failed", expect="SendLocalList; the CSMS serves on")
    station.answer("SendLocalList", status="Failed")
    _send(station, operator, "Full", dut.tokens.valid)
    station.send("Heartbeat")


@case("TC_043_4_CSMS")
def test_full_list(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A full list names each idTag once, and says of each whether it may charge."""
    step("Have the CSMS send a full list of two tokens", expect="SendLocalList with both, each with its idTagInfo")
    _send(station, operator, "Full", dut.tokens.valid, dut.tokens.second)


@case("TC_043_5_CSMS")
def test_differential_list(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """A change to the list comes with a greater version than the list has."""
    step("Have the CSMS send a full list, answer Accepted", expect="SendLocalList")
    full = _send(station, operator, "Full", dut.tokens.valid)
    station.answer("GetLocalListVersion", listVersion=full.listVersion)

    step("Have the CSMS add a token (it may ask for the version first)", expect="SendLocalList, Differential")
    change = _send(station, operator, "Differential", dut.tokens.second)
    check(
        change.listVersion > full.listVersion,
        f"a version greater than {full.listVersion}",
        requirement="1.6 7.47",
        actual=change.listVersion,
    )


# ------------------------------------------------------------------ what several cases do


def _ask_version(station: FakeStation, operator: Operator, version: int) -> None:
    station.answer("GetLocalListVersion", listVersion=version)
    operator.csms_sends("GetLocalListVersion")
    station.expect("GetLocalListVersion", requirement="1.6 5.10")


def _send(station: FakeStation, operator: Operator, kind: str, *tokens: Any) -> Any:
    """Have the CSMS send these tokens as accepted, under a version that it chooses; its SendLocalList."""
    entries = [{"idTag": token.idTag, "idTagInfo": {"status": "Accepted"}} for token in tokens]
    operator.csms_sends("SendLocalList", updateType=kind, localAuthorizationList=entries)
    request = station.expect("SendLocalList", updateType=kind, localAuthorizationList=entries, requirement="1.6 5.15")
    check(request.listVersion > 0, "a version above 0", requirement="1.6 errata 3.52", actual=request.listVersion)
    return request
