"""Several operators as one: most verbs go to the default, some to others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.dut.operators.base import Operator, OperatorUnable, check_arguments


class MixedOperator:
    """Shares out the verbs; every operator is checked and closed once."""

    def __init__(self, default: Operator, others: Mapping[str, Operator] | None = None) -> None:
        self._default = default
        self._others = dict(others or {})

    @property
    def verbs(self) -> frozenset[str]:
        """The verbs that somebody can make."""
        shared = frozenset(verb for verb, operator in self._others.items() if verb in operator.verbs)
        return shared | (self._default.verbs - frozenset(self._others))

    def check(self) -> None:
        """Check all of them; OperatorUnreachable of the first that cannot be used."""
        for operator in self._all():
            operator.check()

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Make one act by the operator it belongs to; OperatorUnable, or TypeError for arguments that no verb has."""
        check_arguments(verb, args)
        if verb not in self.verbs:
            raise OperatorUnable(verb, "the operator does not have this verb")
        return self._others.get(verb, self._default).perform(verb, **args)

    def close(self) -> None:
        """Close all of them."""
        for operator in self._all():
            operator.close()

    def _all(self) -> list[Operator]:
        return list({id(operator): operator for operator in (self._default, *self._others.values())}.values())
