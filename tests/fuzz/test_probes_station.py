"""Security probes of a station: what the examples of races and odd texts hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.fuzz import probes_station as probes
from conformance.fuzz.example import Example, text_bytes
from conformance.fuzz.stage import VERBS, Target, load_verbs
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import version

SCHEMAS = SchemaStore()
IDS = ("1.6", "2.0.1", "2.1")


def target(spoken: str) -> Target:
    dut = load_description(data_path("docs", "devices", "reference-station.toml")).under(spoken)
    return Target(version(spoken), "CS", "CSMS", SCHEMAS, dut)


@pytest.mark.parametrize("spoken", IDS)
@pytest.mark.parametrize("make", [probes.races, probes.odd_texts])
def test_names_are_unique_and_verbs_known(spoken: str, make: Any) -> None:
    load_verbs()
    examples = list(make(target(spoken)))
    names = [one.name for one in examples]
    assert len(set(names)) == len(names)
    assert {act.verb for one in examples for act in one.acts} <= VERBS.keys()


@pytest.mark.parametrize("spoken", IDS)
def test_calls_of_races_are_legal(spoken: str) -> None:
    ocpp = version(spoken)
    for example in probes.races(target(spoken)):
        check_race(example)
        for act in example.acts:
            if act.verb == "call_at_once":
                action, payload = act.args["action"], act.args["payload"]
                assert SCHEMAS.judge(ocpp, ocpp.actions[action].request, filled(payload)) == ()


def filled(payload: Any) -> Any:
    return json.loads(json.dumps(payload).replace("{{token}}", "AABBCC01"))


def check_race(example: Example) -> None:
    """A cable goes in once, and whatever was begun or taken away is ended and given back."""
    verbs = [act.verb for act in example.acts]
    assert verbs.count("plug") == 1
    assert verbs[-2:] == ["end_session", "settle"]
    told = json.dumps([act.args for act in example.acts])
    if "Inoperative" in told:
        assert told.rindex('"Operative"') > told.rindex('"Inoperative"')


@pytest.mark.parametrize("spoken", IDS)
def test_random_races_end_what_they_begin(spoken: str) -> None:
    @settings(max_examples=50, deadline=None, database=None)
    @given(probes.random_races(target(spoken)))
    def each(example: Example) -> None:
        check_race(example)

    each()


@pytest.mark.parametrize("spoken", IDS)
def test_odd_texts_stand_in_legal_messages(spoken: str) -> None:
    """They are strings, no longer than the schema allows: what is odd is only what is in them."""
    ocpp = version(spoken)
    judged = 0
    for example in probes.odd_texts(target(spoken)):
        message = json.loads(text_bytes(example.acts[-1].args["text"], {"{{id}}": "1"}))
        request = ocpp.actions[message[2]].request
        problems = [one for one in SCHEMAS.judge(ocpp, request, message[3]) if not one.disputed]
        assert not problems, f"{example.name}: {problems}"
        judged += 1
    assert judged >= 80


@pytest.mark.parametrize(("spoken", "name"), [("1.6", "RemoteStartTransaction"), ("2.0.1", "RequestStartTransaction")])
def test_a_token_of_no_use_is_not_authorized(spoken: str, name: str) -> None:
    examples = [one for one in probes.odd_texts(target(spoken)) if one.action == name]
    assert len(examples) == len(probes.TEXTS)
    assert all(one.acts[0].verb == "answer_fields" and "Invalid" in repr(one.acts[0]) for one in examples)
