"""Every defect of the reference station can be switched on, leaves the station alive, and shows on the wire."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from conformance.ocppj import frames
from conformance.reference.defects import Defect, Defects, all_defects
from conformance.reference.defects.receiving import AnswersRepeatedTwice
from tests.reference.csms_double import TOKEN, CsmsDouble, Rig, now

VERSION_OF = {"1.6": "1.6", "2": "2.0.1"}
CHOSEN = [(family, entry) for entry in all_defects("CS") for family in entry.families]


def ids(value: Any) -> str:
    return value.name if isinstance(value, Defect) else str(value)


@pytest.mark.parametrize(("family", "entry"), CHOSEN, ids=ids)
async def test_a_session_with_each_defect(family: str, entry: Defect, capsys: pytest.CaptureFixture[str]) -> None:
    async with CsmsDouble(VERSION_OF[family]) as csms, Rig(csms, defects=(entry.name,), message_timeout=0.3) as rig:
        await csms.expect("BootNotification")
        await csms.until(lambda: rig.station.online)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await asyncio.sleep(0.03)
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await asyncio.sleep(0.03)
        answer = await csms.send("ClearCache", {})
        assert answer.type == frames.CALLRESULT
    assert "Traceback" not in capsys.readouterr().err


def test_every_defect_names_what_it_breaks() -> None:
    entries = all_defects("CS")
    assert len(entries) >= 30
    assert all(entry.breaks and (entry.must_fail or entry.rules or "boot-reason-wrong") for entry in entries)


def test_an_unknown_defect_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"no defect .made-up. for a 2 CS; known: .*answers-with-null"):
        Defects.chosen(["made-up"], "CS", "2")
    with pytest.raises(ValueError, match=r"no defect .seq-gap. for a 1\.6 CS"):
        Defects.chosen(["seq-gap"], "CS", "1.6")


async def session(*defects: str, version: str = "2.0.1") -> CsmsDouble:
    """What a station with these defects sends in one session."""
    async with CsmsDouble(version) as csms, Rig(csms, defects=defects, message_timeout=0.3) as rig:
        await csms.until(lambda: rig.station.online)
        rig.do("start_session", idToken=TOKEN, evseId=1)
        await settled(csms)
        rig.do("present_token", idToken=TOKEN, evseId=1)
        await settled(csms)
        return csms


async def settled(csms: CsmsDouble) -> None:
    """Until the station has nothing more to say: the loop that both run in has turned so often without a CALL.

    A time alone would not do: on a machine with much else to do it passes before anybody had a turn.
    """
    seen = -1
    while seen < len(csms.calls):
        seen = len(csms.calls)
        for _ in range(40):
            await asyncio.sleep(0.001)


async def test_seq_gap() -> None:
    assert [event["seqNo"] for event in (await session("seq-gap")).events()] == [0, 2, 3, 4]


async def test_event_twice() -> None:
    events = (await session("event-twice")).events()
    assert [event["seqNo"] for event in events] == [0, 0, 1, 1, 2, 2, 3, 3]


async def test_times_without_zone() -> None:
    csms = await session("time-without-zone")
    status = next(call for call in csms.calls if call.action == "StatusNotification")
    assert not status.payload["timestamp"].endswith("Z")


async def test_message_id_reused() -> None:
    assert {call.id for call in (await session("message-id-reused")).calls} == {"1"}


async def test_reset_ignored_and_availability_lost() -> None:
    async with CsmsDouble("2.0.1") as csms, Rig(csms, defects=("availability-lost-at-boot",)) as rig:
        await rig.booted()
        await csms.send("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}})
        await csms.expect("StatusNotification", connectorStatus="Unavailable")
        rig.do("power_cycle")
        await csms.expect("BootNotification")
        await csms.expect("StatusNotification", evseId=1, connectorStatus="Available")


async def test_speaks_before_accepted() -> None:
    async with CsmsDouble("1.6") as csms, Rig(csms, defects=("speaks-before-accepted",)):
        csms.answers["BootNotification"] = {"status": "Pending", "currentTime": now(), "interval": 60}
        await csms.expect("StatusNotification", connectorId=1)


def test_a_call_that_is_repeated_within_a_millisecond_is_answered_twice_all_the_same() -> None:
    distorted = AnswersRepeatedTwice()
    answer = '[3,"1",{"currentTime":"2026-11-26T10:00:00.000Z"}]'
    assert distorted.text(answer) == [answer]
    assert distorted.text(answer) == [answer, answer]
    assert distorted.text('[2,"1","Heartbeat",{}]') == ['[2,"1","Heartbeat",{}]']
