"""What the reference station does with frames that are wrong, unknown, late or unsolicited."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from conformance.ocppj import frames
from tests.reference.csms_double import TOKEN, CsmsDouble, Rig

VERSIONS = pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
FAMILY2 = pytest.mark.parametrize("version", ["2.0.1", "2.1"])


@asynccontextmanager
async def booted(version: str, **options: Any) -> AsyncIterator[tuple[CsmsDouble, Rig]]:
    async with CsmsDouble(version) as csms, Rig(csms, **options) as rig:
        await rig.booted()
        yield csms, rig


def answers(csms: CsmsDouble) -> list[str]:
    """What the station sent that is no CALL."""
    return [text for text in csms.texts if not text.startswith("[2")]


@VERSIONS
async def test_unknown_action_and_wrong_direction(version: str) -> None:
    async with booted(version) as (csms, _):
        answer = await csms.send("FlyToTheMoon", {})
        assert (answer.error_code, answer.error_details, answer.problems) == ("NotImplemented", {}, ())
        answer = await csms.send("BootNotification", {})
        assert answer.error_code == "NotSupported"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "OccurrenceConstraintViolation"),
        ({"type": 7}, "TypeConstraintViolation"),
        ({"type": "Never"}, "PropertyConstraintViolation"),
        ({"type": "OnIdle", "colour": "red"}, "FormatViolation"),
        ([], "FormatViolation"),
    ],
)
@FAMILY2
async def test_invalid_payload(version: str, payload: Any, code: str) -> None:
    async with booted(version) as (csms, _):
        answer = await csms.send_text(json.dumps([2, "x1", "Reset", payload]), "x1")
        assert (answer.type, answer.error_code, answer.error_details) == (frames.CALLERROR, code, {})


async def test_invalid_payload_in_16() -> None:
    async with booted("1.6") as (csms, _):
        answer = await csms.send("Reset", {"type": 7})
        assert answer.error_code in csms.version.error_codes


@FAMILY2
async def test_unreadable_text_is_answered_with_minus_one(version: str) -> None:
    async with booted(version) as (csms, _):
        for text in ("{", "[]", '"x"', "[2,"):
            answer = await csms.send_text(text, "-1")
            assert (answer.id, answer.error_code) == ("-1", "RpcFrameworkError")
        assert (await csms.send("ClearCache", {})).payload["status"] == "Accepted"


@VERSIONS
async def test_what_nobody_asked_for_is_ignored(version: str) -> None:
    async with booted(version) as (csms, _):
        before = len(answers(csms))
        assert csms.open is not None
        for text in ('[3,"nobody",{}]', '[4,"nobody","GenericError","",{}]', '[9,"a","b",{}]', '[3,"nobody",{}]'):
            await csms.open.send(text)
        assert (await csms.send("ClearCache", {})).payload["status"] == "Accepted"
        assert len(answers(csms)) == before + 1


async def test_send_is_taken_and_never_answered() -> None:
    async with booted("2.1") as (csms, _):
        before = len(answers(csms))
        assert csms.open is not None
        await csms.open.send('[6,"s1","NotifyPeriodicEventStream",{}]')
        await csms.open.send('[6,"s2","Unknown",{}]')
        await csms.send("ClearCache", {})
        assert len(answers(csms)) == before + 1


async def test_callresulterror_for_an_invalid_answer() -> None:
    async with booted("2.1") as (csms, rig):
        csms.answers["Heartbeat"] = {"currentTime": 5}
        await csms.send("TriggerMessage", {"requestedMessage": "Heartbeat"})
        call = await csms.expect("Heartbeat")
        await csms.until(lambda: any(text.startswith("[5") for text in csms.texts))
        answer = frames.parse(next(text for text in csms.texts if text.startswith("[5")))
        assert (answer.id, answer.error_code) == (call.id, "TypeConstraintViolation")
        assert rig.station.online


@VERSIONS
async def test_one_call_outstanding(version: str) -> None:
    async with booted(version, message_timeout=0.2) as (csms, _):
        csms.answers["StatusNotification"] = None
        before = len(csms.calls)
        for connector in (1, 2):
            target = {"evse": {"id": connector, "connectorId": 1}} if version != "1.6" else {"connectorId": connector}
            await csms.send("TriggerMessage", {"requestedMessage": "StatusNotification", **target})
        await asyncio.sleep(0.1)
        assert len([call for call in csms.calls[before:] if call.action == "StatusNotification"]) == 1
        await csms.until(lambda: len([c for c in csms.calls[before:] if c.action == "StatusNotification"]) == 2)


@VERSIONS
async def test_message_ids_never_repeat(version: str) -> None:
    async with booted(version) as (csms, rig):
        rig.do("power_cycle")
        await csms.expect("BootNotification")
        await csms.expect("StatusNotification")
        identifiers = [call.id for call in csms.calls]
        assert len(set(identifiers)) == len(identifiers)
        assert all(len(identifier) <= 36 for identifier in identifiers)


@FAMILY2
async def test_late_answer_is_ignored(version: str) -> None:
    async with booted(version, message_timeout=0.1) as (csms, rig):
        csms.answers["Authorize"] = None
        rig.do("present_token", idToken=TOKEN, evseId=1)
        call = await csms.expect("Authorize")
        await asyncio.sleep(0.15)
        assert csms.open is not None
        await csms.open.send(json.dumps([3, call.id, {"idTokenInfo": {"status": "Accepted"}}]))
        await csms.send("ClearCache", {})
        assert csms.events() == []
