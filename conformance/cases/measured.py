"""How long each case took on the devices that come with the project: what an estimate is made from.

`testcases/catalogue/seconds.json` is written by `python -m conformance.cases.measured RESULTS...` from the results of
runs with descriptions as `init` writes them: default [timeouts] and [values], an operator that is a program.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from conformance.data import catalogue_folder

NAME = "seconds.json"


@cache
def measured_seconds() -> Mapping[str, float]:
    """Seconds by case id, the longest where it ran under several versions. ValueError for a file that is none."""
    found = json.loads((catalogue_folder() / NAME).read_text("utf-8"))
    if not isinstance(found, dict) or not all(isinstance(one, (int, float)) for one in found.values()):
        raise ValueError(f"{NAME} is no object of seconds by case id; write it anew (conformance/cases/measured.py)")
    return found


def gathered(results: Iterable[Mapping[str, object]]) -> dict[str, float]:
    """Seconds by case id from the content of several results.json: of cases that passed."""
    seconds: dict[str, float] = {}
    for record in results:
        cases = record["cases"]
        assert isinstance(cases, list)
        for case in cases:
            if case["verdict"] == "PASS" and not case.get("campaign"):
                seconds[case["id"]] = max(seconds.get(case["id"], 0.0), round(case["seconds"], 1))
    return dict(sorted(seconds.items()))


if __name__ == "__main__":
    found = gathered(json.loads(Path(one).read_text("utf-8")) for one in sys.argv[1:])
    (catalogue_folder() / NAME).write_text(json.dumps(found, indent=0) + "\n", "utf-8")
