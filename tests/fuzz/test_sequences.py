"""Odd sequences, played on the embedded devices: what can't be done is passed over, and each one leaves no trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.fuzz import acts
from conformance.fuzz.machines import csms as pairs
from conformance.fuzz.machines.station import Moves, sequence
from conformance.fuzz.player import Outcome

Ground = Callable[..., Any]
HERE = {"1.6": Moves("1.6", (1, 1)), "2.0.1": Moves("2", (1, 1))}


def played(ground: Ground, role: str, version: str, *examples: Any, defects: tuple[str, ...] = ()) -> list[Outcome]:
    """The outcomes of examples, one after another on one device."""
    outcomes: list[Outcome] = []

    def station_body(csms: Any, fuzz: Any) -> None:
        """Play them."""
        outcomes.extend(fuzz.play(one) for one in examples)

    def csms_body(station: Any, fuzz: Any) -> None:
        """Play them."""
        outcomes.extend(fuzz.play(one) for one in examples)

    ground(role, version, defects).play(station_body if role == "CS" else csms_body, "OC_ST_09")
    assert len(outcomes) == len(examples)
    return outcomes


def rules(outcome: Outcome) -> list[str]:
    return [one.finding.rule for one in outcome.problems]


def did(outcome: Outcome) -> list[str]:
    """What was done in an example that has a problem, in order."""
    return [str(one.data["name"]) for one in outcome.frames if one.kind == "act" and not one.data.get("quiet")]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_what_cannot_be_done_is_passed_over(ground: Ground, version: str) -> None:
    here = HERE[version]
    odd = sequence(
        "odd",
        (
            *(here.unplug(), here.plug(), here.plug(), here.remote_stop("ended"), here.remote_stop("running")),
            *(acts.offline(), acts.offline(), here.remote_start(), here.reset("hard"), acts.online(), acts.online()),
            acts.ask("TriggerMessage", {"requestedMessage": "{{token nobody}}"}),
            acts.hand("present_token", {"token": "valid", "evseId": 99}),
            acts.hand("plug_in", {"evseId": 99, "connectorId": 99}),
        ),
    )
    empty = sequence("empty", ())
    assert [rules(one) for one in played(ground, "CS", version, odd, empty)] == [[], []]


def test_a_sequence_that_breaks_off_offline_lets_the_station_come_back(ground: Ground) -> None:
    """The next one is played, and finds nothing."""
    broken = sequence("broken", (acts.offline(), acts.hand("plug_in", {})))
    whole = sequence("whole", (HERE["2.0.1"].plug(), HERE["2.0.1"].token(), acts.begun(1)))
    outcomes: list[Any] = []

    def body(csms: Any, fuzz: Any) -> None:
        """Play both."""
        with pytest.raises(KeyError):
            fuzz.play(broken)
        outcomes.append(fuzz.play(whole))

    ground("CS", "2.0.1").play(body, "OC_ST_09")
    assert rules(outcomes[0]) == [] and not outcomes[0].unplayed


def test_a_finding_is_judged_when_it_is_quiet_and_tells_what_was_done(ground: Ground) -> None:
    here = HERE["2.0.1"]
    good = sequence("good", (here.plug(), here.token(), acts.begun(1), acts.quiet()))
    bad = sequence("bad", (*good.acts[:3], here.availability(False), acts.quiet()))
    first, second = played(ground, "CS", "2.0.1", good, bad, defects=("availability-ends-the-transaction",))
    assert rules(first) == [] and "oracle.ended-for-a-reason" in rules(second)
    assert did(second)[:3] == ["plug_in", "present_token", "ChangeAvailability"]


def test_the_meter_is_read_before_the_first_sequence(ground: Ground) -> None:
    """So the first one alone finds a register that begins anew at a boot."""
    here = HERE["2.0.1"]
    before = (here.plug(), here.token(), acts.begun(1), acts.quiet(), here.unplug(), acts.quiet())
    after = (acts.hand("power_cycle"), acts.online(), acts.quiet(), here.plug(), here.token(), acts.begun(1))
    again = sequence("boot", (*before, *after))
    (outcome,) = played(ground, "CS", "2.0.1", again, defects=("meter-restarts-at-boot",))
    assert "oracle.energy" in rules(outcome)


def test_the_embedded_meter_is_what_the_station_reports(ground: Ground) -> None:
    here = HERE["1.6"]
    twice = [sequence(f"{number}", (here.plug(), here.token(), acts.begun(1), acts.quiet())) for number in range(2)]
    assert [rules(one) for one in played(ground, "CS", "1.6", *twice)] == [[], []]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_two_stations_charge_offline_and_tell_it_later(ground: Ground, version: str) -> None:
    whole = pairs.sequence(
        "offline",
        (
            *(acts.does(1, "leave"), acts.does(1, "plug"), acts.does(1, "token"), acts.does(1, "meter")),
            *(acts.does(2, "token", token="single"), acts.does(2, "plug"), acts.does(1, "unplug")),
            *(acts.does(1, "plug"), acts.does(1, "token", token="single"), acts.does(1, "come back")),
        ),
    )
    assert [rules(one) for one in played(ground, "CSMS", version, whole, whole)] == [[], []]


def test_a_token_that_is_in_use_elsewhere_is_refused_there(ground: Ground) -> None:
    """With a CSMS that forgets, the finding says what it took."""
    held = pairs.sequence(
        "held",
        (
            *(acts.does(1, "plug"), acts.does(1, "token", token="single"), acts.does(2, "boot")),
            *(acts.does(2, "plug"), acts.does(2, "token", token="single")),
        ),
    )
    good = played(ground, "CSMS", "2.0.1", held)
    bad = played(ground, "CSMS", "2.0.1", held, defects=("boot-forgets-the-others",))
    assert rules(good[0]) == [] and rules(bad[0]) == ["oracle.nothing-crosses-over"]
    assert "tokens.single was answered 'Accepted'" in bad[0].problems[0].finding.actual


def test_a_command_that_strays_is_found_at_the_other_station(ground: Ground) -> None:
    sent = pairs.sequence("sent", (acts.has_sent(1, "DataTransfer", {"vendorId": "org.x", "messageId": "{{label}}"}),))
    (outcome,) = played(ground, "CSMS", "1.6", sent, defects=("commands-to-the-newest-connection",))
    assert set(rules(outcome)) == {"oracle.nothing-crosses-over"}
    assert any("but to station 2" in one.finding.actual for one in outcome.problems)
