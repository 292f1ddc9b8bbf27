"""Bytes on a TCP socket, plain or in TLS: blocking reads in one thread, writes with a deadline from any.

Callers keep the writes of one transport in order (one at a time) and close it from the reading thread.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from contextlib import suppress
from time import monotonic
from typing import Protocol

from conformance.link.errors import LinkClosed, LinkStalled, words_for

CHUNK = 65536
_SLICE = 0.05  # seconds between two looks at the abort flag while a write waits


class Transport(Protocol):
    """What a connection needs of the layer below; `write_timeout` bounds one write, in seconds."""

    write_timeout: float

    def recv(self, size: int, /) -> bytes:
        """Up to `size` bytes as they arrive; b"" at the end of the stream. OSError when the stream broke."""

    def write(self, data: bytes) -> None:
        """All of `data`, or LinkStalled after the write timeout, or LinkClosed."""

    def set_read_timeout(self, seconds: float | None) -> None:
        """Bound for each later `recv`: TimeoutError. None: unbounded."""

    def finish_writing(self) -> None:
        """Tell the other side that no more bytes come (TLS close_notify, then FIN)."""

    def wake(self) -> None:
        """Make a `recv` that waits in another thread return b""; sends FIN."""

    def abort(self) -> None:
        """Reset the connection: whoever reads wakes, and closing sends RST instead of FIN."""

    def close(self) -> None:
        """Give the descriptor back."""


def peer_name(host: str, port: int) -> str:
    """host:port, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class PlainTransport:
    """A TCP socket as it is."""

    def __init__(self, sock: socket.socket, write_timeout: float) -> None:
        self._sock = sock
        self.write_timeout = write_timeout
        self._aborted = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(None)
        self.recv = sock.recv
        self._send = sock.send

    def write(self, data: bytes) -> None:
        """All of `data` before the deadline; one system call when the other side keeps reading."""
        try:
            sent = self._send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise LinkClosed(f"the connection is gone: {words_for(error)}") from error
        if sent != len(data):
            self._write_rest(memoryview(data)[sent:])

    def _write_rest(self, rest: memoryview) -> None:
        start = monotonic()
        poller = select.poll()
        try:
            poller.register(self._sock, select.POLLOUT)
            while rest:
                left = start + self.write_timeout - monotonic()
                if self._aborted:
                    raise LinkClosed("the connection was aborted during a write")
                if left <= 0:
                    raise LinkStalled(
                        f"the other side has not read for {self.write_timeout:g} s: {len(rest)} bytes are unsent"
                    )
                if poller.poll(min(left, _SLICE) * 1000):
                    try:
                        rest = rest[self._send(rest, socket.MSG_DONTWAIT) :]
                    except BlockingIOError:
                        continue
        except (OSError, ValueError) as error:
            raise LinkClosed(f"the connection is gone: {words_for(error)}") from error

    def set_read_timeout(self, seconds: float | None) -> None:
        """Bound for each later `recv`."""
        self._sock.settimeout(seconds)

    def finish_writing(self) -> None:
        """Send FIN, unless a reset is under way."""
        if not self._aborted:
            self._shutdown(socket.SHUT_WR)

    def wake(self) -> None:
        """End both directions, so that a waiting `recv` returns."""
        self._shutdown(socket.SHUT_RDWR)

    def abort(self) -> None:
        """Zero linger makes the coming close send RST; ending the read side alone wakes the reader without a FIN."""
        self._aborted = True
        try:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            return
        self._shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def _shutdown(self, how: int) -> None:
        try:
            self._sock.shutdown(how)
        except OSError:
            return


class TlsTransport:
    """TLS over a plain transport, by memory buffers.

    An `ssl.SSLSocket` is not used: it cannot be read and written at once from two threads on every Python, and a write
    on it has no deadline while reads have none.
    """

    def __init__(
        self, plain: PlainTransport, context: ssl.SSLContext, *, server_name: str | None, server: bool
    ) -> None:
        self._plain = plain
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server, server_hostname=None if server else server_name
        )
        self._object_lock = threading.Lock()
        self._wire_lock = threading.Lock()

    def handshake(self, deadline: float) -> None:
        """Do the TLS handshake before `deadline` (time.monotonic). Raises OSError, ssl.SSLError, EOFError."""
        while True:
            try:
                self._tls.do_handshake()
                return self._flush()
            except ssl.SSLWantReadError:
                self._flush()
            except ssl.SSLError:
                self._flush()
                raise
            left = deadline - monotonic()
            if left <= 0:
                raise TimeoutError("the TLS handshake was not finished in time")
            self._plain.set_read_timeout(left)
            data = self._plain.recv(CHUNK)
            if not data:
                raise EOFError("the connection ended during the TLS handshake")
            with self._object_lock:
                self._incoming.write(data)

    @property
    def write_timeout(self) -> float:
        """Seconds that one write may take."""
        return self._plain.write_timeout

    @write_timeout.setter
    def write_timeout(self, seconds: float) -> None:
        self._plain.write_timeout = seconds

    @property
    def version(self) -> str | None:
        """Protocol version such as "TLSv1.3"."""
        return self._tls.version()

    @property
    def cipher(self) -> str | None:
        """OpenSSL name of the cipher suite."""
        cipher = self._tls.cipher()
        return cipher[0] if cipher else None

    @property
    def peer_certificate(self) -> bytes | None:
        """DER of the certificate that the other side showed, or None."""
        return self._tls.getpeercert(binary_form=True)

    @property
    def requested_name(self) -> str | None:
        """Server name that the client asked for by SNI; known with contexts of `conformance.link.tls`."""
        name: str | None = getattr(self._tls, "requested_name", None)
        return name

    def recv(self, size: int, /) -> bytes:
        """Decrypted bytes; an end without close_notify counts as an end."""
        while True:
            with self._object_lock:
                try:
                    return self._tls.read(size)
                except ssl.SSLWantReadError:
                    pass
                except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                    return b""
            if self._outgoing.pending:
                self._flush()
            data = self._plain.recv(CHUNK)
            with self._object_lock:
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()

    def write(self, data: bytes) -> None:
        """All of `data`, encrypted, before the deadline."""
        with self._wire_lock:
            with self._object_lock:
                try:
                    self._tls.write(data)
                except ssl.SSLError as error:
                    raise LinkClosed(f"the TLS connection is gone: {words_for(error)}") from error
                records = self._outgoing.read()
            self._plain.write(records)

    def _flush(self) -> None:
        with self._wire_lock:
            with self._object_lock:
                records = self._outgoing.read()
            if records:
                self._plain.write(records)

    def set_read_timeout(self, seconds: float | None) -> None:
        """Bound for each later `recv`."""
        self._plain.set_read_timeout(seconds)

    def finish_writing(self) -> None:
        """Send close_notify and FIN."""
        with self._object_lock, suppress(OSError, ValueError):
            self._tls.unwrap()
        try:
            self._flush()
        except (LinkClosed, LinkStalled):
            return
        self._plain.finish_writing()

    def wake(self) -> None:
        """End both directions of the socket."""
        self._plain.wake()

    def abort(self) -> None:
        """Reset the connection below; no close_notify is sent."""
        self._plain.abort()

    def close(self) -> None:
        """Close the socket."""
        self._plain.close()
