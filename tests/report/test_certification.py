"""May I certify? The standings, and the one line that sums them up."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from conformance.report.certification import answer, certification
from conformance.report.html import page
from conformance.report.record import CaseRecord, RunInfo, RunRecord
from conformance.report.standard import ListedCase, Standard


def case(id: str, verdict: str, *, node: str = "", device: str = "box", profile: str = "Core") -> CaseRecord:
    return CaseRecord(id, "A case", "2.0.1", "CS", "B", verdict, [profile], device=device, node=node or id)


def listed(id: str, *, device: str = "box", profile: str = "Core", why: str = "") -> ListedCase:
    return ListedCase(id, "2.0.1", "CS", device, "B", "A case", (profile,), why)


def record(cases: list[CaseRecord], lists: list[ListedCase], **facts: object) -> RunRecord:
    run = RunInfo("0", "2026-03-02T09:00:00+00:00", **facts)  # type: ignore[arg-type]
    return RunRecord(run, cases, Standard(cases=lists))


@pytest.mark.parametrize(
    ("verdicts", "word"),
    [
        (["PASS", "PASS"], "ready"),
        (["PASS", "UNEXPECTED PASS"], "ready"),
        (["PASS", "NOT APPLICABLE"], "ready"),
        (["PASS", "FAIL"], "blocked"),
        (["PASS", "EXPECTED FAIL"], "blocked"),
        (["FAIL", "INCONCLUSIVE"], "blocked"),
        (["PASS", "INCONCLUSIVE"], "undecided"),
        (["ERROR", ""], "undecided"),
        (["PASS", ""], "incomplete"),
        (["PASS", "NOT IMPLEMENTED"], "incomplete"),
        (["NOT APPLICABLE", ""], "not exercised"),
        (["", ""], "not exercised"),
        (["NOT APPLICABLE", "NOT APPLICABLE"], "not claimed"),
    ],
)
def test_the_standing_of_a_profile(verdicts: list[str], word: str) -> None:
    cases = [case(f"TC_{n}", verdict) for n, verdict in enumerate(verdicts) if verdict]
    found = certification(record(cases, [listed(f"TC_{n}") for n in range(len(verdicts))]))
    assert [one.word for one in found.profiles] == [word] == [one.word for one in found.blocks]


def test_a_listed_case_that_does_not_apply_is_not_missing() -> None:
    lists = [listed("TC_1"), listed("TC_2", why="C-49 is false")]
    (core,) = certification(record([case("TC_1", "PASS")], lists)).profiles
    assert (core.word, core.applicable, core.not_applicable) == ("ready", 1, 1)


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [("NOT APPLICABLE", "PASS", "ready"), ("PASS", "FAIL", "blocked"), ("PASS", "INCONCLUSIVE", "undecided")],
)
def test_a_case_on_several_variants_counts_once_with_its_worst(first: str, second: str, word: str) -> None:
    for one, other in ((first, second), (second, first)):
        cases = [case("TC_1", one, node="plain"), case("TC_1", other, node="variant")]
        (core,) = certification(record(cases, [listed("TC_1")])).profiles
        assert core.word == word and core.applicable == 1


def test_devices_are_told_apart() -> None:
    cases = [case("TC_1", "PASS", device="left"), case("TC_1", "FAIL", device="right")]
    found = certification(record(cases, [listed("TC_1", device="left"), listed("TC_1", device="right")]))
    assert [(one.device, one.word) for one in found.profiles] == [("left", "ready"), ("right", "blocked")]


def test_cases_beyond_the_list_change_no_standing_and_are_named() -> None:
    found = certification(record([case("TC_1", "PASS"), case("OC_1", "FAIL")], [listed("TC_1")]))
    assert [one.word for one in found.profiles] == ["ready"] and [one.id for one in found.beyond] == ["OC_1"]


def test_the_failures_of_the_headline_and_those_of_no_list_make_all() -> None:
    made = record([case("TC_1", "FAIL"), case("OC_1", "FAIL"), case("OC_2", "FAIL")], [listed("TC_1")])
    said = answer(made, certification(made))
    assert said.line == "Not yet: 1 failing case blocks certification"
    assert said.detail.endswith("; 2 more failing cases stand on no official list")


@pytest.mark.parametrize(
    ("verdicts", "facts", "word", "line"),
    [
        (["PASS", "PASS"], {}, "ready", "Nothing stands in the way: every listed case that applies passed"),
        (["PASS", "FAIL"], {}, "blocked", "Not yet: 1 failing case blocks certification"),
        (["FAIL", "FAIL"], {}, "blocked", "Not yet: 2 failing cases block certification"),
        (["PASS", "INCONCLUSIVE"], {}, "undecided", "No answer yet: 1 case could not be decided"),
        (["PASS", ""], {}, "incomplete", "Nothing failed, but 1 listed case that applies was not run"),
        (["", ""], {}, "not exercised", "No answer: no listed case was run"),
        (["PASS", "PASS"], {"interrupted": True}, "incomplete", "Nothing failed, but the run broke off"),
        (["PASS", "PASS"], {"problems": ["deaf"]}, "undecided", "No answer: the run itself had a problem"),
        (["FAIL", "PASS"], {"interrupted": True}, "blocked", "Not yet: 1 failing case blocks certification"),
    ],
)
def test_the_answer(verdicts: list[str], facts: dict[str, object], word: str, line: str) -> None:
    cases = [case(f"TC_{n}", verdict) for n, verdict in enumerate(verdicts) if verdict]
    made = record(cases, [listed(f"TC_{n}") for n in range(len(verdicts))], **facts)
    said = answer(made, certification(made))
    assert (said.word, said.line) == (word, line)


def test_a_run_of_negative_inputs_answers_another_question() -> None:
    for verdicts, line in (
        (["PASS"], "No negative test found anything"),
        (["PASS", "INCONCLUSIVE"], "Nothing was found, but 1 test could not be decided"),
        (["PASS", "FAIL", "INCONCLUSIVE"], "1 of 3 negative tests found something"),
    ):
        cases = [case(f"OC_FZ_{n}", verdict) for n, verdict in enumerate(verdicts)]
        for one in cases:
            one.campaign = {"level": "smoke"}
        made = record(cases, [])
        said = answer(made, certification(made))
        assert said.line == line and "no certification list" in said.detail


def test_an_empty_run_has_no_answer(sample: ModuleType) -> None:
    made = RunRecord(sample.run_info())
    assert answer(made, certification(made)).line == "No answer: no listed case was run"


def test_cases_of_no_profile_are_told_and_stand_in_no_way() -> None:
    """The line that says "ready" does not hide them, and the number of those not run is that of the page's list."""
    outside = [replace(listed(f"TC_{n}"), profiles=()) for n in (2, 3, 4)]
    made = record([case("TC_1", "PASS"), replace(case("TC_2", "FAIL"), profiles=[])], [listed("TC_1"), *outside])
    found = certification(made)
    said = answer(made, found)
    assert said.word == "ready" and "of a certification profile" in said.line
    assert said.detail.endswith("1 listed case of no profile did not pass; 2 listed cases of no profile were not run")
    assert [one.id for one in found.not_run] == ["TC_3", "TC_4"]


def test_what_was_not_run_is_one_number() -> None:
    """The headline counts the cases of no profile, too: the page lists them under the same words."""
    made = record([case("TC_1", "PASS")], [listed("TC_1"), listed("TC_2"), replace(listed("TC_3"), profiles=())])
    found = certification(made)
    assert answer(made, found).line == "Nothing failed, but 2 listed cases that apply were not run"
    listed_below = "".join(page(made).split())
    assert "2listedcasesthatapplywerenotrun:" in listed_below.partition('id="gaps"')[2]
