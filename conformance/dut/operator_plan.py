"""Read who makes which act: the operator of a description, others by name, and the verbs that those make."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from conformance.dut import keys
from conformance.dut.checking import Checks, described, shown
from conformance.dut.description import OperatorPlan, OperatorSettings
from conformance.dut.operators.verbs import verbs_of


def read_operators(checks: Checks, role: str | None) -> OperatorPlan:
    """The operators; every verb must be one of the role, and go to an operator that is described."""
    raw = checks.raw("operator")
    table = checks.table(keys.OPERATOR, "operator", raw=raw)
    named: dict[str, OperatorSettings] = {}
    for name, content in checks.raw("operators").items():
        place = f"operators.{name}"
        if not isinstance(content, dict):
            checks.problem(place, f"it is {described(content)}, not a table", f"write it as a section: [{place}]")
            continue
        if "verbs" in content:
            checks.problem(f"{place}.verbs", "verbs are shared out in one place", "move it to [operator.verbs]")
            content = {key: value for key, value in content.items() if key != "verbs"}
        if "kind" not in content:
            checks.problem(
                f"{place}.kind", "it is missing", 'add: kind = "http", "octt", "command", "python" or "manual"'
            )
        named[name] = _operator(checks, checks.table(keys.OPERATOR, place, raw=content), place, role)
    kinds = [str(kind) for kind in keys.OPERATOR.key("kind").choices]  # type: ignore[union-attr]  # a key of the table
    verbs: dict[str, str] = {}
    for verb, operator in (table["verbs"] or {}).items():
        place = f"operator.verbs.{verb}"
        if role and verb not in verbs_of(role):
            checks.unknown(place, "verb", verb, verbs_of(role))
        elif not isinstance(operator, str):
            checks.problem(place, f"it is {described(operator)}", "write a kind or a name of [operators.NAME]")
        elif operator not in named and operator not in ("manual", table["kind"]):
            if operator in kinds:
                fix = f'add [operators.{operator}] with kind = "{operator}" and what it needs'
                checks.problem(place, f'nothing says how to reach the operator "{operator}"', fix)
            else:
                checks.unknown(place, "operator", operator, [*named, "manual"])
        verbs[verb] = str(operator)
    return OperatorPlan(_operator(checks, table, "operator", role), named, verbs)


def _operator(checks: Checks, table: dict[str, Any], place: str, role: str | None) -> OperatorSettings:
    kind = table["kind"]
    if kind in ("http", "octt"):
        _operator_url(checks, table["url"], place)
    if kind == "octt" and role == "CS":
        checks.problem(
            f"{place}.kind", '"octt" tells a CSMS what to send', 'use "http", "command", "python" or "manual"'
        )
    for name, value in (table["headers"] or {}).items():
        if not isinstance(value, str):
            checks.problem(f"{place}.headers.{name}", f"it is {described(value)}", "write a text in quotes")
    if kind == "command" and not table["argv"]:
        checks.problem(f"{place}.argv", "it is missing", 'add: argv = ["./operate.sh"]')
    if kind == "python" and not table["class"]:
        checks.problem(f"{place}.class", "it is missing", 'add: class = "package.module:Class"')
    return OperatorSettings(
        kind=kind,
        url=(table["url"] or "").rstrip("/"),
        argv=tuple(table["argv"]),
        class_name=table["class"] or "",
        timeout=float(table["timeout"]) if table["timeout"] is not None else None,
        options=table["options"] or {},
        headers={name: str(value) for name, value in (table["headers"] or {}).items()},
    )


def _operator_url(checks: Checks, url: str | None, place: str) -> None:
    if not url:
        checks.problem(f"{place}.url", "it is missing", 'add: url = "http://127.0.0.1:9100"')
        return
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        checks.problem(f"{place}.url", f"{shown(url)} is no http address", 'write for example "http://127.0.0.1:9100"')
