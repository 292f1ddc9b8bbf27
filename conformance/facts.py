"""What a run notes of itself at its start: the devices as described, and the lists that it will be measured by."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cases.catalogue import load_catalogue
from conformance.cases.selection import counted_out, counts_for
from conformance.data import catalogue_folder

if TYPE_CHECKING:
    from conformance.dut.description import Dut
    from conformance.report.standard import Standard


def device_names(duts: Iterable[Dut]) -> dict[str, str]:
    """What the report calls each device, by its description's path: as it says itself, else the name of the file.

    As many folders go before that as it takes to tell the names apart; two that say the same are named by file, too.
    """
    told = {dut.source: dut.report.device for dut in duts}
    paths = {source: Path(source).with_suffix("").parts for source in told}
    wanted = [told[source] or parts[-1] for source, parts in paths.items()]
    names: dict[str, str] = {}
    for source, parts in paths.items():
        if told[source] and wanted.count(told[source]) == 1:
            names[source] = told[source]
            continue
        others = [other for name, other in paths.items() if name != source]
        count = next((n for n in range(1, len(parts)) if all(one[-n:] != parts[-n:] for one in others)), len(parts))
        file = "/".join(parts[-count:])
        names[source] = f"{told[source]} ({file})" if told[source] else file
    return names


def device_facts(
    duts: Iterable[Dut], names: Mapping[str, str], *, embedded: bool, tester: str = ""
) -> list[dict[str, Any]]:
    """Each device as its description has it, `tester` before the one that it names.

    Variants of an embedded device are left out: they are the same device.
    """
    return [
        {
            "name": names[dut.source],
            "role": dut.role,
            "versions": list(dut.versions),
            "identity": dut.identity,
            "source": "embedded" if embedded else dut.source,
            "security_profile": dut.security_profile,
            "connectors": [list(pair) for pair in dut.connectors],
            "operator": _operator(dut),
            "tester": tester or dut.report.tester,
            "tolerance": dut.timeouts.tolerance,
            "features": dict(dut.features),
        }
        for dut in duts
        if not dut.variant
    ]


def _operator(dut: Dut) -> str:
    """`http`, or `manual; http: power_cycle, network_down` when verbs have an operator of their own."""
    plan = dut.operator
    parts = [plan.default.kind]
    for name, one in sorted(plan.named.items()):
        verbs = sorted(verb for verb, who in plan.verbs.items() if who == name)
        if verbs:
            parts.append(f"{one.kind}: {', '.join(verbs)}")
    return "; ".join(parts)


def environment() -> dict[str, str]:
    """What the tool runs on, as far as verdicts could depend on it."""
    packages = ("pytest", "websockets", "jsonschema-rs", "hypothesis", "ocpp")
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        **{name: installed(name) for name in packages},
    }


@cache
def _requirements() -> list[Mapping[str, Any]]:
    import json

    read: list[Mapping[str, Any]] = json.loads((catalogue_folder() / "requirements.json").read_text("utf-8"))
    return read


def standard(duts: Sequence[Dut], names: Mapping[str, str], versions: Sequence[str], *, campaign: bool) -> Standard:
    """The lists of `versions` for the roles of `duts`; without cases when the run sends negative inputs instead."""
    from conformance.dut.features import known_features
    from conformance.monitor.rules import RULES
    from conformance.ocppj.versions import version
    from conformance.report.standard import ListedCase, ListedRequirement, ListedRule, Standard

    described = [dut for dut in duts if not dut.variant]
    tested = {(one, dut.role) for dut in described for one in dut.versions if one in versions}
    listed = [one for one in load_catalogue() if (one.version, one.role) in tested and not one.own]
    editions: dict[str, list[str]] = {}
    for entry in listed:
        found = editions.setdefault(entry.version, [])
        found.extend(source for source in entry.sources if source not in found)
    binding = {"CS": ("CS", "both"), "CSMS": ("CSMS", "both")}
    declared = {feature for dut in duts for feature in dut.features}
    return Standard(
        cases=[
            ListedCase(
                one.id,
                one.version,
                one.role,
                names[dut.source],
                one.block,
                one.title,
                counts_for(one, dut),
                counted_out(one, dut),
            )
            for dut in described
            for one in listed
            if one.role == dut.role and one.version in dut.versions and not one.withdrawn and not campaign
        ],
        requirements=[
            ListedRequirement(one["id"], one["version"], role, one.get("modality") or "", one.get("summary") or "")
            for one in _requirements()
            for version_id, role in sorted(tested)
            if one["version"] == version_id and one["binds"] in binding[role]
        ],
        rules=[
            ListedRule(
                one.id,
                one.title,
                str(one.severity),
                one.binds,
                {version_id: source for version_id, source in one.requirements.items() if version_id in versions},
            )
            for one in RULES
            if any(version_id in versions for version_id in one.requirements)
        ],
        editions=editions,
        schemas={one: {name: fact.sha256 for name, fact in version(one).schemas.items()} for one in versions},
        features={name: one.label for name, one in known_features().items() if name in declared},
    )
