"""Plays a recorded case again: in process, in virtual time, without a socket, optionally with one change.

On our k-th act the device "does" what it did between our acts k and k+1. Waiting costs nothing: a wait that nothing
will answer fails at once.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from conformance.cases.bench import Bench, CsmsBench, StationBench
from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import CatalogueEntry
from conformance.cases.live import deadlines, monitor_factory, token_statuses
from conformance.cases.runner import CaseResult, run_case
from conformance.link.errors import LinkError
from conformance.ocppj import frames
from conformance.ocppj.findings import Blame, Severity
from conformance.ocppj.trace import Entry
from conformance.ocppj.versions import Version, version
from conformance.peers.answers import default_answers
from conformance.peers.credentials import Credentials
from conformance.peers.csms import FakeCsms
from conformance.peers.files import SCHEMES
from conformance.peers.front import TlsFront
from conformance.peers.outcome import Inconclusive
from conformance.peers.payload import peek
from conformance.peers.peer import Peer
from conformance.peers.station import FakeStation
from conformance.peers.visits import Login, Visit
from conformance.proof.recording import Recording, from_device
from conformance.proof.tracking import Reads, tracking_parse


class Diverged(Exception):
    """The case acted otherwise than recorded: what the device would have done then is not known."""


class Decided(Inconclusive):
    """The rules have found what fails the case: what comes after it can't change the verdict."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one frame: `payload` replaces that of the frame with trace index `entry`; None drops the frame."""

    entry: int
    payload: Mapping[str, Any] | None


class ReplayClock:
    """Virtual time: waiting delivers what the device did until the deadline, and then the deadline is there."""

    def __init__(self, start: float) -> None:
        self._now = start
        self.deliver: Callable[[float], bool] = lambda deadline: False
        self._due: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:
        """Virtual seconds."""
        return self._now

    def forward(self, at: float) -> None:
        """Time passes; it never goes back."""
        self._now = max(self._now, at)

    def schedule(self, seconds: float, function: Callable[[], None]) -> Any:
        """Call a function in virtual time."""
        self._due.append((self._now + seconds, function))
        return SimpleNamespace(cancel=lambda: None)

    def wait(self, condition: threading.Condition, ready: Callable[[], bool], deadline: float) -> bool:
        """See `Clock.wait`."""
        while not ready():
            due = min((one for one in self._due if one[0] <= deadline), default=None, key=lambda one: one[0])
            if due is not None:
                if self.deliver(due[0]):
                    continue
                self._due.remove(due)
                self.forward(due[0])
                due[1]()
            elif not self.deliver(deadline):
                self.forward(deadline)
                return ready()
        return True


class _Wire:
    """A connection that exists only in the recording."""

    def __init__(self, facts: Mapping[str, Any], replay: Replay) -> None:
        self.number = facts["number"]
        self.subprotocol = facts["subprotocol"]
        self.compressed = facts["compressed"]
        self.handshake = SimpleNamespace(
            identity=facts["identity"],
            path=facts["path"],
            subprotocols=facts["subprotocols"],
            security=facts.get("security", {}),
        )
        vars(self.handshake).update(_named(facts.get("security", {})))
        self.open = True
        self._replay = replay

    def send(self, text: str) -> None:
        """Our frame: a CALL takes the place of the recorded one."""
        self._replay.sent(text)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """The recording knows when it was closed."""

    def abort(self) -> None:
        """The recording knows when it was closed."""


class _Shelf:
    """A server of files that exists only in the recording: what came of it is played as the rest."""

    def __init__(self, protocol: str) -> None:
        self._scheme = SCHEMES[protocol]

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def offer(self, name: str, download: Any) -> None:
        pass

    def answer_uploads(self, status: int, **headers: str) -> None:
        pass

    def cut_uploads(self, at: int, times: int = 1) -> None:
        pass

    def hold(self, held: bool) -> None:
        pass

    def url(self, name: str = "", *, user: str = "", password: str = "") -> str:
        return f"{self._scheme}://recorded.example/{name}"


class _Filed:
    """Serves nothing and signs nothing."""

    def server(self, protocol: str, came: Callable[[Any], None]) -> _Shelf:
        return _Shelf(protocol)

    def signed(self, content: bytes, certificate: str, *, forged: bool = False) -> dict[str, str]:
        return {"signingCertificate": certificate, "signature": "AAAA"}


def _named(security: Mapping[str, Any]) -> dict[str, Any]:
    """What cases ask a handshake for by name."""
    return {name: security.get(name) for name in ("tls_version", "cipher", "server_name")}


class _Made:
    """Gives the certificates that were made when the case was recorded, in the same order."""

    def __init__(self, recording: Recording) -> None:
        self._texts = iter([one.data["made"] for one in recording.trace.entries if "made" in one.data])

    def _next(self) -> str:
        return str(next(self._texts, ""))

    def own_root(self) -> str:
        return self._next()

    def new_root(self, kind: str) -> str:
        return self._next()

    def contract(self, common_name: str, ocsp_url: str, kind: str) -> str:
        return self._next()

    def request(self) -> tuple[str, Any]:
        return self._next(), None

    def sign(self, request: str, kind: str) -> str:
        return self._next()

    def credentials(self, chain: str, key: Any) -> Any:
        return None


class _Contexts:
    """TLS is what the recording says it was."""

    def context(self, certificate: str = "valid", **limits: Any) -> Any:
        return None


class Shared:
    """What the changed replays of a recording have in common, worked out once; it is also their schema store.

    It says what is invalid, and spends no time on wording it. Of a payload of the recording, which replays share and
    nobody changes, it says so once.
    """

    def __init__(self, recording: Recording, schemas: Any) -> None:
        self.schema = schemas.schema
        self._refusals = schemas.refusals
        self._recorded = {id(entry.frame.payload) for entry in recording.trace.entries if entry.frame is not None}
        self._verdicts: dict[tuple[str, int], Any] = {}
        ocpp, dut = version(recording.version), recording.dut
        self.given = _transactions_given(recording)
        self.deadlines = deadlines(dut)
        self.token_statuses = token_statuses(dut, ocpp) if dut.role == "CS" else {}
        self.monitor_factory = monitor_factory(dut, ocpp, self)

    def judge(self, ocpp: Version, name: str, payload: Any) -> Any:
        """See `SchemaStore.refusals`."""
        if id(payload) not in self._recorded:
            return self._refusals(ocpp, name, payload)
        key = name, id(payload)
        found = self._verdicts.get(key)
        if found is None:
            found = self._verdicts[key] = self._refusals(ocpp, name, payload)
        return found


class _Operator:
    def __init__(self, verbs: frozenset[str]) -> None:
        self.verbs = verbs

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        pass


# Of a message of ours: its type and id, as `frames.dumps` writes them.
_HEAD = re.compile(r'\[(\d),"([^"\\]*)",')


def _ready(data: Any) -> frames.Frame:
    return data if isinstance(data, frames.Frame) else frames.parse(data)


def _transactions_given(recording: Recording) -> dict[str, Any]:
    """The transactionIds that our answers gave in a recording, by the id of the message."""
    ours = [
        entry.frame
        for entry in recording.trace.entries
        if entry.frame is not None and entry.frame.type == frames.CALLRESULT and entry.sender != recording.dut.role
    ]
    return {frame.id: given for frame in ours if isinstance(given := peek(frame.payload, "transactionId"), int)}


class Replay:
    """One run of a recorded case. Every replay has a fresh peer and a fresh monitor.

    Only the unchanged replay notes what is read; a changed one ends as soon as the rules have failed it.
    """

    def __init__(
        self, recording: Recording, schemas: Any, change: Change | None = None, shared: Shared | None = None
    ) -> None:
        """`shared`: for several changed replays of one recording, one after another."""
        shared = shared or Shared(recording, schemas)
        self.recording = recording
        self.change = change
        self.reads = Reads(change is None)
        self.diverged = ""
        self._looked_at = 0
        self._role: str = recording.dut.role
        self._entries = recording.trace.entries
        self._next = 0
        self._limit = 0
        self._ids: dict[str, str] = {}
        self._transactions: dict[Any, Any] = {}
        self._given = shared.given
        self._call: str | None = None
        self._frame_number = -1
        self._wires: dict[int, _Wire] = {}
        self.clock = ReplayClock(recording.situation.now)
        self.clock.deliver = self._deliver_one
        factory = shared.monitor_factory
        if change is None:
            factory = monitor_factory(recording.dut, version(recording.version), schemas)
        self.bench = self._make(shared, factory)
        self._limit = self._next_act(0)

    def _make(self, shared: Shared, factory: Callable[[Any, Any], Any]) -> Bench:
        recording = self.recording
        ocpp = version(recording.version)
        dut = recording.dut
        limits = shared.deadlines
        peer: Any
        kind: type[Bench]
        if self._role == "CS":
            peer = FakeCsms(ocpp, self.clock, limits, default_answers("CSMS", ocpp), self)
            peer.heartbeat_interval = dut.heartbeat_interval
            peer.token_statuses = shared.token_statuses
            peer.file_service = _Filed()
            if dut.security_profile > 1:
                peer.tls = TlsFront(peer, SimpleNamespace(tls=None), _Contexts())
            kind = StationBench
        else:
            peer = FakeStation(ocpp, self.clock, limits, default_answers("CS", ocpp), self)
            peer.vendor, peer.model = dut.values.vendor, dut.values.model
            peer.file_service = _Filed()
            peer.phone = self
            kind = CsmsBench
        peer.credentials = Credentials(dut.security_profile, dut.password)
        peer.authority = _Made(recording)
        peer.parse = tracking_parse(self.reads) if self.reads.on else _ready
        peer.schedule = self.clock.schedule
        situation = recording.situation
        bench = kind(
            dut,
            ocpp,
            peer,
            _Operator(recording.verbs),
            lambda trace, _: factory(trace, situation.carry),
            recording.epoch,
        )
        peer.accepted = situation.accepted
        bench.suspect = situation.suspect
        if situation.wire is not None:
            peer._wires.append(self._wire(situation.wire))
        return bench

    def run(self, info: CaseInfo, entry: CatalogueEntry) -> CaseResult:
        """Run the case on this replay, without its clean-up."""
        return run_case(info, entry, self.bench, clean=False)

    # ------------------------------------------------------------------ what the case does

    def act(self, kind: str, name: str, args: Mapping[str, Any]) -> None:
        """The case acts: what the device did before the recorded act comes first."""
        while self._deliver_one(float("inf")):
            pass
        if self._limit >= len(self._entries):
            self.diverged = f"{kind} {name} after the last recorded act"
            raise Diverged(self.diverged)
        recorded = self._entries[self._limit]
        if (recorded.data["kind"], recorded.data["name"]) != (kind, name):
            self.diverged = f"{kind} {name} instead of {recorded.data['kind']} {recorded.data['name']}"
            raise Diverged(self.diverged)
        self._same_transaction(recorded.data["args"], args)
        self.clock.forward(recorded.at)
        self._next = self._limit + 1
        self._limit = self._next_act(self._next)
        self._call = None
        if kind == "call":
            for entry in self._entries[recorded.index : self._limit]:
                frame = entry.frame
                if frame is not None and frame.type == frames.CALL and entry.sender != self._role:
                    self._call = frame.id
                    break

    def _same_transaction(self, recorded: Any, args: Mapping[str, Any]) -> None:
        """A transaction of ours has another id at every run: what the device said of the recorded one holds for it."""
        before, now = (peek(peek(one, "transactionInfo"), "transactionId") for one in (recorded, args))
        if isinstance(before, str) and isinstance(now, str):
            self._transactions[before] = now

    def sent(self, text: str) -> None:
        """A frame of ours: the recorded CALL of this act gets the id of the new one.

        An answer that gives a transaction another id than the recorded one stands for it from then on.
        """
        head = _HEAD.match(text)
        if head is None:
            return
        kind, id = int(head[1]), head[2]
        if kind == frames.CALL and self._call is not None:
            self._ids[self._call] = id
            self._call = None
        elif kind == frames.CALLRESULT and id in self._given:
            self._transactions[self._given[id]] = peek(frames.parse(text).payload, "transactionId")

    @property
    def guide(self) -> Replay:
        """Leads visitors to what became of them."""
        return self

    def complete(self, login: Login) -> Login:
        """The login as it is: it leads nowhere."""
        return login

    def lead(self, visit: Visit, login: Login) -> None:
        """A visitor comes in, or is kept out, as recorded."""
        told = (one.data for one in self._entries[self._next : self._limit] if "visitor" in one.data)
        noted = next(told, {"in": False, "text": "nobody came"})
        if not noted["in"]:
            raise LinkError(noted["text"])
        wire: Any = self._wire(
            {"number": -1, "subprotocol": None, "compressed": False, "identity": "", "path": "", "subprotocols": ()}
        )
        wire.wait_closed = lambda seconds: True
        visit.opened(wire)

    def dial(self, peer: Peer, subprotocols: tuple[str, ...] = (), *, credentials: Credentials | None = None) -> None:
        """Our station connects: the recorded connection opens, or the dialling fails as recorded."""
        for entry in self._entries[self._next : self._limit]:
            if entry.kind == "open":
                while self._next <= entry.index:
                    if not self._deliver_one(float("inf")):
                        break
                return
        raise LinkError("the connection was not taken")

    # ------------------------------------------------------------------ what the device does

    def _next_act(self, start: int) -> int:
        for entry in self._entries[start:]:
            if entry.kind == "act":
                return entry.index
        return len(self._entries)

    def _deliver_one(self, deadline: float) -> bool:
        """Let the device do the next thing that it did in this segment, if it was before the deadline."""
        while self._next < self._limit:
            entry = self._entries[self._next]
            if not from_device(entry, self._role):
                self._next += 1
                continue
            if entry.at > deadline:
                return False
            self._next += 1
            if self.change is not None and self.change.entry == entry.index and self.change.payload is None:
                continue
            self.clock.forward(entry.at)
            self._deliver(entry)
            if self.change is not None:
                self._stop_when_decided()
            return True
        return False

    def _stop_when_decided(self) -> None:
        found = self.bench.monitor.findings
        # A case may have begun a new trace, with a monitor that has found nothing yet.
        new, self._looked_at = found[min(self._looked_at, len(found)) :], len(found)
        if any(one.severity == Severity.MUST and one.blame == Blame.DEVICE for one in new):
            raise Decided("a rule has failed the case")

    def _deliver(self, entry: Entry) -> None:
        peer: Any = self.bench.peer
        if entry.kind == "frame":
            self.reads.frame = entry.index
            message = self._text(entry) if self.reads.on else self._message(entry)
            peer.received(self._known_wire(entry.connection), message, self.clock.now())
        elif entry.kind == "open":
            facts = {
                "number": entry.connection,
                "subprotocol": entry.data["subprotocol"],
                "compressed": entry.data["compressed"],
                "identity": entry.data["identity"],
                "path": entry.data["path"],
                "subprotocols": tuple(entry.data["offered"]),
                "security": entry.data.get("security", {}),
            }
            peer.opened(self._wire(facts))
        elif entry.kind == "close":
            wire = self._known_wire(entry.connection)
            wire.open = False
            peer.closed(wire, entry.data["code"], entry.data["reason"], self.clock.now())
        elif entry.kind in ("ping", "pong"):
            peer.control(
                self._known_wire(entry.connection), entry.kind, bytes.fromhex(entry.data["payload"]), self.clock.now()
            )
        elif entry.kind == "transfer":
            changed = self.change is not None and self.change.entry == entry.index
            payload = self.change.payload if changed and self.change is not None else entry.data
            peer.transferred(payload)
        elif entry.kind == "handshake":
            handshake = SimpleNamespace(path=entry.data["path"])
            peer.refused(handshake, entry.data["status"], entry.data["reason"], self.clock.now())

    def _message(self, entry: Entry) -> str | frames.Frame:
        """The text of a changed message; the recorded frame of any other, which nobody has to read again."""
        frame = entry.frame
        assert frame is not None
        changed = self.change is not None and self.change.entry == entry.index
        if changed or self._renamed(frame.payload) != frame.payload:
            return self._text(entry)
        id = frame.id if frame.type == frames.CALL else self._ids.get(frame.id, frame.id)
        action = frame.action if frame.request is None else ""  # of an answer, only correlation knows it
        said = frame.error_code, frame.error_description, frame.error_details
        return frames.Frame(frame.type, id, action, frame.payload, frame.text, *said, frame.problems)

    def _text(self, entry: Entry) -> str:
        frame = entry.frame
        assert frame is not None
        changed = self.change is not None and self.change.entry == entry.index
        payload = self.change.payload if changed and self.change is not None else frame.payload
        renamed = self._renamed(payload)
        if renamed != payload:
            payload, changed = renamed, True
        if frame.type == frames.CALLRESULT:
            return frames.result(self._ids.get(frame.id, frame.id), payload).text
        if frame.type == frames.CALL:
            return frames.call(frame.id, frame.action, payload).text if changed else frame.text
        if frame.type == frames.CALLERROR:
            return frames.error(
                self._ids.get(frame.id, frame.id), frame.error_code, frame.error_description, frame.error_details
            ).text
        return frame.text

    def _renamed(self, payload: Any) -> Any:
        """A payload with the transactions of ours by the ids that they have now, also that of a charging profile."""
        if not self._transactions or not isinstance(payload, Mapping):
            return payload
        found = {
            name: self._transactions.get(value, value)
            if name == "transactionId" and isinstance(value, str | int)
            else value
            for name, value in payload.items()
        }
        if "chargingProfile" in found:
            found["chargingProfile"] = self._renamed(found["chargingProfile"])
        return found

    def _wire(self, facts: Mapping[str, Any]) -> _Wire:
        wire = _Wire(facts, self)
        self._wires[wire.number] = wire
        return wire

    def _known_wire(self, number: int) -> _Wire:
        wire = self._wires.get(number)
        if wire is None:
            facts = {"number": number, "subprotocol": None, "compressed": False, "identity": "", "path": ""}
            wire = self._wire({**facts, "subprotocols": ()})
        return wire
