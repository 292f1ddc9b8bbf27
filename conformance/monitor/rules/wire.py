"""The RPC framework: what a message looks like, which id it has, and what answers what."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.monitor.carry import IDS_KEPT, NAME_KEPT, OPEN, REFUSED, SERVED, bounded
from conformance.monitor.context import Call, Context, Tables
from conformance.monitor.reading import text
from conformance.monitor.rule import RuleInfo, rule
from conformance.ocppj.findings import Severity
from conformance.ocppj.frames import CALL, CALLERROR, CALLRESULT, SEND, Frame, Problem
from conformance.ocppj.trace import Entry

JSON = rule(
    "wire.json",
    "Every message is one JSON text in UTF-8, in a text frame",
    "Bytes that are no UTF-8, binary frames, no JSON, text after the JSON and NaN are findings. A member named twice, "
    "a number beyond a double, half a surrogate pair, U+0000 and very deep nesting are remarks: JSON's own text only "
    "warns of them (RFC 8259, 4, 6, 8.2).",
    v16="1.6J 4.1.2",
    v2="Part 4 4.1.2",
)
ENVELOPE = rule(
    "wire.envelope",
    "A message has the elements that its type has, each of the right JSON type",
    "CALL and SEND have four elements, CALLRESULT three, CALLERROR and CALLRESULTERROR five. A payload of null is a "
    "remark: both notations are allowed, the empty object is called good practice.",
    v16="1.6J 4.2",
    v2="Part 4 4.2",
)
MESSAGE_TYPE = rule(
    "wire.message-type",
    "The message type is one that the version has",
    "1.6 and 2.0.1 have the types 2 to 4, 2.1 also has 5 (CALLRESULTERROR) and 6 (SEND).",
    v16="1.6J 4.1.3",
    v2="Part 4 4.1.3",
)
MESSAGE_ID = rule(
    "wire.message-id",
    "A message id is a string of at most 36 characters",
    "An empty id is a remark: no text forbids it.",
    v16="1.6J 4.1.4",
    v2="Part 4 4.1.4",
)
UNIQUE_ID = rule(
    "wire.unique-id",
    "A sender never uses a message id twice",
    "In 1.6 over one connection; in 2.x over all connections of one station identifier, reboots included, but for a "
    "message that is sent again because no CALLRESULT came: that may keep its id (2.0.1 errata, 2.1 4.1.4).",
    v16="1.6J 4.1.4",
    v201="Part 4 4.1.4, errata 2024-09 4.6",
    v21="Part 4 4.1.4",
)
ACTION = rule(
    "wire.action",
    "The action is one that the version has",
    "Compared letter by letter, without a suffix such as Request. Vendors extend by DataTransfer, not by new actions.",
    v16="1.6J 4.2.1; 1.6 4.3",
    v2="Part 4 4.1.6; P01.FR.01",
)
DIRECTION = rule(
    "wire.direction",
    "An action is sent by the side that it belongs to",
    "A CSMS does not send BootNotification, a charging station does not send Reset. DataTransfer goes both ways.",
    v16="1.6 4, 5",
    v2="Part 2 messages",
)
SEND_ONLY = rule(
    "wire.send",
    "An action without a response is sent as SEND, every other as CALL",
    "NotifyPeriodicEventStream is the only action of 2.1 that has no response.",
    v21="Part 4 4.1.3",
)
ONE_CALL = rule(
    "wire.one-call",
    "A sender waits for the answer, or a time-out, before its next CALL",
    "Per connection. How long a sender waits is its own choice, so only a CALL within one second of the unanswered one "
    "before counts; a later one, within the message timeout of the description, is noted as an observation. 1.6 "
    "says SHOULD NOT: a remark there. SEND does not wait.",
    v16="1.6J 4.1.1",
    v2="Part 4 4.1.1; FR.01",
)
NO_ANSWER = rule(
    "wire.no-answer",
    "Every CALL is answered",
    "On a connection that stays open for the message timeout of the description. Not owed for a CALL that broke the "
    "schema (it may be dropped), nor, in 1.6, by a station that the CSMS has rejected.",
    v16="1.6J 4.1.1, 4.2.3",
    v2="FR.02, FR.03",
)
LATE_ANSWER = rule(
    "wire.late-answer",
    "A CALL is answered in time",
    "Later than the message timeout of the description. OCPP gives no figure, so this is a remark.",
    severity=Severity.SHOULD,
    v16="1.6J 4.1.1",
    v2="Part 2 3.2",
)
ANSWERS_NOTHING = rule(
    "wire.answers-nothing",
    "An answer answers a CALL of the other side, and only once",
    'Its id is that of a CALL which has no answer yet. A CALLERROR may have the id "-1" (in 1.6 any) after a message '
    "that could not be read. An answer is not answered with a CALLERROR, a SEND with nothing; where the answer was "
    "invalid itself that is a remark, because 2.x FR.03 can be read as asking for it.",
    v16="1.6J 4.1.4, 4.2.3",
    v2="Part 4 4.1.4, 4.2.3",
)
ERROR_CODE = rule(
    "wire.error-code",
    "An errorCode is one of the version's table",
    "The spelling of the other family (FormationViolation and FormatViolation, Occurence and Occurrence) is accepted "
    "with a remark: the errata of 1.6J keep the misspelt ones, 2.x has the right ones.",
    v16="1.6J 4.2.3 table 7, errata 5.1, 5.2",
    v2="Part 4 4.3",
)
ERROR_DETAILS = rule(
    "wire.error-details",
    "errorDetails is an object, an empty one if there is nothing to say",
    "null, a string or a list is a finding.",
    v16="1.6J 4.2.3",
    v2="Part 4 4.2.3",
)
ERROR_DESCRIPTION = rule(
    "wire.error-description",
    "An errorDescription has at most 255 characters",
    "1.6 sets no length.",
    v2="Part 4 4.2.3",
)
SUBPROTOCOL = rule(
    "wire.subprotocol",
    "The WebSocket subprotocol names the OCPP version",
    "The station offers the version that it is described to speak; the CSMS picks one of those that were offered, or "
    "none.",
    v16="1.6J 3.1.2, 3.2",
    v2="Part 4 3.1.2, 3.2",
)
PONG = rule(
    "wire.pong",
    "A WebSocket ping is answered with a pong",
    "Within the message timeout of the description, on a connection that stays open; a pong answers every ping before "
    "it.",
    v16="RFC 6455 5.5.2; 1.6J 5.3",
    v2="RFC 6455 5.5.2; Part 4 5.2",
)

RULES = (
    JSON,
    ENVELOPE,
    MESSAGE_TYPE,
    MESSAGE_ID,
    UNIQUE_ID,
    ACTION,
    DIRECTION,
    SEND_ONLY,
    ONE_CALL,
    NO_ANSWER,
    LATE_ANSWER,
    ANSWERS_NOTHING,
    ERROR_CODE,
    ERROR_DETAILS,
    ERROR_DESCRIPTION,
    SUBPROTOCOL,
    PONG,
)

RULE_OF_PROBLEM: Mapping[str, RuleInfo] = {
    **dict.fromkeys(
        (
            "binary-frame",
            "not-utf-8",
            "byte-order-mark",
            "empty",
            "not-json",
            "truncated",
            "trailing-data",
            "duplicate-key",
            "not-a-number",
            "huge-number",
            "too-deep",
            "lone-surrogate",
            "nul-character",
        ),
        JSON,
    ),
    **dict.fromkeys(
        (
            "not-an-array",
            "empty-array",
            "type-not-integer",
            "too-few-elements",
            "too-many-elements",
            "action-not-string",
            "action-empty",
            "payload-null",
            "payload-not-object",
            "error-code-not-string",
            "description-not-string",
        ),
        ENVELOPE,
    ),
    "unknown-type": MESSAGE_TYPE,
    "type-not-in-version": MESSAGE_TYPE,
    "id-not-string": MESSAGE_ID,
    "id-empty": MESSAGE_ID,
    "id-too-long": MESSAGE_ID,
    "description-too-long": ERROR_DESCRIPTION,
    "details-not-object": ERROR_DETAILS,
}
"""Which rule a finding of strict parsing belongs to; one that is not named here belongs to ENVELOPE."""

SOFT_PROBLEMS = frozenset({"duplicate-key", "huge-number", "too-deep", "lone-surrogate", "nul-character", "id-empty"})
"""What strict parsing minds and no text forbids outright."""

HURRY = 1.0
"""Seconds within which nobody's time-out for an answer runs off."""

_PENDING_KEPT = 256
OTHER = {"CS": "CSMS", "CSMS": "CS"}
_NOTHING: dict[str, Call] = {}


class Wire:
    """Framing, ids and correlation; the monitor passes every frame through it."""

    def __init__(self, context: Context, tables: Tables) -> None:
        self._context = context
        version = context.version
        self._version = version
        self._ids = context.state.ids
        self._per_connection = version.ids_unique_over == "connection"
        self._timeout = context.settings.message_timeout
        self.pending: dict[str, dict[str, Call]] = {"CS": {}, "CSMS": {}}
        """Sender, then id, to its CALLs that wait for an answer."""
        self._lost: dict[str, dict[str, Call]] = {"CS": {}, "CSMS": {}}
        self._odd: dict[str, dict[str, bool]] = {"CS": {}, "CSMS": {}}
        self._unreadable = {"CS": 0, "CSMS": 0}
        self._invalid_answers: dict[str, bool] = {}
        self._last_answered: dict[str, str] = {}
        self._pings: dict[int, list[Entry]] = {}
        self._doubled: dict[str, bool] = {}
        self._one_call = Severity.SHOULD if version.family == "1.6" else Severity.MUST
        tables.on(self._opened, "open")
        tables.on(self._closed, "close")
        tables.on(self._pinged, "ping")
        tables.on(self._ponged, "pong")
        tables.on(self._noted, "note")
        tables.at_end(self._finish)

    # ------------------------------------------------------------------ form

    def problems(self, entry: Entry, frame: Frame) -> None:
        """Report what strict parsing found, and remember that the other side may not be able to read it."""
        for problem in self._version.problems(frame):
            if problem.code == "id-too-long" and self._repeats(entry.sender, frame):
                continue
            self._problem(entry, problem)
        readable = 0 < len(frame.id) <= self._version.id_max_length and frame.payload is not None
        if not readable or frame.type not in self._version.message_types:
            self._odd_frame(entry.sender, frame.id)

    def _problem(self, entry: Entry, problem: Problem) -> None:
        soft = problem.code in SOFT_PROBLEMS or problem.code in self._version.recommendations
        rule = RULE_OF_PROBLEM.get(problem.code, ENVELOPE)
        self._context.report(
            rule,
            entry,
            rule.title[0].lower() + rule.title[1:],
            f"{problem.message} ({problem.code})",
            pointer=problem.pointer,
            severity=Severity.SHOULD if soft else None,
        )

    def _repeats(self, sender: str, frame: Frame) -> bool:
        """Whether an over-long id is that of the message which a CALLERROR answers: it has to be the same one."""
        return frame.type == CALLERROR and self._unreadable.get(OTHER.get(sender, ""), 0) > 0

    def _odd_frame(self, sender: str, id: str) -> None:
        self._unreadable[sender] += 1
        odd = self._odd[sender]
        odd[id] = True
        bounded(odd, _PENDING_KEPT)

    # ------------------------------------------------------------------ requests

    def called(self, entry: Entry, frame: Frame) -> Call:
        """Judge the id and the moment of a CALL or SEND and expect its answer."""
        sender, id, action, connection = entry.sender, frame.id, frame.action, entry.connection
        ids = self._ids.get(sender)
        if ids is None:
            ids = self._ids[sender] = {}
            self.pending.setdefault(sender, {})
        if id:
            earlier = ids.get(id)
            if earlier is not None:
                self._repeated(entry, frame, earlier)
                del ids[id]
            ids[id] = (connection, action[:NAME_KEPT], OPEN)
            if len(ids) > IDS_KEPT:
                del ids[next(iter(ids))]
        call = Call(entry, action, frame.payload, connection, entry.at)
        if frame.type == CALL:
            pending = self.pending[sender]
            if pending:
                self._crowded(entry, pending)
            if id in pending and entry.data.get("deliberate"):
                # An id that we use again on purpose, and at once: the first answer is that to the first CALL.
                self._lost[sender][id] = call
            else:
                pending[id] = call
        return call

    def _repeated(self, entry: Entry, frame: Frame, earlier: tuple[int, str, int]) -> None:
        connection, action, outcome = earlier
        if self._per_connection and connection != entry.connection:
            return
        if self._version.retry_may_reuse_id and action == frame.action and outcome != SERVED:
            return
        span = "on this connection" if self._per_connection else "by this station identifier's connections"
        self._context.report(
            UNIQUE_ID,
            entry,
            f"a message id that was not used before {span}",
            f"id {text(frame.id)} again, last used for {action or 'an unreadable message'}",
        )

    def _crowded(self, entry: Entry, pending: dict[str, Call]) -> None:
        for id, call in list(pending.items()):
            age = entry.at - call.at
            if call.entry.data.get("deliberate"):
                # Whoever gets a CALL that is wrong on purpose may leave it unanswered.
                continue
            if call.connection != entry.connection or age >= 0.9 * self._timeout:
                continue
            self._context.report(
                ONE_CALL,
                entry,
                f"no further CALL while {call.action} (frame {call.entry.index}) has no answer",
                f"{entry.frame.action if entry.frame else 'a CALL'} {age:.3f} s after it",
                severity=self._one_call if age < HURRY else Severity.INFO,
            )
            if age >= HURRY and entry.sender == self._context.dut:
                # The device has given up waiting, which is said once.
                self._lost.setdefault(entry.sender, {})[id] = pending.pop(id)
            break
        bounded(pending, _PENDING_KEPT)

    # ------------------------------------------------------------------ answers

    def answered(self, entry: Entry, frame: Frame) -> Call | None:
        """The CALL that an answer belongs to; None, reported, if it belongs to none."""
        sender = entry.sender
        other = OTHER.get(sender, "")
        id = frame.id
        call = self.pending.get(other, _NOTHING).pop(id, None)
        if call is None:
            call = self._lost.get(other, _NOTHING).pop(id, None)
            if call is None:
                if frame.request is not None and frame.request.type == CALL:
                    # Sent before this monitor's view began: correlated by the peer, which saw it.
                    return Call(entry, frame.request.action, frame.request.payload, entry.connection, entry.at)
                call = self._left_over(entry, other, id)
                if call is None:
                    self._stray(entry, frame, other)
                    return None
        elif entry.at - call.at > self._timeout:
            self._context.report(
                LATE_ANSWER,
                entry,
                f"an answer to {call.action} within {self._timeout:g} s",
                f"{entry.at - call.at:.1f} s after frame {call.entry.index}",
            )
        if id in self._ids[other]:
            outcome = SERVED if frame.type == CALLRESULT else REFUSED
            self._ids[other][id] = (call.connection, call.action[:NAME_KEPT], outcome)
            self._last_answered[other] = id
        return call

    def _left_over(self, entry: Entry, other: str, id: str) -> Call | None:
        """A CALL of the case before that has no answer yet: what it asked for is not known any more."""
        known = self._ids.get(other, {}).get(id)
        if known is None or known[2] != OPEN:
            return None
        action = self._version.actions.get(known[1])
        if action is None or action.message_type != CALL:
            return None
        return Call(entry, known[1], None, known[0], entry.at, invalid=True)

    def mark_invalid(self, frame: Frame) -> None:
        """Remember that a CALLRESULT was invalid, so that a complaint about it has a reason."""
        self._invalid_answers[frame.id] = True
        bounded(self._invalid_answers, _PENDING_KEPT)

    def _noted(self, entry: Entry) -> None:
        """A frame of ours did not arrive once and whole: what is owed for it, and what it did, follows that."""
        fate, id = entry.data.get("fate"), entry.data.get("id")
        if not fate or not isinstance(id, str):
            return
        if entry.data.get("type") != CALL:
            other = OTHER.get(entry.sender, "")
            known = self._ids.get(other, {}).get(id)
            if known is not None and fate != "twice":
                # Sending the CALL again is a retry.
                self._ids[other][id] = (*known[:2], REFUSED)
        elif fate == "twice":
            self._doubled[id] = True
            bounded(self._doubled, _PENDING_KEPT)
        elif id in self.pending.get(entry.sender, ()):
            self._lost.setdefault(entry.sender, {})[id] = self.pending[entry.sender].pop(id)

    def _stray(self, entry: Entry, frame: Frame, other: str) -> None:
        id = frame.id
        if self._doubled.pop(id, False):
            return
        if frame.type == CALLERROR:
            if id in self._odd.get(other, ()):
                return
            unreadable = self._version.unreadable_id
            too_long = len(id) > self._version.id_max_length
            if self._unreadable.get(other) and (unreadable is None or id == unreadable or too_long):
                return
        known = self._ids.get(other, {}).get(id)
        own = self._ids.get(entry.sender, {}).get(id)
        severity = None
        if known is not None:
            action = self._version.actions.get(known[1])
            if action is not None and action.message_type == SEND:
                actual = f"{frame.type_name} to the SEND {known[1]}"
            else:
                actual = f"a second answer to {known[1] or 'the same CALL'}"
        elif own is not None and frame.type == CALLERROR:
            actual = f"CALLERROR {text(frame.error_code)} with the id of the sender's own {own[1]}"
            if id in self._invalid_answers:
                severity = Severity.SHOULD
        else:
            actual = f"{frame.type_name} with id {text(id)}, which no CALL of the {other or 'other side'} has"
        self._context.report(
            ANSWERS_NOTHING, entry, f"the id of an unanswered CALL of the {other}", actual, severity=severity
        )

    def complained(self, entry: Entry, frame: Frame) -> None:
        """Judge a CALLRESULTERROR: it names a CALLRESULT of the other side, which is an answer to an own CALL."""
        own = self._ids.get(entry.sender, {}).get(frame.id)
        if own is None or own[2] != SERVED:
            self._context.report(
                ANSWERS_NOTHING,
                entry,
                f"the id of a CALLRESULT of the {OTHER.get(entry.sender, 'other side')}",
                f"CALLRESULTERROR with id {text(frame.id)}",
            )

    def error_code(self, entry: Entry, frame: Frame) -> None:
        """Judge the errorCode of a CALLERROR or CALLRESULTERROR."""
        code = frame.error_code
        if code in self._version.error_codes or any(
            problem.code in ("error-code-not-string", "too-few-elements") for problem in frame.problems
        ):
            return
        canonical = self._version.canonical_error_code(code)
        if canonical is None:
            self._context.report(
                ERROR_CODE, entry, "one of " + ", ".join(sorted(self._version.error_codes)), text(code)
            )
        else:
            self._context.report(ERROR_CODE, entry, canonical, f"{code}, a spelling of it", severity=Severity.SHOULD)

    # ------------------------------------------------------------------ connections

    def _opened(self, entry: Entry) -> None:
        context = self._context
        wanted = self._version.subprotocol
        chosen = entry.data.get("subprotocol")
        offered = entry.data.get("offered")
        if not isinstance(offered, list) or entry.data.get("deliberate"):
            return
        if wanted not in offered:
            context.report(SUBPROTOCOL, entry, f"{wanted} among the offered subprotocols", text(offered), sender="CS")
        elif chosen is not None and chosen not in offered:
            context.report(SUBPROTOCOL, entry, f"one of {text(offered)}", text(chosen), sender="CSMS")

    def _closed(self, entry: Entry) -> None:
        self._pings.pop(entry.connection, None)
        for sender, id in self._last_answered.items():
            # The last answer may have been lost with the connection: sending the CALL again is a retry then.
            known = self._ids[sender].get(id)
            if known is not None and known[0] == entry.connection:
                self._ids[sender][id] = (*known[:2], REFUSED)
        for sender, pending in self.pending.items():
            for id in [id for id, call in pending.items() if call.connection == entry.connection]:
                call = pending.pop(id)
                self._unanswered(sender, call, entry.at)
                self._lost.setdefault(sender, {})[id] = call
            bounded(self._lost.setdefault(sender, {}), _PENDING_KEPT)

    def _unanswered(self, sender: str, call: Call, now: float) -> bool:
        """Report a CALL that waited longer than the timeout; only the device owes answers: ours may be withheld."""
        other = OTHER.get(sender, "")
        if other != self._context.dut or now - call.at < self._timeout:
            return False
        if call.invalid or call.silent or call.entry.data.get("deliberate"):
            return False
        self._context.report(
            NO_ANSWER,
            call.entry,
            f"an answer to {call.action} within {self._timeout:g} s",
            f"none for {now - call.at:.1f} s",
            sender=other,
        )
        call.silent = True  # said once
        return True

    def _pinged(self, entry: Entry) -> None:
        if entry.sender and entry.sender != self._context.dut:
            pings = self._pings.setdefault(entry.connection, [])
            pings.append(entry)
            del pings[:-32]

    def _ponged(self, entry: Entry) -> None:
        if entry.sender == self._context.dut:
            self._pings.pop(entry.connection, None)

    def _finish(self, now: float) -> None:
        for sender, pending in self.pending.items():
            for call in pending.values():
                self._unanswered(sender, call, now)
        for pings in self._pings.values():
            if now - pings[0].at >= self._timeout:
                self._context.report(
                    PONG,
                    pings[0],
                    f"a pong within {self._timeout:g} s",
                    f"none for {now - pings[0].at:.1f} s",
                    sender=self._context.dut,
                )
        self._pings.clear()
