"""Which reactions are allowed, and how that is said."""

from __future__ import annotations

import pytest

from conformance.fuzz.example import ANYTHING, Allowed, Example
from conformance.fuzz.judging import ALLOWED, FORBIDDEN, TOLERATED, judge_reaction, reaction_problem, wanted
from conformance.fuzz.stage import Reaction
from conformance.ocppj.findings import Severity
from conformance.ocppj.frames import parse
from conformance.ocppj.versions import version

RESULT = Reaction("result", frame=parse('[3,"1",{"status":"Rejected"}]'))
INVALID = Reaction("result", frame=parse('[3,"1",{"idTagInfo":{"status":"Invalid"}}]'))
ODD = Reaction("result", frame=parse('[3,"1",{"status":["Rejected"]}]'))
BARE = Reaction("result", frame=parse('[3,"1",{}]'))


@pytest.mark.parametrize(
    ("allowed", "reaction", "judged"),
    [
        (Allowed(), Reaction("none"), ALLOWED),
        (Allowed(), Reaction("silence"), FORBIDDEN),
        (Allowed(silence=True), Reaction("silence"), ALLOWED),
        (Allowed(), Reaction("lost"), FORBIDDEN),
        (Allowed(close=True), Reaction("lost"), ALLOWED),
        (Allowed(close=True), Reaction("closed", close_code=1011), ALLOWED),
        (Allowed(close=True, close_codes=frozenset({1002})), Reaction("closed", close_code=1011), FORBIDDEN),
        (Allowed(close=True, close_codes=frozenset({1002})), Reaction("closed", close_code=1002), ALLOWED),
        (Allowed(close_codes=frozenset({1002})), Reaction("closed", close_code=1002), FORBIDDEN),
        (Allowed(), RESULT, FORBIDDEN),
        (Allowed(result=True), RESULT, ALLOWED),
        (Allowed(result=True, statuses=frozenset({"Rejected"})), RESULT, ALLOWED),
        (Allowed(result=True, statuses=frozenset({"Failed"})), RESULT, FORBIDDEN),
        (Allowed(result=True, statuses=frozenset({"Failed"})), BARE, FORBIDDEN),
        (Allowed(result=True, statuses=frozenset({""})), BARE, ALLOWED),
        (Allowed(codes=frozenset({"FormatViolation"})), Reaction("error", code="FormatViolation"), ALLOWED),
        (Allowed(codes=frozenset({"FormatViolation"})), Reaction("error", code="GenericError"), FORBIDDEN),
        (Allowed(tolerated=frozenset({"GenericError"})), Reaction("error", code="GenericError"), TOLERATED),
        (Allowed(tolerated=frozenset({"*"})), Reaction("error", code="Whatever"), TOLERATED),
        (Allowed(codes=frozenset({"FormatViolation"})), Reaction("error", code=5), FORBIDDEN),
        (Allowed(tolerated=frozenset({"silence"})), Reaction("silence"), TOLERATED),
        (Allowed(tolerated=frozenset({"CALLRESULT"})), RESULT, TOLERATED),
        (Allowed(tolerated=frozenset({"CALLRESULT Rejected"})), RESULT, TOLERATED),
        (Allowed(tolerated=frozenset({"CALLRESULT Failed"})), RESULT, FORBIDDEN),
        (Allowed(tolerated=frozenset({"CALLRESULT Invalid"})), INVALID, TOLERATED),
        (Allowed(result=True, statuses=frozenset({"Rejected"})), ODD, FORBIDDEN),
        (ANYTHING, Reaction("error", code=5), ALLOWED),
    ],
)
def test_reactions(allowed: Allowed, reaction: Reaction, judged: str) -> None:
    assert judge_reaction(version("2.0.1"), allowed, reaction) == judged


@pytest.mark.parametrize("id", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize("asked", ["FormatViolation", "FormationViolation"])
@pytest.mark.parametrize("given", ["FormatViolation", "FormationViolation"])
def test_historical_spellings_are_one_code(id: str, asked: str, given: str) -> None:
    allowed = Allowed(codes=frozenset({asked}))
    assert judge_reaction(version(id), allowed, Reaction("error", code=given)) == ALLOWED


def test_a_problem_says_what_was_expected_and_what_came() -> None:
    allowed = Allowed(codes=frozenset({"FormatViolation"}), close=True, close_codes=frozenset({1007}), source="4.3")
    example = Example("no type", (), allowed, "Reset", "required", "/type", "Reset without type")
    problem = reaction_problem(version("2.0.1"), example, Reaction("silence"))
    assert problem is not None
    finding = problem.finding
    assert (finding.severity, finding.requirement, finding.pointer) == (Severity.MUST, "4.3", "/type")
    assert finding.expected == "CALLERROR FormatViolation, the connection closed with 1007 to Reset without type"
    assert finding.actual == "silence" and problem.signature == ("reaction", "required", "silence")
    assert reaction_problem(version("2.0.1"), example, Reaction("error", code="FormatViolation")) is None


def test_what_is_only_tolerated_is_a_remark() -> None:
    example = Example("x", (), Allowed(tolerated=frozenset({"GenericError"})))
    problem = reaction_problem(version("2.0.1"), example, Reaction("error", code="GenericError"))
    assert problem is not None and problem.finding.severity is Severity.SHOULD


def test_words_for_what_is_allowed() -> None:
    assert wanted(Allowed()) == "no reaction"
    assert wanted(ANYTHING) == "CALLERROR of any code, a CALLRESULT, the connection closed, no reaction"
    assert wanted(Allowed(result=True, statuses=frozenset({"Rejected"}))) == "a CALLRESULT with status Rejected"
