"""What a listener does to the next connection attempts instead of what it should: answers byte by byte, or none."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

from conformance.link.errors import LinkError
from conformance.link.handshake import Handshake
from conformance.link.opening import Refused
from conformance.link.transport import CHUNK, Transport

ACCEPT = b"{{accept}}"
"""In a scripted answer: the Sec-WebSocket-Accept that belongs to the client's key."""
KEPT = 65536
"""Bytes of what a client sends after a scripted answer that are kept."""
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True, slots=True)
class Scripted:
    """What one connection attempt meets.

    `pieces`: (seconds of pause, bytes), one after another; `ACCEPT` in the bytes is filled in. `end`: TCP is ended
    ("end"), reset ("reset"), or left open ("keep") after them; unless it is reset, what the client sends is listened to
    until it ends TCP, at most `seconds`. `heard`: the client's request is read first.
    """

    pieces: tuple[tuple[float, bytes], ...] = ()
    end: Literal["end", "reset", "keep"] = "end"
    seconds: float = 1.0
    heard: bool = True

    @property
    def status(self) -> int:
        """The HTTP status that is answered; 0 for none, or half an answer."""
        whole = b"".join(data for _, data in self.pieces)
        complete = whole.startswith(b"HTTP/1.") and b"\r\n\r\n" in whole
        return int(whole[9:12]) if complete and whole[9:12].isdigit() else 0


@dataclass(slots=True)
class Attempt:
    """A connection attempt that met a script.

    `at`: when it was met. `handshake` is what the client asked for (no path if nothing was read). `data`: what it sent
    after our answer. `ended`: whether the client ended TCP while we listened, after `seconds`. `over`: nothing more
    will be noted here.
    """

    at: float
    handshake: Handshake
    scripted: Scripted
    data: bytes = b""
    ended: bool = False
    seconds: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)


class Script:
    """Scripted answers for connection attempts to come, one each; those after them are met as usual.

    With `until`, the last answer is given again as long as attempts come before that time (of the listener's clock).
    Thread-safe. `attempts` are those that met it, in order.
    """

    def __init__(self, answers: Iterable[Scripted], *, until: float | None = None) -> None:
        self.attempts: list[Attempt] = []
        self._answers = list(answers)
        self._until = until
        self._lock = threading.Lock()

    def take(self, handshake: Handshake, at: float, *, heard: bool) -> Attempt | None:
        """The answer that this attempt meets now that its request was (`heard`) or was not read; None: none."""
        with self._lock:
            if not self._answers or self._answers[0].heard is not heard:
                return None
            repeats = len(self._answers) == 1 and self._until is not None
            if repeats and at >= (self._until or 0.0):
                self._answers.clear()
                return None
            scripted = self._answers[0] if repeats else self._answers.pop(0)
            attempt = Attempt(at, handshake, scripted)
            self.attempts.append(attempt)
            return attempt

    def drop(self) -> None:
        """Forget the answers that nobody has met."""
        with self._lock:
            self._answers.clear()


def accept_key(key: str) -> str:
    """The Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key.strip().encode("latin-1", "replace") + _GUID).digest()).decode("ascii")


def play(transport: Transport, attempt: Attempt, now: Callable[[], float]) -> Refused:
    """Do to this attempt what its script says, and note what the client does then; the exception to raise."""
    scripted, began = attempt.scripted, now()
    accept = accept_key(attempt.handshake.header("Sec-WebSocket-Key") or "").encode("ascii")
    try:
        for pause, data in scripted.pieces:
            if pause and not _listen(transport, attempt, pause):
                break
            transport.write(data.replace(ACCEPT, accept))
        if scripted.end == "reset":
            transport.abort()
        else:
            if scripted.end == "end":
                transport.finish_writing()
            if not attempt.ended:
                _listen(transport, attempt, scripted.seconds)
    except LinkError:
        attempt.ended = True
    attempt.seconds = now() - began
    attempt.over.set()
    return Refused(scripted.status, f"scripted: {_words(scripted)}")


def _listen(transport: Transport, attempt: Attempt, seconds: float) -> bool:
    """Keep what the client sends for some seconds; False as soon as it ended TCP."""
    deadline = monotonic() + seconds
    with suppress(TimeoutError):
        while (left := deadline - monotonic()) > 0:
            transport.set_read_timeout(left)
            try:
                data = transport.recv(CHUNK)
            except TimeoutError:
                raise
            except OSError:
                data = b""
            if not data:
                attempt.ended = True
                return False
            attempt.data = (attempt.data + data)[:KEPT]
    return True


def _words(scripted: Scripted) -> str:
    whole = b"".join(data for _, data in scripted.pieces)
    first = whole.split(b"\r\n", 1)[0][:60].decode("latin-1")
    return first or {"end": "TCP ended", "reset": "TCP reset", "keep": "no answer"}[scripted.end]
