"""One WebSocket connection, listening or dialling: a reader thread, blocking, on the Sans-I/O API of `websockets`.

Two locks. `_write_lock` keeps the bytes of one connection in order and is held during a socket write; `_state_lock`
guards the Sans-I/O object and is never held during one. Whoever takes both takes the write lock first; the reader takes
the state lock alone and writes after it has let it go.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from conformance.link.errors import LinkClosed, LinkError, LinkStalled
from conformance.link.handshake import Handshake
from conformance.link.transport import CHUNK, Transport

if TYPE_CHECKING:
    from websockets.protocol import Protocol as SansIO

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA
MAX_SIZE = 16 * 2**20
"""Default bound of an incoming message, in bytes."""
CLOSE_TIMEOUT = 3.0
"""Seconds that the other side has for its part of a closing handshake before TCP is ended."""

_numbers = itertools.count(1)
_PONG_HEAD = 0x80 | PONG
_CLOSE_HEAD = 0x80 | CLOSE


def next_number() -> int:
    """A connection number that this process has not used yet, from 1."""
    return next(_numbers)


class Handler(Protocol):
    """What a connection tells its owner: on its reader thread, in the order of the wire. Must not block.

    An exception raised here is stored in `Connection.error`, handed to `crashed(connection, exception)` if the handler
    has such a method (connection is None while there is none yet), and closes the connection with 1011.
    `refused` and the calls of a listener before `opened` come from the thread that will be the reader;
    `opened` of a dialled connection comes from the thread that dials.
    """

    def opened(self, connection: Connection) -> None:
        """The handshake succeeded. On the listening side the 101 has not left yet; what is sent here follows it."""

    def received(self, connection: Connection, data: str | bytes, at: float) -> None:
        """A whole message. bytes: a binary message, or a text message that is no UTF-8."""

    def control(self, connection: Connection, kind: str, payload: bytes, at: float) -> None:
        """A "ping" or "pong" frame came. The automatic pong (see `Connection.auto_pong`) has been written already."""

    def closed(self, connection: Connection, code: int | None, reason: str, at: float) -> None:
        """Once: a close frame came (1005: without a code), or TCP ended without one (None)."""

    def refused(self, handshake: Handshake, status: int, reason: str, at: float) -> None:
        """We refused a handshake with `status`, or what came was no WebSocket handshake (0: nothing was answered)."""

    def broken(self, connection: Connection, error: str, at: float) -> None:
        """The other side broke RFC 6455, or stopped reading. The connection is being closed."""


class Connection:
    """An open WebSocket connection. Made by `Listener` and `dial`; thread-safe.

    `number` tells connections of one process apart. `subprotocol` is what the server chose, None if nothing;
    `subprotocol_problem` says in one line what was illegal about it. `compressed`: permessage-deflate was agreed.
    `open` until a close frame is sent or received or TCP ends. `auto_pong = False` withholds pongs, `auto_close = False`
    the answer to a close frame. `close_code` and `close_reason` are those that `Handler.closed` was told.
    `error` is the exception that the handler raised, or None. `fragmented` counts the messages that came in pieces.
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
        from websockets.frames import apply_mask

        self.number = next_number()
        self.handshake = handshake
        self.subprotocol: str | None = protocol.subprotocol
        self.subprotocol_problem: str | None = None
        self.compressed = bool(protocol.extensions)
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
        self._apply_mask = apply_mask
        self._write_lock = threading.Lock()
        self._state_lock = threading.Lock()
        self._held: list[bytes] | None = []
        self._surplus = b""
        self._closed = threading.Event()
        self._gone = threading.Event()
        self._told_closed = False
        self._close_timer: threading.Timer | None = None
        self._fragments: list[bytes] | None = None
        self._fragments_are_text = False
        # The parser of the Sans-I/O object stands between two frames when all that it was fed has come out as frames.
        self._fed = 0
        self._parsed = 0

    def __repr__(self) -> str:
        side = "dialled" if self.client else "accepted"
        state = "open" if self.open else "closed"
        return f"<Connection {self.number} {side} {self.handshake.peer} {self.handshake.identity!r} {state}>"

    # Sending

    def send(self, text: str) -> None:
        """Send one text message. Raises LinkClosed, or LinkStalled when the write deadline passes."""
        self._send_message(TEXT, text.encode("utf-8"))

    def send_bytes(self, data: bytes, *, text: bool = False) -> None:
        """Send one message of these bytes: binary, or (`text`) as text whether it is UTF-8 or not."""
        self._send_message(TEXT if text else BINARY, data)

    def ping(self, payload: bytes = b"") -> float:
        """Send a ping; returns the time of sending. ValueError above 125 bytes."""
        return self._send_control(PING, payload)

    def pong(self, payload: bytes = b"") -> float:
        """Send a pong, asked for or not; returns the time of sending. ValueError above 125 bytes."""
        return self._send_control(PONG, payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Start the closing handshake; returns at once. No effect when it has begun already.

        The other side has `close_timeout` seconds to answer, then TCP is ended. ValueError for a code that RFC 6455
        forbids on the wire, or a reason above 123 bytes: use `send_raw` to send such a thing.
        """
        from websockets.exceptions import ProtocolError
        from websockets.protocol import State

        with self._write_lock:
            with self._state_lock:
                if not self.open or self._protocol.state is not State.OPEN:
                    return
                try:
                    self._protocol.send_close(code, reason)
                except ProtocolError as error:
                    raise ValueError(f"close code {code} with reason {reason!r} is not legal: {error}") from None
                writes = self._protocol.data_to_send()
                self.open = False
            timer = threading.Timer(self._close_timeout, self._transport.wake)
            timer.daemon = True
            self._close_timer = timer
            timer.start()
            self._write_all(writes)

    def abort(self) -> None:
        """Reset the TCP connection (RST): no close frame, nothing more is read or written."""
        self.open = False
        self._transport.abort()

    def drop(self) -> None:
        """End TCP without a close frame (FIN)."""
        self.open = False
        self._transport.wake()

    def send_raw(self, data: bytes) -> None:
        """Put bytes on the wire as they are, for malformed frames and pieces of frames; allowed while closing."""
        with self._write_lock:
            if self._gone.is_set():
                raise LinkClosed(f"connection {self.number} is closed")
            self._write(data)

    def wait_closed(self, timeout: float | None) -> bool:
        """Whether the connection ended, descriptor given back, within `timeout` seconds."""
        return self._gone.wait(timeout)

    def _send_message(self, opcode: int, data: bytes) -> None:
        with self._write_lock:
            if not self.open:
                raise LinkClosed(f"connection {self.number} is closed")
            if self.compressed:
                with self._state_lock:
                    if opcode == TEXT:
                        self._protocol.send_text(data)
                    else:
                        self._protocol.send_binary(data)
                    writes = self._protocol.data_to_send()
                self._write_all(writes)
            else:
                self._write(self._frame(opcode, data))

    def _send_control(self, opcode: int, payload: bytes) -> float:
        if len(payload) > 125:
            raise ValueError(f"a control frame carries at most 125 bytes, not {len(payload)}")
        with self._write_lock:
            if self._gone.is_set() or not self.open:
                raise LinkClosed(f"connection {self.number} is closed")
            at = self._now()
            self._write(self._frame(opcode, payload))
        return at

    def _frame(self, opcode: int, data: bytes) -> bytes:
        """A whole frame without extensions; the same bytes as `websockets.frames.Frame.serialize`."""
        return encode_frame(opcode, data, self._apply_mask if self.client else None)

    def _write_all(self, writes: list[bytes]) -> None:
        for data in writes:
            if data:
                self._write(data)
            else:
                self._transport.finish_writing()

    def _write(self, data: bytes) -> None:
        """Write with the write lock held; before the 101 has left, keep for later."""
        if self._held is not None:
            self._held.append(data)
            return
        try:
            self._transport.write(data)
        except LinkStalled:
            # A part of a frame may be out: the stream is of no use any more.
            self.abort()
            raise
        except LinkClosed:
            self.open = False
            raise

    def _release(self, first: list[bytes]) -> None:
        """Write the handshake's answer and then what was sent meanwhile."""
        with self._write_lock:
            held, self._held = self._held or [], None
            self._write_all([*first, *held])

    # Receiving

    def _run(self) -> None:
        """Body of the reader thread, from the end of the handshake to the end of TCP."""
        try:
            self._transport.set_read_timeout(None)
            if self._surplus:
                self._feed(self._surplus, self._now())
            self._read()
        except LinkStalled as error:
            self._tell_broken(str(error))
        except LinkError:
            pass
        except BaseException as error:
            self._crashed(error)
        finally:
            self._finish()

    def _read(self) -> None:
        recv = self._transport.recv
        now = self._now
        while True:
            try:
                data = recv(CHUNK)
            except OSError:
                data = b""
            if not data:
                self._feed_eof()
                return
            at = now()
            if not self._quick(data, at) and not self._feed(data, at):
                return

    def _quick(self, data: bytes, at: float) -> bool:
        """Deliver `data` if it is exactly one unfragmented, uncompressed text frame, else False.

        This is nearly all traffic, and half the price of the general parser.
        """
        if data[0] != 0x81 or self._fed != self._parsed or self._fragments is not None or self.compressed:
            return False
        size = len(data)
        if size < 6 or not self.open:
            return False
        length = data[1]
        if self.client:
            if length < 126:
                start = 2
            elif length == 126:
                length = data[2] << 8 | data[3]
                start = 4
            else:
                return False
            if size != start + length or length > self._max_size:
                return False
            payload = data[start:]
        else:
            if length < 128:
                return False
            length -= 128
            if length < 126:
                start = 6
            elif length == 126:
                length = data[2] << 8 | data[3]
                start = 8
            else:
                return False
            if size != start + length or length > self._max_size:
                return False
            payload = self._apply_mask(data[start:], data[start - 4 : start])
        self._deliver(payload, True, at)
        return True

    def _deliver(self, payload: bytes, is_text: bool, at: float) -> None:
        message: str | bytes = payload
        if is_text:
            try:
                message = payload.decode("utf-8")
            except UnicodeDecodeError:
                pass
        self._handler.received(self, message, at)

    def _feed(self, data: bytes, at: float) -> bool:
        """Give bytes to the Sans-I/O object, write what it answers, tell the handler; False when nothing more counts."""
        protocol = self._protocol
        failed_before = protocol.parser_exc
        with self._state_lock:
            protocol.receive_data(data)
            events = protocol.events_received()
            writes = protocol.data_to_send()
            if protocol.close_sent is not None:
                self.open = False
        self._fed += len(data)
        if writes:
            self._answer(writes)
        close_seen = False
        for frame in events:
            opcode: int = frame.opcode  # type: ignore[union-attr]  # no handshake events after the handshake
            payload = bytes(frame.data)  # type: ignore[union-attr]
            self._parsed += wire_size(len(payload), masked=not self.client)
            if opcode == CLOSE:
                close_seen = True
            elif opcode == PING:
                self._handler.control(self, "ping", payload, at)
            elif opcode == PONG:
                self._handler.control(self, "pong", payload, at)
            else:
                self._assemble(opcode, payload, frame.fin, at)  # type: ignore[union-attr]
        if protocol.parser_exc is not None and failed_before is None:
            self._tell_broken(str(protocol.parser_exc), at)
            self._linger(at)
            return False
        if close_seen:
            self._linger(at)
            return False
        return True

    def _assemble(self, opcode: int, payload: bytes, fin: bool, at: float) -> None:
        if self._fragments is None:
            if fin:
                self._deliver(payload, opcode == TEXT, at)
            else:
                self._fragments = [payload]
                self._fragments_are_text = opcode == TEXT
            return
        self._fragments.append(payload)
        if fin:
            whole = b"".join(self._fragments)
            self._fragments = None
            self.fragmented += 1
            self._deliver(whole, self._fragments_are_text, at)

    def _answer(self, writes: list[bytes]) -> None:
        """Write what the Sans-I/O object wants to answer by itself, less what is withheld."""
        if not self.auto_pong:
            writes = [data for data in writes if data[:1] != bytes([_PONG_HEAD])]
        if not self.auto_close:
            writes = [data for data in writes if data and data[0] != _CLOSE_HEAD]
        with self._write_lock:
            try:
                self._write_all(writes)
            except LinkClosed:
                pass

    def _linger(self, at: float) -> None:
        """The closing handshake is done or has failed: say so, then give the other side a while to end TCP."""
        self._tell_closed(at)
        if not self.auto_close:
            return
        self._transport.set_read_timeout(self._close_timeout)
        try:
            while self._transport.recv(CHUNK):
                pass
        except OSError:
            pass

    def _feed_eof(self) -> None:
        with self._state_lock:
            self._protocol.receive_eof()
            self.open = False

    def _tell_closed(self, at: float) -> None:
        if self._told_closed:
            return
        self._told_closed = True
        self.open = False
        close = self._protocol.close_rcvd
        if close is not None:
            self.close_code, self.close_reason = int(close.code), close.reason
        self._closed.set()
        self._guard(lambda: self._handler.closed(self, self.close_code, self.close_reason, at))

    def _tell_broken(self, error: str, at: float | None = None) -> None:
        when = self._now() if at is None else at
        self._guard(lambda: self._handler.broken(self, error, when))

    def _guard(self, call: Callable[[], None]) -> None:
        """Call the handler where the reader must go on whatever it raises."""
        try:
            call()
        except LinkError:
            pass
        except BaseException as error:
            self._note_crash(error)

    def _crashed(self, error: BaseException) -> None:
        self._note_crash(error)
        try:
            self.close(1011, "internal error of the tester")
        except LinkError:
            return

    def _note_crash(self, error: BaseException) -> None:
        if self.error is None:
            self.error = error
        tell_crash(self._handler, self, error)

    def _finish(self) -> None:
        self.open = False
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
    try:
        crashed(connection, error)
    except BaseException:
        # Nobody is left to tell: the exception is kept in `Connection.error` or `Listener.error`.
        return


def wire_size(length: int, *, masked: bool) -> int:
    """Bytes on the wire of a frame with `length` bytes of payload and the shortest length field."""
    extended = 0 if length < 126 else 2 if length < 65536 else 8
    return 2 + extended + (4 if masked else 0) + length


def encode_frame(opcode: int, data: bytes, apply_mask: Callable[[bytes, bytes], bytes] | None) -> bytes:
    """A final frame without extensions; masked with a fresh key if `apply_mask` is given (the dialling side)."""
    length = len(data)
    if apply_mask is None:
        if length < 126:
            return bytes((0x80 | opcode, length)) + data
        if length < 65536:
            return bytes((0x80 | opcode, 126)) + length.to_bytes(2, "big") + data
        return bytes((0x80 | opcode, 127)) + length.to_bytes(8, "big") + data
    from secrets import token_bytes

    key = token_bytes(4)
    if length < 126:
        return bytes((0x80 | opcode, 0x80 | length)) + key + apply_mask(data, key)
    if length < 65536:
        return bytes((0x80 | opcode, 0xFE)) + length.to_bytes(2, "big") + key + apply_mask(data, key)
    return bytes((0x80 | opcode, 0xFF)) + length.to_bytes(8, "big") + key + apply_mask(data, key)
