"""Read what a description declares by ids of the catalogue: features and expected failures."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from conformance.data import catalogue_folder
from conformance.dut import keys
from conformance.dut.checking import Checks, described, shown
from conformance.dut.description import Connector, ExpectedFailure
from conformance.dut.features import EXAMPLES, Feature, FeatureValue, known_features
from conformance.ocppj.finding_fingerprint import is_fingerprint

CASE_FILES = ("ocpp16.json", "ocpp201.json", "ocpp21.json", "own/*.json")
"""The files of the catalogue that list cases, as patterns."""


def read_features(checks: Checks, role: str | None, connectors: tuple[Connector, ...]) -> dict[str, FeatureValue]:
    """The declared features; the number of EVSEs must be that of the connectors."""
    known = known_features()
    declared: dict[str, FeatureValue] = {}
    for id, value in _flattened(checks.raw("features")):
        place = f"features.{id}"
        feature = known.get(id)
        if feature is None:
            checks.unknown(
                place, "feature", id, (other for other in known if not role or role in known[other].declared_by)
            )
        elif role and role not in feature.declared_by:
            who = " and ".join("charging stations" if one == "CS" else "CSMSs" for one in sorted(feature.declared_by))
            checks.problem(place, f"only {who} declare it ({feature.label})", "remove it")
        elif (read := _feature_value(feature, value)) is None:
            checks.problem(place, f"it is {described(value)}", f"write {EXAMPLES[feature.kind]} ({feature.label})")
        else:
            declared[id] = read
    count = len({connector.evseId for connector in connectors})
    sound = all("[evses] connectors" not in problem.where for _, problem in checks.found)
    if sound and "HFS-8" in declared and declared["HFS-8"] != count:
        fix = "make the two agree"
        checks.problem("features.HFS-8", f"it says {declared['HFS-8']} EVSEs, evses.connectors has {count}", fix)
    return declared


def read_expected_failures(
    checks: Checks, role: str | None, versions: Collection[str], known: str = "device.versions"
) -> tuple[ExpectedFailure, ...]:
    """The cases that are known to fail; their ids must stand in the catalogue, their versions in `versions`.

    `known` says in a message what `versions` is.
    """
    raw = checks.content.get("expected_failures", [])
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        checks.problem("expected_failures", "it is no list of tables", "write each as a section: [[expected_failures]]")
        return ()
    ids = catalogue_ids() if raw else frozenset()
    expected = []
    for index, content in enumerate(raw):
        place = f"expected_failures[{index}]"
        table = checks.table(keys.EXPECTED_FAILURES, place, raw=content)
        id, version = table["id"], table["version"]
        if id and id not in ids:
            candidates = [one for one in ids if not role or one.endswith(f"_{role}")]
            checks.unknown(f"{place}.id", "case", id, candidates)
        elif id and role and not id.endswith(f"_{role}"):
            checks.problem(f"{place}.id", f"{id} is no case for a {role}", "remove it")
        if version is not None and version not in versions:
            checks.problem(f"{place}.version", f"{shown(version)} is not in {known}", "correct or remove it")
        for one in table["findings"]:
            if not is_fingerprint(one):
                fix = "copy a finding's `fingerprint` from results.json"
                checks.problem(f"{place}.findings", f"{shown(one)} is no fingerprint", fix)
        findings = tuple(table["findings"])
        reason = table["reason"] or ""
        expected.append(ExpectedFailure(id or "", reason, table["link"], version, findings, checks.source))
    return tuple(expected)


def catalogue_ids() -> frozenset[str]:
    """Every case id of the catalogue; raises FileNotFoundError when the installation lacks the catalogue."""
    ids: set[str] = set()
    for path in (path for pattern in CASE_FILES for path in catalogue_folder().glob(pattern)):
        ids.update(entry["id"] for entry in json.loads(path.read_text(encoding="utf-8")))
    return frozenset(ids)


def _flattened(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Features by id: an unquoted `C-06.1 = true` is a nested table to TOML."""
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _feature_value(feature: Feature, value: Any) -> FeatureValue | None:
    if feature.kind == "list":
        return tuple(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else None
    if feature.kind == "integer":
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
    return value if isinstance(value, bool) else None
