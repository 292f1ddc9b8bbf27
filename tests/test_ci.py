"""The GitHub action and its script, the snippets of docs/ci.md, and the exit codes that it promises."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema
from ruamel.yaml import YAML

import conformance.cli
from conformance.dut.baseline import load_baseline
from conformance.reference.launch import start_csms
from conformance.report.journal import Journal, write_results
from conformance.report.record import CaseRecord, RunInfo, RunRecord
from tests.lifecycle.conftest import description

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs" / "ci.md").read_text("utf-8")
ACTION = ROOT / "action.yml"
SCRIPT = ROOT / ".ci" / "action.py"


def yaml(text: str) -> Any:
    return YAML(typ="safe").load(text)


def blocks(language: str) -> list[str]:
    """The snippets of the document in a language."""
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


def check(schema: str, content: Any) -> None:
    """Hold a CI file against the schema that the vendor publishes for it."""
    jsonschema.Draft7Validator(get_builtin_schema(schema)).validate(content)


@pytest.fixture(scope="session")
def action() -> Any:
    """The action's file."""
    return yaml(ACTION.read_text("utf-8"))


class TestAction:
    def test_it_is_an_action(self, action: Any) -> None:
        check("vendor.github-actions", action)
        assert action["runs"]["using"] == "composite"

    def test_every_step_of_ours_calls_the_script(self, action: Any) -> None:
        runs = [step["run"] for step in action["runs"]["steps"] if "run" in step]
        assert runs == [f'python "$GITHUB_ACTION_PATH/.ci/action.py" {step}' for step in ("install", "run")]

    def test_the_script_knows_every_input_that_it_is_given(self, action: Any, script: ModuleType) -> None:
        given = {name for step in action["runs"]["steps"] if "run" in step for name in step["env"]}
        assert given == set(re.findall(r"OCPP_[A-Z_]+", SCRIPT.read_text("utf-8")))

    def test_inputs_and_outputs_that_are_used_are_declared(self, action: Any) -> None:
        text = ACTION.read_text("utf-8")
        assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(action["inputs"])
        outputs = {f"${{{{ steps.run.outputs.{name} }}}}" for name in action["outputs"]}
        assert {one["value"] for one in action["outputs"].values()} == outputs

    def test_the_example_gives_inputs_that_there_are(self, action: Any) -> None:
        (example,) = (yaml(one) for one in blocks("yaml") if "runs-on" in one)
        check("vendor.github-workflows", example)
        used = example["jobs"]["conformance"]["steps"][-1]
        assert set(used["with"]) <= set(action["inputs"])
        for name in set(action["inputs"]) | set(action["outputs"]):
            assert f"`{name}`" in DOCUMENT or name in used["with"], f"docs/ci.md does not name {name}"


@pytest.fixture(scope="session")
def script() -> ModuleType:
    """The action's script as a module."""
    spec = importlib.util.spec_from_file_location("ocpp_action", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def record(verdict: str = "PASS") -> RunRecord:
    case = CaseRecord("TC_B_06_CS", "Get Variables", "2.0.1", "CS", "B", verdict, node="x::TC_B_06_CS[2.0.1]")
    return RunRecord(RunInfo("0.1.0", "2026-03-02T09:00:00+00:00"), [case])


class TestScript:
    @pytest.fixture
    def environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """What a job of GitHub has, in a folder of its own."""
        monkeypatch.chdir(tmp_path)
        return {"GITHUB_STEP_SUMMARY": str(tmp_path / "page.md"), "GITHUB_OUTPUT": str(tmp_path / "outputs")}

    @pytest.fixture
    def calls(self, script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
        """The commands that are called; the first one writes results of a run, later ones are carried out."""
        called: list[list[str]] = []
        real = script._call

        def call(command: list[str]) -> int:
            called.append(list(command))
            if "run" in command:
                return self.pretended(Path(command[command.index("--ocpp-report-dir") + 1]))
            code: int = real(command)
            return code

        monkeypatch.setattr(script, "_call", call)
        yield called

    @staticmethod
    def pretended(folder: Path) -> int:
        write_results(record(), folder / "results.json")
        return 0

    def test_inputs_become_options(
        self, script: ModuleType, environment: dict[str, str], calls: list[list[str]]
    ) -> None:
        inputs = {
            "OCPP_DUT": "a.toml\n  my lab/b.toml \n\n",
            "OCPP_BASELINE": "known.toml",
            "OCPP_OPTIONS": "--ocpp-version 2.0.1 -k 'B_01 or B_02'",
            "OCPP_REPORT_DIR": "out",
        }
        assert script.run({**environment, **inputs}) == 0
        assert calls[0][3:] == [
            *("run", "--ocpp-report-dir", "out"),
            *("--ocpp-dut", "a.toml", "--ocpp-dut", "my lab/b.toml", "--ocpp-baseline", "known.toml"),
            *("--ocpp-version", "2.0.1", "-k", "B_01 or B_02"),
        ]
        outputs = Path(environment["GITHUB_OUTPUT"]).read_text().splitlines()
        assert outputs == ["exit-code=0", "green=true", "report-dir=out"]

    @pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
    def test_the_exit_code_is_the_runs(
        self, script: ModuleType, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        monkeypatch.setattr(script, "_call", lambda command: code)
        assert script.run(environment) == code
        assert f"exit-code={code}\ngreen=false\n" in Path(environment["GITHUB_OUTPUT"]).read_text()

    def test_results_of_an_earlier_run_are_not_taken_for_this_ones(
        self, script: ModuleType, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.pretended(Path("reports"))
        monkeypatch.setattr(script, "_call", lambda command: 4)
        assert script.run(environment) == 4
        assert "green=false" in Path(environment["GITHUB_OUTPUT"]).read_text()

    def test_a_run_that_was_killed_has_its_views(
        self,
        script: ModuleType,
        environment: dict[str, str],
        calls: list[list[str]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def killed(folder: Path) -> int:
            Journal(folder, record())
            return -9

        monkeypatch.setattr(TestScript, "pretended", staticmethod(killed))
        assert script.run(environment) == 137
        assert Path("reports/results.sarif").is_file() and Path("reports/report.html").is_file()
        assert "**Broken off**: the run was killed" in Path(environment["GITHUB_STEP_SUMMARY"]).read_text()
        assert "green=false" in Path(environment["GITHUB_OUTPUT"]).read_text()

    def test_what_changed_goes_on_the_page(
        self, script: ModuleType, environment: dict[str, str], calls: list[list[str]]
    ) -> None:
        write_results(record("FAIL"), Path("old.json"))
        assert script.run({**environment, "OCPP_COMPARE": "old.json"}) == 0
        page = Path(environment["GITHUB_STEP_SUMMARY"]).read_text()
        assert "### Mended (1)" in page and Path("reports/diff.md").read_text() in page

    def test_nothing_to_compare_with_is_no_failure(
        self, script: ModuleType, environment: dict[str, str], calls: list[list[str]], capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert script.run({**environment, "OCPP_COMPARE": "nothere.json"}) == 0
        assert "nothere.json: cannot be read" in capfd.readouterr().err

    def test_it_installs_this_checkout_or_what_is_asked_for(
        self, script: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        called: list[list[str]] = []
        monkeypatch.setattr(script, "_call", lambda command: called.append(command) or 0)
        assert script.install({}) == script.install({"OCPP_PACKAGE": "ocpp-conformance==0.1.0"}) == 0
        assert [one[-1] for one in called] == [str(ROOT), "ocpp-conformance==0.1.0"]

    @pytest.mark.parametrize(
        ("arguments", "options", "told"),
        [
            ([], "", "action.py: say which step: install or run\n"),
            (["test"], "", "action.py: say which step: install or run\n"),
            (["run"], "-k 'open", "action.py: options: No closing quotation; quote it as in a shell\n"),
        ],
    )
    def test_a_mistake_is_one_line(
        self,
        script: ModuleType,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
        options: str,
        told: str,
    ) -> None:
        monkeypatch.setenv("OCPP_OPTIONS", options)
        assert script.main(arguments) == 2
        assert capsys.readouterr().err == told

    def test_it_runs_a_case_as_a_job_does(self, tmp_path: Path) -> None:
        """The whole way once, in processes of their own: the run appends its summary to the job's page itself."""
        page, outputs = tmp_path / "page.md", tmp_path / "outputs"
        given = {
            "OCPP_OPTIONS": "--ocpp-version 2.0.1 -k TC_B_06_CSMS",
            "GITHUB_STEP_SUMMARY": str(page),
            "GITHUB_OUTPUT": str(outputs),
        }
        ended = subprocess.run(
            [sys.executable, SCRIPT, "run"],
            cwd=tmp_path,
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert outputs.read_text() == "exit-code=0\ngreen=true\nreport-dir=reports\n"
        assert page.read_text().startswith("## OCPP conformance: ") and "**Green**: 1 case" in page.read_text()
        results = json.loads((tmp_path / "reports" / "results.json").read_text("utf-8"))
        assert [one["verdict"] for one in results["cases"]] == ["PASS"]


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command of the tool."""
    parser = conformance.cli._parser()
    commands = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return dict(commands.choices)


def options_of_a_run(pytestconfig: pytest.Config) -> set[str]:
    """Every long option that the plugin declares."""
    return {
        name
        for group in pytestconfig._parser._groups
        for option in group.options
        for name in option.names()
        if name.startswith("--ocpp-")
    }


def commands() -> Iterator[list[str]]:
    """Every command of the tool in the document."""
    for line in re.findall(r"ocpp-conformance ((?:run|render|diff|baseline)\b[^`\n']*)", DOCUMENT):
        yield shlex.split(line.rstrip("."))


class TestDocument:
    def test_gitlabs_file_is_one(self) -> None:
        (example,) = (yaml(one) for one in blocks("yaml") if "runs-on" not in one)
        check("vendor.gitlab-ci", example)
        assert example["ocpp-conformance"]["artifacts"]["reports"] == {"junit": "reports/junit.xml"}

    def test_jenkins_braces_are_closed(self) -> None:
        (example,) = blocks("groovy")
        assert example.count("{") == example.count("}") and example.count("'''") == 2

    def test_the_baseline_is_one(self, tmp_path: Path) -> None:
        (example,) = blocks("toml")
        (tmp_path / "baseline.toml").write_text(example)
        (entry,) = load_baseline(tmp_path / "baseline.toml")
        assert entry.findings

    @pytest.mark.parametrize("words", list(commands()), ids=" ".join)
    def test_every_command_is_understood(self, words: list[str], pytestconfig: pytest.Config) -> None:
        if words[0] == "run":
            used = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert used <= options_of_a_run(pytestconfig)
        elif len(words) > 1:
            parsers()[words[0]].parse_args(words[1:])

    def test_files_that_it_names_are_written(self) -> None:
        from conformance.report.views import VIEWS

        named = set(re.findall(r"reports/([a-z]+\.(?:xml|html|sarif|md))", DOCUMENT))
        assert named <= set(VIEWS)


def gitlab_lines() -> tuple[str, str]:
    """What GitLab's runner hands to a shell: the lines of `script`, and those of `after_script`."""
    (example,) = (yaml(one) for one in blocks("yaml") if "runs-on" not in one)
    job = example["ocpp-conformance"]
    return "\n".join(job["script"]), "\n".join(job["after_script"])


def jenkins_lines() -> tuple[str, str]:
    """What Jenkins hands to a shell: the step's script, and what runs afterwards whatever came of it."""
    (example,) = blocks("groovy")
    before, after = re.search(r"sh '''(.*?)'''", example, re.DOTALL), re.search(r"sh script: '(.*?)'", example)
    assert before and after
    return before[1], after[1]


class TestSnippets:
    """What the snippets have a shell do, done by one; the tool is this checkout instead of what pip would install."""

    @pytest.fixture
    def job(self, tmp_path: Path) -> Iterator[Callable[[str], subprocess.CompletedProcess[str]]]:
        """Runs lines as a job does, in a folder with a description, its device and a baseline; of the cases one."""
        for place in (tmp_path / "bin", tmp_path / ".venv" / "bin"):
            place.mkdir(parents=True)
            for name, body in {
                "ocpp-conformance": f'[ "$1" = run ] && set -- "$@" -k TC_B_01_CSMS\n'
                f'exec {sys.executable} -m conformance.cli "$@"',
                "pip": 'echo "pip $@" >> installed',
                "python3": 'echo "python3 $@" >> installed',
            }.items():
                (place / name).write_text(f"#!/bin/sh\n{body}\n")
                (place / name).chmod(0o755)

        def run(lines: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["/bin/sh", "-e", "-c", lines],
                cwd=tmp_path,
                env={**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
                capture_output=True,
                text=True,
                timeout=120,
            )

        with contextlib.closing(start_csms("2.0.1")) as device:
            description("CSMS", tmp_path, connection=f'url = "{device.addresses["ocpp"]}"')
            (tmp_path / "baseline.toml").write_text('format = "ocpp-conformance-baseline/1"\n')
            yield run

    @pytest.mark.parametrize("lines", [gitlab_lines, jenkins_lines])
    def test_a_job(
        self,
        job: Callable[[str], subprocess.CompletedProcess[str]],
        lines: Callable[[], tuple[str, str]],
        tmp_path: Path,
    ) -> None:
        script, after = lines()
        ended = job(script)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        installed = (tmp_path / "installed").read_text()
        assert "pip install --quiet git+https://github.com/OWNER/ocpp-conformance@REF" in installed
        reports = tmp_path / "reports"
        assert {"junit.xml", "results.json", "results.sarif", "report.html"} <= {one.name for one in reports.iterdir()}
        # A job that was killed: what comes after it draws the views from the journal.
        for one in reports.iterdir():
            one.unlink()
        Journal(reports, record())
        assert job(after).returncode == 0 and (reports / "junit.xml").is_file()

    @pytest.mark.parametrize("lines", [gitlab_lines, jenkins_lines])
    def test_a_job_that_is_refused_is_red(
        self,
        job: Callable[[str], subprocess.CompletedProcess[str]],
        lines: Callable[[], tuple[str, str]],
        tmp_path: Path,
    ) -> None:
        (tmp_path / "baseline.toml").unlink()
        script, after = lines()
        ended = job(script)
        assert ended.returncode == 4 and "baseline.toml" in ended.stderr
        assert job(after).returncode == 2, "there is nothing to draw, which neither server takes for a failure"


def promised(table: str) -> set[str]:
    """The exit codes of a table of the document."""
    rows = DOCUMENT.partition(f"<!-- exit codes: {table} -->")[2].split("\n\n")[0]
    return set(re.findall(r"^\| (\d[^|]*?) \|", rows, re.MULTILINE))


class TestExitCodes:
    """Of a run, 0, 1, 2, 4 and 5 are tested in tests/lifecycle; here, that the table is whole and what commands do."""

    def test_the_table_of_a_run_has_every_code_of_pytest(self) -> None:
        codes = {str(int(one)) for one in pytest.ExitCode if one.name != "MAX_WARNINGS_ERROR"}
        assert promised("run") == codes | {"128 + n"}

    def test_the_table_of_commands(self) -> None:
        assert promised("commands") == {"0", "1", "2", "130"}

    @pytest.fixture
    def stored(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        write_results(record(), tmp_path / "pass.json")
        write_results(record("FAIL"), tmp_path / "fail.json")
        write_results(record("INCONCLUSIVE"), tmp_path / "undecided.json")

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            ("render pass.json", 0),
            ("render fail.json", 0),
            ("render nothere.json", 2),
            ("diff pass.json pass.json", 0),
            ("diff fail.json pass.json", 0),
            ("diff pass.json fail.json", 1),
            ("diff pass.json nothere.json", 2),
            ("baseline fail.json", 0),
            ("baseline undecided.json", 1),
            ("baseline nothere.json", 2),
            ("baseline fail.json --update nothere.toml", 2),
            ("schema", 0),
        ],
    )
    def test_commands(self, stored: None, command: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
        assert conformance.cli.main(command.split()) == code
        errors = capsys.readouterr().err.splitlines()
        told = "ocpp-conformance baseline: 1 undecided case" if "undecided" in command else "ocpp-conformance: "
        assert [one.startswith(told) for one in errors] == [True] * ("undecided" in command or code == 2)

    @pytest.mark.parametrize("command", ["diff one.json", "baseline", "render x --nothing", "nothing"])
    def test_a_command_line_that_is_none(self, command: str) -> None:
        with pytest.raises(SystemExit) as caught:
            conformance.cli.main(command.split())
        assert caught.value.code == 2

    def test_ctrl_c(self, stored: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(path: Path) -> RunRecord:
            raise KeyboardInterrupt

        monkeypatch.setattr("conformance.report.render.load", broken)
        assert conformance.cli.main(["render", "pass.json"]) == 130
