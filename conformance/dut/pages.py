"""The generated parts of the documentation: keys, features and verbs as tables.

`python -m conformance.dut.pages` rewrites them in a checkout; a test holds the pages against the tables.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from conformance.dut import keys
from conformance.dut.features import known_features
from conformance.dut.operator_api import as_yaml, operator_api
from conformance.dut.operators.verbs import VERBS

_ROLES = {"": "", "CS": "Only with a station under test. ", "CSMS": "Only with a CSMS under test. "}
_TYPES = {
    "text": "text",
    "texts": "list of texts",
    "argv": "list of texts",
    "bool": "true or false",
    "integer": "whole number",
    "number": "number",
    "token": "token",
    "connectors": "list of pairs",
    "versions": "list of versions",
    "table": "table",
}


def keys_page() -> str:
    """Every section and key of a description."""
    parts = []
    for section in keys.SECTIONS:
        title = f"[[{section.name}]]" if section is keys.EXPECTED_FAILURES else f"[{section.name}]"
        parts.append(f"### {title}\n\n{section.meaning}\n\n| key | type | default | meaning |\n|---|---|---|---|")
        parts[-1] += "".join(
            f"\n| `{key.name}` | {_type(key)} | {_default(key)} | {_meaning(key)} |" for key in section.keys
        )
    return "\n\n".join(parts)


def features_page() -> str:
    """Every feature that a description can declare."""
    rows = ["| feature | value | declared by | since | meaning | shows in |", "|---|---|---|---|---|---|"]
    for feature in known_features().values():
        roles = ", ".join(sorted(feature.declared_by))
        variable = f"`{feature.variable}`" if feature.variable else ""
        rows.append(
            f"| `{feature.id}` | {_VALUES[feature.kind]} | {roles} | {feature.since} | {feature.label} | {variable} |"
        )
    return "\n".join(rows)


_VALUES = {"bool": "true or false", "integer": "number", "list": "list of texts"}


def verbs_page() -> str:
    """Every verb of an operator."""
    rows = ["| verb | device | arguments | what a person is told |", "|---|---|---|---|"]
    for verb in VERBS.values():
        arguments = ", ".join(
            f"`{argument.name}`" + ("" if argument.required else " (optional)") for argument in verb.arguments
        )
        answer = "".join(f" Answers `{name}`: {meaning}" for name, meaning in verb.result)
        rows.append(f"| `{verb.name}` | {verb.role} | {arguments} | {verb.instruction}{answer} |")
    return "\n".join(rows)


PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "describing-a-device.md": {"keys": keys_page, "features": features_page},
    "operators.md": {"verbs": verbs_page},
}
"""By page of docs/: its generated parts, by the name in their markers."""


def renewed(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """A page with its generated parts made anew; ValueError names a marker that is missing."""
    for name, make in parts.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"the page lacks {begin} or {end}")
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text


def _type(key: keys.Key) -> str:
    if key.choices:
        return ", ".join(f"`{json.dumps(choice)}`" for choice in key.choices)
    if key.lowest is not None and key.highest is not None:
        unit = f" {key.unit}" if key.unit else ""
        return f"{_TYPES[key.kind]}, {key.lowest:g} to {key.highest:g}{unit}"
    return _TYPES[key.kind]


def _default(key: keys.Key) -> str:
    if key.default is keys.REQUIRED:
        return "required"
    if key.default is None or key.default == "":
        return ""
    return f"`{json.dumps(key.default)}`"


def _meaning(key: keys.Key) -> str:
    example = f" Example: `{key.example}`" if key.example else ""
    return f"{_ROLES[key.role]}{key.meaning}{example}"


def operator_api_page() -> str:
    """docs/operator-api.yaml."""
    return f"# Made by `python -m conformance.dut.pages`.\n{as_yaml(operator_api())}\n"


def main(docs: Path) -> None:
    """Rewrite the generated parts of the pages in that folder, and operator-api.yaml."""
    (docs / "operator-api.yaml").write_text(operator_api_page(), encoding="utf-8")
    for name, parts in PAGES.items():
        path = docs / name
        path.write_text(renewed(path.read_text(encoding="utf-8"), parts), encoding="utf-8")


if __name__ == "__main__":
    main(Path(__file__).resolve().parents[2] / "docs")
