"""What importing the plugin costs, against bare pytest, in one run.

`python -m bench.import_time [--json] [--rounds N]`. Fresh interpreters, rounds interleaved, medians. `plugin_ms` is
what everybody pays who has it installed; `cases_ms` what a run pays before it collects its cases.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

WAYS = {
    "interpreter": "pass",
    "pytest": "import pytest",
    "plugin": "import pytest, conformance.plugin",
    "cases": "import pytest, conformance.plugin, conformance.run; from conformance import *",
}


def once(code: str) -> float:
    """Milliseconds that a fresh interpreter takes to run some code."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - begun) * 1000


def measure(rounds: int) -> dict[str, float]:
    """Medians of each way, and what the plugin and the cases cost above bare pytest, in milliseconds."""
    samples: dict[str, list[float]] = {name: [] for name in WAYS}
    for name, code in WAYS.items():
        once(code)
        samples[name].clear()
    for _ in range(rounds):
        for name, code in WAYS.items():
            samples[name].append(once(code))
    medians = {name: statistics.median(found) for name, found in samples.items()}
    figures = {f"{name}_ms": value for name, value in medians.items()}
    figures |= {f"{name}_above_pytest_ms": medians[name] - medians["pytest"] for name in ("plugin", "cases")}
    return {name: round(value, 1) for name, value in figures.items()}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    figures = measure(options.rounds)
    if options.json:
        print(json.dumps({"import": figures}))
        return
    for name, value in figures.items():
        print(f"{name:28}{value:8.1f}")


if __name__ == "__main__":
    main()
