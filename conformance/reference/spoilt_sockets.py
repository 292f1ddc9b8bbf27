"""WebSocket connections with defects: what comes in is changed into what a device that overlooks it would have seen.

A defect stands between TCP and `websockets`. An illegal frame that a device takes for a legal one is rewritten as that
legal one; a frame that a device overlooks is left out; a device that dies ends its process.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
import zlib
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from websockets.asyncio.connection import Connection

_CONTINUATION, _TEXT, _CLOSE, _PING = 0x0, 0x1, 0x8, 0x9
_RSV1 = 4
_LONGEST = 1 << 24
"""Bytes of the longest frame that is looked at; one that is to be longer goes on as it is."""
_BOMB = 4 << 20
_LONG_HEAD = 16384


@dataclass(frozen=True, slots=True)
class _Frame:
    fin: bool
    rsv: int
    opcode: int
    masked: bool
    payload: bytes

    @property
    def control(self) -> bool:
        return self.opcode >= _CLOSE

    def serialized(self) -> bytes:
        """Its bytes; what is masked is masked with zeros."""
        size = len(self.payload)
        marker, extended = (size, b"") if size < 126 else (126, size.to_bytes(2, "big"))
        if size > 0xFFFF:
            marker, extended = 127, size.to_bytes(8, "big")
        head = bytes(((self.fin << 7) | self.rsv << 4 | self.opcode, (self.masked << 7) | marker))
        return head + extended + (bytes(4) if self.masked else b"") + self.payload


class _Seen:
    """What a connection knows while frames go by."""

    def __init__(self, *, server: bool) -> None:
        self.server = server
        self.compressed = False
        self.in_message = False


_Change = Callable[[_Seen, _Frame], "_Frame | None"]


def _die(why: str) -> NoReturn:
    sys.stderr.write(f"killed by {why}\n")
    sys.stderr.flush()
    os._exit(70)


# -- frames -----------------------------------------------------------------------------------------------------------


def _ignore_reserved_bits(seen: _Seen, frame: _Frame) -> _Frame:
    compressed = seen.compressed and not frame.control and frame.opcode != _CONTINUATION
    return replace(frame, rsv=frame.rsv & _RSV1 if compressed else 0)


def _take_unknown_opcodes(seen: _Seen, frame: _Frame) -> _Frame | None:
    if 0x3 <= frame.opcode <= 0x7:
        return replace(frame, opcode=_TEXT)
    return None if frame.opcode >= 0xB else frame


def _take_wrong_masking(seen: _Seen, frame: _Frame) -> _Frame:
    return replace(frame, masked=seen.server)


def _die_of_big_control_frames(seen: _Seen, frame: _Frame) -> _Frame:
    if frame.control and len(frame.payload) > 125:
        _die("a control frame above 125 bytes")
    return frame


def _overlook_pings(seen: _Seen, frame: _Frame) -> _Frame | None:
    return None if frame.opcode == _PING else frame


def _answer_pings_emptily(seen: _Seen, frame: _Frame) -> _Frame:
    return replace(frame, payload=b"") if frame.opcode == _PING else frame


def _drop_fragments(seen: _Seen, frame: _Frame) -> _Frame | None:
    return frame if frame.control or (frame.fin and frame.opcode != _CONTINUATION) else None


def _drop_empty_fragments(seen: _Seen, frame: _Frame) -> _Frame | None:
    """One that loses the head of a message with an empty first fragment."""
    lost = not frame.control and not frame.payload and (not frame.fin or frame.opcode == _CONTINUATION)
    return None if lost else frame


def _die_of_fragments(seen: _Seen, frame: _Frame) -> _Frame:
    if frame.control and seen.in_message:
        _die("a control frame between two fragments")
    return frame


def _take_stray_continuations(seen: _Seen, frame: _Frame) -> _Frame:
    stray = frame.opcode == _CONTINUATION and not seen.in_message
    return replace(frame, opcode=_TEXT) if stray else frame


def _overlook_closes(seen: _Seen, frame: _Frame) -> _Frame | None:
    return None if frame.opcode == _CLOSE else frame


def _take_any_text(seen: _Seen, frame: _Frame) -> _Frame:
    if frame.opcode != _TEXT or not frame.fin or frame.rsv:
        return frame
    return replace(frame, payload=frame.payload.decode("utf-8", "replace").encode())


def _die_of_bombs(seen: _Seen, frame: _Frame) -> _Frame:
    if frame.rsv & _RSV1 and seen.compressed and not frame.control:
        try:
            size = len(zlib.decompressobj(-zlib.MAX_WBITS).decompress(frame.payload + b"\x00\x00\xff\xff", _BOMB))
        except zlib.error:
            # It refers to a message before it: no bomb of ours does.
            size = 0
        if size >= _BOMB:
            _die("a message of megabytes out of a few kilobytes")
    return frame


FRAMES: Mapping[str, _Change] = {
    "reserved-bits-ignored": _ignore_reserved_bits,
    "unknown-opcodes-taken": _take_unknown_opcodes,
    "wrong-masking-taken": _take_wrong_masking,
    "dies-of-big-control-frame": _die_of_big_control_frames,
    "no-pong": _overlook_pings,
    "pong-without-payload": _answer_pings_emptily,
    "fragments-dropped": _drop_fragments,
    "empty-fragments-dropped": _drop_empty_fragments,
    "dies-of-interleaved-control-frame": _die_of_fragments,
    "stray-continuation-taken": _take_stray_continuations,
    "close-unanswered": _overlook_closes,
    "invalid-utf8-taken": _take_any_text,
    "dies-of-compression-bomb": _die_of_bombs,
}
"""What becomes of a frame with a defect switched on; None: it is overlooked."""


class _Stream:
    """The frames of one connection, changed; half a frame waits for its rest."""

    def __init__(self, changes: list[_Change], *, server: bool) -> None:
        self.seen = _Seen(server=server)
        self._changes = changes
        self._buffer = b""
        self._passing = False

    def take(self, data: bytes) -> bytes:
        """What `websockets` gets to see of these bytes."""
        if self._passing:
            return data
        self._buffer += data
        out = b""
        while (found := self._next()) is not None:
            changed: _Frame | None = found
            for change in self._changes:
                if changed is not None:
                    changed = change(self.seen, changed)
            if not found.control:
                self.seen.in_message = not found.fin
            out += changed.serialized() if changed is not None else b""
        if self._passing:
            out, self._buffer = out + self._buffer, b""
        return out

    def _next(self) -> _Frame | None:
        data = self._buffer
        if len(data) < 2:
            return None
        first, second = data[0], data[1]
        extended = {126: 2, 127: 8}.get(second & 0x7F, 0)
        start = 2 + extended + (4 if second & 0x80 else 0)
        if len(data) < start:
            return None
        size = int.from_bytes(data[2 : 2 + extended], "big") if extended else second & 0x7F
        if size > _LONGEST:
            self._passing = True
            return None
        if len(data) < start + size:
            return None
        payload = data[start : start + size]
        if second & 0x80:
            key = data[start - 4 : start]
            whole = int.from_bytes((key * (size // 4 + 1))[:size], "big") ^ int.from_bytes(payload, "big")
            payload = whole.to_bytes(size, "big")
        self._buffer = data[start + size :]
        return _Frame(bool(first & 0x80), first >> 4 & 7, first & 0x0F, bool(second & 0x80), payload)


# -- opening handshakes -----------------------------------------------------------------------------------------------

_Head = Callable[["Connection", bytes], bytes]
"""Changes the head of a request or answer as far as it has come."""


def _die_of_garbage(connection: Connection, head: bytes) -> bytes:
    if not b"GET ".startswith(head[:4]) and not head.startswith(b"GET "):
        _die("bytes that are no HTTP request")
    return head


def _die_of_garbled_answers(connection: Connection, head: bytes) -> bytes:
    if not head.startswith(b"HTTP/1.1 "[: len(head)]):
        _die("bytes that are no HTTP answer")
    return head


def _die_of_long_heads(connection: Connection, head: bytes) -> bytes:
    if len(head) > _LONG_HEAD:
        _die("a request of many kilobytes")
    return head


def _take_any_version(connection: Connection, head: bytes) -> bytes:
    return re.sub(rb"(?i)(Sec-WebSocket-Version:) *[^\r\n]*", rb"\1 13", head)


def _take_longer_subprotocols(connection: Connection, head: bytes) -> bytes:
    """ "ocpp2.0.1.1" is read as "ocpp2.0.1"."""
    return re.sub(rb"(?i)(Sec-WebSocket-Protocol:.*?ocpp(?:1\.6|2\.0\.1|2\.1))\.\d", rb"\1", head)


def _refuse_empty_tokens(connection: Connection, head: bytes) -> bytes:
    """A request with an empty subprotocol token is read as none of a WebSocket."""
    empty = re.search(rb"(?i)Sec-WebSocket-Protocol: *,", head)
    return re.sub(rb"(?i)Sec-WebSocket-Key:[^\r\n]*\r\n", b"", head) if empty else head


def _take_no_subprotocol(connection: Connection, head: bytes) -> bytes:
    if b"\r\n\r\n" not in head or re.search(rb"(?i)Sec-WebSocket-Protocol:", head):
        return head
    offered = b"Sec-WebSocket-Protocol: ocpp1.6, ocpp2.0.1, ocpp2.1\r\n"
    return head.replace(b"\r\n\r\n", b"\r\n" + offered + b"\r\n", 1)


def _take_any_accept(connection: Connection, head: bytes) -> bytes:
    key = connection.protocol.key  # type: ignore[attr-defined]  # a ClientProtocol
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    right = b"Sec-WebSocket-Accept: " + base64.b64encode(digest)
    if not head.startswith(b"HTTP/1.1 101") or b"\r\n\r\n" not in head:
        return head
    head = re.sub(rb"(?i)Sec-WebSocket-Accept:[^\r\n]*\r\n", b"", head)
    return head.replace(b"\r\n\r\n", b"\r\n" + right + b"\r\n\r\n", 1)


def _take_any_subprotocol(connection: Connection, head: bytes) -> bytes:
    wanted = connection.protocol.available_subprotocols[0].encode()  # type: ignore[attr-defined]  # a ClientProtocol
    return re.sub(rb"(?i)(Sec-WebSocket-Protocol:)[^\r\n]*", rb"\1 " + wanted, head)


def _take_any_extension(connection: Connection, head: bytes) -> bytes:
    known = connection.protocol.available_extensions  # type: ignore[attr-defined]  # a ClientProtocol
    offered = b"permessage-deflate" if known else b"nothing"
    return re.sub(rb"(?i)Sec-WebSocket-Extensions: *+(?!%b)[^\r\n]*\r\n" % offered, b"", head)


HEADS: Mapping[str, _Head] = {
    "dies-of-garbage-request": _die_of_garbage,
    "dies-of-garbage-answer": _die_of_garbled_answers,
    "dies-of-long-request": _die_of_long_heads,
    "websocket-version-unchecked": _take_any_version,
    "longer-subprotocol-taken": _take_longer_subprotocols,
    "empty-subprotocol-token-refused": _refuse_empty_tokens,
    "missing-subprotocol-taken": _take_no_subprotocol,
    "any-accept-key-taken": _take_any_accept,
    "any-subprotocol-taken": _take_any_subprotocol,
    "any-extension-taken": _take_any_extension,
}
"""What becomes of the head of a request (CSMS) or an answer (station) with a defect switched on."""

_SILENT = "dies-of-silent-connection"
"""The defect that ends the process when a connection ends before a request line came."""


# -- connections ------------------------------------------------------------------------------------------------------


def spoilt(kind: Any, defects: Set[str]) -> Any:
    """A kind of connection with those of the defects that are about WebSocket; the kind itself if none is."""
    if not defects & {*FRAMES, *HEADS, _SILENT}:
        return kind
    changes = [change for name, change in FRAMES.items() if name in defects]
    heads = [change for name, change in HEADS.items() if name in defects]

    class Spoilt(kind):  # type: ignore[misc]  # chosen at run time
        _head = b""
        _opened = False

        def connection_made(self, transport: Any) -> None:
            from websockets.protocol import SERVER

            super().connection_made(transport)
            self._stream = _Stream(changes, server=self.protocol.side is SERVER)

        def data_received(self, data: bytes) -> None:
            seen = self._frames(data) if self._opened else self._opening(data)
            if seen:
                super().data_received(seen)

        def _opening(self, data: bytes) -> bytes:
            """The head goes on when it is whole, or too long to wait for its end; what follows it is frames."""
            self._head += data
            for change in heads:
                self._head = change(self, self._head)
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end and len(self._head) <= _LONG_HEAD:
                return b""
            self._opened = True
            if not end:
                return self._head
            super().data_received(head + end)
            return self._frames(rest)

        def _frames(self, data: bytes) -> bytes:
            self._stream.seen.compressed = bool(self.protocol.extensions)
            return self._stream.take(data)

        def eof_received(self) -> None:
            if _SILENT in defects and not self._head:
                _die("a connection that ended before a request line")
            if self._head and not self._opened:
                super().data_received(self._head)
            super().eof_received()

    return Spoilt
