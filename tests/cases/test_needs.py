"""What cases need and a description does not give, read from their source."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import CatalogueEntry, load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.needs import lacking, undecidable
from conformance.cases.plan import SECOND_EVSE, plan_of
from conformance.cases.selection import Selected, Wishes, missing, select, undeclared
from conformance.data import data_path
from conformance.dut.description import Connector, Tokens, Values
from conformance.dut.features import Features
from conformance.dut.reading import load_description

FULL = load_description(data_path("docs", "devices", "reference-station.toml"))
BARE = replace(
    FULL,
    tokens=Tokens({"valid": FULL.tokens.valid}),
    values=Values(),
    connectors=(Connector(1, 1),),
    features=Features({"C-49": True}, "dut.toml"),
)


def presents(csms: Any, operator: Any, dut: Any) -> None:
    """A token in a helper, one outright, and one that is always there."""
    operator.present_token(dut.tokens.blocked, dut.connector)
    _helper(csms, dut)


def _helper(csms: Any, dut: Any) -> None:
    csms.send(dut.tokens.expired, dut.tokens.valid, dut.tokens.given())


def elsewhere(csms: Any, operator: Any, dut: Any) -> None:
    """A second EVSE and a file; a plug that must be jammed."""
    operator.jam_lock(dut.second_connector)
    csms.offer(dut.firmware, dut.file("contract_chain"))


def if_there(csms: Any, dut: Any) -> None:
    """A second EVSE only where there is one; the operator's offer is asked for first."""
    csms.send([dut.connector, *([dut.second_connector] if dut.two_evses else [])])


def reads(csms: Any, dut: Any) -> None:
    """Features beyond the condition, and one that is asked for softly."""
    if dut.features["C-49"] or dut.features.supports("C-29.6"):
        csms.send(dut.features.get("C-50.1"))


def selected(function: Any, dut: Any = BARE, **fields: Any) -> Selected:
    entry = CatalogueEntry("TC_X_01_CS", "2.0.1", "CS", "B", "title")
    return Selected(CaseInfo("TC_X_01_CS", function), entry, dut, **fields)


def test_tokens_files_and_evses() -> None:
    lacks = {one.what: one for one in lacking([selected(presents), selected(elsewhere), selected(presents)])}
    assert set(lacks) == {
        *("tokens.blocked", "tokens.expired", SECOND_EVSE),
        *("values.firmware", "values.contract_chain"),
    }
    assert len(lacks["tokens.blocked"].cases) == 2 and lacks["tokens.blocked"].meaning == "a token that is Blocked"
    assert lacks["tokens.blocked"].token == "blocked" and not lacks[SECOND_EVSE].token
    assert lacking([selected(presents, FULL), selected(elsewhere, FULL)]) == []
    assert lacking([selected(if_there)]) == []
    assert lacking([selected(presents, not_applicable="C-49 is false")]) == []


def test_what_costs_most_comes_first_and_each_case_counts_once() -> None:
    first, other = selected(presents), selected(elsewhere)
    assert [one.what for one in lacking([other, first, replace(first, entry=replace(first.entry, id="TC_X_02_CS"))])][
        :2
    ] == ["tokens.blocked", "tokens.expired"]
    assert undecidable(lacking([first])) == 1


def test_acts_that_the_operator_does_not_offer() -> None:
    found = [one.what for one in lacking([selected(elsewhere, FULL)], offered={"present_token"})]
    assert found == ["verb jam_lock"]
    assert lacking([selected(elsewhere, FULL)], offered=None) == [], "nobody has asked it"


def test_a_feature_that_a_case_reads_is_asked_for_like_one_that_decides() -> None:
    """A run would start, and the case would end INCONCLUSIVE in the middle of it."""
    assert undeclared(selected(reads)) == ["C-29.6"]
    (line,) = missing([selected(reads)])
    assert "C-29.6 (trigger BootNotification) is not declared, needed by TC_X_01_CS (2.0.1)" in line
    assert missing([selected(reads, not_applicable="C-49 is false")]) == []


@pytest.mark.parametrize(
    ("id", "family", "role", "feature"),
    [("TC_B_02_CS", "2", "CS", "C-29.6"), ("TC_B_30_CSMS", "2", "CSMS", "C-44"), ("TC_B_31_CSMS", "2", "CSMS", "C-44")],
)
def test_cases_whose_condition_does_not_name_what_they_read(id: str, family: str, role: str, feature: str) -> None:
    info = next(one for one in discover() if one.id == id)
    assert feature in plan_of(info, family, role).features


def test_what_published_cases_need_is_what_descriptions_can_give() -> None:
    """Every name that is read from a source exists: a token, a file, a feature."""
    from conformance.dut import keys
    from conformance.dut.features import known_features

    known = {f"tokens.{key.name}" for key in keys.TOKENS.keys} | {"tokens.given", SECOND_EVSE}
    known |= {f"values.{key.name}" for key in keys.VALUES.keys}
    for info in discover():
        for entry in load_catalogue().of(info.id).values():
            plan = plan_of(info, "1.6" if entry.version == "1.6" else "2", entry.role)
            assert plan.given <= known, (info.id, plan.given - known)
            assert plan.features <= set(known_features()), (info.id, plan.features)


def test_the_reference_description_lacks_nothing() -> None:
    for name in ("reference-station.toml", "reference-csms.toml"):
        dut = load_description(data_path("docs", "devices", name))
        chosen = [one for info in discover() for one in select(info, load_catalogue(), [dut], Wishes())]
        assert lacking(chosen) == [] == missing(chosen)
