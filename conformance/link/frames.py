"""WebSocket frames as bytes (RFC 6455 section 5.2): the legal ones fast, the illegal ones at all.

`websockets` refuses to serialise an illegal frame, so whoever wants to send one builds it here and hands it to
`Connection.send_raw`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from os import urandom

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

Mask = Callable[[bytes, bytes], bytes]


def mask_function() -> Mask:
    """The XOR of RFC 6455 section 5.3: `websockets`' C version, or its Python one where that was not built."""
    try:
        from websockets.speedups import apply_mask
    except ImportError:
        from websockets.utils import apply_mask
    return apply_mask


def wire_size(length: int, *, masked: bool) -> int:
    """Bytes on the wire of a frame with `length` bytes of payload and the shortest length field."""
    extended = 0 if length < 126 else 2 if length < 65536 else 8
    return 2 + extended + (4 if masked else 0) + length


def final_frame(opcode: int, payload: bytes, mask: Mask | None) -> bytes:
    """A final frame without extensions; masked with a fresh key if `mask` is given (the dialling side must).

    The same bytes, but for the key, as `websockets.frames.Frame.serialize`, at a fifth of its price.
    """
    length = len(payload)
    if mask is None:
        if length < 126:
            return bytes((0x80 | opcode, length)) + payload
        if length < 65536:
            return bytes((0x80 | opcode, 126, length >> 8, length & 0xFF)) + payload
        return bytes((0x80 | opcode, 127)) + length.to_bytes(8, "big") + payload
    key = urandom(4)
    if length < 126:
        return bytes((0x80 | opcode, 0x80 | length)) + key + mask(payload, key)
    if length < 65536:
        return bytes((0x80 | opcode, 0xFE, length >> 8, length & 0xFF)) + key + mask(payload, key)
    return bytes((0x80 | opcode, 0xFF)) + length.to_bytes(8, "big") + key + mask(payload, key)


def raw_frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool,
    key: bytes | None = None,
    length: int | None = None,
    length_bytes: int | None = None,
) -> bytes:
    """Any frame, legal or not.

    `opcode` 0 to 15; `rsv` the three reserved bits as a number 0 to 7 (RSV1 is 4). `key`: four bytes, random if None.
    `length` is the declared length when it shall differ from the payload's; `length_bytes` (0, 2 or 8) forces a length
    field longer than needed. ValueError when the numbers do not fit the fields.
    """
    declared = len(payload) if length is None else length
    if not 0 <= opcode <= 15 or not 0 <= rsv <= 7:
        raise ValueError(f"opcode {opcode} or reserved bits {rsv} do not fit a frame header (0 to 15, 0 to 7)")
    extended = length_bytes
    if extended is None:
        extended = 0 if declared < 126 else 2 if declared < 65536 else 8
    if extended not in (0, 2, 8) or not 0 <= declared < (126 if extended == 0 else 1 << 8 * extended):
        raise ValueError(f"length {declared} does not fit a length field of {extended} bytes")
    marker = {0: declared, 2: 126, 8: 127}[extended]
    head = bytes(((0x80 if fin else 0) | rsv << 4 | opcode, (0x80 if masked else 0) | marker))
    if extended:
        head += declared.to_bytes(extended, "big")
    if not masked:
        return head + payload
    key = urandom(4) if key is None else key
    if len(key) != 4:
        raise ValueError(f"a masking key has 4 bytes, not {len(key)}")
    return head + key + mask_function()(payload, key)


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that break RFC 6455, and how the other side has to fail the connection.

    `close_codes` are the codes that a correct peer may use (section 7.4.1); it may also just end TCP (section 7.1.7).
    `data` is for the side that `masked` named when it was built.
    """

    name: str
    breaks: str
    section: str
    close_codes: frozenset[int]
    data: bytes


def malformed_frames(*, client: bool) -> tuple[Malformed, ...]:
    """One example of each way to break the framing; `client`: as the dialling side sends it (masked)."""

    def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
        return raw_frame(opcode, payload, fin=fin, rsv=rsv, masked=client)

    protocol_error, bad_data, too_big = frozenset({1002}), frozenset({1007}), frozenset({1009, 1002})
    text = b'[2,"malformed","Heartbeat",{}]'
    wrong_mask = "a client's frame without a mask" if client else "a server's frame with a mask"
    return (
        Malformed("reserved-bit-1", "RSV1 without an extension", "5.2", protocol_error, frame(TEXT, text, rsv=4)),
        Malformed("reserved-bit-2", "RSV2 without an extension", "5.2", protocol_error, frame(TEXT, text, rsv=2)),
        Malformed("reserved-bit-3", "RSV3 without an extension", "5.2", protocol_error, frame(TEXT, text, rsv=1)),
        Malformed("reserved-data-opcode", "data opcode 3", "5.2", protocol_error, frame(0x3, text)),
        Malformed("reserved-control-opcode", "control opcode 11", "5.2", protocol_error, frame(0xB)),
        Malformed("wrong-masking", wrong_mask, "5.1", protocol_error, raw_frame(TEXT, text, masked=not client)),
        Malformed("oversize-ping", "a ping of 126 bytes", "5.5", protocol_error, frame(PING, b"x" * 126)),
        Malformed("fragmented-ping", "a ping that is not final", "5.5", protocol_error, frame(PING, b"x", fin=False)),
        Malformed("stray-continuation", "a continuation of nothing", "5.4", protocol_error, frame(CONTINUATION, text)),
        Malformed(
            "interleaved-message",
            "a new message within a fragmented one",
            "5.4",
            protocol_error,
            frame(TEXT, text[:5], fin=False) + frame(TEXT, text),
        ),
        Malformed(
            "huge-length",
            "a declared length of 2^63 - 1 bytes",
            "5.2",
            too_big,
            raw_frame(TEXT, text, masked=client, length=2**63 - 1, length_bytes=8),
        ),
        Malformed("text-no-utf8", "text that is no UTF-8", "8.1", bad_data, frame(TEXT, b'[2,"\xff\xfe","x",{}]')),
        Malformed("close-one-byte", "a close frame of one byte", "5.5.1", protocol_error, frame(CLOSE, b"\x03")),
        Malformed("close-code-999", "close code 999", "7.4.2", protocol_error, frame(CLOSE, b"\x03\xe7")),
        Malformed("close-code-1005", "close code 1005", "7.4.1", protocol_error, frame(CLOSE, b"\x03\xed")),
        Malformed(
            "close-reason-no-utf8",
            "a close reason that is no UTF-8",
            "5.5.1",
            frozenset({1007, 1002}),
            frame(CLOSE, b"\x03\xe8\xff\xff"),
        ),
    )
