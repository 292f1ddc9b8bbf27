"""The result of a run as plain data: what `results.json` holds and every view is drawn from.

The format is documented in docs/results-format.md and, for machines, in docs/results.schema.json.
Nothing here knows live objects: a record can be written, read back and drawn again on another machine.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

from conformance.ocppj.finding_fingerprint import fingerprint
from conformance.report.reader import Reader
from conformance.report.reader import ResultsError as ResultsError
from conformance.report.standard import Standard

FORMAT = "ocpp-conformance-results/1"

PASS = "PASS"
NOT_APPLICABLE = "NOT APPLICABLE"
NOT_IMPLEMENTED = "NOT IMPLEMENTED"
EXPECTED_FAIL = "EXPECTED FAIL"
UNEXPECTED_PASS = "UNEXPECTED PASS"
INCONCLUSIVE = "INCONCLUSIVE"
FAIL = "FAIL"
ERROR = "ERROR"

VERDICTS = (
    PASS,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
    EXPECTED_FAIL,
    UNEXPECTED_PASS,
    INCONCLUSIVE,
    FAIL,
    ERROR,
)
"""Every word that a case can end with, best first."""

READING_ORDER = (ERROR, FAIL, UNEXPECTED_PASS, INCONCLUSIVE, EXPECTED_FAIL, PASS, NOT_APPLICABLE, NOT_IMPLEMENTED)
"""The words in the order in which lists of cases are read: what needs attention first, what was not run last."""

GREEN = frozenset({PASS, NOT_APPLICABLE, NOT_IMPLEMENTED, EXPECTED_FAIL})
"""The words that leave the run's exit code at 0."""

TEXT_LIMIT = 4096
"""Characters of one frame's text that a record keeps."""

OUTPUT_LIMIT = 16384
"""Characters of what a case printed that a record keeps."""

ROLE_NAMES = {"CS": "charging station", "CSMS": "CSMS"}


_MASKED = re.compile(r"password|passphrase|secret|private|authorization_?key", re.IGNORECASE)


def plain(value: Any, *, mask: bool = True) -> Any:
    """`value` as JSON can hold it: dates as ISO text, decimals as numbers, sets and tuples as lists, the rest as text.

    With `mask`, the value of a key that names a secret (password, passphrase, secret, private, authorization key)
    becomes "***": descriptions of devices hold credentials, and reports are handed on.
    """
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, Enum) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if abs(number) < float("inf") else str(value)
    if isinstance(value, Mapping):
        masked = {str(k) for k, v in value.items() if mask and v and _MASKED.search(str(k))}
        return {str(k): "***" if str(k) in masked else plain(v, mask=mask) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(v, mask=mask) for v in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(v, mask=mask) for v in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name), mask=mask) for f in dataclasses.fields(value)}
    return str(value)


def _verdict(r: Reader, *, empty: bool = False) -> str:
    value = r.must("verdict")
    if value not in VERDICTS and not (empty and value == ""):
        raise ResultsError(f"{r.where}.verdict: {value!r:.60} is no verdict; known are {', '.join(VERDICTS)}")
    return value


@dataclass(slots=True)
class FrameRecord:
    """One entry of the trace: a frame, or what happened around it (`kind` "open", "close", "act"...).

    `at` is seconds after the run's `started`; `sender` "CS" or "CSMS"; `type` the message type number of a frame,
    None if it could not be read; `text` the frame as on the wire, or a description of what is no frame, clipped to
    TEXT_LIMIT characters; `size` the characters that it had before.
    """

    index: int
    at: float
    sender: str = ""
    type: int | None = None
    action: str = ""
    id: str = ""
    text: str = ""
    kind: str = "frame"
    size: int = -1
    answers: int | None = None

    def __post_init__(self) -> None:
        if self.size < 0:
            self.size = len(self.text)
        if len(self.text) > TEXT_LIMIT:
            self.text = self.text[:TEXT_LIMIT]

    @property
    def truncated(self) -> bool:
        """Whether the record holds only the beginning of the text."""
        return self.size > len(self.text)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "index": self.index,
            "at": round(self.at, 6),
            "kind": self.kind,
            "sender": self.sender,
            "type": self.type,
            "action": self.action,
            "id": self.id,
            "text": self.text,
            "size": self.size,
            "truncated": self.truncated,
            "answers": self.answers,
        }

    @classmethod
    def _read(cls, r: Reader) -> FrameRecord:
        index = r.number("index")
        if index is None:
            raise ResultsError(f"{r.where}.index: expected a whole number, found nothing")
        size = r.number("size")
        return cls(
            index=index,
            at=r.seconds("at"),
            sender=r.get("sender", str, ""),
            type=r.number("type"),
            action=r.get("action", str, ""),
            id=r.get("id", str, ""),
            text=r.get("text", str, ""),
            kind=r.get("kind", str, "frame"),
            size=-1 if size is None else size,
            answers=r.number("answers"),
        )

    @classmethod
    def from_json(cls, data: Any, where: str = "frame") -> FrameRecord:
        """The opposite of `to_json`. Raises ResultsError naming the member that is wrong."""
        return cls._read(Reader(data, where))


@dataclass(slots=True)
class FindingRecord:
    """One departure from the standard; the fields are those of `ocppj.findings.Finding`, enumerations as text."""

    rule: str
    severity: str
    expected: str
    actual: str
    where: str = ""
    requirement: str = ""
    frame: int | None = None
    pointer: str = ""
    step: int | None = None
    blame: str = "device"
    note: str = ""

    @property
    def remark(self) -> bool:
        """Whether it informs without failing the case (SHOULD and INFO)."""
        return self.severity != "MUST"

    def weighs(self, strict: bool) -> bool:
        """Whether it fails a case; `strict`: findings of severity SHOULD do, too."""
        return self.severity == "MUST" or (strict and self.severity == "SHOULD")

    @property
    def fingerprint(self) -> str:
        """What this finding has in common with the same one of another run."""
        return fingerprint(self.rule, self.requirement, self.pointer, self.expected, self.actual)

    @property
    def line(self) -> str:
        """The finding in one sentence: where, expected, actual, requirement."""
        start = f"{self.where}: " if self.where else ""
        end = f" ({self.requirement})" if self.requirement else ""
        return f"{start}expected {self.expected}; got {self.actual}{end}"

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "expected": self.expected,
            "actual": self.actual,
            "where": self.where,
            "requirement": self.requirement,
            "frame": self.frame,
            "pointer": self.pointer,
            "step": self.step,
            "blame": self.blame,
            "note": self.note,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def _read(cls, r: Reader) -> FindingRecord:
        return cls(
            rule=r.must("rule"),
            severity=r.must("severity"),
            expected=r.must("expected"),
            actual=r.must("actual"),
            where=r.get("where", str, ""),
            requirement=r.get("requirement", str, ""),
            frame=r.number("frame"),
            pointer=r.get("pointer", str, ""),
            step=r.number("step"),
            blame=r.get("blame", str, "device"),
            note=r.get("note", str, ""),
        )

    @classmethod
    def from_json(cls, data: Any, where: str = "finding") -> FindingRecord:
        """The opposite of `to_json`. Raises ResultsError naming the member that is wrong."""
        return cls._read(Reader(data, where))


@dataclass(slots=True)
class StepRecord:
    """One numbered step of a case's procedure.

    `verdict` is PASS, INCONCLUSIVE, FAIL or ERROR, and "" for a step that was not reached; `frames` holds the
    indices of the case's frames that fell into the step.
    """

    number: int
    text: str
    expect: str = ""
    reached: bool = True
    verdict: str = ""
    frames: list[int] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "number": self.number,
            "text": self.text,
            "expect": self.expect,
            "reached": self.reached,
            "verdict": self.verdict,
            "frames": list(self.frames),
        }

    @classmethod
    def _read(cls, r: Reader) -> StepRecord:
        number = r.number("number")
        if number is None:
            raise ResultsError(f"{r.where}.number: expected a whole number, found nothing")
        return cls(
            number=number,
            text=r.must("text"),
            expect=r.get("expect", str, ""),
            reached=r.get("reached", bool, True),
            verdict=_verdict(r, empty=True),
            frames=r.numbers("frames"),
        )

    @classmethod
    def from_json(cls, data: Any, where: str = "step") -> StepRecord:
        """The opposite of `to_json`. Raises ResultsError naming the member that is wrong."""
        return cls._read(Reader(data, where))


@dataclass(slots=True)
class Requirements:
    """What a case says about requirements of the standard, three-valued: "we did not ask" is never green."""

    verified: list[str] = field(default_factory=list)
    violated: list[str] = field(default_factory=list)
    not_exercised: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "verified": list(self.verified),
            "violated": list(self.violated),
            "not_exercised": list(self.not_exercised),
        }

    @classmethod
    def from_json(cls, data: Any, where: str = "requirements") -> Requirements:
        """The opposite of `to_json`. Raises ResultsError naming the member that is wrong."""
        r = Reader(data, where)
        return cls(r.strings("verified"), r.strings("violated"), r.strings("not_exercised"))


@dataclass(slots=True)
class RowRecord:
    """One negative input: what was sent, what came, and whether that is allowed.

    `verdict`: "allowed", "tolerated" (the standard can be read so), "not allowed" or "not played".
    """

    name: str
    action: str
    constraint: str
    pointer: str
    sent: str
    reaction: str
    expected: str
    verdict: str

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**plain, "allowed": _ALLOWED[self.verdict]}

    @classmethod
    def _read(cls, r: Reader) -> RowRecord:
        row = cls(**{name: r.must(name) for name in cls.__dataclass_fields__})
        if row.verdict not in _ALLOWED:
            raise ResultsError(f"{r.where}.verdict: {row.verdict!r:.60} is none of {', '.join(_ALLOWED)}")
        return row


_ALLOWED = {"allowed": True, "tolerated": True, "not allowed": False, "not played": None}


def _expected_failure(case: Reader) -> dict[str, Any]:
    if not case.mapping("expected_failure"):
        return {}
    r = Reader(case.data["expected_failure"], f"{case.where}.expected_failure")
    known = {"findings": r.strings("findings")} if "findings" in r.data else {}
    return {"reason": r.must("reason"), "link": r.get("link", str, ""), "source": r.get("source", str, ""), **known}


@dataclass(slots=True)
class CaseRecord:
    """One test case with its verdict and everything that led to it.

    `id` is the standard's id; `version` "1.6", "2.0.1" or "2.1"; `role` that of the device, "CS" or "CSMS";
    `block` the functional block's letter or name; `reason` says why for every verdict that is not PASS;
    `node` names the case for pytest, to run it again. A case that ran twice is one record: the later one.
    Raises ResultsError for an unknown verdict.
    """

    id: str
    title: str
    version: str
    role: str
    block: str
    verdict: str
    profiles: list[str] = field(default_factory=list)
    seconds: float = 0.0
    steps: list[StepRecord] = field(default_factory=list)
    findings: list[FindingRecord] = field(default_factory=list)
    requirements: Requirements = field(default_factory=Requirements)
    reason: str = ""
    frames: list[FrameRecord] = field(default_factory=list)
    node: str = ""
    rows: Sequence[RowRecord] = field(default_factory=list)
    """Of a negative test: its deterministic inputs."""
    campaign: dict[str, Any] = field(default_factory=dict)
    """Of a negative test: what it sent in numbers, its random searches, the files and sources of its findings."""
    uploads: list[str] = field(default_factory=list)
    """Files that the device uploaded, as paths below the report folder."""
    device: str = ""
    """Which of `RunInfo.devices` it ran on, by name; "" in results that name none."""
    output: str = ""
    """What the case printed, if anything, clipped to OUTPUT_LIMIT characters."""
    expected_failure: dict[str, Any] = field(default_factory=dict)
    """The entry that says that the case fails: `reason`, `link`, `source` and, if it names them, `findings`."""

    def __post_init__(self) -> None:
        self.verdict = str(self.verdict)
        if self.verdict not in VERDICTS:
            raise ResultsError(f"{self.id}: {self.verdict!r} is no verdict; known are {', '.join(VERDICTS)}")

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What tells this case from the others of a run."""
        return (self.id, self.version, self.role, self.node, self.device)

    @property
    def faults(self) -> list[FindingRecord]:
        """The findings that weigh, in order; remarks left out."""
        return [finding for finding in self.findings if not finding.remark]

    @property
    def remarks(self) -> list[FindingRecord]:
        """The findings that inform: SHOULD and INFO."""
        return [finding for finding in self.findings if finding.remark]

    @property
    def main_fault(self) -> FindingRecord | None:
        """The finding that explains the verdict best: for an ERROR one on our own side, otherwise the device's.

        Of a case that fails in another way than its expected failure has it, one that is new.
        """
        faults = self.faults
        fitting = [f for f in faults if (f.blame == "tester") == (self.verdict == ERROR)]
        known = frozenset(self.expected_failure.get("findings", ()))
        new = [f for f in fitting if f.fingerprint not in known] if known else []
        return next(iter(new or fitting or faults), None)

    @property
    def why(self) -> str:
        """One sentence on why the case did not simply pass; "" for a PASS."""
        if self.verdict == PASS:
            return ""
        fault = self.main_fault
        if fault is not None and (self.verdict in (FAIL, ERROR) or not self.reason):
            return fault.line
        return self.reason

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "id": self.id,
            "title": self.title,
            "version": self.version,
            "role": self.role,
            "block": self.block,
            "profiles": list(self.profiles),
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "steps": [step.to_json() for step in self.steps],
            "findings": [finding.to_json() for finding in self.findings],
            "requirements": self.requirements.to_json(),
            "frames": [frame.to_json() for frame in self.frames],
            "node": self.node,
            **({"device": self.device} if self.device else {}),
            **({"output": self.output[:OUTPUT_LIMIT]} if self.output else {}),
            **({"uploads": list(self.uploads)} if self.uploads else {}),
            **({"expected_failure": dict(self.expected_failure)} if self.expected_failure else {}),
            **({"campaign": self.campaign, "rows": [row.to_json() for row in self.rows]} if self.campaign else {}),
        }

    @classmethod
    def from_json(cls, data: Any, where: str = "case") -> CaseRecord:
        """The opposite of `to_json`. Raises ResultsError naming the member that is wrong."""
        r = Reader(data, where)
        return cls(
            id=r.must("id"),
            title=r.must("title"),
            version=r.must("version"),
            role=r.must("role"),
            block=r.must("block"),
            verdict=_verdict(r),
            profiles=r.strings("profiles"),
            seconds=r.seconds("seconds"),
            steps=[StepRecord._read(item) for item in r.objects("steps")],
            findings=[FindingRecord._read(item) for item in r.objects("findings")],
            requirements=Requirements.from_json(r.data.get("requirements", {}), f"{where}.requirements"),
            reason=r.get("reason", str, ""),
            frames=[FrameRecord._read(item) for item in r.objects("frames")],
            node=r.get("node", str, ""),
            rows=[RowRecord._read(item) for item in r.objects("rows")],
            campaign=r.mapping("campaign"),
            uploads=r.strings("uploads"),
            device=r.get("device", str, ""),
            output=r.get("output", str, ""),
            expected_failure=_expected_failure(r),
        )


@dataclass(slots=True)
class RunInfo:
    """What is true of the run as a whole.

    `role` is that of the device, "" when the run tested devices of both roles; `started` is the UTC time at which
    the clock of every frame's `at` is zero, `ended` the UTC time of the end, both as ISO 8601 text; `device` the facts
    of the description that the report shows, by name (`name`, `vendor`, `model`, `firmware`, `serial`, `identity`,
    `security_profile` first if present, then the rest); `features` the standard's feature ids with their declared
    values; `problems` what is wrong with the run itself, one line each (a device gone deaf, an expected failure that
    matches no case): any makes the run red; `seeds` what randomness started from.
    """

    tool_version: str
    started: str
    role: str = ""
    versions: list[str] = field(default_factory=list)
    ended: str = ""
    interrupted: bool = False
    interruption: str = ""
    device: dict[str, Any] = field(default_factory=dict)
    features: dict[str, Any] = field(default_factory=dict)
    schema_source: str = ""
    schema_corrections: list[str] = field(default_factory=list)
    seeds: dict[str, Any] = field(default_factory=dict)
    selection: list[str] = field(default_factory=list)
    strict: bool = False
    problems: list[str] = field(default_factory=list)
    devices: list[dict[str, Any]] = field(default_factory=list)
    """Each device under test as its description has it: `name`, `role`, `versions`, `identity`, `source`,
    `security_profile`, `connectors`, `operator`, `tester` (who tests, "" if not told), `tolerance` (seconds) and
    `features`."""
    environment: dict[str, Any] = field(default_factory=dict)
    """What the tool ran on, for whoever reproduces a run."""
    secrets: str = ""
    """"redacted": placeholders stand for secrets; "kept": they stand as they are; "": an older run, which kept."""

    @property
    def device_name(self) -> str:
        """What to call the device in a headline."""
        for key in ("name", "model", "identity"):
            value = self.device.get(key)
            if value:
                return str(value)
        return "unnamed device"

    @property
    def testers(self) -> str:
        """Who tested, each once; "" if nobody said."""
        return "; ".join(dict.fromkeys(str(one["tester"]) for one in self.devices if one.get("tester")))

    @property
    def seconds(self) -> float | None:
        """How long the run took; None while it runs."""
        if not (self.started and self.ended):
            return None
        try:
            return (datetime.fromisoformat(self.ended) - datetime.fromisoformat(self.started)).total_seconds()
        except (ValueError, TypeError):
            return None

    def to_json(self) -> dict[str, Any]:
        """The JSON object of docs/results-format.md."""
        return {
            "tool": {"name": "ocpp-conformance", "version": self.tool_version},
            "started": self.started,
            "ended": self.ended,
            "interrupted": self.interrupted,
            "interruption": self.interruption,
            "role": self.role,
            "versions": list(self.versions),
            "device": plain(self.device),
            "devices": plain(self.devices),
            "environment": plain(self.environment),
            "features": plain(self.features),
            "schemas": {"source": self.schema_source, "corrections": list(self.schema_corrections)},
            "seeds": plain(self.seeds),
            "selection": list(self.selection),
            "strict": self.strict,
            "problems": list(self.problems),
            "secrets": self.secrets,
        }

    @classmethod
    def from_json(cls, data: Any, where: str = "run") -> RunInfo:
        """The opposite of `to_json`. Raises ResultsError naming the member that is wrong."""
        r = Reader(data, where)
        tool = Reader(r.data.get("tool", {}), f"{where}.tool")
        schemas = Reader(r.data.get("schemas", {}), f"{where}.schemas")
        return cls(
            tool_version=tool.must("version"),
            started=r.must("started"),
            role=r.get("role", str, ""),
            versions=r.strings("versions"),
            ended=r.get("ended", str, ""),
            interrupted=r.get("interrupted", bool, False),
            interruption=r.get("interruption", str, ""),
            device=r.mapping("device"),
            features=r.mapping("features"),
            schema_source=schemas.get("source", str, ""),
            schema_corrections=schemas.strings("corrections"),
            seeds=r.mapping("seeds"),
            selection=r.strings("selection"),
            strict=r.get("strict", bool, False),
            problems=r.strings("problems"),
            devices=[one.data for one in r.objects("devices")],
            environment=r.mapping("environment"),
            secrets=r.get("secrets", str, ""),
        )


class RunRecord:
    """A whole run: facts about it and its cases in the order in which they ended.

    With `journal` (see journal.py) every added case is on disk before `add` returns, so that nothing is lost
    when the run breaks off.
    """

    def __init__(self, run: RunInfo, cases: Iterable[CaseRecord] = (), standard: Standard | None = None) -> None:
        self.run = run
        self.standard = standard or Standard()
        self._cases: dict[tuple[str, str, str, str, str], CaseRecord] = {case.key: case for case in cases}
        self._listeners: list[Callable[[CaseRecord], None]] = []

    @property
    def cases(self) -> list[CaseRecord]:
        """The cases in order."""
        return list(self._cases.values())

    def add(self, case: CaseRecord) -> None:
        """Take in a case that has ended; one with the same key is replaced in its place."""
        self._cases[case.key] = case
        for listener in self._listeners:
            listener(case)

    def arrange(self, nodes: Sequence[str]) -> None:
        """Put the cases in the order of their nodes; those of other nodes stay behind them."""
        place = {node: number for number, node in enumerate(nodes)}
        self._cases = dict(sorted(self._cases.items(), key=lambda item: place.get(item[1].node, len(place))))

    def on_add(self, listener: Callable[[CaseRecord], None]) -> None:
        """Have `listener(case)` called by every later `add`."""
        self._listeners.append(listener)

    @property
    def crowded(self) -> bool:
        """Whether several devices of one role were tested, so that only their names tell them apart."""
        roles = [one.get("role") for one in self.run.devices]
        return len(roles) != len(set(roles))

    @property
    def role_name(self) -> str:
        """The role or roles in words."""
        roles = [self.run.role] if self.run.role else sorted({case.role for case in self._cases.values()})
        return " and ".join(ROLE_NAMES.get(role, role) for role in roles) or "role unknown"

    @property
    def green(self) -> bool:
        """Whether the exit code is 0: a case was tested, no verdict outside GREEN, no problem, not interrupted."""
        verdicts = {case.verdict for case in self._cases.values()}
        tested = bool(verdicts & {PASS, EXPECTED_FAIL})
        return tested and verdicts <= GREEN and not self.run.problems and not self.run.interrupted

    def to_json(self) -> dict[str, Any]:
        """The JSON document of docs/results-format.md, summary included."""
        from conformance.report.summary import summary

        return {
            "format": FORMAT,
            "summary": summary(self),
            "run": self.run.to_json(),
            "standard": self.standard.to_json(),
            "cases": [case.to_json() for case in self.cases],
        }

    @classmethod
    def from_json(cls, data: Any, where: str = "results") -> RunRecord:
        """The opposite of `to_json`; the summary is computed anew, never read.

        Raises ResultsError naming the member that is wrong, or the format that is not known.
        """
        r = Reader(data, where)
        found = r.data.get("format")
        if found != FORMAT:
            raise ResultsError(f"{where}.format: expected {FORMAT!r}, found {found!r:.60}")
        run = RunInfo.from_json(r.data.get("run"), f"{where}.run")
        standard = Standard.from_json(r.data.get("standard", {}), f"{where}.standard")
        cases = r.get("cases", list, [])
        read = [CaseRecord.from_json(case, f"{where}.cases[{i}]") for i, case in enumerate(cases)]
        return cls(run, read, standard)
