"""Verdicts: the worst wins and none improves (docs/reading-the-report.md)."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a case ended with."""

    PASS = "PASS"
    NOT_APPLICABLE = "NOT APPLICABLE"
    INCONCLUSIVE = "INCONCLUSIVE"
    FAIL = "FAIL"
    ERROR = "ERROR"
    EXPECTED_FAIL = "EXPECTED FAIL"
    UNEXPECTED_PASS = "UNEXPECTED PASS"
    NOT_IMPLEMENTED = "NOT IMPLEMENTED"


_WEIGHT = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.FAIL: 2, Verdict.ERROR: 3}


def worst(*verdicts: Verdict) -> Verdict:
    """The worst of PASS < INCONCLUSIVE < FAIL < ERROR; PASS for none."""
    return max(verdicts, key=_WEIGHT.__getitem__, default=Verdict.PASS)
