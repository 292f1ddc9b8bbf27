"""How fast the device answered, and how its clock stood to ours: information, judged by nobody."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from conformance.ocppj.datetimes import parse_datetime
from conformance.ocppj.frames import CALL, CALLRESULT
from conformance.report.record import CaseRecord, FrameRecord

PERCENTILES = (50, 90, 95, 99)

_CLOCKS = {
    "CS": (CALL, frozenset({"StatusNotification", "NotifyEvent", "SecurityEventNotification"})),
    "CSMS": (CALLRESULT, frozenset({"BootNotification", "Heartbeat"})),
}
"""By role: the messages that tell the device's time as it sends them. (A TransactionEvent may be an old one.)"""

_TIME = re.compile(r'"(?:timestamp|generatedAt|currentTime)"\s*:\s*"([^"\\]{10,40})"')


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of 100 values do not exceed (nearest rank). `ordered` is not empty."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Answered:
    """How long the device took to answer one action, in seconds."""

    device: str
    version: str
    role: str
    action: str
    times: tuple[float, ...]
    """In ascending order."""

    def at(self, percent: float) -> float:
        """A percentile."""
        return percentile(self.times, percent)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "device": self.device,
            "version": self.version,
            "role": self.role,
            "action": self.action,
            "answers": len(self.times),
            **{f"p{percent}": round(self.at(percent), 6) for percent in PERCENTILES},
            "max": round(self.times[-1], 6),
        }


def answer_times(cases: Iterable[CaseRecord]) -> list[Answered]:
    """By device, version, role and action, in that order. Negative tests keep few frames and are left out."""
    found: dict[tuple[str, str, str, str], list[float]] = {}
    for case in cases:
        if case.campaign:
            continue
        sent = {frame.index: frame.at for frame in case.frames if frame.type == CALL}
        for frame in case.frames:
            asked = sent.get(frame.answers) if frame.answers is not None else None
            if asked is not None and frame.sender == case.role and frame.at >= asked:
                key = (case.device, case.version, case.role, frame.action)
                found.setdefault(key, []).append(frame.at - asked)
    return [Answered(*key, tuple(sorted(times))) for key, times in sorted(found.items())]


@dataclass(frozen=True, slots=True)
class Offset:
    """The device's clock minus ours, in seconds; network delay and the age of a message are in it."""

    device: str
    version: str
    role: str
    samples: int
    median: float
    lowest: float
    highest: float

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "device": self.device,
            "version": self.version,
            "role": self.role,
            "samples": self.samples,
            "median": round(self.median, 3),
            "lowest": round(self.lowest, 3),
            "highest": round(self.highest, 3),
        }


def clock_offsets(cases: Iterable[CaseRecord], started: str) -> list[Offset]:
    """By device, version and role; `started` is the run's start (ISO 8601), from which frames count."""
    try:
        zero = datetime.fromisoformat(started)
    except ValueError:
        return []
    epoch = (zero if zero.tzinfo else zero.replace(tzinfo=UTC)).timestamp()
    found: dict[tuple[str, str, str], list[float]] = {}
    for case in cases:
        if case.campaign or case.role not in _CLOCKS:
            continue
        kind, actions = _CLOCKS[case.role]
        for frame in case.frames:
            if frame.type == kind and frame.sender == case.role and frame.action in actions:
                told = _told(frame)
                if told is not None:
                    found.setdefault((case.device, case.version, case.role), []).append(told - epoch - frame.at)
    return [_offset(key, sorted(values)) for key, values in sorted(found.items())]


def _told(frame: FrameRecord) -> float | None:
    match = _TIME.search(frame.text)
    moment = parse_datetime(match[1]) if match else None
    return moment.timestamp() if moment is not None else None


def _offset(key: tuple[str, str, str], values: Sequence[float]) -> Offset:
    return Offset(*key, len(values), percentile(values, 50), values[0], values[-1])
