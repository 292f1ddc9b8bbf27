"""Which cases run against which device under which version, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import Catalogue, CatalogueEntry
from conformance.cases.plan import plan_of
from conformance.ocppj.versions import version


class SelectionError(Exception):
    """A wish that nothing can meet (an unknown block or version): one line that says what there is instead."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for; empty means everything."""

    roles: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    campaign: bool = False
    """Negative tests instead of the scenarios of the lists."""

    def check(self, catalogue: Catalogue) -> None:
        """SelectionError for a block or profile that no case has."""
        for name, wanted, known in (
            ("--ocpp-block", self.blocks, {entry.block for entry in catalogue}),
            ("--ocpp-profile", self.profiles, {one for entry in catalogue for one in entry.profiles}),
        ):
            for one in wanted:
                if one.casefold() not in {each.casefold() for each in known}:
                    raise SelectionError(f"{name} {one}: no case has it; there are {', '.join(sorted(known))}")

    def want(self, entry: CatalogueEntry) -> bool:
        """Whether a case is wanted at all; one that is not is deselected, not reported."""
        return (
            entry.campaign == self.campaign
            and (not self.roles or entry.role in self.roles)
            and (not self.versions or entry.version in self.versions)
            and (not self.blocks or entry.block.casefold() in {one.casefold() for one in self.blocks})
            and (
                not self.profiles
                or bool({one.casefold() for one in entry.profiles} & {one.casefold() for one in self.profiles})
            )
        )


@dataclass(frozen=True, slots=True)
class Selected:
    """A case for one device under one version; `not_applicable` is the reason why it does not run, or empty."""

    info: CaseInfo
    entry: CatalogueEntry
    dut: Any
    not_applicable: str = ""


def select(info: CaseInfo, catalogue: Catalogue, duts: Sequence[Any], wishes: Wishes) -> Iterator[Selected]:
    """The runs of one case: once for each device and version that declare it.

    Raises SelectionError when the catalogue does not list the id.
    """
    entries = catalogue.of(info.id)
    if not entries:
        raise SelectionError(f"{info.id} stands in no catalogue; add it to testcases/catalogue or mend the id")
    for dut in duts:
        if (dut.only_cases and info.id not in dut.only_cases) or info.id in dut.elsewhere:
            continue
        for ocpp in dut.versions:
            entry = entries.get(ocpp)
            if entry is None or entry.role != dut.role or not wishes.want(entry):
                continue
            yield Selected(info, entry, dut, applicability(entry, dut))


def applicability(entry: CatalogueEntry, dut: Any) -> str:
    """Why a case does not apply to a device, decided from its description alone; empty when it applies."""
    from conformance.dut.conditions import evaluate

    if entry.withdrawn:
        return "withdrawn from the official list"
    if not entry.condition:
        return ""
    outcome = evaluate(entry.condition, dut)
    return "" if outcome.value is not False else f"{entry.condition}: {outcome.reason}"


def counted_out(entry: CatalogueEntry, dut: Any) -> str:
    """Why a listed case does not count for a device: it does not apply, or the description leaves that open."""
    from conformance.dut.conditions import evaluate

    outcome = evaluate(entry.condition, dut)
    if outcome.value is None:
        return f"{entry.condition}: open, {outcome.reason}"
    return applicability(entry, dut)


def counts_for(entry: CatalogueEntry, dut: Any) -> tuple[str, ...]:
    """The certification profiles for which a case counts: of a case that applies, those that the device claims."""
    from conformance.dut.conditions import claims

    if counted_out(entry, dut):
        return entry.profiles
    family = version(entry.version).family
    return tuple(one for one in entry.profiles if claims(dut, one, family))


def missing(selected: Iterable[Selected]) -> list[str]:
    """One line for each feature that decides about a selected case and that the description does not declare."""
    from conformance.dut.conditions import missing_features

    by_dut: dict[int, tuple[Any, dict[str, str | None]]] = {}
    read: dict[int, dict[str, list[str]]] = {}
    for one in selected:
        name = f"{one.entry.id} ({one.entry.version})"
        by_dut.setdefault(id(one.dut), (one.dut, {}))[1][name] = one.entry.condition or None
        for feature in undeclared(one):
            read.setdefault(id(one.dut), {}).setdefault(feature, []).append(name)
    return [
        str(problem)
        for key, (dut, needed) in by_dut.items()
        for problem in missing_features(needed, dut, read.get(key, {}))
    ]


def undeclared(one: Selected) -> list[str]:
    """The features that a case reads while it runs, and that the description does not declare."""
    if one.not_applicable:
        return []
    plan = plan_of(one.info, version(one.entry.version).family, one.entry.role)
    return sorted(plan.features - set(one.dut.features))


def not_implemented(
    implemented: Iterable[str], catalogue: Catalogue, duts: Sequence[Any], wishes: Wishes
) -> Iterator[tuple[CatalogueEntry, Any]]:
    """The cases of the official lists that apply to a device and that nobody has written: those that a report counts
    as listed cases without a test (`report/certification.py`)."""
    known = set(implemented)
    for dut in duts:
        if dut.variant:
            continue
        for entry in catalogue:
            if entry.own or entry.withdrawn or entry.id in known or entry.role != dut.role:
                continue
            if entry.version in dut.versions and wishes.want(entry) and not counted_out(entry, dut):
                yield entry, dut


def place(one: Selected, duts: Sequence[Any]) -> tuple[int, str, bool]:
    """Where a case stands in a run: by device, by version, and first what holds the description against the device."""
    number = next(index for index, dut in enumerate(duts) if dut is one.dut)
    return number, one.entry.version, not one.entry.first
