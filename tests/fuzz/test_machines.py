"""Odd sequences: what they are judged by, on traces written by hand, and what is drawn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import pytest

from conformance.fuzz import acts, corpus
from conformance.fuzz.example import Example
from conformance.fuzz.machines import endings, energy
from conformance.fuzz.machines.station import Moves, chosen_sequences, sequence, station_sequences, weighted
from conformance.fuzz.machines.world import HALF, IN, OUT, World, change_availability, level_of, statuses
from conformance.fuzz.oracles import ORACLES
from conformance.fuzz.stage import VERBS, Target, load_verbs
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import version
from tests.fuzz.traffic import Traffic

V16, V2 = version("1.6"), version("2.0.1")
HERE, THERE = (1, 1), (2, 1)


# ---------------------------------------------------------------------- statuses


def may_be(world: World, *, running: frozenset[int] = frozenset(), authorized: bool = False, family: str = "2") -> str:
    return " ".join(sorted(statuses(family, world, HERE, running=running, authorized=authorized)))


def test_a_connector_is_what_was_done_to_it() -> None:
    world = World()
    assert may_be(world) == "Available"
    assert may_be(world, family="1.6") == "Available"
    world.cables[HERE] = IN
    assert may_be(world) == "Occupied"
    assert may_be(world, family="1.6") == "Finishing Preparing"
    assert may_be(world, running=frozenset({1}), family="1.6") == "Charging SuspendedEV SuspendedEVSE"
    world.cables[HERE] = OUT
    assert may_be(world) == "Available"


def test_whoever_is_authorized_and_has_not_plugged_in_may_hold_the_connector() -> None:
    world = World()
    assert may_be(world, authorized=True) == "Available Occupied"
    assert may_be(world, authorized=True, family="1.6") == "Available Preparing"
    world.cables[HERE] = IN
    assert may_be(world, running=frozenset({1})) == "Occupied"


def test_a_cable_of_which_the_operator_could_not_say_allows_every_status() -> None:
    world = World(cables={HERE: HALF})
    assert may_be(world) == "Available Occupied Unavailable"


@pytest.mark.parametrize("level", [(), (1,), (1, 1)])
def test_an_inoperative_connector_is_unavailable_until_it_is_operative_again(level: tuple[int, ...]) -> None:
    world = World()
    world.changed(level, False, "Accepted")
    assert may_be(world) == "Unavailable"
    assert "Available" in statuses("2", world, (3, 1), running=frozenset(), authorized=False) or not level
    world.changed(level, True, "Accepted")
    assert may_be(world) == "Available"


def test_levels_may_be_held_apart_or_the_latest_may_count() -> None:
    world = World()
    world.changed((1, 1), False, "Accepted")
    world.changed((), True, "Accepted")
    assert may_be(world) == "Available Unavailable"


def test_a_refused_change_changes_nothing_and_a_lost_answer_may_have_changed_something() -> None:
    world = World()
    world.changed((), False, "Rejected")
    assert may_be(world) == "Available" and world.inoperative_levels() == []
    world.changed((), False, "")
    assert may_be(world) == "Available Unavailable" and world.inoperative_levels() == [()]


def test_a_change_that_was_put_off_waits_for_the_neighbour() -> None:
    world = World()
    world.changed((), False, "Scheduled")
    assert may_be(world, running=frozenset({2})) == "Available Unavailable"
    assert may_be(world) == "Unavailable"


@pytest.mark.parametrize(("family", "level"), [("2", ()), ("2", (1,)), ("2", (1, 1)), ("1.6", ()), ("1.6", (2, 2))])
@pytest.mark.parametrize("operative", [True, False])
def test_what_a_change_of_availability_is_about(family: str, level: tuple[int, ...], operative: bool) -> None:
    assert level_of(family, change_availability(family, level, operative)) == (level, operative)


# ---------------------------------------------------------------------- reasons of ends


def ends(traffic: Traffic, family: str = "2") -> list[str]:
    spoken = V2 if family == "2" else V16
    return [one.actual for one in endings.unreasoned(spoken, traffic.entries, {"BLOCKED"})]


def session(traffic: Traffic, tx: str = "T1", evse: int = 1, token: str = "TOKEN") -> None:
    traffic.act("plug_in", evseId=evse, connectorId=1)
    traffic.event("Started", 0, tx=tx, evse={"id": evse})
    traffic.act("present_token", idToken={"idToken": token, "type": "ISO14443"}, evseId=evse)
    traffic.event("Updated", 1, "Authorized", tx=tx, idToken={"idToken": token, "type": "ISO14443"})


def test_an_end_without_a_reason() -> None:
    traffic = Traffic()
    session(traffic)
    traffic.csms("ChangeAvailability", {"status": "Scheduled"}, operationalStatus="Inoperative")
    traffic.event("Ended", 2, "AbnormalCondition")
    assert len(ends(traffic)) == 1 and "present_token" in ends(traffic)[0]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("unplug", {"evseId": 1, "connectorId": 1}),
        ("power_cycle", {}),
        ("cause_fault", {"evseId": 1, "connectorId": 1}),
        ("present_token", {"idToken": {"idToken": "OTHER"}, "evseId": 1}),
        ("present_token", {"idToken": {"idToken": "TOKEN"}, "evseId": 2}),
    ],
)
def test_what_the_driver_does_may_end_a_transaction(name: str, args: dict[str, Any]) -> None:
    traffic = Traffic()
    session(traffic)
    traffic.act(name, **args)
    traffic.event("Ended", 2)
    assert ends(traffic) == []


@pytest.mark.parametrize(
    ("action", "payload", "status"),
    [
        ("RequestStopTransaction", {"transactionId": "T1"}, "Accepted"),
        ("Reset", {"type": "Immediate"}, "Accepted"),
        ("Reset", {"type": "OnIdle"}, "Scheduled"),
        ("UnlockConnector", {"evseId": 1, "connectorId": 1}, "Unlocked"),
    ],
)
def test_what_the_csms_asks_may_end_a_transaction(action: str, payload: dict[str, Any], status: str) -> None:
    traffic = Traffic()
    session(traffic)
    traffic.csms(action, {"status": status}, **payload)
    traffic.event("Ended", 2)
    assert ends(traffic) == []


@pytest.mark.parametrize(
    ("action", "payload", "status"),
    [
        ("RequestStopTransaction", {"transactionId": "T9"}, "Rejected"),
        ("Reset", {"type": "Immediate"}, "Rejected"),
        ("Reset", {"type": "Immediate", "evseId": 2}, "Accepted"),
        ("UnlockConnector", {"evseId": 2, "connectorId": 1}, "Unlocked"),
    ],
)
def test_what_is_asked_of_others_may_not(action: str, payload: dict[str, Any], status: str) -> None:
    traffic = Traffic()
    session(traffic)
    traffic.csms(action, {"status": status}, **payload)
    traffic.event("Ended", 2)
    assert len(ends(traffic)) == 1


@pytest.mark.parametrize(
    "args", [{"idToken": {"idToken": "OTHER"}, "evseId": 2}, {"idToken": {"idToken": "BLOCKED"}, "evseId": 1}]
)
def test_a_strange_token_next_door_or_one_that_nobody_may_charge_with_may_not(args: dict[str, Any]) -> None:
    traffic = Traffic()
    session(traffic)
    traffic.act("present_token", **args)
    traffic.event("Ended", 2, "StopAuthorized", idToken=args["idToken"])
    assert len(ends(traffic)) == 1


def test_a_token_that_the_csms_refuses_ends_its_transaction() -> None:
    traffic = Traffic()
    session(traffic)
    sent = traffic.event("Updated", 2, "Trigger", lost=True)
    traffic.reply(sent, {"idTokenInfo": {"status": "Blocked"}})
    traffic.event("Ended", 3, "Deauthorized")
    assert ends(traffic) == []


def test_each_end_needs_a_reason_of_its_own() -> None:
    traffic = Traffic()
    session(traffic)
    traffic.act("unplug", evseId=1, connectorId=1)
    traffic.event("Ended", 2)
    traffic.act("plug_in", evseId=1, connectorId=1)
    traffic.event("Started", 0, tx="T2", evse={"id": 1})
    traffic.event("Ended", 1, tx="T2")
    assert len(ends(traffic)) == 1


def test_16_an_end_without_a_reason_and_one_with() -> None:
    traffic = Traffic()
    traffic.act("plug_in", evseId=1, connectorId=1)
    traffic.act("present_token", idToken={"idToken": "TAG"}, evseId=1)
    traffic.start()
    traffic.csms("ChangeAvailability", {"status": "Scheduled"}, connectorId=1, type="Inoperative")
    before = len(traffic.entries)
    traffic.stop()
    assert len(ends(traffic, "1.6")) == 1
    del traffic.entries[before:]
    traffic.csms("RemoteStopTransaction", {"status": "Accepted"}, transactionId=7)
    traffic.stop()
    assert ends(traffic, "1.6") == []


# ---------------------------------------------------------------------- energy


def read(traffic: Traffic, wh: Any, seq: int, kind: str = "Updated", **sample: Any) -> None:
    value = {"timestamp": traffic.stamp(), "sampledValue": [{"value": wh, **sample}]}
    traffic.event(kind, seq, evse={"id": 1}, meterValue=[value])


def wrong(traffic: Traffic, meter: energy.Meter | None = None, family: str = "2") -> list[str]:
    return [one.actual for one in energy.judge(V2 if family == "2" else V16, traffic.entries, meter)]


def test_a_register_that_counts_up() -> None:
    traffic = Traffic()
    for seq, wh in enumerate((Decimal("10.5"), Decimal(12), Decimal(12))):
        read(traffic, wh, seq, "Updated" if seq else "Started")
    assert wrong(traffic) == []
    assert wrong(traffic, energy.Meter({1: Decimal(10)}, {1: Decimal(12)})) == []


def test_a_register_that_counts_down() -> None:
    traffic = Traffic()
    read(traffic, Decimal(20), 0, "Started")
    read(traffic, Decimal(15), 1)
    assert len(wrong(traffic)) == 1 and "15 Wh after 20 Wh" in wrong(traffic)[0]


def test_a_station_may_count_each_transaction_from_zero_if_no_meter_says_otherwise() -> None:
    traffic = Traffic()
    read(traffic, Decimal(20), 0, "Started")
    read(traffic, Decimal(0), 1)
    assert wrong(traffic) == []
    assert len(wrong(traffic, energy.Meter({1: Decimal(19)}, {1: Decimal(21)}))) == 1


def test_a_reading_that_the_meter_never_showed() -> None:
    traffic = Traffic()
    read(traffic, Decimal(30), 0, "Started")
    assert wrong(traffic, energy.Meter({}, {1: Decimal(30)})) == []
    assert len(wrong(traffic, energy.Meter({}, {1: Decimal(25)}))) == 1
    assert len(wrong(traffic, energy.Meter({1: Decimal(35)}, {}))) == 1


def test_units_multipliers_and_other_measurands() -> None:
    traffic = Traffic()
    read(traffic, Decimal("1.5"), 0, "Started", unitOfMeasure={"unit": "kWh"})
    read(traffic, Decimal(2), 1, unitOfMeasure={"unit": "Wh", "multiplier": 3})
    read(traffic, Decimal(1), 2, measurand="Power.Active.Import")
    read(traffic, Decimal(1), 3, phase="L1")
    assert wrong(traffic, energy.Meter({1: Decimal(1400)}, {1: Decimal(2100)})) == []
    read(traffic, Decimal(900), 4)
    assert len(wrong(traffic)) == 1


def test_16_the_stop_below_the_start() -> None:
    traffic = Traffic()
    traffic.start(meterStart=100)
    traffic.stop(meterStop=90, transactionData=[{"timestamp": traffic.stamp(), "sampledValue": [{"value": "100"}]}])
    assert wrong(traffic, family="1.6")


def test_16_meter_values_and_whole_numbers_are_rounded() -> None:
    traffic = Traffic()
    traffic.start(meterStart=100)
    sampled = [{"value": "100.7", "unit": "Wh"}]
    traffic.cs("MeterValues", connectorId=1, meterValue=[{"timestamp": traffic.stamp(), "sampledValue": sampled}])
    traffic.stop(meterStop=100)
    assert wrong(traffic, energy.Meter({1: Decimal("100.2")}, {1: Decimal("100.9")}), family="1.6") == []


# ---------------------------------------------------------------------- what is drawn


class Described:
    """As much of a description as drawing needs."""

    features: ClassVar[dict[str, bool]] = {"SmartCharging": True, "Smart Charging": True}
    values = type("V", (), {"charging_rate_unit": "A"})()
    connectors = (type("C", (), {"evseId": 1, "connectorId": 1})(), type("C", (), {"evseId": 2, "connectorId": 1})())


def target(id: str, avoid: frozenset[str] = frozenset()) -> Target:
    return Target(version(id), "CS", "CSMS", SchemaStore(), Described(), hazardous=True, avoid=avoid)


def check_playable(example: Example) -> None:
    load_verbs()
    for act in example.acts:
        assert act.verb in VERBS and hasattr(acts, act.verb), act
    assert all(name in ORACLES for name in example.oracles)
    assert example.acts[-1] == acts.idle()
    saved = corpus.Saved("OC_ST_01_CS", "2.0.1", "CS", example)
    assert corpus.from_json(corpus.to_json(saved)).example == example


@pytest.mark.parametrize("id", ["1.6", "2.0.1", "2.1"])
def test_drawn_sequences_can_be_played_saved_and_read(id: str) -> None:
    from hypothesis import HealthCheck, given, settings

    verbs: set[str] = set()

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(station_sequences(target(id)))
    def draw(example: Example) -> None:
        check_playable(example)
        verbs.update(act.verb for act in example.acts)

    draw()
    assert verbs >= {"hand", "ask", "offline", "online", "blink", "quiet", "begun", "idle"}


@pytest.mark.parametrize("id", ["1.6", "2.0.1", "2.1"])
def test_every_request_of_a_sequence_is_legal(id: str) -> None:
    """With its placeholders filled, each CALL that may be drawn is valid, and one that a CSMS may send."""
    schemas, spoken = SchemaStore(), version(id)
    given = {"token": {"1.6": "TAG", "2": {"idToken": "T", "type": "ISO14443"}}[spoken.family], "number": 7}
    given |= {"running": {"1.6": 7, "2": "T1"}[spoken.family], "ended": {"1.6": 7, "2": "T1"}[spoken.family]}
    asked = {act for example in chosen_sequences(target(id)) for act in example.acts if act.verb == "ask"}
    move = Moves(spoken.family, HERE)
    asked |= {act for phrase in weighted(spoken.family, [move]) for act in phrase if act.verb == "ask"}
    asked |= {move.profile(6, "A"), move.profile(0, "W"), move.no_profile()}
    assert len(asked) > 15
    for act in asked:
        action, payload = act.args["action"], act.args["payload"]
        filled = {
            name: given[value.strip("{}").split()[0]] if isinstance(value, str) and value.startswith("{{") else value
            for name, value in payload.items()
        }
        known = spoken.actions[action]
        assert known.may_be_sent_by("CSMS")
        assert schemas.judge(spoken, known.request, filled) == (), (action, filled)


@pytest.mark.parametrize("id", ["1.6", "2.0.1", "2.1"])
def test_chosen_sequences_have_names_of_their_own(id: str) -> None:
    examples = list(chosen_sequences(target(id)))
    assert len({one.name for one in examples}) == len(examples) >= 18
    for example in examples:
        check_playable(example)


def test_what_a_description_wants_avoided_is_left_out() -> None:
    examples = list(chosen_sequences(target("2.0.1", frozenset({"Reset"}))))
    assert examples and not any(act.args.get("action") == "Reset" for one in examples for act in one.acts)


def test_a_part_of_a_sequence_is_a_sequence() -> None:
    move = Moves("2", HERE)
    whole = sequence("one", (move.plug(), move.token(), move.unplug()))
    assert whole.acts[:3] == (move.plug(), move.token(), move.unplug())
    check_playable(sequence("none", ()))
