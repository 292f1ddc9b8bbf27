"""The procedure of a case, read from its source."""

from __future__ import annotations

from typing import Any

from conformance.cases.case import CaseInfo, case, case_of
from conformance.cases.plan import plan_of
from conformance.cases.steps import step
from tests.cases.conftest import make_lab


def looped(csms: Any, operator: Any, dut: Any) -> None:
    """Has steps in a loop, a branch, and out of order of nesting."""
    step("First", expect="that it begins")
    for connector in dut.connectors:
        step(f"Look at {connector.evseId} again", expect=f"it is {'there'}")
        operator.plug_in(connector)
    if dut.second_evse:
        step("Only with two")
    else:
        step("Only with one")
    csms.reach("Authorized", locally=True)
    csms.execute("EnergyTransferStarted")
    csms.execute("Authorized")
    if operator.offers("suspend_ev"):
        operator.suspend_ev()
    operator.unplug() if operator.offers("unplug") else csms.drain()
    operator.power_cycle()


def plan(function: Any, family: str = "2", role: str = "CS") -> Any:
    return plan_of(CaseInfo("TC_X_01", function), family, role)


def test_steps_in_source_order_with_their_lines() -> None:
    steps = plan(looped).steps
    assert [one.text for one in steps] == [
        "First",
        "Look at <connector.evseId> again",
        "Only with two",
        "Only with one",
    ]
    assert steps[0].expect == "that it begins" and steps[1].expect == "it is <'there'>"
    first = looped.__code__.co_firstlineno
    assert [one.line - first for one in steps] == [2, 4, 7, 9]


def test_states_once_and_verbs_outright_or_if_offered() -> None:
    read = plan(looped)
    assert read.states == ("Authorized", "EnergyTransferStarted")
    assert {"plug_in", "power_cycle"} <= read.verbs
    assert {"suspend_ev", "unplug"} & read.verbs == set()
    assert {"suspend_ev", "unplug", "present_token"} <= read.optional_verbs, "those of its states, too"


def test_verbs_of_states_depend_on_family_and_role() -> None:
    def body(csms: Any) -> None:
        csms.reach("Authorized")

    two = plan(body)
    assert "present_token" in two.verbs | two.optional_verbs
    assert plan(body, "2", "CSMS").verbs == set()
    assert plan(body, "1.6", "no such role").verbs == set()


def _helper(csms: Any, operator: Any, again: bool = True) -> None:
    step("In the helper")
    operator.occupy_bay()
    csms.execute("EVDisconnected")
    if again:
        _helper(csms, operator, False)


def helped(csms: Any, operator: Any) -> None:
    """Calls a helper of its module."""
    step("Before")
    _helper(csms, operator)
    step("After")


def test_helpers_of_the_module_are_read_where_they_are_called() -> None:
    read = plan(helped)
    assert [one.text for one in read.steps] == ["Before", "In the helper", "After"]
    assert read.steps[1].line == _helper.__code__.co_firstlineno + 1
    assert "EVDisconnected" in read.states and {"occupy_bay", "unplug"} <= read.verbs | read.optional_verbs


def test_steps_of_a_helper_are_missed_in_their_place() -> None:
    def broken(csms: Any) -> None:
        step("Before")
        csms.expect("Heartbeat", within=0.1)
        helped(csms, None)

    lab = make_lab()
    assert [one.text for one in lab.run(broken).missed] == ["Before", "In the helper", "After"]
    lab.operator.verbs = frozenset()
    result = lab.run(helped)
    assert result.verdict == "INCONCLUSIVE" and [one.text for one in result.missed] == ["After"]


def test_a_decorator_and_an_outer_function_do_not_shift_lines() -> None:
    @case("TC_X_02")
    def body(csms: Any) -> None:
        """A docstring
        of two lines."""
        step("Here")

    info = case_of(body)
    assert info is not None
    line = plan_of(info, "2", "CS").steps[0].line
    assert line == body.__code__.co_firstlineno + 4  # type: ignore[attr-defined]  # a function


def test_a_case_says_what_it_is() -> None:
    @case("TC_X_03")
    def of_csms(station: Any, dut: Any) -> None:
        """One sentence
        on two lines."""

    info = case_of(of_csms)
    assert info is not None
    assert (info.id, info.plays, info.parameters) == ("TC_X_03", "CS", ("station", "dut"))
    assert info.purpose == "One sentence on two lines."
    assert info.source[0].name == "test_plan.py"
    assert case_of(looped) is None and case_of(3) is None
    assert plan_of(info, "2", "CSMS").steps == ()
