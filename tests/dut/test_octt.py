"""The trigger convention of CSMSs, without one: names, whole payloads out of few fields, what is wrong in a line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from conformance.data import data_path
from conformance.dut.errors import DescriptionError
from conformance.dut.operators import Operator, OperatorUnable, OperatorUnreachable, make_operator
from conformance.dut.operators.completing import Completer, NothingToFillIn
from conformance.dut.operators.octt import kebab
from conformance.dut.reading import load_description, read_description
from conformance.ocppj.schema import SchemaStore
from conformance.ocppj.versions import VERSIONS, version

STORE = SchemaStore()
CSMS = load_description(data_path("docs", "devices", "reference-csms.toml"))
BASE = """
[device]
role = "CSMS"
identity = "CS 1"
versions = ["1.6", "2.0.1"]
[connection]
url = "ws://127.0.0.1:1"
[tokens]
valid = { idToken = "AABBCC01", type = "ISO14443" }
"""


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("RemoteStartTransaction", "remote-start-transaction"),
        ("Reset", "reset"),
        ("GetInstalledCertificateIds", "get-installed-certificate-ids"),
        ("SetDERControl", "set-der-control"),
        ("AFRRSignal", "afrr-signal"),
        ("GetDERControl", "get-der-control"),
    ],
)
def test_names(action: str, name: str) -> None:
    assert kebab(action) == name


def test_no_two_actions_share_a_name() -> None:
    for one in VERSIONS.values():
        assert len({kebab(action) for action in one.actions}) == len(one.actions)


ACTIONS = [
    (one, name) for one in VERSIONS.values() for name, action in one.actions.items() if action.may_be_sent_by("CSMS")
]


class TestCompleter:
    @pytest.mark.parametrize(("one", "name"), ACTIONS, ids=lambda one: getattr(one, "id", one))
    def test_what_it_makes_is_valid(self, one: Any, name: str) -> None:
        try:
            made = Completer(CSMS, one, STORE).complete(name, {})
        except NothingToFillIn as error:
            assert "nothing sensible can be filled in" in str(error)
            return
        assert STORE.judge(one, one.actions[name].request, made) == ()

    def test_most_of_what_cases_ask_for_can_be_made(self) -> None:
        unmade: dict[str, dict[str, str]] = {}
        for one, name in ACTIONS:
            try:
                Completer(CSMS, one, STORE).complete(name, {})
            except NothingToFillIn as error:
                unmade.setdefault(one.id, {})[name] = str(error).split()[3].rstrip(",")
        assert unmade["1.6"] == {
            "CertificateSigned": "certificateChain",
            "ChangeConfiguration": "key",
            "DeleteCertificate": "issuerNameHash",
            "InstallCertificate": "certificate",
            "RemoteStopTransaction": "transactionId",
            "SignedUpdateFirmware": "signingCertificate",
        }

    def test_what_was_asked_for_stands_and_null_is_left_out(self) -> None:
        made = Completer(CSMS, version("2.0.1"), STORE).complete(
            "RequestStartTransaction", {"evseId": 2, "idToken": {"idToken": "X", "type": "Local"}, "groupIdToken": None}
        )
        assert made.pop("remoteStartId") > 0
        assert made == {"evseId": 2, "idToken": {"idToken": "X", "type": "Local"}}

    def test_objects_and_lists_are_filled_inside(self) -> None:
        made = Completer(CSMS, version("2.0.1"), STORE).complete(
            "SetChargingProfile",
            {"chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile", "chargingSchedule": [{"duration": 5}]}},
        )
        assert STORE.judge(version("2.0.1"), "SetChargingProfileRequest", made) == ()
        profile = made["chargingProfile"]
        assert (profile["chargingProfilePurpose"], profile["chargingSchedule"][0]["duration"]) == (
            "TxDefaultProfile",
            5,
        )
        assert profile["chargingSchedule"][0]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 8.0}]

    def test_ids_are_not_used_twice(self) -> None:
        completer = Completer(CSMS, version("2.0.1"), STORE)
        made = [completer.complete("GetBaseReport", {})["requestId"] for _ in range(3)]
        assert len(set(made)) == 3

    def test_an_action_that_is_none(self) -> None:
        with pytest.raises(ValueError, match=r"Jump is no action of OCPP 1.6"):
            Completer(CSMS, version("1.6"), STORE).complete("Jump", {})


class Triggers(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.paths: list[str] = []
        self.found = "clear-cache"
        self.status = 200


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Triggers

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.reply(404, "")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.paths.append(self.path)
        found = self.path.endswith(f"/{self.server.found}")
        self.reply(self.server.status if found else 404, '{"error": "a reason"}')

    def reply(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


@pytest.fixture
def triggers() -> Iterator[Triggers]:
    server = Triggers()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def operator(url: str, more: str = "", tested: str = "") -> Operator:
    dut = read_description(tomllib.loads(f'{BASE}[operator]\nkind = "octt"\nurl = "{url}"\n{more}'), source="dut.toml")
    return make_operator(dut, version=tested)


SENDS = {"identity": "CS 1", "action": "ClearCache", "payload": {}}


class TestOperator:
    def test_the_path_names_version_station_and_action(self, triggers: Triggers) -> None:
        for tested, shown in (("1.6", "1.6"), ("", "2.0.1")):
            one = operator(triggers.url, tested=tested)
            one.check()
            assert one.verbs == {"csms_sends"}
            one.perform("csms_sends", **SENDS)
            assert triggers.paths.pop() == f"/api/octt/{shown}/CS%201/clear-cache"
            one.close()

    @pytest.mark.parametrize("found", ["call/ClearCache", "ClearCache"])
    def test_other_ways_are_tried_once(self, triggers: Triggers, found: str) -> None:
        triggers.found = found
        one = operator(triggers.url)
        one.perform("csms_sends", **SENDS)
        tried = len(triggers.paths)
        assert tried > 1
        one.perform("csms_sends", **SENDS)
        assert len(triggers.paths) == tried + 1
        one.close()

    @pytest.mark.parametrize(("found", "status"), [("clear-cache", 409), ("nothing", 200), ("call/ClearCache", 500)])
    def test_a_refusal_says_why(self, triggers: Triggers, found: str, status: int) -> None:
        triggers.found, triggers.status = found, status
        one = operator(triggers.url)
        with pytest.raises(OperatorUnable, match=r"csms_sends: POST /api/octt/2.0.1/CS%201/clear-cache: a reason"):
            one.perform("csms_sends", **SENDS)
        one.close()

    def test_what_cannot_be_filled_in_is_not_sent(self, triggers: Triggers) -> None:
        one = operator(triggers.url, tested="1.6")
        with pytest.raises(OperatorUnable, match="the request needs transactionId"):
            one.perform("csms_sends", identity="CS 1", action="RemoteStopTransaction", payload={})
        assert not triggers.paths
        one.close()

    def test_nobody_there(self) -> None:
        one = operator("http://127.0.0.1:9")
        with pytest.raises(OperatorUnreachable, match=r"at http://127.0.0.1:9 does not answer .+; start the CSMS, or"):
            one.check()
        with pytest.raises(OperatorUnable, match="did not answer"):
            one.perform("csms_sends", **SENDS)
        one.close()

    def test_a_person_can_do_the_rest(self, triggers: Triggers) -> None:
        one = operator(triggers.url, '[operator.verbs]\nanswer_boot = "manual"\n')
        one.check()
        assert one.verbs >= {"csms_sends"}
        with pytest.raises(OperatorUnable):
            one.perform("answer_boot", identity="CS 1", status="Pending")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('role = "CSMS"', 'role = "CS"', 'kind: "octt" tells a CSMS what to send; use "http"'),
        ("url = 'u'", "", "url: it is missing; add: url"),
        (
            "url = 'u'",
            "url = 'http://h'\nheaders = { A = 1 }",
            "[operator.headers] A: it is the number 1; write a text",
        ),
    ],
)
def test_mistakes_in_a_description(old: str, new: str, line: str) -> None:
    text = f"{BASE}[operator]\nkind = \"octt\"\nurl = 'u'\n".replace(old, new)
    if "CSMS" not in text.split("identity")[0]:
        text = text.replace('[connection]\nurl = "ws://127.0.0.1:1"\n', "").replace("'u'", "'http://h'")
    with pytest.raises(DescriptionError) as caught:
        read_description(tomllib.loads(text), source="dut.toml")
    assert line in str(caught.value)
