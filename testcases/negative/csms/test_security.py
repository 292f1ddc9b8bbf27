"""Security probes of a CSMS under test, every version: who gets in, what brings it down, what it lets out."""

from __future__ import annotations

from conformance import Campaign, case, step
from conformance.fuzz import probes_csms as probes


@case("OC_S_01_CSMS")
def test_no_credentials(fuzz: Campaign) -> None:
    """Nobody gets in who does not prove who he is."""
    step("Connect without credentials, and with what are none", expect="no connection: HTTP 401, or the end of TLS")
    fuzz.rows(probes.without_credentials(fuzz.target))


@case("OC_S_02_CSMS")
def test_wrong_identity(fuzz: Campaign) -> None:
    """A right password opens the door to the station that it belongs to, and to no other."""
    step("Connect with a right password and another identity", expect="no connection")
    fuzz.rows(probes.of_wrong_identity(fuzz.target))


@case("OC_S_06_CSMS")
def test_wrong_certificate(fuzz: Campaign) -> None:
    """A certificate opens the door to the station that it was issued to, while it is valid, and to no other."""
    step("Connect with certificates that are not ours", expect="no connection")
    fuzz.rows(probes.with_wrong_certificate(fuzz.target))


@case("OC_S_07_CSMS")
def test_weak_tls(fuzz: Campaign) -> None:
    """Nothing is spoken below TLS 1.2, with weak cipher suites, or without TLS."""
    step("Connect with right credentials on weak TLS, and without any", expect="no connection")
    fuzz.rows(probes.with_weak_tls(fuzz.target))


@case("OC_S_09_CSMS")
def test_odd_timestamps(fuzz: Campaign) -> None:
    """Timestamps that no clock shows are answered, by whatever, and bring nothing down."""
    step("Send each message with a timestamp, with odd ones", expect="an answer, and the CSMS lives on")
    fuzz.rows(probes.with_odd_timestamps(fuzz.target))


@case("OC_S_11_CSMS")
def test_error_texts(fuzz: Campaign) -> None:
    """What the CSMS says of an error shows no stack trace, no SQL, no path, no name out of its source."""
    step("Provoke errors of many kinds", expect="error texts that show nothing of the inside")
    fuzz.rows(probes.provoking_errors(fuzz.target))
