"""The odd texts: what must not be taken is no JSON to two other parsers, what may be is; the big ones stay small."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from conformance.fuzz import texts
from conformance.fuzz.example import Example, frozen, text_bytes
from conformance.fuzz.texts import broken_texts
from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS, Version

SCHEMAS = SchemaStore()
FILL = {
    "{{id}}": "3f0e8a1c-6a0e-4c55-9b3a-4f0d5a1b2c3d",
    "{{id2}}": "9b1c6c1a-90ff-4bd1-8f0b-0c1d2e3f4a5b",
    "{{now}}": "2026-01-31T12:00:00.000Z",
}
DEVICES = [
    pytest.param(SimpleNamespace(version=version, role=role), id=f"{version.id}-{role}")
    for version in VERSIONS.values()
    for role in ("CS", "CSMS")
]
UNREADABLE = {"not-utf-8", "empty", "not-json", "truncated", "trailing-data", "not-a-number"}
"""Problems of the strict parser with which a text is no JSON text."""
SMALL = 2000
"""Characters that an example may have when it is printed."""


def data(example: Example) -> bytes:
    """What an example sends."""
    return text_bytes(frozen(example.acts[-1].args["text"]), FILL)


def read(example: Example) -> frames.Frame:
    """What the strict parser makes of it."""
    given = data(example)
    try:
        return frames.parse(given.decode())
    except UnicodeDecodeError:
        return frames.parse(given)


def is_json(given: bytes) -> bool:
    """Whether Python's own parser takes it, NaN and the like aside."""

    def refused(word: str) -> NoReturn:
        raise ValueError(word)

    try:
        json.loads(given.decode(), parse_constant=refused, parse_int=str)
    except (ValueError, UnicodeDecodeError):
        return False
    except RecursionError:
        return True
    return True


def texts_of(device: Any) -> list[Example]:
    return [one for one in broken_texts(device) if one.acts[-1].verb == "send"]


@pytest.mark.parametrize("device", DEVICES)
def test_every_text_has_a_name_of_its_own_and_stays_small(device: Any) -> None:
    examples = broken_texts(device)
    assert len({one.name for one in examples}) == len(examples) > 150
    for example in examples:
        assert len(repr(example)) < SMALL, example.name
        assert example.breaks and example.constraint


@pytest.mark.parametrize("device", DEVICES)
def test_what_must_not_be_taken_is_no_json_or_no_valid_call(device: Any) -> None:
    for example in texts_of(device):
        frame = read(example)
        unreadable = bool({problem.code for problem in frame.problems} & UNREADABLE)
        if example.constraint not in ("depth", "byte order mark"):
            assert unreadable != is_json(data(example)), f"{example.name}: the parsers disagree"
        if example.constraint in ("size", "depth"):
            continue
        may_be_taken = example.allowed.result
        if unreadable:
            assert not may_be_taken, example.name
        else:
            assert may_be_taken, f"{example.name}: JSON, and not allowed to be taken"


@pytest.mark.parametrize("device", DEVICES)
def test_what_has_to_be_taken_is_a_perfect_call(device: Any) -> None:
    spelled = [one for one in texts_of(device) if one.constraint == "legal spelling"]
    assert len(spelled) == 4
    for example in spelled:
        frame = read(example)
        assert example.allowed.result and not example.allowed.codes and not example.allowed.silence
        assert (frame.problems, frame.action) == ((), example.action)


@pytest.mark.parametrize("device", DEVICES)
def test_bytes_that_are_no_utf8_may_end_the_connection_and_others_may_not(device: Any) -> None:
    for example in texts_of(device):
        broken = any(problem.code == "not-utf-8" for problem in read(example).problems)
        assert (1007 in example.allowed.close_codes) == broken, example.name
        if not broken:
            big = len(data(example)) > 1024 or example.constraint == "depth"
            assert big or not example.allowed.close, example.name


@pytest.mark.parametrize("device", DEVICES)
def test_numbers_stand_where_a_number_is_wanted(device: Any) -> None:
    version: Version = device.version
    action, before, behind = texts._NUMBER[device.role, version.family]
    payload = json.loads(text_bytes((before, "1", behind), FILL))
    assert SCHEMAS.judge(version, version.actions[action].request, payload) == ()
    wrong = json.loads(text_bytes((before, '"x"', behind), FILL))
    assert SCHEMAS.judge(version, version.actions[action].request, wrong)
    assert not version.actions[action].may_be_sent_by(device.role)


@pytest.mark.parametrize("device", DEVICES)
def test_a_number_beyond_every_evse_may_only_be_rejected(device: Any) -> None:
    for example in texts_of(device):
        if example.constraint == "huge number" and device.role == "CS" and "fraction" not in example.name:
            assert example.allowed.statuses == {"Rejected"}, example.name


@pytest.mark.parametrize("device", DEVICES)
def test_the_long_list_is_valid_and_as_long_as_it_says(device: Any) -> None:
    version: Version = device.version
    (example,) = [one for one in texts_of(device) if one.name == f"a list of {texts.MANY} items"]
    payload = json.loads(data(example))[3]
    assert SCHEMAS.judge(version, version.actions[example.action].request, payload) == ()
    longest = max(len(one) for one in _lists(payload))
    assert longest == texts.MANY


def _lists(value: Any) -> list[list[Any]]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, list) else []) + [found for one in inner for found in _lists(one)]


@pytest.mark.parametrize("device", DEVICES)
def test_depth_is_as_deep_as_it_says(device: Any) -> None:
    for depth in texts.DEPTHS:
        for kind, opening, closing in (("arrays", b"[", b"]"), ("objects", b"{", b"}")):
            (example,) = [one for one in texts_of(device) if one.name == f"{depth} nested {kind}"]
            given = data(example)
            # The message itself has one bracket and one brace.
            assert given.count(opening) == given.count(closing) == depth + 1
            assert example.allowed.result and 1009 in example.allowed.close_codes
    for example in texts_of(device):
        if example.constraint == "depth":
            given = data(example)
            balanced = given.count(b"[") == given.count(b"]") and given.count(b"{") == given.count(b"}")
            assert example.allowed.result == balanced, example.name


@pytest.mark.parametrize("device", DEVICES)
def test_the_megabytes_are_there(device: Any) -> None:
    sizes = {one.name: len(data(one)) for one in texts_of(device) if one.constraint == "size"}
    assert len(sizes) == 12
    for name, size in sizes.items():
        assert size > (texts.MEGABYTE if "1 MB" in name and "escaped" not in name else 150_000), name


def test_nothing_is_said_about_messages_without_text() -> None:
    for device in (SimpleNamespace(version=version, role="CS") for version in VERSIONS.values()):
        nothing = [one for one in broken_texts(device) if one.constraint == "no text"]
        assert len(nothing) == 2
        assert all(one.allowed.silence and not one.allowed.result for one in nothing)
