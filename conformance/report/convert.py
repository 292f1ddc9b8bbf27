"""From the trace and its findings to their records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from conformance.ocppj.findings import Finding
from conformance.ocppj.trace import Entry
from conformance.report.record import FindingRecord, FrameRecord, plain
from conformance.report.redaction import CaseSecrets, Redactor

_OPEN = Redactor(keep=True).case("", "")


def _marks(entry: Entry) -> bool:
    """Whether an entry says where a step or a stage of the case begins, and is itself nothing that happened."""
    return entry.kind == "step" or (entry.kind == "note" and "stage" in entry.data)


def _describe(entry: Entry, secrets: CaseSecrets) -> str:
    """What an entry that is no frame says, in one line: `plug_in evseId=1 connectorId=1`, `1000 normal closure`."""
    data = dict(secrets.data(entry))
    if entry.kind == "transfer":
        return _transfer(data)
    words = [
        str(data.pop(key)) for key in ("kind", "name", "code", "reason", "text") if data.get(key) not in (None, "")
    ]
    args = data.pop("args", None)
    if isinstance(args, dict):
        data |= args
    elif args not in (None, (), []):
        words.append(str(plain(args, mask=False)))
    told = plain(data, mask=False)
    words += [f"{key}={value}" for key, value in told.items() if value not in (None, "", [], {})]
    return " ".join(words)


def _transfer(data: dict[str, Any]) -> str:
    """`PUT /log 1234 bytes`, `RETR /firmware from byte 500 on`."""
    words = [data["method"], data["path"], data["given_name"]]
    if data["content"]:
        words.append(f"{len(data['content'])} bytes")
    if data["start"]:
        words.append(f"from byte {data['start']} on")
    if not data["complete"]:
        words.append("(not complete)")
    return " ".join(word for word in words if word)


def frame_record(entry: Entry, secrets: CaseSecrets = _OPEN) -> FrameRecord:
    """The record of one entry of the trace, without secrets. An answer takes the action of the CALL that it answers."""
    frame = entry.frame
    if frame is None:
        text = _describe(entry, secrets)
        return FrameRecord(index=entry.index, at=entry.at, sender=entry.sender, kind=entry.kind, text=text)
    return FrameRecord(
        index=entry.index,
        at=entry.at,
        sender=entry.sender,
        type=frame.type,
        action=frame.action,
        id=frame.id,
        text=secrets.frame(entry),
        answers=entry.answers,
    )


def frame_records(entries: Sequence[Entry], secrets: CaseSecrets = _OPEN) -> list[FrameRecord]:
    """The records of a case's entries, in order. Entries that open a step or a stage are left out."""
    secrets.learn(entries)
    return [frame_record(entry, secrets) for entry in entries if not _marks(entry)]


def frames_by_step(entries: Iterable[Entry]) -> dict[int, list[int]]:
    """Which entries fell into which step, by step number; 0 is what came before the first step and in the clean-up.

    An entry belongs to the step that was last opened before it, unless a stage (body, clean-up) began in between.
    """
    current = 0
    steps: dict[int, list[int]] = {}
    for entry in entries:
        if entry.kind == "step":
            number: Any = entry.data.get("number")
            current = number if isinstance(number, int) else current
        elif _marks(entry):
            current = 0
        else:
            steps.setdefault(current, []).append(entry.index)
    return steps


def finding_record(finding: Finding) -> FindingRecord:
    """The record of a finding."""
    return FindingRecord(
        rule=finding.rule,
        severity=str(finding.severity),
        expected=finding.expected,
        actual=finding.actual,
        where=finding.where,
        requirement=finding.requirement,
        frame=finding.frame,
        pointer=finding.pointer,
        step=finding.step,
        blame=str(finding.blame),
        note=finding.note,
    )
