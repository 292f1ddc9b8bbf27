"""Devices that never come, never speak, refuse, or die: each run ends in time and says what happened, once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.sync.server import serve

from tests.lifecycle.conftest import Ended, RunProcess, described_with_operator, description, free_port, station_process

BLOCK = ("--ocpp-block", "F")
"""Enough cases to see that a device is given up once, and not as often as there are cases."""


def check_given_up(ended: Ended, reason: str, broken: str = "") -> None:
    """One reason for all; where the device broke a rule before it was given up, one FAIL by the rule `broken`."""
    ended.check_reports()
    ended.check_no_orphans()
    assert ended.code == 1, ended.output
    failed = [one for one in ended.results["cases"] if one["verdict"] == "FAIL"]
    rules = [{each["rule"] for each in one["findings"] if each["severity"] == "MUST"} for one in failed]
    assert rules == ([{broken}] if broken else []), ended.output
    assert set(ended.verdicts) <= {"FAIL", "INCONCLUSIVE", "NOT APPLICABLE"} and ended.verdicts["INCONCLUSIVE"] > 5
    reasons = {one["reason"] for one in ended.results["cases"] if one["verdict"] == "INCONCLUSIVE"}
    assert len(reasons) == 1 and reason in reasons.pop()
    undecided = f"{ended.verdicts['INCONCLUSIVE']} inconclusive"
    assert undecided in ended.output.splitlines()[-1], "pytest's last line does not call them failed"
    problems = ended.results["run"]["problems"]
    assert len(problems) == 1 and reason in problems[0]
    assert f"problem: OCPP 2.0.1: {reason}"[:60] in ended.output
    assert "Traceback" not in ended.output


class TestStation:
    def test_never_connects(self, tmp_path: Path, run: Callable[..., Ended]) -> None:
        description("CS", tmp_path, connection=f'listen = "127.0.0.1:{free_port()}"')
        ended = run("--ocpp-dut", "dut.toml", *BLOCK)
        check_given_up(ended, "the station has not connected within 1 s")
        assert ended.seconds_of_cases < 15

    def test_connects_and_never_speaks(self, tmp_path: Path, run: Callable[..., Ended]) -> None:
        port = free_port()
        description("CS", tmp_path, connection=f'listen = "127.0.0.1:{port}"')
        with mute_station(f"ws://127.0.0.1:{port}/ocpp/CS001"):
            ended = run("--ocpp-dut", "dut.toml", *BLOCK)
        check_given_up(ended, "the station is connected but does not answer", "wire.no-answer")
        assert ended.seconds_of_cases < 15

    def test_speaks_another_version(self, tmp_path: Path, run: Callable[..., Ended]) -> None:
        port = free_port()
        description("CS", tmp_path, connection=f'listen = "127.0.0.1:{port}"')
        with mute_station(f"ws://127.0.0.1:{port}/ocpp/CS001", "ocpp1.6"):
            ended = run("--ocpp-dut", "dut.toml", *BLOCK)
        ended.check_reports()
        ended.check_no_orphans()
        assert ended.code == 1 and set(ended.verdicts) <= {"FAIL", "INCONCLUSIVE", "NOT APPLICABLE"}
        (problem,) = ended.results["run"]["problems"]
        assert problem.endswith("because of the subprotocols that it offers: ocpp1.6")
        assert 'expected ocpp2.0.1 among the offered subprotocols; got ["ocpp1.6"]' in " ".join(ended.output.split())

    def test_has_another_identity(self, tmp_path: Path, run: Callable[..., Ended]) -> None:
        port = free_port()
        description("CS", tmp_path, connection=f'listen = "127.0.0.1:{port}"')
        with mute_station(f"ws://127.0.0.1:{port}/ocpp/CS002"):
            ended = run("--ocpp-dut", "dut.toml", *BLOCK)
        check_given_up(ended, "the station has not connected within 1 s")
        (problem,) = ended.results["run"]["problems"]
        assert "refused: HTTP 404, identity 'CS002' is not 'CS001' of the description" in problem

    def test_dies_in_the_middle(self, tmp_path: Path, start: Callable[..., RunProcess]) -> None:
        port = free_port()
        with station_process(f"ws://127.0.0.1:{port}/ocpp") as (station, operator):
            described_with_operator(tmp_path, port, operator)
            process = start("--ocpp-dut", "dut.toml", "--ocpp-block", "B", "--ocpp-block", "F")
            process.wait_for_cases(3)
            station.kill()
            ended = process.end()
        check_died(ended)
        assert ended.seconds < 45


class TestEmbedded:
    def test_dies_in_the_middle(self, start: Callable[..., RunProcess]) -> None:
        process = start("--ocpp-role", "CSMS", "--ocpp-version", "2.0.1", "--ocpp-block", "B")
        process.wait_for_cases(3)
        (device,) = process.children()
        os.kill(device, signal.SIGKILL)
        ended = process.end(90)
        check_died(ended)
        assert any("the embedded device has ended" in one for one in ended.results["run"]["problems"])


def check_died(ended: Ended) -> None:
    ended.check_reports()
    ended.check_no_orphans()
    assert ended.code == 1, ended.output
    assert ended.verdicts["PASS"] >= 3
    assert "ERROR" not in ended.verdicts, ended.output
    assert ended.verdicts["INCONCLUSIVE"] > 3
    assert ended.verdicts.get("FAIL", 0) <= 2, "the death is reported once, not as a failure of every case"
    assert len(ended.results["run"]["problems"]) == 1
    assert "Traceback" not in ended.output


class TestCsms:
    def test_nobody_listens(self, tmp_path: Path, run: Callable[..., Ended]) -> None:
        description("CSMS", tmp_path, connection=f'url = "ws://127.0.0.1:{free_port()}/ocpp"')
        check_given_up(run("--ocpp-dut", "dut.toml", *BLOCK), "the CSMS does not serve our station")

    @pytest.mark.parametrize("status", [401, 404])
    def test_refuses_the_handshake(self, tmp_path: Path, run: Callable[..., Ended], status: int) -> None:
        with csms(lambda connection, request: connection.respond(status, "no\n")) as port:
            description("CSMS", tmp_path, connection=f'url = "ws://127.0.0.1:{port}/ocpp"')
            ended = run("--ocpp-dut", "dut.toml", *BLOCK)
        check_given_up(ended, "the CSMS does not serve our station")
        assert f"HTTP {status}" in " ".join(ended.output.split())

    def test_takes_the_connection_and_never_answers(self, tmp_path: Path, run: Callable[..., Ended]) -> None:
        with csms(None) as port:
            description("CSMS", tmp_path, connection=f'url = "ws://127.0.0.1:{port}/ocpp"')
            ended = run("--ocpp-dut", "dut.toml", *BLOCK)
        check_given_up(
            ended, "the CSMS does not serve our station: expected an answer to BootNotification", "wire.no-answer"
        )


@contextlib.contextmanager
def mute_station(url: str, subprotocol: str = "ocpp2.0.1") -> Iterator[None]:
    """A station that connects, comes back when it is cut off, and never says a word."""
    over = threading.Event()

    def listen() -> None:
        with connect(url, subprotocols=[subprotocol], open_timeout=2) as connection:  # type: ignore[list-item]
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    connection.recv(0.1)

    def live() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError, WebSocketException, EOFError):
                listen()
            over.wait(0.05)

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)


@contextlib.contextmanager
def csms(process_request: Any) -> Iterator[int]:
    """A CSMS that takes a connection, or refuses it, and says nothing; yields its port."""

    def handle(connection: Any) -> None:
        with contextlib.suppress(WebSocketException):
            for _ in connection:
                pass

    server = serve(handle, "127.0.0.1", 0, subprotocols=["ocpp2.0.1"], process_request=process_request)  # type: ignore[list-item]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()
        thread.join(5)
