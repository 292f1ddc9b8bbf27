"""What a case costs before it runs, and the order in which a person walks least."""

from __future__ import annotations

from typing import Any

from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import CatalogueEntry, load_catalogue
from conformance.cases.effort import PERSON_SECONDS, TYPICAL_SECONDS, effort_of, walking_order
from conformance.cases.measured import gathered, measured_seconds
from conformance.cases.selection import Selected
from conformance.cases.steps import step
from conformance.dut.description import Dut, OperatorPlan, OperatorSettings, Token, Tokens
from conformance.dut.features import Features
from conformance.report.plan import plan_lines, span

BY_HAND = OperatorPlan()
BY_PROGRAM = OperatorPlan(OperatorSettings("http", "http://127.0.0.1:1"))
MIXED = OperatorPlan(OperatorSettings("http", "http://127.0.0.1:1"), {}, {"power_cycle": "manual"})


def nobody(csms: Any) -> None:
    """Needs nobody."""
    step("Ask")
    csms.send("GetVariables")


def charges(csms: Any, operator: Any, dut: Any) -> None:
    """Plugs in twice and leaves the cable in; unlocks nothing."""
    step("Plug in")
    operator.plug_in()
    step("Show it twice")
    operator.present_token(dut.tokens.valid)
    operator.present_token(dut.tokens.valid)


def restarts(csms: Any, operator: Any) -> None:
    """Switches off and on."""
    operator.power_cycle()


def led(csms: Any, operator: Any) -> None:
    """Goes through states that share acts."""
    csms.reach("EnergyTransferStarted")


def selected(function: Any, operator: OperatorPlan, *, id: str = "TC_X_01_CS", **features: bool) -> Selected:
    declared = Features({name.replace("_", "-"): value for name, value in features.items()})
    tokens = Tokens({"valid": Token(idToken="AABBCC01", type="ISO14443")})
    dut = Dut("CS", "CS001", ("2.0.1",), declared, tokens, operator=operator)
    return Selected(CaseInfo(id, function), CatalogueEntry(id, "2.0.1", "CS", "B", "title"), dut)


def test_acts_are_counted_with_those_that_clean_up() -> None:
    effort = effort_of(selected(charges, BY_HAND))
    assert effort.by_hand == ("plug_in", "present_token", "present_token", "unplug") and effort.by_program == ()
    assert effort.places == ("the reader", "the cable")
    assert effort.seconds > 4 * PERSON_SECONDS


def test_a_program_costs_its_seconds_and_no_walk() -> None:
    effort = effort_of(selected(charges, BY_PROGRAM))
    assert len(effort.by_program) == 4 and effort.places == ()
    assert effort.seconds == TYPICAL_SECONDS and not effort.measured, "its acts are in what a case takes"


def test_time_is_what_the_case_took_where_it_was_measured() -> None:
    """And a person's time for each act by hand on top."""
    took = measured_seconds()["TC_E_02_CS"]
    assert 0.3 < took < 5
    by_program, by_hand = (effort_of(selected(charges, who, id="TC_E_02_CS")) for who in (BY_PROGRAM, BY_HAND))
    assert (by_program.seconds, by_program.measured) == (took, True)
    assert by_hand.seconds == took + 4 * PERSON_SECONDS
    assert effort_of(selected(restarts, BY_PROGRAM)).boots == 1


def test_what_was_measured_are_cases_of_the_catalogue() -> None:
    known = {entry.id for entry in load_catalogue()}
    assert len(measured_seconds()) > 500 and set(measured_seconds()) <= known


def test_seconds_are_gathered_from_results() -> None:
    """The longest of several versions; only of cases that passed: a failed one has waited for what did not come."""

    def case(id: str, seconds: float, verdict: str = "PASS", **more: Any) -> dict[str, Any]:
        return {"id": id, "verdict": verdict, "seconds": seconds, **more}

    first = {
        "cases": [
            case("TC_B", 1.25),
            case("TC_A", 1),
            case("TC_C", 60, "FAIL"),
            case("OC_FZ", 9, campaign={"level": "smoke"}),
        ]
    }
    assert gathered([first, {"cases": [case("TC_B", 3.06)]}]) == {"TC_A": 1, "TC_B": 3.1}


def test_acts_can_be_shared_out() -> None:
    assert effort_of(selected(charges, MIXED)).by_hand == ()
    assert effort_of(selected(restarts, MIXED)).by_hand == ("power_cycle",)


def test_what_states_share_is_done_once_and_the_bay_only_where_it_is_noticed() -> None:
    without = effort_of(selected(led, BY_HAND)).by_hand
    assert without.count("plug_in") == 1 and "occupy_bay" not in without
    assert "occupy_bay" in effort_of(selected(led, BY_HAND, **{"C_09.6": True})).by_hand


def test_cases_of_one_place_come_together_and_those_for_nobody_first() -> None:
    cases = [selected(one, BY_HAND) for one in (restarts, charges, nobody, restarts, nobody, charges)]
    cases.sort(key=walking_order)
    assert [one.info.function for one in cases] == [nobody, nobody, charges, charges, restarts, restarts]
    by_program = [selected(one, BY_PROGRAM) for one in (restarts, charges, nobody)]
    assert sorted(by_program, key=walking_order) == by_program, "an order that is free only where it helps"


def test_the_plan_ends_with_what_it_takes() -> None:
    ids = ("TC_X_00_CS", "TC_E_02_CS", "TC_X_02_CS")
    cases = [selected(one, BY_HAND, id=id) for id, one in zip(ids, (nobody, charges, restarts), strict=True)]
    told = list(plan_lines(cases, [], brief=True))
    assert not any("Plug in" in line for line in told), "the procedures are left out"
    at = told.index("what a person has to do, in the order in which the cases run:")
    assert told[at - 1] == (
        "about 4 min: 1 case as measured on the project's own devices with default [timeouts] and [values]; "
        "2 cases not measured, 2 s each; 45 s for an act by hand; on top come a device that boots slowly (1 boot), and "
        "deadlines that it misses"
    )
    assert [line.split(": ", 1)[1] for line in told[at + 1 : -1]] == [
        "nothing: these run alone",
        "at the reader, the cable (present_token 2, plug_in 1, unplug 1)",
        "at the power (power_cycle 1)",
    ]
    assert told[-1] == "about 5 acts by hand"
    past = {("TC_E_02_CS", "2.0.1"): 3600.0}
    timed = next(line for line in plan_lines(cases, [], brief=True, past=past) if line.startswith("about 61 min"))
    assert ": 1 case as in the last run; 2 cases not measured, " in timed
    automatic = list(plan_lines([selected(charges, BY_PROGRAM)], [], brief=True))
    assert automatic[-1] == "nobody has to do anything by hand; a program makes about 4 acts"


def test_a_span_in_words() -> None:
    assert [span(one) for one in (0, 40, 720, 7500)] == ["0 s", "40 s", "12 min", "2 h 05 min"]
