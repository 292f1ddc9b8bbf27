"""`ocpp-conformance init`: writes a description of a device, with every key explained, for the user to complete."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.draft import Draft
from conformance.dut import keys
from conformance.dut.errors import DescriptionError
from conformance.dut.features import EXAMPLES, Feature, known_features
from conformance.holder import RunError

OPEN = "#? "
"""Begins a line that the user has to answer."""
WIDTH = 110


def write_description(options: Any, tell: Callable[[str], None]) -> int:
    """Write the file that the command line names; RunError when it is there already or can't be written.

    What the command line leaves out is asked for (`interview.py`). Returns 0, or 1 when the device was to be asked and
    did not answer: the file is written all the same.
    """
    path: Path = options.file
    if path.exists():
        raise RunError(f"{path} is there already; give another name, or remove it")
    if options.role and options.version and not options.ask:
        draft, problems = _given(options, tell)
    else:
        draft, problems = _asked(options), []
    text = "\n".join(lines(draft)) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror}); give another name") from None
    for problem in problems:
        tell(problem)
    for line in _next_steps(draft, sum(line.startswith(OPEN) for line in text.splitlines())):
        tell(line)
    return 1 if problems else 0


def _next_steps(draft: Draft, open_lines: int) -> Iterator[str]:
    path = draft.path
    yield f"{path} is written."
    if open_lines and (draft.problems() or draft.undecided()):
        yield f"  {open_lines} lines begin with {OPEN.strip()}; answer, in an editor, those that the plan names as open"
    elif open_lines:
        yield f"  {open_lines} lines begin with {OPEN.strip()}, and no case of this version of the tool asks for them"
    yield f"  ocpp-conformance check-operator --ocpp-dut {path}    # does whoever acts on the device do so?"
    yield f"  ocpp-conformance plan --ocpp-dut {path}    # what will be done, how long it takes, who walks when"
    yield f"  ocpp-conformance run --ocpp-dut {path}    # the run; its report is reports/report.html"


def _order() -> Sequence[str]:
    from conformance.ocppj.versions import VERSIONS

    return tuple(VERSIONS)


def _given(options: Any, tell: Callable[[str], None]) -> tuple[Draft, list[str]]:
    """What the command line says, and the station if it is to be asked; what could not be asked, in words."""
    from conformance.interview import ask_station

    draft = _begun(options)
    if not options.ask_device:
        return draft, []
    if options.role == "CSMS":
        raise RunError("--ask-device: only a charging station can be asked; leave it out for a CSMS")
    try:
        return ask_station(draft, tell)
    except DescriptionError as error:
        raise RunError(str(error)) from None


def _begun(options: Any) -> Draft:
    versions = tuple(sorted(set(options.version), key=_order().index))
    address = {"CS": ("listen", options.listen), "CSMS": ("url", options.url)}[options.role]
    known: dict[tuple[str, str], Any] = {
        ("device", "role"): options.role,
        ("device", "identity"): options.identity,
        ("device", "versions"): versions,
        ("connection", address[0]): address[1],
    }
    return Draft(options.file, options.role, versions, known)


def _asked(options: Any) -> Draft:
    """What the user answers, on a terminal or (with --ask) piped."""
    from conformance.interview import Console, interview

    if not options.ask and not sys.stdin.isatty():
        raise RunError(
            "init: there is no terminal to ask on; give --role and --version (and --listen or --url), or --ask to "
            "read the answers from standard input"
        )
    draft = _begun(options) if options.role and options.version else None
    try:
        return interview(draft, options.file, Console())
    except EOFError:
        raise RunError(
            "init: the answers ended before the questions, and nothing is written; give them all, or run it on "
            "a terminal"
        ) from None


# ---------------------------------------------------------------------- the file


def lines(draft: Draft) -> Iterator[str]:
    """The description, line by line."""
    device = f" {draft.name}," if draft.name else ""
    yield from _comment(
        f"Description of{device} a {_ROLES[draft.role]} under test (OCPP {', '.join(draft.versions)}), for "
        "`pytest --ocpp-dut`. Every key is explained in docs/describing-a-device.md."
    )
    yield "#"
    yield from _comment(f'A line that begins with "{OPEN.strip()}" wants an answer: take that away and fill it in.')
    yield from _comment('A line that begins with "# key = ..." shows a default: change it where the device differs.')
    for section in keys.SECTIONS:
        if section.name == "expected_failures":
            yield from _features(draft)
        yield from _section(section, draft)


_ROLES = {"CS": "charging station", "CSMS": "CSMS"}


def _section(section: keys.Section, draft: Draft) -> Iterator[str]:
    chosen = [key for key in section.keys if key.role in ("", draft.role)]
    yield ""
    if section.name == "expected_failures":
        yield from _comment(section.meaning)
        yield "# [[expected_failures]]"
        for key in chosen:
            yield f"# {key.name} = {key.example or _text_of(key.default if key.default else '...')}    # {key.meaning}"
        return
    yield f"[{section.name}]"
    yield from _comment(section.meaning)
    for key in chosen:
        yield from _key(section, key, draft)


def _key(section: keys.Section, key: keys.Key, draft: Draft) -> Iterator[str]:
    bounds = f" Allowed: {', '.join(_text_of(one) for one in key.choices)}." if key.choices else ""
    unit = f" In {key.unit}." if key.unit else ""
    yield from _comment(f"{key.meaning}{bounds}{unit}")
    value = draft.known.get((section.name, key.name))
    if value is not None:
        source = draft.sources.get((section.name, key.name))
        yield from _comment(f"The device says: {source}") if source else ()
        yield f"{key.name} = {_text_of(value)}"
    elif key.default is keys.REQUIRED or (section.name, key.name) in _WANTED:
        yield f"{OPEN}{key.name} = {key.example or _text_of(key.default)}"
    elif key.default is None or key.default == ():
        yield f"# {key.name} = {key.example or _PLACEHOLDERS.get(key.kind, _text_of('...'))}"
    else:
        yield f"# {key.name} = {_text_of(key.default)}"


_WANTED = {("evses", "connectors"), ("operator", "kind")}
"""Keys that have a default and that few devices share."""
_PLACEHOLDERS = {"token": '{ idToken = "...", type = "ISO14443" }', "number": "1", "table": "{}", "texts": '["..."]'}


def _features(draft: Draft) -> Iterator[str]:
    yield ""
    yield "[features]"
    yield from _comment(
        "What the device supports, by the standard's own ids (part 5 of the standard; names of ours for 1.6). A "
        "feature that decides about a case and is not declared stops the run: leave open what no case asks for."
    )
    for feature in _wanted_features(draft):
        name = feature.line.partition(" = ")[0]
        if feature.id in draft.told:
            value, source = draft.told[feature.id]
            yield from _comment(f"{feature.label}; {source}")
            yield f"{name} = {_text_of(value)}"
        else:
            yield f"{OPEN}{name} = {EXAMPLES[feature.kind]}    # {feature.label}"


def _wanted_features(draft: Draft) -> Iterator[Feature]:
    """The features that a device of this role declares under these versions, in the catalogue's order."""
    from conformance.ocppj.versions import version

    order = _order()
    for feature in known_features().values():
        first = version(feature.since)
        under = [
            one
            for one in draft.versions
            if version(one).family == first.family and order.index(one) >= order.index(feature.since)
        ]
        if under and draft.role in feature.declared_by and draft.role not in feature.derived:
            yield feature


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)]


def _text_of(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {_text_of(one)}' for name, one in value.items())} }}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_text_of(one) for one in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
