"""The steps of the GitHub action (action.yml): `install`, then `run`. Inputs come as environment variables.

It needs nothing but Python, and works on any machine: without GitHub's variables it writes no page and no outputs.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

TOOL = (sys.executable, "-m", "conformance.cli")
KILLED = 128
"""What a shell adds to the number of the signal that ended a process."""


def main(arguments: Sequence[str]) -> int:
    """Do one step; its exit code, 2 for a mistake in the request."""
    steps = {"install": install, "run": run}
    if len(arguments) != 1 or arguments[0] not in steps:
        sys.stderr.write(f"action.py: say which step: {' or '.join(steps)}\n")
        return 2
    return steps[arguments[0]](os.environ)


def install(environment: Mapping[str, str]) -> int:
    """Install the tool: the package that is asked for, or this checkout."""
    package = shlex.split(environment.get("OCPP_PACKAGE", "")) or [str(Path(__file__).resolve().parent.parent)]
    return _call([sys.executable, "-m", "pip", "install", "--quiet", *package])


def run(environment: Mapping[str, str]) -> int:
    """Test, draw what a killed run could not, compare, and tell GitHub; the exit code of the test run."""
    folder = Path(environment.get("OCPP_REPORT_DIR") or "reports")
    try:
        options = list(_options(environment))
    except ValueError as error:
        sys.stderr.write(f"action.py: options: {error}; quote it as in a shell\n")
        return 2
    # Results of an earlier run must not pass for this one's when this one can't begin.
    for name in ("results.json", "results.journal.jsonl"):
        (folder / name).unlink(missing_ok=True)
    code = _call([*TOOL, "run", "--ocpp-report-dir", str(folder), *options])
    code = KILLED - code if code < 0 else code
    results = folder / "results.json"
    if not results.exists() and (folder / "results.journal.jsonl").exists():
        _call([*TOOL, "render", str(folder)])
        _append("GITHUB_STEP_SUMMARY", _text(folder / "summary.md"), environment)
    compared = environment.get("OCPP_COMPARE", "").strip()
    if compared and results.exists():
        told = folder / "diff.md"
        _call([*TOOL, "diff", compared, str(results), "--format", "markdown", "--out", str(told), "--fail-on", "never"])
        _append("GITHUB_STEP_SUMMARY", _text(told), environment)
    green = results.exists() and json.loads(results.read_text("utf-8"))["summary"]["green"]
    outputs = {"exit-code": str(code), "green": str(bool(green)).lower(), "report-dir": str(folder)}
    _append("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in outputs.items()), environment)
    return code


def _options(environment: Mapping[str, str]) -> Iterator[str]:
    """Options of the run; ValueError for a quote that is not closed."""
    for name, option in (("OCPP_DUT", "--ocpp-dut"), ("OCPP_BASELINE", "--ocpp-baseline")):
        for line in environment.get(name, "").splitlines():
            if line.strip():
                yield from (option, line.strip())
    yield from shlex.split(environment.get("OCPP_OPTIONS", ""))


def _call(command: Sequence[str]) -> int:
    sys.stdout.write(f"$ {shlex.join(command)}\n")
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode


def _text(path: Path) -> str:
    return path.read_text("utf-8") + "\n" if path.exists() else ""


def _append(variable: str, text: str, environment: Mapping[str, str]) -> None:
    path = environment.get(variable)
    if path and text:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
