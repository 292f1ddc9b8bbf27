"""Conditions: the algebra, its reasons, and every condition of the catalogue against the reference descriptions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conformance.data import catalogue_folder
from conformance.dut.conditions import (
    ConditionError,
    condition_of,
    evaluate,
    mandatory_features,
    missing_features,
    parse,
)
from conformance.dut.features import Features, known_features
from conformance.dut.reading import load_description

FILES = {"1.6": "ocpp16.json", "2.0.1": "ocpp201.json", "2.1": "ocpp21.json"}
DEVICES = Path(__file__).resolve().parents[2] / "docs" / "devices"


@dataclass
class Device:
    features: Features
    role: str = "CS"
    subtypes: frozenset[str] = field(default_factory=frozenset)
    security_profile: int = 0
    source: str = "dut.toml"


def device(role: str = "CS", subtypes: tuple[str, ...] = (), **declared: Any) -> Device:
    features = {name.replace("__", ".").replace("_", "-"): value for name, value in declared.items()}
    return Device(Features(features), role, frozenset(subtypes))


def entries() -> list[tuple[str, dict[str, Any]]]:
    return [
        (version, entry)
        for version, name in FILES.items()
        for entry in json.loads((catalogue_folder() / name).read_text(encoding="utf-8"))
    ]


ALL = entries()


@pytest.mark.parametrize(
    ("condition", "declared", "value", "reason"),
    [
        ("C-49", {"C_49": True}, True, "C-49 is true"),
        ("c-49 AND (C-30 Or C-31)", {"C_49": False, "C_30": True, "C_31": True}, False, "C-49 is false"),
        (
            "C-49 and (C-30 or C-31)",
            {"C_49": True, "C_30": False, "C_31": False},
            False,
            "C-30 is false, C-31 is false",
        ),
        ("C-49 and (C-30 or C-31)", {"C_49": True, "C_30": True, "C_31": False}, True, "C-49 is true, C-30 is true"),
        ("Not C-56", {"C_56": True}, False, "C-56 is true"),
        ("NOT (C-09.1 or C-09.2)", {"C_09__1": False, "C_09__2": False}, True, "C-09.1 is false, C-09.2 is false"),
        ("HFS-8 > 1", {"HFS_8": 1}, False, "HFS-8 is 1"),
        ("HFS-8 > 1", {"HFS_8": 2}, True, "HFS-8 is 2"),
        ("C-40", {"C_40": ()}, False, "C-40 is false"),
        ("C-36 .. C-39", {"C_36": False, "C_37": False, "C_38": True, "C_39": False}, True, "C-38 is true"),
        ("(C-30 - C-31) and C-01", {"C_30": False, "C_31": False, "C_01": True}, False, "C-30 is false, C-31 is false"),
        ("Local Authorization List Management or C-49", {"LA_0": True, "C_49": False}, True, "LA-0 is true"),
        (
            "iso 15118 support",
            {"ISO_1__1": False, "ISO_1__2": False},
            False,
            "ISO 15118 Support is false (ISO-1.1 is false, ISO-1.2 is false)",
        ),
        ("C-10.2 or C-10.3 and C-49", {"C_10__2": True, "C_10__3": False, "C_49": False}, True, "C-10.2 is true"),
    ],
)
def test_values_and_reasons(condition: str, declared: dict[str, Any], value: bool, reason: str) -> None:
    outcome = evaluate(condition, device(**declared))
    assert (outcome.value, outcome.reason) == (value, reason)


def test_the_security_profile_in_use() -> None:
    secure = Device(Features({"LA-0": True}), security_profile=2)
    assert evaluate("security profile >= 2 and LA-0", secure).value is True
    outcome = evaluate("Security Profile > 2 or (security profile = 1)", secure)
    assert (outcome.value, outcome.reason) == (False, "the security profile in use is 2")
    assert mandatory_features("security profile >= 2 and LA-0") == ("LA-0",)


def test_product_subtypes() -> None:
    condition = 'HFS-1 and NOT Product Subtype "Mode 1/2-only Charging Station"'
    assert evaluate(condition, device(HFS_1=True)).value is True
    outcome = evaluate(condition, device(HFS_1=True, subtypes=("Mode 1/2-only Charging Station",)))
    assert outcome.value is False
    assert outcome.reason == 'the product is a "Mode 1/2-only Charging Station"'


def test_the_iso_profile_is_derived_for_a_station_and_declared_by_a_csms() -> None:
    csms = Device(Features({"ISO 15118 Support": True}), "CSMS")
    assert evaluate("ISO 15118 support", csms).value is True
    assert mandatory_features("ISO 15118 support", "CSMS") == ("ISO 15118 Support",)
    assert mandatory_features("ISO 15118 support", "CS") == ("ISO-1.1", "ISO-1.2")


def test_a_missing_feature_counts_only_where_it_decides() -> None:
    assert evaluate("R-0 and R-2", device(R_0=False)).value is False
    assert evaluate("C-49 or LA-0", device(C_49=True)).value is True
    outcome = evaluate("NOT (R-0 and R-2)", device(R_0=True))
    assert (outcome.value, outcome.missing, outcome.reason) == (None, ("R-2",), "R-2 is not declared")
    problems = missing_features({"A": "R-0 and R-2", "B": "R-2", "C": "HFS-8 > 1"}, device(R_0=True))
    assert [str(problem) for problem in problems] == [
        (
            "dut.toml [features]: R-2 (reserve an unspecified EVSE) is not declared, needed by A and 1 more; "
            "add: R-2 = true or false"
        ),
        "dut.toml [features]: HFS-8 (number of EVSEs) is not declared, needed by C; add: HFS-8 = a number",
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("C-49 and", "a feature is missing at character 9"),
        ("(C-49", "a closing parenthesis is missing at character 6"),
        ("C-49)", "unexpected text at character 5"),
        ("C-99", 'there is no feature "C-99"'),
        ("C.06.1", 'there is no feature "C.06.1"'),
        ("C-490", 'there is no feature "C-490"'),
        ("C-35 - C-30", "is no range"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, what: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert what in str(caught.value)


def test_every_condition_of_the_catalogue_can_be_read() -> None:
    assert len(ALL) > 1700
    for _, entry in ALL:
        for condition in (entry.get("condition"), entry.get("condition_2025_12"), condition_of(entry)):
            if condition:
                parse(condition)


def test_conditions_name_only_features_that_the_role_declares_and_that_the_family_has() -> None:
    for version, entry in ALL:
        for id in mandatory_features(condition_of(entry), entry["role"]):
            feature = known_features()[id]
            assert entry["role"] in feature.declared_by, (entry["id"], id)
            assert (feature.since == "1.6") == (version == "1.6"), (entry["id"], id)


@pytest.mark.parametrize(("role", "name"), [("CS", "reference-station.toml"), ("CSMS", "reference-csms.toml")])
def test_every_condition_has_a_value_for_the_reference_descriptions(role: str, name: str) -> None:
    dut = load_description(DEVICES / name)
    needed = {f"{entry['id']}/{version}": condition_of(entry) for version, entry in ALL if entry["role"] == role}
    assert missing_features(needed, dut) == ()
    values = [evaluate(condition, dut).value for condition in needed.values()]
    assert values.count(True) > 100 and values.count(False) > 10


def test_the_newest_edition_and_the_profiles_decide() -> None:
    by_id = {(version, entry["id"]): entry for version, entry in ALL}
    assert condition_of(by_id["2.0.1", "TC_B_01_CS"]) is None
    assert condition_of(by_id["2.0.1", "TC_B_14_CS"]) == "C-56 OR DM-0"
    assert condition_of(by_id["2.0.1", "TC_A_11_CS"]) == "Advanced Security and security profile = 3"
    assert condition_of(by_id["1.6", "TC_056_CS"]) == "SmartCharging"
    assert condition_of(by_id["1.6", "TC_048_4_CS"]) == "Core and NOT Reservation"
    own = {"id": "OC_16_99_CS", "versions": ["1.6"], "profiles": ["Reservation"]}
    assert condition_of(own) == "Reservation" and condition_of({**own, "versions": ["1.6", "2.1"]}) == "R-0"
    entry = {"id": "TC_X_01_CS", "profiles": ["Smart Charging", "Reservation"], "condition": "C-49 or C-30"}
    assert condition_of(entry) == "(Smart Charging or R-0) and (C-49 or C-30)"


def test_catalogue_files_are_one_entry_a_line() -> None:
    for name in (*FILES.values(), "features.json", "requirements.json"):
        lines = (catalogue_folder() / name).read_text(encoding="utf-8").splitlines()
        assert lines[0] == "[" and lines[-1] == "]"
        for line in lines[1:-1]:
            json.loads(line.rstrip(","))
