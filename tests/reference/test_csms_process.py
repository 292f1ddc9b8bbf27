"""The reference CSMS as a process of its own, with its operator interface over HTTP."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from conformance.reference.launch import Device, LaunchError, start_csms
from tests.reference.scripted import ScriptedStation, utc


def operate(device: Device, verb: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
    """Ask for an act; status and body."""
    request = urllib.request.Request(
        f"{device.addresses['operator']}/verbs/{verb}", json.dumps(arguments).encode(), method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, json.load(response)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


@pytest.fixture
def device() -> Iterator[Device]:
    started = start_csms("2.0.1")
    yield started
    started.close()


def test_operator_interface(device: Device) -> None:
    with urllib.request.urlopen(f"{device.addresses['operator']}/verbs", timeout=5) as response:
        assert json.load(response) == {
            "role": "CSMS",
            "verbs": ["answer_boot", "csms_sends", "limit_transaction", "pay_at_kiosk", "pay_on_web", "station"],
        }

    async def work() -> None:
        async with ScriptedStation(device.addresses["ocpp"], "CS001", "2.0.1") as station:
            await station.boot()
            act = asyncio.to_thread(
                operate, device, "csms_sends", identity="CS001", action="Reset", payload={"type": "Immediate"}
            )
            # Answered although the station has not answered yet.
            assert await act == (200, {})
            assert await station.expect("Reset", {"status": "Accepted"}) == {"type": "Immediate"}

    asyncio.run(work())
    for arguments in (
        {"identity": "CS009", "action": "Reset", "payload": {}},
        {"identity": "CS001", "action": "Reset", "payload": []},
    ):
        status, body = operate(device, "csms_sends", **arguments)
        assert status == 409
        assert "\n" not in body["error"]
    assert operate(device, "csms_sends", identity="CS001")[0] == 400
    assert operate(device, "answer_boot", identity="CS001", status="Perhaps")[0] == 409
    assert operate(device, "plug_in")[0] == 404


def test_a_killed_csms_knows_its_stations_again(tmp_path: Path) -> None:
    start = {"connectorId": 1, "idTag": "AABBCC01", "meterStart": 5, "timestamp": utc()}

    async def first(url: str) -> int:
        async with ScriptedStation(url, "CS001", "1.6") as station:
            await station.boot()
            return int((await station.ask("StartTransaction", start))["transactionId"])

    async def second(url: str, known: int) -> None:
        async with ScriptedStation(url, "CS001", "1.6") as station:
            await station.ask("Heartbeat", {})
            assert (await station.ask("StartTransaction", start))["transactionId"] == known
            fresh = await station.ask("StartTransaction", {**start, "connectorId": 2})
            assert fresh["transactionId"] > known

    one = start_csms("1.6", state=tmp_path)
    known = asyncio.run(first(one.addresses["ocpp"]))
    one.kill()
    one.close()
    another = start_csms("1.6", state=tmp_path)
    asyncio.run(second(another.addresses["ocpp"], known))
    another.close()
    assert not another.alive


def test_defects_are_switched_on_by_name() -> None:
    started = start_csms("1.6", defects=["transaction-id-text"])
    with pytest.raises(LaunchError, match="no-such-defect"):
        start_csms("1.6", defects=["no-such-defect"])
    started.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--version", "2.0"], "2.0.1"),
        (["--version", "2.0.1", "--listen", "nowhere"], "HOST:PORT"),
        (["--version", "2.0.1", "--set", "interval=0"], "interval=0"),
        (["--version", "2.0.1", "--set", "colour=red"], "colour"),
        (["--version", "2.0.1", "--set", "first-status=Perhaps"], "Perhaps"),
        (["--version", "2.0.1", "--tokens", "no-such-file"], "no-such-file"),
        (["--version", "2.0.1", "--station", "CS001"], "IDENTITY=PASSWORD"),
        (["--version", "2.0.1", "--cert", "a.pem"], "--key"),
        (["--version", "2.0.1", "--cert", "no-such-file", "--key", "no-such-file"], "no-such-file"),
        (["--version", "2.0.1", "--ca", "a.pem"], "--cert"),
    ],
)
def test_a_wrong_command_line_is_one_line(arguments: list[str], words: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "conformance.reference", "csms", *arguments], capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


def test_own_token_book(tmp_path: Path) -> None:
    book = tmp_path / "tokens.json"
    book.write_text(json.dumps({"MINE": {"group": "US"}, "THEIRS": {"status": "Blocked"}}), encoding="utf-8")
    device = Device("csms", "--version", "1.6", "--tokens", str(book))

    async def work() -> None:
        async with ScriptedStation(device.addresses["ocpp"], "CS001", "1.6") as station:
            await station.boot()
            for tag, info in (
                ("mine", {"status": "Accepted", "parentIdTag": "US"}),
                ("THEIRS", {"status": "Blocked"}),
                ("AABBCC01", {"status": "Invalid"}),
            ):
                assert (await station.ask("Authorize", {"idTag": tag}))["idTagInfo"] == info

    asyncio.run(work())
    device.close()
