"""Block D, Local Authorization List Management: a charging station under test (2.0.1 and 2.1).

What a list makes of a token that is presented is judged in block C. Here an update counts by the version that it brings
and by LocalAuthListCtrlr.Entries, the number of tokens that the list has.
"""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeCsms, case, check, step, variable

# ------------------------------------------------------------------ updates


@case("TC_D_01_CS")
def test_full_list(csms: FakeCsms, dut: Dut) -> None:
    """A full list replaces the one that there was, and brings its version."""
    _enabled(csms)

    step("Send a full list of two tokens, then one of another", expect="Accepted both times")
    _send(csms, 1, "Full", _entry(dut.tokens.second), _entry(dut.tokens.invalid))
    _send(csms, 2, "Full", _entry(dut.tokens.valid))

    step("Ask for version and number of entries", expect="the version sent, one entry")
    _expect_list(csms, version=2, entries=1, requirement="D01.FR.15")


@case("TC_D_02_CS")
def test_differential_update(csms: FakeCsms, dut: Dut) -> None:
    """A change adds the token that it names to the list, and brings its version."""
    _enabled(csms)
    csms.reach("IdTokenLocalAuthList", version=1)

    step("Send a change with another token", expect="Accepted")
    _send(csms, 2, "Differential", _entry(dut.tokens.second))

    step("Ask for version and number of entries", expect="the version sent, two entries")
    _expect_list(csms, version=2, entries=2, requirement="D01.FR.16")


@case("TC_D_03_CS")
def test_differential_removal(csms: FakeCsms, dut: Dut) -> None:
    """A change removes the tokens that it names without idTokenInfo, and brings its version."""
    _enabled(csms)
    csms.reach("IdTokenLocalAuthList", entries=[_entry(dut.tokens.valid), _entry(dut.tokens.second)])

    step("Send a change with one of the tokens, without idTokenInfo", expect="Accepted")
    _send(csms, 2, "Differential", {"idToken": dut.tokens.valid})

    step("Ask for version and number of entries", expect="the version sent, one entry")
    _expect_list(csms, version=2, entries=1, requirement="D01.FR.17")


@case("TC_D_04_CS")
def test_empty_full_list(csms: FakeCsms) -> None:
    """A full list without entries empties the list, and brings its version all the same."""
    _enabled(csms)
    csms.reach("IdTokenLocalAuthList", version=1)

    step("Send a full list without entries", expect="Accepted")
    _send(csms, 2, "Full")

    step("Ask for version and number of entries", expect="the version sent, no entry")
    _expect_list(csms, version=2, entries=0, requirement="D01.FR.04")


@case("TC_D_05_CS")
def test_empty_change(csms: FakeCsms) -> None:
    """A change without entries changes the version alone."""
    _enabled(csms)
    csms.reach("IdTokenLocalAuthList", version=1)

    step("Send a change without entries", expect="Accepted")
    _send(csms, 2, "Differential")

    step("Ask for version and number of entries", expect="the version sent, one entry as before")
    _expect_list(csms, version=2, entries=1, requirement="D01.FR.05")


@case("TC_D_06_CS")
def test_version_mismatch(csms: FakeCsms, dut: Dut) -> None:
    """A change whose version is not greater than the list's is refused and changes nothing."""
    _enabled(csms)
    csms.reach("IdTokenLocalAuthList", version=2)

    for version in (1, 2):
        step("Send a change of a smaller version, then of the same", expect="VersionMismatch")
        _send(csms, version, "Differential", _entry(dut.tokens.second), answered="VersionMismatch")

    step("Ask for version and number of entries", expect="both as before")
    _expect_list(csms, version=2, entries=1, requirement="D01.FR.19")


@case("TC_D_07_CS")
def test_list_after_reboot(csms: FakeCsms) -> None:
    """The list outlives a reboot."""
    _enabled(csms)
    csms.reach("IdTokenLocalAuthList", version=7)

    step("Restart the station", expect="it registers and reports its connectors")
    csms.execute("Booted")

    step("Ask for version and number of entries", expect="both as before")
    _expect_list(csms, version=7, entries=1, requirement="D01.FR.10")


# ------------------------------------------------------------------ version


@case("TC_D_08_CS")
def test_version(csms: FakeCsms) -> None:
    """The station tells the version of its list."""
    _enabled(csms)
    csms.reach("IdTokenLocalAuthList", version=3)

    step("Send GetLocalListVersion", expect="the version of the list that was sent")
    _expect_version(csms, 3, "D02.FR.01")


@case("TC_D_10_CS")
def test_version_while_disabled(csms: FakeCsms) -> None:
    """While local lists are disabled there is no version, whatever was sent before."""
    _enabled(csms)
    csms.reach("IdTokenLocalAuthList", version=3)
    csms.configure("LocalAuthListCtrlr", "Enabled", "false")

    step("Send GetLocalListVersion", expect="0")
    _expect_version(csms, 0, "D02.FR.03")


# ------------------------------------------------------------------ helpers of this file


def _enabled(csms: FakeCsms) -> None:
    """Local lists are enabled: a station on which they always are need not have the variable."""
    if csms.configured("LocalAuthListCtrlr", "Enabled"):
        csms.configure("LocalAuthListCtrlr", "Enabled", "true")


def _entry(token: Any, status: str = "Accepted") -> dict[str, Any]:
    return {"idToken": token, "idTokenInfo": {"status": status}}


def _send(csms: FakeCsms, version: int, kind: str, *entries: dict[str, Any], answered: str = "Accepted") -> None:
    listed = {"localAuthorizationList": [*entries]} if entries else {}
    answer = csms.send("SendLocalList", versionNumber=version, updateType=kind, **listed)
    requirement = "D01.FR.02" if answered == "Accepted" else "D01.FR.19"
    check(answer.status == answered, f"status {answered}", requirement=requirement, actual=answer.status)


def _expect_version(csms: FakeCsms, version: int, requirement: str) -> None:
    told = csms.send("GetLocalListVersion").versionNumber
    check(told == version, f"version {version}", requirement=requirement, actual=told)


def _expect_list(csms: FakeCsms, *, version: int, entries: int, requirement: str) -> None:
    _expect_version(csms, version, requirement)
    answer = csms.send("GetVariables", getVariableData=[variable("LocalAuthListCtrlr", "Entries")])
    value = answer.getVariableResult[0].attributeValue
    check(value == f"{entries}", f"LocalAuthListCtrlr.Entries is {entries}", requirement=requirement, actual=value)
