"""A Python class as operator: verbs are its methods, or it has one method `perform`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from conformance.dut.errors import nearest
from conformance.dut.operators.base import DeviceMisbehaved, OperatorUnable, OperatorUnreachable
from conformance.dut.operators.verbs import verbs_of

GROUP = "ocpp_conformance.operators"


class PythonOperator:
    """Calls an object that the class makes, with the options as keyword arguments.

    Its verbs are its attribute `verbs` if it has one, else the methods that are named like a verb. Whatever an act
    raises means that it could not be made, but DeviceMisbehaved. `check` and `close` of the object are called if it
    has them.
    """

    def __init__(self, name: str, role: str, *, options: Mapping[str, Any], folder: Path) -> None:
        self.verbs = verbs_of(role)
        self._name = name
        self._role = role
        self._options = options
        self._folder = folder
        self._object: Any = None

    def check(self) -> None:
        """Load the class and make the object; OperatorUnreachable says what is wrong with it."""
        if self._object is not None:
            return
        with _importable(self._folder):
            made = self._make()
        listed = getattr(made, "verbs", None)
        known = verbs_of(self._role)
        self.verbs = known & frozenset(listed) if listed is not None else _methods(made, known)
        if hasattr(made, "check"):
            try:
                made.check()
            except Exception as error:
                raise OperatorUnreachable(
                    f"operator {self._name} cannot be used ({_said(error)}); mend what it needs, or describe another "
                    "operator"
                ) from error
        self._object = made

    def perform(self, verb: str, /, **args: Any) -> dict[str, Any]:
        """Make one act; OperatorUnable with what the object raised, or its own DeviceMisbehaved."""
        try:
            self.check()
        except OperatorUnreachable as error:
            raise OperatorUnable(verb, str(error)) from error
        try:
            if hasattr(self._object, "perform"):
                answer = self._object.perform(verb, **args)
            else:
                answer = getattr(self._object, verb)(**args)
        except (OperatorUnable, DeviceMisbehaved):
            raise
        except Exception as error:
            raise OperatorUnable(verb, _said(error)) from error
        return answer if isinstance(answer, dict) else {}

    def close(self) -> None:
        """Close the object if it can be closed."""
        made, self._object = self._object, None
        if hasattr(made, "close"):
            made.close()

    def _make(self) -> Any:
        try:
            return self._load()(**self._options)
        except OperatorUnreachable:
            raise
        except Exception as error:
            raise OperatorUnreachable(
                f"operator {self._name} cannot be made ({_said(error)}); mend the class, or correct operator.options"
            ) from error

    def _load(self) -> Any:
        module, colon, attribute = self._name.partition(":")
        if not colon:
            points = {point.name: point for point in metadata.entry_points(group=GROUP)}
            if self._name not in points:
                hint = nearest(self._name, points) or 'install it, or write "package.module:Class"'
                raise OperatorUnreachable(
                    f'no installed package has an operator "{self._name}" in group {GROUP}; {hint}'
                )
            return points[self._name].load()
        try:
            loaded = importlib.import_module(module)
        except ImportError as error:
            raise OperatorUnreachable(
                f"operator {self._name}: {error}; correct operator.class, or install it"
            ) from error
        if not hasattr(loaded, attribute):
            classes = [name for name in dir(loaded) if not name.startswith("_")]
            hint = nearest(attribute, classes) or "correct operator.class"
            raise OperatorUnreachable(f"module {module} has no class {attribute}; {hint}")
        return getattr(loaded, attribute)


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Modules beside the description can be imported."""
    path = str(folder.resolve())
    sys.path.insert(0, path)
    try:
        yield
    finally:
        sys.path.remove(path)


def _methods(made: object, known: frozenset[str]) -> frozenset[str]:
    return known if hasattr(made, "perform") else frozenset(verb for verb in known if hasattr(made, verb))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
