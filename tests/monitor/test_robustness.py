"""Nothing that a device can send makes the monitor raise, and it forgets what it no longer needs."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.monitor import Carry, Monitor, MonitorSettings
from conformance.monitor.carry import IDS_KEPT, IDS_KEPT_MEANWHILE
from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.trace import Trace
from conformance.ocppj.versions import VERSIONS

SCHEMAS = SchemaStore()
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.just(10**400),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.sampled_from(["", "Accepted", "T1", "x", "2025-01-31T12:00:00Z", "2025-01-31T12:00:00", "\x01", "Started"]),
    st.text(max_size=5),
)
DATES = ["2025-01-31T12:00:00Z", "2030-01-31T12:00:00.123456+01:00", "1970-01-01T00:00:00Z"]
JUNK = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@cache
def fields(version: str, action: str) -> dict[str, Any]:
    """The schema of an action's request and answer, with references resolved one level at a time."""
    known = VERSIONS[version].actions[action]
    names = [known.request] + ([known.response] if known.response else [])
    return {name: SCHEMAS.schema(VERSIONS[version], name) for name in names}


def value_for(schema: dict[str, Any], part: dict[str, Any], draw: Any, depth: int = 0) -> Any:
    """Something that nearly fits: now and then junk, now and then a field left out."""
    if draw(st.integers(0, 11)) == 0 or depth > 6:
        return draw(JUNK)
    if "$ref" in part:
        part = schema["definitions"][part["$ref"].rsplit("/", 1)[-1]]
    if "enum" in part:
        return draw(st.sampled_from(part["enum"]))
    kind = part.get("type")
    if kind == "object":
        required = set(part.get("required", ()))
        return {
            name: value_for(schema, member, draw, depth + 1)
            for name, member in part.get("properties", {}).items()
            if name != "customData" and (name in required or draw(st.booleans()))
        }
    if kind == "array":
        return [value_for(schema, part["items"], draw, depth + 1) for _ in range(draw(st.integers(0, 2)))]
    if kind == "integer":
        return draw(st.integers(-1, 3))
    if kind == "number":
        return draw(st.sampled_from([0, 1, 16.5, 99.25, -1, 1e30]))
    if kind == "boolean":
        return draw(st.booleans())
    if part.get("format") == "date-time":
        return draw(st.sampled_from(DATES))
    return draw(st.sampled_from(["T1", "T2", "x", "", "12.5", "a b"]))


@st.composite
def traffic(draw: Any, version: str) -> list[tuple[Any, ...]]:
    """A few entries of every kind; answers have the ids of requests."""
    actions = sorted(VERSIONS[version].actions)
    entries: list[tuple[Any, ...]] = []
    ids: list[tuple[str, str, str]] = []
    for number in range(draw(st.integers(1, 12))):
        what = draw(st.sampled_from(["call", "call", "call", "answer", "answer", "error", "text", "other", "send"]))
        sender = draw(st.sampled_from(["CS", "CSMS"]))
        if what in ("call", "send"):
            action = draw(st.sampled_from(actions))
            known = VERSIONS[version].actions[action]
            sender = known.sender if known.sender != "both" and draw(st.integers(0, 9)) else sender
            schema = fields(version, action)[known.request]
            payload = value_for(schema, schema, draw)
            id = draw(st.sampled_from([f"id{number}", "x", "", "y" * 40]))
            ids.append((sender, id, action))
            kind = frames.CALL if what == "call" else frames.SEND
            entries.append(("frame", sender, frames.dumps([kind, id, action, payload])))
        elif what in ("answer", "error") and ids:
            asked, id, action = draw(st.sampled_from(ids))
            sender = "CSMS" if asked == "CS" else "CS"
            known = VERSIONS[version].actions[action]
            if what == "error":
                code = draw(st.sampled_from(["InternalError", "FormationViolation", "", "x"]))
                entries.append(("frame", sender, frames.dumps([draw(st.integers(4, 5)), id, code, "", draw(JUNK)])))
            elif known.response:
                schema = fields(version, action)[known.response]
                entries.append(("frame", sender, frames.dumps([3, id, value_for(schema, schema, draw)])))
        elif what == "text":
            text = draw(st.one_of(st.text(max_size=40), st.binary(max_size=20), JUNK.map(frames.dumps)))
            entries.append(("frame", sender, text))
        else:
            kind = draw(st.sampled_from(["open", "close", "ping", "pong", "handshake", "act", "step", "note"]))
            data = draw(
                st.sampled_from([{}, {"name": "power_cycle"}, {"number": 1}, {"offered": [], "subprotocol": None}])
            )
            entries.append((kind, sender, data))
    return entries


def observe(version: str, dut: str, entries: list[tuple[Any, ...]], carry: Carry | None = None) -> Monitor:
    trace = Trace()
    facts = MonitorSettings(connectors=frozenset({(1, 1)}), idle_at_start=True, message_timeout=5)
    monitor = Monitor(VERSIONS[version], dut, SCHEMAS, trace, facts, carry)
    for number, (kind, sender, what) in enumerate(entries):
        frame = frames.parse(what) if kind == "frame" else None
        data = {} if kind == "frame" else what
        monitor.observe(trace.add(kind, number * 0.7, sender=sender, connection=1, frame=frame, data=data))
    monitor.finish(len(entries) * 10.0)
    return monitor


@pytest.mark.parametrize("version", sorted(VERSIONS))
def test_never_raises(version: str) -> None:
    @given(traffic(version), st.sampled_from(["CS", "CSMS"]))
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def run(entries: list[tuple[Any, ...]], dut: str) -> None:
        first = observe(version, dut, entries)
        observe(version, dut, entries, first.carry())
        for finding in first.findings:
            json.dumps([finding.expected, finding.actual, finding.pointer])

    run()


def test_what_it_remembers_is_bounded() -> None:
    trace = Trace()
    monitor = Monitor(VERSIONS["2.0.1"], "CS", SCHEMAS, trace, MonitorSettings(findings_per_rule=10))
    for number in range(IDS_KEPT + 1000):
        frame = frames.call(f"id{number}", "Heartbeat", {})
        monitor.observe(trace.add("frame", number * 100.0, sender="CS", connection=1, frame=frame))
    assert len(monitor.carry().ids["CS"]) == IDS_KEPT
    assert len(monitor._wire.pending["CS"]) <= 300
    assert len(monitor.findings) <= 20


def test_what_outlives_an_exchange_of_the_trace_is_shorter() -> None:
    trace = Trace()
    monitor = Monitor(VERSIONS["2.0.1"], "CS", SCHEMAS, trace, MonitorSettings(findings_per_rule=10))
    long = "x" * 1_000_000
    ids = [f"id{number}" for number in range(IDS_KEPT_MEANWHILE + 100)]
    at = 0.0
    for id, action, answered in (
        (f"a{long}", "Reset", True),
        (f"b{long}", "Reset", False),
        *((i, long, True) for i in ids),
    ):
        at += 1.0
        call = trace.add("frame", at, sender="CSMS", connection=1, frame=frames.call(id, action, {}))
        monitor.observe(call)
        if answered:
            error = frames.error(id, "FormatViolation")
            monitor.observe(trace.add("frame", at, sender="CS", connection=1, frame=error, answers=call.index))
        if id == "id10":
            carry = monitor.carry()
            carry.shorten()
            assert list(carry.ids["CSMS"]) == [f"b{long}", *ids[:11]]
    carry = monitor.carry()
    assert len(carry.ids["CSMS"]) == len(ids) + 2
    carry.shorten()
    assert list(carry.ids["CSMS"]) == ids[100:]
    assert all(len(action) < 200 for _, action, _ in carry.ids["CSMS"].values())


def test_a_carry_is_not_changed_by_the_next_monitor(script: Any) -> None:
    first = script("2.0.1", "CS").ready()
    carry = first.monitor.carry()
    before = repr(carry)
    second = script("2.0.1", "CS", carry)
    second.connection = 1
    second.event("Started", "CablePluggedIn")
    second.csms("RequestStartTransaction", remoteStartId=9, idToken={"idToken": "x", "type": "Local"})
    second.reply(status="Accepted")
    assert repr(carry) == before
    assert second.monitor.carry().transactions2


def test_the_carry_knows_what_went_before(script: Any) -> None:
    first = script("2.0.1", "CS").ready()
    first.event("Started", "CablePluggedIn")
    second = script("2.0.1", "CS", first.monitor.carry(), idle_at_start=False)
    second.connection, second.now = 1, first.now
    second.event("Updated", "MeterValuePeriodic", seqNo=1)
    second.event("Ended", "EVDeparted", seqNo=2)
    assert not [finding for finding in second.finish() if finding.rule.startswith("tx.")]
    third = script("2.0.1", "CS", second.monitor.carry(), idle_at_start=False)
    third.connection, third.now = 1, second.now
    third.event("Started", "CablePluggedIn", seqNo=0)
    assert [finding.rule for finding in third.finish() if finding.rule.startswith("tx.")] == ["tx.id-reused"]


def test_what_is_wrong_on_purpose_is_no_fault_of_ours(script: Any) -> None:
    play = script("2.0.1", "CS").ready()
    play.deliberate("CSMS", "Reset", type="Sideways")
    play.refuse("PropertyConstraintViolation")
    assert play.finish() == []


def test_a_mistake_of_ours_is_the_testers(script: Any) -> None:
    play = script("2.0.1", "CS").ready()
    play.csms("Reset", type="Sideways")
    assert {str(finding.blame) for finding in play.finish()} == {"tester"}


def test_findings_carry_the_step(script: Any) -> None:
    play = script("2.0.1", "CS").ready()
    play.note("step", number=3, text="x", expect="y")
    play.cs("Heartbeat", extra=1)
    assert [finding.step for finding in play.monitor.findings] == [3]


def test_an_answer_may_come_in_the_next_case(script: Any) -> None:
    first = script("2.0.1", "CS").ready()
    first.csms("ClearCache")
    asked = first.last
    second = script("2.0.1", "CS", first.monitor.carry())
    second.connection, second.now = 1, first.now
    second.last = asked
    second.reply(status="Accepted")
    assert second.finish() == []
    second.reply(status="Accepted")
    assert [finding.rule for finding in second.finish()] == ["wire.answers-nothing"]


def test_what_the_device_provokes_is_an_observation(script: Any) -> None:
    play = script("2.0.1", "CSMS").ready()
    play.csms("RequestStopTransaction", transactionId="never-was")
    play.reply(status="Accepted")
    play.csms("RequestStopTransaction")
    play.reply(status="Accepted")
    found = [(finding.rule, str(finding.severity), str(finding.blame)) for finding in play.finish()]
    assert found == [("results.remote-stop", "INFO", "tester"), ("schema.request", "MUST", "device")]


@pytest.mark.parametrize("action", ["SetChargingProfile", "CostUpdated", "GetVariables"])
def test_depth_is_no_danger(script: Any, action: str) -> None:
    play = script("2.0.1", "CS").ready()
    nested = '{"a":' * 900 + "0.1234567" + "}" * 900
    play.raw("CSMS", f'[2,"x","{action}",{{"evseId":1,"chargingProfile":{nested},"getVariableData":{nested}}}]')
    play.reply(status="Accepted")
    assert {finding.rule for finding in play.finish()} >= {"wire.json", "schema.request"}


def test_a_transaction_that_never_ends_fails_one_case_only(script: Any) -> None:
    play = script("2.0.1", "CS").ready()
    for number in range(1, 4):
        play.event("Started", "CablePluggedIn", f"T{number}", evse={"id": 1, "connectorId": 1})
        if number > 1:
            crowds = [finding for finding in play.finish() if finding.rule == "tx.one-per-evse"]
            assert len(crowds) == 1
            play.event("Ended", "EVDeparted", f"T{number}")


class TestFaultsOfOurs:
    """What a fault plan did to a frame of the tester stands behind it in the trace; rules follow that."""

    def struck(self, play: Any, fate: str) -> None:
        entry = play.trace.entries[-1]
        play.note("note", entry.sender, fate=fate, frame=entry.index, type=entry.frame.type, id=entry.frame.id)

    def test_a_station_may_repeat_a_message_whose_answer_was_lost(self, script: Any) -> None:
        play = script("2.0.1", "CS").ready()
        play.cs("Heartbeat")
        text = play.last[1].text
        play.reply(currentTime=play.time())
        self.struck(play, "lost")
        play.raw("CS", text)
        play.reply(currentTime=play.time())
        assert play.finish() == []

    def test_but_not_one_that_was_answered(self, script: Any) -> None:
        play = script("2.0.1", "CS").ready()
        play.cs("Heartbeat")
        text = play.last[1].text
        play.reply(currentTime=play.time())
        play.raw("CS", text)
        assert [finding.rule for finding in play.monitor.findings] == ["wire.unique-id"]

    @pytest.mark.parametrize(("fate", "rules"), [("lost", []), ("held", []), ("twice", ["tx16.stop-once"])])
    def test_a_stop_whose_answer_was_lost_comes_again(self, script: Any, fate: str, rules: list[str]) -> None:
        play = script("1.6", "CS").ready()
        play.start16()
        stop = {"transactionId": 7, "meterStop": 200, "timestamp": play.time()}
        for _ in range(2):
            play.cs("StopTransaction", stop)
            play.reply()
            self.struck(play, fate)
        assert [finding.rule for finding in play.finish()] == rules

    @pytest.mark.parametrize(("fate", "rules"), [("lost", []), ("held", []), ("twice", ["wire.no-answer"])])
    def test_no_answer_is_owed_to_what_never_arrived(self, script: Any, fate: str, rules: list[str]) -> None:
        play = script("2.0.1", "CSMS").ready()
        play.cs("Heartbeat")
        self.struck(play, fate)
        play.wait(60)
        assert [finding.rule for finding in play.finish()] == rules

    def test_what_left_twice_may_be_answered_twice_and_no_more(self, script: Any) -> None:
        play = script("2.0.1", "CSMS").ready()
        play.cs("Heartbeat")
        self.struck(play, "twice")
        for _ in range(2):
            play.reply(currentTime=play.time())
        assert play.finish() == []
        play.reply(currentTime=play.time())
        assert [finding.rule for finding in play.finish()] == ["wire.answers-nothing"]


def test_a_transaction_at_an_evse_that_is_no_number() -> None:
    place = '"timestamp":"2025-01-31T12:00:00Z","triggerReason":"Authorized","seqNo":0,"evse":{"id":[]}'
    started = (
        f'[2,"id1","TransactionEvent",{{"eventType":"Started",{place},"transactionInfo":{{"transactionId":"T1"}}}}]'
    )
    entries = [("frame", "CS", started), ("frame", "CSMS", '[3,"id1",null]')]
    assert observe("2.0.1", "CS", entries).findings, "the schema speaks of it"
