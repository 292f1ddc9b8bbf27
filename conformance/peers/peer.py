"""What both fakes share: correlate message ids, answer, send, expect.

The reader thread of a connection parses, answers and judges; the case's thread waits on one condition and is woken only
while it waits. No queue stands between. An exception in the reader thread is kept and raised by every wait: it must
never look like a silent device.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from conformance.link.errors import LinkError
from conformance.ocppj import frames
from conformance.ocppj.clock import Clock
from conformance.ocppj.datetimes import parse_datetime
from conformance.ocppj.findings import Finding, Severity
from conformance.ocppj.frames import Frame
from conformance.ocppj.trace import Entry, Trace
from conformance.ocppj.versions import Version
from conformance.peers.certificates import Authority, Certificates
from conformance.peers.credentials import Credentials, facts_of
from conformance.peers.files import Files, FileService, Transfer
from conformance.peers.outcome import Abandoned, ExpectationFailed, Inconclusive, PeerCrashed
from conformance.peers.payload import ABSENT, Fields, Malformed, matches, mismatch, plain, shown
from conformance.peers.runtime import between_cases
from conformance.peers.settings import Deadlines, Judge, Script, Wire

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallError:
    """A declared refusal: the CALL is answered by a CALLERROR."""

    code: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Late:
    """A declared answer that leaves `seconds` after the request arrived."""

    seconds: float
    payload: Mapping[str, Any]


class Verbatim:
    """A declared answer that consists of whole messages, legal or not; see `injection.Messages`."""

    def deliver(self, peer: Peer, connection: Any, entry: Entry) -> None:
        """Answer the CALL of this entry, on the reader's thread."""
        raise NotImplementedError


Answer = Mapping[str, Any] | CallError | Late | Verbatim | None
Answerer = Callable[["Peer", dict[str, Any]], Answer]


def call_error(code: str, description: str = "") -> CallError:
    """Declare a CALLERROR as the answer: `csms.answer("Authorize", call_error("InternalError"))`."""
    return CallError(code, description)


def late(seconds: float, **fields: Any) -> Late:
    """Declare an answer that is held back for `seconds`."""
    return Late(seconds, fields)


_UNDECLARED = object()


class _Lacking(dict[str, Any]):
    """An answer of which a case has left a field out on purpose: no fault of ours."""


class Request(Fields):
    """A CALL (or SEND) of the device, with the answer that it got."""

    __slots__ = ("_consumed", "_entry", "_reply")

    def __init__(self, entry: Entry) -> None:
        super().__init__(_payload(entry.frame))
        self._entry = entry
        self._reply: Entry | None = None
        self._consumed = False

    @property
    def answer(self) -> Fields:
        """The payload that we answered with; empty when the answer was withheld or a CALLERROR."""
        reply = self._reply
        return Fields(reply.frame.payload if reply and reply.frame and reply.frame.type == frames.CALLRESULT else {})

    def is_a(self, action: str) -> bool:
        """Whether this is a CALL of that action."""
        return self._entry.frame is not None and self._entry.frame.action == action

    @property
    def _action(self) -> str:
        return self._entry.frame.action if self._entry.frame else ""


class Response(Fields):
    """The device's answer to a CALL of ours."""

    __slots__ = ("_entry",)

    def __init__(self, entry: Entry) -> None:
        super().__init__(_payload(entry.frame))
        self._entry = entry


class Refusal:
    """The device's CALLERROR to a CALL of ours."""

    def __init__(self, entry: Entry) -> None:
        frame = entry.frame
        assert frame is not None
        self._entry = entry
        self.code = frame.error_code
        self.description = frame.error_description
        self.details = frame.error_details

    def __getattr__(self, name: str) -> Any:
        """Fields of the answer that did not come read as ABSENT."""
        if name.startswith("_"):
            raise AttributeError(name)
        return ABSENT

    def __repr__(self) -> str:
        return f"CALLERROR {self.code} {shown(self.description)}"


class Pending:
    """A CALL of ours that waits for its answer."""

    __slots__ = ("action", "answer", "deadline", "entry")

    def __init__(self, action: str, entry: Entry, deadline: float) -> None:
        self.action = action
        self.entry = entry
        self.deadline = deadline
        self.answer: Entry | None = None


class OptionalRequest:
    """A declared, optional CALL: settled by the next mandatory expectation."""

    def __init__(self, action: str, match: Payload) -> None:
        self.action = action
        self.match = match
        self.request: Request | None = None

    def __bool__(self) -> bool:
        return self.request is not None


class Peer:
    """One side of the wire, played against a device under test."""

    plays: str
    against: str

    def __init__(
        self,
        version: Version,
        clock: Clock,
        deadlines: Deadlines,
        answers: Mapping[str, Answerer],
        script: Script | None = None,
    ) -> None:
        self.version = version
        self.clock = clock
        self.deadlines = deadlines
        self._defaults = answers
        self._script = script
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._waiters = 0
        self._waiting: tuple[str, float, float] | None = None
        self._crash: BaseException | None = None
        self._crash_told = False
        self.abandoned = False
        """Whether the run was broken off."""
        self.parse: Callable[[str | bytes], Frame] = frames.parse
        """How a message is read; proof replaces it by a reading that notes which fields are looked at."""
        self.schedule: Callable[[float, Callable[[], None]], Any] = _start_timer
        """Calls a function some seconds later; a replay does so in virtual time."""
        self.credentials = Credentials()
        """What our CSMS asks of the station under test, or what our station shows."""
        self.authority: Authority | None = None
        """Who makes certificates, None where nobody does."""
        self.deliberate_offer = False
        """Whether the subprotocols that we are about to offer are strange on purpose."""
        self._wires: list[Wire] = []
        self._ids = 0
        self._pending: dict[str, Pending] = {}
        self._trace = Trace()
        self._judge: Judge | None = None
        self._judged = 0
        self._inbox: list[Request] = []
        self._overlays: dict[str, list[Any]] = {}
        self._sticky: dict[str, Any] = {}
        self._optional: list[OptionalRequest] = []
        self._window = 0
        self._window_pending = True
        self._last_activity = 0.0
        self._step: int | None = None
        self._timers: list[Any] = []
        self._owed: dict[int, Callable[[], None]] = {}
        self._quiet_acts = 0
        self.facts: dict[str, Any] = {}

    # ------------------------------------------------------------------ the span of a case

    def begin(self, trace: Trace, judge: Judge) -> None:
        """Start a case: a fresh trace and judge, no declared answers, nothing in the inbox.

        A crash of the reader that no case has been told of yet is kept for this one.
        """
        between_cases()
        with self._changed:
            self._trace, self._judge, self._judged = trace, judge, 0
            self._inbox, self._overlays, self._sticky, self._optional = [], {}, {}, []
            self._window, self._window_pending, self._step = 0, True, None
            self._pending.clear()
            self.facts.clear()
            self._last_activity = self.clock.now()
            if self._crash_told:
                self._crash, self._crash_told = None, False

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is recorded or judged meanwhile: what the device sends waits. For as short as can be."""
        with self._changed:
            yield

    def end(self) -> None:
        """End a case: answers that are still due leave now; a device may wait with its next CALL until they come."""
        self._settle()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def open_step(self, number: int) -> None:
        """A step begins: its window opens at its first stimulus."""
        with self._changed:
            self._step = number
            self._window_pending = True

    def mark(self) -> None:
        """The next stimulus opens a new window (states use it between their own steps)."""
        with self._changed:
            self._window_pending = True

    def follow(self, answer: Response) -> None:
        """From now on only what came after this answer counts in the step: for what has to come after it."""
        with self._changed:
            self._window = answer._entry.index + 1
            self._window_pending = False

    @property
    def connected(self) -> bool:
        """Whether the device's connection is open now."""
        return any(wire.open for wire in self._wires)

    @property
    def certificates(self) -> Certificates:
        """Certificates of the lab's authority, for whoever installs, signs or renews them."""
        if self._certificates is None:
            self._certificates = Certificates(self, self.authority)
        return self._certificates

    _certificates: Certificates | None = None

    @property
    def shown(self) -> Mapping[str, Any]:
        """What the handshake of the open connection said of security: `tls_version`, `cipher`, `server_name`, `user`
        and the `length` of the password in bytes, `client_certificate`, `server_certificate`."""
        number = self._wire("").number
        with self._changed:
            opened = [one for one in self._trace.entries if one.kind == "open" and one.connection == number]
        return dict(opened[-1].data["security"]) if opened else facts_of(self._wire("").handshake)

    @property
    def wire_numbers(self) -> tuple[int, ...]:
        """The numbers of the open connections."""
        return tuple(wire.number for wire in self._wires if wire.open)

    # ------------------------------------------------------------------ the reader thread's side (link handler)

    def opened(self, connection: Any) -> None:
        """A connection is about to carry frames."""
        with self._guard():
            handshake = connection.handshake
            if self._keeps(connection):
                self._wires.append(connection)
            self._record(
                "open",
                connection=connection.number,
                sender=self.against,
                data={
                    "identity": handshake.identity,
                    "path": handshake.path,
                    "subprotocol": connection.subprotocol,
                    "offered": list(handshake.subprotocols),
                    "compressed": bool(getattr(connection, "compressed", False)),
                    "security": facts_of(handshake),
                    **({"deliberate": True} if self.deliberate_offer else {}),
                },
            )
            self._on_opened(connection)

    def received(self, connection: Any, data: str | bytes, at: float) -> None:
        """A message arrived: answer it first, judge it then, wake the case last."""
        # Every microsecond here delays the device: no context manager in Python, no condition where its lock will do.
        try:
            frame = self.parse(data)
            request: Request | None = None
            sent: Entry | None = None
            answer: Answer = None
            with self._lock:
                self._last_activity = at
                entry = self._trace.add("frame", at, sender=self.against, connection=connection.number, frame=frame)
                kind = frame.type
                if kind == frames.CALL or kind == frames.SEND:
                    if frame.id and frame.action:
                        request = Request(entry)
                    if kind == frames.CALL:
                        answer = self._answer_to(frame)
                        if type(answer) is dict or (answer is not None and not isinstance(answer, (Late, Verbatim))):
                            reply = self._reply_frame(frame, answer)
                            odd = {"knowingly": "a field is left out"} if isinstance(answer, _Lacking) else None
                            sent = self._sent(reply, connection, answers=entry.index, data=odd)
                            if request is not None:
                                request._reply = sent
                                self._on_answered(frame, reply)
                elif kind is not None:
                    self._correlate(frame, entry)
            if sent is not None:
                self._write(connection, sent)
            elif isinstance(answer, Verbatim):
                answer.deliver(self, connection, entry)
            with self._lock:
                if request is not None:
                    self._inbox.append(request)
                self._judge_all()
                if self._waiters:
                    self._changed.notify_all()
            if isinstance(answer, Late):
                assert request is not None
                self._later(connection, request, answer)
        except BaseException as error:
            self._store_crash(error)
            raise

    def control(self, connection: Any, kind: str, payload: bytes, at: float) -> None:
        """A ping or pong was seen."""
        with self._guard(), self._changed:
            self._trace.add(
                kind, at, sender=self.against, connection=connection.number, data={"payload": payload.hex()}
            )
            self._judge_all()
            if self._waiters:
                self._changed.notify_all()

    def closed(self, connection: Any, code: int | None, reason: str, at: float) -> None:
        """A connection ended."""
        with self._guard(), self._changed:
            if connection in self._wires:
                self._wires.remove(connection)
            self._last_activity = at
            self._trace.add(
                "close",
                at,
                sender=self.against,
                connection=connection.number,
                data={"code": code, "reason": reason},
            )
            self._judge_all()
            self._changed.notify_all()

    def refused(self, handshake: Any, status: int, reason: str, at: float) -> None:
        """A handshake was refused."""
        with self._guard(), self._changed:
            self._trace.add(
                "handshake",
                at,
                sender=self.against,
                data={"status": status, "reason": reason, "path": getattr(handshake, "path", "")},
            )
            self._judge_all()
            self._changed.notify_all()

    def broken(self, connection: Any, error: str, at: float) -> None:
        """The device violated the WebSocket protocol."""
        with self._guard(), self._changed:
            self._trace.add("note", at, sender=self.against, connection=connection.number, data={"broken": error})
            self._judge_all()
            self._changed.notify_all()

    def crashed(self, connection: Any, error: BaseException) -> None:
        """A handler of ours raised on the reader thread."""
        self._store_crash(error)

    def _keeps(self, connection: Any) -> bool:
        """Hook of the fakes: whether a new connection is to carry frames."""
        return True

    def _on_opened(self, connection: Any) -> None:
        """Hook of the fakes; the condition is not held."""

    def _on_answered(self, frame: Frame, reply: Frame) -> None:
        """Hook of the fakes: we are about to answer a CALL; the condition is held."""

    def _on_result(self, action: str, answer: Frame) -> None:
        """Hook of the fakes: a CALL of ours was answered; the condition is held."""

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._store_crash(error)
            raise

    def abandon(self, reason: str) -> None:
        """Have every wait of the running case end at once: the run is over."""
        self.abandoned = True
        self._store_crash(Abandoned(reason))

    def _store_crash(self, error: BaseException) -> None:
        with self._changed:
            self._crash = self._crash or error
            self._changed.notify_all()

    def _record(self, kind: str, **fields: Any) -> Entry:
        with self._changed:
            entry = self._trace.add(kind, self.clock.now(), **fields)
            self._last_activity = entry.at
            self._judge_all()
            self._changed.notify_all()
            return entry

    def _judge_all(self) -> None:
        """Hand every entry to the judge once, in the order of the trace (the condition is held)."""
        entries = self._trace.entries
        judge = self._judge
        while (judged := self._judged) < len(entries):
            self._judged = judged + 1
            if judge is not None:
                judge.observe(entries[judged])

    def _correlate(self, frame: Frame, entry: Entry) -> None:
        pending = self._pending.pop(frame.id, None)
        if pending is None:
            return
        frame.action = pending.action
        frame.request = pending.entry.frame
        entry.answers = pending.entry.index
        pending.answer = entry
        self._on_result(pending.action, frame)

    def _answer_to(self, frame: Frame) -> Answer:
        """The declared or computed answer to a CALL (the condition is held)."""
        payload = _payload(frame)
        # (To ask an abstract class takes longer than all the rest.)
        if not frame.id or not frame.action or (type(payload) is not dict and not isinstance(payload, Mapping)):
            return self._unreadable(frame)
        try:
            return self._declared_answer(frame, payload)
        except Malformed as error:
            return self._unreadable(frame, str(error))

    def _declared_answer(self, frame: Frame, payload: Payload) -> Answer:
        default = self._defaults.get(frame.action)
        queue = self._overlays.get(frame.action)
        declared = queue.pop(0) if queue else self._sticky.get(frame.action, _UNDECLARED)
        if declared is _UNDECLARED:
            if default is None:
                return CallError("NotImplemented", f"{frame.action} is not implemented")
            return default(self, payload)  # type: ignore[arg-type]  # a payload of the wire is a dict
        if callable(declared):
            declared = declared(Fields(payload))
        if declared is None or isinstance(declared, CallError | Verbatim):
            return declared
        if isinstance(declared, Late):
            return Late(declared.seconds, self._merged(default, payload, declared.payload))
        return self._merged(default, payload, declared)

    def _unreadable(self, frame: Frame, why: str = "this is no readable CALL") -> Answer:
        """What a CALL gets that can't be read as one: with an id, and in 2.x without (part 4, 4.2.3)."""
        if not frame.id and self.version.unreadable_id is None:
            return None
        codes = self.version.error_codes
        wanted = "RpcFrameworkError" if not frame.id else "FormatViolation"
        return CallError(wanted if wanted in codes else "FormationViolation", why)

    def _merged(self, default: Answerer | None, payload: Payload, fields: Payload) -> dict[str, Any]:
        base = default(self, payload) if default is not None else {}  # type: ignore[arg-type]  # as above
        merged = dict(base) if isinstance(base, Mapping) else {}
        for name, value in fields.items():
            if value is ...:
                merged.pop(name, None)
            else:
                merged[name] = plain(value)
        return _Lacking(merged) if ... in fields.values() else merged

    def _reply_frame(self, frame: Frame, answer: Mapping[str, Any] | CallError) -> Frame:
        if isinstance(answer, CallError):
            reply = frames.error(frame.id or self.version.unreadable_id or "", answer.code, answer.description)
        else:
            reply = frames.result(frame.id, answer)
        reply.action = frame.action
        reply.request = frame
        return reply

    def _later(self, connection: Wire, request: Request, delayed: Late) -> None:
        frame, arrived = request._entry.frame, request._entry.index
        assert frame is not None

        def answer_now() -> None:
            if self._owed.pop(id(request), None) is None or connection not in self._wires:
                return
            with self._guard():
                reply = self._reply_frame(frame, delayed.payload)
                with self._changed:
                    request._reply = self._sent(reply, connection, answers=arrived)
                    self._on_answered(frame, reply)
                    self._judge_all()
                    self._changed.notify_all()
                self._write(connection, request._reply)

        self._owed[id(request)] = answer_now
        self._timers.append(self.schedule(delayed.seconds, answer_now))

    def _settle(self) -> None:
        """Send the late answers that are still due."""
        for answer_now in list(self._owed.values()):
            answer_now()

    def _sent(
        self, frame: Frame, connection: Wire, answers: int | None = None, data: dict[str, Any] | None = None
    ) -> Entry:
        return self._trace.add(
            "frame",
            self.clock.now(),
            sender=self.plays,
            connection=connection.number,
            frame=frame,
            answers=answers,
            data=data,
        )

    def _write(self, connection: Wire, entry: Entry, fault: Any = None) -> None:
        """Have a frame of ours leave, struck by a `link.faults.Fault` if one is given.

        What keeps it from arriving once and whole is noted behind it in the trace.
        """
        frame = entry.frame
        assert frame is not None
        try:
            if fault is not None:
                connection.strike(frame.text, fault, partial(self._note_fate, connection, entry))
            elif getattr(connection, "faults", None) is not None:
                connection.send(frame.text, partial(self._note_fate, connection, entry))
            else:
                connection.send(frame.text)
        except LinkError as error:
            self._note_fate(connection, entry, "lost", unsent=str(error))

    def _note_fate(self, connection: Wire, entry: Entry, fate: str, **why: str) -> None:
        frame = entry.frame
        assert frame is not None
        data = {"fate": str(fate), **why, "frame": entry.index, "type": frame.type, "id": frame.id}
        with self._changed:
            self._trace.add("note", self.clock.now(), sender=self.plays, connection=connection.number, data=data)

    # ------------------------------------------------------------------ declaring answers

    def answer(self, action: str, *sequence: Any, **fields: Any) -> None:
        """Declare how CALLs of an action are answered from now on, in this case.

        Keyword fields overlay the computed default answer (`...` removes a field of it). Positional values are a
        sequence, used once each in order: a dict overlays the default, `call_error(...)` refuses, `late(...)` delays,
        None withholds, a function computes the answer from the request. After the sequence the defaults return.
        """
        self._known(action)
        with self._changed:
            if sequence:
                self._overlays[action] = list(sequence)
            if fields or not sequence:
                self._sticky[action] = fields

    def answer_always(self, action: str, answer: Any) -> None:
        """Declare one answer for every further CALL of an action: None withholds, `call_error(...)` refuses."""
        self._known(action)
        with self._changed:
            self._overlays.pop(action, None)
            self._sticky[action] = answer

    def forget_answers(self) -> None:
        """Back to the default answers; what is owed is answered."""
        self._settle()
        with self._changed:
            self._overlays.clear()
            self._sticky.clear()

    def _known(self, action: str) -> None:
        if action not in self.version.actions:
            raise ValueError(f"{action} is no action of OCPP {self.version.id}")

    # ------------------------------------------------------------------ acting

    def act(self, kind: str, name: str, args: Payload, *, stimulus: bool = True) -> Entry:
        """Note that the tester acts; the first stimulus of a step opens its window."""
        with self._changed:
            missing = _absent(args)
            if missing:
                raise self.failure(f"the device has said what our {name} needs as {missing}", "absent")
            if self._script is not None:
                self._script.act(kind, name, args)
            if stimulus and not self._quiet_acts and self._window_pending:
                self._window = len(self._trace.entries)
                self._window_pending = False
            data: dict[str, Any] = {"kind": kind, "name": name, "args": plain(dict(args))}
            if self._quiet_acts:
                data["quiet"] = True
            return self._record("act", data=data)

    @contextmanager
    def behind_the_scenes(self) -> Iterator[None]:
        """Acts inside are set-up or clean-up of the engine: no stimulus."""
        self._quiet_acts += 1
        try:
            yield
        finally:
            self._quiet_acts -= 1

    def send(self, action: str, /, **payload: Any) -> Response:
        """Send a CALL and return the device's CALLRESULT.

        A CALLERROR or silence for `timeouts.message` seconds fails the case.
        """
        answer = self.call(action, payload)
        if isinstance(answer, Refusal):
            raise self.failure(f"a CALLRESULT to {action}", repr(answer), entry=answer._entry, requirement="")
        return answer

    def send_refused(self, action: str, /, *codes: str, deliberate: str = "", **payload: Any) -> Refusal:
        """Send a CALL that the device has to refuse by a CALLERROR with one of `codes` (none given: any).

        `deliberate` says why a CALL of a known action breaks its schema on purpose; an unknown action is so by itself.
        """
        if action not in self.version.actions:
            deliberate = deliberate or "an action that nobody knows"
        answer = self.call(action, payload, deliberate=deliberate)
        if isinstance(answer, Response):
            raise self.failure(f"a CALLERROR to {action}", f"CALLRESULT {answer!r}", entry=answer._entry)
        if codes and answer.code not in codes:
            raise self.failure(f"CALLERROR {' or '.join(codes)} to {action}", repr(answer), entry=answer._entry)
        return answer

    def call(self, action: str, payload: Payload, *, deliberate: str = "") -> Response | Refusal:
        """Send a CALL and return whatever answers it; silence fails the case.

        `deliberate` says why a CALL breaks the schema on purpose, so that it is not taken for an error of ours.
        """
        pending = self.call_async(action, payload, deliberate=deliberate)
        return self.await_answer(pending)

    def call_async(
        self,
        action: str,
        payload: Payload,
        *,
        deliberate: str = "",
        knowingly: str = "",
        message_id: str = "",
        over: int | None = None,
        fault: Any = None,
    ) -> Pending:
        """Send a CALL without waiting; `await_answer` waits for what answers it.

        `knowingly` says what is odd about a CALL that counts all the same, as `deliberate` does for one that does not.
        `message_id`: that of a CALL of ours which this one repeats (a fresh one if not given); `over`: the number of
        the open connection to use (the newest if not given); `fault`: a `link.faults.Fault` that strikes it.
        """
        with self._changed:
            self._raise_crash()
            wire = self._wire(action, over)
            self.act("call", action, payload)
            self._ids += 1
            frame = frames.call(message_id or self._next_id(), action, plain(dict(payload)))
            why = {"deliberate": deliberate} if deliberate else {"knowingly": knowingly} if knowingly else None
            entry = self._sent(frame, wire, data=why)
            pending = Pending(action, entry, self.clock.now() + self.deadlines.message)
            self._pending[frame.id] = pending
            self._judge_all()
        self._write(wire, entry, fault)
        return pending

    def await_answer(self, pending: Pending) -> Response | Refusal:
        """The device's answer to a CALL sent before; silence fails the case."""
        if not self.wait(
            lambda: pending.answer is not None, until=pending.deadline, what=f"an answer to {pending.action}"
        ):
            raise self.failure(
                f"an answer to {pending.action} within {self.deadlines.message:g} s",
                "no answer" if self.connected else "no answer: the connection is closed",
                entry=pending.entry,
            )
        answer = pending.answer
        assert answer is not None
        frame = answer.frame
        return Response(answer) if frame is not None and frame.type == frames.CALLRESULT else Refusal(answer)

    def _next_id(self) -> str:
        import uuid

        return str(uuid.uuid4())

    def _wire(self, why: str, number: int | None = None) -> Wire:
        for wire in reversed(self._wires):
            if wire.open and number in (None, wire.number):
                return wire
        raise self.failure(f"an open connection to send {why}", "the device is not connected")

    # ------------------------------------------------------------------ waiting

    def wait(
        self, ready: Callable[[], bool], *, within: float | None = None, until: float | None = None, what: str = ""
    ) -> bool:
        """Wait until `ready()` (called with the peer's lock held) or the deadline; raises what the reader raised.

        `what` names for the user what is waited for; no values of the description belong in it.
        """
        with self._changed:
            self._raise_crash()
            deadline = until if until is not None else self.clock.now() + float(within or 0.0)
            self._waiters += 1
            before, self._waiting = self._waiting, (what, self.clock.now(), deadline)
            try:
                met = self.clock.wait(self._changed, lambda: self._crash is not None or ready(), deadline)
            finally:
                self._waiters -= 1
                self._waiting = before
            self._raise_crash()
            return met

    def waits(self) -> tuple[str, float, float] | None:
        """What is waited for now ("" if it has no name), since how many seconds, of how many; None when nothing is."""
        waiting = self._waiting
        if waiting is None:
            return None
        what, since, deadline = waiting
        return what, max(0.0, self.clock.now() - since), max(0.0, deadline - since)

    def last_status(self, place: tuple[int, int]) -> str:
        """The status of an EVSE's connector that the device reported last in this case; "" for none."""
        return ""

    def drain(self, quiet: float | None = None, limit: float | None = None) -> None:
        """Wait until nothing has come for `quiet` seconds, at most `limit` seconds."""
        quiet = self.deadlines.quiet if quiet is None else quiet
        end = self.clock.now() + (limit if limit is not None else max(20 * quiet, self.deadlines.message))
        while True:
            idle_at = self._last_activity + quiet
            if self.clock.now() >= min(idle_at, end):
                return
            self.wait(lambda: False, until=min(idle_at, end), what="silence")

    def check(self) -> None:
        """Raise what the reader raised, if it did."""
        with self._changed:
            self._raise_crash()

    def _raise_crash(self) -> None:
        if self._crash is not None:
            self._crash_told = True
            if isinstance(self._crash, Abandoned):
                raise self._crash
            raise PeerCrashed(f"{type(self._crash).__name__} in this suite's reader: {self._crash}") from self._crash

    # ------------------------------------------------------------------ expecting

    def expect(
        self,
        action: str,
        /,
        *,
        within: float | None = None,
        after: Request | None = None,
        requirement: str = "",
        **match: Any,
    ) -> Request:
        """Wait for a CALL of the device in this step's window, consume and return it.

        Deadline: `within` seconds from now, or `timeouts.message`. With `after`, one that came before that request
        does not count. Raises ExpectationFailed: FAIL.
        """
        self._known(action)
        seconds = self.deadlines.message if within is None else within
        found: list[Request] = []

        def ready() -> bool:
            request = self._find(action, match, after)
            if request is not None:
                found.append(request)
            return bool(found)

        if not self.wait(ready, within=seconds, what=action):
            raise self._missed([(action, match)], seconds, requirement, after)
        self._consume(found[0])
        return found[0]

    def expect_one_of(
        self, *alternatives: str | tuple[str, Payload], within: float | None = None, requirement: str = ""
    ) -> Request:
        """Wait for any of several CALLs: an action, or (action, {fields}); consume and return the first."""
        wanted = [(one, {}) if isinstance(one, str) else one for one in alternatives]
        for action, _ in wanted:
            self._known(action)
        seconds = self.deadlines.message if within is None else within
        found: list[Request] = []

        def ready() -> bool:
            for action, match in wanted:
                request = self._find(action, match)
                if request is not None:
                    found.append(request)
                    return True
            return False

        if not self.wait(ready, within=seconds):
            raise self._missed(wanted, seconds, requirement)
        self._consume(found[0])
        return found[0]

    def expect_optional(self, action: str, /, **match: Any) -> OptionalRequest:
        """Declare a CALL that may come; settled, without waiting, by the next mandatory expectation."""
        self._known(action)
        optional = OptionalRequest(action, match)
        with self._changed:
            self._optional.append(optional)
        return optional

    def expect_nothing(self, action: str, /, *, within: float, requirement: str = "", **match: Any) -> None:
        """Wait `within` seconds; a matching CALL in this step's window fails the case."""
        self._known(action)
        if self.wait(lambda: self._find(action, match) is not None, within=within, what=f"{action} to stay away"):
            request = self._find(action, match)
            assert request is not None
            raise self.failure(
                f"no {_wanted(action, match)} for {within:g} s",
                f"{action} {request!r}",
                entry=request._entry,
                requirement=requirement,
            )

    def expect_closed(self, *, within: float | None = None, requirement: str = "") -> None:
        """Wait until the device has no open connection to us."""
        seconds = self.deadlines.reset if within is None else within
        if not self.wait(lambda: not self.connected, within=seconds, what="the end of the connection"):
            raise self.failure("the connection ends", f"still open after {seconds:g} s", requirement=requirement)

    def seen(self, action: str, /, **match: Any) -> list[Request]:
        """Every CALL of the case so far that matches, consumed or not, without waiting."""
        self._known(action)
        with self._changed:
            return [one for one in self._inbox if one._action == action and matches(one._payload, match)]

    def time_between(self, earlier: Request, later: Request) -> float:
        """Seconds between the arrivals of two CALLs of the device."""
        return later._entry.at - earlier._entry.at

    def seen_in_step(self, action: str, /, **match: Any) -> list[Request]:
        """Every CALL in this step's window that matches, consumed or not, without waiting."""
        return [one for one in self.seen(action, **match) if one._entry.index >= self._window]

    def _find(self, action: str, match: Payload, after: Request | None = None) -> Request | None:
        first = max(self._window, after._entry.index + 1 if after is not None else 0)
        for request in self._inbox:
            if (
                not request._consumed
                and request._action == action
                and request._entry.index >= first
                and matches(request._payload, match)
            ):
                return request
        return None

    def _consume(self, request: Request) -> None:
        with self._changed:
            request._consumed = True
            for optional in self._optional:
                found = self._find(optional.action, optional.match)
                if found is not None:
                    found._consumed = True
                    optional.request = found
            self._optional.clear()

    def _missed(
        self, wanted: list[tuple[str, Any]], seconds: float, requirement: str, after: Request | None = None
    ) -> ExpectationFailed:
        near: list[str] = []
        entry: Entry | None = None
        pointer = ""
        with self._changed:
            for request in self._inbox:
                if request._entry.index < self._window or request._consumed:
                    continue
                for difference, words in self._differences(request, wanted, after):
                    entry, pointer = request._entry, difference
                    near.append(f"{request._action} (frame {entry.index}) {words}")
        expected = " or ".join(_wanted(action, match) for action, match in wanted)
        actual = "; ".join(near[-3:]) or (
            "no such message" if self.connected else "no such message: the device is not connected"
        )
        return self.failure(
            f"{expected} within {seconds:g} s", actual, entry=entry, pointer=pointer, requirement=requirement
        )

    def _differences(
        self, request: Request, wanted: list[tuple[str, Any]], after: Request | None
    ) -> Iterator[tuple[str, str]]:
        """Why a request of a wanted action was not taken: pointer, and the reason in words."""
        for action, match in wanted:
            if action != request._action:
                continue
            found = mismatch(request._payload, match)
            if found:
                yield found[0], f"with {found[0]} {found[2]} instead of {found[1]}"
            elif after is not None:
                yield "", f"before frame {after._entry.index}"

    # ---------------------------------------------------------------- servers beside the connection

    lab: Any = None
    """The description of the device (`dut`) and who touches it (`operator`); None outside a lab."""
    file_service: FileService | None = None
    """Where servers of files and of certificates' statuses come from, None where there are none."""

    @cached_property
    def servers(self) -> list[Files]:
        """The servers that are open now for the device, the first one first."""
        return []

    def transferred(self, data: Mapping[str, Any]) -> None:
        """The servers' own: the device has asked for something or brought it (`Transfer.to_data`)."""
        with self._guard(), self._changed:
            entry = self._record("transfer", sender=self.against, data=dict(data))
            if data["server"] < len(self.servers):
                self.servers[data["server"]].took(Transfer.of(entry))

    # ---------------------------------------------------------------- failing

    def failure(
        self, expected: str, actual: str, *, entry: Entry | None = None, pointer: str = "", requirement: str = ""
    ) -> ExpectationFailed:
        """The exception that fails the case with a finding of what was expected, what came and where."""
        return ExpectationFailed(
            Finding(
                rule="expect",
                severity=Severity.MUST,
                expected=expected,
                actual=actual,
                requirement=requirement,
                frame=entry.index if entry else None,
                pointer=pointer,
                step=self._step,
            )
        )

    # ------------------------------------------------------------------ time

    def utcnow(self) -> datetime:
        """Our clock, UTC."""
        with self._changed:
            return self._trace.utc(self.clock.now())

    def timestamp(self, seconds: float = 0.0) -> str:
        """Our clock, `seconds` from now, as we write times: UTC, three decimals, Z."""
        moment = self.utcnow() + timedelta(seconds=seconds)
        return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"

    def seconds_since(self, timestamp: Any) -> float:
        """How long ago the device says that something was, by our clock; infinity for what is no time."""
        moment = parse_datetime(timestamp) if isinstance(timestamp, str) else None
        return float("inf") if moment is None else (self.utcnow() - moment).total_seconds()

    @property
    def trace(self) -> Trace:
        """The record of the running case."""
        return self._trace


def _start_timer(seconds: float, function: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
    return timer


def _payload(frame: Frame | None) -> Any:
    """The payload of a frame; null stands for no fields, as the framework allows (1.6J 4.2.1, 2.x part 4 4.1.5)."""
    if frame is None:
        return {}
    if frame.payload is None and any(problem.code == "payload-null" for problem in frame.problems):
        return {}
    return frame.payload


def _absent(value: Any, pointer: str = "") -> str:
    """The pointer of the first value that a case took from the device and the device had not given, or ""."""
    if value is ABSENT:
        return pointer
    members: Any = ()
    if isinstance(value, Mapping):
        members = value.items()
    elif isinstance(value, (list, tuple)):
        members = enumerate(value)
    for key, item in members:
        if type(item) is not str and (found := _absent(item, f"{pointer}/{key}")):
            return found
    return ""


def _wanted(action: str, match: Payload) -> str:
    if not match:
        return action
    return f"{action} with " + ", ".join(f"{name} {shown(value)}" for name, value in match.items())


def require(condition: object, reason: str) -> None:
    """Break the case off as INCONCLUSIVE when a precondition does not hold."""
    if not condition:
        raise Inconclusive(reason)
