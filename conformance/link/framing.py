"""Frames as data: any frame, legal or not, described so that it can be stored, drawn and shrunk, and built for a side.

What a frame is like when nothing is said: final, without reserved bits, masked as the sending side has to mask it, its
length field true and as short as can be.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.link.frames import CONTINUATION, mask_function, raw_frame

_TAIL = b"\x00\x00\xff\xff"
_BLOCK = 65536
_WINDOW = 9
"""Bits of the window that what we compress keeps to: the smallest that zlib makes, so that no agreement forbids it."""


@dataclass(frozen=True, slots=True)
class FrameSpec:
    """One frame; the members mean what `raw_frame` says. `masked`: None for what the sending side has to do. `count`:
    that many times."""

    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0
    masked: bool | None = None
    key: bytes | None = None
    length: int | None = None
    length_bytes: int | None = None
    count: int = 1

    def build(self, *, client: bool) -> bytes:
        """Its bytes, as the dialling side (`client`) or the other sends them. ValueError as `raw_frame`."""
        made = raw_frame(
            self.opcode,
            self.payload,
            fin=self.fin,
            rsv=self.rsv,
            masked=client if self.masked is None else self.masked,
            key=self.key,
            length=self.length,
            length_bytes=self.length_bytes,
        )
        return made * self.count


def deflated(pieces: Iterable[tuple[bytes, int]]) -> bytes:
    """The payload of a compressed message (RFC 7692 section 7.2.1) that refers back to no message before it.

    `pieces` are (bytes, how many times). Long repetitions are compressed once and repeated, so that a bomb is quickly
    made.
    """
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -_WINDOW)
    parts: list[bytes] = []
    for unit, count in pieces:
        at_once = max(1, _BLOCK // max(1, len(unit)))
        blocks, rest = divmod(count, at_once)
        if blocks > 1:
            parts.append(squeeze.compress(b"") + squeeze.flush(zlib.Z_FULL_FLUSH))
            parts.append((squeeze.compress(unit * at_once) + squeeze.flush(zlib.Z_FULL_FLUSH)) * blocks)
        else:
            rest = count
        parts.append(squeeze.compress(unit * rest))
    parts.append(squeeze.flush(zlib.Z_SYNC_FLUSH))
    return b"".join(parts).removesuffix(_TAIL)


def referring(payload: bytes, distance: int) -> bytes:
    """The payload of a compressed message that refers `distance` bytes back (at most 32000) for what is in it."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=payload + b"." * distance)
    return (squeeze.compress(payload) + squeeze.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)


def frames_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Opcode and unmasked payload of each whole frame that bytes begin with."""
    unmask = mask_function()
    at = 0
    while len(data) >= at + 2:
        opcode, marker = data[at] & 0x0F, data[at + 1] & 0x7F
        masked = bool(data[at + 1] & 0x80)
        extended = {126: 2, 127: 8}.get(marker, 0)
        start = at + 2 + extended + (4 if masked else 0)
        length = int.from_bytes(data[at + 2 : at + 2 + extended], "big") if extended else marker
        if len(data) < start + length:
            return
        payload = data[start : start + length]
        yield opcode, unmask(payload, data[start - 4 : start]) if masked else payload
        at = start + length


def fragments(opcode: int, data: bytes, sizes: Iterable[int], *, rsv: int = 0) -> Iterator[FrameSpec]:
    """The frames of one message in fragments of the given sizes, 0 an empty one, the rest in the last.

    `rsv` is for the first fragment, where RFC 7692 wants the mark of a compressed message.
    """
    first, bits = opcode, rsv
    for size in sizes:
        if size and len(data) < size:
            break
        yield FrameSpec(first, data[:size], fin=False, rsv=bits)
        data, first, bits = data[size:], CONTINUATION, 0
    yield FrameSpec(first, data, rsv=bits)
