"""How the page's script lays out a frame's text: it changes nothing but blank space."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import conformance

SCRIPT = Path(conformance.__file__).parent / "report" / "templates" / "script" / "payload.js"


@pytest.fixture(scope="module")
def layout(chromium: Any) -> Iterator[Any]:
    """`layout` of payload.js: lines as [text, whether marked]."""
    tab = chromium.new_page()
    tab.add_script_tag(content=SCRIPT.read_text("utf-8") + "\nwindow.layout = layout;")
    yield lambda *arguments: tab.evaluate("arguments => window.layout(...arguments)", list(arguments))
    tab.close()


def test_a_frame_is_laid_out_and_the_value_at_fault_marked(layout: Any) -> None:
    text = '[2,"m-1","StatusNotification",{"evse":{"id":1,"connectorId":9},"status":"Odd","t":1.50,"t":[]}]'
    lines = layout(text, 2, ["/evse/connectorId"])
    assert [line for line, _ in lines] == [
        '[2, "m-1", "StatusNotification",',
        "  {",
        '    "evse": {',
        '      "id": 1,',
        '      "connectorId": 9',
        "    },",
        '    "status": "Odd",',
        '    "t": 1.50,',
        '    "t": []',
        "  }",
        "]",
    ]
    assert [line.strip() for line, marked in lines if marked] == ['"connectorId": 9']


def test_a_missing_field_marks_the_object_that_lacks_it(layout: Any) -> None:
    text = '[2,"m-1","A",{"evse":{"id":1},"more":"' + "x" * 90 + '"}]'
    assert [line.strip() for line, marked in layout(text, 2, ["/evse/connectorId"]) if marked] == ['"evse": {"id": 1},']
    assert [line.strip() for line, marked in layout('[3,"m",{}]', 3, ["/status"]) if marked] == ["{}"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        '[2,"m","A",{"a":1}',
        '[2,,"m"]',
        '{"a"}',
        '{"a":}',
        "[1,]",
        "[1 2]",
        '["\\"',
        "[" * 60,
        "]",
        "[1]x",
    ],
)
def test_what_is_no_json_is_shown_as_it_came(layout: Any, text: str) -> None:
    assert layout(text, 2, ["/a"]) == [[text, False]]


def test_laying_out_changes_nothing_but_blank_space(layout: Any) -> None:
    text = '[2, "a b" ,"A",{"k":"x\\" y,{","n":-1.0E+2,"z":[[],{}, null,true]}]'
    laid = "".join(line for line, _ in layout(text, 2, ["/z/3"]))
    assert laid.replace(" ", "") == text.replace(" ", "")
