"""Messages, control frames and the ends of a connection."""

from __future__ import annotations

import gc
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.link.connection import Connection
from conformance.link.errors import LinkClosed, LinkError, LinkStalled
from conformance.link.frames import CLOSE, CONTINUATION, PING, PONG, TEXT, raw_frame

SIZES = (0, 1, 125, 126, 127, 2000, 65535, 65536, 300_000)


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("compression", [False, True])
def test_messages_of_every_length_class_arrive_both_ways(lab, compression):
    accepted, dialled = lab.pair(compression=compression, dial_compression=compression)
    assert accepted.compressed is dialled.compressed is compression
    texts = ["é" * (size // 2) + "x" * (size % 2) for size in SIZES]
    for text in texts:
        dialled.send(text)
        accepted.send(text)
    lab.server.wait("received", len(texts))
    lab.client.wait("received", len(texts))
    assert lab.server.messages == texts
    assert lab.client.messages == texts


def test_binary_and_bad_utf8_arrive_as_bytes(lab):
    accepted, dialled = lab.pair()
    dialled.send_bytes(b"\x00\x01")
    dialled.send_bytes(b'[2,"\xff"]', text=True)
    dialled.send_bytes(b"\xff" * 200, text=True)
    dialled.send("still open")
    lab.server.wait("received", 4)
    assert lab.server.messages == [b"\x00\x01", b'[2,"\xff"]', b"\xff" * 200, "still open"]
    assert all(type(message) in (bytes, str) for message in lab.server.messages)
    assert accepted.open


def test_both_sides_hand_out_bytes_never_bytearray(lab):
    accepted, dialled = lab.pair()
    accepted.send_bytes(b"\x01")
    accepted.ping(b"p")
    dialled.send_bytes(b"\x02")
    lab.server.wait("received")
    lab.client.wait("control")
    assert type(lab.client.messages[0]) is bytes
    assert type(lab.client.of("control")[0][1]) is bytes


def test_fragments_with_pings_between_them(lab):
    accepted, dialled = lab.pair()
    text = "grüß dich " * 20
    ping = raw_frame(PING, b"between", masked=True)
    dialled.send_fragments(text, 7, between=ping)
    dialled.send("after")
    lab.server.wait("received", 2)
    assert lab.server.messages == [text, "after"]
    assert accepted.fragmented == 1
    kinds = [event[0] for event in lab.server.events]
    assert kinds.index("control") < kinds.index("received")
    assert len(lab.server.of("control")) == len(lab.client.wait("control", len(lab.server.of("control"))))


def test_fragment_of_text_may_split_a_character(lab):
    _, dialled = lab.pair()
    dialled.send_fragments("ééé", 1)
    assert lab.server.wait("received")[0][0] == "ééé"


def test_a_frame_in_tcp_pieces_and_many_frames_in_one(lab):
    _, dialled = lab.pair()
    frame = raw_frame(TEXT, b"sliced", masked=True)
    for byte in frame:
        dialled.send_raw(bytes([byte]))
    dialled.send_raw(raw_frame(TEXT, b"one", masked=True) + raw_frame(TEXT, b"two", masked=True) + frame[:3])
    lab.server.wait("received", 3)
    dialled.send_raw(frame[3:])
    dialled.send("last")
    lab.server.wait("received", 5)
    assert lab.server.messages == ["sliced", "one", "two", "sliced", "last"]


def test_length_fields_longer_than_needed_are_read(lab):
    _, dialled = lab.pair()
    dialled.send_raw(raw_frame(TEXT, b"long", masked=True, length_bytes=8))
    dialled.send("next")
    dialled.send_raw(raw_frame(TEXT, b"medium", masked=True, length_bytes=2))
    lab.server.wait("received", 3)
    assert lab.server.messages == ["long", "next", "medium"]


def test_ping_is_answered_and_timed(lab):
    accepted, dialled = lab.pair()
    sent = dialled.ping(b"are you there")
    kind, payload, at = lab.client.wait("control")[0]
    assert (kind, payload) == ("pong", b"are you there")
    assert sent <= at < sent + 5
    assert lab.server.wait("control")[0][:2] == ("ping", b"are you there")
    accepted.pong(b"unasked")
    assert lab.client.wait("control", 2)[1][:2] == ("pong", b"unasked")


def test_pong_can_be_withheld(lab):
    accepted, dialled = lab.pair()
    accepted.auto_pong = False
    dialled.ping(b"1")
    lab.server.wait("control")
    accepted.send("a message, so that a pong would have come before it")
    lab.client.wait("received")
    assert lab.client.of("control") == []
    accepted.auto_pong = True
    dialled.ping(b"2")
    assert lab.client.wait("control")[0][:2] == ("pong", b"2")


def test_control_frames_above_125_bytes_are_refused(lab):
    _, dialled = lab.pair()
    with pytest.raises(ValueError, match="at most 125 bytes, not 126"):
        dialled.ping(b"x" * 126)


@pytest.mark.parametrize("closer", ["client", "server"])
def test_close_codes_are_seen_by_both_sides(lab, closer):
    accepted, dialled = lab.pair()
    (dialled if closer == "client" else accepted).close(4001, "because")
    assert lab.server.wait("closed")[0][:2] == (4001, "because")
    assert lab.client.wait("closed")[0][:2] == (4001, "because")
    assert accepted.wait_closed(5)
    assert dialled.wait_closed(5)
    assert (accepted.close_code, accepted.close_reason, accepted.open) == (4001, "because", False)
    for connection in (accepted, dialled):
        with pytest.raises(LinkClosed, match="is closed"):
            connection.send("too late")
        with pytest.raises(LinkClosed):
            connection.ping()
        with pytest.raises(LinkClosed):
            connection.send_raw(b"x")
        connection.close()
        connection.abort()
    assert len(lab.server.of("closed")) == len(lab.client.of("closed")) == 1


def test_close_frame_without_a_code_is_1005(lab):
    _, dialled = lab.pair()
    dialled.send_raw(raw_frame(CLOSE, masked=True))
    assert lab.server.wait("closed")[0][:2] == (1005, "")


def test_illegal_close_code_is_refused_here(lab):
    _, dialled = lab.pair()
    with pytest.raises(ValueError, match="close code 1005"):
        dialled.close(1005)
    assert dialled.open


def test_messages_before_the_answer_to_our_close_are_delivered(lab, request_head):
    listener = lab.listen()
    sock = lab.raw(listener.port, request_head)
    accepted = lab.server.wait("opened")[0][0]
    accepted.close(1000)
    assert not accepted.open
    sock.sendall(raw_frame(TEXT, b"one more", masked=True) + raw_frame(CLOSE, b"\x03\xe8", masked=True))
    assert lab.server.wait("closed")[0][0] == 1000
    assert lab.server.messages == ["one more"]


def test_close_answer_can_be_withheld(lab):
    accepted, dialled = lab.pair(dial_close_timeout=0.2)
    accepted.auto_close = False
    started = time.monotonic()
    dialled.close(1000, "bye")
    assert lab.server.wait("closed")[0][:2] == (1000, "bye")
    code, reason, _ = lab.client.wait("closed")[0]
    assert code is None
    assert "no close frame came within 0.2 s" in reason
    assert 0.15 < time.monotonic() - started < 3


def test_abort_is_a_reset(lab, request_head):
    listener = lab.listen()
    sock = lab.raw(listener.port, request_head)
    accepted = lab.server.wait("opened")[0][0]
    accepted.abort()
    with pytest.raises(ConnectionResetError):
        sock.recv(1)
    code, reason, _ = lab.server.wait("closed")[0]
    assert (code, reason) == (None, "reset by this side")
    with pytest.raises(LinkClosed):
        accepted.send("x")


def test_abort_from_within_the_handler(lab):
    lab.server.on_received = lambda connection, data: connection.abort()
    accepted, dialled = lab.pair()
    dialled.send("x")
    code, reason, _ = lab.client.wait("closed")[0]
    assert (code, reason) == (None, "connection reset by peer")
    assert accepted.wait_closed(5)


@pytest.mark.parametrize("end", ["abort", "drop"])
def test_nothing_is_delivered_after_the_end(lab, request_head, end):
    """Neither what stood in the same packet, nor what a flooding peer goes on sending."""
    lab.server.on_received = lambda connection, data: getattr(connection, end)()
    listener = lab.listen()
    sock = lab.raw(listener.port, request_head)
    accepted = lab.server.wait("opened")[0][0]
    frames = raw_frame(TEXT, b"x", masked=True) * 1000
    with suppress(OSError):
        for _ in range(1000):
            sock.sendall(frames)
            if accepted.wait_closed(0):
                break
    assert accepted.wait_closed(5)
    assert len(lab.server.messages) == 1


def test_a_peer_that_floods_instead_of_closing_is_ended(lab, request_head):
    listener = lab.listen(close_timeout=0.2)
    sock = lab.raw(listener.port, request_head)
    accepted = lab.server.wait("opened")[0][0]
    accepted.close()
    frames = raw_frame(TEXT, b"x", masked=True) * 100
    started = time.monotonic()
    with suppress(OSError):
        while not accepted.wait_closed(0) and time.monotonic() - started < 5:
            sock.sendall(frames)
    assert accepted.wait_closed(1)
    assert "no close frame came within 0.2 s" in lab.server.wait("closed")[0][1]


def test_drop_ends_tcp_without_a_close_frame(lab):
    _, dialled = lab.pair()
    dialled.drop()
    assert lab.server.wait("closed")[0][:2] == (None, "")
    assert lab.client.wait("closed")[0][:2] == (None, "ended by this side without a close frame")


def test_end_in_the_middle_of_a_frame_is_said(lab):
    _, dialled = lab.pair()
    dialled.send_raw(raw_frame(TEXT, b"half a frame", masked=True)[:9])
    dialled.drop()
    assert lab.server.wait("closed")[0][:2] == (None, "TCP ended in the middle of a frame")


def test_end_in_the_middle_of_a_message_is_said(lab):
    _, dialled = lab.pair()
    dialled.send_raw(raw_frame(TEXT, b"one piece", fin=False, masked=True))
    dialled.drop()
    assert lab.server.wait("closed")[0][:2] == (None, "TCP ended in the middle of a fragmented message")


def test_reset_by_the_other_side_is_said(lab, request_head):
    listener = lab.listen()
    sock = lab.raw(listener.port, request_head)
    lab.server.wait("opened")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    assert lab.server.wait("closed")[0][:2] == (None, "connection reset by peer")


def test_message_above_the_limit_is_broken(lab):
    accepted, dialled = lab.pair(max_size=1000)
    dialled.send("x" * 1000)
    lab.server.wait("received")
    dialled.send("x" * 1001)
    lab.server.wait("broken")
    assert lab.client.wait("closed")[0][0] == 1009
    assert lab.server.wait("closed")[0][0] is None
    assert accepted.wait_closed(5)


def test_stalled_reader_ends_in_link_stalled_before_the_deadline(lab, request_head):
    listener = lab.listen(write_timeout=0.3)
    sock = lab.raw(listener.port, request_head)
    accepted = lab.server.wait("opened")[0][0]
    started = time.monotonic()
    with pytest.raises(LinkStalled, match=r"has not read for 0\.3 s"):
        for _ in range(200):
            accepted.send("x" * 1_000_000)
    assert time.monotonic() - started < 3
    assert "has not read for 0.3 s" in lab.server.wait("closed")[0][1]
    assert accepted.wait_closed(5)
    sock.close()


def test_stalled_peer_is_told_to_the_handler_that_answers(lab, request_head):
    def answer(connection: Connection, data: str | bytes) -> None:
        for _ in range(200):
            connection.send("x" * 1_000_000)

    lab.server.on_received = answer
    listener = lab.listen(write_timeout=0.3)
    sock = lab.raw(listener.port, request_head)
    sock.sendall(raw_frame(TEXT, b"go", masked=True))
    assert "has not read" in lab.server.wait("broken")[0][0]
    assert lab.server.wait("closed")[0][0] is None
    assert lab.server.of("crashed") == []


@pytest.mark.parametrize("end", ["abort", "peer"])
def test_a_write_that_waits_ends_with_the_connection(lab, request_head, end):
    listener = lab.listen(write_timeout=30.0)
    sock = lab.raw(listener.port, request_head)
    accepted = lab.server.wait("opened")[0][0]
    raised: list[LinkError] = []
    begun = threading.Event()

    def send() -> None:
        try:
            for _ in range(200):
                accepted.send("x" * 1_000_000)
                begun.set()
        except LinkError as error:
            raised.append(error)

    writer = threading.Thread(target=send)
    writer.start()
    assert begun.wait(5)
    if end == "abort":
        accepted.abort()
    else:
        sock.close()
    writer.join(5)
    assert [type(error) for error in raised] == [LinkClosed]
    assert accepted.wait_closed(5)


def test_slow_reader_is_no_stalled_one(lab, request_head):
    listener = lab.listen(write_timeout=2.0)
    sock = lab.raw(listener.port, request_head)
    accepted = lab.server.wait("opened")[0][0]
    size = 8_000_000
    total = 0

    def read() -> None:
        nonlocal total
        while total < size:
            total += len(sock.recv(100_000))

    reader = threading.Thread(target=read)
    reader.start()
    accepted.send("x" * size)
    reader.join(5)
    assert total >= size


def test_writes_of_many_threads_stay_whole(lab):
    accepted, _ = lab.pair(compression=True, dial_compression=True)
    threads = [
        threading.Thread(target=lambda n=number: [accepted.send(f"{n}:" + "x" * (n * 300)) for _ in range(20)])
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lab.client.wait("received", 160)
    assert sorted(set(lab.client.messages)) == sorted(f"{n}:" + "x" * (n * 300) for n in range(8))


def test_what_opened_sends_follows_the_101(lab, request_head):
    lab.server.on_opened = lambda connection: connection.send("first")
    listener = lab.listen()
    sock = lab.raw(listener.port, request_head)  # reads the head: fails if the frame came before it
    assert sock.recv(100) == b"\x81\x05first"


def test_frames_in_the_same_packet_as_the_request(lab, request_head):
    listener = lab.listen()
    sock = socket.create_connection(("127.0.0.1", listener.port), timeout=5)
    lab.sockets.append(sock)
    sock.sendall(request_head + b"\r\n" + raw_frame(TEXT, b"early", masked=True))
    assert lab.server.wait("received")[0][0] == "early"
    sock.sendall(raw_frame(TEXT, b"later", masked=True))
    assert lab.server.wait("received", 2)[1][0] == "later"


@pytest.mark.parametrize("method", ["opened", "received", "control", "closed"])
def test_a_handler_that_raises_is_never_silent(lab, method):
    boom = RuntimeError("boom")

    def fail(*_: object) -> None:
        raise boom

    listener = lab.listen()
    setattr(lab.server, method, fail)
    dialled = lab.dial(listener)
    with suppress(LinkClosed):  # one that fails in `opened` is closed already
        if method == "control":
            dialled.ping()
        else:
            dialled.send("x")
    if method == "closed":
        dialled.close()
    connection, error = lab.server.wait("crashed")[0]
    assert error is boom
    assert connection.error is boom
    if method != "closed":
        assert lab.client.wait("closed")[0][0] == 1011
        assert lab.server.wait("closed")[0][0] == 1011
    assert connection.wait_closed(5)


def test_a_handler_without_crashed_keeps_the_exception_in_error(lab):
    lab.server.on_received = lambda connection, data: 1 / 0
    lab.server.crashed = None
    accepted, dialled = lab.pair()
    dialled.send("x")
    lab.client.wait("closed")
    assert accepted.wait_closed(5)
    assert isinstance(accepted.error, ZeroDivisionError)


def test_a_send_that_fails_within_the_handler_is_no_crash(lab):
    def answer(connection: Connection, data: str | bytes) -> None:
        connection.close(1000)
        connection.send("too late")

    lab.server.on_received = answer
    _, dialled = lab.pair()
    dialled.send("x")
    assert lab.server.wait("closed")[0][0] == 1000
    assert lab.server.of("crashed") == []


def test_stop_closes_with_1001_and_leaks_nothing(lab):
    lab.pair()[1].close()  # whatever is opened once per process is open now
    lab.listeners[0].stop()
    gc.collect()
    before = open_descriptors()
    listener = lab.listen()
    dialled = [lab.dial(listener, f"CS{number}") for number in range(20)]
    waiting = [lab.raw(listener.port) for _ in range(3)]
    lab.server.wait("opened", 21)
    assert len(listener.connections) == 20
    started = time.monotonic()
    listener.stop()
    assert time.monotonic() - started < 5
    assert listener.connections == []
    lab.client.wait("closed", 21)
    assert [event[0] for event in lab.client.of("closed")][1:] == [1001] * 20
    for connection in dialled:
        assert connection.wait_closed(5)
    for sock in waiting:
        sock.close()
    gc.collect()
    assert open_descriptors() == before


def test_stop_is_bounded_with_peers_that_neither_read_nor_close(lab, request_head):
    listener = lab.listen(write_timeout=30.0, close_timeout=30.0)
    for _ in range(3):
        lab.raw(listener.port, request_head)
    lab.server.wait("opened", 3)
    started = time.monotonic()
    listener.stop(timeout=0.5)
    assert time.monotonic() - started < 4
    assert listener.connections == []


def test_twenty_parallel_connections_each_get_their_own_answers(lab):
    lab.server.on_received = lambda connection, data: connection.send(f"{connection.handshake.identity} {data}")
    listener = lab.listen()
    recorders = [type(lab.client)() for _ in range(20)]

    def station(number: int) -> None:
        connection = lab.dial(listener, f"CS{number}", handler=recorders[number])
        for count in range(50):
            connection.send(str(count))

    threads = [threading.Thread(target=station, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for number, recorder in enumerate(recorders):
        recorder.wait("received", 50, within=10)
        assert recorder.messages == [f"CS{number} {count}" for count in range(50)]
    numbers = [connection.number for connection in listener.connections]
    assert len(set(numbers)) == 20


def test_unmasked_frame_of_a_client_is_broken(lab, request_head):
    listener = lab.listen()
    sock = lab.raw(listener.port, request_head)
    sock.sendall(raw_frame(TEXT, b"x", masked=False))
    assert lab.server.wait("broken")[0][0] == "incorrect masking"
    assert sock.recv(100)[2:4] == (1002).to_bytes(2, "big")
    assert lab.server.wait("closed")[0][:2] == (None, "closed by this side: incorrect masking")


def test_continuation_of_nothing_is_broken(lab):
    _, dialled = lab.pair()
    dialled.send_raw(raw_frame(CONTINUATION, b"x", masked=True))
    assert lab.server.wait("broken")[0][0] == "unexpected continuation frame"
    assert lab.client.wait("closed")[0][0] == 1002


def test_unasked_pong_is_seen(lab):
    _, dialled = lab.pair()
    dialled.send_raw(raw_frame(PONG, b"hello", masked=True))
    assert lab.server.wait("control")[0][:2] == ("pong", b"hello")


def test_errors_of_the_link_have_one_base():
    assert issubclass(LinkClosed, LinkError)
    assert issubclass(LinkStalled, LinkError)
