"""Fault plans and answers gone wrong: what is played at which level, that it keeps, prints and strikes; and what a
station owes, on traces written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings

from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.fuzz import answering, clocks, plans, wholeness
from conformance.fuzz.campaign import Campaign
from conformance.fuzz.corpus import Saved, from_json, to_json
from conformance.fuzz.example import Example
from conformance.fuzz.printing import case_source
from conformance.fuzz.settings import LEVELS
from conformance.fuzz.stage import Target
from conformance.link.faults import Fault, FaultKind
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS, version
from tests.fuzz.traffic import Traffic

DESCRIPTIONS = {"CS": "reference-station.toml", "CSMS": "reference-csms.toml"}
GENERATORS: list[tuple[str, Callable[[Target], Iterator[Example]]]] = [
    ("CS", plans.cuts_of_a_station),
    ("CSMS", plans.cuts_of_a_csms),
    ("CS", plans.each_fault),
    ("CSMS", plans.each_fault),
    ("CS", answering.withheld),
    ("CS", answering.wrong),
    ("CS", answering.crossing),
    ("CSMS", answering.crossing),
    ("CSMS", answering.answers_to_a_csms),
    ("CS", clocks.times_told),
    ("CSMS", clocks.timestamps_told),
]


def target(role: str, id: str, level: str = "default") -> Target:
    dut = load_description(data_path("docs", "devices", DESCRIPTIONS[role])).under(id)
    return Target(version(id), role, "CSMS" if role == "CS" else "CS", SchemaStore(), dut, level)


@pytest.mark.parametrize("id", list(VERSIONS))
@pytest.mark.parametrize(("role", "made"), GENERATORS)
class TestExamples:
    def test_they_have_names_of_their_own(self, role: str, made: Any, id: str) -> None:
        names = [one.name for one in made(target(role, id, "soak"))]
        assert len(names) > 5 and len(set(names)) == len(names)

    def test_a_lower_level_plays_less_of_the_same(self, role: str, made: Any, id: str) -> None:
        smoke, default, soak = ({one.name for one in made(target(role, id, level))} for level in LEVELS)
        assert smoke <= default <= soak
        assert len(smoke) >= 3

    def test_they_are_kept_and_read_back(self, role: str, made: Any, id: str) -> None:
        for one in made(target(role, id)):
            saved = Saved("OC_FT_01", id, role, one, {})
            assert from_json(to_json(saved)).example == one

    def test_they_print_as_a_case_that_makes_the_same_acts(self, role: str, made: Any, id: str) -> None:
        for one in made(target(role, id)):
            played: list[Any] = []
            fuzz = SimpleNamespace(check=lambda *given, played=played, **more: played.extend(given))
            space: dict[str, Any] = {}
            exec(case_source(Saved("OC_FT_01", id, role, one, {})), space)
            space["step"] = lambda *words, **more: None
            next(value for name, value in space.items() if name.startswith("test_"))(None, fuzz)
            assert tuple(played) == one.acts


@pytest.mark.parametrize("id", list(VERSIONS))
def test_every_place_and_every_end_comes_in_at_default(id: str) -> None:
    names = [one.name for one in plans.cuts_of_a_station(target("CS", id))]
    for end in plans.ENDS:
        for place in plans.PLACES:
            assert any(name.startswith(f"{end} {place} ") for name in names), (end, place)


@pytest.mark.parametrize("id", list(VERSIONS))
def test_soak_plays_the_whole_matrix(id: str) -> None:
    cuts = list(plans.cuts_of_a_station(target("CS", id, "soak")))
    assert len(cuts) == (6 + 3) * len(plans.PLACES) * len(plans.ENDS) + 1


@pytest.mark.parametrize("id", list(VERSIONS))
@pytest.mark.parametrize("role", ["CS", "CSMS"])
def test_random_faults_are_faults(role: str, id: str) -> None:
    kinds: set[str] = set()

    @settings(max_examples=150, database=None, deadline=None)
    @given(plans.faulty_sessions(target(role, id)))
    def drawn(example: Example) -> None:
        act = next(one for one in example.acts if one.verb == "faults")
        for fault in act.args["faults"]:
            kinds.add(Fault(**{**fault, "kind": FaultKind(fault["kind"])}).kind.value)

    drawn()
    assert kinds == {"delay", "slice", "fragment", "duplicate", "reorder", "drop", "stall"}


# ---------------------------------------------------------------------- what a station owes

V16, V2 = version("1.6"), version("2.0.1")


def lose(traffic: Traffic, fate: str = "lost") -> None:
    """A fault has struck the latest answer."""
    entry = traffic.entries[-1]
    traffic.note("note", "CSMS", data={"fate": fate, "frame": entry.index, "type": 3, "id": entry.frame.id})  # type: ignore[union-attr]  # an answer


def due(traffic: Traffic, spoken: Any = V2, attempts: int = 3) -> list[str]:
    return [one.words for one in wholeness.undelivered(spoken, traffic.entries, attempts)]


def found(name: str, traffic: Traffic, spoken: Any = V2) -> list[str]:
    from conformance.fuzz.oracles import ORACLES

    def calls() -> Iterator[Any]:
        return (one for one in traffic.entries if one.sender == "CS" and one.frame is not None and one.frame.type == 2)

    stage: Any = SimpleNamespace(
        target=SimpleNamespace(role="CS", version=spoken), entries=traffic.entries, facts={}, calls_meanwhile=calls
    )
    return [one.actual for one in ORACLES[name](stage)]


class TestOwed:
    def test_nothing_once_it_was_answered(self) -> None:
        traffic = Traffic()
        traffic.event("Started", 0)
        traffic.event("Ended", 1)
        assert due(traffic) == []

    def test_what_was_never_answered(self) -> None:
        traffic = Traffic()
        traffic.event("Started", 0)
        traffic.event("Ended", 1, lost=True)
        assert due(traffic) == ["TransactionEvent Ended"]

    def test_what_a_fault_kept_from_being_answered(self) -> None:
        traffic = Traffic()
        sent = traffic.event("Ended", 1)
        lose(traffic)
        assert due(traffic) == ["TransactionEvent Ended"]
        traffic.again(sent, offline=True)
        assert due(traffic) == []

    def test_what_may_still_arrive_is_let_off(self) -> None:
        traffic = Traffic()
        traffic.event("Ended", 1)
        lose(traffic, "held")
        assert due(traffic) == []

    def test_a_message_may_be_given_up(self) -> None:
        traffic = Traffic()
        sent = traffic.stop(lost=True)
        assert due(traffic, V16, 2) == ["StopTransaction"]
        assert sent.frame is not None
        traffic.call("CS", "StopTransaction", sent.frame.payload)
        assert due(traffic, V16, 2) == []

    def test_a_refusal_delivers_nothing(self) -> None:
        traffic = Traffic()
        traffic.reply(traffic.start(lost=True), error="InternalError")
        assert due(traffic, V16) == ["StartTransaction"]

    @pytest.mark.parametrize(("transaction", "count"), [({}, 0), ({"transactionId": 7}, 1)])
    def test_meter_values_of_no_transaction_are_owed_to_nobody(self, transaction: dict[str, int], count: int) -> None:
        traffic = Traffic()
        traffic.call("CS", "MeterValues", {"connectorId": 1, "meterValue": [], **transaction})
        assert len(due(traffic, V16)) == count


class TestDeliveredOnce:
    def test_again_behind_an_answer_that_was_read(self) -> None:
        traffic = Traffic()
        sent = traffic.start()
        traffic.cs("Heartbeat")
        traffic.again(sent, {"transactionId": 7})
        assert found("delivered-once", traffic, V16) == ["the same again"]

    def test_again_behind_an_answer_that_may_have_been_lost(self) -> None:
        traffic = Traffic()
        sent = traffic.start()
        traffic.cut()
        traffic.again(sent, {"transactionId": 7})
        assert found("delivered-once", traffic, V16) == []

    @pytest.mark.parametrize("fate", ["lost", "held"])
    def test_again_behind_an_answer_that_was_struck(self, fate: str) -> None:
        traffic = Traffic()
        sent = traffic.start()
        lose(traffic, fate)
        traffic.cs("Heartbeat")
        traffic.again(sent, {"transactionId": 7})
        assert found("delivered-once", traffic, V16) == []

    def test_a_call_that_waited_is_no_proof(self) -> None:
        traffic = Traffic()
        sent = traffic.start()
        traffic.now += 5
        traffic.cs("Heartbeat")
        traffic.again(sent, {"transactionId": 7})
        assert found("delivered-once", traffic, V16) == []


class TestEventsOnce:
    def test_the_same_event_under_another_number(self) -> None:
        traffic = Traffic()
        sent = traffic.event("Updated", 1)
        traffic.again(sent, seqNo=2, offline=True)
        assert found("events-once", traffic) == ["the same event again with seqNo 2"]

    def test_a_retry_is_the_same_number(self) -> None:
        traffic = Traffic()
        sent = traffic.event("Updated", 1)
        traffic.again(sent, offline=True)
        traffic.event("Updated", 2)
        assert found("events-once", traffic) == []


# ---------------------------------------------------------------------- on an embedded device


@pytest.mark.parametrize("id", ["1.6", "2.1"])
def test_every_trap_springs(ground: Any, id: str) -> None:
    def body(csms: Any, fuzz: Campaign) -> None:
        """Cuts, answers withheld and answers gone wrong."""
        fuzz.rows(plans.cuts_of_a_station(fuzz.target))
        fuzz.rows(answering.withheld(fuzz.target))

    record = ground("CS", id, level="smoke").play(body)
    assert record.verdict == "PASS", record.why
    assert len(record.rows) >= 12
    assert not [one.expected for one in record.findings if one.rule == "oracle.traps-sprung"]


def test_a_cut_comes_back_on_a_new_connection(ground: Any) -> None:
    seen: list[int] = []

    def body(csms: Any, fuzz: Campaign) -> None:
        """One cut."""
        example = next(one for one in plans.cuts_of_a_station(fuzz.target) if one.name.startswith("cut inside"))
        fuzz.play(example)
        entries = fuzz.player.stage.entries
        seen.extend(entry.connection for entry in entries if entry.kind in ("open", "close"))
        assert any(entry.data.get("fate") == "lost" for entry in entries if entry.kind == "note")

    assert ground("CS", "2.0.1").play(body).verdict == "PASS"
    assert len(seen) == 2 and seen[0] != seen[1]
