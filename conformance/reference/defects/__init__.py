"""Switchable misbehaviour: each defect breaks one rule on purpose and names the cases that must notice.

A defect is declared in one of two ways:

- `@defect(...)` on a subclass of `Misbehaviour`: it reaches into the wire (requests, answers, ids, texts);
- `flag(...)`: the device itself asks `self.defects.active("name")` at the place where it does wrong.

`conformance.reference.defects.station` and `.csms` hold the lists; `all_defects()` loads both.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from conformance.ocppj import frames
from conformance.reference.wire import CallError, Endpoint, Honest, Payload


class Misbehaviour(Honest):
    """Base of a defect that reaches into the wire; override what goes wrong. One instance per device process.

    The methods are those of `wire.Distortion`. `context` is the device (a reference station or CSMS), set before the
    first frame.
    """

    context: Any = None

    def powered_up(self) -> None:
        """The device has been switched on, and has not connected yet: time to forget or alter what it remembers."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One named defect.

    `role`: "CS" or "CSMS". `families`: of `Version.family` ("1.6", "2"). `breaks`: what it does wrong, with the source
    of the rule or the number in the list of field defects. `must_fail`: ids of the cases that have to FAIL with it;
    `rules`: ids of monitor rules that have to report it. `variant`: the variant of the device (of those in
    `testcases/variants.toml`) on which they have to, "" for the device as it is.
    """

    name: str
    role: str
    families: tuple[str, ...]
    breaks: str
    must_fail: tuple[str, ...]
    rules: tuple[str, ...] = ()
    misbehaviour: type[Misbehaviour] | None = None
    variant: str = ""


_REGISTRY: dict[tuple[str, str], Defect] = {}


def flag(
    name: str,
    *,
    role: str,
    families: Iterable[str],
    breaks: str,
    must_fail: Iterable[str],
    rules: Iterable[str] = (),
    misbehaviour: type[Misbehaviour] | None = None,
    variant: str = "",
) -> Defect:
    """Register a defect that the device itself asks for by name. Raises ValueError for a name that the role has."""
    if (role, name) in _REGISTRY:
        raise ValueError(f"the defect {name!r} of the {role} is defined twice")
    entry = Defect(name, role, tuple(families), breaks, tuple(must_fail), tuple(rules), misbehaviour, variant)
    _REGISTRY[role, name] = entry
    return entry


def defect(
    name: str,
    *,
    role: str,
    families: Iterable[str],
    breaks: str,
    must_fail: Iterable[str],
    rules: Iterable[str] = (),
    variant: str = "",
) -> Callable[[type[Misbehaviour]], type[Misbehaviour]]:
    """Register the decorated `Misbehaviour` under `name`."""

    def register(cls: type[Misbehaviour]) -> type[Misbehaviour]:
        flag(
            name,
            role=role,
            families=families,
            breaks=breaks,
            must_fail=must_fail,
            rules=rules,
            misbehaviour=cls,
            variant=variant,
        )
        return cls

    return register


def all_defects(role: str | None = None, family: str | None = None) -> tuple[Defect, ...]:
    """Every defect, or those of one role and one version family, sorted by name."""
    for module in ("station", "csms"):
        qualified = f"{__name__}.{module}"
        if find_spec(qualified) is not None:
            import_module(qualified)
    return tuple(
        entry
        for _, entry in sorted(_REGISTRY.items())
        if role in (None, entry.role) and (family is None or family in entry.families)
    )


@dataclass
class Defects:
    """The defects that are switched on in one device; a `wire.Distortion`."""

    names: frozenset[str] = frozenset()
    hooks: list[Misbehaviour] = field(default_factory=list)

    @classmethod
    def chosen(cls, names: Iterable[str], role: str, family: str) -> Defects:
        """Switch on `names`. Raises ValueError, naming the known ones, for a name that this device has not."""
        names = tuple(names)
        if not names:
            return cls()
        known = {entry.name: entry for entry in all_defects(role, family)}
        for name in names:
            if name not in known:
                raise ValueError(f"no defect {name!r} for a {family} {role}; known: {', '.join(sorted(known))}")
        hooks = [made() for name in names if (made := known[name].misbehaviour) is not None]
        return cls(frozenset(names), hooks)

    def take_on(self, hooks: Mapping[str, Misbehaviour]) -> None:
        """Switch on further hooks, by name: habits, which are no defects and reach into the same places."""
        self.names |= hooks.keys()
        self.hooks.extend(hooks.values())

    def bind(self, device: object) -> None:
        """Tell the hooks which device they sit in."""
        for hook in self.hooks:
            hook.context = device

    def active(self, name: str) -> bool:
        """Whether the defect is switched on."""
        return name in self.names

    def request(self, action: str, payload: Payload) -> list[tuple[str, Payload]]:
        calls = [(action, payload)]
        for hook in self.hooks:
            calls = [made for one, given in calls for made in hook.request(one, _copy(given))]
        return calls

    def intercept(self, action: str, request: Payload) -> Payload | None:
        for hook in self.hooks:
            given = hook.intercept(action, request)
            if given is not None:
                return given
        return None

    def powered_up(self) -> None:
        """Tell the hooks that the device has been switched on."""
        for hook in self.hooks:
            hook.powered_up()

    def answer(self, action: str, request: Payload, answer: Payload | CallError) -> Payload | CallError | None:
        given: Payload | CallError | None = answer
        for hook in self.hooks:
            if given is not None:
                given = hook.answer(action, request, given if isinstance(given, CallError) else _copy(given))
        return given

    def heard(self, data: str | bytes) -> list[str | bytes]:
        messages = [data]
        for hook in self.hooks:
            messages = [made for one in messages for made in hook.heard(one)]
        return messages

    def message_id(self, identifier: str) -> str:
        for hook in self.hooks:
            identifier = hook.message_id(identifier)
        return identifier

    def text(self, text: str) -> list[str]:
        texts = [text]
        for hook in self.hooks:
            texts = [made for one in texts for made in hook.text(one)]
        return texts

    def unexpected(self, frame: frames.Frame) -> list[str]:
        return [text for hook in self.hooks for text in hook.unexpected(frame)]

    def answered(self, frame: frames.Frame) -> list[str]:
        return [text for hook in self.hooks for text in hook.answered(frame)]

    def pause(self, action: str) -> float:
        return sum(hook.pause(action) for hook in self.hooks)

    def acts_first(self, action: str) -> bool:
        return any(hook.acts_first(action) for hook in self.hooks)

    def meanwhile(self, endpoint: Endpoint) -> list[Coroutine[Any, Any, None]]:
        return [work for hook in self.hooks for work in hook.meanwhile(endpoint)]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
