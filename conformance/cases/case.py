"""`@case`: a test case of the catalogue, as a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Body = TypeVar("Body", bound=Callable[..., None])
ATTRIBUTE = "__ocpp_case__"


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """What `@case` knows: the id in the catalogue and the function that is its behaviour."""

    id: str
    function: Callable[..., None]

    @property
    def purpose(self) -> str:
        """The function's docstring, on one line."""
        return " ".join((self.function.__doc__ or "").split())

    @property
    def parameters(self) -> tuple[str, ...]:
        """The fixtures that the body asks for: csms or station, operator, dut, fuzz."""
        return tuple(inspect.signature(self.function).parameters)

    @property
    def plays(self) -> str:
        """The fake that the body drives: "CSMS" to test a station, "CS" to test a CSMS."""
        return "CSMS" if "csms" in self.parameters else "CS"

    @property
    def source(self) -> tuple[Path, int]:
        """File and first line of the body."""
        code: Any = self.function
        return Path(code.__code__.co_filename), code.__code__.co_firstlineno


def case(id: str) -> Callable[[Body], Body]:
    """Mark a function as the test case `id` of the catalogue: title, block, requirements and condition stand there."""

    def mark(function: Body) -> Body:
        setattr(function, ATTRIBUTE, CaseInfo(id, function))
        return function

    return mark


def case_of(function: object) -> CaseInfo | None:
    """The case that a function is, None for any other function."""
    info = getattr(function, ATTRIBUTE, None)
    return info if isinstance(info, CaseInfo) else None
