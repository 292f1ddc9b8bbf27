"""What the security cases of both version families ask and judge in the same way: TLS, certificates, security events.

Source: 2.0.1 and 2.1 part 2, A00, A02, A04; the security whitepaper of 1.6 has the same requirements. Where the
families number one differently, the case gives its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.cases.steps import check
from conformance.peers.certificates import SigningRequest, chain_facts
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import NotApplicable
from conformance.peers.payload import PRESENT
from conformance.peers.peer import Request
from conformance.peers.station import FakeStation

SUITE_PAIRS = (
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
)
"""Cipher suites of which a station has one pair, and a CSMS all (2.x: A00.FR.318, FR.319, FR.421, FR.422)."""
BELOW_TLS_12: Mapping[str, Any] = {
    "minimum": "TLSv1",
    "maximum": "TLSv1_1",
    "ciphers": ("ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "AES128-SHA"),
}
"""TLS 1.0 and 1.1 alone, with suites that they have."""


# -- a station under test ---------------------------------------------------------------------------------------------


def time_to_return(csms: FakeCsms) -> float:
    """Seconds that a station has to disconnect and come back, with an attempt or two that fail."""
    return float(csms.deadlines.message + csms.deadlines.connect + 4 * csms.lab.dut.values.retry_back_off)


def takes_suite(csms: FakeCsms, suite: str) -> bool:
    """Whether the station takes our CSMS when TLS 1.2 and this cipher suite are all that it offers.

    Afterwards the station is connected again, as before.
    """
    # Who brings a certificate has one kind of key.
    ours = csms.lab.dut.tls.certificate is None
    with csms.tls.shown(maximum="TLSv1_2", ciphers=(suite,), rsa=ours and suite in SUITE_PAIRS[1]):
        taken = csms.tls.next_attempt(within=time_to_return(csms)).taken
    csms.expect_connection(within=time_to_return(csms))
    return taken


def check_tls_version(peer: FakeCsms | FakeStation, requirement: str) -> None:
    """The open connection speaks TLS 1.2 or later."""
    version = peer.shown.get("tls_version")
    check(version in ("TLSv1.2", "TLSv1.3"), "TLS 1.2 or later", requirement=requirement, actual=version)


def check_basic(csms: FakeCsms, longest: int) -> None:
    """The open connection began with HTTP Basic: the identity, and a password of 16 characters to `longest`."""
    user, length = csms.shown.get("user"), csms.shown.get("length", 0)
    check(user == csms.lab.dut.identity, "its identity for the user name", requirement="A00.FR.204", actual=user)
    # The password itself was compared before the connection was taken.
    right = 16 <= length <= longest
    check(right, f"a password of 16 to {longest} bytes", requirement="A00.FR.205", actual=length)


def check_client_certificate(csms: FakeCsms) -> None:
    """The open connection rests on a certificate of the station as the standard wants it, and on no password."""
    shown = csms.shown.get("client_certificate", {})
    check(shown, "a certificate is shown", requirement="A00.FR.402", actual=csms.shown)
    right = shown.get("CN") == [serial_of(csms)]
    check(right, "CN is the serial number", requirement="A00.FR.511", actual=shown)
    check(shown.get("O"), "O is the operator's name", requirement="A00.FR.509", actual=shown)
    check(shown.get("strong"), "a key of 2048 bits, or 224 of a curve", requirement="A00.FR.501", actual=shown)
    check_tls_version(csms, "A00.FR.416")
    check(csms.shown.get("user") is None, "no password", requirement="A00.FR.001", actual=csms.shown.get("user"))


def serial_of(csms: FakeCsms) -> str:
    """The serial number that the station's certificate has to name."""
    dut = csms.lab.dut
    return str(dut.values.serial_number or dut.identity)


def check_signing_request(csms: FakeCsms, request: SigningRequest, organization: str, before: str | None) -> None:
    """A signing request is for the station and its operator, and for a strong key that is not the one before."""
    owner = request.organizations
    check(owner == [organization], f"O is {organization}", requirement="A00.FR.509", actual=owner)
    named = request.common_names == [serial_of(csms)]
    check(named, "CN is the serial number", requirement="A00.FR.511", actual=request.common_names)
    check(request.strong, "a key of 2048 bits, or 224 of a curve", requirement="A00.FR.501", actual=request.key)
    check(request.fingerprint != before, "a new key", requirement="A02.FR.02", actual=request.key)


def check_same_certificate(csms: FakeCsms, fingerprint: str | None, requirement: str) -> None:
    """The station shows the certificate for the key with this fingerprint."""
    shown = csms.shown["client_certificate"]
    same = shown.get("fingerprint") == fingerprint
    check(same, "the certificate that it should", requirement=requirement, actual=shown)


def expect_security_event(csms: FakeCsms, kind: Any, requirement: str) -> Request:
    """Wait for a security event that has happened just now."""
    within = csms.deadlines.physical
    event = csms.expect("SecurityEventNotification", type=kind, within=within, requirement=requirement)
    now = abs(csms.seconds_since(event.timestamp)) <= csms.lab.dut.timeouts.tolerance + within
    check(now, "the time of what has just happened", requirement="A04.FR.01", actual=event.timestamp)
    return event


# -- a CSMS under test ------------------------------------------------------------------------------------------------


def check_every_suite(station: FakeStation, requirement: str) -> None:
    """The CSMS takes our station by each of the four cipher suites alone; our own connection is ended for it."""
    station.disconnect()
    for suite in (one for pair in SUITE_PAIRS for one in pair):
        visit = station.visit(f"our station with {suite}", maximum="TLSv1_2", ciphers=(suite,))
        check(visit.admitted, f"a connection by {suite}", requirement=requirement, actual=visit.how)
        visit.leave()


def check_served(station: FakeStation, requirement: str, *, certificate: bool = False) -> None:
    """The CSMS takes our connection by TLS 1.2 or later, with (`certificate`) one that is in order, and our boot."""
    station.connect()
    check_tls_version(station, requirement)
    if certificate:
        check_server_certificate(station)
    station.execute("Booted")


def higher_profile(dut: Any) -> int:
    """The security profile above the present one; NotApplicable where nobody knows how it is reached."""
    higher = int(dut.security_profile) + 1
    if higher == 2 and not dut.address.raised_url:
        raise NotApplicable("the description does not say where security profile 2 is ([connection] raised_url)")
    return higher


def check_raised(station: FakeStation, profile: int, requirement: str, **booted: str) -> None:
    """The CSMS takes our station on the profile to which it has raised it, and on the one below no more."""
    before = station.show(profile=profile)
    station.disconnect()
    station.connect()
    station.execute("Booted", **booted)
    station.disconnect()
    station.connect_in_vain(credentials=before, requirement=requirement)
    station.connect()


def check_server_certificate(station: FakeStation) -> None:
    """The open connection rests on a certificate of the CSMS as the standard wants it."""
    certificate = station.shown.get("server_certificate", {})
    host = station.shown.get("server_name")
    check(certificate.get("CN") == [host], "CN is its host name", requirement="A00.FR.510", actual=certificate)
    check(certificate.get("O"), "O is the operator's name", requirement="A00.FR.509", actual=certificate)
    check(certificate.get("serial"), "a serial number", requirement="A00.FR.508", actual=certificate)
    check(certificate.get("strong"), "2048 bits, or 224 of a curve", requirement="A00.FR.501", actual=certificate)


def expect_signed(station: FakeStation, request: str, *, named: bool = True, **fields: Any) -> str:
    """Send a signing request with these further fields, and wait for the chain, which is for our key and name.

    The fields come back with it. With `named`, the CN of our request has to come back, too.
    """
    answer = station.send("SignCertificate", csr=request, **fields)
    check(answer.status == "Accepted", "Accepted", requirement="A02.FR.11", actual=answer.status)
    within = station.deadlines.physical
    sent = station.expect("CertificateSigned", certificateChain=PRESENT, within=within, requirement="A02", **fields)
    ours, chain = SigningRequest.of(request), chain_facts(sent.certificateChain)
    leaf = chain[0] if chain else {}
    check(leaf, "a chain of certificates in PEM", requirement="A00.FR.507", actual=sent.certificateChain)
    fits = leaf.get("fingerprint") == ours.fingerprint
    check(fits, "the leaf is for the key of our request", requirement="A02", actual=leaf.get("key"))
    same = leaf.get("CN") == ours.common_names or not named
    check(same, "its CN is that of our request", requirement="A00.FR.511", actual=leaf.get("CN"))
    return str(sent.certificateChain)
