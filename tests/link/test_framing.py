"""Frames as data: built for either side, read back, fragmented, compressed; and closing with any close frame."""

from __future__ import annotations

import zlib

import pytest

from conformance.link.connection import NO_CLOSE_CAME
from conformance.link.frames import CLOSE, CONTINUATION, PING, TEXT, raw_frame
from conformance.link.framing import FrameSpec, deflated, fragments, frames_in, referring


def inflated(data: bytes) -> bytes:
    return zlib.decompressobj(-9).decompress(data + b"\x00\x00\xff\xff")


@pytest.mark.parametrize("client", [True, False])
def test_a_frame_is_masked_as_its_side_has_to(client):
    spec = FrameSpec(TEXT, b"hello", key=b"abcd")
    assert spec.build(client=client) == raw_frame(TEXT, b"hello", masked=client, key=b"abcd")
    assert FrameSpec(TEXT, b"hello", masked=False).build(client=True) == b"\x81\x05hello"
    assert FrameSpec(PING, b"p", count=3).build(client=False) == b"\x89\x01p" * 3


@pytest.mark.parametrize("client", [True, False])
def test_frames_are_read_back(client):
    specs = [FrameSpec(TEXT, b"x" * size) for size in (0, 1, 125, 126, 65536)] + [FrameSpec(CLOSE, b"\x03\xe8")]
    data = b"".join(one.build(client=client) for one in specs)
    assert list(frames_in(data)) == [(one.opcode, one.payload) for one in specs]
    assert list(frames_in(data[:-1])) == [(one.opcode, one.payload) for one in specs[:-1]]
    assert list(frames_in(b"\x81")) == []


@pytest.mark.parametrize(
    ("sizes", "payloads"),
    [
        ([], [b"abcdef"]),
        ([0], [b"", b"abcdef"]),
        ([2, 0, 2], [b"ab", b"", b"cd", b"ef"]),
        ([6], [b"abcdef", b""]),
        ([4, 4], [b"abcd", b"ef"]),
    ],
)
def test_fragments(sizes, payloads):
    made = list(fragments(TEXT, b"abcdef", sizes, rsv=4))
    assert [one.payload for one in made] == payloads
    assert [one.opcode for one in made] == [TEXT] + [CONTINUATION] * (len(made) - 1)
    assert [one.fin for one in made] == [False] * (len(made) - 1) + [True]
    assert [one.rsv for one in made] == [4] + [0] * (len(made) - 1)


def test_compressed_messages_are_read_by_the_other_side(lab):
    accepted, dialled = lab.pair(compression=True, dial_compression=True)
    assert accepted.compressed and dialled.compressed
    for size in ([], [3, 0]):
        pieces = fragments(TEXT, deflated([(b"packed ", 9), (b"!", 1)]), size, rsv=4)
        dialled.send_raw(b"".join(one.build(client=True) for one in pieces))
    # What our own compressor would write refers to a window that the other side has moved on from.
    dialled.compresses = False
    dialled.send("plain")
    assert [data for data, _ in lab.server.wait("received", 3)] == ["packed " * 9 + "!"] * 2 + ["plain"]


def test_a_bomb_is_small_and_whole():
    made = deflated([(b"a", 2), (b"\x00", (3 << 20) + 7), (b"z", 1)])
    assert len(made) < 10_000
    assert inflated(made) == b"aa" + b"\x00" * ((3 << 20) + 7) + b"z"


def test_a_message_that_refers_back():
    text = b"a message that refers back"
    made = referring(text, 30_000)
    assert zlib.decompressobj(-15, zdict=text + b"." * 30_000).decompress(made + b"\x00\x00\xff\xff") == text
    with pytest.raises(zlib.error, match="too far back"):
        zlib.decompressobj(-15).decompress(made + b"\x00\x00\xff\xff")


def test_closing_with_bytes_of_ones_own(lab):
    _, dialled = lab.pair()
    dialled.close_with(FrameSpec(CLOSE, b"\x0f\xa0bye").build(client=True))
    assert lab.server.wait("closed")[0][:2] == (4000, "bye")
    assert lab.client.wait("closed")[0][:2] == (4000, "bye")
    dialled.close_with(b"never written")
    dialled.close()


def test_closing_with_an_illegal_close_frame(lab):
    _, dialled = lab.pair()
    dialled.close_with(FrameSpec(CLOSE, b"\x03").build(client=True))
    assert lab.server.wait("broken")
    assert lab.client.wait("closed")[0][0] == 1002


def test_a_close_that_nobody_answers(lab):
    accepted, dialled = lab.pair(dial_close_timeout=0.1)
    accepted.auto_close = False
    dialled.close_with(FrameSpec(CLOSE, b"\x03\xe8").build(client=True))
    code, reason, _ = lab.client.wait("closed")[0]
    assert code is None and reason.startswith(NO_CLOSE_CAME)
