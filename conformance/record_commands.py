"""The commands that work on the results of runs, without a device: `render`, `diff`, `baseline`, `schema`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from conformance.report.record import RunRecord

Add = Callable[[str, Callable[[Any], int], str], "ArgumentParser"]


class CommandError(Exception):
    """What the user has to mend, in one line."""


def add_commands(add: Add) -> None:
    """Declare the commands; `add(name, function, help)` gives the parser of one."""
    render = add("render", _render, "draw every view of a run again from its results.json")
    render.add_argument("results", type=Path, metavar="RESULTS", help=_RESULTS)
    render.add_argument("--out", type=Path, metavar="DIR", help="write every view here (default: beside the results)")
    for name, kind in (("html", "the report"), ("junit", "JUnit XML"), ("sarif", "SARIF"), ("summary", "Markdown")):
        render.add_argument(
            f"--{name}", type=Path, metavar="FILE", help=f"write {kind} here, and only what is named so"
        )
    diff = add("diff", _diff, "tell what changed between two runs: broken, mended, slower; 1 when something got worse")
    diff.add_argument("old", type=Path, metavar="OLD", help=_RESULTS)
    diff.add_argument("new", type=Path, metavar="NEW", help="the same of the later run")
    diff.add_argument("--format", choices=["text", "markdown", "json"], default="text", help="what is printed")
    diff.add_argument("--out", type=Path, metavar="FILE", help="write here (default: standard output)")
    diff.add_argument(
        "--slower", type=float, default=2.0, metavar="RATIO", help="a case is slower from here (default: 2)"
    )
    diff.add_argument(
        "--slower-by", type=float, default=1.0, metavar="SECONDS", help="and by so much at least (default: 1)"
    )
    diff.add_argument(
        "--fail-on",
        choices=["worse", "slower", "any", "never"],
        default="worse",
        help="exit with 1 when something got worse (default), also when slower, at any difference, or never",
    )
    add("schema", _schema, "print the JSON Schema of results.json")
    verify = add("verify", _verify, "check that a folder of evidence is as the run left it, and who signed it")
    verify.add_argument("folder", type=Path, metavar="DIR", help="what --ocpp-evidence wrote")
    verify.add_argument("--key", type=Path, metavar="FILE", help="public key (PEM) that must have signed it")
    baseline = add("baseline", _baseline, "write the failures of a run as its expected failures; 1 when it had more")
    baseline.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help=_RESULTS)
    baseline.add_argument("--out", type=Path, metavar="FILE", help="write here (default: standard output)")
    baseline.add_argument(
        "--update", type=Path, metavar="FILE", help="keep the reasons and links of this earlier baseline"
    )


_RESULTS = "a results.json, the journal of a run that was killed, or the folder that holds either"


def _load(path: Path) -> RunRecord:
    from conformance.report.journal import load
    from conformance.report.record import ResultsError

    try:
        return load(path)
    except ResultsError as error:
        raise CommandError(str(error)) from None


def _written(path: Path | None, text: str) -> None:
    """Write to a file, or to standard output when there is none."""
    from conformance.report.journal import write_atomically

    if path is None:
        sys.stdout.write(text)
        return
    try:
        write_atomically(path, text)
    except OSError as error:
        raise CommandError(f"{path}: it cannot be written ({error.strerror}); name another file") from None


def _render(options: Any) -> int:
    from conformance.report.record import ResultsError
    from conformance.report.render import render, render_all

    chosen = {name: getattr(options, name) for name in ("html", "junit", "sarif", "summary") if getattr(options, name)}
    if chosen and options.out:
        raise CommandError("render: --out writes every view, and a view has a file of its own; give one or the other")
    try:
        if chosen:
            render(options.results, **chosen)
        else:
            for path in render_all(options.results, options.out):
                sys.stdout.write(f"{path}\n")
    except ResultsError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}; name another place") from None
    return 0


def _diff(options: Any) -> int:
    from conformance.report.diff import compare
    from conformance.report.diff_text import to_json_text, to_lines, to_markdown

    if not options.slower > 1:
        raise CommandError(f"diff: --slower {options.slower:g}: it must be greater than 1; give another ratio")
    if not options.slower_by >= 0:
        raise CommandError(f"diff: --slower-by {options.slower_by:g}: it must not be negative; give another number")
    found = compare(_load(options.old), _load(options.new), slower=options.slower, slower_by=options.slower_by)
    if options.format == "text":
        _written(options.out, "".join(f"{line}\n" for line in to_lines(found)))
    else:
        _written(options.out, to_markdown(found) if options.format == "markdown" else to_json_text(found))
    failed = {
        "worse": found.worse,
        "slower": found.worse or bool(found.slower or found.slower_answers),
        "any": not found.same,
        "never": False,
    }
    return int(failed[options.fail_on])


def _schema(options: Any) -> int:
    from conformance.data import data_path

    sys.stdout.write(data_path("docs", "results.schema.json").read_text("utf-8"))
    return 0


def _baseline(options: Any) -> int:
    from conformance.dut.baseline import load_baseline
    from conformance.dut.errors import DescriptionError
    from conformance.report.baseline import baseline_toml, left_out

    if options.out is not None and options.out.exists() and options.update is None:
        raise CommandError(
            f"baseline: {options.out} exists, and the reasons in it would be lost; add --update {options.out} to keep "
            "them, or name another file"
        )
    records = [_load(path) for path in options.results]
    try:
        kept = load_baseline(options.update) if options.update else ()
    except DescriptionError as error:
        raise CommandError(str(error)) from None
    _written(options.out, baseline_toml(records, kept))
    lines = list(left_out(records))
    for line in lines:
        sys.stderr.write(f"ocpp-conformance baseline: {line}\n")
    # Written, but a run like this one would not be green with it.
    return 1 if lines else 0


_FOLDER = "name what --ocpp-evidence wrote"


def _verify(options: Any) -> int:
    from conformance.report.signing import UnusableKey, load_public
    from conformance.report.verifying import verify

    folder: Path = options.folder
    if not folder.is_dir():
        raise CommandError(f"verify: {folder} is no folder; {_FOLDER}")
    try:
        found = verify(folder, load_public(options.key) if options.key else None)
    except UnusableKey as error:
        raise CommandError(f"verify: --key {error}") from None
    except OSError as error:
        raise CommandError(f"verify: {error.filename}: it cannot be read ({error.strerror}); {_FOLDER}") from None
    for problem in found.problems:
        sys.stdout.write(f"{problem}\n")
    if found.problems:
        sys.stdout.write(f"{folder}: not as it was written\n")
        return 1
    signer = f"signed by the key with SHA-256 fingerprint {found.signer}" if found.signer else "not signed"
    if found.signer and not found.trusted:
        signer += "; that key came with the folder: give --key to be sure whose it is"
    sys.stdout.write(f"{folder}: {found.files} files as they were written, {signer}\n")
    return 0
