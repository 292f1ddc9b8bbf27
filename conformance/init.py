"""`ocpp-conformance init`: writes a description of a device, with every key explained, for the user to complete."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.dut import keys
from conformance.dut.features import EXAMPLES, Feature, FeatureValue, known_features
from conformance.holder import RunError

if TYPE_CHECKING:
    from conformance.inquiry import Told

OPEN = "#? "
"""Begins a line that the user has to answer."""
WIDTH = 110
PATIENCE = 120.0
"""Seconds that a station has to connect when it is asked."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of the device before the user has answered anything."""

    role: str
    versions: tuple[str, ...]
    known: Mapping[tuple[str, str], Any]
    """Values by (section, key)."""
    told: Mapping[str, tuple[FeatureValue, str]] = field(default_factory=dict)
    """Features that the device has told of: value, and what it follows from."""
    name: str = ""


def write_description(options: Any, tell: Callable[[str], None]) -> int:
    """Write the file that the command line names; RunError when it is there already or can't be written.

    Returns 0, or 1 when the device was to be asked and did not answer: the file is written all the same.
    """
    path: Path = options.file
    if path.exists():
        raise RunError(f"{path} is there already; give another name, or remove it")
    order = list(_order())
    versions = tuple(sorted(set(options.version), key=order.index))
    address = ("connection", "listen"), options.listen
    if options.role == "CSMS":
        address = ("connection", "url"), options.url
        if options.ask_device:
            raise RunError("--ask-device: only a charging station can be asked; leave it out for a CSMS")
    known: dict[tuple[str, str], Any] = {
        ("device", "role"): options.role,
        ("device", "identity"): options.identity,
        ("device", "versions"): versions,
        address[0]: address[1],
    }
    draft = Draft(options.role, versions, known)
    problems: list[str] = []
    if options.ask_device:
        draft, problems = _asked(draft, tell)
    text = "\n".join(lines(draft)) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror}); give another name") from None
    for problem in problems:
        tell(problem)
    open_lines = sum(line.startswith(OPEN) for line in text.splitlines())
    tell(f"{path}: answer the {open_lines} lines that begin with {OPEN.strip()}, then run: pytest --ocpp-dut {path}")
    return 1 if problems else 0


def _order() -> Sequence[str]:
    from conformance.ocppj.versions import VERSIONS

    return tuple(VERSIONS)


# ---------------------------------------------------------------------- the device's own word


def _asked(draft: Draft, tell: Callable[[str], None]) -> tuple[Draft, list[str]]:
    """The draft with what the station says of itself, once for each family; what could not be asked, in words."""
    from conformance.inquiry import InquiryError, ask
    from conformance.ocppj.versions import version

    told: dict[str, tuple[FeatureValue, str]] = {}
    known, name = dict(draft.known), draft.name
    problems: list[str] = []
    newest = {version(one).family: one for one in draft.versions}
    for one in reversed(newest.values()):
        dut = _provisional(draft)
        host, port = dut.address.listen
        tell(
            f"OCPP {one}: listening at ws://{host}:{port}{dut.address.path}; have {dut.identity} connect to it "
            f"within {PATIENCE:g} s"
        )
        try:
            answer: Told = ask(dut, one)
        except InquiryError as error:
            problems.append(f"OCPP {one}: nothing was read from the station: {error}")
            continue
        told |= {id: (proposal.value, f"{proposal.how}, OCPP {one}") for id, proposal in answer.features.items()}
        name = name or answer.name
        if answer.connectors:
            known.setdefault(("evses", "connectors"), _as_described(answer.connectors, version(one).family))
        tell(f"OCPP {one}: {len(answer.features)} features follow from what the station says")
    return Draft(draft.role, draft.versions, known, told, name), problems


def _as_described(connectors: tuple[tuple[int, int], ...], family: str) -> tuple[tuple[int, int], ...]:
    """Connectors as pairs of EVSE and connector: 1.6 knows no EVSEs, so each connector counts as one of its own."""
    return tuple((evse, 1) for evse, _ in connectors) if family == "1.6" else connectors


def _provisional(draft: Draft) -> Any:
    """A description that is enough to listen."""
    from conformance.dut.errors import DescriptionError
    from conformance.dut.reading import read_description

    content: dict[str, dict[str, Any]] = {
        "tokens": {"valid": {"idToken": "UNUSED", "type": "Central"}},
        "timeouts": {"boot": PATIENCE, "message": 30, "quiet": 1.0},
    }
    for (section, key), value in draft.known.items():
        content.setdefault(section, {})[key] = list(value) if isinstance(value, tuple) else value
    try:
        return read_description(content, source="the command line")
    except DescriptionError as error:
        raise RunError(str(error)) from None


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
            value, how = draft.told[feature.id]
            yield from _comment(f"{feature.label}; the device says: {how}")
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
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_text_of(one) for one in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
