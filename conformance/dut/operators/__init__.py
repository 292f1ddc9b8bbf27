"""Operators: who touches the device. `make_operator` builds the one that a description asks for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.dut.operators.base import DeviceMisbehaved, Operator, OperatorUnable, OperatorUnreachable
from conformance.dut.operators.verbs import VERBS, Verb, verbs_of
from conformance.ocppj.versions import VERSIONS

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


def make_operator(
    dut: Dut,
    *,
    version: str = "",
    terminal: Terminal | None = None,
    suspend: Suspend = contextlib.nullcontext,
) -> Operator:
    """The operator of a description, not yet contacted: `check` does that.

    `version`: the OCPP version that is tested, "" for the newest of the description. A person is asked on `terminal`
    (default: the controlling one), inside `suspend()` (for example a context that suspends the capture of pytest).
    """
    from conformance.dut.operators.mixed import MixedOperator

    plan = dut.operator
    tested = version or [one for one in VERSIONS if one in dut.versions][-1]

    def make(settings: OperatorSettings, place: str) -> Operator:
        return _behind_http(dut, settings, place, tested) or _make(dut, settings, terminal, suspend)

    default = make(plan.default, "operator")
    made: dict[str, Operator] = {}
    for name in set(plan.verbs.values()):
        if name in plan.named:
            made[name] = make(plan.named[name], f"operators.{name}")
        else:
            made[name] = default if name == plan.default.kind else _manual(dut, None, terminal, suspend)
    return MixedOperator(default, {verb: made[name] for verb, name in plan.verbs.items()})


def _behind_http(dut: Dut, settings: OperatorSettings, place: str, version: str) -> Operator | None:
    """An operator that is reached by HTTP; None for any other."""
    timeout = settings.timeout or dut.timeouts.operator
    key = f"{place}.url in {dut.source}"
    if settings.kind == "http":
        from conformance.dut.operators.http import HttpOperator

        return HttpOperator(settings.url, dut.role, timeout=timeout, key=key, headers=settings.headers)
    if settings.kind == "octt":
        from conformance.dut.operators.completing import Completer
        from conformance.dut.operators.octt import OcttOperator

        completer = Completer(dut, VERSIONS[version])
        return OcttOperator(settings.url, version, completer, timeout=timeout, key=key, headers=settings.headers)
    return None


def _make(dut: Dut, settings: OperatorSettings, terminal: Terminal | None, suspend: Suspend) -> Operator:
    timeout = settings.timeout or dut.timeouts.operator
    folder = Path(dut.source).parent
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
