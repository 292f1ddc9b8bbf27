"""Read a description: every mistake in it becomes one line, and all of them are reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from conformance.dut import keys
from conformance.dut.checking import Checks
from conformance.dut.declared import read_expected_failures, read_features
from conformance.dut.description import Dut, ReportNames, Timeouts, Tokens, Values
from conformance.dut.errors import DescriptionError
from conformance.dut.features import Features
from conformance.dut.operator_plan import read_operators
from conformance.dut.parts import (
    check_files,
    check_profile,
    read_address,
    read_connectors,
    read_fuzz,
    read_password,
    read_tls,
    read_tokens,
    read_versions,
)
from conformance.dut.toml_file import read_toml


def load_description(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Dut:
    """The device that a `dut.toml` describes.

    `overrides` is a nested table that is laid over the file, such as `{"connection": {"listen": "127.0.0.1:0"}}`.
    Raises DescriptionError with every problem of the file, each as one line.
    """
    path = Path(path)
    content, lines = read_toml(path, "give the path of a description, or write one with `ocpp-conformance init`")
    return read_description(content, source=str(path), lines=lines, overrides=overrides)


def read_description(
    content: Mapping[str, Any],
    *,
    source: str = "the description",
    lines: Mapping[str, int] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Dut:
    """The device that parsed TOML describes; `source` and `lines` are for the messages. Raises DescriptionError."""
    checks = Checks(_laid_over(content, overrides or {}), source, dict(lines or {}))
    dut = _read(checks)
    if dut is None or checks.found:
        raise DescriptionError(checks.problems)
    return dut


def _laid_over(content: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    result = deepcopy(dict(content))
    for key, value in overrides.items():
        old = result.get(key)
        result[key] = (
            _laid_over(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else deepcopy(value)
        )
    return result


def _read(checks: Checks) -> Dut | None:
    """The device, as far as it could be read; meaningless when there are problems."""
    checks.sections()
    checks.placeholders()
    device = checks.table(keys.DEVICE, "device")
    role = device["role"] if device["role"] in ("CS", "CSMS") else None
    versions = read_versions(checks, device["versions"])
    address = read_address(checks, checks.table(keys.CONNECTION, "connection", role), role, device)
    connectors = read_connectors(checks, checks.table(keys.EVSES, "evses")["connectors"])
    tokens = read_tokens(checks)
    tls = read_tls(checks, checks.table(keys.TLS, "tls", role))
    timeouts = checks.table(keys.TIMEOUTS, "timeouts")
    values = checks.table(keys.VALUES, "values", role)
    check_files(checks, values)
    fuzz = read_fuzz(checks, checks.table(keys.FUZZ, "fuzz"), versions)
    report = checks.table(keys.REPORT, "report")
    features = read_features(checks, role, connectors)
    operator = read_operators(checks, role)
    expected = read_expected_failures(checks, role, versions)
    password = read_password(checks, device, versions)
    check_profile(checks, device["security_profile"], features)
    if checks.found or role is None:
        return None
    return Dut(
        role=role,
        identity=device["identity"],
        versions=versions,
        features=Features(features, checks.source),
        tokens=Tokens(tokens),
        security_profile=device["security_profile"],
        password=password,
        subtypes=frozenset(device["subtype"]),
        connectors=connectors,
        address=address,
        tls=tls,
        timeouts=Timeouts(**{name: float(value) for name, value in timeouts.items()}),
        values=Values(**values),
        fuzz=fuzz,
        report=ReportNames(**{name: (value or "").strip() for name, value in report.items()}),
        operator=operator,
        expected_failures=expected,
        source=checks.source,
    )
