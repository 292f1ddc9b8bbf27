"""Security whitepaper, edition 3: a Central System under test (1.6). Files and firmware have a module of their own."""

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
    hash_data,
    security,
    step,
)

CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
ONLY_HIGHER = "a connection and Accepted; no connection; a connection"
KEY = "4F43544F50555348" * 2 + "5A5A3031"


@case("TC_073_CSMS")
def test_password(station: FakeStation, operator: Operator) -> None:
    """The Central System changes our password, and takes no connection by the one before any more."""
    station.answer("ChangeConfiguration", status="Accepted")

    step("Have the CSMS change our password", expect="ChangeConfiguration of AuthorizationKey, 16 to 20 bytes in hex")
    operator.csms_sends("ChangeConfiguration", key="AuthorizationKey", value=KEY)
    asked = station.expect("ChangeConfiguration", key="AuthorizationKey", value=PRESENT, requirement="A01.FR.02")
    right = re.fullmatch(r"(?:[0-9A-Fa-f]{2}){16,20}", str(asked.value)) is not None
    check(right, "16 to 20 bytes in hexadecimal digits", requirement="A00.FR.205", actual=len(str(asked.value)))
    check(str(asked.value).upper() == KEY, "the password that the operator chose", requirement="A01.FR.02")

    step("Connect with the password from before", expect="no connection")
    before = station.show(password=bytes.fromhex(str(asked.value)) if right else b"")
    station.disconnect()
    station.connect_in_vain(credentials=before, requirement="A01.FR.03")

    step("Connect with the new password, and boot", expect="a connection, and Accepted")
    station.connect()
    station.execute("Booted")


@case("TC_074_CSMS")
def test_certificate_renewed(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The Central System has us renew our certificate, gets our request signed, and takes us by the new one."""
    step("Have the CSMS trigger SignChargePointCertificate", expect="ExtendedTriggerMessage without a connector")
    _trigger(station, operator)

    step("Send a signing request", expect="Accepted, then CertificateSigned for the key and name of our request")
    chain = security.expect_signed(station, station.certificates.request())

    step("Connect with the new certificate, and boot", expect="a connection, and Accepted")
    station.show(certificate=station.certificates.credentials(chain))
    station.disconnect()
    station.connect()
    station.execute("Booted")


@case("TC_075_1_CSMS")
def test_manufacturer_root_installed(station: FakeStation, operator: Operator) -> None:
    """The Central System installs a manufacturer's root certificate, and asks what is installed."""
    root = station.certificates.new_root()

    step("Have the CSMS install a manufacturer's root certificate", expect="InstallCertificate with it")
    _install(station, operator, MANUFACTURER, root)
    step("Have the CSMS ask for the manufacturer's roots", expect="GetInstalledCertificateIds of that type")
    _ask(station, operator, MANUFACTURER, root)


@case("TC_075_2_CSMS")
def test_central_root_installed(station: FakeStation, operator: Operator) -> None:
    """The Central System installs a root certificate of its own, and asks what is installed."""
    root = station.certificates.new_root()

    step("Have the CSMS install a Central System's root certificate", expect="InstallCertificate with it")
    _install(station, operator, CENTRAL, root)
    step("Have the CSMS ask for the Central System's roots", expect="GetInstalledCertificateIds of that type")
    _ask(station, operator, CENTRAL, root)


@case("TC_076_CSMS")
def test_root_deleted(station: FakeStation, operator: Operator) -> None:
    """The Central System deletes a root certificate, by the hashes that we gave it."""
    root = station.certificates.new_root()
    _install(station, operator, CENTRAL, root)

    step("Have the CSMS ask for the Central System's roots", expect="GetInstalledCertificateIds of that type")
    named = _ask(station, operator, CENTRAL, root, "SHA384")

    step("Have the CSMS delete the root", expect="DeleteCertificate with hash data as we gave it")
    station.answer("DeleteCertificate", status="Accepted")
    operator.csms_sends("DeleteCertificate", certificateHashData=named)
    asked = station.expect("DeleteCertificate", certificateHashData=PRESENT, requirement="M04.FR.01")
    told = {name: str(getattr(asked.certificateHashData, name)).casefold() for name in named}
    wanted = {name: value.casefold() for name, value in named.items()}
    check(told == wanted, "the hashes of that root, by the same algorithm", requirement="M04.FR.07", actual=told)


@case("TC_077_CSMS")
def test_wrong_certificate_told(station: FakeStation, operator: Operator) -> None:
    """The Central System takes note of a charge point that refuses its new certificate."""
    step("Have the CSMS trigger SignChargePointCertificate", expect="ExtendedTriggerMessage without a connector")
    _trigger(station, operator)

    step("Send a signing request, reject the certificate", expect="Accepted, then CertificateSigned")
    station.answer("CertificateSigned", status="Rejected")
    security.expect_signed(station, station.certificates.request())

    step("Send the security event InvalidChargePointCertificate", expect="an answer")
    _event(station, "InvalidChargePointCertificate")


@case("TC_078_CSMS")
def test_wrong_root_told(station: FakeStation, operator: Operator) -> None:
    """The Central System takes note of a charge point that refuses a root certificate."""
    root = station.certificates.new_root()

    step("Have the CSMS install a Central System's root certificate, reject it", expect="InstallCertificate with it")
    _install(station, operator, CENTRAL, root, "Rejected")

    step("Send the security event InvalidCentralSystemCertificate", expect="an answer")
    _event(station, "InvalidCentralSystemCertificate")


@case("TC_085_CSMS")
def test_basic_authentication(station: FakeStation) -> None:
    """The Central System takes our identity and password, and serves us."""
    step("Connect with our identity and password", expect="a connection")
    station.disconnect()
    station.connect()

    step("Boot, report the connectors", expect="Accepted, and answers")
    station.execute("Booted")


@case("TC_086_CSMS")
def test_server_certificate(station: FakeStation, dut: Dut) -> None:
    """The Central System shows a certificate that is in order, and speaks every cipher suite of the standard."""
    step("Connect by each of the four cipher suites alone", expect="a connection by each")
    security.check_every_suite(station, "A00.FR.317")

    step("Connect by TLS, boot, report the connectors", expect="a connection, Accepted, and answers")
    security.check_served(station, "A00.FR.312", certificate=True)


@case("TC_087_CSMS")
def test_client_certificate(station: FakeStation) -> None:
    """The Central System takes our certificate, by every cipher suite of the standard, and serves us."""
    step("Connect by each of the four cipher suites alone", expect="a connection by each")
    security.check_every_suite(station, "A00.FR.421")

    step("Connect with our certificate, boot, report the connectors", expect="a connection, Accepted, and answers")
    security.check_served(station, "A00.FR.416")


@case("TC_088_CSMS")
def test_subprotocol_chosen(station: FakeStation) -> None:
    """The Central System takes no connection for a version that it can't speak, and chooses the one that it can."""
    own = station.version.subprotocol
    station.disconnect()

    step("Offer the subprotocol ocpp0.1 alone", expect="no WebSocket, or one that is closed at once")
    station.connect_in_vain(subprotocols=("ocpp0.1",), requirement="1.6J 3.2")

    step("Offer ocpp0.1 and the version under test", expect="a WebSocket with the version under test")
    station.connect(subprotocols=("ocpp0.1", own))
    check(station.subprotocol == own, f"subprotocol {own}", requirement="1.6J 3.3", actual=station.subprotocol)

    step("Boot, report the connectors", expect="Accepted, and answers")
    station.execute("Booted")


# The last one, because there is no way back by OCPP: what comes after it runs on the higher profile.
@case("TC_083_CSMS")
def test_profile_raised(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """The Central System raises our security profile, takes us on the higher one, and on the lower one no more."""
    higher = security.higher_profile(dut)
    station.answer("ChangeConfiguration", status="Accepted")

    step("Have the CSMS raise our security profile", expect=f"ChangeConfiguration of SecurityProfile to {higher}")
    operator.csms_sends("ChangeConfiguration", key="SecurityProfile", value=str(higher))
    station.expect("ChangeConfiguration", key="SecurityProfile", value=str(higher), requirement="A05")

    step("Connect on the higher profile, boot; connect on the lower, then on the higher", expect=ONLY_HIGHER)
    security.check_raised(station, higher, "A05.FR.09")


# ---------------------------------------------------------------------- shapes that several cases share


def _trigger(station: FakeStation, operator: Operator) -> None:
    operator.csms_sends("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
    station.expect(
        "ExtendedTriggerMessage",
        requestedMessage="SignChargePointCertificate",
        connectorId=ABSENT,
        requirement="A02",
    )


def _install(station: FakeStation, operator: Operator, kind: str, root: str, status: str = "Accepted") -> None:
    station.answer("InstallCertificate", status=status)
    operator.csms_sends("InstallCertificate", certificateType=kind, certificate=root)
    asked = station.expect("InstallCertificate", certificateType=kind, certificate=PRESENT, requirement="M05")
    same = _letters(asked.certificate) == _letters(root)
    check(same, "the certificate that the operator chose", requirement="M05", actual=asked.certificate)


def _ask(station: FakeStation, operator: Operator, kind: str, root: str, algorithm: str = "SHA256") -> dict[str, str]:
    """Have the CSMS ask what is installed; what we call the root, which is all there is."""
    named = hash_data(root, algorithm)
    station.answer("GetInstalledCertificateIds", status="Accepted", certificateHashData=[named])
    operator.csms_sends("GetInstalledCertificateIds", certificateType=kind)
    station.expect("GetInstalledCertificateIds", certificateType=kind, requirement="M03.FR.01")
    return named


def _letters(pem: Any) -> str:
    """PEM without line breaks, which may be any."""
    return re.sub(r"\s", "", str(pem))


def _event(station: FakeStation, kind: str) -> None:
    station.send("SecurityEventNotification", type=kind, timestamp=station.timestamp())
