"""Examples in files: what a campaign found, to be played again first, by `--ocpp-replay`, or by somebody else."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any

from conformance.fuzz.example import Act, Allowed, Example, act

FORMAT = "ocpp-conformance-example/1"


class ReplayError(ValueError):
    """A file that holds no example: one line that says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Saved:
    """An example with the case, version and role that it belongs to, and what was found with it."""

    case: str
    version: str
    role: str
    example: Example
    found: Mapping[str, Any] = field(default_factory=dict)


def save(folder: Path, saved: Saved) -> Path:
    """Write an example into the corpus and return its file; the same example has the same name.

    Raises OSError when the folder can't be written.
    """
    content = to_json(saved)
    stable = json.dumps({**content, "found": None}, sort_keys=True)
    digest = hashlib.sha256(stable.encode()).hexdigest()[:8]
    words = re.sub(r"[^a-z0-9]+", "-", (saved.example.constraint or saved.example.name).lower()).strip("-")[:30]
    path = folder / f"{saved.case}-{saved.version}-{words}-{digest}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
    return path


def load(path: Path) -> Saved:
    """The example in a file; ReplayError if there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReplayError(f"{path}: there is no such file; give one that a campaign has saved") from None
    except (OSError, ValueError) as error:
        raise ReplayError(f"{path}: it can't be read as JSON ({error}); give one that a campaign has saved") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ReplayError(f"{path}: it is no saved example of format {FORMAT}; give one that a campaign has saved")
    try:
        return from_json(content)
    except (KeyError, TypeError, ValueError) as error:
        told = f"{type(error).__name__}: {error}"
        raise ReplayError(
            f"{path}: the example in it is damaged ({told}); give one that a campaign has saved"
        ) from None


def of_case(folder: Path, case: str, version: str) -> Iterator[tuple[Path, Saved]]:
    """The examples of the corpus that belong to a case under a version; damaged files are passed over."""
    for path in sorted(folder.glob(f"{case}-{version}-*.json")):
        try:
            saved = load(path)
        except ReplayError:
            continue
        if saved.case == case and saved.version == version:
            yield path, saved


def portable(saved: Saved, tokens: Mapping[str, Any]) -> Saved:
    """A saved example in which placeholders stand for the values of a description's tokens (by name).

    It can be handed on without them, and plays on a device with other tokens. Acts that take no placeholders stay.
    """
    values = {
        one["idToken"]: f"{{{{token {name}}}}}" if name != "valid" else "{{token}}" for name, one in tokens.items()
    }
    values = {value: shown for value, shown in values.items() if value}
    if not values:
        return saved
    ways = (re.escape(value) for value in sorted(values, key=len, reverse=True) if len(value) >= _SHORT)
    pattern = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(ways) or '(?!)'})(?![0-9A-Za-z])")

    def without(value: Any) -> Any:
        if isinstance(value, str):
            return values.get(value) or pattern.sub(lambda match: values[match[0]], value)
        if isinstance(value, list):
            return [without(item) for item in value]
        if isinstance(value, dict):
            return {name: without(item) for name, item in value.items()}
        return value

    content = to_json(saved)
    acts = [
        {**one, "args": without(one["args"])} if one["verb"] in _FILLED else one for one in content["example"]["acts"]
    ]
    name = without(content["example"]["name"])
    return from_json(
        {**content, "example": {**content["example"], "name": name, "acts": acts}, "found": without(content["found"])}
    )


_SHORT = 4
"""A token of fewer characters is exchanged only where it is a whole text: elsewhere "1" may be anything."""
_FILLED = frozenset(
    {
        "send",
        "send_binary",
        "send_fragments",
        "frames",
        "call",
        "answer",
        "answer_fields",
        "operate",
        "knock",
        "visit",
        "trial",
        "legal",
        "send_while_another",
    }
)
"""Acts whose arguments may hold placeholders."""


def to_json(saved: Saved) -> dict[str, Any]:
    """A saved example as JSON holds it."""
    example = saved.example
    return {
        "format": FORMAT,
        "case": saved.case,
        "version": saved.version,
        "role": saved.role,
        "example": {
            "name": example.name,
            "action": example.action,
            "constraint": example.constraint,
            "pointer": example.pointer,
            "breaks": example.breaks,
            "acts": [{"verb": one.verb, "args": one.args} for one in example.acts],
            "allowed": allowed_json(example.allowed),
            "oracles": list(example.oracles),
        },
        "found": dict(saved.found),
    }


def from_json(content: Mapping[str, Any]) -> Saved:
    """The saved example that `to_json` wrote; KeyError, TypeError or ValueError for anything else."""
    raw = content["example"]
    example = Example(
        name=str(raw["name"]),
        acts=tuple(_act(one) for one in raw["acts"]),
        allowed=_allowed(raw["allowed"]),
        action=str(raw["action"]),
        constraint=str(raw["constraint"]),
        pointer=str(raw["pointer"]),
        breaks=str(raw["breaks"]),
        oracles=tuple(raw["oracles"]),
    )
    found = content.get("found") or {}
    return Saved(str(content["case"]), str(content["version"]), str(content["role"]), example, found)


def allowed_json(allowed: Allowed) -> dict[str, Any]:
    """The members of `Allowed` that differ from its defaults."""
    plain: dict[str, Any] = {}
    for name in Allowed.__dataclass_fields__:
        value = getattr(allowed, name)
        if value != getattr(_NOTHING, name):
            plain[name] = sorted(value) if isinstance(value, frozenset) else value
    return plain


_NOTHING = Allowed()


def _allowed(raw: Mapping[str, Any]) -> Allowed:
    given: dict[str, Any] = {}
    for name, value in raw.items():
        given[name] = frozenset(value) if isinstance(getattr(_NOTHING, name), frozenset) else value
    return Allowed(**given)


def _act(raw: Mapping[str, Any]) -> Act:
    from conformance.fuzz.stage import VERBS, load_verbs

    load_verbs()
    if raw["verb"] not in VERBS:
        raise ValueError(f"there is no act {raw['verb']!r} in this version of the suite")
    try:
        signature(VERBS[raw["verb"]]).bind(None, **raw["args"])
    except TypeError as error:
        raise ValueError(f"the act {raw['verb']!r} is another one in this version of the suite: {error}") from None
    made = act("", **{name: value for name, value in raw["args"].items() if name != "verb"})
    items = made.items if "verb" not in raw["args"] else (("verb", raw["args"]["verb"]), *made.items)
    return Act(raw["verb"], items)
