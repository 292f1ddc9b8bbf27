"""Block B, Provisioning: the network connection profiles of a charging station under test (2.0.1 and 2.1; B09, B10)."""

from __future__ import annotations

import secrets
from typing import Any

from conformance import (
    ABSENT,
    Dut,
    FakeCsms,
    NotApplicable,
    Report,
    case,
    check,
    hash_data,
    listed,
    networks,
    require,
    security,
    step,
    variable,
)

COMM = "OCPPCommCtrlr"
SECURITY = "SecurityCtrlr"
PASSWORD = "a-password-of-30-characters-1A"
TAKEN = ("Accepted", "RebootRequired")
VARIABLES = (
    *("OcppCsmsUrl", "OcppInterface", "OcppTransport", "OcppVersion", "MessageTimeout", "SecurityProfile"),
    *("BasicAuthPassword", "VpnEnabled", "ApnEnabled"),
)
"""Of NetworkConfiguration, what every station has (part 2, 2.1.8)."""
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
    check(answer.status == "Rejected", "Rejected", requirement="B09.FR.05", actual=answer.status)


@case("OC_B_09_CS")
def test_priority_of_unknown_slot(csms: FakeCsms, dut: Dut) -> None:
    """A slot that the station does not have comes not into NetworkConfigurationPriority, which stays as it was."""
    before = csms.keep(COMM, "NetworkConfigurationPriority")

    step("Add slot 999 to NetworkConfigurationPriority", expect="Rejected")
    status = _set_list(csms, before, "999").attributeStatus
    check(status == "Rejected", "Rejected", requirement="B10.FR.02", actual=status)

    step("Read it", expect="the list of before")
    _check_priority(csms, before, "B10.FR.02")


@case("TC_B_45_CS")
def test_network_profile_changed(csms: FakeCsms, dut: Dut) -> None:
    """A station changes to the network profile that the CSMS puts first."""
    own, active = csms.path, networks.slots(csms)[1]

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    path = _put_first(csms)

    step("Reset OnIdle", expect="Accepted; the station connects by the new profile and registers")
    _comes_back(csms, [path], "B10.FR.04")

    step("Put the old profile first again and reset", expect="the station connects by it")
    _set_priority(csms, active)
    _comes_back(csms, [own], "B10.FR.04")


@case("TC_B_46_CS")
def test_network_profile_fails(csms: FakeCsms, dut: Dut) -> None:
    """A station that can't connect by the first network profile tries so many times, and then the second."""
    own = csms.path
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "2")

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    path = _put_first(csms)

    step("Reset OnIdle, turn two attempts away", expect="two attempts by the new profile, then one by the old")
    csms.turn_away(2)
    _comes_back(csms, [path, path, own], "B10.FR.03")


@case("TC_B_49_CS")
def test_network_profiles_fail(csms: FakeCsms, dut: Dut) -> None:
    """A station that can't connect by any network profile goes back to the one that worked last."""
    own, wait = csms.path, dut.values.retry_back_off
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "1")
    csms.configure(COMM, "RetryBackOffRepeatTimes", "0")
    csms.configure(COMM, "RetryBackOffRandomRange", "0")
    csms.configure(COMM, "RetryBackOffWaitMinimum", str(wait))

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    path = _put_first(csms)

    step("Reset OnIdle, turn one attempt by each profile away", expect="another by the old one, after the back-off")
    csms.turn_away(2)
    _comes_back(csms, [path, own, own], "B10.FR.07")
    waited = csms.waited()
    late = waited >= wait - min(1.0, 0.25 * wait)
    check(late, f"after {wait} s at the earliest", requirement="B10.FR.07", actual=waited)


@case("TC_B_47_CS")
def test_network_profile_fails_by_new_root(csms: FakeCsms, dut: Dut) -> None:
    """A station that can't verify the CSMS of the new network profile by its new root goes back to the old of both."""
    own, root = csms.path, csms.certificates.own_root()
    strict = csms.configured(SECURITY, "AdditionalRootCertificateCheck")
    require(strict == "true", f"AS-2 is declared, and AdditionalRootCertificateCheck is {strict or 'not there'}")
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "1")
    new = csms.certificates.new_root("signed-successor")
    csms.reach("CertificateInstalled", certificate=new)

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    _put_first(csms)

    step("Reset OnIdle, show the certificate under the old root", expect="an attempt by the new profile, then the old")
    _reset(csms)
    csms.expect_connection(within=csms.deadlines.reset, requirement="M05.FR.16")
    taken = [one.taken for one in csms.tls.attempts()]
    check(taken == [False, True], "an attempt by the new root, one by the old", requirement="M05.FR.15", actual=taken)
    check(csms.path == own, "the connection is by the old profile", requirement="B10.FR.07", actual=csms.path)
    _registers(csms, "B10.FR.10")

    step("Ask for the CSMS roots, delete the new one", expect="the old one and the new one; Accepted")
    roots = _roots(csms)
    check(listed(roots, root), "the old root is there", requirement="M05.FR.12")
    check(listed(roots, new, root), "the new root is there", requirement="M05.FR.12")
    _delete(csms, hash_data(new, issuer=root))


@case("TC_B_50_CS")
def test_network_profile_of_new_root(csms: FakeCsms) -> None:
    """A station changes to a network profile whose CSMS it verifies by a new root."""
    own, active, root = csms.path, networks.slots(csms)[1], csms.certificates.own_root()
    strict = csms.configured(SECURITY, "AdditionalRootCertificateCheck") == "true"
    new = csms.certificates.new_root("signed-successor" if strict else "successor")
    csms.reach("CertificateInstalled", certificate=new)

    step("Set a network profile in a spare slot and put it first", expect="Accepted; Accepted or RebootRequired")
    path = _put_first(csms)

    with csms.tls.shown("successor", hang_up=False):
        step("Reset OnIdle, show a certificate under the new root", expect="a connection by the new profile")
        _comes_back(csms, [path], "M05.FR.13")
        if strict:
            step("Ask for the CSMS roots", expect="the new one, and no longer the old one")
            roots = _roots(csms)
            check(listed(roots, new, root), "the new root is there", requirement="M05.FR.12")
            check(not listed(roots, root), "the old root is gone", requirement="M05.FR.13")
            csms.execute("CertificateInstalled", certificate=csms.certificates.new_root("signed-predecessor"))

    step("Show the certificate under the old root again, put the old profile first, reset", expect="the old profile")
    csms.expect_connection(within=csms.deadlines.reset)
    _set_priority(csms, active)
    _comes_back(csms, [own], "B10.FR.04")
    if not strict:
        _delete(csms, hash_data(new))


# ---------------------------------------------------------------------- network profiles as variables (2.1)


@case("TC_B_100_CS")
def test_network_profile_reported(csms: FakeCsms, dut: Dut) -> None:
    """Every slot is reported as NetworkConfiguration, the one that was set just now with what it was set to."""
    spare, _ = networks.slots(csms)
    profile = networks.wanted_data(csms, max(2, dut.security_profile), identity=dut.identity)

    step("Set a network profile with identity and password in a spare slot", expect="Accepted")
    data = {**profile, "basicAuthPassword": PASSWORD}
    answer = csms.send("SetNetworkProfile", configurationSlot=int(spare), connectionData=data)
    check(answer.status == "Accepted", "SetNetworkProfile is Accepted", requirement="B09.FR.01", actual=answer.status)

    step("Ask for the FullInventory", expect="Accepted, then the whole report; NetworkConfiguration of every slot")
    request_id = csms.next_request_id()
    answer = csms.send("GetBaseReport", requestId=request_id, reportBase="FullInventory")
    check(answer.status == "Accepted", "GetBaseReport is Accepted", requirement="B07.FR.01", actual=answer.status)
    report = csms.expect_report(request_id, requirement="B07.FR.03")
    priority = report.find(COMM, "NetworkConfigurationPriority")
    slots = priority.members if priority else ()
    check(len(slots) >= 2, "two slots at least", requirement="B09.FR.06", actual=slots)
    for slot in slots:
        _check_reported(report, slot, profile if slot == spare else {})


@case("OC_B_10_CS")
def test_report_of_slots(csms: FakeCsms, dut: Dut) -> None:
    """A report for NetworkConfiguration has every slot, or the one that is named."""
    spare, _ = networks.slots(csms)
    for slot in (None, spare):
        step("Ask for OcppCsmsUrl of NetworkConfiguration", expect="Accepted, then a report: every slot, or the named")
        request_id = csms.next_request_id()
        asked = variable(networks.CONFIGURATION, "OcppCsmsUrl", of=slot)
        answer = csms.send("GetReport", requestId=request_id, componentVariable=[asked])
        check(answer.status == "Accepted", "GetReport is Accepted", requirement="B08.FR.01", actual=answer.status)
        found = sorted(one.of for one in csms.expect_report(request_id, requirement="B08.FR.03"))
        if slot is None:
            check(len(found) >= 2, "every slot", requirement="B08.FR.25", actual=found)
        else:
            check(found == [slot], f"slot {slot} alone", requirement="B08.FR.24", actual=found)


@case("TC_B_105_CS")
def test_network_configuration_set(csms: FakeCsms, dut: Dut) -> None:
    """A slot that is in no use is filled variable by variable."""
    spare, active = networks.slots(csms)
    csms.configure(COMM, "NetworkConfigurationPriority", active)
    _needs_writable(csms, spare)

    step("Set every variable of a spare slot's NetworkConfiguration", expect="Accepted, but of VPN and APN")
    data = networks.wanted_data(csms, dut.security_profile, identity=dut.identity, basicAuthPassword=PASSWORD)
    _check_all_set(_set_variables(csms, spare, data))
    without = _set_variables(csms, spare, {"vpnEnabled": False, "apnEnabled": False})
    statuses = [one.attributeStatus for one in without]
    right = all(one in ("Accepted", "Rejected") for one in statuses)
    check(right, "VPN and APN: Accepted, or Rejected", requirement="B09.FR.13", actual=statuses)

    step("Read them", expect="what they were set to, without the password")
    readable = {name: value for name, value in data.items() if name != "basicAuthPassword"}
    _check_variables(csms, spare, {**readable, "vpnEnabled": False, "apnEnabled": False}, "B09.FR.23")


@case("TC_B_107_CS")
def test_network_configuration_validated(csms: FakeCsms, dut: Dut) -> None:
    """A slot comes into NetworkConfigurationPriority when it holds what a connection needs, and out of it any time."""
    spare, active = networks.slots(csms)
    csms.configure(COMM, "NetworkConfigurationPriority", active)
    _needs_writable(csms, spare)
    if dut.security_profile < 2:
        csms.reach("CertificateInstalled", certificate=csms.certificates.own_root())
    data = networks.wanted_data(csms, max(2, dut.security_profile), basicAuthPassword=PASSWORD)

    step("Fill a spare slot, but with a URL without TLS, and add it", expect="Accepted; then Rejected")
    _check_all_set(_set_variables(csms, spare, {**data, "ocppCsmsUrl": "ws://csms.example.com/ocpp"}))
    result = _set_list(csms, active, spare)
    _check_rejected(result, ("InvalidNetworkConf",), "B09.FR.34")

    step("Mend the URL, and add the slot", expect="Accepted; then Accepted or RebootRequired")
    _check_all_set(_set_variables(csms, spare, {"ocppCsmsUrl": data["ocppCsmsUrl"]}))
    status = _set_list(csms, active, spare).attributeStatus
    check(status in TAKEN, "Accepted or RebootRequired", requirement="B09.FR.33", actual=status)
    _check_priority(csms, f"{active},{spare}", "B09.FR.33")

    step("Remove it", expect="Accepted or RebootRequired")
    status = _set_list(csms, active).attributeStatus
    check(status in TAKEN, "Accepted or RebootRequired", requirement="B09.FR.20", actual=status)
    _check_priority(csms, active, "B09.FR.20")


@case("TC_B_108_CS")
def test_network_configuration_in_use(csms: FakeCsms, dut: Dut) -> None:
    """A slot that may be needed to connect can't be changed by its variables."""
    spare, active = networks.slots(csms)
    csms.keep(COMM, "NetworkConfigurationPriority")
    _needs_writable(csms, spare)
    status = networks.set_profile(csms, spare)
    require(status == "Accepted", f"SetNetworkProfile was answered {status}")
    status = networks.set_priority(csms, active, spare)
    require(status in TAKEN, f"NetworkConfigurationPriority was answered {status}")

    for slot in (active, spare):
        step("Set MessageTimeout of a slot of NetworkConfigurationPriority to 123", expect="Rejected")
        before = _read(csms, variable(networks.CONFIGURATION, "MessageTimeout", of=slot)).attributeValue
        result = _set_variables(csms, slot, {"messageTimeout": 123})[0]
        _check_rejected(result, ("PriorityNetworkConf", "ActiveNetworkConf"), "B09.FR.22")
        _check_variables(csms, slot, {"messageTimeout": before}, "B09.FR.22")


@case("TC_B_109_CS")
def test_network_profile_cleared(csms: FakeCsms, dut: Dut) -> None:
    """What SecurityCtrlr is given of identity and password counts, and no longer what the profile in use has."""
    spare, active = networks.slots(csms)
    _needs_writable(csms, spare)
    _credentials_in_profile(csms, active)

    step("Read the identity of the profile in use, and that of SecurityCtrlr", expect="the one that was set in it")
    _check_variables(csms, active, {"identity": dut.identity}, "B09.FR.09")
    value = _read(csms, variable(SECURITY, "Identity")).attributeValue
    check(value == dut.identity, "SecurityCtrlr has the identity in use", requirement="B09.FR.28", actual=value)

    step("Set the identity of SecurityCtrlr, then read that of the profile", expect="Accepted; empty")
    _take(csms, "Identity", dut.identity, "B05.FR.10")
    _check_variables(csms, active, {"identity": ""}, "B09.FR.26")

    step("Set the password of SecurityCtrlr, close the connection", expect="Accepted; a connection by both")
    password = secrets.token_hex(14) if _by_password(dut) else PASSWORD
    if _by_password(dut):
        csms.ask_for(password=password.encode())
    _take(csms, "BasicAuthPassword", password, "A01.FR.01")
    if not csms.wait(lambda: not csms.connected, within=csms.deadlines.quiet):
        # Else it comes back with the new password by itself.
        csms.disconnect()
    csms.expect_connection(within=security.time_to_return(csms), requirement="B09.FR.16")
    value = _read(csms, variable(COMM, "ActiveNetworkProfile")).attributeValue
    check(value == active, f"slot {active} is in use", requirement="B09.FR.16", actual=value)


@case("TC_B_110_CS")
def test_no_network_profile_without_tls(csms: FakeCsms, dut: Dut) -> None:
    """A station on TLS takes no network profile without it, though it may go down from profile 3 to 2."""
    spare, _ = networks.slots(csms)
    csms.configure(SECURITY, "AllowSecurityProfileDowngrade", "true")

    step("Set a network profile with security profile 1", expect="Rejected")
    _check_no_downgrade(csms, spare, 1, "B09.FR.31")


@case("TC_B_111_CS")
def test_no_network_configuration_without_tls(csms: FakeCsms, dut: Dut) -> None:
    """A station on TLS takes no security profile without it into a slot, though it may go down from profile 3 to 2."""
    spare, active = networks.slots(csms)
    csms.configure(SECURITY, "AllowSecurityProfileDowngrade", "true")
    csms.configure(COMM, "NetworkConfigurationPriority", active)
    _needs_writable(csms, spare)

    step("Fill a spare slot with security profile 1", expect="Accepted, but SecurityProfile Rejected")
    _check_no_lower_variable(csms, spare, 1, "B09.FR.32")


@case("TC_B_112_CS")
def test_no_lower_network_profile(csms: FakeCsms, dut: Dut) -> None:
    """A station on security profile 3 that may not go down takes no network profile with profile 2."""
    spare, _ = networks.slots(csms)
    csms.prefer(SECURITY, "AllowSecurityProfileDowngrade", "false")

    step("Set a network profile with security profile 2", expect="Rejected")
    _check_no_downgrade(csms, spare, 2, "B09.FR.04")


@case("TC_B_113_CS")
def test_no_lower_network_configuration(csms: FakeCsms, dut: Dut) -> None:
    """A station on security profile 3 that may not go down takes no profile 2 into a slot."""
    spare, active = networks.slots(csms)
    csms.prefer(SECURITY, "AllowSecurityProfileDowngrade", "false")
    csms.configure(COMM, "NetworkConfigurationPriority", active)
    _needs_writable(csms, spare)

    step("Fill a spare slot with security profile 2", expect="Accepted, but SecurityProfile Rejected")
    _check_no_lower_variable(csms, spare, 2, "B09.FR.35")


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


def _put_first(csms: FakeCsms) -> str:
    """A network profile that leads to us by another path comes first, as long as the case lasts; the path."""
    spare, active = networks.slots(csms)
    csms.keep(COMM, "NetworkConfigurationPriority")
    path = _set_profile(csms, spare)
    _set_priority(csms, spare, active)
    return path


def _comes_back(csms: FakeCsms, paths: list[str], requirement: str) -> None:
    """After a Reset OnIdle the station connects by these paths, the last of which is taken, and registers."""
    _reset(csms)
    csms.expect_connection(within=csms.deadlines.reset, requirement=requirement)
    used = csms.attempts_in_step()
    check(used == paths, f"connection attempts by {', '.join(paths)}", requirement=requirement, actual=used)
    _registers(csms, "B01.FR.03")


def _registers(csms: FakeCsms, requirement: str) -> None:
    """The station boots, and reports its connectors."""
    csms.expect("BootNotification", within=csms.deadlines.boot, requirement=requirement)
    for connector in csms.lab.dut.connectors:
        csms.expect_connector_status("Available", connector, requirement="B01.FR.05")


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


def _check_reported(report: Report, slot: str, profile: dict[str, Any]) -> None:
    """A report has a slot's NetworkConfiguration, with what the network profile has."""
    for name in VARIABLES:
        found = report.find(networks.CONFIGURATION, name, of=slot)
        if not check(found, f"{name} of slot {slot} is reported", requirement="B09.FR.08") or found is None:
            continue
        if name == "BasicAuthPassword":
            hidden = found.value is None and (found.mutability == "WriteOnly" or found.mutability == "ReadOnly")
            check(hidden, "the password is not told", requirement="B09.FR.10", actual=found.data)
        else:
            access = found.mutability
            check(access in ("ReadOnly", "ReadWrite"), f"{name} can be read", requirement="B09.FR.10", actual=access)
    for field, value in profile.items():
        found = report.find(networks.CONFIGURATION, networks.variable_name(field), of=slot)
        if found is not None:
            same = found.value == networks.text(value)
            check(same, f"{found.label} is {value}", requirement="B09.FR.09", actual=found.value)
    for name in ("VpnEnabled", "ApnEnabled") if profile else ():
        found = report.find(networks.CONFIGURATION, name, of=slot)
        if found is not None:
            check(found.value == "false", f"{found.label} is false", requirement="B09.FR.11", actual=found.value)


def _needs_writable(csms: FakeCsms, slot: str) -> None:
    """The variables of NetworkConfiguration can be set, which is the station's choice (B09.FR.10, FR.15)."""
    request_id, wanted = csms.next_request_id(), variable(networks.CONFIGURATION, "OcppCsmsUrl", of=slot)
    answer = csms.call("GetReport", {"requestId": request_id, "componentVariable": [wanted]})
    if answer.status != "Accepted":
        csms.call("GetBaseReport", {"requestId": request_id, "reportBase": "FullInventory"})
    found = csms.expect_report(request_id).find(networks.CONFIGURATION, "OcppCsmsUrl", of=slot)
    if found is None or found.mutability != "ReadWrite":
        access = "not there" if found is None else found.mutability
        raise NotApplicable(f"NetworkConfiguration[{slot}].OcppCsmsUrl is {access}")


def _set_variables(csms: FakeCsms, slot: str, data: dict[str, Any]) -> list[Any]:
    """Set variables of a slot's NetworkConfiguration, as many at once as the station takes; the results."""
    most = int(csms.configured("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables") or 1)
    asked, results = networks.as_variables(slot, data), []
    for start in range(0, len(asked), most):
        part = csms.send("SetVariables", setVariableData=asked[start : start + most]).setVariableResult
        results += list(part)
    check(len(results) == len(asked), f"{len(asked)} results", requirement="B05.FR.01", actual=len(results))
    return results


def _check_all_set(results: list[Any]) -> None:
    for one in results:
        status, name = one.attributeStatus, one.variable.name
        check(status == "Accepted", f"{name} is Accepted", requirement="B09.FR.23", actual=status)


def _read(csms: FakeCsms, asked: dict[str, Any]) -> Any:
    """One variable, read; the result, which is Accepted."""
    result = csms.send("GetVariables", getVariableData=[asked]).getVariableResult[0]
    status, name = result.attributeStatus, asked["variable"]["name"]
    check(status == "Accepted", f"{name} is read", requirement="B06.FR.10", actual=status)
    return result


def _check_variables(csms: FakeCsms, slot: str, data: dict[str, Any], requirement: str) -> None:
    """The variables of a slot's NetworkConfiguration have these values."""
    for field, value in data.items():
        name = networks.variable_name(field)
        found = _read(csms, variable(networks.CONFIGURATION, name, of=slot)).attributeValue or ""
        check(found == networks.text(value), f"{name} is {value}", requirement=requirement, actual=found)


def _by_password(dut: Dut) -> bool:
    return dut.security_profile in (1, 2)


def _credentials_in_profile(csms: FakeCsms, slot: str) -> None:
    """The network profile in use has identity and, where it needs one, password of its own: those in use."""
    dut = csms.lab.dut
    own = {"identity": dut.identity, **({"basicAuthPassword": _password(dut)} if _by_password(dut) else {})}
    profile = {**networks.connection_data(csms), "ocppCsmsUrl": csms.url_with("")[0].rstrip("/"), **own}
    answer = csms.send("SetNetworkProfile", configurationSlot=int(slot), connectionData=profile)
    require(answer.status == "Accepted", f"SetNetworkProfile of the slot in use was answered {answer.status}")


def _take(csms: FakeCsms, name: str, value: str, requirement: str) -> None:
    """SecurityCtrlr takes a value, at once or for the next boot."""
    asked = variable(SECURITY, name, attributeValue=value)
    status = csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus
    check(status in TAKEN, "Accepted or RebootRequired", requirement=requirement, actual=status)


def _set_list(csms: FakeCsms, *slots: str) -> Any:
    """Set NetworkConfigurationPriority to these slots; the result."""
    asked = variable(COMM, "NetworkConfigurationPriority", attributeValue=",".join(slots))
    return csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0]


def _check_priority(csms: FakeCsms, value: str, requirement: str) -> None:
    found = _read(csms, variable(COMM, "NetworkConfigurationPriority")).attributeValue
    check(found == value, f"NetworkConfigurationPriority is {value}", requirement=requirement, actual=found)


def _check_rejected(result: Any, reasons: tuple[str, ...], requirement: str) -> None:
    """A variable was not set, for one of these reasons."""
    status, reason = result.attributeStatus, result.attributeStatusInfo.reasonCode
    check(status == "Rejected", "Rejected", requirement=requirement, actual=status)
    check(reason in reasons, f"reasonCode {' or '.join(reasons)}", requirement=requirement, actual=reason)


def _check_no_downgrade(csms: FakeCsms, slot: str, profile: int, requirement: str) -> None:
    """A network profile with this security profile is refused, and if a reason is given, then that one."""
    data = networks.wanted_data(csms, profile, basicAuthPassword=PASSWORD)
    answer = csms.send("SetNetworkProfile", configurationSlot=int(slot), connectionData=data)
    check(answer.status == "Rejected", "Rejected", requirement=requirement, actual=answer.status)
    reason = answer.statusInfo.reasonCode
    right = reason in (ABSENT, "NoSecurityDowngrade")
    check(right, "no reasonCode, or NoSecurityDowngrade", requirement=requirement, actual=reason)


def _check_no_lower_variable(csms: FakeCsms, slot: str, profile: int, requirement: str) -> None:
    """Of a slot's variables SecurityProfile alone is refused, and keeps its value."""
    before = _read(csms, variable(networks.CONFIGURATION, "SecurityProfile", of=slot)).attributeValue or ""
    data = networks.wanted_data(csms, profile, basicAuthPassword=PASSWORD)
    results = _set_variables(csms, slot, data)
    lower = [one for one in results if one.variable.name == "SecurityProfile"]
    _check_all_set([one for one in results if one.variable.name != "SecurityProfile"])
    check(len(lower) == 1, "a result for SecurityProfile", requirement="B05.FR.01", actual=len(lower))
    for one in lower:
        _check_rejected(one, ("NoSecurityDowngrade",), requirement)
    _check_variables(csms, slot, {"securityProfile": before}, requirement)


def _password(dut: Dut) -> str:
    return (dut.password or b"").decode("utf-8", "replace")
