"""Random changes: each is described, breaks what it says, stays small, and shrinks to one."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from conformance.fuzz import mutate
from conformance.fuzz.changes import LAYERS, Draft, Pick
from conformance.fuzz.derived import reactions_to
from conformance.fuzz.example import Example, frozen, text_bytes
from conformance.fuzz.known import SAMPLE
from conformance.fuzz.mutate import HARMLESS, MOST_CHANGES, mutated_calls
from conformance.fuzz.stage import Target
from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS

SCHEMAS = SchemaStore()
TOKEN = SimpleNamespace(idToken="AABBCC01", type="ISO14443")


class Tokens:
    def given(self) -> dict[str, Any]:
        return {"valid": TOKEN}


DUT = SimpleNamespace(
    identity="CS001", tokens=Tokens(), connectors=[SimpleNamespace(evseId=1, connectorId=1)], heartbeat_interval=300
)


def target(version: str = "2.0.1", role: str = "CS", **more: Any) -> Target:
    return Target(VERSIONS[version], role, "CSMS" if role == "CS" else "CS", SCHEMAS, DUT, **more)


TARGETS = [
    pytest.param(target(version, role), id=f"{version}-{role}") for version in VERSIONS for role in ("CS", "CSMS")
]


def data(example: Example) -> bytes:
    return text_bytes(frozen(example.acts[0].args["text"]), SAMPLE)


def drawn(of: Target, count: int = 150) -> list[Example]:
    key = (of.version.id, of.role, of.avoid)
    if key not in _DRAWN:
        _DRAWN[key] = _drawn(of, count)
    return _DRAWN[key]


_DRAWN: dict[Any, list[Example]] = {}


def _drawn(of: Target, count: int) -> list[Example]:
    examples: list[Example] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated_calls(of))
    def draw(example: Example) -> None:
        examples.append(example)

    draw()
    return examples


@pytest.mark.parametrize("of", TARGETS)
def test_examples_are_described_small_and_mostly_different(of: Target) -> None:
    examples = drawn(of)
    for example in examples:
        changes = example.name.removeprefix(f"{example.action}: ").split("; ")
        assert example.name.startswith(f"{example.action}: ") and changes[0]
        assert example.constraint and example.breaks.startswith(f"{example.action} with ")
        assert len(data(example)) < 3_000_000
        assert hash(example) is not None
        assert example.allowed == reactions_to(of.version, of.role, SCHEMAS, data(example))
    assert len({example.acts for example in examples}) > 0.5 * len(examples)
    assert len({example.constraint for example in examples}) >= 10, "kinds of change"


@pytest.mark.parametrize("of", TARGETS)
def test_few_changes_leave_the_message_legal(of: Target) -> None:
    legal = [example for example in drawn(of) if example.allowed.result]
    assert 0 < len(legal) < 45


@pytest.mark.parametrize("of", TARGETS)
def test_only_harmless_actions_of_the_version_are_drawn(of: Target) -> None:
    names = HARMLESS[of.role, of.version.family]
    assert {example.action for example in drawn(of)} <= set(names) & set(of.version.actions)
    own = {name for name, action in of.version.actions.items() if action.may_be_sent_by(of.plays)}
    assert set(names) & set(of.version.actions) <= own


def test_actions_that_the_description_wants_avoided_are_not_drawn() -> None:
    avoiding = target(avoid=frozenset(HARMLESS["CS", "2"]) - {"DataTransfer"})
    assert {example.action for example in drawn(avoiding, 50)} == {"DataTransfer"}


def _smallest(of: Target, wanted: Any) -> Example:
    return find(
        mutated_calls(of),
        wanted,
        settings=settings(max_examples=3000, database=None, deadline=None, derandomize=True),
    )


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("not-utf-8", "bytes"),
        ("id-empty", 'message id ""'),
        ("action-empty", 'action ""'),
    ],
)
def test_a_finding_shrinks_to_one_change_of_a_plain_call(problem: str, words: str) -> None:
    def has(example: Example) -> bool:
        given = data(example)
        try:
            frame = frames.parse(given.decode())
        except UnicodeDecodeError:
            frame = frames.parse(given)
        return any(one.code == problem for one in frame.problems)

    example = _smallest(target(role="CSMS"), has)
    assert "; " not in example.name and words in example.name
    assert example.action == "Heartbeat"
    assert len(data(example)) < 200


def test_a_cut_shrinks_to_the_last_character() -> None:
    example = _smallest(target(role="CSMS"), lambda one: "cut behind" in one.name)
    assert data(example) + b"]" == f'[2,"{SAMPLE["{{id}}"]}","Heartbeat",{{}}]'.encode()


@pytest.mark.parametrize("change", [one for layer in LAYERS for one in layer], ids=lambda one: one.__name__)
@pytest.mark.parametrize("payload", [{}, {"a": [1, {"b": "c"}], "d": "e"}], ids=["empty", "full"])
def test_every_change_says_what_it_did_and_changes_something(change: Any, payload: dict[str, Any]) -> None:
    before = frames.dumps([2, "{{id}}", "X", payload])
    draft = Draft([2, "{{id}}", "X", json.loads(json.dumps(payload))])
    change(Pick(()), draft)
    (noted,) = draft.changes
    assert noted.kind and noted.words
    unchanged = draft.segments() == (before,)
    # Swapped with itself: the plainest swap.
    assert not unchanged or change.__name__ in ("_swap", "_flip"), noted


def test_changes_can_be_put_on_what_others_have_left() -> None:
    for first in (one for layer in LAYERS for one in layer):
        for second in (one for layer in LAYERS for one in layer):
            draft = Draft([2, "{{id}}", "X", {}])
            order = sorted((first, second), key=lambda one: next(at for at, layer in enumerate(LAYERS) if one in layer))
            for change in order:
                change(Pick(()), draft)
            assert len(draft.changes) == 2
            text_bytes(draft.segments(), SAMPLE)


def test_a_change_picks_the_first_when_its_numbers_have_run_out() -> None:
    pick = Pick([7, 3])
    assert pick("abc") == "b"
    assert pick.number(10, 11) == 11
    assert pick("abc") == "a" and pick.number(5, 9) == 5


def test_placeholders_and_bytes_survive_the_way_through_text() -> None:
    draft = Draft([2, "{{id}}", "X", {"now": "{{now}}", "raw": ""}])
    draft.elements[3]["raw"] = draft.hole(("1", ("0", 3)))
    draft.text = draft.as_text.replace("X", "X\udcff\udc80")
    assert draft.segments() == (
        '[2,"{{id}}","X',
        ("hex", "ff80", 1),
        '","now":"{{now}}","raw":'.replace('","now"', '",{"now"'),
        "1",
        ("0", 3),
        "}]",
    )


def test_three_changes_are_the_most() -> None:
    assert MOST_CHANGES == 3
    assert max(example.name.count("; ") for example in drawn(target())) <= 2
    assert mutate.HARMLESS
