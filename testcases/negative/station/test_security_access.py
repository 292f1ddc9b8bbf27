"""Credentials and security profile of a charging station: where they go, who may read them, who may lower it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from typing import Any

from conformance import Dut, FakeCsms, NotApplicable, case, check, networks, one_of, recommend, step, variable

COMM, SECURITY = "OCPPCommCtrlr", "SecurityCtrlr"
REDIRECTS = (302, 308)
STORM = 30
"""Requests within WATCHED seconds that no back-off explains, nor the ten redirects that HTTP clients follow."""
WATCHED = 0.5


@case("OC_S_22_CS")
def test_redirects(csms: FakeCsms, dut: Dut) -> None:
    """A station's password goes to no other server that a redirect names, and a redirect in a circle is no storm."""
    patience = 4 * dut.values.retry_back_off + csms.deadlines.connect
    own = csms.url_with("round")[0]
    with csms.files("HTTP") as other:
        elsewhere = other.url(dut.identity).replace("http:", "ws:")
        for status in REDIRECTS:
            step(f"Redirect the handshake by {status} to another port", expect="no credentials arrive there")
            with csms.answering(status, Location=elsewhere) as script:
                csms.expect_attempt(within=patience)
                # Whoever follows does so at once, and not only when the next attempt is due.
                csms.wait(partial(_met, script, 2), within=patience)
            csms.expect_connection(within=patience)
    leaked = [one.path for one in other.transfers if one.header("Authorization")]
    check(not leaked, "no Authorization header at the redirect's target", requirement="A00.FR.206", actual=leaked)
    if dut.security_profile > 1:
        plain = [one.path for one in other.transfers]
        check(not plain, "no request without TLS", requirement=_id(csms, "tls"), actual=plain)

    step("Redirect the handshake to where it came", expect="the station pauses between its attempts")
    with csms.answering(302, Location=own) as script:
        csms.expect_attempt(within=patience)
        csms.wait(partial(_met, script, STORM + 1), within=WATCHED)
        made = len(script.attempts)
    check(made <= STORM, f"at most {STORM} requests in {WATCHED:g} s", requirement=_id(csms, "back-off"), actual=made)
    csms.expect_connection(within=8 * patience)


@case("OC_S_24_1_CS")
def test_security_profile_stays_16(csms: FakeCsms, dut: Dut) -> None:
    """A lower security profile, or the same, is refused, and the charge point stays with the one it has."""
    for profile in range(dut.security_profile + 1):
        step(f"Set SecurityProfile to {profile}", expect="Rejected")
        answer = csms.send("ChangeConfiguration", key="SecurityProfile", value=str(profile))
        check(answer.status == "Rejected", "Rejected", requirement="A05.FR.01", actual=answer.status)

    step("Ask for SecurityProfile, on the same connection", expect="the profile that is in use")
    answer = csms.send("GetConfiguration", key=["SecurityProfile"])
    value = answer.configurationKey[0].value
    check(value == str(dut.security_profile), "the profile in use", requirement="A05.FR.01", actual=answer)


@case("OC_S_24_2_CS")
def test_security_profile_stays(csms: FakeCsms, dut: Dut) -> None:
    """A network profile with a lower security profile is refused, and the variable can't be set at all."""
    allowed = csms.configured(SECURITY, "AllowSecurityProfileDowngrade") == "true"
    lower = [one for one in range(dut.security_profile) if not (allowed and (one, dut.security_profile) == (2, 3))]
    for profile in lower:
        step(f"Set a network profile with security profile {profile}", expect="Rejected")
        answer = csms.send(
            "SetNetworkProfile",
            configurationSlot=dut.values.spare_configuration_slot,
            connectionData=networks.connection_data(csms, profile),
        )
        check(answer.status == "Rejected", "Rejected", requirement="B09.FR.04", actual=answer.status)

        step(f"Set the variable SecurityProfile to {profile}", expect="anything but Accepted")
        asked = variable(SECURITY, "SecurityProfile", attributeValue=str(profile))
        status = csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus
        refused = status not in ("Accepted", "RebootRequired")
        check(refused, "SecurityProfile is not set", requirement="A00.FR.005", actual=status)

    step("Ask for SecurityProfile, on the same connection", expect="the profile that is in use")
    result = csms.send("GetVariables", getVariableData=[variable(SECURITY, "SecurityProfile")]).getVariableResult[0]
    same = result.attributeValue == str(dut.security_profile)
    check(same, "the profile in use", requirement="A00.FR.005", actual=result)


@case("OC_S_24_3_CS")
def test_the_password_stays_secret(csms: FakeCsms, dut: Dut) -> None:
    """No answer, report or log of the station holds its password."""
    step("Ask for the password and for everything", expect="no value, no trace of it")
    for action, payload in _QUESTIONS[csms.version.family]:
        csms.call(action, payload)
    if csms.version.family == "2":
        request = csms.next_request_id()
        csms.send("GetBaseReport", requestId=request, reportBase="FullInventory")
        csms.expect_report(request)

    step("Have the security log uploaded", expect="no trace of it there")
    with csms.files("HTTP") as files:
        answer = csms.call(
            "GetLog",
            {
                "logType": "SecurityLog",
                "requestId": csms.next_request_id(),
                "log": {"remoteLocation": files.url()},
            },
        )
        if answer.status in ("Accepted", "AcceptedCanceled"):
            ended = one_of("Uploaded", "UploadFailure", "PermissionDenied", "BadMessage", "NotSupportedOperation")
            csms.expect("LogStatusNotification", status=ended, within=csms.deadlines.physical)
        logs = [one.content for one in files.uploads]
    said = [entry.frame.text.encode() for entry in csms.trace.entries if entry.frame and entry.sender == "CS"]
    for name, spelling in _spellings(dut):
        check(not any(spelling in text for text in said), f"no message with the password {name}")
        check(not any(spelling in text for text in logs), f"no log with the password {name}", requirement="A01.FR.12")


@case("OC_S_24_4_CS")
def test_way_back_from_a_network_profile_without_answer(csms: FakeCsms, dut: Dut) -> None:
    """A network profile with a higher security profile, by which nobody answers, is left for the one before."""
    _hazardous(dut)
    spare, active = networks.slots(csms)
    csms.keep(COMM, "NetworkConfigurationPriority")
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "2")

    step("Set a network profile for TLS on our port without TLS, put it first", expect="Accepted")
    answer = csms.send(
        "SetNetworkProfile",
        configurationSlot=int(spare),
        connectionData=networks.connection_data(csms, dut.security_profile + 1),
    )
    if answer.status != "Accepted":
        raise NotApplicable(f"the station takes no higher security profile ({answer.status})")
    asked = variable(COMM, "NetworkConfigurationPriority", attributeValue=f"{spare},{active}")
    status = csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus
    if status == "Rejected":
        raise NotApplicable("the station lacks what the higher security profile needs (A05.FR.02, A05.FR.03)")

    step("Reset", expect="the station tries the new profile, and connects by the old one")
    csms.send("Reset", type="OnIdle")
    patience = csms.deadlines.reset + 8 * dut.values.retry_back_off
    csms.expect_connection(within=patience, requirement="B10.FR.03")
    tried = csms.attempts_in_step()
    check(len(tried) > 1, "attempts by the new profile, then one by the old", requirement="B10.FR.04", actual=tried)
    csms.expect("BootNotification", within=csms.deadlines.boot, requirement="B01.FR.01")

    step("Ask for SecurityProfile", expect="the one before: no connection stood by the new one")
    result = csms.send("GetVariables", getVariableData=[variable(SECURITY, "SecurityProfile")]).getVariableResult[0]
    same = result.attributeValue == str(dut.security_profile)
    check(same, "the profile before", requirement="A05.FR.06", actual=result.attributeValue)


@case("OC_S_24_5_CS")
def test_way_back_from_a_security_profile_without_answer(csms: FakeCsms, dut: Dut) -> None:
    """A raised SecurityProfile, by which nobody answers, is used at once, and left for the one before."""
    _hazardous(dut)
    patience = csms.deadlines.connect + 8 * dut.values.retry_back_off

    step("Raise SecurityProfile to 2, with no TLS on our port", expect="Accepted; an attempt by TLS")
    answer = csms.send("ChangeConfiguration", key="SecurityProfile", value="2")
    if answer.status not in ("Accepted", "RebootRequired"):
        raise NotApplicable(f"the charge point lacks what security profile 2 needs ({answer.status})")
    closed = csms.wait(lambda: not csms.connected, within=csms.deadlines.message)
    check(closed, "it disconnects", requirement="A05.FR.06")
    csms.expect_attempt(within=patience, requirement="A05.FR.07")

    step("Wait", expect="the charge point connects by the profile before")
    back = csms.wait(lambda: csms.connected, within=patience + csms.deadlines.reset)
    recommend(back, "back to the profile before", requirement="A05.FR.08", actual=f"not within {patience:g} s")
    if back:
        value = csms.send("GetConfiguration", key=["SecurityProfile"]).configurationKey[0].value
        check(value == str(dut.security_profile), "SecurityProfile says so", requirement="A05.FR.08", actual=value)


# ---------------------------------------------------------------------- shapes that several cases share


_REQUIREMENTS = {
    "1.6": {"tls": "A00.FR.311", "back-off": ""},
    "2": {"tls": "A00.FR.312", "back-off": "part 4 5.3"},
}
_QUESTIONS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "1.6": [("GetConfiguration", {}), ("GetConfiguration", {"key": ["AuthorizationKey"]})],
    "2": [
        ("GetVariables", {"getVariableData": [variable(SECURITY, "BasicAuthPassword", attributeType=kind)]})
        for kind in ("Actual", "Target")
    ],
}
"""CALLs by which the password could be got, by family."""


def _met(script: Any, count: int) -> bool:
    """Whether so many attempts have met the scripted answer."""
    return len(script.attempts) >= count


def _id(csms: FakeCsms, about: str) -> str:
    return _REQUIREMENTS[csms.version.family][about]


def _spellings(dut: Dut) -> Iterator[tuple[str, bytes]]:
    """The password as it could be written."""
    password = dut.password
    if not password:
        raise NotApplicable("the description gives no password")
    yield "as it is", password
    yield "in hexadecimal digits", password.hex().encode()
    yield "in hexadecimal digits, upper case", password.hex().upper().encode()
    yield "in base64", b64encode(password).rstrip(b"=")
    yield "in base64, behind the identity", b64encode(dut.identity.encode() + b":" + password).rstrip(b"=")


def _hazardous(dut: Dut) -> None:
    if not dut.fuzz.hazardous:
        raise NotApplicable("[fuzz] hazardous is false: a station without a way back would need a visit")
