"""Defects of the station in reading texts."""

from __future__ import annotations

from conformance.reference.defects import receiving
from conformance.reference.defects.shared import BOTH, PARSER

_ROWS: tuple[receiving.Row, ...] = (
    *PARSER,
    ("wraps-numbers", receiving.WrapsNumbers, BOTH, "integers beyond 32 bits are cut off: EVSE 4294967297 is EVSE 1"),
    ("leaks-traceback", receiving.LeaksTraceback, BOTH, "every CALLERROR lets out a stack trace with paths (CWE-209)"),
)

_AT_RANDOM = frozenset({"leaks-traceback"})
"""Those that hardly a random search can miss."""

receiving.register(_ROWS, "CS", "04", at_random=_AT_RANDOM)
