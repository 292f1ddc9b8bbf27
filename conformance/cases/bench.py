"""The bench: one device under one version, the fake that plays against it, and the operator's hands.

Here stands what the standard's general preconditions want of every case: ready before, idle after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn

from conformance.cases.hands import Hands
from conformance.ocppj import frames
from conformance.ocppj.findings import Finding
from conformance.ocppj.trace import Trace
from conformance.ocppj.versions import Version
from conformance.peers.configuration import password_call
from conformance.peers.credentials import Credentials
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed, Inconclusive
from conformance.peers.peer import Peer, Refusal
from conformance.peers.station import FakeStation

MonitorFactory = Callable[[Trace, Any], Any]
"""(trace, carry of the case before or None) -> a monitor for the next case."""


@dataclass
class Bench:
    """A device, its fake and its operator, for as many cases as a run has."""

    dut: Any
    version: Version
    peer: Any
    operator: Any
    monitor_for: MonitorFactory
    epoch: datetime
    gone: str = ""
    """Why the device is given up, once it was found dead or deaf; empty while it lives."""

    suspect: bool = False
    """Whether the case before went wrong: the next one first asks for a sign of life."""

    def __post_init__(self) -> None:
        self.monitor: Any = None
        self.interlude: list[Finding] = []
        """What was found after the case before had ended: judged with the next one, so that no frame goes unjudged."""
        self._given: Credentials = self.peer.credentials
        """What the description says of passwords and security profile."""
        self._told = 0
        self._owed: list[tuple[str, dict[str, Any]]] = []
        """CALLs that undo what earlier traces of the case show."""
        self.take(self.operator)

    def take(self, operator: Any) -> None:
        """The operator that touches the device from now on."""
        self.operator = operator
        self.hands = Hands(operator, self.peer, self.dut)
        self.peer.lab = _Lab(self.dut, self.hands)

    def begin(self, noted: Callable[[], None] | None = None) -> Trace:
        """A fresh trace and monitor for the next case; `noted` is called before anything goes into them."""
        with self.peer.still():
            carry = None
            if self.monitor is not None:
                self.interlude = [_before(one, self.peer.trace) for one in self.monitor.findings[self._told :]]
                carry = self.monitor.carry()
            self._told = 0
            trace = Trace(self.epoch)
            self.monitor = self.monitor_for(trace, carry)
            self.hands.done.clear()
            self.peer.begin(trace, self.monitor)
            if noted is not None:
                noted()
        return trace

    def findings(self) -> list[Finding]:
        """What the monitor found since the case before ended; what comes later belongs to the next case."""
        return self.tell()

    def renew(self) -> list[Finding]:
        """A fresh trace and monitor in the middle of a case; what the old monitor found and nobody has been told of."""
        with self.peer.still():
            self.monitor.finish(self.peer.clock.now())
            found = list(self.monitor.findings[self._told :])
            carry = self.monitor.carry()
            carry.shorten()
            self._told = 0
            owed = [one for one in undo_calls(self.peer.trace) if one not in self._owed]
            self._owed = (owed + self._owed)[:OWED_KEPT]
            trace = Trace(self.epoch)
            self.monitor = self.monitor_for(trace, carry)
            # What the case has configured is known, and put back, until it ends.
            configuration = self.peer.configuration
            self.peer.begin(trace, self.monitor)
            self.peer.configuration = configuration
            return found

    def tell(self) -> list[Finding]:
        """What the monitor found since this was asked last."""
        found = list(self.monitor.findings[self._told :])
        self._told += len(found)
        return found

    def sign_of_life(self) -> tuple[str, Mapping[str, Any]]:
        """Action and payload of a CALL that every device of this role has to answer, and that changes nothing."""
        raise NotImplementedError

    def ready(self) -> None:
        """Bring the device into the state in which every case starts; Inconclusive when it is not to be had."""
        raise NotImplementedError

    def clean(self) -> list[str]:
        """Leave the device idle and as it was; what could not be undone, in words."""
        raise NotImplementedError


def _before(finding: Finding, trace: Trace) -> Finding:
    """A finding between two cases, with its frame in words: the next case's trace does not hold it."""
    frame = trace.entries[finding.frame].frame if finding.frame is not None else None
    text = f": {frame.text[:300]}" if frame is not None else ""
    return replace(finding, frame=None, note=f"before this case began{text}")


@dataclass(frozen=True, slots=True)
class _Lab:
    dut: Any
    operator: Hands


OWED_KEPT = 100
"""CALLs that undo earlier ones which are kept of a long case: what was set before those has mostly been set again."""


class StationBench(Bench):
    """A charging station is under test; we are the CSMS."""

    peer: FakeCsms

    def ready(self) -> None:
        """Connected, accepted (or a round trip answered), quiet."""
        peer = self.peer
        limit = self.dut.timeouts.boot if not self.gone else self.dut.timeouts.quiet
        if not peer.wait(lambda: peer.connected, within=limit, what="the station to connect"):
            reason = f"the station has not connected within {limit:g} s"
            if self.gone or not self.hands.offers("power_cycle"):
                self._give_up(f"{reason}{_last_attempt(peer.trace)}")
            with peer.behind_the_scenes():
                self._start_over(reason)
        if self.gone and peer.wire_numbers == self._deaf:
            raise Inconclusive(self.gone)
        fresh = not peer.accepted
        with peer.behind_the_scenes():
            if not peer.accepted:
                peer.wait(lambda: peer.accepted, within=min(1.0, limit))
            if peer.holds_back and self.hands.offers("power_cycle"):
                self._start_over("the station, told to wait before, has not asked again")
            if self.suspect or not peer.accepted:
                self._round_trip()
            # A station that has only just booted takes a moment to report itself.
            self._await_reports()
            peer.drain(max(_AFTER_BOOT, self.dut.timeouts.quiet) if fresh else None)
        self.gone, self.suspect = "", False

    _deaf: tuple[int, ...] = ()

    def sign_of_life(self) -> tuple[str, Mapping[str, Any]]:
        """One configuration key or variable that every station has."""
        return _PROBE[self.version.family]

    def _give_up(self, reason: str) -> NoReturn:
        self.gone = self.gone or reason
        self._deaf = self.peer.wire_numbers
        raise Inconclusive(self.gone)

    def _start_over(self, reason: str) -> None:
        """Switch a station off and on that is not to be had otherwise, for that `reason`."""
        limit = self.dut.timeouts.boot
        try:
            self.hands.power_cycle()
        except Inconclusive as error:
            self._give_up(f"{reason}{_last_attempt(self.peer.trace)}; {error}")
        if not self.peer.wait(lambda: self.peer.connected and self.peer.accepted, within=limit):
            told = _last_attempt(self.peer.trace)
            self._give_up(f"{reason}, nor registered within {limit:g} s of a power cycle{told}")

    def _round_trip(self) -> None:
        action, payload = self.sign_of_life()
        try:
            self.peer.call(action, payload)
        except ExpectationFailed as failed:
            self._give_up(f"the station is connected but does not answer: {failed}")
        self.peer.accepted = True

    def clean(self) -> list[str]:
        """Stop what runs, undo what was done by hand or by CALL, restore the configuration, wait until quiet."""
        peer, problems = self.peer, []
        peer.forget_answers()
        if peer.facts.get("refusing"):
            peer.accept_connections()
        with peer.behind_the_scenes():
            if ("network_down", (None, None)) in self.hands.done:
                self.hands.network_up()
            self._restarted()
            # A station that was given up has had its time before.
            limit = self.dut.timeouts.quiet if self.gone else self.dut.timeouts.reset
            if not self._is_back(limit):
                return [] if self.gone else [f"the station was not back within {limit:g} s"]
            problems += self._own_password()
            peer.mark()
            for action, payload in stop_calls(peer):
                problems += self._attempt(action, payload)
            problems += self.hands.undo(self._unlock)
            owed, self._owed = self._owed, []
            for action, payload in [*undo_calls(peer.trace), *owed]:
                problems += self._attempt(action, payload)
            problems += self._connectors_free()
            try:
                problems += [f"{name} could not be restored" for name in peer.configuration.restore()]
            except ExpectationFailed as failed:
                problems.append(str(failed))
            self._await_reports()
            peer.drain()
            if not self._transactions_end():
                problems.append("a transaction of the case is still running")
        return problems

    def _await_reports(self) -> None:
        places = {(one.evseId, one.connectorId) for one in self.dut.connectors}
        self.peer.await_reports(places, within=max(_REPORTS, self.dut.timeouts.quiet))

    def _restarted(self) -> None:
        """Wait for the restart that an accepted Reset of this case still owes: the next case is not to be hit by it."""
        peer = self.peer
        if not self.gone and peer.connected and reset_owed(peer.trace):
            before = peer.wire_numbers
            peer.wait(lambda: peer.connected and peer.wire_numbers != before, within=self.dut.timeouts.reset)

    def _is_back(self, limit: float) -> bool:
        """Wait for the station; one that has not taken over what was asked of it is let in as it was before."""
        peer = self.peer
        before = self._given
        if peer.wait(lambda: peer.connected and peer.accepted, within=limit):
            return True
        if peer.credentials == before:
            return False
        peer.ask_for(profile=before.profile, password=before.password)
        return peer.wait(lambda: peer.connected and peer.accepted, within=limit)

    def _own_password(self) -> list[str]:
        """Give the station the password of the description again, if it has another one."""
        peer, own = self.peer, self._given.password
        if own is None or peer.credentials.password == own:
            return []
        other = peer.credentials.password
        peer.ask_for(password=own)
        problems = self._attempt(*password_call(peer.version, own))
        gone = not problems and peer.wait(lambda: not peer.connected, within=self.dut.timeouts.message)
        if gone and peer.wait(lambda: peer.connected, within=self.dut.timeouts.reset):
            return []
        peer.ask_for(password=other)
        return [*problems, "the station did not take its password back"]

    def _attempt(self, action: str, payload: Mapping[str, Any]) -> list[str]:
        try:
            answer = self.peer.call(action, payload)
        except ExpectationFailed as failed:
            return [f"{action}: {failed}"]
        if isinstance(answer, Refusal):
            return [f"{action}: {answer!r}"]
        return []

    def _unlock(self, place: Any) -> None:
        """Open the lock of a cable that waits for a driver: of a token that was refused, say (2.x E05.FR.11)."""
        evse, connector = place
        of_family = {"1.6": {"connectorId": evse}, "2": {"evseId": evse, "connectorId": connector}}
        self._attempt("UnlockConnector", of_family[self.peer.version.family])

    def _connectors_free(self) -> list[str]:
        """Wait for connectors that are still in use: a driver who was authorized and did not plug in, say."""

        def busy() -> dict[Any, Any]:
            last = {place: status for place, status, _ in self.peer._statuses(0)}
            return {place: status for place, status in last.items() if status in _IN_USE}

        limit = self.dut.timeouts.message + self.dut.values.ev_connection_timeout
        if self.peer.wait(lambda: not busy(), within=limit):
            return []
        return [
            f"connector {connector} of EVSE {evse} is still {status}" for (evse, connector), status in busy().items()
        ]

    def _transactions_end(self) -> bool:
        return self.peer.wait(lambda: not list(stop_calls(self.peer)), within=self.dut.timeouts.message)


def _last_attempt(trace: Trace) -> str:
    """How the station's last attempt to connect ended, when there was one: what the lab has to mend."""
    for entry in reversed(trace.entries):
        if entry.kind == "handshake":
            status = entry.data.get("status")
            return f"; its last attempt was refused: {f'HTTP {status}, ' if status else ''}{entry.data.get('reason')}"
        if entry.kind == "open" and entry.data.get("subprotocol") is None:
            offered = ", ".join(entry.data.get("offered", ())) or "none"
            return f"; it connected and was closed, because of the subprotocols that it offers: {offered}"
    return ""


class CsmsBench(Bench):
    """A CSMS is under test; we are the charging station."""

    peer: FakeStation

    def sign_of_life(self) -> tuple[str, Mapping[str, Any]]:
        """A Heartbeat."""
        return "Heartbeat", {}

    _chances = 0
    """How often a CSMS that has served us may be asked once more, on a new connection, when it was given up."""

    def ready(self) -> None:
        """Connected, booted, quiet."""
        peer = self.peer
        if self.gone:
            if not self._chances:
                raise Inconclusive(self.gone)
            self._chances -= 1
            for wire in list(peer._wires):
                wire.abort()
            peer.wait(lambda: not peer._wires, within=self.dut.timeouts.message)
        with peer.behind_the_scenes():
            try:
                if not peer.connected:
                    peer.connect()
                if not peer.accepted:
                    peer.execute("Booted")
                elif self.suspect:
                    peer.send("Heartbeat")
            except ExpectationFailed as failed:
                self.gone = self.gone or f"the CSMS does not serve our station: {failed}"
                raise Inconclusive(self.gone) from failed
            peer.drain()
        self.gone, self.suspect, self._chances = "", False, 2

    def clean(self) -> list[str]:
        """End our transactions, report every connector Available again, have tariffs cleared, wait until quiet."""
        peer = self.peer
        peer.forget_answers()
        with peer.behind_the_scenes():
            own = peer.credentials.password == self._given.password
            tariffs = [payload for action, payload in undo_calls(peer.trace) if action == "ClearTariffs"]
            if not peer.connected and not self._owes_reports() and own and not tariffs:
                return []
            try:
                if not peer.connected:
                    peer.connect()
                self._end_transactions()
                self._own_password()
                for payload in tariffs:
                    self._clear_tariff(payload)
            except (ExpectationFailed, Inconclusive) as failed:
                return [str(failed)]
            peer.drain()
        return []

    def _own_password(self) -> None:
        """Have the CSMS give us the password of the description again, if we have another one."""
        peer, own = self.peer, self._given.password
        if own is None or peer.credentials.password == own:
            return
        action, payload = password_call(peer.version, own)
        peer.answer(action, **_TAKEN[peer.version.family])
        self.hands.csms_sends(action, **payload)
        peer.expect(action, **payload)
        peer.disconnect()
        peer.show(password=own)
        peer.connect()

    def _clear_tariff(self, payload: Mapping[str, Any]) -> None:
        """Have the CSMS take a tariff back that it has set in the case; one whose operator can't keeps it."""
        peer = self.peer
        cleared = [{"tariffId": id_, "status": "Accepted"} for id_ in payload["tariffIds"]]
        peer.answer("ClearTariffs", clearTariffsResult=cleared)
        with suppress(Inconclusive, ExpectationFailed):
            self.hands.csms_sends("ClearTariffs", **payload)
            peer.expect("ClearTariffs", **payload)

    def _owes_reports(self) -> bool:
        """Whether the CSMS still believes that something goes on at our station."""
        statuses = self.peer.connector_statuses.values()
        return (
            bool(self.peer.open_transactions())
            or bool(self.peer.facts.get("running"))
            or bool(set(statuses) - {"Available"})
        )

    def _end_transactions(self) -> None:
        peer = self.peer
        for transaction in peer.open_transactions():
            transaction.send("EVDeparted", eventType="Ended", chargingState="Idle", stoppedReason="Other")
        for connector in self.dut.connectors:
            if connector.connectorId in peer.facts.get("running", {}):
                peer.execute("Stopped", reason="Other", connector=connector)
        for connector in self.dut.connectors:
            if peer.connector_statuses.get((connector.evseId, connector.connectorId), "Available") != "Available":
                peer.report_connector("Available", connector)


_TAKEN: Mapping[str, Mapping[str, Any]] = {"1.6": {"status": "Accepted"}, "2": {}}
"""What our station says to the password that it is given back, where the computed answer is another one."""
_IN_USE = frozenset({"Occupied", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"})
_AFTER_BOOT = 0.3
"""Seconds of silence after which a station that was accepted a moment ago counts as idle."""

_REPORTS = 1.0
"""Seconds in which a station that has booted should have told the status of every connector."""

_PROBE: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "1.6": ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
    "2": (
        "GetVariables",
        {"getVariableData": [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]},
    ),
}


def reset_owed(trace: Trace) -> bool:
    """Whether the last Reset of the whole station was Accepted, and neither a connection nor a boot came after it."""
    owed = False
    for entry in trace.entries:
        frame = entry.frame
        if entry.kind == "open" or (frame is not None and frame.action == "BootNotification"):
            owed = False
        elif frame is not None and frame.type == frames.CALLRESULT and frame.action == "Reset":
            asked, said = (one.payload if one is not None else None for one in (frame.request, frame))
            owed = isinstance(said, Mapping) and said.get("status") == "Accepted" and "evseId" not in (asked or {})
    return owed


def stop_calls(peer: Peer) -> list[tuple[str, dict[str, Any]]]:
    """The CALLs that stop the transactions which the device began in this case and has not ended."""
    running: dict[Any, str] = {}
    for request in list(peer._inbox):
        if request.is_a("TransactionEvent"):
            id_ = request.transactionInfo.transactionId
            if isinstance(id_, str):
                if request.eventType == "Ended":
                    running[id_] = ""
                else:
                    running.setdefault(id_, "RequestStopTransaction")
        elif request.is_a("StartTransaction") and isinstance(request.answer.transactionId, int):
            if request.answer.idTagInfo.status == "Accepted":
                running.setdefault(request.answer.transactionId, "RemoteStopTransaction")
        elif request.is_a("StopTransaction"):
            running[request.transactionId] = ""
    return [(action, {"transactionId": id_}) for id_, action in running.items() if action]


def undo_calls(trace: Trace) -> list[tuple[str, dict[str, Any]]]:
    """The CALLs that undo what accepted CALLs of ours have set in this case, last first."""
    undo: dict[str, tuple[str, dict[str, Any]]] = {}
    answered = {entry.answers: entry.frame for entry in trace.entries if entry.answers is not None}
    for entry in trace.entries:
        frame = entry.frame
        if entry.sender != "CSMS" or frame is None or frame.type != frames.CALL or frame.action not in _UNDO:
            continue
        answer = answered.get(entry.index)
        if answer is None or answer.type != frames.CALLRESULT:
            continue
        status = answer.payload.get("status") if isinstance(answer.payload, Mapping) else None
        if status in ("Rejected", "Failed", "NotSupported"):
            continue
        try:
            key, call = _UNDO[frame.action](frame.payload)
        except (KeyError, TypeError, AttributeError):
            # A CALL that was broken on purpose: what a device that took it has made of it, nobody knows.
            continue
        undo.pop(key, None)
        if call is not None:
            undo[key] = call
    return list(reversed(undo.values()))


_Undo = tuple[str, tuple[str, dict[str, Any]] | None]


def _undo_availability(payload: Mapping[str, Any]) -> _Undo:
    if "operationalStatus" in payload:
        target = {"evse": payload["evse"]} if "evse" in payload else {}
        back = ("ChangeAvailability", {"operationalStatus": "Operative", **target})
        return f"availability {target}", None if payload["operationalStatus"] == "Operative" else back
    back = ("ChangeAvailability", {"connectorId": payload["connectorId"], "type": "Operative"})
    return f"availability {payload['connectorId']}", None if payload["type"] == "Operative" else back


def _undo_profile(payload: Mapping[str, Any]) -> _Undo:
    profile = payload.get("chargingProfile") or payload.get("csChargingProfiles") or {}
    if "chargingProfile" in payload:
        return f"profile {profile.get('id')}", ("ClearChargingProfile", {"chargingProfileId": profile.get("id")})
    id_ = profile.get("chargingProfileId")
    return f"profile {id_}", ("ClearChargingProfile", {"id": id_})


def _undo_reservation(payload: Mapping[str, Any]) -> _Undo:
    id_ = payload.get("id", payload.get("reservationId"))
    return f"reservation {id_}", ("CancelReservation", {"reservationId": id_})


def _undo_local_list(payload: Mapping[str, Any]) -> _Undo:
    number = "versionNumber" if "versionNumber" in payload else "listVersion"
    return "list", ("SendLocalList", {number: payload.get(number, 1), "updateType": "Full"})


def _undo_tariff(payload: Mapping[str, Any]) -> _Undo:
    id_ = payload["tariff"]["tariffId"]
    return f"tariff {id_}", ("ClearTariffs", {"tariffIds": [id_]})


_UNDO: Mapping[str, Callable[[Mapping[str, Any]], _Undo]] = {
    "ChangeAvailability": _undo_availability,
    "SetChargingProfile": _undo_profile,
    "ReserveNow": _undo_reservation,
    "SendLocalList": _undo_local_list,
    "SetDefaultTariff": _undo_tariff,
}
