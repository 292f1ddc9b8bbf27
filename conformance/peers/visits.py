"""Visitors: connections to a CSMS under test beside our station's own, with credentials and TLS of choice.

A visitor is a bare WebSocket client. It sends what it is told to, keeps what comes, and refuses CALLs; nobody judges
its frames, which may be wrong on purpose. What became of its attempt to connect is a result, never an exception.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from conformance.ocppj import frames
from conformance.ocppj.clock import Clock
from conformance.ocppj.frames import Frame
from conformance.ocppj.versions import Version

if TYPE_CHECKING:
    from conformance.link.connection import Connection
    from conformance.link.errors import LinkError

OWN, SECOND = "own", "second"
BODY_LIMIT = 2000
"""Characters of a refusal's body that are kept."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a visitor introduces itself; what is not given is as our station does it.

    `identity`: in the URL; "own", "second" for that of the description's second station, else as it is. `username`: of
    HTTP Basic, read in the same way, the one in the URL if not given. `password`: "own", "second", "none" for no
    Authorization header at all, or a way to spoil the right one (`PASSWORDS`), so that no password stands in a trace.
    `authorization`: that header's value instead. `certificate`: "own", "second", "none", "another" (issued to a station
    that nobody knows), "other-organization", or a `conformance.link.pki.Variant` of our own. `serial`: the serial
    number in a BootNotification, that of the identity in the URL if not given. `minimum`, `maximum`: TLS versions
    ("TLSv1_1"). `ciphers`: OpenSSL's names, of TLS 1.2 and below. `plain`: without TLS, on whatever port.
    """

    identity: str = OWN
    username: str = ""
    password: str = OWN
    authorization: str = ""
    certificate: str = OWN
    serial: str = ""
    minimum: str = ""
    maximum: str = ""
    ciphers: tuple[str, ...] = ()
    plain: bool = False

    @property
    def words(self) -> dict[str, Any]:
        """What differs from our station's own way, for the trace; no password among it."""
        told = {name: getattr(self, name) for name in self.__slots__ if name != "password"}
        told = {name: value for name, value in told.items() if value not in ("", OWN, (), False)}
        # Reports hide what stands under the name of a password; this says only which one it is.
        return told if self.password == OWN else {**told, "credentials": self.password}


PASSWORDS: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda right: b"",
    "its first half": lambda right: right[: len(right) // 2],
    "all but its last character": lambda right: right[:-1],
    "one more character": lambda right: right + b"0",
    "a NUL and more behind it": lambda right: right + b"\0more",
    "letters in the other case": lambda right: right.swapcase() if right.swapcase() != right else b"A" + right,
    "reversed": lambda right: right[::-1] if right[::-1] != right else right + right,
    "twice": lambda right: right + right,
    "a wildcard": lambda right: b"%",
    "an SQL condition": lambda right: b"' OR '1'='1",
    "8192 characters": lambda right: b"A" * 8192,
}
"""Ways to spoil a password: what careless comparisons take for the right one, and careless queries trip over."""


class Guide(Protocol):
    """Who can make visitors' connections."""

    def complete(self, login: Login) -> Login:
        """The login with everything filled in that it leaves to the description; NotApplicable for what that lacks."""

    def lead(self, visit: Visit, login: Login) -> None:
        """Connect the visitor to the CSMS under test. Raises LinkError for whatever keeps it out, NotApplicable for a
        certificate that nobody here can issue, or a TLS that this machine does not speak."""


class Visit:
    """One visitor, and what became of it. A handler of `conformance.link`.

    `who`: the visitor in words. `status`: HTTP status of a refusal, None for any other end. `trouble`: what kept it
    out, "" if it came in. `body` and `headers`: of the refusal. `seconds`: from the first packet to the connection or
    the refusal.
    """

    def __init__(self, who: str, version: Version, serial: str, clock: Clock, patience: float) -> None:
        """`serial`: the number that its BootNotification names; `patience`: seconds to wait for an answer unless a call
        says otherwise."""
        self.who = who
        self.serial = serial
        self.status: int | None = None
        self.trouble = ""
        self.body = ""
        self.headers: list[tuple[str, str]] = []
        self.seconds = 0.0
        self.heard: list[Frame] = []
        """Every message of the CSMS, in order."""
        self.close_code: int | None = None
        self.admitted = False
        """Whether the WebSocket was opened at all."""
        self._version = version
        self._clock = clock
        self._patience = patience
        self._changed = threading.Condition()
        self._connection: Connection | None = None
        self._ended = ""
        self._asked: set[str] = set()

    # ------------------------------------------------------------------ the attempt

    def attempt(self, connect: Callable[[], None]) -> None:
        """Connect by calling `connect`; what keeps the visitor out is noted."""
        from conformance.link.errors import HandshakeRefused, LinkError

        began = self._clock.now()
        try:
            connect()
        except HandshakeRefused as refused:
            self.status, self.headers = refused.status, list(refused.headers)
            self.body = refused.body[:BODY_LIMIT].decode("utf-8", "replace")
            self.trouble = f"HTTP {refused.status} {refused.reason}".strip()
        except LinkError as error:
            self.trouble = _without_address(error)
        self.seconds = self._clock.now() - began

    @property
    def open(self) -> bool:
        """Whether it has a connection now."""
        return self._connection is not None and self._connection.open

    @property
    def how(self) -> str:
        """What became of the visitor, in words."""
        if self.trouble:
            return self.trouble
        if self.open:
            return "connected"
        return f"connected, and {self._ended or 'not connected any more'}"

    @property
    def text(self) -> str:
        """Everything that a refusal said: body and headers."""
        return "\n".join([self.body, *(f"{name}: {value}" for name, value in self.headers)])

    def registered(self) -> str:
        """The status that the CSMS answers to the visitor's BootNotification; "" when it is shut out, hung up on, not
        answered, or told Rejected: when it is not served."""
        if not self.open:
            return ""
        answer = self.call("BootNotification", **_BOOT[self._version.family](self.serial))
        if answer is None or answer.type != frames.CALLRESULT or not isinstance(answer.payload, Mapping):
            return ""
        status = str(answer.payload.get("status", "nothing"))
        return "" if status == "Rejected" else status

    # ------------------------------------------------------------------ what a connected visitor does

    def send(self, text: str) -> bool:
        """Send one text message, whatever is in it; False when the connection is closed."""
        from conformance.link.errors import LinkError

        if self._connection is None:
            return False
        try:
            self._connection.send(text)
        except LinkError:
            return False
        return True

    def call(
        self, action: str, /, *, within: float | None = None, message_id: str = "", **payload: Any
    ) -> Frame | None:
        """Send a CALL; its CALLRESULT or CALLERROR, None when nothing came within the message timeout."""
        identifier = message_id or str(uuid.uuid4())
        self._asked.add(identifier)
        if not self.send(frames.call(identifier, action, payload).text):
            return None

        def answers() -> list[Frame]:
            return [one for one in self.heard if one.id == identifier and one.type not in (frames.CALL, None)]

        self._wait(lambda: bool(answers()) or not self.open, within)
        return next(iter(answers()), None)

    def calls(self, action: str, *, within: float = 0.0) -> list[Frame]:
        """The CALLs of that action that the CSMS has sent this visitor, once there is one, or the time is over."""

        def came() -> list[Frame]:
            return [one for one in self.heard if one.type == frames.CALL and one.action == action]

        self._wait(lambda: bool(came()) or not self.open, within)
        return came()

    @property
    def strays(self) -> list[Frame]:
        """Answers to what this visitor has not asked."""
        unread = self._version.unreadable_id
        return [one for one in self.heard if one.type != frames.CALL and one.id not in self._asked | {unread}]

    def gone(self, *, within: float | None = None) -> bool:
        """Whether the CSMS ends the connection, waiting for it."""
        return self._wait(lambda: not self.open, within)

    def leave(self) -> None:
        """Close the connection, if there is one, and wait until it is closed."""
        if self._connection is not None:
            self._connection.close(1000, "")
            self._connection.wait_closed(self._patience)

    def _wait(self, ready: Callable[[], bool], within: float | None) -> bool:
        with self._changed:
            deadline = self._clock.now() + (self._patience if within is None else within)
            return self._clock.wait(self._changed, ready, deadline)

    # ------------------------------------------------------------------ the link's handler

    def opened(self, connection: Connection) -> None:
        """It is in."""
        with self._changed:
            self._connection, self.admitted = connection, True
            self._changed.notify_all()

    def received(self, connection: Connection, data: str | bytes, at: float) -> None:
        """Keep a message."""
        frame = frames.parse(data)
        if frame.type == frames.CALL and frame.id:
            connection.send(frames.error(frame.id, "NotSupported", "a visitor does nothing").text)
        with self._changed:
            self.heard.append(frame)
            self._changed.notify_all()

    def control(self, connection: Connection, kind: str, payload: bytes, at: float) -> None:
        """Pings are answered by the link."""

    def closed(self, connection: Connection, code: int | None, reason: str, at: float) -> None:
        """It is out again."""
        with self._changed:
            self.close_code = code
            self._ended = f"closed with {code} {reason}".strip() if code is not None else f"cut off ({reason})"
            self._changed.notify_all()

    def refused(self, handshake: Any, status: int, reason: str, at: float) -> None:
        """Only a listener refuses."""

    def broken(self, connection: Connection, error: str, at: float) -> None:
        """The CSMS broke the WebSocket protocol; `closed` follows."""


def _without_address(error: LinkError) -> str:
    """What a link error says, without the URL that everybody knows."""
    return re.sub(r"(?: with| to)? ?wss?://\S+", "", str(error)).strip()


_BOOT: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "1.6": lambda serial: {
        "chargePointVendor": "Conformance",
        "chargePointModel": "Visitor",
        **({"chargePointSerialNumber": serial} if len(serial) <= 25 else {}),
    },
    "2": lambda serial: {
        "reason": "PowerUp",
        "chargingStation": {
            "vendorName": "Conformance",
            "model": "Visitor",
            **({"serialNumber": serial} if len(serial) <= 25 else {}),
        },
    },
}
"""BootNotification of a visitor that claims the identity as its serial number, which has at most 25 characters."""
