"""Runs one case on a bench: ready, body, drain, clean-up, drain, verdict. Knows nothing of pytest."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.cases.bench import Bench
from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import CatalogueEntry
from conformance.cases.plan import PlannedStep, plan_of
from conformance.cases.steps import Checked, Running, Step, set_running
from conformance.cases.verdict import Verdict, worst
from conformance.ocppj.findings import Blame, Finding, Severity
from conformance.ocppj.trace import Trace
from conformance.peers.outcome import ExpectationFailed, Inconclusive, NotApplicable, PeerCrashed


@dataclass(slots=True)
class CaseResult:
    """Everything that one run of one case came to."""

    info: CaseInfo
    entry: CatalogueEntry
    verdict: Verdict
    reason: str = ""
    seconds: float = 0.0
    steps: list[Step] = field(default_factory=list)
    missed: list[PlannedStep] = field(default_factory=list)
    checks: list[Checked] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    trace: Trace = field(default_factory=Trace)
    notes: list[str] = field(default_factory=list)
    campaign: Any = None
    """What a negative test sent, and what it found (`conformance.fuzz.campaign.Campaign`); None for a scenario."""

    @property
    def requirements(self) -> dict[str, list[str]]:
        """The requirements of the case: verified, violated, not exercised. "We did not ask" is never green."""
        named = {*self.entry.requirements, *(one.requirement for one in self.checks)}
        violated = {one.requirement for one in self.checks if one.requirement and not one.held}
        for one in self.findings:
            if one.requirement and one.severity == Severity.MUST:
                violated |= _among(one.requirement, named)
        held = {one.requirement for one in self.checks if one.requirement and one.held} - violated
        listed = set(self.entry.requirements) | held | violated
        verified = listed - violated if self.verdict == Verdict.PASS else held
        return {
            "verified": sorted(verified),
            "violated": sorted(violated),
            "not_exercised": sorted(listed - verified - violated),
        }


def _among(requirement: str, named: set[str]) -> set[str]:
    """What a finding violates: of a rule that serves several requirements, those of which the case speaks, if any."""
    return {one for one in requirement.split(", ") if one in named} or {requirement}


class Interrupted(KeyboardInterrupt):
    """The user broke the run off; `result` is what the running case had come to."""

    def __init__(self, result: CaseResult) -> None:
        super().__init__()
        self.result = result


def run_case(
    info: CaseInfo,
    entry: CatalogueEntry,
    bench: Bench,
    *,
    strict: bool = False,
    clean: bool = True,
    on_step: Callable[[Step], None] | None = None,
    campaign: Callable[[Running], Any] | None = None,
    on_begin: Callable[[], None] | None = None,
) -> CaseResult:
    """Run a case and return its result; raises only Interrupted (Ctrl-C).

    `strict` makes SHOULD-level findings of the device weigh as MUST. Without `clean`, nothing is undone afterwards.
    `campaign` makes the fixture `fuzz` of a negative test. `on_begin` is called when the case's trace has begun and is
    still empty.
    """
    started = bench.peer.clock.now()
    trace = bench.begin(on_begin)
    running = Running(bench.peer, on_step=on_step)
    result = CaseResult(info, entry, Verdict.PASS, trace=trace)
    result.steps, result.checks = running.steps, running.checks
    set_running(running)
    try:
        _stage(result, running, bench, lambda: _body(info, bench, result, running, campaign))
        _stage_note(bench, "clean-up")
        if clean and result.verdict != Verdict.ERROR:
            _stage(result, running, bench, lambda: result.notes.extend(bench.clean()))
        if result.verdict != Verdict.ERROR:
            # A crash of the reader that nobody waited for any more is this case's, too.
            _stage(result, running, bench, bench.peer.check)
    except KeyboardInterrupt:
        result.verdict, result.reason = Verdict.INCONCLUSIVE, "the run was interrupted"
        raise Interrupted(_finished(result, running, bench, started, strict)) from None
    finally:
        set_running(None)
        bench.peer.end()
    bench.monitor.finish(bench.peer.clock.now())
    return _finished(result, running, bench, started, strict)


def _finished(result: CaseResult, running: Running, bench: Bench, started: float, strict: bool) -> CaseResult:
    result.seconds = bench.peer.clock.now() - started
    judged = [*bench.interlude, *(_located(one, running.steps) for one in bench.findings())]
    if result.campaign is not None:
        # Its examples have traces of their own; what is worth showing of them was copied together.
        judged = [replace(one, frame=None, step=None) for one in judged if result.campaign.weighs(one)]
        result.trace = result.campaign.exhibits
    result.findings = [*running.findings, *judged]
    _judge(result, strict)
    result.missed = _missed(result, bench)
    bench.suspect = result.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)
    return result


def _stage_note(bench: Bench, stage: str) -> None:
    """Mark in the trace where a stage begins: proof changes only what the device said in the body."""
    bench.peer.trace.add("note", bench.peer.clock.now(), data={"stage": stage})


def _body(
    info: CaseInfo,
    bench: Bench,
    result: CaseResult,
    running: Running,
    campaign: Callable[[Running], Any] | None,
) -> None:
    bench.ready()
    bench.peer.mark()
    _stage_note(bench, "body")
    fixtures: dict[str, Any] = {
        "csms": bench.peer,
        "station": bench.peer,
        "operator": bench.hands,
        "dut": bench.dut,
    }
    if "fuzz" in info.parameters and campaign is not None:
        fixtures["fuzz"] = result.campaign = campaign(running)
    try:
        if result.campaign is not None:
            result.campaign.begin()
        info.function(**{name: fixtures[name] for name in info.parameters})
    except Exception:
        if result.campaign is not None:
            # What broke the body off says more than that nothing was played.
            with suppress(Inconclusive):
                result.campaign.end()
        raise
    if result.campaign is not None:
        result.campaign.end()
    bench.peer.drain()


def _breaks_the_schema(finding: Finding) -> bool:
    """Whether the device sent what its schema forbids: then a value of a wrong type is its fault, not the case's."""
    return finding.rule.startswith("schema.") and finding.blame == Blame.DEVICE and finding.severity == Severity.MUST


def _stage(result: CaseResult, running: Running, bench: Bench, stage: Callable[[], None]) -> None:
    from conformance.dut.errors import ValueMissing
    from conformance.dut.features import FeatureMissing

    try:
        stage()
    except ExpectationFailed as failed:
        running.findings.append(failed.finding)
    except (Inconclusive, ValueMissing, FeatureMissing) as reason:
        result.verdict = worst(result.verdict, Verdict.INCONCLUSIVE)
        result.reason = result.reason or str(reason)
    except NotApplicable as reason:
        if result.verdict == Verdict.PASS:
            result.verdict, result.reason = Verdict.NOT_APPLICABLE, str(reason)
    except AssertionError as failed:
        running.findings.append(
            Finding(
                "assert", Severity.MUST, str(failed) or "the assertion holds", "it does not", step=len(running.steps)
            )
        )
    except PeerCrashed as crash:
        _error(result, running, "no exception in the reader", "".join(traceback.format_exception(crash)))
    except (AttributeError, TypeError, ValueError, LookupError) as error:
        told = "".join(traceback.format_exception(error))
        if not any(_breaks_the_schema(one) for one in bench.monitor.findings):
            _error(result, running, "no exception in the suite", told)
        else:
            text = f"the case could not go on: {type(error).__name__}: {error}"
            step = len(running.steps) or None
            running.findings.append(
                Finding(
                    "engine", Severity.INFO, "values of the types that the schema names", text, step=step, note=told
                )
            )
    except Exception as error:
        _error(result, running, "no exception in the suite", "".join(traceback.format_exception(error)))


def _error(result: CaseResult, running: Running, expected: str, actual: str) -> None:
    result.verdict = Verdict.ERROR
    result.reason = result.reason or actual.strip().splitlines()[-1]
    running.findings.append(
        Finding("engine", Severity.MUST, expected, actual, blame=Blame.TESTER, step=len(running.steps) or None)
    )


def _located(finding: Finding, steps: list[Step]) -> Finding:
    """The same finding with the step in which its frame lies."""
    if finding.step is not None or finding.frame is None:
        return finding
    inside = [one.number for one in steps if one.first <= finding.frame]
    return replace(finding, step=inside[-1]) if inside else finding


def _judge(result: CaseResult, strict: bool) -> None:
    weighty = [one for one in result.findings if one.severity == Severity.MUST]
    if strict:
        weighty += [one for one in result.findings if one.severity == Severity.SHOULD and one.blame == Blame.DEVICE]
    if any(one.blame == Blame.TESTER for one in weighty):
        _settle(result, Verdict.ERROR, next(one for one in weighty if one.blame == Blame.TESTER))
    elif any(one.blame == Blame.DEVICE for one in weighty):
        _settle(result, Verdict.FAIL, next(one for one in weighty if one.blame == Blame.DEVICE))
    elif any(one.blame == Blame.LAB for one in weighty):
        _settle(result, Verdict.INCONCLUSIVE, next(one for one in weighty if one.blame == Blame.LAB))


def _settle(result: CaseResult, verdict: Verdict, finding: Finding) -> None:
    if result.verdict == Verdict.NOT_APPLICABLE:
        result.verdict = Verdict.PASS
        result.reason = ""
    before = result.verdict
    result.verdict = worst(before, verdict)
    if result.verdict != before or not result.reason:
        result.reason = f"expected {finding.expected}; actual {finding.actual}"


def _missed(result: CaseResult, bench: Bench) -> list[PlannedStep]:
    """The steps of the source that the run never came to (only of a case that was broken off)."""
    if result.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        return []
    reached = {one.line for one in result.steps}
    planned = plan_of(result.info, bench.version.family, bench.dut.role).steps
    last = max((index for index, one in enumerate(planned) if one.line in reached), default=-1)
    return [one for one in planned[last + 1 :] if one.line not in reached]
