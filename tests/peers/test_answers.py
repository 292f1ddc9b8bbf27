"""What a fake answers: defaults, what a case declares over them, and what it can't read."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.dut.description import Token
from conformance.ocppj import frames
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS
from conformance.peers.csms import FakeCsms
from conformance.peers.peer import call_error, late
from tests.scripted import Device, csms_with_device, station_with_device

SCHEMAS = SchemaStore()


def payload_for(device: Device, action: str, **payload: Any) -> Any:
    """The payload of the answer to a CALL, None for none, the code of a CALLERROR."""
    answers = device.answers_to(device.calls(action, **payload))
    assert len(answers) <= 1
    if not answers:
        return None
    return answers[0].error_code if answers[0].type == frames.CALLERROR else answers[0].payload


class TestDefaults:
    @pytest.mark.parametrize("version_id", sorted(VERSIONS))
    def test_every_request_of_a_station_has_an_answer_that_the_schemas_allow(self, version_id: str) -> None:
        assert_defaults_are_valid(*csms_with_device(version_id), sender="CS")

    @pytest.mark.parametrize("version_id", sorted(VERSIONS))
    def test_every_request_of_a_csms_has_an_answer_that_the_schemas_allow(self, version_id: str) -> None:
        assert_defaults_are_valid(*station_with_device(version_id), sender="CSMS")

    def test_times_are_the_runs_own_clock(self, csms: FakeCsms, device: Device) -> None:
        before = payload_for(device, "Heartbeat")["currentTime"]
        device.clock.forward(90.0)
        after = payload_for(device, "Heartbeat")["currentTime"]
        assert before < after == csms.timestamp()
        assert after.endswith("Z") and len(after) == len("2030-01-01T00:00:00.000Z")

    def test_a_token_is_answered_as_the_description_classes_it(self, csms: FakeCsms, device: Device) -> None:
        csms.token_statuses = {"BAD": {"status": "Blocked"}}
        for token, status in (("BAD", "Blocked"), ("OTHER", "Accepted")):
            answer = payload_for(device, "Authorize", idToken={"idToken": token, "type": "ISO14443"})
            assert answer == {"idTokenInfo": {"status": status}}

    def test_a_token_is_answered_as_the_case_considers_it(self, csms: FakeCsms, device: Device) -> None:
        csms.token_statuses = {"CARD": {"status": "Accepted"}}
        token = Token(idToken="CARD", type="ISO14443")
        group = {"idToken": "FAMILY", "type": "Central"}
        csms.considers(token, status="Invalid", groupIdToken=group)
        told = {"idTokenInfo": {"status": "Invalid", "groupIdToken": group}}
        assert payload_for(device, "Authorize", idToken=dict(token)) == told
        assert csms.token_info("ANOTHER") == {"status": "Accepted"}

    def test_an_action_that_nobody_knows_is_not_implemented(self, device: Device) -> None:
        assert payload_for(device, "DoMagic") == "NotImplemented"

    def test_transaction_ids_of_16_are_never_reused(self) -> None:
        _, device = csms_with_device("1.6")
        start = {"connectorId": 1, "idTag": "A", "timestamp": "2030-01-01T00:00:00Z"}
        ids = [payload_for(device, "StartTransaction", **start, meterStart=one)["transactionId"] for one in range(3)]
        assert len(set(ids)) == 3

    def test_a_start_that_is_sent_again_has_the_id_of_the_first_time(self) -> None:
        _, device = csms_with_device("1.6")
        start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2030-01-01T00:00:00Z"}
        ids = [payload_for(device, "StartTransaction", **start)["transactionId"] for _ in range(2)]
        assert len(set(ids)) == 1


def assert_defaults_are_valid(peer: Any, device: Device, sender: str) -> None:
    for name, action in device.version.actions.items():
        if not action.may_be_sent_by(sender):
            continue
        payload = smallest(SCHEMAS.schema(device.version, action.request))
        assert not SCHEMAS.judge(device.version, action.request, payload), name
        answers = device.answers_to(frame_of(device, name, payload))
        if action.response is None:
            assert not answers, name
            continue
        assert answers, f"{name} got no answer"
        assert answers[0].type == frames.CALLRESULT, f"{name}: {answers[0].error_code}"
        found = SCHEMAS.judge(device.version, action.response, answers[0].payload)
        assert not found, f"{name}: {answers[0].payload} {found}"


def frame_of(device: Device, name: str, payload: dict[str, Any]) -> str:
    if device.version.actions[name].response is not None:
        return device.calls(name, **payload)
    device.says(frames.send("s1", name, payload).text)
    return "s1"


class TestDeclared:
    def test_fields_overlay_the_computed_answer(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("BootNotification", status="Pending", interval=5)
        for _ in range(2):
            answer = payload_for(device, "BootNotification")
            assert answer == {"status": "Pending", "interval": 5, "currentTime": csms.timestamp()}

    def test_an_ellipsis_removes_a_field(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("BootNotification", interval=...)
        assert set(payload_for(device, "BootNotification")) == {"status", "currentTime"}

    def test_what_a_case_leaves_out_it_leaves_out_knowingly(self, csms: FakeCsms, device: Device) -> None:
        for fields in ({"interval": ...}, {"interval": 7}):
            csms.answer("BootNotification", **fields)
            payload_for(device, "BootNotification")
        answers = [one for one in csms.trace.entries if one.kind == "frame" and one.sender == "CSMS"]
        assert [bool(one.data.get("knowingly")) for one in answers] == [True, False]

    def test_a_later_declaration_takes_the_place_of_the_earlier(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("BootNotification", status="Pending")
        csms.answer("BootNotification", interval=7)
        answer = payload_for(device, "BootNotification")
        assert (answer["status"], answer["interval"]) == ("Accepted", 7)

    def test_a_sequence_is_used_once_in_order(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("BootNotification", {"status": "Pending"}, call_error("InternalError"), None, {"interval": ...})
        seen = [payload_for(device, "BootNotification") for _ in range(5)]
        assert seen[0]["status"] == "Pending" and "currentTime" in seen[0]
        assert seen[1:3] == ["InternalError", None]
        assert "interval" not in seen[3] and seen[3]["status"] == "Accepted"
        assert seen[4]["status"] == "Accepted" and seen[4]["interval"] == 300

    def test_after_a_sequence_the_declared_fields_count(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("BootNotification", {"status": "Rejected"}, status="Pending")
        assert [payload_for(device, "BootNotification")["status"] for _ in range(3)] == [
            "Rejected",
            "Pending",
            "Pending",
        ]

    def test_withheld_for_good_and_refused_for_good(self, csms: FakeCsms, device: Device) -> None:
        csms.answer_always("Heartbeat", None)
        csms.answer_always("Authorize", call_error("SecurityError", "no"))
        assert [payload_for(device, "Heartbeat") for _ in range(2)] == [None, None]
        assert [payload_for(device, "Authorize") for _ in range(2)] == ["SecurityError", "SecurityError"]
        csms.forget_answers()
        assert "currentTime" in payload_for(device, "Heartbeat")

    def test_always_takes_the_place_of_what_is_left_of_a_sequence(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("Heartbeat", None, None)
        csms.answer_always("Heartbeat", {"currentTime": "2030-01-01T00:00:00Z"})
        assert payload_for(device, "Heartbeat") == {"currentTime": "2030-01-01T00:00:00Z"}

    def test_computed_from_the_request(self, csms: FakeCsms, device: Device) -> None:
        def by_status(request: Any) -> Any:
            return None if request.reason == "PowerUp" else {"interval": len(request.chargingStation.model)}

        csms.answer_always("BootNotification", by_status)
        assert payload_for(device, "BootNotification", reason="PowerUp") is None
        assert payload_for(device, "BootNotification", chargingStation={"model": "abc"})["interval"] == 3
        assert payload_for(device, "BootNotification")["interval"] == 0, "an absent field is no exception"

    @pytest.mark.parametrize("declared", ["sequence", "always"])
    def test_a_computed_answer_may_be_late_or_a_refusal(self, csms: FakeCsms, device: Device, declared: str) -> None:
        def compute(request: Any) -> Any:
            return call_error("InternalError") if request.reason == "Unknown" else late(2.0, status="Pending")

        if declared == "always":
            csms.answer_always("BootNotification", compute)
        else:
            csms.answer("BootNotification", compute, compute)
        assert payload_for(device, "BootNotification", reason="Unknown") == "InternalError"
        assert payload_for(device, "BootNotification", reason="PowerUp") is None
        csms.wait(lambda: False, within=2.5)
        assert device.last.payload["status"] == "Pending"
        assert device.last.payload["interval"] == 300, "it overlays the default answer"

    def test_a_late_answer_leaves_when_its_time_has_come(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("Heartbeat", late(3.0))
        id_ = device.calls("Heartbeat")
        csms.wait(lambda: False, within=2.9)
        assert device.answers_to(id_) == []
        csms.wait(lambda: False, within=0.2)
        assert len(device.answers_to(id_)) == 1
        assert csms.trace.entries[-1].at == pytest.approx(3.0)
        assert csms.trace.entries[-1].answers == 1

    def test_a_late_answer_counts_when_it_left(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("BootNotification", late(3.0, status="Accepted"))
        device.calls("BootNotification")
        assert not csms.accepted
        csms.wait(lambda: csms.accepted, within=4.0)
        assert device.clock.now() == pytest.approx(3.0)
        assert csms.seen("BootNotification")[0].answer.status == "Accepted"

    def test_answers_are_values_of_the_wire(self, csms: FakeCsms, device: Device) -> None:
        csms.answer(
            "Authorize", lambda request: {"idTokenInfo": {"status": "Accepted", "groupIdToken": request.idToken}}
        )
        token = {"idToken": "A", "type": "ISO14443"}
        assert payload_for(device, "Authorize", idToken=token)["idTokenInfo"]["groupIdToken"] == token

    def test_an_unknown_action_is_a_mistake_of_the_case(self, csms: FakeCsms) -> None:
        for declare in (csms.answer, lambda action: csms.answer_always(action, None)):
            with pytest.raises(ValueError, match=r"StartTransaction is no action of OCPP 2\.0\.1"):
                declare("StartTransaction")

    def test_the_answer_that_we_gave_stands_with_the_request(self, csms: FakeCsms, device: Device) -> None:
        csms.answer("BootNotification", {"status": "Pending"}, call_error("InternalError"), None)
        csms.act("operator", "power_cycle", {})
        for _ in range(3):
            device.calls("BootNotification")
        answered = [csms.expect("BootNotification").answer for _ in range(3)]
        assert [one.status or "" for one in answered] == ["Pending", "", ""]

    def test_a_case_begins_with_the_default_answers(self, csms: FakeCsms, device: Device) -> None:
        csms.answer_always("Heartbeat", None)
        csms.answer("Authorize", None)
        csms.begin(csms.trace, Silent())
        assert payload_for(device, "Heartbeat") and payload_for(device, "Authorize")


class Silent:
    """A judge without an opinion."""

    def observe(self, entry: Any) -> None:
        """Nothing."""


class TestUnreadable:
    """A CALL that is none gets a CALLERROR and no request is handed to the case."""

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ('[2,"x","BootNotification"]', "FormatViolation"),
            ('[2,"x","BootNotification",[]]', "FormatViolation"),
            ('[2,"x","BootNotification",{}', "FormatViolation"),
            ('[2,"x"]', "FormatViolation"),
            ('[2,"x",3,{}]', "FormatViolation"),
            ('[2,"x","BootNotification",{},{}]', None),
        ],
    )
    def test_with_an_id(self, csms: FakeCsms, device: Device, text: str, code: str | None) -> None:
        csms.answer("BootNotification", {"status": "Pending"})
        device.says(text)
        answer = device.answers_to("x")[0]
        assert answer.error_code == (code or "")
        assert code is None or "status" not in str(csms._overlays["BootNotification"][1:]), "no answer is used up"

    def test_null_stands_for_no_fields(self, csms: FakeCsms, device: Device) -> None:
        device.says('[2,"x","Heartbeat",null]')
        assert "currentTime" in device.answers_to("x")[0].payload
        csms.expect("Heartbeat")

    def test_the_spelling_is_the_versions_own(self) -> None:
        _, device = csms_with_device("1.6")
        device.says('[2,"x","Heartbeat",[]]')
        assert device.last.error_code == "FormationViolation"

    def test_without_an_id(self, device: Device) -> None:
        device.says('[2,7,"Heartbeat",{}]')
        assert (device.last.id, device.last.error_code) == ("-1", "RpcFrameworkError")
        _, old = csms_with_device("1.6")
        old.says('[2,7,"Heartbeat",{}]')
        assert old.heard == []

    @pytest.mark.parametrize(
        "text", ["", "nonsense", "{}", "[]", '["2","x","Heartbeat",{}]', '[9,"x","Heartbeat",{}]', b"\xff"]
    )
    def test_what_is_no_call_is_recorded_and_not_answered(
        self, csms: FakeCsms, device: Device, text: str | bytes
    ) -> None:
        device.says(text)
        assert device.heard == []
        assert csms.trace.entries[-1].kind == "frame"

    @pytest.mark.parametrize(
        "payload", [{}, {"idToken": None}, {"idToken": "x"}, {"idToken": []}, {"idToken": {"idToken": 3}}]
    )
    def test_a_payload_against_the_schema_is_answered_all_the_same(self, device: Device, payload: Any) -> None:
        assert payload_for(device, "Authorize", **payload) == {"idTokenInfo": {"status": "Accepted"}}
        assert payload_for(device, "TransactionEvent", **payload) is not None

    @pytest.mark.parametrize(
        ("action", "payload"),
        [
            ("GetVariables", {"getVariableData": "x"}),
            ("GetVariables", {"getVariableData": ["x", {"component": 3}]}),
            ("SetVariables", {"setVariableData": [None]}),
            ("SetVariableMonitoring", {"setMonitoringData": 3}),
            ("ClearVariableMonitoring", {"id": 4}),
        ],
    )
    def test_nor_does_a_csms_that_breaks_the_schema_crash_our_station(
        self, action: str, payload: dict[str, Any]
    ) -> None:
        peer, device = station_with_device()
        assert payload_for(device, action, **payload) is not None
        peer.wait(lambda: True)

    @pytest.mark.parametrize(
        ("action", "payload"),
        [("GetConfiguration", {"key": 3}), ("GetConfiguration", {"key": [[]]}), ("ChangeConfiguration", {"key": {}})],
    )
    def test_nor_one_of_16(self, action: str, payload: dict[str, Any]) -> None:
        peer, device = station_with_device("1.6")
        assert payload_for(device, action, **payload) is not None
        peer.wait(lambda: True)


def smallest(schema: Any, root: Any = None) -> Any:
    """The smallest value of a schema, with its required members only."""
    root = schema if root is None else root
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: smallest(schema["properties"][name], root) for name in schema.get("required", ())}
    if kind == "array":
        return [smallest(schema["items"], root)] * max(schema.get("minItems", 0), 1)
    if kind == "string":
        return {"date-time": "2030-01-01T00:00:00Z", "uri": "http://127.0.0.1/x"}.get(schema.get("format", ""), "1")
    return {"boolean": False, "integer": 1, "number": 1}.get(kind, "x")
