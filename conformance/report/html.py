"""The compliance report as one HTML page, drawn from results alone: it needs no other file and no network.

What answers questions (the summary, the matrix, the cases that need attention) is plain HTML, readable and printable
without JavaScript. The list of all cases is drawn by the page's own script from compressed data when it is looked at.

Every string passes two filters before it reaches the page, whatever a template says: `visible` (control characters,
direction overrides and lone surrogates become escapes) and Jinja's autoescape.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from conformance.data import data_path
from conformance.report.aggregate import block_label, count_verdicts
from conformance.report.anchors import Anchors
from conformance.report.certification import (
    MEANINGS,
    NOT_CLAIMED,
    STANDINGS,
    Certification,
    Standing,
    answer,
    certification,
)
from conformance.report.matrix import NO_CASE, grouped, named, requirements, tally
from conformance.report.negative import VERDICTS as ROW_VERDICTS
from conformance.report.negative import InputRow, by_action, by_constraint, sent_lines
from conformance.report.observed import stations
from conformance.report.page_data import index, parcel, script_json
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
    ROLE_NAMES,
    UNEXPECTED_PASS,
    VERDICTS,
    CaseRecord,
    FindingRecord,
    FrameRecord,
    RunInfo,
    RunRecord,
)
from conformance.report.rules import rule_findings
from conformance.report.standard import ListedCase, ListedRule
from conformance.report.text import duration, plural, visible
from conformance.report.timing import PERCENTILES, answer_times, clock_offsets

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_SCRIPTS = ("tools.js", "payload.js", "diagram.js", "sheet.js", "list.js", "page.js")
"""The parts of the page's script, in order."""

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
_STATE_MARKS = {"verified": "✓", "violated": "✗", "not_exercised": "·"}
_SECTIONS = {
    "answer": "Answer",
    "attention": "Needs attention",
    "gaps": "Not exercised",
    "requirements": "Requirements",
    "cases": "Cases",
    "remarks": "Remarks",
    "rules": "Rules",
    "negative": "Negative inputs",
    "timing": "Timing",
    "about": "About this run",
}


def render_html(results: dict[str, Any]) -> str:
    """The report of `results`, the JSON document of docs/results-format.md.

    `page(record)` is the same for a record that is at hand. Raises ResultsError when the document is none.
    """
    return page(RunRecord.from_json(results))


def page(record: RunRecord) -> str:
    """The whole report as one HTML page."""
    from markupsafe import Markup

    return (
        _environment()
        .get_template("page.jinja2")
        .render(title=page_title(record.run), body=Markup(body(record)))  # made by our own template
    )


def body(record: RunRecord) -> str:
    """What stands in the page's body, for a page that somebody else frames (pytest-html)."""
    return _environment().get_template("report.jinja2").render(_context(record))


def page_title(run: RunInfo) -> str:
    """The report's title, harmless but not escaped for HTML."""
    return visible(f"OCPP conformance report: {run.device_name}")


def stylesheet() -> str:
    """The report's CSS. Raises FileNotFoundError when the installation lacks it."""
    return data_path("reports", "report.css").read_text(encoding="utf-8")


def script() -> str:
    """The report's JavaScript, in a function of its own."""
    parts = [(_TEMPLATES / "script" / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "\n})();"


# ---------------------------------------------------------------------- templates


def _finalize(value: Any) -> Any:
    # A Markup is finished HTML, made by a template of ours out of parts that came through here.
    if hasattr(value, "__html__"):
        return value
    return visible(value) if isinstance(value, str) else value


def _slug(word: str) -> str:
    if word in VERDICTS:
        return "v-" + word.lower().replace(" ", "-")
    return "c-" + word.replace(" ", "-") if word in STANDINGS else "v-none"


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
    environment.filters |= {
        "duration": duration,
        "slug": _slug,
        "plural": plural,
        "shares": _shares,
        "by_block": _by_block,
        "flat": lambda groups: [one for members in groups.values() for one in members],
        "tally": tally,
        "named": named,
        "unnamed": lambda found: [one for one in found if one.state == NO_CASE],
        "pointed": _pointed,
        "repeated": _repeated,
        "sources": _sources,
        "breakable": _breakable,
    }
    environment.globals |= {
        "state_words": _STATE_WORDS,
        "marks": _STATE_MARKS,
        "role_names": ROLE_NAMES,
        "meanings": MEANINGS,
        "percentiles": PERCENTILES,
        "row_verdicts": ROW_VERDICTS,
        "link": _link,
        # A line end that is ours, as opposed to one in a device's string.
        "newline": Markup("\n"),
    }
    return environment


def _breakable(name: str) -> Any:
    """A name that may break where a new word begins in it: names of 1.6 are one word, `LocalAuthListManagement`."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"(?<=[a-z])(?=[A-Z])", "<wbr>", str(escape(visible(name)))))


def _link(**filters: str) -> str:
    """The page's address for a list of cases that is filtered so."""
    return urlencode({name: value for name, value in filters.items() if value}, errors="backslashreplace")


def _shares(row: Standing) -> list[tuple[str, int]]:
    parts = ((PASS, row.passed), (FAIL, len(row.failed)), (INCONCLUSIVE, len(row.undecided)))
    return [(word, count) for word, count in (*parts, (NOT_APPLICABLE, len(row.not_run))) if count]


def _by_block(listed: Iterable[ListedCase]) -> list[tuple[tuple[str, str, str], list[ListedCase]]]:
    found: dict[tuple[str, str, str], list[ListedCase]] = {}
    for one in listed:
        found.setdefault((one.version, one.role, block_label(one.block)), []).append(one)
    return sorted(found.items())


def _pointed(case: CaseRecord) -> list[FrameRecord]:
    """The frames that a case's weighty findings point at."""
    wanted = {finding.frame for finding in case.faults}
    return [frame for frame in case.frames if frame.index in wanted]


def _repeated(case: CaseRecord) -> bool:
    """Whether the reason says no more than a finding."""
    return any(one.expected in case.reason and one.actual in case.reason for one in case.faults)


def _sources(rule: ListedRule) -> str:
    """Versions with the same source share an entry."""
    found: dict[str, list[str]] = {}
    for version, source in rule.sources.items():
        found.setdefault(source, []).append(version)
    return "; ".join(f"{', '.join(versions)}: {source}" for source, versions in found.items())


# ---------------------------------------------------------------------- what the templates show


@dataclass(slots=True)
class _Group:
    """The standings of one device under one version."""

    device: str
    version: str
    role: str
    claimed: list[Standing] = field(default_factory=list)
    unclaimed: list[Standing] = field(default_factory=list)
    blocks: list[Standing] = field(default_factory=list)


def _groups(found: Certification) -> list[_Group]:
    groups: dict[tuple[str, str, str], _Group] = {}
    for one in (*found.profiles, *found.blocks):
        key = (one.device, one.version, one.role)
        groups.setdefault(key, _Group(*key))
    for one in found.profiles:
        group = groups[(one.device, one.version, one.role)]
        (group.unclaimed if one.word == NOT_CLAIMED else group.claimed).append(one)
    for one in found.blocks:
        groups[(one.device, one.version, one.role)].blocks.append(one)
    for group in groups.values():
        # The blocks of 1.6 are its profiles, which the table above has already.
        if {one.name for one in group.blocks} <= {one.name for one in (*group.claimed, *group.unclaimed)}:
            group.blocks.clear()
    return list(groups.values())


def _negative_tables(cases: Sequence[CaseRecord]) -> list[tuple[str, list[InputRow]]]:
    """The inputs of all negative tests by action and by constraint; one row after another, for they are thousands."""
    if not any(len(case.rows) for case in cases):
        return []
    ways = (("action", by_action), ("constraint", by_constraint))
    return [(name, count(row for case in cases for row in case.rows)) for name, count in ways]


def _context(record: RunRecord) -> dict[str, Any]:
    from markupsafe import Markup

    cases = record.cases
    anchors = Anchors(cases)
    listed = sorted(cases, key=lambda case: READING_ORDER.index(case.verdict))
    bad = [case for case in listed if case.verdict not in GREEN]
    expected = [case for case in listed if case.verdict == EXPECTED_FAIL]
    found = certification(record)
    ruled_out = [case for case in cases if case.verdict == NOT_APPLICABLE]
    rules = rule_findings(record)
    started = record.run.started
    context: dict[str, Any] = {
        "run": record.run,
        "standard": record.standard,
        "lede": lede(record),
        "answer": answer(record, found),
        "campaign": any(case.campaign for case in cases),
        "groups": [] if any(case.campaign for case in cases) else _groups(found),
        "beyond": [] if any(case.campaign for case in cases) else found.beyond,
        "verdicts": [(word, count) for word in _DISPLAY_ORDER if (count := count_verdicts(cases).get(word))],
        "many_roles": len({case.role for case in cases}) > 1,
        "many_devices": len({case.device for case in cases}) > 1,
        "bad": bad,
        "expected_failures": expected,
        "not_run": _not_run(record, found),
        "not_applicable": _grouped(ruled_out),
        "not_applicable_count": len(ruled_out),
        "matrix": grouped(requirements(record)),
        "filters": _filters(cases),
        "static": [*bad, *expected],
        "remarks": _remarks(cases),
        "rules": rules,
        "rules_broken": sum(row.broken > 0 for row in rules),
        "rules_remarked": sum(row.remarks > 0 and not row.broken for row in rules),
        "negative": sent_lines(cases),
        "negative_tables": _negative_tables(cases),
        "times": answer_times(cases),
        "facts": facts(record),
        "devices": [one for one in record.run.devices if one.get("features")],
        "fingerprints": _fingerprints(record),
        "anchor": anchors.of,
        # The parts below are ours: files of this package, and data in which nothing can end a script element.
        "style": Markup(stylesheet()),
        "script": Markup(script()),
        "data": Markup(script_json({"started": visible(started), "cases": index(cases, anchors)})),
        "parcels": ((anchors.of(case), Markup(parcel(case))) for case in cases),
    }
    context["sections"] = [(name, title) for name, title in _SECTIONS.items() if _has(name, context)]
    return context


def _has(section: str, context: dict[str, Any]) -> bool:
    needs = {
        "attention": ("bad",),
        "gaps": ("expected_failures", "not_run", "not_applicable"),
        "negative": ("negative",),
    }
    return section not in needs or any(context[name] for name in needs[section])


def _not_run(record: RunRecord, found: Certification) -> list[tuple[str, list[ListedCase]]]:
    """The listed cases that apply and have no verdict, by why."""
    implemented = set(record.standard.implemented)
    reasons: dict[str, list[ListedCase]] = {}
    for one in found.not_run:
        if implemented and one.id not in implemented:
            why = "this version of the tool has no test for it"
        elif record.run.interrupted:
            why = "the run broke off, or they were not chosen"
        else:
            why = "not chosen: " + (" ".join(record.run.selection) or "only a part of the cases was asked for")
        reasons.setdefault(why, []).append(one)
    return sorted(reasons.items(), key=lambda item: -len(item[1]))


def _grouped(cases: Iterable[CaseRecord]) -> list[tuple[str, list[CaseRecord]]]:
    groups: dict[str, list[CaseRecord]] = {}
    for case in cases:
        groups.setdefault(case.reason or "no reason given", []).append(case)
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def _remarks(cases: Iterable[CaseRecord]) -> list[tuple[FindingRecord, list[CaseRecord]]]:
    """Each kind of remark once, with an example and the cases that have it; the most frequent first."""
    groups: dict[tuple[str, str], tuple[FindingRecord, dict[Any, CaseRecord]]] = {}
    for case in cases:
        for finding in case.remarks:
            _, members = groups.setdefault((finding.rule, finding.requirement), (finding, {}))
            members[case.key] = case
    found = [(example, list(members.values())) for example, members in groups.values()]
    return sorted(found, key=lambda item: -len(item[1]))


def _filters(cases: Iterable[CaseRecord]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The choices above the list: those with something to choose between."""
    listed = list(cases)
    choices = [
        ("version", "OCPP", {case.version: case.version for case in listed}),
        ("role", "Role", {case.role: ROLE_NAMES.get(case.role, case.role) for case in listed}),
        ("device", "Device", {case.device: case.device for case in listed}),
        ("block", "Block", {case.block: block_label(case.block) for case in listed}),
        ("profile", "Profile", {name: name for case in listed for name in case.profiles}),
    ]
    return [(name, title, sorted(found.items())) for name, title, found in choices if len(found) > 1]


def _fingerprints(record: RunRecord) -> dict[str, Any]:
    found = {}
    for version, files in record.standard.schemas.items():
        text = "".join(f"{digest}  {name}\n" for name, digest in files.items())
        found[version] = {"files": files, "digest": hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()}
    return found


def _moment(iso: str) -> str:
    try:
        return datetime.fromisoformat(iso).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError):
        return iso


def lede(record: RunRecord) -> list[str]:
    """What was tested, in one line; by whom and what, and when, in another."""
    run = record.run
    firmware = run.device.get("firmware") or "; ".join(_told(record, "firmware"))
    what = [
        record.role_name,
        f"OCPP {', '.join(run.versions)}" if run.versions else "",
        f"firmware {firmware}" if firmware else "",
    ]
    how = [
        f"tested by {run.testers}" if run.testers else "",
        _moment(run.started),
        f"ocpp-conformance {run.tool_version}",
    ]
    return [" · ".join(part for part in line if part) for line in (what, how)]


def _told(record: RunRecord, name: str) -> list[str]:
    """What the stations said of themselves, each once."""
    return list(dict.fromkeys(one[name] for one in stations(record.cases) if name in one))


def facts(record: RunRecord) -> list[tuple[str, str]]:
    """Who was tested, by what, when and how: names and values."""
    run = record.run
    rows = [("Device", run.device_name), ("Role", record.role_name), ("OCPP versions", ", ".join(run.versions))]
    for name in ("vendor", "model", "firmware", "serial"):
        declared = run.device.get(name)
        told = "; ".join(_told(record, name))
        value = f"{declared} (described); {told} (told by the station)" if declared and told else declared or told
        if declared and told and str(declared) == told:
            value = told
        rows.append((name.capitalize(), str(value or "")))
    known = {"name", "vendor", "model", "firmware", "serial"}
    rows += [(key.replace("_", " ").capitalize(), str(value)) for key, value in run.device.items() if key not in known]
    if run.devices:
        rows.append(("Tested by", run.testers or "not told (--ocpp-tester NAME)"))
    for one in run.devices:
        connectors = "; ".join(f"EVSE {pair[0]} connector {pair[1]}" for pair in one.get("connectors", ()))
        rows.append((f"Operator of {one.get('name')}", str(one.get("operator", ""))))
        if one.get("role") == "CS":
            rows.append((f"Connectors of {one.get('name')}", connectors))
    for offset in clock_offsets(record.cases, run.started):
        name = f"Clock of {offset.device or ROLE_NAMES.get(offset.role, offset.role)}, OCPP {offset.version}"
        # Adding zero takes the sign off a zero.
        low, middle, high = (f"{round(one, 3) + 0.0:+.3f}" for one in (offset.lowest, offset.median, offset.highest))
        spread = f"{low} to {high} s in {plural(offset.samples, 'message')}"
        rows.append((name, f"{middle} s against ours ({spread})"))
    rows += [("Started", _moment(run.started)), ("Ended", _moment(run.ended) if run.ended else "not ended")]
    if run.seconds is not None:
        rows.append(("Duration", duration(run.seconds)))
    rows += [
        ("Tool", f"ocpp-conformance {run.tool_version}"),
        ("Running on", ", ".join(f"{name} {value}" for name, value in run.environment.items())),
        ("Schemas from", run.schema_source),
        ("Selection", " ".join(run.selection) or "everything"),
        ("Strict", "yes: remarks fail cases" if run.strict else "no: remarks fail nothing"),
        ("Seeds", ", ".join(f"{name} {seed}" for name, seed in run.seeds.items())),
    ]
    return [(name, value) for name, value in rows if value]
