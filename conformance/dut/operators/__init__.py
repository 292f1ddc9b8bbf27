"""Operators: who touches the device. `make_operator` builds the one that a description asks for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.dut.operators.base import DeviceMisbehaved, Operator, OperatorUnable, OperatorUnreachable
from conformance.dut.operators.verbs import VERBS, Verb, verbs_of

if TYPE_CHECKING:
    from conformance.dut.description import Dut, OperatorSettings
    from conformance.dut.operators.manual import Terminal

__all__ = [
    "VERBS",
    "DeviceMisbehaved",
    "Operator",
    "OperatorUnable",
    "OperatorUnreachable",
    "Verb",
    "make_operator",
    "verbs_of",
]

Suspend = Callable[[], AbstractContextManager[object]]


def make_operator(dut: Dut, *, terminal: Terminal | None = None, suspend: Suspend = contextlib.nullcontext) -> Operator:
    """The operator of a description, not yet contacted: `check` does that.

    A person is asked on `terminal` (default: the controlling one), inside `suspend()` (for example a context that
    suspends the capture of pytest).
    """
    from conformance.dut.operators.mixed import MixedOperator

    plan = dut.operator

    def make(settings: OperatorSettings, place: str) -> Operator:
        return _make(dut, settings, place, terminal, suspend)

    default = make(plan.default, "operator")
    made: dict[str, Operator] = {}
    for name in set(plan.verbs.values()):
        if name in plan.named:
            made[name] = make(plan.named[name], f"operators.{name}")
        else:
            made[name] = default if name == plan.default.kind else _manual(dut, None, terminal, suspend)
    return MixedOperator(default, {verb: made[name] for verb, name in plan.verbs.items()})


def _make(dut: Dut, settings: OperatorSettings, place: str, terminal: Terminal | None, suspend: Suspend) -> Operator:
    timeout = settings.timeout or dut.timeouts.operator
    folder = Path(dut.source).parent
    if settings.kind == "http":
        from conformance.dut.operators.http import HttpOperator

        return HttpOperator(settings.url, dut.role, timeout=timeout, key=f"{place}.url in {dut.source}")
    if settings.kind == "command":
        from conformance.dut.operators.command import CommandOperator

        return CommandOperator(settings.argv, dut.role, timeout=timeout, folder=folder)
    if settings.kind == "python":
        from conformance.dut.operators.python import PythonOperator

        return PythonOperator(settings.class_name, dut.role, options=settings.options, folder=folder)
    return _manual(dut, settings.timeout, terminal, suspend)


def _manual(dut: Dut, timeout: float | None, terminal: Terminal | None, suspend: Suspend) -> Operator:
    from conformance.dut.operators.manual import ManualOperator

    return ManualOperator(dut.role, terminal=terminal, suspend=suspend, timeout=timeout)
