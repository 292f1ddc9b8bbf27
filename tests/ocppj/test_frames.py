"""Strict parsing: every kind of broken message is named, and what can be read is kept."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.ocppj import frames
from conformance.ocppj.frames import PROBLEMS, Frame, parse

UUID = "f3b2c1d0-1111-4222-8333-444455556666"


def codes(frame: Frame) -> list[str]:
    return [problem.code for problem in frame.problems]


@pytest.mark.parametrize(
    ("text", "type", "id", "action", "payload"),
    [
        (f'[2,"{UUID}","Heartbeat",{{}}]', 2, UUID, "Heartbeat", {}),
        ('[2, "1", "X", {"a": [1, 2.50, null, true]}]\n', 2, "1", "X", {"a": [1, Decimal("2.50"), None, True]}),
        (' [3,"1",{"a":1}]', 3, "1", "", {"a": 1}),
        ('[6,"1","NotifyPeriodicEventStream",{"id":1}]', 6, "1", "NotifyPeriodicEventStream", {"id": 1}),
        ('[2,"1","X",{"a":"\\u00e9\\ud83d\\ude00"}]', 2, "1", "X", {"a": "é😀"}),
        ('[2,"1","X",{"a":1.5e3}]', 2, "1", "X", {"a": Decimal("1.5E+3")}),
        ('[2,"é","X",{"a":"😀"}]', 2, "é", "X", {"a": "😀"}),
    ],
)
def test_well_formed_messages(text: str, type: int, id: str, action: str, payload: Any) -> None:
    frame = parse(text)
    assert frame.problems == ()
    assert (frame.type, frame.id, frame.action, frame.payload, frame.text) == (type, id, action, payload, text)


@pytest.mark.parametrize("kind", [4, 5])
def test_errors(kind: int) -> None:
    frame = parse(f'[{kind},"1","NotSupported","no such thing",{{"a":1}}]')
    assert frame.problems == ()
    assert (frame.error_code, frame.error_description, frame.error_details) == (
        "NotSupported",
        "no such thing",
        {"a": 1},
    )
    assert frame.payload == {}


@pytest.mark.parametrize(
    ("data", "code", "kept"),
    [
        (b'[2,"1","X",{}]', "binary-frame", (2, "1", "X")),
        (b'[2,"1","X",{"a":"\xff"}]', "not-utf-8", (2, "1", "X")),
        ('\ufeff[2,"1","X",{}]', "byte-order-mark", (2, "1", "X")),
        ("", "empty", (None, "", "")),
        (" \n", "empty", (None, "", "")),
        ("hello", "not-json", (None, "", "")),
        ('[2,"1","X",{"transactionId":,"a":1}]', "not-json", (2, "1", "X")),
        ('[2,"1","X",{"a":1,}]', "not-json", (2, "1", "X")),
        ('[2,"1","X",{"a":01}]', "not-json", (2, "1", "X")),
        ('[2,"1","X",{"a":"\t"}]', "not-json", (2, "1", "X")),
        ("[2,'1','X',{}]", "not-json", (2, "", "")),
        ('[2,"1","X",{"a":"abc', "truncated", (2, "1", "X")),
        ('[2,"1","X",{"a":1', "truncated", (2, "1", "X")),
        ('[2,"1","X",{"a":', "truncated", (2, "1", "X")),
        ('[2,"1"', "truncated", (2, "1", "")),
        ('[0x2,"1","X",{}]', "not-json", (None, "", "")),
        ('[2.,"1","X",{}]', "not-json", (None, "", "")),
        ('[2,"1","X",{}]]', "trailing-data", (2, "1", "X")),
        ('[2,"1","X",{}][2,"2","Y",{}]', "trailing-data", (2, "1", "X")),
        ('[2,"1","X",{}]\0', "trailing-data", (2, "1", "X")),
        ('[2,"1","X",{"a":1,"a":2}]', "duplicate-key", (2, "1", "X")),
        ('[2,"1","X",{"a":NaN}]', "not-a-number", (2, "1", "X")),
        ('[2,"1","X",{"a":-Infinity}]', "not-a-number", (2, "1", "X")),
        ('[2,"1","X",{"a":1e999}]', "huge-number", (2, "1", "X")),
        ('[2,"1","X",{"a":1e-999}]', "huge-number", (2, "1", "X")),
        ('[2,"1","X",{"a":1e99999999999999999999}]', "huge-number", (2, "1", "X")),
        ('[2,"1","X",{"a":1' + "0" * 400 + "}]", "huge-number", (2, "1", "X")),
        ('[2,"1","X",{"a":' + "9" * 5000 + "}]", "huge-number", (2, "1", "X")),
        ('[2,"1","X",{"a":' + "[" * 70 + "]" * 70 + "}]", "too-deep", (2, "1", "X")),
        ('[2,"1","X",{"a":' + "[" * 100000, "too-deep", (2, "1", "X")),
        ('[2,"1","X",{"a":"\\ud800"}]', "lone-surrogate", (2, "1", "X")),
        ('[2,"1","X",{"\\udc00":1}]', "lone-surrogate", (2, "1", "X")),
        ('[2,"1","X",{"a":"\ud800"}]', "lone-surrogate", (2, "1", "X")),
        ('[2,"1","X",{"a":"x\\u0000"}]', "nul-character", (2, "1", "X")),
        ('{"a":1}', "not-an-array", (None, "", "")),
        ("null", "not-an-array", (None, "", "")),
        ("[]", "empty-array", (None, "", "")),
        ("[2]", "too-few-elements", (2, "", "")),
        ('[2,"1"]', "too-few-elements", (2, "1", "")),
        ('[2,"1","X"]', "too-few-elements", (2, "1", "X")),
        ('[3,"1"]', "too-few-elements", (3, "1", "")),
        ('[4,"1","GenericError",""]', "too-few-elements", (4, "1", "")),
        ('[2,"1","X",{},{}]', "too-many-elements", (2, "1", "X")),
        ('[3,"1",{},{}]', "too-many-elements", (3, "1", "")),
        ('[true,"1","X",{}]', "type-not-integer", (None, "1", "X")),
        ('["2","1","X",{}]', "type-not-integer", (None, "1", "X")),
        ('[2.0,"1","X",{}]', "type-not-integer", (2, "1", "X")),
        ('[7,"1","X",{}]', "unknown-type", (7, "1", "")),
        ('[2,5,"X",{}]', "id-not-string", (2, "", "X")),
        ('[2,null,"X",{}]', "id-not-string", (2, "", "X")),
        ('[2,"","X",{}]', "id-empty", (2, "", "X")),
        (f'[2,"{"x" * 37}","X",{{}}]', "id-too-long", (2, "x" * 37, "X")),
        ('[2,"1",3,{}]', "action-not-string", (2, "1", "")),
        ('[2,"1","",{}]', "action-empty", (2, "1", "")),
        ('[2,"1","X",null]', "payload-null", (2, "1", "X")),
        ('[3,"1",[]]', "payload-not-object", (3, "1", "")),
        ('[2,"1","X","{}"]', "payload-not-object", (2, "1", "X")),
        ('[4,"1",7,"",{}]', "error-code-not-string", (4, "1", "")),
        ('[4,"1","GenericError",null,{}]', "description-not-string", (4, "1", "")),
        (f'[4,"1","GenericError","{"x" * 256}",{{}}]', "description-too-long", (4, "1", "")),
        ('[4,"1","GenericError","",null]', "details-not-object", (4, "1", "")),
        ('[4,"1","GenericError","","SQL"]', "details-not-object", (4, "1", "")),
    ],
)
def test_each_problem_is_named_and_what_is_readable_is_kept(
    data: str | bytes, code: str, kept: tuple[int | None, str, str]
) -> None:
    frame = parse(data)
    assert codes(frame) == [code]
    assert (frame.type, frame.id, frame.action) == kept
    assert frame.problems[0].message
    assert "\n" not in frame.problems[0].message


def test_every_problem_of_parsing_has_a_row_in_the_table_above() -> None:
    marks = test_each_problem_is_named_and_what_is_readable_is_kept.pytestmark  # type: ignore[attr-defined]  # set by pytest
    named = {row[1] for mark in marks for row in mark.args[1]}
    assert named == set(PROBLEMS) - {"type-not-in-version"}


def test_pointers_lead_into_the_payload() -> None:
    frame = parse('[2,"1","X",{"a":[{"b/c":NaN,"d":"\\u0000"},{"e":1,"e":2}]}]')
    assert [(problem.code, problem.pointer) for problem in frame.problems] == [
        ("not-a-number", "/a/0/b~1c"),
        ("nul-character", "/a/0/d"),
        ("duplicate-key", "/a/1"),
    ]
    assert frame.payload["a"][1] == {"e": 2}


def test_a_duplicate_inside_a_replaced_member_is_seen_too() -> None:
    assert codes(parse('[2,"1","X",{"a":{"b":1,"b":2},"a":3}]')) == ["duplicate-key", "duplicate-key"]


def test_problems_of_the_envelope_and_the_payload_come_together() -> None:
    assert codes(parse('[2,"","X",{"a":1,"a":2},1]')) == ["duplicate-key", "id-empty", "too-many-elements"]


def test_binary_text_that_is_no_utf8_is_kept_readable() -> None:
    assert parse(b"\xff\xfe").text == "\\xff\\xfe"


def test_depth_is_counted_exactly() -> None:
    at_limit = '[2,"1","X",{"a":' + "[" * (frames.MAX_DEPTH - 2) + "]" * (frames.MAX_DEPTH - 2) + "}]"
    assert parse(at_limit).problems == ()
    wide = '[2,"1","X",{"a":[' + ",".join("{}" for _ in range(500)) + "]}]"
    assert parse(wide).problems == ()


def test_what_lies_too_deep_is_dropped_so_that_recursion_is_safe() -> None:
    frame = parse('[2,"1","X",{"b":1,"a":' + "[" * 500 + "]" * 500 + "}]")
    assert codes(frame) == ["too-deep"]
    assert frame.payload["b"] == 1
    depth, level = 0, frame.payload["a"]
    while level:
        depth, level = depth + 1, level[0]
    assert depth == frames.MAX_DEPTH - 3
    assert parse(frames.dumps([2, "1", "X", frame.payload])).problems == ()


def test_a_flood_of_irregular_values_is_cut() -> None:
    frame = parse('[2,"1","X",{"a":[' + ",".join(["NaN"] * 1000) + "]}]")
    assert len(frame.problems) == frames.MAX_IRREGULAR


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary() | st.text() | JSON.map(lambda value: json.dumps(value, default=str)))
def test_parsing_never_raises(data: str | bytes) -> None:
    frame = parse(data)
    assert all(problem.code in PROBLEMS for problem in frame.problems)


@given(
    st.lists(st.sampled_from(["[", "]", "{", "}", '"', ",", ":", "2", "-1.5e7", "NaN", "\\u", "d800", " ", "x", "\0"]))
)
def test_parsing_never_raises_on_near_json(tokens: list[str]) -> None:
    parse("".join(tokens))


@given(st.text(min_size=1, max_size=36), st.text(min_size=1), st.dictionaries(st.text(), JSON, max_size=4))
def test_what_is_written_is_read_again(id: str, action: str, payload: dict[str, Any]) -> None:
    for frame in (frames.call(id, action, payload), frames.result(id, payload), frames.send(id, action, payload)):
        read = parse(frame.text)
        assert (read.type, read.id, read.action, read.payload) == (frame.type, id, frame.action, payload)
        assert set(codes(read)) <= {"nul-character"}
    for frame in (frames.error(id, action, "d", payload), frames.result_error(id, action, "d", payload)):
        read = parse(frame.text)
        assert (read.error_code, read.error_description, read.error_details) == (action, "d", payload)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_are_written_digit_for_digit(number: Decimal) -> None:
    assert frames.dumps([number]) == f"[{number}]"


def test_dumps_is_compact_and_refuses_what_is_no_json() -> None:
    assert frames.dumps({"a": [1, "é", Decimal("0.1"), Decimal("1.50")]}) == '{"a":[1,"é",0.1,1.50]}'
    assert frames.dumps("\ud800") == '"\\ud800"'
    assert frames.error("1", "GenericError").text == '[4,"1","GenericError","",{}]'
    for value in (float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN")):
        with pytest.raises(ValueError, match=r"JSON|NaN"):
            frames.dumps([value])
    with pytest.raises(TypeError):
        frames.dumps({1, 2})
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="circle"):
        frames.dumps(circle)
