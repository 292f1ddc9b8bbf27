"""How a case is broken off: every exception here becomes a verdict."""

from __future__ import annotations

from conformance.ocppj.findings import Finding


class Outcome(Exception):
    """Base of what ends a case early."""


class ExpectationFailed(Outcome):
    """The device did not do what the standard wants: FAIL."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"expected {finding.expected}; actual {finding.actual}")
        self.finding = finding


class Inconclusive(Outcome):
    """The precondition was not reached, or the operator or the lab failed: no judgement is possible."""


class Abandoned(Inconclusive):
    """The run was broken off while the case ran."""


class NotApplicable(Outcome):
    """The device's own answer shows that the case does not apply to it (a read-only variable, say)."""


class PeerCrashed(Outcome):
    """An exception inside this suite's own reader thread; never the device's fault: ERROR."""
