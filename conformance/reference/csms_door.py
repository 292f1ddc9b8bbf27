"""The door of the reference CSMS: its TLS, and who is let in under which identity.

Source: OCPP 2.0.1 and 2.1 part 2, A00 (the security profiles), B01.FR.11 and FR.12; OCPP 1.6 security whitepaper
edition 3, chapter 2. For identities that nobody knows: OCPP-J 1.6 section 3.2, 2.0.1 and 2.1 part 4 section 3.2.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from conformance.reference.csms_registration import Settings
from conformance.reference.csms_store import Store

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

PATH = "/ocpp"
"""The endpoint's path; a station appends "/" and its identity, percent-encoded."""

_HEX_KEY = re.compile(r"(?:[0-9A-Fa-f]{2}){8,20}")
_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
)
"""The four suites that A00.FR.318 and FR.421 demand (1.6: FR.317, FR.421), and their forward secret kin for RSA."""


@dataclass(frozen=True)
class Security:
    """What makes it security profile 2 or 3; without certificates the connection is not secured.

    `certificates` are pairs of PEM files, chain and key, one pair for each kind of key (A00.FR.318: ECDSA and RSA).
    `client_roots` (PEM) makes it profile 3: a station has to show a certificate that these roots vouch for, and its
    password is not asked for. `organization` is what such a certificate must have as O (A00.FR.404); "" takes any. With
    `raised_roots` instead it is profile 2, and a station that took SecurityProfile 3 over shows a certificate of theirs
    on the same port. With `raised_listen`, host and port, it is profile 1 on the port of the CSMS, and a station that
    took SecurityProfile 2 over comes to this one, over TLS.
    """

    certificates: tuple[tuple[Path, Path], ...] = ()
    client_roots: Path | None = None
    organization: str = ""
    raised_roots: Path | None = None
    raised_listen: tuple[str, int] | None = None


class Door:
    """Lets a connection in or refuses it.

    `flawed` tells whether a defect or a habit is switched on, `connected` whether a station has a connection now.
    """

    def __init__(
        self,
        settings: Settings,
        security: Security,
        store: Store,
        flawed: Callable[[str], bool],
        connected: Callable[[str], bool],
        own_root: Callable[[], str] = str,
    ) -> None:
        """Raises ValueError for client roots, or a port for TLS, without a certificate of our own."""
        if security.raised_listen is not None and not security.certificates:
            raise ValueError("--raised-listen: that port has TLS; give --cert and --key, too")
        if security.client_roots is not None and not security.certificates:
            raise ValueError("--ca: stations can show a certificate only over TLS; give --cert and --key, too")
        self._came: set[str] = set()
        self._settings = settings
        self._security = security
        self._store = store
        self._flawed = flawed
        self._connected = connected
        self._own_root = own_root
        self._wrong: dict[str, int] = {}
        self._locked: dict[str, float] = {}

    def context(self) -> ssl.SSLContext | None:
        """TLS from 1.2 on with the suites of the standard, None without certificates. Raises ValueError, in one line,
        for files that cannot be used."""
        if not self._security.certificates:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._limit(context)
        for chain, key in self._security.certificates:
            try:
                context.load_cert_chain(chain, key)
            except (OSError, ValueError) as problem:
                raise ValueError(f"--cert {chain} --key {key}: no certificate and key in PEM ({problem})") from None
        roots = self._security.client_roots or self._security.raised_roots
        if roots is not None:
            self._demand_certificate(context, roots)
        return context

    def _limit(self, context: ssl.SSLContext) -> None:
        """A00.FR.313, FR.320 and FR.321: nothing below TLS 1.2, no weak suites, no compression."""
        ciphers, minimum = f"{':'.join(_CIPHERS)}:@SECLEVEL=2", ssl.TLSVersion.TLSv1_2
        if self._flawed("old-tls-allowed"):
            ciphers, minimum = "DEFAULT:@SECLEVEL=0", ssl.TLSVersion.TLSv1
        elif self._flawed("weak-ciphers-allowed"):
            ciphers = "ALL:eNULL:aNULL:@SECLEVEL=0"
        elif self._flawed("rsa-suites-missing"):
            ciphers = f"{':'.join(one for one in _CIPHERS if 'ECDSA' in one)}:@SECLEVEL=2"
        elif self._flawed("suites-of-256-bits-missing"):
            ciphers = f"{':'.join(one for one in _CIPHERS if 'AES256' not in one)}:@SECLEVEL=2"
        context.set_ciphers(ciphers)
        with warnings.catch_warnings():
            # Only a defect asks for a version that Python warns of.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = minimum
        context.options |= ssl.OP_NO_COMPRESSION

    def _demand_certificate(self, context: ssl.SSLContext, roots: Path) -> None:
        """A00.FR.403 and FR.407: a valid chain up to one of the roots, or no connection."""
        optional = self._flawed("client-certificate-optional") or self._security.client_roots is None
        context.verify_mode = ssl.CERT_OPTIONAL if optional else ssl.CERT_REQUIRED
        if self._flawed("expired-certificate-accepted"):
            context.verify_flags |= _NO_CHECK_TIME
        try:
            # Our own authority signs what stations renew (A02).
            context.load_verify_locations(roots, cadata=self._own_root() or None)
        except (OSError, ValueError) as problem:
            raise ValueError(f"--ca {roots}: no certificates in PEM ({problem})") from None

    # -- who is let in --------------------------------------------------------------------------------------------

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """None lets the handshake go on."""
        if len(request.headers.get_all("Host")) != 1:
            return connection.respond(HTTPStatus.BAD_REQUEST, "one Host header, please\n")
        identity = identity_of(request.path)
        if identity is None:
            return connection.respond(HTTPStatus.NOT_FOUND, "no such charging station\n")
        known = not self._settings.identities or identity in self._settings.identities
        if not known and self._flawed("unknown-identity-let-in"):
            return None
        if not known and self._flawed("identity-before-credentials"):
            return connection.respond(HTTPStatus.NOT_FOUND, f"charging station {identity} is not registered\n")
        if self._flawed("locks-out") and self._locked.get(identity, 0.0) > monotonic():
            return connection.respond(HTTPStatus.TOO_MANY_REQUESTS, "try again later\n")
        if self._security.client_roots is not None or self._raised(identity, connection):
            if not self._certified(identity, connection):
                return connection.respond(HTTPStatus.FORBIDDEN, "this certificate opens no connection here\n")
        elif not self._authentic(identity, request):
            response = connection.respond(HTTPStatus.UNAUTHORIZED, "wrong or missing credentials\n")
            response.headers["WWW-Authenticate"] = 'Basic realm="ocpp"'
            self._count(identity)
            return response
        # Only now: who has no credentials is told the same of a station that exists and of one that does not.
        if not known:
            return connection.respond(HTTPStatus.NOT_FOUND, "no such charging station\n")
        if self._security.raised_listen is not None and not self._at_its_port(identity, connection):
            return connection.respond(HTTPStatus.FORBIDDEN, "this station has another security profile\n")
        if self._flawed("older-connection-kept") and self._connected(identity):
            return connection.respond(HTTPStatus.CONFLICT, "this station is connected\n")
        return None

    def _raised(self, identity: str, connection: ServerConnection) -> bool:
        """Whether the station has left profile 2 for 3; from the first connection with a certificate on it has, for
        good (A05.FR.09)."""
        record = self._store.stations.get(identity)
        if record is None or self._security.raised_roots is None:
            return False
        if record.raising == _CERTIFICATES and self._certified(identity, connection):
            record.profile = record.raising
            self._store.save(record)
            # What the defect does is to forget it again.
            record.raising = record.raising if self._flawed("lower-profile-let-in-again") else 0
        if self._flawed("lower-profile-let-in-again"):
            return subject_of(connection) is not None
        return record.profile == _CERTIFICATES

    def _at_its_port(self, identity: str, connection: ServerConnection) -> bool:
        """Whether a station comes to the port of its security profile; from its first connection over TLS on that is
        the one with TLS, for good (A05.FR.07)."""
        secured = connection.transport.get_extra_info("ssl_object") is not None
        record = self._store.stations.get(identity)
        if self._flawed("plain-port-stays-open"):
            return True
        if record is not None and secured and record.raising == _TLS:
            record.profile, record.raising = record.raising, 0
            self._store.save(record)
        return secured == (record is not None and record.profile == _TLS)

    def _count(self, identity: str) -> None:
        """Wrong credentials: who locks out begins to, after some of them."""
        self._wrong[identity] = self._wrong.get(identity, 0) + 1
        if self._flawed("locks-out") and not self._wrong[identity] % _TRIES:
            self._locked[identity] = monotonic() + _LOCKED

    def _authentic(self, identity: str, request: Request) -> bool:
        """Whether user name and password are right (A00.FR.207, FR.324); without any password configured anybody is."""
        expected = self._expected(identity)
        asked_for = expected is not None or self._settings.password is not None or bool(self._settings.passwords)
        if not asked_for:
            return True
        headers = request.headers.get_all("Authorization")
        given = _credentials(headers)
        if given is None:
            return not headers and self._flawed("missing-header-let-in")
        user, password = given
        right = list(self._matches(identity, password, expected))
        # No early end: the time must not tell which of the two was wrong.
        named = hmac.compare_digest(user, identity.encode("utf-8", "surrogateescape"))
        return (named or self._flawed("user-name-unchecked")) and any(right)

    def _expected(self, identity: str) -> str | None:
        """The password of a station; one that it took over later counts before the configured ones."""
        record = self._store.stations.get(identity)
        if record is not None and record.password is not None:
            return record.password
        return self._settings.passwords.get(identity, self._settings.password)

    def _matches(self, identity: str, password: bytes, expected: str | None) -> Iterator[bool]:
        """One comparison for each spelling of the password."""
        if self._flawed("password-good-for-one-connection"):
            if identity in self._came:
                return
            self._came.add(identity)
        if self._flawed("password-unchecked"):
            yield True
        if self._flawed("password-of-another-accepted"):
            yield password.decode("utf-8", "replace") in self._settings.passwords.values()
        if expected is None:
            hmac.compare_digest(password, b"as long as a password is")
            yield False
            return
        if self._flawed("old-password-accepted-still"):
            yield password.decode("utf-8", "replace") == self._settings.passwords.get(identity, self._settings.password)
        for one in _spellings(expected):
            yield hmac.compare_digest(password, one)
            if self._flawed("password-prefix-accepted"):
                yield bool(password) and one.startswith(password)

    def _certified(self, identity: str, connection: ServerConnection) -> bool:
        """Whether the certificate that TLS has verified is this station's and the operator's (A00.FR.404, FR.405).

        The identity of a station is its serial number here.
        """
        subject = subject_of(connection)
        if subject is None:
            return self._flawed("client-certificate-optional")
        operator = self._security.organization
        owned = not operator or operator in subject.get("organizationName", ())
        own = identity in subject.get("commonName", ())
        return (owned or self._flawed("organization-unchecked")) and (
            own or self._flawed("certificate-of-another-accepted")
        )


_TLS, _CERTIFICATES = 2, 3
"""The security profiles with TLS and passwords, and with certificates of the client."""
_TRIES, _LOCKED = 5, 1.5
"""Wrong passwords until an identity is locked out, and for how many seconds it is: the habit `locks-out`."""
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which the ssl module has no name for."""


def subject_of(connection: Any) -> Mapping[str, Sequence[str]] | None:
    """The subject of the client certificate of a connection, by the names of its parts; None without a certificate."""
    certificate = connection.transport.get_extra_info("peercert")
    if not certificate:
        return None
    subject: dict[str, list[str]] = {}
    for relative in certificate.get("subject", ()):
        for name, value in relative:
            subject.setdefault(name, []).append(value)
    return subject


def identity_of(path: str) -> str | None:
    """The identity in the path of a connection URL, percent-decoded; None if the path is not of our endpoint."""
    raw = urlsplit(path).path
    if not raw.startswith(f"{PATH}/"):
        return None
    last = raw[len(PATH) + 1 :]
    if "/" in last:
        return None
    return unquote(last, errors="surrogateescape") or None


def _credentials(headers: Sequence[str]) -> tuple[bytes, bytes] | None:
    """User name and password of one Basic Authorization header, as bytes."""
    if len(headers) != 1:
        return None
    scheme, _, encoded = headers[0].partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    user, colon, password = decoded.partition(b":")
    return (user, password) if colon else None


def _spellings(password: str) -> list[bytes]:
    """The bytes that a header may carry for a password."""
    spellings = [password.encode()]
    if _HEX_KEY.fullmatch(password):
        # 1.6: an AuthorizationKey is the hexadecimal form of the bytes that the header carries.
        spellings.append(bytes.fromhex(password))
    return spellings
