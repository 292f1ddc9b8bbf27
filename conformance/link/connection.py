"""One WebSocket connection, listening or dialling: a reader thread, blocking, on the Sans-I/O API of `websockets`.

Two locks. `_write_lock` keeps the bytes of one connection in order and is held during a socket write; `_state_lock`
guards the Sans-I/O object and is never held during one. Whoever takes both takes the write lock first; the reader takes
the state lock alone and writes after it has let it go.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from conformance.link.errors import LinkClosed, LinkError, LinkStalled, words_for
from conformance.link.faults import Fate, Fault, FaultPlan, FaultRun, Wire
from conformance.link.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    final_frame,
    mask_function,
    raw_frame,
    wire_size,
)
from conformance.link.handshake import Handshake
from conformance.link.transport import CHUNK, Transport

if TYPE_CHECKING:
    from websockets.protocol import Protocol as SansIO

MAX_SIZE = 16 * 2**20
"""Default bound of an incoming message, in bytes."""
CLOSE_TIMEOUT = 3.0
"""Seconds that the other side has for its part of a closing handshake before TCP is ended."""

NO_CLOSE_CAME = "no close frame came"
"""How `closed` is told of an end that we made because our close frame was not answered."""

_numbers = itertools.count(1)
_FINAL_TEXT = 0x80 | TEXT
_FINAL_PONG = 0x80 | PONG
_FINAL_CLOSE = 0x80 | CLOSE


def _untold(fate: Fate) -> None:
    """Nobody wants to know what becomes of a message."""


class Handler(Protocol):
    """What a connection tells its owner: on its reader thread, in the order of the wire. Must not block.

    An exception raised here is stored in `Connection.error`, handed to `crashed(connection, exception)` if the handler
    has such a method (connection is None while there is none yet), and closes the connection with 1011. A LinkError
    that a send of the handler's raised is no such exception: it ends the handler's call, nothing else.
    `refused`, and the calls of a listener before `opened`, come from the thread that will be the reader;
    `opened` of a dialled connection comes from the thread that dials, before any other call.
    """

    def opened(self, connection: Connection) -> None:
        """The handshake succeeded. On the listening side the 101 has not left yet; what is sent here follows it."""

    def received(self, connection: Connection, data: str | bytes, at: float) -> None:
        """A whole message. bytes: a binary message, or a text message that is no UTF-8."""

    def control(self, connection: Connection, kind: str, payload: bytes, at: float) -> None:
        """A "ping" or "pong" frame came. The automatic pong (see `Connection.auto_pong`) has been written already."""

    def closed(self, connection: Connection, code: int | None, reason: str, at: float) -> None:
        """Once: a close frame came (1005: without a code), or TCP ended without one (None, `reason` says how)."""

    def refused(self, handshake: Handshake, status: int, reason: str, at: float) -> None:
        """We refused a handshake with `status`, or what came was no WebSocket handshake (0: nothing was answered)."""

    def broken(self, connection: Connection, error: str, at: float) -> None:
        """The other side broke RFC 6455, or stopped reading. Unless it is about the subprotocol, `closed` follows."""


class Connection:
    """An open WebSocket connection. Made by `Listener` and `dial`; thread-safe.

    `number` tells connections of one process apart, from 1. `subprotocol` is what the server chose, None if nothing;
    `subprotocol_problem` says in one line what was illegal about it. `compressed`: permessage-deflate was agreed;
    `compresses`: what we send is compressed, which may be ended but not begun again (RFC 7692 section 6).
    `client`: we dialled. `open` until a close frame is sent or received or TCP ends. `auto_pong = False` withholds
    pongs, `auto_close = False` the answer to a close frame and the end of TCP after it. `close_code` and `close_reason`
    are those that `Handler.closed` was told. `error` is the exception that the handler raised, or None. `fragmented`
    counts the messages that came in pieces. `thread` is the reader.
    """

    def __init__(
        self,
        handler: Handler,
        transport: Transport,
        protocol: SansIO,
        handshake: Handshake,
        *,
        now: Callable[[], float],
        client: bool,
        max_size: int = MAX_SIZE,
        close_timeout: float = CLOSE_TIMEOUT,
    ) -> None:
        self.number = next(_numbers)
        self.handshake = handshake
        self.subprotocol: str | None = protocol.subprotocol
        self.subprotocol_problem: str | None = None
        self.compressed = self.compresses = bool(protocol.extensions)
        self.client = client
        self.open = True
        self.auto_pong = True
        self.auto_close = True
        self.close_code: int | None = None
        self.close_reason = ""
        self.error: BaseException | None = None
        self.fragmented = 0
        self.thread: threading.Thread | None = None

        self._handler = handler
        self._transport = transport
        self._protocol = protocol
        self._now = now
        self._max_size = max_size
        self._close_timeout = close_timeout
        self._unmask = mask_function()
        self._mask = self._unmask if client else None
        self._faults: FaultRun | None = None
        self._wire = Wire(self._write, self.drop, self.abort, self._mute, self._rest)
        self._write_lock = threading.Lock()
        self._state_lock = threading.Lock()
        self._early: list[bytes] | None = []
        self._ending = threading.Event()
        self._gone = threading.Event()
        self._told_closed = False
        self._given_up = False
        self._close_timer: threading.Timer | None = None
        self._end = ""
        self._fragments: list[bytes] = []
        self._fragmented_opcode: int | None = None
        # The Sans-I/O parser stands between two frames when all that it was fed has come out of it as frames.
        self._fed = 0
        self._parsed = 0

    def __repr__(self) -> str:
        side = "dialled" if self.client else "accepted"
        state = "open" if self.open else "closed"
        return f"<Connection {self.number} {side} {self.handshake.peer} {self.handshake.identity!r} {state}>"

    @property
    def write_timeout(self) -> float:
        """Seconds that one write may take until the other side counts as stalled."""
        return self._transport.write_timeout

    @write_timeout.setter
    def write_timeout(self, seconds: float) -> None:
        self._transport.write_timeout = seconds

    @property
    def faults(self) -> FaultPlan | None:
        """What goes wrong on this connection; setting a plan starts its count of messages, None ends it."""
        return None if self._faults is None else self._faults.plan

    @faults.setter
    def faults(self, plan: FaultPlan | None) -> None:
        self._faults = None if plan is None else FaultRun(plan)

    # Sending

    def send(self, text: str, told: Callable[[Fate], None] = _untold) -> Fate:
        """Send one text message; what became of it under `faults`, which `told` is called with before it leaves.

        Raises LinkClosed, or LinkStalled (and resets) when the write deadline passes.
        """
        return self._send_message(TEXT, text.encode("utf-8"), None, told)

    def strike(self, text: str, fault: Fault, told: Callable[[Fate], None] = _untold) -> Fate:
        """Send one text message that a fault strikes (its `at` is 0), whatever else is sent meanwhile; as `send`."""
        return self._send_message(TEXT, text.encode("utf-8"), FaultRun(FaultPlan((fault,))), told)

    def send_bytes(self, data: bytes, *, text: bool = False) -> Fate:
        """Send one message of these bytes: binary, or (`text`) as text whether it is UTF-8 or not; as `send`."""
        return self._send_message(TEXT if text else BINARY, data)

    def send_fragments(self, text: str, size: int, *, between: bytes = b"") -> None:
        """Send one text message in fragments of `size` bytes, `between` (whole frames) after each but the last."""
        data = text.encode("utf-8")
        with self._write_lock:
            self._check_open()
            self._write(self._fragment(TEXT, data, size, between))

    def ping(self, payload: bytes = b"") -> float:
        """Send a ping; returns the time of sending. ValueError above 125 bytes; raises as `send`."""
        return self._send_control(PING, payload)

    def pong(self, payload: bytes = b"") -> float:
        """Send a pong, asked for or not; returns the time of sending. ValueError above 125 bytes; raises as `send`."""
        return self._send_control(PONG, payload)

    def send_raw(self, data: bytes) -> None:
        """Put bytes on the wire as they are, for malformed frames and pieces of frames; allowed while closing."""
        with self._write_lock:
            if self._gone.is_set():
                raise LinkClosed(f"connection {self.number} is closed")
            self._write(data)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Start the closing handshake; returns at once. No effect when it has begun already.

        The other side has `close_timeout` seconds to answer, then TCP is ended. ValueError for a code that RFC 6455
        forbids on the wire, or a reason above 123 bytes: use `send_raw` to send such a thing. LinkStalled as `send`.
        """
        from websockets.exceptions import ProtocolError

        def frames() -> list[bytes]:
            try:
                self._protocol.send_close(code, reason)
            except ProtocolError as error:
                raise ValueError(f"close code {code} with reason {reason!r} is not legal: {error}") from None
            return self._protocol.data_to_send()

        self._start_closing(frames)

    def close_with(self, data: bytes) -> None:
        """Start the closing handshake with these bytes, a close frame of any kind among them; else as `close`."""
        from websockets.frames import Close
        from websockets.protocol import State

        def frames() -> list[bytes]:
            # The Sans-I/O object refuses to write such frames, but has to know that a close frame is out.
            self._protocol.close_sent = Close(1000, "")
            self._protocol.state = State.CLOSING
            return [data]

        self._start_closing(frames)

    def _start_closing(self, frames: Callable[[], list[bytes]]) -> None:
        from websockets.protocol import State

        with self._write_lock:
            with self._state_lock:
                if not self.open or self._protocol.state is not State.OPEN:
                    return
                writes = frames()
                self.open = False
            timer = threading.Timer(self._close_timeout, self._close_expired)
            timer.daemon = True
            self._close_timer = timer
            timer.start()
            with suppress(LinkClosed):
                self._write_all(writes)

    def abort(self) -> None:
        """Reset the TCP connection (RST): no close frame, nothing more is read or written. Returns at once."""
        self._give_up("reset by this side")
        self._transport.abort()

    def drop(self) -> None:
        """End TCP (FIN) without a close frame. Returns at once."""
        self._give_up("ended by this side without a close frame")
        self._transport.wake()

    def wait_closed(self, timeout: float | None = None) -> bool:
        """Whether the connection ended, its descriptor given back, within `timeout` seconds (None: wait for ever)."""
        return self._gone.wait(timeout)

    def _send_message(
        self, opcode: int, data: bytes, faults: FaultRun | None = None, told: Callable[[Fate], None] = _untold
    ) -> Fate:
        with self._write_lock:
            if not self.open:
                self._check_open()
            faults = faults or self._faults
            if faults is not None:
                return faults.send(
                    lambda: b"".join(self._message(opcode, data)),
                    lambda size: self._fragment(opcode, data, size),
                    self._wire,
                    told,
                )
            if self.compressed:
                self._write_all(self._message(opcode, data))
            else:
                self._write(final_frame(opcode, data, self._mask))
        return Fate.SENT

    def _message(self, opcode: int, data: bytes) -> list[bytes]:
        if not self.compresses:
            return [final_frame(opcode, data, self._mask)]
        with self._state_lock:
            if opcode == TEXT:
                self._protocol.send_text(data)
            else:
                self._protocol.send_binary(data)
            return self._protocol.data_to_send()

    def _fragment(self, opcode: int, data: bytes, size: int, between: bytes = b"") -> bytes:
        pieces = [data[start : start + size] for start in range(0, len(data), size)] or [b""]
        frames = []
        for index, piece in enumerate(pieces):
            last = index == len(pieces) - 1
            frames.append(raw_frame(CONTINUATION if index else opcode, piece, fin=last, masked=self.client))
        return between.join(frames)

    def _send_control(self, opcode: int, payload: bytes) -> float:
        if len(payload) > 125:
            raise ValueError(f"a control frame carries at most 125 bytes, not {len(payload)}")
        with self._write_lock:
            self._check_open()
            at = self._now()
            self._write(final_frame(opcode, payload, self._mask))
        return at

    def _check_open(self) -> None:
        if not self.open:
            raise LinkClosed(f"connection {self.number} is closed{': ' + self._end if self._end else ''}")

    def _write_all(self, writes: list[bytes]) -> None:
        for data in writes:
            if data:
                self._write(data)
            else:
                self._transport.finish_writing()

    def _write(self, data: bytes) -> None:
        """Write with the write lock held; before the answer to the handshake has left, keep for later."""
        if self._early is not None:
            self._early.append(data)
            return
        try:
            self._transport.write(data)
        except LinkStalled as error:
            # A part of a frame may be out: the stream is of no use any more.
            self._end = str(error)
            self.abort()
            raise
        except LinkClosed as error:
            self._end = self._end or str(error)
            self.open = False
            raise

    def _close_expired(self) -> None:
        self._give_up(f"{NO_CLOSE_CAME} within {self._close_timeout:g} s of ours")
        self._transport.wake()

    def _give_up(self, why: str) -> None:
        """Read nothing more: a shut socket still hands out what came before and what goes on coming."""
        self._end = self._end or why
        self.open = False
        self._given_up = True
        self._ending.set()

    def _mute(self) -> None:
        self.auto_pong = False

    def _rest(self, seconds: float) -> None:
        self._ending.wait(seconds)

    # For Listener and dial

    def release(self, answer: list[bytes]) -> None:
        """Write the answer to the handshake and then what was sent meanwhile. Raises LinkError."""
        with self._write_lock:
            early, self._early = self._early or [], None
            self._write_all([*answer, *early])

    def run(self, surplus: bytes = b"") -> None:
        """Body of the reader thread, from the end of the handshake (`surplus` came with it) to the end of TCP."""
        try:
            self._transport.set_read_timeout(None)
            if not surplus or self._feed(surplus, self._now()):
                self._read()
        except BaseException as error:
            self.crash(error)
            with suppress(OSError, LinkError):
                self._end_deaf()
        finally:
            self._finish()

    def crash(self, error: BaseException) -> None:
        """The handler raised: keep the exception, tell `crashed`, close with 1011. Never raises."""
        self._note_crash(error)
        with suppress(LinkError):
            self.close(1011, "internal error of the tester")

    def tell_broken(self, error: str, at: float | None = None) -> None:
        """Tell the handler what the other side broke; never raises."""
        when = self._now() if at is None else at
        self._guard(lambda: self._handler.broken(self, error, when))

    # Receiving

    def _read(self) -> None:
        recv = self._transport.recv
        now = self._now
        while True:
            try:
                data = recv(CHUNK)
            except (OSError, LinkError) as error:
                self._end = self._end or words_for(error)
                data = b""
            if not data or self._given_up:
                self._feed_end()
                return
            at = now()
            if not self._quick(data, at) and not self._feed(data, at):
                return

    def _quick(self, data: bytes, at: float) -> bool:
        """Deliver `data` if it is exactly one final, uncompressed, short text frame, else False.

        This is nearly all traffic, at a fraction of the price of the general parser. It asks for a parser that stands
        between two messages, so that nothing is missed by going around it.
        """
        if data[0] != _FINAL_TEXT or self._fed != self._parsed or self._fragmented_opcode is not None:
            return False
        size = len(data)
        if size < 4 or self.compressed or not self.open:
            return False
        masked = not self.client
        length = data[1] - 128 if masked else data[1]
        if 0 <= length < 126:
            start = 6 if masked else 2
        elif length == 126:
            length = data[2] << 8 | data[3]
            start = 8 if masked else 4
        else:
            return False
        if size != start + length or length > self._max_size:
            return False
        self._deliver(self._unmask(data[start:], data[start - 4 : start]) if masked else data[start:], True, at)
        return True

    def _deliver(self, payload: bytes, is_text: bool, at: float) -> None:
        message: str | bytes
        try:
            message = payload.decode() if is_text else payload
        except UnicodeDecodeError:
            message = payload
        try:
            self._handler.received(self, message, at)
        except LinkStalled as error:
            self.tell_broken(str(error))
        except LinkError:
            pass
        if self._faults is not None:
            self._faults.received(self._wire)

    def _feed(self, data: bytes, at: float) -> bool:
        """Give bytes to the Sans-I/O object, write its answers, tell the handler; False when nothing more counts."""
        protocol = self._protocol
        with self._state_lock:
            protocol.receive_data(data)
            events = protocol.events_received()
            writes = protocol.data_to_send()
            if protocol.close_sent is not None:
                self.open = False
        self._fed += len(data)
        if writes:
            self._answer(writes, at)
        for frame in events:
            opcode: int = frame.opcode  # type: ignore[union-attr]  # after the handshake all events are frames
            payload = bytes(frame.data)  # type: ignore[union-attr]
            self._parsed += wire_size(len(payload), masked=not self.client)
            if opcode == CLOSE or self._given_up:
                break
            if opcode in (PING, PONG):
                kind = "ping" if opcode == PING else "pong"
                with suppress(LinkError):
                    self._handler.control(self, kind, payload, at)
            else:
                self._assemble(opcode, payload, frame.fin, at)  # type: ignore[union-attr]
        if protocol.parser_exc is not None:
            self._end = f"closed by this side: {protocol.parser_exc}"
            self.tell_broken(str(protocol.parser_exc), at)
        elif protocol.close_rcvd is None:
            return True
        self._tell_closed(at)
        self._drain()
        return False

    def _assemble(self, opcode: int, payload: bytes, fin: bool, at: float) -> None:
        if self._fragmented_opcode is None:
            if fin:
                self._deliver(payload, opcode == TEXT, at)
            else:
                self._fragments = [payload]
                self._fragmented_opcode = opcode
            return
        self._fragments.append(payload)
        if fin:
            whole, is_text = b"".join(self._fragments), self._fragmented_opcode == TEXT
            self._fragments = []
            self._fragmented_opcode = None
            self.fragmented += 1
            self._deliver(whole, is_text, at)

    def _answer(self, writes: list[bytes], at: float) -> None:
        """Write what the Sans-I/O object answers by itself, less what is withheld."""
        if not self.auto_pong:
            writes = [data for data in writes if not data or data[0] != _FINAL_PONG]
        if not self.auto_close:
            writes = [data for data in writes if data and data[0] != _FINAL_CLOSE]
        with self._write_lock:
            try:
                self._write_all(writes)
            except LinkStalled as error:
                self.tell_broken(str(error), at)
            except LinkClosed:
                return

    def _drain(self) -> None:
        """Nothing more counts: let the other side end TCP, for ever if our own end is withheld."""
        deadline = monotonic() + self._close_timeout
        with suppress(OSError, LinkError):
            while True:
                left = deadline - monotonic()
                if self._given_up or (self.auto_close and left <= 0):
                    return
                self._transport.set_read_timeout(left if self.auto_close else None)
                if not self._transport.recv(CHUNK):
                    return

    def _end_deaf(self) -> None:
        """After a crash: the closing handshake goes on, but nothing is delivered any more."""
        deadline = monotonic() + self._close_timeout
        while self._protocol.close_rcvd is None and not self._given_up and (left := deadline - monotonic()) > 0:
            self._transport.set_read_timeout(left)
            data = self._transport.recv(CHUNK)
            if not data:
                return
            with self._state_lock:
                self._protocol.receive_data(data)
                self._protocol.events_received()
                writes = self._protocol.data_to_send()
            self._answer(writes, self._now())
        self._tell_closed(self._now())
        self._drain()

    def _feed_end(self) -> None:
        self.open = False
        with self._state_lock:
            self._protocol.receive_eof()
        if not self._end and not self.compressed:
            if self._fed != self._parsed:
                self._end = "TCP ended in the middle of a frame"
            elif self._fragmented_opcode is not None:
                self._end = "TCP ended in the middle of a fragmented message"

    def _tell_closed(self, at: float) -> None:
        if self._told_closed:
            return
        self._told_closed = True
        self.open = False
        self._ending.set()
        close = self._protocol.close_rcvd
        if close is None:
            self.close_reason = self._end
        else:
            self.close_code, self.close_reason = int(close.code), close.reason
        self._guard(lambda: self._handler.closed(self, self.close_code, self.close_reason, at))

    def _guard(self, call: Callable[[], None]) -> None:
        """Call the handler where the reader must go on whatever it raises."""
        try:
            call()
        except LinkError:
            return
        except BaseException as error:
            self._note_crash(error)

    def _note_crash(self, error: BaseException) -> None:
        if self.error is None:
            self.error = error
        tell_crash(self._handler, self, error)

    def _finish(self) -> None:
        self._tell_closed(self._now())
        if self._close_timer is not None:
            self._close_timer.cancel()
        with self._write_lock:
            self._transport.close()
        self._gone.set()


def tell_crash(handler: Handler, connection: Connection | None, error: BaseException) -> None:
    """Hand an exception of the handler to its `crashed` method, if it has one; never raises."""
    crashed = getattr(handler, "crashed", None)
    if crashed is None:
        return
    # Nobody is left to tell if this raises too: the first exception stands in `Connection.error` or `Listener.error`.
    with suppress(BaseException):
        crashed(connection, error)
