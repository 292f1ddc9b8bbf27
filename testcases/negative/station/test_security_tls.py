"""TLS of a charging station: which CSMS it takes for its own, by which versions and suites, and what it tells of it."""

from __future__ import annotations

from conformance import Dut, FakeCsms, case, check, observe, recommend, step

WRONG = {
    "expired": "has expired",
    "not-yet-valid": "is not valid yet",
    "wrong-name": "is another host's",
    "wildcard": "names our domain by a wildcard",
    "self-signed": "is signed by itself",
    "foreign-ca": "comes from an authority of the same name that nobody trusts",
    "weak-key": "has an RSA key of 1024 bits",
    "no-intermediate": "comes without the intermediate certificate",
}
"""Certificates that a station must not take, or that it may have its reasons to take."""
STATIC_RSA = ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384")
OLD = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "AES128-SHA")
"""Suites that TLS 1.0 and 1.1 have."""
NO_ENCRYPTION = ("NULL-SHA256", "NULL-SHA")
SETTLED = 0.3
"""Seconds of silence after which a station that came back has told what it has to tell."""
REPEATED = 3
"""Attempts to connect that are refused before the station may succeed."""


@case("OC_S_20_CS")
def test_wrong_certificates(csms: FakeCsms, dut: Dut) -> None:
    """A station does not connect to a CSMS with a wrong certificate, sends it nothing, and comes to the right one."""
    host = csms.known_as
    for kind, what in WRONG.items():
        step(f"Show a certificate that {what}", expect="the station breaks the connection off")
        with csms.tls.shown(kind):
            attempt = csms.tls.next_attempt(within=_back_off(csms, dut))
        _judge(csms, host, kind, what, attempt.taken, attempt.how)

        step("Show the right certificate", expect="the station connects")
        csms.expect_connection(within=_back_off(csms, dut))


@case("OC_S_21_CS")
def test_weak_tls(csms: FakeCsms, dut: Dut) -> None:
    """A station takes no TLS below 1.2 and no connection without encryption, and says which host it wants."""
    step("Offer TLS 1.0 and 1.1 alone", expect="the station breaks the connection off")
    with csms.tls.shown(minimum="TLSv1", maximum="TLSv1_1", ciphers=OLD):
        attempt = csms.tls.next_attempt(within=_back_off(csms, dut))
    check(not attempt.taken, "TLS 1.2 or above only", requirement=_id(csms, "version"), actual=attempt.how)

    step("Offer TLS 1.2 again", expect="the station connects, and tells of it where it has to")
    csms.expect_connection(within=_back_off(csms, dut))
    if _TOLD[csms.version.family]:
        csms.expect("SecurityEventNotification", type="InvalidTLSVersion", requirement="A00.FR.316")
    observe("TLS version, cipher suite", f"{csms.tls.version}, {csms.tls.cipher}")
    observe("server name by SNI (RFC 6066)", csms.tls.server_name or "none")

    step("Offer cipher suites without encryption alone", expect="the station breaks the connection off")
    with csms.tls.shown(maximum="TLSv1_2", ciphers=NO_ENCRYPTION, rsa=True):
        attempt = csms.tls.next_attempt(within=_back_off(csms, dut))
    check(not attempt.taken, "no suite without encryption", requirement=_id(csms, "suite"), actual=attempt.how)

    step("Offer cipher suites without forward secrecy alone", expect="either: the standard lists them")
    with csms.tls.shown(maximum="TLSv1_2", ciphers=STATIC_RSA, rsa=True):
        attempt = csms.tls.next_attempt(within=_back_off(csms, dut))
    observe("with static RSA key exchange", attempt.how)

    step("Offer everything again", expect="the station connects")
    csms.expect_connection(within=_back_off(csms, dut))


@case("OC_S_31_CS")
def test_security_events_do_not_flood(csms: FakeCsms, dut: Dut) -> None:
    """A CSMS that shows a wrong certificate again and again is one event, told once the station is connected."""
    step(
        "Show a wrong certificate several times", expect="the station breaks each attempt off, and pauses between them"
    )
    with csms.tls.shown("foreign-ca"):
        attempts = csms.tls.expect_attempts(REPEATED, within=REPEATED * _back_off(csms, dut))
    taken = [one.how for one in attempts if one.taken]
    check(not taken, "no connection", requirement=_id(csms, "path"), actual=taken)

    step("Show the right certificate", expect="the station connects and tells of what has happened")
    csms.expect_connection(within=REPEATED * _back_off(csms, dut))
    if _TOLD[csms.version.family]:
        csms.expect("SecurityEventNotification", type="InvalidCsmsCertificate", requirement="A00.FR.310")
    csms.drain(max(dut.timeouts.quiet, SETTLED))
    told = [one.type for one in csms.seen_in_step("SecurityEventNotification")]
    again = [one for one in told if one in ("InvalidCsmsCertificate", "InvalidCentralSystemCertificate")]
    tries = len(csms.tls.attempts())
    check(len(again) <= tries, f"no more events than attempts ({tries})", requirement="A04.FR.01", actual=told)
    recommend(len(again) <= 1, "one event for repeated attempts", requirement=_id(csms, "version"), actual=told)


_TOLD = {"1.6": False, "2": True}
"""Whether a wrong certificate has to be told to the CSMS: the whitepaper's chapter 8 lists it as not critical."""
_REQUIREMENTS = {
    "1.6": {
        "path": "A00.FR.310",
        "name": "A00.FR.308",
        "key": "A00.FR.502",
        "version": "A00.FR.315",
        "suite": "A00.FR.319",
    },
    "2": {
        "path": "A00.FR.311",
        "name": "A00.FR.309",
        "key": "A00.FR.502",
        "version": "A00.FR.316",
        "suite": "A00.FR.320",
    },
}
"""By family: the security whitepaper's, and those of part 2."""
_ABOUT = {"wrong-name": "name", "wildcard": "name", "weak-key": "key"}


def _id(csms: FakeCsms, about: str) -> str:
    return _REQUIREMENTS[csms.version.family][about]


def _judge(csms: FakeCsms, host: str, kind: str, what: str, taken: bool, how: str) -> None:
    """Whether the station may take a CSMS with that certificate."""
    text, requirement = f"no connection to a CSMS whose certificate {what}", _id(csms, _ABOUT.get(kind, "path"))
    if kind == "no-intermediate":
        recommend(not taken, f"{text}, unless the station has that itself", requirement=requirement, actual=how)
    elif kind == "wildcard" and not _is_address(host):
        observe(text, how)
    else:
        check(not taken, text, requirement=requirement, actual=how)


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit() or ":" in host


def _back_off(csms: FakeCsms, dut: Dut) -> float:
    """Seconds that the station has for its next attempt, after one or two that failed."""
    return 4 * dut.values.retry_back_off + csms.deadlines.connect
