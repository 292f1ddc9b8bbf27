"""The reference station as a process of its own: command line, ready line, operator interface, end."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.reference.__main__ import main, settings
from conformance.reference.options import address
from tests.reference.csms_double import TOKEN, CsmsDouble

COMMAND = [sys.executable, "-m", "conformance.reference", "station"]


async def http(url: str, method: str, body: Any = None) -> tuple[int, Any]:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.request(method, url, json=body) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_operator_interface(version: str) -> None:
    async with CsmsDouble(version) as csms:
        arguments = ["--version", version, "--csms", csms.url, "--identity", "CS001", "--die-with-parent"]
        process = await asyncio.create_subprocess_exec(
            *COMMAND, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdin is not None
        ready = json.loads(await process.stdout.readline())
        base = ready["operator"]
        status, verbs = await http(f"{base}/verbs", "GET")
        assert (status, verbs["role"]) == (200, "CS")
        assert {"plug_in", "unplug", "present_token", "power_cycle", "network_down", "jam_lock"} <= set(verbs["verbs"])
        await csms.expect("StatusNotification", connectorId=1)
        assert await http(f"{base}/verbs/plug_in", "POST", {"evseId": 1, "connectorId": 1}) == (200, {})
        await csms.expect("TransactionEvent" if version != "1.6" else "StatusNotification")
        assert (await http(f"{base}/verbs/plug_in", "POST", {"evseId": 1}))[0] == 409
        assert (await http(f"{base}/verbs/plug_in", "POST", {"evseId": 9}))[0] == 409
        assert (await http(f"{base}/verbs/plug_in", "POST", {"speed": 9}))[0] == 400
        assert (await http(f"{base}/verbs/plug_in", "POST", [1]))[0] == 400
        assert (await http(f"{base}/verbs/dance", "POST", {}))[0] == 404
        assert await http(f"{base}/verbs/present_token", "POST", {"idToken": TOKEN, "evseId": 1}) == (200, {})
        await csms.expect("Authorize")
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 5) == 0
        assert csms.problems == []


@pytest.mark.parametrize("input", ["/dev/null", __file__, "closed"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["station", "--version", "2.0.1", "--csms", "ws://127.0.0.1:9/ocpp", "--identity", "A"],
        ["csms", "--version", "2.0.1", "--listen", "127.0.0.1:0"],
    ],
)
def test_a_standard_input_that_cannot_tell_when_the_parent_dies(
    arguments: list[str], input: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/null" if input == "closed" else input).open() as file:
        monkeypatch.setattr("sys.stdin", None if input == "closed" else file)
        assert main([*arguments, "--die-with-parent"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("--die-with-parent: standard input is neither a pipe nor a terminal")
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--version", "3.0"], "3.0"),
        (["--version", "2.0.1", "--defect", "made-up"], "no defect 'made-up'"),
        (
            ["--version", "2.0.1", "--set", "TxCtrlr.Nothing=1"],
            "--set TxCtrlr.Nothing: the station has no such variable",
        ),
        (["--version", "2.0.1", "--set", "TxCtrlr.TxStartPoint=Noon"], "--set TxCtrlr.TxStartPoint=Noon: InvalidValue"),
        (["--version", "1.6", "--set", "HeartbeatInterval=x"], "--set HeartbeatInterval=x: not a value of this key"),
        (["--version", "1.6", "--set", "Heart"], "--set Heart: write NAME=VALUE"),
        (["--version", "1.6", "--operator", "nowhere"], "'nowhere' is no HOST:PORT"),
        (["--version", "1.6", "--ca", "/no/such.pem"], "/no/such.pem: not usable as PEM"),
    ],
)
def test_wrong_command_lines(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["station", "--csms", "ws://127.0.0.1:9/ocpp", "--identity", "A", *arguments])
    error = capsys.readouterr().err
    assert code == 2
    assert message in error
    assert len(error.splitlines()) == 1


def test_unreadable_state(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "station.json").write_text("{")
    arguments = ["station", "--csms", "ws://x", "--identity", "A", "--version", "1.6", "--state", str(tmp_path)]
    assert main(arguments) == 2
    assert "--state" in capsys.readouterr().err


def test_helpers() -> None:
    assert address("127.0.0.1:80") == ("127.0.0.1", 80)
    assert address("[::1]:80") == ("::1", 80)
    assert settings(["A.B=c=d"]) == {"A.B": "c=d"}
