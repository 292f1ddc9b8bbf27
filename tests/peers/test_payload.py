"""Reading payloads and matching them: what a case may write and what it means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from conformance.dut.description import Token
from conformance.peers.payload import ABSENT, PRESENT, Fields, Items, mismatch, one_of, peek, plain, same, shown, wrap


class TestReading:
    def test_fields_by_name_and_by_index(self) -> None:
        view = wrap({"evse": {"id": 1}, "list": [{"a": 1}, {"a": 2}]})
        assert view.evse.id == 1
        assert view["evse"]["id"] == 1
        assert view.list[1].a == 2
        assert [one.a for one in view.list] == [1, 2]
        assert "evse" in view and "nothing" not in view
        assert list(view) == ["evse", "list"]

    def test_a_missing_field_is_absent_all_the_way_down(self) -> None:
        view = wrap({"list": []})
        for missing in (view.idToken, view.idToken.idToken, view.list[0].status[3].x, view["a"]["b"]):
            assert missing is ABSENT
        assert not view.idToken
        assert list(view.idToken) == [] and len(view.idToken) == 0 and "x" not in view.idToken
        assert repr(view.idToken) == "absent"

    def test_what_a_case_does_with_an_absent_value_never_raises(self) -> None:
        value = wrap({}).interval
        assert not (value > 3 or value <= 3 or sorted([3, 4])[0] >= value)
        assert value.split(",") is ABSENT
        assert value != "" and value != 0

    def test_names_that_python_and_the_view_might_claim_are_still_fields(self) -> None:
        names = ("clear", "values", "items", "keys", "get", "action", "timeout", "index", "count", "code")
        view = wrap(dict.fromkeys(names, 7))
        assert all(getattr(view, name) == 7 for name in names)

    @pytest.mark.parametrize("payload", [None, "text", 3, [1]])
    def test_a_payload_that_is_no_object_reads_as_empty(self, payload: Any) -> None:
        view = Fields(payload)
        assert view.status is ABSENT
        assert "status" not in view
        assert list(view) == []

    def test_an_array_beyond_its_end_is_absent(self) -> None:
        assert Items([1])[1] is ABSENT
        assert Items([1])[-1] == 1

    def test_decimals_equal_the_literals_of_a_case(self) -> None:
        view = wrap({"limit": Decimal("0.1"), "big": Decimal("16.0")})
        assert view.limit == 0.1
        assert (view.limit != 0.1) is False
        assert view.big == 16
        assert view.limit != True  # noqa: E712  # the point: a number is no boolean
        assert view.limit > 0.05

    def test_one_is_not_true_in_an_array(self) -> None:
        assert True not in Items([1])
        assert 1 not in Items([True])
        assert 1 in Items([Decimal("1.0")])

    def test_plain_unwraps_everything(self) -> None:
        view = wrap({"a": [{"b": Decimal("1.5")}]})
        value = plain({"x": view, "y": (view.a, view.a[0].b)})
        assert value == {"x": {"a": [{"b": Decimal("1.5")}]}, "y": [[{"b": Decimal("1.5")}], Decimal("1.5")]}
        assert type(value["y"][1]) is Decimal

    def test_views_compare_by_content(self) -> None:
        assert wrap({"a": [1]}) == {"a": [1]}
        assert wrap([1, 2]) == [1, 2]
        with pytest.raises(TypeError):
            hash(wrap({}))

    def test_peek_never_fails(self) -> None:
        assert peek({"a": 1}, "a") == 1
        assert peek({"a": 1}, "b") is None
        assert peek("text", "a") is None

    def test_a_long_value_is_cut_for_a_finding(self) -> None:
        assert shown("x" * 1000).endswith("…") and len(shown("x" * 1000)) == 300
        assert shown(Decimal("0.10")) == "0.10"
        assert shown("text") == '"text"'


class TestSame:
    @pytest.mark.parametrize(
        ("actual", "expected"),
        [
            (1, 1),
            (Decimal("0.1"), 0.1),
            (0.1, Decimal("0.1")),
            (1, Decimal("1.0")),
            ("a", "a"),
            (None, None),
            (True, True),
        ],
    )
    def test_equal(self, actual: Any, expected: Any) -> None:
        assert same(actual, expected)

    @pytest.mark.parametrize(
        ("actual", "expected"),
        [
            (1, True),
            (True, 1),
            (0, False),
            (False, 0),
            ("1", 1),
            (None, False),
            (0, None),
            ("a", "A"),
            (Decimal("0.1"), 0.2),
        ],
    )
    def test_different(self, actual: Any, expected: Any) -> None:
        assert not same(actual, expected)


def long_enough(value: Any) -> bool:
    """at least 3 characters"""
    return len(value) >= 3


class TestMatching:
    PAYLOAD: dict[str, Any] = {  # noqa: RUF012  # never changed
        "status": "Accepted",
        "evse": {"id": 1, "connectorId": 2},
        "values": [{"value": Decimal("0.5")}, {"value": 2}],
        "flag": True,
        "nothing": None,
    }

    @pytest.mark.parametrize(
        "expected",
        [
            {},
            {"status": "Accepted"},
            {"evse": {"id": 1}},
            {"values": [{"value": 0.5}, {}]},
            {"values": ({"value": 0.5}, {"value": 2})},
            {"flag": True, "absent": ABSENT, "nothing": PRESENT, "evse": PRESENT},
            {"status": one_of("Rejected", "Accepted")},
            {"status": one_of("Rejected", long_enough)},
            {"evse": one_of({"id": 2}, {"connectorId": 2})},
            {"status": long_enough},
            {"evse": lambda evse: evse.id == 1 and evse.missing is ABSENT},
            {"nothing": None},
            {"evse": Fields({"id": 1})},
            {"values": Items([{}, {"value": 2}])},
        ],
    )
    def test_matches(self, expected: Any) -> None:
        assert mismatch(self.PAYLOAD, expected) is None

    @pytest.mark.parametrize(
        ("expected", "pointer"),
        [
            ({"status": "Rejected"}, "/status"),
            ({"evse": {"id": 1, "connectorId": 1}}, "/evse/connectorId"),
            ({"evse": {"id": True}}, "/evse/id"),
            ({"flag": 1}, "/flag"),
            ({"values": [{}]}, "/values"),
            ({"values": [{}, {"value": 3}]}, "/values/1/value"),
            ({"status": {"x": 1}}, "/status"),
            ({"status": ["Accepted"]}, "/status"),
            ({"status": ABSENT}, "/status"),
            ({"nothing": ABSENT}, "/nothing"),
            ({"missing": PRESENT}, "/missing"),
            ({"missing": None}, "/missing"),
            ({"missing": {"deep": 1}}, "/missing"),
            ({"missing": long_enough}, "/missing"),
            ({"status": one_of("A", "B")}, "/status"),
            ({"missing": one_of("A", "B")}, "/missing"),
        ],
    )
    def test_names_the_first_place_that_differs(self, expected: Any, pointer: str) -> None:
        found = mismatch(self.PAYLOAD, expected)
        assert found is not None and found[0] == pointer

    def test_says_what_was_expected_and_what_came(self) -> None:
        assert mismatch({"status": "Rejected"}, {"status": "Accepted"}) == ("/status", '"Accepted"', '"Rejected"')
        assert mismatch({}, {"status": "Accepted"}) == ("/status", '"Accepted"', "absent")
        assert mismatch({"a": "x"}, {"a": ABSENT}) == ("/a", "absent", '"x"')
        assert mismatch({"a": "x"}, {"a": one_of("y", 2)}) == ("/a", 'one of "y", 2', '"x"')
        assert mismatch({"a": "x"}, {"a": long_enough}) == ("/a", "at least 3 characters", '"x"')

    def test_absence_may_be_one_of_the_choices(self) -> None:
        expected = {"customData": one_of(ABSENT, "x")}
        assert mismatch({}, expected) is None
        assert mismatch({"customData": "y"}, expected) is not None

    def test_a_payload_that_is_no_object_matches_no_fields(self) -> None:
        assert mismatch(None, {"a": 1}) is not None
        assert mismatch(None, {}) is not None

    def test_a_token_of_the_description_matches_its_wire_form(self) -> None:
        token = Token(idToken="AABB", type="ISO14443")
        wire = {"idToken": {"idToken": "AABB", "type": "ISO14443", "additionalInfo": []}}
        assert mismatch(wire, {"idToken": token}) is None
        assert mismatch({"idToken": {"idToken": "AABB", "type": "Central"}}, {"idToken": token}) == (
            "/idToken/type",
            '"ISO14443"',
            '"Central"',
        )
        assert wrap(wire["idToken"]).idToken == token.idToken

    def test_a_predicate_sees_the_reading_view(self) -> None:
        seen: list[Any] = []

        def look(value: Any) -> bool:
            seen.append(value)
            return True

        mismatch({"limit": Decimal("0.1"), "o": {}}, {"limit": look, "o": look})
        assert seen[0] == 0.1 and seen[1].x is ABSENT


def test_an_integer_reads_as_one_however_it_is_written() -> None:
    fields = Fields({"seqNo": Decimal("3.0"), "interval": Decimal("1E+1"), "limit": Decimal("0.50")})
    assert isinstance(fields.seqNo, int) and fields.seqNo == 3
    assert fields.interval + 0.5 == 10.5
    assert peek({"seqNo": Decimal("3.0")}, "seqNo") == 3 and isinstance(peek({"seqNo": Decimal("3.0")}, "seqNo"), int)
    assert fields.limit == 0.5
