"""Visitors: connections to a CSMS under test beside our station's own, with credentials and TLS of choice.

A visitor is a bare WebSocket client. It sends what it is told to and keeps what comes; nobody judges its frames, which
may be wrong on purpose. What became of its attempt to connect is a result, never an exception.
"""

from __future__ import annotations

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

OWN = "own"
BODY_LIMIT = 2000
"""Characters of a refusal's body that are kept."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a visitor introduces itself; what is not given is as our station does it.

    `second`: as the description's second station, where the following say nothing else. `identity`: in the URL.
    `username`: of HTTP Basic, the identity if not given. `password`: None for no Authorization header at all, "own"
    (text, no bytes) for the right one. `authorization`: that header's value instead. `certificate`: "own", "none",
    "another" (issued to another station), "other-organization", or a `conformance.link.pki.Variant`. `minimum`,
    `maximum`: TLS versions ("TLSv1_1"). `ciphers`: OpenSSL's names, of TLS 1.2 and below. `plain`: without TLS, on
    whatever port the CSMS listens.
    """

    second: bool = False
    identity: str = ""
    username: str | None = None
    password: bytes | str | None = OWN
    authorization: str = ""
    certificate: str = OWN
    minimum: str = ""
    maximum: str = ""
    ciphers: tuple[str, ...] = ()
    plain: bool = False

    @property
    def words(self) -> dict[str, Any]:
        """What differs from our station's own way, for the trace; no password among it."""
        told: dict[str, Any] = {"second": self.second} if self.second else {}
        for name in ("identity", "username", "certificate", "minimum", "maximum", "ciphers", "plain"):
            value = getattr(self, name)
            if value not in (None, "", OWN, (), False):
                told[name] = value
        if self.authorization:
            told["credentials"] = self.authorization.partition(" ")[0]
        elif self.password != OWN:
            told["credentials"] = "none" if self.password is None else f"{len(self.password)} bytes"
        return told


class Guide(Protocol):
    """Who can make visitors' connections."""

    def complete(self, login: Login) -> Login:
        """The login with everything filled in that it leaves to the description; NotApplicable for what that lacks."""

    def lead(self, visit: Visit, login: Login) -> None:
        """Connect the visitor to the CSMS under test. Raises LinkError for whatever keeps it out, NotApplicable for a
        certificate that nobody here can issue."""

    def can_show(self, certificate: str) -> bool:
        """Whether this lab has such a certificate."""

    def can_speak(self, maximum: str, ciphers: tuple[str, ...] = ()) -> bool:
        """Whether this machine's TLS library knows that version and one of those cipher suites."""


class Visit:
    """One visitor, and what became of it. A handler of `conformance.link`.

    `who`: the visitor in words. `status`: HTTP status of a refusal, None for any other end. `trouble`: what kept it
    out, "" if it came in. `body` and `headers`: of the refusal. `seconds`: from the first packet to the connection or
    the refusal.
    """

    def __init__(self, who: str, version: Version, identity: str, clock: Clock, patience: float) -> None:
        """`patience`: seconds to wait for an answer unless a call says otherwise."""
        self.who = who
        self.identity = identity
        self.status: int | None = None
        self.trouble = ""
        self.body = ""
        self.headers: list[tuple[str, str]] = []
        self.seconds = 0.0
        self.received_frames: list[Frame] = []
        self.close_code: int | None = None
        self.admitted = False
        """Whether the WebSocket was opened at all."""
        self._version = version
        self._clock = clock
        self._patience = patience
        self._changed = threading.Condition()
        self._connection: Connection | None = None
        self._ended = ""

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

    def granted(self) -> str:
        """What the CSMS lets the visitor do, in words; "" when it is shut out, hung up on, or never accepted.

        A visitor that is connected sends a BootNotification, as a station would.
        """
        if not self.open:
            return ""
        answer = self.call("BootNotification", **_BOOT[self._version.family](self.identity))
        if answer is None or answer.type != frames.CALLRESULT or not isinstance(answer.payload, Mapping):
            return ""
        status = answer.payload.get("status")
        return "" if status == "Rejected" else f"connected, and its BootNotification answered {status}"

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

    def call(self, action: str, *, within: float | None = None, message_id: str = "", **payload: Any) -> Frame | None:
        """Send a CALL; its CALLRESULT or CALLERROR, None when nothing came within the message timeout."""
        identifier = message_id or str(uuid.uuid4())
        if not self.send(frames.call(identifier, action, payload).text):
            return None
        return self.answer_to(identifier, within=within)

    def answer_to(self, message_id: str, *, within: float | None = None) -> Frame | None:
        """What has come or comes under a message id, other than a CALL; None when nothing does in time."""
        found: list[Frame] = []

        def ready() -> bool:
            found[:] = [
                one for one in self.received_frames if one.id == message_id and one.type not in (frames.CALL, None)
            ]
            return bool(found) or not self.open

        self._wait(ready, within)
        return found[0] if found else None

    def expect_call(self, action: str, *, within: float | None = None) -> Frame | None:
        """The first CALL of that action that the CSMS sends this visitor; None when none comes in time."""
        found: list[Frame] = []

        def ready() -> bool:
            found[:] = [one for one in self.received_frames if one.type == frames.CALL and one.action == action]
            return bool(found) or not self.open

        self._wait(ready, within)
        return found[0] if found else None

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
        with self._changed:
            self.received_frames.append(frame)
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
    words = str(error).split(" ")
    return " ".join(one for one in words if "://" not in one)


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
