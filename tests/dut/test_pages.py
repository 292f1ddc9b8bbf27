"""The generated parts of the documentation are in step with the tables that they are made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.dut.operator_api import as_yaml, operator_api
from conformance.dut.operators.verbs import VERBS, verbs_of
from conformance.dut.pages import PAGES, operator_api_page, renewed

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_in_step(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert renewed(text, PAGES[name]) == text, "run: python -m conformance.dut.pages"


def test_the_openapi_document_is_in_step() -> None:
    text = (DOCS / "operator-api.yaml").read_text(encoding="utf-8")
    assert text == operator_api_page(), "run: python -m conformance.dut.pages"


def test_the_openapi_document_names_every_verb_with_its_arguments() -> None:
    paths = operator_api()["paths"]
    assert set(paths) == {"/verbs", *(f"/verbs/{name}" for name in VERBS)}
    schema = paths["/verbs/unplug"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["evseId", "connectorId"]
    assert schema["properties"]["side"]["enum"] == ["EV", "station"]


def test_yaml_is_block_style_with_json_scalars() -> None:
    assert as_yaml({"a": {"b c": [1, {"d": "x: y"}], "e": []}}) == (
        'a:\n  "b c":\n    - 1\n    -\n      d: "x: y"\n  e: []'
    )


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="generated: keys"):
        renewed("no markers", PAGES["describing-a-device.md"])


def test_instructions_name_only_arguments_of_the_verb() -> None:
    for verb in VERBS.values():
        args = {argument.name: f"<{argument.name}>" for argument in verb.arguments}
        told = verb.told(args)
        assert "?" not in told
        assert all(f"<{argument.name}>" in told for argument in verb.arguments if argument.required), told
    assert verbs_of("CS") & verbs_of("CSMS") == frozenset()
