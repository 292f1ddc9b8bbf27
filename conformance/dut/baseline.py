"""A baseline: the expected failures that a run has written, beside or instead of those of a description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from conformance.dut.checking import Checks, described
from conformance.dut.declared import read_expected_failures
from conformance.dut.description import Dut, ExpectedFailure
from conformance.dut.errors import DescriptionError, DescriptionProblem
from conformance.dut.toml_file import read_toml
from conformance.ocppj.versions import VERSIONS

FORMAT = "ocpp-conformance-baseline/1"
_REMEDY = "write one with `ocpp-conformance baseline reports/results.json --out FILE`"


def load_baseline(path: Path) -> tuple[ExpectedFailure, ...]:
    """The expected failures in a baseline. Raises DescriptionError with every problem of the file, each as one line."""
    content, lines = read_toml(path, _REMEDY)
    checks = Checks(content, str(path), lines)
    if content.get("format") != FORMAT:
        found = described(content["format"]) if "format" in content else "missing"
        raise DescriptionError([DescriptionProblem(str(path), f"it is no baseline: format is {found}", _REMEDY)])
    for name in content:
        if name not in ("format", "expected_failures"):
            checks.unknown(name, "section", name, ["expected_failures"])
    entries = read_expected_failures(checks, None, tuple(VERSIONS), "the versions of OCPP")
    if checks.found:
        raise DescriptionError(checks.problems)
    return entries


def with_baseline(duts: Sequence[Dut], entries: Sequence[ExpectedFailure]) -> list[Dut]:
    """The devices, each with the entries that are about its role and versions.

    Raises DescriptionError for entries that are about none of the devices.
    """
    strange = [
        DescriptionProblem(
            f"{entry.source}: expected_failures: {entry.id}{f' under OCPP {entry.version}' if entry.version else ''}",
            "no device of this run has that role and version",
            "remove the entry, or describe that device with --ocpp-dut",
        )
        for entry in entries
        if not any(_concerns(entry, dut) for dut in duts)
    ]
    if strange:
        raise DescriptionError(strange)
    return [
        replace(dut, expected_failures=dut.expected_failures + tuple(one for one in entries if _concerns(one, dut)))
        for dut in duts
    ]


def _concerns(entry: ExpectedFailure, dut: Dut) -> bool:
    return entry.id.endswith(f"_{dut.role}") and (entry.version is None or entry.version in dut.versions)
