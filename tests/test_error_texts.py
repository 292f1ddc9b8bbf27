"""Every error text of the description, the operators and the options, with the mistake that causes it.

A row is a mistake and the exact text that it gets: what is wrong, where, and what to do. `test_every_error_is_listed`
reads the source: an error that no row provokes fails it, so a new one needs a new row.

`{tmp}` stands for the folder of the test, `{port}` for a port on which nobody listens.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import socket
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Any, ClassVar

import pytest

import conformance
from conformance import cli, interview
from conformance.cases.case import CaseInfo
from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.selection import Wishes, select
from conformance.dut.algebra import parse
from conformance.dut.baseline import load_baseline, with_baseline
from conformance.dut.description import Connector, Dut
from conformance.dut.lines import line_numbers
from conformance.dut.operators import make_operator
from conformance.dut.operators.manual import ControllingTerminal, ManualOperator
from conformance.dut.pages import renewed
from conformance.dut.reading import load_description, read_description
from conformance.fuzz import acts
from conformance.fuzz.corpus import to_json
from conformance.holder import Holder, RunError
from conformance.ocppj.schema import SchemaStore
from conformance.report.record import RunInfo, RunRecord
from conformance.run import Run, Settings
from conformance.workers import Lab
from tests.dut.test_description import CSMS, STATION
from tests.fuzz.test_corpus import saved
from tests.lifecycle.conftest import description, free_port

ROOT = Path(conformance.__file__).resolve().parent
RUN = ROOT / "run.py"
"""Raises what is wrong with options; what it tells besides are problems of a run that is under way."""
COVERED = [
    *sorted((ROOT / "dut").rglob("*.py")),
    *(ROOT / name for name in ("plugin.py", "cli.py", "record_commands.py", "init.py", "interview.py")),
    RUN,
    *(ROOT / name for name in ("holder.py", "workers.py")),
    ROOT / "cases" / "selection.py",
    ROOT / "fuzz" / "corpus.py",
    *(ROOT / "report" / name for name in ("evidence.py", "signing.py")),
]
"""Where the errors of descriptions, operators and options are worded."""
TELLING = {"problem", "unknown"}
"""Calls that word an error without raising it: `checks.problem(...)`."""
NOT_LISTED = {
    "CaseFailed": "carries a verdict, no text",
    "NoAnswer": "its cause stands in the text of who catches it",
    "TimeoutError": "as NoAnswer",
    "OSError": "its cause stands in the text of who catches it",
    "NotImplementedError": "what pytest-xdist asks of other schedulers, and never of ours",
    "_Broken": "carries what a case had come to, no text",
    "broken.interrupted": "as _Broken",
}
"""What is raised and is no text for a user, by its name in the source."""


@dataclass(frozen=True, slots=True)
class Row:
    """A mistake, how to make it, and the text that it gets. `provoke` returns the text, or raises what has it."""

    mistake: str
    provoke: Callable[[Path], str | None]
    text: str


# ---------------------------------------------------------------------- ways to make a mistake


def described(text: str) -> Callable[[Path], str | None]:
    def provoke(folder: Path) -> None:
        text_here = text.replace("{tmp}", str(folder))
        read_description(tomllib.loads(text_here), source="dut.toml", lines=line_numbers(text_here))

    return provoke


def station(mistake: str, old: str, new: str, text: str) -> Row:
    """A change to a good description of a station."""
    assert old in STATION, old
    return Row(mistake, described(STATION.replace(old, new, 1)), text)


def csms(mistake: str, old: str, new: str, text: str) -> Row:
    """A change to a good description of a CSMS."""
    assert old in CSMS, old
    return Row(mistake, described(CSMS.replace(old, new, 1)), text)


def added(mistake: str, lines: str, text: str) -> Row:
    """Further sections of a good description of a station."""
    return station(mistake, "[features]", f"{lines}\n[features]", text)


def loaded(mistake: str, content: bytes | None, text: str, load: Callable[[Path], Any] = load_description) -> Row:
    """A file that is to be read; None: it is not there."""

    def provoke(folder: Path) -> None:
        if content is not None:
            (folder / "dut.toml").write_bytes(content)
        load(folder / "dut.toml")

    return Row(mistake, provoke, text)


def asked_for(mistake: str, ask: Callable[[Dut], Any], text: str) -> Row:
    """Something that a case asks of a description."""

    def provoke(folder: Path) -> None:
        dut = read_description(tomllib.loads(STATION), source=str(folder / "dut.toml"))
        ask(dut)

    return Row(mistake, provoke, text)


PLACE = {"evseId": 1, "connectorId": 1}
PROGRAM = """\
import json, sys, time
verb = json.load(sys.stdin)["verb"]
if verb == "verbs": print('{"verbs": ["plug_in", "unplug", "power_cycle", "network_down", "network_up"]}')
elif verb == "plug_in": sys.exit(3)
elif verb == "unplug": sys.exit("the relay is stuck")
elif verb == "power_cycle": time.sleep(60)
elif verb == "network_down": print("cut")
"""
MODULE = """\
from conformance.dut.operators import DeviceMisbehaved
class Relays:
    def plug_in(self, evseId, connectorId): raise RuntimeError("the relay is stuck")
    def unplug(self, evseId, connectorId): raise DeviceMisbehaved("unplug", "the lock stayed shut")
class Locked:
    def check(self): raise OSError("no such port")
class Unmade:
    def __init__(self): raise OSError("no such port")
"""


def operated(
    mistake: str, section: str, text: str, verb: str = "", *, checked: bool = True, base: str = STATION, **args: Any
) -> Row:
    """An operator that is checked, and (with `verb`) makes an act."""

    def provoke(folder: Path) -> None:
        (folder / "operate.py").write_text(PROGRAM)
        (folder / "error_relays.py").write_text(MODULE)
        with served() as (url, port):
            filled = section.format(url=url, port=port, python=sys.executable)
            content = tomllib.loads(base + filled)
            operator = make_operator(read_description(content, source=str(folder / "dut.toml")))
            try:
                if checked:
                    operator.check()
                if verb:
                    operator.perform(verb, **args)
            finally:
                operator.close()
                sys.modules.pop("error_relays", None)

    return Row(mistake, provoke, text)


class _Strange(BaseHTTPRequestHandler):
    """An operator that answers each path in a wrong way of its own."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def answered(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_GET(self) -> None:
        answers = {
            "/page": (404, "<h1>Not Found</h1>"),
            "/csms": (200, '{"role": "CSMS", "verbs": ["csms_sends"]}'),
            "/listless": (200, '{"role": "CS", "verbs": "all"}'),
        }
        self.answered(*answers.get(self.path.removesuffix("/verbs"), (200, '{"verbs": ["plug_in", "unplug"]}')))

    def do_POST(self) -> None:
        if self.path.endswith("/plug_in"):
            self.answered(409, '{"error": "nothing to plug in"}')
        elif self.path.endswith("/power_cycle"):
            _RELEASED.wait(10)
        elif self.path.endswith("/network_down"):
            self.wfile.write(b"nonsense\r\n\r\n")
        else:
            self.answered(500, "<h1>Internal Server Error</h1>")


_RELEASED = Event()


@contextlib.contextmanager
def served() -> Iterator[tuple[str, int]]:
    """The address of a strange operator, and a port on which nobody listens."""
    _RELEASED.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Strange)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", free_port()
    finally:
        _RELEASED.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answered(mistake: str, text: str, *answers: str | Exception) -> Row:
    """A person at a terminal who answers so."""

    class Typed:
        def __init__(self) -> None:
            self.answers = list(answers)

        def ask(self, text: str, timeout: float) -> str:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

    return Row(mistake, lambda folder: str(ManualOperator("CS", terminal=Typed()).perform("plug_in", **PLACE)), text)


@contextlib.contextmanager
def without_tty(monkey: pytest.MonkeyPatch, **replaced: Any) -> Iterator[None]:
    """The terminal of this process, but for some functions of `os`."""
    with monkey.context() as patched:
        for name, value in replaced.items():
            patched.setattr(f"conformance.dut.operators.manual.{name.replace('__', '.')}", value)
        yield


def terminal(mistake: str, text: str, **replaced: Any) -> Row:
    """The controlling terminal, of which some functions behave as given."""

    def provoke(folder: Path) -> None:
        reading, writing = os.openpty()
        functions: dict[str, Any] = {
            "os__open": lambda path, flags: os.dup(writing),
            "os__tcgetpgrp": lambda descriptor: os.getpgrp(),
            "termios__tcflush": lambda descriptor, queue: None,
            **replaced,
        }
        try:
            with without_tty(pytest.MonkeyPatch(), **functions):
                ManualOperator("CS", terminal=ControllingTerminal(), timeout=0.01).perform("plug_in", **PLACE)
        finally:
            os.close(reading)
            os.close(writing)

    return Row(mistake, provoke, text)


def fails(error: Exception) -> Callable[..., Any]:
    def raising(*args: Any) -> Any:
        raise error

    return raising


class _Plugin:
    """Options that pytest-xdist adds."""

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        with contextlib.suppress(ValueError):
            parser.addoption("--workers", dest="numprocesses", type=int)


F_CASES = str(ROOT.parent / "testcases" / "v2" / "station" / "test_f_remote_control.py")


def options(mistake: str, arguments: str, text: str, prepare: Callable[[Path], None] = lambda folder: None) -> Row:
    """A run of pytest in this process that ends with exit code 4, or finds a mistake while it collects."""

    def provoke(folder: Path) -> str:
        prepare(folder)
        said, error = io.StringIO(), io.StringIO()
        here = Path.cwd()
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(error):
                code = pytest.main(
                    ["-p", "no:cacheprovider", *arguments.replace("{cases}", F_CASES).split()], plugins=[_Plugin()]
                )
        finally:
            os.chdir(here)
        if code == pytest.ExitCode.INTERRUPTED:
            return next(line for line in said.getvalue().splitlines() if "stands in no catalogue" in line)
        assert code == 4, said.getvalue() + error.getvalue()
        return textwrap.dedent("\n".join(error.getvalue().split("ERROR: ")[1:])).strip()

    return Row(mistake, provoke, text)


def command(
    mistake: str, arguments: str, text: str, prepare: Callable[[Path], None] = lambda folder: None, typed: str = ""
) -> Row:
    """`ocpp-conformance` with these arguments, in this process; it ends with exit code 2."""

    def provoke(folder: Path) -> str:
        prepare(folder)
        error, here = io.StringIO(), Path.cwd()
        os.chdir(folder)
        try:
            with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stderr(error):
                patched.setattr("sys.stdin", io.StringIO(typed))
                assert cli.main(arguments.split()) == 2, error.getvalue()
        finally:
            os.chdir(here)
        return error.getvalue().strip()

    return Row(mistake, provoke, text)


def full_disk(folder: Path) -> str:
    """A run whose disk is full when its evidence is gathered."""
    run = Run(Settings(wishes=Wishes(versions=("2.0.1",)), report_dir=folder / "reports", evidence=folder / "e"))
    run.begin()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("conformance.report.evidence.Evidence.finish", fails(OSError(28, "No space left on device")))
        return run.seal_evidence([])


FIT = "give an Ed25519 or an ECDSA P-256 key in PEM (openssl genpkey -algorithm ed25519 -out key.pem)"


def written(name: str, content: bytes) -> Callable[[Path], None]:
    """Puts a file into the folder of a row."""

    def prepare(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return prepare


def curve_key(passphrase: bytes = b"") -> bytes:
    """A private key on P-384 in PEM."""
    from cryptography.hazmat.primitives import serialization as to
    from cryptography.hazmat.primitives.asymmetric import ec

    locked = to.BestAvailableEncryption(passphrase) if passphrase else to.NoEncryption()
    key = ec.generate_private_key(ec.SECP384R1())
    return key.private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, locked)


def device(*, connection: str = 'listen = "127.0.0.1:0"', **changed: str) -> Callable[[Path], None]:
    """Writes dut.toml for a station, with some lines of it exchanged (`__` stands for a blank)."""

    def prepare(folder: Path) -> None:
        path = description("CS", folder, connection=connection, more=changed.pop("more", ""))
        text = path.read_text("utf-8")
        for old, new in changed.items():
            lines = [
                new if line.startswith(old.replace("__", " ").replace("_at_", "-")) else line
                for line in text.splitlines()
            ]
            text = "\n".join(lines) + "\n"
        path.write_text(text, "utf-8")

    return prepare


def beside(name: str, text: str, first: Callable[[Path], None] = lambda folder: None) -> Callable[[Path], None]:
    """Writes a file of that name."""

    def prepare(folder: Path) -> None:
        first(folder)
        (folder / name).write_text(text, "utf-8")

    return prepare


def saved_example(**changed: Any) -> str:
    """A saved finding, as JSON."""
    return json.dumps({**to_json(saved(acts.cut())), **changed})


def unlisted_case() -> None:
    """A case whose id stands in no catalogue."""
    info = CaseInfo("TC_X_99_CS", lambda: None)
    list(select(info, load_catalogue(), [], Wishes()))


def taken(folder: Path) -> None:
    """A description of a port on which somebody listens, as long as the test process lives."""
    listening = socket.create_server(("127.0.0.1", 0))
    _HELD.append(listening)
    device(connection=f'listen = "127.0.0.1:{listening.getsockname()[1]}"')(folder)


_HELD: list[socket.socket] = []


def results(folder: Path) -> None:
    """The record of a run without cases."""
    record = RunRecord(RunInfo(tool_version="1", started="2026-01-01T00:00:00+00:00"))
    (folder / "results.json").write_text(json.dumps(record.to_json()), "utf-8")


def one_by_hand(folder: Path) -> None:
    """Two descriptions: of a device that a person acts on, and of one that a program does."""
    device()(folder)
    text = (folder / "dut.toml").read_text("utf-8")
    other = text.replace('identity = "CS001"', 'identity = "CS002"').replace("127.0.0.1:0", f"127.0.0.1:{free_port()}")
    (folder / "other.toml").write_text(other, "utf-8")
    device(**{"kind": 'kind = "manual"', "class": ""})(folder)


def both(folder: Path) -> None:
    """A record, and a description."""
    results(folder)
    device()(folder)


def act_of(verb: str, **args: Any) -> str:
    """A saved finding with one act."""
    example = to_json(saved(acts.cut()))["example"]
    return saved_example(example={**example, "acts": [{"verb": verb, "args": args}]})


def described_station(folder: Path, **values: Any) -> Run:
    """A run of a station that a file describes; `values` are laid over [connection] and [operator]."""
    description("CS", folder, **values)
    return Run(Settings(descriptions=(folder / "dut.toml",), report_dir=folder / "reports"))


def bench_opened(mistake: str, text: str, *, times: int = 1, dead_operator: bool = False) -> Row:
    """The bench of a station is opened that many times, on an address that is taken or with an operator that is not
    there."""

    def provoke(folder: Path) -> None:
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
            port = free_port() if dead_operator else taken.getsockname()[1]
            run = described_station(folder, connection=f'listen = "127.0.0.1:{port}"')
            (dut,) = run.duts
            if dead_operator:
                hands = replace(dut.operator.default, kind="http", url=f"http://127.0.0.1:{free_port()}")
                dut = replace(dut, operator=replace(dut.operator, default=hands))
            (info,) = (one for one in discover() if one.id == "TC_B_06_CS")
            (chosen,) = select(info, load_catalogue(), [dut], Wishes())
            holder = Holder(SchemaStore(), None, contextlib.nullcontext)
            for _ in range(times - 1):
                with contextlib.suppress(RunError):
                    holder.bench_for(chosen)
            holder.bench_for(chosen)

    return Row(mistake, provoke, text)


def worker_dies(folder: Path) -> str:
    """A worker of pytest-xdist goes without a word."""

    class Node:
        workerinput: ClassVar = {"ocpp_part": 0}

    run = described_station(folder, connection='listen = "127.0.0.1:0"')
    run.begin()
    assert run.record is not None
    Lab(run, [(0,)], lambda session: None).pytest_testnodedown(Node(), "Not properly terminated")
    (problem,) = run.record.run.problems
    run.finish()
    return problem


def told(row: Row, folder: Path) -> str:
    """The text that a mistake gets, with placeholders for what differs between two runs."""
    try:
        text = row.provoke(folder) or ""
    except Exception as error:
        text = str(error)
    text = text.replace(str(folder), "{tmp}").replace(sys.executable, "{python}").replace(F_CASES, "{cases}")
    return re.sub(r"127\.0\.0\.1:(?!9\d\d\d\b)\d+", "127.0.0.1:{port}", text)


TABLE = [
    # The description.
    station(
        "an unknown role",
        'role = "CS"',
        'role = "EVSE"',
        'dut.toml:2 [device] role: "EVSE" is not possible; use one of "CS", "CSMS"',
    ),
    station("no role", 'role = "CS"', "", 'dut.toml [device] role: it is missing; add: role = "CS"'),
    station(
        "an empty identity",
        'identity = "CS001"',
        'identity = ""',
        'dut.toml:3 [device] identity: it is empty; write for example: identity = "CS001"',
    ),
    station(
        "an identity of 49 characters",
        'identity = "CS001"',
        'identity = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
        "dut.toml:3 [device] identity: it has 49 characters; use at most 48 (OCPP-J of 2.x)",
    ),
    station(
        "an identity that is a number",
        'identity = "CS001"',
        "identity = 7",
        'dut.toml:3 [device] identity: it is the number 7; write a text, for example "CS001"',
    ),
    station(
        "no version named",
        'versions = ["2.0.1"]',
        "versions = []",
        'dut.toml:4 [device] versions: it names no version; write for example: versions = ["2.0.1"]',
    ),
    station(
        "versions that are no list",
        'versions = ["2.0.1"]',
        'versions = "2.0.1"',
        'dut.toml:4 [device] versions: it is the text "2.0.1"; write a list of OCPP versions, for example ["2.0.1"]',
    ),
    station(
        "an unknown security profile",
        "[evses]",
        "security_profile = 4\n[evses]",
        "dut.toml:6 [device] security_profile: 4 is not possible; use one of 0, 1, 2, 3",
    ),
    station(
        "a security profile that is true",
        "[evses]",
        "security_profile = true\n[evses]",
        "dut.toml:6 [device] security_profile: it is true; write a whole number",
    ),
    station(
        "a profile with a password and none given",
        "[evses]",
        "security_profile = 1\n[evses]",
        'dut.toml [device] password: security profile 1 needs a password; add: password = "..."',
    ),
    station(
        "a password that is not hexadecimal",
        "[evses]",
        'password_hex = "xyz"\n[evses]',
        'dut.toml:6 [device] password_hex: "xyz" is not hexadecimal; write pairs of digits 0-9 and a-f',
    ),
    station(
        "two passwords",
        "[evses]",
        'password_hex = "00"\npassword = "a"\n[evses]',
        "dut.toml:6 [device] password_hex: there is also a password; keep one of the two",
    ),
    station(
        "an unknown subtype",
        "[evses]",
        'subtype = ["Mode 1"]\n[evses]',
        'dut.toml:6 [device] subtype: "Mode 1" is not possible; use one of "Mode 1/2-only Charging Station", "Wireless Charging Station"',
    ),
    station(
        "an address without host",
        "[evses]",
        '[connection]\nlisten = "9000"\n[evses]',
        'dut.toml:7 [connection] listen: "9000" is no address and port; write host and port (0 to 65535), for example "127.0.0.1:9000"',
    ),
    station(
        "a port above 65535",
        "[evses]",
        '[connection]\nlisten = "a:70000"\n[evses]',
        'dut.toml:7 [connection] listen: "a:70000" is no address and port; write host and port (0 to 65535), for example "127.0.0.1:9000"',
    ),
    station(
        "a path without a slash",
        "[evses]",
        '[connection]\npath = "ocpp"\n[evses]',
        'dut.toml:7 [connection] path: "ocpp" does not begin with a slash; write "/ocpp"',
    ),
    station(
        "a key of the other role",
        "[evses]",
        '[connection]\nurl = "ws://h/"\n[evses]',
        "dut.toml:7 [connection] url: it has no meaning when a charging station is under test; remove it",
    ),
    station(
        "no connectors",
        "[[1, 1], [2, 1]]",
        "[]",
        "dut.toml:7 [evses] connectors: [] is not possible; write pairs of evseId and connectorId from 1, for example [[1, 1], [2, 1]]",
    ),
    station(
        "a connector 0",
        "[[1, 1], [2, 1]]",
        "[[0, 1]]",
        "dut.toml:7 [evses] connectors: [[0, 1]] is not possible; write pairs of evseId and connectorId from 1, for example [[1, 1], [2, 1]]",
    ),
    station(
        "a connector twice",
        "[[1, 1], [2, 1]]",
        "[[1, 1], [1, 1]]",
        "dut.toml:7 [evses] connectors: a connector is named twice; write pairs of evseId and connectorId from 1, for example [[1, 1], [2, 1]]",
    ),
    station(
        "a connector of three numbers",
        "[[1, 1], [2, 1]]",
        "[[1, 1, 1]]",
        "dut.toml:7 [evses] connectors: it is the list [[1, 1, 1]]; write a list of [evseId, connectorId] pairs, for example [[1, 1], [2, 1]]",
    ),
    station(
        "another number of EVSEs",
        "[[1, 1], [2, 1]]",
        "[[1, 1]]",
        "dut.toml:16 [features] HFS-8: it says 2 EVSEs, evses.connectors has 1; make the two agree",
    ),
    station(
        "an unknown feature",
        "C-49 = true",
        "C-4 = true",
        'dut.toml:13 [features] C-4: there is no feature "C-4"; did you mean "C-64"?',
    ),
    station(
        "a feature with a text",
        "C-49 = true",
        'C-49 = "yes"',
        'dut.toml:13 [features] C-49: it is the text "yes"; write true or false (authorization cache)',
    ),
    station(
        "a feature with a number",
        "C-49 = true",
        "C-49 = 1",
        "dut.toml:13 [features] C-49: it is the number 1; write true or false (authorization cache)",
    ),
    station(
        "a feature of the other role",
        "C-49 = true",
        "C-11 = true",
        "dut.toml:13 [features] C-11: only CSMSs declare it (CSMS can unlock detachable-cable connectors); remove it",
    ),
    station(
        "a count that is true",
        "HFS-8 = 2",
        "HFS-8 = true",
        "dut.toml:16 [features] HFS-8: it is true; write a number (number of EVSEs)",
    ),
    station(
        "a list that is true",
        "HFS-8 = 2",
        "HFS-8 = 2\nC-41 = true",
        'dut.toml:17 [features] C-41: it is true; write a list, such as ["..."] (cipher suites)',
    ),
    station(
        "an unknown token",
        "[features]",
        "bloked = { idToken = 'a', type = 'b' }\n[features]",
        'dut.toml:12 [tokens] bloked: there is no key "bloked"; did you mean "blocked"?',
    ),
    station(
        "an unknown token type",
        'type = "ISO14443" }',
        'type = "ISO1443" }',
        'dut.toml:10 [tokens] valid: there is no token type "ISO1443"; did you mean "ISO14443"?',
    ),
    station(
        "an unknown field of a token",
        'type = "ISO14443" }',
        'typ = "ISO14443" }',
        'dut.toml:10 [tokens] valid: there is no token field "typ"; did you mean "type"?\ndut.toml:10 [tokens] valid: type is missing or no text; write a token { idToken = "...", type = "ISO14443" }',
    ),
    station(
        "an empty token",
        'idToken = "AABBCC01"',
        'idToken = ""',
        'dut.toml:10 [tokens] valid: idToken is missing or no text; write a token { idToken = "...", type = "ISO14443" }',
    ),
    station(
        "a token that is accepted and refused",
        "[features]",
        'blocked = { idToken = "aabbcc01", type = "ISO14443" }\n[features]',
        'dut.toml:12 [tokens] blocked: "aabbcc01" is tokens.valid already; give another token, or remove the key',
    ),
    station(
        "a token that is still a placeholder",
        "[features]",
        'second = { idToken = "...", type = "ISO14443" }\n[features]',
        'dut.toml:12 [tokens] second: "..." is a placeholder; write what the device has, or put # before the line',
    ),
    added(
        "a header that is still a placeholder",
        '[operator]\nkind = "http"\nurl = "http://127.0.0.1:9100"\nheaders = { Authorization = "Bearer ..." }',
        'dut.toml [operator.headers] Authorization: "Bearer ..." is a placeholder; write what the device has, or put # before the line',
    ),
    station(
        "a whole number with a fraction",
        "[features]",
        "[values]\nheartbeat_interval = 0.5\n[features]",
        "dut.toml:13 [values] heartbeat_interval: it is the number 0.5; write a whole number",
    ),
    station(
        "an unknown unit",
        "[features]",
        '[values]\ncharging_rate_unit = "kW"\n[features]',
        'dut.toml:13 [values] charging_rate_unit: "kW" is not possible; did you mean "W"?',
    ),
    station(
        "a value of the other role",
        "[features]",
        '[values]\nmodel = "x"\n[features]',
        "dut.toml:13 [values] model: it has no meaning when a charging station is under test; remove it",
    ),
    station(
        "an unknown kind of operator",
        "[features]",
        '[operator]\nkind = "htp"\n[features]',
        'dut.toml:13 [operator] kind: "htp" is not possible; did you mean "http"?',
    ),
    station(
        "an http operator without url",
        "[features]",
        '[operator]\nkind = "http"\n[features]',
        'dut.toml [operator] url: it is missing; add: url = "http://127.0.0.1:9100"',
    ),
    station(
        "an http operator at no address",
        "[features]",
        '[operator]\nkind = "http"\nurl = "h:1"\n[features]',
        'dut.toml:14 [operator] url: "h:1" is no http address; write for example "http://127.0.0.1:9100"',
    ),
    station(
        "a command without argv",
        "[features]",
        '[operator]\nkind = "command"\n[features]',
        'dut.toml [operator] argv: it is missing; add: argv = ["./operate.sh"]',
    ),
    station(
        "a python operator without class",
        "[features]",
        '[operator]\nkind = "python"\n[features]',
        'dut.toml [operator] class: it is missing; add: class = "package.module:Class"',
    ),
    station(
        "an unknown verb",
        "[features]",
        '[operator.verbs]\nplugin = "manual"\n[features]',
        'dut.toml:13 [operator.verbs] plugin: there is no verb "plugin"; did you mean "plug_in"?',
    ),
    station(
        "an unknown operator for a verb",
        "[features]",
        '[operator.verbs]\nplug_in = "relay"\n[features]',
        'dut.toml:13 [operator.verbs] plug_in: there is no operator "relay"; known are manual',
    ),
    station(
        "a kind that nothing describes",
        "[features]",
        '[operator.verbs]\nplug_in = "http"\n[features]',
        'dut.toml:13 [operator.verbs] plug_in: nothing says how to reach the operator "http"; add [operators.http] with kind = "http" and what it needs',
    ),
    station(
        "a named operator without kind",
        "[features]",
        '[operators.a]\nurl = "http://h"\n[features]',
        'dut.toml [operators.a] kind: it is missing; add: kind = "http", "octt", "command", "python" or "manual"',
    ),
    station(
        "a trigger interface of a station",
        "[features]",
        '[operator]\nkind = "octt"\nurl = "http://h"\n[features]',
        'dut.toml:13 [operator] kind: "octt" tells a CSMS what to send; use "http", "command", "python" or "manual"',
    ),
    added(
        "a header that is no text",
        '[operator]\nkind = "http"\nurl = "http://h"\nheaders = { A = 1 }',
        "dut.toml [operator.headers] A: it is the number 1; write a text in quotes",
    ),
    station(
        "a certificate that is not there",
        "[features]",
        "[tls]\ncertificate = 'no.pem'\n[features]",
        'dut.toml:13 [tls] certificate: there is no file no.pem; correct the path, or remove the key\ndut.toml:13 [tls] certificate: it needs its key; add: key = "..."',
    ),
    station(
        "a firmware that is not there",
        "[features]",
        "[values]\nfirmware = 'no.bin'\n[features]",
        "dut.toml:13 [values] firmware: there is no file no.bin; correct the path, or remove the key",
    ),
    station(
        "an unknown protocol",
        "[features]",
        "[values]\ntransfer_protocols = ['SFTP']\n[features]",
        'dut.toml:13 [values] transfer_protocols: "SFTP" is not possible; did you mean "FTP"?',
    ),
    station(
        "an expected failure of no case",
        "[features]",
        "[[expected_failures]]\nid = 'TC_B_01_CSS'\nreason = 'x'\n[features]",
        'dut.toml:13 [expected_failures[0]] id: there is no case "TC_B_01_CSS"; did you mean "TC_B_01_CS"?',
    ),
    station(
        "an expected failure of the other role",
        "[features]",
        "[[expected_failures]]\nid = 'TC_B_01_CSMS'\nreason = 'x'\n[features]",
        "dut.toml:13 [expected_failures[0]] id: TC_B_01_CSMS is no case for a CS; remove it",
    ),
    station(
        "an expected failure without reason",
        "[features]",
        "[[expected_failures]]\nid = 'TC_B_01_CS'\n[features]",
        'dut.toml [expected_failures[0]] reason: it is missing; add: reason = "..."',
    ),
    station(
        "an expected failure under a version that is not tested",
        "[features]",
        "[[expected_failures]]\nid = 'TC_B_01_CS'\nreason = 'x'\nversion = '2.1'\n[features]",
        'dut.toml:15 [expected_failures[0]] version: "2.1" is not in device.versions; correct or remove it',
    ),
    station(
        "a misspelt key",
        "[evses]",
        "security_profil = 1\n[evses]",
        'dut.toml:6 [device] security_profil: there is no key "security_profil"; did you mean "security_profile"?',
    ),
    station(
        "a misspelt section",
        "[evses]",
        "[conection]\n[evses]",
        'dut.toml:6 [conection]: there is no section "conection"; did you mean "connection"?',
    ),
    station(
        "a value out of bounds",
        "[evses]",
        "[timeouts]\nmessage = 0\n[evses]",
        "dut.toml:7 [timeouts] message: 0 is out of bounds; use 0.05 to 600 s",
    ),
    station(
        "a section that is no table",
        "[device]",
        "timeouts = 5\n[device]",
        "dut.toml:1 [timeouts]: it is the number 5, not a table; write it as a section: [timeouts]",
    ),
    station(
        "a colon in the identity, with a password",
        'identity = "CS001"',
        'identity = "CS:1"\nsecurity_profile = 1\npassword = "0123456789abcdef"',
        "dut.toml:3 [device] identity: a colon cannot stand in a Basic user name; choose an identity without colon",
    ),
    station(
        "an unknown version",
        'versions = ["2.0.1"]',
        'versions = ["2.0"]',
        'dut.toml:4 [device] versions: there is no OCPP version "2.0"; use "1.6", "2.0.1", "2.1"',
    ),
    station(
        "a token of 256 characters",
        '"AABBCC01"',
        f'"{"A" * 256}"',
        "dut.toml:10 [tokens] valid: idToken has more than 255 characters; shorten it (IdTokenType)",
    ),
    added(
        "a second token that is a text",
        'second = "AABBCC02"',
        'dut.toml:12 [tokens] second: it is the text "AABBCC02"; write a token { idToken = "...", type = "ISO14443" }',
    ),
    added(
        "an action to avoid that nobody knows",
        '[fuzz]\navoid = ["Rest"]',
        'dut.toml:13 [fuzz] avoid: there is no action "Rest"; did you mean "Reset"?',
    ),
    added(
        "a certificate without its key",
        '[tls]\ncertificate = "{tmp}/dut.toml"',
        'dut.toml:13 [tls] certificate: there is no file {tmp}/dut.toml; correct the path, or remove the key\ndut.toml:13 [tls] certificate: it needs its key; add: key = "..."',
    ),
    added(
        "a signature without the certificate",
        '[values]\nfirmware_signature = "no.sig"',
        'dut.toml:13 [values] firmware_signature: there is no file no.sig; correct the path, or remove the key\ndut.toml:13 [values] firmware_signature: it needs firmware_certificate; add: firmware_certificate = "..."',
    ),
    added(
        "expected failures that are no list",
        '[expected_failures]\nid = "TC_B_01_CS"',
        "dut.toml:12 [expected_failures]: it is no list of tables; write each as a section: [[expected_failures]]",
    ),
    added(
        "a fingerprint that is none",
        '[[expected_failures]]\nid = "TC_B_01_CS"\nreason = "x"\nfindings = ["x"]',
        'dut.toml:15 [expected_failures[0]] findings: "x" is no fingerprint; copy a finding\'s `fingerprint` from results.json',
    ),
    added(
        "a named operator that is no table",
        '[operators]\nrelay = "http"',
        'dut.toml:13 [operators] relay: it is the text "http", not a table; write it as a section: [operators.relay]',
    ),
    added(
        "verbs under a named operator",
        '[operators.relay]\nkind = "manual"\nverbs = { plug_in = "manual" }',
        "dut.toml:14 [operators.relay] verbs: verbs are shared out in one place; move it to [operator.verbs]",
    ),
    added(
        "a verb whose operator is a number",
        "[operator.verbs]\nplug_in = 1",
        "dut.toml:13 [operator.verbs] plug_in: it is the number 1; write a kind or a name of [operators.NAME]",
    ),
    csms(
        "no address of the CSMS",
        'url = "ws://127.0.0.1:9001/ocpp/"',
        "",
        'dut.toml [connection] url: it is missing; add the address of the CSMS: url = "ws://127.0.0.1:9001/ocpp"',
    ),
    csms(
        "an address that is no WebSocket's",
        "ws://127.0.0.1:9001/ocpp/",
        "http://h/",
        'dut.toml:6 [connection] url: "http://h/" is no ws:// or wss:// address; write for example "ws://127.0.0.1:9001/ocpp"',
    ),
    csms(
        "an address that does not go with the profile",
        "ws://127.0.0.1:9001/ocpp/",
        "wss://h/",
        "dut.toml:6 [connection] url: wss:// does not go with security profile 0; use ws://, or change device.security_profile",
    ),
    csms(
        "an address with a query",
        "ws://127.0.0.1:9001/ocpp/",
        "ws://h/?a=b",
        'dut.toml:6 [connection] url: "ws://h/?a=b" has more than a path; end it with the path, the identity is added to it',
    ),
    csms(
        "a second station that is the first",
        "[connection]",
        '[connection]\nsecond_identity = "CS001"',
        "dut.toml:6 [connection] second_identity: it is the first one's; name another station, or remove the key",
    ),
    csms(
        "a second password without a second station",
        "[connection]",
        '[connection]\nsecond_password = "x"',
        "dut.toml:6 [connection] second_password: there is no second_identity; add it, or remove the password",
    ),
    csms(
        "a profile that is declared as missing and in use",
        '[connection]\nurl = "ws:',
        'security_profile = 1\npassword = "0123456789abcdef"\n[features]\nSecurityProfile1 = false\n[connection]\nurl = "ws:',
        "dut.toml:8 [features] SecurityProfile1: it is false, and security profile 1 is in use; write SecurityProfile1 = true, or change device.security_profile",
    ),
    # Files.
    loaded(
        "a description that is not there",
        None,
        "{tmp}/dut.toml: there is no such file; give the path of a description, or write one with `ocpp-conformance init`",
    ),
    loaded(
        "a description that is no TOML",
        b"[device\n",
        "{tmp}/dut.toml: it is no TOML: Expected ']' at the end of a table declaration (at line 1, column 8); correct that line",
    ),
    loaded("a description that is no UTF-8", b"\xff\xfe", "{tmp}/dut.toml: byte 0 is no UTF-8; save the file as UTF-8"),
    Row(
        "a description that is a folder",
        lambda folder: load_description(folder) and None,
        "{tmp}: it cannot be read (Is a directory); give the path of a readable file",
    ),
    loaded(
        "a baseline that is none",
        b"format = 1\n",
        "{tmp}/dut.toml: it is no baseline: format is the number 1; write one with `ocpp-conformance baseline reports/results.json --out FILE`",
        load_baseline,
    ),
    loaded(
        "a baseline with a section of its own",
        b'format = "ocpp-conformance-baseline/1"\n[device]\n',
        '{tmp}/dut.toml:2 [device]: there is no section "device"; known are expected_failures',
        load_baseline,
    ),
    loaded(
        "a baseline for another device",
        b'format = "ocpp-conformance-baseline/1"\n[[expected_failures]]\nid = "TC_B_01_CSMS"\nreason = "x"\n',
        "{tmp}/dut.toml: expected_failures: TC_B_01_CSMS: no device of this run has that role and version; remove the entry, or describe that device with --ocpp-dut",
        lambda path: with_baseline([read_description(tomllib.loads(STATION))], load_baseline(path)),
    ),
    # What a case asks of a description.
    asked_for(
        "a case asks: a feature that is not declared",
        lambda dut: dut.features["R-0"],
        "{tmp}/dut.toml [features]: R-0 (reservation package) is not declared; add: R-0 = true or false",
    ),
    asked_for(
        "a case asks: a token that is not given",
        lambda dut: dut.tokens.blocked,
        'the description gives no token tokens.blocked; add under [tokens]: blocked = { idToken = "...", type = "ISO14443" }',
    ),
    asked_for(
        "a case asks: a second EVSE",
        lambda dut: replace(dut, connectors=(Connector(1, 1),)).second_evse,
        "the description gives no second EVSE; add it under [evses]: connectors = [[1, 1], [2, 1]]",
    ),
    asked_for(
        "a case asks: a firmware that is not given",
        lambda dut: dut.firmware,
        'the description gives no values.firmware; add under [values]: firmware = "path of a file"',
    ),
    asked_for(
        "a case asks: a firmware that has gone",
        lambda dut: replace(dut, values=replace(dut.values, firmware="no.bin")).firmware,
        "the description gives no values.firmware; no.bin can't be read (No such file or directory): correct the path",
    ),
    # Operators.
    operated(
        "an http operator that does not run",
        '[operator]\nkind = "http"\nurl = "http://127.0.0.1:{port}"',
        "the operator at http://127.0.0.1:{port} does not answer (Connection refused); start it, or correct operator.url in {tmp}/dut.toml",
    ),
    operated(
        "a page that is no operator",
        '[operator]\nkind = "http"\nurl = "{url}/page"',
        "http://127.0.0.1:{port}/page/verbs is no operator interface (status 404: <h1>Not Found</h1>); start it, or correct operator.url in {tmp}/dut.toml",
    ),
    operated(
        "a trigger interface that does not run",
        '[operator]\nkind = "octt"\nurl = "http://127.0.0.1:{port}"',
        "the trigger interface at http://127.0.0.1:{port} does not answer (Connection refused); start the CSMS, or correct operator.url in {tmp}/dut.toml",
        base=CSMS,
    ),
    operated(
        "an act: the trigger interface refuses",
        '[operator]\nkind = "octt"\nurl = "{url}"',
        "csms_sends: POST /api/octt/2.1/CS%2F1/clear-cache: status 500: <h1>Internal Server Error</h1>",
        "csms_sends",
        base=CSMS,
        identity="CS/1",
        action="ClearCache",
        payload={},
    ),
    operated(
        "an act: the trigger interface is gone",
        '[operator]\nkind = "octt"\nurl = "http://127.0.0.1:{port}"',
        "csms_sends: http://127.0.0.1:{port} did not answer (Connection refused)",
        "csms_sends",
        checked=False,
        base=CSMS,
        identity="CS001",
        action="ClearCache",
        payload={},
    ),
    operated(
        "an act: a request that can't be made whole",
        '[operator]\nkind = "octt"\nurl = "{url}"',
        "csms_sends: the request needs certificate, and nothing sensible can be filled in",
        "csms_sends",
        base=CSMS,
        identity="CS001",
        action="InstallCertificate",
        payload={},
    ),
    operated(
        "a mistake of ours: an action that is none",
        '[operator]\nkind = "octt"\nurl = "{url}"',
        "Jump is no action of OCPP 2.1",
        "csms_sends",
        base=CSMS,
        identity="CS001",
        action="Jump",
        payload={},
    ),
    operated(
        "an operator of the other role",
        '[operator]\nkind = "http"\nurl = "{url}/csms"',
        "the operator at http://127.0.0.1:{port}/csms is for a CSMS, the device is a CS; start it, or correct operator.url in {tmp}/dut.toml",
    ),
    operated(
        "an operator that lists no verbs",
        '[operator]\nkind = "http"\nurl = "{url}/listless"',
        'the operator at http://127.0.0.1:{port}/listless lists no verbs; it must answer {"verbs": ["...", ...]}',
    ),
    operated(
        "an act: the http operator refuses",
        '[operator]\nkind = "http"\nurl = "{url}"',
        "plug_in: nothing to plug in",
        "plug_in",
        **PLACE,
    ),
    operated(
        "an act: the http operator breaks",
        '[operator]\nkind = "http"\nurl = "{url}"',
        "unplug: status 500: <h1>Internal Server Error</h1>",
        "unplug",
        **PLACE,
    ),
    operated(
        "an act: the http operator is gone",
        '[operator]\nkind = "http"\nurl = "http://127.0.0.1:{port}"',
        "plug_in: http://127.0.0.1:{port} did not answer (Connection refused)",
        "plug_in",
        **PLACE,
        checked=False,
    ),
    operated(
        "an act: the http operator is slow",
        '[operator]\nkind = "http"\nurl = "{url}"\ntimeout = 0.05',
        "power_cycle: http://127.0.0.1:{port} did not answer (within 0.05 s)",
        "power_cycle",
        checked=False,
    ),
    operated(
        "an act: what answers is no HTTP",
        '[operator]\nkind = "http"\nurl = "{url}"',
        "network_down: http://127.0.0.1:{port} did not answer (nonsense\r\n)",
        "network_down",
        checked=False,
    ),
    operated(
        "an act: the operator lacks the verb",
        '[operator]\nkind = "http"\nurl = "{url}"',
        "power_cycle: the operator does not have this verb",
        "power_cycle",
    ),
    operated(
        "a program that is not there",
        '[operator]\nkind = "command"\nargv = ["./nothing"]',
        'the operator program `./nothing` does not list its verbs (`./nothing` cannot be run (No such file or directory)); correct its argv, or have it answer {"verb": "verbs"} with {"verbs": ["...", ...]}',
    ),
    operated(
        "a program that lists nothing",
        '[operator]\nkind = "command"\nargv = ["true"]',
        'the operator program `true` lists no verbs; it must answer {"verbs": ["...", ...]}',
    ),
    operated(
        "an act: the program fails without a word",
        '[operator]\nkind = "command"\nargv = ["{python}", "operate.py"]',
        "plug_in: exit code 3: it said nothing",
        "plug_in",
        **PLACE,
    ),
    operated(
        "an act: the program says why it fails",
        '[operator]\nkind = "command"\nargv = ["{python}", "operate.py"]',
        "unplug: exit code 1: the relay is stuck",
        "unplug",
        **PLACE,
    ),
    operated(
        "an act: the program prints no JSON",
        '[operator]\nkind = "command"\nargv = ["{python}", "operate.py"]',
        "network_down: `{python} operate.py` printed no JSON object: cut",
        "network_down",
    ),
    operated(
        "an act: the program does not end",
        '[operator]\nkind = "command"\nargv = ["{python}", "operate.py"]\ntimeout = 0.3',
        "power_cycle: `{python} operate.py` did not end within 0.3 s",
        "power_cycle",
        checked=False,
    ),
    operated(
        "a module that is not there",
        '[operator]\nkind = "python"\nclass = "error_relais:Relays"',
        "operator error_relais:Relays: No module named 'error_relais'; correct operator.class, or install it",
    ),
    operated(
        "a class that is not there",
        '[operator]\nkind = "python"\nclass = "error_relays:Relay"',
        'module error_relays has no class Relay; did you mean "Relays"?',
    ),
    operated(
        "an entry point that nobody has",
        '[operator]\nkind = "python"\nclass = "relays"',
        'no installed package has an operator "relays" in group ocpp_conformance.operators; install it, or write "package.module:Class"',
    ),
    operated(
        "a class that cannot be made",
        '[operator]\nkind = "python"\nclass = "error_relays:Unmade"',
        "operator error_relays:Unmade cannot be made (OSError: no such port); mend the class, or correct operator.options",
    ),
    operated(
        "a class that says it cannot be used",
        '[operator]\nkind = "python"\nclass = "error_relays:Locked"',
        "operator error_relays:Locked cannot be used (OSError: no such port); mend what it needs, or describe another operator",
    ),
    operated(
        "an act: the method raises",
        '[operator]\nkind = "python"\nclass = "error_relays:Relays"',
        "plug_in: RuntimeError: the relay is stuck",
        "plug_in",
        **PLACE,
    ),
    operated(
        "an act: the class cannot be used",
        '[operator]\nkind = "python"\nclass = "error_relays:Locked"',
        "plug_in: operator error_relays:Locked cannot be used (OSError: no such port); mend what it needs, or describe another operator",
        "plug_in",
        **PLACE,
        checked=False,
    ),
    answered(
        "an act: the person cannot",
        "plug_in: the person could not do it: the cable is missing",
        "c",
        "the cable is missing",
    ),
    answered("an act: the device misbehaved", "plug_in: it sparks", "m it sparks"),
    answered(
        "an act: nobody answers",
        "plug_in: nobody answered within 600 s; be there, or raise operator.timeout",
        TimeoutError(),
    ),
    terminal(
        "an act: no terminal",
        "plug_in: there is no terminal to ask on (No such device or address); run it on a terminal, or describe another operator",
        os__open=fails(OSError(6, "No such device or address")),
    ),
    terminal(
        "an act: a run in the background",
        "plug_in: the terminal belongs to another process (this one runs in the background); run it on a terminal, or describe another operator",
        os__tcgetpgrp=lambda descriptor: -1,
    ),
    terminal(
        "an act: a terminal that breaks",
        "plug_in: the terminal cannot be used (Input/output error); run it on a terminal, or describe another operator",
        termios__tcflush=fails(OSError(5, "Input/output error")),
    ),
    terminal(
        "an act: a terminal that is closed",
        "plug_in: the terminal was closed; run it on a terminal, or describe another operator",
        os__read=lambda descriptor, size: b"",
        select__select=lambda *args: ([1], [], []),
    ),
    operated(
        "a mistake of ours: an unknown verb",
        "",
        "there is no verb dance; known are plug_in, unplug, pull_cable, present_token, choose_stop, enter_limit, start_session, suspend_ev, resume_ev, ev_not_ready, ev_ready, use_phases, stop_ev_session, occupy_bay, free_bay, power_cycle, power_off, power_on, network_down, network_up, cause_fault, clear_fault, jam_lock, free_lock, read_meter, present_card, cancel_payment, enter_vat_number, fail_settlement, read_qr_code, csms_sends, answer_boot, pay_at_kiosk, pay_on_web, limit_transaction",
        "dance",
    ),
    operated(
        "a mistake of ours: an unknown argument", "", "free_bay has no argument evse; it has evseId", "free_bay", evse=1
    ),
    operated(
        "a mistake of ours: a missing argument",
        "",
        "plug_in needs connectorId: The connector on that EVSE; in 1.6 equal to evseId.",
        "plug_in",
        evseId=1,
    ),
    # Conditions of the catalogue, and pages that are generated.
    Row(
        "a condition: text behind its end",
        lambda folder: parse("C-49 C-50") and None,
        'unexpected text at character 5 of "C-49 C-50"',
    ),
    Row(
        "a condition: an open parenthesis",
        lambda folder: parse("(C-49 or C-30") and None,
        'a closing parenthesis is missing at character 14 of "(C-49 or C-30"',
    ),
    Row(
        "a condition: no feature behind an operator",
        lambda folder: parse("C-49 and") and None,
        'a feature is missing at character 9 of "C-49 and"',
    ),
    Row(
        "a condition: an unknown feature",
        lambda folder: parse("C-4 and C-30") and None,
        'there is no feature "C-4"; did you mean "SC-4"? at character 1 of "C-4 and C-30"',
    ),
    Row(
        "a condition: a range that runs backwards",
        lambda folder: parse("C-39 - C-30") and None,
        '"C-39 - C-30" is no range at character 12 of "C-39 - C-30"',
    ),
    Row(
        "a mistake of ours: a page without its markers",
        lambda folder: renewed("", {"keys": str}),
        "the page lacks <!-- generated: keys --> or <!-- end: keys -->",
    ),
    Row(
        "a mistake of ours: a case that no catalogue lists",
        lambda folder: unlisted_case(),
        "TC_X_99_CS stands in no catalogue; add it to testcases/catalogue or mend the id",
    ),
    # Options of a run.
    options(
        "a block that no case has",
        "--ocpp-block Z",
        "--ocpp-block Z: no case has it; there are A, B, C, Core, D, E, F, Faults, FirmwareManagement, Fuzz, G, H, I, J, K, L, LocalAuthListManagement, M, N, O, P, Q, R, RemoteTrigger, Reservation, S, Security, Security probes, SmartCharging, Stateful, Wire",
    ),
    options(
        "a profile that no case has",
        "--ocpp-profile Gold",
        "--ocpp-profile Gold: no case has it; there are Advanced Device Management, Advanced Security, Advanced User Interface, Bidirectional Power Transfer, Core, DER Control, FirmwareManagement, ISO 15118 Support, Local Authorization List Management, LocalAuthListManagement, RemoteTrigger, Reservation, Security, Smart Charging, SmartCharging",
    ),
    options(
        "a description that does not exist",
        "--ocpp-dut no.toml",
        "no.toml: there is no such file; give the path of a description, or write one with `ocpp-conformance init`",
    ),
    options(
        "a baseline that does not exist",
        "--ocpp-baseline no.toml",
        "--ocpp-baseline no.toml: there is no such file; write one with `ocpp-conformance baseline reports/results.json --out FILE`",
    ),
    options(
        "a role that no description has",
        "--ocpp-dut dut.toml --ocpp-role CSMS",
        "--ocpp-role CSMS: no description has it; given is CS; drop the option or add to one",
        device(),
    ),
    options(
        "a version that no description has",
        "--ocpp-dut dut.toml --ocpp-version 2.1",
        "--ocpp-version 2.1: no description has it; given is 2.0.1; drop the option or add to one",
        device(),
    ),
    options(
        "a report folder that cannot be written",
        "--ocpp-version 2.0.1 --ocpp-report-dir /proc/nothere",
        "--ocpp-report-dir /proc/nothere: cannot be written (No such file or directory); name another folder",
    ),
    options(
        "schemas that are not there",
        "--ocpp-schemas no",
        "the schema folder no does not exist; give the folder with OCA's JSON schemas",
    ),
    options(
        "a folder without schemas of the version",
        "--ocpp-version 2.0.1 --ocpp-schemas .",
        ". has no schemas of OCPP 2.0.1; give the folder with OCA's current JSON schemas of OCPP 2.0.1, unpacked, "
        "or leave it out to use the distribution ocpp",
        written("BootNotificationRequest.json", b"{"),
    ),
    options(
        "a device twice",
        "--ocpp-dut dut.toml --ocpp-dut ./dut.toml",
        "--ocpp-dut dut.toml: it is given twice; name each device once",
        device(),
    ),
    options(
        "evidence in the folder of the report",
        "--ocpp-version 2.0.1 --ocpp-evidence reports",
        "--ocpp-evidence reports: it is the folder of the report; name another one",
    ),
    Row(
        "evidence for which there is no room",
        full_disk,
        "--ocpp-evidence {tmp}/e: it can't be finished (No space left on device); make room, and run again",
    ),
    options(
        "workers that are not pytest-xdist's",
        "-p no:xdist --ocpp-dut dut.toml --workers 2",
        "one device, one worker: run without -n, which is not pytest-xdist's here",
        device(),
    ),
    options(
        "workers for a device that a person acts on",
        "--ocpp-dut dut.toml --ocpp-dut other.toml -n 2",
        "-n 2: the operator of dut.toml is a person, whom only a run without workers can ask; run without -n, or give the device another operator",
        one_by_hand,
    ),
    options(
        "a time of nothing",
        "--ocpp-fuzz smoke --ocpp-fuzz-time 0",
        "--ocpp-fuzz-time 0: it must be greater than 0; give another number",
    ),
    options(
        "a seed without negative tests",
        "--ocpp-version 2.0.1 --ocpp-fuzz-seed 1",
        "--ocpp-fuzz-seed means nothing without --ocpp-fuzz; add --ocpp-fuzz default",
    ),
    options(
        "a key without evidence",
        "--ocpp-evidence-key k.pem",
        "--ocpp-evidence-key means nothing without --ocpp-evidence; add --ocpp-evidence DIR",
    ),
    options(
        "evidence among other files",
        "--ocpp-version 2.0.1 --ocpp-evidence full",
        "--ocpp-evidence full: the folder is not empty; name a new one for each run",
        lambda folder: (folder / "full" / "x").mkdir(parents=True),
    ),
    options(
        "evidence where nothing can be written",
        "--ocpp-version 2.0.1 --ocpp-evidence file/x",
        "--ocpp-evidence file/x: cannot be written (Not a directory); name another folder",
        written("file", b""),
    ),
    options(
        "a key that is not there",
        "--ocpp-version 2.0.1 --ocpp-evidence e --ocpp-evidence-key k.pem",
        "--ocpp-evidence-key k.pem: the key can't be read (No such file or directory); name a file in PEM",
    ),
    options(
        "a key that is none",
        "--ocpp-version 2.0.1 --ocpp-evidence e --ocpp-evidence-key k.pem",
        "--ocpp-evidence-key k.pem: it holds no private key in PEM; " + FIT,
        written("k.pem", b"no key"),
    ),
    options(
        "a key with a passphrase",
        "--ocpp-version 2.0.1 --ocpp-evidence e --ocpp-evidence-key k.pem",
        "--ocpp-evidence-key k.pem: the key is encrypted; give one without a passphrase",
        written("k.pem", curve_key(b"secret")),
    ),
    options(
        "a key of another kind",
        "--ocpp-version 2.0.1 --ocpp-evidence e --ocpp-evidence-key k.pem",
        "--ocpp-evidence-key k.pem: the key is of another kind; " + FIT,
        written("k.pem", curve_key()),
    ),
    command(
        "evidence that is no folder",
        "verify nothere",
        "ocpp-conformance: verify: nothere is no folder; name what --ocpp-evidence wrote",
    ),
    command(
        "evidence that can't be read",
        "verify .",
        "ocpp-conformance: verify: SHA256SUMS: it cannot be read (Is a directory); name what --ocpp-evidence wrote",
        lambda folder: (folder / "SHA256SUMS").mkdir(),
    ),
    command(
        "evidence and a key that is none",
        "verify . --key k.pem",
        "ocpp-conformance: verify: --key k.pem: it holds no public key in PEM; " + FIT,
        written("k.pem", b"no key"),
    ),
    options(
        "a finding that is not there",
        "--ocpp-replay no.json",
        "--ocpp-replay no.json: there is no such file; give one that a campaign has saved",
    ),
    options(
        "a finding that is no JSON",
        "--ocpp-replay x.json",
        "--ocpp-replay x.json: it can't be read as JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)); give one that a campaign has saved",
        beside("x.json", "{"),
    ),
    options(
        "a finding of another format",
        "--ocpp-replay x.json",
        "--ocpp-replay x.json: it is no saved example of format ocpp-conformance-example/1; give one that a campaign has saved",
        beside("x.json", "[]"),
    ),
    options(
        "a finding that is damaged",
        "--ocpp-replay x.json",
        "--ocpp-replay x.json: the example in it is damaged (TypeError: 'int' object is not subscriptable); give one that a campaign has saved",
        beside("x.json", saved_example(example=3)),
    ),
    options(
        "a finding of an act that nobody knows",
        "--ocpp-replay x.json",
        "--ocpp-replay x.json: the example in it is damaged (ValueError: there is no act 'dance' in this version of the suite); give one that a campaign has saved",
        beside("x.json", act_of("dance")),
    ),
    options(
        "a finding of an act that has changed",
        "--ocpp-replay x.json",
        "--ocpp-replay x.json: the example in it is damaged (ValueError: the act 'cut' is another one in this version of the suite: got an unexpected keyword argument 'nothing'); give one that a campaign has saved",
        beside("x.json", act_of("cut", nothing=1)),
    ),
    options(
        "a finding of a case that nobody lists",
        "--ocpp-dut dut.toml {cases} --ocpp-replay x.json",
        "--ocpp-replay: OC_X_1_CS under OCPP 2.0.1 stands in no catalogue; play it with the version of this suite that saved it",
        beside("x.json", saved_example(case="OC_X_1_CS"), device()),
    ),
    options(
        "a finding for another device",
        "--ocpp-dut dut.toml {cases} --ocpp-replay x.json",
        "--ocpp-replay: the example of OC_FZ_04_CS is for a CSMS under OCPP 2.0.1; give the description of one that has this version",
        beside("x.json", saved_example(role="CSMS"), device()),
    ),
    options(
        "a feature that decides and is not declared",
        "--ocpp-dut dut.toml {cases} -k TC_F_11_CS",
        'dut.toml [features]: C-29.1 (trigger MeterValues) is not declared, needed by TC_F_11_CS (2.0.1); add: "C-29.1" = true or false',
        device(C_at_29="", **{'"C-29.1"': ""}),
    ),
    options(
        "an expected failure that does not apply",
        "--ocpp-dut dut.toml {cases} -k TC_F_11_CS",
        "dut.toml: expected_failures: TC_F_11_CS: it does not apply (C-29.1: C-29.1 is false); remove the entry",
        device(**{'"C-29.1"': '"C-29.1" = false'}, more='\n[[expected_failures]]\nid = "TC_F_11_CS"\nreason = "x"\n'),
    ),
    options(
        "an address that is in use",
        "--ocpp-dut dut.toml {cases} -k TC_F_11_CS",
        "cannot listen on 127.0.0.1:{port}: address already in use; another program uses this port: stop it, or choose another port (0 for any free one)",
        taken,
    ),
    options(
        "a case that no catalogue lists",
        "--ocpp-version 2.0.1 test_mine.py",
        "TC_X_99_CS stands in no catalogue; add it to testcases/catalogue or mend the id",
        beside("test_mine.py", 'from conformance import case\n@case("TC_X_99_CS")\ndef test_mine(csms): ...\n'),
    ),
    # Commands.
    command(
        "no device named",
        "check-operator",
        "ocpp-conformance: which device? give --ocpp-dut FILE; `ocpp-conformance init` writes one",
    ),
    command(
        "a description that cannot be used",
        "plan no.toml",
        "ocpp-conformance: no.toml: there is no such file; give the path of a description, or write one with `ocpp-conformance init`",
    ),
    command(
        "an operator that cannot be reached",
        "check-operator dut.toml --no-device",
        "ocpp-conformance: module nobody has no class Everybody; known are Nobody",
        device(kind='kind = "python"', **{"class": 'class = "nobody:Everybody"'}),
    ),
    command(
        "a case to prove that is none",
        "prove TC_X_99_CS",
        "ocpp-conformance: prove: no case TC_X_99_CS; `ocpp-conformance coverage` lists what there is",
    ),
    command(
        "kill results that are none",
        "coverage --kill-results x.json",
        "ocpp-conformance: x.json holds no kill results of this version: delete it, or `prove` anew",
        beside("x.json", "{"),
    ),
    command(
        "a file that is there already",
        "init --role CS --version 1.6 dut.toml",
        "ocpp-conformance: dut.toml is there already; give another name, or remove it",
        device(),
    ),
    command(
        "a file that cannot be written",
        "init --role CS --version 1.6 /proc/nothere/dut.toml",
        "ocpp-conformance: /proc/nothere/dut.toml: cannot be written (No such file or directory); give another name",
    ),
    command(
        "a CSMS that is to be asked",
        "init --role CSMS --version 1.6 --ask-device",
        "ocpp-conformance: --ask-device: only a charging station can be asked; leave it out for a CSMS",
    ),
    command(
        "an address that the station cannot find",
        "init --role CS --version 1.6 --listen 9000 --ask-device",
        'ocpp-conformance: dut.toml [connection] listen: "9000" is no address and port; write host and port (0 to 65535), for example "127.0.0.1:9000"',
    ),
    command(
        "nobody to ask",
        "init",
        "ocpp-conformance: init: there is no terminal to ask on; give --role and --version (and --listen or --url), or --ask to read the answers from standard input",
    ),
    command(
        "answers that end too soon",
        "init --ask",
        "ocpp-conformance: init: the answers ended before the questions, and nothing is written; give them all, or run it on a terminal",
        typed="CS\n",
    ),
    command(
        "a record that is not there",
        "render no.json --html x.html",
        "ocpp-conformance: no.json: cannot be read: No such file or directory; name the results.json that a run wrote",
    ),
    command(
        "a view that cannot be written",
        "render results.json --html /proc/nothere/x.html",
        "ocpp-conformance: /proc/nothere: No such file or directory; name another place",
        results,
    ),
    command(
        "a ratio below which nothing is slower",
        "diff a b --slower 1",
        "ocpp-conformance: diff: --slower 1: it must be greater than 1; give another ratio",
    ),
    command(
        "a time by which nothing is slower",
        "diff a b --slower-by -1",
        "ocpp-conformance: diff: --slower-by -1: it must not be negative; give another number",
    ),
    command(
        "two places for a view",
        "render results.json --html x.html --out y",
        "ocpp-conformance: render: --out writes every view, and a view has a file of its own; give one or the other",
    ),
    command(
        "a baseline to update that is none",
        "baseline results.json --update dut.toml --out x.toml",
        "ocpp-conformance: dut.toml: it is no baseline: format is missing; write one with `ocpp-conformance baseline reports/results.json --out FILE`",
        both,
    ),
    command(
        "a baseline that would be written over",
        "baseline results.json --out known.toml",
        "ocpp-conformance: baseline: known.toml exists, and the reasons in it would be lost; add --update known.toml to "
        "keep them, or name another file",
        written("known.toml", b""),
    ),
    command(
        "a baseline that cannot be written",
        "baseline results.json --out /proc/nothere/x.toml",
        "ocpp-conformance: /proc/nothere/x.toml: it cannot be written (No such file or directory); name another file",
        results,
    ),
    command(
        "a record for a baseline that is not there",
        "baseline no.json --out x.toml",
        "ocpp-conformance: no.json: cannot be read: No such file or directory; name the results.json that a run wrote",
    ),
    # A run that can't go on.
    bench_opened(
        "an address that another program has",
        "cannot listen on 127.0.0.1:{port}: address already in use; another program uses this port: stop it, or choose another port (0 for any free one)",
    ),
    bench_opened(
        "the same bench, which nobody waits for twice",
        "cannot listen on 127.0.0.1:{port}: address already in use; another program uses this port: stop it, or choose another port (0 for any free one)",
        times=2,
    ),
    bench_opened(
        "an operator that is not there when a bench is opened",
        "the operator at http://127.0.0.1:{port} does not answer (Connection refused); start it, or correct operator.url in {tmp}/dut.toml",
        dead_operator=True,
    ),
    Row(
        "a worker that dies",
        worker_dies,
        "the worker for dut died (Not properly terminated); run the case alone in which it died (-k) to see why",
    ),
    # Answers to `init`.
    Row(
        "a token of three parts",
        lambda folder: str(interview._PARSERS["token"]("a, b, c")),
        "write the token's characters, and its type behind a comma if it is not ISO14443",
    ),
    Row(
        "connectors that are words",
        lambda folder: str(interview._PARSERS["connectors"]("one")),
        "'one' is no list of connectors; write for example 1.1, 2.1",
    ),
    Row(
        "a number that is none",
        lambda folder: str(interview._PARSERS["integer"]("ten")),
        "'ten' is no whole number; write for example 300",
    ),
    Row(
        "a command with an open quotation mark",
        lambda folder: str(interview._PARSERS["argv"]("'x")),
        "\"'x\" can't be read as a command (No closing quotation); close every quotation mark",
    ),
]
"""Every mistake and its text."""


REACHED: set[tuple[str, int]] = set()
"""The lines of the covered files that rows have reached so far."""
PROVOKED: set[str] = set()
"""The mistakes that were made so far: a run of one test alone makes the others, too."""


@contextlib.contextmanager
def watched(row: Row) -> Iterator[None]:
    """Notes which lines of the covered files are reached inside."""
    files = {str(path) for path in COVERED}

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        REACHED.add((frame.f_code.co_filename, frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename in files else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)
        PROVOKED.add(row.mistake)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.mistake)
def test_a_mistake_gets_its_text(row: Row, tmp_path: Path) -> None:
    with watched(row):
        text = told(row, tmp_path)
    assert text == row.text
    assert "Traceback" not in text and "object at 0x" not in text


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.mistake)
def test_each_line_of_a_text_says_what_to_do(row: Row) -> None:
    """What is wrong, and behind the last semicolon (or in the sentence) what to write, give, remove, run or start."""
    if row.mistake in SAYS_WHY_ONLY:
        return
    for line in row.text.splitlines():
        assert re.search(REMEDIES, line), line


REMEDIES = (
    r"(; |: |, |\? |^)(leave|stop|close|play|delete|add|write|use|remove|correct|did you mean|known are|give|keep|make|save|shorten|choose|move|end|name|"
    r"install|start|run|drop|change|copy|mend|describe|be there|pip|cut|have|it must answer|there are|invalid choice)\b"
    r"|known are|lists what there is"
)
SAYS_WHY_ONLY = {
    row.mistake for row in TABLE if row.mistake.startswith(("an act: ", "a condition: ", "a mistake of ours: "))
}
"""Acts that could not be made: the reason stands in the verdict of the case, and what to do depends on the lab."""


def test_every_error_is_listed(tmp_path: Path) -> None:
    """Each place in the source that words an error is reached by a row."""
    for number, row in enumerate(TABLE):
        if row.mistake not in PROVOKED:
            (tmp_path / str(number)).mkdir()
            with watched(row):
                told(row, tmp_path / str(number))
    missing = [
        f"{path.relative_to(ROOT.parent)}:{node.lineno}: {ast.unparse(node)[:120]}"
        for path in COVERED
        for node in wordings(path)
        if not any((str(path), one) in REACHED for one in range(node.lineno, (node.end_lineno or node.lineno) + 1))
    ]
    assert not missing, "add a row for each of these:\n" + "\n".join(missing)


def wordings(path: Path) -> Iterator[ast.stmt]:
    """The statements of a file that word an error: a `raise` of something new, or a call such as `checks.problem`."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            name = ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
            if name not in NOT_LISTED:
                yield node
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and path != RUN:
            called = node.value.func
            if isinstance(called, ast.Attribute) and called.attr in TELLING:
                yield node


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def test_what_is_not_listed_is_still_raised_somewhere() -> None:
    """An exception to the rule that nothing needs any more has to go."""
    source = "\n".join(path.read_text("utf-8") for path in COVERED)
    assert all(f"raise {name}" in source for name in NOT_LISTED)
