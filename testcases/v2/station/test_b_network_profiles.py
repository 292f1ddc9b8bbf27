"""Block B, Provisioning: the network connection profiles of a charging station under test (2.0.1 and 2.1; B09, B10)."""

from __future__ import annotations

from typing import Any

from conformance import Dut, FakeCsms, case, check, hash_data, listed, networks, require, step

COMM = "OCPPCommCtrlr"
SECURITY = "SecurityCtrlr"
ROOT = "CSMSRootCertificate"


@case("TC_B_43_CS")
def test_network_profile_rejected(csms: FakeCsms, dut: Dut) -> None:
    """A network profile for a slot that the station does not have is rejected."""
    step("Set a network profile in slot 999", expect="Rejected")
    answer = csms.send(
        "SetNetworkProfile",
        configurationSlot=999,
        connectionData=networks.connection_data(csms),
    )
    check(answer.status == "Rejected", "Rejected", requirement="B09.FR.02", actual=answer.status)


@case("TC_B_45_CS")
def test_network_profile_changed(csms: FakeCsms, dut: Dut) -> None:
    """A station changes to the network profile that the CSMS puts first."""
    spare, active = networks.slots(csms)
    csms.keep(COMM, "NetworkConfigurationPriority")

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    path = _set_profile(csms, spare)
    _set_priority(csms, spare, active)

    step("Reset OnIdle", expect="Accepted; the station connects by the new profile and registers")
    _reset(csms)
    _check_attempts(csms, [path], "B10.FR.04")
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")

    step("Put the old profile first again and reset", expect="the station connects by it")
    _set_priority(csms, active)
    old = path.replace(f"/{networks.OTHER_WAY}/", "/")
    _reset(csms)
    _check_attempts(csms, [old], "B10.FR.04")


@case("TC_B_46_CS")
def test_network_profile_fails(csms: FakeCsms, dut: Dut) -> None:
    """A station that can't connect by the first network profile tries so many times, and then the second."""
    spare, active = networks.slots(csms)
    own = csms.path
    csms.keep(COMM, "NetworkConfigurationPriority")
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "2")

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    path = _set_profile(csms, spare)
    _set_priority(csms, spare, active)

    step("Reset OnIdle, turn two attempts away", expect="two attempts by the new profile, then one by the old")
    csms.turn_away(2)
    _reset(csms)
    _check_attempts(csms, [path, path, own], "B10.FR.03")
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")


@case("TC_B_49_CS")
def test_network_profiles_fail(csms: FakeCsms, dut: Dut) -> None:
    """A station that can't connect by any network profile goes back to the one that worked last."""
    spare, active = networks.slots(csms)
    own, wait = csms.path, dut.values.retry_back_off
    csms.keep(COMM, "NetworkConfigurationPriority")
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "1")
    csms.configure(COMM, "RetryBackOffRepeatTimes", "0")
    csms.configure(COMM, "RetryBackOffRandomRange", "0")
    csms.configure(COMM, "RetryBackOffWaitMinimum", str(wait))

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    path = _set_profile(csms, spare)
    _set_priority(csms, spare, active)

    step(
        "Reset OnIdle, turn one attempt by each profile away", expect="another by the old one, after the back-off time"
    )
    csms.turn_away(2)
    _reset(csms)
    _check_attempts(csms, [path, own, own], "B10.FR.07")
    waited = csms.waited()
    check(
        waited >= wait - min(1.0, 0.1 * wait), f"after {wait} s at the earliest", requirement="B10.FR.07", actual=waited
    )
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")


@case("TC_B_47_CS")
def test_network_profile_fails_by_new_root(csms: FakeCsms, dut: Dut) -> None:
    """A station that can't verify the CSMS of the new network profile by its new root goes back to the old of both."""
    spare, active = networks.slots(csms)
    own, root = csms.path, csms.certificates.own_root()
    strict = csms.configured(SECURITY, "AdditionalRootCertificateCheck")
    require(strict == "true", f"AS-2 is declared, and AdditionalRootCertificateCheck is {strict or 'not there'}")
    csms.keep(COMM, "NetworkConfigurationPriority")
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "1")
    new = csms.certificates.new_root("signed-successor")
    csms.reach("CertificateInstalled", certificate=new)

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    _set_profile(csms, spare)
    _set_priority(csms, spare, active)

    step(
        "Reset OnIdle, show the certificate under the old root", expect="no connection by the new profile; the old one"
    )
    _reset(csms)
    csms.expect_connection(within=csms.deadlines.reset, requirement="M05.FR.16")
    attempts = [one.taken for one in csms.tls.attempts()]
    check(
        attempts == [False, True],
        "one attempt by the new root, then one by the old",
        requirement="M05.FR.15",
        actual=attempts,
    )
    check(csms.path == own, "the connection is by the old profile", requirement="B10.FR.07", actual=csms.path)
    csms.expect("BootNotification", within=csms.deadlines.boot, requirement="B10.FR.10")
    for connector in dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")

    step("Ask for the CSMS roots", expect="the old one and the new one")
    roots = _roots(csms)
    check(listed(roots, root), "the old root is there", requirement="M05.FR.12")
    check(listed(roots, new, root), "the new root is there", requirement="M05.FR.12")

    step("Delete the new one", expect="Accepted")
    _delete(csms, hash_data(new, issuer=root))


@case("TC_B_50_CS")
def test_network_profile_of_new_root(csms: FakeCsms, dut: Dut) -> None:
    """A station changes to a network profile whose CSMS it verifies by a new root."""
    spare, active = networks.slots(csms)
    path, own, root = csms.url_with(networks.OTHER_WAY)[1], csms.path, csms.certificates.own_root()
    strict = csms.configured(SECURITY, "AdditionalRootCertificateCheck") == "true"
    csms.keep(COMM, "NetworkConfigurationPriority")
    new = csms.certificates.new_root("signed-successor" if strict else "successor")
    csms.reach("CertificateInstalled", certificate=new)

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    _set_profile(csms, spare)
    _set_priority(csms, spare, active)

    with csms.tls.shown("successor", hang_up=False):
        step("Reset OnIdle, show a certificate under the new root", expect="a connection by the new profile")
        _reset(csms)
        _check_attempts(csms, [path], "M05.FR.13")
        for connector in dut.connectors:
            csms.expect_connector_status("Available", connector, requirement="B01.FR.05")
        if strict:
            step("Ask for the CSMS roots", expect="the new one, and no longer the old one")
            roots = _roots(csms)
            check(listed(roots, new, root), "the new root is there", requirement="M05.FR.12")
            check(not listed(roots, root), "the old root is gone", requirement="M05.FR.13")
            csms.execute("CertificateInstalled", certificate=csms.certificates.new_root("signed-predecessor"))

    step("Show the certificate under the old root again, put the old profile first, reset", expect="the old profile")
    csms.expect_connection(within=csms.deadlines.reset)
    _set_priority(csms, active)
    _reset(csms)
    _check_attempts(csms, [own], "B10.FR.04")
    if not strict:
        _delete(csms, hash_data(new))


# ---------------------------------------------------------------------- shapes that several cases share


def _reset(csms: FakeCsms) -> None:
    """A Reset OnIdle of the idle station is accepted."""
    answer = csms.send("Reset", type="OnIdle")
    check(answer.status == "Accepted", "Reset is Accepted", requirement="B11.FR.03", actual=answer.status)


def _set_profile(csms: FakeCsms, slot: str) -> str:
    """A network profile that leads to us by another path is stored in a slot; the path."""
    status = networks.set_profile(csms, slot)
    check(status == "Accepted", "SetNetworkProfile is Accepted", requirement="B09.FR.01", actual=status)
    return csms.url_with(networks.OTHER_WAY)[1]


def _set_priority(csms: FakeCsms, *slots: str) -> None:
    """NetworkConfigurationPriority is set, at once or for the next boot."""
    status = networks.set_priority(csms, *slots)
    taken = status in ("Accepted", "RebootRequired")
    check(taken, "NetworkConfigurationPriority is Accepted or RebootRequired", requirement="B10.FR.01", actual=status)


def _check_attempts(csms: FakeCsms, paths: list[str], requirement: str) -> None:
    """After a reset the station connects by these paths, the last of which is taken, and registers."""
    csms.expect_connection(within=csms.deadlines.reset, requirement=requirement)
    used = csms.attempts_in_step()
    check(used == paths, f"connection attempts by {', '.join(paths)}", requirement=requirement, actual=used)
    csms.expect("BootNotification", within=csms.deadlines.boot, requirement="B01.FR.03")


def _roots(csms: FakeCsms) -> list[Any]:
    """The hash data of the CSMS roots that the station has."""
    answer = csms.send("GetInstalledCertificateIds", certificateType=[ROOT])
    check(answer.status == "Accepted", "GetInstalledCertificateIds is Accepted", requirement="M03.FR.01", actual=answer)
    chains = answer.certificateHashDataChain or []
    right = all(one.certificateType == ROOT for one in chains)
    check(right, "CSMS roots alone", requirement="M03.FR.03", actual=answer)
    return [one.certificateHashData for one in chains]


def _delete(csms: FakeCsms, certificate: dict[str, str]) -> None:
    """A root that is there, and not in use, is deleted."""
    answer = csms.send("DeleteCertificate", certificateHashData=certificate)
    check(answer.status == "Accepted", "DeleteCertificate is Accepted", requirement="M04.FR.02", actual=answer.status)
