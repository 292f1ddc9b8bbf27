"""The plan of a run as text: what would be done, step by step, without touching a device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.cases.catalogue import load_catalogue
from conformance.cases.plan import plan_of
from conformance.cases.selection import Selected
from conformance.ocppj.versions import version


def plan_lines(selected: Sequence[Selected], implemented: Sequence[str]) -> Iterator[str]:
    """The numbered procedure of every selected case, then what does not apply, then what nobody has written yet."""
    running = [one for one in selected if not one.not_applicable]
    for one in running:
        yield from _case(one)
    skipped = [one for one in selected if one.not_applicable]
    if skipped:
        yield f"Not applicable: {len(skipped)}"
        for one in skipped:
            yield f"  {one.entry.id} under {one.entry.version}: {one.not_applicable}"
    yield from _not_implemented(selected, implemented)
    yield f"{len(running)} cases would run, {len(skipped)} do not apply"


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


def _not_implemented(selected: Sequence[Selected], implemented: Sequence[str]) -> Iterator[str]:
    wanted = {(one.entry.version, one.entry.role) for one in selected}
    missing: dict[tuple[str, str, str], list[str]] = {}
    for entry in load_catalogue():
        if (entry.version, entry.role) in wanted and entry.id not in implemented and not entry.withdrawn:
            missing.setdefault((entry.version, entry.role, entry.block), []).append(entry.id)
    if missing:
        yield f"Listed and not implemented: {sum(map(len, missing.values()))}"
        for (ocpp, role, block), ids in sorted(missing.items()):
            yield f"  {ocpp} {role} {block}: {' '.join(sorted(ids))}"
