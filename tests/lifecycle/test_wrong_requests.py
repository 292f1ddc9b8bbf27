"""Whatever is wrong with the request is one line that says what, where and what to do; exit code 4, nothing touched."""

from __future__ import annotations

import importlib.metadata
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lifecycle.conftest import Ended, described_with_operator, description, free_port, station_process


def refused(ended: Ended, *words: str) -> None:
    """The run ended at once, as a mistake in the request, with one line that has all these words."""
    ended.check_no_orphans()
    assert ended.code == 4, ended.output
    assert len(ended.errors) == 1, ended.output
    for word in words:
        assert word in ended.errors[0], ended.output
    assert "Traceback" not in ended.output and "INTERNALERROR" not in ended.output
    assert "Generated html report" not in ended.output
    assert ended.seconds < 30


class TestOptions:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("--ocpp-block", "Z"), ("--ocpp-block Z: no case has it", "there are", "Core")),
            (("--ocpp-profile", "Gold"), ("--ocpp-profile Gold: no case has it", "Smart Charging")),
            (("--ocpp-dut", "nothere.toml"), ("nothere.toml: there is no such file", "ocpp-conformance init")),
            (("--ocpp-schemas", "nothere"), ("nothere", "does not exist", "OCA's JSON schemas")),
            (("--ocpp-report-dir", "/proc/nothere"), ("--ocpp-report-dir /proc/nothere", "name another folder")),
            (
                ("--ocpp-evidence-key", "k.pem"),
                ("--ocpp-evidence-key means nothing without", "add --ocpp-evidence DIR"),
            ),
            (("--ocpp-evidence", "reports"), ("--ocpp-evidence reports", "folder of the report; name another one")),
        ],
    )
    def test_wrong_value(self, run: Callable[..., Ended], arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
        refused(run(*arguments), *words)

    @pytest.mark.parametrize(("option", "value"), [("--ocpp-version", "3.0"), ("--ocpp-role", "EV")])
    def test_value_that_is_no_choice(self, run: Callable[..., Ended], option: str, value: str) -> None:
        ended = run(option, value)
        assert ended.code == 4 and f"argument {option}: invalid choice: '{value}'" in ended.output

    @pytest.mark.parametrize(("option", "value"), [("--ocpp-role", "CSMS"), ("--ocpp-version", "2.1")])
    def test_wish_that_no_description_meets(
        self, run: Callable[..., Ended], tmp_path: Path, option: str, value: str
    ) -> None:
        description("CS", tmp_path, connection='listen = "127.0.0.1:0"')
        refused(run("--ocpp-dut", "dut.toml", option, value), f"{option} {value}", "no description has it")

    def test_nothing_is_selected(self, run: Callable[..., Ended]) -> None:
        ended = run("-k", "no_such_case", "--ocpp-version", "2.0.1")
        assert ended.code == 5, ended.output
        assert ended.results["cases"] == []

    def test_nothing_that_is_selected_applies(self, run: Callable[..., Ended]) -> None:
        """ "We did not ask" is never green."""
        ended = run("-k", "TC_B_28_CS", "--ocpp-version", "2.0.1")
        assert ended.code == 1 and ended.verdicts == {"NOT APPLICABLE": 1}, ended.output
        assert ended.results["summary"]["green"] is False

    def test_several_workers(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        """Whatever else than pytest-xdist adds workers: one device, one worker."""
        (tmp_path / "workers.py").write_text(
            "def pytest_addoption(parser):\n    parser.addoption('--workers', dest='numprocesses', type=int)\n"
        )
        description("CS", tmp_path, connection='listen = "127.0.0.1:0"')
        ended = run("-p", "no:xdist", "-p", "workers", "--workers", "2", "--ocpp-dut", "dut.toml")
        refused(ended, "one device, one worker", "without -n")

    def test_plan_and_collection_touch_nothing(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        description("CS", tmp_path, connection=f'listen = "127.0.0.1:{free_port()}"')
        for option in ("--ocpp-plan", "--collect-only"):
            ended = run("--ocpp-dut", "dut.toml", option, "-k", "TC_B_01_CS")
            assert ended.code == 0 and "TC_B_01_CS" in ended.output, ended.output
            assert not (tmp_path / "reports").exists()


class TestDescription:
    def test_every_mistake_is_one_line(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        path = description("CS", tmp_path, connection='listen = "127.0.0.1:0"\nlisn = 3')
        path.write_text(
            path.read_text().replace('role = "CS"', 'role = "EVSE"').replace("message = 0.6", 'message = "x"')
        )
        ended = run("--ocpp-dut", "dut.toml")
        assert ended.code == 4
        lines = [one for one in ended.output.splitlines() if "dut.toml:" in one]
        assert len(lines) == 3 and all("; " in one for one in lines), ended.output

    def test_no_toml(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        (tmp_path / "dut.toml").write_text("[device\n")
        refused(run("--ocpp-dut", "dut.toml"), "dut.toml: it is no TOML", "line 1")

    def test_a_feature_that_decides_is_missing(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        path = description("CS", tmp_path, connection='listen = "127.0.0.1:0"')
        text = path.read_text()
        path.write_text("\n".join(line for line in text.splitlines() if not line.startswith("C-13 ")))
        ended = run("--ocpp-dut", "dut.toml", "--ocpp-block", "B")
        refused(
            ended, "dut.toml [features]: C-13 (reset of a single EVSE) is not declared", "add: C-13 = true or false"
        )
        assert "needed by TC_B_" in ended.errors[0]
        assert ended.results["run"]["problems"] == ended.errors, "the results of such a run are not green either"

    def test_the_operator_is_not_there(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        port = free_port()
        path = description("CS", tmp_path, connection='listen = "127.0.0.1:0"')
        path.write_text(
            path.read_text().replace(
                'kind = "python"\nclass = "nobody:Nobody"', f'kind = "http"\nurl = "http://127.0.0.1:{port}"'
            )
        )
        ended = run("--ocpp-dut", "dut.toml", "--ocpp-block", "F")
        refused(ended, f"http://127.0.0.1:{port} does not answer", "start it, or correct operator.url in dut.toml")

    def test_the_port_is_in_use(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            description("CS", tmp_path, connection=f'listen = "127.0.0.1:{port}"')
            ended = run("--ocpp-dut", "dut.toml", "--ocpp-block", "F")
        refused(ended, f"127.0.0.1:{port}", "in use")

    def test_no_terminal_for_a_person(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        path = description("CS", tmp_path, connection=f'listen = "127.0.0.1:{free_port()}"')
        path.write_text(path.read_text().replace('kind = "python"\nclass = "nobody:Nobody"', 'kind = "manual"'))
        ended = run("--ocpp-dut", "dut.toml", "-k", "TC_B_01_CS")
        assert ended.code in (1, 4) and "Traceback" not in ended.output
        assert ended.seconds < 20


class TestExpectedFailures:
    CASES = ("--ocpp-version", "2.0.1", "--ocpp-role", "CS")

    def with_failures(self, tmp_path: Path, *ids: str) -> Path:
        lines = "".join(f'\n[[expected_failures]]\nid = "{one}"\nreason = "known since spring"\n' for one in ids)
        return description("CS", tmp_path, connection=f'listen = "127.0.0.1:{free_port()}"', more=lines)

    def test_an_id_that_nobody_knows(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        self.with_failures(tmp_path, "TC_B_99_CS")
        refused(run("--ocpp-dut", "dut.toml"), "dut.toml:", "TC_B_99_CS", "did you mean")

    def test_an_id_without_a_test_case(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        from conformance.cases.catalogue import load_catalogue
        from conformance.cases.discovery import discover

        known = {info.id for info in discover()}
        unwritten = next(
            one.id for one in load_catalogue() if one.role == "CS" and one.id not in known and one.version == "2.0.1"
        )
        self.with_failures(tmp_path, unwritten)
        refused(
            run("--ocpp-dut", "dut.toml"),
            f"expected_failures: {unwritten}: no test case of that id",
            "remove the entry",
        )

    def test_a_case_that_does_not_apply(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        self.with_failures(tmp_path, "TC_B_28_CS")
        ended = run("--ocpp-dut", "dut.toml")
        refused(ended, "expected_failures: TC_B_28_CS", "it does not apply", "C-13 is true", "remove the entry")

    def test_one_that_passes_is_red(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        port = free_port()
        known = '[[expected_failures]]\nid = "TC_B_06_CS"\nreason = "known since spring"\n'
        with station_process(f"ws://127.0.0.1:{port}/ocpp") as (_, operator):
            described_with_operator(tmp_path, port, operator, known)
            ended = run("--ocpp-dut", "dut.toml", "-k", "TC_B_06_CS")
        assert ended.code == 1 and ended.verdicts == {"UNEXPECTED PASS": 1}
        reason = ended.results["cases"][0]["reason"]
        assert reason == "it was expected to fail (known since spring); remove the expected failure from dut.toml"
        ended.check_reports()

    def test_one_that_fails_is_green(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        port = free_port()
        known = (
            '[[expected_failures]]\nid = "TC_B_06_CS"\nreason = "known since spring"\nlink = "https://example.org/1"\n'
        )
        with station_process(f"ws://127.0.0.1:{port}/ocpp", "--defect", "attribute-type-missing") as (_, operator):
            described_with_operator(tmp_path, port, operator, known)
            ended = run("--ocpp-dut", "dut.toml", "-k", "TC_B_06_CS")
        assert ended.code == 0 and ended.verdicts == {"EXPECTED FAIL": 1}, ended.output
        assert ended.results["cases"][0]["reason"].startswith("known since spring https://example.org/1; expected")

    def test_inconclusive_is_not_excused(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        self.with_failures(tmp_path, "TC_F_01_CS")
        ended = run("--ocpp-dut", "dut.toml", "--ocpp-block", "F", "-k", "TC_F_01_CS")
        assert ended.code == 1 and ended.verdicts == {"INCONCLUSIVE": 1}


class TestBaseline:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (None, ("--ocpp-baseline", "baseline.toml: there is no such file", "ocpp-conformance baseline")),
            ("[device]\n", ("baseline.toml: it is no baseline: format is missing", "ocpp-conformance baseline")),
        ],
    )
    def test_a_file_that_is_none(
        self, run: Callable[..., Ended], tmp_path: Path, text: str | None, words: tuple[str, ...]
    ) -> None:
        if text is not None:
            (tmp_path / "baseline.toml").write_text(text)
        refused(run("--ocpp-baseline", "baseline.toml"), *words)


class TestSchemas:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """All official files, as the distribution has them."""
        package = Path(str(importlib.metadata.distribution("ocpp").locate_file("ocpp")))
        for name in ("v16", "v201", "v21"):
            shutil.copytree(package / name / "schemas", tmp_path / "schemas" / name)
        return tmp_path / "schemas"

    def test_a_good_folder(self, run: Callable[..., Ended], folder: Path) -> None:
        ended = run("--ocpp-schemas", "schemas", "--ocpp-version", "2.0.1", "-k", "TC_B_06_CSMS")
        assert ended.code == 0, ended.output
        assert ended.results["run"]["schemas"]["source"] == "schemas"

    def test_an_edited_file(self, run: Callable[..., Ended], folder: Path) -> None:
        path = folder / "v201" / "TransactionEventRequest.json"
        path.write_text(path.read_text("utf-8-sig").replace('"maxLength": 36', '"maxLength": 37'), "utf-8-sig")
        ended = run("--ocpp-schemas", "schemas", "--ocpp-version", "2.0.1", "-k", "TC_B_06_CSMS")
        refused(ended, "TransactionEventRequest.json", "official")

    def test_a_missing_file(self, run: Callable[..., Ended], folder: Path) -> None:
        (folder / "v201" / "ResetResponse.json").unlink()
        ended = run("--ocpp-schemas", "schemas", "--ocpp-version", "2.0.1", "-k", "TC_B_06_CSMS")
        refused(ended, "ResetResponse.json")

    def test_files_of_a_version_that_is_not_tested_do_not_matter(self, run: Callable[..., Ended], folder: Path) -> None:
        shutil.rmtree(folder / "v16")
        ended = run("--ocpp-schemas", "schemas", "--ocpp-version", "2.0.1", "-k", "TC_B_06_CSMS")
        assert ended.code == 0, ended.output

    def test_a_folder_with_something_else(self, run: Callable[..., Ended], tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "x.json").write_text("{}")
        refused(run("--ocpp-schemas", "other", "--ocpp-version", "2.0.1"), "the schema folder", "OCA's JSON schemas")
