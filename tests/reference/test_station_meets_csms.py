"""The two reference devices talk to each other, each made by its own reading of the standard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from conformance.reference.csms import Csms, CsmsOptions
from conformance.reference.options import StationOptions
from conformance.reference.stations import build_station
from conformance.reference.verbs import StationVerbs

TOKEN = {"idToken": "AABBCC01", "type": "ISO14443"}


async def until(ready: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not ready():
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_day_at_the_station(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    csms = Csms(CsmsOptions(versions=(version,)))
    url = await csms.start()
    station = build_station(
        StationOptions(version=version, csms=url, identity="CS001", boot_time=0.01, reconnect_wait=0.02)
    )
    verbs = StationVerbs(station).table()
    station.start()
    try:
        await until(lambda: station.online)
        verbs["start_session"](idToken=TOKEN, evseId=1)
        await until(lambda: station.hardware.evses[0].meter.watts > 0)
        await csms.csms_sends("CS001", "TriggerMessage", {"requestedMessage": "Heartbeat"})
        await until(lambda: len(station.queue) == 0)
        verbs["present_token"](idToken=TOKEN, evseId=1)
        await until(lambda: station.hardware.evses[0].meter.watts == 0)
        verbs["unplug"](evseId=1)
        await csms.csms_sends("CS001", "Reset", {"type": "Soft" if version == "1.6" else "Immediate"})
        await until(lambda: not station.online)
        await until(lambda: station.online and len(station.queue) == 0)
    finally:
        await station.stop()
        await csms.stop()
    assert "Traceback" not in capsys.readouterr().err
