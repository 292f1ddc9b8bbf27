"""One negative input as data: what is done, what it breaks, and how a device may react.

An example is plain, hashable and small, so that Hypothesis can shrink it, a file can keep it, and
`pytest --ocpp-replay` can do it again without Hypothesis. Nothing in it belongs to one run: message ids, transaction
ids and times stand in it as placeholders (`PLACEHOLDERS`) and are filled in when it is played.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Segment = str | tuple[str, int] | tuple[str, str, int]
"""A piece of a text: the text itself; (unit, count), a unit repeated; ("hex", digits, count), bytes repeated."""
Text = tuple[Segment, ...]
"""A message as it stands on the wire, in pieces, so that a megabyte of it is still a small example."""

TOKEN_NAMES = (
    "second",
    "invalid",
    "blocked",
    "expired",
    "unknown",
    "group1",
    "group2",
    "group",
    "master_pass",
    "master_pass_group",
    "single",
    "contract",
    "prepaid",
    "prepaid_empty",
    "key_code",
    "other_type",
    "elsewhere",
    "one_evse",
)
"""The tokens of a description beside the valid one."""

PLACEHOLDERS: Mapping[str, str] = {
    "{{id}}": "a fresh message id; the same one everywhere in one example",
    "{{id2}}": "another fresh message id",
    "{{used}}": "the id of our last CALL that the device has answered",
    "{{theirs}}": "the id of the device's last CALL",
    "{{probe}}": "the id of our last liveness probe",
    "{{now}}": "the time, UTC with Z and three decimals",
    "{{identity}}": "the station's identity",
    "{{token}}": "the idToken (1.6: idTag) that the description calls valid",
    **{f"{{{{token {name}}}}}": f"the one that it calls {name}" for name in TOKEN_NAMES},
    "{{transaction}}": "the id of the transaction that runs, as JSON writes it, quotes included; null when none does",
    "{{host}}": "host and port of an address of ours that the device may be pointed to",
}
"""What a text may hold instead of values of one run."""


def segments(text: Text | str | Iterable[Segment]) -> Text:
    """A text in its pieces."""
    return (text,) if isinstance(text, str) else tuple(text)


def text_bytes(text: Text, fill: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a text, its placeholders replaced by `fill`; one that `fill` does not know stays as it is.

    Lone surrogates become the three bytes that UTF-8 would have for them (and that no UTF-8 decoder accepts).
    """
    made = []
    for segment in text:
        if isinstance(segment, str):
            made.append(filled(segment, fill or {}).encode("utf-8", "surrogatepass"))
        elif len(segment) == 3:
            made.append(bytes.fromhex(segment[1]) * segment[2])
        else:
            made.append(filled(segment[0], fill or {}).encode("utf-8", "surrogatepass") * segment[1])
    return b"".join(made)


def filled(text: str, fill: Mapping[str, str]) -> str:
    """A text with its placeholders replaced."""
    if "{{" in text:
        for name in fill:
            if name in text:
                text = text.replace(name, fill[name])
    return text


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that is done: the name of a verb of `acts.VERBS`, and its arguments as JSON holds them.

    Lists are tuples and objects are `items` tuples inside, so that an act is hashable; make one with `act(...)` or with
    the constructors of `conformance.fuzz.acts`.
    """

    verb: str
    items: tuple[tuple[str, Any], ...] = ()

    @property
    def args(self) -> dict[str, Any]:
        """The arguments by name, thawed: lists and dicts again."""
        return {name: thawed(value) for name, value in self.items}

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={thawed(value)!r}" for name, value in self.items)
        return f"{self.verb}({inside})"


def act(verb: str, **args: Any) -> Act:
    """An act; `args` may hold what JSON holds."""
    return Act(verb, tuple((name, frozen(value)) for name, value in args.items()))


@dataclass(frozen=True, slots=True)
class _Object:
    members: tuple[tuple[str, Any], ...]


def frozen(value: Any) -> Any:
    """A JSON value in a hashable form."""
    if isinstance(value, Mapping):
        return _Object(tuple((str(name), frozen(item)) for name, item in value.items()))
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value


def thawed(value: Any) -> Any:
    """The JSON value that `frozen` froze."""
    if isinstance(value, _Object):
        return {name: thawed(item) for name, item in value.members}
    if isinstance(value, tuple):
        return [thawed(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Allowed:
    """The reactions that the standard leaves to a device, and where it says so.

    `codes`: CALLERROR codes, as the version's table prints them (other spellings that the version accepts are accepted
    here too). `tolerated`: what the standard can be read to allow, a remark: further codes, "silence",
    "CALLRESULT" (any), "CALLRESULT Rejected" (one with that status). `silence`: no reaction at
    all. `result`: a CALLRESULT. `statuses`: with `result`, the only values of its member `status` ("" for none) that do
    not amount to having taken the input; empty: any. `close`: the device may end the connection; `close_codes`: only
    with one of these codes (empty: any), or, always, by ending TCP; "close *" among `tolerated`: another code is a
    remark. `handshake`: what may become of an opening handshake (names out of `conformance.fuzz.handshakes.OUTCOMES`;
    among `tolerated` too). `calls`: the device may send CALLs of its own meanwhile (everything but Heartbeat is
    suspicious otherwise).
    """

    codes: frozenset[str] = frozenset()
    tolerated: frozenset[str] = frozenset()
    silence: bool = False
    result: bool = False
    statuses: frozenset[str] = frozenset()
    close: bool = False
    close_codes: frozenset[int] = frozenset()
    handshake: frozenset[str] = frozenset()
    calls: bool = True
    source: str = ""


ANYTHING = Allowed(silence=True, result=True, close=True, codes=frozenset({"*"}), source="any reaction is legal")
"""Every reaction: what counts is that the device lives on and that the monitor finds nothing."""


@dataclass(frozen=True, slots=True)
class Example:
    """One negative input.

    `name` says in a few words what it is, unique among the examples of a case. `action`: the OCPP action that it is
    about, "" for none. `constraint`: the kind of breakage, one word or two ("required", "maxLength", "lone surrogate",
    "reserved opcode"), by which rows are grouped. `pointer`: where in the payload. `breaks`: what is wrong with it, in
    words. `allowed`: what a device may do about it (of the last act that provokes a reaction). `oracles`: names of
    further oracles (`conformance.fuzz.oracles`) that are asked at the end.
    """

    name: str
    acts: tuple[Act, ...]
    allowed: Allowed = field(default_factory=Allowed)
    action: str = ""
    constraint: str = ""
    pointer: str = ""
    breaks: str = ""
    oracles: tuple[str, ...] = ()
