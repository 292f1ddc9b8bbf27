"""Which findings of two runs are the same: a short name for a way to fail, free of what changes from run to run."""

from __future__ import annotations

import hashlib
import re

LENGTH = 12
"""Hexadecimal digits of a fingerprint."""

_FINGERPRINT = re.compile(rf"[0-9a-f]{{{LENGTH}}}")
_KEPT = 300
_VOLATILE = (
    (re.compile("«[^»]*»"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"«[^»]*»"), "<id>"),
    (re.compile(r"\b[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])[\w-]{12,}"), "<id>"),
    (re.compile(r"\b(?=[0-9A-Fa-f]*\d)[0-9A-Fa-f]{8,}\b"), "<id>"),
    (re.compile(r"(?<![\w.])-?\d+(\.\d+)?(?![\w.])"), "<n>"),
)
"""What no two runs share: times, identifiers, numbers, and placeholders of secrets. Ids of the standard (B01.FR.01,
ISO14443) stay."""
_INDEX = re.compile(r"/\d+(?=/|\Z)")


def is_fingerprint(text: str) -> bool:
    """Whether `text` has the form of a fingerprint."""
    return bool(_FINGERPRINT.fullmatch(text))


def fingerprint(rule: str, requirement: str, pointer: str, expected: str, actual: str) -> str:
    """The name of a way to fail, LENGTH hexadecimal digits.

    Two findings share it when they have the same rule, requirement and place in the payload (any element of a list is
    the same place) and say the same of what was expected and what came, times, numbers and identifiers aside. Where
    in the procedure it happened does not count, nor how often, nor how much it weighs.
    """
    parts = (rule, requirement, _INDEX.sub("/*", pointer), _steady(expected), _steady(actual))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:LENGTH]


def _steady(text: str) -> str:
    """`text` without what changes from run to run; parts of an enumeration in no order, each once."""
    for pattern, word in _VOLATILE:
        text = pattern.sub(word, text)
    return "; ".join(sorted(set(text.split("; "))))[:_KEPT]
