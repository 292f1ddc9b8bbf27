"""What can go wrong on a link, as exceptions with one readable line each."""

from __future__ import annotations


class LinkError(Exception):
    """The link could not be made or used: TCP, TLS or the WebSocket handshake failed."""


class LinkClosed(LinkError):
    """The connection is closed or closing: nothing can be sent any more."""


class LinkStalled(LinkError):
    """The other side stopped reading: a write did not finish before its deadline, and the connection was reset."""


class HandshakeRefused(LinkError):
    """The server answered the opening handshake with a status other than 101.

    `status` is the HTTP status, `headers` are in the order of the wire, `body` is as received (at most 1 MiB).
    """

    def __init__(self, url: str, status: int, reason: str, headers: list[tuple[str, str]], body: bytes) -> None:
        super().__init__(f"{url} refused the WebSocket handshake: HTTP {status} {reason}".rstrip())
        self.url = url
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body

    def header(self, name: str) -> str | None:
        """First value of header `name` (any case), or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def words_for(error: BaseException) -> str:
    """What an exception of sockets or TLS says, in plain words without numbers and file names."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)
