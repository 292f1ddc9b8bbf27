"""The opening handshake of both sides: identities, credentials, subprotocols, refusals, and what is no handshake."""

from __future__ import annotations

import base64
import socket
import threading
import time

import pytest

from conformance.link.dialler import with_identity
from conformance.link.errors import HandshakeRefused, LinkError
from conformance.link.handshake import Handshake, Refusal, offered_subprotocols
from conformance.link.identity import decode_basic, encode_basic, encode_identity, split_identity
from conformance.link.listener import Listener


@pytest.fixture
def answering(lab):
    """Starts a server that answers any first request with these bytes; returns its URL."""
    ends = []

    def start(answer: bytes, *, hold: bool = False) -> str:
        server = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            sock, _ = server.accept()
            ends.append(sock)
            sock.recv(65536)
            sock.sendall(answer)
            if not hold:
                sock.close()

        thread = threading.Thread(target=serve)
        thread.start()
        ends.extend([server, thread])
        return f"ws://127.0.0.1:{server.getsockname()[1]}/ocpp"

    yield start
    for end in ends:
        end.join(5) if isinstance(end, threading.Thread) else end.close()


# Identities and credentials


@pytest.mark.parametrize(
    ("identity", "segment"),
    [("CS001", "CS001"), ("RDAM|123", "RDAM%7C123"), ("a/b c?d#e", "a%2Fb%20c%3Fd%23e"), ("säule:1", "s%C3%A4ule%3A1")],
)
def test_identity_is_one_percent_encoded_segment(lab, identity, segment):
    assert encode_identity(identity) == segment
    accepted, dialled = lab.pair(dial_identity=identity)
    assert accepted.handshake.identity == dialled.handshake.identity == identity
    assert accepted.handshake.raw_identity == segment
    assert accepted.handshake.path == f"/ocpp/{segment}"


@pytest.mark.parametrize(
    ("target", "identity", "raw"),
    [
        ("/CS1", "CS1", "CS1"),
        ("//CS1", "CS1", "CS1"),
        ("/a/b/CS%7c1?x=/y", "CS|1", "CS%7c1"),
        ("/ocpp/", "", ""),
        ("/ocpp/%ff", "\ufffd", "%ff"),
        ("", "", ""),
    ],
)
def test_identity_is_the_last_segment_of_the_path(target, identity, raw):
    assert split_identity(target) == (identity, raw)


@pytest.mark.parametrize(
    ("url", "identity", "whole"),
    [
        ("ws://h", "CS", "ws://h/CS"),
        ("ws://h:9000/", "CS", "ws://h:9000/CS"),
        ("wss://h/a/b?k=v", "C S", "wss://h/a/b/C%20S?k=v"),
        ("ws://h/whole/CS1", "", "ws://h/whole/CS1"),
        ("ws://[::1]:80/o", "CS", "ws://[::1]:80/o/CS"),
    ],
)
def test_identity_is_appended_to_the_url(url, identity, whole):
    assert with_identity(url, identity) == whole


@pytest.mark.parametrize("url", ["http://h/", "h:9000", "ws://", "ws://h:99999/", "ws://h:x/", ""])
def test_url_that_is_no_websocket_url(url):
    with pytest.raises(ValueError, match="is no WebSocket URL; write ws://host:port/path"):
        with_identity(url, "CS")


@pytest.mark.parametrize("password", [b"secret", b"", b"with:colons:", bytes(range(256)), b"\xff\xfe\x00"])
def test_password_is_bytes(lab, password):
    accepted, _ = lab.pair(dial_basic=("CS001", password))
    assert (accepted.handshake.username, accepted.handshake.password) == (b"CS001", password)


@pytest.mark.parametrize(
    ("header", "credentials"),
    [
        (None, (None, None)),
        ("", (None, None)),
        ("Bearer abc", (None, None)),
        ("Basic !!!", (None, None)),
        ("Basic \xe9", (None, None)),
        ("basic  " + base64.b64encode(b"u:p").decode(), (b"u", b"p")),
        ("Basic " + base64.b64encode(b"no colon").decode(), (b"no colon", None)),
        ("Basic " + base64.b64encode(b":").decode(), (b"", b"")),
    ],
)
def test_basic_credentials_are_read_leniently(header, credentials):
    assert decode_basic(header) == credentials


def test_basic_username_may_be_bytes():
    assert decode_basic(encode_basic(b"\xff", b"x")) == (b"\xff", b"x")


# Subprotocols


@pytest.mark.parametrize(
    ("header", "tokens"),
    [
        (b",ocpp2.0.1", ("", "ocpp2.0.1")),
        (b"ocpp2.0.1.1", ("ocpp2.0.1.1",)),
        (b"ocpp1.6 ocpp2.0.1", ("ocpp1.6 ocpp2.0.1",)),
        (b"ocpp1.6, ocpp2.0.1 ,", ("ocpp1.6", "ocpp2.0.1", "")),
        (b"", ("",)),
        (b'"quoted"; x', ('"quoted"; x',)),
    ],
)
def test_odd_subprotocol_headers_reach_the_chooser_raw(lab, request_head, header, tokens):
    seen = []
    listener = lab.listen(subprotocols=lambda handshake: seen.append(handshake.subprotocols))
    lab.raw(listener.port, request_head + b"Sec-WebSocket-Protocol: " + header + b"\r\n")
    assert lab.server.wait("opened")[0][0].subprotocol is None
    assert seen == [tokens]


def test_several_subprotocol_headers_are_one_offer(lab, request_head):
    listener = lab.listen()
    lab.raw(listener.port, request_head + b"Sec-WebSocket-Protocol: a\r\nsec-websocket-protocol: b, c\r\n")
    accepted = lab.server.wait("opened")[0][0]
    assert accepted.handshake.subprotocols == ("a", "b", "c")
    assert accepted.subprotocol == "a"


def test_no_subprotocol_header_is_no_offer():
    assert offered_subprotocols([]) == ()


def test_subprotocol_agreed(lab):
    accepted, dialled = lab.pair(dial_subprotocols=("ocpp1.6", "ocpp2.0.1"))
    assert accepted.subprotocol == dialled.subprotocol == "ocpp1.6"
    assert dialled.subprotocol_problem is None
    assert lab.client.of("broken") == []


def test_subprotocol_declined(lab):
    accepted, dialled = lab.pair(subprotocols=lambda handshake: None)
    assert accepted.subprotocol is dialled.subprotocol is dialled.subprotocol_problem is None


def test_subprotocol_that_was_not_offered_is_told_and_the_connection_stays(lab):
    _, dialled = lab.pair(subprotocols=lambda handshake: "ocpp9")
    problem = "the server chose subprotocol 'ocpp9', which was not offered (ocpp2.0.1)"
    assert dialled.subprotocol == "ocpp9"
    assert dialled.subprotocol_problem == problem
    assert lab.client.of("broken") == [(problem,)]
    dialled.send("works")
    lab.server.wait("received")


def test_two_subprotocols_at_once_are_told(lab):
    _, dialled = lab.pair(subprotocols=lambda handshake: "ocpp2.0.1, ocpp1.6", dial_subprotocols=("ocpp2.0.1",))
    assert dialled.subprotocol_problem == "the server chose 2 subprotocols at once: 'ocpp2.0.1, ocpp1.6'"


def test_subprotocol_chosen_though_none_was_offered(lab):
    _, dialled = lab.pair(subprotocols=lambda handshake: "ocpp1.6", dial_subprotocols=())
    assert dialled.handshake.header("Sec-WebSocket-Protocol") is None
    assert "was not offered (none)" in dialled.subprotocol_problem


# Compression


@pytest.mark.parametrize(("offered", "accepted"), [(True, False), (False, True), (False, False), (True, True)])
def test_compression_only_when_both_want_it(lab, offered, accepted):
    server, client = lab.pair(compression=accepted, dial_compression=offered)
    assert server.handshake.compression_offered is offered
    assert server.compressed is client.compressed is (offered and accepted)


def test_compression_can_be_switched_between_connections(lab):
    listener = lab.listen(compression=True)
    assert lab.dial(listener, compression=True).compressed
    listener.compression = False
    assert not lab.dial(listener, compression=True).compressed


# Refusals


@pytest.mark.parametrize("status", [301, 401, 403, 404, 500, 503])
def test_refusal_reaches_the_dialler_with_status_headers_and_body(lab, status):
    refusal = Refusal(status, {"Retry-After": "7", "Location": "ws://elsewhere/"}, "no, thank you")
    listener = lab.listen(decide=lambda handshake: refusal)
    with pytest.raises(HandshakeRefused) as caught:
        lab.dial(listener)
    refused = caught.value
    assert (refused.status, refused.body) == (status, b"no, thank you")
    assert refused.header("retry-after") == "7"
    assert refused.header("LOCATION") == "ws://elsewhere/"
    assert refused.header("absent") is None
    assert f"HTTP {status}" in str(refused)
    handshake, told, reason = lab.server.wait("refused")[0]
    assert (handshake.identity, told, reason) == ("CS001", status, "no, thank you")
    assert lab.server.of("opened") == []


def test_401_names_a_scheme_and_can_be_overridden():
    assert b'WWW-Authenticate: Basic realm="OCPP"' in Refusal(401).serialize()
    own = Refusal(401, {"www-authenticate": "Digest"}).serialize()
    assert own.lower().count(b"www-authenticate") == 1
    assert b"HTTP/1.1 599 Refused" in Refusal(599).serialize()


@pytest.mark.parametrize("status", [101, 99, 600])
def test_refusal_with_an_impossible_status(status):
    with pytest.raises(ValueError, match=f"cannot be refused with status {status}"):
        Refusal(status)


def test_decide_sees_the_handshake(lab):
    seen: list[Handshake] = []
    listener = lab.listen(decide=lambda handshake: seen.append(handshake))
    lab.dial(listener, basic=("CS001", b"pw"), headers=[("X-Own", "1"), ("User-Agent", "station")])
    assert seen[0].password == b"pw"
    assert seen[0].header("x-own") == "1"
    assert seen[0].header("user-agent") == "station"
    assert seen[0].peer.startswith("127.0.0.1:")


def test_own_headers_replace_the_standard_ones(lab):
    listener = lab.listen()
    dialled = lab.dial(listener, headers=[("Host", "other"), ("Authorization", "Bearer x")], basic=("a", b"b"))
    assert dialled.handshake.header_values("Host") == ["other"]
    assert dialled.handshake.header_values("Authorization") == ["Bearer x"]


@pytest.mark.parametrize("which", ["decide", "subprotocols"])
def test_a_decider_that_raises_is_answered_500_and_kept(lab, which):
    boom = RuntimeError("boom")

    def fail(handshake: Handshake) -> None:
        raise boom

    listener = lab.listen(**{which: fail})
    with pytest.raises(HandshakeRefused, match="HTTP 500"):
        lab.dial(listener)
    assert listener.error is boom
    assert lab.server.wait("crashed")[0] == (None, boom)
    assert lab.server.wait("refused")[0][1] == 500


def test_refused_that_raises_is_kept(lab):
    boom = RuntimeError("boom")

    def fail(*_: object) -> None:
        raise boom

    lab.server.refused = fail
    listener = lab.listen(decide=lambda handshake: Refusal(403))
    with pytest.raises(HandshakeRefused):
        lab.dial(listener)
    assert lab.server.wait("crashed")[0] == (None, boom)
    assert listener.error is boom


# What is no handshake


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"", 0, "the connection ended before a request"),
        (b"GET /CS1 HT", 0, "the connection ended in the middle of the request"),
        (b"\x16\x03\x01\x02\x00", 0, "a TLS handshake came to a port that speaks plain WebSocket (ws, not wss)"),
        (b"\x00\x01\x02\r\n\r\n", 400, "no readable HTTP request: invalid HTTP request line"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426, "missing Connection header"),
    ],
)
def test_what_is_no_handshake_is_told_and_answered(lab, sent, status, reason):
    listener = lab.listen()
    sock = lab.raw(listener.port)
    sock.sendall(sent)
    sock.shutdown(socket.SHUT_WR)
    _, told, why = lab.server.wait("refused")[0]
    assert told == status
    assert reason in why
    answer = sock.recv(65536)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()) if status else answer == b""
    lab.dial(listener)  # still alive


@pytest.mark.parametrize("line", [b"POST /CS1 HTTP/1.1", b"GET /s\xc3\xa4ule HTTP/1.1", b"GET /CS1 HTTP/1.0"])
def test_other_requests_are_refused_with_some_status(lab, line):
    """Which status it is differs between the versions of `websockets`."""
    listener = lab.listen()
    sock = lab.raw(listener.port)
    sock.sendall(line + b"\r\nHost: x\r\n\r\n")
    _, status, reason = lab.server.wait("refused")[0]
    assert 400 <= status <= 505
    assert reason
    assert sock.recv(100).startswith(b"HTTP/1.1 %d " % status)


def test_missing_upgrade_is_told_with_the_handshake(lab, request_head):
    listener = lab.listen()
    sock = lab.raw(listener.port)
    sock.sendall(request_head.replace(b"Connection: Upgrade\r\n", b"") + b"\r\n")
    handshake, status, _ = lab.server.wait("refused")[0]
    assert (handshake.identity, status) == ("CS001", 426)


def test_silent_client_is_answered_408_in_time(lab):
    listener = lab.listen(handshake_timeout=0.2)
    sock = lab.raw(listener.port)
    assert sock.recv(100).startswith(b"HTTP/1.1 408 ")
    assert lab.server.wait("refused")[0][1:] == (408, "no complete request came in time")


def test_dripping_client_does_not_outlive_the_deadline(lab, request_head):
    listener = lab.listen(handshake_timeout=0.3)
    sock = lab.raw(listener.port)
    started = time.monotonic()
    while not lab.server.of("refused") and time.monotonic() - started < 5:
        sock.sendall(request_head[:1])
        time.sleep(0.01)  # the pace is what the test is about
    assert lab.server.of("refused")[0][1] == 408
    assert time.monotonic() - started < 3


def test_request_in_pieces(lab, request_head):
    listener = lab.listen()
    sock = lab.raw(listener.port)
    whole = request_head + b"\r\n"
    for start in range(0, len(whole), 3):
        sock.sendall(whole[start : start + 3])
    assert lab.server.wait("opened")[0][0].handshake.identity == "CS001"


def test_many_probes_do_not_block_a_real_client(lab):
    listener = lab.listen()
    for _ in range(30):
        lab.raw(listener.port)
    lab.dial(listener, timeout=2.0).send("x")
    lab.server.wait("received")


# Listening


def test_address_in_use_is_one_clear_line(lab):
    listener = lab.listen()
    second = Listener(lab.server, "127.0.0.1", listener.port, now=time.monotonic, subprotocols=lambda handshake: None)
    with pytest.raises(LinkError) as caught:
        second.start()
    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{listener.port}: address already in use; another program uses this port: "
        "stop it, or choose another port (0 for any free one)"
    )


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.1"])
def test_address_that_is_not_ours(host):
    listener = Listener(None, host, 0, now=time.monotonic, subprotocols=lambda handshake: None)
    with pytest.raises(LinkError, match=rf"cannot listen on {host}:0: .*; (give a local|choose an address)"):
        listener.start()
    listener.stop()


def test_pause_refuses_tcp_and_resume_takes_the_same_port(lab):
    listener = lab.listen()
    port = listener.port
    accepted = lab.dial(listener)
    waiting = lab.raw(port)
    for _ in range(3):
        listener.pause()
        listener.pause()
        assert not listener.listening
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=2)
        with pytest.raises(LinkError, match="connection refused; is it running"):
            lab.dial(listener)
        accepted.send("the open connection stays")
        listener.resume()
        listener.resume()
        assert listener.port == port
        lab.dial(listener)
    lab.server.wait("received", 3)
    waiting.close()


def test_handshake_under_way_does_not_slip_through_a_pause(lab, request_head):
    listener = lab.listen()
    sock = lab.raw(listener.port)
    sock.sendall(request_head)
    while not listener._threads:
        time.sleep(0.001)
    listener.pause()
    sock.sendall(b"\r\n")
    with pytest.raises(ConnectionResetError):
        assert sock.recv(100) != b"", "ended, not reset"
    assert lab.server.wait("refused")[0][1:] == (0, "listening was paused during the handshake")
    assert lab.server.of("opened") == []
    listener.resume()


def test_listener_is_a_context_manager_and_starts_again(lab):
    listener = Listener(lab.server, "127.0.0.1", 0, now=time.monotonic, subprotocols=lambda handshake: None)
    for _ in range(2):
        with listener:
            listener.start()
            lab.dial(listener).close()
        assert not listener.listening


def test_resume_does_not_undo_stop(lab):
    listener = lab.listen()
    listener.pause()
    listener.stop()
    listener.resume()
    assert not listener.listening
    with pytest.raises(LinkError):
        lab.dial(listener)


def test_resume_names_who_has_taken_the_port_meanwhile(lab, monkeypatch):
    monkeypatch.setattr("conformance.link.listener._REBIND_TIME", 0.1)
    listener = lab.listen()
    listener.pause()
    with socket.create_server(("127.0.0.1", listener.port)), pytest.raises(LinkError, match="address already in use"):
        listener.resume()
    listener.resume()
    lab.dial(listener)


def test_ipv6(lab):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    listener = Listener(lab.server, "::1", 0, now=time.monotonic, subprotocols=lambda handshake: None)
    try:
        listener.start()
    except LinkError:
        pytest.skip("no IPv6 loopback here")
    lab.listeners.append(listener)
    assert listener.url == f"ws://[::1]:{listener.port}"
    lab.dial(listener)
    assert lab.server.wait("opened")[0][0].handshake.peer.startswith("[::1]:")


# Dialling something that is no WebSocket server


def test_nobody_listens():
    from conformance.link.dialler import dial

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkError, match=rf"cannot reach ws://127.0.0.1:{port}/CS: connection refused; is it running"):
        dial(None, f"ws://127.0.0.1:{port}", "CS", now=time.monotonic, subprotocols=())


@pytest.mark.parametrize(
    ("answer", "hold", "reason"),
    [
        (b"", False, "ended the connection without answering"),
        (b"", True, "did not answer the WebSocket handshake in time"),
        (b"SSH-2.0-OpenSSH\r\n", False, "answered no legal WebSocket handshake"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", False, "answered no legal WebSocket handshake: missing Conn"),
        (b"HTTP/1.1 101 Switching", False, "answered no legal WebSocket handshake"),
    ],
)
def test_server_that_is_no_websocket_server(lab, answering, answer, hold, reason):
    with pytest.raises(LinkError, match=reason):
        lab.dial(answering(answer, hold=hold), timeout=0.3)


@pytest.mark.parametrize(
    ("answer", "hold", "status", "body"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", False, 401, b""),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\nnever ends", True, 401, b"never ends"),
        (b"HTTP/1.0 403 Forbidden\r\nX: y\r\n\r\nold", False, 403, b"old"),
        (b"HTTP/1.1 503 \r\nContent-Length: 100\r\n\r\nshort", False, 503, b"short"),
        (b"HTTP/1.1 404 Nope\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", False, 404, b"hi"),
    ],
)
def test_refusals_of_sloppy_servers_are_read(lab, answering, answer, hold, status, body):
    with pytest.raises(HandshakeRefused) as caught:
        lab.dial(answering(answer, hold=hold), timeout=0.3)
    assert (caught.value.status, caught.value.body) == (status, body)


def test_frames_in_the_same_packet_as_the_101(lab):
    lab.server.on_opened = lambda connection: (connection.send("first"), connection.send("second" * 30))
    lab.pair()
    lab.client.wait("received", 2)
    assert lab.client.messages == ["first", "second" * 30]


def test_opened_of_a_dialled_connection_that_raises_reaches_the_caller(lab):
    def fail(connection: object) -> None:
        raise RuntimeError("boom")

    lab.client.on_opened = fail
    listener = lab.listen()
    with pytest.raises(RuntimeError, match="boom"):
        lab.dial(listener)
    assert lab.server.wait("closed")[0][0] is None
