"""Security probes of a CSMS: what the examples hold, and what visitors see, on every security profile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.cases.live import LiveBench
from conformance.cases.selection import Wishes
from conformance.cases.visits import Guides
from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.fuzz import probes_csms as probes
from conformance.fuzz.corpus import Saved, load, save
from conformance.fuzz.example import Example, text_bytes
from conformance.fuzz.stage import Target
from conformance.holder import Holder, _secured
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import version
from conformance.peers.outcome import NotApplicable
from conformance.peers.station import FakeStation
from conformance.peers.visits import PASSWORDS, Login
from conformance.reference.launch import start_csms
from conformance.run import Run, Settings

SCHEMAS = SchemaStore()
SECOND = "reference-password-2"


def described(profile: int, **more: Any) -> Any:
    scheme = "wss" if profile > 1 else "ws"
    connection = {"url": f"{scheme}://127.0.0.1:9001/ocpp", "second_password": SECOND}
    overrides = {"device": {"security_profile": profile}, "connection": connection, "timeouts": {"message": 2}, **more}
    return load_description(data_path("docs", "devices", "reference-csms.toml"), overrides)


def target(spoken: str, profile: int, dut: Any = None) -> Target:
    dut = (dut or described(profile)).under(spoken)
    return Target(version(spoken), "CSMS", "CS", SCHEMAS, dut)


GENERATORS: list[tuple[Callable[[Target], Iterator[Example]], tuple[int, ...]]] = [
    (probes.without_credentials, (1, 2, 3)),
    (probes.of_wrong_identity, (1, 2)),
    (probes.unknown_to_it, (1, 2, 3)),
    (probes.with_wrong_certificate, (3,)),
    (probes.with_weak_tls, (2, 3)),
    (probes.heavy_messages, (0,)),
    (probes.with_odd_timestamps, (0,)),
    (probes.with_senseless_values, (0,)),
    (probes.provoking_errors, (0,)),
    (probes.known_killers, (0,)),
]
WAYS = [(make, spoken, profile) for make, profiles in GENERATORS for profile in profiles for spoken in ("1.6", "2.1")]
IDS = [f"{make.__name__}-{spoken}-{profile}" for make, spoken, profile in WAYS]


# -- the examples -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "spoken", "profile"), WAYS, ids=IDS)
def test_examples_are_small_plain_and_told_apart(make: Any, spoken: str, profile: int, tmp_path: Path) -> None:
    made = list(make(target(spoken, profile)))
    assert made
    assert len({one.name for one in made}) == len(made)
    assert len({hash(one.acts) for one in made}) == len(made)
    for one in made:
        path = save(tmp_path, Saved("OC_S_01_CSMS", spoken, "CSMS", one, {}))
        assert load(path).example == one
        saved = path.read_text("utf-8")
        assert len(saved) < 6000, one.name
        assert "reference-password" not in saved, "no password stands in a file"


@pytest.mark.parametrize("spoken", ["1.6", "2.1"])
@pytest.mark.parametrize("make", [probes.with_odd_timestamps, probes.with_senseless_values])
def test_what_is_sent_as_a_call_is_one(make: Any, spoken: str) -> None:
    """The nonsense is in the payload: the text is JSON and the envelope a CALL's, or the CSMS would not even look."""
    for example in make(target(spoken, 0)):
        for act in example.acts:
            for text in act.args.get("texts", ()):
                filled = text_bytes(tuple(text), {"{{started}}": "1", "{{latest}}": "1"})
                kind, _, action, payload = json.loads(filled)
                assert kind == 2 and action in version(spoken).actions and isinstance(payload, dict)


def test_without_a_second_station_its_credentials_are_not_tried() -> None:
    alone = replace(described(1), address=replace(described(1).address, second_identity="", second_password=None))
    tried = [act.args["login"] for one in probes.of_wrong_identity(target("2.1", 1, alone)) for act in one.acts]
    assert tried and not any("second" in login.values() for login in tried)


def test_wrong_passwords_are_wrong() -> None:
    for right in (b"reference-password-1", b"0123456789012345", b"aaaaaaaaaaaaaaaa", bytes(range(20))):
        for name, spoil in PASSWORDS.items():
            assert spoil(right) != right, name


# -- visitors -----------------------------------------------------------------------------------------------------


class Lab:
    """A reference CSMS on a security profile, and our fake station."""

    def __init__(self, profile: int, folder: Any, spoken: str = "2.0.1", **more: Any) -> None:
        dut = described(profile, **more)
        dut, told = _secured(replace(dut, tls=replace(dut.tls, folder=folder)))
        self.device = start_csms(spoken, arguments=told)
        dut = replace(dut, address=replace(dut.address, url=self.device.addresses["ocpp"]))
        self.live = LiveBench(dut, spoken, SCHEMAS)
        self.live.take(SimpleNamespace(verbs=frozenset(), close=lambda: None))
        self.live.bench.ready()
        self.station: FakeStation = self.live.bench.peer

    def close(self) -> None:
        self.live.close()
        self.device.close()


@pytest.fixture(scope="module", params=[0, 1, 2, 3])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(request.param, tmp_path_factory.mktemp("pki"))
    yield made
    made.close()


def test_our_station_and_the_second_one_are_let_in(lab: Lab) -> None:
    second = lab.live.second_bench()
    assert second is not None
    second.ready()
    assert second.peer.accepted
    visit = lab.station.visit("our station once more")
    assert (visit.admitted, visit.status, visit.trouble) == (True, None, "")
    assert visit.registered() == "Accepted"
    answer = visit.call("Heartbeat")
    assert answer is not None and answer.payload["currentTime"]
    assert not visit.strays
    visit.leave()
    assert not visit.open and visit.how.startswith("connected, and")
    lab.live.bench.ready()


def test_who_has_no_credentials_is_kept_out(lab: Lab) -> None:
    visit = lab.station.visit("nobody", password="none", certificate="none")
    if not lab.live.dut.security_profile:
        assert visit.registered() == "Accepted"
        return
    assert not visit.admitted and not visit.registered() and visit.trouble and "://" not in visit.trouble
    assert visit.status == {1: 401, 2: 401, 3: None}[lab.live.dut.security_profile]
    assert visit.call("Heartbeat") is None
    assert lab.station.connected, "our own connection stays"


def test_no_password_stands_in_the_trace(lab: Lab) -> None:
    for password in ("own", "second", "its first half"):
        lab.station.visit("somebody", password=password, identity="second").leave()
    assert "reference-password" not in json.dumps(lab.station.trace.to_json())


def test_a_visitor_refuses_what_the_csms_asks(lab: Lab) -> None:
    visit = lab.station.visit("the second station", identity="second", password="second", certificate="second")
    assert visit.registered() == "Accepted"
    assert not visit.calls("Reset")
    visit.leave()


def test_a_certificate_that_was_brought_limits_what_can_be_shown(tmp_path: Any) -> None:
    lab = Lab(3, tmp_path)
    try:
        brought = lab.live.guide._credentials._pki.station("CS001")
        dut = replace(lab.live.dut, tls=replace(lab.live.dut.tls, certificate=brought.chain, key=brought.key))
        guide = Guides(dut, version("2.0.1"), lab.live.clock.now)
        for certificate in ("own", "none", "self-signed", "foreign-ca"):
            guide._tls(guide.complete(Login(certificate=certificate)))
        for certificate in ("another", "second", "expired", "other-organization"):
            with pytest.raises(NotApplicable, match="brings our station's certificate"):
                guide._tls(guide.complete(Login(certificate=certificate)))
        assert replace_second(lab, dut) is None
    finally:
        lab.close()


def replace_second(lab: Lab, dut: Any) -> Any:
    """The second bench of a live bench with another description."""
    live = LiveBench(dut, "2.0.1", SCHEMAS)
    try:
        return live.second_bench()
    finally:
        live.close()


def test_what_this_machine_does_not_speak_is_not_tried() -> None:
    guide = Guides(described(2), version("2.0.1"), lambda: 0.0)
    with pytest.raises(NotApplicable, match="NO-SUCH-SUITE"):
        guide._tls(guide.complete(Login(ciphers=("NO-SUCH-SUITE",))))


# -- the run ------------------------------------------------------------------------------------------------------


def test_negative_runs_take_in_the_csms_on_every_security_profile(tmp_path: Any) -> None:
    def profiles(**wishes: Any) -> list[int]:
        run = Run(Settings(wishes=Wishes(roles=("CSMS",), **wishes), report_dir=tmp_path))
        return [dut.security_profile for dut in run.duts]

    assert profiles(campaign=True)[0] == 0 and set(profiles(campaign=True)) == {0, 1, 2, 3}


def test_an_embedded_csms_starts_on_every_security_profile() -> None:
    run = Run(Settings(wishes=Wishes(roles=("CSMS",), campaign=True)))
    holder = Holder(SCHEMAS, run.settings.device, lambda: None)
    for dut in run.duts:
        entry = SimpleNamespace(version="2.0.1", campaign=True)
        live = holder.bench_for(SimpleNamespace(dut=dut, entry=entry))  # type: ignore[arg-type]  # what a holder reads
        live.bench.ready()
        assert live.bench.peer.connected
    holder.close()
