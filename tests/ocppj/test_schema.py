"""Judging payloads: right on decimals and dates, worded for people, never crashing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.ocppj import wording
from conformance.ocppj.frames import parse
from conformance.ocppj.schema import USUAL_TIME, SchemaError, SchemaStore
from conformance.ocppj.versions import VERSIONS, version

STORE = SchemaStore()
BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
STATUS = {"timestamp": "2025-01-01T00:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}


def judge(id: str, name: str, payload: Any) -> tuple[SchemaError, ...]:
    return STORE.judge(version(id), name, payload)


def summary(errors: tuple[SchemaError, ...]) -> list[tuple[str, str, str, str]]:
    assert not any(error.disputed for error in errors)
    return [(error.pointer, error.keyword, error.expected, error.actual) for error in errors]


@pytest.mark.parametrize("id", list(VERSIONS))
def test_all_schemas_compile_and_both_validators_agree_on_the_empty_object(id: str) -> None:
    v = version(id)
    for name in v.schemas:
        errors = STORE.judge(v, name, {})
        required = STORE.schema(v, name).get("required", [])
        assert sorted(error.pointer for error in errors) == sorted(f"/{field}" for field in required)
        assert {error.keyword for error in errors} <= {"required"}
        assert not any(error.disputed for error in errors)


def test_valid_payloads() -> None:
    assert judge("2.0.1", "BootNotificationRequest", BOOT) == ()
    assert judge("1.6", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}) == ()
    assert judge("2.1", "StatusNotificationRequest", STATUS) == ()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"evseId": None}, ("/evseId", "type", "an integer", "null")),
        ({"evseId": "1"}, ("/evseId", "type", "an integer", '"1"')),
        ({"evseId": True}, ("/evseId", "type", "an integer", "true")),
        ({"evseId": Decimal("1.5")}, ("/evseId", "type", "an integer", "1.5")),
        ({"evseId": -1}, None),
        ({"evseId": Decimal("1.0")}, None),
        ({"foo": {"a": [Decimal("1.5")]}}, ("/foo", "additionalProperties", "no such field", '{"a": [1.5]}')),
        (
            {"connectorStatus": "Broken"},
            (
                "/connectorStatus",
                "enum",
                "one of Available, Occupied, Reserved, Unavailable, Faulted",
                '"Broken"',
            ),
        ),
        ({"connectorStatus": 5}, ("/connectorStatus", "type", "a string", "5")),
        (
            {"timestamp": "2025-01-01T00:00:00+0100"},
            (
                "/timestamp",
                "format",
                "an RFC 3339 date-time",
                '"2025-01-01T00:00:00+0100": the offset +0100 is not of the form +hh:mm',
            ),
        ),
        ({"customData": {}}, ("/customData/vendorId", "required", "a value (the field is required)", "no such field")),
        (
            {"customData": {"vendorId": "x" * 256}},
            ("/customData/vendorId", "maxLength", "at most 255 characters", '256: "' + "x" * 76 + "..."),
        ),
    ],
)
def test_one_violation(change: dict[str, Any], error: tuple[str, str, str, str] | None) -> None:
    found = summary(judge("2.0.1", "StatusNotificationRequest", {**STATUS, **change}))
    if error is not None and error[1] == "maxLength":
        assert [row[:3] for row in found] == [error[:3]]
        assert found[0][3].startswith('256: "xxx')
    else:
        assert found == ([] if error is None else [error])


def test_each_violation_is_an_error_of_its_own() -> None:
    payload = {"timestamp": "yesterday", "connectorStatus": "Broken", "evseId": "1", "a": 1, "b": 2}
    found = summary(judge("2.0.1", "StatusNotificationRequest", payload))
    assert [(pointer, keyword) for pointer, keyword, _, _ in found] == [
        ("/a", "additionalProperties"),
        ("/b", "additionalProperties"),
        ("/connectorId", "required"),
        ("/connectorStatus", "enum"),
        ("/evseId", "type"),
        ("/timestamp", "format"),
    ]


def test_items_and_limits() -> None:
    assert summary(judge("2.0.1", "GetVariablesRequest", {"getVariableData": []})) == [
        ("/getVariableData", "minItems", "at least 1 element", "0")
    ]
    assert (
        summary(judge("2.0.1", "NotifyReportRequest", {"requestId": 1, "generatedAt": STATUS["timestamp"], "seqNo": 0}))
        == []
    )
    location = {"location": "ftp://h/a b"}
    assert summary(judge("1.6", "GetDiagnostics", location)) == [("/location", "format", "a URI", '"ftp://h/a b"')]
    assert judge("1.6", "GetDiagnostics", {"location": "ftp://user:pa%20ss@host:21/path?x=1"}) == ()


def limit(value: Any) -> dict[str, Any]:
    period = {"startPeriod": 0, "limit": value}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule,
    }
    return {"connectorId": 1, "csChargingProfiles": profile}


def test_every_one_decimal_limit_is_a_multiple_of_a_tenth() -> None:
    for tenths in range(401):
        for number in (Decimal(tenths) / 10, parse(f'[2,"1","X",{{"a":{tenths // 10}.{tenths % 10}}}]').payload["a"]):
            assert judge("1.6", "SetChargingProfile", limit(number)) == ()


@pytest.mark.parametrize("number", ["16.05", "0.01", "1e-300", "1e-999999999"])
def test_more_decimals_are_not(number: str) -> None:
    found = summary(judge("1.6", "SetChargingProfile", limit(Decimal(number))))
    assert [(keyword, expected) for _, keyword, expected, _ in found] == [("multipleOf", "a multiple of 0.1")]


@pytest.mark.parametrize("number", ["1e300", "1e999", "16.10", "1E+1", "-0.0", "9" * 400])
def test_huge_and_padded_numbers_are(number: str) -> None:
    assert judge("1.6", "SetChargingProfile", limit(Decimal(number))) == ()


@given(st.integers(-(10**30), 10**30), st.integers(-40, 40), st.sampled_from(["0.1", "0.25", "3", "1E+2"]))
def test_multiples_are_exact(value: int, exponent: int, factor: str) -> None:
    from fractions import Fraction

    number = Decimal(f"{value}E{exponent}")
    assert wording.multiple_of(number, Decimal(factor)) == ((Fraction(number) / Fraction(factor)).denominator == 1)


def test_draft_04_has_no_integer_1_0_and_draft_06_has() -> None:
    start = {"connectorId": Decimal("1.0"), "idTag": "A", "meterStart": 0, "timestamp": STATUS["timestamp"]}
    assert summary(judge("1.6", "StartTransaction", start)) == [("/connectorId", "type", "an integer", "1.0")]
    request = {"requestId": Decimal("1.0"), "logType": "SecurityLog", "log": {"remoteLocation": "http://a"}}
    assert judge("1.6", "GetLog", request) == ()
    assert judge("2.0.1", "GetLog" + "Request", {**request, "requestId": Decimal("1E+1")}) == ()


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_lone_surrogates_do_not_crash(text: str) -> None:
    payload = {"reason": "PowerUp", "chargingStation": {"model": text, "vendorName": text * 60}}
    found = judge("2.0.1", "BootNotificationRequest", payload)
    assert [(error.pointer, error.keyword, error.disputed) for error in found] == [
        ("/chargingStation/vendorName", "maxLength", False)
    ]
    found = judge("2.0.1", "BootNotificationRequest", {**BOOT, text: 1})
    assert [(error.keyword, error.disputed) for error in found] == [("additionalProperties", False)]


def test_a_disagreement_is_disputed(monkeypatch: pytest.MonkeyPatch) -> None:
    store = SchemaStore()
    v = version("2.0.1")
    monkeypatch.setattr(wording, "checker", lambda schema, draft: lambda payload: [])
    (error,) = store.judge(v, "HeartbeatRequest", {"a": 1})
    assert error.disputed
    assert error.keyword == "additionalProperties"

    def crash(payload: Any) -> Any:
        raise RuntimeError

    store = SchemaStore()
    monkeypatch.setattr(wording, "checker", lambda schema, draft: crash)
    (error,) = store.judge(v, "HeartbeatRequest", {"a": 1})
    assert error.disputed


def test_unknown_names_are_key_errors() -> None:
    with pytest.raises(KeyError):
        judge("1.6", "BootNotificationRequest", {})


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(), max_size=8)
    | st.just("\ud800")
    | st.sampled_from(["Available", "2025-01-01T00:00:00Z", "PowerUp"])
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*STATUS, *BOOT, "model", "customData", "vendorId"]) | st.text(max_size=3), inner
        )
    ),
    max_leaves=8,
)


@given(ANYTHING)
def test_no_payload_crashes_and_the_validators_agree(payload: Any) -> None:
    for name in ("StatusNotificationRequest", "BootNotificationRequest", "SetChargingProfileRequest"):
        assert not [error for error in judge("2.0.1", name, payload) if error.disputed]


def test_very_deep_custom_data_is_judged() -> None:
    deep: Any = {}
    for _ in range(60):
        deep = {"a": [deep]}
    assert judge("2.0.1", "HeartbeatRequest", {"customData": {"vendorId": "v", "x": deep}}) == ()
    (error,) = judge("2.0.1", "HeartbeatRequest", {"x": deep})
    assert error.keyword == "additionalProperties"


class TestUsualTimes:
    """Every payload is judged first by a schema that knows only usual times, and by the official one if it refuses."""

    @given(st.from_regex(USUAL_TIME))
    def test_each_is_a_date_time(self, text: str) -> None:
        # `$` of Python lets a line end follow, that of JSON schema does not.
        assert wording.is_date_time(text.removesuffix("\n"))

    @given(
        st.from_regex(USUAL_TIME.removesuffix("$"), fullmatch=True), st.text(max_size=3), st.integers(0, 40), st.data()
    )
    def test_whatever_is_near_one_is_judged_by_the_rule(
        self, text: str, put: str, at: int, data: st.DataObject
    ) -> None:
        text = text[:at] + put + text[at + data.draw(st.integers(0, 2)) :]
        errors = judge("2.0.1", "StatusNotificationRequest", {**STATUS, "timestamp": text})
        assert bool(errors) != wording.is_date_time(text)

    @pytest.mark.parametrize(
        ("text", "right"),
        [
            ("2024-02-29T12:00:00Z", True),
            ("2023-02-29T12:00:00Z", False),
            ("2023-04-31T12:00:00Z", False),
            ("2016-12-31T23:59:60Z", True),
            ("2016-12-30T23:59:60Z", False),
            ("1999-12-31t23:59:59z", True),
            ("2024-01-31T12:00:00.123456789+05:30", True),
            ("2024-01-31T12:00:00Z\n", False),
            ("2024-01-31T24:00:00Z", False),
            ("2024-01-31T12:00:00", False),
            ("٢٠24-01-31T12:00:00Z", False),
        ],
    )
    def test_the_others_are_judged_as_well(self, text: str, right: bool) -> None:
        errors = judge("2.0.1", "StatusNotificationRequest", {**STATUS, "timestamp": text})
        assert [(error.pointer, error.keyword) for error in errors] == [("/timestamp", "format")] * (not right)

    @pytest.mark.parametrize("id", list(VERSIONS))
    def test_a_usual_time_calls_nothing_of_ours(self, id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[str] = []
        monkeypatch.setattr(wording, "is_date_time", lambda text: calls.append(text) or True)
        store = SchemaStore()
        assert store.judge(version(id), "HeartbeatResponse", {"currentTime": "2025-01-31T12:00:00.000Z"}) == ()
        assert not calls
        assert store.judge(version(id), "HeartbeatResponse", {"currentTime": "1999-01-31T12:00:00Z"}) == ()
        assert calls
