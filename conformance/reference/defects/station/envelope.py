"""Defects of the station in reading envelopes, and in keeping answers and CALLs apart."""

from __future__ import annotations

from conformance.reference.defects import receiving
from conformance.reference.defects.shared import BOTH, ENVELOPE

_ROWS: tuple[receiving.Row, ...] = (
    *ENVELOPE,
    (
        "takes-any-answer",
        receiving.TakesAnyAnswer,
        BOTH,
        "an answer is taken for that to the CALL which is waiting, whatever its id [9] (OCPP-J 4.1.4)",
    ),
)

_AT_RANDOM = frozenset({"refuses-unknown-types", "swaps-not-implemented"})
"""Those that hardly a random search can miss."""

receiving.register(_ROWS, "CS", "03", at_random=_AT_RANDOM)
