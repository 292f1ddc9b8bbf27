"""Each constraint of each schema is broken once, by itself, and what a device may do about it follows the documents."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from conformance.fuzz import broken, reactions
from conformance.fuzz.constraints import constraints, written
from conformance.fuzz.example import Allowed, Example, text_bytes
from conformance.fuzz.judging import ALLOWED, FORBIDDEN, TOLERATED, judge_reaction
from conformance.fuzz.player import Outcome
from conformance.fuzz.samples import Sampler
from conformance.fuzz.stage import Reaction, Target
from conformance.fuzz.verbs_provoke import WAYS_OF_A_STATION
from conformance.ocppj.frames import parse
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS, version

SCHEMAS = SchemaStore()
FILL = {
    "{{now}}": "2030-01-01T00:00:00.000Z",
    "{{host}}": "127.0.0.1:9",
    "{{token}}": "12345678901234567890",
    "{{id}}": "1",
    "{{theirs}}": "2",
}
ROLES = ("CS", "CSMS")
each_version = pytest.mark.parametrize("id", list(VERSIONS))
each_role = pytest.mark.parametrize("role", ROLES)


def target(id: str, role: str, level: str = "default") -> Target:
    return Target(version(id), role, "CSMS" if role == "CS" else "CS", SCHEMAS, None, level)


# ---------------------------------------------------------------------- samples


@each_version
def test_the_sample_of_every_schema_is_valid(id: str) -> None:
    for name in version(id).schemas:
        payload = Sampler(SCHEMAS.schema(version(id), name), name).payload()
        assert not SCHEMAS.judge(version(id), name, filled_in(payload)), (name, payload)


@each_version
def test_a_sample_with_every_optional_member_one_by_one_is_valid(id: str) -> None:
    for name in version(id).schemas:
        schema = SCHEMAS.schema(version(id), name)
        sampler = Sampler(schema, name)
        for path, _, _ in places(schema, schema, ()):
            payload = filled_in(sampler.payload(path))
            assert not SCHEMAS.judge(version(id), name, payload), (name, path, payload)
            for step in path:
                payload = payload[step]


def test_samples_are_the_same_every_time() -> None:
    schema = SCHEMAS.schema(version("2.1"), "SetChargingProfileRequest")
    first, second = (Sampler(schema, "SetChargingProfileRequest") for _ in range(2))
    assert json.dumps(first.payload()) == json.dumps(second.payload())


@pytest.mark.parametrize(
    ("id", "name", "wanted"),
    [
        ("1.6", "Reset", {"type": "Soft"}),
        ("1.6", "ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
        ("1.6", "ClearChargingProfile", {"id": 900001}),
        ("2.0.1", "ResetRequest", {"type": "OnIdle", "evseId": 999}),
        ("2.0.1", "ChangeAvailabilityRequest", {"operationalStatus": "Operative"}),
        ("2.0.1", "ClearChargingProfileRequest", {"chargingProfileId": 900001}),
        ("2.1", "ClearTariffsRequest", {"tariffIds": ["OC-NOTHING"]}),
        ("2.1", "RequestStopTransactionRequest", {"transactionId": "OC-NOTHING"}),
    ],
)
def test_samples_do_little_harm_if_taken(id: str, name: str, wanted: Any) -> None:
    assert Sampler(SCHEMAS.schema(version(id), name), name).payload() == wanted


@each_version
def test_files_are_at_addresses_of_ours_alone(id: str) -> None:
    for name in version(id).schemas:
        text = json.dumps(Sampler(SCHEMAS.schema(version(id), name), name).payload())
        assert text.count("://") == text.count("://{{host}}"), text


# ---------------------------------------------------------------------- the list is complete


def places(root: Mapping[str, Any], node: Mapping[str, Any], path: tuple[Any, ...]) -> Iterator[Any]:
    """Path, schema and whether it is required of every member and element of a schema, found in a way of its own."""
    while "$ref" in node:
        node = root["definitions"][node["$ref"].split("/")[-1]]
    for name, inner in node.get("properties", {}).items():
        whole = root["definitions"][inner["$ref"].split("/")[-1]] if "$ref" in inner else inner
        yield (*path, name), whole, name in node.get("required", ())
        yield from places(root, whole, (*path, name))
    if "items" in node:
        inner = node["items"]
        whole = root["definitions"][inner["$ref"].split("/")[-1]] if "$ref" in inner else inner
        yield (*path, 0), whole, True
        yield from places(root, whole, (*path, 0))


def expected(schema: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """How often each kind has to be there at each place."""
    found: Counter[tuple[str, str]] = Counter()
    here = [((), schema, True), *places(schema, schema, ())]
    for path, node, required in here:
        where = "".join(f"/{step}" for step in path)
        if path and isinstance(path[-1], str):
            custom = path[-2:] == ("customData", "vendorId")
            if required:
                found["customData" if custom else "required", where] += 1
            if required or not custom:
                found["field case", where.rpartition("/")[0]] += 1
        if path and "type" in node:
            found["null", where] += 1
            found["type", where] += {"integer": 2, "boolean": 2, "object": 2}.get(node["type"], 1)
        for keyword in ("maxLength", "minimum", "maximum", "multipleOf", "minItems", "maxItems"):
            found[keyword, where] += keyword in node
        if "enum" in node:
            found["enum", where] += 1
            found["value case", where] += 1
        found["format", where] += 2 * (node.get("format") == "date-time")
        found["uri", where] += node.get("format") == "uri"
        if node.get("additionalProperties") is False and node["type"] == "object":
            found["unknown field", f"{where}/ocppConformance"] += 1
    many = len(schema.get("required", ()))
    found["payload", ""] += 2
    found["null", ""] += many > 0
    found["empty", ""] += many > 1
    return +found


@each_version
def test_nothing_in_a_schema_is_left_out_and_nothing_made_up(id: str) -> None:
    known = {"type", "enum", "format", "maxLength", "minimum", "maximum", "multipleOf", "minItems", "maxItems", "items"}
    words = {
        "$schema",
        "$id",
        "id",
        "$ref",
        "title",
        "comment",
        "description",
        "javaType",
        "default",
        "additionalItems",
    }
    shapes = {"properties", "definitions", "required", "additionalProperties"}
    for name in version(id).schemas:
        schema = SCHEMAS.schema(version(id), name)
        assert all(set(node) <= known | words | shapes for _, node, _ in places(schema, schema, ())), name
        made = Counter(
            (one.kind, one.pointer if one.kind != "field case" else one.pointer.rpartition("/")[0])
            for one in constraints(schema)
        )
        assert made == expected(schema), name


# ---------------------------------------------------------------------- and each is exactly one violation


@each_version
def test_each_example_breaks_what_it_says_and_nothing_else(id: str) -> None:
    for name in version(id).schemas:
        schema = SCHEMAS.schema(version(id), name)
        sampler = Sampler(schema, name)
        for one in constraints(schema):
            payload = filled_in(one.payload(sampler))
            found = SCHEMAS.judge(version(id), name, payload)
            assert {(error.pointer, error.keyword) for error in found} == one.violations, (name, one, found)
            assert not any(error.disputed for error in found), (name, one, found)


def test_only_what_two_rules_say_at_once_breaks_two() -> None:
    """A required field under another name is missing, and is unknown; all fields gone are several missing ones."""
    for id in VERSIONS:
        for name in version(id).schemas:
            for one in constraints(SCHEMAS.schema(version(id), name)):
                keywords = Counter(keyword for _, keyword in one.violations)
                if one.kind == "empty":
                    assert set(keywords) == {"required"} and len(one.violations) > 1
                elif one.kind == "field case" and one.required:
                    assert keywords in ({"required": 1, "additionalProperties": 1}, {"required": 1})
                else:
                    assert len(one.violations) == 1, one


def filled_in(payload: Any) -> Any:
    return json.loads(text_bytes(written(payload), FILL), parse_float=Decimal)


# ---------------------------------------------------------------------- examples for a device


@each_version
@each_role
def test_every_action_that_a_device_must_accept_has_rows_of_every_level(id: str, role: str) -> None:
    counts = []
    for level in ("smoke", "default", "soak"):
        about = target(id, role, level)
        rows = {action.name: broken.broken_requests(about, action) for action in broken.taken(about)}
        other = "CSMS" if role == "CS" else "CS"
        assert set(rows) == {one.name for one in version(id).actions.values() if one.may_be_sent_by(other)}
        assert all(rows.values())
        names = [row.name for made in rows.values() for row in made]
        assert len(set(names)) == len(names)
        counts.append(len(names))
        kinds = {(row.action, row.constraint) for made in rows.values() for row in made}
        if level == "smoke":
            smoke = kinds
            assert len(names) == len(kinds), "smoke is one row per action and constraint"
        assert kinds == smoke, "every level has every constraint of every action"
    assert counts[0] < counts[1] < counts[2]


@each_version
def test_examples_are_made_fast(id: str) -> None:
    began = time.process_time()
    count = 0
    for role in ROLES:
        about = target(id, role)
        count += sum(len(broken.broken_requests(about, action)) for action in broken.taken(about))
    assert time.process_time() - began < 1.0, f"{count} examples"


@each_version
def test_a_row_says_what_it_is_and_is_a_message(id: str) -> None:
    for role in ROLES:
        about = target(id, role)
        for action in broken.taken(about):
            for row in broken.broken_requests(about, action):
                assert row.name.startswith(action.name) and row.constraint and row.breaks and row.allowed.source
                frame = parse(text_bytes(row.acts[0].items[0][1], FILL))
                assert (frame.type, frame.id, frame.action) == (action.message_type, "1", action.name)
                assert row.name.startswith(action.name + row.pointer)


def test_a_name_reads_like_a_path() -> None:
    about = target("2.0.1", "CS")
    names = {row.name for row in broken.broken_requests(about, about.version.actions["SetVariables"])}
    assert "SetVariables/setVariableData/0/component/name: required missing" in names
    assert "SetVariables/setVariableData/0/attributeType: ocppConformance" in names


def test_a_long_value_is_kept_as_a_count() -> None:
    about = target("2.1", "CSMS")
    rows = broken.broken_requests(about, about.version.actions["Get15118EVCertificate"])
    (row,) = (one for one in rows if one.pointer == "/exiRequest" and one.constraint == "maxLength")
    assert len(repr(row.acts)) < 500 and len(text_bytes(row.acts[0].items[0][1])) > 11_000


@each_version
@each_role
def test_broken_answers_answer_the_device_that_is_made_to_call(id: str, role: str) -> None:
    about = target(id, role)
    for action in broken.sent(about):
        for row in broken.broken_answers(about, action):
            trap, provoke = row.acts
            assert (trap.verb, provoke.verb, provoke.args) == ("answer", "provoke", {"action": action.name})
            assert trap.args["action"] == action.name
            (text,) = trap.args["texts"]
            frame = parse(text_bytes(segments_of(text), FILL))
            assert (frame.type, frame.id) == (3, "2")
            if row.constraint not in ("payload", "null"):
                assert SCHEMAS.judge(about.version, action.response or "", frame.payload)


def segments_of(text: Any) -> Any:
    return (text,) if isinstance(text, str) else tuple(tuple(one) if isinstance(one, list) else one for one in text)


@each_version
def test_what_is_known_to_be_provoked_is_sent_by_a_station(id: str) -> None:
    sendable = {one.name for one in version(id).actions.values() if one.may_be_sent_by("CS")}
    assert set(WAYS_OF_A_STATION[version(id).family]) <= sendable


# ---------------------------------------------------------------------- what a device may do about it


def judged(id: str, allowed: Allowed, answer: str) -> str:
    if answer == "silence":
        return judge_reaction(version(id), allowed, Reaction("silence"))
    if answer.startswith("{"):
        return judge_reaction(version(id), allowed, Reaction("result", frame=parse(f'[3,"1",{answer}]')))
    return judge_reaction(version(id), allowed, Reaction("error", code=answer))


KINDS = sorted(
    {
        one.kind
        for name in ("MeterValues", "SetChargingProfile")
        for one in constraints(SCHEMAS.schema(version("1.6"), name))
    }
    | set(reactions._EXACT)
)


@each_version
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_never_right(id: str, kind: str) -> None:
    allowed = reactions.to_request(version(id), kind)
    for answer in ("silence", "NotImplemented", "NotSupported", "SecurityError", "Whatever", '{"status":"Accepted"}'):
        overlooked = kind in ("unknown field", "uri") and answer.startswith("{")
        assert judged(id, allowed, answer) == (TOLERATED if overlooked else FORBIDDEN), answer
    for answer in ("InternalError", "GenericError"):
        assert judged(id, allowed, answer) == TOLERATED


@pytest.mark.parametrize(
    ("id", "kind", "answer", "wanted"),
    [
        ("1.6", "required", "OccurenceConstraintViolation", ALLOWED),
        ("1.6", "required", "OccurrenceConstraintViolation", ALLOWED),
        ("1.6", "required", "ProtocolError", ALLOWED),
        ("1.6", "required", "PropertyConstraintViolation", TOLERATED),
        ("1.6", "required", '{"status":"Rejected"}', FORBIDDEN),
        ("1.6", "type", "TypeConstraintViolation", ALLOWED),
        ("1.6", "type", "FormationViolation", ALLOWED),
        ("1.6", "enum", "PropertyConstraintViolation", ALLOWED),
        ("1.6", "enum", "FormatViolation", TOLERATED),
        ("1.6", "enum", '{"status":"Rejected"}', TOLERATED),
        ("1.6", "maxLength", '{"idTagInfo":{"status":"Invalid"}}', TOLERATED),
        ("1.6", "maxLength", '{"status":"Accepted"}', FORBIDDEN),
        ("1.6", "maxLength", "{}", FORBIDDEN),
        ("2.0.1", "required", "OccurenceConstraintViolation", ALLOWED),
        ("2.0.1", "required", "FormatViolation", ALLOWED),
        ("2.0.1", "enum", '{"status":"Rejected"}', FORBIDDEN),
        ("2.0.1", "minItems", "OccurrenceConstraintViolation", ALLOWED),
        ("2.0.1", "payload", "ProtocolError", ALLOWED),
        ("2.1", "format", "TypeConstraintViolation", ALLOWED),
        ("2.1", "maximum", "PropertyConstraintViolation", ALLOWED),
        ("2.1", "maximum", "FormatViolation", TOLERATED),
        ("2.1", "unknown field", "{}", TOLERATED),
    ],
)
def test_reactions(id: str, kind: str, answer: str, wanted: str) -> None:
    assert judged(id, reactions.to_request(version(id), kind), answer) == wanted


def test_null_for_an_optional_field() -> None:
    """2.x forbids it in so many words (part 4, 4.1.5); 1.6 says nothing about it."""
    for id, wanted in (("1.6", TOLERATED), ("2.0.1", FORBIDDEN), ("2.1", FORBIDDEN)):
        optional = reactions.to_request(version(id), "null", required=False)
        assert judged(id, optional, '{"status":"Accepted"}') == wanted
        assert judged(id, reactions.to_request(version(id), "null"), '{"status":"Accepted"}') == FORBIDDEN


def test_custom_data_may_be_overlooked() -> None:
    for kind in ("customData", "maxLength", "null", "type"):
        assert judged("2.0.1", reactions.to_request(version("2.0.1"), kind, custom=True), "{}") == TOLERATED


def test_the_errata_of_16_name_one_code_for_some_enumerations() -> None:
    for action, pointer in (
        ("GetCompositeSchedule", "/chargingRateUnit"),
        ("SetChargingProfile", "/csChargingProfiles/chargingProfilePurpose"),
        ("RemoteStartTransaction", "/chargingProfile/chargingSchedule/chargingRateUnit"),
    ):
        allowed = reactions.to_request(version("1.6"), "enum", action=action, pointer=pointer)
        assert judged("1.6", allowed, "PropertyConstraintViolation") == ALLOWED and "errata" in allowed.source
        assert judged("1.6", allowed, "TypeConstraintViolation") == FORBIDDEN
        assert judged("1.6", allowed, '{"status":"Rejected"}') == FORBIDDEN
    elsewhere = reactions.to_request(version("1.6"), "enum", action="Reset", pointer="/type")
    assert judged("1.6", elsewhere, "TypeConstraintViolation") == TOLERATED


def test_a_send_is_answered_by_nothing() -> None:
    about = target("2.1", "CSMS")
    rows = broken.broken_requests(about, about.version.actions["NotifyPeriodicEventStream"])
    assert rows and all(judged("2.1", row.allowed, "silence") == ALLOWED for row in rows)
    assert all(judged("2.1", row.allowed, "FormatViolation") == FORBIDDEN for row in rows)


@pytest.mark.parametrize(
    ("id", "answer", "wanted"),
    [
        ("1.6", "silence", ALLOWED),
        ("1.6", "FormationViolation", FORBIDDEN),
        ("2.0.1", "silence", ALLOWED),
        ("2.0.1", "FormatViolation", TOLERATED),
        ("2.1", "silence", TOLERATED),
        ("2.1", "CALLRESULTERROR", ALLOWED),
        ("2.1", "FormatViolation", FORBIDDEN),
    ],
)
def test_what_may_follow_an_invalid_answer(id: str, answer: str, wanted: str) -> None:
    assert judged(id, reactions.to_answer(version(id), "required"), answer) == wanted


# ---------------------------------------------------------------------- one row decides of what is not supported


class Scripted:
    """A campaign whose device refuses some actions with a code, whatever is in them, and serves the others."""

    def __init__(self, refused: Mapping[str, str], also_broken: Mapping[str, str]) -> None:
        self.target = target("1.6", "CS")
        self.is_over = False
        self.recorded: list[str] = []
        self._refused, self._broken = refused, also_broken

    def play(self, example: Example) -> Any:
        whole = example.constraint == broken.SERVED
        code = self._refused.get(example.action) or (
            "" if whole else self._broken.get(example.action, "FormationViolation")
        )
        return Outcome(example, Reaction("error", code=code) if code else Reaction("result"))

    def record(self, outcome: Any) -> None:
        self.recorded.append(outcome.example.name)

    def rows(self, examples: Any) -> None:
        self.recorded += [one.name for one in examples]


def test_an_unsupported_action_is_one_row() -> None:
    campaign: Any = Scripted(
        {"Reset": "NotSupported", "ReserveNow": "NotImplemented"}, {"ClearCache": "NotImplemented"}
    )
    broken.play_requests(campaign)
    by_action = Counter(name.split("/")[0].split(":")[0] for name in campaign.recorded)
    assert by_action["Reset"] == by_action["ReserveNow"] == 1
    assert "Reset: supported or not" in campaign.recorded
    about = campaign.target
    for name in ("ClearCache", "ChangeAvailability"):
        assert by_action[name] == len(broken.broken_requests(about, about.version.actions[name])), name
    assert not any("supported" in name for name in campaign.recorded if name.startswith("ClearCache"))


def test_thinning_keeps_a_required_field_of_each_kind() -> None:
    found = tuple(constraints(SCHEMAS.schema(version("2.0.1"), "SetVariablesRequest")))
    smoke = {one.kind: one for one in broken.thinned(found, "smoke")}
    assert set(smoke) == {one.kind for one in found}
    assert smoke["null"].required and not smoke["null"].custom and not smoke["maxLength"].custom
    assert broken.thinned(found, "soak") == found
    default = broken.thinned(found, "default")
    assert {(one.kind, one.member[0]) for one in default} == {(one.kind, one.member[0]) for one in found}
