"""Block A, Security: a charging station under test (2.0.1 and 2.1)."""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import Any

from conformance import (
    Dut,
    FakeCsms,
    NotApplicable,
    SigningRequest,
    case,
    check,
    hash_data,
    listed,
    networks,
    observe,
    one_of,
    recommend,
    require,
    security,
    send_chain,
    step,
    variable,
)

COMM, SECURITY = "OCPPCommCtrlr", "SecurityCtrlr"
STATION = "ChargingStationCertificate"
BOOTED = one_of("StartupOfTheDevice", "ResetOrReboot")
"""The critical events of a boot; the clock may not be right yet."""
WRONG_CSMS = {
    "expired": "has expired",
    "not-yet-valid": "is not valid yet",
    "foreign-ca": "no installed root vouches for",
    "wrong-name": "is another host's",
    "wildcard": "names our host by a wildcard",
}
WRONG_STATION = {
    "another-key": "for a key that is not the station's",
    "expired": "that has expired",
    "not-yet-valid": "that is not valid yet",
    "foreign-ca": "that an unknown authority has signed",
}
FIELD = 10000
"""Characters of certificateChain at most."""
LONGEST = 64
"""Characters that BasicAuthPassword.maxLimit may allow at most (errata 2025-01, 2.1)."""

# ---------------------------------------------------------------------- passwords


@case("TC_A_01_CS")
def test_basic_authentication(csms: FakeCsms) -> None:
    """A station that boots proves who it is by HTTP Basic: its identity, and its password."""
    step("Power-cycle the station", expect="it connects with its identity and password, boots and reports itself")
    csms.execute("Booted")
    _expect_boot_told(csms)
    security.check_basic(csms, LONGEST)


@case("TC_A_09_CS")
def test_password_changed(csms: FakeCsms) -> None:
    """A new BasicAuthPassword is taken over: the station comes back with it, at once or after a reboot."""
    password = secrets.token_hex(14) + "*-_=:+|@."

    step("Set BasicAuthPassword", expect="Accepted, and a connection with the new password; or RebootRequired")
    csms.ask_for(password=password.encode())
    status = _set_password(csms, password)
    check(
        status in ("Accepted", "RebootRequired"), "Accepted, or RebootRequired", requirement="A01.FR.01", actual=status
    )
    if status == "RebootRequired":
        step("Reset, OnIdle", expect="the station connects with the new password, boots and reports itself")
        csms.execute("Booted", by="OnIdle")
    else:
        csms.expect_connection(within=security.time_to_return(csms), requirement="A01.FR.01")

    step("Ask for BasicAuthPassword", expect="no value: the variable is WriteOnly")
    asked = csms.send("GetVariables", getVariableData=[variable(SECURITY, "BasicAuthPassword")])
    result = asked.getVariableResult[0]
    check(result.attributeStatus == "Rejected", "Rejected", requirement="B06.FR.09", actual=result.attributeStatus)
    check(not result.attributeValue, "no value", requirement="B06.FR.09", actual=result)


@case("TC_A_10_CS")
def test_short_password_rejected(csms: FakeCsms) -> None:
    """A BasicAuthPassword of less than 16 characters is rejected, and the station goes on with the one it has."""
    step("Set BasicAuthPassword to 15 characters", expect="Rejected")
    status = _set_password(csms, secrets.token_hex(8)[:15])
    check(status == "Rejected", "Rejected", requirement="A00.FR.205", actual=status)

    step("Close the connection", expect="the station comes back with the password that it had")
    csms.disconnect()
    csms.expect_connection(within=security.time_to_return(csms), requirement="A01.FR.01")

    step("Power-cycle the station", expect="it connects with that password, boots and reports itself")
    csms.execute("Booted")
    _expect_boot_told(csms)
    security.check_basic(csms, LONGEST)


# ---------------------------------------------------------------------- TLS


@case("TC_A_04_CS")
def test_server_certificate(csms: FakeCsms, dut: Dut) -> None:
    """The station speaks TLS 1.2 or later with the cipher suites of the standard, and takes our certificate."""
    step("Reset, Immediate", expect="Accepted; the station connects, boots and reports itself")
    csms.execute("Booted", by="Reset")
    _expect_boot_told(csms)
    security.check_tls_version(csms, "A00.FR.313")
    observe("cipher suite, server name by SNI", f"{csms.shown.get('cipher')}, {csms.shown.get('server_name')}")
    plain = dut.security_profile < 3 or csms.shown.get("user") is None
    check(plain, "no password on security profile 3", requirement="A00.FR.001", actual=csms.shown.get("user"))

    taken: dict[str, bool] = {}
    for pair in security.SUITE_PAIRS:
        for suite in pair:
            step(f"Offer {suite} alone", expect="a connection, unless the station has the other pair of suites")
            taken[suite] = security.takes_suite(csms, suite)
        if all(taken[suite] for suite in pair):
            break
    whole = any(all(taken.get(suite) for suite in pair) for pair in security.SUITE_PAIRS)
    check(whole, "both suites of one pair", requirement="A00.FR.319", actual=taken)


@case("TC_A_05_CS")
def test_wrong_server_certificates(csms: FakeCsms) -> None:
    """The station breaks off from a CSMS with a wrong certificate, comes to the right one, and tells of it."""
    _only_active_profile(csms)
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "3")
    if csms.configured(SECURITY, "AllowCSMSTLSWildcards"):
        csms.configure(SECURITY, "AllowCSMSTLSWildcards", "false")
    for kind, what in WRONG_CSMS.items():
        step(f"Show a certificate that {what}", expect="the station breaks the connection off")
        with csms.tls.shown(kind):
            attempt = csms.tls.next_attempt(within=security.time_to_return(csms))
        check(not attempt.taken, f"no CSMS whose certificate {what}", requirement="A00.FR.311", actual=attempt.how)

        step("Show the right certificate", expect="the station connects, and tells of InvalidCsmsCertificate")
        csms.expect_connection(within=security.time_to_return(csms), requirement="A00.FR.308")
        security.expect_security_event(csms, "InvalidCsmsCertificate", "A00.FR.310")


@case("TC_A_06_CS")
def test_old_tls(csms: FakeCsms, dut: Dut) -> None:
    """The station breaks off from a CSMS that has nothing above TLS 1.1, comes to TLS 1.2, and may tell of it."""
    _only_active_profile(csms)
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "3")

    step("Offer TLS 1.0 and 1.1 alone", expect="the station breaks the connection off")
    with csms.tls.shown(**security.BELOW_TLS_12):
        attempt = csms.tls.next_attempt(within=security.time_to_return(csms))
    check(not attempt.taken, "TLS 1.2 or above only", requirement="A00.FR.316", actual=attempt.how)

    step("Offer TLS 1.2 again", expect="the station connects, and tells of InvalidTLSVersion if it could see it")
    csms.expect_connection(within=security.time_to_return(csms), requirement="A00.FR.313")
    security.check_tls_version(csms, "A00.FR.313")
    csms.wait(lambda: bool(_told(csms, "InvalidTLSVersion")), within=csms.deadlines.message)
    # The list lets a station pass that can't see why the handshake failed.
    recommend(_told(csms, "InvalidTLSVersion"), "InvalidTLSVersion is told", requirement="A00.FR.316")


@case("TC_A_07_CS")
def test_client_certificate(csms: FakeCsms) -> None:
    """A station that boots proves who it is by its certificate, and by no password."""
    step("Reset, Immediate", expect="Accepted; the station connects, boots and reports itself")
    csms.execute("Booted", by="Reset")
    _expect_boot_told(csms)
    security.check_client_certificate(csms)


# ---------------------------------------------------------------------- certificates of the station


@case("TC_A_11_CS")
def test_certificate_renewed(csms: FakeCsms, dut: Dut) -> None:
    """The station makes a key, asks for its certificate, takes it over, and connects with it."""
    csms.configure(SECURITY, "OrganizationName", dut.values.cpo_name)
    before = csms.shown["client_certificate"]

    step("Trigger SignChargingStationCertificate, send the certificate", expect="it is asked for, taken, and shown")
    request = csms.execute("RenewChargingStationCertificate")
    security.check_signing_request(csms, request, dut.values.cpo_name, before.get("fingerprint"))
    security.check_client_certificate(csms)


@case("TC_A_12_CS")
def test_certificate_for_evs_renewed(csms: FakeCsms, dut: Dut) -> None:
    """The station makes a key and asks for each of its certificates for EVs, and takes them over."""
    csms.reach("CertificateInstalled", certificate=csms.certificates.own_root(), kind="V2GRootCertificate")

    step("Ask for every SeccId", expect="one for the station, or for an EVSE, or none at all")
    names = _secc_ids(csms, dut)
    for evse, name in names.items():
        step("Trigger SignV2GCertificate, send the certificate", expect="it is asked for, with an EC key, and taken")
        request = csms.execute("RenewV2GChargingStationCertificate", evse=evse)
        curve = request.key.startswith("elliptic curve")
        check(curve, "a key of an elliptic curve", requirement="ISO 15118-2", actual=request.key)
        named = not name or any(name in one for one in request.common_names)
        check(named, "the CN holds the SeccId", requirement="A02.FR.13", actual=request.common_names)


@case("TC_A_14_CS")
def test_wrong_certificates_for_the_station(csms: FakeCsms, dut: Dut) -> None:
    """A certificate that does not hold is refused, told of, not used, and not asked for again (A02.FR.20)."""
    csms.configure(SECURITY, "OrganizationName", dut.values.cpo_name)
    before = csms.shown["client_certificate"].get("fingerprint")
    for kind, what in WRONG_STATION.items():
        step("Trigger SignChargingStationCertificate", expect="Accepted, then SignCertificate with a signing request")
        asked, _ = csms.execute("SigningRequested")

        step(f"Send a certificate {what}", expect="Rejected, and InvalidChargingStationCertificate")
        answer = send_chain(csms, asked, STATION, kind)
        check(answer.status == "Rejected", "Rejected", requirement="A02.FR.07", actual=answer.status)
        security.expect_security_event(csms, "InvalidChargingStationCertificate", "A02.FR.07")

    step("Close the connection", expect="the station comes back with the certificate that it had")
    csms.disconnect()
    csms.expect_connection(within=security.time_to_return(csms), requirement="A02.FR.07")
    security.check_same_certificate(csms, before, "A02.FR.07")


@case("TC_A_15_CS")
def test_signing_refused(csms: FakeCsms, dut: Dut) -> None:
    """The station takes a refused signing request for the end of it, and stays connected as it was."""
    wait = _back_off(csms, dut)
    csms.answer("SignCertificate", status="Rejected")

    step("Trigger SignChargingStationCertificate, refuse the request", expect="it is asked for once")
    csms.execute("SigningRequested")
    csms.expect_nothing("SignCertificate", within=1.5 * wait, requirement="A02.FR.17")

    step("Ask for SecurityProfile", expect="an answer on the same connection")
    answer = csms.send("GetVariables", getVariableData=[variable(SECURITY, "SecurityProfile")])
    result = answer.getVariableResult[0]
    told = result.attributeStatus == "Accepted" and result.attributeValue == str(dut.security_profile)
    check(told, "the profile in use", requirement="A05.FR.06", actual=result)


@case("TC_A_23_CS")
def test_signing_repeated(csms: FakeCsms, dut: Dut) -> None:
    """A station that gets no certificate asks again, after twice the time each time, and takes what comes at last."""
    wait = _back_off(csms, dut)

    step("Trigger SignChargingStationCertificate, send no certificate", expect="it is asked for")
    asked = [csms.execute("SigningRequested")[0]]
    for doubled, word in enumerate(("once", "twice")):
        pause = wait * 2**doubled

        step(f"Go on to send none, for {word} the time", expect="it is asked for again after that time")
        asked.append(_expect_repeated(csms, asked[-1], pause))

    step("Send the certificates for all of them", expect="one at least is Accepted")
    answers = [_signed(csms, one) for one in asked]
    check("Accepted" in answers, "one Accepted", requirement="A02.FR.06", actual=answers)
    judged = set(answers) <= {"Accepted", "Rejected"}
    check(judged, "Accepted or Rejected", requirement="A02.FR.06", actual=answers)


# ---------------------------------------------------------------------- what the official list leaves open


@case("OC_A_01_CS")
def test_signing_not_repeated_for_ever(csms: FakeCsms, dut: Dut) -> None:
    """A station asks no more for a certificate when it has doubled its pause often enough, until it is triggered."""
    wait = _back_off(csms, dut, doublings=0)

    step("Trigger SignChargingStationCertificate, send no certificate", expect="it is asked for, and once more")
    asked, _ = csms.execute("SigningRequested")
    _expect_repeated(csms, asked, wait)

    step("Go on to send none", expect="it is not asked for any more")
    csms.expect_nothing("SignCertificate", within=2.5 * wait, requirement="A02.FR.19")

    step("Trigger SignChargingStationCertificate, send the certificate", expect="it is asked for, and taken")
    csms.execute("RenewChargingStationCertificate")


@case("OC_A_02_CS")
def test_signing_not_repeated_after_refusal(csms: FakeCsms, dut: Dut) -> None:
    """A station that has refused a certificate does not ask for another one by itself."""
    wait = _back_off(csms, dut)

    step("Trigger SignChargingStationCertificate, send a wrong certificate", expect="Rejected, and told of")
    asked, _ = csms.execute("SigningRequested")
    answer = send_chain(csms, asked, STATION, "foreign-ca")
    check(answer.status == "Rejected", "Rejected", requirement="A02.FR.07", actual=answer.status)
    security.expect_security_event(csms, "InvalidChargingStationCertificate", "A02.FR.07")

    step("Wait", expect="it is not asked for again")
    csms.expect_nothing("SignCertificate", within=1.5 * wait, requirement="A02.FR.20")


@case("OC_A_03_CS")
def test_long_chain_refused(csms: FakeCsms) -> None:
    """A certificate chain that is longer than MaxCertificateChainSize is refused."""
    longest = int(csms.configured(SECURITY, "MaxCertificateChainSize") or FIELD)
    if longest >= FIELD:
        raise NotApplicable(f"the station limits no chain to less than the {FIELD} characters of the field")

    step("Trigger SignChargingStationCertificate", expect="Accepted, then SignCertificate with a signing request")
    asked, request = csms.execute("SigningRequested")
    step("Send a chain that is too long", expect="Rejected")
    chain = csms.certificates.sign(asked.csr)
    _, end, last = chain.rpartition("-----BEGIN")
    chain += f"{end}{last}" * (1 + (longest - len(chain)) // len(f"{end}{last}"))
    answer = send_chain(csms, asked, STATION, chain=chain)
    check(answer.status == "Rejected", "Rejected", requirement="A02.FR.16", actual=answer.status)
    security.expect_security_event(csms, "InvalidChargingStationCertificate", "A02.FR.07")

    step("Close the connection", expect="the station comes back with another certificate")
    csms.disconnect()
    csms.expect_connection(within=security.time_to_return(csms), requirement="A02.FR.16")
    used = csms.shown.get("client_certificate", {}).get("fingerprint")
    check(used != request.fingerprint, "not the one that was refused", requirement="A02.FR.16", actual=used)


@case("OC_A_04_CS")
def test_way_back_to_old_certificate(csms: FakeCsms, dut: Dut) -> None:
    """A station that can't connect with its new certificate takes the old one again, and keeps only that."""
    _only_active_profile(csms)
    csms.configure(COMM, "NetworkProfileConnectionAttempts", "2")
    before = csms.shown["client_certificate"].get("fingerprint")

    step("Renew the certificate, turn two attempts away", expect="Accepted; a connection with the old certificate")
    asked, _ = csms.execute("SigningRequested")
    csms.turn_away(2)
    answer = send_chain(csms, asked, STATION)
    check(answer.status == "Accepted", "Accepted", requirement="A02.FR.08", actual=answer.status)
    csms.expect_connection(within=2 * security.time_to_return(csms), requirement="A02.FR.28")
    security.check_same_certificate(csms, before, "A02.FR.28")
    csms.wait(lambda: bool(_told(csms, "DiscardedRenewedClientCertificate")), within=csms.deadlines.physical)
    told = _told(csms, "DiscardedRenewedClientCertificate")
    recommend(told, "DiscardedRenewedClientCertificate is told", requirement="A02.FR.29")

    step("Close the connection", expect="the station comes back with the old certificate, at once")
    csms.disconnect()
    csms.expect_connection(within=security.time_to_return(csms), requirement="A02.FR.10")
    security.check_same_certificate(csms, before, "A02.FR.10")


@case("OC_A_05_CS")
def test_password_change_in_security_log(csms: FakeCsms) -> None:
    """The security log grows by the change of a password, and does not tell the password."""
    password = secrets.token_hex(16)
    with csms.files() as files:
        step("Have the security log uploaded", expect="a file")
        before = csms.execute("LogUploaded", files=files, kind="SecurityLog", folder="before")

        step("Set BasicAuthPassword", expect="Accepted, and a connection with the new password")
        csms.ask_for(password=password.encode())
        status = _set_password(csms, password)
        check(status == "Accepted", "Accepted", requirement="A01.FR.01", actual=status)
        csms.expect_connection(within=security.time_to_return(csms), requirement="A01.FR.01")

        step("Have the security log uploaded again", expect="another file, without the password")
        after = csms.execute("LogUploaded", files=files, kind="SecurityLog", folder="after")
    grown = f"{len(before)} bytes before, {len(after)} after"
    check(len(after) > len(before), "the log has grown by the change", requirement="A01.FR.11", actual=grown)
    for spelling in (password.encode(), b64encode(password.encode()), password.encode().hex().encode()):
        told = spelling.lower() in after.lower()
        check(not told, "the password is not in the log", requirement="A01.FR.12", actual=f"{len(after)} bytes")


@case("OC_A_06_CS")
def test_no_encryption(csms: FakeCsms) -> None:
    """The station breaks off from a CSMS that has only cipher suites without encryption, and should tell of it."""
    step("Offer cipher suites without encryption alone", expect="the station breaks the connection off")
    with csms.tls.shown(maximum="TLSv1_2", ciphers=("NULL-SHA256", "NULL-SHA"), rsa=True):
        attempt = csms.tls.next_attempt(within=security.time_to_return(csms))
    check(not attempt.taken, "no suite without encryption", requirement="A00.FR.323", actual=attempt.how)

    step("Offer everything again", expect="the station connects, and tells of InvalidTLSCipherSuite if it could see it")
    csms.expect_connection(within=security.time_to_return(csms), requirement="A00.FR.323")
    csms.wait(lambda: bool(_told(csms, "InvalidTLSCipherSuite")), within=csms.deadlines.message)
    recommend(_told(csms, "InvalidTLSCipherSuite"), "InvalidTLSCipherSuite is told", requirement="A00.FR.323")


@case("OC_A_07_CS")
def test_unknown_request_id(csms: FakeCsms) -> None:
    """A certificate for a requestId that the station has not given is refused."""
    before = csms.shown["client_certificate"].get("fingerprint")
    step("Trigger SignChargingStationCertificate", expect="Accepted, then SignCertificate with a signing request")
    asked, _ = csms.execute("SigningRequested")
    recommend(asked.requestId, "a requestId", requirement="A02.FR.24", actual=asked)

    step("Send the certificate with another requestId", expect="Rejected")
    chain = csms.certificates.sign(asked.csr)
    other = (asked.requestId or 0) + 1000
    answer = csms.send("CertificateSigned", certificateChain=chain, certificateType=STATION, requestId=other)
    check(answer.status == "Rejected", "Rejected", requirement="A02.FR.26", actual=answer.status)

    step("Close the connection", expect="the station comes back with the certificate that it had")
    csms.disconnect()
    csms.expect_connection(within=security.time_to_return(csms), requirement="A02.FR.26")
    security.check_same_certificate(csms, before, "A02.FR.26")


@case("OC_A_08_CS")
def test_certificate_for_evs_of_iso_15118_20(csms: FakeCsms) -> None:
    """The station asks for a certificate for EVs of ISO 15118-20, names the root to be above it, and takes it."""
    root, kind = csms.certificates.own_root(), "V2GRootCertificate"
    csms.reach("CertificateInstalled", certificate=root, kind=kind)

    step("Trigger SignV2G20Certificate", expect="Accepted, then SignCertificate for it, with the hash of the V2G root")
    asked, _ = csms.execute("SigningRequested", kind="V2G20Certificate")
    if recommend(asked.hashRootCertificate, "hashRootCertificate", requirement="A02.FR.27", actual=asked):
        answer = csms.send("GetInstalledCertificateIds", certificateType=[kind])
        roots = [one.certificateHashData for one in answer.certificateHashDataChain or []]
        known = listed([asked.hashRootCertificate], root) or asked.hashRootCertificate in roots
        check(known, "the hash of a V2G root", requirement="A02.FR.27", actual=asked.hashRootCertificate)

    step("Send the certificate", expect="Accepted")
    status = send_chain(csms, asked, "V2G20Certificate").status
    check(status == "Accepted", "Accepted", requirement="A02.FR.06", actual=status)


@case("OC_A_27_CS")
def test_new_root_signed_by_the_old(csms: FakeCsms) -> None:
    """With AdditionalRootCertificateCheck a new CSMS root is taken if the one in use has signed it, and no other."""
    strict = csms.configured(SECURITY, "AdditionalRootCertificateCheck")
    require(strict == "true", f"AS-2 is declared, and AdditionalRootCertificateCheck is {strict or 'not there'}")
    own = csms.certificates.own_root()

    step("Install a CSMS root that has signed itself", expect="Rejected")
    status = _install(csms, csms.certificates.new_root("successor"))
    check(status == "Rejected", "Rejected", requirement="M05.FR.11", actual=status)

    step("Install the same one, signed by the root in use", expect="Accepted")
    new = csms.certificates.new_root("signed-successor")
    status = _install(csms, new)
    check(status == "Accepted", "Accepted", requirement="M05.FR.12", actual=status)

    step("Close the connection", expect="the station comes back, though the root in use is no longer the newest")
    csms.disconnect()
    csms.expect_connection(within=security.time_to_return(csms), requirement="M05.FR.14")

    step("Ask for the CSMS roots, then delete the new one", expect="both are there; Accepted")
    answer = csms.send("GetInstalledCertificateIds", certificateType=["CSMSRootCertificate"])
    found = [one.certificateHashData for one in answer.certificateHashDataChain or []]
    check(listed(found, own), "the old root is there", requirement="M05.FR.12", actual=answer)
    check(listed(found, new, own), "the new root is there", requirement="M05.FR.12", actual=answer)
    answer = csms.send("DeleteCertificate", certificateHashData=hash_data(new, issuer=own))
    check(answer.status == "Accepted", "DeleteCertificate is Accepted", requirement="M04.FR.02", actual=answer.status)


# ---------------------------------------------------------------------- security profiles


@case("TC_A_20_CS")
def test_profile_not_raised_without_root(csms: FakeCsms, dut: Dut) -> None:
    """Without a CSMS root a network profile with TLS can't come first."""
    spare, active = networks.slots(csms)
    _only_active_profile(csms)
    own = csms.certificates.own_root()
    _remove_own_root(csms, own)

    step("Set a network profile with security profile 2", expect="Accepted, or Rejected")
    status = networks.set_profile(csms, spare, 2)
    check(status in ("Accepted", "Rejected"), "Accepted, or Rejected", requirement="B09.FR.01", actual=status)
    step("Put it first", expect="Rejected")
    status = networks.set_priority(csms, spare, active)
    check(status == "Rejected", "Rejected", requirement="A05.FR.02", actual=status)
    step("Ask for SecurityProfile and NetworkConfigurationPriority", expect="what they were before")
    _check_in_use(csms, dut.security_profile, active, "A05.FR.02")

    step("Install the root again", expect="Accepted")
    csms.execute("CertificateInstalled", certificate=own)


@case("TC_A_21_CS")
def test_profile_not_raised_without_certificate(csms: FakeCsms, dut: Dut) -> None:
    """Without a certificate of the station a network profile with security profile 3 can't come first."""
    spare, active = networks.slots(csms)
    _only_active_profile(csms)
    csms.reach("CertificateInstalled", certificate=csms.certificates.own_root())

    step("Set a network profile with security profile 3", expect="Accepted, or Rejected")
    status = networks.set_profile(csms, spare, 3)
    check(status in ("Accepted", "Rejected"), "Accepted, or Rejected", requirement="B09.FR.01", actual=status)
    step("Put it first", expect="Rejected")
    status = networks.set_priority(csms, spare, active)
    check(status == "Rejected", "Rejected", requirement="A05.FR.03", actual=status)
    step("Ask for SecurityProfile and NetworkConfigurationPriority", expect="what they were before")
    _check_in_use(csms, dut.security_profile, active, "A05.FR.03")


@case("TC_A_22_CS")
def test_profile_not_lowered(csms: FakeCsms, dut: Dut) -> None:
    """A network profile with security profile 1 is refused by a station that is on a higher one."""
    spare, active = networks.slots(csms)

    step("Set a network profile with security profile 1", expect="Rejected")
    status = networks.set_profile(csms, spare, 1)
    check(status == "Rejected", "Rejected", requirement="B09.FR.04", actual=status)
    step("Ask for SecurityProfile and NetworkConfigurationPriority", expect="what they were before")
    _check_in_use(csms, dut.security_profile, active, "A00.FR.005")


# The last one, because there is no way back by OCPP: what comes after it runs on the higher profile.
@case("TC_A_19_CS")
def test_profile_raised(csms: FakeCsms, dut: Dut) -> None:
    """A higher security profile is accepted with what it needs; the station comes back on it, and not on the lower."""
    higher = dut.security_profile + 1
    spare, active = networks.slots(csms)
    path = csms.url_with(networks.OTHER_WAY)[1]
    _prepare(csms, dut, higher)

    step(f"Set a network profile with security profile {higher}, put it first", expect="Accepted; or RebootRequired")
    status = networks.set_profile(csms, spare, higher)
    check(status == "Accepted", "SetNetworkProfile is Accepted", requirement="B09.FR.01", actual=status)
    csms.ask_for(profile=higher)
    status = networks.set_priority(csms, spare, active)
    either = status in ("Accepted", "RebootRequired")
    check(either, "Accepted, or RebootRequired", requirement="A05.FR.04", actual=status)

    step("Reset, OnIdle", expect="Accepted; the station connects by the new profile, boots and reports itself")
    csms.execute("Booted", by="OnIdle")
    _expect_boot_told(csms)
    used = csms.path
    check(used == path, "a connection by the new profile", requirement="A05.FR.05", actual=used)

    step("Ask for SecurityProfile and NetworkConfigurationPriority", expect="the higher one, and no lower profile")
    _check_in_use(csms, higher, spare, "A05.FR.06")
    if higher == 2:
        step("Offer security profile 1 alone, then 2 again", expect="the station connects by 2 alone")
        _check_not_lowered(csms)


# ---------------------------------------------------------------------- shapes that several cases share


def _install(csms: FakeCsms, certificate: str) -> str:
    """Install a CSMS root; the status of the answer."""
    kind = "CSMSRootCertificate"
    return str(csms.send("InstallCertificate", certificateType=kind, certificate=certificate).status)


def _set_password(csms: FakeCsms, password: str) -> str:
    asked = variable(SECURITY, "BasicAuthPassword", attributeValue=password)
    return str(csms.send("SetVariables", setVariableData=[asked]).setVariableResult[0].attributeStatus)


def _prepare(csms: FakeCsms, dut: Dut, profile: int) -> None:
    """The station has what a security profile needs: our root certificate, or a certificate of its own."""
    if profile == 2:
        csms.reach("CertificateInstalled", certificate=csms.certificates.own_root())
        return
    csms.configure(SECURITY, "OrganizationName", dut.values.cpo_name)
    csms.reach("RenewChargingStationCertificate")


def _check_not_lowered(csms: FakeCsms) -> None:
    """The station keeps away from us on security profile 1, and comes back on 2."""
    csms.ask_for(profile=1)
    csms.disconnect()
    # Two attempts that come to nothing show that it is not because the station has not tried.
    csms.wait(lambda: len(csms.attempts_in_step()) > 1, within=2 * security.time_to_return(csms))
    check(not csms.connected, "no connection without TLS", requirement="A05.FR.06", actual=csms.attempts_in_step())
    csms.ask_for(profile=2)
    csms.expect_connection(within=2 * security.time_to_return(csms), requirement="A05.FR.06")


def _expect_boot_told(csms: FakeCsms) -> None:
    """A boot is a critical event, whatever the clock of the station says by then."""
    csms.expect("SecurityEventNotification", type=BOOTED, within=csms.deadlines.physical, requirement="A04.FR.01")


def _only_active_profile(csms: FakeCsms) -> None:
    _, active = networks.slots(csms)
    csms.configure(COMM, "NetworkConfigurationPriority", active)


def _told(csms: FakeCsms, kind: str) -> list[Any]:
    return csms.seen_in_step("SecurityEventNotification", type=kind)


def _back_off(csms: FakeCsms, dut: Dut, doublings: int = 1) -> int:
    """The first pause before a signing request is repeated, and how often it doubles, are set; the pause."""
    wait = dut.values.cert_signing_wait
    csms.configure(SECURITY, "OrganizationName", dut.values.cpo_name)
    csms.configure(SECURITY, "CertSigningWaitMinimum", str(wait))
    csms.configure(SECURITY, "CertSigningRepeatTimes", str(doublings))
    return wait


def _expect_repeated(csms: FakeCsms, before: Any, pause: float) -> Any:
    """The signing request comes again, `pause` seconds after the one before, for whatever key of the station."""
    kind = before.certificateType
    again = csms.expect(
        "SignCertificate",
        after=before,
        within=pause + csms.deadlines.message,
        requirement="A02.FR.17",
        certificateType=kind,
    )
    waited = csms.time_between(before, again)
    late = waited >= pause - min(1.0, 0.25 * pause)
    check(late, f"after {pause} s at the earliest", requirement="A02.FR.18", actual=waited)
    request = SigningRequest.of(again.csr)
    right = request.signed and request.strong and request.common_names == [security.serial_of(csms)]
    check(right, "a signing request as the one before", requirement="A02.FR.17", actual=request)
    return again


def _signed(csms: FakeCsms, asked: Any) -> str:
    """Send the certificate for a signing request; the status of the answer.

    The station comes back with the certificate, or tells that it has refused it.
    """
    csms.mark()
    status = send_chain(csms, asked, STATION).status
    if status == "Accepted":
        csms.expect_connection(within=csms.deadlines.reset, requirement="A02.FR.08")
    else:
        security.expect_security_event(csms, "InvalidChargingStationCertificate", "A02.FR.07")
    return str(status)


def _secc_ids(csms: FakeCsms, dut: Dut) -> dict[int | None, str]:
    """The SeccIds of the station by EVSE, None for the one of the whole station or for none at all."""
    places = [None, *dict.fromkeys(one.evseId for one in dut.connectors)]
    asked = [variable("ISO15118Ctrlr", "SeccId", evseId=one) for one in places]
    results = csms.send("GetVariables", getVariableData=asked).getVariableResult
    pairs = zip(places, results, strict=False)
    found = {one: str(result.attributeValue) for one, result in pairs if result.attributeStatus == "Accepted"}
    return found or {None: ""}


def _remove_own_root(csms: FakeCsms, own: str) -> None:
    """No CSMS root is installed any more; one that is not ours can't be given back, so it is left alone."""
    kind = "CSMSRootCertificate"
    answer = csms.send("GetInstalledCertificateIds", certificateType=[kind])
    if answer.status == "NotFound":
        return
    found = [one.certificateHashData for one in answer.certificateHashDataChain or ()]
    if len(found) > 1:
        raise NotApplicable(f"the station has {len(found)} CSMS roots: leave only the one of this run, or none")
    named = listed(found, own)
    if named is None:
        raise NotApplicable("the station has a CSMS root that this run can't give back: remove it")
    answer = csms.send("DeleteCertificate", certificateHashData=named)
    check(answer.status == "Accepted", "the last root is deleted (AQ-1)", requirement="M04.FR.02", actual=answer.status)


def _check_in_use(csms: FakeCsms, profile: int, first: str, requirement: str) -> None:
    """The security profile is this one, and the order of the network profiles begins with that slot, alone."""
    asked = [variable(SECURITY, "SecurityProfile"), variable(COMM, "NetworkConfigurationPriority")]
    results = csms.send("GetVariables", getVariableData=asked).getVariableResult
    values = {str(one.variable.name): one.attributeValue for one in results if one.attributeStatus == "Accepted"}
    told = values.get("SecurityProfile")
    check(told == str(profile), f"SecurityProfile is {profile}", requirement=requirement, actual=told)
    order = values.get("NetworkConfigurationPriority")
    check(order == first, f"the slot {first} alone", requirement=requirement, actual=order)
