"""Security whitepaper, edition 3: a charge point under test (1.6). Files and firmware have a module of their own."""

from __future__ import annotations

import secrets
from typing import Any

from conformance import Dut, FakeCsms, NotApplicable, case, check, listed, misspelt, observe, one_of, security, step

CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
BOOTED = one_of("StartupOfTheDevice", "ResetOrReboot")
"""The critical events of a boot; the clock may not be right yet."""
WRONG = {
    "another-key": "for a key that is not the charge point's",
    "expired": "that has expired",
    "foreign-ca": "that an unknown authority has signed",
}


@case("TC_073_CS")
def test_password(csms: FakeCsms, dut: Dut) -> None:
    """A new AuthorizationKey is taken over: the charge point comes back with it at once, and shows it to nobody."""
    password = secrets.token_bytes(20)

    step("Set AuthorizationKey", expect="Accepted; the charge point disconnects and comes back with the new password")
    csms.ask_for(password=password)
    answer = csms.send("ChangeConfiguration", key="AuthorizationKey", value=password.hex().upper())
    check(answer.status == "Accepted", "Accepted", requirement="A01.FR.01", actual=answer.status)
    csms.expect_connection(within=security.time_to_return(csms), requirement="A01.FR.01")

    step("Ask for AuthorizationKey", expect="no value: the key is write-only")
    _check_hidden(csms.send("GetConfiguration", key=["AuthorizationKey"]))


@case("TC_074_CS")
def test_certificate_renewed(csms: FakeCsms, dut: Dut) -> None:
    """The charge point makes a key, asks for its certificate, takes it over, and connects with it."""
    csms.configure("CpoName", dut.values.cpo_name)
    before = csms.shown["client_certificate"]

    step("Trigger SignChargePointCertificate", expect="Accepted, then SignCertificate with a signing request")
    asked, request = csms.execute("SigningRequested")
    security.check_signing_request(csms, request, dut.values.cpo_name, before.get("fingerprint"))

    step("Send the signed certificate", expect="Accepted; the charge point comes back with it")
    answer = csms.send("CertificateSigned", certificateChain=csms.certificates.sign(asked.csr))
    check(answer.status == "Accepted", "Accepted", requirement="A02.FR.06", actual=answer.status)
    csms.expect_connection(within=security.time_to_return(csms), requirement="A02.FR.08")
    security.check_same_certificate(csms, request.fingerprint, "A02.FR.08")


@case("TC_075_1_CS")
def test_manufacturer_root_installed(csms: FakeCsms) -> None:
    """A manufacturer's root certificate is installed, listed, and goes when it is deleted."""
    root = csms.certificates.new_root()

    step("Install a manufacturer's root certificate", expect="Accepted")
    _install(csms, MANUFACTURER, root)
    step("Ask for the manufacturer's roots", expect="Accepted, and the new one listed")
    named = csms.execute("CertificateListed", certificate=root, kind=MANUFACTURER)
    step("Delete it again", expect="Accepted")
    _delete(csms, named, "Accepted", "M04.FR.02")


@case("TC_075_2_CS")
def test_central_root_installed(csms: FakeCsms) -> None:
    """A root certificate of a Central System is installed, listed, and goes when it is deleted."""
    _several_roots(csms)
    root = csms.certificates.new_root()

    step("Install a root certificate of a Central System", expect="Accepted")
    _install(csms, CENTRAL, root)
    step("Ask for the Central System's roots", expect="Accepted, and the new one listed")
    named = csms.execute("CertificateListed", certificate=root)
    step("Delete it again", expect="Accepted")
    _delete(csms, named, "Accepted", "M04.FR.02")


@case("TC_076_CS")
def test_root_deleted(csms: FakeCsms, dut: Dut) -> None:
    """An installed root certificate is deleted, and no other; the one that the connection rests on can't be."""
    _several_roots(csms)
    root = csms.certificates.new_root()
    csms.reach("CertificateInstalled", certificate=root)

    step("Ask for the Central System's roots", expect="Accepted, and the installed one listed")
    named = csms.execute("CertificateListed", certificate=root)
    step("Delete it", expect="Accepted")
    _delete(csms, named, "Accepted", "M04.FR.02")
    step("Ask again", expect="it is not listed any more")
    _check_gone(csms, CENTRAL, root)
    step("Delete it once more", expect="NotFound")
    _delete(csms, named, "NotFound", "M04.FR.04")

    if dut.security_profile > 1:
        own = csms.certificates.own_root()
        step("Delete the root that vouches for our own certificate", expect="Failed, and it is still listed")
        _delete(csms, csms.execute("CertificateListed", certificate=own), "Failed", "M04.FR.06")
        csms.execute("CertificateInstalled", certificate=own)


@case("TC_077_CS")
def test_wrong_certificate_for_the_charge_point(csms: FakeCsms, dut: Dut) -> None:
    """A certificate that does not hold is refused, told of by a security event, and not used."""
    csms.configure("CpoName", dut.values.cpo_name)
    before = csms.shown["client_certificate"].get("fingerprint")
    for kind, what in WRONG.items():
        step("Trigger SignChargePointCertificate", expect="Accepted, then SignCertificate with a signing request")
        asked, _ = csms.execute("SigningRequested")

        step(f"Send a certificate {what}", expect="Rejected, and InvalidChargePointCertificate")
        answer = csms.send("CertificateSigned", certificateChain=csms.certificates.sign(asked.csr, kind))
        check(answer.status == "Rejected", "Rejected", requirement="A02.FR.06", actual=answer.status)
        security.expect_security_event(csms, "InvalidChargePointCertificate", "A02.FR.07")

    step("Close the connection", expect="the charge point comes back with the certificate that it had")
    csms.disconnect()
    csms.expect_connection(within=security.time_to_return(csms), requirement="A02.FR.07")
    security.check_same_certificate(csms, before, "A02.FR.07")


@case("TC_078_CS")
def test_wrong_root(csms: FakeCsms, dut: Dut) -> None:
    """An expired root certificate of a Central System is refused, and told of by a security event."""
    _several_roots(csms)
    root = csms.certificates.new_root("expired")

    step("Install a root certificate that has expired", expect="Rejected, and InvalidCentralSystemCertificate")
    answer = csms.send("InstallCertificate", certificateType=CENTRAL, certificate=root)
    check(answer.status == "Rejected", "Rejected", requirement="M05.FR.06", actual=answer.status)
    security.expect_security_event(csms, "InvalidCentralSystemCertificate", "whitepaper 8")

    step("Ask for the Central System's roots", expect="it is not listed")
    _check_gone(csms, CENTRAL, root)


@case("TC_084_CS")
def test_profile_not_lowered(csms: FakeCsms, dut: Dut) -> None:
    """A lower security profile is refused, and the charge point stays on the one that it has, and connected."""
    lower = dut.security_profile - 1

    step(f"Set SecurityProfile to {lower}", expect="Rejected")
    answer = csms.send("ChangeConfiguration", key="SecurityProfile", value=str(lower))
    check(answer.status == "Rejected", "Rejected", requirement="A05.FR.01", actual=answer.status)

    step("Ask for SecurityProfile, on the same connection", expect="the profile that is in use")
    _check_profile(csms, dut.security_profile, "A05.FR.01")


@case("TC_085_CS")
def test_basic_authentication(csms: FakeCsms, dut: Dut) -> None:
    """After a reset, the charge point proves who it is by HTTP Basic: identity and password of 16 to 20 bytes."""
    step("Reset, Hard", expect="Accepted; the charge point connects, boots and reports itself")
    csms.execute("Reported", boot=_hard_reset(csms))
    csms.expect("SecurityEventNotification", type=BOOTED, within=csms.deadlines.physical, requirement="A04.FR.01")
    security.check_basic(csms, 20)


@case("TC_086_CS")
def test_server_certificate(csms: FakeCsms, dut: Dut) -> None:
    """The charge point speaks TLS 1.2 or later, with the cipher suites of the standard, and takes our certificate."""
    step("Reset, Hard", expect="Accepted; the charge point connects, boots and reports itself")
    csms.execute("Reported", boot=_hard_reset(csms))
    csms.expect("SecurityEventNotification", type=BOOTED, within=csms.deadlines.physical, requirement="A04.FR.01")
    security.check_tls_version(csms, "A00.FR.312")
    observe("cipher suite, server name by SNI", f"{csms.shown.get('cipher')}, {csms.shown.get('server_name')}")
    plain = dut.security_profile < 3 or csms.shown.get("user") is None
    check(plain, "no password on security profile 3", requirement="A00.FR.001", actual=csms.shown.get("user"))

    taken: dict[str, bool] = {}
    for pair in security.SUITE_PAIRS:
        for suite in pair:
            step(f"Offer {suite} alone", expect="a connection, unless the charge point has the other pair of suites")
            taken[suite] = security.takes_suite(csms, suite)
        if all(taken[suite] for suite in pair):
            break
    whole = any(all(taken.get(suite) for suite in pair) for pair in security.SUITE_PAIRS)
    check(whole, "both suites of one pair", requirement="A00.FR.318", actual=taken)


@case("TC_087_CS")
def test_client_certificate(csms: FakeCsms, dut: Dut) -> None:
    """After a reset, the charge point proves who it is by its certificate, and by no password."""
    step("Reset, Hard", expect="Accepted; the charge point connects, boots and reports itself")
    csms.execute("Reported", boot=_hard_reset(csms))
    csms.expect("SecurityEventNotification", type=BOOTED, within=csms.deadlines.physical, requirement="A04.FR.01")
    security.check_client_certificate(csms)


# The last one, because there is no way back by OCPP: what comes after it runs on the higher profile.
@case("TC_083_CS")
def test_profile_raised(csms: FakeCsms, dut: Dut) -> None:
    """A higher security profile is accepted once what it needs is there; the charge point comes back on it."""
    higher = dut.security_profile + 1
    if higher == 2:
        csms.reach("CertificateInstalled", certificate=csms.certificates.own_root())
    else:
        csms.configure("CpoName", dut.values.cpo_name)
        csms.reach("RenewChargePointCertificate")

    step(f"Set SecurityProfile to {higher}", expect="Accepted, and a connection on it; or RebootRequired")
    csms.ask_for(profile=higher)
    answer = csms.send("ChangeConfiguration", key="SecurityProfile", value=str(higher))
    either = answer.status in ("Accepted", "RebootRequired")
    check(either, "Accepted, or RebootRequired", requirement="A05.FR.05", actual=answer.status)
    if answer.status == "RebootRequired":
        step("Reset, Hard", expect="Accepted; the charge point boots on the higher profile and reports its connectors")
        boot = _hard_reset(csms)
        csms.execute("Reported", boot=boot)
    else:
        csms.expect_connection(within=security.time_to_return(csms), requirement="A05.FR.07")

    step("Ask for SecurityProfile", expect="the higher one")
    _check_profile(csms, higher, "A05.FR.07")


# ---------------------------------------------------------------------- shapes that several cases share


def _several_roots(csms: FakeCsms) -> None:
    if csms.configured("AdditionalRootCertificateCheck").casefold() == "true":
        raise NotApplicable("AdditionalRootCertificateCheck is true: one root at a time, signed by the one before")


def _hard_reset(csms: FakeCsms) -> Any:
    answer = csms.send("Reset", type="Hard")
    check(answer.status == "Accepted", "Accepted", requirement="1.6 5.14", actual=answer.status)
    csms.expect_connection(within=csms.deadlines.reset, requirement="1.6 5.14")
    return csms.expect("BootNotification", within=csms.deadlines.boot, requirement="1.6 4.2")


def _check_gone(csms: FakeCsms, kind: str, root: str) -> None:
    """Ask for the roots of a kind: this one is not among them, and NotFound says that there is none at all."""
    ids = csms.send("GetInstalledCertificateIds", certificateType=kind)
    status = "Accepted" if ids.certificateHashData else "NotFound"
    check(ids.status == status, status, requirement="M03.FR.02", actual=ids.status)
    wrong = misspelt(ids.certificateHashData)
    check(not wrong, "hashes and serial numbers in their form", requirement="whitepaper 6.1", actual=wrong)
    there = listed(ids.certificateHashData, root)
    check(not there, "the certificate is not listed", requirement="M03.FR.04", actual=ids.certificateHashData)


def _delete(csms: FakeCsms, named: Any, status: str, requirement: str) -> None:
    answer = csms.send("DeleteCertificate", certificateHashData=named)
    check(answer.status == status, status, requirement=requirement, actual=answer.status)


def _install(csms: FakeCsms, kind: str, root: str) -> None:
    answer = csms.send("InstallCertificate", certificateType=kind, certificate=root)
    check(answer.status == "Accepted", "Accepted", requirement="M05.FR.02", actual=answer.status)


def _check_hidden(answer: Any) -> None:
    """AuthorizationKey shows no value, if it is listed at all (7.2)."""
    told = [one for one in answer.configurationKey or () if one.key.casefold() == "authorizationkey"]
    check(all(not one.value for one in told), "no value", requirement="whitepaper 7.2", actual=answer)
    check(all(one.readonly is False for one in told), "it can be set", requirement="whitepaper 7.2", actual=answer)
    named = told or [one for one in answer.unknownKey or () if one.casefold() == "authorizationkey"]
    check(named, "the key that was asked for, known or not", requirement="1.6 5.8", actual=answer)


def _check_profile(csms: FakeCsms, profile: int, requirement: str) -> None:
    answer = csms.send("GetConfiguration", key=["SecurityProfile"])
    told = [one for one in answer.configurationKey or () if one.key.casefold() == "securityprofile"]
    values = [one.value for one in told]
    check(values == [str(profile)], f"SecurityProfile is {profile}", requirement=requirement, actual=values)
    check(all(one.readonly is False for one in told), "it can be set", requirement="whitepaper 7.6", actual=answer)
