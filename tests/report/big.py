"""A synthetic record of a long run: `python tests/report/big.py FILE [CASES] [FRAMES]` writes its results.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

BLOCKS = "ABCDEFGHIJKLMNOP"
METER = (
    '{"timestamp":"2026-03-02T09:%02d:%02d.120Z","sampledValue":[{"value":%d.5,"measurand":"Energy.Active.Import.Register",'
    '"unitOfMeasure":{"unit":"Wh"}},{"value":16.0,"phase":"L1","measurand":"Current.Import"}]}'
)


def frames(case: int, count: int) -> list[dict[str, Any]]:
    """CALLs of the station with their answers; each has an id and values of its own, as on a real wire."""
    made: list[dict[str, Any]] = []
    for index in range(0, count, 2):
        name = f"{case:08x}-{index:04x}-4c1d-9c3a-{(case * 7919 + index * 104729) % 16**12:012x}"
        meter = METER % (case % 60, index % 60, case * 100 + index)
        payload = (
            f'{{"eventType":"Updated","timestamp":"2026-03-02T09:{case % 60:02d}:{index % 60:02d}.120Z",'
            f'"seqNo":{index},"triggerReason":"MeterValuePeriodic","transactionInfo":{{"transactionId":"tx-{case}"}},'
            f'"meterValue":[{meter}]}}'
        )
        at = case * 3.0 + index * 0.02
        common = {"kind": "frame", "action": "TransactionEvent", "id": name, "truncated": False}
        for offset, (sender, kind, text, answers) in enumerate(
            (
                ("CS", 2, f'[2,"{name}","TransactionEvent",{payload}]', None),
                ("CSMS", 3, f'[3,"{name}",{{"totalCost":{index}.25}}]', index),
            )
        ):
            made.append(
                {
                    **common,
                    "index": index + offset,
                    "at": at + 0.004 * offset,
                    "sender": sender,
                    "type": kind,
                    "text": text,
                    "size": len(text),
                    "answers": answers,
                }
            )
    return made


def case(number: int, count: int) -> dict[str, Any]:
    """One case; every fortieth fails."""
    block = BLOCKS[number % len(BLOCKS)]
    failed = number % 40 == 7
    finding = {
        "rule": "expect",
        "severity": "MUST",
        "expected": "TransactionEvent with triggerReason CablePluggedIn within 5 s",
        "actual": "TransactionEvent with triggerReason MeterValuePeriodic",
        "where": "step 2, frame 4, /triggerReason",
        "requirement": f"{block}02.FR.01",
        "frame": 4,
        "pointer": "/triggerReason",
        "step": 2,
    }
    return {
        "id": f"TC_{block}_{number:04d}_CS",
        "title": f"Case number {number} of a long run",
        "version": "2.0.1",
        "role": "CS",
        "block": block,
        "profiles": ["Core"] if number % 3 else ["Smart Charging"],
        "verdict": "FAIL" if failed else "PASS",
        "seconds": 1.5,
        "reason": "",
        "steps": [
            {
                "number": step,
                "text": f"Step {step} of the case",
                "expect": "an event",
                "reached": True,
                "verdict": "FAIL" if failed and step == 2 else "PASS",
                "frames": list(range((step - 1) * count // 4, step * count // 4)),
            }
            for step in range(1, 5)
        ],
        "findings": [finding] if failed else [],
        "requirements": {
            "verified": [] if failed else [f"{block}{number % 20:02d}.FR.{n:02d}" for n in range(1, 5)],
            "violated": [f"{block}02.FR.01"] if failed else [],
            "not_exercised": [f"{block}{number % 20:02d}.FR.09"],
        },
        "frames": frames(number, count),
        "node": f"testcases/v2/station/test_{block.lower()}.py::TC_{block}_{number:04d}_CS[2.0.1]",
    }


def write(path: Path, cases: int = 2000, count: int = 50) -> None:
    """Write a record of so many cases with so many frames each, as a run writes it."""
    run = {
        "tool": {"name": "ocpp-conformance", "version": "0.1.0"},
        "started": "2026-03-02T09:00:00+00:00",
        "ended": "2026-03-02T11:00:00+00:00",
        "role": "CS",
        "versions": ["2.0.1"],
        "device": {"name": "Long run"},
    }
    head = {"format": "ocpp-conformance-results/1", "summary": {}, "run": run}
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, indent=1)[:-2] + ',\n "cases": [\n')
        for number in range(cases):
            file.write((",\n" if number else "") + json.dumps(case(number, count), indent=1))
        file.write("\n]}\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]), *map(int, sys.argv[2:]))
