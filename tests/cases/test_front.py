"""What our CSMS shows to a station by TLS: the right certificate, wrong ones, and what an attempt is taken for."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.cases.live import LiveBench
from conformance.cases.tls import CsmsCredentials, pki_of
from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.link.tls import client_context
from conformance.ocppj.schema import SchemaStore
from conformance.peers.csms import FakeCsms
from conformance.peers.front import Attempt, attempt_of
from conformance.peers.outcome import Inconclusive, NotApplicable

STATION = load_description(
    data_path("docs", "devices", "reference-station.toml"),
    {"connection": {"listen": "127.0.0.1:0"}, "device": {"security_profile": 2}, "timeouts": {"quiet": 0.1}},
)


@pytest.fixture
def dut(tmp_path: Path) -> Any:
    return replace(STATION, tls=replace(STATION.tls, folder=tmp_path))


@pytest.fixture
def live(dut: Any) -> Iterator[LiveBench]:
    bench = LiveBench(dut, "2.0.1", SchemaStore())
    bench.open()
    yield bench
    bench.close()


def knock(live: LiveBench, context: ssl.SSLContext) -> str:
    """Try to connect as the station; what came of it."""
    password = base64.b64encode(f"{STATION.identity}:".encode() + (STATION.password or b"")).decode()
    request = (
        f"GET /ocpp/{STATION.identity} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: ocpp2.0.1\r\nAuthorization: Basic {password}\r\n\r\n"
    )
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(socket.create_connection(("127.0.0.1", live.port), 5))
        try:
            secure = stack.enter_context(context.wrap_socket(plain, server_hostname="127.0.0.1"))
        except (ssl.SSLError, ConnectionError) as error:
            return type(error).__name__
        secure.sendall(request.encode())
        return secure.recv(12).decode()


def careful(dut: Any) -> ssl.SSLContext:
    return client_context(pki_of(dut).roots)


def careless() -> ssl.SSLContext:
    return client_context(verify=False, security_level=0, ciphers=("ALL", "eNULL"))


@pytest.mark.parametrize(
    "kind",
    ["expired", "not-yet-valid", "wrong-name", "wildcard", "self-signed", "foreign-ca", "no-intermediate", "weak-key"],
)
def test_wrong_certificates(live: LiveBench, dut: Any, kind: str) -> None:
    peer: FakeCsms = live.bench.peer
    with peer.tls.shown(kind):
        assert knock(live, careful(dut)) == "SSLCertVerificationError"
        attempt = peer.tls.next_attempt(within=5)
        assert not attempt.taken
        assert attempt.how.startswith("the TLS handshake failed")
        assert knock(live, careless()) == "HTTP/1.1 101"
        assert peer.tls.next_attempt(within=5).taken, "one that follows at once is the same attempt"
    assert knock(live, careful(dut)) == "HTTP/1.1 101", "the right one is shown again"


def test_old_versions_and_no_encryption(live: LiveBench, dut: Any) -> None:
    peer: FakeCsms = live.bench.peer
    with peer.tls.shown(minimum="TLSv1", maximum="TLSv1_1", ciphers=("ECDHE-ECDSA-AES128-SHA",)):
        assert knock(live, careful(dut)) == "SSLError"
        assert not peer.tls.next_attempt(within=5).taken
    with peer.tls.shown(maximum="TLSv1_2", ciphers=("NULL-SHA256",), rsa=True):
        assert knock(live, careful(dut)) == "SSLError"
        assert knock(live, careless()) == "HTTP/1.1 101"


def test_several_attempts(live: LiveBench, dut: Any) -> None:
    peer: FakeCsms = live.bench.peer
    with peer.tls.shown("foreign-ca"):
        for _ in range(2):
            knock(live, careful(dut))
        with pytest.raises(Inconclusive, match="tried 2 times to connect"):
            peer.tls.expect_attempts(3, within=0.2)
        knock(live, careful(dut))
        assert [one.taken for one in peer.tls.expect_attempts(3, within=5)] == [False] * 3


def test_no_attempt_at_all(live: LiveBench) -> None:
    peer: FakeCsms = live.bench.peer
    with peer.tls.shown("expired"), pytest.raises(Inconclusive, match="did not try to connect"):
        peer.tls.next_attempt(within=0.1)


def test_facts_of_the_connection(live: LiveBench, dut: Any) -> None:
    peer: FakeCsms = live.bench.peer
    open_ = threading.Event()
    done = threading.Event()

    def stay() -> None:
        with socket.create_connection(("127.0.0.1", live.port), 5) as plain:
            context = careful(dut)
            context.check_hostname = False
            with context.wrap_socket(plain, server_hostname="csms.example") as secure:
                secure.sendall(
                    f"GET /ocpp/{STATION.identity} HTTP/1.1\r\nHost: [::1]:1\r\nUpgrade: websocket\r\nConnection: "
                    "Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Protocol: ocpp2.0.1\r\nAuthorization: Basic ".encode()
                    + base64.b64encode(f"{STATION.identity}:".encode() + (STATION.password or b""))
                    + b"\r\n\r\n"
                )
                secure.recv(12)
                open_.set()
                done.wait(5)

    thread = threading.Thread(target=stay)
    thread.start()
    assert open_.wait(5)
    assert (peer.tls.server_name, peer.tls.version) == ("csms.example", "TLSv1.3")
    assert peer.tls.cipher.startswith("TLS_AES")
    assert peer.known_as == "::1"
    done.set()
    thread.join(5)


def test_a_scripted_answer(live: LiveBench, dut: Any) -> None:
    peer: FakeCsms = live.bench.peer
    with peer.answering(302, Location="wss://elsewhere.example/") as script:
        assert knock(live, careful(dut)) == "HTTP/1.1 302"
        assert script.attempts[0].handshake.header("Authorization")
        deadline = time.monotonic() + 5  # noted once the answer has left
        while not (refused := [one for one in peer.trace.entries if one.kind == "handshake"]):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert attempt_of(refused[-1]) == Attempt(True, "HTTP 302: scripted: HTTP/1.1 302 On Purpose")
    assert knock(live, careful(dut)) == "HTTP/1.1 101"


def test_without_tls_there_is_nothing_to_show() -> None:
    plain = LiveBench(replace(STATION, security_profile=0), "2.0.1", SchemaStore())
    with pytest.raises(NotApplicable, match="no TLS"):
        assert plain.bench.peer.tls


def test_a_certificate_of_the_tester(dut: Any, tmp_path: Path) -> None:
    theirs = pki_of(dut).server("127.0.0.1")
    brought = replace(dut, tls=replace(dut.tls, certificate=theirs.chain, key=theirs.key, folder=tmp_path / "ours"))
    credentials = CsmsCredentials(brought)
    for kind in ("valid", "self-signed", "foreign-ca"):
        assert credentials.context(kind)
    with pytest.raises(NotApplicable, match="so a run can't issue this one: expired"):
        credentials.context("expired")
    with pytest.raises(NotApplicable, match="RSA"):
        credentials.context(rsa=True)


def test_what_this_machine_does_not_speak(dut: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotApplicable, match="has none of MADE-UP-SUITE"):
        CsmsCredentials(dut).context(ciphers=("MADE-UP-SUITE",))
    monkeypatch.setattr(ssl, "HAS_TLSv1_1", False)
    with pytest.raises(NotApplicable, match="does not speak TLSv1_1"):
        CsmsCredentials(dut).context(maximum="TLSv1_1")


def test_profile_3_asks_for_a_certificate(dut: Any) -> None:
    assert CsmsCredentials(dut).context().verify_mode == ssl.CERT_NONE
    assert CsmsCredentials(replace(dut, security_profile=3)).context("expired").verify_mode == ssl.CERT_REQUIRED
