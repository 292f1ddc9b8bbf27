"""The algebra of the conditions: a text becomes a tree, and a tree has a value and a reason for a device.

    condition = and-term { "or" and-term }            and-term = not-term { "and" not-term }
    not-term  = "not" not-term | term                 term     = "(" condition ")" | range | feature [ ">" number ]
    range     = id ( "-" | ".." ) id                           | 'Product Subtype "..."'
                                                               | "security profile" ">" number

Words may be in any case. A range means any of its features. A feature is an id of `features.json` or one of the names
in NAMES, which the official lists use for an id. The security profile is the one that the device's connection uses.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from conformance.dut.errors import nearest
from conformance.dut.features import FeatureValue, known_features

NAMES: Mapping[str, str] = {
    "Local Authorization List Management": "LA-0",
    "Advanced Device Management": "DM-0",
    "Advanced User Interface": "UI-0",
    "ISO 15118 support": "ISO 15118 Support",
}
"""Names that the official lists use beside the ids, with the feature that they mean."""


class ConditionError(ValueError):
    """A condition that cannot be read; the text says what stands where."""


class Declaring(Protocol):
    """What conditions are evaluated against; a `Dut` is one."""

    @property
    def role(self) -> str:
        """ "CS" or "CSMS"."""

    @property
    def features(self) -> Mapping[str, FeatureValue]:
        """The declared features by id."""

    @property
    def subtypes(self) -> frozenset[str]:
        """The product subtypes."""

    @property
    def security_profile(self) -> int:
        """The security profile that is in use, 0 for none."""

    @property
    def source(self) -> str:
        """Where the description stands, for messages."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A condition's value and what decides it. `value` is None when features that are needed are not declared."""

    value: bool | None
    reason: str
    missing: tuple[str, ...] = ()


class Condition(Protocol):
    """A condition as a tree."""

    def evaluate(self, device: Declaring) -> Outcome:
        """The value for a device, with the reason in words."""

    def features(self) -> Iterator[str]:
        """Every feature that the condition names."""


@dataclass(frozen=True, slots=True)
class _Feature:
    id: str

    def evaluate(self, device: Declaring) -> Outcome:
        derived = known_features()[self.id].derived.get(device.role)
        if derived:
            inner = parse(derived).evaluate(device)
            return Outcome(inner.value, f"{self.id} is {_word(inner.value)} ({inner.reason})", inner.missing)
        if self.id not in device.features:
            return Outcome(None, f"{self.id} is not declared", (self.id,))
        value = bool(device.features[self.id])
        return Outcome(value, f"{self.id} is {_word(value)}")

    def features(self) -> Iterator[str]:
        yield self.id


_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class _Count:
    id: str
    sign: str
    number: int

    def evaluate(self, device: Declaring) -> Outcome:
        if self.id not in device.features:
            return Outcome(None, f"{self.id} is not declared", (self.id,))
        value = device.features[self.id]
        count = len(value) if isinstance(value, tuple) else int(value)
        return Outcome(_COMPARE[self.sign](count, self.number), f"{self.id} is {count}")

    def features(self) -> Iterator[str]:
        yield self.id


@dataclass(frozen=True, slots=True)
class _Subtype:
    name: str

    def evaluate(self, device: Declaring) -> Outcome:
        value = self.name in device.subtypes
        return Outcome(value, f'the product is {"a" if value else "no"} "{self.name}"')

    def features(self) -> Iterator[str]:
        return iter(())


@dataclass(frozen=True, slots=True)
class _Profile:
    """Of our own catalogue: how the description says that the device is connected."""

    sign: str
    number: int

    def evaluate(self, device: Declaring) -> Outcome:
        profile = device.security_profile
        return Outcome(_COMPARE[self.sign](profile, self.number), f"the security profile in use is {profile}")

    def features(self) -> Iterator[str]:
        return iter(())


@dataclass(frozen=True, slots=True)
class _Not:
    inner: Condition

    def evaluate(self, device: Declaring) -> Outcome:
        inner = self.inner.evaluate(device)
        return Outcome(None if inner.value is None else not inner.value, inner.reason, inner.missing)

    def features(self) -> Iterator[str]:
        return self.inner.features()


@dataclass(frozen=True, slots=True)
class Many:
    """All of (`decides` is False: one false operand decides) or any of (`decides` is True) the operands."""

    operands: tuple[Condition, ...]
    decides: bool

    def evaluate(self, device: Declaring) -> Outcome:
        outcomes = [operand.evaluate(device) for operand in self.operands]
        for outcome in outcomes:
            if outcome.value is self.decides:
                return outcome
        missing = tuple(dict.fromkeys(id for outcome in outcomes for id in outcome.missing))
        relevant = [outcome for outcome in outcomes if outcome.value is None] if missing else outcomes
        reason = ", ".join(dict.fromkeys(outcome.reason for outcome in relevant))
        return Outcome(None if missing else not self.decides, reason, missing)

    def features(self) -> Iterator[str]:
        for operand in self.operands:
            yield from operand.features()


def _word(value: bool | None) -> str:
    return "not declared" if value is None else "true" if value else "false"


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<subtype>Product\s+Subtype\s+"(?P<name>[^"]*)")
      | (?P<profile>security\s+profile\s*(?P<relation>>=|<=|>|<|=)\s*(?P<level>\d+))
      | (?P<sign>>=|<=|>|<|=)\s*(?P<number>\d+)
      | (?P<range>\.\.|-(?=\s))
      | (?P<open>\()
      | (?P<close>\))
      | (?P<word>(?:and|or|not)\b)
    )""",
    re.VERBOSE | re.IGNORECASE,
)


@cache
def _names() -> Mapping[str, str]:
    """Lower-case names and ids, longest first, with the feature each means."""
    names = {id.casefold(): id for id in known_features()}
    names.update((name.casefold(), id) for name, id in NAMES.items())
    return dict(sorted(names.items(), key=lambda entry: -len(entry[0])))


@dataclass(slots=True)
class _Parser:
    text: str
    at: int = 0

    def fail(self, what: str) -> ConditionError:
        return ConditionError(f'{what} at character {self.at + 1} of "{self.text}"')

    def peek(self) -> re.Match[str] | None:
        return _TOKEN.match(self.text, self.at)

    def take(self, kind: str, word: str = "") -> re.Match[str] | None:
        match = self.peek()
        if match is None or match[kind] is None or (word and match[kind].casefold() != word):
            return None
        self.at = match.end()
        return match

    def whole(self) -> Condition:
        condition = self.any_of()
        if self.text[self.at :].strip():
            raise self.fail("unexpected text")
        return condition

    def any_of(self) -> Condition:
        operands = [self.all_of()]
        while self.take("word", "or"):
            operands.append(self.all_of())
        return operands[0] if len(operands) == 1 else Many(tuple(operands), decides=True)

    def all_of(self) -> Condition:
        operands = [self.negated()]
        while self.take("word", "and"):
            operands.append(self.negated())
        return operands[0] if len(operands) == 1 else Many(tuple(operands), decides=False)

    def negated(self) -> Condition:
        if self.take("word", "not"):
            return _Not(self.negated())
        if self.take("open"):
            inner = self.any_of()
            if not self.take("close"):
                raise self.fail("a closing parenthesis is missing")
            return inner
        subtype = self.take("subtype")
        if subtype:
            return _Subtype(subtype["name"])
        profile = self.take("profile")
        return _Profile(profile["relation"], int(profile["level"])) if profile else self.term()

    def term(self) -> Condition:
        first = self.feature()
        if self.take("range"):
            return Many(tuple(_Feature(id) for id in self.between(first, self.feature())), decides=True)
        count = self.take("sign")
        return _Count(first, count["sign"], int(count["number"])) if count else _Feature(first)

    def feature(self) -> str:
        start = self.at + len(self.text[self.at :]) - len(self.text[self.at :].lstrip())
        rest = self.text[start:].casefold()
        for name, id in _names().items():
            if rest.startswith(name) and not re.match(r"[\w.]*\w", rest[len(name) :]):
                self.at = start + len(name)
                return id
        word = re.match(r"[^\s()]*", self.text[start:])
        unknown = word[0] if word else ""
        if not unknown:
            raise self.fail("a feature is missing")
        raise self.fail(f'there is no feature "{unknown}"; {nearest(unknown, known_features())}')

    def between(self, first: str, last: str) -> list[str]:
        (prefix, low), (other, high) = first.split("-", 1), last.split("-", 1)
        if prefix != other or not low.isdecimal() or not high.isdecimal() or int(low) > int(high):
            raise self.fail(f'"{first} - {last}" is no range')
        ids = [f"{prefix}-{number:0{len(low)}d}" for number in range(int(low), int(high) + 1)]
        return [id for id in ids if id in known_features()]


@cache
def parse(text: str) -> Condition:
    """The tree of a condition; ConditionError says what cannot be read and where."""
    return _Parser(text).whole()
