"""What was wrong, in a form that every view can print."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: MUST fails the case, SHOULD is a remark, INFO is an observation."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    INFO = "INFO"


class Blame(StrEnum):
    """Whose fault a finding is: the device under test, this suite, or the lab between them."""

    DEVICE = "device"
    TESTER = "tester"
    LAB = "lab"


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure from the standard.

    `rule` is the id of the monitor rule, or `expect` / `check`; `requirement` the standard's id ("B01.FR.01",
    or "1.6 4.2" for a section); `frame` the index of the trace entry; `pointer` a JSON pointer into its payload.
    """

    rule: str
    severity: Severity
    expected: str
    actual: str
    requirement: str = ""
    frame: int | None = None
    pointer: str = ""
    step: int | None = None
    blame: Blame = Blame.DEVICE
    note: str = ""

    @property
    def where(self) -> str:
        """Step, frame number and JSON pointer in words."""
        parts = []
        if self.step is not None:
            parts.append(f"step {self.step}")
        if self.frame is not None:
            parts.append(f"frame {self.frame}")
        if self.pointer:
            parts.append(self.pointer)
        return ", ".join(parts)
