"""Several devices at once: pytest-xdist's workers on stations that are processes of their own, and one report."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lifecycle.conftest import Ended, RunProcess, described_with_operator, description, free_port, station_process

CASES = "TC_B_01_CS or TC_B_02_CS or TC_B_06_CS"
THREE = ["TC_B_01_CS", "TC_B_02_CS", "TC_B_06_CS"]


@contextlib.contextmanager
def stations(folder: Path, *names: str) -> Iterator[list[str]]:
    """A station and its description for each name; yields the options that name them."""
    with contextlib.ExitStack() as stack:
        options = []
        for number, name in enumerate(names, 1):
            port, identity = free_port(), f"CS{number:03}"
            place = folder / name
            place.mkdir()
            _, operator = stack.enter_context(station_process(f"ws://127.0.0.1:{port}/ocpp", identity=identity))
            described_with_operator(place, port, operator)
            path = place / "dut.toml"
            path.write_text(path.read_text().replace('identity = "CS001"', f'identity = "{identity}"'))
            options += ["--ocpp-dut", f"{name}/dut.toml"]
        yield options


def cases_of(ended: Ended) -> list[tuple[str, str, str]]:
    return [(one["device"], one["id"], one["verdict"]) for one in ended.results["cases"]]


def without_times(results: dict[str, Any]) -> list[Any]:
    return [
        {key: one[key] for key in ("id", "title", "version", "role", "verdict", "node", "device", "requirements")}
        | {"steps": [(step["number"], step["text"], step["verdict"]) for step in one["steps"]]}
        for one in results["cases"]
    ]


def test_one_worker_a_device_and_one_report(tmp_path: Path, run: Callable[..., Ended]) -> None:
    with stations(tmp_path, "left", "right") as options:
        serial = run(*options, "-k", CASES)
        assert "devices one after another: left/dut, right/dut; -n auto tests 2 at a time" in serial.output
        (tmp_path / "reports" / ".trace-7-gw7.jsonl").write_text('{"case": 1, "kind": "case"}\n')
        ended = run(*options, "-k", CASES, "-n", "auto", "--ocpp-evidence", "evidence")
    assert ended.code == 0, ended.output
    ended.check_reports()
    ended.check_no_orphans()
    assert "devices side by side: left/dut | right/dut" in ended.output
    assert cases_of(ended) == [(device, one, "PASS") for device in ("left/dut", "right/dut") for one in THREE]
    assert without_times(ended.results) == without_times(serial.results)
    assert "6 cases in" in ended.output and "6 PASS" in ended.output
    traced = [json.loads(line) for line in (tmp_path / "evidence" / "trace.jsonl").read_text().splitlines()]
    told = [(one["case"], one["id"]) for one in traced if one.get("kind") == "case"]
    assert [number for number, _ in told] == [1, 2, 3, 4, 5, 6] and [one for _, one in told] == THREE * 2
    assert {one["case"] for one in traced if one.get("kind") == "frame"} == {1, 2, 3, 4, 5, 6}


def test_a_worker_that_dies(tmp_path: Path, start: Callable[..., RunProcess]) -> None:
    """The case in which it died is an ERROR, the device's others run on a new one, the other device notices nothing."""
    killer = tmp_path / "killer.py"
    killer.write_text(
        "import os\n"
        "def pytest_runtest_call(item):\n"
        "    if 'TC_B_02' in item.name and item.name.endswith('left/dut]'):\n"
        "        os._exit(9)\n"
    )
    with stations(tmp_path, "left", "right") as options:
        ended = start(*options, "-k", CASES, "-n", "2", "-p", "killer").end()
    ended.check_reports()
    ended.check_no_orphans()
    assert ended.code == 1, ended.output
    assert cases_of(ended) == [
        *(("left/dut", one, "ERROR" if "02" in one else "PASS") for one in THREE),
        *(("right/dut", one, "PASS") for one in THREE),
    ]
    problems = ended.results["run"]["problems"]
    assert len(problems) == 1 and problems[0].startswith("the worker for left/dut died"), problems
    assert "the worker that ran it died" in ended.output


def test_workers_that_never_begin(tmp_path: Path, start: Callable[..., RunProcess]) -> None:
    """Whatever was to be run stands in the report as not run."""
    (tmp_path / "killer.py").write_text(
        "import os\ndef pytest_configure(config):\n    if hasattr(config, 'workerinput'):\n        os._exit(9)\n"
    )
    with stations(tmp_path, "left", "right") as options:
        ended = start(*options, "-k", CASES, "-n", "2", "-p", "killer", "--max-worker-restart", "0").end()
    ended.check_reports()
    assert ended.code not in (0, 5), ended.output
    assert {verdict for _, _, verdict in cases_of(ended)} == {"INCONCLUSIVE"} and len(cases_of(ended)) == 6


@pytest.mark.parametrize("everybody", [True, False], ids=["from the terminal", "to the run alone"])
def test_ctrl_c(tmp_path: Path, start: Callable[..., RunProcess], everybody: bool) -> None:
    """On a terminal the workers get it, too; either way what ran is there, and nothing is left."""
    with stations(tmp_path, "left", "right") as options:
        process = start(*options, "-k", "TC_B_0 or TC_B_1 or TC_B_2", "-n", "2")
        process.wait_for_cases(2)
        if everybody:
            os.killpg(process.process.pid, signal.SIGINT)
        else:
            os.kill(process.process.pid, signal.SIGINT)
        begun = time.monotonic()
        ended = process.end(40)
        assert time.monotonic() - begun < 20
    ended.check_reports()
    ended.check_no_orphans()
    assert ended.code == 2, ended.output
    assert ended.results["run"]["interrupted"] is True and ended.results["run"]["interruption"] == "Ctrl-C"
    verdicts = [verdict for _, _, verdict in cases_of(ended)]
    # Between two cases there is none that it could break off.
    assert verdicts.count("PASS") >= 2 and verdicts.count("INCONCLUSIVE") <= 2 and "ERROR" not in verdicts
    assert len(verdicts) < 50, "more than 50 were to be run"


def test_an_address_that_is_taken_costs_its_device_alone(tmp_path: Path, run: Callable[..., Ended]) -> None:
    with stations(tmp_path, "left", "right") as options, socket.socket() as other:
        path = tmp_path / "left" / "dut.toml"
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        path.write_text(re.sub(r'listen = "127.0.0.1:\d+"', f'listen = "127.0.0.1:{port}"', path.read_text()))
        ended = run(*options, "-k", CASES, "-n", "2")
    assert ended.code == 1, ended.output
    assert cases_of(ended) == [
        *(("left/dut", one, "INCONCLUSIVE") for one in THREE),
        *(("right/dut", one, "PASS") for one in THREE),
    ]
    assert [str(port) in one for one in ended.results["run"]["problems"]] == [True]
    assert "gw" not in "".join(one["reason"] for one in ended.results["cases"])


def test_devices_that_share_something_take_turns(tmp_path: Path, run: Callable[..., Ended]) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        description("CS", tmp_path / name, connection='listen = "127.0.0.1:0"')
    ended = run("--ocpp-dut", "one/dut.toml", "--ocpp-dut", "two/dut.toml", "-n", "2", "-k", "TC_B_01_CS")
    assert "one/dut, two/dut take turns: they share the station CS001" in ended.output
    assert "gw0 |" not in ended.output and "[gw0]" not in ended.output and len(cases_of(ended)) == 2


def test_a_person_can_be_asked_by_nobody_else(tmp_path: Path, run: Callable[..., Ended]) -> None:
    with stations(tmp_path, "left", "right") as options:
        path = tmp_path / "left" / "dut.toml"
        path.write_text(path.read_text().replace('kind = "http"', 'kind = "manual"'))
        ended = run(*options, "-n", "2")
    assert ended.code == 4 and len(ended.errors) == 1, ended.output
    assert "left/dut.toml is a person" in ended.errors[0] and "run without -n" in ended.errors[0]
    assert not (tmp_path / "reports").exists()


def test_a_device_that_is_named_twice(tmp_path: Path, run: Callable[..., Ended]) -> None:
    description("CS", tmp_path, connection='listen = "127.0.0.1:0"')
    ended = run("--ocpp-dut", "dut.toml", "--ocpp-dut", "./dut.toml")
    assert ended.code == 4 and "given twice" in ended.errors[0], ended.output


def test_the_embedded_devices_side_by_side_or_not(run: Callable[..., Ended]) -> None:
    """One report, the same but for its times."""
    chosen = ("--ocpp-role", "CSMS", "--ocpp-block", "B", "-k", "not TC_B_09")
    beside = run(*chosen)
    alone = run(*chosen, "-n0")
    assert beside.code == alone.code == 0, beside.output + alone.output
    assert len(beside.results["cases"]) > 40
    assert without_times(beside.results) == without_times(alone.results)
