"""Getting and keeping a WebSocket connection to the CSMS: URL, subprotocol, HTTP Basic, back-off.

Source: OCPP-J 1.6 section 3; OCPP 2.0.1 part 4 sections 3 and 5.
"""

from __future__ import annotations

import asyncio
import random
from base64 import b64encode
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

MAX_DOUBLINGS = 5


def station_url(csms: str, identity: str) -> str:
    """The connection URL: the CSMS's URL, a slash, and the percent-encoded identity."""
    return f"{csms.rstrip('/')}/{quote(identity, safe='')}"


def basic_authorization(identity: str, password: str | bytes) -> str:
    """The value of the Authorization header (RFC 7617); a 1.6 AuthorizationKey is given as bytes."""
    secret = password.encode() if isinstance(password, str) else password
    return "Basic " + b64encode(identity.encode() + b":" + secret).decode("ascii")


def tls_context(ca: Path | None, certificate: Path | None, key: Path | None, *, system: bool = True) -> ssl.SSLContext:
    """What a station trusts and shows on wss: TLS 1.2 or later, host name checked (security profiles 2 and 3).

    Without `ca` it trusts the system's roots, or nobody if not `system`.
    Raises ValueError, in one line, for a file that cannot be used.
    """
    import ssl

    try:
        context = ssl.create_default_context(cafile=ca) if system else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Whatever OpenSSL's default is: keys of 112 bits of security or more (A00.FR.501).
        context.set_ciphers("DEFAULT:@SECLEVEL=2")
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except OSError as problem:
        named = ", ".join(str(path) for path in (ca, certificate, key) if path is not None)
        raise ValueError(f"{named}: not usable as PEM certificates and key: {problem}") from None
    return context


async def dial(
    url: str,
    *,
    subprotocol: str,
    authorization: str | None,
    compression: bool,
    timeout: float,
    ping_interval: float | None,
    tls: ssl.SSLContext | None = None,
    redirects: int = 0,
    defects: Set[str] = frozenset(),
) -> ClientConnection:
    """Open one connection offering exactly one subprotocol; `tls` is for wss alone, `defects` those of WebSocket.

    Where a CSMS is, only its URL says: no redirect is followed, unless a defect wants `redirects` of them.
    Raises OSError when it cannot be opened, is refused, or the other side does not take the subprotocol.
    """
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidStatus, WebSocketException
    from websockets.typing import Subprotocol

    from conformance.reference.sockets import station_socket

    class Direct(connect):
        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    headers = {"Authorization": authorization} if authorization else {}
    options: dict[str, Any] = {"ping_timeout": ping_interval and min(ping_interval, 20.0)}
    try:
        connection = await Direct(
            url,
            subprotocols=[Subprotocol(subprotocol)],
            additional_headers=headers,
            compression="deflate" if compression else None,
            open_timeout=timeout,
            close_timeout=1.0,
            ping_interval=ping_interval,
            max_size=2**24,
            proxy=None,
            ssl=tls,
            create_connection=station_socket(defects),
            user_agent_header="ocpp-conformance reference station",
            **options,
        )
    except InvalidStatus as refused:
        target = refused.response.headers.get("Location")
        if not redirects or target is None:
            raise OSError(f"{url}: {refused}") from None
        return await dial(
            urljoin(url, target),
            subprotocol=subprotocol,
            authorization=authorization,
            compression=compression,
            timeout=timeout,
            ping_interval=ping_interval,
            tls=tls if target.startswith("wss:") else None,
            redirects=redirects - 1,
            defects=defects,
        )
    except (WebSocketException, TimeoutError) as problem:
        raise OSError(f"{url}: {problem}") from None
    if connection.subprotocol != subprotocol:
        # OCPP-J 3.4: a client that gets another subprotocol than it wants closes the connection.
        await connection.close(1002, "subprotocol not agreed")
        raise OSError(f"{url}: the CSMS did not agree on the subprotocol {subprotocol}")
    return connection


def cut(connection: ClientConnection) -> None:
    """End the TCP connection without a close frame, as a power cut or a pulled network cable does."""
    connection.transport.abort()


def back_off(minimum: float, random_range: float, repeat: int, floor: float) -> Iterator[float]:
    """Pauses between attempts: `minimum` doubled up to `repeat` times, each with a random part up to `random_range`.

    Source: 2.0.1 part 4 section 5.3 (RetryBackOffWaitMinimum, RetryBackOffRandomRange, RetryBackOffRepeatTimes).
    `floor` stands in for a minimum of 0.
    """
    wait = max(minimum, floor)
    doublings = 0
    while True:
        yield wait + random.uniform(0, random_range)
        if doublings < repeat:
            doublings += 1
            wait *= 2


async def wait_for(event: asyncio.Event, timeout: float) -> bool:
    """Wait until the event is set or `timeout` seconds passed; whether it was set."""
    try:
        async with asyncio.timeout(timeout):
            await event.wait()
    except TimeoutError:
        return False
    return True
