"""Defects that stations and CSMSs share: in reading texts and envelopes, and in keeping answers and CALLs apart."""

from __future__ import annotations

from conformance.reference.defects import receiving
from conformance.reference.defects.receiving import Row

BOTH = ("1.6", "2")
NEW = ("2",)

ENVELOPE: tuple[Row, ...] = (
    (
        "answers-stray-answers",
        receiving.AnswersStrayAnswers,
        BOTH,
        "an answer to nobody is answered by a CALLERROR [1] (OCPP-J 4.2.3)",
    ),
    (
        "refuses-unknown-types",
        receiving.RefusesUnknownTypes,
        BOTH,
        "an unknown message type is answered by FormatViolation [3] (OCPP-J 4.1.3)",
    ),
    (
        "deaf-after-numeric-code",
        receiving.DeafAfterNumericCode,
        BOTH,
        "after a CALLERROR with a numeric code nothing is answered any more [8]",
    ),
    (
        "deaf-after-second-answer",
        receiving.DeafAfterSecondAnswer,
        BOTH,
        "after a second answer to one CALL nothing is answered any more",
    ),
    (
        "refuses-own-ids",
        receiving.RefusesOwnIds,
        BOTH,
        "a CALL with an id that the device has used itself is dropped (OCPP-J 4.1.4)",
    ),
    (
        "repeats-old-answer",
        receiving.RepeatsOldAnswer,
        BOTH,
        "a CALL with a known id gets the answer of the one before [7]",
    ),
    ("answers-repeated-twice", receiving.AnswersRepeatedTwice, BOTH, "a CALL with a known id is answered twice [7]"),
    (
        "dies-of-short-array",
        receiving.DiesOfShortArray,
        BOTH,
        "a CALL with fewer than four elements ends the process [13]",
    ),
    (
        "ignores-action-case",
        receiving.IgnoresActionCase,
        BOTH,
        "actions are taken in any case and with a suffix (OCPP-J 4.1.6; 1.6J 4.2.1)",
    ),
    ("takes-textual-type", receiving.TakesTextualType, BOTH, 'the message type "2" is taken for 2 (OCPP-J 4.1.3)'),
    (
        "takes-extra-elements",
        receiving.TakesExtraElements,
        BOTH,
        "a fifth element of a CALL is overlooked (OCPP-J 4.2.1)",
    ),
    ("cuts-long-ids", receiving.CutsLongIds, BOTH, "an id of 37 characters is cut to 36 (OCPP-J 4.1.4)"),
    (
        "swaps-not-implemented",
        receiving.SwapsNotImplemented,
        BOTH,
        "NotImplemented and NotSupported stand for each other [23] (OCPP-J, error codes)",
    ),
    ("answers-send", receiving.AnswersSend, NEW, "a SEND is answered (2.1 part 4 4.2.4)"),
)
"""In reading envelopes."""

PARSER: tuple[Row, ...] = (
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
)
"""In reading texts."""
