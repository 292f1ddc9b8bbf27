"""Security probes of a CSMS under test, every version: who gets in, what brings it down, what it lets out."""

from __future__ import annotations

from conformance import (
    Campaign,
    Dut,
    FakeStation,
    Inconclusive,
    NotApplicable,
    Operator,
    case,
    check,
    observe,
    step,
)
from conformance.fuzz.probes_csms import (
    UNKNOWN,
    WRONG_PASSWORDS,
    credentials_rule,
    differences,
    heavy_messages,
    known_and_refused,
    known_killers,
    of_wrong_identity,
    provoking_errors,
    unknown_to_it,
    with_odd_timestamps,
    with_senseless_values,
    with_weak_tls,
    with_wrong_certificate,
    without_credentials,
)


@case("OC_S_01_CSMS")
def test_no_credentials(station: FakeStation, dut: Dut, fuzz: Campaign) -> None:
    """Nobody gets in who does not prove who he is."""
    step("Connect without credentials, and with what are none", expect="no connection: HTTP 401, or the end of TLS")
    fuzz.rows(without_credentials(fuzz.target))
    seconds_locked_out(station, dut)


@case("OC_S_02_CSMS")
def test_wrong_identity(station: FakeStation, dut: Dut, fuzz: Campaign) -> None:
    """A right password opens the door to the station that it belongs to, and to no other."""
    step("Connect with a right password and another identity", expect="no connection")
    fuzz.rows(of_wrong_identity(fuzz.target))
    seconds_locked_out(station, dut)


@case("OC_S_03_CSMS")
def test_wrong_passwords(station: FakeStation, dut: Dut) -> None:
    """Wrong passwords open nothing, however near they come; whether they lock out is observed."""
    rule = credentials_rule(station.version.family, dut.security_profile)
    step("Connect with wrong passwords, one after another", expect="no connection")
    answers = []
    for password in WRONG_PASSWORDS:
        visit = station.visit(f"our station with a wrong password: {password}", password=password)
        check(not visit.registered(), f"{visit.who}: no connection", requirement=rule, actual=visit.how)
        answers.append(f"{visit.how} after {visit.seconds:.3f} s")
    observe("a lock-out or a rate limit for wrong passwords (CWE-307)", f"{len(answers)} of them: {answers}")

    step("Connect with the right password", expect="a connection, at once or after a while")
    observe("the right password after the wrong ones", f"it opens after {seconds_locked_out(station, dut):.1f} s")


@case("OC_S_04_CSMS")
def test_second_connection(station: FakeStation, operator: Operator, dut: Dut) -> None:
    """Of two connections of one identity, none hears what belongs to the other."""
    step("Connect a second time under our identity", expect="the old connection is closed, or the new one refused")
    visit = station.visit("our station once more")
    if visit.open:
        station.wait(lambda: not station.connected, within=dut.timeouts.message)
    names = {"the old one": station.connected, "the new one": visit.open}
    held = [name for name, is_open in names.items() if is_open]
    check(held, "one of the two connections stays", actual=visit.how)
    observe("of two connections of one identity there stays", " and ".join(held) or "none")

    step("Send a message on each connection that is open", expect="its answer there, and nowhere else")
    if visit.open:
        check(visit.registered() == "Accepted", "the new connection is served", actual=visit.how)
    if station.connected:
        station.send("Heartbeat")
    station.drain()
    check(
        not visit.strays, "the new connection hears nothing of the old one", actual=[one.text for one in visit.strays]
    )

    if operator.offers("csms_sends"):
        step("Have the CSMS send ClearCache to our identity", expect="it comes once, on one of the connections")
        operator.csms_sends("ClearCache")
        if visit.open:
            visit.calls("ClearCache", within=dut.timeouts.message)
        elif station.connected:
            station.wait(lambda: bool(station.seen("ClearCache")), within=dut.timeouts.message)
        station.drain()
        came = len(visit.calls("ClearCache")) + len(station.seen("ClearCache"))
        check(came == 1, "one ClearCache on one connection", actual=came)


@case("OC_S_05_CSMS")
def test_unknown_identity(station: FakeStation, dut: Dut, fuzz: Campaign) -> None:
    """An identity that nobody knows is kept out; whether it can be told from a wrong password is observed."""
    step("Connect with an identity that nobody knows", expect="no connection")
    fuzz.rows(unknown_to_it(fuzz.target))

    step("Compare the refusals of an unknown and of a known identity", expect="nothing tells them apart")
    known = known_and_refused(dut)
    if known is None:
        observe("an unknown identity against a known one", "not compared: the description names no second station")
        return
    told: set[str] = set()
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(5):
        unknown = station.visit("an unknown station", **{**known, "identity": UNKNOWN})
        refused = station.visit("a known station, wrongly", **known)
        told |= {*differences(unknown, refused)}
        for times, visit in zip(seconds, (unknown, refused), strict=True):
            times.append(visit.seconds)
    medians = [f"{1000 * sorted(times)[2]:.1f} ms" for times in seconds]
    differ = f"they differ in {', '.join(sorted(told))}" if told else "the same words"
    observe("the refusals of an unknown and of a known identity (CWE-204)", f"{differ}; after {' and '.join(medians)}")
    seconds_locked_out(station, dut)


@case("OC_S_06_CSMS")
def test_wrong_certificate(station: FakeStation, fuzz: Campaign) -> None:
    """A certificate opens the door to the station that it was issued to, while it is valid, and to no other."""
    step("Connect with certificates that are not ours", expect="no connection")
    fuzz.rows(with_wrong_certificate(fuzz.target))


@case("OC_S_07_CSMS")
def test_weak_tls(station: FakeStation, fuzz: Campaign) -> None:
    """Nothing is spoken below TLS 1.2, with weak cipher suites, or without TLS."""
    step("Connect with right credentials on weak TLS, and without any", expect="no connection")
    fuzz.rows(with_weak_tls(fuzz.target))


@case("OC_S_08_CSMS")
def test_heavy_messages(station: FakeStation, fuzz: Campaign) -> None:
    """Deep and huge messages of one station are answered or end its connection, and keep no other from being served."""
    step(
        "Send them, with another station asking meanwhile",
        expect="both are served, or the one that sends is hung up on",
    )
    fuzz.rows(heavy_messages(fuzz.target))
    slowest = fuzz.player.stage.lasting.get("slowest")
    told = "not tried: the description names no second station" if slowest is None else f"{slowest:.3f} s"
    observe("the longest that another station had to wait", told)


@case("OC_S_09_CSMS")
def test_odd_timestamps(station: FakeStation, fuzz: Campaign) -> None:
    """Timestamps that no clock shows are answered, by whatever, and bring nothing down."""
    step("Send each message with a timestamp, with odd ones", expect="an answer, and the CSMS lives on")
    fuzz.rows(with_odd_timestamps(fuzz.target))


@case("OC_S_10_CSMS")
def test_senseless_values(station: FakeStation, fuzz: Campaign) -> None:
    """Values that cannot be are answered and bring nothing down; nobody ends the transaction of another station."""
    step("Send readings, transactions, EVSEs and tokens that cannot be", expect="an answer, and the CSMS lives on")
    fuzz.rows(with_senseless_values(fuzz.target))


@case("OC_S_11_CSMS")
def test_error_texts(station: FakeStation, fuzz: Campaign) -> None:
    """What the CSMS says of an error shows no stack trace, no SQL, no path, no name out of its source."""
    step("Provoke errors of many kinds", expect="error texts that show nothing of the inside")
    fuzz.rows(provoking_errors(fuzz.target))


@case("OC_S_12_CSMS")
def test_known_killers(station: FakeStation, dut: Dut, fuzz: Campaign) -> None:
    """After what has brought down other CSMSs, a second station is served as before."""
    if not dut.address.second_identity:
        raise NotApplicable("the description names no second station ([connection] second_identity)")
    step("Send what brought down others", expect="our connection and that of a second station are served as before")
    fuzz.rows(known_killers(fuzz.target))


def seconds_locked_out(station: FakeStation, dut: Dut) -> float:
    """Wait until the right credentials open again, which a lock-out may prevent for a while; how long it took."""
    station.disconnect()
    began = station.clock.now()
    visit = station.visit("our station with its own credentials")
    while not visit.admitted and station.clock.now() < began + dut.timeouts.reset:
        station.wait(lambda: False, within=0.5)
        visit = station.visit("our station with its own credentials")
    waited = station.clock.now() - began
    visit.leave()
    if not visit.admitted:
        raise Inconclusive(f"the right credentials have not opened again for {waited:.0f} s: {visit.how}")
    return waited
