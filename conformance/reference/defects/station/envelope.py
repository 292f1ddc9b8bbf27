"""Defects of the station in reading envelopes, and in keeping answers and CALLs apart."""

from __future__ import annotations

from conformance.reference.defects import receiving

BOTH = ("1.6", "2")
NEW = ("2",)

_ROWS: tuple[receiving.Row, ...] = (
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
