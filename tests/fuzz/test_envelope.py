"""The wrong envelopes: each is wrong as it says, by the strict parser too, and nothing else is wrong with it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.fuzz import envelope, framework
from conformance.fuzz.envelope import broken_envelopes, play_wrong_answers, wrong_answers
from conformance.fuzz.example import Example, frozen, segments, text_bytes
from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS, Version

SCHEMAS = SchemaStore()
FILL = {
    "{{id}}": "3f0e8a1c-6a0e-4c55-9b3a-4f0d5a1b2c3d",
    "{{id2}}": "9b1c6c1a-90ff-4bd1-8f0b-0c1d2e3f4a5b",
    "{{theirs}}": "theirs-1",
    "{{used}}": "used-1",
    "{{now}}": "2026-01-31T12:00:00.000Z",
}
DEVICES = [
    pytest.param(SimpleNamespace(version=version, role=role), id=f"{version.id}-{role}")
    for version in VERSIONS.values()
    for role in ("CS", "CSMS")
]


def sent(example: Example) -> str:
    """The last message of an example, filled."""
    text = next(act.args["text"] for act in reversed(example.acts) if act.verb == "send")
    return text_bytes(frozen(text), FILL).decode()


def answers(example: Example) -> list[str]:
    """The messages that answer the device's CALL."""
    texts = next(act.args["texts"] for act in example.acts if act.verb == "answer")
    return [text_bytes(segments(one) if isinstance(one, str) else frozen(one), FILL).decode() for one in texts]


def by_name(examples: list[Example], name: str) -> Example:
    return next(one for one in examples if one.name == name)


@pytest.mark.parametrize("device", DEVICES)
def test_every_envelope_is_json_and_has_a_name_of_its_own(device: Any) -> None:
    examples = broken_envelopes(device)
    for example in examples:
        json.loads(sent(example))
        assert example.breaks and example.constraint and example.action
    names = [one.name for one in (*examples, *wrong_answers(device))]
    assert len(set(names)) == len(names) > 100


@pytest.mark.parametrize("device", DEVICES)
def test_what_must_not_be_taken_is_wrong_by_the_strict_parser_or_in_its_action(device: Any) -> None:
    version: Version = device.version
    for example in broken_envelopes(device):
        frame = frames.parse(sent(example))
        action = version.actions.get(frame.action)
        ours = action is not None and action.may_be_sent_by("CSMS" if device.role == "CS" else "CS")
        fits = action is not None and action.message_type == frame.type
        wrong = bool(version.problems(frame)) or not ours or not fits
        if example.allowed.result:
            minor = {"id-empty", "type-not-integer", "payload-null"}
            assert {problem.code for problem in version.problems(frame)} <= minor and ours and fits, example.name
        else:
            assert wrong or frame.type in (5, 6), example.name


@pytest.mark.parametrize("device", DEVICES)
def test_the_ground_and_the_answers_are_valid(device: Any) -> None:
    version: Version = device.version
    made = envelope._Maker(device)
    action, payload = envelope.ground(device)
    rows = [(version.actions[action].request, payload)]
    called = version.actions[made.called]
    assert called.may_be_sent_by(device.role)
    assert called.response is not None
    rows += [(called.response, made.good), (called.response, made.other)]
    for name, text in rows:
        value = json.loads(text_bytes(segments(text), FILL))
        assert SCHEMAS.judge(version, name, value) == ()
    assert SCHEMAS.judge(version, called.response, json.loads(text_bytes(segments(made.foreign), FILL)))


@pytest.mark.parametrize("device", DEVICES)
def test_actions_of_other_versions_are_those_with_a_valid_payload(device: Any) -> None:
    for name, text in envelope._ELSEWHERE[device.role]:
        homes = [version for version in VERSIONS.values() if name in version.actions]
        assert homes, name
        assert not any(version.actions[name].may_be_sent_by(device.role) for version in homes)
        value = json.loads(text_bytes(segments(text), FILL))
        assert all(SCHEMAS.judge(version, version.actions[name].request, value) == () for version in homes), name
        if device.version not in homes:
            example = by_name(broken_envelopes(device), f"{name}, of another version")
            assert example.allowed == framework.foreign_action(device.version)
    own = envelope._OWN[device.role]
    assert all(device.version.actions[name].sender == device.role for name, _ in own if name in device.version.actions)


@pytest.mark.parametrize("device", DEVICES)
def test_numbers_of_types_that_the_version_has_are_not_among_the_unknown_ones(device: Any) -> None:
    numbers = {
        json.loads(sent(one))[0]
        for one in broken_envelopes(device)
        if one.allowed == framework.unknown_type(device.version)
    }
    assert {0, 1, 7, 99, -1} <= numbers
    assert {5, 6} - numbers == {5, 6} & device.version.message_types


@pytest.mark.parametrize("device", DEVICES)
def test_send_and_its_errors_are_for_the_version_that_has_them(device: Any) -> None:
    examples = broken_envelopes(device)
    sends = [one for one in examples if one.constraint == "SEND"]
    complaints = [one for one in examples if sent(one).startswith("[5,")]
    if 6 not in device.version.message_types:
        assert not sends and len(complaints) == 1
        return
    assert all(one.allowed.silence and not one.allowed.codes for one in sends if sent(one).startswith("[6,"))
    stream = json.loads(sent(by_name(examples, "a valid SEND")))
    assert SCHEMAS.judge(device.version, "NotifyPeriodicEventStream", stream[3]) == ()
    assert len(complaints) == 6


@pytest.mark.parametrize("device", DEVICES)
def test_the_long_id_is_one_longer_than_allowed(device: Any) -> None:
    example = by_name(broken_envelopes(device), "message id of 37 characters")
    assert len(json.loads(sent(example))[1]) == 37


@pytest.mark.parametrize("device", DEVICES)
def test_wrong_answers_are_to_the_device_s_own_call_and_end_with_a_good_one_where_it_may_still_wait(
    device: Any,
) -> None:
    for example in wrong_answers(device):
        assert any(act.verb == "provoke" for act in example.acts)
        if example.constraint not in ("answer", "CALLERROR"):
            continue
        *wrong, good = answers(example)
        assert wrong, example.name
        frame = frames.parse(good)
        assert (frame.type, frame.id, frame.problems) == (frames.CALLRESULT, FILL["{{theirs}}"], ())


@pytest.mark.parametrize("device", DEVICES)
def test_wrong_answers_that_nobody_may_answer_are_no_calls(device: Any) -> None:
    for example in wrong_answers(device):
        if example.allowed == framework.unasked(device.version) and example.acts[0].verb == "answer":
            assert all(frames.parse(one).type in (3, 4) for one in answers(example)), example.name


class Played:
    """A campaign that plays nothing, and says whether its device can be made to send a CALL."""

    def __init__(self, device: Any, unplayed: str, alive: str = "same") -> None:
        self.target = device
        self.outcome = SimpleNamespace(unplayed=unplayed, alive=alive)
        self.log: list[tuple[str, str]] = []

    def play(self, example: Example) -> Any:
        self.log.append(("play", example.name))
        return self.outcome

    def record(self, outcome: Any) -> None:
        self.log.append(("record", ""))

    def rows(self, examples: list[Example]) -> None:
        self.log.extend(("row", example.name) for example in examples)

    def skip(self, example: Example, why: str) -> None:
        self.log.append(("skip", why))


def test_wrong_answers_are_skipped_where_the_device_sends_nothing() -> None:
    device = SimpleNamespace(version=VERSIONS["2.0.1"], role="CSMS")
    count = len(wrong_answers(device))
    mute: Any = Played(device, "no operator")
    play_wrong_answers(mute)
    assert [what for what, _ in mute.log] == ["play"] + ["skip"] * count
    able: Any = Played(device, "")
    play_wrong_answers(able)
    assert [what for what, _ in able.log] == ["play", "record"] + ["row"] * (count - 1)
    dead: Any = Played(device, "gone", "dead")
    play_wrong_answers(dead)
    assert ("skip", "gone") not in dead.log
