"""Nearly every message is read the quick way; it finds and reads whatever the careful way does, to the last digit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.ocppj import frames
from conformance.ocppj.frames import Frame, parse

EVENT: dict[str, Any] = {
    "eventType": "Updated",
    "timestamp": "2025-01-31T12:00:00.000Z",
    "seqNo": 7,
    "offline": False,
    "transactionInfo": {"transactionId": "5f6a2b8e-7c1d-4a53-9f53-000000000001", "timeSpentCharging": 10**18},
    "meterValue": [
        {"sampledValue": [{"value": 230.1 + phase, "phase": f"L{phase}", "context": ""} for phase in range(9)]}
    ],
    "customData": {"vendorId": "Zähler : ½", "limits": [], "nothing": None, "small": 1e-7, "most": 1.7e308},
}
MESSAGE = [2, "f3b2c1d0-1111-4222-8333-444455556666", "TransactionEvent", EVENT]


def agreed(text: str) -> Frame:
    """The frame, if both ways read the same: values, types of numbers, problems."""
    frame, careful = parse(text), frames._parse_carefully(text)
    assert frame == careful
    assert repr(frame) == repr(careful)  # Decimal("1") == 1, and Decimal("1.0") == Decimal("1.00")
    return frame


class TestEverydayMessages:
    @pytest.mark.parametrize(
        "text",
        [
            json.dumps(MESSAGE, separators=(",", ":"), ensure_ascii=False).replace(" : ", ""),
            json.dumps(MESSAGE, ensure_ascii=False).replace(" : ", ""),
            json.dumps(MESSAGE, indent=2, ensure_ascii=False).replace(" : ", "").replace("\n", "\r\n") + "\n",
            json.dumps(MESSAGE, indent="\t", ensure_ascii=False).replace(" : ", ""),
            '[3,"1",{"idTokenInfo":{"status":"Accepted"}}]',
            '[4,"1","NotSupported","no \\"Reset\\" here",{}]',
            '[2,"1","Heartbeat",{}]',
            '[3,"1",{"data":"' + "0123456789abcdef" * 200 + '"}]',
            '[2,"1","DataTransfer",{"vendorId":"a:b","data":"{\\"a\\":1,\\"a\\":2}"}]',
            '[2,"1","DataTransfer",{"vendorId":"http:\\/\\/a","messageId":"\\\\:\\n:","data":{"a:":":","a":"::"}}]',
            ' [2 , "1" , "X" , {"a" : "b : c" , "d"\n:\t1e-7}]\r\n',
        ],
    )
    def test_are_read_the_quick_way(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        careful = agreed(text)
        assert careful.problems == ()
        with monkeypatch.context() as patch:
            patch.setattr(frames, "_parse_carefully", None)
            assert parse(text) == careful

    def test_a_reading_that_failed_does_not_count_in_the_next_one(self) -> None:
        parse('[2,"1","X",{"a":{"b":1,"c":2},"d":')
        assert agreed('[2,"1","X",{"a":1,"a":2}]').problems[0].code == "duplicate-key"
        assert agreed('[2,"1","X",{"a":1}]').problems == ()


SPACE = st.sampled_from(["", "", "", " ", "\n", "\t", "\r\n  "])
DIGITS = st.integers(1, 700).map(lambda size: ("1234567890" * 70)[:size])
NUMBER = st.one_of(
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    DIGITS,
    st.tuples(DIGITS, DIGITS).map(".".join),
    st.tuples(DIGITS.map(lambda digits: digits[:30]), st.integers(-720, 720)).map(lambda two: f"{two[0]}e{two[1]}"),
    st.integers(300, 320).map(lambda size: "1" + "0" * size),
    st.sampled_from(
        ["-0", "-0.0", "0e999", "0.0e-999", "1e400", "1E-400", "2.50", "1e99999999999", "NaN", "-Infinity"]
    ),
)
TEXT = st.text(max_size=6) | st.sampled_from(['":', " :", '":"', "a\n:", "\\", "]", '{"a":1}', "\ud800", "\0", "12:30"])
STRING = st.tuples(TEXT, st.booleans()).map(lambda drawn: json.dumps(drawn[0], ensure_ascii=drawn[1]))


def spaced(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(SPACE, parts, SPACE).map("".join)


MEMBER = st.sampled_from(['"a"', '"b"', '"c"']) | STRING
VALUE = st.recursive(
    NUMBER | STRING | st.sampled_from(["true", "null", "{}", "[]"]),
    lambda inner: (
        st.lists(spaced(inner), max_size=4).map(lambda items: f"[{','.join(items)}]")
        | st.lists(st.tuples(spaced(MEMBER), spaced(inner)).map(":".join), max_size=4).map(
            lambda members: f"{{{','.join(members)}}}"
        )
    ),
    max_leaves=12,
)
WRITTEN = st.one_of(
    st.tuples(st.sampled_from([2, 3, 6]), VALUE).map(lambda two: f'[{two[0]},"1","X",{two[1]}]'),
    VALUE.map(lambda value: f'[3,"1",{value}]'),
    st.lists(spaced(VALUE), max_size=6).map(lambda items: f"[{','.join(items)}]"),
    spaced(VALUE),
)
PIECES = st.sampled_from(
    ['"', ":", " ", "\n", ",", "{", "}", "[", "]", "0", "e", ".", "-", "\\", "a", '"a":', '"a" :1,']
)


@st.composite
def changed(draw: st.DrawFn) -> str:
    text = draw(WRITTEN)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(PIECES | st.just("")) + text[at + draw(st.integers(0, 2)) :]
    return text


class TestBothWaysAgree:
    @given(WRITTEN | changed())
    @example('[3,"1",{"a" :1,"a":2}]')
    @example('[3,"1",{"a" :1,"b":":","a":2}]')
    @example('[3,"1",{"a":{"a":1,"a":2},"a":3,"b" :4,"c"\n:5}]')
    @example('[3,"1",{"a":{"b":NaN,"b":1}}]')
    @example('[3,"1",{"a\\":":1}]')
    @example('[3,"1",{"a":":","a":1}]')
    @example('[3,"1",{"a":1,"a":":"}]')
    @example('[3,"1",{"":":","":"::"}]')
    @example('[3,"1",{"a:":1,"a:":1}]')
    @example('[3,"1",{"a\\/":1,"a/":2}]')
    @example('[3,"1",{"\\n:":1,"\\n:":1}]')
    @example('[3,"1",{"\\\\":1,"\\u005c":2}]')
    @example('[3,"1",{"a":1,"\\u0061":2,"b":"\\u003a"}]')
    @example('[3,"1",{"a":1,"a":1.0,"b":"\x7f:\u2028\U0001f50c"}]')
    @example('[3,"1",{"a":{"b":1,"c":2},"a":"::"}]')
    @example('\ufeff[3,"1",{}]')
    @example('[3,"1",{}]\x0c')
    @example('[3,"1",{}]\0')
    @example('[3,"1",{"a":[1,]}]')
    @example('[3,"1",{"a":01}]')
    @example('[3,"1",{"a":.5}]')
    @example('[3,"1",{"a":"\t"}]')
    @example('[3,"1",{"a":"\ud800"}]')
    @example("[1e99999999999]")
    @example("[-1e-99999999999]")
    def test_on_whatever_is_written(self, text: str) -> None:
        agreed(text)

    @pytest.mark.parametrize("space", [" ", "\n", "\t", "\r"])
    def test_on_members_named_twice_with_space_before_the_colon(self, space: str) -> None:
        assert agreed(f'[3,"1",{{"a"{space}:1,"a":2}}]').problems[0].code == "duplicate-key"

    @pytest.mark.parametrize("digits", [307, 308, 309, 310, 700])
    def test_on_long_numbers_wherever_they_stand(self, digits: int) -> None:
        for number, huge in (("9" * digits, digits > 308), (f"0.{'0' * digits}1", digits > 307)):
            for before in range(40):
                frame = agreed(f'[3,"1",{{"a":"{"x" * before}","b":{number}}}]')
                assert [problem.pointer for problem in frame.problems] == ["/b"] * huge

    @pytest.mark.parametrize("code", ["", "huge-number", "not-a-number"])
    def test_on_numbers_at_the_end_of_a_doubles_range(self, code: str) -> None:
        numbers = {
            "": ["1e308", "9.99e+308", "0.01E310", "1e-308", "12e-309", "0e400", "0e-400", "-0.0", "1e-7", "2.50"],
            "huge-number": ["1e309", "0.1E310", "123e307", "-1e-309", "0.9e-308", "1e99999999999", "1e-99999999999"],
            "not-a-number": ["NaN", "Infinity", "-Infinity"],
        }
        for number in numbers[code]:
            assert [problem.code for problem in agreed(f'[3,"1",{{"a":{number}}}]').problems] == [code] * bool(code)

    @pytest.mark.parametrize("depth", [60, 61, 62, 63, 500, 2000])
    def test_on_deep_ones(self, depth: int) -> None:
        agreed('[3,"1",{"a":' + '[{"b":' * (depth // 2) + "1" + "}]" * (depth // 2) + "}]")
        agreed('[3,"1",{"a":' + "[" * depth + "1" + "]" * depth + "}]")
