"""A bench on real sockets."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from conformance.cases.authority import LabAuthority
from conformance.cases.bench import Bench, CsmsBench, StationBench
from conformance.cases.tls import CsmsCredentials
from conformance.ocppj.clock import RealClock
from conformance.ocppj.trace import Trace
from conformance.ocppj.versions import Version, version
from conformance.peers.answers import default_answers
from conformance.peers.credentials import Credentials
from conformance.peers.csms import FakeCsms
from conformance.peers.front import TlsFront
from conformance.peers.peer import Peer
from conformance.peers.settings import Deadlines
from conformance.peers.station import FakeStation, Phone

if TYPE_CHECKING:
    from conformance.cases.visits import Guides
    from conformance.link.listener import Listener
    from conformance.ocppj.schema import SchemaStore


class LiveBench:
    """Opens and closes what a bench needs: the listener or the dialler, the operator, the clock."""

    def __init__(self, dut: Any, version_id: str, schemas: SchemaStore) -> None:
        self.dut = dut.under(version_id)
        self.version = version(version_id)
        self.schemas = schemas
        self._listener: Listener | None = None
        self.clock = RealClock()
        self.epoch = datetime.now(UTC)
        self._second: CsmsBench | None = None
        self.bench = self._make()

    def _make(self) -> Bench:
        make = {"CS": self._for_station, "CSMS": self._for_csms}[self.dut.role]
        return make()

    def _for_station(self) -> Bench:
        from conformance.link.listener import Listener

        peer = FakeCsms(self.version, self.clock, deadlines(self.dut), default_answers("CSMS", self.version))
        peer.heartbeat_interval = self.dut.heartbeat_interval
        peer.token_statuses = token_statuses(self.dut, self.version)
        host, port = self.dut.address.listen
        tls = self._tls()
        self._listener = Listener(
            peer,
            host,
            port,
            now=self.clock.now,
            subprotocols=self._choose,
            decide=self._decide,
            tls=tls,
            compression="CSMS" in self.version.compression_required,
        )
        peer.door = self._listener
        if tls is not None:
            peer.tls = TlsFront(peer, self._listener, CsmsCredentials(self.dut))
        peer.credentials = Credentials(self.dut.security_profile, self.dut.password)
        peer.authority = LabAuthority(self.dut)
        peer.raised = self._raise
        bench = StationBench(self.dut, self.version, peer, None, self._monitor, self.epoch)
        bench.begin()
        return bench

    def _raise(self, profile: int) -> None:
        """Our door is one of another security profile from the next connection on."""
        assert self._listener is not None
        peer = self.bench.peer
        ours = CsmsCredentials(replace(self.dut, security_profile=profile))
        self._listener.tls = ours.context() if profile > 1 else None
        peer._tls = TlsFront(peer, self._listener, ours) if profile > 1 else None

    def _for_csms(self) -> Bench:
        bench = CsmsBench(self.dut, self.version, self._station(self), None, self._monitor, self.epoch)
        bench.begin()
        return bench

    def _station(self, phone: Phone) -> FakeStation:
        peer = FakeStation(self.version, self.clock, deadlines(self.dut), default_answers("CS", self.version))
        peer.vendor, peer.model = self.dut.values.vendor, self.dut.values.model
        peer.certified = self.dut.security_profile == 3
        peer.phone = phone
        peer.credentials = Credentials(self.dut.security_profile, self.dut.password)
        peer.authority = LabAuthority(self.dut)
        return peer

    def second_bench(self) -> CsmsBench | None:
        """A bench whose fake is the description's second station; None when a CSMS is not under test, the description
        has none, or brings the certificate of the first one only.

        It has a trace and a monitor of its own, and no operator; it is closed with this bench.
        """
        identity = self.dut.address.second_identity
        brought = self.dut.security_profile == 3 and self.dut.tls.certificate is not None
        if self.dut.role != "CSMS" or not identity or brought:
            return None
        if self._second is None:
            given = self.dut.address.second_password
            dut = replace(self.dut, identity=identity, password=self.dut.password if given is None else given)
            phone = _SecondPhone(self, identity, dut.password)
            monitor = monitor_factory(dut, self.version, self.schemas)
            self._second = CsmsBench(dut, self.version, self._station(phone), None, monitor, self.epoch)
            self._second.begin()
        return self._second

    def open(self) -> None:
        """Begin to listen (a station under test) or nothing yet (a CSMS: the first case dials); raises LinkError."""
        if self._listener is not None:
            self._listener.start()

    def take(self, operator: Any) -> None:
        """The operator that touches the device from now on."""
        self.bench.take(operator)

    @property
    def port(self) -> int:
        """The port that we listen on; 0 when we dial."""
        return self._listener.port if self._listener is not None else 0

    def close(self) -> None:
        """Close every connection and the listener."""
        if self._listener is not None:
            self._listener.stop()
        peers = [self.bench.peer, *([self._second.peer] if self._second is not None else [])]
        for wire in [wire for peer in peers for wire in peer._wires]:
            wire.close(1001, "the test run has ended")
            wire.wait_closed(1.0)

    def dial(
        self,
        peer: Peer,
        subprotocols: tuple[str, ...] = (),
        *,
        credentials: Credentials | None = None,
        compression: bool | None = None,
    ) -> None:
        """Connect our station to the CSMS under test, offering the version's own subprotocol or the given ones.

        `credentials` are shown instead of the peer's own. `compression`: whether it is offered; None as the version
        wants it.
        """
        shown = credentials or peer.credentials
        self.dial_as(
            peer,
            self.dut.identity,
            shown.password if shown.profile < 3 else None,
            subprotocols=subprotocols,
            compression=compression,
            shown=shown,
        )

    def dial_as(
        self,
        peer: Peer,
        identity: str,
        password: bytes | None,
        *,
        subprotocols: tuple[str, ...] = (),
        compression: bool | None = None,
        shown: Credentials | None = None,
    ) -> None:
        """Connect under an identity and password of choice (None: without credentials), and on the security profile
        and with the certificate that are `shown`, if not those of the description. Raises LinkError."""
        from conformance.link.dialler import dial

        address = self.dut.address
        raised = shown is not None and shown.profile > self.dut.security_profile
        dial(
            peer,
            (raised and address.raised_url) or address.url,
            identity,
            now=self.clock.now,
            subprotocols=subprotocols or (self.version.subprotocol,),
            basic=(identity, password) if password is not None else None,
            tls=self._tls(identity, shown),
            compression="CS" in self.version.compression_required if compression is None else compression,
            timeout=self.dut.timeouts.connect,
        )

    @cached_property
    def guide(self) -> Guides:
        """Leads visitors to the CSMS under test."""
        from conformance.cases.visits import Guides

        return Guides(self.dut, self.version, self.clock.now)

    def _choose(self, handshake: Any) -> str | None:
        wanted = self.version.subprotocol
        return wanted if wanted in handshake.subprotocols else None

    def _decide(self, handshake: Any) -> Any:
        """The handshake rules of our CSMS: its own station, the right credentials, nobody else."""
        from conformance.link.handshake import Refusal

        if self.bench.peer.turns_away():
            return Refusal(503, reason="the case turns this connection away")
        if handshake.identity != self.dut.identity:
            return Refusal(
                404, reason=f"identity {handshake.identity!r} is not {self.dut.identity!r} of the description"
            )
        asked = self.bench.peer.credentials
        expected = asked.password
        if expected is not None and asked.profile in (1, 2):
            given = (handshake.username, handshake.password)
            if given != (self.dut.identity.encode(), expected):
                return Refusal(401, {"WWW-Authenticate": 'Basic realm="CSMS"'}, reason="wrong or no credentials")
        return None

    def station_tls(self) -> ssl.SSLContext | None:
        """The TLS with which our station connects to a CSMS under test; None where it has none."""
        return self._tls()

    def _tls(self, identity: str = "", shown: Credentials | None = None) -> ssl.SSLContext | None:
        """Our context; a station's certificate is that of `identity` (default: the description's), or the one shown."""
        profile = self.dut.security_profile if shown is None else shown.profile
        if profile < 2:
            return None
        from conformance.cases.tls import context_for
        from conformance.link.tls import client_context

        if shown is not None and shown.certificate is not None:
            return client_context(self.dut.tls.trust, credentials=shown.certificate)
        return context_for(replace(self.dut, identity=identity or self.dut.identity, security_profile=profile))

    def _monitor(self, trace: Trace, carry: Any) -> Any:
        return monitor_factory(self.dut, self.version, self.schemas)(trace, carry)


@dataclass(frozen=True, slots=True)
class _SecondPhone:
    """How the second station opens its connection."""

    live: LiveBench
    identity: str
    password: bytes | None

    def dial(self, peer: Peer, subprotocols: tuple[str, ...] = (), *, credentials: Credentials | None = None) -> None:
        """Connect as the second station, by its own credentials; raises LinkError."""
        self.live.dial_as(peer, self.identity, self.password, subprotocols=subprotocols)

    @property
    def guide(self) -> Guides:
        """Leads visitors to the CSMS under test."""
        return self.live.guide


def monitor_factory(dut: Any, ocpp: Version, schemas: Any) -> Callable[[Trace, Any], Any]:
    """Makes monitors for a device under one version."""
    from conformance.monitor import Monitor, MonitorSettings

    settings = MonitorSettings(
        message_timeout=dut.timeouts.message,
        time_tolerance=dut.timeouts.tolerance,
        connectors=frozenset((one.evseId, one.connectorId) for one in dut.connectors),
        identity=dut.identity,
    )
    return lambda trace, carry: Monitor(ocpp, dut.role, schemas, trace, settings, carry)


def deadlines(dut: Any) -> Deadlines:
    """The description's timeouts as a peer wants them."""
    given = dut.timeouts
    return Deadlines(
        message=given.message,
        physical=given.physical,
        connect=given.connect,
        boot=given.boot,
        reset=given.reset,
        quiet=given.quiet,
    )


def token_statuses(dut: Any, ocpp: Version) -> Mapping[str, Mapping[str, Any]]:
    """What our CSMS says of the description's tokens."""
    given = dut.tokens.given()
    groups = {"group1": "group", "group2": "group", "master_pass": "master_pass_group"}
    statuses: dict[str, Mapping[str, Any]] = {}
    for name, token in given.items():
        status = _STATUSES.get(name, "Accepted")
        info: dict[str, Any] = {"status": _SPELLED[ocpp.family].get(status, status)}
        group = given.get(groups.get(name, ""))
        if group is not None:
            info.update(_GROUP[ocpp.family](group))
        if name == "one_evse":
            info.update(_CONFINED[ocpp.family](dut.evse))
        statuses[token.idToken] = info
    return statuses


_SPELLED: Mapping[str, Mapping[str, str]] = {
    "1.6": {
        "Unknown": "Invalid",
        "NoCredit": "Blocked",
        "NotAllowedTypeEVSE": "Invalid",
        "NotAtThisLocation": "Invalid",
    },
    "2": {},
}
_GROUP: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
    "1.6": lambda group: {"parentIdTag": group.idToken},
    "2": lambda group: {"groupIdToken": dict(group)},
}
_CONFINED: Mapping[str, Callable[[int], Mapping[str, Any]]] = {
    "1.6": lambda evse: {},
    "2": lambda evse: {"evseId": [evse]},
}
_STATUSES = {
    "invalid": "Invalid",
    "blocked": "Blocked",
    "expired": "Expired",
    "unknown": "Unknown",
    "prepaid_empty": "NoCredit",
    "other_type": "NotAllowedTypeEVSE",
    "elsewhere": "NotAtThisLocation",
}
