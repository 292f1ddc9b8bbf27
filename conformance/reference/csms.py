"""The reference CSMS: it lets stations in, keeps one conversation with each, and does what its operator asks.

Source of the handshake: OCPP-J 1.6 section 3.2, OCPP 2.0.1 and 2.1 part 4, sections 3.1 to 3.4. Who is let in:
`csms_door`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.ocppj.versions import VERSIONS, Version, version
from conformance.reference import csms_crossing, csms_limits, csms_payment
from conformance.reference.csms_certificates import CertificateAuthority
from conformance.reference.csms_desk import Desk
from conformance.reference.csms_door import PATH, Door, Security, identity_of, subject_of
from conformance.reference.csms_registration import ACCEPTED, PENDING, REJECTED, Registration, Settings
from conformance.reference.csms_session import Refused, Session
from conformance.reference.csms_store import Store
from conformance.reference.csms_succession import succeed
from conformance.reference.csms_tokens import DEFAULT_TOKENS, TokenBook
from conformance.reference.defects import Defects, all_defects
from conformance.reference.habits import chosen_habits
from conformance.reference.http_operator import Verb, VerbError, transaction_limit
from conformance.reference.wire import Payload

if TYPE_CHECKING:
    import ssl

    from websockets.asyncio.server import Server, ServerConnection
    from websockets.typing import Subprotocol

    from conformance.ocppj.schema import SchemaStore

MAX_MESSAGE = 1 << 20
"""Bytes of the longest message that is read; a longer one ends the connection (close code 1009)."""

_CLOSE_TIMEOUT = 2.0
_PROTOCOL_ERROR = 1002
_POLICY_VIOLATION = 1008


@dataclass(frozen=True)
class CsmsOptions:
    """How a reference CSMS starts. `versions` in order of no importance: the station's own preference counts.

    `security` makes it security profile 2 or 3. `defects` are names out of `defects.csms`, `habits` out of
    `habits.csms`. `state` is a folder that makes stations, transactions and counters survive a restart; None forgets
    them.
    """

    versions: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 0
    settings: Settings = field(default_factory=Settings)
    tokens: TokenBook = field(default_factory=lambda: TokenBook(DEFAULT_TOKENS))
    security: Security = field(default_factory=Security)
    state: Path | None = None
    defects: tuple[str, ...] = ()
    habits: tuple[str, ...] = ()


class Csms:
    """A CSMS for one version or several; a station chooses by subprotocol."""

    def __init__(self, options: CsmsOptions, schemas: SchemaStore | None = None) -> None:
        """Raises ValueError for an unknown version or defect, and for a state folder that cannot be read."""
        from conformance.ocppj.schema import official

        self.options = options
        self.settings = options.settings
        self.tokens = options.tokens
        self.versions = {one.subprotocol: one for one in map(version, options.versions)}
        if not self.versions:
            raise ValueError(f"a CSMS needs a version; known: {', '.join(VERSIONS)}")
        self.store = Store(options.state)
        self.authority = CertificateAuthority()
        self.defects = _defects(options.defects, self.versions.values())
        for spoken in self.versions.values():
            self.defects[spoken.id].take_on(chosen_habits(options.habits, "CSMS", spoken.family))
            self.defects[spoken.id].bind(self)
        self.door = Door(self.settings, options.security, self.store, self._flawed, self._is_connected, self._own_root)
        self._schemas = schemas or official()
        self._registrations: dict[str, Registration] = {}
        self._live: dict[str, Session] = {}
        self._servers: list[Any] = []
        self.raised_url = ""
        """Where stations come that were raised to security profile 2, once it is started; "" where there is no such."""
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Listen and return the endpoint's URL, such as "ws://127.0.0.1:40123/ocpp".

        Raises OSError when the address cannot be used, ValueError for certificates that cannot.
        """
        context = self.door.context()
        host, port = self.options.host, self.options.port
        raised = self.options.security.raised_listen
        if raised is not None:
            secured, context = await self._listen(*raised, context), None
            self.raised_url = f"wss://{raised[0]}:{_port_of(secured)}{PATH}"
            self._servers = [await self._listen(host, port, None), secured]
        elif context is not None and self._flawed("plain-on-tls-port"):
            from conformance.reference.csms_two_faced import two_faced

            inner = [await self._listen("127.0.0.1", 0, one) for one in (context, None)]
            front = await two_faced(host, port, *map(_port_of, inner))
            self._servers = [front, *inner]
        else:
            self._servers = [await self._listen(host, port, context)]
        host = f"[{host}]" if ":" in host else host
        return f"{'ws' if context is None else 'wss'}://{host}:{_port_of(self._servers[0])}{PATH}"

    async def _listen(self, host: str, port: int, context: ssl.SSLContext | None) -> Server:
        from websockets.asyncio.server import serve

        from conformance.reference.sockets import csms_socket

        return await serve(
            self._connected,
            host,
            port,
            ssl=context,
            process_request=self.door.admit,
            select_subprotocol=self._select,
            compression="deflate",
            max_size=MAX_MESSAGE,
            close_timeout=_CLOSE_TIMEOUT,
            server_header=None,
            create_connection=csms_socket(frozenset().union(*(one.names for one in self.defects.values()))),
        )

    async def stop(self) -> None:
        """Close all connections (1001) and stop listening."""
        for server in self._servers:
            server.close()
        for server in self._servers:
            await server.wait_closed()
        self._servers = []

    def drop_all(self) -> None:
        """Lose every connection at once, without a close frame: what a crash looks like from outside."""
        for session in list(self._live.values()):
            session.abort()

    # -- the operator ---------------------------------------------------------------------------------------------

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """What the operator can ask for; `csms_sends` is the contract, the others are helpers of this device."""
        return {
            "csms_sends": self.csms_sends,
            "answer_boot": self.answer_boot,
            "pay_at_kiosk": self.pay_at_kiosk,
            "pay_on_web": self.pay_on_web,
            "limit_transaction": self.limit_transaction,
            "station": self.station,
        }

    async def csms_sends(self, identity: str, action: str, payload: Payload | None = None) -> None:
        """Send `action` to the station: the fields of `payload`, and sensible ones for the rest; null means without.

        Returns when the CALL is on the wire or, behind another one that is not answered yet, in the queue; never waits
        for the answer. Raises VerbError when the CALL cannot be sent.
        """
        if payload is not None and not isinstance(payload, dict):
            raise VerbError(f"payload: expected an object, got {type(payload).__name__}")
        self._ask(self._addressee(identity), str(action), payload or {})
        # The queue's task gets the loop before the answer to the operator does.
        await asyncio.sleep(0)

    def _addressee(self, identity: str) -> Session:
        session = csms_crossing.addressee(self._live, str(identity))
        if session is None:
            raise VerbError(f"no station {identity!r} is connected; connected: {', '.join(self._live) or 'none'}")
        return session

    def _ask(self, session: Session, action: str, payload: Payload) -> None:
        try:
            session.ask(action, payload)
        except Refused as problem:
            raise VerbError(str(problem)) from None

    async def pay_at_kiosk(self, identity: str, evseId: int, cardLast4Digits: str) -> None:  # noqa: N803 - names of the wire
        """A card is authorized at the kiosk: the station is to start (C24)."""
        session = self._addressee(identity)
        flawed = session.desk.defects.active
        digits = "" if flawed("card-not-told") else str(cardLast4Digits)
        evse = 2 if flawed("kiosk-starts-another-evse") and evseId == 1 else evseId
        self._ask(session, "RequestStartTransaction", csms_payment.start(session.desk, evse, {}, digits))
        await asyncio.sleep(0)

    async def pay_on_web(self, url: str) -> dict[str, Any]:
        """A QR code leads to our page: where it is valid, a card is authorized and the station is to start (C25)."""
        try:
            visit = csms_payment.read_page(str(url), any_password=self._flawed("one-time-password-unchecked"))
        except csms_payment.PageError as problem:
            if not self._flawed("page-starts-anything") or not self._live:
                return {"note": f"the page says: {problem}"}
            visit = csms_payment.Visit(next(iter(self._live)), 1, {})
        session = self._addressee(visit.identity)
        self._ask(session, "NotifyWebPaymentStarted", {"evseId": visit.evse, "timeout": csms_payment.LOCKED})
        self._ask(session, "RequestStartTransaction", csms_payment.start(session.desk, visit.evse, visit.limit))
        await asyncio.sleep(0)
        return {}

    def answer_boot(self, identity: str, status: str = PENDING, times: int = 1) -> None:
        """Answer the station's next BootNotifications with `status`, `times` times, then with Accepted again."""
        if status not in (ACCEPTED, PENDING, REJECTED):
            raise VerbError(f"status {status!r}: expected {ACCEPTED}, {PENDING} or {REJECTED}")
        if not 1 <= times <= 100:
            raise VerbError(f"times {times!r}: expected 1 to 100")
        if not self._flawed("accepts-every-boot"):
            self._registration(identity).planned[:] = [status] * times

    def limit_transaction(self, identity: str, transactionId: str, limit: dict[str, Any]) -> None:  # noqa: N803 - names of the wire
        """Limit a running transaction of the station (2.1)."""
        record = self.store.stations.get(identity)
        transaction = record.transaction(transactionId) if record is not None else None
        if record is None or transaction is None or not transaction.running:
            raise VerbError(f"no transaction {transactionId!r} of {identity!r} is running")
        csms_limits.limit(transaction, transaction_limit(limit))
        self.store.save(record)

    def station(self, identity: str) -> dict[str, Any]:
        """What the CSMS knows of the station: for a person who looks on, never evidence."""
        record = self.store.stations.get(identity)
        if record is None:
            raise VerbError(f"no station {identity!r} was ever seen")
        running = [one.id for one in record.transactions if one.running]
        return {
            "connected": identity in self._live,
            "registration": record.registration,
            "connectors": record.connectors,
            "transactions": running,
        }

    # -- the handshake --------------------------------------------------------------------------------------------

    def _select(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """The first that the station offers and we serve; None completes the handshake without the header."""
        if offered and self._flawed("echoes-first-subprotocol"):
            return offered[0]
        return next((one for one in offered if one in self.versions), None)

    def _own_root(self) -> str:
        return self.authority.root

    def _is_connected(self, identity: str) -> bool:
        session = self._live.get(identity)
        return session is not None and session.open

    def _flawed(self, name: str) -> bool:
        """Whether a defect of the handshake is on, where no version is chosen yet."""
        return any(one.active(name) for one in self.defects.values())

    # -- the conversation -----------------------------------------------------------------------------------------

    async def _connected(self, connection: ServerConnection) -> None:
        request = connection.request
        identity = identity_of(request.path) if request is not None else None
        spoken = self.versions.get(connection.subprotocol or "")
        if spoken is None and self._flawed("echoes-first-subprotocol"):
            spoken = next(iter(self.versions.values()))
        if identity is None or spoken is None:
            await connection.close(_PROTOCOL_ERROR, "no common OCPP version")
            return
        session = self._open(identity, spoken, connection)
        try:
            await session.run()
        finally:
            if self._live.get(identity) is session:
                del self._live[identity]

    def _open(self, identity: str, spoken: Version, connection: ServerConnection) -> Session:
        """The session of a new connection; an older one of the same station is closed, its CALLs are given up."""
        defects = self.defects[spoken.id]
        older = self._live.get(identity)
        record = self.store.station(identity)
        desk = Desk(
            version=spoken,
            record=record,
            store=self.store,
            tokens=self.tokens,
            authority=self.authority,
            defects=defects,
            registration=self._registration(identity),
            initiate=lambda action, payload: session.initiate(action, payload),
        )
        subject = subject_of(connection) or {}
        socket: Any = connection
        if older is not None and self._flawed("old-session-hears-new"):
            from conformance.reference.csms_overheard import Overheard

            socket, older = Overheard(connection, older.endpoint.socket), None
        session = Session(
            desk,
            socket,
            self._schemas,
            self.settings.message_timeout,
            certified=frozenset(subject.get("commonName", ())),
        )
        self._live[identity] = session
        older = succeed(defects, self._live, older, session)
        csms_crossing.take_socket(defects, self._live, session)
        for gone in (older, csms_crossing.neighbour_to_close(defects, self._live, session)):
            if gone is None:
                continue
            task = asyncio.get_running_loop().create_task(
                gone.endpoint.close(_POLICY_VIOLATION, "replaced by a newer connection of the same station")
            )
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return session

    def _registration(self, identity: str) -> Registration:
        if self._flawed("one-registration-for-all"):
            identity = next(iter(self._registrations), identity)
        known = self._registrations.get(identity)
        if known is None:
            known = Registration(self.store.station(identity), self.store, self.settings)
            self._registrations[identity] = known
        return known


def _port_of(server: Any) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port


def _defects(names: Sequence[str], versions: Iterable[Version]) -> dict[str, Defects]:
    """The defects by version id: each version gets those of its family. Raises ValueError for an unknown name."""
    served = list(versions)
    known = {one.id: {entry.name for entry in all_defects("CSMS", one.family)} for one in served}
    for name in names:
        if not any(name in some for some in known.values()):
            every = sorted(set().union(*known.values()))
            raise ValueError(f"no defect {name!r} of a CSMS for these versions; known: {', '.join(every)}")
    return {
        one.id: Defects.chosen([name for name in names if name in known[one.id]], "CSMS", one.family) for one in served
    }
