"""`ocpp-conformance`: tests OCPP charging stations and CSMSs. `ocpp-conformance COMMAND --help` says more."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


class CliError(Exception):
    """What the user has to mend, in one line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 for success, 1 when what was asked for is not so, 2 for a mistake in the request."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] in (["station"], ["csms"]):
        from conformance.reference.__main__ import main as reference

        return reference(arguments)
    if arguments[:1] == ["run"]:
        return _run(arguments[1:])
    options = _parser().parse_args(arguments)
    command: Callable[[Any], int] = options.command
    from conformance.holder import RunError
    from conformance.record_commands import CommandError

    try:
        return command(options)
    except (CliError, CommandError, RunError) as error:
        sys.stderr.write(f"ocpp-conformance: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `| head` has seen enough; nothing may be flushed into the closed pipe at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _parser() -> argparse.ArgumentParser:
    from conformance.record_commands import add_commands

    parser = argparse.ArgumentParser(prog="ocpp-conformance", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function: Callable[[Any], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=function)
        return command

    add("run", lambda options: 0, "run the test cases: `pytest` on the cases of this installation, with its options")
    add("station", lambda options: 0, "start the reference charging station by hand (--help for its options)")
    add("csms", lambda options: 0, "start the reference CSMS by hand (--help for its options)")
    init = add(
        "init", _init, "write a description of a device (dut.toml); asks what --role and --version do not answer"
    )
    init.add_argument("file", nargs="?", default="dut.toml", type=Path)
    init.add_argument("--role", choices=["CS", "CSMS"], help="what is under test")
    init.add_argument("--version", action="append", choices=["1.6", "2.0.1", "2.1"], help="repeatable")
    init.add_argument("--ask", action="store_true", help="ask question by question, whatever is given")
    init.add_argument("--identity", default="CS001", help="the station's identity")
    init.add_argument("--listen", default="127.0.0.1:9000", help="role CS: where our CSMS listens")
    init.add_argument("--url", default="ws://127.0.0.1:9000/ocpp", help="role CSMS: the CSMS under test")
    init.add_argument("--ask-device", action="store_true", help="role CS: read features from the device over the wire")
    plan = add("plan", _plan, "print the numbered procedure for a device, without touching it")
    _with_description(plan)
    plan.add_argument("--brief", action="store_true", help="only what it takes: time, and who has to act where")
    check = add(
        "check-operator", _check_operator, "try every act of the operator that is harmless, and tell what to mend"
    )
    _with_description(check)
    check.add_argument(
        "--no-device", action="store_true", help="do not wait for the device: take the operator's word for every act"
    )
    add_commands(add)
    coverage = add("coverage", _coverage, "what the catalogue lists, what is implemented, what is proved to fail")
    coverage.add_argument("--json", action="store_true", help="print JSON only")
    coverage.add_argument(
        "--requirements",
        action="store_true",
        help="requirements of 2.x instead of cases: exercised, unobservable, open",
    )
    coverage.add_argument("--unjudged", action="store_true", help="list what cases leave unjudged, with the reasons")
    coverage.add_argument(
        "--kill-results",
        type=Path,
        default=Path("reports/kill.json"),
        help="what `prove` wrote (default: reports/kill.json; made anew when it is missing)",
    )
    prove = add("prove", _prove, "record cases on the embedded devices and replay them with every mutant")
    prove.add_argument("ids", nargs="*", help="case ids (default: all)")
    prove.add_argument("--role", action="append", default=[], choices=["CS", "CSMS"])
    prove.add_argument("--version", action="append", default=[], choices=["1.6", "2.0.1", "2.1"])
    prove.add_argument(
        "--out", type=Path, help="write the kill results here (default: reports/kill.json for all cases)"
    )
    prove.add_argument("--details", action="store_true", help="list survivors and unjudged fields")
    return parser


def _with_description(command: argparse.ArgumentParser) -> None:
    """The description as an argument, or as pytest has it."""
    command.add_argument("description", nargs="?", type=Path, help="description of the device (dut.toml)")
    command.add_argument("--ocpp-dut", type=Path, metavar="FILE", help="the same, as in a run")


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _run(arguments: list[str]) -> int:
    import pytest

    from conformance.data import catalogue_folder

    folder = str(catalogue_folder().parent)
    # pytest would warn on every run that it can't rewrite the asserts of this package, which this command imported
    quiet = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    options = ["--import-mode=importlib", "-p", "no:cacheprovider", "-W", quiet]
    return int(pytest.main([folder, *options, *arguments]))


def _plan(options: Any) -> int:
    from conformance.cases.catalogue import load_catalogue
    from conformance.cases.discovery import discover
    from conformance.cases.selection import Wishes, missing, not_implemented, select
    from conformance.report.plan import past_seconds, plan_lines

    dut = _description(options)
    infos = discover()
    selected = [one for info in infos for one in select(info, load_catalogue(), [dut], Wishes())]
    past = past_seconds(Path("reports"), [dut])
    unwritten = list(not_implemented((info.id for info in infos), load_catalogue(), [dut], Wishes()))
    offered, unreachable = _offered(dut)
    for line in plan_lines(selected, unwritten, brief=options.brief, past=past, offered=offered):
        _print(line)
    if unreachable:
        _print(f"which acts the operator does not offer is not known: {unreachable}")
    if problems := missing(selected):
        _print(f"{len(problems)} open features decide about cases of this plan; a run stops until they are answered:")
        for line in problems:
            _print(f"  {line}")
    return 0


def _offered(dut: Any) -> tuple[frozenset[str] | None, str]:
    """The verbs of an operator that a plan may ask, as it touches nothing; else None, and why it could not be asked."""
    from conformance.dut.operators import OperatorUnreachable, make_operator

    kinds = {dut.operator.default.kind, *(one.kind for one in dut.operator.named.values())}
    if kinds & {"manual", "python"}:  # a person has all; a class may take hold of the bench when it is made
        return None, ""
    operator = make_operator(dut)
    try:
        operator.check()
        return frozenset(operator.verbs), ""
    except OperatorUnreachable as error:
        return None, str(error)
    finally:
        operator.close()


def _description(options: Any) -> Any:
    from conformance.dut.errors import DescriptionError
    from conformance.dut.reading import load_description

    path = options.ocpp_dut or options.description
    if path is None:
        raise CliError("which device? give --ocpp-dut FILE; `ocpp-conformance init` writes one")
    try:
        return load_description(path)
    except DescriptionError as error:
        raise CliError(str(error)) from None


def _check_operator(options: Any) -> int:
    from conformance.dut.operators import OperatorUnreachable
    from conformance.operator_check import check_operator

    dut = _description(options)
    try:
        return 0 if check_operator(dut, _print, device=not options.no_device) else 1
    except OperatorUnreachable as error:
        raise CliError(str(error)) from None


def _coverage(options: Any) -> int:
    from conformance.coverage import KillResultsError, coverage_rows, kill_results

    if options.requirements:
        return _requirements(as_json=options.json)
    try:
        rows = coverage_rows(kill_results(options.kill_results, _progress))
    except KillResultsError as error:
        raise CliError(str(error)) from None
    if options.json:
        _print(json.dumps(rows, indent=1))
        return 0
    _print(f"{'version':8}{'role':6}{'block':26}{'listed':>8}{'implemented':>13}{'killed':>8}")
    for row in rows:
        place = f"{row['version']:8}{row['role']:6}{row['block']:26}"
        _print(f"{place}{row['listed']:8}{row['implemented']:13}{row['killed']:8}")
    if options.unjudged:
        _print("\nfields that a case leaves unjudged, and why:")
        for row in rows:
            for id_, fields in row["unjudged"].items():
                for name, reason in fields.items():
                    _print(f"{id_} {row['version']}: {name}: {reason or 'no reason on file'}")
    return 0


def _requirements(*, as_json: bool) -> int:
    from conformance.coverage import requirement_rows

    rows = requirement_rows()
    if as_json:
        _print(json.dumps(rows, indent=1))
        return 0
    _print(f"{'version':8}{'block':6}{'binding':>9}{'exercised':>11}{'unobservable':>14}{'open':>6}")
    for row in rows:
        numbers = f"{row['exercised']:11}{len(row['unobservable']):14}{len(row['open']):6}"
        _print(f"{row['version']:8}{row['block']:6}{row['binding']:9}{numbers}  {' '.join(row['open'])}".rstrip())
    return 0


def _progress(line: str) -> None:
    sys.stderr.write(line + "\n")


def _prove(options: Any) -> int:
    from conformance.cases.discovery import discover
    from conformance.cases.selection import Wishes
    from conformance.prove import KILL_RESULTS, record_all, score_all, write_kill_results

    known = {info.id for info in discover()}
    for one in options.ids:
        if one not in known:
            raise CliError(f"prove: no case {one}; `ocpp-conformance coverage` lists what there is")
    wishes = Wishes(roles=tuple(options.role), versions=tuple(options.version))
    recordings, records = record_all(wishes, options.ids, _progress)
    bad = [one for one in records if one.verdict not in ("PASS", "NOT APPLICABLE")]
    scores = []
    for one in score_all(recordings):
        scores.append(one)
        _print(one.line())
        if options.details:
            for name in ("survived", "errors"):
                for text in getattr(one, name):
                    _print(f"    {name}: {text}")
            for text, reason in one.unjudged.items():
                _print(f"    unjudged: {text}: {reason or 'no reason on file'}")
    out = options.out or (None if options.ids or options.role or options.version else Path("reports") / KILL_RESULTS)
    if out is not None:
        write_kill_results(scores, None, out)
    for record in bad:
        _print(f"{record.verdict} {record.id} {record.version}: {record.why}")
    return 1 if bad or any(one.survived or one.broken for one in scores) else 0


def _init(options: Any) -> int:
    from conformance.init import write_description

    return write_description(options, _print)


if __name__ == "__main__":
    sys.exit(main())
