"""Generated messages: valid by both validators, legal by the monitor, at every limit, and never about another host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st

from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.fuzz.generate import THEMES, Schemas, message, sender_of, specimens
from conformance.fuzz.known import SAMPLE, TRANSACTION, Known, filled
from conformance.monitor import Monitor, MonitorSettings
from conformance.ocppj import frames, wording
from conformance.ocppj.findings import Finding, Severity
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.trace import Trace
from conformance.ocppj.versions import VERSIONS, Action, Version

STORE = SchemaStore()
DUT = load_description(data_path("docs", "devices", "reference-station.toml"))
IDS = list(VERSIONS)
ALL = [(id, name) for id, version in VERSIONS.items() for name in version.schemas]
ORDINARY = settings(
    max_examples=8,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
everyone = pytest.mark.parametrize("id", IDS)


def source(id: str) -> Schemas:
    return Schemas(VERSIONS[id], STORE)


def strict(version: Version, name: str) -> Any:
    """The second validator, `jsonschema`, by itself: the store asks it only about what the first one refuses."""
    schema = {key: value for key, value in STORE.schema(version, name).items() if key not in ("id", "$id")}
    return wording.checker(schema, version.schemas[name].draft)


def assert_valid(version: Version, name: str, payload: Any, exact: Any) -> None:
    assert STORE.judge(version, name, payload) == ()
    assert exact(payload) == []
    frame = frames.parse(frames.call("1", "Action", payload).text)
    assert frame.problems == ()
    assert frame.payload == payload


def drawn(strategy: st.SearchStrategy[Any], count: int = 8) -> list[Any]:
    """What Hypothesis draws, with a fixed seed."""
    found: list[Any] = []

    @seed(0)
    @settings(ORDINARY, max_examples=count)
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


@cache
def for_the_device(id: str, name: str) -> list[Any]:
    """What is drawn for the device of the description; not to be changed."""
    return drawn(message(source(id), name, known=Known.of(DUT.under(id))))


def texts_of(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from texts_of(item, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item, path)


# ------------------------------------------------------------------ valid


def test_all_387_schemas_are_meant() -> None:
    assert len(ALL) == 387


@everyone
def test_whatever_is_drawn_is_valid_by_both_validators(id: str) -> None:
    version = VERSIONS[id]
    for name in version.schemas:
        exact = strict(version, name)
        for payload in drawn(message(source(id), name)):
            assert_valid(version, name, payload, exact)


@everyone
def test_what_is_drawn_for_a_device_is_valid_once_its_placeholders_are_filled(id: str) -> None:
    version = VERSIONS[id]
    running = 4711 if version.family == "1.6" else "TX-1"
    known = Known.of(DUT.under(id), transaction=True)
    for name in version.schemas:
        exact = strict(version, name)
        for payload in drawn(message(source(id), name, known=known), 6):
            assert_valid(version, name, filled(payload, SAMPLE, running), exact)


@everyone
def test_specimens_are_valid_too(id: str) -> None:
    version = VERSIONS[id]
    themes = {theme.name for theme in THEMES}
    shown: set[str] = set()
    for name in version.schemas:
        exact = strict(version, name)
        for theme, payload in specimens(source(id), name).items():
            shown.add(theme)
            if len(repr(payload)) < 20_000:
                assert_valid(version, name, payload, exact)
            else:
                assert STORE.judge(version, name, payload) == ()
    assert shown <= themes and len(shown) > 12


def test_a_specimen_shows_its_theme() -> None:
    one = specimens(source("2.0.1"), "SetVariablesRequest")
    assert one["only what is required"] == {
        "setVariableData": [
            {
                "attributeValue": "300",
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "HeartbeatInterval"},
            }
        ]
    }
    assert len(one["texts as long as allowed"]["setVariableData"][0]["attributeValue"]) == 1000
    assert len(one["texts one character shorter than allowed"]["setVariableData"][0]["attributeValue"]) == 999
    assert one["empty texts"]["setVariableData"][0]["attributeValue"] == ""
    assert "\U0001f697" in one["characters beyond the basic plane"]["setVariableData"][0]["attributeValue"]
    periods = specimens(source("2.0.1"), "SetChargingProfileRequest")["lists as long as allowed"]
    assert len(periods["chargingProfile"]["chargingSchedule"]) == 3
    assert len(periods["chargingProfile"]["chargingSchedule"][2]["chargingSchedulePeriod"]) == 1024
    whole = specimens(source("2.1"), "BootNotificationResponse")["whole numbers with a point"]
    assert isinstance(whole["interval"], Decimal) and str(whole["interval"]) == "20000.0"
    assert "whole numbers with a point" not in specimens(source("1.6"), "BootNotificationResponse"), "draft 4"


# ------------------------------------------------------------------ at the limits

UNREACHED = {
    # Fields with few values, which are shorter than their limit.
    *("chargingLimitSource", "connectorType", "currency", "type"),
    # One new transaction for each message of a station.
    "transactionId",
    # Shown from an address of ours, or named by host.
    *("server", "apn"),
}
ELSE = {("CustomerInformationRequest", "idToken"), ("CustomerInformationRequest", "customerCertificate")}
"""Members that give way to another one when all are there: a customer is named in one way."""


@everyone
def test_every_text_comes_as_long_as_its_schema_allows(id: str) -> None:
    short = set()
    for name in VERSIONS[id].schemas:
        wanted = dict(limits(STORE.schema(VERSIONS[id], name)))
        reached: dict[tuple[str, ...], set[int]] = {}
        for payload in specimens(source(id), name).values():
            for path, text in texts_of(payload):
                reached.setdefault(path, set()).add(len(text))
        for path, limit in wanted.items():
            assert not {length for length in reached.get(path, ()) if length > limit}
            if (name, path[0]) not in ELSE and not {limit, limit - 1} <= reached.get(path, set()):
                short.add(path[-1])
    assert short <= UNREACHED


def limits(schema: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], int]]:
    """The path of every text with a maxLength, and that length."""

    def walk(node: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
        while "$ref" in node:
            node = schema["definitions"][node["$ref"].rpartition("/")[2]]
        if "maxLength" in node:
            yield path, node["maxLength"]
        if "items" in node:
            yield from walk(node["items"], path)
        for name, member in node.get("properties", {}).items():
            yield from walk(member, (*path, name))

    return walk(schema, ())


@pytest.mark.parametrize(
    ("id", "name", "wanted"),
    [
        ("2.0.1", "BootNotificationRequest", lambda p: "\U0001f697" in p["chargingStation"]["vendorName"]),
        ("2.0.1", "DataTransferRequest", lambda p: "\u0301" in str(p.get("data"))),
        ("2.0.1", "StatusNotificationRequest", lambda p: p["timestamp"] == "2024-02-29T23:59:59Z"),
        ("2.0.1", "StatusNotificationRequest", lambda p: p["timestamp"].endswith("+05:45")),
        ("2.0.1", "StatusNotificationRequest", lambda p: p["timestamp"].endswith(".12Z")),
        ("2.1", "AuthorizeRequest", lambda p: p["idToken"] == {"idToken": "", "type": "NoAuthorization"}),
        ("2.1", "AuthorizeRequest", lambda p: None in p.get("customData", {}).values()),
        ("2.1", "NotifyEVChargingNeedsRequest", lambda p: p["evseId"] == 2),
        ("2.1", "CostUpdatedRequest", lambda p: str(p["totalCost"]) == "20000.0"),
        ("2.1", "CostUpdatedRequest", lambda p: p["totalCost"] == Decimal("1E+300")),
        ("2.1", "GetTariffsRequest", lambda p: p["evseId"] == 0),
        ("1.6", "ChangeConfiguration", lambda p: p["value"] == ""),
        ("1.6", "SendLocalList", lambda p: p.get("localAuthorizationList") == []),
        ("1.6", "DataTransfer", lambda p: "充" in p.get("data", "")),
        ("1.6", "MeterValues", lambda p: p["meterValue"][0]["timestamp"] == "2024-06-15T12:00:00.123456Z"),
    ],
)
def test_what_matters_is_found_by_searching(id: str, name: str, wanted: Any) -> None:
    known = Known(connectors=((1, 1), (2, 1)))
    few = settings(database=None, max_examples=4000, derandomize=True, phases=(Phase.generate,))
    assert wanted(find(message(source(id), name, known=known), wanted, settings=few))


def test_a_cause_is_shrunk_to_itself() -> None:
    """Everything that has no part in it is left out or plain."""

    def guilty(payload: dict[str, Any]) -> bool:
        return any("\U0001f697" in text for path, text in texts_of(payload) if path[-1] == "attributeValue")

    quiet = settings(database=None, max_examples=4000, derandomize=True)
    smallest = find(message(source("2.0.1"), "SetVariablesRequest"), guilty, settings=quiet)
    (only,) = smallest["setVariableData"]
    assert set(smallest) == {"setVariableData"} and set(only) == {"component", "variable", "attributeValue"}
    assert only["component"] == only["variable"] == {"name": "OcppConformance"}


# ------------------------------------------------------------------ legal


@everyone
def test_the_monitor_has_nothing_against_what_is_drawn(id: str) -> None:
    """As if the sender were under test: every rule, one message at a time after a boot."""
    version = VERSIONS[id]
    connectors = tuple((one.evseId, one.connectorId) for one in DUT.under(id).connectors)
    known = Known(connectors=connectors, now="2025-01-31T12:00:01Z")
    wrong: dict[str, Finding] = {}
    for action in version.actions.values():
        for payload in [
            *drawn(message(source(id), action.request, known=known), 15),
            *specimens(source(id), action.request, known=known).values(),
        ]:
            for finding in judged(version, action, payload):
                if finding.severity is Severity.MUST:
                    wrong.setdefault(f"{action.name} {finding.rule} {finding.pointer}", finding)
    assert not wrong


def judged(version: Version, action: Action, payload: dict[str, Any]) -> list[Finding]:
    sender = sender_of(version, action.request)
    trace = Trace(EPOCH)
    connectors = frozenset((one.evseId, one.connectorId) for one in DUT.under(version.id).connectors)
    monitor = Monitor(version, sender, STORE, trace, MonitorSettings(connectors=connectors))
    at = iter(range(1000))

    def say(who: str, text: str) -> None:
        monitor.observe(trace.add("frame", next(at) / 100, sender=who, connection=1, frame=frames.parse(text)))

    names = {"subprotocol": version.subprotocol, "offered": [version.subprotocol]}
    monitor.observe(trace.add("open", 0.0, sender="CS", connection=1, data=names))
    say("CS", frames.call("boot", "BootNotification", BOOT[version.family]).text)
    say("CSMS", frames.result("boot", {"status": "Accepted", "currentTime": NOW, "interval": 300}).text)
    if payload.get("eventType") in ("Updated", "Ended"):
        # A transaction begins with Started; the event that is judged comes right after it.
        info = {"transactionId": payload["transactionInfo"]["transactionId"], "chargingState": "Idle"}
        first = {"eventType": "Started", "timestamp": NOW, "triggerReason": "CablePluggedIn", "transactionInfo": info}
        say("CS", frames.call("begin", "TransactionEvent", {**first, "seqNo": payload["seqNo"] - 1}).text)
        say("CSMS", frames.result("begin", {}).text)
    make = frames.call if action.message_type == frames.CALL else frames.send
    say(sender, make("it", action.name, payload).text)
    return monitor.findings


EPOCH = datetime(2025, 1, 31, 12, 0, 0, tzinfo=UTC)
NOW = "2025-01-31T12:00:00Z"
BOOT = {
    "1.6": {"chargePointVendor": "V", "chargePointModel": "M"},
    "2": {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}},
}


@everyone
def test_only_what_exists_is_spoken_of(id: str) -> None:
    known = Known.of(DUT.under(id))
    evses = {0, *known.evses}
    for name in VERSIONS[id].schemas:
        for payload in for_the_device(id, name):
            for path, number in numbers_of(payload):
                if path[-1] == "evseId":
                    assert number in evses, (name, payload)


def numbers_of(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name != "customData":
                yield from numbers_of(item, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from numbers_of(item, path)


@everyone
def test_nothing_points_to_a_host_that_is_not_ours(id: str) -> None:
    known = Known.of(DUT.under(id))
    ours = re.compile(r"(?:https?|ftps?|wss?)://(?:\{\{host\}\}|127\.0\.0\.1)(?:[/?#].*)?")
    hosts = {"{{host}}", "127.0.0.1"}
    seen = set()
    for name in VERSIONS[id].schemas:
        for payload in [
            *for_the_device(id, name),
            *specimens(source(id), name, known=known).values(),
        ]:
            for path, text in texts_of(payload):
                if ADDRESS.search(path[-1]) and not _is_enum(id, name, text):
                    seen.add(path[-1])
                    assert text in hosts or ours.fullmatch(text), (name, path, text)
                assert "://" not in text or ours.fullmatch(text), (name, path, text)
    assert seen >= {"1.6": {"location", "remoteLocation"}}.get(id, {"location", "ocppCsmsUrl", "responderURL", "apn"})


ADDRESS = re.compile(r"(?i)ur[li]s?$|location$|^server$|^apn$|host$")
PLACES = {"Body", "Cable", "EV", "Inlet", "Outlet", "Upstream"}


def _is_enum(id: str, name: str, text: str) -> bool:
    """The location of a sampled value is a part of the station."""
    return text in PLACES


def test_the_transaction_that_runs_is_named_where_one_is_known() -> None:
    known = Known.of(DUT.under("1.6"), transaction=True)
    stop = specimens(source("1.6"), "RemoteStopTransaction", known=known)
    assert stop["only what is required"] == {"transactionId": TRANSACTION}
    assert filled(TRANSACTION, SAMPLE, 17) == 17
    for payload in drawn(message(source("1.6"), "RemoteStopTransaction", known=Known.of(DUT.under("1.6")))):
        assert payload["transactionId"] != TRANSACTION


# ------------------------------------------------------------------ schemas of another kind


class Handmade:
    """A store of one schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema

    def schema(self, version: Version, name: str) -> dict[str, Any]:
        return self._schema


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}},
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}]}}},
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/definitions/A"}},
            "definitions": {"A": {"type": "object", "properties": {"a": {"$ref": "#/definitions/A"}}}},
        },
    ],
)
def test_what_no_official_schema_has_is_not_ignored(schema: dict[str, Any]) -> None:
    store: Any = Handmade(schema)
    with pytest.raises(NotImplementedError):
        message(Schemas(VERSIONS["2.0.1"], store), "ResetRequest")


def test_a_schema_that_the_version_does_not_have() -> None:
    with pytest.raises(KeyError):
        message(source("1.6"), "TransactionEventRequest")
