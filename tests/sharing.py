"""How `pytest tests` is shared out: the proof has one process, which mostly waits for it, the rest has the others."""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

PROCESSES = 3
PROOF = "tests/kill"
TOGETHER = (PROOF, "tests/browser")
"""Folders whose tests share what takes long to make: each is done by one process. Of the rest each file is."""


class Sharing(LoadScopeScheduling):
    """By folder or file, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        return next((folder for folder in TOGETHER if path.startswith(f"{folder}/")), path)


class Shares:
    """Hooks of pytest-xdist, registered when this session shares its tests out."""

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Sharing:
        """The scheduler of this session."""
        return Sharing(config, log)


def share(config: pytest.Config) -> None:
    """Share the tests out, unless the command line says how, or needs the terminal; a worker shares nothing."""
    if hasattr(config, "workerinput"):
        return
    option = config.option
    everything = [str(config.rootpath / "tests")] == [str(config.invocation_params.dir / one) for one in config.args]
    said = getattr(option, "numprocesses", 0) is not None or option.collectonly or option.usepdb
    if not everything or said:
        return
    # Hundreds of processes follow; each would compile the suite anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    option.numprocesses, option.loadscopereorder = PROCESSES, False
    config.pluginmanager.register(Shares(), "ocpp-tests-shared")
