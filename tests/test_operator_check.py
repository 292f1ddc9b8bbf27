"""`ocpp-conformance check-operator`: what is tried, what the wire shows of it, what is to be mended."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from conformance import cli
from conformance.data import data_path
from conformance.dut.operators import verbs_of
from conformance.reference.launch import start_csms
from tests.lifecycle.conftest import described_with_operator, free_port, station_process


def checked(
    capsys: pytest.CaptureFixture[str], folder: Path, *options: str, code: int = 0
) -> tuple[dict[str, list[str]], str]:
    """Run the command; the verbs by state, in the order in which they were tried, and all that was printed."""
    assert cli.main(["check-operator", "--ocpp-dut", str(folder / "dut.toml"), *options]) == code
    out = capsys.readouterr().out
    states: dict[str, list[str]] = {}
    for line in out.splitlines():
        if found := re.match(r"(works|mend|skipped|absent) +(\w+)", line):
            states.setdefault(found[1], []).append(found[2])
    return states, out


class Proxy(ThreadingHTTPServer):
    """An operator that passes acts on, but for those that it breaks: by an error, or by doing nothing at all."""

    daemon_threads = True

    def __init__(self, behind: str, **broken: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.behind, self.broken = behind, broken

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Passing(BaseHTTPRequestHandler):
    server: Proxy

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        listed = json.load(urlopen(self.server.behind + self.path))
        listed["verbs"] = [one for one in listed["verbs"] if self.server.broken.get(one) != "absent"]
        self.answer(200, listed)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        broken = self.server.broken.get(self.path.rpartition("/")[2])
        if broken == "refuses":
            return self.answer(409, {"error": "the relay is stuck"})
        if broken != "does nothing":
            urlopen(Request(self.server.behind + self.path, body, {"Content-Type": "application/json"})).close()
        return self.answer(200, {})

    def answer(self, status: int, value: dict[str, Any]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())


@contextlib.contextmanager
def proxy(behind: str, **broken: str) -> Iterator[str]:
    server = Proxy(behind, **broken)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_NEVER_TRIED = (
    *("cancel_payment", "choose_stop", "enter_limit", "enter_vat_number", "fail_settlement"),
    *("present_card", "pull_cable", "read_qr_code", "start_session", "stop_ev_session", "use_phases"),
)


def test_a_station_is_led_through_a_session_and_left_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    with station_process(f"ws://127.0.0.1:{port}/ocpp") as (_, operator):
        described_with_operator(tmp_path, port, operator)
        states, out = checked(capsys, tmp_path)
    assert set(states) == {"works", "skipped"} and states["skipped"] == [*_NEVER_TRIED]
    assert set(states["works"]) == verbs_of("CS") - {*_NEVER_TRIED}
    assert "plug_in        done in " in out and "StatusNotification Occupied" in out
    assert "nothing to mend" in out
    for done, undone in (("plug_in", "unplug"), ("network_down", "network_up"), ("cause_fault", "clear_fault")):
        assert states["works"].index(done) < states["works"].index(undone)


def test_what_does_not_work_is_told_with_what_to_mend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    broken = {"cause_fault": "refuses", "plug_in": "does nothing", "power_cycle": "absent", "read_meter": "absent"}
    with (
        station_process(f"ws://127.0.0.1:{port}/ocpp") as (_, operator),
        proxy(operator, **broken) as url,
    ):
        described_with_operator(tmp_path, port, url)
        states, out = checked(capsys, tmp_path, code=1)
    assert {"cause_fault", "plug_in"} <= set(states["mend"])
    assert {"clear_fault", "ev_not_ready", "unplug"} <= set(states["skipped"]), "they make no sense without the first"
    assert states["absent"] == ["power_cycle", "read_meter"]
    assert "cause_fault    the relay is stuck; mend it, or have another operator do it ([operator.verbs])" in out
    assert "as the operator says, but the wire shows no change of the connector's status within 0.6 s" in out
    assert re.search(
        r'power_cycle +up to \d+ cases will be INCONCLUSIVE; add it, or write under .* power_cycle = "man', out
    )
    assert re.search(r"read_meter +no case depends on it\n", out)


@pytest.mark.parametrize("option", [(), ("--no-device",)])
def test_without_the_device_the_operators_word_is_all_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: tuple[str, ...]
) -> None:
    with station_process(f"ws://127.0.0.1:{free_port()}/ocpp") as (_, operator):
        described_with_operator(tmp_path, free_port(), operator)
        path = tmp_path / "dut.toml"
        path.write_text(path.read_text().replace("boot = 4", "boot = 0.2"))
        states, out = checked(capsys, tmp_path, *option)
    assert ("the device is not connected (the station has not connected within 0.2 s)" in out) is not option
    assert "plug_in" in states["works"] and "then " not in out.partition("works")[2]


def test_a_csms_is_had_to_send_what_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.closing(start_csms("2.0.1")) as device:
        text = data_path("docs", "devices", "reference-csms.toml").read_text("utf-8")
        text = text.replace("ws://127.0.0.1:9001/ocpp", device.addresses["ocpp"])
        text = text.replace('["1.6", "2.0.1", "2.1"]', '["2.0.1"]').replace("reference-firmware", "fw")
        text = re.sub(r"^firmware_.*\n", "", text, flags=re.MULTILINE)
        (tmp_path / "dut.toml").write_text(text.replace("http://127.0.0.1:9101", device.addresses["operator"]))
        states, out = checked(capsys, tmp_path)
        assert states == {
            "works": ["csms_sends"] * 3 + ["answer_boot"],
            "skipped": ["limit_transaction", "pay_at_kiosk", "pay_on_web"],
        }
        assert "GetVariables: done in " in out and "then GetVariables" in out
        assert "a BootNotification was answered Pending, the next one Accepted" in out
        states, out = checked(capsys, tmp_path, "--no-device")
        assert states == {
            "skipped": [*["csms_sends"] * 3, "answer_boot", "limit_transaction", "pay_at_kiosk", "pay_on_web"]
        }


def test_which_device_is_asked_for_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check-operator"]) == 2
    assert capsys.readouterr().err == (
        "ocpp-conformance: which device? give --ocpp-dut FILE; `ocpp-conformance init` writes one\n"
    )
