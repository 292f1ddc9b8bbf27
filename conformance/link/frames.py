"""WebSocket frames as bytes (RFC 6455 section 5.2): the legal ones fast, the illegal ones at all.

`websockets` refuses to serialise an illegal frame, so whoever wants to send one builds it here and hands it to
`Connection.send_raw`.
"""

from __future__ import annotations

from collections.abc import Callable
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
