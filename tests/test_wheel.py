"""An installed user, without a checkout: the built wheel runs the same cases from an empty folder."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from conformance.cases.discovery import discover
from conformance.coverage import KillResults, coverage_rows

ROOT = Path(__file__).resolve().parent.parent
CASES = ("--ocpp-version", "2.0.1", "--ocpp-role", "CSMS", "-k", "TC_B_01")


def done(command: list[str | Path], folder: Path, code: int = 0) -> str:
    """Run a command in a folder, without anything of the checkout on its path; what it wrote on standard output."""
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "VIRTUAL_ENV"))
    }
    ended = subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env={**env, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert ended.returncode == code, f"{command}: {ended.stdout}{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout by the build backend of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    done([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT], folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel in it, and the dependencies of this one beside it."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    done([sys.executable, "-m", "venv", "--without-pip", folder], folder.parent)
    python = folder / "bin" / "python"
    packages = Path(done([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip())
    # Paths in a .pth file are no site folders: the editable installation of the checkout stays out.
    (packages / "dependencies.pth").write_text(
        "\n".join({sysconfig.get_path("purelib"), *site.getsitepackages()}) + "\n"
    )
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index"]
    done([*pip, "--ignore-installed", wheel], folder)
    return folder / "bin"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path


def test_it_holds_what_the_project_needs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    data = {name for name in names if not name.endswith(".py")}
    for part in ("schemas/manifest.json", "schemas/errata.toml", "reports/report.css", "docs/results.schema.json"):
        assert f"conformance/_data/{part}" in data
    firmware = ("reference-firmware.txt", "reference-firmware.pem", "reference-firmware.sig")
    for part in ("reference-station.toml", "reference-csms.toml", *firmware, "reference-contract.pem"):
        assert f"conformance/_data/docs/devices/{part}" in data
    assert {
        f"testcases/{one}" for one in ("variants.toml", "equivalents.toml", "unjudged.toml", "catalogue/ocpp201.json")
    } <= data
    assert "conformance/py.typed" in data
    tops = {name.partition("/")[0] for name in names}
    assert {one for one in tops if not one.endswith(".dist-info")} == {"conformance", "testcases"}
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests/", "bench/"))]


def test_it_is_the_wheel_that_runs(bin_folder: Path, empty: Path) -> None:
    told = done([bin_folder / "python", "-c", "import conformance, testcases; print(conformance.__file__)"], empty)
    assert Path(told.strip()).is_relative_to(bin_folder.parent)


def test_pytest_finds_and_runs_the_cases(bin_folder: Path, empty: Path) -> None:
    told = done([bin_folder / "python", "-m", "pytest", *CASES], empty)
    check_results(empty, told)


def test_so_does_the_command(bin_folder: Path, empty: Path) -> None:
    told = done([bin_folder / "ocpp-conformance", "run", *CASES], empty)
    check_results(empty, told)
    page = empty / "again.html"
    done([bin_folder / "ocpp-conformance", "render", "reports/results.json", "--html", page], empty)
    assert "TC_B_01_CSMS" in page.read_text("utf-8")


def check_results(folder: Path, told: str) -> None:
    assert "TC_B_01_CSMS" in told and "1 passed" in told
    results = json.loads((folder / "reports" / "results.json").read_text("utf-8"))
    assert [(one["id"], one["version"], one["verdict"]) for one in results["cases"]] == [
        ("TC_B_01_CSMS", "2.0.1", "PASS")
    ]
    assert (folder / "reports" / "report.html").is_file() and (folder / "reports" / "junit.xml").is_file()


def test_the_same_cases_are_there(bin_folder: Path, empty: Path) -> None:
    (empty / "kill.json").write_text('{"scores": [], "defects": {}}')
    told = done([bin_folder / "ocpp-conformance", "coverage", "--json", "--kill-results", "kill.json"], empty)
    assert json.loads(told) == coverage_rows(KillResults({}, {}))
    listed = set()
    for more in ((), ("--ocpp-fuzz", "smoke")):
        command = [bin_folder / "python", "-m", "pytest", "--collect-only", "-q", "--ocpp-role", "CS", *more]
        lines = done(command, empty).splitlines()
        listed |= {line.partition("::")[2].partition("[")[0] for line in lines if "::" in line}
    assert listed == {info.id for info in discover() if info.plays == "CSMS"}


def test_a_plan_and_the_programs_help(bin_folder: Path, empty: Path) -> None:
    from conformance.data import data_path

    description = data_path("docs", "devices", "reference-station.toml")
    assert "TC_B_01_CS under OCPP 2.0.1" in done([bin_folder / "ocpp-conformance", "plan", description], empty)
    assert "check-operator" in done([bin_folder / "ocpp-conformance", "--help"], empty)
