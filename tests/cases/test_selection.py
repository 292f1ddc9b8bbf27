"""Which cases run, and why the others do not; the catalogue and what discovery finds are held against each other."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import Catalogue, CatalogueEntry, load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.plan import plan_of
from conformance.cases.selection import (
    Selected,
    SelectionError,
    Wishes,
    applicability,
    counted_out,
    counts_for,
    missing,
    not_implemented,
    place,
    select,
)
from conformance.data import catalogue_folder, data_path
from conformance.dut.conditions import parse
from conformance.dut.features import Features
from conformance.dut.operators import verbs_of
from conformance.dut.reading import load_description
from conformance.facts import standard
from conformance.ocppj.versions import VERSIONS
from conformance.peers.states import all_states


def body(csms: Any) -> None:
    """Nothing."""


STATION = load_description(data_path("docs", "devices", "reference-station.toml"))
CSMS = load_description(data_path("docs", "devices", "reference-csms.toml"))
CASE = CaseInfo("TC_X_01", body)


def entry(version: str = "2.0.1", role: str = "CS", **fields: Any) -> CatalogueEntry:
    return CatalogueEntry(fields.pop("id", "TC_X_01"), version, role, fields.pop("block", "B"), "title", **fields)


def chosen(*entries: CatalogueEntry, duts: Any = (STATION, CSMS), **wishes: Any) -> list[tuple[str, str, str]]:
    found = select(CASE, Catalogue(iter(entries)), duts, Wishes(**wishes))
    return [(one.entry.version, one.dut.role, one.not_applicable) for one in found]


class TestSelect:
    def test_once_for_each_device_and_version_that_lists_it(self) -> None:
        both = (entry("2.0.1"), entry("2.1"))
        assert chosen(*both) == [("2.0.1", "CS", ""), ("2.1", "CS", "")]
        assert chosen(*both, duts=[replace(STATION, versions=("2.1",))]) == [("2.1", "CS", "")]
        assert chosen(*both, duts=[STATION, STATION]) == [("2.0.1", "CS", ""), ("2.1", "CS", "")] * 2
        assert chosen(*both, duts=[CSMS]) == []
        assert chosen(entry(role="CSMS")) == [("2.0.1", "CSMS", "")]

    @pytest.mark.parametrize(
        ("wishes", "count"),
        [
            ({}, 2),
            ({"versions": ("2.1",)}, 1),
            ({"versions": ("1.6",)}, 0),
            ({"roles": ("CSMS",)}, 0),
            ({"roles": ("CSMS", "CS")}, 2),
            ({"blocks": ("b",)}, 2),
            ({"blocks": ("C",)}, 0),
            ({"profiles": ("CORE",)}, 1),
            ({"profiles": ("Smart Charging",)}, 0),
            ({"blocks": ("B",), "versions": ("2.1",), "profiles": ("Core",)}, 0),
        ],
    )
    def test_what_is_not_wished_is_deselected(self, wishes: Any, count: int) -> None:
        assert len(chosen(entry("2.0.1", profiles=("Core",)), entry("2.1"), **wishes)) == count

    def test_what_does_not_apply_comes_with_its_reason(self) -> None:
        dut = replace(STATION, features=Features({"C-49": False, "C-30": True}))
        listed = entry(condition="C-49 and (C-30 or C-31)")
        assert applicability(listed, dut) == "C-49 and (C-30 or C-31): C-49 is false"
        assert chosen(listed, duts=[dut]) == [("2.0.1", "CS", "C-49 and (C-30 or C-31): C-49 is false")]
        assert applicability(entry(condition="C-30 or C-49"), dut) == ""
        assert applicability(entry(withdrawn=True), dut) == "withdrawn from the official list"

    def test_what_holds_the_description_against_the_device_runs_first(self) -> None:
        def select_one(id_: str, version: str, dut: Any, **fields: Any) -> Selected:
            return Selected(CaseInfo(id_, body), replace(entry(version, **fields), id=id_), dut)

        made = [
            select_one("OTHER", "1.6", CSMS),
            select_one("LATER", "2.0.1", STATION, first=True),
            select_one("SECOND", "1.6", STATION),
            select_one("FIRST", "1.6", STATION, first=True),
        ]
        made.sort(key=lambda one: place(one, [STATION, CSMS]))
        assert [one.entry.id for one in made] == ["FIRST", "SECOND", "LATER", "OTHER"]
        assert [one.id for one in load_catalogue() if one.first] == ["OC_16_01_CS"]

    def test_an_id_that_nobody_lists_is_a_mistake(self) -> None:
        with pytest.raises(SelectionError, match="TC_X_01 stands in no catalogue; add it to testcases/catalogue"):
            chosen(entry(id="TC_OTHER"))

    def test_features_that_decide_are_asked_for_once(self) -> None:
        dut = replace(STATION, features=Features({"R-0": False}, "dut.toml"), source="dut.toml")
        entries = [
            entry(id="TC_1", condition="C-49"),
            entry(id="TC_2", condition="C-49 and C-30"),
            entry(id="TC_3", condition="R-0 and R-2"),
        ]
        runs = [
            one
            for each in entries
            for one in select(CaseInfo(each.id, body), Catalogue(iter(entries)), [dut], Wishes())
        ]
        lines = missing(runs)
        assert len(lines) == 2
        assert lines[0].startswith("dut.toml [features]: C-49 (authorization cache) is not declared, needed by TC_1")
        assert "and 1 more" in lines[0] and lines[0].endswith("add: C-49 = true or false")
        assert "C-30" in lines[1]

    def test_listed_cases_that_nobody_has_written(self) -> None:
        catalogue = Catalogue(iter([entry(id="TC_1"), entry(id="TC_2"), entry(id="TC_3", role="CSMS")]))
        left = not_implemented(["TC_1"], catalogue, [STATION], Wishes())
        assert [one.id for one, _ in left] == ["TC_2"]

    def test_what_nobody_has_written_is_what_the_report_counts(self) -> None:
        """Not cases of ours, not what is withdrawn, ruled out by the description, or left open by it."""
        without = replace(STATION, features=Features({"C-49": False}, "dut.toml"))
        catalogue = Catalogue(
            iter(
                [
                    entry(id="OC_1", own=True),
                    entry(id="TC_1", withdrawn=True),
                    entry(id="TC_2", condition="C-49"),
                    entry(id="TC_3", condition="not C-49"),
                    entry(id="TC_4", condition="C-50.1"),
                    entry(id="TC_5", version="2.1"),
                ]
            )
        )
        left = not_implemented([], catalogue, [without, replace(without, variant="other")], Wishes(versions=("2.0.1",)))
        assert [one.id for one, _ in left] == ["TC_3"]
        names = {without.source: "box"}
        listed = standard([without], names, ["2.0.1"], campaign=False).cases
        assert {one.id for one in listed if not one.not_applicable} == {
            one.id for one, _ in not_implemented([], load_catalogue(), [without], Wishes(versions=("2.0.1",)))
        }

    def test_a_case_of_two_profiles_counts_for_those_that_the_device_claims(self) -> None:
        """Open questions about ISO 15118 do not make a device claim Smart Charging, nor does the other profile."""
        both = entry(profiles=("Smart Charging", "ISO 15118 Support"), condition="Smart Charging or ISO 15118 Support")

        def counted(smart: bool, *iso: bool) -> tuple[tuple[str, ...], str]:
            features = {"Smart Charging": smart, **dict(zip(("ISO-1.1", "ISO-1.2"), iso, strict=False))}
            dut = replace(STATION, features=Features(features, "dut.toml"))
            return counts_for(both, dut), counted_out(both, dut)

        profiles, why = counted(False)
        assert profiles == both.profiles and "open, ISO 15118 Support is not declared" in why
        assert counted(True) == (("Smart Charging",), "")
        assert counted(False, True, False) == (("ISO 15118 Support",), "")
        assert "ISO 15118 Support is false" in counted(False, False, False)[1]

    @pytest.mark.parametrize(
        ("wishes", "line"),
        [
            ({"blocks": ("Z",)}, r"--ocpp-block Z: no case has it; there are .*B"),
            ({"profiles": ("Gold",)}, r"--ocpp-profile Gold: no case has it; there are .*Core"),
        ],
    )
    def test_a_wish_that_nothing_meets_says_what_there_is(self, wishes: Any, line: str) -> None:
        with pytest.raises(SelectionError, match=line):
            Wishes(**wishes).check(load_catalogue())

    def test_wishes_in_any_case_of_letters(self) -> None:
        Wishes(blocks=("b",), profiles=("core", "SMART CHARGING")).check(load_catalogue())


class TestCatalogue:
    def test_every_entry_is_whole(self) -> None:
        for one in load_catalogue():
            assert one.version in VERSIONS and one.role in ("CS", "CSMS"), one
            assert one.id and one.block and one.title, one
            if one.condition:
                parse(one.condition)

    def test_ids_are_unique_in_a_version(self) -> None:
        own = sorted((catalogue_folder() / "own").glob("*.json"))
        for paths in (*([catalogue_folder() / f"ocpp{one}.json"] for one in ("16", "201", "21")), own):
            entries = [one for path in paths for one in json.loads(path.read_text("utf-8"))]
            ids = [(one["id"], version) for one in entries for version in one.get("versions", [""])]
            assert ids and len(ids) == len(set(ids)), paths

    def test_our_own_cases_are_told_apart(self) -> None:
        own = [one for one in load_catalogue() if one.own]
        listed = {one.id for one in load_catalogue() if not one.own}
        assert not {one.id for one in own} & listed
        assert all(not one.id.startswith("TC_") for one in own)

    def test_looking_up(self) -> None:
        catalogue = load_catalogue()
        assert set(catalogue.of("TC_B_01_CS")) == {"2.0.1", "2.1"}
        found = catalogue.get("TC_B_01_CS", "2.0.1")
        assert found is not None and found.block == "B" and "B01.FR.01" in found.requirements
        assert catalogue.get("TC_B_01_CS", "1.6") is None and catalogue.of("TC_NONE") == {}
        assert "TC_B_01_CS" in catalogue.ids()


@pytest.mark.parametrize("info", discover(), ids=lambda info: info.id)
class TestEveryCase:
    """What holds for each case that this checkout has."""

    def test_it_is_listed_for_the_role_that_it_plays_against(self, info: CaseInfo) -> None:
        entries = load_catalogue().of(info.id)
        assert entries, f"{info.id} stands in no catalogue"
        against = {"CSMS": "CS", "CS": "CSMS"}[info.plays]
        assert {one.role for one in entries.values()} == {against}

    def test_it_has_a_purpose_steps_and_known_fixtures(self, info: CaseInfo) -> None:
        assert info.purpose, "a docstring of one sentence"
        assert set(info.parameters) <= {"csms", "station", "operator", "dut", "fuzz"}
        assert ("csms" in info.parameters) != ("station" in info.parameters)
        for version_id, one in load_catalogue().of(info.id).items():
            plan = plan_of(info, VERSIONS[version_id].family, one.role)
            assert plan.steps, "at least one step"
            assert all(step.text for step in plan.steps)

    def test_its_states_and_verbs_exist(self, info: CaseInfo) -> None:
        for version_id, one in load_catalogue().of(info.id).items():
            family = VERSIONS[version_id].family
            plan = plan_of(info, family, one.role)
            for name in plan.states:
                assert (family, one.role, name) in all_states(), name
            unknown = (plan.verbs | plan.optional_verbs) - set(verbs_of(one.role))
            assert not unknown, unknown


def test_ids_of_cases_are_unique() -> None:
    ids = [info.id for info in discover()]
    assert len(ids) == len(set(ids)) > 80


def test_a_second_case_of_an_id_is_refused(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from conformance.cases import discovery

    folder = tmp_path / "twice"
    (folder / "catalogue").mkdir(parents=True)
    text = "from conformance import case\n\n\n@case('TC_X_01')\ndef test_x(csms):\n    pass\n"
    (folder / "test_one.py").write_text(text)
    (folder / "test_two.py").write_text(text)
    monkeypatch.setattr(discovery, "catalogue_folder", lambda: folder / "catalogue")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match=r"test_two\.py: TC_X_01 is also in .*test_one\.py; an id has one case"):
        discovery.discover.__wrapped__()
