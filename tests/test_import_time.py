"""What importing the plugin costs everybody who has it installed: nothing but itself."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

TELL = "import json, sys; print(json.dumps(sorted(sys.modules)))"
ROOMS_AT_START = ("ocppj", "monitor", "peers", "dut", "cases")


def loaded_after(code: str, folder: Path) -> set[str]:
    """The modules that a fresh interpreter has after some code."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\n{TELL}"], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(json.loads(told.stdout.splitlines()[-1]))


def imported_by(*arguments: str, folder: Path) -> set[str]:
    """The modules that a program imports, as -X importtime lists them."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    lines = [line for line in told.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@cache
def third_party() -> frozenset[str]:
    """Top-level modules of every installed distribution but ours."""
    return frozenset(
        name
        for name, owners in importlib.metadata.packages_distributions().items()
        if "ocpp-conformance" not in owners and name not in ("conformance", "testcases")
    )


def foreign(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] in third_party()}


def test_the_plugin_brings_itself_and_no_more(tmp_path: Path) -> None:
    bare = loaded_after("import pytest", tmp_path)
    more = loaded_after("import pytest, conformance.plugin", tmp_path) - bare
    assert more == {"conformance", "conformance.plugin"}


def test_pytest_does_not_either(tmp_path: Path) -> None:
    with_plugin = imported_by("-m", "pytest", "--version", folder=tmp_path)
    without = imported_by("-m", "pytest", "-p", "no:ocpp", "--version", folder=tmp_path)
    assert foreign(with_plugin - without) == set()
    ours = {name for name in with_plugin if name.partition(".")[0] in ("conformance", "testcases")}
    assert ours <= {"conformance", "conformance.plugin"}


@pytest.mark.parametrize(
    "code",
    [
        "from conformance import *",
        "import conformance.run, conformance.cases.runner, conformance.peers.csms, conformance.peers.station",
        "import conformance.cli",
        *(
            f"import importlib, pkgutil, conformance.{room} as room\n"
            "for one in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
            "    importlib.import_module(one.name)"
            for room in ROOMS_AT_START
        ),
    ],
    ids=["public names", "run", "cli", *ROOMS_AT_START],
)
def test_what_a_run_starts_with_is_the_standard_librarys(code: str, tmp_path: Path) -> None:
    assert foreign(loaded_after(code, tmp_path) - loaded_after("", tmp_path)) == set()


def test_a_plan_needs_neither_sockets_nor_schemas(tmp_path: Path) -> None:
    loaded = imported_by(
        "-m", "pytest", "--ocpp-plan", "-q", "-k", "TC_B_01_CS", "-p", "no:cacheprovider", folder=tmp_path
    )
    heavy = {"websockets", "msgspec", "jsonschema", "jsonschema_rs", "cryptography", "aiohttp", "urllib3"}
    assert not heavy & {name.partition(".")[0] for name in loaded}
