"""Operators: every kind makes its acts, and says in one line why it could not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from conformance.dut.description import Dut
from conformance.dut.operators import (
    DeviceMisbehaved,
    Operator,
    OperatorUnable,
    OperatorUnreachable,
    make_operator,
    verbs_of,
)
from conformance.dut.operators.manual import ManualOperator, NoTerminal
from conformance.dut.reading import read_description

BASE = """
[device]
role = "CS"
identity = "CS001"
versions = ["2.0.1"]
[tokens]
valid = { idToken = "AABBCC01", type = "ISO14443" }
"""
PLACE = {"evseId": 1, "connectorId": 1}


def described(operator: str, folder: Path = Path()) -> Dut:
    return read_description(tomllib.loads(BASE + operator), source=str(folder / "dut.toml"))


class Bench(ThreadingHTTPServer):
    """An operator behind HTTP that remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.role = "CS"
        self.acts: list[tuple[str, Any]] = []
        self.connections: set[int] = set()
        self.release = threading.Event()


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Bench

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def answer(self, status: int, body: str) -> None:
        self.server.connections.add(self.client_address[1])
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_GET(self) -> None:
        self.answer(200, json.dumps({"role": self.server.role, "verbs": ["plug_in", "unplug", "suspend_ev", "dance"]}))

    def do_POST(self) -> None:
        verb = self.path.rsplit("/", 1)[1]
        self.server.acts.append((verb, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        if verb == "unplug":
            self.answer(409, '{"error": "nothing is plugged in"}')
        elif verb == "suspend_ev":
            self.server.release.wait(10)
            self.answer(500, "<h1>Internal Server Error</h1>")
        else:
            self.answer(200, '{"took": 0.1}')


@pytest.fixture
def bench() -> Iterator[Bench]:
    server = Bench()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


def http(bench: Bench, more: str = "") -> Operator:
    return make_operator(described(f'[operator]\nkind = "http"\nurl = "{bench.url}"\n{more}'))


def test_http_makes_acts_over_one_connection(bench: Bench) -> None:
    operator = http(bench)
    operator.check()
    assert operator.verbs == {"plug_in", "unplug", "suspend_ev"}
    assert str(operator.perform("plug_in", **PLACE)["took"]) == "0.1"
    with pytest.raises(OperatorUnable, match="unplug: nothing is plugged in"):
        operator.perform("unplug", **PLACE, side="EV")
    assert bench.acts == [("plug_in", PLACE), ("unplug", {**PLACE, "side": "EV"})]
    assert len(bench.connections) == 1
    operator.close()
    operator.close()


def test_http_gives_up_in_time_and_shows_an_answer_that_is_no_json(bench: Bench) -> None:
    operator = http(bench, "timeout = 0.05")
    with pytest.raises(OperatorUnable, match=r"suspend_ev: http://\S+ did not answer \(within 0.05 s\)"):
        operator.perform("suspend_ev", **PLACE)
    bench.release.set()
    slow = http(bench)
    with pytest.raises(OperatorUnable, match="status 500: <h1>Internal"):
        slow.perform("suspend_ev", **PLACE)
    operator.close()
    slow.close()


def test_http_that_nobody_answers_is_one_line(bench: Bench) -> None:
    bench.shutdown()
    bench.server_close()
    operator = http(bench)
    with pytest.raises(OperatorUnreachable) as caught:
        operator.check()
    assert str(caught.value) == (
        f"the operator at {bench.url} does not answer (Connection refused); "
        "start it, or correct operator.url in dut.toml"
    )


def test_http_for_the_other_role_is_refused(bench: Bench) -> None:
    bench.role = "CSMS"
    operator = http(bench)
    with pytest.raises(OperatorUnreachable, match="is for a CSMS, the device is a CS"):
        operator.check()
    operator.close()


PROGRAM = """\
import json, sys, time
asked = json.load(sys.stdin)
if asked["verb"] == "verbs": print('{"verbs": ["plug_in", "unplug", "power_cycle", "network_down", "network_up"]}')
elif asked["verb"] == "plug_in": print(json.dumps(asked["args"]))
elif asked["verb"] == "unplug": print("first line", file=sys.stderr); sys.exit("the relay is stuck")
elif asked["verb"] == "power_cycle": time.sleep(60)
elif asked["verb"] == "network_down": print("cut")
"""


def test_command_runs_a_program_for_each_act(tmp_path: Path) -> None:
    (tmp_path / "operate.py").write_text(PROGRAM)
    argv = json.dumps([sys.executable, "operate.py"])
    operator = make_operator(described(f'[operator]\nkind = "command"\nargv = {argv}\n', tmp_path))
    operator.check()
    assert operator.verbs == {"plug_in", "unplug", "power_cycle", "network_down", "network_up"}
    assert operator.perform("plug_in", **PLACE) == PLACE
    assert operator.perform("network_up") == {}
    with pytest.raises(OperatorUnable, match="unplug: exit code 1: the relay is stuck"):
        operator.perform("unplug", **PLACE)
    with pytest.raises(OperatorUnable, match=r"network_down: .* printed no JSON object: cut"):
        operator.perform("network_down")


def test_command_that_does_not_end_is_killed(tmp_path: Path) -> None:
    (tmp_path / "operate.py").write_text(PROGRAM)
    argv = json.dumps([sys.executable, "operate.py"])
    operator = make_operator(described(f'[operator]\nkind = "command"\nargv = {argv}\ntimeout = 0.3\n', tmp_path))
    with pytest.raises(OperatorUnable, match=r"did not end within 0.3 s"):
        operator.perform("power_cycle")


def test_command_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    operator = make_operator(described('[operator]\nkind = "command"\nargv = ["./nothing"]\n', tmp_path))
    with pytest.raises(OperatorUnreachable, match=r"`./nothing` .*cannot be run \(No such file"):
        operator.check()


MODULE = """\
from conformance.dut.operators import DeviceMisbehaved
class Relays:
    closed = 0
    def __init__(self, port="none"): self.port = port
    def plug_in(self, evseId, connectorId): return {"port": self.port}
    def unplug(self, evseId, connectorId, side): raise RuntimeError("the relay is stuck")
    def free_bay(self, evseId): raise DeviceMisbehaved("free_bay", "the barrier fell")
    def close(self): Relays.closed += 1
class Whole:
    verbs = {"plug_in", "dance"}
    def perform(self, verb, **args): return {"verb": verb}
class Broken:
    def __init__(self): raise OSError("no such port")
"""


def python(name: str, folder: Path, more: str = "") -> Operator:
    return make_operator(described(f'[operator]\nkind = "python"\nclass = "{name}"\n{more}', folder))


def test_python_classes_make_acts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bench_relays.py").write_text(MODULE)
    operator = python("bench_relays:Relays", tmp_path, '[operator.options]\nport = "usb0"')
    operator.check()
    monkeypatch.delitem(sys.modules, "bench_relays", raising=False)
    assert operator.verbs == {"plug_in", "unplug", "free_bay"}
    with pytest.raises(DeviceMisbehaved, match="free_bay: the barrier fell"):
        operator.perform("free_bay", evseId=1)
    assert operator.perform("plug_in", **PLACE) == {"port": "usb0"}
    with pytest.raises(OperatorUnable, match="unplug: RuntimeError: the relay is stuck"):
        operator.perform("unplug", **PLACE, side="EV")
    with pytest.raises(OperatorUnable, match="does not have this verb"):
        operator.perform("power_cycle")
    operator.close()
    whole = python("bench_relays:Whole", tmp_path)
    whole.check()
    assert whole.verbs == {"plug_in"} and whole.perform("plug_in", **PLACE) == {"verb": "plug_in"}
    assert str(tmp_path) not in sys.path


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("bench_relays:Relay", 'module bench_relays has no class Relay; did you mean "Relays"?'),
        ("bench_relayz:Relays", "No module named 'bench_relayz'"),
        ("bench_relays:Broken", "cannot be made (OSError: no such port); mend the class"),
        ("relays", 'no installed package has an operator "relays"'),
    ],
)
def test_python_classes_that_cannot_be_used_are_one_line(tmp_path: Path, name: str, what: str) -> None:
    (tmp_path / "bench_relays.py").write_text(MODULE)
    with pytest.raises(OperatorUnreachable) as caught:
        python(name, tmp_path).check()
    assert what in str(caught.value) and "\n" not in str(caught.value)
    sys.modules.pop("bench_relays", None)


class Typed:
    """A terminal with answers prepared."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.shown: list[str] = []

    def ask(self, text: str, timeout: float) -> str:
        self.shown.append(text)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_person_is_told_what_to_do_one_numbered_act_after_the_other() -> None:
    terminal = Typed("", "d it clicked")
    operator = make_operator(described(""), terminal=terminal)
    operator.check()
    assert operator.verbs == verbs_of("CS") - {"read_meter", "read_qr_code"}
    made = operator.perform("present_token", idToken={"idToken": "AABBCC01", "type": "ISO14443"}, evseId=1)
    assert made["seconds"] >= 0 and made["note"] == ""
    assert operator.perform("plug_in", **PLACE)["note"] == "it clicked"
    assert "Act 1: Present token AABBCC01 (ISO14443) at EVSE 1." in terminal.shown[0]
    assert "Act 2: Plug an EV into connector 1 of EVSE 1." in terminal.shown[1]
    assert re.search(r"You have 10 min, until \d\d:\d\d:\d\d\.\n", terminal.shown[0])


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        (("c no cable here",), "the person could not do it: no cable here"),
        (("C", "no cable"), "the person could not do it: no cable"),
        (("can't reach it",), "the person could not do it: reach it"),
        (("cannot", ""), "the person could not do it: no reason given"),
        (("the cable is missing", "c it is gone"), "the person could not do it: it is gone"),
        ((NoTerminal("there is no terminal"),), "there is no terminal; run it on a terminal"),
        ((TimeoutError(),), "nobody answered within 600 s"),
    ],
)
def test_a_person_who_cannot_makes_the_act_impossible(answers: tuple[str | Exception, ...], what: str) -> None:
    operator = ManualOperator("CS", terminal=Typed(*answers))
    with pytest.raises(OperatorUnable) as caught:
        operator.perform("plug_in", **PLACE)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "note"),
    [(("m it sparks",), "it sparks"), (("M", "it sparks"), "it sparks"), (("misbehaved", ""), "no note given")],
)
def test_a_device_that_misbehaved_is_told_apart_from_an_act_that_was_not_made(
    answers: tuple[str, ...], note: str
) -> None:
    operator = ManualOperator("CS", terminal=Typed(*answers))
    with pytest.raises(DeviceMisbehaved) as caught:
        operator.perform("plug_in", **PLACE)
    assert caught.value.note == note


def test_an_answer_that_is_none_is_asked_again_and_never_taken_for_done() -> None:
    terminal = Typed("plugged", "no idea what you mean", "it is stuck")
    operator = ManualOperator("CS", terminal=terminal, timeout=90)
    with pytest.raises(OperatorUnable, match="could not do it: idea what you mean"):
        operator.perform("plug_in", **PLACE)
    assert "You have 1 min 30 s" in terminal.shown[0] and "Not understood" in terminal.shown[1]


# A leader of a new session that opens a terminal without O_NOCTTY makes it its controlling one.
ASK = """
import os, sys
if len(sys.argv) > 2: os.open(sys.argv[2], os.O_RDWR)
from conformance.dut.operators.base import OperatorUnable
from conformance.dut.operators.manual import ManualOperator
try: print(ManualOperator("CS", timeout=float(sys.argv[1])).perform("power_cycle")["note"])
except OperatorUnable as error: print(error)
"""


def asked(typed: bytes | None, timeout: float) -> tuple[str, str]:
    """What a process with a controlling terminal of its own shows there, and what it makes of the answer."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", ASK, str(timeout), os.ttyname(theirs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        shown = b""
        while not shown.endswith(b"> "):
            shown += os.read(ours, 1000)
        if typed is not None:
            os.write(ours, typed)
        assert process.stdout is not None
        said = process.stdout.read().decode()
    os.close(ours)
    os.close(theirs)
    return shown.decode(), said.strip()


def test_the_controlling_terminal_is_asked_past_captured_streams() -> None:
    shown, said = asked(b"d a click\n", 10)
    assert "Act 1: Switch the power of the charging station off and on again." in shown
    assert said == "a click"
    assert asked(None, 0.05)[1].startswith("power_cycle: nobody answered within 0.05 s")


def test_without_a_terminal_an_act_fails_at_once() -> None:
    command = [sys.executable, "-c", ASK, "600"]
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=True, timeout=20, check=True)
    assert done.stdout.startswith("power_cycle: there is no terminal to ask on")


def test_verbs_can_be_shared_out(bench: Bench) -> None:
    terminal = Typed("", "")
    text = f"""
[operator]
kind = "http"
url = "{bench.url}"
[operator.verbs]
unplug = "manual"
power_cycle = "person"
suspend_ev = "http"
[operators.person]
kind = "manual"
"""
    operator = make_operator(described(text), terminal=terminal)
    operator.check()
    assert operator.verbs == {"plug_in", "unplug", "suspend_ev", "power_cycle"}
    operator.perform("plug_in", **PLACE)
    operator.perform("unplug", **PLACE, side="EV")
    operator.perform("power_cycle")
    assert [verb for verb, _ in bench.acts] == ["plug_in"]
    assert len(terminal.shown) == 2
    operator.close()


@pytest.mark.parametrize(
    ("verb", "args", "what"),
    [
        ("dance", {}, "there is no verb dance"),
        ("plug_in", {"evseId": 1}, "plug_in needs connectorId"),
        ("free_bay", {"evse": 1}, "free_bay has no argument evse; it has evseId"),
    ],
)
def test_calls_that_no_operator_understands_are_our_mistake(verb: str, args: dict[str, Any], what: str) -> None:
    operator = make_operator(described(""), terminal=Typed())
    with pytest.raises(TypeError, match=what):
        operator.perform(verb, **args)
