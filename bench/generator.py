"""How fast valid messages are drawn, Hypothesis' own work included: examples a second, and the slowest example.

`python -m bench.generator [--json] [--examples N]`. Every schema of every version is drawn N times in a @given loop;
times are of this thread's processor, so that what else the machine does counts less, without Python's collections of
garbage, which belong to no example. Nothing here fails by its time.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
import time
from itertools import pairwise
from typing import Any

EVERYDAY = frozenset(
    {
        *("Authorize", "BootNotification", "ChangeAvailability", "ChangeConfiguration", "DataTransfer"),
        *("GetConfiguration", "GetVariables", "Heartbeat", "MeterValues", "NotifyEvent", "NotifyReport"),
        *("RemoteStartTransaction", "RequestStartTransaction", "ReserveNow", "Reset", "SendLocalList"),
        *("SetChargingProfile", "SetVariables", "StartTransaction", "StatusNotification", "StopTransaction"),
        *("TransactionEvent", "TriggerMessage", "UnlockConnector"),
    }
)
"""Actions of which 300 requests a second are wanted (issue 3)."""


def milliseconds(source: Any, name: str, examples: int) -> list[float]:
    """Milliseconds of each example of a schema, from the end of the one before; the first, which warms up, left out."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    from conformance.fuzz.generate import message

    ends: list[float] = []
    collecting = 0.0
    began = 0.0

    def collection(phase: str, _: Any) -> None:
        nonlocal collecting, began
        if phase == "start":
            began = time.thread_time()
        else:
            collecting += time.thread_time() - began

    # The number keeps a small schema from being exhausted: Hypothesis does not repeat itself.
    @seed(1)
    @settings(
        max_examples=examples + 1,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(st.integers(0, 2**60), message(source, name)))
    def draw(_: Any) -> None:
        ends.append(time.thread_time() - collecting)

    gc.callbacks.append(collection)
    try:
        draw()
    finally:
        gc.callbacks.remove(collection)
    return [(later - earlier) * 1000 for earlier, later in pairwise(ends)]


def measure(examples: int) -> dict[str, Any]:
    """Every schema: the everyday requests by name, and the extremes of all."""
    from conformance.fuzz.generate import Schemas, specimens
    from conformance.ocppj.schema import SchemaStore
    from conformance.ocppj.versions import VERSIONS

    store = SchemaStore()
    rows: dict[str, tuple[float, float, bool]] = {}
    compiled = time.thread_time()
    sources = {version.id: Schemas(version, store) for version in VERSIONS.values()}
    shown = sum(len(specimens(source, name)) for source in sources.values() for name in source.version.schemas)
    compiled = time.thread_time() - compiled
    for source in sources.values():
        requests = {action.request: action.name for action in source.version.actions.values()}
        for name in source.version.schemas:
            spent = milliseconds(source, name, examples)
            everyday = requests.get(name) in EVERYDAY
            rows[f"{source.version.id} {name}"] = (statistics.mean(spent), max(spent), everyday)
    slowest = max(rows, key=lambda name: rows[name][0])
    worst = max(rows, key=lambda name: rows[name][1])
    everyday_rows = {name: row for name, row in rows.items() if row[2]}
    return {
        "everyday": {name: round(1000 / mean) for name, (mean, _, _) in sorted(everyday_rows.items())},
        "everyday_least": min(round(1000 / mean) for mean, _, _ in everyday_rows.values()),
        "slowest_mean": {"schema": slowest, "ms": round(rows[slowest][0], 2)},
        "slowest_example": {"schema": worst, "ms": round(rows[worst][1], 1)},
        "specimens": {"count": shown, "seconds": round(compiled, 2)},
        "schemas": len(rows),
        "examples": examples,
        "machine": {"cores": os.cpu_count(), "python": sys.version.split()[0]},
    }


def main() -> None:
    """Print the figures, as a table or as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.generator", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--examples", type=int, default=100, help="of each schema")
    arguments = parser.parse_args()
    result = measure(arguments.examples)
    if arguments.json:
        print(json.dumps(result))
        return
    for name, rate in result["everyday"].items():
        print(f"{name:40} {rate:6}/s")
    print(f"least of the everyday requests: {result['everyday_least']}/s")
    for label in ("slowest_mean", "slowest_example"):
        print(f"{label.replace('_', ' ')}: {result[label]['ms']} ms, {result[label]['schema']}")
    print(
        f"{result['specimens']['count']} specimens of {result['schemas']} schemas in {result['specimens']['seconds']} s"
    )


if __name__ == "__main__":
    main()
