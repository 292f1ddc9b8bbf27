"""Variable monitoring of the reference station."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference.csms_double import TOKEN, CsmsDouble, Rig

POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
STATE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}


def monitor(target: dict[str, Any], kind: str, value: float, severity: int = 5, **more: Any) -> dict[str, Any]:
    return {**target, "type": kind, "value": value, "severity": severity, **more}


async def set_monitors(csms: CsmsDouble, *data: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await csms.send("SetVariableMonitoring", {"setMonitoringData": list(data)})
    found: list[dict[str, Any]] = answer.payload["setMonitoringResult"]
    return found


async def test_statuses() -> None:
    async with CsmsDouble("2.0.1") as csms, Rig(csms) as rig:
        await rig.booted()
        unknown = {**POWER, "variable": {"name": "Nothing"}}
        results = await set_monitors(
            csms,
            monitor(POWER, "UpperThreshold", 1000),
            monitor(POWER, "UpperThreshold", 2000),
            monitor(POWER, "UpperThreshold", 10**9, 3),
            monitor(STATE, "UpperThreshold", 1),
            monitor(STATE, "Delta", -1),
            monitor(unknown, "Delta", 1),
            monitor(POWER, "Delta", 1, id=99),
        )
        expected = [
            "Accepted",
            "Duplicate",
            "Rejected",
            "UnsupportedMonitorType",
            "Rejected",
            "UnknownVariable",
            "Rejected",
        ]
        assert [one["status"] for one in results] == expected
        number = results[0]["id"]
        answer = await csms.send("ClearVariableMonitoring", {"id": [number, 77]})
        assert [one["status"] for one in answer.payload["clearMonitoringResult"]] == ["Accepted", "NotFound"]
        assert (await csms.send("SetMonitoringLevel", {"severity": 12})).payload["status"] == "Rejected"
        assert csms.problems == []


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_threshold_delta_and_periodic_events(version: str) -> None:
    async with CsmsDouble(version) as csms, Rig(csms) as rig:
        await rig.booted()
        results = await set_monitors(
            csms,
            monitor(POWER, "UpperThreshold", 1000),
            monitor(STATE, "Delta", 1),
            monitor(POWER, "Periodic", 1),
            monitor(POWER, "LowerThreshold", 0, 9),
        )
        upper, delta, periodic, _ = [one["id"] for one in results]
        rig.do("start_session", idToken=TOKEN, evseId=1)

        def events() -> list[dict[str, Any]]:
            return [call.payload["eventData"][0] for call in csms.calls if call.action == "NotifyEvent"]

        def event(number: int, **fields: Any) -> Any:
            wanted = {"variableMonitoringId": number, **fields}
            return next((one for one in events() if wanted.items() <= one.items()), None)

        await csms.until(lambda: event(upper, trigger="Alerting", actualValue="22080"))
        await csms.until(lambda: event(delta, trigger="Delta", actualValue="Occupied"))
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await csms.until(lambda: event(upper, cleared=True, actualValue="0"))
        await csms.until(lambda: event(periodic, trigger="Periodic"))
        rig.do("unplug", evseId=1)
        await csms.send("SetMonitoringLevel", {"severity": 0})
        assert len({one["eventId"] for one in events()}) == len(events())
        answer = await csms.send("GetMonitoringReport", {"requestId": 8, "monitoringCriteria": ["ThresholdMonitoring"]})
        assert answer.payload["status"] == "Accepted"
        report = await csms.expect("NotifyMonitoringReport", requestId=8, seqNo=0)
        monitors = report.payload["monitor"][0]["variableMonitoring"]
        assert {one["type"] for one in monitors} == {"UpperThreshold", "LowerThreshold"}
        assert (await csms.send("SetMonitoringBase", {"monitoringBase": "HardWiredOnly"})).payload[
            "status"
        ] == "Accepted"
        answer = await csms.send("GetMonitoringReport", {"requestId": 9})
        assert answer.payload["status"] == "EmptyResultSet"
        assert csms.problems == []
