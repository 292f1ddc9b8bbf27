"""HTML drawn from a record: the summary, a case's details, and a whole page that needs nothing else.

Every string passes two filters before it reaches the page, whatever a template says: `visible` (control characters,
direction overrides and lone surrogates become escapes) and Jinja's autoescape.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.data import data_path
from conformance.ocppj.frames import TYPE_NAMES
from conformance.report.aggregate import STATES, Row, by_block, by_profile, count_requirements, count_verdicts
from conformance.report.negative import VERDICTS as ROW_VERDICTS
from conformance.report.negative import WRONG_SHOWN, by_action, not_allowed, sent_lines
from conformance.report.payload import Line, layout
from conformance.report.record import (
    ERROR,
    EXPECTED_FAIL,
    FAIL,
    GREEN,
    INCONCLUSIVE,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
    PASS,
    READING_ORDER,
    UNEXPECTED_PASS,
    VERDICTS,
    CaseRecord,
    FindingRecord,
    FrameRecord,
    RunInfo,
    RunRecord,
    StepRecord,
)
from conformance.report.text import duration, fit, plural, visible

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_PEEK = 150
_LEADING_FACTS = ("name", "vendor", "model", "firmware", "serial", "identity", "security_profile")
_KINDS = {
    "open": "connected",
    "close": "closed",
    "act": "act",
    "ping": "ping",
    "pong": "pong",
    "handshake": "handshake",
    "transfer": "file",
    "note": "note",
}
# What passed, what needs attention, what was excused, what was not run: the order in which a reader asks.
_DISPLAY_ORDER = (
    PASS,
    FAIL,
    ERROR,
    INCONCLUSIVE,
    UNEXPECTED_PASS,
    EXPECTED_FAIL,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
)
_STATE_WORDS = {"verified": "verified", "violated": "violated", "not_exercised": "not exercised"}


def _finalize(value: Any) -> Any:
    # A Markup is finished HTML, made by a template of ours out of parts that came through here.
    if hasattr(value, "__html__"):
        return value
    return visible(value) if isinstance(value, str) else value


def _slug(word: str) -> str:
    return "v-" + word.lower().replace(" ", "-") if word in VERDICTS else "v-none"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": duration, "slug": _slug, "plural": plural}
    # A line end that is ours, as opposed to one in a device's string.
    environment.globals |= {"state_words": _STATE_WORDS, "states": STATES, "newline": Markup("\n")}
    return environment


def anchor(case: CaseRecord) -> str:
    """A name for the case that is unique in the page and made of letters and digits, whatever its id holds."""
    return "case-" + hashlib.sha256(repr(case.key).encode("utf-8", "backslashreplace")).hexdigest()[:12]


def stylesheet() -> str:
    """The report's CSS. Raises FileNotFoundError when the installation lacks it."""
    return data_path("reports", "report.css").read_text(encoding="utf-8")


def script() -> str:
    """The report's JavaScript: filters, keyboard, links into the table. A page is complete without it."""
    return (_TEMPLATES / "report.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _FrameView:
    frame: FrameRecord
    clock: str
    offset: str
    way: str
    kind: str
    peek: str
    lines: list[Line]
    findings: list[FindingRecord]

    @property
    def mark(self) -> str:
        """The CSS class by which a frame with findings stands out."""
        if not self.findings:
            return ""
        return " noted" if all(finding.remark for finding in self.findings) else " bad"


@dataclass(frozen=True, slots=True)
class _Group:
    """A step with its frames, or (step None) frames outside of all steps under a heading."""

    step: StepRecord | None
    heading: str
    frames: list[_FrameView]
    findings: list[FindingRecord]


def _clock(started: str, at: float) -> str:
    try:
        moment = datetime.fromisoformat(started) + timedelta(seconds=at)
    except (ValueError, OverflowError):
        return ""
    return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"


def _moment(iso: str) -> str:
    try:
        return datetime.fromisoformat(iso).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError):
        return iso


def _view(frame: FrameRecord, findings: list[FindingRecord], started: str, zero: float) -> _FrameView:
    other = {"CS": "CSMS", "CSMS": "CS"}.get(frame.sender, "")
    pointers = tuple(finding.pointer for finding in findings if finding.pointer)
    is_frame = frame.kind == "frame"
    return _FrameView(
        frame=frame,
        clock=_clock(started, frame.at),
        offset=f"+{frame.at - zero:.3f} s",
        way=f"{frame.sender} → {other}" if other and is_frame else frame.sender,
        kind=TYPE_NAMES.get(frame.type or 0, "unreadable") if is_frame else _KINDS.get(frame.kind, frame.kind),
        peek=fit(visible(frame.text[: 2 * _PEEK]), _PEEK),
        lines=layout(frame.text, frame.type, pointers) if is_frame else [],
        findings=findings,
    )


def _groups(case: CaseRecord, started: str) -> list[_Group]:
    zero = min((frame.at for frame in case.frames), default=0.0)
    views = {}
    for frame in case.frames:
        hits = [finding for finding in case.findings if finding.frame == frame.index]
        views[frame.index] = _view(frame, hits, started, zero)
    claimed = {index for step in case.steps for index in step.frames}
    first = min(claimed, default=None)
    loose = [index for index in views if index not in claimed]
    before = [views[index] for index in loose if first is None or index < first]
    after = [views[index] for index in loose if first is not None and index > first]
    groups = [_Group(None, "Before the first step" if case.steps else "Frames", before, [])] if before else []
    for step in case.steps:
        # A finding on one of the step's frames stands at that frame; here stands what has no frame, such as silence.
        shown = set(step.frames)
        own = [f for f in case.findings if f.step == step.number and f.frame not in shown]
        groups.append(_Group(step, "", [views[index] for index in step.frames if index in views], own))
    if after:
        groups.append(_Group(None, "After the steps: clean-up", after, []))
    return groups


def case_details(case: CaseRecord, started: str) -> str:
    """A case's findings, numbered steps, frames and requirements as an HTML fragment.

    `started` is the run's start (ISO 8601), from which the frames' times of day are reckoned.
    """
    wrong = not_allowed(case.rows)
    return (
        _environment()
        .get_template("details.jinja2")
        .render(
            case=case,
            groups=_groups(case, started),
            actions=by_action(case.rows),
            wrong=wrong[:WRONG_SHOWN],
            hidden=len(wrong) - WRONG_SHOWN,
            row_verdicts=ROW_VERDICTS,
        )
    )


def _grouped(cases: Iterable[CaseRecord]) -> list[tuple[str, list[CaseRecord]]]:
    groups: dict[str, list[CaseRecord]] = {}
    for case in cases:
        groups.setdefault(case.reason or "no reason given", []).append(case)
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def _remarks(cases: Iterable[CaseRecord]) -> list[tuple[FindingRecord, list[CaseRecord]]]:
    """Each kind of remark once, with an example and the cases that have it; the most frequent first."""
    groups: dict[tuple[str, str], tuple[FindingRecord, dict[str, CaseRecord]]] = {}
    for case in cases:
        for finding in case.remarks:
            _, members = groups.setdefault((finding.rule, finding.requirement), (finding, {}))
            members[anchor(case)] = case
    found = [(example, list(members.values())) for example, members in groups.values()]
    return sorted(found, key=lambda item: -len(item[1]))


def facts(record: RunRecord) -> list[tuple[str, str]]:
    """What the first lines of a report say about the run: tool, device, role, versions, then the device's facts."""
    run = record.run
    device = dict(run.device)
    name = run.device_name
    leading = [(key, device.pop(key, None)) for key in _LEADING_FACTS]
    rows = [
        ("Device", name),
        ("Role", record.role_name),
        ("OCPP versions", ", ".join(run.versions) or "none"),
        ("Tested by", f"ocpp-conformance {run.tool_version}"),
        ("Started", _moment(run.started)),
    ]
    if run.seconds is not None:
        rows.append(("Duration", duration(run.seconds)))
    rows += [
        (key.replace("_", " ").capitalize(), str(value))
        for key, value in [*leading, *device.items()]
        if value not in (None, "", [], {}) and str(value) != name
    ]
    return rows


def _headline(record: RunRecord) -> str:
    cases = record.cases
    tried = [case for case in cases if case.verdict not in (NOT_APPLICABLE, NOT_IMPLEMENTED)]
    passed = sum(case.verdict == PASS for case in tried)
    if not tried:
        return "No case was run"
    bad = sum(case.verdict not in GREEN for case in tried)
    attention = f", {bad} {'needs' if bad == 1 else 'need'} attention" if bad else ""
    return f"{passed} of {plural(len(tried), 'case')} passed{attention}"


def _columns(rows: list[Row]) -> list[str]:
    return [verdict for verdict in _DISPLAY_ORDER if any(row.verdicts.get(verdict) for row in rows)]


def _in_order(counts: dict[str, int]) -> list[tuple[str, int]]:
    return [(verdict, counts[verdict]) for verdict in _DISPLAY_ORDER if counts.get(verdict)]


def _summary_context(record: RunRecord) -> dict[str, Any]:
    cases = record.cases
    bad = [case for case in cases if case.verdict not in GREEN]
    blocks, profiles = by_block(cases), by_profile(cases)
    return {
        "run": record.run,
        "green": record.green,
        "facts": facts(record),
        "headline": _headline(record),
        "verdicts": _in_order(count_verdicts(cases)),
        "requirements": count_requirements(cases),
        "blocks": blocks,
        "profiles": profiles,
        "columns": _columns(blocks),
        "roles": len({case.role for case in cases}) > 1,
        "bad": sorted(bad, key=lambda case: READING_ORDER.index(case.verdict)),
        "expected_failures": [case for case in cases if case.verdict == EXPECTED_FAIL],
        "not_applicable": _grouped(case for case in cases if case.verdict == NOT_APPLICABLE),
        "not_implemented": [case for case in cases if case.verdict == NOT_IMPLEMENTED],
        "remarks": _remarks(cases),
        "negative": sent_lines(cases),
        "anchor": anchor,
    }


def summary_html(record: RunRecord) -> str:
    """The first screen as an HTML fragment: facts, counts, what failed, tables by block and by profile."""
    return _environment().get_template("summary.jinja2").render(_summary_context(record))


def filters_html(record: RunRecord) -> str:
    """The controls above the list of cases: by verdict, by block, by text."""
    cases = record.cases
    labels = {row.name: row.label for row in by_block(cases)}
    return (
        _environment().get_template("filters.jinja2").render(verdicts=_in_order(count_verdicts(cases)), blocks=labels)
    )


def page(record: RunRecord) -> str:
    """The whole report as one HTML page without pytest-html; it needs no other file and no JavaScript to be read."""
    from markupsafe import Markup

    cases = record.cases
    listed = sorted(cases, key=lambda case: READING_ORDER.index(case.verdict))
    # The parts below are ours: fragments that templates have escaped, and files of this package.
    context = {
        "title": page_title(record.run),
        "style": Markup(stylesheet()),
        "script": Markup(script()),
        "summary": Markup(summary_html(record)),
        "filters": Markup(filters_html(record)),
        "cases": [(case, anchor(case), Markup(case_details(case, record.run.started))) for case in listed],
    }
    return _environment().get_template("page.jinja2").render(context)


def page_title(run: RunInfo) -> str:
    """The report's title, harmless but not escaped for HTML."""
    return visible(f"OCPP conformance report: {run.device_name}")
