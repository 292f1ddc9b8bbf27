"""Payloads against the official schemas."""

from __future__ import annotations

from typing import Any

from conformance.monitor.context import Context
from conformance.monitor.reading import raw
from conformance.monitor.rule import RuleInfo, rule
from conformance.monitor.rules.time import Dates
from conformance.ocppj.findings import Severity
from conformance.ocppj.trace import Entry

REQUEST = rule(
    "schema.request",
    "The payload of a CALL or SEND is valid against its official schema",
    "Required fields, types, lengths, enumerations, no extra fields. Where two validators disagree the finding is a "
    "remark that names both. Dates are judged by time.format.",
    v16="1.6J errata 4.2.4, 3.1; 1.6 6",
    v2="Part 4 4.1.7; Part 3",
)
ANSWER = rule(
    "schema.answer",
    "The payload of a CALLRESULT is valid against its official schema",
    "As for requests; which schema it is follows from the CALL that is answered.",
    v16="1.6J errata 4.2.4, 3.1; 1.6 6",
    v2="Part 4 4.1.7; Part 3",
)

RULES = (REQUEST, ANSWER)

ERRORS_SHOWN = 20


class Schema:
    """Asks the schema store and words what it says."""

    def __init__(self, context: Context, dates: Dates) -> None:
        self._context = context
        self._dates = dates
        self._judge = context.schemas.judge
        self._version = context.version

    def valid(self, entry: Entry, rule: RuleInfo, name: str, payload: Any) -> bool:
        """Judge a payload; whether it is valid beyond dispute."""
        if payload is None and entry.frame is not None and _null(entry):
            payload = {}
        errors = self._judge(self._version, name, payload if type(payload) is dict else raw(payload))
        if not errors:
            return True
        shown = 0
        for error in errors:
            if error.keyword == "format" and "date-time" in error.expected:
                self._dates.malformed(entry, payload, error)
                continue
            shown += 1
            if shown > ERRORS_SHOWN:
                break
            self._context.report(
                rule,
                entry,
                error.expected,
                error.actual,
                pointer=error.pointer,
                severity=Severity.SHOULD if error.disputed else None,
                note=name,
            )
        return False


def _null(entry: Entry) -> bool:
    """Whether the payload was the null that the framework allows for an empty object."""
    frame = entry.frame
    return frame is not None and any(problem.code == "payload-null" for problem in frame.problems)
