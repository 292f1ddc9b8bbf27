"""What our CSMS shows to a station that connects: its TLS and its answer to the opening handshake, right or wrong.

A case changes it for a while, in a `with` statement, and looks at what the station makes of it. What it sees is in the
trace: an entry "open" for a connection, "handshake" for an attempt that came to none.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from conformance.peers.outcome import Inconclusive

if TYPE_CHECKING:
    from conformance.link.script import Script
    from conformance.ocppj.trace import Entry
    from conformance.peers.csms import FakeCsms


class TlsDoor(Protocol):
    """The listening socket, as far as its TLS goes; a new context counts for the next connection."""

    tls: ssl.SSLContext | None


class Credentials(Protocol):
    """Whoever can make TLS contexts of our CSMS, right ones and wrong ones."""

    def context(
        self,
        certificate: str = "valid",
        *,
        minimum: str = "",
        maximum: str = "",
        ciphers: Sequence[str] = (),
        rsa: bool = False,
    ) -> ssl.SSLContext:
        """A context with a certificate of that kind; raises NotApplicable when it can't be made in this lab."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A connection attempt of the station: whether it took us for its CSMS, and how it ended."""

    taken: bool
    """It opened a WebSocket, or sent its HTTP request, which may hold its credentials."""
    how: str


class ScriptedDoor(Protocol):
    """The listening socket, as far as it answers connection attempts otherwise than it should."""

    script: Any


@contextmanager
def answering(peer: FakeCsms, door: ScriptedDoor, status: int, headers: dict[str, str]) -> Iterator[Script]:
    """Inside, every opening handshake is answered by this HTTP status and these headers, and TCP is ended.

    The open connection is closed, so that the station comes anew. The script holds the `attempts` that met it, each
    with its `handshake`.
    """
    from conformance.link.script import Script, Scripted

    head = {**headers, "Content-Length": "0", "Connection": "close"}
    lines = [f"HTTP/1.1 {status} On Purpose", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    script = Script([Scripted(pieces=((0.0, "\r\n".join(lines).encode("latin-1")),))], until=float("inf"))
    peer.act("link", "answer handshakes", {"status": status, **headers})
    door.script = script
    try:
        peer.disconnect()
        peer.wait(lambda: not peer.connected, within=peer.deadlines.message)
        yield script
    finally:
        door.script = None


class TlsFront:
    """The TLS of our CSMS, as a case may change it."""

    def __init__(self, peer: FakeCsms, door: TlsDoor, credentials: Credentials) -> None:
        self._peer = peer
        self._door = door
        self._credentials = credentials

    @contextmanager
    def shown(self, certificate: str = "valid", *, hang_up: bool = True, **limits: Any) -> Iterator[None]:
        """Inside, whoever connects is shown this certificate and offered these versions and cipher suites.

        The kinds and limits are those of `CsmsCredentials.context`. With `hang_up` the open connection is closed, so
        that the station comes anew; afterwards the right certificate is shown again.
        """
        peer, right = self._peer, self._door.tls
        wrong = self._credentials.context(certificate, **limits)
        peer.act("link", "show", {"certificate": certificate, **limits})
        self._door.tls = wrong
        held = False
        try:
            if hang_up:
                peer.disconnect()
                peer.wait(lambda: not peer.connected, within=peer.deadlines.message)
            yield
            held = True
        finally:
            self._door.tls = right
            if held:
                # A case that has failed inside goes no further: what it would do next is not what was recorded.
                peer.act("link", "show", {"certificate": "valid"}, stimulus=False)
            for wire in list(peer._wires):
                # It came in on what was wrong.
                wire.close(1000, "")

    def next_attempt(self, *, within: float) -> Attempt:
        """The station's first connection attempt in this step's window, ended; Inconclusive when it makes none.

        One that follows at once, as if the first had only been a try, is taken for the same.
        """
        if not self._peer.wait(lambda: bool(self.attempts()), within=within):
            raise Inconclusive(f"the station did not try to connect within {within:g} s")
        self._peer.wait(self._taken, within=self._peer.deadlines.quiet)
        attempts = self.attempts()
        return next((one for one in attempts if one.taken), attempts[0])

    def _taken(self) -> bool:
        return any(one.taken for one in self.attempts())

    def expect_attempts(self, count: int, *, within: float) -> list[Attempt]:
        """The station's first connection attempts in this step's window, up to one that takes us for its CSMS.

        Inconclusive when there are fewer.
        """

        if not self._peer.wait(lambda: len(self.attempts()) >= count or self._taken(), within=within):
            raise Inconclusive(f"the station tried {len(self.attempts())} times to connect within {within:g} s")
        return self.attempts()

    def attempts(self) -> list[Attempt]:
        """Every ended connection attempt in this step's window, in order."""
        peer = self._peer
        with peer._changed:
            window = peer.trace.entries[peer._window :]
        return [attempt_of(one) for one in window if one.kind in ("open", "handshake")]

    @property
    def server_name(self) -> str | None:
        """The name that the station's open connection asked for by SNI (RFC 6066); None without one."""
        name: str | None = self._peer._wire("").handshake.server_name
        return name

    @property
    def version(self) -> str:
        """The TLS version of the station's open connection, such as "TLSv1.3"."""
        return str(self._peer._wire("").handshake.tls_version)

    @property
    def cipher(self) -> str:
        """OpenSSL's name of its cipher suite."""
        return str(self._peer._wire("").handshake.cipher)


def attempt_of(entry: Entry) -> Attempt:
    """An entry "open" or "handshake" as an attempt."""
    if entry.kind == "open":
        return Attempt(True, "it opened a WebSocket connection")
    status, reason, path = (entry.data.get(name) for name in ("status", "reason", "path"))
    return Attempt(bool(path), f"HTTP {status}: {reason}" if status else str(reason))
