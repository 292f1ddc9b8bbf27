"""Scripted answers of the listener, and the client that puts any bytes before an opening handshake."""

from __future__ import annotations

import threading
import time

import pytest

from conformance.link.errors import HandshakeRefused, LinkError
from conformance.link.raw_client import Head, RawClient
from conformance.link.script import ACCEPT, KEPT, Script, Scripted, accept_key

SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + ACCEPT + b"\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n"
)


def whole_head(data: bytes) -> bool:
    return b"\r\n\r\n" in data


@pytest.fixture
def scripted(lab):
    """A listener with a script; `close_timeout` short, so that nobody waits for a client that stays."""

    def start(*answers: Scripted, **options):
        listener = lab.listen(close_timeout=0.2)
        listener.script = Script(answers, **options)
        return listener

    return start


@pytest.fixture
def knock():
    """Opens raw clients, and closes them."""
    clients = []

    def to(url: str, request: bytes = b"", **options) -> RawClient:
        client = RawClient(url, timeout=2.0, **options)
        clients.append(client)
        if request:
            assert client.write(request)
        return client

    yield to
    for client in clients:
        client.close()


def test_accept_key_is_that_of_the_rfc():
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_scripted_answers_come_in_order_and_then_the_usual_one(lab, scripted):
    listener = scripted(
        Scripted(((0.0, b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\n"),)),
        Scripted(((0.0, b"HTTP/1.1 404 Nobody\r\n\r\n"),)),
    )
    for status in (503, 404):
        with pytest.raises(HandshakeRefused) as refused:
            lab.dial(listener)
        assert refused.value.status == status
    assert lab.dial(listener).open
    met = listener.script.attempts
    assert [one.scripted.status for one in met] == [503, 404]
    assert met[0].handshake.identity == "CS001" and met[0].at <= met[1].at
    assert [status for _, status, _ in lab.server.wait("refused", 2)] == [503, 404]


def test_a_scripted_101_carries_the_key_and_what_the_client_then_sends_is_kept(lab, scripted):
    listener = scripted(Scripted(((0.0, SWITCH),), end="keep", seconds=5.0))
    connection = lab.dial(listener)
    assert connection.subprotocol == "ocpp2.0.1" and connection.subprotocol_problem is None
    connection.send("used all the same")
    connection.drop()
    attempt = listener.script.attempts[0]
    assert attempt.over.wait(5)
    assert attempt.ended and attempt.data[0] == 0x81 and len(attempt.data) == 6 + 17


def test_the_last_answer_is_repeated_until_its_time_is_over(lab, scripted):
    listener = scripted(Scripted(((0.0, b"HTTP/1.1 503 Busy\r\n\r\n"),)), until=time.monotonic() + 0.3)
    for _ in range(3):
        with pytest.raises(HandshakeRefused):
            lab.dial(listener)
    time.sleep(max(0.0, 0.31 - (time.monotonic() - listener.script.attempts[0].at)))
    assert lab.dial(listener).open
    assert len(listener.script.attempts) == 3


def test_an_answer_before_the_request_is_read(scripted, knock):
    listener = scripted(
        Scripted(((0.0, b"\x15\x03\x03\x00"),), heard=False), Scripted(((0.05, b""),), end="reset", heard=False)
    )
    client = knock(listener.url)
    client.read(2.0)
    assert client.data == b"\x15\x03\x03\x00" and client.ended
    broken = knock(listener.url)
    broken.read(2.0)
    assert broken.ended and broken.reset and not broken.data


def test_answers_dropped_are_met_by_nobody(lab, scripted):
    listener = scripted(Scripted(((0.0, b"HTTP/1.1 503 Busy\r\n\r\n"),)))
    listener.script.drop()
    assert lab.dial(listener).open
    assert listener.script.attempts == []


def test_a_client_that_leaves_during_a_pause_ends_the_script(scripted, knock, request_head):
    listener = scripted(Scripted(((0.0, b"HTTP/1.1 1"), (30.0, b"01 Switching\r\n\r\n")), end="keep"))
    client = knock(listener.url, request_head + b"\r\n")
    assert client.read(2.0, lambda data: len(data) == 10)
    client.finish()
    attempt = listener.script.attempts[0]
    assert attempt.over.wait(5) and attempt.ended and attempt.seconds < 5


def test_what_a_client_sends_is_kept_up_to_a_bound(scripted, knock, request_head):
    listener = scripted(Scripted(((0.0, b"HTTP/1.1 101 x\r\n\r\n"),), end="keep", seconds=10.0))
    client = knock(listener.url, request_head + b"\r\n")
    assert client.read(2.0, whole_head)
    client.write(b"x" * (3 * KEPT))
    client.finish()
    attempt = listener.script.attempts[0]
    assert attempt.over.wait(5) and len(attempt.data) == KEPT


def test_the_listener_stops_while_a_script_waits(lab, scripted, knock, request_head):
    listener = scripted(Scripted(end="keep", seconds=60.0))
    client = knock(listener.url, request_head + b"\r\n")
    deadline = time.monotonic() + 5
    while not listener.script.attempts and time.monotonic() < deadline:
        time.sleep(0.005)
    began = time.monotonic()
    listener.stop()
    assert time.monotonic() - began < 3
    client.read(1.0)
    assert client.ended


# The raw client


def test_a_legal_request_is_answered_as_ever(lab, knock, request_head):
    listener = lab.listen()
    client = knock(listener.url, request_head + b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n")
    assert client.head is None
    assert client.read(2.0, whole_head)
    head = client.head
    assert head.status == 101 and head.values("sec-websocket-protocol") == ["ocpp1.6"] and head.rest == b""
    assert head.accepts("dGhlIHNhbXBsZSBub25jZQ==") and not head.accepts("AAAAAAAAAAAAAAAAAAAAAA==")


@pytest.mark.parametrize(
    "headers",
    [
        (("Upgrade", "websocket"), ("Connection", "Upgrade")),
        (("Upgrade", "h2c"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")),
        (("Upgrade", "websocket"), ("Connection", "close"), ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")),
    ],
)
def test_a_101_that_a_client_must_not_take(headers):
    assert not Head(101, headers, b"").accepts("dGhlIHNhbXBsZSBub25jZQ==")


def test_no_http(lab, knock):
    client = knock(lab.listen().url, b"\x00\x01\x02\r\n\r\n")
    client.read(2.0)
    assert client.ended and (client.head is None or client.head.status == 400)


def test_a_server_that_says_nothing(knock):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        client = knock(f"ws://127.0.0.1:{server.getsockname()[1]}")
        began = time.monotonic()
        assert not client.read(0.1)
        assert not client.ended and 0.09 < time.monotonic() - began < 1


def test_nobody_listens():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkError, match="cannot reach"):
        RawClient(f"ws://127.0.0.1:{port}", timeout=1.0)


def test_raw_client_in_tls_and_beside_it(lab, tmp_path, knock, request_head):
    from conformance.link.pki import TestPki
    from conformance.link.tls import client_context, server_context

    pki = TestPki(tmp_path)
    listener = lab.listen(tls=server_context(pki.server("127.0.0.1")))
    client = knock(listener.url, request_head + b"\r\n", tls=client_context(pki.roots))
    assert client.read(2.0, whole_head) and client.head.status == 101
    plain = knock(listener.url, request_head + b"\r\n", plain=True)
    plain.read(2.0)
    assert plain.ended and not plain.data.startswith(b"HTTP")
    with pytest.raises(LinkError, match="TLS"):
        RawClient(listener.url, timeout=1.0)


def test_a_reset_by_the_client(lab, knock, request_head):
    listener = lab.listen()
    before = threading.active_count()
    client = RawClient(listener.url, timeout=1.0)
    client.write(request_head[:20])
    client.close(reset=True)
    assert lab.server.wait("refused")[0][1] == 0
    assert threading.active_count() <= before + 1
