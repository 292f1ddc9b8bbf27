"""The plan of a run as text: what would be done, step by step, without touching a device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.cases.catalogue import CatalogueEntry
from conformance.cases.effort import PERSON_SECONDS, PLACES, TYPICAL_SECONDS, Effort, effort_of, place_of
from conformance.cases.needs import lacking, undecidable
from conformance.cases.plan import plan_of
from conformance.cases.selection import Selected
from conformance.ocppj.versions import version
from conformance.report.text import plural


def plan_lines(
    selected: Sequence[Selected],
    unwritten: Sequence[tuple[CatalogueEntry, Any]],
    *,
    brief: bool = False,
    past: Mapping[tuple[str, str], float] | None = None,
    offered: Collection[str] | None = None,
) -> Iterator[str]:
    """The numbered procedure of every selected case, what does not apply, what nobody has written yet, what it takes.

    `unwritten`: the listed cases that apply and have no test, each with its device (`selection.not_implemented`).
    `brief` leaves the procedures out. `past`: the seconds that cases (id, version) of this device took in an earlier
    run. `offered`: the verbs that the operator makes, None when nobody has asked it.
    """
    running = [one for one in selected if not one.not_applicable]
    for one in () if brief else running:
        yield from _case(one)
    skipped = [one for one in selected if one.not_applicable]
    if skipped and not brief:
        yield f"Not applicable: {len(skipped)}"
        for one in skipped:
            yield f"  {one.entry.id} under {one.entry.version}: {one.not_applicable}"
    yield from list(_not_implemented(unwritten))[: 1 if brief else None]
    yield f"{len(running)} cases would run, {len(skipped)} do not apply"
    yield from _what_it_takes(running, past or {})
    yield from _what_lacks(running, offered)


def _what_lacks(running: Sequence[Selected], offered: Collection[str] | None) -> Iterator[str]:
    """What the description does not give, with the number of cases that each such thing costs."""
    lacks = lacking(running, offered)
    if not lacks:
        return
    ends = "case ends" if undecidable(lacks) == 1 else "cases end"
    yield f"{undecidable(lacks)} {ends} INCONCLUSIVE for want of what the description does not give:"
    for one in lacks:
        ids = list(dict.fromkeys(case.entry.id for case in one.cases))
        more = f" and {len(ids) - _IDS} more" if len(ids) > _IDS else ""
        yield f"  {len(one.cases):>4} {one.what}: {one.meaning} ({', '.join(ids[:_IDS])}{more})"
    if any(one.token for one in lacks):
        example = next(one.token for one in lacks if one.token)
        yield f"  tokens stand under [tokens]: take the # from `# {example} = ...`, and write a token that is to be had"


_IDS = 3
"""Cases that are named for each thing that lacks."""


def _what_it_takes(running: Sequence[Selected], past: Mapping[tuple[str, str], float]) -> Iterator[str]:
    """Time and acts, grouped by where a person has to act: the order in which the cases run."""
    efforts = [(one, effort_of(one)) for one in running]
    seconds = [past.get((one.entry.id, one.entry.version), effort.seconds) for one, effort in efforts]
    yield f"about {span(sum(seconds))}: {'; '.join(_assumptions(efforts, past))}"
    acts: Counter[str] = Counter(verb for _, effort in efforts for verb in effort.by_hand)
    if not acts:
        program = sum(len(effort.by_program) for _, effort in efforts)
        yield f"nobody has to do anything by hand; a program makes about {program} acts" if program else "no acts"
        return
    groups: dict[tuple[str, ...], list[tuple[Effort, float]]] = {}
    for (_, effort), took in zip(efforts, seconds, strict=True):
        groups.setdefault(effort.places, []).append((effort, took))
    yield "what a person has to do, in the order in which the cases run:"
    for places, members in sorted(groups.items(), key=lambda group: [PLACES.index(place) for place in group[0]]):
        counted = Counter(verb for effort, _ in members for verb in effort.by_hand)
        told = ", ".join(f"{verb} {number}" for verb, number in sorted(counted.items(), key=_by_place))
        where = f"at {', '.join(places)}" if places else "nothing: these run alone"
        time = span(sum(took for _, took in members))
        yield f"  {len(members):>4} cases, {time:>10}: {where}{f' ({told})' if told else ''}"
    yield f"about {acts.total()} acts by hand"


def _assumptions(efforts: Sequence[tuple[Selected, Effort]], past: Mapping[tuple[str, str], float]) -> Iterator[str]:
    """What the estimate is made from, and what comes on top."""
    known = [(one.entry.id, one.entry.version) in past for one, _ in efforts]
    others = [effort for (_, effort), here in zip(efforts, known, strict=True) if not here]
    if any(known):
        yield f"{plural(sum(known), 'case')} as in the last run"
    measured = sum(effort.measured for effort in others)
    if measured:
        with_defaults = "as measured on the project's own devices with default [timeouts] and [values]"
        yield f"{plural(measured, 'case')} {with_defaults}"
    if len(others) > measured:
        yield f"{plural(len(others) - measured, 'case')} not measured, {TYPICAL_SECONDS:g} s each"
    if any(effort.by_hand for effort in others):
        yield f"{PERSON_SECONDS:g} s for an act by hand"
    boots = sum(effort.boots for effort in others)
    slower = f"a device that boots slowly ({plural(boots, 'boot')}), and " if boots else ""
    yield f"on top come {slower}deadlines that it misses" if slower else "deadlines that a device misses come on top"


def past_seconds(folder: Path, duts: Sequence[Any]) -> dict[tuple[str, str], float]:
    """How long each case took in the run whose results stand in a folder, if it tested one of these devices."""
    from conformance.report.journal import load
    from conformance.report.record import ResultsError

    try:
        record = load(folder)
    except ResultsError:
        return {}
    tested = {one.get("source") for one in record.run.devices}
    if not tested & {dut.source for dut in duts}:
        return {}
    return {(one.id, one.version): one.seconds for one in record.cases if one.frames}


def _by_place(item: tuple[str, int]) -> tuple[int, str]:
    return PLACES.index(place_of(item[0])), item[0]


def span(seconds: float) -> str:
    """A length of time in words: `40 s`, `12 min`, `2 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def _case(one: Selected) -> Iterator[str]:
    entry = one.entry
    plan = plan_of(one.info, version(entry.version).family, entry.role)
    yield f"{entry.id} under OCPP {entry.version}, block {entry.block}: {entry.title}"
    if one.info.purpose:
        yield f"  {one.info.purpose}"
    for number, step in enumerate(plan.steps, 1):
        expect = f" -> {step.expect}" if step.expect else ""
        yield f"  {number}. {step.text}{expect}"
    if plan.states:
        yield f"  states: {', '.join(plan.states)}"
    if plan.verbs or plan.optional_verbs:
        maybe = [f"{verb} (if offered)" for verb in sorted(plan.optional_verbs)]
        yield f"  operator: {', '.join([*sorted(plan.verbs), *maybe])}"
    if entry.note:
        yield f"  note: {entry.note}"
    yield ""


def _not_implemented(unwritten: Sequence[tuple[CatalogueEntry, Any]]) -> Iterator[str]:
    by_block: dict[tuple[str, str, str], list[str]] = {}
    for entry, _ in unwritten:
        by_block.setdefault((entry.version, entry.role, entry.block), []).append(entry.id)
    if by_block:
        count, apply = plural(len(unwritten), "listed case"), "applies has" if len(unwritten) == 1 else "apply have"
        yield f"{count} that {apply} no test in this version of the tool"
        for (ocpp, role, block), ids in sorted(by_block.items()):
            yield f"  {ocpp} {role} {block}: {' '.join(sorted(ids))}"
