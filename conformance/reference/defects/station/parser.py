"""Defects of the station in reading texts."""

from __future__ import annotations

from conformance.reference.defects import receiving

BOTH = ("1.6", "2")
NEW = ("2",)

_ROWS: tuple[receiving.Row, ...] = (
    ("dies-of-depth", receiving.DiesOfDepth, BOTH, "a message that is nested deeply ends the process (RFC 8259, 9)"),
    ("dies-of-size", receiving.DiesOfSize, BOTH, "a message of a megabyte ends the process (RFC 8259, 9)"),
    (
        "deaf-after-huge-integer",
        receiving.DeafAfterHugeInteger,
        BOTH,
        "after an integer of 5000 digits nothing is answered any more",
    ),
    (
        "deaf-after-lone-surrogate",
        receiving.DeafAfterLoneSurrogate,
        BOTH,
        "after half a surrogate pair nothing is answered any more",
    ),
    (
        "deaf-after-duplicate-key",
        receiving.DeafAfterDuplicateKey,
        BOTH,
        "after a member that is named twice nothing is answered any more",
    ),
    ("drops-on-nul", receiving.DropsOnNul, BOTH, "U+0000 in a string ends the connection"),
    ("takes-nan", receiving.TakesNan, BOTH, "NaN and Infinity are taken for numbers (OCPP-J 4.1.2)"),
    ("takes-truncated", receiving.TakesTruncated, BOTH, "a text that ends too early is taken [10] (OCPP-J 4.1.2)"),
    (
        "takes-trailing-bytes",
        receiving.TakesTrailingBytes,
        BOTH,
        "what follows the JSON text is overlooked (OCPP-J 4.1.2)",
    ),
    (
        "takes-script-notation",
        receiving.TakesScriptNotation,
        BOTH,
        "single quotes and surplus commas are taken for JSON (OCPP-J 4.1.2)",
    ),
    (
        "takes-control-characters",
        receiving.TakesControlCharacters,
        BOTH,
        "unescaped control characters are taken (OCPP-J 4.1.2)",
    ),
    (
        "unreadable-unanswered",
        receiving.UnreadableUnanswered,
        NEW,
        'what cannot be read gets no CALLERROR with the id "-1" [2] (part 4 4.2.3)',
    ),
    ("wraps-numbers", receiving.WrapsNumbers, BOTH, "integers beyond 32 bits are cut off: EVSE 4294967297 is EVSE 1"),
    ("leaks-traceback", receiving.LeaksTraceback, BOTH, "every CALLERROR lets out a stack trace with paths (CWE-209)"),
)

_AT_RANDOM = frozenset({"leaks-traceback"})
"""Those that hardly a random search can miss."""

receiving.register(_ROWS, "CS", "04", at_random=_AT_RANDOM)
