"""Secrets in what is written: none is forgotten by the table, each has one placeholder, and judging sees none of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.data import data_path
from conformance.dut.reading import load_description
from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.trace import Entry, Trace
from conformance.ocppj.versions import VERSIONS
from conformance.report.convert import frame_records
from conformance.report.record import CaseRecord, FindingRecord, RowRecord, StepRecord
from conformance.report.redaction import Redactor
from conformance.report.secret_paths import NO_SECRETS, PATHS, SETTINGS
from conformance.report.secret_paths import Path as Place
from conformance.report.spans import spans, unquoted

STORE = SchemaStore()
LOOKS = {"password", "key", "token", "tokens", "tag", "pin", "secret", "private", "credential", "psk", "emai"}
"""Words of a property's name that make it look secret."""


def leaves(schema: Any, root: Any, path: Place = ()) -> Iterator[Place]:
    """Every place of a schema at which a text or a number stands."""
    while "$ref" in schema:
        node = root
        for part in schema["$ref"][2:].split("/"):
            node = node[part]
        schema = node
    if isinstance(schema.get("items"), dict):
        yield from leaves(schema["items"], root, (*path, "*"))
    for name, inner in schema.get("properties", {}).items():
        yield from leaves(inner, root, (*path, name))
    if not schema.get("items") and "properties" not in schema and path and "enum" not in schema:
        yield path


ALL = [(version, name) for version in VERSIONS.values() for name in version.schemas]


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


class TestTable:
    def test_every_property_that_looks_secret_is_in_the_table_or_excused(self) -> None:
        assert len(ALL) == 387
        forgotten, excused = [], set()
        for version, name in ALL:
            known = PATHS.get(version.id, {}).get(name, {})
            schema = STORE.schema(version, name)
            for place in leaves(schema, schema):
                last = next(part for part in reversed(place) if part != "*")
                if not words(last) & LOOKS or place in known:
                    continue
                if last in NO_SECRETS:
                    excused.add(last)
                else:
                    forgotten.append(f"{version.id} {name}: {'/'.join(place)}")
        assert not forgotten, "add them to PATHS or to NO_SECRETS: " + ", ".join(forgotten)
        assert excused == set(NO_SECRETS), "an exception that nothing needs"

    def test_every_place_of_the_table_exists(self) -> None:
        for version, schemas in PATHS.items():
            for name, places in schemas.items():
                schema = STORE.schema(VERSIONS[version], name)
                assert set(places) <= set(leaves(schema, schema)), (version, name)
        for version, settings in SETTINGS.items():
            for name, (place, key, value) in settings.items():
                schema = STORE.schema(VERSIONS[version], name)
                assert {place + key, place + value} <= set(leaves(schema, schema)), (version, name)


class TestSpans:
    def test_every_value_has_its_place(self) -> None:
        text = r'[2, "m","A",{"a": [1,{"b\u0041":"x\"y"},[]], "c" :{"d":null,"e":[[true]]},"f":-1.50}]'
        found = {path: text[begin:end] for path, begin, end in spans(text)}
        assert found == {
            ("0",): "2",
            ("1",): '"m"',
            ("2",): '"A"',
            ("3", "a", "0"): "1",
            ("3", "a", "1", "bA"): r'"x\"y"',
            ("3", "c", "d"): "null",
            ("3", "c", "e", "0", "0"): "true",
            ("3", "f"): "-1.50",
        }
        assert unquoted(r'"x\"y"') == 'x"y'

    @pytest.mark.parametrize(
        "text", ["", "{", '"', "}]", "[[[", '{"a"', '{"a":}', "]]]{,}", "[" * 5000 + '"x"', '"\\ud800"']
    )
    def test_what_is_no_json_breaks_nothing(self, text: str) -> None:
        list(spans(text))


def described(role: str = "CS") -> Any:
    name = "reference-station.toml" if role == "CS" else "reference-csms.toml"
    return load_description(data_path("docs", "devices", name))


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.describe(described())
    return made


def frame_of(text: str, sender: str = "CS", action: str = "") -> Entry:
    frame = frames.parse(text)
    frame.action = frame.action or action
    return Entry(0, 0.0, "frame", sender=sender, frame=frame)


class TestFrames:
    def shown(self, redactor: Redactor, version: str, text: str, action: str = "", **more: Any) -> str:
        return redactor.case(version, "CS", **more).frame(frame_of(text, action=action))

    def test_a_described_token_has_its_name_and_nothing_else_changes(self, redactor: Redactor) -> None:
        text = '[2, "AABBCC01-1","Authorize",{"idTag" :"AABBCC01"}]'
        assert self.shown(redactor, "1.6", text) == text.replace(':"AABBCC01"', ':"«idToken valid»"')

    def test_the_same_value_has_the_same_placeholder_in_every_version_and_case(self, redactor: Redactor) -> None:
        first = self.shown(redactor, "1.6", '[2,"1","StartTransaction",{"idTag":"X-1"}]')
        other = self.shown(redactor, "1.6", '[2,"1","StartTransaction",{"idTag":"X-2"}]')
        again = self.shown(redactor, "2.1", '[2,"1","Authorize",{"idToken":{"idToken":"X-1","type":"Local"}}]')
        assert first == '[2,"1","StartTransaction",{"idTag":"«idToken 1»"}]'
        assert other == '[2,"1","StartTransaction",{"idTag":"«idToken 2»"}]'
        assert again == '[2,"1","Authorize",{"idToken":{"idToken":"«idToken 1»","type":"Local"}}]'

    @pytest.mark.parametrize(
        ("version", "text", "action", "secrets"),
        [
            ("1.6", '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"S3CRET"}]', "", ["S3CRET"]),
            (
                "1.6",
                (
                    '[3,"1",{"configurationKey":[{"key":"A","readonly":true,"value":"open"},'
                    '{"value":"S3CRET","key":"AuthorizationKey","readonly":false},{"key":"x_Password","value":"T2"}]}]'
                ),
                "GetConfiguration",
                ["S3CRET", "T2"],
            ),
            ("1.6", r'[2,"1","Authorize",{"idTag":"\u0053\u0033CRET"}]', "", ["CRET"]),
            ("1.6", '[2,"1","Authorize",{"idTag":{"nested":["S3CRET"]}}]', "", ["S3CRET"]),
            ("1.6", '[2,"1","Authorize",{"idTag":"one","idTag":"S3CRET"}]', "", ["S3CRET", "one"]),
            ("1.6", '[2,"1","Authorize",{"idTag":12345678}]', "", ["12345678"]),
            ("1.6", '[2,"1","Authorize",{"idTag":"S3CRET"', "", ["S3CRET"]),
            ("1.6", '[2,"1","Unheard",{"data":{"idTag":"S3CRET"}}]', "", ["S3CRET"]),
            ("1.6", r'[2,"1","DataTransfer",{"vendorId":"v","data":"{\"password\": \"S3CRET\"}"}]', "", ["S3CRET"]),
            ("1.6", '[4,"1","InternalError","wrong: \'idTag\': \'S3CRET\'",{"idTag":"T2"}]', "", ["S3CRET", "T2"]),
            (
                "2.0.1",
                (
                    '[2,"1","SetVariables",{"setVariableData":[{"attributeValue":"S3CRET","component":{"name":'
                    '"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}]'
                ),
                "",
                ["S3CRET"],
            ),
            (
                "2.1",
                (
                    '[2,"1","NotifyReport",{"reportData":[{"component":{"name":"AuthCtrlr"},"variable":{"name":'
                    '"MasterPassGroupId"},"variableAttribute":[{"value":"S3CRET"}]}]}]'
                ),
                "",
                ["S3CRET"],
            ),
            (
                "2.1",
                (
                    '[2,"1","SetNetworkProfile",{"connectionData":{"basicAuthPassword":"S3CRET","apn":{"simPin":99871},'
                    '"vpn":{"user":"u","key":"T2"}}}]'
                ),
                "",
                ["S3CRET", "99871", "T2"],
            ),
            ("2.0.1", '[3,"1",{"idTokenInfo":{"groupIdToken":{"idToken":"S3CRET"}}}]', "Authorize", ["S3CRET"]),
            (
                "2.0.1",
                '[2,"1","UpdateFirmware",{"firmware":{"location":"ftp://me:S3CRET@host/x?sig=T2&a=1"}}]',
                "",
                ["S3CRET", "T2"],
            ),
            ("2.0.1", '[2,"1","DataTransfer",{"data":"Authorization: Basic QTpC"}]', "", ["QTpC"]),
            (
                "2.0.1",
                r'[2,"1","DataTransfer",{"data":"-----BEGIN PRIVATE KEY-----\nS3CRET\n-----END PRIVATE KEY-----"}]',
                "",
                ["S3CRET"],
            ),
            (
                "2.0.1",
                '[2,"1","Authorize",{"idToken":{"additionalInfo":[{"additionalIdToken":"S3CRET"}]}}]',
                "",
                ["S3CRET"],
            ),
        ],
    )
    def test_secrets_go_and_the_rest_stays(
        self, redactor: Redactor, version: str, text: str, action: str, secrets: list[str]
    ) -> None:
        shown = self.shown(redactor, version, text, action)
        for secret in secrets:
            assert secret not in shown
        # All that is new is placeholders: with them taken out, what is left stood there before, in that order.
        rest = iter(text)
        assert all(character in rest for character in re.sub(r'"?«[^»]*»"?', "", shown))
        assert shown.count("«") == len(secrets)

    def test_what_is_no_secret_stays(self, redactor: Redactor) -> None:
        for text in (
            '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"300"}]',
            '[2,"1","GetConfiguration",{"key":["AuthorizationKey"]}]',
            '[2,"1","Authorize",{"idTag":""}]',
            '[2,"1","Authorize",{"idTag":null}]',
            '[3,"1",{"idTagInfo":{"status":"Accepted"}}]',
        ):
            assert self.shown(redactor, "1.6", text) == text

    def test_a_negative_test_shows_the_tokens_that_we_make_up(self, redactor: Redactor) -> None:
        ours = frame_of('[2,"1","RemoteStartTransaction",{"idTag":"AAAAAAAAAAAAAAAAAAAAA"}]', sender="CSMS")
        known = frame_of('[2,"1","RemoteStartTransaction",{"idTag":"AABBCC01"}]', sender="CSMS")
        theirs = frame_of('[2,"1","Authorize",{"idTag":"REAL-TOKEN"}]')
        secrets = redactor.case("1.6", "CS", campaign=True)
        assert "AAAAAAAAAAAAAAAAAAAAA" in secrets.frame(ours)
        for at, entry in enumerate((known, theirs), 1):
            entry.index = at
            assert "«idToken" in secrets.frame(entry)

    def test_kept_secrets_are_kept(self) -> None:
        kept = Redactor(keep=True)
        kept.describe(described())
        text = '[2,"1","Authorize",{"idTag":"AABBCC01"}]'
        assert self.shown(kept, "1.6", text) == text
        assert kept.text("password=abc ftp://a:b@c") == "password=abc ftp://a:b@c"


class TestTexts:
    def test_passwords_are_found_in_every_form(self, redactor: Redactor) -> None:
        password = described("CSMS").password
        dut = replace(described("CSMS"), password=b"open-sesame-open-sesame")
        redactor.describe(dut)
        import base64

        for form in (
            "open-sesame-open-sesame",
            b"open-sesame-open-sesame".hex(),
            b"open-sesame-open-sesame".hex().upper(),
            base64.b64encode(b"CS001:open-sesame-open-sesame").decode(),
        ):
            assert re.fullmatch(r"got '«password \d+[^»]*»' here", redactor.text(f"got '{form}' here"))
        assert password is None or password.decode() not in redactor.text(f"x {password.decode()} y")

    def test_a_token_in_other_letters_is_told_apart(self, redactor: Redactor) -> None:
        assert redactor.text("AABBCC01 aabbcc01 AABBCC011") == "«idToken valid» «idToken valid (other case)» AABBCC011"

    def test_short_values_go_only_between_quotes(self, redactor: Redactor) -> None:
        secrets = redactor.case("1.6", "CS")
        assert "«idToken 1»" in secrets.frame(frame_of('[2,"7","Authorize",{"idTag":"12"}]'))
        assert secrets.text("step 12: got '12', 12 s") == "step 12: got '«idToken 1»', 12 s"
        assert redactor.text("'12'") == "'12'", "only in the case in which it came"

    def test_operators_options(self) -> None:
        dut = described()
        settings = replace(dut.operator.default, options={"login": {"api_key": "abcdef-1"}}, url="http://u:pw-77@host")
        redactor = Redactor()
        redactor.describe(replace(dut, operator=replace(dut.operator, default=settings)))
        assert redactor.text("abcdef-1 and pw-77") == "«key 1» and «password 2»", "the first is the device's own"

    def test_a_value_of_any_shape(self, redactor: Redactor) -> None:
        given = {
            "idToken": {"idToken": "AABBCC01", "type": "ISO14443"},
            "list": ["x AABBCC02", 5, None],
            "password": "q",
        }
        assert redactor.value(given) == {
            "idToken": {"idToken": "«idToken valid»", "type": "ISO14443"},
            "list": ["x «idToken second»", 5, None],
            "password": "«password 2»",
        }

    def test_what_only_looks_like_a_secret_is_none_elsewhere(self, redactor: Redactor) -> None:
        assert redactor.text("login with password='none'") == "login with password='«password 2»'"
        assert redactor.text("none came, and none was expected: 'none'") == "none came, and none was expected: 'none'"

    def test_a_negative_test_says_what_it_does(self, redactor: Redactor) -> None:
        secrets = redactor.case("1.6", "CSMS", campaign=True)
        row = RowRecord("n", "", "c", "", "visit(login={'password': 'none'}, token='valid')", "silence", "e", "allowed")
        record = CaseRecord(
            "OC", "t", "1.6", "CSMS", "Core", "PASS", rows=[row], campaign={"cases": ["password='own'"]}
        )
        secrets.record(record)
        assert (record.rows[0].sent, record.rows[0].reaction) == (row.sent, "silence")
        assert record.campaign == {"cases": ["password='own'"]}

    def test_a_token_is_found_in_what_came_before_it(self, redactor: Redactor) -> None:
        trace = Trace()
        trace.add("note", 0.0, data={"text": "waits for LATE-TOKEN"})
        trace.add(
            "frame", 0.1, sender="CS", frame=frames.call("m", "DataTransfer", {"vendorId": "v", "data": "LATE-TOKEN"})
        )
        trace.add("frame", 0.2, sender="CS", frame=frames.call("n", "Authorize", {"idTag": "LATE-TOKEN"}))
        shown = [one.text for one in frame_records(trace.entries, redactor.case("1.6", "CS"))]
        assert all("LATE-TOKEN" not in one and "«idToken 1»" in one for one in shown)


class TestRecords:
    def record(self) -> CaseRecord:
        return CaseRecord(
            "TC_1",
            "t",
            "1.6",
            "CS",
            "Core",
            "FAIL",
            reason="token SEEN-1 is unknown",
            steps=[StepRecord(1, "Present SEEN-1", "AABBCC01 is taken")],
            findings=[FindingRecord("r", "MUST", "SEEN-1", "AABBCC02", "step 1", note="saw SEEN-1")],
            rows=[RowRecord("n", "Authorize", "c", "/idTag", '{"idTag":"AABBCC01"}', "SEEN-1", "e", "allowed")],
            campaign={"cases": ["present_token('AABBCC01')"], "played": 3},
        )

    def test_every_text_of_a_record(self, redactor: Redactor) -> None:
        secrets = redactor.case("1.6", "CS")
        trace = Trace()
        trace.add(
            "act", 0.0, data={"kind": "operator", "name": "present_token", "args": {"idToken": {"idToken": "SEEN-1"}}}
        )
        trace.add("frame", 0.1, sender="CS", frame=frames.call("m", "Authorize", {"idTag": "SEEN-1"}))
        trace.add(
            "act",
            0.2,
            data={
                "kind": "call",
                "name": "ChangeConfiguration",
                "args": {"key": "AuthorizationKey", "value": "0a1b2c3d"},
            },
        )
        trace.add(
            "act",
            0.3,
            data={
                "kind": "operator",
                "name": "csms_sends",
                "args": {"action": "ChangeConfiguration", "payload": {"key": "AuthorizationKey", "value": "ffeeddcc"}},
            },
        )
        record = self.record()
        record.frames = frame_records(trace.entries, secrets)
        text = json.dumps(secrets.record(record).to_json(), ensure_ascii=False)
        for secret in ("SEEN-1", "AABBCC01", "AABBCC02", "0a1b2c3d", "ffeeddcc"):
            assert secret not in text
        assert text.count("«idToken 1»") == 7 and record.campaign["played"] == 3
        assert json.loads(text) == json.loads(json.dumps(record.to_json()))

    def test_the_trace_itself_is_left_alone(self, redactor: Redactor) -> None:
        trace = Trace()
        entry = trace.add("frame", 0.1, sender="CS", frame=frames.call("m", "Authorize", {"idTag": "AABBCC01"}))
        act = trace.add("act", 0.2, data={"kind": "call", "name": "Authorize", "args": {"idTag": "AABBCC01"}})
        frame_records(trace.entries, redactor.case("1.6", "CS"))
        assert (
            entry.frame is not None and entry.frame.payload == {"idTag": "AABBCC01"} and "AABBCC01" in entry.frame.text
        )
        assert act.data["args"] == {"idTag": "AABBCC01"}

    def test_a_frame_is_cut_after_its_secrets_are_out(self, redactor: Redactor) -> None:
        text = json.dumps(
            [2, "1", "DataTransfer", {"vendorId": "x" * 4060, "data": '{"password":"S3CRET-LONG-ENOUGH"}'}]
        )
        trace = Trace()
        trace.add("frame", 0.1, sender="CS", frame=frames.parse(text))
        (record,) = frame_records(trace.entries, redactor.case("1.6", "CS"))
        assert "S3CRET" not in record.text and record.truncated


def test_processes_that_share_a_run_give_numbers_of_their_own(redactor: Redactor) -> None:
    redactor.part = "2"
    assert redactor.text("AABBCC01") == "«idToken valid»"
    assert redactor.placeholder("X", "idToken") == "«idToken 2.1»"


def test_threads_agree_on_placeholders() -> None:
    from concurrent.futures import ThreadPoolExecutor

    redactor = Redactor()
    secrets = [f"token-{number % 50}" for number in range(2000)]
    with ThreadPoolExecutor(8) as pool:
        shown = list(pool.map(lambda one: redactor.placeholder(one, "idToken"), secrets))
    assert len(set(shown)) == 50
    assert all(one == redactor.placeholder(secret, "idToken") for one, secret in zip(shown, secrets, strict=True))


def test_a_finding_has_one_fingerprint_whatever_the_placeholder(redactor: Redactor) -> None:
    told = [FindingRecord("r", "MUST", "a token", f"got '{token}'") for token in ("AABBCC01", "AABBCC02", "0123456789")]
    secrets = redactor.case("1.6", "CS")
    assert "«idToken valid»" in secrets.finding(told[0]).actual
    assert len({secrets.finding(one).fingerprint for one in told} | {one.fingerprint for one in told}) == 1
