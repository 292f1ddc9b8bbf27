"""`ocpp-conformance init`: what it writes, that it can be completed, and what a station tells of itself."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conformance import cli, draft, init, interview
from conformance.cases.catalogue import load_catalogue
from conformance.cases.discovery import discover
from conformance.cases.needs import lacking
from conformance.cases.selection import Wishes, missing, select
from conformance.data import data_path
from conformance.dut import keys
from conformance.dut.description import Dut
from conformance.dut.reading import load_description
from conformance.peers.payload import Fields
from conformance.peers.reports import Report
from conformance.proposals import from_keys, from_report
from conformance.reference.launch import start_csms
from tests.lifecycle.conftest import free_port, station_process
from tests.terminals import typed

REFERENCE = load_description(data_path("docs", "devices", "reference-station.toml"))
ANSWERS = {"true or false": "true", "a number": "2", 'a list, such as ["..."]': '["X"]'}


def written(folder: Path, *arguments: str, code: int = 0) -> Path:
    path = folder / "dut.toml"
    assert cli.main(["init", *arguments, str(path)]) == code
    return path


def answered(path: Path) -> None:
    """Answer every open line as a user would: take the mark away, fill in what is asked for."""
    done = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith(init.OPEN):
            line = line.removeprefix(init.OPEN)
            for example, answer in ANSWERS.items():
                line = line.replace(f"= {example}", f"= {answer}")
        done.append(line)
    path.write_text("\n".join(done) + "\n", "utf-8")


def without_features(path: Path) -> None:
    """Answer the open lines outside of [features], as an interview does."""
    text = path.read_text("utf-8")
    for key in ("connectors", "valid", "kind"):
        text = text.replace(f"{init.OPEN}{key} = ", f"{key} = ")
    path.write_text(text, "utf-8")


KINDS = [
    ("CS", ("1.6",)),
    ("CS", ("2.0.1",)),
    ("CS", ("2.0.1", "2.1")),
    ("CS", ("1.6", "2.0.1", "2.1")),
    ("CSMS", ("1.6",)),
    ("CSMS", ("2.1",)),
]


@pytest.mark.parametrize(
    ("role", "versions"), KINDS, ids=lambda value: "-".join(value) if isinstance(value, tuple) else value
)
class TestFile:
    def make(self, folder: Path, role: str, versions: tuple[str, ...]) -> Path:
        return written(folder, "--role", role, *(part for one in versions for part in ("--version", one)))

    def test_it_is_toml_as_it_stands(self, tmp_path: Path, role: str, versions: tuple[str, ...]) -> None:
        content = tomllib.loads(self.make(tmp_path, role, versions).read_text("utf-8"))
        assert content["device"]["role"] == role and content["device"]["versions"] == list(versions)

    def test_once_answered_it_is_a_description_that_lacks_nothing(
        self, tmp_path: Path, role: str, versions: tuple[str, ...]
    ) -> None:
        path = self.make(tmp_path, role, versions)
        answered(path)
        dut = load_description(path)
        assert (dut.role, dut.versions) == (role, versions)
        chosen = [one for info in discover() for one in select(info, load_catalogue(), [dut], Wishes())]
        assert chosen and missing(chosen) == [], "every feature that decides about a case was asked for"

    def test_every_key_and_feature_is_explained(self, tmp_path: Path, role: str, versions: tuple[str, ...]) -> None:
        text = self.make(tmp_path, role, versions).read_text("utf-8")
        flat = " ".join(line.removeprefix("#").strip() for line in text.splitlines())
        for section in keys.SECTIONS:
            for key in section.keys:
                if key.role in ("", role):
                    assert re.search(rf"^(#\? |# )?{key.name} = ", text, re.MULTILINE), f"{section.name}.{key.name}"
                    assert key.meaning in flat, f"{section.name}.{key.name}"
        for line in text.partition("[features]")[2].splitlines():
            if line.startswith(init.OPEN):
                assert line.partition("    # ")[2], line

    def test_defaults_are_the_loaders(self, tmp_path: Path, role: str, versions: tuple[str, ...]) -> None:
        """A default that is taken out of its comment changes nothing."""
        path = self.make(tmp_path, role, versions)
        answered(path)
        before = load_description(path)
        sections = "|".join(("timeouts", "values"))
        text = path.read_text("utf-8")
        for name in sections.split("|"):
            head, _, tail = text.partition(f"[{name}]")
            body, mark, rest = tail.partition("\n\n")
            plain = re.sub(r"^# ([a-z_]+ = )", r"\1", body, flags=re.MULTILINE)
            text = f"{head}[{name}]{plain}{mark}{rest}"
        path.write_text(text, "utf-8")
        after = load_description(path)
        assert (after.timeouts, after.values) == (before.timeouts, before.values)


class TestRequest:
    def test_it_never_overwrites(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "dut.toml"
        path.write_text("mine")
        assert cli.main(["init", "--role", "CS", "--version", "1.6", str(path)]) == 2
        assert path.read_text() == "mine"
        assert (
            capsys.readouterr().err == f"ocpp-conformance: {path} is there already; give another name, or remove it\n"
        )

    def test_where_it_cannot_write(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["init", "--role", "CS", "--version", "1.6", "/proc/nothere/dut.toml"]) == 2
        assert "/proc/nothere/dut.toml: cannot be written" in capsys.readouterr().err

    def test_a_csms_is_not_asked(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = written(tmp_path, "--role", "CSMS", "--version", "1.6", "--ask-device", code=2)
        assert not path.exists() and "--ask-device" in capsys.readouterr().err

    def test_what_was_given_stands_in_it(self, tmp_path: Path) -> None:
        station = tmp_path / "cs"
        path = written(
            station,
            "--role",
            "CS",
            "--version",
            "2.1",
            "--version",
            "1.6",
            "--identity",
            'C"S',
            "--listen",
            "0.0.0.0:1234",
        )
        content = tomllib.loads(path.read_text("utf-8"))
        assert content["device"]["identity"] == 'C"S' and content["device"]["versions"] == ["1.6", "2.1"]
        assert content["connection"]["listen"] == "0.0.0.0:1234"
        csms = written(tmp_path / "csms", "--role", "CSMS", "--version", "2.1", "--url", "wss://example.org/ocpp")
        assert tomllib.loads(csms.read_text("utf-8"))["connection"]["url"] == "wss://example.org/ocpp"

    def test_it_says_what_to_do_next(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = written(tmp_path, "--role", "CS", "--version", "2.0.1")
        told = capsys.readouterr().out
        count = sum(line.startswith(init.OPEN) for line in path.read_text("utf-8").splitlines())
        assert told.splitlines() == [
            f"{path} is written.",
            f"  {count} lines begin with #?; answer, in an editor, those that the plan names as open",
            f"  ocpp-conformance check-operator --ocpp-dut {path}    # does whoever acts on the device do so?",
            f"  ocpp-conformance plan --ocpp-dut {path}    # what will be done, how long it takes, who walks when",
            f"  ocpp-conformance run --ocpp-dut {path}    # the run; its report is reports/report.html",
        ]

    def test_the_plan_names_the_features_that_would_stop_the_run(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path, "--role", "CS", "--version", "2.0.1")
        without_features(path)
        capsys.readouterr()
        assert cli.main(["plan", "--brief", str(path)]) == 0
        _, heading, lines = capsys.readouterr().out.partition("open features decide about cases of this plan")
        assert heading and "C-47 (fall back to default reconnection) is not declared, needed by TC_B_49_CS" in lines

    def test_the_plan_names_what_the_description_lacks(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """With the cases that each thing costs; a proposal is accepted by taking the # away."""
        path = written(tmp_path, "--role", "CS", "--version", "2.0.1")
        without_features(path)

        def lines() -> list[str]:
            capsys.readouterr()
            assert cli.main(["plan", "--brief", str(path)]) == 0
            return [one for one in capsys.readouterr().out.splitlines() if " tokens.blocked: a token that is" in one]

        (line,) = lines()
        assert re.fullmatch(r" +4 tokens.blocked: a token that is Blocked \(TC_C_06_CS, .* and 1 more\)", line)
        path.write_text(path.read_text("utf-8").replace("# blocked = ", "blocked = "), "utf-8")
        assert lines() == []

    def test_the_plan_names_acts_that_the_operator_does_not_offer(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        program = tmp_path / "operate.py"
        program.write_text("import json, sys; json.load(sys.stdin); print(json.dumps({'verbs': ['plug_in']}))")
        path = written(tmp_path, "--role", "CS", "--version", "2.0.1")
        without_features(path)
        argv = f'kind = "command"\nargv = ["{sys.executable}", "{program}"]'
        path.write_text(path.read_text("utf-8").replace('kind = "manual"', argv), "utf-8")
        capsys.readouterr()
        assert cli.main(["plan", "--brief", str(path)]) == 0
        told = capsys.readouterr().out
        assert re.search(r"^ +\d+ verb present_token: the operator does not offer it \(TC_", told, re.MULTILINE)
        nobody = f'kind = "http"\nurl = "http://127.0.0.1:{free_port()}"'
        path.write_text(path.read_text("utf-8").replace(argv, nobody), "utf-8")
        assert cli.main(["plan", "--brief", str(path)]) == 0
        assert "which acts the operator does not offer is not known: the operator at http" in capsys.readouterr().out

    def test_a_reader_that_has_seen_enough_gets_no_traceback(self, tmp_path: Path) -> None:
        path = written(tmp_path, "--role", "CS", "--version", "2.0.1")
        without_features(path)
        plan = subprocess.Popen(
            [sys.executable, "-m", "conformance.cli", "plan", str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert plan.stdout is not None and plan.stderr is not None
        plan.stdout.close()
        assert (plan.stderr.read(), plan.wait(60)) == (b"", 141)
        plan.stderr.close()


class Script:
    """A user with answers prepared; the last question that nobody answers ends the input."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.shown: list[str] = []

    def ask(self, prompt: str) -> str:
        self.shown.append(prompt)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    def tell(self, line: str) -> None:
        self.shown.append(line)


def asked(folder: Path, *answers: str, begun: draft.Draft | None = None) -> tuple[draft.Draft, str]:
    """What an interview comes to, and all that was shown."""
    voice = Script(*answers)
    made = interview.interview(begun, folder / "dut.toml", voice)
    assert not voice.answers, voice.answers
    return made, "\n".join(voice.shown)


def loaded(made: draft.Draft) -> Dut:
    """The description that a draft becomes, with the open lines answered."""
    made.path.write_text("\n".join(init.lines(made)) + "\n", "utf-8")
    answered(made.path)
    return load_description(made.path)


class TestInterview:
    ALL_TOKENS = "y"
    NOW, LATER = "y", "n"

    def test_a_station_that_is_not_asked(self, tmp_path: Path) -> None:
        made, shown = asked(
            tmp_path,
            *("cs", "2.1, 1.6", "CS7", "1", "0123456789abcdef", "127.0.0.1:9000", "n", "1.1, 2.1", "FTP, HTTP"),
            *("CAFE01", "CAFE02, Central", "http", "http://127.0.0.1:9100", "", "Wallbox 7", "Ada", self.LATER),
        )
        dut = loaded(made)
        assert (dut.role, dut.identity, dut.versions, dut.security_profile) == ("CS", "CS7", ("1.6", "2.1"), 1)
        assert (dut.password, dut.address.listen) == (b"0123456789abcdef", ("127.0.0.1", 9000))
        assert dut.values.transfer_protocols == ("FTP", "HTTP") and dut.evses == (1, 2)
        assert dut.tokens.valid == {"idToken": "CAFE01", "type": "ISO14443"}
        assert dut.tokens.second == {"idToken": "CAFE02", "type": "Central"}
        assert (dut.operator.default.kind, dut.operator.default.url) == ("http", "http://127.0.0.1:9100")
        assert (dut.report.device, dut.report.tester) == ("Wallbox 7", "Ada")
        for section, name in (("device", "identity"), ("connection", "listen"), ("tokens", "valid")):
            key = next(one for one in keys.SECTIONS if one.name == section).key(name)
            assert key is not None and key.meaning[:60] in shown, "every question is explained"

    def test_a_wrong_answer_is_asked_again_in_the_loaders_words(self, tmp_path: Path) -> None:
        made, shown = asked(
            tmp_path,
            *("EVSE", "CS", "2.0", "2.0.1", "", "4", "0", "9000", "", "maybe", "n", "one", "0.1", "1.1"),
            *(
                "SFTP",
                "",
                "a, b, c",
                "A, ISO1443",
                "",
                "",
                "htp",
                "command",
                "'x",
                "./operate --fast",
                self.ALL_TOKENS,
                "",
                "",
                self.LATER,
            ),
        )
        for line in (
            "'EVSE' is none of these; answer CS or CSMS",
            'there is no OCPP version "2.0"; use "1.6", "2.0.1", "2.1"',
            '"9000" is no address and port; write host and port (0 to 65535), for example "127.0.0.1:9000"',
            "answer y or n",
            "'one' is no list of connectors; write for example 1.1, 2.1",
            "[[0, 1]] is not possible; write pairs of evseId and connectorId from 1, for example [[1, 1], [2, 1]]",
            '"SFTP" is not possible; did you mean "FTP"?',
            "write the token's characters, and its type behind a comma if it is not ISO14443",
            'there is no token type "ISO1443"; did you mean "ISO14443"?',
            '"htp" is not possible; did you mean "http"?',
            "\"'x\" can't be read as a command (No closing quotation); close every quotation mark",
        ):
            assert f"  {line}\n" in shown, line
        assert loaded(made).operator.default.argv == ("./operate", "--fast")

    def test_a_feature_is_asked_for_only_where_it_decides(self, tmp_path: Path) -> None:
        """No reservations: nobody asks about parts of them; Enter leaves a line open, q the rest."""
        begun = draft.Draft(tmp_path / "dut.toml", "CS", ("2.0.1",), dict(self.known("CS", "2.0.1")))
        answers = Features({"R-0": "n", "C-49": ""})
        voice = answers.voice(
            *("CS001", "0", "127.0.0.1:9000", "n", "", "", "", "", "", self.ALL_TOKENS, "", "", self.NOW)
        )
        made = interview.interview(begun, begun.path, voice)
        assert made.told["R-0"] == (False, "as you said") and "C-49" not in made.told
        assert "R-2" not in answers.asked and "R-1" not in answers.asked
        assert len(answers.asked) == len(set(answers.asked)), "nothing is asked twice"
        text = "\n".join(init.lines(made))
        assert "#? C-49 = true or false" in text and "\nR-0 = false\n" in text

    def test_what_does_not_go_together_is_said_and_not_lost(self, tmp_path: Path) -> None:
        made, shown = asked(
            tmp_path,
            *(
                "CS",
                "2.0.1",
                "a:b",
                "1",
                "0123456789abcdef",
                "",
                "n",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
            ),
        )
        assert "a colon cannot stand in a Basic user name; choose an identity without colon" in shown
        assert "These answers do not go together" in shown and made.known["device", "identity"] == "a:b"

    @staticmethod
    def known(role: str, version: str) -> dict[tuple[str, str], Any]:
        return {
            ("device", "role"): role,
            ("device", "identity"): "CS001",
            ("device", "versions"): (version,),
        }

    def test_a_station_is_read_over_the_wire(self, tmp_path: Path) -> None:
        port = free_port()
        made: list[draft.Draft] = []
        voice = Script(
            "CS", "2.0.1", "", "0", f"127.0.0.1:{port}", "y", "", "", "", "", "", self.ALL_TOKENS, "", "", self.LATER
        )
        asking = threading.Thread(target=lambda: made.append(interview.interview(None, tmp_path / "dut.toml", voice)))
        asking.start()
        with station_process(f"ws://127.0.0.1:{port}/ocpp", version="2.0.1"):
            asking.join(60)
        assert made, voice.shown
        dut = loaded(made[0])
        assert dut.evses == (1, 2) and dut.values.connector_type == "sType2"
        assert dut.values.transfer_protocols == ("HTTP",) and dut.report.device == "Conformance Reference"
        text = made[0].path.read_text("utf-8")
        assert "FileTransferProtocols, OCPP 2.0.1; HTTPS once it trusts the certificate of our server" in " ".join(
            text.split("\n# ")
        )
        assert "C-56 = true" in text and '"C-29.1" = true' in text, "asked for by CALLs that change nothing"

    def test_a_csms_is_tried_and_a_refusal_is_told(self, tmp_path: Path) -> None:
        dead = free_port()
        with contextlib.closing(start_csms("2.0.1")) as device:
            made, shown = asked(
                tmp_path,
                *(
                    "CSMS",
                    "2.0.1",
                    "CS001",
                    "0",
                    device.addresses["ocpp"],
                    "",
                    "y",
                    "",
                    "",
                    "manual",
                    "",
                    "y",
                    "",
                    "",
                    self.LATER,
                ),
            )
            begun = draft.Draft(tmp_path / "no.toml", "CSMS", ("2.0.1",), self.known("CSMS", "2.0.1"))
            _, refused = asked(
                tmp_path,
                *("", "0", f"ws://127.0.0.1:{dead}/ocpp", "", "y", "n", "", "", "", "", "n", "", "", self.LATER),
                begun=begun,
            )
        assert "took our station CS001 and accepted its BootNotification" in shown
        assert loaded(made).address.url == device.addresses["ocpp"]
        assert "OCPP 2.0.1: " in refused and "connection refused; is it running" in refused

    def test_open_lines_that_no_case_asks_for_are_said_to_be_that(self, tmp_path: Path) -> None:
        begun = draft.Draft(tmp_path / "dut.toml", "CSMS", ("1.6",), dict(self.known("CSMS", "1.6")))
        begun = begun.having("connection", "url", "ws://127.0.0.1:1/ocpp")
        assert "answer, in an editor, those that" in list(init._next_steps(begun, 3))[1]
        while wanted := begun.undecided():
            for id in wanted:
                begun = begun.declaring(id, False, "as you said")
        assert (
            "3 lines begin with #?, and no case of this version of the tool asks" in list(init._next_steps(begun, 3))[1]
        )

    def test_tokens_that_cases_need_are_proposed(self, tmp_path: Path) -> None:
        """Enter takes them all: a description that lacks no token. The list says what each costs."""
        begun = draft.Draft(tmp_path / "dut.toml", "CS", ("2.0.1",), dict(self.known("CS", "2.0.1")))
        answers = (
            "CS001",
            "0",
            "127.0.0.1:9000",
            "n",
            "",
            "",
            "",
            "",
            "http",
            "http://127.0.0.1:9100",
            "",
            "",
            "",
            "n",
        )
        made, shown = asked(tmp_path, *answers, begun=begun)
        assert re.search(r"^  blocked +AABBCC07, ISO14443 +\d+ cases  A token that is Blocked$", shown, re.MULTILINE)
        assert "no card: only messages carry it" in shown
        dut = loaded(made)
        chosen = [one for info in discover() for one in select(info, load_catalogue(), [dut], Wishes())]
        assert not [one.what for one in lacking(chosen) if one.token]
        assert dut.tokens.contract == {"idToken": "DE8AA1A2B3C4D59", "type": "eMAID"}
        assert "prepaid" not in dut.tokens, "2.0.1 knows no prepaid cards"

    def test_a_person_says_which_cards_there_are(self, tmp_path: Path) -> None:
        """With a person as operator Enter asks for each: a number, or - for none."""
        begun = draft.Draft(tmp_path / "dut.toml", "CS", ("1.6",), dict(self.known("CS", "1.6")))
        made, shown = asked(
            tmp_path,
            *("CS001", "0", "127.0.0.1:9000", "n", "", "", "04A1", "-", "manual"),
            *("", "04A1", "04B2", "", "-", "", "", "", "n"),
            begun=begun,
        )
        assert "Any card will do for any of them" in shown and "- leaves it out" in shown
        assert '"04A1" is tokens.valid already; give another token, or remove the key' in shown
        given = loaded(made).tokens.given()
        assert "second" not in given and given["invalid"].idToken == "04B2"
        assert {"group1": "AABBCC03", "group": "GROUP01"}.items() <= {k: v.idToken for k, v in given.items()}.items()
        assert "group2" not in given

    def test_a_csms_is_asked_for_the_tokens(self, tmp_path: Path) -> None:
        """What it does not know as named is told and left out: a case would fail for the description's sake."""
        begun = draft.Draft(tmp_path / "dut.toml", "CSMS", ("2.0.1",), dict(self.known("CSMS", "2.0.1")))
        with contextlib.closing(start_csms("2.0.1")) as device:
            url = device.addresses["ocpp"]
            wanted = len(begun.having("connection", "url", url).tokens_wanted())
            made, shown = asked(
                tmp_path,
                *("CS001", "0", url, "", "n", "NOBODY1", "", "http", "http://127.0.0.1:9100"),
                *("n", "NOBODY2", "AABBCC01X", *[""] * (wanted - 2), "y", "", "", "n"),
                begun=begun,
            )
        assert "  valid (NOBODY1, ISO14443): the CSMS says" in shown and "it should be Accepted" in shown
        assert "  blocked (AABBCC01X, ISO14443): the CSMS says" in shown
        given = loaded(made).tokens.given()
        assert "invalid" in given and "expired" in given and "blocked" not in given
        assert given["valid"].idToken == "NOBODY1", "a description has to have one"

    def test_without_a_terminal_nothing_is_asked(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = written(tmp_path, "--role", "CS", code=2)
        assert not path.exists() and "init: there is no terminal to ask on; give --role and" in capsys.readouterr().err

    def test_answers_that_end_too_soon_write_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("CS\n"))
        path = written(tmp_path, "--ask", code=2)
        assert not path.exists() and "the answers ended before the questions" in capsys.readouterr().err


class Features:
    """Answers by feature; what is not named gets a yes."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def voice(self, *first: str) -> Any:
        given, asked_ids, answers = list(first), self.asked, self.answers

        class Voice:
            def ask(self, prompt: str) -> str:
                if given:
                    return given.pop(0)
                id, _, rest = prompt.strip().split("left  ")[1].partition(": ")
                asked_ids.append(id)
                default = "2" if "(number)" in rest else "X" if "comma" in rest else "y"
                return answers.get(id, default)

            def tell(self, line: str) -> None:
                pass

        return Voice()


class TestOnATerminal:
    """The command as a user starts it, on a terminal of its own."""

    def test_from_the_first_question_to_the_file(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "conformance.cli", "init", "dut.toml"]
        code, shown = typed(command, ["CS", "2.0.1", "", "", "", "n", "", "", "", "", "", "y", "", "", "n"], tmp_path)
        assert code == 0, shown
        assert tomllib.loads((tmp_path / "dut.toml").read_text("utf-8"))["connection"]["listen"] == "0.0.0.0:9000"


class TestAsking:
    """The reference station has a description that was written by hand: what is derived must agree with it."""

    @pytest.mark.parametrize(("version", "least"), [("2.0.1", 60), ("1.6", 10)])
    def test_the_reference_station(
        self, tmp_path: Path, version: str, least: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        port = free_port()
        ended: list[int] = []
        arguments = ["--role", "CS", "--version", version, "--listen", f"127.0.0.1:{port}", "--ask-device"]
        path = tmp_path / "dut.toml"
        asking = threading.Thread(target=lambda: ended.append(cli.main(["init", *arguments, str(path)])))
        asking.start()
        with station_process(f"ws://127.0.0.1:{port}/ocpp", version=version):
            asking.join(60)
        assert ended == [0], capsys.readouterr().out
        content = tomllib.loads(path.read_text("utf-8"))
        assert content["evses"]["connectors"] == [[1, 1], [2, 1]]
        answered(path)
        dut = load_description(path)
        declared = {one: REFERENCE.features[one] for one in _told(path)}
        assert len(declared) >= least
        different = {one for one, value in declared.items() if _comparable(dut.features[one]) != _comparable(value)}
        assert not different, sorted(different)

    def test_a_station_that_does_not_come(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setitem(draft._UNTOLD["timeouts"], "boot", 0.2)
        arguments = ("--role", "CS", "--version", "2.0.1", "--listen", f"127.0.0.1:{free_port()}", "--ask-device")
        path = written(tmp_path, *arguments, code=1)
        told = capsys.readouterr().out
        assert "nothing was read from the station: the station has not connected within 0.2 s" in told
        answered(path)
        load_description(path)


def _told(path: Path) -> list[str]:
    """The ids of the features whose value the device has told."""
    told, comment = [], ""
    for line in path.read_text("utf-8").partition("[features]")[2].splitlines():
        if line.startswith("#"):
            comment += line
            continue
        if "the device says:" in comment:
            told.append(line.partition(" = ")[0].strip('"'))
        comment = ""
    return told


def _comparable(value: Any) -> Any:
    return frozenset(value) if isinstance(value, tuple) else value


def report(*entries: tuple[str, str, str, str]) -> Report:
    """A report of variables: (component, variable, value, mutability)."""

    class Part(Fields):
        pass

    data = [
        {
            "component": {"name": component},
            "variable": {"name": name},
            "variableAttribute": [{"value": value, "mutability": mutability}],
            "variableCharacteristics": {"dataType": "MemberList", "valuesList": "EVConnected,Authorized"},
        }
        for component, name, value, mutability in entries
    ]
    parts: Any = [Part({"seqNo": 0, "tbc": False, "reportData": data})]
    return Report(parts)


class TestRules:
    @pytest.mark.parametrize(
        ("entries", "expected"),
        [
            ([], {"C-49": False, "R-0": False, "C-48.1": None, "C-07": False, "HFS-8": None, "C-23": None}),
            ([("AuthCacheCtrlr", "Enabled", "false", "ReadWrite")], {"C-49": True}),
            (
                [("AuthCtrlr", "SupportedIdTokenTypes", "Central,ISO14443", "ReadOnly")],
                {"C-30": True, "C-31": False, "C-35": False, "C-36": None, "C-38": None, "C-39": False},
            ),
            (
                [("AuthCtrlr", "SupportedIdTokenTypes", "NoAuthorization", "ReadOnly")],
                {"C-30": False, "C-35": None, "C-36": False, "C-39": None},
            ),
            ([], {"C-30": None, "C-35": None, "C-39": None}),
            ([("AuthCacheCtrlr", "Enabled", "false", "ReadOnly")], {"C-49": False}),
            ([("AuthCacheCtrlr", "Available", "true", "ReadOnly")], {"C-49": True}),
            ([("AuthCtrlr", "AuthorizeRemoteStart", "true", "ReadOnly")], {"C-48.1": True, "C-48.2": False}),
            ([("AuthCtrlr", "AuthorizeRemoteStart", "true", "ReadWrite")], {"C-48.1": True, "C-48.2": True}),
            ([("AuthCtrlr", "MasterPassGroupId", "", "ReadWrite")], {"C-07": None, "C-08": None}),
            (
                [("TxCtrlr", "TxStartPoint", "Authorized", "ReadOnly")],
                {"C-09.1": False, "C-09.2": True, "C-51": False},
            ),
            (
                [("TxCtrlr", "TxStartPoint", "Authorized", "ReadWrite")],
                {"C-09.1": True, "C-09.2": True, "C-09.5": False, "C-51": True},
            ),
            ([("EVSE", "SupplyPhases", "0", "ReadOnly")], {"HFS-3": False, "HFS-4": True, "HFS-7": False}),
            ([("ClockCtrlr", "TimeSource", "NTP,Heartbeat", "ReadOnly")], {"C-23": ("NTP", "Heartbeat")}),
        ],
    )
    def test_of_the_device_model(self, entries: Any, expected: dict[str, Any]) -> None:
        found = from_report(report(*entries)).features
        assert {one: found[one].value if one in found else None for one in expected} == expected

    @pytest.mark.parametrize(
        ("entries", "expected"),
        [
            ({}, {"Core": None, "AuthorizationCache": False, "OfflineAuthorization": False}),
            (
                {"SupportedFeatureProfiles": ("Core, Reservation", True)},
                {"Core": True, "Reservation": True, "SmartCharging": False},
            ),
            ({"authorizationcacheenabled": ("false", False)}, {"AuthorizationCache": True}),
            ({"LocalAuthorizeOffline": ("false", True)}, {"OfflineAuthorization": False}),
            ({"LocalAuthorizeOffline": ("false", False)}, {"OfflineAuthorization": True}),
            ({"AuthorizeRemoteTxRequests": ("true", True)}, {"AuthorizeRemoteTxRequests.settable": False}),
            ({"AuthorizeRemoteTxRequests": ("true", False)}, {"AuthorizeRemoteTxRequests.settable": True}),
        ],
    )
    def test_of_configuration_keys(self, entries: Any, expected: dict[str, Any]) -> None:
        listed = [Fields({"key": key, "value": value, "readonly": fixed}) for key, (value, fixed) in entries.items()]
        found = from_keys(listed).features
        assert {one: found[one].value if one in found else None for one in expected} == expected

    @pytest.mark.parametrize("value", [None, 3, [], {}])
    def test_nonsense_is_no_crash(self, value: Any) -> None:
        from_keys([Fields({"key": "NumberOfConnectors", "value": value, "readonly": value})])
        part: Any = Fields({"seqNo": value, "reportData": value})
        if not isinstance(value, int):
            from_report(Report([part]))
