"""The tutorials, as a reader follows them: every command of the page, in its order, on other ports."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.report.journal import load
from tests.lifecycle.conftest import free_port
from tests.terminals import typed

DOCS = Path(__file__).resolve().parents[1] / "docs"


def commands(page: str) -> list[str]:
    """What stands behind the prompts of a page."""
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def answers(page: str) -> list[str]:
    """What the page has its reader answer to `init`."""
    found = re.search(r"<!-- answers: (.*) -->", page)
    assert found, "the page no longer says what is answered"
    return [one.strip() for one in found[1].split("|")]


@pytest.mark.parametrize(("name", "steps"), [("tutorial-station.md", 4), ("tutorial-csms.md", 4)])
def test_a_tutorial_ends_with_a_green_report(name: str, steps: int, tmp_path: Path) -> None:
    page = (DOCS / name).read_text("utf-8")
    for port in ("9000", "9100"):
        page = page.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}")
    device: subprocess.Popen[str] | None = None
    done = 0
    try:
        for line in commands(page):
            background = line.endswith("&")
            words = shlex.split(line.removesuffix("&"))
            assert words[0] == "ocpp-conformance"
            command = [sys.executable, "-m", "conformance.cli", *words[1:]]
            done += 1
            if background:
                device = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
                assert device.stdout is not None and device.stdout.readline()
            elif words[1] == "init":
                code, shown = typed(command, answers(page), tmp_path)
                assert code == 0 and "dut.toml is written" in shown, shown
            elif words[1] == "run":
                code, shown = typed(command, [], tmp_path)
                assert code == 0, shown
                assert re.search(r"1/3 TC_\w+ 2.0.1", shown), "a terminal shows what is under way"
            else:
                ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
                assert ended.returncode == 0, ended.stdout + ended.stderr
    finally:
        if device is not None:
            device.kill()
            device.communicate()
    assert done == steps
    record = load(tmp_path / "reports")
    assert record.green and len(record.cases) == 3
    if name == "tutorial-station.md":
        assert (record.run.device_name, record.run.testers) == ("Conformance Reference", "Ada Example, Lab 7")
    assert (tmp_path / "reports" / "report.html").is_file()
    for told in re.findall(r"`([^`]*)`", page.partition("Answer what it asks")[2].partition("<!--")[0]):
        assert told in answers(page), f"the page tells to answer {told}"
