"""Names for the cases in the page's address: readable, unique, and the same in every report of the same case."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from conformance.report.record import CaseRecord

_SAFE = re.compile(r"[\w.]{1,60}\Z", re.ASCII)


class Anchors:
    """`case-TC_B_22_CS-2.0.1`; with a few letters more where two cases would share a name or an id is odd."""

    def __init__(self, cases: Iterable[CaseRecord]) -> None:
        listed = list(cases)
        shared = Counter(map(_plain, listed))
        self._names = {case.key: self._name(case, shared[_plain(case)] > 1) for case in listed}

    def of(self, case: CaseRecord) -> str:
        """The case's name; KeyError for a case that was not among those given."""
        return self._names[case.key]

    def _name(self, case: CaseRecord, shared: bool) -> str:
        plain = _plain(case)
        if plain and not shared:
            return plain
        digest = hashlib.sha256(repr(case.key).encode("utf-8", "backslashreplace")).hexdigest()[:8]
        return f"{plain or 'case'}-{digest}"


def _plain(case: CaseRecord) -> str:
    odd = not (_SAFE.match(case.id) and (not case.version or _SAFE.match(case.version)))
    return "" if odd else f"case-{case.id}-{case.version}".rstrip("-")
