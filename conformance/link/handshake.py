"""The opening handshake as data: what was asked for, by whom, and how it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.link.identity import decode_basic, split_identity


@dataclass(slots=True)
class Handshake:
    """An opening handshake, as the dialling side sent it.

    `subprotocols` are the offered tokens, raw and in order, empty ones kept (`,ocpp2.0.1` gives `("", "ocpp2.0.1")`).
    `headers` are those of the request, `response_headers` those of the answer (empty until there is one).
    `username` and `password` are the bytes of HTTP Basic, or None. `client_certificate` is DER, or None;
    so is `server_certificate`, which the dialling side alone has.
    `server_name` is what SNI asked for. `path` is "" when the other side sent no readable request.
    """

    path: str = ""
    identity: str = ""
    raw_identity: str = ""
    subprotocols: tuple[str, ...] = ()
    headers: list[tuple[str, str]] = field(default_factory=list)
    username: bytes | None = None
    password: bytes | None = None
    peer: str = ""
    tls_version: str | None = None
    cipher: str | None = None
    client_certificate: bytes | None = None
    server_certificate: bytes | None = None
    server_name: str | None = None
    response_headers: list[tuple[str, str]] = field(default_factory=list)

    def read(self, path: str, headers: list[tuple[str, str]]) -> None:
        """Fill in what a request with this target and these headers says."""
        self.path, self.headers = path, headers
        self.identity, self.raw_identity = split_identity(path)
        self.subprotocols = offered_subprotocols(self.header_values("Sec-WebSocket-Protocol"))
        self.username, self.password = decode_basic(self.header("Authorization"))

    def header(self, name: str) -> str | None:
        """First value of request header `name` (any case), or None."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> list[str]:
        """All values of request header `name` (any case), in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def compression_offered(self) -> bool:
        """Whether permessage-deflate (RFC 7692) was offered, with whatever parameters."""
        offers = ",".join(self.header_values("Sec-WebSocket-Extensions")).split(",")
        return any(offer.partition(";")[0].strip().lower() == "permessage-deflate" for offer in offers)


def offered_subprotocols(values: list[str]) -> tuple[str, ...]:
    """The tokens of all Sec-WebSocket-Protocol headers, as they stand: not validated, empty ones kept."""
    return tuple(token.strip(" \t") for value in values for token in value.split(","))


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that refuses a handshake: `status` 100 to 599 but 101, further `headers`, a text `body`.

    `reason` is what `Handler.refused` is told; "" tells it the body.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if not 100 <= self.status <= 599 or self.status == 101:
            raise ValueError(f"a handshake cannot be refused with status {self.status}; use 400 to 599 or a redirect")

    def serialize(self) -> bytes:
        """The HTTP response as bytes."""
        from http import HTTPStatus

        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Refused"
        body = self.body.encode("utf-8")
        own = {"Connection": "close", "Content-Length": str(len(body)), "Content-Type": "text/plain; charset=utf-8"}
        if self.status == 401:
            own["WWW-Authenticate"] = 'Basic realm="OCPP"'
        replaced = {name.lower() for name in self.headers}
        headers = {name: value for name, value in own.items() if name.lower() not in replaced} | dict(self.headers)
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
