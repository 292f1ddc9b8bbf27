"""Where examples are played: one device, one fake, one act after another, and what the device did about it.

The acts' verbs are registered here and in the `verbs_*` modules of this package; `acts` has a constructor for each.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from conformance.cases.bench import Bench
from conformance.fuzz.example import TOKEN_NAMES, Act, Allowed, Text, filled, frozen, text_bytes
from conformance.ocppj import frames
from conformance.ocppj.frames import Frame
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.trace import Entry
from conformance.ocppj.versions import Version
from conformance.peers.injection import Messages, inject
from conformance.peers.outcome import ExpectationFailed, Inconclusive
from conformance.peers.peer import CallError, Pending, Refusal

IN_HAND = 0.1
"""Seconds that a device may take longer for the answer to a CALL than for that to a later sign of life."""

Verb = Callable[..., None]
VERBS: dict[str, Verb] = {}


def verb(name: str) -> Callable[[Verb], Verb]:
    """Register what the acts of that name do; it is called with the stage and the act's arguments."""

    def register(function: Verb) -> Verb:
        if name in VERBS:
            raise ValueError(f"the act {name!r} is defined twice")
        VERBS[name] = function
        return function

    return register


def load_verbs() -> None:
    """Import every module of this package whose name begins with `verbs_`."""
    package = import_module("conformance.fuzz")
    for module in iter_modules(package.__path__):
        if module.name.startswith("verbs_"):
            import_module(f"conformance.fuzz.{module.name}")


@dataclass(frozen=True, slots=True)
class Target:
    """What is attacked, as generators need to know it.

    `role` is the device's, `plays` ours. `hazardous`: legal CALLs may be drawn that a device needs a visit to recover
    from. `avoid`: actions that no random example may use.
    """

    version: Version
    role: str
    plays: str
    schemas: SchemaStore
    dut: Any
    level: str = "default"
    hazardous: bool = False
    avoid: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a device did about an input.

    `kind`: "result", "error", "silence", "closed" (by a close frame), "lost" (TCP ended), "handshake" (what became of
    an opening handshake), "none" (nothing was there to react to). `code`: of a CALLERROR, as it was spelt; of a
    handshake, a name out of `Allowed.handshake`. `close_code`: of a close frame. `entry`: where it stands in the trace.
    """

    kind: str
    text: str = ""
    code: Any = None
    close_code: int | None = None
    frame: Frame | None = None
    entry: int | None = None

    def __str__(self) -> str:
        return {
            "result": f"CALLRESULT {self.text}".strip(),
            "error": f"CALLERROR {self.code} {self.text}".strip(),
            "closed": f"closed with {self.close_code}" + (f" {self.text}" if self.text else ""),
            "lost": "ended TCP without a close frame",
            "handshake": self.text,
        }.get(self.kind, self.kind)


@dataclass(slots=True)
class Provocation:
    """The act that the reaction is about: where it stands, on which connection, and what waits for an answer."""

    entry: int
    connection: int
    pending: Pending | None = None


class _Fill(Mapping[str, str]):
    """The values of placeholders at this moment."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def __getitem__(self, name: str) -> str:
        return _VALUES[name](self._stage)

    def __iter__(self) -> Iterator[str]:
        return iter(_VALUES)

    def __len__(self) -> int:
        return len(_VALUES)


class Stage:
    """One device while examples are played on it; lives as long as the case."""

    def __init__(self, bench: Bench, target: Target, *, live: Any = None) -> None:
        """`live`: the bench on real sockets (LiveBench), for acts that dial or listen; None in a replay in process."""
        load_verbs()
        self.bench = bench
        self.target = target
        self.live = live
        self.facts: dict[str, Any] = {}
        """What verbs and oracles of one example tell each other; empty at its begin."""
        self.lasting: dict[str, Any] = {}
        """What they tell the next examples of the case."""
        self.patience: float | None = None
        """Seconds to wait for an answer that is due; None: the description's message timeout."""
        self.last: Provocation | None = None
        self.reacted: Reaction | None = None
        """The reaction, where the act itself saw it."""
        self.began = 0
        self._ids: dict[str, str] = {}
        self._probed = ""
        self._used = ""

    # ------------------------------------------------------------------ what acts use

    @property
    def peer(self) -> Any:
        """The fake that plays against the device."""
        return self.bench.peer

    @property
    def operator(self) -> Any:
        """The operator's hands."""
        return self.bench.hands

    @property
    def dut(self) -> Any:
        """The description, as the version sees it."""
        return self.bench.dut

    @property
    def entries(self) -> list[Entry]:
        """What has happened since the example began."""
        entries: list[Entry] = self.peer.trace.entries
        return entries[self.began :]

    def begin(self) -> None:
        """An example begins."""
        self.last = None
        self.reacted = None
        self.facts = {}
        self.began = len(self.peer.trace.entries)
        self._ids = {}

    def end(self) -> None:
        """An example is over: our end of the link is honest again."""
        for wire in self.peer._wires:
            wire.faults, wire.auto_pong = None, True

    def do(self, act: Act) -> None:
        """Do one act. Raises what a case's body could raise: ExpectationFailed, Inconclusive."""
        VERBS[act.verb](self, **act.args)

    def bytes_of(self, text: Any) -> bytes:
        """The bytes of a text, with its placeholders filled."""
        whole: Text = frozen(text)
        if any("{{" in segment[0] if isinstance(segment, tuple) else "{{" in segment for segment in whole):
            return text_bytes(whole, self.fill())
        return text_bytes(whole)

    def filled(self, value: Any) -> Any:
        """A JSON value whose texts have their placeholders filled; one that is nothing but {{transaction}} becomes
        the value itself."""
        if isinstance(value, str):
            if value == "{{transaction}}":
                return self.transaction()
            return filled(value, self.fill())
        if isinstance(value, list | tuple):
            return [self.filled(item) for item in value]
        if isinstance(value, Mapping):
            return {name: self.filled(item) for name, item in value.items()}
        return value

    def fill(self) -> Mapping[str, str]:
        """Values of this moment for the placeholders, each worked out when it is asked for."""
        return _Fill(self)

    def transaction(self) -> Any:
        """The id of a transaction that runs on the device under test or on our fake station; None when none does."""
        from conformance.cases.bench import stop_calls

        running = stop_calls(self.peer)
        if running:
            return running[-1][1]["transactionId"]
        if self.peer.plays == "CS":
            return next(
                (one.id for one in self.peer.open_transactions()),
                next(iter(self.peer.facts.get("running", {}).values()), None),
            )
        return None

    def _host(self) -> tuple[str, int]:
        """An address of ours at which nothing listens, until a service says otherwise."""
        return self.facts.get("host") or ("127.0.0.1", 9)

    def _theirs(self) -> str:
        for entry in reversed(self.peer.trace.entries):
            if entry.frame is not None and entry.sender == self.peer.against and entry.frame.type == frames.CALL:
                return str(entry.frame.id)
        return ""

    def provoked(self, entry: Entry, pending: Pending | None = None) -> None:
        """Say that the example's reaction is what follows this entry of the trace."""
        self.last = Provocation(entry.index, entry.connection, pending)

    def send(self, data: bytes, *, binary: bool = False, why: str = "") -> None:
        """Send one message of any bytes: the reaction is what follows it."""
        entry, pending = inject(self.peer, data, why=why or "a negative test", binary=binary)
        self.provoked(entry, pending)
        if pending is not None:
            self._used = ""

    # ------------------------------------------------------------------ what the device did

    def reaction(self, allowed: Allowed) -> Reaction:
        """Wait for what the device does about the last provoking act.

        Where silence is allowed a liveness probe is sent at once: what has not come before its answer will not come,
        but for the answer to a CALL, which a device that serves several at once may have in hand.
        """
        last = self.last
        if self.reacted is not None or last is None:
            return self.reacted or Reaction("none")
        if not allowed.silence:
            due = self.patience if self.patience is not None else self.peer.deadlines.message
            found = self._wait(last, due)
            if found is not None:
                return found
        if self.peer.connected:
            self.probe()
        found = self._found(last)
        if found is None and allowed.silence and last.pending is not None and self.peer.connected:
            found = self._wait(last, min(IN_HAND, self.peer.deadlines.message))
        return found or Reaction("silence")

    def _wait(self, last: Provocation, seconds: float) -> Reaction | None:
        found: list[Reaction] = []
        seen = [last.entry + 1]

        def ready() -> bool:
            reaction = self._found(last, seen[0])
            seen[0] = len(self.peer.trace.entries)
            if reaction is not None:
                found.append(reaction)
            return bool(found)

        self.peer.wait(ready, within=seconds)
        return found[0] if found else None

    def _found(self, last: Provocation, first: int = 0) -> Reaction | None:
        entries = self.peer.trace.entries
        for entry in entries[max(first, last.entry + 1) :]:
            if entry.kind == "close" and entry.connection == last.connection:
                return _closing(entry)
            if entry.frame is None or entry.sender != self.peer.against:
                continue
            if entry.frame.type in (frames.CALL, frames.SEND):
                continue
            if entry.answers in (last.entry, None):
                return _answer(entry)
        return None

    def probe(self) -> bool:
        """Ask for a sign of life on the open connection; whether it came within the message timeout."""
        peer = self.peer
        action, payload = self.bench.sign_of_life()
        last = self.last
        waiting = last is not None and self._found(last) is None
        try:
            with peer.behind_the_scenes():
                pending = peer.call_async(action, payload, deliberate="a fence" if waiting else "")
                self._probed = str(pending.entry.frame.id)
                return bool(
                    peer.wait(lambda: pending.answer is not None or not peer.connected, until=pending.deadline)
                    and pending.answer is not None
                )
        except ExpectationFailed:
            return False

    def calls_meanwhile(self) -> Iterator[Entry]:
        """The CALLs of the device since the example began."""
        for entry in self.entries:
            if entry.frame is not None and entry.sender == self.peer.against and entry.frame.type == frames.CALL:
                yield entry


def _fresh(name: str) -> Callable[[Stage], str]:
    return lambda stage: stage._ids.setdefault(name, str(uuid.uuid4()))


def _token(name: str) -> Callable[[Stage], str]:
    def value(stage: Stage) -> str:
        given = stage.dut.tokens.given()
        return str(given[name].idToken) if name in given else "TOKEN"

    return value


_VALUES: Mapping[str, Callable[[Stage], str]] = {
    "{{id}}": _fresh("id"),
    "{{id2}}": _fresh("id2"),
    "{{used}}": lambda stage: stage._used or stage._probed,
    "{{theirs}}": lambda stage: stage._theirs(),
    "{{probe}}": lambda stage: stage._probed,
    "{{now}}": lambda stage: str(stage.peer.timestamp()),
    "{{identity}}": lambda stage: str(stage.dut.identity),
    "{{token}}": _token("valid"),
    **{f"{{{{token {name}}}}}": _token(name) for name in TOKEN_NAMES},
    "{{transaction}}": lambda stage: _json(stage.transaction()),
    "{{host}}": lambda stage: ":".join(map(str, stage._host())),
}
"""How each placeholder of `example.PLACEHOLDERS` gets its value."""


def _json(value: Any) -> str:
    return "null" if value is None else f'"{value}"' if isinstance(value, str) else str(value)


def _closing(entry: Entry) -> Reaction:
    code = entry.data.get("code")
    reason = str(entry.data.get("reason") or "")
    return Reaction("lost" if code is None else "closed", reason, close_code=code, entry=entry.index)


def _answer(entry: Entry) -> Reaction:
    frame = entry.frame
    assert frame is not None
    if frame.type == frames.CALLERROR:
        text = str(frame.error_description or "")[:200]
        return Reaction("error", text, code=frame.error_code, frame=frame, entry=entry.index)
    if frame.type == frames.CALLRESULT:
        payload = frame.text.partition(",")[2].partition(",")[2].removesuffix("]")
        return Reaction("result", payload[:200], frame=frame, entry=entry.index)
    return Reaction("error", frame.text[:200], code=frame.type_name, frame=frame, entry=entry.index)


# ---------------------------------------------------------------------- the verbs of messages and of the operator


@verb("send")
def _send(stage: Stage, text: Any) -> None:
    stage.send(stage.bytes_of(text))


@verb("send_binary")
def _send_binary(stage: Stage, text: Any) -> None:
    stage.send(stage.bytes_of(text), binary=True)


@verb("call")
def _call(stage: Stage, action: str, payload: dict[str, Any]) -> None:
    answer = stage.peer.call(action, stage.filled(payload))
    stage._used = answer._entry.frame.id
    if isinstance(answer, Refusal):
        stage.facts.setdefault("refusals", []).append(answer)


@verb("answer")
def _answer_with(stage: Stage, action: str, texts: list[Any]) -> None:
    def made(id: str) -> list[bytes]:
        values = {**stage.fill(), "{{theirs}}": id}
        return [text_bytes(frozen(text) if not isinstance(text, str) else (text,), values) for text in texts]

    stage.peer.answer(action, Messages(made, stage.provoked))


@verb("answer_fields")
def _answer_fields(stage: Stage, action: str, fields: dict[str, Any]) -> None:
    stage.peer.answer(action, **stage.filled(fields))


@verb("refuse")
def _refuse(stage: Stage, action: str, code: str, description: str) -> None:
    stage.peer.answer_always(action, CallError(code, description))


@verb("operate")
def _operate(stage: Stage, verb: str, args: dict[str, Any]) -> None:
    if verb == "csms_sends":
        given = dict(stage.filled(args))
        stage.operator.csms_sends(given.pop("action"), **given)
        return
    getattr(stage.operator, verb)(**stage.filled(args))


@verb("reach")
def _reach(stage: Stage, state: str, options: dict[str, Any]) -> None:
    stage.peer.reach(state, **options)


@verb("cut")
def _cut(stage: Stage) -> None:
    _end(stage, "drop")


@verb("reset")
def _reset(stage: Stage) -> None:
    _end(stage, "abort")


@verb("close")
def _close(stage: Stage, code: int) -> None:
    _end(stage, "close", code)


def _end(stage: Stage, how: str, *args: Any) -> None:
    peer = stage.peer
    peer.act("link", how, {})
    for wire in list(peer._wires):
        getattr(wire, how)(*args)
    peer.wait(lambda: not peer.connected, within=peer.deadlines.message)


@verb("faults")
def _faults(stage: Stage, faults: list[dict[str, Any]]) -> None:
    from conformance.link.faults import Fault, FaultKind, FaultPlan

    plan = FaultPlan(tuple(Fault(**{**one, "kind": FaultKind(one["kind"])}) for one in faults))
    # What we write from here on need not arrive: who judges the trace has to know.
    stage.peer.act("link", "faults", {"faults": faults}, stimulus=False)
    for wire in stage.peer._wires:
        wire.faults = plan


@verb("reconnect")
def _reconnect(stage: Stage) -> None:
    if stage.peer.connected and stage.peer.accepted:
        return
    try:
        stage.bench.ready()
    except Inconclusive as gone:
        raise stage.peer.failure("the device is connected again", str(gone)) from gone
