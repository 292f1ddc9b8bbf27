"""What a CSMS can get wrong in reading texts."""

from __future__ import annotations

from conformance.reference.defects import receiving
from conformance.reference.defects.shared import BOTH, PARSER

_ROWS: tuple[receiving.Row, ...] = (
    *PARSER,
    ("leaks-sql", receiving.LeaksSql, BOTH, "every CALLERROR lets out SQL [5]"),
)

_AT_RANDOM = frozenset({"leaks-sql"})
"""Those that hardly a random search can miss."""

receiving.register(_ROWS, "CSMS", "04", at_random=_AT_RANDOM)
