"""How many judged negative examples a second the suite plays, beside bare round trips of the same run.

    python -m bench.fuzz --json

An example is a CALL that breaks one constraint: sent, its reaction judged, followed by a liveness probe, so that it
takes two round trips. `bare` are round trips of the same fake with the same device, judged by the monitor, without
the campaign. Rounds are interleaved; the figures are medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import CatalogueEntry
from conformance.cases.selection import Selected, Wishes
from conformance.fuzz.acts import send
from conformance.fuzz.example import Allowed, Example
from conformance.fuzz.settings import FuzzWishes
from conformance.run import Run, Settings

REFUSED = Allowed(
    codes=frozenset(
        {
            "FormatViolation",
            "OccurrenceConstraintViolation",
            "PropertyConstraintViolation",
            "TypeConstraintViolation",
        }
    )
)
BROKEN = {
    "1.6": ("ChangeAvailability", '{"connectorId":1,"type":"Sideways"}'),
    "2.0.1": ("SetVariables", '{"setVariableData":[{"attributeValue":"1","variable":{"name":"Interval"}}]}'),
    "2.1": ("SetVariables", '{"setVariableData":[{"attributeValue":"1","variable":{"name":"Interval"}}]}'),
}


def measure(version: str, rounds: int, examples: int) -> dict[str, float]:
    """Examples a second, and bare round trips a second, against the embedded station of a version."""
    action, payload = BROKEN[version]
    made = [
        Example(f"{number}", (send(f'[2,"{{{{id}}}}","{action}",{payload}]'),), REFUSED, action, "broken")
        for number in range(examples)
    ]
    rates: dict[str, list[float]] = {"examples": [], "bare": []}

    def body(csms: Any, fuzz: Any) -> None:
        """Measure."""
        for _ in range(rounds):
            began = time.perf_counter()
            fuzz.rows(made)
            rates["examples"].append(examples / (time.perf_counter() - began))
            began = time.perf_counter()
            for _ in range(examples):
                if not fuzz.player.stage.probe():
                    raise RuntimeError("the embedded station did not answer")
            rates["bare"].append(examples / (time.perf_counter() - began))

    with tempfile.TemporaryDirectory() as folder:
        wishes = Wishes(roles=("CS",), versions=(version,), campaign=True)
        run = Run(Settings(wishes=wishes, report_dir=Path(folder), fuzz=FuzzWishes(pace=0, corpus=Path(folder))))
        run.begin()
        entry = CatalogueEntry("OC_BENCH", version, "CS", "Bench", "Bench", own=True, campaign=True)
        record = run.execute(Selected(CaseInfo(entry.id, body), entry, run.duts[0]), "bench")
        run.finish()
    if record.verdict != "PASS":
        raise SystemExit(f"the bench itself failed: {record.verdict} {record.why}")
    return {name: statistics.median(values) for name, values in rates.items()}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=400, help="of each round")
    options = parser.parse_args()
    results = {version: measure(version, options.rounds, options.examples) for version in BROKEN}
    if options.json:
        print(json.dumps(results, indent=1))
        return
    for version, found in results.items():
        ratio = found["examples"] / found["bare"]
        examples, bare = found["examples"], found["bare"]
        print(f"{version}: {examples:.0f} examples/s, {bare:.0f} bare round trips/s, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
