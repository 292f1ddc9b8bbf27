"""Whole runs as a user starts them: pytest in a process of its own, in a folder of its own, in bounded time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from conformance.data import data_path
from conformance.report.views import VIEWS

PATIENCE = 60.0
"""Seconds after which a run that has not ended has hung. Two cores may be busy."""
MARK = "OCPP_CONFORMANCE_TEST_RUN"

SHORT = """
[timeouts]
message = 0.6
connect = 1
boot = 1
reset = 1
physical = 0.6
quiet = 0.02
operator = 2
"""

NOBODY = '''
class Nobody:
    """Has every verb of a station and touches nothing."""

    def perform(self, verb, **args):
        return {}
'''


# Compiled modules are kept for the next run, whatever the environment says.
_SETTINGS = {"COLUMNS": "120", "PYTEST_ADDOPTS": "", "PYTHONDONTWRITEBYTECODE": ""}
# The plugin of Hypothesis imports the whole of it at the end of every run, for a third of a second.
_FOREIGN = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")


class RunProcess:
    """A pytest run in the background."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *_FOREIGN, *arguments],
            cwd=folder,
            env={**os.environ, **_SETTINGS, MARK: self.mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""

    def end(self, within: float = PATIENCE) -> Ended:
        """Wait for its end; a run that hangs is killed and fails the test."""
        try:
            self.output, _ = self.process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.output, _ = self.process.communicate()
            raise AssertionError(f"the run hung for {within:g} s:\n{self.output}") from None
        return Ended(self.folder, self.process.returncode, self.output, time.monotonic() - self.begun, self.mark)

    def wait_for_cases(self, count: int, within: float = PATIENCE) -> None:
        """Wait until so many cases stand in the journal."""
        journal = self.folder / "reports" / "results.journal.jsonl"
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if journal.exists() and journal.read_text("utf-8", "replace").count('{"case"') >= count:
                return
            assert self.process.poll() is None, self.process.communicate()[0]
            time.sleep(0.02)
        raise AssertionError(f"not {count} cases within {within:g} s")

    def children(self) -> list[int]:
        """The processes that the run has started and that still live."""
        return [one for one in marked(self.mark) if one != self.process.pid]


class Ended:
    """What a run left behind."""

    def __init__(self, folder: Path, code: int, output: str, seconds: float, mark: str) -> None:
        self.folder, self.code, self.output, self.seconds, self.mark = folder, code, output, seconds, mark

    @property
    def results(self) -> dict[str, Any]:
        """results.json."""
        found: dict[str, Any] = json.loads((self.folder / "reports" / "results.json").read_text("utf-8"))
        return found

    @property
    def seconds_of_cases(self) -> float:
        """How long its cases took, without what the run does before and after them."""
        return float(sum(one["seconds"] for one in self.results["cases"]))

    @property
    def page(self) -> str:
        """report.html."""
        return (self.folder / "reports" / "report.html").read_text("utf-8")

    @property
    def verdicts(self) -> dict[str, int]:
        """How many cases ended with each verdict."""
        counted: dict[str, int] = {}
        for one in self.results["cases"]:
            counted[one["verdict"]] = counted.get(one["verdict"], 0) + 1
        return counted

    def check_reports(self) -> None:
        """The results fit their schema, all views are whole and agree; nothing is left over."""
        reports = self.folder / "reports"
        assert sorted(one.name for one in reports.iterdir()) == sorted(["results.json", *VIEWS])
        jsonschema_rs.validator_for(json.loads(data_path("docs", "results.schema.json").read_text("utf-8"))).validate(
            self.results
        )
        cases = self.results["cases"]
        page = self.page
        assert page.rstrip().endswith("</html>")
        suites = ElementTree.parse(reports / "junit.xml").getroot()
        named = [one.get("name") for one in suites.iter("testcase")]
        summary = (reports / "summary.md").read_text("utf-8")
        scanned = json.loads((reports / "results.sarif").read_text("utf-8"))["runs"][0]["results"]
        found = {one["id"] for one in cases if any(finding["blame"] == "device" for finding in one["findings"])}
        assert {one["properties"]["case"] for one in scanned} == found
        for one in cases:
            assert one["id"] in named and one["id"] in page
            assert one["verdict"] in summary
            assert one["verdict"] == "PASS" or one["reason"] or one["findings"], one["id"]
        assert self.results["run"]["ended"]

    def check_no_orphans(self) -> None:
        """No process that the run started outlives it."""
        deadline = time.monotonic() + 5.0
        while (left := marked(self.mark)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not left, f"processes {left} are left"

    @property
    def errors(self) -> list[str]:
        """The lines that pytest marks as errors of usage."""
        return [one.removeprefix("ERROR: ") for one in self.output.splitlines() if one.startswith("ERROR: ")]


def marked(mark: str) -> list[int]:
    """Processes whose environment has the mark, zombies left out."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def description(role: str, folder: Path, *, connection: str, versions: str = '["2.0.1"]', more: str = "") -> Path:
    """A dut.toml for a device that is none, with short timeouts and an operator that touches nothing."""
    name = {"CS": "reference-station.toml", "CSMS": "reference-csms.toml"}[role]
    features = data_path("docs", "devices", name).read_text("utf-8").partition("[features]")[2]
    path = folder / "dut.toml"
    (folder / "nobody.py").write_text(NOBODY)
    path.write_text(
        f"""
[device]
role = "{role}"
identity = "CS001"
versions = {versions}

[connection]
{connection}

[evses]
connectors = [[1, 1], [2, 1]]

[operator]
kind = "python"
class = "nobody:Nobody"

[tokens]
valid = {{ idToken = "AABBCCDD01", type = "ISO14443" }}
second = {{ idToken = "AABBCCDD02", type = "ISO14443" }}
{SHORT}{more}
[features]{features}"""
    )
    return path


@contextlib.contextmanager
def station_process(
    url: str, *arguments: str, version: str = "2.0.1", identity: str = "CS001"
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The reference station as a process that is not the run's; yields it and its operator's address."""
    command = [sys.executable, "-m", "conformance.reference", "station", "--version", version, "--csms", url]
    process = subprocess.Popen(
        [*command, "--identity", identity, "--operator", "127.0.0.1:0", "--die-with-parent", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())["operator"]
    finally:
        process.kill()
        process.communicate()


def described_with_operator(folder: Path, port: int, operator: str, more: str = "") -> None:
    """A dut.toml for the reference station that `station_process` has started."""
    path = description("CS", folder, connection=f'listen = "127.0.0.1:{port}"', more=more)
    nobody = 'kind = "python"\nclass = "nobody:Nobody"'
    assert nobody in path.read_text()
    text = path.read_text().replace(nobody, f'kind = "http"\nurl = "{operator}"')
    path.write_text(text.replace("boot = 1\n", "boot = 4\n"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunProcess]]:
    """Start a run in the test's folder; what is left of it at the end is killed, by its process ids."""
    begun: list[RunProcess] = []

    def begin(*arguments: str) -> RunProcess:
        begun.append(RunProcess(tmp_path, *arguments))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()
        for process in marked(one.mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


@pytest.fixture
def run(start: Callable[..., RunProcess]) -> Callable[..., Ended]:
    """Run to the end."""
    return lambda *arguments: start(*arguments).end()
