"""What only this checkout needs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

_STARTED = time.time()


def pytest_addoption(parser: Any) -> None:
    """How much of the proof runs."""
    parser.addoption(
        "--every-defect",
        action="store_true",
        help="the whole proof: hunt every defect under each version family, not one for each case and rule, and let "
        "each case meet every bundle of habits, not just one",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """`pytest tests`, all of them, is shared out over several processes; `-n0` is one."""
    from tests.sharing import share

    share(config)


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    """The mutation score of each case, when this session worked it out (tests/kill)."""
    results = Path(config.rootpath) / "reports" / "kill.json"
    if hasattr(config, "workerinput") or not results.exists() or results.stat().st_mtime < _STARTED:
        return
    from conformance.cases.catalogue import load_catalogue

    terminalreporter.section("mutation score")
    for one in json.loads(results.read_text("utf-8"))["scores"]:
        counted = one["mutants"] - one["equivalent"]
        terminalreporter.write_line(
            f"{one['id']} {one['version']}: {one['killed']}/{counted} killed, {len(one['survived'])} read and survived"
        )
        entry = load_catalogue().get(one["id"], one["version"])
        if one["unjudged"] and entry is not None:
            requirements = ", ".join(entry.requirements) or "none listed"
            terminalreporter.write_line(f"    unjudged, held against {requirements}:")
            for name, reason in one["unjudged"].items():
                terminalreporter.write_line(f"      {name}: {reason or 'no reason on file'}")
