"""Envelopes that are wrong, one thing at a time: message types, ids, actions, numbers of elements, answers to nobody.

Deterministic examples for a device of either role and every version. What a device may do about each stands in
`framework`. Texts are legal JSON throughout; those that are not are in `texts`.

Source: OCPP-J 1.6 section 4, OCPP 2.0.1 and 2.1 part 4 section 4; field defects 1 to 5, 7 to 9, 12, 13, 23, 70.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from conformance.fuzz import acts, framework
from conformance.fuzz.example import Act, Allowed, Example, Text
from conformance.ocppj.frames import CALL, CALLRESULTERROR, ID_MAX_LENGTH, SEND
from conformance.ocppj.versions import Version

if TYPE_CHECKING:
    from conformance.fuzz.campaign import Campaign

UNKNOWN = "OcppConformanceUnknown"
"""An action that no version has."""
OTHER_TIME = "2041-11-11T11:11:11Z"
"""What a station is told of the time by answers that are none."""
VENDOR = "org.example.conformance"


class About(Protocol):
    """What generators of envelopes and texts need to know of the device under test: a part of `stage.Target`."""

    @property
    def version(self) -> Version: ...

    @property
    def role(self) -> str: ...


_GROUND: Mapping[tuple[str, str], tuple[str, str]] = {
    ("CS", "1.6"): ("GetConfiguration", '{"key":["HeartbeatInterval"]}'),
    ("CS", "2"): (
        "GetVariables",
        '{"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}',
    ),
    ("CSMS", "1.6"): ("Heartbeat", "{}"),
    ("CSMS", "2"): ("Heartbeat", "{}"),
}
"""A CALL that every device of that role and family has to serve, and that changes nothing."""

_OTHER: Mapping[str, tuple[str, str]] = {
    "CS": ("GetLocalListVersion", "{}"),
    "CSMS": ("DataTransfer", f'{{"vendorId":"{VENDOR}"}}'),
}
"""A second one, with a response of another shape, that a device may do without."""

_NO_FIELDS: Mapping[str, str] = {"CS": "ClearCache", "CSMS": "Heartbeat"}
"""An action whose payload is empty."""

_OWN: Mapping[str, tuple[tuple[str, str], ...]] = {
    "CS": (("Heartbeat", "{}"), ("Authorize", '{"idTag":"OC-NOBODY"}')),
    "CSMS": (("Reset", '{"type":"Soft"}'), ("ClearCache", "{}")),
}
"""Actions that only a device of that role sends: nobody may send them to it."""

_ELSEWHERE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "CS": (
        ("GetConfiguration", "{}"),
        ("RemoteStopTransaction", '{"transactionId":900001}'),
        ("GetBaseReport", '{"requestId":900001,"reportBase":"SummaryInventory"}'),
        ("GetTransactionStatus", "{}"),
        ("GetTariffs", '{"evseId":0}'),
    ),
    "CSMS": (
        ("DiagnosticsStatusNotification", '{"status":"Idle"}'),
        ("StopTransaction", '{"meterStop":0,"timestamp":"{{now}}","transactionId":900001}'),
        ("LogStatusNotification", '{"status":"Idle"}'),
        ("ClearedChargingLimit", '{"chargingLimitSource":"EMS"}'),
        ("PullDynamicScheduleUpdate", '{"chargingProfileId":900001}'),
    ),
}
"""Actions that some versions have and others have not."""

_ANSWERS: Mapping[str, tuple[str, str, str, str]] = {
    "CS": (
        "Heartbeat",
        '{"currentTime":"{{now}}"}',
        f'{{"currentTime":"{OTHER_TIME}"}}',
        '{"idTagInfo":{"status":"Accepted"}}',
    ),
    "CSMS": ("ClearCache", '{"status":"Accepted"}', '{"status":"Rejected"}', '{"currentTime":"{{now}}"}'),
}
"""A CALL that a device of that role can be made to send; a valid answer, another valid one, that of another action."""

_STREAM = '{"id":1,"pending":0,"basetime":"{{now}}","data":[{"t":0,"v":"230.4"}]}'


def ground(about: About) -> tuple[str, str]:
    """The action, and the JSON text of the payload, of a CALL that the device has to serve and that changes nothing."""
    return _GROUND[about.role, about.version.family]


def broken_envelopes(about: About) -> list[Example]:
    """Every envelope that is wrong in one way, as CALLs, answers and (2.1) SENDs; needs no operator."""
    made = _Maker(about)
    parts = (made.types, made.elements, made.ids, made.actions, made.payloads, made.strays, made.sends)
    return [example for part in parts for example in part()]


def wrong_answers(about: About) -> list[Example]:
    """Wrong answers to a CALL that the device is made to send (`provoke`): a CSMS needs an operator for it."""
    made = _Maker(about)
    parts = (made.used_ids, made.second_answers, made.bad_results, made.bad_errors)
    return [example for part in parts for example in part()]


def play_wrong_answers(campaign: Campaign) -> None:
    """Play `wrong_answers`, a row each; on a device that can't be made to send the CALL, rows that say so."""
    first, *others = wrong_answers(campaign.target)
    outcome = campaign.play(first)
    if outcome.unplayed and outcome.alive != "dead":
        for example in (first, *others):
            campaign.skip(example, outcome.unplayed)
        return
    campaign.record(outcome)
    campaign.rows(others)


class _Maker:
    """Makes the examples for one device."""

    def __init__(self, about: About) -> None:
        self.version = about.version
        self.role = about.role
        self.action, self.payload = ground(about)
        self.called, self.good, self.other, self.foreign = _ANSWERS[about.role]

    def call(
        self, *, kind: str = "2", id: str = '"{{id}}"', action: str | None = None, payload: str | None = None
    ) -> str:
        """The text of a CALL; each part as JSON text, the good one where none is given."""
        name = f'"{self.action}"' if action is None else action
        return f"[{kind},{id},{name},{self.payload if payload is None else payload}]"

    def one(
        self, name: str, text: str | Text, constraint: str, allowed: Allowed, *before: Act, breaks: str = ""
    ) -> Example:
        """An example that ends with one message."""
        return Example(
            name=name,
            acts=(*before, acts.send(text)),
            allowed=allowed,
            action=self.action,
            constraint=constraint,
            breaks=breaks or name,
        )

    # ------------------------------------------------------------------ CALLs

    def types(self) -> Iterator[Example]:
        """Message types that are none."""
        for number in (0, 1, 5, 6, 7, 99, -1, 2**31):
            if number not in self.version.message_types:
                name = f"message type {number}"
                yield self.one(name, self.call(kind=str(number)), "message type", framework.unknown_type(self.version))
        allowed = framework.no_type(self.version)
        for name, kind in (
            ("message type 2.5", "2.5"),
            ('message type "2"', '"2"'),
            ('message type "CALL"', '"CALL"'),
            ("message type null", "null"),
            ("message type true", "true"),
            ("message type [2]", "[2]"),
        ):
            yield self.one(name, self.call(kind=kind), "message type", allowed)
        text = f'["{{{{id}}}}","{self.action}",{self.payload}]'
        yield self.one("message type missing", text, "message type", allowed)
        yield self.one("message type 2.0", self.call(kind="2.0"), "message type", framework.legal(self.version))

    def elements(self) -> Iterator[Example]:
        """Too few, too many, or no array at all."""
        version, action, payload = self.version, self.action, self.payload
        unread, broken = framework.no_json(version), framework.broken_call(version)
        second = self.call(id='"{{id2}}"')
        for name, text, allowed in (
            ("an empty array", "[]", unread),
            ("a CALL without message id", "[2]", unread),
            ("a CALL without action and payload", '[2,"{{id}}"]', broken),
            ("a CALL without payload", f'[2,"{{{{id}}}}","{action}"]', broken),
            ("a CALL without action", f'[2,"{{{{id}}}}",{payload}]', broken),
            ("a CALL with a fifth element", f'[2,"{{{{id}}}}","{action}",{payload},{{}}]', broken),
            ("a CALL with its elements in another order", f'[2,"{{{{id}}}}",{payload},"{action}"]', broken),
            ("a CALL in an array", f"[{self.call()}]", framework.both(unread, framework.no_type(version))),
            ("two CALLs in one array", f"[{self.call()},{second}]", framework.no_type(version)),
            (
                "an object instead of an array",
                f'{{"messageTypeId":2,"messageId":"{{{{id}}}}","action":"{action}","payload":{payload}}}',
                unread,
            ),
            ("a string instead of an array", '"OCPP"', unread),
            ("a CALL as a string", '"[2,\\"{{id}}\\",\\"' + action + '\\",{}]"', unread),
            ("a number instead of an array", "2", unread),
            ("null instead of an array", "null", unread),
            ("true instead of an array", "true", unread),
        ):
            yield self.one(name, text, "elements", allowed)

    def ids(self) -> Iterator[Example]:
        """Message ids that are none, or not the sender's to use."""
        version = self.version
        none, long = framework.no_id(version), framework.long_id(version)
        # A fresh id has 36 characters, those of a UUID.
        for name, id, allowed in (
            ("message id empty", '""', framework.empty_id(version)),
            (f"message id of {ID_MAX_LENGTH + 1} characters", '"{{id}}x"', long),
            ("message id of 200 characters", '"{{id}}' + "x" * 164 + '"', long),
            ("message id a number", "4711", none),
            ("message id null", "null", none),
            ("message id true", "true", none),
            ("message id an array", '["{{id}}"]', none),
            ("message id an object", '{"id":"{{id}}"}', none),
        ):
            yield self.one(name, self.call(id=id), "message id", allowed)
        action, payload = _OTHER[self.role]
        again = framework.repeated(version)
        first = acts.call(self.action, **json.loads(self.payload))
        used = '"{{used}}"'
        other = self.call(id=used, action=f'"{action}"', payload=payload)
        for name, before, text in (
            ("the same CALL twice at once", acts.send(self.call()), self.call()),
            ("the same CALL again", first, self.call(id=used)),
            ("another CALL with the id of one before", first, other),
        ):
            yield self.one(name, text, "repeated id", again, before)

    def used_ids(self) -> Iterator[Example]:
        """The id of a CALL that the device has sent itself: ids are unique for one sender, not for both."""
        yield Example(
            name="a CALL with the id of the device's own last CALL",
            acts=(acts.provoke(self.called), acts.send(self.call(id='"{{theirs}}"'))),
            allowed=framework.taken(self.version),
            action=self.action,
            constraint="repeated id",
            breaks="a legal CALL whose id the device has used itself",
        )

    def actions(self) -> Iterator[Example]:
        """Actions that do not exist, not for this side, or not in this version."""
        version, action = self.version, self.action
        none = framework.no_action(version)
        for name, text in (
            ("action a number", "7"),
            ("action null", "null"),
            ("action an array", f'["{action}"]'),
            ("action empty", '""'),
        ):
            yield self.one(name, self.call(action=text), "action", none)
        unknown = framework.unknown_action(version)
        for name, text in (
            ("an unknown action", UNKNOWN),
            ("action in small letters", action.lower()),
            ("action in capitals", action.upper()),
            ("action beginning with a small letter", action[0].lower() + action[1:]),
            ("action with the suffix Request", f"{action}Request"),
            ("action with the suffix .req", f"{action}.req"),
            ("action with a leading slash", f"/{action}"),
            ("action with a space behind it", f"{action} "),
            ("action of 200 characters", "A" * 200),
        ):
            yield self.one(name, self.call(action=f'"{text}"'), "action", unknown)
        for name, payload in _OWN[self.role]:
            text = self.call(action=f'"{name}"', payload=payload)
            yield self.one(f"{name} from the wrong side", text, "direction", framework.wrong_direction(version))
        foreign = framework.foreign_action(version)
        for name, payload in _ELSEWHERE[self.role]:
            if name not in version.actions:
                text = self.call(action=f'"{name}"', payload=payload)
                yield self.one(f"{name}, of another version", text, "action", foreign)

    def payloads(self) -> Iterator[Example]:
        """Payloads that are no object."""
        broken = framework.broken_payload(self.version)
        for name, payload in (
            ("payload an array", "[]"),
            ("payload a string", '"{}"'),
            ("payload a number", "0"),
            ("payload false", "false"),
        ):
            yield self.one(name, self.call(payload=payload), "payload", broken)
        yield self.one(
            "payload null for no fields",
            self.call(action=f'"{_NO_FIELDS[self.role]}"', payload="null"),
            "payload",
            framework.legal(self.version),
            breaks="a payload of null, which stands for an empty one",
        )

    # ------------------------------------------------------------------ answers to nobody

    def strays(self) -> Iterator[Example]:
        """Answers that answer nothing."""
        allowed = framework.unasked(self.version)
        good = self.good
        texts = [
            ("a CALLRESULT to nobody", f'[3,"{{{{id}}}}",{good}]'),
            ("a CALLRESULT to nobody with an empty payload", '[3,"{{id}}",{}]'),
            ("a CALLRESULT to nobody with the payload null", '[3,"{{id}}",null]'),
            ("a CALLRESULT with the id of our own answered CALL", f'[3,"{{{{used}}}}",{good}]'),
            ("a CALLRESULT with an empty id", f'[3,"",{good}]'),
            ("a CALLERROR to nobody", '[4,"{{id}}","InternalError","",{}]'),
            ("a CALLERROR to nobody with an unknown code", '[4,"{{id}}","NoSuchCode","",{}]'),
            ("a CALLERROR to nobody with a numeric code", '[4,"{{id}}",404,"",{}]'),
            ("a CALLERROR to nobody with null for a description and details", '[4,"{{id}}","GenericError",null,null]'),
            ("a CALLERROR to nobody without details", '[4,"{{id}}","GenericError",""]'),
            ("a CALLERROR to nobody without code", '[4,"{{id}}"]'),
            ("a CALLERROR with the id of our own answered CALL", '[4,"{{used}}","InternalError","",{}]'),
            ('a CALLERROR with the id "-1"', '[4,"-1","GenericError","",{}]'),
            ("a CALLERROR with an empty id", '[4,"","InternalError","",{}]'),
        ]
        if CALLRESULTERROR in self.version.message_types:
            texts += [
                ("a CALLRESULTERROR to nobody", '[5,"{{id}}","FormatViolation","",{}]'),
                ("a CALLRESULTERROR to an answer of the device", '[5,"{{used}}","FormatViolation","",{}]'),
                ("a CALLRESULTERROR without details", '[5,"{{used}}","FormatViolation",""]'),
                ("a CALLRESULTERROR with a numeric code", '[5,"{{used}}",400,"",{}]'),
                ("a CALLRESULTERROR with details null", '[5,"{{used}}","FormatViolation","",null]'),
                ("a CALLRESULTERROR without code", '[5,"{{used}}"]'),
            ]
        for name, text in texts:
            before = (acts.call(self.action, **json.loads(self.payload)),) if "{{used}}" in text else ()
            yield self.one(name, text, "stray answer", allowed, *before)
        unread = framework.both(framework.no_json(self.version), allowed)
        for name, text in (
            ("a CALLRESULT without message id", "[3]"),
            ("a CALLRESULT with a number for an id", f"[3,4711,{good}]"),
            ("a CALLRESULT with null for an id", f"[3,null,{good}]"),
            ("a CALLERROR with a number for an id", '[4,4711,"GenericError","",{}]'),
            ("a CALLERROR with null for an id", '[4,null,"GenericError","",{}]'),
        ):
            yield self.one(name, text, "stray answer", unread)

    def sends(self) -> Iterator[Example]:
        """SENDs (2.1), which nobody answers; and a CALL of what is only sent."""
        if SEND not in self.version.message_types:
            return
        silent = framework.unanswerable(self.version)
        payload = self.payload
        for name, text in (
            ("a SEND of an action that is called", f'[6,"{{{{id}}}}","{self.action}",{payload}]'),
            ("a valid SEND", f'[6,"{{{{id}}}}","NotifyPeriodicEventStream",{_STREAM}]'),
            ("a SEND of an unknown action", f'[6,"{{{{id}}}}","{UNKNOWN}",{{}}]'),
            ("a SEND without its required fields", '[6,"{{id}}","NotifyPeriodicEventStream",{}]'),
            ("a SEND without payload", '[6,"{{id}}","NotifyPeriodicEventStream"]'),
            ("a SEND whose payload is an array", '[6,"{{id}}","NotifyPeriodicEventStream",[]]'),
            ("a SEND with a fifth element", f'[6,"{{{{id}}}}","NotifyPeriodicEventStream",{_STREAM},{{}}]'),
            ("a SEND of an action that is a number", f'[6,"{{{{id}}}}",7,{_STREAM}]'),
        ):
            yield self.one(name, text, "SEND", silent)
        text = self.call(kind=str(CALL), action='"NotifyPeriodicEventStream"', payload=_STREAM)
        allowed = framework.wrong_direction(self.version)
        yield self.one("a CALL of an action that is only sent", text, "SEND", allowed)

    # ------------------------------------------------------------------ answers to the device's own CALL

    def answered(self, name: str, allowed: Allowed, *texts: str | Text, constraint: str = "answer") -> Example:
        """An example whose last act makes the device send a CALL that these messages answer."""
        return Example(
            name=f"{self.called} answered: {name}",
            acts=(acts.answer(self.called, *texts), acts.provoke(self.called)),
            allowed=allowed,
            action=self.called,
            constraint=constraint,
            breaks=f"an answer to the device's {self.called}: {name}",
        )

    def second_answers(self) -> Iterator[Example]:
        """Answers after the answer."""
        silent = framework.unasked(self.version)
        good = f'[3,"{{{{theirs}}}}",{self.good}]'
        other = f'[3,"{{{{theirs}}}}",{self.other}]'
        refusal = '[4,"{{theirs}}","InternalError","",{}]'
        for name, texts in (
            ("twice the same", (good, good)),
            ("twice, differently", (good, other)),
            ("by a CALLRESULT, then by a CALLERROR", (good, refusal)),
            ("by a CALLERROR, then by a CALLRESULT", (refusal, good)),
            ("three times", (good, good, good)),
        ):
            yield self.answered(name, silent, *texts, constraint="second answer")
        yield from self.other_clocks(good, other)
        late = acts.send(other)
        before = (acts.answer(self.called, good), acts.provoke(self.called), acts.send(self.call()))
        yield Example(
            name=f"{self.called} answered once more after other messages",
            acts=(*before, late),
            allowed=silent,
            action=self.called,
            constraint="late answer",
            breaks=f"a second answer to the device's {self.called}, after another CALL of ours",
        )
        yield Example(
            name=f"{self.called} answered on the next connection",
            acts=(acts.answer(self.called), acts.provoke(self.called), acts.cut(), acts.reconnect(), late),
            allowed=silent,
            action=self.called,
            constraint="late answer",
            breaks=f"an answer to a {self.called} that was lost with the connection before",
        )

    def other_clocks(self, good: str, other: str) -> Iterator[Example]:
        """Answers with another time that are not the answer: the station's own times tell whether it took one.

        A CSMS shows nobody what it took.
        """
        if self.role != "CS":
            return
        for name, texts in (
            ("first one to nobody with another time", (other.replace("{{theirs}}", "{{id}}"), good)),
            ("then once more with another time", (good, other)),
        ):
            one = self.answered(name, framework.unasked(self.version), *texts, constraint="second answer")
            further = (*one.acts, acts.provoke("StatusNotification"))
            yield replace(one, acts=further, oracles=("other-time-not-taken",))

    def bad_results(self) -> Iterator[Example]:
        """CALLRESULTs that are no valid answer. A valid one follows where a device may still wait for it."""
        broken, silent = framework.broken_answer(self.version), framework.unasked(self.version)
        good = f'[3,"{{{{theirs}}}}",{self.good}]'
        for name, text in (
            ("as another action is", f'[3,"{{{{theirs}}}}",{self.foreign}]'),
            ("with an unknown field", f'[3,"{{{{theirs}}}}",{self.good[:-1]},"ocppConformance":1}}]'),
            ("with an array for a payload", '[3,"{{theirs}}",[]]'),
            ("with a string for a payload", '[3,"{{theirs}}","Accepted"]'),
            ("without payload", '[3,"{{theirs}}"]'),
            ("with a fourth element", f'[3,"{{{{theirs}}}}",{self.good},{{}}]'),
            ("as if it were a CALL", f'[3,"{{{{theirs}}}}","{self.called}",{self.good}]'),
        ):
            yield self.answered(name, framework.both(broken, silent), text, good)
        for name, text in (
            ("with another id first", f'[3,"{{{{id}}}}",{self.good}]'),
            ("with its id in other letters first", f'[3,"{{{{theirs}}}}X",{self.good}]'),
            ("with an error for another id first", '[4,"{{id}}","InternalError","",{}]'),
        ):
            yield self.answered(name, silent, text, good)
        yield self.answered("by JSON that ends too early", framework.corrupt_answer(self.version), good[:-3], good)

    def bad_errors(self) -> Iterator[Example]:
        """CALLERRORs that are none of the table, or have other elements. A valid answer follows, as above."""
        silent = framework.unasked(self.version)
        good = f'[3,"{{{{theirs}}}}",{self.good}]'
        for name, rest in (
            ("an empty description", '"InternalError","",{}'),
            ("a description of null", '"InternalError",null,{}'),
            ("a description that is a number", '"InternalError",5,{}'),
            ("details of null", '"InternalError","",null'),
            ("details that are a string", '"InternalError","","java.lang.NullPointerException"'),
            ("details that are an array", '"InternalError","",[]'),
            ("an unknown code", '"NoSuchCode","",{}'),
            ("an empty code", '"","",{}'),
            ("a numeric code", '404,"",{}'),
            ("a code of null", 'null,"",{}'),
            ("a code that is an object", '{"code":"InternalError"},"",{}'),
            ("four elements", '"InternalError",""'),
            ("six elements", '"InternalError","",{},{}'),
            ("two elements", ""),
        ):
            text = f'[4,"{{{{theirs}}}}"{"," if rest else ""}{rest}]'
            yield self.answered(f"CALLERROR with {name}", silent, text, good, constraint="CALLERROR")
        long: Text = ('[4,"{{theirs}}","InternalError","', ("x", 10_000), '",{}]')
        name = "CALLERROR with a description of 10 000 characters"
        yield self.answered(name, silent, long, good, constraint="CALLERROR")
