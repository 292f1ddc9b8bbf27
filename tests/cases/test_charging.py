"""What a case does with charging profiles, against a scripted charge point."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from conformance.cases.charging import Charging
from conformance.cases.steps import step
from conformance.ocppj import frames
from tests.cases.conftest import Lab, make_lab

Periods = list[dict[str, Any]]


def lab16(**overrides: Any) -> Lab:
    lab = make_lab("CS", "1.6", **overrides)
    accepted = {"status": "Accepted"}
    lab.device.reactions |= dict.fromkeys(
        ("SetChargingProfile", "ClearChargingProfile", "RemoteStartTransaction"), accepted
    )
    return lab


def answers(lab: Lab, periods: Any, *, begin: float = 0.0, schedule: Any = None, **changes: Any) -> None:
    """Let the charge point tell these periods, from `begin` seconds from now on."""

    def answer(frame: frames.Frame) -> dict[str, Any]:
        made = {
            "duration": frame.payload["duration"],
            "chargingRateUnit": frame.payload["chargingRateUnit"],
            "chargingSchedulePeriod": periods,
        }
        told = {
            "status": "Accepted",
            "connectorId": frame.payload["connectorId"],
            "scheduleStart": lab.peer.timestamp(begin),
            "chargingSchedule": {**made, **(schedule or {})},
        }
        return {name: value for name, value in {**told, **changes}.items() if value is not None}

    lab.device.reactions["GetCompositeSchedule"] = answer


def period(start: int, limit: Any, **more: Any) -> dict[str, Any]:
    return {"startPeriod": start, "limit": limit, **more}


def run(lab: Lab, body: Callable[[Charging], None]) -> tuple[str, str]:
    """The verdict of a case, and what it found."""

    def case(csms: Any) -> None:
        step("Charge", expect="by the rules")
        body(Charging(csms))

    result = lab.run(case, clean=False)
    return result.verdict.name, " | ".join(f"{one.expected}: {one.actual}" for one in result.findings) or result.reason


def sent(lab: Lab, action: str) -> list[Any]:
    return [one.payload for one in lab.device.heard if one.action == action]


def test_a_profile_is_sent_as_the_description_wants_it() -> None:
    lab = lab16(values={"charging_rate_unit": "W", "number_phases": 1, "stack_level": 2})
    verdict, _ = run(lab, lambda charging: charging.set("TxDefaultProfile", {0: 6, 60: 8.5}, duration=400) and None)
    assert verdict == "PASS"
    (payload,) = sent(lab, "SetChargingProfile")
    profile = payload["csChargingProfiles"]
    schedule = profile["chargingSchedule"]
    assert payload["connectorId"] == 1 and profile["stackLevel"] == 2 and schedule["duration"] == 400
    assert schedule["chargingRateUnit"] == "W"
    assert schedule["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 6000, "numberPhases": 1},
        {"startPeriod": 60, "limit": 8500, "numberPhases": 1},
    ]
    assert schedule["startSchedule"].startswith("2029-12-31T23:59:56"), "a tolerance ago"


def test_right_schedules_pass() -> None:
    lab = lab16()

    def body(charging: Charging) -> None:
        charging.set("TxDefaultProfile", {0: 6, 100: 8}, duration=300)
        answers(lab, [period(0, 6), period(96, 8), period(296, 32)])
        charging.check_composite(350)
        charging.clear()
        answers(lab, [period(0, 32)])
        charging.check_composite(350)

    assert run(lab, body) == ("PASS", "")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"periods": [period(0, 6), period(90, 8)]}, "from 90 to 94 s instead of 6 A"),
        ({"periods": [period(0, 6, numberPhases=1), period(96, 8)]}, "6 on 1 phases from 0"),
        ({"periods": []}, "periods in order"),
        ({"periods": [period(1, 6), period(96, 8)]}, "periods in order"),
        ({"periods": [period(0, 6), period(96, 8), period(96, 9)]}, "periods in order"),
        ({"periods": [period(0, 6), period(96, 8), period(350, 9)]}, "periods in order"),
        ({"periods": [6, 8]}, "periods in order"),
        ({"periods": {"limit": 6}}, "periods in order"),
        ({"periods": "6 A"}, "periods in order"),
        ({"periods": [period(0, "6"), period(96, 8)]}, "periods in order"),
        ({"periods": [period(0, 6), period(96, 8)], "schedule": {"duration": "350"}}, "of 350 s: '350'"),
        ({"periods": [period(0, 6), period(96, 8)], "schedule": {"duration": 300}}, "of 350 s: 300"),
        ({"periods": [period(0, 6), period(96, 8)], "schedule": {"chargingRateUnit": "W"}}, "in A: 'W'"),
        ({"periods": [period(0, 6), period(96, 8)], "begin": 10}, "scheduleStart is now"),
        ({"periods": [period(0, 6), period(96, 8)], "scheduleStart": "now"}, "scheduleStart is now"),
        ({"periods": [period(0, 6), period(96, 8)], "scheduleStart": None}, "scheduleStart is now"),
        ({"periods": [period(0, 6), period(96, 8)], "connectorId": 2}, "of connector 1: 2"),
        ({"periods": [period(0, 6), period(96, 8)], "chargingSchedule": None}, "periods in order"),
        ({"periods": [period(0, 6), period(96, 8)], "status": "Rejected"}, "Accepted: 'Rejected'"),
    ],
)
def test_wrong_schedules_fail(told: dict[str, Any], words: str) -> None:
    lab = lab16()
    answers(lab, **told)

    def body(charging: Charging) -> None:
        charging.set("TxDefaultProfile", {0: 6, 100: 8}, duration=400)
        charging.check_composite(350)

    verdict, found = run(lab, body)
    assert verdict == "FAIL" and words in found, found


def test_what_need_not_be_told_is_a_remark() -> None:
    lab = lab16()
    answers(lab, [period(0, 32)], schedule={"startSchedule": "2030-01-01T00:00:00Z"})
    verdict, found = run(lab, lambda charging: charging.check_composite(350))
    assert verdict == "PASS" and "no startSchedule" in found


def test_a_refused_profile_fails_and_counts_for_nothing() -> None:
    lab = lab16()
    lab.device.reactions["SetChargingProfile"] = {"status": "Rejected"}
    answers(lab, [period(0, 32)])

    def body(charging: Charging) -> None:
        charging.set("TxDefaultProfile", {0: 6}, duration=400)
        charging.check_composite(350)

    verdict, found = run(lab, body)
    assert verdict == "FAIL" and found == "the profile is Accepted: 'Rejected'"


def test_a_remote_start_brings_its_profile_until_the_transaction_ends() -> None:
    lab = lab16()
    began = lab.peer.utcnow() - timedelta(seconds=20)

    def body(charging: Charging) -> None:
        profile = charging.profile("TxProfile", {0: 6, 100: 8}, kind="Relative", duration=300)
        lab.peer.send("RemoteStartTransaction", idTag="A", connectorId=1, chargingProfile=profile)
        answers(lab, [period(0, 32)])
        charging.check_composite(50)
        start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": began.isoformat()}
        told = lab.device.calls("StartTransaction", **start)
        transaction = lab.device.answers_to(told)[0].payload["transactionId"]
        answers(lab, [period(0, 6), period(83, 8), period(280, 32)])
        charging.check_composite(350)
        stop = {"transactionId": transaction, "meterStop": 0, "timestamp": began.isoformat()}
        lab.device.calls("StopTransaction", **stop)
        answers(lab, [period(0, 32)])
        charging.check_composite(350)

    assert run(lab, body) == ("PASS", "")


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ({"levels": 3}, "ChargeProfileMaxStackLevel is 2, the case needs 3"),
        ({"profiles": 4}, "MaxChargingProfilesInstalled is 2"),
        ({"periods": 3}, "ChargingScheduleMaxPeriods is 2"),
        ({"units": "AW"}, "without Power"),
    ],
)
def test_what_the_charge_point_can_not_do_is_not_asked_of_it(needs: dict[str, Any], reason: str) -> None:
    lab = lab16()

    def keys(frame: frames.Frame) -> dict[str, Any]:
        (name,) = frame.payload["key"]
        value = "Current" if name.endswith("Unit") else "2"
        return {"configurationKey": [{"key": name, "readonly": True, "value": value}]}

    lab.device.reactions["GetConfiguration"] = keys
    verdict, found = run(lab, lambda charging: charging.needs(**needs))
    assert verdict == "NOT_APPLICABLE" and reason in found
    assert run(lab, lambda charging: charging.needs(levels=2, profiles=2, periods=2, units="A"))[0] != "NOT_APPLICABLE"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ({"status": "Rejected"}, "PASS"),
        ({"status": "Accepted"}, "FAIL"),
        ({"status": "NotSupported"}, "FAIL"),
        (lambda frame: frames.error(frame.id, "PropertyConstraintViolation"), "PASS"),
        (lambda frame: frames.error(frame.id, "InternalError"), "FAIL"),
    ],
)
def test_what_counts_as_refused(answer: Any, verdict: str) -> None:
    lab = lab16()
    lab.device.reactions["SetChargingProfile"] = answer

    def body(charging: Charging) -> None:
        profile = charging.profile("TxProfile", {0: 6}, transactionId=1)
        refusal = lab.peer.call("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile})
        charging.check_refused(refusal, "1.6 5.16")

    assert run(lab, body)[0] == verdict
