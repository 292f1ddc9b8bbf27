"""From what happens in a case to its verdict: every way that a case can end, and which one wins."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest

from conformance.cases.runner import Interrupted
from conformance.cases.steps import check, observe, recommend, step
from conformance.cases.verdict import Verdict, worst
from conformance.dut.operators import DeviceMisbehaved, OperatorUnable
from conformance.ocppj.findings import Blame, Severity
from conformance.peers.outcome import Inconclusive, NotApplicable
from conformance.peers.peer import require
from tests.cases.conftest import Lab, make_lab


def harmless(csms: Any) -> None:
    """Does nothing."""


def expects_what_never_comes(csms: Any) -> None:
    """Waits in vain."""
    step("Wait", expect="a Heartbeat")
    csms.expect("Heartbeat", requirement="X.1")


class TestVerdict:
    def test_the_worst_wins_in_any_order(self) -> None:
        ladder = [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.ERROR]
        for one, two in itertools.product(ladder, repeat=2):
            assert worst(one, two) == max(one, two, key=ladder.index)
        assert worst() == Verdict.PASS

    def test_pass(self, lab: Lab) -> None:
        result = lab.run(harmless)
        assert (result.verdict, result.reason, result.findings) == ("PASS", "", [])

    def test_an_expectation_fails(self, lab: Lab) -> None:
        result = lab.run(expects_what_never_comes)
        assert result.verdict == "FAIL"
        assert result.reason == "expected Heartbeat within 5 s; actual no such message"
        assert [(one.rule, one.step, one.requirement) for one in result.findings] == [("expect", 1, "X.1")]

    def test_a_check_fails_and_the_case_goes_on(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            step("One")
            assert check(2 > 1, "two is more", requirement="X.1")
            assert not check(False, "the impossible", requirement="X.2", actual="the usual")
            step("Two")
            check(None, "something is there")

        result = lab.run(body)
        assert result.verdict == "FAIL" and [one.number for one in result.steps] == [1, 2]
        assert [(one.expected, one.actual, one.step) for one in result.findings] == [
            ("the impossible", "'the usual'", 1),
            ("something is there", "not so", 2),
        ]
        assert [(one.text, one.held) for one in result.checks] == [
            ("two is more", True),
            ("the impossible", False),
            ("something is there", False),
        ]

    def test_a_recommendation_is_a_remark_and_an_observation_no_verdict(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            step("One")
            assert recommend(True, "the usual")
            assert not recommend(False, "the wise thing", requirement="X.1", actual="the other")
            observe("how it does", "so")

        result = lab.run(body)
        assert result.verdict == "PASS" and not result.checks
        assert [(one.severity, one.rule, one.expected, one.actual, one.step) for one in result.findings] == [
            ("SHOULD", "recommend", "the wise thing", "'the other'", 1),
            ("INFO", "observe", "how it does", "so", 1),
        ]
        assert lab.run(body, strict=True).verdict == "FAIL"

    def test_an_assertion_of_a_case_fails_it(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            raise AssertionError("all is well")

        result = lab.run(body)
        assert result.verdict == "FAIL" and result.reason == "expected all is well; actual it does not"

    @pytest.mark.parametrize(
        "raises",
        [
            lambda lab: require(False, "no second EVSE"),
            lambda lab: lab.bench.hands.power_cycle(),
            lambda lab: lab.bench.dut.tokens.contract,
            lambda lab: lab.bench.dut.features["C-49"],
        ],
    )
    def test_what_the_lab_lacks_is_inconclusive(self, raises: Any) -> None:
        from dataclasses import replace

        from conformance.dut.description import Tokens
        from conformance.dut.features import Features

        lab = make_lab()
        lab.bench.dut = replace(lab.bench.dut, tokens=Tokens({}), features=Features({}, "dut.toml"))
        result = lab.run(lambda csms: raises(lab))
        assert result.verdict == "INCONCLUSIVE" and result.findings == []
        assert any(word in result.reason for word in ("EVSE", "power_cycle", "contract", "C-49"))

    def test_an_operator_that_could_not_is_inconclusive(self, lab: Lab) -> None:
        def jammed() -> None:
            raise OperatorUnable("plug_in", "the cable is stuck")

        lab.operator.on["plug_in"] = jammed

        def body(operator: Any) -> None:
            operator.plug_in()

        result = lab.run(body)
        assert (result.verdict, result.reason) == (
            "INCONCLUSIVE",
            "the operator could not plug_in: the cable is stuck",
        )

    def test_a_device_that_misbehaved_fails_with_the_operators_note_and_the_case_goes_on(self, lab: Lab) -> None:
        def sparks() -> None:
            raise DeviceMisbehaved("plug_in", "it sparks")

        lab.operator.on["plug_in"] = sparks
        reached = []

        def body(operator: Any) -> None:
            step("Plug in", expect="no sparks")
            operator.plug_in()
            reached.append(True)

        result = lab.run(body)
        finding = result.findings[0]
        assert (result.verdict, finding.rule, finding.actual, finding.step) == ("FAIL", "operator", "it sparks", 1)
        assert "Plug an EV into connector 1 of EVSE 1" in finding.expected and reached
        assert result.trace.entries[finding.frame].data["name"] == "plug_in"  # type: ignore[index]  # it has one

    def test_an_operators_note_stands_in_the_report_and_changes_no_verdict(self, lab: Lab) -> None:
        lab.operator.on["plug_in"] = lambda: {"note": "it clicked twice"}

        def body(operator: Any) -> None:
            operator.plug_in()

        result = lab.run(body)
        assert result.verdict == "PASS"
        assert [(one.severity, one.actual) for one in result.findings] == [("INFO", "it clicked twice")]

    def test_a_case_may_find_out_that_it_does_not_apply(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            raise NotApplicable("TxStartPoint is read-only")

        result = lab.run(body)
        assert (result.verdict, result.reason) == ("NOT APPLICABLE", "TxStartPoint is read-only")

    def test_not_applicable_hides_no_finding(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            lab.monitor.find()
            raise NotApplicable("read-only")

        result = lab.run(body)
        assert (result.verdict, result.reason) == ("FAIL", "expected this; actual that")

    def test_an_exception_of_ours_is_an_error(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            raise RuntimeError("a mistake of ours")

        result = lab.run(body)
        assert (result.verdict, result.reason) == ("ERROR", "RuntimeError: a mistake of ours")
        assert result.findings[0].blame == Blame.TESTER and "Traceback" in result.findings[0].actual

    @pytest.mark.parametrize(
        "mistake", [lambda csms: csms.nothing, lambda csms: {}["x"], lambda csms: int("x"), lambda csms: 1 + "x"]
    )  # type: ignore[operator]  # the mistake
    def test_so_is_a_wrong_type_unless_the_device_broke_its_schema(self, lab: Lab, mistake: Any) -> None:
        def body(csms: Any) -> None:
            mistake(csms)

        def after_a_broken_payload(csms: Any) -> None:
            lab.monitor.find(rule="schema.request", expected="a number", actual='"x"')
            mistake(csms)

        assert lab.run(body).verdict == "ERROR"
        result = lab.run(after_a_broken_payload)
        assert result.verdict == "FAIL"
        assert result.reason == 'expected a number; actual "x"'
        assert any("the case could not go on" in one.actual for one in result.findings)

    def test_our_own_broken_payload_excuses_nothing(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            lab.monitor.find(rule="schema.request", blame=Blame.TESTER)
            int("x")

        assert lab.run(body).verdict == "ERROR"


class TestReaderCrash:
    """An injected exception in the reader thread: never a silent device."""

    def broken(self, lab: Lab) -> None:
        def observe(entry: Any) -> None:
            raise ZeroDivisionError("a rule of ours")

        lab.monitor.observe = observe  # type: ignore[method-assign]  # the injection

    def speak(self, lab: Lab) -> None:
        def talk() -> None:
            try:
                lab.device.calls("Heartbeat")
            except ZeroDivisionError:
                return
            raise AssertionError("the crash did not reach the link")

        thread = threading.Thread(target=talk)
        thread.start()
        thread.join()

    def test_while_the_case_waits(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            self.broken(lab)
            self.speak(lab)
            csms.expect("BootNotification")

        result = lab.run(body)
        assert result.verdict == "ERROR"
        assert "ZeroDivisionError in this suite's reader: a rule of ours" in result.reason
        assert "a rule of ours" in result.findings[0].actual and "observe" in result.findings[0].actual

    def test_although_nobody_waits_any_more(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            self.broken(lab)

        def clean() -> list[str]:
            self.speak(lab)
            return []

        lab.bench.clean = clean  # type: ignore[method-assign]  # the last thing of a case
        lab.peer.drain = lambda: None
        assert lab.run(body).verdict == "ERROR"

    def test_the_next_case_starts_afresh(self, lab: Lab) -> None:
        self.test_while_the_case_waits(lab)
        assert lab.run(harmless).verdict == "PASS"


class TestFindingsOfTheMonitor:
    @pytest.mark.parametrize(
        ("severity", "blame", "strict", "verdict"),
        [
            (Severity.MUST, Blame.DEVICE, False, "FAIL"),
            (Severity.SHOULD, Blame.DEVICE, False, "PASS"),
            (Severity.SHOULD, Blame.DEVICE, True, "FAIL"),
            (Severity.INFO, Blame.DEVICE, True, "PASS"),
            (Severity.MUST, Blame.TESTER, False, "ERROR"),
            (Severity.SHOULD, Blame.TESTER, True, "PASS"),
            (Severity.MUST, Blame.LAB, False, "INCONCLUSIVE"),
        ],
    )
    def test_weigh(self, lab: Lab, severity: Severity, blame: Blame, strict: bool, verdict: str) -> None:
        result = lab.run(lambda csms: lab.monitor.find(severity, blame), strict=strict)
        assert result.verdict == verdict
        assert len(result.findings) == 1, "a remark is kept, too"

    def test_what_is_found_at_the_very_end_counts(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            lab.monitor.find(Severity.SHOULD)
            from conformance.ocppj.findings import Finding

            lab.monitor.on_finish.append(Finding("rule", Severity.MUST, "an answer", "none"))

        assert lab.run(body).verdict == "FAIL"
        assert lab.monitor.finished_at == lab.device.clock.now()

    def test_a_worse_finding_takes_the_reason(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            lab.monitor.find(Severity.SHOULD, expected="a remark")
            lab.monitor.find(Severity.MUST, expected="a rule")
            raise Inconclusive("not reached")

        result = lab.run(body)
        assert (result.verdict, result.reason) == ("FAIL", "expected a rule; actual that")

    def test_ours_outweighs_the_devices(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            lab.monitor.find()
            lab.monitor.find(blame=Blame.TESTER, expected="we do it right")

        result = lab.run(body)
        assert (result.verdict, result.reason) == ("ERROR", "expected we do it right; actual that")

    def test_a_frame_lies_in_a_step(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            step("One")
            lab.device.calls("Heartbeat")
            lab.monitor.find(frame=len(csms.trace.entries) - 1)
            step("Two")
            lab.device.calls("Heartbeat")
            lab.monitor.find(frame=len(csms.trace.entries) - 1)
            lab.monitor.find(frame=0)

        assert [one.step for one in lab.run(body).findings] == [1, 2, None]

    def test_what_comes_between_two_cases_is_the_next_ones(self, lab: Lab) -> None:
        assert lab.run(harmless).verdict == "PASS"
        lab.monitor.find(frame=0)
        result = lab.run(harmless)
        assert result.verdict == "FAIL" and "before this case began" in result.findings[0].note
        assert lab.run(harmless).verdict == "PASS"


class TestCourse:
    def test_ready_body_drain_clean_verdict(self, lab: Lab) -> None:
        order: list[str] = []
        lab.bench.ready = lambda: order.append("ready")  # type: ignore[method-assign]
        lab.bench.clean = lambda: order.append("clean") or []  # type: ignore[method-assign,func-returns-value]

        def body(csms: Any) -> None:
            order.append("body")
            lab.device.after(0.3, lambda: order.append("drained"))

        lab.run(body)
        assert order == ["ready", "body", "drained", "clean"]

    def test_stages_are_marked_in_the_trace(self, lab: Lab) -> None:
        result = lab.run(harmless)
        stages = [one.data["stage"] for one in result.trace.entries if "stage" in one.data]
        assert stages == ["body", "clean-up"]

    def test_findings_of_the_clean_up_are_the_cases(self, lab: Lab) -> None:
        def clean() -> list[str]:
            lab.monitor.find()
            return ["the cable is stuck"]

        lab.bench.clean = clean  # type: ignore[method-assign]
        result = lab.run(harmless)
        assert result.verdict == "FAIL" and result.notes == ["the cable is stuck"]

    def test_it_is_cleaned_after_a_failure_and_not_after_a_crash_of_ours(self, lab: Lab) -> None:
        cleaned: list[int] = []
        lab.bench.clean = lambda: cleaned.append(1) or []  # type: ignore[method-assign,func-returns-value]
        lab.run(expects_what_never_comes)
        assert len(cleaned) == 1

        def body(csms: Any) -> None:
            raise RuntimeError

        lab.run(body)
        lab.run(harmless, clean=False)
        assert len(cleaned) == 1

    def test_a_device_that_is_not_ready_makes_it_inconclusive(self, lab: Lab) -> None:
        lab.device.disconnect()
        ran: list[int] = []
        result = lab.run(lambda csms: ran.append(1))
        assert result.verdict == "INCONCLUSIVE" and "has not connected within 10 s" in result.reason
        assert ran == []

    def test_a_case_gets_what_it_asks_for(self, lab: Lab) -> None:
        got: dict[str, Any] = {}

        def body(dut: Any, csms: Any, operator: Any) -> None:
            got.update(dut=dut, csms=csms, operator=operator)

        lab.run(body)
        assert got == {"dut": lab.bench.dut, "csms": lab.peer, "operator": lab.bench.hands}

    def test_seconds_are_those_of_the_run(self, lab: Lab) -> None:
        result = lab.run(expects_what_never_comes)
        assert 5.0 <= result.seconds < 12.0

    def test_steps_are_told_as_they_begin(self, lab: Lab) -> None:
        told: list[str] = []

        def body(csms: Any) -> None:
            step("One")
            step("Two")

        lab.run(body, on_step=lambda one: told.append(one.text))
        assert told == ["One", "Two"]

    def test_step_and_check_are_for_a_running_case(self) -> None:
        for call in (lambda: step("One"), lambda: check(True, "x")):
            with pytest.raises(RuntimeError, match="body of a test case"):
                call()

    def test_ctrl_c_keeps_what_was_done(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            step("One")
            check(False, "this")
            step("Two")
            raise KeyboardInterrupt

        with pytest.raises(Interrupted) as interrupted:
            lab.run(body)
        result = interrupted.value.result
        assert result.verdict == "FAIL" and len(result.steps) == 2
        with pytest.raises(Interrupted) as interrupted:
            lab.run(lambda csms: (_ for _ in ()).throw(KeyboardInterrupt))
        assert interrupted.value.result.verdict == "INCONCLUSIVE"
        assert interrupted.value.result.reason == "the run was interrupted"


def broken_off(csms: Any, operator: Any) -> None:
    """Breaks off in its second step."""
    for _ in range(2):
        step("Loop")
    if csms.seen("Heartbeat"):
        step("Skipped branch")
    step("Break off")
    csms.expect("Heartbeat", within=0.1)
    step("Never reached", expect="nothing")
    if operator.offers("x"):
        step("Nor this")


class TestSteps:
    def test_later_steps_of_a_broken_case_are_listed(self, lab: Lab) -> None:
        result = lab.run(broken_off)
        assert [(one.number, one.text) for one in result.steps] == [(1, "Loop"), (2, "Loop"), (3, "Break off")]
        assert [(one.text, one.expect) for one in result.missed] == [("Never reached", "nothing"), ("Nor this", "")]

    def test_a_case_that_passed_missed_nothing(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            step("One")
            if csms.seen("Heartbeat"):
                step("Two")

        assert lab.run(body).missed == []

    def test_their_window_opens_in_the_trace(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            step("One", expect="x")

        entry = next(one for one in lab.run(body).trace.entries if one.kind == "step")
        assert entry.data == {"number": 1, "text": "One", "expect": "x"}


class TestRequirements:
    def body(self, csms: Any) -> None:
        check(True, "held", requirement="A")
        check(False, "broken", requirement="B")
        check(True, "held once", requirement="B")

    def test_three_valued(self, lab: Lab) -> None:
        result = lab.run(self.body, entry={"requirements": ("A", "B", "C")})
        assert result.requirements == {"verified": ["A"], "violated": ["B"], "not_exercised": ["C"]}

    def test_a_rule_with_several_requirements_violates_those_of_which_the_case_speaks(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            lab.monitor.find(Severity.MUST, requirement="A, B, C")
            lab.monitor.find(Severity.MUST, requirement="Part 2, 1.3.1")

        result = lab.run(body, entry={"requirements": ("B", "D")})
        assert result.requirements["violated"] == ["B", "Part 2, 1.3.1"]

    def test_a_case_that_passed_verified_what_it_names(self, lab: Lab) -> None:
        result = lab.run(lambda csms: check(True, "x", requirement="Z"), entry={"requirements": ("A",)})
        assert result.requirements == {"verified": ["A", "Z"], "violated": [], "not_exercised": []}

    def test_one_that_was_not_decided_verified_nothing_by_itself(self, lab: Lab) -> None:
        def body(csms: Any) -> None:
            check(True, "x", requirement="A")
            raise Inconclusive("no")

        result = lab.run(body, entry={"requirements": ("A", "B")})
        assert result.requirements == {"verified": ["A"], "violated": [], "not_exercised": ["B"]}

    def test_a_remark_violates_nothing(self, lab: Lab) -> None:
        result = lab.run(
            lambda csms: lab.monitor.find(Severity.SHOULD, requirement="A"), entry={"requirements": ("A",)}
        )
        assert result.requirements["violated"] == []
