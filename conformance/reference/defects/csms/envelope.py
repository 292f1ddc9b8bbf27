"""What a CSMS can get wrong in reading envelopes, and in keeping answers and CALLs apart."""

from __future__ import annotations

from conformance.reference.defects import receiving
from conformance.reference.defects.shared import BOTH, ENVELOPE

_ROWS: tuple[receiving.Row, ...] = (
    *ENVELOPE,
    (
        "deaf-after-stray-answer",
        receiving.DeafAfterStrayAnswer,
        BOTH,
        "after an answer to nobody nothing is answered any more [70]",
    ),
)

_AT_RANDOM = frozenset({"refuses-unknown-types", "swaps-not-implemented"})
"""Those that hardly a random search can miss."""

receiving.register(_ROWS, "CSMS", "03", at_random=_AT_RANDOM)
