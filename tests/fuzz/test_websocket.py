"""Every example of WebSocket, judged by an implementation of the RFCs that is not ours: what it does is allowed."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from conformance.fuzz import acts
from conformance.fuzz.corpus import Saved, from_json, to_json
from conformance.fuzz.example import Allowed, Example, frozen, text_bytes
from conformance.fuzz.oracles import ORACLES
from conformance.fuzz.printing import case_source
from conformance.fuzz.stage import VERBS, Provocation, load_verbs
from conformance.fuzz.websocket import frame_sequences, websocket_examples
from conformance.ocppj.versions import VERSIONS

load_verbs()
ID = "3f0e8a1c-6a0e-4c55-9b3a-4f0d5a1b2c3d"
MAX_SIZE = 1 << 22
TARGETS = [
    SimpleNamespace(version=version, role=role, plays="CS" if role == "CSMS" else "CSMS")
    for version in (VERSIONS["1.6"], VERSIONS["2.1"])
    for role in ("CS", "CSMS")
]
EVERY = [(target, example) for target in TARGETS for example in websocket_examples(target)]
WRITING = {"frames", "send_fragments", "raw"}
BUILT = [one for one in EVERY if all(act.verb in WRITING | {"agree", "watch", "cut"} for act in one[1].acts)]


def name_of(one: tuple[Any, Example]) -> str:
    target, example = one
    return f"{target.version.id}-{target.role}-{example.name}"


class Wire:
    """Where a stage writes; takes what it writes."""

    number = 1
    compresses = True

    def __init__(self) -> None:
        self.data = b""

    def send_raw(self, data: bytes) -> None:
        self.data += data

    close_with = send_raw


class BareStage:
    """As much of a stage as the acts of frames need."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.facts: dict[str, Any] = {}
        self.wire = Wire()
        self.last: Provocation | None = None
        self.peer = SimpleNamespace(
            plays=target.plays, _wire=lambda why: self.wire, act=lambda *given, **more: SimpleNamespace(index=0)
        )
        self.sent: list[bytes] = []

    def bytes_of(self, text: Any) -> bytes:
        return text_bytes(frozen(text), {"{{id}}": ID})

    def provoked(self, entry: Any, pending: Any = None) -> None:
        pass


@pytest.fixture
def built(monkeypatch):
    """Runs the acts of an example up to the bytes: (bytes, whole messages that we know to have sent)."""

    def build(target: Any, example: Example) -> tuple[bytes, list[bytes]]:
        stage = BareStage(target)

        def inject(peer: Any, data: bytes, *, why: str, deliver: Any) -> tuple[Any, Any]:
            stage.sent.append(data)
            deliver(stage.wire)
            return SimpleNamespace(index=0), None

        monkeypatch.setattr("conformance.fuzz.verbs_link.inject", inject)
        for act in example.acts:
            if act.verb in WRITING:
                VERBS[act.verb](stage, **act.args)
        return stage.wire.data, stage.sent

    return build


def receiver(target: Any, compressed: bool) -> Protocol:
    """The device's end of an open connection."""
    made: Protocol
    if target.role == "CSMS":
        made = ServerProtocol(state=State.OPEN, max_size=MAX_SIZE)
    else:
        made = ClientProtocol(parse_uri("ws://x/y"), state=State.OPEN, max_size=MAX_SIZE)
    if compressed:
        made.extensions = [PerMessageDeflate(False, False, 15, 15)]
    return made


class Received:
    """What an implementation of the RFCs makes of bytes."""

    def __init__(self, target: Any, data: bytes, compressed: bool) -> None:
        protocol = receiver(target, compressed)
        protocol.receive_data(data)
        self.messages: list[str] = []
        self.pings: list[bytes] = []
        self.failed = protocol.close_sent.code if protocol.parser_exc is not None and protocol.close_sent else None
        self.closed = protocol.close_rcvd is not None
        self.waits = False
        parts: list[bytes] = []
        for frame in protocol.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode is Opcode.PING:
                self.pings.append(bytes(frame.data))
            if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                continue
            parts.append(bytes(frame.data))
            if frame.fin and self.failed != 1007:
                try:
                    self.messages.append(b"".join(parts).decode())
                except UnicodeDecodeError:
                    self.failed = 1007
                parts = []


def judged(example: Example, received: Received) -> str:
    """What would count as the reaction, and whether it is allowed: "" if so, else what is wrong."""
    allowed = example.allowed
    if received.failed is not None:
        fits = not allowed.close_codes or received.failed in allowed.close_codes
        return "" if allowed.close and fits else f"failed with {received.failed}"
    if received.closed:
        return "" if allowed.close else "closed"
    if received.messages:
        calls = [json.loads(one) for one in received.messages if one.startswith("[2,")]
        if not calls:
            return "" if allowed.silence and "*" in allowed.codes else "taken"
        return "" if allowed.result and [one[1] for one in calls] == [ID] else "taken"
    ends = any(act.verb == "cut" for act in example.acts)
    return "" if allowed.silence or ends else "nothing happened"


@pytest.mark.parametrize("one", BUILT, ids=name_of)
def test_what_a_correct_implementation_does_is_allowed(one: tuple[Any, Example], built: Any) -> None:
    target, example = one
    data, sent = built(target, example)
    agreed = next((act.args["compression"] for act in example.acts if act.verb == "agree"), False)
    received = Received(target, data, agreed)
    assert not judged(example, received), received.__dict__
    if "pong" in example.oracles:
        assert received.pings
    if received.messages and example.allowed.result:
        assert [one.encode() for one in received.messages] == sent


@pytest.mark.parametrize("one", [one for one in BUILT if one[1].allowed.close], ids=name_of)
def test_what_has_to_be_refused_is_refused(one: tuple[Any, Example], built: Any) -> None:
    """Otherwise an example that says it breaks something breaks nothing."""
    target, example = one
    if example.allowed.result or example.allowed.silence or any(act.verb == "cut" for act in example.acts):
        return
    data, _ = built(target, example)
    agreed = next((act.args["compression"] for act in example.acts if act.verb == "agree"), False)
    received = Received(target, data, agreed)
    assert received.failed is not None or received.closed


@pytest.mark.parametrize("target", TARGETS, ids=lambda one: f"{one.version.id}-{one.role}")
def test_examples_are_distinct_and_can_be_kept(target: Any) -> None:
    examples = list(websocket_examples(target))
    assert len(examples) > 85
    assert len({one.name for one in examples}) == len(examples)
    assert len(set(examples)) == len(examples)
    for example in examples:
        saved = Saved("OC_FZ_05_CS", target.version.id, target.role, example)
        assert from_json(json.loads(json.dumps(to_json(saved)))) == saved
        assert len(json.dumps(to_json(saved))) < 3000, example.name
        assert example.allowed.source and example.constraint and example.breaks
        assert set(example.oracles) <= set(ORACLES)


@pytest.mark.parametrize("target", TARGETS[:2], ids=lambda one: one.role)
def test_printed_cases_do_the_same(target: Any) -> None:
    for example in websocket_examples(target):
        played: list[Any] = []
        source = case_source(Saved("OC_FZ_05_CS", target.version.id, target.role, example))
        body = source.partition("fuzz.check(")[2]
        fuzz = SimpleNamespace(check=lambda *given, into=played, **more: into.extend(given))
        exec("fuzz.check(" + _dedented(body), {**vars(acts), "fuzz": fuzz, "Allowed": Allowed})
        assert tuple(played) == example.acts


def _dedented(body: str) -> str:
    return "\n".join(line.strip() for line in body.splitlines())


@pytest.mark.parametrize("target", [TARGETS[0], TARGETS[3]], ids=lambda one: f"{one.version.id}-{one.role}")
def test_random_sequences_are_what_they_say(target: Any, built: Any) -> None:
    seen = {"taken": 0, "failed": 0}

    @settings(max_examples=150, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(frame_sequences(target))
    def check(example: Example) -> None:
        data, _ = built(target, example)
        received = Received(target, data, compressed=False)
        assert not judged(example, received), received.__dict__
        seen["failed" if received.failed else "taken"] += 1

    check()
    assert seen["taken"] > 20 and seen["failed"] > 20
