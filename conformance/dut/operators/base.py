"""What every operator is: something that makes acts on the device, and says which acts it can make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from conformance.dut.operators.verbs import VERBS


class OperatorUnable(Exception):
    """The act could not be made; the case that needed it is INCONCLUSIVE with this reason."""

    def __init__(self, verb: str, reason: str) -> None:
        self.verb = verb
        self.reason = reason
        super().__init__(f"{verb}: {reason}")


class DeviceMisbehaved(Exception):
    """The act was made, and whoever made it saw the device do what it must not: the case that asked for it FAILs."""

    def __init__(self, verb: str, note: str) -> None:
        self.verb = verb
        self.note = note
        super().__init__(f"{verb}: {note}")


class OperatorUnreachable(Exception):
    """The operator cannot be used at all; the text is one line that says what, where and what to do."""


@runtime_checkable
class Operator(Protocol):
    """An operator. It is used by one thread at a time.

    `verbs` is final once `check` has returned; before, an operator that must be asked names every verb of its role.
    """

    @property
    def verbs(self) -> frozenset[str]:
        """The verbs that it can make."""

    def check(self) -> None:
        """Find out whether it can be reached and what it can do; OperatorUnreachable if it cannot be used."""

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Make an act and return when it has been made, with what the operator has to say of it.

        A `note` in the answer stands in the report. OperatorUnable: it could not be made; DeviceMisbehaved: it was.
        """

    def close(self) -> None:
        """Give back what it holds. May be called twice."""


def check_arguments(verb: str, args: Mapping[str, Any]) -> None:
    """Refuse a call that no operator can understand, with a TypeError that names verb and argument."""
    known = VERBS.get(verb)
    if known is None:
        raise TypeError(f"there is no verb {verb}; known are {', '.join(VERBS)}")
    names = {argument.name for argument in known.arguments}
    for name in args:
        if name not in names:
            raise TypeError(f"{verb} has no argument {name}; it has {', '.join(sorted(names)) or 'none'}")
    for argument in known.arguments:
        if argument.required and args.get(argument.name) is None:
            raise TypeError(f"{verb} needs {argument.name}: {argument.meaning}")


def known_verbs(names: object, role: str, operator: str) -> frozenset[str]:
    """The verbs of a role among the names that an operator lists; OperatorUnreachable if it is no list of names."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise OperatorUnreachable(f'{operator} lists no verbs; it must answer {{"verbs": ["...", ...]}}')
    return frozenset(name for name in names if name in VERBS and VERBS[name].role == role)
