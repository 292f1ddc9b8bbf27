"""Reports of a station's device model: parts put together, variables found, and what is wrong with them told."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.ocppj.schema import SchemaStore
from conformance.peers.csms import FakeCsms
from conformance.peers.outcome import ExpectationFailed
from conformance.peers.reports import Report, report_data, variable
from tests.scripted import Device


def entry(component: str, name: str, value: str | None = "1", *, kind: str = "integer", **more: Any) -> dict[str, Any]:
    attribute = {"mutability": more.pop("mutability", "ReadWrite"), "persistent": more.pop("persistent", True)}
    traits = {"dataType": kind, "supportsMonitoring": False}
    if "values" in more:
        traits["valuesList"] = more.pop("values")
    return {
        **variable(component, name, **more),
        "variableAttribute": [attribute if value is None else {**attribute, "value": value}],
        "variableCharacteristics": traits,
    }


def part(device: Device, number: int, *entries: dict[str, Any], tbc: bool = False, request: int = 1) -> None:
    more = {"tbc": True} if tbc else {}
    device.calls("NotifyReport", requestId=request, seqNo=number, reportData=list(entries), **more)


@pytest.fixture
def report(csms: FakeCsms, device: Device) -> Report:
    csms.act("call", "GetBaseReport", {})
    part(
        device,
        0,
        entry("EVSE", "Power", "0.0", kind="decimal", evseId=2),
        entry("DeviceDataCtrlr", "ItemsPerMessage", instance="GetReport", mutability="ReadOnly"),
    )
    return csms.expect_report(1)


def test_the_parts_of_one_request_are_put_together_in_order(csms: FakeCsms, device: Device) -> None:
    csms.act("call", "GetBaseReport", {})
    part(device, 9, entry("Foreign", "X"), request=2)
    part(device, 0, entry("A", "X"), tbc=True)
    device.after(4, lambda: part(device, 1, entry("B", "X"), tbc=True))
    device.after(8, lambda: part(device, 2, entry("C", "X")))
    assert [one.label for one in csms.expect_report(1)] == ["A.X", "B.X", "C.X"]


def test_a_report_that_stops_halfway_fails(csms: FakeCsms, device: Device) -> None:
    csms.act("call", "GetBaseReport", {})
    with pytest.raises(ExpectationFailed, match="a NotifyReport with requestId 1 within 5 s"):
        csms.expect_report(1)
    part(device, 0, entry("A", "X"), tbc=True)
    with pytest.raises(ExpectationFailed, match="another NotifyReport after 1 with requestId 1"):
        csms.expect_report(1, requirement="B07.FR.03")


def test_variables_are_found_by_name_and_place_without_regard_to_case(report: Report) -> None:
    power = report.find("evse", "POWER", evseId=2)
    assert power is not None
    assert (power.label, power.value, power.data_type) == ("EVSE#2.Power", "0.0", "decimal")
    assert report.find("EVSE", "Power") is None
    assert report.find("EVSE", "Power", evseId=2, connectorId=1) is None
    items = report.find("DeviceDataCtrlr", "ItemsPerMessage", instance="GetReport")
    assert items is not None
    assert (items.label, items.mutability) == ("DeviceDataCtrlr.ItemsPerMessage[GetReport]", "ReadOnly")
    assert report.named("DeviceDataCtrlr", "ItemsPerMessage") == [items]


def of(csms: FakeCsms, device: Device, *entries: dict[str, Any]) -> Report:
    csms.act("call", "GetBaseReport", {})
    part(device, 0, *entries)
    return csms.expect_report(1)


@pytest.mark.parametrize(
    ("kind", "value", "values", "misses", "breaks"),
    [
        ("OptionList", "Available", "Available,Faulted", False, False),
        ("OptionList", "Occupied", "Available,Faulted", False, True),
        ("OptionList", "", "Available", False, False),
        ("OptionList", "a,b", "a,b", False, True),
        ("MemberList", "a, b", "a,b,c", False, False),
        ("MemberList", "a,d", "a,b,c", False, True),
        ("MemberList", "", "a,b,c", False, False),
        ("SequenceList", "b,a", "a,b", False, False),
        ("SequenceList", "1", None, True, True),
        ("string", "anything", None, False, False),
    ],
)
def test_lists_are_held_against_their_values_list(
    csms: FakeCsms, device: Device, kind: str, value: str, values: str | None, misses: bool, breaks: bool
) -> None:
    more = {} if values is None else {"values": values}
    (one,) = of(csms, device, entry("A", "X", value, kind=kind, **more))
    assert (one.misses_values_list, one.breaks_values_list) == (misses, breaks)


def test_a_write_only_variable_must_not_show_its_value(csms: FakeCsms, device: Device) -> None:
    hidden, shown = of(
        csms,
        device,
        entry("S", "BasicAuthPassword", None, mutability="WriteOnly"),
        entry("S", "Secret", "x", mutability="WriteOnly"),
    )
    assert (hidden.shows_write_only, shown.shows_write_only) == (False, True)


def test_two_entries_are_the_same_only_if_names_place_and_attributes_are(csms: FakeCsms, device: Device) -> None:
    one = entry("Meter", "X")
    target = {**one, "variableAttribute": [{"type": "Target", "value": "1"}]}
    left = {**one, "component": {"name": "Meter", "instance": "left"}}
    report = of(csms, device, one, entry("meter", "x"), target, left, entry("Meter", "X", evseId=1))
    identities = [each.identity for each in report]
    assert identities[0] == identities[1]
    assert len(set(identities)) == 4


def test_a_report_of_ours_is_valid() -> None:
    from conformance.ocppj.versions import VERSIONS

    data = report_data({("A", "On"): "true", ("A", "Count"): "3", ("A", "Name"): "x"})
    payload = {"requestId": 1, "generatedAt": "2030-01-01T00:00:00.000Z", "seqNo": 0, "reportData": data}
    for version_id in ("2.0.1", "2.1"):
        assert SchemaStore().judge(VERSIONS[version_id], "NotifyReportRequest", payload) == ()
    assert [one["variableCharacteristics"]["dataType"] for one in data] == ["boolean", "integer", "string"]
