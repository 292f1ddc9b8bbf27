"""Frames as bytes: the fast encoder against websockets', the lenient one, and illegal ones seen by our own end."""

from __future__ import annotations

import os
import socket

import pytest
from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode

from conformance.link.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    final_frame,
    mask_function,
    raw_frame,
    wire_size,
)
from conformance.link.framing import FrameSpec

SIZES = (0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 65534, 65535, 65536, 65537, 100_000)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_final_frame_is_what_websockets_serialises(monkeypatch, size, opcode):
    key = b"\x01\x02\x03\x04"
    monkeypatch.setattr("conformance.link.frames.urandom", lambda count: key[:count])
    monkeypatch.setattr("websockets.frames.secrets.token_bytes", lambda count: key[:count])
    payload = os.urandom(size)
    frame = Frame(Opcode(opcode), payload)
    for mask in (None, mask_function()):
        masked = mask is not None
        expected = frame.serialize(mask=masked)
        assert final_frame(opcode, payload, mask) == expected
        assert raw_frame(opcode, payload, masked=masked, key=key) == expected
        assert wire_size(size, masked=masked) == len(expected)


def test_masking_keys_are_fresh():
    assert len({final_frame(TEXT, b"x", mask_function()) for _ in range(20)}) > 1


def test_control_frame_is_what_websockets_serialises():
    assert final_frame(PING, b"x" * 125, None) == Frame(Opcode.PING, b"x" * 125).serialize(mask=False)


def test_every_field_can_be_wrong():
    assert raw_frame(0xB, fin=False, rsv=5, masked=False) == bytes((0x5B, 0))
    assert raw_frame(TEXT, b"ab", masked=False, length=7) == b"\x81\x07ab"
    assert raw_frame(TEXT, b"ab", masked=False, length_bytes=2) == b"\x81\x7e\x00\x02ab"
    assert raw_frame(TEXT, b"", masked=True, key=b"abcd", length=2**64 - 1, length_bytes=8) == (
        b"\x81\xff" + b"\xff" * 8 + b"abcd"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"opcode": 16},
        {"rsv": 8},
        {"length": -1},
        {"length_bytes": 3},
        {"length": 126, "length_bytes": 0},
        {"key": b"x"},
    ],
)
def test_numbers_that_fit_no_field(changes):
    with pytest.raises(ValueError):
        raw_frame(**{"opcode": TEXT, "masked": True, **changes})


MESSAGE = b'[2,"malformed","Heartbeat",{}]'
ILLEGAL = {
    "RSV1 without an extension": ([FrameSpec(TEXT, MESSAGE, rsv=4)], 1002),
    "RSV2": ([FrameSpec(TEXT, MESSAGE, rsv=2)], 1002),
    "RSV3": ([FrameSpec(TEXT, MESSAGE, rsv=1)], 1002),
    "data opcode 3": ([FrameSpec(0x3, MESSAGE)], 1002),
    "control opcode 11": ([FrameSpec(0xB)], 1002),
    "a ping of 126 bytes": ([FrameSpec(PING, b"x" * 126)], 1002),
    "a ping that is not final": ([FrameSpec(PING, b"x", fin=False)], 1002),
    "a continuation of nothing": ([FrameSpec(CONTINUATION, MESSAGE)], 1002),
    "a message in a message": ([FrameSpec(TEXT, MESSAGE[:5], fin=False), FrameSpec(TEXT, MESSAGE)], 1002),
    "a length of 2^63 - 1": ([FrameSpec(TEXT, MESSAGE, length=2**63 - 1, length_bytes=8)], 1009),
    "a close of one byte": ([FrameSpec(CLOSE, b"\x03")], 1002),
    "close code 999": ([FrameSpec(CLOSE, b"\x03\xe7")], 1002),
    "close code 1005": ([FrameSpec(CLOSE, b"\x03\xed")], 1002),
    "a close reason that is no UTF-8": ([FrameSpec(CLOSE, b"\x03\xe8\xff\xff")], 1007),
}
"""What breaks RFC 6455, and the close code with which our own end fails the connection."""


@pytest.mark.parametrize("client", [True, False])
@pytest.mark.parametrize("name", [*ILLEGAL, "wrong masking"])
def test_each_illegal_frame_is_noticed_by_our_own_end(lab, client, name):
    specs, wanted = ILLEGAL.get(name, ([FrameSpec(TEXT, MESSAGE, masked=not client)], 1002))
    accepted, dialled = lab.pair(dial_close_timeout=0.3, close_timeout=0.3)
    sender, seen, told = (dialled, lab.server, lab.client) if client else (accepted, lab.client, lab.server)
    sender.send_raw(b"".join(one.build(client=client) for one in specs))
    seen.wait("broken")
    assert told.wait("closed")[0][0] == wanted
    assert seen.wait("closed")[0][0] is None or "close" in name


@pytest.mark.parametrize("client", [True, False])
def test_text_that_is_no_utf8_is_handed_over(lab, client):
    """The judgement is not the link's."""
    accepted, dialled = lab.pair(dial_close_timeout=0.3, close_timeout=0.3)
    sender, seen = (dialled, lab.server) if client else (accepted, lab.client)
    sender.send_raw(FrameSpec(TEXT, b'[2,"\xff\xfe","x",{}]').build(client=client))
    assert seen.wait("received")[0][0] == b'[2,"\xff\xfe","x",{}]'


def test_websockets_refuses_to_build_them():
    with pytest.raises(ProtocolError):
        Frame(Opcode.PING, b"x" * 126).serialize(mask=False)


def test_mask_function_without_the_c_extension(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "websockets.speedups", None)
    from websockets.utils import apply_mask

    assert mask_function() is apply_mask


def test_nagle_is_off(lab):
    accepted, dialled = lab.pair()
    for connection in (accepted, dialled):
        assert connection._transport._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
