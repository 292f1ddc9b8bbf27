"""Block A, Security: a CSMS under test (2.0.1 and 2.1)."""

from __future__ import annotations

import re
from typing import Any

from conformance import (
    ABSENT,
    PRESENT,
    Dut,
    FakeStation,
    Operator,
    case,
    check,
    security,
    step,
    variable,
)

ONLY_HIGHER = "a connection and Accepted; no connection; a connection"
COMM, SECURITY = "OCPPCommCtrlr", "SecurityCtrlr"
STATION, SECC = "ChargingStationCertificate", "V2GCertificate"
PASSWORD = "a-New:Password_of*36+characters|@.=0"
WRONG_PASSWORDS = {"reversed": "the right characters in another order", "none": "no password at all"}
WRONG_CERTIFICATES = {
    "foreign-ca": "of an authority that nobody knows",
    "expired": "that has expired",
    "not-yet-valid": "that is not valid yet",
    "self-signed": "that signs itself",
    "another": "of another station",
    "none": "that is not there",
}
CRITICAL = (
    "FirmwareUpdated",
    "SettingSystemTime",
    "StartupOfTheDevice",
    "ResetOrReboot",
    "SecurityLogWasCleared",
    "MemoryExhaustion",
    "TamperDetectionActivated",
    "InvalidFirmwareSignature",
    "InvalidCsmsCertificate",
    "InvalidTLSVersion",
    "org.example.SomethingElse",
)
"""Critical security events (part 2, appendices), and one of a maker's own."""
FOREIGN: dict[str, dict[str, Any]] = {
    "the password of the second station": {"password": "second"},
    "user name and password of the second station": {"username": "second", "password": "second"},
}

# ---------------------------------------------------------------------- passwords


@case("TC_A_01_CSMS")
def test_basic_authentication(station: FakeStation) -> None:
    """The CSMS takes our identity and password, and serves us."""
    step("Connect with our identity and password", expect="a connection")
    station.disconnect()
    station.connect()

    step("Boot, report the connectors", expect="Accepted, and answers")
    station.execute("Booted")


@case("TC_A_02_CSMS")
def test_wrong_user_name(station: FakeStation, dut: Dut) -> None:
    """The CSMS takes nobody whose user name is not the identity in the URL."""
    step("Connect with our password and another user name", expect="no connection")
    visit = station.visit("our station by another user name", username=f"{dut.identity}Invalid")
    check(not visit.admitted, "no connection", requirement="A00.FR.204", actual=visit.how)

    step("Send Heartbeat on our own connection", expect="the CSMS serves us as before")
    _check_served(station)


@case("TC_A_03_CSMS")
def test_wrong_password(station: FakeStation) -> None:
    """The CSMS takes nobody whose password is wrong, or missing."""
    for kind, what in WRONG_PASSWORDS.items():
        step(f"Connect with {what}", expect="no connection")
        visit = station.visit(f"our station with {what}", password=kind)
        check(not visit.admitted, "no connection", requirement="A00.FR.207", actual=visit.how)

    step("Send Heartbeat on our own connection", expect="the CSMS serves us as before")
    _check_served(station)


@case("TC_A_09_CSMS")
def test_password_changed(station: FakeStation, operator: Operator) -> None:
    """The CSMS changes our password, and takes no connection by the one before any more."""
    step("Have the CSMS change our password, accept it", expect="SetVariables of BasicAuthPassword with it")
    asked = _password_set(station, operator, "Accepted")

    step("Connect with the password from before", expect="no connection")
    before = station.show(password=asked.encode())
    station.disconnect()
    station.connect_in_vain(credentials=before, requirement="A01.FR.03")

    step("Connect with the new password, and boot", expect="a connection, and Accepted")
    station.connect()
    station.execute("Booted")


@case("TC_A_10_CSMS")
def test_password_refused(station: FakeStation, operator: Operator) -> None:
    """The CSMS goes on with the old password when our station has refused the new one."""
    step("Have the CSMS change our password, reject it", expect="SetVariables of BasicAuthPassword with it")
    asked = _password_set(station, operator, "Rejected")

    step("Connect with the password that was refused", expect="no connection")
    station.disconnect()
    before = station.show(password=asked.encode())
    refused = station.show(password=before.password)
    station.connect_in_vain(credentials=refused, requirement="A01.FR.04")

    step("Connect with the password from before, and boot", expect="a connection, and Accepted")
    station.connect()
    station.execute("Booted")


# ---------------------------------------------------------------------- TLS


@case("TC_A_04_CSMS")
def test_server_certificate(station: FakeStation) -> None:
    """The CSMS shows a certificate that is in order, and speaks every cipher suite of the standard."""
    step("Connect by each of the four cipher suites alone", expect="a connection by each")
    security.check_every_suite(station, "A00.FR.318")

    step("Connect by TLS, boot, report the connectors", expect="a connection, Accepted, and answers")
    security.check_served(station, "A00.FR.313", certificate=True)


@case("TC_A_06_CSMS")
def test_old_tls(station: FakeStation) -> None:
    """The CSMS breaks off from a station that has nothing above TLS 1.1."""
    step("Connect by TLS 1.0 and 1.1 alone", expect="no connection")
    station.disconnect()
    visit = station.visit("our station with TLS 1.1 at most", **security.BELOW_TLS_12)
    check(not visit.admitted, "TLS 1.2 or above only", requirement="A00.FR.315", actual=visit.how)

    step("Connect by TLS 1.2 or later, boot, report the connectors", expect="a connection, Accepted, and answers")
    security.check_served(station, "A00.FR.313")


@case("TC_A_07_CSMS")
def test_client_certificate(station: FakeStation) -> None:
    """The CSMS takes our certificate, by every cipher suite of the standard, and serves us."""
    step("Connect by each of the four cipher suites alone", expect="a connection by each")
    security.check_every_suite(station, "A00.FR.421")

    step("Connect with our certificate, boot, report the connectors", expect="a connection, Accepted, and answers")
    security.check_served(station, "A00.FR.416")


@case("TC_A_08_CSMS")
def test_wrong_client_certificates(station: FakeStation) -> None:
    """The CSMS takes nobody with a certificate that does not hold, or that is not this station's."""
    station.disconnect()
    for kind, what in WRONG_CERTIFICATES.items():
        step(f"Connect with a certificate {what}", expect="no connection")
        visit = station.visit(f"our station with a certificate {what}", certificate=kind)
        wanted = "A00.FR.405" if kind == "another" else "A00.FR.407"
        check(not visit.admitted, "no connection", requirement=wanted, actual=visit.how)

    step("Connect with our certificate, boot, report the connectors", expect="a connection, Accepted, and answers")
    station.connect()
    station.execute("Booted")


# ---------------------------------------------------------------------- certificates


@case("TC_A_11_CSMS")
def test_certificate_renewed(station: FakeStation, operator: Operator) -> None:
    """The CSMS has us renew our certificate, gets our request signed, and takes us by the new one."""
    step("Have the CSMS trigger SignChargingStationCertificate", expect="TriggerMessage for it")
    _triggered(station, operator, "SignChargingStationCertificate")

    step("Send a signing request", expect="Accepted, then CertificateSigned for the key and name of our request")
    chain = security.expect_signed(station, station.certificates.request(), certificateType=STATION)

    step("Connect with the new certificate, and boot", expect="a connection, and Accepted")
    station.show(certificate=station.certificates.credentials(chain))
    station.disconnect()
    station.connect()
    station.execute("Booted")


@case("TC_A_12_CSMS")
def test_certificate_for_evs_renewed(station: FakeStation, operator: Operator) -> None:
    """The CSMS has us renew our certificate for EVs, and gets our request signed."""
    step("Have the CSMS trigger SignV2GCertificate", expect="TriggerMessage for it")
    _triggered(station, operator, "SignV2GCertificate")

    step("Send a signing request", expect="Accepted, then CertificateSigned for the key of our request")
    security.expect_signed(station, station.certificates.request(), named=False, certificateType=SECC)


@case("TC_A_14_CSMS")
def test_certificate_refused(station: FakeStation, operator: Operator) -> None:
    """The CSMS takes note of a station that refuses its new certificate, and takes it by the old one."""
    step("Have the CSMS trigger SignChargingStationCertificate", expect="TriggerMessage for it")
    _triggered(station, operator, "SignChargingStationCertificate")

    step("Send a signing request, reject the certificate", expect="Accepted, then CertificateSigned")
    station.answer("CertificateSigned", status="Rejected")
    security.expect_signed(station, station.certificates.request(), certificateType=STATION)

    step("Send the security event InvalidChargingStationCertificate", expect="an answer")
    kind = "InvalidChargingStationCertificate"
    station.send("SecurityEventNotification", type=kind, timestamp=station.timestamp())

    step("Connect with the certificate from before", expect="a connection")
    station.disconnect()
    station.connect()
    _check_served(station)


# ---------------------------------------------------------------------- what the official list leaves open


@case("OC_A_20_CSMS")
def test_broken_signing_requests(station: FakeStation) -> None:
    """The CSMS rejects what is no signing request, or not signed by its own key, and sends no certificate for it."""
    request = station.certificates.request()
    half = request[: len(request) // 2]
    for what, broken in (
        ("no PEM", "no signing request"),
        ("half of a request", half),
        ("a spoilt one", _spoilt(request)),
    ):
        step(f"Send SignCertificate with {what}", expect="Rejected, and no CertificateSigned")
        answer = station.send("SignCertificate", csr=broken, certificateType=STATION)
        check(answer.status == "Rejected", "Rejected", requirement="A02.FR.12", actual=answer.status)
        station.drain()
        sent = station.seen_in_step("CertificateSigned")
        check(not sent, "no certificate for it", requirement="A02.FR.12", actual=sent)

    step("Send Heartbeat", expect="the CSMS serves us as before")
    _check_served(station)


@case("OC_A_25_CSMS")
def test_signing_requested_by_station(station: FakeStation) -> None:
    """The CSMS has a request signed that our station sends by itself, before its certificate expires."""
    step("Send a signing request that nobody has triggered", expect="Accepted, then CertificateSigned for it")
    security.expect_signed(station, station.certificates.request())


@case("OC_A_26_CSMS")
def test_request_id_comes_back(station: FakeStation) -> None:
    """The CSMS sends each certificate with the requestId of the request that it is for."""
    for number in (4711, 815):
        step(f"Send a signing request with requestId {number}", expect="CertificateSigned with that requestId")
        request = station.certificates.request()
        security.expect_signed(station, request, certificateType=STATION, requestId=number)


@case("OC_A_21_CSMS")
def test_security_events_confirmed(station: FakeStation) -> None:
    """The CSMS confirms every kind of critical security event, and one that it can't know."""
    for kind in CRITICAL:
        step(f"Send the security event {kind}", expect="an answer")
        station.send("SecurityEventNotification", type=kind, timestamp=station.timestamp(), techInfo="a test")

    step("Send Heartbeat", expect="the CSMS serves us as before")
    _check_served(station)


@case("OC_A_22_CSMS")
def test_foreign_credentials(station: FakeStation) -> None:
    """The CSMS takes nobody by the password of another station, whatever user name comes with it."""
    for what, login in FOREIGN.items():
        step(f"Connect with {what}", expect="no connection")
        visit = station.visit(f"our station with {what}", **login)
        check(not visit.admitted, "no connection", requirement="A00.FR.207", actual=visit.how)

    step("Send Heartbeat on our own connection", expect="the CSMS serves us as before")
    _check_served(station)


@case("OC_A_23_CSMS")
def test_foreign_certificates(station: FakeStation) -> None:
    """The CSMS takes nobody by the certificate of another station that it knows, or of another operator."""
    step("Connect with the certificate of the second station", expect="no connection")
    visit = station.visit("our identity with the certificate of the second station", certificate="second")
    check(not visit.admitted, "no connection", requirement="A00.FR.405", actual=visit.how)

    step("Connect with a certificate whose O is another operator's", expect="no connection")
    visit = station.visit("our station with a certificate of another operator", certificate="other-organization")
    check(not visit.admitted, "no connection", requirement="A00.FR.404", actual=visit.how)

    step("Send Heartbeat on our own connection", expect="the CSMS serves us as before")
    _check_served(station)


@case("OC_A_24_CSMS")
def test_other_security_profile(station: FakeStation, dut: Dut) -> None:
    """The CSMS takes nobody by a lower security profile than its own, on the same address."""
    step("Connect without a password", expect="no connection, on security profile 1 and 2")
    if dut.security_profile < 3:
        visit = station.visit("our station without a password", password="none")
        check(not visit.admitted, "no connection", requirement="A00.FR.002", actual=visit.how)

    step("Connect without TLS, and without a certificate", expect="no connection, on security profile 2 and 3")
    if dut.security_profile > 1:
        visit = station.visit("our station without TLS", plain=True)
        check(not visit.admitted, "no connection", requirement="A00.FR.312", actual=visit.how)
    if dut.security_profile == 3:
        visit = station.visit("our station without a certificate", certificate="none")
        check(not visit.admitted, "no connection", requirement="A00.FR.401", actual=visit.how)

    step("Send Heartbeat on our own connection", expect="the CSMS serves us as before")
    _check_served(station)


# ---------------------------------------------------------------------- security profiles


# The last one, because there is no way back by OCPP: what comes after it runs on the higher profile.
@case("TC_A_19_CSMS")
def test_profile_raised(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The CSMS raises our security profile, takes us on the higher one, and on the lower one no more."""
    higher, slot = security.higher_profile(dut), dut.values.spare_configuration_slot

    step(f"Have the CSMS set a network profile with security profile {higher}", expect="SetNetworkProfile with it")
    operator.csms_sends("SetNetworkProfile", configurationSlot=slot, connectionData=_connection_data(dut, higher))
    # Where the higher profile is reached, is the CSMS's own matter (errata 2024-09).
    wanted = {**_connection_data(dut, higher), "ocppCsmsUrl": PRESENT}
    station.expect("SetNetworkProfile", configurationSlot=slot, connectionData=wanted, requirement="B09.FR.01")

    step("Have the CSMS put it first", expect="SetVariables of NetworkConfigurationPriority with its slot")
    priority = f"{slot},{dut.values.configuration_slot}"
    asked = variable(COMM, "NetworkConfigurationPriority", attributeValue=priority)
    operator.csms_sends("SetVariables", setVariableData=[asked])
    named = _sets(station, COMM, "NetworkConfigurationPriority", "A05.FR.04")
    check(str(slot) in re.split(r"\s*,\s*", named), f"the slot {slot}", requirement="A05.FR.04", actual=named)

    step("Have the CSMS reset the station", expect="Reset")
    operator.csms_sends("Reset", type="OnIdle")
    station.expect("Reset", evseId=ABSENT, requirement="B11.FR.01")

    step("Connect on the higher profile, boot; connect on the lower, then on the higher", expect=ONLY_HIGHER)
    security.check_raised(station, higher, "A05.FR.07", reason="RemoteReset")
    _check_served(station)


# ---------------------------------------------------------------------- shapes that several cases share


def _check_served(station: FakeStation) -> None:
    beat = station.send("Heartbeat")
    check(beat.currentTime, "Heartbeat is answered with the time", requirement="G02.FR.01", actual=beat)


def _spoilt(request: str) -> str:
    """The request with another signature: a character of its last line is a part of that."""
    lines = request.rstrip().split("\n")
    last = lines[-2]
    place = 1
    lines[-2] = last[:place] + ("A" if last[place] != "A" else "B") + last[place + 1 :]
    return "\n".join(lines) + "\n"


def _triggered(station: FakeStation, operator: Operator, message: str) -> None:
    operator.csms_sends("TriggerMessage", requestedMessage=message)
    station.expect("TriggerMessage", requestedMessage=message, requirement="F06.FR.01")


def _sets(station: FakeStation, component: str, name: str, requirement: str) -> str:
    """The CSMS sets this one variable; the value."""
    asked = station.expect("SetVariables", setVariableData=PRESENT, requirement=requirement)
    data = asked.setVariableData
    named = [(str(one.component.name), str(one.variable.name)) for one in data]
    check(named == [(component, name)], f"{component}.{name} is set", requirement=requirement, actual=named)
    kind = data[0].attributeType
    check(kind in (ABSENT, "Actual"), "the attribute Actual", requirement="B05.FR.01", actual=kind)
    return str(data[0].attributeValue)


def _password_set(station: FakeStation, operator: Operator, status: str) -> str:
    """Have the CSMS set our password, which is answered with this status; the password that came."""
    asked = variable(SECURITY, "BasicAuthPassword", attributeValue=PASSWORD)
    station.answer(
        "SetVariables", lambda request: {"setVariableResult": [_result(one, status) for one in request.setVariableData]}
    )
    operator.csms_sends("SetVariables", setVariableData=[asked])
    value = _sets(station, SECURITY, "BasicAuthPassword", "A01.FR.02")
    check(value == PASSWORD, "the password that the operator chose", requirement="A01.FR.02", actual=len(value))
    return value


def _result(asked: Any, status: str) -> dict[str, Any]:
    """What our station says to one entry of SetVariables."""
    names = {"component": {"name": asked.component.name}, "variable": {"name": asked.variable.name}}
    return {"attributeType": "Actual", "attributeStatus": status, **names}


def _connection_data(dut: Dut, profile: int) -> dict[str, Any]:
    """A network profile that leads to the CSMS by this security profile."""
    return {
        "messageTimeout": dut.values.message_timeout,
        "ocppCsmsUrl": dut.address.raised_url or dut.address.url,
        "ocppInterface": dut.values.ocpp_interface,
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP20",
        "securityProfile": profile,
    }
