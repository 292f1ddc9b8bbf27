"""The variables that the standard requires of a station, by its features and its EVSEs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from conformance.dut.reading import load_description
from conformance.dut.variables import required_variables

STATION = Path(__file__).resolve().parents[2] / "docs" / "devices" / "reference-station.toml"


def labels(**features: bool) -> Counter[str]:
    dut = load_description(STATION, {"features": features})
    return Counter(f"{one.variable.component}.{one.variable.variable}" for one in required_variables(dut))


def test_what_every_station_has_is_always_required() -> None:
    found = labels()
    assert found["OCPPCommCtrlr.OfflineThreshold"] == 1
    assert found["DeviceDataCtrlr.ItemsPerMessage"] == 3


def test_what_a_feature_brings_is_required_with_it_alone() -> None:
    assert labels(**{"LA-0": True})["LocalAuthListCtrlr.Entries"] == 1
    assert labels(**{"LA-0": False})["LocalAuthListCtrlr.Entries"] == 0


def test_variables_of_evses_and_connectors_are_required_of_each() -> None:
    dut = load_description(STATION)
    places = {
        (one.evseId, one.connectorId)
        for one in required_variables(dut)
        if one.variable.component == "Connector" and one.variable.variable == "Available"
    }
    assert places == {(1, 1), (2, 1)}
    power = [one for one in required_variables(dut) if one.variable.variable == "Power"]
    assert [(one.evseId, one.connectorId) for one in power] == [(1, None), (2, None)]
    assert power[0].variable.limited
    assert power[0].variable.value_optional


def test_only_what_must_be_settable_counts_as_writable() -> None:
    by_name = {one.variable.variable: one.variable for one in required_variables(load_description(STATION))}
    assert by_name["OfflineThreshold"].writable
    assert not by_name["MessageTimeout"].writable
    assert not by_name["TxStartPoint"].writable
