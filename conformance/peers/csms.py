"""The fake CSMS: what a charging station under test talks to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from conformance.monitor.reading import raw
from conformance.ocppj import frames
from conformance.peers.configuration import Configuration, configuration_for
from conformance.peers.files import Files
from conformance.peers.front import TlsFront, answering
from conformance.peers.outcome import Inconclusive, NotApplicable
from conformance.peers.payload import Fields, Items, mismatch, peek, shown
from conformance.peers.peer import Answer, CallError, Request
from conformance.peers.reaching import Reaching
from conformance.peers.reports import Report, collect
from conformance.peers.session import START_FEATURES, STOP_FEATURES, Session
from conformance.peers.transaction import TransactionView

if TYPE_CHECKING:
    from conformance.link.script import Script


class Door(Protocol):
    """The listening socket, as the fake CSMS uses it."""

    def pause(self) -> None:
        """Refuse new TCP connections."""

    def resume(self) -> None:
        """Accept them again."""

    script: Any
    """What connection attempts meet instead (`conformance.link.script.Script`), None for nothing."""


class FakeCsms(Reaching):
    """A CSMS that answers everything sensibly and tells a case what a charging station did."""

    plays = "CSMS"
    against = "CS"
    door: Door | None = None
    _tls: TlsFront | None = None
    raised: Callable[[int], None] | None = None
    """Makes our door one of another security profile; None where there is no door."""
    heartbeat_interval = 300
    accepted = False
    """Whether the station's last BootNotification was answered Accepted, on any connection of this run."""
    token_statuses: Mapping[str, Mapping[str, Any]] = {}
    _opinions: Mapping[str, dict[str, Any]] = {}
    _held_since: int | None = None
    _reported: list[tuple[Any, Any]] | None = None
    """Whose status has come since a boot was accepted; None when nobody waits for any."""
    _turning_away = 0

    def begin(self, trace: Any, judge: Any) -> None:
        """Start a case with no transaction known."""
        super().begin(trace, judge)
        self._held_since = None if self._held_since is None else 0
        self._turning_away = 0
        self.sessions: dict[int, Session] = {}
        self._opinions = {}
        self.configuration: Configuration = configuration_for(self)

    @property
    def holds_back(self) -> bool:
        """Whether the station's last BootNotification was answered Pending or Rejected."""
        return self._held_since is not None

    def await_reports(self, places: Collection[tuple[int, int]], *, within: float) -> None:
        """Wait, once after each boot, until the station has told the status of its connectors, as it has to then.

        `places` are EVSE and connector; one that tells nothing `within` seconds is left alone: cases judge that.
        """
        if self._reported is None:
            return
        self.wait(lambda: all(one in (self._reported or ()) for one in places), within=within)
        self._reported = None

    def _keeps(self, connection: Any) -> bool:
        return connection.subprotocol is not None

    def _on_opened(self, connection: Any) -> None:
        """Close at once where no subprotocol was agreed on (1.6J 3.2, 2.x part 4 3.2)."""
        if not self._keeps(connection):
            connection.close(1002, "no subprotocol in common")

    def _on_answered(self, frame: Any, reply: Any) -> None:
        if frame.action == "BootNotification":
            status = reply.payload.get("status") if isinstance(reply.payload, Mapping) else None
            self.accepted = status == "Accepted"
            # Since when the station may send nothing but what we ask for; None while it may.
            self._held_since = len(self._trace.entries) if status in ("Pending", "Rejected") else None
            self._reported = [] if self.accepted else None
        elif self._reported is not None and frame.action in _TELLS_STATUS:
            # A note of ours: what a station reports after a boot is not judged by it.
            told = Fields(raw(frame.payload) if isinstance(frame.payload, Mapping) else {})
            self._reported.extend(place for place, _ in _told_statuses(frame.action, told))

    def _answer_to(self, frame: frames.Frame) -> Answer:
        """The declared or computed answer, but SecurityError to what comes too early (B01.FR.10, B02.FR.09)."""
        if self._held_since is not None and frame.action != "BootNotification" and not self._asked_for(frame.action):
            return CallError("SecurityError", "the registration has not been accepted")
        return super()._answer_to(frame)

    def _asked_for(self, action: str) -> bool:
        """Whether a CALL of ours since the last BootNotification asks for that message."""
        from conformance.monitor.rules.boot import SOLICITS, TRIGGERS, triggered_actions

        for entry in self._trace.entries[self._held_since or 0 :]:
            sent = entry.frame
            if sent is None or sent.type != frames.CALL or entry.sender != self.plays:
                continue
            if action in SOLICITS.get(sent.action, ()) or (
                sent.action in TRIGGERS and action in triggered_actions(peek(sent.payload, "requestedMessage"))
            ):
                return True
        return False

    # ---------------------------------------------------------------- answers' helpers

    def token_info(self, token: Any) -> dict[str, Any]:
        """idTokenInfo / idTagInfo of a token: as the case has said, or as the description classes it, else Accepted."""
        text = token if isinstance(token, str) else ""
        return dict(self._opinions.get(text) or self.token_statuses.get(text, {"status": "Accepted"}))

    def considers(self, token: Any, **info: Any) -> None:
        """What our CSMS says of a token from now on in this case: the fields of idTokenInfo, of idTagInfo in 1.6."""
        self._opinions = {**self._opinions, token.idToken: info}

    def next_transaction_id(self) -> int:
        """A transactionId that no device has seen from us in this run: it grows with the run's clock."""
        last = int(self.facts.get("transactionId") or 1000 + int(self.clock.now() * 100))
        self.facts["transactionId"] = last + 1
        return last + 1

    # ---------------------------------------------------------------- connection

    @property
    def tls(self) -> TlsFront:
        """Our TLS, on security profiles 2 and 3; NotApplicable without."""
        if self._tls is None:
            raise NotApplicable("the connection has no TLS (security profile 0 or 1)")
        return self._tls

    @tls.setter
    def tls(self, front: TlsFront) -> None:
        self._tls = front

    def ask_for(self, *, profile: int | None = None, password: bytes | None = None) -> None:
        """Take only a station that comes on this security profile, or with this password, from the next connection on.

        The password is put back after the case; a profile that was raised stays, because there is no way back by OCPP
        (A00.FR.005).
        """
        asked = {"credentials": "another password"} if profile is None else {"profile": profile}
        self.act("link", "ask for", asked, stimulus=False)
        before = self.credentials
        self.credentials = replace(
            before,
            profile=before.profile if profile is None else profile,
            password=before.password if password is None else password,
        )
        if self.raised is not None and self.credentials.profile != before.profile:
            self.raised(self.credentials.profile)

    def expect_connection(self, *, within: float | None = None, requirement: str = "") -> None:
        """Wait until the station opens a WebSocket connection in this step's window."""
        seconds = self.deadlines.boot if within is None else within

        def opened() -> bool:
            return any(entry.kind == "open" for entry in self._trace.entries[self._window :]) and self.connected

        if not self.wait(opened, within=seconds, what="a connection"):
            raise self.failure(
                f"a new WebSocket connection within {seconds:g} s", "none was opened", requirement=requirement
            )

    def disconnect(self, *, cut: bool = False) -> None:
        """Close the station's connection (by a close frame, or `cut` by a TCP reset)."""
        self.act("link", "cut" if cut else "close", {})
        for wire in list(self._wires):
            if cut:
                wire.abort()
            else:
                wire.close(1000, "")

    def refuse_connections(self) -> None:
        """Take no new connections until `accept_connections`."""
        self.act("link", "refuse", {})
        self.facts["refusing"] = True
        if self.door is not None:
            self.door.pause()

    def accept_connections(self) -> None:
        """Take connections again."""
        self.act("link", "accept", {})
        self.facts.pop("refusing", None)
        if self.door is not None:
            self.door.resume()

    def turn_away(self, attempts: int) -> None:
        """Answer the station's next connection attempts with HTTP 503 instead of a WebSocket."""
        self.act("link", "turn away", {"attempts": attempts})
        with self._changed:
            self._turning_away = attempts

    def turns_away(self) -> bool:
        """The link's own: whether the handshake that is being answered is to be turned away; counts it."""
        with self._changed:
            self._turning_away -= 1
            return self._turning_away >= 0

    def expect_attempt(self, *, within: float, requirement: str = "") -> None:
        """Wait until a connection attempt of the station was turned away in this step's window."""

        def tried() -> bool:
            return any(entry.kind == "handshake" for entry in self._trace.entries[self._window :])

        if not self.wait(tried, within=within):
            raise self.failure(f"a connection attempt within {within:g} s", "none", requirement=requirement)

    def attempts_in_step(self) -> list[str]:
        """The paths of the station's connection attempts in this step's window, turned away or not, in order."""
        with self._changed:
            window = self._trace.entries[self._window :]
        return [str(one.data.get("path", "")) for one in window if one.kind in ("open", "handshake")]

    def answering(self, status: int, **headers: str) -> AbstractContextManager[Script]:
        """Inside, every connection attempt is answered by this HTTP status and these headers instead of a WebSocket.

        What is yielded holds the `attempts` that met it. For a live listener only.
        """
        if self.door is None:
            raise Inconclusive("nobody listens here")
        return answering(self, self.door, status, headers)

    def url_with(self, segment: str) -> tuple[str, str]:
        """Another URL that leads the station to us: the one that it uses, with a segment added to the path.

        Returned are the URL without the identity, and the path by which `attempts_in_step` tells who used it.
        """
        handshake = self._wire("").handshake
        scheme = "wss" if getattr(handshake, "tls_version", None) else "ws"
        before, _, identity = handshake.path.rpartition("/")
        return f"{scheme}://{self._host_header()}{before}/{segment}", f"{before}/{segment}/{identity}"

    @property
    def known_as(self) -> str:
        """The host name or address, without a port, by which the connected station reaches us."""
        from urllib.parse import urlsplit

        return urlsplit(f"//{self._host_header()}").hostname or "localhost"

    def _host_header(self) -> str:
        headers = getattr(self._wire("").handshake, "headers", ())
        return next((str(value) for name, value in headers if name.lower() == "host"), "localhost")

    @property
    def path(self) -> str:
        """The path by which the station is connected."""
        return str(self._wire("").handshake.path)

    def waited(self) -> float:
        """Seconds that the station waited before its latest connection attempt, turned away or not.

        Counted from the end of its connection, or from the attempt before that was turned away; 0 if there was none.
        """
        with self._changed:
            ends = [one for one in self._trace.entries if one.kind in ("open", "close", "handshake")]
        tries = [index for index, one in enumerate(ends) if one.kind != "close"]
        before = [one for one in ends[: tries[-1]] if one.kind != "open"] if tries else []
        return ends[tries[-1]].at - before[-1].at if before else 0.0

    @contextmanager
    def offline(self, at_least: float = 0.0) -> Iterator[None]:
        """The station is offline inside: its connection is closed and no new one is taken.

        With `at_least`, it stays so for that many seconds, however soon the body ends.
        """
        self.refuse_connections()
        self.disconnect()
        # What the body does is done to a station that knows it is offline.
        self.wait(lambda: not self._wires, within=self.deadlines.message)
        until = self.clock.now() + at_least
        try:
            yield
            self.wait(lambda: False, until=until)
        finally:
            self.accept_connections()

    # ---------------------------------------------------------------- files

    def files(self, protocol: str = "") -> Files:
        """A server of files for the station, while a `with` statement lasts.

        `protocol` is HTTP, HTTPS, FTP or FTPS; by default the first of `values.transfer_protocols`. Files are had from
        and brought to the tester's own address.
        """
        if self.file_service is None:
            raise Inconclusive("nobody serves files here")
        protocols = (protocol, *self.lab.dut.values.transfer_protocols, "HTTP")
        return Files(self, self.file_service, next(filter(None, protocols)))

    # ---------------------------------------------------------------- configuration

    def configure(self, *where_and_value: str) -> None:
        """Set a configuration value as a precondition, verified and restored after the case.

        2.x: `configure("TxCtrlr", "TxStartPoint", "Authorized")`; 1.6: `configure("ConnectionTimeOut", "5")`.
        A value that the station can't take makes the case NOT APPLICABLE, with the value as the reason.
        """
        with self.behind_the_scenes():
            self.configuration.set(*where_and_value)

    def prefer(self, *where_and_value: str) -> None:
        """As `configure`, where the station has the variable and lets it be set; else its own value has to do."""
        with suppress(NotApplicable):
            self.configure(*where_and_value)

    def configured(self, *where: str) -> str:
        """The station's own value of a variable or key, asked once a case; "" when it has none."""
        with self.behind_the_scenes():
            return self.configuration.get(*where)

    def keep(self, *where: str) -> str:
        """Have a variable or key that the case is about to set itself put back afterwards; its present value."""
        with self.behind_the_scenes():
            return self.configuration.keep(*where)

    # ---------------------------------------------------------------- facts

    def next_request_id(self) -> int:
        """A requestId that this case has not used."""
        self.facts["requestId"] = int(self.facts.get("requestId", 0)) + 1
        return int(self.facts["requestId"])

    def expect_report(self, requestId: int, *, within: float | None = None, requirement: str = "") -> Report:  # noqa: N803  # the wire's own name
        """Wait for the whole report of a GetBaseReport or GetReport (2.x), all its NotifyReports.

        Each part is due `within` seconds (default: timeouts.message) after the one before.
        """
        return collect(self, requestId, within, requirement)

    def transaction(self, evseId: int | None = None) -> TransactionView:  # noqa: N803  # the wire's own name
        """The newest transaction of the case (2.x), on one EVSE or on any."""
        return TransactionView(self, evseId)

    def session(self, evseId: int) -> Session:  # noqa: N803  # the wire's own name
        """Where the session on an EVSE stands by TxStartPoint and TxStopPoint (2.x).

        A station that does not tell them is taken at its description's word.
        """
        if evseId not in self.sessions:
            self.sessions[evseId] = Session(
                self._points("TxStartPoint", START_FEATURES), self._points("TxStopPoint", STOP_FEATURES)
            )
        return self.sessions[evseId]

    def _points(self, variable: str, features: Mapping[str, str]) -> frozenset[str]:
        told = _members(self.configured("TxCtrlr", variable))
        return frozenset(told or (name for id, name in features.items() if self.lab.dut.features.get(id)))

    def expect_connector_status(
        self,
        status: Any,
        connector: Any,
        *,
        within: float | None = None,
        after: Request | None = None,
        requirement: str = "",
    ) -> Fields:
        """Wait for a connector's status in this step's window (with `after`: since that request).

        2.x: by StatusNotification or by NotifyEvent (Connector.AvailabilityState, trigger Delta), which are equally
        legal carriers; 1.6: by StatusNotification. A status is a fact and is not consumed.
        """
        seconds = self.deadlines.message if within is None else within
        wanted = (status,) if isinstance(status, str) else tuple(status.choices)
        found: list[Fields] = []
        first = max(self._window, after._entry.index + 1 if after is not None else 0)

        def ready() -> bool:
            for place, value, request in self._statuses(first):
                if place == (connector.evseId, connector.connectorId) and value in wanted:
                    found.append(request)
                    return True
            return False

        place = f"connector {connector.connectorId} of EVSE {connector.evseId}"
        if not self.wait(ready, within=seconds, what=f"{' or '.join(wanted)} of {place}"):
            reported = [
                value for place, value, _ in self._statuses(first) if place == (connector.evseId, connector.connectorId)
            ]
            raise self.failure(
                f"connector {connector.connectorId} of EVSE {connector.evseId} reported {' or '.join(wanted)} "
                f"within {seconds:g} s",
                f"reported {', '.join(map(shown, reported))}" if reported else "no status of that connector",
                requirement=requirement,
            )
        return found[0]

    def expect_connector_stays(
        self, status: str, connector: Any, *, within: float | None = None, requirement: str = ""
    ) -> None:
        """Wait until the last status that the station reported of a connector in this case is the given one.

        For a status that may have been reported before this step as well as in it.
        """
        seconds = self.deadlines.message if within is None else within
        place = (connector.evseId, connector.connectorId)

        def reported() -> list[Any]:
            return [value for where, value, _ in self._statuses(0) if where == place]

        if not self.wait(lambda: reported()[-1:] == [status], within=seconds):
            raise self.failure(
                f"{status} as the last status reported of connector {connector.connectorId} of EVSE "
                f"{connector.evseId} within {seconds:g} s",
                f"{', '.join(map(shown, reported())) or 'no status'} so far",
                requirement=requirement,
            )

    def statuses_in_step(self, connector: Any) -> list[str]:
        """The statuses of a connector reported in this step's window, in order of arrival."""
        place = (connector.evseId, connector.connectorId)
        return [value for where, value, _ in self._statuses(self._window) if where == place]

    def last_status(self, place: tuple[int, int]) -> str:
        """The status of an EVSE's connector that the station reported last in this case; "" for none."""
        return str(next(reversed([value for where, value, _ in self._statuses(0) if where == place]), ""))

    def _statuses(self, since: int) -> Iterator[tuple[tuple[Any, Any], Any, Request]]:
        for request in list(self._inbox):
            if request._entry.index < since:
                continue
            for place, value in _told_statuses(request._action, request):
                yield place, value, request


def _told_statuses(action: str, told: Fields) -> Iterator[tuple[tuple[Any, Any], Any]]:
    """EVSE and connector (1.6: connector and connector) with the status that a CALL tells of them."""
    if action == "StatusNotification":
        if "connectorStatus" in told:
            yield (told.evseId, told.connectorId), told.connectorStatus
        else:
            yield (told.connectorId, told.connectorId), told.status
    elif action == "NotifyEvent":
        for event in told.eventData if isinstance(told.eventData, Items) else ():
            if mismatch(event, _AVAILABILITY) is None:
                evse = event.component.evse
                yield (evse.id, evse.connectorId), event.actualValue


_TELLS_STATUS = frozenset({"StatusNotification", "NotifyEvent"})
_AVAILABILITY = {
    "trigger": "Delta",
    "component": {"name": "Connector", "evse": {}},
    "variable": {"name": "AvailabilityState"},
}
"""An event that tells a connector's status."""


def _members(value: str) -> list[str]:
    return [one.strip() for one in value.split(",") if one.strip()]
