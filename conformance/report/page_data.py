"""The cases as the page's script reads them: a short index of all, and one compressed parcel for each.

A parcel is what a case shows when it is opened: deflated JSON in base64, about a fifth of its size, so that a report of
100,000 frames can be mailed, and opens without looking at any of them.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

from conformance.report.aggregate import block_label
from conformance.report.anchors import Anchors
from conformance.report.negative import WRONG_SHOWN, by_action, not_allowed
from conformance.report.record import CaseRecord, FindingRecord, FrameRecord
from conformance.report.text import visible


def index(cases: Sequence[CaseRecord], anchors: Anchors) -> list[dict[str, Any]]:
    """What the list of cases shows and filters by, in its order."""
    return [
        harmless(
            {
                "a": anchors.of(case),
                "id": case.id,
                "title": case.title,
                "why": case.why,
                "verdict": case.verdict,
                "version": case.version,
                "role": case.role,
                "device": case.device,
                "block": case.block,
                "label": block_label(case.block),
                "profiles": case.profiles,
                "seconds": round(case.seconds, 3),
                "reqs": [
                    *case.requirements.violated,
                    *case.requirements.verified,
                    *case.requirements.not_exercised,
                ],
                "rules": sorted({finding.rule for finding in case.findings}),
            }
        )
        for case in cases
    ]


def parcel(case: CaseRecord) -> str:
    """A case's steps, findings and frames, packed."""
    wrong = not_allowed(case.rows)
    content = {
        "reason": visible(case.reason),
        "node": visible(case.node),
        "steps": [
            [step.number, visible(step.text), visible(step.expect), step.reached, step.verdict, step.frames]
            for step in case.steps
        ],
        "findings": [_finding(finding) for finding in case.findings],
        "frames": [_frame(frame) for frame in case.frames],
        "requirements": harmless(case.requirements.to_json()),
        "uploads": harmless(case.uploads),
        "output": [visible(line) for line in case.output.splitlines()],
    }
    if case.campaign:
        content["campaign"] = harmless(case.campaign)
        content["campaign"]["cases"] = [
            "\n".join(visible(line) for line in str(source).splitlines()) for source in case.campaign.get("cases", ())
        ]
        content["actions"] = [harmless([row.name, row.counts, row.wrong]) for row in by_action(case.rows)]
        content["wrong"] = [harmless([row.name, row.sent, row.expected, row.reaction]) for row in wrong[:WRONG_SHOWN]]
        content["hidden"] = max(0, len(wrong) - WRONG_SHOWN)
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return base64.b64encode(packer.compress(text.encode("ascii")) + packer.flush()).decode("ascii")


def _frame(frame: FrameRecord) -> list[Any]:
    return [
        frame.index,
        round(frame.at, 6),
        frame.kind,
        frame.sender,
        frame.type,
        visible(frame.action),
        visible(frame.text),
        frame.size if frame.truncated else 0,
        frame.answers,
    ]


def _finding(finding: FindingRecord) -> dict[str, Any]:
    plain: dict[str, Any] = harmless({name: value for name, value in finding.to_json().items() if value})
    # Zero is a frame and a step as well.
    return plain | {"frame": finding.frame, "step": finding.step, "remark": finding.remark}


def harmless(value: Any) -> Any:
    """JSON with every string made `visible`, keys as well."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(str(key)): harmless(member) for key, member in value.items()}
    if isinstance(value, list):
        return [harmless(member) for member in value]
    return value


def script_json(value: Any) -> str:
    """JSON that can stand in a script element: nothing in it ends the element or opens a comment."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
