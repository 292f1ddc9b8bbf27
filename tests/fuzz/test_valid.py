"""Valid messages as examples: what may be sent to whom, what stands around a message, and the acts that send it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from conformance import step
from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.fuzz import acts
from conformance.fuzz.acts import legal, rebooted, reported, send
from conformance.fuzz.example import Allowed, Example, frozen, text_bytes
from conformance.fuzz.known import SAMPLE
from conformance.fuzz.stage import Target
from conformance.fuzz.valid import (
    HAZARDOUS,
    about_the_transaction,
    example_of,
    may_be_sent,
    specimen_examples,
    valid_messages,
)
from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS, version

from .conftest import Ground

STORE = SchemaStore()
BOTH = [(role, id) for role in ("CS", "CSMS") for id in VERSIONS]
every_target = pytest.mark.parametrize(("role", "id"), BOTH)
FILL = {**SAMPLE, "{{transaction}}": "4711", "{{latest}}": "4711", "{{fresh}}": "fresh"}


def target(
    role: str, id: str, *, hazardous: bool = True, avoid: tuple[str, ...] = (), level: str = "default"
) -> Target:
    name = {"CS": "reference-station.toml", "CSMS": "reference-csms.toml"}[role]
    dut = load_description(data_path("docs", "devices", name)).under(id)
    plays = {"CS": "CSMS", "CSMS": "CS"}[role]
    return Target(version(id), role, plays, STORE, dut, level, hazardous, frozenset(avoid))


def examples(at: Target) -> Iterator[Example]:
    for action in may_be_sent(at):
        yield from specimen_examples(at, action)


def random_examples(at: Target, count: int = 150) -> list[Example]:
    found: list[Example] = []

    @seed(0)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(valid_messages(at))
    def collect(example: Example) -> None:
        found.append(example)

    collect()
    return found


def messages(example: Example) -> list[Any]:
    """Everything that an example sends, as strict parsing reads it."""
    texts = [text for act in example.acts for text in act.args.get("texts", [act.args.get("text")]) if text is not None]
    return [frames.parse(text_bytes(frozen(text), FILL).decode()) for text in texts]


# ------------------------------------------------------------------ what is sent


@every_target
def test_every_message_is_valid_and_legible(role: str, id: str) -> None:
    at = target(role, id)
    for example in [*examples(at), *random_examples(at)]:
        for frame in messages(example):
            action = at.version.actions[frame.action]
            assert frame.problems == () and frame.type == action.message_type and action.may_be_sent_by(at.plays)
            assert STORE.judge(at.version, action.request, frame.payload) == (), example.name


@every_target
def test_every_action_is_sent_and_no_example_twice(role: str, id: str) -> None:
    at = target(role, id)
    made = list(examples(at))
    taken = {one.name for one in at.version.actions.values() if one.may_be_sent_by(at.plays)}
    assert {example.action for example in made} == taken
    assert len({example.name for example in made}) == len({example.acts for example in made}) == len(made)


@every_target
def test_an_example_with_long_texts_is_small(role: str, id: str) -> None:
    """Lists at their limit aside, whose elements differ."""
    for example in examples(target(role, id)):
        if not example.constraint.startswith("lists"):
            written = json.dumps([act.args for act in example.acts], ensure_ascii=False)
            assert len(written) < 20_000, example.name


def test_a_level_plays_fewer_themes() -> None:
    smoke, whole = (len(list(examples(target("CS", "2.0.1", level=level)))) for level in ("smoke", "default"))
    assert smoke < whole / 2


@pytest.mark.parametrize("id", list(VERSIONS))
def test_hazardous_actions_are_sent_only_where_the_description_allows_it(id: str) -> None:
    kept = {one.name for one in may_be_sent(target("CS", id, hazardous=False))}
    assert kept and not kept & set(HAZARDOUS)
    assert {one.name for one in may_be_sent(target("CS", id))} - kept <= set(HAZARDOUS)
    assert all(example.action in kept for example in random_examples(target("CS", id, hazardous=False)))
    assert "Heartbeat" not in {one.name for one in may_be_sent(target("CSMS", id, avoid=("Heartbeat",)))}


def test_every_hazardous_action_exists_and_says_why() -> None:
    known = {name for one in VERSIONS.values() for name, action in one.actions.items() if action.may_be_sent_by("CSMS")}
    assert set(HAZARDOUS) <= known and all(HAZARDOUS.values())


@pytest.mark.parametrize("id", list(VERSIONS))
def test_the_station_stays_usable(id: str) -> None:
    """Nothing is put out of service, deleted or registered anew; one variable is written, and as it should be."""
    at = target("CS", id, hazardous=False)
    unsafe = {"BootNotification", "SignChargePointCertificate", "SignChargingStationCertificate"}
    interval = str(at.dut.heartbeat_interval)
    for example in [*examples(at), *random_examples(at, 400)]:
        for frame in messages(example):
            payload = frame.payload
            if frame.action == "ChangeAvailability":
                assert payload.get("operationalStatus", payload.get("type")) == "Operative"
            elif "TriggerMessage" in frame.action:
                assert payload["requestedMessage"] not in unsafe
            elif frame.action == "ChangeConfiguration" and payload["key"] == "HeartbeatInterval":
                assert payload["value"] == interval
            elif frame.action == "SetVariables":
                for one in payload["setVariableData"]:
                    if one["component"]["name"].lower() == "ocppcommctrlr":
                        assert (one["variable"]["name"], one["attributeValue"]) == ("HeartbeatInterval", interval)
            elif frame.action == "CustomerInformation":
                assert payload["clear"] is False
            assert payload.get("retries", 0) <= 1


# ------------------------------------------------------------------ what stands around it


def of(at: Target, action: str, payload: dict[str, Any]) -> list[Any]:
    return messages(example_of(at, at.version.actions[action], payload, name="x", constraint="y"))


@pytest.mark.parametrize("kind", ["Started", "Updated", "Ended"])
def test_an_event_stands_in_a_whole_transaction(kind: str) -> None:
    event = {
        "eventType": kind,
        "timestamp": "{{now}}",
        "triggerReason": "Trigger",
        "seqNo": 0 if kind == "Started" else 1,
        "transactionInfo": {"transactionId": "{{id2}}"},
        "evse": {"id": 2},
    }
    sent = [one.payload for one in of(target("CSMS", "2.0.1"), "TransactionEvent", event)]
    assert [one["eventType"] for one in sent] == list(dict.fromkeys(["Started", kind, "Ended"]))
    assert [one["seqNo"] for one in sent] == list(range(len(sent)))
    assert {(one["transactionInfo"]["transactionId"], one["evse"]["id"]) for one in sent} == {(SAMPLE["{{id2}}"], 2)}


def test_transactions_of_16_are_begun_and_stopped() -> None:
    at = target("CSMS", "1.6")
    start = {"connectorId": 1, "idTag": "X", "meterStart": 20000, "timestamp": "{{now}}"}
    stop = {"transactionId": -1, "meterStop": 20000, "timestamp": "{{now}}"}
    meter = {"connectorId": 2, "transactionId": -1, "meterValue": []}
    assert [one.action for one in of(at, "StartTransaction", start)] == ["StartTransaction", "StopTransaction"]
    assert [one.action for one in of(at, "StopTransaction", stop)] == ["StartTransaction", "StopTransaction"]
    between = of(at, "MeterValues", meter)
    assert [one.action for one in between] == ["StartTransaction", "MeterValues", "StopTransaction"]
    assert [one.payload.get("transactionId") for one in between] == [None, 4711, 4711]
    assert [one.action for one in of(at, "MeterValues", {"connectorId": 0, "meterValue": []})] == ["MeterValues"]


@pytest.mark.parametrize("id", list(VERSIONS))
def test_the_running_transaction_is_named(id: str) -> None:
    made = list(about_the_transaction(target("CS", id)))
    assert {one.action for one in made} >= {"SetChargingProfile"}
    assert made[-1].action in ("RemoteStopTransaction", "RequestStopTransaction")
    for example in made:
        assert example.acts[0] == acts.begin_session()
        assert "{{transaction}}" in repr(example.acts) and '"{{transaction}}"' not in repr(example.acts)


# ------------------------------------------------------------------ the acts

Begin = Callable[..., Ground]
SERVED = Allowed(result=True)


def body(*made: Example) -> Callable[..., None]:
    def plays(csms: Any, fuzz: Any) -> None:
        """Rows."""
        step("Send", expect="as allowed")
        fuzz.rows(made)

    return plays


def test_a_legal_act_is_judged_by_every_rule(ground: Begin) -> None:
    """What is no valid CALL of ours is our mistake; what is sent as a negative test is not."""
    wrong = '[2,"{{id}}","TriggerMessage",{"requestedMessage":"Nonsense"}]'
    run = ground("CS", "2.0.1")
    refused = Allowed(codes=frozenset({"*"}))
    record = run.play(body(Example("no CALL", (legal(wrong),), refused)))
    assert record.verdict == "ERROR" and "schema.request" in {finding.rule for finding in record.findings}
    assert run.play(body(Example("on purpose", (send(wrong),), refused))).verdict == "PASS"


def test_a_legal_act_of_several_is_judged_by_the_one_it_names(ground: Begin) -> None:
    texts = (
        '[2,"{{fresh}}","ClearCache",{}]',
        '[2,"{{id}}","CancelReservation",{"reservationId":900001}]',
        '[2,"{{fresh}}","ClearCache",{}]',
    )
    record = ground("CS", "2.0.1").play(
        body(
            Example("rejected", (legal(*texts, judged=1),), replace(SERVED, statuses=frozenset({"Rejected"}))),
            Example("accepted", (legal(*texts, judged=2),), replace(SERVED, statuses=frozenset({"Accepted"}))),
            Example("other", (legal(*texts, judged=0),), replace(SERVED, statuses=frozenset({"Rejected"}))),
        )
    )
    assert [row.verdict for row in record.rows] == ["allowed", "allowed", "not allowed"]


def test_a_promised_report_and_a_promised_reboot_are_waited_for(ground: Begin) -> None:
    """Otherwise a second request with the same number would have the parts of the first, and meet a closing door."""
    report = '[2,"{{id}}","GetBaseReport",{"requestId":900001,"reportBase":"FullInventory"}]'
    reset = '[2,"{{id}}","Reset",{"type":"Immediate"}]'
    whole = [Example(f"report {number}", (legal(report), reported()), SERVED) for number in range(4)]
    boots = [Example(f"reset {number}", (legal(reset), rebooted()), SERVED) for number in range(2)]
    record = ground("CS", "2.0.1").play(body(*whole, *boots, Example("after", (legal(report), reported()), SERVED)))
    assert record.verdict == "PASS", record.why
    assert not [finding for finding in record.findings if finding.rule.startswith("results.")]


def test_a_transaction_that_does_not_run_is_not_named(ground: Begin) -> None:
    """What would name it is passed over: null in its place would be our fault."""
    example = Example(
        "too late", (legal('[2,"{{id}}","RemoteStopTransaction",{"transactionId":{{transaction}}}]'),), SERVED
    )
    outcomes: list[Any] = []

    def play(csms: Any, fuzz: Any) -> None:
        """Play it without a transaction."""
        outcomes.append(fuzz.play(example))

    record = ground("CS", "1.6").play(play)
    assert outcomes[0].excused == "no transaction runs that it could name" and not outcomes[0].problems
    assert not [one for one in record.findings if one.rule.startswith("schema.")]
