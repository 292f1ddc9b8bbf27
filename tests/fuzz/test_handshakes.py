"""Opening handshakes as examples: what they are made of, what is read out of an answer, and when a station storms."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from websockets.http11 import Request
from websockets.server import ServerProtocol

from conformance.fuzz import handshakes, verbs_handshakes
from conformance.fuzz.corpus import Saved, from_json, to_json
from conformance.fuzz.example import Example, frozen, text_bytes
from conformance.fuzz.handshake_answers import station_examples, switching
from conformance.fuzz.handshake_requests import csms_examples, request, request_mixtures
from conformance.fuzz.handshakes import CONNECTION, OUTCOMES
from conformance.fuzz.verbs_handshakes import STORM
from conformance.link.framing import FrameSpec
from conformance.link.handshake import Handshake
from conformance.link.raw_client import RawClient
from conformance.link.script import Attempt, Scripted
from conformance.ocppj.versions import VERSIONS
from conformance.peers.outcome import ExpectationFailed

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
DUT = SimpleNamespace(identity="CS-001", password=b"secret", security_profile=1)


def target(role: str, version: str = "2.0.1") -> Any:
    return SimpleNamespace(role=role, version=VERSIONS[version], dut=DUT)


ALL = [
    pytest.param(make, target(role, version), id=f"{role}-{version}")
    for role, make in (("CS", station_examples), ("CSMS", csms_examples))
    for version in ("1.6", "2.1")
]


@pytest.mark.parametrize(("make", "one"), ALL)
def test_examples_are_distinct_and_can_be_kept(make: Callable[[Any], Iterator[Example]], one: Any) -> None:
    examples = list(make(one))
    assert len(examples) > 60
    assert len({example.name for example in examples}) == len(examples) == len(set(examples))
    for example in examples:
        saved = Saved("OC_FZ_06_CS", one.version.id, one.role, example)
        assert from_json(json.loads(json.dumps(to_json(saved)))) == saved
        assert len(json.dumps(to_json(saved))) < 3000, example.name
        assert example.allowed.source and example.constraint
        assert example.allowed.handshake | example.allowed.tolerated <= set(OUTCOMES)
        assert example.allowed.handshake or example.allowed.silence


def filled(text: Any) -> bytes:
    """A request as it is sent."""
    dut = SimpleNamespace(identity=DUT.identity, password=DUT.password)
    address = SimpleNamespace(url="ws://127.0.0.1:9000/ocpp")
    stage = SimpleNamespace(
        live=SimpleNamespace(dut=SimpleNamespace(address=address)),
        dut=dut,
        target=SimpleNamespace(version=VERSIONS["2.0.1"]),
    )
    return verbs_handshakes._request(stage, text_bytes(frozen(text), {"{{identity}}": DUT.identity}), KEY)


def test_the_usual_request_is_what_a_station_sends() -> None:
    whole = filled(request()).decode()
    assert whole.startswith("GET /ocpp/CS-001 HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n") and whole.endswith("\r\n\r\n")
    assert f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n" in whole
    assert "Authorization: Basic Q1MtMDAxOnNlY3JldA==\r\n" in whole
    assert "{{" not in whole


def verdict(data: bytes) -> int:
    """The status with which an implementation of RFC 6455 answers a request; 0 if it takes it for no HTTP."""
    protocol = ServerProtocol()
    protocol.receive_data(data)
    for event in protocol.events_received():
        assert isinstance(event, Request)
        return protocol.accept(event).status_code
    return 0


REQUESTS = [
    example for example in csms_examples(target("CSMS")) if example.constraint in ("legal request", "broken request")
]


@pytest.mark.parametrize("example", REQUESTS, ids=lambda one: one.name)
def test_requests_are_taken_and_refused_as_they_say(example: Example) -> None:
    """By an implementation of the RFC that is not ours; where the example leaves both open, either."""
    data = filled(example.acts[0].args["request"])
    assert "Authorization" in data.decode("latin-1")
    either = example.allowed.handshake | example.allowed.tolerated
    status = verdict(data)
    if CONNECTION not in either:
        assert status != 101
    elif not either & set(handshakes.REFUSALS):
        assert status == 101


def test_random_requests_are_what_they_say() -> None:
    seen = set()

    @settings(max_examples=150, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(request_mixtures(target("CSMS")))
    def check(example: Example) -> None:
        taken = verdict(filled(example.acts[0].args["request"])) == 101
        assert taken == (CONNECTION in example.allowed.handshake)
        seen.add(taken)

    check()
    assert seen == {True, False}


# What became of a request


@pytest.fixture
def outcome() -> Iterator[Callable[..., tuple[str, str]]]:
    """What is read out of an answer that a server gives byte by byte."""
    servers, clients = [], []

    def of(answer: bytes, *, then: str = "end", seconds: float = 0.2) -> tuple[str, str]:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def serve() -> None:
            sock, _ = server.accept()
            with sock:
                sock.recv(65536)
                sock.sendall(answer)
                if then == "keep":
                    time.sleep(2 * seconds)

        threading.Thread(target=serve, daemon=True).start()
        client = RawClient(f"ws://127.0.0.1:{server.getsockname()[1]}", timeout=2.0)
        clients.append(client)
        client.write(b"GET / HTTP/1.1\r\n\r\n")
        deadlines = SimpleNamespace(message=seconds)
        stage: Any = SimpleNamespace(
            peer=SimpleNamespace(deadlines=deadlines), target=SimpleNamespace(version=VERSIONS["2.0.1"])
        )
        return verbs_handshakes._outcome(stage, client, KEY)

    yield of
    for one in (*servers, *clients):
        one.close()


def answer(headers: Any = None, rest: bytes = b"") -> bytes:
    whole = text_bytes(frozen(switching(headers)))
    return whole.replace(b"{{accept}}", ACCEPT.encode()).replace(b"{{subprotocol}}", b"ocpp2.0.1") + rest


NOTHING = {"Sec-WebSocket-Protocol": None}
CLOSED = FrameSpec(0x8, b"\x03\xea").build(client=False)


@pytest.mark.parametrize(
    ("data", "then", "name", "words"),
    [
        (answer(), "end", handshakes.CONNECTION, "a connection with ocpp2.0.1"),
        (answer(NOTHING), "end", handshakes.HUNG_UP, "then the end"),
        (answer(NOTHING, CLOSED), "keep", handshakes.HUNG_UP, "then a close with 1002"),
        (answer(NOTHING), "keep", handshakes.LEFT_OPEN, "still open after 0.2 s"),
        (answer({"Sec-WebSocket-Protocol": "ocpp9.9"}), "keep", handshakes.STRANGE_SUBPROTOCOL, "with ocpp9.9"),
        (answer({"Sec-WebSocket-Accept": "x"}), "keep", handshakes.BROKEN_101, "does not accept our key"),
        (answer({"Sec-WebSocket-Extensions": "x"}), "keep", handshakes.BROKEN_101, "did not offer"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "keep", handshakes.REFUSED, "HTTP 404"),
        (b"HTTP/1.0 503 Busy\r\n\r\n", "end", handshakes.REFUSED, "HTTP 503"),
        (b"HTTP/1.1 302 Found\r\n\r\n", "end", handshakes.OTHER_STATUS, "HTTP 302"),
        (b"", "end", handshakes.TCP_ENDED, "TCP "),
        (b"\x15\x03\x03\x00", "end", handshakes.TCP_ENDED, r"x15"),
        (b"HTTP/1.1 404 Not", "end", handshakes.TCP_ENDED, "after"),
        (b"", "keep", handshakes.NO_ANSWER, "within 0.2 s"),
    ],
)
def test_what_became_of_a_request(outcome: Any, data: bytes, then: str, name: str, words: str) -> None:
    found, told = outcome(data, then=then)
    assert found == name
    assert words in told


# What became of an answer


def attempts(*times: float, **fields: Any) -> list[Attempt]:
    scripted = fields.pop("scripted", Scripted(((0.0, b"HTTP/1.1 503 Busy\r\n\r\n"),)))
    return [Attempt(at, Handshake(), scripted, **fields) for at in times]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"data": FrameSpec(0x1, b'[2,"1","Heartbeat",{}]').build(client=True), "ended": True}, handshakes.USED_IT),
        ({"data": FrameSpec(0x9, b"").build(client=True)}, handshakes.KEPT_IT),
        ({"data": FrameSpec(0x8, b"\x03\xea").build(client=True)}, handshakes.FAILED_IT),
        ({"ended": True}, handshakes.FAILED_IT),
        ({}, handshakes.KEPT_IT),
    ],
)
def test_what_became_of_a_101(fields: dict[str, Any], code: str) -> None:
    scripted = Scripted(((0.0, answer()),), end="keep")
    assert verbs_handshakes._reaction(None, attempts(1.0, scripted=scripted, **fields), 1.0).code == code  # type: ignore[arg-type]


def test_another_answer_only_wants_the_station_back() -> None:
    reaction = verbs_handshakes._reaction(None, attempts(1.0, 2.0), 2.5)  # type: ignore[arg-type]
    assert reaction.code == handshakes.CAME_BACK and str(reaction) == "came back after 2 attempts and 2.5 s"
    half = Scripted(((0.0, answer()[:40]),))
    assert verbs_handshakes._reaction(None, attempts(1.0, scripted=half), 1.0).code == handshakes.CAME_BACK  # type: ignore[arg-type]


def stage() -> Any:
    def failure(expected: str, actual: str, **more: Any) -> ExpectationFailed:
        return ExpectationFailed(SimpleNamespace(expected=expected, actual=actual, **more))  # type: ignore[arg-type]

    return SimpleNamespace(peer=SimpleNamespace(failure=failure), target=target("CS"))


def test_a_storm_is_more_than_a_doubled_millisecond_can_be() -> None:
    doubled = [0.001 * (2**number - 1) for number in range(12)]
    verbs_handshakes._no_storm(stage(), attempts(*doubled))
    verbs_handshakes._no_storm(stage(), attempts(*(number * 0.1 for number in range(30))))
    verbs_handshakes._no_storm(stage(), [])
    with pytest.raises(ExpectationFailed, match=f"{STORM + 1} within a second"):
        verbs_handshakes._no_storm(stage(), attempts(*(5 + number * 0.09 for number in range(STORM + 1))))


def test_credentials_at_another_address_are_a_finding() -> None:
    verbs_handshakes._no_leak(stage(), [Handshake(path="/ocpp/CS-001", headers=[("Host", "x")])])
    with pytest.raises(ExpectationFailed, match="Authorization in the request for /ocpp/CS-001"):
        verbs_handshakes._no_leak(
            stage(), [Handshake(path="/ocpp/CS-001", headers=[("authorization", "Basic Q1MtMDAxOnNlY3JldA==")])]
        )


# On real devices


def test_a_station_is_met_and_comes_back(ground: Any) -> None:
    chosen = {"a 101 with a wrong Sec-WebSocket-Accept", "HTTP 302 Found to another address", "HTTP 404 Not Found"}
    left: list[Any] = []

    def body(csms: Any, fuzz: Any) -> None:
        fuzz.rows([one for one in station_examples(fuzz.target) if one.name in chosen])
        left.append((csms.door.script, csms.connected))

    record = ground("CS", "2.0.1").play(body)
    assert record.verdict == "PASS", record.why
    assert [row.reaction[:9] for row in record.rows] == ["ended it ", "came back", "came back"]
    assert left == [(None, True)]


def test_a_csms_is_asked_beside_and_instead_of_our_station(ground: Any) -> None:
    chosen = {"a plain request", "without Upgrade", "zeros", "fifty connections that say nothing"}

    def body(station: Any, fuzz: Any) -> None:
        fuzz.rows([one for one in csms_examples(fuzz.target) if one.name in chosen])

    record = ground("CSMS", "1.6").play(body)
    assert record.verdict == "PASS", record.why
    assert [row.reaction for row in record.rows] == ["a connection with ocpp1.6", "HTTP 426", "TCP ended", "none"]
